//! HTTP as a launch needs it: lines that are opened when the first request needs one, and kept.
//!
//! What is different from the SDK's own client: nothing is loaded before it is needed (no
//! certificates for `http://`); a whole answer, body included, is one step, so that trouble on
//! the way cannot be mistaken for an answer that makes no sense; and a proxy never sees the
//! traffic to the endpoints of ECS, EKS and EC2 that hand out credentials.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use http::{Request, Response, Uri};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use tokio_rustls::TlsConnector;

use crate::aws::settings::Variables;
use crate::net::connection::{self, Failure, Line};
use crate::net::trust::{Anchors, Sources, TrustError};

/// No answer that we ask for is larger: ten parameters of 8 KB, escaped, are below half of this.
const LARGEST_ANSWER: usize = 1024 * 1024;

/// The addresses that hand out credentials: EC2 (IMDS), ECS, EKS Pod Identity.
const CREDENTIAL_HOSTS: [&str; 5] = [
    "169.254.169.254",
    "[fd00:ec2::254]",
    "169.254.170.2",
    "169.254.170.23",
    "[fd00:ec2::23]",
];

/// The HTTP client of a launch. Clones share their lines.
#[derive(Clone, Debug)]
pub struct Transport {
    shared: Arc<Shared>,
    /// Where the outcome of each exchange is noted, for those who only see it through layers of
    /// the SDK.
    journal: Option<Journal>,
}

struct Shared {
    /// `HOST` or `HOST:PORT` of further endpoints that hand out credentials.
    credential_authorities: Vec<String>,
    proxies: Option<Matcher>,
    sources: Sources,
    anchors: OnceLock<Result<Anchors, TrustError>>,
    tls: OnceLock<TlsConnector>,
    /// Lines that wait for a request.
    idle: Mutex<HashMap<Goal, Vec<Line>>>,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Proxy settings can hold a password.
        f.write_str("Shared(…)")
    }
}

/// What a line leads to: scheme and authority.
type Goal = (String, String);

/// The outcome of the last exchange over a [`Transport`].
#[derive(Clone, Debug, Default)]
pub struct Journal(Arc<Mutex<Option<Exchange>>>);

/// One request and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    pub host: String,
    pub outcome: Outcome,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The status of an answer.
    Answered(u16),
    /// The connection was taken, and then nothing was said; the text says so.
    Mute(String),
    /// There was no connection; the text says why.
    Failed(String),
    /// There was a connection, and it ended too soon; the text says why.
    Broken(String),
    /// A certificate was refused, or those to trust could not be read.
    Untrusted(String),
    /// There can be no answer, such as where a proxy forbids it; the text says why.
    Impossible(String),
}

impl Journal {
    /// What came of the last exchange; forgotten once told.
    pub fn take(&self) -> Option<Exchange> {
        held(&self.0).take()
    }

    /// The same, but it is not forgotten.
    pub fn last(&self) -> Option<Exchange> {
        held(&self.0).clone()
    }

    fn note(&self, exchange: Exchange) {
        *held(&self.0) = Some(exchange);
    }
}

impl Transport {
    /// A transport for the environment that we run in. Reads no file and opens no connection.
    pub fn new(variables: &Variables, credential_endpoints: &[String]) -> Self {
        let credential_authorities = credential_endpoints
            .iter()
            .filter_map(|endpoint| endpoint.split_once("://"))
            .filter_map(|(_, rest)| rest.split(['/', '?']).next())
            .map(str::to_owned)
            .collect();
        Self {
            shared: Arc::new(Shared {
                credential_authorities,
                proxies: variables.name_a_proxy().then(Matcher::from_env),
                sources: Sources::new(variables),
                anchors: OnceLock::new(),
                tls: OnceLock::new(),
                idle: Mutex::default(),
            }),
            journal: None,
        }
    }

    /// The same transport, with a journal.
    pub fn with_journal(&self, journal: &Journal) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            journal: Some(journal.clone()),
        }
    }

    /// Whether requests to `target` go through a proxy.
    pub fn is_proxied(&self, target: &str) -> bool {
        target
            .parse()
            .is_ok_and(|target: Uri| self.shared.proxy(&target).is_some())
    }

    /// Where the trusted certificates came from, and how many they are, if any were needed yet.
    pub fn anchors(&self) -> Option<(String, usize)> {
        match self.shared.anchors.get()? {
            Ok(anchors) => Some((anchors.origin.clone(), anchors.store.len())),
            Err(_) => None,
        }
    }
}

