//! `GetSecretValue`.

use serde_json::Value;

use super::error::deleted;
use super::vault::Region;
use crate::api::{ApiError, Input};

pub(super) fn get_secret_value(region: &mut Region<'_>, body: &Value) -> Result<Value, ApiError> {
    let input = Input::new(body)?;
    let id = input.required_text("SecretId")?;
    value(
        region,
        id,
        input.text("VersionId")?,
        input.text("VersionStage")?,
    )
}

/// The value of one secret.
pub(super) fn value(
    region: &Region<'_>,
    id: &str,
    version: Option<&str>,
    stage: Option<&str>,
) -> Result<Value, ApiError> {
    let secret = region.find(id)?;
    if secret.deleted.is_some() {
        return Err(deleted());
    }
    Ok(secret.shown(secret.select(version, stage)?))
}
