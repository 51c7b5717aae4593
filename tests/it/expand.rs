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
