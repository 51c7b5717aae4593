//! Rotation without a resident process: what a program carries with it, and how `stale` compares
//! it.

use std::process::Stdio;

use nix::sys::signal::Signal;
use serde_json::json;

use crate::support::faults::every_fault;
use crate::support::moto::Moto;
use crate::support::{
    Directory, ENVSECRETS, Ended, Fault, Launch, Running, SENTINEL, Server, World, can,
    can_unshare, leak, offline, until, which, without_times, world, world_with,
};

/// The fingerprint of a launch with these options.
#[track_caller]
fn fingerprint(world: &World, options: &str) -> String {
    let program = ["printenv", "PRINT"];
    let options = format!("{options} --fingerprint PRINT");
    world
        .launch(&options, &program)
        .run()
        .ok()
        .trim_end()
        .to_owned()
}

/// What `stale` reports of a fingerprint, with the options of the launch.
fn stale(world: &World, options: &str, fingerprint: &str) -> Ended {
    let options = options.split_whitespace();
    let arguments: Vec<&str> = ["stale", "--is", fingerprint]
        .into_iter()
        .chain(options)
        .collect();
    world.envsecrets(&arguments).run()
}

/// What has changed, by its exit status and in its words.
#[track_caller]
fn changed(ended: &Ended) -> String {
    assert_eq!(
        (ended.code, ended.stderr.as_str()),
        (Some(1), ""),
        "{ended:?}"
    );
    ended.text()
}

/// A program that waits, once it runs. It ends with this.
struct Waiting(Running);

impl Waiting {
    fn launched(mut launch: Launch) -> Self {
        launch.command.stdout(Stdio::null()).stderr(Stdio::null());
        let waiting = Self(launch.start());
        let name = format!("/proc/{}/comm", waiting.0.pid());
        until("envsecrets has become the program", || {
            std::fs::read_to_string(&name).unwrap() == "sleep\n"
        });
        waiting
    }

    fn pid(&self) -> String {
        self.0.pid().to_string()
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.signal(Signal::SIGKILL);
        let _ = self.0.child.wait();
    }
}

/// One that has the program as its child, and takes it along when it ends.
struct Init(Running);

impl Drop for Init {
    fn drop(&mut self) {
        self.0.signal(Signal::SIGKILL);
        let _ = self.0.child.wait();
    }
}

const WAIT: [&str; 2] = ["sleep", "infinity"];

#[test]
fn a_program_gets_the_versions_that_it_was_started_with_and_no_value() {
    let world = world();
    world.store.put("/prd/app/db/password", "old");
    world.store.put("/prd/app/db/password", SENTINEL);
    world.store.put("/prd/app/db/user", SENTINEL);
    world.store.put("/shared/token", SENTINEL);
    world.store.label("/shared/token", 1, "live");
    let options = "--path /prd/app --secret TOKEN=/shared/token:live";
    let text = fingerprint(&world, options);
    let fields: Vec<&str> = text.splitn(4, ':').collect();
    let (list, times) = without_times(fields[3]);
    assert_eq!(
        (fields[0], fields[1].len(), fields[2].len(), list.as_str()),
        (
            "envsecrets-v2",
            32,
            16,
            "us-east-1/123456789012:/prd/app{db/password=2,db/user=1},/shared/token:live=1"
        )
    );
    // Milliseconds of Unix time.
    assert!(times.len() == 3 && times.iter().all(|time| time.len() == 13));
    assert_eq!(leak(text.as_bytes()), None);
    assert_eq!(
        fingerprint(&world, options),
        text,
        "a launch like the other"
    );

    // No other process is signalled.
    let ended = world.launch(options, &["env"]).run().ok();
    assert!(!ended.contains("envsecrets-v"), "{ended}");
}

#[test]
fn a_check_shows_the_fingerprint_that_a_launch_would_give() {
    let world = world_with(&[("/prd/app/a", SENTINEL)]);
    let text = fingerprint(&world, "--path /prd/app");
    let check = |more: &str| {
        let line = format!("check --path /prd/app --fingerprint PRINT {more}");
        world
            .envsecrets(&line.split_whitespace().collect::<Vec<_>>())
            .run()
            .ok()
    };
    for more in ["", "--names-only"] {
        let table = check(more);
        let end = format!("\nFINGERPRINT  VALUE\nPRINT        {text}\n");
        assert!(table.ends_with(&end), "{table}");
        let report = check(&format!("--format json {more}"));
        let report: serde_json::Value = serde_json::from_str(&report).unwrap();
        assert_eq!(
            report["fingerprint"],
            serde_json::json!({ "name": "PRINT", "value": text })
        );
    }
}

