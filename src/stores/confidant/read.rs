//! Reading the credentials of services.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::value::RawValue;
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use crate::aws::arn::Arn;
use crate::aws::settings::{Caller, Given};
use crate::json::{self, Members};
use crate::net::progress::Progress;
use crate::output;
use crate::parameter::{More, Parameter, Presence, Reading};
use crate::redaction::{WORD, quote};
use crate::secret::{self, Secret};
use crate::stores::confidant::answer::{self, Blind, Service};
use crate::stores::confidant::client::Client;
use crate::stores::confidant::fernet;
use crate::stores::confidant::refusal::Replied;
use crate::stores::confidant::settings::{self, Settings};
use crate::stores::confidant::source::{NAME, Part, Source};
use crate::stores::confidant::token::{self, Token};
use crate::stores::error::{Error, Fault, Problem};
use crate::stores::kept;
use crate::stores::keys::{self, Hints};
use crate::stores::remote::{Found, Reader};
use crate::stores::unneeded::Unneeded;

/// What `check` and others show as the type.
const KIND: &str = "Credential";
/// From how far apart two clocks are taken to differ. A token allows for three minutes.
const FAR: Duration = Duration::from_secs(60);

/// What to try where a blind credential is not decrypted.
const HINTS: Hints = Hints {
    without_context: CONTEXT,
    with_context: CONTEXT,
    denied: "the key of a blind credential allows kms:Decrypt to those who read it, and not to the \
             server: ask its owner, or leave its keys out with `--exclude`",
};
const CONTEXT: &str = "its `metadata.context` does not fit the data key of this region: ask its owner to \
                       write it again";

/// A source that is read, and whether it must exist.
pub type Wanted<'s> = (&'s Source, Presence, &'s Unneeded);

/// Which settings a place names itself, so that the file of the client does not count for them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Named {
    pub region: bool,
    pub role: bool,
}

