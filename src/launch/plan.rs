//! The plan: everything that is decided before anything is done.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::time::Duration;

use crate::glob::Glob;
use crate::launch::contract_values;
use crate::launch::documents::Document;
use crate::launch::environment::{self, Policy};
use crate::launch::files::{self, FileSpec};
use crate::launch::layers::{self, Set, Taken};
use crate::launch::naming::{self, Rules};
use crate::launch::references::{self, Reference};
use crate::launch::template::Template;
use crate::launch::values::{self, Exact, globs};
use crate::options::contract::{self, AsFile, Contract, Declared};
use crate::options::{DotenvDialect, Options, UsageError};
use crate::parameter::{Presence, Reading};
use crate::stores::{Caller, Given, Layer, Source, Unneeded};
use crate::system::memory_file::Owner;
use crate::variable::VarName;

/// A launch, decided.
#[derive(Debug)]
pub struct Plan {
    /// The program as typed, and its arguments; empty for commands that start none.
    pub program: Vec<OsString>,
    pub caller: Caller,
    pub reading: Reading,
    /// Whether details of what is read are printed.
    pub verbose: bool,
    /// The longest time to wait before the first call; how long is drawn at random.
    pub start_jitter: Duration,
    /// The layers, in the order in which they apply.
    pub sets: Vec<Set>,
    /// Everything to read, each source once: first that of layers, then single parameters.
    pub layers: Vec<Layer>,
    /// The label at which sets of parameters are read.
    pub label: Option<String>,
    /// The variables that are made from one parameter each.
    pub exact: Vec<Exact>,
    /// The parameters that the program gets as files.
    pub files: Vec<FileSpec>,
    /// The user that owns those files, if it is not ours.
    pub file_owner: Option<Owner>,
    /// The parameters that hold several variables, in order.
    pub documents: Vec<Document>,
    pub dotenv_dialect: DotenvDialect,
    /// The inherited variables that refer to a secret, or why some of them cannot be read.
    pub references: Result<Vec<Reference>, Vec<references::Error>>,
    /// The arguments after the program's name, if values are put into them.
    pub templates: Vec<Template>,
    /// The variable for the versions that the program gets.
    pub fingerprint: Option<VarName>,
    pub rules: Rules,
    pub policy: Policy,
    /// Names, or globs of names, that must be among the variables.
    pub required: Vec<Glob>,
    /// What the repository declares that the program needs.
    pub contract: Option<Contract>,
    pub undeclared: Undeclared,
}

/// What happens with secrets that the contract does not declare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undeclared {
    Taken,
    Refused,
}

impl Plan {
    /// Decides what `options` mean for a program that inherits these variables.
    ///
    /// References among the inherited variables that cannot be read are not an error here: `check`
    /// reports them beside other problems.
    ///
    /// # Errors
    ///
    /// If an option is invalid; with all that is wrong with a contract, whichever of its profiles
    /// is chosen.
    pub fn new(
        mut options: Options,
        program: Vec<OsString>,
        inherited: &[Vec<u8>],
        reading: Reading,
    ) -> Result<Self, UsageError> {
        if let Some(contract) = &options.contract {
            let mut faults = std::mem::take(&mut options.faults);
            faults.extend(contract_values::faults(contract));
            if let Some(error) = UsageError::of_contract(&contract.files, faults) {
                return Err(error);
            }
        }
        let origins = std::mem::take(&mut options.origins);
        Self::decide(options, program, inherited, reading)
            .map_err(|error| error.with_origins(&origins))
    }

