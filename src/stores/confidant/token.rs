//! The token that proves to a server who reads.

use std::time::{Duration, SystemTime};

use serde_json::json;

use crate::date;
use crate::net::progress::Progress;
use crate::secret::conceal;
use crate::stores::confidant::settings::{SKEW, Settings};
use crate::stores::error::Error;
use crate::stores::keys::{self, Hints};

/// What the principal who makes a token may lack.
const HINTS: Hints = Hints {
    without_context: "",
    with_context: "",
    denied: "check `auth_key` and `auth_context` in the file of Confidant: the policy of the key, or a \
             grant, allows kms:Encrypt to the role that `from` names; `envsecrets policy` with the same \
             options prints the statement",
};

/// A token for one server, and how long it is accepted.
pub struct Token {
    pub username: String,
    pub text: String,
    /// The time, by the clock that it was made with, at which it ends.
    pub ends: SystemTime,
}

/// Makes a token, at this time by the clock of the server as far as that is known.
///
/// # Errors
///
/// If AWS KMS does not encrypt it, or cannot be reached in time.
pub async fn made(
    settings: &Settings,
    session: &keys::Session,
    now: SystemTime,
    progress: &Progress,
) -> Result<Token, Error> {
    let (plaintext, ends) = validity(now, settings.lifetime);
    let Settings { key, context, .. } = settings;
    let text = keys::encrypt(
        session,
        progress,
        keys::Plain {
            thing: format!("the token of `{}` for Confidant", context.from),
            key,
            plaintext,
            context: &context.pairs(),
            hints: &HINTS,
        },
    )
    .await?;
    conceal(&text);
    Ok(Token {
        username: context.username(),
        text,
        ends,
    })
}

/// From when and to when a token is valid, as the server reads it.
fn validity(now: SystemTime, lifetime: u32) -> (String, SystemTime) {
    let minutes = |count: u32| Duration::from_secs(60 * u64::from(count));
    let begins = now.checked_sub(minutes(SKEW)).unwrap_or(now);
    let ends = begins.checked_add(minutes(lifetime)).unwrap_or(now);
    let text = json!({"not_before": basic(begins), "not_after": basic(ends)});
    (text.to_string(), ends)
}

/// A time in the basic format of ISO 8601: `20261128T024023Z`.
fn basic(moment: SystemTime) -> String {
    let extended = date::in_seconds(moment).unwrap_or_default();
    extended.replace(['-', ':'], "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_begins_three_minutes_ago_and_lives_as_long_as_the_file_says() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_833_623);
        let (text, ends) = validity(now, 10);
        assert_eq!(
            text,
            r#"{"not_after":"20261128T024723Z","not_before":"20261128T023723Z"}"#
        );
        assert_eq!(ends, now + Duration::from_secs(7 * 60));
    }
}
