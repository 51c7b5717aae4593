//! Why a call of the SDK failed, for any service, and whether that may pass.
//!
//! What is certain is reported at once: a certificate that is not trusted, a proxy that lets no one
//! through. What may pass is tried again until the deadline: throttling, failures of the service, and
//! everything that can happen on the way. What a service's own codes mean its store knows.

use std::error::Error as StdError;
use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::date_time::{DateTime, Format};
use aws_smithy_types::error::ErrorMetadata;
use aws_types::request_id::RequestId;

use crate::aws::codes;
use crate::aws::error::Error;
use crate::aws::hint::Hint;
use crate::aws::settings::Service;
use crate::net::certificate::Flaw;
use crate::net::failure::{Untrusted, describe, failure, is_not_http, is_too_large, untrusted};
use crate::net::reply::Reply;
use crate::net::retry::Reason;

/// The status of a proxy that wants credentials (RFC 9110, section 15.5.8).
const PROXY_AUTHENTICATION_REQUIRED: u16 = 407;

/// What was called, and how, for messages.
#[derive(Debug)]
pub struct Asked {
    pub service: &'static Service,
    /// Region and endpoint.
    pub place: String,
    /// The variable that names the proxy on the way, if there is one.
    pub proxy: Option<&'static str>,
    /// Where the trusted certificates came from, and how many they are, if any were needed.
    pub anchors: Option<(String, usize)>,
}

/// A call that failed.
#[derive(Debug)]
pub enum Failure {
    /// It may pass: wait for this reason, at least for the time that the service asked for.
    Passing {
        reason: Reason,
        retry_after: Option<Duration>,
        what: String,
    },
    /// A whole answer came, and it was none that the service gives.
    Garbled {
        what: String,
    },
    Certain(Error),
    /// It did not get as far as the network.
    Unsent {
        why: String,
    },
    /// The service answered, and did not do what it was asked.
    Refused(Refusal),
}

/// An answer that is certain to be the same again, unless credentials or clock change.
#[derive(Debug)]
pub struct Refusal {
    pub kind: Kind,
    pub reply: Reply,
    /// Whether our clock is further from the service's than signatures allow. The SDK has noted by
    /// how much, and signs the next request accordingly.
    pub skewed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Temporary credentials have run out.
    Expired,
    UnknownCaller,
    /// The caller is known, and may not do this.
    Denied,
    /// Something that only the service's own codes tell.
    Other,
}

impl Kind {
    fn of(reply: &Reply) -> Self {
        let code = reply.code.as_deref().unwrap_or_default();
        if codes::is_expired(code) {
            Self::Expired
        } else if codes::is_unknown_caller(code) {
            Self::UnknownCaller
        } else if code.starts_with("AccessDenied") || (code.is_empty() && reply.status == 403) {
            Self::Denied
        } else {
            Self::Other
        }
    }

    /// What to try, if it is the credentials that are refused.
    pub fn hint(self) -> Option<Hint> {
        match self {
            Self::Expired => Some(Hint::Expired),
            Self::UnknownCaller => Some(Hint::Keys),
            Self::Denied | Self::Other => None,
        }
    }
}

impl Failure {
    fn passing(what: impl Into<String>) -> Self {
        Self::Passing {
            reason: Reason::Transient,
            retry_after: None,
            what: what.into(),
        }
    }
}

/// Sorts a failure of the SDK. It is the same code for each operation: those differ only in the type
/// of their errors, of which the metadata is all that counts.
pub fn sort(error: SdkError<ErrorMetadata, HttpResponse>, asked: &Asked) -> Failure {
    match &error {
        SdkError::ServiceError(context) => {
            let response = context.raw();
            let reply = Reply {
                status: response.status().as_u16(),
                code: context.err().code().map(str::to_owned),
                message: context.err().message().map(shortened),
                request_id: error.request_id().map(str::to_owned),
            };
            answered(reply, response, asked)
        }
        SdkError::DispatchFailure(dispatch) => match dispatch.as_connector_error() {
            Some(connector) => on_the_way(connector, asked),
            None => Failure::passing("the request could not be sent"),
        },
        SdkError::TimeoutError(_) => Failure::passing("no answer in time"),
        SdkError::ResponseError(context) => {
            let response = context.raw();
            let status = response.status().as_u16();
            if let Some(failure) = by_status(status, response, asked, || {
                // Load balancers and proxies write their own pages, and mean what the status says.
                format!("HTTP status {status}")
            }) {
                return failure;
            }
            let name = asked.service.name;
            Failure::Garbled {
                what: format!("HTTP status {status} with a body that {name} does not send"),
            }
        }
        SdkError::ConstructionFailure(_) => Failure::Certain(endpoint(causes(&error), asked)),
        _ => Failure::passing(causes(&error)),
    }
}

