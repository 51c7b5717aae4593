//! `envsecrets.toml`: what a repository declares of the secrets that its program needs.

mod several_files;

use std::path::Path;

use serde_json::json;

use crate::support::{Ended, Fault, Launch, SENTINEL, World, can, leak, which, world_with};

/// A launcher that starts in a directory where this contract is.
fn holding(world: &World, contract: &str, arguments: &[&str]) -> Launch {
    world.directory.file("envsecrets.toml", contract, 0o644);
    let mut launch = world.envsecrets(arguments);
    launch.command.current_dir(world.directory.path());
    launch
}

/// The same with that contract, these options and this program.
fn under(world: &World, contract: &str, options: &str, program: &[&str]) -> Launch {
    let config = "--config envsecrets.toml ".to_owned() + options;
    let options = config.split_whitespace().chain(["--"]);
    let arguments: Vec<&str> = options.chain(program.iter().copied()).collect();
    holding(world, contract, &arguments)
}

/// A check of it.
fn check(world: &World, contract: &str, options: &str) -> Ended {
    let options = format!("check --config envsecrets.toml {options}");
    let arguments: Vec<&str> = options.split_whitespace().collect();
    holding(world, contract, &arguments).run()
}

const SHOW: [&str; 3] = ["sh", "-c", r#"echo "$A $B $C""#];

#[test]
fn a_launch_takes_from_the_file_what_is_not_given_elsewhere() {
    let world = world_with(&[
        ("/base/a", "base"),
        ("/base/b", "base"),
        ("/app/a", "app"),
        ("/extra/c", "extra"),
        ("/app/tls", "left out"),
        ("/one", "one"),
    ]);
    let contract = "\
path = ['/base', '/app']
optional-path = ['/none', '/extra']
exclude = ['tls']
secret = ['D=/one']
preserve-env = ['B']
clean-env = true
keep = ['B', 'PATH']
unset = ['PATH']
";
    let mut launch = under(&world, contract, "", &["/usr/bin/env"]);
    launch.env("B", "inherited").env("OTHER", "x");
    assert_eq!(launch.run().ok(), "B=inherited\nA=app\nC=extra\nD=one\n");
}

#[test]
fn every_kind_of_setting_has_its_kind_of_value() {
    let world = world_with(&[("/app/Db/x", "1")]);
    for (settings, name) in [
        ("path = ['/app']", "DB_X"),
        ("path = ['/app']\ncase = 'keep'", "Db_x"),
        ("path = ['/app']\nname-from = 'leaf'", "X"),
        ("path = ['/app']\nprefix = \"TF_VAR_\"", "TF_VAR_DB_X"),
        ("path = ['/app']\nseparator = \"__\"", "DB__X"),
        ("path = ['/app']\nrename = ['Db/x=Y']", "Y"),
        (
            "path = ['/app']\ntimeout = '30s'\nclean-env = false",
            "DB_X",
        ),
        ("path = ['/app']\npreserve-env = true", "DB_X"),
        ("path = ['/app']\npreserve-env = false", "DB_X"),
        ("path = ['/app']\nrequire = ['DB_X', 'DB_*']", "DB_X"),
    ] {
        let text = under(&world, settings, "", &["env"]).run().ok();
        assert!(
            text.contains(&format!("\n{name}=1\n")),
            "{settings}: {text}"
        );
    }
}

#[test]
fn flags_beat_variables_which_beat_a_profile_which_beats_the_top_of_the_file() {
    let world = world_with(&[
        ("/top/a", "top"),
        ("/profile/a", "profile"),
        ("/variable/a", "variable"),
        ("/flag/a", "flag"),
    ]);
    let contract = "path = ['/top']\n[profiles.prd]\npath = ['/profile']\n";
    let profile = "--config-profile prd";
    let flag = "--config-profile prd --path /flag";
    for (options, variable, value) in [
        ("", None, "top"),
        (profile, None, "profile"),
        (profile, Some("/variable"), "variable"),
        (flag, Some("/variable"), "flag"),
        (flag, None, "flag"),
        ("", Some(""), "top"),
    ] {
        let mut launch = under(&world, contract, options, &["printenv", "A"]);
        if let Some(path) = variable {
            launch.env("ENVSECRETS_PATH", path);
        }
        assert_eq!(
            launch.run().ok(),
            format!("{value}\n"),
            "{options} {variable:?}"
        );
    }
}

#[test]
fn an_image_finds_its_contract_by_variables() {
    let world = world_with(&[("/prd/a", "prd"), ("/dev/a", "dev")]);
    let contract = "[profiles.dev]\npath = ['/dev']\n[profiles.prd]\npath = ['/prd']\n";
    for (profile, value) in [("dev", "dev\n"), ("prd", "prd\n")] {
        let mut launch = holding(&world, contract, &["--", "printenv", "A"]);
        launch
            .env("ENVSECRETS_CONFIG", "envsecrets.toml")
            .env("ENVSECRETS_CONFIG_PROFILE", profile);
        assert_eq!(launch.run().ok(), value);
    }
}

#[test]
fn a_file_that_is_not_named_is_not_read() {
    let world = world_with(&[("/app/a", "1")]);
    let arguments = ["--path", "/app", "--", "printenv", "A"];
    let mut launch = holding(&world, "path = [[[ invalid", &arguments);
    assert_eq!(launch.run().ok(), "1\n");
}

#[test]
fn a_profile_changes_the_region_and_whatever_else_it_names() {
    let world = world_with(&[("/app/a", "1"), ("/one", "top"), ("/dev/one", "dev")]);
    let contract = "\
path = ['/app']
region = 'eu-central-1'

[variables.B]
from = '/one'

[profiles.dev]
region = 'eu-west-1'
secret = ['B=/dev/one']
";
    for (options, region, b) in [
        ("", "eu-central-1", "top"),
        ("--config-profile dev", "eu-west-1", "dev"),
        (
            "--config-profile dev --region us-east-2",
            "us-east-2",
            "dev",
        ),
    ] {
        world.server.clear_requests();
        let ended = under(&world, contract, options, &SHOW).run();
        assert_eq!(ended.ok(), format!("1 {b} \n"));
        for request in world.server.requests() {
            assert_eq!(request.region.as_deref(), Some(region), "{options}");
        }
    }
}

#[test]
fn all_that_is_missing_is_reported_at_once_with_what_it_is_for() {
    let world = world_with(&[("/app/a", "1")]);
    let contract = "\
path = ['/app']
require = ['Z_*', 'B']
[variables.A]
[variables.B]
description = 'Password of the database user `app`'
[variables.C]
description = ''
[variables.D]
required = false
description = 'Not needed by any program'
";
    let printed = "\
envsecrets: error: Z_*, B (Password of the database user `app`), C are required, but missing
envsecrets: hint: `envsecrets check` with the same options lists what exists; a parameter may have been deleted or have expired
";
    let ended = under(&world, contract, "", &["echo", "started"]).run();
    assert_eq!(ended.failed(66), printed);
    let ended = check(&world, contract, "--names-only");
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(66), printed));

    // What is inherited on purpose counts, as for `--require`.
    let options = "--preserve-env=Z_*,B,C";
    let mut launch = under(&world, contract, options, &SHOW);
    launch.env("Z_1", "z").env("B", "mine").env("C", "mine");
    assert_eq!(launch.run().ok(), "1 mine mine\n");
}

