//! Every source of credentials: the environment, profiles, sign-ins, processes, containers and
//! instances.

use super::{ASSIGNMENT, PORTAL, TOKEN_OF_PORTAL, TOKEN_OF_SESSION, session_profile, sso_token};
use crate::support::aws::world_with_x;
use crate::support::issuers::{assumed, credentials, credentials_json, metadata, signed_in};
use crate::support::network::{alone, ip};
use crate::support::stand_in::StandIn;

// The environment and profiles.

#[test]
fn credentials_come_from_the_environment() {
    let world = world_with_x();
    let mut launch = world.without_credentials(&[]);
    world.read_as(launch.with_key(), "AKIDENVIRONMENT00000", "without a token");
    launch.env("AWS_SESSION_TOKEN", "");
    world.read_as(&mut launch, "AKIDENVIRONMENT00000", "with an empty token");
    launch
        .env("AWS_ACCESS_KEY_ID", "ASIAENVIRONMENT00000")
        .env("AWS_SESSION_TOKEN", "token of ASIAENVIRONMENT00000");
    world.read_as(&mut launch, "ASIAENVIRONMENT00000", "with a token");
}

#[test]
fn half_a_key_pair_in_the_environment_does_not_lead_to_another_identity() {
    let world = world_with_x();
    world.aws_config(
        "[default]\naws_access_key_id = AKIDPROFILE000000000\naws_secret_access_key = x\n",
    );
    for secret in [None, Some(""), Some(" ")] {
        let mut launch = world.without_credentials(&[]);
        launch.env("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT00000");
        if let Some(secret) = secret {
            launch.env("AWS_SECRET_ACCESS_KEY", secret);
        }
        let ended = launch.run();
        assert_eq!(
            ended.failed_at_once(78),
            "envsecrets: error: the AWS credentials of the environment cannot be used\n\
             envsecrets:   caused by: AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not\n",
            "{secret:?}"
        );
    }
    assert_eq!(world.server.calls(), 0);
}

const PROFILES: &str = "\
[default]
aws_access_key_id = AKIDDEFAULT000000000
aws_secret_access_key = x

[profile other]
aws_access_key_id = ASIAOTHER00000000000
aws_secret_access_key = x
aws_session_token = token of ASIAOTHER00000000000
";

#[test]
fn credentials_come_from_the_profile_that_is_given() {
    let world = world_with_x();
    world.aws_config(PROFILES);
    let elsewhere = world.directory.file("elsewhere", PROFILES, 0o600);
    let keys = "[default]\naws_access_key_id = AKIDKEYFILE000000000\naws_secret_access_key = x\n";
    let keys = world.directory.file("keys", keys, 0o600);
    let (elsewhere, keys) = (elsewhere.to_str().unwrap(), keys.to_str().unwrap());
    let environment = [
        ("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT00000"),
        ("AWS_SECRET_ACCESS_KEY", "x"),
    ];
    for (key, options, variables) in [
        ("AKIDDEFAULT000000000", &[][..], &[][..]),
        ("AKIDDEFAULT000000000", &[], &[("AWS_PROFILE", "")]),
        ("AKIDDEFAULT000000000", &[], &[("AWS_CONFIG_FILE", "")]),
        (
            "AKIDDEFAULT000000000",
            &[],
            &[("AWS_SHARED_CREDENTIALS_FILE", "")],
        ),
        ("ASIAOTHER00000000000", &[], &[("AWS_PROFILE", "other")]),
        ("ASIAOTHER00000000000", &["--profile=other"], &[]),
        (
            "ASIAOTHER00000000000",
            &["--profile=other"],
            &[("AWS_PROFILE", "default")],
        ),
        // As with the AWS CLI, the flag beats credentials in the environment, the variable does
        // not.
        ("ASIAOTHER00000000000", &["--profile=other"], &environment),
        (
            "AKIDENVIRONMENT00000",
            &[],
            &[environment[0], environment[1], ("AWS_PROFILE", "other")],
        ),
        (
            "ASIAOTHER00000000000",
            &[],
            &[
                ("HOME", "/nowhere"),
                ("AWS_PROFILE", "other"),
                ("AWS_CONFIG_FILE", elsewhere),
            ],
        ),
        (
            "AKIDKEYFILE000000000",
            &[],
            &[("AWS_SHARED_CREDENTIALS_FILE", keys)],
        ),
    ] {
        let mut launch = world.without_credentials(options);
        for (name, value) in variables {
            launch.env(name, value);
        }
        world.read_as(&mut launch, key, &format!("{options:?} {variables:?}"));
    }
}

