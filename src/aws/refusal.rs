//! What went wrong with a call, and whether it may pass.
//!
//! What is certain is told at once: access denied, a request that can never succeed, a certificate
//! that is not trusted. What may pass is tried again until the deadline: throttling, failures of
//! the service, and everything that can happen on the way.

use std::error::Error as StdError;
use std::time::Duration;

use aws_sdk_ssm::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_ssm::operation::RequestId;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::date_time::{DateTime, Format};

use crate::aws::arn::{Arn, Scope};
use crate::aws::iam::{KeyUse, Statement};
use crate::aws::session::Session;
use crate::net::certificate::Flaw;
use crate::net::failure::{Untrusted, describe, failure, is_not_http, is_too_large, untrusted};
use crate::net::retry::Reason;
use crate::stores::error::{Advice, Error, Said, Target};

/// Codes by which AWS services say "not so fast" (the list of the AWS SDKs).
const THROTTLING: [&str; 15] = [
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    // Another change of the same parameter is under way (PutParameter).
    "TooManyUpdates",
    "TransactionInProgressException",
];

/// Codes of failures that are AWS's own.
const TRANSIENT: [&str; 6] = [
    "InternalError",
    "InternalFailure",
    "InternalServerError",
    "RequestTimeout",
    "RequestTimeoutException",
    "ServiceUnavailable",
];

/// Codes by which AWS refuses a caller whom it does not know.
const UNKNOWN_CALLER: [&str; 10] = [
    "AuthFailure",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
];

/// Codes by which Parameter Store says that there is no such parameter, or no such version of it. For
/// tags it is a resource.
const NOT_THERE: [&str; 3] = [
    "InvalidResourceId",
    "ParameterNotFound",
    "ParameterVersionNotFound",
];

/// What a proxy says that wants to know who we are (RFC 9110, section 15.5.8).
const PROXY_AUTHENTICATION_REQUIRED: u16 = 407;

/// A call that failed.
#[derive(Debug)]
pub enum Trouble {
    /// It may pass: wait for this reason, at least for the time that the service asked for.
    Passing {
        reason: Reason,
        hint: Option<Duration>,
        what: String,
    },
    /// A whole answer came, and it was none that Parameter Store gives. Worth a second try, not
    /// many.
    Garbled { what: String },
    /// Our credentials have run out: new ones may help, once.
    Expired(Error),
    /// Our clock may be wrong by this much of the service's: the SDK has noted by how much, and
    /// signs the next request accordingly.
    Skewed(Error),
    /// It is certain.
    Certain(Error),
}

/// Whether trouble with this code may pass.
pub fn is_passing(code: &str) -> bool {
    THROTTLING.contains(&code) || TRANSIENT.contains(&code)
}

/// Whether a caller is refused with this code because he is not known.
pub fn is_unknown_caller(code: &str) -> bool {
    UNKNOWN_CALLER.contains(&code)
}

