//! Places as arguments of commands, and reading what they name.

use std::collections::BTreeSet;

use serde::Serialize;

use super::args::Path;
use crate::exit;
use crate::launch::error::{self, Errors, Failure, Problems};
use crate::launch::fingerprint::Change;
use crate::launch::layers::{self, Set};
use crate::launch::{self, naming};
use crate::options::{DotenvDialect, UsageError};
use crate::parameter::{Parameter, Presence, Reading};
use crate::stores::place::{self, Fault};
use crate::stores::{self, Caller, Layer, Source, Thing, Unneeded};

/// What an argument names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// All parameters below a path.
    Path(Path),
    /// What a URI or an ARN names.
    Set(Box<Set>),
}

impl Place {
    /// Parses a path, a URI or an ARN, or a pattern of flat names such as `prd.app.*`.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, UsageError> {
        let faulty = |fault: Fault| {
            let what = format!("{} {}", fault.shown(text), fault.why);
            let hint = fault.hint.unwrap_or_else(|| {
                "a place is a path, such as /prd/app, or a URI, such as secretsmanager://prd/app/"
                    .to_owned()
            });
            UsageError::new(what, hint)
        };
        if is_meant(text) && !text.starts_with('/') {
            let place = place::parse(text).map_err(faulty)?;
            // A single secret was not found if it is missing; a set may be empty.
            let presence = match place.source.is_one() {
                true => Presence::Required,
                false => Presence::Optional,
            };
            return Ok(Self::Set(Box::new(Set::of(place, presence))));
        }
        // Flat names, which are below no path.
        if text.contains('*') && !text.contains('/') {
            let place = place::parse(&format!("ssm://{text}")).map_err(faulty)?;
            return Ok(Self::Set(Box::new(Set::of(place, Presence::Optional))));
        }
        match text.starts_with('/') && text.contains(['?', '#']) {
            true => Err(faulty(layers::without_scheme(text))),
            false => Path::parse(text).map(Self::Path),
        }
    }

    /// The layer that it is.
    pub fn set(&self) -> Set {
        match self {
            Self::Path(path) => {
                let source = Source::below(path.to_string(), None);
                Set::new(source, Presence::Optional, layers::Taken::Secrets)
            }
            Self::Set(set) => (**set).clone(),
        }
    }
}

/// Whether a text is a URI or an ARN, and neither a path nor a file.
pub fn is_meant(text: &str) -> bool {
    place::is_whole(text) && !text.starts_with("file://")
}

/// Whether a place is in Parameter Store, and a set: what has a catalogue.
pub fn is_catalogued(set: &Set) -> bool {
    matches!(set.source.thing, Thing::ParameterStore(_)) && !set.source.is_one()
}

/// The secrets of a place.
#[derive(Debug)]
pub struct Found {
    /// The beginning that their names share.
    root: String,
    /// What was read: of a single secret itself, and not its keys.
    pub read: Vec<Parameter>,
    /// What is compared or copied.
    pub secrets: Vec<Parameter>,
    /// Store and region, for messages.
    pub place: String,
}

impl Found {
    /// The beginning that their names share: a path, or that of a URI.
    pub fn root(&self) -> &str {
        &self.root
    }

    /// The name of one of them in the place. A key follows its secret as a parameter does its path.
    pub fn relative(&self, secret: &Parameter) -> String {
        naming::relative(&self.root, &secret.name).replace('#', "/")
    }
}

/// Reads places as one caller, all at the same time. Where only names are read, keys are missing.
/// `leaves_out` is whether the keys of a secret are not needed, by its relative name.
///
/// # Errors
///
/// Those of the stores; or a secret that cannot be taken apart, or whose keys have the name of
/// another secret.
pub fn read<const N: usize>(
    caller: &Caller,
    sets: [&Set; N],
    reading: Reading,
    leaves_out: impl Fn(&str) -> bool,
) -> Result<[Found; N], Errors> {
    let mut given: Vec<Layer> = Vec::new();
    for set in sets {
        if !given.iter().any(|layer| layer.source == set.source) {
            given.push(layer(set));
        }
    }
    let answer = stores::read(caller, &given, reading).map_err(error::several)?;
    found(sets, &given, &answer, reading, leaves_out)
}

