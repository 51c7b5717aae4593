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
use crate::aws::issuers::is_fips_without;
use crate::aws::region;
use crate::net::failure::{chain, is_unknown_name};
use crate::net::reply::Reply;
use crate::net::transport::{Exchange, Outcome};
use crate::redaction::{MESSAGE, quote};

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
    let ours = chain(error).find_map(|error| error.downcast_ref::<Error>());
    if let Some(error) = ours {
        return Failure::Certain(error.clone());
    }
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
        } else if reason.contains("Invalid Configuration:") {
            // Of the endpoint rules of the SDK.
            certain(reason, Hint::Endpoint)
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
        Outcome::Address(why) => return certain(why, Hint::Endpoint),
        Outcome::Untrusted(why, reason) => return certain(why, Hint::of(&reason)),
        Outcome::Limited(limit) => return Failure::Certain(Error::Limited(limit)),
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
        _ if reason.contains("MultiFactorAuthentication failed") => certain(reason, Hint::Code),
        _ if code.starts_with("AccessDenied") => certain(reason, Hint::AssumeRole),
        _ if code.starts_with("ExpiredToken") => certain(reason, Hint::Expired),
        _ if codes::BAD_CREDENTIALS.contains(&code) => certain(reason, Hint::Keys),
        // The portal of IAM Identity Center.
        _ if code == "UnauthorizedException" => certain(reason, Hint::SignIn),
        _ if code == "ForbiddenException" => certain(reason, Hint::Assignment),
        _ => certain(reason, Hint::Nothing),
    }
}

/// A failure of the network, or of this machine, that needs no look at the error of the provider: most
/// may pass, but not a name that does not exist because of its region.
pub fn network_failure(source: Source, exchange: &Exchange) -> Option<Failure> {
    let Exchange { host, outcome } = exchange;
    match outcome {
        Outcome::Silent(why) if source == Source::Instance => {
            Some(Failure::Passing(why.clone(), Hint::HopLimit))
        }
        Outcome::Failed(why)
            // Through a proxy it is the name of the proxy.
            if is_unknown_name(why)
                && why.contains(host.as_str())
                && let Some(region) = region::unknown_in(host) =>
        {
            Some(Failure::Certain(Error::UnknownRegion {
                region: region.to_owned(),
                from: None,
                why: why.clone(),
            }))
        }
        Outcome::Failed(why)
            if is_unknown_name(why) && why.contains(host.as_str()) && is_fips_without(host) =>
        {
            Some(Failure::Certain(Error::Endpoint {
                endpoint: host.clone(),
                why: why.clone(),
                variable: "AWS_ENDPOINT_URL_STS",
            }))
        }
        Outcome::Silent(why) | Outcome::Broken(why) | Outcome::Failed(why) => {
            Some(Failure::Passing(why.clone(), Hint::Nothing))
        }
        Outcome::Status(status @ (408 | 429 | 500..)) => {
            let why = format!("{host} responded with HTTP status {status}");
            Some(Failure::Passing(why, Hint::Nothing))
        }
        Outcome::Untrusted(why, reason) if reason.may_pass() => {
            Some(Failure::Passing(why.clone(), Hint::SlowClock))
        }
        Outcome::Limited(limit) if limit.is_lasting() => {
            Some(Failure::Certain(Error::Limited(limit.clone())))
        }
        Outcome::Limited(limit) => Some(Failure::Passing(
            limit.in_one_line(),
            Hint::Limit(limit.hint),
        )),
        Outcome::Status(_)
        | Outcome::Untrusted(..)
        | Outcome::Permanent(_)
        | Outcome::Address(_) => None,
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
        // The SDK adds the whole request to it, with its token.
        let part = part.split(" to request `").next().unwrap_or_default();
        let part = part
            .trim_start_matches("ProfileFile provider could not be built: ")
            .trim_start_matches("unhandled error: ");
        let known = parts.iter().any(|known| known.contains(part));
        if !WRAPPING.contains(&part) && !part.is_empty() && !known {
            parts.push(part.to_owned());
        }
    }
    let text = match parts.is_empty() {
        true => error.to_string(),
        false => parts.join(": "),
    };
    quote(&text, MESSAGE)
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
mod tests;
