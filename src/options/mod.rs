//! What the user may say.
//!
//! Every flag has a variable, because the JSON form of a Docker ENTRYPOINT expands nothing, and a key
//! in the contract. Flags beat variables, and those beat the contract. What the words mean is for `plan` to decide; here they are only collected.

pub mod contract;
pub mod help;

use std::ffi::{OsStr, OsString};

use clap::error::ErrorKind;
use clap::{ArgAction, ArgMatches, Args, CommandFactory, FromArgMatches, Parser, ValueEnum};

use contract::{Contract, Key, Setting, Shape, Value};

/// What we are called.
const NAME: &str = "envsecrets";

/// What can stand in the place of options: `check`, and those of `commands`.
pub const COMMANDS: [&str; 16] = [
    "check", "init", "get", "put", "list", "history", "rollback", "label", "tag", "delete",
    "import", "export", "diff", "copy", "policy", "stale",
];

/// What the variables for our flags begin with.
pub const PREFIX: &str = "ENVSECRETS_";

#[derive(Debug, Parser)]
#[command(
    name = NAME,
    version,
    about = "Start a program with its secrets from AWS Systems Manager Parameter Store",
    long_about = "Start a program with its secrets from AWS Systems Manager Parameter Store\n\n\
        Reads the parameters below a path, decrypts them, gives each a variable, and then becomes \
        the program: same process, same PID, nothing on disk, nothing on a command line. Below \
        /prd/app the parameter /prd/app/db/password is DB_PASSWORD. If anything is missing, \
        refused or ambiguous, the program does not start, and you are told why.",
    after_help = AFTER_HELP,
    after_long_help = AFTER_LONG_HELP,
    override_usage = "envsecrets [OPTIONS] -- PROGRAM [ARGUMENTS]...\n       \
        envsecrets check [OPTIONS] [-- PROGRAM [ARGUMENTS]...]\n       \
        envsecrets COMMAND [OPTIONS] [ARGUMENTS]...",
    disable_help_flag = true,
    disable_version_flag = true,
)]
struct Cli {
    #[command(flatten)]
    options: Options,
    /// Print this: `-h` in short, `--help` with examples
    #[arg(long, short, action = ArgAction::Help, help_heading = OTHER)]
    help: Option<bool>,
    /// Print the version
    #[arg(long, short = 'V', action = ArgAction::Version, help_heading = OTHER)]
    version: Option<bool>,
    /// The program to become, and its arguments, exactly as given
    #[arg(last = true, hide = true, value_name = "PROGRAM", value_hint = clap::ValueHint::CommandWithArguments)]
    program: Vec<OsString>,
}

const AFTER_HELP: &str = "\
Every option can also be given as a variable: `--optional-path` is ENVSECRETS_OPTIONAL_PATH.";

const AFTER_LONG_HELP: &str = "\
Examples:
  A service with the secrets below /prd/app
      envsecrets --path /prd/app -- java -jar app.jar

  What is common to all, then what is the service's own, then what may be there
      envsecrets --path /base --path /prd/app --optional-path /extra -- ./serve

  Only the database, and nothing at all if the password is not there
      envsecrets --path /prd/app --only 'db/*' --require DB_PASSWORD -- ./serve

  One variable from one parameter, at a label
      envsecrets --secret DB_PASSWORD=/prd/app/db-password:live -- ./serve

  A container whose variables refer to secrets: DB_PASSWORD=ssm:///prd/app/db-password
      envsecrets --resolve -- ./serve

  Each key of one JSON secret: `user` is DB_USER, `password` is DB_PASSWORD
      envsecrets --json DB_=/prd/app/db -- ./serve

  A key as a file, with the path of that file as TLS_KEY
      envsecrets --file TLS_KEY=/prd/app/tls-key -- ./serve

  What the repository says that the program needs, or nothing at all
      envsecrets --config envsecrets.toml -- ./serve

  Variables for Terraform: /tf/prod/db_user is TF_VAR_db_user
      envsecrets --path /tf/prod --case keep --prefix TF_VAR_ -- terraform plan

  The program gets its secrets, and none of our AWS credentials
      envsecrets --path /prd/app --unset 'AWS_*' -- ./serve

  What would the program get? No value is ever shown
      envsecrets check --path /prd/app -- ./serve

  In a Dockerfile, with `docker run -e ENVSECRETS_PATH=/prd/app`
      ENTRYPOINT [\"envsecrets\", \"--\"]

Variables:
  Every option can also be given as a variable: `--optional-path` is ENVSECRETS_OPTIONAL_PATH. \
A flag beats its variable, that beats the file of `--config`, and an empty variable counts as not set. Lists are separated by \
newlines, or by commas outside braces; switches are `true` or `false`. Layers from variables come \
before those from flags: first those of ENVSECRETS_PATH, then those of ENVSECRETS_OPTIONAL_PATH and ENVSECRETS_NAMES.

  For all that concerns AWS its own variables count: AWS_REGION, AWS_PROFILE, AWS_ACCESS_KEY_ID \
and the rest of the credentials chain, AWS_ENDPOINT_URL_SSM, AWS_CA_BUNDLE, SSL_CERT_FILE, \
HTTPS_PROXY, NO_PROXY.

Exit status:
  There is no 0: on success envsecrets does not exit, it becomes the program, and the exit status \
is the program's. Only after 75 is it worth while to start again.

   64  the options make no sense
   65  what was read cannot become an environment: two parameters with one name, a name that \
cannot be used or is refused, a NUL, too large, not as the contract says
   66  nothing below a path, or something required is missing
   70  an answer that could not be understood
   75  Parameter Store could not be reached, or kept throttling, until the deadline
   77  AWS refused
   78  no region, no credentials, an unreadable profile or contract, an untrusted certificate, no place in \
memory for a file
  126  the program cannot be executed
  127  the program was not found

  A signal while fetching is what we die of; as PID 1 we exit with 128 and its number.";

const AFTER_LONG_HELP_OF_CHECK: &str = "\
Examples:
  Which variable comes from where, and what would be wrong?
      envsecrets check --path /prd/app -- java -jar app.jar

  Does the path still hold what the service needs? For CI, without a program
      envsecrets check --path /prd/app --require DB_PASSWORD --format json

  Is all there that the repository says, and nothing else? For CI, without the right to decrypt
      envsecrets check --config envsecrets.toml --strict --names-only

Exit status:
  0 if the program would start, otherwise what a launch would exit with. Problems are on stderr, \
below the table; with `--format json` all is on stdout.";

const READ: &str = "What to read";
const CONTRACT: &str = "What the repository says";
const CHOOSE: &str = "Which ones, and under what name";
const ENVIRONMENT: &str = "What the program inherits";
const AWS: &str = "AWS";
const OTHER: &str = "Other";

/// Do everything but become the program, and print what it would get
///
/// Prints which variable comes from which parameter, version and layer, what it would
/// override or keep, and what was filtered out; never a value. All problems are told at once.
/// The options are those of a launch, and the program may be left out.
#[derive(Debug, Parser)]
#[command(
    name = "check",
    override_usage = "envsecrets check [OPTIONS] [-- PROGRAM [ARGUMENTS]...]",
    after_help = AFTER_HELP,
    after_long_help = AFTER_LONG_HELP_OF_CHECK,
    disable_help_flag = true
)]
struct Check {
    /// Print a table for people, JSON for programs, or only names
    ///
    /// `names` prints NAME=PARAMETER for each variable, and nothing unless all is well: what
    /// `--secret` and ENVSECRETS_SECRET take.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Table, help_heading = "What to print")]
    format: Format,

