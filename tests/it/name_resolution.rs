//! Names that do not resolve, for a while or for good.

use std::net::Ipv4Addr;
use std::path::Path;

use parameter_store::Identity;

use crate::support::aws::READ_X;
use crate::support::network::{Name, Names, alone, put_in_place};
use crate::support::tls::secure_for;
use crate::support::{Directory, Ended, SENTINEL, world_with};

/// The resolver with short waits, for stories that are not about them.
const QUICK: &str = "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n";

/// Runs a story among files of its own that configure the resolver.
fn with_resolver(story: &str, resolv_conf: &str, body: impl FnOnce() + Send) {
    let directory = Directory::new();
    alone(story, move || {
        for (file, content) in [
            ("/etc/hosts", ""),
            ("/etc/resolv.conf", resolv_conf),
            ("/etc/nsswitch.conf", "hosts: files dns\n"),
        ] {
            let file = Path::new(file);
            if file.exists() {
                let ours =
                    directory.file(&file.file_name().unwrap().to_string_lossy(), content, 0o644);
                put_in_place(&ours, file);
            }
        }
        body();
    });
}

/// Runs a story with a DNS server that answers as given.
fn with_names(
    story: &str,
    answer: impl Fn(usize) -> Name + Send + 'static,
    body: impl FnOnce(&Names) + Send,
) {
    with_resolver(story, QUICK, || body(&Names::start(answer)));
}

#[test]
fn a_name_that_does_not_resolve_yet_is_waited_for() {
    for trouble in [Name::Unknown, Name::Trouble, Name::Mute] {
        // Each look-up queries an IPv4 and an IPv6 address.
        let answer = move |query| if query <= 6 { trouble } else { Name::Loopback };
        with_names(
            "a_name_that_does_not_resolve_yet_is_waited_for",
            answer,
            |names| {
                let it = secure_for(Identity::Valid, &["parameters.test"]);
                let url = format!("https://parameters.test:{}", it.world.server.port());
                let ended = it.trusting().env("AWS_ENDPOINT_URL_SSM", url).run();
                assert_eq!(ended.code, Some(0), "{trouble:?}: {ended:?}");
                assert_eq!(ended.text(), format!("{SENTINEL}\n"));
                assert!(names.queries() > 6);
            },
        );
    }
}

#[test]
fn a_name_that_never_resolves_is_reported_at_the_deadline() {
    for (trouble, why) in [
        (Name::Unknown, "Name or service not known"),
        (Name::Trouble, "Temporary failure in name resolution"),
    ] {
        with_names(
            "a_name_that_never_resolves_is_reported_at_the_deadline",
            move |_| trouble,
            |_| {
                let world = world_with(&[("/app/x", SENTINEL)]);
                let ended = world
                    .envsecrets(&READ_X)
                    .env("AWS_ENDPOINT_URL_SSM", "http://parameters.test")
                    .env("ENVSECRETS_TIMEOUT", "1s")
                    .run();
                let printed: Vec<&str> = ended.failed(75).lines().collect();
                assert_eq!(
                    printed[..2],
                    [
                        "envsecrets: error: Parameter Store did not answer within 1s for parameters below `/app` in us-east-1 at http://parameters.test",
                        &format!(
                            "envsecrets:   caused by: cannot connect to parameters.test: dns error: failed to lookup address information: {why}"
                        ),
                    ]
                );
            },
        );
    }
}

/// Runs with names that resolve like this, and without an endpoint.
fn without_endpoint(
    story: &str,
    names: Name,
    region: &str,
    variables: &[(&str, &str)],
) -> Option<Ended> {
    let mut ended = None;
    with_names(
        story,
        move |_| names,
        |_| {
            let world = world_with(&[("/app/x", SENTINEL)]);
            let mut launch = world.envsecrets(&READ_X);
            launch
                .without("AWS_ENDPOINT_URL_SSM")
                .env("AWS_REGION", region)
                .env("ENVSECRETS_TIMEOUT", "2s");
            for (name, value) in variables {
                launch.env(name, value);
            }
            ended = Some(launch.run());
        },
    );
    ended
}

#[test]
fn a_region_whose_endpoint_does_not_exist_is_reported_at_once() {
    let story = "a_region_whose_endpoint_does_not_exist_is_reported_at_once";
    for (region, hint) in [
        ("eu-cental-1", "did you mean `eu-central-1`?"),
        ("us-est-1", "did you mean `us-east-1` or `us-west-1`?"),
        (
            "xx-nowhere-1",
            "check the region for typos; some exist only in another partition or network",
        ),
    ] {
        let Some(ended) = without_endpoint(story, Name::Unknown, region, &[]) else {
            return;
        };
        assert_eq!(
            ended.failed(78),
            format!(
                "envsecrets: error: the AWS region `{region}`, from AWS_REGION, does not exist\n\
                 envsecrets:   caused by: cannot connect to ssm.{region}.amazonaws.com: dns error: \
                 failed to lookup address information: Name or service not known\n\
                 envsecrets: hint: {hint}\n"
            )
        );
    }
}

