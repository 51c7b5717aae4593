//! One launcher of many: arriving spread out, keeping what it has, and leaving the path's quota by
//! exact names.

use std::process::Stdio;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use parameter_store::Throttle;

use crate::support::{
    ENVSECRETS, Ended, Fault, Launch, SENTINEL, World, can, can_unshare, world, world_with,
};

fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < Duration::from_secs(20), "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A launch with its stderr in a file, and a wait until it prints that it waits.
fn waiting(mut launch: Launch, world: &World) -> crate::support::Running {
    let printed = world.directory.file("stderr", "", 0o600);
    let file = std::fs::File::options()
        .append(true)
        .open(&printed)
        .unwrap();
    launch.command.stderr(Stdio::from(file));
    let running = launch.start();
    until("the launcher says that it waits", || {
        let text = std::fs::read_to_string(&printed).unwrap();
        text.starts_with("envsecrets: waiting ")
            && text.ends_with(" s before the first call, as `--start-jitter` asks\n")
    });
    running
}

#[test]
fn a_start_jitter_spreads_starts_and_leaves_each_its_whole_timeout() {
    let world = world_with(&[("/prd/app/x", "1")]);
    let launch = || {
        // Most would be past their deadline before their first call, if the wait were part of it.
        world
            .envsecrets(&["--path", "/prd/app", "--timeout", "3s", "--", "true"])
            .env("ENVSECRETS_START_JITTER", "8s")
            .start()
    };
    let fleet: Vec<_> = (0..8).map(|_| launch()).collect();
    for running in fleet {
        assert_eq!(running.end().code, Some(0));
    }
    let arrivals: Vec<Instant> = world.server.requests().iter().map(|it| it.at).collect();
    let (first, last) = (
        arrivals.iter().min().unwrap(),
        arrivals.iter().max().unwrap(),
    );
    assert_eq!(arrivals.len(), 8);
    assert!(last.duration_since(*first) > Duration::from_secs(1));
}

#[test]
fn a_mistake_is_reported_before_the_start_is_spread() {
    let world = world_with(&[("/prd/app/x", "1")]);
    for (arguments, code) in [
        (
            &[
                "--start-jitter",
                "1000h",
                "--path",
                "/prd/app",
                "--",
                "jaav",
            ][..],
            127,
        ),
        (
            &["--start-jitter", "1000h", "--path", "prd/app", "--", "true"],
            64,
        ),
        (&["--start-jitter", "1000h", "--path", "/prd/app"], 64),
    ] {
        let ended = world.envsecrets(arguments).run();
        let reported = ended.failed(code);
        assert!(reported.starts_with("envsecrets: error: "), "{reported}");
    }
    assert_eq!(world.server.calls(), 0);
}

#[test]
fn a_check_does_not_wait_for_its_turn() {
    let world = world_with(&[("/prd/app/x", "1")]);
    let check = ["check", "--start-jitter", "1000h", "--path", "/prd/app"];
    world.envsecrets(&check).run().ok();
}

#[test]
fn a_signal_ends_the_wait_for_a_turn() {
    for stop in [Signal::SIGTERM, Signal::SIGINT] {
        let world = world_with(&[("/prd/app/x", "1")]);
        let launch = [
            "--start-jitter",
            "1000h",
            "--path",
            "/prd/app",
            "--",
            "true",
        ];
        let running = waiting(world.envsecrets(&launch), &world);
        running.signal(stop);
        let ended = running.end();
        assert_eq!((ended.code, ended.signal), (None, Some(stop as i32)));
        assert_eq!(world.server.calls(), 0);
    }
}

#[test]
fn a_signal_ends_the_wait_of_pid_1_for_a_turn() {
    let story = "a_signal_ends_the_wait_of_pid_1_for_a_turn";
    let unshare = ["--pid", "--fork", "--kill-child"];
    if !can(story, "root, for a PID namespace", can_unshare(&unshare)) {
        return;
    }
    let world = world_with(&[("/prd/app/x", "1")]);
    let ours = [
        "--",
        ENVSECRETS,
        "--start-jitter",
        "1000h",
        "--path",
        "/prd/app",
        "--",
        "true",
    ];
    let running = waiting(
        Launch::new("unshare", &[&unshare[..], &ours].concat()),
        &world,
    );
    let children = format!("/proc/{0}/task/{0}/children", running.pid());
    let child = std::fs::read_to_string(children).unwrap();
    kill(
        Pid::from_raw(child.trim().parse().unwrap()),
        Signal::SIGTERM,
    )
    .unwrap();
    assert_eq!(running.end().code, Some(128 + Signal::SIGTERM as i32));
}

