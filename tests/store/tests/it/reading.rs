//! `GetParameter`, `GetParameters` and `GetParametersByPath`.

use parameter_store::{Kind, PutParameter, Server, Store};
use serde_json::json;

use crate::client::{AUTHORIZATION, Client, call, list, names, ok, refused};

fn store() -> Store {
    let store = Store::new();
    store.put_string("/app/a", "one");
    store.put("/app/b", "two");
    store.put("/app/c/d", "three");
    store.put("/app2/x", "other");
    store.put("/app", "the path itself");
    store
}

#[test]
fn a_parameter_comes_with_all_its_fields() {
    let reply = ok(&store(), "GetParameter", json!({ "Name": "/app/a" }));
    let parameter = &reply["Parameter"];
    let date = parameter["LastModifiedDate"].as_f64().unwrap();
    assert!(date > 1.7e9);
    assert_eq!(
        parameter,
        &json!({
            "Name": "/app/a",
            "Type": "String",
            "Value": "one",
            "Version": 1,
            "LastModifiedDate": date,
            "ARN": "arn:aws:ssm:us-east-1:123456789012:parameter/app/a",
            "DataType": "text",
        })
    );
}

#[test]
fn a_path_holds_what_is_below_it_and_nothing_else() {
    for (path, recursive, expected) in [
        ("/app", true, vec!["/app/a", "/app/b", "/app/c/d"]),
        ("/app/", true, vec!["/app/a", "/app/b", "/app/c/d"]),
        ("/app", false, vec!["/app/a", "/app/b"]),
        ("/app/c", false, vec!["/app/c/d"]),
        ("/", false, vec!["/app"]),
        ("/none", true, vec![]),
    ] {
        let body = json!({ "Path": path, "Recursive": recursive });
        let reply = ok(&store(), "GetParametersByPath", body);
        assert_eq!(names(&reply), expected, "{path} {recursive}");
        assert_eq!(reply.get("NextToken"), None);
    }
}

#[test]
fn without_decryption_a_secure_string_is_ciphertext() {
    for (decrypt, is_plain) in [(true, true), (false, false)] {
        let body = json!({ "Name": "/app/b", "WithDecryption": decrypt });
        let reply = ok(&store(), "GetParameter", body);
        let value = reply["Parameter"]["Value"].as_str().unwrap();
        assert_eq!(value == "two", is_plain);
        assert_eq!(value.contains("two"), is_plain);
    }
}

#[test]
fn pages_hold_ten_at_most() {
    let store = Store::new();
    store.generate("/many", 35);
    let all = json!({ "Path": "/many", "Recursive": true });
    let (names, pages) = list(&store, "GetParametersByPath", all);
    assert_eq!((names.len(), pages), (35, 4));
    assert!(names.is_sorted());

    let threes = json!({ "Path": "/many", "MaxResults": 3 });
    let (names, pages) = list(&store, "GetParametersByPath", threes);
    assert_eq!((names.len(), pages), (35, 12));
}

#[test]
fn a_filtered_listing_may_have_empty_pages() {
    let store = Store::new();
    store.generate("/many", 200);
    store.put_string("/many/zz", "the only String");
    let filter = json!([{ "Key": "Type", "Values": ["String"] }]);
    let body = json!({ "Path": "/many", "ParameterFilters": filter });
    let (names, pages) = list(&store, "GetParametersByPath", body);
    assert_eq!((names, pages), (vec![String::from("/many/zz")], 5));
}

#[test]
fn a_token_belongs_to_its_listing() {
    let store = Store::new();
    store.generate("/one", 11);
    store.generate("/two", 11);
    let first = ok(&store, "GetParametersByPath", json!({ "Path": "/one" }));
    for token in [first["NextToken"].clone(), json!("invalid")] {
        let body = json!({ "Path": "/two", "NextToken": token });
        let code = refused(&store, "GetParametersByPath", body);
        assert_eq!(code, "InvalidNextToken");
    }
}

#[test]
fn a_label_filter_selects_the_labelled_version() {
    let store = store();
    store.put("/app/b", "newer");
    store.label("/app/b", 1, "live");
    let body = json!({
        "Path": "/app", "WithDecryption": true,
        "ParameterFilters": [{ "Key": "Label", "Values": ["live"] }],
    });
    let reply = ok(&store, "GetParametersByPath", body);
    assert_eq!(names(&reply), ["/app/b"]);
    assert_eq!(reply["Parameters"][0]["Value"], "two");
    assert_eq!(reply["Parameters"][0]["Version"], 1);
}

