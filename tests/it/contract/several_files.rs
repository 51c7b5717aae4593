//! Several files of `--config`: what the services of a repository have in common, and then the
//! service's own.

use serde_json::json;

use crate::support::{Ended, Launch, SENTINEL, World, leak, world_with};

/// A launcher that starts where these two files are, and is given both.
fn both(world: &World, common: &str, service: &str, arguments: &str) -> Launch {
    world.directory.file("common.toml", common, 0o644);
    world.directory.file("service.toml", service, 0o644);
    let files = "--config common.toml --config service.toml";
    let arguments = arguments.replace("BOTH", files);
    let arguments: Vec<&str> = arguments.split_whitespace().collect();
    let mut launch = world.envsecrets(&arguments);
    launch.command.current_dir(world.directory.path());
    launch
}

fn show(world: &World, common: &str, service: &str, options: &str) -> Ended {
    let arguments = format!("BOTH {options} -- printenv A");
    both(world, common, service, &arguments).run()
}

fn four_paths() -> World {
    world_with(&[
        ("/common/a", "common"),
        ("/common-prd/a", "common, prd"),
        ("/service/a", "service"),
        ("/service-prd/a", "service, prd"),
    ])
}

#[test]
fn the_later_file_wins_key_by_key_and_each_profile_over_the_top_of_its_file() {
    let world = four_paths();
    let common = "path = ['/common']\n";
    let of_common = "path = ['/common']\n[profiles.prd]\npath = ['/common-prd']\n";
    let service = "path = ['/service']\n";
    let of_service = "path = ['/service']\n[profiles.prd]\npath = ['/service-prd']\n";
    let nothing = "clean-env = false\n";
    let cleared = "[profiles.prd]\npath = []\nsecret = ['A=/common/a']\n";
    for (common, service, options, value) in [
        (common, service, "", "service"),
        (service, common, "", "common"),
        (common, nothing, "", "common"),
        (nothing, service, "", "service"),
        (of_common, nothing, "--config-profile prd", "common, prd"),
        (of_common, service, "--config-profile prd", "service"),
        (common, of_service, "--config-profile prd", "service, prd"),
        (
            of_common,
            of_service,
            "--config-profile prd",
            "service, prd",
        ),
        (of_common, of_service, "", "service"),
        (service, cleared, "--config-profile prd", "common"),
        (common, service, "--path /common-prd", "common, prd"),
    ] {
        let ended = show(&world, common, service, options);
        assert_eq!(
            ended.ok(),
            format!("{value}\n"),
            "{common}{service}{options}"
        );
    }
}

#[test]
fn a_profile_clears_what_an_earlier_file_sets() {
    let world = world_with(&[("/app/a", "1")]);
    let common = "path = ['/app']\nprefix = 'X_'\n";
    assert_eq!(show(&world, common, "", "--require X_A").code, Some(1));
    let service = "[profiles.dev]\nprefix = false\n";
    let ended = show(&world, common, service, "--config-profile dev");
    assert_eq!(ended.ok(), "1\n");
}

#[test]
fn a_variable_names_the_files_and_the_flag_replaces_it() {
    let world = four_paths();
    let (common, service) = ("path = ['/common']", "path = ['/service']");
    for (files, options, value) in [
        ("common.toml,service.toml", "", "service"),
        ("service.toml\ncommon.toml\n", "", "common"),
        (" common.toml , service.toml,", "", "service"),
        ("common.toml", "", "common"),
        ("service.toml", "--config common.toml", "common"),
        ("none.toml", "--config service.toml", "service"),
    ] {
        let arguments = format!("{options} -- printenv A");
        let mut launch = both(&world, common, service, &arguments);
        launch.env("ENVSECRETS_CONFIG", files);
        assert_eq!(
            launch.run().ok(),
            format!("{value}\n"),
            "{files:?} {options}"
        );
    }
    // The flag takes a name as it is.
    world.directory.file("a,b.toml", service, 0o644);
    let mut launch = both(&world, common, service, "--config a,b.toml -- printenv A");
    assert_eq!(launch.run().ok(), "service\n");
}

