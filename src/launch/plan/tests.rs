//! What is decided, and which options are invalid, in full.

use super::*;
use crate::launch::environment::{Inherit, Preserve};
use crate::options::flags::{LetterCase, NameFrom};
use crate::options::{self, Invocation};
use std::os::unix::ffi::OsStrExt;

fn options(arguments: &[&str]) -> Options {
    let arguments = std::iter::once("envsecrets").chain(arguments.iter().copied());
    match options::parse(
        &arguments.map(OsString::from).collect::<Vec<_>>(),
        Some(|_: &str| None),
        &[],
    ) {
        Ok(Invocation::Launch { options, .. }) => options,
        other => panic!("{other:?}"),
    }
}

fn plan(arguments: &[&str]) -> Plan {
    match Plan::new(options(arguments), Vec::new(), &[], Reading::Values) {
        Ok(plan) => plan,
        Err(error) => panic!("{arguments:?}: {error}"),
    }
}

/// The sources that are read, in their order.
fn sources(arguments: &[&str]) -> Vec<(String, Presence)> {
    let layers = plan(arguments).layers.into_iter();
    layers
        .map(|it| (it.source.to_string(), it.presence))
        .collect()
}

#[test]
fn invalid_options_are_reported_in_full_with_what_to_try() {
    let secret = "the form is `--secret NAME=PARAMETER`, such as `--secret \
                  DB_PASSWORD=/prd/app/db:live`";
    let rename = "the form is `--rename PARAMETER=NAME`, such as `--rename db/pass=DB_PASSWORD`";
    let names = "names are letters, digits and `_`, and do not begin with a digit";
    let patterns = "`*`, `**`, `?`, `[ab]` and `{a,b}` have a meaning; `\\` takes it away";
    let durations = "write it like `30s`, `500ms` or `2m`; `0` means no limit";
    let table: &[(&[&str], &str, &str)] = &[
        (
            &[],
            "no secrets given",
            "use `--path PATH` or `--secret NAME=PARAMETER`, or set ENVSECRETS_PATH",
        ),
        (
            &["--path=prd/app"],
            "`--path prd/app` is not a path: it does not begin with `/`",
            "did you mean `/prd/app`? a single parameter is `--secret NAME=prd/app`",
        ),
        (
            &["--optional-path=app"],
            "`--optional-path app` is not a path: it does not begin with `/`",
            "did you mean `/app`? a single parameter is `--secret NAME=app`",
        ),
        (
            &["--path=arn:aws:ssm:eu-west-1:123456789012:parameter/prd"],
            "`--path arn:aws:ssm:eu-west-1:123456789012:parameter/prd` is an ARN, not a path",
            "a path begins with `/`, such as /prd/app; a single parameter by its ARN is `--secret \
             NAME=ARN`",
        ),
        (
            &["--path=/prd/'app'"],
            "`--path /prd/'app'` is not a path: it contains a character that no parameter name can: only \
             letters, digits, `_`, `.`, `-` and `/` are allowed",
            "check for characters that the shell should have removed",
        ),
        (
            &["--path="],
            "`--path` is empty",
            "a path begins with `/`, such as /prd/app; was a variable not set?",
        ),
        (
            &["--path=/a", "--region="],
            "`--region` is empty",
            "give it a value, or leave it out",
        ),
        (
            &["--path=/a", "--label="],
            "`--label` is empty",
            "give it a value, or leave it out",
        ),
        (
            &["--file=K=/k", "--file-owner=4294967295"],
            "`--file-owner 4294967295` is not a number that a user can have",
            "give a user name, or a number such as 1000",
        ),
        (
            &["--secret=DB"],
            "`--secret DB` is not NAME=PARAMETER",
            secret,
        ),
        (
            &["--secret=/prd/app/db"],
            "`--secret /prd/app/db` is not NAME=PARAMETER",
            secret,
        ),
        (
            &["--secret=1=/a"],
            "`1`, in `--secret`, is not a valid variable name",
            names,
        ),
        (
            &["--secret==/a"],
            "``, in `--secret`, is not a valid variable name",
            names,
        ),
        (&["--secret=A="], "``, for A, names no parameter", secret),
        (
            &["--secret=A=/a:"],
            "`/a:`, for A, ends with a colon, but has no version or label",
            secret,
        ),
        (
            &["--secret=A=/a b"],
            "`/a b`, for A, contains a character that no parameter name can: only letters, digits, \
             `_`, `.`, `-` and `/` are allowed",
            secret,
        ),
        (
            &["--secret=A=arn:aws:s3:::bucket"],
            "`arn:aws:s3:::bucket`, for A, is not the ARN of a parameter or of a secret",
            secret,
        ),
        (
            &["--secret=A=/a", "--secret=A=/b"],
            "`--secret` gives A two parameters",
            "one variable holds one value: leave one of them out",
        ),
        (
            &["--secret=A=/a", "--label=live"],
            "`--label` is for paths of Parameter Store, and none is given",
            "for a single parameter use `--secret NAME=PARAMETER:LABEL`",
        ),
        (
            &["--path=/a", "--keep=HOME"],
            "`--keep` does nothing without `--clean-env`",
            "add `--clean-env`, or leave `--keep` out: everything is inherited anyway",
        ),
        (
            &["--path=/a", "--rename=db"],
            "`--rename db` is not PARAMETER=NAME",
            rename,
        ),
        (
            &["--path=/a", "--rename=db=1"],
            "`1`, in `--rename`, is not a valid variable name",
            names,
        ),
        (
            &["--path=/a", "--rename==DB"],
            "``, in `--rename`, names no parameter",
            rename,
        ),
        (
            &["--path=/a", "--rename=db*=DB"],
            "`db*`, in `--rename`, contains a character that no parameter name can: only letters, \
             digits, `_`, `.`, `-` and `/` are allowed",
            rename,
        ),
        (
            &["--path=/a", "--prefix=1_"],
            "`1_`, in `--prefix`, is not a valid variable name",
            names,
        ),
        (
            &["--path=/a", "--prefix=TF-VAR-"],
            "`TF-VAR-`, in `--prefix`, is not a valid variable name",
            names,
        ),
        (
            &["--path=/a", "--only=[a"],
            "`--only [a` is not a pattern: unclosed character class; missing ']'",
            patterns,
        ),
        (
            &["--path=/a", "--exclude={a"],
            "`--exclude {a` is not a pattern: unclosed alternate group; missing '}' (maybe escape \
             '{' with '[{]'?)",
            patterns,
        ),
        (
            &["--path=/a", "--allow-name=a}"],
            "`--allow-name a}` is not a pattern: unopened alternate group; missing '{' (maybe \
             escape '}' with '[}]'?)",
            patterns,
        ),
        (
            &["--path=/a", "--preserve-env=[z-a]"],
            "`--preserve-env [z-a]` is not a pattern: invalid range; 'z' > 'a'",
            patterns,
        ),
        (
            &["--path=/a", "--clean-env", "--keep=a\\"],
            "`--keep a\\` is not a pattern: dangling '\\'",
            patterns,
        ),
        (
            &["--path=/a", "--unset=[a"],
            "`--unset [a` is not a pattern: unclosed character class; missing ']'",
            patterns,
        ),
        (
            &["--path=/a", "--require=[a"],
            "`--require [a` is not a pattern: unclosed character class; missing ']'",
            patterns,
        ),
        (
            &["--path=/a", "--timeout=soon"],
            "`--timeout soon` is not a duration: expected number at 0",
            durations,
        ),
        (
            &["--path=/a", "--timeout=30"],
            "`--timeout 30` is not a duration: time unit needed, for example 30sec or 30ms",
            durations,
        ),
        (
            &["--path=/a", "--timeout=-1s"],
            "`--timeout -1s` is not a duration: expected number at 0",
            durations,
        ),
        (
            &["--path=/a", "--start-jitter=1"],
            "`--start-jitter 1` is not a duration: time unit needed, for example 1sec or 1ms",
            "write it like `30s`, `500ms` or `2m`; `0` means no wait",
        ),
        (
            &["--path=/a", "--start-jitter="],
            "`--start-jitter ` is not a duration: value was empty",
            "write it like `30s`, `500ms` or `2m`; `0` means no wait",
        ),
    ];
    for (arguments, what, hint) in table {
        match Plan::new(options(arguments), Vec::new(), &[], Reading::Values) {
            Ok(plan) => panic!("{arguments:?} makes sense: {plan:?}"),
            Err(error) => {
                assert_eq!(error.to_string(), *what, "{arguments:?}");
                assert_eq!(error.hint, *hint, "{arguments:?}");
            }
        }
    }
}

