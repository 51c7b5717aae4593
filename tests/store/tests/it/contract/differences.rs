//! Where moto accepts what AWS refuses, or answers otherwise.

use serde_json::{Value, json};

use super::{Step, ok, refused};

/// Fields that moto leaves out: the operation, and the field of its parameters.
pub const MOTO_LEAVES_OUT: &[(&str, &str)] = &[
    ("DescribeParameters", "ARN"),
    ("DescribeParameters", "Policies"),
    ("GetParameter", "Selector"),
    ("GetParameterHistory", "ARN"),
    ("GetParameterHistory", "Policies"),
    ("GetParameters", "Selector"),
];

/// One difference, by name.
pub struct Difference {
    pub name: &'static str,
    /// What both do first.
    pub before: Vec<Step>,
    /// The call, and what must come of it here, as it does at AWS.
    pub request: Step,
    /// Where to look within an answer, as a JSON pointer; empty if the difference is whether there
    /// is an answer.
    pub place: &'static str,
    /// What comes of it at moto.
    pub moto: &'static str,
}

fn put(name: &str, value: &str, kind: &str) -> Value {
    json!({ "Name": name, "Value": value, "Type": kind })
}

/// A request that AWS refuses, in an empty store.
fn laxer(name: &'static str, request: Step, moto: &'static str) -> Difference {
    Difference {
        name,
        before: Vec::new(),
        request,
        place: "",
        moto,
    }
}

/// The differences. Each begins with an empty store.
pub fn differences() -> Vec<Difference> {
    let mut all = writing();
    all.extend(limits());
    all.extend(reading());
    all.extend(input());
    all
}

/// moto takes names of any form, and values of any size.
fn writing() -> Vec<Difference> {
    let named = |name: &str| put(name, "x", "String");
    let with = |field: &str, value: Value| {
        let mut body = named("/a");
        body[field] = value;
        body
    };
    let refused = |what, body, code| laxer(what, refused("PutParameter", body, code), "ok");
    vec![
        refused("a space in a name", named("/a b"), "ValidationException"),
        refused("a colon in a name", named("/a:1"), "ValidationException"),
        refused(
            "letters beyond ASCII in a name",
            named("/é"),
            "ValidationException",
        ),
        refused(
            "a doubled slash in a name",
            named("/a//b"),
            "ValidationException",
        ),
        refused(
            "a slash at the end of a name",
            named("/a/"),
            "ValidationException",
        ),
        refused(
            "a slash in a name that begins with none",
            named("a/b"),
            "ValidationException",
        ),
        refused("an empty name", named(""), "ValidationException"),
        refused(
            "sixteen levels",
            named(&"/x".repeat(16)),
            "HierarchyLevelLimitExceededException",
        ),
        refused(
            "a name that is too long with its ARN",
            named(&"x".repeat(970)),
            "ValidationException",
        ),
        refused(
            "a reference to another parameter in a value",
            put("/a", "{{ssm:/b}}", "String"),
            "ValidationException",
        ),
        refused(
            "a value that the pattern does not allow",
            with("AllowedPattern", json!("[0-9]+")),
            "ParameterPatternMismatchException",
        ),
        refused(
            "a pattern that is invalid",
            with("AllowedPattern", json!("[")),
            "InvalidAllowedPatternException",
        ),
        refused(
            "a tier that does not exist",
            with("Tier", json!("Gold")),
            "ValidationException",
        ),
        refused(
            "a key for plain text",
            with("KeyId", json!("alias/own")),
            "ValidationException",
        ),
        refused(
            "policies that are none",
            with("Policies", json!("{}")),
            "InvalidPolicyAttributeException",
        ),
        refused(
            "a description that is too long",
            with("Description", json!("x".repeat(1025))),
            "ValidationException",
        ),
        laxer(
            "a key that cannot be one",
            super::refused(
                "PutParameter",
                json!({ "Name": "/a", "Value": "x", "Type": "SecureString", "KeyId": "my key" }),
                "InvalidKeyId",
            ),
            "ok",
        ),
        Difference {
            before: vec![ok("PutParameter", named("/a"))],
            ..refused(
                "another type for a parameter that is there",
                json!({ "Name": "/a", "Value": "x", "Type": "SecureString", "Overwrite": true }),
                "HierarchyTypeMismatchException",
            )
        },
        Difference {
            before: vec![ok("PutParameter", with("Tier", json!("Advanced")))],
            ..refused(
                "an advanced parameter that becomes a standard one",
                json!({ "Name": "/a", "Value": "x", "Tier": "Standard", "Overwrite": true }),
                "ValidationException",
            )
        },
        Difference {
            place: "/Tier",
            ..laxer(
                "intelligent tiering decides",
                super::refused(
                    "PutParameter",
                    with("Tier", json!("Intelligent-Tiering")),
                    r#""Standard""#,
                ),
                r#""Intelligent-Tiering""#,
            )
        },
    ]
}