#[test]
fn a_variable_in_both_files_is_put_together_key_by_key() {
    let world = world_with(&[
        ("/common/a", SENTINEL),
        ("/service/a", "1"),
        ("/app/b", "1"),
    ]);
    let common = "\
path = ['/app']
[variables.A]
description = 'Of the database'
from = '/common/a'
pattern = '\\d+'
";
    // The pattern is that of the first file, and the parameter that of the second.
    let service = "[variables.A]\nfrom = '/service/a'\n";
    assert_eq!(show(&world, common, service, "").ok(), "1\n");
    // The pattern of the second beats it.
    let service = "\n[variables.A]\npattern = '[a-z]'\n[variables.B]\n";
    let ended = show(&world, common, service, "");
    assert_eq!(
        ended.failed(65),
        "\
envsecrets: error: the value of `/common/a`, for A, does not match `[a-z]` (from service.toml, line 2, column 12)
envsecrets: hint: a `pattern` must match the whole value, a line end at its end too; no value is ever shown: check it where it is stored
"
    );
    assert_eq!(leak(ended.stderr.as_bytes()), None);
    // What is not repeated stays, and is reported with the file that has it.
    let service = "[variables.A]\nfrom = '/service/a'\n[variables.GONE]\nfrom = '/gone'\n";
    let ended = show(&world, common, service, "");
    assert!(
        ended
            .failed(66)
            .contains("`/gone` is for GONE (from service.toml, line 3, column 12)"),
        "{}",
        ended.stderr
    );
    let ended = show(
        &world,
        "[variables.A]\nrequired = false\nfrom = '/gone'\n",
        "path = ['/app']\n[variables.A]\nrequired = true\n",
        "",
    );
    assert!(
        ended
            .failed(66)
            .contains("`/gone` is for A (from common.toml, line 1, column 12)"),
        "{}",
        ended.stderr
    );
    // A profile of the second file changes a variable of the first.
    let service = "[profiles.dev.variables.A]\npattern = false\n";
    let ended = show(&world, common, service, "--config-profile dev");
    assert_eq!(ended.ok(), format!("{SENTINEL}\n"));
    // `from` beats an item of an earlier file.
    let common = "path = ['/app']\nsecret = ['A=/common/a', 'B2=/app/b']\n";
    let service = "[variables.A]\nfrom = '/service/a'\n[variables.B2]\n";
    assert_eq!(show(&world, common, service, "").ok(), "1\n");
}

#[test]
fn a_check_names_the_file_of_a_variable_that_may_be_missing() {
    let world = world_with(&[("/app/a", "1")]);
    let common = "path = ['/app']\n[variables.MAYBE]\n[variables.B]\nrequired = false\n";
    let service = "\n[variables.MAYBE]\nrequired = false\n[variables.B]\ndescription = 'x'\n";
    let arguments = "check BOTH --format json --names-only";
    let ended = both(&world, common, service, arguments).run();
    let report: serde_json::Value = serde_json::from_slice(&ended.stdout).unwrap();
    assert_eq!(
        report["absent"],
        json!([
            { "name": "MAYBE", "from": "service.toml, line 2, column 12", "inherited": false },
            { "name": "B", "from": "common.toml, line 3, column 12", "inherited": false },
        ])
    );
    // Undeclared is what no file declares.
    let world = world_with(&[("/app/a", "1"), ("/app/b", "1"), ("/app/c", "1")]);
    let common = "path = ['/app']\n[variables.A]\n";
    let ended = both(&world, common, "[variables.B]", "check BOTH --strict").run();
    assert_eq!(
        ended.stderr,
        "\
envsecrets: error: C (`/app/c`) is not declared in `common.toml` or `service.toml`
envsecrets: hint: declare it, as `[variables.NAME]`, leave it out with `exclude`, or delete the parameter if nothing needs it
"
    );
    assert_eq!(ended.code, Some(65));
}