#[test]
fn a_path_has_one_form() {
    for (given, path) in [
        ("/a", "/a"),
        ("/a/", "/a"),
        ("/a//b/", "/a/b"),
        ("//a///b//", "/a/b"),
        ("/", "/"),
        ("//", "/"),
        ("/A.b_c-1/2", "/A.b_c-1/2"),
    ] {
        let given = format!("--path={given}");
        let expected = [(path.to_owned(), Presence::Required)];
        assert_eq!(sources(&[&given]), expected, "{given}");
    }
}

#[test]
fn a_path_given_twice_is_read_once_and_is_required_if_it_is_anywhere() {
    use Presence::{Optional, Required};
    for (arguments, expected) in [
        (
            ["--path=/a", "--path=/b", "--path=/a/"].as_slice(),
            [("/b", Required), ("/a", Required)].as_slice(),
        ),
        (&["--optional-path=/a", "--path=//a"], &[("/a", Required)]),
        (&["--path=/a", "--optional-path=/a"], &[("/a", Required)]),
        (
            &["--optional-path=/a", "--optional-path=/a"],
            &[("/a", Optional)],
        ),
    ] {
        let expected: Vec<(String, Presence)> = expected
            .iter()
            .map(|(path, presence)| ((*path).to_owned(), *presence))
            .collect();
        assert_eq!(sources(arguments), expected, "{arguments:?}");
    }
}

