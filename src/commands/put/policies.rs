//! Policies of a parameter: its expiration and notifications.

use std::time::{Duration, SystemTime};

use clap::Args;
use serde_json::{Value, json};

use crate::date;
use crate::exit;
use crate::launch::error::{Error, Failure};
use crate::options::UsageError;
use crate::stores::parameter_store::manage::Policy;

const HOUR: u64 = 60 * 60;
const DAY: u64 = 24 * HOUR;

#[derive(Debug, Args)]
pub struct Options {
    /// Let Parameter Store delete the parameter at a date in UTC, after a duration, or `never`
    ///
    /// For example 2027-01-31, 2027-01-31T12:00:00Z or 90d. Policies need an advanced parameter. A
    /// new version keeps the date unless this option changes it.
    #[arg(long, value_name = "DATE|DURATION", help_heading = "Attributes")]
    expires: Option<String>,

    /// Send an event to EventBridge this long before `--expires`, or `never`
    #[arg(long, value_name = "DURATION", help_heading = "Attributes")]
    notify_before: Option<String>,

    /// Send an event if the value was not changed for this long, or `never`
    #[arg(long, value_name = "DURATION", help_heading = "Attributes")]
    notify_unchanged: Option<String>,
}

/// The change of one kind of policy.
#[derive(Debug, Clone, PartialEq)]
enum Change {
    Keep,
    Remove,
    Set(Value),
}

/// The changes of all three kinds.
#[derive(Debug)]
pub struct Changes {
    expiration: Change,
    before: Change,
    unchanged: Change,
    /// The new expiry, if given.
    pub expiry: Option<SystemTime>,
}

impl Options {
    /// Parses the options.
    ///
    /// # Errors
    ///
    /// If a time is invalid, or Parameter Store cannot store it.
    pub fn changes(&self, now: SystemTime) -> Result<Changes, UsageError> {
        let expiry = match self.expires.as_deref() {
            None | Some("never") => None,
            Some(text) => Some(moment(text, now)?),
        };
        let expiration = match (expiry.and_then(date::in_milliseconds), &self.expires) {
            (Some(timestamp), _) => Change::Set(json!({
                "Type": "Expiration",
                "Version": "1.0",
                "Attributes": { "Timestamp": timestamp },
            })),
            (None, Some(_)) => Change::Remove,
            (None, None) => Change::Keep,
        };
        Ok(Changes {
            expiration,
            before: notification(
                "--notify-before",
                self.notify_before.as_deref(),
                "ExpirationNotification",
                "Before",
            )?,
            unchanged: notification(
                "--notify-unchanged",
                self.notify_unchanged.as_deref(),
                "NoChangeNotification",
                "After",
            )?,
            expiry,
        })
    }
}

impl Changes {
    /// Whether a new parameter would get policies.
    pub fn set_any(&self) -> bool {
        [&self.expiration, &self.before, &self.unchanged]
            .iter()
            .any(|change| matches!(change, Change::Set(_)))
    }