#[test]
fn every_rotation_addition_and_removal_is_named() {
    let world = world_with(&[
        ("/app/db/password", "1"),
        ("/app/old", "1"),
        ("/app/same", "1"),
        ("/single", "1"),
    ]);
    let options = "--path /app --secret SINGLE=/single";
    let then = fingerprint(&world, options);
    assert_eq!(stale(&world, options, &then).ok(), "");

    world.store.put("/app/db/password", "2");
    let first = stale(&world, options, &then);
    assert_eq!(changed(&first), "changed  /app/db/password  1 -> 2\n");

    world.store.put("/app/db/password", "3");
    world.store.put("/app/new", "1");
    world.store.put("/single", "2");
    world.store.delete("/app/old");
    let all = "\
changed  /app/db/password  1 -> 3
added    /app/new          -> 1
changed  /single           1 -> 2
removed  /app/old          1 ->
";
    assert_eq!(changed(&stale(&world, options, &then)), all);

    // Started anew, the program has all of it.
    let now = fingerprint(&world, options);
    assert_ne!(now, then);
    assert_eq!(stale(&world, options, &now).ok(), "");
}

#[test]
fn what_was_deleted_and_created_again_is_another_one_at_the_same_version() {
    let world = world_with(&[("/app/a", "1"), ("/app/b", "1"), ("/single", "1")]);
    let options = "--path /app --secret SINGLE=/single:1";
    let then = fingerprint(&world, options);
    for name in ["/app/a", "/single"] {
        world.store.delete(name);
        // The time of a version has milliseconds.
        std::thread::sleep(std::time::Duration::from_millis(5));
        world.store.put(name, "2");
    }
    let printed = "\
changed  /app/a     1 -> 1 (created again)
changed  /single:1  1 -> 1 (created again)
";
    assert_eq!(changed(&stale(&world, options, &then)), printed);
}

#[test]
fn a_fingerprint_of_an_older_release_is_compared_by_versions_alone() {
    let world = world_with(&[("/app/a", "1"), ("/app/b", "1")]);
    let then = "envsecrets-v1:030bde40b01ad5a2b65123ca5a1ffbc1:b5879916099cb54d:\
                us-east-1/123456789012:/app{a=1,b=1}";
    assert_eq!(stale(&world, "--path /app", then).ok(), "");
    world.store.put("/app/b", "2");
    let printed = "changed  /app/b  1 -> 2\n";
    assert_eq!(changed(&stale(&world, "--path /app", then)), printed);
}

#[test]
fn what_does_not_reach_the_program_does_not_make_it_stale() {
    let world = world_with(&[
        ("/base/log", "1"),
        ("/base/token", "1"),
        ("/app/log", "1"),
        ("/app/tls/key", "1"),
        ("/single", "1"),
    ]);
    let options = "--path /base --path /app --exclude tls/* --secret TOKEN=/single";
    let then = fingerprint(&world, options);
    for unseen in ["/base/log", "/base/token", "/app/tls/key"] {
        world.store.put(unseen, "2");
    }
    world.store.put("/app/tls/new", "1");
    assert_eq!(stale(&world, options, &then).ok(), "");

    // One that overrides another does.
    world.store.put("/app/more", "1");
    world.store.put("/base/more", "1");
    let printed = "added    /app/more  -> 1\n";
    assert_eq!(changed(&stale(&world, options, &then)), printed);
}

#[test]
fn what_is_pinned_never_goes_stale_and_a_label_does_when_it_moves() {
    let world = world_with(&[("/app/a", "1"), ("/app/a", "2"), ("/b", "1"), ("/b", "2")]);
    world.store.label("/app/a", 1, "live");
    world.store.label("/b", 1, "live");
    let pinned = "--secret A=/app/a:1 --secret B=/b:2";
    let labelled = "--path /app --label live --secret B=/b:live";
    let (then_pinned, then) = (fingerprint(&world, pinned), fingerprint(&world, labelled));
    world.store.put("/app/a", "3");
    world.store.put("/b", "3");
    assert_eq!(stale(&world, pinned, &then_pinned).ok(), "");
    assert_eq!(stale(&world, labelled, &then).ok(), "");

    world.store.label("/app/a", 3, "live");
    world.store.label("/b", 2, "live");
    assert_eq!(stale(&world, pinned, &then_pinned).ok(), "");
    let moved = "changed  /app/a:live  1 -> 3\nchanged  /b:live      1 -> 2\n";
    assert_eq!(changed(&stale(&world, labelled, &then)), moved);
}

#[test]
fn secrets_of_all_shapes_go_stale() {
    let world = world_with(&[
        ("/json", "{\"a\": \"1\", \"b\": \"1\"}"),
        ("/dotenv", "C=1"),
        ("/file", "1"),
        ("/referred", "1"),
        ("/app/a", "overridden by a key"),
    ]);
    const OLD: &str = "11111111-0000-4000-8000-000000000000";
    let first = json!({ "value": "{\"password\": \"1\"}", "id": OLD });
    world.store.plant_secret("db", &first);
    let options = "--path /app --json /json --dotenv /dotenv --file F=/file --resolve --require B";
    let references = [
        ("R", "ssm:///referred"),
        ("S", "secretsmanager://db#password"),
    ];
    let launch = |arguments: &[&str]| {
        let mut launch = world.envsecrets(arguments);
        for (name, value) in references {
            launch.env(name, value);
        }
        launch.run()
    };
    let words: Vec<&str> = options.split_whitespace().collect();
    let show = ["--fingerprint", "P", "--", "printenv", "P"];
    let then = launch(&[&words, &show[..]].concat()).ok();
    let then = then.trim_end();
    let stale = || launch(&[&["stale", "--is", then], &words[..]].concat());
    assert_eq!(stale().ok(), "");

    for name in ["/json", "/dotenv", "/file", "/referred"] {
        world.store.put(name, "not even what it was");
    }
    const NEW: &str = "22222222-0000-4000-8000-000000000000";
    let rotated = json!({ "value": "{\"password\": \"2\"}", "id": NEW });
    world.store.plant_secret("db", &rotated);
    assert_eq!(
        changed(&stale()),
        "\
changed  /dotenv              1 -> 2
changed  /file                1 -> 2
changed  /json                1 -> 2
changed  /referred            1 -> 2
changed  secretsmanager://db  11111111 -> 22222222
"
    );
}

