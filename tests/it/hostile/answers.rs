//! Each field of each response of each service, with each hostile value.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use serde_json::Value;

use super::{
    Link, Mixed, Place, TIMEOUT, contents, fault, response, sample, services, sweep, texts,
};
use crate::support::wire::{Then, Wire};
use crate::support::{Ended, each, pipe_of};

/// Credentials as ECS and EC2 hand them out, and processes print them.
pub const CREDENTIALS: &str = r#"{"Version":1,"Code":"Success","Message":"m","LastUpdated":"2026-01-01T00:00:00Z","Type":"AWS-HMAC","AccessKeyId":"ASIATEST000000000000","SecretAccessKey":"x","Token":"token","SessionToken":"token","AccountId":"123456789012","Expiration":"2090-01-01T00:00:00Z"}"#;

const PARAMETER: &str = r#"{"Name":"/app/a","Type":"String","Value":"1","Version":1,"Selector":null,"SourceResult":"","LastModifiedDate":1790000000.5,"ARN":"arn:aws:ssm:us-east-1:123456789012:parameter/app/a","DataType":"text"}"#;

const METADATA: &str = r#""Name":"/app/a","ARN":"arn:aws:ssm:us-east-1:123456789012:parameter/app/a","Type":"String","KeyId":"alias/a","LastModifiedDate":1790000000.5,"LastModifiedUser":"arn:aws:iam::123456789012:user/u","Description":"d","AllowedPattern":"[0-9]","Version":1,"Tier":"Advanced","Policies":[{"PolicyText":"{\"Type\":\"Expiration\",\"Version\":\"1.0\",\"Attributes\":{\"Timestamp\":\"2999-12-02T21:34:33.000Z\"}}","PolicyType":"Expiration","PolicyStatus":"Pending"}],"DataType":"text""#;

const STS: &str = "<XResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><XResult><Credentials><AccessKeyId>ASIATEST000000000000</AccessKeyId><SecretAccessKey>x</SecretAccessKey><SessionToken>token</SessionToken><Expiration>2090-01-01T00:00:00Z</Expiration></Credentials><AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/app/session</Arn><AssumedRoleId>AROA:session</AssumedRoleId></AssumedRoleUser><PackedPolicySize>1</PackedPolicySize></XResult></XResponse>";

