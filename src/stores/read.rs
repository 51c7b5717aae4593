//! Reading all layers: each store and each caller at the same time, and all or nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio::task::JoinSet;

use crate::aws::session::Session as AwsSession;
use crate::aws::settings::{Caller, Given, Service};
use crate::net::progress::Progress;
use crate::net::runtime::{self as net, any_fails, either_fails};
use crate::output;
use crate::parameter::{Parameter, Presence, Reading};
use crate::stores::deadline::{runtime, until_the_deadline};
use crate::stores::error::{AwsError, Error};
use crate::stores::session::{Client, Session};
use crate::stores::source::{Access, Layer, Source, Thing};
use crate::stores::unneeded::Unneeded;
use crate::stores::{
    biscuit, confidant, credstash, keys, keywhiz, objects, parameter_store, remote,
    secrets_manager, vault,
};

/// How long the others may take once one has failed, so that their errors are reported with it.
const GRACE: Duration = Duration::from_secs(1);
/// After how long another region is tried if there is no deadline.
const PATIENCE: Duration = Duration::from_secs(60);

/// All that was read.
#[derive(Debug, Default)]
pub struct Answer {
    secrets: BTreeMap<Source, Vec<Parameter>>,
    /// Who read what, and where.
    pub readers: Vec<Reader>,
}

/// A caller at a store.
#[derive(Debug, Clone)]
pub struct Reader {
    pub store: &'static str,
    /// Region and endpoint, for messages.
    pub place: String,
    /// The principal, for messages.
    pub principal: String,
    /// What was read: the places of its layers among those that were given.
    layers: Vec<usize>,
    /// The region that could not be reached, if it was read in another one.
    pub instead_of: Option<String>,
}

impl Reader {
    /// What was read of these layers, as the user wrote it.
    pub fn sources(&self, layers: &[Layer]) -> Vec<String> {
        let own = self.layers.iter().filter_map(|&index| layers.get(index));
        let mut sources: Vec<String> = own.map(|layer| layer.source.to_string()).collect();
        sources.sort();
        sources
    }
}

impl Answer {
    /// The secrets of a source, sorted by name.
    pub fn all(&self, source: &Source) -> &[Parameter] {
        self.secrets.get(source).map_or(&[], Vec::as_slice)
    }

    /// The secret of a source that has one.
    pub fn one(&self, source: &Source) -> Option<&Parameter> {
        self.all(source).first()
    }

    /// Whether all was read by one caller in one place, as the settings of AWS have it.
    pub fn is_plain(&self) -> bool {
        let plain = self.secrets.keys().all(|source| source.access.is_none());
        plain && self.readers.len() <= 1
    }
}

/// Reads all layers, each source of which is given once.
///
/// # Errors
///
/// Nothing is returned unless everything was read. Several errors are reported where they are found
/// at the same time, such as all missing parameters.
pub fn read(caller: &Caller, layers: &[Layer], reading: Reading) -> Result<Answer, Vec<Error>> {
    let runtime = runtime().map_err(|error| vec![error])?;
    let result = runtime.block_on(until_the_deadline(
        layers.first().map_or(parameter_store::SERVICE.name, store),
        caller.timeout,
        async |progress| everything(caller, layers, reading, progress).await,
    ));
    // A host name lookup may still run on a thread of its own.
    runtime.shutdown_background();
    result
}

/// Reads a layer as one caller, and another one as another caller, at the same time: it takes as long as the
/// slower of them.
///
/// # Errors
///
/// Those of whichever fails first.
pub fn read_both(
    [(caller, layer), (other_caller, other)]: [(&Caller, &Layer); 2],
    reading: Reading,
) -> Result<[Answer; 2], Vec<Error>> {
    let runtime = runtime().map_err(|error| vec![error])?;
    let result = runtime.block_on(until_the_deadline(
        store(layer),
        caller.timeout,
        async |progress| {
            let part = progress.part(1);
            either_fails(
                everything(caller, std::slice::from_ref(layer), reading, progress),
                everything(other_caller, std::slice::from_ref(other), reading, &part),
            )
            .await
        },
    ));
    runtime.shutdown_background();
    result.map(Into::into)
}