    /// Read no values: nothing is decrypted, and no right to decrypt is needed
    ///
    /// Values are then not checked: neither their size, nor whether one can be in an environment or
    /// matches its pattern.
    #[arg(long, help_heading = "What to print")]
    names_only: bool,

    #[command(flatten)]
    options: Options,
    /// Print this: `-h` in short, `--help` with examples
    #[arg(long, short, action = ArgAction::Help, help_heading = OTHER)]
    help: Option<bool>,
    /// The program that would be started: whether it can be found is checked too
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

#[derive(Debug, Args)]
pub struct Options {
    /// Read all parameters below this path
    ///
    /// May be repeated: each path is a layer, and a later one overrides an earlier one. If there
    /// is nothing below one of them, the program does not start.
    #[arg(long, value_name = "PATH", help_heading = READ)]
    path: Vec<String>,

    /// The same, for a layer that may be empty
    ///
    /// May be repeated, and keeps its place among the layers of `--path`.
    #[arg(long, value_name = "PATH", help_heading = READ)]
    optional_path: Vec<String>,

    /// Read all parameters whose name matches: flat names, such as `prd.app.*`
    ///
    /// Variables are named after what follows the literal beginning of the glob, without which it is an
    /// error. Names are found with DescribeParameters, which AWS allows very seldom, to a whole account
    /// and region: one host may do this, a fleet had better have exact names, which `envsecrets check
    /// --format names` prints. May be repeated, and keeps its place among the layers of `--path`.
    #[arg(long, value_name = "GLOB", help_heading = READ)]
    names: Vec<String>,

    /// Make one variable from one parameter
    ///
    /// PARAMETER is a name, `name:VERSION`, `name:LABEL`, or a full ARN, which can be that of a
    /// parameter that another account shares with this one. May be repeated. Beats every path.
    #[arg(long, value_name = "NAME=PARAMETER", help_heading = READ)]
    pub secret: Vec<String>,

    /// Hand over one parameter as a file in memory
    ///
    /// NAME becomes its path: `/proc/self/fd/N`, a sealed file without a name that is gone with the
    /// program. `NAME=PARAMETER@/PATH` writes it to a path instead, at once and whole, and only where
    /// the file system is memory (tmpfs or ramfs). Either is for its owner alone to read (0400), and
    /// holds the value byte for byte, or decoded: `NAME=base64:PARAMETER`. May be repeated. Beats
    /// every path.
    #[arg(long, value_name = "NAME=PARAMETER", help_heading = READ)]
    pub file: Vec<String>,

    /// Give those files to this user
    ///
    /// A name or a number. For programs that give up root before they open them. Takes root, or
    /// CAP_CHOWN.
    #[arg(long, value_name = "USER", help_heading = READ)]
    pub file_owner: Option<String>,

    /// Make a variable of each key of a JSON object
    ///
    /// PARAMETER holds that object. Keys are named as parameters below a path are, objects in objects
    /// too: {"db": {"host": "x"}} is DB_HOST. Names begin with PREFIX, as it is written. Lists and
    /// null are errors, and numbers stay as they are written. May be repeated, and keeps its place
    /// among those of `--dotenv`: a later one overrides an earlier one, and all of them every path.
    #[arg(long, value_name = "[PREFIX=]PARAMETER", help_heading = READ)]
    pub json: Vec<String>,

