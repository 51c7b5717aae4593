//! Credentials that expire while parameters are read.

use super::{Act, LINKS, linked};
use crate::support::aws::world_with_x;
use crate::support::issuers::credentials;
use crate::support::stand_in::{Reply, StandIn};
use crate::support::{Fault, SENTINEL, world_with};

/// A stand-in that issues `ASIAOLD` once, and then `ASIANEW`.
fn renewing(link: &'static str, act: Act) -> StandIn {
    // An instance's metadata service is called for a token, a role and then credentials.
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
        let world = world_with_x();
        world
            .server
            .set_faults([Fault::ExpiredToken.always().signed_by("ASIAOLD")]);
        world.read_as(&mut linked(&world, link, &stand_in.url()), "ASIANEW", link);
        assert_eq!(world.server.calls(), 2, "{link}");
    }
}

#[test]
fn calls_at_the_same_time_renew_their_credentials_together() {
    let agent = renewing("container", LINKS[3].2);
    let world = world_with(&[("/app/x", SENTINEL), ("/a/a", "a"), ("/b/b", "b")]);
    // Not the first four calls: a renewed one may arrive before the last of those that began it.
    world
        .server
        .set_faults([Fault::ExpiredToken.always().signed_by("ASIAOLD")]);
    let mut launch = world.without_credentials(&["--path=/a", "--path=/b", "--secret=S=/app/x"]);
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
fn credentials_that_expire_for_good_are_reported_at_once() {
    let world = world_with_x();
    world.server.set_faults([Fault::ExpiredToken.always()]);
    let agent = StandIn::start(|_, _| credentials("ASIATASK000000000000"));
    let renewing = renewing("container", LINKS[3].2);
    let mut with_key = world.without_credentials(&[]);
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
            ended.failed_at_once(77),
            format!(
                "envsecrets: error: AWS rejected the credentials of {who}\n\
                 envsecrets:   caused by: {why}\n\
                 envsecrets: hint: temporary credentials have expired: get new ones\n"
            )
        );
    }
}
