//! What is wanted, as people write it, and what values become.

use std::path::Path;

use proptest::prelude::*;

use super::*;

fn wanted(text: &str) -> (String, String, Encoding, Target) {
    let file = FileSpec::parse(text).unwrap();
    let (name, selector) = (file.name.to_string(), file.source.to_string());
    (name, selector, file.encoding, file.target)
}

fn at(path: &str) -> Target {
    Target::Path(PathBuf::from(path))
}

#[test]
fn a_file_is_a_name_a_parameter_and_perhaps_a_path() {
    use Encoding::{Base64, Plain, Text};
    let arn = "arn:aws:ssm:eu-west-1:123456789012:parameter/tls/key:3";
    let secret = "/aws/reference/secretsmanager/me@home";
    for (text, selector, encoding, place) in [
        ("K=/tls/key", "/tls/key", Plain, Target::Descriptor),
        ("K=key", "key", Plain, Target::Descriptor),
        (
            "K=/tls/key:live",
            "/tls/key:live",
            Plain,
            Target::Descriptor,
        ),
        (
            "K=base64:/tls/key:3",
            "/tls/key:3",
            Base64,
            Target::Descriptor,
        ),
        ("K=/tls/key@/run/k", "/tls/key", Plain, at("/run/k")),
        ("K=base64:key@/run/k", "key", Base64, at("/run/k")),
        ("K=/k@/run/a@/b=c", "/k", Plain, at("/run/a@/b=c")),
        ("K=/k@/k", "/k", Plain, at("/k")),
        ("K=/k@/run/../k", "/k", Plain, at("/run/../k")),
        ("K=/k@/run/...", "/k", Plain, at("/run/...")),
        (
            "K=text:/tls/key:live",
            "/tls/key:live",
            Text,
            Target::Descriptor,
        ),
        ("K=text:/tls/key@/run/k", "/tls/key", Text, at("/run/k")),
        // A parameter may be called like the encoding.
        ("K=text", "text", Plain, Target::Descriptor),
        ("K=/text:3", "/text:3", Plain, Target::Descriptor),
        ("K=text:text:3", "text:3", Text, Target::Descriptor),
        ("K=base64", "base64", Plain, Target::Descriptor),
        ("K=/base64:3", "/base64:3", Plain, Target::Descriptor),
        (&format!("K={arn}@/run/k"), arn, Plain, at("/run/k")),
        (&format!("K={secret}"), secret, Plain, Target::Descriptor),
        (&format!("K={secret}@/run/k"), secret, Plain, at("/run/k")),
    ] {
        let expected = ("K".to_owned(), selector.to_owned(), encoding, place);
        assert_eq!(wanted(text), expected, "{text}");
    }
}

#[test]
fn what_is_no_file_is_reported_with_the_part_that_is_wrong() {
    for (text, problem) in [
        ("", "`--file ` is not NAME=PARAMETER"),
        ("/tls/key", "`--file /tls/key` is not NAME=PARAMETER"),
        ("=/tls/key", "``, in `--file`, is not a valid variable name"),
        ("1=/k", "`1`, in `--file`, is not a valid variable name"),
        ("K=", "``, in `--file` for K, names no parameter"),
        ("K=@/run/k", "``, in `--file` for K, names no parameter"),
        ("K=base64:", "``, in `--file` for K, names no parameter"),
        ("K=text:", "``, in `--file` for K, names no parameter"),
        (
            "K=/k@/run/.envsecrets-0123456789abcdef",
            "`/run/.envsecrets-0123456789abcdef`, in `--file` for K, is not a file name: it begins \
             with `.envsecrets-`, as files do while they are written",
        ),
        (
            "K=/k:",
            "`/k:`, in `--file` for K, ends with a colon, but has no version or label",
        ),
        (
            "K=/k@",
            "`/k@`, in `--file` for K, contains a character that no parameter name can: only letters, \
             digits, `_`, `.`, `-` and `/` are allowed",
        ),
        (
            "K=/k@run/k",
            "`run/k`, in `--file` for K, is not a path: it does not begin with `/`",
        ),
        (
            "K=/k@/",
            "`/`, in `--file` for K, is not a file name: it ends with `/`",
        ),
        (
            "K=/k@/run/app/",
            "`/run/app/`, in `--file` for K, is not a file name: it ends with `/`",
        ),
        (
            "K=/k@/run/.",
            "`/run/.`, in `--file` for K, is not a file name: it ends with a directory",
        ),
        (
            "K=/k@/..",
            "`/..`, in `--file` for K, is not a file name: it ends with a directory",
        ),
        (
            "K=/k@/run/a\0b",
            "`/run/a\0b`, in `--file` for K, is not a file name: it contains a NUL",
        ),
    ] {
        assert_eq!(FileSpec::parse(text).unwrap_err().to_string(), problem);
    }
}

