//! The walls of `src`: which folder may import which, and which may use an outside thing.
//!
//! `docs/architecture.md` shows the same as a picture.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A folder of `src` or one of the files beside `main.rs`, from top to bottom: what it may import,
/// beside what stands at its own level.
pub const FOLDERS: [(&str, &[&str]); 18] = [
    (
        "main",
        &[
            "commands", "launch", "options", "stores", "aws", "net", "system",
        ],
    ),
    (
        "commands",
        &["launch", "options", "stores", "aws", "system"],
    ),
    ("launch", &["options", "stores", "system"]),
    ("options", &["system"]),
    ("stores", &["aws", "net"]),
    ("aws", &["net", "system"]),
    ("net", &["system"]),
    ("system", &[]),
    // The vocabulary, which every folder may import.
    ("parameter", &[]),
    ("secret", &[]),
    ("redaction", &[]),
    ("json", &[]),
    ("variable", &[]),
    ("date", &[]),
    ("glob", &[]),
    ("pattern", &[]),
    ("output", &[]),
    ("exit", &[]),
];
/// How many of the rows above are vocabulary.
pub const VOCABULARY: usize = 10;

/// What only some may use, and which they are: folders, or files of them.
const OUTSIDE: [(&[&str], &[&str]); 9] = [
    (
        &["clap::", "#[arg(", "#[command("],
        &["options", "commands"],
    ),
    (&["toml::"], &["options"]),
    // It panics on what is no date of ours.
    (&["humantime::format_rfc3339"], &["date"]),
    (&["aws_"], &["aws", "stores"]),
    (&["tokio::", "async ", "async{"], &["stores", "aws", "net"]),
    (&["hyper", "rustls", "webpki"], &["net"]),
    // What decrypts what stores have sealed.
    (
        &[" ring::", " aes::", " salsa20::", " poly1305::"],
        &["stores"],
    ),
    (&["use nix", " nix::"], &["system"]),
    (
        &[
            "unsafe {",
            "unsafe fn",
            "unsafe impl",
            "target_os",
            "\"/proc",
        ],
        &["system"],
    ),
];

/// The module that is another folder on each operating system, and that folder for Linux: each of them
/// has the same items.
const SELECTED: &str = "system::os";
const SELECTED_HERE: &str = "system::linux";

/// Files of `commands` that the commands share.
const SHARED_BY_COMMANDS: [&str; 14] = [
    "args",
    "new_value",
    "place",
    "write",
    "transfer",
    "duplicate",
    "choice",
    "confirmation",
    "deletion",
    "launchable",
    "origin",
    "formats",
    "table",
    "report",
];

/// Files of `stores` that the stores share.
const SHARED_BY_STORES: [&str; 13] = [
    "bucket", "call", "deadline", "encoding", "error", "gcm", "kept", "keys", "listing", "remote",
    "session", "settling", "unneeded",
];

/// Files of `stores` that know all stores: the grammar of places, what they name, and reading it.
const OVER_STORES: [&str; 3] = ["place", "read", "source"];

/// Files that decide from what they are given, and touch nothing outside.
const PURE: [&str; 19] = [
    "commands::rotate::state",
    "json",
    "parameter",
    "secret",
    "variable",
    "date",
    "glob",
    "pattern",
    "launch::naming",
    "launch::environment",
    "launch::references",
    "launch::documents",
    "launch::files",
    "launch::template",
    "launch::fingerprint",
    "stores::parameter_store::names",
    "stores::parameter_store::pages",
    "stores::parameter_store::put",
    "net::retry",
];

/// A file of `src` without its tests.
struct Source {
    /// Its module, such as `launch::plan`; the `mod.rs` of a folder has the name of the folder.
    module: String,
    /// Its code, without comments and without what is in quotes.
    code: String,
    /// The same with what is in quotes.
    text: String,
}

impl Source {
    fn folder(&self) -> &str {
        self.module.split("::").next().unwrap_or_default()
    }
}

/// All files of `src` that are compiled into the program.
fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = Vec::new();
    let mut directories = vec![root.clone()];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                sources.extend(source(&root, &path));
            }
        }
    }
    sources.sort_by(|one, other| one.module.cmp(&other.module));
    assert!(sources.len() > 40, "the files were found");
    sources
}

/// The module of the tests of a file, which is compiled for tests only, with what is in its folder.
const TESTS: &str = "tests";

