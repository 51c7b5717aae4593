//! AWS Secrets Manager: secrets by region, and the operations on them, without any network.
//!
//! Wording and limits are those of
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/>. Replicas, rotation and
//! resource policies do not exist here.

mod batch;
mod delete;
mod error;
mod filters;
mod id;
mod list;
mod pages;
mod read;
mod secret;
mod seed;
mod stages;
mod tags;
mod vault;
mod write;

use serde_json::Value;

use crate::api::{ApiError, Input};
use crate::store::Store;

pub(crate) use batch::entry;
pub(crate) use seed::plant;
pub(crate) use vault::{Region, Vault};

/// Answers one call that is signed for `region`.
pub(crate) fn answer(
    store: &Store,
    region: &str,
    operation: &str,
    body: &Value,
) -> Result<Value, ApiError> {
    let call: fn(&mut Region<'_>, &Value) -> Result<Value, ApiError> = match operation {
        "CreateSecret" => write::create_secret,
        "PutSecretValue" => write::put_secret_value,
        "UpdateSecret" => write::update_secret,
        "UpdateSecretVersionStage" => stages::update_secret_version_stage,
        "DeleteSecret" => delete::delete_secret,
        "RestoreSecret" => delete::restore_secret,
        "DescribeSecret" => list::describe_secret,
        "ListSecrets" => list::list_secrets,
        "ListSecretVersionIds" => list::list_secret_version_ids,
        "TagResource" => tags::tag_resource,
        "UntagResource" => tags::untag_resource,
        "GetSecretValue" => read::get_secret_value,
        "BatchGetSecretValue" => batch::batch_get_secret_value,
        _ => return Err(ApiError::bare("UnknownOperationException")),
    };
    Input::new(body)?;
    store.state().in_region(region, |region| call(region, body))
}

/// The name of the secret that a request means by `id`, if this region has it.
pub(crate) fn name_of(store: &Store, region: &str, id: &str) -> Option<String> {
    let mut state = store.state();
    state.in_region(region, |region| {
        region.find(id).ok().map(|secret| secret.name.clone())
    })
}
