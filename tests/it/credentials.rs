//! Where to ask and as whom: the conventions of the AWS tools.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use parameter_store::{Identity, Tls};

use crate::support::issuers::{
    assumed, credentials, credentials_json, metadata, refused, signed_in,
};
use crate::support::network::{alone, ip, nobody};
use crate::support::stand_in::{Call, Reply, StandIn};
use crate::support::{
    Directory, Ended, Fault, Launch, SENTINEL, Server, Store, World, can, offline, world_with,
};

/// What is certain is told long before this; the default deadline is two minutes.
const AT_ONCE: Duration = Duration::from_secs(15);

const READ_X: [&str; 5] = ["--path", "/app", "--", "printenv", "X"];

/// A Parameter Store with one parameter.
fn store() -> World {
    world_with(&[("/app/x", SENTINEL)])
}

/// What these stories ask of a world.
trait Aws {
    fn nobody(&self, options: &[&str]) -> Launch;
    fn config(&self, text: impl AsRef<[u8]>) -> PathBuf;
    fn signer(&self) -> Option<String>;
    fn region(&self) -> Option<String>;
    fn session_token(&self) -> Option<String>;
    fn read_as(&self, launch: &mut Launch, key: &str, situation: &str);
}

impl Aws for World {
    /// A launch in the region us-east-1 that knows where the store is, and nothing else.
    fn nobody(&self, options: &[&str]) -> Launch {
        let mut arguments = options.to_vec();
        arguments.extend(READ_X);
        let mut launch = offline(&self.directory, &arguments);
        launch
            .env("AWS_ENDPOINT_URL_SSM", self.server.url())
            .env("AWS_REGION", "us-east-1");
        launch
    }

    /// Writes `~/.aws/config`.
    fn config(&self, text: impl AsRef<[u8]>) -> PathBuf {
        self.directory.file(".aws/config", text, 0o600)
    }

    /// Who signed the last request that reached the store.
    fn signer(&self) -> Option<String> {
        self.server.requests().last()?.access_key.clone()
    }

    /// For which region it was signed.
    fn region(&self) -> Option<String> {
        self.server.requests().last()?.region.clone()
    }

    /// With which session token.
    fn session_token(&self) -> Option<String> {
        self.server.requests().last()?.session_token.clone()
    }

    /// The parameter was read by a request that `key` signed, with its session token.
    #[track_caller]
    fn read_as(&self, launch: &mut Launch, key: &str, situation: &str) {
        self.server.clear_requests();
        let ended = launch.run();
        assert_eq!(ended.ok(), format!("{SENTINEL}\n"), "{situation}");
        assert_eq!(self.signer().as_deref(), Some(key), "{situation}");
        let token = key.starts_with("ASIA").then(|| format!("token of {key}"));
        assert_eq!(self.session_token(), token, "{situation}");
    }
}

trait Keyed {
    fn with_key(&mut self) -> &mut Self;
}

impl Keyed for Launch {
    fn with_key(&mut self) -> &mut Self {
        self.env("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT00000")
            .env("AWS_SECRET_ACCESS_KEY", "x")
    }
}

/// What was said by a launch that failed like this and did not wait first.
#[track_caller]
fn failed_at_once(ended: &Ended, code: u8) -> &str {
    assert!(ended.took < AT_ONCE, "{ended:?}");
    ended.failed(code)
}

// The region.

#[test]
fn the_region_comes_from_the_nearest_of_its_sources() {
    let world = store();
    world.config("[default]\nregion = eu-west-1\n[profile other]\nregion = eu-west-2\n");
    // Each is asked for without those above it.
    for (region, options, variables) in [
        (
            "us-east-1",
            &["--region", "us-east-1"][..],
            &[
                ("AWS_REGION", "us-east-2"),
                ("AWS_DEFAULT_REGION", "us-west-1"),
            ][..],
        ),
        (
            "us-east-2",
            &[],
            &[
                ("AWS_REGION", "us-east-2"),
                ("AWS_DEFAULT_REGION", "us-west-1"),
            ],
        ),
        ("us-west-1", &[], &[("AWS_DEFAULT_REGION", "us-west-1")]),
        (
            "us-west-1",
            &[],
            &[("AWS_REGION", ""), ("AWS_DEFAULT_REGION", "us-west-1")],
        ),
        ("eu-west-1", &[], &[]),
        (
            "eu-west-1",
            &[],
            &[("AWS_REGION", ""), ("AWS_DEFAULT_REGION", "")],
        ),
        ("eu-west-2", &[], &[("AWS_PROFILE", "other")]),
    ] {
        let mut launch = world.nobody(options);
        launch.without("AWS_REGION").with_key();
        for (name, value) in variables {
            launch.env(name, value);
        }
        launch.run().ok();
        assert_eq!(world.region().as_deref(), Some(region), "{variables:?}");
    }
}

#[test]
fn an_instance_knows_its_region() {
    let world = store();
    let imds = StandIn::start(|call, _| metadata(call, "ASIAINSTANCE00000000"));
    let mut launch = world.nobody(&[]);
    launch
        .without("AWS_REGION")
        .without("AWS_EC2_METADATA_DISABLED")
        .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", imds.url());
    world.read_as(&mut launch, "ASIAINSTANCE00000000", "IMDS");
    assert_eq!(world.region().as_deref(), Some("eu-west-3"));
}

#[test]
fn no_region_is_told_at_once_and_the_instance_is_not_asked_by_those_who_have_credentials() {
    let world = store();
    let imds = StandIn::start(|_, _| Reply::Mute);
    let ended = world
        .nobody(&[])
        .with_key()
        .without("AWS_REGION")
        .without("AWS_EC2_METADATA_DISABLED")
        .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", imds.url())
        .run();
    assert_eq!(
        failed_at_once(&ended, 78),
        "envsecrets: error: no AWS region is configured\n\
         envsecrets: hint: say `--region REGION`, or set `AWS_REGION` or the region of the profile\n"
    );
    assert!(imds.calls().is_empty());
}

#[test]
fn what_cannot_be_a_region_is_refused_before_any_call() {
    let world = store();
    world.config("[default]\nregion = eu west 1\n");
    for (region, from, options, variable) in [
        (
            "us_east_1",
            "--region",
            &["--region", "us_east_1"][..],
            None,
        ),
        ("eu-west-1.", "AWS_REGION", &[], Some("AWS_REGION")),
        (
            "a/../b",
            "AWS_DEFAULT_REGION",
            &[],
            Some("AWS_DEFAULT_REGION"),
        ),
        ("eu west 1", "the profile", &[], None),
    ] {
        let mut launch = world.nobody(options);
        launch.without("AWS_REGION").with_key();
        if let Some(variable) = variable {
            launch.env(variable, region);
        }
        let ended = launch.run();
        assert_eq!(
            failed_at_once(&ended, 78),
            format!(
                "envsecrets: error: `{region}`, from {from}, cannot be an AWS region\n\
                 envsecrets: hint: a region is called like `eu-central-1`\n"
            )
        );
    }
    assert_eq!(world.server.calls(), 0);
}

// The environment and profiles.

