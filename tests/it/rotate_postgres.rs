//! `envsecrets rotate` with a real PostgreSQL, while clients connect in a loop.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::support::postgres::Postgres;
use crate::support::{Directory, Launch, World, can, which, world};

/// Changes the password of the role `app`, as the superuser.
const ALTER: &str = r#"#!/bin/sh
exec psql -qwX -v ON_ERROR_STOP=1 <<'END'
\getenv new ROTATE_NEW
ALTER ROLE app PASSWORD :'new';
END
"#;

/// Logs in as that role.
const LOG_IN: &str = "#!/bin/sh
PGUSER=app PGPASSWORD=$ROTATE_VALUE exec psql -qwXc ''
";

/// The other one of two users, with a new password.
const OTHER_USER: &str = r#"#!/bin/sh
case $ROTATE_OLD in *'"app_a"'*) user=app_b ;; *) user=app_a ;; esac
password=$(head -c 24 /dev/urandom | base64)
printf '{"PGUSER":"%s","PGPASSWORD":"%s"}' "$user" "$password"
"#;

/// Changes the password of the user that the new value names.
const ALTER_OTHER: &str = r#"#!/bin/sh
exec psql -qwX -v ON_ERROR_STOP=1 <<'END'
\getenv new ROTATE_NEW
SELECT format('ALTER ROLE %I PASSWORD %L', new->>'PGUSER', new->>'PGPASSWORD')
  FROM (SELECT :'new'::json AS new) AS value \gexec
END
"#;

/// Logs in as the user that the value names.
const LOG_IN_AS: &str = r#"#!/bin/sh
user=${ROTATE_VALUE#*'"PGUSER":"'} password=${ROTATE_VALUE#*'"PGPASSWORD":"'}
PGUSER=${user%%'"'*} PGPASSWORD=${password%%'"'*} exec psql -qwXc ''
"#;

/// One try of a client.
struct Try {
    began: Instant,
    ended: Instant,
    is_in: bool,
    printed: String,
}

/// Lets clients connect in a loop, each started by envsecrets with these options, while something is
/// done. All that they tried.
fn clients_during(
    world: &World,
    postgres: &Postgres,
    options: &str,
    user: &str,
    action: impl FnOnce(),
) -> Vec<Try> {
    const CLIENTS: usize = 3;
    let stopped = AtomicBool::new(false);
    let connect = || {
        let began = Instant::now();
        let program = ["psql", "-qwXAtc", "SELECT current_user"];
        let mut launch = world.launch(options, &program);
        postgres.settings(&mut launch);
        // Those of the superuser are not for a client.
        let ended = launch.env("PGUSER", user).without("PGPASSWORD").run();
        Try {
            began,
            ended: Instant::now(),
            is_in: ended.code == Some(0) && ended.text().starts_with("app"),
            printed: ended.stderr,
        }
    };
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                scope.spawn(|| {
                    let mut tries = Vec::new();
                    while !stopped.load(Ordering::SeqCst) {
                        tries.push(connect());
                    }
                    tries
                })
            })
            .collect();
        std::thread::sleep(Duration::from_millis(300));
        action();
        std::thread::sleep(Duration::from_millis(300));
        stopped.store(true, Ordering::SeqCst);
        let tries = clients.into_iter().flat_map(|it| it.join().unwrap());
        tries.collect()
    })
}

/// A rotation with these programs, of which each is a file.
fn rotate(world: &World, postgres: &Postgres, options: &str) -> Launch {
    let words: Vec<&str> = ["rotate", "/db"]
        .into_iter()
        .chain(options.split_whitespace())
        .collect();
    let mut launch = world.envsecrets(&words);
    postgres.settings(&mut launch);
    launch.command.current_dir(world.directory.path());
    launch
}

fn programs(world: &World, programs: &[(&str, &str)]) {
    for (name, body) in programs {
        world.directory.file(name, body, 0o755);
    }
}

