//! From parameter name to variable name.
#![forbid(unsafe_code)]

mod refused;
mod table;

use std::collections::btree_map::{BTreeMap, Entry};

use crate::glob::Glob;
use crate::launch::values::{self, globs};
use crate::options::flags::{LetterCase, NameFrom};
use crate::options::{Options, UsageError};
use crate::parameter::{Parameter, Presence, noun, split_key};
use crate::stores::Unneeded;
use crate::stores::parameter_store::names;
use crate::variable::VarName;
pub use refused::{Author, Refusal, refusal};

/// How parameters become variables.
#[derive(Debug, Default)]
pub struct Rules {
    /// If there is any, only parameters that match one become variables.
    pub only: Vec<Glob>,
    /// Parameters that match one do not become variables, even if `only` matches.
    pub exclude: Vec<Glob>,
    pub name_from: NameFrom,
    pub case: LetterCase,
    /// Stands for each `/`; `_` unless one was given.
    pub separator: Option<String>,
    /// Comes before every name that is made from a parameter's name.
    pub prefix: String,
    /// Names given by hand: relative or full parameter name, and the variable.
    pub renames: Vec<(String, VarName)>,
    /// Names that are allowed although they are on the list of refused ones.
    pub allow: Vec<Glob>,
}

impl Rules {
    /// What the options say about names.
    ///
    /// # Errors
    ///
    /// If a pattern, a prefix or a renaming cannot be read.
    pub fn new(options: &Options) -> Result<Self, UsageError> {
        let parameters = |flag, texts| globs(flag, texts, Glob::for_parameters);
        Ok(Self {
            only: parameters("--only", &options.only)?,
            exclude: parameters("--exclude", &options.exclude)?,
            name_from: options.name_from,
            case: options.case,
            separator: match &options.separator {
                Some(text) => Some(separator(text)?),
                None => None,
            },
            prefix: match &options.prefix {
                Some(prefix) => values::variable("--prefix", prefix)?.to_string(),
                None => String::new(),
            },
            renames: options
                .rename
                .iter()
                .map(|text| rename(text))
                .collect::<Result<_, _>>()?,
            allow: globs("--allow-name", &options.allow_name, Glob::for_variables)?,
        })
    }
}

impl Rules {
    /// The secrets below `root`, and their keys, whose values the filters make superfluous.
    pub fn unneeded(&self, root: &str) -> Unneeded {
        if self.only.is_empty() && self.exclude.is_empty() {
            return Unneeded::default();
        }
        let root = root.to_owned();
        let filters = Self {
            only: self.only.clone(),
            exclude: self.exclude.clone(),
            ..Self::default()
        };
        Unneeded::new(move |name| {
            let relative = relative(&root, name);
            match is_key(relative) {
                true => Usage::new(&filters).filter(&filters, relative).is_some(),
                false => filters.leaves_out(relative),
            }
        })
    }

    /// Whether the filters leave out everything of a secret, its keys too.
    pub fn leaves_out(&self, relative: &str) -> bool {
        let excluded = self.exclude.iter().any(|glob| glob.matches(relative));
        let below = |glob: &Glob| {
            let beginning = glob.beginning();
            let rest = beginning.strip_prefix(relative);
            glob.matches(relative)
                || rest.is_some_and(|rest| rest.starts_with('/'))
                || relative.starts_with(beginning) && beginning != glob.text()
        };
        excluded || !self.only.is_empty() && !self.only.iter().any(below)
    }
}

/// The parameter and the variable of `--rename`.
pub fn rename(text: &str) -> Result<(String, VarName), UsageError> {
    let hint = "the form is `--rename PARAMETER=NAME`, such as `--rename db/pass=DB_PASSWORD`";
    let Some((parameter, name)) = text.rsplit_once('=') else {
        return Err(
            UsageError::new(format!("`--rename {text}` is not PARAMETER=NAME"), hint)
                .about("--rename"),
        );
    };
    let is_place = parameter.contains("://") || parameter.contains('#');
    let in_secrets = |it: char| it.is_ascii_alphanumeric() || "/_+=.@-".contains(it);
    if !(is_place || parameter.chars().all(in_secrets) && !parameter.is_empty()) {
        names::valid_name(parameter).map_err(|why| {
            UsageError::new(format!("`{parameter}`, in `--rename`, {why}"), hint).about("--rename")
        })?;
    }
    Ok((parameter.to_owned(), values::variable("--rename", name)?))
}

