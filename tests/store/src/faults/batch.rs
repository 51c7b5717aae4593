//! Secrets that are refused while others of the same call are not.

use serde_json::{Value, json};

use super::{Fault, Met, stand_in};
use crate::secrets_manager;
use crate::server::Received;
use crate::store::Store;

/// Moves the secrets of these faults from the values of a true reply to its errors.
pub(super) fn without(store: &Store, call: &Received, mut reply: Value, met: &[Met]) -> Value {
    for met in met {
        let names = match &met.name {
            Some(name) => vec![name.clone()],
            None => names(&reply),
        };
        for name in names {
            refuse(store, call, &mut reply, &met.fault, &name);
        }
    }
    reply
}

fn names(reply: &Value) -> Vec<String> {
    let values = reply["SecretValues"].as_array().into_iter().flatten();
    let names = values.filter_map(|value| value["Name"].as_str());
    names.map(str::to_owned).collect()
}

fn refuse(store: &Store, call: &Received, reply: &mut Value, fault: &Fault, name: &str) {
    let region = call.region.as_deref().unwrap_or_default();
    let is_it = |id: &str| {
        id == name || secrets_manager::name_of(store, region, id).as_deref() == Some(name)
    };
    let mut arn = None;
    let values = reply["SecretValues"].as_array_mut();
    let values = values.expect("each page of values has a list of them");
    values.retain(|value| {
        let is_it = value["Name"] == name;
        if is_it {
            arn = value["ARN"].as_str().map(str::to_owned);
        }
        !is_it
    });
    // By the name that the request has for it or, if it has none, by its ARN.
    let listed = call.body["SecretIdList"].as_array();
    let mut listed = listed.into_iter().flatten().filter_map(Value::as_str);
    let id = match listed.find(|id| is_it(id)) {
        Some(id) => id.to_owned(),
        None => arn.unwrap_or_else(|| name.to_owned()),
    };
    // As if it had been requested alone.
    let single = Received {
        operation: String::from("GetSecretValue"),
        body: json!({ "SecretId": id }),
        ..call.clone()
    };
    let Some(error) = stand_in::refusal(fault, &single) else {
        return;
    };
    let errors = reply["Errors"].as_array_mut();
    let errors = errors.expect("each page of values has a list of errors");
    errors.retain(|error| error["SecretId"] != id.as_str());
    errors.push(secrets_manager::entry(&id, &error));
}
