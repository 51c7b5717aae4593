//! Tags: `AddTagsToResource`, `RemoveTagsFromResource` and `ListTagsForResource`.

use serde_json::{Value, json};

use super::{ApiError, Input};
use crate::store::{Parameter, State, names};

pub(super) fn add_tags_to_resource(state: &mut State, body: &Value) -> Result<Value, ApiError> {
    let input = Input::new(body)?;
    let tags = input.tags()?;
    resource(state, &input)?.add_tags(tags)?;
    Ok(json!({}))
}

pub(super) fn remove_tags_from_resource(
    state: &mut State,
    body: &Value,
) -> Result<Value, ApiError> {
    let input = Input::new(body)?;
    let keys = input.texts("TagKeys", 1000)?;
    let parameter = resource(state, &input)?;
    for key in keys {
        parameter.tags.remove(key);
    }
    Ok(json!({}))
}

pub(super) fn list_tags_for_resource(state: &mut State, body: &Value) -> Result<Value, ApiError> {
    let parameter = resource(state, &Input::new(body)?)?;
    let tags: Vec<Value> = parameter
        .tags
        .iter()
        .map(|(key, value)| json!({ "Key": key, "Value": value }))
        .collect();
    Ok(json!({ "TagList": tags }))
}

fn resource<'a>(state: &'a mut State, input: &Input<'_>) -> Result<&'a mut Parameter, ApiError> {
    if input.required_text("ResourceType")? != "Parameter" {
        return Err(ApiError::bare("InvalidResourceType"));
    }
    let id = input.required_text("ResourceId")?;
    state
        .parameters
        .get_mut(&names::key(id))
        .ok_or_else(|| ApiError::bare("InvalidResourceId"))
}
