//! The fingerprint of a launch: which versions of which parameters a program got.
//!
//! A program carries it in its environment, as text:
//!
//! ```text
//! envsecrets-v1:DIGEST:OPTIONS:REGION/ACCOUNT:/prd/app{db/password=3,db/user=1},/shared/token:live=4
//! ```
//!
//! DIGEST is the digest of all that follows it, OPTIONS one of what the launch was told to read and
//! how to name it. The list holds each parameter with its version, and for those below a path what
//! follows that; where it would be longer than [`LONGEST`], `-` stands in its place, and only the
//! digests tell. No value has any part in it.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// What every fingerprint begins with, before the number of its form.
const MARK: &str = "envsecrets-v";
/// The form that is written and understood here.
const FORM: &str = "1";
/// The longest list, in bytes: an environment has room for little more than the values.
const LONGEST: usize = 32 * 1024;
/// What stands for a list that is longer.
const UNLISTED: &str = "-";

/// Which versions of which parameters a program got, and what had been asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    digest: String,
    /// A digest of what the launch was told.
    options: String,
    /// `REGION/ACCOUNT`; empty if nothing that was read says so.
    place: String,
    /// The version of each parameter, by the name under which it was asked for; `None` if there
    /// were too many to list.
    versions: Option<BTreeMap<String, String>>,
}

/// Why a text is no fingerprint that can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    /// It is something else, perhaps a secret.
    Foreign,
    /// It is one, but of a form that is not known here.
    OtherForm,
    /// It was one once: a part of it is missing or another.
    Damaged,
}

/// Two fingerprints that cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incomparable {
    Options,
    Places { then: String, now: String },
}

/// What became of a parameter.
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
    /// Something, but the fingerprint has no list.
    Unlisted,
}

/// A digest of the options of a launch. Each text that is added goes with a name, so that different
/// options never give the same digest.
#[derive(Debug, Default)]
pub struct Digest(Sha256);

impl Digest {
    pub fn add(&mut self, what: &str, text: &str) {
        // No option and no name holds a NUL.
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
            options,
            place,
            versions: Some(versions),
        }
    }

    /// As the program gets it. What stands below one of `paths` is put together there.
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
        format!("{MARK}{FORM}:{digest}:{options}:{place}:{list}")
    }

    /// Whether this text means to be a fingerprint, of whatever form.
    pub fn is_meant(text: &[u8]) -> bool {
        text.starts_with(MARK.as_bytes())
    }

    pub fn parse(text: &[u8]) -> Result<Self, Unreadable> {
        let rest = text.strip_prefix(MARK.as_bytes());
        let rest = rest.ok_or(Unreadable::Foreign)?;
        let form = rest.split(|&byte| byte == b':').next().unwrap_or(rest);
        if form != FORM.as_bytes() {
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
            options: options.to_owned(),
            place: place.to_owned(),
            versions,
        })
    }

    /// Whether the launch was told the same. That can be known before anything is read.
    pub fn is_of(&self, options: Digest) -> bool {
        self.options == hexadecimal(&options.0.finalize()[..8])
    }

    /// What has changed since this one; nothing if all is as it was.
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
        if self.digest == now.digest {
            return Ok(Vec::new());
        }
        let (Some(then), Some(now)) = (&self.versions, &now.versions) else {
            return Ok(vec![Change::Unlisted]);
        };
        let mut changes = Vec::new();
        for (name, version) in now {
            match then.get(name) {
                Some(old) if old == version => {}
                Some(old) => changes.push(Change::Version {
                    name: name.clone(),
                    then: old.clone(),
                    now: version.clone(),
                }),
                None => changes.push(Change::Added {
                    name: name.clone(),
                    now: version.clone(),
                }),
            }
        }
        for (name, version) in then {
            if !now.contains_key(name) {
                changes.push(Change::Removed {
                    name: name.clone(),
                    then: version.clone(),
                });
            }
        }
        Ok(changes)
    }
}

/// 128 bits of SHA-256: enough to tell apart, which is all that is wanted.
fn digest(options: &str, place: &str, versions: &BTreeMap<String, String>) -> String {
    let mut told = Digest::default();
    told.add("options", options);
    told.add("place", place);
    for (name, version) in versions {
        told.add(name, version);
    }
    hexadecimal(&told.0.finalize()[..16])
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Each parameter with its version. No name holds a comma, a brace, or an `=` after which no more of
/// it comes.
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

/// The inverse of [`listed`], if the text comes from there.
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
