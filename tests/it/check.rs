//! `envsecrets check`: everything but becoming the program.

use serde_json::{Value, json};

use crate::support::{Fault, SENTINEL, World, is_date, world, world_with};

/// Two layers, of all types, with something to override, to leave out and to rename.
fn detailed() -> World {
    let world = world();
    world.store.put_string("/base/log-level", "info");
    world.store.put_string("/base/region-name", "eu-central-1");
    world.store.put_string("/app/log-level", "debug");
    world.store.put("/app/db/password", SENTINEL);
    world.store.put("/app/db/password", &format!("{SENTINEL}!"));
    world.store.put("/app/db/user", "é");
    world.store.put("/app/tls/key", SENTINEL);
    world.store.put("/app/tls/certificate", "x");
    world.store.put("/single", "last year's");
    world.store.put("/single", SENTINEL);
    world.store.label("/single", 1, "previous");
    world
}

const TELLING: &str = "--path /base --path /app --exclude tls/* --secret LOG_LEVEL=/single:previous \
                       --secret TOKEN=/single --rename db/user=PGUSER --preserve-env=PGUSER";

/// The same, where dates are `DATE` and columns are two spaces apart.
fn steady(text: &str) -> String {
    let mut steady = String::new();
    for line in text.lines() {
        let cells = line
            .split("  ")
            .map(str::trim)
            .filter(|cell| !cell.is_empty());
        let cells = cells.map(|cell| if is_date(cell) { "DATE" } else { cell });
        steady.push_str(&cells.collect::<Vec<_>>().join("  "));
        steady.push('\n');
    }
    steady
}

/// The report in JSON, with `DATE` for dates.
fn report(stdout: &[u8]) -> Value {
    let mut report: Value = serde_json::from_slice(stdout).unwrap();
    for list in ["variables", "filtered"] {
        for one in report[list].as_array_mut().unwrap() {
            assert!(is_date(one["modified"].as_str().unwrap()), "{one}");
            one["modified"] = json!("DATE");
        }
    }
    report
}

fn check(options: &str) -> Vec<&str> {
    ["check"]
        .into_iter()
        .chain(options.split_whitespace())
        .collect()
}