#[test]
fn two_variables_from_one_parameter_are_asked_for_once() {
    let plan = plan(&[
        "--secret=A=/a",
        "--secret=B=/a",
        "--secret=C=/a:1",
        "--secret=a=/a",
    ]);
    let asked = plan.layers.iter().map(|it| it.source.to_string());
    assert_eq!(asked.collect::<Vec<_>>(), ["/a", "/a:1"]);
    let exact: Vec<String> = plan
        .exact
        .iter()
        .map(|it| format!("{} {it}", it.name))
        .collect();
    assert_eq!(exact, ["A /a", "B /a", "C /a:1", "a /a"]);
    assert_eq!(plan.sets.len(), 0);
}

#[test]
fn a_secret_is_split_at_its_first_equals_sign_and_a_rename_at_its_last() {
    let plan = plan(&[
        "--path=/a",
        "--secret=A=arn:aws:ssm:eu-west-1:123456789012:parameter/a:live",
        "--rename=db/pass=PGPASSWORD",
    ]);
    assert_eq!(
        plan.exact[0].to_string(),
        "arn:aws:ssm:eu-west-1:123456789012:parameter/a:live"
    );
    let renames = [("db/pass".to_owned(), VarName::parse("PGPASSWORD").unwrap())];
    assert_eq!(plan.rules.renames, renames);
}

#[test]
fn a_timeout_is_two_minutes_or_what_is_given_and_zero_is_no_limit() {
    let milliseconds = |number| Some(Duration::from_millis(number));
    for (said, timeout) in [
        ("30s", milliseconds(30_000)),
        ("500ms", milliseconds(500)),
        ("2m", milliseconds(120_000)),
        ("1m 30s", milliseconds(90_000)),
        ("1m30s", milliseconds(90_000)),
        ("0", None),
        ("0s", None),
    ] {
        let said = format!("--timeout={said}");
        let plan = plan(&["--path=/a", &said]);
        assert_eq!(plan.caller.timeout, timeout, "{said}");
    }
    assert_eq!(plan(&["--path=/a"]).caller.timeout, milliseconds(120_000));
}

#[test]
fn a_start_is_not_delayed_unless_that_is_said() {
    for (said, jitter) in [("30s", 30), ("1m 30s", 90), ("0", 0), ("0s", 0)] {
        let said = format!("--start-jitter={said}");
        let plan = plan(&["--path=/a", &said]);
        assert_eq!(plan.start_jitter, Duration::from_secs(jitter), "{said}");
    }
    assert_eq!(plan(&["--path=/a"]).start_jitter, Duration::ZERO);
}

