//! The JSON Schema of a contract, for editors and for CI: generated from the options, and
//! committed.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::options::contract::{Shape, keys_of_variables};
use crate::options::flags;

/// Options whose help refers to the one before, which is elsewhere in a schema.
const OUT_OF_ORDER: [(&str, &str); 2] = [
    (
        "optional-path",
        "Read all parameters below this path, if any exist",
    ),
    (
        "dotenv",
        "Make a variable of each line of one parameter that is the text of a .env file",
    ),
];

fn schema() -> Value {
    let about: BTreeMap<String, String> = super::command()
        .get_arguments()
        .filter_map(|it| Some((it.get_long()?.to_owned(), it.get_help()?.to_string())))
        .chain(OUT_OF_ORDER.map(|(name, about)| (name.to_owned(), about.to_owned())))
        .collect();
    let settings: BTreeMap<String, Value> = flags::keys()
        .into_iter()
        .map(|key| (key.name.clone(), property(&key.shape, &about[&key.name])))
        .collect();
    let of_variables: BTreeMap<&str, Value> = keys_of_variables()
        .into_iter()
        .map(|(name, shape, about)| (name, property(&shape, about)))
        .collect();
    let mut top = settings.clone();
    top.insert(
        "variables".to_owned(),
        json!({
            "description": "The variables that the program requires or accepts, by name",
            "type": "object",
            "propertyNames": { "pattern": "^[A-Za-z_][A-Za-z0-9_]*$" },
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
                "additionalProperties": false,
            },
            "profile": {
                "type": "object",
                "properties": settings,
                "additionalProperties": false,
            },
        },
    })
}

fn property(shape: &Shape, about: &str) -> Value {
    let texts = json!({ "type": "array", "items": { "type": "string" } });
    let mut property = match shape {
        Shape::Switch => json!({ "type": "boolean" }),
        Shape::Text => json!({ "type": "string" }),
        Shape::List => texts,
        Shape::SwitchOrList => json!({ "anyOf": [{ "type": "boolean" }, texts] }),
        Shape::SwitchOrText => json!({ "type": ["boolean", "string"] }),
        Shape::OrNone => json!({ "anyOf": [{ "type": "string" }, { "const": false }] }),
        Shape::Choice(words) => json!({ "enum": words }),
    };
    property["description"] = json!(about);
    property
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
