//! Errors of a store.
//!
//! Messages consist of the kind of failure, the service's error code and message, and the request
//! id: never of `{:?}`, which for the errors of an SDK can contain the body of a response.

use std::time::Duration;

pub use crate::aws::error::Error as AwsError;
use crate::aws::iam::Statement;
use crate::net::progress::Summary;
use crate::net::reply::Reply;
use crate::output::quoted;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Aws(#[from] AwsError),
    #[error("AWS denied permission to {verb} {target} in {place}")]
    Denied {
        verb: &'static str,
        target: String,
        place: String,
        reply: Reply,
        missing: Box<Statement>,
    },
    #[error("AWS refused to {verb} {target} in {place}")]
    KeyDenied {
        /// `encrypt` or `decrypt`.
        verb: &'static str,
        target: String,
        place: String,
        reply: Reply,
        missing: Box<Statement>,
        hint: &'static str,
    },
    /// What arrived whole, and cannot be decrypted: another key or encryption context, or not authentic.
    #[error("{target} in {place} cannot be decrypted")]
    Undecryptable {
        target: String,
        place: String,
        why: String,
        hint: &'static str,
    },
    #[error("AWS rejected the request for {target} in {place}")]
    Rejected {
        target: String,
        place: String,
        reply: Reply,
        hint: Option<&'static str>,
    },
    #[error("{target} was requested in {place}, and its bucket is in {region}")]
    OtherRegion {
        target: String,
        place: String,
        reply: Reply,
        region: String,
    },
    #[error("the response for {target} from {place} is invalid")]
    InvalidResponse {
        target: String,
        place: String,
        what: String,
    },
    #[error(
        "{} did not answer within {} for {target}",
        summary.service.unwrap_or(service),
        seconds(*timeout)
    )]
    Unavailable {
        service: &'static str,
        target: String,
        timeout: Duration,
        summary: Summary,
    },
    #[error(
        "{service} asks to wait {}, but only {} remain for {target}",
        seconds(*requested),
        roughly(*left)
    )]
    Postponed {
        service: &'static str,
        target: String,
        requested: Duration,
        left: Duration,
        summary: Summary,
    },
    #[error("no {things}s exist {} in {place}", below(path, label.as_deref()))]
    Empty {
        /// What one of them is called: `parameter` or `secret`.
        things: &'static str,
        path: String,
        label: Option<String>,
        place: String,
    },
    #[error("no {things} name matches {} in {place}", at_label(glob, label.as_deref()))]
    NoMatch {
        things: &'static str,
        glob: String,
        label: Option<String>,
        place: String,
    },
    #[error("{} not exist in {place}", subject(things, names))]
    Missing {
        things: &'static str,
        names: Vec<String>,
        place: String,
        /// The variables that refer to them, a sentence each.
        wanted_by: Vec<String>,
    },
    #[error("{target} in {place} are too many: more than {} MiB, with those read before", limit >> 20)]
    TooMuch {
        target: String,
        place: String,
        /// The most that is kept in memory, in bytes.
        limit: usize,
    },
    #[error("{target} in {place} is larger than {} MiB, the most that is read", limit >> 20)]
    TooLarge {
        target: String,
        place: String,
        /// The most that is read of one, in bytes.
        limit: usize,
    },
    #[error("{target} does not exist in {place}")]
    NotFound { target: String, place: String },
    /// A secret that is still there, and cannot be read any more.
    #[error("{target} in {place} waits for its deletion")]
    Deleted { target: String, place: String },
    /// A secret that is listed, and has no version that could be read.
    #[error("{target} in {place} has no value")]
    NoValue { target: String, place: String },
    #[error("{target} already exists in {place}")]
    Exists {
        target: String,
        place: String,
        /// Whether a response was lost before, so that we may have created it.
        lost: bool,
    },
    /// A change that may have been made, although it failed as `error` tells.
    #[error("{what}")]
    Lost {
        /// What may have changed, in a sentence.
        what: String,
        /// Why the response to the change is not known, if that is not in `error`.
        why: Option<String>,
        error: Box<Error>,
        /// How to see what was done.
        hint: String,
    },
    #[error("cannot set up for reading")]
    Internal { why: String },
    #[error("{}", .0.what)]
    Other(Box<Problem>),
}

/// A failure of a store, in its own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub fault: Fault,
    /// What failed, and on what.
    pub what: String,
    /// Why, a line each.
    pub causes: Vec<String>,
    /// What to try.
    pub hint: Option<String>,
}

