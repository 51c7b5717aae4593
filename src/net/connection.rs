//! A connection to a service: TCP, then TLS and a proxy's tunnel where they are needed, then
//! HTTP/1.1.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use http::header::{HOST, HeaderValue, PROXY_AUTHORIZATION};
use http::{Method, Request, Uri};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;

use crate::net::authority::Authority;
use crate::net::dial::{self, Connected, Socket, Sockets, Tried, Why};
use crate::net::failure::{BoxError, Failure, Unreachable};
use crate::net::names::{Names, literal};
use crate::net::observed::Observed;
use crate::net::progress::note_slow_connection;
use crate::net::proxy::Intercept;

/// A connection that takes one request at a time.
#[derive(Debug)]
pub struct Connection {
    pub sender: SendRequest<Body>,
    /// The address that it leads to, which may be that of a proxy.
    pub address: IpAddr,
}

/// The body of a request.
pub type Body = Full<Bytes>;

/// What all connections share.
#[derive(Debug, Default)]
pub struct Network {
    pub names: Names,
    pub sockets: Sockets,
}

/// Bytes both ways.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Gives `future` a limit of time, if there is one.
pub async fn within<T>(
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

/// Opens a connection to the host of `target`, through `proxy` if there is one. For an `http://`
/// target behind a proxy it ends at the proxy. `limit` is for each address, and then for each step of
/// TLS and of the proxy. `tls` is called only if it is needed, and `name` is that of the target's
/// certificate, if it is not its host.
pub async fn open(
    target: &Uri,
    name: Option<&str>,
    proxy: Option<&Intercept>,
    network: &Network,
    limit: Option<Duration>,
    tls: impl FnOnce() -> Result<TlsConnector, Failure>,
) -> Result<Connection, Failure> {
    let first = proxy.map_or(target, Intercept::uri);
    if !is_https(first) && first.scheme_str() != Some("http") {
        let kind = first.scheme_str().unwrap_or_default().to_owned();
        return Err(Failure::ProxyKind(kind));
    }
    let mut connecting = pin!(connect(first, network, limit));
    let connected = poll_once(connecting.as_mut()).await;
    // The certificates are read while the network is busy.
    let tls = if is_https(first) || is_https(target) {
        Some(tls()?)
    } else {
        None
    };
    let (socket, address) = match connected {
        Some(connected) => connected?,
        None => connecting.await?,
    };
    let sender = async {
        let mut stream: Box<dyn Stream> = Box::new(socket);
        if let Some(tls) = &tls {
            if is_https(first) {
                let name = name.filter(|_| proxy.is_none());
                stream = encrypt(stream, first, name, tls, limit).await?;
            }
            if let Some(proxy) = proxy
                && is_https(target)
            {
                let tunnel = tunnel(stream, target, proxy);
                stream = within(limit, tunnel, |limit| stalled(first, "tunnel", limit)).await?;
                stream = encrypt(stream, target, name, tls, limit).await?;
            }
        }
        let (sender, driver) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| broken(target, error))?;
        tokio::spawn(async {
            // The caller that waits for a response gets the error.
            let _ = driver.await;
        });
        Ok(sender)
    };
    let trial = network.names.trial(address);
    let sender = sender.await?;
    trial.passed();
    Ok(Connection { sender, address })
}

fn stalled(at: &Uri, step: &'static str, limit: Duration) -> Failure {
    Failure::Stalled {
        to: host(at),
        step,
        limit,
    }
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

/// DNS and TCP.
async fn connect(
    to: &Uri,
    Network { names, sockets }: &Network,
    limit: Option<Duration>,
) -> Result<(Socket, IpAddr), Failure> {
    let name = to.host().unwrap_or_default();
    let addresses = names.addresses(name).await;
    let addresses = addresses.map_err(|error| error.of(host(to)))?;
    let usual = if is_https(to) { 443 } else { 80 };
    let port = to.port_u16().unwrap_or(usual);
    let addresses = addresses.into_iter().map(|it| SocketAddr::new(it, port));
    let mut slow = None;
    let connecting = dial::connect(addresses, limit, sockets, |waiting| {
        let to = host(to);
        let waiting: Vec<String> = waiting.iter().map(|it| it.ip().to_string()).collect();
        let from = match literal(name) {
            Some(_) => String::new(),
            None => format!(" from {}", waiting.join(", ")),
        };
        let what = format!("cannot connect to {to} yet: no answer{from}");
        slow = Some(note_slow_connection(what));
    });
    match connecting.await {
        Ok(Connected {
            socket,
            address,
            failed,
        }) => {
            for tried in &failed {
                names.fails(tried.address.ip());
            }
            names.works(address.ip());
            Ok((socket, address.ip()))
        }
        Err(failed) => {
            names.forget(name);
            for tried in &failed {
                names.fails(tried.address.ip());
            }
            Err(unconnected(to, failed))
        }
    }
}

/// Why no address of a host could be connected to.
fn unconnected(to: &Uri, mut failed: Vec<Tried>) -> Failure {
    // What keeps this machine from connecting to any address is not the fault of the network.
    let limit = failed.iter().map(|tried| match &tried.why {
        Why::Limited(limit) => Some(limit),
        Why::Late(_) | Why::Failed(_) => None,
    });
    if let Some(limits) = limit.collect::<Option<Vec<_>>>()
        && let Some(limit) = limits.first()
    {
        return Failure::Limited((*limit).clone());
    }
    let is_literal = to.host().is_some_and(|host| literal(host).is_some());
    let why = match failed.pop() {
        Some(tried) if is_literal && failed.is_empty() => match tried.why {
            Why::Late(limit) => {
                return Failure::Unconnected {
                    to: host(to),
                    limit,
                };
            }
            Why::Failed(error) => Unreachable::Address(error),
            Why::Limited(limit) => return Failure::Limited(limit),
        },
        last => {
            failed.extend(last);
            Unreachable::Addresses(failed)
        }
    };
    Failure::Unreachable { to: host(to), why }
}

async fn encrypt(
    stream: Box<dyn Stream>,
    with: &Uri,
    name: Option<&str>,
    tls: &TlsConnector,
    limit: Option<Duration>,
) -> Result<Box<dyn Stream>, Failure> {
    let name = name.unwrap_or_else(|| with.host().unwrap_or_default());
    let name = name.trim_start_matches('[').trim_end_matches(']');
    let name =
        ServerName::try_from(name.to_owned()).map_err(|_| Failure::Address(name.to_owned()))?;
    let stream = Observed::new(stream, ());
    let handshake = async {
        let stream = tls.connect(name, stream).into_fallible().await;
        stream.map_err(|(why, stream)| match stream.first() {
            // It began as TLS does, so that what cannot be read was garbled on the way.
            Some(ALERT | HANDSHAKE) if is_unreadable(&why) => broken(with, why),
            _ => Failure::Tls {
                to: host(with),
                why,
            },
        })
    };
    let stream = within(limit, handshake, |limit| stalled(with, "TLS", limit)).await?;
    Ok(Box::new(stream))
}

/// The first bytes of what a server of TLS can begin with (RFC 8446, section 5.1).
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;

fn is_unreadable(error: &io::Error) -> bool {
    let inner = error.get_ref().and_then(|error| error.downcast_ref());
    matches!(inner, Some(rustls::Error::InvalidMessage(_)))
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
