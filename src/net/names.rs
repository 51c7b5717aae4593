//! The addresses of host names: each name is looked up once for all who wait for it, and addresses
//! that worked or failed are remembered.
//!
//! The resolver of the C library cannot be interrupted, and may take longer than a request may: with
//! a name server that does not respond, glibc waits 5 s before it tries the next (resolv.conf(5)).
//! So a lookup runs on a thread of its own, and outlives the attempt that started it: the next
//! attempt waits for the same lookup instead of starting another.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, ToSocketAddrs};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::net::TcpSocket;
use tokio::sync::watch;

use crate::net::dial::SLOW;
use crate::net::failure::{Failure, Unreachable};
use crate::net::progress::note_slow_connection;
use crate::system::limits::{Limit, of_socket, of_thread, room_for_a_thread};
use crate::system::signals;

/// How long one attempt waits for a lookup. Less than a whole attempt may take, so that the reason
/// is reported.
const PATIENCE: Duration = Duration::from_secs(9);

/// How long an answer is used. The C library does not report for how long it is valid; the answers
/// of AWS are valid for a minute.
const VALID: Duration = Duration::from_secs(30);

/// Why a name has no addresses.
#[derive(Debug)]
pub enum Unresolved {
    /// The lookup failed, or did not end in time.
    Unknown(Unreachable),
    /// This machine does not allow a lookup.
    Limited(Limit),
}

impl Unresolved {
    /// The failure to connect to this host, for messages.
    pub fn of(self, to: String) -> Failure {
        match self {
            Self::Unknown(why) => Failure::Unreachable { to, why },
            Self::Limited(limit) => Failure::Limited(limit),
        }
    }
}

/// All names that were looked up, and how their addresses did.
#[derive(Debug, Default)]
pub struct Names(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    lookups: HashMap<String, Lookup>,
    /// Addresses that worked, and have not failed since.
    good: Vec<IpAddr>,
    /// Addresses that failed, in the order of their last failures.
    failed: Vec<IpAddr>,
}

type Answer = Result<Arc<[IpAddr]>, Arc<io::Error>>;

/// A lookup that runs or has succeeded.
#[derive(Debug)]
struct Lookup {
    answer: watch::Receiver<Option<(Answer, Instant)>>,
}

impl Names {
    /// The addresses of a host, those that are likely to work first.
    ///
    /// # Errors
    ///
    /// If the lookup failed, is not over in time, or cannot be made on this machine.
    pub async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, Unresolved> {
        if let Some(address) = literal(host) {
            return Ok(vec![address]);
        }
        // RFC 6761, section 6.3: `localhost` is always this machine, and an empty image has no
        // `/etc/hosts`.
        if host.eq_ignore_ascii_case("localhost") {
            return Ok(self.ordered(&[Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]));
        }
        let mut pending = self.look_up(host).map_err(Unresolved::Limited)?;
        let answered = async { Some(pending.wait_for(Option::is_some).await.ok()?.clone()) };
        let mut answered = std::pin::pin!(answered);
        let mut answer = tokio::time::timeout(SLOW, answered.as_mut()).await;
        if answer.is_err() {
            let what = format!("cannot look up {host} yet: no answer from the name servers");
            let _noted = note_slow_connection(what);
            answer = tokio::time::timeout(PATIENCE - SLOW, answered).await;
        }
        let answer = match answer {
            Ok(Some(Some((answer, _)))) => answer,
            // The thread has ended without an answer.
            Ok(_) => Err(Arc::new(io::ErrorKind::Interrupted.into())),
            Err(_) => return Err(Unresolved::Unknown(Unreachable::NoAnswer(PATIENCE))),
        };
        match answer {
            Ok(addresses) if !addresses.is_empty() => Ok(self.ordered(&interleaved(&addresses))),
            Ok(_) => {
                self.forget(host);
                let none = io::Error::other("it has no addresses");
                Err(Unresolved::Unknown(Unreachable::Name(Arc::new(none))))
            }
            Err(error) => {
                self.forget(host);
                // The resolver reports a refused socket as a temporary failure.
                Err(match refused_sockets() {
                    Some(limit) => Unresolved::Limited(limit),
                    None => Unresolved::Unknown(Unreachable::Name(error)),
                })
            }
        }
    }

    /// The lookup of a host that runs or has a valid answer, or a new one.
    fn look_up(&self, host: &str) -> Result<watch::Receiver<Option<(Answer, Instant)>>, Limit> {
        let mut state = self.state();
        if let Some(lookup) = state.lookups.get(host) {
            let answer = lookup.answer.borrow().as_ref().map(|(_, at)| at.elapsed());
            if answer.is_none_or(|age| age < VALID) {
                return Ok(lookup.answer.clone());
            }
        }
        let (sender, answer) = watch::channel(None);
        let name = host.to_owned();
        let work = move || {
            // It may outlive the launch's need for it.
            signals::take_none();
            let found = (name.as_str(), 0).to_socket_addrs();
            let found = found
                .map(|found| found.map(|address| address.ip()).collect())
                .map_err(Arc::new);
            // No one waits any more if the deadline has passed.
            let _ = sender.send(Some((found, Instant::now())));
        };
        room_for_a_thread()?;
        let thread = std::thread::Builder::new().name("lookup".to_owned());
        thread.spawn(work).map_err(|error| of_thread(&error))?;
        let lookup = Lookup {
            answer: answer.clone(),
        };
        state.lookups.insert(host.to_owned(), lookup);
        Ok(answer)
    }

