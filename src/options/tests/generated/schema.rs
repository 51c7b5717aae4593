//! The JSON Schema of a contract, for editors and for CI: generated from the options, and
//! committed.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::commands::init::SCHEMA;
use crate::options::contract::{Shape, keys_of_changed, keys_of_variables};
use crate::options::flags;

fn schema() -> Value {
    let about: BTreeMap<String, String> = super::command()
        .get_arguments()
        .filter_map(|it| Some((it.get_long()?.to_owned(), it.get_help()?.to_string())))
        .collect();
    let settings: BTreeMap<String, Value> = flags::keys()
        .into_iter()
        .map(|key| {
            let form = form(&key.name);
            (
                key.name.clone(),
                property(&key.shape, &form, &about[&key.name]),
            )
        })
        .collect();
    let of_variables: BTreeMap<&str, Value> = keys_of_variables()
        .into_iter()
        .map(|(name, shape, about)| (name, property(&shape, &form_in_variable(name), about)))
        .collect();
    let of_changed: BTreeMap<&str, Value> = keys_of_changed()
        .into_iter()
        .map(|(name, shape, about)| (name, property(&shape, &form_in_variable(name), about)))
        .collect();
    let mut profile: BTreeMap<String, Value> = settings
        .iter()
        .map(|(name, property)| (name.clone(), clearable(property)))
        .collect();
    profile.insert(
        "variables".to_owned(),
        json!({
            "description": "What this profile changes of variables that are declared",
            "type": "object",
            "propertyNames": { "pattern": whole(NAME) },
            "additionalProperties": { "$ref": "#/$defs/changed" },
        }),
    );
    let mut top = settings.clone();
    top.insert(
        "variables".to_owned(),
        json!({
            "description": "The variables that the program requires or accepts, by name",
            "type": "object",
            "propertyNames": { "pattern": whole(NAME) },
            "additionalProperties": { "$ref": "#/$defs/variable" },
        }),
    );
    top.insert(
        "profiles".to_owned(),
        json!({
            "description": "The profiles for `--config-profile`: their keys beat those at the top",
            "type": "object",
            "additionalProperties": { "$ref": "#/$defs/profile" },
        }),
    );
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA,
        "title": "envsecrets.toml",
        "description": "The secrets in AWS Systems Manager Parameter Store that a program needs",
        "type": "object",
        "properties": top,
        "additionalProperties": false,
        "$defs": {
            "variable": {
                "type": "object",
                "properties": of_variables,
                // A file without a parameter has no content.
                "if": { "required": ["file"], "properties": { "file": { "not": { "const": false } } } },
                "then": { "required": ["from"] },
                // Only the content of a file is decoded.
                "else": { "properties": { "from": { "not": { "pattern": "^(text|base64):" } } } },
                "additionalProperties": false,
            },
            "changed": {
                "type": "object",
                "properties": of_changed,
                "additionalProperties": false,
            },
            "profile": {
                "type": "object",
                "properties": profile,
                "additionalProperties": false,
            },
        },
    })
}

/// The name of a variable.
const NAME: &str = "[A-Za-z_][A-Za-z0-9_]*";
/// A parameter, by its name, its ARN or the name of a secret, with a version or label.
const PARAMETER: &str =
    "[A-Za-z0-9_.+=@/][A-Za-z0-9_.+=@/:-]*[A-Za-z0-9_.+=@-]/*|/*[A-Za-z0-9_.+=@]/*";
/// A length of time, as the crate `humantime` reads it.
const DURATION: &str = "0|\\s*([0-9]+(\\.[0-9]+)?\\s*(nanos|nsec|ns|usec|us|µs|millis|msec|ms|seconds|second|secs|sec|s|\
                        minutes|minute|mins|min|m|hours|hour|hrs|hr|h|days|day|d|weeks|week|wks|wk|w|\
                        months|month|M|years|year|yrs|yr|y)\\s*)+";

/// The same before `@/PATH`.
const BEFORE_PATH: &str = "([A-Za-z0-9_.+=/:-]|@[A-Za-z0-9_.+=:-])*[A-Za-z0-9_.+=-]/*";
/// The same for `--json`: what is before a `=` and has no `/` is a prefix.
const AFTER_PREFIX: &str =
    "[A-Za-z0-9_.+@-]*/[A-Za-z0-9_.+=@/:-]*[A-Za-z0-9_.+=@-]/*|[A-Za-z0-9_.+@:-]*[A-Za-z0-9_.+@-]";

