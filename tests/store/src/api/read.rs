//! Reading values: `GetParameter`, `GetParameters` and `GetParametersByPath`.

use std::collections::BTreeSet;
use std::ops::Bound;

use serde_json::{Value, json};

use super::filters::{Filter, Scope};
use super::pages::Paging;
use super::{ApiError, Input, not_found, version_not_found};
use crate::store::{Reference, Selector, State, names};

pub(super) fn get_parameter(state: &State, region: &str, body: &Value) -> Result<Value, ApiError> {
    let input = Input::new(body)?;
    let name = input.required_text("Name")?;
    let parameter = read(state, region, name, input.flag("WithDecryption")?)?;
    Ok(json!({ "Parameter": parameter }))
}

pub(super) fn get_parameters(state: &State, region: &str, body: &Value) -> Result<Value, ApiError> {
    let input = Input::new(body)?;
    let names = input.texts("Names", 10)?;
    let decrypt = input.flag("WithDecryption")?;
    let mut seen = BTreeSet::new();
    for name in &names {
        if !seen.insert(name) {
            return Err(ApiError::validation(format!(
                "Duplicate parameter name in the request: {name}"
            )));
        }
    }

    let mut found = Vec::new();
    let mut invalid = Vec::new();
    for name in names {
        match read(state, region, name, decrypt) {
            Ok(parameter) => found.push(parameter),
            Err(error) if is_missing(&error) => invalid.push(name),
            Err(error) => return Err(error),
        }
    }
    found.sort_by(|one, other| one["Name"].as_str().cmp(&other["Name"].as_str()));
    Ok(json!({ "Parameters": found, "InvalidParameters": invalid }))
}

pub(super) fn get_parameters_by_path(state: &mut State, body: &Value) -> Result<Value, ApiError> {
    let input = Input::new(body)?;
    let path = input.required_text("Path")?;
    names::check_path(path)?;
    let recursive = input.flag("Recursive")?;
    let decrypt = input.flag("WithDecryption")?;
    let filters = Filter::parse(&input, Scope::ByPath)?;
    let paging = Paging::new("GetParametersByPath", body, 10)?;

    // The slash keeps `/app` from matching `/app2`, and a parameter from matching its own path.
    let prefix = format!("{}/", path.trim_end_matches('/'));
    let from = match &paging.after {
        Some(after) => Bound::Excluded(after.as_str()),
        None => Bound::Excluded(prefix.as_str()),
    };
    let candidates = state
        .parameters
        .range::<str, _>((from, Bound::Unbounded))
        .take_while(|(key, _)| key.starts_with(&prefix))
        .filter(|(key, _)| recursive || !key[prefix.len()..].contains('/'))
        .map(|(key, parameter)| {
            let version = Filter::select(&filters, parameter);
            let shown = version.map(|version| parameter.shown(version, None, decrypt));
            (key.as_str(), shown)
        });
    Ok(paging.cut(candidates))
}

/// Reads one parameter by whatever a client may call it.
fn read(state: &State, region: &str, name: &str, decrypt: bool) -> Result<Value, ApiError> {
    if let Some(id) = name.strip_prefix(names::SECRETS) {
        return state.secret(region, name, id, decrypt);
    }
    let reference = Reference::parse(name)?;
    let parameter = state.find(&reference).ok_or_else(not_found)?;
    let version = match &reference.selector {
        None => parameter.latest(),
        Some(Selector::Version(number)) => parameter
            .version(*number)
            .ok_or_else(|| version_not_found(&number.to_string(), &parameter.name))?,
        Some(Selector::Label(label)) => parameter
            .labelled(label)
            .ok_or_else(|| version_not_found(label, &parameter.name))?,
    };
    Ok(parameter.shown(version, reference.selector.as_ref(), decrypt))
}

/// The errors that `GetParameters` reports by listing the name as invalid.
fn is_missing(error: &ApiError) -> bool {
    matches!(
        error.code.as_ref(),
        "ParameterNotFound" | "ParameterVersionNotFound"
    )
}
