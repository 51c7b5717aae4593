//! Requests to a server, retried until one is answered or it is certain that none will be.

use std::fmt::Display;
use std::time::Duration;

use http::header::{ACCEPT, CONTENT_TYPE, HeaderValue, LOCATION, USER_AGENT};
use http::{Method, Request, Response, StatusCode, Uri};

use crate::net::call::AttemptError;
use crate::net::progress::Progress;
use crate::stores::error::{Error, Fault, Problem};
use crate::stores::remote::{Body, Bytes, Remote};
pub use crate::stores::vault::ask::Ask;
use crate::stores::vault::refusal::{self, HINTS};
use crate::stores::vault::settings::{Endpoint, setting};
use crate::stores::vault::source::Server;

/// The largest answer with the keys of one secret, in bytes: the largest entry that a server stores
/// (`max_entry_size`, 1 MiB), with every character escaped.
pub const SECRET: usize = 8 << 20;
/// The largest list of names, in bytes.
pub const LIST: usize = 32 << 20;
/// How often a request is sent to another address that the server names.
const REDIRECTS: u32 = 3;

/// A server, and the way there.
#[derive(Debug)]
pub struct Client {
    server: Server,
    remote: Remote,
    address: String,
    namespace: Option<String>,
}

/// An answer that is not an error, or says that something does not exist.
pub struct Replied {
    pub status: StatusCode,
    pub text: String,
}

impl Client {
    pub fn new(server: Server, endpoint: Endpoint) -> Self {
        let Endpoint {
            address,
            namespace,
            transport,
        } = endpoint;
        let place = match &namespace {
            Some(namespace) => format!("{address} in namespace `{namespace}`"),
            None => address.clone(),
        };
        let remote = Remote {
            name: server.name(),
            place,
            hints: HINTS,
            transport,
        };
        Self {
            server,
            remote,
            address,
            namespace,
        }
    }

    pub fn server(&self) -> Server {
        self.server
    }

    /// Where it is, for messages.
    pub fn place(&self) -> String {
        self.remote.place.clone()
    }

    /// The source and the number of the trusted certificates, if any were needed.
    pub fn anchors(&self) -> Option<(String, usize)> {
        self.remote.anchors()
    }

    /// Sends a request until it is answered.
    ///
    /// # Errors
    ///
    /// What the server refuses, or why there is no answer.
    pub async fn send(&self, ask: &Ask<'_>, progress: &Progress) -> Result<Replied, Error> {
        let attempt = || Box::pin(self.attempt(ask));
        let sent = self.remote.send(&ask.target, progress, attempt).await;
        match sent.result {
            Ok((status, text)) => Ok(Replied { status, text }),
            // What can be used once may have been used by the request that was not answered.
            Err(Error::Other(problem))
                if sent.lost && ask.body.is_some() && problem.fault != Fault::Invalid =>
            {
                let cause = "an answer to the same request was lost before";
                Err(problem.because(cause).into())
            }
            Err(error) => Err(error),
        }
    }

    /// The error for a response that is not one of this server.
    pub fn invalid(&self, target: &str, what: impl Display) -> Error {
        self.remote.invalid(target, what)
    }

    /// One attempt, at as many addresses as the server names.
    async fn attempt(&self, ask: &Ask<'_>) -> Result<(StatusCode, String), AttemptError<Error>> {
        let first = format!("{}/v1/{}", self.address, ask.path);
        let mut url = first.parse().map_err(|_| unusable(&first))?;
        let mut redirects = 0;
        loop {
            let request = self.request(ask, &url).map_err(AttemptError::Certain)?;
            let response = self.remote.exchange(request, ask.largest).await?;
            if !is_redirect(response.status(), ask.body.is_some()) {
                return refusal::of_answer(response, ask, &self.remote);
            }
            redirects += 1;
            url = self.redirected(&url, &response, redirects)?;
        }
    }

