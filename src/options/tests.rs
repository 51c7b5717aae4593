//! What the user may say, and how it is understood.

use super::*;
use proptest::prelude::*;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::os::unix::ffi::OsStringExt;

fn words(arguments: &[&str]) -> Vec<OsString> {
    std::iter::once("envsecrets")
        .chain(arguments.iter().copied())
        .map(OsString::from)
        .collect()
}

fn parse(
    arguments: &[OsString],
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<Wish, UsageError> {
    super::parse(arguments, Some(variable))
}

/// Parses with some variables set, named without `ENVSECRETS_`.
fn with(arguments: &[&str], variables: &[(&str, &str)]) -> Result<Wish, UsageError> {
    parse(&words(arguments), |asked| {
        variables
            .iter()
            .find(|(name, _)| asked.strip_prefix(PREFIX) == Some(name))
            .map(|(_, value)| OsString::from(value))
    })
}

fn options_with(arguments: &[&str], variables: &[(&str, &str)]) -> Options {
    match with(arguments, variables).unwrap() {
        Wish::Launch { options, .. } | Wish::Check { options, .. } => options,
        Wish::Print(text) => panic!("{text}"),
    }
}

fn options(arguments: &[&str]) -> Options {
    options_with(arguments, &[])
}

fn program(arguments: &[&str]) -> Vec<OsString> {
    match with(arguments, &[]).unwrap() {
        Wish::Launch { program, .. } | Wish::Check { program, .. } => program,
        Wish::Print(text) => panic!("{text}"),
    }
}

fn refused(arguments: &[&str], variables: &[(&str, &str)]) -> (String, String) {
    match with(arguments, variables) {
        Ok(wish) => panic!("{arguments:?} is understood: {wish:?}"),
        Err(error) => (error.what, error.hint),
    }
}

/// A flag, and how to set it to something that is not its default, in two ways.
struct Flag {
    long: String,
    variable: String,
    given: Vec<String>,
    value: String,
}

/// All flags of a command, as clap knows them: a new one is among them without a word here.
fn flags(command: &clap::Command) -> Vec<Flag> {
    let mut flags = Vec::new();
    for argument in command.get_arguments().filter(|it| is_option(it)) {
        let Some(long) = argument.get_long() else {
            continue;
        };
        let defaults = argument.get_default_values();
        let other = argument
            .get_possible_values()
            .iter()
            .map(|known| known.get_name().to_owned())
            .find(|known| !defaults.iter().any(|default| default == known.as_str()));
        let (given, value) = match argument.get_action() {
            ArgAction::SetTrue => (format!("--{long}"), "true".to_owned()),
            ArgAction::Set | ArgAction::Append => {
                let value = other.unwrap_or_else(|| match long {
                    // It is read at once.
                    "config" => "tests/it/options.toml".to_owned(),
                    _ => "from-the-variable".to_owned(),
                });
                (format!("--{long}={value}"), value)
            }
            action => panic!("--{long} has an action that no test knows: {action:?}"),
        };
        flags.push(Flag {
            long: long.to_owned(),
            variable: long.replace('-', "_").to_ascii_uppercase(),
            given: vec![given],
            value,
        });
    }
    assert!(flags.len() > 10, "clap tells its flags");
    flags
}

/// Both commands: how they are called, and their flags.
fn commands() -> Vec<(Vec<&'static str>, Vec<Flag>)> {
    let launch = command();
    let check = launch.find_subcommand("check").unwrap();
    vec![(Vec::new(), flags(&launch)), (vec!["check"], flags(check))]
}

/// What was understood. Of paths only `layers` counts, which the raw flags are put into.
fn understood(arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let mut wish = with(arguments, variables).unwrap();
    let (Wish::Launch { options, .. } | Wish::Check { options, .. }) = &mut wish else {
        panic!("{wish:?}");
    };
    options.path.clear();
    options.optional_path.clear();
    options.names.clear();
    options.json.clear();
    options.dotenv.clear();
    options.from_variables.clear();
    format!("{wish:?}")
}

#[test]
fn every_flag_has_its_variable_which_does_the_same() {
    for (call, flags) in commands() {
        for flag in flags {
            let long = &flag.long;
            let mut given = call.clone();
            given.extend(flag.given.iter().map(String::as_str));
            let by_variable = understood(&call, &[(&flag.variable, &flag.value)]);
            let by_flag = understood(&given, &[]);
            assert_ne!(by_variable, understood(&call, &[]), "{call:?} --{long}");
            assert_eq!(by_variable, by_flag, "{call:?} --{long}");
        }
    }
}

#[test]
fn every_variable_has_its_flag() {
    for (call, flags) in commands() {
        let asked = RefCell::new(BTreeSet::new());
        parse(&words(&call), |name| {
            asked.borrow_mut().insert(name.to_owned());
            None
        })
        .unwrap();
        let known: BTreeSet<String> = flags
            .iter()
            .map(|flag| format!("{PREFIX}{}", flag.variable))
            .collect();
        assert_eq!(asked.into_inner(), known, "{call:?}");
    }
}

#[test]
fn flags_beat_variables() {
    for (call, flags) in commands() {
        for flag in flags {
            let mut given = call.clone();
            given.extend(flag.given.iter().map(String::as_str));
            // A flag that was given keeps even a bad variable from being looked at.
            for other in ["something-else", "false", "", "/x,y\nz"] {
                assert_eq!(
                    understood(&given, &[(&flag.variable, other)]),
                    understood(&given, &[]),
                    "{given:?} with {}={other}",
                    flag.variable
                );
            }
        }
    }
}

#[test]
fn an_empty_variable_counts_as_not_set() {
    for (call, flags) in commands() {
        for flag in flags {
            assert_eq!(
                understood(&call, &[(&flag.variable, "")]),
                understood(&call, &[]),
                "{}",
                flag.variable
            );
        }
    }
}

#[test]
fn every_variable_that_is_not_utf8_is_refused_by_name() {
    for (call, flags) in commands() {
        for flag in flags {
            let name = format!("{PREFIX}{}", flag.variable);
            let error = parse(&words(&call), |asked| {
                (asked == name).then(|| OsString::from_vec(b"HUNTER\xff".to_vec()))
            })
            .unwrap_err();
            assert_eq!(error.what, format!("the value of {name} is not UTF-8"));
            assert_eq!(error.hint, "unset it");
        }
    }
}

#[test]
fn lists_are_split_at_newlines_and_at_commas_outside_braces() {
    for (list, items) in [
        ("a", ["a"].as_slice()),
        ("a,b", &["a", "b"]),
        ("a\nb", &["a", "b"]),
        ("a\r\nb\r\n", &["a", "b"]),
        (" a , b ", &["a", "b"]),
        ("a b", &["a b"]),
        (",a,,b,", &["a", "b"]),
        ("\n\n a\n\n", &["a"]),
        ("{a,b}/c,d", &["{a,b}/c", "d"]),
        ("{a,{b,c}},d", &["{a,{b,c}}", "d"]),
        ("a},b", &["a}", "b"]),
        ("db/{host,port}\nweb", &["db/{host,port}", "web"]),
        ("", &[]),
        (" , \n ", &[]),
    ] {
        assert_eq!(split(list), items, "{list:?}");
        let options = options_with(&[], &[("ONLY", list)]);
        assert_eq!(options.only, items, "{list:?}");
    }
}

#[test]
fn only_names_to_require_and_preserve_are_split_when_given_as_flags() {
    let options = options(&[
        "--require=A,B",
        "--require",
        "C",
        "--preserve-env=D,E",
        "--only=a,b",
        "--unset=X,Y",
        "--keep=X,Y",
        "--allow-name=X,Y",
        "--exclude=a,b",
        "--secret=A=a,b",
        "--rename=a=A,b=B",
    ]);
    assert_eq!(options.require, ["A", "B", "C"]);
    assert_eq!(options.preserve_env, ["D", "E"]);
    assert_eq!(options.only, ["a,b"]);
    assert_eq!(options.unset, ["X,Y"]);
    assert_eq!(options.keep, ["X,Y"]);
    assert_eq!(options.allow_name, ["X,Y"]);
    assert_eq!(options.exclude, ["a,b"]);
    assert_eq!(options.secret, ["A=a,b"]);
    assert_eq!(options.rename, ["a=A,b=B"]);
}

#[test]
fn a_switch_is_on_or_off_in_the_words_that_people_use() {
    for (word, on) in [
        ("true", true),
        ("TRUE", true),
        ("1", true),
        ("yes", true),
        ("On", true),
        ("false", false),
        ("0", false),
        ("No", false),
        ("off", false),
    ] {
        let options = options_with(&[], &[("CLEAN_ENV", word), ("VERBOSE", word)]);
        assert_eq!((options.clean_env, options.verbose), (on, on), "{word}");
    }
    for word in ["2", "y", "truE ", "enabled", "-"] {
        assert_eq!(
            refused(&[], &[("CLEAN_ENV", word)]),
            (
                format!("ENVSECRETS_CLEAN_ENV is `{word}`, which is neither `true` nor `false`"),
                "set it to one of them, or unset it".to_owned()
            )
        );
    }
}

#[test]
fn a_variable_that_must_be_one_of_a_few_words_names_them() {
    for (name, words) in [
        ("NAME_FROM", "`path`, `leaf`"),
        ("CASE", "`upper`, `keep`"),
        ("FORMAT", "`table`, `json`, `names`"),
    ] {
        assert_eq!(
            refused(&["check"], &[(name, "tabel")]),
            (
                format!("ENVSECRETS_{name} is `tabel`, which is none of {words}"),
                "set it to one of them, or unset it".to_owned()
            )
        );
    }
}

#[test]
fn paths_keep_their_order_whether_they_must_hold_something_or_not() {
    use LayerKind::{Optional, Required};
    let layers = options(&[
        "--optional-path",
        "/a",
        "--path=/b",
        "--path",
        "/c",
        "--optional-path=/d",
        "--path",
        "/b",
    ])
    .layers;
    let expected = [
        ("/a", Optional),
        ("/b", Required),
        ("/c", Required),
        ("/d", Optional),
        ("/b", Required),
    ];
    assert_eq!(layers, expected.map(|(path, kind)| (path.to_owned(), kind)));
    let layers = options(&["check", "--optional-path=/a", "--path=/b"]).layers;
    let expected = [("/a", Optional), ("/b", Required)];
    assert_eq!(layers, expected.map(|(path, kind)| (path.to_owned(), kind)));
}

#[test]
fn layers_from_variables_come_before_those_from_flags() {
    use LayerKind::{Optional, Required};
    let variables = [("PATH", "/a,/b"), ("OPTIONAL_PATH", "/c")];
    for (arguments, expected) in [
        (
            [].as_slice(),
            [("/a", Required), ("/b", Required), ("/c", Optional)].as_slice(),
        ),
        (&["--path=/x"], &[("/c", Optional), ("/x", Required)]),
        (
            &["--optional-path=/x"],
            &[("/a", Required), ("/b", Required), ("/x", Optional)],
        ),
        (
            &["--optional-path=/y", "--path=/x"],
            &[("/y", Optional), ("/x", Required)],
        ),
    ] {
        let layers = options_with(arguments, &variables).layers;
        let layers: Vec<(&str, LayerKind)> = layers
            .iter()
            .map(|(path, kind)| (path.as_str(), *kind))
            .collect();
        assert_eq!(layers, expected, "{arguments:?}");
    }
}

#[test]
fn preserve_env_takes_names_only_after_an_equals_sign() {
    for (arguments, names, program_words) in [
        (
            ["--preserve-env", "--", "serve"].as_slice(),
            ["*"].as_slice(),
            ["serve"].as_slice(),
        ),
        (
            &["--preserve-env=A,B", "--", "serve"],
            &["A", "B"],
            &["serve"],
        ),
        (
            &["--preserve-env=A", "--preserve-env=B*", "--", "serve"],
            &["A", "B*"],
            &["serve"],
        ),
        (&["--preserve-env", "--path=/a"], &["*"], &[]),
        (
            &["--", "serve", "--preserve-env"],
            &[],
            &["serve", "--preserve-env"],
        ),
    ] {
        assert_eq!(options(arguments).preserve_env, names, "{arguments:?}");
        assert_eq!(program(arguments), program_words, "{arguments:?}");
    }
}

#[test]
fn preserve_env_as_a_variable_is_a_switch_or_a_list() {
    for (value, names) in [
        ("true", ["*"].as_slice()),
        ("false", &[]),
        ("A,B", &["A", "B"]),
        ("*", &["*"]),
    ] {
        let options = options_with(&[], &[("PRESERVE_ENV", value)]);
        assert_eq!(options.preserve_env, names, "{value}");
    }
}

#[test]
fn what_follows_the_dashes_is_the_program_exactly_as_given() {
    for (arguments, expected) in [
        (
            ["--", "serve", "--path", "/x", "--", "-v", "", "a b"].as_slice(),
            ["serve", "--path", "/x", "--", "-v", "", "a b"].as_slice(),
        ),
        (&["--path=/a", "--", "check"], &["check"]),
        (&["--", "--help"], &["--help"]),
        (&["--"], &[]),
        (&[], &[]),
        (&["check", "--", "serve", "-v"], &["serve", "-v"]),
        (&["check"], &[]),
    ] {
        assert_eq!(program(arguments), expected, "{arguments:?}");
    }
}

#[test]
fn arguments_of_the_program_need_not_be_utf8() {
    let mut arguments = words(&["--path=/a", "--", "serve"]);
    arguments.push(OsString::from_vec(b"\xff\xfe".to_vec()));
    let Ok(Wish::Launch { program, .. }) = parse(&arguments, |_| None) else {
        panic!("not a launch");
    };
    assert_eq!(program[1].clone().into_vec(), b"\xff\xfe");
}

#[test]
fn a_flag_that_is_not_utf8_is_refused() {
    let mut arguments = words(&["--path"]);
    arguments.push(OsString::from_vec(b"/\xff".to_vec()));
    let error = parse(&arguments, |_| None).unwrap_err();
    assert_eq!(
        error.what,
        "invalid UTF-8 was detected in one or more arguments"
    );
}

#[test]
fn check_knows_its_formats() {
    for (arguments, variables, expected) in [
        (["check"].as_slice(), [].as_slice(), Format::Table),
        (&["check", "--format", "json"], &[], Format::Json),
        (&["check"], &[("FORMAT", "json")], Format::Json),
        (&["check"], &[("FORMAT", "JSON")], Format::Json),
        (
            &["check", "--format=table"],
            &[("FORMAT", "json")],
            Format::Table,
        ),
    ] {
        let Ok(Wish::Check { format, .. }) = with(arguments, variables) else {
            panic!("{arguments:?} is not a check");
        };
        assert_eq!(format, expected, "{arguments:?} {variables:?}");
    }
}

#[test]
fn a_launch_does_not_look_at_the_format_of_check() {
    assert!(with(&["--path=/a"], &[("FORMAT", "nonsense")]).is_ok());
}

#[test]
fn help_and_version_are_printed_not_refused() {
    for arguments in [["--help"], ["-h"], ["--version"], ["-V"]] {
        assert!(
            matches!(with(&arguments, &[]), Ok(Wish::Print(text)) if !text.is_empty()),
            "{arguments:?}"
        );
    }
    assert!(matches!(
        with(&["check", "--help"], &[("CLEAN_ENV", "nonsense")]),
        Ok(Wish::Print(_))
    ));
}

/// What clap makes of the command, in lines that every terminal has room for. Clap's own folding
/// would cost the shipped program a feature that it has no use for.
fn rendered(help: &str) -> String {
    const WIDTH: usize = 80;
    let mut text = String::new();
    for line in help.lines() {
        let line = line.trim_end();
        let indent = line.len() - line.trim_start().len();
        // What goes on below the beginning of a second column.
        let column = line[indent..]
            .rfind("  ")
            .map_or(indent, |gap| indent + gap + 2);
        let mut width = indent;
        text.push_str(&line[..indent]);
        for (number, word) in line[indent..].split(' ').enumerate() {
            let length = word.chars().count();
            if number > 0 && !word.is_empty() && width + 1 + length > WIDTH {
                let end = text.trim_end().len();
                text.truncate(end);
                text.push('\n');
                text.push_str(&" ".repeat(column));
                width = column;
            } else if number > 0 {
                text.push(' ');
                width += 1;
            }
            text.push_str(word);
            width += length;
        }
        text.push('\n');
    }
    text
}

/// The commands of the short help: their names only, for `--help` tells the rest.
fn with_short_list_of_commands(help: &str) -> String {
    let (before, rest) = help.split_once("Commands:\n").unwrap();
    let (_, after) = rest.split_once("\n\n").unwrap();
    let list = COMMANDS.join(", ");
    let more = "`envsecrets COMMAND --help` tells more";
    format!("{before}Commands:\n  {list}\n  {more}\n\n{after}")
}

#[test]
fn the_rendered_help_is_what_clap_makes_of_the_command() {
    let mut launch = command();
    launch.build();
    let mut stale = Vec::new();
    let mut texts = vec![
        (
            "short.txt".to_owned(),
            with_short_list_of_commands(&launch.render_help().to_string()),
            help::text(&words(&[]), help::Length::Short),
        ),
        (
            "long.txt".to_owned(),
            launch.render_long_help().to_string(),
            help::text(&words(&[]), help::Length::Long),
        ),
    ];
    let both = |name| {
        let length = [help::Length::Short, help::Length::Long];
        length.map(|length| help::text(&words(&[name]), length))
    };
    let others = crate::commands::ALL.iter().map(|it| (it.name, it.help));
    for (name, [short, long]) in [("check", both("check"))].into_iter().chain(others) {
        let mut command = launch.find_subcommand(name).unwrap().clone();
        let texts_of_it = [
            ("short", command.render_help(), short),
            ("long", command.render_long_help(), long),
        ];
        texts.extend(texts_of_it.map(|(length, text, committed)| {
            (format!("{name}-{length}.txt"), text.to_string(), committed)
        }));
    }
    for (file, text, committed) in texts {
        let text = rendered(&text);
        if text == committed {
            continue;
        }
        if std::env::var_os("ENVSECRETS_WRITE").is_some() {
            let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
            std::fs::write(directory.join("src/options/help").join(&file), text).unwrap();
        }
        stale.push(file);
    }
    assert!(
        stale.is_empty(),
        "{stale:?} in src/options/help are stale: `ENVSECRETS_WRITE=1 cargo test rendered_help` renews them"
    );
}

#[test]
fn the_commands_that_are_named_are_those_that_there_are() {
    let there: Vec<&str> = crate::commands::ALL.iter().map(|it| it.name).collect();
    assert_eq!(COMMANDS[0], "check");
    assert_eq!(COMMANDS[1..], there);
}

#[test]
fn what_clap_refuses_is_said_in_our_own_form() {
    let dashes = "the program stands after `--`: envsecrets --path /prd/app -- PROGRAM";
    let help = "see `envsecrets --help`";
    for (arguments, what, hint) in [
        (
            ["--path", "/a", "./serve"].as_slice(),
            "unexpected argument `./serve` found",
            dashes,
        ),
        (
            &["serve", "--path", "/a"],
            "unexpected argument `serve` found",
            dashes,
        ),
        (
            &["check", "--path", "/a", "serve"],
            "unexpected argument `serve` found",
            dashes,
        ),
        (
            &["--pth", "/a"],
            "unexpected argument `--pth` found",
            "a similar argument exists: `--path`",
        ),
        (
            &["--path"],
            "a value is required for `--path <PATH>` but none was supplied",
            help,
        ),
        (
            &["--case", "lower"],
            "invalid value `lower` for `--case <CASE>`: it is one of upper, keep",
            help,
        ),
        (
            &["check", "--format", "xml"],
            "invalid value `xml` for `--format <FORMAT>`: it is one of table, json, names",
            help,
        ),
        (
            &["--label", "a", "--label", "b"],
            "the argument `--label <LABEL>` cannot be used multiple times",
            help,
        ),
        (
            &["--verbose=yes"],
            "unexpected value `yes` for `--verbose` found; no more were expected",
            help,
        ),
    ] {
        let expected = (what.to_owned(), hint.to_owned());
        assert_eq!(refused(arguments, &[]), expected, "{arguments:?}");
    }
}

#[test]
fn variables_that_begin_like_ours_and_mean_nothing_are_found() {
    let names = [
        "ENVSECRETS_PAHT",
        "ENVSECRETS_PATH",
        "ENVSECRETS_FORMAT",
        "ENVSECRETS_OPTIONAL_PATH",
        "ENVSECRETS_SERVICE_HOST",
        "ENVSECRETS_",
        "ENVSECRETS_path",
        "ENVSECRETS",
        "MY_ENVSECRETS_X",
        "PATH",
    ];
    let odd = OsString::from_vec(b"ENVSECRETS_\xff".to_vec());
    let names = names.map(OsString::from).into_iter().chain([odd]);
    assert_eq!(
        unknown_variables(names),
        [
            "ENVSECRETS_",
            "ENVSECRETS_PAHT",
            "ENVSECRETS_SERVICE_HOST",
            "ENVSECRETS_path"
        ]
    );
    let known = commands().into_iter().flat_map(|(_, flags)| flags);
    let known = known.map(|flag| OsString::from(format!("{PREFIX}{}", flag.variable)));
    assert_eq!(unknown_variables(known), [""; 0]);
}

#[test]
fn clap_finds_no_mistake_in_the_command() {
    command().debug_assert();
}

#[test]
fn no_tip_leads_to_a_program_called_like_a_flag() {
    for arguments in [["--xyzzy"].as_slice(), &["-x"], &["--timeout", "-1s"]] {
        let (_, hint) = refused(arguments, &[]);
        assert_eq!(hint, "see `envsecrets --help`", "{arguments:?}");
    }
}

#[test]
fn an_option_with_one_dash_is_not_taken_for_a_row_of_letters() {
    for (arguments, what, hint) in [
        (["-path", "/a"].as_slice(), "-path", "--path"),
        (&["-path=/a"], "-path", "--path"),
        (
            &["check", "--path=/a", "-format", "json"],
            "-format",
            "--format",
        ),
        (&["-verbose", "--path=/a"], "-verbose", "--verbose"),
    ] {
        let expected = (
            format!("unexpected argument `{what}` found"),
            format!("did you mean `{hint}`?"),
        );
        assert_eq!(refused(arguments, &[]), expected, "{arguments:?}");
    }
}

#[test]
fn check_in_the_wrong_place_is_no_forgotten_dashes() {
    let (_, hint) = refused(&["--path=/a", "check"], &[]);
    assert_eq!(
        hint,
        "`check` stands first: envsecrets check --path /prd/app"
    );
    let (_, hint) = refused(&["--path=/a", "serve"], &[]);
    assert_eq!(
        hint,
        "the program stands after `--`: envsecrets --path /prd/app -- PROGRAM"
    );
}

#[test]
fn an_empty_list_is_an_unset_variable_not_a_wish() {
    for flag in ["--preserve-env", "--require"] {
        for empty in ["", ",", " \n"] {
            let (what, _) = refused(&["--path=/a", &format!("{flag}={empty}")], &[]);
            assert_eq!(what, format!("`{flag}` is empty"));
        }
    }
}

#[test]
fn an_unbalanced_brace_ends_with_its_line() {
    assert_eq!(split("a{\nb,c"), ["a{", "b", "c"]);
}

proptest! {
    #[test]
    fn whatever_a_list_holds_nothing_but_its_separators_is_lost(list in "[a,{} \n*]{0,20}") {
        let items = split(&list);
        for item in &items {
            prop_assert!(!item.is_empty() && item.trim() == item && !item.contains('\n'), "{item}");
        }
        // Commas may stand within braces, and there they stay.
        let kept = |text: &str| text.replace([',', ' ', '\n'], "");
        prop_assert_eq!(kept(&items.concat()), kept(&list));
        prop_assert_eq!(split(&items.join("\n")), items);
    }
}

#[test]
fn where_no_variable_of_ours_is_set_the_flags_are_all_there_is() {
    let arguments = words(&["--path=/a", "--clean-env", "--", "serve"]);
    let nowhere: Option<fn(&str) -> Option<OsString>> = None;
    let without = super::parse(&arguments, nowhere).unwrap();
    let with = parse(&arguments, |_| None).unwrap();
    assert_eq!(format!("{without:?}"), format!("{with:?}"));
}
