//! As much of Amazon DynamoDB and AWS KMS as a reader of credstash needs: Query and Scan with the expressions
//! that it sends, and Decrypt. And Encrypt, for the tokens of Confidant.
//!
//! A data key is not encrypted here: its blob is JSON with the region of the key, the encryption context and
//! the key itself, which only this reads. Pages have at most a few hundred rows, in place of 1 MB.

mod kms;
mod rows;
mod seal;
mod table;

use serde_json::{Value, json};

use crate::api::ApiError;
use crate::server::Received;
use crate::store::Store;

pub(crate) use kms::{Known, arn, blob, name_of, opened};
pub(crate) use rows::{Tables, plant};

/// Answers one call of DynamoDB that is signed for `region`.
pub(crate) fn dynamodb(
    store: &Store,
    region: &str,
    operation: &str,
    body: &Value,
) -> Result<Value, ApiError> {
    let state = store.state();
    match operation {
        "Query" => table::query(&state.tables, region, body),
        "Scan" => table::scan(&state.tables, region, body),
        _ => Err(ApiError::bare("UnknownOperationException")),
    }
}

/// Answers one call of KMS that is signed for `region`.
pub(crate) fn kms(
    store: &Store,
    region: &str,
    operation: &str,
    body: &Value,
) -> Result<Value, ApiError> {
    match operation {
        "Decrypt" => kms::decrypt(&store.state().data_keys, region, body),
        "Encrypt" => kms::encrypt(region, body),
        _ => Err(ApiError::bare("UnknownOperationException")),
    }
}

/// The secret that a call is about, if it is about one.
pub(crate) fn secret_of(call: &Received) -> Option<String> {
    match call.operation.as_str() {
        "Decrypt" => name_of(&call.body),
        _ => {
            let name = &call.body["ExpressionAttributeValues"][":n"]["S"];
            name.as_str().map(str::to_owned)
        }
    }
}

/// What IAM says of a call that it denies: the action and the resource.
pub(crate) fn denied(call: &Received) -> (String, String) {
    let region = call.region.as_deref().unwrap_or_default();
    match call.operation.as_str() {
        "Decrypt" => ("kms:Decrypt".to_owned(), kms::arn(region)),
        "Encrypt" => ("kms:Encrypt".to_owned(), kms::arn(region)),
        operation => {
            let table = call.body["TableName"].as_str().unwrap_or_default();
            (
                format!("dynamodb:{operation}"),
                format!("arn:aws:dynamodb:{region}:123456789012:table/{table}"),
            )
        }
    }
}

/// A page that says that it begins again where the one before it began.
pub(crate) fn repeated(mut reply: Value) -> Value {
    reply["LastEvaluatedKey"] = json!({ "name": { "S": "" }, "version": { "S": "" } });
    reply
}
