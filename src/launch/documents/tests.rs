//! What is found in values that hold several.

use proptest::prelude::*;

use super::*;

fn picked(text: &str, key: &str) -> Result<String, String> {
    match pick(&Secret::new(text.to_owned()), key) {
        Ok(value) => Ok(value.expose().to_owned()),
        Err(problem) => Err(problem.to_string()),
    }
}

#[test]
fn numbers_are_as_they_are_written_and_texts_as_they_are_meant() {
    for (raw, value) in [
        ("\"hunter2\"", "hunter2"),
        ("\"\"", ""),
        ("\"a\\nb\\u00e9\\ud83d\\ude00\"", "a\nbé😀"),
        ("1", "1"),
        ("1.0", "1.0"),
        ("1000000", "1000000"),
        ("1e+06", "1e+06"),
        ("-0", "-0"),
        (
            "123456789012345678901234567890.10",
            "123456789012345678901234567890.10",
        ),
        ("true", "true"),
        ("false", "false"),
    ] {
        for text in [
            format!("{{\"key\":{raw}}}"),
            format!(" {{ \"other\": [1], \"key\" : {raw} }}\n"),
        ] {
            assert_eq!(picked(&text, "key"), Ok(value.to_owned()), "{text}");
        }
    }
}

#[test]
fn keys_of_nested_objects_are_picked_by_the_names_that_all_of_them_get() {
    let text = r#"{"a":{"b":{"c":"1","c/d":"2"}},"a/b":{"e":"4"},"x/y":"5","x":{"y":"6"}}"#;
    for (key, value) in [
        ("a/b/c", "1"),
        ("a/b/c/d", "2"),
        ("a/b/e", "4"),
        ("x/y", "5"),
    ] {
        assert_eq!(picked(text, key), Ok(value.to_owned()), "{key}");
    }
    for (key, why) in [
        ("a/b/none", "the key `a/b/none` does not exist"),
        (
            "a/b",
            "the key `a/b` contains an object, which a variable cannot contain",
        ),
        ("x/y/z", "the key `x/y/z` does not exist"),
    ] {
        assert_eq!(picked(text, key), Err(why.to_owned()), "{key}");
    }
}

#[test]
fn what_cannot_be_picked_is_reported_by_its_key_and_never_by_its_value() {
    for (text, why) in [
        ("{}", "the key `key` does not exist"),
        ("{\"KEY\":1}", "the key `key` does not exist"),
        (
            "{\"key\":null}",
            "the key `key` contains null, which a variable cannot contain",
        ),
        (
            "{\"key\":[\"hunter2\"]}",
            "the key `key` contains a list, which a variable cannot contain",
        ),
        (
            "{\"key\":{\"a\":\"hunter2\"}}",
            "the key `key` contains an object, which a variable cannot contain",
        ),
        (
            "{\"key\":1,\"k\\u0065y\":2}",
            "the key `key` occurs more than once",
        ),
        ("\"hunter2\"", "it is not a JSON object"),
        ("[\"hunter2\"]", "it is not a JSON object"),
        ("12345", "it is not a JSON object"),
        ("null", "it is not a JSON object"),
        ("hunter2", "it is not valid JSON at line 1, column 1"),
        ("", "it is not valid JSON at line 1, column 0"),
        (
            "{\"key\":\"hunter2\"} hunter2",
            "it is not valid JSON at line 1, column 19",
        ),
        ("{\n\"key\":\n}", "it is not valid JSON at line 3, column 1"),
        (
            "{\"key\":\"\\ud800\"}",
            "the key `key` contains text that is not Unicode, which a variable cannot contain",
        ),
    ] {
        assert_eq!(picked(text, "key"), Err(why.to_owned()), "{text}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,60}|[{}\\[\\]\":,a0-9e.-]{0,40}") {
        let _ = picked(&text, "a");
    }

    #[test]
    fn what_was_written_is_what_is_picked(value in "\\PC{0,40}", number in "-?(0|[1-9][0-9]{0,40})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,5})?") {
        let text = serde_json::json!({ "text": value }).to_string();
        prop_assert_eq!(picked(&text, "text"), Ok(value));
        prop_assert_eq!(picked(&format!("{{\"n\":{number}}}"), "n"), Ok(number));
    }
}

fn flat(text: &str, format: DocumentKind) -> Result<Vec<(String, String)>, Vec<String>> {
    match flatten(&Secret::new(text.to_owned()), format, DotenvDialect::Common) {
        Ok(found) => Ok(found
            .into_iter()
            .map(|(key, value)| (key, value.expose().to_owned()))
            .collect()),
        Err(problems) => Err(problems.iter().map(Problem::to_string).collect()),
    }
}

fn pairs(pairs: &[(&str, &str)]) -> Result<Vec<(String, String)>, Vec<String>> {
    let owned = pairs.iter();
    Ok(owned
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect())
}

#[test]
fn objects_in_objects_are_joined_and_numbers_stay_as_they_are_written() {
    let text = r#"{"db": {"host": "h", "port": 5432, "tls": {"on": true}}, "rate": 1.50e+03,
                   "id": 12345678901234567890123, "empty": ""}"#;
    assert_eq!(
        flat(text, DocumentKind::Json),
        pairs(&[
            ("db/host", "h"),
            ("db/port", "5432"),
            ("db/tls/on", "true"),
            ("rate", "1.50e+03"),
            ("id", "12345678901234567890123"),
            ("empty", ""),
        ])
    );
}

