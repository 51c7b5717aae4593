//! Reading parameters: the only place that knows AWS, async or the network.
//!
//! The runtime lives and dies inside [`fetch`]. Everything is read or nothing is returned.

mod call;
pub mod catalogue;
pub mod manage;
pub mod names;
pub mod pages;
mod refusal;
mod session;
mod target;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_ssm::types::{Parameter as SdkParameter, ParameterStringFilter};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::aws::caller::Caller;
use crate::net::progress::Progress;
use crate::output;
use crate::parameter::Parameter;
pub use crate::parameter::Reading;
use crate::secret::Secret;
use crate::stores::deadline::{runtime, until_the_deadline};
pub use crate::stores::error::Error;
use call::{AT_ONCE, Call};
use catalogue::Filter;
pub use names::Selector;
use pages::{Incomplete, Next as NextPage, Nonsense, Page, Pages};
use session::{SERVICE, Session};
use target::Target;

/// How many names GetParameters takes, and parameters GetParametersByPath gives, at most.
const BATCH: usize = 10;
/// How long a missing parameter is asked for again: Parameter Store is eventually consistent, and
/// one that was just written can be unknown for a moment.
const SETTLING: Duration = Duration::from_secs(2);
/// What to read, from where, and for how long to try.
#[derive(Debug, Default)]
pub struct Request {
    /// Distinct paths, without a final `/` unless it is `/` itself, and whether each may be empty.
    pub paths: Vec<(String, crate::parameter::Presence)>,
    /// Parameters whose names match.
    pub patterns: Vec<Pattern>,
    /// The label at which paths and patterns are read.
    pub label: Option<String>,
    /// Distinct single parameters.
    pub names: Vec<Selector>,
    /// Those of them that may be missing.
    pub optional: Vec<Selector>,
    pub region: Option<String>,
    pub profile: Option<String>,
    /// `None` for no deadline.
    pub timeout: Option<Duration>,
    pub reading: Reading,
    pub verbosity: Verbosity,
}

/// A glob that begins literally, by which the catalogue is searched.
#[derive(Debug, Clone)]
pub struct Pattern {
    /// What all names begin with; never empty.
    pub beginning: String,
    pub glob: crate::glob::Glob,
}

/// How much is said about a launch that goes well.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Verbosity {
    #[default]
    Silent,
    Told,
}

impl Request {
    /// Whether there is nothing to ask for.
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty() && self.patterns.is_empty() && self.names.is_empty()
    }

    /// Who asks.
    pub fn caller(&self) -> Caller {
        Caller {
            region: self.region.clone(),
            profile: self.profile.clone(),
            timeout: self.timeout,
        }
    }
}

/// All that was asked for.
#[derive(Debug, Default)]
pub struct Answer {
    /// The parameters below each path of the request, in its order, sorted by name.
    pub layers: Vec<Vec<Parameter>>,
    /// Those that match each pattern of the request, likewise.
    pub matching: Vec<Vec<Parameter>>,
    /// The parameter behind each selector of the request.
    pub exact: BTreeMap<Selector, Parameter>,
    /// Where it was asked, for messages.
    pub place: String,
    /// As whom it was asked, for messages.
    pub principal: String,
}

/// Reads everything, or says why not.
///
/// # Errors
///
/// At least one; several where they could be found at the same time, such as all the missing
/// parameters.
pub fn fetch(request: &Request) -> Result<Answer, Vec<Error>> {
    let runtime = runtime().map_err(|error| vec![error])?;
    let result = runtime.block_on(until_the_deadline(
        SERVICE.name,
        request.timeout,
        async |progress| everything(request, progress).await,
    ));
    // A look-up of a host name may still be under way on a thread of its own. Nobody waits for it.
    runtime.shutdown_background();
    result
}