#[test]
fn a_profile_that_does_not_exist_is_reported_with_those_that_do() {
    let world = world_with_x();
    let hint = "envsecrets: hint: check `~/.aws/config`, or `AWS_CONFIG_FILE` if that is set\n";
    for (config, known) in [
        (PROFILES, "the profiles here are `default`, `other`"),
        ("", "no profiles exist here"),
    ] {
        world.aws_config(config);
        for (from, mut launch) in [
            (
                "--profile",
                world.without_credentials(&["--profile", "othre"]),
            ),
            ("AWS_PROFILE", world.without_credentials(&[])),
        ] {
            let ended = launch.env("AWS_PROFILE", "othre").run();
            assert_eq!(
                ended.failed_at_once(78),
                format!(
                    "envsecrets: error: the AWS profile `othre`, from {from}, does not exist\n\
                     envsecrets:   caused by: {known}\n\
                     {hint}"
                )
            );
        }
    }
    // Credentials in the environment need no profile.
    let mut launch = world.without_credentials(&[]);
    launch.with_key().env("AWS_PROFILE", "othre");
    world.read_as(&mut launch, "AKIDENVIRONMENT00000", "environment");
}

#[test]
fn an_unreadable_profile_file_is_reported_where_it_is_needed() {
    let world = world_with_x();
    let directory = world.directory.path().to_str().unwrap();
    let latin1 = world
        .directory
        .file("latin1", b"[profile caf\xe9]\n", 0o600);
    let latin1 = latin1.to_str().unwrap();
    for (file, why) in [
        (directory, "Is a directory (os error 21)"),
        ("/nowhere/config", "No such file or directory (os error 2)"),
        (latin1, "stream did not contain valid UTF-8"),
    ] {
        let ended = world
            .without_credentials(&[])
            .env("AWS_PROFILE", "app")
            .env("AWS_CONFIG_FILE", file)
            .run();
        assert_eq!(
            ended.failed_at_once(78),
            format!(
                "envsecrets: error: the AWS profile `app`, from AWS_PROFILE, does not exist\n\
                 envsecrets:   caused by: no profiles exist here\n\
                 envsecrets:   caused by: `{file}`: {why}\n\
                 envsecrets: hint: check `~/.aws/config`, or `AWS_CONFIG_FILE` if that is set\n"
            )
        );
        let ended = world
            .without_credentials(&[])
            .env("AWS_CONFIG_FILE", file)
            .run();
        let printed = ended.failed_at_once(78);
        let line = format!("profile `default`: it has no credentials; `{file}`: {why}\n");
        assert!(printed.contains(&line), "{printed}");
        // Who has credentials does not miss it.
        let mut launch = world.without_credentials(&[]);
        launch.with_key().env("AWS_CONFIG_FILE", file);
        world.read_as(&mut launch, "AKIDENVIRONMENT00000", file);
    }
}

#[test]
fn an_invalid_profile_file_is_reported_with_its_line() {
    let world = world_with_x();
    for (config, why) in [
        ("]]]\n", "on line 1:\n  Expected a profile definition"),
        (
            "[default\n",
            "on line 1:\n  Profile definition must end with ']'",
        ),
        (
            "[default]\nkey\n",
            "on line 2:\n  Expected an '=' sign defining a property",
        ),
        (
            "key = value\n",
            "on line 1:\n  Expected a profile definition",
        ),
    ] {
        let file = world.aws_config(config);
        let ended = world.without_credentials(&[]).with_key().run();
        let (file, why) = (file.display(), why.replace('\n', " "));
        assert_eq!(
            ended.failed_at_once(78),
            format!(
                "envsecrets: error: the AWS profile `default` cannot be read\n\
                 envsecrets:   caused by: could not parse profile file: error parsing {file} {why}\n\
                 envsecrets: hint: check `~/.aws/config` and `~/.aws/credentials`\n"
            )
        );
    }
}

// Sign-ins and processes.

#[test]
fn a_sign_in_with_the_aws_cli_is_used() {
    let world = world_with_x();
    let portal = StandIn::start(|_, _| signed_in("ASIASIGNEDIN00000000"));
    for (config, token) in [
        (session_profile(), TOKEN_OF_SESSION),
        (format!("[default]\n{ASSIGNMENT}{PORTAL}"), TOKEN_OF_PORTAL),
    ] {
        world.aws_config(config);
        let file = world
            .directory
            .file(token, sso_token("2090-01-01T00:00:00Z"), 0o600);
        let mut launch = world.without_credentials(&[]);
        launch.env("AWS_ENDPOINT_URL_SSO", portal.url());
        world.read_as(&mut launch, "ASIASIGNEDIN00000000", token);
        std::fs::remove_file(file).unwrap();
    }
    for call in portal.calls() {
        assert_eq!(
            call.line(),
            "GET /federation/credentials?role_name=app&account_id=123456789012"
        );
        assert_eq!(call.header("x-amz-sso_bearer_token"), Some("a-token"));
    }
}

#[test]
fn a_process_can_give_credentials() {
    let world = world_with_x();
    let answer = world
        .directory
        .file("answer", credentials_json("ASIAPROCESS000000000"), 0o600);
    let answer = answer.display();
    world.aws_config(format!("[default]\ncredential_process = cat '{answer}'\n"));
    world.read_as(
        &mut world.without_credentials(&[]),
        "ASIAPROCESS000000000",
        "cat",
    );
}

// Containers and instances.

