//! The options as they are typed, for clap: the flags of a launch, which other commands share.

use std::ffi::OsString;

use clap::builder::PossibleValue;
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgAction, ArgMatches, Args, CommandFactory, FromArgMatches, Parser, ValueEnum};

use super::contract::{Key, Shape};
use super::error::{CommandLine, UsageError};
use crate::output::color::Color;

#[derive(Debug, Parser)]
#[command(
    name = "envsecrets",
    version,
    about = "Start a program with its secrets from AWS Systems Manager Parameter Store",
    long_about = "Start a program with its secrets from AWS Systems Manager Parameter Store\n\n\
        Reads the parameters below a path, decrypts them, gives each a variable, and then becomes \
        the program: same process, same PID, nothing on disk, nothing on a command line. Below \
        /prd/app the parameter /prd/app/db/password is DB_PASSWORD. If anything is missing, \
        refused or ambiguous, the program does not start, and the error states why.",
    after_help = AFTER_HELP,
    after_long_help = AFTER_LONG_HELP,
    override_usage = "envsecrets [OPTIONS] -- PROGRAM [ARGUMENTS]...\n       \
        envsecrets check [OPTIONS] [-- PROGRAM [ARGUMENTS]...]\n       \
        envsecrets COMMAND [OPTIONS] [ARGUMENTS]...",
    disable_help_flag = true,
    disable_version_flag = true,
)]
pub struct Launch {
    #[command(flatten)]
    pub flags: Flags,
    #[command(flatten)]
    color: ColorFlag,
    /// Print help: `-h` in short, `--help` with examples
    #[arg(long, short, action = ArgAction::Help, help_heading = OTHER)]
    help: Option<bool>,
    /// Print the version
    #[arg(long, short = 'V', action = ArgAction::Version, help_heading = OTHER)]
    version: Option<bool>,
    /// The program to become, and its arguments, exactly as given
    #[arg(last = true, hide = true, value_name = "PROGRAM", value_hint = clap::ValueHint::CommandWithArguments)]
    pub program: Vec<OsString>,
}

/// The colours of messages and help, for a launch and every command.
#[derive(Debug, Clone, Args)]
pub struct ColorFlag {
    /// Colour the help, and `error` and `hint` in messages: on a terminal, always or never
    ///
    /// `auto` also looks at NO_COLOR, CLICOLOR, CLICOLOR_FORCE and TERM. Tables, values and JSON are
    /// never coloured.
    #[arg(long, value_enum, value_name = "WHEN", default_value_t, hide_short_help = true, help_heading = OTHER)]
    color: Color,
}

impl ValueEnum for Color {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Auto, Self::Always, Self::Never]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(match self {
            Self::Auto => "auto",
            Self::Always => "always",
            Self::Never => "never",
        }))
    }
}

/// What `--color` says, or its default.
pub fn color(matches: &ArgMatches) -> Color {
    let color: Option<&Color> = matches.get_one("color");
    color.copied().unwrap_or_default()
}

const READ: &str = "What to read";
const CONTRACT: &str = "Contract";
const CHOOSE: &str = "Selection and names";
const ENVIRONMENT: &str = "What the program inherits";
const AWS: &str = "AWS";
const OTHER: &str = "Other";

/// The flags of a launch, as typed. They are in groups, since the code that clap derives for all of them
/// in one struct takes a third of a megabyte of stack in a debug build.
#[derive(Debug, Args)]
pub struct Flags {
    #[command(flatten)]
    pub read: ReadFlags,
    #[command(flatten)]
    pub contract: ContractFlags,
    #[command(flatten)]
    pub choose: ChooseFlags,
    #[command(flatten)]
    pub environment: EnvironmentFlags,
    #[command(flatten)]
    pub aws: AwsFlags,

    /// Print on stderr what is read from where; never a value
    #[arg(long, short, help_heading = OTHER)]
    pub verbose: bool,
}

/// What is read.
#[derive(Debug, Args)]
pub struct ReadFlags {
    /// Read all parameters below this path
    ///
    /// May be repeated: each path is a layer, and a later one overrides an earlier one. If one of
    /// them has no parameters, the program does not start.
    #[arg(long, value_name = "PATH", help_heading = READ)]
    pub path: Vec<String>,

