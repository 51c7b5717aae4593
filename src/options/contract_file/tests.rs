//! Which files are contracts.

use super::super::contract::{Contract, Declared, quoted};
use super::super::contract_files::{Understood, merge};
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

/// What a contract of one file means.
fn whole(text: &str, profile: Option<&str>) -> Understood {
    let part = parse("c.toml", text, &keys());
    merge(&["c.toml".to_owned()], profile, vec![part], Vec::new())
}

fn understood(text: &str, profile: Option<&str>) -> Contract {
    let understood = whole(text, profile);
    assert_eq!(understood.problems, [], "{text}");
    understood.contract
}

fn problems(text: &str, profile: Option<&str>) -> Vec<Error> {
    whole(text, profile).problems
}

/// The only problem of a text.
fn problem(text: &str, profile: Option<&str>) -> Error {
    let mut problems = problems(text, profile);
    assert_eq!(problems.len(), 1, "{text}: {problems:?}");
    problems.remove(0)
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
fn settings_and_variables_are_read() {
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
fn an_empty_file_sets_nothing() {
    for empty in ["", "\n", "# nothing\r\n", "[variables]\n[profiles]\n"] {
        let contract = understood(empty, None);
        assert!(contract.settings.is_empty() && contract.variables.is_empty());
    }
}

#[test]
fn what_is_invalid_is_reported_with_its_place_and_a_hint() {
    let table = "tables are written like `[variables.DB_PASSWORD]` and `[profiles.prd]`";
    let toml = "put strings in quotes, lists in brackets: path = [\"/prd/app\"]";
    let of_variables = "known keys are `description`, `required`, `from`, `file`, `pattern`";
    let help = "see `envsecrets --help` for what the option takes";
    let pattern = "the syntax is that of Rust's crate `regex`, and it must match the whole value; in \
                   single quotes TOML keeps `\\`: pattern = '\\d+'";
    for (text, error, hint) in [
        // Not TOML.
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
            "a key or table can be given once: put its entries together, or leave one of them out",
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
            "did you mean `[variables.X]`?",
        ),
        (
            "zzz = 1",
            "unknown key `zzz` (from c.toml, line 1, column 1)",
            "keys are the names of options, without their dashes: see `envsecrets --help`",
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
        // In a profile that is not chosen, too.
        (
            "[profiles.prd]\nregoin = 'x'",
            "unknown key `regoin` (from c.toml, line 2, column 1)",
            "did you mean `region`?",
        ),
        (
            "[profiles.prd.variables.X]",
            "X, in `[profiles.prd.variables]`, is not in `[variables]` (from c.toml, line 1, column 25)",
            "a profile changes `required` and `pattern` of variables that are declared: add \
             `[variables.X]`",
        ),
        // Wrong types.
        (
            "path = '/prd/app'",
            "`path` is a string, and must be a list of strings (from c.toml, line 1, column 8)",
            "put lists in brackets, even with one item: path = [\"/prd/app\"]",
        ),
        (
            "path = ['/a',\n  1]",
            "`path` contains a number, and must be a list of strings (from c.toml, line 2, column 3)",
            "put each item in quotes",
        ),
        (
            "timeout = 30",
            "`timeout` is a number, and must be a string (from c.toml, line 1, column 11)",
            "put strings in quotes: timeout = \"30s\"",
        ),
        (
            "region = ['x']",
            "`region` is a list, and must be a string (from c.toml, line 1, column 10)",
            "it takes one string: remove the brackets",
        ),
        (
            "clean-env = 'true'",
            "`clean-env` is a string, and must be `true` or `false` (from c.toml, line 1, column 13)",
            "remove the quotes",
        ),
        (
            "preserve-env = 1979-05-27",
            "`preserve-env` is a date, and must be `true`, `false` or a list of strings (from c.toml, line 1, column 16)",
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
            "`X` is a string, and must be a table (from c.toml, line 2, column 1)",
            "a variable is a table: X = {} if a path gives it, or X = { from = \"/prd/app/db\" }",
        ),
        (
            "profiles.prd = true",
            "`prd` is `true`, and must be a table (from c.toml, line 1, column 10)",
            "a profile is a table, such as `[profiles.dev]`",
        ),
        (
            "[variables.X]\nrequired = 'no'",
            "`required` is a string, and must be `true` or `false` (from c.toml, line 2, column 12)",
            "write `true` or `false`, without quotes",
        ),
        (
            "[variables.X]\nfrom = 7",
            "`from` is a number, and must be a string (from c.toml, line 2, column 8)",
            "put strings in quotes: from = \"/prd/app/db\"",
        ),
        (
            "[variables.X]\nfile = {}",
            "`file` is a table, and must be `true`, `false` or a string (from c.toml, line 2, column 8)",
            "see docs/contract.md for what the key takes",
        ),
        // Invalid variables.
        (
            "[variables.db-password]",
            "`db-password`, in `[variables]`, is not a valid variable name (from c.toml, line 1, column 12)",
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
            "add the parameter that the file contains: from = \"/prd/app/tls/key\"",
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
        let found = problem(text, None);
        assert_eq!(found.to_string(), error, "{text}");
        assert_eq!(found.hint(), hint, "{text}");
    }
}

#[test]
fn after_a_mistake_in_toml_the_other_lines_are_checked_too() {
    let places = |text: &str| -> Vec<(usize, bool)> {
        let problems = problems(text, None);
        let line = |it: &Error| it.place().map_or(0, |place| place.line);
        problems
            .iter()
            .map(|it| (line(it), it.is_syntax()))
            .collect()
    };
    for (text, expected) in [
        (
            "regoin = 'x'\n[variables.X]\npattern = \"\\d+\"\nrequried = true",
            [(3, true), (1, false), (4, false)].as_slice(),
        ),
        (
            "path = ['/a']\npath = ['/b']\npth = 1",
            &[(2, true), (3, false)],
        ),
        ("region = eu\npath = /prd", &[(1, true), (2, true)]),
        // What follows a list without an end is in the list.
        ("regoin = 1\npath = ['/a'\npth = 1", &[(3, true)]),
        // What only TOML 1.1 has does not hide anything.
        (
            "regoin = 1\nvariables = { X = {}, }",
            &[(2, true), (1, false)],
        ),
    ] {
        assert_eq!(places(text), expected, "{text}");
    }
}

#[test]
fn what_only_newer_toml_has_is_refused() {
    for (text, what) in [
        (
            "\u{feff}path = ['/a']",
            "it begins with a byte order mark (line 1, column 1)",
        ),
        (
            "[variables]\nX = {\nfrom = '/a' }",
            "an inline table contains a line end (line 2, column 6)",
        ),
        (
            "[variables]\nX = { from = '/a', }",
            "an inline table ends with a comma (line 2, column 18)",
        ),
        (
            "profiles = { dev = { path = ['/a'],} }",
            "an inline table ends with a comma (line 1, column 35)",
        ),
        (
            "region = \"\\e\"",
            "`\\e` and `\\x` are no escapes of a string (line 1, column 11)",
        ),
        (
            "path = ['/a', \"/\\x41\"]",
            "`\\e` and `\\x` are no escapes of a string (line 1, column 17)",
        ),
    ] {
        let problem = problem(text, None);
        assert_eq!(
            problem.to_string(),
            format!("`c.toml` is not TOML 1.0: {what}")
        );
    }
    for text in [
        "[variables]\nX = { from = '/a,}' }",
        "profiles = { dev = { path = [\n'/a',\n] } }",
        "[variables]\nX = { description = \"\"\"a,\n}\"\"\" }",
        "[variables]\nX = { description = \"\\\\e\\\\x\", pattern = '\\x41' }",
        "profiles = { dev.path = ['/a'], \"}\".path = [] }",
    ] {
        understood(text, None);
    }
}

#[test]
fn a_profile_clears_and_changes() {
    let contract = |profile| {
        understood(
            "region = 'x'\ncase = 'keep'\npath = ['/a']\n\
             [variables.A]\npattern = 'a'\n[variables.B]\nrequired = false\n\
             [profiles.p]\nregion = false\ncase = false\npath = []\n\
             [profiles.p.variables.A]\nrequired = false\npattern = false\n\
             [profiles.p.variables.B]\nrequired = true\npattern = 'b'\n\
             [profiles.q.variables]\nA = { pattern = 'q' }\n",
            profile,
        )
    };
    let variables = |profile| {
        let variables = contract(profile).variables;
        let one = |it: &Declared| {
            let pattern = it.pattern.as_ref().map(|it| it.text().to_owned());
            (it.presence, pattern, it.pattern_place.line)
        };
        (one(&variables[0]), one(&variables[1]))
    };
    use Presence::{Optional, Required};
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(
        variables(None),
        ((Required, text("a"), 4), (Optional, None, 6))
    );
    assert_eq!(
        variables(Some("p")),
        ((Optional, None, 12), (Required, text("b"), 15))
    );
    assert_eq!(
        variables(Some("q")),
        ((Required, text("q"), 19), (Optional, None, 6))
    );
    let settings = contract(Some("p")).settings;
    assert_eq!(settings.keys().collect::<Vec<_>>(), ["path"]);
    assert_eq!(settings["path"].value, list(&[]));
}

#[test]
fn an_unknown_profile_names_those_that_exist() {
    for (text, profile, hint) in [
        (ALL, "staging", "its profiles are `dev`, `prd`"),
        (
            ALL,
            "prod",
            "did you mean `prd`? its profiles are `dev`, `prd`",
        ),
        (ALL, "", "its profiles are `dev`, `prd`"),
        (
            "",
            "prd",
            "it has no profiles; a profile is a table, such as `[profiles.prd]`",
        ),
    ] {
        let error = problem(text, Some(profile));
        assert_eq!(
            error.to_string(),
            format!("`c.toml` has no profile `{profile}`")
        );
        assert_eq!(error.hint(), hint);
    }
}

#[test]
fn columns_count_characters() {
    let error = problem("region = 'ü' # ü\npath = ['ü', 1]", None);
    assert_eq!(
        error.to_string(),
        "`path` contains a number, and must be a list of strings (from c.toml, line 2, column 14)"
    );
}

#[test]
fn what_is_nested_too_deeply_is_refused() {
    let deep = format!("path = {}{}", "[".repeat(100_000), "]".repeat(100_000));
    let problems = problems(&deep, None);
    assert!(matches!(problems[0], Error::NotToml { .. }), "{problems:?}");
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
        for error in problems(&text, profile.as_deref()) {
            prop_assert!(!error.to_string().is_empty() && !error.hint().is_empty());
        }
    }

    #[test]
    fn so_is_what_is_nearly_a_contract(text in nearly()) {
        for error in problems(&text, Some("prd")) {
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