/// The service of AWS that is called for a layer, unless that is of another server.
fn service(layer: &Layer) -> Option<&'static Service> {
    match layer.source.thing {
        Thing::ParameterStore(_) => Some(&parameter_store::SERVICE),
        Thing::SecretsManager(_) => Some(&secrets_manager::SERVICE),
        Thing::Credstash(_) => Some(&credstash::SERVICE),
        Thing::Objects(_) => Some(&objects::SERVICE),
        Thing::Vault(_) | Thing::Confidant(_) | Thing::Keywhiz(_) | Thing::Biscuit(_) => None,
    }
}

/// The name of the store of a layer, for messages.
fn store(layer: &Layer) -> &'static str {
    match &layer.source.thing {
        Thing::Vault(source) => source.server.name(),
        Thing::Confidant(_) => confidant::NAME,
        Thing::Keywhiz(_) => keywhiz::NAME,
        Thing::Biscuit(_) => biscuit::NAME,
        Thing::ParameterStore(_)
        | Thing::SecretsManager(_)
        | Thing::Credstash(_)
        | Thing::Objects(_) => service(layer).map_or("AWS", |service| service.name),
    }
}

/// What is read as one caller in one place.
#[derive(Debug, Clone)]
struct Group {
    access: Option<Arc<Access>>,
    kind: Kind,
    /// As which principal its session is opened, by whichever of those that share it comes first.
    opener: Caller,
    /// What it reads, by its place among the layers.
    layers: Vec<usize>,
    session: Shared,
    /// Whether that session is the one of another group.
    is_shared: bool,
}

/// Where a group is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// From services of AWS, with a session of AWS.
    Aws,
    /// From files, with a session of AWS only if something in them is sealed.
    Files,
    /// From another server.
    Server,
}

impl Kind {
    fn of(layer: &Layer) -> Self {
        match layer.source.thing {
            Thing::ParameterStore(_)
            | Thing::SecretsManager(_)
            | Thing::Credstash(_)
            | Thing::Objects(_) => Self::Aws,
            Thing::Biscuit(_) => Self::Files,
            Thing::Vault(_) | Thing::Confidant(_) | Thing::Keywhiz(_) => Self::Server,
        }
    }
}

/// A session that is opened by the first who needs it.
type Shared = Arc<OnceCell<Arc<AwsSession>>>;

async fn everything(
    caller: &Caller,
    layers: &[Layer],
    reading: Reading,
    progress: &Progress,
) -> Result<Answer, Vec<Error>> {
    let groups = groups(caller, layers);
    if let [group] = groups.as_slice()
        && group.access.is_none()
    {
        // On the heap, as each of its parts: a stack can be small.
        return Box::pin(group.read(layers, reading, progress)).await;
    }
    let mut tasks = JoinSet::new();
    let all: Arc<[Layer]> = layers.into();
    for (number, group) in (1..).zip(groups) {
        let (progress, all) = (progress.part(number), Arc::clone(&all));
        tasks.spawn(async move { group.read_or_fall_back(&all, reading, &progress).await });
    }
    let (mut answer, mut errors) = (Answer::default(), Vec::new());
    let mut grace = None;
    loop {
        let joined = match grace {
            None => tasks.join_next().await,
            Some(end) => match tokio::time::timeout_at(end, tasks.join_next()).await {
                Ok(joined) => joined,
                Err(_) => break,
            },
        };
        match joined {
            None => break,
            Some(Ok(Ok(part))) => {
                answer.secrets.extend(part.secrets);
                answer.readers.extend(part.readers);
            }
            Some(Ok(Err(found))) => {
                for error in found {
                    if !errors.contains(&error) {
                        errors.push(error);
                    }
                }
                grace.get_or_insert_with(|| tokio::time::Instant::now() + GRACE);
            }
            Some(Err(error)) => return Err(vec![Error::internal(error)]),
        }
    }
    answer.readers.sort_by_key(|reader| reader.sources(layers));
    match errors.is_empty() {
        true => Ok(answer),
        false => Err(errors),
    }
}

