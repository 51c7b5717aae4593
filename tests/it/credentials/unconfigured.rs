//! A machine on which nothing is configured.

use std::time::Duration;

use super::{
    LAPTOP_HINT, NO_CONTAINER, NO_ENVIRONMENT, NO_PROFILE, NO_REGION, NO_WEB_IDENTITY, REGION_HINT,
};
use crate::support::aws::{READ_X, world_with_x};
use crate::support::issuers::metadata;
use crate::support::network::{alone, ip};
use crate::support::stand_in::{Reply, StandIn};
use crate::support::{Directory, Ended, Launch, can, offline};

/// The message where no link of the chain is configured; the last one is reported as given.
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

/// Whether this is an EC2 instance by its firmware, where a launch waits for its metadata
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
    // What becomes of a packet to the metadata service, and how that is reported.
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
fn turned_off_the_metadata_service_is_not_called() {
    let world = world_with_x();
    let imds = StandIn::start(|call, _| metadata(call, "ASIAINSTANCE00000000"));
    for value in ["true", "TRUE"] {
        let ended = world
            .without_credentials(&[])
            .without("AWS_REGION")
            .env("AWS_EC2_METADATA_DISABLED", value)
            .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", imds.url())
            .run();
        let found = nothing_found("disabled by AWS_EC2_METADATA_DISABLED");
        assert_eq!(
            ended.failed_at_once(78),
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
             envsecrets:   caused by: 169.254.169.254 accepts the connection, but does not respond within 1 s\n\
             envsecrets: hint: the instance metadata service does not respond: in a container it needs a hop limit of 2 (`aws ec2 modify-instance-metadata-options --instance-id ID --http-put-response-hop-limit 2`), the host's network, or a task role instead\n"
        );
        assert!(!imds.calls().is_empty());
    });
}
