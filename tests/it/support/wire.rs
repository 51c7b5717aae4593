//! A server that knows no protocol: it sends the bytes that it is given.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// What follows the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// The end of the connection.
    Close,
    /// Nothing: the connection stays open until the client goes.
    Stay,
    /// A reset, which may take away bytes that were not read yet.
    Reset,
}

/// A server on loopback. Dropping it frees the port.
pub struct Wire {
    address: SocketAddr,
    stopped: Arc<AtomicBool>,
    acceptor: Option<std::thread::JoinHandle<()>>,
}

impl Wire {
    /// Answers each request, head and body in one text, with these bytes.
    pub fn start(answer: impl Fn(&str) -> (Vec<u8>, Then) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let stopped = Arc::new(AtomicBool::new(false));
        let answer = Arc::new(answer);
        let stop = Arc::clone(&stopped);
        let acceptor = std::thread::spawn(move || {
            for socket in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let (answer, stop) = (Arc::clone(&answer), Arc::clone(&stop));
                // A client that goes away early is no failure.
                let Ok(socket) = socket else { continue };
                std::thread::spawn(move || serve(socket, &*answer, &stop));
            }
        });
        Self {
            address,
            stopped,
            acceptor: Some(acceptor),
        }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // The acceptor wakes for a connection, sees that it is to stop, and stops.
        let woken = TcpStream::connect_timeout(&self.address, Duration::from_secs(1));
        if let (Ok(_), Some(acceptor)) = (woken, self.acceptor.take()) {
            let _ = acceptor.join();
        }
    }
}

fn serve(mut socket: TcpStream, answer: &dyn Fn(&str) -> (Vec<u8>, Then), stopped: &AtomicBool) {
    let _ = socket.set_nodelay(true);
    let _ = socket.set_read_timeout(Some(Duration::from_millis(50)));
    while let Some(request) = read(&mut socket, stopped) {
        let (bytes, then) = answer(&request);
        if socket.write_all(&bytes).is_err() {
            return;
        }
        match then {
            Then::Close => return,
            Then::Stay => {}
            Then::Reset => {
                // What was sent shall arrive first, or most of these would be the same.
                std::thread::sleep(Duration::from_millis(10));
                let linger = nix::libc::linger {
                    l_onoff: 1,
                    l_linger: 0,
                };
                use nix::sys::socket::{setsockopt, sockopt};
                let _ = setsockopt(&socket, sockopt::Linger, &linger);
                return;
            }
        }
    }
}

/// Reads a request to its end, or gives `None` if the client has gone.
fn read(socket: &mut TcpStream, stopped: &AtomicBool) -> Option<String> {
    let started = Instant::now();
    let mut bytes = Vec::new();
    let mut chunk = [0; 16 * 1024];
    while !stopped.load(Ordering::SeqCst) && started.elapsed() < Duration::from_secs(60) {
        match socket.read(&mut chunk) {
            Ok(0) => return None,
            Ok(count) => bytes.extend_from_slice(&chunk[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => continue,
            Err(_) => return None,
        }
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length")
                    .then(|| value.trim().parse::<usize>().ok())?
            });
            if body.len() >= length.unwrap_or(0) {
                return Some(text.into_owned());
            }
        }
    }
    None
}
