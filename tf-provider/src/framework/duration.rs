//! Durations as Terraform users write them: `60m`, `1h30m`, `1.5h`.

use std::time::Duration;

use crate::value::Value;

/// Reads a duration in the notation of Go's `time.ParseDuration`, which is what every provider's `timeouts`
/// take: decimal numbers, each with a unit of `ns`, `us` (`µs`), `ms`, `s`, `m` or `h`. Negative durations have
/// no meaning for a timeout and are refused, as is anything longer than 8760 hours.
pub fn parse(text: &str) -> Option<Duration> {
    const LONGEST: f64 = 8760.0 * 3600.0;
    if text == "0" {
        return Some(Duration::ZERO);
    }
    let mut rest = text;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let unit_length = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
        seconds += number
            * match &rest[..unit_length] {
                "ns" => 1e-9,
                "us" | "µs" | "μs" => 1e-6,
                "ms" => 1e-3,
                "s" => 1.0,
                "m" => 60.0,
                "h" => 3600.0,
                _ => return None,
            };
        rest = &rest[unit_length..];
    }
    (!text.is_empty() && seconds <= LONGEST).then(|| Duration::from_secs_f64(seconds))
}

/// A duration as people read it, to the second: `1h2m3s`, `45s`.
pub fn display(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, 0) if !duration.is_zero() => format!("{}ms", duration.as_millis()),
        (0, 0, s) => format!("{s}s"),
        (0, m, s) => format!("{m}m{s}s"),
        (h, m, s) => format!("{h}h{m}m{s}s"),
    }
}

/// Validator for attributes that hold a duration.
pub fn validate(value: &Value) -> Result<(), String> {
    match value.as_str().map(parse) {
        Some(None) => Err(
            "The value must be a duration: numbers with a unit of \"s\", \"m\" or \"h\", such as \"90s\" or \"1h30m\"."
                .to_owned(),
        ),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: Option<u64>) {
        assert_eq!(parse(text).map(|duration| duration.as_millis()), expect.map(u128::from), "{text}");
    }

    #[test]
    fn durations_of_go() {
        check("60m", Some(3_600_000));
        check("1h30m", Some(5_400_000));
        check("1.5h", Some(5_400_000));
        check("200ms", Some(200));
        check("0", Some(0));
        for text in ["", "60", "m", "-1h", "1 h", "1d", ".h", "1e9h", "99999999h"] {
            check(text, None);
        }
    }

    #[test]
    fn display_is_for_people() {
        assert_eq!(display(Duration::from_secs(3723)), "1h2m3s");
        assert_eq!(display(Duration::from_millis(200)), "200ms");
        assert_eq!(display(Duration::from_mins(1)), "1m0s");
    }
}