/// The region and the account that flags, variables or the profile name. Nobody is asked.
///
/// # Errors
///
/// If settings cannot be read, or name no region where they should.
pub fn configured(request: &Request) -> Result<(Option<String>, Option<String>), Error> {
    let caller = request.caller();
    let configured = crate::aws::session::configured(&caller, &SERVICE);
    Ok(runtime()?.block_on(configured)?)
}

async fn everything(request: &Request, progress: &Progress) -> Result<Answer, Vec<Error>> {
    let session = Session::open(&request.caller(), request.reading, progress).await?;
    if request.verbosity == Verbosity::Told {
        output::note(format_args!(
            "asking {} as {}",
            session.place(),
            session.principal()
        ));
    }

    // What is certain to fail fails the launch at once; what is merely absent is collected.
    let mut absent = Vec::new();
    let mut layers: Vec<Vec<Parameter>> = request.paths.iter().map(|_| Vec::new()).collect();
    let mut matching: Vec<Vec<Parameter>> = request.patterns.iter().map(|_| Vec::new()).collect();
    let mut exact = BTreeMap::new();
    let mut tasks: JoinSet<Result<Part, Error>> = JoinSet::new();
    for (index, (path, _)) in request.paths.iter().enumerate() {
        let (session, progress) = (session.clone(), progress.clone());
        let (path, label) = (path.clone(), request.label.clone());
        tasks.spawn(async move {
            let parameters = below(&session, &progress, path, label).await?;
            Ok(Part::Layer(index, parameters))
        });
    }
    for (index, pattern) in request.patterns.iter().enumerate() {
        let (session, progress) = (session.clone(), progress.clone());
        let (pattern, label) = (pattern.clone(), request.label.clone());
        tasks.spawn(async move {
            let parameters = by_pattern(session, progress, &pattern, label).await?;
            Ok(Part::Matching(index, parameters))
        });
    }
    if !request.names.is_empty() {
        let (session, progress) = (session.clone(), progress.clone());
        let (names, optional) = (request.names.clone(), request.optional.clone());
        tasks.spawn(async move {
            let found = by_name(session, progress, names, optional).await?;
            Ok(Part::Exact(found))
        });
    }
    while let Some(joined) = tasks.join_next().await {
        let part = joined.map_err(|error| vec![Error::internal(error)])?;
        match part.map_err(|error| vec![error])? {
            Part::Layer(index, parameters) => {
                let (path, presence) = &request.paths[index];
                if parameters.is_empty() && *presence == crate::parameter::Presence::Required {
                    let (path, label) = (path.clone(), request.label.clone());
                    let place = session.place();
                    absent.push((index, Error::Empty { path, label, place }));
                }
                if request.verbosity == Verbosity::Told {
                    output::note(format_args!(
                        "{} parameters below `{path}`",
                        parameters.len()
                    ));
                }
                layers[index] = parameters;
            }
            Part::Matching(index, parameters) => {
                let glob = request.patterns[index].glob.text();
                if parameters.is_empty() {
                    let (glob, label) = (glob.to_owned(), request.label.clone());
                    let place = session.place();
                    let position = request.paths.len() + index;
                    absent.push((position, Error::NoMatch { glob, label, place }));
                }
                if request.verbosity == Verbosity::Told {
                    output::note(format_args!(
                        "{} parameters whose names match `{glob}`",
                        parameters.len()
                    ));
                }
                matching[index] = parameters;
            }
            Part::Exact(found) => {
                let mut names = Vec::new();
                for (selector, parameter) in found {
                    match parameter {
                        Some(parameter) => {
                            exact.insert(selector, parameter);
                        }
                        None if request.optional.contains(&selector) => {}
                        None => names.push(selector.to_string()),
                    }
                }
                if !names.is_empty() {
                    let place = session.place();
                    let wanted_by = Vec::new();
                    absent.push((
                        usize::MAX,
                        Error::Missing {
                            names,
                            place,
                            wanted_by,
                        },
                    ));
                }
            }
        }
    }
    if request.verbosity == Verbosity::Told
        && let Some((origin, count)) = session.anchors()
    {
        output::note(format_args!(
            "{count} certificates are trusted, from {origin}"
        ));
    }
    if absent.is_empty() {
        let (place, principal) = (session.place(), session.principal());
        return Ok(Answer {
            layers,
            matching,
            exact,
            place,
            principal,
        });
    }
    absent.sort_by_key(|(index, _)| *index);
    Err(absent.into_iter().map(|(_, error)| error).collect())
}