#[test]
fn a_launcher_that_was_stopped_and_cut_off_goes_on_where_it_was() {
    let world = world();
    world.store.generate("/prd/app", 25);
    // The second page is refused, and the connection breaks when it is requested again.
    world
        .server
        .set_faults([Fault::Throttle.nth(2), Fault::ResetBeforeReply.nth(3)]);
    let running = world
        .envsecrets(&["--path", "/prd/app", "--clean-env", "--", "/usr/bin/env"])
        .start();
    until("the second page is refused", || world.server.calls() > 1);
    running.signal(Signal::SIGSTOP);
    let stat = format!("/proc/{}/stat", running.pid());
    until("it is stopped", || {
        std::fs::read_to_string(&stat).unwrap().contains(") T ")
    });
    running.signal(Signal::SIGCONT);
    assert_eq!(running.end().ok().lines().count(), 25);

    let requests = world.server.requests();
    let tokens: Vec<&str> = requests
        .iter()
        .map(|it| it.body["NextToken"].as_str().unwrap_or("none"))
        .collect();
    let (second, third) = (tokens[1], tokens[4]);
    assert_eq!(tokens, ["none", second, second, second, third]);
    assert!(second != "none" && second != third);
}

#[test]
fn a_fleet_that_is_throttled_starts_and_reads_no_page_twice() {
    let world = world();
    world.store.generate("/prd/app", 45);
    let throttle = Throttle {
        rate: 40.0,
        burst: 10.0,
        refusal_cost: 0.0,
    };
    world.server.set_throttle(Some(throttle));
    let launch = || {
        world
            .envsecrets(&["--path", "/prd/app", "--clean-env", "--", "/usr/bin/env"])
            .start()
    };
    let fleet: Vec<_> = (0..15).map(|_| launch()).collect();
    for running in fleet {
        let ended = running.end();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert_eq!(ended.text().lines().count(), 45);
    }
    assert!(world.server.throttled() > 0);
    assert_eq!(world.server.calls() - world.server.throttled(), 15 * 5);
}

/// Two layers, of which the later one has several pages, and a parameter for itself.
fn layers() -> World {
    let world = world_with(&[
        ("/prd/base/log-level", "info"),
        ("/prd/base/db/pass-word", "overridden"),
        ("/prd/app/db/pass-word", SENTINEL),
        ("/prd/app/token", "renamed"),
        ("/prd/app/tls/key", "excluded"),
        ("single", "one"),
    ]);
    world.store.generate("/prd/app/many", 21);
    world.store.put("single", "two");
    world
}

const LAYERS: &[&str] = &[
    "--path",
    "/prd/base",
    "--path",
    "/prd/app",
    "--optional-path",
    "/prd/none",
    "--exclude",
    "tls/*",
    "--rename",
    "token=API_TOKEN",
    "--secret",
    "SINGLE=single:1",
];

const PROGRAM: &[&str] = &["--", "cat", "/proc/self/environ"];

fn names(world: &World, options: &[&str]) -> Ended {
    let check = ["check", "--names-only", "--format", "names"];
    world.envsecrets(&[&check, options].concat()).run()
}

/// The operations that were called since the last time, each once.
fn operations(world: &World) -> Vec<String> {
    let mut operations: Vec<String> = world
        .server
        .requests()
        .into_iter()
        .map(|request| request.operation)
        .collect();
    world.server.clear_requests();
    operations.sort();
    operations.dedup();
    operations
}

#[test]
fn names_can_be_pinned_and_then_give_the_same_environment_without_the_path() {
    let world = layers();
    let by_path = world.envsecrets(&[LAYERS, PROGRAM].concat()).run();
    assert_eq!(operations(&world), ["GetParameters", "GetParametersByPath"]);

    let names = names(&world, LAYERS).ok();
    let mut expected = String::from(
        "API_TOKEN=/prd/app/token\n\
         DB_PASS_WORD=/prd/app/db/pass-word\n\
         LOG_LEVEL=/prd/base/log-level\n",
    );
    for number in 0..21 {
        expected.push_str(&format!(
            "MANY_NAME_{number:05}=/prd/app/many/name-{number:05}\n"
        ));
    }
    expected.push_str("SINGLE=single:1\n");
    assert_eq!(names, expected);
    operations(&world);

    let flags: Vec<&str> = names.lines().flat_map(|line| ["--secret", line]).collect();
    let by_name = world.envsecrets(&[&flags, PROGRAM].concat()).run();
    assert_eq!(by_name.stdout, by_path.stdout);
    assert!(by_path.text().contains(SENTINEL));
    // Twenty-five names, in three calls.
    assert_eq!(world.server.calls(), 3);
    assert_eq!(operations(&world), ["GetParameters"]);

    // The same by the variable, as a deployment would do it.
    let by_variable = world
        .envsecrets(PROGRAM)
        .env("ENVSECRETS_SECRET", names.trim_end())
        .run();
    let variable = format!("ENVSECRETS_SECRET={}\0", names.trim_end());
    assert_eq!(by_variable.text().replace(&variable, ""), by_path.text());
}

#[test]
fn names_read_at_a_label_are_pinned_at_it() {
    let world = world_with(&[("/prd/app/db", "old"), ("/prd/app/unlabelled", "x")]);
    world.store.label("/prd/app/db", 1, "live");
    world.store.put("/prd/app/db", "new");
    let names = names(&world, &["--path", "/prd/app", "--label", "live"]).ok();
    assert_eq!(names, "DB=/prd/app/db:live\n");
    let launch = ["--secret", names.trim_end(), "--", "sh", "-c", "echo $DB"];
    assert_eq!(world.envsecrets(&launch).run().ok(), "old\n");
}