/// The parameters below one path.
#[derive(Debug, Clone, Copy)]
pub struct Layer<'a> {
    pub path: &'a str,
    pub presence: Presence,
    pub parameters: &'a [Parameter],
    pub form: Form<'a>,
}

/// What a layer consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form<'a> {
    /// Each parameter by itself; messages name the layer as it is shown.
    Parameters { shown: &'a str },
    /// The keys of one parameter, whose names begin with `prefix`. Patterns and renames, which are
    /// for parameters, do not concern them.
    Keys { flag: &'static str, prefix: &'a str },
}

/// The content of each variable, and where it comes from.
#[derive(Debug, Default)]
pub struct Assigned<'a> {
    pub variables: BTreeMap<VarName, Assignment<'a>>,
    pub filtered: Vec<Filtered<'a>>,
}

/// The parameter behind one variable.
#[derive(Debug, Clone)]
pub struct Assignment<'a> {
    pub parameter: &'a Parameter,
    pub origin: Origin<'a>,
    /// The parameters of earlier layers that would have had this name, earliest first.
    pub overridden: Vec<&'a Parameter>,
}

/// Where the parameter of a variable comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin<'a> {
    /// A layer, by its path or pattern.
    Layer(&'a str),
    /// One parameter that holds several variables, by its flag.
    Keys(&'static str),
    /// A variable requested by name.
    Exact,
    /// A file, requested by the name of the variable for its path.
    File,
    /// An inherited variable that refers to it.
    Reference,
}

/// A parameter that was read but does not become a variable.
#[derive(Debug, Clone)]
pub struct Filtered<'a> {
    pub parameter: &'a Parameter,
    /// The path of its layer.
    path: &'a str,
    /// The `--exclude` pattern that matched, or `None` if no `--only` pattern did.
    pub excluded_by: Option<String>,
}

/// Why a parameter cannot become a variable, or a rule does nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error(
        "{}s {} would {} become {name}",
        what(parameters),
        listed(parameters),
        if parameters.len() == 2 { "both" } else { "all" }
    )]
    Collision {
        name: VarName,
        parameters: Vec<String>,
    },
    #[error(
        "{} `{parameter}` would become `{name}`, which is not a valid variable name",
        noun(parameter)
    )]
    NotAName { parameter: String, name: String },
    #[error("{} `{parameter}` would become {name}, which {why}", noun(parameter))]
    Refused {
        parameter: String,
        name: VarName,
        author: Author,
        why: Refusal,
    },
    #[error(
        "the value of {} `{parameter}` contains a NUL, which a variable cannot contain",
        noun(parameter)
    )]
    Nul { parameter: String },
    #[error("the value of `{parameter}` is not text, which a variable must be")]
    Binary { parameter: String },
    #[error("`{flag} {glob}` matches no parameter")]
    UnusedGlob { flag: &'static str, glob: String },
    #[error("`--rename {parameter}={name}` matches no parameter")]
    UnusedRename { parameter: String, name: VarName },
    #[error(
        "`--rename` gives {} `{parameter}` two names, {first} and {second}",
        noun(parameter)
    )]
    TwoNames {
        parameter: String,
        first: VarName,
        second: VarName,
    },
}

