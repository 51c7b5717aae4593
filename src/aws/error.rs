//! Errors of AWS settings, credentials, and the connection to an endpoint.

use std::time::Duration;

use crate::aws::copies::with_originals;
use crate::aws::hint::Hint;
use crate::aws::region;
use crate::net::failure::TrustError;
use crate::net::reply::Reply;
use crate::output::quoted;
use crate::system::limits::Limit;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("no AWS region is configured")]
    NoRegion,
    #[error("`{region}`, from {from}, {flaw}")]
    NotARegion {
        region: String,
        from: &'static str,
        flaw: region::Flaw,
    },
    /// It has the form of a region, but the name of its endpoint does not exist.
    #[error("the AWS region `{region}`{} does not exist", source_of(*from))]
    UnknownRegion {
        region: String,
        /// The setting, if it is known.
        from: Option<&'static str>,
        why: String,
    },
    #[error("no AWS credentials were found")]
    NoCredentials { tried: Vec<String>, on_ec2: bool },
    #[error("the AWS credentials of {source_name} cannot be used")]
    Credentials {
        source_name: &'static str,
        why: String,
        hint: Hint,
    },
    #[error("{principal} cannot assume the role `{role}`")]
    Role {
        role: String,
        /// Whose credentials it was to be assumed with.
        principal: String,
        why: String,
        hint: Hint,
    },
    #[error(
        "the role `{role}` is not of the partition `{partition}`, in which the region `{region}`, \
         from {from}, is"
    )]
    RolePartition {
        role: String,
        region: String,
        from: &'static str,
        partition: &'static str,
    },
    #[error("the AWS profile `{name}` cannot be read")]
    Profile { name: String, why: String },
    #[error("the AWS profile `{name}`, from {from}, does not exist")]
    NoProfile {
        name: String,
        from: &'static str,
        known: Vec<String>,
        /// Files that may define it, but cannot be read, and why.
        unreadable: Vec<String>,
    },
    #[error("`{name}` is `{value}`, and must be {expected}")]
    Setting {
        name: &'static str,
        value: String,
        expected: String,
    },
    #[error("a {kind} endpoint and the endpoint `{endpoint}` exclude each other")]
    TwoEndpoints {
        /// The kind of endpoint of AWS.
        kind: &'static str,
        endpoint: String,
    },
    #[error("`{name}` is not the address of a proxy")]
    NotAProxy { name: &'static str },
    #[error("`{name}` is not UTF-8")]
    NotText { name: &'static str },
    #[error("{} cannot be read", named(file, *from))]
    Unreadable {
        file: String,
        /// The variable that names it.
        from: Option<&'static str>,
        why: String,
    },
    #[error(
        "{} was not read within {}",
        named(file, *from),
        humantime::format_duration(*timeout)
    )]
    Late {
        file: String,
        from: Option<&'static str>,
        kind: &'static str,
        timeout: Duration,
    },
    #[error("{}", with_originals(.0.to_string()))]
    Trust(TrustError),
    #[error("{endpoint} is not trusted")]
    Certificate {
        endpoint: String,
        why: String,
        hint: Hint,
    },
    #[error("{endpoint} and this program have no TLS in common")]
    Tls {
        endpoint: String,
        why: String,
        hint: Hint,
    },
    /// What this machine does not allow.
    #[error("{0}")]
    Limited(Limit),
    #[error("{endpoint} cannot be used as an endpoint")]
    Endpoint {
        endpoint: String,
        why: String,
        /// The variable that can set another.
        variable: &'static str,
    },
    #[error("the proxy of {variable} denies the connection to {place}")]
    Proxy {
        variable: &'static str,
        place: String,
        why: String,
    },
    #[error("AWS rejected the credentials of {principal}")]
    BadCredentials {
        principal: String,
        reply: Reply,
        hint: Hint,
    },
}

