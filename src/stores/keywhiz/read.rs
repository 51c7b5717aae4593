//! Reading the secrets of a client: all of them in batches, and single ones by name.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::SystemTime;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::net::progress::Progress;
use crate::net::reply::Reply;
use crate::output;
use crate::parameter::{Parameter, Presence, Reading};
use crate::secret::{self, Content, Secret as Value};
use crate::stores::error::{Error, Fault, Problem};
use crate::stores::kept;
use crate::stores::keywhiz::answer::Secret;
use crate::stores::keywhiz::client::{Ask, Refused, forbidden, send};
use crate::stores::keywhiz::settings::{self, HINTS};
use crate::stores::keywhiz::source::{NAME, Server, Source, What};
use crate::stores::remote::{Found, Reader, Remote};
use crate::stores::unneeded::Unneeded;

/// The most requests at the same time.
const AT_ONCE: usize = 16;
/// How many secrets one request returns.
const BATCH: usize = 50;
/// The largest answer with one secret, in bytes. The server has no limit of its own; what is larger than
/// this is hardly a secret.
const ONE: usize = 16 << 20;
/// The largest answer with a batch, in bytes.
const MANY: usize = 64 << 20;
/// The largest list of names, in bytes.
const LIST: usize = 32 << 20;
/// What `check` and others show as the type.
const KIND: &str = "Secret";

/// A source that is read, and whether it must exist.
pub type Wanted<'s> = (&'s Source, Presence, &'s Unneeded);