#[test]
fn a_pinned_launch_names_a_parameter_that_is_missing() {
    let world = layers();
    let names = names(&world, LAYERS).ok();
    world.store.delete("/prd/app/db/pass-word");
    world.store.delete("/prd/app/many/name-00007");
    let ended = world
        .envsecrets(&["--", "true"])
        .env("ENVSECRETS_SECRET", &names)
        .run();
    assert_eq!(
        ended.failed(66),
        format!(
            "envsecrets: error: parameters `/prd/app/db/pass-word`, \
             `/prd/app/many/name-00007` do not exist in us-east-1 at {}\n\
             envsecrets: hint: check names, versions, labels, account and \
             region for typos\n",
            world.server.url()
        )
    );
}

#[test]
fn names_only_decrypts_nothing_and_looks_at_no_value() {
    let world = world_with(&[("/prd/app/db", SENTINEL), ("single", SENTINEL)]);
    // A launch would refuse this one for its value.
    world.store.plant("/prd/app/odd", "a\0b");
    let options = ["--path", "/prd/app", "--secret", "SINGLE=single"];
    let refused = world.envsecrets(&[&["check"], &options[..]].concat()).run();
    assert_eq!(refused.code, Some(65));
    world.server.clear_requests();

    for (format, expected) in [
        (
            "names",
            "DB=/prd/app/db\nODD=/prd/app/odd\nSINGLE=single\n".to_owned(),
        ),
        (
            "table",
            "VARIABLE  PARAMETER     VERSION  TYPE          SIZE  MODIFIED              FROM      NOTE\n\
             DB        /prd/app/db   1        SecureString  -     DATE  /prd/app\n\
             ODD       /prd/app/odd  1        SecureString  -     DATE  /prd/app\n\
             SINGLE    single        1        SecureString  -     DATE  --secret\n"
                .to_owned(),
        ),
    ] {
        let check = ["check", "--names-only", "--format", format];
        let reported = world.envsecrets(&[&check, &options[..]].concat()).run().ok();
        assert_eq!(dateless(&reported), expected);
    }
    let check = ["check", "--names-only", "--format", "json"];
    let reported = world
        .envsecrets(&[&check, &options[..]].concat())
        .run()
        .ok();
    assert!(
        reported.contains(r#""parameter": "/prd/app/db""#),
        "{reported}"
    );
    for hidden in [SENTINEL, "size", "AQICAHh"] {
        assert!(!reported.contains(hidden), "{reported}");
    }
    for request in world.server.requests() {
        assert_eq!(request.body["WithDecryption"], false, "{request:?}");
    }
}

/// The table with its dates taken out: they are those of this moment.
fn dateless(table: &str) -> String {
    let mut text = table.to_owned();
    while let Some(start) = text.find("20").filter(|start| text[*start..].len() > 20) {
        let is_date = text.as_bytes()[start + 10] == b'T' && text.as_bytes()[start + 19] == b'Z';
        assert!(is_date, "{table}");
        text.replace_range(start..start + 20, "DATE");
    }
    text
}

#[test]
fn a_secret_of_secrets_manager_is_named_without_a_right_to_decrypt_the_others() {
    let world = world_with(&[("/prd/app/db", "x")]);
    world.store.put_secret("prod/payments", SENTINEL);
    let secret = "PAYMENTS=/aws/reference/secretsmanager/prod/payments";
    let reported = names(&world, &["--secret", secret, "--secret", "DB=/prd/app/db"]).ok();
    assert_eq!(reported, format!("DB=/prd/app/db\n{secret}\n"));
    for request in world.server.requests() {
        let is_secret = request.body["Names"][0] != "/prd/app/db";
        assert_eq!(request.body["WithDecryption"], is_secret, "{request:?}");
    }
}

#[test]
fn no_names_are_printed_unless_all_is_well() {
    let world = world_with(&[("/prd/app/api-key", "x"), ("/prd/app/api.key", "y")]);
    let ended = names(&world, &["--path", "/prd/app"]);
    assert_eq!(
        ended.failed(65),
        "envsecrets: error: parameters `/prd/app/api-key` and `/prd/app/api.key` would both become \
         API_KEY\n\
         envsecrets: hint: give one of them another name with `--rename PARAMETER=NAME`, or leave \
         one out with `--exclude GLOB`\n"
    );
    let ended = names(&world, &["--path", "/prd/none"]);
    assert_eq!((ended.code, ended.text()), (Some(66), String::new()));
}

#[test]
fn names_can_be_requested_by_variables() {
    let world = world_with(&[("/prd/app/db", "x")]);
    let reported = world
        .envsecrets(&["check"])
        .env("ENVSECRETS_PATH", "/prd/app")
        .env("ENVSECRETS_FORMAT", "names")
        .env("ENVSECRETS_NAMES_ONLY", "true")
        .run()
        .ok();
    assert_eq!(reported, "DB=/prd/app/db\n");
    assert_eq!(world.server.requests()[0].body["WithDecryption"], false);
}
