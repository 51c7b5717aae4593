//! The region: where it is configured, and what cannot be one.

use crate::support::aws::world_with_x;
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
                 envsecrets: hint: a region looks like `eu-central-1`\n"
            )
        );
    }
    assert_eq!(world.server.calls(), 0);
}
