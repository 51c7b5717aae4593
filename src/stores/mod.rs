//! The stores of secrets, and the one function that reads all of them.
//!
//! Here belongs what differs between stores. A store is a file or a folder beside this one and a
//! variant of [`Source`]. Options, and the variables that secrets become, do not belong here; a
//! store does not know another store. What all services of AWS share is in `aws`.

pub mod deadline;
pub mod error;
pub mod parameter_store;

/// ARNs, which references and stores use as names.
pub use crate::aws::arn;
/// Whether a text can be a region at any endpoint.
pub use crate::aws::region::is_label as can_be_region;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

pub use crate::aws::role;
pub use crate::aws::settings::{Caller, Given};
use crate::glob::Glob;
use crate::net::progress::Progress;
use crate::output;
use crate::parameter::{Parameter, Presence, Reading};
use deadline::{runtime, until_the_deadline};
pub use error::Error;

/// What is read: one secret or a set of them, in one store.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    ParameterStore(parameter_store::Source),
}

/// Something to read, and what its absence means.
#[derive(Debug, Clone)]
pub struct Layer {
    pub source: Source,
    pub presence: Presence,
    /// The variables that need it, a sentence each: the causes of the error if it is missing.
    pub wanted_by: Vec<String>,
}

/// All that was read.
#[derive(Debug, Default)]
pub struct Answer {
    parameters: BTreeMap<Source, Vec<Parameter>>,
    /// Region and endpoint, for messages.
    pub place: String,
    /// The principal, for messages.
    pub principal: String,
}

impl Source {
    /// All parameters below a path.
    pub fn below(path: String, label: Option<String>) -> Self {
        Self::ParameterStore(parameter_store::Source::Below { path, label })
    }

    /// All parameters whose names match.
    pub fn matching(glob: Glob, label: Option<String>) -> Self {
        Self::ParameterStore(parameter_store::Source::Matching { glob, label })
    }

    /// One parameter, by its name or ARN, at a version or label if that follows.
    ///
    /// # Errors
    ///
    /// What is wrong with the text, as the rest of a sentence that begins with it.
    pub fn one(text: &str) -> Result<Self, &'static str> {
        let selector = parameter_store::Selector::parse(text)?;
        Ok(Self::ParameterStore(parameter_store::Source::One(selector)))
    }

    /// The glob of a set that has one; other sets are everything below [`Source::root`].
    pub fn glob(&self) -> Option<&Glob> {
        match self {
            Self::ParameterStore(parameter_store::Source::Matching { glob, .. }) => Some(glob),
            Self::ParameterStore(_) => None,
        }
    }

    /// The beginning that the names of a set share; a single parameter has none.
    pub fn root(&self) -> &str {
        let Self::ParameterStore(source) = self;
        match source {
            parameter_store::Source::Below { path, .. } => path,
            parameter_store::Source::Matching { glob, .. } => glob.beginning(),
            parameter_store::Source::One(_) => "",
        }
    }

    /// Whether it is one parameter rather than a set.
    pub fn is_one(&self) -> bool {
        self.selector().is_some()
    }

    /// The region of a single parameter that is named by its ARN.
    pub fn region(&self) -> Option<&str> {
        self.selector()?.region()
    }

    fn selector(&self) -> Option<&parameter_store::Selector> {
        let Self::ParameterStore(source) = self;
        match source {
            parameter_store::Source::One(selector) => Some(selector),
            _ => None,
        }
    }
}

/// As the user wrote it.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ParameterStore(source) => source.fmt(f),
        }
    }
}

impl Answer {
    /// The parameters of a source, sorted by name.
    pub fn all(&self, source: &Source) -> &[Parameter] {
        self.parameters.get(source).map_or(&[], Vec::as_slice)
    }

    /// The parameter of a source that has one.
    pub fn one(&self, source: &Source) -> Option<&Parameter> {
        self.all(source).first()
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
        parameter_store::SERVICE.name,
        caller.timeout,
        async |progress| everything(caller, layers, reading, progress).await,
    ));
    // A host name lookup may still run on a thread of its own.
    runtime.shutdown_background();
    result
}

async fn everything(
    caller: &Caller,
    layers: &[Layer],
    reading: Reading,
    progress: &Progress,
) -> Result<Answer, Vec<Error>> {
    let session = parameter_store::Session::open(caller, reading, progress).await?;
    let (place, principal) = (session.place(), session.principal());
    output::detail(format_args!("requesting from {place} as {principal}"));
    let sources = layers.iter().map(|layer| match &layer.source {
        Source::ParameterStore(source) => (source, layer.presence),
    });
    let sources: Vec<_> = sources.collect();
    let found = parameter_store::read(&session, progress, &sources).await;
    let found = found.map_err(|error| vec![error])?;
    if let Some((origin, count)) = session.anchors() {
        output::detail(format_args!(
            "{count} certificates are trusted, from {origin}"
        ));
    }
    collect(&session, layers, found, principal)
}

/// Assigns the parameters to their sources, or reports everything that is required but missing.
fn collect(
    session: &parameter_store::Session,
    layers: &[Layer],
    found: Vec<Vec<Parameter>>,
    principal: String,
) -> Result<Answer, Vec<Error>> {
    let place = session.place();
    let mut errors = Vec::new();
    let (mut missing, mut wanted_by) = (BTreeSet::new(), Vec::new());
    let mut parameters = BTreeMap::new();
    for (layer, found) in layers.iter().zip(found) {
        if found.is_empty() && layer.presence == Presence::Required {
            let Source::ParameterStore(source) = &layer.source;
            match source.empty(place.clone()) {
                Some(error) => errors.push(error),
                None => {
                    missing.insert(&layer.source);
                    wanted_by.extend(layer.wanted_by.clone());
                }
            }
        }
        parameters.insert(layer.source.clone(), found);
    }
    if !missing.is_empty() {
        let selectors = missing.iter().filter_map(|source| source.selector());
        errors.push(Error::Missing {
            place: session.places(selectors),
            names: missing.into_iter().map(ToString::to_string).collect(),
            wanted_by,
        });
    }
    match errors.is_empty() {
        true => Ok(Answer {
            parameters,
            place,
            principal,
        }),
        false => Err(errors),
    }
}