    /// The same, for the text of a .env file
    ///
    /// Nothing in it is expanded or run: `$HOME` is five characters.
    #[arg(long, value_name = "PARAMETER", help_heading = READ)]
    pub dotenv: Vec<String>,

    /// Replace inherited variables that refer to a secret by that secret
    ///
    /// A reference is the whole value of a variable: `ssm:///prd/app/db`, with `:VERSION` or
    /// `:LABEL` if wanted, `secretsmanager://NAME`, `sm://NAME`, with `:STAGE` or `:VERSION`, or the
    /// ARN of a parameter or secret. `#KEY` at its end picks one key of a JSON object. What a
    /// reference names beats every path. Where nothing refers to anything, nobody is asked.
    #[arg(long, help_heading = READ)]
    pub resolve: bool,

    /// Read paths and `--names` at this label, not at the newest version
    ///
    /// Parameters without the label are left aside.
    #[arg(long, value_name = "LABEL", help_heading = READ)]
    pub label: Option<String>,

    /// Read options and needed variables from a file
    ///
    /// Flags and variables beat it. The file, `envsecrets.toml` by custom, has the options as keys: path = ["/prd/app"]. Each
    /// [variables.NAME] declares a variable that must be among the secrets, with `description`,
    /// `required`, `from`, `file` and `pattern`. No file is read unless one is named.
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, help_heading = CONTRACT)]
    pub config: Option<String>,

    /// Let its [profiles.NAME] override the rest of it
    ///
    /// A profile has the same keys, such as `path` and `region`. `--profile` is AWS's.
    #[arg(long, value_name = "NAME", help_heading = CONTRACT)]
    pub config_profile: Option<String>,

    /// Refuse secrets that it does not declare
    ///
    /// For `--config`. All of them are told at once. What `--exclude` leaves out need not be declared.
    #[arg(long, help_heading = CONTRACT)]
    pub strict: bool,

    /// Take only parameters whose name below the path matches
    ///
    /// `*` and `?` stop at `/`, `**` does not: `db/*`, `**/password`, `{db,api}/**`. May be
    /// repeated; `--exclude` wins. A pattern that matches nothing is an error, unless all layers
    /// are optional.
    #[arg(long, value_name = "GLOB", help_heading = CHOOSE)]
    pub only: Vec<String>,

    /// Leave out parameters whose name below the path matches
    ///
    /// May be repeated. This lessens what the program sees; it is no access control.
    #[arg(long, value_name = "GLOB", help_heading = CHOOSE)]
    pub exclude: Vec<String>,

    /// Name variables after all that follows the path, or after the last part
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = NameFrom::Path, help_heading = CHOOSE)]
    pub name_from: NameFrom,

    /// Turn letters into upper case, or keep them
    #[arg(long, value_enum, value_name = "CASE", default_value_t = LetterCase::Upper, help_heading = CHOOSE)]
    pub case: LetterCase,

    /// Begin every name made from a path with this, such as TF_VAR_
    #[arg(long, value_name = "TEXT", help_heading = CHOOSE)]
    pub prefix: Option<String>,

    /// Give the variable of one parameter another name
    ///
    /// PARAMETER is what follows the path, or the full name; NAME is taken as it is, without
    /// `--prefix`. May be repeated.
    #[arg(long, value_name = "PARAMETER=NAME", help_heading = CHOOSE)]
    pub rename: Vec<String>,

    /// Allow names that run code in the program or redirect it
    ///
    /// PATH, LD_PRELOAD, NODE_OPTIONS, JAVA_TOOL_OPTIONS, AWS_*, HTTPS_PROXY and their like are
    /// refused otherwise: whoever may write a parameter must not thereby run code in the program.
    /// May be repeated.
    #[arg(long, value_name = "GLOB", help_heading = CHOOSE)]
    pub allow_name: Vec<String>,

    /// Fail unless these variables are among the secrets
    ///
    /// Names or globs, separated by commas; may be repeated. All that are missing are told at once.
    #[arg(long, value_name = "NAME,...", help_heading = CHOOSE)]
    pub require: Vec<String>,

    /// Let inherited variables win over secrets of their name
    ///
    /// All of them, or those that match: `--preserve-env=LOG_LEVEL,DB_*`. Otherwise the secret
    /// wins. May be repeated.
    #[arg(long, value_name = "GLOB,...", num_args = 0..=1, require_equals = true, default_missing_value = "*", action = ArgAction::Append, help_heading = ENVIRONMENT)]
    pub preserve_env: Vec<String>,

    /// Inherit nothing but what `--keep` names
    #[arg(long, help_heading = ENVIRONMENT)]
    pub clean_env: bool,

    /// With `--clean-env`, inherit these all the same
    ///
    /// May be repeated.
    #[arg(long, value_name = "GLOB", help_heading = ENVIRONMENT)]
    pub keep: Vec<String>,

    /// Do not inherit these
    ///
    /// `--unset 'AWS_*'` takes our own credentials from the program. May be repeated.
    #[arg(long, value_name = "GLOB", help_heading = ENVIRONMENT)]
    pub unset: Vec<String>,

    /// Replace {{NAME}} in the program's arguments, where every user can read it
    ///
    /// All users of the machine can read arguments, with `ps`, for as long as the program runs. If it
    /// can have the value in its environment, leave it there: properties of Java, for one, in
    /// JAVA_TOOL_OPTIONS, with `--allow-name`. If it reads arguments from a file, give it one: with
    /// `--file ARGS=/prd/app/java-args` the arguments `java '@{{ARGS}}'` show a path and no value.
    /// NAME is a variable as the program gets it, and one that it does not get is an error. {{{{
    /// writes {{. Without this option braces mean nothing.
    #[arg(long, help_heading = ENVIRONMENT)]
    pub expand: bool,

    /// Tell the program, in one more variable, which versions of which parameters it got
    ///
    /// `envsecrets stale` compares that with what is there now, so that a program can be started anew
    /// when a secret was rotated. It holds names and versions, and a digest of them; never a value.
    /// No secret can have the name, and an inherited variable that has it gives way.
    #[arg(long, value_name = "NAME", help_heading = ENVIRONMENT)]
    pub fingerprint: Option<String>,

    /// The region, instead of AWS_REGION or that of the profile
    #[arg(long, value_name = "REGION", help_heading = AWS)]
    pub region: Option<String>,

    /// The profile, instead of AWS_PROFILE
    ///
    /// Beats credentials in the environment, as it does for the AWS CLI.
    #[arg(long, value_name = "PROFILE", help_heading = AWS)]
    pub profile: Option<String>,

    /// Give up after this time in all, such as 30s; 0 for never [default: 2m]
    ///
    /// What is certain, such as a refusal, fails at once. What may pass, such as throttling or a
    /// network that is not up yet, is tried again until then.
    #[arg(long, value_name = "DURATION", help_heading = AWS)]
    pub timeout: Option<String>,

    /// Wait a random time of up to this before the first call, for large fleets
    ///
    /// Options and program are looked at before, and `--timeout` counts from the end of the wait.
    /// `check` does not wait.
    #[arg(long, value_name = "DURATION", help_heading = AWS)]
    pub start_jitter: Option<String>,

    /// Say on stderr what is read from where; never a value
    #[arg(long, short, help_heading = OTHER)]
    pub verbose: bool,

    /// The layers as written, in order.
    #[arg(skip)]
    pub layers: Vec<(String, LayerKind)>,

    /// The parameters that hold several variables, as written, in order.
    #[arg(skip)]
    pub documents: Vec<(String, DocumentKind)>,

    /// The file that `--config` names.
    #[arg(skip)]
    pub contract: Option<Contract>,

    /// The flags whose place a variable or the contract took, and where that is.
    #[arg(skip)]
    pub from_variables: Vec<(String, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LayerKind {
    Required,
    Optional,
    /// A glob of names, not a path.
    Names,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentKind {
    Json,
    Dotenv,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum NameFrom {
    Path,
    Leaf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LetterCase {
    Upper,
    Keep,
}

/// What the user wants done.
#[derive(Debug)]
pub enum Wish {
    Launch {
        options: Options,
        program: Vec<OsString>,
    },
    Check {
        options: Options,
        program: Vec<OsString>,
        format: Format,
        names_only: bool,
    },
    /// `--help` and `--version`: print this, and be done.
    Print(String),
}

/// The options make no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct UsageError {
    pub what: String,
    pub hint: String,
    pub nature: Nature,
}

/// What is wrong with what was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nature {
    /// It makes no sense.
    Nonsense,
    /// It is in a file that cannot be read.
    Unreadable,
}

impl UsageError {
    pub fn new(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            hint: hint.into(),
            nature: Nature::Nonsense,
        }
    }

    /// Names the variable, or the place in the contract, behind a flag that was never typed.
    #[must_use]
    pub fn blame(mut self, from_variables: &[(String, String)]) -> Self {
        for (flag, variable) in from_variables {
            if self.what.contains(&format!("`{flag}`")) || self.what.contains(&format!("`{flag} "))
            {
                self.what.push_str(&format!(" (from {variable})"));
            }
        }
        self
    }
}

impl From<contract::Error> for UsageError {
    fn from(error: contract::Error) -> Self {
        use contract::Error as It;
        let nature = match error {
            It::Unreadable { .. } | It::NotToml { .. } => Nature::Unreadable,
            It::UnknownKey { .. }
            | It::WrongType { .. }
            | It::NotAName { .. }
            | It::NotAPattern { .. }
            | It::FileOfNothing { .. }
            | It::DecodedText { .. }
            | It::Twice { .. }
            | It::NoProfile { .. } => Nature::Nonsense,
        };
        Self {
            what: error.to_string(),
            hint: error.hint(),
            nature,
        }
    }
}

/// Understands the command line, with the variables for what it leaves open. Where none of ours is
/// set there is none to ask for, and no start pays for fifty questions.
pub fn parse(
    arguments: &[OsString],
    variable: Option<impl Fn(&str) -> Option<OsString>>,
) -> Result<Wish, UsageError> {
    if let Some(text) = help::asked(arguments) {
        return Ok(Wish::Print(text.to_owned()));
    }
    if arguments.get(1).is_some_and(|word| word == "check") {
        let (mut check, matches) = match understand::<Check>(&arguments[1..])? {
            Understood::Meant(check, matches) => (check, matches),
            Understood::Asked(_) => return Ok(short_help(arguments)),
        };
        let mut format = Variables::new(&matches, variable.as_ref());
        format.choice("FORMAT", &mut check.format)?;
        format.switch("NAMES_ONLY", &mut check.names_only)?;
        let options = complete(check.options, &matches, variable)?;
        return Ok(Wish::Check {
            options,
            program: check.program,
            format: check.format,
            names_only: check.names_only,
        });
    }
    match understand::<Cli>(arguments)? {
        Understood::Meant(cli, matches) => {
            let options = complete(cli.options, &matches, variable)?;
            Ok(Wish::Launch {
                options,
                program: cli.program,
            })
        }
        Understood::Asked(ErrorKind::DisplayVersion) => Ok(Wish::Print(version())),
        Understood::Asked(_) => Ok(short_help(arguments)),
    }
}

/// What clap made of the words.
pub enum Understood<T> {
    Meant(T, ArgMatches),
    /// It asks for help or for the version, as one of several letters: `-vh`.
    Asked(ErrorKind),
}

/// Has clap read the command line of one command, whose name is its first word.
pub fn understand<T: CommandFactory + FromArgMatches>(
    arguments: &[OsString],
) -> Result<Understood<T>, UsageError> {
    let explained = |error: &clap::Error| explain(error, &T::command(), arguments);
    let matches = match T::command().try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(error) => {
            return match error.kind() {
                kind @ (ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
                    Ok(Understood::Asked(kind))
                }
                _ => Err(explained(&error)),
            };
        }
    };
    let meant = T::from_arg_matches(&matches).map_err(|error| explained(&error))?;
    Ok(Understood::Meant(meant, matches))
}

