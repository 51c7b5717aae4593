//! `envsecrets check`: a launch that stops before the program, and reports.
//!
//! The output consists of names, numbers and dates. A report contains no value, so none can be
//! printed by mistake.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{ArgMatches, Parser, ValueEnum};
use serde::Serialize;

use super::args::Help;
use super::place::Version;
use super::report;
use super::table::{ELSEWHERE, columns, shown};
use crate::aws::iam::Statement;
use crate::date;
use crate::launch::error::{Error, Errors};
use crate::launch::layers::Set;
use crate::launch::naming::Origin;
use crate::launch::plan::Plan;
use crate::launch::values::{self, Exact};
use crate::launch::{self, Outcome, Secrets, files};
use crate::options::flags::{AFTER_HELP, Flags};
use crate::options::{self, Merge, Options, UsageError, variables};
use crate::output;
use crate::parameter::{Parameter, Presence, Reading, split_key};
use crate::redaction::without_passwords;
use crate::stores::{self, Layer};
use crate::system::memory_file::{MemoryFiles, Target};
use crate::system::{exec, process, signals};

/// Do all of a launch except start the program, and print what it would get
///
/// Prints which variable comes from which parameter, version and layer, what it would override or
/// keep, and what was filtered out; never a value. Reports all problems at once. The options are
/// those of a launch, and the program may be left out.
#[derive(Debug, Parser)]
#[command(name = "check")]
#[command(override_usage = "envsecrets check [OPTIONS] [-- PROGRAM [ARGUMENTS]...]")]
#[command(after_help = AFTER_HELP, after_long_help = EXAMPLES)]
#[command(disable_help_flag = true)]
pub struct Check {
    /// Print a table for people, JSON for programs, or only names
    ///
    /// `names` prints NAME=PLACE for each variable, as `--secret` and ENVSECRETS_SECRET take
    /// it, and nothing if there is a problem. schemas/check.schema.json among the documentation
    /// files describes the JSON.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Table, help_heading = "What to print")]
    format: Format,

    /// Read no values: nothing is decrypted, and no permission to decrypt is needed
    ///
    /// Values are then not checked: neither their size, nor whether they fit an environment or
    /// match a pattern.
    #[arg(long, help_heading = "What to print")]
    names_only: bool,

    #[command(flatten)]
    flags: Flags,
    #[command(flatten)]
    help: Help,
    /// The program that would be started: check that it can be found, too
    #[arg(last = true, hide = true, value_name = "PROGRAM", value_hint = clap::ValueHint::CommandWithArguments)]
    program: Vec<OsString>,
}

/// How `check` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Table,
    Json,
    Names,
}

const EXAMPLES: &str = "\
Examples:
  Which variable comes from where, and what would be wrong?
      envsecrets check --path /prd/app -- java -jar app.jar

  Does the path still have what the service needs? For CI, without a program
      envsecrets check --path /prd/app --require DB_PASSWORD --format json

  Does the path match the contract exactly? For CI, without permission to decrypt
      envsecrets check --config envsecrets.toml --strict --names-only

Exit status:
  0 if the program would start, otherwise what a launch would exit with. Problems are on stderr, \
below the table; with `--format json` all is on stdout.";

/// A check with all settings merged.
#[derive(Debug)]
pub struct Decided {
    pub options: Options,
    pub program: Vec<OsString>,
    pub format: Format,
    pub names_only: bool,
}

