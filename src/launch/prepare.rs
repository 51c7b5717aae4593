//! From secrets to the environment of the program, with all problems on the way.

use std::collections::{BTreeMap, BTreeSet};

use crate::exit;
use crate::glob::Glob;
use crate::launch::contract::Problem;
use crate::launch::environment::{self, Merged};
use crate::launch::error::{Error, Failure};
use crate::launch::naming::{self, Assigned, Assignment, Form, Layer, Origin};
use crate::launch::plan::{Plan, Undeclared};
use crate::launch::read::Secrets;
use crate::launch::{references, template, versions};
use crate::options::contract::{Contract, Value};
use crate::parameter::{Parameter, Presence, Reading, noun};
use crate::secret::Content;
use crate::system::exec::{self, Program};
use crate::variable::VarName;

/// What the program would get, and all problems with it.
#[derive(Debug)]
pub struct Outcome<'a> {
    pub assigned: Assigned<'a>,
    pub merged: Merged,
    /// The arguments of the program, argv\[0\] first.
    pub arguments: Vec<Vec<u8>>,
    /// The files that the program gets, by their index in the plan.
    pub files: Vec<(usize, &'a Content)>,
    /// The variable for the versions that the program gets, and its value.
    pub fingerprint: Option<(&'a VarName, String)>,
    pub problems: Vec<Error>,
}

/// Names, merges and checks the secrets. It has no effect outside, and finds all problems.
pub fn prepare<'a>(
    plan: &'a Plan,
    program: Option<&Program>,
    secrets: &'a Secrets,
    mut inherited: Vec<Vec<u8>>,
) -> Outcome<'a> {
    let answer = &secrets.answer;
    let sets = plan.sets.iter().enumerate().map(|(index, set)| {
        let (root, parameters) = match secrets.keys.get(&index) {
            Some((root, parameters)) => (root.as_str(), parameters.as_slice()),
            None => (set.root.as_str(), answer.all(&set.source)),
        };
        Layer {
            path: root,
            presence: set.presence,
            parameters,
            form: Form::Parameters { shown: &set.shown },
        }
    });
    let layers: Vec<Layer<'a>> = sets
        .chain(plan.documents.iter().zip(&secrets.documents).map(
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
    let single = plan.exact.iter().enumerate().filter_map(|(index, exact)| {
        let parameter = match &exact.key {
            Some(_) => secrets.picked.get(&index),
            None => answer.one(&exact.source),
        };
        Some((Origin::Exact, &exact.name, parameter?))
    });
    let files = secrets.files.iter();
    let references = secrets.references.iter();
    let exact: Vec<(Origin<'_>, &VarName, &Parameter)> = single
        .chain(files.map(|file| (Origin::File, &file.name, &file.parameter)))
        .chain(references.map(|(name, parameter)| (Origin::Reference, name, parameter)))
        .collect();
    if !secrets.references.is_empty() {
        let resolved = secrets.references.iter().map(|(name, parameter)| {
            let value = parameter.value.expose().as_bytes();
            (name.as_str().as_bytes(), value)
        });
        references::replace(&mut inherited, &resolved.collect());
    }
    let (assigned, naming_problems) = match naming::assign(&plan.rules, &layers, &exact) {
        Ok(assigned) => (assigned, Vec::new()),
        Err((assigned, problems)) => (assigned, problems),
    };
    let mut problems = secrets.problems.clone();
    problems.extend(naming_problems.into_iter().map(Error::from));

    let values: BTreeMap<_, _> = assigned
        .variables
        .iter()
        .map(|(name, it)| (name, &it.parameter.value))
        .collect();
    let mut merged = environment::merge(inherited, &values, &plan.policy);
    let mut missing = environment::missing(&plan.required, &values, &merged);
    // It is added below, whatever it is.
    let added = |glob: &Glob| {
        let name = plan.fingerprint.as_ref();
        name.is_some_and(|name| glob.matches(name.as_str()))
    };
    missing.retain(|glob| !added(glob));
    if !missing.is_empty() && plan.knows_all_names() {
        let names = missing.iter().map(|glob| plan.described(glob.text()));
        problems.push(Error::Required {
            names: names.collect(),
            empty: empty(&missing, &merged, &assigned),
            left_out: left_out(plan, &missing, &assigned),
            similar: similar(plan, &missing, &assigned),
        });
    }
    if let Some(contract) = &plan.contract {
        problems.extend(breaches(plan, contract, secrets, &assigned, &merged));
    }
    let mut fingerprint = None;
    if let Some(name) = &plan.fingerprint {
        let versions = versions::fingerprint(plan, answer, &assigned);
        let text = versions.text(&versions::paths(plan));
        environment::set(&mut merged.entries, name, &text);
        problems.extend(assigned.variables.get(name).map(|it| taken(name, it)));
        fingerprint = Some((name, text));
    }
    let path = program.map_or(Vec::new(), |program| {
        std::os::unix::ffi::OsStrExt::as_bytes(program.path().as_os_str()).to_vec()
    });
    let mut arguments = plan.arguments();
    if !plan.templates.is_empty() {
        problems.extend(expand(plan, &merged.entries, &mut arguments));
    }
    if let Err(large) =
        environment::fits(&merged.entries, &path, &arguments, exec::argument_limits())
    {
        problems.extend(large.into_iter().map(Error::from));
    }
    let is_passed = |name: &VarName| {
        let origin = assigned.variables.get(name).map(|it| it.origin);
        origin == Some(Origin::File) && !merged.kept.contains(name)
    };
    let files = secrets.files.iter();
    let files = files.filter(|file| is_passed(&file.name));
    let files = files.map(|file| (file.index, &file.content)).collect();
    Outcome {
        assigned,
        merged,
        arguments,
        files,
        fingerprint,
        problems,
    }
}

/// The inherited variables that are empty, and that win over a secret or would: why something
/// required is missing, a sentence each.
fn empty(missing: &[&Glob], merged: &Merged, assigned: &Assigned<'_>) -> Vec<String> {
    let names: BTreeSet<&[u8]> = missing
        .iter()
        .flat_map(|glob| merged.preserved_empty(glob))
        .collect();
    let sentence = |name: &[u8]| {
        let name = String::from_utf8_lossy(name);
        let mut secrets = assigned.variables.iter();
        match secrets.find(|(known, _)| known.as_str() == name) {
            Some((_, it)) => {
                let place = it.parameter.place();
                format!(
                    "{name} is inherited, but empty, and wins over {} `{place}`",
                    noun(&place)
                )
            }
            None => format!("{name} is inherited, but empty"),
        }
    };
    names.into_iter().map(sentence).collect()
}

/// The secrets that would be the required ones, if options did not leave them out: a sentence each.
fn left_out(plan: &Plan, missing: &[&Glob], assigned: &Assigned<'_>) -> Vec<String> {
    let mut sentences = Vec::new();
    for filtered in &assigned.filtered {
        let Some(name) = filtered.variable(&plan.rules) else {
            continue;
        };
        if missing.iter().any(|glob| glob.matches(name.as_str())) {
            sentences.push(format!(
                "{name} (`{}`) is left out by `{}`{}",
                filtered.parameter.place(),
                filtered.by(),
                filter_in_contract(plan, filtered)
            ));
        }
    }
    sentences
}

/// Where the contract has the filter that left out a parameter, if it has it.
fn filter_in_contract(plan: &Plan, filtered: &naming::Filtered<'_>) -> String {
    let contract = plan.contract.as_ref();
    let setting = contract.and_then(|contract| match &filtered.excluded_by {
        Some(glob) => contract
            .setting("exclude")
            .filter(|it| matches!(&it.value, Value::List(items) if items.contains(glob))),
        None => contract.setting("only"),
    });
    setting.map_or_else(String::new, |it| format!(" (from {})", it.place))
}

/// Secrets that nothing declares or requires, and whose names are nearly those of missing ones.
fn similar(plan: &Plan, missing: &[&Glob], assigned: &Assigned<'_>) -> Vec<String> {
    let declared = plan.contract.iter().flat_map(|it| &it.variables);
    let declared: BTreeSet<&VarName> = declared.map(|it| &it.name).collect();
    let is_free = |name: &VarName| {
        let mut required = plan.required.iter();
        !declared.contains(name) && !required.any(|glob| glob.matches(name.as_str()))
    };
    let free = assigned.variables.iter().filter(|(name, _)| is_free(name));
    let free: Vec<_> = free.take(MOST_COMPARED).collect();
    let mut questions = Vec::new();
    for wanted in missing {
        let wanted = wanted.text();
        let distance = |name: &VarName| {
            let (wanted, name) = (wanted.to_uppercase(), name.as_str().to_uppercase());
            strsim::damerau_levenshtein(&wanted, &name)
        };
        // Short names are close to each other without being misspelled.
        let most = match wanted.len() {
            0..6 => 0,
            6..10 => 1,
            _ => 2,
        };
        let lengths = free
            .iter()
            .filter(|(name, _)| name.as_str().len().abs_diff(wanted.len()) <= most);
        let nearest = lengths
            .map(|(name, it)| (distance(name), name, it))
            .filter(|(distance, ..)| *distance <= most)
            .min_by_key(|(distance, ..)| *distance);
        if let Some((_, name, it)) = nearest {
            questions.push(format!(
                "did you mean {name} (`{}`) instead of {wanted}?",
                it.parameter.place()
            ));
        }
    }
    questions
}

/// More names than this are not compared: it takes time for each, and each missing one.
const MOST_COMPARED: usize = 2_000;

/// Violations of the contract.
fn breaches(
    plan: &Plan,
    contract: &Contract,
    secrets: &Secrets,
    assigned: &Assigned<'_>,
    merged: &Merged,
) -> Vec<Error> {
    let (mut problems, mut limited) = (Vec::new(), Vec::new());
    for variable in &contract.variables {
        let Some(pattern) = &variable.pattern else {
            continue;
        };
        let preserved = merged.preserved(&variable.name);
        let secret = assigned.variables.get(&variable.name);
        // A value that does not reach the program, or was not read, is not checked.
        let (secret, inherited) = match secret {
            _ if !preserved.is_empty() => (None, preserved.clone()),
            Some(secret) if plan.reading == Reading::Values => (Some(secret), Vec::new()),
            None if variable.presence == Presence::Optional => {
                (None, merged.inherited(&variable.name))
            }
            Some(_) | None => continue,
        };
        let content = secret.map(|it| secrets.content(&variable.name, it));
        let content = match content.transpose() {
            Ok(content) => content,
            Err(limit) => {
                limited.push(Error::from(limit));
                continue;
            }
        };
        let matches = match &content {
            Some(content) => pattern.matches(content),
            None => inherited.iter().all(|value| pattern.matches(value)),
        };
        if matches {
            continue;
        }
        let origin = secret.map(|it| it.parameter.place().into_owned());
        let binary = content.is_some_and(|content| std::str::from_utf8(&content).is_err());
        problems.push(Problem::Mismatch {
            origin,
            is_kept: !preserved.is_empty(),
            binary,
            name: variable.name.clone(),
            pattern: pattern.text().to_owned(),
            place: variable.pattern_place.clone(),
        });
    }
    if plan.undeclared == Undeclared::Refused {
        let undeclared = assigned.variables.iter().filter(|(name, _)| {
            let mut declared = contract.variables.iter();
            !declared.any(|it| it.name == **name)
        });
        let variables: Vec<(VarName, String)> = undeclared
            .map(|(name, it)| (name.clone(), it.parameter.place().into_owned()))
            .collect();
        if !variables.is_empty() {
            let files = contract.named("or");
            problems.push(Problem::Undeclared { files, variables });
        }
    }
    limited.extend(problems.into_iter().map(Error::from));
    limited
}

fn taken(name: &VarName, by: &Assignment<'_>) -> Error {
    let parameter = by.parameter.place();
    let noun = noun(&parameter);
    let what = format!("`--fingerprint` and {noun} `{parameter}` would both become {name}");
    Failure::new(exit::DATAERR, what)
        .hint("give the fingerprint another name")
        .into()
}

/// Expands the arguments after the program's own name, with the values that the program would find
/// in its environment.
fn expand(plan: &Plan, entries: &[Vec<u8>], arguments: &mut [Vec<u8>]) -> Vec<Error> {
    let mut values: BTreeMap<&[u8], &[u8]> = BTreeMap::new();
    for entry in entries {
        if let Some(name) = environment::name_of(entry) {
            // The first of two is used, as by `getenv`.
            values.entry(name).or_insert(&entry[name.len() + 1..]);
        }
    }
    let limit = exec::argument_limits().string;
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