#[test]
fn nothing_said_means_the_defaults() {
    let plan = plan(&["--path=/a"]);
    assert_eq!(plan.label, None);
    assert_eq!(plan.caller.region, None);
    assert_eq!(plan.caller.profile, None);
    assert!(!plan.verbose);
    assert_eq!(plan.rules.name_from, NameFrom::Path);
    assert_eq!(plan.rules.case, LetterCase::Upper);
    assert_eq!(plan.rules.prefix, "");
    assert!(plan.rules.only.is_empty() && plan.rules.exclude.is_empty());
    assert!(matches!(plan.policy.inherit, Inherit::All));
    assert!(matches!(plan.policy.preserve, Preserve::Nothing));
    assert!(plan.policy.unset.is_empty() && plan.required.is_empty());
}

#[test]
fn what_is_said_arrives_where_it_belongs() {
    let plan = plan(&[
        "--path=/a",
        "--label=live",
        "--region=eu-west-1",
        "--profile=prd",
        "--verbose",
        "--name-from=leaf",
        "--case=keep",
        "--prefix=TF_VAR_",
        "--only=o",
        "--exclude=e",
        "--allow-name=PA*",
        "--clean-env",
        "--keep=k",
        "--unset=u",
        "--preserve-env=p",
        "--require=r,s",
    ]);
    let texts = |globs: &[Glob]| {
        let texts = globs.iter().map(|glob| glob.text().to_owned());
        texts.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(plan.label.as_deref(), Some("live"));
    assert_eq!(plan.caller.region, Some(Given::new("eu-west-1", "")));
    assert_eq!(plan.caller.profile, Some(Given::new("prd", "")));
    assert!(plan.verbose);
    assert_eq!(plan.rules.name_from, NameFrom::Leaf);
    assert_eq!(plan.rules.case, LetterCase::Keep);
    assert_eq!(plan.rules.prefix, "TF_VAR_");
    assert_eq!(texts(&plan.rules.only), "o");
    assert_eq!(texts(&plan.rules.exclude), "e");
    assert_eq!(texts(&plan.rules.allow), "PA*");
    assert!(matches!(&plan.policy.inherit, Inherit::Only(keep) if texts(keep) == "k"));
    assert_eq!(texts(&plan.policy.unset), "u");
    assert!(matches!(&plan.policy.preserve, Preserve::Matching(some) if texts(some) == "p"));
    assert_eq!(texts(&plan.required), "r s");
}

#[test]
fn globs_for_parameters_stop_at_a_slash_and_those_for_variables_do_not() {
    let plan = plan(&["--path=/a", "--only=*", "--exclude=*", "--unset=*"]);
    assert!(!plan.rules.only[0].matches("a/b"));
    assert!(!plan.rules.exclude[0].matches("a/b"));
    assert!(plan.policy.unset[0].matches("a/b"));
}

#[test]
fn preserving_everything_has_a_word_of_its_own() {
    for arguments in [
        ["--path=/a", "--preserve-env"],
        ["--path=/a", "--preserve-env=*"],
    ] {
        let preserve = plan(&arguments).policy.preserve;
        assert!(matches!(preserve, Preserve::All), "{arguments:?}");
    }
}

#[test]
fn the_arguments_are_passed_on_byte_for_byte() {
    let bytes = [b"./serve".as_slice(), b"", b"\xff\xfe", b"--path", b"a b\n"];
    let program = bytes.map(|word| std::ffi::OsStr::from_bytes(word).to_owned());
    let plan = Plan::new(
        options(&["--path=/a"]),
        program.to_vec(),
        &[],
        Reading::Values,
    )
    .unwrap();
    assert_eq!(plan.arguments(), bytes);
}

#[test]
fn an_error_names_the_variables_of_the_options_that_it_is_about() {
    for (variables, expected) in [
        (
            [("ENVSECRETS_TIMEOUT", "soon"), ("ENVSECRETS_KEEP", "A")],
            "`--timeout soon` is not a duration: expected number at 0 (from ENVSECRETS_TIMEOUT)",
        ),
        (
            [("ENVSECRETS_KEEP", "A"), ("ENVSECRETS_CLEAN_ENV", "false")],
            "`--keep` does nothing without `--clean-env` (from ENVSECRETS_CLEAN_ENV) (from \
             ENVSECRETS_KEEP)",
        ),
    ] {
        let arguments = ["envsecrets", "--path=/a", "--", "true"].map(OsString::from);
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| OsString::from(value))
        };
        let invocation = options::parse(&arguments, Some(variable), &[]).unwrap();
        let Invocation::Launch { options, program } = invocation else {
            panic!("{invocation:?}");
        };
        let error = Plan::new(options, program, &[], Reading::Values).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}
