//! The files of Biscuit: YAML, or JSON, which is read as YAML.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use saphyr_parser::{Event, Parser};
use sha2::{Digest, Sha256};

use crate::redaction::{WORD, quote};
use crate::stores::biscuit::sealed::Cipher;

/// The entry with the keys of new secrets, which is no secret.
pub const TEMPLATE: &str = "_keys";
/// How many bytes of a digest are a version.
const VERSION: usize = 8;

/// The secrets of a file: the entries of each, in their order.
pub type Secrets = BTreeMap<String, Vec<Entry>>;

/// One value under one key, as it is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    pub key_id: String,
    pub key_manager: String,
    pub algorithm: String,
    /// The data key that KMS encrypted, in Base64.
    pub key_ciphertext: String,
    /// The sealed value in Base64.
    pub ciphertext: String,
}

/// What an entry holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// The value itself, which nothing protects.
    Plain,
    /// A value that is sealed with a data key of KMS.
    Sealed(Cipher),
}

/// Why an entry cannot be used, as the rest of a sentence that begins with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    #[error("its `{field}` is not Base64")]
    NotBase64 { field: &'static str },
    #[error("it has no `algorithm`")]
    NoAlgorithm,
    #[error("its algorithm is `{}`, which Biscuit 0.1 has not", quote(name, WORD))]
    Algorithm { name: String },
    #[error("its key manager is `testing`, whose key is the same for everyone")]
    Testing,
    #[error("its key manager is `{}`, and not `kms`", quote(name, WORD))]
    Manager { name: String },
}

/// What is wrong with a file. Its text is not repeated: it may have values that are not sealed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    #[error("it is not UTF-8")]
    NotText,
    #[error("it is not YAML: cannot be read at line {line}, column {column}")]
    NotYaml { line: usize, column: usize },
    #[error("it has more than one YAML document")]
    Documents,
    #[error("it is not a mapping of names to lists of entries: line {line} is something else")]
    Shape { line: usize },
    #[error("line {line} has an alias or a tag, which Biscuit does not write")]
    Other { line: usize },
    #[error("the name at line {line} exists more than once")]
    Twice { line: usize },
}

impl Entry {
    /// What it holds.
    ///
    /// # Errors
    ///
    /// If it is of no kind that Biscuit writes for use.
    pub fn kind(&self) -> Result<Kind, Unfit> {
        let cipher = match self.algorithm.as_str() {
            "none" => return Ok(Kind::Plain),
            "secretbox" => Cipher::SecretBox,
            "aesgcm256" => Cipher::AesGcm,
            "" => return Err(Unfit::NoAlgorithm),
            name => {
                return Err(Unfit::Algorithm {
                    name: name.to_owned(),
                });
            }
        };
        match self.key_manager.as_str() {
            "kms" => Ok(Kind::Sealed(cipher)),
            "testing" => Err(Unfit::Testing),
            name => Err(Unfit::Manager {
                name: name.to_owned(),
            }),
        }
    }

    /// The value, sealed or not.
    pub fn ciphertext(&self) -> Result<Vec<u8>, Unfit> {
        decoded(&self.ciphertext, "ciphertext")
    }

    /// The data key that KMS encrypted.
    pub fn key_ciphertext(&self) -> Result<Vec<u8>, Unfit> {
        decoded(&self.key_ciphertext, "key_ciphertext")
    }
}

/// Biscuit's own decoder skips line ends too.
fn decoded(text: &str, field: &'static str) -> Result<Vec<u8>, Unfit> {
    let wrong = |_| Unfit::NotBase64 { field };
    match text.contains(['\n', '\r']) {
        false => STANDARD.decode(text).map_err(wrong),
        true => STANDARD
            .decode(text.replace(['\n', '\r'], ""))
            .map_err(wrong),
    }
}

/// The version of a secret: a digest of its entries, as they are sealed. A value that is not sealed has no
/// part in it, since its digest could be guessed from; the time at which the file was written, in
/// nanoseconds, stands for it.
pub fn version(entries: &[Entry], written: u128) -> String {
    let mut digest = Sha256::new();
    for entry in entries {
        match entry.kind() {
            Ok(Kind::Sealed(_)) => {
                for text in [&entry.key_id, &entry.key_ciphertext, &entry.ciphertext] {
                    digest.update(text.len().to_be_bytes());
                    digest.update(text);
                }
            }
            Ok(Kind::Plain) | Err(_) => digest.update(written.to_be_bytes()),
        }
    }
    let digest = digest.finalize();
    let digits = digest.iter().take(VERSION).map(|it| format!("{it:02x}"));
    digits.collect()
}