#[test]
fn no_value_is_read_and_no_right_to_decrypt_is_needed() {
    let world = world_with(&[("/app/a", SENTINEL), ("/b", SENTINEL)]);
    let options = "--path /app --secret B=/b";
    let then = fingerprint(&world, options);
    world.server.clear_requests();
    assert_eq!(stale(&world, options, &then).ok(), "");
    let mut requested: Vec<(String, bool)> = world
        .server
        .requests()
        .iter()
        .map(|it| {
            (
                it.operation.clone(),
                it.body["WithDecryption"].as_bool().unwrap(),
            )
        })
        .collect();
    requested.sort();
    assert_eq!(
        requested,
        [
            (String::from("GetParameters"), false),
            (String::from("GetParametersByPath"), false)
        ]
    );
}

#[test]
fn a_running_program_is_checked_by_its_pid() {
    let world = world_with(&[("/app/a", SENTINEL)]);
    let program = Waiting::launched(world.launch("--path /app --fingerprint PRINT", &WAIT));
    let pid = program.pid();
    let ask = |more: &[&str]| {
        let line = [&["stale", "--path", "/app", "--pid", &pid], more].concat();
        world.envsecrets(&line).run()
    };
    assert_eq!(ask(&[]).ok(), "");
    assert_eq!(ask(&["--fingerprint", "PRINT"]).ok(), "");
    world.store.put("/app/a", "2");
    let printed = "changed  /app/a  1 -> 2\n";
    assert_eq!(changed(&ask(&[])), printed);
    assert_eq!(changed(&ask(&["--fingerprint", "PRINT"])), printed);

    // As in a container that is configured by variables alone.
    let mut probe = world.envsecrets(&["stale", "--pid", &program.pid()]);
    probe
        .env("ENVSECRETS_PATH", "/app")
        .env("ENVSECRETS_FINGERPRINT", "PRINT");
    assert_eq!(changed(&probe.run()), printed);
}

#[test]
fn a_process_that_cannot_be_read_is_distinguished_from_a_program_that_is_stale() {
    let world = world_with(&[("/app/a", SENTINEL)]);
    let one = fingerprint(&world, "--path /app");
    let mut launch = world.launch("--path /app", &WAIT);
    launch
        .env("ONE", &one)
        .env("TWO", &one)
        .env("INHERITED", SENTINEL);
    let program = Waiting::launched(launch);
    let ask = |line: String| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let mut launch = world.envsecrets(&["stale", "--path", "/app"]);
        launch.command.args(words);
        launch.run()
    };
    let pid = program.pid();
    for (line, code, printed) in [
        (
            format!("--pid {pid}"),
            64,
            format!(
                "envsecrets: error: process {pid} has more than one fingerprint: ONE, TWO\n\
                 envsecrets: hint: use `--fingerprint NAME` to choose one\n"
            ),
        ),
        (
            format!("--pid {pid} --fingerprint NONE"),
            66,
            format!(
                "envsecrets: error: process {pid} has no variable NONE in its environment\n\
                 envsecrets: hint: launch it with `--fingerprint NAME`; if it was, it may have \
                 overwritten its environment with its title, as nginx and PostgreSQL do: give \
                 another of its processes\n"
            ),
        ),
        (
            format!("--pid {pid} --fingerprint A"),
            65,
            format!(
                "envsecrets: error: the value of A of process {pid} is not a fingerprint\n\
                 envsecrets: hint: a fingerprint begins with `envsecrets-v`: check that the \
                 launch has the same `--fingerprint NAME`\n"
            ),
        ),
        (
            String::from("--pid 4194305"),
            66,
            String::from(
                "envsecrets: error: process 4194305 does not exist\n\
                 envsecrets: hint: it may have ended; in a container processes have other numbers\n",
            ),
        ),
        (
            String::from("--pid 0"),
            64,
            String::from(
                "envsecrets: error: `--pid 0` is not a process\n\
                 envsecrets: hint: check that the program is running: for systemd, 0 means that \
                 it is not\n",
            ),
        ),
        (
            String::from("--pid self"),
            64,
            String::from(
                "envsecrets: error: `--pid self` is not the number of a process\n\
                 envsecrets: hint: use a number such as `--pid 4711`; in a container the program \
                 is usually 1\n",
            ),
        ),
    ] {
        assert_eq!(ask(line.clone()).failed(code), printed, "{line}");
    }
    assert_eq!(ask(format!("--pid {pid} --fingerprint TWO")).ok(), "");
    // A program that was never launched by us.
    let mut stranger = Launch::new("sleep", &["infinity"]);
    stranger.env("INHERITED", SENTINEL);
    let stranger = Waiting::launched(stranger);
    let ended = ask(format!("--pid {}", stranger.pid()));
    let printed = ended.failed(66).lines().next().unwrap();
    let pid = stranger.pid();
    let expected =
        format!("envsecrets: error: process {pid} has no fingerprint in its environment");
    assert_eq!(printed, expected);
}

