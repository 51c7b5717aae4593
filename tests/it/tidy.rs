//! What is written in several places is the same in each, and in plain English.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => panic!("{}: {error}", path.display()),
    }
}

/// All files below a directory of ours, by their names below the root; not what is built, and not
/// what belongs to git.
fn files(below: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut directories = vec![PathBuf::from(below)];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(root().join(&directory)).unwrap() {
            let entry = entry.unwrap();
            if entry.file_name() == "target" || entry.file_name() == ".git" {
                continue;
            }
            let path = directory.join(entry.file_name());
            let kind = entry.file_type().unwrap();
            if kind.is_file() {
                found.push(path);
            } else if kind.is_dir() {
                directories.push(path);
            }
        }
    }
    found.sort();
    found
}

fn ends(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|it| it == extension)
}

/// The exit codes of a launch and their names, as `src/exit.rs` promises them.
fn codes() -> Vec<(String, String)> {
    let source = read("src/exit.rs");
    let (source, _) = source.split_once("// Only of commands.").unwrap();
    let constants = source.lines().filter_map(|line| {
        let (name, rest) = line.strip_prefix("pub const ")?.split_once(": u8 = ")?;
        Some((rest.trim_end_matches(';').to_owned(), name.to_owned()))
    });
    let codes: Vec<_> = constants.collect();
    assert_eq!(codes.len(), 10, "the codes were found");
    codes
}

/// The rows of the first table below a heading, without their head.
fn table(markdown: &str, heading: &str) -> Vec<Vec<String>> {
    let (_, rest) = markdown.split_once(&format!("## {heading}\n")).unwrap();
    let rows = rest.lines().skip_while(|line| !line.starts_with('|'));
    let rows = rows.take_while(|line| line.starts_with('|')).skip(2);
    let cells = |row: &str| {
        row.trim_matches('|')
            .split('|')
            .map(|it| it.trim().to_owned())
            .collect()
    };
    rows.map(cells).collect()
}

#[test]
fn the_changelog_has_this_version_with_its_date() {
    let changelog = read("CHANGELOG.md");
    let heading = concat!("## [", env!("CARGO_PKG_VERSION"), "] - ");
    let date = changelog
        .lines()
        .find_map(|line| line.strip_prefix(heading))
        .unwrap();
    assert_eq!(date.len(), "2026-11-24".len(), "{date}");
    assert!(changelog.contains("\n## [Unreleased]\n"));
}

#[test]
fn every_exit_code_is_in_the_readme_the_reference_and_the_help() {
    let first = |page: &str| -> Vec<String> {
        let rows = table(&read(page), "Exit status");
        rows.iter().map(|row| row[0].clone()).collect()
    };
    let pages = ["README.md", "docs/reference.md"].map(|page| (page, first(page)));
    let help = read("src/options/help/long.txt");
    let help: Vec<&str> = help
        .split("Exit status:")
        .nth(1)
        .unwrap()
        .split_whitespace()
        .collect();
    for (code, name) in codes() {
        assert!(help.contains(&code.as_str()), "{code} in the help");
        for (page, first) in &pages {
            // 126 and 127 have no name of their own.
            let is_listed = first.contains(&format!("{code} {name}"))
                || first.iter().any(|it| it.split(" / ").any(|it| it == code));
            assert!(is_listed, "{code} {name} in {page}");
        }
    }
}

#[test]
fn a_supervisor_restarts_after_75_alone() {
    let mut final_codes: Vec<String> = codes().into_iter().map(|(code, _)| code).collect();
    final_codes.retain(|code| code != "75");
    for file in files(".") {
        if !ends(&file, "md") {
            continue;
        }
        for line in read(&file).lines() {
            if let Some(listed) = line.strip_prefix("RestartPreventExitStatus=") {
                assert_eq!(
                    listed.split(' ').collect::<Vec<_>>(),
                    final_codes,
                    "{}",
                    file.display()
                );
            }
        }
    }
}