/// The layers by caller and place. Callers with the same credentials share a session.
fn groups(caller: &Caller, layers: &[Layer]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (index, layer) in layers.iter().enumerate() {
        let access = &layer.source.access;
        let kind = Kind::of(layer);
        let same = |group: &&mut Group| group.access == *access && group.kind == kind;
        let known = groups.iter_mut().find(same);
        match known {
            Some(group) => group.layers.push(index),
            None => groups.push(Group {
                access: access.clone(),
                kind,
                opener: access
                    .as_ref()
                    .map_or_else(|| caller.clone(), |it| it.apply(caller)),
                layers: vec![index],
                session: Shared::default(),
                is_shared: false,
            }),
        }
    }
    for group in &mut groups {
        // The region to call if no setting has one, where nothing but ARNs is read.
        let regions = group
            .layers
            .iter()
            .map(|&index| layers[index].source.region());
        let regions: Option<Vec<&str>> = regions.collect();
        let first = regions.and_then(|regions| Some((*regions.first()?).to_owned()));
        group.opener.region_of_arns = first;
    }
    // The session of the first is for the region of the settings, if any of them needs that.
    groups.sort_by_key(|group| {
        let names_region = group.access.as_ref().is_some_and(|it| it.region.is_some());
        (group.kind, names_region)
    });
    for index in 1..groups.len() {
        let (before, rest) = groups.split_at_mut(index);
        let Some(group) = rest.first_mut() else {
            break;
        };
        let same = |other: &&Group| {
            other.kind == Kind::Aws
                && group.kind != Kind::Server
                && other.opener.is_same(&group.opener)
        };
        if let Some(first) = before.iter().find(same) {
            group.opener = first.opener.clone();
            group.session = Arc::clone(&first.session);
            group.is_shared = true;
        }
    }
    groups
}

impl Group {
    /// Reads everything, in another region if the first cannot be reached and the place names one.
    async fn read_or_fall_back(
        mut self,
        layers: &[Layer],
        reading: Reading,
        progress: &Progress,
    ) -> Result<Answer, Vec<Error>> {
        let fallback = self
            .access
            .as_ref()
            .and_then(|it| it.fallback_region.clone());
        let Some(fallback) = fallback else {
            return self.read(layers, reading, progress).await;
        };
        let window = progress.left().map_or(PATIENCE, |left| left / 2);
        let why = {
            let mut first = std::pin::pin!(self.read(layers, reading, progress));
            let mut result = tokio::time::timeout(window, first.as_mut()).await;
            loop {
                match result {
                    Ok(Ok(answer)) => return Ok(answer),
                    Ok(Err(errors)) => match errors.as_slice() {
                        [error @ Error::Postponed { .. }] if self.usual_region() != fallback => {
                            break error.to_string();
                        }
                        _ => return Err(errors),
                    },
                    Err(_) => {}
                }
                // What only takes long is not read twice, and no region stands in for itself.
                if self.usual_region() == fallback {
                    return first.await;
                }
                if let Some(why) = progress.trouble(window / 2) {
                    break why;
                }
                result = tokio::time::timeout(window / 20, first.as_mut()).await;
            }
        };
        let usual = self.usual_region().to_owned();
        for &index in &self.layers {
            let source = &layers[index].source;
            output::note(format_args!(
                "`{source}` is read in {fallback}, because it could not be read in {usual}: {why}"
            ));
        }
        self.opener.region = Some(Given::new(&fallback, "a place"));
        self.access = Some(Arc::new(Access {
            region: Some(fallback),
            ..Access::default()
        }));
        if self.session.get().is_none() {
            // Even credentials may be of a region that cannot be reached.
            self.session = Shared::default();
        }
        let mut answer = self.read(layers, reading, progress).await?;
        for reader in &mut answer.readers {
            reader.instead_of = Some(usual.clone());
        }
        Ok(answer)
    }

