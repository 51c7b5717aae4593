//! `envsecrets policy`: the least IAM policy for a launch.

mod needs;
mod paths;
mod patterns;
mod reads;
mod render;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Arg, ArgMatches, Parser, ValueEnum};

use super::args::{Help, Key};
use super::report;
use crate::aws::arn::{Arn, Scope, domain, is_account, partition};
use crate::aws::iam::{self, Statement, Tree, map};
use crate::aws::settings;
use crate::launch::error::{self, Errors, Problems};
use crate::launch::plan::Plan;
use crate::launch::values;
use crate::options::flags::{self, Flags};
use crate::options::{self, Options, UsageError, variables};
use crate::output;
use crate::parameter::Reading;
use crate::stores::Error as StoreError;
use crate::stores::{keywhiz, parameter_store};
use crate::system::process;
use needs::{Access, Needs, Part, is_known};
use reads::Reads;
use render::{hcl, yaml};

/// The largest policies that IAM accepts, without white space (IAM and AWS STS quotas).
const LARGEST_MANAGED: usize = 6144;
const LARGEST_OF_A_ROLE: usize = 10_240;

/// Print the least IAM policy that allows a launch
///
/// The options are those of a launch: put `policy` before them, and its policy is printed. It
/// allows to read these paths, single parameters, secrets, documents and references; keys may be
/// used only for these, and only through their stores. What a place reads as another role or
/// profile is not in it: a note has the command that prints that. `--for` prints the policy of
/// another command with these options. No request is sent to AWS. An unknown region or account is
/// `*` in JSON, and an expression in the other formats.
#[derive(Debug, Parser)]
#[command(name = "policy", bin_name = "envsecrets policy")]
#[command(override_usage = "envsecrets policy [OPTIONS] [-- PROGRAM [ARGUMENTS]...]")]
#[command(mut_arg("role", of_the_policy))]
#[command(after_help = "Options of a launch can be given as variables, as there.")]
#[command(after_long_help = EXAMPLES, disable_help_flag = true)]
pub struct Policy {
    /// Print a policy document, or a resource of Terraform or CloudFormation
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Json, help_heading = "What to print")]
    format: Format,

    /// Print what the given command needs with the given options
    #[arg(
        long = "for",
        value_enum,
        value_name = "COMMAND",
        help_heading = "What to print"
    )]
    command: Option<For>,

    /// Allow to manage these parameters as well: the same as `--for write`
    #[arg(long, help_heading = "What to print")]
    write: bool,

    /// The account that the parameters are in, instead of that of the profile
    #[arg(long, value_name = "ID", help_heading = "What to print")]
    account: Option<String>,

    /// The KMS key, by ARN, id or alias, instead of any key of the account
    ///
    /// May be repeated. AWS encrypts with keys of the parameter's own region only. An id or alias
    /// is of the account of the parameters; the ARN of a key or an alias keeps its own.
    #[arg(long, value_name = "KEY", help_heading = "What to print")]
    key_id: Vec<String>,

    /// The name of the policy in Terraform and CloudFormation
    #[arg(long, value_name = "NAME", default_value = "envsecrets")]
    #[arg(help_heading = "What to print")]
    name: String,

    #[command(flatten)]
    flags: Flags,
    #[command(flatten)]
    help: Help,
    /// The program that would be started; it has no effect
    #[arg(last = true, hide = true, value_name = "PROGRAM", value_hint = clap::ValueHint::CommandWithArguments)]
    program: Vec<OsString>,
}

/// `--role`, which reads what a launch reads, and so is the role that gets the policy.
fn of_the_policy(role: Arg) -> Arg {
    role.help("The role that gets the policy, whether a launch assumes it or has it")
        .long_help(
            "The role that gets the policy, whether a launch assumes it or has it\n\n\
             Prints a policy of this role; its account is that of the parameters. The ARN of a \
             session of the role, as in errors, is accepted, too. In JSON the policy does not \
             contain the role: only its account and partition are used. `--for assume` prints what \
             a principal needs that assumes the role.",
        )
        .help_heading("What to print")
}

