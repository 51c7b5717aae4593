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
                let (time, start) = (after_1970(time.as_secs()), after_1970(not_before.as_secs()));
                let description = format!(
                    "its certificate is valid from {start} on, and the local time is {time}"
                );
                (Flaw::Dates, Some(description))
            }
            CertificateError::NotValidForName => (Flaw::WrongName, None),
            CertificateError::Expired | CertificateError::NotValidYet => (Flaw::Dates, None),
            _ => (Flaw::Other, None),
        };
        Self { flaw, description }
    }
}

fn after_1970(seconds: u64) -> String {
    let time = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
    let text = time.and_then(date::in_seconds);
    text.unwrap_or_else(|| format!("second {seconds} after 1970"))
}