/// Reads all sources, those of one profile at the same time and with one token.
///
/// # Errors
///
/// The first failure that is certain: everything is read, or nothing is returned.
pub async fn read(
    caller: &Caller,
    named: Named,
    reading: Reading,
    progress: &Progress,
    wanted: &[Wanted<'_>],
) -> Result<Found, Error> {
    let mut groups: BTreeMap<Option<&str>, Vec<usize>> = BTreeMap::new();
    for (index, (source, ..)) in wanted.iter().enumerate() {
        let group = groups.entry(source.profile.as_deref()).or_default();
        group.push(index);
    }
    let mut found = Found {
        secrets: wanted.iter().map(|_| Vec::new()).collect(),
        readers: Vec::new(),
    };
    for (profile, indices) in groups {
        let settings = settings::read(profile, progress)?;
        let client = Client::new(&settings)?;
        let place = client.remote.place.clone();
        let keys = opened(caller, named, reading, progress, &settings).await?;
        let username = settings.context.username();
        let principal = format!("`{username}`, with a token from {}", keys.principal());
        output::detail(format_args!(
            "`{}` has the settings of Confidant; requesting from {place} as {principal}, encrypted in {}",
            settings.file,
            keys.place()
        ));
        let session = Arc::new(Session {
            settings,
            client,
            keys,
            reading,
            token: Mutex::default(),
        });
        let mut tasks = JoinSet::new();
        for &index in &indices {
            let (source, _, unneeded) = wanted[index];
            let task = Task {
                session: Arc::clone(&session),
                progress: progress.clone(),
                source: source.clone(),
                unneeded: unneeded.clone(),
            };
            tasks.spawn(async move { Ok::<_, Error>((index, task.run().await?)) });
        }
        while let Some(joined) = tasks.join_next().await {
            let read = joined.map_err(Error::internal).and_then(|it| it);
            let (index, secrets) = read?;
            found.secrets[index] = secrets;
        }
        if let Some((origin, count)) = session.client.remote.anchors() {
            output::detail(format_args!(
                "{count} certificates are trusted, from {origin}"
            ));
        }
        found.readers.push(Reader {
            store: NAME,
            place,
            principal,
            sources: indices,
        });
    }
    Ok(found)
}

/// A session of AWS KMS, in the region and as the role of the file, unless a place names its own.
async fn opened(
    caller: &Caller,
    named: Named,
    reading: Reading,
    progress: &Progress,
    settings: &Settings,
) -> Result<keys::Session, Error> {
    let mut caller = caller.clone();
    if let Some(region) = settings.region.as_deref().filter(|_| !named.region) {
        caller.region = Some(Given::new(region, settings.file));
    }
    if let Some(role) = settings.role.as_ref().filter(|_| !named.role) {
        caller.role = Some(role.clone());
    }
    let key = Arn::parse(&settings.key);
    caller.region_of_arns = key.map(|arn| arn.region().to_owned());
    let session = Box::pin(keys::Session::open(&caller, reading, progress)).await;
    session.map_err(|errors| {
        let first = errors.into_iter().next();
        first.unwrap_or_else(|| Error::internal("no session"))
    })
}

/// A server, and who reads there.
struct Session {
    settings: Settings,
    client: Client,
    keys: keys::Session,
    reading: Reading,
    token: Mutex<Option<Arc<Token>>>,
}

impl Session {
    /// The token, which is made by the first who needs it.
    async fn token(&self, progress: &Progress) -> Result<Arc<Token>, Error> {
        let mut known = self.token.lock().await;
        if let Some(token) = known.as_ref() {
            return Ok(Arc::clone(token));
        }
        let now = self.keys.clock();
        let made = token::made(&self.settings, &self.keys, now, progress).await?;
        Ok(Arc::clone(known.insert(Arc::new(made))))
    }

    /// A token in place of one that was not accepted, if there is a reason that another will be: it
    /// had expired, or was made by a clock that is not that of the server.
    async fn another(
        &self,
        refused: &Token,
        clock: Option<SystemTime>,
        progress: &Progress,
    ) -> Result<Option<Arc<Token>>, Error> {
        let ours = self.keys.clock();
        let theirs = clock.unwrap_or(ours);
        let apart = ours
            .duration_since(theirs)
            .unwrap_or_else(|it| it.duration());
        if apart < FAR && theirs < refused.ends {
            return Ok(None);
        }
        let mut known = self.token.lock().await;
        if let Some(other) = known.as_ref().filter(|it| it.text != refused.text) {
            return Ok(Some(Arc::clone(other)));
        }
        output::detail(format_args!(
            "the token was not accepted: another one is made by the clock of the server"
        ));
        let made = token::made(&self.settings, &self.keys, theirs, progress).await?;
        Ok(Some(Arc::clone(known.insert(Arc::new(made)))))
    }
}

/// The reading of one source.
struct Task {
    session: Arc<Session>,
    progress: Progress,
    source: Source,
    unneeded: Unneeded,
}

/// A value of one credential.
struct Pair {
    /// As it is written; `None` where values are not read.
    value: Option<Box<RawValue>>,
    /// The credential, for messages.
    credential: String,
    /// Its revision and its id.
    version: String,
    modified: Option<SystemTime>,
}

/// The pairs of all credentials by key. Several can have the same key.
type Pairs = BTreeMap<String, Vec<Pair>>;

impl Task {
    async fn run(&self) -> Result<Vec<Parameter>, Error> {
        let Session { client, .. } = &*self.session;
        let target = format!("service `{}`", self.source.name());
        let Some(text) = self.text(&target).await? else {
            return Ok(Vec::new());
        };
        let invalid = |what: &str| client.remote.invalid(&target, what);
        let service: Option<Service<'_>> = answer::parse(&text);
        let service = service.ok_or_else(|| invalid("it contains no service"))?;
        if service.id != self.source.service {
            return Err(invalid("it contains another service"));
        }
        self.note_disabled(&service);
        let (mut pairs, mut unlisted) = (Pairs::new(), Vec::new());
        let values = self.session.reading == Reading::Values;
        for credential in service.credentials {
            let new = |value| Pair {
                value,
                credential: named(&credential.name, &credential.id),
                version: version(credential.revision, &credential.id),
                modified: credential.modified_date.as_deref().and_then(date),
            };
            let pairs_of = credential.credential_pairs;
            match pairs_of.and_then(|it| answer::parse(it.get())) {
                Some(Members(members)) if values => {
                    self.add(&mut pairs, members, &new, &target)?;
                }
                _ if values => return Err(invalid("it contains a credential without values")),
                _ => {
                    for key in credential.credential_keys.unwrap_or_default() {
                        pairs.entry(key).or_default().push(new(None));
                    }
                }
            }
        }
        for blind in service.blind_credentials {
            let keys = blind.credential_keys.clone();
            let keys = keys.filter(|keys| !keys.is_empty());
            let own = version(blind.revision, &blind.id);
            if keys.is_none() {
                unlisted.push(own.clone());
            }
            let new = |value| Pair {
                value,
                credential: named(&blind.name, &blind.id),
                version: own.clone(),
                modified: blind.modified_date.as_deref().and_then(date),
            };
            let is_needed = |key: &String| !self.unneeded.has(&self.full(key));
            let is_read = values && keys.as_ref().is_none_or(|all| all.iter().any(is_needed));
            if is_read {
                let text = self.decrypted(&blind).await?;
                let members: Option<Members<'_>> = answer::parse(&text);
                let Members(members) = members.ok_or_else(|| {
                    self.undecryptable(&blind, "what it contains is no JSON object")
                })?;
                self.add(&mut pairs, members, &new, &target)?;
                continue;
            }
            if keys.is_none() {
                output::note(format_args!(
                    "the keys of the blind credential {} of `{}` are in its value alone, which is not \
                     read here",
                    named(&blind.name, &blind.id),
                    self.source.name()
                ));
            }
            for key in keys.into_iter().flatten() {
                pairs.entry(key).or_default().push(new(None));
            }
        }
        unlisted.sort();
        let revision = [service.revision.to_string()]
            .into_iter()
            .chain(unlisted)
            .collect::<Vec<_>>()
            .join("+");
        self.parameters(pairs, &revision, &target)
    }

    /// The text of the service, unless it does not exist.
    async fn text(&self, target: &str) -> Result<Option<String>, Error> {
        let (session, progress) = (&self.session, &self.progress);
        let is_metadata = session.reading == Reading::Names;
        let mut token = session.token(progress).await?;
        let mut is_first = true;
        loop {
            let service = &self.source.service;
            let replied = session
                .client
                .service(target, service, is_metadata, &token, progress);
            match replied.await? {
                Replied::Found(text) => return Ok(Some(text)),
                Replied::Missing => return Ok(None),
                Replied::Denied { error, clock } => {
                    let another = match is_first {
                        true => session.another(&token, clock, progress).await?,
                        false => None,
                    };
                    token = another.ok_or(error)?;
                    is_first = false;
                }
            }
        }
    }

    /// Says, to who asked for details, what is disabled: it is read all the same, as by the client of
    /// Confidant.
    fn note_disabled(&self, service: &Service<'_>) {
        let name = self.source.name();
        if !service.enabled {
            output::detail(format_args!(
                "`{name}` is disabled, and is read all the same"
            ));
        }
        let own = service.credentials.iter();
        let own = own.map(|it| (it.enabled, &it.name, &it.id));
        let blind = service.blind_credentials.iter();
        let blind = blind.map(|it| (it.enabled, &it.name, &it.id));
        for (_, credential, id) in own.chain(blind).filter(|(enabled, ..)| !enabled) {
            output::detail(format_args!(
                "the credential {} of `{name}` is disabled, and is read all the same",
                named(credential, id)
            ));
        }
    }

    /// The name of a key.
    fn full(&self, key: &str) -> String {
        format!("{}#{key}", self.source.name())
    }

    /// Adds the pairs of one credential.
    fn add(
        &self,
        pairs: &mut Pairs,
        members: Vec<(String, &RawValue)>,
        new: &impl Fn(Option<Box<RawValue>>) -> Pair,
        target: &str,
    ) -> Result<(), Error> {
        let mut seen = BTreeSet::new();
        for (key, raw) in members {
            if !seen.insert(key.clone()) {
                let what = "it contains the same key twice in one credential";
                return Err(self.session.client.remote.invalid(target, what));
            }
            self.keep(key.len() + raw.get().len(), target)?;
            pairs
                .entry(key)
                .or_default()
                .push(new(Some(raw.to_owned())));
        }
        Ok(())
    }

    /// The keys as parameters, or all of them as one.
    fn parameters(
        &self,
        mut pairs: Pairs,
        revision: &str,
        target: &str,
    ) -> Result<Vec<Parameter>, Error> {
        if pairs.is_empty() {
            return Ok(Vec::new());
        }
        for all in pairs.values_mut() {
            all.sort_by(|one, other| one.version.cmp(&other.version));
        }
        self.without_conflicts(&pairs)?;
        match self.source.part {
            Part::Whole => Ok(vec![self.whole(&pairs, revision, target)?]),
            Part::Keys => self.keys(pairs, revision, target),
        }
    }

    /// Refuses keys that several credentials have with different values: the server gives no order to
    /// them.
    fn without_conflicts(&self, pairs: &Pairs) -> Result<(), Error> {
        let mut causes = Vec::new();
        for (key, all) in pairs {
            let mut values = all.iter().map(|it| it.value.as_ref().map(|raw| raw.get()));
            let first = values.next().flatten();
            if values.all(|it| it == first) || self.unneeded.has(&self.full(key)) {
                continue;
            }
            let credentials: Vec<&str> = all.iter().map(|it| it.credential.as_str()).collect();
            causes.push(format!(
                "the key `{key}` has different values in {}",
                credentials.join(", ")
            ));
        }
        if causes.is_empty() {
            return Ok(());
        }
        let what = format!("`{}` has several values of one key", self.source.name());
        Err(Error::from(Problem {
            causes,
            ..Problem::new(Fault::Unfit, what).hint(
                "credentials have no order: keep the key in one of them; a launch leaves it out with \
                 `--exclude KEY`",
            )
        }))
    }

    /// All keys as one JSON object.
    fn whole(&self, pairs: &Pairs, revision: &str, target: &str) -> Result<Parameter, Error> {
        let mut text = String::from("{");
        let mut versions: Vec<&str> = Vec::new();
        let mut modified = None;
        for (key, all) in pairs {
            if let Some(raw) = all.first().and_then(|it| it.value.as_ref()) {
                if text.len() > 1 {
                    text.push(',');
                }
                text.push_str(&serde_json::Value::from(key.as_str()).to_string());
                text.push(':');
                text.push_str(raw.get());
            }
            versions.extend(all.iter().map(|it| it.version.as_str()));
            modified = modified.max(all.iter().filter_map(|it| it.modified).max());
        }
        text.push('}');
        let values = self.session.reading == Reading::Values;
        self.keep(text.len(), target)?;
        versions.sort_unstable();
        versions.dedup();
        Ok(Parameter {
            name: self.source.name(),
            value: match values {
                true => Secret::new(text),
                false => Secret::default(),
            },
            kind: KIND.into(),
            modified,
            more: Some(Box::new(More {
                version_id: Some(format!("{revision}/{}", versions.join("+"))),
                ..More::default()
            })),
            ..Parameter::default()
        })
    }

    fn keys(&self, pairs: Pairs, revision: &str, target: &str) -> Result<Vec<Parameter>, Error> {
        let values = self.session.reading == Reading::Values;
        let (mut found, mut unfit) = (Vec::new(), Vec::new());
        for (key, all) in pairs {
            let name = self.full(&key);
            let versions: Vec<&str> = all.iter().map(|it| it.version.as_str()).collect();
            let is_unread = values && self.unneeded.has(&name);
            let raw = all.first().and_then(|it| it.value.as_ref());
            let text = match raw {
                Some(raw) if !is_unread => match (json::unfit(raw), json::text(raw)) {
                    (Some(what), _) => {
                        unfit.push(format!("the key `{key}` contains {what}"));
                        continue;
                    }
                    (None, None) => {
                        unfit.push(format!("the key `{key}` contains text that is not Unicode"));
                        continue;
                    }
                    (None, text) => text,
                },
                _ => None,
            };
            self.keep(name.len() + text.as_ref().map_or(0, String::len), target)?;
            found.push(Parameter {
                value: text.map(Secret::new).unwrap_or_default(),
                kind: KIND.into(),
                modified: all.iter().filter_map(|it| it.modified).max(),
                more: Some(Box::new(More {
                    version_id: Some(format!("{revision}/{}", versions.join("+"))),
                    is_unread,
                    ..More::default()
                })),
                name,
                ..Parameter::default()
            });
        }
        if unfit.is_empty() {
            return Ok(found);
        }
        let name = self.source.name();
        let what = format!("`{name}` has keys that cannot become variables");
        let hint = "a variable contains text, a number, `true` or `false`; a launch leaves a key out with \
                    `--exclude KEY`";
        Err(Error::from(Problem {
            causes: unfit,
            ..Problem::new(Fault::Unfit, what).hint(hint)
        }))
    }

    /// The JSON of a blind credential.
    async fn decrypted(&self, blind: &Blind) -> Result<String, Error> {
        let session = &self.session.keys;
        let region = session.region();
        let is_known = matches!(blind.cipher_type.as_deref(), None | Some("fernet"))
            && matches!(blind.cipher_version, None | Some(2));
        if !is_known {
            return Err(self.undecryptable(blind, "its cipher is not version 2 of Fernet"));
        }
        let here = |all: &Option<BTreeMap<String, String>>| all.as_ref()?.get(region).cloned();
        let (pairs, key) = (here(&blind.credential_pairs), here(&blind.data_key));
        let (Some(token), Some(key)) = (pairs, key) else {
            let regions = blind.data_key.iter().flat_map(BTreeMap::keys);
            let regions: Vec<&str> = regions.map(String::as_str).collect();
            let what = format!(
                "the blind credential {} of `{}` is not encrypted in {region}",
                named(&blind.name, &blind.id),
                self.source.name()
            );
            let problem = Problem::new(Fault::Unfit, what).hint(
                "set `region` in the file of Confidant, or `?region=` in the place, to one of those in \
                 which it is encrypted",
            );
            return Err(match regions.is_empty() {
                true => problem,
                false => problem.because(format!("it is encrypted in {}", regions.join(", "))),
            }
            .into());
        };
        let Ok(blob) = STANDARD.decode(&key) else {
            return Err(self.undecryptable(blind, "its data key is not Base64"));
        };
        let context = blind
            .metadata
            .as_ref()
            .and_then(|it| it.context.get(region));
        let wanted = keys::Sealed {
            thing: self.thing(blind),
            blob,
            context: &context.cloned().unwrap_or_default(),
            hints: &HINTS,
        };
        let key = keys::decrypt(session, &self.progress, wanted).await?.key;
        if let Ok(text) = std::str::from_utf8(&key) {
            secret::conceal(text);
        }
        let text = fernet::open(&token, &key)
            .map_err(|broken| self.undecryptable(blind, &broken.to_string()))?;
        String::from_utf8(text)
            .map_err(|_| self.undecryptable(blind, "what it contains is not Unicode"))
    }

    fn thing(&self, blind: &Blind) -> String {
        let credential = named(&blind.name, &blind.id);
        format!("blind credential {credential} of `{}`", self.source.name())
    }

    fn undecryptable(&self, blind: &Blind, why: &str) -> Error {
        Error::Undecryptable {
            target: self.thing(blind),
            place: self.session.client.remote.place.clone(),
            why: why.to_owned(),
            hint: "the client of Confidant did not write it, or something changed it since: ask its \
                   owner to write it again, or leave its keys out with `--exclude`",
        }
    }

    /// Counts what is kept.
    fn keep(&self, bytes: usize, target: &str) -> Result<(), Error> {
        kept::count(&self.progress, 1, bytes, || {
            (target.to_owned(), self.session.client.remote.place.clone())
        })
    }
}

/// The version of a credential. Ids are long, so that they come last: tables show the beginning.
fn version(revision: u64, id: &str) -> String {
    format!("{revision}-{id}")
}

/// A credential, for messages: users know its name, and scripts its id.
fn named(name: &str, id: &str) -> String {
    match name.is_empty() {
        true => format!("`{}`", quote(id, WORD)),
        false => format!("`{}` ({})", quote(name, WORD), quote(id, WORD)),
    }
}

/// A time as a server writes it (RFC 3339).
fn date(text: &str) -> Option<SystemTime> {
    let date = DateTime::from_str(text, Format::DateTimeWithOffset).ok()?;
    date.try_into().ok()
}
