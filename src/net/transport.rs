//! The HTTP client of a launch: connections are opened when the first request needs one,
//! and kept.
//!
//! Differences from the SDK's own client: nothing is loaded before it is needed (no certificates
//! for `http://`); a response, body included, is read in one step, so that a network failure cannot
//! be mistaken for an invalid response; and a proxy never sees the traffic to the endpoints of ECS,
//! EKS and EC2 that hand out credentials.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use http::{Request, Response, Uri};
use http_body_util::{BodyExt, Limited};
pub use hyper::body::Bytes;
use hyper::body::{Body as _, Incoming};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{CipherSuite, SupportedCipherSuite};
use tokio_rustls::TlsConnector;

use crate::net::certificate::{Flaw, Refused};
use crate::net::connection::{self, Body, Connection, Network, within};
use crate::net::environment::Variables;
use crate::net::failure::{
    BoxError, Failure, TooLarge, TrustError, Untrusted, describe, untrusted,
};
use crate::net::proxy::{Intercept, Proxies};
use crate::net::trust::{Anchors, Sources};
use crate::secret::Content;
use crate::system::limits::{Limit, of_memory};
use crate::system::unnamed::Filling;

/// The largest response, in bytes, unless the limits of a request allow a larger one.
pub const MAX_RESPONSE: usize = 1024 * 1024;

/// The addresses that hand out credentials: EC2 (IMDS), ECS, EKS Pod Identity.
const CREDENTIAL_HOSTS: [&str; 5] = [
    "169.254.169.254",
    "[fd00:ec2::254]",
    "169.254.170.2",
    "169.254.170.23",
    "[fd00:ec2::23]",
];

/// The HTTP client of a launch. Clones share their connections.
#[derive(Clone, Debug)]
pub struct Transport {
    shared: Arc<Shared>,
    /// Records the outcome of each exchange, for a caller that sees it only through the
    /// layers of an SDK.
    journal: Option<Journal>,
}

struct Shared {
    /// `HOST` or `HOST:PORT` of further endpoints that hand out credentials.
    credential_authorities: Vec<String>,
    proxies: Option<Proxies>,
    sources: Sources,
    anchors: OnceLock<Result<Anchors, TrustError>>,
    tls: OnceLock<TlsConnector>,
    /// What one server needs of TLS beside what it trusts.
    presented: Option<Box<Presented>>,
    network: Network,
    /// Connections that wait for a request.
    idle: Mutex<HashMap<Origin, Vec<Connection>>>,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Proxy settings can hold a password.
        f.write_str("Shared(…)")
    }
}

/// What a client presents to one server, and how it knows that.
#[derive(Default)]
pub struct Presented {
    /// The certificate of the client, with those that issued it, and its key, in PEM.
    pub identity: Option<(Vec<u8>, Vec<u8>)>,
    /// The name that the certificate of the server has, if it is not that of the URL.
    pub server_name: Option<String>,
}

impl fmt::Debug for Presented {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Presented(…)")
    }
}

/// What a connection leads to: scheme and authority.
type Origin = (String, String);

/// How long an exchange may take, as far as it is limited.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    /// To connect to one address by TCP, and for each step of TLS and of a proxy after that. A name
    /// is looked up without this limit.
    pub connect: Option<Duration>,
    /// From the request to the first byte of the response.
    pub read: Option<Duration>,
    /// The largest body of a response, in bytes. The head has the limits of hyper: a hundred fields,
    /// and about 400 KiB in all.
    pub response: Option<usize>,
}

/// How the body of a large response is received, which may take long while parts of it arrive.
#[derive(Clone, Copy, Debug)]
pub struct Large {
    /// How long it may take from one part to the next.
    pub stall: Duration,
    /// The most that is kept in our own memory, in bytes: what is larger goes to a file in memory as
    /// it arrives.
    pub own: usize,
}

/// The outcome of the last exchange over a [`Transport`].
#[derive(Clone, Debug, Default)]
pub struct Journal(Arc<Mutex<Option<Exchange>>>);

/// One request and its outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    pub host: String,
    pub outcome: Outcome,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A response came, with this status.
    Status(u16),
    /// The connection was accepted, but no response came. This text and those below describe why.
    Silent(String),
    /// There was no connection.
    Failed(String),
    /// The connection ended too early.
    Broken(String),
    /// A certificate was refused, those to trust could not be read, or TLS could not be agreed on.
    Untrusted(String, Untrusted),
    /// This machine does not allow it.
    Limited(Limit),
    /// No response is possible, for example because a proxy forbids it.
    Permanent(String),
    /// There is no such address.
    Address(String),
}

impl Journal {
    /// Takes the last exchange out of the journal.
    pub fn take(&self) -> Option<Exchange> {
        locked(&self.0).take()
    }