    /// Read all parameters below this path, if any exist
    ///
    /// May be repeated, and keeps its place among the layers of `--path`.
    #[arg(long, value_name = "PATH", help_heading = READ)]
    pub optional_path: Vec<String>,

    /// Read a layer from any store: a place
    ///
    /// A place is a path, or a URI: `secretsmanager://prd/app/` is all secrets whose names begin with
    /// prd/app/, and `secretsmanager://prd/db` the keys of one secret, which must be a JSON object.
    /// `?region=`, `?profile=`, `?role=` and `?fallback-region=` say where and as which principal it is read.
    /// envsecrets-places(7) describes all of them. May be repeated, and keeps its place among the
    /// layers of `--path`.
    #[arg(long, value_name = "PLACE", help_heading = READ)]
    pub from: Vec<String>,

    /// Read a layer from any store, if it exists
    ///
    /// May be repeated, and keeps its place among the layers of `--path`.
    #[arg(long, value_name = "PLACE", help_heading = READ)]
    pub optional_from: Vec<String>,

    /// Read all parameters whose name matches: flat names, such as `prd.app.*`
    ///
    /// Variables are named after what follows the literal beginning of the glob, which is required.
    /// Names are found with DescribeParameters, which AWS throttles early, for a whole account and
    /// region: use exact names for a fleet, which `envsecrets check --format names` prints. May be
    /// repeated, and keeps its place among the layers of `--path`.
    #[arg(long, value_name = "GLOB", help_heading = READ)]
    pub names: Vec<String>,

    /// Make one variable from one parameter, or from a secret of any store
    ///
    /// A parameter is a name, `name:VERSION`, `name:LABEL`, or a full ARN, which can be that of a
    /// parameter that another account shares with this one. Any other place has its scheme:
    /// `secretsmanager://prd/db#password` is one key of one secret. May be repeated. Beats every layer.
    #[arg(long, value_name = "NAME=PLACE", help_heading = READ)]
    pub secret: Vec<String>,

    /// Pass one parameter, or a secret of any store, as a file in memory
    ///
    /// NAME becomes its path: `/proc/self/fd/N`, a sealed file without a name that is gone with the
    /// program. `NAME=PLACE@/PATH` writes it to a path instead, at once and whole, and only
    /// where the file system is memory (tmpfs or ramfs). Only its owner can read either (0400). It
    /// contains the value byte for byte; with `NAME=text:PLACE` it ends in exactly one line end,
    /// as keys must, and `NAME=base64:PLACE` is decoded. May be repeated. Beats every layer.
    #[arg(long, value_name = "NAME=PLACE", help_heading = READ)]
    pub file: Vec<String>,

    /// Give the files of `--file` to this user
    ///
    /// A name or a number. For programs that give up root before they open them. Requires root or
    /// CAP_CHOWN.
    #[arg(long, value_name = "USER", hide_short_help = true, help_heading = READ)]
    pub file_owner: Option<String>,

    /// Make a variable of each key of a JSON object
    ///
    /// PLACE contains that object. Keys are named as parameters below a path are, nested
    /// objects too: {"db": {"host": "x"}} is DB_HOST. Names begin with PREFIX, as written. Lists
    /// and null are errors, and numbers stay as written. May be repeated, and keeps its place among
    /// those of `--dotenv`: a later one overrides an earlier one, and all of them every path.
    #[arg(long, value_name = "[PREFIX=]PLACE", help_heading = READ)]
    pub json: Vec<String>,

    /// Make variables of the lines of a .env text
    ///
    /// Nothing in it is expanded or run: `$HOME` is five characters.
    #[arg(long, value_name = "PLACE", help_heading = READ)]
    pub dotenv: Vec<String>,

    /// Choose whose rules hold for .env texts
    ///
    /// By default a line on which `dotenv` of npm, Node's `--env-file` and `python-dotenv` disagree
    /// is an error.
    #[arg(long, value_enum, value_name = "READER", default_value_t = DotenvDialect::Common, hide_short_help = true, help_heading = READ)]
    pub dotenv_dialect: DotenvDialect,

