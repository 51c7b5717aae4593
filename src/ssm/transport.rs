//! HTTP as a launch needs it: one connection pool, built when the first request needs it.
//!
//! What is different from the SDK's own client: nothing is loaded before it is needed (no
//! certificates for `http://`); a whole answer, body included, is one step, so that trouble on
//! the way cannot be mistaken for an answer that makes no sense; a proxy never sees the traffic to
//! the endpoints of ECS, EKS and EC2 that hand out credentials; and certificates are checked
//! before the SDK sees them, because it panics on bad ones.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::settings::Variables;

/// No answer that we ask for is larger: ten parameters of 8 KB, escaped, are below half of this.
const LARGEST_ANSWER: usize = 1024 * 1024;

/// Where distributions keep their bundle of trusted certificates: Debian and Alpine, Fedora and
/// RHEL, openSUSE, older RHEL, RHEL's extracted form, and BSD's place.
const BUNDLES: [&str; 6] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

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
    /// Where the outcome of each exchange is noted, for those who only see it through layers of
    /// the SDK.
    journal: Option<Journal>,
}

struct Shared {
    /// `HOST` or `HOST:PORT` of further endpoints that hand out credentials.
    credential_authorities: Vec<String>,
    proxied: bool,
    anchors: OnceLock<Result<Anchors, TrustError>>,
    ca_bundle: Option<PathBuf>,
    ssl_cert_file: Option<PathBuf>,
    ssl_cert_dir: Option<PathBuf>,
    connectors: Mutex<HashMap<(Route, Timeouts), SharedHttpConnector>>,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Proxy settings can hold a password.
        f.write_str("Shared(…)")
    }
}

/// What a request needs to get out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Route {
    proxy: bool,
    certificates: bool,
}

type Timeouts = (Option<Duration>, Option<Duration>);

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
    /// There was no answer; the text says why.
    Failed(String),
    /// A certificate was refused, or those to trust could not be read.
    Untrusted(String),
}