const EXAMPLES: &str = "\
Examples:
  What does this launch need?
      envsecrets policy --path /prd/app --region eu-central-1 \\
          --account 123456789012 -- ./serve

  The same for a role, in Terraform
      envsecrets policy --path /prd/app --format terraform \\
          --role arn:aws:iam::123456789012:role/app

  To write the secrets, with one key
      envsecrets policy --for write --path /prd/app --key-id alias/app \\
          --format cloudformation

  For the timer that compares versions, which decrypts nothing
      envsecrets policy --for stale --path /prd/app

  For a pipeline that writes secrets and must not read them
      envsecrets policy --for operator --path /prd/app

  For the job that rotates one password
      envsecrets policy --for rotator --secret PASSWORD=/prd/app/db-password

  For the principal that assumes that role
      envsecrets policy --for assume --role arn:aws:iam::123456789012:role/app

Exit status:
  0 if a policy was printed, otherwise that of a launch.";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Json,
    Terraform,
    Cloudformation,
    /// The policy of Vault or OpenBao, for what is read there
    Vault,
}

impl Format {
    fn render(self, name: &str, role: Option<&Role>, document: &Tree) -> String {
        match self {
            Self::Json | Self::Vault => report::json(document),
            Self::Terraform => terraform(name, role, document),
            Self::Cloudformation => cloudformation(name, role, document),
        }
    }
}

/// What the policy is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum For {
    /// A launch, or `export` (the default); also `launcher`
    #[value(alias = "launcher")]
    Launch,
    /// `check`, which reads what a launch reads
    Check,
    /// `check --names-only` and `init`, which decrypt nothing but secrets through Parameter Store
    Names,
    /// `stale`, which decrypts nothing but secrets through Parameter Store
    Stale,
    /// A launch, and all commands that read and write these parameters
    Write,
    /// To assume `--role` and the roles of places, for the principal that does so
    Assume,
    /// `put`, `label`, `tag`, `list` and `history`, and nothing that decrypts: for a pipeline or an
    /// administrator
    Operator,
    /// `rotate` of single parameters, whose old and new values are read
    Rotator,
    /// `list`, `find` by name and `history`, and nothing that decrypts
    Auditor,
}

impl For {
    fn of(given: Option<Self>, write: bool) -> Result<Self, UsageError> {
        match given {
            None | Some(Self::Launch | Self::Check) if write => Ok(Self::Write),
            Some(
                it @ (Self::Names
                | Self::Stale
                | Self::Assume
                | Self::Operator
                | Self::Rotator
                | Self::Auditor),
            ) if write => {
                let hint = match it {
                    Self::Assume => "leave one of them out: these are policies of two principals",
                    _ => "leave one of them out: who writes may read values too",
                };
                let what = format!("`--write` and `--for {}` contradict each other", it.name());
                Err(UsageError::new(what, hint))
            }
            given => Ok(given.unwrap_or(Self::Launch)),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Launch => "launch",
            Self::Check => "check",
            Self::Names => "names",
            Self::Stale => "stale",
            Self::Write => "write",
            Self::Assume => "assume",
            Self::Operator => "operator",
            Self::Rotator => "rotator",
            Self::Auditor => "auditor",
        }
    }

    /// What is done with parameters, if anything.
    fn access(self) -> Option<Access> {
        match self {
            Self::Launch | Self::Check => Some(Access::Values),
            Self::Names | Self::Stale => Some(Access::Names),
            Self::Write => Some(Access::Manage),
            Self::Assume => None,
            Self::Operator => Some(Access::Operate),
            Self::Rotator => Some(Access::Rotate),
            Self::Auditor => Some(Access::Audit),
        }
    }
}