#[test]
fn the_program_below_an_init_is_checked_by_the_pid_of_the_init() {
    let story = "the_program_below_an_init_is_checked_by_the_pid_of_the_init";
    let options = ["--pid", "--fork", "--kill-child"];
    if !can(story, "PID namespaces", can_unshare(&options)) {
        return;
    }
    let world = world_with(&[("/app/a", SENTINEL)]);
    let mut launch = world.envsecrets::<&str>(&[]);
    let line = ["--path", "/app", "--fingerprint", "PRINT", "--"];
    let inner = [&[ENVSECRETS][..], &line, &WAIT].concat();
    let mut init = Launch::new("unshare", &[&options[..], &["--"], &inner].concat());
    for (name, value) in launch.command.get_envs() {
        init.env(name, value.unwrap_or_default());
    }
    launch = init;
    let init = Init(launch.start());
    let pid = init.0.pid().to_string();
    let stale = |more: &[&str]| {
        let line = [&["stale", "--path", "/app", "--pid", &pid], more].concat();
        world.envsecrets(&line).run()
    };
    until("the program runs", || {
        let ended = stale(&[]);
        (ended.code, ended.stderr.as_str()) == (Some(0), "")
    });
    world.store.put("/app/a", "2");
    assert_eq!(changed(&stale(&[])), "changed  /app/a  1 -> 2\n");
    assert_eq!(
        changed(&stale(&["--fingerprint", "PRINT"])),
        "changed  /app/a  1 -> 2\n"
    );
    let ended = stale(&["--fingerprint", "NONE"]);
    let printed =
        format!("envsecrets: error: process {pid} has no variable NONE in its environment");
    assert_eq!(ended.failed(66).lines().next(), Some(&*printed));
}

#[test]
fn a_probe_fails_only_for_a_reason_to_start_anew() {
    let world = world_with(&[("/app/a", SENTINEL)]);
    let then = fingerprint(&world, "--path /app");
    let probe_within = |timeout: &str, more: &[&str]| {
        let line = [
            &["stale", "--probe", "--timeout", timeout, "--is", &then],
            more,
        ]
        .concat();
        world.envsecrets(&line).run()
    };
    let probe = |more: &[&str]| probe_within("30s", more);
    assert_eq!(probe(&["--path", "/app"]).ok(), "");
    for (fault, timeout, printed) in [
        (
            Fault::AccessDenied,
            "30s",
            "envsecrets: error: AWS denied permission to read parameters below `/app`",
        ),
        (
            Fault::Throttle,
            "300ms",
            "envsecrets: error: Parameter Store did not answer within 300ms",
        ),
    ] {
        world.server.set_faults([fault.always()]);
        let ended = probe_within(timeout, &["--path", "/app"]);
        assert_eq!((ended.code, ended.text()), (Some(0), String::new()));
        assert!(ended.stderr.starts_with(printed), "{}", ended.stderr);
    }
    world.server.clear_faults();
    let unknown =
        "envsecrets: it is not known whether the secrets are outdated: the probe succeeds\n";
    for more in [
        // Other options, and what a launch would fail of.
        ["--path", "/other"].as_slice(),
        &["--path", "/app", "--label", "live"],
        &["--path", "/app", "--require", "GONE"],
    ] {
        let ended = probe(more);
        assert_eq!((ended.code, ended.text()), (Some(0), String::new()));
        assert!(ended.stderr.ends_with(unknown), "{}", ended.stderr);
    }
    for arguments in [
        ["--pid", "0"].as_slice(),
        &["--pid", "4194305"],
        &["--is", "x"],
        &["--is", "envsecrets-v9:1"],
        &["--is", "envsecrets-v2:1"],
    ] {
        let line = [&["stale", "--probe", "--path", "/app"], arguments].concat();
        let ended = world.envsecrets(&line).run();
        assert_eq!((ended.code, ended.text()), (Some(0), String::new()));
        assert!(ended.stderr.ends_with(unknown), "{}", ended.stderr);
    }
    // Invalid options are so from the first probe on, and are better seen by then.
    probe(&[]).failed(64);
    probe(&["--path", "app"]).failed(64);
    world.store.put("/app/a", "2");
    assert_eq!(
        changed(&probe(&["--path", "/app"])),
        "changed  /app/a  1 -> 2\n"
    );
}

