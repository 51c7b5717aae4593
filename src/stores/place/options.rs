//! The options of places, and which stores have them.
#![forbid(unsafe_code)]

use std::sync::Arc;

use super::syntax::{Fault, NO_SECRETS, Store, decoded, position};
use super::vault;
use crate::aws::region;
use crate::aws::role;
use crate::stores::credstash::Keyring;
use crate::stores::objects::Format;
use crate::stores::source::Access;

/// The options of a place, and the stores that have them.
pub const OPTIONS: [(&str, &[Store]); 17] = [
    ("region", &AWS),
    ("profile", &AWS),
    ("role", &AWS),
    ("external-id", &AWS),
    // The name of a bucket is that of one region.
    (
        "fallback-region",
        &[
            Store::ParameterStore,
            Store::SecretsManager,
            Store::Credstash,
        ],
    ),
    ("stage", &[Store::SecretsManager]),
    ("version", &VERSIONS),
    ("json", &JSON),
    ("format", &[Store::Objects]),
    ("context", &[Store::Credstash]),
    ("kms-region", &[Store::Credstash]),
    ("confidant-profile", &[Store::Confidant]),
    ("kv", &VAULT),
    ("auth", &VAULT),
    ("auth-mount", &VAULT),
    ("auth-role", &VAULT),
    ("namespace", &VAULT),
];
const AWS: [Store; 6] = [
    Store::ParameterStore,
    Store::SecretsManager,
    Store::Credstash,
    // AWS KMS makes its token.
    Store::Confidant,
    Store::Objects,
    Store::Biscuit,
];
const VAULT: [Store; 2] = [Store::Vault, Store::OpenBao];
const JSON: [Store; 5] = [
    Store::SecretsManager,
    Store::Credstash,
    Store::Vault,
    Store::OpenBao,
    Store::Keywhiz,
];
const VERSIONS: [Store; 5] = [
    Store::SecretsManager,
    Store::Credstash,
    Store::Vault,
    Store::OpenBao,
    Store::Objects,
];

/// The shortest identifier of a version.
pub const SHORTEST_ID: usize = 32;

/// The options of a place.
#[derive(Debug, Default)]
pub struct Options {
    access: Access,
    external_id: Option<String>,
    pub stage: Option<String>,
    pub version: Option<String>,
    pub json: bool,
    pub format: Option<Format>,
    /// How credstash decrypts.
    pub keyring: Keyring,
    /// The profile in the file of Confidant's client.
    pub confidant_profile: Option<String>,
    /// Those of Vault and OpenBao.
    pub vault: vault::Options,
    /// Where `fallback-region`, `external-id` and `region` are.
    at: [usize; 3],
}

