//! Whether a launch of a path would still start after a write, by the rules of the launch itself.

use super::args::Path;
use crate::exit;
use crate::launch::error::{Errors, Failure};
use crate::launch::naming::{self, Form, Layer, Problem, Rules};
use crate::output;
use crate::parameter::{Parameter, ParameterType, Presence};
use crate::stores::parameter_store::manage::Store;
use crate::stores::parameter_store::names::bare;
use crate::stores::parameter_store::put::Put;
use crate::stores::parameter_store::{Error, Reading};

/// What is done about a path that a launch could not use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strictness {
    Warn,
    Refuse,
}

impl Strictness {
    /// That of a flag `--strict`.
    pub fn of(strict: bool) -> Self {
        match strict {
            true => Self::Refuse,
            false => Self::Warn,
        }
    }
}

/// What else is below the path.
#[derive(Debug)]
pub enum Others {
    /// Its catalogue is read.
    Read,
    /// Only these, of which the values are not needed.
    Known(Vec<Parameter>),
}

/// The path of a parameter: what precedes the last `/` of its name.
pub fn path_of(name: &str) -> Path {
    match name.rsplit_once('/') {
        Some((path, _)) if !path.is_empty() => Path::parse(path).unwrap_or_else(|_| Path::root()),
        _ => Path::root(),
    }
}

/// A parameter, without its value.
pub fn without_value(name: &str, kind: Option<&ParameterType>) -> Parameter {
    Parameter {
        name: name.to_owned(),
        kind: kind.cloned().unwrap_or(ParameterType::SecureString),
        ..Parameter::default()
    }
}

/// Warns of what would make a launch of `path` fail once these are written, or refuses it.
///
/// Only of what these writes bring about: what fails already is not repeated.
///
/// # Errors
///
/// With [`Strictness::Refuse`], if there is anything, or it cannot be found out.
pub fn check<'p>(
    store: &Store,
    path: &Path,
    written: impl Iterator<Item = &'p Put>,
    others: Others,
    strictness: Strictness,
) -> Result<(), Errors> {
    let written: Vec<Parameter> = written
        .map(|put| Parameter {
            value: put.value.clone(),
            ..without_value(&put.name, put.kind.as_ref())
        })
        .collect();
    let before = match others {
        // Below the root are all parameters of the account, of which no program is started.
        Others::Read if *path == Path::root() => Vec::new(),
        Others::Read => match store.below(path, Reading::Names) {
            Ok(parameters) => parameters,
            Err(error @ Error::Denied { .. }) if strictness == Strictness::Warn => {
                output::detail(format_args!(
                    "it is not checked whether a launch of `{path}` would fail: {error}"
                ));
                Vec::new()
            }
            Err(error) => return Err(error.into()),
        },
        Others::Known(parameters) => parameters,
    };
    let problems = problems(path, before, written);
    if problems.is_empty() {
        return Ok(());
    }
    let what = format!("a launch of `{path}` would fail");
    match strictness {
        Strictness::Warn => {
            for problem in problems {
                output::note(format_args!("{what}: {problem}"));
            }
            Ok(())
        }
        Strictness::Refuse => {
            let mut failure = Failure::new(exit::DATAERR, what);
            failure.causes = problems.iter().map(ToString::to_string).collect();
            let hint = "nothing was written: choose another name or value, or leave out `--strict`";
            Err(failure.hint(hint).into())
        }
    }
}

/// What a launch would find wrong with the path only after these are written.
fn problems(path: &str, before: Vec<Parameter>, written: Vec<Parameter>) -> Vec<Problem> {
    let known = of_a_launch(path, &before);
    let names: Vec<&str> = written.iter().map(|it| bare(&it.name)).collect();
    let mut after = before;
    after.retain(|it| !names.contains(&bare(&it.name)));
    after.extend(written);
    let mut problems = of_a_launch(path, &after);
    problems.retain(|problem| !known.contains(problem));
    problems
}

fn of_a_launch(path: &str, parameters: &[Parameter]) -> Vec<Problem> {
    let layer = Layer {
        path,
        // What is not named by the options of a launch cannot be missing.
        presence: Presence::Optional,
        parameters,
        form: Form::Parameters { shown: path },
    };
    match naming::assign(&Rules::default(), &[layer], &[]) {
        Ok(_) => Vec::new(),
        Err((_, problems)) => problems,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    fn parameter(name: &str, value: &str) -> Parameter {
        Parameter {
            value: Secret::new(value.to_owned()),
            ..without_value(name, None)
        }
    }

    #[test]
    fn only_what_a_write_brings_about_is_a_problem() {
        for (before, written, found) in [
            (
                &["/p/db"][..],
                ("/p/DB", "x"),
                &["parameters `/p/DB` and `/p/db` would both become DB"][..],
            ),
            (&["/p/db", "/p/DB"], ("/p/DB", "x"), &[]),
            (
                &[],
                ("/p/LD_PRELOAD", "x"),
                &[
                    "parameter `/p/LD_PRELOAD` would become LD_PRELOAD, which can run code: the C library loads code that it names",
                ],
            ),
            (&["/p/LD_PRELOAD"], ("/p/LD_PRELOAD", "x"), &[]),
            (
                &["/p/a"],
                ("/p/a", "() {"),
                &["parameter `/p/a` would become A, which would be a function to old shells"],
            ),
            (
                &[],
                ("/p/2fa", "x"),
                &["parameter `/p/2fa` would become `2FA`, which is not a valid variable name"],
            ),
            (
                &["/p/db-pass"],
                ("/p/db/pass", "x"),
                &["parameters `/p/db-pass` and `/p/db/pass` would both become DB_PASS"],
            ),
            (&["/p/2fa"], ("/p/b", "x"), &[]),
        ] {
            let existing = before.iter().map(|name| parameter(name, "")).collect();
            let (name, value) = written;
            let problems = problems("/p", existing, vec![parameter(name, value)]);
            let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
            assert_eq!(texts, found, "{before:?} {written:?}");
        }
    }

    #[test]
    fn the_path_of_a_parameter_is_what_precedes_its_last_level() {
        for (name, path) in [("/prd/app/db", "/prd/app"), ("/db", "/"), ("db", "/")] {
            assert_eq!(&*path_of(name), path);
        }
    }
}