impl Problem {
    /// What to try.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Collision { parameters, .. } if parameters.iter().any(|it| is_key(it)) => {
                "give one of the keys another name where they are stored"
            }
            Self::NotAName { parameter, .. } if is_key(parameter) => {
                "names are letters, digits and `_`, and do not begin with a digit: use \
                 `--json PREFIX=PLACE`, for a layer `--prefix TEXT` or `--rename KEY=NAME`, or give the key \
                 another name where it is stored"
            }
            Self::Refused {
                author: Author::Operator,
                ..
            } => {
                "the name was given, but who may write the parameter chooses the value: to allow \
                 it all the same, use `--allow-name NAME`"
            }
            Self::Refused { parameter, .. } if is_key(parameter) => {
                "to allow it, use `--allow-name NAME`, or give the names of its keys a prefix, with `--json \
                 PREFIX=PLACE`, or for a layer `--prefix TEXT` or `--rename KEY=NAME`; otherwise find out who \
                 wrote that key"
            }
            Self::Nul { parameter } if is_key(parameter) => "store it encoded, such as in base64",
            Self::Collision { .. } => {
                "give one of them another name with `--rename PARAMETER=NAME`, or leave one out \
                 with `--exclude GLOB`"
            }
            Self::NotAName { .. } => {
                "names are letters, digits and `_`, and do not begin with a digit: use `--prefix \
                 TEXT` or `--rename PARAMETER=NAME`, or leave it out with `--exclude GLOB`"
            }
            Self::Refused { why, .. } if why.is_setting() => {
                "to allow it, give the name yourself with `--rename PARAMETER=NAME` or `--secret \
                 NAME=PARAMETER`, or use `--allow-name NAME`; otherwise leave it out with \
                 `--exclude GLOB`, and find out who wrote that parameter"
            }
            Self::Refused { .. } => {
                "to allow it, use `--allow-name NAME`; otherwise leave it out with \
                 `--exclude GLOB`, and find out who wrote that parameter"
            }
            Self::Nul { .. } => {
                "store it encoded, such as in base64, or leave it out with `--exclude GLOB`"
            }
            Self::Binary { .. } => {
                "pass it as a file with `--file NAME=PLACE`, and leave it out of a layer with `--exclude \
                 GLOB`"
            }
            Self::UnusedGlob { .. } => {
                "globs match the name relative to its path, such as `db/*`; `*` stops at `/`, \
                 `**` does not; `envsecrets check` lists what exists"
            }
            Self::TwoNames { .. } => "leave one of them out; for a second variable use `--secret`",
            Self::UnusedRename { .. } => {
                "name the parameter relative to its path, such as `db/pass`, or in full"
            }
        }
    }
}

/// Whether it is a key of a parameter that contains several: no parameter name has a `#`.
pub fn is_key(name: &str) -> bool {
    split_key(name).is_some()
}

/// What several together are called.
fn what(names: &[String]) -> &'static str {
    let mut nouns = names.iter().map(|name| noun(name));
    nouns.find(|it| *it != "parameter").unwrap_or("parameter")
}

fn listed(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [all @ .., last] if !all.is_empty() => format!("{} and {last}", all.join(", ")),
        _ => quoted.join(""),
    }
}

/// Decides the content of each variable.
///
/// A later layer overrides an earlier one, and an exact assignment overrides every layer and the
/// exact ones before it. Within
/// a layer nothing overrides anything: two parameters with one name are a problem. All problems
/// are found, not only the first. The outcome does not depend on the order of the parameters
/// within a layer.
pub fn assign<'a>(
    rules: &Rules,
    layers: &[Layer<'a>],
    exact: &[(Origin<'a>, &VarName, &'a Parameter)],
) -> Result<Assigned<'a>, (Assigned<'a>, Vec<Problem>)> {
    let mut assigned = Assigned::default();
    let mut problems = Vec::new();
    let mut usage = Usage::new(rules);

    for layer in layers {
        let mut named: BTreeMap<VarName, Vec<&'a Parameter>> = BTreeMap::new();
        for parameter in layer.parameters {
            let relative = relative(layer.path, &parameter.name);
            if let Form::Keys { prefix, .. } = layer.form {
                match derive(rules, prefix, relative, parameter) {
                    Ok(name) => named.entry(name).or_default().push(parameter),
                    Err(problem) => problems.push(problem),
                }
                continue;
            }
            let renamed = usage.rename(rules, relative, parameter);
            if let Some(excluded_by) = usage.filter(rules, relative) {
                assigned.filtered.push(Filtered {
                    parameter,
                    path: layer.path,
                    excluded_by,
                });
                continue;
            }
            let name = renamed.and_then(|name| match name {
                Some(name) => Ok(name),
                None => derive(rules, &rules.prefix, relative, parameter),
            });
            match name {
                Ok(name) => named.entry(name).or_default().push(parameter),
                Err(problem) => problems.push(problem),
            }
        }
        for (name, parameters) in named {
            let &[parameter] = parameters.as_slice() else {
                let mut parameters: Vec<String> = parameters
                    .iter()
                    .map(|it| it.place().into_owned())
                    .collect();
                parameters.sort();
                problems.push(Problem::Collision { name, parameters });
                continue;
            };
            let author = || {
                let relative = relative(layer.path, &parameter.name);
                let is_renamed = rules
                    .renames
                    .iter()
                    .any(|(from, to)| *to == name && is_named(from, relative, parameter));
                // The value of a single parameter of that name is the one that the program gets.
                match is_renamed || exact.iter().any(|(_, known, _)| **known == name) {
                    true => Author::Operator,
                    false => Author::Parameter,
                }
            };
            problems.extend(objection(rules, &name, parameter, author));
            let origin = match layer.form {
                Form::Parameters { shown } => Origin::Layer(shown),
                Form::Keys { flag, .. } => Origin::Keys(flag),
            };
            assigned.put(name, parameter, origin);
        }
    }
    for &(origin, name, parameter) in exact {
        problems.extend(objection(rules, name, parameter, || Author::Operator));
        assigned.put(name.clone(), parameter, origin);
    }
    if layers
        .iter()
        .any(|layer| layer.presence == Presence::Required)
    {
        problems.extend(usage.unused(rules));
    }

    assigned
        .filtered
        .sort_by(|a, b| a.parameter.name.cmp(&b.parameter.name));
    problems.sort_by_key(|problem| problem.to_string());
    problems.dedup();
    if problems.is_empty() {
        Ok(assigned)
    } else {
        Err((assigned, problems))
    }
}

