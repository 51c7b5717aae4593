//! What the failures of a request mean, and which of them may pass.

use http::{Response, StatusCode};

use crate::net::call::AttemptError;
use crate::net::reply::Reply;
use crate::net::retry::Reason;
use crate::stores::error::{Error, Fault, Problem};
use crate::stores::remote::{Bytes, Hints, Remote, retry_after};
use crate::stores::vault::answer;
use crate::stores::vault::ask::Ask;

const NETWORK: &str = "check the address in `VAULT_ADDR` or `BAO_ADDR`, and the network between this \
                       machine and the server; `--timeout` sets how long to retry";
/// What to try when a server cannot be reached or trusted.
pub const HINTS: Hints = Hints {
    network: NETWORK,
    address: "check `VAULT_ADDR` or `BAO_ADDR`",
    authority: "set `VAULT_CACERT` or `BAO_CACERT` to the file with the certificate of its authority",
    name: "check the address; `VAULT_TLS_SERVER_NAME` or `BAO_TLS_SERVER_NAME` gives the name that its \
           certificate has",
    identity: "if the server requires a certificate of the client, set `VAULT_CLIENT_CERT` and \
               `VAULT_CLIENT_KEY`, or `BAO_CLIENT_CERT` and `BAO_CLIENT_KEY`",
};
const SEALED: &str = "the server is sealed, and answers again once its operators have unsealed it";
const BUSY: &str = "the server limits its rate: start fewer at once, allow more time with `--timeout`, or \
                    raise its quota";

/// What an answer means: its text if it has what was requested, or says that it does not exist.
pub fn of_answer(
    response: Response<Bytes>,
    ask: &Ask<'_>,
    at: &Remote,
) -> Result<(StatusCode, String), AttemptError<Error>> {
    let (head, body) = response.into_parts();
    let status = head.status;
    let name = at.name;
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
    let passing = |reason, hint| AttemptError::Passing {
        reason,
        retry_after: retry_after(&head.headers),
        what: reply().to_string(),
        hint: Some(hint),
        sent: reason == Reason::Transient,
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
fn refused(reply: Reply, ask: &Ask<'_>, at: &Remote) -> Problem {
    let Ask { verb, target, .. } = ask;
    let (name, place) = (at.name, &at.place);
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
