//! Dates as text, whatever a service or a file claims that the time is.
#![forbid(unsafe_code)]

use std::time::{SystemTime, UNIX_EPOCH};

/// A time in RFC 3339, to the second. `None` before 1970 and after 9999.
pub fn in_seconds(moment: SystemTime) -> Option<String> {
    is_representable(moment).then(|| humantime::format_rfc3339_seconds(moment).to_string())
}

/// A time in RFC 3339, to the millisecond. `None` before 1970 and after 9999.
pub fn in_milliseconds(moment: SystemTime) -> Option<String> {
    is_representable(moment).then(|| humantime::format_rfc3339_millis(moment).to_string())
}

/// Whether `humantime` formats a time. It panics on one before 1970, and fails after 9999, which
/// `to_string` turns into a panic.
fn is_representable(moment: SystemTime) -> bool {
    /// The first second of the year 10000.
    const END: u64 = 253_402_300_800;
    let since = moment.duration_since(UNIX_EPOCH);
    since.is_ok_and(|since| since.as_secs() < END)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_years_1970_to_9999_have_a_text() {
        let after = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        let before = |seconds| UNIX_EPOCH - Duration::from_secs(seconds);
        for (moment, seconds, milliseconds) in [
            (
                after(0),
                Some("1970-01-01T00:00:00Z"),
                Some("1970-01-01T00:00:00.000Z"),
            ),
            (
                after(253_402_300_799) + Duration::from_millis(999),
                Some("9999-12-31T23:59:59Z"),
                Some("9999-12-31T23:59:59.999Z"),
            ),
            (after(253_402_300_800), None, None),
            (after(1_000_000_000_000), None, None),
            (after(i64::MAX.unsigned_abs()), None, None),
            (before(1), None, None),
            (UNIX_EPOCH - Duration::from_nanos(1), None, None),
            (before(i64::MAX.unsigned_abs()), None, None),
        ] {
            assert_eq!(in_seconds(moment).as_deref(), seconds, "{moment:?}");
            assert_eq!(in_milliseconds(moment).as_deref(), milliseconds);
        }
    }
}
