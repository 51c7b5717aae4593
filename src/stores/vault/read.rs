//! Reading secrets by path and folder.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use http::StatusCode;
use serde_json::value::RawValue;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::aws::settings::Caller;
use crate::json::{self, Members};
use crate::net::progress::Progress;
use crate::output;
use crate::parameter::{More, Parameter, Presence, Reading};
use crate::secret::Secret;
use crate::stores::error::{Error, Fault, Problem};
use crate::stores::kept;
use crate::stores::remote::{Found, Reader};
use crate::stores::unneeded::Unneeded;
use crate::stores::vault::answer::{self, Answer, Metadata, Names, Versioned};
use crate::stores::vault::client::{Ask, Client, LIST, SECRET};
use crate::stores::vault::login::{self, Token};
use crate::stores::vault::mounts::{self, Mount, encoded};
use crate::stores::vault::settings::Settings;
use crate::stores::vault::source::{Engine, Part, Server, SignIn, Source};

/// The most requests at the same time.
const AT_ONCE: usize = 16;
/// The deepest folder that is read.
const DEEPEST: usize = 64;
/// What `check` and others show as the type.
const KIND: &str = "Secret";

/// A source that is read, and whether it must exist.
pub type Wanted<'s> = (&'s Source, Presence, &'s Unneeded);

