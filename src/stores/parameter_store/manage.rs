//! Parameter Store, for those who manage what is in it.
//!
//! Each method is one thing done, and returns when it is, or when it is certain that it will not
//! be. The waiting, the trying again and the words for what went wrong are those of a launch; the
//! deadline counts for each thing anew.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use aws_sdk_ssm::Client;
use aws_sdk_ssm::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_ssm::types::{ParameterHistory, ResourceTypeForTagging, Tag};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use tokio::task::JoinSet;

use crate::aws::caller::Caller;
use crate::net::progress::Progress;
use crate::output;
use crate::parameter::{Parameter, ParameterType, Reading, Tier};
use crate::secret::Secret;
use crate::stores::deadline::{runtime, until_the_deadline};
use crate::stores::error::{AwsError, Error};
use crate::stores::parameter_store::call::Call;
pub use crate::stores::parameter_store::catalogue::{Description, Filter, Policy};
use crate::stores::parameter_store::catalogue::{PAGE, described, kind, listed, policies};
use crate::stores::parameter_store::names::Selector;
use crate::stores::parameter_store::pages::Nonsense;
use crate::stores::parameter_store::read::{self, AT_ONCE, below, by_name};
use crate::stores::parameter_store::session::{SERVICE, Session};
use crate::stores::parameter_store::target::{Doing, Target};

/// How many names DeleteParameters takes at most.
const DELETED_AT_ONCE: usize = 10;
/// How long reading one by one may take before a person is told how far it is.
const PATIENCE: Duration = Duration::from_secs(1);
/// Writes a second, unless told otherwise: what the service allows an account
/// (PutParameter: 3 a second; AWS General Reference, Systems Manager endpoints and quotas).
pub const WRITES_A_SECOND: f64 = 3.0;

/// An open Parameter Store.
#[derive(Debug)]
pub struct Store {
    runtime: Option<tokio::runtime::Runtime>,
    session: Session,
    timeout: Option<Duration>,
    /// The time between two writes.
    pace: Duration,
    /// When the next write may be made.
    next_write: Cell<Option<Instant>>,
}

/// One version of a parameter's history.
#[derive(Debug, Clone, PartialEq)]
pub struct Version {
    /// What the catalogue tells of it.
    pub description: Description,
    /// The value, if values were asked for.
    pub value: Secret,
    pub labels: Vec<String>,
}

/// A value to be written, and all that goes with it. What is `None` is left to the service.
#[derive(Debug, Clone, Default)]
pub struct Put {
    pub name: String,
    pub value: Secret,
    /// A new parameter needs one.
    pub kind: Option<ParameterType>,
    /// Whether it may be there already.
    pub overwrite: bool,
    pub description: Option<String>,
    pub key_id: Option<String>,
    pub tier: Option<Tier>,
    /// Only for a parameter that is new: the service refuses them together with `overwrite`.
    pub tags: Vec<(String, String)>,
    /// A JSON list of policies.
    pub policies: Option<String>,
    pub data_type: Option<String>,
    pub pattern: Option<String>,
}

/// What came of writing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    pub version: i64,
    /// The tier that the service chose, if it said so.
    pub tier: Option<Tier>,
    /// Whether an answer was lost before, so that it may have been written more than once.
    pub lost: bool,
}

impl Store {
    /// Finds region and credentials.
    ///
    /// # Errors
    ///
    /// Those of a launch that does not find region, credentials or the service.
    pub fn open(caller: &Caller) -> Result<Self, Vec<Error>> {
        let runtime = runtime().map_err(|error| vec![error])?;
        let opened = runtime.block_on(until_the_deadline(
            SERVICE.name,
            caller.timeout,
            async |progress| Session::open(caller, Reading::Values, progress).await,
        ));
        match opened {
            Ok(session) => Ok(Self {
                runtime: Some(runtime),
                session,
                timeout: caller.timeout,
                pace: Duration::from_secs_f64(1.0 / WRITES_A_SECOND),
                next_write: Cell::new(None),
            }),
            Err(errors) => {
                runtime.shutdown_background();
                Err(errors)
            }
        }
    }

