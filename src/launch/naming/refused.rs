//! Names that a writer of parameters must not be able to set.
//!
//! With one of these a value can run code in the program, or change what it trusts, where it
//! connects, or which identity it uses. Names are compared as the programs that read them do: case
//! matters, except where it does not to the program. Every name of a launch is looked up, so that
//! the table is made into an index when this is compiled: one without pointers, which cost each
//! start.

use std::fmt;

use super::table::{Effect, GROUPS, Group, Power};
use crate::variable::VarName;

/// Who chose the name of a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Author {
    /// The user who named the parameter, or the key in one.
    Parameter,
    /// The operator, in an option, the contract or the inherited environment.
    Operator,
}

/// Why a fetched variable must not reach the program, as the end of a sentence that begins with its
/// name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// For its name, by the group of that number.
    Name(u16),
    /// For its value.
    Value(&'static str),
}

impl Refusal {
    /// Whether a name that the operator wrote is free of it: the operator wanted that setting, and
    /// its value does not run code by itself.
    pub fn is_setting(self) -> bool {
        match self {
            Self::Name(group) => matches!(INDEX.groups[group as usize].power, Power::Setting),
            Self::Value(_) => false,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let group = match self {
            Self::Name(group) => &INDEX.groups[*group as usize],
            Self::Value(why) => return f.write_str(why),
        };
        let class = match group.power {
            Power::Code => "can run code",
            Power::Setting => "changes settings",
        };
        let program = INDEX.text(group.start, group.length);
        let program = std::str::from_utf8(program).unwrap_or_default();
        write!(f, "{class}: {program} {}", group.effect.text())
    }
}

/// Names that are harmless unless their value names a file or contains a format (sudo's
/// `env_check`).
const CHECKED: &[&str] = &["COLORTERM", "LANG", "LANGUAGE", "LINGUAS", "TERM"];

/// Why a fetched variable of this name must not reach the program; `None` if it may.
pub fn refusal(name: &VarName, value: &str) -> Option<Refusal> {
    let name = name.as_str();
    if let Some(group) = INDEX.group(name.as_bytes()) {
        return Some(Refusal::Name(group));
    }
    let names_a_file = value.contains('/') || value.contains('%');
    if names_a_file && (CHECKED.contains(&name) || name.starts_with("LC_")) {
        let why = "must not name a file or contain a format";
        return Some(Refusal::Value(why));
    }
    // `Europe/Berlin` is a time zone; a path out of the time zone directory is not.
    if name == "TZ" && (value.starts_with(['/', ':']) || value.contains("..")) {
        let why = "must not name a file outside the time zone directory";
        return Some(Refusal::Value(why));
    }
    // Before 2014 bash took this for a function, under any name; sudo still refuses it.
    if value.starts_with("()") {
        return Some(Refusal::Value("would be a function to old shells"));
    }
    None
}

/// The table, to be searched.
struct Index {
    /// Programs and patterns, one after the other.
    texts: [u8; size_of_texts()],
    groups: [Reason; GROUPS.len()],
    /// Ordered by bucket, and within one as the table has them.
    patterns: [Pattern; number_of_patterns()],
    /// Where the patterns of each bucket begin, and at last where those of the last one end.
    buckets: [u16; BUCKETS + 1],
}

#[derive(Clone, Copy)]
struct Reason {
    start: u16,
    length: u8,
    power: Power,
    effect: Effect,
    any_case: bool,
}

#[derive(Clone, Copy)]
struct Pattern {
    start: u16,
    length: u8,
    /// Where its `*` is, or its length if it has none.
    star: u8,
    group: u16,
}

const BUCKETS: usize = 1024;

/// By all bytes, whatever their case.
const fn bucket(name: &[u8]) -> usize {
    let mut sum = 0_u32;
    let mut at = 0;
    while at < name.len() {
        sum = sum.wrapping_mul(31).wrapping_add((name[at] & 0x5f) as u32);
        at += 1;
    }
    sum as usize % BUCKETS
}

/// The first three bytes, or fewer: no family has its `*` before the fourth, unless it begins with
/// that.
const fn start(name: &[u8]) -> &[u8] {
    match name.len() {
        0..=3 => name,
        _ => name.split_at(3).0,
    }
}

/// The last three bytes, or fewer.
const fn end(name: &[u8]) -> &[u8] {
    name.split_at(name.len().saturating_sub(3)).1
}

/// Where a pattern is: a name by all of it, a family by its start or, if that is `*`, by its end.
const fn bucket_of(pattern: &Pattern, text: &[u8]) -> usize {
    match pattern.star {
        star if star == pattern.length => bucket(text),
        0 => bucket(end(text)),
        _ => bucket(start(text)),
    }
}

static INDEX: Index = index();

impl Index {
    fn text(&self, start: u16, length: u8) -> &[u8] {
        let start = usize::from(start);
        &self.texts[start..start + usize::from(length)]
    }

