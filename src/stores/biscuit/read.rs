//! Reading the secrets of files, and opening what is sealed in them.
//!
//! A session of AWS is opened only if something is decrypted: a file whose values are not sealed needs no
//! credentials and no region.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::aws::arn::Arn;
use crate::aws::files;
use crate::aws::session::Session as AwsSession;
use crate::net::progress::Progress;
use crate::output;
use crate::parameter::{More, Parameter, Presence, Reading};
use crate::stores::biscuit::file::{self, Entry, Kind, Malformed};
use crate::stores::biscuit::sealed::{Broken, Cipher};
use crate::stores::biscuit::source::Source;
use crate::stores::error::{Error, Fault, Problem};
use crate::stores::kept;
use crate::stores::keys::{self, Hints};
use crate::stores::unneeded::Unneeded;

/// The longest file that is read, in bytes: of ten thousand secrets under three keys each.
pub const LONGEST: usize = 16 << 20;
/// The most requests to KMS at the same time. More would only reach the quota sooner.
const AT_ONCE: usize = 16;
/// After how long the key of another region is tried if there is no deadline.
const PATIENCE: Duration = Duration::from_secs(60);
/// What `check` and others show as the type.
const KIND: &str = "Secret";
/// The one pair of the encryption context of Biscuit.
const CONTEXT: &str = "SecretName";

/// What to try where a data key is not decrypted.
static HINTS: Hints = Hints {
    without_context: RENAMED,
    with_context: RENAMED,
    denied: "allow kms:Decrypt on the key of the entry, in the caller's policy and in the key's own, for \
             the encryption context `SecretName` if they name one; the key must exist and be enabled",
};
const RENAMED: &str = "the name of a secret is a part of its encryption: put it again with `biscuit put` if it \
                       was renamed, or if its entry was changed";

/// A source that is read, and whether it must exist.
pub type Wanted<'s> = (&'s Source, Presence, &'s Unneeded);

/// Who read a file.
#[derive(Debug)]
pub struct Reader {
    /// The file, for messages.
    pub place: String,
    /// As which principal keys were used, for messages.
    pub principal: String,
    /// The sources, by their place among those that were given.
    pub sources: Vec<usize>,
}

/// All that was read.
#[derive(Debug)]
pub struct Found {
    /// The secrets of each source, in their order, sorted by name.
    pub secrets: Vec<Vec<Parameter>>,
    pub readers: Vec<Reader>,
}

/// A secret whose value is wanted, for the source with this index.
struct Job {
    index: usize,
    name: String,
    entries: Vec<Entry>,
    found: Parameter,
}

