//! AWS KMS, which decrypts the data keys of stores that encrypt values themselves, and encrypts tokens.

use std::collections::BTreeMap;
use std::fmt;

use aws_config::SdkConfig;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::aws::arn::Scope;
use crate::aws::denial::{named_after, scope_of};
use crate::aws::iam::{KeyUse, Statement};
use crate::aws::refusal::Refusal;
use crate::aws::session::Session as AwsSession;
use crate::aws::settings::Service;
use crate::aws::signed::{self, Operation};
use crate::net::call::{AttemptError, Effect};
use crate::net::progress::Progress;
use crate::net::reply::Reply;
use crate::secret;
use crate::stores::call::{self, Call};
use crate::stores::encoding::encode;
use crate::stores::error::Error;
use crate::stores::session;

/// AWS KMS among the services of AWS.
pub static SERVICE: Service = Service {
    name: "AWS KMS",
    id: "KMS",
    variable: "AWS_ENDPOINT_URL_KMS",
    host: "kms",
    fips: &[""],
    largest: |_| LARGEST,
};

/// The largest response, in bytes: 4 KiB that were decrypted (Decrypt), or 6 KiB that were encrypted
/// (Encrypt), and the ARN of the key.
const LARGEST: usize = 64 << 10;

/// Stands for a client: an operation or two are not worth that of the SDK, which has fifty.
#[derive(Debug, Clone, Copy)]
pub struct Client;

/// A session for KMS.
pub type Session = session::Session<Client>;

impl session::Client for Client {
    const SERVICE: &'static Service = &SERVICE;

    fn new(_: &SdkConfig) -> Self {
        Self
    }
}

/// The operation Decrypt (AWS KMS API Reference).
const DECRYPT: Operation = Operation {
    service: "kms",
    protocol: "1.1",
    target: "TrentService.Decrypt",
};

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Input<'i> {
    ciphertext_blob: &'i str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    encryption_context: &'i BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Output {
    plaintext: Option<String>,
    key_id: Option<String>,
}

/// The operation Encrypt.
const ENCRYPT: Operation = Operation {
    target: "TrentService.Encrypt",
    ..DECRYPT
};

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Encrypting<'i> {
    key_id: &'i str,
    plaintext: &'i str,
    encryption_context: &'i BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Encrypted {
    ciphertext_blob: Option<String>,
}

/// How data keys are decrypted.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Keyring {
    /// The region of the key, if it is not that of the store.
    pub region: Option<String>,
    /// The encryption context with which the secrets were written. It is no secret: CloudTrail has it.
    pub context: BTreeMap<String, String>,
}

impl Keyring {
    /// The options of a place that has it: each with its name and its value, encoded.
    pub fn options(&self) -> Vec<(&'static str, String)> {
        let encoded = |value: &str| {
            let mut text = String::new();
            encode(&mut text, value);
            text
        };
        let mut options = Vec::new();
        if let Some(region) = &self.region {
            options.push(("kms-region", encoded(region)));
        }
        for (key, value) in &self.context {
            // The first colon ends it.
            let key = encoded(key).replace(':', "%3A");
            options.push(("context", format!("{key}:{}", encoded(value))));
        }
        options
    }
}

/// The session in the region of each key ring; those of one region share it.
///
/// # Errors
///
/// If one is not a region, or a proxy that is meant for its endpoint is invalid.
pub fn sessions<'k>(
    usual: &Session,
    keyrings: impl Iterator<Item = &'k Keyring>,
) -> Result<Vec<Session>, Error> {
    let mut known: BTreeMap<&str, Session> = BTreeMap::new();
    let mut sessions = Vec::new();
    for keyring in keyrings {
        let session = match usual.other_region(keyring.region.as_deref()) {
            None => usual.clone(),
            Some(region) => match known.get(region) {
                Some(session) => session.clone(),
                None => {
                    let session = usual.at(region, "a place")?;
                    known.insert(region, session.clone());
                    session
                }
            },
        };
        sessions.push(session);
    }
    Ok(sessions)
}

