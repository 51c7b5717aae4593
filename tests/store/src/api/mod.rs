//! The operations: from a request's JSON to a reply's JSON, without any network.

mod describe;
mod error;
mod filters;
mod input;
mod labels;
mod pages;
mod read;
mod tags;
mod write;

use serde_json::Value;

use crate::store::{State, Store};

pub use error::ApiError;
pub(crate) use input::Input;

/// Answers one call.
pub(crate) fn answer(store: &Store, operation: &str, body: &Value) -> Result<Value, ApiError> {
    let call: fn(&mut State, &Value) -> Result<Value, ApiError> = match operation {
        "GetParameter" => read::get_parameter,
        "GetParameters" => read::get_parameters,
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