/// Whether this is an option rather than a word.
pub fn starts_with_dash(word: &OsStr) -> bool {
    word.as_encoded_bytes().first() == Some(&b'-')
}

fn short_help(arguments: &[OsString]) -> Wish {
    Wish::Print(help::text(arguments, help::Length::Short).to_owned())
}

fn version() -> String {
    concat!("envsecrets ", env!("CARGO_PKG_VERSION"), "\n").to_owned()
}

/// All commands as clap knows them, for what is generated from that.
#[cfg(test)]
pub fn command() -> clap::Command {
    let others = crate::commands::ALL.iter().map(|entry| (entry.command)());
    Cli::command()
        .args_conflicts_with_subcommands(true)
        .disable_help_subcommand(true)
        .subcommand(Check::command())
        .subcommands(others)
}

/// The same as `complete`, with the variables of this process.
pub fn with_variables(options: Options, matches: &ArgMatches) -> Result<Options, UsageError> {
    let variable = |name: &str| std::env::var_os(name);
    complete(options, matches, Some(variable))
}

/// Adds what the variables, and then the contract, say about options that were not given as flags.
pub fn complete(
    mut options: Options,
    matches: &ArgMatches,
    variable: Option<impl Fn(&str) -> Option<OsString>>,
) -> Result<Options, UsageError> {
    let mut variables = Variables::new(matches, variable.as_ref());
    variables.text("CONFIG", &mut options.config)?;
    variables.text("CONFIG_PROFILE", &mut options.config_profile)?;
    if let Some(file) = options.config.as_deref().filter(|file| !file.is_empty()) {
        let profile = options.config_profile.as_deref();
        variables.contract = Some(contract::read(file, profile, &keys())?);
    }
    let mut layers = Vec::new();
    for (name, kind) in [
        ("PATH", LayerKind::Required),
        ("OPTIONAL_PATH", LayerKind::Optional),
        ("NAMES", LayerKind::Names),
    ] {
        let mut paths = Vec::new();
        variables.list(name, &mut paths)?;
        layers.extend(paths.into_iter().map(|path| (path, kind)));
    }
    layers.extend(flags_in_order(
        matches,
        [
            ("path", LayerKind::Required),
            ("optional_path", LayerKind::Optional),
            ("names", LayerKind::Names),
        ],
    ));
    let mut documents = Vec::new();
    for (name, kind) in [
        ("JSON", DocumentKind::Json),
        ("DOTENV", DocumentKind::Dotenv),
    ] {
        let mut parameters = Vec::new();
        variables.list(name, &mut parameters)?;
        documents.extend(parameters.into_iter().map(|parameter| (parameter, kind)));
    }
    documents.extend(flags_in_order(
        matches,
        [
            ("json", DocumentKind::Json),
            ("dotenv", DocumentKind::Dotenv),
        ],
    ));

    variables.list("SECRET", &mut options.secret)?;
    variables.list("FILE", &mut options.file)?;
    variables.text("FILE_OWNER", &mut options.file_owner)?;
    variables.switch("RESOLVE", &mut options.resolve)?;
    variables.text("LABEL", &mut options.label)?;
    variables.list("ONLY", &mut options.only)?;
    variables.list("EXCLUDE", &mut options.exclude)?;
    variables.choice("NAME_FROM", &mut options.name_from)?;
    variables.choice("CASE", &mut options.case)?;
    variables.text("PREFIX", &mut options.prefix)?;
    variables.list("RENAME", &mut options.rename)?;
    variables.list("ALLOW_NAME", &mut options.allow_name)?;
    variables.list("REQUIRE", &mut options.require)?;
    variables.switch_or_list("PRESERVE_ENV", &mut options.preserve_env)?;
    variables.switch("CLEAN_ENV", &mut options.clean_env)?;
    variables.list("KEEP", &mut options.keep)?;
    variables.list("UNSET", &mut options.unset)?;
    variables.switch("EXPAND", &mut options.expand)?;
    variables.text("FINGERPRINT", &mut options.fingerprint)?;
    variables.text("REGION", &mut options.region)?;
    variables.text("PROFILE", &mut options.profile)?;
    variables.text("TIMEOUT", &mut options.timeout)?;
    variables.text("START_JITTER", &mut options.start_jitter)?;
    variables.switch("VERBOSE", &mut options.verbose)?;
    variables.switch("STRICT", &mut options.strict)?;

    for (flag, lists) in [
        ("--require", &options.require),
        ("--preserve-env", &options.preserve_env),
    ] {
        if lists.iter().any(|list| split(list).is_empty()) {
            let hint = "name what it is for, or leave it out; was a variable not set?";
            return Err(UsageError::new(format!("`{flag}` is empty"), hint));
        }
    }
    options.require = options
        .require
        .iter()
        .flat_map(|list| split(list))
        .collect();
    options.preserve_env = options
        .preserve_env
        .iter()
        .flat_map(|list| split(list))
        .collect();
    options.layers = layers;
    options.documents = documents;
    options.contract = variables.contract;
    options.from_variables = variables.used;
    Ok(options)
}

