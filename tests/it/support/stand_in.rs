//! Stand-ins for the HTTP servers around Parameter Store: proxies, and endpoints that issue
//! credentials.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// An HTTP server on loopback that answers as a story defines.
pub struct StandIn {
    address: SocketAddr,
    calls: Arc<Mutex<Vec<Call>>>,
    stopped: Arc<AtomicBool>,
    acceptor: Option<std::thread::JoinHandle<()>>,
}

/// A request; all empty if that was no HTTP.
#[derive(Debug, Clone, Default)]
pub struct Call {
    pub method: String,
    pub target: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Call {
    pub fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|(own, _)| own == name);
        header.map(|(_, value)| value.as_str())
    }

    /// A field of a form in the body; nothing sent to STS here needs decoding.
    pub fn field(&self, name: &str) -> String {
        let fields = self
            .body
            .split('&')
            .filter_map(|field| field.split_once('='));
        let mut values = fields.filter(|(own, _)| *own == name);
        values
            .next()
            .map_or(String::new(), |(_, value)| value.to_owned())
    }

    /// Whose signature it bears: the access key id.
    pub fn signer(&self) -> Option<&str> {
        let (_, rest) = self.header("authorization")?.split_once("Credential=")?;
        rest.split('/').next()
    }

    /// Method and target.
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.target)
    }
}

/// What it does then.
#[derive(Debug, Clone)]
pub enum Reply {
    /// This status and body.
    Answer(u16, String),
    /// The same, with a header.
    AnswerWith(u16, (&'static str, String), String),
    /// Nothing, for as long as the client stays.
    Mute,
    /// Ends the connection without a word.
    HangUp,
    /// As a proxy does: passes the request on to the client's destination.
    Relay,
    /// As a proxy does, but passes everything to this port.
    RelayTo(u16),
}

impl Reply {
    pub fn ok(body: impl Into<String>) -> Self {
        Self::Answer(200, body.into())
    }
}

impl StandIn {
    /// On a free port. `act` also gets the number of the call; the first is 1.
    pub fn start(act: impl Fn(&Call, usize) -> Reply + Send + Sync + 'static) -> Self {
        Self::at((Ipv4Addr::LOCALHOST, 0).into(), act)
    }

    /// At this address.
    pub fn at(
        address: SocketAddr,
        act: impl Fn(&Call, usize) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).expect("an address of our own");
        let address = listener.local_addr().unwrap();
        let calls: Arc<Mutex<Vec<Call>>> = Arc::default();
        let stopped: Arc<AtomicBool> = Arc::default();
        let acceptor = {
            let (calls, stopped, act) = (Arc::clone(&calls), Arc::clone(&stopped), Arc::new(act));
            std::thread::spawn(move || {
                for client in listener.incoming() {
                    if stopped.load(Ordering::SeqCst) {
                        return;
                    }
                    let Ok(client) = client else { continue };
                    let (calls, act) = (Arc::clone(&calls), Arc::clone(&act));
                    std::thread::spawn(move || {
                        // A client that goes away is its own business.
                        let _ = serve(client, &calls, &*act);
                    });
                }
            })
        };
        Self {
            address,
            calls,
            stopped,
            acceptor: Some(acceptor),
        }
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// `url`, with a name and a password in it.
    pub fn url_with(&self, user: &str, password: &str) -> String {
        format!("http://{user}:{password}@{}", self.address)
    }

    pub fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    /// Method and target of each call.
    pub fn lines(&self) -> Vec<String> {
        self.calls().iter().map(Call::line).collect()
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // The acceptor wakes for a connection, sees that it is to stop, and stops.
        if TcpStream::connect_timeout(&self.address, Duration::from_secs(1)).is_ok()
            && let Some(acceptor) = self.acceptor.take()
        {
            let _ = acceptor.join();
        }
    }
}

/// A proxy that does what proxies do.
pub fn proxy() -> StandIn {
    StandIn::start(|_, _| Reply::Relay)
}

fn serve(
    mut client: TcpStream,
    calls: &Mutex<Vec<Call>>,
    act: &(impl Fn(&Call, usize) -> Reply + ?Sized),
) -> std::io::Result<()> {
    let Some((call, head)) = read(&mut client)? else {
        return Ok(());
    };
    let number = {
        let mut calls = calls.lock().unwrap();
        calls.push(call.clone());
        calls.len()
    };
    match act(&call, number) {
        Reply::Answer(status, body) => answer(&mut client, status, None, &body),
        Reply::AnswerWith(status, header, body) => answer(&mut client, status, Some(header), &body),
        Reply::Mute => client.read_to_end(&mut Vec::new()).map(drop),
        Reply::HangUp => client.shutdown(Shutdown::Both),
        Reply::Relay => {
            let authority = match call.target.split_once("://") {
                Some((_, rest)) => rest.split('/').next().unwrap_or_default(),
                None => &call.target,
            };
            relay(client, TcpStream::connect(authority)?, &call, &head)
        }
        Reply::RelayTo(port) => {
            let server = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
            relay(client, server, &call, &head)
        }
    }
}

/// Reads one request; `None` if the client sends nothing. Also returns its bytes.
fn read(client: &mut TcpStream) -> std::io::Result<Option<(Call, Vec<u8>)>> {
    let mut bytes: Vec<u8> = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        // What is no request at all, such as a TLS handshake, need not be read to its end.
        if bytes.first().is_some_and(|byte| !byte.is_ascii_uppercase()) {
            return Ok(Some((Call::default(), bytes)));
        }
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let mut lines = head.split("\r\n");
            let mut words = lines.next().unwrap_or_default().split(' ');
            let method = words.next().unwrap_or_default().to_owned();
            let target = words.next().unwrap_or_default().to_owned();
            let headers: Vec<(String, String)> = lines
                .filter_map(|line| line.split_once(':'))
                .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
                .collect();
            let length = headers
                .iter()
                .find(|(name, _)| name == "content-length")
                .map_or(0, |(_, value)| value.parse().unwrap_or(0));
            if bytes.len() >= end + 4 + length {
                let body = String::from_utf8_lossy(&bytes[end + 4..]).into_owned();
                let call = Call {
                    method,
                    target,
                    headers,
                    body,
                };
                return Ok(Some((call, bytes)));
            }
        }
        let count = client.read(&mut chunk)?;
        if count == 0 {
            return Ok(None);
        }
        bytes.extend_from_slice(&chunk[..count]);
    }
}

fn answer(
    client: &mut TcpStream,
    status: u16,
    header: Option<(&str, String)>,
    body: &str,
) -> std::io::Result<()> {
    let header = header.map_or(String::new(), |(name, value)| {
        format!("{name}: {value}\r\n")
    });
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 {status} Status\r\n{header}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    client.write_all(answer.as_bytes())?;
    client.shutdown(Shutdown::Write)?;
    // Closing with bytes unread would reset the connection, and the answer might be lost.
    client.read_to_end(&mut Vec::new()).map(drop)
}

/// Copies until the end, and says so to the other side.
fn copy(mut from: TcpStream, mut to: TcpStream) {
    let _ = std::io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Write);
}

fn relay(client: TcpStream, server: TcpStream, call: &Call, request: &[u8]) -> std::io::Result<()> {
    if call.method == "CONNECT" {
        (&client).write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    } else {
        (&server).write_all(request)?;
    }
    let (their_client, their_server) = (client.try_clone()?, server.try_clone()?);
    let upwards = std::thread::spawn(move || copy(their_client, their_server));
    copy(server, client);
    let _ = upwards.join();
    Ok(())
}
