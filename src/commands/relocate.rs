//! `envsecrets move`: another name for a parameter, by a copy that is verified before the original is
//! deleted.

use std::process::ExitCode;

use clap::Parser;
use serde_json::json;

use super::args::{Connection, Destination, Key, Name, Printing};
use super::duplicate::{self, Tags, Terms};
use super::launchable;
use super::report::Changes;
use super::transfer::{self, Manner};
use super::{args, deletion};
use crate::launch::error::{Errors, Failure, Problems};
use crate::options::UsageError;
use crate::parameter::{Parameter, Reading};
use crate::stores::parameter_store::manage::{Store, Version};
use crate::stores::parameter_store::names;
use crate::stores::parameter_store::put::Put;
use crate::{exit, output};

/// Give a parameter another name, or move it to another region or account
///
/// Copies it with value, type, tier, description, tags, pattern, data type and policies; reads the copy
/// and compares it; and then deletes the original, after the confirmation that `delete` asks for. Older
/// versions and labels are not copied, and are deleted with it: it is reported if there are any. If the
/// copy is not as it should be, or the original was changed meanwhile, nothing is deleted. An interrupted run can
/// be repeated.
#[derive(Debug, Parser)]
#[command(name = "move", bin_name = "envsecrets move")]
#[command(after_long_help = EXAMPLES, disable_help_flag = true)]
pub struct Move {
    /// The parameter, such as /stg/app/db-password
    #[arg(value_name = "NAME")]
    name: String,

    /// The new name of the parameter
    #[arg(value_name = "NEW")]
    new: String,

    #[command(flatten)]
    to: Destination,

    /// The KMS key that encrypts the copy: id, ARN or alias
    ///
    /// Without it the copy has the key of its original. In another region or account that is the key
    /// of the same alias; it is required if the original has its key by id or ARN.
    #[arg(long, value_name = "KEY", help_heading = "How to write")]
    key_id: Option<String>,

    #[command(flatten)]
    manner: Manner,

    /// Do not ask for confirmation before the original is deleted
    #[arg(
        long,
        short,
        help_heading = "When to delete",
        conflicts_with = "dry_run"
    )]
    yes: bool,

    #[command(flatten)]
    printing: Printing,

    #[command(flatten)]
    connection: Connection,
}

const EXAMPLES: &str = "\
Examples:
  What would be done?
      envsecrets move /prd/app/db-pass /prd/app/db-password --dry-run

  A flat name becomes one of a path
      envsecrets move prd.app.token /prd/app/token

  To another region
      envsecrets move /prd/app/token /prd/app/token --to-region eu-west-1

Exit status:
  0 if the parameter has its new name, 1 if you answered no (then both exist), 64 if there is no terminal to \
ask for confirmation, 66 if it does not exist, 73 if the new name exists with another value and `--overwrite` \
was not given, or the copy or the original was changed meanwhile (then nothing is deleted), otherwise that \
of a launch.";

/// Copies, verifies and deletes.
pub fn run(it: Move) -> Result<ExitCode, Errors> {
    let mut problems = Problems::default();
    let name = problems.take(Name::writable(&it.name));
    let new = problems.take(Name::writable(&it.new));
    let key_id = problems.take(it.key_id.as_deref().map(Key::parse).transpose());
    let (Some(name), Some(new), Some(key_id)) = (name, new, key_id) else {
        return Err(problems.into_errors());
    };
    let same_name = names::bare(&name) == names::bare(&new);
    if same_name && !it.to.is_given() {
        return Err(UsageError::new(
            format!("`{name}` would be moved onto itself"),
            "use another name, `--to-region`, `--to-profile` or `--to-role`",
        )
        .into());
    }
    it.manner.rate()?;
    deletion::can_ask(it.yes, it.manner.dry_run)?;
    let mut source = it.connection.open()?;
    let terms = Terms {
        key_id: key_id.map(Key::into_string),
        elsewhere: it.to.is_given(),
        tags: Tags::Copied,
    };
    let (version, wanted) = duplicate::one(&source, &name, &new, &terms)?;
    let lost = lost(&source.history(&name, Reading::Names)?);
    let puts: Vec<Put> = wanted.iter().map(|it| it.put.clone()).collect();
    let mut elsewhere = match terms.elsewhere {
        true => Some(it.connection.open_as(&it.to.caller(&it.connection)?)?),
        false => None,
    };
    if let Some(target) = &elsewhere
        && same_name
        && target.place() == source.place()
    {
        // The profile may be one of another account.
        same_account(&source, target, &name)?;
    }
    Changes::reported(it.printing.format, |changes| {
        let path = launchable::path_of(&new);
        let target = elsewhere.as_mut().unwrap_or(&mut source);
        transfer::transfer(target, &path, wanted, &it.manner, changes)?;
        let target = elsewhere.as_ref().unwrap_or(&source);
        if let Some(lost) = lost {
            output::note(format_args!(
                "not copied, and deleted with `{name}`: {lost}"
            ));
        }
        let original = Original {
            name: &name,
            version,
            copies: &puts,
        };
        it.delete(&source, target, &original, changes)
    })
}