/// The values of some flags of the command line, in the order in which they stand.
fn flags_in_order<K: Copy, const N: usize>(
    matches: &ArgMatches,
    ids: [(&str, K); N],
) -> Vec<(String, K)> {
    let mut flags = Vec::new();
    for (id, kind) in ids {
        let indices = matches.indices_of(id).into_iter().flatten();
        let values = matches.get_many::<String>(id).into_iter().flatten();
        flags.extend(
            indices
                .zip(values)
                .map(|(index, value)| (index, value.clone(), kind)),
        );
    }
    flags.sort_by_key(|(index, _, _)| *index);
    flags
        .into_iter()
        .map(|(_, value, kind)| (value, kind))
        .collect()
}

/// The variables and the contract, for options that were not given as flags.
struct Variables<'a, F> {
    matches: &'a ArgMatches,
    /// `None` where none of our variables is set.
    variable: Option<&'a F>,
    contract: Option<Contract>,
    /// The flags that were set by one of them, and where.
    used: Vec<(String, String)>,
}

/// What was said about an option, but not as a flag.
enum Said {
    /// By this variable.
    Variable { name: String, value: String },
    /// By the contract, where it can be no other kind of value than the option takes.
    Setting(Value),
}

impl<'a, F: Fn(&str) -> Option<OsString>> Variables<'a, F> {
    fn new(matches: &'a ArgMatches, variable: Option<&'a F>) -> Self {
        Self {
            matches,
            variable,
            contract: None,
            used: Vec::new(),
        }
    }

