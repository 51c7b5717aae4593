//! `TagResource` and `UntagResource`.

use serde_json::{Value, json};

use super::error::{deleted, invalid_parameter};
use super::secret::Secret;
use super::vault::Region;
use crate::api::{ApiError, Input};

const MOST: usize = 50;

pub(super) fn tag_resource(region: &mut Region<'_>, body: &Value) -> Result<Value, ApiError> {
    let input = Input::new(body)?;
    let tags = input.tags()?;
    let secret = secret(region, &input)?;
    let mut all = secret.tags.clone();
    all.extend(tags);
    if all.len() > MOST {
        return Err(invalid_parameter(format!(
            "A secret can have at most {MOST} tags."
        )));
    }
    secret.tags = all;
    Ok(json!({}))
}

pub(super) fn untag_resource(region: &mut Region<'_>, body: &Value) -> Result<Value, ApiError> {
    let input = Input::new(body)?;
    let keys = input.texts("TagKeys", 1000)?;
    let secret = secret(region, &input)?;
    for key in keys {
        secret.tags.remove(key);
    }
    Ok(json!({}))
}

fn secret<'a>(region: &'a mut Region<'_>, input: &Input<'_>) -> Result<&'a mut Secret, ApiError> {
    let secret = region.find_mut(input.required_text("SecretId")?)?;
    match secret.deleted {
        None => Ok(secret),
        Some(_) => Err(deleted()),
    }
}