    /// The last exchange, which stays in the journal.
    pub fn last(&self) -> Option<Exchange> {
        locked(&self.0).clone()
    }

    fn record(&self, exchange: Exchange) {
        *locked(&self.0) = Some(exchange);
    }
}

impl Transport {
    /// A transport for the current environment. Reads no file and opens no connection.
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
                proxies: Proxies::new(variables),
                sources: Sources::new(variables),
                anchors: OnceLock::new(),
                tls: OnceLock::new(),
                presented: None,
                network: Network::default(),
                idle: Mutex::default(),
            }),
            journal: None,
        }
    }

    /// A transport for one server, with what it is trusted by and what is presented to it.
    ///
    /// # Errors
    ///
    /// If the certificate or the key of the client cannot be used; the text says why.
    pub fn to_server(
        variables: &Variables,
        sources: Sources,
        presented: Presented,
    ) -> Result<Self, &'static str> {
        if let Some((certificates, key)) = &presented.identity {
            identity(certificates, key)?;
        }
        Ok(Self {
            shared: Arc::new(Shared {
                credential_authorities: Vec::new(),
                proxies: Proxies::new(variables),
                sources,
                anchors: OnceLock::new(),
                tls: OnceLock::new(),
                presented: Some(Box::new(presented)),
                network: Network::default(),
                idle: Mutex::default(),
            }),
            journal: None,
        })
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
            .is_ok_and(|target: Uri| !matches!(self.shared.proxy(&target), Ok(None)))
    }

    /// Where the trusted certificates came from, and how many they are, if any were needed yet.
    pub fn anchors(&self) -> Option<(String, usize)> {
        match self.shared.anchors.get()? {
            Ok(anchors) => Some((anchors.origin.clone(), anchors.store.len())),
            Err(_) => None,
        }
    }

    /// The addresses of a host.
    pub async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, Failure> {
        let found = self.shared.network.names.addresses(host).await;
        let found = found.map_err(|error| error.of(host.to_owned()));
        if let (Some(journal), Err(failure)) = (&self.journal, &found) {
            journal.record(Exchange {
                host: host.to_owned(),
                outcome: Outcome::of(failure),
            });
        }
        found
    }

    /// Sends a request, and reads the response to its end.
    pub async fn exchange(
        &self,
        request: Request<Body>,
        limits: Limits,
    ) -> Result<Response<Bytes>, Failure> {
        let host = connection::host(request.uri());
        let result = self.shared.exchange(request, limits).await;
        self.record(host, &result);
        result
    }

    /// Does the same for a response whose body may be large.
    pub async fn download(
        &self,
        request: Request<Body>,
        limits: Limits,
        large: Large,
    ) -> Result<Response<Content>, Failure> {
        let host = connection::host(request.uri());
        let result = self.shared.download(request, limits, large).await;
        self.record(host, &result);
        result
    }

    fn record<B>(&self, host: String, result: &Result<Response<B>, Failure>) {
        if let Some(journal) = &self.journal {
            let outcome = match result {
                Ok(response) => Outcome::Status(response.status().as_u16()),
                Err(failure) => Outcome::of(failure),
            };
            journal.record(Exchange { host, outcome });
        }
    }
}

/// A response of which the head has arrived, and what its body is read from.
struct Begun {
    response: Response<Incoming>,
    target: Uri,
    origin: Origin,
    connection: Connection,
}

impl Outcome {
    fn of(failure: &Failure) -> Self {
        let why = describe(failure);
        match failure {
            Failure::Silent { .. } => Self::Silent(why),
            Failure::Address(_) => Self::Address(why),
            Failure::Limited(limit) => Self::Limited(limit.clone()),
            _ if let Some(reason) = untrusted(failure) => match &reason {
                Untrusted::Incompatible(what) => Self::Untrusted(format!("{why}: {what}"), reason),
                Untrusted::Certificate(Refused {
                    flaw: Flaw::Clock,
                    description: Some(description),
                }) => Self::Untrusted(description.clone(), reason),
                _ => Self::Untrusted(why, reason),
            },
            _ if failure.is_permanent() => Self::Permanent(why),
            Failure::Broken { .. } | Failure::Tls { .. } | Failure::Stalled { .. } => {
                Self::Broken(why)
            }
            _ => Self::Failed(why),
        }
    }
}

impl Shared {
    async fn exchange(
        &self,
        request: Request<Body>,
        limits: Limits,
    ) -> Result<Response<Bytes>, Failure> {
        let begun = self.begin(request, limits).await?;
        let response = whole(begun.response, limits.response.unwrap_or(MAX_RESPONSE)).await;
        let response = response.map_err(|why| connection::broken(&begun.target, why))?;
        self.keep(begun.origin, begun.connection);
        Ok(response)
    }