#[test]
fn all_that_no_variable_can_hold_is_reported_at_once_by_its_key() {
    let text = r#"{"a": null, "b": ["hunter2"], "c": {"d": null, "e": {}}, "f": 1, "f": 2}"#;
    assert_eq!(
        flat(text, DocumentKind::Json),
        Err([
            "the key `a` contains null, which a variable cannot contain",
            "the key `b` contains a list, which a variable cannot contain",
            "the key `c/d` contains null, which a variable cannot contain",
            "the key `c/e` contains an empty object, which a variable cannot contain",
            "the key `f` occurs more than once",
        ]
        .map(str::to_owned)
        .to_vec())
    );
    assert_eq!(
        flat("{}", DocumentKind::Json),
        Err(vec!["it is empty".to_owned()])
    );
    assert_eq!(
        flat("[1]", DocumentKind::Json),
        Err(vec!["it is not a JSON object".to_owned()])
    );
}

#[test]
fn objects_that_stand_too_deep_are_refused() {
    let nested = |depth: usize| format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
    assert!(flat(&nested(DEEPEST), DocumentKind::Json).is_ok());
    let key = vec!["a"; DEEPEST].join("/");
    assert_eq!(
        flat(&nested(DEEPEST + 1), DocumentKind::Json),
        Err(vec![format!(
            "the key `{key}` contains objects nested more than 32 deep"
        )])
    );
    // Not even the parser's own stack is at risk.
    assert!(flat(&nested(5_000), DocumentKind::Json).is_err());
}

#[test]
fn lines_of_dotenv_are_read_as_such_files_are() {
    let text = "\u{feff}# a comment\nA=1\nexport B = two # a comment\nC=\"x\\ny\"\nD='it \"is\"'\n\
                E=\nF=a=b\n\nG=\"first\nsecond\"\r\nH=a b";
    assert_eq!(
        flat(text, DocumentKind::Dotenv),
        pairs(&[
            ("A", "1"),
            ("B", "two"),
            ("C", "x\ny"),
            ("D", "it \"is\""),
            ("E", ""),
            ("F", "a=b"),
            ("G", "first\nsecond"),
            ("H", "a b"),
        ])
    );
}