impl Filtered<'_> {
    /// The variable that it would have become.
    pub fn variable(&self, rules: &Rules) -> Option<VarName> {
        let relative = relative(self.path, &self.parameter.name);
        let mut renames = rules.renames.iter();
        let renamed = renames.find(|(from, _)| is_named(from, relative, self.parameter));
        match renamed {
            Some((_, name)) => Some(name.clone()),
            None => derive(rules, &rules.prefix, relative, self.parameter).ok(),
        }
    }

    /// The options that left it out.
    pub fn by(&self) -> String {
        match &self.excluded_by {
            Some(glob) => format!("--exclude {glob}"),
            None => "--only".to_owned(),
        }
    }
}

impl<'a> Assigned<'a> {
    fn put(&mut self, name: VarName, parameter: &'a Parameter, origin: Origin<'a>) {
        match self.variables.entry(name) {
            Entry::Vacant(vacant) => {
                vacant.insert(Assignment {
                    parameter,
                    origin,
                    overridden: Vec::new(),
                });
            }
            Entry::Occupied(mut occupied) => {
                let assignment = occupied.get_mut();
                assignment.overridden.push(assignment.parameter);
                assignment.parameter = parameter;
                assignment.origin = origin;
            }
        }
    }
}

/// The part of a parameter's name that follows its path.
///
/// `path` begins with `/` and does not end with one, except for `/` itself.
pub fn relative<'n>(path: &str, name: &'n str) -> &'n str {
    let rest = if path == "/" {
        name
    } else {
        name.strip_prefix(path).unwrap_or(name)
    };
    rest.strip_prefix('/').unwrap_or(rest)
}

/// Whether `--rename` means this parameter: by its relative or its full name, and a key also as if it
/// were below its secret.
fn is_named(from: &str, relative: &str, parameter: &Parameter) -> bool {
    let below = || relative.contains('#') && relative.replacen('#', "/", 1) == from;
    from == relative || from == parameter.name || below()
}

/// Makes a variable name from a relative parameter name.
fn derive(
    rules: &Rules,
    prefix: &str,
    relative: &str,
    parameter: &Parameter,
) -> Result<VarName, Problem> {
    let basis = match rules.name_from {
        NameFrom::Path => relative,
        NameFrom::Leaf => relative.rsplit(['/', '#']).next().unwrap_or(relative),
    };
    let mut name = prefix.to_owned();
    let separator = rules.separator.as_deref().unwrap_or(SEPARATOR);
    spell(&mut name, basis, rules.case, separator);
    VarName::parse(&name).ok_or(Problem::NotAName {
        parameter: parameter.place().into_owned(),
        name,
    })
}

/// The variable for a relative name without further options.
pub fn usual_variable(relative: &str) -> String {
    let mut name = String::new();
    spell(&mut name, relative, LetterCase::Upper, SEPARATOR);
    name
}

/// What stands for a `/` without further options.
const SEPARATOR: &str = "_";

/// Adds a text as it can stand in the name of a variable.
fn spell(name: &mut String, text: &str, case: LetterCase, separator: &str) {
    for character in text.chars() {
        match case {
            // A key is one level below its secret.
            _ if character == '/' || character == '#' => name.push_str(separator),
            LetterCase::Upper if character.is_ascii_alphanumeric() => {
                name.push(character.to_ascii_uppercase());
            }
            LetterCase::Keep if character.is_ascii_alphanumeric() => name.push(character),
            LetterCase::Upper | LetterCase::Keep => name.push('_'),
        }
    }
}

