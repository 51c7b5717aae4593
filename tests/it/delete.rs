//! `envsecrets delete`: what goes is shown, confirmed, and reported.

use serde_json::{Value, json};

use crate::support::faults::{CODES, every_fault};
use crate::support::moto::Moto;
use crate::support::terminal::Terminal;
use crate::support::{Ended, Fault, SENTINEL, World, leak, until, world, world_with};

fn delete(world: &World, arguments: &str) -> Ended {
    let words: Vec<&str> = ["delete"].into_iter().chain(arguments.split(' ')).collect();
    world.envsecrets(&words).run()
}

#[test]
fn what_is_named_goes_and_nothing_else() {
    let world = world_with(&[
        ("/a/b", "1"),
        ("/a/b/c", "2"),
        ("/a/bc", "3"),
        ("flat", "4"),
    ]);
    let ended = delete(&world, "/a/b flat /flat --yes");
    assert_eq!(ended.ok(), "/a/b deleted\nflat deleted\n");
    assert_eq!(world.store.len(), 2);
    assert_eq!(delete(&world, "/a/b/c /a/b/c -y").ok(), "/a/b/c deleted\n");
    assert_eq!(world.store.values(), ["3"]);
}

#[test]
fn all_that_is_below_a_path_goes_and_not_what_has_its_name() {
    let world = world_with(&[
        ("/a/b", "1"),
        ("/a/b/c", "2"),
        ("/a/b/d/e", "3"),
        ("/a/bc/d", "4"),
    ]);
    let ended = delete(&world, "--recursive /a/b/ /a/b/d --yes");
    assert_eq!(ended.ok(), "/a/b/c deleted\n/a/b/d/e deleted\n");
    assert_eq!(world.store.values(), ["1", "4"]);
}

#[test]
fn patterns_choose_what_goes_below_a_path() {
    let world = world_with(&[("/a/b", "1"), ("/a/c/d", "2"), ("/a/c/e", "3")]);
    let ended = delete(&world, "-r /a --only c/* --exclude */e --yes");
    assert_eq!(ended.ok(), "/a/c/d deleted\n");
    let ended = delete(&world, "-r /a --exclude nothing --yes");
    let error = "envsecrets: error: `--exclude nothing` matches nothing\n";
    assert!(ended.failed(64).starts_with(error), "{}", ended.stderr);
    let ended = delete(&world, "-r /a --exclude ** --yes");
    assert_eq!(
        ended.failed(66),
        "envsecrets: error: the patterns leave out everything\n\
         envsecrets: hint: nothing was deleted\n"
    );
    assert_eq!(world.store.values(), ["1", "3"]);
}

#[test]
fn a_dry_run_shows_what_would_go() {
    let world = world_with(&[("/a/b", "1"), ("/a/c", "2")]);
    world.store.put("/a/b", "3");
    let text = delete(&world, "--recursive /a --dry-run").ok();
    // All but the dates.
    let shown: Vec<Vec<&str>> = text
        .lines()
        .map(|line| line.split_whitespace().take(3).collect())
        .collect();
    assert_eq!(
        shown,
        [
            ["PARAMETER", "VERSION", "TYPE"],
            ["/a/b", "2", "SecureString"],
            ["/a/c", "1", "SecureString"],
        ]
    );
    assert!(text.lines().nth(1).unwrap().ends_with('Z'), "{text}");
    assert_eq!(world.store.len(), 2);
}