/// Sorts a failure of the SDK.
pub fn sort<E>(error: SdkError<E, HttpResponse>, target: &Target, session: &Session) -> Trouble
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    let passing = |what| Trouble::Passing {
        reason: Reason::Transient,
        hint: None,
        what,
    };
    match &error {
        SdkError::ServiceError(context) => {
            let response = context.raw();
            let said = Said {
                status: response.status().as_u16(),
                code: context.err().code().map(str::to_owned),
                message: context.err().message().map(shortened),
                request_id: error.request_id().map(str::to_owned),
            };
            let hint = retry_hint(response);
            let skewed = response
                .headers()
                .get("date")
                .is_some_and(is_far_from_our_clock);
            refused(said, hint, skewed, target, session)
        }
        SdkError::DispatchFailure(dispatch) => match dispatch.as_connector_error() {
            Some(connector) => match untrusted(connector) {
                Some(why) => Trouble::Certain(not_trusted(why, connector, session)),
                None => {
                    let why = describe(connector);
                    match failure(connector) {
                        Some(failure) if failure.is_certain() && failure.is_of_the_proxy() => {
                            Trouble::Certain(stopped_by_proxy(why, session))
                        }
                        _ if is_not_http(connector) => Trouble::Garbled {
                            what: "it is not HTTP; is the endpoint `https://`?".to_owned(),
                        },
                        Some(failure) if failure.is_certain() => {
                            let endpoint = session.place();
                            Trouble::Certain(Error::Endpoint { endpoint, why })
                        }
                        _ if is_too_large(connector) => Trouble::Garbled {
                            what: "it is larger than any that Parameter Store gives".to_owned(),
                        },
                        Some(_) => passing(with_proxy(why, session)),
                        // It did not get as far as the line.
                        None => Trouble::Certain(Error::Internal { why }),
                    }
                }
            },
            None => passing("the request could not be sent".to_owned()),
        },
        SdkError::TimeoutError(_) => passing("no answer in time".to_owned()),
        SdkError::ResponseError(context) => {
            let response = context.raw();
            let status = response.status().as_u16();
            match reason_by_status(status) {
                // Load balancers and proxies write their own pages, and mean what the status says.
                Some(reason) => Trouble::Passing {
                    reason,
                    hint: retry_hint(response),
                    what: format!("HTTP status {status}"),
                },
                None if status == PROXY_AUTHENTICATION_REQUIRED && session.proxy().is_some() => {
                    let why = format!("it answers HTTP status {status}");
                    Trouble::Certain(stopped_by_proxy(why, session))
                }
                None => Trouble::Garbled {
                    what: format!(
                        "HTTP status {status} with a body that Parameter Store does not send"
                    ),
                },
            }
        }
        SdkError::ConstructionFailure(_) => Trouble::Certain(Error::Endpoint {
            endpoint: session.place(),
            why: causes(&error),
        }),
        _ => passing(causes(&error)),
    }
}

/// Sorts what AWS, or something in its place, said instead of an answer.
fn refused(
    said: Said,
    hint: Option<Duration>,
    skewed: bool,
    target: &Target,
    session: &Session,
) -> Trouble {
    let code = said.code.as_deref().unwrap_or_default();
    let place = session.place();
    let target = target.clone();
    let passing = |reason| Trouble::Passing {
        reason,
        hint,
        what: said.to_string(),
    };

    if THROTTLING.contains(&code) {
        return passing(Reason::Throttled);
    }
    if TRANSIENT.contains(&code) {
        return passing(Reason::Transient);
    }
    if let Some(reason) = reason_by_status(said.status) {
        return passing(reason);
    }
    // Where no proxy is named something else plays one.
    if said.status == PROXY_AUTHENTICATION_REQUIRED && session.proxy().is_some() {
        let why = format!("it answers HTTP status {}", said.status);
        return Trouble::Certain(stopped_by_proxy(why, session));
    }
    let principal = session.principal();
    let error = if is_about_the_key(&said) {
        key_denied(target, place, said, session)
    } else if code.starts_with("ExpiredToken") || code == "RequestExpired" {
        Error::BadCredentials {
            principal,
            place,
            said,
            advice: Advice::Expired,
        }
    } else if UNKNOWN_CALLER.contains(&code) {
        Error::BadCredentials {
            principal,
            place,
            said,
            advice: Advice::Keys,
        }
    } else if code.starts_with("AccessDenied") || (code.is_empty() && said.status == 403) {
        denied(target, place, said, session)
    } else if NOT_THERE.contains(&code) {
        Error::NotThere { target, place }
    } else if code == "ParameterAlreadyExists" {
        let lost = false;
        Error::Exists {
            target,
            place,
            lost,
        }
    } else if code.is_empty() {
        // Neither Parameter Store nor AWS answers without a code: a portal, a proxy, a typo.
        Error::Nonsense {
            target,
            place,
            what: said.to_string(),
        }
    } else {
        Error::Rejected {
            target,
            place,
            said,
        }
    };
    match error {
        Error::BadCredentials {
            advice: Advice::Expired,
            ..
        } if !skewed => Trouble::Expired(error),
        Error::BadCredentials { .. } | Error::Denied { .. } if skewed => Trouble::Skewed(error),
        error => Trouble::Certain(error),
    }
}

