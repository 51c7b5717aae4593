//! Reading a file, and guessing its format.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::csv;
use super::entry::{Entry, Found, Source};
use crate::launch::formats::{Problem, distinct, k8s, properties, refuse_encrypted, yaml};
use crate::launch::{documents, dotenv};
use crate::options::{DocumentKind, DotenvDialect};
use crate::parameter::ParameterType;
use crate::secret::Secret;

const AWS_HINT: &str = "the file must be the whole output of `aws ssm get-parameters-by-path \
    --with-decryption --output json`";

/// The format of a file, by its name or else by how it begins. `None` if several are possible: a
/// wrong guess gives wrong values without an error.
pub fn guess(file: &Path, text: &str) -> Option<Source> {
    let name = file.file_name()?.to_str()?.to_ascii_lowercase();
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    let json = || match is_aws(text) {
        true => Source::Aws,
        false => Source::Json,
    };
    match extension {
        Some("json") => Some(json()),
        Some("yaml" | "yml") => Some(Source::Yaml),
        Some("properties") => Some(Source::Properties),
        Some("csv") => Some(Source::Csv),
        Some("env" | "dotenv") => Some(Source::Dotenv),
        _ if name.starts_with(".env.") => Some(Source::Dotenv),
        // YAML can begin like that too, and be refused as JSON.
        _ if bare(text).starts_with(['{', '[']) => Some(json()),
        _ => None,
    }
}

/// Without the byte order mark that some editors write.
fn bare(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text).trim_start()
}

/// All entries of a file, or all problems with it.
pub fn read(format: Source, text: &str, dialect: DotenvDialect) -> Result<Found, Vec<Problem>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    refuse_encrypted(format.of_object(), text)?;
    let mut disputed = Vec::new();
    let mut chamber = false;
    let pairs = match format {
        Source::Dotenv => {
            let assignments = dotenv::read(text, dialect).map_err(|problems| {
                let problems = problems.iter();
                problems
                    .map(|problem| Problem::new(problem.to_string(), problem.hint()))
                    .collect::<Vec<_>>()
            })?;
            let others = assignments.iter().filter(|it| it.disputed);
            disputed.extend(others.map(|it| it.line));
            chamber = dialect == DotenvDialect::Common
                && dotenv::chamber_reads_otherwise(text, &assignments);
            assignments
                .into_iter()
                .map(|it| (it.name, it.value))
                .collect()
        }
        Source::Json => json(text)?,
        Source::Yaml => yaml::read(text)?,
        Source::Properties => properties::read(text).map_err(|problem| vec![problem])?,
        Source::K8s => k8s::read(text)?,
        Source::Aws => return aws(text),
        Source::Csv => return of_csv(text),
    };
    let pairs = distinct(pairs)?;
    let entry = |(key, value)| Entry {
        key,
        value,
        kind: None,
    };
    Ok(Found {
        entries: pairs.into_iter().map(entry).collect(),
        full_names: false,
        variables: format == Source::Dotenv,
        disputed,
        chamber,
    })
}

/// The entries of CSV, each of which may have a type.
fn of_csv(text: &str) -> Result<Found, Vec<Problem>> {
    let entries = csv::read(text)?;
    let pairs = entries.iter().map(|it| (it.key.clone(), it.value.clone()));
    distinct(pairs.collect())?;
    Ok(Found {
        entries,
        full_names: false,
        variables: false,
        disputed: Vec::new(),
        chamber: false,
    })
}

fn json(text: &str) -> Result<Vec<(String, Secret)>, Vec<Problem>> {
    let text = Secret::new(text.to_owned());
    documents::flatten(&text, DocumentKind::Json, DotenvDialect::Common).map_err(|problems| {
        let problems = problems.iter();
        problems
            .map(|problem| Problem::new(problem.to_string(), problem.hint()))
            .collect()
    })
}

/// A parameter in a response of AWS.
#[derive(Deserialize)]
struct Listed {
    #[serde(rename = "Name")]
    name: Option<String>,
    #[serde(rename = "Type")]
    kind: Option<String>,
    #[serde(rename = "Value")]
    value: Option<String>,
}

/// A response with several.
#[derive(Deserialize)]
struct Response {
    #[serde(rename = "Parameters")]
    parameters: Vec<Listed>,
}