/// The right response to each operation. Of EC2 and ECS, each path is one.
pub fn right(operation: &str) -> String {
    match operation {
        "GetParametersByPath" => format!(r#"{{"Parameters":[{PARAMETER}],"NextToken":null}}"#),
        "GetParameters" => format!(r#"{{"Parameters":[{PARAMETER}],"InvalidParameters":[]}}"#),
        "GetParameter" => format!(r#"{{"Parameter":{PARAMETER}}}"#),
        "DescribeParameters" => format!(r#"{{"Parameters":[{{{METADATA}}}],"NextToken":null}}"#),
        "GetParameterHistory" => format!(
            r#"{{"Parameters":[{{{METADATA},"Value":"1","Labels":["l"]}},{{"Name":"/app/a","Type":"String","Value":"2","Version":2}}],"NextToken":null}}"#
        ),
        "PutParameter" => r#"{"Version":2,"Tier":"Standard"}"#.to_owned(),
        "LabelParameterVersion" => r#"{"InvalidLabels":[],"ParameterVersion":1}"#.to_owned(),
        "ListTagsForResource" => r#"{"TagList":[{"Key":"k","Value":"v"}]}"#.to_owned(),
        "DeleteParameters" => {
            r#"{"DeletedParameters":["/app/a"],"InvalidParameters":[]}"#.to_owned()
        }
        "AssumeRole" | "AssumeRoleWithWebIdentity" => STS.replace('X', operation),
        "GetRoleCredentials" => r#"{"roleCredentials":{"accessKeyId":"ASIATEST000000000000","secretAccessKey":"x","sessionToken":"token","expiration":3786912000000}}"#.to_owned(),
        "CreateToken" => r#"{"accessToken":"a-token","tokenType":"Bearer","expiresIn":28800,"refreshToken":"r","idToken":"i"}"#.to_owned(),
        "Container" | "Instance" => CREDENTIALS.to_owned(),
        "Token" => "a-token".to_owned(),
        "Roles" => "app".to_owned(),
        _ => "{}".to_owned(),
    }
}

/// What a request asks for.
pub fn operation(request: &str) -> String {
    let line = request.lines().next().unwrap_or_default();
    let head = request.to_ascii_lowercase();
    let target = head
        .find("x-amz-target: amazonssm.")
        .map(|at| &request[at + "x-amz-target: AmazonSSM.".len()..]);
    let action = request.split_once("Action=").map(|(_, rest)| rest);
    if let Some(name) = target.or(action) {
        let letters = name.chars().take_while(char::is_ascii_alphanumeric);
        return letters.collect();
    }
    let path = line.split(' ').nth(1).unwrap_or_default();
    let name = match path {
        "/ecs" => "Container",
        "/token" => "CreateToken",
        "/latest/api/token" => "Token",
        "/latest/meta-data/iam/security-credentials/" => "Roles",
        _ if path.starts_with("/latest/meta-data/iam/security-credentials/") => "Instance",
        _ if path.starts_with("/federation/credentials") => "GetRoleCredentials",
        _ => "Unknown",
    };
    name.to_owned()
}

const LIFETIME: &str = "x-aws-ec2-metadata-token-ttl-seconds: 21600\r\n";

/// The right response to a request.
pub fn to(request: &str) -> Vec<u8> {
    let operation = operation(request);
    match operation.as_str() {
        "Unknown" => response(404, "", b""),
        "Token" => response(200, LIFETIME, right("Token").as_bytes()),
        // The second of its versions.
        "GetParameters" if request.contains("/app/a:2") => {
            let right = right("GetParameters").replace(r#""Version":1"#, r#""Version":2"#);
            response(200, "", right.as_bytes())
        }
        operation => response(200, "", right(operation).as_bytes()),
    }
}

/// A run, and an operation that it needs.
struct Run {
    link: Link,
    command: &'static str,
    operation: &'static str,
}

const fn run(link: Link, command: &'static str, operation: &'static str) -> Run {
    Run {
        link,
        command,
        operation,
    }
}

const RUNS: [Run; 27] = [
    run(
        Link::Keys,
        "--path /app --fingerprint F -- /bin/true",
        "GetParametersByPath",
    ),
    run(
        Link::Keys,
        "--secret A=/app/a -- /bin/true",
        "GetParameters",
    ),
    run(
        Link::Keys,
        "--secret A=/app/a --fingerprint F -- /bin/true",
        "GetParameters",
    ),
    run(Link::Keys, "check --path /app", "GetParametersByPath"),
    run(
        Link::Keys,
        "check --path /app --format json",
        "GetParametersByPath",
    ),
    run(
        Link::Keys,
        "check --secret A=/app/a --verbose",
        "GetParameters",
    ),
    run(
        Link::Keys,
        "export --path /app --format json",
        "GetParametersByPath",
    ),
    run(Link::Keys, "get /app/a", "GetParameters"),
    run(Link::Keys, "list /app --all", "DescribeParameters"),
    run(Link::Keys, "list /app --all", "ListTagsForResource"),
    run(
        Link::Keys,
        "list /app --all --format csv",
        "DescribeParameters",
    ),
    run(
        Link::Keys,
        "list /app --older-than 1d --expiring 9999y",
        "DescribeParameters",
    ),
    run(Link::Keys, "history /app/a", "GetParameterHistory"),
    run(
        Link::Keys,
        "history /app/a --format json",
        "GetParameterHistory",
    ),
    run(
        Link::Keys,
        "rollback /app/a 1 --dry-run",
        "GetParameterHistory",
    ),
    run(
        Link::Keys,
        "rotate /app/a --resume --with /bin/true",
        "GetParameterHistory",
    ),
    run(Link::Keys, "put /app/a", "PutParameter"),
    run(
        Link::Keys,
        "label /app/a x --version 1",
        "LabelParameterVersion",
    ),
    run(Link::Keys, "delete /app/a --yes", "DeleteParameters"),
    run(Link::Keys, STALE, "GetParametersByPath"),
    run(Link::Role, "--path /app -- /bin/true", "AssumeRole"),
    run(Link::Option, "--path /app -- /bin/true", "AssumeRole"),
    run(
        Link::WebIdentity,
        "--path /app -- /bin/true",
        "AssumeRoleWithWebIdentity",
    ),
    run(
        Link::SignIn,
        "--path /app -- /bin/true",
        "GetRoleCredentials",
    ),
    run(Link::Container, "--path /app -- /bin/true", "Container"),
    run(Link::Instance, "--path /app -- /bin/true", "Token"),
    run(Link::Instance, "--path /app -- /bin/true", "Instance"),
];

/// Compares with [`fingerprint`].
const STALE: &str = "stale --path /app --is";

/// The fingerprint of the right responses.
fn fingerprint() -> &'static str {
    static FINGERPRINT: OnceLock<String> = OnceLock::new();
    FINGERPRINT.get_or_init(|| {
        let arguments = [
            "--path",
            "/app",
            "--fingerprint",
            "F",
            "--",
            "printenv",
            "F",
        ];
        let wire = services();
        let place = Place::new();
        let mut launch = place.run(Link::Keys, &wire.url(), &arguments);
        let text = launch.env("ENVSECRETS_TIMEOUT", "30s").run().ok();
        text.trim_end().to_owned()
    })
}

/// Values in JSON, or nearly.
fn values() -> Vec<Arc<[u8]>> {
    let mut values: Vec<String> = [
        "null",
        "true",
        "[]",
        "{}",
        "[null]",
        "{\"a\":null}",
        "0",
        "-1",
        "0.1",
        "-0.5",
        "-1e-17",
        "1e12",
        "-1e12",
        "1e17",
        "1e999",
        "-1e999",
        "253402300800",
        "9223372036854775807",
        "-9223372036854775808",
        "18446744073709551615",
        "99999999999999999999999",
        "\"\"",
        "\"NaN\"",
        "\"Infinity\"",
        "\"-Infinity\"",
        "\"-1\"",
        "\"0000-00-00T00:00:00Z\"",
        "\"0000-01-01T00:00:00Z\"",
        "\"1969-12-31T23:59:59Z\"",
        "\"2020-01-01T00:00:00Z\"",
        "\"9999-12-31T23:59:59Z\"",
        "\"9999999-01-01T00:00:00Z\"",
        "\"-9999-01-01T00:00:00Z\"",
        "\"2090-13-45T99:99:99Z\"",
        "\"\\u0000\"",
        "\"a\\nb\\r\"",
        "\"\\u0001\\u001b[2J\\u007f\"",
        "\"\\ud800\"",
        "\"\\udc00\\ud800\"",
        "\"\u{202e}\"",
        "\"/\"",
        "\"/app/\"",
        "\"arn:\"",
        "\"arn:aws:ssm:::\"",
        "\"{\\\"Type\\\":\\\"Expiration\\\",\\\"Attributes\\\":{\\\"Timestamp\\\":\\\"1900-01-01T00:00:00Z\\\"}}\"",
        "\"\\x\"",
        "'",
    ]
    .map(str::to_owned)
    .into();
    values.push(format!("{}{}", "[".repeat(10_000), "]".repeat(10_000)));
    values.push(format!(
        "{}1{}",
        "{\"a\":".repeat(10_000),
        "}".repeat(10_000)
    ));
    values.push("[".repeat(10_000));
    values.push(format!("\"{}\"", "x".repeat(1024 * 1024 / 2)));
    values.push(format!("\"{}\"", "x".repeat(1024 * 1024 * 2)));
    values
        .into_iter()
        .map(|it| it.into_bytes().into())
        .collect()
}

/// A right JSON document with each of its values, and then with all of it, replaced by a mark.
fn marked(document: &Value, mark: &str) -> Vec<Value> {
    let mut results = vec![Value::String(mark.to_owned())];
    match document {
        Value::Object(fields) => {
            for (name, value) in fields {
                for inner in marked(value, mark) {
                    let mut fields = fields.clone();
                    fields.insert(name.clone(), inner);
                    results.push(Value::Object(fields));
                }
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                for inner in marked(value, mark) {
                    let mut items = items.clone();
                    items[index] = inner;
                    results.push(Value::Array(items));
                }
            }
        }
        _ => {}
    }
    results
}

/// A right text with each part between tags replaced, and all of it.
fn texts_replaced(right: &str) -> Vec<Mixed> {
    let mut texts = contents();
    for (name, text) in [
        ("a reference to NUL", "&#0;"),
        ("a reference to a surrogate", "&#xD800;"),
        ("an unknown entity", "&unknown;"),
        ("a huge reference", "&#99999999999;"),
        ("an open tag", "<a"),
        ("a comment", "<!--"),
        ("CDATA", "<![CDATA["),
        ("the year zero", "0000-01-01T00:00:00Z"),
        ("before 1970", "1969-12-31T23:59:59Z"),
        ("the past", "2020-01-01T00:00:00Z"),
        ("the last date", "9999-12-31T23:59:59Z"),
    ] {
        texts.push((name, text.as_bytes().into()));
    }
    texts.push(("deep tags", b"<a>".repeat(10_000).into()));
    let mut bodies = Vec::new();
    for (_, text) in texts {
        bodies.push(Mixed::alone(&text));
        let mut start = 0;
        while let Some(open) = right[start..].find('>') {
            let from = start + open + 1;
            let Some(length) = right[from..].find('<') else {
                break;
            };
            let (before, after) = (&right[..from], &right[from + length..]);
            bodies.push(Mixed::within(before.as_bytes(), &text, after.as_bytes()));
            start = from;
        }
    }
    bodies
}

/// Every body to try for one operation.
fn bodies(operation: &str) -> Vec<Mixed> {
    const MARK: &str = "replace me";
    let right = right(operation);
    let Ok(document) = serde_json::from_str(&right) else {
        return texts_replaced(&right);
    };
    let mut bodies: Vec<Mixed> = contents().iter().map(|it| Mixed::alone(&it.1)).collect();
    let values = values();
    for document in marked(&document, MARK) {
        let text = document.to_string();
        let (before, after) = text.split_once(&format!("\"{MARK}\"")).unwrap();
        for value in &values {
            bodies.push(Mixed::within(before.as_bytes(), value, after.as_bytes()));
        }
    }
    bodies
}

/// Runs `it` with this response to its operation, and right ones to all others.
fn with_response(it: &Run, timeout: &str, bytes: Vec<u8>) -> (Ended, bool) {
    let met = Arc::new(AtomicBool::new(false));
    let (operation_of_run, meets) = (it.operation, Arc::clone(&met));
    let wire = Wire::start(move |request| {
        if operation(request) == operation_of_run {
            meets.store(true, Ordering::Relaxed);
            return (bytes.clone(), Then::Stay);
        }
        (to(request), Then::Stay)
    });
    let place = Place::new();
    let words: Vec<&str> = match it.command {
        STALE => STALE.split(' ').chain([fingerprint()]).collect(),
        command => command.split(' ').collect(),
    };
    let mut launch = place.run(it.link, &wire.url(), &words);
    launch.env("ENVSECRETS_TIMEOUT", timeout);
    launch.command.stdin(pipe_of(b"2"));
    (launch.run(), met.load(Ordering::Relaxed))
}

fn begun(bytes: &[u8]) -> String {
    bytes[..bytes.len().min(700)].escape_ascii().to_string()
}

#[test]
fn every_run_meets_its_operation() {
    each(&RUNS, |it| {
        let body = right(it.operation);
        let headers = if it.operation == "Token" {
            LIFETIME
        } else {
            ""
        };
        let (ended, met) = with_response(it, "30s", response(200, headers, body.as_bytes()));
        assert!(
            met,
            "{} does not call {}: {ended:?}",
            it.command, it.operation
        );
        assert_eq!(fault(&ended), None, "{}: {ended:?}", it.command);
        assert_eq!(
            ended.code,
            Some(0),
            "{} with {}: {ended:?}",
            it.command,
            it.operation
        );
    });
}

#[test]
fn no_field_of_a_response_breaks_a_run() {
    let mut cases = Vec::new();
    for it in &RUNS {
        for body in bodies(it.operation) {
            cases.push((it, body));
        }
    }
    sweep(&sample(cases, 75), |(it, body)| {
        let headers = if it.operation == "Token" {
            LIFETIME
        } else {
            ""
        };
        let body = &body.bytes();
        let (ended, _) = with_response(it, TIMEOUT, response(200, headers, body));
        let situation = format!("{}, {} is {}", it.command, it.operation, begun(body));
        (situation, ended)
    });
}

#[test]
fn no_header_of_a_response_breaks_a_run() {
    let names = [
        "Date",
        "Retry-After",
        "x-amz-retry-after",
        "x-aws-ec2-metadata-token-ttl-seconds",
        "x-amzn-RequestId",
        "x-amzn-ErrorType",
        "x-amz-request-id",
        "x-amz-id-2",
        "x-amz-crc32",
        "Content-Type",
        "Content-Encoding",
        "Content-Length",
        "Transfer-Encoding",
        "Connection",
        "Location",
        "Age",
    ];
    let mut texts = texts();
    for text in [
        "0",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Fri, 99 Dec 99999 99:99:99 GMT",
        "Mon, 01 Jan 0000 00:00:00 GMT",
        "-99999999999999999999",
        "0.5",
        "9223372036854775807",
        "4294967296",
    ] {
        texts.push((text, text.as_bytes().into()));
    }
    let mut cases = Vec::new();
    let mut seen = BTreeSet::new();
    for it in RUNS.iter().filter(|it| seen.insert(it.operation)) {
        for (status, body) in [
            (200, right(it.operation)),
            (
                429,
                r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#.to_owned(),
            ),
            (
                400,
                r#"{"__type":"RequestExpired","message":"m"}"#.to_owned(),
            ),
            (503, String::new()),
        ] {
            for name in names {
                for (what, text) in &texts {
                    cases.push((it, status, body.clone(), name, *what, text));
                }
            }
        }
    }
    sweep(
        &sample(cases, 30),
        |(it, status, body, name, what, text)| {
            let length = body.len();
            let mut bytes = format!("HTTP/1.1 {status} Status\r\n{name}: ").into_bytes();
            bytes.extend_from_slice(text);
            bytes.extend_from_slice(b"\r\n");
            if *name != "Content-Length" {
                bytes.extend_from_slice(format!("Content-Length: {length}\r\n").as_bytes());
            }
            bytes.extend_from_slice(format!("\r\n{body}").as_bytes());
            let (ended, _) = with_response(it, TIMEOUT, bytes);
            let situation = format!("{}: {} {status}, {name}: {what}", it.command, it.operation);
            (situation, ended)
        },
    );
}
