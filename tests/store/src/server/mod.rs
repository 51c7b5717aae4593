//! The store on a socket: a listener, and a thread for each connection.

pub(crate) mod clock;
mod connection;
mod delivery;
mod front;
mod http;
mod received;
mod stream;
mod throttle;
mod tls;

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::sys::socket::{Backlog, listen};
use rustls::ServerConfig;

use crate::faults::{Met, Rule, Script};
use crate::store::Store;

pub(crate) use delivery::Delivery;
use delivery::World;
pub use front::Front;
use http::Request;
pub(crate) use http::Response;
pub use received::{Received, Service};
use throttle::{Bucket, Quotas};
pub use throttle::{Latency, SECRETS_MANAGER_QUOTAS, Throttle};
pub use tls::{Authority, Identity, Tls};

/// Variables that would lead a client away from the server, or give it another identity. Remove
/// them from a child's environment before [`Server::environment`] is added to it.
pub const INTERFERING_VARIABLES: &[&str] = &[
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_CA_BUNDLE",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
];

/// Enough for rustls, and cheap for hundreds of threads.
const STACK: usize = 512 * 1024;

/// A running server on 127.0.0.1. Dropping it ends every connection and frees the port.
#[derive(Debug)]
pub struct Server {
    shared: Arc<Shared>,
    address: SocketAddr,
    acceptor: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves a store by HTTP on a free port.
    pub fn start(store: &Store) -> io::Result<Self> {
        Self::start_at(0, store, None)
    }

    /// Serves a store by HTTPS on a free port.
    pub fn start_tls(store: &Store, tls: &Tls) -> io::Result<Self> {
        Self::start_at(0, store, Some(tls))
    }

