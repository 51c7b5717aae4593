//! A seed: a store, and what goes wrong with it, as a JSON file.
//!
//! ```json
//! {
//!   "region": "us-east-1",
//!   "account": "123456789012",
//!   "parameters": {
//!     "/app/host": "a text alone is a String",
//!     "/app/password": { "type": "SecureString", "value": "hunter2", "labels": ["live"],
//!                        "description": "…", "key_id": "alias/app", "tier": "Advanced",
//!                        "tags": { "team": "web" }, "policies": [], "data_type": "text",
//!                        "allowed_pattern": "[a-z0-9]+" },
//!     "/app/key": { "type": "SecureString",
//!                   "versions": [ { "value": "old", "labels": ["previous"] }, { "value": "new" } ] }
//!   },
//!   "shared": { "arn:aws:ssm:us-east-1:210987654321:parameter/common/ca": { "value": "…" } },
//!   "secrets": { "prod/db": "a secret of Secrets Manager; in full: secrets_manager/seed.rs" },
//!   "faults": [ "throttle,first=2" ],
//!   "throttle": "40:40",
//!   "latency": "20ms"
//! }
//! ```
//! Every part may be left out. An object without `type` is a `SecureString`; no word may be unknown.

use std::fmt;

use serde_json::{Map, Value};

use super::{Kind, PutParameter, Store, Tier};
use crate::faults::Rule;
use crate::secrets_manager;
use crate::server::{Latency, Throttle};

/// The content of a seed file.
#[derive(Debug)]
pub struct Seed {
    pub store: Store,
    pub faults: Vec<Rule>,
    pub throttle: Option<Throttle>,
    pub latency: Latency,
}

/// What is wrong with a seed file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeedError(String);

impl fmt::Display for SeedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SeedError {}

impl Seed {
    /// Reads a seed file's text.
    pub fn from_json(json: &str) -> Result<Self, SeedError> {
        let seed: Value =
            serde_json::from_str(json).map_err(|error| SeedError(format!("seed: {error}")))?;
        let known = [
            "region",
            "account",
            "parameters",
            "shared",
            "secrets",
            "faults",
            "throttle",
            "latency",
        ];
        let seed = object("seed", &seed, &known)?;
        let store = Store::new();
        if let Some(region) = text("seed", seed, "region")? {
            store.state().region = region.to_owned();
        }
        if let Some(account) = text("seed", seed, "account")? {
            store.state().account = account.to_owned();
        }
        for (name, parameter) in section(seed, "parameters")? {
            plant(&store, name, parameter)?;
        }
        for (arn, parameter) in section(seed, "shared")? {
            let put = single(arn, parameter)?;
            let shared = store.share(arn, &put);
            shared.map_err(|error| SeedError(format!("`{arn}`: {error}")))?;
        }
        for (id, secret) in section(seed, "secrets")? {
            let planted = secrets_manager::plant(&mut store.state(), id, secret);
            planted.map_err(|error| wrong(id, &error))?;
        }
        Ok(Self {
            store,
            faults: faults(seed)?,
            throttle: parsed(seed, "throttle")?,
            latency: parsed(seed, "latency")?.unwrap_or_default(),
        })
    }
}

/// Writes a parameter with all its versions.
fn plant(store: &Store, name: &str, parameter: &Value) -> Result<(), SeedError> {
    let fails = |error| SeedError(format!("`{name}`: {error}"));
    let first = single(name, parameter)?;
    let versions = match parameter.get("versions") {
        None => vec![parameter],
        Some(versions) => {
            let versions = versions.as_array();
            let versions = versions.ok_or_else(|| wrong(name, "`versions` must be a list"))?;
            for version in versions {
                object(name, version, &["value", "labels"])?;
            }
            versions.iter().collect()
        }
    };
    for (number, version) in (1..).zip(versions) {
        let mut put = first.clone();
        if let Some(value) = version.get("value") {
            let value = value.as_str();
            put.value = value
                .ok_or_else(|| wrong(name, "`value` must be a text"))?
                .to_owned();
        }
        if number > 1 {
            put.tags.clear();
            put.overwrite = true;
        }
        store.put_parameter(put).map_err(fails)?;
        for label in list(name, version, "labels")? {
            let body = serde_json::json!({ "Name": name, "Labels": [label] });
            let reply = store.answer("LabelParameterVersion", &body);
            if reply.map_err(fails)?["InvalidLabels"] != serde_json::json!([]) {
                return Err(wrong(name, &format!("{label} is not a valid label")));
            }
        }
    }
    Ok(())
}

