//! The time, in the three forms that the protocol uses.

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since 1970, to the millisecond, as the service dates its parameters.
pub(crate) fn seconds() -> f64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.expect("the clock is past 1970");
    (now.as_secs_f64() * 1000.0).round() / 1000.0
}

pub(crate) fn whole_seconds() -> i64 {
    seconds() as i64
}

/// `20261124T042003Z`
pub(crate) fn amz_date(seconds: i64) -> String {
    let (year, month, day) = date(seconds.div_euclid(86_400));
    let (hour, minute, second) = time(seconds);
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
}

/// `Tue, 24 Nov 2026 04:20:03 GMT`
pub(crate) fn http_date(seconds: i64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let days = seconds.div_euclid(86_400);
    let (year, month, day) = date(days);
    let (hour, minute, second) = time(seconds);
    let weekday = DAYS[days.rem_euclid(7) as usize];
    let month = MONTHS[month as usize - 1];
    format!("{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
}

/// Reads `20261124T042003Z`.
pub(crate) fn from_amz_date(text: &str) -> Option<i64> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    if date.len() != 8 || time.len() != 6 || !text.is_ascii() {
        return None;
    }
    let part = |text: &str| text.parse::<i64>().ok();
    let days = days(part(&date[..4])?, part(&date[4..6])?, part(&date[6..])?);
    let seconds = part(&time[..2])? * 3600 + part(&time[2..4])? * 60 + part(&time[4..])?;
    Some(days * 86_400 + seconds)
}

fn time(seconds: i64) -> (i64, i64, i64) {
    let second = seconds.rem_euclid(86_400);
    (second / 3600, second / 60 % 60, second % 60)
}

/// Days since 1970 of a date of the Gregorian calendar. A year is taken to begin in March, so that
/// the leap day is its last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leap_days + day_of_year - 719_468
}

/// The inverse of [`days`].
fn date(number: i64) -> (i64, i64, i64) {
    let estimate = 1970 + number.div_euclid(366);
    let year = (estimate..)
        .take_while(|year| days(*year, 1, 1) <= number)
        .last()
        .unwrap_or(estimate);
    let month = (1..=12)
        .take_while(|month| days(year, *month, 1) <= number)
        .last()
        .unwrap_or(1);
    (year, month, number - days(year, month, 1) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_and_read() {
        for (seconds, amz, http) in [
            (0, "19700101T000000Z", "Thu, 01 Jan 1970 00:00:00 GMT"),
            (
                951_782_400,
                "20000229T000000Z",
                "Tue, 29 Feb 2000 00:00:00 GMT",
            ),
            (
                1_795_494_003,
                "20261124T042003Z",
                "Tue, 24 Nov 2026 04:20:03 GMT",
            ),
            (
                1_798_761_599,
                "20261231T235959Z",
                "Thu, 31 Dec 2026 23:59:59 GMT",
            ),
        ] {
            assert_eq!(amz_date(seconds), amz);
            assert_eq!(http_date(seconds), http);
            assert_eq!(from_amz_date(amz), Some(seconds));
        }
        assert_eq!(from_amz_date("yesterday"), None);
    }
}