/// A separator that can stand in the name of a variable.
/// The text of `--separator`.
pub fn separator(text: &str) -> Result<String, UsageError> {
    let is_part = |it: char| it.is_ascii_alphanumeric() || it == '_';
    if !text.is_empty() && text.chars().all(is_part) {
        return Ok(text.to_owned());
    }
    let error = UsageError::new(
        format!("`{text}`, in `--separator`, cannot stand in the name of a variable"),
        "use letters, digits and `_`, such as `--separator __`",
    );
    Err(error.about("--separator"))
}

/// Why this parameter's value must not reach the program under this name.
///
/// `author` is who chose the name: only a refusal needs to find that out.
fn objection(
    rules: &Rules,
    name: &VarName,
    parameter: &Parameter,
    author: impl FnOnce() -> Author,
) -> Option<Problem> {
    if parameter.bytes().is_some() {
        return Some(Problem::Binary {
            parameter: parameter.place().into_owned(),
        });
    }
    if parameter.value.expose().contains('\0') {
        return Some(Problem::Nul {
            parameter: parameter.place().into_owned(),
        });
    }
    if rules.allow.iter().any(|glob| glob.matches(name.as_str())) {
        return None;
    }
    let why = refusal(name, parameter.value.expose())?;
    let author = author();
    if why.is_setting() && author == Author::Operator {
        return None;
    }
    Some(Problem::Refused {
        parameter: parameter.place().into_owned(),
        name: name.clone(),
        author,
        why,
    })
}

/// Which rules have matched: one that never does is a typo.
struct Usage {
    only: Vec<bool>,
    exclude: Vec<bool>,
    renames: Vec<bool>,
}

impl Usage {
    fn new(rules: &Rules) -> Self {
        Self {
            only: vec![false; rules.only.len()],
            exclude: vec![false; rules.exclude.len()],
            renames: vec![false; rules.renames.len()],
        }
    }

    /// `None` if the parameter stays; otherwise what excluded it. The key of a secret is matched as the
    /// secret, and as if it were one below it.
    fn filter(&mut self, rules: &Rules, relative: &str) -> Option<Option<String>> {
        let key = relative.split_once('#');
        let key = key.map(|(secret, key)| (secret, format!("{secret}/{key}")));
        let (pair, one);
        let names: &[&str] = match &key {
            Some((secret, key)) => {
                pair = [*secret, key.as_str()];
                &pair
            }
            None => {
                one = [relative];
                &one
            }
        };
        let (mut wanted, mut excluded) = (false, None);
        for name in names {
            wanted |= mark(&rules.only, &mut self.only, name).is_some();
            excluded = excluded.or(mark(&rules.exclude, &mut self.exclude, name));
        }
        if let Some(glob) = excluded {
            return Some(Some(glob.text().to_owned()));
        }
        (!rules.only.is_empty() && !wanted).then_some(None)
    }

    /// The name given by hand, if there is one.
    fn rename(
        &mut self,
        rules: &Rules,
        relative: &str,
        parameter: &Parameter,
    ) -> Result<Option<VarName>, Problem> {
        let mut given: Option<&VarName> = None;
        for (used, (from, to)) in self.renames.iter_mut().zip(&rules.renames) {
            if !is_named(from, relative, parameter) {
                continue;
            }
            *used = true;
            if let Some(first) = given.replace(to)
                && first != to
            {
                return Err(Problem::TwoNames {
                    parameter: parameter.place().into_owned(),
                    first: first.clone(),
                    second: to.clone(),
                });
            }
        }
        Ok(given.cloned())
    }

    fn unused(&self, rules: &Rules) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (flag, globs, used) in [
            ("--only", &rules.only, &self.only),
            ("--exclude", &rules.exclude, &self.exclude),
        ] {
            for (glob, used) in globs.iter().zip(used) {
                if !used {
                    problems.push(Problem::UnusedGlob {
                        flag,
                        glob: glob.text().to_owned(),
                    });
                }
            }
        }
        for ((parameter, name), used) in rules.renames.iter().zip(&self.renames) {
            if !used {
                let (parameter, name) = (parameter.clone(), name.clone());
                problems.push(Problem::UnusedRename { parameter, name });
            }
        }
        problems
    }
}

/// The first glob that matches, noting every one that does.
fn mark<'g>(globs: &'g [Glob], used: &mut [bool], relative: &str) -> Option<&'g Glob> {
    let mut first = None;
    for (glob, used) in globs.iter().zip(used) {
        if glob.matches(relative) {
            *used = true;
            first = first.or(Some(glob));
        }
    }
    first
}

#[cfg(test)]
mod tests;