/// What looks like a flag, in a text: `--` and letters.
fn flags(text: &str) -> BTreeSet<String> {
    let mut flags = BTreeSet::new();
    for (start, _) in text.match_indices("--") {
        let before = text[..start].chars().next_back();
        if before.is_some_and(|it| it.is_ascii_alphanumeric() || it == '-') {
            continue;
        }
        let name = &text[start + 2..];
        let end = name
            .find(|it: char| !it.is_ascii_lowercase() && it != '-')
            .unwrap_or(name.len());
        let name = name[..end].trim_end_matches('-');
        if !name.is_empty() {
            flags.insert(format!("--{name}"));
        }
    }
    flags
}

#[test]
fn every_flag_that_is_written_about_exists() {
    let helps = files("src/options/help").into_iter();
    let known: BTreeSet<String> = helps.flat_map(|help| flags(&read(&help))).collect();
    assert!(known.len() > 20, "{known:?}");
    // Those of other programs that are shown.
    let foreign = [
        // cargo
        "--workspace",
        "--locked",
        "--bench",
        "--check",
        "--write",
        "--times",
        "--in-place",
        "--all-features",
        "--test",
        "--package",
        "--shard",
        "--sharding",
        // COPY in a Dockerfile
        "--from",
        // docker
        "--entrypoint",
        "--env",
        "--init",
        "--mount",
        "--restart",
        "--tmpfs",
        "--ulimit",
        // aws
        "--instance-id",
        "--http-put-response-hop-limit",
        "--compatible-architectures",
        "--environment",
        "--function-name",
        "--layer-name",
        "--layers",
        "--zip-file",
        // fish
        "--delimiter",
        "--export",
        "--global",
        "--local",
        // check-jsonschema
        "--schemafile",
        // systemctl, kubectl and jq
        "--now",
        "--failed",
        "--patch",
        "--arg",
        // gh
        "--repo",
        // the in-memory Parameter Store
        "--seed",
        // rustc
        "--cfg",
        // fish
        "--delimiter",
        "--export",
        "--global",
        "--local",
    ];
    let documents = files(".")
        .into_iter()
        .filter(|file| ends(file, "md") && !file.starts_with("./benches"));
    // In the source, the files with hints and messages.
    let sources = [
        "src/launch/naming/mod.rs",
        "src/system/exec.rs",
        "src/launch/files.rs",
        "src/system/memory_file.rs",
        "src/system/linux/hints.rs",
        "src/system/macos/hints.rs",
        "src/launch/environment.rs",
        "src/launch/error.rs",
        "src/launch/plan.rs",
        "src/launch/references.rs",
        "src/launch/documents.rs",
        "src/options/contract.rs",
        "src/launch/template.rs",
        "src/stores/error.rs",
        "src/stores/parameter_store/refusal.rs",
        "src/aws/error.rs",
        "src/aws/hint.rs",
        "src/commands/stale.rs",
    ];
    for file in documents.chain(sources.map(PathBuf::from)) {
        let unknown: Vec<String> = flags(&read(&file))
            .into_iter()
            .filter(|flag| !known.contains(flag) && !foreign.contains(&flag.as_str()))
            .collect();
        assert_eq!(unknown, [""; 0], "{}", file.display());
    }
}

/// The targets of the links in a document that are not on other sites.
fn links(markdown: &str) -> Vec<String> {
    let targets = markdown
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next());
    let ours = targets.filter(|target| !target.contains("://"));
    ours.map(str::to_owned).collect()
}

/// The anchors that a document's headings have, as GitHub makes them.
fn anchors(markdown: &str) -> BTreeSet<String> {
    let headings = markdown.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|line| {
            let text = line.trim_start_matches('#').trim().to_lowercase();
            let kept = text
                .chars()
                .filter(|it| it.is_alphanumeric() || " -_".contains(*it));
            kept.map(|it| if it == ' ' { '-' } else { it }).collect()
        })
        .collect()
}