/// What a store encrypted, and how.
#[derive(Debug, Clone)]
pub struct Sealed<'s> {
    /// The thing whose key it is, for messages: ``secret `…` ``.
    pub thing: String,
    /// What KMS encrypted.
    pub blob: Vec<u8>,
    /// The encryption context under which it was encrypted.
    pub context: &'s BTreeMap<String, String>,
    pub hints: &'static Hints,
}

/// What a store suggests where its keys are not decrypted.
#[derive(Debug)]
pub struct Hints {
    /// Nothing was decrypted, and there is no encryption context.
    pub without_context: &'static str,
    /// Nothing was decrypted under the encryption context.
    pub with_context: &'static str,
    /// The caller may not use the key, or the key cannot be used.
    pub denied: &'static str,
}

/// What KMS decrypted.
pub struct Decrypted {
    pub key: Vec<u8>,
    /// The ARN of the key of KMS that had encrypted it.
    pub key_id: String,
}

/// Decrypts what a key of KMS encrypted. What is decrypted is concealed in messages from then on.
///
/// # Errors
///
/// If KMS does not decrypt it, or cannot be reached in time.
pub async fn decrypt(
    session: &Session,
    progress: &Progress,
    sealed: Sealed<'_>,
) -> Result<Decrypted, Error> {
    let blob = STANDARD.encode(&sealed.blob);
    let target = Target {
        work: Work::Decrypt,
        thing: sealed.thing,
        context: sealed.context.clone(),
        hints: sealed.hints,
    };
    let mut call = Call::new(session, progress, target);
    let input = Input {
        ciphertext_blob: &blob,
        encryption_context: sealed.context,
    };
    let request = || signed::call::<Output>(session, DECRYPT, &input);
    let decrypted = call
        .send(request, |output| {
            let text = output.plaintext.ok_or(InvalidResponse::NoKey)?;
            // A message of a service could repeat it as it was received.
            secret::conceal(&text);
            let key = STANDARD.decode(text);
            Ok(Decrypted {
                key: key.map_err(|_| InvalidResponse::NotBase64)?,
                key_id: output.key_id.unwrap_or_default(),
            })
        })
        .await?;
    Ok(decrypted)
}

/// What is to be encrypted, and how.
#[derive(Debug, Clone)]
pub struct Plain<'s> {
    /// What it is, for messages: ``the token of `app` ``.
    pub thing: String,
    /// The key: an ARN, an id, or an alias with `alias/`.
    pub key: &'s str,
    pub plaintext: String,
    pub context: &'s BTreeMap<String, String>,
    pub hints: &'static Hints,
}

/// Encrypts something with a key of KMS; what it returns is Base64.
///
/// # Errors
///
/// If KMS does not encrypt it, or cannot be reached in time.
pub async fn encrypt(
    session: &Session,
    progress: &Progress,
    plain: Plain<'_>,
) -> Result<String, Error> {
    let text = STANDARD.encode(plain.plaintext);
    let target = Target {
        work: Work::Encrypt {
            key: plain.key.to_owned(),
        },
        thing: plain.thing,
        context: plain.context.clone(),
        hints: plain.hints,
    };
    let mut call = Call::new(session, progress, target);
    let input = Encrypting {
        key_id: plain.key,
        plaintext: &text,
        encryption_context: plain.context,
    };
    let request = || signed::call::<Encrypted>(session, ENCRYPT, &input);
    call.send(request, |output| {
        let text = output.ciphertext_blob;
        let text = text.filter(|it| STANDARD.decode(it).is_ok_and(|it| !it.is_empty()));
        text.ok_or(InvalidResponse::NoCiphertext)
    })
    .await
}

/// What KMS does.
#[derive(Debug, Clone)]
enum Work {
    Decrypt,
    Encrypt { key: String },
}