impl Check {
    /// Adds the settings from variables; its own options have some, too.
    pub fn decide(
        self,
        matches: &ArgMatches,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Decided, UsageError> {
        let mut merge = Merge::new(matches, Some(&variable));
        Ok(Decided {
            format: merge.choice("format", self.format)?,
            names_only: merge.switch("names-only", self.names_only)?,
            options: options::merge(self.flags, matches, Some(&variable))?,
            program: self.program,
        })
    }
}

/// The output of `check`, without a value.
#[derive(Debug, Default, Serialize)]
struct Report {
    /// The program that would be started, if one was given and found.
    #[serde(skip_serializing_if = "Option::is_none")]
    program: Option<String>,
    /// Region and endpoint of the first of `read`.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
    /// The principal of the first of `read`.
    #[serde(skip_serializing_if = "Option::is_none")]
    principal: Option<String>,
    /// What was read, where, and as which principal.
    read: Vec<Reader>,
    /// Whether that is one store, one place and one principal.
    #[serde(skip)]
    is_plain: bool,
    variables: Vec<Variable>,
    /// What `--fingerprint` adds.
    #[serde(skip_serializing_if = "Option::is_none")]
    fingerprint: Option<Added>,
    /// The variables that the contract declares, that may be missing, and that are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    absent: Vec<Absent>,
    filtered: Vec<Filtered>,
    /// Inherited variables that begin with our prefix and are not settings.
    unknown_settings: Vec<String>,
    problems: Vec<Problem>,
    /// The exit code that a launch would have, or 0 if the program would start.
    exit_code: u8,
}

/// One store, as one principal sees it in one place.
#[derive(Debug, Serialize)]
struct Reader {
    store: &'static str,
    /// Region and endpoint.
    place: String,
    principal: String,
    sources: Vec<String>,
    /// The region that could not be reached, if this one stands in for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    instead_of: Option<String>,
}

impl Reader {
    fn new(reader: &stores::Reader, layers: &[Layer]) -> Self {
        Self {
            store: reader.store,
            place: reader.place.clone(),
            principal: reader.principal.clone(),
            sources: reader.sources(layers),
            instead_of: reader.instead_of.clone(),
        }
    }
}

impl Reader {
    fn rows(&self) -> impl Iterator<Item = Vec<String>> + '_ {
        self.sources.iter().map(|source| {
            let place = match &self.instead_of {
                Some(usual) => format!("{}, instead of {usual}", self.place),
                None => self.place.clone(),
            };
            let store = self.store.to_owned();
            vec![source.clone(), store, place, self.principal.clone()]
        })
    }
}

#[derive(Debug, Serialize)]
struct Variable {
    name: String,
    #[serde(flatten)]
    parameter: Described,
    /// The path whose layer won, or the option that gave it.
    from: String,
    /// The file that the variable points to, if any: a path, or `memory`.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    /// The parameters of earlier layers that it overrides.
    overrides: Vec<String>,
    inherited: Inherited,
}

/// A declared variable with `required = false` for which there is no secret.
#[derive(Debug, Serialize)]
struct Absent {
    name: String,
    /// Where it is declared.
    from: String,
    /// Whether the program inherits one.
    inherited: bool,
    /// The parameter that options leave out, and the option.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<String>,
}

#[derive(Debug, Serialize)]
struct Added {
    name: String,
    /// Names and versions of parameters, and no more.
    value: String,
}

#[derive(Debug, Serialize)]
struct Described {
    parameter: String,
    version: Version,
    r#type: String,
    /// Bytes of the value, unless that was not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    modified: Option<String>,
}

/// What happens to an inherited variable of the same name.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "lowercase")]
enum Inherited {
    /// Does not exist.
    Absent,
    /// The secret takes its place.
    Overridden,
    /// It wins over the secret.
    Kept,
    /// It is a reference to the secret.
    Reference,
}

#[derive(Debug, Serialize)]
struct Filtered {
    #[serde(flatten)]
    parameter: Described,
    /// The `--exclude` pattern, or `--only` if no pattern of that flag matches.
    by: String,
}

#[derive(Debug, Serialize)]
struct Problem {
    error: String,
    causes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    /// The IAM statement that is missing, if that is the problem.
    #[serde(skip_serializing_if = "Option::is_none")]
    statement: Option<Statement>,
    exit_code: u8,
}