    async fn download(
        &self,
        request: Request<Body>,
        limits: Limits,
        large: Large,
    ) -> Result<Response<Content>, Failure> {
        let begun = self.begin(request, limits).await?;
        let limit = limits.response.unwrap_or(MAX_RESPONSE);
        let response = in_parts(begun.response, limit, large, &begun.target).await?;
        self.keep(begun.origin, begun.connection);
        Ok(response)
    }

    /// Sends a request, and reads the head of the response.
    async fn begin(&self, mut request: Request<Body>, limits: Limits) -> Result<Begun, Failure> {
        let target = request.uri().clone();
        connection::check(&target)?;
        let proxy = self.proxy(&target)?;
        let presented = self.presented.as_deref();
        let name = presented.and_then(|it| it.server_name.as_deref());
        let origin = (
            target.scheme_str().unwrap_or_default().to_owned(),
            target
                .authority()
                .map(ToString::to_string)
                .unwrap_or_default(),
        );
        connection::address(&mut request, proxy)?;
        loop {
            let (mut connection, kept) = match self.kept(&origin).await {
                Some(connection) => (connection, true),
                None => {
                    let opened = connection::open(
                        &target,
                        name,
                        proxy,
                        &self.network,
                        limits.connect,
                        || self.tls(),
                    );
                    match opened.await {
                        Ok(connection) => (connection, false),
                        Err(failure) => {
                            if matches!(failure, Failure::Limited(_)) {
                                // Connections that are not in use are the first to go.
                                locked(&self.idle).clear();
                            }
                            return Err(failure);
                        }
                    }
                }
            };
            let response = async { Ok(connection.sender.try_send_request(request).await) };
            let response = within(limits.read, response, |limit| Failure::Silent {
                to: connection::host(&target),
                limit,
            });
            let trial = self.network.names.trial(connection.address);
            let response = match response.await? {
                Ok(response) => response,
                Err(mut refused) => match refused.take_message() {
                    // The server closed the connection before it read anything of this.
                    Some(unsent) if kept => {
                        trial.passed();
                        request = unsent;
                        continue;
                    }
                    _ => return Err(connection::broken(&target, refused.into_error())),
                },
            };
            trial.passed();
            return Ok(Begun {
                response,
                target,
                origin,
                connection,
            });
        }
    }

    /// The proxy for `target`. Credential endpoints are always reached directly.
    fn proxy(&self, target: &Uri) -> Result<Option<&Intercept>, Failure> {
        let (Some(proxies), Some(authority)) = (&self.proxies, target.authority()) else {
            return Ok(None);
        };
        let hands_out_credentials = CREDENTIAL_HOSTS.contains(&authority.host())
            || self
                .credential_authorities
                .iter()
                .any(|known| known == authority.as_str());
        if hands_out_credentials {
            return Ok(None);
        }
        proxies.of(target).map_err(Failure::NotAProxy)
    }

    /// A connection that is open already, and still usable.
    async fn kept(&self, origin: &Origin) -> Option<Connection> {
        loop {
            let mut connection = locked(&self.idle).get_mut(origin)?.pop()?;
            if connection.sender.ready().await.is_ok() {
                return Some(connection);
            }
        }
    }

    fn keep(&self, origin: Origin, connection: Connection) {
        locked(&self.idle)
            .entry(origin)
            .or_default()
            .push(connection);
    }

    /// The TLS connector, set up once.
    fn tls(&self) -> Result<TlsConnector, Failure> {
        if let Some(tls) = self.tls.get() {
            return Ok(tls.clone());
        }
        let anchors = match self.anchors.get() {
            Some(anchors) => anchors.as_ref(),
            None => match Anchors::load(&self.sources) {
                // Another attempt may be able to read them.
                Err(TrustError::Limited(limit)) => {
                    let others = Arc::strong_count(&self.network.sockets) > 2;
                    let limit = if others {
                        limit.with_others_open()
                    } else {
                        limit
                    };
                    return Err(Failure::Limited(limit));
                }
                loaded => self.anchors.get_or_init(|| loaded).as_ref(),
            },
        };
        let anchors = anchors.map_err(|error| Failure::Trust(error.clone()))?;
        let mut provider = rustls::crypto::ring::default_provider();
        // What the endpoints of AWS choose by themselves, before what servers choose that leave it to us: a
        // handshake whose hash processors have instructions for.
        let is_first =
            |suite: &SupportedCipherSuite| suite.suite() == CipherSuite::TLS13_AES_128_GCM_SHA256;
        provider.cipher_suites.sort_by_key(|it| !is_first(it));
        let provider = Arc::new(provider);
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(Failure::Unusable)?
            .with_root_certificates(Arc::clone(&anchors.store));
        let identity = self
            .presented
            .as_deref()
            .and_then(|it| it.identity.as_ref());
        let mut config = match identity {
            None => config.with_no_client_auth(),
            Some((certificates, key)) => {
                let (chain, key) = identity_of(certificates, key)?;
                let config = config.with_client_auth_cert(chain, key);
                config.map_err(Failure::Unusable)?
            }
        };
        // All our connections are opened at the same time: there is no session to resume.
        config.resumption = rustls::client::Resumption::disabled();
        let tls = TlsConnector::from(Arc::new(config));
        Ok(self.tls.get_or_init(|| tls).clone())
    }
}

