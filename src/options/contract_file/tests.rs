//! What a file must say to be a contract.

use super::super::contract::quoted;
use super::*;
use proptest::prelude::*;

fn keys() -> Vec<Key> {
    let choice = ["upper", "keep"].map(str::to_owned).to_vec();
    [
        ("path", Shape::List),
        ("secret", Shape::List),
        ("file", Shape::List),
        ("region", Shape::Text),
        ("timeout", Shape::Text),
        ("optional-path", Shape::List),
        ("clean-env", Shape::Switch),
        ("preserve-env", Shape::SwitchOrList),
        ("case", Shape::Choice(choice)),
        ("only", Shape::List),
    ]
    .map(|(name, shape)| Key {
        name: name.to_owned(),
        shape,
    })
    .to_vec()
}

fn understood(text: &str, profile: Option<&str>) -> Contract {
    parse("c.toml", text, profile, &keys()).unwrap()
}

fn list(items: &[&str]) -> Value {
    Value::List(items.iter().map(|item| (*item).to_owned()).collect())
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

const ALL: &str = r#"
path = ["/base", "/prd/app"] # layers
clean-env = true
"preserve-env" = ["LOG_*"]
case = "keep"
region = 'eu-central-1'

[variables.DB_PASSWORD]
description = "Of the user `app`"
pattern = '\S{12,}'

[variables.TLS_KEY]
from = "base64:/prd/tls"
file = "/run/app/key"
required = false

[variables]
SHORT = { from = "/prd/short", file = true }
BARE = {}

[profiles.dev]
path = ["/dev/app"]

[profiles.prd]
region = "eu-west-1"
preserve-env = false
"#;

#[test]
fn settings_and_variables_are_what_stands_there() {
    let contract = understood(ALL, None);
    let value = |key: &str| contract.setting(key).map(|it| it.value.clone());
    assert_eq!(value("path"), Some(list(&["/base", "/prd/app"])));
    assert_eq!(value("clean-env"), Some(Value::Switch(true)));
    assert_eq!(value("preserve-env"), Some(list(&["LOG_*"])));
    assert_eq!(value("case"), Some(text("keep")));
    assert_eq!(value("region"), Some(text("eu-central-1")));
    assert_eq!(value("only"), None);
    assert_eq!(contract.profiles, ["dev", "prd"]);

    let variables = &contract.variables;
    let names: Vec<&str> = variables.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["DB_PASSWORD", "TLS_KEY", "SHORT", "BARE"]);
    let [password, key, short, bare] = variables.as_slice() else {
        panic!("{variables:?}");
    };
    assert_eq!(password.description.as_deref(), Some("Of the user `app`"));
    assert_eq!(password.pattern.as_ref().unwrap().text(), r"\S{12,}");
    assert_eq!(password.presence, Presence::Required);
    assert_eq!(key.presence, Presence::Optional);
    assert_eq!(key.from.as_deref(), Some("base64:/prd/tls"));
    assert_eq!(key.file, Some(AsFile::Path("/run/app/key".to_owned())));
    assert_eq!(short.file, Some(AsFile::Descriptor));
    assert_eq!(
        (&bare.from, &bare.file, bare.presence),
        (&None, &None, Presence::Required)
    );
    assert_eq!(password.place.to_string(), "c.toml, line 8, column 12");
}

#[test]
fn a_profile_overrides_what_it_names_and_nothing_else() {
    for (profile, path, region, preserve) in [
        (
            None,
            list(&["/base", "/prd/app"]),
            "eu-central-1",
            list(&["LOG_*"]),
        ),
        (
            Some("dev"),
            list(&["/dev/app"]),
            "eu-central-1",
            list(&["LOG_*"]),
        ),
        (
            Some("prd"),
            list(&["/base", "/prd/app"]),
            "eu-west-1",
            Value::Switch(false),
        ),
    ] {
        let contract = understood(ALL, profile);
        let value = |key: &str| contract.setting(key).unwrap().value.clone();
        assert_eq!(value("path"), path, "{profile:?}");
        assert_eq!(value("region"), text(region), "{profile:?}");
        assert_eq!(value("preserve-env"), preserve, "{profile:?}");
        assert_eq!(value("clean-env"), Value::Switch(true), "{profile:?}");
    }
}