/// Sorts what the service, or something in its place, answered instead of what was wanted.
fn answered(reply: Reply, response: &HttpResponse, asked: &Asked) -> Failure {
    let code = reply.code.as_deref().unwrap_or_default();
    let reason = match code {
        _ if codes::is_throttling(code) => Some(Reason::Throttled),
        _ if codes::is_transient(code) => Some(Reason::Transient),
        _ => None,
    };
    if let Some(reason) = reason {
        return Failure::Passing {
            reason,
            retry_after: retry_after(response),
            what: reply.to_string(),
        };
    }
    if let Some(failure) = by_status(reply.status, response, asked, || reply.to_string()) {
        return failure;
    }
    let date = response.headers().get("date");
    Failure::Refused(Refusal {
        kind: Kind::of(&reply),
        reply,
        skewed: date.is_some_and(is_far_from_our_clock),
    })
}

/// Sorts an answer whose status alone tells what is wrong.
fn by_status(
    status: u16,
    response: &HttpResponse,
    asked: &Asked,
    what: impl FnOnce() -> String,
) -> Option<Failure> {
    let reason = match status {
        429 => Reason::Throttled,
        408 | 500.. => Reason::Transient,
        // Where no proxy is named something else plays one.
        PROXY_AUTHENTICATION_REQUIRED if asked.proxy.is_some() => {
            let why = format!("it answers HTTP status {status}");
            return Some(Failure::Certain(stopped_by_proxy(why, asked)));
        }
        _ => return None,
    };
    Some(Failure::Passing {
        reason,
        retry_after: retry_after(response),
        what: what(),
    })
}