/// Reads all sources at the same time.
///
/// # Errors
///
/// The first failure that is certain: everything is read, or nothing is returned.
pub async fn read(
    reading: Reading,
    progress: &Progress,
    wanted: &[Wanted<'_>],
) -> Result<Found, Error> {
    let mut servers: BTreeMap<&Server, Vec<usize>> = BTreeMap::new();
    for (index, (source, ..)) in wanted.iter().enumerate() {
        servers.entry(&source.server).or_default().push(index);
    }
    let mut found = Found {
        secrets: wanted.iter().map(|_| Vec::new()).collect(),
        readers: Vec::new(),
    };
    let mut sessions = Vec::new();
    let mut tasks = JoinSet::new();
    for (server, indices) in servers {
        let session = Arc::new(Session {
            remote: Remote {
                name: NAME,
                place: server.url(),
                hints: HINTS,
                transport: settings::transport(progress)?,
            },
            server: server.clone(),
            reading,
            progress: progress.clone(),
            permits: Semaphore::new(AT_ONCE),
        });
        let place = session.remote.place.clone();
        let principal = settings::principal();
        output::detail(format_args!("requesting from {place} with {principal}"));
        for &index in &indices {
            let (source, _, unneeded) = wanted[index];
            let (session, unneeded) = (Arc::clone(&session), unneeded.clone());
            let what = source.what.clone();
            tasks.spawn(async move {
                let found = match what {
                    What::All => Box::pin(session.all(&unneeded)).await?,
                    What::One(name) => Box::pin(session.one(&name)).await?.into_iter().collect(),
                };
                Ok::<_, Error>((index, found))
            });
        }
        found.readers.push(Reader {
            store: NAME,
            place,
            principal,
            sources: indices,
        });
        sessions.push(session);
    }
    while let Some(joined) = tasks.join_next().await {
        let (index, secrets) = joined.map_err(Error::internal)??;
        found.secrets[index] = secrets;
    }
    for session in sessions {
        if let Some((origin, count)) = session.remote.anchors() {
            output::detail(format_args!(
                "{count} certificates are trusted, from {origin}"
            ));
        }
    }
    Ok(found)
}

/// A client at a server.
struct Session {
    remote: Remote,
    server: Server,
    reading: Reading,
    progress: Progress,
    permits: Semaphore,
}

impl Session {
    /// All secrets of the client, sorted by name. Those that nothing needs are not read.
    async fn all(self: &Arc<Self>, unneeded: &Unneeded) -> Result<Vec<Parameter>, Error> {
        let (unread, names) = self.listed(unneeded).await?;
        let found = match self.in_batches(&names).await? {
            Some(found) => [unread, found],
            // One of them was removed, or taken from the client; or an old server has no batches. So
            // each is read by itself, which says which one.
            None => {
                let (unread, names) = self.listed(unneeded).await?;
                [unread, self.one_by_one(names).await?]
            }
        };
        let mut found = found.concat();
        found.sort_by(|one, other| one.name.cmp(&other.name));
        let (count, server) = (found.len(), self.server.place_of(""));
        output::detail(format_args!("{count} secrets of `{server}`"));
        Ok(found)
    }

    /// What is known of those secrets of the client that are not read, and the names of all others.
    async fn listed(
        &self,
        unneeded: &Unneeded,
    ) -> Result<(Vec<Parameter>, BTreeSet<String>), Error> {
        let target = format!("secrets of `{}`", self.server.place_of(""));
        let ask = Ask {
            target,
            path: "/secrets",
            body: None,
            largest: LIST,
        };
        let answer = self.send::<Vec<Secret>>(&ask).await?;
        let secrets = answer.map_err(|(refused, reply)| match refused {
            Refused::Forbidden => forbidden(&self.remote, &ask.target, reply),
            Refused::Missing => self.remote.invalid(&ask.target, reply),
        })?;
        let (mut unread, mut names) = (Vec::new(), BTreeSet::new());
        for secret in secrets {
            let invalid = |what: &str| self.remote.invalid(&ask.target, what);
            if secret.name.is_empty() || secret.name.contains(char::is_control) {
                return Err(invalid("it contains a name that no secret has"));
            }
            if !names.insert(secret.name.clone()) {
                return Err(invalid("it contains the same name twice"));
            }
            let mut known = self.known(&secret);
            self.keep(known.name.len(), &ask.target)?;
            let is_unneeded = unneeded.has(&known.name);
            if self.reading == Reading::Names || is_unneeded {
                if self.reading == Reading::Values {
                    known.more.get_or_insert_default().is_unread = true;
                }
                unread.push(known);
            }
        }
        let is_unread = |name: &String| {
            let place = self.server.place_of(name);
            unread.iter().any(|it: &Parameter| it.name == place)
        };
        if !unread.is_empty() {
            names = match unread.len() == names.len() {
                true => BTreeSet::new(),
                false => names.into_iter().filter(|it| !is_unread(it)).collect(),
            };
        }
        Ok((unread, names))
    }

    /// The secrets of these names, or `None` if the server refuses one of them.
    async fn in_batches(
        self: &Arc<Self>,
        names: &BTreeSet<String>,
    ) -> Result<Option<Vec<Parameter>>, Error> {
        let names: Vec<String> = names.iter().cloned().collect();
        let mut tasks = JoinSet::new();
        for batch in names.chunks(BATCH) {
            let (session, batch) = (Arc::clone(self), batch.to_vec());
            tasks.spawn(async move { session.batch(batch).await });
        }
        let mut found = Vec::new();
        while let Some(joined) = tasks.join_next().await {
            match joined.map_err(Error::internal)?? {
                Some(secrets) => found.extend(secrets),
                None => return Ok(None),
            }
        }
        Ok(Some(found))
    }

    async fn batch(&self, names: Vec<String>) -> Result<Option<Vec<Parameter>>, Error> {
        let server = self.server.place_of("");
        let ask = Ask {
            target: format!("{} secrets of `{server}`", names.len()),
            path: "/batchsecret",
            body: Some(json!({ "secrets": names }).to_string()),
            largest: MANY,
        };
        let Ok(secrets) = self.send::<Vec<Secret>>(&ask).await? else {
            return Ok(None);
        };
        let mut expected: BTreeSet<&str> = names.iter().map(String::as_str).collect();
        let mut found = Vec::new();
        for secret in &secrets {
            if !expected.remove(secret.name.as_str()) {
                let what = "it contains a secret that was not requested, or one twice";
                return Err(self.remote.invalid(&ask.target, what));
            }
            found.push(self.read(secret, &ask.target)?);
        }
        match expected.is_empty() {
            true => Ok(Some(found)),
            false => {
                let what = "it lacks a secret that was requested";
                Err(self.remote.invalid(&ask.target, what))
            }
        }
    }

    /// Each of these secrets, all of which must exist.
    async fn one_by_one(
        self: &Arc<Self>,
        names: BTreeSet<String>,
    ) -> Result<Vec<Parameter>, Error> {
        let mut tasks: JoinSet<Result<Parameter, Error>> = JoinSet::new();
        for name in names {
            let session = Arc::clone(self);
            tasks.spawn(async move {
                let found = session.one(&name).await?;
                found.ok_or_else(|| {
                    let (place, server) = (session.server.place_of(&name), &session.remote.place);
                    Problem::new(
                        Fault::Missing,
                        format!("secret `{place}` was removed while secrets of {server} were read"),
                    )
                    .hint("start again")
                    .into()
                })
            });
        }
        let mut found = Vec::new();
        while let Some(joined) = tasks.join_next().await {
            found.push(joined.map_err(Error::internal)??);
        }
        Ok(found)
    }

    /// A single secret, or `None` if it does not exist.
    async fn one(&self, name: &str) -> Result<Option<Parameter>, Error> {
        if self.reading == Reading::Names {
            // The list has no values.
            let (all, _) = self.listed(&Unneeded::default()).await?;
            let place = self.server.place_of(name);
            return Ok(all.into_iter().find(|it| it.name == place));
        }
        let ask = Ask {
            target: format!("secret `{}`", self.server.place_of(name)),
            path: &format!("/secret/{}", encoded(name)),
            body: None,
            largest: ONE,
        };
        match self.send::<Secret>(&ask).await? {
            Ok(secret) if secret.name != name => Err(self
                .remote
                .invalid(&ask.target, "it contains another secret")),
            Ok(secret) => self.read(&secret, &ask.target).map(Some),
            Err((Refused::Missing, _)) => Ok(None),
            Err((Refused::Forbidden, reply)) => Err(forbidden(&self.remote, &ask.target, reply)),
        }
    }

    async fn send<T: for<'t> Deserialize<'t>>(
        &self,
        ask: &Ask<'_>,
    ) -> Result<Result<T, (Refused, Reply)>, Error> {
        let permit = self.permits.acquire().await.map_err(Error::internal)?;
        let answer = send(&self.remote, &self.remote.place, ask, &self.progress).await;
        drop(permit);
        answer
    }

    /// What is known of a secret beside its value.
    fn known(&self, secret: &Secret) -> Parameter {
        let updated = secret.updated.as_deref().or(secret.created.as_deref());
        let mut known = Parameter {
            name: self.server.place_of(&secret.name),
            kind: KIND.into(),
            modified: updated.and_then(date),
            ..Parameter::default()
        };
        if let Some(version) = secret.version() {
            known.more.get_or_insert_default().version_id = Some(version.to_owned());
        }
        known
    }

    /// A secret with its value: text, or else bytes.
    fn read(&self, secret: &Secret, target: &str) -> Result<Parameter, Error> {
        // A message of a server could repeat it as it was received.
        secret::conceal(&secret.secret);
        let content = secret.content();
        let content = content.map_err(|why| self.remote.invalid(target, why))?;
        let mut read = self.known(secret);
        self.keep(read.name.len() + content.len(), target)?;
        match String::from_utf8(content) {
            Ok(text) => read.value = Value::new(text),
            Err(error) => {
                let bytes = Content::new(error.into_bytes());
                read.more.get_or_insert_default().bytes = Some(bytes);
            }
        }
        Ok(read)
    }

    /// Counts what is kept.
    fn keep(&self, bytes: usize, target: &str) -> Result<(), Error> {
        kept::count(&self.progress, 1, bytes, || {
            (target.to_owned(), self.remote.place.clone())
        })
    }
}

/// A name as a segment of a path (RFC 3986, section 3.3).
fn encoded(name: &str) -> String {
    let mut text = String::new();
    for byte in name.bytes() {
        match byte {
            byte if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
                text.push(char::from(byte));
            }
            byte => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

/// A time as a server writes it (RFC 3339).
fn date(text: &str) -> Option<SystemTime> {
    let date = DateTime::from_str(text, Format::DateTimeWithOffset).ok()?;
    date.try_into().ok()
}
