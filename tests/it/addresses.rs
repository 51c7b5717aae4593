//! Hosts with several addresses, some of which do not answer.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use parameter_store::Identity;

use crate::support::aws::READ_X;
use crate::support::issuers::assumed;
use crate::support::network::{Name, Names, alone, ip, put_in_place};
use crate::support::stand_in::{Reply, StandIn, proxy};
use crate::support::tls::secure_for;
use crate::support::{Directory, Ended, Launch, SENTINEL, World, which, world_with};

/// The address that works, and those that swallow everything.
const GOOD: &str = "192.0.2.10";
const HOLES: [&str; 3] = ["192.0.2.1", "192.0.2.2", "fd00::1"];

/// How long one address has. With several that do not answer a start must not take as long.
const LIMIT: Duration = Duration::from_millis(3100);

/// A network where one name, `parameters.test`, has several addresses.
struct Network {
    world: World,
    /// The store at its good address.
    store: StandIn,
    names: Names,
}

impl Network {
    /// A launch from `http://parameters.test`.
    fn launch(&self) -> Launch {
        let mut launch = self.world.envsecrets(&READ_X);
        launch.env("AWS_ENDPOINT_URL_SSM", self.url());
        launch
    }

    fn url(&self) -> String {
        format!("http://parameters.test:{}", self.store.port())
    }
}

/// Runs a story where every name has these addresses.
fn with_addresses(
    story: &str,
    addresses: &'static [&'static str],
    body: impl FnOnce(&Network) + Send,
) {
    let directory = Directory::new();
    alone(story, move || {
        for (file, content) in [
            ("/etc/hosts", ""),
            ("/etc/resolv.conf", "nameserver 127.0.0.1\n"),
            ("/etc/nsswitch.conf", "hosts: files dns\n"),
        ] {
            let name = file.trim_start_matches("/etc/");
            if Path::new(file).exists() {
                put_in_place(&directory.file(name, content, 0o644), Path::new(file));
            }
        }
        ip(&format!("address add {GOOD}/32 dev lo"));
        ip("-6 address add fd00::10/128 dev lo nodad");
        for hole in HOLES {
            let source = if hole.contains(':') { "fd00::10" } else { GOOD };
            ip(&format!("route add {hole} dev lo src {source}"));
        }
        let world = world_with(&[("/app/x", SENTINEL)]);
        let port = world.server.port();
        let good: IpAddr = GOOD.parse().unwrap();
        let store = StandIn::at(SocketAddr::new(good, 0), move |_, _| Reply::RelayTo(port));
        let names = Names::start(move |_| Name::At(addresses));
        body(&Network {
            world,
            store,
            names,
        });
    });
}

/// It read the parameter, before one address that does not answer was given up.
#[track_caller]
fn read_soon(ended: &Ended, situation: &str) {
    assert_eq!(
        (ended.code, ended.text()),
        (Some(0), format!("{SENTINEL}\n")),
        "{situation}: {ended:?}"
    );
    assert!(ended.took < LIMIT, "{situation}: {ended:?}");
}

#[test]
fn an_address_that_does_not_answer_delays_the_next_a_little() {
    let story = "an_address_that_does_not_answer_delays_the_next_a_little";
    let cases: [&[&str]; 6] = [
        &[GOOD],
        &["192.0.2.1", GOOD],
        &[GOOD, "192.0.2.1"],
        &["192.0.2.1", "192.0.2.2", GOOD],
        &["fd00::1", GOOD],
        &["192.0.2.1", "fd00::1", "192.0.2.2", GOOD],
    ];
    for addresses in cases {
        with_addresses(story, addresses, |network| {
            let ended = network.launch().run();
            read_soon(&ended, &format!("{addresses:?}"));
            // One lookup, of both families, and one request.
            assert_eq!(
                (network.names.queries(), network.store.calls().len()),
                (2, 1)
            );
            if let Some(curl) = which("curl") {
                let arguments = ["--silent", "--max-time", "20", &network.url()];
                let ended = Launch::new(curl, &arguments).run();
                assert_eq!(ended.code, Some(0), "curl, {addresses:?}: {ended:?}");
            }
        });
    }
}

#[test]
fn an_address_that_refuses_does_not_delay_the_next_at_all() {
    let story = "an_address_that_refuses_does_not_delay_the_next_at_all";
    with_addresses(story, &["127.0.0.9", "127.0.0.8", GOOD], |network| {
        read_soon(&network.launch().run(), "refused");
    });
}

