//! Networks of one story's own, with a DNS server of its own, and addresses that do not answer.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

use super::{can, can_unshare, which};

/// An address of loopback without a listener now or later: a free port of 127.0.0.1 could
/// be given to the next story.
pub fn closed_address() -> SocketAddr {
    if !cfg!(target_os = "linux") {
        // Elsewhere loopback has one address, and nothing listens at the port for tcpmux.
        return (Ipv4Addr::LOCALHOST, 1).into();
    }
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

/// What a stand-in for a DNS server answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    /// There is no such name (NXDOMAIN).
    Unknown,
    /// Try again later (SERVFAIL).
    Trouble,
    /// Nothing.
    Mute,
    /// 127.0.0.1.
    Loopback,
    /// These addresses, in this order.
    At(&'static [&'static str]),
}

/// A DNS server at the address that resolvers use if nothing is configured: port 53 of loopback.
/// Only for [`alone`]. `answer` gets the number of the query; the first is 1.
pub struct Names(Arc<AtomicUsize>);

impl Names {
    pub fn start(answer: impl Fn(usize) -> Name + Send + 'static) -> Self {
        Self::start_at(Ipv4Addr::LOCALHOST, answer)
    }

    /// At another address of loopback.
    pub fn start_at(address: Ipv4Addr, answer: impl Fn(usize) -> Name + Send + 'static) -> Self {
        let socket = UdpSocket::bind((address, 53)).expect("a network of our own");
        let queries = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&queries);
        std::thread::spawn(move || {
            let mut query = [0; 512];
            while let Ok((length, client)) = socket.recv_from(&mut query) {
                let number = counted.fetch_add(1, Ordering::SeqCst) + 1;
                if let Some(answer) = resolve(&query[..length], answer(number)) {
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
    let (code, addresses): (u8, &[&str]) = match name {
        Name::Unknown => (3, &[]),
        Name::Trouble => (2, &[]),
        Name::Mute => return None,
        Name::Loopback => (0, &["127.0.0.1"]),
        Name::At(addresses) => (0, addresses),
    };
    let addresses: Vec<Vec<u8>> = addresses
        .iter()
        .filter_map(|address| match address.parse().unwrap() {
            IpAddr::V4(address) if wants_ipv4 => Some(address.octets().to_vec()),
            IpAddr::V6(address) if !wants_ipv4 => Some(address.octets().to_vec()),
            _ => None,
        })
        .collect();
    let mut answer = query[..2].to_vec();
    let count = u8::try_from(addresses.len()).unwrap();
    answer.extend([0x81, 0x80 | code, 0, 1, 0, count, 0, 0, 0, 0]);
    answer.extend(question);
    for address in addresses {
        // The name of the question, an address of the Internet, good for no time at all.
        let kind = if address.len() == 4 { 1 } else { 28 };
        let length = u8::try_from(address.len()).unwrap();
        answer.extend([0xc0, 12, 0, kind, 0, 1, 0, 0, 0, 0, 0, length]);
        answer.extend(address);
    }
    Some(answer)
}

/// Runs a story in a network of its own, where there is nothing but loopback, and among mounts of
/// its own. All that it starts, threads and processes, is there too.
pub fn alone(story: &str, body: impl FnOnce() + Send) {
    let there = which("ip").is_some() && can_unshare(&["--net", "--mount"]);
    if !can(story, "root, for namespaces, and ip(8)", there) {
        return;
    }
    // Namespaces belong to a thread, so that the other stories do not notice.
    let outcome = std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            namespaces::unshare();
            ip("link set lo up");
            body();
        });
        thread.join()
    });
    if let Err(panic) = outcome {
        std::panic::resume_unwind(panic);
    }
}

/// Changes the network of [`alone`].
#[track_caller]
pub fn ip(arguments: &str) {
    let status = Command::new("ip").args(arguments.split(' ')).status();
    assert!(status.unwrap().success(), "ip {arguments}");
}

pub use namespaces::{hide, put_in_place};

#[cfg(target_os = "linux")]
mod namespaces {
    use std::path::Path;

    use nix::mount::{MsFlags, mount};
    use nix::sched::CloneFlags;

    pub fn unshare() {
        nix::sched::unshare(CloneFlags::CLONE_NEWNET | CloneFlags::CLONE_NEWNS).unwrap();
        let (nothing, flags) = (None::<&str>, MsFlags::MS_REC | MsFlags::MS_PRIVATE);
        mount(nothing, "/", nothing, flags, nothing).unwrap();
    }

    /// Puts a file or directory in the place of another, in the mounts of [`alone`](super::alone).
    pub fn put_in_place(source: &Path, target: &Path) {
        let nothing = None::<&str>;
        mount(Some(source), target, nothing, MsFlags::MS_BIND, nothing).unwrap();
    }

    /// Empties a directory, in the mounts of [`alone`](super::alone).
    pub fn hide(directory: &Path) {
        let flags = MsFlags::empty();
        mount(Some("none"), directory, Some("tmpfs"), flags, None::<&str>).unwrap();
    }
}

/// Elsewhere [`alone`] runs nothing.
#[cfg(not(target_os = "linux"))]
mod namespaces {
    use std::path::Path;

    pub fn unshare() {
        unreachable!("there are no namespaces");
    }

    pub fn put_in_place(_: &Path, _: &Path) {
        unreachable!("there are no namespaces");
    }

    pub fn hide(_: &Path) {
        unreachable!("there are no namespaces");
    }
}