fn source(root: &Path, path: &Path) -> Option<Source> {
    let relative: PathBuf = path.strip_prefix(root).unwrap().with_extension("");
    let mut parts: Vec<&str> = relative.iter().map(|it| it.to_str().unwrap()).collect();
    if parts.contains(&TESTS) {
        return None;
    }
    if parts.last() == Some(&"mod") {
        parts.pop();
    }
    let text = std::fs::read_to_string(path).unwrap();
    let text = without_tests(&without_comments(&text));
    Some(Source {
        module: parts.join("::"),
        code: without_quotes(&text),
        text,
    })
}

fn without_comments(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let start = line.trim_start();
        match start.starts_with("//") {
            true => "",
            false => line,
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Leaves out the module of tests at the end, and what else is compiled only for tests.
fn without_tests(text: &str) -> String {
    let text = match text.find("#[cfg(test)]\nmod tests {") {
        Some(end) => &text[..end],
        None => text,
    };
    let mut kept = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim() == "#[cfg(test)]" {
            // The item that follows, to the end of its line or of its block.
            let item = lines.next().unwrap_or_default();
            let indentation = item.len() - item.trim_start().len();
            let end = format!("{}}}", " ".repeat(indentation));
            if item.ends_with('{') {
                let _ = lines.by_ref().find(|line| *line == end);
            }
        } else {
            kept.push(line);
        }
    }
    kept.join("\n")
}

/// Leaves out what is in double quotes: examples and messages.
fn without_quotes(text: &str) -> String {
    let mut code = String::new();
    let mut inside = false;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' if inside => {
                let _ = characters.next();
            }
            '\'' if !inside => {
                // A quote as a character literal.
                let rest = characters.as_str();
                code.push('\'');
                if rest.starts_with("\"'") {
                    let _ = characters.nth(1);
                    code.push('\'');
                } else if rest.starts_with("\\\"'") {
                    let _ = characters.nth(2);
                    code.push('\'');
                }
            }
            '"' => {
                inside = !inside;
                code.push('"');
            }
            character if !inside => code.push(character),
            _ => {}
        }
    }
    code
}

/// The modules that a file names by a path of `crate::`, `super::` or of a module of its own.
fn imports(source: &Source, modules: &BTreeSet<&str>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let above = source
        .module
        .rsplit_once("::")
        .map_or("", |(above, _)| above);
    for path in paths(&source.code) {
        let absolute = if let Some(rest) = path.strip_prefix("crate::") {
            rest.to_owned()
        } else if let Some(rest) = path.strip_prefix("self::") {
            format!("{}::{rest}", source.module)
        } else if path.starts_with("super::") {
            let mut rest = path.as_str();
            let mut parent = Some(above);
            while let Some(shorter) = rest.strip_prefix("super::") {
                rest = shorter;
                if rest.starts_with("super::") {
                    parent = parent.map(|it| it.rsplit_once("::").map_or("", |(above, _)| above));
                }
            }
            match parent.unwrap_or_default() {
                "" => rest.to_owned(),
                parent => format!("{parent}::{rest}"),
            }
        } else {
            let own = match source.module.as_str() {
                "main" => path.clone(),
                module => format!("{module}::{path}"),
            };
            let first: Vec<&str> = own.split("::").collect();
            let depth = source.module.split("::").count();
            let depth = if source.module == "main" {
                1
            } else {
                depth + 1
            };
            if !modules.contains(first[..depth.min(first.len())].join("::").as_str()) {
                continue;
            }
            own
        };
        let absolute = match absolute.strip_prefix(SELECTED) {
            Some(rest) => format!("{SELECTED_HERE}{rest}"),
            None => absolute,
        };
        // The longest part of the path that is a module.
        let parts: Vec<&str> = absolute.split("::").collect();
        let module = (1..=parts.len())
            .rev()
            .map(|length| parts[..length].join("::"))
            .find(|it| modules.contains(it.as_str()));
        found.extend(module.filter(|it| *it != source.module));
    }
    found
}

/// All paths in code, with the groups of `use a::{b, c::d}` written out.
fn paths(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    let bytes = code.as_bytes();
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let mut at = 0;
    while at < bytes.len() {
        let starts =
            is_word(bytes[at]) && (at == 0 || !is_word(bytes[at - 1]) && bytes[at - 1] != b':');
        if !starts {
            at += 1;
            continue;
        }
        let end = code[at..]
            .find(|it: char| !it.is_ascii_alphanumeric() && it != '_' && it != ':')
            .map_or(code.len(), |length| at + length);
        let path = code[at..end].trim_end_matches(':');
        if code[at..end].ends_with("::") && code[end..].starts_with('{') {
            let group = group(&code[end + 1..]);
            let prefix = format!("{path}::");
            for member in paths(group) {
                match member.as_str() {
                    "self" => found.push(path.to_owned()),
                    member => found.push(format!("{prefix}{member}")),
                }
            }
            at = end + 1 + group.len();
            continue;
        }
        if path.contains("::") || !path.is_empty() {
            found.push(path.to_owned());
        }
        at = end.max(at + 1);
    }
    found
}