    /// Sets how many writes a second are made at most.
    pub fn set_writes_a_second(&mut self, rate: f64) {
        self.pace = Duration::from_secs_f64(1.0 / rate);
    }

    /// Region and endpoint, for messages.
    pub fn place(&self) -> String {
        self.session.place()
    }

    /// As whom we ask, for messages.
    pub fn principal(&self) -> String {
        self.session.principal()
    }

    fn run<T>(
        &self,
        work: impl AsyncFnOnce(&Session, &Progress) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let runtime = self
            .runtime
            .as_ref()
            .ok_or_else(|| Error::internal("closed"))?;
        let outcome = runtime.block_on(until_the_deadline(
            SERVICE.name,
            self.timeout,
            async |progress| {
                work(&self.session, progress)
                    .await
                    .map_err(|error| vec![error])
            },
        ));
        outcome.map_err(|mut errors| errors.pop().unwrap_or_else(|| Error::internal("no error")))
    }

    /// Waits until the quota has room for a write.
    fn take_turn(&self) {
        let now = Instant::now();
        let turn = self.next_write.get().map_or(now, |turn| turn.max(now));
        std::thread::sleep(turn - now);
        self.next_write.set(Some(turn + self.pace));
    }

    /// All parameters below a path, at any depth, sorted by name.
    pub fn below(&self, path: &str, reading: Reading) -> Result<Vec<Parameter>, Error> {
        self.run(async |session, progress| {
            let session = session.reading(reading);
            below(&session, progress, path.to_owned(), None).await
        })
    }

    /// The parameters behind these names, in their order, and `None` for those that are not there.
    pub fn named(
        &self,
        names: &[Selector],
        reading: Reading,
    ) -> Result<Vec<(Selector, Option<Parameter>)>, Error> {
        let found: BTreeMap<Selector, Option<Parameter>> = self
            .run(async |session, progress| {
                read::batches(&session.reading(reading), progress, names).await
            })?
            .into_iter()
            .collect();
        let one = |name: &Selector| (name.clone(), found.get(name).cloned().flatten());
        Ok(names.iter().map(one).collect())
    }

    /// The same, and those that are not there are asked for again for a moment: the service is
    /// eventually consistent.
    pub fn named_patiently(
        &self,
        names: &[Selector],
        reading: Reading,
    ) -> Result<Vec<(Selector, Option<Parameter>)>, Error> {
        self.run(async |session, progress| {
            by_name(
                session.reading(reading),
                progress.clone(),
                names.to_vec(),
                Vec::new(),
            )
            .await
        })
    }

    /// The same, all or nothing; each name is given once.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`], which names all those that are not there.
    pub fn all_named(&self, names: &[Selector], reading: Reading) -> Result<Vec<Parameter>, Error> {
        let found = self.named_patiently(names, reading)?;
        let mut found: BTreeMap<Selector, Option<Parameter>> = found.into_iter().collect();
        let (mut all, mut missing) = (Vec::new(), Vec::new());
        for name in names {
            match found.remove(name).flatten() {
                Some(parameter) => all.push(parameter),
                None => missing.push(name.to_string()),
            }
        }
        match missing.is_empty() {
            true => Ok(all),
            false => Err(Error::Missing {
                names: missing,
                place: self.place(),
                wanted_by: Vec::new(),
            }),
        }
    }

    /// What the catalogue tells of all parameters that meet all filters, sorted by name.
    pub fn describe(&self, filters: &[Filter]) -> Result<Vec<Description>, Error> {
        self.run(async |session, progress| described(session, progress, filters).await)
    }

    /// All versions of a parameter that the service still has, oldest first.
    pub fn history(&self, name: &str, reading: Reading) -> Result<Vec<Version>, Error> {
        self.run(async |session, progress| {
            history(session.reading(reading), progress.clone(), name.to_owned()).await
        })
    }

    /// The histories of several parameters, in their order, some read at the same time; `None` for
    /// those that are not there any more.
    pub fn histories(
        &self,
        names: &[String],
        reading: Reading,
    ) -> Result<Vec<Option<Vec<Version>>>, Error> {
        self.each(names, move |session, progress, name| {
            history(session.reading(reading), progress, name)
        })
    }

