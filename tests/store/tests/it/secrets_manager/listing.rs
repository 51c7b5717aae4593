//! `ListSecrets`, `DescribeSecret` and `ListSecretVersionIds`.

use parameter_store::{Server, Store};
use serde_json::{Value, json};

use super::{call, names, ok, refused};

fn store() -> Store {
    let store = Store::new();
    for (name, description, team) in [
        ("prd/app/db", "DatabasePassword", "web"),
        ("prd/app2/x", "of another service", "web-ops"),
        ("/prd/slash", "begins with a slash", "ops"),
        ("tst/app", "for tests", "Web"),
    ] {
        let secret = json!({ "value": "x", "description": description, "tags": { "team": team } });
        store.plant_secret(name, &secret);
    }
    store
}

#[test]
fn filters_find_names_and_tags_by_their_beginning_and_words_anywhere() {
    let store = store();
    for (filters, expected) in [
        (
            json!([]),
            vec!["prd/app/db", "prd/app2/x", "/prd/slash", "tst/app"],
        ),
        (
            json!([{ "Key": "name", "Values": ["prd/app"] }]),
            vec!["prd/app/db", "prd/app2/x"],
        ),
        (
            json!([{ "Key": "name", "Values": ["prd/app/"] }]),
            vec!["prd/app/db"],
        ),
        (json!([{ "Key": "name", "Values": ["PRD"] }]), vec![]),
        (
            json!([{ "Key": "name", "Values": ["/"] }]),
            vec!["/prd/slash"],
        ),
        (
            json!([{ "Key": "name", "Values": ["!prd/"] }]),
            vec!["/prd/slash", "tst/app"],
        ),
        (
            json!([{ "Key": "name", "Values": ["tst/", "/prd"] }]),
            vec!["/prd/slash", "tst/app"],
        ),
        (
            json!([{ "Key": "tag-value", "Values": ["web"] }]),
            vec!["prd/app/db", "prd/app2/x"],
        ),
        (json!([{ "Key": "tag-key", "Values": ["Team"] }]), vec![]),
        (
            json!([
                { "Key": "tag-value", "Values": ["web"] },
                { "Key": "name", "Values": ["prd/app2"] },
            ]),
            vec!["prd/app2/x"],
        ),
        (
            json!([{ "Key": "description", "Values": ["password"] }]),
            vec!["prd/app/db"],
        ),
        (
            json!([{ "Key": "all", "Values": ["WEB"] }]),
            vec!["prd/app/db", "prd/app2/x", "tst/app"],
        ),
        (
            json!([{ "Key": "owning-service", "Values": ["rds"] }]),
            vec![],
        ),
    ] {
        let reply = ok(&store, "ListSecrets", json!({ "Filters": filters }));
        assert_eq!(names(&reply, "SecretList"), expected, "{filters}");
    }
}

#[test]
fn filters_that_the_service_refuses_are_refused() {
    for (filter, error) in [
        (
            json!({ "Key": "colour", "Values": ["x"] }),
            "ValidationException: 1 validation error detected: Value 'colour' at 'filters.1.member.key' failed to satisfy constraint: Member must satisfy enum value set: [description, name, tag-key, tag-value, primary-region, owning-service, all]",
        ),
        (
            json!({ "Key": "name" }),
            "InvalidParameterException: Invalid filter values for key: name",
        ),
        (
            json!({ "Values": ["x"] }),
            "InvalidParameterException: Invalid filter key",
        ),
    ] {
        let body = json!({ "Filters": [filter] });
        assert_eq!(refused(&store(), "ListSecrets", body), error);
    }
    let star = json!({ "Filters": [{ "Key": "name", "Values": ["prd/*"] }] });
    assert!(refused(&store(), "ListSecrets", star).starts_with("ValidationException: "));
}

