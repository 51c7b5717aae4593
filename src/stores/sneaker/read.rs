//! Reading secrets: single objects, all below a prefix, and packed files.
//!
//! S3 is strongly consistent, in lists too. A set takes a list, which has names and versions, and then one
//! request to S3 and one to KMS for each secret.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use http::Response;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::aws::files;
use crate::net::progress::Progress;
use crate::output;
use crate::parameter::{More, Parameter, Presence, Reading};
use crate::secret::Content;
use crate::stores::bucket::{
    Asked, InvalidResponse, Listed, Session, Target, What as Requested, Where, list, object, tag,
    too_large, whereabouts,
};
use crate::stores::error::{Error, Fault, Problem};
use crate::stores::kept;
use crate::stores::keys::{self, Hints};
use crate::stores::sneaker::packed;
use crate::stores::sneaker::sealed::{Broken, Sealed};
use crate::stores::sneaker::source::{Source, What};
use crate::stores::unneeded::Unneeded;

/// The largest object or packed file, in bytes: what is larger is hardly a secret.
const LARGEST: usize = 16 << 20;
/// The most secrets that are read at the same time.
const AT_ONCE: usize = 8;
/// What `check` and others show as the type.
const KIND: &str = "Secret";
/// How many bytes of a digest are the version of a packed file.
const VERSION: usize = 8;

/// What to try where a data key is not decrypted.
static HINTS: Hints = Hints {
    without_context: "it was packed with an encryption context: add `context=KEY:VALUE` to its place for each \
                      pair; or its key is in another region, which `kms-region=REGION` names",
    with_context: "the encryption context must be that of SNEAKER_MASTER_CONTEXT, or of `sneaker pack \
                   --context`, and all of it: check each `context=KEY:VALUE`, and `kms-region=REGION` if \
                   its key is in another region; bucket and key are a part of it, so that a copy of an \
                   object cannot be decrypted",
    denied: "allow kms:Decrypt on the key of the secret, in the caller's policy and in the key's own, with \
             this encryption context if they name one; the key must exist, be enabled, and be in this \
             region, or in that of `kms-region=REGION`",
};
const NOT_OURS: &str = "Sneaker did not write it, or something changed it since: upload the secret again, or leave \
                        it out with `--exclude`";
const CHANGED: &str =
    "nothing of it was decrypted; find out who wrote it, and upload the secret again";

/// A source that is read, and whether it must exist.
type Wanted<'s> = (&'s Source, Presence, &'s Unneeded);