    /// Lets the next request look the host up again. What is known about its addresses stays.
    pub fn forget(&self, host: &str) {
        self.state().lookups.remove(host);
    }

    /// Notes that an address works.
    pub fn works(&self, address: IpAddr) {
        let mut state = self.state();
        state.failed.retain(|&failed| failed != address);
        if !state.good.contains(&address) {
            state.good.push(address);
        }
    }

    /// Notes that an address does not work: it is tried last from now on.
    pub fn fails(&self, address: IpAddr) {
        let mut state = self.state();
        state.good.retain(|&good| good != address);
        state.failed.retain(|&failed| failed != address);
        state.failed.push(address);
    }

    /// Notes that an address does not work, unless the result is marked before it is dropped, by a limit
    /// of time for example.
    pub fn trial(&self, address: IpAddr) -> Trial<'_> {
        Trial {
            names: self,
            address,
            passed: false,
        }
    }

    /// Addresses that worked, then those that are unknown, then those that failed.
    fn ordered(&self, addresses: &[IpAddr]) -> Vec<IpAddr> {
        let mut ordered = addresses.to_vec();
        let state = self.state();
        if state.good.is_empty() && state.failed.is_empty() {
            return ordered;
        }
        ordered.sort_by_key(|address| {
            let failure = state.failed.iter().position(|failed| failed == address);
            match failure {
                Some(position) => 2 + position,
                None => usize::from(!state.good.contains(address)),
            }
        });
        ordered
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No change here can be half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection to an address that has not answered yet.
#[derive(Debug)]
pub struct Trial<'n> {
    names: &'n Names,
    address: IpAddr,
    passed: bool,
}

impl Trial<'_> {
    /// It has answered.
    pub fn passed(mut self) {
        self.passed = true;
    }
}

impl Drop for Trial<'_> {
    fn drop(&mut self) {
        if !self.passed {
            self.names.fails(self.address);
        }
    }
}

/// The address that a host of a URI is, if it is no name.
pub fn literal(host: &str) -> Option<IpAddr> {
    let bare = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    bare.unwrap_or(host).parse().ok()
}

/// Both families in turn, beginning with that of the first address, each in the order of the
/// resolver (RFC 8305, section 4). No address twice.
fn interleaved(addresses: &[IpAddr]) -> Vec<IpAddr> {
    let Some(first) = addresses.first() else {
        return Vec::new();
    };
    let of_family = |same: bool| {
        let matching = move |it: &&IpAddr| (it.is_ipv4() == first.is_ipv4()) == same;
        addresses.iter().copied().filter(move |it| matching(&it))
    };
    let (mut preferred, mut others) = (of_family(true), of_family(false));
    let mut result = Vec::with_capacity(addresses.len());
    loop {
        let pair = (preferred.next(), others.next());
        if pair == (None, None) {
            return result;
        }
        for address in [pair.0, pair.1].into_iter().flatten() {
            if !result.contains(&address) {
                result.push(address);
            }
        }
    }
}

/// Why no socket can be made, of either family, if that is so.
fn refused_sockets() -> Option<Limit> {
    let refusal = TcpSocket::new_v4().err()?;
    TcpSocket::new_v6().err()?;
    of_socket("AF_INET and AF_INET6", &refusal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(text: &str) -> Vec<IpAddr> {
        text.split_whitespace()
            .map(|it| it.parse().unwrap())
            .collect()
    }

    #[test]
    fn families_take_turns_and_the_resolvers_choice_is_first() {
        for (found, expected) in [
            ("", ""),
            ("10.0.0.1", "10.0.0.1"),
            ("10.0.0.1 10.0.0.2", "10.0.0.1 10.0.0.2"),
            ("10.0.0.1 10.0.0.1", "10.0.0.1"),
            (
                "fd00::1 fd00::2 fd00::3 10.0.0.1 10.0.0.2",
                "fd00::1 10.0.0.1 fd00::2 10.0.0.2 fd00::3",
            ),
            (
                "10.0.0.1 10.0.0.2 10.0.0.3 fd00::1",
                "10.0.0.1 fd00::1 10.0.0.2 10.0.0.3",
            ),
            ("10.0.0.1 fd00::1 10.0.0.2", "10.0.0.1 fd00::1 10.0.0.2"),
        ] {
            let found = interleaved(&addresses(found));
            assert_eq!(found, addresses(expected));
        }
    }

    #[test]
    fn an_address_that_worked_is_first_and_one_that_failed_last() {
        let names = Names::default();
        let all = addresses("10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4");
        assert_eq!(names.ordered(&all), all);
        names.fails(all[0]);
        names.fails(all[1]);
        names.works(all[3]);
        let expected = addresses("10.0.0.4 10.0.0.3 10.0.0.1 10.0.0.2");
        assert_eq!(names.ordered(&all), expected);
        // It fails again, so that it is tried after the other.
        names.fails(all[0]);
        names.works(all[1]);
        names.fails(all[3]);
        let expected = addresses("10.0.0.2 10.0.0.3 10.0.0.1 10.0.0.4");
        assert_eq!(names.ordered(&all), expected);
    }

    #[test]
    fn an_address_is_no_name() {
        for (host, address) in [
            ("127.0.0.1", Some("127.0.0.1")),
            ("[::1]", Some("::1")),
            ("::1", Some("::1")),
            ("localhost", None),
            ("1.2.3.4.5", None),
            ("[", None),
            ("", None),
        ] {
            let expected = address.map(|it| it.parse().unwrap());
            assert_eq!(literal(host), expected, "{host}");
        }
    }
}
