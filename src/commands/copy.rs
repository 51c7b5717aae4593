//! `envsecrets copy`: copies the parameters below a path to another path, region or account.

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::Parser;

use super::args::{Connection, Destination, Key, Path};
use super::transfer::{self, Manner};
use crate::exit;
use crate::launch::error::{Errors, Failure};
use crate::launch::naming;
use crate::options::UsageError;
use crate::stores::parameter_store::manage::{Description, Filter};
use crate::stores::parameter_store::put::{Put, TAGS_OF_AWS};
use crate::stores::parameter_store::{Error, Reading};

/// The key that exists in every account and region.
const DEFAULT_KEY: &str = "alias/aws/ssm";

/// Copy the parameters below one path to another path
///
/// Between paths, regions, profiles and keys. Value, type, tier, description, tags, pattern, data type
/// and policies are kept; versions and labels are not copied. First prints what would be written,
/// never a value. Parameters that already have the same value are not written, so an interrupted
/// copy can be run again; if a parameter has another value, nothing is written without
/// `--overwrite`. Parameters that exist only below B are kept.
#[derive(Debug, Parser)]
#[command(name = "copy", bin_name = "envsecrets copy")]
#[command(after_long_help = EXAMPLES, disable_help_flag = true)]
pub struct Copy {
    /// Copy all parameters below this path
    #[arg(value_name = "A")]
    a: String,

    /// Write them below this path
    #[arg(value_name = "B")]
    b: String,

    #[command(flatten)]
    to: Destination,

    /// The KMS key that encrypts the copies: id, ARN or alias
    ///
    /// Without it a copy has the key of its original. In another region or account that is the key
    /// of the same alias; it is required if an original has its key by id or ARN.
    #[arg(long, value_name = "KEY", help_heading = "How to write")]
    key_id: Option<String>,

    #[command(flatten)]
    manner: Manner,

    #[command(flatten)]
    connection: Connection,
}

const EXAMPLES: &str = "\
Examples:
  What would be written?
      envsecrets copy /stg/app /prd/app --dry-run

  To another region, with the key of that region
      envsecrets copy /prd/app /prd/app --to-region eu-west-1 --key-id alias/app

  To another account
      envsecrets copy /prd/app /prd/app --profile old --to-profile new

  The same parameters, with another key
      envsecrets copy /prd/app /prd/app --key-id alias/new --overwrite

Exit status:
  0 if all of it exists, 65 if Parameter Store cannot store something under its new name, or a \
launch could not use it (`--strict`), 66 if there are no parameters below A, 73 if a parameter \
cannot get a new version, or exists with \
another value and `--overwrite` was not given, otherwise that of a launch.";

/// Reads the parameters, and writes the copies.
pub fn run(copy: Copy) -> Result<ExitCode, Errors> {
    let (from, to) = (Path::parse(&copy.a)?, Path::parse(&copy.b)?);
    let named = copy.key_id.as_deref().map(Key::parse).transpose()?;
    let named = named.map(Key::into_string);
    if from == to && !copy.to.is_given() && named.is_none() {
        return Err(UsageError::new(
            format!("`{from}` would be copied onto itself"),
            "use another path, `--to-region`, `--to-profile`, `--to-role` or `--key-id`",
        )
        .into());
    }
    copy.manner.rate()?;
    let mut source = copy.connection.open()?;
    let parameters = source.below(&from, Reading::Values)?;
    if parameters.is_empty() {
        let (path, label, place) = (from.into_string(), None, source.place());
        return Err(Error::Empty {
            things: "parameter",
            path,
            label,
            place,
        }
        .into());
    }
    let filters: Vec<Filter> = Filter::below(&from).into_iter().collect();
    let descriptions = source.describe(&filters)?.into_iter();
    let mut descriptions: BTreeMap<String, Description> =
        descriptions.map(|one| (one.name.clone(), one)).collect();
    let names: Vec<String> = parameters.iter().map(|one| one.name.clone()).collect();
    let tags = source.tags_of(&names)?;

    let mut wanted = Vec::new();
    let mut keyless = Vec::new();
    for (parameter, tags) in parameters.into_iter().zip(tags) {
        let relative = naming::relative(&from, &parameter.name);
        let about = descriptions.remove(&parameter.name);
        let key_id = match about.as_ref().and_then(|about| about.key_id.clone()) {
            _ if !parameter.kind.is_encrypted() => None,
            _ if named.is_some() => named.clone(),
            Some(key) if key == DEFAULT_KEY => None,
            Some(key) if copy.to.is_given() && !key.starts_with("alias/") => {
                keyless.push(format!("`{}` is encrypted with `{key}`", parameter.name));
                continue;
            }
            key => key,
        };
        let policies: Vec<String> = about
            .iter()
            .flat_map(|about| about.policies.iter().map(|policy| policy.text.clone()))
            .collect();
        wanted.push(Put {
            name: to.join(relative),
            value: parameter.value,
            kind: Some(parameter.kind),
            follows: None,
            description: about.as_ref().and_then(|about| about.description.clone()),
            key_id,
            tier: about.as_ref().and_then(|about| about.tier.clone()),
            tags: own(tags.unwrap_or_default()),
            policies: (!policies.is_empty()).then(|| format!("[{}]", policies.join(","))),
            data_type: about.as_ref().and_then(|about| about.data_type.clone()),
            pattern: about.and_then(|about| about.pattern),
        });
    }
    if !keyless.is_empty() {
        let what = "keys given by id or ARN do not exist in another region or account";
        let mut failure = Failure::new(exit::USAGE, what);
        failure.causes = keyless;
        let hint = "nothing was written: use `--key-id` to give the key for the copies";
        return Err(failure.hint(hint).into());
    }
    let mut elsewhere = copy.to.open(&copy.connection)?;
    transfer::transfer(
        elsewhere.as_mut().unwrap_or(&mut source),
        &to,
        wanted,
        &copy.manner,
    )
}

/// The tags of users: only AWS can set its own.
fn own(tags: BTreeMap<String, String>) -> Vec<(String, String)> {
    let tags = tags.into_iter();
    tags.filter(|(key, _)| !key.starts_with(TAGS_OF_AWS))
        .collect()
}