#[test]
fn a_variable_can_come_from_one_parameter() {
    let world = world_with(&[("/app/a", "path"), ("/one", "v1"), ("/one", "v2")]);
    world.store.label("/one", 1, "live");
    let contract = "\
path = ['/app']
[variables.A]
from = '/one:live'
[variables.B]
from = '/one'
";
    assert_eq!(under(&world, contract, "", &SHOW).run().ok(), "v1 v2 \n");
    // A flag is for this call, and beats it, and so does a variable.
    let ended = under(&world, contract, "--secret A=/one:2", &SHOW).run();
    assert_eq!(ended.ok(), "v2 v2 \n");
    let mut launch = under(&world, contract, "", &SHOW);
    let ended = launch.env("ENVSECRETS_SECRET", "B=/app/a").run();
    assert_eq!(ended.ok(), "v1 path \n");
    let ended = under(&world, contract, "--file A=/one", &["sh", "-c", "cat $A"]).run();
    assert_eq!(ended.ok(), "v2");
    // The table shows where it is from as always.
    let names = check(&world, contract, "--format names").ok();
    assert_eq!(names, "A=/one:live\nB=/one\n");
}

#[test]
fn a_single_parameter_that_is_missing_is_reported_with_what_requires_it() {
    let world = world_with(&[("/app/a", "path")]);
    let contract = "path = ['/app']\n[variables.TOKEN]\nfrom = '/gone'\n";
    let ended = under(&world, contract, "", &["echo", "started"]).run();
    assert_eq!(
        ended.failed(66),
        format!(
            "\
envsecrets: error: parameter `/gone` does not exist in us-east-1 at {}
envsecrets:   caused by: `/gone` is for TOKEN (from envsecrets.toml, line 2, column 12)
envsecrets: hint: check names, versions, labels, account and region for typos
",
            world.server.url()
        )
    );
}

