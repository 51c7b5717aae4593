//! Making, changing and deleting secrets.

use parameter_store::Store;
use serde_json::{Value, json};

use super::{of, ok, refused, stages};

const TOKEN: &str = "11111111-2222-4333-8444-555555555555";

#[test]
fn stages_move_as_versions_come() {
    let store = Store::new();
    let put = |value: &str, stages: Value| {
        let body = json!({ "SecretId": "a", "SecretString": value, "VersionStages": stages });
        ok(&store, "PutSecretValue", body)
    };
    ok(
        &store,
        "CreateSecret",
        json!({ "Name": "a", "SecretString": "1" }),
    );
    assert_eq!(stages(&store, "a"), "1: AWSCURRENT");
    let second = put("2", Value::Null);
    assert_eq!(second["VersionStages"], json!(["AWSCURRENT"]));
    assert_eq!(stages(&store, "a"), "1: AWSPREVIOUS, 2: AWSCURRENT");
    let third = put("3", json!(["AWSPENDING", "own"]));
    assert_eq!(
        stages(&store, "a"),
        "1: AWSPREVIOUS, 2: AWSCURRENT, 3: AWSPENDING own"
    );
    let body = json!({
        "SecretId": "a",
        "VersionStage": "AWSCURRENT",
        "RemoveFromVersionId": second["VersionId"],
        "MoveToVersionId": third["VersionId"],
    });
    ok(&store, "UpdateSecretVersionStage", body);
    assert_eq!(
        stages(&store, "a"),
        "2: AWSPREVIOUS, 3: AWSPENDING own AWSCURRENT"
    );
    let body = json!({ "SecretId": "a", "SecretString": "4", "Description": "new" });
    ok(&store, "UpdateSecret", body);
    assert_eq!(
        stages(&store, "a"),
        "3: AWSPENDING own AWSPREVIOUS, 4: AWSCURRENT"
    );
}

#[test]
fn versions_have_ids_that_differ_from_their_beginning() {
    let store = Store::new();
    let ids: std::collections::BTreeSet<String> = (0..100)
        .map(|number| {
            let body = json!({ "Name": format!("s{number}"), "SecretString": "x" });
            let id = ok(&store, "CreateSecret", body)["VersionId"].clone();
            id.as_str().unwrap()[..8].to_owned()
        })
        .collect();
    assert_eq!(ids.len(), 100);
}

#[test]
fn a_stage_is_moved_only_from_where_it_is() {
    let store = Store::new();
    store.put_secret("a", "1");
    store.put_secret("a", "2");
    let id = |stage: &str| {
        let body = json!({ "SecretId": "a", "VersionStage": stage });
        ok(&store, "GetSecretValue", body)["VersionId"].clone()
    };
    let (current, previous) = (id("AWSCURRENT"), id("AWSPREVIOUS"));
    let code = |body: Value| {
        let mut body = body;
        body["SecretId"] = json!("a");
        let error = refused(&store, "UpdateSecretVersionStage", body);
        error.split(':').next().unwrap().to_owned()
    };
    let stage = "AWSCURRENT";
    for body in [
        json!({ "VersionStage": stage, "MoveToVersionId": previous }),
        json!({ "VersionStage": stage, "RemoveFromVersionId": current }),
        json!({ "VersionStage": stage, "RemoveFromVersionId": previous, "MoveToVersionId": previous }),
        json!({ "VersionStage": stage }),
    ] {
        assert_eq!(code(body.clone()), "InvalidParameterException", "{body}");
    }
    let unknown = json!({ "VersionStage": stage, "MoveToVersionId": TOKEN });
    assert_eq!(code(unknown), "ResourceNotFoundException");
}

#[test]
fn a_request_may_be_repeated_with_its_token() {
    let store = Store::new();
    let create =
        |value: &str| json!({ "Name": "a", "SecretString": value, "ClientRequestToken": TOKEN });
    let first = ok(&store, "CreateSecret", create("1"));
    assert_eq!(first["VersionId"], TOKEN);
    assert_eq!(ok(&store, "CreateSecret", create("1")), first);
    let other = refused(&store, "CreateSecret", create("2"));
    assert!(other.starts_with("ResourceExistsException: You can't use ClientRequestToken"));
    assert_eq!(
        refused(
            &store,
            "CreateSecret",
            json!({ "Name": "a", "SecretString": "1" })
        ),
        "ResourceExistsException: The operation failed because the secret a already exists."
    );
    let put = |value: &str| json!({ "SecretId": "a", "SecretString": value, "ClientRequestToken": TOKEN });
    assert_eq!(ok(&store, "PutSecretValue", put("1"))["VersionId"], TOKEN);
    let other = refused(&store, "PutSecretValue", put("2"));
    assert!(other.starts_with("ResourceExistsException: "));
    let short = json!({ "Name": "b", "SecretString": "1", "ClientRequestToken": "short" });
    assert_eq!(
        refused(&store, "CreateSecret", short),
        "InvalidParameterException: ClientRequestToken must be 32-64 characters long."
    );
}

