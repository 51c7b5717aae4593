//! Places: how users name what is read, in one grammar for all stores.
//!
//! A place is a path of Parameter Store, an ARN, or a URI, `SCHEME://WHERE[?OPTION[&OPTION]][#KEY]`
//! with percent-encoding as in RFC 3986. The manual page envsecrets-places(7) has all of it. No
//! secret belongs in a place: what looks like one is refused, and its text is not repeated.
#![forbid(unsafe_code)]

mod biscuit;
mod confidant;
mod credstash;
mod keywhiz;
mod objects;
mod options;
mod parameters;
mod secrets;
mod syntax;
mod vault;

pub use objects::without_format;
use options::Options;
pub use syntax::{Fault, Place};
use syntax::{NO_SECRETS, SCHEMES, Store, Uri, decoded};

use crate::aws::arn::{self, Arn};
use crate::stores::parameter_store;
use crate::stores::parameter_store::names::Selector;
use crate::stores::source::Source;
use crate::stores::vault::Server;

/// Whether a text is written as a URI, whatever its scheme.
pub fn is_uri(text: &str) -> bool {
    text.contains("://")
}

/// Whether a text is a place by itself, with a scheme or as an ARN, and not a bare path or name.
pub fn is_whole(text: &str) -> bool {
    is_uri(text) || arn::is_meant(text)
}

/// Parses a place that names one secret: a URI, the ARN of a parameter or a secret, or the bare name of
/// a parameter, with `:VERSION` or `:LABEL` if one follows.
///
/// # Errors
///
/// What is wrong with it, and at which character.
pub fn one(text: &str) -> Result<Place, Fault> {
    let place = match is_whole(text) {
        true => parse(text)?,
        false => {
            let selector = Selector::parse(text).map_err(|why| bare(text, why))?;
            if !selector.has_plain_suffix() {
                let why = "names an invalid version or label: only letters, digits, `_`, `.` and `-` are \
                           allowed";
                return Err(bare(text, why));
            }
            let source = parameter_store::Source::One(selector).into();
            return Ok(Place::whole(source));
        }
    };
    if !place.source.is_one() {
        let fault = Fault::new("names a set of secrets, and one is needed");
        return Err(
            fault.hint("leave out the `/` or `*` at its end, or read the set with `--from`")
        );
    }
    if place.keys_as_well {
        return Err(Fault::new("has the option `json`, which is for `--from`")
            .hint("`#KEY` at its end takes one key"));
    }
    Ok(place)
}

/// Why a bare name cannot be one, with the URI that may be meant.
fn bare(text: &str, why: &'static str) -> Fault {
    let fault = Fault::new(why);
    let begins =
        "a place with options or a key begins with its scheme, as in `ssm:///prd/app/db#key`";
    match text.contains(['?', '#', '%']) {
        true => Fault {
            // What stands in an option may be anything.
            secret: text.contains('?'),
            ..fault
        }
        .hint(begins),
        false => fault,
    }
}

/// Parses a URI or an ARN.
///
/// # Errors
///
/// What is wrong with it, and at which character.
pub fn parse(text: &str) -> Result<Place, Fault> {
    let uri = Uri::parse(text)?;
    let (store, start) = match uri.scheme {
        Some(scheme) => (store(scheme, text)?, scheme.len() + "://".len()),
        None => (store_of_arn(uri.location)?, 0),
    };
    let location = decoded(uri.location, start)?;
    no_password(&location, start)?;
    let mut options = Options::parse(uri.options, store)?;
    let key = match uri.key {
        None => None,
        Some((at, "")) => {
            return Err(Fault::new(format!(
                "ends with `#` at character {}, and names no key",
                at - 1
            )));
        }
        Some((at, key)) => Some(decoded(key, at - 1)?),
    };
    let place = match store {
        Store::ParameterStore => parameters::parse(&location, key)?,
        Store::SecretsManager => secrets::parse(&location, key, &options)?,
        Store::Objects => objects::parse(&location, key, &options)?,
        Store::Credstash => credstash::parse(uri.location, start, key, &options)?,
        Store::Keywhiz => keywhiz::parse(uri.location, start, key, options.json)?,
        Store::Biscuit => biscuit::parse(&location, start, key)?,
        Store::Confidant => {
            let profile = options.confidant_profile.take();
            confidant::parse(&location, start, key, profile)?
        }
        Store::Vault | Store::OpenBao => {
            let server = match store {
                Store::OpenBao => Server::OpenBao,
                _ => Server::Vault,
            };
            let own = std::mem::take(&mut options.vault);
            vault::parse(server, &location, start, key, own, options.json)?
        }
    };
    let access = options.access(place.source.region())?;
    if !place.source.is_one() && place.key.is_some() {
        let at = uri.key.map_or(0, |(at, _)| at);
        return Err(Fault::new(format!(
            "has a key at character {at}, and names a set of secrets"
        ))
        .hint("a key is taken of one secret: leave out the `/` or `*` before it"));
    }
    Ok(Place {
        source: Source {
            access,
            ..place.source
        },
        keys_as_well: options.json && is_of_documents(store),
        ..place
    })
}