/// What stands before the brace that closes a group.
fn group(text: &str) -> &str {
    let mut depth = 1;
    for (at, character) in text.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &text[..at];
        }
    }
    text
}

/// Who imports whom.
fn graph(sources: &[Source]) -> BTreeMap<String, BTreeSet<String>> {
    let modules: BTreeSet<&str> = sources.iter().map(|it| it.module.as_str()).collect();
    sources
        .iter()
        .map(|source| (source.module.clone(), imports(source, &modules)))
        .collect()
}

fn folder(module: &str) -> &str {
    module.split("::").next().unwrap_or_default()
}

#[test]
fn imports_go_down_the_table_only() {
    let sources = sources();
    let (_, vocabulary) = FOLDERS.split_at(FOLDERS.len() - VOCABULARY);
    let mut wrong = Vec::new();
    for (module, imported) in graph(&sources) {
        let row = FOLDERS.iter().find(|(name, _)| *name == folder(&module));
        let Some((own, may)) = row else {
            wrong.push(format!("{module} stands in no folder of the table"));
            continue;
        };
        for other in imported {
            let there = folder(&other);
            let is_word = vocabulary.iter().any(|(name, _)| *name == there);
            if there != *own && !is_word && !may.contains(&there) {
                wrong.push(format!("{module} imports {other}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_two_files_import_each_other_and_there_is_no_longer_circle() {
    let graph = graph(&sources());
    let mut circles = BTreeSet::new();
    for start in graph.keys() {
        // The shortest way from a file back to itself.
        let mut ways: Vec<Vec<&String>> = vec![vec![start]];
        let mut seen = BTreeSet::new();
        while let Some(way) = (!ways.is_empty()).then(|| ways.remove(0)) {
            let Some(last) = way.last() else { continue };
            for next in &graph[*last] {
                if next == start {
                    let mut circle: Vec<&str> = way.iter().map(|it| it.as_str()).collect();
                    let first = circle.iter().min().copied();
                    let turn = circle.iter().position(|it| Some(*it) == first);
                    circle.rotate_left(turn.unwrap_or_default());
                    circles.insert(circle.join(" → "));
                } else if seen.insert(next) {
                    let mut way = way.clone();
                    way.push(next);
                    ways.push(way);
                }
            }
        }
    }
    assert!(circles.is_empty(), "{circles:#?}");
}

#[test]
fn one_folder_knows_each_outside_thing() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (words, may) in OUTSIDE {
            if source.module == "main" || may.contains(&source.folder()) {
                continue;
            }
            for word in words {
                let code = match word.contains('"') {
                    true => &source.text,
                    false => &source.code,
                };
                let what = format!("{} knows `{}`", source.module, word.trim());
                if code.contains(word) {
                    wrong.push(what);
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn commands_and_stores_do_not_know_each_other() {
    let mut wrong = Vec::new();
    for (module, imported) in graph(&sources()) {
        for other in imported {
            let own: Vec<&str> = module.split("::").collect();
            let there: Vec<&str> = other.split("::").collect();
            let [parent @ ("commands" | "stores"), name, ..] = there[..] else {
                continue;
            };
            let is_shared = match parent {
                "commands" => SHARED_BY_COMMANDS.contains(&name),
                _ => {
                    SHARED_BY_STORES.contains(&name)
                        || own.len() > 1 && OVER_STORES.contains(&own[1])
                }
            };
            if own.len() > 1 && own[0] == parent && own[1] != name && !is_shared {
                wrong.push(format!("{module} imports {other}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_decides_touches_nothing_outside() {
    let sources = sources();
    for module in PURE {
        let source = sources.iter().find(|it| it.module == module);
        let source = source.unwrap_or_else(|| panic!("{module} is not there"));
        assert!(source.code.contains("#![forbid(unsafe_code)]"), "{module}");
        for outside in [
            "std::env", "std::fs", "std::net", "::now()", "aws_", "tokio",
        ] {
            assert!(!source.code.contains(outside), "{module} knows {outside}");
        }
    }
}
