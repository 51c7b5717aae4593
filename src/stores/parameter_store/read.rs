//! Reading parameters by path, by glob and by name.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_ssm::types::{Parameter as SdkParameter, ParameterStringFilter};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::glob::Glob;
use crate::net::progress::Progress;
use crate::output;
use crate::parameter::{Parameter, Presence, Reading};
use crate::secret::Secret;
use crate::stores::call::Call;
use crate::stores::error::Error;
use crate::stores::listing::Next;
use crate::stores::parameter_store::catalogue::{Filter, Scope, described, kind};
use crate::stores::parameter_store::names::{self, Selector};
use crate::stores::parameter_store::pages::{InvalidResponse, Page, Pages};
use crate::stores::parameter_store::session::Session;
use crate::stores::parameter_store::source::Source;
use crate::stores::parameter_store::target::Target;
use crate::stores::settling::Settling;

/// The most names in a GetParameters request, and parameters in a GetParametersByPath response.
const BATCH: usize = 10;
/// The most batches at the same time. More would only reach the quota sooner.
pub const AT_ONCE: usize = 16;
/// The index of a source, and its parameters.
type Found = (usize, Vec<Parameter>);

/// Reads all sources at the same time; returns the parameters of each, in their order, sorted by
/// name.
///
/// # Errors
///
/// The first failure that is certain: everything is read, or nothing is returned.
pub async fn read(
    session: &Session,
    progress: &Progress,
    sources: &[(&Source, Presence)],
) -> Result<Vec<Vec<Parameter>>, Error> {
    let mut tasks: JoinSet<Result<Vec<Found>, Error>> = JoinSet::new();
    let (mut single, mut names, mut optional) = (BTreeMap::new(), Vec::new(), Vec::new());
    for (index, (source, presence)) in sources.iter().enumerate() {
        let (session, progress) = (session.clone(), progress.clone());
        match (*source).clone() {
            Source::Below { path, label } => {
                tasks.spawn(async move {
                    let found = below(&session, &progress, path.clone(), label).await?;
                    let count = found.len();
                    output::detail(format_args!("{count} parameters below `{path}`"));
                    Ok(vec![(index, found)])
                });
            }
            Source::Matching { glob, label } => {
                tasks.spawn(async move {
                    let found = matching(session, progress, &glob, label).await?;
                    let (count, glob) = (found.len(), glob.text());
                    output::detail(format_args!(
                        "{count} parameters whose names match `{glob}`"
                    ));
                    Ok(vec![(index, found)])
                });
            }
            Source::One(selector) => {
                if *presence == Presence::Optional {
                    optional.push(selector.clone());
                }
                names.push(selector.clone());
                single.insert(selector, index);
            }
        }
    }
    if !single.is_empty() {
        let (session, progress) = (session.clone(), progress.clone());
        tasks.spawn(async move {
            let found = by_name(session, progress, names, optional).await?;
            let found = found.into_iter().filter_map(|(selector, parameter)| {
                Some((*single.get(&selector)?, Vec::from_iter(parameter)))
            });
            Ok(found.collect())
        });
    }
    let mut all: Vec<Vec<Parameter>> = sources.iter().map(|_| Vec::new()).collect();
    while let Some(joined) = tasks.join_next().await {
        for (index, found) in joined.map_err(Error::internal)?? {
            all[index] = found;
        }
    }
    Ok(all)
}

/// All parameters below a path.
pub(super) async fn below(
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
    if let Some(label) = label.clone() {
        let filter = ParameterStringFilter::builder()
            .key("Label")
            .option("Equals")
            .values(label)
            .build()
            .map_err(Error::internal)?;
        filters = Some(vec![filter]);
    }
    let mut pages = Pages::new(&path);
    let mut token = None;
    loop {
        let request = || {
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
            .send(request, |response| {
                let parameters = response.parameters.ok_or(InvalidResponse::NoList)?;
                if let Some(label) = &label {
                    at_label(&parameters, label)?;
                }
                let next_token = response.next_token;
                Ok(Page {
                    parameters: received(parameters, session.reading),
                    next_token,
                })
            })
            .await?;
        let texts = page.next_token.as_ref().map_or(0, String::len);
        let read = page.parameters.iter().flatten();
        call.keep(page.parameters.len(), texts + read.map(size).sum::<usize>())?;
        match pages.take(page).map_err(|invalid| call.invalid(&invalid))? {
            Next::Request { token: next } => token = Some(next),
            Next::Done => return Ok(pages.into_parameters()),
        }
    }
}

/// Checks that parameters are at a label, as far as the service returns what they are at.
fn at_label(parameters: &[SdkParameter], label: &str) -> Result<(), InvalidResponse> {
    let other = parameters.iter().find_map(|it| {
        let selector = it.selector.as_deref()?.trim_start_matches(':');
        (selector != label).then_some((it.name.clone(), selector))
    });
    match other {
        Some((name, selector)) => Err(InvalidResponse::OtherLabel {
            name: name.unwrap_or_default(),
            selector: selector.to_owned(),
            label: label.to_owned(),
        }),
        None => Ok(()),
    }
}

/// All parameters whose names match: the catalogue gives the names, and they are read by name.
async fn matching(
    session: Session,
    progress: Progress,
    glob: &Glob,
    label: Option<String>,
) -> Result<Vec<Parameter>, Error> {
    let filter = Filter::new("Name", "BeginsWith", glob.beginning());
    let described = described(&session, &progress, &[filter], Scope::Own).await?;
    let names = described.into_iter().map(|it| it.name);
    let names: Vec<Selector> = names
        .filter(|name| glob.matches(name))
        .map(|name| Selector::new(name, label.clone()))
        .collect();
    // As below a path, parameters without the label are left out.
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
            things: "parameter",
            names: missing,
            place: session.place(),
            wanted_by: Vec::new(),
        });
    }
    parameters.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(parameters)
}

