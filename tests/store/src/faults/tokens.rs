//! Listings that do not page as they should.
//!
//! A fault hands out tokens of its own. Such a token contains what follows it, so the listing
//! goes on as the fault began it, also when the fault befell one call only.

use serde_json::{Value, json};

use super::Fault;
use crate::api::ApiError;
use crate::credstash;
use crate::server::{Received, Service};
use crate::store::Store;

const SAME: &str = "fault-same";
const CYCLE: [&str; 2] = ["fault-cycle-a", "fault-cycle-b"];
const ENDLESS: &str = "fault-endless-";
/// `fault-empty-<pages left>.<token of the true page>`
const EMPTY: &str = "fault-empty-";
const AGAIN_SAME: &str = "fault-again-same";
const AGAIN_OTHER: &str = "fault-again-other";

/// Changes the paging of a true reply.
pub(super) fn paged(fault: &Fault, store: &Store, call: &Received, mut reply: Value) -> Value {
    if call.service == Service::DynamoDb && fault == &Fault::RepeatedToken {
        return credstash::repeated(reply);
    }
    let token = call.body["NextToken"].as_str().unwrap_or_default();
    if token.starts_with("fault-") {
        return reply;
    }
    if !pages(call) {
        // Nothing pages here, but a parameter can come twice.
        if let (Fault::DuplicateParameter | Fault::ConflictingParameter, Some(list)) = (
            fault,
            reply.get_mut(list(call)).and_then(Value::as_array_mut),
        ) && let Some(first) = list.first().cloned()
        {
            list.push(again(first, fault == &Fault::ConflictingParameter));
        }
        return reply;
    }
    match fault {
        Fault::RepeatedToken => reply["NextToken"] = SAME.into(),
        Fault::TokenCycle => reply["NextToken"] = CYCLE[0].into(),
        Fault::EndlessEmptyPages => reply = empty(call, format!("{ENDLESS}1")),
        Fault::EmptyPages(count) if *count > 0 => {
            reply = empty(call, format!("{EMPTY}{}.{token}", count - 1));
        }
        Fault::DuplicateParameter if is_last(&reply) && first(store, call).is_some() => {
            reply["NextToken"] = AGAIN_SAME.into();
        }
        Fault::ConflictingParameter if is_last(&reply) && first(store, call).is_some() => {
            reply["NextToken"] = AGAIN_OTHER.into();
        }
        _ => {}
    }
    reply
}

/// Answers a request that follows one of our tokens.
pub(super) fn resumed(store: &Store, call: &Received) -> Option<Result<Value, ApiError>> {
    let token = call.body["NextToken"].as_str()?;
    if let Some(number) = token.strip_prefix(ENDLESS) {
        let number: u64 = number.parse().ok()?;
        return Some(Ok(empty(call, format!("{ENDLESS}{}", number + 1))));
    }
    if let Some(rest) = token.strip_prefix(EMPTY) {
        let (left, token) = rest.split_once('.')?;
        let left: usize = left.parse().ok()?;
        if left > 0 {
            return Some(Ok(empty(call, format!("{EMPTY}{}.{token}", left - 1))));
        }
        let token = (!token.is_empty()).then_some(token);
        return Some(true_page(store, call, token));
    }
    Some(Ok(match token {
        SAME => empty(call, SAME),
        _ if token == CYCLE[0] => empty(call, CYCLE[1]),
        _ if token == CYCLE[1] => empty(call, CYCLE[0]),
        AGAIN_SAME => page(call, vec![again(first(store, call)?, false)]),
        AGAIN_OTHER => page(call, vec![again(first(store, call)?, true)]),
        _ => return None,
    }))
}

/// The field of an answer that has what was requested.
pub(super) fn list(call: &Received) -> &'static str {
    match (call.service, call.operation.as_str()) {
        (Service::ParameterStore, _) => "Parameters",
        (Service::SecretsManager, "ListSecrets") => "SecretList",
        (Service::SecretsManager, "ListSecretVersionIds") => "Versions",
        (Service::SecretsManager | Service::Objects, _) => "SecretValues",
        (Service::DynamoDb | Service::Kms, _) => "Items",
    }
}

/// Whether the answer is one page of a listing.
fn pages(call: &Received) -> bool {
    match (call.service, call.operation.as_str()) {
        (Service::ParameterStore, _) => call.body.get("Path").is_some(),
        (_, "ListSecrets" | "ListSecretVersionIds") => true,
        (_, "BatchGetSecretValue") => call.body["SecretIdList"].is_null(),
        _ => false,
    }
}

fn page(call: &Received, items: Vec<Value>) -> Value {
    let mut page = json!({ list(call): items });
    if call.operation == "BatchGetSecretValue" {
        page["Errors"] = json!([]);
    }
    page
}

fn empty(call: &Received, token: impl Into<String>) -> Value {
    let mut page = page(call, Vec::new());
    page["NextToken"] = token.into().into();
    page
}

fn is_last(reply: &Value) -> bool {
    reply.get("NextToken").is_none()
}

fn true_page(store: &Store, call: &Received, token: Option<&str>) -> Result<Value, ApiError> {
    let mut body = call.body.clone();
    body["NextToken"] = json!(token);
    super::served(store, call, &body)
}

/// The first parameter of the whole listing.
fn first(store: &Store, call: &Received) -> Option<Value> {
    let page = true_page(store, call, None).ok()?;
    page[list(call)].as_array()?.first().cloned()
}

fn again(mut parameter: Value, conflicting: bool) -> Value {
    for field in ["Value", "SecretString"] {
        if conflicting && let Some(value) = parameter[field].as_str() {
            parameter[field] = format!("{value}-but-another").into();
        }
    }
    parameter
}
