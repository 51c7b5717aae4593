//! Each fault that Secrets Manager can have, as a client sees it.

use parameter_store::{Fault, Rule, SECRETS_MANAGER_QUOTAS, Server, Store, Throttle};
use serde_json::{Value, json};

use super::{call, names};
use crate::client::{Client, Reply};

const PLANTED: &str = "planted-secret";

fn server(rules: impl IntoIterator<Item = Rule>) -> Server {
    let store = Store::new();
    store.put_secret("app/a", PLANTED);
    store.put_secret("app/b", "another");
    let server = Server::start(&store).unwrap();
    server.set_faults(rules);
    server
}

fn one() -> Value {
    json!({ "SecretId": "app/a" })
}

fn several() -> Value {
    json!({ "SecretIdList": ["app/a", "app/b"] })
}

fn below() -> Value {
    json!({ "Filters": [{ "Key": "name", "Values": ["app/"] }] })
}

/// Each operation that reads, with a body.
fn reads() -> [(&'static str, Value); 4] {
    [
        ("GetSecretValue", one()),
        ("BatchGetSecretValue", several()),
        ("BatchGetSecretValue", below()),
        ("ListSecrets", below()),
    ]
}

fn get(fault: Fault, operation: &str, body: Value) -> Value {
    call(&server([fault.always()]), operation, body).json()
}

fn holds(reply: &Reply, text: &str) -> bool {
    String::from_utf8_lossy(&reply.body).contains(text)
}

#[test]
fn every_operation_goes_wrong_as_those_of_parameter_store_do() {
    for (operation, body) in reads() {
        for (fault, status, code) in [
            (Fault::Throttle, 400, "ThrottlingException"),
            (Fault::AccessDenied, 400, "AccessDeniedException"),
            (Fault::InternalServerError, 500, "InternalServiceError"),
            (Fault::ExpiredToken, 400, "ExpiredTokenException"),
        ] {
            let rule = fault.first(1).operation(operation);
            let server = server([rule]);
            let reply = call(&server, operation, body.clone());
            assert_eq!(
                (reply.status, &reply.json()["__type"]),
                (status, &json!(code))
            );
            assert_eq!(call(&server, operation, body.clone()).status, 200);
        }
        let server = server([Fault::Status(503).nth(2)]);
        let statuses = [(); 3].map(|()| call(&server, operation, body.clone()).status);
        assert_eq!(statuses, [200, 503, 200], "{operation}");
    }
}

#[test]
fn what_cuts_a_reply_sends_a_true_value() {
    for operation in ["GetSecretValue", "BatchGetSecretValue"] {
        let body = if operation == "GetSecretValue" {
            one()
        } else {
            several()
        };
        for fault in [
            Fault::ResetMidBody,
            Fault::CloseMidBody,
            Fault::TruncatedJson,
        ] {
            let reply = call(&server([fault.always()]), operation, body.clone());
            assert!(holds(&reply, PLANTED), "{operation}");
            assert!(serde_json::from_slice::<Value>(&reply.body).is_err());
        }
    }
}

#[test]
fn rules_are_for_names_prefixes_and_regions() {
    let arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:app/a-AbCdEf";
    let throttled = |rule: Rule, operation: &str, body: Value| {
        call(&server([rule]), operation, body).status == 400
    };
    let named = || Fault::Throttle.always().naming("app/a");
    assert!(throttled(named(), "GetSecretValue", one()));
    assert!(throttled(
        named(),
        "GetSecretValue",
        json!({ "SecretId": arn })
    ));
    assert!(throttled(named(), "BatchGetSecretValue", several()));
    assert!(throttled(named(), "BatchGetSecretValue", below()));
    assert!(throttled(named(), "ListSecrets", json!({})));
    assert!(!throttled(
        named(),
        "GetSecretValue",
        json!({ "SecretId": "app/b" })
    ));
    let prefix = |it: &str| Fault::Throttle.always().path(it);
    assert!(throttled(prefix("app/"), "ListSecrets", below()));
    assert!(!throttled(prefix("app"), "ListSecrets", below()));
    let region = |it: &str| Fault::Throttle.always().region(it);
    assert!(throttled(region("us-east-1"), "GetSecretValue", one()));
    assert!(!throttled(region("eu-west-1"), "GetSecretValue", one()));
}

#[test]
fn single_secrets_of_a_batch_are_refused_in_a_reply_of_200() {
    let own = Fault::Error {
        status: 400,
        code: "InternalServiceError".to_owned(),
        message: "words".to_owned(),
    };
    let server = server([
        Fault::DecryptionFailure.always().naming("app/a"),
        own.always().naming("app/b"),
    ]);
    let reply = call(&server, "BatchGetSecretValue", several());
    assert_eq!(reply.status, 200);
    assert_eq!(
        reply.json(),
        json!({
            "SecretValues": [],
            "Errors": [
                {
                    "SecretId": "app/a",
                    "ErrorCode": "DecryptionFailure",
                    "Message": "Secrets Manager can't decrypt the protected secret text using the provided KMS key.",
                },
                { "SecretId": "app/b", "ErrorCode": "InternalServiceError", "Message": "words" },
            ],
        })
    );
    let single = call(&server, "GetSecretValue", one());
    assert_eq!(
        (single.status, &single.json()["__type"]),
        (400, &json!("DecryptionFailure"))
    );
    assert_eq!(call(&server, "ListSecrets", json!({})).status, 200);
}

#[test]
fn a_key_that_may_not_be_used_is_an_error_of_each_secret_of_a_batch() {
    let reply = get(Fault::KmsAccessDenied, "BatchGetSecretValue", below());
    assert_eq!(reply["SecretValues"], json!([]));
    let errors = reply["Errors"].as_array().unwrap();
    let codes: Vec<_> = errors.iter().map(|it| &it["ErrorCode"]).collect();
    assert_eq!(codes, ["AccessDeniedException"; 2]);
    assert_eq!(errors[0]["Message"], "Access to KMS is not allowed");
}

#[test]
fn a_secret_that_may_not_be_read_is_an_error_of_its_batch() {
    let server = server([Fault::AccessDenied.always().naming("app/a")]);
    let reply = call(&server, "BatchGetSecretValue", below()).json();
    assert_eq!(names(&reply, "SecretValues"), ["app/b"]);
    let error = &reply["Errors"][0];
    assert_eq!(error["ErrorCode"], "AccessDeniedException");
    assert_eq!(
        error["SecretId"],
        "arn:aws:secretsmanager:us-east-1:123456789012:secret:app/a-AbCdEf"
    );
    assert_eq!(
        error["Message"],
        "User: arn:aws:sts::123456789012:assumed-role/app/i-1 is not authorized to perform: secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:us-east-1:123456789012:secret:app/a-AbCdEf because no identity-based policy allows the secretsmanager:GetSecretValue action"
    );
}

#[test]
fn refusals_of_iam_name_the_action_and_the_secret() {
    for (operation, body, expected) in [
        (
            "GetSecretValue",
            one(),
            "secretsmanager:GetSecretValue on resource: app/a because",
        ),
        (
            "BatchGetSecretValue",
            several(),
            "secretsmanager:BatchGetSecretValue because",
        ),
        (
            "ListSecrets",
            json!({}),
            "secretsmanager:ListSecrets because",
        ),
    ] {
        let reply = get(Fault::AccessDenied, operation, body);
        let message = reply["Message"].as_str().unwrap();
        assert!(message.contains(expected), "{message}");
    }
    let kms = get(Fault::KmsAccessDenied, "GetSecretValue", one());
    assert_eq!(
        kms,
        json!({ "__type": "AccessDeniedException", "Message": "Access to KMS is not allowed" })
    );
    // Nothing is decrypted for a listing.
    let listed = call(
        &server([Fault::KmsAccessDenied.always()]),
        "ListSecrets",
        json!({}),
    );
    assert_eq!(listed.status, 200);
}

#[test]
fn tokens_loop_and_pages_are_empty() {
    for (operation, list) in [
        ("ListSecrets", "SecretList"),
        ("BatchGetSecretValue", "SecretValues"),
    ] {
        let follow = |fault: Fault| {
            let server = server([fault.always()]);
            let mut body = below();
            let (mut sizes, mut tokens) = (Vec::new(), Vec::new());
            for _ in 0..4 {
                let reply = call(&server, operation, body.clone()).json();
                sizes.push(names(&reply, list).len());
                match reply.get("NextToken") {
                    None => break,
                    Some(token) => body["NextToken"] = token.clone(),
                }
                tokens.push(body["NextToken"].clone());
            }
            tokens.dedup();
            (sizes, tokens.len())
        };
        assert_eq!(follow(Fault::RepeatedToken), (vec![2, 0, 0, 0], 1));
        assert_eq!(follow(Fault::TokenCycle), (vec![2, 0, 0, 0], 4));
        assert_eq!(follow(Fault::EndlessEmptyPages), (vec![0, 0, 0, 0], 4));
        assert_eq!(follow(Fault::EmptyPages(2)), (vec![0, 0, 2], 2));
        assert_eq!(follow(Fault::DuplicateParameter), (vec![2, 1], 1));
    }
}

#[test]
fn a_listing_lags_behind() {
    let fault = || Fault::Unlisted(vec!["app/a".to_owned()]);
    let listed = get(fault(), "ListSecrets", json!({}));
    assert_eq!(names(&listed, "SecretList"), ["app/b"]);
    let filtered = get(fault(), "BatchGetSecretValue", below());
    assert_eq!(names(&filtered, "SecretValues"), ["app/b"]);
    // By its name it is found.
    let by_name = get(fault(), "BatchGetSecretValue", several());
    assert_eq!(names(&by_name, "SecretValues"), ["app/a", "app/b"]);
    assert_eq!("unlisted=app/a|app/b,first=1".parse::<Rule>().unwrap(), {
        Fault::Unlisted(vec!["app/a".to_owned(), "app/b".to_owned()]).first(1)
    });
}

#[test]
fn the_first_secret_is_another_or_spoiled() {
    for (operation, body, place) in [
        ("GetSecretValue", one(), ""),
        ("BatchGetSecretValue", several(), "/SecretValues/0"),
        ("BatchGetSecretValue", below(), "/SecretValues/0"),
    ] {
        let first = |fault: Fault| {
            let reply = get(fault, operation, body.clone());
            reply.pointer(place).unwrap().clone()
        };
        assert_eq!(first(Fault::OtherSecret)["Name"], "outside/of/the-request");
        assert_eq!(first(Fault::OtherSecret)["SecretString"], "not-asked-for");
        assert_eq!(
            first(Fault::OtherVersion)["VersionStages"],
            json!(["AWSPREVIOUS"])
        );
        assert_eq!(first(Fault::NullName)["Name"], Value::Null);
        assert_eq!(first(Fault::MissingName).get("Name"), None);
        assert_eq!(first(Fault::MissingValue).get("SecretString"), None);
        assert_eq!(first(Fault::NullValue)["SecretString"], Value::Null);
        assert_eq!(
            first(Fault::NulInValue)["SecretString"],
            "planted-secret\0tail"
        );
        assert_eq!(first(Fault::TextAndBinary)["SecretString"], PLANTED);
        assert_eq!(
            first(Fault::TextAndBinary)["SecretBinary"],
            "b2YtdGhlLWJpbmFyeQ=="
        );
    }
    let lone = call(
        &server([Fault::LoneSurrogate.always()]),
        "GetSecretValue",
        one(),
    );
    assert!(holds(&lone, r#""planted-secret\ud800""#));
    let outside = get(Fault::OutsidePath, "BatchGetSecretValue", several());
    assert_eq!(
        names(&outside, "SecretValues"),
        ["app/a", "app/b", "outside/of/the-request"]
    );
    for (fault, value) in [
        (Fault::DuplicateParameter, PLANTED),
        (Fault::ConflictingParameter, "planted-secret-but-another"),
    ] {
        let twice = get(fault, "BatchGetSecretValue", several());
        assert_eq!(names(&twice, "SecretValues"), ["app/a", "app/b", "app/a"]);
        assert_eq!(twice["SecretValues"][2]["SecretString"], value);
    }
}

#[test]
fn quotas_are_for_groups_of_operations_in_a_region() {
    let server = server([]);
    let slow = |burst: f64| Throttle {
        rate: 0.001,
        burst,
        refusal_cost: 0.0,
    };
    server.set_quotas(&[
        (&["GetSecretValue", "DescribeSecret"], slow(2.0)),
        (&["ListSecrets"], slow(1.0)),
    ]);
    let status = |operation: &str, region: &str| {
        let body = if operation == "ListSecrets" {
            json!({})
        } else {
            one()
        };
        let reply = Client::connect(&server).call_secrets(region, operation, &body);
        reply.json()["__type"] == "ThrottlingException"
    };
    assert!(!status("GetSecretValue", "us-east-1"));
    assert!(!status("DescribeSecret", "us-east-1"));
    assert!(status("GetSecretValue", "us-east-1"));
    assert!(!status("GetSecretValue", "eu-west-1"));
    assert!(!status("ListSecrets", "us-east-1"));
    assert!(status("ListSecrets", "us-east-1"));
    assert_eq!(server.throttled(), 2);
    // Those of AWS are far from that.
    server.set_quotas(SECRETS_MANAGER_QUOTAS);
    assert!(!status("ListSecrets", "us-east-1"));
    // That of Parameter Store is its own.
    server.set_throttle(Some(slow(0.0)));
    assert!(!status("GetSecretValue", "us-east-1"));
}
