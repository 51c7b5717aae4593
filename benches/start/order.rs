//! The functions that a launch calls, for the linker: which they are, and whether the list is still
//! good.
//!
//! The kernel maps the pages of a program by sixteen. `packaging/functions.ld` has the linker put
//! side by side what launches call. A name in it stands for all functions of this name, since the
//! hash at the end of each changes with every compiler; where others than those that are called have it,
//! the hash is listed too. Functions that are new, or renamed, are linked as all others are, and so
//! the list ages: `share` is lower then.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::path::Path;

use crate::printed;

/// The functions that one run called, by callgrind's names for them, undemangled.
pub type Called = BTreeSet<String>;

/// The functions of a program in the output of callgrind.
pub fn called(profile: &str, program: &str) -> Called {
    let program = std::fs::canonicalize(program).unwrap();
    let mut names: HashMap<(&str, &str), &str> = HashMap::new();
    let mut called = Called::new();
    let mut ours = false;
    for line in profile.lines() {
        // ob=(6) /path/of/object, later ob=(6); cob and cfn are those of a function that is called.
        let Some((key, value)) = line.split_once("=(") else {
            continue;
        };
        let Some((number, name)) = value.split_once(')') else {
            continue;
        };
        let kind = key.trim_start_matches('c');
        if !name.is_empty() {
            names.insert((kind, number), name.trim_start());
        }
        let name = names.get(&(kind, number)).copied().unwrap_or_default();
        match key {
            "ob" => ours = Path::new(name) == program,
            "fn" if ours => {
                // A recursive function has a number: name'2.
                let (name, _) = name.split_once('\'').unwrap_or((name, ""));
                called.insert(name.to_owned());
            }
            _ => {}
        }
    }
    called
}

/// Where the functions of a program are, and how large, by name.
#[derive(Debug, Default)]
pub struct Functions {
    /// The address and the size of each, by name.
    places: HashMap<String, (u64, u64)>,
    /// One function can have several names, and its section is called by any of them.
    names: HashMap<u64, Vec<String>>,
}

impl Functions {
    pub fn of(program: &str) -> Self {
        let symbols = printed(&["nm", "--print-size", "--defined-only", program]);
        let mut all = Self::default();
        for line in symbols.lines() {
            // 00000000002ba4a0 00000000000007cf t _ZN10envsecrets4main17h0123456789abcdefE
            let [address, size, kind, name] = line.split(' ').collect::<Vec<_>>()[..] else {
                continue;
            };
            if !matches!(kind, "t" | "T" | "w" | "W") {
                continue;
            }
            let number = |text: &str| u64::from_str_radix(text, 16).unwrap();
            let address = number(address);
            all.places.insert(name.to_owned(), (address, number(size)));
            all.names.entry(address).or_default().push(name.to_owned());
        }
        all
    }

    /// All names of a function.
    fn names<'s>(&'s self, name: &'s String) -> Vec<&'s String> {
        let place = self.places.get(name);
        let names = place.and_then(|(address, _)| self.names.get(address));
        names.map_or_else(|| vec![name], |names| names.iter().collect())
    }
}

/// The pattern of a function's name, without what each compiler and each build has another of; none
/// if it has no name.
fn pattern(name: &str) -> Option<String> {
    let named = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'$');
    if name.starts_with("0x") || !name.bytes().all(named) {
        return None;
    }
    if let Some(name) = unnumbered(name) {
        return Some(format!("{}.*", pattern(name)?));
    }
    // _ZN4core3fmt5write17h0123456789abcdefE
    let legacy = |name: &str| {
        let rest = name.strip_suffix('E')?;
        let (rest, hash) = rest.split_at_checked(rest.len().checked_sub(16)?)?;
        let hexadecimal = hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        let rest = rest.strip_suffix("17h").filter(|_| hexadecimal)?;
        Some(format!("{rest}17h*E"))
    };
    if let Some(pattern) = legacy(name) {
        return Some(pattern);
    }
    if !name.starts_with("_R") {
        return Some(name.to_owned());
    }
    // _RNvNtCsgEmfK2I1SDS_4core3fmt5write: Cs…_ tells crates of one name apart, and B…_ refers to a
    // position, which depends on the lengths before.
    let mut pattern = String::new();
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        let digits = |text: &str| text.find(|it: char| !it.is_ascii_alphanumeric());
        let hidden = |prefix: &str, most: usize| {
            let text = rest.strip_prefix(prefix)?;
            let end = digits(text).filter(|&end| end > 0 && end <= most)?;
            text[end..].strip_prefix('_')
        };
        if let Some(after) = hidden("Cs", 13) {
            pattern.push_str("Cs*_");
            rest = after;
        } else if let Some(after) = hidden("B", 2) {
            pattern.push_str("B*_");
            rest = after;
        } else {
            pattern.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    Some(pattern)
}