/// What kind of failure it is, and so its exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A setting is missing or wrong, or a server is not trusted.
    Setting,
    /// The server refuses the caller.
    Refused,
    /// The server refuses the request itself.
    Rejected,
    Missing,
    /// What was read cannot be used.
    Unfit,
    /// The response is not one of this store.
    Invalid,
}

impl Problem {
    pub fn new(fault: Fault, what: impl Into<String>) -> Self {
        Self {
            fault,
            what: what.into(),
            causes: Vec::new(),
            hint: None,
        }
    }

    #[must_use]
    pub fn because(mut self, cause: impl ToString) -> Self {
        self.causes.push(cause.to_string());
        self
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Other(Box::new(problem))
    }
}

impl Error {
    pub fn internal(error: impl ToString) -> Self {
        Self::Internal {
            why: error.to_string(),
        }
    }

    /// The missing statement, if AWS denied permission.
    pub fn missing(&self) -> Option<&Statement> {
        match self {
            Self::Denied { missing, .. } | Self::KeyDenied { missing, .. } => Some(missing),
            _ => None,
        }
    }

    /// Why, a line each.
    pub fn causes(&self) -> Vec<String> {
        match self {
            Self::Aws(error) => error.causes(),
            Self::Internal { why } => vec![why.clone()],
            Self::Other(problem) => problem.causes.clone(),
            Self::Denied { reply, .. }
            | Self::KeyDenied { reply, .. }
            | Self::Rejected { reply, .. }
            | Self::OtherRegion { reply, .. } => vec![reply.to_string()],
            Self::InvalidResponse { what, .. } => vec![what.clone()],
            Self::Undecryptable { why, .. } => vec![why.clone()],
            Self::Unavailable { summary, .. } | Self::Postponed { summary, .. } => {
                let problem = summary.problem.as_deref().unwrap_or("no answer came");
                let mut causes = vec![problem.to_owned()];
                let throttled = summary.throttled;
                causes.extend(match summary.calls {
                    0 => None,
                    1 => Some(format!("1 call was made, {throttled} throttled")),
                    calls => Some(format!("{calls} calls were made, {throttled} throttled")),
                });
                causes
            }
            Self::NotFound { .. }
            | Self::Deleted { .. }
            | Self::NoValue { .. }
            | Self::TooMuch { .. }
            | Self::TooLarge { .. }
            | Self::Exists { .. }
            | Self::NoMatch { .. }
            | Self::Empty { .. } => Vec::new(),
            Self::Missing { wanted_by, .. } => wanted_by.clone(),
            Self::Lost { why, error, .. } => {
                let mut causes = Vec::from_iter(why.clone());
                causes.push(error.to_string());
                causes.extend(error.causes());
                causes
            }
        }
    }

    /// Where nothing was found: a region, and the endpoint.
    pub fn nowhere(&self) -> Option<&str> {
        match self {
            Self::Empty { place, .. }
            | Self::NoMatch { place, .. }
            | Self::Missing { place, .. }
            | Self::NotFound { place, .. } => Some(place),
            _ => None,
        }
    }

