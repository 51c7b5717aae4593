//! Reading everything that the plan names, and taking apart what holds several things.

use crate::launch::documents;
use crate::launch::error::{self, Error, Errors};
use crate::launch::files;
use crate::launch::naming::{Assignment, Origin};
use crate::launch::plan::Plan;
use crate::launch::references;
use crate::options::contract::Replaced;
use crate::output;
use crate::parameter::{Parameter, Reading};
use crate::secret::{Content, Secret};
use crate::stores::{self, Answer};
use crate::system::memory_file::MemoryFiles;
use crate::variable::VarName;

/// Everything that was read, before it is given names.
#[derive(Debug, Default)]
pub struct Secrets {
    pub answer: Answer,
    /// The inherited variables that refer to a secret, and that secret.
    pub references: Vec<(VarName, Parameter)>,
    /// For each parameter that holds several variables the beginning of their names, and them.
    pub documents: Vec<(String, Vec<Parameter>)>,
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
        self.content(name, assignment).len()
    }

    /// What a variable stands for.
    pub fn content<'d>(&'d self, name: &VarName, assignment: &Assignment<'d>) -> &'d [u8] {
        let mut files = self.files.iter();
        match files.find(|file| assignment.origin == Origin::File && file.name == *name) {
            Some(file) => file.content.expose(),
            None => assignment.parameter.value.expose().as_bytes(),
        }
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
    secrets.take_documents(plan);
    secrets.take_files(plan, files);
    secrets.take_references(plan);
    Ok(secrets)
}

impl Secrets {
    fn take_documents(&mut self, plan: &Plan) {
        for document in &plan.documents {
            let Some(read) = self.answer.one(&document.source) else {
                continue;
            };
            let flat = match plan.reading {
                Reading::Values => {
                    documents::flatten(&read.value, document.kind, plan.dotenv_dialect)
                }
                // Their names are in their values.
                Reading::Names => Ok(Vec::new()),
            };
            match flat {
                Ok(values) => {
                    let name = |key| format!("{}#{key}", read.name);
                    let keys = values.into_iter().map(|(key, value)| Parameter {
                        name: name(key),
                        value,
                        ..read.clone()
                    });
                    let keys = keys.collect();
                    self.documents.push((name(String::new()), keys));
                }
                Err(problems) => {
                    self.documents.push(Default::default());
                    self.problems.extend(problems.into_iter().map(|problem| {
                        Error::Document(documents::Unreadable {
                            flag: document.flag,
                            parameter: document.source.to_string(),
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
                Reading::Values => files::decode(&read.value, file.encoding),
                Reading::Names => Ok(Content::default()),
            };
            let content = content.unwrap_or_else(|problem| {
                self.problems.push(Error::File(files::Undecodable {
                    name: file.name.clone(),
                    parameter: file.source.to_string(),
                    problem,
                }));
                Content::default()
            });
            let parameter = Parameter {
                value: Secret::new(files.value(index, &file.target)),
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
