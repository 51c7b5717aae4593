//! A connection to a service: TCP, then TLS and a proxy's tunnel where they are needed, then
//! HTTP/1.1.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use http::header::{HOST, HeaderValue, PROXY_AUTHORIZATION};
use http::{Method, Request, Uri};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tower_service::Service;

use crate::net::authority::Authority;
use crate::net::failure::{BoxError, Failure};
use crate::net::proxy::Intercept;

/// A connection that takes one request at a time.
pub type Connection = SendRequest<Body>;

/// The body of a request.
pub type Body = Full<Bytes>;

/// Bytes both ways.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Opens a connection to the host of `target`, through `proxy` if there is one. For an `http://`
/// target behind a proxy it ends at the proxy. `tls` is called only if it is needed.
pub async fn open(
    target: &Uri,
    proxy: Option<&Intercept>,
    tls: impl FnOnce() -> Result<TlsConnector, Failure>,
) -> Result<Connection, Failure> {
    let first = proxy.map_or(target, Intercept::uri);
    if !is_https(first) && first.scheme_str() != Some("http") {
        let kind = first.scheme_str().unwrap_or_default().to_owned();
        return Err(Failure::ProxyKind(kind));
    }
    let mut connecting = pin!(connect(first));
    let connected = poll_once(connecting.as_mut()).await;
    // The certificates are read while the network is busy.
    let tls = if is_https(first) || is_https(target) {
        Some(tls()?)
    } else {
        None
    };
    let mut stream = match connected {
        Some(connected) => connected?,
        None => connecting.await?,
    };
    if let Some(tls) = &tls {
        if is_https(first) {
            stream = encrypt(stream, first, tls).await?;
        }
        if let Some(proxy) = proxy
            && is_https(target)
        {
            stream = tunnel(stream, target, proxy).await?;
            stream = encrypt(stream, target, tls).await?;
        }
    }
    let (connection, driver) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| broken(target, error))?;
    tokio::spawn(async {
        // The caller that waits for a response gets the error.
        let _ = driver.await;
    });
    Ok(connection)
}

/// Polls a future once, and returns its output if it is ready.
async fn poll_once<F: Future>(mut future: Pin<&mut F>) -> Option<F::Output> {
    std::future::poll_fn(|context| {
        Poll::Ready(match future.as_mut().poll(context) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        })
    })
    .await
}

/// DNS and TCP, with a head start for IPv6 but no more (RFC 8305).
async fn connect(to: &Uri) -> Result<Box<dyn Stream>, Failure> {
    let unreachable = |why: BoxError| Failure::Unreachable { to: host(to), why };
    let mut connector = HttpConnector::new_with_resolver(Resolver(GaiResolver::new()));
    connector.enforce_http(false);
    connector.set_nodelay(true);
    std::future::poll_fn(|context| connector.poll_ready(context))
        .await
        .map_err(|error| unreachable(error.into()))?;
    let stream = connector.call(to.clone()).await;
    let stream = stream.map_err(|error| unreachable(error.into()))?;
    Ok(Box::new(stream.into_inner()))
}

/// Names as the system resolves them, but `localhost` is always this machine (RFC 6761,
/// section 6.3): an empty image has no `/etc/hosts`.
#[derive(Clone)]
struct Resolver(GaiResolver);

type Addresses = std::vec::IntoIter<SocketAddr>;

impl Service<Name> for Resolver {
    type Response = Addresses;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Addresses>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        if name.as_str().eq_ignore_ascii_case("localhost") {
            // The caller sets the port.
            let here = vec![
                (Ipv4Addr::LOCALHOST, 0).into(),
                (Ipv6Addr::LOCALHOST, 0).into(),
            ];
            return Box::pin(std::future::ready(Ok(here.into_iter())));
        }
        let looked_up = self.0.call(name);
        Box::pin(async { Ok(looked_up.await?.collect::<Vec<_>>().into_iter()) })
    }
}