#[test]
fn names_and_values_have_limits_and_no_message_shows_a_value() {
    let store = Store::new();
    for (name, good) in [
        ("prd/app_1+2=3.4@5-6", true),
        ("/prd/db", true),
        ("a b", false),
        ("a:b", false),
        ("a*", false),
        ("é", false),
        ("", false),
    ] {
        let body = json!({ "Name": name, "SecretString": "x" });
        if good {
            ok(&store, "CreateSecret", body);
        } else {
            let error = refused(&store, "CreateSecret", body);
            assert!(
                error.starts_with("ValidationException: "),
                "{name}: {error}"
            );
        }
    }
    let sized = |name: &str, size: usize| json!({ "Name": name, "SecretString": "é".repeat(size) });
    ok(&store, "CreateSecret", sized(&"n".repeat(512), 32_768));
    let too_long = refused(&store, "CreateSecret", sized(&"n".repeat(513), 1));
    assert!(too_long.ends_with("less than or equal to 512"));
    assert_eq!(
        refused(&store, "CreateSecret", sized("big", 32_769)),
        "ValidationException: 1 validation error detected: Value at 'secretString' failed to satisfy constraint: Member must have length less than or equal to 65536"
    );
    let both = json!({ "Name": "c", "SecretString": "x", "SecretBinary": "eA==" });
    assert!(refused(&store, "CreateSecret", both).starts_with("InvalidParameterException: "));
    let neither = json!({ "SecretId": "/prd/db" });
    assert_eq!(
        refused(&store, "PutSecretValue", neither),
        "InvalidRequestException: You must provide either SecretString or SecretBinary."
    );
}

#[test]
fn a_secret_is_deleted_after_a_while_or_at_once() {
    let store = Store::new();
    store.put_secret("a", "1");
    let both = of(
        "a",
        json!({ "RecoveryWindowInDays": 7, "ForceDeleteWithoutRecovery": true }),
    );
    assert_eq!(
        refused(&store, "DeleteSecret", both),
        "InvalidParameterException: You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays."
    );
    let window = of("a", json!({ "RecoveryWindowInDays": 6 }));
    assert_eq!(
        refused(&store, "DeleteSecret", window),
        "InvalidParameterException: The RecoveryWindowInDays value must be between 7 and 30 days (inclusive)."
    );
    let deleted = ok(
        &store,
        "DeleteSecret",
        of("a", json!({ "RecoveryWindowInDays": 7 })),
    );
    assert!(deleted["DeletionDate"].as_f64().unwrap() > 1.7e9);
    for (operation, body) in [
        ("GetSecretValue", of("a", json!({}))),
        ("PutSecretValue", of("a", json!({ "SecretString": "2" }))),
        ("UpdateSecret", of("a", json!({ "Description": "2" }))),
        ("TagResource", of("a", json!({ "Tags": [] }))),
        ("DeleteSecret", of("a", json!({}))),
        ("CreateSecret", json!({ "Name": "a", "SecretString": "2" })),
    ] {
        let error = refused(&store, operation, body);
        assert!(
            error.starts_with("InvalidRequestException: "),
            "{operation}: {error}"
        );
    }
    ok(&store, "RestoreSecret", of("a", json!({})));
    ok(&store, "GetSecretValue", of("a", json!({})));
    let at_once = of("a", json!({ "ForceDeleteWithoutRecovery": true }));
    // The second time it does not exist, which is no error.
    for _ in 0..2 {
        ok(&store, "DeleteSecret", at_once.clone());
    }
    let error = refused(&store, "RestoreSecret", of("a", json!({})));
    assert!(error.starts_with("ResourceNotFoundException: "));
}

#[test]
fn tags_come_and_go() {
    let store = Store::new();
    store.put_secret("a", "1");
    let tags = json!([{ "Key": "team", "Value": "web" }, { "Key": "env", "Value": "prd" }]);
    ok(
        &store,
        "TagResource",
        json!({ "SecretId": "a", "Tags": tags }),
    );
    ok(
        &store,
        "UntagResource",
        json!({ "SecretId": "a", "TagKeys": ["team"] }),
    );
    let described = ok(&store, "DescribeSecret", json!({ "SecretId": "a" }));
    assert_eq!(described["Tags"], json!([{ "Key": "env", "Value": "prd" }]));
}
