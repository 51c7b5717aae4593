//! The layers that options name: paths, and globs of names.

use crate::glob::Glob;
use crate::launch::values::{self, globs};
use crate::options::{LayerKind, UsageError};
use crate::parameter::Presence;
use crate::stores::parameter_store::names;
use crate::stores::{Place, Source, Thing, arn, place};

/// A layer: one that is read as a set, or a single secret whose keys are one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set {
    pub source: Source,
    pub presence: Presence,
    pub taken: Taken,
    /// The beginning that the names of what becomes a variable share.
    pub root: String,
    /// As messages have it.
    pub shown: String,
}

/// What of a layer becomes variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// Each secret.
    Secrets,
    /// Each secret, and the keys of each.
    SecretsAndKeys,
    /// The keys of the one secret, or this one of them.
    Keys(Option<String>),
}

impl Set {
    /// What a place names, as a layer of its own.
    pub fn of(place: Place, presence: Presence) -> Self {
        let Place {
            source,
            key,
            keys_as_well,
        } = place;
        let source = match key {
            None => source.into_layer(),
            Some(_) => source,
        };
        let taken = match (source.is_one(), keys_as_well) {
            (true, _) => Taken::Keys(key),
            (false, true) => Taken::SecretsAndKeys,
            (false, false) => Taken::Secrets,
        };
        Self::new(source, presence, taken)
    }

    pub fn new(source: Source, presence: Presence, taken: Taken) -> Self {
        let (root, shown) = (source.root(), source.to_string());
        Self {
            source,
            presence,
            taken,
            root,
            shown,
        }
    }
}

impl Set {
    /// Refuses an object whose keys become variables, and whose format is not known: before it is read.
    ///
    /// # Errors
    ///
    /// If neither its place nor its name has one.
    pub fn has_format(&self) -> Result<(), place::Fault> {
        match &self.source.thing {
            Thing::Objects(object) if object.format().is_none() => {
                Err(place::without_format("names one object as a layer"))
            }
            _ => Ok(()),
        }
    }

    /// Refuses a region that stands in: what a command compares or writes must be what it names.
    ///
    /// # Errors
    ///
    /// If its place has one.
    pub fn only_its_own_region(&self, command: &str) -> Result<(), UsageError> {
        let access = self.source.access.as_deref();
        match access.and_then(|access| access.fallback_region.as_ref()) {
            None => Ok(()),
            Some(_) => Err(UsageError::new(
                format!(
                    "`{}` has a `fallback-region`, which `{command}` cannot use",
                    self.shown
                ),
                "leave it out: what another region has may be older",
            )),
        }
    }
}

/// The layers in the order in which they apply. One that is given twice is read once, counts where
/// it stands last, and is required if it is required anywhere.
///
/// # Errors
///
/// If a text is not what its flag takes.
pub fn parse(texts: &[(String, LayerKind)], label: Option<&str>) -> Result<Vec<Set>, UsageError> {
    let mut sets: Vec<Set> = Vec::new();
    let label = || label.map(str::to_owned);
    for (text, kind) in texts {
        let (source, presence, taken) = match kind {
            LayerKind::Required | LayerKind::Optional => {
                let (flag, presence) = match kind {
                    LayerKind::Optional => ("--optional-path", Presence::Optional),
                    _ => ("--path", Presence::Required),
                };
                let path = path(&format!("{flag} "), text).map_err(|error| error.about(flag))?;
                (Source::below(path, label()), presence, Taken::Secrets)
            }
            LayerKind::Names => {
                let glob = names_glob(text).map_err(|error| error.about("--names"))?;
                let source = Source::matching(glob, label());
                (source, Presence::Required, Taken::Secrets)
            }
            LayerKind::From => {
                let (source, taken) = from("--from", text, label())?;
                (source, Presence::Required, taken)
            }
            LayerKind::OptionalFrom => {
                let (source, taken) = from("--optional-from", text, label())?;
                (source, Presence::Optional, taken)
            }
        };
        let mut set = Set::new(source, presence, taken);
        let same = |it: &Set| it.source == set.source && it.taken == set.taken;
        if let Some(index) = sets.iter().position(same)
            && sets.remove(index).presence == Presence::Required
        {
            set.presence = Presence::Required;
        }
        sets.push(set);
    }
    Ok(sets)
}

