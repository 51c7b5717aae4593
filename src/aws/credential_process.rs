//! The command of `credential_process`.
//!
//! The SDK's own provider gives the command what the program is to read from standard input, leaves
//! it behind at the deadline, and reads its output without a bound.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::attributes::AccountId;
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_types::date_time::{DateTime, Format};
use serde_json::{Map, Value};
use tokio::net::unix::pipe::Receiver;
use tokio::time::{sleep, timeout};

use crate::redaction::quote_end;
use crate::secret::conceal;
use crate::system::subprocess::{End, Subprocess};

/// The longest output, in bytes. A session token of AWS is a few kilobytes long at most.
const LONGEST: usize = 64 * 1024;
/// How messages begin.
const FAILED: &str = "Error retrieving credentials from external process";
/// How much of what it writes to standard error is kept, in bytes: the end, where the reason is.
const KEPT: usize = 64 * 1024;
/// How many characters of that are shown.
const SHOWN: usize = 800;
/// How often to look for its end while its output is still open.
const INTERVAL: Duration = Duration::from_millis(50);

/// A command that prints credentials.
#[derive(Clone)]
pub struct CredentialProcess {
    pub command: String,
    /// The account of the profile, if the command prints none.
    pub account: Option<String>,
}

impl fmt::Debug for CredentialProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The command can contain a password.
        f.write_str("CredentialProcess(…)")
    }
}

impl CredentialProcess {
    /// Runs the command to its end. If this is dropped before, the command is killed.
    pub async fn credentials(&self) -> Result<Credentials, CredentialsError> {
        let output = self.output().await;
        let output = output.map_err(CredentialsError::provider_error)?;
        parse(&output, self.account.as_deref()).map_err(|why| {
            CredentialsError::provider_error(format!("{FAILED}, could not parse response: {why}"))
        })
    }

    /// What the command prints, or why it failed.
    async fn output(&self) -> Result<Vec<u8>, String> {
        let io = |error: std::io::Error| format!("{FAILED}: {error}");
        let (subprocess, pipes) = Subprocess::start(&self.command).map_err(io)?;
        let mut stdout = Receiver::from_owned_fd(pipes.stdout).map_err(io)?;
        let stderr = Receiver::from_owned_fd(pipes.stderr).map_err(io)?;
        let kept = Arc::new(Mutex::new(Vec::new()));
        // What it may put into the background can hold this open: no one waits for it.
        let reader = tokio::spawn(keep_the_end(stderr, Arc::clone(&kept)));
        let mut output = Vec::new();
        let mut is_open = true;
        let mut pause = Duration::from_millis(1);
        let end = loop {
            if is_open {
                let _ = timeout(INTERVAL, stdout.readable()).await;
                is_open = read(&mut stdout, &mut output).map_err(io)?;
                if output.len() > LONGEST {
                    let most = LONGEST / 1024;
                    return Err(format!("{FAILED}: it prints more than {most} KiB"));
                }
            } else {
                sleep(pause).await;
                pause = (pause * 2).min(INTERVAL);
            }
            let Some(end) = subprocess.end().map_err(io)? else {
                continue;
            };
            if is_open {
                is_open = read(&mut stdout, &mut output).map_err(io)?;
            }
            // The others of its group may still have something to print.
            let failed = matches!(end, End::Status(status) if !status.success());
            if !is_open || failed || is_complete(&output) {
                break end;
            }
        };
        subprocess.finish();
        match end {
            End::Status(status) if !status.success() => {
                // All that it has written is there; the reader only has to be given a turn.
                let _ = timeout(INTERVAL, reader).await;
                let kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                // Whatever it printed may be repeated there.
                conceal(&String::from_utf8_lossy(&output));
                secret_fields(&String::from_utf8_lossy(&kept)).for_each(conceal);
                Err(failure(&status.to_string(), &kept))
            }
            End::Unknown if !is_complete(&output) => Err(format!(
                "{FAILED}: it printed no credentials, and its exit status is unknown, because \
                 SIGCHLD is ignored"
            )),
            End::Status(_) | End::Unknown => Ok(output),
        }
    }
}

/// The failure of a command, with what it wrote to standard error.
fn failure(status: &str, stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let text = quote_end(text.trim_end(), SHOWN);
    format!(
        "Error retrieving credentials: external process exited with code {status}. Stderr: {text}"
    )
}

fn is_part(character: char) -> bool {
    character.is_ascii_alphanumeric() || "_-".contains(character)
}

fn is_between(character: char) -> bool {
    " \t\\\"':=>".contains(character)
}

