//! What is refused, in full.

use crate::commands::NAMES;
use crate::options::tests::{refused, words};
use crate::options::{self, variables};
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

#[test]
fn what_clap_refuses_is_reported_in_our_own_form() {
    let dashes = "put the program after `--`: envsecrets --path /prd/app -- PROGRAM";
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
            "invalid value `lower` for `--case <CASE>`: possible values are upper, keep",
            help,
        ),
        (
            &["check", "--format", "xml"],
            "invalid value `xml` for `--format <FORMAT>`: possible values are table, json, names",
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
fn a_flag_that_is_not_utf8_is_refused() {
    let mut arguments = words(&["--path"]);
    arguments.push(OsString::from_vec(b"/\xff".to_vec()));
    let error = options::parse(&arguments, Some(variables::inherited), NAMES).unwrap_err();
    assert_eq!(
        error.what,
        "invalid UTF-8 was detected in one or more arguments"
    );
}

#[test]
fn an_unknown_flag_is_not_taken_for_a_program() {
    for arguments in [["--xyzzy"].as_slice(), &["-x"], &["--timeout", "-1s"]] {
        let (_, hint) = refused(arguments, &[]);
        assert_eq!(hint, "see `envsecrets --help`", "{arguments:?}");
    }
}

#[test]
fn an_option_with_one_dash_is_not_taken_for_short_options() {
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
fn check_after_the_options_is_not_taken_for_a_program() {
    let (_, hint) = refused(&["--path=/a", "check"], &[]);
    assert_eq!(hint, "put `check` first: envsecrets check --path /prd/app");
    let (_, hint) = refused(&["--path=/a", "serve"], &[]);
    assert_eq!(
        hint,
        "put the program after `--`: envsecrets --path /prd/app -- PROGRAM"
    );
}
