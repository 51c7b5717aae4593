//! Which failures of credential providers may pass, and what is reported of the others.

use super::*;
use crate::net::certificate::{Flaw, Refused};
use crate::net::failure::Untrusted;
use std::time::Duration;

/// The class of a failure: `passing` or the hint, and why.
fn classified(source: Source, error: CredentialsError, outcome: Option<Outcome>) -> String {
    let exchange = outcome.map(|outcome| Exchange {
        host: "HOST".to_owned(),
        outcome,
    });
    match classify(source, &error, exchange, Hint::Container) {
        Failure::Passing(what, hint) => format!("passing, {hint:?}: {what}"),
        Failure::Certain(Error::Credentials { hint, why, .. }) => {
            format!("{hint:?}: {why}")
        }
        Failure::Certain(error) => error.to_string(),
    }
}

#[test]
fn failures_that_may_pass_are_distinguished_from_certain_ones() {
    use Source::{Container, Instance, Profile};
    let text = |outcome: fn(String) -> Outcome| Some(outcome("WHY".to_owned()));
    let untrusted = |flaw| {
        let description = None;
        let reason = Untrusted::Certificate(Refused { flaw, description });
        Some(Outcome::Untrusted("WHY".to_owned(), reason))
    };
    let status = |code| Some(Outcome::Status(code));
    for (source, why, outcome, expected) in [
        (Profile, "E", text(Outcome::Failed), "passing, Nothing: WHY"),
        (Profile, "E", text(Outcome::Broken), "passing, Nothing: WHY"),
        (Profile, "E", text(Outcome::Silent), "passing, Nothing: WHY"),
        (
            Instance,
            "E",
            text(Outcome::Silent),
            "passing, HopLimit: WHY",
        ),
        (
            Profile,
            "E",
            untrusted(Flaw::UnknownIssuer),
            "UnknownIssuer: WHY",
        ),
        (Profile, "E", untrusted(Flaw::WrongName), "WrongName: WHY"),
        (
            Profile,
            "E",
            untrusted(Flaw::Clock),
            "passing, SlowClock: WHY",
        ),
        (Profile, "E", text(Outcome::Permanent), "Proxy: WHY"),
        (
            Profile,
            "HUNTER2",
            status(500),
            "passing, Nothing: HOST responded with HTTP status 500",
        ),
        (
            Container,
            "HUNTER2",
            status(429),
            "passing, Nothing: HOST responded with HTTP status 429",
        ),
        (
            Instance,
            "HUNTER2",
            status(408),
            "passing, Nothing: HOST responded with HTTP status 408",
        ),
        (
            Instance,
            "HUNTER2",
            status(404),
            "InstanceRole: HOST responded with HTTP status 404",
        ),
        (
            Container,
            "HUNTER2",
            status(403),
            "Container: HOST responded with HTTP status 403",
        ),
        (
            Instance,
            "invalid JSON",
            status(200),
            "Nothing: the response of HOST: invalid JSON",
        ),
        (Profile, "E", status(400), "Nothing: E"),
        (
            Profile,
            "Throttling: slower",
            status(400),
            "passing, Nothing: Throttling: slower",
        ),
        (
            Profile,
            "IDPCommunicationError: later",
            status(400),
            "passing, Nothing: IDPCommunicationError: later",
        ),
        (
            Profile,
            "AccessDenied: no",
            status(403),
            "AssumeRole: AccessDenied: no",
        ),
        (
            Profile,
            "ExpiredTokenException: no",
            status(400),
            "Expired: ExpiredTokenException: no",
        ),
        (
            Profile,
            "InvalidClientTokenId: no",
            status(403),
            "Keys: InvalidClientTokenId: no",
        ),
        (
            Profile,
            "UnauthorizedException: no",
            status(401),
            "SignIn: UnauthorizedException: no",
        ),
        (
            Profile,
            "ForbiddenException: no",
            status(403),
            "Assignment: ForbiddenException: no",
        ),
        (
            Profile,
            "the SSO token has expired",
            None,
            "SignIn: the SSO token has expired",
        ),
        (Profile, "E", None, "Container: E"),
        (
            Profile,
            "operation attempt timeout",
            None,
            "passing, Nothing: operation attempt timeout",
        ),
    ] {
        let found = classified(source, CredentialsError::provider_error(why), outcome);
        assert_eq!(found, expected);
    }
    let late = CredentialsError::provider_timed_out(Duration::from_secs(1));
    let found = classified(Container, late, None);
    assert!(found.starts_with("passing, Nothing: "), "{found}");
}

#[test]
fn an_endpoint_for_fips_that_never_exists_is_not_tried_again() {
    for (host, region, never) in [
        ("sts-fips.eu-central-1.amazonaws.com", "eu-central-1", true),
        ("sts-fips.us-east-2.amazonaws.com", "us-east-2", false),
        (
            "sts-fips.us-gov-west-1.amazonaws.com",
            "us-gov-west-1",
            false,
        ),
        ("sts.eu-central-1.amazonaws.com", "eu-central-1", false),
    ] {
        let why = format!("cannot connect to {host}: Name or service not known");
        let exchange = Exchange {
            host: host.to_owned(),
            outcome: Outcome::Failed(why.clone()),
        };
        let expected = Error::Endpoint {
            endpoint: host.to_owned(),
            why,
            variable: "AWS_ENDPOINT_URL_STS",
        };
        match network_failure(Source::Profile, &exchange) {
            Some(Failure::Certain(error)) if never => assert_eq!(error, expected),
            Some(Failure::Passing(..)) if !never => {}
            other => panic!("{region}: {other:?}"),
        }
    }
}