#[test]
fn a_single_parameter_that_may_be_missing_is_not_waited_for() {
    let world = world_with(&[("/there", "there")]);
    let contract = "\
[variables.A]
from = '/gone'
required = false
[variables.B]
from = '/there'
required = false
[variables.C]
from = '/gone'
file = true
required = false
";
    let ended = under(&world, contract, "", &SHOW).run();
    assert_eq!(ended.ok(), " there \n");
    assert_eq!(world.server.calls(), 1);
    // Unless something else needs the same one, or a flag names it.
    for more in [
        "--secret D=/gone",
        "--secret A=/gone",
        "--json /gone",
        "--resolve",
    ] {
        let mut launch = under(&world, contract, more, &SHOW);
        let ended = launch.env("E", "ssm:///gone").run();
        let printed = ended.failed(66);
        assert!(
            printed.starts_with("envsecrets: error: parameter `/gone` does not exist"),
            "{printed}"
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_variable_can_be_a_file() {
    let world = world_with(&[("/key", "-----KEY-----\n"), ("/p12", "AP8K")]);
    let contract = "\
[variables.KEY]
from = '/key'
file = true
pattern = '(?s)-----KEY-----.*'

[variables.P12]
from = 'base64:/p12'
file = true
";
    let program = ["sh", "-c", "cat $KEY; od -An -tx1 $P12; echo $KEY"];
    let text = under(&world, contract, "", &program).run().ok();
    let (content, path) = text.split_at("-----KEY-----\n 00 ff 0a\n".len());
    assert_eq!(content, "-----KEY-----\n 00 ff 0a\n");
    assert!(path.starts_with("/proc/self/fd/"), "{path}");

    let wrong = contract.replace("(?s)-----KEY-----.*", "/proc/self/fd/.*");
    let ended = under(&world, &wrong, "", &["echo", "started"]).run();
    assert_eq!(
        ended.failed(65).lines().next().unwrap(),
        "envsecrets: error: the value of `/key`, for KEY, does not match `/proc/self/fd/.*` \
         (from envsecrets.toml, line 1, column 12)"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_can_have_a_path_in_memory_and_nowhere_else() {
    let world = world_with(&[("/key", "key")]);
    let contract = |path: &str| format!("[variables.KEY]\nfrom = '/key'\nfile = '{path}'\n");
    let disk = world.directory.path().join("key").display().to_string();
    let story = "a_file_can_have_a_path_in_memory_and_nowhere_else";
    if can(story, "/dev/shm", Path::new("/dev/shm").is_dir()) {
        let memory = format!("/dev/shm/envsecrets-contract-{}", std::process::id());
        let program = ["sh", "-c", "echo $KEY; cat $KEY"];
        let ended = under(&world, &contract(&memory), "", &program).run();
        let _ = std::fs::remove_file(&memory);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert_eq!(ended.text(), format!("{memory}\nkey"));
    }
    for (path, error) in [
        (
            "run/key",
            "`run/key`, in `--file` for KEY, is not a path: it does not begin with `/` (from \
             envsecrets.toml, line 1, column 12)"
                .to_owned(),
        ),
        (
            "/run/",
            "`/run/`, in `--file` for KEY, is not a file name: it ends with `/` (from envsecrets.toml, \
             line 1, column 12)"
                .to_owned(),
        ),
    ] {
        let ended = under(&world, &contract(path), "", &["echo", "started"]).run();
        let first = ended.failed(64).lines().next().unwrap();
        assert_eq!(first, format!("envsecrets: error: {error}"));
    }
    assert!(!Path::new(&disk).exists());
}

#[test]
fn a_value_that_does_not_match_its_pattern_starts_nothing_and_is_not_shown() {
    let world = world_with(&[
        ("/app/a", SENTINEL),
        ("/app/b", SENTINEL),
        ("/one", SENTINEL),
    ]);
    let contract = "\
path = ['/app']
[variables.A]
pattern = '[a-z]+'
[variables.B]
pattern = 's3ntinel-.*'
[variables.C]
from = '/one:1'
pattern = 's3ntinel'
";
    let printed = "\
envsecrets: error: the value of `/app/a`, for A, does not match `[a-z]+` (from envsecrets.toml, line 2, column 12)
envsecrets: error: the value of `/one`, for C, does not match `s3ntinel` (from envsecrets.toml, line 6, column 12)
envsecrets: hint: a `pattern` must match the whole value, a line end at its end too; no value is ever shown: check it where it is stored
";
    let ended = under(&world, contract, "", &["echo", "started"]).run();
    assert_eq!(ended.failed(65), printed);
    let ended = check(&world, contract, "");
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(65), printed));
    // Values that are not read cannot be checked.
    assert_eq!(check(&world, contract, "--names-only").code, Some(0));
}

#[test]
fn an_inherited_value_that_wins_must_match_too() {
    let world = world_with(&[("/app/a", "lower")]);
    let contract = "path = ['/app']\n[variables.A]\npattern = '[a-z]+'\n[variables.B]\nrequired = false\npattern = '\\d'\n";
    for (options, inherited, fails) in [
        ("", "UPPER", None),
        ("--preserve-env", "lower", None),
        ("--preserve-env", "UPPER", Some("A")),
        ("--preserve-env=B", "x", Some("B")),
        ("--preserve-env=B", "7", None),
    ] {
        let mut launch = under(&world, contract, options, &["echo", "started"]);
        let name = if options.ends_with('B') { "B" } else { "A" };
        let ended = launch.env(name, inherited).run();
        match fails {
            None => assert_eq!(ended.ok(), "started\n"),
            Some(name) => {
                let start = format!(
                    "envsecrets: error: the inherited value of {name}, which is kept, does not match"
                );
                assert!(ended.failed(65).starts_with(&start), "{ended:?}");
            }
        }
    }
}

#[test]
fn a_value_that_is_inherited_for_want_of_a_secret_must_match() {
    let world = world_with(&[("/app/a", "1")]);
    let contract = "path = ['/app']\n[variables.LEVEL]\nrequired = false\npattern = 'info|debug'\n";
    let program = ["sh", "-c", "echo $LEVEL"];
    let mut launch = under(&world, contract, "", &program);
    assert_eq!(launch.env("LEVEL", "info").run().ok(), "info\n");
    let mut launch = under(&world, contract, "", &program);
    assert_eq!(
        launch.env("LEVEL", SENTINEL).run().failed(65),
        "\
envsecrets: error: the inherited value of LEVEL, for which no secret exists, does not match `info|debug` (from envsecrets.toml, line 2, column 12)
envsecrets: hint: a `pattern` must match the whole value, a line end at its end too; no value is ever shown: check it where it is stored
"
    );
    // One that the program does not get counts for nothing, and neither does one that a secret
    // replaces.
    for options in [
        "--unset LEVEL",
        "--clean-env --keep PATH",
        "--secret LEVEL=/info",
    ] {
        world.store.put("/info", "info");
        let mut launch = under(&world, contract, options, &["true"]);
        assert_eq!(launch.env("LEVEL", "x").run().ok(), "", "{options}");
    }
}

#[test]
fn a_check_has_a_row_for_what_may_be_missing() {
    let world = world_with(&[("/app/a", "1"), ("/app/tls/key", "1")]);
    let contract = "\
path = ['/app']
exclude = ['tls/*']
[variables.A]
[variables.MAYBE]
required = false
[variables.TLS_KEY]
required = false
";
    let mut launch = holding(&world, contract, &["check", "--config", "envsecrets.toml"]);
    let ended = launch.env("MAYBE", "x").run();
    let text = ended.ok();
    let rows: Vec<Vec<&str>> = text
        .lines()
        .filter(|line| line.starts_with("MAYBE") || line.starts_with("TLS_KEY"))
        .map(|line| line.split_whitespace().collect())
        .collect();
    let note = "- - - - - - not required, no secret";
    assert_eq!(
        rows.iter().map(|row| row.join(" ")).collect::<Vec<_>>(),
        [
            format!("MAYBE {note}; the inherited one is passed"),
            format!("TLS_KEY {note}; left out: /app/tls/key by --exclude tls/*"),
        ]
    );
    let ended = check(&world, contract, "--format json --names-only");
    let report: serde_json::Value = serde_json::from_slice(&ended.stdout).unwrap();
    assert_eq!(
        report["absent"],
        json!([
            { "name": "MAYBE", "from": "envsecrets.toml, line 4, column 12", "inherited": false },
            {
                "name": "TLS_KEY",
                "from": "envsecrets.toml, line 6, column 12",
                "inherited": false,
                "left_out": "/app/tls/key by --exclude tls/*",
            },
        ])
    );
}

#[test]
fn what_is_missing_is_explained_by_what_exists() {
    let world = world_with(&[
        ("/app/db/password", "1"),
        ("/app/tls/key", "1"),
        ("/app/old", "1"),
    ]);
    let contract = "\
path = ['/app']
exclude = ['tls/*']
[variables.DB_PASSWROD]
[variables.OLD]
[variables.TLS_KEY]
";
    let printed = "\
envsecrets: error: DB_PASSWROD, TLS_KEY are required, but missing
envsecrets:   caused by: TLS_KEY (`/app/tls/key`) is left out by `--exclude tls/*` (from envsecrets.toml, line 2, column 11)
envsecrets: hint: did you mean DB_PASSWORD (`/app/db/password`) instead of DB_PASSWROD?
";
    let ended = under(&world, contract, "", &["echo", "started"]).run();
    assert_eq!(ended.failed(66), printed);
    let without = contract.replace("[variables.DB_PASSWROD]\n", "");
    let ended = under(&world, &without, "", &["echo", "started"]).run();
    assert_eq!(
        ended.failed(66),
        "\
envsecrets: error: TLS_KEY is required, but missing
envsecrets:   caused by: TLS_KEY (`/app/tls/key`) is left out by `--exclude tls/*` (from envsecrets.toml, line 2, column 11)
envsecrets: hint: change `exclude` or `only`, or do not require what they leave out
"
    );
    // The same without a contract.
    let ended = world
        .launch("--path /app --only old --require DB_PASSWORD", &["true"])
        .run();
    assert_eq!(
        ended.failed(66),
        "\
envsecrets: error: DB_PASSWORD is required, but missing
envsecrets:   caused by: DB_PASSWORD (`/app/db/password`) is left out by `--only`
envsecrets: hint: change `exclude` or `only`, or do not require what they leave out
"
    );
}

#[test]
fn a_declared_variable_can_be_the_fingerprint() {
    let world = world_with(&[("/app/a", "1")]);
    let contract =
        "path = ['/app']\nfingerprint = 'FP'\nstrict = true\n[variables.A]\n[variables.FP]\n";
    let ended = under(&world, contract, "", &["sh", "-c", "echo ${FP%%:*}"]).run();
    assert_eq!(ended.ok(), "envsecrets-v2\n");
    let ended = check(&world, contract, "--names-only");
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

#[test]
fn a_profile_clears_settings_and_changes_variables() {
    let world = world_with(&[("/app/a", "1"), ("/app/b", "x")]);
    let contract = "\
path = ['/app']
region = 'eu-central-1'
prefix = 'P_'
[variables.P_A]
[variables.GONE]
[variables.P_B]
pattern = 'x'

[profiles.dev]
region = false
prefix = false
strict = false
[profiles.dev.variables]
P_A = { required = false }
GONE = { required = false }
P_B = { required = false, pattern = false }

[profiles.prd.variables]
GONE = { required = false }
P_B = { pattern = 'y' }
";
    let show = ["sh", "-c", "echo $A $P_A"];
    let ended = under(&world, contract, "--config-profile dev", &show).run();
    assert_eq!(ended.ok(), "1\n");
    for request in world.server.requests() {
        assert_eq!(request.region.as_deref(), Some("us-east-1"));
    }
    let ended = under(&world, contract, "", &show).run();
    assert_eq!(
        ended.failed(66).lines().next(),
        Some("envsecrets: error: GONE is required, but missing")
    );
    let ended = under(&world, contract, "--config-profile prd", &show).run();
    assert_eq!(
        ended.failed(65).lines().next(),
        Some(
            "envsecrets: error: the value of `/app/b`, for P_B, does not match `y` (from \
             envsecrets.toml, line 20, column 1)"
        )
    );
}

const STRICT: &str = "\
path = ['/app']
exclude = ['tls/*']
[variables.A]
[variables.GONE]
[variables.MAYBE]
required = false
";

#[test]
fn what_exists_undeclared_is_reported_at_once_with_what_is_missing() {
    let world = world_with(&[
        ("/app/a", SENTINEL),
        ("/app/old/key", SENTINEL),
        ("/app/older", SENTINEL),
        ("/app/tls/key", SENTINEL),
        ("/one", SENTINEL),
    ]);
    let undeclared = "\
envsecrets: error: OLDER (`/app/older`), OLD_KEY (`/app/old/key`), ONE (`/one`) are not declared in `envsecrets.toml`
";
    let missing = "envsecrets: error: GONE is required, but missing\n";
    let hints = "\
envsecrets: hint: `envsecrets check` with the same options lists what exists; a parameter may have been deleted or have expired
envsecrets: hint: declare it, as `[variables.NAME]`, leave it out with `exclude`, or delete the parameter if nothing needs it
";
    let (first_hint, last_hint) = hints.split_at(hints.find('\n').unwrap() + 1);
    for options in ["--strict", "--strict --names-only"] {
        let ended = check(&world, STRICT, &format!("{options} --secret ONE=/one"));
        assert_eq!(ended.stderr, format!("{missing}{undeclared}{hints}"));
        assert_eq!(ended.code, Some(66), "{options}");
    }
    let without = STRICT.replace("[variables.GONE]\n", "");
    let options = "--strict --secret ONE=/one";
    let ended = check(&world, &without, options);
    assert_eq!(ended.stderr, format!("{undeclared}{last_hint}"));
    assert_eq!(ended.code, Some(65));
    // A launch holds to it as well.
    let ended = under(&world, &without, options, &["echo", "started"]).run();
    assert_eq!(ended.failed(65), format!("{undeclared}{last_hint}"));
    let strict = format!("strict = true\n{without}");
    let ended = under(&world, &strict, "--secret ONE=/one", &["echo", "started"]).run();
    assert_eq!(ended.failed(65), format!("{undeclared}{last_hint}"));
    // Without the word it is no problem.
    let ended = check(&world, STRICT, "");
    assert_eq!(ended.stderr, format!("{missing}{first_hint}"));
}

#[test]
fn a_check_for_ci_needs_the_right_to_list_and_no_other() {
    let world = world_with(&[
        ("/app/a", SENTINEL),
        ("/app/b", SENTINEL),
        ("/one", SENTINEL),
    ]);
    world.server.set_faults([Fault::KmsAccessDenied.always()]);
    let contract = "\
path = ['/app']
[variables.A]
pattern = 'not looked at'
[variables.B]
[variables.C]
from = '/one'
";
    let ended = check(&world, contract, "--strict --names-only --format json");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let report: serde_json::Value = serde_json::from_slice(&ended.stdout).unwrap();
    assert_eq!(report["problems"], json!([]));
    let names: Vec<&str> = report["variables"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["A", "B", "C"]);
    for request in world.server.requests() {
        assert_eq!(request.body["WithDecryption"], false, "{request:?}");
    }
    // With values the refusal is reported, as by a launch.
    assert_eq!(check(&world, contract, "--strict").code, Some(77));
}

#[test]
fn profiles_of_which_none_is_chosen_are_named_where_nothing_is_read() {
    let world = world_with(&[("/prd/a", "1")]);
    let contract = "[profiles.prd]\npath = ['/prd']\n[profiles.dev]\npath = ['/dev']\n";
    for (contract, options, error, hint) in [
        (
            contract,
            "",
            "no secrets given: `envsecrets.toml` gives them in its profiles",
            "choose one with `--config-profile`: `dev`, `prd`",
        ),
        (
            contract,
            "--config-profile prod",
            "`envsecrets.toml` has no profile `prod`",
            "did you mean `prd`? its profiles are `dev`, `prd`",
        ),
        (
            "[variables.A]",
            "",
            "no secrets given: `envsecrets.toml` gives none",
            "add path = [\"/prd/app\"] to it, or use `--path PATH`",
        ),
    ] {
        let ended = under(&world, contract, options, &["echo", "started"]).run();
        assert_eq!(
            ended.failed(64),
            format!("envsecrets: error: {error}\nenvsecrets: hint: {hint}\n")
        );
    }
    assert_eq!(world.server.calls(), 0);
}

#[test]
fn mistakes_are_reported_with_their_place_in_the_file() {
    let world = world_with(&[("/prd/app/x", "1")]);
    let secret =
        "the form is `--secret NAME=PARAMETER`, such as `--secret DB_PASSWORD=/prd/app/db:live`";
    for (contract, error, hint) in [
        (
            "\npath = ['prd/app']",
            "`--path prd/app` is not a path: it does not begin with `/` (from envsecrets.toml, line 2, column 8)",
            "did you mean `/prd/app`? a single parameter is `--secret NAME=prd/app`",
        ),
        (
            "path = ['/prd/app']\ntimeout = '30'",
            "`--timeout 30` is not a duration: time unit needed, for example 30sec or 30ms (from envsecrets.toml, line 2, column 11)",
            "write it like `30s`, `500ms` or `2m`; `0` means no limit",
        ),
        (
            "path = ['/prd/app']\n[profiles.p]\nlabel = ''",
            "`--label` is empty (from envsecrets.toml, line 3, column 9)",
            "give it a value, or leave it out",
        ),
        (
            "path = ['/prd/app']\nkeep = ['HOME']",
            "`--keep` does nothing without `--clean-env` (from envsecrets.toml, line 2, column 8)",
            "add `--clean-env`, or leave `--keep` out: everything is inherited anyway",
        ),
        (
            "path = ['/prd/app']\nonly = ['db/*', '[a']",
            "`--only [a` is not a pattern: unclosed character class; missing ']' (from envsecrets.toml, line 2, column 8)",
            "`*`, `**`, `?`, `[ab]` and `{a,b}` have a meaning; `\\` takes it away",
        ),
        (
            "path = ['/prd/app']\n[variables.X]\nfrom = '/a:'",
            "`/a:`, for X, ends with a colon, but has no version or label (from envsecrets.toml, line 2, column 12)",
            secret,
        ),
        (
            "path = ['/prd/app']\n[variables.X]\nfrom = 'base64:/a'",
            "the `from` of X begins with `base64:`, and X has no `file` (from envsecrets.toml, line 2, column 12)",
            "add file = true, or leave it out: only the content of a file is decoded",
        ),
        (
            "path = ['/prd/app']\nfile-owner = 'app'",
            "`--file-owner` does nothing without `--file` (from envsecrets.toml, line 2, column 14)",
            "add `--file NAME=PARAMETER`, or leave `--file-owner` out",
        ),
        (
            "path = ['/prd/app']\n[variables.X]\nrequried = true",
            "unknown key `requried` (from envsecrets.toml, line 3, column 1)",
            "did you mean `required`?",
        ),
        (
            "path = ['/prd/app']\ncase = 'lower'",
            "`case` is `lower`, and must be one of `upper`, `keep` (from envsecrets.toml, line 2, column 8)",
            "see `envsecrets --help` for what the option takes",
        ),
    ] {
        let options = if contract.contains("profiles.p]") {
            "--config-profile p"
        } else {
            ""
        };
        let ended = under(&world, contract, options, &["echo", "started"]).run();
        assert_eq!(
            ended.failed(64),
            format!("envsecrets: error: {error}\nenvsecrets: hint: {hint}\n"),
            "{contract}"
        );
    }
    for (options, error, hint) in [
        (
            "--path /prd/app --strict",
            "`--strict` does nothing without `--config`",
            "add `--config FILE`, or leave `--strict` out",
        ),
        (
            "--path /prd/app --config-profile prd",
            "`--config-profile` does nothing without `--config`",
            "add `--config FILE`, or leave `--config-profile` out",
        ),
        (
            "--path /prd/app --config=",
            "`--config` is empty",
            "give it a value, or leave it out",
        ),
    ] {
        let ended = world.launch(options, &["echo", "started"]).run();
        assert_eq!(
            ended.failed(64),
            format!("envsecrets: error: {error}\nenvsecrets: hint: {hint}\n")
        );
    }
    assert_eq!(world.server.calls(), 0, "a mistake costs no API call");
}

#[test]
fn all_mistakes_are_reported_at_once_with_their_lines() {
    let world = world_with(&[("/prd/app/x", "1")]);
    let contract = "\
regoin = 'eu-central-1'
pth = ['/prd/app']
timeout = 'soon'
[variables.X]
requried = false
pattern = '[a'
[variables.db-password]
[profiles.dev]
regoin = 'eu-west-1'
path = ['dev/app']
clean-env = 'true'
[profiles.dev.variables.Y]
required = false
";
    let printed = "\
envsecrets: error: unknown key `regoin` (from envsecrets.toml, line 1, column 1)
envsecrets: error: unknown key `pth` (from envsecrets.toml, line 2, column 1)
envsecrets: error: `--timeout soon` is not a duration: expected number at 0 (from envsecrets.toml, line 3, column 11)
envsecrets: error: unknown key `requried` (from envsecrets.toml, line 5, column 1)
envsecrets: error: `[a`, the `pattern` of X, is not a regular expression: unclosed character class (from envsecrets.toml, line 6, column 11)
envsecrets: error: `db-password`, in `[variables]`, is not a valid variable name (from envsecrets.toml, line 7, column 12)
envsecrets: error: unknown key `regoin` (from envsecrets.toml, line 9, column 1)
envsecrets: error: `--path dev/app` is not a path: it does not begin with `/` (from envsecrets.toml, line 10, column 8)
envsecrets: error: `clean-env` is a string, and must be `true` or `false` (from envsecrets.toml, line 11, column 13)
envsecrets: error: Y, in `[profiles.dev.variables]`, is not in `[variables]` (from envsecrets.toml, line 12, column 25)
envsecrets: hint: lines 1, 9: did you mean `region`?
envsecrets: hint: line 2: did you mean `path`?
envsecrets: hint: line 3: write it like `30s`, `500ms` or `2m`; `0` means no limit
envsecrets: hint: line 5: did you mean `required`?
envsecrets: hint: line 6: the syntax is that of Rust's crate `regex`, and it must match the whole value; in single quotes TOML keeps `\\`: pattern = '\\d+'
envsecrets: hint: line 7: names are letters, digits and `_`, and do not begin with a digit
envsecrets: hint: line 10: did you mean `/dev/app`? a single parameter is `--secret NAME=dev/app`
envsecrets: hint: line 11: remove the quotes
envsecrets: hint: line 12: did you mean `X`?
";
    let printed = printed.replace(
        "did you mean `X`?",
        "a profile changes `required` and `pattern` of variables that are declared: add \
         `[variables.Y]`",
    );
    let ended = under(&world, contract, "", &["echo", "started"]).run();
    assert_eq!(ended.failed(64), printed);
    let ended = check(&world, contract, "--config-profile dev");
    assert_eq!(ended.failed(64), printed);

    // Not more than can be read.
    let many: String = (0..130).map(|number| format!("x{number} = 1\n")).collect();
    let ended = under(&world, &many, "", &["echo", "started"]).run();
    let lines: Vec<&str> = ended.failed(64).lines().collect();
    assert_eq!(lines.len(), 103);
    assert_eq!(
        lines[100..],
        [
            "envsecrets: error: `envsecrets.toml` has 30 more problems",
            "envsecrets: hint: keys are the names of options, without their dashes: see \
             `envsecrets --help`",
            "envsecrets: hint: correct the first ones, then try again: the rest may have the same \
             reason",
        ]
    );
    assert_eq!(world.server.calls(), 0);
}

#[test]
fn a_hint_names_what_was_meant() {
    let world = world_with(&[("/prd/app/x", "1")]);
    let at = |line: usize, column: usize| {
        format!(" (from envsecrets.toml, line {line}, column {column})")
    };
    for (contract, code, error, hint) in [
        (
            "[variables.X]\npattern = \"\\d+\"",
            78,
            "`envsecrets.toml` is not TOML: missing escaped value, expected `b`, `e`, `f`, `n`, \
             `r`, `\\`, `\"`, `x`, `u`, `U` (line 2, column 13)"
                .to_owned(),
            "in double quotes TOML reads `\\` as the beginning of an escape; in single quotes it \
             stays as written: pattern = '\\d+'",
        ),
        (
            "[variables.X]\npattern = \"\\bfoo\\b\"",
            64,
            "the `pattern` of X contains a backspace".to_owned() + &at(2, 11),
            "in double quotes TOML reads `\\b` as a backspace; in single quotes it stays as \
             written: pattern = '\\bfoo\\b'",
        ),
        (
            "[profile.dev]\npath = ['/dev/app']",
            64,
            "`profile` is a table, and must be a string".to_owned() + &at(1, 2),
            "did you mean `[profiles.dev]`? `profile` is the AWS profile",
        ),
        (
            "[variables.X]\n[profiles.dev.variables.X]\nfrom = '/dev/x'",
            64,
            "unknown key `from`".to_owned() + &at(3, 1),
            "in a profile write secret = [\"X=/dev/app/db\"], or file = [\"X=/dev/app/db\"] for a \
             file",
        ),
        (
            "[variables.X]\nfrom = '/x'\nfile = ''",
            64,
            "the `file` of X is empty".to_owned() + &at(3, 8),
            "`true` passes the value in memory, and a path puts it there: file = true, or file = \
             \"/run/app/tls.key\"",
        ),
        (
            "[variables.X]\nfrom = ''",
            64,
            "the `from` of X is empty".to_owned() + &at(2, 8),
            "name the parameter, from = \"/prd/app/db\", or leave it out where a path gives it",
        ),
        (
            "file-owner = 1000",
            64,
            "`file-owner` is a number, and must be a string".to_owned() + &at(1, 14),
            "put strings in quotes: file-owner = \"1000\"",
        ),
        (
            "region = \"eu\\u0000\"",
            64,
            "`region` contains a NUL character".to_owned() + &at(1, 10),
            "no option and no variable can contain one: remove it",
        ),
        (
            "path = [\"/a\\u0000\"]",
            64,
            "`path` contains a NUL character".to_owned() + &at(1, 8),
            "no option and no variable can contain one: remove it",
        ),
        (
            "[vars.X]",
            64,
            "unknown key `vars`".to_owned() + &at(1, 2),
            "did you mean `[variables.X]`?",
        ),
        (
            "[secret.X]\nfrom = '/x'",
            64,
            "`secret` is a table, and must be a list of strings".to_owned() + &at(1, 2),
            "did you mean `[variables.X]`?",
        ),
        (
            "[variables]\nX = '/x'",
            64,
            "`X` is a string, and must be a table".to_owned() + &at(2, 1),
            "a variable is a table: X = {} if a path gives it, or X = { from = \"/prd/app/db\" }",
        ),
        (
            "[profiles]\nregion = 'x'",
            64,
            "`region` is a string, and must be a table".to_owned() + &at(2, 1),
            "the keys of a profile are in its own table, such as `[profiles.dev]`",
        ),
        (
            "[variables.X]\nrequired = 'False'",
            64,
            "`required` is a string, and must be `true` or `false`".to_owned() + &at(2, 12),
            "remove the quotes",
        ),
        (
            "[variables.X]\nregion = 'eu-central-1'",
            64,
            "unknown key `region`".to_owned() + &at(2, 1),
            "`region` is an option: put it at the top of the file, before `[variables.X]`, or in a \
             profile",
        ),
        (
            "pattern = 'x'",
            64,
            "unknown key `pattern`".to_owned() + &at(1, 1),
            "`pattern` belongs in `[variables.NAME]`",
        ),
        (
            "optionalPath = ['/a']",
            64,
            "unknown key `optionalPath`".to_owned() + &at(1, 1),
            "did you mean `optional-path`?",
        ),
        (
            "ENVSECRETS_PATH = ['/a']",
            64,
            "unknown key `ENVSECRETS_PATH`".to_owned() + &at(1, 1),
            "did you mean `path`?",
        ),
        (
            "config = 'x'",
            64,
            "unknown key `config`".to_owned() + &at(1, 1),
            "a file cannot name itself or its profile: use `--config`, or leave it out",
        ),
        (
            "[variables.X]\ndefault = 'x'",
            64,
            "unknown key `default`".to_owned() + &at(2, 1),
            "a contract contains no values: store it as a parameter, or set the variable for the \
             program elsewhere",
        ),
        (
            "path: ['/a']",
            78,
            "`envsecrets.toml` is not TOML: invalid unquoted key, expected letters, numbers, `-`, \
             `_` (line 1, column 5)"
                .to_owned(),
            "a setting is written with `=`: path = [\"/prd/app\"]",
        ),
        (
            "region = false",
            64,
            "`region` is `false`, and must be a string".to_owned() + &at(1, 10),
            "leave it out; `false` is for a profile, where it clears what is set at the top",
        ),
    ] {
        let ended = under(&world, contract, "", &["echo", "started"]).run();
        assert_eq!(
            ended.failed(code),
            format!("envsecrets: error: {error}\nenvsecrets: hint: {hint}\n"),
            "{contract}"
        );
    }
}

#[test]
fn a_file_that_cannot_be_read_is_a_matter_of_configuration() {
    let world = world_with(&[("/prd/app/x", "1")]);
    let directory = world.directory.path();
    world.directory.file("binary", b"path = ['\xff']", 0o644);
    world
        .directory
        .file("broken.toml", "path = [\n'/prd/app'\n", 0o644);
    let named =
        "it is the file of `--config` or ENVSECRETS_CONFIG, relative to the working directory";
    for (file, why, hint) in [
        (
            "none.toml",
            "`none.toml` cannot be read: no such file or directory",
            named,
        ),
        (".", "`.` cannot be read: is a directory", named),
        ("binary", "`binary` cannot be read: it is not UTF-8", named),
        (
            "/dev/zero",
            "`/dev/zero` cannot be read: it is larger than 1 MiB",
            named,
        ),
        (
            "broken.toml",
            "`broken.toml` is not TOML: unclosed array, expected `]` (line 2, column 11)",
            "put strings in quotes, lists in brackets: path = [\"/prd/app\"]",
        ),
    ] {
        for command in [
            ["--config", file, "--", "echo", "started"].as_slice(),
            &["check", "--config", file],
        ] {
            let mut launch = world.envsecrets(command);
            launch.command.current_dir(directory);
            assert_eq!(
                launch.run().failed(78),
                format!("envsecrets: error: {why}\nenvsecrets: hint: {hint}\n")
            );
        }
    }
}

#[test]
fn whatever_goes_wrong_with_a_contract_no_value_is_shown() {
    let world = world_with(&[
        ("/app/a", SENTINEL),
        ("/app/b", SENTINEL),
        ("/one", SENTINEL),
    ]);
    // A file of secrets that is taken for a contract.
    let env = format!("A={SENTINEL}\nB=\"{SENTINEL}\"\n");
    let quoted = format!("A = \"{SENTINEL}\"\n");
    let bare = format!("{SENTINEL}\n");
    let odd = format!("root:$6${SENTINEL}:\n");
    let typed = format!("timeout = [\"{SENTINEL}\"]\n");
    for contract in [
        env.as_str(),
        &quoted,
        &bare,
        &odd,
        &typed,
        "path = ['/app']",
        "path = ['/app']\n[variables.A]\npattern = 'x'\n[variables.B]\npattern = '.'",
        "path = ['/app']\nstrict = true\n[variables.A]\npattern = '[0-9]*'",
        "path = ['/app']\nverbose = true\n[variables.NOPE]",
        "[variables.X]\nfrom = 'base64:/one'\nfile = true\npattern = 'x'",
        "[variables.X]\nfrom = '/one'\nfile = true\npattern = 'x'",
        "json = ['/one']\n[variables.X]\npattern = 'x'",
        "path = ['/app']\npreserve-env = true\n[variables.A]\npattern = 'x'",
    ] {
        let mut launches = vec![under(&world, contract, "", &["true"])];
        for more in ["", "--verbose", "--format json", "--strict", "--names-only"] {
            let arguments = format!("check --config envsecrets.toml {more}");
            let arguments: Vec<&str> = arguments.split_whitespace().collect();
            launches.push(holding(&world, contract, &arguments));
        }
        for launch in &mut launches {
            let ended = launch
                .env("A", SENTINEL)
                .env("RUST_BACKTRACE", "full")
                .run();
            assert_eq!(leak(&ended.stdout), None, "{contract}: {ended:?}");
            assert_eq!(leak(ended.stderr.as_bytes()), None, "{contract}: {ended:?}");
        }
    }
}

/// A launcher that writes a contract in its directory.
fn init(world: &World, options: &str) -> Launch {
    let arguments = format!("init {options}");
    let arguments: Vec<&str> = arguments.split_whitespace().collect();
    let mut launch = world.envsecrets(&arguments);
    launch.command.current_dir(world.directory.path());
    launch
}

const HEAD: &str = "\
#:schema ./envsecrets.schema.json
# The secrets that this program needs, by name. To start it: envsecrets --config FILE -- PROGRAM
# A variable can have a description, required = false, from = \"/PARAMETER\", file = true and a
# pattern = '[a-z]+'. To hold the path to it: envsecrets check --config FILE --strict

";

fn written(world: &World) -> String {
    std::fs::read_to_string(world.directory.path().join("envsecrets.toml")).unwrap()
}

#[test]
fn a_repository_begins_with_what_there_is_and_is_held_to_it() {
    let world = world_with(&[("/app/db/password", SENTINEL), ("/app/db/user", SENTINEL)]);
    world.server.set_faults([Fault::KmsAccessDenied.always()]);
    let ended = init(&world, "--path /app").run();
    assert_eq!(
        (ended.code, ended.text().as_str(), ended.stderr.as_str()),
        (
            Some(0),
            "",
            "envsecrets: `envsecrets.toml` declares 2 variables: describe their purpose, and \
             commit it with `envsecrets.schema.json`, which is for editors\n"
        )
    );
    let text = written(&world);
    assert_eq!(
        text,
        format!(
            "{HEAD}path = [\"/app\"]\n\n\
             [variables.DB_PASSWORD] # /app/db/password\n\n\
             [variables.DB_USER] # /app/db/user\n"
        )
    );
    for request in world.server.requests() {
        assert_eq!(request.body["WithDecryption"], false, "{request:?}");
    }
    let strict = "--strict --names-only --format names";
    let names = "DB_PASSWORD=/app/db/password\nDB_USER=/app/db/user\n";
    assert_eq!(check(&world, &text, strict).ok(), names);

    world.store.put("/app/new", "x");
    world.store.delete("/app/db/user");
    let ended = check(&world, &text, strict);
    let errors: Vec<&str> = ended.stderr.lines().take(2).collect();
    assert_eq!(
        errors,
        [
            "envsecrets: error: DB_USER is required, but missing",
            "envsecrets: error: NEW (`/app/new`) is not declared in `envsecrets.toml`",
        ]
    );
    assert_eq!(ended.code, Some(66));
}

#[test]
fn the_options_that_were_given_are_written_down() {
    let world = world_with(&[
        ("/base/log", "1"),
        ("/base/host", "1"),
        ("/app/Log", "2"),
        ("/extra/log", "3"),
        ("/extra/flag", "3"),
        ("/app/tls/key", "4"),
        ("/one", "5"),
    ]);
    let options = "--path /base --path /app --optional-path /extra --optional-path /none --exclude tls/* \
                   --only {*,x/\"y\\\\z} --prefix P_ --separator __ --name-from leaf --rename host=DB_HOST \
                   --secret TOKEN=/one:1 --file KEY=base64:/one@/dev/shm/key --file RAW=/one \
                   --preserve-env=LOG_* --clean-env --keep HOME --allow-name X --timeout 1m --region \
                   eu-west-1 -v --output -";
    let mut launch = init(&world, options);
    let ended = launch.env("ENVSECRETS_UNSET", "A,B").run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let text = ended.text();
    assert_eq!(
        text.strip_prefix(HEAD).unwrap(),
        r#"path = ["/base", "/app"]
optional-path = ["/extra", "/none"]
only = ["{*,x/\"y\\\\z}"]
exclude = ["tls/*"]
name-from = "leaf"
separator = "__"
prefix = "P_"
rename = ["host=DB_HOST"]
allow-name = ["X"]
preserve-env = ["LOG_*"]
clean-env = true
keep = ["HOME"]
unset = ["A", "B"]
region = "eu-west-1"
timeout = "1m"

[variables.DB_HOST] # /base/host

[variables.KEY]
from = "base64:/one"
file = "/dev/shm/key"

[variables.P_FLAG] # /extra/flag
required = false

[variables.P_LOG] # /extra/log

[variables.RAW]
from = "/one"
file = true

[variables.TOKEN]
from = "/one:1"
"#
    );
    // It is what a check with those options would find.
    let ended = check(&world, &text, "--strict --names-only --format names");
    assert_eq!(
        ended.ok(),
        "DB_HOST=/base/host\nP_FLAG=/extra/flag\nP_LOG=/extra/log\nTOKEN=/one:1\n"
    );
}

#[test]
fn what_is_there_is_not_overwritten() {
    let world = world_with(&[("/app/a", "1")]);
    world.directory.file("envsecrets.toml", "mine", 0o644);
    let ended = init(&world, "--path /app").run();
    assert_eq!(
        ended.failed(73),
        "envsecrets: error: `envsecrets.toml` already exists\n\
         envsecrets: hint: `--output -` prints the contract, to compare it; `--output FILE` \
         writes another file\n"
    );
    assert_eq!(written(&world), "mine");
    assert_eq!(world.server.calls(), 0);
    // A link that leads nowhere is there, too.
    std::os::unix::fs::symlink("nowhere", world.directory.path().join("link")).unwrap();
    assert_eq!(
        init(&world, "--path /app --output link").run().code,
        Some(73)
    );
    assert!(!world.directory.path().join("nowhere").exists());
    let ended = init(&world, "--path /app --output other.toml").run();
    assert_eq!(ended.code, Some(0));
    assert!(world.directory.path().join("other.toml").exists());
    let ended = init(&world, "--path /app --output no/such/directory").run();
    assert_eq!(
        ended.failed(74),
        "envsecrets: error: cannot write `no/such/directory`\n\
         envsecrets:   caused by: No such file or directory (os error 2)\n"
    );
}

#[test]
fn what_a_file_cannot_contain_is_not_written() {
    let world = world_with(&[("/app/a-b", "1"), ("/app/a_b", "1"), ("/one", "{}")]);
    for (options, code, error, hint) in [
        (
            "--path /app",
            65,
            "parameters `/app/a-b` and `/app/a_b` would both become A_B",
            "give one of them another name with `--rename PARAMETER=NAME`, or leave one out with `--exclude GLOB`",
        ),
        (
            "--json /one",
            64,
            "`init` reads no values, and the names of `--json` are in a value",
            "leave it out, and add it and its variables to the file by hand",
        ),
        (
            "--dotenv /one",
            64,
            "`init` reads no values, and the names of `--dotenv` are in a value",
            "leave it out, and add it and its variables to the file by hand",
        ),
        (
            "--optional-path /x --path /app",
            64,
            "in a contract the layers of `from` come first, then `optional-from`, paths, optional paths and names",
            "put the options in this order: `--from`, `--optional-from`, `--path`, `--optional-path`, `--names`",
        ),
        (
            "--config envsecrets.toml --path /app",
            64,
            "`init` writes a contract, and does not read one",
            "leave it out",
        ),
        (
            "",
            64,
            "no secrets given",
            "use `--path PATH` or `--secret NAME=PARAMETER`, or set ENVSECRETS_PATH",
        ),
        (
            "--path app",
            64,
            "`--path app` is not a path: it does not begin with `/`",
            "did you mean `/app`? a single parameter is `--secret NAME=app`",
        ),
        (
            "--path /app -- sh",
            64,
            "unexpected argument `sh` found",
            "see `envsecrets init --help`",
        ),
    ] {
        let ended = init(&world, options).run();
        assert_eq!(
            ended.failed(code),
            format!("envsecrets: error: {error}\nenvsecrets: hint: {hint}\n"),
            "{options}"
        );
        assert!(!world.directory.path().join("envsecrets.toml").exists());
    }
}

#[test]
fn the_file_that_the_environment_names_need_not_be_there_yet() {
    let world = world_with(&[("/app/a", "1")]);
    let mut launch = init(&world, "--output -");
    let ended = launch
        .env("ENVSECRETS_PATH", "/app")
        .env("ENVSECRETS_CONFIG", "envsecrets.toml")
        .env("ENVSECRETS_CONFIG_PROFILE", "prd")
        .env("ENVSECRETS_STRICT", "true")
        .run();
    let expected = format!("{HEAD}path = [\"/app\"]\n\n[variables.A] # /app/a\n");
    assert_eq!(ended.ok(), expected);
}

/// What check-jsonschema reports of these files, by the schema that is packaged.
fn validated(files: &[&Path]) -> Ended {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/envsecrets.schema.json");
    let mut launch = Launch::new("check-jsonschema", &["--schemafile"]);
    launch
        .command
        .arg(schema)
        .args(files)
        .env("HOME", "/nonexistent");
    launch.run()
}

#[test]
fn the_schema_takes_what_the_program_takes() {
    let story = "the_schema_takes_what_the_program_takes";
    let there = which("check-jsonschema").is_some();
    if !can(story, "check-jsonschema (PyPI)", there) {
        return;
    }
    let world = world_with(&[("/app/a", "1"), ("/extra/b", "1"), ("/one", "1")]);
    let options = "--path /app --optional-path /extra --secret X=/one --file Y=/one --clean-env \
                   --preserve-env --case keep --timeout 1s";
    let ended = init(&world, options).run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let ours = world.directory.path().join("envsecrets.toml");
    let options = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/options.toml");
    let shown = world.directory.file("shown.toml", example(), 0o644);
    let ended = validated(&[&ours, &options, &shown]);
    assert_eq!(ended.text(), "ok -- validation done\n", "{ended:?}");
}

/// What taplo says of a contract, without a configuration of its own.
fn taplo(file: &Path) -> Ended {
    let mut launch = Launch::new("taplo", &["check", "--no-auto-config"]);
    launch.command.arg(file).env("HOME", "/nonexistent");
    launch.run()
}

#[test]
fn editors_find_the_schema_by_the_first_line_of_a_contract() {
    let world = world_with(&[("/app/a", "1")]);
    let first = || written(&world).lines().next().unwrap().to_owned();
    let ended = init(&world, "--path /app").run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(
        ended
            .stderr
            .contains(" with `envsecrets.schema.json`, which is for editors"),
        "{ended:?}"
    );
    assert_eq!(first(), "#:schema ./envsecrets.schema.json");
    let schema = world.directory.path().join("envsecrets.schema.json");
    let packaged = include_str!("../../packaging/envsecrets.schema.json");
    assert_eq!(std::fs::read_to_string(&schema).unwrap(), packaged);
    // One that is there stays as it is, and on standard output there is nothing beside.
    let ours = world.directory.path().join("envsecrets.toml");
    std::fs::remove_file(&ours).unwrap();
    std::fs::write(&schema, packaged.to_owned() + "\n").unwrap();
    let ended = init(&world, "--path /app").run();
    assert!(!ended.stderr.contains("schema"), "{ended:?}");
    assert_eq!(
        std::fs::read_to_string(&schema).unwrap(),
        packaged.to_owned() + "\n"
    );
    std::fs::remove_file(&schema).unwrap();
    let printed = init(&world, "--path /app --output -").run().ok();
    assert!(
        printed.starts_with("#:schema ./envsecrets.schema.json\n"),
        "{printed}"
    );
    assert!(!schema.exists());
    std::fs::write(&schema, packaged).unwrap();
    assert_eq!(check(&world, &written(&world), "--strict").code, Some(0));
    let story = "editors_find_the_schema_by_the_first_line_of_a_contract";
    if !can(story, "taplo (PyPI)", which("taplo").is_some()) {
        return;
    }
    let ended = taplo(&ours);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let mistaken = written(&world).replace("path =", "paths =");
    let ended = taplo(&world.directory.file("mistaken.toml", mistaken, 0o644));
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(
        ended.stderr.contains("('paths' was unexpected)"),
        "{ended:?}"
    );
}

/// The contract that the manual shows.
fn example() -> &'static str {
    let (_, rest) = include_str!("../../docs/contract.md")
        .split_once("```toml\n")
        .unwrap();
    rest.split_once("```").unwrap().0
}

#[test]
fn the_contract_of_the_manual_does_what_the_manual_promises() {
    let world = world_with(&[
        ("/prd/app/db/password", "correct-horse-battery"),
        ("/prd/app/log-level", "info"),
        ("/prd/app/tls-key", "key"),
        ("/dev/app/db/password", "correct-horse-battery"),
        ("/dev/app/tls-key", "key"),
    ]);
    let show = [
        "sh",
        "-c",
        r#"echo "$DB_PASSWORD $LOG_LEVEL $(cat $TLS_KEY)""#,
    ];
    for (options, shown) in [
        ("", "correct-horse-battery info key\n"),
        ("--config-profile dev", "correct-horse-battery  key\n"),
    ] {
        let ended = under(&world, example(), options, &show).run();
        assert_eq!(ended.ok(), shown);
        let options = format!("{options} --strict --names-only");
        assert_eq!(check(&world, example(), &options).code, Some(0));
    }
    world.store.put("/prd/app/db/password", "short");
    let ended = under(&world, example(), "", &show).run();
    let printed = ended.failed(65);
    assert!(printed.starts_with("envsecrets: error: the value of `/prd/app/db/password`, for DB_PASSWORD, does not match "), "{printed}");
}

#[test]
fn verbose_output_names_the_contract() {
    let world = world_with(&[("/app/a", "1")]);
    let contract = "path = ['/app']\n[profiles.prd]\nverbose = true\n";
    let ended = under(&world, contract, "--config-profile prd", &["true"]).run();
    let first = ended.stderr.lines().next().unwrap();
    assert_eq!(
        first,
        "envsecrets: options are read from `envsecrets.toml`, with its profile `prd`"
    );
}
