//! Putting the files of a contract together: of two files the later wins, key by key.
//!
//! Each file counts with its profile, if it has the one that was chosen, before the next file does.
#![forbid(unsafe_code)]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use super::contract::{Contract, Declared, File, Key, Place, Replaced, Setting, Value};
use super::contract_file::{self, Entry, Error, Part, Profile};
use crate::parameter::Presence;
use crate::variable::VarName;

/// A contract as far as it can be understood, and what is wrong with it.
#[derive(Debug)]
pub struct Understood {
    pub contract: Contract,
    /// File by file, and in the order of the file, but what is not TOML first.
    pub problems: Vec<Error>,
}

/// Reads the files of a contract: all of them, even if one of them cannot be read. After the
/// deadline no more are read.
pub fn read(
    files: &[String],
    profile: Option<&str>,
    keys: &[Key],
    deadline: Option<Instant>,
) -> Understood {
    let mut parts = Vec::new();
    let mut unread = Vec::new();
    for file in files {
        match contract_file::read(file, keys, deadline) {
            Ok(part) => parts.push(part),
            Err(error) => {
                let is_late = matches!(error, Error::Late { .. });
                unread.push(error);
                if is_late {
                    break;
                }
            }
        }
    }
    merge(files, profile, parts, unread)
}

/// Puts the files that were read together, and adds what is wrong with them as a whole.
pub(super) fn merge(
    files: &[String],
    profile: Option<&str>,
    mut parts: Vec<Part>,
    unread: Vec<Error>,
) -> Understood {
    let names: BTreeSet<&String> = parts.iter().flat_map(|it| it.profiles.keys()).collect();
    let profiles: Vec<String> = names.into_iter().cloned().collect();
    // What is missing may be where nothing could be read.
    let is_certain =
        unread.is_empty() && (parts.len() == 1 || parts.iter().all(|part| part.is_toml()));
    let mut problems = Vec::new();
    if is_certain {
        problems.extend(undeclared(&parts));
    }
    let mut merged = Merged::default();
    for part in &parts {
        merged.add(part, profile);
    }
    let declared = merged.declared();
    if is_certain {
        problems.extend(declared.iter().flat_map(Draft::problems));
    }
    for problem in problems {
        let file = problem.place().map(|place| place.file.clone());
        let mut parts = parts.iter_mut();
        if let Some(part) = parts.find(|part| Some(&part.file) == file.as_ref()) {
            part.add(problem);
        }
    }
    let mut problems = unread;
    problems.extend(parts.iter_mut().flat_map(Part::take_problems));
    let is_read = parts.len() == files.len();
    if let Some(name) = profile
        && is_read
        && !profiles.iter().any(|known| known == name)
    {
        problems.push(Error::NoProfile {
            files: files.to_vec(),
            name: name.to_owned(),
            known: profiles.clone(),
        });
    }
    let has = |file: &String, name: &str| {
        let mut parts = parts.iter();
        parts.any(|part| part.file == *file && part.profiles.contains_key(name))
    };
    let files = files.iter().map(|file| File {
        name: file.clone(),
        profile: profile.filter(|it| has(file, it)).map(str::to_owned),
    });
    let every = parts.iter().flat_map(|part| {
        let of_profiles = part.profiles.values().flat_map(|it| &it.settings);
        part.settings.iter().chain(of_profiles)
    });
    Understood {
        problems,
        contract: Contract {
            files: files.collect(),
            all: every.map(|(key, it)| (key.clone(), it.clone())).collect(),
            settings: merged.settings,
            replaced: merged.replaced,
            variables: declared.into_iter().map(|it| it.declared).collect(),
            sources: merged.sources,
            profiles,
            profile: profile.map(str::to_owned),
        },
    }
}

/// Changes, in profiles, to variables that no file declares.
fn undeclared(parts: &[Part]) -> Vec<Error> {
    let declared = parts.iter().flat_map(|part| &part.variables);
    let declared: BTreeSet<&VarName> = declared.map(|it| &it.name).collect();
    let mut problems = Vec::new();
    for (profile, Profile { variables, .. }) in parts.iter().flat_map(|part| &part.profiles) {
        for Entry { name, place, .. } in variables {
            if !declared.contains(name) {
                // No more are printed than this, and each comparison takes time.
                let names: Vec<String> = match problems.len() {
                    0..20 => declared.iter().map(|it| it.to_string()).collect(),
                    _ => Vec::new(),
                };
                problems.push(Error::NotDeclared {
                    place: place.clone(),
                    name: name.clone(),
                    profile: profile.clone(),
                    declared: names,
                });
            }
        }
    }
    problems
}

