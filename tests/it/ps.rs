//! `envsecrets ps`: which programs of a host have outdated secrets.
//!
//! Each story has processes of its own: other stories run on the same host.

use serde_json::{Value, json};

use crate::support::faults::{CODES, every_fault};
use crate::support::{
    ENVSECRETS, Ended, Fault, SENTINEL, World, can, can_unshare, leak, world_with,
};

const NAMESPACES: [&str; 4] = ["--pid", "--fork", "--kill-child", "--mount-proc"];

/// Starts `sleep` with each of these as PRINT, from process 2 on, and then runs a command of envsecrets.
fn host(world: &World, fingerprints: &[&str], program: &str, command: &str) -> Ended {
    let script = format!(
        "for print in \"$@\"; do PRINT=\"$print\" sleep 60 & done\n\
         for pid in $(seq 2 $(($# + 1))); do\n\
             until [ \"$(cat /proc/$pid/comm)\" = sleep ]; do :; done\n\
         done\n\
         {program} {command}"
    );
    let arguments = [
        &NAMESPACES[..],
        &["--", "sh", "-c", &script, "sh"],
        fingerprints,
    ]
    .concat();
    let launch = crate::support::Launch::new("unshare", &arguments);
    let ended = world.with_settings(launch).run();
    assert_eq!(leak(&ended.stdout), None);
    assert_eq!(leak(ended.stderr.as_bytes()), None);
    ended
}

fn ps(world: &World, fingerprints: &[&str], options: &str) -> Ended {
    host(world, fingerprints, ENVSECRETS, &format!("ps {options}"))
}

/// What is printed as JSON, without what differs from host to host.
fn processes(ended: &Ended) -> Value {
    let mut all: Value = serde_json::from_str(&ended.text()).unwrap();
    for one in all.as_array_mut().unwrap() {
        let one = one.as_object_mut().unwrap();
        one.remove("unit");
        one.remove("container");
        let since = one.remove("since");
        assert!(since.is_some_and(|it| it.as_str().is_some_and(|it| it.ends_with('Z'))));
    }
    all
}

fn fingerprint(world: &World, options: &str) -> String {
    let options = format!("{options} --fingerprint PRINT");
    let ended = world.launch(&options, &["printenv", "PRINT"]).run();
    ended.ok().trim_end().to_owned()
}

fn can_isolate(story: &str) -> bool {
    can(story, "PID namespaces", can_unshare(&NAMESPACES))
}

fn prepared() -> World {
    let world = world_with(&[
        ("/app/a", SENTINEL),
        ("/app/b", SENTINEL),
        ("/shared/token", SENTINEL),
        ("/shared/old", SENTINEL),
    ]);
    world.store.label("/app/a", 1, "live");
    world.store.label("/app/b", 1, "live");
    world.store.label("/shared/token", 1, "live");
    world
}

#[test]
fn each_program_is_listed_with_what_it_has_and_what_it_would_get() {
    if !can_isolate("each_program_is_listed_with_what_it_has_and_what_it_would_get") {
        return;
    }
    let world = prepared();
    let options = [
        "--path /app",
        "--path /app --label live --secret T=/shared/token:live",
        "--secret A=/app/a:1",
        "--secret A=/app/a --secret O=/shared/old",
    ];
    let prints = options.map(|options| fingerprint(&world, options));
    let prints: Vec<&str> = prints.iter().map(String::as_str).collect();
    let ended = ps(&world, &prints, "--format json");
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    let found = processes(&ended);
    let states = found
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["state"].clone());
    assert_eq!(states.collect::<Vec<_>>(), ["current"; 4]);
    assert_eq!(
        found[0],
        json!({
            "pid": 2, "program": "sleep", "variable": "PRINT", "state": "current", "changes": [],
        })
    );

    world.store.put("/app/a", SENTINEL);
    world.store.put("/app/new", SENTINEL);
    world.store.delete("/shared/old");
    let before = world.operations().len();
    let ended = ps(&world, &prints, "--format json");
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(1), ""));
    let found = processes(&ended);
    let change = json!({ "name": "/app/a", "then": "1", "now": "2" });
    let gone = json!({ "name": "/shared/old", "then": "1" });
    for (index, state, changes) in [
        (0, "stale", json!([change])),
        (1, "current", json!([])),
        (2, "current", json!([])),
        (3, "missing", json!([change, gone])),
    ] {
        assert_eq!(
            (&found[index]["state"], &found[index]["changes"]),
            (&json!(state), &changes)
        );
    }
    // All names of all processes together: a call has each name once, and `/app/a` is read at three
    // versions.
    assert_eq!(world.operations()[before..], ["GetParameters"; 3]);
    let asked = world.bodies("GetParameters");
    assert_eq!(asked.last().unwrap()["WithDecryption"], false);

    world.store.label("/app/a", 2, "live");
    let ended = ps(&world, &prints, "--stale --format json");
    assert_eq!(ended.code, Some(1));
    let found = processes(&ended);
    let pids: Vec<&Value> = found
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["pid"])
        .collect();
    assert_eq!(pids, [2, 3]);
    assert_eq!(found[1]["changes"][0]["name"], "/app/a:live");
}