#[test]
fn a_table_shows_what_would_happen() {
    let world = detailed();
    let ended = world
        .envsecrets(&check(TELLING))
        .env("PGUSER", "mine")
        .env("TOKEN", "mine")
        .env("REGION", "mine")
        .run();
    assert_eq!(
        steady(&ended.ok()),
        "\
VARIABLE  PARAMETER  VERSION  TYPE  SIZE  MODIFIED  FROM  NOTE
DB_PASSWORD  /app/db/password  2  SecureString  30  DATE  /app
LOG_LEVEL  /single  1  SecureString  11  DATE  --secret  overrides /base/log-level, /app/log-level
PGUSER  /app/db/user  1  SecureString  2  DATE  /app  the inherited one is kept
REGION_NAME  /base/region-name  1  String  12  DATE  /base
TOKEN  /single  2  SecureString  29  DATE  --secret  overrides the inherited one

FILTERED  VERSION  TYPE  SIZE  MODIFIED  BY
/app/tls/certificate  1  SecureString  1  DATE  --exclude tls/*
/app/tls/key  1  SecureString  29  DATE  --exclude tls/*
"
    );
}

#[test]
fn the_columns_of_a_table_stand_below_each_other() {
    let world = detailed();
    let text = world.envsecrets(&check(TELLING)).run().ok();
    for part in text.split("\n\n") {
        let mut lines = part.lines();
        let head = lines.next().unwrap();
        let starts: Vec<usize> = head
            .split_whitespace()
            .map(|title| head.find(title).unwrap())
            .collect();
        for line in lines {
            let line: Vec<char> = line.chars().collect();
            for &start in starts
                .iter()
                .filter(|&&start| 0 < start && start < line.len())
            {
                assert_eq!(line[start - 2..start], [' ', ' '], "{text}");
                assert_ne!(line[start], ' ', "{text}");
            }
        }
    }
}

#[test]
fn json_has_the_same_for_programs() {
    let world = detailed();
    let options = format!("{TELLING} --format json -- sh -c true");
    let ended = world
        .envsecrets(&check(&options))
        .env("PGUSER", "mine")
        .env("TOKEN", "mine")
        .env("PATH", "/bin")
        .env("ENVSECRETS_PAHT", "/prd/app")
        .run();
    ended.ok();
    let variable = |name: &str,
                    parameter: &str,
                    version: u32,
                    kind: &str,
                    size: u32,
                    from: &str,
                    overrides: Value,
                    inherited: &str| {
        json!({
            "name": name,
            "parameter": parameter,
            "version": version,
            "type": kind,
            "size": size,
            "modified": "DATE",
            "from": from,
            "overrides": overrides,
            "inherited": inherited,
        })
    };
    let left_out = |parameter: &str, size: u32| {
        json!({
            "parameter": parameter,
            "version": 1,
            "type": "SecureString",
            "size": size,
            "modified": "DATE",
            "by": "--exclude tls/*",
        })
    };
    assert_eq!(
        report(&ended.stdout),
        json!({
            "program": "/bin/sh",
            "place": format!("us-east-1 at {}", world.server.url()),
            "principal": "the environment (access key …ST01)",
            "read": [{
                "store": "Parameter Store",
                "place": format!("us-east-1 at {}", world.server.url()),
                "principal": "the environment (access key …ST01)",
                "sources": ["/app", "/base", "/single", "/single:previous"],
            }],
            "variables": [
                variable("DB_PASSWORD", "/app/db/password", 2, "SecureString", 30, "/app", json!([]), "absent"),
                variable("LOG_LEVEL", "/single", 1, "SecureString", 11, "--secret", json!(["/base/log-level", "/app/log-level"]), "absent"),
                variable("PGUSER", "/app/db/user", 1, "SecureString", 2, "/app", json!([]), "kept"),
                variable("REGION_NAME", "/base/region-name", 1, "String", 12, "/base", json!([]), "absent"),
                variable("TOKEN", "/single", 2, "SecureString", 29, "--secret", json!([]), "overridden"),
            ],
            "filtered": [left_out("/app/tls/certificate", 1), left_out("/app/tls/key", 29)],
            "unknown_settings": ["ENVSECRETS_PAHT"],
            "problems": [],
            "exit_code": 0,
        })
    );
}

#[test]
fn no_value_is_shown_and_the_program_does_not_start() {
    let world = detailed();
    for format in ["table", "json"] {
        for verbose in ["", "--verbose"] {
            let options = format!("{TELLING} --format {format} {verbose} -- echo started");
            let ended = world.envsecrets(&check(&options)).run();
            assert_eq!(ended.code, Some(0));
            for value in world.store.values().iter().filter(|value| value.len() > 5) {
                assert!(!ended.text().contains(value.as_str()), "{value}");
                assert!(!ended.stderr.contains(value.as_str()), "{value}");
            }
            assert!(!ended.text().contains("started"));
        }
    }
}

#[test]
fn what_only_left_aside_is_listed() {
    let world = detailed();
    let text = world
        .envsecrets(&check("--path /app --only db/*"))
        .run()
        .ok();
    assert_eq!(
        steady(text.split("\n\n").nth(1).unwrap()),
        "\
FILTERED  VERSION  TYPE  SIZE  MODIFIED  BY
/app/log-level  1  String  5  DATE  --only
/app/tls/certificate  1  SecureString  1  DATE  --only
/app/tls/key  1  SecureString  29  DATE  --only
"
    );
}

#[test]
fn an_empty_result_is_reported() {
    let world = detailed();
    let text = world.envsecrets(&check("--optional-path /none")).run().ok();
    assert_eq!(text, "no variables\n");
    let text = world
        .envsecrets(&check("--path /base --exclude **"))
        .run()
        .ok();
    assert_eq!(
        steady(&text),
        "\
no variables

FILTERED  VERSION  TYPE  SIZE  MODIFIED  BY
/base/log-level  1  String  4  DATE  --exclude **
/base/region-name  1  String  12  DATE  --exclude **
"
    );
}

#[test]
fn a_variable_of_ours_that_means_nothing_is_pointed_out() {
    let world = detailed();
    let ended = world
        .envsecrets(&check("--path /base"))
        .env("ENVSECRETS_PAHT", "/app")
        .env("ENVSECRETS_PORT_80_TCP", "tcp://10.0.0.1:80")
        .run();
    assert_eq!(
        (ended.code, ended.stderr.as_str()),
        (
            Some(0),
            "envsecrets: ENVSECRETS_PAHT is set, but is not an envsecrets setting: did you mean \
             ENVSECRETS_PATH?\n"
        )
    );
}

#[test]
fn all_problems_are_reported_at_once_with_what_exists() {
    let world = world_with(&[
        ("/app/api-key", "1"),
        ("/app/api.key", "2"),
        ("/app/db/host", "3"),
        ("/app/ld-preload", "4"),
    ]);
    let options = "--path /app --require DB_PASSWORD --exclude x* -- jaav";
    let ended = world.envsecrets(&check(options)).run();
    assert_eq!(ended.code, Some(127));
    assert_eq!(
        steady(&ended.text()),
        "\
VARIABLE  PARAMETER  VERSION  TYPE  SIZE  MODIFIED  FROM  NOTE
DB_HOST  /app/db/host  1  SecureString  1  DATE  /app
LD_PRELOAD  /app/ld-preload  1  SecureString  1  DATE  /app
"
    );
    assert_eq!(
        ended.stderr,
        "\
envsecrets: error: `jaav`: command not found
envsecrets: error: `--exclude x*` matches no parameter
envsecrets: error: parameter `/app/ld-preload` would become LD_PRELOAD, which can run code: the C library loads code that it names
envsecrets: error: parameters `/app/api-key` and `/app/api.key` would both become API_KEY
envsecrets: error: DB_PASSWORD is required, but missing
envsecrets: hint: envsecrets searches its own PATH, before it fetches anything
envsecrets: hint: globs match the name relative to its path, such as `db/*`; `*` stops at `/`, `**` does not; `envsecrets check` lists what exists
envsecrets: hint: to allow it, use `--allow-name NAME`; otherwise leave it out with `--exclude GLOB`, and find out who wrote that parameter
envsecrets: hint: give one of them another name with `--rename PARAMETER=NAME`, or leave one out with `--exclude GLOB`
envsecrets: hint: `envsecrets check` with the same options lists what exists; a parameter may have been deleted or have expired
"
    );
}

#[test]
fn problems_are_in_the_json_too_and_nothing_is_on_stderr() {
    let world = world_with(&[("/app/x", "1")]);
    let options = "--path /app --path /none --secret A=/gone --format json -- /no/such";
    let ended = world.envsecrets(&check(options)).run();
    let place = format!("us-east-1 at {}", world.server.url());
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(127), ""));
    assert_eq!(
        report(&ended.stdout),
        json!({
            "read": [],
            "variables": [],
            "filtered": [],
            "unknown_settings": [],
            "problems": [
                {
                    "error": "`/no/such`: no such file",
                    "causes": [],
                    "exit_code": 127,
                },
                {
                    "error": format!("no parameters exist below `/none` in {place}"),
                    "causes": [],
                    "hint": "check path, account and region for typos; a layer that may be empty is `--optional-path`",
                    "exit_code": 66,
                },
                {
                    "error": format!("parameter `/gone` does not exist in {place}"),
                    "causes": [],
                    "hint": "check names, versions, labels, account and region for typos",
                    "exit_code": 66,
                },
            ],
            "exit_code": 127,
        })
    );

    world.server.set_faults([Fault::KmsAccessDenied.always()]);
    let ended = world.envsecrets(&check("--path /app --format json")).run();
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(77), ""));
    let problem = &report(&ended.stdout)["problems"][0];
    assert_eq!(problem["exit_code"], 77);
    assert_eq!(
        problem["error"],
        format!("AWS refused to decrypt parameters below `/app` in {place}")
    );
    assert_eq!(problem["causes"].as_array().unwrap().len(), 1);
    assert!(
        problem["hint"]
            .as_str()
            .unwrap()
            .starts_with("allow kms:Decrypt on the key")
    );
}

#[test]
fn the_exit_code_and_the_messages_are_those_of_a_launch() {
    let world = detailed();
    world.store.plant("/big/one", &"x".repeat(140_000));
    world.store.put("/bad/1st", "x");
    world.directory.file("script", "#!/no/such/shell\n", 0o755);
    world.directory.file("plain", "x", 0o644);
    let script = world.directory.path().join("script").display().to_string();
    let plain = world.directory.path().join("plain").display().to_string();
    for (code, fault, options) in [
        (0, None, "--path /app -- true".to_owned()),
        (64, None, "--path app -- true".to_owned()),
        (64, None, "--path /app --case lower -- true".to_owned()),
        (
            64,
            Some(Fault::Validation),
            "--path /app -- true".to_owned(),
        ),
        (65, None, "--path /bad -- true".to_owned()),
        (65, None, "--path /big -- true".to_owned()),
        (66, None, "--path /none -- true".to_owned()),
        (66, None, "--path /app --require NOPE -- true".to_owned()),
        (
            70,
            Some(Fault::RepeatedToken),
            "--path /app -- true".to_owned(),
        ),
        (
            75,
            Some(Fault::ThrottleRetryAfterSeconds(60)),
            "--path /app --timeout 30s -- true".to_owned(),
        ),
        (
            77,
            Some(Fault::AccessDenied),
            "--path /app -- true".to_owned(),
        ),
        (
            78,
            None,
            "--path /app --region eu_central_1 -- true".to_owned(),
        ),
        (126, None, format!("--path /app -- {plain}")),
        (127, None, "--path /app -- jaav".to_owned()),
        (127, None, format!("--path /app -- {script}")),
    ] {
        let words: Vec<&str> = options.split_whitespace().collect();
        let mut printed = Vec::new();
        for arguments in [words.clone(), check(&options)] {
            // Both are the first to send a request.
            let world = World {
                server: crate::support::Server::start_at(0, &world.store, None).unwrap(),
                store: world.store.clone(),
                directory: crate::support::Directory::new(),
            };
            world.server.set_faults(fault.clone().map(Fault::always));
            let ended = world.envsecrets(&arguments).run();
            assert_eq!(ended.code, Some(code), "{arguments:?}: {}", ended.stderr);
            let port = world.server.port().to_string();
            // `check` goes on with how to allow what was refused.
            let more = ["the missing statement: ", "`envsecrets policy` "];
            let more = more.map(|more| format!("envsecrets: hint: {more}"));
            let lines = ended.stderr.split_inclusive('\n');
            let lines = lines.filter(|line| !more.iter().any(|it| line.starts_with(it.as_str())));
            let stderr = lines.collect::<String>().replace(&port, "PORT");
            // How much time was left is different each time.
            printed.push(stderr.split(" wait ").next().unwrap().to_owned());
        }
        assert_eq!(printed[0], printed[1], "{options}");
        let json = format!("--format json {options}");
        world.server.set_faults(fault.map(Fault::always));
        let ended = world.envsecrets(&check(&json)).run();
        assert_eq!(ended.code, Some(code), "{json}");
        if code != 64 || !ended.stdout.is_empty() {
            assert_eq!(report(&ended.stdout)["exit_code"], code, "{json}");
        }
    }
}

#[test]
fn a_reader_that_goes_away_changes_no_exit_code_and_a_closed_stdout_is_an_error() {
    let world = detailed();
    for (options, closed) in [
        ("--path /app", 74),
        ("--path /app --format json", 74),
        // What a launch would report comes first.
        ("--path /none", 66),
        ("--path /none --format json", 66),
    ] {
        let code = world.envsecrets(&check(options)).run().code;
        let mut launch = world.envsecrets(&check(options));
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        launch.command.stdout(writer);
        assert_eq!(launch.run().code, code, "{options}");
        let mut launch = world.envsecrets(&check(options));
        launch.before(|| {
            // SAFETY: `close` is async-signal-safe.
            unsafe { nix::libc::close(1) };
            Ok(())
        });
        let ended = launch.run();
        assert_eq!(ended.code, Some(closed), "{options}");
        // Without variables there is no table.
        let reported = ended.stderr.contains(
            "envsecrets: error: cannot write to standard output\n\
             envsecrets:   caused by: Bad file descriptor (os error 9)\n",
        );
        assert_eq!(reported, options != "--path /none", "{ended:?}");
    }
}

#[test]
fn the_same_parameters_give_the_same_report() {
    let world = detailed();
    world.store.generate("/app/many", 30);
    let report = || world.envsecrets(&check(TELLING)).run().ok();
    assert_eq!(report(), report());
}