#[test]
fn children_of_different_launches_do_not_fail_a_probe() {
    let world = world_with(&[("/app/a", "1"), ("/app/b", "1"), ("/b/b", "1")]);
    let launch =
        |path: &str| format!("'{ENVSECRETS}' --path {path} --fingerprint PRINT -- sleep 60 & ");
    let init = format!(
        "trap 'kill $(jobs -p)' TERM; {}{}wait",
        launch("/app"),
        launch("/b")
    );
    let mut shell = world.launch("--secret X=/app/a", &["sh", "-c", &init]);
    shell.command.stdout(Stdio::null()).stderr(Stdio::null());
    let running = shell.start();
    let pid = running.pid().to_string();
    let stale = |more: &[&str]| {
        let line = [&["stale", "--path", "/app", "--pid", &pid], more].concat();
        world.envsecrets(&line).run()
    };
    let different = format!(
        "envsecrets: error: the children of process {pid} have different fingerprints\n\
         envsecrets: hint: give one of them with `--pid`\n"
    );
    until("both programs run", || stale(&[]).stderr == different);
    assert_eq!(stale(&[]).code, Some(64));
    let ended = stale(&["--probe"]);
    assert_eq!(
        (ended.code, ended.stderr),
        (
            Some(0),
            different
                + "envsecrets: it is not known whether the secrets are outdated: the probe \
                   succeeds\n"
        )
    );
    running.signal(Signal::SIGTERM);
}

#[test]
fn a_fingerprint_of_another_region_is_named_where_nothing_exists() {
    let world = world_with(&[("/app/a", "1")]);
    let then = fingerprint(&world, "--path /app");
    let place = then.split(':').nth(3).unwrap();
    world.store.delete("/app/a");
    let stale = |region: &str| {
        let line = ["stale", "--path", "/app", "--is", &then, "--region", region];
        world.envsecrets(&line).run()
    };
    let ended = stale("eu-west-1");
    assert_eq!(
        ended.failed(78),
        format!(
            "\
envsecrets: error: the secrets of the program are from `{place}`, and these are from `eu-west-1`
envsecrets:   caused by: no parameters exist below `/app` in eu-west-1 at {}
envsecrets: hint: use the region and the credentials of the launch, or restart the program
",
            world.server.url()
        )
    );
    // In the same region they are gone.
    stale("us-east-1").failed(66);
}

#[cfg(target_os = "linux")]
#[test]
fn the_environment_of_others_is_for_root() {
    let story = "the_environment_of_others_is_for_root";
    if !can(story, "root", nix::unistd::geteuid().is_root()) {
        return;
    }
    let world = world_with(&[("/app/a", SENTINEL)]);
    let program = Waiting::launched(world.launch("--path /app --fingerprint PRINT", &WAIT));
    // Where it was built only root may look.
    let arguments = ["stale", "--path", "/app", "--pid", &program.pid()];
    let mut closed_address = world.public(&arguments);
    closed_address.before(|| {
        nix::unistd::setgroups(&[])?;
        nix::unistd::setgid(nix::unistd::Gid::from_raw(65534))?;
        Ok(nix::unistd::setuid(nix::unistd::Uid::from_raw(65534))?)
    });
    assert_eq!(
        closed_address.run().failed(77),
        format!(
            "envsecrets: error: no permission to read the environment of process {}\n\
             envsecrets:   caused by: Permission denied (os error 13)\n\
             envsecrets: hint: run this as root, or as the user of the process; under systemd \
             root needs the capabilities CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH\n",
            program.pid()
        )
    );
}

#[test]
fn a_program_that_is_still_being_launched_is_not_stale() {
    let world = world_with(&[("/app/a", SENTINEL)]);
    let older = fingerprint(&world, "--path /app");
    world.server.set_faults([Fault::Hang.always()]);
    let mut launch = world.launch("--path /app --fingerprint PRINT", &["true"]);
    // What another launch left behind does not concern this one.
    let launching = launch.env("PRINT", older).start();
    until("it asks", || world.server.calls() > 1);
    world.server.clear_faults();
    world.store.put("/app/a", "2");
    let pid = launching.pid().to_string();
    let ended = world
        .envsecrets(&["stale", "--path", "/app", "--pid", &pid])
        .run();
    launching.signal(Signal::SIGKILL);
    launching.end();
    assert_eq!((ended.code, ended.text()), (Some(0), String::new()));
    assert_eq!(
        ended.stderr,
        format!("envsecrets: process {pid} is still being launched, with the newest secrets\n")
    );
}