/// Whether `json` takes the keys of each secret as well, rather than as the server has them.
fn is_of_documents(store: Store) -> bool {
    matches!(
        store,
        Store::SecretsManager | Store::Credstash | Store::Keywhiz
    )
}

fn store(scheme: &str, text: &str) -> Result<Store, Fault> {
    if let Some((_, store)) = SCHEMES.iter().find(|(known, _)| *known == scheme) {
        return Ok(*store);
    }
    const KNOWN: [&str; 9] = [
        "ssm",
        "secretsmanager",
        "credstash",
        "vault",
        "openbao",
        "confidant",
        "keywhiz",
        "s3",
        "biscuit",
    ];
    let known = KNOWN.map(|it| format!("`{it}://`"));
    let known = match known.as_slice() {
        [all @ .., last] => format!("{} and {last}", all.join(", ")),
        [] => String::new(),
    };
    let lower = scheme.to_ascii_lowercase();
    let after = SCHEMES.iter().find(|(known, _)| {
        let before = scheme.strip_suffix(known);
        before.is_some_and(|it| it.ends_with(['=', '"', '\'', ' ']))
    });
    let hint = if let Some((known, _)) = after {
        format!("a place begins with its scheme: leave out what stands before `{known}://`")
    } else if SCHEMES.iter().any(|(known, _)| *known == lower) {
        format!("schemes are in lower case: `{lower}://`")
    } else if text.starts_with('/') {
        format!("a place with options begins with its scheme: {known}")
    } else {
        let near = SCHEMES
            .iter()
            .map(|(known, _)| (strsim::damerau_levenshtein(known, &lower), known))
            .filter(|(distance, _)| *distance <= 2)
            .min_by_key(|(distance, _)| *distance);
        match near {
            Some((_, near)) => format!("did you mean `{near}://`?"),
            None => format!("the schemes are {known}"),
        }
    };
    let plain = |it: char| it.is_ascii_alphanumeric() || "+-._".contains(it);
    let fault = Fault {
        secret: true,
        ..Fault::new("begins with no scheme that is known, at character 1")
    };
    Err(match !scheme.is_empty() && scheme.chars().all(plain) {
        true => Fault {
            why: format!("has the unknown scheme `{scheme}` at character 1"),
            ..fault
        },
        false => fault,
    }
    .hint(hint))
}

fn store_of_arn(text: &str) -> Result<Store, Fault> {
    match Arn::parse(text).map(|arn| arn.service()) {
        Some("ssm") => Ok(Store::ParameterStore),
        Some("secretsmanager") => Ok(Store::SecretsManager),
        _ => Err(Fault::new("is not the ARN of a parameter or of a secret")),
    }
}

/// Refuses `user:password@`: passwords come from where each store's own client has them.
fn no_password(location: &str, start: usize) -> Result<(), Fault> {
    let first = location.split('/').next().unwrap_or_default();
    match first.rsplit_once('@') {
        Some((user, _)) if user.contains(':') && !arn::is_meant(location) => Err(Fault {
            secret: true,
            ..Fault::new(format!(
                "has a password before its `@` at character {}",
                start + user.chars().count() + 1
            ))
            .hint(NO_SECRETS)
        }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