/// The request that writes a parameter's first version.
fn single(name: &str, parameter: &Value) -> Result<PutParameter, SeedError> {
    if let Some(value) = parameter.as_str() {
        return Ok(PutParameter::new(name, value).kind(Kind::String));
    }
    let known = [
        "type",
        "value",
        "versions",
        "labels",
        "description",
        "key_id",
        "tier",
        "tags",
        "policies",
        "data_type",
        "allowed_pattern",
    ];
    let fields = object(name, parameter, &known)?;
    let fails = |error| SeedError(format!("`{name}`: {error}"));
    let owned = |field| Ok::<_, SeedError>(text(name, fields, field)?.map(str::to_owned));
    let mut put = PutParameter::new(name, owned("value")?.unwrap_or_default());
    if let Some(kind) = text(name, fields, "type")? {
        put.kind = Some(Kind::parse(kind).map_err(fails)?);
    }
    if let Some(tier) = text(name, fields, "tier")? {
        put.tier = Some(Tier::parse(tier).map_err(fails)?);
    }
    put.description = owned("description")?;
    put.key_id = owned("key_id")?;
    put.data_type = owned("data_type")?;
    put.allowed_pattern = owned("allowed_pattern")?;
    put.policies = fields.get("policies").map(Value::to_string);
    for (key, value) in section(fields, "tags")? {
        let value = value
            .as_str()
            .ok_or_else(|| wrong(name, "a tag must be a text"))?;
        put.tags.push((key.clone(), value.to_owned()));
    }
    Ok(put)
}

fn faults(seed: &Map<String, Value>) -> Result<Vec<Rule>, SeedError> {
    let faults = match seed.get("faults") {
        None => return Ok(Vec::new()),
        Some(faults) => faults.as_array(),
    };
    let faults = faults.ok_or_else(|| wrong("faults", "must be a list"))?;
    let parse = |fault: &Value| {
        let spec = fault
            .as_str()
            .ok_or_else(|| wrong("faults", "must hold texts"))?;
        spec.parse::<Rule>()
            .map_err(|error| SeedError(error.to_string()))
    };
    faults.iter().map(parse).collect()
}

fn parsed<T>(seed: &Map<String, Value>, field: &str) -> Result<Option<T>, SeedError>
where
    T: std::str::FromStr<Err: fmt::Display>,
{
    let Some(text) = text("seed", seed, field)? else {
        return Ok(None);
    };
    let value = text.parse();
    value
        .map(Some)
        .map_err(|error| SeedError(format!("{error}")))
}

fn object<'a>(
    name: &str,
    value: &'a Value,
    known: &[&str],
) -> Result<&'a Map<String, Value>, SeedError> {
    let fields = value
        .as_object()
        .ok_or_else(|| wrong(name, "must be an object"))?;
    match fields.keys().find(|field| !known.contains(&field.as_str())) {
        Some(field) => Err(wrong(name, &format!("`{field}` is not a known field"))),
        None => Ok(fields),
    }
}

fn section<'a>(
    fields: &'a Map<String, Value>,
    name: &str,
) -> Result<impl Iterator<Item = (&'a String, &'a Value)>, SeedError> {
    let section = match fields.get(name) {
        None => None,
        Some(Value::Object(section)) => Some(section),
        Some(_) => return Err(wrong(name, "must be an object")),
    };
    Ok(section.into_iter().flatten())
}

fn text<'a>(
    name: &str,
    fields: &'a Map<String, Value>,
    field: &str,
) -> Result<Option<&'a str>, SeedError> {
    match fields.get(field) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(wrong(name, &format!("`{field}` must be a text"))),
    }
}

fn list<'a>(name: &str, value: &'a Value, field: &str) -> Result<&'a [Value], SeedError> {
    match value.get(field) {
        None => Ok(&[]),
        Some(Value::Array(list)) => Ok(list),
        Some(_) => Err(wrong(name, &format!("`{field}` must be a list"))),
    }
}

fn wrong(name: &str, what: &str) -> SeedError {
    SeedError(format!("`{name}`: {what}"))
}
