//! What both must answer alike.

use serde_json::{Value, json};

use super::super::{Step, ok, refused};

/// The id of a version of a story.
pub fn id(number: u32) -> String {
    format!("11111111-0000-4000-8000-{number:012}")
}

pub fn create(name: &str, value: &str) -> Step {
    let body = json!({ "Name": name, "SecretString": value, "ClientRequestToken": id(1) });
    ok("CreateSecret", body)
}

/// A version that is put with these stages.
pub fn put(number: u32, value: &str, stages: &[&str]) -> Step {
    let body = json!({
        "SecretId": "a",
        "SecretString": value,
        "ClientRequestToken": id(number),
        "VersionStages": stages,
    });
    ok("PutSecretValue", body)
}

pub fn get(fields: Value) -> Value {
    with("a", fields)
}

pub fn with(secret: &str, mut fields: Value) -> Value {
    fields["SecretId"] = json!(secret);
    fields
}

/// Some that lie near each other.
pub fn tree() -> Vec<Step> {
    let tagged = |name: &str, description: &str, team: &str| {
        let tags = json!([{ "Key": "team", "Value": team }]);
        let body = json!({
            "Name": name,
            "SecretString": "x",
            "ClientRequestToken": id(1),
            "Description": description,
            "Tags": tags,
        });
        ok("CreateSecret", body)
    };
    vec![
        tagged("prd/app/db", "DatabasePassword", "web"),
        tagged("prd/app/key", "key of the app", "web"),
        tagged("prd/app2/x", "of another service", "ops"),
        tagged("/prd/slash", "begins with a slash", "ops"),
        tagged("PRD/app/upper", "in capital letters", "Web"),
    ]
}

