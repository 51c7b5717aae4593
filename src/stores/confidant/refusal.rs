//! What an answer means, and which failures may pass.

use std::time::SystemTime;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use http::Response;
use http::header::DATE;
use http::response::Parts;

use crate::net::call::AttemptError;
use crate::net::reply::Reply;
use crate::net::retry::Reason;
use crate::stores::confidant::answer;
use crate::stores::error::{Error, Fault, Problem};
use crate::stores::remote::{Bytes, Hints, Remote, retry_after};

const NETWORK: &str = "check `url` in the file of Confidant, and the network between this machine and the \
                       server; `--timeout` sets how long to retry";
/// What to try when a server cannot be reached or trusted.
pub const HINTS: Hints = Hints {
    network: NETWORK,
    address: "check `url` in the file of Confidant",
    authority: "write the path of the certificate of its authority into the file of Confidant, as \
                `verify: /…/ca.pem`, or into `REQUESTS_CA_BUNDLE`",
    name: "check `url` in the file of Confidant",
    identity: "the server may require a certificate of the client, which the client of Confidant does \
               not have either",
};
const BUSY: &str =
    "the server limits its rate: start fewer at once, or allow more time with `--timeout`";
const ACL: &str = "by its own rules a service reads only itself: the service of the place must be that of \
                   `auth_context.from` in the file of Confidant, unless the server has an `ACL_MODULE` of \
                   its own";
const TOKEN: &str = "the server accepts no token that it cannot decrypt or that is not valid now: check \
                     `auth_key`, `auth_context` and `token_lifetime` in the file of Confidant (`to` is the \
                     role of the server, and its `KMS_AUTH_USER_TYPES` has `user_type`), and the clock of \
                     this machine";
const ACCOUNT: &str = "the service belongs to another account, whose `auth_key` proves it";
const HEADERS: &str = "the request arrived without its token: does a proxy remove headers?";
const DECRYPTION: &str = "the server cannot decrypt it: its own key in AWS KMS, or its permission to use \
                          that, has changed";
const REDIRECT: &str = "no redirect is followed, as by the client of Confidant: write the address that it \
                        leads to into `url`";

/// What a server answered.
pub enum Replied {
    /// The text of a service.
    Found(String),
    Missing,
    /// The token was not accepted, at this time by the clock of the server.
    Denied {
        error: Error,
        clock: Option<SystemTime>,
    },
}

/// What an answer means.
pub fn of_answer(
    response: Response<Bytes>,
    target: &str,
    username: &str,
    at: &Remote,
    file: &'static str,
) -> Result<Replied, AttemptError<Error>> {
    let (head, body) = response.into_parts();
    let status = head.status.as_u16();
    let error = answer::failed(&body);
    let foreign = || AttemptError::Invalid {
        what: format!(
            "HTTP status {status} with a body that {} does not send",
            at.name
        ),
    };
    let reply = || Reply {
        status,
        code: None,
        message: error.clone().flatten().filter(|text| !text.is_empty()),
        request_id: None,
    };
    let place = &at.place;
    let problem = |fault, hint: &str| {
        let what = match fault {
            Fault::Refused => format!("Confidant refused to read {target} in {place}"),
            _ => format!("Confidant did not read {target} in {place}"),
        };
        let as_whom = format!("as `{username}`, by `{file}`");
        let problem = Problem::new(fault, what).because(reply());
        match fault {
            Fault::Refused => problem.because(as_whom).hint(hint),
            _ => problem.hint(hint),
        }
    };
    let certain = |fault, hint| AttemptError::Certain(problem(fault, hint).into());
    let passing = |reason, hint| AttemptError::Passing {
        reason,
        retry_after: retry_after(&head.headers),
        what: reply().to_string(),
        hint: Some(hint),
        sent: reason == Reason::Transient,
    };
    match status {
        200 => match String::from_utf8(body.into()) {
            Ok(text) if error.is_some() => Ok(Replied::Found(text)),
            _ => Err(foreign()),
        },
        404 if error.is_some() => Ok(Replied::Missing),
        403 if error.is_some() => Err(certain(Fault::Refused, ACL)),
        403 => Ok(Replied::Denied {
            error: problem(Fault::Refused, TOKEN).into(),
            clock: clock(&head),
        }),
        401 if error.is_some() => Err(certain(Fault::Refused, ACCOUNT)),
        401 => Err(certain(Fault::Refused, HEADERS)),
        429 => Err(passing(Reason::Throttled, BUSY)),
        500 if error
            .iter()
            .flatten()
            .any(|it| it.starts_with("Decryption")) =>
        {
            Err(certain(Fault::Rejected, DECRYPTION))
        }
        408 | 500.. => Err(passing(Reason::Transient, NETWORK)),
        300..=399 => Err(certain(Fault::Setting, REDIRECT)),
        400..=499 if error.is_some() => Err(certain(Fault::Rejected, "check the service")),
        _ => Err(foreign()),
    }
}

/// The time at the server.
fn clock(head: &Parts) -> Option<SystemTime> {
    let date = head.headers.get(DATE)?.to_str().ok()?;
    let date = DateTime::from_str(date, Format::HttpDate).ok()?;
    date.try_into().ok()
}