#[test]
fn invalid_arguments_are_reported_before_any_request() {
    let world = world_with(&[("/app/a", SENTINEL)]);
    let good = fingerprint(&world, "--path /app");
    let damaged = &good[..good.len() - 2];
    let other_form = good.replace("-v2:", "-v7:");
    let foreign = format!("{SENTINEL}-and-more");
    world.server.clear_requests();
    let damaged_printed = "envsecrets: error: the value of `--is` is an incomplete or damaged \
        fingerprint\n\
         envsecrets: hint: give all of it, unchanged; if that fails, restart the program\n";
    let no_options = "envsecrets: error: the program was launched with other options than these\n\
         envsecrets: hint: use the same paths, labels, names, patterns and variables as the \
         launch; if those of the program have changed, restart it\n";
    for (arguments, code, printed) in [
        (
            ["--path", "/app"].as_slice(),
            64,
            "envsecrets: error: no fingerprint to compare with\n\
             envsecrets: hint: use `--pid PID` of a program that was launched with `--fingerprint \
             NAME`, or `--is FINGERPRINT`\n",
        ),
        (
            &["--path", "/app", "--pid", "1", "--is", &good],
            64,
            "envsecrets: error: `--pid` and `--is` are both given\n\
             envsecrets: hint: leave one of them out\n",
        ),
        (
            &["--is", &good],
            64,
            "envsecrets: error: no secrets given\n\
             envsecrets: hint: use `--path PATH` or `--secret NAME=PARAMETER`, or set ENVSECRETS_PATH\n",
        ),
        (
            &["--path", "/app", "--is", &foreign],
            65,
            "envsecrets: error: the value of `--is` is not a fingerprint\n\
             envsecrets: hint: a fingerprint begins with `envsecrets-v`: check that the launch \
             has the same `--fingerprint NAME`\n",
        ),
        (
            &["--path", "/app", "--is", &other_form],
            65,
            "envsecrets: error: the value of `--is` is a fingerprint of another version of \
             envsecrets\n\
             envsecrets: hint: use that version, or restart the program\n",
        ),
        (&["--path", "/app", "--is", damaged], 65, damaged_printed),
        (&["--path", "/other", "--is", &good], 64, no_options),
        (
            &["--path", "/app", "--exclude", "b", "--is", &good],
            64,
            no_options,
        ),
        (
            &["--path", "/app", "--label", "live", "--is", &good],
            64,
            no_options,
        ),
        (
            &["--path", "/app", "--prefix", "X_", "--is", &good],
            64,
            no_options,
        ),
        (
            &["--path", "/app", "--secret", "B=/app/a", "--is", &good],
            64,
            no_options,
        ),
    ] {
        let ended = world.envsecrets(&[&["stale"], arguments].concat()).run();
        assert_eq!(ended.failed(code), printed, "{arguments:?}");
    }
    assert_eq!(world.server.calls(), 0);
}

#[test]
fn options_in_another_order_or_that_decide_nothing_are_the_same() {
    let world = world_with(&[("/a/x", "1"), ("/a/y", "1"), ("/b/z", "1")]);
    let then = fingerprint(
        &world,
        "--path /a --only {x,y} --only z --optional-path /b --secret A=/a/x --secret B=/b/z \
         --allow-name X",
    );
    let same = "--timeout 30s --require A --path /a/ --secret B=/b/z --secret A=/a/x --only z \
                --only {x,y} --optional-path /b --unset AWS_* --optional-path /b";
    assert_eq!(stale(&world, same, &then).ok(), "");
}

