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
    use Encoding::{Base64, Plain};
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
        // A parameter may be called like the encoding.
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
    decode(&Secret::new(text.to_owned()), Encoding::Base64).map(|it| it.expose().to_vec())
}

#[test]
fn base64_is_read_in_both_alphabets_and_as_tools_break_its_lines() {
    for text in [
        "+/+/aGk=",
        "-_-_aGk=",
        "-_-_aGk",
        "+/+/\naGk=\n",
        "+/+/\r\naGk=\r\n",
        " \t+/ +/aG\nk=",
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
        // Cut off, with more behind the end, with bits that nothing writes, in two alphabets.
        ("a", "it is not valid base64, or is cut short"),
        ("aGk=aGk=", "it is not valid base64, or is cut short"),
        ("aGl=", "it is not valid base64, or is cut short"),
        ("+/-_", "it is not valid base64, or is cut short"),
        ("====", "it is not valid base64, or is cut short"),
        (
            "-----BEGIN KEY-----",
            "it is not valid base64, or is cut short",
        ),
        ("\n", "it is empty"),
        (" \r\n\t", "it is empty"),
    ] {
        let found = decoded(text).unwrap_err();
        assert_eq!(found.to_string(), problem, "{text:?}");
    }
}

#[test]
fn without_an_encoding_every_byte_stays() {
    for text in ["", "line\r\nline\n\n", "\u{feff}\0ä", "aGk="] {
        let content = decode(&Secret::new(text.to_owned()), Encoding::Plain).unwrap();
        assert_eq!(content.expose(), text.as_bytes());
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
        text in "[A-Z]{0,2}[=@]{0,2}(base64:)?/?[a-z@/:]{0,6}@?/?[a-z@/.]{0,6}"
    ) {
        let Ok(file) = FileSpec::parse(&text) else {
            return Ok(());
        };
        let encoding = match file.encoding {
            Encoding::Plain => "",
            Encoding::Base64 => "base64:",
        };
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
