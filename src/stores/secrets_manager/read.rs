//! Reading secrets by prefix, by name and by ARN.
//!
//! A prefix is listed, and the secrets of the list are read twenty at a time: the service's own filter
//! also finds names that only begin alike, which the caller may not be allowed to read. A single
//! secret is read by itself, which needs fewer permissions, and has the larger quota.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use aws_sdk_secretsmanager::types::{
    ApiErrorType, Filter, FilterNameStringType, SecretListEntry, SecretValueEntry, Tag,
};
use aws_smithy_types::{Blob, DateTime};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::aws::arn;
use crate::net::progress::Progress;
use crate::net::reply::Reply;
use crate::output;
use crate::parameter::{Details, More, Parameter, Presence, Reading};
use crate::secret::{self, Content, Secret};
use crate::stores::call::Call;
use crate::stores::error::Error;
use crate::stores::listing::{Next, Tokens, listed};
use crate::stores::secrets_manager::refusal::{self, NOT_FOUND};
use crate::stores::secrets_manager::session::{BATCH, PAGE, Session};
use crate::stores::secrets_manager::source::{SCHEME, Selector, Source};
use crate::stores::secrets_manager::target::{InvalidResponse, Target};
use crate::stores::settling::Settling;
use crate::stores::unneeded::Unneeded;

/// The most requests at the same time. More would only reach the quota sooner.
const AT_ONCE: usize = 16;
/// The stage of the version that is in use.
const CURRENT: &str = "AWSCURRENT";

/// Reads all sources at the same time; returns the secrets of each, in their order, sorted by name.
///
/// # Errors
///
/// The first failure that is certain: everything is read, or nothing is returned.
pub async fn read(
    session: &Session,
    progress: &Progress,
    sources: &[(&Source, Presence, &Unneeded)],
) -> Result<Vec<Vec<Parameter>>, Error> {
    let permits = Arc::new(Semaphore::new(AT_ONCE));
    let mut tasks: JoinSet<Result<(usize, Vec<Parameter>), Error>> = JoinSet::new();
    for (index, (source, presence, unneeded)) in sources.iter().enumerate() {
        let (session, progress) = (session.clone(), progress.clone());
        let (source, presence) = ((*source).clone(), *presence);
        let unneeded = (*unneeded).clone();
        let permits = Arc::clone(&permits);
        tasks.spawn(async move {
            let found = match &source {
                Source::One(selector) => {
                    let region = session.other_region(selector.region());
                    let session = session.in_region(region)?;
                    let found = patiently(&session, &progress, &permits, selector, presence).await;
                    Vec::from_iter(found?)
                }
                set => {
                    let found = all_of(&session, &progress, &permits, set, &unneeded).await?;
                    let count = found.len();
                    output::detail(format_args!("{count} secrets of `{set}`"));
                    found
                }
            };
            Ok((index, found))
        });
    }
    let mut all: Vec<Vec<Parameter>> = sources.iter().map(|_| Vec::new()).collect();
    while let Some(joined) = tasks.join_next().await {
        let (index, found) = joined.map_err(Error::internal)??;
        all[index] = found;
    }
    Ok(all)
}

/// All secrets of a set.
async fn all_of(
    session: &Session,
    progress: &Progress,
    permits: &Arc<Semaphore>,
    set: &Source,
    unneeded: &Unneeded,
) -> Result<Vec<Parameter>, Error> {
    let entries = list(session, progress, set).await?;
    if session.reading == Reading::Names {
        return Ok(entries.into_iter().map(Entry::described).collect());
    }
    // What the launch leaves out anyway is not decrypted.
    let is_unneeded = |entry: &Entry| unneeded.has(&format!("{SCHEME}{}", entry.name));
    let (left_out, entries): (Vec<_>, Vec<_>) = entries.into_iter().partition(is_unneeded);
    let mut tasks = JoinSet::new();
    for batch in entries.chunks(BATCH) {
        let (session, progress, batch) = (session.clone(), progress.clone(), batch.to_vec());
        let permits = Arc::clone(permits);
        tasks.spawn(async move {
            let permit = permits.acquire_owned().await;
            let found = one_batch(&session, &progress, batch).await;
            drop(permit);
            found
        });
    }
    let mut all: Vec<Parameter> = left_out.into_iter().map(Entry::left_out).collect();
    while let Some(joined) = tasks.join_next().await {
        all.extend(joined.map_err(Error::internal)??);
    }
    all.sort_by(|one: &Parameter, other| one.name.cmp(&other.name));
    Ok(all)
}

