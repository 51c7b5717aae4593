//! The same for what credstash needs of DynamoDB and KMS: the requests that its reader sends.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use parameter_store::{Server, Store};
use serde_json::{Value, json};

use super::Outcome;
use super::moto::Moto;
use crate::client::{Client, Reply};

const DYNAMODB: &str = "DynamoDB_20120810";
const KMS: &str = "TrentService";
const TABLE: &str = "credential-store";

/// Makes a call of a service.
fn reply(port: u16, service: &str, operation: &str, region: &str, body: &Value) -> Reply {
    let name = if service == KMS { "kms" } else { "dynamodb" };
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential=AKIDTEST/20261124/{region}/{name}/aws4_request, \
         SignedHeaders=host, Signature=00"
    );
    let mut client = Client::to(port);
    let headers = [("Authorization", authorization.as_str())];
    client.send_to(service, operation, body, &headers);
    client.receive()
}

/// The same, and what came of it. DynamoDB puts its own name before a code.
fn call(port: u16, service: &str, operation: &str, body: &Value) -> Outcome {
    let reply = reply(port, service, operation, "us-east-1", body);
    match reply.status {
        200 => Outcome::Done(reply.json()),
        400 => {
            let body = reply.json();
            let code = body["__type"].as_str().unwrap();
            assert!(reply.header("x-amzn-requestid").is_some());
            Outcome::Refused(code.rsplit('#').next().unwrap().to_owned())
        }
        status => Outcome::Broken(status),
    }
}

/// Two versions of a secret, and others, in both.
fn planted(moto: &Moto) -> (Server, Store) {
    moto.reset();
    let store = Store::new();
    for (name, secret) in [
        (
            "prd.app.a",
            json!({ "value": "one", "version": "0000000000000000001" }),
        ),
        (
            "prd.app.a",
            json!({ "value": "two", "version": "0000000000000000002" }),
        ),
        (
            "prd.app.b",
            json!({ "value": "x", "digest": "SHA512", "comment": "of the app" }),
        ),
        (
            "prd.app.c",
            json!({ "value": "x", "hmac": "text", "digest": null }),
        ),
        ("prd.app2", json!({ "value": "x" })),
        (
            "stg.app.a",
            json!({ "value": "x", "context": { "env": "stg" } }),
        ),
    ] {
        store.plant_credstash(name, &secret);
    }
    let server = Server::start(&store).unwrap();
    let key = |name: &str, kind: &str| json!({ "AttributeName": name, "KeyType": kind });
    let text = |name: &str| json!({ "AttributeName": name, "AttributeType": "S" });
    let table = json!({
        "TableName": TABLE,
        "KeySchema": [key("name", "HASH"), key("version", "RANGE")],
        "AttributeDefinitions": [text("name"), text("version")],
        "BillingMode": "PAY_PER_REQUEST",
    });
    assert_eq!(
        call(moto.port, DYNAMODB, "CreateTable", &table).word(),
        "ok"
    );
    let all = call(
        server.port(),
        DYNAMODB,
        "Scan",
        &json!({ "TableName": TABLE }),
    );
    let Outcome::Done(all) = all else {
        panic!("{all:?}");
    };
    for item in all["Items"].as_array().unwrap() {
        let put = json!({ "TableName": TABLE, "Item": item });
        assert_eq!(call(moto.port, DYNAMODB, "PutItem", &put).word(), "ok");
    }
    (server, store)
}

/// A request with the names that the reader uses for attributes.
fn with(mut body: Value, more: Value) -> Value {
    body["TableName"] = json!(TABLE);
    body["ConsistentRead"] = json!(true);
    body["ProjectionExpression"] = json!("#n, #v, #k, #c, #h, #d");
    body["ExpressionAttributeNames"] = json!({
        "#n": "name", "#v": "version", "#k": "key", "#c": "contents", "#h": "hmac", "#d": "digest",
    });
    for (field, value) in more.as_object().unwrap() {
        body[field] = value.clone();
    }
    body
}

/// All versions of a secret, the newest first.
fn of_name(name: &str, more: Value) -> Value {
    let query = json!({
        "KeyConditionExpression": "#n = :n",
        "ExpressionAttributeValues": { ":n": { "S": name } },
        "ScanIndexForward": false,
    });
    with(query, more)
}