    /// The group of the pattern that matches: of the name itself before those of a family.
    fn group(&self, name: &[u8]) -> Option<u16> {
        let all = [name, start(name), end(name)];
        all.into_iter().find_map(|key| {
            let patterns = self.bucket(bucket(key));
            let found = patterns.iter().find(|it| self.matches(it, name));
            found.map(|it| it.group)
        })
    }

    fn bucket(&self, number: usize) -> &[Pattern] {
        let (start, end) = (self.buckets[number], self.buckets[number + 1]);
        &self.patterns[usize::from(start)..usize::from(end)]
    }

    fn matches(&self, pattern: &Pattern, name: &[u8]) -> bool {
        let (length, star) = (usize::from(pattern.length), usize::from(pattern.star));
        let is_exact = star == length;
        if (is_exact && name.len() != length) || name.len() + 1 < length {
            return false;
        }
        let same = |a: &[u8], b: &[u8]| match self.groups[usize::from(pattern.group)].any_case {
            true => a.eq_ignore_ascii_case(b),
            false => a == b,
        };
        let text = self.text(pattern.start, pattern.length);
        if is_exact {
            return same(name, text);
        }
        let (prefix, suffix) = (&text[..star], &text[star + 1..]);
        same(&name[..star], prefix) && same(&name[name.len() - suffix.len()..], suffix)
    }
}

const fn number_of_patterns() -> usize {
    let mut number = 0;
    let mut group = 0;
    while group < GROUPS.len() {
        let names = GROUPS[group].names.as_bytes();
        let mut at = 0;
        while at < names.len() {
            if names[at] == b' ' {
                number += 1;
            }
            at += 1;
        }
        number += 1;
        group += 1;
    }
    number
}

const fn size_of_texts() -> usize {
    let mut size = 0;
    let mut group = 0;
    while group < GROUPS.len() {
        size += GROUPS[group].program.len() + GROUPS[group].names.len();
        group += 1;
    }
    size
}

const fn index() -> Index {
    let mut index = Index {
        texts: [0; size_of_texts()],
        groups: [Reason {
            start: 0,
            length: 0,
            power: Power::Code,
            effect: Effect::Runs,
            any_case: false,
        }; GROUPS.len()],
        patterns: [Pattern {
            start: 0,
            length: 0,
            star: 0,
            group: 0,
        }; number_of_patterns()],
        buckets: [0; BUCKETS + 1],
    };
    let mut all = index.patterns;
    let mut number = 0;
    let mut size = 0;
    let mut group = 0;
    while group < GROUPS.len() {
        let Group {
            program,
            power,
            effect,
            any_case,
            names,
        } = GROUPS[group];
        index.groups[group] = Reason {
            start: size as u16,
            length: program.len() as u8,
            power,
            effect,
            any_case,
        };
        let program = program.as_bytes();
        let mut at = 0;
        while at < program.len() {
            index.texts[size] = program[at];
            size += 1;
            at += 1;
        }
        let names = names.as_bytes();
        let (mut start, mut star) = (0, None);
        at = 0;
        while at <= names.len() {
            if at == names.len() || names[at] == b' ' {
                let length = (at - start) as u8;
                all[number] = Pattern {
                    start: (size - at + start) as u16,
                    length,
                    star: match star {
                        Some(star) => star,
                        None => length,
                    },
                    group: group as u16,
                };
                let (_, name) = names.split_at(start);
                let (name, _) = name.split_at(at - start);
                index.buckets[bucket_of(&all[number], name) + 1] += 1;
                assert!(match star {
                    Some(star) => star >= 3 || (star == 0 && length > 3),
                    None => true,
                });
                number += 1;
                (start, star) = (at + 1, None);
            } else if names[at] == b'*' {
                star = Some((at - start) as u8);
            }
            if at < names.len() {
                index.texts[size] = names[at];
                size += 1;
            }
            at += 1;
        }
        group += 1;
    }
    assert!(size <= u16::MAX as usize && GROUPS.len() <= u16::MAX as usize);
    let mut bucket_number = 0;
    while bucket_number < BUCKETS {
        index.buckets[bucket_number + 1] += index.buckets[bucket_number];
        bucket_number += 1;
    }
    let mut next = index.buckets;
    let mut at = 0;
    while at < all.len() {
        let (_, text) = index.texts.split_at(all[at].start as usize);
        let (text, _) = text.split_at(all[at].length as usize);
        let place = &mut next[bucket_of(&all[at], text)];
        index.patterns[*place as usize] = all[at];
        *place += 1;
        at += 1;
    }
    index
}

#[cfg(test)]
mod tests;
