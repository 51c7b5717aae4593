//! From a plan and what was read to the environment of the program: what a launch and `check`
//! have in common.

use std::collections::BTreeMap;

use nix::sys::resource::{Resource, getrlimit};
use nix::unistd::{SysconfVar, sysconf};

use crate::exit;
use crate::launch::documents;
use crate::launch::environment::{self, Limits, Merged};
use crate::launch::error::{self, Error, Errors, Failure};
use crate::launch::files;
use crate::launch::fingerprint::{Fingerprint, Told};
use crate::launch::naming::{self, Assigned, Assignment, Form, Layer, Origin};
use crate::launch::plan::{Plan, Source, Undeclared};
use crate::launch::references;
use crate::launch::template;
use crate::options::contract::{self, Contract};
use crate::output;
use crate::parameter::Parameter;
use crate::parameter::Presence;
use crate::secret::Content;
use crate::secret::Secret;
use crate::stores::arn::Arn;
use crate::stores::parameter_store::{self, Answer, Reading, Verbosity};
use crate::system::exec::Program;
use crate::system::memory_file::MemoryFiles;
use crate::variable::VarName;

/// What the program would get, and everything that speaks against it.
#[derive(Debug)]
pub struct Outcome<'a> {
    pub assigned: Assigned<'a>,
    pub merged: Merged,
    /// The arguments of the program, argv\[0\] first.
    pub arguments: Vec<Vec<u8>>,
    /// The files that the program gets, by their place in the plan.
    pub files: Vec<(usize, &'a Content)>,
    pub problems: Vec<Error>,
}

/// What is made of single values that were read, before it is given names.
#[derive(Debug, Default)]
pub struct Derived {
    /// The inherited variables that refer to a secret, and that secret.
    references: Vec<(VarName, Parameter)>,
    /// For each parameter that holds several variables what their names begin with, and they.
    documents: Vec<(String, Vec<Parameter>)>,
    files: Vec<File>,
    problems: Vec<Error>,
}

/// A parameter that becomes a file.
#[derive(Debug)]
struct File {
    /// Its place in the plan.
    place: usize,
    name: VarName,
    /// The parameter, with what the variable holds as its value.
    parameter: Parameter,
    content: Content,
}

impl Derived {
    /// How many bytes a variable stands for: those of its file, if it is one.
    pub fn size(&self, name: &VarName, assignment: &Assignment<'_>) -> usize {
        self.content(name, assignment).len()
    }

    /// What a variable stands for.
    fn content<'d>(&'d self, name: &VarName, assignment: &Assignment<'d>) -> &'d [u8] {
        let mut files = self.files.iter();
        match files.find(|file| assignment.origin == Origin::File && file.name == *name) {
            Some(file) => file.content.expose(),
            None => assignment.parameter.value.expose().as_bytes(),
        }
    }
}

/// Reads all that the plan wants. If that is nothing, nobody is asked, and no credentials are
/// looked for.
pub fn fetch(plan: &Plan) -> Result<Answer, Errors> {
    if plan.request.verbosity == Verbosity::Told
        && let Some(contract) = &plan.contract
    {
        output::note(format_args!("options are read from {contract}"));
    }
    if plan.request.is_empty() {
        if plan.request.verbosity == Verbosity::Told {
            output::note("nothing refers to a secret, so that nobody is asked");
        }
        return Ok(Answer::default());
    }
    parameter_store::fetch(&plan.request).map_err(|errors| error::several(plan.explain(errors)))
}

