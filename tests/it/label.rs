//! `envsecrets label` and `tag`: attributes of a parameter, changed without writing it again.

use serde_json::{Value, json};

use crate::support::faults::{CODES, every_fault};
use crate::support::moto::Moto;
use crate::support::{Ended, Fault, SENTINEL, World, world_with};

fn run(world: &World, command: &str) -> Ended {
    let words: Vec<&str> = command.split(' ').collect();
    world.envsecrets(&words).run()
}

/// A parameter with three versions.
fn three() -> World {
    let world = world_with(&[("/p", "one")]);
    world.store.put("/p", "two");
    world.store.put("/p", "three");
    world
}

#[test]
fn a_label_is_put_on_the_newest_version_or_another_and_moves() {
    let world = three();
    for (command, printed) in [
        ("label /p live", "/p:3 label live added\n"),
        ("label /p live", "/p:3 label live already exists\n"),
        (
            "label /p live --version 2 --dry-run",
            "/p:2 label live would be moved from version 3\n",
        ),
        (
            "label /p live v2 --version 2",
            "/p:2 label live moved from version 3\n/p:2 label v2 added\n",
        ),
        (
            "label /p live v2 x --version 2",
            "/p:2 label live already exists\n/p:2 label v2 already exists\n/p:2 label x added\n",
        ),
    ] {
        assert_eq!(run(&world, command).ok(), printed, "{command}");
    }
    assert_eq!(run(&world, "get /p:live").ok(), "two");
    assert_eq!(
        world.bodies("LabelParameterVersion").last(),
        Some(&json!({ "Name": "/p", "ParameterVersion": 2, "Labels": ["x"] }))
    );
}

#[test]
fn a_label_is_taken_off_wherever_it_is() {
    let world = three();
    world.store.label("/p", 1, "old");
    world.store.label("/p", 3, "live");
    for (command, printed) in [
        (
            "label /p old live --remove --dry-run",
            "/p:1 label old would be removed\n/p:3 label live would be removed\n",
        ),
        (
            "label /p live old --remove",
            "/p:1 label old removed\n/p:3 label live removed\n",
        ),
    ] {
        assert_eq!(run(&world, command).ok(), printed, "{command}");
    }
    assert_eq!(run(&world, "get /p:old").code, Some(66));
    assert_eq!(world.bodies("UnlabelParameterVersion").len(), 2);

    // Taken off by a call whose answer was lost.
    world.store.label("/p", 1, "old");
    let lost = Fault::CloseMidBody
        .first(1)
        .operation("UnlabelParameterVersion");
    world.server.set_faults([lost]);
    let ended = run(&world, "label /p old --remove --version 1");
    assert_eq!(ended.ok(), "/p:1 label old removed\n");
}

#[test]
fn a_label_or_tag_that_is_not_there_changes_nothing() {
    let world = three();
    world.store.label("/p", 1, "old");
    let url = world.server.url();
    let shows = "envsecrets: hint: nothing was changed; `envsecrets history /p` shows versions and \
                 labels\n";
    let typing = "envsecrets: hint: check name, version, label, account and \
                  region for typos\n";
    for (command, printed) in [
        (
            "label /p live --version 9",
            format!("envsecrets: error: `/p` has no version 9\n{shows}"),
        ),
        (
            "label /p old live x --remove",
            format!(
                "envsecrets: error: no version of `/p` has the label `live`\n\
                 envsecrets: error: no version of `/p` has the label `x`\n{shows}"
            ),
        ),
        (
            "label /p old --remove --version 2",
            format!("envsecrets: error: the label `old` of `/p` is on version 1\n{shows}"),
        ),
        (
            "label /q live",
            format!(
                "envsecrets: error: parameter `/q` does not exist in us-east-1 at {url}\n{typing}"
            ),
        ),
        (
            "tag /q a=b",
            format!(
                "envsecrets: error: parameter `/q` does not exist in us-east-1 at {url}\n{typing}"
            ),
        ),
        (
            "tag /p a=b --remove c",
            "envsecrets: error: `/p` has no tag `c`\n\
             envsecrets: hint: nothing was changed; `envsecrets tag /p` shows its tags\n"
                .to_owned(),
        ),
    ] {
        assert_eq!(run(&world, command).failed(66), printed, "{command}");
    }
    for operation in [
        "LabelParameterVersion",
        "UnlabelParameterVersion",
        "AddTagsToResource",
        "RemoveTagsFromResource",
    ] {
        assert_eq!(world.bodies(operation), [Value::Null; 0]);
    }
}