    /// What `ENVSECRETS_<name>` says, if that is set and not empty, and the flag was not given; and
    /// otherwise the contract.
    fn get(&mut self, name: &str) -> Result<Option<Said>, UsageError> {
        if self.variable.is_none() && self.contract.is_none() {
            return Ok(None);
        }
        let given = self.matches.value_source(&name.to_ascii_lowercase())
            == Some(clap::parser::ValueSource::CommandLine);
        if given {
            return Ok(None);
        }
        let variable = format!("{PREFIX}{name}");
        let value = self.variable.and_then(|look_up| look_up(&variable));
        let value = value.map(OsString::into_string);
        let said = match value {
            Some(Err(_)) => {
                return Err(UsageError::new(
                    format!("the value of {variable} is not UTF-8"),
                    "unset it",
                ));
            }
            Some(Ok(value)) if !value.is_empty() => {
                self.used.push((flag(name), variable.clone()));
                let name = variable;
                Some(Said::Variable { name, value })
            }
            Some(Ok(_)) | None => match &self.contract {
                Some(contract) => contract
                    .setting(&key(name))
                    .map(|Setting { value, place }| {
                        self.used.push((flag(name), place.to_string()));
                        Said::Setting(value.clone())
                    }),
                None => None,
            },
        };
        Ok(said)
    }

    fn list(&mut self, name: &str, option: &mut Vec<String>) -> Result<(), UsageError> {
        match self.get(name)? {
            Some(Said::Variable { value, .. }) => *option = split(&value),
            Some(Said::Setting(Value::List(list))) => *option = list,
            Some(Said::Setting(Value::Switch(_) | Value::Text(_))) | None => {}
        }
        Ok(())
    }

    fn text(&mut self, name: &str, option: &mut Option<String>) -> Result<(), UsageError> {
        match self.get(name)? {
            Some(Said::Variable { value, .. } | Said::Setting(Value::Text(value))) => {
                *option = Some(value);
            }
            Some(Said::Setting(Value::Switch(_) | Value::List(_))) | None => {}
        }
        Ok(())
    }

    fn switch(&mut self, name: &str, option: &mut bool) -> Result<(), UsageError> {
        match self.get(name)? {
            Some(Said::Variable { name, value }) => {
                *option = switch(&value).ok_or_else(|| {
                    let what = format!("{name} is `{value}`, which is neither `true` nor `false`");
                    UsageError::new(what, "set it to one of them, or unset it")
                })?;
            }
            Some(Said::Setting(Value::Switch(on))) => *option = on,
            Some(Said::Setting(Value::Text(_) | Value::List(_))) | None => {}
        }
        Ok(())
    }