    /// The region in which it is read first, for messages until it is known.
    fn usual_region(&self) -> &str {
        let named = self.access.as_ref().and_then(|it| it.region.as_deref());
        let opened = self.session.get().map(|session| session.region());
        let given = self.opener.region.as_ref().map(|it| it.text.as_str());
        match opened {
            Some(opened) => named.unwrap_or(opened),
            None => given.unwrap_or("the usual region"),
        }
    }

    /// Reads everything as this caller.
    async fn read(
        &self,
        layers: &[Layer],
        reading: Reading,
        progress: &Progress,
    ) -> Result<Answer, Vec<Error>> {
        let own = || self.layers.iter().map(|&index| (index, &layers[index]));
        match self.kind {
            Kind::Aws => {}
            Kind::Files => return Box::pin(self.read_files(layers, reading, progress)).await,
            Kind::Server => {
                return Box::pin(self.read_elsewhere(layers, reading, progress)).await;
            }
        }
        let first = own().find_map(|(_, layer)| service(layer));
        let first = first.unwrap_or(&parameter_store::SERVICE);
        let open = || {
            Box::pin(async {
                let session = AwsSession::open(&self.opener, first, progress).await;
                session.map(Arc::new)
            })
        };
        let session = self.session.get_or_try_init(open).await;
        let session =
            session.map_err(|errors| errors.into_iter().map(Error::Aws).collect::<Vec<_>>())?;
        let region = self.access.as_ref().and_then(|it| it.region.as_deref());
        let at = |service: &'static Service| {
            let is_here = region.is_none_or(|region| region == session.region());
            if is_here && std::ptr::eq(session.service(), service) {
                return Ok(Arc::clone(session));
            }
            let aws = session.at(service)?;
            Ok::<_, AwsError>(Arc::new(match region {
                Some(region) => aws.in_region(region, "a place")?,
                None => aws,
            }))
        };
        let (mut of_parameters, mut of_secrets): (Part<'_, _>, Part<'_, _>) = Default::default();
        let mut of_objects: Part<'_, _> = Vec::new();
        let mut of_credstash: Part<'_, _> = Part::default();
        for (index, layer) in own() {
            match &layer.source.thing {
                Thing::ParameterStore(source) => of_parameters.push((index, layer, source)),
                Thing::SecretsManager(source) => of_secrets.push((index, layer, source)),
                Thing::Objects(source) => of_objects.push((index, layer, source)),
                Thing::Credstash(source) => of_credstash.push((index, layer, source)),
                // They are of other groups.
                Thing::Vault(_) | Thing::Confidant(_) | Thing::Keywhiz(_) | Thing::Biscuit(_) => {}
            }
        }
        let mut parts: Vec<net::Part<'_, (Answer, Vec<Error>), Error>> = Vec::new();
        if !of_parameters.is_empty() {
            parts.push(Box::pin(async {
                let session =
                    parameter_store::Session::new(at(&parameter_store::SERVICE)?, reading);
                note(&session);
                let sources = sources(&of_parameters);
                let found = parameter_store::read(&session, progress, &sources).await?;
                let assigned =
                    assigned(&At::of(&session), &places(&session), &of_parameters, found);
                left_to_the_kernel(session);
                Ok(assigned)
            }));
        }
        if !of_secrets.is_empty() {
            parts.push(Box::pin(async {
                let session =
                    secrets_manager::Session::new(at(&secrets_manager::SERVICE)?, reading);
                note(&session);
                let sources = sources_with_unneeded(&of_secrets);
                let found = secrets_manager::read(&session, progress, &sources).await?;
                let assigned = assigned(&At::of(&session), &places(&session), &of_secrets, found);
                left_to_the_kernel(session);
                Ok(assigned)
            }));
        }
        if !of_objects.is_empty() {
            parts.push(Box::pin(async {
                let session = objects::Session::new(at(&objects::SERVICE)?, reading);
                note(&session);
                let sources = sources(&of_objects);
                let found = objects::read(&session, progress, &sources, region.is_some()).await?;
                let assigned = assigned(&At::of(&session), &places(&session), &of_objects, found);
                left_to_the_kernel(session);
                Ok(assigned)
            }));
        }
        if !of_credstash.is_empty() {
            parts.push(Box::pin(async {
                let session = credstash::Session::new(at(&credstash::SERVICE)?, reading);
                let keys = keys::Session::new(at(&keys::SERVICE)?, reading);
                note(&session);
                let sources = sources_with_unneeded(&of_credstash);
                let found = credstash::read(&session, &keys, progress, &sources).await?;
                let assigned = assigned(&At::of(&session), &places(&session), &of_credstash, found);
                left_to_the_kernel(session);
                left_to_the_kernel(keys);
                Ok(assigned)
            }));
        }
        let (mut answer, mut errors) = (Answer::default(), Vec::new());
        for (part, failed) in any_fails(parts).await.map_err(|error| vec![error])? {
            answer.secrets.extend(part.secrets);
            answer.readers.extend(part.readers);
            errors.extend(failed);
        }
        if let Some((origin, count)) = session.anchors() {
            output::detail(format_args!(
                "{count} certificates are trusted, from {origin}"
            ));
        }
        match errors.is_empty() {
            true => Ok(answer),
            false => Err(errors),
        }
    }
}

