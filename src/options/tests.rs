//! The options in their three places, and which of them counts.

mod generated;

use super::variables::PREFIX;
use super::*;
use crate::commands::check::{Check, Format};
use crate::commands::{NAMES, named};
use clap::{ArgAction, CommandFactory};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::os::unix::ffi::OsStringExt;

pub fn words(arguments: &[&str]) -> Vec<OsString> {
    std::iter::once("envsecrets")
        .chain(arguments.iter().copied())
        .map(OsString::from)
        .collect()
}

/// A parsed launch or check.
#[derive(Debug)]
pub struct Understood {
    pub options: Options,
    pub program: Vec<OsString>,
    /// Of a check, how it prints and whether it reads names only.
    pub check: Option<(Format, bool)>,
}

fn parse(
    arguments: &[OsString],
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<Understood, UsageError> {
    if arguments.get(1).is_some_and(|word| word == "check") {
        let parsed = flags::parse::<Check>(&arguments[1..], NAMES)?;
        let Parsed::Arguments(check, matches) = parsed else {
            panic!("{arguments:?} is help");
        };
        let check = check.decide(&matches, variable)?;
        return Ok(Understood {
            options: check.options,
            program: check.program,
            check: Some((check.format, check.names_only)),
        });
    }
    match super::parse(arguments, Some(variable), NAMES)? {
        Invocation::Launch { options, program } => Ok(Understood {
            options,
            program,
            check: None,
        }),
        Invocation::Print(text) | Invocation::Nothing(text) => panic!("{text}"),
    }
}

/// Parses with some variables set, named without `ENVSECRETS_`.
pub fn with(arguments: &[&str], variables: &[(&str, &str)]) -> Result<Understood, UsageError> {
    parse(&words(arguments), |requested| {
        variables
            .iter()
            .find(|(name, _)| requested.strip_prefix(PREFIX) == Some(name))
            .map(|(_, value)| OsString::from(value))
    })
}

pub fn options_with(arguments: &[&str], variables: &[(&str, &str)]) -> Options {
    with(arguments, variables).unwrap().options
}

fn options(arguments: &[&str]) -> Options {
    options_with(arguments, &[])
}

fn program(arguments: &[&str]) -> Vec<OsString> {
    with(arguments, &[]).unwrap().program
}

pub fn refused(arguments: &[&str], variables: &[(&str, &str)]) -> (String, String) {
    match with(arguments, variables) {
        Ok(understood) => panic!("{arguments:?} is understood: {understood:?}"),
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

/// All flags of a command, as clap lists them; a new one needs no change here.
fn flags(command: &clap::Command) -> Vec<Flag> {
    let mut flags = Vec::new();
    for (long, argument) in flags::options(command) {
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
            action => panic!("--{long} has an action unknown to this test: {action:?}"),
        };
        flags.push(Flag {
            long: long.to_owned(),
            variable: long.replace('-', "_").to_ascii_uppercase(),
            given: vec![given],
            value,
        });
    }
    assert!(flags.len() > 10, "clap lists its flags");
    flags
}

/// Both commands: their arguments, and their flags.
fn commands() -> Vec<(Vec<&'static str>, Vec<Flag>)> {
    let (launch, check) = (Launch::command(), Check::command());
    vec![(Vec::new(), flags(&launch)), (vec!["check"], flags(&check))]
}

/// The parsed options, without their origins.
fn understood(arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let mut understood = with(arguments, variables).unwrap();
    understood.options.origins.clear();
    format!("{understood:?}")
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
        let requested = RefCell::new(BTreeSet::new());
        parse(&words(&call), |name| {
            requested.borrow_mut().insert(name.to_owned());
            None
        })
        .unwrap();
        let known: BTreeSet<String> = flags
            .iter()
            .map(|flag| format!("{PREFIX}{}", flag.variable))
            .collect();
        assert_eq!(requested.into_inner(), known, "{call:?}");
    }
}

#[test]
fn flags_beat_variables() {
    for (call, flags) in commands() {
        for flag in flags {
            let mut given = call.clone();
            given.extend(flag.given.iter().map(String::as_str));
            // With a flag, even an invalid variable is ignored.
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
            let error = parse(&words(&call), |requested| {
                (requested == name).then(|| OsString::from_vec(b"HUNTER\xff".to_vec()))
            })
            .unwrap_err();
            assert_eq!(error.what, format!("the value of {name} is not UTF-8"));
            assert_eq!(error.hint, "unset it");
        }
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
fn required_and_optional_paths_keep_their_order() {
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
    let program = parse(&arguments, |_| None).unwrap().program;
    assert_eq!(program[1].clone().into_vec(), b"\xff\xfe");
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
        let check = with(arguments, variables).unwrap().check;
        assert_eq!(
            check,
            Some((expected, false)),
            "{arguments:?} {variables:?}"
        );
    }
}

#[test]
fn a_launch_ignores_the_format_of_check() {
    assert!(with(&["--path=/a"], &[("FORMAT", "invalid")]).is_ok());
}

#[test]
fn help_and_version_are_printed_not_refused() {
    let invalid = |_: &str| Some(OsString::from("invalid"));
    for (arguments, printed) in [
        ("--help", help::LAUNCH.long),
        ("-h", help::LAUNCH.short),
        ("-vh", help::LAUNCH.short),
        ("--version", VERSION),
        ("-V", VERSION),
    ] {
        let invocation = super::parse(&words(&[arguments]), Some(invalid), NAMES);
        assert!(
            matches!(invocation, Ok(Invocation::Print(text)) if text == printed),
            "{arguments:?}"
        );
    }
    let check = named(&words(&["check"])).unwrap();
    let printed = check.help.requested(&words(&["check", "--help"]));
    assert_eq!(printed, Some(check.help.long));
}

#[test]
fn an_empty_list_is_an_unset_variable_not_a_choice() {
    for flag in ["--preserve-env", "--require"] {
        for empty in ["", ",", " \n"] {
            let (what, _) = refused(&["--path=/a", &format!("{flag}={empty}")], &[]);
            assert_eq!(what, format!("`{flag}` is empty"));
        }
    }
}

#[test]
fn without_our_variables_only_the_flags_count() {
    let arguments = words(&["--path=/a", "--clean-env", "--", "serve"]);
    let nowhere: Option<fn(&str) -> Option<OsString>> = None;
    let without = super::parse(&arguments, nowhere, NAMES).unwrap();
    let with = super::parse(&arguments, Some(|_: &str| None), NAMES).unwrap();
    assert_eq!(format!("{without:?}"), format!("{with:?}"));
}

#[test]
fn every_command_is_named() {
    let names: Vec<&str> = crate::commands::ALL.iter().map(|it| it.name).collect();
    assert_eq!(NAMES, names);
}
