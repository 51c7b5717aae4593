//! `--role`: reading as a role, which is assumed with the credentials that would sign otherwise.

use std::time::Duration;

use crate::support::aws::{fails, world_with_x};
use crate::support::issuers::{assumed, credentials, refused};
use crate::support::moto::Moto;
use crate::support::network::closed_address;
use crate::support::stand_in::{Call, Reply, StandIn};
use crate::support::{Fault, Launch, SENTINEL, World, world_with};

const ROLE: &str = "arn:aws:iam::123456789012:role/app";
const KEY: &str = "ASIAROLE000000000000";

/// A launch with a key in the environment that is to read as [`ROLE`].
fn as_role(world: &World, sts: &str, more: &[&str]) -> Launch {
    let mut options = vec!["--role", ROLE];
    options.extend(more);
    let mut launch = world.without_credentials(&options);
    launch.with_key().env("AWS_ENDPOINT_URL_STS", sts);
    launch
}

fn encoded(text: &str) -> String {
    text.replace(':', "%3A").replace('/', "%2F")
}

fn signers(sts: &StandIn) -> Vec<String> {
    let calls = sts.calls();
    let signers = calls.iter().filter_map(Call::signer);
    signers.map(str::to_owned).collect()
}

#[test]
fn a_role_is_assumed_and_signs_all_requests() {
    let world = world_with(&[("/app/x", SENTINEL), ("/single", "s")]);
    let sts = StandIn::start(|call, _| assumed(call, KEY));
    let mut launch = as_role(&world, &sts.url(), &["--secret", "S=/single"]);
    world.read_as(&mut launch, KEY, "a flag");
    let requests = world.server.requests();
    assert_eq!(requests.len(), 2);
    for request in requests {
        assert_eq!(request.access_key.as_deref(), Some(KEY));
    }
    // Once for all of them.
    let calls = sts.calls();
    let [call] = calls.as_slice() else {
        panic!("{calls:?}");
    };
    assert_eq!(call.signer(), Some("AKIDENVIRONMENT00000"));
    assert_eq!(call.field("Action"), "AssumeRole");
    assert_eq!(call.field("RoleArn"), encoded(ROLE));
    assert_eq!(call.field("ExternalId"), "");
    let signature = call.header("authorization").unwrap();
    assert!(signature.contains("/us-east-1/sts/"), "{signature}");
}

#[test]
fn a_role_is_given_by_flag_variable_or_contract() {
    let world = world_with_x();
    let sts = StandIn::start(|call, _| assumed(call, KEY));
    let text = format!(
        "role = '{ROLE}'\nexternal-id = 'ours'\n[profiles.none]\nrole = false\nexternal-id = false\n"
    );
    let contract = world.directory.file("envsecrets.toml", text, 0o644);
    let contract = contract.to_str().unwrap();
    let run = |options: &[&str], variables: &[(&str, &str)], key| {
        let mut launch = world.without_credentials(options);
        launch.with_key().env("AWS_ENDPOINT_URL_STS", sts.url());
        for (name, value) in variables {
            launch.env(name, value);
        }
        world.read_as(&mut launch, key, &format!("{options:?} {variables:?}"));
    };
    run(&["--role", ROLE, "--external-id", "ours"], &[], KEY);
    run(
        &[],
        &[
            ("ENVSECRETS_ROLE", ROLE),
            ("ENVSECRETS_EXTERNAL_ID", "ours"),
        ],
        KEY,
    );
    run(&["--config", contract], &[], KEY);
    for call in sts.calls() {
        assert_eq!(call.field("RoleArn"), encoded(ROLE));
        assert_eq!(call.field("ExternalId"), "ours");
    }
    assert_eq!(sts.calls().len(), 3);
    // A profile of the contract can do without it.
    let none = ["--config", contract, "--config-profile", "none"];
    run(&none, &[], "AKIDENVIRONMENT00000");
    assert_eq!(sts.calls().len(), 3);
}

