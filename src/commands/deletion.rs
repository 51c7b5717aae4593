//! What deletion shows and asks before anything is deleted.

use super::{confirmation, table};
use crate::date;
use crate::launch::error::Failure;
use crate::options::UsageError;
use crate::parameter::Parameter;
use crate::system::terminal::Terminal;

/// Refuses a run in which no one can be asked, before any request.
///
/// # Errors
///
/// If neither `yes` nor `dry_run` is given, and there is no terminal.
pub fn can_ask(yes: bool, dry_run: bool) -> Result<(), UsageError> {
    match yes || dry_run || Terminal::is_interactive() {
        true => Ok(()),
        false => Err(UsageError::new(
            "cannot ask for confirmation: no terminal",
            confirmation::HINT,
        )),
    }
}

/// What would be deleted. It is not fitted to a terminal: what is agreed to is shown in full.
pub fn table(doomed: &[Parameter]) -> String {
    let rows: Vec<[String; 4]> = doomed
        .iter()
        .map(|it| {
            let modified = it.modified.and_then(date::in_seconds).unwrap_or_default();
            let (version, kind) = (it.version.to_string(), it.kind.to_string());
            [it.name.clone(), version, kind, modified]
        })
        .collect();
    table::columns("PARAMETER VERSION TYPE MODIFIED", &rows)
}

/// Shows what would be deleted at the terminal, and returns whether the user agrees.
///
/// # Errors
///
/// If the terminal cannot be used.
pub fn agreed(doomed: &[Parameter]) -> Result<bool, Failure> {
    let question = match doomed.len() {
        1 => "delete this parameter with all its versions?".to_owned(),
        count => format!("delete these {count} parameters with all their versions?"),
    };
    confirmation::asked(&table(doomed), &question)
}