/// Reads all sources at the same time; returns the secrets of each, in their order, sorted by name.
///
/// # Errors
///
/// The first failure that is certain: everything is read, or nothing is returned.
pub async fn read(
    session: &Session,
    keys: &keys::Session,
    progress: &Progress,
    sources: &[Wanted<'_>],
    region_is_given: bool,
) -> Result<Vec<Vec<Parameter>>, Error> {
    let permits = Arc::new(Semaphore::new(AT_ONCE));
    let mut all: Vec<Vec<Parameter>> = sources.iter().map(|_| Vec::new()).collect();
    let mut tasks: JoinSet<Result<Step, Error>> = JoinSet::new();
    let readers = readers(session, keys, progress, sources)?;
    let mut packed: BTreeMap<&str, Option<Vec<u8>>> = BTreeMap::new();
    for (index, (source, presence, _)) in sources.iter().enumerate() {
        let reader = readers[index].clone();
        match &source.what {
            What::One { bucket, key } => {
                let (bucket, key) = (bucket.clone(), key.clone());
                let permits = Arc::clone(&permits);
                tasks.spawn(async move {
                    let permit = permits.acquire_owned().await;
                    let found = Box::pin(reader.one(&bucket, &key, region_is_given)).await?;
                    drop(permit);
                    Ok(Step::Read(index, Vec::from_iter(found)))
                });
            }
            What::Below { bucket, prefix } => {
                let (bucket, prefix) = (bucket.clone(), prefix.clone());
                tasks.spawn(async move {
                    let listed = reader.list(&bucket, &prefix, region_is_given);
                    let (objects, session) = Box::pin(listed).await?;
                    let reader = Reader { session, ..reader };
                    Ok(Step::Listed(index, Box::new(reader), bucket, objects))
                });
            }
            What::Packed { path, .. } => {
                // A pipe can be read once.
                let content = match packed.get(path.as_str()) {
                    Some(known) => known.clone(),
                    None => {
                        let content = files::content(Path::new(path), LARGEST, progress)?;
                        let content = content.map(|content| content.bytes);
                        packed.insert(path, content.clone());
                        content
                    }
                };
                match content {
                    None if *presence == Presence::Required => return Err(no_file(path)),
                    None => {}
                    Some(bytes) => {
                        tasks.spawn(async move {
                            let found = Box::pin(reader.packed(bytes)).await?;
                            Ok(Step::Read(index, found))
                        });
                    }
                }
            }
        }
    }
    while let Some(joined) = tasks.join_next().await {
        match joined.map_err(Error::internal)?? {
            Step::Read(index, found) => all[index].extend(found),
            Step::Listed(index, reader, bucket, objects) => {
                let (_, _, unneeded) = sources[index];
                for object in objects {
                    // What consoles make for a folder.
                    if object.key.ends_with('/') && object.size == 0 {
                        continue;
                    }
                    let mut found = unread(&bucket, &object);
                    let is_left_out = unneeded.has(&found.name);
                    if session.reading == Reading::Names || is_left_out {
                        found.more.get_or_insert_default().is_unread =
                            session.reading == Reading::Values;
                        all[index].push(found);
                        continue;
                    }
                    let (reader, bucket) = (reader.clone(), bucket.clone());
                    let permits = Arc::clone(&permits);
                    tasks.spawn(async move {
                        let permit = permits.acquire_owned().await;
                        let found = Box::pin(reader.listed(&bucket, &object)).await?;
                        drop(permit);
                        Ok(Step::Read(index, vec![found]))
                    });
                }
            }
        }
    }
    for ((source, _, _), found) in sources.iter().zip(&mut all) {
        found.sort_by(|one, other| one.name.cmp(&other.name));
        if !source.is_one() {
            let count = found.len();
            output::detail(format_args!("{count} secrets of `{source}`"));
        }
    }
    Ok(all)
}

/// What one task has done, for the source with this index.
enum Step {
    Read(usize, Vec<Parameter>),
    /// The objects of a bucket, and what reads them in its region.
    Listed(usize, Box<Reader>, String, Vec<Listed>),
}

/// What reads one source.
#[derive(Clone)]
struct Reader {
    session: Session,
    keys: keys::Session,
    progress: Progress,
    source: Arc<Source>,
}

/// The reader of each source.
fn readers(
    session: &Session,
    keys: &keys::Session,
    progress: &Progress,
    sources: &[Wanted<'_>],
) -> Result<Vec<Reader>, Error> {
    let sessions = keys::sessions(keys, sources.iter().map(|(source, ..)| &source.keyring))?;
    let readers = sessions.into_iter().zip(sources);
    let readers = readers.map(|(keys, (source, ..))| Reader {
        session: session.clone(),
        keys,
        progress: progress.clone(),
        source: Arc::new((*source).clone()),
    });
    Ok(readers.collect())
}

/// The error for a packed file that does not exist.
fn no_file(path: &str) -> Error {
    let problem = Problem::new(Fault::Missing, format!("file `{path}` does not exist"));
    problem
        .hint("check the path for typos; a layer that may be missing is `--optional-from`")
        .into()
}

/// A secret of which only the object is known.
fn unread(bucket: &str, object: &Listed) -> Parameter {
    named(
        Source::place_of_key(bucket, &object.key),
        object.version.clone(),
    )
}

fn named(name: String, version: String) -> Parameter {
    Parameter {
        name,
        kind: KIND.into(),
        more: Some(Box::new(More {
            version_id: Some(version),
            ..More::default()
        })),
        ..Parameter::default()
    }
}

/// What a request for an object is for.
fn target(bucket: &str, key: &str) -> Target {
    Target {
        shown: format!("secret `{}`", Source::place_of_key(bucket, key)),
        bucket: bucket.to_owned(),
        what: Requested::Object {
            key: key.to_owned(),
            version: None,
        },
    }
}

impl Reader {
    /// All objects below a prefix, with the session in the region of their bucket.
    async fn list(
        &self,
        bucket: &str,
        prefix: &str,
        region_is_given: bool,
    ) -> Result<(Vec<Listed>, Session), Error> {
        let shown = self.source.to_string();
        let found = list(&self.session, &self.progress, &shown, bucket, prefix).await;
        match whereabouts(&self.session, region_is_given, &shown, found)? {
            Where::Here(listed) => Ok((listed, self.session.clone())),
            Where::There(session) => {
                let (found, _) = list(&session, &self.progress, &shown, bucket, prefix).await;
                Ok((found?, *session))
            }
        }
    }

    /// One secret, in the region of its bucket; `None` if it does not exist.
    async fn one(
        &self,
        bucket: &str,
        key: &str,
        region_is_given: bool,
    ) -> Result<Option<Parameter>, Error> {
        let (shown, missing) = (self.source.to_string(), target(bucket, key).to_string());
        let found = self.object(&self.session, bucket, key).await;
        let found = match whereabouts(&self.session, region_is_given, &shown, found) {
            Ok(Where::Here(found)) => Ok(found),
            Ok(Where::There(session)) => self.object(&session, bucket, key).await.0,
            Err(error) => Err(error),
        };
        let (version, bytes) = match found {
            Ok(found) => found,
            Err(Error::NotFound { target, .. }) if target == missing => return Ok(None),
            Err(error) => return Err(error),
        };
        let found = named(Source::place_of_key(bucket, key), version);
        match self.session.reading {
            Reading::Names => Ok(Some(found)),
            Reading::Values => self.opened(bucket, key, found, bytes).await.map(Some),
        }
    }

    /// A secret of a list.
    async fn listed(&self, bucket: &str, object: &Listed) -> Result<Parameter, Error> {
        let (found, _) = self.object(&self.session, bucket, &object.key).await;
        // It may have been written since it was listed.
        let (version, bytes) = found?;
        let found = named(Source::place_of_key(bucket, &object.key), version);
        self.opened(bucket, &object.key, found, bytes).await
    }

    /// The version of an object, and its bytes if values are read. The second is the region of the bucket,
    /// if S3 names another one than that of the session.
    async fn object(
        &self,
        session: &Session,
        bucket: &str,
        key: &str,
    ) -> (Result<(String, Vec<u8>), Error>, Option<String>) {
        let target = target(bucket, key);
        let asked = Asked {
            bucket,
            key,
            query: &[],
            largest: LARGEST,
            own: LARGEST,
        };
        let (found, moved) = object(session, &self.progress, &target, &asked, content).await;
        let found = found.and_then(|found| match found.1.len() > LARGEST {
            true => Err(too_large(&target, session, LARGEST)),
            false => Ok(found),
        });
        (found, moved)
    }

    /// A secret with its value, from the bytes of its object.
    async fn opened(
        &self,
        bucket: &str,
        key: &str,
        found: Parameter,
        bytes: Vec<u8>,
    ) -> Result<Parameter, Error> {
        let thing = format!("secret `{}`", found.name);
        let context = self.source.context(bucket, key);
        let value = self.unsealed(&thing, bytes, &context).await?;
        self.kept(&thing, found, value)
    }

    /// The secrets of a packed file, or the one that the source names.
    async fn packed(&self, bytes: Vec<u8>) -> Result<Vec<Parameter>, Error> {
        let What::Packed { path, name } = &self.source.what else {
            return Ok(Vec::new());
        };
        let thing = format!("packed file `{path}`");
        let digest = Sha256::digest(&bytes);
        let digits = digest.iter().take(VERSION).map(|it| format!("{it:02x}"));
        let version: String = digits.collect();
        let archive = self.unsealed(&thing, bytes, &self.source.keyring.context);
        let archive = archive.await?;
        let entries = packed::entries(&archive).map_err(|flaw| Error::Undecryptable {
            target: thing.clone(),
            place: self.keys.place(),
            why: flaw.to_string(),
            hint: "`sneaker pack` writes an archive of files: pack it again",
        })?;
        let is_wanted = |it: &str| name.as_deref().is_none_or(|name| name == it);
        let mut all = Vec::new();
        for (name, value) in entries.into_iter().filter(|(name, _)| is_wanted(name)) {
            let mut found = named(Source::place_of_name(path, &name), version.clone());
            if self.session.reading == Reading::Values {
                found = self.kept(&thing, found, value)?;
            }
            all.push(found);
        }
        Ok(all)
    }

    /// What an envelope has, under an encryption context.
    async fn unsealed(
        &self,
        thing: &str,
        bytes: Vec<u8>,
        context: &BTreeMap<String, String>,
    ) -> Result<Vec<u8>, Error> {
        let broken = |broken: Broken| Error::Undecryptable {
            target: thing.to_owned(),
            place: self.keys.place(),
            why: broken.to_string(),
            hint: match broken {
                Broken::Tag => CHANGED,
                Broken::Envelope | Broken::Key => NOT_OURS,
            },
        };
        let sealed = Sealed::parse(bytes).map_err(broken)?;
        let wanted = keys::Sealed {
            thing: thing.to_owned(),
            blob: sealed.blob.clone(),
            context,
            hints: &HINTS,
        };
        let decrypted = keys::decrypt(&self.keys, &self.progress, wanted).await?;
        sealed
            .open(&decrypted.key, &decrypted.key_id)
            .map_err(broken)
    }

    /// Adds a value to its secret.
    fn kept(&self, thing: &str, mut found: Parameter, value: Vec<u8>) -> Result<Parameter, Error> {
        kept::add_value(&mut found, value);
        let size = found.name.len() + found.size();
        kept::count(&self.progress, 1, size, || {
            (thing.to_owned(), self.session.place())
        })?;
        Ok(found)
    }
}

/// The version and the bytes of an object in a response.
fn content(response: Response<Content>) -> Result<(String, Vec<u8>), InvalidResponse> {
    let (head, body) = response.into_parts();
    let version = tag(&head.headers).ok_or(InvalidResponse::NoTag)?;
    let bytes = body.into_own().map_err(|_| InvalidResponse::NoLength)?;
    Ok((version, bytes))
}