    /// Replace inherited variables that refer to a secret by that secret
    ///
    /// A reference is the whole value of a variable: `ssm:///prd/app/db`, optionally with
    /// `:VERSION` or `:LABEL`, `secretsmanager://NAME`, `sm://NAME`, with `:STAGE` or `:VERSION`,
    /// or the ARN of a parameter or secret. `#KEY` at its end picks one key of a JSON object. Any place
    /// can follow `ref+`. A reference beats every layer. Without references no request is sent.
    #[arg(long, help_heading = READ)]
    pub resolve: bool,

    /// Read paths and `--names` at this label, not at the newest version
    ///
    /// Parameters without the label are skipped.
    #[arg(long, value_name = "LABEL", help_heading = READ)]
    pub label: Option<String>,
}

/// The contract.
#[derive(Debug, Args)]
pub struct ContractFlags {
    /// Read options and needed variables from a file
    ///
    /// Flags and variables beat it. The file, `envsecrets.toml` by convention, has the options as
    /// keys: path = ["/prd/app"]. Each [variables.NAME] declares a variable that must be among the
    /// secrets, with `description`, `required`, `from`, `file` and `pattern`. No file is read
    /// unless one is named. May be repeated: of two files the later wins, key by key.
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, help_heading = CONTRACT)]
    pub config: Vec<String>,

    /// Use a [profiles.NAME] of the contract
    ///
    /// A profile has the same keys, such as `path` and `region`. Of several files at least one
    /// must have it. `--profile` is the AWS profile.
    #[arg(long, value_name = "NAME", help_heading = CONTRACT)]
    pub config_profile: Option<String>,

    /// Refuse secrets that the contract does not declare
    ///
    /// For `--config`. All of them are reported at once. What `--exclude` leaves out need not be
    /// declared.
    #[arg(long, help_heading = CONTRACT)]
    pub strict: bool,
}

/// Which secrets become variables, and under which names.
#[derive(Debug, Args)]
pub struct ChooseFlags {
    /// Take only parameters whose name matches
    ///
    /// The name is what follows the path. `*` and `?` stop at `/`, `**` does not: `db/*`, `**/password`, `{db,api}/**`. May be
    /// repeated; `--exclude` wins. A pattern that matches nothing is an error, unless all layers
    /// are optional.
    #[arg(long, value_name = "GLOB", help_heading = CHOOSE)]
    pub only: Vec<String>,

    /// Leave out parameters whose name matches
    ///
    /// As for `--only`. May be repeated. This limits what the program sees; it is not access control.
    #[arg(long, value_name = "GLOB", help_heading = CHOOSE)]
    pub exclude: Vec<String>,

    /// Name variables after all that follows the path, or after the last part
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = NameFrom::Path, help_heading = CHOOSE)]
    pub name_from: NameFrom,

    /// Turn letters into upper case, or keep them
    #[arg(long, value_enum, value_name = "CASE", default_value_t = LetterCase::Upper, help_heading = CHOOSE)]
    pub case: LetterCase,

    /// Write this for each `/` of a name, such as `__`
    ///
    /// It is `_` otherwise. With `__`, `db/user-name` is DB__USER_NAME. Configuration in .NET, and
    /// Airflow and Spark, read two underscores as one level.
    #[arg(long, value_name = "TEXT", help_heading = CHOOSE)]
    pub separator: Option<String>,

    /// Begin every name made from a path with this, such as TF_VAR_
    #[arg(long, value_name = "TEXT", help_heading = CHOOSE)]
    pub prefix: Option<String>,

    /// Give the variable of one parameter another name
    ///
    /// PARAMETER is what follows the path, or the full name; NAME is used as given, without
    /// `--prefix`. May be repeated.
    #[arg(long, value_name = "PARAMETER=NAME", help_heading = CHOOSE)]
    pub rename: Vec<String>,

    /// Allow names that run code in the program or redirect it
    ///
    /// PATH, LD_PRELOAD, NODE_OPTIONS, JAVA_TOOL_OPTIONS, PAGER and similar names are refused
    /// otherwise: permission to write a parameter must not be permission to run code in the
    /// program. Settings such as KUBECONFIG, PIP_INDEX_URL, AWS_PROFILE and HTTPS_PROXY are refused where
    /// the name is made from that of a parameter, and not where you give it, as with `--secret` and
    /// `--rename`. May be repeated.
    #[arg(long, value_name = "GLOB", help_heading = CHOOSE)]
    pub allow_name: Vec<String>,

    /// Fail unless these variables are among the secrets
    ///
    /// Names or globs, separated by commas; may be repeated. All that are missing are reported at
    /// once.
    #[arg(long, value_name = "NAME,...", help_heading = CHOOSE)]
    pub require: Vec<String>,
}