#[test]
fn an_owner_is_a_number_or_a_name() {
    for (text, owner) in [
        ("0", Owner::Id(0)),
        ("1000", Owner::Id(1000)),
        ("4294967294", Owner::Id(4_294_967_294)),
        ("www-data", Owner::Name("www-data".to_owned())),
        ("1000x", Owner::Name("1000x".to_owned())),
        ("-1", Owner::Name("-1".to_owned())),
    ] {
        assert_eq!(Owner::parse(text), Some(owner.clone()), "{text}");
        assert_eq!(owner.to_string(), text);
    }
    // The one that means "as it is", those that no user can have, and no user at all.
    for text in ["4294967295", "4294967296", "99999999999999999999", ""] {
        assert_eq!(Owner::parse(text), None, "{text}");
    }
}

fn decoded(text: &str) -> Result<Vec<u8>, Problem> {
    decode(&Secret::new(text.to_owned()), Encoding::Base64).map(|it| it.into_own().unwrap())
}

#[test]
fn base64_is_read_in_both_alphabets_and_as_tools_break_its_lines() {
    for text in [
        "+/+/aGk=",
        "-_-_aGk=",
        "-_-_aGk",
        "+/+/\naGk=\n",
        "+/+/\r\naGk=\r\n",
        "\n+/+/aG\n\nk\n=\n",
    ] {
        assert_eq!(decoded(text), Ok(b"\xfb\xff\xbfhi".to_vec()), "{text:?}");
    }
    assert_eq!(decoded("AA=="), Ok(vec![0]));
}

#[test]
fn what_is_not_base64_is_reported_by_its_place_and_never_by_itself() {
    for (text, problem) in [
        ("aGk=\n!", "character 6 is not base64"),
        ("säll", "character 2 is not base64"),
        ("a\0", "character 2 is not base64"),
        (" aGk=", "character 1 is not base64"),
        ("aGk=\n\taGk=", "character 6 is not base64"),
        ("\u{feff}aGk=", "character 1 is not base64"),
        ("data:;base64,aGk=", "character 5 is not base64"),
        ("*aGk", "character 1 is not base64"),
        // Cut off, or with bits that nothing writes.
        ("a", "it is cut short"),
        ("aGkga", "it is cut short"),
        ("aGl=", "it is cut short"),
        ("aGl", "it is cut short"),
        // With more after the end.
        (
            "aGk=aGk=",
            "character 5 follows the padding, which ends base64",
        ),
        (
            "aA==\naGk=",
            "character 6 follows the padding, which ends base64",
        ),
        ("=aGk", "character 2 follows the padding, which ends base64"),
        // With too little padding, or too much.
        ("aA=", "its padding is wrong, or it is cut short"),
        ("aGk==", "its padding is wrong, or it is cut short"),
        ("aGkg=", "its padding is wrong, or it is cut short"),
        ("aGkg====", "its padding is wrong, or it is cut short"),
        ("a===", "its padding is wrong, or it is cut short"),
        ("====", "its padding is wrong, or it is cut short"),
        ("=", "its padding is wrong, or it is cut short"),
        // In two alphabets.
        (
            "+/-_",
            "character 3 is of another alphabet than those before it",
        ),
        (
            "aG_k\n+",
            "character 6 is of another alphabet than those before it",
        ),
        ("-----BEGIN KEY-----", "it is PEM, not base64"),
        (
            "\n-----BEGIN CERTIFICATE-----\nAAEC\n-----END CERTIFICATE-----\n",
            "it is PEM, not base64",
        ),
        (
            "Bag: x\n-----BEGIN RSA PRIVATE KEY-----",
            "it is PEM, not base64",
        ),
        ("", "it is empty"),
        ("\n", "it is empty"),
        ("\r\n", "it is empty"),
    ] {
        let found = decoded(text).unwrap_err();
        assert_eq!(found.to_string(), problem, "{text:?}");
    }
}

