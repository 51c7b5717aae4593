//! Places: how users name what is read, in one grammar for all stores.
//!
//! A place is a path of Parameter Store, an ARN, or a URI, `SCHEME://WHERE[?OPTION[&OPTION]][#KEY]`
//! with percent-encoding as in RFC 3986. The manual page envsecrets-places(7) has all of it. No
//! secret belongs in a place: what looks like one is refused, and its text is not repeated.
#![forbid(unsafe_code)]

use std::sync::Arc;

use crate::aws::arn::{self, Arn};
use crate::aws::region;
use crate::aws::role;
use crate::glob::Glob;
use crate::stores::parameter_store::names::{self, Selector};
use crate::stores::source::{Access, Source};
use crate::stores::{parameter_store, secrets_manager};

/// What a text names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub source: Source,
    /// The one key of a JSON object that is used, instead of all of it.
    pub key: Option<String>,
    /// Whether the keys of each secret of a set become variables as well.
    pub keys_as_well: bool,
}

/// What is wrong with a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The rest of a sentence that begins with the place.
    pub why: String,
    /// What to try, where that is known.
    pub hint: Option<String>,
    /// Whether the place may contain a secret, so that its text must not be repeated.
    pub secret: bool,
}

impl Fault {
    fn new(why: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            hint: None,
            secret: false,
        }
    }

    fn hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }

    /// The place for messages.
    pub fn shown(&self, text: &str) -> String {
        match self.secret {
            true => "the place".to_owned(),
            false => format!("`{text}`"),
        }
    }
}

impl From<&'static str> for Fault {
    fn from(why: &'static str) -> Self {
        Self::new(why)
    }
}

/// A store, as schemes name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Store {
    ParameterStore,
    SecretsManager,
}

/// The schemes, in lower case.
const SCHEMES: [(&str, Store); 5] = [
    ("ssm", Store::ParameterStore),
    ("awsssm", Store::ParameterStore),
    ("secretsmanager", Store::SecretsManager),
    ("sm", Store::SecretsManager),
    ("awssecrets", Store::SecretsManager),
];

/// The options of a place, and the stores that have them.
const OPTIONS: [(&str, &[Store]); 8] = [
    ("region", &AWS),
    ("profile", &AWS),
    ("role", &AWS),
    ("external-id", &AWS),
    ("fallback-region", &AWS),
    ("stage", &[Store::SecretsManager]),
    ("version", &[Store::SecretsManager]),
    ("json", &[Store::SecretsManager]),
];
const AWS: [Store; 2] = [Store::ParameterStore, Store::SecretsManager];

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
    let options = Options::parse(uri.options, store)?;
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
        Store::ParameterStore => parameters(&location, key)?,
        Store::SecretsManager => secrets(&location, key, &options)?,
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
        keys_as_well: options.json,
        ..place
    })
}

impl Place {
    /// All of what is there.
    fn whole(source: Source) -> Self {
        Self {
            source,
            key: None,
            keys_as_well: false,
        }
    }
}

/// The parts of a URI, as they are written. Positions are those of their first characters, from 1.
struct Uri<'t> {
    /// An ARN has none.
    scheme: Option<&'t str>,
    location: &'t str,
    options: Option<(usize, &'t str)>,
    key: Option<(usize, &'t str)>,
}

impl<'t> Uri<'t> {
    fn parse(text: &'t str) -> Result<Self, Fault> {
        // A key may contain spaces, and is the end of a place.
        let key = text.find('#').unwrap_or(text.len());
        let unfit = |(at, it): (usize, char)| it.is_control() || it.is_whitespace() && at < key;
        if let Some(at) = text.char_indices().position(unfit) {
            return Err(Fault::new(format!(
                "has a space or a control character at character {}",
                at + 1
            ))
            .hint("a space in a name is written `%20`; was something pasted with its line end?"));
        }
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) if !arn::is_meant(text) => (Some(scheme), rest),
            _ => (None, text),
        };
        let (rest, key) = match rest.split_once('#') {
            Some((rest, key)) => (rest, Some((position(text, key), key))),
            None => (rest, None),
        };
        let (location, options) = match rest.split_once('?') {
            Some((location, options)) => (location, Some((position(text, options), options))),
            None => (rest, None),
        };
        Ok(Self {
            scheme,
            location,
            options,
            key,
        })
    }
}