/// Reads all sources, each file once, and opens what is sealed at the same time. `open` opens a session of
/// AWS; it is given the region of a key, which stands in where no setting has one.
///
/// # Errors
///
/// The first failure that is certain: everything is read, or nothing is returned.
pub async fn read(
    open: impl AsyncFnOnce(Option<String>) -> Result<Arc<AwsSession>, Vec<Error>>,
    reading: Reading,
    progress: &Progress,
    wanted: &[Wanted<'_>],
) -> Result<Found, Vec<Error>> {
    let mut files: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, (source, ..)) in wanted.iter().enumerate() {
        files.entry(&source.path).or_default().push(index);
    }
    let mut secrets: Vec<Vec<Parameter>> = wanted.iter().map(|_| Vec::new()).collect();
    let (mut jobs, mut readers) = (Vec::new(), Vec::new());
    for (path, indices) in files {
        let is_required = |index: &usize| wanted[*index].1 == Presence::Required;
        let is_required = indices.iter().any(is_required);
        let named = content(path, is_required, progress).map_err(|error| vec![error])?;
        for &index in &indices {
            let (source, _, unneeded) = wanted[index];
            for (name, entries) in &named.secrets {
                if source.name.as_ref().is_some_and(|it| it != name) {
                    continue;
                }
                let mut found = unread(source, name, entries, named.written);
                let is_left_out = !source.is_one() && unneeded.has(&found.name);
                if reading == Reading::Names || is_left_out {
                    found.more.get_or_insert_default().is_unread = reading == Reading::Values;
                    secrets[index].push(found);
                    continue;
                }
                let (name, entries) = (name.clone(), entries.clone());
                jobs.push(Job {
                    index,
                    name,
                    entries,
                    found,
                });
            }
        }
        readers.push(Reader {
            place: format!("`{path}`"),
            principal: "the user of this process".to_owned(),
            sources: indices,
        });
    }
    let regions = match jobs.iter().find_map(first_key) {
        None => None,
        Some(key) => {
            let region = region_of(&key.key_id).map(str::to_owned);
            let aws = open(region).await?;
            let regions = Regions::new(keys::Session::new(aws, reading));
            for reader in &mut readers {
                reader.principal = regions.usual.principal();
            }
            Some(Arc::new(regions))
        }
    };
    let permits = Arc::new(Semaphore::new(AT_ONCE));
    let mut tasks: JoinSet<Result<(usize, Parameter), Error>> = JoinSet::new();
    for job in jobs {
        let (regions, progress, permits) = (regions.clone(), progress.clone(), permits.clone());
        tasks.spawn(async move {
            let permit = permits.acquire_owned().await;
            let index = job.index;
            let found = Box::pin(value(regions.as_deref(), &progress, job)).await?;
            drop(permit);
            Ok((index, found))
        });
    }
    while let Some(joined) = tasks.join_next().await {
        let joined = joined.map_err(Error::internal).and_then(|it| it);
        let (index, found) = joined.map_err(|error| vec![error])?;
        secrets[index].push(found);
    }
    for ((source, ..), found) in wanted.iter().zip(&mut secrets) {
        found.sort_by(|one, other| one.name.cmp(&other.name));
        if !source.is_one() {
            let count = found.len();
            output::detail(format_args!("{count} secrets of `{source}`"));
        }
    }
    Ok(Found { secrets, readers })
}

/// The secrets of a file.
struct Named {
    secrets: file::Secrets,
    /// When it was written, in nanoseconds.
    written: u128,
}

fn content(path: &str, is_required: bool, progress: &Progress) -> Result<Named, Error> {
    output::detail(format_args!("reading `{path}`"));
    let Some(content) = files::content(Path::new(path), LONGEST, progress)? else {
        if is_required {
            let problem = Problem::new(Fault::Missing, format!("file `{path}` does not exist"));
            return Err(problem
                .hint("check the path for typos; a layer that may be missing is `--optional-from`")
                .into());
        }
        return Ok(Named {
            secrets: file::Secrets::new(),
            written: 0,
        });
    };
    let secrets = file::parse(&content.bytes).map_err(|flaw| malformed(path, &flaw))?;
    let written = content
        .modified
        .and_then(|it| it.duration_since(UNIX_EPOCH).ok());
    Ok(Named {
        secrets,
        written: written.unwrap_or_default().as_nanos(),
    })
}

/// The error for a file that Biscuit did not write.
pub fn malformed(path: &str, flaw: &Malformed) -> Error {
    let problem = Problem::new(Fault::Unfit, format!("`{path}` is no file of Biscuit"));
    problem
        .because(flaw)
        .hint("it maps each name to a list of entries, as `biscuit put` writes it")
        .into()
}

/// A secret of which only the name is known.
fn unread(source: &Source, name: &str, entries: &[Entry], written: u128) -> Parameter {
    Parameter {
        name: source.place_of(name),
        kind: KIND.into(),
        more: Some(Box::new(More {
            version_id: Some(file::version(entries, written)),
            ..More::default()
        })),
        ..Parameter::default()
    }
}

/// The first entry of a secret that KMS has to decrypt, if nothing else gives its value.
fn first_key(job: &Job) -> Option<&Entry> {
    let kinds = || job.entries.iter().map(|entry| (entry, entry.kind()));
    if kinds().any(|(_, kind)| kind == Ok(Kind::Plain)) {
        return None;
    }
    kinds().find_map(|(entry, kind)| matches!(kind, Ok(Kind::Sealed(_))).then_some(entry))
}