/// Prints the policy.
pub fn run(policy: Policy, matches: &ArgMatches) -> Result<ExitCode, Errors> {
    let mut flags = policy.flags;
    let typed = flags.aws.role.take();
    let is_typed = typed.is_some();
    let mut options = options::merge(flags, matches, Some(variables::inherited))?;
    variables::report_unknown();
    let role = typed.or(options.role.take());
    options.external_id = None;
    let mut problems = Problems::default();
    let purpose = problems.take(For::of(policy.command, policy.write));
    let role = role.as_deref().map(Role::parse).transpose();
    let role = problems.take(role).flatten();
    let account = problems.take(account(policy.account.as_deref(), role.as_ref()));
    problems.take(valid_name(&policy.name));
    let keys = policy
        .key_id
        .iter()
        .map(|key| problems.take(Key::parse(key)));
    let keys: Vec<Key> = keys.collect::<Vec<_>>().into_iter().flatten().collect();
    let (Some(purpose), Some(account)) = (purpose, account) else {
        return Err(problems.into_errors());
    };
    problems.none()?;
    let (format, name) = (policy.format, policy.name);
    let inherited = process::environment();
    let Some(access) = purpose.access() else {
        let reads = match is_to_read(&options) {
            true => {
                let plan = Plan::new(options, policy.program, &inherited, Reading::Values)?;
                plan.references().map_err(error::several)?;
                Some(Reads::of(&plan, |_| false)?)
            }
            false => None,
        };
        let of_places = reads.map_or(Vec::new(), |reads| reads.needs.roles);
        return assume(role.as_ref(), of_places, format, &name);
    };
    let reading = match access {
        Access::Names | Access::Operate | Access::Audit => Reading::Names,
        Access::Values | Access::Manage | Access::Rotate => Reading::Values,
    };
    let plan = Plan::new(options, policy.program, &inherited, reading)?;
    plan.references().map_err(error::several)?;
    if plan.layers.is_empty() {
        return Err(UsageError::new(
            "no secrets to read, and so nothing to allow",
            "no variable here refers to a secret: set the variables of the program, or use \
             `--path` and `--secret`",
        )
        .into());
    }
    if purpose == For::Names
        && let Some(option) = plan.named_by_values()
    {
        return Err(UsageError::new(
            format!(
                "`check --names-only` reads no values, and the names of `{option}` are in a value"
            ),
            "leave one of them out, or use `--for check`",
        )
        .into());
    }
    let reads = Reads::of(&plan, |arn| role.as_ref().is_some_and(|own| own.is(arn)))?;
    let is_aws = !reads.needs.parts.is_empty() || !reads.others.is_empty();
    if !is_aws
        && format != Format::Vault
        && reads.elsewhere.is_empty()
        && !reads.of_groups.is_empty()
    {
        let note = of_groups(&reads.of_groups);
        return Err(UsageError::new(NOTHING, note).into());
    }
    if format == Format::Vault || (!is_aws && !flags::is_typed(matches, "format")) {
        if reads.elsewhere.is_empty() {
            let what =
                "nothing here is read from Vault or OpenBao, and so there is nothing to allow";
            return Err(UsageError::new(what, "leave `--format vault` out").into());
        }
        return report::print(paths::policy(&reads.elsewhere).as_bytes());
    }
    let (region, account) = match (&plan.caller.region, account) {
        // The settings of this machine are not used.
        (Some(region), Some(account)) => {
            settings::check_region(&region.text, region.from, None).map_err(StoreError::Aws)?;
            (Some(region.text.clone()), Some(account))
        }
        (_, given) => {
            let (region, account) = parameter_store::configured(&plan.caller)?;
            (region, given.or(account.filter(|it| is_account(it))))
        }
    };
    let Reads {
        mut needs,
        others,
        elsewhere,
        of_groups: granted,
    } = reads;
    for region in needs.named_regions() {
        settings::check_region(region, "a place", None).map_err(StoreError::Aws)?;
    }
    // A role that a setting names is assumed, and places have roles of their own instead.
    let assumes_more = is_typed && role.is_some() && !needs.roles.is_empty();
    if !is_typed && role.is_some() {
        needs.roles.clear();
    }
    needs.access = access;
    needs.keys = keys;
    let known = Known {
        partition: partition_of(region.as_deref(), role.as_ref(), &needs),
        region,
        account,
    };
    let scope = scope(format, &name, &known);
    consistent(&needs, &scope, role.as_ref(), purpose)?;
    let mut common = Vec::new();
    if purpose != For::Launch {
        common.push(format!("--for {}", purpose.name()));
    }
    let region = plan.caller.region.iter();
    common.extend(region.map(|it| format!("--region {}", it.text)));
    let mut others: Vec<String> = others.iter().map(|it| it.note(&common)).collect();
    if !elsewhere.is_empty() {
        let places: Vec<String> = elsewhere.iter().map(|it| format!("`{it}`")).collect();
        let (are, name) = match elsewhere.len() {
            1 => ("is", elsewhere[0].server.name()),
            _ => ("are", elsewhere[0].server.name()),
        };
        others.push(format!(
            "{} {are} read from {name}, whose own policy must allow it: `envsecrets policy --format \
             vault` with the same options prints that",
            places.join(", ")
        ));
    }
    if !granted.is_empty() {
        others.push(of_groups(&granted));
    }
    let statements = needs.statements(&scope);
    if statements.is_empty() {
        return Err(UsageError::new(NOTHING, others.join("; ")).into());
    }
    let document = iam::document(&statements);
    let code = report::print(format.render(&name, role.as_ref(), &document).as_bytes())?;
    if !is_typed && role.is_some() {
        output::note(format_args!(
            "this is the policy of the role; its caller needs that of `--for assume`"
        ));
    }
    for note in &others {
        output::note(note);
    }
    if assumes_more {
        output::note(format_args!(
            "if a launch assumes the role of `--role`, its caller needs `sts:AssumeRole`, and the \
             role does not: `--for assume` prints that"
        ));
    }
    for note in unrestricted(&needs, &scope) {
        output::note(note);
    }
    let open: Vec<&str> = [
        (
            "`--region`",
            known.region.is_none() && needs.is_in_own_region(),
        ),
        (
            "`--account`",
            known.account.is_none() && needs.is_in_own_account(),
        ),
    ]
    .iter()
    .filter(|(_, is_open)| *is_open)
    .map(|(flag, _)| *flag)
    .collect();
    if format == Format::Json && !open.is_empty() {
        output::note(format_args!(
            "`*` replaces unknown parts: use {}",
            open.join(" and ")
        ));
    }
    for place in needs.without_key(&scope) {
        output::note(format_args!(
            "no `--key-id` is in {place}: what is encrypted with a key there cannot be decrypted"
        ));
    }
    let size = document.to_string().len();
    let (largest, what) = match (format, &role) {
        (_, None) => (LARGEST_MANAGED, "a managed policy"),
        (_, Some(_)) => (LARGEST_OF_A_ROLE, "a policy of a role"),
    };
    if size > largest {
        output::note(format_args!(
            "the policy has {size} characters, and IAM allows {largest} in {what}: use paths \
             rather than single parameters"
        ));
    }
    Ok(code)
}

