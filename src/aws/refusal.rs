//! Why a call of the SDK failed, for any service, and whether that may pass.
//!
//! What is certain is reported at once: an untrusted certificate, a proxy that denies the tunnel.
//! What may pass is retried until the deadline: throttling, failures of the service, and network
//! failures. What a service's own codes mean its store knows.

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
use crate::net::call::AttemptError;
use crate::net::certificate::{Flaw, Refused};
use crate::net::failure::{
    Failure as Network, Untrusted, describe, failure, is_not_http, is_too_large, is_unknown_name,
    untrusted,
};
use crate::net::reply::Reply;
use crate::net::retry::Reason;

/// The status of a proxy that requires credentials (RFC 9110, section 15.5.8).
const PROXY_AUTHENTICATION_REQUIRED: u16 = 407;

/// What was called, and how, for messages.
#[derive(Debug)]
pub struct Endpoint {
    pub service: &'static Service,
    /// Region and endpoint.
    pub place: String,
    /// The variable that sets the proxy, if there is one.
    pub proxy: Option<&'static str>,
    /// The source and the number of the trusted certificates, if any were needed.
    pub anchors: Option<(String, usize)>,
    /// What to report if the name of the endpoint does not exist, and it is certain that it never
    /// will.
    pub without_name: Option<WithoutName>,
}

/// Why the name of an endpoint may not exist.
#[derive(Debug)]
pub enum WithoutName {
    /// The region is not known here.
    Region { region: String, from: &'static str },
    /// The region has no endpoint for FIPS 140.
    Fips,
}

/// A call that failed.
#[derive(Debug)]
pub enum Failure<E> {
    /// Classified for all services.
    Attempt(AttemptError<E>),
    /// An error response that its store has to classify.
    Refused(Refusal),
}

/// An error response that will be the same again, unless credentials or clock change.
#[derive(Debug)]
pub struct Refusal {
    pub kind: Kind,
    pub reply: Reply,
    /// Whether our clock differs from the service's by more than signatures allow. The SDK has
    /// recorded the offset, and signs the next request accordingly.
    pub skewed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Temporary credentials have expired.
    Expired,
    BadCredentials,
    /// The credentials are valid, but do not allow this.
    Denied,
    /// Only the service's own codes give the reason.
    Other,
}

impl Kind {
    fn of(reply: &Reply) -> Self {
        let code = reply.code.as_deref().unwrap_or_default();
        if codes::is_expired(code) {
            Self::Expired
        } else if codes::BAD_CREDENTIALS.contains(&code) {
            Self::BadCredentials
        } else if code.starts_with("AccessDenied") || (code.is_empty() && reply.status == 403) {
            Self::Denied
        } else {
            Self::Other
        }
    }