impl Journal {
    /// What came of the last exchange; forgotten once told.
    pub fn take(&self) -> Option<Exchange> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn note(&self, exchange: Exchange) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(exchange);
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
        let path = |name: &str| variables.get(name).map(PathBuf::from);
        Self {
            shared: Arc::new(Shared {
                credential_authorities,
                proxied: variables.proxy().is_some(),
                anchors: OnceLock::new(),
                ca_bundle: path("AWS_CA_BUNDLE"),
                ssl_cert_file: path("SSL_CERT_FILE"),
                ssl_cert_dir: path("SSL_CERT_DIR"),
                connectors: Mutex::default(),
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

    /// Where the trusted certificates came from, and how many they are, if any were needed yet.
    pub fn anchors(&self) -> Option<(String, usize)> {
        match self.shared.anchors.get()? {
            Ok(anchors) => Some((anchors.origin.clone(), anchors.count)),
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
        SharedHttpConnector::new(Line {
            transport: self.clone(),
            timeouts: (settings.connect_timeout(), settings.read_timeout()),
        })
    }
}

/// A transport with the timeouts of one client.
#[derive(Debug, Clone)]
struct Line {
    transport: Transport,
    timeouts: Timeouts,
}

impl HttpConnector for Line {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let line = self.clone();
        HttpConnectorFuture::new(async move {
            let host = authority(request.uri()).to_owned();
            let result = match line.connector(request.uri()) {
                Ok(connector) => match connector.call(request).await {
                    Ok(response) => whole(response).await,
                    Err(error) => Err(error),
                },
                Err(error) => Err(ConnectorError::user(error.into())),
            };
            if let Some(journal) = &line.transport.journal {
                let outcome = match &result {
                    Ok(response) => Outcome::Answered(response.status().as_u16()),
                    Err(error) if untrusted(error).is_some() => Outcome::Untrusted(describe(error)),
                    Err(error) => Outcome::Failed(describe(error)),
                };
                journal.note(Exchange { host, outcome });
            }
            result
        })
    }
}

impl Line {
    fn connector(&self, uri: &str) -> Result<SharedHttpConnector, TrustError> {
        let shared = &self.transport.shared;
        let authority = authority(uri);
        let host = match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
            _ => authority,
        };
        let hands_out_credentials = CREDENTIAL_HOSTS.contains(&host)
            || shared
                .credential_authorities
                .iter()
                .any(|known| known == authority);
        let proxy = shared.proxied && !hands_out_credentials;
        let route = Route {
            proxy,
            certificates: proxy || uri.starts_with("https:"),
        };

        let mut connectors = shared
            .connectors
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(connector) = connectors.get(&(route, self.timeouts)) {
            return Ok(connector.clone());
        }
        let connector = shared.connect(route, self.timeouts)?;
        connectors.insert((route, self.timeouts), connector.clone());
        Ok(connector)
    }
}

impl Shared {
    fn connect(&self, route: Route, timeouts: Timeouts) -> Result<SharedHttpConnector, TrustError> {
        let mut trust = TrustStore::empty();
        if route.certificates {
            for pem in &self.anchors()?.pems {
                trust.add_pem_certificate(pem.as_slice());
            }
        }
        let mut settings = HttpConnectorSettings::builder();
        settings
            .set_connect_timeout(timeouts.0)
            .set_read_timeout(timeouts.1);
        let context = TlsContext::builder()
            .with_trust_store(trust)
            .build()
            .map_err(|error| TrustError::Unusable {
                why: error.to_string(),
            })?;
        let mut connector = Connector::builder()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .tls_context(context)
            .connector_settings(settings.build());
        if route.proxy {
            connector = connector.proxy_config(ProxyConfig::from_env());
        }
        Ok(SharedHttpConnector::new(connector.build()))
    }

    fn anchors(&self) -> Result<&Anchors, TrustError> {
        self.anchors
            .get_or_init(|| self.load())
            .as_ref()
            .map_err(Clone::clone)
    }

    /// Finds the certificates to trust. What the user names is used alone, as every AWS tool
    /// and OpenSSL do: `AWS_CA_BUNDLE` first, because it is meant for us, then `SSL_CERT_FILE` and
    /// `SSL_CERT_DIR`; otherwise those of the system.
    fn load(&self) -> Result<Anchors, TrustError> {
        if let Some(file) = &self.ca_bundle {
            return Anchors::from_named("AWS_CA_BUNDLE", file);
        }
        match (&self.ssl_cert_file, &self.ssl_cert_dir) {
            (Some(file), _) => return Anchors::from_named("SSL_CERT_FILE", file),
            (None, Some(directory)) => return Anchors::from_directory(directory),
            (None, None) => {}
        }
        for bundle in BUNDLES {
            if let Ok(pem) = std::fs::read(bundle)
                && let Some(anchors) = Anchors::from_pem(pem, bundle.to_owned())
            {
                return Ok(anchors);
            }
        }
        Anchors::from_directory(Path::new("/etc/ssl/certs")).map_err(|_| TrustError::None)
    }
}

/// Certificates that the SDK can be given without fear.
struct Anchors {
    pems: Vec<Vec<u8>>,
    count: usize,
    origin: String,
}

impl Anchors {
    fn from_named(variable: &'static str, file: &Path) -> Result<Self, TrustError> {
        let origin = format!("{variable} `{}`", file.display());
        let pem = std::fs::read(file).map_err(|error| TrustError::Unreadable {
            origin: origin.clone(),
            why: error.to_string(),
        })?;
        Self::from_pem(pem, origin.clone()).ok_or(TrustError::Empty { origin })
    }

    fn from_directory(directory: &Path) -> Result<Self, TrustError> {
        let origin = format!("`{}`", directory.display());
        let unreadable = |error: std::io::Error| TrustError::Unreadable {
            origin: origin.clone(),
            why: error.to_string(),
        };
        let mut all = Self {
            pems: Vec::new(),
            count: 0,
            origin: origin.clone(),
        };
        for entry in std::fs::read_dir(directory).map_err(unreadable)? {
            let Ok(pem) = std::fs::read(entry.map_err(unreadable)?.path()) else {
                continue;
            };
            if let Some(anchors) = Self::from_pem(pem, String::new()) {
                all.count += anchors.count;
                all.pems.extend(anchors.pems);
            }
        }
        if all.count == 0 {
            Err(TrustError::Empty { origin })
        } else {
            Ok(all)
        }
    }

    /// The usable certificates of a PEM file, or `None` if there is none.
    ///
    /// The SDK panics on a certificate that it cannot use. Old bundles hold such certificates,
    /// and every other TLS client skips them.
    fn from_pem(pem: Vec<u8>, origin: String) -> Option<Self> {
        let mut usable: Vec<CertificateDer<'static>> = Vec::new();
        let mut unusable = 0;
        let mut store = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            match certificate {
                Ok(certificate) if store.add(certificate.clone()).is_ok() => {
                    usable.push(certificate);
                }
                _ => unusable += 1,
            }
        }
        if usable.is_empty() {
            return None;
        }
        let count = usable.len();
        let pems = if unusable == 0 {
            vec![pem]
        } else {
            usable.iter().map(armour).collect()
        };
        Some(Self {
            pems,
            count,
            origin,
        })
    }
}

/// Wraps a certificate in PEM again (RFC 7468).
fn armour(certificate: &CertificateDer<'_>) -> Vec<u8> {
    let encoded = aws_smithy_types::base64::encode(certificate);
    let mut pem = String::from("-----BEGIN CERTIFICATE-----\n");
    for line in encoded.as_bytes().chunks(64) {
        pem.extend(line.iter().map(|&byte| char::from(byte)));
        pem.push('\n');
    }
    pem.push_str("-----END CERTIFICATE-----\n");
    pem.into_bytes()
}

/// The certificates to trust could not be found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    #[error("cannot read the trusted certificates of {origin}: {why}")]
    Unreadable { origin: String, why: String },
    #[error("there is no usable certificate in {origin}")]
    Empty { origin: String },
    #[error("this system has no trusted certificates")]
    None,
    #[error("the trusted certificates cannot be used: {why}")]
    Unusable { why: String },
}