#[test]
fn a_launch_that_would_fail_now_gives_its_own_status() {
    let world = world_with(&[("/app/a", SENTINEL), ("/app/b", SENTINEL), ("/single", "1")]);
    let options = "--path /app --secret S=/single --require B";
    let then = fingerprint(&world, options);
    let place = format!("us-east-1 at {}", world.server.url());
    let first_line = |options: &str, code: u8| {
        let ended = stale(&world, options, &then);
        ended
            .failed(code)
            .lines()
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    let failed = |code| first_line(options, code);
    world.server.set_faults([Fault::AccessDenied.always()]);
    assert!(failed(77).starts_with("envsecrets: error: AWS denied permission to read parameter"));
    world.server.set_faults([Fault::Throttle.always()]);
    assert!(
        first_line(&format!("{options} --timeout 300ms"), 75)
            .starts_with("envsecrets: error: Parameter Store did not answer within 300ms")
    );
    world.server.set_faults([Fault::EmptyObject.always()]);
    assert!(failed(70).contains(" is invalid"));
    world.server.clear_faults();

    world.store.put("/app/b.", SENTINEL);
    world.store.put("/app/b-", SENTINEL);
    let printed = "envsecrets: error: parameters `/app/b-` and `/app/b.` would both become B_";
    assert_eq!(failed(65), printed);
    world.store.delete("/app/b.");
    world.store.delete("/app/b-");
    world.store.delete("/app/b");
    assert_eq!(failed(66), "envsecrets: error: B is required, but missing");
    world.store.delete("/single");
    let printed = format!("envsecrets: error: parameter `/single` does not exist in {place}");
    assert_eq!(failed(66), printed);
    world.store.delete("/app/a");
    let printed = format!("envsecrets: error: no parameters exist below `/app` in {place}");
    assert_eq!(failed(66), printed);
}

#[test]
fn an_invalid_name_is_reported_before_any_request() {
    let world = world_with(&[("/app/a", SENTINEL)]);
    let own = "envsecrets: hint: use a name that nothing else uses, such as SECRETS_FINGERPRINT\n";
    for (options, printed) in [
        (
            "--fingerprint 1X",
            String::from(
                "envsecrets: error: `1X`, in `--fingerprint`, is not a valid variable name\n\
                 envsecrets: hint: names are letters, digits and `_`, and do not begin with a digit\n",
            ),
        ),
        (
            "--fingerprint ENVSECRETS_PATH",
            format!(
                "envsecrets: error: `--fingerprint` names ENVSECRETS_PATH, which changes settings: \
                 envsecrets takes its settings from it\n{own}"
            ),
        ),
        (
            "--fingerprint LD_PRELOAD",
            format!(
                "envsecrets: error: `--fingerprint` names LD_PRELOAD, which can run code: the C library loads \
                 code that it names\n{own}"
            ),
        ),
        (
            "--fingerprint S --secret S=/app/a",
            String::from(
                "envsecrets: error: `--secret` and `--fingerprint` would both become S\n\
                 envsecrets: hint: give one of them another name\n",
            ),
        ),
        (
            "--fingerprint F --file F=/app/a",
            String::from(
                "envsecrets: error: `--file` and `--fingerprint` would both become F\n\
                 envsecrets: hint: give one of them another name\n",
            ),
        ),
    ] {
        let ended = world
            .launch(&format!("--path /app {options}"), &["true"])
            .run();
        assert_eq!(ended.failed(64), printed, "{options}");
    }
    assert_eq!(world.server.calls(), 0);
}

#[test]
fn a_fingerprint_takes_the_place_of_no_secret_and_gives_way_to_nothing() {
    let world = world_with(&[("/app/a", SENTINEL)]);
    let ended = world.launch("--path /app --fingerprint A", &["true"]).run();
    assert_eq!(
        ended.failed(65),
        "envsecrets: error: `--fingerprint` and parameter `/app/a` would both become A\n\
         envsecrets: hint: give the fingerprint another name\n"
    );

    // What was inherited is of another launch, whatever the other options about inheriting.
    let then = fingerprint(&world, "--path /app");
    for options in [
        "",
        "--preserve-env",
        "--clean-env --keep PRINT",
        "--unset PRINT",
    ] {
        let options = format!("--path /app --fingerprint PRINT {options}");
        let mut launch = world.launch(&options, &["/usr/bin/env"]);
        let text = launch.env("PRINT", "of another launch").run().ok();
        let lines: Vec<&str> = text.lines().filter(|it| it.starts_with("PRINT=")).collect();
        assert_eq!(lines, [format!("PRINT={then}")], "{options}");
    }
    let options = "--path /app --fingerprint PRINT --expand";
    let shown = world.launch(options, &["echo", "{{PRINT}}"]).run().ok();
    assert_eq!(shown, format!("{then}\n"));
}

#[test]
fn a_thousand_parameters_are_listed_and_more_than_fit_are_noticed_all_the_same() {
    let world = world();
    world.store.generate("/app", 1000);
    let then = fingerprint(&world, "--path /app");
    // Some 27 bytes for each here; a name, its version and its time, and no more.
    assert_eq!(
        then.len(),
        "envsecrets-v2:".len() + 33 + 17 + 23 + "/app{}".len() + 27 * 1000 - 1
    );
    world.store.put("/app/name-00500", "2");
    let printed = changed(&stale(&world, "--path /app", &then));
    assert_eq!(printed, "changed  /app/name-00500  1 -> 2\n");

    let long = "x".repeat(400);
    for number in 0..100 {
        world.store.put(&format!("/long/{long}{number}"), "1");
    }
    let then = fingerprint(&world, "--path /long");
    assert!(then.ends_with(":us-east-1/123456789012:-"), "{then}");
    assert_eq!(stale(&world, "--path /long", &then).ok(), "");
    world.store.put(&format!("/long/{long}7"), "2");
    let printed = "changed  (too many parameters for the fingerprint to list)\n";
    assert_eq!(changed(&stale(&world, "--path /long", &then)), printed);
}

#[test]
fn where_nothing_is_read_no_request_is_sent() {
    let world = world();
    let then = fingerprint(&world, "--resolve");
    assert!(then.ends_with("::"), "{then}");
    assert_eq!(stale(&world, "--resolve", &then).ok(), "");
    assert_eq!(world.server.calls(), 0);
}

#[test]
fn nothing_of_a_secret_is_ever_printed() {
    let world = world_with(&[("/app/a", SENTINEL), ("/app/b", SENTINEL)]);
    let mut launch = world.launch("--path /app --fingerprint PRINT", &WAIT);
    launch.env("INHERITED", SENTINEL);
    let program = Waiting::launched(launch);
    world.store.put("/app/a", &format!("{SENTINEL}, newer"));
    drop(world.server);
    let (store, directory) = (world.store, world.directory);
    // With a fault or another fingerprint than the program's, anything but 0.
    let pid = program.pid();
    let codes = [1, 64, 65, 66, 70, 75, 77, 78];
    let commands = [
        ("stale --path /app --timeout 500ms", ""),
        ("stale --path /app --verbose --timeout 500ms", ""),
        ("stale --path /app --verbose --fingerprint INHERITED", ""),
        ("stale --path /app --fingerprint A", ""),
    ];
    every_fault(&commands, |case| {
        let server = Server::start(&store).unwrap();
        server.set_faults([case.rule()]);
        let arguments = [&case.words()[..], &["--pid", &pid]].concat();
        let mut launch = offline(&directory, &arguments);
        launch
            .env("AWS_ENDPOINT_URL_SSM", server.url())
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "AKIDENVSECRETSTEST01");
        case.reveals_nothing(&launch.noisy().run(), &codes);
    });
}