#[test]
fn credentials_come_from_the_environment() {
    let world = store();
    let mut launch = world.nobody(&[]);
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
    let world = store();
    world
        .config("[default]\naws_access_key_id = AKIDPROFILE000000000\naws_secret_access_key = x\n");
    for secret in [None, Some(""), Some(" ")] {
        let mut launch = world.nobody(&[]);
        launch.env("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT00000");
        if let Some(secret) = secret {
            launch.env("AWS_SECRET_ACCESS_KEY", secret);
        }
        let ended = launch.run();
        assert_eq!(
            failed_at_once(&ended, 78),
            "envsecrets: error: the AWS credentials of the environment cannot be used\n\
             envsecrets:   caused by: AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY is not\n",
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
fn credentials_come_from_the_profile_that_is_asked_for() {
    let world = store();
    world.config(PROFILES);
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
        // As with the AWS CLI, the flag beats credentials in the environment, the variable does not.
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
        let mut launch = world.nobody(options);
        for (name, value) in variables {
            launch.env(name, value);
        }
        world.read_as(&mut launch, key, &format!("{options:?} {variables:?}"));
    }
}

#[test]
fn a_profile_that_does_not_exist_is_told_with_those_that_do() {
    let world = store();
    let hint =
        "envsecrets: hint: look at `~/.aws/config`, or at `AWS_CONFIG_FILE` if that is set\n";
    for (config, known) in [
        (PROFILES, "the profiles here are `default`, `other`"),
        ("", "there are no profiles here"),
    ] {
        world.config(config);
        for (from, mut launch) in [
            ("--profile", world.nobody(&["--profile", "othre"])),
            ("AWS_PROFILE", world.nobody(&[])),
        ] {
            let ended = launch.env("AWS_PROFILE", "othre").run();
            assert_eq!(
                failed_at_once(&ended, 78),
                format!(
                    "envsecrets: error: the AWS profile `othre`, from {from}, does not exist\n\
                     envsecrets:   caused by: {known}\n\
                     {hint}"
                )
            );
        }
    }
    // Credentials in the environment need no profile.
    let mut launch = world.nobody(&[]);
    launch.with_key().env("AWS_PROFILE", "othre");
    world.read_as(&mut launch, "AKIDENVIRONMENT00000", "environment");
}

#[test]
fn a_profile_file_that_cannot_be_read_is_told_where_it_is_missed() {
    let world = store();
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
            .nobody(&[])
            .env("AWS_PROFILE", "app")
            .env("AWS_CONFIG_FILE", file)
            .run();
        assert_eq!(
            failed_at_once(&ended, 78),
            format!(
                "envsecrets: error: the AWS profile `app`, from AWS_PROFILE, does not exist\n\
                 envsecrets:   caused by: there are no profiles here\n\
                 envsecrets:   caused by: `{file}`: {why}\n\
                 envsecrets: hint: look at `~/.aws/config`, or at `AWS_CONFIG_FILE` if that is set\n"
            )
        );
        let ended = world.nobody(&[]).env("AWS_CONFIG_FILE", file).run();
        let said = failed_at_once(&ended, 78);
        let line = format!("profile `default`: it has no credentials; `{file}`: {why}\n");
        assert!(said.contains(&line), "{said}");
        // Who has credentials does not miss it.
        let mut launch = world.nobody(&[]);
        launch.with_key().env("AWS_CONFIG_FILE", file);
        world.read_as(&mut launch, "AKIDENVIRONMENT00000", file);
    }
}

#[test]
fn a_profile_file_that_makes_no_sense_is_told_with_its_line() {
    let world = store();
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
        let file = world.config(config);
        let ended = world.nobody(&[]).with_key().run();
        let (file, why) = (file.display(), why.replace('\n', " "));
        assert_eq!(
            failed_at_once(&ended, 78),
            format!(
                "envsecrets: error: the AWS profile `default` cannot be read\n\
                 envsecrets:   caused by: could not parse profile file: error parsing {file} {why}\n\
                 envsecrets: hint: look at `~/.aws/config` and `~/.aws/credentials`\n"
            )
        );
    }
}

// Roles.

const ROLE: &str = "role_arn = arn:aws:iam::123456789012:role/app";
const BASE: &str = "\
[profile base]
aws_access_key_id = AKIDBASE000000000000
aws_secret_access_key = x
";

#[test]
fn a_role_is_assumed_from_a_source_profile() {
    let world = store();
    let sts = StandIn::start(|call, _| assumed(call, "ASIAROLE000000000000"));
    world.config(format!("[default]\n{ROLE}\nsource_profile = base\n{BASE}"));
    let mut launch = world.nobody(&[]);
    launch.env("AWS_ENDPOINT_URL_STS", sts.url());
    world.read_as(&mut launch, "ASIAROLE000000000000", "source_profile");
    let calls = sts.calls();
    let [call] = calls.as_slice() else {
        panic!("{calls:?}");
    };
    assert_eq!(call.field("Action"), "AssumeRole");
    assert_eq!(
        call.field("RoleArn"),
        "arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fapp"
    );
    assert_eq!(call.signer(), Some("AKIDBASE000000000000"));
}

#[test]
fn where_sts_is_can_be_said_in_three_ways() {
    let world = store();
    let sts = StandIn::start(|call, _| assumed(call, "ASIAROLE000000000000"));
    let url = sts.url();
    let services = format!("services = here\n[services here]\nsts =\n  endpoint_url = {url}\n");
    for (variable, more) in [
        (Some("AWS_ENDPOINT_URL_STS"), ""),
        (Some("AWS_ENDPOINT_URL"), ""),
        (None, services.as_str()),
    ] {
        world.config(format!(
            "{BASE}[default]\n{ROLE}\nsource_profile = base\n{more}"
        ));
        let mut launch = world.nobody(&[]);
        if let Some(variable) = variable {
            launch.env(variable, &url);
        }
        world.read_as(
            &mut launch,
            "ASIAROLE000000000000",
            &format!("{variable:?}"),
        );
    }
}

#[test]
fn roles_are_assumed_one_from_the_other() {
    let world = store();
    let sts = StandIn::start(|call, number| assumed(call, &format!("ASIAROLE{number}")));
    world.config(format!(
        "[default]\n{ROLE}\nsource_profile = middle\n[profile middle]\n{ROLE}-middle\nsource_profile = base\n{BASE}"
    ));
    let mut launch = world.nobody(&[]);
    launch.env("AWS_ENDPOINT_URL_STS", sts.url());
    world.read_as(&mut launch, "ASIAROLE2", "two roles");
    let signers: Vec<Option<String>> = sts
        .calls()
        .iter()
        .map(|call| call.signer().map(str::to_owned))
        .collect();
    assert_eq!(
        signers,
        [
            Some("AKIDBASE000000000000".to_owned()),
            Some("ASIAROLE1".to_owned())
        ]
    );
}

#[test]
fn a_role_is_assumed_from_what_the_place_gives() {
    let world = store();
    let sts = StandIn::start(|call, _| assumed(call, "ASIAROLE000000000000"));
    let ecs = StandIn::start(|_, _| credentials("ASIATASK000000000000"));
    let imds = StandIn::start(|call, _| metadata(call, "ASIAINSTANCE00000000"));
    for (number, (place, signer)) in [
        ("Environment", "AKIDENVIRONMENT00000"),
        ("EcsContainer", "ASIATASK000000000000"),
        ("Ec2InstanceMetadata", "ASIAINSTANCE00000000"),
    ]
    .into_iter()
    .enumerate()
    {
        world.config(format!(
            "[profile app]\n{ROLE}\ncredential_source = {place}\n"
        ));
        let mut launch = world.nobody(&["--profile", "app"]);
        launch
            .with_key()
            .without("AWS_EC2_METADATA_DISABLED")
            .env("AWS_CONTAINER_CREDENTIALS_FULL_URI", ecs.url())
            .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", imds.url())
            .env("AWS_ENDPOINT_URL_STS", sts.url());
        world.read_as(&mut launch, "ASIAROLE000000000000", place);
        assert_eq!(sts.calls()[number].signer(), Some(signer), "{place}");
    }
}

#[test]
fn a_web_identity_becomes_a_role() {
    let world = store();
    let sts = StandIn::start(|call, _| assumed(call, "ASIAPOD0000000000000"));
    let token = world.directory.file("token", "a.web.token", 0o600);
    let mut launch = world.nobody(&[]);
    launch
        .env("AWS_ENDPOINT_URL_STS", sts.url())
        .env("AWS_WEB_IDENTITY_TOKEN_FILE", &token)
        .env("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/app")
        .env("AWS_ROLE_SESSION_NAME", "pod-7");
    world.read_as(&mut launch, "ASIAPOD0000000000000", "environment");

    let token = token.display();
    world.config(format!(
        "[profile app]\n{ROLE}\nweb_identity_token_file = {token}\nrole_session_name = pod-7\n"
    ));
    let mut launch = world.nobody(&["--profile", "app"]);
    launch.env("AWS_ENDPOINT_URL_STS", sts.url());
    world.read_as(&mut launch, "ASIAPOD0000000000000", "profile");

    let calls = sts.calls();
    assert_eq!(calls.len(), 2);
    for call in calls {
        assert_eq!(call.field("Action"), "AssumeRoleWithWebIdentity");
        assert_eq!(call.field("WebIdentityToken"), "a.web.token");
        assert_eq!(call.field("RoleSessionName"), "pod-7");
        assert_eq!(call.signer(), None);
    }
}

// Sign-ins and processes.

const PORTAL: &str = "sso_region = us-east-1\nsso_start_url = https://example.awsapps.com/start\n";
const ASSIGNMENT: &str = "sso_account_id = 123456789012\nsso_role_name = app\n";

/// A profile whose token is found by the name of the session, `dev`.
fn session_profile() -> String {
    format!("[default]\nsso_session = dev\n{ASSIGNMENT}[sso-session dev]\n{PORTAL}")
}

