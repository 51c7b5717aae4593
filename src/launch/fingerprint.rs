//! The fingerprint of a launch: which versions of which parameters a program got.
//!
//! A program carries it in its environment, as text:
//!
//! ```text
//! envsecrets-v2:DIGEST:OPTIONS:REGION/ACCOUNT:/prd/app{db/password=3@1527026863123},/shared/token:live=4
//! ```
//!
//! DIGEST is the digest of everything that follows it, OPTIONS that of the options that decide what
//! is read and how it is named. The list contains each parameter with its version and the time at
//! which that was written, in milliseconds of Unix time: a parameter that is deleted and created
//! again begins at version 1 again. Parameters below a path are grouped, without the path; what was
//! read at a label has that after its name. A list
//! longer than [`LONGEST`] is replaced by `-`, and only the digests can be compared. Values have no
//! part in it. Form 1 had no times; it is still compared, by versions alone.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// What every fingerprint begins with, before the number of its form.
const MARK: &str = "envsecrets-v";
/// The form that is written here.
const FORM: &str = "2";
/// The form without times, which is still read.
const WITHOUT_TIMES: &str = "1";
/// The longest list, in bytes: an environment has room for little more than the values.
const LONGEST: usize = 32 * 1024;
/// Replaces a list that is longer.
const UNLISTED: &str = "-";

/// The versions of the parameters that a program got, and the options that requested them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    digest: String,
    /// Whether it is of the form without times.
    without_times: bool,
    /// A digest of the options of the launch.
    options: String,
    /// `REGION/ACCOUNT`; empty if it is not known.
    place: String,
    /// The version of each parameter, by the name under which it was requested; `None` if there
    /// were too many to list.
    versions: Option<BTreeMap<String, String>>,
}

/// Why a text cannot be compared as a fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    /// It is not a fingerprint, and may be a secret.
    Foreign,
    /// It has a form that is not known here.
    OtherForm,
    /// A part of it is missing or was changed.
    Damaged,
}

/// Two fingerprints that cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incomparable {
    Options,
    Places { then: String, now: String },
}

/// A change of a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    Version {
        name: String,
        then: String,
        now: String,
    },
    Added {
        name: String,
        now: String,
    },
    Removed {
        name: String,
        then: String,
    },
    /// Something changed, but the fingerprint has no list.
    Unlisted,
}

/// What a parameter is at present.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Present {
    /// It has this version, as [`Fingerprint::new`] is given it.
    Version(String),
    Missing,
}

/// A digest of the options of a launch. Each text that is added goes with a name, so that different
/// options never give the same digest.
#[derive(Debug, Default)]
pub struct Digest(Sha256);

impl Digest {
    pub fn add(&mut self, what: &str, text: &str) {
        // No option and no name contains a NUL.
        for part in [what, "\0", text, "\0"] {
            self.0.update(part.as_bytes());
        }
    }
}

impl Fingerprint {
    /// `place` is where the parameters are, as `REGION/ACCOUNT`.
    pub fn new(options: Digest, place: String, versions: BTreeMap<String, String>) -> Self {
        let options = hexadecimal(&options.0.finalize()[..8]);
        Self {
            digest: digest(&options, &place, &versions),
            without_times: false,
            options,
            place,
            versions: Some(versions),
        }
    }

    /// The text that the program gets. Parameters below one of `paths` are grouped.
    pub fn text(&self, paths: &[&str]) -> String {
        let list = match &self.versions {
            Some(versions) => listed(versions, paths),
            None => UNLISTED.to_owned(),
        };
        let list = match list.len() {
            0..=LONGEST => &list,
            _ => UNLISTED,
        };
        let Self {
            digest,
            options,
            place,
            ..
        } = self;
        let form = match self.without_times {
            true => WITHOUT_TIMES,
            false => FORM,
        };
        format!("{MARK}{form}:{digest}:{options}:{place}:{list}")
    }