/// moto counts nothing but versions and labels.
fn limits() -> Vec<Difference> {
    let sized = |size: usize, tier: &str| json!({ "Name": "/a", "Value": "x".repeat(size), "Type": "String", "Tier": tier });
    let tags: Vec<Value> = (0..51)
        .map(|number| json!({ "Key": format!("k{number}"), "Value": "v" }))
        .collect();
    let eleven: Vec<String> = (0..11).map(|number| format!("/n/{number}")).collect();
    let described = (0..11)
        .map(|number| {
            ok(
                "PutParameter",
                put(&format!("/p{number:02}"), "x", "String"),
            )
        })
        .collect();
    vec![
        laxer(
            "4,097 bytes in the standard tier",
            refused(
                "PutParameter",
                sized(4097, "Standard"),
                "ValidationException",
            ),
            "ok",
        ),
        laxer(
            "8,193 bytes in the advanced tier",
            refused(
                "PutParameter",
                sized(8193, "Advanced"),
                "ValidationException",
            ),
            "ok",
        ),
        laxer(
            "fifty-one tags",
            refused(
                "PutParameter",
                json!({ "Name": "/a", "Value": "x", "Type": "String", "Tags": tags }),
                "TooManyTagsError",
            ),
            "ok",
        ),
        laxer(
            "eleven names to delete",
            refused(
                "DeleteParameters",
                json!({ "Names": eleven }),
                "ValidationException",
            ),
            "ok",
        ),
        Difference {
            name: "fifty descriptions on a page",
            before: described,
            request: refused(
                "DescribeParameters",
                json!({ "MaxResults": 50 }),
                r#""/p10""#,
            ),
            place: "/Parameters/10/Name",
            moto: "null",
        },
        laxer(
            "more descriptions on a page than there may be",
            refused(
                "DescribeParameters",
                json!({ "MaxResults": 51 }),
                "ValidationException",
            ),
            "ok",
        ),
        laxer(
            "a page of nothing",
            refused(
                "GetParametersByPath",
                json!({ "Path": "/", "MaxResults": 0 }),
                "ValidationException",
            ),
            "ok",
        ),
    ]
}