/// Takes apart what has to be taken apart.
pub fn derive(plan: &Plan, answer: &Answer, places: &MemoryFiles) -> Derived {
    let mut derived = Derived::default();
    for document in &plan.documents {
        let Some(read) = answer.exact.get(&document.selector) else {
            continue;
        };
        match documents::flatten(&read.value, document.format) {
            Ok(values) => {
                let name = |key| format!("{}#{key}", read.name);
                let keys = values.into_iter().map(|(key, value)| Parameter {
                    name: name(key),
                    value,
                    ..read.clone()
                });
                let keys = keys.collect();
                derived.documents.push((name(String::new()), keys));
            }
            Err(problems) => {
                derived.documents.push(Default::default());
                derived.problems.extend(problems.into_iter().map(|problem| {
                    Error::Document(documents::Unreadable {
                        flag: document.flag,
                        parameter: document.selector.to_string(),
                        problem,
                    })
                }));
            }
        }
    }
    for (place, file) in plan.files.iter().enumerate() {
        let Some(read) = answer.exact.get(&file.selector) else {
            continue;
        };
        let name = file.name.clone();
        let content = match plan.request.reading {
            Reading::Values => files::decode(&read.value, file.encoding),
            Reading::Names => Ok(Content::default()),
        };
        let content = content.unwrap_or_else(|problem| {
            derived.problems.push(Error::File(files::Undecodable {
                name: name.clone(),
                parameter: file.selector.to_string(),
                problem,
            }));
            Content::default()
        });
        let parameter = Parameter {
            value: Secret::new(places.value(place, &file.target)),
            ..read.clone()
        };
        derived.files.push(File {
            place,
            name,
            parameter,
            content,
        });
    }
    for reference in &plan.references {
        let Some(read) = answer.exact.get(&reference.target.selector) else {
            continue;
        };
        match references::resolve(reference, read, plan.request.reading) {
            Ok(parameter) => derived.references.push((reference.name.clone(), parameter)),
            Err(error) => derived.problems.push(error.into()),
        }
    }
    derived
}

/// Names, merges and checks what was read. Nothing is done yet, and all problems are found.
pub fn prepare<'a>(
    plan: &'a Plan,
    program: Option<&Program>,
    answer: &'a Answer,
    derived: &'a Derived,
    mut inherited: Vec<Vec<u8>>,
) -> Outcome<'a> {
    let layers: Vec<Layer<'a>> = plan
        .layers
        .iter()
        .map(|source| match *source {
            Source::Path(index) => {
                let (path, presence) = &plan.request.paths[index];
                Layer {
                    path,
                    presence: *presence,
                    parameters: &answer.layers[index],
                    form: Form::Parameters,
                }
            }
            Source::Pattern(index) => {
                let pattern = &plan.request.patterns[index];
                Layer {
                    path: &pattern.beginning,
                    presence: Presence::Required,
                    parameters: &answer.matching[index],
                    form: Form::Names {
                        glob: pattern.glob.text(),
                    },
                }
            }
        })
        .chain(plan.documents.iter().zip(&derived.documents).map(
            |(document, (path, parameters))| Layer {
                path,
                presence: Presence::Optional,
                parameters,
                form: Form::Keys {
                    flag: document.flag,
                    prefix: &document.prefix,
                },
            },
        ))
        .collect();
    let secrets = plan
        .exact
        .iter()
        .filter_map(|(name, selector)| Some((Origin::Exact, name, answer.exact.get(selector)?)));
    let files = derived.files.iter();
    let references = derived.references.iter();
    let exact: Vec<(Origin<'_>, &VarName, &Parameter)> = secrets
        .chain(files.map(|file| (Origin::File, &file.name, &file.parameter)))
        .chain(references.map(|(name, parameter)| (Origin::Reference, name, parameter)))
        .collect();
    if !derived.references.is_empty() {
        let resolved = derived.references.iter().map(|(name, parameter)| {
            let value = parameter.value.expose().as_bytes();
            (name.as_str().as_bytes(), value)
        });
        references::replace(&mut inherited, &resolved.collect());
    }
    let (assigned, naming_problems) = match naming::assign(&plan.rules, &layers, &exact) {
        Ok(assigned) => (assigned, Vec::new()),
        Err((assigned, problems)) => (assigned, problems),
    };
    let mut problems = derived.problems.clone();
    problems.extend(naming_problems.into_iter().map(Error::from));

    let secrets: BTreeMap<_, _> = assigned
        .variables
        .iter()
        .map(|(name, it)| (name, &it.parameter.value))
        .collect();
    let mut merged = environment::merge(inherited, &secrets, &plan.policy);
    let missing = environment::missing(&plan.required, &secrets, &merged);
    if !missing.is_empty() {
        let names = missing.iter().map(|glob| plan.described(glob.text()));
        let names = names.collect();
        problems.push(Error::Required { names });
    }
    if let Some(contract) = &plan.contract {
        problems.extend(breaches(plan, contract, derived, &assigned, &merged));
    }
    if let Some(name) = &plan.fingerprint {
        let text = fingerprint(plan, plan.told(), answer, &assigned).text(&plan.paths());
        environment::set(&mut merged.entries, name, &text);
        problems.extend(assigned.variables.get(name).map(|it| taken(name, it)));
    }
    let path = program.map_or(Vec::new(), |program| {
        std::os::unix::ffi::OsStrExt::as_bytes(program.path().as_os_str()).to_vec()
    });
    let mut arguments = plan.arguments();
    if !plan.templates.is_empty() {
        problems.extend(expand(plan, &merged.entries, &mut arguments));
    }
    if let Err(large) = environment::fits(&merged.entries, &path, &arguments, limits()) {
        problems.extend(large.into_iter().map(Error::from));
    }
    let is_handed_over = |name: &VarName| {
        let origin = assigned.variables.get(name).map(|it| it.origin);
        origin == Some(Origin::File) && !merged.kept.contains(name)
    };
    let files = derived.files.iter();
    let files = files.filter(|file| is_handed_over(&file.name));
    let files = files.map(|file| (file.place, &file.content)).collect();
    Outcome {
        assigned,
        merged,
        arguments,
        files,
        problems,
    }
}

