//! What can go wrong between us and a store.
//!
//! Messages are made of the kind of failure, the service's error code and message, and the request
//! id: never of `{:?}`, which for the errors of an SDK can hold the body of an answer.

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
    #[error("{by} refuses to let us {verb} {target} in {place}")]
    Denied {
        by: &'static str,
        verb: &'static str,
        target: String,
        place: String,
        reply: Reply,
        missing: Box<Statement>,
    },
    #[error("{by} refuses to {verb} {target} in {place}")]
    KeyDenied {
        by: &'static str,
        /// `encrypt` or `decrypt`.
        verb: &'static str,
        target: String,
        place: String,
        reply: Reply,
        missing: Box<Statement>,
        hint: &'static str,
    },
    #[error("{by} refuses the request for {target} in {place}")]
    Rejected {
        by: &'static str,
        target: String,
        place: String,
        reply: Reply,
        hint: Option<&'static str>,
    },
    #[error("the answer for {target} from {place} makes no sense")]
    Nonsense {
        by: &'static str,
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
        "{service} asks to wait {}, and only {} are left for {target}",
        seconds(*asked),
        roughly(*left)
    )]
    Postponed {
        service: &'static str,
        target: String,
        asked: Duration,
        left: Duration,
        summary: Summary,
    },
    #[error("there is nothing {} in {place}", below(path, label.as_deref()))]
    Empty {
        path: String,
        label: Option<String>,
        place: String,
    },
    #[error("there is no parameter whose name matches {} in {place}", at_label(glob, label.as_deref()))]
    NoMatch {
        glob: String,
        label: Option<String>,
        place: String,
    },
    #[error("there is no parameter {} in {place}", quoted(names))]
    Missing {
        names: Vec<String>,
        place: String,
        /// The variables that refer to them, a sentence each.
        wanted_by: Vec<String>,
    },
    #[error("there is no {target} in {place}")]
    NotThere { target: String, place: String },
    #[error("there is a {target} in {place} already")]
    Exists {
        target: String,
        place: String,
        /// Whether an answer was lost before, so that it may exist because of us.
        lost: bool,
    },
    #[error("cannot set up for reading")]
    Internal { why: String },
}

impl Error {
    pub fn internal(error: impl ToString) -> Self {
        Self::Internal {
            why: error.to_string(),
        }
    }

    /// The statement without which AWS refused.
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
            Self::Denied { reply, .. }
            | Self::KeyDenied { reply, .. }
            | Self::Rejected { reply, .. } => vec![reply.to_string()],
            Self::Nonsense { what, .. } => vec![what.clone()],
            Self::Unavailable { summary, .. } | Self::Postponed { summary, .. } => {
                let trouble = summary.trouble.as_deref().unwrap_or("no answer came");
                let mut causes = vec![trouble.to_owned()];
                match (summary.calls, summary.throttled) {
                    (0, _) => {}
                    (1, throttled) => {
                        causes.push(format!("1 call was made, {throttled} throttled"))
                    }
                    (calls, throttled) => {
                        causes.push(format!("{calls} calls were made, {throttled} throttled"));
                    }
                }
                causes
            }
            Self::NotThere { .. }
            | Self::Exists { .. }
            | Self::NoMatch { .. }
            | Self::Empty { .. } => Vec::new(),
            Self::Missing { wanted_by, .. } => wanted_by.clone(),
        }
    }

    /// What to try.
    pub fn hint(&self) -> Option<String> {
        let fixed = match self {
            Self::Aws(error) => return error.hint(),
            Self::Denied { missing, .. } => return Some(missing.summary()),
            Self::KeyDenied { hint, .. } => hint,
            Self::Rejected { hint, .. } => (*hint)?,
            Self::Nonsense { by, .. } => {
                return Some(format!(
                    "something between us and {by} may be answering in its place: look at the \
                     endpoint, at proxies, and at captive portals"
                ));
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
                "look at the network between here and the endpoint, and at `AWS_REGION`; \
                 `--timeout` says how long to keep trying"
            }
            Self::Postponed { .. } => "allow more time with `--timeout`",
            Self::NoMatch { .. } => {
                "look for typing errors in the glob, account, region and label; `*` stops at `/`, `**` \
                 does not"
            }
            Self::Empty { label: Some(_), .. } => {
                "look for typing errors in path, label and region; the label must be on a version of \
                 each parameter"
            }
            Self::Empty { .. } => {
                "look for typing errors in path, account and region; a layer that may be empty is \
                 `--optional-path`"
            }
            Self::Missing { .. } => {
                "look for typing errors in names, versions, labels, account and region"
            }
            Self::NotThere { .. } => {
                "look for typing errors in name, version, label, account and region"
            }
            Self::Exists { .. } | Self::Internal { .. } => return None,
        };
        Some(fixed.to_owned())
    }
}

/// What is below a path, at a label if one is given.
pub fn below(path: &str, label: Option<&str>) -> String {
    format!("below {}", at_label(path, label))
}

fn at_label(text: &str, label: Option<&str>) -> String {
    match label {
        None => format!("`{text}`"),
        Some(label) => format!("`{text}` at label `{label}`"),
    }
}

fn seconds(duration: Duration) -> String {
    humantime::format_duration(duration).to_string()
}

/// Whole seconds, or below one whole milliseconds.
fn roughly(duration: Duration) -> String {
    let whole = match duration.as_secs() {
        0 => Duration::from_millis(u64::from(duration.subsec_millis())),
        whole => Duration::from_secs(whole),
    };
    seconds(whole)
}
