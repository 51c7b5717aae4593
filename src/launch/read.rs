//! Reading everything that the plan names, and taking apart what holds several things.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::launch::error::{self, Error, Errors};
use crate::launch::files::{self, Encoding, FileSpec};
use crate::launch::layers::{Set, Taken};
use crate::launch::naming::{self, Assignment, Origin};
use crate::launch::plan::Plan;
use crate::launch::references;
use crate::launch::{content, documents};
use crate::options::DotenvDialect;
use crate::options::contract::Replaced;
use crate::output;
use crate::parameter::{More, Parameter, Presence, Reading};
use crate::secret::{Content, Secret};
use crate::stores::{self, Answer};
use crate::system::limits::{self, Limit};
use crate::system::memory_file::MemoryFiles;
use crate::system::unnamed;
use crate::variable::VarName;

/// Everything that was read, before it is given names.
#[derive(Debug, Default)]
pub struct Secrets {
    pub answer: Answer,
    /// The inherited variables that refer to a secret, and that secret.
    pub references: Vec<(VarName, Parameter)>,
    /// For each parameter that holds several variables the beginning of their names, and them.
    pub documents: Vec<(String, Vec<Parameter>)>,
    /// The same for layers of which keys become variables, by their index in the plan.
    pub keys: BTreeMap<usize, (String, Vec<Parameter>)>,
    /// The variables that are made from one key of a secret, by their index in the plan.
    pub picked: BTreeMap<usize, Parameter>,
    pub files: Vec<File>,
    /// What could not be taken apart.
    pub problems: Vec<Error>,
}

/// A parameter that becomes a file.
#[derive(Debug)]
pub struct File {
    /// Its index among the files of the plan.
    pub index: usize,
    pub name: VarName,
    /// The parameter, with what the variable holds as its value.
    pub parameter: Parameter,
    pub content: Content,
}

impl Secrets {
    /// The size of what a variable stands for, in bytes: of its file, if it is one.
    pub fn size(&self, name: &VarName, assignment: &Assignment<'_>) -> usize {
        let file = self.file(name, assignment);
        file.map_or_else(
            || assignment.parameter.value.size(),
            |file| file.content.size(),
        )
    }

    /// What a variable stands for.
    ///
    /// # Errors
    ///
    /// If it is a large file, and this machine does not allow to read it.
    pub fn content<'d>(
        &'d self,
        name: &VarName,
        assignment: &Assignment<'d>,
    ) -> Result<Cow<'d, [u8]>, Limit> {
        match self.file(name, assignment) {
            Some(file) => unnamed::read(&file.content).map_err(|error| limits::of_call(&error)),
            None => Ok(assignment.parameter.value.expose().as_bytes().into()),
        }
    }

    fn file(&self, name: &VarName, assignment: &Assignment<'_>) -> Option<&File> {
        let mut files = self.files.iter();
        files.find(|file| assignment.origin == Origin::File && file.name == *name)
    }
}

/// Reads everything that the plan names. If that is nothing, no call is made, and no credentials
/// are looked for.
///
/// # Errors
///
/// All that could be found at the same time: references that cannot be read, secrets that do not
/// exist, or why a store could not be read. What was read and cannot be used is part of the result.
pub fn read(plan: &Plan, files: &MemoryFiles) -> Result<Secrets, Errors> {
    plan.references().map_err(error::several)?;
    if plan.verbose {
        output::be_verbose();
    }
    if let Some(contract) = &plan.contract {
        output::detail(format_args!("options are read from {contract}"));
        for Replaced { key, place, by } in &contract.replaced {
            output::detail(format_args!(
                "`{key}` (from {by}) replaces that of an earlier file (from {place})"
            ));
        }
    }
    if plan.layers.is_empty() {
        output::detail("no references found: nothing to fetch");
        return Ok(Secrets::default());
    }
    let answer = stores::read(&plan.caller, &plan.layers, plan.reading).map_err(error::several)?;
    let mut secrets = Secrets {
        answer,
        ..Secrets::default()
    };
    secrets.take_keys(plan);
    secrets.take_exact(plan);
    secrets.take_documents(plan);
    secrets.take_files(plan, files);
    secrets.take_references(plan);
    Ok(secrets)
}