fn of_version(name: &str, version: &str) -> Value {
    let more = json!({
        "KeyConditionExpression": "#n = :n AND #v = :v",
        "ExpressionAttributeValues": { ":n": { "S": name }, ":v": { "S": version } },
    });
    of_name(name, more)
}

/// All rows whose names begin so.
fn beginning(names: &[&str], more: Value) -> Value {
    let each = (0..names.len()).map(|at| format!("begins_with(#n, :p{at})"));
    let values: serde_json::Map<String, Value> = (0..)
        .zip(names)
        .map(|(at, name)| (format!(":p{at}"), json!({ "S": name })))
        .collect();
    let scan = json!({
        "FilterExpression": each.collect::<Vec<_>>().join(" OR "),
        "ExpressionAttributeValues": values,
    });
    with(scan, more)
}

#[test]
fn moto_gives_the_same_rows() {
    let Some(moto) = Moto::start("credstash::moto_gives_the_same_rows") else {
        return;
    };
    let (server, _store) = planted(&moto);
    let first = "0000000000000000001";
    let start = json!({ "ExclusiveStartKey": {
        "name": { "S": "prd.app.a" }, "version": { "S": "0000000000000000002" },
    } });
    let mut differences = String::new();
    for (operation, body, expected) in [
        ("Query", of_name("prd.app.a", json!({ "Limit": 1 })), "ok"),
        ("Query", of_name("prd.app.a", json!({})), "ok"),
        ("Query", of_name("prd.app.a", start.clone()), "ok"),
        ("Query", of_name("prd.app.c", json!({})), "ok"),
        ("Query", of_name("prd.app", json!({})), "ok"),
        ("Query", of_name("none", json!({ "Limit": 1 })), "ok"),
        ("Query", of_version("prd.app.a", first), "ok"),
        ("Query", of_version("prd.app.a", "1"), "ok"),
        ("Scan", beginning(&["prd.app."], json!({})), "ok"),
        ("Scan", beginning(&["prd.app.", "stg."], json!({})), "ok"),
        ("Scan", beginning(&["none"], json!({})), "ok"),
        ("Scan", beginning(&["prd."], start), "ok"),
        ("Scan", with(json!({}), json!({})), "ok"),
        ("Scan", json!({ "TableName": TABLE }), "ok"),
        (
            "Query",
            of_name("a", json!({ "TableName": "none" })),
            "ResourceNotFoundException",
        ),
        (
            "Scan",
            json!({ "TableName": "none" }),
            "ResourceNotFoundException",
        ),
        (
            "Query",
            of_name("a", json!({ "KeyConditionExpression": "#k = :n" })),
            "ValidationException",
        ),
        (
            "Scan",
            beginning(&["a"], json!({ "FilterExpression": "begins_with(#n, :p0" })),
            "ValidationException",
        ),
    ] {
        let ours = call(server.port(), DYNAMODB, operation, &body);
        let theirs = call(moto.port, DYNAMODB, operation, &body);
        if ours != theirs || ours.word() != expected {
            differences.push_str(&format!(
                "{operation} {body} must be {expected}\n  ours: {ours:?}\n  moto: {theirs:?}\n"
            ));
        }
    }
    assert!(differences.is_empty(), "{differences}");
}

