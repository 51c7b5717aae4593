//! Output of commands, and what becomes of it.

use super::*;

const KEYS: &str = r#""AccessKeyId":"A","SecretAccessKey":"s3ntinel-plaintext""#;

#[test]
fn the_output_of_a_command_becomes_credentials() {
    let time = "2090-01-01T00:00:00Z";
    for (more, token, expiry, account) in [
        ("", None, false, Some("111111111111")),
        (
            r#","SessionToken":"T""#,
            Some("T"),
            false,
            Some("111111111111"),
        ),
        (
            &format!(r#","Expiration":"{time}","AccountId":"222222222222""#),
            None,
            true,
            Some("222222222222"),
        ),
        (
            r#","expiration":"2090-01-01T00:00:00+02:00","unknown":{"a":[1,null]}"#,
            None,
            true,
            Some("111111111111"),
        ),
        (
            r#","SessionToken":null,"Expiration":null"#,
            None,
            false,
            Some("111111111111"),
        ),
    ] {
        let output = format!(r#"{{"Version":1,{KEYS}{more}}}"#);
        let credentials = parse(output.as_bytes(), Some("111111111111")).expect(more);
        assert_eq!(credentials.access_key_id(), "A");
        assert_eq!(credentials.session_token(), token, "{more}");
        assert_eq!(credentials.expiry().is_some(), expiry, "{more}");
        let found = credentials.account_id().map(AccountId::as_str);
        assert_eq!(found, account, "{more}");
    }
}

#[test]
fn what_is_wrong_with_the_output_is_said_without_it() {
    let version = "Expected field `Version` in response but it was missing";
    let time = "Invalid field in response: `Expiration`. it is not a time as RFC 3339 has it";
    for (output, expected) in [
        (
            String::new(),
            "invalid JSON in response: EOF while parsing a value at line 1 column 0",
        ),
        (
            "[1]".to_owned(),
            "invalid JSON in response: it is not an object",
        ),
        (
            r#""s3ntinel-plaintext""#.to_owned(),
            "invalid JSON in response: it is not an object",
        ),
        (format!("{{{KEYS}}}"), version),
        (format!(r#"{{"Version":"1",{KEYS}}}"#), version),
        (
            format!(r#"{{"Version":2,{KEYS}}}"#),
            "Invalid field in response: `version`. unknown version number: 2",
        ),
        (
            r#"{"Version":1,"AccessKeyId":"A","SecretAccessKey":7}"#.to_owned(),
            "Expected field `SecretAccessKey` in response but it was missing",
        ),
        (
            format!(r#"{{"Version":1,{KEYS},"Expiration":"tomorrow"}}"#),
            time,
        ),
        (
            format!(r#"{{"Version":1,{KEYS},"Expiration":"9999999-01-01T00:00:00Z"}}"#),
            time,
        ),
    ] {
        let error = parse(output.as_bytes(), None).expect_err(&output);
        assert_eq!(error, expected, "{output}");
    }
    let error = parse(b"\xff", None).expect_err("UTF-8");
    assert!(
        error.starts_with("could not decode output as UTF-8: "),
        "{error}"
    );
}

#[test]
fn the_end_of_a_long_complaint_is_kept() {
    let short = failure("exit status: 1", b"no card\n");
    let expected = "Error retrieving credentials: external process exited with code exit status: 1. \
                    Stderr: no card";
    assert_eq!(short, expected);
    let long = failure("exit status: 1", &[b'x'; KEPT]);
    assert!(long.contains("Stderr: …xxx"), "{long}");
}

#[test]
fn what_a_command_calls_secret_is_not_shown() {
    for (text, expected) in [
        (
            r#"{"AccessKeyId":"AKID","SecretAccessKey":"a/b+c","SessionToken": "d=="}"#,
            &["a/b+c", "d=="][..],
        ),
        (r#"it says {\"SecretAccessKey\": \"a\"}"#, &["a"]),
        ("aws_secret_access_key = a\nregion = b", &["a"]),
        ("login --password a --user b", &["a"]),
        ("PASSWORD=a; TOKEN='b'", &["a", "b"]),
        ("the token expired; no key for AKID", &[]),
        ("é token: ü", &["ü"]),
        ("token:", &[]),
    ] {
        assert_eq!(secret_fields(text).collect::<Vec<_>>(), expected, "{text}");
    }
}