/// Checks, prints, and gives the exit code of a launch, or 0.
///
/// # Errors
///
/// Only if the options themselves are invalid. All other problems are part of the output.
pub fn run(check: Check, matches: &ArgMatches) -> Result<ExitCode, Errors> {
    let Decided {
        options,
        program,
        format,
        names_only,
    } = check.decide(matches, variables::inherited)?;
    let reading = match names_only {
        true => Reading::Names,
        false => Reading::Values,
    };
    let inherited = process::environment();
    let plan = Plan::new(options, program, &inherited, reading)?;
    if names_only && let Some(option) = plan.named_by_values() {
        return Err(UsageError::new(
            format!("`--names-only` reads no values, and the names of `{option}` are in a value"),
            "leave one of them out",
        )
        .into());
    }
    let mut problems = Vec::new();
    let mut names = String::new();
    let unknown = variables::unknown(std::env::vars_os().map(|(name, _)| name));
    let mut report = Report {
        unknown_settings: unknown.into_iter().map(|it| it.name).collect(),
        ..Report::default()
    };

    // A launch would find this only after everything was read.
    let mut last = None;
    let path = std::env::var_os("PATH");
    let program = match plan
        .program
        .first()
        .map(|name| exec::find(name, path.as_deref()))
    {
        Some(Ok(program)) => {
            let own = || exec::not_ourselves(&program, path.as_deref());
            if let Err(error) = exec::rehearse(&program).and_then(|()| own()) {
                last = Some(Error::from(error));
            }
            Some(program)
        }
        Some(Err(error)) => {
            problems.push(Error::from(error));
            None
        }
        None => None,
    };
    report.program = program
        .as_ref()
        .map(|program| program.path().display().to_string());

    let files = match files::open(&plan.files, plan.file_owner.as_ref()) {
        Ok(files) => files,
        Err(errors) => {
            problems.extend(errors.into_iter().map(Error::from));
            MemoryFiles::default()
        }
    };
    signals::stand_ready();
    match launch::read(&plan, &files) {
        Ok(secrets) => {
            let outcome = launch::prepare(&plan, program.as_ref(), &secrets, inherited);
            if !plan.layers.is_empty() {
                report.read = secrets
                    .answer
                    .readers
                    .iter()
                    .map(|reader| Reader::new(reader, &plan.layers))
                    .collect();
                report.is_plain = secrets.answer.is_plain();
                if let Some(first) = report.read.first() {
                    report.place = Some(first.place.clone());
                    report.principal = Some(first.principal.clone());
                }
            }
            report.describe(&plan, &secrets, &outcome);
            report.fingerprint = outcome.fingerprint.as_ref().map(|(name, text)| Added {
                name: name.to_string(),
                value: text.clone(),
            });
            names = pinned(&plan, &outcome);
            problems.extend(outcome.problems);
        }
        Err(errors) => problems.extend(errors.into_vec()),
    }

    if problems.is_empty() {
        files.warn();
    }
    problems.extend(last);
    let errors = Errors::new(problems);
    let errors_listed = errors.as_ref().map(Errors::as_slice).unwrap_or_default();
    report.problems = errors_listed.iter().map(Problem::from).collect();
    report.exit_code = errors.as_ref().map_or(0, Errors::code);
    match format {
        Format::Table | Format::Names => {
            let text = match format {
                Format::Names if errors.is_none() => names,
                // A part of them would start a program with a part of its secrets.
                Format::Names => String::new(),
                _ => report.table(),
            };
            let printed = report::show(&text);
            variables::report_unknown();
            // Problems go to stderr, as in a launch.
            let code = all(errors, printed).map_or(ExitCode::SUCCESS, |errors| errors.report());
            let missing = report
                .problems
                .iter()
                .filter_map(|it| it.statement.as_ref());
            let missing: Vec<String> = missing.map(Statement::to_string).collect();
            if !missing.is_empty() {
                output::hint(format_args!("the missing statement: {}", missing.join(",")));
                output::hint(match names_only {
                    true => {
                        "`envsecrets policy --for names` with the same options prints all that \
                         this needs"
                    }
                    false => {
                        "`envsecrets policy` with the same options prints all that a launch needs"
                    }
                });
            }
            Ok(code)
        }
        Format::Json => {
            // Its problems are on stdout; if that fails, they are on stderr.
            match report::print(report::json(&report).as_bytes()) {
                Ok(_) => Ok(ExitCode::from(report.exit_code)),
                printed => all(errors, printed).map_or(Ok(ExitCode::SUCCESS), Err),
            }
        }
    }
}

/// The problems of a launch, and then that of the output.
fn all(errors: Option<Errors>, printed: Result<ExitCode, Errors>) -> Option<Errors> {
    let mut all = errors.map_or_else(Vec::new, Errors::into_vec);
    all.extend(printed.err().map_or_else(Vec::new, Errors::into_vec));
    Errors::new(all)
}