/// What follows a name such as `SecretAccessKey` or `password` in a text: as in JSON, YAML, a list of
/// settings, or options.
fn secret_fields(text: &str) -> impl Iterator<Item = &str> {
    const NAMES: [&str; 6] = ["secret", "token", "password", "passwd", "pwd", "key"];
    let words = text
        .split_inclusive(|it: char| !is_part(it))
        .scan(0, |at, word| {
            *at += word.len();
            Some((*at, word))
        });
    words.filter_map(move |(end, word)| {
        let name = word.trim_end_matches(|it: char| !is_part(it));
        // What ended the word is between name and value, too.
        let end = end - (word.len() - name.len());
        let name = name.to_ascii_lowercase();
        // `AccessKeyId` is no secret, and appears in every error about one.
        if name.ends_with("id") || !NAMES.iter().any(|known| name.ends_with(known)) {
            return None;
        }
        let rest = &text[end..];
        let value = rest.trim_start_matches(is_between);
        let between = &rest[..rest.len() - value.len()];
        let value = value
            .split(|it: char| it.is_whitespace() || "\"',;}".contains(it))
            .next()?;
        // In JSON that is quoted itself.
        let value = value.trim_end_matches('\\');
        // A sentence has such words, too: `the token expired`.
        let is_named = between.contains([':', '=']) || name.starts_with("--");
        (is_named && !value.is_empty()).then_some(value)
    })
}

/// Reads what is there. Returns whether more can come.
fn read(from: &mut Receiver, into: &mut Vec<u8>) -> std::io::Result<bool> {
    let mut piece = [0; 4096];
    while into.len() <= LONGEST {
        match from.try_read(&mut piece) {
            Ok(0) => return Ok(false),
            Ok(count) => into.extend_from_slice(&piece[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return Ok(true),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

/// Reads to the end, and keeps the end.
async fn keep_the_end(mut from: Receiver, kept: Arc<Mutex<Vec<u8>>>) {
    let mut is_open = true;
    while is_open && from.readable().await.is_ok() {
        let mut piece = Vec::new();
        is_open = read(&mut from, &mut piece).unwrap_or(false);
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend(piece);
        let surplus = kept.len().saturating_sub(KEPT);
        kept.drain(..surplus);
    }
}

/// Whether this is all that a command has to print.
fn is_complete(output: &[u8]) -> bool {
    serde_json::from_slice::<Map<String, Value>>(output).is_ok()
}

/// The credentials in the output of a command (AWS SDKs and Tools Reference Guide, "Process
/// credential provider"). Keys are found whatever their case, as in the SDK. No error contains a
/// part of the output.
fn parse(output: &[u8], account: Option<&str>) -> Result<Credentials, String> {
    let text = std::str::from_utf8(output)
        .map_err(|error| format!("could not decode output as UTF-8: {error}"))?;
    let value: Value =
        serde_json::from_str(text).map_err(|error| format!("invalid JSON in response: {error}"))?;
    let Value::Object(fields) = value else {
        return Err("invalid JSON in response: it is not an object".to_owned());
    };
    let field = |name: &str| {
        let mut fields = fields.iter();
        fields.find_map(|(key, value)| key.eq_ignore_ascii_case(name).then_some(value))
    };
    let text = |name: &str| field(name).and_then(Value::as_str).map(str::to_owned);
    let missing = |name: &str| format!("Expected field `{name}` in response but it was missing");
    let invalid = |name: &str, why: &str| format!("Invalid field in response: `{name}`. {why}");
    match field("Version").and_then(Value::as_f64) {
        Some(1.0) => {}
        None => return Err(missing("Version")),
        Some(version) => {
            let why = format!("unknown version number: {version}");
            return Err(invalid("version", &why));
        }
    }
    let key = text("AccessKeyId").ok_or_else(|| missing("AccessKeyId"))?;
    let secret = text("SecretAccessKey").ok_or_else(|| missing("SecretAccessKey"))?;
    let expiry = text("Expiration").map(|text| {
        let time = DateTime::from_str(&text, Format::DateTimeWithOffset).ok();
        let time = time.and_then(|time| SystemTime::try_from(time).ok());
        time.ok_or_else(|| invalid("Expiration", "it is not a time as RFC 3339 has it"))
    });
    let mut credentials = Credentials::builder()
        .access_key_id(key)
        .secret_access_key(secret)
        .provider_name("CredentialProcess");
    credentials.set_session_token(text("SessionToken"));
    credentials.set_expiry(expiry.transpose()?);
    let account = text("AccountId").or_else(|| account.map(str::to_owned));
    credentials.set_account_id(account.map(AccountId::from));
    Ok(credentials.build())
}

#[cfg(test)]
mod tests;