impl Options {
    /// Parses the options of a place of a store, with the position of the first.
    ///
    /// # Errors
    ///
    /// What is wrong with one, and at which character.
    pub fn parse(text: Option<(usize, &str)>, store: Store) -> Result<Self, Fault> {
        let mut options = Self::default();
        let Some((start, text)) = text else {
            return Ok(options);
        };
        let mut seen: Vec<&str> = Vec::new();
        for option in text.split('&') {
            let at = start + position(text, option) - 1;
            let (name, value) = match option.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (option, None),
            };
            known(name, at, store)?;
            if seen.contains(&name) && name != "context" {
                return Err(Fault::new(format!(
                    "has the option `{name}` a second time, at character {at}"
                )));
            }
            seen.push(name);
            if name == "json" {
                if value.is_some() {
                    return Err(Fault::new(format!(
                        "gives a value to the option `json` at character {at}, which takes none"
                    )));
                }
                options.json = true;
                continue;
            }
            let begin = at + name.chars().count();
            let value = value.filter(|value| !value.is_empty()).ok_or_else(|| {
                Fault::new(format!(
                    "has the option `{name}` at character {at} without a value"
                ))
                .hint(format!("write `{name}=VALUE`, or leave it out"))
            })?;
            if name == "context" {
                options.add_context(value, begin + 1)?;
                continue;
            }
            let value = decoded(value, begin)?;
            match VAULT.contains(&store) {
                true => options.vault.set(name, value, begin + 1)?,
                false => options.set(name, value, begin + 1, store)?,
            }
        }
        Ok(options)
    }

    /// A pair of an encryption context, `KEY:VALUE`, both still encoded.
    fn add_context(&mut self, text: &str, at: usize) -> Result<(), Fault> {
        let form = "write `context=KEY:VALUE`, once for each pair";
        let pair = text.split_once(':').filter(|(key, _)| !key.is_empty());
        let Some((key, value)) = pair else {
            return Err(Fault::new(format!(
                "has no `KEY:VALUE` for the option `context`, at character {at}"
            ))
            .hint(form));
        };
        let value = decoded(value, at + position(text, value) - 2)?;
        let key = decoded(key, at - 1)?;
        let context = &mut self.keyring.context;
        match context.insert(key.clone(), value) {
            None => Ok(()),
            Some(_) => Err(Fault::new(format!(
                "has `{key}` for the option `context` a second time, at character {at}"
            ))),
        }
    }

    fn set(&mut self, name: &str, value: String, at: usize, store: Store) -> Result<(), Fault> {
        let not = |what: &str| {
            Fault::new(format!(
                "has `{value}` for the option `{name}`, at character {at}, which {what}"
            ))
        };
        match name {
            "region" | "fallback-region" | "kms-region" if !region::is_label(&value) => {
                return Err(not("cannot be an AWS region").hint(region::hint(&value)));
            }
            "region" => (self.access.region, self.at[2]) = (Some(value), at),
            "fallback-region" => (self.access.fallback_region, self.at[0]) = (Some(value), at),
            "kms-region" => self.keyring.region = Some(value),
            // Any text can be a version there.
            "version" if store == Store::Credstash => self.version = Some(value),
            "confidant-profile" => self.confidant_profile = Some(value),
            "profile" => self.access.profile = Some(value),
            "role" => {
                let role = role::role(&value);
                self.access.role = Some(role.map_err(|flaw| not(flaw.what).hint(flaw.hint))?);
            }
            "external-id" => {
                role::external_id(&value).map_err(|flaw| not(flaw.what).hint(flaw.hint))?;
                (self.external_id, self.at[1]) = (Some(value), at);
            }
            "version" if store == Store::Objects => {
                // S3 does not say what an identifier consists of (Amazon S3 User Guide, "Version IDs").
                if value.len() > 1024 {
                    return Err(not("no version can have"));
                }
                self.version = Some(value);
            }
            "format" => {
                let format = Format::parse(&value);
                self.format = Some(format.ok_or_else(|| {
                    not("is no format")
                        .hint("the formats are `dotenv`, `json`, `yaml` and `properties`")
                })?);
            }
            "stage" | "version" => {
                let fits = |it: char| it.is_ascii_alphanumeric() || "_.-/+=@".contains(it);
                if !value.chars().all(fits) || value.len() > 256 {
                    return Err(not("no version can have"));
                }
                if name == "version" && value.len() < SHORTEST_ID {
                    return Err(not("is too short for the identifier of a version")
                        .hint("it has 32 characters at least; a stage is `stage=AWSPREVIOUS`"));
                }
                match name {
                    "stage" => self.stage = Some(value),
                    _ => self.version = Some(value),
                }
            }
            // `known` has refused all others.
            _ => {}
        }
        Ok(())
    }

    /// As which principal and where it is read; `own` is the region of an ARN.
    ///
    /// # Errors
    ///
    /// Options that do not fit together.
    pub fn access(&self, own: Option<&str>) -> Result<Option<Arc<Access>>, Fault> {
        let mut access = self.access.clone();
        match (&mut access.role, &self.external_id) {
            (Some(role), id) => role.external_id.clone_from(id),
            (None, Some(_)) => {
                return Err(Fault::new(format!(
                    "has an `external-id` at character {}, and no `role`",
                    self.at[1]
                ))
                .hint("add `role=ARN`, or leave it out"));
            }
            (None, None) => {}
        }
        if let (Some(region), Some(own)) = (&access.region, own)
            && region != own
        {
            return Err(Fault::new(format!(
                "has the region `{region}` at character {}, and its ARN is of `{own}`",
                self.at[2]
            ))
            .hint("leave the option out: an ARN is read in its own region"));
        }
        let first = access.region.as_deref().or(own);
        if let Some(fallback) = &access.fallback_region
            && first == Some(fallback)
        {
            return Err(Fault::new(format!(
                "falls back to `{fallback}`, at character {}, where it is read first",
                self.at[0]
            ))
            .hint("name another region, to which the secrets are copied"));
        }
        if own.is_some() && access.fallback_region.is_some() {
            return Err(Fault::new(format!(
                "has a `fallback-region` at character {}, and an ARN is of one region",
                self.at[0]
            ))
            .hint("name the secret by its name, which both regions have"));
        }
        Ok((access != Access::default()).then(|| Arc::new(access)))
    }
}

/// Refuses an option that no place has, or none of this store.
fn known(name: &str, at: usize, store: Store) -> Result<(), Fault> {
    let of = |store: Store| {
        let options = OPTIONS.iter().filter(move |(_, of)| of.contains(&store));
        options.map(|(name, _)| *name)
    };
    if of(store).any(|known| known == name) {
        return Ok(());
    }
    // What stands here may be a secret, or what follows it.
    const SECRETS: [&str; 10] = [
        "password",
        "passphrase",
        "pass",
        "pwd",
        "secret",
        "token",
        "key",
        "credential",
        "auth",
        "apikey",
    ];
    let lower = name.to_ascii_lowercase();
    if SECRETS.iter().any(|it| lower.contains(it)) {
        let plain = |it: char| it.is_ascii_alphanumeric() || "_-".contains(it);
        let shown = match name.chars().all(plain) {
            true => format!("`{name}`"),
            false => "one".to_owned(),
        };
        return Err(Fault {
            secret: true,
            ..Fault::new(format!(
                "has an option for a secret, {shown}, at character {at}"
            ))
            .hint(NO_SECRETS)
        });
    }
    let hint = OPTIONS
        .iter()
        .map(|(known, _)| (strsim::damerau_levenshtein(known, &lower), *known))
        .filter(|(distance, known)| *distance <= 2 && of(store).any(|it| it == *known))
        .min();
    let hint = match hint {
        Some((_, known)) => format!("did you mean `{known}`?"),
        None => {
            let all: Vec<String> = of(store).map(|it| format!("`{it}`")).collect();
            format!("its options are {}", all.join(", "))
        }
    };
    // Its value may be anything.
    const LONGEST: usize = 32;
    let plain = |it: char| it.is_ascii_alphanumeric() || "_-.".contains(it);
    let fault = Fault::new(match name {
        "" => format!("has an empty option at character {at}"),
        name if name.len() <= LONGEST && name.chars().all(plain) => {
            format!("has an unknown option, `{name}`, at character {at}")
        }
        _ => format!("has an unknown option at character {at}"),
    });
    Err(Fault {
        secret: true,
        ..fault
    }
    .hint(hint))
}