#[test]
fn the_mistakes_of_all_files_are_reported_at_once_each_with_its_file() {
    let world = four_paths();
    let common = "\
regoin = 'eu-central-1'
[variables.A]
from = 'common'
[profiles.prd.variables.C]
required = false
";
    let service = "\
path = ['service']
regoin = 'eu-central-1'
[variables.B]
file = true
[variables.A]
from = '/service/a'
";
    let printed = "\
envsecrets: error: unknown key `regoin` (from common.toml, line 1, column 1)
envsecrets: error: C, in `[profiles.prd.variables]`, is not in `[variables]` (from common.toml, line 4, column 25)
envsecrets: error: `--path service` is not a path: it does not begin with `/` (from service.toml, line 1, column 8)
envsecrets: error: unknown key `regoin` (from service.toml, line 2, column 1)
envsecrets: error: B has `file` and no `from` (from service.toml, line 3, column 12)
envsecrets: hint: common.toml, line 1; service.toml, line 2: did you mean `region`?
envsecrets: hint: common.toml, line 4: a profile changes `required` and `pattern` of variables that are declared: add `[variables.C]`
envsecrets: hint: service.toml, line 1: did you mean `/service`? a single parameter is `--secret NAME=service`
envsecrets: hint: service.toml, line 3: add the parameter that the file contains: from = \"/prd/app/tls/key\"
";
    let ended = show(&world, common, service, "");
    assert_eq!(ended.failed(64), printed);
    let ended = both(&world, common, service, "check BOTH").run();
    assert_eq!(ended.failed(64), printed);

    // A file that cannot be read hides nothing of the others.
    let ended = both(
        &world,
        "regoin = ''",
        "path = [",
        "--config none.toml BOTH -- true",
    )
    .run();
    assert_eq!(
        ended.failed(78),
        "\
envsecrets: error: `service.toml` is not TOML: unclosed array, expected `]` (line 1, column 9)
envsecrets: error: `none.toml` cannot be read: no such file or directory
envsecrets: error: unknown key `regoin` (from common.toml, line 1, column 1)
envsecrets: hint: service.toml, line 1: put strings in quotes, lists in brackets: path = [\"/prd/app\"]
envsecrets: hint: it is the file of `--config` or ENVSECRETS_CONFIG, relative to the working directory
envsecrets: hint: common.toml, line 1: did you mean `region`?
"
    );

    // Not more than can be read.
    let many = |name: &str| -> String { (0..55).map(|it| format!("{name}{it} = 1\n")).collect() };
    let ended = show(&world, &many("x"), &many("y"), "");
    let lines: Vec<&str> = ended.failed(64).lines().collect();
    assert_eq!(
        lines[100],
        "envsecrets: error: `service.toml` has 10 more problems"
    );
    assert_eq!(world.server.calls(), 0);
}

#[test]
fn one_file_at_least_must_have_the_profile_and_give_something_to_read() {
    let world = four_paths();
    let profiles = "[profiles.prd]\npath = ['/common-prd']\n";
    for (common, service, options, error, hint) in [
        (
            profiles,
            "[profiles.dev]",
            "--config-profile prod",
            "`common.toml` and `service.toml` have no profile `prod`",
            "did you mean `prd`? their profiles are `dev`, `prd`",
        ),
        (
            "",
            "",
            "--config-profile prod",
            "`common.toml` and `service.toml` have no profile `prod`",
            "they have no profiles; a profile is a table, such as `[profiles.prd]`",
        ),
        (
            profiles,
            "[profiles.dev]",
            "",
            "no secrets given: `common.toml` and `service.toml` give them in their profiles",
            "choose one with `--config-profile`: `dev`, `prd`",
        ),
        (
            "[variables.A]",
            "",
            "",
            "no secrets given: `common.toml` and `service.toml` give none",
            "add path = [\"/prd/app\"] to the last one, or use `--path PATH`",
        ),
        (
            "",
            "",
            "--config ./common.toml",
            "`--config` names `./common.toml` twice",
            "name it once: of two files the later wins, key by key",
        ),
        (
            "",
            "",
            "--config=",
            "`--config` is empty",
            "give it a value, or leave it out",
        ),
    ] {
        let ended = show(&world, common, service, options);
        assert_eq!(
            ended.failed(64),
            format!("envsecrets: error: {error}\nenvsecrets: hint: {hint}\n")
        );
    }
    let mut launch = both(&world, "", "", "-- true");
    launch.env("ENVSECRETS_CONFIG", "common.toml,service.toml,common.toml");
    assert_eq!(
        launch.run().failed(64),
        "\
envsecrets: error: `--config` names `common.toml` twice (from ENVSECRETS_CONFIG)
envsecrets: hint: name it once: of two files the later wins, key by key
"
    );
    let ended = both(&world, "", "", "init BOTH --path /common").run();
    assert_eq!(
        ended.failed(64),
        "\
envsecrets: error: `init` writes a contract, and does not read one
envsecrets: hint: leave it out
"
    );
    assert_eq!(world.server.calls(), 0);
}

#[test]
fn verbose_output_names_the_files_and_the_lists_that_were_replaced() {
    let world = four_paths();
    let common = "path = ['/common']\nverbose = true\n[profiles.prd]\nregion = 'eu-west-1'\n";
    let service = "path = ['/service']\n";
    let expected = [
        "envsecrets: options are read from `common.toml`, with its profile `prd`, then \
         `service.toml`",
        "envsecrets: `path` (from service.toml, line 1, column 8) replaces that of an earlier \
         file (from common.toml, line 1, column 8)",
    ];
    for arguments in [
        "BOTH --config-profile prd -- true",
        "check BOTH --config-profile prd",
    ] {
        let ended = both(&world, common, service, arguments).run();
        let first: Vec<&str> = ended.stderr.lines().take(2).collect();
        assert_eq!(first, expected, "{arguments}");
    }
}

#[test]
fn all_files_are_read_within_one_time_limit() {
    let world = four_paths();
    let pipe = world.directory.path().join("pipe.toml");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let arguments = "--config common.toml --config pipe.toml --config none.toml --timeout 100ms \
                     -- true";
    let ended = both(&world, "regoin = ''", "", arguments).run();
    assert_eq!(
        ended.failed(75),
        "\
envsecrets: error: `pipe.toml` was not read before the deadline: it is a named pipe that no one writes to
envsecrets: error: unknown key `regoin` (from common.toml, line 1, column 1)
envsecrets: hint: start what writes to it, or give a plain file; `--timeout` or ENVSECRETS_TIMEOUT sets how long to wait
envsecrets: hint: common.toml, line 1: did you mean `region`?
"
    );
}