#[test]
fn every_link_leads_somewhere() {
    for file in files(".").into_iter().filter(|file| ends(file, "md")) {
        let markdown = read(&file);
        for link in links(&markdown) {
            let (target, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = match target {
                "" => file.clone(),
                target => file.parent().unwrap().join(target),
            };
            let exists = root().join(&target).exists();
            assert!(exists, "{} links to {link}", file.display());
            if !anchor.is_empty() {
                assert!(
                    anchors(&read(&target)).contains(anchor),
                    "{} links to {link}",
                    file.display()
                );
            }
        }
    }
}

/// The index of the pages below `docs`.
const INDEX: &str = "docs/README.md";

#[test]
fn the_readme_is_short_and_leads_to_the_index() {
    let readme = read("README.md");
    let words = readme.split_whitespace().count();
    assert!(words <= 1500, "README.md has {words} words");
    assert!(links(&readme).contains(&INDEX.to_owned()));
}

#[test]
fn every_page_is_in_the_index_and_ends_in_why_not() {
    let linked = links(&read(INDEX));
    for file in files("docs").into_iter().filter(|file| ends(file, "md")) {
        let name = file.display().to_string();
        let note = read(&file);
        let mut opening = note.lines().skip(1).filter(|line| !line.is_empty());
        let is_text =
            |it: &str| it.starts_with(|it: char| it.is_ascii_alphabetic() || "[`".contains(it));
        assert!(
            opening.next().is_some_and(is_text),
            "{name} does not open with what it is for"
        );
        if name == INDEX {
            continue;
        }
        let target = file.strip_prefix("docs").unwrap().display().to_string();
        assert!(linked.contains(&target), "{INDEX} does not link to {name}");
        let last = note.lines().rfind(|line| line.starts_with("## "));
        assert!(
            last.is_some_and(|it| it.starts_with("## Why not ")),
            "{name} ends in {last:?}"
        );
        // Tables, and what a program has shown: a block without a language.
        let is_generated = |line: &&str| line.starts_with('|') || line.starts_with("### ");
        let parts = note.split("```").enumerate();
        let text = parts.filter(|(index, part)| index % 2 == 0 || !part.starts_with('\n'));
        let lines = text.flat_map(|(_, part)| part.lines());
        let written = lines.filter(|line| !is_generated(line)).count();
        assert!(written <= 140, "{name} is longer than a note");
    }
}

/// One line of Cargo.toml renames the image everywhere.
#[test]
fn the_image_has_one_name_and_the_version_of_the_release() {
    let manifest = read("Cargo.toml");
    let value = |key: &str| {
        let line = manifest.lines().find(|line| line.starts_with(key)).unwrap();
        line.split('"').nth(1).unwrap().to_owned()
    };
    let reference = format!("{}:{}", value("reference = "), value("version = "));
    let examples = files("docs")
        .into_iter()
        .chain(files("packaging/container"))
        .chain([PathBuf::from("README.md")]);
    let mut found = 0;
    for file in examples.filter(|file| !ends(file, "svg")) {
        let text = read(&file);
        // A name with a version behind it, as no other text of ours has it.
        for (at, _) in text.match_indices("envsecrets:") {
            if !text[at..]["envsecrets:".len()..].starts_with(|it: char| it.is_ascii_digit()) {
                continue;
            }
            let is_name = |it: &char| it.is_ascii_alphanumeric() || "./:-".contains(*it);
            let before: String = text[..at].chars().rev().take_while(is_name).collect();
            let before: String = before.chars().rev().collect();
            let after: String = text[at..].chars().take_while(is_name).collect();
            assert_eq!(format!("{before}{after}"), reference, "{}", file.display());
            found += 1;
        }
    }
    assert!(found > 8, "{found} names were found");
}

/// A package that has another content than before is refused by pip.
#[test]
fn python_packages_are_installed_by_their_hashes() {
    let is_list = |file: &PathBuf| file.to_string_lossy().ends_with(".requirements.txt");
    let lists: Vec<PathBuf> = files("tests")
        .into_iter()
        .chain(files("packaging"))
        .filter(is_list)
        .collect();
    assert!(lists.len() > 3, "{lists:?}");
    for file in lists {
        let list = read(&file);
        let is_pin = |line: &&str| line.starts_with(|it: char| it.is_ascii_alphanumeric());
        for package in list.lines().filter(is_pin) {
            let (_, rest) = list.split_once(package).unwrap();
            let is_hashed = rest.trim_start().starts_with("--hash=sha256:");
            let is_exact = package.contains("==") && package.ends_with('\\');
            assert!(is_hashed && is_exact, "{}: {package}", file.display());
        }
        let wanted = file.with_extension("in");
        if !root().join(&wanted).exists() {
            continue;
        }
        for wanted in read(&wanted).lines().filter(|line| !line.starts_with('#')) {
            // Extras are left out in the list.
            let (name, version) = wanted.split_once("==").unwrap();
            let name = name.split('[').next().unwrap();
            let pinned = list.lines().any(|line| {
                line.strip_prefix(name)
                    .and_then(|rest| rest.split_once("=="))
                    .is_some_and(|(extra, rest)| {
                        (extra.is_empty() || extra.starts_with('['))
                            && rest.split([' ', ';']).next() == Some(version)
                    })
            });
            assert!(pinned, "{} has no {wanted}", file.display());
        }
    }
}

#[test]
fn every_source_file_opens_with_what_it_is_for() {
    for file in files(".").into_iter().filter(|file| ends(file, "rs")) {
        let text = read(&file);
        let first = text.lines().next().unwrap_or_default();
        assert!(first.starts_with("//! "), "{}", file.display());
    }
}

/// Two calls of one closure with the same constant may share the memory of what they are given: from
/// Rust 1.91 until 1.97 that is a double free (rust-lang/rust issues 155241 and 158830).
#[test]
fn no_closure_with_a_name_changes_what_it_is_given_by_value() {
    for file in files(".").into_iter().filter(|file| ends(file, "rs")) {
        for (number, line) in (1..).zip(read(&file).lines()) {
            let closure = line.trim_start().strip_prefix("let ");
            let parameters = closure.and_then(|it| it.split_once(" = |")?.1.split_once('|'));
            let changed = parameters
                .is_some_and(|(them, _)| them.split(", ").any(|it| it.starts_with("mut ")));
            assert!(!changed, "{}:{number}: make it a function", file.display());
        }
    }
}

#[test]
fn every_story_is_run() {
    let main = read("tests/it/main.rs");
    for file in files("tests/it")
        .into_iter()
        .filter(|file| file.parent() == Some(Path::new("tests/it")))
    {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let run = name == "main" || main.contains(&format!("\nmod {name};\n"));
        assert!(run, "{} is not part of the tests", file.display());
    }
    let files: BTreeSet<PathBuf> = files("tests").into_iter().chain(files("src")).collect();
    for file in files.into_iter().filter(|file| ends(file, "rs")) {
        // Written in two halves, or this file would be the first to be found.
        let ignore = concat!("#[", "ignore");
        assert!(
            !read(&file).contains(ignore),
            "{} skips a story",
            file.display()
        );
    }
}

#[test]
fn no_file_mentions_how_the_project_is_worked_on() {
    // In two halves each, or this file would be the first to be found.
    let words = [
        concat!("/wo", "rk/"),
        concat!("/tmp/", "env.sh"),
        concat!("this ", "session"),
        concat!("work", "tree"),
        concat!("the ", "lead "),
        concat!("sub-", "agent"),
        concat!("FI", "XME"),
        concat!("TO", "DO"),
        concat!("XX", "X"),
    ];
    for file in files(".") {
        let Ok(text) = std::fs::read_to_string(root().join(&file)) else {
            continue;
        };
        if ends(&file, "lock") || file.ends_with("package-lock.json") {
            continue;
        }
        for word in words {
            assert!(!text.contains(word), "{} has `{word}`", file.display());
        }
        let lower = text.to_lowercase();
        for (start, _) in lower.match_indices(concat!("iss", "ue ")) {
            let next = lower[start + 6..].trim_start_matches('#').chars().next();
            assert!(
                !next.is_some_and(|it| it.is_ascii_digit()),
                "{} mentions an issue",
                file.display()
            );
        }
    }
}

/// Words that the texts of this project do not use, with what to write instead. Each is two
/// strings, or this table would be the first to be found.
const DIALECT: [([&str; 2], &str); 13] = [
    (["to", "ld"], "reported, printed, shown or given"),
    (["who", "ever"], "the caller, the user who"),
    (["no", "body"], "no one"),
    (["some", "body"], "someone, another user"),
    (["pap", "ers"], "man page and completions, or manual"),
    (["as ", "whom"], "as which principal"),
    (["makes ", "no sense"], "is invalid"),
    (["make ", "no sense"], "are invalid"),
    (["non", "sense"], "invalid"),
    (["is ", "none"], "does not exist, is not a …"),
    (["typing ", "errors"], "typos"),
    (["typing ", "error"], "typo"),
    (["is called ", "like"], "looks like"),
];

/// Where one of these words is another's: part of a file's name, a text in the file, and the
/// reason.
const FOREIGN: [(&str, &str, &str); 8] = [
    ("tests/it/tidy.rs", "is None", "this table"),
    ("tests/it/tidy.rs", "nobody", "this table"),
    ("tests/it/systemd.rs", "nobody", "the user of that name"),
    ("packaging/materials", "is None", "Python"),
    ("packaging/check", "is None", "Python"),
    (
        "packaging/check",
        "-R nobody ",
        "the user of that name, for chown",
    ),
    (
        "packaging/check",
        "--reuid=nobody ",
        "the user of that name, for setpriv",
    ),
    (
        "tests/it/files.rs",
        "--file-owner nobody",
        "the user of that name, who owns a file",
    ),
];

/// The words of a text in lower case, with the lines that they are on. The parts of an identifier
/// are words too; each other character is a word of its own, but for blanks and for what begins a
/// line of a comment or ends a line of a string.
fn words(text: &str) -> Vec<(usize, String)> {
    let mut words = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim_start().trim_start_matches(['/', '!', '#']);
        let line = line.strip_suffix('\\').unwrap_or(line).to_lowercase();
        let mut word = String::new();
        for it in line.chars().chain([' ']) {
            if it.is_alphanumeric() {
                word.push(it);
                continue;
            }
            if !word.is_empty() {
                words.push((number + 1, std::mem::take(&mut word)));
            }
            if it != ' ' && it != '_' {
                words.push((number + 1, it.to_string()));
            }
        }
    }
    words
}

