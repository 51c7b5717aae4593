//! A HashiCorp Vault in memory: keys and values of both versions, tokens, AppRoles, and what it
//! answers, word for word as Vault 1.8 and OpenBao 2.7 do. It has no socket of its own: a test serves
//! it, with the faults that it needs.

mod secrets;
mod sign_in;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use secrets::Secret;
use sign_in::{AppRole, Token};

/// A request to a Vault.
#[derive(Clone, Copy, Debug)]
pub struct Request<'r> {
    pub method: &'r str,
    /// The path with its query.
    pub target: &'r str,
    pub token: Option<&'r str>,
    pub body: &'r str,
}

/// Its answer: a status and a body.
pub type Answer = (u16, String);

/// A Vault. Clones share what is in it.
#[derive(Clone, Debug, Default)]
pub struct Vault {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    mounts: BTreeMap<String, Mount>,
    tokens: BTreeMap<String, Token>,
    roles: BTreeMap<String, AppRole>,
    /// What wrapping tokens stand for.
    wrapped: BTreeMap<String, String>,
    revoked: Vec<String>,
    /// How many tokens were made by signing in.
    made: usize,
    faults: Vec<Fault>,
    sealed: bool,
    /// Whether the look-up of mounts does not exist, as in servers before version 0.10.
    old: bool,
}

/// What is mounted.
#[derive(Debug)]
struct Mount {
    kind: String,
    version: Option<u8>,
    secrets: BTreeMap<String, Secret>,
}

/// An answer in place of the right one.
#[derive(Debug)]
struct Fault {
    /// Where it is found in the target of a request.
    part: String,
    left: usize,
    answer: Answer,
}

impl Vault {
    /// A Vault with `secret/` of version 2 and `kv1/` of version 1, and the token `root`.
    pub fn new() -> Self {
        let vault = Self::default();
        vault.mount("secret", "kv", Some(2));
        vault.mount("kv1", "kv", Some(1));
        vault.token("root", &[""]);
        vault
    }

    /// Mounts an engine; without a version it has no options.
    pub fn mount(&self, path: &str, kind: &str, version: Option<u8>) {
        let mount = Mount {
            kind: kind.to_owned(),
            version,
            secrets: BTreeMap::new(),
        };
        self.state().mounts.insert(path.to_owned(), mount);
    }

    /// Answers the next requests whose target has this part with this status and body.
    pub fn fail(&self, part: &str, times: usize, status: u16, body: &str) {
        self.state().faults.push(Fault {
            part: part.to_owned(),
            left: times,
            answer: (status, body.to_owned()),
        });
    }

    /// Seals it.
    pub fn seal(&self) {
        self.state().sealed = true;
    }

    /// From here on it has no look-up of mounts.
    pub fn be_old(&self) {
        self.state().old = true;
    }

    /// The tokens that were revoked.
    pub fn revoked(&self) -> Vec<String> {
        self.state().revoked.clone()
    }

    /// Answers a request.
    pub fn answer(&self, request: Request<'_>) -> Answer {
        let mut state = self.state();
        let mut faults = state.faults.iter_mut();
        let fault = faults.find(|it| it.left > 0 && request.target.contains(&it.part));
        if let Some(fault) = fault {
            fault.left -= 1;
            return fault.answer.clone();
        }
        if state.sealed {
            return errors(503, &["error performing token check: Vault is sealed"]);
        }
        let Some(rest) = request.target.strip_prefix("/v1/") else {
            return errors(404, &[]);
        };
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let Some(path) = decoded(path) else {
            return errors(400, &["invalid path"]);
        };
        if path.starts_with("auth/") && path.ends_with("/login") {
            return state.login(&path, request.body);
        }
        let Some(token) = request.token else {
            return errors(400, &["missing client token"]);
        };
        match (request.method, path.as_str()) {
            ("POST", "sys/wrapping/unwrap") => return state.unwrap(token),
            ("POST", "auth/token/revoke-self") => return state.revoke(token),
            _ => {}
        }
        if let Some(path) = path.strip_prefix("sys/internal/ui/mounts/") {
            return state.look_up(token, path);
        }
        if !state.allows(token, &path) {
            return errors(403, &["1 error occurred:\n\t* permission denied\n\n"]);
        }
        match (request.method, query.contains("list=true")) {
            ("GET", true) => state.list(&path),
            ("GET", false) => state.read(&path, query),
            _ => errors(405, &["1 error occurred:\n\t* unsupported operation\n\n"]),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The mount of a path, and what is below it.
    fn mount_of<'p>(&self, path: &'p str) -> Option<(&str, &Mount, &'p str)> {
        let mut mounts = self.mounts.iter();
        mounts.find_map(|(name, mount)| {
            let rest = path.strip_prefix(name.as_str())?;
            let rest = if rest.is_empty() {
                rest
            } else {
                rest.strip_prefix('/')?
            };
            Some((name.as_str(), mount, rest))
        })
    }

    fn look_up(&self, token: &str, path: &str) -> Answer {
        if self.old {
            return errors(404, &[]);
        }
        let found = self.mount_of(path);
        match found.filter(|(name, ..)| self.allows_below(token, name)) {
            Some((name, mount, _)) => {
                let options = match mount.version {
                    Some(version) => format!("{{\"version\":\"{version}\"}}"),
                    None => "null".to_owned(),
                };
                let kind = &mount.kind;
                success(&format!(
                    "{{\"accessor\":\"kv_2470e652\",\"description\":\"\",\"options\":{options},\
                     \"path\":\"{name}/\",\"type\":\"{kind}\"}}"
                ))
            }
            None => errors(
                403,
                &[&format!(
                    "preflight capability check returned 403, please ensure client's policies grant \
                     access to path \"{path}/\""
                )],
            ),
        }
    }
}

/// The envelope of an answer with this data.
fn success(data: &str) -> Answer {
    (200, envelope(data, "null"))
}

fn envelope(data: &str, auth: &str) -> String {
    format!(
        "{{\"request_id\":\"4758791a-8c6b-44c8-5d4c-bd616cd67a95\",\"lease_id\":\"\",\"renewable\":false,\
         \"lease_duration\":0,\"data\":{data},\"wrap_info\":null,\"warnings\":null,\"auth\":{auth}}}\n"
    )
}

fn errors(status: u16, texts: &[&str]) -> Answer {
    let body = serde_json::json!({"errors": texts});
    (status, format!("{body}\n"))
}

/// A path without percent-encoding.
fn decoded(path: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}