impl Group {
    /// Reads everything that is not of AWS, from all servers at the same time.
    async fn read_elsewhere(
        &self,
        layers: &[Layer],
        reading: Reading,
        progress: &Progress,
    ) -> Result<Answer, Vec<Error>> {
        let mut of_vault: Part<'_, _> = Vec::new();
        let mut of_confidant: Part<'_, _> = Vec::new();
        let mut of_keywhiz: Part<'_, _> = Vec::new();
        for &index in &self.layers {
            let layer = &layers[index];
            match &layer.source.thing {
                Thing::Vault(source) => of_vault.push((index, layer, source)),
                Thing::Confidant(source) => of_confidant.push((index, layer, source)),
                Thing::Keywhiz(source) => of_keywhiz.push((index, layer, source)),
                // It is of another group.
                Thing::ParameterStore(_)
                | Thing::SecretsManager(_)
                | Thing::Credstash(_)
                | Thing::Objects(_)
                | Thing::Biscuit(_) => {}
            }
        }
        let mut parts: Vec<net::Part<'_, (Answer, Vec<Error>), Error>> = Vec::new();
        if !of_vault.is_empty() {
            parts.push(Box::pin(async {
                let sources = sources_with_unneeded(&of_vault);
                let found = vault::read(&self.opener, reading, progress, &sources).await?;
                Ok(assigned_to_readers(&of_vault, found))
            }));
        }
        if !of_confidant.is_empty() {
            parts.push(Box::pin(async {
                let named = self.access.as_deref();
                let named = confidant::Named {
                    region: named.is_some_and(|it| it.region.is_some()),
                    role: named.is_some_and(|it| it.role.is_some()),
                };
                let sources = sources_with_unneeded(&of_confidant);
                let found = confidant::read(&self.opener, named, reading, progress, &sources);
                Ok(assigned_to_readers(&of_confidant, found.await?))
            }));
        }
        if !of_keywhiz.is_empty() {
            parts.push(Box::pin(async {
                let sources = sources_with_unneeded(&of_keywhiz);
                let found = keywhiz::read(reading, progress, &sources).await?;
                Ok(assigned_to_readers(&of_keywhiz, found))
            }));
        }
        let (mut answer, mut errors) = (Answer::default(), Vec::new());
        for (part, failed) in any_fails(parts).await.map_err(|error| vec![error])? {
            answer.secrets.extend(part.secrets);
            answer.readers.extend(part.readers);
            errors.extend(failed);
        }
        match errors.is_empty() {
            true => Ok(answer),
            false => Err(errors),
        }
    }