/// The name without the number that the optimizer gives to functions of one name: _RNvNtCs…_4core3fmt5write.127
///
/// None if it has none. Any edit of the program changes these numbers.
fn unnumbered(name: &str) -> Option<&str> {
    let (name, number) = name.rsplit_once('.')?;
    let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some(name)
}

/// The name as it is listed in full: it stands for all that have its hash, whatever their numbers.
fn full(name: &str) -> String {
    unnumbered(name).map_or_else(|| name.to_owned(), |name| format!("{name}.*"))
}

/// A pattern of the list.
#[derive(Default)]
struct Pattern<'s> {
    /// Its functions that were called, each with the runs that called it.
    called: BTreeMap<&'s str, BTreeSet<usize>>,
    /// The bytes of those.
    called_size: u64,
    /// The bytes of all its functions.
    size: u64,
}

impl Pattern<'_> {
    /// Whether it matches functions that are not called, such as the same one for other types, which would lie
    /// between the others.
    fn is_wide(&self) -> bool {
        self.size > self.called_size
    }

    fn runs(&self) -> BTreeSet<usize> {
        self.called.values().flatten().copied().collect()
    }
}

/// Where a function comes in the list, by the runs that called it: first what the usual launch calls, then
/// what the first run calls besides, what the second one does, and so on; among these what most runs call.
fn rank(runs: &BTreeSet<usize>, usual: usize) -> (bool, Option<usize>, Reverse<usize>) {
    let is_unusual = !runs.contains(&usual);
    let first = runs.first().copied().filter(|_| is_unusual);
    (is_unusual, first, Reverse(runs.len()))
}

/// The list, for the same runs of some programs, of which `usual` is that of the usual launch. `programs`
/// has the functions of each, and its runs.
///
/// What a wide pattern stands for is listed by its full names, which other programs do not have; the pattern
/// itself comes last, for those.
pub fn document(programs: &[(Functions, Vec<Called>)], usual: usize) -> String {
    let mut patterns: BTreeMap<String, Pattern<'_>> = BTreeMap::new();
    for (functions, runs) in programs {
        for (run, called) in runs.iter().enumerate() {
            for name in called.iter().flat_map(|name| functions.names(name)) {
                let Some(pattern) = pattern(name) else {
                    continue;
                };
                let pattern = patterns.entry(pattern).or_default();
                pattern.called.entry(name).or_default().insert(run);
            }
        }
        let union = runs.iter().flatten();
        let union: BTreeSet<&String> = union.flat_map(|name| functions.names(name)).collect();
        for (name, (_, size)) in &functions.places {
            if let Some(pattern) = pattern(name).and_then(|it| patterns.get_mut(&it)) {
                pattern.size += size;
                if union.contains(name) {
                    pattern.called_size += size;
                }
            }
        }
    }
    let mut listed = Vec::new();
    let mut last = Vec::new();
    for (text, pattern) in patterns {
        let place = (rank(&pattern.runs(), usual), text);
        if !pattern.is_wide() {
            listed.push(place);
            continue;
        }
        last.push(place);
        let mut names: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
        for (name, runs) in pattern.called {
            names.entry(full(name)).or_default().extend(runs);
        }
        let names = names.into_iter();
        listed.extend(names.map(|(name, runs)| (rank(&runs, usual), name)));
    }
    listed.sort();
    last.sort();
    let mut text = String::from(
        "/* The functions that launches call, which the linker puts side by side: build.rs.\n   \
         packaging/order writes this file. An asterisk is what differs between builds. */\n\
         SECTIONS\n{\n  .text :\n  {\n",
    );
    for (_, name) in listed.into_iter().chain(last) {
        writeln!(text, "    *(.text.{name} .text.unlikely.{name})").unwrap();
    }
    text + "  }\n}\nINSERT AFTER .eh_frame;\n"
}

/// Of the code that the kernel maps for a run, the share that the run executed, in per cent.
///
/// The kernel maps 16 pages, aligned, where one is used. `profile` has the address of each
/// instruction: `--dump-instr=yes --compress-pos=no`.
pub fn share(profile: &str, program: &str) -> f64 {
    let program = std::fs::canonicalize(program).unwrap();
    let mut pages = BTreeSet::new();
    let mut objects: HashMap<&str, &str> = HashMap::new();
    let mut ours = false;
    for line in profile.lines() {
        let object = line.strip_prefix("ob=(").or(line.strip_prefix("cob=("));
        if let Some((number, name)) = object.and_then(|it| it.split_once(')')) {
            if !name.is_empty() {
                objects.insert(number, name.trim_start());
            }
            if line.starts_with("ob") {
                ours = objects
                    .get(number)
                    .is_some_and(|it| Path::new(it) == program);
            }
        } else if let Some(rest) = line.strip_prefix("0x").filter(|_| ours) {
            let address = rest.split(' ').next().unwrap_or_default();
            pages.insert(u64::from_str_radix(address, 16).unwrap() >> 12);
        }
    }
    let windows: BTreeSet<u64> = pages.iter().map(|page| page / 16).collect();
    pages.len() as f64 / (windows.len() * 16) as f64 * 100.0
}