const NOTHING: &str = "nothing here is read as this principal, and so there is nothing to allow";

/// The note on what the groups of a Keywhiz server must have.
fn of_groups(sources: &[keywhiz::Source]) -> String {
    let places: Vec<String> = sources.iter().map(|it| format!("`{it}`")).collect();
    let (are, have) = match sources {
        [one] if one.is_one() => ("is", "have it"),
        [_] => ("is", "have them"),
        _ => ("are", "have them"),
    };
    format!(
        "{} {are} read from {}, where a group of the client must {have}; no policy of AWS counts there",
        places.join(", "),
        keywhiz::NAME
    )
}

/// Whether the options name anything to read, or may.
fn is_to_read(options: &Options) -> bool {
    let single = [&options.secret, &options.file];
    let is_any = |it: &&Vec<String>| !it.is_empty();
    let is_set = !options.layers.is_empty() || !options.documents.is_empty();
    is_set || single.iter().any(is_any) || options.resolve || options.contract.is_some()
}

/// Prints the policy of a principal that assumes the role, and those that places name.
fn assume(
    role: Option<&Role>,
    of_places: Vec<String>,
    format: Format,
    name: &str,
) -> Result<ExitCode, Errors> {
    let mut roles = Vec::new();
    if let Some(role) = role {
        // A session does not contain the path of its role.
        roles.push(values::role_arn(&role.arn)?.arn);
    }
    for arn in of_places {
        if !roles.contains(&arn) {
            roles.push(arn);
        }
    }
    let id = match roles.as_slice() {
        [] => {
            return Err(UsageError::new(
                "`--for assume` needs the role that is assumed",
                "add `--role ARN`",
            )
            .into());
        }
        [_] => "AssumeRole",
        _ => "AssumeRoles",
    };
    let statement = Statement::allow(&["sts:AssumeRole"], roles).named(id);
    let document = iam::document(&[statement]);
    report::print(format.render(name, None, &document).as_bytes())
}

/// A role, parsed from its ARN.
#[derive(Debug)]
struct Role {
    arn: String,
    partition: String,
    account: String,
    name: String,
}

impl Role {
    /// Whether an ARN is that of this role; that of a session does not contain the role's path.
    fn is(&self, arn: &str) -> bool {
        let other = Self::parse(arn);
        other.is_ok_and(|it| {
            let place = |role: &Self| (role.partition.clone(), role.account.clone());
            (place(&it), &it.name) == (place(self), &self.name)
        })
    }

