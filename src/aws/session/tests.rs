//! One caller at several services and in several regions, without a call.

use super::*;
use crate::aws::settings::tests::{SERVICE as SECOND, settings};

static FIRST: Service = Service {
    name: "First",
    id: "First",
    variable: "AWS_ENDPOINT_URL_FIRST",
    host: "first",
    fips: &[],
    largest: |_| 1024,
};

/// A session at the first service, with the settings of the profile `p` in this configuration.
fn session(config: &str) -> Session {
    let settings = settings(config);
    let transport = Transport::new(&settings.variables, &[]);
    let providers = Providers::new(&settings, &transport, &Progress::start(None));
    let credentials = Credentials::new("AKIDEXAMPLE000000001", "x", None, None, "test");
    let identity = Identity::new(Source::Environment, credentials);
    let endpoint = settings.endpoint(&FIRST, settings.known_region()).unwrap();
    Session {
        service: &FIRST,
        config: super::config(
            &settings,
            endpoint,
            "us-east-1",
            &identity,
            &FIRST,
            &transport,
        ),
        region: "us-east-1".to_owned(),
        region_from: "--region",
        caller: Arc::new(SignedIn {
            offset: AtomicI64::default(),
            settings,
            identity,
            renewing: Mutex::default(),
            providers,
            role: None,
            transport,
        }),
    }
}

#[test]
fn a_caller_is_the_same_at_all_services() {
    let own = "[profile p]\nservices = s\n[services s]\nsecrets_manager =\n  endpoint_url = http://b:2\nfirst =\n  endpoint_url = http://a:1\n";
    for (config, places) in [
        ("[profile p]\n", ["us-east-1", "us-east-1"]),
        (
            "[profile p]\nendpoint_url = http://all:1\n",
            ["us-east-1 at http://all:1", "us-east-1 at http://all:1"],
        ),
        (own, ["us-east-1 at http://a:1", "us-east-1 at http://b:2"]),
    ] {
        let first = session(config);
        let second = first.at(&SECOND).unwrap();
        assert_eq!([first.place(), second.place()], places);
        assert_eq!(second.endpoint().service.name, "Secrets Manager");
        let credentials = Credentials::new("AKIDEXAMPLE000000002", "x", None, None, "test");
        first.caller.identity.replace(Source::Profile, credentials);
        assert_eq!(second.principal(), "the profile (access key …0002)");
        // And back.
        assert_eq!(second.at(&FIRST).unwrap().place(), places[0]);
    }
}

#[test]
fn a_region_keeps_what_named_it_at_all_services() {
    let there = session("[profile p]\n")
        .in_region("eu-west-9", "a place")
        .unwrap();
    for session in [there.at(&SECOND).unwrap(), there] {
        assert_eq!(session.region(), "eu-west-9");
        let Some(WithoutName::Region { region, from }) = session.without_name() else {
            panic!("it is not known");
        };
        assert_eq!((region.as_str(), from), ("eu-west-9", "a place"));
    }
}

#[test]
fn what_has_no_fips_endpoint_differs_by_service() {
    let config = "[profile p]\nuse_fips_endpoint = true\n";
    let here = session(config);
    let has = |it: &Session| it.without_name().is_none();
    assert!(!has(&here));
    assert!(has(&here.at(&SECOND).unwrap()));
    let there = here.in_region("eu-central-1", "an ARN").unwrap();
    assert!(!has(&there.at(&SECOND).unwrap()));
}

#[test]
fn requests_are_signed_at_the_time_of_the_service() {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
    let hour = Duration::from_secs(3600);
    assert_eq!(shifted(now, 0), now);
    assert_eq!(shifted(now, 3600), now + hour);
    assert_eq!(shifted(now, -3600), now - hour);
}