/// Reads one set as one caller and another as another, at the same time.
///
/// # Errors
///
/// As [`read`].
pub fn read_both(
    [(caller, set), (other_caller, other)]: [(&Caller, &Set); 2],
    reading: Reading,
) -> Result<[Found; 2], Errors> {
    let layers = [layer(set), layer(other)];
    let callers = [(caller, &layers[0]), (other_caller, &layers[1])];
    let answers = stores::read_both(callers, reading).map_err(error::several)?;
    let mut problems = Problems::default();
    let mut side = |set, layer, answer| {
        let found = found([set], std::slice::from_ref(layer), answer, reading, |_| {
            false
        });
        problems.take(found)
    };
    let both = [
        side(set, &layers[0], &answers[0]),
        side(other, &layers[1], &answers[1]),
    ];
    match both {
        [Some([one]), Some([other])] => Ok([one, other]),
        _ => Err(problems.into_errors()),
    }
}

/// What reads a set.
fn layer(set: &Set) -> Layer {
    Layer {
        source: set.source.clone(),
        presence: set.presence,
        wanted_by: Vec::new(),
        unneeded: Unneeded::default(),
    }
}

/// What was found of each set.
fn found<const N: usize>(
    sets: [&Set; N],
    given: &[Layer],
    answer: &stores::Answer,
    reading: Reading,
    leaves_out: impl Fn(&str) -> bool,
) -> Result<[Found; N], Errors> {
    let mut problems = Problems::default();
    let all = sets.map(|set| {
        let shown = set.source.to_string();
        let mut readers = answer.readers.iter();
        let reader = readers.find(|reader| reader.sources(given).contains(&shown));
        let read = answer.all(&set.source);
        let dialect = DotenvDialect::Common;
        let (root, mut secrets, unreadable) =
            launch::taken(set, read, &leaves_out, reading, dialect);
        secrets.sort_by(|one, other| one.name.cmp(&other.name));
        for one in unreadable {
            let what = format!("`{}` has no keys to read: {}", one.parameter, one.problem);
            let failure = Failure::new(exit::DATAERR, what);
            problems.add(failure.hint(one.problem.hint()));
        }
        let found = Found {
            root,
            read: read.to_vec(),
            secrets,
            place: reader.map_or_else(String::new, |reader| reader.place.clone()),
        };
        let mut seen = BTreeSet::new();
        for secret in &found.secrets {
            let name = found.relative(secret);
            if !seen.insert(name.clone()) {
                let what = format!("both a key and a secret of `{shown}` are called `{name}`");
                let failure = Failure::new(exit::DATAERR, what);
                problems.add(failure.hint("leave out `json`, or read the secrets one by one"));
            }
        }
        found
    });
    problems.none().map(|()| all)
}

/// The version of a secret: a number, or an identifier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Version {
    Number(i64),
    Id(String),
}

impl Version {
    /// The version that was read.
    pub fn of(parameter: &Parameter) -> Self {
        match parameter.version_id() {
            Some(id) => Self::Id(id.to_owned()),
            None => Self::Number(parameter.version),
        }
    }

    /// A cell of a table.
    pub fn cell(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Id(id) => cut(id),
        }
    }
}

/// One secret, by its name or place as a fingerprint lists it.
pub fn single(text: &str) -> Option<Source> {
    place::one(text).ok().map(|place| place.source)
}

/// A version as a fingerprint has it: of an identifier, which is long, the beginning.
fn short(version: &str) -> String {
    let is_id = |it: char| it.is_ascii_alphanumeric() || "-_".contains(it);
    match version.len() > 24 && version.chars().all(is_id) {
        true => cut(version),
        false => version.to_owned(),
    }
}

/// From which version to which a secret of a fingerprint has changed.
pub fn versions(change: &Change) -> String {
    match change {
        Change::Version { then, now, .. } => format!("{} -> {}", short(then), short(now)),
        Change::Added { now, .. } => format!("-> {}", short(now)),
        Change::Removed { then, .. } => format!("{} ->", short(then)),
        Change::Unlisted => String::new(),
    }
}

/// The beginning of the identifier of a version, which tells it from the others.
pub fn cut(id: &str) -> String {
    const SHOWN: usize = 8;
    id.chars().take(SHOWN).collect()
}
