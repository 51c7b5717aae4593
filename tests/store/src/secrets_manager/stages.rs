//! `UpdateSecretVersionStage`.

use serde_json::{Value, json};

use super::error::{deleted, invalid_parameter, no_value};
use super::secret::CURRENT;
use super::vault::Region;
use super::write;
use crate::api::{ApiError, Input};

pub(super) fn update_secret_version_stage(
    region: &mut Region<'_>,
    body: &Value,
) -> Result<Value, ApiError> {
    let input = Input::new(body)?;
    let id = input.required_text("SecretId")?;
    let stage = write::stage(input.required_text("VersionStage")?)?;
    let from = input.text("RemoveFromVersionId")?;
    let to = input.text("MoveToVersionId")?;
    let secret = region.find_mut(id)?;
    if secret.deleted.is_some() {
        return Err(deleted());
    }
    for version in [from, to].into_iter().flatten() {
        if secret.version(version).is_none() {
            return Err(no_value("VersionId", version));
        }
    }
    let holder = secret.staged(&stage).map(|version| version.id.clone());
    if let Some(from) = from
        && holder.as_deref() != Some(from)
    {
        return Err(invalid_parameter(format!(
            "Staging label {stage} is not currently attached to version {from}."
        )));
    }
    if let (Some(holder), None) = (&holder, from)
        && to != Some(holder)
    {
        return Err(invalid_parameter(format!(
            "The parameter RemoveFromVersionId can't be empty. Staging label {stage} is currently attached to version {holder}, so you must explicitly reference that version in RemoveFromVersionId."
        )));
    }
    match (from, to) {
        (None, None) => {
            return Err(invalid_parameter(
                "You must specify RemoveFromVersionId or MoveToVersionId.",
            ));
        }
        (Some(_), None) if stage == CURRENT => {
            return Err(invalid_parameter(
                "You can't remove the staging label AWSCURRENT without moving it to another version.",
            ));
        }
        _ => secret.move_stage(&stage, to),
    }
    Ok(json!({ "ARN": secret.arn, "Name": secret.name }))
}