#[test]
fn commands_read_and_write_as_a_role() {
    let world = world_with(&[("/app/x", SENTINEL)]);
    let sts = StandIn::start(|call, number| assumed(call, &format!("{}{number}", &KEY[..19])));
    for (number, command) in [
        "get /app/x",
        "put /app/y",
        "list /app",
        "history /app/x",
        "delete /app/y --yes",
    ]
    .into_iter()
    .enumerate()
    {
        world.server.clear_requests();
        let mut launch = world.piped(&format!("{command} --role {ROLE}"), "value\n");
        launch.env("AWS_ENDPOINT_URL_STS", sts.url());
        let ended = launch.run();
        assert_eq!(ended.code, Some(0), "{command}: {ended:?}");
        let key = format!("{}{}", &KEY[..19], number + 1);
        for request in world.server.requests() {
            assert_eq!(
                request.access_key.as_deref(),
                Some(key.as_str()),
                "{command}"
            );
        }
    }
    assert_eq!(sts.calls().len(), 5);
}

#[test]
fn the_second_path_has_a_role_of_its_own() {
    let world = world_with(&[("/a/x", "1"), ("/b/x", "1")]);
    world.aws_config(
        "[profile other]\naws_access_key_id = AKIDOTHER00000000000\naws_secret_access_key = x\n",
    );
    let sts = StandIn::start(|call, _| {
        let role = call.field("RoleArn");
        assumed(call, &format!("ASIA{}", role.rsplit("%2F").next().unwrap()))
    });
    let there = "arn:aws:iam::210987654321:role/there";
    for (options, keys) in [
        (format!("--role {ROLE}"), ["ASIAapp", "ASIAapp"]),
        (
            format!("--to-role {there}"),
            ["AKIDENVIRONMENT00000", "ASIAthere"],
        ),
        (
            format!("--role {ROLE} --to-role {there}"),
            ["ASIAapp", "ASIAthere"],
        ),
        (
            format!("--role {ROLE} --to-region eu-west-1"),
            ["ASIAapp", "ASIAapp"],
        ),
        // That of the first path is not that of another principal.
        (
            format!("--role {ROLE} --to-profile other"),
            ["ASIAapp", "AKIDOTHER00000000000"],
        ),
    ] {
        world.server.clear_requests();
        let mut launch = world.piped(&format!("diff /a /b {options}"), "");
        launch.with_key().env("AWS_ENDPOINT_URL_STS", sts.url());
        assert_eq!(launch.run().code, Some(0), "{options}");
        let requests = world.server.requests();
        let signer = |path: &str| {
            let of_path = |body: &serde_json::Value| body["Path"].as_str() == Some(path);
            let mut requests = requests.iter().filter(|it| of_path(&it.body));
            requests.next().unwrap().access_key.clone().unwrap()
        };
        assert_eq!([signer("/a"), signer("/b")], keys, "{options}");
    }
}

#[test]
fn a_place_is_read_as_its_own_role() {
    let world = world_with(&[("/app/x", SENTINEL), ("/b/y", "y"), ("/c/z", "z")]);
    world.store.put_secret("prd/app/key", "k");
    let sts = StandIn::start(|call, _| {
        let role = call.field("RoleArn");
        assumed(call, &format!("ASIA{}", role.rsplit("%2F").next().unwrap()))
    });
    let role = |name: &str| format!("arn:aws:iam::210987654321:role/{name}");
    let (b, c) = (role("b"), role("c"));
    let options = format!(
        "--clean-env --path /app --from ssm:///b/?role={b} --from sm://prd/app/?role={b}&region=eu-west-1 \
         --from ssm:///c/?role={c}&external-id=ours"
    );
    world
        .store
        .secrets_manager(
            "eu-west-1",
            "CreateSecret",
            &serde_json::json!({"Name": "prd/app/key", "SecretString": "k"}),
        )
        .unwrap();
    let mut launch = world.launch(&options, &["env"]);
    let ended = launch.env("AWS_ENDPOINT_URL_STS", sts.url()).run();
    assert_eq!(ended.ok(), format!("KEY=k\nX={SENTINEL}\nY=y\nZ=z\n"));
    // Each role is assumed once, also for two services and two regions.
    let mut called: Vec<(String, String)> = sts
        .calls()
        .iter()
        .map(|it| (it.field("RoleArn"), it.field("ExternalId")))
        .collect();
    called.sort();
    let expected = [
        (encoded(&b), String::new()),
        (encoded(&c), "ours".to_owned()),
    ];
    assert_eq!(called, expected);
    for request in world.server.requests() {
        let own = match request.body["Path"].as_str() {
            Some("/app") => "AKIDENVSECRETSTEST01",
            Some("/c") => "ASIAc",
            _ => "ASIAb",
        };
        assert_eq!(request.access_key.as_deref(), Some(own), "{request:?}");
    }

    // One that is refused is named.
    let denied = StandIn::start(|_, _| refused_with_id(403, "AccessDenied", "no"));
    let mut launch = world.launch(&options, &["env"]);
    let ended = launch.env("AWS_ENDPOINT_URL_STS", denied.url()).run();
    for role in [&b, &c] {
        let error = format!(
            "envsecrets: error: the environment (access key …ST01) cannot assume the role `{role}`\n\
             envsecrets:   caused by: AccessDenied: no (request id an-id)\n"
        );
        assert!(ended.failed(77).contains(&error), "{ended:?}");
    }
}

