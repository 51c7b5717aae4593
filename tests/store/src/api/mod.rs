//! The operations: from a request's JSON to a reply's JSON, without any network.

mod describe;
mod error;
mod filters;
mod input;
mod labels;
mod pages;
mod read;
mod tags;
pub(crate) mod tokens;
mod write;

use serde_json::Value;

use crate::store::{State, Store};

pub use error::ApiError;
pub(crate) use input::Input;

/// Answers one call that is signed for `region`. Parameters are the same in each region; secrets that
/// they refer to are not.
pub(crate) fn answer(
    store: &Store,
    region: &str,
    operation: &str,
    body: &Value,
) -> Result<Value, ApiError> {
    match operation {
        "GetParameter" => return read::get_parameter(&store.state(), region, body),
        "GetParameters" => return read::get_parameters(&store.state(), region, body),
        _ => {}
    }
    let call: fn(&mut State, &Value) -> Result<Value, ApiError> = match operation {
        "GetParametersByPath" => read::get_parameters_by_path,
        "PutParameter" => write::put_parameter,
        "DeleteParameter" => write::delete_parameter,
        "DeleteParameters" => write::delete_parameters,
        "DescribeParameters" => describe::describe_parameters,
        "GetParameterHistory" => describe::get_parameter_history,
        "LabelParameterVersion" => labels::label_parameter_version,
        "UnlabelParameterVersion" => labels::unlabel_parameter_version,
        "AddTagsToResource" => tags::add_tags_to_resource,
        "RemoveTagsFromResource" => tags::remove_tags_from_resource,
        "ListTagsForResource" => tags::list_tags_for_resource,
        _ => return Err(ApiError::bare("UnknownOperationException")),
    };
    call(&mut store.state(), body)
}

/// Errors that more than one operation gives.
fn not_found() -> ApiError {
    ApiError::bare("ParameterNotFound")
}

fn version_not_found(selector: &str, name: &str) -> ApiError {
    ApiError::new(
        "ParameterVersionNotFound",
        format!(
            "Systems Manager could not find version {selector} of {name}. Verify the version and try again."
        ),
    )
}
