//! Requests to a server, retried until one is answered or it is certain that none will be.

use http::header::{ACCEPT, HeaderValue, USER_AGENT};
use http::{Method, Request};

use crate::net::call::AttemptError;
use crate::net::progress::Progress;
use crate::stores::confidant::refusal::{self, HINTS, Replied};
use crate::stores::confidant::settings::Settings;
use crate::stores::confidant::token::Token;
use crate::stores::error::Error;
use crate::stores::remote::{Body, Remote, setting};

/// The largest answer, in bytes: a hundred credentials, each as large as a row of DynamoDB can be.
const LARGEST: usize = 40 << 20;

/// A server, and the way there.
#[derive(Debug)]
pub struct Client {
    pub remote: Remote,
    url: String,
    /// The file with its settings, for messages.
    file: &'static str,
}

impl Client {
    /// # Errors
    ///
    /// If the certificates to trust cannot be named.
    pub fn new(settings: &Settings) -> Result<Self, Error> {
        Ok(Self {
            remote: Remote {
                name: super::read::NAME,
                place: settings.url.clone(),
                hints: HINTS,
                transport: settings.transport()?,
            },
            url: settings.url.clone(),
            file: settings.file,
        })
    }

    /// Requests a service, with the values of its credentials or without. `target` is the service,
    /// for messages.
    ///
    /// # Errors
    ///
    /// What the server refuses, or why there is no answer.
    pub async fn service(
        &self,
        target: &str,
        service: &str,
        is_metadata: bool,
        token: &Token,
        progress: &Progress,
    ) -> Result<Replied, Error> {
        let query = if is_metadata {
            "?metadata_only=true"
        } else {
            ""
        };
        let url = format!("{}/v1/services/{}{query}", self.url, encoded(service));
        let attempt = || Box::pin(self.attempt(target, &url, token));
        self.remote.send(target, progress, attempt).await.result
    }

    async fn attempt(
        &self,
        target: &str,
        url: &str,
        token: &Token,
    ) -> Result<Replied, AttemptError<Error>> {
        let request = request(url, token).map_err(AttemptError::Certain)?;
        let response = self.remote.exchange(request, LARGEST).await?;
        refusal::of_answer(response, target, &token.username, &self.remote, self.file)
    }
}

fn request(url: &str, token: &Token) -> Result<Request<Body>, Error> {
    let header = |text: &str| {
        let mut value = HeaderValue::from_str(text)
            .map_err(|_| setting("a token contains what no header can".to_owned(), None))?;
        value.set_sensitive(true);
        Ok::<_, Error>(value)
    };
    let agent = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
    let request = Request::builder()
        .method(Method::GET)
        .uri(url)
        .header(USER_AGENT, agent)
        .header(ACCEPT, "application/json")
        .header("x-auth-from", header(&token.username)?)
        .header("x-auth-token", header(&token.text)?)
        .body(Body::default());
    request.map_err(|_| setting(format!("`{url}` is no URL"), None))
}

/// A service as a part of a path (RFC 3986, "unreserved").
fn encoded(service: &str) -> String {
    let mut text = String::new();
    for byte in service.bytes() {
        match byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            true => text.push(char::from(byte)),
            false => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}