#[test]
fn a_region_is_not_blamed_for_a_resolver_that_fails() {
    let story = "a_region_is_not_blamed_for_a_resolver_that_fails";
    for (names, region) in [
        (Name::Trouble, "eu-cental-1"),
        (Name::Unknown, "eu-central-1"),
    ] {
        let Some(ended) = without_endpoint(story, names, region, &[]) else {
            return;
        };
        let reported = ended.without_waiting();
        assert_eq!(ended.code, Some(75), "{reported}");
        assert_eq!(
            reported.lines().next(),
            Some(
                format!(
                    "envsecrets: error: Parameter Store did not answer within 2s for parameters below \
                     `/app` in {region}"
                )
                .as_str()
            )
        );
    }
}

#[test]
fn a_region_without_endpoints_for_fips_is_reported_at_once() {
    let story = "a_region_without_endpoints_for_fips_is_reported_at_once";
    let fips = [("AWS_USE_FIPS_ENDPOINT", "true")];
    let Some(ended) = without_endpoint(story, Name::Unknown, "eu-central-1", &fips) else {
        return;
    };
    assert_eq!(
        ended.failed(78),
        "envsecrets: error: eu-central-1 cannot be used as an endpoint\n\
         envsecrets:   caused by: cannot connect to ssm-fips.eu-central-1.amazonaws.com: dns error: \
         failed to lookup address information: Name or service not known\n\
         envsecrets: hint: check `AWS_ENDPOINT_URL_SSM`, `AWS_ENDPOINT_URL`, the region, and the \
         settings for FIPS and dual-stack endpoints\n"
    );
}

#[test]
fn a_region_in_which_no_role_can_be_assumed_is_reported_at_once() {
    let story = "a_region_in_which_no_role_can_be_assumed_is_reported_at_once";
    let directory = Directory::new();
    let token = directory.file("token", "a.b.c", 0o600);
    let variables = [
        ("AWS_WEB_IDENTITY_TOKEN_FILE", token.to_str().unwrap()),
        ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/app"),
        ("AWS_ACCESS_KEY_ID", ""),
        ("AWS_SECRET_ACCESS_KEY", ""),
    ];
    let Some(ended) = without_endpoint(story, Name::Unknown, "eu-cental-1", &variables) else {
        return;
    };
    assert_eq!(
        ended.failed(78),
        "envsecrets: error: the AWS region `eu-cental-1` does not exist\n\
         envsecrets:   caused by: cannot connect to sts.eu-cental-1.amazonaws.com: dns error: \
         failed to lookup address information: Name or service not known\n\
         envsecrets: hint: did you mean `eu-central-1`?\n"
    );
}

#[test]
fn a_name_server_that_does_not_answer_delays_a_start_but_does_not_prevent_it() {
    let story = "a_name_server_that_does_not_answer_delays_a_start_but_does_not_prevent_it";
    // By resolv.conf(5) it has 5 s. An attempt to read takes less than the other time.
    for (options, delay) in [("", 5), ("options timeout:10\n", 10)] {
        let resolv_conf = format!("nameserver 127.0.0.2\nnameserver 127.0.0.1\n{options}");
        with_resolver(story, &resolv_conf, || {
            let mute = Names::start_at(Ipv4Addr::new(127, 0, 0, 2), |_| Name::Mute);
            let names = Names::start(|_| Name::Loopback);
            let world = world_with(&[("/app/x", SENTINEL)]);
            let url = format!("http://parameters.test:{}", world.server.port());
            let mut launch = world.envsecrets(&READ_X);
            let ended = launch.env("AWS_ENDPOINT_URL_SSM", &url).run();
            assert_eq!(ended.code, Some(0), "{ended:?}");
            assert_eq!(ended.text(), format!("{SENTINEL}\n"));
            assert!(
                (delay..delay + 9).contains(&ended.took.as_secs()),
                "{ended:?}"
            );
            let waiting = format!(
                "envsecrets: waiting for parameters below `/app` in us-east-1 at {url}: cannot look up parameters.test yet: no answer from the name servers; giving up in "
            );
            assert!(ended.stderr.starts_with(&waiting), "{ended:?}");
            assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
            // It was looked up once: an IPv4 and an IPv6 address, by each server in turn.
            assert_eq!((mute.queries(), names.queries()), (2, 2));
        });
    }
}