#[test]
fn an_address_that_failed_is_tried_last() {
    let story = "an_address_that_failed_is_tried_last";
    // It accepts connections, and then it is silent.
    with_addresses(story, &["127.0.0.9", GOOD], |_| {
        let it = secure_for(Identity::Valid, &["parameters.test"]);
        let port = it.world.server.port();
        let good: IpAddr = GOOD.parse().unwrap();
        let store = StandIn::at(SocketAddr::new(good, 0), move |_, _| Reply::RelayTo(port));
        let silent: IpAddr = "127.0.0.9".parse().unwrap();
        let silent = StandIn::at(SocketAddr::new(silent, store.port()), |_, _| Reply::Mute);
        let ended = it
            .trusting()
            .env(
                "AWS_ENDPOINT_URL_SSM",
                format!("https://parameters.test:{}", store.port()),
            )
            .run();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert_eq!(ended.text(), format!("{SENTINEL}\n"));
        assert!(ended.took < 2 * LIMIT, "{ended:?}");
        assert!(silent.calls().len() <= 1);
    });
}

#[test]
fn the_hosts_of_proxies_and_of_credential_services_have_several_addresses_too() {
    let story = "the_hosts_of_proxies_and_of_credential_services_have_several_addresses_too";
    with_addresses(story, &["192.0.2.1", "192.0.2.2", GOOD], |network| {
        let good: IpAddr = GOOD.parse().unwrap();
        let inner = proxy();
        let port = inner.port();
        let outer = StandIn::at(SocketAddr::new(good, 0), move |_, _| Reply::RelayTo(port));
        let ended = network
            .launch()
            .env("AWS_ENDPOINT_URL_SSM", network.world.server.url())
            .env("HTTP_PROXY", format!("http://proxy.test:{}", outer.port()))
            .run();
        read_soon(&ended, "proxy");
        assert_eq!(outer.calls().len(), 1);

        let sts = StandIn::at(SocketAddr::new(good, 0), |call, _| {
            Reply::ok(match assumed(call, "ASIAROLE000000000000") {
                Reply::Answer(_, body) => body,
                other => panic!("{other:?}"),
            })
        });
        let token = network.world.directory.file("token", "a.web.token", 0o600);
        let ended = network
            .launch()
            .without("AWS_ACCESS_KEY_ID")
            .without("AWS_SECRET_ACCESS_KEY")
            .env("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/app")
            .env("AWS_WEB_IDENTITY_TOKEN_FILE", token)
            .env(
                "AWS_ENDPOINT_URL_STS",
                format!("http://sts.test:{}", sts.port()),
            )
            .run();
        read_soon(&ended, "STS");
        assert_eq!(sts.calls().len(), 1);
    });
}

#[test]
fn without_any_address_that_answers_all_are_named_at_the_deadline() {
    let story = "without_any_address_that_answers_all_are_named_at_the_deadline";
    // Before the limit of an address, and after it.
    for (timeout, cause) in [
        (
            "2s",
            "cannot connect to PLACE yet: no answer from 192.0.2.1, 192.0.2.2",
        ),
        (
            "5s",
            "cannot connect to PLACE: tcp connect error: 192.0.2.1: no answer within 3.1 s; 192.0.2.2: no answer within 3.1 s",
        ),
    ] {
        with_addresses(story, &["192.0.2.1", "192.0.2.2"], |network| {
            let ended = network.launch().env("ENVSECRETS_TIMEOUT", timeout).run();
            let url = network.url();
            let cause = cause.replace("PLACE", url.trim_start_matches("http://"));
            let calls = match timeout {
                "2s" => "1 call was made",
                _ => "2 calls were made",
            };
            assert_eq!(ended.code, Some(75), "{ended:?}");
            assert_eq!(
                ended.without_waiting(),
                format!(
                    "envsecrets: error: Parameter Store did not answer within {timeout} for parameters below `/app` in us-east-1 at {url}\n\
                     envsecrets:   caused by: {cause}\n\
                     envsecrets:   caused by: {calls}, 0 throttled\n\
                     envsecrets: hint: check the network between this machine and the endpoint, and `AWS_REGION`; `--timeout` sets how long to retry\n"
                )
            );
        });
    }
}
