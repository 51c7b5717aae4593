//! Stand-ins for what is around Parameter Store: proxies, endpoints that hand out credentials, and
//! networks where somebody is missing.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};

use crate::support::{can, can_unshare, which};

/// An HTTP server on loopback that does as a story says.
pub struct StandIn {
    address: SocketAddr,
    calls: Arc<Mutex<Vec<Call>>>,
    stopped: Arc<AtomicBool>,
    acceptor: Option<std::thread::JoinHandle<()>>,
}

/// What it was asked; all empty if that was no HTTP.
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

    /// A field of a form in the body; none of what STS is asked here needs decoding.
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
    /// As a proxy does: asks whom the client wants to ask.
    Relay,
    /// As a proxy does, but whomever the client wants to ask, it is this port that answers.
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

/// An address of loopback where nobody listens, and nobody else will: a free port of 127.0.0.1 could
/// be given to the next story.
pub fn nobody() -> SocketAddr {
    static COUNT: AtomicU8 = AtomicU8::new(1);
    let [.., high, low] = std::process::id().to_be_bytes();
    let own = Ipv4Addr::new(
        127,
        64 | high >> 2,
        low,
        COUNT.fetch_add(1, Ordering::Relaxed),
    );
    (own, 9999).into()
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

/// Reads one request; `None` if the client has nothing to say. Also gives it as it came.
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

fn relay(client: TcpStream, server: TcpStream, call: &Call, request: &[u8]) -> std::io::Result<()> {
    if call.method == "CONNECT" {
        (&client).write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    } else {
        (&server).write_all(request)?;
    }
    let copy = |mut from: TcpStream, mut to: TcpStream| {
        let _ = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
    };
    let (their_client, their_server) = (client.try_clone()?, server.try_clone()?);
    let upwards = std::thread::spawn(move || copy(their_client, their_server));
    copy(server, client);
    let _ = upwards.join();
    Ok(())
}

/// What a stand-in for a DNS server says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    /// There is no such name (NXDOMAIN).
    Unknown,
    /// Ask again later (SERVFAIL).
    Trouble,
    /// Nothing.
    Mute,
    /// 127.0.0.1.
    Loopback,
}

/// A DNS server at the address that resolvers ask if nothing is configured: port 53 of loopback. Only
/// for [`alone`]. `say` gets the number of the query; the first is 1.
pub struct Names(Arc<AtomicUsize>);

impl Names {
    pub fn start(say: impl Fn(usize) -> Name + Send + 'static) -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 53)).expect("a network of our own");
        let queries = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&queries);
        std::thread::spawn(move || {
            let mut query = [0; 512];
            while let Ok((length, client)) = socket.recv_from(&mut query) {
                let number = counted.fetch_add(1, Ordering::SeqCst) + 1;
                if let Some(answer) = resolve(&query[..length], say(number)) {
                    let _ = socket.send_to(&answer, client);
                }
            }
        });
        Self(queries)
    }

    pub fn queries(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// An answer to a query with one question (RFC 1035).
fn resolve(query: &[u8], name: Name) -> Option<Vec<u8>> {
    const HEADER: usize = 12;
    let question_ends = HEADER + query.get(HEADER..)?.iter().position(|&byte| byte == 0)? + 5;
    let question = query.get(HEADER..question_ends)?;
    let wants_ipv4 = question[question.len() - 4..] == [0, 1, 0, 1];
    let (code, answers) = match name {
        Name::Unknown => (3, 0),
        Name::Trouble => (2, 0),
        Name::Mute => return None,
        Name::Loopback => (0, u8::from(wants_ipv4)),
    };
    let mut answer = query[..2].to_vec();
    answer.extend([0x81, 0x80 | code, 0, 1, 0, answers, 0, 0, 0, 0]);
    answer.extend(question);
    if answers > 0 {
        // The name of the question, an IPv4 address of the Internet, good for no time at all.
        answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 127, 0, 0, 1]);
    }
    Some(answer)
}