    /// Does the same for each name, some at the same time. The deadline counts anew whenever some
    /// are done.
    fn each<T: Send + 'static, F>(
        &self,
        names: &[String],
        work: impl Fn(&Session, Progress, String) -> F,
    ) -> Result<Vec<Option<T>>, Error>
    where
        F: Future<Output = Result<T, Error>> + Send + 'static,
    {
        let mut all = Vec::new();
        let started = Instant::now();
        for some in names.chunks(AT_ONCE) {
            if started.elapsed() >= PATIENCE {
                let (done, of) = (all.len(), names.len());
                output::passing(format_args!("{done} of {of} parameters read"));
            }
            let found = self.run(async |session, progress| {
                let mut tasks = JoinSet::new();
                for (index, name) in some.iter().enumerate() {
                    let one = work(session, progress.clone(), name.clone());
                    tasks.spawn(async move { (index, one.await) });
                }
                let mut found: Vec<Option<T>> = some.iter().map(|_| None).collect();
                while let Some(joined) = tasks.join_next().await {
                    match joined.map_err(Error::internal)? {
                        (index, Ok(one)) => found[index] = Some(one),
                        (_, Err(Error::NotThere { .. })) => {}
                        (_, Err(error)) => return Err(error),
                    }
                }
                Ok(found)
            })?;
            all.extend(found);
        }
        Ok(all)
    }

    /// Writes a value.
    ///
    /// # Errors
    ///
    /// [`Error::Exists`] if it is there already and may not be overwritten. A call whose answer was
    /// lost is made again, so that this may be about what we wrote ourselves.
    pub fn put(&self, put: &Put) -> Result<Written, Error> {
        self.take_turn();
        let value = put.value.expose();
        let target = one(Doing::Put, &put.name);
        let written = self.run(async |session, progress| {
            let mut tags = Vec::new();
            for (key, value) in &put.tags {
                tags.push(tag(key, value)?);
            }
            let ask = || {
                let request = session
                    .client
                    .put_parameter()
                    .name(&put.name)
                    .value(value)
                    .overwrite(put.overwrite)
                    .set_type(put.kind.as_ref().map(|kind| kind.as_str().into()))
                    .set_description(put.description.clone())
                    .set_key_id(put.key_id.clone())
                    .set_tier(put.tier.as_ref().map(|tier| tier.as_str().into()))
                    .set_tags((!tags.is_empty()).then(|| tags.clone()))
                    .set_policies(put.policies.clone())
                    .set_data_type(put.data_type.clone())
                    .set_allowed_pattern(put.pattern.clone());
                async move { request.send().await }
            };
            let mut call = Call::new(session, progress, target.clone());
            let outcome = call
                .persist(ask, |answer| {
                    let tier = answer.tier.map(|tier| tier.as_str().into());
                    match answer.version {
                        1.. => Ok((answer.version, tier)),
                        _ => Err(Nonsense::NoVersion),
                    }
                })
                .await;
            let lost = call.lost();
            match outcome {
                Ok((version, tier)) => Ok(Written {
                    version,
                    tier,
                    lost,
                }),
                Err(Error::Exists { target, place, .. }) => Err(Error::Exists {
                    target,
                    place,
                    lost,
                }),
                Err(error) => Err(error),
            }
        });
        written.map_err(|error| without(error, value))
    }

    /// Deletes parameters with all their versions, and says which of them were there. Those that
    /// were deleted before an error are given with it.
    pub fn delete(&self, names: &[String]) -> (Vec<String>, Result<(), Error>) {
        let mut deleted = Vec::new();
        for batch in names.chunks(DELETED_AT_ONCE) {
            let outcome = self.change(
                Doing::Delete,
                batch,
                |client| {
                    let request = client.delete_parameters();
                    request.set_names(Some(batch.to_vec())).send()
                },
                |answer| answer.deleted_parameters.unwrap_or_default(),
            );
            match outcome {
                Ok(names) => deleted.extend(names),
                Err(error) => return (deleted, Err(error)),
            }
        }
        (deleted, Ok(()))
    }

    /// Puts labels on a version, or on the newest if none is named, and gives those that the service
    /// does not take. A label is on one version at a time: it moves.
    pub fn label(
        &self,
        name: &str,
        version: Option<i64>,
        labels: &[String],
    ) -> Result<Vec<String>, Error> {
        self.change(
            Doing::Label,
            &[name.to_owned()],
            |client| {
                let request = client.label_parameter_version();
                let request = request.name(name).set_parameter_version(version);
                request.set_labels(Some(labels.to_vec())).send()
            },
            |answer| answer.invalid_labels.unwrap_or_default(),
        )
    }

    /// Takes labels off a version, and gives those that were not there.
    pub fn unlabel(
        &self,
        name: &str,
        version: i64,
        labels: &[String],
    ) -> Result<Vec<String>, Error> {
        self.change(
            Doing::Unlabel,
            &[name.to_owned()],
            |client| {
                let request = client.unlabel_parameter_version();
                let request = request.name(name).parameter_version(version);
                request.set_labels(Some(labels.to_vec())).send()
            },
            |answer| answer.invalid_labels.unwrap_or_default(),
        )
    }

    /// The tags of a parameter, sorted by key.
    pub fn tags(&self, name: &str) -> Result<BTreeMap<String, String>, Error> {
        self.run(async |session, progress| {
            tags(session.clone(), progress.clone(), name.to_owned()).await
        })
    }

    /// The tags of several parameters, in their order, some read at the same time; `None` for those
    /// that are not there any more.
    pub fn tags_of(
        &self,
        names: &[String],
    ) -> Result<Vec<Option<BTreeMap<String, String>>>, Error> {
        self.each(names, |session, progress, name| {
            tags(session.clone(), progress, name)
        })
    }

    /// Adds tags, or gives those that are there another value.
    pub fn add_tags(&self, name: &str, tags: &[(String, String)]) -> Result<(), Error> {
        let mut wanted = Vec::new();
        for (key, value) in tags {
            wanted.push(tag(key, value)?);
        }
        self.change(
            Doing::AddTags,
            &[name.to_owned()],
            |client| {
                let request = client.add_tags_to_resource();
                let request = request.resource_type(ResourceTypeForTagging::Parameter);
                let request = request.resource_id(name);
                request.set_tags(Some(wanted.clone())).send()
            },
            |_| (),
        )
    }

    /// Takes tags off by their keys.
    pub fn remove_tags(&self, name: &str, keys: &[String]) -> Result<(), Error> {
        self.change(
            Doing::RemoveTags,
            &[name.to_owned()],
            |client| {
                let request = client.remove_tags_from_resource();
                let request = request.resource_type(ResourceTypeForTagging::Parameter);
                let request = request.resource_id(name);
                request.set_tag_keys(Some(keys.to_vec())).send()
            },
            |_| (),
        )
    }

    /// Makes one call that changes something, as soon as the quota has room for it.
    fn change<O, E, F, T>(
        &self,
        doing: Doing,
        names: &[String],
        ask: impl Fn(&Client) -> F,
        read: impl Fn(O) -> T,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<O, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        self.take_turn();
        let names = names.to_vec();
        self.run(async move |session, progress| {
            let mut call = Call::new(session, progress, Target::Some { doing, names });
            let ask = || ask(&session.client);
            call.persist(ask, |answer| Ok(read(answer))).await
        })
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // A look-up of a host name may still be under way. Nobody waits for it.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// All versions of a parameter, oldest first.
async fn history(
    session: Session,
    progress: Progress,
    name: String,
) -> Result<Vec<Version>, Error> {
    let call = Call::new(&session, &progress, one(Doing::ReadHistory, &name));
    let ask = |token| {
        let request = session.client.get_parameter_history().name(&name);
        let request = request.with_decryption(session.reading == Reading::Values);
        request.max_results(PAGE).set_next_token(token).send()
    };
    listed(
        call,
        ask,
        |answer| (answer.parameters, answer.next_token),
        |one| recorded(one, session.reading).map(|one| (one.description.version, one)),
    )
    .await
}

/// The tags of a parameter.
async fn tags(
    session: Session,
    progress: Progress,
    name: String,
) -> Result<BTreeMap<String, String>, Error> {
    let mut call = Call::new(&session, &progress, one(Doing::ReadTags, &name));
    let ask = || {
        let request = session.client.list_tags_for_resource();
        let request = request
            .resource_type(ResourceTypeForTagging::Parameter)
            .resource_id(&name);
        async move { request.send().await }
    };
    call.persist(ask, |answer| {
        let tags = answer.tag_list.unwrap_or_default().into_iter();
        Ok(tags.map(|tag| (tag.key, tag.value)).collect())
    })
    .await
}

/// Takes a value out of what the service answered about it: a refusal may repeat what it refuses.
fn without(mut error: Error, value: &str) -> Error {
    let reply = match &mut error {
        Error::Rejected { reply, .. }
        | Error::Denied { reply, .. }
        | Error::KeyDenied { reply, .. }
        | Error::Aws(AwsError::BadCredentials { reply, .. }) => reply,
        _ => return error,
    };
    if let Some(message) = &mut reply.message {
        redact(message, value);
    }
    error
}

fn redact(message: &mut String, value: &str) {
    // `Value 'hunter2' at 'value' failed to satisfy constraint`: the service shows what broke a
    // constraint of its model. Messages can be cut short, in the midst of the value too.
    if let Some(start) = message.find("Value '") {
        let end = match message.rfind("' at 'value'") {
            Some(end) => end + 1,
            None if message.contains("' at '") => start,
            None => message.len(),
        };
        if end > start {
            message.replace_range(start + "Value ".len()..end, "…");
        }
    }
    /// Shorter ones are in a sentence by chance.
    const TELLING: usize = 4;
    if value.len() >= TELLING {
        *message = message.replace(value, "…");
    }
}

fn one(doing: Doing, name: &str) -> Target {
    Target::Some {
        doing,
        names: vec![name.to_owned()],
    }
}

fn tag(key: &str, value: &str) -> Result<Tag, Error> {
    Tag::builder()
        .key(key)
        .value(value)
        .build()
        .map_err(Error::internal)
}

fn recorded(history: ParameterHistory, reading: Reading) -> Result<Version, Nonsense> {
    let name = history.name.ok_or(Nonsense::NoName)?;
    let value = match (history.value, reading) {
        (Some(value), Reading::Values) => Secret::new(value),
        (_, Reading::Names) => Secret::default(),
        (None, Reading::Values) => return Err(Nonsense::NoValue { name }),
    };
    Ok(Version {
        description: Description {
            name,
            arn: None,
            kind: kind(history.r#type.as_ref()),
            key_id: history.key_id,
            version: history.version,
            modified: history
                .last_modified_date
                .and_then(|date| date.try_into().ok()),
            modified_by: history.last_modified_user,
            description: history.description,
            pattern: history.allowed_pattern,
            tier: history.tier.map(|tier| tier.as_str().into()),
            policies: policies(history.policies),
            data_type: history.data_type,
        },
        value,
        labels: history.labels.unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(message: &str, value: &str) -> String {
        let mut message = message.to_owned();
        redact(&mut message, value);
        message
    }

    #[test]
    fn a_refusal_that_repeats_the_value_is_told_without_it() {
        for (message, value, expected) in [
            (
                "1 validation error detected: Value 'hunter2' at 'value' failed to satisfy constraint",
                "hunter2",
                "1 validation error detected: Value … at 'value' failed to satisfy constraint",
            ),
            // Cut short by us, or written otherwise than we know it.
            ("Value 'hunt", "hunter2", "Value …"),
            (
                "Value 'a' at 'value' is short",
                "a",
                "Value … at 'value' is short",
            ),
            (
                "Value 'x' at 'name' is short",
                "y",
                "Value 'x' at 'name' is short",
            ),
            (
                "a value of hunter2 is weak",
                "hunter2",
                "a value of … is weak",
            ),
            ("a pattern is not matched", "a", "a pattern is not matched"),
        ] {
            assert_eq!(told(message, value), expected);
        }
    }
}