/// What does not agree with the contract.
fn breaches(
    plan: &Plan,
    contract: &Contract,
    derived: &Derived,
    assigned: &Assigned<'_>,
    merged: &Merged,
) -> Vec<Error> {
    let mut problems = Vec::new();
    for variable in &contract.variables {
        let Some(pattern) = &variable.pattern else {
            continue;
        };
        let inherited = merged.preserved(&variable.name);
        let mut secret = assigned.variables.get(&variable.name);
        // What does not reach the program, and what was not read, cannot be wrong.
        secret = secret.filter(|_| inherited.is_empty() && plan.request.reading == Reading::Values);
        let origin = match secret {
            Some(it) if pattern.matches(derived.content(&variable.name, it)) => continue,
            Some(it) => Some(it.parameter.name.clone()),
            None if inherited.iter().all(|value| pattern.matches(value)) => continue,
            None => None,
        };
        problems.push(contract::Problem::Mismatch {
            origin,
            name: variable.name.clone(),
            pattern: pattern.text().to_owned(),
            place: variable.place.clone(),
        });
    }
    if plan.undeclared == Undeclared::Refused {
        let undeclared = assigned.variables.iter().filter(|(name, _)| {
            let mut declared = contract.variables.iter();
            !declared.any(|it| it.name == **name)
        });
        let variables: Vec<(VarName, String)> = undeclared
            .map(|(name, it)| (name.clone(), it.parameter.name.clone()))
            .collect();
        if !variables.is_empty() {
            let file = contract.file.clone();
            problems.push(contract::Problem::Undeclared { file, variables });
        }
    }
    problems.into_iter().map(Error::from).collect()
}