#[test]
fn the_credentials_of_a_role_are_assumed_with_those_of_any_source() {
    let world = world_with_x();
    let sts = StandIn::start(|call, number| assumed(call, &format!("ASIAROLE{number}")));
    let ecs = StandIn::start(|_, _| credentials("ASIATASK000000000000"));
    let base = "aws_access_key_id = AKIDBASE000000000000\naws_secret_access_key = x\n";

    // A profile, which beats the environment, with a role of its own.
    world.aws_config(format!(
        "[profile base]\n{base}[profile first]\nrole_arn = {ROLE}-first\nsource_profile = base\n"
    ));
    let mut launch = as_role(&world, &sts.url(), &["--profile", "first"]);
    world.read_as(&mut launch, "ASIAROLE2", "a profile with a role");
    assert_eq!(signers(&sts), ["AKIDBASE000000000000", "ASIAROLE1"]);
    let roles: Vec<String> = sts.calls().iter().map(|it| it.field("RoleArn")).collect();
    assert_eq!(roles, [encoded(&format!("{ROLE}-first")), encoded(ROLE)]);

    let mut launch = world.without_credentials(&["--role", ROLE]);
    launch
        .env("AWS_CONTAINER_CREDENTIALS_FULL_URI", ecs.url())
        .env("AWS_ENDPOINT_URL_STS", sts.url());
    world.read_as(&mut launch, "ASIAROLE3", "a task");
    let calls = sts.calls();
    assert_eq!(calls[2].signer(), Some("ASIATASK000000000000"));
    let token = calls[2].header("x-amz-security-token");
    assert_eq!(token, Some("token of ASIATASK000000000000"));
}

#[test]
fn a_session_has_the_name_that_it_is_given_or_that_of_the_machine() {
    let world = world_with_x();
    let sts = StandIn::start(|call, _| assumed(call, KEY));
    let host = nix::sys::utsname::uname().unwrap();
    let host = host.nodename().to_str().unwrap().to_owned();
    let own: String = format!("envsecrets-{host}").chars().take(64).collect();
    let profile = "[default]\nrole_session_name = of-the-profile\n";
    for (config, variable, expected) in [
        ("", None, own.as_str()),
        ("", Some(""), &own),
        ("", Some("deploy.42"), "deploy.42"),
        (profile, None, "of-the-profile"),
        (profile, Some("deploy.42"), "deploy.42"),
    ] {
        world.aws_config(config);
        let mut launch = as_role(&world, &sts.url(), &[]);
        if let Some(name) = variable {
            launch.env("AWS_ROLE_SESSION_NAME", name);
        }
        world.read_as(&mut launch, KEY, expected);
        let calls = sts.calls();
        assert_eq!(calls.last().unwrap().field("RoleSessionName"), expected);
    }
    world.aws_config("");
    let count = sts.calls().len();
    for name in ["a", "a b", "ä-1", "a/b"] {
        let mut launch = as_role(&world, &sts.url(), &[]);
        fails(
            launch.env("AWS_ROLE_SESSION_NAME", name),
            78,
            &format!(
                "`AWS_ROLE_SESSION_NAME` is `{name}`, and must be 2 to 64 letters, digits, and any of `_+=,.@-`"
            ),
            &[],
            "",
        );
    }
    assert_eq!(sts.calls().len(), count);
}

