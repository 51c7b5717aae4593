//! A Keywhiz in memory, as one client sees it: its list, its batches, single secrets, and what the server's
//! framework answers instead. It has no socket of its own: a test serves it, behind a
//! [`Front`](crate::Front) that demands a certificate of the client.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value, json};
use sha2::Sha256;

/// Its answer: a status and a body.
pub type Answer = (u16, String);

/// A Keywhiz. Clones share what is in it.
#[derive(Clone, Debug, Default)]
pub struct Keywhiz {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    secrets: BTreeMap<String, Secret>,
    faults: Vec<Fault>,
    /// Secrets that are removed once they were listed.
    vanishing: Vec<String>,
    is_unpadded: bool,
    is_old: bool,
    /// How often something was written.
    writes: usize,
}

#[derive(Debug)]
struct Secret {
    content: Vec<u8>,
    metadata: BTreeMap<String, String>,
    /// When it was written, in writes.
    at: usize,
    /// Whether a group of the client has it.
    is_granted: bool,
}

/// An answer in place of the right one.
#[derive(Debug)]
struct Fault {
    /// Where it is found in method and target of a request.
    part: String,
    left: usize,
    answer: Answer,
}

impl Keywhiz {
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes a secret, and grants it to the client.
    pub fn put(&self, name: &str, content: impl AsRef<[u8]>) {
        let mut state = self.state();
        state.writes += 1;
        let secret = Secret {
            content: content.as_ref().to_vec(),
            metadata: BTreeMap::from([("mode".to_owned(), "0440".to_owned())]),
            at: state.writes,
            is_granted: true,
        };
        state.secrets.insert(name.to_owned(), secret);
    }

    /// Notes something of a secret.
    pub fn note(&self, name: &str, key: &str, value: &str) {
        if let Some(secret) = self.state().secrets.get_mut(name) {
            secret.metadata.insert(key.to_owned(), value.to_owned());
        }
    }

    /// Takes a secret from the client.
    pub fn revoke(&self, name: &str) {
        if let Some(secret) = self.state().secrets.get_mut(name) {
            secret.is_granted = false;
        }
    }

    pub fn remove(&self, name: &str) {
        self.state().secrets.remove(name);
    }

    /// Removes a secret once it was listed.
    pub fn remove_once_listed(&self, name: &str) {
        self.state().vanishing.push(name.to_owned());
    }

    /// From here on base64 has no padding.
    pub fn be_unpadded(&self) {
        self.state().is_unpadded = true;
    }

    /// From here on it has no batches, no checksums and no dates of changes.
    pub fn be_old(&self) {
        self.state().is_old = true;
    }

    /// Answers the next requests with this part, such as `GET /secrets`, with this status and body.
    pub fn fail(&self, part: &str, times: usize, status: u16, body: &str) {
        self.state().faults.push(Fault {
            part: part.to_owned(),
            left: times,
            answer: (status, body.to_owned()),
        });
    }

    /// Answers a request.
    pub fn answer(&self, method: &str, target: &str, body: &str) -> Answer {
        let mut state = self.state();
        let line = format!("{method} {target}");
        let mut faults = state.faults.iter_mut();
        if let Some(fault) = faults.find(|it| it.left > 0 && line.contains(&it.part)) {
            fault.left -= 1;
            return fault.answer.clone();
        }
        match (method, target) {
            ("GET", "/secrets") => {
                let secrets = state.secrets.iter().filter(|(_, it)| it.is_granted);
                let all: Vec<Value> = secrets
                    .map(|(name, secret)| state.shown(name, secret, false))
                    .collect();
                for name in std::mem::take(&mut state.vanishing) {
                    state.secrets.remove(&name);
                }
                (200, Value::from(all).to_string())
            }
            ("POST", "/batchsecret") if !state.is_old => state.batch(body),
            ("GET", target) => {
                let name = target.strip_prefix("/secret/").and_then(decoded);
                match name {
                    Some(name) => state.one(&name),
                    None => error(404, "HTTP 404 Not Found"),
                }
            }
            _ => error(404, "HTTP 404 Not Found"),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn one(&self, name: &str) -> Answer {
        match self.secrets.get(name) {
            None => error(404, "HTTP 404 Not Found"),
            Some(secret) if !secret.is_granted => {
                let message = format!("Access denied: web at '/secret/{name}'");
                error(403, &message)
            }
            Some(secret) => (200, self.shown(name, secret, true).to_string()),
        }
    }

    /// All of them, or none.
    fn batch(&self, body: &str) -> Answer {
        let request: Value = serde_json::from_str(body).unwrap_or_default();
        let names = request["secrets"].as_array().cloned().unwrap_or_default();
        let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
        let mut found = Vec::new();
        let mut forbidden = Vec::new();
        for name in names {
            match self.secrets.get(name) {
                None => return error(404, "HTTP 404 Not Found"),
                Some(secret) if !secret.is_granted => forbidden.push(name),
                Some(secret) => found.push(self.shown(name, secret, true)),
            }
        }
        match forbidden.is_empty() {
            true => (200, Value::from(found).to_string()),
            false => error(
                403,
                &format!(
                    "Access denied: web to secret(s) '[{}]'",
                    forbidden.join(", ")
                ),
            ),
        }
    }

    /// A secret; without its content as a list has it.
    fn shown(&self, name: &str, secret: &Secret, whole: bool) -> Value {
        let content: &[u8] = if whole { &secret.content } else { &[] };
        let text = match self.is_unpadded {
            true => STANDARD_NO_PAD.encode(content),
            false => STANDARD.encode(content),
        };
        let date = |at: usize| format!("2011-09-29T15:{:02}:{:02}.000Z", at / 60 % 60, at % 60);
        let mut fields = Map::new();
        fields.insert("name".to_owned(), json!(name));
        fields.insert("secret".to_owned(), json!(text));
        fields.insert("secretLength".to_owned(), json!(content.len()));
        if self.is_old {
            fields.insert("creationDate".to_owned(), json!(date(secret.at)));
            fields.insert("isVersioned".to_owned(), json!(false));
        } else {
            fields.insert("checksum".to_owned(), json!(checksum(&secret.content)));
            fields.insert("creationDate".to_owned(), json!(date(0)));
            fields.insert("updateDate".to_owned(), json!(date(secret.at)));
        }
        for (key, value) in &secret.metadata {
            fields.insert(key.clone(), json!(value));
        }
        Value::from(fields)
    }
}

/// A digest that only the server can compute.
fn checksum(content: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(b"of the server").expect("any length is a key");
    mac.update(content);
    let digest = mac.finalize().into_bytes();
    digest.iter().map(|byte| format!("{byte:02X}")).collect()
}

fn error(status: u16, message: &str) -> Answer {
    (
        status,
        json!({"code": status, "message": message}).to_string(),
    )
}

/// A segment of a path without percent-encoding.
fn decoded(segment: &str) -> Option<String> {
    if segment.contains('/') {
        return None;
    }
    let mut bytes = Vec::new();
    let mut rest = segment.bytes();
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