#[test]
fn invalid_labels_and_tags_are_refused_before_any_request() {
    let world = three();
    let label = "a label looks like `live` or `v2026-11`";
    let tag = "a tag looks like `team=web`";
    let long = "x".repeat(101);
    for (command, what, hint) in [
        (
            "label /p 2026",
            "the label `2026` begins with a digit, as versions do",
            label,
        ),
        (
            "label /p AWS-x",
            "the label `AWS-x` begins with `aws` or `ssm`, which are reserved for AWS",
            label,
        ),
        (
            "label /p a/b",
            "the label `a/b` contains a character other than letters, digits, `_`, `.` and `-`",
            label,
        ),
        (
            &format!("label /p {long}"),
            &format!("the label `{long}` has less than 1 or more than 100 characters"),
            label,
        ),
        (
            "label /p live live",
            "the label `live` is given twice",
            "give each label once",
        ),
        (
            "label /p live --version x",
            "invalid value `x` for `--version <VERSION>`: a version is a number, from 1 on",
            "see `envsecrets label --help`",
        ),
        ("tag /p team", "the tag `team` names no value", tag),
        ("tag /p a=b a=c", "the tag `a` is given twice", tag),
        ("tag /p a=b --remove a", "the tag `a` is given twice", tag),
        (
            "tag /p =b",
            "the tag `` has a key of less than 1 or more than 128 characters",
            tag,
        ),
    ] {
        let printed = format!("envsecrets: error: {what}\nenvsecrets: hint: {hint}\n");
        assert_eq!(run(&world, command).failed(64), printed, "{command}");
    }
    assert_eq!(world.server.calls(), 0);
}

#[test]
fn tags_are_added_changed_taken_off_and_shown() {
    let world = three();
    for (command, printed) in [
        ("tag /p", ""),
        (
            "tag /p team=web owner=a=b --dry-run",
            "/p tag team=web would be added\n/p tag owner=a=b would be added\n",
        ),
        (
            "tag /p team=web owner=a=b",
            "/p tag team=web added\n/p tag owner=a=b added\n",
        ),
        ("tag /p", "owner=a=b\nteam=web\n"),
        (
            "tag /p team=ops owner=a=b",
            "/p tag team=ops changed from web\n/p tag owner=a=b already exists\n",
        ),
        (
            "tag /p stage=prd --remove team --remove owner",
            "/p tag stage=prd added\n/p tag team removed\n/p tag owner removed\n",
        ),
        ("tag /p", "stage=prd\n"),
    ] {
        assert_eq!(run(&world, command).ok(), printed, "{command}");
    }
    assert_eq!(
        world.bodies("AddTagsToResource")[1]["Tags"],
        json!([{ "Key": "team", "Value": "ops" }])
    );
    // No version was written for any of it.
    assert_eq!(run(&world, "get /p:3").ok(), "three");
    assert_eq!(run(&world, "get /p:4").code, Some(66));
}

#[test]
fn no_fault_of_any_call_shows_a_value() {
    let commands = [
        ("label /p live", "operation=GetParameterHistory"),
        ("label /p live", "operation=LabelParameterVersion"),
        ("label /p old --remove", "operation=UnlabelParameterVersion"),
        ("tag /p", "operation=ListTagsForResource"),
        ("tag /p a=b", "operation=AddTagsToResource"),
        ("tag /p --remove old", "operation=RemoveTagsFromResource"),
    ];
    every_fault(&commands, |case| {
        let world = world_with(&[("/p", SENTINEL)]);
        world.store.label("/p", 1, "old");
        assert_eq!(run(&world, "tag /p old=yes").code, Some(0));
        world.server.set_faults([case.rule()]);
        let arguments = [&case.words()[..], &["--verbose", "--timeout", "500ms"]].concat();
        let ended = world.envsecrets(&arguments).noisy().run();
        case.reveals_nothing(&ended, &CODES);
    });
}

