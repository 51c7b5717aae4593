//! Secrets as files: which ones are requested, and their content.
//!
//! A message names variables, parameters and paths, never a value: a value that cannot be decoded
//! is as secret as one that can.
#![forbid(unsafe_code)]

use std::path::PathBuf;

use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

use crate::launch::values::{self, Exact};
use crate::options::UsageError;
use crate::parameter::noun;
use crate::secret::{Content, Secret};
use crate::stores::{Place, Source, place};
use crate::system::memory_file::{self, MemoryFiles, Owner, Target};
use crate::variable::VarName;

/// A parameter that the program gets as a file, and the variable that holds where that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSpec {
    pub name: VarName,
    pub source: Source,
    /// The key of a JSON object whose value is the content.
    pub key: Option<String>,
    pub encoding: Encoding,
    pub target: Target,
}

/// How the value encodes the bytes of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Plain,
    /// Lines, of which the last ends as well: `$(cat FILE)` of a shell has lost that end.
    Text,
    Base64,
}

impl Encoding {
    const NAMED: [Self; 2] = [Self::Text, Self::Base64];

    /// What is before the parameter.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Text => "text:",
            Self::Base64 => "base64:",
        }
    }

    /// The encoding that a text begins with, and the rest of it.
    pub fn split(text: &str) -> (Self, &str) {
        let mut named = Self::NAMED.into_iter();
        named
            .find_map(|it| Some((it, text.strip_prefix(it.prefix())?)))
            .unwrap_or((Self::Plain, text))
    }
}

const FORM: &str = "the form is `--file NAME=PARAMETER` or `--file NAME=PARAMETER@/PATH`, such as `--file \
                    TLS_KEY=/prd/app/tls-key@/run/app/tls.key`; `text:` before PARAMETER ends it in one line end, `base64:` decodes it";

impl FileSpec {
    /// The place, for messages.
    pub fn place(&self) -> String {
        values::written(&self.source, self.key.as_deref())
    }

    /// Parses `NAME=[text:|base64:]PARAMETER[@/PATH]`.
    ///
    /// The first `@/` ends the parameter: only secrets of Secrets Manager can have a `@` in their
    /// names, and hardly any have a `/` after it.
    pub fn parse(text: &str) -> Result<Self, UsageError> {
        let malformed = |what: String| UsageError::new(what, FORM).about("--file");
        let Some((name, rest)) = text.split_once('=') else {
            return Err(malformed(format!("`--file {text}` is not NAME=PARAMETER")));
        };
        let name = values::variable("--file", name)?;
        let (encoding, rest) = Encoding::split(rest);
        let (parameter, path) = match rest.find("@/") {
            Some(at) => (&rest[..at], Some(&rest[at + 1..])),
            None => (rest, None),
        };
        let wrong =
            |text: &str, why: String| malformed(format!("`{text}`, in `--file` for {name}, {why}"));
        let Place { source, key, .. } =
            place::one(parameter).map_err(|fault| match parameter.rsplit_once('@') {
                Some((_, path)) if !path.is_empty() && !place::is_uri(parameter) => {
                    wrong(path, "is not a path: it does not begin with `/`".to_owned())
                }
                _ => {
                    let shown = fault.shown(parameter);
                    let what = format!("{shown}, in `--file` for {name}, {}", fault.why);
                    let hint = fault.hint.unwrap_or_else(|| FORM.to_owned());
                    UsageError::new(what, hint).about("--file")
                }
            })?;
        let target = match path.map(|path| (path, objection(path))) {
            None => Target::Descriptor,
            Some((path, None)) => Target::Path(PathBuf::from(path)),
            Some((path, Some(why))) => {
                return Err(wrong(path, format!("is not a file name: it {why}")));
            }
        };
        Ok(Self {
            name,
            source,
            key,
            encoding,
            target,
        })
    }
}

/// Parses the files that options name: each under a name of its own, and none where another one is.
///
/// # Errors
///
/// If one of them is malformed, or its name or path is taken.
pub fn parse_all(texts: &[String], exact: &[Exact]) -> Result<Vec<FileSpec>, UsageError> {
    let mut files: Vec<FileSpec> = Vec::new();
    for text in texts {
        let file = FileSpec::parse(text)?;
        let name = &file.name;
        let twice = |what: String| {
            let hint = "one variable holds one value: leave one of them out";
            UsageError::new(what, hint).about("--file")
        };
        if exact.iter().any(|known| known.name == *name) {
            let what = format!("both `--secret` and `--file` give {name} a parameter");
            return Err(twice(what).about("--secret"));
        }
        for known in &files {
            if known.name == *name {
                return Err(twice(format!("`--file` gives {name} two parameters")));
            }
            if let Target::Path(path) = &file.target
                && known.target == file.target
            {
                return Err(UsageError::new(
                    format!(
                        "`--file` writes both {} and {name} to `{}`",
                        known.name,
                        path.display()
                    ),
                    "give each a path of its own",
                )
                .about("--file"));
            }
        }
        files.push(file);
    }
    Ok(files)
}

/// Why an absolute path does not name a file.
fn objection(path: &str) -> Option<&'static str> {
    match path.rsplit_once('/') {
        _ if path.contains('\0') => Some("contains a NUL"),
        Some((_, "")) => Some("ends with `/`"),
        Some((_, "." | "..")) => Some("ends with a directory"),
        Some((_, name)) if name.starts_with(memory_file::RESERVED) => {
            Some("begins with `.envsecrets-`, as files do while they are written")
        }
        _ => None,
    }
}