impl Report {
    fn describe(&mut self, plan: &Plan, secrets: &Secrets, outcome: &Outcome<'_>) {
        let reading = plan.reading;
        for (name, assignment) in &outcome.assigned.variables {
            let inherited = if assignment.origin == Origin::Reference {
                Inherited::Reference
            } else if outcome.merged.kept.contains(name) {
                Inherited::Kept
            } else if outcome.merged.overrode.contains(name) {
                Inherited::Overridden
            } else {
                Inherited::Absent
            };
            self.variables.push(Variable {
                name: name.to_string(),
                parameter: Described {
                    size: (reading == Reading::Values).then(|| secrets.size(name, assignment)),
                    ..Described::new(assignment.parameter, reading)
                },
                file: plan
                    .files
                    .iter()
                    .find(|it| assignment.origin == Origin::File && it.name == *name)
                    .map(|it| match &it.target {
                        Target::Descriptor => "memory".to_owned(),
                        Target::Path(path) => path.display().to_string(),
                    }),
                from: match assignment.origin {
                    Origin::Layer(path) => path.to_owned(),
                    Origin::Keys(flag) => flag.to_owned(),
                    Origin::Exact => "--secret".to_owned(),
                    Origin::File => "--file".to_owned(),
                    Origin::Reference => "--resolve".to_owned(),
                },
                overrides: assignment
                    .overridden
                    .iter()
                    .map(|it| it.place().into_owned())
                    .collect(),
                inherited,
            });
        }
        for filtered in &outcome.assigned.filtered {
            self.filtered.push(Filtered {
                parameter: Described::new(filtered.parameter, reading),
                by: filtered.by(),
            });
        }
        if plan.knows_all_names() {
            self.absent = absent(plan, outcome);
        }
    }

    fn table(&self) -> String {
        let mut text = String::new();
        let mut rows: Vec<Vec<String>> = self
            .variables
            .iter()
            .map(|it| {
                let more = vec![it.from.clone(), it.note()];
                [vec![it.name.clone()], it.parameter.cells(), more].concat()
            })
            .collect();
        rows.extend(self.absent.iter().map(Absent::row));
        if !rows.is_empty() {
            let head = "VARIABLE PARAMETER VERSION TYPE SIZE MODIFIED FROM NOTE";
            /// The least important first: a narrow table says what becomes what, and why.
            const SPARE: [&str; 5] = ["SIZE", "MODIFIED", "TYPE", "FROM", "VERSION"];
            text.push_str(&shown(head, &rows, &SPARE, ELSEWHERE));
        } else if self.place.is_some() || self.problems.is_empty() {
            text.push_str("no variables\n");
        }
        if let Some(Added { name, value }) = &self.fingerprint {
            text.push('\n');
            let row = vec![name.clone(), value.clone()];
            text.push_str(&columns("FINGERPRINT VALUE", &[row]));
        }
        if !self.is_plain && !self.read.is_empty() {
            text.push('\n');
            let rows: Vec<Vec<String>> = self.read.iter().flat_map(Reader::rows).collect();
            text.push_str(&shown("READ STORE IN AS", &rows, &["STORE"], ELSEWHERE));
        }
        let head = "FILTERED VERSION TYPE SIZE MODIFIED BY";
        let rows: Vec<Vec<String>> = self
            .filtered
            .iter()
            .map(|it| [it.parameter.cells(), vec![it.by.clone()]].concat())
            .collect();
        if !rows.is_empty() {
            text.push('\n');
            let spare = ["SIZE", "MODIFIED", "TYPE", "VERSION"];
            text.push_str(&shown(head, &rows, &spare, ELSEWHERE));
        }
        text
    }
}

/// The declared variables that may be missing, and are.
fn absent(plan: &Plan, outcome: &Outcome<'_>) -> Vec<Absent> {
    let declared = plan.contract.iter().flat_map(|it| &it.variables);
    let absent = declared.filter(|it| {
        it.presence == Presence::Optional
            && !outcome.assigned.variables.contains_key(&it.name)
            && plan.fingerprint.as_ref() != Some(&it.name)
    });
    absent
        .map(|it| {
            let mut filtered = outcome.assigned.filtered.iter();
            let left_out = filtered.find(|by| by.variable(&plan.rules).as_ref() == Some(&it.name));
            Absent {
                name: it.name.to_string(),
                from: it.place.to_string(),
                inherited: !outcome.merged.inherited(&it.name).is_empty(),
                left_out: left_out.map(|by| format!("{} by {}", by.parameter.place(), by.by())),
            }
        })
        .collect()
}

