//! Metadata: `DescribeParameters` and `GetParameterHistory`.

use std::ops::Bound;

use serde_json::{Value, json};

use super::filters::{Filter, Scope};
use super::pages::Paging;
use super::{ApiError, Input, not_found};
use crate::store::{State, names};

pub(super) fn describe_parameters(state: &mut State, body: &Value) -> Result<Value, ApiError> {
    let input = Input::new(body)?;
    let filters = Filter::parse(&input, Scope::Describe)?;
    let paging = Paging::new("DescribeParameters", body, 50)?;
    let from = match &paging.after {
        Some(after) => Bound::Excluded(after.as_str()),
        None => Bound::Unbounded,
    };
    // What other accounts share with this one, by the full ARN.
    let listed = match input.flag("Shared")? {
        true => &state.shared,
        false => &state.parameters,
    };
    let candidates = listed
        .range::<str, _>((from, Bound::Unbounded))
        .map(|(key, parameter)| {
            let version = Filter::select(&filters, parameter);
            (
                key.as_str(),
                version.map(|version| parameter.described(version)),
            )
        });
    Ok(paging.cut(candidates))
}

pub(super) fn get_parameter_history(state: &mut State, body: &Value) -> Result<Value, ApiError> {
    let input = Input::new(body)?;
    let name = input.required_text("Name")?;
    let decrypt = input.flag("WithDecryption")?;
    let paging = Paging::new("GetParameterHistory", body, 50)?;
    let parameter = state
        .parameters
        .get(&names::key(name))
        .ok_or_else(not_found)?;
    let after: i64 = paging
        .after
        .as_deref()
        .and_then(|after| after.parse().ok())
        .unwrap_or(0);

    let numbered: Vec<(String, Value)> = parameter
        .versions
        .iter()
        .filter(|version| version.number > after)
        .map(|version| {
            let mut shown = parameter.described(version);
            shown["Value"] = parameter.value(version, decrypt).into();
            shown["Labels"] = json!(version.labels);
            (version.number.to_string(), shown)
        })
        .collect();
    Ok(paging.cut(
        numbered
            .iter()
            .map(|(number, shown)| (number.as_str(), Some(shown.clone()))),
    ))
}