/// The parameter that gets another name.
#[derive(Debug)]
struct Original<'o> {
    name: &'o str,
    /// The version that was copied.
    version: i64,
    copies: &'o [Put],
}

impl Move {
    /// Deletes the original, once its copy is as it should be and the user agrees.
    fn delete(
        &self,
        source: &Store,
        target: &Store,
        original: &Original<'_>,
        changes: &Changes,
    ) -> Result<ExitCode, Errors> {
        let Original { name, version, .. } = original;
        let new = &self.new;
        let object =
            |result: &str| [json!({ "parameter": name, "version": version, "result": result })];
        if self.manner.dry_run {
            let line = format!("{name}:{version} would be deleted\n");
            return changes.done(&line, object("would_be_deleted"));
        }
        let doomed = original.verified(source, target)?;
        if !self.yes && !deletion::agreed(&doomed)? {
            output::note(format_args!(
                "nothing was deleted: `{name}` and `{new}` exist"
            ));
            return Ok(ExitCode::from(exit::DECLINED));
        }
        // The answer may have taken long.
        original.verified(source, target)?;
        let (deleted, outcome) = source.delete(&[(*name).to_owned()]);
        outcome?;
        match deleted.is_empty() {
            false => changes.done(&format!("{name} moved to {new}\n"), object("deleted")),
            true => {
                let line = format!("{name} was already deleted; {new} has its value\n");
                changes.done(&line, object("already_deleted"))
            }
        }
    }
}

/// Refuses a destination that is the original itself.
fn same_account(source: &Store, target: &Store, name: &str) -> Result<(), Errors> {
    let selector = args::selector(name)?;
    let arn = |store: &Store| -> Result<_, Errors> {
        let found = store.named(std::slice::from_ref(&selector), Reading::Names)?;
        Ok(found.into_iter().find_map(|(_, it)| it?.arn))
    };
    let (here, there) = (arn(source)?, arn(target)?);
    match there.is_some() && here == there {
        true => Err(UsageError::new(
            format!("`{name}` would be moved onto itself"),
            "the destination is the same account and region: use another name",
        )
        .into()),
        false => Ok(()),
    }
}

/// What is not copied: older versions, and labels.
fn lost(versions: &[Version]) -> Option<String> {
    let labels: Vec<String> = versions.iter().flat_map(|it| it.labels.clone()).collect();
    let older = match versions.len() {
        0 | 1 => None,
        2 => Some("1 older version".to_owned()),
        count => Some(format!("{} older versions", count - 1)),
    };
    let labels = match labels.as_slice() {
        [] => None,
        [_] => Some(format!("the label {}", output::quoted(&labels))),
        _ => Some(format!("the labels {}", output::quoted(&labels))),
    };
    let lost: Vec<String> = older.into_iter().chain(labels).collect();
    (!lost.is_empty()).then(|| lost.join(", "))
}

impl Original<'_> {
    /// The original, which is to be deleted, once its copy was read and is as it should be.
    fn verified(&self, source: &Store, target: &Store) -> Result<Vec<Parameter>, Errors> {
        let Self {
            name,
            version,
            copies,
        } = self;
        for put in *copies {
            let selector = args::selector(&put.name)?;
            let copies = target.all_named(&[selector], Reading::Values)?;
            let is_same =
                |copy: &Parameter| copy.value == put.value && Some(&copy.kind) == put.kind.as_ref();
            if !copies.iter().any(is_same) {
                let what = format!("`{}` is not as it was written", put.name);
                return Err(changed(what, name).into());
            }
        }
        let selector = args::selector(name)?;
        let doomed = source.all_named(&[selector], Reading::Names)?;
        match doomed.iter().all(|it| it.version == *version) {
            true => Ok(doomed),
            false => {
                let what = format!("`{name}` has a newer version than {version}, which was copied");
                Err(changed(what, name).into())
            }
        }
    }
}

fn changed(what: String, name: &str) -> Failure {
    Failure::new(exit::CANTCREAT, what).hint(format!(
        "nothing was deleted: another user may have written meanwhile; look at both with `envsecrets history`, \
         and move `{name}` again"
    ))
}
