//! Services, and how a server writes them.

use std::collections::BTreeMap;

use aes::Aes128;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use cbc::Encryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeEncrypt, KeyIvInit};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::credstash;

/// What a service may read.
#[derive(Clone, Debug)]
pub struct Service {
    pub revision: u64,
    pub enabled: bool,
    /// The account that may read it; all of them by default.
    pub account: Option<String>,
    pub credentials: Vec<Credential>,
    pub blind_credentials: Vec<Blind>,
}

/// A credential.
#[derive(Clone, Debug)]
pub struct Credential {
    pub id: String,
    pub name: String,
    pub revision: u64,
    pub enabled: bool,
    /// A JSON object.
    pub pairs: Value,
}

/// A credential that the server cannot read.
#[derive(Clone, Debug)]
pub struct Blind {
    pub id: String,
    pub name: String,
    pub revision: u64,
    /// The regions in which it is encrypted.
    pub regions: Vec<String>,
    pub context: Value,
    /// A JSON object.
    pub pairs: Value,
    /// Whether the server knows its keys.
    pub listed: bool,
}

impl Service {
    /// A service with these credentials.
    pub fn with(credentials: Vec<Credential>) -> Self {
        Self {
            revision: 1,
            enabled: true,
            account: None,
            credentials,
            blind_credentials: Vec::new(),
        }
    }

    /// The same with this blind credential.
    #[must_use]
    pub fn and_blind(mut self, blind: Blind) -> Self {
        self.blind_credentials.push(blind);
        self
    }

    pub(super) fn answer(&self, id: &str, is_metadata: bool) -> Value {
        let credentials = self.credentials.iter().map(|it| it.answer(is_metadata));
        let blind = self
            .blind_credentials
            .iter()
            .map(|it| it.answer(is_metadata));
        json!({
            "permissions": {"metadata": is_metadata, "get": !is_metadata, "update": false},
            "enabled": self.enabled,
            "id": id,
            "blind_credentials": blind.collect::<Vec<_>>(),
            "modified_date": DATE,
            "account": self.account,
            "modified_by": "rob@example.com",
            "credentials": credentials.collect::<Vec<_>>(),
            "revision": self.revision,
        })
    }
}

/// When everything was written.
const DATE: &str = "2026-11-28T03:31:07.558136+00:00";

impl Credential {
    /// A credential of which the id is made from its name.
    pub fn new(name: &str, pairs: Value) -> Self {
        Self {
            id: format!("{:0<32}", name.replace(' ', "")),
            name: name.to_owned(),
            revision: 1,
            enabled: true,
            pairs,
        }
    }

    fn answer(&self, is_metadata: bool) -> Value {
        json!({
            "credential_keys": keys(&self.pairs),
            "metadata": {},
            "permissions": {},
            "tags": [],
            "documentation": "of a test",
            "enabled": self.enabled,
            "id": self.id,
            "modified_date": DATE,
            "credential_pairs": if is_metadata { json!({}) } else { self.pairs.clone() },
            "name": self.name,
            "next_rotation_date": DATE,
            "modified_by": "rob@example.com",
            "last_rotation_date": DATE,
            "revision": self.revision,
        })
    }
}

impl Blind {
    /// A credential that is encrypted in this region, with the encryption context `service`.
    pub fn new(name: &str, region: &str, service: &str, pairs: Value) -> Self {
        Self {
            id: format!("{:0<32}", name.replace(' ', "")),
            name: name.to_owned(),
            revision: 1,
            regions: vec![region.to_owned()],
            context: json!({"service": service}),
            pairs,
            listed: true,
        }
    }

    fn answer(&self, is_metadata: bool) -> Value {
        let key = URL_SAFE.encode(std::array::from_fn::<u8, 32, _>(|at| at as u8 * 7 + 1));
        let each = |of: &dyn Fn(&String) -> String| -> Value {
            let regions = self.regions.iter().filter(|_| !is_metadata);
            let all: BTreeMap<&String, String> = regions.map(|it| (it, of(it))).collect();
            json!(all)
        };
        let blob =
            |region: &String| credstash::blob(region, &self.context, &self.name, key.as_bytes());
        let contexts = self
            .regions
            .iter()
            .map(|it| (it.clone(), self.context.clone()));
        json!({
            "credential_keys": if self.listed { keys(&self.pairs) } else { json!([]) },
            "data_key": each(&blob),
            "metadata": {"context": contexts.collect::<serde_json::Map<_, _>>()},
            "documentation": "of a test",
            "enabled": true,
            "id": self.id,
            "modified_date": DATE,
            "credential_pairs": each(&|_| fernet(&self.pairs.to_string(), &key)),
            "name": self.name,
            "modified_by": "rob@example.com",
            "cipher_type": "fernet",
            "cipher_version": 2,
            "revision": self.revision,
        })
    }
}

fn keys(pairs: &Value) -> Value {
    let keys = pairs.as_object().into_iter().flat_map(|all| all.keys());
    json!(keys.collect::<Vec<_>>())
}

/// A token of Fernet, always of the same time and with the same initialization vector.
fn fernet(text: &str, key: &str) -> String {
    let key = URL_SAFE.decode(key).expect("it was made here");
    let (authenticating, encrypting) = key.split_at(16);
    let vector = [3; 16];
    let cipher =
        Encryptor::<Aes128>::new_from_slices(encrypting, &vector).expect("it has 16 bytes");
    let mut token = vec![0x80, 0, 0, 0, 0, 0x6b, 0x04, 0xee, 0x91];
    token.extend(vector);
    token.extend(cipher.encrypt_padded_vec::<Pkcs7>(text.as_bytes()));
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(authenticating).expect("any size fits");
    mac.update(&token);
    token.extend(mac.finalize().into_bytes());
    URL_SAFE.encode(token)
}
