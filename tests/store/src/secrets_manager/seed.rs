//! A secret of a seed file.
//!
//! ```json
//! "secrets": {
//!   "prd/db": "a text alone is the value",
//!   "prd/db:AWSPREVIOUS": "the value of this stage, or of the version with this id",
//!   "prd/tls": { "binary": "c2VjcmV0", "description": "…", "tags": { "team": "web" },
//!                "kms": "alias/app", "deleted": true },
//!   "prd/key": { "versions": [ { "value": "old" }, { "value": "new" },
//!                              { "value": "next", "stages": ["AWSPENDING"], "id": "…" } ] },
//!   "arn:aws:secretsmanager:eu-west-1:999988887777:secret:shared-AbCdEf": { "value": "…" }
//! }
//! ```
//! A name belongs to the region of the seed, an ARN to its own; one of another account is shared
//! with this one. Versions without `stages` follow each other as if each had been put in its turn.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};

use super::id::{self, Arn};
use super::secret::{Content, Secret, Version};
use super::vault::Region;
use crate::server::clock;
use crate::store::State;

/// Adds a secret, or a version of one. What is wrong is reported in words.
pub(crate) fn plant(state: &mut State, id: &str, secret: &Value) -> Result<(), String> {
    let arn = Arn::parse(id);
    let home = state.region().to_owned();
    let region = arn.as_ref().map_or(home.as_str(), |arn| arn.region);
    state.in_region(region, |region| {
        let (name, selector) = match &arn {
            Some(arn) => (arn.name().0, None),
            None => match id.split_once(':') {
                Some((name, selector)) => (name, Some(selector)),
                None => (id, None),
            },
        };
        id::check_new(name).map_err(|error| error.to_string())?;
        let of_another = arn.as_ref().filter(|arn| arn.account != region.account);
        if of_another.is_some_and(|arn| !arn.name().1) {
            return Err("the ARN of a secret of another account must be complete".to_owned());
        }
        let new = Planted::parse(region, secret, selector)?;
        let target = match of_another {
            Some(arn) => region.shared(name, arn.text),
            None => region.named_or_new(name),
        };
        new.put(target);
        Ok(())
    })
}

/// What the value of a seed says of a secret.
struct Planted<'a> {
    versions: Vec<(Version, Follows)>,
    /// All that a secret has beside its versions, unless the value is a text alone.
    fields: Option<&'a Map<String, Value>>,
    description: Option<String>,
    key: Option<String>,
    deleted: bool,
    tags: Vec<(String, String)>,
}

/// How a version comes after those before it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Follows {
    /// As if it had been put now.
    Put,
    /// With the stages that it has, whatever the others have.
    Exactly,
}

impl<'a> Planted<'a> {
    fn parse(
        region: &mut Region<'_>,
        secret: &'a Value,
        selector: Option<&str>,
    ) -> Result<Self, String> {
        let mut planted = Self {
            versions: Vec::new(),
            fields: None,
            description: None,
            key: None,
            deleted: false,
            tags: Vec::new(),
        };
        if let Some(text) = secret.as_str() {
            let content = Content::Text(text.to_owned());
            let (id, stages, follows) = match selector {
                None => (None, vec![String::from("AWSCURRENT")], Follows::Put),
                Some(id) if is_version_id(id) => (Some(id), Vec::new(), Follows::Exactly),
                Some(stage) => (None, vec![stage.to_owned()], Follows::Exactly),
            };
            let version = region.version(id, content, stages);
            planted.versions.push((version, follows));
            return Ok(planted);
        }
        let known = [
            "value",
            "binary",
            "stages",
            "id",
            "versions",
            "description",
            "tags",
            "kms",
            "deleted",
        ];
        let fields = object(secret, &known)?;
        planted.fields = Some(fields);
        planted.description = text(fields, "description")?.map(str::to_owned);
        planted.key = text(fields, "kms")?.map(str::to_owned);
        planted.deleted = match fields.get("deleted") {
            None => false,
            Some(deleted) => deleted.as_bool().ok_or("`deleted` must be true or false")?,
        };
        if let Some(tags) = fields.get("tags") {
            for (key, value) in tags.as_object().ok_or("`tags` must be an object")? {
                let value = value.as_str().ok_or("a tag must be a text")?;
                planted.tags.push((key.clone(), value.to_owned()));
            }
        }
        let versions = match fields.get("versions") {
            None => vec![secret],
            Some(Value::Array(versions)) => versions.iter().collect(),
            Some(_) => return Err("`versions` must be a list".to_owned()),
        };
        for version in versions {
            planted.versions.extend(one(region, version)?);
        }
        Ok(planted)
    }

    fn put(self, secret: &mut Secret) {
        if self.fields.is_some() {
            secret.versions.clear();
            secret.description = self.description;
            secret.kms_key_id = self.key;
            secret.tags = self.tags.into_iter().collect();
            secret.deleted = self.deleted.then(|| clock::seconds() + 30.0 * 86_400.0);
        }
        for (version, follows) in self.versions {
            match follows {
                Follows::Put => secret.add(version),
                Follows::Exactly => secret.add_exactly(version),
            }
        }
    }
}

/// One version of a secret; a secret may have no value at all.
fn one(region: &mut Region<'_>, version: &Value) -> Result<Option<(Version, Follows)>, String> {
    let known = [
        "value",
        "binary",
        "stages",
        "id",
        "description",
        "tags",
        "kms",
        "deleted",
    ];
    let fields = object(version, &known)?;
    let content = match (text(fields, "value")?, text(fields, "binary")?) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => return Err("has both `value` and `binary`".to_owned()),
        (Some(text), None) => Content::Text(text.to_owned()),
        (None, Some(encoded)) => Content::Binary(
            BASE64_STANDARD
                .decode(encoded)
                .map_err(|_| "`binary` must be base64")?,
        ),
    };
    let (stages, follows) = match fields.get("stages") {
        None => (vec![String::from("AWSCURRENT")], Follows::Put),
        Some(Value::Array(stages)) => {
            let stages: Option<Vec<String>> = stages
                .iter()
                .map(|stage| stage.as_str().map(str::to_owned))
                .collect();
            (stages.ok_or("a stage must be a text")?, Follows::Exactly)
        }
        Some(_) => return Err("`stages` must be a list".to_owned()),
    };
    let version = region.version(text(fields, "id")?, content, stages);
    Ok(Some((version, follows)))
}

/// Whether the word after the colon of a seed is the id of a version and no stage: eight or more
/// digits of base 16 and hyphens.
fn is_version_id(text: &str) -> bool {
    text.len() >= 8 && text.bytes().all(|it| it.is_ascii_hexdigit() || it == b'-')
}

fn object<'a>(value: &'a Value, known: &[&str]) -> Result<&'a Map<String, Value>, String> {
    let fields = value.as_object().ok_or("must be a text or an object")?;
    match fields.keys().find(|field| !known.contains(&field.as_str())) {
        Some(field) => Err(format!("`{field}` is not a known field")),
        None => Ok(fields),
    }
}

fn text<'a>(fields: &'a Map<String, Value>, field: &str) -> Result<Option<&'a str>, String> {
    match fields.get(field) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(format!("`{field}` must be a text")),
    }
}