async fn encrypt(
    stream: Box<dyn Stream>,
    with: &Uri,
    tls: &TlsConnector,
) -> Result<Box<dyn Stream>, Failure> {
    let name = with.host().unwrap_or_default();
    let name = name.trim_start_matches('[').trim_end_matches(']');
    let name =
        ServerName::try_from(name.to_owned()).map_err(|_| Failure::Address(name.to_owned()))?;
    let stream = tls.connect(name, stream).await;
    let stream = stream.map_err(|why| Failure::Tls {
        to: host(with),
        why,
    })?;
    Ok(Box::new(stream))
}

/// Requests a tunnel from a proxy (RFC 9110, section 9.3.6).
async fn tunnel(
    stream: Box<dyn Stream>,
    target: &Uri,
    proxy: &Intercept,
) -> Result<Box<dyn Stream>, Failure> {
    let (mut connection, driver) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| broken(proxy.uri(), error))?;
    tokio::spawn(driver.with_upgrades());
    let target = format!(
        "{}:{}",
        target.host().unwrap_or_default(),
        target.port_u16().unwrap_or(443)
    );
    let mut request = Request::builder()
        .method(Method::CONNECT)
        .uri(&target)
        .header(HOST, &target);
    if let Some(authorization) = proxy.basic_auth() {
        request = request.header(PROXY_AUTHORIZATION, authorization);
    }
    let request = request
        .body(Body::default())
        .map_err(|_| Failure::Address(target))?;
    let response = connection
        .send_request(request)
        .await
        .map_err(|error| broken(proxy.uri(), error))?;
    if !response.status().is_success() {
        let status = response.status();
        return Err(Failure::Proxy { status });
    }
    let stream = hyper::upgrade::on(response)
        .await
        .map_err(|error| broken(proxy.uri(), error))?;
    Ok(Box::new(TokioIo::new(stream)))
}

/// Checks host and port of a request: what built its URL may not have.
pub fn check(target: &Uri) -> Result<(), Failure> {
    let authority = target.authority().map_or("", |it| it.as_str());
    Authority::parse(authority).map(drop).map_err(|_| {
        let shown = authority.rsplit('@').next().unwrap_or_default();
        Failure::Address(shown.to_owned())
    })
}

/// Prepares a request for a connection from [`open`].
pub fn address(request: &mut Request<Body>, proxy: Option<&Intercept>) -> Result<(), Failure> {
    let uri = request.uri().clone();
    let invalid = || Failure::Address(host(&uri));
    let authority = uri.authority().ok_or_else(invalid)?;
    // The signature covers this header, without the port where it is the usual one, and without
    // a name and password.
    let usual = if is_https(&uri) { 443 } else { 80 };
    let name = match authority.port_u16() {
        Some(port) if port != usual => format!("{}:{port}", authority.host()),
        _ => authority.host().to_owned(),
    };
    let name = HeaderValue::from_str(&name).map_err(|_| invalid())?;
    request.headers_mut().entry(HOST).or_insert(name);
    match proxy {
        Some(proxy) if !is_https(&uri) => {
            // A proxy reads the target from the request line.
            if let Some(authorization) = proxy.basic_auth() {
                let authorization = authorization.clone();
                request
                    .headers_mut()
                    .insert(PROXY_AUTHORIZATION, authorization);
            }
        }
        _ => {
            let path = uri.path_and_query().map_or("/", |path| path.as_str());
            *request.uri_mut() = path.parse().map_err(|_| invalid())?;
        }
    }
    Ok(())
}

pub fn is_https(uri: &Uri) -> bool {
    uri.scheme_str() == Some("https")
}

/// Host and port, for messages: a name and a password before them are not shown.
pub fn host(uri: &Uri) -> String {
    let host = uri.host().unwrap_or_default();
    match uri.port_u16() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// The connection ended early.
pub fn broken(to: &Uri, why: impl Into<BoxError>) -> Failure {
    Failure::Broken {
        to: host(to),
        why: why.into(),
    }
}