#[test]
fn moto_does_not_say_that_there_may_be_more_after_the_last_row_of_a_limit() {
    let story = "credstash::moto_does_not_say_that_there_may_be_more_after_the_last_row_of_a_limit";
    let Some(moto) = Moto::start(story) else {
        return;
    };
    let (server, _store) = planted(&moto);
    // The developer guide: a page that ends at the limit has a key, whether rows follow or not.
    let body = of_name("prd.app.b", json!({ "Limit": 1 }));
    let last = |port| call(port, DYNAMODB, "Query", &body).at("/LastEvaluatedKey/name/S");
    assert_eq!(last(server.port()), r#""prd.app.b""#);
    assert_eq!(last(moto.port), "null");
}

/// The fields of an answer, with what differs from one key to the next in words.
fn shape(outcome: Outcome) -> String {
    let Outcome::Done(reply) = outcome else {
        return outcome.word();
    };
    let key = reply["KeyId"].as_str().unwrap();
    let is_arn = key.starts_with("arn:aws:kms:us-east-1:123456789012:key/");
    let plaintext = STANDARD.decode(reply["Plaintext"].as_str().unwrap());
    let size = plaintext.unwrap().len();
    format!("a key of {size} bytes, of an ARN: {is_arn}")
}

#[test]
fn moto_decrypts_data_keys_alike() {
    let Some(moto) = Moto::start("credstash::moto_decrypts_data_keys_alike") else {
        return;
    };
    let (server, _store) = planted(&moto);
    let made = call(moto.port, KMS, "CreateKey", &json!({}));
    let id = made.at("/KeyMetadata/KeyId");
    let generate = json!({
        "KeyId": id.trim_matches('"'), "NumberOfBytes": 64, "EncryptionContext": { "env": "stg" },
    });
    let generated = call(moto.port, KMS, "GenerateDataKey", &generate);
    let row = call(
        server.port(),
        DYNAMODB,
        "Query",
        &of_name("stg.app.a", json!({})),
    );
    let sides = [
        (server.port(), row.at("/Items/0/key/S")),
        (moto.port, generated.at("/CiphertextBlob")),
    ];
    let right = json!({ "env": "stg" });
    for (what, context, alter, expected) in [
        (
            "as it is",
            &right,
            (|_: &mut Vec<u8>| {}) as fn(&mut Vec<u8>),
            "a key of 64 bytes, of an ARN: true",
        ),
        (
            "without its context",
            &json!({}),
            |_| {},
            "InvalidCiphertextException",
        ),
        (
            "with another context",
            &json!({ "env": "prd" }),
            |_| {},
            "InvalidCiphertextException",
        ),
        (
            "with more of a context",
            &json!({ "env": "stg", "more": "x" }),
            |_| {},
            "InvalidCiphertextException",
        ),
        (
            "cut short",
            &right,
            |blob| blob.truncate(blob.len() - 1),
            "InvalidCiphertextException",
        ),
        (
            "with one bit changed",
            &right,
            |blob| *blob.last_mut().unwrap() ^= 1,
            "InvalidCiphertextException",
        ),
        (
            "with parts swapped",
            &right,
            |blob| {
                let end = blob.len();
                blob.swap(end - 2, end - 9);
            },
            "InvalidCiphertextException",
        ),
        (
            "of three bytes",
            &right,
            |blob| *blob = vec![0; 3],
            "InvalidCiphertextException",
        ),
    ] {
        let seen = sides.each_ref().map(|(port, blob)| {
            let mut bytes = STANDARD.decode(blob.trim_matches('"')).unwrap();
            alter(&mut bytes);
            let body = json!({
                "CiphertextBlob": STANDARD.encode(bytes), "EncryptionContext": context,
            });
            shape(call(*port, KMS, "Decrypt", &body))
        });
        assert_eq!(seen, [expected, expected], "{what}");
    }
    // The service's own name for the algorithm, which moto leaves out, is not read.
    let [(ours, blob), _] = &sides;
    let body = json!({ "CiphertextBlob": blob.trim_matches('"'), "EncryptionContext": right });
    let algorithm = call(*ours, KMS, "Decrypt", &body).at("/EncryptionAlgorithm");
    assert_eq!(algorithm, r#""SYMMETRIC_DEFAULT""#);
}

#[test]
fn moto_has_another_word_for_a_key_of_another_region() {
    let story = "credstash::moto_has_another_word_for_a_key_of_another_region";
    let Some(moto) = Moto::start(story) else {
        return;
    };
    let (server, _store) = planted(&moto);
    let made = call(moto.port, KMS, "CreateKey", &json!({}));
    let id = made.at("/KeyMetadata/KeyId");
    let generate = json!({ "KeyId": id.trim_matches('"'), "NumberOfBytes": 64 });
    let generated = call(moto.port, KMS, "GenerateDataKey", &generate);
    let row = call(
        server.port(),
        DYNAMODB,
        "Query",
        &of_name("prd.app.b", json!({})),
    );
    let word = |port, blob: String| {
        let body = json!({ "CiphertextBlob": blob.trim_matches('"') });
        let reply = reply(port, KMS, "Decrypt", "eu-west-1", &body);
        reply.json()["__type"].as_str().unwrap().to_owned()
    };
    let ours = word(server.port(), row.at("/Items/0/key/S"));
    let theirs = word(moto.port, generated.at("/CiphertextBlob"));
    assert_eq!(
        [ours.as_str(), &theirs],
        ["InvalidCiphertextException", "AccessDeniedException"]
    );
}