fn whole(pattern: &str) -> String {
    format!("^({pattern})$")
}

/// What the text of an option, or each item of its list, looks like, as a regular expression of
/// ECMAScript. No text contains a NUL.
fn form(key: &str) -> String {
    match key {
        "path" | "optional-path" => whole("/[A-Za-z0-9_./-]*"),
        "names" => "^[A-Za-z0-9_./-]+[*?{\\[\\\\][^\\u0000]*$".to_owned(),
        "secret" => whole(&format!("{NAME}=({PARAMETER})")),
        "file" => whole(&format!(
            "{NAME}=(text:|base64:)?({BEFORE_PATH})(@/[^\\u0000]*[^/\\u0000])?"
        )),
        "json" => whole(&format!("({NAME}=)?({AFTER_PREFIX})")),
        "dotenv" => whole(PARAMETER),
        "rename" => whole(&format!("[A-Za-z0-9_./+=@-]*[A-Za-z0-9_.+=@-]/*={NAME}")),
        "timeout" | "start-jitter" => whole(DURATION),
        "separator" => whole("[A-Za-z0-9_]+"),
        "prefix" | "fingerprint" => whole(NAME),
        "label" => whole("[A-Za-z0-9_.-]{1,100}"),
        "file-owner" | "profile" => whole("[^\\u0000]+"),
        // At an endpoint of one's own it can have any name that a host can have.
        "region" => whole("[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"),
        // A list of names with commas.
        "require" | "preserve-env" => "^[^\\u0000]*[^,\\s\\u0000][^\\u0000]*$".to_owned(),
        _ => whole("[^\\u0000]*"),
    }
}

/// The same for the keys of a variable.
fn form_in_variable(key: &str) -> String {
    match key {
        "from" => whole(&format!("(text:|base64:)?({PARAMETER})")),
        "file" => whole("/[^\\u0000]*[^/\\u0000]"),
        // A backspace is `\b` in double quotes, which is not what was meant.
        "pattern" => whole("[^\\u0000\\u0008]*"),
        _ => whole("[^\\u0000]*"),
    }
}

/// The same property, in a profile: `false` clears a text that is set at the top.
fn clearable(property: &Value) -> Value {
    let mut property = property.clone();
    if let Some(words) = property.get_mut("enum").and_then(Value::as_array_mut) {
        words.push(json!(false));
    } else if property["type"] == "string" {
        property["type"] = json!(["string", "boolean"]);
        property["not"] = json!({ "const": true });
    }
    property
}

fn property(shape: &Shape, form: &str, about: &str) -> Value {
    let texts = json!({ "type": "array", "items": { "type": "string", "pattern": form } });
    let mut property = match shape {
        Shape::Switch => json!({ "type": "boolean" }),
        Shape::Text => json!({ "type": "string", "pattern": form }),
        Shape::List => texts,
        Shape::SwitchOrList => json!({ "anyOf": [{ "type": "boolean" }, texts] }),
        Shape::SwitchOrText => json!({ "type": ["boolean", "string"], "pattern": form }),
        Shape::OrNone => {
            json!({ "type": ["boolean", "string"], "pattern": form, "not": { "const": true } })
        }
        Shape::Choice(words) => json!({ "enum": words }),
    };
    property["description"] = json!(about);
    property
}

/// One line of Cargo.toml renames it everywhere.
#[test]
fn the_schema_has_one_name() {
    let manifest = include_str!("../../../../Cargo.toml");
    let (_, table) = manifest.split_once("[package.metadata.schema]\n").unwrap();
    assert_eq!(table.lines().next().unwrap(), format!("id = \"{SCHEMA}\""));
}

#[test]
fn the_schema_of_a_contract_is_that_of_the_options() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/envsecrets.schema.json");
    let made = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    if made != committed && std::env::var_os("ENVSECRETS_WRITE").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    assert!(
        made == committed,
        "packaging/envsecrets.schema.json is stale: `ENVSECRETS_WRITE=1 cargo test schema` renews it"
    );
}