#[test]
fn a_yes_at_the_terminal_deletes_and_anything_else_does_not() {
    for (arguments, question, answer, code, left) in [
        (
            ["delete", "/a/b"].as_slice(),
            "delete this parameter with all its versions? [y/N] ",
            "y\n",
            0,
            1,
        ),
        (
            &["delete", "-r", "/a"],
            "delete these 2 parameters with all their versions? [y/N] ",
            "YES\n",
            0,
            0,
        ),
        (
            &["delete", "-r", "/a"],
            "delete these 2 parameters with all their versions? [y/N] ",
            "\n",
            1,
            2,
        ),
        (
            &["delete", "-r", "/a"],
            "delete these 2 parameters with all their versions? [y/N] ",
            "yesterday\n",
            1,
            2,
        ),
        (
            &["delete", "-r", "/a"],
            "delete these 2 parameters with all their versions? [y/N] ",
            // Ctrl-D.
            "\u{4}",
            1,
            2,
        ),
    ] {
        let world = world_with(&[("/a/b", SENTINEL), ("/a/c", SENTINEL)]);
        let terminal = Terminal::new();
        let running = terminal.start(&mut world.envsecrets(arguments));
        terminal.asks(question);
        let shown = terminal.shown();
        assert!(
            shown.contains("\n/a/b       1        SecureString  "),
            "{shown}"
        );
        terminal.types(answer);
        let ended = running.end();
        assert_eq!(ended.code, Some(code), "{ended:?}");
        let printed = if code == 1 {
            "envsecrets: nothing was deleted\n"
        } else {
            ""
        };
        assert_eq!(ended.stderr, printed);
        assert_eq!(world.store.len(), left);
        assert_eq!(leak(terminal.shown().as_bytes()), None);
    }
}

#[test]
fn invalid_arguments_are_refused_before_any_request() {
    let world = world();
    for (arguments, what, hint) in [
        (
            "/a/b",
            "cannot ask for confirmation: no terminal",
            "check with `--dry-run`, then use `--yes`",
        ),
        (
            "--recursive / --yes",
            "`/` contains all parameters of this account and region",
            "give the paths one by one",
        ),
        (
            "--recursive /// --yes",
            "`/` contains all parameters of this account and region",
            "give the paths one by one",
        ),
        (
            "--recursive prd --yes",
            "`prd` is not a path: it does not begin with `/`",
            "did you mean `/prd`?",
        ),
        (
            "/prd/app/ --yes",
            "`/prd/app/` ends with `/`, as a path does",
            "a parameter looks like `/prd/app/db-password`",
        ),
        (
            "/prd/app:3 --yes",
            "`/prd/app:3` has a version or label, and versions cannot be changed",
            "a parameter looks like `/prd/app/db-password`",
        ),
        (
            "/ --yes",
            "`/` names no parameter",
            "a parameter looks like `/prd/app/db-password`, with `:VERSION` or `:LABEL` where \
             those are allowed",
        ),
    ] {
        let ended = delete(&world, arguments);
        let printed = format!("envsecrets: error: {what}\nenvsecrets: hint: {hint}\n");
        assert_eq!(ended.failed(64), printed, "{arguments}");
    }
    assert_eq!(world.server.calls(), 0);
}

#[test]
fn if_something_is_missing_nothing_is_deleted() {
    let world = world_with(&[("/a/b", "1"), ("/c/d", "2")]);
    let url = world.server.url();
    let ended = delete(&world, "/a/b /a/x /a/y --yes");
    assert_eq!(
        ended.failed(66),
        format!(
            "envsecrets: error: parameters `/a/x`, `/a/y` do not exist in us-east-1 at {url}\n\
             envsecrets: hint: check names, versions, labels, account and \
             region for typos\n"
        )
    );
    let ended = delete(&world, "--recursive /a /x --yes");
    assert_eq!(
        ended.failed(66),
        format!(
            "envsecrets: error: no parameters exist below `/x` in us-east-1 at {url}\n\
             envsecrets: hint: nothing was deleted; check path, account and region for typos; a \
             parameter of exactly that name is deleted without `--recursive`\n"
        )
    );
    assert_eq!(world.store.len(), 2);
}

