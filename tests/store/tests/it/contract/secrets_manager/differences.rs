//! Where moto accepts what AWS refuses, or answers otherwise.

use serde_json::{Value, json};

use super::super::{Difference, Step, ok, refused};
use super::stories::{create, get, id, put, tree, with};

/// Fields that moto leaves out: the operation, and the field.
pub const MOTO_LEAVES_OUT: &[(&str, &str)] = &[];

/// Fields that only moto has.
pub const MOTO_ADDS: &[(&str, &str)] = &[
    ("DescribeSecret", "SecretVersionsToStages"),
    ("ListSecrets", "VersionIdsToStages"),
];

/// The differences. Each begins with an empty store.
pub fn differences() -> Vec<Difference> {
    let mut all = writing();
    all.extend(stages());
    all.extend(reading());
    all.extend(listing());
    all.extend(input());
    all
}

/// A request that AWS refuses, after others.
fn laxer(name: &'static str, before: Vec<Step>, request: Step, moto: &'static str) -> Difference {
    Difference {
        name,
        before,
        request,
        place: "",
        moto,
    }
}

/// An answer that has something else at this place.
fn other(
    name: &'static str,
    before: Vec<Step>,
    request: (&'static str, Value),
    place: &'static str,
    ours: &'static str,
    moto: &'static str,
) -> Difference {
    Difference {
        name,
        before,
        request: refused(request.0, request.1, ours),
        place,
        moto,
    }
}

/// moto takes names of any form, and values of any size.
fn writing() -> Vec<Difference> {
    let named = |what, name: &str| {
        let body = json!({ "Name": name, "SecretString": "x" });
        let request = refused("CreateSecret", body, "ValidationException");
        laxer(what, Vec::new(), request, "ok")
    };
    let valued = |what, fields: Value, code| {
        let mut body = json!({ "Name": "a" });
        for (field, value) in fields.as_object().unwrap() {
            body[field] = value.clone();
        }
        laxer(what, Vec::new(), refused("CreateSecret", body, code), "ok")
    };
    let deleted = || {
        let body = get(json!({ "RecoveryWindowInDays": 7 }));
        vec![create("a", "x"), ok("DeleteSecret", body)]
    };
    let tags: Vec<Value> = (0..51)
        .map(|number| json!({ "Key": format!("k{number}"), "Value": "v" }))
        .collect();
    vec![
        named("a space in a name", "a b"),
        named("a colon in a name", "a:b"),
        named("a star in a name", "a*"),
        named("letters beyond ASCII in a name", "é"),
        named("an empty name", ""),
        named("a name of 513 characters", &"n".repeat(513)),
        valued(
            "65,537 bytes",
            json!({ "SecretString": "x".repeat(65_537) }),
            "ValidationException",
        ),
        valued(
            "an empty text",
            json!({ "SecretString": "" }),
            "ValidationException",
        ),
        valued(
            "a text and bytes at once",
            json!({ "SecretString": "x", "SecretBinary": "eA==" }),
            "InvalidParameterException",
        ),
        valued(
            "bytes that are not base64",
            json!({ "SecretBinary": "?" }),
            "SerializationException",
        ),
        valued(
            "a description that is too long",
            json!({ "SecretString": "x", "Description": "x".repeat(2049) }),
            "ValidationException",
        ),
        laxer(
            "fifty-one tags",
            vec![create("a", "x")],
            refused(
                "TagResource",
                get(json!({ "Tags": tags })),
                "InvalidParameterException",
            ),
            "ok",
        ),
        laxer(
            "a new secret with the name of one that is marked for deletion",
            deleted(),
            refused(
                "CreateSecret",
                json!({ "Name": "a", "SecretString": "y" }),
                "InvalidRequestException",
            ),
            "ResourceExistsException",
        ),
        laxer(
            "tags for a secret that is marked for deletion",
            deleted(),
            refused(
                "TagResource",
                get(json!({ "Tags": [] })),
                "InvalidRequestException",
            ),
            "ok",
        ),
        laxer(
            "an update without a token",
            vec![create("a", "x")],
            ok("UpdateSecret", get(json!({ "SecretString": "y" }))),
            "ResourceExistsException",
        ),
    ]
}

/// moto moves stages otherwise.
fn stages() -> Vec<Difference> {
    let two = || vec![create("a", "one"), put(2, "two", &["AWSCURRENT"])];
    let moved = |from: u32, to: u32| {
        let body = get(json!({
            "VersionStage": "AWSCURRENT",
            "RemoveFromVersionId": id(from),
            "MoveToVersionId": id(to),
        }));
        ok("UpdateSecretVersionStage", body)
    };
    let update = |fields: Value, code| refused("UpdateSecretVersionStage", get(fields), code);
    vec![
        other(
            "the current value, after its stage was moved back",
            [two(), vec![moved(2, 1)]].concat(),
            ("GetSecretValue", get(json!({}))),
            "/SecretString",
            r#""one""#,
            r#""two""#,
        ),
        other(
            "a stage of one's own on the version that was current",
            vec![
                create("a", "one"),
                put(2, "two", &["AWSCURRENT", "own"]),
                put(3, "three", &["AWSCURRENT"]),
            ],
            ("GetSecretValue", get(json!({ "VersionStage": "own" }))),
            "/SecretString",
            r#""two""#,
            "ResourceNotFoundException",
        ),
        laxer(
            "no current version at all",
            two(),
            update(
                json!({ "VersionStage": "AWSCURRENT", "RemoveFromVersionId": id(2) }),
                "InvalidParameterException",
            ),
            "ok",
        ),
        laxer(
            "a stage that is moved without naming where it is",
            [two(), vec![put(3, "three", &["AWSPENDING"])]].concat(),
            update(
                json!({ "VersionStage": "AWSPENDING", "MoveToVersionId": id(1) }),
                "InvalidParameterException",
            ),
            "ok",
        ),
        laxer(
            "a stage for a version that does not exist",
            two(),
            update(
                json!({ "VersionStage": "own", "MoveToVersionId": id(9) }),
                "ResourceNotFoundException",
            ),
            "InvalidParameterException",
        ),
    ]
}

/// moto has no limit for a batch, and does not distinguish ARNs.
fn reading() -> Vec<Difference> {
    let one = || vec![create("a", "x")];
    let ids: Vec<String> = (0..21).map(|number| number.to_string()).collect();
    let below = json!([{ "Key": "name", "Values": ["prd/app"] }]);
    let deleted = || {
        let body = with("prd/app2/x", json!({ "RecoveryWindowInDays": 7 }));
        [tree(), vec![ok("DeleteSecret", body)]].concat()
    };
    let batch = |what, body: Value, code| {
        laxer(
            what,
            one(),
            refused("BatchGetSecretValue", body, code),
            "ok",
        )
    };
    vec![
        batch(
            "twenty-one secrets in a batch",
            json!({ "SecretIdList": ids }),
            "ValidationException",
        ),
        batch(
            "an empty batch",
            json!({ "SecretIdList": [] }),
            "ValidationException",
        ),
        batch(
            "a batch of neither names nor filters",
            json!({}),
            "InvalidParameterException",
        ),
        batch(
            "twenty-one secrets on a page",
            json!({ "Filters": below, "MaxResults": 21 }),
            "ValidationException",
        ),
        laxer(
            "a batch by prefix, below which one is marked for deletion",
            deleted(),
            ok("BatchGetSecretValue", json!({ "Filters": below })),
            "InvalidRequestException",
        ),
        other(
            "the message for one that is marked for deletion",
            deleted(),
            (
                "BatchGetSecretValue",
                json!({ "SecretIdList": ["prd/app2/x"] }),
            ),
            "/Errors/0/Message",
            r#""You can't perform this operation on the secret because it was marked for deletion.""#,
            r#""An error occurred (InvalidRequestException) when calling the GetSecretValue operation: You tried to                 perform the operation on a secret that's currently marked deleted.""#,
        ),
        other(
            "the order of a batch",
            tree(),
            (
                "BatchGetSecretValue",
                json!({ "SecretIdList": ["prd/app2/x", "prd/app/db"] }),
            ),
            "/SecretValues/0/Name",
            r#""prd/app/db""#,
            r#""prd/app2/x""#,
        ),
        laxer(
            "an incomplete ARN that ends like a complete one",
            vec![create("app-secret", "x")],
            refused(
                "GetSecretValue",
                with("ARN-", json!({})),
                "ResourceNotFoundException",
            ),
            "ok",
        ),
        laxer(
            "an ARN of another account",
            one(),
            refused(
                "GetSecretValue",
                with(
                    "arn:aws:secretsmanager:us-east-1:999988887777:secret:a-AbCdEf",
                    json!({}),
                ),
                "AccessDeniedException",
            ),
            "ResourceNotFoundException",
        ),
        laxer(
            "an incomplete ARN of another region",
            one(),
            refused(
                "GetSecretValue",
                with(
                    "arn:aws:secretsmanager:eu-west-1:123456789012:secret:a",
                    json!({}),
                ),
                "ResourceNotFoundException",
            ),
            "ok",
        ),
    ]
}

/// moto's listings have no order, and their filters fewer rules.
fn listing() -> Vec<Difference> {
    let values: Vec<String> = (0..11).map(|number| number.to_string()).collect();
    let filter = |name, values: Value| {
        let body = json!({ "Filters": [{ "Key": "name", "Values": values }] });
        laxer(
            name,
            Vec::new(),
            refused("ListSecrets", body, "ValidationException"),
            "ok",
        )
    };
    let three = || {
        vec![
            create("a", "one"),
            put(2, "two", &["AWSCURRENT"]),
            put(3, "three", &["AWSCURRENT"]),
        ]
    };
    vec![
        other(
            "the order of a listing",
            tree(),
            ("ListSecrets", json!({ "SortOrder": "desc" })),
            "/SecretList/0/Name",
            r#""PRD/app/upper""#,
            r#""prd/app/db""#,
        ),
        other(
            "a word of a name with punctuation of two sorts",
            vec![create("prd/app-two", "x")],
            (
                "ListSecrets",
                json!({ "Filters": [{ "Key": "all", "Values": ["two"] }] }),
            ),
            "/SecretList/0/Name",
            r#""prd/app-two""#,
            "null",
        ),
        filter("a star in a filter", json!(["prd/*"])),
        filter("eleven values of a filter", json!(values)),
        filter("a filter without values", json!([])),
        laxer(
            "more secrets on a page than there may be",
            Vec::new(),
            refused(
                "ListSecrets",
                json!({ "MaxResults": 101 }),
                "ValidationException",
            ),
            "ok",
        ),
        laxer(
            "a page of nothing",
            Vec::new(),
            refused(
                "ListSecrets",
                json!({ "MaxResults": 0 }),
                "ValidationException",
            ),
            "ok",
        ),
        laxer(
            "a token that was never given out",
            Vec::new(),
            refused(
                "ListSecrets",
                json!({ "NextToken": "x" }),
                "InvalidNextTokenException",
            ),
            "500",
        ),
        laxer(
            "the token of another listing",
            [tree(), vec![ok("ListSecrets", json!({ "MaxResults": 1 }))]].concat(),
            refused(
                "ListSecrets",
                json!({ "NextToken": "…", "Filters": [{ "Key": "name", "Values": ["prd"] }] }),
                "InvalidNextTokenException",
            ),
            "ok",
        ),
        other(
            "a version without a stage, in the list of versions",
            three(),
            ("ListSecretVersionIds", get(json!({}))),
            "/Versions/2/VersionId",
            "null",
            r#""11111111-0000-4000-8000-000000000003""#,
        ),
        other(
            "the ARN of a list of versions",
            three(),
            ("ListSecretVersionIds", get(json!({}))),
            "/ARN",
            r#""arn:aws:secretsmanager:us-east-1:123456789012:secret:a-AbCdEf""#,
            r#""a""#,
        ),
        other(
            "the key of a version",
            three(),
            ("ListSecretVersionIds", get(json!({}))),
            "/Versions/0/KmsKeyIds",
            r#"["DefaultEncryptionKey"]"#,
            "null",
        ),
    ]
}

/// moto breaks on input that AWS refuses.
fn input() -> Vec<Difference> {
    let breaks = |name, operation, body, code| {
        laxer(name, Vec::new(), refused(operation, body, code), "500")
    };
    vec![
        breaks(
            "no secret to read",
            "GetSecretValue",
            json!({}),
            "ValidationException",
        ),
        breaks(
            "a number for a secret",
            "GetSecretValue",
            json!({ "SecretId": 7 }),
            "SerializationException",
        ),
        breaks(
            "no name",
            "CreateSecret",
            json!({ "SecretString": "x" }),
            "ValidationException",
        ),
        breaks(
            "the versions of a secret that does not exist",
            "ListSecretVersionIds",
            with("none", json!({})),
            "ResourceNotFoundException",
        ),
        breaks(
            "an operation that there is not",
            "BrewCoffee",
            json!({}),
            "UnknownOperationException",
        ),
    ]
}