    fn switch_or_list(&mut self, name: &str, option: &mut Vec<String>) -> Result<(), UsageError> {
        let all = || vec!["*".to_owned()];
        match self.get(name)? {
            Some(Said::Variable { value, .. }) => {
                *option = match switch(&value) {
                    Some(true) => all(),
                    Some(false) => Vec::new(),
                    None => split(&value),
                };
            }
            Some(Said::Setting(Value::List(list))) => *option = list,
            Some(Said::Setting(Value::Switch(true))) => *option = all(),
            Some(Said::Setting(Value::Switch(false) | Value::Text(_))) | None => {}
        }
        Ok(())
    }

    fn choice<T: ValueEnum>(&mut self, name: &str, option: &mut T) -> Result<(), UsageError> {
        match self.get(name)? {
            Some(Said::Variable { name, value }) => {
                *option = T::from_str(&value, true).map_err(|_| {
                    let known: Vec<String> = T::value_variants()
                        .iter()
                        .filter_map(|variant| variant.to_possible_value())
                        .map(|known| format!("`{}`", known.get_name()))
                        .collect();
                    let what =
                        format!("{name} is `{value}`, which is none of {}", known.join(", "));
                    UsageError::new(what, "set it to one of them, or unset it")
                })?;
            }
            Some(Said::Setting(Value::Text(word))) => {
                if let Ok(choice) = T::from_str(&word, false) {
                    *option = choice;
                }
            }
            Some(Said::Setting(Value::Switch(_) | Value::List(_))) | None => {}
        }
        Ok(())
    }
}

/// The key for an option in the contract, from the name of its variable without what all begin with.
fn key(variable: &str) -> String {
    variable.to_ascii_lowercase().replace('_', "-")
}

fn flag(variable: &str) -> String {
    format!("--{}", key(variable))
}

/// What was said by flags and variables, as the keys of a contract.
pub fn said(
    matches: &ArgMatches,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<Vec<(Key, Value)>, UsageError> {
    let mut variables = Variables::new(matches, Some(&variable));
    let mut said = Vec::new();
    for key in keys() {
        let name = key.name.replace('-', "_");
        let flags = matches.value_source(&name) == Some(clap::parser::ValueSource::CommandLine);
        let mut texts: Vec<String> = match matches.get_raw(&name) {
            Some(given) if flags => given.map(|it| it.to_string_lossy().into_owned()).collect(),
            _ => Vec::new(),
        };
        let upper = name.to_ascii_uppercase();
        let value = match &key.shape {
            Shape::Switch => {
                let mut on = flags;
                variables.switch(&upper, &mut on)?;
                on.then_some(Value::Switch(true))
            }
            Shape::List => {
                variables.list(&upper, &mut texts)?;
                (!texts.is_empty()).then_some(Value::List(texts))
            }
            Shape::SwitchOrList => {
                variables.switch_or_list(&upper, &mut texts)?;
                (!texts.is_empty()).then_some(Value::List(texts))
            }
            Shape::Text | Shape::SwitchOrText => {
                let mut text = texts.pop();
                variables.text(&upper, &mut text)?;
                text.map(Value::Text)
            }
            Shape::Choice(_) => {
                let mut word = texts.pop();
                variables.text(&upper, &mut word)?;
                // Of variables the case does not count.
                word.map(|word| Value::Text(word.to_ascii_lowercase()))
            }
        };
        said.extend(value.map(|value| (key, value)));
    }
    Ok(said)
}

/// The keys that a contract can have at its top: all options of a launch, but those that name the
/// contract itself.
pub fn keys() -> Vec<Key> {
    let launch = Cli::command();
    let options = launch
        .get_arguments()
        .filter(|argument| is_option(argument));
    let named = options.filter_map(|argument| Some((argument.get_long()?.to_owned(), argument)));
    named
        .filter(|(name, _)| !["config", "config-profile"].contains(&name.as_str()))
        .map(|(name, argument)| {
            let words = argument.get_possible_values();
            let words: Vec<String> = words.iter().map(|it| it.get_name().to_owned()).collect();
            let may_be_bare = argument
                .get_num_args()
                .is_some_and(|count| count.min_values() == 0);
            let shape = match argument.get_action() {
                ArgAction::SetTrue => Shape::Switch,
                ArgAction::Append if may_be_bare => Shape::SwitchOrList,
                ArgAction::Append => Shape::List,
                _ if words.is_empty() => Shape::Text,
                _ => Shape::Choice(words),
            };
            Key { name, shape }
        })
        .collect()
}

/// The words that people use for on and off.
fn switch(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Some(true),
        "0" | "false" | "no" | "off" => Some(false),
        _ => None,
    }
}