#[test]
fn listings_are_sorted_and_hide_what_is_marked_for_deletion() {
    let store = store();
    ok(&store, "DeleteSecret", json!({ "SecretId": "prd/app/db" }));
    let list = |body: Value| {
        let reply = ok(&store, "ListSecrets", body);
        names(&reply, "SecretList").join(" ")
    };
    assert_eq!(list(json!({})), "prd/app2/x /prd/slash tst/app");
    assert_eq!(
        list(json!({ "IncludePlannedDeletion": true, "SortOrder": "desc" })),
        "tst/app /prd/slash prd/app2/x prd/app/db"
    );
    assert_eq!(
        list(json!({ "SortBy": "name" })),
        "/prd/slash prd/app2/x tst/app"
    );
    let described = ok(
        &store,
        "DescribeSecret",
        json!({ "SecretId": "prd/app/db" }),
    );
    assert!(described["DeletedDate"].as_f64().is_some());
}

#[test]
fn a_listing_comes_in_pages_and_a_filtered_page_may_be_empty() {
    let store = Store::new();
    for number in 0..12 {
        store.put_secret(&format!("many/{number:02}"), "x");
    }
    store.put_secret("one", "x");
    let server = Server::start(&store).unwrap();
    let pages = |body: &Value| {
        let mut body = body.clone();
        let mut sizes = Vec::new();
        loop {
            let reply = call(&server, "ListSecrets", body.clone()).json();
            sizes.push(names(&reply, "SecretList").len());
            match reply.get("NextToken") {
                None => return sizes,
                Some(token) => body["NextToken"] = token.clone(),
            }
        }
    };
    assert_eq!(pages(&json!({ "MaxResults": 5 })), [5, 5, 3]);
    assert_eq!(
        pages(&json!({ "MaxResults": 5, "SortOrder": "desc" })),
        [5, 5, 3]
    );
    let one = json!([{ "Key": "name", "Values": ["one"] }]);
    assert_eq!(pages(&json!({ "MaxResults": 2, "Filters": one })), [0, 1]);
    let token =
        call(&server, "ListSecrets", json!({ "MaxResults": 5 })).json()["NextToken"].clone();
    let body = json!({ "NextToken": token, "Filters": one });
    assert_eq!(
        call(&server, "ListSecrets", body).json()["__type"],
        "InvalidNextTokenException"
    );
    let code = refused(&store, "ListSecrets", json!({ "MaxResults": 101 }));
    assert!(code.starts_with("ValidationException"), "{code}");
}

#[test]
fn a_description_has_every_field_and_no_value() {
    let store = Store::new();
    let secret = json!({
        "value": "hidden", "description": "text", "kms": "alias/own", "tags": { "team": "web" },
    });
    store.plant_secret("a", &secret);
    let reply = ok(&store, "DescribeSecret", json!({ "SecretId": "a" }));
    let version = reply["VersionIdsToStages"].as_object().unwrap();
    let (version, _) = version.iter().next().unwrap();
    assert_eq!(
        reply,
        json!({
            "ARN": "arn:aws:secretsmanager:us-east-1:123456789012:secret:a-AbCdEf",
            "Name": "a",
            "Description": "text",
            "KmsKeyId": "alias/own",
            "CreatedDate": reply["CreatedDate"],
            "LastChangedDate": reply["LastChangedDate"],
            "Tags": [{ "Key": "team", "Value": "web" }],
            "VersionIdsToStages": { version: ["AWSCURRENT"] },
        })
    );
}

#[test]
fn versions_without_a_stage_are_listed_on_demand() {
    let store = Store::new();
    for value in ["one", "two", "three"] {
        store.put_secret("a", value);
    }
    let count = |body: Value| {
        let reply = ok(&store, "ListSecretVersionIds", body);
        reply["Versions"].as_array().unwrap().len()
    };
    assert_eq!(count(json!({ "SecretId": "a" })), 2);
    assert_eq!(
        count(json!({ "SecretId": "a", "IncludeDeprecated": true })),
        3
    );
}
