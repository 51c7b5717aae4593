//! `envsecrets policy`: the least IAM policy for a launch.

mod needs;
mod render;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{ArgMatches, Parser, ValueEnum};

use super::args::{Help, Key};
use super::report;
use crate::aws::arn::{Arn, Scope, domain, partition};
use crate::aws::iam::{self, Tree, map};
use crate::launch::error::{self, Errors};
use crate::launch::plan::Plan;
use crate::launch::versions;
use crate::options::flags::Flags;
use crate::options::{self, UsageError, variables};
use crate::output;
use crate::parameter::Reading;
use crate::stores::Source;
use crate::stores::parameter_store;
use crate::system::process;
use needs::Needs;
use render::{hcl, yaml};

/// The largest policies that IAM accepts, without white space (IAM and AWS STS quotas).
const LARGEST_MANAGED: usize = 6144;
const LARGEST_OF_A_ROLE: usize = 10_240;

/// Print the least IAM policy that allows a launch
///
/// The options are those of a launch: put `policy` before them, and its policy is printed. It
/// allows to read these paths, single parameters, documents and references; keys may be used only
/// for these parameters, and only through Parameter Store. No request is sent to AWS. An unknown
/// region or account is `*` in JSON, and an expression in the other formats.
#[derive(Debug, Parser)]
#[command(
    name = "policy",
    bin_name = "envsecrets policy",
    override_usage = "envsecrets policy [OPTIONS] [-- PROGRAM [ARGUMENTS]...]",
    after_help = "Options of a launch can be given as variables, as there.",
    after_long_help = EXAMPLES,
    disable_help_flag = true
)]
pub struct Policy {
    /// Print a policy document, or a resource of Terraform or CloudFormation
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Json, help_heading = "What to print")]
    format: Format,

    /// Allow to manage these parameters as well, as the other commands do
    #[arg(long, help_heading = "What to print")]
    write: bool,

    /// The account that the parameters are in, instead of that of the profile
    #[arg(long, value_name = "ID", help_heading = "What to print")]
    account: Option<String>,

    /// The role that gets the policy
    ///
    /// Prints a policy of this role; its account is that of the parameters unless `--account` is
    /// given. The ARN of a session of the role, as in errors, is accepted, too. In JSON the policy
    /// does not contain the role: only its account is used.
    #[arg(long, value_name = "ARN", help_heading = "What to print")]
    role: Option<String>,

    /// The KMS key, by ARN, id or alias, instead of any key of the account
    ///
    /// May be repeated.
    #[arg(long, value_name = "KEY", help_heading = "What to print")]
    key_id: Vec<String>,

    /// The name of the policy in Terraform and CloudFormation
    #[arg(
        long,
        value_name = "NAME",
        default_value = "envsecrets",
        help_heading = "What to print"
    )]
    name: String,

    #[command(flatten)]
    flags: Flags,
    #[command(flatten)]
    help: Help,
    /// The program that would be started; it has no effect
    #[arg(last = true, hide = true, value_name = "PROGRAM", value_hint = clap::ValueHint::CommandWithArguments)]
    program: Vec<OsString>,
}

const EXAMPLES: &str = "\
Examples:
  What does this launch need?
      envsecrets policy --path /prd/app --region eu-central-1 --account 123456789012 -- ./serve

  The same for a role, in Terraform
      envsecrets policy --path /prd/app --format terraform \\
          --role arn:aws:iam::123456789012:role/app

  To write the secrets, with one key
      envsecrets policy --write --path /prd/app --key-id alias/app --format cloudformation

Exit status:
  0 if a policy was printed, otherwise that of a launch.";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Json,
    Terraform,
    Cloudformation,
}

