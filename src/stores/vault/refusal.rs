//! What the failures of a request mean, and which of them may pass.

use std::time::Duration;

use http::header::RETRY_AFTER;
use http::{Response, StatusCode};

use crate::aws::error::Error as AwsError;
use crate::net::call::AttemptError;
use crate::net::certificate::Flaw;
use crate::net::failure::{Failure, Untrusted, describe, is_not_http, is_too_large, untrusted};
use crate::net::reply::Reply;
use crate::net::retry::Reason;
use crate::net::transport::Bytes;
use crate::stores::error::{Error, Fault, Problem};
use crate::stores::vault::answer;
use crate::stores::vault::ask::Ask;
use crate::stores::vault::source::Server;

/// Which server, and where, for messages.
#[derive(Debug, Clone)]
pub struct At {
    pub server: Server,
    pub place: String,
    /// The source and the number of the trusted certificates, if any were needed.
    pub anchors: Option<(String, usize)>,
}

const NETWORK: &str = "check the address in `VAULT_ADDR` or `BAO_ADDR`, and the network between this \
                       machine and the server; `--timeout` sets how long to retry";
const SEALED: &str = "the server is sealed, and answers again once its operators have unsealed it";
const BUSY: &str = "the server limits its rate: start fewer at once, allow more time with `--timeout`, or \
                    raise its quota";

/// What a network failure means.
pub fn of_network(failure: &Failure, at: &At) -> AttemptError<Error> {
    let passing = |what: String, hint, sent| AttemptError::Passing {
        reason: Reason::Transient,
        retry_after: None,
        what,
        hint: Some(hint),
        sent,
    };
    let certain = |problem: Problem| AttemptError::Certain(problem.into());
    let place = &at.place;
    if let Some(why) = untrusted(failure) {
        if why.may_pass() {
            let hint = "the clock of this machine is slow: check its time";
            return passing(describe(failure), hint, false);
        }
        return certain(not_trusted(&why, failure, at));
    }
    match failure {
        Failure::Limited(limit) if limit.is_lasting() => {
            AttemptError::Certain(AwsError::Limited(limit.clone()).into())
        }
        Failure::Limited(limit) => passing(limit.in_one_line(), limit.hint, false),
        failure if is_too_large(failure) => AttemptError::Invalid {
            what: format!("it is larger than any that {} sends", at.server.name()),
        },
        failure if is_not_http(failure) => AttemptError::Invalid {
            what: "it is not HTTP; does the address begin with `https://`?".to_owned(),
        },
        failure if failure.is_proxy_error() && failure.is_permanent() => certain(
            Problem::new(
                Fault::Setting,
                format!("a proxy denies the connection to {place}"),
            )
            .because(describe(failure))
            .hint("`NO_PROXY` lists hosts to reach without it"),
        ),
        failure if failure.is_permanent() => certain(
            Problem::new(
                Fault::Setting,
                format!("{place} cannot be used as an address"),
            )
            .because(describe(failure))
            .hint("check `VAULT_ADDR` or `BAO_ADDR`"),
        ),
        failure => passing(describe(failure), NETWORK, failure.is_after_sending()),
    }
}

/// The server is not trusted, or does not trust us.
fn not_trusted(why: &Untrusted, failure: &Failure, at: &At) -> Problem {
    let place = &at.place;
    let hint = match why {
        Untrusted::Certificate(refused) => match refused.flaw {
            Flaw::UnknownIssuer => {
                "set `VAULT_CACERT` or `BAO_CACERT` to the file with the certificate of its authority"
            }
            Flaw::WrongName => {
                "check the address; `VAULT_TLS_SERVER_NAME` or `BAO_TLS_SERVER_NAME` gives the name \
                 that its certificate has"
            }
            Flaw::Dates | Flaw::Clock => {
                "check the certificate of the server, and the clock of this machine"
            }
            Flaw::Other => "check the certificate of the server",
        },
        Untrusted::NotTls => "the server does not use TLS: does the address begin with `http://`?",
        Untrusted::Incompatible(_) => {
            "if the server requires a certificate of the client, set `VAULT_CLIENT_CERT` and \
             `VAULT_CLIENT_KEY`, or `BAO_CLIENT_CERT` and `BAO_CLIENT_KEY`"
        }
        Untrusted::Anchors(_) => {
            "check the file or the directory with certificates that are trusted"
        }
    };
    let (what, cause) = match why {
        Untrusted::Incompatible(why) => (
            format!("{place} and this program have no TLS in common"),
            why.clone(),
        ),
        Untrusted::Anchors(trust) => {
            return Problem::new(Fault::Setting, trust.to_string()).hint(hint);
        }
        Untrusted::Certificate(refused) => {
            let described = refused.description.clone();
            let mut cause = described.unwrap_or_else(|| describe(failure));
            if let Some((origin, count)) = &at.anchors {
                cause.push_str(&format!(
                    "; {count} certificates are trusted, from {origin}"
                ));
            }
            (format!("{place} is not trusted"), cause)
        }
        Untrusted::NotTls => (format!("{place} is not trusted"), describe(failure)),
    };
    Problem::new(Fault::Setting, what).because(cause).hint(hint)
}