#[test]
fn exact_names_come_sorted_and_the_missing_are_listed() {
    let body = json!({ "Names": ["/none", "/app/c/d", "/app/a", "/app/a:9"] });
    let reply = ok(&store(), "GetParameters", body);
    assert_eq!(names(&reply), ["/app/a", "/app/c/d"]);
    assert_eq!(reply["InvalidParameters"], json!(["/none", "/app/a:9"]));
}

#[test]
fn a_version_is_chosen_by_number_or_label() {
    let store = store();
    store.put_string("/app/a", "newer");
    store.label("/app/a", 1, "live");
    for (name, value, selector) in [
        ("/app/a", "newer", json!(null)),
        ("/app/a:1", "one", json!(":1")),
        ("/app/a:live", "one", json!(":live")),
        (
            "arn:aws:ssm:us-east-1:123456789012:parameter/app/a:1",
            "one",
            json!(":1"),
        ),
    ] {
        let reply = ok(&store, "GetParameters", json!({ "Names": [name] }));
        let parameter = &reply["Parameters"][0];
        assert_eq!(parameter["Name"], "/app/a", "{name}");
        assert_eq!(parameter["Value"], value, "{name}");
        assert_eq!(parameter["Selector"], selector, "{name}");
    }
}

#[test]
fn the_leading_slash_of_a_single_name_does_not_matter() {
    let store = Store::new();
    store.put_string("plain", "value");
    for name in ["plain", "/plain"] {
        let reply = ok(&store, "GetParameter", json!({ "Name": name }));
        assert_eq!(reply["Parameter"]["Name"], "plain");
        assert_eq!(
            reply["Parameter"]["ARN"],
            "arn:aws:ssm:us-east-1:123456789012:parameter/plain"
        );
    }
}

#[test]
fn a_parameter_of_another_account_is_read_by_its_arn() {
    let store = store();
    let arn = "arn:aws:ssm:us-east-1:210987654321:parameter/common/ca";
    let put = PutParameter::new("", "shared").kind(Kind::String);
    store.share(arn, &put).unwrap();
    let reply = ok(
        &store,
        "GetParameters",
        json!({ "Names": [arn, "/common/ca"] }),
    );
    assert_eq!(reply["Parameters"][0]["Value"], "shared");
    assert_eq!(reply["Parameters"][0]["ARN"], arn);
    assert_eq!(reply["InvalidParameters"], json!(["/common/ca"]));
}

#[test]
fn a_secret_of_secrets_manager_is_read_by_reference() {
    let store = store();
    store.put_secret("prod/db", "hidden");
    let name = "/aws/reference/secretsmanager/prod/db";
    let reply = ok(
        &store,
        "GetParameter",
        json!({ "Name": name, "WithDecryption": true }),
    );
    assert_eq!(reply["Parameter"]["Name"], name);
    assert_eq!(reply["Parameter"]["Value"], "hidden");
    assert_eq!(
        refused(&store, "GetParameter", json!({ "Name": name })),
        "ValidationException"
    );
    store.put_secret("prod/db:AWSPREVIOUS", "older");
    for (stage, value) in [("AWSCURRENT", "hidden"), ("AWSPREVIOUS", "older")] {
        let at = format!("{name}:{stage}");
        let reply = ok(
            &store,
            "GetParameter",
            json!({ "Name": at, "WithDecryption": true }),
        );
        assert_eq!(reply["Parameter"]["Name"], name);
        assert_eq!(reply["Parameter"]["Selector"], format!(":{stage}"));
        assert_eq!(reply["Parameter"]["Value"], value);
    }
    let none = json!({ "Name": format!("{name}:AWSPENDING"), "WithDecryption": true });
    assert_eq!(refused(&store, "GetParameter", none), "ParameterNotFound");
    let by_path = json!({ "Path": "/aws/reference/secretsmanager", "Recursive": true });
    let reply = ok(&store, "GetParametersByPath", by_path);
    assert_eq!(reply["Parameters"], json!([]));
}