/// Splits a list at newlines, and at commas outside braces, where globs have their alternatives.
fn split(list: &str) -> Vec<String> {
    let mut items = vec![String::new()];
    let mut depth = 0_usize;
    for character in list.chars() {
        match character {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if character == '\n' {
            depth = 0;
        }
        if character == '\n' || (character == ',' && depth == 0) {
            items.push(String::new());
        } else if let Some(item) = items.last_mut() {
            item.push(character);
        }
    }
    items
        .iter()
        .map(|item| item.trim().to_owned())
        .filter(|item| !item.is_empty())
        .collect()
}

/// Says in our own form what clap found.
fn explain(error: &clap::Error, command: &clap::Command, arguments: &[OsString]) -> UsageError {
    let rendered = error.render().to_string();
    let mut what = String::new();
    let mut hint = None;
    for line in rendered.lines() {
        let line = line.trim();
        if let Some(first) = line.strip_prefix("error: ") {
            what = with_backticks(first);
        } else if let Some(head) = what.strip_suffix(':').filter(|_| !line.is_empty()) {
            // What is missing stands on a line of its own.
            what = format!("{head}: `{line}`");
        } else if let Some(tip) = line.strip_prefix("tip: ") {
            // "use `-- --flag`" would start a program called `--flag`.
            let misleads = tip.starts_with("to pass ");
            hint = hint.or((!misleads).then(|| with_backticks(tip)));
        } else if let Some(values) = line.strip_prefix("[possible values: ") {
            what = format!("{what}: it is one of {}", values.trim_end_matches(']'));
        }
    }
    let is_word = error.kind() == ErrorKind::UnknownArgument && !what.contains("`-");
    let launches = [NAME, "check"].contains(&command.get_name());
    let meant = |text: &str| {
        let mut commands = COMMANDS.iter();
        commands.find(|name| text.contains(&format!("`{name}`")))
    };
    if is_word
        && launches
        && let Some(name) = meant(&what)
    {
        hint = Some(match *name {
            "check" => "`check` stands first: envsecrets check --path /prd/app".to_owned(),
            name => format!("`{name}` stands first: see `envsecrets {name} --help`"),
        });
    } else if error.kind() == ErrorKind::InvalidSubcommand || (is_word && launches) {
        let dashes = "the program stands after `--`: envsecrets --path /prd/app -- PROGRAM";
        hint = Some(match first_word(arguments).and_then(similar) {
            Some(name) => format!("{dashes}; or did you mean `envsecrets {name}`?"),
            None => dashes.to_owned(),
        });
    }
    if error.kind() == ErrorKind::UnknownArgument
        && let Some((written, meant)) = single_dash(command, arguments)
    {
        what = format!("unexpected argument `{written}` found");
        hint = Some(format!("did you mean `{meant}`?"));
    }
    UsageError {
        what,
        hint: hint.unwrap_or_else(|| match command.get_name() {
            NAME | "check" => "see `envsecrets --help`".to_owned(),
            name => format!("see `envsecrets {name} --help`"),
        }),
        nature: Nature::Nonsense,
    }
}

/// The first word, if it is none of the options.
fn first_word(arguments: &[OsString]) -> Option<&str> {
    let first = arguments.get(1)?.to_str()?;
    (!first.starts_with('-')).then_some(first)
}

/// The command that may have been meant by a word.
fn similar(word: &str) -> Option<&'static str> {
    let slips = |name: &str| strsim::damerau_levenshtein(word, name);
    let close = COMMANDS.into_iter().min_by_key(|name| slips(name))?;
    let most = if close.len() < 6 { 1 } else { 2 };
    (slips(close) <= most).then_some(close)
}

/// An option that was written with one dash, as tools in Go have them, and the one that was meant.
/// Clap takes it for a row of letters, and complains of the first.
fn single_dash(command: &clap::Command, arguments: &[OsString]) -> Option<(String, String)> {
    let ours = arguments.iter().take_while(|word| *word != "--");
    let longs: Vec<&str> = command
        .get_arguments()
        .filter_map(clap::Arg::get_long)
        .collect();
    ours.filter_map(|word| word.to_str()).find_map(|word| {
        let word = word.split('=').next()?;
        let name = word.strip_prefix('-').filter(|name| name.len() > 1)?;
        longs
            .contains(&name)
            .then(|| (word.to_owned(), format!("--{name}")))
    })
}

/// Clap quotes with apostrophes, in pairs.
fn with_backticks(text: &str) -> String {
    if text.matches('\'').count().is_multiple_of(2) {
        text.replace('\'', "`")
    } else {
        text.to_owned()
    }
}

/// Whether it changes what is done, and so has a variable.
fn is_option(argument: &clap::Arg) -> bool {
    !matches!(argument.get_action(), ArgAction::Help | ArgAction::Version)
}

/// The names of all options of a launch and of `check`, without their dashes.
fn options() -> Vec<String> {
    let (launch, check) = (Cli::command(), Check::command());
    let arguments = launch.get_arguments().chain(check.get_arguments());
    arguments
        .filter(|argument| is_option(argument))
        .filter_map(|argument| argument.get_long().map(str::to_owned))
        .collect()
}

/// Our variables that belong to no option: likely typing errors, or set by Kubernetes for a
/// service called `envsecrets`.
pub fn unknown_variables(names: impl Iterator<Item = OsString>) -> Vec<String> {
    let known: Vec<String> = options()
        .iter()
        .map(|long| format!("{PREFIX}{}", long.replace('-', "_").to_ascii_uppercase()))
        .collect();
    let ours = |name: &OsStr| {
        name.to_str()
            .filter(|name| name.starts_with(PREFIX))
            .map(str::to_owned)
    };
    let mut unknown: Vec<String> = names
        .filter_map(|name| ours(&name))
        .filter(|name| !known.contains(name))
        .collect();
    unknown.sort();
    unknown
}

#[cfg(test)]
mod manual;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod tests;