    fn decide(
        options: Options,
        program: Vec<OsString>,
        inherited: &[Vec<u8>],
        reading: Reading,
    ) -> Result<Self, UsageError> {
        refuse_empty(&options)?;
        refuse_without_contract(&options)?;
        let caller = Caller {
            timeout: values::left(values::timeout(options.timeout.as_deref())?, options.waited),
            region: options.region.as_ref().map(|it| Given::new(it, "--region")),
            profile: options
                .profile
                .as_ref()
                .map(|it| Given::new(it, "--profile")),
            role: values::role(options.role.as_deref(), options.external_id.as_deref())?,
            region_of_arns: None,
        };
        let start_jitter = match options.start_jitter.as_deref() {
            Some(text) => values::start_jitter(text)?,
            None => Duration::ZERO,
        };
        options.label.as_deref().map_or(Ok(()), values::label)?;
        let sets = layers::parse(&options.layers, options.label.as_deref())?;
        let declared = options.contract.iter().flat_map(|it| &it.variables);
        let declared: Vec<&Declared> = declared.collect();
        let Single {
            exact,
            files,
            by_contract,
        } = Single::parse(&options, &declared)?;
        let documents = options.documents.iter();
        let documents = documents.map(|(text, kind)| Document::parse(text, *kind));
        let documents: Vec<Document> = documents.collect::<Result<_, _>>()?;
        let file_owner = options.file_owner.as_deref().map(files::owner);
        let file_owner = file_owner.transpose()?;
        let fingerprint = options.fingerprint.as_deref();
        let fingerprint = fingerprint.map(|name| fingerprint_name(name, &exact, &files));
        let fingerprint = fingerprint.transpose()?;
        let no_single =
            exact.is_empty() && files.is_empty() && documents.is_empty() && !options.resolve;
        if sets.is_empty() && no_single {
            return Err(nothing_to_read(options.contract.as_ref()));
        }
        if options.label.is_some() && !sets.iter().any(|set| set.source.has_label()) {
            return Err(UsageError::new(
                "`--label` is for paths of Parameter Store, and none is given",
                "for a single parameter use `--secret NAME=PARAMETER:LABEL`",
            )
            .about("--label"));
        }
        if file_owner.is_some() && files.is_empty() {
            return Err(UsageError::new(
                "`--file-owner` does nothing without `--file`",
                "add `--file NAME=PARAMETER`, or leave `--file-owner` out",
            )
            .about("--file-owner")
            .about("--file"));
        }
        let policy = Policy::new(&options)?;
        let templates = match options.expand {
            true => Template::parse_all(&program)?,
            false => Vec::new(),
        };
        let rules = Rules::new(&options)?;
        let required = required(&options.require, &declared)?;

        let mut layers = Vec::new();
        for set in &sets {
            let layer = add(&mut layers, &set.source, set.presence, None);
            layer.unneeded = rules.unneeded(&set.root);
        }
        let single = exact.iter().map(|it| (&it.name, &it.source));
        for (name, source) in single.chain(files.iter().map(|it| (&it.name, &it.source))) {
            let (presence, reason) = match by_contract.get(name) {
                Some(it) => (
                    it.presence,
                    Some(format!("`{source}` is for {name} (from {})", it.from_place)),
                ),
                None => (Presence::Required, None),
            };
            add(&mut layers, source, presence, reason);
        }
        for document in &documents {
            add(&mut layers, &document.source, Presence::Required, None);
        }
        let references = match options.resolve {
            true => references(inherited, &policy, &exact, &files),
            false => Ok(Vec::new()),
        };
        for Reference { name, target } in references.iter().flatten() {
            let reason = format!("`{name}` refers to `{}`", target.source);
            add(
                &mut layers,
                &target.source,
                Presence::Required,
                Some(reason),
            );
        }
        Ok(Self {
            program,
            caller,
            reading,
            verbose: options.verbose,
            start_jitter,
            sets,
            layers,
            label: options.label,
            exact,
            files,
            file_owner,
            documents,
            dotenv_dialect: options.dotenv_dialect,
            references,
            templates,
            fingerprint,
            rules,
            policy,
            required,
            undeclared: match options.strict {
                true => Undeclared::Refused,
                false => Undeclared::Taken,
            },
            contract: options.contract,
        })
    }

    /// Reports references that cannot be read.
    ///
    /// # Errors
    ///
    /// One for each of them.
    pub fn references(&self) -> Result<&[Reference], Vec<references::Error>> {
        match &self.references {
            Ok(references) => Ok(references),
            Err(errors) => Err(errors.clone()),
        }
    }

    /// Whether the names of all variables are known before values are read.
    pub fn knows_all_names(&self) -> bool {
        self.reading == Reading::Values || self.named_by_values().is_none()
    }

