//! `envsecrets export`: the variables of a launch, as a file for programs that cannot be launched.

use std::ffi::OsString;
use std::io::{ErrorKind, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Arg, ArgMatches, Args, Parser};

use super::args::{self, Help};
use super::formats::{self, Target};
use super::report;
use crate::launch::error::{Errors, Failure};
use crate::launch::plan::Plan;
use crate::options::flags::Flags;
use crate::options::{self, UsageError, variables};
use crate::parameter::Reading;
use crate::secret::Secret;
use crate::system::memory_file::MemoryFiles;
use crate::system::whole_file::{self, Readers, Unwritten};
use crate::system::{process, signals};
use crate::{exit, launch, output};

/// Print the variables of a launch as a file
///
/// For programs that read their secrets from a file or a pipe. Reads the same secrets and names
/// variables as a launch does, with the same options; those for the environment and the arguments
/// of the program have no effect. A value that the format cannot represent is an error that names
/// the variable, and then nothing is written. A program that envsecrets can start needs no file.
#[derive(Debug, Parser)]
#[command(name = "export", bin_name = "envsecrets export")]
#[command(override_usage = "envsecrets export --format FORMAT [OPTIONS]")]
#[command(after_long_help = EXAMPLES, disable_help_flag = true)]
#[command(mut_args = without_inheritance)]
pub struct Export {
    #[command(flatten)]
    pub what: What,

    #[command(flatten)]
    pub flags: Flags,

    #[command(flatten)]
    help: Help,
}

/// The options of the output.
#[derive(Debug, Args)]
pub struct What {
    /// The output format
    #[arg(long, value_enum, value_name = "FORMAT")]
    #[arg(help_heading = "What to print")]
    format: Target,

    /// Write to this file, readable only by its owner; `-` for standard output
    ///
    /// The file is written completely or not at all. With `--format github` it is appended to,
    /// since others write to the file that $GITHUB_ENV names, too.
    #[arg(long, short, value_name = "FILE", value_hint = clap::ValueHint::FilePath, help_heading = "What to print")]
    output: Option<PathBuf>,

    /// Replace an existing file, which does not become readable for others
    #[arg(long, help_heading = "What to print")]
    overwrite: bool,

    /// With `--format github` and `--output`, print commands that make GitHub hide the values in
    /// logs
    #[arg(long, help_heading = "What to print")]
    mask: bool,

    /// Print values even to a terminal
    #[arg(long, help_heading = "What to print")]
    show: bool,
}

const EXAMPLES: &str = "\
Examples:
  Into the shell of a script
      eval \"$(envsecrets export --format shell --path /dev/app)\" || exit

  Into a container that starts without envsecrets
      envsecrets export --format docker --path /prd/app --output app.env
      docker run --env-file app.env IMAGE

  Variables for Terraform
      envsecrets export --format tfvars --case keep --path /tf/prod \\
          --output prod.auto.tfvars

  The steps of a GitHub workflow that follow
      envsecrets export --format github --mask --path /ci --output \"$GITHUB_ENV\"

Exit status:
  0 if it was written, 65 if the format cannot represent a value, 73 if the file already exists, \
74 if it could not be written, otherwise that of a launch.";

/// Hides options that have no effect without a program.
fn without_inheritance(argument: Arg) -> Arg {
    let inherits = argument.get_help_heading() == Some("What the program inherits");
    let others = ["start_jitter", "file", "file_owner"];
    let other = others.iter().any(|id| argument.get_id() == id);
    argument.hide(inherits || other)
}

/// Reads as a launch does, and prints.
pub fn run(export: Export, matches: &ArgMatches) -> Result<ExitCode, Errors> {
    let mut what = export.what;
    what.output = args::output_file(what.output);
    let options = options::merge(export.flags, matches, Some(variables::inherited))?;
    variables::report_unknown();
    let inherited = process::environment();
    let plan = Plan::new(options, Vec::new(), &inherited, Reading::Values)?;
    sensible(&what)?;
    if let Some(file) = plan.files.first() {
        return Err(UsageError::new(
            format!(
                "`--file` makes a file for {}, and there is no program to use it",
                file.name
            ),
            "leave it out, or use `--secret` for a variable",
        )
        .into());
    }
    if what.output.is_none() || what.mask {
        report::may_show(what.show)?;
    }
    if let Some(file) = &what.output {
        free(file, &what)?;
    }
    signals::stand_ready();
    let secrets = launch::read(&plan, &MemoryFiles::default())?;
    // Only references to secrets matter.
    let inherited = match secrets.references.is_empty() {
        true => Vec::new(),
        false => inherited,
    };
    let outcome = launch::prepare(&plan, None, &secrets, inherited);
    if let Some(errors) = Errors::new(outcome.problems) {
        return Err(errors);
    }
    let variables = outcome.assigned.variables.iter();
    let mut variables: Vec<(&str, &Secret)> = variables
        .map(|(name, it)| (name.as_str(), &it.parameter.value))
        .collect();
    let fingerprint = outcome.fingerprint;
    let fingerprint = fingerprint.map(|(name, text)| (name, Secret::new(text)));
    if let Some((name, text)) = &fingerprint {
        variables.push((name.as_str(), text));
        variables.sort_by_key(|(name, _)| *name);
    }
    let written = formats::write(what.format, &variables).map_err(|problems| {
        let mut failure = Failure::new(
            exit::DATAERR,
            "the format cannot represent all of these values",
        );
        if let Some(first) = problems.first() {
            failure = failure.hint(first.hint);
        }
        failure.causes = problems.into_iter().map(|problem| problem.what).collect();
        failure
    })?;
    if !written.disputed.is_empty() {
        output::note(format_args!(
            "Ruby's dotenv 2.4 does not read values of several lines: {}",
            written.disputed.join(", ")
        ));
    }
    let Some(file) = &what.output else {
        return report::print(written.text.as_bytes());
    };
    if what.mask {
        // First, so that no log can show them before they are hidden.
        let masks: String = variables
            .iter()
            .map(|(_, value)| formats::masks(value.expose()))
            .collect();
        report::print(masks.as_bytes())?;
    }
    save(file, &what, written.text.as_bytes()).map_err(|error| cannot_write(file, error))?;
    output::note(format_args!(
        "wrote {} to `{}`",
        match variables.len() {
            1 => "1 variable".to_owned(),
            count => format!("{count} variables"),
        },
        file.display()
    ));
    Ok(ExitCode::SUCCESS)
}

