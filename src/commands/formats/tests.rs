//! What is read from files, and that what is written is read as it was.

use std::path::Path;

use clap::ValueEnum;
use proptest::prelude::*;

use super::entry::*;
use super::read::{guess, read};
use super::*;
use crate::options::DotenvDialect;
use crate::secret::Secret;

type Pairs = Result<Vec<(String, String)>, Vec<String>>;

fn found(format: Source, text: &str) -> Pairs {
    match read(format, text, DotenvDialect::Common) {
        Ok(found) => Ok(found
            .entries
            .into_iter()
            .map(|it| (it.key, it.value.expose().to_owned()))
            .collect()),
        Err(problems) => Err(problems.into_iter().map(|it| it.what).collect()),
    }
}

fn pairs(pairs: &[(&str, &str)]) -> Pairs {
    let pairs = pairs.iter();
    Ok(pairs
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect())
}

fn refused(why: &str) -> Pairs {
    Err(vec![why.to_owned()])
}

#[test]
fn the_format_is_known_by_the_name_or_by_how_it_begins_or_not_at_all() {
    let answer = r#"{"Parameters": [{"Name": "/a", "Value": "x"}]}"#;
    let single = r#"{"Parameter": {"Name": "/a", "Type": "String", "Value": "x"}}"#;
    for (file, text, format) in [
        (".env", "", Some(Source::Dotenv)),
        ("prd.env", "{", Some(Source::Dotenv)),
        (".env.production", "", Some(Source::Dotenv)),
        ("a.yml", "{}", Some(Source::Yaml)),
        ("a.YAML", "", Some(Source::Yaml)),
        ("app.properties", "", Some(Source::Properties)),
        ("app.CSV", "", Some(Source::Csv)),
        ("a.json", "{}", Some(Source::Json)),
        ("a.json", answer, Some(Source::Aws)),
        ("-", answer, Some(Source::Aws)),
        ("-", single, Some(Source::Aws)),
        ("-", "[]", Some(Source::Aws)),
        ("-", " \n{\"a\": 1}", Some(Source::Json)),
        // These are keys like any other.
        ("-", r#"{"Parameters": "x"}"#, Some(Source::Json)),
        ("-", r#"{"Parameters": {"a": "x"}}"#, Some(Source::Json)),
        ("-", r#"{"Parameter": {"Name": "x"}}"#, Some(Source::Json)),
        (
            "-",
            r#"{"Parameter": {"Name": "x", "Type": "y"}, "b": 1}"#,
            Some(Source::Json),
        ),
        // Dotenv, properties and YAML look alike.
        ("-", "A=1", None),
        ("-", "a: 1", None),
        ("secrets.txt", "A=1", None),
        ("env", "A=1", None),
    ] {
        assert_eq!(guess(Path::new(file), text), format, "{file} {text}");
    }
}

#[test]
fn words_and_numbers_of_yaml_are_what_is_written() {
    let text = "\
country: NO
version: 1.10
big: 123456789012345678901234567890
octal: 0o14
underscored: 1_000
float: 1e3
date: 2001-01-01
yes: on
quoted: 'null'
empty: ''
typed: !!str 012
folded: a
  b
db:
  host: \"h\\u00e9\\n\"
  tls: {on: true}
key: |
  -----BEGIN
  x
";
    assert_eq!(
        found(Source::Yaml, text),
        pairs(&[
            ("country", "NO"),
            ("version", "1.10"),
            ("big", "123456789012345678901234567890"),
            ("octal", "0o14"),
            ("underscored", "1_000"),
            ("float", "1e3"),
            ("date", "2001-01-01"),
            ("yes", "on"),
            ("quoted", "null"),
            ("empty", ""),
            ("typed", "012"),
            ("folded", "a b"),
            ("db/host", "hé\n"),
            ("db/tls/on", "true"),
            ("key", "-----BEGIN\nx\n"),
        ])
    );
}

#[test]
fn yaml_that_is_no_mapping_of_texts_is_refused_by_its_keys_and_never_its_values() {
    for (text, why) in [
        ("a: null", "the key `a` has null"),
        ("a: ~", "the key `a` has null"),
        ("a:", "the key `a` has null"),
        ("a: !!null x", "the key `a` has null"),
        ("a: [hunter2]", "the key `a` has a list"),
        ("a: {b: [hunter2, {c: d}]}", "the key `a/b` has a list"),
        ("a: !Ref hunter2", "the key `a` has a value with a tag"),
        ("a: !!binary aGk=", "the key `a` has a value with a tag"),
        ("a: !x {b: hunter2}", "the key `a` has a value with a tag"),
        (
            "a: hunter2\na: hunter3",
            "the key `a` exists more than once",
        ),
        ("a: {b: x, b: y}", "the key `a/b` exists more than once"),
        ("? [hunter2]\n: x", "a key is a list"),
        ("? {a: hunter2}\n: x", "a key is not a text"),
        ("- hunter2", "it is not a YAML mapping"),
        ("hunter2", "it is not a YAML mapping"),
        ("a: x\n---\nb: y", "it has more than one YAML document"),
        ("", "it is empty"),
        ("{}", "it is empty"),
        (
            "a: \"hunter2",
            "it is not YAML: cannot be read at line 1, column 4",
        ),
        (
            "a: b: hunter2",
            "it is not YAML: cannot be read at line 1, column 5",
        ),
    ] {
        assert_eq!(found(Source::Yaml, text), refused(why), "{text}");
    }
    assert_eq!(
        found(Source::Yaml, "a: &x hunter2\nb: *x\nc:\n  <<: *x\n  d: e"),
        Err([
            "the key `b` has an alias",
            "the key `c/<<` merges another mapping",
            "the key `c/<<` has an alias"
        ]
        .map(str::to_owned)
        .to_vec())
    );
    let deep = (0..40).fold("x".to_owned(), |inner, _| format!("{{k: {inner}}}"));
    let key = ["k"; 32].join("/");
    assert_eq!(
        found(Source::Yaml, &deep),
        refused(&format!("the key `{key}` has mappings nested too deeply"))
    );
}

#[test]
fn properties_are_read_as_java_documents_them() {
    let text = "\
# a comment \\
! another
Truth = Beauty
 Truth2:Beauty
Truth3\t\t\t:Beauty

fruits  apple, banana, \\
        pear, \\
        \\#mango
cheeses=
\\:\\=\\ key = v=1:2\\u00e9\\ud83d\\ude00
last = a\\tb\\\\c\\\"d\\
";
    assert_eq!(
        found(Source::Properties, text),
        pairs(&[
            ("Truth", "Beauty"),
            ("Truth2", "Beauty"),
            ("Truth3", "Beauty"),
            ("fruits", "apple, banana, pear, #mango"),
            ("cheeses", ""),
            (":= key", "v=1:2é😀"),
            ("last", "a\tb\\c\"d"),
        ])
    );
    for text in [
        "a=1\nb=hunter2\\u12",
        "a=1\nb=hunter2\\uzzzz",
        "a=1\nb=\\ud83d",
    ] {
        let why = "it is not a properties file: line 2 cannot be read";
        assert_eq!(found(Source::Properties, text), refused(why));
    }
    assert_eq!(
        found(Source::Properties, "a=-----BEGIN\nhunter2\nhunter3="),
        refused("line 2 has no value")
    );
    assert_eq!(
        found(Source::Properties, "a=1\na:2"),
        refused("the key `a` exists more than once")
    );
}

#[test]
fn what_amazon_prints_is_refused_if_it_is_not_all_of_it() {
    let encrypted = format!("AQICAH{}==", "x".repeat(150));
    let one = |value: &str| format!(r#"{{"Name":"/a","Type":"SecureString","Value":"{value}"}}"#);
    for (text, why) in [
        (
            format!(r#"{{"Parameters":[{}],"NextToken":"t"}}"#, one("x")),
            "it is a part of a response: its `NextToken` means that more follows",
        ),
        (
            format!(
                r#"{{"Parameters":[{}],"InvalidParameters":["/b"]}}"#,
                one("x")
            ),
            "some requested parameters do not exist: `InvalidParameters` lists them",
        ),
        (
            format!("[{}]", one(&encrypted)),
            "the value of `/a` is still encrypted",
        ),
        (r#"[{"Name":"/a"}]"#.to_owned(), "`/a` has no value"),
        (
            r#"[{"Value":"hunter2"}]"#.to_owned(),
            "parameter 1 of the list has no name",
        ),
        (
            r#"[{"Name":"/a","Type":"hunter2","Value":"x"}]"#.to_owned(),
            "`/a` has an unknown type",
        ),
        ("[]".to_owned(), "it is empty"),
        ("{}".to_owned(), "it has no list `Parameters`"),
        (
            r#"{"Parameters":["hunter2"]}"#.to_owned(),
            "cannot be read at line 1, column 24",
        ),
        ("[hunter2".to_owned(), "cannot be read at line 1, column 2"),
    ] {
        assert_eq!(found(Source::Aws, &text), refused(why), "{text}");
    }
    let whole = format!(
        r#"{{"Parameters":[{}],"InvalidParameters":[],"NextToken":null}}"#,
        one("x")
    );
    let whole = read(Source::Aws, &whole, DotenvDialect::Common).unwrap();
    assert!(whole.full_names);
    assert_eq!(whole.entries[0].kind, Some("SecureString".into()));
}

#[test]
fn what_chamber_escapes_in_its_dotenv_is_read_where_that_was_chosen() {
    let chambers = "A=\"a\\!b\\`c\\$d\\\"e\\\\f\\ng\\rh'\"\nB=\"\"\n";
    let read = |text| read(Source::Dotenv, text, DotenvDialect::Chamber);
    let found = read(chambers).unwrap().entries.into_iter();
    let found: Vec<(String, String)> = found
        .map(|it| (it.key, it.value.expose().to_owned()))
        .collect();
    assert_eq!(
        Ok(found),
        pairs(&[("A", "a!b`c$d\"e\\f\ng\rh'"), ("B", "")])
    );
    let problems = read("A=\"a\\!b\"\nB=b\n").unwrap_err();
    assert_eq!(problems[0].what, "line 2 is not NAME=VALUE");
}

#[test]
fn what_chamber_may_have_written_is_read_as_others_read_it_and_mentioned() {
    for (text, value, chamber) in [
        ("A=\"a\\!b\"\n", "a\\!b", true),
        ("A=\"a\\!b\" # c\n", "a\\!b", false),
        ("A=\"a\\nb\"\n", "a\nb", false),
        ("A=\"ab\"\n", "ab", false),
    ] {
        let found = read(Source::Dotenv, text, DotenvDialect::Common).unwrap();
        assert_eq!(found.entries[0].value.expose(), value);
        assert_eq!(found.chamber, chamber, "{text}");
    }
}

/// What a format makes of one variable.
fn written(format: Target, value: &str) -> Result<String, Vec<String>> {
    let value = Secret::new(value.to_owned());
    match write(format, &[("DB", &value)]) {
        Ok(written) => Ok(written.text),
        Err(problems) => Err(problems.into_iter().map(|it| it.what).collect()),
    }
}

#[test]
fn each_format_has_its_own_quotes() {
    let awkward = "it's \"$5\"\\\n${é}";
    for (format, text) in [
        (Target::Shell, "export DB='it'\\''s \"$5\"\\\n${é}'\n"),
        (Target::Systemd, "DB=\"it's \\\"\\$5\\\"\\\\\n\\${é}\"\n"),
        (
            Target::Json,
            "{\n  \"DB\": \"it's \\\"$5\\\"\\\\\\n${é}\"\n}\n",
        ),
        (Target::Yaml, "DB: \"it's \\\"$5\\\"\\\\\\n${é}\"\n"),
        (Target::Properties, "DB=it's \"$5\"\\\\\\n${\\u00E9}\n"),
        (Target::Tfvars, "DB = \"it's \\\"$5\\\"\\\\\\n$${é}\"\n"),
        (Target::Github, "DB<<END\nit's \"$5\"\\\n${é}\nEND\n"),
    ] {
        assert_eq!(written(format, awkward), Ok(text.to_owned()), "{format:?}");
    }
    assert_eq!(
        written(Target::Docker, "a 'b' \"c\""),
        Ok("DB=a 'b' \"c\"\n".to_owned())
    );
    for (value, text) in [
        ("a b$c\"\\d", "DB='a b$c\"\\d'\n"),
        ("it's", "DB=\"it's\"\n"),
    ] {
        assert_eq!(written(Target::Dotenv, value), Ok(text.to_owned()));
    }
}

#[test]
fn what_a_format_cannot_hold_is_refused_by_name() {
    for (format, value, why) in [
        (Target::Docker, "a\nb", "DB contains an end of line"),
        (Target::Docker, "a\r", "DB contains a carriage return"),
        (
            Target::Dotenv,
            "it's `id`",
            "DB contains a character or quotes that readers of .env files read differently",
        ),
        (
            Target::Systemd,
            "a\u{1b}",
            "DB contains a control character",
        ),
        (Target::Systemd, "a\r\n", "DB contains a control character"),
    ] {
        assert_eq!(written(format, value), Err(vec![why.to_owned()]));
    }
}

#[test]
fn the_end_of_a_value_for_github_does_not_occur_in_it() {
    assert_eq!(
        written(Target::Github, "END\nEND_1"),
        Ok("DB<<END_2\nEND\nEND_1\nEND_2\n".to_owned())
    );
}

#[test]
fn github_hides_a_value_and_each_line_of_it() {
    assert_eq!(masks("hunter2"), "::add-mask::hunter2\n");
    assert_eq!(
        masks("one%\r\ntwo2\n}\n"),
        "::add-mask::one%25%0D%0Atwo2%0A}%0A\n::add-mask::one%25\n::add-mask::two2\n"
    );
    assert_eq!(masks(" "), "");
}

/// Values with all that quoting gets wrong.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ab '\"\\\\$`!#=:%{}\n\r\t]{1,12}",
        "\\PC{1,20}",
        proptest::collection::vec(any::<char>(), 1..12)
            .prop_map(|all| all.into_iter().filter(|it| *it != '\0').collect::<String>())
            .prop_filter("not empty", |text| !text.is_empty()),
    ]
}

fn several() -> impl Strategy<Value = Vec<(String, String)>> {
    proptest::collection::btree_map("[A-Z_][A-Z0-9_]{0,8}", value(), 1..5)
        .prop_map(|map| map.into_iter().collect())
}

/// Written, read, and written again.
fn round(target: Target, source: Source, values: &[(String, String)]) -> Result<(), TestCaseError> {
    let secrets: Vec<(String, Secret)> = values
        .iter()
        .map(|(name, value)| (name.clone(), Secret::new(value.clone())))
        .collect();
    let variables: Vec<(&str, &Secret)> = secrets.iter().map(|(n, v)| (n.as_str(), v)).collect();
    let text = write(target, &variables).unwrap().text;
    let mut again =
        found(source, &text).map_err(|why| TestCaseError::fail(format!("{why:?} {text}")))?;
    again.sort();
    prop_assert_eq!(again.as_slice(), values, "{}", text);
    Ok(())
}

/// What a POSIX shell makes of a word (Shell Command Language, 2.2).
fn as_a_shell_reads(word: &str) -> String {
    let mut value = String::new();
    let mut characters = word.chars();
    let mut quoted = false;
    while let Some(character) = characters.next() {
        match character {
            '\'' => quoted = !quoted,
            '\\' if !quoted => value.extend(characters.next()),
            other => {
                assert!(quoted, "means something: {other}");
                value.push(other);
            }
        }
    }
    assert!(!quoted);
    value
}

/// What systemd makes of a value in double quotes (systemd.exec(5), `EnvironmentFile=`).
fn as_systemd_reads(quoted: &str) -> String {
    let inside = quoted.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    let mut value = String::new();
    let mut characters = inside.unwrap().chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next().unwrap() {
                it @ ('"' | '\\' | '`' | '$') => value.push(it),
                '\n' => {}
                other => value.extend(['\\', other]),
            },
            '"' => panic!("ends early"),
            other => value.push(other),
        }
    }
    value
}

/// What Terraform makes of a quoted template (HCL native syntax, Quoted Templates).
fn as_terraform_reads(quoted: &str) -> String {
    let inside = quoted.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    let inside = inside.unwrap();
    assert!(!inside.contains('\n'));
    let mut value = String::new();
    let mut rest = inside;
    while let Some(character) = rest.chars().next() {
        let escapes = [("$${", "${"), ("%%{", "%{")];
        let mut escapes = escapes.into_iter();
        let escaped =
            escapes.find_map(|(written, meant)| Some((rest.strip_prefix(written)?, meant)));
        if let Some((after, meant)) = escaped {
            value.push_str(meant);
            rest = after;
            continue;
        }
        assert!(
            !rest.starts_with("${") && !rest.starts_with("%{"),
            "a template"
        );
        assert_ne!(character, '"', "ends early");
        if character != '\\' {
            value.push(character);
            rest = &rest[character.len_utf8()..];
            continue;
        }
        let escape = rest[1..].chars().next().unwrap();
        let (meant, length) = match escape {
            'n' => ('\n', 2),
            'r' => ('\r', 2),
            't' => ('\t', 2),
            'u' => {
                let number = u32::from_str_radix(&rest[2..6], 16).unwrap();
                (char::from_u32(number).unwrap(), 6)
            }
            it @ ('"' | '\\') => (it, 2),
            other => panic!("no escape: {other}"),
        };
        value.push(meant);
        rest = &rest[length..];
    }
    value
}

/// What GitHub's runner makes of a file of several lines.
fn as_github_reads(text: &str) -> String {
    let (head, rest) = text.split_once('\n').unwrap();
    let end = head.strip_prefix("DB<<").unwrap();
    let lines: Vec<&str> = rest.split('\n').collect();
    let last = lines.iter().position(|line| *line == end).unwrap();
    assert_eq!(lines[last + 1..], [""]);
    lines[..last].join("\n")
}

proptest! {
    #[test]
    fn each_reader_reads_what_was_meant(value in value()) {
        let one = |format| written(format, &value);
        let shell = one(Target::Shell).unwrap();
        let word = shell.strip_prefix("export DB=").and_then(|it| it.strip_suffix('\n'));
        prop_assert_eq!(as_a_shell_reads(word.unwrap()), value.clone());
        prop_assert_eq!(as_github_reads(&one(Target::Github).unwrap()), value.clone());
        let terraform = one(Target::Tfvars).unwrap();
        let quoted = terraform.strip_prefix("DB = ").and_then(|it| it.strip_suffix('\n'));
        prop_assert_eq!(as_terraform_reads(quoted.unwrap()), value.clone());
        if let Ok(text) = one(Target::Systemd) {
            let quoted = text.strip_prefix("DB=").and_then(|it| it.strip_suffix('\n'));
            prop_assert_eq!(as_systemd_reads(quoted.unwrap()), value.clone());
        }
        match one(Target::Docker) {
            Ok(text) => prop_assert_eq!(text.lines().collect::<Vec<_>>(), [format!("DB={value}")]),
            Err(_) => prop_assert!(value.contains(['\n', '\r'])),
        }
    }

    #[test]
    fn what_is_written_is_read_as_it_was(values in several()) {
        let held = |value: &str| written(Target::Dotenv, value).is_ok();
        if values.iter().all(|(_, value)| held(value)) {
            round(Target::Dotenv, Source::Dotenv, &values)?;
        }
        round(Target::Json, Source::Json, &values)?;
        round(Target::Yaml, Source::Yaml, &values)?;
        round(Target::Properties, Source::Properties, &values)?;
    }

    #[test]
    fn each_value_is_held_or_refused_by_name(value in value(), format in 0..Target::value_variants().len()) {
        let format = Target::value_variants()[format];
        match written(format, &value) {
            Ok(text) => prop_assert!(text.contains("DB")),
            Err(why) => prop_assert!(why.iter().all(|it| it.starts_with("DB contains \
                a")), "{:?}", why),
        }
    }

    #[test]
    fn no_file_causes_a_panic_or_shows_its_text(
        text in "\\PC{0,60}|([ab:=\\[\\]{}\"'\\\\#&*!|>%\n\t -]|zzz){0,30}",
        format in 0..Source::value_variants().len(),
    ) {
        let format = Source::value_variants()[format];
        let _ = guess(Path::new("-"), &text);
        let _ = read(format, &text, DotenvDialect::Common);
    }
}
