//! What is wrong with the certificate of a server.

use std::time::{Duration, SystemTime};

use rustls::CertificateError;

use crate::output::quoted;

/// Why a certificate is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub flaw: Flaw,
    /// The same for a person, where there is more to say than the error itself does.
    pub words: Option<String>,
}

/// The kinds of flaws that ask for different remedies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    UnknownIssuer,
    WrongName,
    /// It has expired, or is not valid yet.
    Dates,
    Other,
}

impl From<&CertificateError> for Refused {
    /// rustls counts seconds since 1970, and has no words for an issuer.
    fn from(error: &CertificateError) -> Self {
        let (flaw, words) = match error {
            CertificateError::UnknownIssuer => (
                Flaw::UnknownIssuer,
                Some(
                    "its certificate leads to no authority that we trust (UnknownIssuer)"
                        .to_owned(),
                ),
            ),
            // An authority of the same name as one that we trust, with another key.
            CertificateError::BadSignature => (
                Flaw::UnknownIssuer,
                Some(
                    "its certificate names an authority that we trust, which did not sign it \
                     (BadSignature)"
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
                let (time, end) = (date(time.as_secs()), date(not_after.as_secs()));
                let words = format!("its certificate expired at {end}, and our clock says {time}");
                (Flaw::Dates, Some(words))
            }
            CertificateError::NotValidYetContext { time, not_before } => {
                let (time, start) = (date(time.as_secs()), date(not_before.as_secs()));
                let words =
                    format!("its certificate is valid from {start} on, and our clock says {time}");
                (Flaw::Dates, Some(words))
            }
            CertificateError::NotValidForName => (Flaw::WrongName, None),
            CertificateError::Expired | CertificateError::NotValidYet => (Flaw::Dates, None),
            _ => (Flaw::Other, None),
        };
        Self { flaw, words }
    }
}

fn date(seconds: u64) -> String {
    /// The last second of the year 9999.
    const LAST: u64 = 253_402_300_799;
    match seconds {
        0..=LAST => {
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            humantime::format_rfc3339_seconds(time).to_string()
        }
        _ => format!("second {seconds} after 1970"),
    }
}