/// The position of the first character of `part`, which is a part of `text`, from 1.
fn position(text: &str, part: &str) -> usize {
    let before = text.len() - (part.len() + after(text, part));
    text[..before].chars().count() + 1
}

/// How many bytes of `text` follow `part`, which is a part of it.
fn after(text: &str, part: &str) -> usize {
    let end = part.as_ptr() as usize + part.len();
    (text.as_ptr() as usize + text.len()) - end
}

fn store(scheme: &str, text: &str) -> Result<Store, Fault> {
    if let Some((_, store)) = SCHEMES.iter().find(|(known, _)| *known == scheme) {
        return Ok(*store);
    }
    let known: Vec<String> = ["ssm", "secretsmanager"]
        .iter()
        .map(|it| format!("`{it}://`"))
        .collect();
    let known = known.join(" and ");
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

const NO_SECRETS: &str = "a place is shown in messages, logs and lists of processes, and holds no secret: \
                          credentials come from where all AWS tools have them";

/// The text without percent-encoding. `start` is the number of characters before it.
fn decoded(text: &str, start: usize) -> Result<String, Fault> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        let number = || start + position(text, &rest[at..]);
        let digits = rest.get(at + 1..at + 3).filter(|it| {
            let mut digits = it.bytes();
            digits.all(|digit| digit.is_ascii_hexdigit())
        });
        let Some(byte) = digits.and_then(|it| u8::from_str_radix(it, 16).ok()) else {
            return Err(Fault::new(format!(
                "has a `%` at character {} that two hexadecimal digits do not follow",
                number()
            ))
            .hint("a `%` itself is written `%25`"));
        };
        if byte < 0x20 || byte == 0x7f {
            return Err(Fault::new(format!(
                "encodes a control character at character {}",
                number()
            )));
        }
        bytes.push(byte);
        rest = &rest[at + 3..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8(bytes).map_err(|_| {
        Fault::new(format!(
            "encodes bytes from character {} on that are not UTF-8",
            start + 1
        ))
    })
}

/// The options of a place.
#[derive(Debug, Default)]
struct Options {
    access: Access,
    external_id: Option<String>,
    stage: Option<String>,
    version: Option<String>,
    json: bool,
    /// Where `fallback-region`, `external-id` and `region` are.
    at: [usize; 3],
}

impl Options {
    fn parse(text: Option<(usize, &str)>, store: Store) -> Result<Self, Fault> {
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
            if seen.contains(&name) {
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
            let value = decoded(value, begin)?;
            options.set(name, value, begin + 1)?;
        }
        Ok(options)
    }

    fn set(&mut self, name: &str, value: String, at: usize) -> Result<(), Fault> {
        let not = |what: &str| {
            Fault::new(format!(
                "has `{value}` for the option `{name}`, at character {at}, which {what}"
            ))
        };
        match name {
            "region" | "fallback-region" if !region::is_label(&value) => {
                return Err(not("cannot be an AWS region").hint(region::hint(&value)));
            }
            "region" => (self.access.region, self.at[2]) = (Some(value), at),
            "fallback-region" => (self.access.fallback_region, self.at[0]) = (Some(value), at),
            "profile" => self.access.profile = Some(value),
            "role" => {
                let role = role::role(&value);
                self.access.role = Some(role.map_err(|flaw| not(flaw.what).hint(flaw.hint))?);
            }
            "external-id" => {
                role::external_id(&value).map_err(|flaw| not(flaw.what).hint(flaw.hint))?;
                (self.external_id, self.at[1]) = (Some(value), at);
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
    fn access(&self, own: Option<&str>) -> Result<Option<Arc<Access>>, Fault> {
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

/// What a location names in Parameter Store.
fn parameters(text: &str, key: Option<String>) -> Result<Place, Fault> {
    let source = if text.is_empty() {
        return Err(Fault::new("names no parameter").hint("such as `ssm:///prd/app/db`"));
    } else if !arn::is_meant(text) && !text.starts_with('/') && text.contains('/') {
        return Err(
            Fault::new("names a parameter in a hierarchy without its first `/`")
                .hint(format!("did you mean `ssm:///{text}`?")),
        );
    } else if text.ends_with('/') && text.starts_with('/') {
        let parts: Vec<&str> = text.split('/').filter(|part| !part.is_empty()).collect();
        let path = format!("/{}", parts.join("/"));
        if path != "/" {
            names::valid_name(&path)?;
        }
        parameter_store::Source::Below { path, label: None }
    } else if text.contains('*') {
        let glob = flat(text)?;
        names::valid_name(glob.beginning())?;
        parameter_store::Source::Matching { glob, label: None }
    } else {
        let selector = Selector::parse(text)?;
        if selector.base().ends_with('/') {
            return Err(Fault::new("has a version or label after its `/`")
                .hint("a path is read at a label with `--label`"));
        }
        if !selector.has_plain_suffix() {
            return Err("names an invalid version or label: only letters, digits, `_`, `.` and `-` are allowed".into());
        }
        parameter_store::Source::One(selector)
    };
    Ok(Place {
        key,
        ..Place::whole(source.into())
    })
}

/// What a location names in Secrets Manager.
fn secrets(text: &str, key: Option<String>, options: &Options) -> Result<Place, Fault> {
    let Options { stage, version, .. } = options;
    let set = if arn::is_meant(text) {
        None
    } else if text.ends_with('/') {
        Some(secrets_manager::Source::Below {
            prefix: text.to_owned(),
        })
    } else if text.contains('*') {
        let glob = flat(text)?;
        Some(secrets_manager::Source::Matching { glob })
    } else {
        None
    };
    if let Some(set) = set {
        if set.prefix() == "/" {
            return Err(Fault::new("names no secret")
                .hint("begin with literal text, such as `secretsmanager://prd/app/`"));
        }
        valid_secret(set.prefix())?;
        if stage.is_some() || version.is_some() {
            return Err(
                Fault::new("has a `stage` or a `version`, and names a set of secrets")
                    .hint("a set is read at AWSCURRENT; a single secret can have one"),
            );
        }
        return Ok(Place {
            key,
            ..Place::whole(set.into())
        });
    }
    let (selector, key) = one_secret(text, key)?;
    let both = |of_text: Option<String>, of_options: &Option<String>, name: &str| match (
        of_text, of_options,
    ) {
        (Some(one), Some(other)) if one != *other => Err(Fault::new(format!(
            "names two {name}, `{one}` and `{other}`"
        ))),
        (one, other) => Ok(one.or_else(|| other.clone())),
    };
    let selector = secrets_manager::Selector {
        stage: both(selector.stage, stage, "stages")?,
        version: both(selector.version, version, "versions")?,
        ..selector
    };
    Ok(Place {
        key,
        ..Place::whole(secrets_manager::Source::One(selector).into())
    })
}

/// A secret: `NAME`, `NAME:STAGE`, `NAME:VERSION`, or an ARN that ends like that or, as in ECS task
/// definitions, with `:KEY:STAGE:VERSION`.
fn one_secret(
    text: &str,
    mut key: Option<String>,
) -> Result<(secrets_manager::Selector, Option<String>), Fault> {
    let mut selector = secrets_manager::Selector {
        id: text.to_owned(),
        stage: None,
        version: None,
    };
    let name;
    if arn::is_meant(text) {
        const NO_SECRET: &str = "is not the ARN of a secret";
        let parsed = Arn::of("secretsmanager", text).ok_or(NO_SECRET)?;
        let fields: Vec<&str> = parsed.resource().split(':').collect();
        let ["secret", id, rest @ ..] = fields.as_slice() else {
            return Err(NO_SECRET.into());
        };
        name = *id;
        match rest {
            [] => {}
            [one] => selector.at(one)?,
            &[member, stage, version] => {
                if !member.is_empty() && key.replace(member.to_owned()).is_some() {
                    return Err("names two keys".into());
                }
                let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
                (selector.stage, selector.version) = (given(stage), given(version));
            }
            _ => {
                return Err(Fault::new(NO_SECRET)
                    .hint("after it stands `:STAGE`, or `:KEY:STAGE:VERSION` as ECS writes it"));
            }
        }
        let suffix: usize = rest.iter().map(|it| it.len() + 1).sum();
        selector.id.truncate(text.len() - suffix);
    } else {
        name = match text.split_once(':') {
            Some((name, version)) => {
                selector.at(version)?;
                selector.id.truncate(name.len());
                name
            }
            None => text,
        };
    }
    valid_secret(name)?;
    if name.ends_with('/') {
        return Err(Fault::new("has a stage or a version after its `/`")
            .hint("a set is read at AWSCURRENT; a single secret can have one"));
    }
    let fits = |it: char| it.is_ascii_alphanumeric() || "_.-/+=@".contains(it);
    let versions = [&selector.stage, &selector.version];
    if !versions
        .iter()
        .all(|it| it.iter().all(|it| it.chars().all(fits)))
    {
        return Err(
            "names an invalid stage or version: only letters, digits, `_`, `.` and `-` are allowed"
                .into(),
        );
    }
    Ok((selector, key))
}

impl secrets_manager::Selector {
    /// Sets the version from what follows a name: an identifier of a version has 32 characters at
    /// least (PutSecretValue, `ClientRequestToken`), and the stages of AWS are shorter.
    fn at(&mut self, text: &str) -> Result<(), Fault> {
        if text.is_empty() {
            return Err("ends with a colon, but has no stage or version".into());
        }
        match text.len() >= SHORTEST_ID {
            true => self.version = Some(text.to_owned()),
            false => self.stage = Some(text.to_owned()),
        }
        Ok(())
    }
}

/// The shortest identifier of a version.
const SHORTEST_ID: usize = 32;

/// Checks the characters and the length of a secret's name (CreateSecret, `Name`).
fn valid_secret(name: &str) -> Result<(), Fault> {
    const LONGEST: usize = 512;
    let allowed = |it: char| it.is_ascii_alphanumeric() || "/_+=.@-".contains(it);
    if name.trim_matches('/').is_empty() {
        return Err(Fault::new("names no secret").hint("such as `secretsmanager://prd/app/db`"));
    }
    if let Some(it) = name.chars().find(|it| !allowed(*it)) {
        return Err(Fault::new(format!(
            "contains `{it}`, which the name of a secret cannot: only letters, digits and \
             `/_+=.@-` are allowed"
        )));
    }
    match name.len() > LONGEST {
        true => Err(Fault::new(format!(
            "has a name of more than {LONGEST} characters, the most that a secret can have"
        ))),
        false => Ok(()),
    }
}

/// The glob of a flat name that ends with `*`.
fn flat(text: &str) -> Result<Glob, Fault> {
    let Some(beginning) = text.strip_suffix('*').filter(|it| !it.contains('*')) else {
        return Err(Fault::new("has a `*` that is not at its end").hint(
            "`*` stands at the end of a name; `--only` and `--exclude` take other patterns",
        ));
    };
    if beginning.trim_matches('/').is_empty() {
        return Err(Fault::new("does not begin with literal text")
            .hint("all names of the account would have to be searched otherwise"));
    }
    Glob::for_parameters(text).map_err(|_| Fault::new("is not a pattern"))
}

#[cfg(test)]
mod tests;
