//! The file of Confidant's client: YAML, and so JSON too, with a mapping for each profile.
//!
//! It is read as PyYAML's `safe_load` reads it, as far as the client uses it: with anchors, aliases
//! and `<<`, which profiles that share settings are written with.
#![forbid(unsafe_code)]

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};

/// How deep mappings and lists may be nested.
const DEEPEST: usize = 32;
/// The most nodes, those that aliases repeat included.
const MOST: usize = 10_000;

/// A value in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    Text {
        text: String,
        /// Whether it is written without quotes, so that it can be a number, a boolean or null.
        plain: bool,
    },
    Mapping(Vec<(String, Node)>),
    /// A list, or a mapping whose keys are no texts: nothing that the client uses.
    Other,
}

impl Node {
    /// The value of a key: the last one, as in PyYAML, and else that of what is merged.
    pub fn get(&self, key: &str) -> Option<&Node> {
        let Self::Mapping(members) = self else {
            return None;
        };
        let own = members.iter().rev().find(|(name, _)| name == key);
        own.map(|(_, node)| node).filter(|node| !node.is_null())
    }

    /// Whether it is null, which is written in five ways.
    fn is_null(&self) -> bool {
        let nulls = ["", "~", "null", "Null", "NULL"];
        matches!(self, Self::Text { text, plain: true } if nulls.contains(&text.as_str()))
    }

    /// The boolean that it is (YAML 1.1), if it is one.
    pub fn boolean(&self) -> Option<bool> {
        let Self::Text { text, plain: true } = self else {
            return None;
        };
        let lower = text.to_lowercase();
        let is_written = [lower.clone(), text.to_uppercase(), capitalized(&lower)].contains(text);
        match lower.as_str() {
            "true" | "yes" | "on" if is_written => Some(true),
            "false" | "no" | "off" if is_written => Some(false),
            _ => None,
        }
    }

    /// Its text, as it is written.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text { text, .. } => Some(text),
            Self::Mapping(_) | Self::Other => None,
        }
    }

    fn size(&self) -> usize {
        match self {
            Self::Text { .. } | Self::Other => 1,
            Self::Mapping(members) => 1 + members.iter().map(|(_, it)| it.size()).sum::<usize>(),
        }
    }
}

fn capitalized(lower: &str) -> String {
    let mut letters = lower.chars();
    let first = letters.next().map(|it| it.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// The first document of a file. Its text is never repeated: it may be another file than was meant.
///
/// # Errors
///
/// What is wrong with it, as a sentence.
pub fn read(text: &str) -> Result<Node, String> {
    let mut reader = Reader::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            let (line, column) = (error.marker().line(), error.marker().col() + 1);
            format!("it is not YAML: cannot be read at line {line}, column {column}")
        })?;
        let taken = reader.take(event);
        taken.map_err(|why| format!("{why} in line {}", span.start.line()))?;
        if reader.root.is_some() {
            break;
        }
    }
    Ok(reader.root.unwrap_or(Node::Other))
}

/// A mapping or a list that is being read.
struct Level {
    anchor: usize,
    /// `None` for a list.
    members: Option<Vec<(String, Node)>>,
    /// What `<<` merges: own members beat it.
    merged: Vec<(String, Node)>,
    /// The key whose value comes next.
    key: Option<Node>,
    /// The members of a list that are mappings, for `<<`.
    items: Vec<Node>,
}

#[derive(Default)]
struct Reader {
    levels: Vec<Level>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
    root: Option<Node>,
}

impl Reader {
    fn take(&mut self, event: Event<'_>) -> Result<(), String> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let is_text = tag.is_some_and(|tag| is_text(&tag));
                let node = Node::Text {
                    text: text.into_owned(),
                    plain: style == ScalarStyle::Plain && !is_text,
                };
                self.add(anchor, node)
            }
            Event::Alias(anchor) => {
                let node = self.anchors.get(&anchor).cloned();
                self.add(0, node.ok_or("there is an alias of itself")?)
            }
            Event::MappingStart(anchor, _) | Event::SequenceStart(anchor, _)
                if self.levels.len() >= DEEPEST =>
            {
                let _ = anchor;
                Err(format!("there are more than {DEEPEST} nested mappings"))
            }
            Event::MappingStart(anchor, _) => {
                self.open(anchor, Some(Vec::new()));
                Ok(())
            }
            Event::SequenceStart(anchor, _) => {
                self.open(anchor, None);
                Ok(())
            }
            Event::MappingEnd | Event::SequenceEnd => {
                let Some(level) = self.levels.pop() else {
                    return Ok(());
                };
                let node = match level.members {
                    Some(own) => Node::Mapping(level.merged.into_iter().chain(own).collect()),
                    None => Node::Other,
                };
                // What a list of mappings merges.
                if let Some(above) = self.levels.last_mut()
                    && is_merge(above)
                    && node == Node::Other
                {
                    above.key = None;
                    for item in level.items.into_iter().rev() {
                        merge(above, item);
                    }
                    return Ok(());
                }
                self.add(level.anchor, node)
            }
            _ => Ok(()),
        }
    }

    fn open(&mut self, anchor: usize, members: Option<Vec<(String, Node)>>) {
        self.levels.push(Level {
            anchor,
            members,
            merged: Vec::new(),
            key: None,
            items: Vec::new(),
        });
    }

    /// Adds a node that is whole.
    fn add(&mut self, anchor: usize, node: Node) -> Result<(), String> {
        self.nodes += node.size();
        if self.nodes > MOST {
            return Err(format!("there are more than {MOST} values"));
        }
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let Some(level) = self.levels.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        let Some(members) = &mut level.members else {
            level.items.push(node);
            return Ok(());
        };
        match level.key.take() {
            None => level.key = Some(node),
            Some(Node::Text { text, plain: true }) if text == "<<" => merge(level, node),
            Some(Node::Text { text, .. }) => members.push((text, node)),
            Some(_) => {}
        }
        Ok(())
    }
}

