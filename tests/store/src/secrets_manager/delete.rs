//! `DeleteSecret` and `RestoreSecret`.

use serde_json::{Value, json};

use super::error::{invalid_parameter, invalid_request};
use super::vault::Region;
use crate::api::{ApiError, Input};
use crate::server::clock;

const DAY: f64 = 86_400.0;

pub(super) fn delete_secret(region: &mut Region<'_>, body: &Value) -> Result<Value, ApiError> {
    let input = Input::new(body)?;
    let id = input.required_text("SecretId")?;
    let days = input.number("RecoveryWindowInDays")?;
    let force = input.flag("ForceDeleteWithoutRecovery")?;
    if days.is_some() && force {
        return Err(invalid_parameter(
            "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
        ));
    }
    let days = days.unwrap_or(30);
    if !(7..=30).contains(&days) {
        return Err(invalid_parameter(
            "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).",
        ));
    }
    let now = clock::seconds();
    if force {
        // It is no error if the secret does not exist.
        let removed = region.remove(id).ok();
        let (name, arn) = match &removed {
            Some(secret) => (secret.name.as_str(), secret.arn.clone()),
            None => {
                let (region, account) = (region.name, region.account);
                let arn = format!("arn:aws:secretsmanager:{region}:{account}:secret:{id}-AbCdEf");
                (id, arn)
            }
        };
        return Ok(json!({ "ARN": arn, "Name": name, "DeletionDate": now }));
    }
    let secret = region.find_mut(id)?;
    if secret.deleted.is_some() {
        return Err(invalid_request(
            "You can't perform this operation on the secret because it was already scheduled for deletion.",
        ));
    }
    let date = now + days as f64 * DAY;
    secret.deleted = Some(date);
    Ok(json!({ "ARN": secret.arn, "Name": secret.name, "DeletionDate": date }))
}

pub(super) fn restore_secret(region: &mut Region<'_>, body: &Value) -> Result<Value, ApiError> {
    let secret = region.find_mut(Input::new(body)?.required_text("SecretId")?)?;
    secret.deleted = None;
    Ok(json!({ "ARN": secret.arn, "Name": secret.name }))
}