impl Absent {
    fn row(&self) -> Vec<String> {
        let mut note = "not required, no secret".to_owned();
        if let Some(left_out) = &self.left_out {
            note.push_str(&format!("; left out: {left_out}"));
        }
        if self.inherited {
            note.push_str("; the inherited one is passed");
        }
        let none = || "-".to_owned();
        let name = self.name.clone();
        vec![name, none(), none(), none(), none(), none(), none(), note]
    }
}

impl Variable {
    fn note(&self) -> String {
        let mut notes = Vec::new();
        match self.file.as_deref() {
            None => {}
            Some("memory") => notes.push("a file in memory".to_owned()),
            Some(path) => notes.push(format!("a file at {path}")),
        }
        if !self.overrides.is_empty() {
            notes.push(format!("overrides {}", self.overrides.join(", ")));
        }
        match self.inherited {
            Inherited::Absent | Inherited::Reference => {}
            Inherited::Overridden => notes.push("overrides the inherited one".to_owned()),
            Inherited::Kept => notes.push("the inherited one is kept".to_owned()),
        }
        notes.join("; ")
    }
}

/// Each variable with the secret that it comes from, by its exact name, and at the label if the paths
/// are read at one: a line for each, as `--secret` takes it. References, files and parameters with
/// several variables are exact already, and are left out.
fn pinned(plan: &Plan, outcome: &Outcome<'_>) -> String {
    let mut text = String::new();
    for (name, assignment) in &outcome.assigned.variables {
        let place = match assignment.origin {
            Origin::Layer(shown) => pinned_of_layer(plan, shown, assignment.parameter),
            Origin::Exact => {
                let mut exact = plan.exact.iter();
                let given = exact.find(|exact| exact.name == *name);
                given.map_or_else(
                    || assignment.parameter.place().into_owned(),
                    Exact::to_string,
                )
            }
            Origin::Keys(_) | Origin::File | Origin::Reference => continue,
        };
        text.push_str(&format!("{name}={place}\n"));
    }
    text
}

fn pinned_of_layer(plan: &Plan, shown: &str, secret: &Parameter) -> String {
    let (name, key) = match split_key(&secret.name) {
        Some((name, key)) => (name, Some(key)),
        None => (secret.name.as_str(), None),
    };
    let is_single = |set: &&Set| set.shown == shown && set.source.is_one();
    if let Some(set) = plan.sets.iter().find(is_single) {
        return values::written(&set.source, key);
    }
    let mut named = Parameter {
        name: name.to_owned(),
        more: secret.more.clone(),
        ..Parameter::default()
    };
    // A label is of Parameter Store.
    if let Some(label) = plan.label.as_ref().filter(|_| !name.contains("://")) {
        named.name.push_str(&format!(":{label}"));
    }
    values::with_key(named.place().into_owned(), key)
}

impl Described {
    fn new(parameter: &Parameter, reading: Reading) -> Self {
        Self {
            parameter: parameter.place().into_owned(),
            version: Version::of(parameter),
            r#type: parameter.kind.to_string(),
            size: (reading == Reading::Values && !parameter.is_unread()).then(|| parameter.size()),
            modified: parameter.modified.and_then(date::in_seconds),
        }
    }

    fn cells(&self) -> Vec<String> {
        let modified = self.modified.clone().unwrap_or_default();
        let version = self.version.cell();
        let size = self.size.map_or("-".to_owned(), |size| size.to_string());
        let (name, kind) = (self.parameter.clone(), self.r#type.clone());
        vec![name, version, kind, size, modified]
    }
}

impl From<&Error> for Problem {
    fn from(error: &Error) -> Self {
        Self {
            error: without_passwords(&error.to_string()),
            causes: error
                .causes()
                .iter()
                .map(|it| without_passwords(it))
                .collect(),
            hint: error.hint().map(|it| without_passwords(&it)),
            statement: match error {
                Error::Fetch(error) => error.missing().cloned(),
                _ => None,
            },
            exit_code: error.code(),
        }
    }
}