/// Prints the policy.
pub fn run(policy: Policy, matches: &ArgMatches) -> Result<ExitCode, Errors> {
    let role = policy.role.as_deref().map(Role::parse).transpose()?;
    let account = account(policy.account.as_deref(), role.as_ref())?;
    valid_name(&policy.name)?;
    let (format, name) = (policy.format, policy.name);
    let options = options::merge(policy.flags, matches, Some(variables::inherited))?;
    let inherited = process::environment();
    let plan = Plan::new(options, policy.program, &inherited, Reading::Values)?;
    plan.references().map_err(error::several)?;
    if plan.layers.is_empty() {
        return Err(UsageError::new(
            "no secrets to read, and so nothing to allow",
            "no variable here refers to a secret: set the variables of the program, or use \
             `--path` and `--secret`",
        )
        .into());
    }
    let (region, account) = match (&plan.caller.region, account) {
        // The settings of this machine are not used.
        (Some(region), Some(account)) => (Some(region.clone()), Some(account)),
        (_, given) => {
            let (region, account) = parameter_store::configured(&plan.caller)?;
            (region, given.or(account.filter(|it| is_account(it))))
        }
    };
    let scope = scope(format, &name, region.as_deref(), account.as_deref());
    let mut needs = needs(&plan);
    needs.write = policy.write;
    for key in &policy.key_id {
        needs.keys.push(Key::parse(key)?.resource(&scope));
    }
    let document = iam::document(&needs.statements(&scope));
    let text = match format {
        Format::Json => report::json(&document),
        Format::Terraform => terraform(&name, role.as_ref(), &document),
        Format::Cloudformation => cloudformation(&name, role.as_ref(), &document),
    };
    let code = report::print(text.as_bytes())?;
    let open: Vec<&str> = [("`--region`", &region), ("`--account`", &account)]
        .iter()
        .filter(|(_, known)| known.is_none())
        .map(|(flag, _)| *flag)
        .collect();
    if format == Format::Json && !open.is_empty() {
        output::note(format_args!(
            "`*` replaces unknown parts: use {}",
            open.join(" and ")
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

/// A role, parsed from its ARN.
struct Role {
    account: String,
    name: String,
}

impl Role {
    fn parse(text: &str) -> Result<Self, UsageError> {
        let role = Arn::global("iam", text).and_then(|role| {
            // A path can be in between.
            let name = role.resource().strip_prefix("role/")?.rsplit('/').next()?;
            Some((role.account()?, name))
        });
        let role = role.or_else(|| {
            let session = Arn::global("sts", text)?;
            let name = session.resource().strip_prefix("assumed-role/")?;
            Some((session.account()?, name.split('/').next()?))
        });
        match role.filter(|(account, name)| is_account(account) && is_name(name)) {
            Some((account, name)) => Ok(Self {
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
    match given {
        Some(account) if !is_account(account) => Err(UsageError::new(
            format!("`--account {account}` is not an account"),
            "an account has twelve digits",
        )),
        Some(account) => Ok(Some(account.to_owned())),
        None => Ok(role.map(|role| role.account.clone())),
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
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

/// Region and account, or a placeholder in each format.
fn scope(format: Format, name: &str, region: Option<&str>, account: Option<&str>) -> Scope {
    let expression = |what: &str| match format {
        Format::Json => "*".to_owned(),
        Format::Cloudformation => match what {
            "region" => "${AWS::Region}".to_owned(),
            "account" => "${AWS::AccountId}".to_owned(),
            "partition" => "${AWS::Partition}".to_owned(),
            _ => "${AWS::URLSuffix}".to_owned(),
        },
        Format::Terraform => {
            let name = label(name);
            match what {
                "region" => format!("${{data.aws_region.{name}.id}}"),
                "account" => format!("${{data.aws_caller_identity.{name}.account_id}}"),
                "partition" => format!("${{data.aws_partition.{name}.partition}}"),
                _ => format!("${{data.aws_partition.{name}.dns_suffix}}"),
            }
        }
    };
    let or = |known: Option<&str>, what| known.map_or_else(|| expression(what), str::to_owned);
    let partition = region.map(partition);
    Scope {
        partition: or(partition, "partition"),
        region: or(region, "region"),
        account: or(account, "account"),
        domain: or(partition.map(domain), "domain"),
    }
}

/// What a launch reads.
fn needs(plan: &Plan) -> Needs {
    let mut needs = Needs::default();
    let paths = versions::paths(plan);
    let is_below = |path: &str, other: &str| {
        let rest = path.strip_prefix(other.trim_end_matches('/'));
        path != other && rest.is_some_and(|rest| rest.starts_with('/'))
    };
    for path in &paths {
        if !paths.iter().any(|other| is_below(path, other)) {
            needs.paths.push((*path).to_owned());
        }
    }
    for layer in &plan.layers {
        let Source::ParameterStore(source) = &layer.source;
        let selector = match source {
            parameter_store::Source::Below { .. } => continue,
            parameter_store::Source::Matching { glob, .. } => {
                let beginning = glob.beginning().to_owned();
                if !needs.beginnings.contains(&beginning) {
                    needs.beginnings.push(beginning);
                }
                continue;
            }
            parameter_store::Source::One(selector) => selector,
        };
        let (list, name) = match selector
            .name()
            .strip_prefix("aws/reference/secretsmanager/")
        {
            Some(secret) => {
                // If the secret was given by its ARN, that ARN.
                let mut references = plan.references.iter().flatten();
                let by_arn = references.find(|reference| {
                    reference.target.source == layer.source && reference.target.arn.is_some()
                });
                let arn = by_arn.and_then(|reference| reference.target.arn.clone());
                (&mut needs.secrets, arn.unwrap_or(secret.to_owned()))
            }
            None => (&mut needs.names, selector.base().to_owned()),
        };
        if !list.contains(&name) {
            list.push(name);
        }
    }
    needs
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
    let properties = Tree::Map(
        named
            .chain([("PolicyDocument".to_owned(), document.clone())])
            .collect(),
    );
    let template = map([
        ("AWSTemplateFormatVersion", "2010-09-09".into()),
        (
            "Resources",
            Tree::Map(vec![(
                id,
                map([("Type", kind.into()), ("Properties", properties)]),
            )]),
        ),
    ]);
    yaml(&template, 0).trim_start().to_owned()
}