/// A refusal of STS with its id where AWS sends that.
fn refused_with_id(status: u16, code: &str, message: &str) -> Reply {
    match refused(status, code, message) {
        Reply::Answer(status, body) => {
            Reply::AnswerWith(status, ("x-amzn-requestid", "an-id".to_owned()), body)
        }
        other => other,
    }
}

#[test]
fn a_refused_role_is_reported_with_principal_and_role() {
    let world = world_with_x();
    let message = format!(
        "User: arn:aws:iam::123456789012:user/deploy is not authorized to perform: sts:AssumeRole on resource: {ROLE}"
    );
    let denied = {
        let message = message.clone();
        StandIn::start(move |_, _| refused_with_id(403, "AccessDenied", &message))
    };
    let id = "(request id an-id)";
    let error = format!("the environment (access key …0000) cannot assume the role `{ROLE}`");
    let cause = format!("AccessDenied: {message} {id}");
    for (more, hint) in [
        (
            &[][..],
            "check that the role exists, that its trust policy allows this principal and requires no external id, and that the principal may `sts:AssumeRole` on it",
        ),
        (
            &["--external-id", "ours"],
            "check that the role exists, that its trust policy allows this principal with this external id, and that the principal may `sts:AssumeRole` on it",
        ),
    ] {
        let mut launch = as_role(&world, &denied.url(), more);
        fails(&mut launch, 77, &error, &[&cause], hint);
    }

    for (code, exit, hint) in [
        (
            "InvalidClientTokenId",
            77,
            "check which access key is used, whether it still exists, and whether secret and session token belong to it; then check this machine's clock",
        ),
        (
            "ExpiredToken",
            77,
            "temporary credentials have expired: get new ones",
        ),
        ("ValidationError", 78, ""),
        ("RegionDisabledException", 78, ""),
    ] {
        let sts = StandIn::start(move |_, _| refused_with_id(400, code, "why"));
        let mut launch = as_role(&world, &sts.url(), &[]);
        fails(
            &mut launch,
            exit,
            &error,
            &[&format!("{code}: why {id}")],
            hint,
        );
        assert_eq!(sts.calls().len(), 1, "{code}");
    }
    assert_eq!(world.server.calls(), 0);
}

#[test]
fn sts_may_fail_for_a_while() {
    for trouble in [
        refused(400, "Throttling", "later"),
        Reply::Answer(503, String::new()),
        Reply::HangUp,
    ] {
        let situation = format!("{trouble:?}");
        let ecs = StandIn::start(|_, _| credentials("ASIATASK000000000000"));
        let sts = StandIn::start(move |call, number| match number {
            1..=2 => trouble.clone(),
            _ => assumed(call, KEY),
        });
        let world = world_with_x();
        let mut launch = world.without_credentials(&["--role", ROLE]);
        launch
            .env("AWS_CONTAINER_CREDENTIALS_FULL_URI", ecs.url())
            .env("AWS_ENDPOINT_URL_STS", sts.url());
        world.read_as(&mut launch, KEY, &situation);
        // The credentials that it is assumed with are fetched once.
        assert_eq!(ecs.calls().len(), 1, "{situation}");
    }
}

#[test]
fn sts_that_cannot_be_reached_is_tried_until_the_deadline() {
    let world = world_with_x();
    let closed = closed_address();
    let ended = as_role(&world, &format!("http://{closed}"), &["--timeout", "1s"]).run();
    assert_eq!(
        ended.failed(75),
        format!(
            "envsecrets: error: STS did not answer within 1s for AWS credentials\n\
             envsecrets:   caused by: cannot connect to {closed}: tcp connect error: Connection refused (os error 111)\n\
             envsecrets: hint: check the network between this machine and the endpoint, and `AWS_REGION`; `--timeout` sets how long to retry\n"
        )
    );
    let mute = StandIn::start(|_, _| Reply::Mute);
    let ended = as_role(&world, &mute.url(), &["--timeout", "1s"]).run();
    assert_eq!(
        ended.failed(75),
        "envsecrets: error: STS did not answer within 1s for AWS credentials\n\
         envsecrets:   caused by: no answer came\n\
         envsecrets: hint: check the network between this machine and the endpoint, and `AWS_REGION`; `--timeout` sets how long to retry\n"
    );
    assert!(ended.took >= Duration::from_secs(1));
}

