//! Everything that can go wrong, with its exit code.

use std::process::ExitCode;

use super::{contract, documents, files, references, template};
use crate::launch::environment::TooLarge;
use crate::launch::naming::Problem;
use crate::options::{Kind, UsageError};
use crate::stores::{
    self,
    error::{AwsError, Fault},
};
use crate::system::Elevation;
use crate::system::exec;
use crate::system::limits::{Limit, Term};
use crate::system::memory_file;
use crate::variable::VarName;
use crate::{exit, output};

/// Anything that keeps the program from starting.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Usage(#[from] UsageError),
    #[error(transparent)]
    Program(#[from] exec::Error),
    #[error(transparent)]
    Place(#[from] memory_file::Error),
    #[error(transparent)]
    Fetch(#[from] stores::Error),
    #[error(transparent)]
    Reference(#[from] references::Error),
    #[error(transparent)]
    Document(#[from] documents::Unreadable),
    /// A secret of which the one key that is wanted cannot be used.
    #[error("`{place}` cannot become {name}: {problem}")]
    Key {
        name: VarName,
        place: String,
        problem: documents::Problem,
    },
    #[error(transparent)]
    File(#[from] files::Undecodable),
    #[error(transparent)]
    Naming(#[from] Problem),
    #[error("{} required, but missing", missing(names))]
    Required {
        names: Vec<String>,
        /// The inherited variables that are empty, and that win over secrets: a sentence each.
        empty: Vec<String>,
        /// The secrets that would give them, and that options leave out: a sentence each.
        left_out: Vec<String>,
        /// Similar names for which there are secrets: a question each.
        similar: Vec<String>,
    },
    #[error(transparent)]
    Contract(#[from] contract::Problem),
    #[error(transparent)]
    Template(#[from] template::Problem),
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    #[error(transparent)]
    Command(#[from] Failure),
    /// What this machine does not allow.
    #[error(transparent)]
    Limited(#[from] Limit),
    #[error("envsecrets runs with more privileges than its caller, from {} of its file", .0.name())]
    BorrowedRights(Elevation),
}

/// A failure of a command, in its own words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Failure {
    /// What failed, and on what.
    pub what: String,
    /// Why, a line each.
    pub causes: Vec<String>,
    /// What to try.
    pub hint: Option<String>,
    /// One of `exit`.
    pub code: u8,
}

impl Failure {
    pub fn new(code: u8, what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            causes: Vec::new(),
            hint: None,
            code,
        }
    }

    #[must_use]
    pub fn because(mut self, cause: impl ToString) -> Self {
        self.causes.push(cause.to_string());
        self
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// All errors that were found at the same time; never empty.
#[derive(Debug)]
pub struct Errors(Vec<Error>);

impl Errors {
    /// `None` if there are none.
    pub fn new(errors: Vec<Error>) -> Option<Self> {
        (!errors.is_empty()).then_some(Self(errors))
    }

    /// Errors that belong together, in their order.
    pub fn of<const N: usize>(errors: [Error; N]) -> Self {
        Self(errors.into())
    }

    pub fn as_slice(&self) -> &[Error] {
        &self.0
    }

    pub fn into_vec(self) -> Vec<Error> {
        self.0
    }

    /// The code of the first one: they are in the order in which a launch meets them.
    pub fn code(&self) -> u8 {
        self.0.first().map_or(exit::SOFTWARE, Error::code)
    }

    /// Prints everything on stderr, and returns the exit code.
    pub fn report(&self) -> ExitCode {
        for error in &self.0 {
            output::error(error);
            for cause in error.causes() {
                output::cause(cause);
            }
        }
        for hint in self.hints() {
            output::hint(hint);
        }
        ExitCode::from(self.code())
    }

    /// The same as one text, as fit to be shown as what is printed.
    pub fn text(&self) -> String {
        let errors = self.0.iter().flat_map(|error| {
            let causes = error.causes().into_iter();
            let causes = causes.map(|cause| format!("  caused by: {cause}"));
            std::iter::once(error.to_string()).chain(causes)
        });
        let hints = self.hints().into_iter().map(|hint| format!("hint: {hint}"));
        let lines = errors.chain(hints).map(|line| output::fit(&line));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// What to try, each once.
    fn hints(&self) -> Vec<String> {
        let mut hints = Vec::new();
        for hint in self.0.iter().filter_map(Error::hint) {
            let hint = hint.to_string();
            if !hints.contains(&hint) {
                hints.push(hint);
            }
        }
        hints
    }
}

/// Problems that are collected, to be reported together.
#[derive(Debug, Default)]
pub struct Problems(Vec<Error>);

impl Problems {
    /// The result; a failure is kept.
    pub fn take<T>(&mut self, outcome: Result<T, impl Into<Errors>>) -> Option<T> {
        match outcome {
            Ok(result) => Some(result),
            Err(errors) => {
                self.add(errors);
                None
            }
        }
    }

    /// Keeps a problem.
    pub fn add(&mut self, problem: impl Into<Errors>) {
        self.0.extend(problem.into().0);
    }

    /// Nothing, if there were none.
    ///
    /// # Errors
    ///
    /// All of them.
    pub fn none(self) -> Result<(), Errors> {
        Errors::new(self.0).map_or(Ok(()), Err)
    }

    /// All of them, where at least one was kept.
    pub fn into_errors(self) -> Errors {
        Errors(self.0)
    }
}

impl<E: Into<Error>> From<E> for Errors {
    fn from(error: E) -> Self {
        let mut error = error.into();
        let others = match &mut error {
            Error::Usage(error) => error.take_others(),
            _ => Vec::new(),
        };
        let mut errors = vec![error];
        errors.extend(others.into_iter().map(Error::Usage));
        Self(errors)
    }
}

/// Combines several errors of one kind.
pub fn several<E: Into<Error>>(errors: Vec<E>) -> Errors {
    Errors(errors.into_iter().map(Into::into).collect())
}

impl Error {
    /// The exit code; see `exit` for what each one promises.
    pub fn code(&self) -> u8 {
        match self {
            Self::Usage(error) => match error.kind {
                Kind::Invalid => exit::USAGE,
                Kind::Unreadable => exit::CONFIG,
                Kind::Late => exit::TEMPFAIL,
            },
            Self::BorrowedRights(_) => exit::NOPERM,
            Self::Command(failure) => failure.code,
            Self::Program(error) => match error {
                exec::Error::NotFound { .. }
                | exec::Error::NoSuchFile { .. }
                | exec::Error::NoInterpreter { .. }
                | exec::Error::NoLoader { .. } => exit::NOT_FOUND,
                exec::Error::Directory { .. }
                | exec::Error::CannotExecute { .. }
                | exec::Error::Itself { .. }
                | exec::Error::Format { .. } => exit::CANNOT_EXECUTE,
                exec::Error::TooLarge => exit::DATAERR,
                exec::Error::Nul => exit::SOFTWARE,
            },
            Self::Reference(error) => match error {
                references::Error::Malformed { .. }
                | references::Error::Nearly { .. }
                | references::Error::Foreign { .. }
                | references::Error::NotText { .. }
                | references::Error::Twice { .. } => exit::USAGE,
                references::Error::Key { problem, .. } => document(problem),
            },
            Self::Limited(limit) => limited(limit.term),
            Self::Place(memory_file::Error::SamePlace { .. }) => exit::USAGE,
            // What the machine lacks, or what it does not allow, does not change by itself.
            Self::Place(error) => error.term().map_or(exit::CONFIG, limited),
            Self::Document(error) => document(&error.problem),
            Self::Key { problem, .. } => document(problem),
            Self::File(error) => match error.problem {
                files::Problem::Pem
                | files::Problem::Foreign { .. }
                | files::Problem::Mixed { .. }
                | files::Problem::AfterPadding { .. }
                | files::Problem::Padding
                | files::Problem::Torn
                | files::Problem::Bytes => exit::DATAERR,
                files::Problem::Nothing => exit::NOINPUT,
            },
            Self::Naming(problem) => match problem {
                Problem::Collision { .. }
                | Problem::NotAName { .. }
                | Problem::Refused { .. }
                | Problem::Nul { .. }
                | Problem::Binary { .. } => exit::DATAERR,
                Problem::UnusedGlob { .. } | Problem::UnusedRename { .. } => exit::NOINPUT,
                Problem::TwoNames { .. } => exit::USAGE,
            },
            Self::Required { .. } => exit::NOINPUT,
            Self::Contract(problem) => match problem {
                contract::Problem::Mismatch { .. } | contract::Problem::Undeclared { .. } => {
                    exit::DATAERR
                }
            },
            Self::Template(problem) => match problem {
                template::Problem::Unclosed { .. } => exit::USAGE,
                template::Problem::Unknown { .. } => exit::NOINPUT,
                template::Problem::TooLarge { .. } | template::Problem::Option { .. } => {
                    exit::DATAERR
                }
            },
            Self::TooLarge(_) => exit::DATAERR,
            Self::Fetch(error) => fetch(error),
        }
    }

    /// Whether the request may have been carried out all the same.
    pub fn is_uncertain(&self) -> bool {
        use stores::Error as Fetch;
        matches!(
            self,
            Self::Fetch(Fetch::Lost { .. } | Fetch::Internal { .. })
        )
    }

    /// Why, a line each.
    pub fn causes(&self) -> Vec<String> {
        match self {
            Self::Fetch(error) => error.causes(),
            Self::Command(failure) => failure.causes.clone(),
            Self::Required {
                empty, left_out, ..
            } => [empty.as_slice(), left_out].concat(),
            Self::Limited(limit) => vec![limit.why.clone()],
            Self::Usage(_)
            | Self::Program(_)
            | Self::Place(_)
            | Self::Reference(_)
            | Self::Document(_)
            | Self::Key { .. }
            | Self::File(_)
            | Self::Naming(_)
            | Self::Contract(_)
            | Self::Template(_)
            | Self::TooLarge(_)
            | Self::BorrowedRights(_) => Vec::new(),
        }
    }

    /// What to try.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Usage(error) => Some(error.hint.clone()),
            Self::Command(failure) => failure.hint.clone(),
            Self::Limited(limit) => Some(limit.hint.to_owned()),
            Self::Program(error) => error.hint().map(str::to_owned),
            Self::Place(error) => error.hint().map(str::to_owned),
            Self::Fetch(error) => error.hint(),
            Self::Reference(error) => Some(error.hint().to_owned()),
            Self::Document(error) => Some(error.problem.hint().to_owned()),
            Self::Key { problem, .. } => Some(problem.hint().to_owned()),
            Self::File(error) => Some(error.hint().to_owned()),
            Self::Naming(problem) => Some(problem.hint().to_owned()),
            Self::Required { empty, .. } if !empty.is_empty() => Some(
                "an inherited variable that is empty does not count: set it, remove it with `--unset \
                 NAME`, or leave it out of `--preserve-env`"
                    .to_owned(),
            ),
            Self::Required { similar, .. } if !similar.is_empty() => Some(similar.join("; ")),
            Self::Required { left_out, .. } if !left_out.is_empty() => Some(
                "change `exclude` or `only`, or do not require what they leave out".to_owned(),
            ),
            Self::Required { .. } => Some(
                "`envsecrets check` with the same options lists what exists; a parameter may have been \
                 deleted or have expired"
                    .to_owned(),
            ),
            Self::Contract(problem) => Some(problem.hint().to_owned()),
            Self::Template(problem) => Some(problem.hint()),
            Self::TooLarge(error) => Some(error.hint()),
            Self::BorrowedRights(elevation) => Some(format!(
                "it reads endpoints and certificates from the environment, which its caller \
                 controls: remove {}",
                elevation.name()
            )),
        }
    }
}

/// The exit code of a failure of a store.
fn fetch(error: &stores::Error) -> u8 {
    use stores::Error as Fetch;
    match error {
        // It was looked for and could not be found out, or rights ended meanwhile: what counts is
        // that no answer came.
        Fetch::Lost { error, .. } => match &**error {
            Fetch::Denied { .. } | Fetch::KeyDenied { .. } => exit::TEMPFAIL,
            error => fetch(error),
        },
        Fetch::Aws(error) => match error {
            AwsError::BadCredentials { .. } => exit::NOPERM,
            AwsError::Credentials { hint, .. } | AwsError::Role { hint, .. }
                if hint.is_refusal() =>
            {
                exit::NOPERM
            }
            AwsError::RolePartition { .. } => exit::USAGE,
            AwsError::Limited(limit) => limited(limit.term),
            AwsError::Late { .. } => exit::TEMPFAIL,
            AwsError::NoRegion
            | AwsError::NotARegion { .. }
            | AwsError::UnknownRegion { .. }
            | AwsError::NoCredentials { .. }
            | AwsError::Credentials { .. }
            | AwsError::Role { .. }
            | AwsError::Profile { .. }
            | AwsError::Unreadable { .. }
            | AwsError::NoProfile { .. }
            | AwsError::Setting { .. }
            | AwsError::NotText { .. }
            | AwsError::TwoEndpoints { .. }
            | AwsError::NotAProxy { .. }
            | AwsError::Trust(_)
            | AwsError::Certificate { .. }
            | AwsError::Tls { .. }
            | AwsError::Endpoint { .. }
            | AwsError::Proxy { .. } => exit::CONFIG,
        },
        Fetch::Denied { .. } | Fetch::KeyDenied { .. } => exit::NOPERM,
        Fetch::Rejected { .. } | Fetch::OtherRegion { .. } => exit::USAGE,
        Fetch::TooMuch { .. } | Fetch::TooLarge { .. } | Fetch::Undecryptable { .. } => {
            exit::DATAERR
        }
        Fetch::InvalidResponse { .. } | Fetch::Internal { .. } => exit::SOFTWARE,
        Fetch::Unavailable { .. } | Fetch::Postponed { .. } => exit::TEMPFAIL,
        Fetch::Empty { .. }
        | Fetch::NoMatch { .. }
        | Fetch::Missing { .. }
        | Fetch::NotFound { .. }
        | Fetch::Deleted { .. }
        | Fetch::NoValue { .. } => exit::NOINPUT,
        Fetch::Exists { .. } => exit::CANTCREAT,
        Fetch::Other(problem) => match problem.fault {
            Fault::Setting => exit::CONFIG,
            Fault::Refused => exit::NOPERM,
            Fault::Rejected => exit::USAGE,
            Fault::Missing => exit::NOINPUT,
            Fault::Unfit => exit::DATAERR,
            Fault::Invalid => exit::SOFTWARE,
        },
    }
}

fn limited(term: Term) -> u8 {
    match term {
        Term::Lasting => exit::OSERR,
        Term::Passing => exit::TEMPFAIL,
    }
}

fn document(problem: &documents::Problem) -> u8 {
    match problem {
        documents::Problem::NoKey { .. } | documents::Problem::Nothing => exit::NOINPUT,
        documents::Problem::NoFormat => exit::USAGE,
        documents::Problem::NotJson { .. }
        | documents::Problem::NotObject
        | documents::Problem::Binary
        | documents::Problem::TooLarge
        | documents::Problem::Shell { .. }
        | documents::Problem::File { .. }
        | documents::Problem::Dotenv(_)
        | documents::Problem::TooDeep { .. }
        | documents::Problem::Twice { .. }
        | documents::Problem::Unfit { .. } => exit::DATAERR,
    }
}

fn missing(names: &[String]) -> String {
    let verb = if names.len() == 1 { "is" } else { "are" };
    format!("{} {verb}", names.join(", "))
}