#[test]
fn bad_requests_are_refused_with_the_services_code() {
    let eleven: Vec<String> = (0..11).map(|number| format!("/n/{number}")).collect();
    for (operation, body, code) in [
        (
            "GetParameter",
            json!({ "Name": "/none" }),
            "ParameterNotFound",
        ),
        ("GetParameter", json!({}), "ValidationException"),
        (
            "GetParameter",
            json!({ "Name": 7 }),
            "SerializationException",
        ),
        ("GetParameter", json!([]), "SerializationException"),
        (
            "GetParameter",
            json!({ "Name": "/app/a:7" }),
            "ParameterVersionNotFound",
        ),
        (
            "GetParameter",
            json!({ "Name": "/app/a:x" }),
            "ParameterVersionNotFound",
        ),
        (
            "GetParameter",
            json!({ "Name": "/app/a:" }),
            "ValidationException",
        ),
        (
            "GetParameter",
            json!({ "Name": "app/a" }),
            "ValidationException",
        ),
        (
            "GetParameter",
            json!({ "Name": "/app a" }),
            "ValidationException",
        ),
        (
            "GetParameters",
            json!({ "Names": [] }),
            "ValidationException",
        ),
        (
            "GetParameters",
            json!({ "Names": eleven }),
            "ValidationException",
        ),
        (
            "GetParameters",
            json!({ "Names": ["/a", "/a"] }),
            "ValidationException",
        ),
        (
            "GetParametersByPath",
            json!({ "Path": "app" }),
            "ValidationException",
        ),
        (
            "GetParametersByPath",
            json!({ "Path": "/app*" }),
            "ValidationException",
        ),
        (
            "GetParametersByPath",
            json!({ "Path": "/", "MaxResults": 11 }),
            "ValidationException",
        ),
        (
            "GetParametersByPath",
            json!({ "Path": "/", "MaxResults": 0 }),
            "ValidationException",
        ),
        (
            "GetParametersByPath",
            json!({ "Path": "/", "ParameterFilters": [{ "Key": "Name", "Values": ["x"] }] }),
            "InvalidFilterKey",
        ),
        (
            "GetParametersByPath",
            json!({ "Path": "/", "ParameterFilters": [{ "Key": "Type", "Values": ["x"] }] }),
            "InvalidFilterValue",
        ),
        (
            "GetParametersByPath",
            json!({ "Path": "/", "ParameterFilters": [{ "Key": "Label", "Option": "Contains", "Values": ["x"] }] }),
            "InvalidFilterOption",
        ),
        ("GetDocument", json!({}), "UnknownOperationException"),
    ] {
        assert_eq!(
            refused(&store(), operation, body.clone()),
            code,
            "{operation} {body}"
        );
    }
}

#[test]
fn a_call_is_remembered_with_who_made_it() {
    let server = Server::start(&store()).unwrap();
    let mut client = Client::connect(&server);
    let token = ("X-Amz-Security-Token", "session");
    let body = json!({ "Name": "/app/a" });
    for _ in 0..2 {
        client.send(
            "GetParameter",
            &body,
            &[("Authorization", AUTHORIZATION), token],
        );
        assert_eq!(client.receive().status, 200);
    }
    let unsigned = {
        let mut client = Client::connect(&server);
        client.send("GetParameter", &body, &[]);
        client.receive().json()
    };
    assert_eq!(unsigned["__type"], "MissingAuthenticationTokenException");

    let requests = server.requests();
    assert_eq!((server.calls(), server.connections()), (3, 2));
    let connections: Vec<usize> = requests.iter().map(|call| call.connection).collect();
    assert_eq!(connections, [1, 1, 2]);
    let call = &requests[0];
    assert_eq!(call.operation, "GetParameter");
    assert_eq!(call.body, body);
    assert_eq!(call.access_key.as_deref(), Some("AKIDTEST"));
    assert_eq!(call.region.as_deref(), Some("eu-west-1"));
    assert_eq!(call.session_token.as_deref(), Some("session"));
    assert_eq!(requests[2].access_key, None);
}

#[test]
fn a_stopped_server_leaves_its_clients() {
    let server = Server::start(&store()).unwrap();
    let mut client = Client::connect(&server);
    client.call("GetParameter", &json!({ "Name": "/app/a" }));
    drop(server);
    assert!(client.receive().end.is_some());
}

#[test]
fn hundreds_of_connections_at_once_are_served() {
    let server = Server::start(&store()).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..300 {
            scope.spawn(|| {
                let reply = call(&server, "GetParameter", json!({ "Name": "/app/a" }));
                assert_eq!(reply.status, 200);
            });
        }
    });
    assert_eq!(server.calls(), 300);
}