    /// What to try, if the credentials are rejected.
    pub fn hint(self) -> Option<Hint> {
        match self {
            Self::Expired => Some(Hint::Expired),
            Self::BadCredentials => Some(Hint::Keys),
            Self::Denied | Self::Other => None,
        }
    }
}

fn transient<E>(what: impl Into<String>) -> Failure<E> {
    passing(what.into(), None, true)
}

/// `sent` is whether the request may have been carried out.
fn passing<E>(what: String, hint: Option<&'static str>, sent: bool) -> Failure<E> {
    Failure::Attempt(AttemptError::Passing {
        reason: Reason::Transient,
        retry_after: None,
        what,
        hint,
        sent,
    })
}

fn invalid<E>(what: String) -> Failure<E> {
    Failure::Attempt(AttemptError::Invalid { what })
}

fn certain<E: From<Error>>(error: Error) -> Failure<E> {
    Failure::Attempt(AttemptError::Certain(error.into()))
}

/// Classifies an error of the SDK. It is the same code for each operation: those differ only in the
/// type of their errors, of which only the metadata counts.
pub fn classify<E: From<Error>>(
    error: SdkError<ErrorMetadata, HttpResponse>,
    endpoint: &Endpoint,
) -> Failure<E> {
    match &error {
        // Some clients of the SDK report a body that they cannot read in this way.
        SdkError::ServiceError(context)
            if context.err().code().is_none() && is_foreign(context.raw()) =>
        {
            foreign(context.raw(), endpoint)
        }
        SdkError::ServiceError(context) => {
            let response = context.raw();
            let reply = Reply {
                status: response.status().as_u16(),
                code: context.err().code().map(str::to_owned),
                message: context.err().message().map(str::to_owned),
                request_id: error.request_id().map(str::to_owned),
            };
            error_response(reply, response, endpoint)
        }
        SdkError::DispatchFailure(dispatch) => match dispatch.as_connector_error() {
            Some(connector) => network_error(connector, endpoint),
            None => transient("the request could not be sent"),
        },
        SdkError::TimeoutError(_) => transient("no answer in time"),
        SdkError::ResponseError(context) => foreign(context.raw(), endpoint),
        SdkError::ConstructionFailure(_) => certain(unusable(causes(&error), endpoint)),
        _ => transient(causes(&error)),
    }
}

/// Whether the service did not send a response without an error code: its status is that of success, or
/// its body is not JSON.
fn is_foreign(response: &HttpResponse) -> bool {
    let body = response.body().bytes().unwrap_or_default();
    let json = serde_json::from_slice::<serde::de::IgnoredAny>(body);
    response.status().is_success() || json.is_err()
}

/// Classifies a response with a body that the service does not send.
fn foreign<E: From<Error>>(response: &HttpResponse, endpoint: &Endpoint) -> Failure<E> {
    let status = response.status().as_u16();
    // Load balancers and proxies send their own pages, but the status is right.
    let what = || format!("HTTP status {status}");
    by_status(status, response, endpoint, what).unwrap_or_else(|| {
        let name = endpoint.service.name;
        invalid(format!(
            "HTTP status {status} with a body that {name} does not send"
        ))
    })
}

/// Classifies an error response, of the service or of something in its place.
fn error_response<E: From<Error>>(
    reply: Reply,
    response: &HttpResponse,
    endpoint: &Endpoint,
) -> Failure<E> {
    let code = reply.code.as_deref().unwrap_or_default();
    // By these codes the error is known as by these statuses.
    let status = match code {
        _ if codes::THROTTLING.contains(&code) => 429,
        _ if codes::TRANSIENT.contains(&code) => 500,
        _ => reply.status,
    };
    if let Some(failure) = by_status(status, response, endpoint, || reply.to_string()) {
        return failure;
    }
    let date = response.headers().get("date");
    Failure::Refused(Refusal {
        kind: Kind::of(&reply),
        reply,
        skewed: date.is_some_and(is_far_from_our_clock),
    })
}

/// Classifies a response whose status alone is enough.
fn by_status<E: From<Error>>(
    status: u16,
    response: &HttpResponse,
    endpoint: &Endpoint,
    what: impl FnOnce() -> String,
) -> Option<Failure<E>> {
    let reason = match status {
        429 => Reason::Throttled,
        408 | 500.. => Reason::Transient,
        // If no proxy is set, something else acts as one.
        PROXY_AUTHENTICATION_REQUIRED if endpoint.proxy.is_some() => {
            let why = format!("it responds with HTTP status {status}");
            return Some(certain(stopped_by_proxy(why, endpoint)));
        }
        _ => return None,
    };
    Some(Failure::Attempt(AttemptError::Passing {
        reason,
        retry_after: retry_after(response),
        what: what(),
        hint: None,
        sent: reason == Reason::Transient,
    }))
}

/// Classifies a network failure.
fn network_error<E: From<Error>>(
    error: &(dyn StdError + 'static),
    endpoint: &Endpoint,
) -> Failure<E> {
    match untrusted(error) {
        Some(Untrusted::Certificate(Refused {
            flaw: Flaw::Clock,
            description,
        })) => {
            let why = description.unwrap_or_else(|| describe(error));
            return passing(why, Hint::SlowClock.text(), false);
        }
        Some(why) => return certain(not_trusted(why, error, endpoint)),
        None => {}
    }
    let why = describe(error);
    match failure(error) {
        Some(Network::Limited(limit)) if limit.is_lasting() => {
            certain(Error::Limited(limit.clone()))
        }
        Some(Network::Limited(limit)) => passing(why, Some(limit.hint), false),
        Some(failure) if failure.is_permanent() && failure.is_proxy_error() => {
            certain(stopped_by_proxy(why, endpoint))
        }
        _ if is_too_large(error) => invalid(format!(
            "it is larger than any that {} sends",
            endpoint.service.name
        )),
        _ if is_not_http(error) => {
            invalid("it is not HTTP; is the endpoint `https://`?".to_owned())
        }
        Some(failure) if failure.is_permanent() => certain(unusable(why, endpoint)),
        Some(Network::Unreachable { .. })
            if endpoint.proxy.is_none()
                && is_unknown_name(&why)
                && endpoint.without_name.is_some() =>
        {
            certain(without_name(why, endpoint))
        }
        // A proxy is named as a suspect, by its variable: the value can contain a password.
        Some(failure) => {
            let why = match endpoint.proxy {
                Some(variable) => format!("{why} (through the proxy of {variable})"),
                None => why,
            };
            passing(why, None, failure.is_after_sending())
        }
        // The SDK could not build the request, or resolve the endpoint.
        None => certain(unusable(why, endpoint)),
    }
}

/// The name of the endpoint does not exist, and never will.
fn without_name(why: String, endpoint: &Endpoint) -> Error {
    match &endpoint.without_name {
        Some(WithoutName::Region { region, from }) => Error::UnknownRegion {
            region: region.clone(),
            from: Some(from),
            why,
        },
        Some(WithoutName::Fips) | None => unusable(why, endpoint),
    }
}

fn unusable(why: String, endpoint: &Endpoint) -> Error {
    Error::Endpoint {
        endpoint: endpoint.place.clone(),
        why,
        variable: endpoint.service.variable,
    }
}

fn not_trusted(why: Untrusted, error: &(dyn StdError + 'static), endpoint: &Endpoint) -> Error {
    let hint = Hint::of(&why);
    let description = match why {
        Untrusted::Anchors(trust) => return Error::Trust(trust),
        Untrusted::Incompatible(why) => {
            return Error::Tls {
                endpoint: endpoint.place.clone(),
                why,
                hint,
            };
        }
        Untrusted::NotTls => None,
        Untrusted::Certificate(refused) => refused.description,
    };
    let mut why = description.unwrap_or_else(|| describe(error));
    if let Some((origin, count)) = &endpoint.anchors {
        why.push_str(&format!(
            "; {count} certificates are trusted, from {origin}"
        ));
    }
    Error::Certificate {
        endpoint: endpoint.place.clone(),
        why,
        hint,
    }
}

/// A proxy that denies every request. Its URL is not shown: it can contain a password.
fn stopped_by_proxy(why: String, endpoint: &Endpoint) -> Error {
    Error::Proxy {
        variable: endpoint.proxy.unwrap_or_default(),
        place: endpoint.place.clone(),
        why,
    }
}

/// The causes of an error without its own text, which is only "service error" or similar.
fn causes(error: &SdkError<ErrorMetadata, HttpResponse>) -> String {
    match error.source() {
        Some(source) => describe(source),
        None => error.to_string(),
    }
}

/// How long the service requests to wait: `x-amz-retry-after` in milliseconds, or `Retry-After` in
/// seconds (RFC 9110).
fn retry_after(response: &HttpResponse) -> Option<Duration> {
    let number = |name: &str| response.headers().get(name)?.trim().parse::<u32>().ok();
    number("x-amz-retry-after")
        .map(|milliseconds| Duration::from_millis(milliseconds.into()))
        .or_else(|| number("retry-after").map(|seconds| Duration::from_secs(seconds.into())))
}

/// Whether a `Date` header differs from our clock by more than signatures allow. The threshold is
/// the SDK's own, below which it does not correct.
fn is_far_from_our_clock(date: &str) -> bool {
    const FAR: i64 = 4 * 60;
    let Ok(theirs) = DateTime::from_str(date, Format::HttpDate) else {
        return false;
    };
    let ours = DateTime::from(std::time::SystemTime::now());
    (theirs.secs() - ours.secs()).abs() >= FAR
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

    proptest! {
        #[test]
        fn no_header_makes_it_panic(
            text in prop_oneof![any::<String>(), "[0-9 -]{0,25}", "Fri, [0-9]{2} Dec [0-9]{4,6} 2[0-9]:59:59 GMT"],
        ) {
            let _ = is_far_from_our_clock(&text);
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
