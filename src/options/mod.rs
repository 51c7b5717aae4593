//! The options of a launch, in their three places: flags, variables and the contract.
//!
//! Every flag has a variable, because the JSON form of a Docker ENTRYPOINT expands nothing, and a
//! key in the contract. Flags beat variables, and those beat the contract. Here options are only
//! collected; `launch::plan` decides what they mean.

pub mod flags;
pub mod variables;
pub mod contract;
mod contract_file;
mod contract_files;
pub mod help;
mod error;

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, Instant};

use clap::{ArgMatches, ValueEnum};

use crate::output::color::Color;
use contract::{Contract, Key, Setting, Shape, Value};
pub use error::{Fault, Kind, Origin, UsageError};
pub use flags::DotenvDialect;
use flags::{Flags, Launch, LetterCase, NameFrom, Parsed};

/// A command line without a command.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "only one exists, and it is taken apart at once"
)]
pub enum Invocation {
    Launch {
        options: Options,
        program: Vec<OsString>,
    },
    /// `--help` and `--version`: print this, and exit.
    Print(&'static str),
    /// No word and no setting: this help is the answer.
    Nothing(&'static str),
}

/// The options, decided: each from the first place that has it.
#[derive(Debug)]
pub struct Options {
    /// The layers as written, in order.
    pub layers: Vec<(String, LayerKind)>,
    pub secret: Vec<String>,
    pub file: Vec<String>,
    pub file_owner: Option<String>,
    /// The parameters that contain several variables, as written, in order.
    pub documents: Vec<(String, DocumentKind)>,
    pub dotenv_dialect: DotenvDialect,
    pub resolve: bool,
    pub label: Option<String>,
    pub config: Vec<String>,
    pub config_profile: Option<String>,
    /// The files that `config` names, put together.
    pub contract: Option<Contract>,
    /// What is wrong with its keys and types. Their values are for `launch::plan`, which reports
    /// both together.
    pub faults: Vec<Fault>,
    pub strict: bool,
    pub only: Vec<String>,
    pub exclude: Vec<String>,
    pub name_from: NameFrom,
    pub case: LetterCase,
    pub separator: Option<String>,
    pub prefix: Option<String>,
    pub rename: Vec<String>,
    pub allow_name: Vec<String>,
    pub require: Vec<String>,
    pub preserve_env: Vec<String>,
    pub clean_env: bool,
    pub keep: Vec<String>,
    pub unset: Vec<String>,
    pub expand: bool,
    pub fingerprint: Option<String>,
    pub region: Option<String>,
    pub profile: Option<String>,
    /// The ARN of a role to assume, and the external id that goes with it.
    pub role: Option<String>,
    pub external_id: Option<String>,
    pub timeout: Option<String>,
    /// How long the contract took, which counts towards the time limit.
    pub waited: Duration,
    pub start_jitter: Option<String>,
    pub verbose: bool,
    pub color: Color,
    /// Where those options were set that were not typed.
    pub origins: Vec<Origin>,
}

/// How long a launch tries unless another limit is given. Below the 90 seconds after which systemd
/// gives up on a service would be too short for a fleet that meets the quota; the manual says so.
const TIMEOUT: Duration = Duration::from_secs(120);

/// The same in AWS Lambda, which ends the initialisation of a function after ten seconds (AWS Lambda
/// Developer Guide, "Lambda execution environment lifecycle").
const TIMEOUT_IN_LAMBDA: Duration = Duration::from_secs(8);

/// A variable that Lambda sets for its functions (AWS Lambda Developer Guide, "Working with Lambda
/// environment variables").
const IN_LAMBDA: &str = "AWS_LAMBDA_RUNTIME_API";

/// How long a start may take unless a limit is given.
pub fn usual_timeout() -> Duration {
    match std::env::var_os(IN_LAMBDA) {
        Some(_) => TIMEOUT_IN_LAMBDA,
        None => TIMEOUT,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LayerKind {
    Required,
    Optional,
    /// A glob of names, not a path.
    Names,
    /// A place.
    From,
    OptionalFrom,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentKind {
    Json,
    Dotenv,
}

/// Parses a command line without a command, with the variables for what it does not set.
///
/// `variable` is `None` if none of ours is set, which saves fifty look-ups.
/// `commands` are the names of all commands.
pub fn parse(
    arguments: &[OsString],
    variable: Option<impl Fn(&str) -> Option<OsString>>,
    commands: &[&str],
) -> Result<Invocation, UsageError> {
    if let Some(text) = help::LAUNCH.requested(arguments) {
        return Ok(Invocation::Print(text));
    }
    if arguments.len() < 2 && variable.is_none() {
        return Ok(Invocation::Nothing(help::LAUNCH.short));
    }
    let dashed = is_wrapper(arguments).then(|| {
        let mut arguments = arguments.to_vec();
        arguments.insert(1, "--".into());
        arguments
    });
    match flags::parse::<Launch>(dashed.as_deref().unwrap_or(arguments), commands)? {
        Parsed::Arguments(launch, matches) => Ok(Invocation::Launch {
            options: merge(launch.flags, &matches, variable)?,
            program: launch.program,
        }),
        Parsed::Help => Ok(Invocation::Print(help::LAUNCH.short)),
        Parsed::Version => Ok(Invocation::Print(VERSION)),
    }
}

/// The arguments without our other ways to say something: `--entrypoint` of an image, and `help [COMMAND]` and
/// `version`, which are `--help` and `--version`.
pub fn spelled_out(arguments: Vec<OsString>, commands: &[&str]) -> Vec<OsString> {
    let mut arguments = of_entrypoint(arguments, commands);
    let is_command = |word: &OsString| commands.iter().any(|command| word == command);
    let is_word = |word: &OsString| {
        word.to_string_lossy()
            .bytes()
            .all(|it| it.is_ascii_lowercase())
    };
    match (
        arguments.get(1).and_then(|word| word.to_str()),
        arguments.len(),
    ) {
        (Some("help"), 3) if is_command(&arguments[2]) => {
            arguments.remove(1);
            arguments.push("--help".into());
        }
        // A misspelled command, whose error is that of the command.
        (Some("help"), 3) if is_word(&arguments[2]) => drop(arguments.remove(1)),
        (Some("help"), 2) => arguments[1] = "--help".into(),
        (Some("version"), 2) => arguments[1] = "--version".into(),
        _ => {}
    }
    arguments
}

/// What the arguments mean in the ENTRYPOINT of an image, which begins with `--entrypoint`: what a user
/// of the image adds is an option or a command of ours, or the program, without its `--`.
fn of_entrypoint(arguments: Vec<OsString>, commands: &[&str]) -> Vec<OsString> {
    if arguments.get(1).is_none_or(|word| word != "--entrypoint") {
        return arguments;
    }
    let is_ours = arguments.get(2).is_none_or(|word| {
        let ours = commands.iter().chain(&["help", "version"]);
        starts_with_dash(word) || ours.into_iter().any(|command| word == command)
    });
    let dashes = (!is_ours).then(|| "--".into());
    let mut words = arguments.into_iter();
    let ourselves: Vec<OsString> = words.by_ref().take(1).collect();
    let added = words.skip(1);
    ourselves.into_iter().chain(dashes).chain(added).collect()
}

/// What to try where a command or an option of ours stands in place of the program, as after the ENTRYPOINT
/// `["envsecrets", "--"]` of an image.
pub fn meant_for_us(arguments: &[OsString], commands: &[&str]) -> Option<String> {
    let after = arguments.iter().skip_while(|word| *word != "--").nth(1)?;
    let word = after.to_str()?;
    let is_ours = commands.contains(&word) || ["help", "version"].contains(&word);
    (is_ours || starts_with_dash(after)).then(|| {
        format!(
            "`--` ends the words of envsecrets: leave it out to use its own `{word}`; an image takes both with \
             `ENTRYPOINT [\"envsecrets\", \"--entrypoint\"]`, or `docker run --entrypoint envsecrets IMAGE {word}`"
        )
    })
}

/// Whether the first word is the program: a file, as of a wrapper that AWS Lambda starts
/// (`WRAPPER INTERPRETER ARGUMENTS`). Our own words have no `/`, and a place has a scheme.
fn is_wrapper(arguments: &[OsString]) -> bool {
    let Some((first, rest)) = arguments.get(1..).and_then(<[_]>::split_first) else {
        return false;
    };
    let is_file = first.as_encoded_bytes().contains(&b'/')
        && !starts_with_dash(first)
        && !first.to_string_lossy().contains("://");
    // A path of parameters before the `--` is a mistake that deserves its own message.
    is_file && (rest.iter().all(|word| word != "--") || Path::new(first).exists())
}

const VERSION: &str = concat!("envsecrets ", env!("CARGO_PKG_VERSION"), "\n");

/// Whether this is an option rather than a word.
pub fn starts_with_dash(word: &OsStr) -> bool {
    word.as_encoded_bytes().first() == Some(&b'-')
}

/// Adds to the flags the values of the variables, and then of the contract.
pub fn merge(
    flags: Flags,
    matches: &ArgMatches,
    variable: Option<impl Fn(&str) -> Option<OsString>>,
) -> Result<Options, UsageError> {
    let mut merge = Merge::new(matches, variable);
    let config = merge.list("config", flags.contract.config)?;
    let config_profile = merge.text("config-profile", flags.contract.config_profile)?;
    let mut waited = Duration::ZERO;
    let mut faults = Vec::new();
    if let Some(file) = twice(&config) {
        let hint = "name it once: of two files the later wins, key by key";
        return Err(
            UsageError::new(format!("`--config` names `{file}` twice"), hint)
                .about("--config")
                .with_origins(&merge.origins),
        );
    }
    // One whose name is empty is refused later.
    if !config.is_empty() && config.iter().all(|file| !file.is_empty()) {
        let profile = config_profile.as_deref();
        // Before the contract is read, only flags and variables can set a time limit.
        let timeout = merge.text("timeout", flags.aws.timeout.clone())?;
        merge.origins.retain(|origin| origin.flag != "--timeout");
        let started = Instant::now();
        let deadline = limit(timeout.as_deref()).and_then(|limit| started.checked_add(limit));
        let read = contract_files::read(&config, profile, &flags::keys(), deadline);
        merge.contract = Some(read.contract);
        faults = read.problems.into_iter().map(Fault::from).collect();
        // To whole seconds, so that messages name the limit as it was given.
        waited = Duration::from_secs(started.elapsed().as_secs());
    }
    Ok(Options {
        layers: merge.ordered([
            // An old store is beaten by Parameter Store.
            ("from", LayerKind::From),
            ("optional-from", LayerKind::OptionalFrom),
            ("path", LayerKind::Required),
            ("optional-path", LayerKind::Optional),
            ("names", LayerKind::Names),
        ])?,
        documents: merge.ordered([
            ("json", DocumentKind::Json),
            ("dotenv", DocumentKind::Dotenv),
        ])?,
        dotenv_dialect: merge.choice("dotenv-dialect", flags.read.dotenv_dialect)?,
        secret: merge.list("secret", flags.read.secret)?,
        file: merge.list("file", flags.read.file)?,
        file_owner: merge.text("file-owner", flags.read.file_owner)?,
        resolve: merge.switch("resolve", flags.read.resolve)?,
        label: merge.text("label", flags.read.label)?,
        only: merge.list("only", flags.choose.only)?,
        exclude: merge.list("exclude", flags.choose.exclude)?,
        name_from: merge.choice("name-from", flags.choose.name_from)?,
        case: merge.choice("case", flags.choose.case)?,
        separator: merge.text("separator", flags.choose.separator)?,
        prefix: merge.text("prefix", flags.choose.prefix)?,
        rename: merge.list("rename", flags.choose.rename)?,
        allow_name: merge.list("allow-name", flags.choose.allow_name)?,
        require: names("--require", merge.list("require", flags.choose.require)?)?,
        preserve_env: names(
            "--preserve-env",
            merge.switch_or_list("preserve-env", flags.environment.preserve_env)?,
        )?,
        clean_env: merge.switch("clean-env", flags.environment.clean_env)?,
        keep: merge.list("keep", flags.environment.keep)?,
        unset: merge.list("unset", flags.environment.unset)?,
        expand: merge.switch("expand", flags.environment.expand)?,
        fingerprint: merge.text("fingerprint", flags.environment.fingerprint)?,
        region: merge.text("region", flags.aws.region)?,
        profile: merge.text("profile", flags.aws.profile)?,
        role: merge.text("role", flags.aws.role)?,
        external_id: merge.text("external-id", flags.aws.external_id)?,
        timeout: merge.text("timeout", flags.aws.timeout)?,
        waited,
        start_jitter: merge.text("start-jitter", flags.aws.start_jitter)?,
        verbose: merge.switch("verbose", flags.verbose)?,
        color: merge.choice("color", flags::color(matches))?,
        strict: merge.switch("strict", flags.contract.strict)?,
        config,
        config_profile,
        contract: merge.contract,
        faults,
        origins: merge.origins,
    })
}

/// What `--color` or its variable says, for a command that has few of the options of a launch.
pub fn color(
    matches: &ArgMatches,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<Color, UsageError> {
    Merge::new(matches, Some(variable)).choice("color", flags::color(matches))
}

/// The first file that is named for the second time, here or as `./FILE`.
fn twice(files: &[String]) -> Option<&String> {
    let plain = |file: &String| -> PathBuf {
        let parts = Path::new(file).components();
        parts.filter(|it| *it != Component::CurDir).collect()
    };
    let mut known = BTreeSet::new();
    files.iter().find(|file| !known.insert(plain(file)))
}

/// The time limit for reading the contract. What is no duration is reported later.
fn limit(text: Option<&str>) -> Option<Duration> {
    let limit = match text {
        Some("0") => Duration::ZERO,
        Some(text) => humantime::parse_duration(text).unwrap_or_else(|_| usual_timeout()),
        None => usual_timeout(),
    };
    (limit > Duration::ZERO).then_some(limit)
}

/// The values of flags and variables, as keys of a contract.
pub fn settings(
    matches: &ArgMatches,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<Vec<(Key, Value)>, UsageError> {
    let mut merge = Merge::new(matches, Some(variable));
    let mut settings = Vec::new();
    for key in flags::keys() {
        let name = key.name.as_str();
        let mut typed = flags::values(matches, name);
        let list = |list: Vec<String>| (!list.is_empty()).then_some(Value::List(list));
        let value = match &key.shape {
            Shape::Switch => {
                let on = merge.switch(name, flags::is_typed(matches, name))?;
                on.then_some(Value::Switch(true))
            }
            Shape::List => list(merge.list(name, typed)?),
            Shape::SwitchOrList => list(merge.switch_or_list(name, typed)?),
            Shape::Text | Shape::SwitchOrText | Shape::OrNone => {
                merge.text(name, typed.pop())?.map(Value::Text)
            }
            // The case of a variable does not count.
            Shape::Choice(_) => {
                let word = merge.text(name, typed.pop())?;
                word.map(|word| Value::Text(word.to_ascii_lowercase()))
            }
        };
        settings.extend(value.map(|value| (key, value)));
    }
    Ok(settings)
}

/// Splits lists of variable names, which contain no comma.
fn names(flag: &str, lists: Vec<String>) -> Result<Vec<String>, UsageError> {
    let mut names = Vec::new();
    for list in lists {
        let list = variables::list(&list);
        if list.is_empty() {
            let hint = "give it a name, or leave it out; is a variable unset?";
            return Err(UsageError::new(format!("`{flag}` is empty"), hint));
        }
        names.extend(list);
    }
    Ok(names)
}

/// Decides each option: what was typed, or else its variable, or else the contract.
pub struct Merge<'a, F> {
    matches: &'a ArgMatches,
    /// `None` where none of our variables is set.
    variable: Option<F>,
    contract: Option<Contract>,
    origins: Vec<Origin>,
}

/// How an option was set that was not typed.
enum Untyped {
    Variable {
        name: String,
        value: String,
    },
    /// By the contract, which accepts only the kind of value that the option takes.
    Setting(Value),
}

impl<'a, F: Fn(&str) -> Option<OsString>> Merge<'a, F> {
    pub fn new(matches: &'a ArgMatches, variable: Option<F>) -> Self {
        Self {
            matches,
            variable,
            contract: None,
            origins: Vec::new(),
        }
    }

    /// The variable of an option, if that is set and not empty, and otherwise the contract.
    fn untyped(&mut self, option: &str) -> Result<Option<Untyped>, UsageError> {
        let nothing_else = self.variable.is_none() && self.contract.is_none();
        if nothing_else || flags::is_typed(self.matches, option) {
            return Ok(None);
        }
        let name = variables::name_for(option);
        let value = self.variable.as_ref().and_then(|look_up| look_up(&name));
        let value = value.filter(|value| !value.is_empty());
        let (origin, untyped) = if let Some(value) = value {
            let value = variables::text(&name, value)?;
            (name.clone(), Untyped::Variable { name, value })
        } else if let Some(contract) = &self.contract
            && let Some(Setting { value, place }) = contract.setting(option)
        {
            (place.to_string(), Untyped::Setting(value.clone()))
        } else {
            return Ok(None);
        };
        let flag = format!("--{option}");
        self.origins.push(Origin { flag, origin });
        Ok(Some(untyped))
    }

    fn list(&mut self, option: &str, typed: Vec<String>) -> Result<Vec<String>, UsageError> {
        Ok(match self.untyped(option)? {
            Some(Untyped::Variable { value, .. }) => variables::list(&value),
            Some(Untyped::Setting(Value::List(list))) => list,
            Some(Untyped::Setting(Value::Switch(_) | Value::Text(_))) | None => typed,
        })
    }

    fn text(&mut self, option: &str, typed: Option<String>) -> Result<Option<String>, UsageError> {
        Ok(match self.untyped(option)? {
            Some(Untyped::Variable { value, .. } | Untyped::Setting(Value::Text(value))) => {
                Some(value)
            }
            Some(Untyped::Setting(Value::Switch(_) | Value::List(_))) | None => typed,
        })
    }

    pub fn switch(&mut self, option: &str, typed: bool) -> Result<bool, UsageError> {
        match self.untyped(option)? {
            Some(Untyped::Variable { name, value }) => variables::switch(&name, &value),
            Some(Untyped::Setting(Value::Switch(on))) => Ok(on),
            Some(Untyped::Setting(Value::Text(_) | Value::List(_))) | None => Ok(typed),
        }
    }

    fn switch_or_list(
        &mut self,
        option: &str,
        typed: Vec<String>,
    ) -> Result<Vec<String>, UsageError> {
        Ok(match self.untyped(option)? {
            Some(Untyped::Variable { value, .. }) => variables::switch_or_list(&value),
            Some(Untyped::Setting(Value::List(list))) => list,
            Some(Untyped::Setting(Value::Switch(true))) => vec!["*".to_owned()],
            Some(Untyped::Setting(Value::Switch(false) | Value::Text(_))) | None => typed,
        })
    }

    pub fn choice<T: ValueEnum>(&mut self, option: &str, typed: T) -> Result<T, UsageError> {
        match self.untyped(option)? {
            Some(Untyped::Variable { name, value }) => variables::choice(&name, &value),
            Some(Untyped::Setting(Value::Text(word))) => {
                Ok(T::from_str(&word, false).unwrap_or(typed))
            }
            Some(Untyped::Setting(Value::Switch(_) | Value::List(_))) | None => Ok(typed),
        }
    }

    /// Several options whose order counts: those that were not typed, one option after the other,
    /// and then those that were, in the order of the command line.
    fn ordered<K: Copy, const N: usize>(
        &mut self,
        options: [(&str, K); N],
    ) -> Result<Vec<(String, K)>, UsageError> {
        let mut values = Vec::new();
        for (option, kind) in options {
            let untyped = self.list(option, Vec::new())?;
            values.extend(untyped.into_iter().map(|value| (value, kind)));
        }
        values.extend(flags::in_order(self.matches, options));
        Ok(values)
    }
}

#[cfg(test)]
mod tests;