/// The stories by name. Each begins with an empty store.
pub fn stories() -> Vec<(&'static str, Vec<Step>)> {
    let story = |before: Vec<Step>, steps: Vec<Step>| [before, steps].concat();
    let filtered = |filters: Value| ok("ListSecrets", json!({ "Filters": filters }));
    let many: Vec<Step> = (0..23)
        .map(|number| create(&format!("many/{number:02}"), "x"))
        .collect();
    let below = json!([{ "Key": "name", "Values": ["many/"] }]);
    let missing = "ResourceNotFoundException";
    let in_use = "ResourceExistsException";

    vec![
        (
            "a secret is made once, and read by name and ARN",
            vec![
                create("prd/app_1+2=3.4@5-6", "naïve ✓ \n\t\"quoted\" \\ end"),
                ok("GetSecretValue", with("prd/app_1+2=3.4@5-6", json!({}))),
                ok("GetSecretValue", with("ARN", json!({}))),
                ok("GetSecretValue", with("ARN-", json!({}))),
                ok("DescribeSecret", with("ARN", json!({}))),
                create("prd/app_1+2=3.4@5-6", "naïve ✓ \n\t\"quoted\" \\ end"),
                refused(
                    "CreateSecret",
                    json!({ "Name": "prd/app_1+2=3.4@5-6", "SecretString": "x" }),
                    in_use,
                ),
                refused(
                    "CreateSecret",
                    json!({ "Name": "prd/app_1+2=3.4@5-6", "SecretString": "x", "ClientRequestToken": id(1) }),
                    in_use,
                ),
                refused("GetSecretValue", with("prd/app", json!({})), missing),
                refused(
                    "GetSecretValue",
                    with("/prd/app_1+2=3.4@5-6", json!({})),
                    missing,
                ),
                refused("DescribeSecret", with("prd/app", json!({})), missing),
                refused(
                    "CreateSecret",
                    json!({ "Name": "b", "SecretString": "x", "ClientRequestToken": "short" }),
                    "InvalidParameterException",
                ),
            ],
        ),
        (
            "a binary secret",
            vec![
                ok(
                    "CreateSecret",
                    json!({ "Name": "a", "SecretBinary": "AAH/", "ClientRequestToken": id(1) }),
                ),
                ok("GetSecretValue", get(json!({}))),
                ok("BatchGetSecretValue", json!({ "SecretIdList": ["a"] })),
            ],
        ),
        (
            "a secret without a value",
            vec![
                ok("CreateSecret", json!({ "Name": "a" })),
                ok("DescribeSecret", get(json!({}))),
                refused("GetSecretValue", get(json!({})), missing),
                put(1, "one", &["AWSCURRENT"]),
                ok("GetSecretValue", get(json!({}))),
            ],
        ),
        (
            "stages move from version to version",
            vec![
                create("a", "one"),
                put(2, "two", &["AWSCURRENT"]),
                ok("DescribeSecret", get(json!({}))),
                ok(
                    "GetSecretValue",
                    get(json!({ "VersionStage": "AWSPREVIOUS" })),
                ),
                put(3, "three", &["AWSCURRENT"]),
                ok("GetSecretValue", get(json!({ "VersionId": id(2) }))),
                ok(
                    "GetSecretValue",
                    get(json!({ "VersionStage": "AWSPREVIOUS" })),
                ),
                put(4, "four", &["AWSPENDING"]),
                ok("GetSecretValue", get(json!({}))),
                ok(
                    "GetSecretValue",
                    get(json!({ "VersionStage": "AWSPENDING" })),
                ),
                ok(
                    "GetSecretValue",
                    get(json!({ "VersionStage": "AWSPENDING", "VersionId": id(4) })),
                ),
                refused(
                    "GetSecretValue",
                    get(json!({ "VersionStage": "AWSCURRENT", "VersionId": id(4) })),
                    "InvalidRequestException",
                ),
                refused(
                    "GetSecretValue",
                    get(json!({ "VersionStage": "none" })),
                    missing,
                ),
                refused(
                    "GetSecretValue",
                    get(json!({ "VersionId": id(9) })),
                    missing,
                ),
                ok(
                    "UpdateSecretVersionStage",
                    get(json!({
                        "VersionStage": "AWSCURRENT",
                        "RemoveFromVersionId": id(3),
                        "MoveToVersionId": id(2),
                    })),
                ),
                ok(
                    "GetSecretValue",
                    get(json!({ "VersionStage": "AWSCURRENT" })),
                ),
                ok(
                    "GetSecretValue",
                    get(json!({ "VersionStage": "AWSPREVIOUS" })),
                ),
                refused(
                    "UpdateSecretVersionStage",
                    get(json!({ "VersionStage": "AWSCURRENT", "MoveToVersionId": id(3) })),
                    "InvalidParameterException",
                ),
                refused("PutSecretValue", get(json!({})), "InvalidRequestException"),
                refused(
                    "PutSecretValue",
                    get(json!({ "SecretString": "other", "ClientRequestToken": id(1) })),
                    in_use,
                ),
                refused(
                    "PutSecretValue",
                    with("none", json!({ "SecretString": "x" })),
                    missing,
                ),
            ],
        ),
        (
            "filters that both read alike",
            story(
                tree(),
                vec![
                    ok("ListSecrets", json!({})),
                    filtered(json!([{ "Key": "name", "Values": ["prd/app"] }])),
                    filtered(json!([{ "Key": "name", "Values": ["prd/app/"] }])),
                    filtered(json!([{ "Key": "name", "Values": ["/"] }])),
                    filtered(json!([{ "Key": "name", "Values": ["!prd/"] }])),
                    filtered(json!([{ "Key": "name", "Values": ["/prd", "PRD"] }])),
                    filtered(json!([{ "Key": "name", "Values": ["app"] }])),
                    filtered(json!([{ "Key": "tag-key", "Values": ["te"] }])),
                    filtered(json!([{ "Key": "tag-key", "Values": ["Te"] }])),
                    filtered(json!([{ "Key": "tag-value", "Values": ["web"] }])),
                    filtered(json!([
                        { "Key": "tag-value", "Values": ["web"] },
                        { "Key": "name", "Values": ["prd/app/k"] },
                    ])),
                    filtered(json!([{ "Key": "description", "Values": ["password"] }])),
                    filtered(json!([{ "Key": "all", "Values": ["slash prd"] }])),
                    filtered(json!([{ "Key": "all", "Values": ["OPS"] }])),
                    filtered(json!([{ "Key": "owning-service", "Values": ["rds"] }])),
                    filtered(json!([{ "Key": "primary-region", "Values": ["us-east-1"] }])),
                    ok(
                        "BatchGetSecretValue",
                        json!({ "Filters": [{ "Key": "name", "Values": ["prd/app"] }] }),
                    ),
                    refused(
                        "ListSecrets",
                        json!({ "Filters": [{ "Key": "colour", "Values": ["x"] }] }),
                        "ValidationException",
                    ),
                    refused(
                        "ListSecrets",
                        json!({ "Filters": [{ "Key": "name" }] }),
                        "InvalidParameterException",
                    ),
                    refused(
                        "ListSecrets",
                        json!({ "Filters": [{ "Values": ["x"] }] }),
                        "InvalidParameterException",
                    ),
                ],
            ),
        ),
        (
            "pages",
            story(
                many,
                vec![
                    ok("ListSecrets", json!({ "MaxResults": 15 })),
                    ok("ListSecrets", json!({ "MaxResults": 15, "NextToken": "…" })),
                    ok(
                        "BatchGetSecretValue",
                        json!({ "Filters": below, "MaxResults": 20 }),
                    ),
                    ok(
                        "BatchGetSecretValue",
                        json!({ "Filters": below, "MaxResults": 20, "NextToken": "…" }),
                    ),
                ],
            ),
        ),
        (
            "a batch of which some cannot be read",
            story(
                tree(),
                vec![
                    ok(
                        "DeleteSecret",
                        with("prd/app2/x", json!({ "RecoveryWindowInDays": 7 })),
                    ),
                    ok(
                        "BatchGetSecretValue",
                        json!({ "SecretIdList": ["prd/app/db", "none", "/prd/slash"] }),
                    ),
                    refused(
                        "BatchGetSecretValue",
                        json!({
                            "SecretIdList": ["prd/app/db"],
                            "Filters": [{ "Key": "name", "Values": ["x"] }],
                        }),
                        "InvalidParameterException",
                    ),
                    refused(
                        "BatchGetSecretValue",
                        json!({ "SecretIdList": ["prd/app/db"], "MaxResults": 5 }),
                        "InvalidParameterException",
                    ),
                ],
            ),
        ),
        (
            "deletion, and what brings back",
            vec![
                create("a", "one"),
                refused(
                    "DeleteSecret",
                    get(json!({ "RecoveryWindowInDays": 6 })),
                    "InvalidParameterException",
                ),
                refused(
                    "DeleteSecret",
                    get(json!({ "RecoveryWindowInDays": 7, "ForceDeleteWithoutRecovery": true })),
                    "InvalidParameterException",
                ),
                ok("DeleteSecret", get(json!({ "RecoveryWindowInDays": 7 }))),
                refused("GetSecretValue", get(json!({})), "InvalidRequestException"),
                refused("DeleteSecret", get(json!({})), "InvalidRequestException"),
                ok("DescribeSecret", get(json!({}))),
                ok("ListSecrets", json!({})),
                ok("ListSecrets", json!({ "IncludePlannedDeletion": true })),
                ok("RestoreSecret", get(json!({}))),
                ok("GetSecretValue", get(json!({}))),
                ok(
                    "DeleteSecret",
                    get(json!({ "ForceDeleteWithoutRecovery": true })),
                ),
                ok(
                    "DeleteSecret",
                    get(json!({ "ForceDeleteWithoutRecovery": true })),
                ),
                refused("GetSecretValue", get(json!({})), missing),
                refused("DeleteSecret", get(json!({})), missing),
                refused("RestoreSecret", get(json!({})), missing),
                create("a", "again"),
                ok("GetSecretValue", get(json!({}))),
            ],
        ),
        (
            "descriptions, keys and tags",
            vec![
                ok(
                    "CreateSecret",
                    json!({
                        "Name": "a",
                        "SecretString": "x",
                        "ClientRequestToken": id(1),
                        "KmsKeyId": "alias/own",
                        "Description": "text",
                        "Tags": [{ "Key": "team", "Value": "web" }],
                    }),
                ),
                ok("DescribeSecret", get(json!({}))),
                ok(
                    "TagResource",
                    get(
                        json!({ "Tags": [{ "Key": "env", "Value": "prd" }, { "Key": "team", "Value": "ops" }] }),
                    ),
                ),
                ok("DescribeSecret", get(json!({}))),
                ok("UntagResource", get(json!({ "TagKeys": ["team", "none"] }))),
                ok("DescribeSecret", get(json!({}))),
                refused("TagResource", with("none", json!({ "Tags": [] })), missing),
            ],
        ),
    ]
}