/// The region of a key that is named by its ARN.
fn region_of(key_id: &str) -> Option<&str> {
    Some(Arn::of("kms", key_id)?.region()).filter(|region| !region.is_empty())
}

/// The regions in which keys are used.
struct Regions {
    /// That of the settings, which is tried first, and which has the keys that are not named by ARNs.
    usual: keys::Session,
    others: Mutex<BTreeMap<String, keys::Session>>,
    /// Those that could not be reached so far, which are tried last.
    slow: Mutex<BTreeSet<String>>,
    /// Those of which a failure was reported.
    reported: Mutex<BTreeSet<String>>,
}

impl Regions {
    fn new(usual: keys::Session) -> Self {
        Self {
            usual,
            others: Mutex::default(),
            slow: Mutex::default(),
            reported: Mutex::default(),
        }
    }

    /// The region of an entry.
    fn of<'e>(&'e self, entry: &'e Entry) -> &'e str {
        region_of(&entry.key_id).unwrap_or(self.usual.region())
    }

    /// The session in a region.
    fn session(&self, region: &str) -> Result<keys::Session, Error> {
        let Some(region) = self.usual.other_region(Some(region)) else {
            return Ok(self.usual.clone());
        };
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = others.get(region) {
            return Ok(known.clone());
        }
        let session = self.usual.at(region, "the ARN of a key")?;
        others.insert(region.to_owned(), session.clone());
        Ok(session)
    }

    /// The entries in the order in which they are tried: first those in the usual region, then in the order
    /// of the file; last those in regions that could not be reached.
    fn ordered<'e>(&self, entries: &'e [Entry]) -> Vec<&'e Entry> {
        let slow = self.slow.lock().unwrap_or_else(PoisonError::into_inner);
        let mut ordered: Vec<&Entry> = entries.iter().collect();
        ordered.sort_by_key(|entry| {
            let region = region_of(&entry.key_id).unwrap_or(self.usual.region());
            (slow.contains(region), region != self.usual.region())
        });
        ordered
    }
}

/// A secret with its value, which its first entry that can be opened gives.
async fn value(
    regions: Option<&Regions>,
    progress: &Progress,
    job: Job,
) -> Result<Parameter, Error> {
    let Job {
        name,
        entries,
        found,
        ..
    } = job;
    let thing = format!("secret `{}`", found.name);
    let plain = entries.iter().find(|it| it.kind() == Ok(Kind::Plain));
    if let Some(entry) = plain {
        let value = entry
            .ciphertext()
            .map_err(|unfit| unusable(&thing, &unfit))?;
        return kept(progress, &thing, found, value);
    }
    let context = BTreeMap::from([(CONTEXT.to_owned(), name)]);
    let Some(regions) = regions else {
        let unfit = entries.iter().find_map(|entry| entry.kind().err());
        return Err(match unfit {
            Some(unfit) => unusable(&thing, &unfit),
            None => undecryptable(&thing, "it has no entries".to_owned(), PUT_AGAIN),
        });
    };
    let opening = Opening {
        regions,
        progress,
        thing: &thing,
        context: &context,
    };
    let value = opening.first(&entries).await?;
    kept(progress, &thing, found, value)
}

/// Adds a value to its secret.
fn kept(
    progress: &Progress,
    thing: &str,
    mut found: Parameter,
    value: Vec<u8>,
) -> Result<Parameter, Error> {
    kept::add_value(&mut found, value);
    let size = found.name.len() + found.size();
    kept::count(progress, 1, size, || {
        (thing.to_owned(), "its file".to_owned())
    })?;
    Ok(found)
}

const PUT_AGAIN: &str = "put the secret again with `biscuit put`, or leave it out with `--exclude`";

/// The error for an entry that Biscuit did not write for use.
fn unusable(thing: &str, unfit: &file::Unfit) -> Error {
    undecryptable(thing, unfit.to_string(), PUT_AGAIN)
}

fn undecryptable(thing: &str, why: String, hint: &'static str) -> Error {
    Error::Undecryptable {
        target: thing.to_owned(),
        place: "its file".to_owned(),
        why,
        hint,
    }
}