/// Reads all sources at the same time, those with the same sign-in with one token.
///
/// # Errors
///
/// The first failure that is certain: everything is read, or nothing is returned.
pub async fn read(
    caller: &Caller,
    reading: Reading,
    progress: &Progress,
    wanted: &[Wanted<'_>],
) -> Result<Found, Error> {
    let mut groups: Vec<(Server, &SignIn, Vec<usize>)> = Vec::new();
    for (index, (source, ..)) in wanted.iter().enumerate() {
        let same = |(server, sign_in, _): &&mut (Server, &SignIn, Vec<usize>)| {
            *server == source.server && **sign_in == source.sign_in
        };
        match groups.iter_mut().find(same) {
            Some((.., indices)) => indices.push(index),
            None => groups.push((source.server, &source.sign_in, vec![index])),
        }
    }
    let mut found = Found {
        secrets: wanted.iter().map(|_| Vec::new()).collect(),
        readers: Vec::new(),
    };
    // One after the other: what they are given may be used once.
    for (server, sign_in, indices) in groups {
        let settings = Settings::new(server, progress);
        let client = Client::new(server, settings.endpoint(sign_in)?);
        let token = login::token(sign_in, caller, &settings, &client, progress).await?;
        let place = client.place();
        output::detail(format_args!(
            "requesting from {place} with {}",
            token.principal
        ));
        let session = Arc::new(Session {
            client,
            reading,
            token,
        });
        let read = all(&session, progress, wanted, &indices).await;
        if session.token.is_ours {
            session.client.revoke(&session.token.text).await;
        }
        for (index, secrets) in read? {
            found.secrets[index] = secrets;
        }
        if let Some((origin, count)) = session.client.anchors() {
            output::detail(format_args!(
                "{count} certificates are trusted, from {origin}"
            ));
        }
        found.readers.push(Reader {
            store: server.name(),
            place,
            principal: session.token.principal.clone(),
            sources: indices,
        });
    }
    Ok(found)
}

/// A server with a token.
struct Session {
    client: Client,
    reading: Reading,
    token: Token,
}

/// Reads these of the sources.
async fn all(
    session: &Arc<Session>,
    progress: &Progress,
    wanted: &[Wanted<'_>],
    indices: &[usize],
) -> Result<Vec<(usize, Vec<Parameter>)>, Error> {
    let permits = Arc::new(Semaphore::new(AT_ONCE));
    let mut mounts: Vec<Mount> = Vec::new();
    let mut tasks = JoinSet::new();
    for &index in indices {
        let (source, presence, unneeded) = wanted[index];
        let known = mounts.iter().find(|it| it.below(&source.path).is_some());
        let mount = match known.filter(|_| source.engine.is_none()) {
            Some(known) => known.clone(),
            None => {
                let token = &session.token.text;
                let mount = mounts::of(source, &session.client, token, progress).await?;
                if source.engine.is_none() {
                    mounts.push(mount.clone());
                }
                mount
            }
        };
        let task = Task {
            session: Arc::clone(session),
            progress: progress.clone(),
            permits: Arc::clone(&permits),
            source: source.clone(),
            unneeded: unneeded.clone(),
            mount,
        };
        tasks.spawn(async move {
            let found = match task.source.part {
                Part::Below => task.below().await?,
                Part::Whole | Part::Keys => task.one(presence).await?,
            };
            Ok::<_, Error>((index, found))
        });
    }
    let mut read = Vec::new();
    while let Some(joined) = tasks.join_next().await {
        read.push(joined.map_err(Error::internal)??);
    }
    Ok(read)
}

/// The reading of one source.
#[derive(Clone)]
struct Task {
    session: Arc<Session>,
    progress: Progress,
    permits: Arc<Semaphore>,
    source: Source,
    unneeded: Unneeded,
    mount: Mount,
}

/// Why there is no secret.
enum Absent {
    Missing,
    /// Its version is deleted or destroyed.
    Deleted(Metadata),
    /// The mount has version 2, and was read as if it had version 1.
    OtherEngine,
}

impl Task {
    /// A single secret, or its keys.
    async fn one(&self, presence: Presence) -> Result<Vec<Parameter>, Error> {
        let path = &self.source.path;
        let absent = match self.secret(path).await? {
            Ok(found) => return Ok(found),
            Err(absent) => absent,
        };
        let shown = format!("secret `{}`", self.source.name_of(path));
        let place = self.session.client.place();
        match absent {
            Absent::OtherEngine => Err(Problem::new(
                Fault::Rejected,
                format!("{shown} cannot be read as version 1 in {place}"),
            )
            .because("its mount keeps versions")
            .hint("leave out `kv=1`: the version of an engine is looked up")
            .into()),
            Absent::Deleted(_) | Absent::Missing if presence == Presence::Optional => {
                Ok(Vec::new())
            }
            Absent::Deleted(metadata) => Err(self.deleted(&shown, &metadata)),
            // What is missing is reported together.
            Absent::Missing => Ok(Vec::new()),
        }
    }

    fn deleted(&self, shown: &str, metadata: &Metadata) -> Error {
        let place = self.session.client.place();
        let (version, name) = (metadata.version, self.source.server.command());
        let path = &self.source.path;
        let (what, hint) = match metadata.destroyed {
            true => (
                format!("version {version} of {shown} in {place} was destroyed"),
                "it cannot be restored: read another one with `version=N`, or write a new one"
                    .to_owned(),
            ),
            false => (
                format!("version {version} of {shown} in {place} was deleted"),
                format!(
                    "`{name} kv undelete -versions={version} {path}` restores it, and `version=N` reads \
                     another one"
                ),
            ),
        };
        let problem = Problem::new(Fault::Missing, what);
        let at = &metadata.deletion_time;
        let problem = match date(at).and_then(crate::date::in_seconds) {
            Some(at) if !metadata.destroyed => problem.because(format!("at {at}")),
            _ => problem,
        };
        problem.hint(hint).into()
    }

    /// The keys of all secrets below a folder, whatever their depth.
    async fn below(&self) -> Result<Vec<Parameter>, Error> {
        let mut tasks: JoinSet<Result<Step, Error>> = JoinSet::new();
        let first = self.source.path.clone();
        let task = self.clone();
        tasks.spawn(async move { task.folder(first).await.map(Step::Folder) });
        let mut all = Vec::new();
        let mut count = 0;
        while let Some(joined) = tasks.join_next().await {
            let step = joined.map_err(Error::internal)??;
            let paths = match step {
                Step::Folder(paths) => paths,
                Step::Secret(found) => {
                    count += 1;
                    all.extend(found);
                    continue;
                }
            };
            for path in paths {
                let task = self.clone();
                match path.strip_suffix('/') {
                    Some(folder) => {
                        let folder = folder.to_owned();
                        tasks.spawn(async move { task.folder(folder).await.map(Step::Folder) });
                    }
                    None => {
                        tasks.spawn(async move { task.listed(path).await.map(Step::Secret) });
                    }
                }
            }
        }
        output::detail(format_args!("{count} secrets of `{}`", self.source));
        all.sort_by(|one: &Parameter, other| one.name.cmp(&other.name));
        Ok(all)
    }

    /// A secret of a list. One that is deleted is listed all the same.
    async fn listed(&self, path: String) -> Result<Vec<Parameter>, Error> {
        match self.secret(&path).await? {
            Ok(found) => Ok(found),
            Err(Absent::Deleted(metadata)) => {
                output::detail(format_args!(
                    "`{}` is left out: its version {} was deleted",
                    self.source.name_of(&path),
                    metadata.version
                ));
                Ok(Vec::new())
            }
            Err(Absent::Missing | Absent::OtherEngine) => Ok(Vec::new()),
        }
    }

    /// What a folder has: folders end with `/`.
    async fn folder(&self, path: String) -> Result<Vec<String>, Error> {
        let below = self.mount.below(&path).unwrap_or_default();
        let shown = format!("{}/", self.source.name_of(&path));
        let target = format!("secrets below `{shown}`");
        let api = match self.mount.engine {
            Engine::V1 => String::new(),
            Engine::V2 => "metadata/".to_owned(),
        };
        let below = match below.is_empty() {
            true => String::new(),
            false => format!("{}/", encoded(below)),
        };
        let ask = Ask {
            verb: "list",
            target,
            path: format!("{}/{api}{below}?list=true", encoded(&self.mount.path)),
            body: None,
            token: Some(&self.session.token.text),
            largest: LIST,
        };
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let replied = self.session.client.send(&ask, &self.progress).await?;
        drop(permit);
        if replied.status == StatusCode::NOT_FOUND {
            return Ok(Vec::new());
        }
        let invalid = |what: &str| self.session.client.invalid(&ask.target, what);
        let answer: Option<Answer<'_>> = answer::parse(&replied.text);
        let data = answer.and_then(|answer| answer.data);
        let names: Option<Names> = data.and_then(|data| answer::parse(data.get()));
        let names = names.ok_or_else(|| invalid("it contains no list"))?;
        let depth = path[self.source.path.len()..].matches('/').count();
        if depth >= DEEPEST {
            return Err(invalid("its folders have no end"));
        }
        let mut paths = Vec::new();
        for name in names.keys {
            let bare = name.strip_suffix('/').unwrap_or(&name);
            if bare.is_empty() || bare.contains('/') || bare == "." || bare == ".." {
                return Err(invalid("it contains a name that no secret has"));
            }
            let path = format!("{path}/{name}");
            self.keep(path.len(), &ask.target)?;
            paths.push(path);
        }
        paths.sort();
        if paths.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(invalid("it contains the same name twice"));
        }
        Ok(paths)
    }

    /// One secret: as a whole, or its keys.
    async fn secret(&self, path: &str) -> Result<Result<Vec<Parameter>, Absent>, Error> {
        let below = self.mount.below(path).unwrap_or_default();
        let mount = encoded(&self.mount.path);
        let name = self.source.name_of(path);
        let version = match self.source.version {
            Some(version) if self.mount.engine == Engine::V2 => format!("?version={version}"),
            Some(_) => {
                let what = format!("`{}` has no versions", self.source);
                return Err(Problem::new(Fault::Rejected, what)
                    .because(format!("`{}/` is mounted as version 1", self.mount.path))
                    .hint("leave `version` out")
                    .into());
            }
            None => String::new(),
        };
        let ask = Ask {
            verb: "read",
            target: format!("secret `{name}`"),
            path: match self.mount.engine {
                Engine::V1 => format!("{mount}/{}", encoded(below)),
                Engine::V2 => format!("{mount}/data/{}{version}", encoded(below)),
            },
            body: None,
            token: Some(&self.session.token.text),
            largest: SECRET,
        };
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let replied = self.session.client.send(&ask, &self.progress).await?;
        drop(permit);
        let invalid = |what: &str| self.session.client.invalid(&ask.target, what);
        let is_missing = replied.status == StatusCode::NOT_FOUND;
        if is_missing && replied.text.trim().is_empty() {
            return Ok(Err(Absent::Missing));
        }
        let answer: Option<Answer<'_>> = answer::parse(&replied.text);
        let answer = answer.ok_or_else(|| invalid("it is no answer of this server"))?;
        if answer.lease_id.as_ref().is_some_and(|id| !id.is_empty()) {
            return Err(leased(&ask.target, &self.session.client.place()));
        }
        if answer.wrap_info.is_some() {
            return Err(invalid("it is wrapped, which was not requested"));
        }
        let versioned = || answer::parse::<Versioned<'_>>(answer.data?.get());
        if is_missing {
            let mut warnings = answer.warnings.iter().flatten();
            let of_other = warnings.any(|it| it.contains("versioned K/V secrets engine"));
            return Ok(Err(match versioned() {
                Some(found) => Absent::Deleted(found.metadata),
                None if of_other => Absent::OtherEngine,
                None => Absent::Missing,
            }));
        }
        let (data, metadata) = match self.mount.engine {
            Engine::V1 => (answer.data, None),
            Engine::V2 => {
                let found = versioned();
                let found = found.ok_or_else(|| invalid("it contains no version of a secret"))?;
                if self
                    .source
                    .version
                    .is_some_and(|it| it != found.metadata.version)
                {
                    return Err(invalid("it contains another version"));
                }
                if found.data.is_none() {
                    return Ok(Err(Absent::Deleted(found.metadata)));
                }
                (found.data, Some(found.metadata))
            }
        };
        let members: Option<Members<'_>> = data.and_then(|data| answer::parse(data.get()));
        let (Some(data), Some(Members(members))) = (data, members) else {
            return Err(invalid("it contains no keys and values"));
        };
        let members = sorted(members).ok_or_else(|| invalid("it contains the same key twice"))?;
        let secret = |name: String, value: Option<String>| Parameter {
            name,
            value: value.map(Secret::new).unwrap_or_default(),
            kind: KIND.into(),
            version: metadata
                .as_ref()
                .map_or(0, |it| i64::try_from(it.version).unwrap_or(i64::MAX)),
            modified: metadata.as_ref().and_then(|it| date(&it.created_time)),
            ..Parameter::default()
        };
        let values = self.session.reading == Reading::Values;
        if self.source.part == Part::Whole {
            let text = match (values, self.source.json) {
                (false, _) => None,
                (true, false) => Some(data.get().to_owned()),
                (true, true) => Some(all_text(&members)),
            };
            self.keep(
                name.len() + text.as_ref().map_or(0, String::len),
                &ask.target,
            )?;
            return Ok(Ok(vec![secret(name, text)]));
        }
        let mut found = Vec::new();
        let mut unfit = Vec::new();
        for (key, raw) in members {
            let full = format!("{name}#{key}");
            if self.unneeded.has(&full) {
                let mut one = secret(full, None);
                one.more = Some(Box::new(More {
                    is_unread: values,
                    ..More::default()
                }));
                found.push(one);
                continue;
            }
            let text = match json::unfit(raw) {
                _ if !values => None,
                Some(what) if !self.source.json => {
                    unfit.push(format!("the key `{key}` contains {what}"));
                    continue;
                }
                _ => match json::text(raw) {
                    Some(text) => Some(text),
                    None => {
                        unfit.push(format!("the key `{key}` contains text that is not Unicode"));
                        continue;
                    }
                },
            };
            self.keep(
                full.len() + text.as_ref().map_or(0, String::len),
                &ask.target,
            )?;
            found.push(secret(full, text));
        }
        if !unfit.is_empty() {
            let what = format!("`{name}` has keys that cannot become variables");
            let hint = "a variable contains text, a number, `true` or `false`: `json` in the place takes \
                        objects, lists and null as their JSON text; a launch leaves one out with `--exclude \
                        KEY`";
            return Err(Error::from(Problem {
                causes: unfit,
                ..Problem::new(Fault::Unfit, what).hint(hint)
            }));
        }
        Ok(Ok(found))
    }

    /// Counts what is kept.
    fn keep(&self, bytes: usize, target: &str) -> Result<(), Error> {
        kept::count(&self.progress, 1, bytes, || {
            (target.to_owned(), self.session.client.place())
        })
    }
}

/// What one request of a folder gives.
enum Step {
    Folder(Vec<String>),
    Secret(Vec<Parameter>),
}

/// The members by key, or `None` if one is there twice.
fn sorted(members: Vec<(String, &RawValue)>) -> Option<BTreeMap<String, &RawValue>> {
    let count = members.len();
    let sorted: BTreeMap<_, _> = members.into_iter().collect();
    (sorted.len() == count).then_some(sorted)
}

/// An object in which what is no value by itself is its JSON text.
fn all_text(members: &BTreeMap<String, &RawValue>) -> String {
    let mut text = String::from("{");
    for (key, raw) in members {
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(&quoted(key));
        text.push(':');
        match json::unfit(raw) {
            Some(_) => text.push_str(&quoted(raw.get())),
            None => text.push_str(raw.get()),
        }
    }
    text.push('}');
    text
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// What has a lease ends with it, and no one is there to renew it.
fn leased(target: &str, place: &str) -> Error {
    let what = format!("{target} in {place} has a lease, and cannot be given to a program");
    Problem::new(Fault::Rejected, what)
        .because("it ends after some time, and a program that has replaced this one cannot renew it")
        .hint("secrets that are made for each reader need an agent that stays; keys and values do not")
        .into()
}

/// A time as a server writes it (RFC 3339).
fn date(text: &str) -> Option<SystemTime> {
    let date = DateTime::from_str(text, Format::DateTimeWithOffset).ok()?;
    date.try_into().ok()
}
