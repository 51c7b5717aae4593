//! `envsecrets delete`: shows what would be deleted, and deletes it.

use std::process::ExitCode;

use clap::Parser;
use serde_json::{Value, json};

use super::args::{self, Connection, Format, Name, Path, Printing};
use super::choice::{self, Choice, Globs};
use super::deletion;
use super::report::{self, Changes};
use crate::launch::error::{Error, Errors, Failure, Problems};
use crate::launch::naming;
use crate::output::tally::Tally;
use crate::parameter::Parameter;
use crate::stores::parameter_store::manage::Store;
use crate::stores::parameter_store::{Reading, Selector};
use crate::{exit, output};

/// So many are deleted by one call, and reported at once: after an interruption the output is
/// complete.
const AT_ONCE: usize = 10;

/// Delete parameters, with all their versions
///
/// Shows what would be deleted, and asks for confirmation; without a terminal `--yes` is required.
/// If one of several names does not exist, nothing is deleted. Deleted parameters cannot be
/// restored, not even by AWS.
#[derive(Debug, Parser)]
#[command(name = "delete", bin_name = "envsecrets delete")]
#[command(after_long_help = EXAMPLES, disable_help_flag = true)]
pub struct Delete {
    /// Parameters, or with `--recursive` paths
    #[arg(required = true, value_name = "NAME|PATH")]
    names: Vec<String>,

    /// Delete all parameters below each path, at any depth, but not one of exactly that name
    #[arg(long, short, help_heading = "What to delete")]
    recursive: bool,

    #[command(flatten)]
    globs: Globs,

    /// Do not ask for confirmation
    #[arg(long, short, help_heading = "When to delete")]
    yes: bool,

    /// Print what would be deleted, and delete nothing
    #[arg(long, help_heading = "When to delete", conflicts_with = "yes")]
    dry_run: bool,

    #[command(flatten)]
    printing: Printing,

    #[command(flatten)]
    connection: Connection,
}

const EXAMPLES: &str = "\
Examples:
  A parameter that is no longer needed
      envsecrets delete /prd/app/old-token

  What would be deleted with a service
      envsecrets delete --recursive /prd/app --dry-run

  All but one
      envsecrets delete --recursive /prd/app --exclude db-password

  The same in a script, after a check
      envsecrets delete --recursive /prd/app --yes

Exit status:
  0 if all of it is deleted, 1 if you answered no, 64 if there is no terminal to ask for \
confirmation, 66 if a parameter does not exist or no parameters are below a path (then nothing was \
deleted), otherwise that of a launch.";

/// Deletes, after confirmation.
pub fn run(delete: Delete) -> Result<ExitCode, Errors> {
    let mut problems = Problems::default();
    let mut names = Vec::new();
    for text in &delete.names {
        names.extend(match delete.recursive {
            true => problems
                .take(choice::path(text, "deleted"))
                .map(Path::into_string),
            false => problems.take(Name::writable(text)).map(|it| it.to_string()),
        });
    }
    let choice = problems.take(delete.globs.choice());
    if !delete.recursive {
        problems.take(delete.globs.without_path("give the names alone"));
    }
    let Some(choice) = choice else {
        return Err(problems.into_errors());
    };
    problems.none()?;
    deletion::can_ask(delete.yes, delete.dry_run)?;
    let store = delete.connection.open()?;
    let doomed = match delete.recursive {
        true => below(&store, &names, &choice)?,
        false => named(&store, &names)?,
    };
    if delete.dry_run {
        return match delete.printing.format {
            Format::Table => report::show(&deletion::table(&doomed)),
            Format::Json => {
                let objects = doomed.iter().map(|it| object(&it.name, "would_be_deleted"));
                let text = report::json(&objects.collect::<Vec<_>>());
                report::print(text.as_bytes())
            }
        };
    }
    if !delete.yes && !deletion::agreed(&doomed)? {
        output::note("nothing was deleted");
        return Ok(ExitCode::from(exit::DECLINED));
    }
    let names: Vec<String> = doomed.into_iter().map(|it| it.name).collect();
    let format = delete.printing.format;
    Changes::reported(format, |changes| delete_all(&store, &names, changes))
}

/// A parameter, and what became of it.
fn object(name: &str, result: &str) -> Value {
    json!({ "parameter": name, "result": result })
}

fn delete_all(store: &Store, names: &[String], changes: &Changes) -> Result<ExitCode, Errors> {
    let tally = Tally::start("parameters deleted", names.len());
    for (count, batch) in names.chunks(AT_ONCE).enumerate() {
        let (deleted, outcome) = store.delete(batch);
        let (mut lines, mut objects) = (String::new(), Vec::new());
        for name in batch {
            let (words, result) = match (deleted.contains(name), &outcome) {
                (true, _) => ("deleted", "deleted"),
                // By another user, or by a call whose response was lost.
                (false, Ok(())) => ("was already deleted", "already_deleted"),
                (false, Err(_)) => continue,
            };
            lines.push_str(&format!("{name} {words}\n"));
            objects.push(object(name, result));
        }
        changes.done(&lines, objects)?;
        tally.done(count * AT_ONCE + batch.len());
        if let Err(error) = outcome {
            let done = count * AT_ONCE;
            if done > 0 {
                output::note(format_args!(
                    "{done} of {} were deleted; these were not, or may not have been: {}",
                    names.len(),
                    crate::output::quoted(&names[done..])
                ));
            }
            return Err(error.into());
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn below(store: &Store, paths: &[String], choice: &Choice) -> Result<Vec<Parameter>, Errors> {
    let mut doomed: Vec<Parameter> = Vec::new();
    let mut empty = Vec::new();
    for path in paths {
        let found = store.below(path, Reading::Names)?;
        if found.is_empty() {
            empty.push(Error::Command(
                Failure::new(
                    exit::NOINPUT,
                    format!("no parameters exist below `{path}` in {}", store.place()),
                )
                .hint(
                    "nothing was deleted; check path, account and region for typos; a parameter \
                     of exactly that name is deleted without `--recursive`",
                ),
            ));
        }
        let is_chosen = |it: &Parameter| choice.takes(naming::relative(path, &it.name));
        doomed.extend(found.into_iter().filter(is_chosen));
    }
    if let Some(errors) = Errors::new(empty) {
        return Err(errors);
    }
    choice.all_used()?;
    if doomed.is_empty() {
        let what = "the patterns leave out everything";
        return Err(Failure::new(exit::NOINPUT, what)
            .hint("nothing was deleted")
            .into());
    }
    // One path can be below another.
    doomed.sort_by(|one, other| one.name.cmp(&other.name));
    doomed.dedup_by(|one, other| one.name == other.name);
    Ok(doomed)
}

fn named(store: &Store, names: &[String]) -> Result<Vec<Parameter>, Errors> {
    let selectors = names.iter().map(|name| args::selector(name));
    let mut selectors = selectors.collect::<Result<Vec<Selector>, _>>()?;
    selectors.sort();
    selectors.dedup();
    let mut doomed: Vec<Parameter> = Vec::new();
    for parameter in store.all_named(&selectors, Reading::Names)? {
        // `X` and `/X` are one.
        if !doomed.iter().any(|it| it.name == parameter.name) {
            doomed.push(parameter);
        }
    }
    Ok(doomed)
}