    /// What to try.
    pub fn hint(&self) -> Option<String> {
        let fixed = match self {
            Self::Aws(error) => return error.hint(),
            Self::Other(problem) => return problem.hint.clone(),
            Self::Denied { missing, reply, .. } => return Some(permission(missing, reply)),
            Self::KeyDenied { hint, .. } | Self::Undecryptable { hint, .. } => hint,
            Self::Rejected { hint, .. } => (*hint)?,
            Self::OtherRegion { region, .. } => {
                return Some(format!(
                    "write `region={region}` in the place, or leave the option out"
                ));
            }
            Self::InvalidResponse { .. } => {
                "another server may respond in place of AWS: check the endpoint, proxies, and \
                 captive portals"
            }
            Self::Unavailable { summary, .. } if summary.hint.is_some() => summary.hint?,
            Self::Unavailable {
                service, summary, ..
            }
            | Self::Postponed {
                service, summary, ..
            } if summary.throttled > 0 => {
                return Some(format!(
                    "the quota of {service} is shared by the whole account and region: start \
                     fewer at once, allow more time with `--timeout`, or raise the quota"
                ));
            }
            Self::Unavailable { .. } => {
                "check the network between this machine and the endpoint, and `AWS_REGION`; \
                 `--timeout` sets how long to retry"
            }
            Self::Postponed { .. } => "allow more time with `--timeout`",
            Self::Empty { path: shown, .. } | Self::NoMatch { glob: shown, .. }
                if shown.starts_with(CREDSTASH) =>
            {
                "check table, name, account and region for typos; a layer that may be empty is \
                 `--optional-from`"
            }
            Self::Missing { names, .. }
                if names.first().is_some_and(|it| it.starts_with(CREDSTASH)) =>
            {
                "check table, names, versions, account and region for typos; `:` before a number, if it \
                 is a part of a name, is written `%3A`"
            }
            Self::NotFound { target, .. } if target.starts_with("table ") => {
                "check table, account and region for typos; `credstash://TABLE/NAME` and \
                 `CREDSTASH_DEFAULT_TABLE` name another"
            }
            Self::Empty {
                things: "secret", ..
            }
            | Self::NoMatch {
                things: "secret", ..
            } => {
                "check name, account and region for typos; the list of Secrets Manager may lack what was \
                 created in the last minutes; a layer that may be empty is `--optional-from`"
            }
            Self::Missing {
                things: "secret", ..
            } => "check names, stages, versions, account and region for typos",
            Self::Missing {
                things: "object", ..
            } => "check bucket, key, version and region for typos",
            Self::NotFound { target, .. } if target.starts_with("bucket ") => {
                "check the name of the bucket for typos, and the endpoint"
            }
            Self::TooLarge { .. } => {
                "what is larger is hardly a secret: let the program read it from S3 by itself"
            }
            Self::NoValue { .. } => {
                "no version of it is at AWSCURRENT, as after it was created without a value: put one, or \
                 leave it out with `--exclude`"
            }
            Self::Deleted { .. } => {
                "`aws secretsmanager restore-secret` takes it back until the time has come"
            }
            Self::NoMatch { .. } => {
                "check glob, account, region and label for typos; `*` stops at `/`, `**` does not"
            }
            Self::Empty { label: Some(_), .. } => {
                "check path, label and region for typos; the label must be on a version of each \
                 parameter"
            }
            Self::Empty { .. } => {
                "check path, account and region for typos; a layer that may be empty is \
                 `--optional-path`"
            }
            Self::TooMuch { .. } => {
                "use a longer path, or several runs; `--only` and other filters choose among what was \
                 read, and do not lessen it"
            }
            Self::Missing { .. } => "check names, versions, labels, account and region for typos",
            Self::NotFound { .. } => "check name, version, label, account and region for typos",
            Self::Lost { hint, error, .. } => {
                return Some(match error.hint() {
                    Some(other) => format!("{hint}; {other}"),
                    None => hint.clone(),
                });
            }
            Self::Exists { .. } | Self::Internal { .. } => return None,
        };
        Some(fixed.to_owned())
    }
}

/// How the places of credstash begin.
const CREDSTASH: &str = "credstash://";

/// How to allow what was denied, by the reason that AWS gives (IAM User Guide, "Troubleshoot access
/// denied error messages").
fn permission(missing: &Statement, reply: &Reply) -> String {
    let message = reply.message.as_deref().unwrap_or_default();
    let summary = missing.summary();
    if message.contains("with an explicit deny") {
        return "a policy denies it explicitly, whatever others allow: change that one".to_owned();
    }
    if message.contains("because no resource-based policy allows") {
        return format!("{summary} in the resource policy of the secret, and in the caller's own");
    }
    if missing.is_of("s3:GetObject") {
        return format!(
            "{summary}; or it does not exist, which S3 tells only those who are allowed s3:ListBucket \
             on the bucket"
        );
    }
    match missing.is_unrestricted_of("secretsmanager:") {
        true => format!("{summary}: AWS cannot restrict it to secrets"),
        false => summary,
    }
}

/// The parameters below a path, at a label if one is given.
pub fn below(path: &str, label: Option<&str>) -> String {
    format!("below {}", at_label(path, label))
}

fn at_label(text: &str, label: Option<&str>) -> String {
    match label {
        None => format!("`{text}`"),
        Some(label) => format!("`{text}` at label `{label}`"),
    }
}

/// The names with their verb: `parameter X does`, `parameters X, Y do`.
fn subject(things: &str, names: &[String]) -> String {
    match names {
        [_] => format!("{things} {} does", quoted(names)),
        names => format!("{things}s {} do", quoted(names)),
    }
}

fn seconds(duration: Duration) -> String {
    humantime::format_duration(duration).to_string()
}

/// Whole seconds, or whole milliseconds below one second.
fn roughly(duration: Duration) -> String {
    let whole = match duration.as_secs() {
        0 => Duration::from_millis(u64::from(duration.subsec_millis())),
        whole => Duration::from_secs(whole),
    };
    seconds(whole)
}