/// All single parameters, in batches at the same time; missing ones are requested again for a
/// moment, unless they are optional.
pub(super) async fn by_name(
    session: Session,
    progress: Progress,
    names: Vec<Selector>,
    optional: Vec<Selector>,
) -> Result<Vec<(Selector, Option<Parameter>)>, Error> {
    let mut found: BTreeMap<Selector, Option<Parameter>> = BTreeMap::new();
    let mut wanted = names.clone();
    let mut settling = Settling::start();
    loop {
        found.extend(batches(&session, &progress, &wanted).await?);
        wanted = names
            .iter()
            .filter(|name| found.get(name).is_none_or(Option::is_none))
            .filter(|name| !optional.contains(name))
            .cloned()
            .collect();
        if wanted.is_empty() || settling.is_over(&progress) {
            return Ok(found.into_iter().collect());
        }
        settling.wait().await;
    }
}

pub(super) async fn batches(
    session: &Session,
    progress: &Progress,
    names: &[Selector],
) -> Result<Vec<(Selector, Option<Parameter>)>, Error> {
    let permits = Arc::new(Semaphore::new(AT_ONCE));
    let mut tasks = JoinSet::new();
    // An ARN is requested in its own region.
    let mut regions: BTreeMap<Option<&str>, Vec<Selector>> = BTreeMap::new();
    for name in names {
        let of_region = regions
            .entry(session.other_region(name.region()))
            .or_default();
        of_region.push(name.clone());
    }
    for (region, names) in regions {
        let session = session.in_region(region)?;
        // The others must not need decryption because secrets do.
        let (secrets, others): (Vec<_>, Vec<_>) = match session.reading {
            Reading::Values => (Vec::new(), names),
            Reading::Names => names.into_iter().partition(Selector::is_secret),
        };
        let batches = [secrets, others].map(|names| names::batches(&names, BATCH));
        for batch in batches.into_iter().flatten() {
            let (session, progress) = (session.clone(), progress.clone());
            let permits = Arc::clone(&permits);
            tasks.spawn(async move {
                let permit = permits.acquire_owned().await;
                let found = one_batch(&session, &progress, &batch).await;
                drop(permit);
                found
            });
        }
    }
    let mut all = Vec::new();
    while let Some(joined) = tasks.join_next().await {
        all.extend(joined.map_err(Error::internal)??);
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
    let request = || {
        let request = session
            .client
            .get_parameters()
            .set_names(Some(texts.clone()))
            .with_decryption(decryption);
        async move { request.send().await }
    };
    let found = call
        .send(request, |response| {
            if response.parameters.is_none() && response.invalid_parameters.is_none() {
                return Err(InvalidResponse::NoList);
            }
            let parameters = received(response.parameters.unwrap_or_default(), session.reading);
            names::match_response(
                batch,
                parameters,
                &response.invalid_parameters.unwrap_or_default(),
            )
        })
        .await?;
    let read = found.iter().filter_map(|(_, parameter)| parameter.as_ref());
    call.keep(found.len(), read.map(size).sum())?;
    Ok(found)
}

/// The size of a parameter's texts, in bytes.
fn size(parameter: &Parameter) -> usize {
    let arn = parameter.arn.as_ref().map_or(0, String::len);
    parameter.name.len() + parameter.value.size() + arn
}

/// The parameters of a response, without their values unless those are requested.
fn received(
    parameters: Vec<SdkParameter>,
    reading: Reading,
) -> Vec<Result<Parameter, InvalidResponse>> {
    let parameters = parameters.into_iter();
    parameters.map(|one| translate(one, reading)).collect()
}

fn translate(parameter: SdkParameter, reading: Reading) -> Result<Parameter, InvalidResponse> {
    let name = parameter.name.ok_or(InvalidResponse::NoName)?;
    let Some(value) = parameter.value else {
        return Err(InvalidResponse::NoValue { name });
    };
    Ok(Parameter {
        name,
        value: match reading {
            Reading::Values => Secret::new(value),
            Reading::Names => Secret::default(),
        },
        version: parameter.version,
        kind: kind(parameter.r#type.as_ref()),
        modified: parameter
            .last_modified_date
            .and_then(|date| date.try_into().ok()),
        arn: parameter.arn,
        selector: parameter.selector,
        ..Parameter::default()
    })
}
