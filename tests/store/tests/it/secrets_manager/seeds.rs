//! Secrets of a seed, and Parameter Store's view of them.

use parameter_store::{Seed, Store};
use serde_json::json;

use super::{ok, refused, stages};
use crate::client;

#[test]
fn a_seed_has_secrets_of_every_form() {
    let seed = json!({
        "secrets": {
            "text": "alone",
            "full": {
                "value": "x", "description": "d", "kms": "alias/own", "tags": { "team": "web" },
            },
            "binary": { "binary": "AAH/" },
            "gone": { "value": "x", "deleted": true },
            "rotated": { "versions": [{ "value": "old" }, { "value": "new" }] },
            "staged": {
                "versions": [
                    { "value": "1", "stages": [] },
                    { "value": "2", "stages": ["AWSCURRENT", "blue"] },
                    { "value": "3", "stages": ["AWSPENDING"], "id": "33333333-2222-4333-8444-555555555555" },
                ],
            },
            "arn:aws:secretsmanager:us-east-1:999988887777:secret:shared-AbCdEf": { "value": "theirs" },
        },
    });
    let store = Seed::from_json(&seed.to_string()).unwrap().store;
    let value = |id: &str| {
        let reply = ok(&store, "GetSecretValue", json!({ "SecretId": id }));
        reply["SecretString"].as_str().unwrap_or("none").to_owned()
    };
    assert_eq!(value("text"), "alone");
    assert_eq!(value("binary"), "none");
    assert_eq!(
        value("arn:aws:secretsmanager:us-east-1:999988887777:secret:shared-AbCdEf"),
        "theirs"
    );
    assert!(
        refused(&store, "GetSecretValue", json!({ "SecretId": "gone" }))
            .starts_with("InvalidRequestException: ")
    );
    assert_eq!(
        stages(&store, "rotated"),
        "new: AWSCURRENT, old: AWSPREVIOUS"
    );
    assert_eq!(
        stages(&store, "staged"),
        "2: AWSCURRENT blue, 3: AWSPENDING"
    );
    let values = store.values();
    for value in ["alone", "old", "new", "1", "theirs", "AAH/"] {
        assert!(values.iter().any(|own| own == value), "{value}");
    }
}

#[test]
fn a_mistake_in_a_secret_is_named_with_its_place() {
    for (secret, error) in [
        (json!(7), "`a`: must be a text or an object"),
        (json!({ "valu": "x" }), "`a`: `valu` is not a known field"),
        (json!({ "binary": "?" }), "`a`: `binary` must be base64"),
        (
            json!({ "value": "x", "binary": "eA==" }),
            "`a`: has both `value` and `binary`",
        ),
        (
            json!({ "deleted": 1 }),
            "`a`: `deleted` must be true or false",
        ),
    ] {
        let seed = json!({ "secrets": { "a": secret } }).to_string();
        assert_eq!(Seed::from_json(&seed).unwrap_err().to_string(), error);
    }
}

#[test]
fn parameter_store_shows_what_secrets_manager_has() {
    let store = Store::new();
    ok(
        &store,
        "CreateSecret",
        json!({ "Name": "db", "SecretString": "1" }),
    );
    let put = ok(
        &store,
        "PutSecretValue",
        json!({ "SecretId": "db", "SecretString": "2" }),
    );
    let get = |selector: &str| {
        let name = format!("/aws/reference/secretsmanager/db{selector}");
        let body = json!({ "Name": name, "WithDecryption": true });
        client::ok(&store, "GetParameter", body)["Parameter"].clone()
    };
    assert_eq!(get("")["Value"], "2");
    assert_eq!(get(":AWSPREVIOUS")["Value"], "1");
    let by_id = get(&format!(":{}", put["VersionId"].as_str().unwrap()));
    assert_eq!(by_id["Value"], "2");
    assert_eq!(
        get("")["ARN"],
        "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf"
    );
    ok(&store, "DeleteSecret", json!({ "SecretId": "db" }));
    let body = json!({ "Name": "/aws/reference/secretsmanager/db", "WithDecryption": true });
    assert_eq!(
        client::refused(&store, "GetParameter", body),
        "ParameterNotFound"
    );
}

#[test]
fn the_older_form_names_a_stage_or_a_version() {
    let store = Store::new();
    store.put_secret("a", "now");
    store.put_secret("a:AWSPREVIOUS", "before");
    store.put_secret("a:9d4cb84b", "once");
    assert_eq!(stages(&store, "a"), "before: AWSPREVIOUS, now: AWSCURRENT");
    let body = json!({ "SecretId": "a", "VersionId": "9d4cb84b" });
    assert_eq!(ok(&store, "GetSecretValue", body)["SecretString"], "once");
}
