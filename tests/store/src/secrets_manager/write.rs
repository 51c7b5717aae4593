//! Making secrets and versions: `CreateSecret`, `PutSecretValue` and `UpdateSecret`.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::error::{deleted, exists, invalid_parameter, invalid_request, token_in_use};
use super::id;
use super::secret::{CURRENT, Content, Secret};
use super::vault::Region;
use crate::api::{ApiError, Input};
use crate::server::clock;

const MOST_BYTES: usize = 65_536;
const MOST_STAGES: usize = 20;
const LONGEST_STAGE: usize = 256;
const LONGEST_DESCRIPTION: usize = 2048;
const DEFAULT_KEY: &str = "alias/aws/secretsmanager";

pub(super) fn create_secret(region: &mut Region<'_>, body: &Value) -> Result<Value, ApiError> {
    let input = Input::new(body)?;
    let name = input.required_text("Name")?;
    id::check_new(name)?;
    let token = token(&input)?;
    let content = content(&input)?;
    let description = description(&input)?;
    let tags = input.tags()?;
    if let Some(secret) = region.named(name) {
        if secret.deleted.is_some() {
            return Err(invalid_request(
                "You can't create this secret because a secret with this name is already scheduled for deletion.",
            ));
        }
        let repeated = token.and_then(|token| secret.version(token));
        return match (token, repeated) {
            (Some(_), Some(version)) if Some(&version.content) == content.as_ref() => {
                Ok(named(secret, Some(&version.id)))
            }
            (Some(token), Some(_)) => Err(token_in_use(token, &secret.arn)),
            _ => Err(exists(name)),
        };
    }
    let version = content.map(|content| region.version(token, content, vec![CURRENT.to_owned()]));
    let secret = region.create(name);
    secret.description = description;
    secret.kms_key_id = key(&input)?;
    secret.tags.extend(tags);
    let id = version.as_ref().map(|version| version.id.clone());
    if let Some(version) = version {
        secret.add(version);
    }
    Ok(named(secret, id.as_deref()))
}

pub(super) fn put_secret_value(region: &mut Region<'_>, body: &Value) -> Result<Value, ApiError> {
    let input = Input::new(body)?;
    let id = input.required_text("SecretId")?;
    let token = token(&input)?;
    let stages = stages(&input)?;
    let content = content(&input)?
        .ok_or_else(|| invalid_request("You must provide either SecretString or SecretBinary."))?;
    let secret = writable(region, id)?;
    let version = match used(secret, token, &content)? {
        Some(version) => version,
        None => {
            let version = region.version(token, content, stages);
            let id_of_version = version.id.clone();
            region.find_mut(id)?.add(version);
            id_of_version
        }
    };
    let secret = region.find(id)?;
    let mut reply = named(secret, Some(&version));
    reply["VersionStages"] = json!(secret.version(&version).map(|it| &it.stages));
    Ok(reply)
}

pub(super) fn update_secret(region: &mut Region<'_>, body: &Value) -> Result<Value, ApiError> {
    let input = Input::new(body)?;
    let id = input.required_text("SecretId")?;
    let token = token(&input)?;
    let content = content(&input)?;
    let description = description(&input)?;
    let key = key(&input)?;
    let secret = writable(region, id)?;
    let mut version = None;
    if let Some(content) = content {
        version = used(secret, token, &content)?;
        if version.is_none() {
            let new = region.version(token, content, vec![CURRENT.to_owned()]);
            version = Some(new.id.clone());
            region.find_mut(id)?.add(new);
        }
    }
    let secret = region.find_mut(id)?;
    secret.changed = clock::seconds();
    if description.is_some() {
        secret.description = description;
    }
    if key.is_some() {
        secret.kms_key_id = key;
    }
    Ok(named(secret, version.as_deref()))
}

fn writable<'a>(region: &'a mut Region<'_>, id: &str) -> Result<&'a Secret, ApiError> {
    let secret = region.find_mut(id)?;
    match secret.deleted {
        None => Ok(secret),
        Some(_) => Err(deleted()),
    }
}

/// The version that a repeated request has made already.
fn used(
    secret: &Secret,
    token: Option<&str>,
    content: &Content,
) -> Result<Option<String>, ApiError> {
    let Some((token, version)) = token.and_then(|it| Some((it, secret.version(it)?))) else {
        return Ok(None);
    };
    if version.content == *content {
        return Ok(Some(version.id.clone()));
    }
    Err(token_in_use(token, &secret.arn))
}

fn named(secret: &Secret, version: Option<&str>) -> Value {
    let mut reply = json!({ "ARN": secret.arn, "Name": secret.name });
    if let Some(version) = version {
        reply["VersionId"] = version.into();
    }
    reply
}

/// The value of a request, within the limits of the service; it shows a value in no message.
pub(super) fn content(input: &Input<'_>) -> Result<Option<Content>, ApiError> {
    let (text, binary) = (input.text("SecretString")?, input.text("SecretBinary")?);
    let (field, content) = match (text, binary) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => {
            return Err(invalid_parameter(
                "You can't specify both a binary secret value and a string secret value in the same secret.",
            ));
        }
        (Some(text), None) => ("secretString", Content::Text(text.to_owned())),
        (None, Some(encoded)) => match BASE64_STANDARD.decode(encoded) {
            Ok(bytes) => ("secretBinary", Content::Binary(bytes)),
            Err(_) => return Err(ApiError::bare("SerializationException")),
        },
    };
    let bound = match content.len() {
        1..=MOST_BYTES => return Ok(Some(content)),
        0 => "greater than or equal to 1",
        _ => "less than or equal to 65536",
    };
    Err(ApiError::validation(format!(
        "1 validation error detected: Value at '{field}' failed to satisfy constraint: Member must have length {bound}"
    )))
}

fn token<'a>(input: &Input<'a>) -> Result<Option<&'a str>, ApiError> {
    match input.text("ClientRequestToken")? {
        Some(token) if !(32..=64).contains(&token.len()) => Err(invalid_parameter(
            "ClientRequestToken must be 32-64 characters long.",
        )),
        token => Ok(token),
    }
}

fn stages(input: &Input<'_>) -> Result<Vec<String>, ApiError> {
    if input.list("VersionStages")?.is_none() {
        return Ok(vec![CURRENT.to_owned()]);
    }
    let stages = input.texts("VersionStages", MOST_STAGES)?;
    stages.into_iter().map(stage).collect()
}

/// Checks the name of a stage.
pub(super) fn stage(text: &str) -> Result<String, ApiError> {
    if (1..=LONGEST_STAGE).contains(&text.len()) {
        return Ok(text.to_owned());
    }
    Err(ApiError::constraint(
        "versionStage",
        &format!("'{text}'"),
        "Member must have length between 1 and 256",
    ))
}

fn description(input: &Input<'_>) -> Result<Option<String>, ApiError> {
    match input.text("Description")? {
        Some(text) if text.chars().count() > LONGEST_DESCRIPTION => Err(ApiError::constraint(
            "description",
            &format!("'{text}'"),
            "Member must have length less than or equal to 2048",
        )),
        text => Ok(text.map(str::to_owned)),
    }
}

/// The key, which the service shows only if it is not its own.
fn key(input: &Input<'_>) -> Result<Option<String>, ApiError> {
    let key = input.text("KmsKeyId")?;
    Ok(key.filter(|key| *key != DEFAULT_KEY).map(str::to_owned))
}