/// Tells a story in a network of its own, where there is nothing but loopback, and among mounts of
/// its own. All that it starts, threads and processes, is there too.
pub fn alone(story: &str, tell: impl FnOnce() + Send) {
    let there = which("ip").is_some() && can_unshare(&["--net", "--mount"]);
    if !can(story, "root, for namespaces, and ip(8)", there) {
        return;
    }
    // Namespaces belong to a thread, so that the other stories do not notice.
    let told = std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            unshare(CloneFlags::CLONE_NEWNET | CloneFlags::CLONE_NEWNS).unwrap();
            mount_flags(Path::new("/"), MsFlags::MS_REC | MsFlags::MS_PRIVATE);
            ip("link set lo up");
            tell();
        });
        thread.join()
    });
    if let Err(panic) = told {
        std::panic::resume_unwind(panic);
    }
}

/// Changes the network of [`alone`].
#[track_caller]
pub fn ip(arguments: &str) {
    let status = Command::new("ip").args(arguments.split(' ')).status();
    assert!(status.unwrap().success(), "ip {arguments}");
}

/// Puts a file or directory in the place of another, in the mounts of [`alone`].
pub fn put_in_place(source: &Path, target: &Path) {
    let nothing = None::<&str>;
    mount(Some(source), target, nothing, MsFlags::MS_BIND, nothing).unwrap();
}

/// Empties a directory, in the mounts of [`alone`].
pub fn hide(directory: &Path) {
    let flags = MsFlags::empty();
    mount(Some("none"), directory, Some("tmpfs"), flags, None::<&str>).unwrap();
}

fn mount_flags(target: &Path, flags: MsFlags) {
    let nothing = None::<&str>;
    mount(nothing, target, nothing, flags, nothing).unwrap();
}

/// Far enough away.
const NEVER: &str = "2090-01-01T00:00:00Z";

/// Credentials as ECS, EKS and EC2 hand them out.
pub fn credentials(key: &str) -> Reply {
    Reply::ok(credentials_json(key))
}

pub fn credentials_json(key: &str) -> String {
    format!(
        r#"{{"Version":1,"Code":"Success","AccessKeyId":"{key}","SecretAccessKey":"x","Token":"token of {key}","SessionToken":"token of {key}","Expiration":"{NEVER}"}}"#
    )
}

/// Credentials as STS hands them out, for whichever operation was asked.
pub fn assumed(call: &Call, key: &str) -> Reply {
    let operation = call.field("Action");
    Reply::ok(format!(
        "<{operation}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{operation}Result>\
         <Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>x</SecretAccessKey>\
         <SessionToken>token of {key}</SessionToken><Expiration>{NEVER}</Expiration></Credentials>\
         <AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/app/session</Arn>\
         <AssumedRoleId>AROA:session</AssumedRoleId></AssumedRoleUser>\
         </{operation}Result></{operation}Response>"
    ))
}

/// A refusal of STS.
pub fn refused(status: u16, code: &str, message: &str) -> Reply {
    Reply::Answer(
        status,
        format!(
            "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
             <Code>{code}</Code><Message>{message}</Message></Error>\
             <RequestId>5e1f7e57-0000-4000-8000-000000000001</RequestId></ErrorResponse>"
        ),
    )
}

/// Credentials as the portal of IAM Identity Center hands them out.
pub fn signed_in(key: &str) -> Reply {
    Reply::ok(format!(
        r#"{{"roleCredentials":{{"accessKeyId":"{key}","secretAccessKey":"x","sessionToken":"token of {key}","expiration":3786912000000}}}}"#
    ))
}

/// The metadata service of an instance with a role, in version 2.
pub fn metadata(call: &Call, key: &str) -> Reply {
    const ROLES: &str = "/latest/meta-data/iam/security-credentials/";
    if call.line() == "PUT /latest/api/token" {
        let lifetime = ("x-aws-ec2-metadata-token-ttl-seconds", "21600".to_owned());
        return Reply::AnswerWith(200, lifetime, "a-token".to_owned());
    }
    if call.header("x-aws-ec2-metadata-token") != Some("a-token") {
        return Reply::Answer(401, String::new());
    }
    match call.target.as_str() {
        ROLES => Reply::ok("app"),
        "/latest/meta-data/placement/region" => Reply::ok("eu-west-3"),
        role if role.strip_prefix(ROLES) == Some("app") => credentials(key),
        _ => Reply::Answer(404, String::new()),
    }
}