#[test]
fn a_table_has_a_line_for_each_program_and_each_further_change() {
    if !can_isolate("a_table_has_a_line_for_each_program_and_each_further_change") {
        return;
    }
    let world = prepared();
    let print = fingerprint(&world, "--path /app");
    assert_eq!(ps(&world, &[], "").ok(), "");
    world.store.put("/app/a", SENTINEL);
    world.store.put("/app/b", SENTINEL);
    let ended = ps(&world, &[&print], "--stale");
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(1), ""));
    let text = ended.text();
    let lines: Vec<Vec<&str>> = text
        .lines()
        .map(|it| it.split_whitespace().collect())
        .collect();
    assert_eq!(
        lines[0],
        ["PID", "UNIT", "PROGRAM", "SINCE", "STATE", "CHANGES"]
    );
    assert_eq!(lines[1][0], "2");
    assert!(lines[1].contains(&"sleep"), "{text}");
    assert!(
        lines[1].ends_with(&["stale", "/app/a", "1", "->", "2"]),
        "{text}"
    );
    assert_eq!(lines[2], ["/app/b", "1", "->", "2"]);
    assert_eq!(lines.len(), 3);
}

#[test]
fn what_cannot_be_compared_is_unknown_and_said() {
    if !can_isolate("what_cannot_be_compared_is_unknown_and_said") {
        return;
    }
    let world = prepared();
    let print = fingerprint(&world, "--path /app");
    let damaged = format!("{print}x");
    let ended = ps(&world, &[&damaged], "--format json");
    assert_eq!(
        (ended.code, ended.stderr.as_str()),
        (
            Some(65),
            "envsecrets: error: the value of PRINT of process 2 is damaged, or of another version of \
         envsecrets\n"
        )
    );
    assert_eq!(processes(&ended)[0]["state"], "unknown");

    // Something stale is the answer all the same.
    world.store.put("/app/a", SENTINEL);
    let ended = ps(&world, &[&damaged, &print], "--format json");
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.stderr.contains("PRINT of process 2 is damaged"),
        "{}",
        ended.stderr
    );

    world.server.set_faults([Fault::AccessDenied.always()]);
    let ended = ps(&world, &[&print], "--format json");
    assert_eq!(ended.code, Some(77), "{ended:?}");
    assert_eq!(processes(&ended)[0]["state"], "unknown");
    assert!(
        ended.stderr.contains("hint: allow ssm:GetParameters"),
        "{}",
        ended.stderr
    );

    // Of another account, from which the same names would be other parameters.
    world.server.clear_faults();
    let other = "envsecrets-v1:cdce2c530cdf21556397ab1e22610d9e:2b6e5ea5b1bfe507:\
                 eu-central-1/123456789012:/prd/app{db/password=3,db/user=1},\
                 /aws/reference/secretsmanager/a=b@c=2018-05-14T21:47:14.743Z,/shared/token:live=4";
    let ended = ps(&world, &[other], "--format json");
    assert_eq!(processes(&ended)[0]["pid"], 2, "{ended:?}");
}

#[test]
fn processes_of_other_users_are_counted_once() {
    let story = "processes_of_other_users_are_counted_once";
    if !can_isolate(story) || !can(story, "another user", nix::unistd::geteuid().is_root()) {
        return;
    }
    let world = prepared();
    let print = fingerprint(&world, "--path /app");
    let program = world.directory.public(ENVSECRETS);
    let program = format!(
        "setpriv --reuid=65534 --clear-groups -- {}",
        program.display()
    );
    let ended = host(&world, &[&print], &program, "ps");
    assert_eq!(
        (ended.code, ended.text()),
        (Some(0), String::new()),
        "{ended:?}"
    );
    assert_eq!(
        ended.stderr,
        "envsecrets: 2 processes of other users are not listed: only root can read their environment\n"
    );
}

/// As in a container with `--cap-drop ALL`.
#[test]
fn root_without_capabilities_learns_which_ones_it_needs() {
    let story = "root_without_capabilities_learns_which_ones_it_needs";
    if !can_isolate(story) || !can(story, "another user", nix::unistd::geteuid().is_root()) {
        return;
    }
    let world = prepared();
    let print = fingerprint(&world, "--path /app");
    let program = format!("setpriv --inh-caps=-all --bounding-set=-all -- {ENVSECRETS}");
    let ended = host(&world, &[&print], &program, "ps");
    assert!(
        ended
            .stderr
            .contains(" not listed: this root may not read their environment\n"),
        "{ended:?}"
    );
    assert!(
        ended
            .stderr
            .ends_with(" CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH\n"),
        "{ended:?}"
    );
}

#[test]
fn no_fault_reveals_a_value() {
    if !can_isolate("no_fault_reveals_a_value") {
        return;
    }
    every_fault(&[("ps --timeout 300ms -v", "")], |case| {
        let world = prepared();
        let print = fingerprint(&world, "--path /app");
        world.server.set_faults([case.rule()]);
        let ended = host(&world, &[&print], ENVSECRETS, case.command);
        case.reveals_nothing(&ended, &CODES);
    });
}