/// Why to try again, if the status of an answer alone says that it may pass.
fn reason_by_status(status: u16) -> Option<Reason> {
    match status {
        429 => Some(Reason::Throttled),
        408 | 500.. => Some(Reason::Transient),
        _ => None,
    }
}

/// KMS refusals arrive with the code of an IAM refusal, or as an invalid key; only the message
/// tells.
fn is_about_the_key(said: &Said) -> bool {
    let message = said.message.as_deref().unwrap_or_default();
    said.code.as_deref() == Some("InvalidKeyId")
        || message.contains("kms:")
        || message.contains("ciphertext refers to a customer master key")
}

/// What follows a marker in the words of a refusal.
fn after<'m>(said: &'m Said, marker: &str) -> Option<&'m str> {
    let message = said.message.as_deref()?;
    let rest = &message[message.find(marker)? + marker.len()..];
    let word = rest.split([' ', '"', '\'']).next()?;
    Some(word).filter(|word| !word.is_empty())
}

/// Where parameters are: in our region, and in the account of the caller, whom AWS names.
fn scope(said: &Said, session: &Session) -> Scope {
    let caller = after(said, "User: ").and_then(Arn::parse);
    let account = caller.and_then(|caller| caller.account());
    Scope::new(session.region(), account.unwrap_or("ACCOUNT"))
}

/// A parameter as IAM knows it: without version or label.
fn resource(name: &str, scope: &Scope) -> String {
    let start = Arn::parse(name).map_or(0, |arn| name.len() - arn.resource().len());
    let end = name[start..]
        .find(':')
        .map_or(name.len(), |end| start + end);
    scope.parameter(&name[..end])
}

/// An access refusal, with the statement that is missing. AWS names action and resource in its
/// message; where it does not, they follow from what we asked.
fn denied(target: Target, place: String, said: Said, session: &Session) -> Error {
    let scope = scope(&said, session);
    let all = |names: &[String]| names.iter().map(|name| resource(name, &scope)).collect();
    let (action, resources) = match &target {
        // A path is authorised as itself, and what is below it as well.
        Target::Path { path, .. } => {
            let itself = (path != "/").then(|| scope.parameter(path));
            let below = scope.parameters_below(path);
            let resources = itself.into_iter().chain([below]).collect();
            ("ssm:GetParametersByPath", resources)
        }
        // It is for everything or for nothing.
        Target::Catalogue { .. } => ("ssm:DescribeParameters", vec!["*".to_owned()]),
        Target::Names(names) => ("ssm:GetParameters", all(names)),
        Target::Some { doing, names } => (doing.action(), all(names)),
    };
    let named = match &target {
        Target::Names(_) | Target::Some { .. } => after(&said, "on resource: "),
        Target::Path { .. } | Target::Catalogue { .. } => None,
    };
    let resources = named.map_or(resources, |resource| vec![resource.to_owned()]);
    let action = after(&said, "not authorized to perform: ").unwrap_or(action);
    let missing = Box::new(Statement::allow(&[action], resources));
    Error::Denied {
        target,
        place,
        said,
        missing,
    }
}

