//! Secrets Manager.

mod faults;
mod listing;
mod reading;
mod seeds;
mod writing;

use parameter_store::{Server, Store};
use serde_json::Value;

use crate::client::{Client, Reply};

/// Where most stories take place.
const HERE: &str = "us-east-1";

/// Makes one call by a connection of its own.
fn call(server: &Server, operation: &str, body: Value) -> Reply {
    Client::connect(server).call_secrets(HERE, operation, &body)
}

/// A request with the secret that it is for.
fn of(id: &str, mut body: Value) -> Value {
    body["SecretId"] = id.into();
    body
}

/// Makes one call that must succeed, to a server of its own.
#[track_caller]
fn ok(store: &Store, operation: &str, body: Value) -> Value {
    let server = Server::start(store).unwrap();
    let reply = call(&server, operation, body);
    assert_eq!(reply.status, 200, "{}", reply.json());
    reply.json()
}

/// Makes one call that must be refused, and returns the error's code and message.
#[track_caller]
fn refused(store: &Store, operation: &str, body: Value) -> String {
    let server = Server::start(store).unwrap();
    let reply = call(&server, operation, body);
    assert_eq!(reply.status, 400);
    let error = reply.json();
    let text = |field: &str| error[field].as_str().unwrap_or_default().to_owned();
    format!("{}: {}", text("__type"), text("Message"))
}

/// The names in a list of an answer.
fn names<'a>(reply: &'a Value, list: &str) -> Vec<&'a str> {
    let list = reply[list].as_array().unwrap();
    list.iter()
        .map(|secret| secret["Name"].as_str().unwrap())
        .collect()
}

/// The stages by the values of their versions: `one: AWSPREVIOUS, two: AWSCURRENT`.
fn stages(store: &Store, id: &str) -> String {
    let described = ok(
        store,
        "DescribeSecret",
        serde_json::json!({ "SecretId": id }),
    );
    let versions = described["VersionIdsToStages"].as_object().unwrap();
    let mut shown: Vec<String> = versions
        .iter()
        .map(|(version, stages)| {
            let body = serde_json::json!({ "SecretId": id, "VersionId": version });
            let value = ok(store, "GetSecretValue", body);
            let stages = stages.as_array().unwrap().iter();
            let stages: Vec<&str> = stages.map(|it| it.as_str().unwrap()).collect();
            format!(
                "{}: {}",
                value["SecretString"].as_str().unwrap(),
                stages.join(" ")
            )
        })
        .collect();
    shown.sort();
    shown.join(", ")
}