/// Whether it is a response of Parameter Store: a list of parameters, which no file of keys and
/// values is, or one complete parameter.
fn is_aws(text: &str) -> bool {
    if bare(text).starts_with('[') {
        return true;
    }
    let Ok(members) = members(text) else {
        return false;
    };
    let is_list = |raw: &&RawValue| raw.get().starts_with('[');
    members.get("Parameters").is_some_and(is_list) || single(&members).is_some()
}

fn members(text: &str) -> Result<BTreeMap<String, &RawValue>, serde_json::Error> {
    serde_json::from_str(bare(text))
}

/// The one parameter of `aws ssm get-parameter`.
fn single(members: &BTreeMap<String, &RawValue>) -> Option<Listed> {
    let raw = members.get("Parameter").filter(|_| members.len() == 1)?;
    let listed: Listed = serde_json::from_str(raw.get()).ok()?;
    (listed.name.is_some() && listed.kind.is_some()).then_some(listed)
}

fn aws(text: &str) -> Result<Found, Vec<Problem>> {
    let one = |what: &str, hint| vec![Problem::new(what, hint)];
    // The parser's message can repeat the text, so only the position is used.
    let invalid = |error: serde_json::Error| {
        let (line, column) = (error.line(), error.column());
        let what = format!("cannot be read at line {line}, column {column}");
        vec![Problem::new(what, AWS_HINT)]
    };
    let listed: Vec<Listed> = if bare(text).starts_with('[') {
        serde_json::from_str(bare(text)).map_err(invalid)?
    } else {
        let members = members(text).map_err(invalid)?;
        if let Some(listed) = single(&members) {
            vec![listed]
        } else {
            if !members.contains_key("Parameters") {
                return Err(one("it has no list `Parameters`", AWS_HINT));
            }
            if members
                .get("NextToken")
                .is_some_and(|it| it.get() != "null")
            {
                let what = "it is a part of a response: its `NextToken` means that more follows";
                return Err(one(what, "leave out `--max-items` and `--no-paginate`"));
            }
            if members
                .get("InvalidParameters")
                .is_some_and(|it| !is_empty(it))
            {
                let what = "some requested parameters do not exist: `InvalidParameters` lists them";
                return Err(one(what, AWS_HINT));
            }
            let response: Response = serde_json::from_str(bare(text)).map_err(invalid)?;
            response.parameters
        }
    };
    let mut entries = Vec::new();
    let mut problems = Vec::new();
    for (number, listed) in (1..).zip(listed) {
        let Some(name) = listed.name else {
            let what = format!("parameter {number} of the list has no name");
            problems.push(Problem::new(what, AWS_HINT));
            continue;
        };
        let kind = listed.kind.as_deref().map(ParameterType::from);
        let (what, hint) = match (listed.value, kind) {
            (None, _) => (format!("`{name}` has no value"), AWS_HINT),
            (Some(_), Some(ParameterType::Other(_))) => {
                (format!("`{name}` has an unknown type"), AWS_HINT)
            }
            (Some(value), Some(ParameterType::SecureString)) if is_encrypted(&value) => {
                let what = format!("the value of `{name}` is still encrypted");
                (what, "use `--with-decryption` with the AWS CLI")
            }
            (Some(value), kind) => {
                let (key, value) = (name, Secret::new(value));
                entries.push(Entry { key, value, kind });
                continue;
            }
        };
        problems.push(Problem::new(what, hint));
    }
    if entries.is_empty() && problems.is_empty() {
        problems.push(Problem::nothing());
    }
    match problems.is_empty() {
        true => Ok(Found {
            entries,
            full_names: true,
            variables: false,
            disputed: Vec::new(),
            chamber: false,
        }),
        false => Err(problems),
    }
}

fn is_empty(list: &RawValue) -> bool {
    let inside = list.get().trim_start_matches('[').trim_end_matches(']');
    inside.trim().is_empty()
}

/// Whether a value is encrypted by KMS: base64 of a blob that always begins with the same bytes,
/// and is longer than its header.
fn is_encrypted(value: &str) -> bool {
    const HEADER: usize = 120;
    value.starts_with("AQICAH")
        && value.len() > HEADER
        && value
            .chars()
            .all(|it| it.is_ascii_alphanumeric() || "+/=".contains(it))
}
