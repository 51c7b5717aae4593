//! The readers are modelled exactly, and what they agree on is what is read.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use proptest::prelude::*;
use serde::Deserialize;

use super::*;

/// What was found in a text; a later line wins, as in every reader.
type Pairs = BTreeMap<String, String>;

/// What each of the real readers found in a text.
#[derive(Deserialize)]
struct Reading {
    text: String,
    npm: Pairs,
    node: Pairs,
    python: Pairs,
    /// `None` where it fails.
    ruby: Option<Pairs>,
    bash: Option<Pairs>,
}

fn file(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), name].iter().collect()
}

fn readings() -> Vec<Reading> {
    let text = std::fs::read_to_string(file("tests/dotenv/readings.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn pairs(bindings: Vec<Binding>) -> Pairs {
    let pairs = bindings.into_iter();
    pairs
        .map(|it| (it.name, it.value.expose().to_owned()))
        .collect()
}

/// What is read, or the texts of the problems.
fn common(text: &str) -> Result<Vec<(String, String)>, Vec<String>> {
    match read(text, DotenvDialect::Common) {
        Ok(found) => Ok(found
            .into_iter()
            .map(|it| (it.name, it.value.expose().to_owned()))
            .collect()),
        Err(problems) => Err(problems.iter().map(Problem::to_string).collect()),
    }
}

#[test]
fn each_reader_is_modelled_exactly() {
    for reading in readings() {
        let text = reading.text;
        let lines = |dialect| with_line_feeds(&text, dialect);
        let npm = pairs(npm::read(&lines(DotenvDialect::Npm)));
        assert_eq!(npm, reading.npm, "npm: {text:?}");
        let node = pairs(node::read(&lines(DotenvDialect::Node)));
        assert_eq!(node, reading.node, "node: {text:?}");
        let python = pairs(python::read(&lines(DotenvDialect::Python)));
        assert_eq!(python, reading.python, "python: {text:?}");
    }
}

#[test]
fn a_text_is_read_as_all_three_read_it_or_not_at_all() {
    let (mut read, mut refused) = (0, 0);
    for reading in readings() {
        let text = reading.text.as_str();
        let agreed = reading.npm == reading.node && reading.node == reading.python;
        match common(text) {
            Ok(found) => {
                read += 1;
                let found: Pairs = found.into_iter().collect();
                assert_eq!(found, reading.npm, "{text:?}");
                assert!(agreed, "{text:?}");
            }
            // All three drop what they do not understand, and we do not.
            Err(problems) if agreed => {
                refused += 1;
                let dropped = |problem: &String| {
                    problem.ends_with("is not NAME=VALUE")
                        || problem.contains("disagree on the line")
                        || problem.contains("a carriage return")
                };
                assert!(problems.iter().all(dropped), "{text:?}: {problems:?}");
            }
            Err(_) => refused += 1,
        }
    }
    assert!(read > 200 && refused > 80, "{read} {refused}");
}

#[test]
fn lines_that_bash_or_ruby_read_otherwise_are_noted() {
    for reading in readings() {
        let Ok(found) = read(&reading.text, DotenvDialect::Common) else {
            continue;
        };
        if found.iter().all(|it| !it.disputed) {
            let found: Pairs = found
                .into_iter()
                .map(|it| (it.name, it.value.expose().to_owned()))
                .collect();
            for (reader, theirs) in [("bash", reading.bash), ("ruby", reading.ruby)] {
                assert_eq!(
                    theirs.as_ref(),
                    Some(&found),
                    "{reader}: {:?}",
                    reading.text
                );
            }
        }
    }
}

#[test]
fn every_problem_is_reported_with_its_line_and_no_value() {
    let text = "A=1\nB=\"hunter\\t2\"\nhunter2\nC=hunter2 # x\nD=x#hunter2\nE='hunter2'x\n\
                F: hunter2\nG=`hunter2`\nH=\nI=\"hunter2\nJ=1\nK=ENC[AES256_GCM,hunter2]\n\
                L= \nM=1";
    let problems = common(text).unwrap_err();
    assert_eq!(
        problems,
        [
            "line 2, `B`: readers of .env files disagree on a backslash between quotes",
            "line 3 is not NAME=VALUE",
            "line 5, `D`: readers of .env files disagree on where a comment begins",
            "line 6, `E`: readers of .env files disagree on what follows the closing quote",
            "line 7, `F`: readers of .env files disagree on whether it is an assignment",
            "line 8, `G`: readers of .env files disagree on backticks as quotes",
            "line 10, `I`: readers of .env files disagree on a quote that is not closed in its line",
            "line 12, `K` is encrypted by sops",
            "line 13, `L`: readers of .env files disagree on a value that is left out",
        ]
    );
}

#[test]
fn a_base64_text_that_was_broken_into_lines_is_refused_and_no_part_of_it_shown() {
    let line = "QUJD".repeat(19);
    let rest = "hunter2hunter2hunter2hunter2Q==";
    for text in [
        format!("A=1\nKEY={line}\n{rest}aa\nB=2"),
        format!("A=1\nKEY={}\n{rest}aa\nB=2", &line[..64]),
    ] {
        let text = text.replace("==aa", "A==");
        let problems = common(&text).unwrap_err();
        assert_eq!(
            problems,
            ["line 3 seems to continue the value of line 2, which was broken into lines"],
        );
    }
    // No sign of it: an empty value after a value of any other length, or with another name.
    for text in [
        format!("KEY={}\nSENTRY_DSN=\n", &line[..64]),
        format!("KEY={}\nDEBUG=\n", &line[..64]),
        format!("KEY={}\nABC=\n", &line[..60]),
        format!("KEY='{}'\nABC=\n", &line[..64]),
        "SENTRY_DSN=\nABC=\n".to_owned(),
    ] {
        assert!(common(&text).is_ok(), "{text}");
    }
}

#[test]
fn a_dialect_decides_where_readers_disagree() {
    let text = "A=\"a\\tb\"\nB=x#y\nC=`z`\n";
    let read = |dialect| {
        let found = read(text, dialect).unwrap();
        let values = found.iter().map(|it| it.value.expose());
        values.collect::<Vec<_>>().join("|")
    };
    assert_eq!(read(DotenvDialect::Npm), "a\\tb|x|z");
    assert_eq!(read(DotenvDialect::Node), "a\\tb|x|z");
    assert_eq!(read(DotenvDialect::Python), "a\tb|x#y|`z`");
    assert!(common(text).is_err());
}

#[test]
fn a_name_that_may_be_a_part_of_a_value_is_not_shown() {
    for (name, is_shown) in [
        ("DB_PASSWORD", true),
        ("dbPassword2", true),
        ("a.b-c", true),
        ("MIIEvQIBADANBgkqhkiG9w0BAQEFAASC", false),
        ("hunter 2", false),
        ("\"A\"", false),
        ("", false),
    ] {
        assert_eq!(shown(name).is_some(), is_shown, "{name}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_a_reader_panic(
        text in "\\PC{0,60}|([A-C=$\\\\'\"`{}#: \t\r\n\u{a0}é]{0,60})|((export |A=|'|\"|\\\\|#|\n| ){0,20})",
    ) {
        for dialect in [
            DotenvDialect::Common, DotenvDialect::Npm, DotenvDialect::Node, DotenvDialect::Python,
        ] {
            let _ = read(&text, dialect);
        }
    }

    #[test]
    fn between_apostrophes_everything_stays_as_it_is(value in "[a-zA-Z0-9$\\{\\}\"# =\u{e000}]{0,20}") {
        let text = format!("X='{value}'");
        prop_assert_eq!(common(&text), Ok(vec![("X".to_owned(), value)]));
    }
}

/// Where the table stands in the page.
const BEGINNING: &str =
    "<!-- made from tests/dotenv; `ENVSECRETS_WRITE=1 cargo test dotenv` renews it -->\n";
const END: &str = "\n<!-- end of what is made -->\n";

#[test]
fn the_page_shows_what_each_reader_makes_of_each_construct() {
    let path = file("docs/dotenv.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (above, rest) = page.split_once(BEGINNING).unwrap();
    let (_, below) = rest.split_once(END).unwrap();
    let made = format!("{above}{BEGINNING}{}{END}{below}", table());
    if made != page && std::env::var_os("ENVSECRETS_WRITE").is_some() {
        std::fs::write(&path, made).unwrap();
        return;
    }
    assert!(
        made == page,
        "docs/dotenv.md is stale: `ENVSECRETS_WRITE=1 cargo test dotenv` renews it"
    );
}

/// A section for each construct.
fn table() -> String {
    let corpus = std::fs::read_to_string(file("tests/dotenv/corpus.json")).unwrap();
    let corpus: Vec<(String, Vec<String>)> = serde_json::from_str(&corpus).unwrap();
    let readings: BTreeMap<String, Reading> = readings()
        .into_iter()
        .map(|it| (it.text.clone(), it))
        .collect();
    let texts: BTreeSet<&String> = corpus.iter().flat_map(|(_, texts)| texts).collect();
    assert!(texts.len() >= 250 && texts.len() == readings.len());
    let mut table = String::new();
    for (construct, texts) in &corpus {
        let _ = write!(
            table,
            "\n### {}\n\n| text | envsecrets | npm | Node | Python | Ruby | bash |\n\
             | --- | --- | --- | --- | --- | --- | --- |\n",
            construct
        );
        for text in texts {
            let reading = &readings[text];
            let ours = match read(text, DotenvDialect::Common) {
                Ok(found) => {
                    let noted = found.iter().any(|it| it.disputed);
                    let found = found.into_iter();
                    let found = found.map(|it| (it.name, it.value.expose().to_owned()));
                    let cell = cell(Some(&found.collect()), None);
                    if noted {
                        format!("{cell}, noted")
                    } else {
                        cell
                    }
                }
                Err(_) => "refused".to_owned(),
            };
            let _ = write!(table, "| {} | {ours}", code(text));
            for theirs in [
                Some(&reading.npm),
                Some(&reading.node),
                Some(&reading.python),
                reading.ruby.as_ref(),
                reading.bash.as_ref(),
            ] {
                let _ = write!(table, " | {}", cell(theirs, Some(&reading.npm)));
            }
            table.push_str(" |\n");
        }
    }
    table
}

/// What one reader found; `″` where it is that of npm.
fn cell(found: Option<&Pairs>, npm: Option<&Pairs>) -> String {
    match found {
        None => "fails".to_owned(),
        Some(found) if found.is_empty() => "nothing".to_owned(),
        Some(found) if npm.is_some_and(|npm| npm == found && !std::ptr::eq(npm, found)) => {
            "″".to_owned()
        }
        Some(found) => {
            let cells = found
                .iter()
                .map(|(name, value)| format!("{} is {}", code(name), code(value)));
            cells.collect::<Vec<_>>().join(", ")
        }
    }
}

/// A text as code in a cell of a table, with special characters in the escapes of JSON.
fn code(text: &str) -> String {
    let mut shown = String::new();
    for character in text.chars() {
        match character {
            '\n' => shown.push('⏎'),
            '\t' => shown.push('⇥'),
            '\r' => shown.push('␍'),
            '|' => shown.push_str("\\|"),
            it if it.is_control() || (it.is_whitespace() && it != ' ') => {
                let _ = write!(shown, "U+{:04X}", u32::from(it));
            }
            it => shown.push(it),
        }
    }
    let ticks = shown.split(|it| it != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(ticks + 1);
    match shown.is_empty() {
        true => "empty".to_owned(),
        false if shown.starts_with([' ', '`']) || shown.ends_with([' ', '`']) => {
            format!("{fence} {shown} {fence}")
        }
        false => format!("{fence}{shown}{fence}"),
    }
}