/// What the program inherits.
#[derive(Debug, Args)]
pub struct EnvironmentFlags {
    /// Let inherited variables win over secrets of their name
    ///
    /// All of them, or those that match: `--preserve-env=LOG_LEVEL,DB_*`. Otherwise the secret
    /// wins. May be repeated.
    #[arg(long, value_name = "GLOB,...", num_args = 0..=1, require_equals = true, default_missing_value = "*", action = ArgAction::Append, help_heading = ENVIRONMENT)]
    pub preserve_env: Vec<String>,

    /// Inherit nothing but what `--keep` names
    #[arg(long, help_heading = ENVIRONMENT)]
    pub clean_env: bool,

    /// Inherit variables despite `--clean-env`
    ///
    /// May be repeated.
    #[arg(long, value_name = "GLOB", help_heading = ENVIRONMENT)]
    pub keep: Vec<String>,

    /// Do not inherit matching variables
    ///
    /// `--unset 'AWS_*'` keeps the credentials of envsecrets from the program. May be repeated.
    #[arg(long, value_name = "GLOB", help_heading = ENVIRONMENT)]
    pub unset: Vec<String>,

    /// Replace {{NAME}} in the program's arguments, where every user can read it
    ///
    /// All users of the machine can read arguments, with `ps`, for as long as the program runs. If it
    /// can read the value from its environment, leave it there: Java properties, for example, in
    /// JAVA_TOOL_OPTIONS, with `--allow-name`. If it reads arguments from a file, give it one: with
    /// `--file ARGS=/prd/app/java-args` the arguments `java '@{{ARGS}}'` show a path and no value.
    /// NAME is a variable that the program gets; any other is an error. {{{{ writes {{. Without this
    /// option braces have no meaning. A value that begins with `-` is refused where it would be an
    /// option: write `--x={{NAME}}`. A shell that gets a script with a value in it runs the value as
    /// code: let the script read the variable.
    #[arg(long, help_heading = ENVIRONMENT)]
    pub expand: bool,

    /// Add a variable with the versions of the parameters that the program got
    ///
    /// `envsecrets stale` compares it with the current versions, so that a program can be restarted
    /// when a secret was rotated. It contains names and versions, and a digest of them; never a value.
    /// No secret can have the name, and an inherited variable of that name is replaced.
    #[arg(long, value_name = "NAME", help_heading = ENVIRONMENT)]
    pub fingerprint: Option<String>,
}

/// As which principal and where AWS is called.
#[derive(Debug, Args)]
pub struct AwsFlags {
    /// The region, instead of AWS_REGION or that of the profile
    #[arg(long, value_name = "REGION", help_heading = AWS)]
    pub region: Option<String>,

    /// The profile, instead of AWS_PROFILE
    ///
    /// Beats credentials in the environment, as it does for the AWS CLI.
    #[arg(long, value_name = "PROFILE", help_heading = AWS)]
    pub profile: Option<String>,

    /// Read as this role, which is assumed first
    ///
    /// It is assumed with the credentials that are used without it: of the profile, whose own role
    /// is assumed before, or of the environment, the container or the instance. The form is
    /// `arn:aws:iam::123456789012:role/app`. CloudTrail shows the session as
    /// AWS_ROLE_SESSION_NAME or the `role_session_name` of the profile, and otherwise as `envsecrets-`
    /// and the name of the machine.
    #[arg(long, value_name = "ARN", help_heading = AWS)]
    pub role: Option<String>,

    /// The external id that the trust policy requires
    #[arg(long, value_name = "ID", hide_short_help = true, help_heading = AWS)]
    pub external_id: Option<String>,

    /// Give up after this total time [default: 2m]
    ///
    /// Such as 30s; 0 for never. Permanent errors, such as denied access, fail at once. Temporary
    /// ones, such as throttling or a network that is not up yet, are retried until then.
    #[arg(long, value_name = "DURATION", help_heading = AWS)]
    pub timeout: Option<String>,