impl Error {
    /// Why, a line each.
    pub fn causes(&self) -> Vec<String> {
        match self {
            Self::NoCredentials { tried, .. } => tried.clone(),
            Self::Credentials { why, .. }
            | Self::Role { why, .. }
            | Self::Profile { why, .. }
            | Self::Unreadable { why, .. }
            | Self::Certificate { why, .. }
            | Self::Tls { why, .. }
            | Self::Limited(Limit { why, .. })
            | Self::Endpoint { why, .. }
            | Self::UnknownRegion { why, .. }
            | Self::Proxy { why, .. } => vec![why.clone()],
            Self::Late { kind, .. } => vec![(*kind).to_owned()],
            Self::BadCredentials { reply, .. } => vec![reply.to_string()],
            Self::NoProfile {
                known, unreadable, ..
            } => {
                let known = match known.as_slice() {
                    [] => "no profiles exist here".to_owned(),
                    known => format!("the profiles here are {}", quoted(known)),
                };
                let mut causes = vec![known];
                causes.extend(unreadable.clone());
                causes
            }
            Self::NoRegion
            | Self::NotARegion { .. }
            | Self::RolePartition { .. }
            | Self::Setting { .. }
            | Self::TwoEndpoints { .. }
            | Self::NotText { .. }
            | Self::NotAProxy { .. }
            | Self::Trust(_) => Vec::new(),
        }
    }

    /// What to try.
    pub fn hint(&self) -> Option<String> {
        let fixed = match self {
            Self::NoRegion => {
                "use `--region REGION`, or set `AWS_REGION` or the region of the profile"
            }
            Self::NotARegion { region, .. } => return Some(region::hint(region)),
            Self::UnknownRegion { region, .. } => {
                return Some(match region::hint(region) {
                    hint if hint.contains('?') => hint,
                    _ => "check the region for typos; some exist only in another partition or \
                          network"
                        .to_owned(),
                });
            }
            Self::NoCredentials { on_ec2: true, .. } => {
                "attach a role to this instance; if it has one, check its metadata service (\
                 enabled? hop limit 2 for containers?)"
            }
            Self::NoCredentials { on_ec2: false, .. } => {
                "on a laptop: `aws configure` or `aws sso login`, then `--profile` or \
                 `AWS_PROFILE`; on EC2, ECS and EKS: give the instance, task or service account a \
                 role"
            }
            Self::RolePartition { .. } => {
                "role, region and credentials are of one partition: check the ARN and the region"
            }
            Self::Profile { .. } => "check `~/.aws/config` and `~/.aws/credentials`",
            Self::NoProfile { .. } => "check `~/.aws/config`, or `AWS_CONFIG_FILE` if that is set",
            Self::TwoEndpoints { .. } => {
                "an endpoint of one's own is called as it is: unset `AWS_ENDPOINT_URL` and the like, or \
                 set `AWS_USE_FIPS_ENDPOINT` and `AWS_USE_DUALSTACK_ENDPOINT`, or the same settings in \
                 the profile, to `false`"
            }
            Self::NotAProxy { .. } => {
                "write it like `http://proxy.example:3128`, or unset it; `NO_PROXY` lists hosts to reach \
                 without it"
            }
            Self::Unreadable { .. } => "give a plain file of the usual size",
            Self::Late { .. } => {
                "start what writes to it, or give a plain file; `--timeout` sets how long to wait"
            }
            Self::Trust(_) => Hint::Anchors.text()?,
            Self::Credentials { hint, .. }
            | Self::Role { hint, .. }
            | Self::Certificate { hint, .. }
            | Self::Tls { hint, .. }
            | Self::BadCredentials { hint, .. } => hint.text()?,
            Self::Limited(limit) => limit.hint,
            Self::Endpoint { variable, .. } => {
                return Some(format!(
                    "check `{variable}`, `AWS_ENDPOINT_URL`, the region, and the settings for \
                     FIPS and dual-stack endpoints"
                ));
            }
            Self::Proxy { .. } => Hint::Proxy.text()?,
            Self::Setting { .. } | Self::NotText { .. } => return None,
        };
        Some(fixed.to_owned())
    }
}

/// The setting that a region is from, for messages.
fn source_of(from: Option<&str>) -> String {
    from.map_or(String::new(), |from| format!(", from {from},"))
}

/// The name of a file for messages: itself, and the variable that names it.
fn named(file: &str, from: Option<&str>) -> String {
    match from {
        Some(from) => format!("`{file}`, from {from},"),
        None => format!("`{file}`"),
    }
}