#[test]
fn what_was_deleted_before_a_failure_is_printed_and_a_second_run_finishes() {
    let world = world();
    world.store.generate("/a", 23);
    world
        .server
        .set_faults([Fault::AccessDenied.nth(2).operation("DeleteParameters")]);
    let ended = delete(&world, "--recursive /a --yes");
    assert_eq!(ended.code, Some(77), "{ended:?}");
    assert_eq!(ended.text().lines().count(), 10);
    assert_eq!(world.store.len(), 13);
    let (first, rest) = ended.stderr.split_once('\n').unwrap();
    assert!(
        first.starts_with(
            "envsecrets: 10 of 23 were deleted; these were not, or may not have been: \
             `/a/name-00010`, `/a/name-00011`"
        ),
        "{first}"
    );
    assert!(
        rest.starts_with(
            "envsecrets: error: AWS denied permission to delete parameters `/a/name-00010`"
        ),
        "{rest}"
    );
    let ended = delete(&world, "--recursive /a --yes");
    assert_eq!(ended.ok().lines().count(), 13);
    assert!(world.store.is_empty());
}

#[test]
fn a_lost_answer_and_throttling_are_gone_through() {
    let world = world_with(&[("/a/b", "1"), ("/a/c", "2")]);
    world
        .server
        .set_faults([Fault::CloseMidBody.first(1).operation("DeleteParameters")]);
    // What the first call deleted the second one does not find.
    assert_eq!(
        delete(&world, "--recursive /a --yes").ok(),
        "/a/b was already deleted\n/a/c was already deleted\n"
    );
    assert!(world.store.is_empty());

    world.store.put("/a/b", "1");
    world
        .server
        .set_faults([Fault::Throttle.first(2).operation("DeleteParameters")]);
    let ended = delete(&world, "/a/b --yes");
    assert_eq!(
        (ended.without_waiting().as_str(), ended.text().as_str()),
        ("", "/a/b deleted\n")
    );
}

#[test]
fn one_that_is_killed_has_printed_what_it_deleted() {
    let world = world();
    world.store.generate("/a", 15);
    world
        .server
        .set_faults([Fault::Throttle.after(1).operation("DeleteParameters")]);
    let running = world
        .envsecrets(&["delete", "--recursive", "/a", "--yes"])
        .start();
    until("the second call", || {
        world.bodies("DeleteParameters").len() > 1
    });
    running.signal(nix::sys::signal::Signal::SIGINT);
    let ended = running.end();
    assert_eq!(ended.text().lines().count(), 10);
    assert_eq!(world.store.len(), 5);
    assert_eq!(ended.without_waiting(), "");
}

#[test]
fn nothing_is_decrypted_and_no_fault_shows_a_value() {
    let world = world_with(&[("/a/b", SENTINEL)]);
    assert_eq!(delete(&world, "-r /a --dry-run").code, Some(0));
    assert_eq!(delete(&world, "/a/b --dry-run").code, Some(0));
    for call in world.server.requests() {
        assert_eq!(call.body["WithDecryption"], json!(false), "{call:?}");
    }
    let commands = [
        ("delete -r /a --yes", "operation=GetParametersByPath"),
        ("delete /a/b --yes", "operation=GetParameters"),
        ("delete /a/b --yes", "operation=DeleteParameters"),
    ];
    every_fault(&commands, |case| {
        let world = world_with(&[("/a/b", SENTINEL), ("/a/c", SENTINEL)]);
        world.server.set_faults([case.rule()]);
        let arguments = [&case.words()[..], &["--verbose", "--timeout", "500ms"]].concat();
        let ended = world.envsecrets(&arguments).noisy().run();
        case.reveals_nothing(&ended, &CODES);
    });
}

#[test]
fn what_the_aws_cli_wrote_into_moto_is_deleted() {
    let Some(moto) = Moto::start("what_the_aws_cli_wrote_into_moto_is_deleted") else {
        return;
    };
    for name in ["/prd/app/a", "/prd/app/b/c", "/prd/other/d"] {
        moto.put(name, "x", "SecureString");
    }
    let ended = moto
        .envsecrets(&["delete", "--recursive", "/prd/app", "--yes"])
        .run();
    assert_eq!(ended.ok(), "/prd/app/a deleted\n/prd/app/b/c deleted\n");
    let left = moto.aws(&["describe-parameters", "--query", "Parameters[].Name"]);
    let left: Value = serde_json::from_str(&left).unwrap();
    assert_eq!(left, json!(["/prd/other/d"]));
}