#[test]
fn a_dollar_in_dotenv_is_a_dollar() {
    for (written, value) in [
        ("$HOME", "$HOME"),
        ("${HOME}", "${HOME}"),
        ("\"pa$$w0rd$\"", "pa$$w0rd$"),
        ("'pa$HOME'", "pa$HOME"),
        ("$(id)", "$(id)"),
        ("\\$HOME", "\\$HOME"),
        ("\"\\$HOME\"", "\\$HOME"),
        ("'\\$HOME'", "\\$HOME"),
    ] {
        let text = format!("HOME=earlier\nX={written}");
        assert_eq!(
            flat(&text, DocumentKind::Dotenv),
            pairs(&[("HOME", "earlier"), ("X", value)]),
            "{written}"
        );
    }
}

#[test]
fn what_is_no_dotenv_is_reported_by_its_lines() {
    for (text, why) in [
        ("", "it is empty"),
        ("# hunter2", "it is empty"),
        ("hunter2", "line 1 is not NAME=VALUE"),
        (
            "A=1\nB=\"hunter2",
            "line 2, `B`: readers of .env files disagree on a quote that is not closed in its line",
        ),
        ("A=1\nB=2\nA=3", "the key `A` occurs more than once"),
    ] {
        assert_eq!(
            flat(text, DocumentKind::Dotenv),
            Err(vec![why.to_owned()]),
            "{text}"
        );
    }
}

proptest! {
    #[test]
    fn no_text_makes_flattening_panic(text in "\\PC{0,60}|[{}\\[\\]\":,a0-9e.-]{0,40}|([A-C=$\\\\'\"{}# \n]{0,40})") {
        let _ = flat(&text, DocumentKind::Json);
        let _ = flat(&text, DocumentKind::Dotenv);
    }

    #[test]
    fn a_flat_object_keeps_its_keys_and_values(map in proptest::collection::btree_map("\\PC{0,8}", "\\PC{0,12}", 1..6)) {
        let text = serde_json::to_string(&map).unwrap();
        let expected: Vec<(String, String)> = map.into_iter().collect();
        prop_assert_eq!(flat(&text, DocumentKind::Json), Ok(expected));
    }
}

#[test]
fn only_json_has_a_prefix_and_only_before_the_first_slash() {
    let parse = |text, kind| {
        let document = Document::parse(text, kind).map_err(|error| error.to_string())?;
        Ok::<_, String>((document.prefix, document.source.to_string()))
    };
    let read = |prefix: &str, source: &str| Ok((prefix.to_owned(), source.to_owned()));
    assert_eq!(parse("/a/b", DocumentKind::Json), read("", "/a/b"));
    assert_eq!(parse("DB_=/a/b", DocumentKind::Json), read("DB_", "/a/b"));
    let secret = "/aws/reference/secretsmanager/a=b";
    assert_eq!(parse(secret, DocumentKind::Json), read("", secret));
    assert_eq!(parse("/a/b", DocumentKind::Dotenv), read("", "/a/b"));
    assert!(parse("DB_=/a/b", DocumentKind::Dotenv).is_err());
}

#[test]
fn each_problem_says_what_to_try() {
    let key = String::new;
    let object =
        "the value must be one JSON object, such as {\"user\": \"…\", \"password\": \"…\"}";
    for (problem, hint) in [
        (Problem::NotJson { line: 1, column: 1 }, object),
        (Problem::NotObject, object),
        (
            Problem::NoKey { key: key() },
            "keys are case-sensitive: check the spelling",
        ),
        (
            Problem::Dotenv(dotenv::Problem::NotAssignment { line: 1 }),
            "each line is NAME=VALUE; a value of several lines is in quotes",
        ),
        (Problem::Nothing, "check the value, or leave the option out"),
        (Problem::TooDeep { key: key() }, "store it flatter"),
        (
            Problem::Twice { key: key() },
            "readers disagree on which one to use: store it once",
        ),
        (
            Problem::Unfit {
                key: key(),
                what: "",
            },
            "a variable contains text, a number, `true` or `false`",
        ),
    ] {
        assert_eq!(problem.hint(), hint);
    }
}
