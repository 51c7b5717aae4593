//! `DescribeParameters` and `GetParameterHistory`.

use parameter_store::{Kind, PutParameter, Store, Tier};
use serde_json::{Value, json};

use crate::client::{list, names, ok, refused};

fn store() -> Store {
    let store = Store::new();
    let puts = [
        PutParameter::new("/app/a", "one")
            .kind(Kind::String)
            .description("first"),
        PutParameter::new("/app/b/c", "two").key_id("alias/own"),
        PutParameter::new("/app2/d", "three")
            .tier(Tier::Advanced)
            .tag("team", "web"),
    ];
    for put in puts {
        store.put_parameter(put).unwrap();
    }
    store
}

#[test]
fn a_description_has_everything_but_the_value() {
    let reply = ok(&store(), "DescribeParameters", json!({}));
    assert_eq!(names(&reply), ["/app/a", "/app/b/c", "/app2/d"]);
    let first = &reply["Parameters"][0];
    assert_eq!(first["Description"], "first");
    assert_eq!(first["Tier"], "Standard");
    assert_eq!(first.get("Value"), None);
    assert_eq!(reply["Parameters"][1]["KeyId"], "alias/own");
}

#[test]
fn filters_choose() {
    let filter = |key: &str, option: Value, values: &[&str]| {
        let mut filter = json!({ "Key": key, "Values": values });
        if !option.is_null() {
            filter["Option"] = option;
        }
        json!({ "ParameterFilters": [filter] })
    };
    for (body, expected) in [
        (filter("Name", json!(null), &["/app/a"]), vec!["/app/a"]),
        (
            filter("Name", json!("BeginsWith"), &["/app/"]),
            vec!["/app/a", "/app/b/c"],
        ),
        (filter("Name", json!("Contains"), &["2/"]), vec!["/app2/d"]),
        (filter("Path", json!(null), &["/app"]), vec!["/app/a"]),
        (
            filter("Path", json!("Recursive"), &["/app"]),
            vec!["/app/a", "/app/b/c"],
        ),
        (filter("Type", json!(null), &["String"]), vec!["/app/a"]),
        (
            filter("KeyId", json!(null), &["alias/own"]),
            vec!["/app/b/c"],
        ),
        (
            filter("Tier", json!("Equals"), &["Advanced"]),
            vec!["/app2/d"],
        ),
        (filter("tag:team", json!(null), &["web"]), vec!["/app2/d"]),
        (filter("tag:team", json!(null), &["ops"]), vec![]),
        (
            json!({ "Filters": [{ "Key": "Name", "Values": ["/app2"] }] }),
            vec!["/app2/d"],
        ),
    ] {
        let reply = ok(&store(), "DescribeParameters", body.clone());
        assert_eq!(names(&reply), expected, "{body}");
    }
}

#[test]
fn bad_filters_are_refused() {
    for (key, option, code) in [
        ("Label", "Equals", "InvalidFilterKey"),
        ("Colour", "Equals", "ValidationException"),
        ("Name", "Recursive", "InvalidFilterOption"),
        ("Path", "Equals", "InvalidFilterOption"),
    ] {
        let filter = json!({ "Key": key, "Option": option, "Values": ["/x"] });
        let body = json!({ "ParameterFilters": [filter] });
        assert_eq!(refused(&store(), "DescribeParameters", body), code, "{key}");
    }
}

#[test]
fn pages_hold_fifty_at_most() {
    let store = Store::new();
    store.generate("/many", 120);
    let (names, pages) = list(&store, "DescribeParameters", json!({}));
    assert_eq!((names.len(), pages), (120, 3));
}

#[test]
fn history_holds_every_version() {
    let store = Store::new();
    for number in 0..60 {
        store.put("/a", &format!("value {number}"));
    }
    let body = json!({ "Name": "/a", "WithDecryption": true });
    let reply = ok(&store, "GetParameterHistory", body.clone());
    assert_eq!(reply["Parameters"][59 - 10]["Value"], "value 49");
    let (names, pages) = list(&store, "GetParameterHistory", body);
    assert_eq!((names.len(), pages), (60, 2));
    assert_eq!(
        refused(&store, "GetParameterHistory", json!({ "Name": "/b" })),
        "ParameterNotFound"
    );
}
