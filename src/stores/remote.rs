//! A server that is not of AWS: the way there, its requests until one is answered, and what a failure
//! of the network means.

use std::fmt::Display;
use std::path::PathBuf;
use std::time::Duration;

use http::header::{HeaderMap, RETRY_AFTER};
use http::{Request, Response};

use crate::aws::error::Error as AwsError;
use crate::aws::files;
use crate::aws::settings::CONNECT;
use crate::net::authority::Authority;
use crate::net::call::{AttemptError, Call, CallError, Effect};
use crate::net::certificate::Flaw;
pub use crate::net::connection::Body;
use crate::net::failure::{Failure, Untrusted, describe, is_not_http, is_too_large, untrusted};
use crate::net::progress::Progress;
use crate::net::retry::Reason;
pub use crate::net::transport::Bytes;
use crate::net::transport::{Limits, Transport};
use crate::parameter::Parameter;
use crate::secret::conceal;
use crate::stores::error::{Error, Fault, Problem};

/// A server, and the way there.
#[derive(Debug)]
pub struct Remote {
    /// The name of the product, for messages.
    pub name: &'static str,
    /// Its address, and what else says where it is, for messages.
    pub place: String,
    pub hints: Hints,
    pub transport: Transport,
}

/// What to try, with the names of the settings of one store.
#[derive(Debug, Clone, Copy)]
pub struct Hints {
    /// The server does not answer.
    pub network: &'static str,
    /// No server can have the address.
    pub address: &'static str,
    /// The certificate of the server is of an unknown authority.
    pub authority: &'static str,
    /// The certificate of the server has another name.
    pub name: &'static str,
    /// No TLS in common, as where a server requires a certificate of the client.
    pub identity: &'static str,
}

/// How a request ended.
pub struct Sent<T> {
    pub result: Result<T, Error>,
    /// Whether an answer to it was lost before.
    pub lost: bool,
}

impl Remote {
    /// The source and the number of the trusted certificates, if any were needed.
    pub fn anchors(&self) -> Option<(String, usize)> {
        self.transport.anchors()
    }

    /// Makes attempts until one is answered. `target` is what is requested, for messages.
    pub async fn send<T, A>(
        &self,
        target: &str,
        progress: &Progress,
        attempt: impl Fn() -> A,
    ) -> Sent<T>
    where
        A: Future<Output = Result<T, AttemptError<Error>>>,
    {
        let waiting = progress.wait_for(self.name, format!("{target} in {}", self.place));
        let mut call = Call::new(progress, Effect::None);
        let renew = |_: String| std::future::ready(Ok(false));
        let sent = call.retry(waiting, attempt, renew).await;
        let result = sent.map_err(|error| match error {
            CallError::Certain(error) => error,
            CallError::Invalid { what } | CallError::Lost { what, .. } => {
                self.invalid(target, what)
            }
            CallError::Postponed {
                requested,
                left,
                summary,
            } => Error::Postponed {
                service: self.name,
                target: target.to_owned(),
                requested,
                left,
                summary,
            },
        });
        Sent {
            result,
            lost: call.lost,
        }
    }

    /// Sends a request once. `largest` is the size of the largest answer, in bytes.
    ///
    /// # Errors
    ///
    /// What a failure of the network means.
    pub async fn exchange(
        &self,
        request: Request<Body>,
        largest: usize,
    ) -> Result<Response<Bytes>, AttemptError<Error>> {
        let limits = Limits {
            connect: Some(CONNECT),
            read: None,
            response: Some(largest),
        };
        let exchanged = self.transport.exchange(request, limits).await;
        exchanged.map_err(|failure| self.of_network(&failure))
    }

    /// The error for a response that is not one of this server.
    pub fn invalid(&self, target: &str, what: impl Display) -> Error {
        let what_failed = format!("the response for {target} from {} is invalid", self.place);
        Problem::new(Fault::Invalid, what_failed)
            .because(what)
            .hint(
                "another server may respond in place of it: check the address, proxies, and captive \
                 portals",
            )
            .into()
    }