impl Secrets {
    /// Takes the keys of layers of which they become variables.
    fn take_keys(&mut self, plan: &Plan) {
        for (index, set) in plan.sets.iter().enumerate() {
            if set.taken == Taken::Secrets {
                continue;
            }
            let read = self.answer.all(&set.source);
            let leaves_out = |relative: &str| plan.rules.leaves_out(relative);
            let (reading, dialect) = (plan.reading, plan.dotenv_dialect);
            let (root, all, problems) = taken(set, read, leaves_out, reading, dialect);
            let problems = problems.into_iter().map(Error::Document);
            self.problems.extend(problems);
            self.keys.insert(index, (root, all));
        }
    }

    /// Takes the one key that a variable is made from.
    fn take_exact(&mut self, plan: &Plan) {
        for (index, exact) in plan.exact.iter().enumerate() {
            let (Some(key), Some(read)) = (&exact.key, self.answer.one(&exact.source)) else {
                continue;
            };
            let value = match plan.reading {
                Reading::Values => {
                    content::text(&exact.source, read, Some(key), plan.dotenv_dialect)
                }
                Reading::Names => Ok(Secret::default()),
            };
            match value {
                Ok(value) => {
                    let all = keyed(read, vec![(key.clone(), value)]);
                    self.picked.extend(all.map(|one| (index, one)));
                }
                Err(problem) => self.problems.push(Error::Key {
                    name: exact.name.clone(),
                    place: exact.source.to_string(),
                    problem,
                }),
            }
        }
    }

    fn take_documents(&mut self, plan: &Plan) {
        for document in &plan.documents {
            let Some(read) = self.answer.one(&document.source) else {
                continue;
            };
            let flat = match plan.reading {
                Reading::Values => content::text(
                    &document.source,
                    read,
                    document.key.as_deref(),
                    plan.dotenv_dialect,
                )
                .map_err(|problem| vec![problem])
                .and_then(|text| documents::flatten(&text, document.kind, plan.dotenv_dialect)),
                // Their names are in their values.
                Reading::Names => Ok(Vec::new()),
            };
            match flat {
                Ok(values) => {
                    let name = format!("{}#", read.name);
                    self.documents.push((name, keyed(read, values).collect()));
                }
                Err(problems) => {
                    self.documents.push(Default::default());
                    self.problems.extend(problems.into_iter().map(|problem| {
                        Error::Document(documents::Unreadable {
                            flag: document.flag,
                            parameter: document.place(),
                            problem,
                        })
                    }));
                }
            }
        }
    }

    fn take_files(&mut self, plan: &Plan, files: &MemoryFiles) {
        for (index, file) in plan.files.iter().enumerate() {
            let Some(read) = self.answer.one(&file.source) else {
                continue;
            };
            let content = match plan.reading {
                Reading::Values => of_file(read, file, plan.dotenv_dialect),
                Reading::Names => Ok(Content::default()),
            };
            let content = content.unwrap_or_else(|problem| {
                self.problems.push(problem);
                Content::default()
            });
            let parameter = Parameter {
                value: Secret::new(files.value(index, &file.target)),
                more: read.more.clone().map(|more| {
                    let bytes = None;
                    Box::new(More { bytes, ..*more })
                }),
                ..read.clone()
            };
            self.files.push(File {
                index,
                name: file.name.clone(),
                parameter,
                content,
            });
        }
    }