/// The certificate of a client with those that issued it, and its key.
type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// Reads the certificate and the key of a client.
fn identity(certificates: &[u8], key: &[u8]) -> Result<Identity, &'static str> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificates).collect();
    let chain = chain.ok().filter(|chain| !chain.is_empty());
    let chain = chain.ok_or("it has no certificate in PEM")?;
    let key = PrivateKeyDer::from_pem_slice(key);
    let key = key.map_err(|_| "it has no key in PEM that is not encrypted")?;
    let signing = rustls::crypto::ring::sign::any_supported_type(&key);
    signing.map_err(|_| "its key is of no kind that is supported: RSA, ECDSA or Ed25519")?;
    Ok((chain, key))
}

fn identity_of(certificates: &[u8], key: &[u8]) -> Result<Identity, Failure> {
    identity(certificates, key)
        .map_err(|why| Failure::Unusable(rustls::Error::General(why.to_owned())))
}

/// Reads a response to its end, so that everything after this works on a complete response.
async fn whole(response: Response<Incoming>, limit: usize) -> Result<Response<Bytes>, BoxError> {
    let (head, body) = response.into_parts();
    let body = Limited::new(body, limit).collect().await?;
    Ok(Response::from_parts(head, body.to_bytes()))
}

/// Does the same for a large response. It is kept once. That of an error stays in our own memory.
async fn in_parts(
    response: Response<Incoming>,
    limit: usize,
    large: Large,
    target: &Uri,
) -> Result<Response<Content>, Failure> {
    let (head, mut body) = response.into_parts();
    let too_large = || connection::broken(target, TooLarge);
    let size = body.size_hint();
    let exact = size.exact().map(usize::try_from);
    let exact = exact.transpose().map_err(|_| too_large())?;
    let most = exact.unwrap_or(limit);
    if most > limit {
        return Err(too_large());
    }
    let own = match head.status.is_success() {
        true => large.own,
        false => limit,
    };
    let mut received = Received::begin(exact, most, own);
    loop {
        let frame = async { Ok(body.frame().await) };
        let frame = within(Some(large.stall), frame, |limit| Failure::Silent {
            to: connection::host(target),
            limit,
        });
        let Some(frame) = frame.await? else {
            break;
        };
        let frame = frame.map_err(|why| connection::broken(target, why))?;
        if let Ok(data) = frame.into_data() {
            if received.size + data.len() > most {
                return Err(too_large());
            }
            received.push(&data).map_err(Failure::Limited)?;
        }
    }
    Ok(Response::from_parts(head, received.finish()))
}

/// What has arrived of a body.
struct Received {
    size: usize,
    /// The most that it can become, in bytes.
    most: usize,
    /// The most of it that is kept in our own memory.
    own: usize,
    kept: Kept,
}

enum Kept {
    Own(Vec<u8>),
    File(Filling),
}

impl Received {
    /// Begins a body, whose size may be known. Where files in memory are not allowed, all of it is kept
    /// in our own.
    fn begin(exact: Option<usize>, most: usize, own: usize) -> Self {
        let known = exact.unwrap_or_default();
        let file = (known > own).then(|| Filling::begin(most)).flatten();
        Self {
            size: 0,
            most,
            own: own.max(known),
            kept: file.map_or_else(|| Kept::Own(Vec::with_capacity(known)), Kept::File),
        }
    }

    fn push(&mut self, piece: &[u8]) -> Result<(), Limit> {
        self.size += piece.len();
        let bytes = match &mut self.kept {
            Kept::File(file) => return file.push(piece).map_err(|error| of_memory(&error)),
            Kept::Own(bytes) => bytes,
        };
        bytes.extend_from_slice(piece);
        if self.size > self.own {
            self.own = self.most;
            if let Some(mut file) = Filling::begin(self.most) {
                file.push(bytes).map_err(|error| of_memory(&error))?;
                self.kept = Kept::File(file);
            }
        }
        Ok(())
    }

    fn finish(self) -> Content {
        match self.kept {
            Kept::Own(bytes) => Content::new(bytes),
            Kept::File(file) => file.finish(),
        }
    }
}

/// A mutex stays usable after a panic: no change here can be half done.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