    /// The policies to send: `None` if nothing changes, otherwise all of them, since they replace
    /// the current ones.
    ///
    /// # Errors
    ///
    /// If a current policy cannot be parsed, or a notification needs an expiry and has none.
    pub fn policies(&self, existing: &[Policy]) -> Result<Option<String>, Error> {
        let changes = [
            ("Expiration", &self.expiration),
            ("ExpirationNotification", &self.before),
            ("NoChangeNotification", &self.unchanged),
        ];
        if changes.iter().all(|(_, change)| **change == Change::Keep) {
            return Ok(None);
        }
        let mut before = Vec::new();
        for policy in existing {
            before.push(serde_json::from_str::<Value>(&policy.text).map_err(|_| {
                Failure::new(
                    exit::SOFTWARE,
                    format!("the policy {} of the parameter is not JSON", policy.kind),
                )
                .hint("leave out the options for policies, or set them with the AWS CLI")
            })?);
        }
        let kind = |policy: &Value| policy["Type"].as_str().unwrap_or_default().to_owned();
        let mut after: Vec<Value> = Vec::new();
        for policy in &before {
            let change = changes.iter().find(|(name, _)| *name == kind(policy));
            match change {
                Some((_, Change::Remove | Change::Set(_))) => {}
                Some((_, Change::Keep)) | None => after.push(policy.clone()),
            }
        }
        after.extend(changes.iter().filter_map(|(_, change)| match change {
            Change::Set(policy) => Some(policy.clone()),
            Change::Keep | Change::Remove => None,
        }));
        if !after.iter().any(|policy| kind(policy) == "Expiration") {
            if matches!(self.before, Change::Set(_)) {
                return Err(Error::Usage(UsageError::new(
                    "`--notify-before` needs an expiry, and the parameter has none",
                    "use `--expires` as well",
                )));
            }
            // Without an expiry there is no notification of it.
            after.retain(|policy| kind(policy) != "ExpirationNotification");
        }
        let same = before.len() == after.len()
            && before.iter().all(|policy| {
                after.iter().any(|other| {
                    kind(policy) == kind(other) && policy["Attributes"] == other["Attributes"]
                })
            });
        Ok(match (same, after.is_empty()) {
            (true, _) => None,
            // An empty policy removes all of them (Parameter Store's user guide).
            (false, true) => Some("[{}]".to_owned()),
            (false, false) => Some(Value::from(after).to_string()),
        })
    }
}

fn notification(
    flag: &str,
    text: Option<&str>,
    kind: &str,
    attribute: &str,
) -> Result<Change, UsageError> {
    let text = match text {
        None => return Ok(Change::Keep),
        Some("never") => return Ok(Change::Remove),
        Some(text) => text,
    };
    let (number, unit) = days_or_hours(flag, text)?;
    Ok(Change::Set(json!({
        "Type": kind,
        "Version": "1.0",
        "Attributes": { attribute: number.to_string(), "Unit": unit },
    })))
}

fn days_or_hours(flag: &str, text: &str) -> Result<(u64, &'static str), UsageError> {
    let seconds = humantime::parse_duration(text).map(|duration| duration.as_secs());
    match seconds {
        Ok(seconds) if seconds > 0 && seconds.is_multiple_of(DAY) => Ok((seconds / DAY, "Days")),
        Ok(seconds) if seconds > 0 && seconds.is_multiple_of(HOUR) => Ok((seconds / HOUR, "Hours")),
        Ok(_) | Err(_) => Err(UsageError::new(
            format!("`{flag} {text}` is not a number of hours or days"),
            "use a duration such as `12h` or `14d`, or `never`",
        )),
    }
}

/// A date, a date with a time, or a duration from now.
fn moment(text: &str, now: SystemTime) -> Result<SystemTime, UsageError> {
    let date = humantime::parse_rfc3339_weak(&match text.contains([':', 'T']) {
        true => text.to_owned(),
        false => format!("{text}T00:00:00Z"),
    });
    let after = |duration: Duration| now.checked_add(duration);
    let moment = match date {
        Ok(date) => Some(date),
        Err(_) => humantime::parse_duration(text).ok().and_then(after),
    };
    match moment {
        Some(moment) if date::in_milliseconds(moment).is_none() => Err(UsageError::new(
            format!("`--expires {text}` is not in the years 1970 to 9999"),
            "use a value such as `2027-01-31`, `2027-01-31T12:00:00Z` or `90d`, or `never`",
        )),
        Some(moment) if moment > now => Ok(moment),
        Some(_) => Err(UsageError::new(
            format!("`--expires {text}` has passed"),
            "Parameter Store would delete the parameter at once: use a time in the future",
        )),
        None => Err(UsageError::new(
            format!("`--expires {text}` is not a date or duration"),
            "use a value such as `2027-01-31`, `2027-01-31T12:00:00Z` or `90d`, or `never`",
        )),
    }
}

#[cfg(test)]
mod tests;