/// moto finds less, and does not distinguish what is wrong from what is missing.
fn reading() -> Vec<Difference> {
    let there = || vec![ok("PutParameter", put("/app/a", "one", "String"))];
    let one = |name, asked: &str, code| Difference {
        before: there(),
        ..laxer(
            name,
            refused("GetParameter", json!({ "Name": asked }), code),
            "ParameterNotFound",
        )
    };
    let path = |name, path: &str| {
        let body = json!({ "Path": path, "Recursive": true });
        laxer(
            name,
            refused("GetParametersByPath", body, "ValidationException"),
            "ok",
        )
    };
    let arn = "arn:aws:ssm:us-east-1:123456789012:parameter/app/a";
    let label = json!({ "Name": "/app/a", "ParameterVersion": 1, "Labels": ["live"] });
    let two_labels = json!({ "Name": "/app/a", "Labels": ["live", "other"] });
    let newer = json!({ "Name": "/app/a", "Value": "two", "Overwrite": true });
    let labelled = json!({
        "Path": "/app",
        "ParameterFilters": [{ "Key": "Label", "Values": ["live"] }],
    });
    let two_pages = || {
        let second = put("/app/b", "x", "String");
        let page = json!({ "Path": "/app", "MaxResults": 1 });
        [
            there(),
            vec![ok("PutParameter", second), ok("GetParametersByPath", page)],
        ]
        .concat()
    };
    vec![
        one(
            "a label that is not there",
            "/app/a:live",
            "ParameterVersionNotFound",
        ),
        one(
            "a colon with nothing behind it",
            "/app/a:",
            "ValidationException",
        ),
        one(
            "a slash inside, and none in front",
            "app/a",
            "ValidationException",
        ),
        one(
            "a character that no name can hold",
            "/app a",
            "ValidationException",
        ),
        path("a path that begins with no slash", "app"),
        path("a path with a star", "/app*"),
        path("a path with a doubled slash", "//"),
        Difference {
            place: "/InvalidParameters",
            before: there(),
            ..laxer(
                "an ARN among several names",
                refused("GetParameters", json!({ "Names": [arn] }), "[]"),
                r#"["arn:aws:ssm:us-east-1:123456789012:parameter/app/a"]"#,
            )
        },
        Difference {
            before: there(),
            ..laxer(
                "one name twice",
                refused(
                    "GetParameters",
                    json!({ "Names": ["/app/a", "/app/a"] }),
                    "ValidationException",
                ),
                "ok",
            )
        },
        Difference {
            place: "/Parameters/0/Value",
            before: [
                there(),
                vec![
                    ok("LabelParameterVersion", label),
                    ok("PutParameter", newer),
                ],
            ]
            .concat(),
            ..laxer(
                "below a path, a label of an older version",
                refused("GetParametersByPath", labelled.clone(), r#""one""#),
                "null",
            )
        },
        Difference {
            place: "/Parameters/0/Name",
            before: [there(), vec![ok("LabelParameterVersion", two_labels)]].concat(),
            ..laxer(
                "below a path, a version that has another label as well",
                refused("GetParametersByPath", labelled, r#""/app/a""#),
                "null",
            )
        },
        laxer(
            "a type that does not exist, to filter by",
            refused(
                "GetParametersByPath",
                json!({ "Path": "/", "ParameterFilters": [{ "Key": "Type", "Values": ["Text"] }] }),
                "InvalidFilterValue",
            ),
            "InvalidFilterOption",
        ),
        laxer(
            "a token that was never given out",
            refused(
                "GetParametersByPath",
                json!({ "Path": "/", "NextToken": "x" }),
                "InvalidNextToken",
            ),
            "500",
        ),
        Difference {
            before: two_pages(),
            ..laxer(
                "the token of another path",
                refused(
                    "GetParametersByPath",
                    json!({ "Path": "/other", "NextToken": "…" }),
                    "InvalidNextToken",
                ),
                "ok",
            )
        },
    ]
}

/// moto breaks on input that AWS refuses.
fn input() -> Vec<Difference> {
    let breaks = |name, operation, body, code| laxer(name, refused(operation, body, code), "500");
    vec![
        breaks(
            "no name to write",
            "PutParameter",
            json!({ "Value": "x", "Type": "String" }),
            "ValidationException",
        ),
        breaks(
            "no name to read",
            "GetParameter",
            json!({}),
            "ValidationException",
        ),
        breaks(
            "a number for a name",
            "GetParameter",
            json!({ "Name": 7 }),
            "SerializationException",
        ),
        breaks(
            "a list for a request",
            "GetParameter",
            json!([]),
            "SerializationException",
        ),
        breaks(
            "no names",
            "GetParameters",
            json!({}),
            "ValidationException",
        ),
        laxer(
            "an empty list of names",
            refused(
                "GetParameters",
                json!({ "Names": [] }),
                "ValidationException",
            ),
            "ok",
        ),
        laxer(
            "a text for a list of names",
            refused(
                "GetParameters",
                json!({ "Names": "/a" }),
                "SerializationException",
            ),
            "ok",
        ),
        breaks(
            "no path",
            "GetParametersByPath",
            json!({}),
            "ValidationException",
        ),
        laxer(
            "no name to delete",
            refused("DeleteParameter", json!({}), "ValidationException"),
            "ParameterNotFound",
        ),
        laxer(
            "no names to delete",
            refused(
                "DeleteParameters",
                json!({ "Names": [] }),
                "ValidationException",
            ),
            "ok",
        ),
        Difference {
            before: vec![ok("PutParameter", put("/a", "x", "String"))],
            ..breaks(
                "no labels",
                "LabelParameterVersion",
                json!({ "Name": "/a" }),
                "ValidationException",
            )
        },
        breaks(
            "an operation that there is not",
            "BrewCoffee",
            json!({}),
            "UnknownOperationException",
        ),
    ]
}
