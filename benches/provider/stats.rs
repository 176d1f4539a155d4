//! Figures of several runs, and how they are written.

use std::time::Duration;

/// The value below which that share (0 to 1) of the values lies, by the nearest rank. Zero where there are none.
pub(crate) fn quantile<T: Copy + Ord + Default>(values: &[T], share: f64) -> T {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a rank among few values"
    )]
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

/// The value in the middle.
pub(crate) fn median<T: Copy + Ord + Default>(values: &[T]) -> T {
    quantile(values, 0.5)
}

/// `12.3 ms`, `1.23 s`.
pub(crate) fn time(duration: Duration) -> String {
    let milliseconds = duration.as_secs_f64() * 1000.0;
    match milliseconds {
        0.0..10.0 => format!("{milliseconds:.1} ms"),
        10.0..1000.0 => format!("{milliseconds:.0} ms"),
        1000.0..100_000.0 => format!("{:.2} s", milliseconds / 1000.0),
        _ => format!("{:.0} s", milliseconds / 1000.0),
    }
}

/// Bytes as `12.3 MB` (10⁶ bytes).
pub(crate) fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", mega(bytes))
}

#[expect(clippy::cast_precision_loss, reason = "sizes of programs")]
pub(crate) fn mega(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// How many times as much the second is, `12.3 ×`; a dash where there is nothing to divide by.
pub(crate) fn ratio(small: f64, large: f64) -> String {
    if small > 0.0 { format!("{:.1} ×", large / small) } else { "–".to_owned() }
}