    /// What a failure of the network means.
    fn of_network(&self, failure: &Failure) -> AttemptError<Error> {
        let passing = |what: String, hint, sent| AttemptError::Passing {
            reason: Reason::Transient,
            retry_after: None,
            what,
            hint: Some(hint),
            sent,
        };
        let certain = |problem: Problem| AttemptError::Certain(problem.into());
        let place = &self.place;
        if let Some(why) = untrusted(failure) {
            if why.may_pass() {
                let hint = "the clock of this machine is slow: check its time";
                return passing(describe(failure), hint, false);
            }
            return certain(self.not_trusted(&why, failure));
        }
        match failure {
            Failure::Limited(limit) if limit.is_lasting() => {
                AttemptError::Certain(AwsError::Limited(limit.clone()).into())
            }
            Failure::Limited(limit) => passing(limit.in_one_line(), limit.hint, false),
            failure if is_too_large(failure) => AttemptError::Invalid {
                what: format!("it is larger than any that {} sends", self.name),
            },
            failure if is_not_http(failure) => AttemptError::Invalid {
                what: "it is not HTTP; does the address begin with `https://`?".to_owned(),
            },
            failure if failure.is_proxy_error() && failure.is_permanent() => certain(
                Problem::new(
                    Fault::Setting,
                    format!("a proxy denies the connection to {place}"),
                )
                .because(describe(failure))
                .hint("`NO_PROXY` lists hosts to reach without it"),
            ),
            failure if failure.is_permanent() => certain(
                Problem::new(
                    Fault::Setting,
                    format!("{place} cannot be used as an address"),
                )
                .because(describe(failure))
                .hint(self.hints.address),
            ),
            failure => passing(
                describe(failure),
                self.hints.network,
                failure.is_after_sending(),
            ),
        }
    }

    /// The server is not trusted, or does not trust us.
    fn not_trusted(&self, why: &Untrusted, failure: &Failure) -> Problem {
        let (place, hints) = (&self.place, &self.hints);
        let hint = match why {
            Untrusted::Certificate(refused) => match refused.flaw {
                Flaw::UnknownIssuer => hints.authority,
                Flaw::WrongName => hints.name,
                Flaw::Dates | Flaw::Clock => {
                    "check the certificate of the server, and the clock of this machine"
                }
                Flaw::Other => "check the certificate of the server",
            },
            Untrusted::NotTls => {
                "the server does not use TLS: does the address begin with `http://`?"
            }
            Untrusted::Incompatible(_) => hints.identity,
            Untrusted::Anchors(_) => {
                "check the file or the directory with certificates that are trusted"
            }
        };
        let (what, cause) = match why {
            Untrusted::Incompatible(why) => (
                format!("{place} and this program have no TLS in common"),
                why.clone(),
            ),
            Untrusted::Anchors(trust) => {
                return Problem::new(Fault::Setting, trust.to_string()).hint(hint);
            }
            Untrusted::Certificate(refused) => {
                let described = refused.description.clone();
                let mut cause = described.unwrap_or_else(|| describe(failure));
                if let Some((origin, count)) = self.anchors() {
                    cause.push_str(&format!(
                        "; {count} certificates are trusted, from {origin}"
                    ));
                }
                (format!("{place} is not trusted"), cause)
            }
            Untrusted::NotTls => (format!("{place} is not trusted"), describe(failure)),
        };
        Problem::new(Fault::Setting, what).because(cause).hint(hint)
    }
}

/// Who read what.
#[derive(Debug)]
pub struct Reader {
    pub store: &'static str,
    /// The address, and what else says where it is, for messages.
    pub place: String,
    /// As which principal, for messages.
    pub principal: String,
    /// The sources, by their place among those that were given.
    pub sources: Vec<usize>,
}

/// All that was read of servers that are not of AWS.
#[derive(Debug)]
pub struct Found {
    /// What each source has, in their order, sorted by name.
    pub secrets: Vec<Vec<Parameter>>,
    pub readers: Vec<Reader>,
}