    /// Whether this text means to be a fingerprint, of whatever form.
    pub fn is_meant(text: &[u8]) -> bool {
        text.starts_with(MARK.as_bytes())
    }

    pub fn parse(text: &[u8]) -> Result<Self, Unreadable> {
        let rest = text.strip_prefix(MARK.as_bytes());
        let rest = rest.ok_or(Unreadable::Foreign)?;
        let form = rest.split(|&byte| byte == b':').next().unwrap_or(rest);
        let without_times = form == WITHOUT_TIMES.as_bytes();
        if form != FORM.as_bytes() && !without_times {
            let is_number = !form.is_empty() && form.iter().all(u8::is_ascii_digit);
            return Err(match is_number {
                true => Unreadable::OtherForm,
                false => Unreadable::Foreign,
            });
        }
        let text = std::str::from_utf8(rest).map_err(|_| Unreadable::Damaged)?;
        let fields: Vec<&str> = text.splitn(5, ':').collect();
        let &[_, sum, options, place, list] = fields.as_slice() else {
            return Err(Unreadable::Damaged);
        };
        let is_digest = |text: &str, length| {
            text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit())
        };
        if !is_digest(sum, 32) || !is_digest(options, 16) {
            return Err(Unreadable::Damaged);
        }
        let versions = match list {
            UNLISTED => None,
            list => Some(unlisted(list).ok_or(Unreadable::Damaged)?),
        };
        if let Some(versions) = &versions
            && digest(options, place, versions) != sum
        {
            return Err(Unreadable::Damaged);
        }
        Ok(Self {
            digest: sum.to_owned(),
            without_times,
            options: options.to_owned(),
            place: place.to_owned(),
            versions,
        })
    }

    /// Whether it is of a launch with the same options. That is known before anything is read.
    pub fn is_of(&self, options: Digest) -> bool {
        self.options == hexadecimal(&options.0.finalize()[..8])
    }

    /// Where its parameters are, as `REGION/ACCOUNT`, if that is known.
    pub fn place(&self) -> Option<&str> {
        Some(self.place.as_str()).filter(|it| !it.is_empty())
    }

    /// The names of its parameters; `None` if there were too many to list.
    pub fn names(&self) -> Option<impl Iterator<Item = &str>> {
        let versions = self.versions.as_ref()?;
        Some(versions.keys().map(String::as_str))
    }

    /// The changes of the parameters that it lists; others may have been added. `None` if it has no
    /// list, or something of it cannot be looked up.
    pub fn changes_of(&self, present: impl Fn(&str) -> Option<Present>) -> Option<Vec<Change>> {
        let mut changes = Vec::new();
        for (name, then) in self.versions.as_ref()? {
            match present(name)? {
                Present::Version(now) if now == *then => {}
                Present::Version(now) if self.without_times && number(&now) == then => {}
                Present::Version(now) => changes.push(changed(name, then, &now)),
                Present::Missing => changes.push(Change::Removed {
                    name: name.clone(),
                    then: number(then).to_owned(),
                }),
            }
        }
        Some(changes)
    }

    /// The changes since this one.
    pub fn changes(&self, now: &Self) -> Result<Vec<Change>, Incomparable> {
        if self.options != now.options {
            return Err(Incomparable::Options);
        }
        if !self.place.is_empty() && !now.place.is_empty() && self.place != now.place {
            return Err(Incomparable::Places {
                then: self.place.clone(),
                now: now.place.clone(),
            });
        }
        let now = match self.without_times {
            true => &now.without_times(),
            false => now,
        };
        if self.digest == now.digest {
            return Ok(Vec::new());
        }
        let (Some(then), Some(now)) = (&self.versions, &now.versions) else {
            return Ok(vec![Change::Unlisted]);
        };
        let mut changes = Vec::new();
        // The names below a path had no label before.
        let earlier = |name: &str| {
            let bare = || then.get(name.rsplit_once(':')?.0);
            then.get(name).or_else(bare)
        };
        for (name, version) in now {
            match earlier(name) {
                Some(old) if old == version => {}
                Some(old) => changes.push(changed(name, old, version)),
                None => changes.push(Change::Added {
                    name: name.clone(),
                    now: number(version).to_owned(),
                }),
            }
        }
        let later = |name: &str| {
            let is_it = |now: &String| now.rsplit_once(':').is_some_and(|(bare, _)| bare == name);
            now.contains_key(name) || now.keys().any(is_it)
        };
        for (name, version) in then {
            if !later(name) {
                changes.push(Change::Removed {
                    name: name.clone(),
                    then: number(version).to_owned(),
                });
            }
        }
        Ok(changes)
    }

    /// The same in the form without times.
    fn without_times(&self) -> Self {
        let Some(versions) = &self.versions else {
            return self.clone();
        };
        let versions = versions
            .iter()
            .map(|(name, version)| (name.clone(), number(version).to_owned()));
        let versions: BTreeMap<String, String> = versions.collect();
        Self {
            digest: digest(&self.options, &self.place, &versions),
            without_times: true,
            versions: Some(versions),
            ..self.clone()
        }
    }
}