impl HttpClient for Transport {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Desk {
            transport: self.clone(),
            connect: settings.connect_timeout(),
            read: settings.read_timeout(),
        })
    }
}

/// A transport with the timeouts of one client.
#[derive(Debug, Clone)]
struct Desk {
    transport: Transport,
    connect: Option<Duration>,
    read: Option<Duration>,
}

impl HttpConnector for Desk {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let desk = self.clone();
        HttpConnectorFuture::new(async move {
            let request = request
                .try_into_http1x()
                .map_err(|error| ConnectorError::user(error.into()))?;
            let host = connection::host(request.uri());
            let result = desk.exchange(request).await;
            if let Some(journal) = &desk.transport.journal {
                let outcome = match &result {
                    Ok(response) => Outcome::Answered(response.status().as_u16()),
                    Err(failure @ Failure::Mute { .. }) => Outcome::Mute(describe(failure)),
                    Err(failure) if untrusted(failure).is_some() => {
                        Outcome::Untrusted(describe(failure))
                    }
                    Err(failure) if failure.is_certain() => Outcome::Impossible(describe(failure)),
                    Err(failure @ (Failure::Broken { .. } | Failure::Tls { .. })) => {
                        Outcome::Broken(describe(failure))
                    }
                    Err(failure) => Outcome::Failed(describe(failure)),
                };
                journal.note(Exchange { host, outcome });
            }
            let response = result.map_err(|failure| match failure {
                Failure::Mute { .. } | Failure::Unconnected { .. } => {
                    ConnectorError::timeout(failure.into())
                }
                failure => ConnectorError::io(failure.into()),
            })?;
            HttpResponse::try_from(response).map_err(|error| ConnectorError::user(error.into()))
        })
    }
}

impl Desk {
    /// Asks, and reads the answer to its end.
    async fn exchange(&self, mut request: Request<SdkBody>) -> Result<Response<SdkBody>, Failure> {
        let shared = &self.transport.shared;
        let target = request.uri().clone();
        let proxy = shared.proxy(&target);
        let goal = (
            target.scheme_str().unwrap_or_default().to_owned(),
            target
                .authority()
                .map(ToString::to_string)
                .unwrap_or_default(),
        );
        connection::address(&mut request, proxy.as_ref())?;
        loop {
            let (mut line, kept) = match shared.kept(&goal).await {
                Some(line) => (line, true),
                None => {
                    let opening = connection::open(&target, proxy.as_ref(), || shared.tls());
                    let line = within(self.connect, opening, |limit| Failure::Unconnected {
                        to: connection::host(&target),
                        limit,
                    });
                    (line.await?, false)
                }
            };
            let answer = async { Ok(line.try_send_request(request).await) };
            let answer = within(self.read, answer, |limit| Failure::Mute {
                to: connection::host(&target),
                limit,
            });
            let response = match answer.await? {
                Ok(response) => response,
                Err(mut refused) => match refused.take_message() {
                    // The other side had hung up before it saw anything of this.
                    Some(unsent) if kept => {
                        request = unsent;
                        continue;
                    }
                    _ => return Err(connection::broken(&target, refused.into_error())),
                },
            };
            let response = whole(response)
                .await
                .map_err(|why| connection::broken(&target, why))?;
            shared.keep(goal, line);
            return Ok(response);
        }
    }
}

/// Gives `future` a limit of time, if there is one.
async fn within<T>(
    limit: Option<Duration>,
    future: impl Future<Output = Result<T, Failure>>,
    late: impl FnOnce(Duration) -> Failure,
) -> Result<T, Failure> {
    match limit {
        None => future.await,
        Some(limit) => match tokio::time::timeout(limit, future).await {
            Ok(result) => result,
            Err(_) => Err(late(limit)),
        },
    }
}

impl Shared {
    /// The proxy on the way to `target`. There is none to those who hand out credentials.
    fn proxy(&self, target: &Uri) -> Option<Intercept> {
        let proxies = self.proxies.as_ref()?;
        let authority = target.authority()?;
        let hands_out_credentials = CREDENTIAL_HOSTS.contains(&authority.host())
            || self
                .credential_authorities
                .iter()
                .any(|known| known == authority.as_str());
        if hands_out_credentials {
            return None;
        }
        proxies.intercept(target)
    }

    /// A line that is open already, and still usable.
    async fn kept(&self, goal: &Goal) -> Option<Line> {
        loop {
            let mut line = held(&self.idle).get_mut(goal)?.pop()?;
            if line.ready().await.is_ok() {
                return Some(line);
            }
        }
    }