    /// Wait a random time of up to this at the start
    ///
    /// For large fleets, so that not all call at the same time. Options and program are checked
    /// before, and `--timeout` counts from the end of the wait. `check` does not wait.
    #[arg(long, value_name = "DURATION", help_heading = AWS)]
    pub start_jitter: Option<String>,
}

// Doc comments on these variants would be part of the help.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum NameFrom {
    #[default]
    Path,
    Leaf,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LetterCase {
    #[default]
    Upper,
    Keep,
}

/// What the lines of a .env text mean, for which there is no standard.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DotenvDialect {
    /// What npm, node and python agree on
    #[default]
    Common,
    /// `dotenv` of npm
    Npm,
    /// `--env-file` of Node
    Node,
    /// `python-dotenv`
    Python,
    /// What `chamber export --format dotenv` writes
    Chamber,
}

/// The parsed arguments of one command.
pub enum Parsed<T> {
    /// The matches have the order of the flags, and which of them were typed.
    Arguments(T, ArgMatches),
    /// Help, requested by one of several short options: `-vh`.
    Help,
    Version,
}

/// Parses the arguments of one command, whose name is the first of them. `commands` are the names
/// of all, for hints.
pub fn parse<T: CommandFactory + FromArgMatches>(
    arguments: &[OsString],
    commands: &[&str],
) -> Result<Parsed<T>, UsageError> {
    let parsed = T::command().try_get_matches_from(arguments);
    match parsed.and_then(|matches| Ok(Parsed::Arguments(T::from_arg_matches(&matches)?, matches)))
    {
        Ok(parsed) => Ok(parsed),
        Err(error) => match error.kind() {
            ErrorKind::DisplayHelp => Ok(Parsed::Help),
            ErrorKind::DisplayVersion => Ok(Parsed::Version),
            _ => Err(CommandLine {
                command: &T::command(),
                arguments,
                commands,
            }
            .explain(&error)),
        },
    }
}

/// Whether an option was typed, and does not have its default.
pub fn is_typed(matches: &ArgMatches, option: &str) -> bool {
    matches.value_source(&id(option)) == Some(ValueSource::CommandLine)
}

/// The values of an option as they were typed.
pub fn values(matches: &ArgMatches, option: &str) -> Vec<String> {
    let values = matches
        .get_raw(&id(option))
        .filter(|_| is_typed(matches, option));
    let values = values.into_iter().flatten();
    values.map(|it| it.to_string_lossy().into_owned()).collect()
}

/// The typed values of several options, in the order of the command line.
pub fn in_order<K: Copy, const N: usize>(
    matches: &ArgMatches,
    options: [(&str, K); N],
) -> Vec<(String, K)> {
    let mut typed = Vec::new();
    // Few of all options are there.
    for present in matches.ids() {
        let named = |(option, _): &&(&str, K)| is_id_of(present.as_str(), option);
        let Some((_, kind)) = options.iter().find(named) else {
            continue;
        };
        let present = present.as_str();
        let indices = matches.indices_of(present).into_iter().flatten();
        let values = matches.get_many::<String>(present).into_iter().flatten();
        typed.extend(
            indices
                .zip(values)
                .map(|(index, value)| (index, value, *kind)),
        );
    }
    typed.sort_by_key(|(index, _, _)| *index);
    let values = typed.into_iter();
    values
        .map(|(_, value, kind)| (value.clone(), kind))
        .collect()
}

/// Whether it is the identifier that clap has for an option.
fn is_id_of(id: &str, option: &str) -> bool {
    let same = |(one, other)| one == other || (one, other) == (b'_', b'-');
    id.len() == option.len() && id.bytes().zip(option.bytes()).all(same)
}

/// The identifier that clap has for an option.
fn id(option: &str) -> String {
    option.replace('-', "_")
}

/// The options of a command that have a variable: all but those that only print.
pub fn options(command: &clap::Command) -> impl Iterator<Item = (&str, &clap::Arg)> {
    let prints = |it: &&clap::Arg| matches!(it.get_action(), ArgAction::Help | ArgAction::Version);
    let options = command.get_arguments().filter(move |it| !prints(it));
    options.filter_map(|argument| Some((argument.get_long()?, argument)))
}

