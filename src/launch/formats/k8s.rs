//! Secrets of Kubernetes, as `kubectl get secret -o yaml` or `-o json` prints them, and as manifests
//! have them. JSON is read as YAML, of which it is a part.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use saphyr_parser::{Event, Parser};

use super::problem::Problem;
use super::yaml::malformed;
use crate::secret::Secret;

const KIND_HINT: &str = "it must be a Secret, a list of some, or several documents, as `kubectl get secret \
                         -o yaml` prints them";

/// How deep values may be nested.
const DEEPEST: usize = 64;

/// What is in a document. Texts are secret.
enum Node {
    Text(Secret),
    Map(Vec<(Secret, Node)>),
    List(Vec<Node>),
    /// What the documents have no use for: an alias.
    Other,
}

/// The keys and decoded values of all Secrets. Of a key in both, `stringData` counts, as for the API
/// (Secret v1 core).
///
/// # Errors
///
/// What is not YAML, documents that are not Secrets, and data that is not base64 or not text.
pub fn read(text: &str) -> Result<Vec<(String, Secret)>, Vec<Problem>> {
    let documents = documents(text).map_err(|problem| vec![problem])?;
    let mut found = Vec::new();
    let mut problems = Vec::new();
    for document in &documents {
        take(document, &mut found, &mut problems);
    }
    match problems.is_empty() {
        true => Ok(found),
        false => Err(problems),
    }
}

/// The kind of a document of Kubernetes that another format must not read as keys and values.
pub fn kind(text: &str) -> Option<&'static str> {
    if !text.contains("apiVersion") || !text.contains("kind") {
        return None;
    }
    let documents = documents(text).ok()?;
    let document = documents.first()?;
    document.text("apiVersion")?;
    let kind = document.text("kind")?;
    ["Secret", "SealedSecret", "List"]
        .into_iter()
        .find(|it| *it == kind)
}

fn take(document: &Node, found: &mut Vec<(String, Secret)>, problems: &mut Vec<Problem>) {
    match document.text("kind") {
        Some("Secret") => secret(document, found, problems),
        Some("List" | "SecretList") => {
            let Some(Node::List(items)) = document.get("items") else {
                problems.push(Problem::new("the list has no `items`", KIND_HINT));
                return;
            };
            for item in items {
                take(item, found, problems);
            }
        }
        Some("SealedSecret") => problems.push(sealed()),
        _ => problems.push(Problem::new("it is not a Secret of Kubernetes", KIND_HINT)),
    }
}

/// What only a controller in a cluster decrypts.
pub fn sealed() -> Problem {
    Problem::new(
        "it is a SealedSecret, which only the controller in its cluster can decrypt",
        "read the Secret from the cluster, with `kubectl get secret NAME -o yaml`",
    )
}

fn secret(document: &Node, found: &mut Vec<(String, Secret)>, problems: &mut Vec<Problem>) {
    let mut entries: Vec<(String, Secret)> = Vec::new();
    let data = document.get("data").map_or(&[][..], Node::members);
    for (key, value) in data {
        let key = key.expose().to_owned();
        let Node::Text(value) = value else {
            problems.push(not_text(&key));
            continue;
        };
        // Line ends are allowed within it, as a block of YAML has them.
        let written: String = value.expose().split_ascii_whitespace().collect();
        match STANDARD.decode(written).map(String::from_utf8) {
            Ok(Ok(value)) => entries.push((key, Secret::new(value))),
            Ok(Err(_)) => problems.push(Problem::new(
                format!("the key `{key}` has bytes that are not text"),
                "parameters are text: store its base64 with `envsecrets put`, and pass it with \
                 `--file NAME=base64:PARAMETER`",
            )),
            Err(_) => problems.push(Problem::new(
                format!("the key `{key}` of `data` is not base64"),
                "plain text stands below `stringData`",
            )),
        }
    }
    let plain = document.get("stringData").map_or(&[][..], Node::members);
    for (key, value) in plain {
        let key = key.expose();
        let Node::Text(value) = value else {
            problems.push(not_text(key));
            continue;
        };
        match entries.iter_mut().find(|(other, _)| other == key) {
            Some((_, replaced)) => *replaced = value.clone(),
            None => entries.push((key.to_owned(), value.clone())),
        }
    }
    found.extend(entries);
}

fn not_text(key: &str) -> Problem {
    let what = format!("the key `{key}` has a value that is not a text");
    Problem::new(what, KIND_HINT)
}

impl Node {
    fn members(&self) -> &[(Secret, Node)] {
        match self {
            Self::Map(members) => members,
            _ => &[],
        }
    }

    fn get(&self, key: &str) -> Option<&Node> {
        let mut members = self.members().iter();
        members
            .find(|(it, _)| it.expose() == key)
            .map(|(_, value)| value)
    }

    fn text(&self, key: &str) -> Option<&str> {
        match self.get(key)? {
            Self::Text(text) => Some(text.expose()),
            _ => None,
        }
    }
}

/// All documents of a text.
fn documents(text: &str) -> Result<Vec<Node>, Problem> {
    let mut documents = Vec::new();
    // What is open, with the key that waits for its value.
    let mut open: Vec<(Node, Option<Secret>)> = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, _) = event.map_err(|error| malformed(&error))?;
        let done = match event {
            Event::MappingStart(..) | Event::SequenceStart(..) if open.len() == DEEPEST => {
                return Err(Problem::new("values are nested too deeply", KIND_HINT));
            }
            Event::MappingStart(..) => {
                open.push((Node::Map(Vec::new()), None));
                continue;
            }
            Event::SequenceStart(..) => {
                open.push((Node::List(Vec::new()), None));
                continue;
            }
            Event::MappingEnd | Event::SequenceEnd => match open.pop() {
                Some((node, _)) => node,
                None => continue,
            },
            Event::Scalar(text, ..) => Node::Text(Secret::new(text.into_owned())),
            Event::Alias(_) => Node::Other,
            _ => continue,
        };
        match open.last_mut() {
            None => documents.push(done),
            Some((Node::Map(members), key)) => match (key.take(), done) {
                (Some(key), value) => members.push((key, value)),
                (None, Node::Text(text)) => *key = Some(text),
                // A key that is not a text is of no use here; its value must not become a key.
                (None, _) => *key = Some(Secret::new(String::new())),
            },
            Some((Node::List(items), _)) => items.push(done),
            Some(_) => {}
        }
    }
    Ok(documents)
}