#[test]
fn plain_english_is_kept() {
    let folders = ["src", "tests", "docs", "packaging", "benches"];
    let single = [
        "README.md",
        "CONTRIBUTING.md",
        ".ci/run",
        "Cargo.toml",
        ".deny.toml",
    ];
    let files = folders.into_iter().flat_map(files);
    let mut found = Vec::new();
    for file in files.chain(single.map(PathBuf::from)) {
        let Ok(mut text) = std::fs::read_to_string(root().join(&file)) else {
            continue;
        };
        // Methods of `Option`.
        for method in [concat!(".is", "_none"), concat!("::is", "_none")] {
            text = text.replace(method, "");
        }
        let name = file.display().to_string();
        for (_, foreign, reason) in FOREIGN.iter().filter(|(of, _, _)| name == *of) {
            assert!(
                text.contains(foreign),
                "{name} has no `{foreign}`: {reason}"
            );
            text = text.replace(foreign, "");
        }
        let words = words(&text);
        for (halves, instead) in DIALECT {
            let dialect = halves.concat();
            let dialect: Vec<&str> = dialect.split(' ').collect();
            for at in words.windows(dialect.len()) {
                if at.iter().map(|(_, word)| word).eq(dialect.iter()) {
                    let word = dialect.join(" ");
                    found.push(format!("{name}:{}: `{word}`: {instead}", at[0].0));
                }
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