/// What the list knows of a secret.
#[derive(Debug, Clone)]
struct Entry {
    name: String,
    arn: String,
    /// The version in use.
    version_id: Option<String>,
    changed: Option<DateTime>,
    /// Kept where only names are read.
    details: Option<Details>,
}

impl Entry {
    fn size(&self) -> usize {
        let details = self.details.as_ref().map_or(0, |details| {
            let of = |map: &BTreeMap<String, String>| -> usize {
                map.iter().map(|(key, value)| key.len() + value.len()).sum()
            };
            let description = details.description.as_ref().map_or(0, String::len);
            of(&details.stages) + of(&details.tags) + description
        });
        let version = self.version_id.as_ref().map_or(0, String::len);
        self.name.len() + self.arn.len() + version + details
    }

    /// The secret without its value, which nothing needs.
    fn left_out(self) -> Parameter {
        let mut found = self.described();
        found.more.get_or_insert_default().is_unread = true;
        found
    }

    /// The secret without its value.
    fn described(self) -> Parameter {
        Parameter {
            modified: self.changed.and_then(|it| it.try_into().ok()),
            more: Some(Box::new(More {
                version_id: self.version_id,
                details: self.details,
                ..More::default()
            })),
            ..unread(&self.name, Some(self.arn))
        }
    }
}

/// A secret that was asked for by its ARN has that as its name, and may be one of another account.
fn as_asked(selector: &Selector, found: Parameter) -> Parameter {
    match arn::is_meant(&selector.id) {
        true => Parameter {
            name: selector.id.clone(),
            ..found
        },
        false => found,
    }
}

/// A secret of which only the name is known.
fn unread(name: &str, arn: Option<String>) -> Parameter {
    Parameter {
        name: format!("{SCHEME}{name}"),
        kind: KIND.into(),
        arn,
        ..Parameter::default()
    }
}

/// What `check` and others show as the type.
const KIND: &str = "Secret";

/// The secrets of a set, by their names. Those that wait for their deletion are not listed.
async fn list(session: &Session, progress: &Progress, set: &Source) -> Result<Vec<Entry>, Error> {
    let prefix = set.prefix().to_owned();
    let filter = Filter::builder().key(FilterNameStringType::Name);
    let filter = filter.values(&prefix).build();
    let call = Call::new(session, progress, Target::List { prefix });
    let request = |token| {
        let request = session.client.list_secrets().filters(filter.clone());
        request.max_results(PAGE).set_next_token(token).send()
    };
    let found = listed(
        call,
        request,
        |response| {
            let entries = response.secret_list.ok_or(InvalidResponse::NoList)?;
            Ok((entries, response.next_token))
        },
        |entry: SecretListEntry| {
            let name = entry.name.ok_or(InvalidResponse::NoName)?;
            let arn = entry.arn;
            let arn = arn.ok_or_else(|| InvalidResponse::NoArn { name: name.clone() })?;
            let entry = Entry {
                version_id: current(entry.secret_versions_to_stages.as_ref()),
                changed: entry.last_changed_date,
                details: (session.reading == Reading::Names).then(|| Details {
                    stages: by_stage(entry.secret_versions_to_stages),
                    description: entry.description,
                    key_id: entry.kms_key_id,
                    tags: tags(entry.tags),
                }),
                name,
                arn,
            };
            Ok((entry.name.clone(), entry))
        },
        Entry::size,
    )
    .await?;
    let found = found.into_iter().filter(|entry| set.admits(&entry.name));
    Ok(found.collect())
}

