//! Roles: assumed from a profile, from one another, or with a web identity.

use parameter_store::{Identity, Tls};

use super::{BASE, NO_REGION, PROFILE_UNUSABLE, REGION_HINT, ROLE, linked};
use crate::support::Server;
use crate::support::aws::{fails, world_with_x};
use crate::support::issuers::{assumed, credentials, metadata};
use crate::support::stand_in::{Reply, StandIn};

#[test]
fn a_role_is_assumed_from_a_source_profile() {
    let world = world_with_x();
    let sts = StandIn::start(|call, _| assumed(call, "ASIAROLE000000000000"));
    world.aws_config(format!("[default]\n{ROLE}\nsource_profile = base\n{BASE}"));
    let mut launch = world.without_credentials(&[]);
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
fn the_endpoint_of_sts_can_be_given_in_three_ways() {
    let world = world_with_x();
    let sts = StandIn::start(|call, _| assumed(call, "ASIAROLE000000000000"));
    let url = sts.url();
    let services = format!("services = here\n[services here]\nsts =\n  endpoint_url = {url}\n");
    for (variable, more) in [
        (Some("AWS_ENDPOINT_URL_STS"), ""),
        (Some("AWS_ENDPOINT_URL"), ""),
        (None, services.as_str()),
    ] {
        world.aws_config(format!(
            "{BASE}[default]\n{ROLE}\nsource_profile = base\n{more}"
        ));
        let mut launch = world.without_credentials(&[]);
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
    let world = world_with_x();
    let sts = StandIn::start(|call, number| assumed(call, &format!("ASIAROLE{number}")));
    world.aws_config(format!(
        "[default]\n{ROLE}\nsource_profile = middle\n[profile middle]\n{ROLE}-middle\nsource_profile = base\n{BASE}"
    ));
    let mut launch = world.without_credentials(&[]);
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
    let world = world_with_x();
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
        world.aws_config(format!(
            "[profile app]\n{ROLE}\ncredential_source = {place}\n"
        ));
        let mut launch = world.without_credentials(&["--profile", "app"]);
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
    let world = world_with_x();
    let sts = StandIn::start(|call, _| assumed(call, "ASIAPOD0000000000000"));
    let token = world.directory.file("token", "a.web.token", 0o600);
    let mut launch = world.without_credentials(&[]);
    launch
        .env("AWS_ENDPOINT_URL_STS", sts.url())
        .env("AWS_WEB_IDENTITY_TOKEN_FILE", &token)
        .env("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/app")
        .env("AWS_ROLE_SESSION_NAME", "pod-7");
    world.read_as(&mut launch, "ASIAPOD0000000000000", "environment");

    let token = token.display();
    world.aws_config(format!(
        "[profile app]\n{ROLE}\nweb_identity_token_file = {token}\nrole_session_name = pod-7\n"
    ));
    let mut launch = world.without_credentials(&["--profile", "app"]);
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

#[test]
fn sts_is_trusted_and_reached_as_the_store_is() {
    let world = world_with_x();
    let https = |identity| {
        let tls = Tls::new(identity);
        let ca = world.directory.file("ca.pem", tls.ca_pem(), 0o600);
        (Server::start_tls(&world.store, &tls).unwrap(), ca)
    };
    let unknown =
        "if a proxy inspects TLS here, set `AWS_CA_BUNDLE` or `SSL_CERT_FILE` to its certificate";

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
    let why = "no certificates are trusted: cannot read the trusted certificates of AWS_CA_BUNDLE `/nowhere/ca.pem`: No such file or directory (os error 2)";
    let pem = "the file must contain certificates in PEM format";
    fails(&mut launch, 78, PROFILE_UNUSABLE, &[why], pem);

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
        &["the proxy responds with HTTP status 407"],
        "if it requires a user name and a password, put them in its URL; `NO_PROXY` lists hosts to reach without it",
    );
    assert_eq!(proxy.lines(), [format!("CONNECT localhost:{}", sts.port())]);
}

#[test]
fn a_role_cannot_be_assumed_without_a_region() {
    let world = world_with_x();
    let sts = StandIn::start(|call, _| assumed(call, "ASIAROLE000000000000"));
    let mut launch = linked(&world, "role", &sts.url());
    let ended = launch.without("AWS_REGION").run();
    assert_eq!(
        ended.failed_at_once(78),
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
