//! `PutParameter`, deletion, labels and tags.

use parameter_store::{Kind, PutParameter, Store, Tier};
use serde_json::json;

use crate::client::{ok, refused};

#[test]
fn a_written_parameter_is_read_back() {
    let store = Store::new();
    let put = json!({ "Name": "/app/a", "Value": "one", "Type": "SecureString" });
    let reply = ok(&store, "PutParameter", put.clone());
    assert_eq!(reply, json!({ "Version": 1, "Tier": "Standard" }));
    assert_eq!(
        refused(&store, "PutParameter", put),
        "ParameterAlreadyExists"
    );

    let again = json!({ "Name": "/app/a", "Value": "two", "Overwrite": true });
    assert_eq!(ok(&store, "PutParameter", again)["Version"], 2);
    let get = json!({ "Name": "/app/a", "WithDecryption": true });
    let read = ok(&store, "GetParameter", get);
    assert_eq!(read["Parameter"]["Value"], "two");
}

#[test]
fn rules_for_writing() {
    let new = |name: &str| PutParameter::new(name, "value");
    let deep = |levels: usize| "/x".repeat(levels);
    let sized = |size: usize| PutParameter::new("/size", "x".repeat(size));
    let valued = |value: &str| PutParameter::new("/value", value);
    let policy = r#"[{"Type":"Expiration","Version":"1.0","Attributes":{"Timestamp":"2030-01-01T00:00:00.000Z"}}]"#;
    let id = "1234abcd-12ab-34cd-56ef-1234567890ab";
    let refusals = [
        (new("/ok/Name_1.2-3"), None),
        (new("no-slash"), None),
        (new(&deep(15)), None),
        (new(&deep(16)), Some("HierarchyLevelLimitExceededException")),
        (new(""), Some("ValidationException")),
        (new("/"), Some("ValidationException")),
        (new("/a b"), Some("ValidationException")),
        (new("/a//b"), Some("ValidationException")),
        (new("/a/"), Some("ValidationException")),
        (new("a/b"), Some("ValidationException")),
        (new("/a:b"), Some("ValidationException")),
        (new("/é"), Some("ValidationException")),
        (new("/AWSome"), Some("ValidationException")),
        (new("ssm-x"), Some("ValidationException")),
        (new("/aws/service/x"), Some("AccessDeniedException")),
        (new(&"x".repeat(960)), None),
        (new(&"x".repeat(970)), Some("ValidationException")),
        (valued(""), Some("ValidationException")),
        (valued("{{ssm:/other}}"), Some("ValidationException")),
        (valued("{{ name }}"), Some("ValidationException")),
        (valued(r#"{"a":{"b":{"c":1}}}"#), None),
        (sized(4096), None),
        (sized(4097), Some("ValidationException")),
        (sized(8192).tier(Tier::Advanced), None),
        (
            sized(8193).tier(Tier::Advanced),
            Some("ValidationException"),
        ),
        (sized(8192).tier(Tier::IntelligentTiering), None),
        (new("/p").policies(policy).tier(Tier::Advanced), None),
        (new("/p").policies(policy), Some("ValidationException")),
        (
            new("/p").policies("[{\"Type\":\"X\"}]"),
            Some("InvalidPolicyTypeException"),
        ),
        (
            new("/p").policies("{}"),
            Some("InvalidPolicyAttributeException"),
        ),
        (new("/k").key_id("alias/own"), None),
        (new("/k").key_id(id), None),
        (new("/k").key_id("my key"), Some("InvalidKeyId")),
        (
            new("/k").key_id(id).kind(Kind::String),
            Some("ValidationException"),
        ),
        (new("/d").data_type("text"), None),
        (new("/d").data_type("number"), Some("ValidationException")),
        (
            new("/d").data_type("aws:ec2:image"),
            Some("UnsupportedParameterType"),
        ),
        (valued("abc").allowed_pattern("[a-c]+"), None),
        (
            valued("abd").allowed_pattern("[a-c]+"),
            Some("ParameterPatternMismatchException"),
        ),
        (
            valued("abd").allowed_pattern("["),
            Some("InvalidAllowedPatternException"),
        ),
        (
            new("/t").description("x".repeat(1025)),
            Some("ValidationException"),
        ),
        (
            PutParameter {
                kind: None,
                ..new("/t")
            },
            Some("ValidationException"),
        ),
    ];
    for (put, code) in refusals {
        let shown = format!("{put:.80?}");
        let refused = Store::new().put_parameter(put).err();
        assert_eq!(
            refused.as_ref().map(|error| error.code.as_ref()),
            code,
            "{shown}"
        );
    }
}

#[test]
fn an_advanced_parameter_stays_advanced_and_a_type_stays_what_it_is() {
    let store = Store::new();
    let put = || PutParameter::new("/a", "value").overwrite();
    store.put_parameter(put().tier(Tier::Advanced)).unwrap();
    let code = |put| store.put_parameter(put).unwrap_err().code.into_owned();
    assert_eq!(code(put().tier(Tier::Standard)), "ValidationException");
    assert_eq!(
        code(put().kind(Kind::String)),
        "HierarchyTypeMismatchException"
    );
    assert_eq!(code(put().tag("k", "v")), "ValidationException");
    assert_eq!(store.put_parameter(put()), Ok(2));
}

#[test]
fn policies_stay_until_others_come_or_an_empty_one() {
    let store = Store::new();
    let policies = |put| {
        store.put_parameter(put).unwrap();
        let history = ok(&store, "GetParameterHistory", json!({ "Name": "/a" }));
        let newest = history["Parameters"].as_array().unwrap().last().cloned();
        newest.unwrap()["Policies"].as_array().unwrap().len()
    };
    let put = || PutParameter::new("/a", "value").overwrite();
    let policy = r#"[{"Type":"NoChangeNotification","Version":"1.0","Attributes":{"After":"2","Unit":"Days"}}]"#;
    assert_eq!(policies(put().tier(Tier::Advanced).policies(policy)), 1);
    assert_eq!(policies(put()), 1);
    assert_eq!(policies(put().policies("[{}]")), 0);
    assert_eq!(policies(put()), 0);
}

#[test]
fn a_hundred_versions_are_kept_unless_the_oldest_has_a_label() {
    let store = Store::new();
    for number in 1..=101 {
        assert_eq!(store.put("/a", &number.to_string()), number);
    }
    let first = json!({ "Name": "/a:1" });
    assert_eq!(
        refused(&store, "GetParameter", first),
        "ParameterVersionNotFound"
    );
    store.label("/a", 2, "keep");
    let put = PutParameter::new("/a", "more").overwrite();
    assert_eq!(
        store.put_parameter(put).unwrap_err().code,
        "ParameterMaxVersionLimitExceeded"
    );
}

#[test]
fn deletion_reports_what_existed() {
    let store = Store::new();
    store.put("/a", "x");
    store.put("/b", "x");
    let reply = ok(&store, "DeleteParameters", json!({ "Names": ["/a", "/c"] }));
    assert_eq!(
        reply,
        json!({ "DeletedParameters": ["/a"], "InvalidParameters": ["/c"] })
    );
    ok(&store, "DeleteParameter", json!({ "Name": "b" }));
    assert!(store.is_empty());
    assert_eq!(
        refused(&store, "DeleteParameter", json!({ "Name": "/b" })),
        "ParameterNotFound"
    );
}

#[test]
fn a_label_moves_between_versions() {
    let store = Store::new();
    store.put("/a", "one");
    store.put("/a", "two");
    let label = json!({ "Name": "/a", "Labels": ["live", "1st", "aws-x", "b c"] });
    let reply = ok(&store, "LabelParameterVersion", label);
    assert_eq!(
        reply,
        json!({ "InvalidLabels": ["1st", "aws-x", "b c"], "ParameterVersion": 2 })
    );
    store.label("/a", 1, "live");
    let history = ok(&store, "GetParameterHistory", json!({ "Name": "/a" }));
    assert_eq!(history["Parameters"][0]["Labels"], json!(["live"]));
    assert_eq!(history["Parameters"][1]["Labels"], json!([]));

    let unlabel = json!({ "Name": "/a", "ParameterVersion": 1, "Labels": ["live", "other"] });
    let reply = ok(&store, "UnlabelParameterVersion", unlabel);
    assert_eq!(
        reply,
        json!({ "RemovedLabels": ["live"], "InvalidLabels": ["other"] })
    );
}

#[test]
fn rules_for_labels() {
    let store = Store::new();
    store.put("/a", "one");
    let ten: Vec<String> = (0..10).map(|number| format!("label-{number}")).collect();
    ok(
        &store,
        "LabelParameterVersion",
        json!({ "Name": "/a", "Labels": ten }),
    );
    for (body, code) in [
        (
            json!({ "Name": "/a", "Labels": ["more"] }),
            "ParameterVersionLabelLimitExceeded",
        ),
        (
            json!({ "Name": "/a", "Labels": ["x".repeat(101)] }),
            "ValidationException",
        ),
        (
            json!({ "Name": "/b", "Labels": ["x"] }),
            "ParameterNotFound",
        ),
        (
            json!({ "Name": "/a", "ParameterVersion": 2, "Labels": ["x"] }),
            "ParameterVersionNotFound",
        ),
    ] {
        assert_eq!(refused(&store, "LabelParameterVersion", body), code);
    }
}

#[test]
fn tags_are_added_listed_and_removed() {
    let store = Store::new();
    store
        .put_parameter(PutParameter::new("/a", "x").tag("team", "web"))
        .unwrap();
    let resource = json!({ "ResourceType": "Parameter", "ResourceId": "/a" });
    let mut add = resource.clone();
    add["Tags"] = json!([{ "Key": "env", "Value": "prd" }]);
    ok(&store, "AddTagsToResource", add);
    let mut remove = resource.clone();
    remove["TagKeys"] = json!(["team"]);
    ok(&store, "RemoveTagsFromResource", remove);
    assert_eq!(
        ok(&store, "ListTagsForResource", resource),
        json!({ "TagList": [{ "Key": "env", "Value": "prd" }] })
    );
    for (kind, id, code) in [
        ("Document", "/a", "InvalidResourceType"),
        ("Parameter", "/b", "InvalidResourceId"),
    ] {
        let body = json!({ "ResourceType": kind, "ResourceId": id });
        assert_eq!(refused(&store, "ListTagsForResource", body), code);
    }
}
