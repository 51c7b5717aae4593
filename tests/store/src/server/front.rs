//! TLS in front of a server that speaks HTTP: what arrives is passed on, and so are the answers.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::tls::Tls;

/// How long either side is waited for before the other one is looked at.
const TURN: Duration = Duration::from_millis(1);
/// How long a client may take for its part of the handshake.
const HANDSHAKE: Duration = Duration::from_secs(20);

/// A listener on 127.0.0.1. Dropping it frees the port.
#[derive(Debug)]
pub struct Front {
    address: SocketAddr,
    stopped: Arc<AtomicBool>,
    acceptor: Option<JoinHandle<()>>,
}

impl Front {
    /// Passes what arrives by TLS on to this port of 127.0.0.1.
    pub fn start(tls: &Tls, to: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let stopped = Arc::new(AtomicBool::new(false));
        let (stop, config) = (Arc::clone(&stopped), Arc::clone(&tls.config));
        let acceptor = thread::spawn(move || {
            for client in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(client) = client else { continue };
                let (stop, config) = (Arc::clone(&stop), Arc::clone(&config));
                // A client that goes away is its own business.
                thread::spawn(move || serve(client, config, to, &stop));
            }
        });
        Ok(Self {
            address,
            stopped,
            acceptor: Some(acceptor),
        })
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // The acceptor wakes for a connection, sees that it is to stop, and stops.
        let woken = TcpStream::connect_timeout(&self.address, Duration::from_secs(1));
        if let (Ok(_), Some(acceptor)) = (woken, self.acceptor.take()) {
            let _ = acceptor.join();
        }
    }
}

fn serve(
    mut client: TcpStream,
    config: Arc<ServerConfig>,
    to: u16,
    stopped: &AtomicBool,
) -> io::Result<()> {
    client.set_nodelay(true)?;
    client.set_read_timeout(Some(HANDSHAKE))?;
    let mut tls = ServerConnection::new(config).map_err(io::Error::other)?;
    while tls.is_handshaking() {
        if let Err(error) = tls.complete_io(&mut client) {
            // A connection that is closed with bytes unread is reset, and the alert may be lost.
            client.shutdown(Shutdown::Write)?;
            client.set_read_timeout(Some(Duration::from_secs(1)))?;
            let _ = io::copy(&mut client, &mut io::sink());
            return Err(error);
        }
    }
    let mut server = TcpStream::connect((Ipv4Addr::LOCALHOST, to))?;
    server.set_nodelay(true)?;
    server.set_read_timeout(Some(TURN))?;
    client.set_read_timeout(Some(TURN))?;
    let mut client = StreamOwned::new(tls, client);
    let mut chunk = vec![0; 64 * 1024];
    let mut ended = None;
    while !stopped.load(Ordering::SeqCst) {
        if let Some(count) = arrived(client.read(&mut chunk))? {
            if count == 0 {
                return Ok(());
            }
            server.write_all(&chunk[..count])?;
        }
        match arrived(server.read(&mut chunk)) {
            Ok(None) => {}
            Ok(Some(0)) => {
                client.conn.send_close_notify();
                client.flush()?;
                ended.get_or_insert_with(Instant::now);
            }
            Ok(Some(count)) => {
                client.write_all(&chunk[..count])?;
                client.flush()?;
            }
            Err(error) => return Err(error),
        }
        // The client may still read, and closing now could take away what it has not read.
        if ended.is_some_and(|ended| ended.elapsed() > Duration::from_millis(50)) {
            return client.sock.shutdown(Shutdown::Both);
        }
    }
    Ok(())
}

/// How many bytes have arrived; `None` if none have yet.
fn arrived(read: io::Result<usize>) -> io::Result<Option<usize>> {
    match read {
        Ok(count) => Ok(Some(count)),
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
