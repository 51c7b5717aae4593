//! Why a provider gave no credentials, and whether that may pass.
//!
//! The journal of the transport shows it: the providers wrap their errors in too many ways.

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_types::error::ErrorMetadata;
use aws_types::request_id::RequestId;

use crate::aws::codes;
use crate::aws::error::Error;
use crate::aws::hint::Hint;
use crate::aws::identity::Source;
use crate::net::failure::chain;
use crate::net::reply::Reply;
use crate::net::transport::{Exchange, Outcome};

/// Why there are no credentials.
#[derive(Debug)]
pub enum Failure {
    /// It may pass.
    Passing(String, Hint),
    Certain(Error),
}

/// No service at the address of IMDS means "not on EC2", unless the firmware contradicts. A
/// connection that is accepted and then stays silent is typical of a container with a hop limit of
/// 1, but a busy instance does that too.
pub fn of_the_instance(exchange: &Exchange) -> Option<Failure> {
    let is_absent = matches!(exchange.outcome, Outcome::Failed(_)) && !is_ec2();
    let failure = network_failure(Source::Instance, exchange);
    failure.filter(|_| !is_absent)
}

/// Classifies the failure of a provider that is configured but gave no credentials. `hint` is for
/// a wrong configuration.
pub fn classify(
    source: Source,
    error: &CredentialsError,
    exchange: Option<Exchange>,
    hint: Hint,
) -> Failure {
    let reason = reason(error);
    let certain = |why, hint| {
        Failure::Certain(Error::Credentials {
            source_name: source.name(),
            why,
            hint,
        })
    };
    let Some(exchange) = exchange else {
        // A time limit ends an exchange before it is recorded.
        return if is_late(error) || reason.contains("timeout") {
            Failure::Passing(reason, Hint::Nothing)
        } else if reason.contains("SSO token") || reason.contains("/sso/cache/") {
            certain(reason, Hint::SignIn)
        } else {
            certain(reason, hint)
        };
    };
    if let Some(failure) = network_failure(source, &exchange) {
        return failure;
    }
    let Exchange { host, outcome } = exchange;
    let status = match outcome {
        Outcome::Status(status) => status,
        Outcome::Untrusted(why) => return certain(why, Hint::UnknownIssuer),
        Outcome::Permanent(why)
        | Outcome::Silent(why)
        | Outcome::Broken(why)
        | Outcome::Failed(why) => return certain(why, Hint::Proxy),
    };
    let code = reason.split([':', ' ']).next().unwrap_or_default();
    match (source, status) {
        // The previous response, in a chain of requests.
        (_, 200..300) if is_late(error) => Failure::Passing(reason, Hint::Nothing),
        (Source::Container | Source::Instance, 200..300) => {
            certain(format!("the response of {host}: {reason}"), Hint::Nothing)
        }
        // The messages of these providers have less detail, or repeat the response with its body.
        (Source::Container, _) => certain(
            format!("{host} responded with HTTP status {status}"),
            Hint::Container,
        ),
        (Source::Instance, _) => certain(
            format!("{host} responded with HTTP status {status}"),
            Hint::InstanceRole,
        ),
        // STS sends the latter when it cannot reach the provider of a web identity.
        _ if codes::THROTTLING.contains(&code)
            || codes::TRANSIENT.contains(&code)
            || code
                .to_ascii_lowercase()
                .starts_with("idpcommunicationerror") =>
        {
            Failure::Passing(reason, Hint::Nothing)
        }
        _ if code.starts_with("AccessDenied") => certain(reason, Hint::AssumeRole),
        _ if code.starts_with("ExpiredToken") => certain(reason, Hint::Expired),
        _ if codes::BAD_CREDENTIALS.contains(&code) => certain(reason, Hint::Keys),
        // The portal of IAM Identity Center.
        _ if code == "UnauthorizedException" => certain(reason, Hint::SignIn),
        _ if code == "ForbiddenException" => certain(reason, Hint::Assignment),
        _ => certain(reason, Hint::Nothing),
    }
}

/// A failure of an exchange that may pass.
pub fn network_failure(source: Source, exchange: &Exchange) -> Option<Failure> {
    let Exchange { host, outcome } = exchange;
    match outcome {
        Outcome::Silent(why) if source == Source::Instance => {
            Some(Failure::Passing(why.clone(), Hint::HopLimit))
        }
        Outcome::Silent(why) | Outcome::Broken(why) | Outcome::Failed(why) => {
            Some(Failure::Passing(why.clone(), Hint::Nothing))
        }
        Outcome::Status(status @ (408 | 429 | 500..)) => {
            let why = format!("{host} responded with HTTP status {status}");
            Some(Failure::Passing(why, Hint::Nothing))
        }
        Outcome::Status(_) | Outcome::Untrusted(_) | Outcome::Permanent(_) => None,
    }
}

fn is_late(error: &CredentialsError) -> bool {
    matches!(error, CredentialsError::ProviderTimedOut(_))
}

/// The error of a provider, without the text of the layers around it.
pub fn reason(error: &CredentialsError) -> String {
    const WRAPPING: [&str; 7] = [
        "the credential provider was not enabled",
        "the credentials provider was not properly configured",
        "an error occurred while loading credentials",
        "an error occurred while loading an access token",
        "unexpected credentials error",
        "dispatch failure",
        "service error",
    ];
    let mut parts: Vec<String> = Vec::new();
    for error in chain(error) {
        if let Some(metadata) = error.downcast_ref::<ErrorMetadata>() {
            // Its `Display` is that of `Debug`, and the part before it repeats the code.
            let reply = Reply {
                status: 0,
                code: metadata.code().map(str::to_owned),
                message: metadata.message().map(str::to_owned),
                request_id: metadata.request_id().map(str::to_owned),
            };
            if reply.code.is_some() {
                return reply.to_string();
            }
            continue;
        }
        let part = error.to_string();
        let part = part
            .trim_start_matches("ProfileFile provider could not be built: ")
            .trim_start_matches("unhandled error: ");
        let known = parts.iter().any(|known| known.contains(part));
        if !WRAPPING.contains(&part) && !part.is_empty() && !known {
            parts.push(part.to_owned());
        }
    }
    if parts.is_empty() {
        return error.to_string();
    }
    parts.join(": ")
}

/// Whether this machine is an EC2 instance, by its firmware (EC2 User Guide, "Identify
/// instances").
pub fn is_ec2() -> bool {
    [
        "/sys/class/dmi/id/sys_vendor",
        "/sys/class/dmi/id/bios_vendor",
    ]
    .into_iter()
    .filter_map(|file| std::fs::read_to_string(file).ok())
    .any(|vendor| vendor.trim() == "Amazon EC2")
}

#[cfg(test)]
mod tests {
    use super::*;
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
            (Profile, "E", text(Outcome::Untrusted), "UnknownIssuer: WHY"),
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
}
