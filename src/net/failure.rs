//! Network failures, and how to find one among the causes of other errors.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use http_body_util::LengthLimitError;

use crate::net::certificate::{Flaw, Refused};
use crate::net::dial::{Tried, Why};
use crate::redaction::{MESSAGE, quote};
use crate::system::limits::Limit;

/// Why there is no connection, or no response over it. No variant contains a part of a response.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("`{0}` is not an address")]
    Address(String),
    #[error("cannot connect to {to}")]
    Unreachable {
        to: String,
        #[source]
        why: Unreachable,
    },
    #[error("no connection to {to} within {}", seconds(*.limit))]
    Unconnected { to: String, limit: Duration },
    #[error("{to} accepts the connection, but there is no {step} within {}", seconds(*.limit))]
    Stalled {
        to: String,
        /// What was not completed.
        step: &'static str,
        limit: Duration,
    },
    /// This machine does not allow a connection.
    #[error("{}", .0.in_one_line())]
    Limited(Limit),
    #[error("no TLS with {to}")]
    Tls {
        to: String,
        #[source]
        why: io::Error,
    },
    #[error("no certificates are trusted")]
    Trust(#[source] TrustError),
    #[error("TLS cannot be set up")]
    Unusable(#[source] rustls::Error),
    #[error("the proxy responds with HTTP status {}", status.as_u16())]
    Proxy { status: StatusCode },
    #[error("`{0}` is not the address of a proxy")]
    NotAProxy(&'static str),
    #[error("proxies of the kind `{0}` are not supported, only `http` and `https`")]
    ProxyKind(String),
    #[error("{to} accepts the connection, but does not respond within {}", seconds(*.limit))]
    Silent { to: String, limit: Duration },
    #[error("the connection to {to} failed")]
    Broken {
        to: String,
        #[source]
        why: BoxError,
    },
}

impl Failure {
    /// Whether it is certain to happen again.
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::Address(_)
            | Self::Trust(_)
            | Self::Unusable(_)
            | Self::NotAProxy(_)
            | Self::ProxyKind(_) => true,
            Self::Proxy { status } => {
                let may_pass = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS];
                status.is_client_error() && !may_pass.contains(status)
            }
            Self::Limited(limit) => limit.is_lasting(),
            // Refused certificates are found by [`untrusted`].
            Self::Unreachable { .. }
            | Self::Unconnected { .. }
            | Self::Stalled { .. }
            | Self::Tls { .. }
            | Self::Silent { .. }
            | Self::Broken { .. } => false,
        }
    }

    /// Whether the request may have reached the service.
    pub fn is_after_sending(&self) -> bool {
        matches!(self, Self::Silent { .. } | Self::Broken { .. })
    }

    /// Whether the proxy is the obstacle.
    pub fn is_proxy_error(&self) -> bool {
        matches!(
            self,
            Self::Proxy { .. } | Self::NotAProxy(_) | Self::ProxyKind(_)
        )
    }
}

pub type BoxError = Box<dyn StdError + Send + Sync>;

fn seconds(limit: Duration) -> String {
    format!("{} s", limit.as_secs_f64())
}

/// Why a host cannot be connected to.
#[derive(Debug, thiserror::Error)]
pub enum Unreachable {
    #[error("dns error")]
    Name(#[source] Arc<io::Error>),
    #[error("dns error: no answer within {}", seconds(*.0))]
    NoAnswer(Duration),
    /// The only address that there is.
    #[error("tcp connect error")]
    Address(#[source] io::Error),
    /// All the addresses of a name.
    #[error("tcp connect error: {}", Attempts(.0))]
    Addresses(Vec<Tried>),
}

/// Addresses that failed, and why, in one line.
struct Attempts<'t>(&'t [Tried]);

impl fmt::Display for Attempts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, Tried { address, why }) in self.0.iter().enumerate() {
            if number > 0 {
                f.write_str("; ")?;
            }
            write!(f, "{}: ", address.ip())?;
            match why {
                Why::Late(limit) => write!(f, "no answer within {}", seconds(*limit))?,
                Why::Failed(error) => write!(f, "{error}")?,
                Why::Limited(limit) => write!(f, "{}", limit.in_one_line())?,
            }
        }
        Ok(())
    }
}

/// The certificates to trust could not be found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    #[error("cannot read the trusted certificates of {origin}: {why}")]
    Unreadable { origin: String, why: String },
    #[error("no usable certificate in {origin}")]
    Empty { origin: String },
    /// This machine does not allow to read them.
    #[error("{}", .0.in_one_line())]
    Limited(Limit),
}

