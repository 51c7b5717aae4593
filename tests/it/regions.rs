//! The region: where it is configured, and what cannot be one.

use crate::support::aws::{fails, world_with_x};
use crate::support::issuers::metadata;
use crate::support::stand_in::{Reply, StandIn};

#[test]
fn the_region_comes_from_the_nearest_of_its_sources() {
    let world = world_with_x();
    world.aws_config("[default]\nregion = eu-west-1\n[profile other]\nregion = eu-west-2\n");
    // Each is tried without those above it.
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
        let mut launch = world.without_credentials(options);
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
    let world = world_with_x();
    let imds = StandIn::start(|call, _| metadata(call, "ASIAINSTANCE00000000"));
    let mut launch = world.without_credentials(&[]);
    launch
        .without("AWS_REGION")
        .without("AWS_EC2_METADATA_DISABLED")
        .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", imds.url());
    world.read_as(&mut launch, "ASIAINSTANCE00000000", "IMDS");
    assert_eq!(world.region().as_deref(), Some("eu-west-3"));
}

#[test]
fn a_missing_region_is_reported_at_once_and_with_credentials_the_instance_is_not_called() {
    let world = world_with_x();
    let imds = StandIn::start(|_, _| Reply::Mute);
    let ended = world
        .without_credentials(&[])
        .with_key()
        .without("AWS_REGION")
        .without("AWS_EC2_METADATA_DISABLED")
        .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", imds.url())
        .run();
    assert_eq!(
        ended.failed_at_once(78),
        "envsecrets: error: no AWS region is configured\n\
         envsecrets: hint: use `--region REGION`, or set `AWS_REGION` or the region of the profile\n"
    );
    assert!(imds.calls().is_empty());
}

#[test]
fn what_cannot_be_a_region_is_refused_before_any_call() {
    let world = world_with_x();
    world.aws_config("[default]\nregion = eu west 1\n");
    let form = "a region looks like `eu-central-1`";
    for (region, from, options, variable, hint) in [
        (
            "us_east_1",
            "--region",
            &["--region", "us_east_1"][..],
            None,
            "did you mean `us-east-1`?",
        ),
        (
            "eu-west-1.",
            "AWS_REGION",
            &[],
            Some("AWS_REGION"),
            "did you mean `eu-west-1`?",
        ),
        (
            "a/../b",
            "AWS_DEFAULT_REGION",
            &[],
            Some("AWS_DEFAULT_REGION"),
            form,
        ),
        (
            "eu west 1",
            "the profile",
            &[],
            None,
            "did you mean `eu-west-1`?",
        ),
    ] {
        let mut launch = world.without_credentials(options);
        launch.without("AWS_REGION").with_key();
        if let Some(variable) = variable {
            launch.env(variable, region);
        }
        let ended = launch.run();
        assert_eq!(
            ended.failed_at_once(78),
            format!(
                "envsecrets: error: `{region}`, from {from}, cannot be an AWS region\n\
                 envsecrets: hint: {hint}\n"
            )
        );
    }
    assert_eq!(world.server.calls(), 0);
}

#[test]
fn without_an_endpoint_of_ones_own_a_region_has_the_form_of_one() {
    let world = world_with_x();
    for (region, what, hint) in [
        (
            "us-east-1a",
            "is a zone, not an AWS region",
            "did you mean `us-east-1`?",
        ),
        (
            "use1-az1",
            "is a zone, not an AWS region",
            "did you mean `us-east-1`?",
        ),
        (
            "us-west-2-lax-1a",
            "is a zone, not an AWS region",
            "did you mean `us-west-2`?",
        ),
        (
            "Frankfurt",
            "is not an AWS region",
            "did you mean `eu-central-1`?",
        ),
        (
            "US-EAST-1",
            "is not an AWS region",
            "did you mean `us-east-1`?",
        ),
        (
            "eu-central1",
            "is not an AWS region",
            "did you mean `eu-central-1`?",
        ),
        (
            "us_east_1",
            "cannot be an AWS region",
            "did you mean `us-east-1`?",
        ),
        (
            "Europe (London)",
            "cannot be an AWS region",
            "did you mean `eu-west-2`?",
        ),
        (
            "local",
            "is not an AWS region",
            "a region looks like `eu-central-1`",
        ),
    ] {
        let config = format!("[default]\nregion = {region}\n");
        for (from, options, variable) in [
            ("--region", &["--region", region][..], ""),
            ("AWS_REGION", &[], "AWS_REGION"),
            ("AWS_DEFAULT_REGION", &[], "AWS_DEFAULT_REGION"),
            ("the profile", &[], ""),
        ] {
            world.aws_config(&config);
            let mut launch = world.without_credentials(options);
            launch
                .without("AWS_REGION")
                .without("AWS_ENDPOINT_URL_SSM")
                .with_key();
            if !variable.is_empty() {
                launch.env(variable, region);
            }
            let error = format!("`{region}`, from {from}, {what}");
            fails(&mut launch, 78, &error, &[], hint);
        }
    }
    // The same in a contract, and for the commands.
    let contract = world
        .directory
        .file("envsecrets.toml", "region = \"us-east-1a\"\n", 0o644);
    for arguments in [
        &[
            "--config",
            contract.to_str().unwrap(),
            "--path",
            "/app",
            "--",
            "env",
        ][..],
        &["list", "--region", "us-east-1a", "/app"],
        &["policy", "--region", "us-east-1a", "--path", "/app"],
    ] {
        let mut launch = world.envsecrets(arguments);
        launch.without("AWS_REGION").without("AWS_ENDPOINT_URL_SSM");
        fails(
            &mut launch,
            78,
            "`us-east-1a`, from --region, is a zone, not an AWS region",
            &[],
            "did you mean `us-east-1`?",
        );
    }
    assert_eq!(world.server.calls(), 0);
}

#[test]
fn at_an_endpoint_of_ones_own_a_region_is_only_signed_for() {
    let world = world_with_x();
    let url = world.server.url();
    for region in [
        "us-east-1a",
        "Frankfurt",
        "US-EAST-1",
        "eu-cental-1",
        "local",
    ] {
        for (config, variable) in [
            ("", "AWS_ENDPOINT_URL"),
            ("", "AWS_ENDPOINT_URL_SSM"),
            ("[default]\nendpoint_url = ", ""),
            (
                "[default]\nservices = s\n[services s]\nssm =\n  endpoint_url = ",
                "",
            ),
        ] {
            world.aws_config(if config.is_empty() {
                String::new()
            } else {
                format!("{config}{url}\n")
            });
            let mut launch = world.without_credentials(&[]);
            launch
                .without("AWS_ENDPOINT_URL_SSM")
                .with_key()
                .env("AWS_REGION", region);
            if !variable.is_empty() {
                launch.env(variable, &url);
            }
            launch.run().ok();
            assert_eq!(
                world.region().as_deref(),
                Some(region),
                "{config}{variable}"
            );
        }
    }
}