/// Where the token of a sign-in lies: named by the SHA-1 of the session's name, or of the portal's
/// URL.
const TOKEN_OF_SESSION: &str = ".aws/sso/cache/34c6fceca75e456f25e7e99531e2425c6c1de443.json";
const TOKEN_OF_PORTAL: &str = ".aws/sso/cache/e8be5486177c5b5392bd9aa76563515b29358e6e.json";

fn sso_token(until: &str) -> String {
    format!(r#"{{"accessToken":"a-token","expiresAt":"{until}"}}"#)
}

#[test]
fn a_sign_in_with_the_aws_cli_is_used() {
    let world = store();
    let portal = StandIn::start(|_, _| signed_in("ASIASIGNEDIN00000000"));
    for (config, token) in [
        (session_profile(), TOKEN_OF_SESSION),
        (format!("[default]\n{ASSIGNMENT}{PORTAL}"), TOKEN_OF_PORTAL),
    ] {
        world.config(config);
        let file = world
            .directory
            .file(token, sso_token("2090-01-01T00:00:00Z"), 0o600);
        let mut launch = world.nobody(&[]);
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
    let world = store();
    let answer = world
        .directory
        .file("answer", credentials_json("ASIAPROCESS000000000"), 0o600);
    let answer = answer.display();
    world.config(format!("[default]\ncredential_process = cat '{answer}'\n"));
    world.read_as(&mut world.nobody(&[]), "ASIAPROCESS000000000", "cat");
}

// Containers and instances.

#[test]
fn a_container_is_given_credentials() {
    let world = store();
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
        let mut launch = world.nobody(&[]);
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
        let world = store();
        let agent = StandIn::at(([169, 254, 170, 2], 80).into(), |_, _| {
            credentials("ASIATASK000000000000")
        });
        let mut launch = world.nobody(&[]);
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
    let world = store();
    let imds = StandIn::start(|call, _| metadata(call, "ASIAINSTANCE00000000"));
    let by_profile = format!(
        "[default]\nec2_metadata_service_endpoint = {}\n",
        imds.url()
    );
    for (config, variable) in [("", true), (by_profile.as_str(), false)] {
        world.config(config);
        let mut launch = world.nobody(&[]);
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
    let world = store();
    let sts = StandIn::start(|call, _| assumed(call, "ASIAPOD0000000000000"));
    let agent = StandIn::start(|_, _| credentials("ASIATASK000000000000"));
    let imds = StandIn::start(|call, _| metadata(call, "ASIAINSTANCE00000000"));
    let token = world.directory.file("token", "a.web.token", 0o600);
    let config = world.config(PROFILES);
    let mut launch = world.nobody(&[]);
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

// Failures that are certain.

/// A launch without luck: what was configured, and what was said of it.
#[track_caller]
fn fails(launch: &mut Launch, code: u8, error: &str, causes: &[&str], hint: &str) {
    let ended = launch.run();
    let causes: String = causes
        .iter()
        .map(|cause| format!("envsecrets:   caused by: {cause}\n"))
        .collect();
    let hint = match hint {
        "" => String::new(),
        hint => format!("envsecrets: hint: {hint}\n"),
    };
    assert_eq!(
        failed_at_once(&ended, code),
        format!("envsecrets: error: {error}\n{causes}{hint}")
    );
}

const PROFILE_UNUSABLE: &str = "the AWS credentials of the profile cannot be used";

#[test]
fn a_profile_that_is_only_half_there_does_not_lead_to_another_identity() {
    let world = store();
    let imds = StandIn::start(|call, _| metadata(call, "ASIAINSTANCE00000000"));
    for (config, why) in [
        (
            format!("[default]\n{ROLE}\nsource_profile = bsae\n{BASE}"),
            "profile `bsae` was not defined: could not find source profile bsae referenced from default",
        ),
        (
            format!(
                "[default]\n{ROLE}\nsource_profile = a\n[profile a]\n{ROLE}\nsource_profile = default\n"
            ),
            "profile formed an infinite loop. first we loaded [\"default\", \"a\"], then attempted to reload default",
        ),
        (
            format!("[default]\n{ROLE}\n"),
            "invalid credential source in `default`: profile must contain `source_profile` or `credential_source` but neither were defined",
        ),
        (
            format!(
                "[default]\n{ROLE}\nsource_profile = base\ncredential_source = Environment\n{BASE}"
            ),
            "invalid credential source in `default`: profile contained both source_profile and credential_source. Only one or the other can be defined",
        ),
        (
            format!("[default]\n{ROLE}\ncredential_source = Moon\n"),
            "profile referenced `Moon` provider but that provider is not supported",
        ),
        (
            "[default]\naws_access_key_id = AKIDHALF000000000000\n".to_owned(),
            "invalid credential source in `default`: profile missing aws_secret_access_key",
        ),
        (
            format!("[default]\nsso_session = dev\n{ASSIGNMENT}"),
            "sso-session named `dev` (referenced by profile `default`) was not found",
        ),
        (
            format!("[default]\nsso_session = dev\n[sso-session dev]\n{PORTAL}"),
            "selected profile will resolve an access token instead of credentials since it doesn't have `sso_account_id` and `sso_role_name` set. Specify both `sso_account_id` and `sso_role_name` to let this profile resolve credentials.",
        ),
        (
            format!("[default]\n{ROLE}\nweb_identity_token_file = /nowhere/token\n"),
            "cannot read `/nowhere/token`, from the profile: No such file or directory (os error 2)",
        ),
    ] {
        world.config(config);
        let mut launch = world.nobody(&[]);
        launch
            .without("AWS_EC2_METADATA_DISABLED")
            .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", imds.url());
        fails(&mut launch, 78, PROFILE_UNUSABLE, &[why], "");
    }
    assert!(imds.calls().is_empty());
}

const SIGN_IN: &str = "sign in again with `aws sso login`, and the same profile";

#[test]
fn a_sign_in_that_has_run_out_is_told_with_how_to_sign_in_again() {
    let world = store();
    let late = "the SSO token has expired and cannot be refreshed";
    let missing = "failed to load the cached SSO token";
    let home = world.directory.path().to_str().unwrap();
    let no_file = format!(
        "failed to read `{home}/{TOKEN_OF_PORTAL}`: No such file or directory (os error 2)"
    );
    for (config, token, why) in [
        (session_profile(), None, missing),
        (session_profile(), Some("{"), missing),
        (
            session_profile(),
            Some(&sso_token("2020-01-01T00:00:00Z")),
            late,
        ),
        (format!("[default]\n{ASSIGNMENT}{PORTAL}"), None, &no_file),
    ] {
        world.config(config);
        let token = token.map(|token| world.directory.file(TOKEN_OF_SESSION, token, 0o600));
        fails(
            &mut world.nobody(&[]),
            78,
            PROFILE_UNUSABLE,
            &[why],
            SIGN_IN,
        );
        if let Some(token) = token {
            std::fs::remove_file(token).unwrap();
        }
    }
    world.config(session_profile());
    let token = sso_token("2090-01-01T00:00:00Z");
    world.directory.file(TOKEN_OF_SESSION, token, 0o600);
    for (status, kind, message, code, hint) in [
        (
            401,
            "UnauthorizedException",
            "Session token not found or invalid",
            78,
            SIGN_IN,
        ),
        (
            403,
            "ForbiddenException",
            "No access",
            77,
            "look at whether this user is assigned to the account and the role of the profile",
        ),
    ] {
        let portal = StandIn::start(move |_, _| {
            let kind = ("x-amzn-errortype", kind.to_owned());
            Reply::AnswerWith(status, kind, format!(r#"{{"message":"{message}"}}"#))
        });
        let mut launch = world.nobody(&[]);
        launch.env("AWS_ENDPOINT_URL_SSO", portal.url());
        let why = format!("{kind}: {message}");
        fails(&mut launch, code, PROFILE_UNUSABLE, &[&why], hint);
        assert_eq!(portal.calls().len(), 1);
    }
}

#[test]
fn a_sign_in_of_a_kind_that_we_cannot_use_is_told_with_a_way_around() {
    let world = store();
    world.config("[default]\nlogin_session = arn:aws:iam::123456789012:user/admin\n");
    fails(
        &mut world.nobody(&[]),
        78,
        PROFILE_UNUSABLE,
        &[
            "This behavior requires following cargo feature(s) enabled: credentials-login. In order to use an active login session, the `credentials-login` feature must be enabled.",
        ],
        "sign-ins by `aws login` cannot be used: give another profile `credential_process = aws configure export-credentials --profile PROFILE`, and name that one",
    );
}

#[test]
fn a_process_that_gives_no_credentials_is_told_without_its_output() {
    let world = store();
    let unparsed = "Error retrieving credentials from external process, could not parse response: ";
    for (process, why) in [
        (
            "sh -c 'echo your card is not in the reader >&2; exit 3'",
            "Error retrieving credentials: external process exited with code exit status: 3. Stderr: your card is not in the reader ".to_owned(),
        ),
        (
            "/nowhere/process",
            "Error retrieving credentials: external process exited with code exit status: 127. Stderr: sh: 1: /nowhere/process: not found ".to_owned(),
        ),
        (
            "echo nothing",
            format!("{unparsed}invalid JSON in response: Error at offset 0: expected literal: null"),
        ),
        (
            r#"echo '{"Version":7,"AccessKeyId":"A","SecretAccessKey":"s3ntinel-plaintext-0xdecafbad"}'"#,
            format!("{unparsed}Invalid field in response: `version`. unknown version number: 7"),
        ),
        (
            r#"echo '{"Version":1,"SecretAccessKey":"s3ntinel-plaintext-0xdecafbad"}'"#,
            format!("{unparsed}Expected field `AccessKeyId` in response but it was missing"),
        ),
        (
            r#"echo '{"Version":1,"AccessKeyId":"A","SecretAccessKey":"s3ntinel-plaintext-0xdecafbad"'"#,
            format!("{unparsed}invalid JSON in response: Error at offset 81: unexpected end of stream"),
        ),
    ] {
        world.config(format!("[default]\ncredential_process = {process}\n"));
        fails(&mut world.nobody(&[]), 78, PROFILE_UNUSABLE, &[&why], "");
    }
}

#[test]
fn a_refusal_of_sts_is_told_as_sts_puts_it() {
    let world = store();
    let token = world.directory.file("token", "a.web.token", 0o600);
    world.config(format!(
        "[profile app]\n{ROLE}\nsource_profile = base\n{BASE}"
    ));
    for (status, code, message, exit, hint) in [
        (
            403,
            "AccessDenied",
            "User: arn:aws:iam::123456789012:user/base is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/app",
            77,
            "look at the role's trust policy, and at whether the caller may `sts:AssumeRole`",
        ),
        (
            403,
            "InvalidClientTokenId",
            "The security token included in the request is invalid.",
            77,
            "look at which access key is used, whether it still exists, and whether secret and session token belong to it; then at this machine's clock",
        ),
        (
            400,
            "ExpiredTokenException",
            "Token expired",
            77,
            "temporary credentials have run out: get new ones",
        ),
        (400, "ValidationError", "RoleArn is no ARN", 78, ""),
    ] {
        let sts = StandIn::start(move |_, _| refused(status, code, message));
        let mut by_profile = world.nobody(&["--profile", "app"]);
        let mut by_token = world.nobody(&[]);
        by_token
            .env("AWS_WEB_IDENTITY_TOKEN_FILE", &token)
            .env("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/app");
        for (who, launch) in [
            ("profile", &mut by_profile),
            ("web identity token", &mut by_token),
        ] {
            launch.env("AWS_ENDPOINT_URL_STS", sts.url());
            let error = format!("the AWS credentials of the {who} cannot be used");
            let why = format!("{code}: {message}");
            fails(launch, exit, &error, &[&why], hint);
        }
        assert_eq!(sts.calls().len(), 2, "{code}");
    }
}

#[test]
fn a_web_identity_that_is_only_half_there_does_not_lead_to_another_identity() {
    let world = store();
    let agent = StandIn::start(|_, _| credentials("ASIATASK000000000000"));
    let token = world.directory.file("token", "a.web.token", 0o600);
    let error = "the AWS credentials of the web identity token cannot be used";
    for (token, role, why) in [
        (
            token.as_path(),
            "",
            "AWS_WEB_IDENTITY_TOKEN_FILE is set, and AWS_ROLE_ARN is not",
        ),
        (
            Path::new("/nowhere/token"),
            "arn:aws:iam::123456789012:role/app",
            "cannot read `/nowhere/token`, from AWS_WEB_IDENTITY_TOKEN_FILE: No such file or directory (os error 2)",
        ),
    ] {
        let mut launch = world.nobody(&[]);
        launch
            .env("AWS_WEB_IDENTITY_TOKEN_FILE", token)
            .env("AWS_ROLE_ARN", role)
            .env("AWS_CONTAINER_CREDENTIALS_FULL_URI", agent.url());
        fails(&mut launch, 78, error, &[why], "");
    }
    assert!(agent.calls().is_empty());
}

#[test]
fn an_agent_that_gives_no_credentials_is_told_without_its_answer() {
    let world = store();
    let error = "the AWS credentials of the container's credential endpoint cannot be used";
    let hint = "look at `AWS_CONTAINER_CREDENTIALS_FULL_URI`, `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` and `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE`, which ECS and EKS set, and at the role of the task or the pod";
    for (reply, why, hint) in [
        (
            Reply::Answer(403, SENTINEL.to_owned()),
            "HOST answered with HTTP status 403",
            hint,
        ),
        (
            Reply::Answer(404, SENTINEL.to_owned()),
            "HOST answered with HTTP status 404",
            hint,
        ),
        (
            Reply::ok(r#"{"code":"NoRole","message":"the task has no role"}"#),
            "the answer of HOST: failed to load credentials [NoRole]: the task has no role",
            "",
        ),
    ] {
        let agent = StandIn::start(move |_, _| reply.clone());
        let mut launch = world.nobody(&[]);
        launch.env("AWS_CONTAINER_CREDENTIALS_FULL_URI", agent.url());
        let host = agent.url().replace("http://", "");
        fails(&mut launch, 78, error, &[&why.replace("HOST", &host)], hint);
        assert_eq!(agent.calls().len(), 1);
    }
    let agent = StandIn::start(|_, _| credentials("ASIATASK000000000000"));
    let token = world
        .directory
        .file("token", "ends with a line feed\n", 0o600);
    let token = token.to_str().unwrap();
    for (variable, value, why) in [
        (
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            "http://10.0.0.1/x",
            "invalid full URI for ECS provider (URI did not refer to an allowed IP address): http://10.0.0.1/x",
        ),
        (
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            "no URI",
            "invalid full URI for ECS provider (URI was invalid): no URI",
        ),
        (
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
            "/nowhere/token",
            "cannot read `/nowhere/token`, from AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: No such file or directory (os error 2)",
        ),
        (
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
            token,
            "the auth token could not be used as an HTTP header value. failed to parse header value",
        ),
    ] {
        let mut launch = world.nobody(&[]);
        launch
            .env("AWS_CONTAINER_CREDENTIALS_FULL_URI", agent.url())
            .env(variable, value);
        fails(&mut launch, 78, error, &[why], hint);
    }
    assert!(agent.calls().is_empty());
}

#[test]
fn an_instance_without_a_role_is_told_without_the_answer() {
    let world = store();
    let error = "the AWS credentials of the instance metadata service cannot be used";
    let role = "attach a role to the instance, or turn its metadata service on (`aws ec2 modify-instance-metadata-options`)";
    let ours = "look at `AWS_EC2_METADATA_SERVICE_ENDPOINT` and `AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE`, or their like in the profile";
    let instance = |imds: &str| {
        let mut launch = world.nobody(&[]);
        launch
            .without("AWS_EC2_METADATA_DISABLED")
            .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", imds);
        launch
    };
    // The number of the request that goes wrong: token, role, credentials.
    for (number, reply, why, hint) in [
        (
            1,
            Reply::Answer(403, SENTINEL.to_owned()),
            "HOST answered with HTTP status 403",
            role,
        ),
        (
            2,
            Reply::Answer(403, SENTINEL.to_owned()),
            "HOST answered with HTTP status 403",
            role,
        ),
        (
            3,
            Reply::Answer(404, SENTINEL.to_owned()),
            "HOST answered with HTTP status 404",
            role,
        ),
        (
            3,
            Reply::ok(
                r#"{"Code":"AssumeRoleUnauthorizedAccess","Message":"EC2 cannot assume the role"}"#,
            ),
            "the answer of HOST: Incorrect IMDS/IAM configuration: [AssumeRoleUnauthorizedAccess] EC2 cannot assume the role. Hint: Does this role have a trust relationship with EC2?",
            "",
        ),
    ] {
        let imds = StandIn::start(move |call, at| match at == number {
            true => reply.clone(),
            false => metadata(call, "ASIAINSTANCE00000000"),
        });
        let host = imds.url().replace("http://", "");
        fails(
            &mut instance(&imds.url()),
            78,
            error,
            &[&why.replace("HOST", &host)],
            hint,
        );
        assert_eq!(imds.calls().len(), number);
    }
    fails(
        &mut instance("no URI"),
        78,
        error,
        &[
            "an unexpected error occurred communicating with IMDS: failed to build IMDS client: invalid URI: invalid uri character",
        ],
        ours,
    );
    let no_role = StandIn::start(|call, _| match call.target.ends_with('/') {
        true => Reply::Answer(404, String::new()),
        false => metadata(call, "ASIAINSTANCE00000000"),
    });
    let host = no_role.url().replace("http://", "");
    fails(
        &mut instance(&no_role.url()),
        78,
        "no AWS credentials were found",
        &[
            NO_ENVIRONMENT,
            NO_PROFILE,
            NO_WEB_IDENTITY,
            NO_CONTAINER,
            &format!("instance metadata at {host}: HTTP status 404, no role"),
        ],
        "attach a role to this instance; if it has one, look at its metadata service (enabled? hop limit 2 for containers?)",
    );
}

const NO_ENVIRONMENT: &str =
    "environment: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not both set";
const NO_PROFILE: &str = "profile `default`: it has no credentials";
const NO_WEB_IDENTITY: &str = "web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set";
const NO_CONTAINER: &str =
    "container: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and …_FULL_URI are not set";

#[test]
fn sts_is_trusted_and_reached_as_the_store_is() {
    let world = store();
    let https = |identity| {
        let tls = Tls::new(identity);
        let ca = world.directory.file("ca.pem", tls.ca_pem(), 0o600);
        (Server::start_tls(&world.store, &tls).unwrap(), ca)
    };
    let unknown = "if a proxy inspects TLS here, name its certificate with `AWS_CA_BUNDLE` or `SSL_CERT_FILE`";

    let (sts, ca) = https(Identity::SelfSigned);
    let mut launch = linked(&world, "role", &sts.url());
    launch.env("AWS_CA_BUNDLE", ca);
    let why = format!(
        "no TLS with localhost:{}: invalid peer certificate: UnknownIssuer",
        sts.port()
    );
    fails(&mut launch, 78, PROFILE_UNUSABLE, &[&why], unknown);
    assert_eq!(sts.connections(), 1);

    launch.env("AWS_CA_BUNDLE", "/nowhere/ca.pem");
    let why = "nobody is trusted: cannot read the trusted certificates of AWS_CA_BUNDLE `/nowhere/ca.pem`: No such file or directory (os error 2)";
    fails(&mut launch, 78, PROFILE_UNUSABLE, &[why], unknown);

    let proxy = StandIn::start(|_, _| Reply::Answer(407, String::new()));
    let (sts, ca) = https(Identity::Valid);
    let mut launch = linked(&world, "role", &sts.url());
    launch
        .env("AWS_CA_BUNDLE", ca)
        .env("HTTPS_PROXY", proxy.url_with("user", "hunter2"));
    fails(
        &mut launch,
        78,
        PROFILE_UNUSABLE,
        &["the proxy answers HTTP status 407"],
        "if it wants a user name and a password, they stand in its URL; `NO_PROXY` names hosts to go to without it",
    );
    assert_eq!(proxy.lines(), [format!("CONNECT localhost:{}", sts.port())]);
}

#[test]
fn a_role_cannot_be_assumed_without_a_region() {
    let world = store();
    let sts = StandIn::start(|call, _| assumed(call, "ASIAROLE000000000000"));
    let mut launch = linked(&world, "role", &sts.url());
    let ended = launch.without("AWS_REGION").run();
    assert_eq!(
        failed_at_once(&ended, 78),
        format!(
            "{NO_REGION}\
             envsecrets: error: {PROFILE_UNUSABLE}\n\
             envsecrets:   caused by: other: missing signing region\n\
             {REGION_HINT}"
        )
    );
    // An instance knows where it is.
    let imds = StandIn::start(|call, _| metadata(call, "ASIAINSTANCE00000000"));
    launch
        .without("AWS_EC2_METADATA_DISABLED")
        .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", imds.url());
    world.read_as(&mut launch, "ASIAROLE000000000000", "IMDS");
    assert_eq!(world.region().as_deref(), Some("eu-west-3"));
    let signature = sts.calls()[0].header("authorization").unwrap().to_owned();
    assert!(signature.contains("/eu-west-3/sts/"), "{signature}");
}

// Failures that may pass.

/// The links of the chain that ask somebody: how each is configured, whose credentials it gives,
/// and what a stand-in has to say for that.
type Act = fn(&Call) -> Reply;
const LINKS: [(&str, &str, Act); 5] = [
    ("role", "ASIAROLE000000000000", |call| {
        assumed(call, "ASIAROLE000000000000")
    }),
    ("web identity", "ASIAPOD0000000000000", |call| {
        assumed(call, "ASIAPOD0000000000000")
    }),
    ("sign-in", "ASIASIGNEDIN00000000", |_| {
        signed_in("ASIASIGNEDIN00000000")
    }),
    ("container", "ASIATASK000000000000", |_| {
        credentials("ASIATASK000000000000")
    }),
    ("instance", "ASIAINSTANCE00000000", |call| {
        metadata(call, "ASIAINSTANCE00000000")
    }),
];

/// A launch for which one link of the chain is configured, to ask at `url`.
fn linked(world: &World, link: &str, url: &str) -> Launch {
    let mut launch = world.nobody(&[]);
    match link {
        "role" => {
            world.config(format!("[default]\n{ROLE}\nsource_profile = base\n{BASE}"));
            launch.env("AWS_ENDPOINT_URL_STS", url);
        }
        "web identity" => {
            let token = world.directory.file("token", "a.web.token", 0o600);
            launch
                .env("AWS_ENDPOINT_URL_STS", url)
                .env("AWS_WEB_IDENTITY_TOKEN_FILE", token)
                .env("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/app");
        }
        "sign-in" => {
            world.config(session_profile());
            let token = sso_token("2090-01-01T00:00:00Z");
            world.directory.file(TOKEN_OF_SESSION, token, 0o600);
            launch.env("AWS_ENDPOINT_URL_SSO", url);
        }
        "container" => {
            launch.env("AWS_CONTAINER_CREDENTIALS_FULL_URI", url);
        }
        "instance" => {
            launch
                .without("AWS_EC2_METADATA_DISABLED")
                .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", url);
        }
        _ => unreachable!("{link}"),
    }
    launch
}

#[test]
fn whoever_hands_out_credentials_may_fail_for_a_while() {
    for (link, key, act) in LINKS {
        for trouble in [
            Reply::Answer(500, SENTINEL.to_owned()),
            Reply::Answer(503, String::new()),
            Reply::Answer(429, String::new()),
            Reply::HangUp,
        ] {
            let situation = format!("{link}: {trouble:?}");
            let reply = trouble.clone();
            let stand_in = StandIn::start(move |call, number| match number {
                1..=2 => reply.clone(),
                _ => act(call),
            });
            let world = store();
            let ended = linked(&world, link, &stand_in.url()).run();
            assert_eq!(ended.code, Some(0), "{situation}: {ended:?}");
            assert_eq!(ended.text(), format!("{SENTINEL}\n"), "{situation}");
            assert!(!ended.stderr.contains(SENTINEL), "{situation}");
            assert_eq!(world.signer().as_deref(), Some(key), "{situation}");
        }
    }
}

#[test]
fn sts_may_be_busy_for_a_while() {
    for code in [
        "Throttling",
        "RequestLimitExceeded",
        "IDPCommunicationError",
    ] {
        for (link, key, act) in &LINKS[..2] {
            let sts = StandIn::start(move |call, number| match number {
                1..=2 => refused(400, code, "later"),
                _ => act(call),
            });
            let world = store();
            world.read_as(&mut linked(&world, link, &sts.url()), key, code);
        }
    }
}

#[test]
fn whoever_hands_out_credentials_may_be_mute_for_a_while() {
    std::thread::scope(|scope| {
        for (link, key, act) in LINKS {
            scope.spawn(move || {
                let stand_in = StandIn::start(move |call, number| match number {
                    1 => Reply::Mute,
                    _ => act(call),
                });
                let world = store();
                let ended = linked(&world, link, &stand_in.url()).run();
                assert_eq!(ended.code, Some(0), "{link}: {ended:?}");
                assert_eq!(world.signer().as_deref(), Some(key), "{link}");
            });
        }
    });
}

#[test]
fn whoever_hands_out_credentials_may_come_late() {
    std::thread::scope(|scope| {
        // At the address of an instance's metadata service nobody may be for ever.
        for (link, key, act) in &LINKS[..4] {
            scope.spawn(move || {
                let world = store();
                let address = nobody();
                let mut launch = linked(&world, link, &format!("http://{address}"));
                // Whoever waits is told why after a moment.
                let said = world.directory.file("said", "", 0o600);
                let stderr = std::fs::File::create(&said).unwrap();
                launch.command.stderr(stderr);
                let running = launch.start();
                until_said(&said, "Connection refused (os error 111); giving up in ");
                let _stand_in = StandIn::at(address, |call, _| act(call));
                let ended = running.end();
                assert_eq!(ended.text(), format!("{SENTINEL}\n"), "{link}: {ended:?}");
                assert_eq!(world.signer().as_deref(), Some(*key), "{link}");
            });
        }
    });
}

/// Waits until a file holds this text.
fn until_said(file: &Path, text: &str) {
    let started = std::time::Instant::now();
    loop {
        let said = std::fs::read_to_string(file).unwrap();
        if said.contains(text) {
            return;
        }
        assert!(started.elapsed() < Duration::from_secs(30), "{said}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn who_never_hands_out_credentials_is_named_at_the_deadline() {
    let closed = nobody();
    for (link, who) in [
        ("role", "the profile"),
        ("web identity", "the web identity token"),
        ("sign-in", "the profile"),
        ("container", "the container's credential endpoint"),
    ] {
        let world = store();
        let ended = linked(&world, link, &format!("http://{closed}"))
            .env("ENVSECRETS_TIMEOUT", "1s")
            .run();
        let said: Vec<&str> = ended.failed(75).lines().collect();
        assert_eq!(
            said[..2],
            [
                &format!("envsecrets: error: {who} did not answer within 1s for AWS credentials"),
                &format!(
                    "envsecrets:   caused by: cannot connect to {closed}: tcp connect error: Connection refused (os error 111)"
                ),
            ]
        );
    }
}

// Credentials that run out.

/// A stand-in that hands out `ASIAOLD` to the first who asks, and then `ASIANEW`.
fn renewing(link: &'static str, act: Act) -> StandIn {
    // An instance is asked for a token, a role and then credentials.
    let first = if link == "instance" { 3 } else { 1 };
    StandIn::start(move |call, number| match act(call) {
        Reply::Answer(200, body) => {
            let new = if number <= first {
                "ASIAOLD"
            } else {
                "ASIANEW"
            };
            let keys = LINKS.iter().map(|(_, key, _)| key);
            Reply::ok(keys.fold(body, |body, key| body.replace(key, new)))
        }
        other => other,
    })
}

#[test]
fn credentials_that_have_run_out_are_renewed() {
    for (link, _, act) in LINKS {
        let stand_in = renewing(link, act);
        let world = store();
        world.server.set_faults([Fault::ExpiredToken.first(1)]);
        world.read_as(&mut linked(&world, link, &stand_in.url()), "ASIANEW", link);
        assert_eq!(world.server.calls(), 2, "{link}");
    }
}

#[test]
fn calls_at_the_same_time_renew_their_credentials_together() {
    let agent = renewing("container", LINKS[3].2);
    let world = world_with(&[("/app/x", SENTINEL), ("/a/a", "a"), ("/b/b", "b")]);
    world.server.set_faults([Fault::ExpiredToken.first(4)]);
    let mut launch = world.nobody(&["--path=/a", "--path=/b", "--secret=S=/app/x"]);
    launch.env("AWS_CONTAINER_CREDENTIALS_FULL_URI", agent.url());
    let ended = launch.run();
    assert_eq!(ended.ok(), format!("{SENTINEL}\n"));
    let signers: Vec<_> = world
        .server
        .requests()
        .into_iter()
        .map(|call| call.access_key.unwrap())
        .collect();
    let old = signers.iter().filter(|key| *key == "ASIAOLD").count();
    assert_eq!((old, signers.len()), (4, 8), "{signers:?}");
    assert_eq!(agent.calls().len(), 2);
}

const RUN_OUT: &str =
    "ExpiredTokenException: The security token included in the request is expired (request id ID)";

#[test]
fn credentials_that_run_out_for_good_are_told_at_once() {
    let world = store();
    world.server.set_faults([Fault::ExpiredToken.always()]);
    let agent = StandIn::start(|_, _| credentials("ASIATASK000000000000"));
    let renewing = renewing("container", LINKS[3].2);
    let mut with_key = world.nobody(&[]);
    with_key.with_key();
    for (mut launch, calls, who) in [
        // There are no others.
        (with_key, 1, "the environment (access key …0000)"),
        (
            linked(&world, "container", &agent.url()),
            1,
            "the container's credential endpoint (access key …0000)",
        ),
        // The others have run out too.
        (
            linked(&world, "container", &renewing.url()),
            2,
            "the container's credential endpoint (access key …ANEW)",
        ),
    ] {
        world.server.clear_requests();
        let ended = launch.run();
        let requests = world.server.requests();
        assert_eq!(requests.len(), calls, "{who}");
        let why = RUN_OUT.replace("ID", &requests.last().unwrap().request_id);
        assert_eq!(
            failed_at_once(&ended, 77),
            format!(
                "envsecrets: error: AWS refuses the credentials of {who}\n\
                 envsecrets:   caused by: {why}\n\
                 envsecrets: hint: temporary credentials have run out: get new ones\n"
            )
        );
    }
}

// With nothing configured.

const NO_REGION: &str = "envsecrets: error: no AWS region is configured\n";
const REGION_HINT: &str =
    "envsecrets: hint: say `--region REGION`, or set `AWS_REGION` or the region of the profile\n";
const LAPTOP_HINT: &str = "envsecrets: hint: on a laptop: `aws configure` or `aws sso login`, then `--profile` or `AWS_PROFILE`; on EC2, ECS and EKS: give the instance, task or service account a role\n";

/// What is said where no link of the chain is configured, and of the last one, that.
fn nothing_found(instance: &str) -> String {
    format!(
        "envsecrets: error: no AWS credentials were found\n\
         envsecrets:   caused by: {NO_ENVIRONMENT}\n\
         envsecrets:   caused by: {NO_PROFILE}\n\
         envsecrets:   caused by: {NO_WEB_IDENTITY}\n\
         envsecrets:   caused by: {NO_CONTAINER}\n\
         envsecrets:   caused by: instance metadata: {instance}\n"
    )
}

/// A launch on a machine where nothing at all is configured.
fn untouched(directory: &Directory) -> Launch {
    let mut launch = offline(directory, &READ_X);
    launch.without("AWS_EC2_METADATA_DISABLED");
    launch
}

/// Runs a launch that answers within two seconds. On a busy machine not every one does.
#[track_caller]
fn within_two_seconds(launch: &mut Launch) -> Ended {
    let mut attempts = (0..5).map(|_| launch.run());
    let ended = attempts.find(|ended| ended.took < Duration::from_secs(2));
    ended.expect("an answer within two seconds")
}

/// Whether the firmware says that this is an EC2 instance, where a launch waits for its metadata
/// service.
fn on_ec2() -> bool {
    std::fs::read_to_string("/sys/class/dmi/id/sys_vendor")
        .is_ok_and(|vendor| vendor.trim() == "Amazon EC2")
}

#[test]
fn with_nothing_configured_the_answer_comes_within_two_seconds() {
    let story = "with_nothing_configured_the_answer_comes_within_two_seconds";
    if !can(story, "a machine that is no EC2 instance", !on_ec2()) {
        return;
    }
    let directory = Directory::new();
    // What becomes of a packet to the metadata service, and what is said of that.
    for (network, why) in [
        (
            "",
            "cannot connect to 169.254.169.254: tcp connect error: Network is unreachable (os error 101)",
        ),
        (
            "address add dev lo 169.254.169.254/32",
            "cannot connect to 169.254.169.254: tcp connect error: Connection refused (os error 111)",
        ),
        (
            "route add unreachable 169.254.169.254",
            "cannot connect to 169.254.169.254: tcp connect error: No route to host (os error 113)",
        ),
        // It falls into a hole.
        (
            "route add 169.254.169.254 dev lo",
            "no connection to 169.254.169.254 within 1 s",
        ),
    ] {
        alone(story, || {
            if !network.is_empty() {
                ip(network);
            }
            let ended = within_two_seconds(&mut untouched(&directory));
            let found = nothing_found(why);
            assert_eq!(
                ended.failed(78),
                format!("{NO_REGION}{found}{REGION_HINT}{LAPTOP_HINT}")
            );

            let ended = within_two_seconds(untouched(&directory).env("AWS_REGION", "us-east-1"));
            assert_eq!(ended.failed(78), format!("{found}{LAPTOP_HINT}"));
        });
    }
}

#[test]
fn turned_off_the_metadata_service_is_not_asked() {
    let world = store();
    let imds = StandIn::start(|call, _| metadata(call, "ASIAINSTANCE00000000"));
    for value in ["true", "TRUE"] {
        let ended = world
            .nobody(&[])
            .without("AWS_REGION")
            .env("AWS_EC2_METADATA_DISABLED", value)
            .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", imds.url())
            .run();
        let found = nothing_found("turned off by AWS_EC2_METADATA_DISABLED");
        assert_eq!(
            failed_at_once(&ended, 78),
            format!("{NO_REGION}{found}{REGION_HINT}{LAPTOP_HINT}")
        );
    }
    assert!(imds.calls().is_empty());
}

#[test]
fn a_metadata_service_that_takes_the_connection_and_stays_mute_suggests_the_hop_limit() {
    let story =
        "a_metadata_service_that_takes_the_connection_and_stays_mute_suggests_the_hop_limit";
    alone(story, || {
        ip("address add dev lo 169.254.169.254/32");
        let imds = StandIn::at(([169, 254, 169, 254], 80).into(), |_, _| Reply::Mute);
        let directory = Directory::new();
        let ended = untouched(&directory)
            .env("AWS_REGION", "us-east-1")
            .env("ENVSECRETS_TIMEOUT", "1500ms")
            .run();
        assert_eq!(
            ended.failed(75),
            "envsecrets: error: the instance metadata service did not answer within 1s 500ms for AWS credentials\n\
             envsecrets:   caused by: 169.254.169.254 takes the connection, but does not answer within 1 s\n\
             envsecrets: hint: the instance metadata service does not answer: in a container its answers need a hop limit of 2 (`aws ec2 modify-instance-metadata-options --instance-id ID --http-put-response-hop-limit 2`), the host's network, or a task role instead\n"
        );
        assert!(!imds.calls().is_empty());
    });
}

// Where to ask.

#[test]
fn the_endpoint_comes_from_the_nearest_of_its_sources() {
    let (world, other) = (store(), store());
    let (url, elsewhere) = (world.server.url(), other.server.url());
    let of_all = format!("[default]\nendpoint_url = {url}\n");
    let of_ssm = format!(
        "[default]\nendpoint_url = {elsewhere}\nservices = here\n[services here]\nssm =\n  endpoint_url = {url}\n"
    );
    let wrong = format!("[default]\nendpoint_url = {elsewhere}\n");
    for (config, variables) in [
        (
            "",
            &[
                ("AWS_ENDPOINT_URL_SSM", url.as_str()),
                ("AWS_ENDPOINT_URL", &elsewhere),
            ][..],
        ),
        ("", &[("AWS_ENDPOINT_URL", &url)]),
        (
            "",
            &[("AWS_ENDPOINT_URL_SSM", ""), ("AWS_ENDPOINT_URL", &url)],
        ),
        (&wrong, &[("AWS_ENDPOINT_URL_SSM", &url)]),
        (&wrong, &[("AWS_ENDPOINT_URL", &url)]),
        (&of_all, &[]),
        (
            &of_all,
            &[("AWS_ENDPOINT_URL_SSM", ""), ("AWS_ENDPOINT_URL", "")],
        ),
        (&of_all, &[("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "false")]),
        (&of_ssm, &[]),
    ] {
        world.config(config);
        let mut launch = world.nobody(&[]);
        launch.without("AWS_ENDPOINT_URL_SSM").with_key();
        for (name, value) in variables {
            launch.env(name, value);
        }
        world.read_as(
            &mut launch,
            "AKIDENVIRONMENT00000",
            &format!("{config}{variables:?}"),
        );
    }
    assert_eq!(other.server.calls(), 0);
}

#[test]
fn what_cannot_be_an_endpoint_is_refused_before_any_call_and_without_its_password() {
    let world = store();
    for (value, shown) in [
        ("localhost:4566", "localhost:4566"),
        ("ftp://localhost/", "ftp://localhost/"),
        ("http://", "http://"),
        ("http://user:hunter2@[::1/", "http://[::1/"),
    ] {
        for variable in ["AWS_ENDPOINT_URL_SSM", "AWS_ENDPOINT_URL"] {
            let mut launch = world.nobody(&[]);
            launch
                .with_key()
                .without("AWS_ENDPOINT_URL_SSM")
                .env(variable, value);
            let error = format!(
                "`{variable}` is `{shown}`, and must be a URL such as `https://ssm.eu-central-1.amazonaws.com`"
            );
            fails(&mut launch, 78, &error, &[], "");
        }
    }
}

/// The host that a launch asks for, and as whose it takes the answer: it asks through a proxy that
/// leads everything to one server with a certificate for that host.
#[track_caller]
fn asks_for(host: &str, region: &str, config: &str, variables: &[(&str, &str)]) {
    let store = Store::new();
    store.put("/app/x", SENTINEL);
    let tls = Tls::for_names(Identity::Valid, &[host]);
    let world = World {
        server: Server::start_tls(&store, &tls).unwrap(),
        store,
        directory: Directory::new(),
    };
    let ca = world.directory.file("ca.pem", tls.ca_pem(), 0o644);
    let port = world.server.port();
    let proxy = StandIn::start(move |_, _| Reply::RelayTo(port));
    world.config(config);
    let mut launch = world.nobody(&[]);
    launch
        .with_key()
        .without("AWS_ENDPOINT_URL_SSM")
        .env("AWS_REGION", region)
        .env("HTTPS_PROXY", proxy.url())
        .env("AWS_CA_BUNDLE", ca);
    for (name, value) in variables {
        launch.env(name, value);
    }
    let situation = format!("{region} {config}{variables:?}");
    world.read_as(&mut launch, "AKIDENVIRONMENT00000", &situation);
    assert_eq!(
        proxy.lines(),
        [format!("CONNECT {host}:443")],
        "{situation}"
    );
}

#[test]
fn without_an_endpoint_aws_is_asked() {
    let fips = ("AWS_USE_FIPS_ENDPOINT", "true");
    let dual = ("AWS_USE_DUALSTACK_ENDPOINT", "true");
    let ignore = ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
    let usual = "ssm.us-east-1.amazonaws.com";
    for (host, region, config, variables) in [
        (usual, "us-east-1", "", &[][..]),
        ("ssm.cn-north-1.amazonaws.com.cn", "cn-north-1", "", &[]),
        ("ssm-fips.us-east-1.amazonaws.com", "us-east-1", "", &[fips]),
        ("ssm.us-east-1.api.aws", "us-east-1", "", &[dual]),
        ("ssm-fips.us-east-1.api.aws", "us-east-1", "", &[fips, dual]),
        (
            "ssm-fips.us-east-1.amazonaws.com",
            "us-east-1",
            "[default]\nuse_fips_endpoint = true\n",
            &[],
        ),
        (
            "ssm.us-east-1.api.aws",
            "us-east-1",
            "[default]\nuse_dualstack_endpoint = true\n",
            &[],
        ),
        (
            usual,
            "us-east-1",
            "[default]\nuse_fips_endpoint = true\n",
            &[("AWS_USE_FIPS_ENDPOINT", "false")],
        ),
        (
            usual,
            "us-east-1",
            "",
            &[ignore, ("AWS_ENDPOINT_URL_SSM", "http://127.0.0.1:1")],
        ),
        (
            usual,
            "us-east-1",
            "",
            &[ignore, ("AWS_ENDPOINT_URL", "http://127.0.0.1:1")],
        ),
        (
            usual,
            "us-east-1",
            "[default]\nendpoint_url = http://127.0.0.1:1\n",
            &[ignore],
        ),
        (
            usual,
            "us-east-1",
            "[default]\nendpoint_url = http://127.0.0.1:1\nignore_configured_endpoint_urls = true\n",
            &[],
        ),
    ] {
        asks_for(host, region, config, variables);
    }
}

// What may be inherited.

/// What a launch does with a variable that it inherits.
enum Does<'s> {
    /// It reads the parameter.
    Reads,
    /// It ends with this code and error.
    Says(u8, &'s str),
}

#[test]
fn no_inherited_variable_makes_us_panic() {
    use Does::{Reads, Says};
    let world = store();
    let garbage = world.config("]]]\n");
    let garbage = garbage.to_str().unwrap();
    let nowhere = world.directory.path().join("nowhere");
    let home = world.directory.file("home/.aws/none", "", 0o600);
    let home = home.parent().unwrap().parent().unwrap();
    let unparsed = "the AWS profile `default` cannot be read";
    let rows: Vec<(&str, &str, Does<'_>)> = vec![
        ("AWS_RETRY_MODE", "legacy", Reads),
        ("AWS_RETRY_MODE", "nonsense", Reads),
        ("AWS_RETRY_MODE", "", Reads),
        ("AWS_MAX_ATTEMPTS", "abc", Reads),
        ("AWS_MAX_ATTEMPTS", "0", Reads),
        ("AWS_MAX_ATTEMPTS", "-1", Reads),
        ("AWS_MAX_ATTEMPTS", "", Reads),
        ("AWS_NEW_RETRIES_2026", "maybe", Reads),
        ("AWS_DEFAULTS_MODE", "nonsense", Reads),
        ("AWS_REGION", "", Says(78, "no AWS region is configured")),
        (
            "AWS_REGION",
            " ",
            Says(78, "` `, from AWS_REGION, cannot be an AWS region"),
        ),
        ("AWS_DEFAULT_REGION", "", Reads),
        ("AWS_PROFILE", "", Reads),
        ("AWS_PROFILE", "nobody", Reads),
        ("AWS_DEFAULT_PROFILE", "nobody", Reads),
        ("AWS_CONFIG_FILE", "", Reads),
        ("AWS_CONFIG_FILE", "/nowhere/config", Reads),
        ("AWS_CONFIG_FILE", "/", Reads),
        ("AWS_CONFIG_FILE", "/proc/self/mem", Reads),
        ("AWS_CONFIG_FILE", "/proc/self/exe", Reads),
        ("AWS_CONFIG_FILE", "~/config", Reads),
        ("AWS_CONFIG_FILE", garbage, Says(78, unparsed)),
        ("AWS_SHARED_CREDENTIALS_FILE", "", Reads),
        ("AWS_SHARED_CREDENTIALS_FILE", "/nowhere/credentials", Reads),
        ("AWS_SHARED_CREDENTIALS_FILE", "/", Reads),
        ("AWS_SHARED_CREDENTIALS_FILE", garbage, Says(78, unparsed)),
        ("AWS_SESSION_TOKEN", "", Reads),
        ("AWS_SESSION_TOKEN", "\n", Reads),
        ("AWS_ACCOUNT_ID", "", Reads),
        ("AWS_ACCOUNT_ID", "not a number", Reads),
        ("AWS_ACCOUNT_ID_ENDPOINT_MODE", "nonsense", Reads),
        ("AWS_CREDENTIAL_EXPIRATION", "yesterday", Reads),
        ("AWS_CREDENTIAL_EXPIRATION", "2001-01-01T00:00:00Z", Reads),
        (
            "AWS_USE_FIPS_ENDPOINT",
            "maybe",
            Says(
                78,
                "`AWS_USE_FIPS_ENDPOINT` is `maybe`, and must be `true` or `false`",
            ),
        ),
        ("AWS_USE_FIPS_ENDPOINT", "", Reads),
        (
            "AWS_USE_DUALSTACK_ENDPOINT",
            "1",
            Says(
                78,
                "`AWS_USE_DUALSTACK_ENDPOINT` is `1`, and must be `true` or `false`",
            ),
        ),
        (
            "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
            "yes",
            Says(
                78,
                "`AWS_IGNORE_CONFIGURED_ENDPOINT_URLS` is `yes`, and must be `true` or `false`",
            ),
        ),
        ("AWS_REQUEST_CHECKSUM_CALCULATION", "odd", Reads),
        ("AWS_RESPONSE_CHECKSUM_VALIDATION", "odd", Reads),
        ("AWS_DISABLE_REQUEST_COMPRESSION", "maybe", Reads),
        ("AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES", "-7", Reads),
        ("AWS_DISABLE_CLOCK_SKEW_CORRECTION", "maybe", Reads),
        ("AWS_AUTH_SCHEME_PREFERENCE", ",,nonsense", Reads),
        ("AWS_SIGV4A_SIGNING_REGION_SET", ",", Reads),
        ("AWS_SDK_UA_APP_ID", "what/is (this)\u{7}?", Reads),
        ("AWS_SDK_UA_APP_ID", "ünïcödé", Reads),
        (
            "AWS_SDK_UA_APP_ID",
            "a-name-of-more-than-fifty-characters-which-is-too-long",
            Reads,
        ),
        ("AWS_EXECUTION_ENV", "a\nb", Reads),
        ("AWS_LAMBDA_FUNCTION_NAME", "f", Reads),
        ("_X_AMZN_TRACE_ID", "a\nb", Reads),
        ("AWS_STS_REGIONAL_ENDPOINTS", "nonsense", Reads),
        ("AWS_EC2_METADATA_DISABLED", "maybe", Reads),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", "no URI", Reads),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv9", Reads),
        ("AWS_METADATA_SERVICE_TIMEOUT", "abc", Reads),
        ("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "abc", Reads),
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "no URI", Reads),
        ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "no URI", Reads),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "/nowhere/token", Reads),
        ("AWS_ROLE_ARN", "no ARN", Reads),
        ("AWS_ENDPOINT_URL", "no URL", Reads),
        ("AWS_ENDPOINT_URL_STS", "no URL", Reads),
        ("AWS_CA_BUNDLE", "/nowhere/ca.pem", Reads),
        ("SSL_CERT_FILE", "/nowhere/ca.pem", Reads),
        ("HTTPS_PROXY", "nonsense://", Reads),
        ("HTTP_PROXY", "", Reads),
        ("NO_PROXY", ",,*,,", Reads),
        ("HOME", "", Reads),
        ("HOME", nowhere.to_str().unwrap(), Reads),
        ("RUST_LOG", "trace", Reads),
        ("LOG_SENSITIVE_BODIES", "true", Reads),
        ("RUST_BACKTRACE", "full", Reads),
        ("SSLKEYLOGFILE", "/nowhere/keys", Reads),
        ("TZ", ":nonsense", Reads),
        ("LC_ALL", "nonsense", Reads),
    ];
    for (variable, value, does) in rows {
        let mut launch = world.nobody(&[]);
        launch.with_key().env("HOME", home).env(variable, value);
        let ended = launch.run();
        let situation = format!("{variable}={value}");
        match does {
            Reads => assert_eq!(ended.ok(), format!("{SENTINEL}\n"), "{situation}"),
            Says(code, error) => {
                let said = failed_at_once(&ended, code).lines().next();
                assert_eq!(
                    said,
                    Some(format!("envsecrets: error: {error}").as_str()),
                    "{situation}"
                );
            }
        }
    }
}

#[test]
fn a_variable_that_is_no_text_is_named_where_it_would_lead_us_elsewhere() {
    let world = store();
    let bytes = OsString::from_vec(b"caf\xe9".to_vec());
    for variable in [
        "AWS_ACCESS_KEY_ID",
        "AWS_CONFIG_FILE",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_DEFAULT_REGION",
        "AWS_EC2_METADATA_DISABLED",
        "AWS_EC2_METADATA_SERVICE_ENDPOINT",
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_SSM",
        "AWS_ENDPOINT_URL_STS",
        "AWS_PROFILE",
        "AWS_REGION",
        "AWS_ROLE_ARN",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_USE_FIPS_ENDPOINT",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
    ] {
        let mut launch = world.nobody(&[]);
        launch.with_key().env(variable, &bytes);
        fails(
            &mut launch,
            78,
            &format!("`{variable}` is not UTF-8"),
            &[],
            "",
        );
    }
    assert_eq!(world.server.calls(), 0);
    for variable in [
        "AWS_MAX_ATTEMPTS",
        "AWS_RETRY_MODE",
        "AWS_SDK_UA_APP_ID",
        "AWS_CA_BUNDLE",
        "SSL_CERT_FILE",
        "HOME",
        "HTTPS_PROXY",
        "NO_PROXY",
        "PATHEXT",
    ] {
        let mut launch = world.nobody(&[]);
        launch.with_key().env(variable, &bytes);
        world.read_as(&mut launch, "AKIDENVIRONMENT00000", variable);
    }
}

#[test]
fn the_program_inherits_empty_variables_too() {
    let world = store();
    let mut launch = offline(&world.directory, &["--path", "/app", "--", "env"]);
    launch
        .env("AWS_ENDPOINT_URL_SSM", world.server.url())
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .with_key();
    for variable in [
        "AWS_REGION",
        "AWS_PROFILE",
        "AWS_SESSION_TOKEN",
        "AWS_CONFIG_FILE",
    ] {
        launch.env(variable, "");
    }
    let environment = launch.run().ok();
    for variable in [
        "AWS_REGION=",
        "AWS_PROFILE=",
        "AWS_SESSION_TOKEN=",
        "AWS_CONFIG_FILE=",
    ] {
        assert!(
            environment.lines().any(|line| line == variable),
            "{environment}"
        );
    }
}
