//! Managing parameters.
//!
//! Each method is one operation, and returns when it is done or has failed. Retries and errors are
//! those of a launch; the deadline starts anew for each operation.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use aws_sdk_ssm::Client;
use aws_sdk_ssm::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_ssm::operation::put_parameter::PutParameterOutput;
use aws_sdk_ssm::types::{ParameterHistory, ResourceTypeForTagging, Tag};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use tokio::task::JoinSet;

use crate::aws::settings::Caller;
use crate::net::progress::Progress;
use crate::output::tally::Tally;
use crate::parameter::{Parameter, Reading, Tier};
use crate::secret::Secret;
use crate::stores::call::{Call, Sent};
use crate::stores::deadline::{runtime, until_the_deadline};
use crate::stores::error::Error;
use crate::stores::listing::listed;
pub use crate::stores::parameter_store::catalogue::{Description, Filter, Policy};
use crate::stores::parameter_store::catalogue::{PAGE, Scope, described, kind, policies};
use crate::stores::parameter_store::names::{self, Selector};
use crate::stores::parameter_store::pages::InvalidResponse;
use crate::stores::parameter_store::put::{Checked, MOST_LABELS};
use crate::stores::parameter_store::read::{self, AT_ONCE, below, by_name};
use crate::stores::parameter_store::session::{SERVICE, Session};
use crate::stores::parameter_store::target::{Operation, Target};

/// The most names in a DeleteParameters request.
const DELETE_BATCH: usize = 10;
/// Writes a second by default: the quota of an account (PutParameter: 3 a second; AWS General
/// Reference, Systems Manager endpoints and quotas).
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
    /// Everything but the value.
    pub description: Description,
    /// The value, if values were requested.
    pub value: Secret,
    pub labels: Vec<String>,
}

/// The outcome of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    pub version: i64,
    /// The tier that the service chose, if it returned one.
    pub tier: Option<Tier>,
    /// Whether a response was lost before, so that it may have been written more than once.
    pub lost: bool,
}

impl Store {
    /// Finds region and credentials.
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

    /// Sets the most writes a second.
    pub fn set_writes_a_second(&mut self, rate: f64) {
        self.pace = Duration::from_secs_f64(1.0 / rate);
    }

    /// Region and endpoint, for messages.
    pub fn place(&self) -> String {
        self.session.place()
    }

    /// The principal, for messages.
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

    /// The parameters with these names, in their order, and `None` for those that do not exist.
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

    /// The same, and missing ones are requested again for a moment: the service is eventually
    /// consistent.
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

    /// The same, all or [`Error::Missing`], which lists all missing ones; each name is given once.
    pub fn all_named(&self, names: &[Selector], reading: Reading) -> Result<Vec<Parameter>, Error> {
        let found = self.named_patiently(names, reading)?;
        let mut found: BTreeMap<Selector, Option<Parameter>> = found.into_iter().collect();
        let (mut all, mut missing) = (Vec::new(), Vec::new());
        for name in names {
            match found.remove(name).flatten() {
                Some(parameter) => all.push(parameter),
                None => missing.push(name),
            }
        }
        match missing.is_empty() {
            true => Ok(all),
            false => Err(Error::Missing {
                things: "parameter",
                names: missing.iter().map(ToString::to_string).collect(),
                place: self.session.places(missing.iter().map(|it| it.region())),
                wanted_by: Vec::new(),
            }),
        }
    }

    /// The catalogue entries of all parameters that match all filters, sorted by name.
    pub fn describe(&self, filters: &[Filter]) -> Result<Vec<Description>, Error> {
        self.run(async |session, progress| described(session, progress, filters, Scope::Own).await)
    }

    /// The catalogue entries of all parameters that other accounts share with this one.
    pub fn shared(&self) -> Result<Vec<Description>, Error> {
        self.run(async |session, progress| described(session, progress, &[], Scope::Shared).await)
    }

    /// All versions of a parameter that the service still has, oldest first.
    pub fn history(&self, name: &str, reading: Reading) -> Result<Vec<Version>, Error> {
        self.run(async |session, progress| {
            history(session.reading(reading), progress.clone(), name.to_owned()).await
        })
    }

    /// The histories of several parameters, in their order, some read at the same time; `None` for
    /// those that no longer exist.
    pub fn histories(
        &self,
        names: &[String],
        reading: Reading,
    ) -> Result<Vec<Option<Vec<Version>>>, Error> {
        existing(self.histories_or_errors(names, reading)?)
    }

