//! Violations of the contract by what was read.

use crate::options::contract::Place;
use crate::variable::VarName;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error("{}, does not match `{pattern}` (from {place})", whose(origin.as_deref(), name, *is_kept))]
    Mismatch {
        /// The parameter that the value is from, or `None` if it is inherited.
        origin: Option<String>,
        /// Whether it is inherited and wins over secrets.
        is_kept: bool,
        name: VarName,
        pattern: String,
        place: Place,
        /// Whether the value is not text, as a decoded file need not be.
        binary: bool,
    },
    #[error("{} not declared in {files}", undeclared(variables))]
    Undeclared {
        /// In backticks.
        files: String,
        /// Each variable, and the parameter behind it.
        variables: Vec<(VarName, String)>,
    },
}

impl Problem {
    /// What to try.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Mismatch { binary: true, .. } => {
                "the value is not text (UTF-8): `(?s-u:.)` matches any byte, `(?-u:\\xff)` one of them; \
                 a `pattern` must match the whole value"
            }
            Self::Mismatch { binary: false, .. } => {
                "a `pattern` must match the whole value, a line end at its end too; no value is ever \
                 shown: check it where it is stored"
            }
            Self::Undeclared { .. } => {
                "declare it, as `[variables.NAME]`, leave it out with `exclude`, or delete the \
                 parameter if nothing needs it"
            }
        }
    }
}

fn whose(origin: Option<&str>, name: &VarName, is_kept: bool) -> String {
    match origin {
        Some(parameter) => format!("the value of `{parameter}`, for {name}"),
        None if is_kept => format!("the inherited value of {name}, which is kept"),
        None => format!("the inherited value of {name}, for which no secret exists"),
    }
}

fn undeclared(variables: &[(VarName, String)]) -> String {
    let named = variables
        .iter()
        .map(|(name, parameter)| format!("{name} (`{parameter}`)"));
    let named: Vec<String> = named.collect();
    let verb = if named.len() == 1 { "is" } else { "are" };
    format!("{} {verb}", named.join(", "))
}
