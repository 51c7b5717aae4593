//! Options as flags and as variables, and the messages when they are invalid.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::time::Duration;

use crate::support::{ENVSECRETS, Ended, Fault, Launch, SENTINEL, World, world_with};

/// An option, and a call in which it makes a difference.
struct Option {
    flag: &'static str,
    /// What it is set to; nothing for a switch.
    value: &'static str,
    /// The rest of the command line.
    call: &'static str,
}

const fn option(flag: &'static str, value: &'static str, call: &'static str) -> Option {
    Option { flag, value, call }
}

const PLAIN: &str = "check --format json --path /prd/app";

/// Every option. One that is missing here fails a story.
const OPTIONS: [Option; 41] = [
    option(
        "path",
        "/prd/app",
        "check --format json --optional-path /none",
    ),
    option("optional-path", "/extra", PLAIN),
    option("from", "secretsmanager://prd/app/", PLAIN),
    option("optional-from", "secretsmanager://prd/app/", PLAIN),
    option("names", "flat.*", PLAIN),
    option("secret", "PW=/single", PLAIN),
    option("file", "KEY=/single", PLAIN),
    option(
        "file-owner",
        "no-such-user",
        "check --format json --file KEY=/single",
    ),
    option("json", "J_=/json", PLAIN),
    option("dotenv", "/dotenv", PLAIN),
    option(
        "dotenv-dialect",
        "python",
        "check --format json --dotenv /disputed",
    ),
    // With nothing to read, it allows that there is nothing.
    option("resolve", "", "check --format json"),
    option("label", "live", PLAIN),
    option("config", "tests/it/options.toml", PLAIN),
    option(
        "config-profile",
        "other",
        "check --format json --config tests/it/options.toml",
    ),
    option(
        "strict",
        "",
        "check --format json --path /prd/app --config tests/it/options.toml",
    ),
    option("only", "db/*", PLAIN),
    option("exclude", "db/*", PLAIN),
    option("name-from", "leaf", PLAIN),
    option("case", "keep", PLAIN),
    option("separator", "__", PLAIN),
    option("prefix", "X_", PLAIN),
    option("rename", "db/host=HOST", PLAIN),
    option(
        "allow-name",
        "HOME",
        "check --format json --path /prd/app --secret HOME=/single",
    ),
    option("require", "NOPE", PLAIN),
    option("preserve-env", "DB_HOST", PLAIN),
    option("clean-env", "", PLAIN),
    option(
        "keep",
        "DB_HOST",
        "check --format json --path /prd/app --clean-env",
    ),
    option("unset", "DB_HOST", PLAIN),
    option(
        "expand",
        "",
        "check --format json --path /prd/app -- true {{NOPE}}",
    ),
    option("fingerprint", "PRINT", PLAIN),
    option("region", "eu-west-1", PLAIN),
    option("profile", "other", PLAIN),
    // No STS answers here; whether they are understood shows where they are wrong.
    option("role", "app", PLAIN),
    option("external-id", "x", PLAIN),
    // The service requests a wait of six seconds, and this decides whether those are left.
    option("timeout", "5s", PLAIN),
    // A check does not wait; whether it is understood shows where it is no duration.
    option("start-jitter", "soon", PLAIN),
    option("verbose", "", "check --path /prd/app"),
    option("color", "always", "check --path /prd/app --require NOPE"),
    option("names-only", "", PLAIN),
    option("format", "json", "check --path /prd/app"),
];

impl Option {
    fn variable(&self) -> String {
        variable(self.flag)
    }

    fn given(&self) -> String {
        match self.value {
            "" => format!("--{}", self.flag),
            value => format!("--{}={value}", self.flag),
        }
    }
}

fn variable(flag: &str) -> String {
    format!("ENVSECRETS_{}", flag.to_uppercase().replace('-', "_"))
}

