//! Seed files.

use parameter_store::{Seed, Server, Store};
use serde_json::json;

use crate::client::{call, names, ok};

#[test]
fn a_seed_fills_every_part_of_a_store() {
    let seed = json!({
        "region": "eu-central-1",
        "parameters": {
            "/app/host": "db.internal",
            "/app/key": {
                "versions": [{ "value": "old", "labels": ["previous"] }, { "value": "new" }],
                "tags": { "team": "web" },
            },
        },
        "shared": { "arn:aws:ssm:eu-central-1:210987654321:parameter/x": { "value": "theirs" } },
        "secrets": { "prod/db": "hidden" },
        "faults": ["throttle,first=1"],
        "throttle": "40:80",
        "latency": "1ms",
    });
    let seed = Seed::from_json(&seed.to_string()).unwrap();
    let body = json!({ "Path": "/app", "WithDecryption": true });
    let reply = ok(&seed.store, "GetParametersByPath", body);
    assert_eq!(names(&reply), ["/app/host", "/app/key"]);
    assert_eq!(reply["Parameters"][0]["Type"], "String");
    assert_eq!(reply["Parameters"][1]["Type"], "SecureString");
    assert_eq!(reply["Parameters"][1]["Value"], "new");
    assert_eq!(
        reply["Parameters"][1]["ARN"],
        "arn:aws:ssm:eu-central-1:123456789012:parameter/app/key"
    );
    let mut values = seed.store.values();
    values.sort();
    assert_eq!(values, ["hidden", "new", "old", "theirs"]);

    let server = Server::start(&seed.store).unwrap();
    server.set_faults(seed.faults);
    assert_eq!(call(&server, "DescribeParameters", json!({})).status, 400);
    assert_eq!(call(&server, "DescribeParameters", json!({})).status, 200);
    assert_eq!(seed.throttle.unwrap().burst, 80.0);
    assert_eq!(seed.latency.request.as_millis(), 1);
}

#[test]
fn the_demo_is_a_valid_seed() {
    let store = Store::from_json(include_str!("../../demo.json")).unwrap();
    let body = json!({ "Path": "/demo/app", "Recursive": true });
    let reply = ok(&store, "GetParametersByPath", body);
    assert!(names(&reply).contains(&"/demo/app/db/password"));
}

#[test]
fn a_mistake_is_named_with_its_place() {
    for (seed, error) in [
        ("[]", "`seed`: must be an object"),
        (r#"{"x":1}"#, "`seed`: `x` is not a known field"),
        (
            r#"{"parameters":{"/a":{"valu":"x"}}}"#,
            "`/a`: `valu` is not a known field",
        ),
        (
            r#"{"parameters":{"/a":{"value":"x","labels":["1"]}}}"#,
            "`/a`: \"1\" is not a valid label",
        ),
        (r#"{"faults":["teapot"]}"#, "`teapot` is not a known fault"),
        (
            r#"{"parameters":{"a/b":"x"}}"#,
            "`a/b`: ValidationException: Parameter name must be a fully qualified name.",
        ),
    ] {
        assert_eq!(Seed::from_json(seed).unwrap_err().to_string(), error);
    }
}