/// An error and its causes, in one line, from the network failure on, if one is among them. Only
/// `Display` is used: `Debug` of the SDK's errors can contain the body of a response.
pub fn describe(error: &(dyn StdError + 'static)) -> String {
    let error = failure(error).map_or(error, |failure| failure);
    let mut text = String::new();
    for error in chain(error) {
        let part = error.to_string();
        if part.is_empty() || text.contains(&part) {
            continue;
        }
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&part);
    }
    quote(&text, MESSAGE)
}

/// An error and its causes. `io::Error::source` skips the error inside it, so that is taken out
/// first.
pub fn chain<'e>(
    error: &'e (dyn StdError + 'static),
) -> impl Iterator<Item = &'e (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| {
        match error.downcast_ref::<io::Error>() {
            Some(io) => io.get_ref().map(|inner| inner as &(dyn StdError + 'static)),
            None => error.source(),
        }
    })
}

/// The network failure among the causes, if there is one.
pub fn failure<'e>(error: &'e (dyn StdError + 'static)) -> Option<&'e Failure> {
    chain(error).find_map(|error| error.downcast_ref())
}

/// Whether a description of a failure is that of a name that does not exist (EAI_NONAME), rather than
/// of a resolver that does not know (EAI_AGAIN). `std` has only the texts of glibc, musl and macOS.
pub fn is_unknown_name(why: &str) -> bool {
    [
        "Name or service not known",
        "Name does not resolve",
        "nodename nor servname provided",
    ]
    .iter()
    .any(|text| why.contains(text))
}

/// A body that exceeds the limit of a request, by its length or by what has arrived of it.
#[derive(Debug, thiserror::Error)]
#[error("length limit exceeded")]
pub struct TooLarge;

/// Whether the response, its head or its body, exceeds the size limit.
pub fn is_too_large(error: &(dyn StdError + 'static)) -> bool {
    chain(error).any(|error| {
        // hyper has a method for the head in servers only.
        let head = error.downcast_ref::<hyper::Error>();
        let head = head.filter(|error| error.is_parse());
        error.is::<LengthLimitError>()
            || error.is::<TooLarge>()
            || head.is_some_and(|error| error.to_string() == "message head is too large")
    })
}

/// Whether the response is not HTTP, such as the alert of a TLS server.
pub fn is_not_http(error: &(dyn StdError + 'static)) -> bool {
    chain(error).any(|error| error.downcast_ref().is_some_and(hyper::Error::is_parse))
}

/// Why the other side was not trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Untrusted {
    Certificate(Refused),
    /// It does not use TLS.
    NotTls,
    /// It uses TLS, but nothing that we could agree on; this is what it lacks or demands.
    Incompatible(String),
    /// The trusted certificates cannot be read.
    Anchors(TrustError),
}

impl Untrusted {
    /// Whether it passes with time: only a clock that is wrong does.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Certificate(refused) if refused.flaw == Flaw::Clock)
    }
}

/// Finds a refusal of trust among the causes of an error.
pub fn untrusted(error: &(dyn StdError + 'static)) -> Option<Untrusted> {
    // Once TLS was agreed on, what cannot be read was garbled on the way.
    let mut agreed = false;
    chain(error).find_map(|error| {
        agreed |= matches!(error.downcast_ref(), Some(Failure::Broken { .. }));
        if let Some(trust) = error.downcast_ref::<TrustError>() {
            return Some(Untrusted::Anchors(trust.clone()));
        }
        match error.downcast_ref::<rustls::Error>()? {
            rustls::Error::InvalidCertificate(why) => Some(Untrusted::Certificate(why.into())),
            rustls::Error::InvalidMessage(_) if !agreed => Some(Untrusted::NotTls),
            error => incompatible(error).map(Untrusted::Incompatible),
        }
    })
}

/// What keeps us and a server from agreeing on TLS, if that is certain.
fn incompatible(error: &rustls::Error) -> Option<String> {
    use rustls::{AlertDescription as Alert, PeerIncompatible as Peer};
    const VERSION: &str = "it supports neither TLS 1.2 nor TLS 1.3";
    const CLIENT: &str = "it requires a certificate of the client";
    let (what, name) = match error {
        rustls::Error::PeerIncompatible(why) => match why {
            Peer::ServerDoesNotSupportTls12Or13
            | Peer::ServerTlsVersionIsDisabledByOurConfig
            | Peer::Tls12NotOffered
            | Peer::Tls12NotOfferedOrEnabled => (VERSION, None),
            _ => (
                "it chose something that this program does not support",
                None,
            ),
        },
        rustls::Error::AlertReceived(alert) => {
            let what = match alert {
                Alert::ProtocolVersion => VERSION,
                Alert::InsufficientSecurity => "it supports no cipher that this program does",
                Alert::HandshakeFailure => {
                    "it refuses the handshake: it supports no cipher that this program does, or \
                     requires a certificate of the client"
                }
                Alert::CertificateRequired | Alert::BadCertificate | Alert::NoCertificate => CLIENT,
                Alert::CertificateExpired
                | Alert::CertificateRevoked
                | Alert::CertificateUnknown => "it refuses the certificate of the client",
                Alert::UnrecognisedName => "it does not know the name of the endpoint",
                Alert::UnknownCA
                | Alert::AccessDenied
                | Alert::UnsupportedCertificate
                | Alert::UnsupportedExtension
                | Alert::MissingExtension
                | Alert::NoApplicationProtocol
                | Alert::IllegalParameter
                | Alert::DecodeError
                | Alert::ExportRestriction => "it refuses the handshake",
                // Such as an internal error, or a record that was garbled on the way.
                _ => return None,
            };
            (what, alert.as_str())
        }
        _ => return None,
    };
    Some(match name {
        Some(name) => format!("{what} (alert {name})"),
        None => what.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::certificate::Flaw;
    use std::fmt;

    /// An error with a cause, or without.
    #[derive(Debug)]
    struct Link(&'static str, Option<Box<dyn StdError + Send + Sync>>);

    impl fmt::Display for Link {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl StdError for Link {
        fn source(&self) -> Option<&(dyn StdError + 'static)> {
            self.1
                .as_deref()
                .map(|cause| cause as &(dyn StdError + 'static))
        }
    }

    fn caused(text: &'static str, cause: impl StdError + Send + Sync + 'static) -> Link {
        Link(text, Some(Box::new(cause)))
    }

    #[test]
    fn an_error_is_described_with_its_causes_each_once() {
        let end = || Link("end", None);
        for (error, expected) in [
            (end(), "end"),
            (caused("start", end()), "start: end"),
            (caused("start", caused("", end())), "start: end"),
            (caused("start: end", end()), "start: end"),
            (caused("start", caused("start", end())), "start: end"),
            (
                caused("start", io::Error::other(caused("middle", end()))),
                "start: middle: end",
            ),
        ] {
            assert_eq!(describe(&error), expected);
        }
    }

    #[test]
    fn a_server_that_cannot_agree_with_us_on_tls_never_will() {
        use rustls::{AlertDescription as Alert, Error, PeerIncompatible as Peer};
        const VERSION: &str = "it supports neither TLS 1.2 nor TLS 1.3";
        for (error, expected) in [
            (
                Error::AlertReceived(Alert::ProtocolVersion),
                Some(format!("{VERSION} (alert ProtocolVersion)")),
            ),
            (
                Error::PeerIncompatible(Peer::ServerDoesNotSupportTls12Or13),
                Some(VERSION.to_owned()),
            ),
            (
                Error::AlertReceived(Alert::InsufficientSecurity),
                Some(
                    "it supports no cipher that this program does (alert InsufficientSecurity)"
                        .to_owned(),
                ),
            ),
            (
                Error::AlertReceived(Alert::CertificateRequired),
                Some(
                    "it requires a certificate of the client (alert CertificateRequired)"
                        .to_owned(),
                ),
            ),
            (
                Error::AlertReceived(Alert::CertificateExpired),
                Some(
                    "it refuses the certificate of the client (alert CertificateExpired)"
                        .to_owned(),
                ),
            ),
            // These may pass.
            (Error::AlertReceived(Alert::InternalError), None),
            (Error::AlertReceived(Alert::BadRecordMac), None),
            (Error::DecryptError, None),
        ] {
            let found = untrusted(&io::Error::other(error));
            assert_eq!(found, expected.map(Untrusted::Incompatible));
        }
    }

    #[test]
    fn a_refusal_of_trust_is_found_below_other_errors() {
        use rustls::{CertificateError, Error, InvalidMessage};
        let wrapped = |error: Error| caused("request", io::Error::other(error));
        let expired = wrapped(Error::InvalidCertificate(CertificateError::Expired));
        let flaw = Refused {
            flaw: Flaw::Dates,
            description: None,
        };
        assert_eq!(untrusted(&expired), Some(Untrusted::Certificate(flaw)));
        let plain = wrapped(Error::InvalidMessage(InvalidMessage::InvalidContentType));
        assert_eq!(untrusted(&plain), Some(Untrusted::NotTls));
        let garbled = Failure::Broken {
            to: String::new(),
            why: Box::new(plain),
        };
        assert_eq!(untrusted(&garbled), None);
        let empty = TrustError::Empty {
            origin: String::new(),
        };
        let no_anchors = caused("request", empty.clone());
        assert_eq!(untrusted(&no_anchors), Some(Untrusted::Anchors(empty)));
        assert!(untrusted(&wrapped(Error::DecryptError)).is_none());
        assert!(untrusted(&Link("reset", None)).is_none());
    }
}