    fn parse(text: &str) -> Result<Self, UsageError> {
        let role = Arn::global("iam", text).and_then(|role| {
            // A path can be in between.
            let name = role.resource().strip_prefix("role/")?.rsplit('/').next()?;
            Some((role, name))
        });
        let role = role.or_else(|| {
            let session = Arn::global("sts", text)?;
            let name = session.resource().strip_prefix("assumed-role/")?;
            Some((session, name.split('/').next()?))
        });
        let role = role.and_then(|(arn, name)| Some((arn.partition(), arn.account()?, name)));
        let is_valid = |&(partition, account, name): &(&str, &str, &str)| {
            partition.starts_with("aws") && is_account(account) && is_name(name)
        };
        match role.filter(is_valid) {
            Some((partition, account, name)) => Ok(Self {
                arn: text.to_owned(),
                partition: partition.to_owned(),
                account: account.to_owned(),
                name: name.to_owned(),
            }),
            None => Err(UsageError::new(
                format!("`--role {text}` is not the ARN of a role"),
                "the form is `arn:aws:iam::123456789012:role/NAME`",
            )),
        }
    }
}

fn account(given: Option<&str>, role: Option<&Role>) -> Result<Option<String>, UsageError> {
    match (given, role) {
        (Some(account), _) if !is_account(account) => Err(UsageError::new(
            format!("`--account {account}` is not an account"),
            "an account has twelve digits",
        )),
        (Some(account), Some(role)) if role.account != account => Err(UsageError::new(
            format!(
                "`--account {account}` is not the account of `--role {}`",
                role.arn
            ),
            "a name is that of a parameter in the account of the role: leave `--account` out; a \
             parameter that another account shares is named by its ARN",
        )),
        (Some(account), _) => Ok(Some(account.to_owned())),
        (None, role) => Ok(role.map(|role| role.account.clone())),
    }
}

/// Refuses options that contradict each other, so that the policy could not work.
///
/// # Errors
///
/// All contradictions.
fn consistent(
    needs: &Needs,
    scope: &Scope,
    role: Option<&Role>,
    purpose: For,
) -> Result<(), Errors> {
    let mut problems = Problems::default();
    let known_partition = Some(scope.partition.as_str()).filter(|it| is_known(it));
    let region = Some(scope.region.as_str()).filter(|it| is_known(it));
    let in_region = region.map_or(String::new(), |region| format!(", which `{region}` is in"));
    let hint = "region, role, keys and parameters are in one partition, as credentials are";
    if let (Some(role), Some(known)) = (role, known_partition)
        && role.partition != known
    {
        problems.add(UsageError::new(
            format!(
                "`--role {}` is not of the partition `{known}`{in_region}",
                role.arn
            ),
            hint,
        ));
    }
    let keys = needs.keys.iter();
    let keys = keys.filter_map(|key| Some((format!("--key-id {}", key.as_str()), key.arn()?)));
    let read = needs.arns();
    let read = read.filter_map(|name| Some((name.clone(), Arn::parse(name)?)));
    let mut refused = Vec::new();
    for (text, arn) in keys.chain(read) {
        if let Some((what, hint)) = arn.flaw() {
            refused.push(arn);
            problems.add(UsageError::new(format!("`{text}` {what}"), hint));
        } else if let Some(known) = known_partition
            && arn.partition() != known
        {
            refused.push(arn);
            problems.add(UsageError::new(
                format!("`{text}` is not of the partition `{known}`{in_region}"),
                hint,
            ));
        }
    }
    let regions = needs.named_regions();
    let regions = regions.map(|region| (format!("`?region={region}`"), partition(region)));
    let roles = needs.roles.iter();
    let roles = roles.filter_map(|arn| Some((format!("`?role={arn}`"), Arn::parse(arn)?)));
    let roles = roles.map(|(text, arn)| (text, arn.partition()));
    for (text, theirs) in regions.chain(roles) {
        if let Some(known) = known_partition
            && theirs != known
        {
            problems.add(UsageError::new(
                format!("{text} is not of the partition `{known}`{in_region}"),
                hint,
            ));
        }
    }
    let for_name = purpose.name();
    if purpose == For::Write && needs.managed(scope).is_empty() {
        problems.add(UsageError::new(
            "nothing here can be written",
            "parameters of AWS and of other accounts, and secrets of Secrets Manager, can only be \
             read: leave `--for write` out",
        ));
    }
    if needs.access.is_of_task() && needs.managed(scope).is_empty() {
        problems.add(UsageError::new(
            format!("`--for {for_name}` is about parameters of the account, and none is named"),
            "name them with `--path` or `--secret NAME=PARAMETER`",
        ));
    }
    let is_set = |part: &Part| !part.paths.is_empty() || !part.patterns.is_empty();
    if purpose == For::Rotator && needs.parts.iter().any(is_set) {
        problems.add(UsageError::new(
            "`--for rotator` is for single parameters, and a set of them is named",
            "name what is rotated with `--secret NAME=PARAMETER`",
        ));
    }
    let things = match needs.stores() {
        (false, true) => "secret",
        _ => "parameter",
    };
    let regions = needs.regions(scope);
    if regions.is_empty() && !needs.keys.is_empty() {
        problems.add(UsageError::new(
            format!("`--key-id` does nothing with `--for {for_name}`: nothing is decrypted"),
            "leave it out",
        ));
    } else if !regions.contains(&None) {
        for key in &needs.keys {
            let arn = key.arn().filter(|arn| !refused.contains(arn));
            let region = arn.map(|arn| arn.region().to_owned());
            if region.is_some() && !regions.contains(&region) {
                let regions: Vec<&str> = regions.iter().flatten().map(String::as_str).collect();
                problems.add(UsageError::new(
                    format!(
                        "`--key-id {}` is not in {}, where the {things}s are",
                        key.as_str(),
                        regions.join(" or ")
                    ),
                    match key.name().is_multi_region() {
                        true => "a multi-Region key is given by its id alone, for all its regions"
                            .to_owned(),
                        false => format!("AWS encrypts a {things} with a key of its own region"),
                    },
                ));
            }
        }
    }
    problems.none()
}