/// Reads an answer to its end, so that what follows works on an answer that is all there.
async fn whole(mut response: HttpResponse) -> Result<HttpResponse, ConnectorError> {
    let mut stream = ByteStream::new(response.take_body());
    let mut body = Vec::new();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|error| ConnectorError::io(error.into()))?;
        if body.len() + chunk.len() > LARGEST_ANSWER {
            let why = format!("the answer is larger than {LARGEST_ANSWER} bytes");
            return Err(ConnectorError::io(why.into()));
        }
        body.extend_from_slice(&chunk);
    }
    *response.body_mut() = SdkBody::from(body);
    Ok(response)
}

fn authority(uri: &str) -> &str {
    let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host)
}

/// An error and its causes, in one line. Only `Display` is used: `Debug` of the SDK's errors can
/// hold the body of an answer.
pub fn describe(error: &(dyn StdError + 'static)) -> String {
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

    #[test]
    fn the_authority_of_a_uri_is_its_host_and_port() {
        for (uri, expected) in [
            (
                "https://ssm.eu-west-1.amazonaws.com/",
                "ssm.eu-west-1.amazonaws.com",
            ),
            ("http://127.0.0.1:4566", "127.0.0.1:4566"),
            ("http://169.254.170.2/v2/credentials?a=b@c", "169.254.170.2"),
            ("http://[fd00:ec2::254]/latest", "[fd00:ec2::254]"),
            ("http://[fd00:ec2::23]:80/v1", "[fd00:ec2::23]:80"),
            ("http://user:pass@host:1/x", "host:1"),
            ("http://host?x", "host"),
            ("host/x", "host"),
            ("", ""),
        ] {
            assert_eq!(authority(uri), expected, "{uri}");
        }
    }

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
        let nobody = caused("request", TrustError::None);
        assert!(matches!(
            untrusted(&nobody),
            Some(Untrusted::Anchors(TrustError::None))
        ));
        assert!(untrusted(&wrapped(Error::DecryptError)).is_none());
        assert!(untrusted(&Link("reset", None)).is_none());
    }

    #[test]
    fn what_is_no_usable_certificate_is_not_given_to_the_sdk() {
        let bad = CertificateDer::from(vec![0x30, 0x03, 1, 2, 3]);
        for pem in [Vec::new(), b"no certificate".to_vec(), armour(&bad)] {
            let text = String::from_utf8_lossy(&pem).into_owned();
            assert!(Anchors::from_pem(pem, String::new()).is_none(), "{text}");
        }
    }

    #[test]
    fn a_certificate_in_armour_is_the_same_certificate() {
        for size in [1, 47, 48, 49, 500] {
            let certificate = CertificateDer::from(vec![7; size]);
            let pem = armour(&certificate);
            assert!(
                pem.split(|&byte| byte == b'\n')
                    .all(|line| line.len() <= 64)
            );
            let read: Vec<_> = CertificateDer::pem_slice_iter(&pem).collect();
            let [Ok(read)] = read.as_slice() else {
                panic!("{read:?}");
            };
            assert_eq!(*read, certificate, "{size}");
        }
    }
}
