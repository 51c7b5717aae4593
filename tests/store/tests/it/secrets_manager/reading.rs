//! `GetSecretValue` and `BatchGetSecretValue`.

use parameter_store::{Server, Service, Store};
use serde_json::{Value, json};

use super::{HERE, call, names, of, ok, refused};
use crate::client::{Client, authorization};

const NOT_FOUND: &str =
    "ResourceNotFoundException: Secrets Manager can't find the specified secret.";

fn store() -> Store {
    let store = Store::new();
    store.put_secret("prd/app/db", "one");
    store.put_secret("prd/app/db", "two");
    store.put_secret("prd/app2/x", "other");
    store.plant_secret("prd/app/tls", &json!({ "binary": "AAH/" }));
    store.plant_secret("prd/app/gone", &json!({ "value": "x", "deleted": true }));
    store
}

#[test]
fn a_secret_comes_with_all_its_fields() {
    let reply = ok(
        &store(),
        "GetSecretValue",
        json!({ "SecretId": "prd/app/db" }),
    );
    let date = reply["CreatedDate"].as_f64().unwrap();
    assert!(date > 1.7e9);
    assert_eq!(
        reply,
        json!({
            "ARN": "arn:aws:secretsmanager:us-east-1:123456789012:secret:prd/app/db-AbCdEf",
            "Name": "prd/app/db",
            "VersionId": reply["VersionId"],
            "SecretString": "two",
            "VersionStages": ["AWSCURRENT"],
            "CreatedDate": date,
        })
    );
    let binary = ok(
        &store(),
        "GetSecretValue",
        json!({ "SecretId": "prd/app/tls" }),
    );
    assert_eq!(binary["SecretBinary"], "AAH/");
    assert_eq!(binary.get("SecretString"), None);
}

#[test]
fn a_secret_is_found_by_name_and_by_arn_with_and_without_its_suffix() {
    let store = store();
    store.put_secret("app-secret", "ends like an ARN");
    let arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:";
    for (id, found) in [
        ("prd/app/db".to_owned(), true),
        (format!("{arn}prd/app/db-AbCdEf"), true),
        (format!("{arn}prd/app/db"), true),
        (format!("{arn}prd/app/db-XbCdEf"), false),
        (format!("{arn}app-secret-AbCdEf"), true),
        // It is taken for a complete one.
        (format!("{arn}app-secret"), false),
        ("prd/app/db-AbCdEf".to_owned(), false),
        ("prd/app/d".to_owned(), false),
        ("/prd/app/db".to_owned(), false),
        ("PRD/app/db".to_owned(), false),
        (
            "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prd/app/db-AbCdEf".to_owned(),
            false,
        ),
    ] {
        let body = json!({ "SecretId": id });
        if found {
            ok(&store, "GetSecretValue", body);
        } else {
            assert_eq!(refused(&store, "GetSecretValue", body), NOT_FOUND, "{id}");
        }
    }
}