#[test]
fn a_refusal_names_what_to_allow() {
    for (command, operation, verb) in [
        ("label /p live", "LabelParameterVersion", "label"),
        ("label /p old --remove", "UnlabelParameterVersion", "label"),
        ("tag /p", "ListTagsForResource", "read the tags of"),
        ("tag /p a=b", "AddTagsToResource", "tag"),
        ("tag /p --remove old", "RemoveTagsFromResource", "tag"),
    ] {
        let world = world_with(&[("/p", "x")]);
        world.store.label("/p", 1, "old");
        assert_eq!(run(&world, "tag /p old=yes").code, Some(0));
        world
            .server
            .set_faults([Fault::AccessDenied.always().operation(operation)]);
        let ended = run(&world, command);
        let printed = ended.failed(77);
        let lines: Vec<&str> = printed.lines().collect();
        let url = world.server.url();
        assert_eq!(
            lines[0],
            format!(
                "envsecrets: error: AWS denied permission to {verb} parameter `/p` in us-east-1 at {url}"
            )
        );
        assert!(
            lines[2].starts_with(&format!("envsecrets: hint: allow ssm:{operation} on ")),
            "{printed}"
        );
    }
}

#[test]
fn labels_and_tags_in_moto_are_read_by_the_aws_cli() {
    let Some(moto) = Moto::start("labels_and_tags_in_moto_are_read_by_the_aws_cli") else {
        return;
    };
    moto.put("/p", "one", "SecureString");
    moto.put("/p", "two", "SecureString");
    let ok = |arguments: &[&str]| moto.envsecrets(arguments).run().ok();
    assert_eq!(
        ok(&["label", "/p", "live", "--version", "1"]),
        "/p:1 label live added\n"
    );
    assert_eq!(
        ok(&["label", "/p", "live"]),
        "/p:2 label live moved from version 1\n"
    );
    let history = |query: &str| -> Value {
        let history = moto.aws(&["get-parameter-history", "--name", "/p", "--query", query]);
        serde_json::from_str(&history).unwrap()
    };
    assert_eq!(history("Parameters[].Labels"), json!([[], ["live"]]));
    assert_eq!(
        ok(&["label", "/p", "live", "--remove"]),
        "/p:2 label live removed\n"
    );
    assert_eq!(history("Parameters[].Labels"), json!([[], []]));

    assert_eq!(
        ok(&["tag", "/p", "team=web", "stage=prd"]),
        "/p tag team=web added\n/p tag stage=prd added\n"
    );
    assert_eq!(
        ok(&["tag", "/p", "--remove", "stage"]),
        "/p tag stage removed\n"
    );
    let tags = moto.aws(&[
        "list-tags-for-resource",
        "--resource-type",
        "Parameter",
        "--resource-id",
        "/p",
        "--query",
        "TagList",
    ]);
    let tags: Value = serde_json::from_str(&tags).unwrap();
    assert_eq!(tags, json!([{ "Key": "team", "Value": "web" }]));
    let ended = moto.envsecrets(&["tag", "/none", "a=b"]).run();
    assert_eq!(ended.code, Some(66), "{ended:?}");
}

fn service() -> World {
    world_with(&[
        ("/prd/app/a", SENTINEL),
        ("/prd/app/a", SENTINEL),
        ("/prd/app/db/b", SENTINEL),
        ("/prd/app/tmp/c", SENTINEL),
        ("/prd/apple", SENTINEL),
    ])
}

#[test]
fn labels_are_put_on_all_below_a_path_and_taken_off_again() {
    let world = service();
    let on = "label --recursive /prd/app live --exclude tmp/*";
    for (command, printed) in [
        (
            format!("{on} --dry-run"),
            "/prd/app/a:2 label live would be added\n/prd/app/db/b:1 label live would be added\n",
        ),
        (
            on.to_owned(),
            "/prd/app/a:2 label live added\n/prd/app/db/b:1 label live added\n",
        ),
        (
            "label -r /prd/app live --only db/*".to_owned(),
            "/prd/app/db/b:1 label live already exists\n",
        ),
        (
            "label -r /prd/app live --remove".to_owned(),
            "/prd/app/a:2 label live removed\n/prd/app/db/b:1 label live removed\n",
        ),
    ] {
        assert_eq!(run(&world, &command).ok(), printed, "{command}");
    }
    assert_eq!(
        run(&world, "label -r /prd/app live --remove").failed(66),
        "envsecrets: error: no parameter below `/prd/app` has the label `live`\n\
         envsecrets: hint: nothing was changed; `envsecrets list --all` shows labels\n"
    );
}

