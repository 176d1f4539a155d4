//! Exact decimal numbers.

use std::fmt;
use std::str::FromStr;

use bigdecimal::{BigDecimal, ToPrimitive};

/// Longest plain notation that is accepted, in digits. Terraform computes with 512-bit floats, whose plain
/// notation stays far below this for every number that people write; without a limit `1e999999999` would cost
/// a gigabyte.
const MAX_DIGITS: i64 = 4096;

/// A number as Terraform means it: a decimal without rounding. `0.1` stays `0.1`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Number(BigDecimal);

/// A text is no number that Terraform could hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidNumber;

impl fmt::Display for InvalidNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a decimal number of at most {MAX_DIGITS} digits")
    }
}

impl std::error::Error for InvalidNumber {}

impl Number {
    /// The number as an `i64`, or `None` when it has a fraction or does not fit.
    pub fn to_i64(&self) -> Option<i64> {
        self.is_integer().then(|| self.0.to_i64()).flatten()
    }

    /// The number as a `u64`, or `None` when it has a fraction, is negative or does not fit.
    pub fn to_u64(&self) -> Option<u64> {
        self.is_integer().then(|| self.0.to_u64()).flatten()
    }

    /// Whether the number has no fraction.
    pub fn is_integer(&self) -> bool {
        self.0.is_integer()
    }

    /// The exact decimal expansion of a finite float: what a peer meant when it sent the number in binary.
    /// `None` for NaN and
    /// the infinities, which Terraform's numbers do not have, and for subnormals.
    pub fn from_f64(float: f64) -> Option<Self> {
        // The exact expansion of a subnormal float has hundreds of digits that nobody meant and takes long to make.
        if float != 0.0 && !float.is_normal() {
            return None;
        }
        Self::limited(&BigDecimal::try_from(float).ok()?).ok()
    }

    fn limited(number: &BigDecimal) -> Result<Self, InvalidNumber> {
        let (_, scale) = number.as_bigint_and_exponent();
        let digits = i64::try_from(number.digits()).map_err(|_| InvalidNumber)?;
        let plain =
            if scale >= 0 { digits.max(scale) } else { digits.saturating_add(scale.saturating_neg()) };
        if plain > MAX_DIGITS { Err(InvalidNumber) } else { Ok(Self(number.normalized())) }
    }
}

impl FromStr for Number {
    type Err = InvalidNumber;

    fn from_str(text: &str) -> Result<Self, InvalidNumber> {
        let plausible = text.len() <= 2 * 4096
            && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E'));
        if !plausible {
            return Err(InvalidNumber);
        }
        Self::limited(&text.parse().map_err(|_| InvalidNumber)?)
    }
}

impl From<i64> for Number {
    fn from(number: i64) -> Self {
        Self(BigDecimal::from(number).normalized())
    }
}

impl From<u64> for Number {
    fn from(number: u64) -> Self {
        Self(BigDecimal::from(number).normalized())
    }
}

/// Plain notation, without exponent and without trailing zeros.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_plain_string())
    }
}

/// As [`fmt::Display`]: a number is no secret by itself, but [`super::Value`] hides it all the same.
impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: Option<&str>) {
        let parsed = text.parse::<Number>().ok().map(|number| number.to_string());
        assert_eq!(parsed.as_deref(), expect, "{text}");
    }

    #[test]
    fn decimals_survive() {
        check("0.1", Some("0.1"));
        check("1e30", Some("1000000000000000000000000000000"));
        check("-0.000", Some("0"));
        check("100", Some("100"));
        let wide = "13407807929942597099574024998205846127479365820592393377723561443721764030073546976801874298166903427690031858186486050853753882811946569946433649006084096";
        check(wide, Some(wide));
    }

    #[test]
    fn hostile_texts_are_refused() {
        for text in ["", "NaN", "Inf", "1e999999999", "1e-999999999", "1_000", "0x10", "--1", "1e"] {
            check(text, None);
        }
    }

    #[test]
    fn integers_are_exact() {
        assert_eq!("9223372036854775807".parse::<Number>().unwrap().to_i64(), Some(i64::MAX));
        assert_eq!("9223372036854775808".parse::<Number>().unwrap().to_i64(), None);
        assert_eq!("1.5".parse::<Number>().unwrap().to_i64(), None);
        assert_eq!("1e3".parse::<Number>().unwrap().to_i64(), Some(1000));
        assert_eq!(Number::from_f64(0.5).unwrap().to_string(), "0.5");
        assert_eq!(Number::from_f64(f64::NAN), None);
    }
}