#[test]
fn against_moto_with_rotations_made_by_the_aws_cli() {
    let story = "against_moto_with_rotations_made_by_the_aws_cli";
    let Some(moto) = Moto::start(story) else {
        return;
    };
    moto.put("/prd/app/db/password", "1", "SecureString");
    moto.put("/prd/app/log", "1", "String");
    let launch = [
        "--path",
        "/prd/app",
        "--fingerprint",
        "P",
        "--",
        "printenv",
        "P",
    ];
    let then = moto.envsecrets(&launch).run().ok();
    let then = then.trim_end();
    let stale = ["stale", "--path", "/prd/app", "--is", then];
    assert_eq!(moto.envsecrets(&stale).run().ok(), "");
    moto.put("/prd/app/db/password", "2", "SecureString");
    moto.put("/prd/app/new", "1", "SecureString");
    moto.aws(&["delete-parameter", "--name", "/prd/app/log"]);
    assert_eq!(
        changed(&moto.envsecrets(&stale).run()),
        "\
changed  /prd/app/db/password  1 -> 2
added    /prd/app/new          -> 1
removed  /prd/app/log          1 ->
"
    );

    // The same path, but of another region.
    moto.aws(&[
        "put-parameter",
        "--region=eu-west-1",
        "--name=/prd/app/log",
        "--value=1",
        "--type=String",
    ]);
    let ended = moto
        .envsecrets(&[&stale[..], &["--region", "eu-west-1"]].concat())
        .run();
    assert_eq!(
        ended.failed(78),
        format!(
            "envsecrets: error: the secrets of the program are from `{}/123456789012`, and \
             these are from `eu-west-1/123456789012`\n\
             envsecrets: hint: use the region and the credentials of the launch, or restart the \
             program\n",
            moto.region
        )
    );
}

const DOCS: &str = include_str!("../../docs/stale.md");

/// The blocks of the docs in this language.
fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    let blocks = DOCS.split(&fence).skip(1);
    blocks.map(|it| it.split("```").next().unwrap()).collect()
}

#[test]
fn the_docs_have_the_fingerprint_as_it_is() {
    let form = "envsecrets-v2:DIGEST:OPTIONS:REGION/ACCOUNT:/prd/app{db/password=3@1527026863123,\
                db/user=1@1527026863000},/shared/token:live=4@1527026863200";
    assert!(DOCS.contains(form));
    assert_eq!(blocks("json").len(), 3);
    for block in blocks("json") {
        serde_json::from_str::<serde_json::Value>(block).expect(block);
    }
}

#[test]
fn the_cron_job_of_the_docs_patches_the_deployment_with_the_fingerprint() {
    let story = "the_cron_job_of_the_docs_patches_the_deployment_with_the_fingerprint";
    if !can(story, "jq", which("jq").is_some()) {
        return;
    }
    let script = blocks("sh")
        .into_iter()
        .find(|it| it.contains("kubectl"))
        .unwrap();
    let world = world_with(&[("/prd/app/a", SENTINEL)]);
    let bin = Directory::new();
    bin.file("kubectl", "#!/bin/sh\nprintf '%s\\n' \"$@\"\n", 0o755);
    std::os::unix::fs::symlink(ENVSECRETS, bin.path().join("envsecrets")).unwrap();
    let path = format!(
        "{}:{}",
        bin.path().display(),
        std::env::var("PATH").unwrap()
    );
    let run = || {
        let mut shell = Launch::new("sh", &["-c", script]);
        let settings = world.envsecrets::<&str>(&[]);
        for (name, value) in settings.command.get_envs() {
            shell.env(name, value.unwrap_or_default());
        }
        shell
            .env("PATH", &path)
            .env("ENVSECRETS_PATH", "/prd/app")
            .run()
    };
    let printed = run().ok();
    let (words, patch) = printed.split_once("--patch\n").unwrap();
    assert_eq!(words, "patch\ndeployment\napp\n");
    let patch: serde_json::Value = serde_json::from_str(patch).unwrap();
    let annotations = &patch["spec"]["template"]["metadata"]["annotations"];
    let text = annotations["envsecrets/fingerprint"].as_str().unwrap();
    assert_eq!(text, fingerprint(&world, "--path /prd/app"));
    assert_eq!(run().ok(), printed);

    world.server.set_faults([Fault::AccessDenied.always()]);
    let ended = run();
    assert_eq!((ended.code, ended.text()), (Some(77), String::new()));
}
