//! The environment that the program will see.
#![forbid(unsafe_code)]

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use crate::glob::Glob;
use crate::launch::values::globs;
use crate::options::{Options, UsageError};
use crate::secret::Secret;
use crate::system::argument_limits::ArgumentLimits;
use crate::variable::VarName;

/// What happens to the inherited environment.
#[derive(Debug, Default)]
pub struct Policy {
    pub inherit: Inherit,
    /// Inherited variables that match one are removed, before anything else.
    pub unset: Vec<Glob>,
    pub preserve: Preserve,
}

/// Which inherited variables the program gets.
#[derive(Debug, Default)]
pub enum Inherit {
    #[default]
    All,
    /// Only those that match.
    Only(Vec<Glob>),
}

/// Which inherited variables win over a secret of the same name.
#[derive(Debug, Default)]
pub enum Preserve {
    #[default]
    Nothing,
    All,
    Matching(Vec<Glob>),
}

/// The merged environment, and the names that were both inherited and fetched.
#[derive(Debug, Default)]
pub struct Merged {
    /// The entries, ready for `execve` but for their final NUL.
    pub entries: Vec<Vec<u8>>,
    /// Names whose inherited value was replaced by a secret.
    pub overrode: BTreeSet<VarName>,
    /// Names whose inherited value won over a secret.
    pub kept: BTreeSet<VarName>,
    /// Inherited names that win over a secret, whether or not one exists.
    preserved: BTreeSet<Vec<u8>>,
}

impl Merged {
    /// The values of an inherited variable that wins over a secret, whether or not one exists.
    pub fn preserved(&self, name: &VarName) -> Vec<&[u8]> {
        self.values(name.as_str().as_bytes())
    }

    /// Whether an inherited variable wins over a secret, whether or not one exists, and is empty. Of
    /// two of one name, a program may use either.
    fn is_preserved_empty(&self, name: &[u8]) -> bool {
        self.values(name).iter().any(|value| value.is_empty())
    }

    /// The names of inherited variables that match, win over a secret, and are empty.
    pub fn preserved_empty<'m>(&'m self, glob: &'m Glob) -> impl Iterator<Item = &'m [u8]> {
        let names = self.preserved.iter().map(Vec::as_slice);
        names.filter(|name| glob.matches(OsStr::from_bytes(name)) && self.is_preserved_empty(name))
    }

    /// The values that the program gets under a name for which there is no secret.
    pub fn inherited(&self, name: &VarName) -> Vec<&[u8]> {
        self.entries_of(name.as_str().as_bytes())
    }

    fn values(&self, name: &[u8]) -> Vec<&[u8]> {
        match self.preserved.contains(name) {
            true => self.entries_of(name),
            false => Vec::new(),
        }
    }

    fn entries_of(&self, name: &[u8]) -> Vec<&[u8]> {
        let entries = self.entries.iter();
        entries
            .filter(|entry| name_of(entry) == Some(name))
            .map(|entry| &entry[name.len() + 1..])
            .collect()
    }
}

/// Puts the secrets into the inherited environment.
///
/// All other entries stay unchanged, byte for byte and in order, including duplicates, entries without
/// `=` and entries that are not UTF-8. A name that is overridden occurs exactly once afterwards, at its
/// first position, because programs disagree on whether to use the first or the last of two. New names
/// follow at the end, sorted.
pub fn merge(
    inherited: Vec<Vec<u8>>,
    secrets: &BTreeMap<&VarName, &Secret>,
    policy: &Policy,
) -> Merged {
    let mut merged = Merged::default();
    let mut placed: BTreeSet<&VarName> = BTreeSet::new();
    for entry in inherited {
        let name = name_of(&entry);
        if !policy.passes(name) {
            continue;
        }
        let secret = name
            .and_then(|name| std::str::from_utf8(name).ok())
            .map(VarName::inherited)
            .and_then(|name| {
                secrets
                    .get_key_value(&name)
                    .map(|(name, secret)| (*name, *secret))
            });
        let preserved = name.is_some_and(|name| policy.preserve.covers(name));
        if let (Some(name), true) = (name, preserved) {
            merged.preserved.insert(name.to_vec());
        }
        match secret {
            Some((name, _)) if preserved => {
                merged.kept.insert(name.clone());
                placed.insert(name);
                merged.entries.push(entry);
            }
            Some((name, secret)) => {
                merged.overrode.insert(name.clone());
                if placed.insert(name) {
                    merged.entries.push(joined(name, secret));
                }
            }
            None => merged.entries.push(entry),
        }
    }
    for (name, secret) in secrets {
        if !placed.contains(name) {
            merged.entries.push(joined(name, secret));
        }
    }
    merged
}

/// Sets a variable, whatever the program would have inherited under this name.
pub fn set(entries: &mut Vec<Vec<u8>>, name: &VarName, value: &str) {
    entries.retain(|entry| name_of(entry) != Some(name.as_str().as_bytes()));
    entries.push(format!("{name}={value}").into_bytes());
}

/// The patterns of `required` that neither a secret nor an inherited variable that wins over
/// secrets satisfies. One that is empty satisfies none, and neither does the secret that it beats.
pub fn missing<'r>(
    required: &'r [Glob],
    secrets: &BTreeMap<&VarName, &Secret>,
    merged: &Merged,
) -> Vec<&'r Glob> {
    let satisfied = |glob: &Glob| {
        let mut secrets = secrets.keys().filter(|name| !merged.kept.contains(**name));
        let mut preserved = merged.preserved.iter();
        secrets.any(|name| glob.matches(name.as_str()))
            || preserved.any(|name| {
                glob.matches(OsStr::from_bytes(name)) && !merged.is_preserved_empty(name)
            })
    };
    required.iter().filter(|glob| !satisfied(glob)).collect()
}

