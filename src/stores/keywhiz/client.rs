//! Requests to a server, and what it answers instead of a secret.

use http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use http::{Method, Request, Response};
use serde::Deserialize;

use crate::net::call::AttemptError;
use crate::net::progress::Progress;
use crate::net::reply::Reply;
use crate::net::retry::Reason;
use crate::stores::error::{Error, Fault, Problem};
use crate::stores::keywhiz::answer::{self, Refusal};
use crate::stores::keywhiz::settings::HINTS;
use crate::stores::remote::{Body, Bytes, Remote, retry_after, setting};

/// A request.
pub struct Ask<'a> {
    /// What is requested, for messages.
    pub target: String,
    /// With the `/` at its beginning, encoded.
    pub path: &'a str,
    /// The JSON that is sent; without it the request reads.
    pub body: Option<String>,
    /// The size of the largest answer, in bytes.
    pub largest: usize,
}

/// How a server refuses, where that is no error of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// No secret has this name; of several at least one.
    Missing,
    /// The client may not read it.
    Forbidden,
}

/// Sends a request until it is answered.
///
/// # Errors
///
/// Why there is no answer, or none with what was requested.
pub async fn send<T: for<'t> Deserialize<'t>>(
    remote: &Remote,
    address: &str,
    ask: &Ask<'_>,
    progress: &Progress,
) -> Result<Result<T, (Refused, Reply)>, Error> {
    let url = format!("{address}{}", ask.path);
    let attempt = || {
        Box::pin(async {
            let request = request(ask, &url).map_err(AttemptError::Certain)?;
            let response = remote.exchange(request, ask.largest).await?;
            of_answer(&response, ask, remote)
        })
    };
    remote.send(&ask.target, progress, attempt).await.result
}

fn request(ask: &Ask<'_>, url: &str) -> Result<Request<Body>, Error> {
    let agent = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
    let request = Request::builder()
        .uri(url)
        .header(USER_AGENT, agent)
        .header(ACCEPT, "application/json");
    let request = match &ask.body {
        None => request.method(Method::GET).body(Body::default()),
        Some(body) => request
            .method(Method::POST)
            .header(CONTENT_TYPE, "application/json")
            .body(Body::from(body.clone().into_bytes())),
    };
    request.map_err(|_| setting(format!("`{url}` is no URL"), None))
}

/// What an answer means.
fn of_answer<T: for<'t> Deserialize<'t>>(
    response: &Response<Bytes>,
    ask: &Ask<'_>,
    remote: &Remote,
) -> Result<Result<T, (Refused, Reply)>, AttemptError<Error>> {
    let (status, body) = (response.status().as_u16(), response.body());
    let invalid = |what: &str| AttemptError::Invalid {
        what: what.to_owned(),
    };
    if status == 200 {
        return answer::parse(body)
            .map(Ok)
            .ok_or_else(|| invalid("it is no answer of this server"));
    }
    let refusal: Option<Refusal> = answer::parse(body);
    let refusal = refusal.filter(|refusal| refusal.code == status);
    let is_own = refusal.is_some() || body.is_empty();
    let reply = Reply {
        status,
        code: None,
        message: refusal
            .and_then(|it| it.message)
            .filter(|it| !it.is_empty()),
        request_id: None,
    };
    let passing = |reason, hint| AttemptError::Passing {
        reason,
        retry_after: retry_after(response.headers()),
        what: reply.to_string(),
        hint: Some(hint),
        sent: true,
    };
    let certain = |problem: Problem| AttemptError::Certain(problem.into());
    match status {
        // Anything that is no secret can be answered so: a proxy, or another server.
        404 if is_own => Ok(Err((Refused::Missing, reply))),
        403 => Ok(Err((Refused::Forbidden, reply))),
        401 => {
            let what = format!("{} refused the client at {}", remote.name, remote.place);
            Err(certain(Problem::new(Fault::Refused, what).because(reply).hint(
                "the name in the certificate of `KEYWHIZ_CERT` must be that of a client of the server, \
                 which is enabled",
            )))
        }
        429 => Err(passing(
            Reason::Throttled,
            "the server limits its rate: start fewer at once, or allow more time with `--timeout`",
        )),
        408 | 500.. => Err(passing(Reason::Transient, HINTS.network)),
        400..=499 if is_own => {
            let what = format!(
                "{} rejected the request for {} at {}",
                remote.name, ask.target, remote.place
            );
            Err(certain(Problem::new(Fault::Rejected, what).because(reply)))
        }
        _ => Err(invalid(&format!(
            "HTTP status {status} with a body that {} does not send",
            remote.name
        ))),
    }
}

/// The error for a secret that the client may not read.
pub fn forbidden(remote: &Remote, target: &str, reply: Reply) -> Error {
    let what = format!(
        "{} refused to read {target} at {}",
        remote.name, remote.place
    );
    Problem::new(Fault::Refused, what)
        .because(reply)
        .hint("a group of this client must have the secret: `keywhiz.cli assign secret` grants it")
        .into()
}
