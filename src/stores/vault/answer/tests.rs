//! What is understood of answers, and that nothing else is.

use crate::json::{self, Members, unfit};
use proptest::prelude::*;

use super::*;

/// A secret of version 2, as a server of version 1.8 sends it.
const SECRET: &str = r#"{"request_id":"4758791a-8c6b-44c8-5d4c-bd616cd67a95","lease_id":"","renewable":false,"lease_duration":0,"data":{"data":{"DB_PASS":"v2","N":12345678901234567890,"F":1.10,"E":1e3,"O":{"a":[1]},"NUL":null},"metadata":{"created_time":"2026-11-24T02:37:54.616829211Z","deletion_time":"","destroyed":false,"version":2}},"wrap_info":null,"warnings":null,"auth":null}"#;

#[test]
fn numbers_are_as_they_are_written() {
    let answer: Answer<'_> = parse(SECRET).unwrap();
    let versioned: Versioned<'_> = parse(answer.data.unwrap().get()).unwrap();
    assert_eq!(versioned.metadata.version, 2);
    let members: Members<'_> = parse(versioned.data.unwrap().get()).unwrap();
    let members = members.0.into_iter();
    let texts: Vec<(String, Result<String, &str>)> = members
        .map(|(key, raw)| {
            (
                key,
                unfit(raw).map_or_else(|| Ok(json::text(raw).unwrap()), Err),
            )
        })
        .collect();
    let expected = [
        ("DB_PASS", Ok("v2")),
        ("N", Ok("12345678901234567890")),
        ("F", Ok("1.10")),
        ("E", Ok("1e3")),
        ("O", Err("an object")),
        ("NUL", Err("null")),
    ];
    let expected = expected.map(|(key, text)| (key.to_owned(), text.map(str::to_owned)));
    assert_eq!(texts, expected);
}

#[test]
fn errors_are_one_line_each() {
    for (body, expected) in [
        (
            r#"{"errors":["permission denied"]}"#,
            vec!["permission denied"],
        ),
        (
            r#"{"errors":["1 error occurred:\n\t* permission denied\n\n"]}"#,
            vec!["permission denied"],
        ),
        (
            r#"{"errors":["2 errors occurred:\n\t* a\n\t* b\n\n","c"]}"#,
            vec!["a; b", "c"],
        ),
        (
            r#"{"error":"of another implementation"}"#,
            vec!["of another implementation"],
        ),
        (r#"{"errors":[]}"#, vec![]),
    ] {
        assert_eq!(errors(body.as_bytes()).unwrap(), expected, "{body}");
    }
    assert_eq!(errors(b"<html>"), None);
}

proptest! {
    /// Whatever is cut off or changed: nothing panics, and what is accepted is an answer as a whole.
    #[test]
    fn a_damaged_answer_is_refused_or_complete(
        cut in 0..SECRET.len(),
        at in 0..SECRET.len(),
        bit in 0..7_u8,
    ) {
        prop_assert!(parse::<Answer<'_>>(&SECRET[..cut]).is_none());
        let mut bytes = SECRET.as_bytes().to_vec();
        bytes[at] ^= 1 << bit;
        if let Ok(text) = String::from_utf8(bytes)
            && let Some(answer) = parse::<Answer<'_>>(&text)
            && let Some(data) = answer.data
            && let Some(versioned) = parse::<Versioned<'_>>(data.get())
            && let Some(data) = versioned.data
            && let Some(Members(members)) = parse(data.get())
        {
            for (_, raw) in members {
                let _ = (unfit(raw), json::text(raw));
            }
        }
    }

    #[test]
    fn any_bytes_are_survived(bytes: Vec<u8>) {
        let _ = errors(&bytes);
        let text = String::from_utf8_lossy(&bytes);
        let _ = parse::<Answer<'_>>(&text);
        let _ = parse::<Names>(&text);
        let _ = parse::<Mount>(&text);
    }
}
