//! The functions that a launch calls, for the linker: which they are, and whether the list is still
//! good.
//!
//! The kernel maps the pages of a program by sixteen. `packaging/functions.ld` has the linker put
//! side by side what launches call; a name in it stands for all functions of this name, since the
//! hash at the end of each changes with every compiler. Functions that are new, or renamed, are
//! linked as all others are, and so the list ages: `share` is lower then.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::path::Path;

use crate::printed;

/// A name matches other functions too, such as the same one for other types. Where these are this
/// many times as large as what is called, it comes last: they would lie between the others.
const MANY: u64 = 3;

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

/// The sizes of the functions of a program, by name.
pub fn sizes(program: &str) -> HashMap<String, u64> {
    let symbols = printed(&["nm", "--print-size", "--defined-only", program]);
    let size = |line: &str| {
        // 00000000002ba4a0 00000000000007cf t _ZN10envsecrets4main17h0123456789abcdefE
        let [_, size, kind, name] = line.split(' ').collect::<Vec<_>>()[..] else {
            return None;
        };
        let size = u64::from_str_radix(size, 16).ok()?;
        matches!(kind, "t" | "T" | "w" | "W").then(|| (name.to_owned(), size))
    };
    symbols.lines().filter_map(size).collect()
}

/// The pattern of a function's name, without what each compiler and each build has another of; none
/// if it has no name.
fn pattern(name: &str) -> Option<String> {
    let named = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'$');
    if name.starts_with("0x") || !name.bytes().all(named) {
        return None;
    }
    // The optimizer numbers functions of one name: _RNvNtCs…_4core3fmt5write.127
    if let Some((name, number)) = name.rsplit_once('.')
        && number.bytes().all(|byte| byte.is_ascii_digit())
    {
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

/// A pattern of the list.
#[derive(Default)]
struct Pattern {
    /// The runs that called one of its functions.
    runs: BTreeSet<usize>,
    /// The bytes of those that were called.
    called: u64,
    /// The bytes of all.
    all: u64,
}

/// The list, for the same runs of some programs: what the first run called, what the second called
/// besides, and so on. `programs` has the sizes of each one's functions, and its runs.
pub fn document(programs: &[(HashMap<String, u64>, Vec<Called>)]) -> String {
    let mut patterns: BTreeMap<String, Pattern> = BTreeMap::new();
    for (sizes, runs) in programs {
        for (run, called) in runs.iter().enumerate() {
            for name in called {
                let Some(pattern) = pattern(name) else {
                    continue;
                };
                patterns.entry(pattern).or_default().runs.insert(run);
            }
        }
        let union: BTreeSet<&String> = runs.iter().flatten().collect();
        for (name, size) in sizes {
            if let Some(pattern) = pattern(name).and_then(|it| patterns.get_mut(&it)) {
                pattern.all += size;
                if union.contains(name) {
                    pattern.called += size;
                }
            }
        }
    }
    let mut sorted: Vec<(&String, &Pattern)> = patterns.iter().collect();
    sorted.sort_by_key(|(name, it)| {
        let many = it.all > MANY * it.called;
        let fewest_last = Reverse(it.runs.len());
        (it.runs.first().copied(), many, fewest_last, *name)
    });
    let mut text = String::from(
        "/* The functions that launches call, which the linker puts side by side: build.rs.\n   \
         packaging/order writes this file. An asterisk is what differs between builds. */\n\
         SECTIONS\n{\n  .text :\n  {\n",
    );
    for (name, _) in sorted {
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