/// The version in use.
fn current(stages: Option<&HashMap<String, Vec<String>>>) -> Option<String> {
    at_stage(stages?, CURRENT).map(str::to_owned)
}

fn at_stage<'s>(stages: &'s HashMap<String, Vec<String>>, wanted: &str) -> Option<&'s str> {
    let mut stages = stages.iter();
    let (id, _) = stages.find(|(_, stages)| stages.iter().any(|stage| stage == wanted))?;
    Some(id)
}

/// The version of each stage.
fn by_stage(stages: Option<HashMap<String, Vec<String>>>) -> BTreeMap<String, String> {
    let stages = stages.unwrap_or_default().into_iter();
    let each = stages.flat_map(|(id, stages)| stages.into_iter().map(move |it| (it, id.clone())));
    each.collect()
}

fn tags(tags: Option<Vec<Tag>>) -> BTreeMap<String, String> {
    let tags = tags.unwrap_or_default().into_iter();
    tags.filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default())))
        .collect()
}

/// The values of at most twenty secrets.
async fn one_batch(
    session: &Session,
    progress: &Progress,
    batch: Vec<Entry>,
) -> Result<Vec<Parameter>, Error> {
    let ids: Vec<String> = batch.iter().map(|entry| entry.arn.clone()).collect();
    let names = batch.iter().map(|entry| entry.name.clone()).collect();
    let target = Target::Batch {
        ids: ids.clone(),
        names,
    };
    let mut call = Call::new(session, progress, target);
    let mut settling = Settling::start();
    let (mut tokens, mut token) = (Tokens::default(), None::<String>);
    let mut found: BTreeMap<String, Parameter> = BTreeMap::new();
    loop {
        let request = || {
            let request = session.client.batch_get_secret_value();
            let request = request.set_secret_id_list(Some(ids.clone()));
            request.set_next_token(token.clone()).send()
        };
        let (values, errors, next) = call
            .send(request, |response| {
                if response.secret_values.is_none() && response.errors.is_none() {
                    return Err(InvalidResponse::NoList);
                }
                let values = response.secret_values.unwrap_or_default().into_iter();
                let values = values.map(|value| batched(value, &batch));
                let values = values.collect::<Result<Vec<_>, _>>()?;
                Ok((
                    values,
                    response.errors.unwrap_or_default(),
                    response.next_token,
                ))
            })
            .await?;
        if let Some(error) = errors.into_iter().next() {
            match failed(error, &batch, session) {
                // What was listed a moment ago may not be found everywhere yet, and a quota of the key
                // is used up for a moment.
                Failed::ForNow(error) if settling.is_over(progress) => return Err(error),
                Failed::ForNow(_) => settling.wait().await,
                Failed::ForGood(error) => return Err(error),
            }
            (tokens, token) = (Tokens::default(), None);
            continue;
        }
        let read = values.len();
        for value in values {
            call.keep(1, size(&value))?;
            let known = found.get(&value.name);
            if known
                .is_some_and(|known| (&known.value, known.bytes()) != (&value.value, value.bytes()))
            {
                let name = value.name;
                return Err(call.invalid(&InvalidResponse::Conflict { name }));
            }
            found.insert(value.name.clone(), value);
        }
        let next = tokens.follow(next, read);
        match next.map_err(|endless| call.invalid(&InvalidResponse::from(endless)))? {
            Next::Request { token: next } => token = Some(next),
            Next::Done => break,
        }
    }
    for entry in &batch {
        if !found.contains_key(&format!("{SCHEME}{}", entry.name)) {
            let name = entry.name.clone();
            return Err(call.invalid(&InvalidResponse::Unanswered { name }));
        }
    }
    Ok(found.into_values().collect())
}

