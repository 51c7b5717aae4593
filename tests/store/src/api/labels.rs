//! Labels: `LabelParameterVersion` and `UnlabelParameterVersion`.

use serde_json::{Value, json};

use super::{ApiError, Input, not_found, version_not_found};
use crate::store::{State, names};

pub(super) fn label_parameter_version(state: &mut State, body: &Value) -> Result<Value, ApiError> {
    let input = Input::new(body)?;
    let name = input.required_text("Name")?;
    let labels = input.texts("Labels", 10)?;
    if let Some(label) = labels.iter().find(|label| label.len() > 100) {
        return Err(ApiError::constraint(
            "labels",
            &format!("'[{label}]'"),
            "Member must satisfy constraint: [Member must have length less than or equal to 100]",
        ));
    }
    let parameter = state
        .parameters
        .get_mut(&names::key(name))
        .ok_or_else(not_found)?;
    let number = input
        .number("ParameterVersion")?
        .unwrap_or(parameter.latest().number);
    let version = parameter
        .version(number)
        .ok_or_else(|| version_not_found(&number.to_string(), name))?;

    let (valid, invalid): (Vec<&str>, Vec<&str>) =
        labels.into_iter().partition(|label| is_valid(label));
    let added = valid
        .iter()
        .filter(|label| !version.labels.iter().any(|own| own == *label))
        .count();
    if version.labels.len() + added > 10 {
        return Err(ApiError::new(
            "ParameterVersionLabelLimitExceeded",
            "A parameter version can have a maximum of 10 labels. Move one or more labels to another version and try again.",
        ));
    }
    for label in valid {
        parameter.move_label(label, number);
    }
    Ok(json!({ "InvalidLabels": invalid, "ParameterVersion": number }))
}

pub(super) fn unlabel_parameter_version(
    state: &mut State,
    body: &Value,
) -> Result<Value, ApiError> {
    let input = Input::new(body)?;
    let name = input.required_text("Name")?;
    let labels = input.texts("Labels", 10)?;
    let number = input
        .number("ParameterVersion")?
        .ok_or_else(|| super::input::missing("ParameterVersion"))?;
    let parameter = state
        .parameters
        .get_mut(&names::key(name))
        .ok_or_else(not_found)?;
    let version = parameter
        .version_mut(number)
        .ok_or_else(|| version_not_found(&number.to_string(), name))?;

    let (removed, invalid): (Vec<&str>, Vec<&str>) = labels.into_iter().partition(|label| {
        let before = version.labels.len();
        version.labels.retain(|own| own != label);
        version.labels.len() < before
    });
    Ok(json!({ "RemovedLabels": removed, "InvalidLabels": invalid }))
}

/// Letters, digits, `.`, `-` and `_`; no leading digit; not `aws…` or `ssm…`.
fn is_valid(label: &str) -> bool {
    let lower = label.to_ascii_lowercase();
    !label.is_empty()
        && !label.starts_with(|first: char| first.is_ascii_digit())
        && !lower.starts_with("aws")
        && !lower.starts_with("ssm")
        && label.chars().all(names::is_name_character)
}
