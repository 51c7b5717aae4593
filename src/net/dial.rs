//! TCP connections to a host with several addresses, as RFC 8305 ("happy eyeballs") describes it:
//! an address that does not answer delays the next one by a quarter of a second, not more.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, sleep_until};

use crate::net::observed::Observed;
use crate::system::limits::{Limit, of_socket};

/// How long an address has before the next one is tried as well (RFC 8305, section 5).
const DELAY: Duration = Duration::from_millis(250);

/// From when on a connection takes long.
pub const SLOW: Duration = Duration::from_secs(1);

/// Without a limit of time for a connection: far away.
const NEVER: Duration = Duration::from_secs(24 * 60 * 60);

/// An address that failed.
#[derive(Debug)]
pub struct Tried {
    pub address: SocketAddr,
    pub why: Why,
}

/// Why there is no connection to an address.
#[derive(Debug)]
pub enum Why {
    /// It did not answer within this time.
    Late(Duration),
    Failed(io::Error),
    /// This machine does not allow a socket.
    Limited(Limit),
}

/// A connection, and what was tried before it.
#[derive(Debug)]
pub struct Connected {
    pub socket: Socket,
    pub address: SocketAddr,
    pub failed: Vec<Tried>,
}

/// Counts the sockets that exist: there is a reference for each.
pub type Sockets = Arc<()>;

/// A connection that is being opened.
struct Attempt<'s> {
    address: SocketAddr,
    connecting: Pin<Box<dyn Future<Output = Result<Socket, Why>> + Send + 's>>,
    ends: Instant,
}

/// What happens next.
enum Event {
    Ended(usize, Result<Socket, Why>),
    Time,
}

/// Connects to the first of these addresses that answers. `limit` is for each address. `slow` is
/// called once if it takes long, with the addresses that have not answered.
///
/// # Errors
///
/// If all addresses failed: why, in the order in which they failed.
pub async fn connect(
    addresses: impl IntoIterator<Item = SocketAddr>,
    limit: Option<Duration>,
    sockets: &Sockets,
    mut slow: impl FnMut(&[SocketAddr]),
) -> Result<Connected, Vec<Tried>> {
    let mut addresses = addresses.into_iter().peekable();
    let mut running: Vec<Attempt<'_>> = Vec::new();
    let mut failed = Vec::new();
    let mut next_starts = Instant::now();
    let mut notice = Some(next_starts + SLOW);
    loop {
        let now = Instant::now();
        if (running.is_empty() || next_starts <= now)
            && let Some(address) = addresses.next()
        {
            running.push(Attempt {
                address,
                connecting: Box::pin(open(address, sockets)),
                ends: now + limit.unwrap_or(NEVER),
            });
            next_starts = now + DELAY;
        }
        let Some(first_end) = running.iter().map(|attempt| attempt.ends).min() else {
            return Err(failed);
        };
        let until = match addresses.peek() {
            Some(_) => next_starts.min(first_end),
            None => first_end,
        };
        let until = notice.map_or(until, |notice| notice.min(until));
        match event(&mut running, until).await {
            Event::Ended(index, Ok(socket)) => {
                return Ok(Connected {
                    socket,
                    address: running[index].address,
                    failed,
                });
            }
            Event::Ended(index, Err(why)) => {
                let Attempt { address, .. } = running.remove(index);
                failed.push(Tried { address, why });
                // It need not wait for a failure that has happened.
                next_starts = Instant::now();
            }
            Event::Time => {
                let now = Instant::now();
                if notice.is_some_and(|notice| notice <= now) {
                    notice = None;
                    let late = failed.iter().map(|tried| tried.address);
                    let waiting = running.iter().map(|attempt| attempt.address);
                    slow(&late.chain(waiting).collect::<Vec<_>>());
                }
                let late = running.extract_if(.., |attempt| attempt.ends <= now);
                failed.extend(late.map(|attempt| Tried {
                    address: attempt.address,
                    why: Why::Late(limit.unwrap_or(NEVER)),
                }));
            }
        }
    }
}

/// Waits until an attempt ends, or for a time.
async fn event(running: &mut [Attempt<'_>], until: Instant) -> Event {
    let mut timer = std::pin::pin!(sleep_until(until));
    std::future::poll_fn(|context| {
        for (index, attempt) in running.iter_mut().enumerate() {
            if let Poll::Ready(result) = attempt.connecting.as_mut().poll(context) {
                return Poll::Ready(Event::Ended(index, result));
            }
        }
        timer.as_mut().poll(context).map(|()| Event::Time)
    })
    .await
}

async fn open(address: SocketAddr, sockets: &Sockets) -> Result<Socket, Why> {
    let (socket, family) = match address {
        SocketAddr::V4(_) => (TcpSocket::new_v4(), "AF_INET"),
        SocketAddr::V6(_) => (TcpSocket::new_v6(), "AF_INET6"),
    };
    let socket = socket.map_err(|error| match of_socket(family, &error) {
        // Others of ours are open, and one of them will soon be free for this request.
        Some(limit) if Arc::strong_count(sockets) > 1 => Why::Limited(limit.with_others_open()),
        Some(limit) => Why::Limited(limit),
        None => Why::Failed(error),
    })?;
    let counted = Arc::clone(sockets);
    let stream = socket.connect(address).await.map_err(Why::Failed)?;
    // A request is one write, and must not wait for more. Without this it is only slower.
    let _ = stream.set_nodelay(true);
    Ok(Observed::new(stream, counted))
}

/// A TCP connection, counted among the sockets.
pub type Socket = Observed<TcpStream, Sockets>;