#[test]
fn a_role_that_has_expired_is_assumed_again() {
    let world = world_with_x();
    let old = "ASIAROLE1";
    world
        .server
        .set_faults([Fault::ExpiredToken.always().signed_by(old)]);
    let ecs = StandIn::start(|_, number| credentials(&format!("ASIATASK{number}")));
    let with_task = |sts: &StandIn| {
        let mut launch = world.without_credentials(&["--role", ROLE]);
        launch
            .env("AWS_CONTAINER_CREDENTIALS_FULL_URI", ecs.url())
            .env("AWS_ENDPOINT_URL_STS", sts.url());
        launch
    };
    // With the same credentials, which are still valid.
    let sts = StandIn::start(|call, number| assumed(call, &format!("ASIAROLE{number}")));
    world.read_as(&mut with_task(&sts), "ASIAROLE2", "valid");
    assert_eq!(signers(&sts), ["ASIATASK1", "ASIATASK1"]);
    assert_eq!(ecs.calls().len(), 1);

    // Or with others, where those have expired too.
    let sts = StandIn::start(|call, number| match number {
        2 => refused(403, "ExpiredToken", "expired"),
        _ => assumed(call, &format!("ASIAROLE{number}")),
    });
    world.read_as(&mut with_task(&sts), "ASIAROLE3", "expired");
    assert_eq!(signers(&sts), ["ASIATASK2", "ASIATASK2", "ASIATASK3"]);
}

#[test]
fn a_role_that_stays_expired_is_reported() {
    let world = world_with_x();
    world.server.set_faults([Fault::ExpiredToken.always()]);
    let sts = StandIn::start(|call, _| assumed(call, KEY));
    let ended = as_role(&world, &sts.url(), &[]).run();
    let requests = world.server.requests();
    let id = &requests.last().unwrap().request_id;
    assert_eq!(
        ended.failed_at_once(77),
        format!(
            "envsecrets: error: AWS rejected the credentials of the role `{ROLE}` (access key …0000) of the environment\n\
             envsecrets:   caused by: ExpiredTokenException: The security token included in the request is expired (request id {id})\n\
             envsecrets: hint: temporary credentials have expired: get new ones\n"
        )
    );
}

#[test]
fn what_is_no_role_is_refused_before_any_call() {
    let world = world_with_x();
    let sts = StandIn::start(|call, _| assumed(call, KEY));
    let form = "the form is `arn:aws:iam::123456789012:role/NAME`";
    let id = "it has 2 to 1224 characters: letters, digits, and any of `_+=,.@:/-`";
    let refusals = [
        (
            &["--role", "app"][..],
            "`app`, in `--role`, is not the ARN of a role",
            form,
        ),
        (
            &["--role", "arn:aws:iam::123456789012:user/alice"],
            "`arn:aws:iam::123456789012:user/alice`, in `--role`, is a user, and only a role can be assumed",
            form,
        ),
        (
            &["--role", "arn:aws:sts::123456789012:assumed-role/app/me"],
            "`arn:aws:sts::123456789012:assumed-role/app/me`, in `--role`, is a session of a role, and not the role",
            form,
        ),
        (
            &["--role", "arn:aws-cn:iam::123456789012:role/app"],
            "the role `arn:aws-cn:iam::123456789012:role/app` is not of the partition `aws`, in which the region `us-east-1`, from AWS_REGION, is",
            "role, region and credentials are of one partition: check the ARN and the region",
        ),
        (
            &["--role", ROLE, "--region", "cn-north-1"],
            "the role `arn:aws:iam::123456789012:role/app` is not of the partition `aws-cn`, in which the region `cn-north-1`, from --region, is",
            "role, region and credentials are of one partition: check the ARN and the region",
        ),
        (
            &["--role", ""],
            "`--role` is empty",
            "give it a value, or leave it out",
        ),
        (
            &["--role", ROLE, "--external-id", "a b"],
            "`a b`, in `--external-id`, cannot be an external id",
            id,
        ),
        (
            &["--external-id", "ours"],
            "`--external-id` does nothing without `--role`",
            "add `--role ARN`, or leave `--external-id` out; for the role of a profile set `external_id` there",
        ),
    ];
    for (options, error, hint) in refusals {
        let mut launch = world.without_credentials(options);
        launch.with_key().env("AWS_ENDPOINT_URL_STS", sts.url());
        fails(&mut launch, 64, error, &[], hint);
        // The same for all commands.
        let mut words = vec!["get", "/app/x"];
        words.extend(options);
        let mut launch = world.envsecrets(&words);
        launch.env("AWS_ENDPOINT_URL_STS", sts.url());
        fails(&mut launch, 64, error, &[], hint);
    }
    assert_eq!((sts.calls().len(), world.server.calls()), (0, 0));
}