/// Which versions of which parameters the program gets.
///
/// That is said of what was asked for by name, and of the parameters below the paths that become
/// variables. Names that only values tell have no part in it, so that it can be had without reading
/// values: a parameter counts although a key of `--json` overrides it.
pub fn fingerprint(
    plan: &Plan,
    told: Told,
    answer: &Answer,
    assigned: &Assigned<'_>,
) -> Fingerprint {
    let mut versions: BTreeMap<String, String> = BTreeMap::new();
    let mut add = |name: &str, parameter: &Parameter| {
        versions.insert(name.to_owned(), version(parameter));
    };
    for Assignment {
        parameter,
        origin,
        overridden,
    } in assigned.variables.values()
    {
        let below_a_path = match origin {
            Origin::Layer(_) => Some(parameter),
            Origin::Keys(_) => overridden.iter().rfind(|it| !naming::is_key(&it.name)),
            Origin::Exact | Origin::File | Origin::Reference => None,
        };
        if let Some(parameter) = below_a_path {
            add(&parameter.name, parameter);
        }
    }
    for selector in &plan.request.names {
        if let Some(parameter) = answer.exact.get(selector) {
            add(&selector.to_string(), parameter);
        }
    }
    // What another account shares is asked for by its ARN, and says nothing of ours.
    let ours = answer
        .exact
        .iter()
        .filter(|(selector, _)| !selector.is_arn());
    let layers = answer.layers.iter().chain(&answer.matching).flatten();
    let all = layers.chain(ours.map(|(_, it)| it));
    let arns = all.filter_map(|it| it.arn.as_deref());
    let place = arns.filter_map(place).next().unwrap_or_default();
    Fingerprint::new(told, place, versions)
}

/// What tells a value from those before and after it. A secret of Secrets Manager has no number here,
/// but the moment in which its version was made.
fn version(parameter: &Parameter) -> String {
    match (parameter.version, parameter.modified) {
        (0, Some(moment)) => humantime::format_rfc3339_millis(moment).to_string(),
        (version, _) => version.to_string(),
    }
}

/// `REGION/ACCOUNT` of an ARN. What AWS publishes for all has no account.
fn place(arn: &str) -> Option<String> {
    let arn = Arn::parse(arn)?;
    Some(format!("{}/{}", arn.region(), arn.account()?))
}

fn taken(name: &VarName, by: &Assignment<'_>) -> Error {
    let parameter = &by.parameter.name;
    let what = format!("`--fingerprint` and parameter `{parameter}` would both become {name}");
    Failure::new(exit::DATAERR, what)
        .hint("give the fingerprint another name")
        .into()
}

/// Puts values into the arguments, all but the program's own name: those that the program would
/// find in its environment.
fn expand(plan: &Plan, entries: &[Vec<u8>], arguments: &mut [Vec<u8>]) -> Vec<Error> {
    let mut values: BTreeMap<&[u8], &[u8]> = BTreeMap::new();
    for entry in entries {
        if let Some(name) = environment::name_of(entry) {
            // Of two the first counts, as it does for `getenv`.
            values.entry(name).or_insert(&entry[name.len() + 1..]);
        }
    }
    let limit = limits().string;
    let mut problems = Vec::new();
    let arguments = arguments.iter_mut().skip(1).zip(&plan.templates);
    for (number, (argument, template)) in (1..).zip(arguments) {
        match template.expand(number, |name| values.get(name).copied()) {
            Ok(expanded) => *argument = expanded,
            Err(unknown) => problems.extend(unknown),
        }
        let size = argument.len() + 1;
        if size > limit {
            problems.push(template::Problem::TooLarge {
                number,
                size,
                limit,
            });
        }
    }
    problems.into_iter().map(Error::from).collect()
}

/// What the kernel would take from us now.
fn limits() -> Limits {
    const USUAL_PAGE: usize = 4096;
    const USUAL_STACK: u64 = 8 * 1024 * 1024;
    let page = sysconf(SysconfVar::PAGE_SIZE)
        .ok()
        .flatten()
        .and_then(|page| page.try_into().ok());
    let stack = getrlimit(Resource::RLIMIT_STACK).map_or(USUAL_STACK, |(soft, _)| soft);
    Limits::new(page.unwrap_or(USUAL_PAGE), stack)
}