/// What an answer means: its text if it has what was requested, or says that it does not exist.
pub fn of_answer(
    response: Response<Bytes>,
    ask: &Ask<'_>,
    at: &At,
) -> Result<(StatusCode, String), AttemptError<Error>> {
    let (head, body) = response.into_parts();
    let status = head.status;
    let name = at.server.name();
    let foreign = || AttemptError::Invalid {
        what: format!(
            "HTTP status {} with a body that {name} does not send",
            status.as_u16()
        ),
    };
    let errors = answer::errors(&body);
    let reply = || Reply {
        status: status.as_u16(),
        code: None,
        message: errors
            .as_ref()
            .map(|all| all.join("; "))
            .filter(|text| !text.is_empty()),
        request_id: None,
    };
    let passing = |reason, hint| {
        let seconds = head.headers.get(RETRY_AFTER);
        let seconds = seconds.and_then(|it| it.to_str().ok()?.trim().parse().ok());
        AttemptError::Passing {
            reason,
            retry_after: seconds.map(Duration::from_secs),
            what: reply().to_string(),
            hint: Some(hint),
            sent: reason == Reason::Transient,
        }
    };
    match status.as_u16() {
        200 | 404 => match String::from_utf8(body.into()) {
            Ok(text)
                if errors.is_some() || (status == StatusCode::NOT_FOUND && text.is_empty()) =>
            {
                Ok((status, text))
            }
            _ => Err(foreign()),
        },
        204 => Ok((status, String::new())),
        429 => Err(passing(Reason::Throttled, BUSY)),
        // A standby of a cluster that has not yet what was written elsewhere, or does not serve reads.
        412 | 472 | 473 => Err(passing(
            Reason::Transient,
            "the server has not yet what another one of its cluster has",
        )),
        503 => Err(passing(Reason::Transient, SEALED)),
        408 | 500.. => Err(passing(Reason::Transient, NETWORK)),
        400..=499 if errors.is_some() => {
            Err(AttemptError::Certain(refused(reply(), ask, at).into()))
        }
        _ => Err(foreign()),
    }
}

/// A request that the server refuses.
fn refused(reply: Reply, ask: &Ask<'_>, at: &At) -> Problem {
    let Ask { verb, target, .. } = ask;
    let (name, place) = (at.server.name(), &at.place);
    let text = reply.message.clone().unwrap_or_default();
    let is_login = ask.path.ends_with("/login");
    let (fault, hint) = if ask.path.ends_with("/unwrap") {
        (
            Fault::Refused,
            "a wrapping token can be used once and for a short time: if none of yours has used it, \
             another user has, and what it wrapped is no longer a secret",
        )
    } else if text.contains("missing client token") {
        (
            Fault::Refused,
            "the request arrived without a token: does a proxy remove headers?",
        )
    } else if is_login {
        let hint = match () {
            () if text.contains("secret id") => {
                "a secret id can be limited in its uses and its time: make a new one"
            }
            () if text.contains("role") => {
                "check the role, and `auth-mount` if it is mounted elsewhere"
            }
            () if reply.status == 403 => {
                "check `auth-mount` and `namespace`: a method that is not mounted is refused as this is"
            }
            () => "check the role, its bounds, and `auth-mount`",
        };
        (Fault::Refused, hint)
    } else if reply.status == 403 {
        let hint = match ask.path.starts_with("sys/internal/ui/mounts/") {
            true => {
                "the token has expired, may read nothing in this mount, or there is no such mount; \
                 `kv=1` or `kv=2` in the place leaves the look-up out"
            }
            false => {
                "the token has expired, or its policy does not allow this: `envsecrets policy` with the \
                 same options prints the one that does"
            }
        };
        (Fault::Refused, hint)
    } else if reply.status == 405 {
        (
            Fault::Rejected,
            "nothing there can be read so: check the path, and the version of the engine in `kv`",
        )
    } else {
        (Fault::Rejected, "check path, mount and namespace")
    };
    let what = match fault {
        Fault::Refused => format!("{name} refused to {verb} {target} in {place}"),
        _ => format!("{name} rejected the request for {target} in {place}"),
    };
    Problem::new(fault, what).because(reply).hint(hint)
}