/// The user that `--file-owner` names.
///
/// # Errors
///
/// If it is a number that no user can have.
pub fn owner(text: &str) -> Result<Owner, UsageError> {
    Owner::parse(text).ok_or_else(|| {
        UsageError::new(
            format!("`--file-owner {text}` is not a number that a user can have"),
            "give a user name, or a number such as 1000",
        )
        .about("--file-owner")
    })
}

/// Opens the files that the program gets, in their order; they have no content yet.
///
/// # Errors
///
/// All the reasons why one of them cannot be written.
pub fn open(
    files: &[FileSpec],
    owner: Option<&Owner>,
) -> Result<MemoryFiles, Vec<memory_file::Error>> {
    let targets: Vec<_> = files.iter().map(|it| (&it.name, &it.target)).collect();
    memory_file::open_all(&targets, owner)
}

/// Why a value cannot be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error("it is PEM, not base64")]
    Pem,
    #[error("character {number} is not base64")]
    Foreign { number: usize },
    #[error("character {number} is of another alphabet than those before it")]
    Mixed { number: usize },
    #[error("character {number} follows the padding, which ends base64")]
    AfterPadding { number: usize },
    #[error("its padding is wrong, or it is cut short")]
    Padding,
    #[error("it is cut short")]
    Torn,
    #[error("it is empty")]
    Nothing,
    #[error("it is bytes already, not text")]
    Bytes,
}

/// A parameter that cannot become the requested file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the value of {} `{parameter}`, for {name}, cannot be decoded: {problem}",
    noun(parameter)
)]
pub struct Undecodable {
    pub name: VarName,
    pub parameter: String,
    pub problem: Problem,
}

impl Undecodable {
    /// What to try.
    pub fn hint(&self) -> &'static str {
        match self.problem {
            Problem::Pem => {
                "leave out `base64:`, and the file contains the PEM as it is; with `text:` it ends in \
                 exactly one line end"
            }
            Problem::Bytes => "leave `text:` or `base64:` out: bytes are passed as they are",
            Problem::Foreign { .. }
            | Problem::Mixed { .. }
            | Problem::AfterPadding { .. }
            | Problem::Padding
            | Problem::Torn
            | Problem::Nothing => {
                "base64 is letters, digits, `+/` or `-_`, and line ends, with `=` at its end or \
                 not; without `base64:` a value is passed unchanged"
            }
        }
    }
}

/// Both are accepted, but not in one value: the writer and the reader of a value are often set up by
/// different people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Alphabet {
    Standard,
    UrlSafe,
}

const STANDARD: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::STANDARD, UNPADDED);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::URL_SAFE, UNPADDED);
/// We check the padding ourselves.
const UNPADDED: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::RequireNone);

/// The content of the file that a value encodes.
///
/// # Errors
///
/// If it does not have that encoding.
pub fn decode(value: &Secret, encoding: Encoding) -> Result<Content, Problem> {
    let text = value.expose();
    match encoding {
        Encoding::Plain => Ok(Content::new(text.as_bytes().to_vec())),
        Encoding::Text => {
            let lines = text.trim_end_matches(['\r', '\n']);
            Ok(Content::new([lines.as_bytes(), b"\n"].concat()))
        }
        Encoding::Base64 => base64(text).map(Content::new),
    }
}

/// Only an alphabet, padding and line ends: dashes are letters of one alphabet, so that a decoder
/// that skips what it does not know makes bytes of a PEM (RFC 7468), too.
fn base64(text: &str) -> Result<Vec<u8>, Problem> {
    if text.contains("-----BEGIN") {
        return Err(Problem::Pem);
    }
    let mut letters = Vec::with_capacity(text.len());
    let mut alphabet = None;
    let mut padding = 0;
    for (number, character) in (1..).zip(text.chars()) {
        let own = match character {
            // Tools break lines after 64 or 76 characters.
            '\r' | '\n' => continue,
            '=' => {
                padding += 1;
                continue;
            }
            'A'..='Z' | 'a'..='z' | '0'..='9' => None,
            '+' | '/' => Some(Alphabet::Standard),
            '-' | '_' => Some(Alphabet::UrlSafe),
            _ => return Err(Problem::Foreign { number }),
        };
        if padding > 0 {
            return Err(Problem::AfterPadding { number });
        }
        if own.is_some() && alphabet.is_some() && own != alphabet {
            return Err(Problem::Mixed { number });
        }
        alphabet = alphabet.or(own);
        letters.push(character as u8);
    }
    if letters.is_empty() && padding == 0 {
        return Err(Problem::Nothing);
    }
    // To a multiple of four characters, or none.
    if padding > 0 && (padding > 2 || (letters.len() + padding) % 4 != 0) {
        return Err(Problem::Padding);
    }
    // The message of the decoder repeats a byte of the value.
    let decoder = match alphabet {
        None | Some(Alphabet::Standard) => STANDARD,
        Some(Alphabet::UrlSafe) => URL_SAFE,
    };
    decoder.decode(letters).map_err(|_| Problem::Torn)
}

#[cfg(test)]
mod tests;