/// The files so far.
#[derive(Default)]
struct Merged {
    settings: BTreeMap<String, Setting>,
    replaced: Vec<Replaced>,
    drafts: Vec<Draft>,
    /// The position of each variable among the drafts.
    index: BTreeMap<VarName, usize>,
    sources: Vec<Declared>,
}

/// A variable so far.
#[derive(Clone)]
struct Draft {
    declared: Declared,
    /// Whether it is in `[variables]`, not only in a profile.
    is_declared: bool,
    is_whole: bool,
}

impl Merged {
    fn add(&mut self, part: &Part, profile: Option<&str>) {
        for entry in &part.variables {
            if entry.from.is_some() {
                self.forget(&entry.name);
            }
            self.enter(entry, true);
        }
        let own = profile.and_then(|name| part.profiles.get(name));
        let mut settings = part.settings.clone();
        if let Some(profile) = own {
            for key in &profile.cleared {
                settings.remove(key);
                self.settings.remove(key);
            }
            let of_profile = profile.settings.iter();
            settings.extend(of_profile.map(|(key, it)| (key.clone(), it.clone())));
            for entry in &profile.variables {
                self.enter(entry, false);
            }
        }
        for (key, setting) in settings {
            let by = setting.place.clone();
            if let Some(Setting { value, place }) = self.settings.insert(key.clone(), setting)
                && matches!(value, Value::List(items) if !items.is_empty())
            {
                self.replaced.push(Replaced { key, place, by });
            }
        }
    }

    /// Removes the parameter that an earlier file gives to a variable by `secret` or `file`, which
    /// would beat `from`.
    fn forget(&mut self, name: &VarName) {
        for key in ["secret", "file"] {
            if let Some(Setting { value, .. }) = self.settings.get_mut(key)
                && let Value::List(items) = value
            {
                let named = |item: &String| item.split_once('=').map(|(name, _)| name.to_owned());
                items.retain(|item| named(item).as_deref() != Some(name.as_str()));
            }
        }
    }

    fn enter(&mut self, entry: &Entry, is_declared: bool) {
        let next = self.drafts.len();
        let index = *self.index.entry(entry.name.clone()).or_insert(next);
        if index == next {
            self.drafts.push(Draft::new(&entry.name, &entry.place));
        }
        let draft = &mut self.drafts[index];
        draft.add(entry, is_declared);
        if entry.from.is_some() || entry.file.is_some() {
            self.sources.push(draft.declared.clone());
        }
    }

    /// The variables that are declared, in the order of the files.
    fn declared(&mut self) -> Vec<Draft> {
        let mut drafts = std::mem::take(&mut self.drafts);
        drafts.retain(|it| it.is_declared);
        drafts
    }
}

impl Draft {
    fn new(name: &VarName, place: &Place) -> Self {
        Self {
            declared: Declared {
                name: name.clone(),
                description: None,
                presence: Presence::Required,
                from: None,
                from_place: place.clone(),
                file: None,
                file_place: place.clone(),
                pattern: None,
                pattern_place: place.clone(),
                place: place.clone(),
            },
            is_declared: false,
            is_whole: true,
        }
    }

    fn add(&mut self, entry: &Entry, is_declared: bool) {
        let Self { declared, .. } = self;
        let place = || entry.place.clone();
        if let Some(text) = &entry.description {
            declared.description = Some(text.clone());
        }
        if let Some(presence) = entry.presence {
            declared.presence = presence;
            declared.place = place();
        }
        if let Some(from) = &entry.from {
            declared.from = Some(from.clone());
            declared.from_place = place();
        }
        if let Some(file) = &entry.file {
            declared.file.clone_from(file);
            declared.file_place = place();
        }
        if let Some(pattern) = &entry.pattern {
            declared.pattern.clone_from(pattern);
            declared.pattern_place = place();
        }
        self.is_declared |= is_declared;
        self.is_whole &= entry.is_whole;
    }

    /// What is wrong with how it is read.
    fn problems(&self) -> Option<Error> {
        let Declared {
            name,
            from,
            from_place,
            file,
            file_place,
            ..
        } = &self.declared;
        if !self.is_whole {
            return None;
        }
        let name = name.clone();
        match (from, file) {
            (None, Some(_)) => {
                let place = file_place.clone();
                Some(Error::FileOfNothing { place, name })
            }
            (Some(from), None) => {
                let mut encodings = ["base64:", "text:"].into_iter();
                let encoding = encodings.find(|encoding| from.starts_with(encoding))?;
                Some(Error::DecodedText {
                    place: from_place.clone(),
                    name,
                    encoding,
                })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