    /// The first of what gives variables names that are known only from values.
    pub fn named_by_values(&self) -> Option<String> {
        let in_values = |taken: &Taken| matches!(taken, Taken::SecretsAndKeys | Taken::Keys(None));
        let mut sets = self.sets.iter();
        let of_set = sets
            .find(|set| in_values(&set.taken))
            .map(|set| format!("--from {}", set.shown));
        of_set.or_else(|| Some(self.documents.first()?.flag.to_owned()))
    }

    /// A name with the description that the contract gives it.
    pub fn described(&self, name: &str) -> String {
        let mut variables = self.contract.iter().flat_map(|it| &it.variables);
        let description = variables
            .find(|it| it.name.as_str() == name)
            .and_then(|it| it.description.as_deref())
            .filter(|text| !text.is_empty());
        match description {
            Some(text) => format!("{name} ({text})"),
            None => name.to_owned(),
        }
    }

    /// The arguments of the program, argv\[0\] first, byte for byte.
    pub fn arguments(&self) -> Vec<Vec<u8>> {
        self.program
            .iter()
            .map(|argument| argument.clone().into_vec())
            .collect()
    }
}

/// Refuses what an unset variable in a script or a unit file leaves behind.
fn refuse_empty(options: &Options) -> Result<(), UsageError> {
    if options.config.iter().any(String::is_empty) {
        return Err(values::empty("--config"));
    }
    for (flag, value) in [
        ("--config-profile", &options.config_profile),
        ("--label", &options.label),
        ("--file-owner", &options.file_owner),
        ("--region", &options.region),
        ("--profile", &options.profile),
    ] {
        if value.as_deref() == Some("") {
            return Err(values::empty(flag));
        }
    }
    Ok(())
}

/// Refuses options about a contract without a contract.
fn refuse_without_contract(options: &Options) -> Result<(), UsageError> {
    for (flag, given) in [
        ("--config-profile", options.config_profile.is_some()),
        ("--strict", options.strict),
    ] {
        if given && options.contract.is_none() {
            return Err(UsageError::new(
                format!("`{flag}` does nothing without `--config`"),
                format!("add `--config FILE`, or leave `{flag}` out"),
            )
            .about(flag));
        }
    }
    Ok(())
}

/// The variables and files that are made from one parameter each.
struct Single<'d> {
    exact: Vec<Exact>,
    files: Vec<FileSpec>,
    /// Those of them that are here because the contract declares them.
    by_contract: BTreeMap<VarName, &'d Declared>,
}

impl<'d> Single<'d> {
    /// Parses `--secret`, `--file`, and what the contract declares beside them. A flag beats the
    /// contract.
    fn parse(options: &Options, declared: &[&'d Declared]) -> Result<Self, UsageError> {
        let mut exact: Vec<Exact> = Vec::new();
        for text in &options.secret {
            let one = values::secret(text)?;
            if exact.iter().any(|known| known.name == one.name) {
                return Err(values::two_parameters("--secret", one.name.as_str()));
            }
            exact.push(one);
        }
        let mut texts = options.file.clone();
        let mut by_contract = BTreeMap::new();
        for &variable in declared {
            let name = &variable.name;
            let is_file = |text: &String| {
                let file = text.split_once('=').map(|(file, _)| file);
                file == Some(name.as_str())
            };
            let Some(parameter) = &variable.from else {
                continue;
            };
            if exact.iter().any(|known| known.name == *name) || texts.iter().any(is_file) {
                continue;
            }
            let blame = |error: UsageError| error.declared_at(&variable.from_place);
            let mut text = format!("{name}={parameter}");
            if let Some(AsFile::Path(path)) = &variable.file {
                text.push_str(&format!("@{path}"));
            }
            match variable.file {
                None => exact.push(values::secret(&text).map_err(blame)?),
                Some(_) => {
                    FileSpec::parse(&text).map_err(blame)?;
                    texts.push(text);
                }
            }
            by_contract.insert(name.clone(), variable);
        }
        let files = files::parse_all(&texts, &exact)?;
        Ok(Self {
            exact,
            files,
            by_contract,
        })
    }
}

/// Adds a source that is read, unless it is read already. What is required anywhere is required.
fn add<'l>(
    layers: &'l mut Vec<Layer>,
    source: &Source,
    presence: Presence,
    reason: Option<String>,
) -> &'l mut Layer {
    let known = layers.iter().position(|it| it.source == *source);
    let index = known.unwrap_or_else(|| {
        layers.push(Layer {
            source: source.clone(),
            presence,
            wanted_by: Vec::new(),
            unneeded: Unneeded::default(),
        });
        layers.len() - 1
    });
    let layer = &mut layers[index];
    if presence == Presence::Required {
        layer.presence = Presence::Required;
    }
    layer.wanted_by.extend(reason);
    layer
}