/// How the value of one secret is opened.
struct Opening<'o> {
    regions: &'o Regions,
    progress: &'o Progress,
    thing: &'o str,
    context: &'o BTreeMap<String, String>,
}

impl Opening<'_> {
    /// The value of the first entry that can be opened. A region that cannot be reached is left for the next
    /// after half of the time.
    async fn first(&self, entries: &[Entry]) -> Result<Vec<u8>, Error> {
        let ordered = self.regions.ordered(entries);
        let mut failed: Vec<(&Entry, Error)> = Vec::new();
        let mut late = Vec::new();
        for (index, &entry) in ordered.iter().enumerate() {
            let is_last = index + 1 == ordered.len();
            let opened = match is_last {
                true => Ok(self.one(entry).await),
                false => {
                    let left = self.progress.left();
                    let window = left.map_or(PATIENCE, |left| left / 2);
                    tokio::time::timeout(window, self.one(entry)).await
                }
            };
            match opened {
                Ok(Ok(value)) => {
                    for (entry, why) in &failed {
                        self.report(entry, &summary(why));
                    }
                    for entry in late {
                        self.report(entry, "it could not be reached in time");
                    }
                    return Ok(value);
                }
                Ok(Err(error)) => failed.push((entry, error)),
                Err(_) => {
                    let region = self.regions.of(entry).to_owned();
                    let slow = self.regions.slow.lock();
                    slow.unwrap_or_else(PoisonError::into_inner).insert(region);
                    late.push(entry);
                }
            }
        }
        // What may pass is waited for, once all others have failed for certain.
        if let Some(entry) = late.first() {
            return self.one(entry).await;
        }
        let mut failed = failed.into_iter();
        let first = failed.next().map(|(_, error)| error);
        for (entry, why) in failed {
            self.report(entry, &summary(&why));
        }
        Err(first.unwrap_or_else(|| {
            undecryptable(self.thing, "it has no entries".to_owned(), PUT_AGAIN)
        }))
    }

    /// The value of an entry.
    async fn one(&self, entry: &Entry) -> Result<Vec<u8>, Error> {
        let unfit = |unfit: file::Unfit| unusable(self.thing, &unfit);
        let cipher: Cipher = match entry.kind().map_err(unfit)? {
            Kind::Plain => return entry.ciphertext().map_err(unfit),
            Kind::Sealed(cipher) => cipher,
        };
        let (blob, sealed) = (
            entry.key_ciphertext().map_err(unfit)?,
            entry.ciphertext().map_err(unfit)?,
        );
        let session = self.regions.session(self.regions.of(entry))?;
        let wanted = keys::Sealed {
            thing: self.thing.to_owned(),
            blob,
            context: self.context,
            hints: &HINTS,
        };
        let decrypted = keys::decrypt(&session, self.progress, wanted).await?;
        cipher
            .open(&decrypted.key, sealed)
            .map_err(|broken| Error::Undecryptable {
                target: self.thing.to_owned(),
                place: session.place(),
                why: broken.to_string(),
                hint: match broken {
                    Broken::Tag => {
                        "the value was not decrypted; find out who changed the file, and put the secret \
                         again"
                    }
                    Broken::Key | Broken::Short => PUT_AGAIN,
                },
            })
    }

    /// Reports, once for each region, that an entry was not opened.
    fn report(&self, entry: &Entry, why: &str) {
        let region = self.regions.of(entry).to_owned();
        let reported = self.regions.reported.lock();
        let mut reported = reported.unwrap_or_else(PoisonError::into_inner);
        if reported.insert(region.clone()) {
            output::note(format_args!(
                "an entry of {} was not opened, for {region}: {why}",
                self.thing
            ));
        }
    }
}

/// An error in one line.
fn summary(error: &Error) -> String {
    let mut parts = error.causes();
    if !matches!(error, Error::Undecryptable { .. }) {
        parts.insert(0, error.to_string());
    }
    parts.join(": ")
}