#[test]
fn a_role_is_named_where_the_principal_is() {
    let world = world_with_x();
    let sts = StandIn::start(|call, _| assumed(call, KEY));
    let principal = format!("the role `{ROLE}` (access key …0000) of the environment");
    let ended = as_role(&world, &sts.url(), &["--verbose"]).run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let place = format!("us-east-1 at {}", world.server.url());
    let line = format!("envsecrets: requesting from {place} as {principal}\n");
    assert!(ended.stderr.contains(&line), "{}", ended.stderr);

    let mut launch = world.envsecrets(&[
        "check", "--format", "json", "--path", "/app", "--role", ROLE,
    ]);
    launch.with_key().env("AWS_ENDPOINT_URL_STS", sts.url());
    let report: serde_json::Value = serde_json::from_str(&launch.run().ok()).unwrap();
    assert_eq!(report["principal"], principal);
}

#[test]
fn nothing_that_sts_issues_is_shown() {
    let world = world_with_x();
    let issue = |call: &Call| match assumed(call, KEY) {
        Reply::Answer(status, body) => {
            let body = body.replace("<SecretAccessKey>x<", "<SecretAccessKey>HUNTER2HUNTER2<");
            Reply::Answer(status, body)
        }
        other => other,
    };
    // The service repeats what it got, and a second answer of STS does so too.
    world.server.set_faults([Fault::ExpiredToken.always()]);
    let sts = StandIn::start(move |call, number| match number {
        1 => issue(call),
        _ => refused(
            403,
            "AccessDenied",
            "HUNTER2HUNTER2 and token of ASIAROLE000000000000",
        ),
    });
    let ended = as_role(&world, &sts.url(), &["--verbose"]).run();
    let printed = ended.failed(77);
    assert!(printed.contains("AccessDenied"), "{printed}");
    for secret in ["HUNTER2", "token of", SENTINEL] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

#[test]
fn a_role_of_another_account_reads_what_is_there() {
    let story = "a_role_of_another_account_reads_what_is_there";
    let Some(moto) = Moto::start(story) else {
        return;
    };
    const THERE: &str = "arn:aws:iam::210987654321:role/reader";
    let options = ["--role", THERE, "--external-id", "ours"];
    // The AWS CLI writes it there, as the same role.
    moto.directory.file(
        ".aws/config",
        format!("[profile there]\nrole_arn = {THERE}\ncredential_source = Environment\n"),
        0o600,
    );
    let name = "/prd/of-another-account/x";
    let words = ["put-parameter", "--name", name, "--value", SENTINEL];
    moto.aws(
        &[
            &words[..],
            &["--type", "SecureString", "--profile", "there"],
        ]
        .concat(),
    );
    let read = ["--path", "/prd/of-another-account", "--", "printenv", "X"];
    let ended = moto.envsecrets(&read).run();
    assert_eq!(ended.code, Some(66), "{ended:?}");
    let ended = moto.envsecrets(&[&options[..], &read].concat()).run();
    assert_eq!(ended.ok(), format!("{SENTINEL}\n"));
    let ended = moto
        .envsecrets(&[&["get", name][..], &options].concat())
        .run();
    assert_eq!(ended.text(), SENTINEL);
}