/// The flags that the help lists.
fn listed(command: &str) -> BTreeSet<String> {
    let help = Launch::new(ENVSECRETS, &words(&format!("{command} --help")))
        .run()
        .ok();
    let flags = help.lines().filter_map(|line| {
        let long = match line.strip_prefix("  -") {
            Some(short) => short.split_once(", ")?.1,
            None => line.strip_prefix("      ")?,
        };
        let name = long.strip_prefix("--")?;
        let end = name.find([' ', '[']).unwrap_or(name.len());
        Some(name[..end].to_owned())
    });
    flags.collect()
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

/// A Parameter Store in which every option makes a difference.
fn world_of_all_options() -> World {
    let world = world_with(&[
        ("/prd/app/Key", "key"),
        ("/prd/app/db/host", "old"),
        ("/extra/x", "extra"),
        ("flat.name", "flat"),
        ("/single", "single"),
        ("/json", "{\"a\": 1}"),
        ("/dotenv", "A=1"),
        ("/disputed", "A=1#2"),
    ]);
    world.store.put("/prd/app/db/host", "new");
    world.store.put_secret("prd/app/token", "secret");
    world.store.label("/prd/app/db/host", 1, "live");
    let keys = "aws_access_key_id = AKIDENVSECRETSOTHER1\naws_secret_access_key = x\n";
    world
        .directory
        .file(".aws/credentials", format!("[other]\n{keys}"), 0o600);
    world
}

/// What comes of a call, with these variables.
fn call(world: &World, arguments: &[&str], variables: &[(&str, &str)]) -> (i32, String, String) {
    world.server.clear_faults();
    let mut launch = world.envsecrets(arguments);
    launch.env("DB_HOST", "inherited");
    for (name, value) in variables {
        launch.env(name, value);
    }
    outcome(&launch.run())
}

fn outcome(ended: &Ended) -> (i32, String, String) {
    (ended.code.unwrap(), ended.text(), ended.stderr.clone())
}

/// The same, where the service requests a wait if the option is about waiting.
fn reported(
    world: &World,
    option: &Option,
    more: &[&str],
    variables: &[(&str, &str)],
) -> (i32, String, String) {
    let mut arguments = words(option.call);
    let program = arguments.iter().position(|word| *word == "--");
    let program = arguments.split_off(program.unwrap_or(arguments.len()));
    arguments.extend(more);
    arguments.extend(program);
    if option.flag != "timeout" {
        let (code, text, stderr) = call(world, &arguments, variables);
        // A mistake in a variable is reported with its name.
        let (text, stderr) = (without_blame(&text), without_blame(&stderr));
        return (code, text, stderr);
    }
    let refusal = Fault::ThrottleRetryAfterSeconds(6).first(1);
    world.server.set_faults([refusal]);
    let mut launch = world.envsecrets(&arguments);
    for (name, value) in variables {
        launch.env(name, value);
    }
    let (code, text, _) = outcome(&launch.run());
    // How much time is left differs, and the request that was refused has a number of its own.
    let (same, _) = text.split_once(", but only ").unwrap_or((&text, ""));
    let (same, _) = same.split_once(" (request id").unwrap_or((same, ""));
    (code, same.to_owned(), String::new())
}

#[test]
fn the_help_lists_exactly_the_options_that_are_tested_here() {
    let mut known: BTreeSet<String> = OPTIONS.iter().map(|it| it.flag.to_owned()).collect();
    known.insert("help".to_owned());
    assert_eq!(listed("check"), known);
    known.remove("format");
    known.remove("names-only");
    known.insert("version".to_owned());
    assert_eq!(listed(""), known);
}

fn without_blame(text: &str) -> String {
    const BLAMED: [&str; 3] = ["START_JITTER", "ROLE", "EXTERNAL_ID"];
    let blame = BLAMED.map(|name| format!(" (from ENVSECRETS_{name})"));
    blame
        .iter()
        .fold(text.to_owned(), |text, it| text.replace(it, ""))
}

#[test]
fn every_option_is_a_flag_and_a_variable_which_do_the_same() {
    let world = world_of_all_options();
    for option in &OPTIONS {
        let (variable, given) = (option.variable(), option.given());
        let value = match option.value {
            "" => "true",
            value => value,
        };
        let neither = reported(&world, option, &[], &[]);
        let by_flag = reported(&world, option, &[&given], &[]);
        let by_variable = reported(&world, option, &[], &[(&variable, value)]);
        assert_ne!(neither, by_flag, "{given}");
        assert_eq!(by_flag, by_variable, "{given}");
        // Empty is what an unset variable in a unit file or a compose file leaves behind.
        let empty = reported(&world, option, &[], &[(&variable, "")]);
        assert_eq!(neither, empty, "{variable}=");
    }
}

/// A contract with the setting of an option, whose type is looked up in the schema.
fn as_key(world: &World, option: &Option) -> String {
    let schema: serde_json::Value =
        serde_json::from_str(include_str!("../../packaging/envsecrets.schema.json")).unwrap();
    let property = &schema["properties"][option.flag];
    assert!(property.is_object(), "{} is no key", option.flag);
    let value = match (property["type"].as_str(), option.value) {
        (Some("boolean"), _) => "true".to_owned(),
        (Some("array"), value) => format!("['{value}']"),
        (None, value) if property["anyOf"].is_array() => format!("['{value}']"),
        (Some("string") | None, value) => format!("'{value}'"),
        (other, _) => panic!("{other:?}"),
    };
    let text = format!("{} = {value}\n", option.flag);
    let file = world.directory.file("envsecrets.toml", text, 0o644);
    format!("--config={}", file.display())
}

#[test]
fn every_option_of_a_launch_is_a_key_too_which_does_the_same() {
    let world = world_of_all_options();
    let none = world.directory.file("empty.toml", "", 0o644);
    let none = format!("--config={}", none.display());
    for option in &OPTIONS {
        match option.flag {
            // Those that name the file, those of `check` alone, one that needs declarations, and one
            // that depends on the terminal.
            "config" | "config-profile" | "color" | "format" | "names-only" | "strict" => continue,
            _ => {}
        }
        let config = as_key(&world, option);
        let given = option.given();
        let by_flag = reported(&world, option, &[&none, &given], &[]);
        let by_key = reported(&world, option, &[&config], &[]);
        let place = format!(
            " (from {}, line 1, column ",
            config.trim_start_matches("--config=")
        );
        let unblamed = |text: &str| match text.split_once(&place) {
            Some((before, after)) => format!("{before}{}", after.split_once(')').unwrap().1),
            None => text.to_owned(),
        };
        // The name of the file is in the verbose messages.
        let unnamed = |text: &str| text.replace("empty.toml", "envsecrets.toml");
        let by_key = (by_key.0, unblamed(&by_key.1), unblamed(&by_key.2));
        let by_flag = (by_flag.0, unnamed(&by_flag.1), unnamed(&by_flag.2));
        assert_eq!(by_flag, by_key, "{given}");
    }
}

#[test]
fn flags_beat_variables() {
    let world = world_of_all_options();
    for option in &OPTIONS {
        let (variable, given) = (option.variable(), option.given());
        let by_flag = reported(&world, option, &[&given], &[]);
        for other in ["{", "false", "/none", "x=/none"] {
            let both = reported(&world, option, &[&given], &[(&variable, other)]);
            assert_eq!(by_flag, both, "{given} with {variable}={other}");
        }
    }
}

#[test]
fn an_entrypoint_in_json_form_is_configured_by_variables() {
    let world = world_with(&[("/prd/app/db/password", "correct horse")]);
    let program = ["--", "sh", "-c", "echo $DB_PASSWORD"];
    let ended = world
        .envsecrets(&program)
        .env("ENVSECRETS_PATH", "/prd/app")
        .run();
    assert_eq!(ended.ok(), "correct horse\n");
}

/// The variables of a program whose launch is configured by variables alone.
#[track_caller]
fn chosen(world: &World, variables: &[(&str, &str)]) -> String {
    let mut launch = world.envsecrets(&["--", "env"]);
    launch.env("ENVSECRETS_CLEAN_ENV", "1");
    for (name, value) in variables {
        launch.env(name, value);
    }
    launch.run().ok()
}

#[test]
fn lists_are_split_at_newlines_and_at_commas_outside_braces() {
    let world = world_with(&[
        ("/base/db/host", "1"),
        ("/base/db/port", "2"),
        ("/base/tls/key", "3"),
        ("/app/db/host", "4"),
        ("/app/log", "5"),
    ]);
    for (variables, expected) in [
        (
            [("ENVSECRETS_PATH", "/base,/app")].as_slice(),
            "DB_HOST=4\nDB_PORT=2\nLOG=5\nTLS_KEY=3\n",
        ),
        // As a block of YAML has it.
        (
            &[("ENVSECRETS_PATH", "/app\n/base\n")],
            "DB_HOST=1\nDB_PORT=2\nLOG=5\nTLS_KEY=3\n",
        ),
        (
            &[
                ("ENVSECRETS_PATH", "/base , /app"),
                ("ENVSECRETS_ONLY", "{db,tls}/{host,key},log"),
            ],
            "DB_HOST=4\nLOG=5\nTLS_KEY=3\n",
        ),
        (
            &[
                ("ENVSECRETS_SECRET", "A=/base/db/host\nB=/app/log"),
                ("ENVSECRETS_REQUIRE", "A,\n{B,C}\n"),
            ],
            "A=1\nB=5\n",
        ),
        (
            &[
                ("ENVSECRETS_PATH", "/app"),
                ("ENVSECRETS_RENAME", "db/host=H,/app/log=L"),
            ],
            "H=4\nL=5\n",
        ),
        (
            &[
                ("ENVSECRETS_PATH", "/app"),
                ("ENVSECRETS_KEEP", "LC_*,LANG"),
                ("LANG", "C"),
                ("LC_ALL", "C"),
                ("LC", "C"),
            ],
            "LANG=C\nLC_ALL=C\nDB_HOST=4\nLOG=5\n",
        ),
    ] {
        let mut lines: Vec<String> = chosen(&world, variables)
            .lines()
            .map(str::to_owned)
            .collect();
        let mut expected: Vec<&str> = expected.lines().collect();
        lines.sort();
        expected.sort_unstable();
        assert_eq!(lines, expected, "{variables:?}");
    }
}

#[test]
fn layers_from_variables_come_first() {
    let world = world_with(&[("/a/x", "a"), ("/b/x", "b"), ("/c/x", "c")]);
    for (arguments, variables, x) in [
        (
            [].as_slice(),
            [
                ("ENVSECRETS_PATH", "/a"),
                ("ENVSECRETS_OPTIONAL_PATH", "/b"),
            ],
            "b",
        ),
        (
            &["--path", "/c"],
            [
                ("ENVSECRETS_PATH", "/a"),
                ("ENVSECRETS_OPTIONAL_PATH", "/b"),
            ],
            "c",
        ),
        (
            &["--optional-path", "/c"],
            [
                ("ENVSECRETS_PATH", "/a"),
                ("ENVSECRETS_OPTIONAL_PATH", "/b"),
            ],
            "c",
        ),
    ] {
        let arguments = [arguments, &["--", "printenv", "X"]].concat();
        let mut launch = world.envsecrets(&arguments);
        for (name, value) in variables {
            launch.env(name, value);
        }
        assert_eq!(launch.run().ok(), format!("{x}\n"), "{arguments:?}");
    }
}

#[test]
fn switches_are_on_or_off_in_the_words_that_people_use() {
    let world = world_with(&[("/prd/app/x", "1")]);
    for (word, clean) in [
        ("true", true),
        ("1", true),
        ("YES", true),
        ("on", true),
        ("false", false),
        ("0", false),
        ("no", false),
        ("Off", false),
        ("", false),
    ] {
        let ended = world
            .launch("--path /prd/app", &["env"])
            .env("INHERITED", "x")
            .env("ENVSECRETS_CLEAN_ENV", word)
            .run();
        assert_eq!(!ended.ok().contains("INHERITED=x"), clean, "{word}");
    }
    for (name, word) in [("CLEAN_ENV", "y"), ("VERBOSE", "2")] {
        let ended = world
            .launch("--path /prd/app", &["env"])
            .env(format!("ENVSECRETS_{name}"), word)
            .run();
        assert_eq!(
            ended.failed(64),
            format!(
                "envsecrets: error: ENVSECRETS_{name} is `{word}`, which is neither `true` nor `false`\n\
                 envsecrets: hint: set it to one of them, or unset it\n"
            )
        );
    }
    for (word, x) in [
        ("true", "mine"),
        ("false", "1"),
        ("X,Y", "mine"),
        ("Y", "1"),
    ] {
        let ended = world
            .launch("--path /prd/app", &["printenv", "X"])
            .env("X", "mine")
            .env("ENVSECRETS_PRESERVE_ENV", word)
            .run();
        assert_eq!(ended.ok(), format!("{x}\n"), "{word}");
    }
}

#[test]
fn the_program_inherits_our_settings_unless_they_are_unset() {
    let world = world_with(&[("/prd/app/x", "1")]);
    let mut launch = world.launch("--unset ENVSECRETS_*", &["env"]);
    let ended = launch.env("ENVSECRETS_PATH", "/prd/app").run();
    assert!(
        !ended
            .ok()
            .lines()
            .any(|line| line.starts_with("ENVSECRETS"))
    );
    let mut launch = world.launch("", &["printenv", "ENVSECRETS_PATH"]);
    let ended = launch.env("ENVSECRETS_PATH", "/prd/app").run();
    assert_eq!(ended.ok(), "/prd/app\n");
}

#[test]
fn what_is_not_utf8_is_refused() {
    let world = world_with(&[("/prd/app/x", "1")]);
    for option in &OPTIONS {
        let name = option.variable();
        let ended = world
            .envsecrets(&words(option.call))
            .env(&name, OsStr::from_bytes(b"s\xff"))
            .run();
        assert_eq!(
            ended.failed(64),
            format!(
                "envsecrets: error: the value of {name} is not UTF-8\n\
                 envsecrets: hint: unset it\n"
            )
        );
    }
    let odd = OsString::from_vec(b"/\xff".to_vec());
    let mut arguments: Vec<OsString> = vec!["--path".into(), odd.clone()];
    arguments.extend(["--", "echo", "started"].map(OsString::from));
    assert_eq!(
        world.envsecrets(&arguments).run().failed(64),
        "envsecrets: error: invalid UTF-8 was detected in one or more arguments\n\
         envsecrets: hint: see `envsecrets --help`\n"
    );
    // The program's own arguments, and variables that are not ours, may be anything.
    let ended = world
        .envsecrets(&[
            OsStr::new("--path=/prd/app"),
            OsStr::new("--"),
            OsStr::new("printf"),
            OsStr::new("%s"),
            &odd,
        ])
        .env("OTHER", &odd)
        .run();
    assert_eq!((ended.code, ended.stdout), (Some(0), b"/\xff".to_vec()));
}

#[test]
fn invalid_options_are_reported_with_what_to_try() {
    let world = world_with(&[("/prd/app/x", "1")]);
    let dashes = "put the program after `--`: envsecrets --path /prd/app -- PROGRAM";
    let help = "see `envsecrets --help`";
    let patterns = "`*`, `**`, `?`, `[ab]` and `{a,b}` have a meaning; `\\` takes it away";
    let names = "names are letters, digits and `_`, and do not begin with a digit";
    let file = "the form is `--file NAME=PARAMETER` or `--file NAME=PARAMETER@/PATH`, such as `--file \
                TLS_KEY=/prd/app/tls-key@/run/app/tls.key`; `text:` before PARAMETER ends it in one line end, `base64:` decodes it";
    let secret =
        "the form is `--secret NAME=PARAMETER`, such as `--secret DB_PASSWORD=/prd/app/db:live`";
    for (arguments, error, hint) in [
        // Clap's findings, in our words.
        (
            "--path /prd/app java -jar app.jar",
            "unexpected argument `java` found",
            dashes,
        ),
        (
            "java -jar app.jar",
            "unexpected argument `java` found",
            dashes,
        ),
        (
            "chekc --path /prd/app",
            "unexpected argument `chekc` found",
            "put the program after `--`: envsecrets --path /prd/app -- PROGRAM; or did you mean \
             `envsecrets check`?",
        ),
        (
            "--path /prd/app check",
            "unexpected argument `check` found",
            "put `check` first: envsecrets check --path /prd/app",
        ),
        (
            "check --path /prd/app sh",
            "unexpected argument `sh` found",
            dashes,
        ),
        (
            "--pth /prd/app -- sh",
            "unexpected argument `--pth` found",
            "a similar argument exists: `--path`",
        ),
        (
            "--path /prd/app --exlude x -- sh",
            "unexpected argument `--exlude` found",
            "a similar argument exists: `--exclude`",
        ),
        (
            "-path /prd/app -- sh",
            "unexpected argument `-path` found",
            "did you mean `--path`?",
        ),
        ("-p /prd/app -- sh", "unexpected argument `-p` found", help),
        (
            "--path",
            "a value is required for `--path <PATH>` but none was supplied",
            help,
        ),
        (
            "--path /prd/app --case lower -- sh",
            "invalid value `lower` for `--case <CASE>`: possible values are upper, keep",
            help,
        ),
        (
            "--path /prd/app --timeout 1s --timeout 2s -- sh",
            "the argument `--timeout <DURATION>` cannot be used multiple times",
            help,
        ),
        (
            "--path /prd/app --format json -- sh",
            "unexpected argument `--format` found",
            "a similar argument exists: `--from`",
        ),
        // What single options cannot be.
        (
            "--path prd/app -- sh",
            "`--path prd/app` is not a path: it does not begin with `/`",
            "did you mean `/prd/app`? a single parameter is `--secret NAME=prd/app`",
        ),
        (
            "--path /prd/app* -- sh",
            "`--path /prd/app*` is not a path: it contains a character that no parameter name can: only letters, digits, `_`, `.`, `-` and `/` are allowed",
            "check for characters that the shell should have removed",
        ),
        (
            "--path= -- sh",
            "`--path` is empty",
            "a path begins with `/`, such as /prd/app; was a variable not set?",
        ),
        (
            "--path arn:aws:ssm:us-east-1:123456789012:parameter/prd -- sh",
            "`--path arn:aws:ssm:us-east-1:123456789012:parameter/prd` is an ARN, not a path",
            "a path begins with `/`, such as /prd/app; a single parameter by its ARN is `--secret NAME=ARN`",
        ),
        (
            "--secret /prd/app/db -- sh",
            "`--secret /prd/app/db` is not NAME=PARAMETER",
            secret,
        ),
        (
            "--secret A=/prd/app/db: -- sh",
            "`/prd/app/db:`, for A, ends with a colon, but has no version or label",
            secret,
        ),
        (
            "--secret A-B=/prd/app/db -- sh",
            "`A-B`, in `--secret`, is not a valid variable name",
            names,
        ),
        (
            "--file /prd/app/key -- sh",
            "`--file /prd/app/key` is not NAME=PARAMETER",
            file,
        ),
        (
            "--file A-B=/prd/app/key -- sh",
            "`A-B`, in `--file`, is not a valid variable name",
            names,
        ),
        (
            "--file KEY=base64: -- sh",
            "``, in `--file` for KEY, names no parameter",
            file,
        ),
        (
            "--file KEY=/prd/app/key@run/key -- sh",
            "`run/key`, in `--file` for KEY, is not a path: it does not begin with `/`",
            file,
        ),
        (
            "--file KEY=/prd/app/key@/run/ -- sh",
            "`/run/`, in `--file` for KEY, is not a file name: it ends with `/`",
            file,
        ),
        (
            "--file KEY=/prd/app/key@/run/.. -- sh",
            "`/run/..`, in `--file` for KEY, is not a file name: it ends with a directory",
            file,
        ),
        (
            "--file KEY=/prd/app/key --file-owner 4294967295 -- sh",
            "`--file-owner 4294967295` is not a number that a user can have",
            "give a user name, or a number such as 1000",
        ),
        (
            "--file KEY=/prd/app/key --file-owner= -- sh",
            "`--file-owner` is empty",
            "give it a value, or leave it out",
        ),
        (
            "--path /prd/app --only [a -- sh",
            "`--only [a` is not a pattern: unclosed character class; missing ']'",
            patterns,
        ),
        (
            "--path /prd/app --separator . -- sh",
            "`.`, in `--separator`, cannot stand in the name of a variable",
            "use letters, digits and `_`, such as `--separator __`",
        ),
        (
            "--path /prd/app --separator : --prefix X_ -- sh",
            "`:`, in `--separator`, cannot stand in the name of a variable",
            "use letters, digits and `_`, such as `--separator __`",
        ),
        (
            "--path /prd/app --prefix TF-VAR- -- sh",
            "`TF-VAR-`, in `--prefix`, is not a valid variable name",
            names,
        ),
        (
            "--path /prd/app --timeout 30 -- sh",
            "`--timeout 30` is not a duration: time unit needed, for example 30sec or 30ms",
            "write it like `30s`, `500ms` or `2m`; `0` means no limit",
        ),
        (
            "--path /prd/app --require= -- sh",
            "`--require` is empty",
            "give it a name, or leave it out; is a variable unset?",
        ),
        (
            "--path /prd/app --region= -- sh",
            "`--region` is empty",
            "give it a value, or leave it out",
        ),
        // What options cannot be together.
        (
            "--path /prd/app --keep HOME -- sh",
            "`--keep` does nothing without `--clean-env`",
            "add `--clean-env`, or leave `--keep` out: everything is inherited anyway",
        ),
        (
            "--secret A=/prd/app/x --label live -- sh",
            "`--label` is for paths of Parameter Store, and none is given",
            "for a single parameter use `--secret NAME=PARAMETER:LABEL`",
        ),
        (
            "--path /prd/app --file-owner root -- sh",
            "`--file-owner` does nothing without `--file`",
            "add `--file NAME=PARAMETER`, or leave `--file-owner` out",
        ),
        (
            "--file A=/x --file A=/y -- sh",
            "`--file` gives A two parameters",
            "one variable holds one value: leave one of them out",
        ),
        (
            "--secret A=/x --file A=/y -- sh",
            "both `--secret` and `--file` give A a parameter",
            "one variable holds one value: leave one of them out",
        ),
        (
            "--file A=/x@/run/key --file B=/y@/run/key -- sh",
            "`--file` writes both A and B to `/run/key`",
            "give each a path of its own",
        ),
        (
            "--secret A=/x --secret A=/y -- sh",
            "`--secret` gives A two parameters",
            "one variable holds one value: leave one of them out",
        ),
    ] {
        let ended = world.envsecrets(&words(arguments)).run();
        assert_eq!(
            ended.failed(64),
            format!("envsecrets: error: {error}\nenvsecrets: hint: {hint}\n"),
            "{arguments}"
        );
        assert!(ended.took < Duration::from_secs(20));
    }
    assert_eq!(world.server.calls(), 0, "a mistake costs no API call");
}

#[test]
fn a_variable_is_named_when_it_is_to_blame() {
    let world = world_with(&[("/prd/app/x", "1")]);
    for (name, value, error) in [
        (
            "ENVSECRETS_PATH",
            "prd/app",
            "`--path prd/app` is not a path: it does not begin with `/` (from ENVSECRETS_PATH)",
        ),
        (
            "ENVSECRETS_TIMEOUT",
            "30",
            "`--timeout 30` is not a duration: time unit needed, for example 30sec or 30ms (from ENVSECRETS_TIMEOUT)",
        ),
        (
            "ENVSECRETS_ONLY",
            "{a",
            "`--only {a` is not a pattern: unclosed alternate group; missing '}' (maybe escape '{' with '[{]'?) (from ENVSECRETS_ONLY)",
        ),
        (
            "ENVSECRETS_FILE",
            "KEY",
            "`--file KEY` is not NAME=PARAMETER (from ENVSECRETS_FILE)",
        ),
        (
            "ENVSECRETS_KEEP",
            "HOME",
            "`--keep` does nothing without `--clean-env` (from ENVSECRETS_KEEP)",
        ),
        (
            "ENVSECRETS_CASE",
            "lower",
            "ENVSECRETS_CASE is `lower`, and must be one of `upper`, `keep`",
        ),
    ] {
        let options = if name == "ENVSECRETS_PATH" {
            ""
        } else {
            "--path /prd/app"
        };
        let ended = world.launch(options, &["echo"]).env(name, value).run();
        let first = ended.failed(64).lines().next().unwrap();
        assert_eq!(first, format!("envsecrets: error: {error}"));
    }
}

#[test]
fn a_variable_of_ours_that_means_nothing_is_reported_without_its_value() {
    let world = world_with(&[("/prd/app/x", "1")]);
    let commands = [
        &["--", "true"][..],
        &["check", "--names-only"],
        &["export", "--format", "dotenv"],
        &[
            "policy",
            "--region",
            "eu-west-1",
            "--account",
            "123456789012",
        ],
    ];
    for words in commands {
        let ended = world
            .envsecrets(words)
            .env("ENVSECRETS_PATH", "/prd/app")
            .env("ENVSECRETS_REQUIRED", SENTINEL)
            .env("ENVSECRETS_MODE", SENTINEL)
            .env("ENVSECRETS_SERVICE_HOST", "10.0.0.1")
            .env("ENVSECRETS_PORT_80_TCP_ADDR", "10.0.0.1")
            .run();
        assert_eq!(
            (ended.code, ended.stderr.as_str()),
            (
                Some(0),
                "envsecrets: ENVSECRETS_MODE is set, but is not an envsecrets setting\n\
                 envsecrets: ENVSECRETS_REQUIRED is set, but is not an envsecrets setting: did you mean \
                 ENVSECRETS_REQUIRE?\n"
            ),
            "{words:?}"
        );
    }
    // It says so before what comes of it.
    let ended = world
        .envsecrets(&["--", "true"])
        .env("ENVSECRETS_PAHT", "/prd/app")
        .run();
    assert_eq!(ended.code, Some(64), "{ended:?}");
    assert!(
        ended.stderr.starts_with(
            "envsecrets: ENVSECRETS_PAHT is set, but is not an envsecrets setting: did you mean \
             ENVSECRETS_PATH?\nenvsecrets: error: "
        ),
        "{ended:?}"
    );
}