/// A refusal of the key, with the statement that is missing.
fn key_denied(target: Target, place: String, said: Said, session: &Session) -> Error {
    let scope = scope(&said, session);
    let parameters = match &target {
        Target::Path { path, .. } => vec![scope.parameters_below(path)],
        Target::Names(names) | Target::Some { names, .. } => {
            names.iter().map(|name| resource(name, &scope)).collect()
        }
        Target::Catalogue { .. } => Vec::new(),
    };
    let usual = match target.cipher() {
        "encrypt" => "kms:Encrypt",
        _ => "kms:Decrypt",
    };
    let action = after(&said, "not authorized to perform: ").filter(|it| it.starts_with("kms:"));
    let key = after(&said, "on resource: ").filter(|arn| arn.contains(":kms:"));
    let statement = Statement::allow(
        &[action.unwrap_or(usual)],
        vec![key.unwrap_or("*").to_owned()],
    );
    let missing = Box::new(statement.only_for(KeyUse::of_parameters(&scope, parameters)));
    Error::KeyDenied {
        target,
        place,
        said,
        missing,
    }
}

/// Why the endpoint is not trusted, and what can be done.
fn not_trusted(why: Untrusted, error: &(dyn StdError + 'static), session: &Session) -> Error {
    let (advice, words) = match why {
        Untrusted::Anchors(trust) => return Error::Trust(trust),
        Untrusted::NotTls => (Advice::NotTls, None),
        Untrusted::Certificate(refused) => match refused.flaw {
            Flaw::UnknownIssuer => (Advice::UnknownIssuer, refused.words),
            Flaw::WrongName => (Advice::WrongName, refused.words),
            Flaw::Dates => (Advice::Clock, refused.words),
            Flaw::Other => (Advice::Nothing, refused.words),
        },
    };
    let mut why = words.unwrap_or_else(|| describe(error));
    if let Some((origin, count)) = session.anchors() {
        why.push_str(&format!(
            "; {count} certificates are trusted, from {origin}"
        ));
    }
    Error::Certificate {
        endpoint: session.place(),
        why,
        advice,
    }
}

/// A proxy that will not let us through whatever we do. Its URL is not shown: it can hold a
/// password.
fn stopped_by_proxy(why: String, session: &Session) -> Error {
    Error::Proxy {
        variable: session.proxy().unwrap_or_default(),
        place: session.place(),
        why,
    }
}

/// Names a proxy as a suspect, by the variable that set it: its value can hold a password.
fn with_proxy(what: String, session: &Session) -> String {
    match session.proxy() {
        Some(variable) => format!("{what} (through the proxy of {variable})"),
        None => what,
    }
}

/// The causes of an error without its own words, which are only "service error" and the like.
fn causes<E: StdError + 'static, R: std::fmt::Debug + 'static>(error: &SdkError<E, R>) -> String {
    match error.source() {
        Some(source) => describe(source),
        None => error.to_string(),
    }
}

/// How long the service asks us to wait: `x-amz-retry-after` in milliseconds, or `Retry-After` in
/// seconds (RFC 9110).
fn retry_hint(response: &HttpResponse) -> Option<Duration> {
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

    fn said(code: Option<&str>, message: &str) -> Said {
        Said {
            status: 400,
            code: code.map(str::to_owned),
            message: Some(message.to_owned()),
            request_id: None,
        }
    }

    #[test]
    fn a_refusal_of_the_key_is_told_by_its_message_from_one_of_the_parameter() {
        for (code, message, about_the_key) in [
            ("InvalidKeyId", "", true),
            (
                "AccessDeniedException",
                "User: arn:aws:iam::123456789012:user/x is not authorized to perform: kms:Decrypt",
                true,
            ),
            (
                "AccessDeniedException",
                "The ciphertext refers to a customer master key that does not exist, does not \
                 exist in this region, or you are not allowed to access.",
                true,
            ),
            (
                "AccessDeniedException",
                "User: arn:aws:iam::123456789012:user/x is not authorized to perform: \
                 ssm:GetParametersByPath",
                false,
            ),
        ] {
            let said = said(Some(code), message);
            assert_eq!(is_about_the_key(&said), about_the_key, "{code}: {message}");
        }
    }

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
            assert_eq!(retry_hint(&response), hint, "{headers:?}");
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
                    let _ = retry_hint(&response);
                }
            }
            let _ = is_about_the_key(&said(Some(&text), &text));
        }
    }
}