/// The inherited variables that refer to a secret.
///
/// Only what the program will inherit counts. `--secret` and `--file` beat a reference, as a flag
/// beats a variable, unless `--preserve-env` turns that around.
fn references(
    inherited: &[Vec<u8>],
    policy: &Policy,
    exact: &[Exact],
    files: &[FileSpec],
) -> Result<Vec<Reference>, Vec<references::Error>> {
    let entries = inherited.iter().map(Vec::as_slice);
    let entries = entries.filter(|it| policy.passes(environment::name_of(it)));
    let mut found = references::find(entries)?;
    found.retain(|Reference { name, .. }| {
        let by_flag = exact.iter().any(|known| known.name == *name)
            || files.iter().any(|file| file.name == *name);
        !by_flag || policy.preserve.covers(name.as_str().as_bytes())
    });
    Ok(found)
}

/// The names that must be among the variables, by `--require` and by the contract.
fn required(texts: &[String], declared: &[&Declared]) -> Result<Vec<Glob>, UsageError> {
    let mut required = globs("--require", texts, Glob::for_variables)?;
    for variable in declared {
        let name = variable.name.as_str();
        let known = required.iter().any(|glob| glob.text() == name);
        if variable.presence == Presence::Required && !known {
            required.extend(globs("--require", &[name.to_owned()], Glob::for_variables)?);
        }
    }
    Ok(required)
}

fn nothing_to_read(contract: Option<&Contract>) -> UsageError {
    let what = "no secrets given";
    match contract {
        None => UsageError::new(
            what,
            "use `--path PATH` or `--secret NAME=PARAMETER`, or set ENVSECRETS_PATH",
        ),
        Some(contract) if contract.profile.is_none() && !contract.profiles.is_empty() => {
            UsageError::new(
                match contract.files.as_slice() {
                    [file] => format!("{what}: {file} gives them in its profiles"),
                    _ => format!(
                        "{what}: {} give them in their profiles",
                        contract.named("and")
                    ),
                },
                format!(
                    "choose one with `--config-profile`: {}",
                    contract::listed(&contract.profiles)
                ),
            )
        }
        Some(contract) => UsageError::new(
            match contract.files.as_slice() {
                [file] => format!("{what}: `{}` gives none", file.name),
                _ => format!("{what}: {} give none", contract.named("and")),
            },
            match contract.files.len() {
                1 => "add path = [\"/prd/app\"] to it, or use `--path PATH`",
                _ => "add path = [\"/prd/app\"] to the last one, or use `--path PATH`",
            },
        ),
    }
}

fn fingerprint_name(
    name: &str,
    exact: &[Exact],
    files: &[FileSpec],
) -> Result<VarName, UsageError> {
    let flag = "--fingerprint";
    let name = values::variable(flag, name)?;
    if let Some(why) = naming::refusal(&name, "") {
        let hint = "use a name that nothing else uses, such as SECRETS_FINGERPRINT";
        return Err(
            UsageError::new(format!("`{flag}` names {name}, which {why}"), hint).about(flag),
        );
    }
    let secrets = exact.iter().map(|known| ("--secret", &known.name));
    let files = files.iter().map(|file| ("--file", &file.name));
    match secrets.chain(files).find(|(_, known)| **known == name) {
        Some((other, _)) => Err(UsageError::new(
            format!("`{other}` and `{flag}` would both become {name}"),
            "give one of them another name",
        )
        .about(other)
        .about(flag)),
        None => Ok(name),
    }
}

#[cfg(test)]
mod tests;