    fn keep(&self, goal: Goal, line: Line) {
        held(&self.idle).entry(goal).or_default().push(line);
    }

    /// What TLS needs, prepared once.
    fn tls(&self) -> Result<TlsConnector, Failure> {
        if let Some(tls) = self.tls.get() {
            return Ok(tls.clone());
        }
        let anchors = self.anchors.get_or_init(|| Anchors::load(&self.sources));
        let anchors = anchors
            .as_ref()
            .map_err(|error| Failure::Trust(error.clone()))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(Failure::Unusable)?
            .with_root_certificates(Arc::clone(&anchors.store))
            .with_no_client_auth();
        // All our lines are opened at the same time: there is nothing to resume.
        config.resumption = rustls::client::Resumption::disabled();
        let tls = TlsConnector::from(Arc::new(config));
        Ok(self.tls.get_or_init(|| tls).clone())
    }
}

/// Reads an answer to its end, so that what follows works on an answer that is all there.
async fn whole(response: Response<Incoming>) -> Result<Response<SdkBody>, connection::BoxError> {
    let (head, body) = response.into_parts();
    let body = Limited::new(body, LARGEST_ANSWER).collect().await?;
    Ok(Response::from_parts(head, SdkBody::from(body.to_bytes())))
}

/// A mutex stays usable after a panic: nothing here is ever half done.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An error and its causes, in one line, from the line on if it began there. Only `Display` is
/// used: `Debug` of the SDK's errors can hold the body of an answer.
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
    text
}

/// An error and its causes. `io::Error::source` skips the error inside it, so that is taken out
/// first.
pub fn chain<'e>(
    error: &'e (dyn StdError + 'static),
) -> impl Iterator<Item = &'e (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| {
        match error.downcast_ref::<std::io::Error>() {
            Some(io) => io.get_ref().map(|inner| inner as &(dyn StdError + 'static)),
            None => error.source(),
        }
    })
}

/// What went wrong on the line, if that is what went wrong.
pub fn failure<'e>(error: &'e (dyn StdError + 'static)) -> Option<&'e Failure> {
    chain(error).find_map(|error| error.downcast_ref())
}

/// Whether there was more of an answer than we read.
pub fn is_too_large(error: &(dyn StdError + 'static)) -> bool {
    chain(error).any(|error| error.is::<LengthLimitError>())
}

/// Why the other side was not trusted, if that is what went wrong.
pub enum Untrusted<'e> {
    /// Its certificate was refused.
    Certificate(&'e rustls::CertificateError),
    /// It does not speak TLS.
    NotTls,
    /// We do not know whom to trust.
    Anchors(&'e TrustError),
}

/// Finds a refusal of trust among the causes of an error.
pub fn untrusted<'e>(error: &'e (dyn StdError + 'static)) -> Option<Untrusted<'e>> {
    chain(error).find_map(|error| {
        if let Some(trust) = error.downcast_ref::<TrustError>() {
            return Some(Untrusted::Anchors(trust));
        }
        match error.downcast_ref::<rustls::Error>()? {
            rustls::Error::InvalidCertificate(why) => Some(Untrusted::Certificate(why)),
            rustls::Error::InvalidMessage(_) => Some(Untrusted::NotTls),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
                caused("start", std::io::Error::other(caused("middle", end()))),
                "start: middle: end",
            ),
        ] {
            assert_eq!(describe(&error), expected);
        }
    }

    #[test]
    fn a_refusal_of_trust_is_found_below_other_errors() {
        use rustls::{CertificateError, Error, InvalidMessage};
        let wrapped = |error: Error| caused("request", std::io::Error::other(error));
        let expired = wrapped(Error::InvalidCertificate(CertificateError::Expired));
        assert!(matches!(
            untrusted(&expired),
            Some(Untrusted::Certificate(CertificateError::Expired))
        ));
        let plain = wrapped(Error::InvalidMessage(InvalidMessage::InvalidContentType));
        assert!(matches!(untrusted(&plain), Some(Untrusted::NotTls)));
        let empty = TrustError::Empty {
            origin: String::new(),
        };
        let nobody = caused("request", empty.clone());
        assert!(matches!(untrusted(&nobody), Some(Untrusted::Anchors(why)) if *why == empty));
        assert!(untrusted(&wrapped(Error::DecryptError)).is_none());
        assert!(untrusted(&Link("reset", None)).is_none());
    }
}