/// The layer that a place names.
fn from(
    flag: &'static str,
    text: &str,
    label: Option<String>,
) -> Result<(Source, Taken), UsageError> {
    if text.is_empty() {
        return Err(values::empty(flag));
    }
    if !place::is_whole(text) {
        if !text.starts_with('/') {
            // It may be a password before a host.
            let shown = match text.contains('@') {
                true => "the text".to_owned(),
                false => format!("`{text}`"),
            };
            return Err(UsageError::new(
                format!("{shown}, in `{flag}`, is neither a path nor a place"),
                "a path begins with `/`, such as /prd/app, and a place with its scheme, such as \
                 secretsmanager://prd/app/",
            )
            .about(flag));
        }
        if !text.contains(['?', '#', '%']) {
            let path = path(&format!("{flag} "), text).map_err(|error| error.about(flag))?;
            return Ok((Source::below(path, label), Taken::Secrets));
        }
    }
    let fault = |fault: place::Fault| values::faulty(flag, text, fault);
    if text.starts_with('/') {
        return Err(fault(without_scheme(text)));
    }
    let place = place::parse(text).map_err(fault)?;
    let set = Set::of(place, Presence::Required);
    set.has_format().map_err(fault)?;
    let Set { source, taken, .. } = set;
    Ok((source.at_label(label), taken))
}

/// What is wrong with a path that is followed by options or a key.
pub fn without_scheme(text: &str) -> place::Fault {
    let path = text.split(['?', '#']).next().unwrap_or_default();
    let path = path.trim_end_matches('/');
    let is_path = names::valid_name(path).is_ok();
    place::Fault {
        why: "has options or a key, and no scheme".to_owned(),
        hint: Some(match is_path {
            true => format!("begin with the scheme: `ssm://{path}/`, and then the options"),
            false => "begin with the scheme, as in `ssm:///prd/app/?region=eu-west-1`".to_owned(),
        }),
        // What stands in an option may be anything.
        secret: text.contains('?'),
    }
}

/// The glob of `--names`, which begins with literal text.
fn names_glob(text: &str) -> Result<Glob, UsageError> {
    let glob = globs("--names", &[text.to_owned()], Glob::for_parameters)?.remove(0);
    let beginning = glob.beginning();
    if place::is_uri(text) {
        return Err(UsageError::new(
            "`--names` is given a URI, and takes a pattern of flat names",
            "such as `prd.app.*`; any place is read with `--from`",
        ));
    }
    if beginning.is_empty() {
        return Err(UsageError::new(
            format!("`--names {text}` does not begin with literal text"),
            "begin with literal text, such as `prd.app.*`: all names of the account would have to be searched otherwise",
        ));
    }
    if beginning == text {
        return Err(UsageError::new(
            format!("`--names {text}` is one name, not a pattern"),
            format!("use `--secret NAME={text}`, or `--names '{text}*'`"),
        ));
    }
    names::valid_name(beginning).map_err(|why| {
        UsageError::new(
            format!("`{beginning}`, with which `--names` begins, {why}"),
            "names contain only letters, digits, `_`, `.`, `-` and `/`",
        )
    })?;
    Ok(glob)
}

/// A path in the one form in which we compare and send it: no doubled `/`, none at its end. `flag`
/// is what stands before it, with a space, if anything does.
pub fn path(flag: &str, text: &str) -> Result<String, UsageError> {
    if text.is_empty() {
        let what = match flag.trim_end() {
            "" => "the path is empty".to_owned(),
            flag => format!("`{flag}` is empty"),
        };
        return Err(UsageError::new(
            what,
            "a path begins with `/`, such as /prd/app; was a variable not set?",
        ));
    }
    if arn::is_meant(text) {
        return Err(UsageError::new(
            format!("`{flag}{text}` is an ARN, not a path"),
            "a path begins with `/`, such as /prd/app; a single parameter by its ARN is `--secret \
             NAME=ARN`",
        ));
    }
    if place::is_uri(text) {
        let what = match flag.trim_end() {
            "" => "the path is a URI, and only a path can stand here".to_owned(),
            flag => format!("`{flag}` is given a URI, and takes a path of Parameter Store"),
        };
        return Err(UsageError::new(
            what,
            "a path begins with `/`, such as /prd/app; any other place is read with `--from`",
        ));
    }
    if !text.starts_with('/') {
        return Err(UsageError::new(
            format!("`{flag}{text}` is not a path: it does not begin with `/`"),
            match flag {
                "" => format!("did you mean `/{text}`?"),
                _ => {
                    format!("did you mean `/{text}`? a single parameter is `--secret NAME={text}`")
                }
            },
        ));
    }
    let parts: Vec<&str> = text.split('/').filter(|part| !part.is_empty()).collect();
    let path = format!("/{}", parts.join("/"));
    if path != "/" {
        names::valid_name(&path).map_err(|why| {
            UsageError::new(
                format!("`{flag}{text}` is not a path: it {why}"),
                "check for characters that the shell should have removed",
            )
        })?;
    }
    Ok(path)
}