/// Whether IAM accepts it as the name of a role or a policy.
fn is_name(text: &str) -> bool {
    let known = |it: char| it.is_ascii_alphanumeric() || "_+=,.@-".contains(it);
    (1..=128).contains(&text.len()) && text.chars().all(known)
}

fn valid_name(name: &str) -> Result<(), UsageError> {
    if is_name(name) && name.starts_with(|it: char| it.is_ascii_alphabetic()) {
        return Ok(());
    }
    Err(UsageError::new(
        format!("`--name {name}` cannot be the name of a policy"),
        "it begins with a letter, and contains letters, digits and `_+=,.@-`",
    ))
}

/// What is known of the place of the parameters.
struct Known {
    partition: Option<String>,
    region: Option<String>,
    account: Option<String>,
}

/// The partition: that of the region, or else of the role or of an ARN.
fn partition_of(region: Option<&str>, role: Option<&Role>, needs: &Needs) -> Option<String> {
    if let Some(region) = region {
        return Some(partition(region).to_owned());
    }
    let keys = needs.keys.iter().filter_map(Key::arn);
    let read = needs.arns().chain(&needs.roles);
    let mut arns = keys.chain(read.filter_map(|name| Arn::parse(name)));
    let of_role = role.map(|role| role.partition.clone());
    let mut regions = needs.named_regions();
    of_role
        .or_else(|| regions.next().map(|region| partition(region).to_owned()))
        .or_else(|| arns.next().map(|arn| arn.partition().to_owned()))
}

/// Region and account, or a placeholder in each format.
fn scope(format: Format, name: &str, known: &Known) -> Scope {
    let [own_partition, own_region, own_account, own_domain] = match format {
        Format::Json | Format::Vault => ["*"; 4].map(str::to_owned),
        Format::Cloudformation => ["Partition", "Region", "AccountId", "URLSuffix"]
            .map(|name| format!("${{AWS::{name}}}")),
        Format::Terraform => [
            ("partition", "partition"),
            ("region", "id"),
            ("caller_identity", "account_id"),
            ("partition", "dns_suffix"),
        ]
        .map(|(source, field)| format!("${{data.aws_{source}.{}.{field}}}", label(name))),
    };
    let partition = known.partition.clone();
    Scope {
        domain: partition
            .as_deref()
            .map(domain)
            .map_or(own_domain, str::to_owned),
        partition: partition.unwrap_or(own_partition),
        region: known.region.clone().unwrap_or(own_region),
        account: known.account.clone().unwrap_or(own_account),
    }
}

