//! YAML: only mappings of texts, and texts as written.
//!
//! `NO`, `1.10` and `0x1F` are read as these characters, regardless of a schema. `null` has no text
//! and is refused, as are lists, aliases and tags of applications.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Tag};

use super::problem::Problem;
use crate::secret::Secret;

/// How deep mappings may be nested.
const DEEPEST: usize = 32;

const HINT: &str = "it must be one mapping, such as `user: …`; quote special characters";
const UNFIT: &str = "parameters are text: write the text itself, in quotes if needed";

/// A mapping that is being read.
struct Level {
    /// The keys above it, joined.
    above: String,
    /// The key whose value comes next.
    key: Option<String>,
    seen: BTreeSet<String>,
}

/// Keys and values in their order; nested keys are joined with `/`.
pub fn read(text: &str) -> Result<Vec<(String, Secret)>, Vec<Problem>> {
    let mut reader = Reader::default();
    for event in Parser::new_from_str(text) {
        // The parser's message can repeat the text.
        let (event, _) = event.map_err(|error| vec![malformed(&error)])?;
        if !reader.take(event) {
            break;
        }
    }
    match reader.problems.is_empty() {
        true => Ok(reader.found),
        false => Err(reader.problems),
    }
}

/// The error for a text that is not YAML.
pub fn malformed(error: &ScanError) -> Problem {
    let (line, column) = (error.marker().line(), error.marker().col() + 1);
    Problem::new(
        format!("it is not YAML: cannot be read at line {line}, column {column}"),
        HINT,
    )
}

#[derive(Default)]
struct Reader {
    levels: Vec<Level>,
    /// How many lists, or unsupported mappings, are open.
    skipped: usize,
    documents: usize,
    found: Vec<(String, Secret)>,
    problems: Vec<Problem>,
}

impl Reader {
    /// Takes one event, and returns whether to go on.
    fn take(&mut self, event: Event<'_>) -> bool {
        if self.skipped > 0 {
            match event {
                Event::SequenceStart(..) | Event::MappingStart(..) => self.skipped += 1,
                Event::SequenceEnd | Event::MappingEnd => self.skipped -= 1,
                _ => {}
            }
            return true;
        }
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    self.problem("it has more than one YAML document", HINT);
                    return false;
                }
            }
            Event::MappingStart(_, tag) => self.open(tag.as_deref()),
            Event::MappingEnd => drop(self.levels.pop()),
            Event::SequenceStart(..) => {
                self.skipped = 1;
                self.unfit("a list");
            }
            Event::Alias(_) => self.unfit("an alias"),
            Event::Scalar(text, style, _, tag) => self.scalar(&text, style, tag.as_deref()),
            _ => {}
        }
        true
    }

    fn open(&mut self, tag: Option<&Tag>) {
        if tag.is_some_and(|tag| core(tag) != Some("map")) {
            self.skipped = 1;
            return self.unfit("a value with a tag");
        }
        if self.levels.len() == DEEPEST {
            self.skipped = 1;
            return self.unfit("mappings nested too deeply");
        }
        let above = match self.levels.last_mut() {
            None => String::new(),
            Some(level) => match level.key.take() {
                Some(key) => format!("{}{key}/", level.above),
                None => {
                    self.skipped = 1;
                    self.problem("a key is not a text", HINT);
                    // Its value must not be read as a key.
                    if let Some(level) = self.levels.last_mut() {
                        level.key = Some(String::new());
                    }
                    return;
                }
            },
        };
        self.levels.push(Level {
            above,
            key: None,
            seen: BTreeSet::new(),
        });
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, tag: Option<&Tag>) {
        let Some(level) = self.levels.last_mut() else {
            return self.problem("it is not a YAML mapping", HINT);
        };
        let Some(key) = level.key.take() else {
            let key = format!("{}{text}", level.above);
            level.key = Some(text.to_owned());
            if text == "<<" && style == ScalarStyle::Plain {
                self.problem(format!("the key `{key}` merges another mapping"), UNFIT);
            } else if !level.seen.insert(text.to_owned()) {
                self.problem(
                    format!("the key `{key}` exists more than once"),
                    "readers disagree on which one counts: keep one",
                );
            }
            return;
        };
        let plain = style == ScalarStyle::Plain;
        let kind = tag.map(|tag| core(tag).unwrap_or("of an application"));
        let null = matches!(text, "" | "~" | "null" | "Null" | "NULL");
        let what = match kind {
            None if plain && null => "null",
            Some("null") => "null",
            None | Some("str" | "int" | "float" | "bool") => {
                let key = format!("{}{key}", level.above);
                self.found.push((key, Secret::new(text.to_owned())));
                return;
            }
            Some(_) => "a value with a tag",
        };
        level.key = Some(key);
        self.unfit(what);
    }

    /// Reports a value or key that cannot be stored.
    fn unfit(&mut self, what: &str) {
        let Some(level) = self.levels.last_mut() else {
            return self.problem("it is not a YAML mapping", HINT);
        };
        match level.key.take() {
            Some(key) => {
                let key = format!("{}{key}", level.above);
                self.problem(format!("the key `{key}` has {what}"), UNFIT);
            }
            None => {
                level.key = Some(String::new());
                self.problem(format!("a key is {what}"), UNFIT);
            }
        }
    }

    fn problem(&mut self, what: impl Into<String>, hint: &'static str) {
        self.problems.push(Problem::new(what, hint));
    }
}

/// The name of a tag of the core schema (YAML 1.2.2, 10.3).
fn core(tag: &Tag) -> Option<&str> {
    tag.is_yaml_core_schema().then_some(tag.suffix.as_str())
}

/// One line of a mapping. The value is in double quotes, so that no schema interprets it.
pub fn line(key: &str, value: &str) -> String {
    /// Not text for readers of YAML 1.1, which would read another key.
    const NO_TEXT: [&str; 9] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    let quoted = NO_TEXT.contains(&key.to_ascii_lowercase().as_str());
    let mut line = match quoted {
        true => format!("\"{key}\": \""),
        false => format!("{key}: \""),
    };
    for character in value.chars() {
        match character {
            '"' => line.push_str("\\\""),
            '\\' => line.push_str("\\\\"),
            '\n' => line.push_str("\\n"),
            '\r' => line.push_str("\\r"),
            '\t' => line.push_str("\\t"),
            ' '..='~'
            | '\u{a0}'..='\u{2027}'
            | '\u{202a}'..='\u{d7ff}'
            | '\u{e000}'..='\u{fefe}'
            | '\u{ff00}'..='\u{fffd}'
            | '\u{10000}'..='\u{10ffff}' => line.push(character),
            _ => {
                let _ = write!(line, "\\u{:04x}", u32::from(character));
            }
        }
    }
    line.push_str("\"\n");
    line
}