/// A value of a batch, which must be one of those that were requested.
fn batched(value: SecretValueEntry, batch: &[Entry]) -> Result<Parameter, InvalidResponse> {
    let name = value.name.ok_or(InvalidResponse::NoName)?;
    let is_requested = batch
        .iter()
        .any(|entry| entry.name == name && value.arn.as_ref().is_none_or(|arn| *arn == entry.arn));
    if !is_requested {
        return Err(InvalidResponse::Unrequested { name });
    }
    let stages = value.version_stages.unwrap_or_default();
    if !stages.is_empty() && !stages.iter().any(|stage| stage == CURRENT) {
        return Err(InvalidResponse::OtherVersion { name });
    }
    received(Received {
        name,
        arn: value.arn,
        text: value.secret_string,
        bytes: value.secret_binary,
        version_id: value.version_id,
        created: value.created_date,
    })
}

/// Why one secret of a batch could not be read.
enum Failed {
    ForNow(Error),
    ForGood(Error),
}

/// One error inside a response that is not one: it is a failure of all.
fn failed(error: ApiErrorType, batch: &[Entry], session: &Session) -> Failed {
    let id = error.secret_id.unwrap_or_default();
    let of = |entry: &&Entry| entry.arn == id || entry.name == id;
    let (id, name) = match batch.iter().find(of) {
        Some(entry) => (entry.arn.clone(), entry.name.clone()),
        None => (id.clone(), id),
    };
    let target = Target::Batch {
        ids: vec![id],
        names: vec![name],
    };
    let reply = Reply {
        status: 200,
        code: error.error_code,
        message: error.message,
        request_id: None,
    };
    let code = reply.code.as_deref().unwrap_or_default();
    let is_missing = code == NOT_FOUND;
    let passes = is_missing || crate::aws::codes::may_pass(code);
    // It was listed: what is missing is its value.
    let error = match is_missing {
        true => Error::NoValue {
            target: target.to_string(),
            place: session.place(),
        },
        false => refusal::about(&target, reply, session),
    };
    match passes {
        true => Failed::ForNow(error),
        false => Failed::ForGood(error),
    }
}

/// One secret; a missing one is requested again for a moment, unless it is optional.
async fn patiently(
    session: &Session,
    progress: &Progress,
    permits: &Arc<Semaphore>,
    selector: &Selector,
    presence: Presence,
) -> Result<Option<Parameter>, Error> {
    let mut settling = Settling::start();
    loop {
        let permit = Arc::clone(permits).acquire_owned().await;
        let found = match session.reading {
            Reading::Values => value(session, progress, selector).await,
            Reading::Names => description(session, progress, selector).await,
        };
        drop(permit);
        match found {
            Ok(found) => return Ok(Some(found)),
            Err(Error::NotFound { .. }) => {}
            Err(Error::Deleted { .. }) if presence == Presence::Optional => return Ok(None),
            Err(error) => return Err(error),
        }
        if presence == Presence::Optional || settling.is_over(progress) {
            return Ok(None);
        }
        settling.wait().await;
    }
}

/// A secret with its value.
async fn value(
    session: &Session,
    progress: &Progress,
    selector: &Selector,
) -> Result<Parameter, Error> {
    let id = selector.id.clone();
    let mut call = Call::new(session, progress, Target::Value { id });
    let request = || {
        let request = session.client.get_secret_value().secret_id(&selector.id);
        let request = request.set_version_id(selector.version.clone());
        request.set_version_stage(selector.stage.clone()).send()
    };
    let found = call
        .send(request, |response| {
            let name = response.name.ok_or(InvalidResponse::NoName)?;
            if !selector.names(&name, response.arn.as_deref()) {
                return Err(InvalidResponse::Unrequested { name });
            }
            let stages = response.version_stages.unwrap_or_default();
            let wanted = match (&selector.stage, &selector.version) {
                (None, None) => Some(CURRENT),
                (stage, _) => stage.as_deref(),
            };
            let at_stage = |wanted: &str| stages.iter().any(|stage| stage == wanted);
            let at_version = |wanted: &String| response.version_id.as_ref() == Some(wanted);
            if (!stages.is_empty() && !wanted.is_none_or(at_stage))
                || !selector.version.as_ref().is_none_or(at_version)
            {
                return Err(InvalidResponse::OtherVersion { name });
            }
            received(Received {
                name,
                arn: response.arn,
                text: response.secret_string,
                bytes: response.secret_binary,
                version_id: response.version_id,
                created: response.created_date,
            })
        })
        .await?;
    call.keep(1, size(&found))?;
    Ok(as_asked(selector, found))
}

