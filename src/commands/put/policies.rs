//! Policies of a parameter: when it is deleted, and when somebody is told.

use std::time::{Duration, SystemTime};

use clap::Args;
use serde_json::{Value, json};

use crate::exit;
use crate::launch::error::{Error, Failure};
use crate::options::UsageError;
use crate::stores::parameter_store::manage::Policy;

const HOUR: u64 = 60 * 60;
const DAY: u64 = 24 * HOUR;

#[derive(Debug, Args)]
pub struct Asked {
    /// Let Parameter Store delete it then: a date in UTC, a time from now, or `never`
    ///
    /// Written like 2027-01-31, 2027-01-31T12:00:00Z or 90d. Policies such as this one need an advanced
    /// parameter. A new value keeps the date of the old one, unless this names another.
    #[arg(long, value_name = "DATE|DURATION", help_heading = "What goes with it")]
    expires: Option<String>,

    /// Send an event to EventBridge so long before that, or `never`
    #[arg(long, value_name = "DURATION", help_heading = "What goes with it")]
    notify_before: Option<String>,

    /// Send one when the value is the same for so long, or `never`
    #[arg(long, value_name = "DURATION", help_heading = "What goes with it")]
    notify_unchanged: Option<String>,
}

/// What is to become of one kind of policy.
#[derive(Debug, Clone, PartialEq)]
enum Change {
    Keep,
    Remove,
    Set(Value),
}

/// What is to become of all three.
#[derive(Debug)]
pub struct Changes {
    expiration: Change,
    before: Change,
    unchanged: Change,
    /// When it will be deleted, if that was asked for.
    pub expiry: Option<SystemTime>,
}

impl Asked {
    /// Understands what was asked for.
    ///
    /// # Errors
    ///
    /// If something is no time, or one that Parameter Store cannot keep.
    pub fn changes(&self, now: SystemTime) -> Result<Changes, UsageError> {
        let expiry = match self.expires.as_deref() {
            None | Some("never") => None,
            Some(text) => Some(moment(text, now)?),
        };
        let expiration = match (expiry, &self.expires) {
            (Some(moment), _) => {
                let timestamp = humantime::format_rfc3339_millis(moment).to_string();
                Change::Set(json!({
                    "Type": "Expiration",
                    "Version": "1.0",
                    "Attributes": { "Timestamp": timestamp },
                }))
            }
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
    /// Whether a parameter that is new would get any.
    pub fn set_any(&self) -> bool {
        [&self.expiration, &self.before, &self.unchanged]
            .iter()
            .any(|change| matches!(change, Change::Set(_)))
    }

    /// What to send, given what is there: nothing if that stays, otherwise all of them, for those
    /// that are sent replace those that are there.
    ///
    /// # Errors
    ///
    /// If what is there cannot be understood, or somebody is to be told of an expiry that there is
    /// not.
    pub fn policies(&self, there: &[Policy]) -> Result<Option<String>, Error> {
        let changes = [
            ("Expiration", &self.expiration),
            ("ExpirationNotification", &self.before),
            ("NoChangeNotification", &self.unchanged),
        ];
        if changes.iter().all(|(_, change)| **change == Change::Keep) {
            return Ok(None);
        }
        let mut before = Vec::new();
        for policy in there {
            before.push(serde_json::from_str::<Value>(&policy.text).map_err(|_| {
                Failure::new(
                    exit::SOFTWARE,
                    format!("the policy {} that is there is not JSON", policy.kind),
                )
                .hint("leave the policies alone, or set them with the AWS CLI")
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
                    "`--notify-before` tells of an expiry, and there is none",
                    "say `--expires` as well",
                )));
            }
            // Nobody is told of an expiry that there is no more.
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
            // An empty policy takes all of them away (Parameter Store's user guide).
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
            format!("`{flag} {text}` is no number of hours or days"),
            "write it like `12h` or `14d`, or `never`",
        )),
    }
}