#[test]
fn a_container_is_given_credentials() {
    let world = world_with_x();
    let agent = StandIn::start(|_, _| credentials("ASIATASK000000000000"));
    let token = world.directory.file("token", "from a file", 0o600);
    let token = token.to_str().unwrap();
    for (authorization, variables) in [
        (None, &[][..]),
        (
            Some("as is"),
            &[("AWS_CONTAINER_AUTHORIZATION_TOKEN", "as is")],
        ),
        (
            Some("from a file"),
            &[
                ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", token),
                ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "not this one"),
            ],
        ),
        // Empty ones count as not set.
        (
            None,
            &[
                ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", ""),
                ("AWS_CONTAINER_AUTHORIZATION_TOKEN", ""),
                ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", ""),
                ("AWS_WEB_IDENTITY_TOKEN_FILE", ""),
                ("AWS_ROLE_ARN", ""),
                ("AWS_ACCESS_KEY_ID", ""),
                ("AWS_SECRET_ACCESS_KEY", ""),
            ],
        ),
    ] {
        let mut launch = world.without_credentials(&[]);
        let uri = format!("{}/v1/credentials?id=7", agent.url());
        launch.env("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri);
        for (name, value) in variables {
            launch.env(name, value);
        }
        world.read_as(
            &mut launch,
            "ASIATASK000000000000",
            &format!("{variables:?}"),
        );
        let calls = agent.calls();
        let call = calls.last().unwrap();
        assert_eq!(call.line(), "GET /v1/credentials?id=7");
        assert_eq!(call.header("authorization"), authorization);
    }
}

#[test]
fn a_task_of_ecs_is_given_credentials() {
    alone("a_task_of_ecs_is_given_credentials", || {
        ip("address add dev lo 169.254.170.2/32");
        let world = world_with_x();
        let agent = StandIn::at(([169, 254, 170, 2], 80).into(), |_, _| {
            credentials("ASIATASK000000000000")
        });
        let mut launch = world.without_credentials(&[]);
        launch
            .env(
                "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                "/v2/credentials/7",
            )
            .env(
                "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                "http://169.254.170.2/other",
            );
        world.read_as(&mut launch, "ASIATASK000000000000", "relative URI");
        assert_eq!(agent.lines(), ["GET /v2/credentials/7"]);
    });
}

#[test]
fn an_instance_is_given_credentials_by_version_2_of_its_metadata_service() {
    let world = world_with_x();
    let imds = StandIn::start(|call, _| metadata(call, "ASIAINSTANCE00000000"));
    let by_profile = format!(
        "[default]\nec2_metadata_service_endpoint = {}\n",
        imds.url()
    );
    for (config, variable) in [("", true), (by_profile.as_str(), false)] {
        world.aws_config(config);
        let mut launch = world.without_credentials(&[]);
        launch.without("AWS_EC2_METADATA_DISABLED");
        if variable {
            launch.env("AWS_EC2_METADATA_SERVICE_ENDPOINT", imds.url());
        } else {
            launch.env("AWS_EC2_METADATA_SERVICE_ENDPOINT", "");
        }
        let before = imds.calls().len();
        world.read_as(&mut launch, "ASIAINSTANCE00000000", config);
        assert_eq!(
            imds.lines()[before..],
            [
                "PUT /latest/api/token",
                "GET /latest/meta-data/iam/security-credentials/",
                "GET /latest/meta-data/iam/security-credentials/app",
            ]
        );
    }
}

#[test]
fn of_several_sources_the_first_in_the_usual_order_counts() {
    let world = world_with_x();
    let sts = StandIn::start(|call, _| assumed(call, "ASIAPOD0000000000000"));
    let agent = StandIn::start(|_, _| credentials("ASIATASK000000000000"));
    let imds = StandIn::start(|call, _| metadata(call, "ASIAINSTANCE00000000"));
    let token = world.directory.file("token", "a.web.token", 0o600);
    let config = world.aws_config(PROFILES);
    let mut launch = world.without_credentials(&[]);
    launch
        .with_key()
        .env("AWS_ENDPOINT_URL_STS", sts.url())
        .env("AWS_WEB_IDENTITY_TOKEN_FILE", &token)
        .env("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/app")
        .env("AWS_CONTAINER_CREDENTIALS_FULL_URI", agent.url())
        .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", imds.url())
        .without("AWS_EC2_METADATA_DISABLED");
    world.read_as(&mut launch, "AKIDENVIRONMENT00000", "all of them");
    launch
        .without("AWS_ACCESS_KEY_ID")
        .without("AWS_SECRET_ACCESS_KEY");
    world.read_as(&mut launch, "AKIDDEFAULT000000000", "no environment");
    std::fs::remove_file(config).unwrap();
    world.read_as(&mut launch, "ASIAPOD0000000000000", "no profile");
    launch.without("AWS_WEB_IDENTITY_TOKEN_FILE");
    world.read_as(&mut launch, "ASIATASK000000000000", "no web identity");
    launch.without("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    world.read_as(&mut launch, "ASIAINSTANCE00000000", "no container");
}