/// What a shell gets from `eval "$(envsecrets export --format shell …)"` if it fails: the substitution
/// hides the exit status, and without this `eval ""` succeeds. Whatever failed, such as the command line
/// itself, and so by the words of that.
pub fn failed(arguments: &[OsString]) {
    let words: Vec<&str> = arguments
        .iter()
        .skip(1)
        .map(|word| word.to_str().unwrap_or_default())
        .take_while(|word| *word != "--")
        .collect();
    let output = words.iter().enumerate().find_map(|(at, word)| {
        let rest = word
            .strip_prefix("--output")
            .or_else(|| word.strip_prefix("-o"))?;
        match rest.strip_prefix('=').unwrap_or(rest) {
            "" => words.get(at + 1).copied(),
            file => Some(file),
        }
    });
    let is_shell = |word: &&str| *word == "shell" || word.ends_with("=shell");
    let is_export = words.contains(&"export") && words.iter().any(is_shell);
    if is_export && matches!(output, None | Some("-")) && !std::io::stdout().is_terminal() {
        // If standard output is closed, the shell gets nothing in any case.
        let _ = report::print(b"false\n");
    }
}

fn sensible(what: &What) -> Result<(), UsageError> {
    let github = what.format == Target::Github;
    if what.mask && (!github || what.output.is_none()) {
        return Err(UsageError::new(
            "`--mask` is for `--format github` with `--output`",
            "use `--format github --mask --output \"$GITHUB_ENV\"`",
        ));
    }
    if what.overwrite && (github || what.output.is_none()) {
        return Err(UsageError::new(
            "`--overwrite` is for files that are not appended to",
            "leave it out",
        ));
    }
    Ok(())
}

/// Checks before anything is read that the file can be written.
fn free(file: &Path, what: &What) -> Result<(), Failure> {
    let Ok(existing) = std::fs::metadata(file) else {
        return match file.symlink_metadata() {
            Ok(_) => Err(Failure::new(
                exit::CANTCREAT,
                format!(
                    "`{}` is a symbolic link to a file that does not exist",
                    file.display()
                ),
            )
            .hint("give the file itself")),
            Err(_) => Ok(()),
        };
    };
    if !existing.is_file() {
        let what = format!("`{}` is not a regular file", file.display());
        let hint = "leave out `--output`, and redirect standard output there";
        return Err(Failure::new(exit::CANTCREAT, what).hint(hint));
    }
    if what.overwrite || what.format == Target::Github {
        return Ok(());
    }
    let what = format!("`{}` already exists", file.display());
    Err(Failure::new(exit::CANTCREAT, what)
        .hint("use `--overwrite` to replace it, or give another file"))
}

fn cannot_write(file: &Path, why: Unwritten) -> Failure {
    let (error, left) = match why {
        Unwritten::Unchanged(error) => (error, "the file was not changed"),
        Unwritten::Torn(error) => (
            error,
            "the file ends with a part of the variables, to be removed",
        ),
    };
    let (code, check) = match error.kind() {
        ErrorKind::AlreadyExists => (exit::CANTCREAT, "use `--overwrite` to replace it"),
        ErrorKind::FileTooLarge => (exit::IOERR, RAISE_THE_LIMIT),
        _ => (exit::IOERR, "check its permissions and the free space"),
    };
    Failure::new(code, format!("cannot write `{}`", file.display()))
        .because(error)
        .hint(format!("{check}; {left}"))
}

const RAISE_THE_LIMIT: &str = "raise the limit of the size of files: `ulimit -f`, `LimitFSIZE=` of systemd, \
                               `--ulimit fsize=` of Docker";

/// Writes all variables or none.
fn save(file: &Path, what: &What, text: &[u8]) -> Result<(), Unwritten> {
    if what.format == Target::Github {
        return whole_file::append(file, text);
    }
    // Without a file there is nothing to replace.
    match what.overwrite && file.exists() {
        true => whole_file::replace(file, text),
        false => whole_file::create(file, Readers::Owner, text),
    }
}
