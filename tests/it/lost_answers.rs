//! Changes whose answer is lost: nothing is done twice, and what is not known is reported as that.

use crate::support::{Ended, Fault, SENTINEL, World, leak, pipe_of, world, world_with};

fn run(world: &World, command: &str, input: &str) -> Ended {
    let ended = world.piped(command, input).run();
    assert_eq!(leak(ended.stderr.as_bytes()), None, "{ended:?}");
    ended
}

/// Each of these calls is carried out, and its answer never comes.
fn losing(world: &World, operation: &str) {
    world
        .server
        .set_faults([Fault::CloseBeforeReply.always().operation(operation)]);
}

#[test]
fn a_new_version_whose_answer_is_lost_is_found_and_not_written_again() {
    for fault in [
        Fault::CloseBeforeReply,
        Fault::CloseMidBody,
        Fault::ResetMidBody,
    ] {
        let world = world_with(&[("/p/a", "one"), ("/q/a", "three")]);
        let file = world.directory.file("x.json", r#"{"a": "four"}"#, 0o600);
        let import = format!("import {} --path /p --overwrite", file.display());
        for (number, (command, input, printed)) in [
            ("put /p/a", "two", "/p/a:2 written, Standard\n"),
            (
                "rollback /p/a 1",
                "",
                "/p/a:3 written with the value of version 1, Standard\n",
            ),
            (
                "copy /q /p --overwrite",
                "",
                "STEP     PARAMETER  TYPE          SIZE  NOTE\n\
                 changed  /p/a       SecureString  5     value; now at version 3\n",
            ),
            (
                &import,
                "",
                "STEP     PARAMETER  TYPE          SIZE  NOTE\n\
                 changed  /p/a       SecureString  4     value; now at version 4\n",
            ),
        ]
        .into_iter()
        .enumerate()
        {
            world
                .server
                .set_faults([fault.clone().always().operation("PutParameter")]);
            let ended = run(&world, command, input);
            assert_eq!(
                (ended.code, ended.text().as_str()),
                (Some(0), printed),
                "{fault:?} {command}: {ended:?}"
            );
            assert_eq!(world.bodies("PutParameter").len(), number + 1, "{command}");
        }
        assert_eq!(
            world.store.values(),
            ["one", "two", "one", "three", "four", "three"]
        );
    }
}

#[test]
fn one_that_was_not_written_is_written_after_a_look() {
    let world = world_with(&[("/p/a", "one")]);
    // Refused before it is carried out.
    world.server.set_faults([Fault::InternalServerError
        .first(2)
        .operation("PutParameter")]);
    let ended = run(&world, "put /p/a", "two");
    assert_eq!(ended.text(), "/p/a:2 written, Standard\n");
    let operations = world.operations();
    assert_eq!(
        operations[2..],
        [
            "PutParameter",
            "GetParameters",
            "PutParameter",
            "GetParameters",
            "PutParameter"
        ]
    );
}

#[test]
fn without_permission_to_look_it_is_not_written_again() {
    let world = world_with(&[("/p/a", "one")]);
    world.server.set_faults([
        Fault::CloseBeforeReply.always().operation("PutParameter"),
        Fault::AccessDenied.always().operation("GetParameters"),
    ]);
    let ended = run(&world, "put /p/a", SENTINEL);
    assert_eq!(ended.code, Some(75), "{ended:?}");
    assert_eq!(world.bodies("PutParameter").len(), 1);
    let url = world.server.url();
    let printed = ended.without_waiting();
    let lines: Vec<&str> = printed.lines().collect();
    // The first is that the old value was not compared.
    assert_eq!(
        lines[1],
        "envsecrets: error: parameter `/p/a` may be written"
    );
    assert!(
        lines[2].starts_with("envsecrets:   caused by: "),
        "{printed}"
    );
    assert_eq!(
        lines[3],
        format!(
            "envsecrets:   caused by: AWS denied permission to read parameter `/p/a` in us-east-1 at {url}"
        )
    );
    assert_eq!(
        lines[5],
        "envsecrets: hint: `envsecrets history /p/a` shows whether it is; allow ssm:GetParameters on \
         arn:aws:ssm:us-east-1:123456789012:parameter/p/a"
    );

    // The number of the newest version can be enough.
    world.server.set_faults([
        Fault::InternalServerError
            .first(1)
            .operation("PutParameter"),
        Fault::AccessDenied.always().operation("GetParameters"),
    ]);
    let ended = run(&world, "put /p/a", "two");
    assert_eq!(
        (ended.code, ended.text().as_str()),
        (Some(0), "/p/a:3 written, Standard\n")
    );
}

#[test]
fn an_error_that_repeats_the_value_is_reported_without_it() {
    let world = world_with(&[("/p/a", "one")]);
    world.server.set_faults([
        Fault::Error {
            status: 500,
            code: "InternalServerError".to_owned(),
            message: format!("cannot store {SENTINEL}"),
        }
        .always()
        .operation("PutParameter"),
        Fault::AccessDenied.always().operation("GetParameters"),
        Fault::AccessDenied
            .after(1)
            .operation("GetParameterHistory"),
    ]);
    let ended = run(&world, "put /p/a", SENTINEL);
    assert_eq!(ended.code, Some(75), "{ended:?}");
    let printed = ended.without_waiting();
    let why = "envsecrets:   caused by: InternalServerError: cannot store … (request id ";
    assert!(
        printed.lines().nth(2).unwrap().starts_with(why),
        "{printed}"
    );
}

#[test]
fn a_signal_while_it_is_written_leaves_it_open() {
    let world = world_with(&[("/p/a", "one"), ("/p/a", "two")]);
    world
        .server
        .set_faults([Fault::Hang.always().operation("PutParameter")]);
    for words in [&["put", "/p/a"][..], &["rollback", "/p/a", "1"]] {
        world.server.clear_requests();
        let mut launch = world.envsecrets(words);
        launch.command.stdin(pipe_of(b"three"));
        let running = launch.start();
        crate::support::until("it writes", || !world.bodies("PutParameter").is_empty());
        running.signal(nix::sys::signal::Signal::SIGTERM);
        let ended = running.end();
        assert_eq!(ended.signal, Some(15), "{ended:?}");
        assert_eq!(
            ended.without_waiting(),
            "envsecrets: stopped: parameter `/p/a` may be written\n\
             envsecrets: hint: `envsecrets history /p/a` shows whether it is\n"
        );
    }
}

#[test]
fn what_another_user_wrote_is_not_taken_for_it() {
    let world = world_with(&[("/p/a", "one")]);
    world.server.set_faults([Fault::InternalServerError
        .first(3)
        .operation("PutParameter")]);
    let mut launch = world.envsecrets(&["put", "/p/a", "--if-version", "1"]);
    launch.command.stdin(pipe_of(b"ours"));
    let running = launch.start();
    crate::support::until("it tries to write", || {
        !world.bodies("PutParameter").is_empty()
    });
    world.store.put("/p/a", "theirs");
    let ended = running.end();
    assert_eq!(ended.code, Some(73), "{ended:?}");
    assert_eq!(ended.text(), "/p/a:3 written, Standard\n");
}

#[test]
fn no_answer_until_the_deadline_is_reported_as_not_known() {
    let cases = [
        (
            "put /p/a",
            "PutParameter",
            "parameter `/p/a` may be written",
            "`envsecrets history /p/a` shows whether it is",
        ),
        (
            "put /p/new",
            "PutParameter",
            "parameter `/p/new` may be written",
            "`envsecrets history /p/new` shows whether it is",
        ),
        (
            "rollback /p/a",
            "PutParameter",
            "parameter `/p/a` may be written",
            "`envsecrets history /p/a` shows whether it is",
        ),
        (
            "label /p/a live",
            "LabelParameterVersion",
            "the labels of parameter `/p/a` may be changed",
            "`envsecrets history /p/a` shows them; the same command again is safe",
        ),
        (
            "label /p/a old --remove",
            "UnlabelParameterVersion",
            "the labels of parameter `/p/a` may be changed",
            "`envsecrets history /p/a` shows them; the same command again is safe",
        ),
        (
            "tag /p/a a=b",
            "AddTagsToResource",
            "the tags of parameter `/p/a` may be changed",
            "`envsecrets tag /p/a` shows them; the same command again is safe",
        ),
        (
            "delete /p/a --yes",
            "DeleteParameters",
            "parameter `/p/a` may be deleted",
            "the same command again reports what exists",
        ),
    ];
    crate::support::each(&cases, |(command, operation, what, hint)| {
        let world = world_with(&[("/p/a", "one"), ("/p/a", "two")]);
        world.store.label("/p/a", 1, "old");
        // No answer, and none to what would show it either.
        world
            .server
            .set_faults([Fault::Hang.always().operation(*operation)]);
        let ended = run(&world, &format!("{command} --timeout 1s"), SENTINEL);
        assert_eq!(ended.code, Some(75), "{ended:?}");
        let printed = ended.without_waiting();
        let lines: Vec<&str> = printed.lines().collect();
        assert_eq!(lines[0], format!("envsecrets: error: {what}"), "{printed}");
        assert!(
            lines[1]
                .starts_with("envsecrets:   caused by: Parameter Store did not answer within 1s"),
            "{printed}"
        );
        let last = lines.last().unwrap();
        assert!(
            last.starts_with(&format!("envsecrets: hint: {hint}")),
            "{printed}"
        );
    });
}

#[test]
fn a_look_that_is_not_answered_leaves_it_open() {
    let world = world_with(&[("/p/a", "one")]);
    world.server.set_faults([
        Fault::CloseBeforeReply.always().operation("PutParameter"),
        Fault::Hang.always().operation("GetParameters"),
    ]);
    // A generated value is not compared with the old one.
    let ended = run(&world, "put /p/a --generate --timeout 1s", "");
    assert_eq!(ended.code, Some(75), "{ended:?}");
    assert_eq!(world.bodies("PutParameter").len(), 1);
    let printed = ended.without_waiting();
    assert!(
        printed.starts_with(
            "envsecrets: error: parameter `/p/a` may be written\n\
             envsecrets:   caused by: Parameter Store did not answer within 1s for parameter `/p/a`"
        ),
        "{printed}"
    );
    assert_eq!(world.store.values().len(), 2);
}

#[test]
fn what_was_never_sent_is_not_reported_as_perhaps_done() {
    // Throttled calls are not carried out.
    let world = world_with(&[("/p/a", "one")]);
    world
        .server
        .set_faults([Fault::Throttle.always().operation("PutParameter")]);
    let ended = run(&world, "put /p/a --timeout 1s", "two");
    assert_eq!(ended.code, Some(75), "{ended:?}");
    let printed = ended.without_waiting();
    assert!(
        printed.starts_with("envsecrets: error: Parameter Store did not answer within 1s for"),
        "{printed}"
    );
    let file = world
        .directory
        .file("x.json", r#"{"a": "two", "b": "x"}"#, 0o600);
    let import = format!(
        "import {} --path /p --overwrite --timeout 1s",
        file.display()
    );
    let ended = run(&world, &import, "");
    assert_eq!(ended.code, Some(75), "{ended:?}");
    assert!(
        ended
            .stderr
            .contains("envsecrets:   caused by: not written: /p/a, /p/b\n"),
        "{ended:?}"
    );
}

#[test]
fn an_import_whose_answers_are_lost_names_what_may_be_written() {
    let world = world_with(&[("/p/a", "one")]);
    let file = world
        .directory
        .file("x.json", r#"{"a": "two", "b": "x"}"#, 0o600);
    world
        .server
        .set_faults([Fault::Hang.always().operation("PutParameter")]);
    let import = format!(
        "import {} --path /p --overwrite --timeout 1s",
        file.display()
    );
    let ended = run(&world, &import, "");
    assert_eq!(ended.code, Some(75), "{ended:?}");
    let printed = ended.without_waiting();
    assert!(
        printed.starts_with("envsecrets: error: parameter `/p/a` may be written\n"),
        "{printed}"
    );
    assert!(
        printed.contains(
            "envsecrets: error: 0 of 2 parameters written\n\
             envsecrets:   caused by: perhaps written: /p/a\n\
             envsecrets:   caused by: not written: /p/b\n"
        ),
        "{printed}"
    );
}

#[test]
fn what_is_the_same_however_often_it_is_done_is_done_again() {
    let world = world_with(&[("/p/a", "one")]);
    for (command, operation, printed) in [
        (
            "label /p/a live",
            "LabelParameterVersion",
            "/p/a:1 label live added\n",
        ),
        (
            "label /p/a live --remove",
            "UnlabelParameterVersion",
            "/p/a:1 label live removed\n",
        ),
        ("tag /p/a a=b", "AddTagsToResource", "/p/a tag a=b added\n"),
        (
            "tag /p/a --remove a",
            "RemoveTagsFromResource",
            "/p/a tag a removed\n",
        ),
    ] {
        let lost = Fault::CloseMidBody.first(2).operation(operation);
        world.server.set_faults([lost]);
        assert_eq!(run(&world, command, "").text(), printed, "{command}");
        assert_eq!(world.bodies(operation).len(), 3, "{command}");
    }
    // A new parameter is created once: the second request is refused.
    let lost = Fault::CloseMidBody.first(1).operation("PutParameter");
    world.server.set_faults([lost]);
    let ended = run(&world, "put /p/new --generate", "");
    assert_eq!(ended.text(), "/p/new:1 written, Standard\n");
    assert_eq!(world.store.values().len(), 2);
    losing(&world, "DeleteParameters");
    let ended = run(&world, "delete /p/a --yes --timeout 1s", "");
    assert_eq!(ended.code, Some(75), "{ended:?}");
    assert_eq!(world.store.values().len(), 1);
}

#[test]
fn a_refusal_after_a_lost_answer_leaves_it_open() {
    let world = world();
    world.server.set_faults([
        Fault::CloseMidBody.nth(1).operation("PutParameter"),
        Fault::AccessDenied.nth(2).operation("PutParameter"),
    ]);
    let ended = run(&world, "put /p/a", SENTINEL);
    assert_eq!(ended.code, Some(75), "{ended:?}");
    assert!(
        ended
            .without_waiting()
            .starts_with("envsecrets: error: parameter `/p/a` may be written\n"),
        "{ended:?}"
    );
}