/// Reads a file. Fields that Biscuit does not know are skipped, as it does.
///
/// # Errors
///
/// If it is no file of Biscuit.
pub fn parse(bytes: &[u8]) -> Result<Secrets, Malformed> {
    let text = str::from_utf8(bytes).map_err(|_| Malformed::NotText)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader::default();
    for event in Parser::new_from_str(text) {
        // The parser's message can repeat the text.
        let (event, span) = event.map_err(|error| Malformed::NotYaml {
            line: error.marker().line(),
            column: error.marker().col() + 1,
        })?;
        reader.take(event, span.start.line())?;
    }
    let mut secrets = reader.secrets;
    secrets.remove(TEMPLATE);
    Ok(secrets)
}

/// Where in a file the next event is.
#[derive(Debug, Default)]
enum At {
    #[default]
    Start,
    Names,
    /// After a name.
    Value(String),
    /// In the list of a name.
    Entries(String),
    /// In an entry, before a field.
    Fields(String, Entry),
    /// After the name of a field.
    Field(String, Entry, String),
    End,
}

#[derive(Debug, Default)]
struct Reader {
    at: At,
    /// How many values of unknown fields are open.
    skipped: usize,
    documents: usize,
    secrets: Secrets,
}

impl Reader {
    fn take(&mut self, event: Event<'_>, line: usize) -> Result<(), Malformed> {
        let shape = Malformed::Shape { line };
        match &event {
            Event::Alias(_) => return Err(Malformed::Other { line }),
            Event::Scalar(_, _, _, tag)
            | Event::SequenceStart(_, tag)
            | Event::MappingStart(_, tag)
                if tag.as_deref().is_some_and(|it| !it.is_yaml_core_schema()) =>
            {
                return Err(Malformed::Other { line });
            }
            Event::DocumentStart(_) => {
                self.documents += 1;
                return match self.documents {
                    1 => Ok(()),
                    _ => Err(Malformed::Documents),
                };
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {
                return Ok(());
            }
            _ => {}
        }
        if self.skipped > 0 {
            match event {
                Event::SequenceStart(..) | Event::MappingStart(..) => self.skipped += 1,
                Event::SequenceEnd | Event::MappingEnd => self.skipped -= 1,
                _ => {}
            }
            return Ok(());
        }
        self.at = match (std::mem::take(&mut self.at), event) {
            (At::Start, Event::MappingStart(..)) => At::Names,
            // An empty file, or one with only comments.
            (At::Start, Event::Scalar(text, ..)) if is_null(&text) => At::End,
            (At::Names, Event::Scalar(text, ..)) => {
                let name = text.into_owned();
                if self.secrets.contains_key(&name) {
                    return Err(Malformed::Twice { line });
                }
                At::Value(name)
            }
            (At::Names, Event::MappingEnd) => At::End,
            (At::Value(name), Event::SequenceStart(..)) => {
                self.secrets.insert(name.clone(), Vec::new());
                At::Entries(name)
            }
            (At::Entries(name), Event::MappingStart(..)) => At::Fields(name, Entry::default()),
            (At::Entries(_), Event::SequenceEnd) => At::Names,
            (At::Fields(name, entry), Event::Scalar(field, ..)) => {
                At::Field(name, entry, field.into_owned())
            }
            (At::Fields(name, entry), Event::MappingEnd) => {
                self.secrets.entry(name.clone()).or_default().push(entry);
                At::Entries(name)
            }
            (At::Field(name, mut entry, field), Event::Scalar(text, style, ..)) => {
                let slot = match field.as_str() {
                    "key_id" => Some(&mut entry.key_id),
                    "key_manager" => Some(&mut entry.key_manager),
                    "algorithm" => Some(&mut entry.algorithm),
                    "key_ciphertext" => Some(&mut entry.key_ciphertext),
                    "ciphertext" => Some(&mut entry.ciphertext),
                    _ => None,
                };
                let is_plain = style == saphyr_parser::ScalarStyle::Plain;
                if let Some(slot) = slot
                    && !(is_plain && is_null(&text))
                {
                    if !slot.is_empty() {
                        return Err(Malformed::Twice { line });
                    }
                    *slot = text.into_owned();
                }
                At::Fields(name, entry)
            }
            (At::Field(name, entry, field), Event::SequenceStart(..) | Event::MappingStart(..))
                if !KNOWN.contains(&field.as_str()) =>
            {
                self.skipped = 1;
                At::Fields(name, entry)
            }
            _ => return Err(shape),
        };
        Ok(())
    }
}

/// The fields of an entry, which are texts.
const KNOWN: [&str; 5] = [
    "key_id",
    "key_manager",
    "algorithm",
    "key_ciphertext",
    "ciphertext",
];

/// Whether a plain text is null in YAML.
fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

#[cfg(test)]
mod tests;