    /// Serves a store on this port, 0 being any that is free.
    pub fn start_at(port: u16, store: &Store, tls: Option<&Tls>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        // The standard library lets 128 wait, and a fleet of clients is larger than that.
        listen(&listener, Backlog::MAXCONN)?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::new(store.clone(), tls));
        let acceptor = {
            let shared = Arc::clone(&shared);
            thread::Builder::new()
                .name(String::from("accept"))
                .spawn(move || accept(&shared, &listener))?
        };
        Ok(Self {
            shared,
            address,
            acceptor: Some(acceptor),
        })
    }

    /// Where it listens: `http://127.0.0.1:PORT`, or `https://localhost:PORT`.
    pub fn url(&self) -> String {
        match self.shared.tls {
            None => format!("http://127.0.0.1:{}", self.port()),
            Some(_) => format!("https://localhost:{}", self.port()),
        }
    }

    /// The port alone.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The variables that lead an AWS client here, with test credentials.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ENDPOINT_URL_SSM", self.url()),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", self.url()),
            ("AWS_ENDPOINT_URL_DYNAMODB", self.url()),
            ("AWS_ENDPOINT_URL_KMS", self.url()),
            ("AWS_ENDPOINT_URL_S3", self.url()),
            ("AWS_REGION", String::from("us-east-1")),
            ("AWS_ACCESS_KEY_ID", String::from("AKIAIOSFODNN7EXAMPLE")),
            (
                "AWS_SECRET_ACCESS_KEY",
                String::from("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
            ),
        ]
    }

    /// Every call so far, in the order of arrival.
    pub fn requests(&self) -> Vec<Received> {
        lock(&self.shared.received).clone()
    }

    /// How many calls have arrived.
    pub fn calls(&self) -> usize {
        lock(&self.shared.received).len()
    }

    /// How many calls [`Server::set_throttle`] has refused.
    pub fn throttled(&self) -> usize {
        self.shared.throttled.load(Ordering::Relaxed)
    }

    /// How many connections have been opened.
    pub fn connections(&self) -> usize {
        self.shared.opened.load(Ordering::Relaxed)
    }

    /// Forgets the calls so far; the connections keep their numbers.
    pub fn clear_requests(&self) {
        lock(&self.shared.received).clear();
    }

    /// Replaces the faults. Each rule counts from here.
    pub fn set_faults<R: Into<Rule>>(&self, rules: impl IntoIterator<Item = R>) {
        *lock(&self.shared.script) = Script::new(rules.into_iter().map(Into::into));
    }

    /// From here on nothing goes wrong.
    pub fn clear_faults(&self) {
        *lock(&self.shared.script) = Script::default();
    }

    /// Sets how long the service takes from here on.
    pub fn set_latency(&self, latency: Latency) {
        *lock(&self.shared.latency) = latency;
    }

    /// Sets the quota of Parameter Store, with a full bucket, or takes it away.
    pub fn set_throttle(&self, throttle: Option<Throttle>) {
        *lock(&self.shared.bucket) = throttle.map(Bucket::new);
    }

    /// Sets the quotas of Secrets Manager in each region, with full buckets: for each a list of
    /// operations that share it. [`SECRETS_MANAGER_QUOTAS`] are those of AWS; an empty list takes
    /// them away.
    pub fn set_quotas(&self, quotas: &[(&[&str], Throttle)]) {
        *lock(&self.shared.quotas) = Quotas::new(quotas);
    }

    /// Serves until the process ends.
    pub fn wait(mut self) {
        if let Some(acceptor) = self.acceptor.take() {
            // A panic in there has been reported already.
            let _ = acceptor.join();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        if let Some(acceptor) = self.acceptor.take() {
            // The acceptor wakes for a connection, sees that it is to stop, and stops.
            let woken = TcpStream::connect_timeout(&self.address, Duration::from_secs(1));
            if woken.is_ok() {
                let _ = acceptor.join();
            }
        }
        for socket in lock(&self.shared.open).values() {
            // A client may have closed it first.
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}

fn accept(shared: &Arc<Shared>, listener: &TcpListener) {
    for socket in listener.incoming() {
        if shared.is_stopped() {
            return;
        }
        let Ok(socket) = socket else {
            // Out of descriptors, most likely: some connections will end soon.
            thread::sleep(Duration::from_millis(10));
            continue;
        };
        // Only a matter of speed.
        let _ = socket.set_nodelay(true);
        let socket = Arc::new(socket);
        let number = shared.opened.fetch_add(1, Ordering::Relaxed) + 1;
        lock(&shared.open).insert(number, Arc::clone(&socket));
        let its = Arc::clone(shared);
        let serve = move || connection::serve(&its, socket, number);
        let thread = thread::Builder::new().stack_size(STACK).spawn(serve);
        if thread.is_err() {
            shared.forget(number);
        }
    }
}

/// What the threads share.
struct Shared {
    store: Store,
    tls: Option<Arc<ServerConfig>>,
    script: Mutex<Script>,
    latency: Mutex<Latency>,
    bucket: Mutex<Option<Bucket>>,
    quotas: Mutex<Quotas>,
    received: Mutex<Vec<Received>>,
    /// The sockets of the connections that are open, by number.
    open: Mutex<HashMap<usize, Arc<TcpStream>>>,
    opened: AtomicUsize,
    numbered: AtomicUsize,
    throttled: AtomicUsize,
    stopped: AtomicBool,
}

impl Shared {
    fn new(store: Store, tls: Option<&Tls>) -> Self {
        Self {
            store,
            tls: tls.map(|tls| Arc::clone(&tls.config)),
            script: Mutex::default(),
            latency: Mutex::default(),
            bucket: Mutex::default(),
            quotas: Mutex::default(),
            received: Mutex::default(),
            open: Mutex::default(),
            opened: AtomicUsize::new(0),
            numbered: AtomicUsize::new(0),
            throttled: AtomicUsize::new(0),
            stopped: AtomicBool::new(false),
        }
    }

    fn latency(&self) -> Latency {
        *lock(&self.latency)
    }

    fn record(&self, request: &Request, connection: usize) -> Received {
        let number = self.numbered.fetch_add(1, Ordering::Relaxed) + 1;
        let call = Received::new(request, connection, number);
        lock(&self.received).push(call.clone());
        call
    }

    fn admits(&self, call: &Received) -> bool {
        let now = Instant::now();
        let admitted = match call.service {
            Service::ParameterStore => {
                let mut bucket = lock(&self.bucket);
                bucket.as_mut().is_none_or(|bucket| bucket.admits(now))
            }
            Service::Objects => true,
            Service::SecretsManager | Service::DynamoDb | Service::Kms => {
                let mut quotas = lock(&self.quotas);
                let region = call.region.as_deref().unwrap_or_default();
                quotas.admit(&call.operation, region, now)
            }
        };
        if !admitted {
            self.throttled.fetch_add(1, Ordering::Relaxed);
        }
        admitted
    }

    fn next_faults(&self, call: &Received) -> Vec<Met> {
        lock(&self.script).next(&self.store, call)
    }

    fn forget(&self, connection: usize) {
        lock(&self.open).remove(&connection);
    }
}

impl World for Shared {
    fn pause(&self, duration: Duration) -> bool {
        const SLICE: Duration = Duration::from_millis(50);
        let end = Instant::now() + duration;
        while !self.is_stopped() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            thread::sleep(left.min(SLICE));
        }
        false
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

/// A thread that panicked has failed its test already: the others go on.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