fn changed(name: &str, then: &str, now: &str) -> Change {
    Change::Version {
        name: name.to_owned(),
        then: number(then).to_owned(),
        now: match number(then) == number(now) {
            true => format!("{} (created again)", number(now)),
            false => number(now).to_owned(),
        },
    }
}

/// The number of a version, without the time after it.
fn number(version: &str) -> &str {
    version.split('@').next().unwrap_or(version)
}

/// 128 bits of SHA-256: it detects changes, and does not have to resist an attack.
fn digest(options: &str, place: &str, versions: &BTreeMap<String, String>) -> String {
    let mut digest = Digest::default();
    digest.add("options", options);
    digest.add("place", place);
    for (name, version) in versions {
        digest.add(name, version);
    }
    hexadecimal(&digest.0.finalize()[..16])
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Each parameter with its version. No name contains a comma or a brace, or ends with `=`.
fn listed(versions: &BTreeMap<String, String>, paths: &[&str]) -> String {
    let mut groups: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut single = Vec::new();
    for (name, version) in versions {
        let paths = paths.iter().filter_map(|path| {
            let below = name.strip_prefix(path.trim_end_matches('/'))?;
            let relative = below.strip_prefix('/').filter(|it| !it.is_empty())?;
            Some((*path, relative))
        });
        match paths.max_by_key(|(path, _)| path.len()) {
            Some((path, relative)) => {
                let group = groups.entry(path).or_default();
                group.push(format!("{relative}={version}"));
            }
            None => single.push(format!("{name}={version}")),
        }
    }
    let groups = groups
        .into_iter()
        .map(|(path, items)| format!("{path}{{{}}}", items.join(",")));
    groups.chain(single).collect::<Vec<_>>().join(",")
}

/// The inverse of [`listed`]; `None` for any other text.
fn unlisted(mut list: &str) -> Option<BTreeMap<String, String>> {
    let mut versions = BTreeMap::new();
    let mut add = |path: &str, item: &str| {
        let (name, version) = item.rsplit_once('=')?;
        let name = match path {
            "" => name.to_owned(),
            path => format!("{}/{name}", path.trim_end_matches('/')),
        };
        let is_new = versions.insert(name, version.to_owned()).is_none();
        is_new.then_some(())
    };
    while !list.is_empty() {
        let end = list.find([',', '{']).unwrap_or(list.len());
        let rest = if list[end..].starts_with('{') {
            let (items, rest) = list[end + 1..].split_once('}')?;
            for item in items.split(',') {
                add(&list[..end], item)?;
            }
            rest
        } else {
            add("", &list[..end])?;
            &list[end..]
        };
        list = match rest.strip_prefix(',') {
            Some("") => return None,
            Some(rest) => rest,
            None if rest.is_empty() => rest,
            None => return None,
        };
    }
    Some(versions)
}

#[cfg(test)]
mod tests;
