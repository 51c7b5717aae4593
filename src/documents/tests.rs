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
fn what_cannot_be_picked_is_told_by_its_key_and_never_by_its_value() {
    for (text, why) in [
        ("{}", "there is no key `key`"),
        ("{\"KEY\":1}", "there is no key `key`"),
        (
            "{\"key\":null}",
            "the key `key` holds null, which no variable can hold",
        ),
        (
            "{\"key\":[\"hunter2\"]}",
            "the key `key` holds a list, which no variable can hold",
        ),
        (
            "{\"key\":{\"a\":\"hunter2\"}}",
            "the key `key` holds an object, which no variable can hold",
        ),
        (
            "{\"key\":1,\"k\\u0065y\":2}",
            "the key `key` is there more than once",
        ),
        ("\"hunter2\"", "that is not a JSON object"),
        ("[\"hunter2\"]", "that is not a JSON object"),
        ("12345", "that is not a JSON object"),
        ("null", "that is not a JSON object"),
        (
            "hunter2",
            "that is not JSON: it cannot be read at line 1, column 1",
        ),
        (
            "",
            "that is not JSON: it cannot be read at line 1, column 0",
        ),
        (
            "{\"key\":\"hunter2\"} hunter2",
            "that is not JSON: it cannot be read at line 1, column 19",
        ),
        (
            "{\n\"key\":\n}",
            "that is not JSON: it cannot be read at line 3, column 1",
        ),
        (
            "{\"key\":\"\\ud800\"}",
            "the key `key` holds a text that is no Unicode, which no variable can hold",
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
