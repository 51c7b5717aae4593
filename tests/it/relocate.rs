//! `envsecrets move` and `copy --one`: another name for a parameter, and nothing lost on the way.

use parameter_store::{PutParameter, Tier};
use serde_json::json;

use crate::support::faults::{CODES, every_fault};
use crate::support::terminal::Terminal;
use crate::support::{Ended, Fault, SENTINEL, World, leak, world, world_with};

fn run(world: &World, command: &str) -> Ended {
    let words: Vec<&str> = command.split(' ').collect();
    let ended = world.envsecrets(&words).run();
    assert_eq!(leak(&ended.stdout), None);
    ended
}

/// A parameter with every attribute.
fn described() -> World {
    let world = world();
    let put = PutParameter::new("/stg/app/db", SENTINEL)
        .description("the database")
        .key_id("alias/app")
        .tier(Tier::Advanced)
        .tag("team", "web");
    world.store.put_parameter(put).unwrap();
    world
}

const WRITTEN: &str = "\
STEP  PARAMETER    TYPE          SIZE  NOTE
new   /prd/app/db  SecureString  29
";

#[test]
fn one_parameter_is_copied_with_all_that_belongs_to_it() {
    let world = described();
    let ended = run(&world, "copy --one /stg/app/db /prd/app/db --dry-run");
    assert_eq!(ended.ok(), WRITTEN);
    assert_eq!(world.store.len(), 1);
    let ended = run(&world, "copy --one /stg/app/db /prd/app/db");
    assert_eq!((ended.code, ended.text()), (Some(0), WRITTEN.to_owned()));
    assert_eq!(ended.stderr, "envsecrets: wrote 1 parameter\n");
    assert_eq!(
        world.bodies("PutParameter"),
        [json!({
            "Name": "/prd/app/db",
            "Value": SENTINEL,
            "Type": "SecureString",
            "KeyId": "alias/app",
            "Tier": "Advanced",
            "Overwrite": false,
            "Description": "the database",
            "DataType": "text",
            "Tags": [{ "Key": "team", "Value": "web" }],
        })]
    );
    let ended = run(&world, "copy --one /stg/app/db /prd/app/db");
    assert_eq!(
        ended.stderr,
        "envsecrets: nothing to write: 1 parameter is up to date\n"
    );
}

#[test]
fn what_is_moved_has_its_new_name_alone() {
    let world = described();
    let ended = run(&world, "move /stg/app/db /prd/app/db --dry-run");
    assert_eq!(
        ended.ok(),
        format!("{WRITTEN}/stg/app/db:1 would be deleted\n")
    );
    assert_eq!(world.store.len(), 1);
    assert_eq!(world.bodies("DeleteParameters").len(), 0);

    let ended = run(&world, "move /stg/app/db /prd/app/db --yes");
    assert_eq!(
        (ended.code, ended.text()),
        (
            Some(0),
            format!("{WRITTEN}/stg/app/db moved to /prd/app/db\n")
        )
    );
    assert_eq!(world.store.values(), [SENTINEL]);
    assert_eq!(
        run(&world, "list /prd/app --columns name").ok(),
        "NAME\n/prd/app/db\n"
    );
}

#[test]
fn versions_and_labels_that_end_with_the_original_are_reported() {
    let world = world_with(&[("flat.db", "1"), ("flat.db", "2"), ("flat.db", "3")]);
    world.store.label("flat.db", 2, "live");
    let ended = run(&world, "move flat.db /prd/db --yes");
    assert_eq!(
        ended.stderr,
        "envsecrets: wrote 1 parameter\n\
         envsecrets: not copied, and deleted with `flat.db`: 2 older versions, the label `live`\n"
    );
    assert!(
        ended.text().ends_with("\nflat.db moved to /prd/db\n"),
        "{}",
        ended.text()
    );
    assert_eq!(world.store.values(), ["3"]);
}

#[test]
fn a_no_leaves_both() {
    for (answer, code, left) in [("y\n", 0, 1), ("\n", 1, 2)] {
        let world = described();
        let terminal = Terminal::new();
        let arguments = ["move", "/stg/app/db", "/prd/app/db"];
        let running = terminal.start(&mut world.envsecrets(&arguments));
        terminal.asks("delete this parameter with all its versions? [y/N] ");
        assert_eq!(world.store.len(), 2);
        terminal.types(answer);
        let ended = running.end();
        assert_eq!(ended.code, Some(code), "{ended:?}");
        assert_eq!(world.store.len(), left);
        assert_eq!(leak(terminal.shown().as_bytes()), None);
        if code == 1 {
            let declined =
                "envsecrets: nothing was deleted: `/stg/app/db` and `/prd/app/db` exist\n";
            assert!(ended.stderr.ends_with(declined), "{}", ended.stderr);
        }
    }
}