#[test]
fn an_empty_file_says_nothing() {
    for empty in ["", "\n", "# nothing\r\n", "[variables]\n[profiles]\n"] {
        let contract = understood(empty, None);
        assert!(contract.settings.is_empty() && contract.variables.is_empty());
    }
}

#[test]
fn what_makes_no_sense_is_told_with_its_place_and_what_to_try() {
    let table = "tables are written like `[variables.DB_PASSWORD]` and `[profiles.prd]`";
    let toml = "texts stand in quotes, lists in brackets: path = [\"/prd/app\"]";
    let of_variables = "here it is one of `description`, `required`, `from`, `file`, `pattern`";
    let help = "see `envsecrets --help` for what the option takes";
    let pattern = "it is written as in Rust's crate `regex`, and must match the whole value; between \
                   single quotes TOML leaves `\\` alone: pattern = '\\d+'";
    for (text, error, hint) in [
        // No TOML.
        (
            "path = /prd/app",
            "`c.toml` is not TOML: string values must be quoted, expected literal string (line 1, column 8)",
            toml,
        ),
        (
            "\npath = [\"/a\"\nregion = \"x\"",
            "`c.toml` is not TOML: missing comma between array elements, expected `,` (line 3, column 1)",
            toml,
        ),
        (
            "region = \"a\"\nregion = \"b\"",
            "`c.toml` is not TOML: duplicate key (line 2, column 1)",
            toml,
        ),
        // Unknown keys.
        (
            "\n  pth = []",
            "unknown key `pth` (from c.toml, line 2, column 3)",
            "did you mean `path`?",
        ),
        (
            "optional_path = []",
            "unknown key `optional_path` (from c.toml, line 1, column 1)",
            "did you mean `optional-path`?",
        ),
        (
            "[variable.X]",
            "unknown key `variable` (from c.toml, line 1, column 2)",
            "did you mean `variables`?",
        ),
        (
            "zzz = 1",
            "unknown key `zzz` (from c.toml, line 1, column 1)",
            "keys are named as the options are, without their dashes: see `envsecrets --help`",
        ),
        (
            "[variables.X]\nrequires = true",
            "unknown key `requires` (from c.toml, line 2, column 1)",
            "did you mean `required`?",
        ),
        (
            "[variables.X]\nzzz = true",
            "unknown key `zzz` (from c.toml, line 2, column 1)",
            of_variables,
        ),
        // In a profile that nobody chose, too.
        (
            "[profiles.prd]\nregoin = 'x'",
            "unknown key `regoin` (from c.toml, line 2, column 1)",
            "did you mean `region`?",
        ),
        (
            "[profiles.prd.variables.X]",
            "unknown key `variables` (from c.toml, line 1, column 15)",
            "keys are named as the options are, without their dashes: see `envsecrets --help`",
        ),
        // Wrong types.
        (
            "path = '/prd/app'",
            "`path` is a text, and must be a list of texts (from c.toml, line 1, column 8)",
            "lists stand in brackets, even of one: path = [\"/prd/app\"]",
        ),
        (
            "path = ['/a',\n  1]",
            "`path` holds a number, and must be a list of texts (from c.toml, line 2, column 3)",
            "each of them stands in quotes",
        ),
        (
            "timeout = 30",
            "`timeout` is a number, and must be a text (from c.toml, line 1, column 11)",
            "texts stand in quotes: timeout = \"30s\"",
        ),
        (
            "region = ['x']",
            "`region` is a list, and must be a text (from c.toml, line 1, column 10)",
            help,
        ),
        (
            "clean-env = 'true'",
            "`clean-env` is a text, and must be `true` or `false` (from c.toml, line 1, column 13)",
            "without quotes",
        ),
        (
            "preserve-env = 1979-05-27",
            "`preserve-env` is a date, and must be `true`, `false` or a list of texts (from c.toml, line 1, column 16)",
            help,
        ),
        (
            "case = 'lower'",
            "`case` is `lower`, and must be one of `upper`, `keep` (from c.toml, line 1, column 8)",
            help,
        ),
        (
            "variables = 3",
            "`variables` is a number, and must be a table (from c.toml, line 1, column 1)",
            table,
        ),
        (
            "[variables]\nX = '/prd/app'",
            "`X` is a text, and must be a table (from c.toml, line 2, column 1)",
            table,
        ),
        (
            "profiles.prd = true",
            "`prd` is `true`, and must be a table (from c.toml, line 1, column 10)",
            table,
        ),
        (
            "[variables.X]\nrequired = 'no'",
            "`required` is a text, and must be `true` or `false` (from c.toml, line 2, column 12)",
            "without quotes",
        ),
        (
            "[variables.X]\nfrom = 7",
            "`from` is a number, and must be a text (from c.toml, line 2, column 8)",
            "texts stand in quotes: timeout = \"30s\"",
        ),
        (
            "[variables.X]\nfile = {}",
            "`file` is a table, and must be `true`, `false` or a text (from c.toml, line 2, column 8)",
            help,
        ),
        // Variables that cannot be.
        (
            "[variables.db-password]",
            "`db-password`, in `[variables]`, is not a name of a variable (from c.toml, line 1, column 12)",
            "names are letters, digits and `_`, and do not begin with a digit",
        ),
        (
            "[variables.X]\npattern = '[a'",
            "`[a`, the `pattern` of X, is not a regular expression: unclosed character class (from c.toml, line 2, column 11)",
            pattern,
        ),
        (
            "[variables.X]\nfile = true",
            "X has `file` and no `from` (from c.toml, line 1, column 12)",
            "say which parameter the file holds: from = \"/prd/app/tls/key\"",
        ),
        (
            "secret = ['X=/a']\n[variables.X]\nfrom = '/b'",
            "`secret` and `from` give X two parameters (from c.toml, line 1, column 10)",
            "one variable holds one value: leave one of them out",
        ),
        (
            "file = ['X=/a']\n[variables.X]\nfrom = '/b'",
            "`file` and `from` give X two parameters (from c.toml, line 1, column 8)",
            "one variable holds one value: leave one of them out",
        ),
    ] {
        let found = parse("c.toml", text, None, &keys()).unwrap_err();
        assert_eq!(found.to_string(), error, "{text}");
        assert_eq!(found.hint(), hint, "{text}");
    }
}