#[test]
fn text_ends_in_exactly_one_line_end() {
    for (text, content) in [
        ("-----END KEY-----", "-----END KEY-----\n"),
        ("-----END KEY-----\n", "-----END KEY-----\n"),
        ("-----END KEY-----\n\n\n", "-----END KEY-----\n"),
        ("a\r\nb\r\n", "a\r\nb\n"),
        ("a\r\nb\r", "a\r\nb\n"),
        ("\n\na \t", "\n\na \t\n"),
        ("ä\u{2028}", "ä\u{2028}\n"),
        ("\n", "\n"),
        ("", "\n"),
    ] {
        let decoded = decode(&Secret::new(text.to_owned()), Encoding::Text).unwrap();
        assert_eq!(decoded.into_own().unwrap(), content.as_bytes(), "{text:?}");
    }
}

#[test]
fn without_an_encoding_every_byte_stays() {
    for text in ["", "line\r\nline\n\n", "\u{feff}\0ä", "aGk="] {
        let content = decode(&Secret::new(text.to_owned()), Encoding::Plain).unwrap();
        assert_eq!(content.clone().into_own().unwrap(), text.as_bytes());
        assert_eq!(content.size(), text.len());
        assert_eq!(format!("{content:?}"), "Content(…)");
    }
}

proptest! {
    #[test]
    fn whatever_is_written_is_understood_or_refused(text in any::<String>()) {
        let _ = FileSpec::parse(&text);
        let _ = Owner::parse(&text);
    }

    #[test]
    fn what_looks_like_a_file_is_understood_as_it_reads(
        text in "[A-Z]{0,2}[=@]{0,2}(base64:|text:)?/?[a-z@/:]{0,6}@?/?[a-z@/.]{0,6}"
    ) {
        let Ok(file) = FileSpec::parse(&text) else {
            return Ok(());
        };
        let encoding = file.encoding.prefix();
        let place = match &file.target {
            Target::Descriptor => String::new(),
            Target::Path(path) => format!("@{}", path.display()),
        };
        prop_assert_eq!(format!("{}={encoding}{}{place}", file.name, file.source), text);
        if let Target::Path(path) = &file.target {
            prop_assert!(path.is_absolute());
            let last = path.file_name().unwrap();
            prop_assert!(path.as_os_str().to_str().unwrap().ends_with(last.to_str().unwrap()));
            prop_assert!(path.parent().is_some_and(Path::is_absolute));
        }
    }

    #[test]
    fn what_is_encoded_is_decoded_in_lines_of_any_length(
        bytes in prop::collection::vec(any::<u8>(), 1..200),
        width in 1_usize..80,
        url_safe in any::<bool>(),
    ) {
        let text = if url_safe { URL_SAFE.encode(&bytes) } else { STANDARD.encode(&bytes) };
        let mut lines = String::new();
        for line in text.as_bytes().chunks(width) {
            lines.push_str(std::str::from_utf8(line).unwrap());
            lines.push('\n');
        }
        prop_assert_eq!(decoded(&lines), Ok(bytes));
    }

    #[test]
    fn whatever_a_value_is_it_is_decoded_or_refused(text in any::<String>()) {
        let _ = decoded(&text);
    }
}