    /// Reads files, whose values may be sealed.
    async fn read_files(
        &self,
        layers: &[Layer],
        reading: Reading,
        progress: &Progress,
    ) -> Result<Answer, Vec<Error>> {
        let own = self.layers.iter().map(|&index| (index, &layers[index]));
        let part: Part<'_, biscuit::Source> = own
            .filter_map(|(index, layer)| match &layer.source.thing {
                Thing::Biscuit(source) => Some((index, layer, source)),
                Thing::ParameterStore(_)
                | Thing::SecretsManager(_)
                | Thing::Credstash(_)
                | Thing::Objects(_)
                | Thing::Vault(_)
                | Thing::Confidant(_)
                | Thing::Keywhiz(_) => None,
            })
            .collect();
        let open = async |region: Option<String>| {
            let mut opener = self.opener.clone();
            if !self.is_shared {
                opener.region_of_arns = region;
            }
            let open = || {
                Box::pin(async {
                    let session = AwsSession::open(&opener, &keys::SERVICE, progress).await;
                    session.map(Arc::new)
                })
            };
            let session = self.session.get_or_try_init(open).await;
            let of_aws = |error: AwsError| Error::Aws(error);
            let session =
                session.map_err(|errors| errors.into_iter().map(of_aws).collect::<Vec<_>>())?;
            let aws = session.at(&keys::SERVICE);
            let region = self.access.as_ref().and_then(|it| it.region.as_deref());
            let aws = aws.and_then(|aws| match region {
                Some(region) => aws.in_region(region, "a place"),
                None => Ok(aws),
            });
            let aws = aws.map_err(|error| vec![of_aws(error)])?;
            note(&aws);
            Ok(Arc::new(aws))
        };
        let sources = sources_with_unneeded(&part);
        let found = biscuit::read(open, reading, progress, &sources).await?;
        let readers = found.readers.into_iter();
        let readers = readers.map(|reader| {
            let at = At {
                store: biscuit::NAME,
                place: reader.place,
                principal: reader.principal,
            };
            (at, reader.sources)
        });
        let (answer, errors) = by_reader(readers, &part, found.secrets);
        match errors.is_empty() {
            true => Ok(answer),
            false => Err(errors),
        }
    }
}

/// Assigns what each reader found to its sources, which it names by their places in `part`.
fn by_reader<S>(
    readers: impl Iterator<Item = (At, Vec<usize>)>,
    part: &Part<'_, S>,
    found: Vec<Vec<Parameter>>,
) -> (Answer, Vec<Error>) {
    let (mut answer, mut errors) = (Answer::default(), Vec::new());
    let mut all: BTreeMap<usize, Vec<Parameter>> = found.into_iter().enumerate().collect();
    for (at, sources) in readers {
        let part: Part<'_, S> = sources.iter().map(|&it| part[it]).collect();
        let found = sources.iter();
        let found = found.map(|index| all.remove(index).unwrap_or_default());
        let places = |_: &BTreeSet<&Source>| at.place.clone();
        let (part, failed) = assigned(&at, &places, &part, found.collect());
        answer.secrets.extend(part.secrets);
        answer.readers.extend(part.readers);
        errors.extend(failed);
    }
    (answer, errors)
}

/// Assigns what the servers of one store returned, each to the sources that are read there.
fn assigned_to_readers<S>(part: &Part<'_, S>, found: remote::Found) -> (Answer, Vec<Error>) {
    let readers = found.readers.into_iter().map(|reader| {
        let at = At {
            store: reader.store,
            place: reader.place,
            principal: reader.principal,
        };
        (at, reader.sources)
    });
    by_reader(readers, part, found.secrets)
}