#[test]
fn if_one_cannot_have_a_label_none_gets_it() {
    let world = service();
    for number in 0..10 {
        world.store.label("/prd/app/db/b", 1, &format!("l{number}"));
    }
    let ended = run(&world, "label -r /prd/app live");
    assert_eq!(
        ended.failed(73),
        "envsecrets: error: `/prd/app/db/b:1` would have 11 labels, of at most 10\n\
         envsecrets: hint: nothing was changed: `envsecrets label --remove` removes labels\n"
    );
    assert_eq!(world.bodies("LabelParameterVersion").len(), 0);
}

#[test]
fn tags_are_set_on_all_below_a_path() {
    let world = service();
    for (command, printed) in [
        (
            "tag --recursive /prd/app team=web --only a --only db/*",
            "/prd/app/a tag team=web added\n/prd/app/db/b tag team=web added\n",
        ),
        (
            "tag -r /prd/app",
            "/prd/app/a team=web\n/prd/app/db/b team=web\n",
        ),
        (
            "tag -r /prd/app team=data --only a --dry-run",
            "/prd/app/a tag team=data would be changed from web\n",
        ),
        (
            "tag -r /prd/app --remove team",
            "/prd/app/a tag team removed\n/prd/app/db/b tag team removed\n",
        ),
    ] {
        assert_eq!(run(&world, command).ok(), printed, "{command}");
    }
    assert_eq!(
        run(&world, "tag -r /prd/app --remove team").failed(66),
        "envsecrets: error: no parameter below `/prd/app` has the tag `team`\n\
         envsecrets: hint: nothing was changed; `envsecrets list --all` shows tags\n"
    );
}

#[test]
fn tags_are_replaced_but_for_those_that_are_not_the_users() {
    let world = service();
    run(
        &world,
        "tag /prd/app/a team=web owner=a envsecrets:source=x",
    )
    .ok();
    for (command, printed) in [
        (
            "tag /prd/app/a --replace team=data --dry-run",
            "/prd/app/a tag team=data would be changed from web\n/prd/app/a tag owner would be removed\n",
        ),
        (
            "tag /prd/app/a --replace team=data",
            "/prd/app/a tag team=data changed from web\n/prd/app/a tag owner removed\n",
        ),
        ("tag /prd/app/a", "envsecrets:source=x\nteam=data\n"),
    ] {
        assert_eq!(run(&world, command).ok(), printed, "{command}");
    }
    assert_eq!(
        run(&world, "tag /prd/app/a --replace").failed(64),
        "envsecrets: error: `--replace` without tags would remove all\n\
         envsecrets: hint: give the tags that are to be left, or use `--remove KEY`\n"
    );
}

#[test]
fn patterns_and_paths_are_checked_before_any_request() {
    let world = service();
    for (command, what) in [
        (
            "label / live -r",
            "`/` contains all parameters of this account and region",
        ),
        (
            "tag / a=b -r",
            "`/` contains all parameters of this account and region",
        ),
        (
            "label /p live --only x",
            "`--only` and `--exclude` choose among what is below a path",
        ),
        (
            "tag /p a=b --exclude x",
            "`--only` and `--exclude` choose among what is below a path",
        ),
        (
            "delete /p --exclude x --yes",
            "`--only` and `--exclude` choose among what is below a path",
        ),
    ] {
        let ended = run(&world, command);
        let first = format!("envsecrets: error: {what}");
        assert_eq!(ended.failed(64).lines().next(), Some(&*first), "{command}");
    }
    assert_eq!(world.operations(), [""; 0]);
    for command in [
        "label -r /prd/app live --only x",
        "tag -r /prd/app a=b --exclude x",
    ] {
        let flag = if command.contains("only") {
            "only"
        } else {
            "exclude"
        };
        let first = format!("envsecrets: error: `--{flag} x` matches nothing");
        assert_eq!(
            run(&world, command).failed(64).lines().next(),
            Some(&*first)
        );
    }
    let ended = run(&world, "tag -r /none a=b");
    assert!(
        ended
            .failed(66)
            .starts_with("envsecrets: error: no parameters exist below `/none`")
    );
}