/// What one task brings back.
enum Part {
    Layer(usize, Vec<Parameter>),
    Matching(usize, Vec<Parameter>),
    Exact(Vec<(Selector, Option<Parameter>)>),
}

/// All parameters below a path.
async fn below(
    session: &Session,
    progress: &Progress,
    path: String,
    label: Option<String>,
) -> Result<Vec<Parameter>, Error> {
    let mut call = Call::new(
        session,
        progress,
        Target::Path {
            path: path.clone(),
            label: label.clone(),
        },
    );
    let mut filters = None;
    if let Some(label) = label {
        let filter = ParameterStringFilter::builder()
            .key("Label")
            .option("Equals")
            .values(label)
            .build()
            .map_err(|error| Error::internal(error))?;
        filters = Some(vec![filter]);
    }
    let mut pages = Pages::new(&path);
    let mut token = None;
    loop {
        let ask = || {
            let request = session
                .client
                .get_parameters_by_path()
                .path(&path)
                .recursive(true)
                .with_decryption(session.reading == Reading::Values)
                .max_results(BATCH as i32)
                .set_parameter_filters(filters.clone())
                .set_next_token(token.clone());
            async move { request.send().await }
        };
        let page = call
            .persist(ask, |answer| {
                let parameters = answer.parameters.ok_or(Nonsense::NoList)?;
                let next_token = answer.next_token;
                Ok(Page {
                    parameters: received(parameters, session.reading),
                    next_token,
                })
            })
            .await?;
        match pages
            .take(page)
            .map_err(|nonsense| call.nonsense(&nonsense))?
        {
            NextPage::Ask { token: next } => token = Some(next),
            NextPage::Done => return Ok(pages.into_parameters()),
        }
    }
}

/// All parameters whose names match: the catalogue gives the names, and they are read by name.
async fn by_pattern(
    session: Session,
    progress: Progress,
    pattern: &Pattern,
    label: Option<String>,
) -> Result<Vec<Parameter>, Error> {
    let filter = Filter::new("Name", "BeginsWith", &pattern.beginning);
    let described = catalogue::described(&session, &progress, &[filter]).await?;
    let names = described.into_iter().map(|it| it.name);
    let names: Vec<Selector> = names
        .filter(|name| pattern.glob.matches(name))
        .map(|name| Selector::new(name, label.clone()))
        .collect();
    // As below a path, those without the label are left aside.
    let found = match &label {
        Some(_) => batches(&session, &progress, &names).await?,
        None => by_name(session.clone(), progress, names, Vec::new()).await?,
    };
    let mut parameters = Vec::new();
    let mut missing = Vec::new();
    for (selector, parameter) in found {
        match parameter {
            Some(parameter) => parameters.push(parameter),
            None => missing.push(selector.to_string()),
        }
    }
    if label.is_none() && !missing.is_empty() {
        return Err(Error::Missing {
            names: missing,
            place: session.place(),
            wanted_by: Vec::new(),
        });
    }
    parameters.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(parameters)
}