/// Says, to who asked for details, where something is read and as which principal.
fn note(session: &AwsSession) {
    let (place, principal) = (session.place(), session.principal());
    output::detail(format_args!("requesting from {place} as {principal}"));
}

/// What one store reads: layers with their place among all, and their things.
type Part<'l, S> = Vec<(usize, &'l Layer, &'l S)>;

/// What is read of each layer, and whether it must exist.
fn sources<'l, S>(part: &Part<'l, S>) -> Vec<(&'l S, Presence)> {
    let sources = part.iter();
    sources
        .map(|(_, layer, source)| (*source, layer.presence))
        .collect()
}

/// The same, with what of each is left out anyway.
fn sources_with_unneeded<'l, S>(part: &Part<'l, S>) -> Vec<(&'l S, Presence, &'l Unneeded)> {
    let sources = part.iter();
    sources
        .map(|(_, layer, source)| (*source, layer.presence, &layer.unneeded))
        .collect()
}

/// Keeps a session until this process is another program, or ends: the kernel takes its memory and its
/// connections back at once, and taking them apart costs a twentieth of a launch.
fn left_to_the_kernel<C>(session: Session<C>) {
    std::mem::forget(session);
}

/// Who reads, and where, for messages.
struct At {
    store: &'static str,
    place: String,
    principal: String,
}

impl At {
    fn of<C: Client>(session: &Session<C>) -> Self {
        Self {
            store: session.service().name,
            place: session.place(),
            principal: session.principal(),
        }
    }
}

/// Where sources are that a session does not find.
fn places<C: Client>(session: &Session<C>) -> impl Fn(&BTreeSet<&Source>) -> String {
    |missing| session.places(missing.iter().map(|source| source.region()))
}

/// Assigns what was found to its sources, and reports everything that is required but missing.
fn assigned<S>(
    at: &At,
    places: &dyn Fn(&BTreeSet<&Source>) -> String,
    part: &Part<'_, S>,
    found: Vec<Vec<Parameter>>,
) -> (Answer, Vec<Error>) {
    let (mut secrets, mut errors) = (BTreeMap::new(), Vec::new());
    let (mut missing, mut wanted_by) = (BTreeSet::new(), Vec::new());
    for ((_, layer, _), mut found) in part.iter().zip(found) {
        if found.is_empty() && layer.presence == Presence::Required {
            match layer.source.empty(at.place.clone()) {
                Some(error) => errors.push(error),
                None => {
                    missing.insert(&layer.source);
                    wanted_by.extend(layer.wanted_by.clone());
                }
            }
        }
        if let Some(options) = layer.source.options() {
            for one in &mut found {
                one.more.get_or_insert_default().options = Some(Arc::clone(&options));
            }
        }
        secrets.insert(layer.source.clone(), found);
    }
    if let Some(first) = missing.first() {
        let place = places(&missing);
        let names = missing.iter().map(ToString::to_string).collect();
        errors.push(match &first.thing {
            Thing::Vault(_) => vault::missing(names, place, wanted_by),
            Thing::Confidant(_) => confidant::missing(names, place, wanted_by),
            Thing::Keywhiz(_) => keywhiz::missing(names, place, wanted_by),
            Thing::Biscuit(_) => biscuit::missing(names, wanted_by),
            Thing::ParameterStore(_)
            | Thing::SecretsManager(_)
            | Thing::Credstash(_)
            | Thing::Objects(_) => Error::Missing {
                things: first.things(),
                place,
                names,
                wanted_by,
            },
        });
    }
    let reader = Reader {
        store: at.store,
        place: at.place.clone(),
        principal: at.principal.clone(),
        layers: part.iter().map(|(index, _, _)| *index).collect(),
        instead_of: None,
    };
    let readers = vec![reader];
    (Answer { secrets, readers }, errors)
}