    /// The same, each with its own error where it may not be read, cannot be decrypted, or does not
    /// exist any more.
    pub fn histories_or_errors(
        &self,
        names: &[String],
        reading: Reading,
    ) -> Result<Vec<Result<Vec<Version>, Error>>, Error> {
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
    ) -> Result<Vec<Result<T, Error>>, Error>
    where
        F: Future<Output = Result<T, Error>> + Send + 'static,
    {
        let mut all = Vec::new();
        let tally = Tally::start("parameters read", names.len());
        for some in names.chunks(AT_ONCE) {
            tally.done(all.len());
            let found = self.run(async |session, progress| {
                let mut tasks = JoinSet::new();
                for (index, name) in some.iter().enumerate() {
                    let one = work(session, progress.clone(), name.clone());
                    tasks.spawn(async move { (index, one.await) });
                }
                let mut found = BTreeMap::new();
                while let Some(joined) = tasks.join_next().await {
                    let (index, outcome) = joined.map_err(Error::internal)?;
                    match outcome {
                        Ok(_)
                        | Err(
                            Error::NotFound { .. }
                            | Error::Denied { .. }
                            | Error::KeyDenied { .. }
                            | Error::Undecryptable { .. },
                        ) => {
                            found.insert(index, outcome);
                        }
                        Err(error) => return Err(error),
                    }
                }
                Ok(found.into_values())
            })?;
            all.extend(found);
        }
        Ok(all)
    }

    /// The region, in whose terms the length of a name is limited.
    pub fn region(&self) -> &str {
        self.session.region()
    }