#[test]
fn a_secret_that_is_made_again_has_another_arn() {
    let store = store();
    let arn = |store: &Store| {
        let body = json!({ "SecretId": "prd/app/db" });
        ok(store, "DescribeSecret", body)["ARN"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let before = arn(&store);
    assert!(store.delete_secret("prd/app/db"));
    store.put_secret("prd/app/db", "three");
    assert!(before.ends_with("-AbCdEf"));
    assert!(arn(&store).ends_with("-BcDeFg"));
    let old = refused(&store, "GetSecretValue", json!({ "SecretId": before }));
    assert_eq!(old, NOT_FOUND);
}

#[test]
fn a_version_is_selected_by_its_stage_or_its_id() {
    let store = store();
    let get = |body: &Value| of("prd/app/db", body.clone());
    let previous = ok(
        &store,
        "GetSecretValue",
        get(&json!({ "VersionStage": "AWSPREVIOUS" })),
    );
    assert_eq!(previous["SecretString"], "one");
    let id = &previous["VersionId"];
    let by_id = ok(&store, "GetSecretValue", get(&json!({ "VersionId": id })));
    assert_eq!(by_id, previous);
    for (body, error) in [
        (
            json!({ "VersionStage": "AWSPENDING" }),
            "ResourceNotFoundException: Secrets Manager can't find the specified secret value for staging label: AWSPENDING",
        ),
        (
            json!({ "VersionId": "0ddba11e-0000-4000-8000-000000000000" }),
            "ResourceNotFoundException: Secrets Manager can't find the specified secret value for VersionId: 0ddba11e-0000-4000-8000-000000000000",
        ),
        (
            json!({ "VersionId": id, "VersionStage": "AWSCURRENT" }),
            "InvalidRequestException: You provided a VersionStage that is not associated to the provided VersionId.",
        ),
    ] {
        assert_eq!(refused(&store, "GetSecretValue", get(&body)), error);
    }
}

#[test]
fn what_cannot_be_read_is_refused_in_the_words_of_the_service() {
    let store = store();
    store.plant_secret("prd/empty", &json!({}));
    for (id, error) in [
        ("none", NOT_FOUND),
        (
            "prd/app/gone",
            "InvalidRequestException: You can't perform this operation on the secret because it was marked for deletion.",
        ),
        (
            "prd/empty",
            "ResourceNotFoundException: Secrets Manager can't find the specified secret value for staging label: AWSCURRENT",
        ),
        (
            "a name",
            "ValidationException: Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
        ),
    ] {
        assert_eq!(
            refused(&store, "GetSecretValue", json!({ "SecretId": id })),
            error
        );
    }
    let brewed = refused(&store, "BrewCoffee", json!({}));
    assert_eq!(brewed, "UnknownOperationException: ");
}

#[test]
fn a_secret_belongs_to_the_region_that_the_request_is_signed_for() {
    let store = Store::new();
    store.put_secret("db", "at home");
    store.put_secret(
        "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf",
        "abroad",
    );
    let server = Server::start(&store).unwrap();
    let mut client = Client::connect(&server);
    let mut get = |region: &str, id: &str| {
        let reply = client.call_secrets(region, "GetSecretValue", &json!({ "SecretId": id }));
        reply.json()["SecretString"].as_str().map(str::to_owned)
    };
    assert_eq!(get("us-east-1", "db").as_deref(), Some("at home"));
    assert_eq!(get("eu-west-1", "db").as_deref(), Some("abroad"));
    assert_eq!(get("eu-west-2", "db"), None);
    let arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf";
    assert_eq!(get("eu-west-1", arn).as_deref(), Some("abroad"));
    assert_eq!(get("us-east-1", arn), None);
    let seen: Vec<_> = server
        .requests()
        .into_iter()
        .map(|call| (call.service, call.operation, call.region.unwrap()))
        .collect();
    let first = (
        Service::SecretsManager,
        "GetSecretValue".to_owned(),
        HERE.to_owned(),
    );
    assert_eq!(seen[0], first);
    assert_eq!(seen[1].2, "eu-west-1");
    assert_eq!(server.requests()[0].access_key.as_deref(), Some("AKIDTEST"));
    assert_eq!(server.requests()[0].body, json!({ "SecretId": "db" }));
}

#[test]
fn a_secret_of_another_account_is_read_by_its_complete_arn_in_its_region() {
    let store = Store::new();
    let arn = "arn:aws:secretsmanager:eu-west-1:999988887777:secret:shared-AbCdEf";
    store.plant_secret(arn, &json!({ "value": "theirs" }));
    let server = Server::start(&store).unwrap();
    let get = |region: &str, id: &str| {
        let mut client = Client::connect(&server);
        let reply = client.call_secrets(region, "GetSecretValue", &json!({ "SecretId": id }));
        let reply = reply.json();
        let word = reply.get("SecretString").unwrap_or(&reply["__type"]);
        word.as_str().unwrap().to_owned()
    };
    assert_eq!(get("eu-west-1", arn), "theirs");
    let missing = "ResourceNotFoundException";
    assert_eq!(get("eu-west-1", "shared"), missing);
    assert_eq!(get("eu-west-1", arn.trim_end_matches("-AbCdEf")), missing);
    assert_eq!(get("us-east-1", arn), missing);
    let other = arn.replace("shared", "private");
    assert_eq!(get("eu-west-1", &other), "AccessDeniedException");
}

#[test]
fn a_call_that_is_signed_for_another_service_is_refused() {
    let server = Server::start(&store()).unwrap();
    let authorization = authorization(HERE).replace("/secretsmanager/", "/ssm/");
    let headers = [("Authorization", authorization.as_str())];
    let mut client = Client::connect(&server);
    client.send_to("secretsmanager", "ListSecrets", &json!({}), &headers);
    assert_eq!(
        client.receive().json()["__type"],
        "InvalidSignatureException"
    );
}

#[test]
fn a_batch_has_values_and_errors_side_by_side() {
    let store = store();
    let ids = ["prd/app2/x", "none", "prd/app/gone", "prd/app/db"];
    let reply = ok(
        &store,
        "BatchGetSecretValue",
        json!({ "SecretIdList": ids }),
    );
    // Not in the order of the request.
    assert_eq!(names(&reply, "SecretValues"), ["prd/app/db", "prd/app2/x"]);
    assert_eq!(reply["SecretValues"][0]["SecretString"], "two");
    assert_eq!(
        reply["Errors"],
        json!([
            {
                "SecretId": "none",
                "ErrorCode": "ResourceNotFoundException",
                "Message": "Secrets Manager can't find the specified secret.",
            },
            {
                "SecretId": "prd/app/gone",
                "ErrorCode": "InvalidRequestException",
                "Message": "You can't perform this operation on the secret because it was marked for deletion.",
            },
        ])
    );
}

#[test]
fn a_batch_by_prefix_holds_the_neighbours_too_and_none_that_is_deleted() {
    let filters = json!([{ "Key": "name", "Values": ["prd/app"] }]);
    let reply = ok(
        &store(),
        "BatchGetSecretValue",
        json!({ "Filters": filters }),
    );
    let mut found = names(&reply, "SecretValues");
    found.sort_unstable();
    assert_eq!(found, ["prd/app/db", "prd/app/tls", "prd/app2/x"]);
    assert_eq!(reply["Errors"], json!([]));
}

#[test]
fn a_batch_has_twenty_a_page() {
    let store = Store::new();
    for number in 0..45 {
        store.put_secret(&format!("many/{number:02}"), "x");
    }
    let server = Server::start(&store).unwrap();
    let mut body = json!({ "Filters": [{ "Key": "name", "Values": ["many/"] }] });
    let mut sizes = Vec::new();
    loop {
        let reply = call(&server, "BatchGetSecretValue", body.clone()).json();
        sizes.push(names(&reply, "SecretValues").len());
        match reply.get("NextToken") {
            None => break,
            Some(token) => body["NextToken"] = token.clone(),
        }
    }
    assert_eq!(sizes, [20, 20, 5]);
}

#[test]
fn a_batch_takes_a_list_or_filters_within_limits() {
    let store = store();
    let ids: Vec<String> = (0..21).map(|it| it.to_string()).collect();
    let filters = json!([{ "Key": "name", "Values": ["a"] }]);
    for (body, error) in [
        (
            json!({ "SecretIdList": ["a"], "Filters": filters }),
            "InvalidParameterException: Either 'SecretIdList' or 'Filters' must be provided, but not both.",
        ),
        (
            json!({ "SecretIdList": ["a"], "MaxResults": 5 }),
            "InvalidParameterException: 'Filters' not specified. 'Filters' must also be specified when 'MaxResults' is provided.",
        ),
        (
            json!({ "Filters": filters, "NextToken": "x" }),
            "InvalidNextTokenException: Invalid NextToken.",
        ),
        (
            json!({ "Filters": filters, "MaxResults": 21 }),
            "ValidationException: 1 validation error detected: Value '21' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 20",
        ),
    ] {
        assert_eq!(refused(&store, "BatchGetSecretValue", body), error);
    }
    let error = refused(
        &store,
        "BatchGetSecretValue",
        json!({ "SecretIdList": ids }),
    );
    assert!(error.ends_with("at 'secretIdList' failed to satisfy constraint: Member must have length less than or equal to 20"), "{error}");
}