/// A date, a time of one, or a time from now.
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
        Some(moment) if moment > now => Ok(moment),
        Some(_) => Err(UsageError::new(
            format!("`--expires {text}` has passed"),
            "Parameter Store would delete the parameter at once: name a time to come",
        )),
        None => Err(UsageError::new(
            format!("`--expires {text}` is no date and no duration"),
            "write it like `2027-01-31`, `2027-01-31T12:00:00Z` or `90d`, or `never`",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(
        expires: Option<&str>,
        before: Option<&str>,
        unchanged: Option<&str>,
    ) -> Result<Changes, UsageError> {
        let now = humantime::parse_rfc3339("2027-01-01T00:00:00Z").unwrap();
        let own = |text: Option<&str>| text.map(str::to_owned);
        let asked = Asked {
            expires: own(expires),
            notify_before: own(before),
            notify_unchanged: own(unchanged),
        };
        asked.changes(now)
    }

    fn there(texts: &[&str]) -> Vec<Policy> {
        let policies = texts.iter().map(|text| Policy {
            kind: "Expiration".to_owned(),
            text: (*text).to_owned(),
            status: "Pending".to_owned(),
        });
        policies.collect()
    }

    const EXPIRATION: &str = r#"{"Attributes":{"Timestamp":"2027-01-31T00:00:00.000Z"},"Type":"Expiration","Version":"1.0"}"#;
    const BEFORE: &str = r#"{"Attributes":{"Before":"14","Unit":"Days"},"Type":"ExpirationNotification","Version":"1.0"}"#;
    const UNCHANGED: &str = r#"{"Attributes":{"After":"12","Unit":"Hours"},"Type":"NoChangeNotification","Version":"1.0"}"#;

    #[test]
    fn an_expiry_is_a_date_or_a_time_from_now() {
        for (text, timestamp) in [
            ("2027-01-31", "2027-01-31T00:00:00Z"),
            ("2027-01-31T12:30:00Z", "2027-01-31T12:30:00Z"),
            ("2027-01-31 12:30:00", "2027-01-31T12:30:00Z"),
            ("30d", "2027-01-31T00:00:00Z"),
            ("1h", "2027-01-01T01:00:00Z"),
        ] {
            let expiry = asked(Some(text), None, None).unwrap().expiry.unwrap();
            assert_eq!(humantime::format_rfc3339(expiry).to_string(), timestamp);
        }
        for (text, error) in [
            ("2026-12-31", "`--expires 2026-12-31` has passed"),
            ("soon", "`--expires soon` is no date and no duration"),
            (
                "2027-02-30",
                "`--expires 2027-02-30` is no date and no duration",
            ),
            (
                "2027-01-31T12:30:00+02:00",
                "`--expires 2027-01-31T12:30:00+02:00` is no date and no duration",
            ),
            ("0s", "`--expires 0s` has passed"),
        ] {
            assert_eq!(asked(Some(text), None, None).unwrap_err().what, error);
        }
    }

    #[test]
    fn what_is_there_stays_unless_it_is_replaced_or_taken_away() {
        let date = Some("2027-01-31");
        for (expires, before, unchanged, there_before, sent) in [
            (None, None, None, vec![EXPIRATION], None),
            (date, None, None, vec![], Some(format!("[{EXPIRATION}]"))),
            (date, None, None, vec![EXPIRATION], None),
            (
                date,
                Some("14d"),
                Some("12h"),
                vec![],
                Some(format!("[{EXPIRATION},{BEFORE},{UNCHANGED}]")),
            ),
            (
                None,
                Some("14d"),
                None,
                vec![EXPIRATION, UNCHANGED],
                Some(format!("[{EXPIRATION},{UNCHANGED},{BEFORE}]")),
            ),
            (
                Some("never"),
                None,
                None,
                vec![EXPIRATION, BEFORE, UNCHANGED],
                Some(format!("[{UNCHANGED}]")),
            ),
            (
                Some("never"),
                None,
                None,
                vec![EXPIRATION, BEFORE],
                Some("[{}]".to_owned()),
            ),
            (Some("never"), None, None, vec![], None),
        ] {
            let changes = asked(expires, before, unchanged).unwrap();
            assert_eq!(changes.policies(&there(&there_before)), Ok(sent));
        }
    }

    #[test]
    fn nobody_can_be_told_of_an_expiry_that_there_is_not() {
        let changes = asked(None, Some("14d"), None).unwrap();
        assert_eq!(
            changes.policies(&[]).unwrap_err().to_string(),
            "`--notify-before` tells of an expiry, and there is none"
        );
        assert_eq!(
            asked(None, Some("90m"), None).unwrap_err().what,
            "`--notify-before 90m` is no number of hours or days"
        );
    }
}