/// Whether the value that comes next is merged.
fn is_merge(level: &Level) -> bool {
    matches!(&level.key, Some(Node::Text { text, plain: true }) if text == "<<")
}

/// Adds members of another mapping, which those of this one beat.
fn merge(level: &mut Level, node: Node) {
    if let Node::Mapping(members) = node {
        level.merged.extend(members);
    }
}

/// Whether a tag makes any text a text: `!!str`, and `!`.
fn is_text(tag: &Tag) -> bool {
    tag.suffix == "str" || (tag.handle.is_empty() && tag.suffix == "!")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, path: &[&str]) -> Option<String> {
        let root = read(text).unwrap();
        let found = path.iter().try_fold(&root, |node, key| node.get(key));
        found?.text().map(str::to_owned)
    }

    #[test]
    fn profiles_are_mappings_in_yaml_or_json() {
        for text in [
            "default:\n  url: https://c\n  auth_context:\n    from: app\n",
            "default: {url: 'https://c', auth_context: {from: app}}",
            r#"{"default": {"url": "https://c", "auth_context": {"from": "app"}}}"#,
        ] {
            assert_eq!(shown(text, &["default", "url"]).unwrap(), "https://c");
            let from = shown(text, &["default", "auth_context", "from"]);
            assert_eq!(from.unwrap(), "app");
            assert_eq!(shown(text, &["default", "region"]), None);
            assert_eq!(shown(text, &["other", "url"]), None);
        }
    }

    #[test]
    fn profiles_share_settings_by_aliases_and_merging() {
        let text = "default: &d\n  url: https://c\n  region: eu-west-1\n\
                    other:\n  region: us-east-1\n  <<: *d\n\
                    both:\n  <<: [*d, {url: https://later, timeout: 7}]\n";
        for (path, found) in [
            (["other", "url"], "https://c"),
            (["other", "region"], "us-east-1"),
            (["both", "url"], "https://c"),
            (["both", "timeout"], "7"),
        ] {
            assert_eq!(shown(text, &path).unwrap(), found, "{path:?}");
        }
    }

    #[test]
    fn null_is_no_setting_and_booleans_are_those_of_yaml_1_1() {
        let text = "p: {a: null, b: ~, c: '', d: No, e: 'no', f: OFF, g: true, h: nO}";
        let root = read(text).unwrap();
        let profile = root.get("p").unwrap();
        assert_eq!(profile.get("a"), None);
        assert_eq!(profile.get("b"), None);
        assert_eq!(profile.get("c").unwrap().text(), Some(""));
        for (key, found) in [
            ("d", Some(false)),
            ("e", None),
            ("f", Some(false)),
            ("g", Some(true)),
            ("h", None),
        ] {
            assert_eq!(profile.get(key).unwrap().boolean(), found, "{key}");
        }
    }

    #[test]
    fn a_file_that_is_no_yaml_is_not_repeated() {
        let error = read("default: {url: hunter2").unwrap_err();
        assert_eq!(error, "it is not YAML: cannot be read at line 1, column 23");
        assert_eq!(
            read(&format!("a: {}", "[".repeat(40))).unwrap_err(),
            "there are more than 32 nested mappings in line 1"
        );
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        bomb = bomb
            .replace('[', "{a: ")
            .replace(", x", ", x: x")
            .replace(']', "}");
        for level in 1..9 {
            let below = level - 1;
            let all: Vec<String> = (0..9).map(|it| format!("k{it}: *a{below}")).collect();
            bomb.push_str(&format!("a{level}: &a{level} {{{}}}\n", all.join(", ")));
        }
        let error = read(&bomb).unwrap_err();
        assert!(error.starts_with("there are more than 10000 values in line "));
    }
}