/// The keys that a contract can have at its top: all options of a launch, but those that name the
/// contract itself, and the one that depends on the terminal.
pub fn keys() -> Vec<Key> {
    let launch = Launch::command();
    let options = options(&launch);
    options
        .filter(|(name, _)| !["config", "config-profile", "color"].contains(name))
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
            let name = name.to_owned();
            Key { name, shape }
        })
        .collect()
}

pub const AFTER_HELP: &str = "\
Every option can also be given as a variable: `--optional-path` is ENVSECRETS_OPTIONAL_PATH.";

const AFTER_LONG_HELP: &str = "\
Examples:
  A service with the secrets below /prd/app
      envsecrets --path /prd/app -- java -jar app.jar

  Common parameters, then those of the service, then optional ones
      envsecrets --path /base --path /prd/app --optional-path /extra -- ./serve

  Only the database, and an error if the password does not exist
      envsecrets --path /prd/app --only 'db/*' --require DB_PASSWORD -- ./serve

  One variable from one parameter, at a label
      envsecrets --secret DB_PASSWORD=/prd/app/db-password:live -- ./serve

  A container whose variables refer to secrets: DB_PASSWORD=ssm:///prd/app/db-password
      envsecrets --resolve -- ./serve

  Each key of one JSON secret: `user` is DB_USER, `password` is DB_PASSWORD
      envsecrets --json DB_=/prd/app/db -- ./serve

  All secrets of Secrets Manager below a prefix, overridden by Parameter Store
      envsecrets --from secretsmanager://prd/app/ --path /prd/app -- ./serve

  A key as a file, with the path of that file as TLS_KEY
      envsecrets --file TLS_KEY=/prd/app/tls-key -- ./serve

  What the contract of the repository declares, or an error
      envsecrets --config envsecrets.toml -- ./serve

  Variables for Terraform: /tf/prod/db_user is TF_VAR_db_user
      envsecrets --path /tf/prod --case keep --prefix TF_VAR_ -- terraform plan

  Secrets for the program, but not the AWS credentials of envsecrets
      envsecrets --path /prd/app --unset 'AWS_*' -- ./serve

  Check what the program would get; no value is ever shown
      envsecrets check --path /prd/app -- ./serve

  In a Dockerfile, with `docker run -e ENVSECRETS_PATH=/prd/app`
      ENTRYPOINT [\"envsecrets\", \"--\"]

Variables:
  Every option can also be given as a variable: `--optional-path` is ENVSECRETS_OPTIONAL_PATH. \
A flag beats its variable, that beats the files of `--config`, and an empty variable counts as not set. Lists are separated by \
newlines, or by commas outside braces; switches are `true` or `false`. Layers from variables come \
before those from flags: first those of ENVSECRETS_FROM and ENVSECRETS_OPTIONAL_FROM, then those of ENVSECRETS_PATH, ENVSECRETS_OPTIONAL_PATH and ENVSECRETS_NAMES.

  AWS is configured by its own variables: AWS_REGION, AWS_PROFILE, AWS_ACCESS_KEY_ID \
and the rest of the credentials chain, AWS_ENDPOINT_URL_SSM, AWS_ENDPOINT_URL_SECRETS_MANAGER, \
AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL_KMS, AWS_ENDPOINT_URL_S3, \
AWS_CA_BUNDLE, SSL_CERT_FILE, \
HTTPS_PROXY, NO_PROXY.

Exit status:
  0 is not listed: on success envsecrets does not exit, it becomes the program, and the exit status \
is that of the program. Retry only on 75.

   64  invalid options
   65  the secrets cannot become an environment: two parameters with one name, an invalid or refused \
name, a NUL, too large, a violation of the contract; or one cannot be decrypted
   66  no parameters below a path, or a required one does not exist
   70  an invalid response
   71  a limit of this machine that does not pass: open files, threads, memory, sockets or system calls \
that are not allowed
   75  Parameter Store could not be reached, or kept throttling, until the deadline; or the clock is not \
set yet
   77  AWS denied access
   78  no region, no credentials, an unreadable profile or contract, an untrusted certificate, a path for \
a file that is not in memory
  126  the program cannot be executed
  127  the program was not found

  A signal while fetching ends envsecrets by that signal; as PID 1 it exits with 128 plus its number.";