/// Sorts what went wrong on the way.
fn on_the_way(error: &(dyn StdError + 'static), asked: &Asked) -> Failure {
    if let Some(why) = untrusted(error) {
        return Failure::Certain(not_trusted(why, error, asked));
    }
    let why = describe(error);
    match failure(error) {
        Some(failure) if failure.is_certain() && failure.is_of_the_proxy() => {
            Failure::Certain(stopped_by_proxy(why, asked))
        }
        _ if is_not_http(error) => Failure::Garbled {
            what: "it is not HTTP; is the endpoint `https://`?".to_owned(),
        },
        Some(failure) if failure.is_certain() => Failure::Certain(endpoint(why, asked)),
        _ if is_too_large(error) => Failure::Garbled {
            what: format!("it is larger than any that {} gives", asked.service.name),
        },
        // A proxy is named as a suspect, by the variable that set it: its value can hold a password.
        Some(_) => Failure::passing(match asked.proxy {
            Some(variable) => format!("{why} (through the proxy of {variable})"),
            None => why,
        }),
        None => Failure::Unsent { why },
    }
}

fn endpoint(why: String, asked: &Asked) -> Error {
    Error::Endpoint {
        endpoint: asked.place.clone(),
        why,
        variable: asked.service.variable,
    }
}

/// Why the endpoint is not trusted, and what can be done.
fn not_trusted(why: Untrusted, error: &(dyn StdError + 'static), asked: &Asked) -> Error {
    let (hint, words) = match why {
        Untrusted::Anchors(trust) => return Error::Trust(trust),
        Untrusted::NotTls => (Hint::NotTls, None),
        Untrusted::Certificate(refused) => match refused.flaw {
            Flaw::UnknownIssuer => (Hint::UnknownIssuer, refused.words),
            Flaw::WrongName => (Hint::WrongName, refused.words),
            Flaw::Dates => (Hint::Clock, refused.words),
            Flaw::Other => (Hint::Nothing, refused.words),
        },
    };
    let mut why = words.unwrap_or_else(|| describe(error));
    if let Some((origin, count)) = &asked.anchors {
        why.push_str(&format!(
            "; {count} certificates are trusted, from {origin}"
        ));
    }
    Error::Certificate {
        endpoint: asked.place.clone(),
        why,
        hint,
    }
}

/// A proxy that will not let us through whatever we do. Its URL is not shown: it can hold a
/// password.
fn stopped_by_proxy(why: String, asked: &Asked) -> Error {
    Error::Proxy {
        variable: asked.proxy.unwrap_or_default(),
        place: asked.place.clone(),
        why,
    }
}

/// The causes of an error without its own words, which are only "service error" and the like.
fn causes(error: &SdkError<ErrorMetadata, HttpResponse>) -> String {
    match error.source() {
        Some(source) => describe(source),
        None => error.to_string(),
    }
}

/// How long the service asks us to wait: `x-amz-retry-after` in milliseconds, or `Retry-After` in
/// seconds (RFC 9110).
fn retry_after(response: &HttpResponse) -> Option<Duration> {
    let number = |name: &str| response.headers().get(name)?.trim().parse::<u32>().ok();
    number("x-amz-retry-after")
        .map(|milliseconds| Duration::from_millis(milliseconds.into()))
        .or_else(|| number("retry-after").map(|seconds| Duration::from_secs(seconds.into())))
}

/// Whether a `Date` header is further from our clock than signatures allow. The threshold is the
/// SDK's own, below which it does not correct.
fn is_far_from_our_clock(date: &str) -> bool {
    const FAR: i64 = 4 * 60;
    let Ok(theirs) = DateTime::from_str(date, Format::HttpDate) else {
        return false;
    };
    let ours = DateTime::from(std::time::SystemTime::now());
    (theirs.secs() - ours.secs()).abs() >= FAR
}

/// A message from outside, kept to a length that a log line can bear.
fn shortened(message: &str) -> String {
    const LONGEST: usize = 1000;
    match message.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &message[..end]),
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_smithy_types::body::SdkBody;
    use proptest::prelude::*;

    #[test]
    fn how_long_to_wait_is_read_from_either_header() {
        let second = Duration::from_secs(1);
        for (headers, hint) in [
            ([].as_slice(), None),
            (&[("retry-after", "1")], Some(second)),
            (&[("retry-after", " 1 ")], Some(second)),
            (&[("x-amz-retry-after", "1000")], Some(second)),
            (
                &[("retry-after", "7"), ("x-amz-retry-after", "1000")],
                Some(second),
            ),
            (&[("retry-after", "Fri, 31 Dec 1999 23:59:59 GMT")], None),
            (&[("retry-after", "-1")], None),
            (&[("retry-after", "99999999999")], None),
        ] {
            let mut response =
                HttpResponse::new(429.try_into().expect("429 is a status"), SdkBody::empty());
            for &(name, value) in headers {
                response.headers_mut().insert(name, value);
            }
            assert_eq!(retry_after(&response), hint, "{headers:?}");
        }
    }

    #[test]
    fn a_clock_is_far_from_ours_from_four_minutes_on() {
        let now = DateTime::from(std::time::SystemTime::now()).secs();
        for (seconds, far) in [
            (0, false),
            (200, false),
            (-200, false),
            (300, true),
            (-300, true),
        ] {
            let date = DateTime::from_secs(now + seconds);
            let date = date.fmt(Format::HttpDate).unwrap();
            assert_eq!(is_far_from_our_clock(&date), far, "{seconds}");
        }
        assert!(!is_far_from_our_clock("yesterday"));
    }

    #[test]
    fn a_long_message_is_cut_between_letters() {
        let longest = "ä".repeat(1000);
        assert_eq!(shortened(&longest), longest);
        assert_eq!(shortened(&format!("{longest}ä")), format!("{longest}…"));
    }

    proptest! {
        #[test]
        fn no_header_and_no_message_makes_it_panic(
            text in prop_oneof![any::<String>(), "[0-9 -]{0,25}", "Fri, [0-9]{2} Dec [0-9]{4,6} 2[0-9]:59:59 GMT"],
        ) {
            let _ = is_far_from_our_clock(&text);
            prop_assert!(shortened(&text).chars().count() <= 1001);
            let mut response =
                HttpResponse::new(429.try_into().expect("429 is a status"), SdkBody::empty());
            for name in ["retry-after", "x-amz-retry-after"] {
                if response.headers_mut().try_insert(name, text.clone()).is_ok() {
                    let _ = retry_after(&response);
                }
            }
        }
    }
}