#[test]
fn what_was_not_verified_is_not_deleted() {
    // The original gets another version, or the copy does, while the question is open.
    for (changed, what) in [
        (
            "/stg/app/db",
            "`/stg/app/db` has a newer version than 1, which was copied",
        ),
        ("/prd/app/db", "`/prd/app/db` is not as it was written"),
    ] {
        let world = described();
        let terminal = Terminal::new();
        let arguments = ["move", "/stg/app/db", "/prd/app/db"];
        let running = terminal.start(&mut world.envsecrets(&arguments));
        terminal.asks("[y/N] ");
        world.store.put(changed, "by another user");
        terminal.types("y\n");
        let ended = running.end();
        assert_eq!(ended.code, Some(73), "{ended:?}");
        assert!(
            ended.stderr.ends_with(&format!(
                "envsecrets: error: {what}\n\
                 envsecrets: hint: nothing was deleted: another user may have written meanwhile; look at \
                 both with `envsecrets history`, and move `/stg/app/db` again\n"
            )),
            "{}",
            ended.stderr
        );
        assert_eq!(world.store.len(), 2);
    }
    // The copy cannot be read.
    let world = described();
    world
        .server
        .set_faults([Fault::AccessDenied.after(2).operation("GetParameters")]);
    let ended = run(&world, "move /stg/app/db /prd/app/db --yes");
    assert_eq!(ended.code, Some(77), "{ended:?}");
    assert_eq!(world.bodies("DeleteParameters").len(), 0);
}

#[test]
fn another_value_of_the_new_name_stays() {
    let world = world_with(&[("/a", SENTINEL), ("/b", "other")]);
    let ended = run(&world, "move /a /b --yes");
    assert_eq!(ended.code, Some(73), "{ended:?}");
    assert_eq!(world.store.len(), 2);
    assert_eq!(run(&world, "move /a /b --yes --overwrite").code, Some(0));
    assert_eq!(world.store.values(), ["other", SENTINEL]);
}

#[test]
fn invalid_arguments_are_refused_before_any_request() {
    let world = described();
    for (command, code, what) in [
        ("move /a /b", 64, "cannot ask for confirmation: no terminal"),
        ("move /a /a --yes", 64, "`/a` would be moved onto itself"),
        ("move a /a --yes", 64, "`a` would be moved onto itself"),
        ("copy --one /a a", 64, "`/a` would be copied onto itself"),
        (
            "move /a /b:3 --yes",
            64,
            "`/b:3` has a version or label, and versions cannot be changed",
        ),
        (
            "move /a/ /b --yes",
            64,
            "`/a/` ends with `/`, as a path does",
        ),
    ] {
        let ended = run(&world, command);
        let first = format!("envsecrets: error: {what}");
        assert_eq!(
            ended.failed(code).lines().next(),
            Some(&*first),
            "{command}"
        );
    }
    assert_eq!(world.operations(), [""; 0]);
    assert_eq!(run(&world, "move /none /b --yes").code, Some(66));
}

#[test]
fn flat_names_are_listed_compared_and_copied_by_a_pattern() {
    let world = world_with(&[
        ("prd.app.a", SENTINEL),
        ("prd.app.b", "x"),
        ("prd.other", "x"),
        ("/stg/app/a", "y"),
    ]);
    assert_eq!(
        run(&world, "list prd.app.* --columns name,variable").ok(),
        "NAME       VARIABLE\nprd.app.a  A\nprd.app.b  B\n"
    );
    let ended = run(&world, "diff prd.app.* /stg/app");
    assert_eq!(
        (ended.code, ended.text()),
        (
            Some(1),
            "CHANGE   NAME  A   B   DIFFERS\nchanged  a     v1  v1  value\nremoved  b     v1  -\n"
                .to_owned()
        )
    );
    let ended = run(&world, "copy prd.app.* /prd/app");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(
        run(&world, "list /prd/app --columns name").ok(),
        "NAME\n/prd/app/a\n/prd/app/b\n"
    );
    assert_eq!(run(&world, "list nothing.*").code, Some(66));
}

#[test]
fn no_fault_loses_or_reveals_a_value() {
    let command = "move /stg/app/db /prd/app/db --yes --timeout 300ms -v";
    every_fault(
        &[(command, ""), (command, "after=3"), (command, "after=6")],
        |case| {
            let world = described();
            world.server.set_faults([case.rule()]);
            let ended = world.envsecrets(&case.words()).noisy().run();
            case.reveals_nothing(&ended, &CODES);
            world.server.clear_faults();
            assert!(
                world.store.values().iter().any(|it| it == SENTINEL),
                "{}",
                case.situation()
            );
        },
    );
}