    /// Writes a value.
    ///
    /// A new version whose response is lost is not written again before a look at what exists.
    ///
    /// # Errors
    ///
    /// [`Error::Exists`] if it exists already and must not. A call that creates is repeated when its
    /// response is lost, so that this may be about what we wrote ourselves. [`Error::Lost`] if it may
    /// be written all the same.
    pub fn put(&self, put: &Checked) -> Result<Written, Error> {
        self.take_turn();
        let value = put.value.expose();
        let operation = match put.follows {
            Some(_) => Operation::Put,
            None => Operation::Create,
        };
        let target = one(operation, &put.name);
        let written = self.run(async |session, progress| {
            let mut tags = Vec::new();
            for (key, value) in put.tags.iter().filter(|_| put.follows.is_none()) {
                tags.push(tag(key, value)?);
            }
            let request = || {
                let request = session
                    .client
                    .put_parameter()
                    .name(&put.name)
                    .value(value)
                    .overwrite(put.follows.is_some())
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
            let read = |response: PutParameterOutput| {
                let tier = response.tier.map(|tier| tier.as_str().into());
                match response.version {
                    1.. => Ok((response.version, tier)),
                    _ => Err(InvalidResponse::NoVersion),
                }
            };
            loop {
                let outcome = call.send_once(&request, read).await;
                let lost = call.lost();
                let (what, pause) = match outcome {
                    Ok(Sent::Answered((version, tier))) => {
                        return Ok(Written {
                            version,
                            tier,
                            lost,
                        });
                    }
                    Ok(Sent::Lost { what, pause }) => (what, pause),
                    Err(Error::Exists { target, place, .. }) => {
                        return Err(Error::Exists {
                            target,
                            place,
                            lost,
                        });
                    }
                    Err(error) => {
                        return Err(unless_lost(error, &target, lost));
                    }
                };
                tokio::time::sleep(pause).await;
                match found_written(session, progress, put).await {
                    Ok(Some(written)) => return Ok(written),
                    Ok(None) => {}
                    Err(error) => {
                        return Err(lost_change(error, &target, Some(what)));
                    }
                }
            }
        });
        written.map_err(|error| unless_lost(error, &target, false))
    }

    /// Deletes parameters with all their versions, and returns those that existed, also together
    /// with an error.
    pub fn delete(&self, names: &[String]) -> (Vec<String>, Result<(), Error>) {
        let mut deleted = Vec::new();
        for batch in names.chunks(DELETE_BATCH) {
            let outcome = self.change(
                Operation::Delete,
                batch,
                |client| {
                    let request = client.delete_parameters();
                    request.set_names(Some(batch.to_vec())).send()
                },
                |response| response.deleted_parameters.unwrap_or_default(),
            );
            match outcome {
                Ok(names) => deleted.extend(names),
                Err(error) => return (deleted, Err(error)),
            }
        }
        (deleted, Ok(()))
    }

    /// Puts labels on a version, by default the newest, and returns those that the service rejects.
    /// A label is on one version at a time: it moves.
    pub fn label(
        &self,
        name: &str,
        version: Option<i64>,
        labels: &[String],
    ) -> Result<Vec<String>, Error> {
        self.change(
            Operation::Label,
            &[name.to_owned()],
            |client| {
                let request = client.label_parameter_version();
                let request = request.name(name).set_parameter_version(version);
                request.set_labels(Some(labels.to_vec())).send()
            },
            |response| response.invalid_labels.unwrap_or_default(),
        )
    }

    /// Removes labels from a version, and returns those that were not on it.
    pub fn unlabel(
        &self,
        name: &str,
        version: i64,
        labels: &[String],
    ) -> Result<Vec<String>, Error> {
        let mut missing = Vec::new();
        for some in labels.chunks(MOST_LABELS) {
            missing.extend(self.change(
                Operation::Unlabel,
                &[name.to_owned()],
                |client| {
                    let request = client.unlabel_parameter_version();
                    let request = request.name(name).parameter_version(version);
                    request.set_labels(Some(some.to_vec())).send()
                },
                |response| response.invalid_labels.unwrap_or_default(),
            )?);
        }
        Ok(missing)
    }

    /// The tags of a parameter, sorted by key.
    pub fn tags(&self, name: &str) -> Result<BTreeMap<String, String>, Error> {
        self.run(async |session, progress| {
            tags(session.clone(), progress.clone(), name.to_owned()).await
        })
    }

    /// The tags of several parameters, in their order, some read at the same time; `None` for those
    /// that no longer exist.
    pub fn tags_of(
        &self,
        names: &[String],
    ) -> Result<Vec<Option<BTreeMap<String, String>>>, Error> {
        existing(self.each(names, |session, progress, name| {
            tags(session.clone(), progress, name)
        })?)
    }

    /// Adds tags, or changes the values of existing ones.
    pub fn add_tags(&self, name: &str, tags: &[(String, String)]) -> Result<(), Error> {
        let mut built = Vec::new();
        for (key, value) in tags {
            built.push(tag(key, value)?);
        }
        self.change(
            Operation::AddTags,
            &[name.to_owned()],
            |client| {
                let request = client.add_tags_to_resource();
                let request = request.resource_type(ResourceTypeForTagging::Parameter);
                let request = request.resource_id(name);
                request.set_tags(Some(built.clone())).send()
            },
            |_| (),
        )
    }

    /// Removes tags by their keys.
    pub fn remove_tags(&self, name: &str, keys: &[String]) -> Result<(), Error> {
        self.change(
            Operation::RemoveTags,
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
        operation: Operation,
        names: &[String],
        request: impl Fn(&Client) -> F,
        read: impl Fn(O) -> T,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<O, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        self.take_turn();
        let names = names.to_vec();
        let target = Target::Some { operation, names };
        let outcome = self.run(async |session, progress| {
            let mut call = Call::new(session, progress, target.clone());
            let request = || request(&session.client);
            let outcome = call.send(request, |response| Ok(read(response))).await;
            outcome.map_err(|error| unless_lost(error, &target, call.lost()))
        });
        outcome.map_err(|error| unless_lost(error, &target, false))
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // A host name lookup may still run; it is not waited for.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// All of them, and `None` for those that no longer exist.
fn existing<T>(outcomes: Vec<Result<T, Error>>) -> Result<Vec<Option<T>>, Error> {
    let outcomes = outcomes.into_iter().map(|outcome| match outcome {
        Ok(one) => Ok(Some(one)),
        Err(Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    });
    outcomes.collect()
}

/// Looks whether a version with this value follows the one that it was to follow.
///
/// # Errors
///
/// [`Error::Denied`] or [`Error::KeyDenied`] if it cannot be found out.
async fn found_written(
    session: &Session,
    progress: &Progress,
    put: &Checked,
) -> Result<Option<Written>, Error> {
    let seen = put.follows.unwrap_or_default();
    let values = session.reading(Reading::Values);
    let mut next = None;
    loop {
        let selector = Selector::new(put.name.clone(), next.map(|it: i64| it.to_string()));
        let found = match read::batches(&values, progress, &[selector]).await {
            Ok(mut found) => found.pop().and_then(|(_, parameter)| parameter),
            // Without the values, the newest version may be enough.
            Err(error @ (Error::Denied { .. } | Error::KeyDenied { .. })) if next.is_none() => {
                let (names, name) = (session.reading(Reading::Names), put.name.clone());
                let newest = match history(names, progress.clone(), name).await {
                    Ok(versions) => versions.last().map(|it| it.description.version),
                    Err(Error::NotFound { .. }) => None,
                    Err(error) => return Err(error),
                };
                return match newest.is_none_or(|newest| newest <= seen) {
                    true => Ok(None),
                    false => Err(error),
                };
            }
            Err(error) => return Err(error),
        };
        let Some(found) = found else {
            return Ok(None);
        };
        if found.version <= seen {
            return Ok(None);
        }
        if found.value == put.value {
            let version = found.version;
            let (names, name) = (session.reading(Reading::Names), put.name.clone());
            // Only a history shows the tier.
            let versions = history(names, progress.clone(), name).await;
            let mut versions = versions.unwrap_or_default().into_iter();
            let written = versions.find(|it| it.description.version == version);
            return Ok(Some(Written {
                version,
                tier: written.and_then(|it| it.description.tier),
                lost: true,
            }));
        }
        // Another user may have written after us.
        next = Some(found.version - 1).filter(|next| *next > seen);
        if next.is_none() {
            return Ok(None);
        }
    }
}

/// A failed change, as one that may have been made if that is so.
fn unless_lost(error: Error, target: &Target, lost: bool) -> Error {
    let uncertain = match &error {
        Error::Lost { .. } | Error::Exists { .. } => false,
        Error::Unavailable { summary, .. } | Error::Postponed { summary, .. } => summary.uncertain,
        // Something answered, and not with what the service answers.
        Error::InvalidResponse { .. } => true,
        _ => lost,
    };
    match uncertain {
        true => lost_change(error, target, None),
        false => error,
    }
}

fn lost_change(error: Error, target: &Target, why: Option<String>) -> Error {
    let (what, hint) = target.lost();
    Error::Lost {
        what,
        why,
        error: Box::new(error),
        hint,
    }
}

/// All versions of a parameter, oldest first.
async fn history(
    session: Session,
    progress: Progress,
    name: String,
) -> Result<Vec<Version>, Error> {
    let call = Call::new(&session, &progress, one(Operation::ReadHistory, &name));
    let request = |token| {
        let request = session.client.get_parameter_history().name(&name);
        let request = request.with_decryption(session.reading == Reading::Values);
        request.max_results(PAGE).set_next_token(token).send()
    };
    listed(
        call,
        request,
        |response| {
            let entries = response.parameters.ok_or(InvalidResponse::NoList)?;
            Ok((entries, response.next_token))
        },
        |one| {
            let one = recorded(one, session.reading)?;
            let found = &one.description;
            match names::is_same(&name, &found.name) {
                true => Ok((found.version, one)),
                false => Err(InvalidResponse::Unrequested {
                    name: one.description.name,
                }),
            }
        },
        |one| one.description.size() + one.value.size(),
    )
    .await
}

/// The tags of a parameter.
async fn tags(
    session: Session,
    progress: Progress,
    name: String,
) -> Result<BTreeMap<String, String>, Error> {
    let mut call = Call::new(&session, &progress, one(Operation::ReadTags, &name));
    let request = || {
        let request = session.client.list_tags_for_resource();
        let request = request
            .resource_type(ResourceTypeForTagging::Parameter)
            .resource_id(&name);
        async move { request.send().await }
    };
    call.send(request, |response| {
        let tags = response.tag_list.unwrap_or_default().into_iter();
        Ok(tags.map(|tag| (tag.key, tag.value)).collect())
    })
    .await
}

fn one(operation: Operation, name: &str) -> Target {
    Target::Some {
        operation,
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

fn recorded(history: ParameterHistory, reading: Reading) -> Result<Version, InvalidResponse> {
    let name = history.name.ok_or(InvalidResponse::NoName)?;
    let value = match (history.value, reading) {
        (Some(value), Reading::Values) => Secret::new(value),
        (_, Reading::Names) => Secret::default(),
        (None, Reading::Values) => return Err(InvalidResponse::NoValue { name }),
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