/// A secret without its value.
async fn description(
    session: &Session,
    progress: &Progress,
    selector: &Selector,
) -> Result<Parameter, Error> {
    let id = selector.id.clone();
    let target = Target::Description { id };
    let mut call = Call::new(session, progress, target.clone());
    let request = || {
        session
            .client
            .describe_secret()
            .secret_id(&selector.id)
            .send()
    };
    let found = call
        .send(request, |response| {
            let name = response.name.ok_or(InvalidResponse::NoName)?;
            if !selector.names(&name, response.arn.as_deref()) {
                return Err(InvalidResponse::Unrequested { name });
            }
            let stages = response.version_ids_to_stages.unwrap_or_default();
            let version = match &selector.version {
                Some(id) => stages.contains_key(id).then(|| id.clone()),
                None => {
                    let stage = selector.stage.as_deref().unwrap_or(CURRENT);
                    at_stage(&stages, stage).map(str::to_owned)
                }
            };
            let exists = version.is_some();
            let details = Details {
                stages: by_stage(Some(stages)),
                description: response.description,
                key_id: response.kms_key_id,
                tags: tags(response.tags),
            };
            let found = Parameter {
                modified: response.last_changed_date.and_then(|it| it.try_into().ok()),
                more: Some(Box::new(More {
                    version_id: version,
                    details: Some(details),
                    ..More::default()
                })),
                ..unread(&name, response.arn)
            };
            Ok((exists, response.deleted_date.is_some(), found))
        })
        .await?;
    let place = || session.place();
    match found {
        (_, true, _) => Err(Error::Deleted {
            target: target.to_string(),
            place: place(),
        }),
        (false, false, _) => Err(Error::NotFound {
            target: target.to_string(),
            place: place(),
        }),
        (true, false, found) => Ok(as_asked(selector, found)),
    }
}

/// What a response has of one secret.
struct Received {
    name: String,
    arn: Option<String>,
    text: Option<String>,
    bytes: Option<Blob>,
    version_id: Option<String>,
    created: Option<DateTime>,
}

fn received(received: Received) -> Result<Parameter, InvalidResponse> {
    let Received {
        name,
        arn,
        text,
        bytes,
        version_id,
        created,
    } = received;
    let (value, bytes) = match (text, bytes) {
        (Some(text), None) => (Secret::new(text), None),
        (None, Some(bytes)) => {
            // A message of the service could repeat it as it sends it.
            secret::conceal(&base64(bytes.as_ref()));
            (Secret::default(), Some(Content::new(bytes.into_inner())))
        }
        // The service never sends both.
        (Some(_), Some(_)) => return Err(InvalidResponse::Conflict { name }),
        (None, None) => return Err(InvalidResponse::NoValue { name }),
    };
    Ok(Parameter {
        value,
        modified: created.and_then(|it| it.try_into().ok()),
        more: Some(Box::new(More {
            bytes,
            version_id,
            ..More::default()
        })),
        ..unread(&name, arn)
    })
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// The size of what is kept of a secret, in bytes.
fn size(secret: &Parameter) -> usize {
    secret.name.len() + secret.size() + secret.arn.as_ref().map_or(0, String::len)
}