/// How long a server asks to wait before the next request.
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?;
    seconds.trim().parse().ok().map(Duration::from_secs)
}

/// A file that a variable names.
pub type Named = (&'static str, PathBuf);

/// The certificate of the client and its key, from the files that two variables name. The key is
/// concealed from here on.
///
/// # Errors
///
/// If a file cannot be read, or is too long.
pub fn identity(
    (certificate, certificates): &Named,
    (key, keys): &Named,
    progress: &Progress,
) -> Result<(Vec<u8>, Vec<u8>), Error> {
    let read = |name: &'static str, path: &PathBuf| {
        let text = files::text(path.as_os_str(), Some(name), progress)?;
        Ok::<_, Error>(text.unwrap_or_default())
    };
    let chain = read(certificate, certificates)?;
    let key = read(key, keys)?;
    conceal(&key);
    Ok((chain.into_bytes(), key.into_bytes()))
}

/// The address in a variable, without a `/` at its end.
///
/// # Errors
///
/// If it is no URL of a server. A password in it is not repeated.
pub fn address(name: &str, address: &str, example: &str) -> Result<String, Error> {
    let hint = || Some(format!("such as `{example}`"));
    let (scheme, authority) = Authority::of_url(address);
    let shown = match authority.contains('@') || address.contains(['?', '#']) {
        true => String::new(),
        false => format!(" is `{address}`, which"),
    };
    let not = |why: &str| {
        let shown = if shown.is_empty() { "" } else { &shown };
        setting(format!("`{name}`{shown} {why}"), hint())
    };
    if scheme == Some("unix") {
        return Err(not(
            "is a socket, and only `http://` and `https://` are supported",
        ));
    }
    if !matches!(scheme, Some("http" | "https")) {
        return Err(not("begins with neither `https://` nor `http://`"));
    }
    let parsed = Authority::parse(authority).map_err(not)?;
    if parsed.userinfo.is_some() {
        return Err(not(
            "contains a name or a password, which no such server takes",
        ));
    }
    if address.contains(['?', '#']) {
        return Err(not("has a query or a fragment"));
    }
    let unfit = |it: char| it.is_whitespace() || it.is_control();
    if address.contains(unfit) || address.parse::<http::Uri>().is_err() {
        return Err(not("is no URL"));
    }
    Ok(address.trim_end_matches('/').to_owned())
}

/// A setting that is missing or wrong.
pub fn setting(what: String, hint: Option<String>) -> Error {
    Problem {
        hint,
        ..Problem::new(Fault::Setting, what)
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::address as address_of;

    const EXAMPLE: &str = "https://vault.example.com:8200";

    #[test]
    fn an_address_is_a_url_without_a_password() {
        for (address, checked_address) in [
            ("https://vault:8200", "https://vault:8200"),
            ("http://127.0.0.1:8200/", "http://127.0.0.1:8200"),
            ("https://proxy/vault/", "https://proxy/vault"),
            ("https://[::1]:8200", "https://[::1]:8200"),
        ] {
            assert_eq!(
                address_of("VAULT_ADDR", address, EXAMPLE).unwrap(),
                checked_address
            );
        }
        for (address, what) in [
            (
                "vault:8200",
                "`VAULT_ADDR` is `vault:8200`, which begins with neither `https://` nor `http://`",
            ),
            (
                "unix:///run/agent.sock",
                "`VAULT_ADDR` is `unix:///run/agent.sock`, which is a socket, and only `http://` and \
                 `https://` are supported",
            ),
            (
                "https://u:hunter2@vault",
                "`VAULT_ADDR` contains a name or a password, which no such server takes",
            ),
            (
                "https://vault:82x0",
                "`VAULT_ADDR` is `https://vault:82x0`, which has a port that is not a number from 1 \
                 to 65535",
            ),
            (
                "https://vault?token=x",
                "`VAULT_ADDR` has a query or a fragment",
            ),
        ] {
            assert_eq!(
                address_of("VAULT_ADDR", address, EXAMPLE)
                    .unwrap_err()
                    .to_string(),
                what
            );
        }
    }
}
