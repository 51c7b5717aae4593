//! Secrets in the arguments of a program: `--expand`.

use crate::support::{SENTINEL, world, world_with};

#[test]
fn values_stand_in_arguments_where_their_names_were() {
    let world = world_with(&[("/some/property", "a b'\"$c")]);
    let program = [
        "printf",
        "[%s]",
        "-Dsome.property={{PROPERTY}}",
        "{{PROPERTY}}{{MINE}}",
        "{{{{PROPERTY}} {x} }}",
        "",
    ];
    let ended = world
        .launch("--path /some --expand", &program)
        .env("MINE", "inherited")
        .run();
    assert_eq!(
        ended.ok(),
        "[-Dsome.property=a b'\"$c][a b'\"$cinherited][{{PROPERTY}} {x} }}][]"
    );
}

#[test]
fn without_the_option_braces_mean_nothing() {
    let world = world_with(&[("/some/property", "x")]);
    let program = ["echo", "{{PROPERTY}}", "{{", "{{{{"];
    let ended = world.launch("--path /some", &program).run();
    assert_eq!(ended.ok(), "{{PROPERTY}} {{ {{{{\n");
}

#[test]
fn an_argument_has_what_the_environment_has() {
    let world = world_with(&[("/some/x", "secret"), ("/ref", "reference")]);
    for (options, value) in [
        ("--path /some", "secret"),
        ("--path /some --preserve-env=X", "ssm:///ref"),
        ("--path /some --resolve", "reference"),
    ] {
        let ended = world
            .launch(&format!("{options} --expand"), &["echo", "{{X}}"])
            .env("X", "ssm:///ref")
            .run();
        assert_eq!(ended.ok(), format!("{value}\n"), "{options}");
    }
}

#[test]
fn the_name_of_the_program_is_not_expanded() {
    let world = world_with(&[("/some/x", "echo")]);
    let ended = world
        .launch("--path /some --expand", &["{{X}}", "started"])
        .run();
    ended.failed(127);
}

#[test]
fn all_names_that_the_program_does_not_get_are_reported() {
    let world = world_with(&[("/some/x", SENTINEL)]);
    let program = ["echo", "{{X}}{{PROPERTEE}}", "{{HIDDEN}}", "{{.Names}}"];
    let ended = world
        .launch("--path /some --expand --unset HIDDEN", &program)
        .env("HIDDEN", SENTINEL)
        .run();
    assert_eq!(
        ended.failed(66),
        "\
envsecrets: error: argument 1 of the program contains `{{PROPERTEE}}`, but there is no such variable
envsecrets: error: argument 2 of the program contains `{{HIDDEN}}`, but there is no such variable
envsecrets: error: argument 3 of the program contains `{{.Names}}`, but there is no such variable
envsecrets: hint: `envsecrets check` with the same options lists what exists; `{{{{` writes `{{`
"
    );
    assert!(!ended.stderr.contains(SENTINEL));
}

#[test]
fn an_unclosed_placeholder_is_reported_before_any_call() {
    let world = world_with(&[("/some/x", SENTINEL)]);
    let ended = world
        .launch("--path /some --expand", &["echo", "a", "{{X}"])
        .run();
    assert_eq!(
        ended.failed(64),
        "\
envsecrets: error: argument 2 of the program contains `{{` without `}}`
envsecrets: hint: with `--expand`, `{{NAME}}` is the value of NAME; `{{{{` writes `{{`
"
    );
    assert_eq!(world.server.requests().len(), 0);
}

#[test]
fn an_argument_that_the_kernel_would_refuse_is_reported_by_its_number() {
    let world = world();
    world.store.plant("/some/x", &"x".repeat(70_000));
    let ended = world
        .launch("--path /some --expand", &["echo", "{{X}}{{X}}"])
        .run();
    assert_eq!(
        ended.failed(65),
        "\
envsecrets: error: argument 1 of the program would be too large: 140001 bytes, and the limit of the kernel is 131072
envsecrets: hint: the limit is 32 pages for one argument, and cannot be raised: let the program read its environment
"
    );
}

/// A value with which ssh would run a command.
const PROXY: &str = "-oProxyCommand=touch run";

#[test]
fn a_value_does_not_become_an_option() {
    let world = world_with(&[("/some/h", PROXY), ("/some/p", "22")]);
    let expanding = |program: &[&str]| {
        let mut launch = world.launch("--path /some --expand", program);
        launch.env("EMPTY", "");
        launch
    };
    let refused = |number: usize| {
        format!(
            "envsecrets: error: argument {number} of the program would be an option: the value of \
             `{{{{H}}}}` makes it begin with `-`\n\
             envsecrets: hint: attach it to an option, as in `--x={{{{H}}}}`, or put it right after \
             an option that takes a value or after `--`; otherwise find out who wrote that value\n"
        )
    };
    for (program, number) in [
        (["ssh", "{{H}}", "x"].as_slice(), 1),
        (&["ssh", "{{H}}@host", "x"], 1),
        (&["echo", "{{EMPTY}}{{H}}"], 1),
        (&["ssh", "-p{{P}}", "{{H}}", "x"], 2),
        (&["ssh", "-oUser=me", "{{H}}", "x"], 2),
        (&["env", "--", "ssh", "{{H}}", "x"], 3),
    ] {
        let ended = expanding(program).run();
        assert_eq!(ended.failed(65), refused(number), "{program:?}");
    }
    for (program, printed) in [
        (
            ["echo", "--x={{H}}"].as_slice(),
            "--x=-oProxyCommand=touch run",
        ),
        (&["echo", "-x", "{{H}}"], "-x -oProxyCommand=touch run"),
        (&["echo", "--", "{{H}}"], "-- -oProxyCommand=touch run"),
        (&["echo", "./{{H}}"], "./-oProxyCommand=touch run"),
        (&["echo", "{{EMPTY}}", "x"], " x"),
    ] {
        let ended = expanding(program).run();
        assert_eq!(ended.ok(), format!("{printed}\n"), "{program:?}");
    }
    // Without the option nothing is expanded, and nothing is looked at.
    let ended = world.launch("--path /some", &["echo", "{{H}}"]).run();
    assert_eq!(ended.ok(), "{{H}}\n");
}

#[test]
fn a_value_in_a_script_is_warned_of() {
    let world = world_with(&[("/some/h", "$(echo run)")]);
    let warning = "envsecrets: argument 2 of the program is a script, and a value that `--expand` \
                   puts in it runs as code: let the script read the variable, as in `sh -c 'echo \
                   \"$NAME\"'`\n";
    for (program, printed, warning) in [
        (["sh", "-c", "echo {{H}}"].as_slice(), "run\n", warning),
        (&["sh", "-c", "echo \"$H\""], "$(echo run)\n", ""),
        (
            &["sh", "-c", "echo \"$1\"", "sh", "{{H}}"],
            "$(echo run)\n",
            "",
        ),
    ] {
        let ended = world.launch("--path /some --expand", program).run();
        let stdout = String::from_utf8(ended.stdout.clone()).unwrap();
        assert_eq!((stdout.as_str(), ended.stderr.as_str()), (printed, warning));
    }
}