    /// The address of a redirect: of the active server of a cluster, or of the same one by TLS.
    fn redirected(
        &self,
        from: &Uri,
        response: &Response<Bytes>,
        redirects: u32,
    ) -> Result<Uri, AttemptError<Error>> {
        let refused = |why: String| {
            let status = response.status().as_u16();
            let what = format!(
                "{} redirects the request, which is not followed",
                self.remote.place
            );
            AttemptError::Certain(
                Problem::new(Fault::Setting, what)
                    .because(format!("HTTP status {status}: {why}"))
                    .hint(
                        "a token is only sent to the same host or by TLS: set the address to that of \
                         the active server, or of a load balancer",
                    )
                    .into(),
            )
        };
        if redirects > REDIRECTS {
            return Err(refused(format!("more than {REDIRECTS} addresses in turn")));
        }
        let location = response.headers().get(LOCATION);
        let location = location.and_then(|it| it.to_str().ok()).unwrap_or_default();
        let whole = match location.starts_with('/') {
            true => {
                let scheme = from.scheme_str().unwrap_or_default();
                let authority = from.authority().map_or("", |it| it.as_str());
                format!("{scheme}://{authority}{location}")
            }
            false => location.to_owned(),
        };
        let to: Option<Uri> = whole.parse().ok();
        let to = to.filter(|to| to.host().is_some() && !whole.contains('@'));
        let Some(to) = to else {
            return Err(refused("to what is no address".to_owned()));
        };
        let is_safe = match (from.scheme_str(), to.scheme_str()) {
            (_, Some("https")) => true,
            (Some("http"), Some("http")) => from.host() == to.host(),
            _ => false,
        };
        match is_safe {
            true => Ok(to),
            false => {
                let host = to.authority().map_or("", |it| it.as_str());
                let scheme = to.scheme_str().unwrap_or_default();
                Err(refused(format!("to {scheme}://{host}")))
            }
        }
    }

    fn request(&self, ask: &Ask<'_>, url: &Uri) -> Result<Request<Body>, Error> {
        let header = |text: &str| {
            let mut value = HeaderValue::from_str(text)
                .map_err(|_| setting("a token contains what no header can".to_owned(), None))?;
            value.set_sensitive(true);
            Ok::<_, Error>(value)
        };
        let agent = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
        let mut request = Request::builder()
            .method(match ask.body {
                Some(_) => Method::POST,
                None => Method::GET,
            })
            .uri(url.clone())
            .header(USER_AGENT, agent)
            .header(ACCEPT, "application/json")
            // Agents and proxies can require it, against requests that a browser was led to send.
            .header("x-vault-request", "true");
        if let Some(token) = ask.token {
            request = request.header("x-vault-token", header(token)?);
        }
        if let Some(namespace) = &self.namespace {
            request = request.header("x-vault-namespace", header(namespace)?);
        }
        let body = match &ask.body {
            None => Body::default(),
            Some(body) => {
                request = request.header(CONTENT_TYPE, "application/json");
                Body::from(body.clone().into_bytes())
            }
        };
        let request = request.body(body);
        request.map_err(|_| setting("the request cannot be sent".to_owned(), None))
    }
}

/// How long a revocation may take: the program waits for it.
const REVOCATION: Duration = Duration::from_secs(1);

impl Client {
    /// Revokes a token that was made for this launch. That it fails is no reason to fail: the token
    /// expires by itself.
    pub async fn revoke(&self, token: &str) {
        let ask = Ask {
            verb: "revoke",
            target: "the token of this launch".to_owned(),
            path: "auth/token/revoke-self".to_owned(),
            body: Some("{}".to_owned()),
            token: Some(token),
            largest: SECRET,
        };
        let outcome = tokio::time::timeout(REVOCATION, Box::pin(self.attempt(&ask))).await;
        if !matches!(outcome, Ok(Ok(_))) {
            let place = self.place();
            crate::output::detail(format_args!(
                "the token of this launch was not revoked in {place}: it expires by itself"
            ));
        }
    }
}

/// Whether a status names another address: for a request with a body only those that keep it (RFC
/// 9110, section 15.4).
fn is_redirect(status: StatusCode, has_body: bool) -> bool {
    match status.as_u16() {
        307 | 308 => true,
        301 | 302 => !has_body,
        _ => false,
    }
}

fn unusable(url: &str) -> AttemptError<Error> {
    AttemptError::Certain(setting(format!("`{url}` is no URL"), None))
}
