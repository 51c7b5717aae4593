//! Where a secrets engine is mounted, and which version it has.

use crate::net::progress::Progress;
use crate::stores::error::{Error, Fault, Problem};
use crate::stores::vault::answer::{self, Answer};
use crate::stores::vault::client::{Ask, Client, SECRET};
use crate::stores::vault::source::{Engine, Source};

/// A mounted engine for keys and values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// Without a `/` at its end.
    pub path: String,
    pub engine: Engine,
}

impl Mount {
    /// The path below the mount, if it is below it.
    pub fn below<'p>(&self, path: &'p str) -> Option<&'p str> {
        let rest = path.strip_prefix(&self.path)?;
        match rest.is_empty() {
            true => Some(""),
            false => rest.strip_prefix('/'),
        }
    }
}

/// The mount of a source: as its place says, or as the server says.
///
/// # Errors
///
/// If the server refuses, or mounts something else there.
pub async fn of(
    source: &Source,
    client: &Client,
    token: &str,
    progress: &Progress,
) -> Result<Mount, Error> {
    let first = source.path.split('/').next().unwrap_or_default();
    let plain = |engine| Mount {
        path: first.to_owned(),
        engine,
    };
    if let Some(engine) = source.engine {
        return Ok(plain(engine));
    }
    let target = format!("the mount of `{source}`");
    let ask = Ask {
        verb: "look up",
        target: target.clone(),
        path: format!("sys/internal/ui/mounts/{}", encoded(&source.path)),
        body: None,
        token: Some(token),
        largest: SECRET,
    };
    let replied = client.send(&ask, progress).await?;
    if replied.status == http::StatusCode::NOT_FOUND {
        // Servers that are older than the look-up are older than version 2.
        return Ok(plain(Engine::V1));
    }
    let invalid = || client.invalid(&target, "it contains no mount");
    let answer: Option<Answer<'_>> = answer::parse(&replied.text);
    let data = answer.and_then(|it| it.data).ok_or_else(invalid)?;
    let mount: answer::Mount = answer::parse(data.get()).ok_or_else(invalid)?;
    let found = Mount {
        path: mount.path.trim_end_matches('/').to_owned(),
        engine: match mount.options.and_then(|it| it.version).as_deref() {
            Some("2") => Engine::V2,
            // Mounts of version 1 have no options, or none of these.
            None | Some("" | "1") => Engine::V1,
            Some(_) => {
                return Err(client.invalid(&target, "it contains an unknown version of the engine"));
            }
        },
    };
    if !["kv", "generic", "cubbyhole"].contains(&mount.kind.as_str()) {
        let kind = crate::redaction::quote(&mount.kind, crate::redaction::WORD);
        let what = format!(
            "`{}/` in {} is mounted for `{kind}`, and holds no keys and values",
            found.path,
            client.place()
        );
        return Err(Problem::new(Fault::Rejected, what)
            .hint(
                "what an engine makes for each reader has a lease, which a program that has replaced \
                 this one cannot renew: its own agent can",
            )
            .into());
    }
    if found.path.is_empty() || found.below(&source.path).is_none() {
        return Err(invalid());
    }
    Ok(found)
}

/// A path with everything encoded that is more than a name in it (RFC 3986, section 2.3).
pub fn encoded(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' => text.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => text.push(char::from(byte)),
            byte => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}