/// All single parameters, in batches at the same time; missing ones are asked for again for a
/// moment, unless they may be missing.
async fn by_name(
    session: Session,
    progress: Progress,
    names: Vec<Selector>,
    optional: Vec<Selector>,
) -> Result<Vec<(Selector, Option<Parameter>)>, Error> {
    let mut found: BTreeMap<Selector, Option<Parameter>> = BTreeMap::new();
    let mut wanted = names.clone();
    let mut pause = SETTLING / 8;
    let mut settling: Option<std::time::Instant> = None;
    loop {
        found.extend(batches(&session, &progress, &wanted).await?);
        wanted = names
            .iter()
            .filter(|name| found.get(name).is_none_or(Option::is_none))
            .filter(|name| !optional.contains(name))
            .cloned()
            .collect();
        let since = *settling.get_or_insert_with(std::time::Instant::now);
        let settled = since.elapsed() + pause > SETTLING;
        // What is missing is told as that, not as an answer that did not come in time.
        let late = progress.left().is_some_and(|left| left <= 2 * pause);
        if wanted.is_empty() || settled || late {
            return Ok(found.into_iter().collect());
        }
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
}

async fn batches(
    session: &Session,
    progress: &Progress,
    names: &[Selector],
) -> Result<Vec<(Selector, Option<Parameter>)>, Error> {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut tasks = JoinSet::new();
    // Those that are read only with decryption must not make that necessary for the others.
    let (secrets, others): (Vec<_>, Vec<_>) = match session.reading {
        Reading::Values => (Vec::new(), names.to_vec()),
        Reading::Names => names.iter().cloned().partition(Selector::is_secret),
    };
    let batches = [secrets, others].map(|names| names::batches(&names, BATCH));
    for batch in batches.into_iter().flatten() {
        let (session, progress) = (session.clone(), progress.clone());
        let places = Arc::clone(&places);
        tasks.spawn(async move {
            let place = places.acquire_owned().await;
            let answer = one_batch(&session, &progress, &batch).await;
            drop(place);
            answer
        });
    }
    let mut all = Vec::new();
    while let Some(joined) = tasks.join_next().await {
        all.extend(joined.map_err(|error| Error::internal(error))??);
    }
    Ok(all)
}

async fn one_batch(
    session: &Session,
    progress: &Progress,
    batch: &[Selector],
) -> Result<Vec<(Selector, Option<Parameter>)>, Error> {
    let texts: Vec<String> = batch.iter().map(Selector::to_string).collect();
    let decryption = session.reading == Reading::Values || batch.iter().any(Selector::is_secret);
    let mut call = Call::new(session, progress, Target::Names(texts.clone()));
    let ask = || {
        let request = session
            .client
            .get_parameters()
            .set_names(Some(texts.clone()))
            .with_decryption(decryption);
        async move { request.send().await }
    };
    call.persist(ask, |answer| {
        if answer.parameters.is_none() && answer.invalid_parameters.is_none() {
            return Err(Nonsense::NoList);
        }
        let parameters = received(answer.parameters.unwrap_or_default(), session.reading);
        names::sort_answer(
            batch,
            parameters,
            &answer.invalid_parameters.unwrap_or_default(),
        )
    })
    .await
}

/// Parameters as they came over the wire, without their values if those are not wanted.
fn received(parameters: Vec<SdkParameter>, reading: Reading) -> Vec<Result<Parameter, Incomplete>> {
    let parameters = parameters.into_iter();
    parameters.map(|one| translate(one, reading)).collect()
}

fn translate(parameter: SdkParameter, reading: Reading) -> Result<Parameter, Incomplete> {
    let name = parameter.name.ok_or(Incomplete::NoName)?;
    let Some(value) = parameter.value else {
        return Err(Incomplete::NoValue { name });
    };
    Ok(Parameter {
        name,
        value: match reading {
            Reading::Values => Secret::new(value),
            Reading::Names => Secret::default(),
        },
        version: parameter.version,
        kind: parameter
            .r#type
            .map_or_else(|| "unknown".to_owned(), |kind| kind.as_str().to_owned()),
        modified: parameter
            .last_modified_date
            .and_then(|date| date.try_into().ok()),
        arn: parameter.arn,
        selector: parameter.selector,
    })
}
