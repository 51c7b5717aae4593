//! Patterns that choose among what is below a path.

use std::cell::Cell;

use clap::Args;

use super::args::Path;
use crate::exit;
use crate::glob::Glob;
use crate::launch::error::{Errors, Failure};
use crate::launch::{naming, values};
use crate::options::UsageError;
use crate::parameter::{Parameter, Reading};
use crate::stores::parameter_store::manage::Store;
use crate::stores::parameter_store::names;

/// The patterns as options.
#[derive(Debug, Clone, Args)]
pub struct Globs {
    /// Only what matches this pattern, relative to the path; may be repeated
    #[arg(long, value_name = "GLOB", help_heading = "Which ones")]
    only: Vec<String>,

    /// Leave out what matches this pattern, relative to the path; may be repeated
    #[arg(long, value_name = "GLOB", help_heading = "Which ones")]
    exclude: Vec<String>,
}

/// The patterns, each with whether it had an effect.
#[derive(Debug)]
pub struct Choice {
    only: Vec<(Glob, Cell<bool>)>,
    exclude: Vec<(Glob, Cell<bool>)>,
}

impl Globs {
    /// Refuses patterns where no path is given. `instead` says what else to do.
    ///
    /// # Errors
    ///
    /// If there is any.
    pub fn without_path(&self, instead: &str) -> Result<(), UsageError> {
        match self.only.is_empty() && self.exclude.is_empty() {
            true => Ok(()),
            false => Err(UsageError::new(
                "`--only` and `--exclude` choose among what is below a path",
                format!("use `--recursive`, or {instead}"),
            )),
        }
    }

    /// # Errors
    ///
    /// If one is not a pattern.
    pub fn choice(&self) -> Result<Choice, UsageError> {
        let parsed = |flag, texts: &[String]| -> Result<Vec<_>, UsageError> {
            let globs = values::globs(flag, texts, Glob::for_parameters)?;
            Ok(globs.into_iter().map(|it| (it, Cell::new(false))).collect())
        };
        Ok(Choice {
            only: parsed("--only", &self.only)?,
            exclude: parsed("--exclude", &self.exclude)?,
        })
    }
}

/// A path of which all parameters are to be changed: not the root. `changed` says what is to be done, such
/// as `deleted`.
///
/// # Errors
///
/// If it is not such a path.
pub fn path(text: &str, changed: &str) -> Result<Path, UsageError> {
    let path = Path::parse(text)?;
    if let Some(why) = names::reserved(&path) {
        return Err(UsageError::new(
            format!("`{path}` {why}"),
            format!("parameters of AWS can be read, and not {changed}"),
        ));
    }
    match path == Path::root() {
        true => Err(UsageError::new(
            "`/` contains all parameters of this account and region",
            "give the paths one by one",
        )),
        false => Ok(path),
    }
}

/// The parameters below a path that are chosen, sorted by name.
///
/// # Errors
///
/// Those of the store, or if there are none, or a pattern matches nothing.
pub fn below(store: &Store, path: &Path, choice: &Choice) -> Result<Vec<Parameter>, Errors> {
    let mut found = store.below(path, Reading::Names)?;
    let any = !found.is_empty();
    found.retain(|it| choice.takes(naming::relative(path, &it.name)));
    if any {
        choice.all_used()?;
    }
    if !found.is_empty() {
        return Ok(found);
    }
    let what = match any {
        false => format!("no parameters exist below `{path}` in {}", store.place()),
        true => format!("the patterns leave out everything below `{path}`"),
    };
    let hint = "nothing was changed; check path, account and region for typos";
    Err(Failure::new(exit::NOINPUT, what).hint(hint).into())
}

impl Choice {
    /// Whether what has this name, relative to the path, is chosen.
    pub fn takes(&self, relative: &str) -> bool {
        self.takes_any(&[relative])
    }

    /// Whether what has these names is chosen: a key is chosen and left out with its secret, too.
    pub fn takes_any(&self, names: &[&str]) -> bool {
        let any = |globs: &[(Glob, Cell<bool>)]| {
            let mut found = false;
            for (glob, is_used) in globs {
                if names.iter().any(|name| glob.matches(name)) {
                    is_used.set(true);
                    found = true;
                }
            }
            found
        };
        let is_only = any(&self.only);
        let is_excluded = any(&self.exclude);
        (self.only.is_empty() || is_only) && !is_excluded
    }

    /// Whether what has this name is left out, with all that is in it.
    pub fn excludes(&self, relative: &str) -> bool {
        self.exclude.iter().any(|(glob, _)| glob.matches(relative))
    }

    /// Refuses a pattern that had no effect, such as a misspelled name.
    ///
    /// # Errors
    ///
    /// The first of them.
    pub fn all_used(&self) -> Result<(), UsageError> {
        let flags = [("--only", &self.only), ("--exclude", &self.exclude)];
        for (flag, globs) in flags {
            if let Some((glob, _)) = globs.iter().find(|(_, is_used)| !is_used.get()) {
                return Err(UsageError::new(
                    format!("`{flag} {}` matches nothing", glob.text()),
                    "give names relative to the path: `envsecrets list` shows what exists",
                ));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(only: &[&str], exclude: &[&str]) -> Choice {
        let texts = |texts: &[&str]| texts.iter().map(|&it| it.to_owned()).collect();
        let globs = Globs {
            only: texts(only),
            exclude: texts(exclude),
        };
        globs.choice().unwrap()
    }

    #[test]
    fn what_matches_is_chosen_and_what_is_excluded_is_not() {
        for (only, exclude, name, taken) in [
            (&[][..], &[][..], "db/host", true),
            (&["db/*"], &[], "db/host", true),
            (&["db/*"], &[], "token", false),
            (&["x", "db/*"], &[], "db/host", true),
            (&[], &["db/*"], "db/host", false),
            (&["db/*"], &["*/host"], "db/host", false),
        ] {
            assert_eq!(
                choice(only, exclude).takes(name),
                taken,
                "{only:?} {exclude:?}"
            );
        }
    }

    #[test]
    fn a_pattern_without_effect_is_an_error() {
        let globs = choice(&["db/*"], &["x"]);
        assert!(globs.takes("db/host"));
        let error = globs.all_used().unwrap_err();
        assert_eq!(error.to_string(), "`--exclude x` matches nothing");
        assert!(!globs.takes("x"));
        assert!(globs.all_used().is_ok());
    }
}
