//! Changing parameters: `PutParameter`, `DeleteParameter` and `DeleteParameters`.

use serde_json::{Value, json};

use super::{ApiError, Input, not_found};
use crate::store::{Kind, PutParameter, State, Tier, names};

pub(super) fn put_parameter(state: &mut State, body: &Value) -> Result<Value, ApiError> {
    let input = Input::new(body)?;
    let text = |field: &str| Ok::<_, ApiError>(input.text(field)?.map(str::to_owned));
    let put = PutParameter {
        name: input.required_text("Name")?.to_owned(),
        value: input.required_text("Value")?.to_owned(),
        kind: input.text("Type")?.map(Kind::parse).transpose()?,
        description: text("Description")?,
        key_id: text("KeyId")?,
        overwrite: input.flag("Overwrite")?,
        allowed_pattern: text("AllowedPattern")?,
        tags: input.tags()?,
        tier: input.text("Tier")?.map(Tier::parse).transpose()?,
        policies: text("Policies")?,
        data_type: text("DataType")?,
    };
    let (version, tier) = state.put(put)?;
    Ok(json!({ "Version": version, "Tier": tier.as_str() }))
}

pub(super) fn delete_parameter(state: &mut State, body: &Value) -> Result<Value, ApiError> {
    let name = Input::new(body)?.required_text("Name")?;
    match state.parameters.remove(&names::key(name)) {
        Some(_) => Ok(json!({})),
        None => Err(not_found()),
    }
}

pub(super) fn delete_parameters(state: &mut State, body: &Value) -> Result<Value, ApiError> {
    let names = Input::new(body)?.texts("Names", 10)?;
    let (deleted, invalid): (Vec<&str>, Vec<&str>) = names
        .into_iter()
        .partition(|name| state.parameters.remove(&names::key(name)).is_some());
    Ok(json!({ "DeletedParameters": deleted, "InvalidParameters": invalid }))
}