impl Policy {
    /// What the options say about the inherited environment.
    ///
    /// # Errors
    ///
    /// If a pattern cannot be read, or `--keep` stands without `--clean-env`.
    pub fn new(options: &Options) -> Result<Self, UsageError> {
        if !options.keep.is_empty() && !options.clean_env {
            return Err(UsageError::new(
                "`--keep` does nothing without `--clean-env`",
                "add `--clean-env`, or leave `--keep` out: everything is inherited anyway",
            )
            .about("--keep")
            .about("--clean-env"));
        }
        let variables = |flag, texts| globs(flag, texts, Glob::for_variables);
        Ok(Self {
            inherit: match options.clean_env {
                true => Inherit::Only(variables("--keep", &options.keep)?),
                false => Inherit::All,
            },
            unset: variables("--unset", &options.unset)?,
            preserve: match options.preserve_env.as_slice() {
                [] => Preserve::Nothing,
                [all] if all == "*" => Preserve::All,
                some => Preserve::Matching(variables("--preserve-env", some)?),
            },
        })
    }

    /// Whether the program inherits a variable of this name, or an entry without one.
    pub fn passes(&self, name: Option<&[u8]>) -> bool {
        let any = |globs: &[Glob]| {
            name.is_some_and(|name| {
                globs
                    .iter()
                    .any(|glob| glob.matches(OsStr::from_bytes(name)))
            })
        };
        if any(&self.unset) {
            return false;
        }
        match &self.inherit {
            Inherit::All => true,
            Inherit::Only(keep) => any(keep),
        }
    }
}

impl Preserve {
    pub fn covers(&self, name: &[u8]) -> bool {
        match self {
            Self::Nothing => false,
            Self::All => true,
            Self::Matching(globs) => globs
                .iter()
                .any(|glob| glob.matches(OsStr::from_bytes(name))),
        }
    }
}

/// The name of an entry: the text before its first `=`.
pub fn name_of(entry: &[u8]) -> Option<&[u8]> {
    let end = entry.iter().position(|&byte| byte == b'=')?;
    Some(&entry[..end])
}

fn joined(name: &VarName, secret: &Secret) -> Vec<u8> {
    let mut entry = Vec::with_capacity(name.as_str().len() + 1 + secret.size());
    entry.extend_from_slice(name.as_str().as_bytes());
    entry.push(b'=');
    entry.extend_from_slice(secret.expose().as_bytes());
    entry
}

/// The kernel would not start the program with this environment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TooLarge {
    #[error(
        "{name} is too large for an environment variable: {size} bytes with its name, and the \
         limit of the kernel is {limit}"
    )]
    Entry {
        name: String,
        size: usize,
        limit: usize,
    },
    #[error(
        "the environment is too large: {environment} bytes of environment and {arguments} of \
         arguments, and the limit of the kernel is {limit} in total (largest: {})",
        largest.iter().map(|(name, size)| format!("{name} {size}")).collect::<Vec<_>>().join(", ")
    )]
    Total {
        environment: usize,
        arguments: usize,
        limit: usize,
        /// Where the limit comes from, for the hint.
        origin: &'static str,
        largest: Vec<(String, usize)>,
    },
}

impl TooLarge {
    /// What to try.
    pub fn hint(&self) -> String {
        match self {
            Self::Entry { .. } => {
                "the limit is 32 pages for one variable, and cannot be raised: pass it as a file \
                 with `--file NAME=PARAMETER`, store less in that parameter, or leave it out with \
                 `--exclude GLOB`"
                    .to_owned()
            }
            Self::Total { origin, .. } => format!(
                "the limit is {origin}: choose fewer parameters with `--only` or `--exclude`, or \
                 inherit less with `--clean-env` or `--unset GLOB`"
            ),
        }
    }
}

/// Finds and names what the kernel would only refuse with `E2BIG`.
///
/// `program` is the path that is executed, which the kernel copies too.
pub fn fits(
    entries: &[Vec<u8>],
    program: &[u8],
    arguments: &[Vec<u8>],
    limits: ArgumentLimits,
) -> Result<(), Vec<TooLarge>> {
    const POINTER: usize = size_of::<usize>();
    let mut problems = Vec::new();
    for entry in entries {
        if entry.len() + 1 > limits.string {
            problems.push(TooLarge::Entry {
                name: printable_name(entry),
                size: entry.len() + 1,
                limit: limits.string,
            });
        }
    }
    let size = |strings: &[Vec<u8>]| strings.iter().map(|s| s.len() + 1 + POINTER).sum::<usize>();
    let environment = size(entries);
    let arguments = size(arguments) + program.len() + 1;
    if problems.is_empty() && environment + arguments > limits.total {
        let mut sizes: Vec<(String, usize)> = entries
            .iter()
            .map(|entry| (printable_name(entry), entry.len() + 1))
            .collect();
        sizes.sort_by(|(a, left), (b, right)| right.cmp(left).then_with(|| a.cmp(b)));
        sizes.truncate(3);
        let limit = limits.total;
        problems.push(TooLarge::Total {
            environment,
            arguments,
            limit,
            origin: limits.origin,
            largest: sizes,
        });
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems)
    }
}

fn printable_name(entry: &[u8]) -> String {
    match name_of(entry) {
        Some(name) => String::from_utf8_lossy(name).into_owned(),
        None => "an entry without `=`".to_owned(),
    }
}

#[cfg(test)]
mod tests;
