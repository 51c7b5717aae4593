//! What both must answer alike.

use serde_json::{Value, json};

use super::{Step, ok, refused};

fn put(name: &str, value: &str, kind: &str) -> Step {
    let body = json!({ "Name": name, "Value": value, "Type": kind });
    ok("PutParameter", body)
}

/// A few of each kind, and some that lie near each other.
fn tree() -> Vec<Step> {
    vec![
        put("/app/a", "one", "String"),
        put("/app/b", "two", "SecureString"),
        put("/app/c/d", "x,y", "StringList"),
        put("/app", "the path itself", "String"),
        put("/app2/x", "other", "String"),
        put("flat", "plain", "SecureString"),
    ]
}

/// The stories by name. Each begins with an empty store.
pub fn stories() -> Vec<(&'static str, Vec<Step>)> {
    let story = |before: Vec<Step>, steps: Vec<Step>| [before, steps].concat();
    let by_path = |fields: Value| {
        let mut body = json!({ "Path": "/app", "Recursive": true, "WithDecryption": true });
        for (field, value) in fields.as_object().unwrap() {
            body[field] = value.clone();
        }
        body
    };
    let filtered = |filter: Value| by_path(json!({ "ParameterFilters": [filter] }));
    let described = |filter: Value| json!({ "ParameterFilters": [filter] });
    let many: Vec<Step> = (0..23)
        .map(|number| put(&format!("/many/p{number:02}"), "x", "String"))
        .collect();
    let hundred_and_one: Vec<Step> = (0..101)
        .map(|number| {
            let value = number.to_string();
            let body = json!({ "Name": "/a", "Value": value, "Type": "String", "Overwrite": true });
            ok("PutParameter", body)
        })
        .collect();
    let eleven: Vec<String> = (0..11).map(|number| format!("/n/{number}")).collect();
    let ten_labels: Vec<String> = (0..10).map(|number| format!("label-{number}")).collect();
    let tagged = json!({ "ResourceType": "Parameter", "ResourceId": "/tagged" });
    let tagging = |field: &str, value: Value| {
        let mut body = tagged.clone();
        body[field] = value;
        body
    };

    vec![
        (
            "a parameter is written, and written again only on purpose",
            vec![
                ok(
                    "PutParameter",
                    json!({ "Name": "/a", "Value": "one", "Type": "String", "Description": "first" }),
                ),
                refused(
                    "PutParameter",
                    json!({ "Name": "/a", "Value": "two", "Type": "String" }),
                    "ParameterAlreadyExists",
                ),
                ok("GetParameter", json!({ "Name": "/a" })),
                ok(
                    "PutParameter",
                    json!({ "Name": "/a", "Value": "two", "Type": "String", "Overwrite": true }),
                ),
                ok(
                    "PutParameter",
                    json!({ "Name": "/a", "Value": "three", "Overwrite": true }),
                ),
                ok("GetParameter", json!({ "Name": "/a" })),
                ok("GetParameterHistory", json!({ "Name": "/a" })),
            ],
        ),
        (
            "each type is kept",
            vec![
                put("/string", "naïve ✓ \n\t\"quoted\" \\ end", "String"),
                put("/list", "a,b,c", "StringList"),
                put("/secure", "x", "SecureString"),
                ok(
                    "PutParameter",
                    json!({ "Name": "/keyed", "Value": "x", "Type": "SecureString", "KeyId": "alias/own" }),
                ),
                ok(
                    "PutParameter",
                    json!({ "Name": "/image", "Value": "ami-12345678", "Type": "String", "DataType": "aws:ec2:image" }),
                ),
                ok(
                    "PutParameter",
                    json!({ "Name": "/large", "Value": "x", "Type": "String", "Tier": "Advanced" }),
                ),
                ok(
                    "GetParametersByPath",
                    json!({ "Path": "/", "Recursive": true, "WithDecryption": true }),
                ),
                ok("DescribeParameters", json!({})),
            ],
        ),
        (
            "writing that both refuse",
            vec![
                put("/there", "x", "String"),
                refused(
                    "PutParameter",
                    json!({ "Name": "/new", "Value": "x" }),
                    "ValidationException",
                ),
                refused(
                    "PutParameter",
                    json!({ "Name": "/new", "Type": "String" }),
                    "ValidationException",
                ),
                refused(
                    "PutParameter",
                    json!({ "Name": "/new", "Value": "", "Type": "String" }),
                    "ValidationException",
                ),
                refused(
                    "PutParameter",
                    json!({ "Name": "/new", "Value": "x", "Type": "Text" }),
                    "ValidationException",
                ),
                refused(
                    "PutParameter",
                    json!({ "Name": "/new", "Value": "x", "Type": "String", "DataType": "number" }),
                    "ValidationException",
                ),
                refused(
                    "PutParameter",
                    json!({ "Name": "/aws/x", "Value": "x", "Type": "String" }),
                    "AccessDeniedException",
                ),
                refused(
                    "PutParameter",
                    json!({ "Name": "/awsome", "Value": "x", "Type": "String" }),
                    "ValidationException",
                ),
                refused(
                    "PutParameter",
                    json!({ "Name": "ssm-x", "Value": "x", "Type": "String" }),
                    "ValidationException",
                ),
                refused(
                    "PutParameter",
                    json!({ "Name": "/there", "Value": "x", "Overwrite": true, "Tags": [{ "Key": "k", "Value": "v" }] }),
                    "ValidationException",
                ),
                ok(
                    "GetParametersByPath",
                    json!({ "Path": "/", "Recursive": true }),
                ),
            ],
        ),
        (
            "names differ by the case of their letters, and not by their leading slash",
            vec![
                put("Case", "x", "String"),
                refused(
                    "GetParameter",
                    json!({ "Name": "case" }),
                    "ParameterNotFound",
                ),
                ok("GetParameter", json!({ "Name": "/Case" })),
                refused(
                    "PutParameter",
                    json!({ "Name": "/Case", "Value": "x", "Type": "String" }),
                    "ParameterAlreadyExists",
                ),
                put("/case/x", "x", "String"),
                ok(
                    "GetParametersByPath",
                    json!({ "Path": "/Case", "Recursive": true }),
                ),
            ],
        ),
        (
            "a name as deep as it may be",
            vec![
                put(&"/x".repeat(15), "deep", "String"),
                ok("GetParameter", json!({ "Name": "/x".repeat(15) })),
            ],
        ),
        (
            "one parameter, by everything that it may be called",
            story(
                tree(),
                vec![
                    ok(
                        "PutParameter",
                        json!({ "Name": "/app/a", "Value": "newer", "Overwrite": true }),
                    ),
                    ok(
                        "LabelParameterVersion",
                        json!({ "Name": "/app/a", "ParameterVersion": 1, "Labels": ["live"] }),
                    ),
                    ok("GetParameter", json!({ "Name": "/app/a" })),
                    ok("GetParameter", json!({ "Name": "/app/a:1" })),
                    ok("GetParameter", json!({ "Name": "/app/a:2" })),
                    ok("GetParameter", json!({ "Name": "/app/a:live" })),
                    ok("GetParameter", json!({ "Name": "flat" })),
                    ok("GetParameter", json!({ "Name": "/flat" })),
                    ok(
                        "GetParameter",
                        json!({ "Name": "arn:aws:ssm:us-east-1:123456789012:parameter/app/a" }),
                    ),
                    refused(
                        "GetParameter",
                        json!({ "Name": "/app/a:3" }),
                        "ParameterVersionNotFound",
                    ),
                    refused(
                        "GetParameter",
                        json!({ "Name": "/none" }),
                        "ParameterNotFound",
                    ),
                    refused(
                        "GetParameter",
                        json!({ "Name": "/none:1" }),
                        "ParameterNotFound",
                    ),
                ],
            ),
        ),
        (
            "decryption is asked for",
            story(
                tree(),
                vec![
                    ok("GetParameter", json!({ "Name": "/app/b" })),
                    ok(
                        "GetParameter",
                        json!({ "Name": "/app/b", "WithDecryption": false }),
                    ),
                    ok(
                        "GetParameter",
                        json!({ "Name": "/app/b", "WithDecryption": true }),
                    ),
                    ok(
                        "GetParameter",
                        json!({ "Name": "/app/a", "WithDecryption": true }),
                    ),
                    ok(
                        "GetParameters",
                        json!({ "Names": ["/app/a", "/app/b", "/app/c/d"] }),
                    ),
                    ok(
                        "GetParametersByPath",
                        json!({ "Path": "/app", "Recursive": true }),
                    ),
                    ok("GetParameterHistory", json!({ "Name": "/app/b" })),
                    ok(
                        "GetParameterHistory",
                        json!({ "Name": "/app/b", "WithDecryption": true }),
                    ),
                ],
            ),
        ),
        (
            "several by name, and those that are not there",
            story(
                tree(),
                vec![
                    ok(
                        "LabelParameterVersion",
                        json!({ "Name": "/app/a", "Labels": ["live"] }),
                    ),
                    ok(
                        "GetParameters",
                        json!({ "Names": ["/app/b", "/none", "/app/a", "flat"], "WithDecryption": true }),
                    ),
                    ok(
                        "GetParameters",
                        json!({ "Names": ["/app/a:1", "/app/b:1"], "WithDecryption": true }),
                    ),
                    ok(
                        "GetParameters",
                        json!({ "Names": ["/app/a:live", "/app/b:live"], "WithDecryption": true }),
                    ),
                    ok("GetParameters", json!({ "Names": ["/app/a:9", "/none:1"] })),
                    ok("GetParameters", json!({ "Names": ["/none"] })),
                    refused(
                        "GetParameters",
                        json!({ "Names": eleven }),
                        "ValidationException",
                    ),
                ],
            ),
        ),
        (
            "a path holds what is below it, and nothing else",
            story(
                tree(),
                vec![
                    ok("GetParametersByPath", json!({ "Path": "/app" })),
                    ok("GetParametersByPath", json!({ "Path": "/app/" })),
                    ok(
                        "GetParametersByPath",
                        json!({ "Path": "/app", "Recursive": false }),
                    ),
                    ok(
                        "GetParametersByPath",
                        json!({ "Path": "/app", "Recursive": true }),
                    ),
                    ok(
                        "GetParametersByPath",
                        json!({ "Path": "/app/c", "Recursive": true }),
                    ),
                    ok("GetParametersByPath", json!({ "Path": "/" })),
                    ok(
                        "GetParametersByPath",
                        json!({ "Path": "/", "Recursive": true }),
                    ),
                    ok(
                        "GetParametersByPath",
                        json!({ "Path": "/none", "Recursive": true }),
                    ),
                    refused(
                        "GetParametersByPath",
                        json!({ "Path": "/app", "MaxResults": 11 }),
                        "ValidationException",
                    ),
                ],
            ),
        ),
        (
            "pages hold ten, or fewer if asked",
            story(
                many,
                vec![
                    ok("GetParametersByPath", json!({ "Path": "/many" })),
                    ok(
                        "GetParametersByPath",
                        json!({ "Path": "/many", "NextToken": "…" }),
                    ),
                    ok(
                        "GetParametersByPath",
                        json!({ "Path": "/many", "NextToken": "…" }),
                    ),
                    ok(
                        "GetParametersByPath",
                        json!({ "Path": "/many", "MaxResults": 10 }),
                    ),
                    ok(
                        "GetParametersByPath",
                        json!({ "Path": "/many", "MaxResults": 10, "NextToken": "…" }),
                    ),
                    ok(
                        "GetParametersByPath",
                        json!({ "Path": "/many", "MaxResults": 2 }),
                    ),
                    ok(
                        "GetParametersByPath",
                        json!({ "Path": "/many", "MaxResults": 2, "NextToken": "…" }),
                    ),
                ],
            ),
        ),
        (
            "a path by type, key and label",
            story(
                tree(),
                vec![
                    ok(
                        "PutParameter",
                        json!({ "Name": "/app/keyed", "Value": "x", "Type": "SecureString", "KeyId": "alias/own" }),
                    ),
                    ok(
                        "LabelParameterVersion",
                        json!({ "Name": "/app/a", "Labels": ["live"] }),
                    ),
                    ok(
                        "LabelParameterVersion",
                        json!({ "Name": "/app/c/d", "Labels": ["live"] }),
                    ),
                    ok(
                        "GetParametersByPath",
                        filtered(json!({ "Key": "Type", "Values": ["SecureString"] })),
                    ),
                    ok(
                        "GetParametersByPath",
                        filtered(
                            json!({ "Key": "Type", "Option": "Equals", "Values": ["String", "StringList"] }),
                        ),
                    ),
                    ok(
                        "GetParametersByPath",
                        filtered(
                            json!({ "Key": "Type", "Option": "BeginsWith", "Values": ["String"] }),
                        ),
                    ),
                    ok(
                        "GetParametersByPath",
                        filtered(json!({ "Key": "KeyId", "Values": ["alias/own"] })),
                    ),
                    ok(
                        "GetParametersByPath",
                        filtered(json!({ "Key": "Label", "Values": ["live"] })),
                    ),
                    ok(
                        "GetParametersByPath",
                        filtered(
                            json!({ "Key": "Label", "Option": "Equals", "Values": ["live", "other"] }),
                        ),
                    ),
                    ok(
                        "GetParametersByPath",
                        filtered(json!({ "Key": "Label", "Values": ["none"] })),
                    ),
                    refused(
                        "GetParametersByPath",
                        filtered(json!({ "Key": "Name", "Values": ["x"] })),
                        "InvalidFilterKey",
                    ),
                    refused(
                        "GetParametersByPath",
                        filtered(json!({ "Key": "Colour", "Values": ["x"] })),
                        "ValidationException",
                    ),
                    refused(
                        "GetParametersByPath",
                        filtered(json!({ "Key": "Label", "Option": "Contains", "Values": ["x"] })),
                        "InvalidFilterOption",
                    ),
                    refused(
                        "GetParametersByPath",
                        filtered(json!({ "Key": "Type" })),
                        "InvalidFilterValue",
                    ),
                ],
            ),
        ),
        (
            "a label belongs to one version",
            vec![
                put("/a", "one", "String"),
                ok(
                    "PutParameter",
                    json!({ "Name": "/a", "Value": "two", "Overwrite": true }),
                ),
                ok(
                    "LabelParameterVersion",
                    json!({ "Name": "/a", "ParameterVersion": 1, "Labels": ["live", "1st", "aws-x", "b c"] }),
                ),
                ok("GetParameter", json!({ "Name": "/a:live" })),
                ok(
                    "LabelParameterVersion",
                    json!({ "Name": "/a", "Labels": ["live"] }),
                ),
                ok("GetParameter", json!({ "Name": "/a:live" })),
                ok("GetParameterHistory", json!({ "Name": "/a" })),
                ok(
                    "UnlabelParameterVersion",
                    json!({ "Name": "/a", "ParameterVersion": 2, "Labels": ["live", "other"] }),
                ),
                ok("GetParameterHistory", json!({ "Name": "/a" })),
            ],
        ),
        (
            "labels that both refuse",
            vec![
                put("/a", "one", "String"),
                ok(
                    "LabelParameterVersion",
                    json!({ "Name": "/a", "Labels": ten_labels }),
                ),
                refused(
                    "LabelParameterVersion",
                    json!({ "Name": "/a", "Labels": ["more"] }),
                    "ParameterVersionLabelLimitExceeded",
                ),
                refused(
                    "LabelParameterVersion",
                    json!({ "Name": "/a", "Labels": ["x".repeat(101)] }),
                    "ValidationException",
                ),
                refused(
                    "LabelParameterVersion",
                    json!({ "Name": "/a", "ParameterVersion": 9, "Labels": ["x"] }),
                    "ParameterVersionNotFound",
                ),
                refused(
                    "UnlabelParameterVersion",
                    json!({ "Name": "/a", "ParameterVersion": 9, "Labels": ["x"] }),
                    "ParameterVersionNotFound",
                ),
                refused(
                    "UnlabelParameterVersion",
                    json!({ "Name": "/none", "ParameterVersion": 1, "Labels": ["x"] }),
                    "ParameterNotFound",
                ),
                refused(
                    "LabelParameterVersion",
                    json!({ "Name": "/none", "Labels": ["x"] }),
                    "ParameterNotFound",
                ),
            ],
        ),
        (
            "a hundred versions are kept, and a label keeps the oldest from going",
            story(
                hundred_and_one,
                vec![
                    refused(
                        "GetParameter",
                        json!({ "Name": "/a:1" }),
                        "ParameterVersionNotFound",
                    ),
                    ok("GetParameter", json!({ "Name": "/a:2" })),
                    ok(
                        "LabelParameterVersion",
                        json!({ "Name": "/a", "ParameterVersion": 2, "Labels": ["keep"] }),
                    ),
                    refused(
                        "PutParameter",
                        json!({ "Name": "/a", "Value": "more", "Overwrite": true }),
                        "ParameterMaxVersionLimitExceeded",
                    ),
                ],
            ),
        ),
        (
            "history, in pages",
            vec![
                refused(
                    "GetParameterHistory",
                    json!({ "Name": "/none" }),
                    "ParameterNotFound",
                ),
                put("/a", "one", "SecureString"),
                ok(
                    "PutParameter",
                    json!({ "Name": "/a", "Value": "two", "Overwrite": true }),
                ),
                ok(
                    "PutParameter",
                    json!({ "Name": "/a", "Value": "three", "Overwrite": true }),
                ),
                ok(
                    "GetParameterHistory",
                    json!({ "Name": "/a", "WithDecryption": true }),
                ),
                ok(
                    "GetParameterHistory",
                    json!({ "Name": "/a", "MaxResults": 2, "WithDecryption": true }),
                ),
                ok(
                    "GetParameterHistory",
                    json!({ "Name": "/a", "MaxResults": 2, "WithDecryption": true, "NextToken": "…" }),
                ),
                refused(
                    "GetParameterHistory",
                    json!({ "Name": "/a", "MaxResults": 51 }),
                    "ValidationException",
                ),
            ],
        ),
        (
            "descriptions, and filters for them",
            story(
                tree(),
                vec![
                    ok(
                        "PutParameter",
                        json!({ "Name": "/tagged", "Value": "x", "Type": "SecureString", "KeyId": "alias/own", "Tags": [{ "Key": "team", "Value": "web" }] }),
                    ),
                    ok("DescribeParameters", json!({})),
                    ok(
                        "DescribeParameters",
                        described(json!({ "Key": "Name", "Values": ["/app/a"] })),
                    ),
                    ok(
                        "DescribeParameters",
                        described(json!({ "Key": "Name", "Values": ["flat"] })),
                    ),
                    ok(
                        "DescribeParameters",
                        described(
                            json!({ "Key": "Name", "Option": "BeginsWith", "Values": ["/app/"] }),
                        ),
                    ),
                    ok(
                        "DescribeParameters",
                        described(
                            json!({ "Key": "Name", "Option": "Contains", "Values": ["pp2"] }),
                        ),
                    ),
                    ok(
                        "DescribeParameters",
                        described(json!({ "Key": "Path", "Values": ["/app"] })),
                    ),
                    ok(
                        "DescribeParameters",
                        described(
                            json!({ "Key": "Path", "Option": "Recursive", "Values": ["/app"] }),
                        ),
                    ),
                    ok(
                        "DescribeParameters",
                        described(json!({ "Key": "Type", "Values": ["StringList"] })),
                    ),
                    ok(
                        "DescribeParameters",
                        described(json!({ "Key": "KeyId", "Values": ["alias/own"] })),
                    ),
                    ok(
                        "DescribeParameters",
                        described(json!({ "Key": "tag:team", "Values": ["web"] })),
                    ),
                    ok(
                        "DescribeParameters",
                        described(json!({ "Key": "tag:team", "Values": ["ops"] })),
                    ),
                    ok(
                        "DescribeParameters",
                        json!({ "Filters": [{ "Key": "Name", "Values": ["/app2"] }] }),
                    ),
                    refused(
                        "DescribeParameters",
                        described(json!({ "Key": "Label", "Values": ["x"] })),
                        "InvalidFilterKey",
                    ),
                    refused(
                        "DescribeParameters",
                        described(json!({ "Key": "Colour", "Values": ["x"] })),
                        "ValidationException",
                    ),
                    refused(
                        "DescribeParameters",
                        described(json!({ "Key": "Path", "Option": "Equals", "Values": ["/x"] })),
                        "InvalidFilterOption",
                    ),
                    refused(
                        "DescribeParameters",
                        described(
                            json!({ "Key": "Name", "Option": "Recursive", "Values": ["/x"] }),
                        ),
                        "InvalidFilterOption",
                    ),
                    refused(
                        "DescribeParameters",
                        json!({ "ParameterFilters": [{ "Key": "Name", "Values": ["/a"] }, { "Key": "Name", "Values": ["/b"] }] }),
                        "InvalidFilterKey",
                    ),
                    refused(
                        "DescribeParameters",
                        json!({ "Filters": [{ "Key": "Name", "Values": ["/a"] }], "ParameterFilters": [{ "Key": "Name", "Values": ["/a"] }] }),
                        "ValidationException",
                    ),
                ],
            ),
        ),
        (
            "tags",
            vec![
                ok(
                    "PutParameter",
                    json!({ "Name": "/tagged", "Value": "x", "Type": "String", "Tags": [{ "Key": "team", "Value": "web" }] }),
                ),
                ok("ListTagsForResource", tagged.clone()),
                ok(
                    "AddTagsToResource",
                    tagging("Tags", json!([{ "Key": "env", "Value": "prd" }])),
                ),
                ok("ListTagsForResource", tagged.clone()),
                ok(
                    "RemoveTagsFromResource",
                    tagging("TagKeys", json!(["team"])),
                ),
                ok("ListTagsForResource", tagged.clone()),
                refused(
                    "ListTagsForResource",
                    json!({ "ResourceType": "Parameter", "ResourceId": "/none" }),
                    "InvalidResourceId",
                ),
                refused(
                    "AddTagsToResource",
                    json!({ "ResourceType": "Parameter", "ResourceId": "/none", "Tags": [] }),
                    "InvalidResourceId",
                ),
                refused(
                    "ListTagsForResource",
                    json!({ "ResourceType": "Coffee", "ResourceId": "/tagged" }),
                    "InvalidResourceType",
                ),
            ],
        ),
        (
            "deletion",
            story(
                tree(),
                vec![
                    ok("DeleteParameter", json!({ "Name": "flat" })),
                    refused(
                        "GetParameter",
                        json!({ "Name": "flat" }),
                        "ParameterNotFound",
                    ),
                    refused(
                        "DeleteParameter",
                        json!({ "Name": "flat" }),
                        "ParameterNotFound",
                    ),
                    ok(
                        "DeleteParameters",
                        json!({ "Names": ["/app/a", "/none", "/app2/x"] }),
                    ),
                    ok(
                        "GetParametersByPath",
                        json!({ "Path": "/", "Recursive": true }),
                    ),
                    put("/app/a", "back", "String"),
                    ok("GetParameter", json!({ "Name": "/app/a" })),
                ],
            ),
        ),
    ]
}