#[test]
fn of_one_user_only_what_connects_between_the_change_and_the_label_fails() {
    let story = "of_one_user_only_what_connects_between_the_change_and_the_label_fails";
    let Some(postgres) = Postgres::start(story) else {
        return;
    };
    let world = world();
    programs(&world, &[("alter-role", ALTER), ("log-in", LOG_IN)]);
    world.store.put("/db", "one");
    world.store.label("/db", 1, "live");
    postgres.sql("CREATE ROLE app LOGIN PASSWORD 'one'");
    let options = "--generate --with ./alter-role --probe ./log-in --expect-old-refused";
    let (mut windows, mut failed, mut all) = (Vec::new(), 0, 0);
    let tries = clients_during(
        &world,
        &postgres,
        "--secret PGPASSWORD=/db:live",
        "app",
        || {
            for _ in 0..3 {
                let began = Instant::now();
                let ended = rotate(&world, &postgres, options).run();
                assert_eq!(ended.code, Some(0), "{ended:?}");
                windows.push((began, Instant::now()));
                std::thread::sleep(Duration::from_millis(200));
            }
        },
    );
    for one in &tries {
        all += 1;
        if one.is_in {
            continue;
        }
        failed += 1;
        assert!(
            one.printed
                .contains("password authentication failed for user \"app\""),
            "{}",
            one.printed
        );
        // It read the old password before the label moved, and used it after the change.
        let is_meanwhile = windows
            .iter()
            .any(|(began, ended)| one.ended > *began && one.began < *ended);
        assert!(is_meanwhile, "a client failed outside of a rotation");
    }
    assert!(all > 3 * 3 && failed < all, "{failed} of {all} failed");
    // What connects afterwards gets in.
    let mut launch = world.launch("--secret PGPASSWORD=/db:live", &["psql", "-qwXc", ""]);
    postgres.settings(&mut launch);
    let ended = launch.env("PGUSER", "app").without("PGPASSWORD").run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

#[test]
fn of_two_users_that_alternate_no_client_fails() {
    let Some(postgres) = Postgres::start("of_two_users_that_alternate_no_client_fails") else {
        return;
    };
    let world = world();
    programs(
        &world,
        &[
            ("other-user", OTHER_USER),
            ("alter-role", ALTER_OTHER),
            ("log-in", LOG_IN_AS),
        ],
    );
    world
        .store
        .put("/db", r#"{"PGUSER":"app_a","PGPASSWORD":"one"}"#);
    world.store.label("/db", 1, "live");
    postgres.sql("CREATE ROLE app_a LOGIN PASSWORD 'one'; CREATE ROLE app_b LOGIN");
    let options = "--new-from ./other-user --with ./alter-role --probe ./log-in";
    let tries = clients_during(&world, &postgres, "--json /db:live", "nothing", || {
        for _ in 0..4 {
            let ended = rotate(&world, &postgres, options).run();
            assert_eq!(ended.code, Some(0), "{ended:?}");
        }
    });
    let failed: Vec<&str> = tries
        .iter()
        .filter(|it| !it.is_in)
        .map(|it| it.printed.as_str())
        .collect();
    assert_eq!(failed, [""; 0], "of {}", tries.len());
    assert!(tries.len() > 9, "{}", tries.len());
    assert!(world.store.values()[0].contains("app_a"));
}

#[test]
fn a_change_that_the_database_refuses_or_undoes_leaves_the_old_password() {
    let story = "a_change_that_the_database_refuses_or_undoes_leaves_the_old_password";
    let Some(postgres) = Postgres::start(story) else {
        return;
    };
    let world = world();
    let back = ALTER.replace("ROTATE_NEW", "ROTATE_OLD");
    let broken = ALTER.replace("ROLE app", "ROLE missing");
    programs(
        &world,
        &[
            ("alter-role", ALTER),
            ("alter-role-back", &back),
            ("broken", &broken),
            ("log-in", LOG_IN),
            (
                "refuse",
                "#!/bin/sh\n[ $ROTATE_VERSION = 1 ] && exec ./log-in\n",
            ),
        ],
    );
    world.store.put("/db", "one");
    world.store.label("/db", 1, "live");
    postgres.sql("CREATE ROLE app LOGIN PASSWORD 'one'");
    let is_old = || {
        let mut launch = Launch::new("psql", &["-qwXc", ""]);
        postgres.settings(&mut launch);
        launch
            .env("PGUSER", "app")
            .env("PGPASSWORD", "one")
            .run()
            .code
            == Some(0)
    };
    for (with, probe, cause) in [
        (
            "./broken",
            "./log-in",
            "caused by: `./broken` exited with status 3\n",
        ),
        (
            "./alter-role",
            "./refuse",
            "caused by: `./refuse` exited with status 1 with the value of version 3\n",
        ),
    ] {
        let options = format!(
            "--generate --with {with} --probe {probe} --undo ./alter-role-back --probe-timeout 100ms"
        );
        let ended = rotate(&world, &postgres, &options).run();
        assert_eq!(ended.code, Some(75), "{ended:?}");
        assert!(ended.stderr.contains(cause), "{ended:?}");
        assert!(
            ended.stderr.contains("; the change is undone\n"),
            "{ended:?}"
        );
        assert!(is_old());
    }
    // What psql reports of it is printed as it is.
    let ended = rotate(&world, &postgres, "--generate --with ./broken").run();
    assert_eq!(ended.code, Some(73));
    assert!(
        ended
            .stderr
            .contains("ERROR:  role \"missing\" does not exist\n"),
        "{ended:?}"
    );
    let ended = rotate(
        &world,
        &postgres,
        "--resume --with ./alter-role --probe ./log-in",
    )
    .run();
    assert_eq!(
        (ended.code, ended.text().as_str()),
        (
            Some(0),
            "/db:4 label live moved from version 1\n/db:1 label previous added\n"
        ),
        "{ended:?}"
    );
    assert!(!is_old());
}

const DOCS: &str = include_str!("../../docs/rotation.md");

/// The blocks of the docs in this language.
fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    let blocks = DOCS.split(&fence).skip(1);
    blocks.map(|it| it.split("```").next().unwrap()).collect()
}

#[test]
fn the_commands_of_the_docs_rotate_the_password_of_a_service_that_runs() {
    let story = "the_commands_of_the_docs_rotate_the_password_of_a_service_that_runs";
    let Some(postgres) = Postgres::start(story) else {
        return;
    };
    let world = world();
    world.store.put("/prd/app/db-password", "one");
    world.store.label("/prd/app/db-password", 1, "live");
    world
        .store
        .put("/prd/app/db", r#"{"PGUSER":"app_a","PGPASSWORD":"one"}"#);
    for role in [
        "app LOGIN PASSWORD 'one'",
        "app_a LOGIN PASSWORD 'one'",
        "app_b LOGIN",
    ] {
        postgres.sql(&format!("CREATE ROLE {role}"));
    }
    programs(
        &world,
        &[("serve", "#!/bin/sh\n: >served\nexec sleep 100 >&2\n")],
    );
    let directory = world.directory.path();
    let path = format!(
        "{}:{}",
        std::path::Path::new(crate::support::ENVSECRETS)
            .parent()
            .unwrap()
            .display(),
        std::env::var("PATH").unwrap()
    );
    let run = |script: &str| {
        let mut launch = world.with_settings(Launch::new("sh", &["-c", script]));
        postgres.settings(&mut launch);
        launch.env("PATH", &path);
        launch.command.current_dir(directory);
        launch.run()
    };
    let blocks = blocks("sh");
    let [programs, service, users] = blocks[..] else {
        panic!("{}", blocks.len());
    };
    assert_eq!(run(programs).ok(), "");

    // A service that starts later than the rotation would have the new password.
    let (start, rest) = service.split_once('\n').unwrap();
    assert_eq!(rest.lines().count(), 3, "four lines");
    let waits = "while [ ! -e served ]; do sleep 0.02; done; rm served";
    let ended = run(&format!(
        "{start}\n{waits}\n{rest}\n{waits}\nkill $! && wait"
    ));
    assert_eq!(
        ended.text(),
        "/prd/app/db-password:2 label live moved from version 1\n\
         /prd/app/db-password:1 label previous added\n\
         changed  /prd/app/db-password:live  1 -> 2\n",
        "{ended:?}"
    );
    let refused = "psql -qwXc '' && exit 1 || exit 0";
    let mut launch = world.launch(
        "--secret PGPASSWORD=/prd/app/db-password:1",
        &["sh", "-c", refused],
    );
    postgres.settings(&mut launch);
    launch.env("PGUSER", "app").without("PGPASSWORD");
    assert_eq!(launch.run().code, Some(0), "the old password is refused");

    let ended = run(users);
    assert_eq!(
        ended.text(),
        "/prd/app/db:1 label live added\n\
         /prd/app/db:2 label live moved from version 1\n\
         /prd/app/db:1 label previous added\n \
         current_user \n--------------\n app_b\n(1 row)\n\n",
        "{ended:?}"
    );
    // The policy has what was requested, and nothing else.
    let policy: serde_json::Value = serde_json::from_str(self::blocks("json")[0]).unwrap();
    let mut actions: Vec<&str> = policy["Action"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it.as_str().unwrap().trim_start_matches("ssm:"))
        .collect();
    let mut requested = world.operations();
    requested.sort();
    requested.dedup();
    actions.sort_unstable();
    assert_eq!(requested, actions);
}

#[test]
fn the_units_and_the_json_of_the_docs_are_sound() {
    for block in blocks("json") {
        serde_json::from_str::<serde_json::Value>(block).expect(block);
    }
    let story = "the_units_and_the_json_of_the_docs_are_sound";
    let there = which("systemd-analyze").is_some() && nix::unistd::geteuid().is_root();
    if !can(story, "systemd-analyze, and root", there) {
        return;
    }
    let directory = Directory::new();
    let units = blocks("ini")[0].split("# /etc/systemd/system/").skip(1);
    for unit in units {
        let (name, text) = unit.split_once('\n').unwrap();
        let text = text.replace("/usr/bin/envsecrets", "/bin/true");
        directory.file(name, text, 0o644);
    }
    let timer = directory.path().join("rotate-db.timer");
    let verify = ["verify", "--man=no", timer.to_str().unwrap()];
    let ended = Launch::new("systemd-analyze", &verify).run();
    assert_eq!(
        (ended.code, ended.stderr.as_str()),
        (Some(0), ""),
        "{ended:?}"
    );
}
