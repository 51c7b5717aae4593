//! Secrets as files: which ones are requested, and their content.
//!
//! A message names variables, parameters and paths, never a value: a value that cannot be decoded
//! is as secret as one that can.
#![forbid(unsafe_code)]

use std::path::PathBuf;

use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

use crate::launch::values;
use crate::options::UsageError;
use crate::secret::{Content, Secret};
use crate::stores::Source;
use crate::stores::parameter_store::names;
use crate::system::memory_file::{self, MemoryFiles, Owner, Target};
use crate::variable::VarName;

/// A parameter that the program gets as a file, and the variable that holds where that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSpec {
    pub name: VarName,
    pub source: Source,
    pub encoding: Encoding,
    pub target: Target,
}

/// How the value encodes the bytes of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Plain,
    Base64,
}

const FORM: &str = "the form is `--file NAME=PARAMETER` or `--file NAME=PARAMETER@/PATH`, such as `--file \
                    TLS_KEY=/prd/app/tls-key@/run/app/tls.key`; `base64:` before PARAMETER decodes it";

impl FileSpec {
    /// Parses `NAME=[base64:]PARAMETER[@/PATH]`.
    ///
    /// The first `@/` ends the parameter: only secrets of Secrets Manager can have a `@` in their
    /// names, and hardly any have a `/` after it.
    pub fn parse(text: &str) -> Result<Self, UsageError> {
        let malformed = |what: String| UsageError::new(what, FORM).about("--file");
        let Some((name, rest)) = text.split_once('=') else {
            return Err(malformed(format!("`--file {text}` is not NAME=PARAMETER")));
        };
        let name = values::variable("--file", name)?;
        let (encoding, rest) = match rest.strip_prefix("base64:") {
            Some(rest) => (Encoding::Base64, rest),
            None => (Encoding::Plain, rest),
        };
        let (parameter, path) = match rest.find("@/") {
            Some(at) => (&rest[..at], Some(&rest[at + 1..])),
            None => (rest, None),
        };
        let wrong =
            |text: &str, why: String| malformed(format!("`{text}`, in `--file` for {name}, {why}"));
        let source = Source::one(parameter).map_err(|why| match parameter.rsplit_once('@') {
            Some((_, path)) if !path.is_empty() => {
                wrong(path, "is not a path: it does not begin with `/`".to_owned())
            }
            _ => match names::instead_of(parameter) {
                Some(hint) => {
                    let what = format!("`{parameter}`, in `--file` for {name}, {why}");
                    UsageError::new(what, hint).about("--file")
                }
                None => wrong(parameter, why.to_owned()),
            },
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
pub fn parse_all(
    texts: &[String],
    exact: &[(VarName, Source)],
) -> Result<Vec<FileSpec>, UsageError> {
    let mut files: Vec<FileSpec> = Vec::new();
    for text in texts {
        let file = FileSpec::parse(text)?;
        let name = &file.name;
        let twice = |what: String| {
            let hint = "one variable holds one value: leave one of them out";
            UsageError::new(what, hint).about("--file")
        };
        if exact.iter().any(|(known, _)| known == name) {
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
    #[error("character {number} is not base64")]
    Foreign { number: usize },
    #[error("it is not valid base64, or is cut short")]
    Torn,
    #[error("it is empty")]
    Nothing,
}

/// A parameter that cannot become the requested file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the value of parameter `{parameter}`, for {name}, cannot be decoded: {problem}")]
pub struct Undecodable {
    pub name: VarName,
    pub parameter: String,
    pub problem: Problem,
}

impl Undecodable {
    /// What to try.
    pub fn hint(&self) -> &'static str {
        "base64 may have line breaks, `+/` or `-_`, and `=` at its end or not; without `base64:` a value \
         is passed unchanged"
    }
}

/// Both alphabets are accepted: the writer and the reader of a value are often set up by different
/// people.
const STANDARD: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::STANDARD, PADDED_OR_NOT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::URL_SAFE, PADDED_OR_NOT);
const PADDED_OR_NOT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);

/// The content of the file that a value encodes.
pub fn decode(value: &Secret, encoding: Encoding) -> Result<Content, Problem> {
    let text = value.expose();
    match encoding {
        Encoding::Plain => Ok(Content::new(text.as_bytes().to_vec())),
        Encoding::Base64 => base64(text).map(Content::new),
    }
}

fn base64(text: &str) -> Result<Vec<u8>, Problem> {
    let mut letters = Vec::with_capacity(text.len());
    let mut alphabet = STANDARD;
    for (number, character) in (1..).zip(text.chars()) {
        match character {
            '-' | '_' => alphabet = URL_SAFE,
            'A'..='Z' | 'a'..='z' | '0'..='9' | '+' | '/' | '=' => {}
            // openssl and base64 break lines, and pasted text often has more breaks.
            ' ' | '\t' | '\r' | '\n' => continue,
            _ => return Err(Problem::Foreign { number }),
        }
        letters.push(character as u8);
    }
    if letters.is_empty() {
        return Err(Problem::Nothing);
    }
    // The message of the decoder repeats a byte of the value.
    alphabet.decode(letters).map_err(|_| Problem::Torn)
}

#[cfg(test)]
mod tests;
