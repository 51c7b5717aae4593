//! The grammar of places that all stores share, and what is wrong with a text.
#![forbid(unsafe_code)]

use crate::aws::arn;
use crate::glob::Glob;
use crate::stores::source::Source;

/// What a text names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub source: Source,
    /// The one key of a JSON object that is used, instead of all of it.
    pub key: Option<String>,
    /// Whether the keys of each secret of a set become variables as well.
    pub keys_as_well: bool,
}

impl Place {
    /// All of what is there.
    pub fn whole(source: Source) -> Self {
        Self {
            source,
            key: None,
            keys_as_well: false,
        }
    }
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
    pub fn new(why: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            hint: None,
            secret: false,
        }
    }

    pub fn hint(self, hint: impl Into<String>) -> Self {
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
#[expect(clippy::enum_variant_names, reason = "one is called a store by AWS")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    ParameterStore,
    SecretsManager,
    Credstash,
    Vault,
    OpenBao,
    Confidant,
    Keywhiz,
    Objects,
    Biscuit,
}

/// The schemes, in lower case.
pub const SCHEMES: [(&str, Store); 12] = [
    ("ssm", Store::ParameterStore),
    ("awsssm", Store::ParameterStore),
    ("secretsmanager", Store::SecretsManager),
    ("sm", Store::SecretsManager),
    ("awssecrets", Store::SecretsManager),
    ("credstash", Store::Credstash),
    ("vault", Store::Vault),
    ("openbao", Store::OpenBao),
    ("keywhiz", Store::Keywhiz),
    ("confidant", Store::Confidant),
    ("s3", Store::Objects),
    ("biscuit", Store::Biscuit),
];

/// What is said where a place seems to hold a secret.
pub const NO_SECRETS: &str = "a place is shown in messages, logs and lists of processes, and holds no secret: \
                          credentials come from where the store's own tools have them";

/// The parts of a URI, as they are written. Positions are those of their first characters, from 1.
pub struct Uri<'t> {
    /// An ARN has none.
    pub scheme: Option<&'t str>,
    pub location: &'t str,
    pub options: Option<(usize, &'t str)>,
    pub key: Option<(usize, &'t str)>,
}

impl<'t> Uri<'t> {
    /// Splits a text.
    ///
    /// # Errors
    ///
    /// A character that no place has.
    pub fn parse(text: &'t str) -> Result<Self, Fault> {
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
pub fn position(text: &str, part: &str) -> usize {
    let before = text.len() - (part.len() + after(text, part));
    text[..before].chars().count() + 1
}

/// How many bytes of `text` follow `part`, which is a part of it.
fn after(text: &str, part: &str) -> usize {
    let end = part.as_ptr() as usize + part.len();
    (text.as_ptr() as usize + text.len()) - end
}

/// The text without percent-encoding. `start` is the number of characters before it.
///
/// # Errors
///
/// What is no percent-encoding of UTF-8, and at which character.
pub fn decoded(text: &str, start: usize) -> Result<String, Fault> {
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

/// The glob of a flat name that ends with `*`.
///
/// # Errors
///
/// Any other pattern.
pub fn flat(text: &str) -> Result<Glob, Fault> {
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