#[test]
fn a_profile_that_is_not_there_names_those_that_are() {
    for (text, profile, hint) in [
        (ALL, "staging", "there are `dev`, `prd`"),
        (ALL, "prod", "did you mean `prd`? there are `dev`, `prd`"),
        (ALL, "", "there are `dev`, `prd`"),
        (
            "",
            "prd",
            "there are none: a profile is a table, such as `[profiles.prd]`",
        ),
    ] {
        let error = parse("c.toml", text, Some(profile), &keys()).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("there is no profile `{profile}` in `c.toml`")
        );
        assert_eq!(error.hint(), hint);
    }
}

#[test]
fn columns_count_characters() {
    let error = parse("c.toml", "region = 'ü' # ü\npath = ['ü', 1]", None, &keys()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`path` holds a number, and must be a list of texts (from c.toml, line 2, column 14)"
    );
}

#[test]
fn what_is_nested_too_deeply_is_refused() {
    let deep = format!("path = {}{}", "[".repeat(100_000), "]".repeat(100_000));
    let error = parse("c.toml", &deep, None, &keys()).unwrap_err();
    assert!(matches!(error, Error::NotToml { .. }), "{error}");
}

/// Text that is nearly a contract.
fn nearly() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "path",
        "variables",
        "profiles",
        "X",
        "from",
        "file",
        "pattern",
        "required",
        "case",
        "prd",
        "[",
        "]",
        "[[",
        "]]",
        "{",
        "}",
        "=",
        ".",
        ",",
        "\n",
        " ",
        "#",
        "\"",
        "'",
        "\"\"\"",
        "\\",
        "true",
        "1",
        "1979-05-27",
        "'/a'",
        "[\"b\"]",
        "é",
        "\u{202e}",
        "\0",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_text_is_understood_or_refused(text in any::<String>(), profile in any::<Option<String>>()) {
        if let Err(error) = parse("c.toml", &text, profile.as_deref(), &keys()) {
            prop_assert!(!error.to_string().is_empty() && !error.hint().is_empty());
        }
    }

    #[test]
    fn so_is_what_is_nearly_a_contract(text in nearly()) {
        if let Err(error) = parse("c.toml", &text, Some("prd"), &keys()) {
            prop_assert!(!error.to_string().is_empty() && !error.hint().is_empty());
        }
    }

    #[test]
    fn every_text_can_be_written_and_read(value in any::<String>()) {
        let line = format!("region = {}", quoted(&value));
        let contract = understood(&line, None);
        let region = &contract.setting("region").unwrap().value;
        prop_assert_eq!(region, &text(&value));
    }
}