/// Why some actions are allowed on everything, as notes: a policy has no room for reasons.
fn unrestricted(needs: &Needs, scope: &Scope) -> Vec<String> {
    let mut notes = Vec::new();
    if needs.lists_parameters(scope) {
        notes.push(
            "`ssm:DescribeParameters` is allowed on `*`, because AWS cannot restrict it to \
             parameters: it returns names, and no values"
                .to_owned(),
        );
    }
    match needs.lists_secrets() {
        Some([list]) => notes.push(format!(
            "`{list}` is allowed on `*`, because AWS cannot restrict it to secrets: it returns \
             names, and no values"
        )),
        Some([list, batch, ..]) => notes.push(format!(
            "`{list}` and `{batch}` are allowed on `*`, because AWS cannot restrict them to \
             secrets: the first returns names, and the second only values that \
             `secretsmanager:GetSecretValue` allows"
        )),
        Some([]) | None => {}
    }
    if needs.denies_decryption() {
        notes.push(
            "`kms:Decrypt` is denied, because the policy of the key alias/aws/ssm allows it to every \
             principal of the account that uses Parameter Store; with `--key-id` of another key it is not \
             allowed, and not denied"
                .to_owned(),
        );
    }
    if needs.reads_tables() {
        notes.push(
            "`dynamodb:Scan` is allowed on all of the table, because DynamoDB cannot restrict it to \
             names: which values are decrypted, key and encryption context decide"
                .to_owned(),
        );
    }
    if needs.may_be_blind() {
        notes.push(
            "blind credentials of Confidant are decrypted by who reads them: `--key-id` of their key adds \
             `kms:Decrypt`"
                .to_owned(),
        );
    }
    if needs.decrypts_anything() {
        notes.push(
            "`kms:Decrypt` is allowed with all keys and no encryption context: use `--key-id`, with which \
             credstash was set up, such as alias/credstash"
                .to_owned(),
        );
    }
    if needs.decrypts_any_entry() {
        notes.push(
            "`kms:Decrypt` is allowed with all keys for secrets of Biscuit: use `--key-id`, with the keys \
             that the file names"
                .to_owned(),
        );
    }
    notes
}

/// A valid name of a Terraform resource.
fn label(name: &str) -> String {
    let plain = |it: char| match it {
        it if it.is_ascii_alphanumeric() || it == '_' => it,
        _ => '_',
    };
    name.chars().map(plain).collect()
}

fn terraform(name: &str, role: Option<&Role>, document: &Tree) -> String {
    let label = label(name);
    let policy = hcl(document, 2);
    let mut text = String::new();
    for source in ["aws_caller_identity", "aws_partition", "aws_region"] {
        if policy.contains(&format!("${{data.{source}.")) {
            text.push_str(&format!("data \"{source}\" \"{label}\" {{}}\n\n"));
        }
    }
    let (kind, role) = match role {
        Some(role) => (
            "aws_iam_role_policy",
            format!("  role   = \"{}\"\n", role.name),
        ),
        None => ("aws_iam_policy", String::new()),
    };
    text.push_str(&format!(
        "resource \"{kind}\" \"{label}\" {{\n  name   = \"{name}\"\n{role}  policy = \
         jsonencode({policy})\n}}\n"
    ));
    text
}

fn cloudformation(name: &str, role: Option<&Role>, document: &Tree) -> String {
    // Names of resources are letters and digits.
    let mut id = String::new();
    for part in name.split(|it: char| !it.is_ascii_alphanumeric()) {
        let (first, rest) = part.split_at(part.len().min(1));
        id.push_str(&first.to_ascii_uppercase());
        id.push_str(rest);
    }
    let (kind, named) = match role {
        Some(role) => (
            "AWS::IAM::RolePolicy",
            vec![("RoleName", role.name.as_str()), ("PolicyName", name)],
        ),
        None => ("AWS::IAM::ManagedPolicy", vec![("ManagedPolicyName", name)]),
    };
    let named = named
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value.into()));
    let document = [("PolicyDocument".to_owned(), document.clone())];
    let properties = Tree::Map(named.chain(document).collect());
    let resource = map([("Type", kind.into()), ("Properties", properties)]);
    let template = map([
        ("AWSTemplateFormatVersion", "2010-09-09".into()),
        ("Resources", Tree::Map(vec![(id, resource)])),
    ]);
    yaml(&template, 0).trim_start().to_owned()
}