/// What a request to KMS is for: the data key of a thing, or the thing itself.
#[derive(Debug, Clone)]
struct Target {
    work: Work,
    thing: String,
    context: BTreeMap<String, String>,
    hints: &'static Hints,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.work {
            Work::Decrypt => write!(f, "the data key of {}", self.thing),
            Work::Encrypt { .. } => f.write_str(&self.thing),
        }
    }
}

/// What is wrong with an invalid response. No program is started after one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum InvalidResponse {
    #[error("no data key")]
    NoKey,
    #[error("a data key that is not Base64")]
    NotBase64,
    #[error("nothing encrypted in Base64")]
    NoCiphertext,
}

impl call::Flaw for InvalidResponse {
    fn may_pass(&self) -> bool {
        match self {
            Self::NoKey | Self::NotBase64 | Self::NoCiphertext => true,
        }
    }
}

impl call::Target for Target {
    type Flaw = InvalidResponse;

    fn effect(&self) -> Effect {
        Effect::None
    }

    fn refused(
        &self,
        refusal: Refusal,
        session: &AwsSession,
        signer: String,
    ) -> AttemptError<Error> {
        call::refused(refusal, session, signer, |reply| {
            AttemptError::Certain(about(self, reply, session))
        })
    }
}

/// The error for a refusal that is about the key, or about what it encrypted.
fn about(target: &Target, reply: Reply, session: &AwsSession) -> Error {
    let place = session.place();
    let code = reply.code.as_deref().unwrap_or_default();
    // AWS does not respond without a code: a portal or a proxy does, or the endpoint is wrong.
    if code.is_empty() && reply.status != 403 {
        return Error::InvalidResponse {
            target: target.to_string(),
            place,
            what: reply.to_string(),
        };
    }
    let is_sealed = matches!(target.work, Work::Decrypt);
    if is_sealed && matches!(code, "InvalidCiphertextException" | "IncorrectKeyException") {
        return Error::Undecryptable {
            target: target.thing.clone(),
            place,
            why: reply.to_string(),
            hint: match target.context.is_empty() {
                true => target.hints.without_context,
                false => target.hints.with_context,
            },
        };
    }
    let about_the_key = [
        "DisabledException",
        "InvalidGrantTokenException",
        "InvalidKeyUsageException",
        "KMSInvalidStateException",
        "KeyUnavailableException",
        "NotFoundException",
    ];
    if !code.is_empty() && !code.starts_with("AccessDenied") && !about_the_key.contains(&code) {
        return Error::Rejected {
            hint: None,
            target: target.to_string(),
            place,
            reply,
        };
    }
    let named = named_after(&reply, "on resource: ").filter(|arn| arn.contains(":kms:"));
    let scope = scope_of(&reply, session);
    let used = KeyUse::with_context(&target.context);
    let (verb, action, (key, used)) = match (&target.work, named) {
        (Work::Decrypt, Some(key)) => ("decrypt", "kms:Decrypt", (key.to_owned(), used)),
        (Work::Decrypt, None) => ("decrypt", "kms:Decrypt", (scope.key("*"), used)),
        (Work::Encrypt { .. }, Some(key)) => ("encrypt", "kms:Encrypt", (key.to_owned(), used)),
        (Work::Encrypt { key }, None) => ("encrypt", "kms:Encrypt", key_of(key, used, &scope)),
    };
    let missing = Statement::allow(&[action], vec![key]).only_for(used);
    Error::KeyDenied {
        verb,
        target: target.thing.clone(),
        place,
        reply,
        missing: Box::new(missing),
        hint: target.hints.denied,
    }
}

/// The ARN of a key for a statement, and its use: no resource of IAM is an alias.
fn key_of(key: &str, used: KeyUse, scope: &Scope) -> (String, KeyUse) {
    let own = key.rsplit_once(':').map_or(key, |(_, own)| own);
    match own.starts_with("alias/") {
        true => (scope.key("*"), used.with_aliases(vec![own.to_owned()])),
        false if key.starts_with("arn:") => (key.to_owned(), used),
        false => (scope.key(key), used),
    }
}
