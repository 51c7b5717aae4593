//! Why the certificate of a server is refused.

use std::time::{Duration, SystemTime};

use rustls::CertificateError;

use crate::date;
use crate::output::quoted;

/// A refused certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub flaw: Flaw,
    /// A description, where it is better than that of the error itself.
    pub description: Option<String>,
}

/// The kinds of flaws that need different remedies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    UnknownIssuer,
    WrongName,
    /// It has expired, or is not valid yet.
    Dates,
    /// It is not valid yet because our clock is wrong.
    Clock,
    Other,
}

impl From<&CertificateError> for Refused {
    /// rustls counts seconds since 1970, and has no description for an issuer.
    fn from(error: &CertificateError) -> Self {
        let (flaw, description) = match error {
            CertificateError::UnknownIssuer => (
                Flaw::UnknownIssuer,
                Some("no trusted authority issued its certificate (UnknownIssuer)".to_owned()),
            ),
            // An authority of the same name as a trusted one, with another key.
            CertificateError::BadSignature => (
                Flaw::UnknownIssuer,
                Some(
                    "its certificate names a trusted authority that did \
                     not sign it (BadSignature)"
                        .to_owned(),
                ),
            ),
            CertificateError::NotValidForNameContext {
                expected,
                presented,
            } => {
                let expected = expected.to_str();
                let bare = |name: &String| {
                    let name = name.trim_start_matches("DnsName(\"");
                    name.trim_end_matches("\")").to_owned()
                };
                let presented: Vec<String> = presented.iter().map(bare).collect();
                let presented = quoted(&presented);
                (
                    Flaw::WrongName,
                    Some(format!(
                        "its certificate is not for `{expected}`, but for {presented}"
                    )),
                )
            }
            CertificateError::ExpiredContext { time, not_after } => {
                let (time, end) = (after_1970(time.as_secs()), after_1970(not_after.as_secs()));
                let description =
                    format!("its certificate expired at {end}, and the local time is {time}");
                (Flaw::Dates, Some(description))
            }
            CertificateError::NotValidYetContext { time, not_before } => {
                let (time, start) = (time.as_secs(), not_before.as_secs());
                let flaw = not_valid_yet(time, start);
                let (time, start) = (after_1970(time), after_1970(start));
                let certificate = format!("its certificate is valid from {start} on");
                let description = match flaw {
                    Flaw::Clock => {
                        format!(
                            "the clock of this machine is wrong: it is {time}, and {certificate}"
                        )
                    }
                    _ => format!("{certificate}, and the local time is {time}"),
                };
                (flaw, Some(description))
            }
            CertificateError::NotValidForName => (Flaw::WrongName, None),
            CertificateError::Expired | CertificateError::NotValidYet => (Flaw::Dates, None),
            _ => (Flaw::Other, None),
        };
        Self { flaw, description }
    }
}

/// What is wrong with a certificate that is valid from `start` on, by a clock that is at `time`, both
/// in seconds after 1970.
///
/// Authorities issue certificates that are valid at once, and servers use them after that. So a clock
/// by which one is not valid yet is slow: a board without a battery starts in 1970, or at the date of
/// its system, and gets the time from the network later. But one that is valid years after
/// a clock that may be right is a mistake.
fn not_valid_yet(time: u64, start: u64) -> Flaw {
    /// 2026-01-01: this program did not exist before.
    const OLDEST: u64 = 1_767_225_600;
    /// Two years. Public authorities issue certificates for 398 days at most.
    const FAR: u64 = 2 * 365 * 24 * 60 * 60;
    if time < OLDEST || start.saturating_sub(time) < FAR {
        Flaw::Clock
    } else {
        Flaw::Dates
    }
}

fn after_1970(seconds: u64) -> String {
    let time = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
    let text = time.and_then(date::in_seconds);
    text.unwrap_or_else(|| format!("second {seconds} after 1970"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_clock_is_distinguished_from_a_certificate_of_the_future() {
        const YEAR: u64 = 365 * 24 * 60 * 60;
        let now = 57 * YEAR;
        for (time, start, flaw) in [
            (0, now, Flaw::Clock),
            (0, now + 60 * YEAR, Flaw::Clock),
            (10 * YEAR, 10 * YEAR + 1, Flaw::Clock),
            (now, now + 1, Flaw::Clock),
            (now, now + YEAR, Flaw::Clock),
            (now, now + 3 * YEAR, Flaw::Dates),
            (now, u64::MAX, Flaw::Dates),
        ] {
            assert_eq!(not_valid_yet(time, start), flaw, "{time} {start}");
        }
    }
}