    fn take_references(&mut self, plan: &Plan) {
        for reference in plan.references.iter().flatten() {
            let Some(read) = self.answer.one(&reference.target.source) else {
                continue;
            };
            match references::resolve(reference, read, plan.reading) {
                Ok(parameter) => self.references.push((reference.name.clone(), parameter)),
                Err(error) => self.problems.push(error.into()),
            }
        }
    }
}

/// What of a layer becomes variables: the beginning that their names share, and they. Where only
/// names are read, all keys but a given one are missing. `leaves_out` gets relative names.
///
/// The last are the secrets that cannot be taken apart.
pub fn taken(
    set: &Set,
    read: &[Parameter],
    leaves_out: impl Fn(&str) -> bool,
    reading: Reading,
    dialect: DotenvDialect,
) -> (String, Vec<Parameter>, Vec<documents::Unreadable>) {
    let (root, mut all) = match &set.taken {
        Taken::Secrets | Taken::SecretsAndKeys => (set.root.clone(), read.to_vec()),
        Taken::Keys(_) => {
            let name = read.first().map_or("", |one| one.name.as_str());
            (format!("{name}#"), Vec::new())
        }
    };
    let mut problems = Vec::new();
    for one in read {
        match (&set.taken, reading) {
            (Taken::Secrets, _) => break,
            (Taken::Keys(Some(key)), Reading::Names) => {
                all.extend(keyed(one, vec![(key.clone(), Secret::default())]));
                break;
            }
            (_, Reading::Names) => break,
            (Taken::SecretsAndKeys | Taken::Keys(_), Reading::Values) => {}
        }
        // What the filters leave out as a whole need not be JSON.
        if set.taken == Taken::SecretsAndKeys && leaves_out(naming::relative(&root, &one.name)) {
            continue;
        }
        let found = match &set.taken {
            Taken::Keys(Some(key)) => content::text(&set.source, one, Some(key), dialect)
                .map(|value| vec![(key.clone(), value)])
                .map_err(|problem| vec![problem]),
            _ => content::keys(&set.source, one, dialect),
        };
        let is_absent = |found: &Vec<documents::Problem>| {
            let mut found = found.iter();
            found.all(|it| {
                matches!(
                    it,
                    documents::Problem::Nothing | documents::Problem::NoKey { .. }
                )
            })
        };
        match found {
            Ok(keys) => all.extend(keyed(one, keys)),
            // A layer that may be empty.
            Err(found) if set.presence == Presence::Optional && is_absent(&found) => {}
            Err(found) => {
                problems.extend(found.into_iter().map(|problem| documents::Unreadable {
                    flag: "--from",
                    parameter: one.place().into_owned(),
                    problem,
                }));
            }
        }
    }
    (root, all, problems)
}

/// The keys of a secret as secrets of their own, whose names are its name and the key.
fn keyed(
    read: &Parameter,
    keys: Vec<(String, Secret)>,
) -> impl Iterator<Item = Parameter> + use<'_> {
    keys.into_iter().map(|(key, value)| Parameter {
        name: format!("{}#{key}", read.name),
        value,
        ..read.clone()
    })
}

/// The content of a file: the bytes of a secret, or what its text encodes.
fn of_file(read: &Parameter, file: &FileSpec, dialect: DotenvDialect) -> Result<Content, Error> {
    let undecodable = |problem| {
        Error::File(files::Undecodable {
            name: file.name.clone(),
            parameter: file.place(),
            problem,
        })
    };
    match read.bytes() {
        Some(bytes) if file.key.is_none() => match file.encoding {
            Encoding::Plain => Ok(bytes.clone()),
            Encoding::Text | Encoding::Base64 => Err(undecodable(files::Problem::Bytes)),
        },
        _ => {
            let text = content::text(&file.source, read, file.key.as_deref(), dialect).map_err(
                |problem| Error::Key {
                    name: file.name.clone(),
                    place: file.source.to_string(),
                    problem,
                },
            )?;
            files::decode(&text, file.encoding).map_err(undecodable)
        }
    }
}
