//! `envsecrets diff`: the differences between two places, or a place and a file, without values.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use serde::Serialize;

use super::args::{Connection, Destination, Format, Printing};
use super::formats::{Input, Source};
use super::place::{self, Found, Place, Version};
use super::{report, table};
use crate::exit;
use crate::launch::error::{Errors, Failure, Problems};
use crate::launch::layers::{Set, Taken};
use crate::launch::naming;
use crate::options::{DotenvDialect, UsageError};
use crate::parameter::{Parameter, ParameterType, Reading};
use crate::secret::{Content, Secret};
use crate::stores::{Caller, Thing};
use crate::system::unnamed;

/// Compare the secrets of two places, or of a place and a file
///
/// Prints which secrets only B has (added), only A has (removed), and which differ in value or type
/// (changed). Values are compared and never shown, not even their length. Versions are shown and not
/// compared, and types only between parameters. A place is a path, which begins with `/`, or a URI,
/// such as secretsmanager://prd/app/ for all secrets of AWS Secrets Manager that begin so: names are
/// those below it. Of a single secret the keys of its JSON object are compared. What names an
/// existing file, such as /home/me/.env or a pipe, is that file, and so is what does not begin with
/// `/` or begins with `file://`; a file has a format that `import` reads. A `/` at the end makes it a
/// path. A key of a file is compared with the secret of this name, or else with the one that has the
/// same variable in a launch.
#[derive(Debug, Parser)]
#[command(name = "diff", bin_name = "envsecrets diff")]
#[command(after_long_help = EXAMPLES, disable_help_flag = true)]
pub struct Diff {
    /// A place, or a file
    #[arg(value_name = "A", value_hint = clap::ValueHint::FilePath)]
    a: String,

    /// A place, or a file, or `-` for standard input
    #[arg(value_name = "B", value_hint = clap::ValueHint::FilePath)]
    b: String,

    /// The format of the file, if it does not follow from its name
    #[arg(long, value_enum, value_name = "FORMAT")]
    #[arg(help_heading = "What to compare")]
    file_format: Option<Source>,

    /// The reader that decides what the lines of a .env file mean
    #[arg(long, value_enum, value_name = "READER", default_value_t = DotenvDialect::Common)]
    #[arg(help_heading = "What to compare")]
    dotenv_dialect: DotenvDialect,

    #[command(flatten)]
    to: Destination,

    #[command(flatten)]
    printing: Printing,

    #[command(flatten)]
    connection: Connection,
}

const EXAMPLES: &str = "\
Examples:
  What is missing in production?
      envsecrets diff /prd/app /stg/app

  Is the other region up to date?
      envsecrets diff /prd/app /prd/app --to-region eu-west-1

  Is the file up to date?
      envsecrets diff /dev/app .env

  Has Parameter Store all that Secrets Manager has?
      envsecrets diff secretsmanager://prd/app/ /prd/app

Exit status:
  0 if there is no difference, 1 if there is one, 66 if both sides are empty, otherwise that of a \
launch.";

/// One of the two sides.
#[derive(Debug)]
enum Side {
    Place(Place),
    File(PathBuf),
}

impl Side {
    fn parse(text: &str) -> Result<Self, UsageError> {
        let file = match text.strip_prefix("file://") {
            Some(file) => Some(file),
            None if place::is_meant(text) && !is_file(text) => None,
            None if text.contains('*') && !text.contains('/') && !is_file(text) => None,
            None => (!text.starts_with('/') || is_file(text)).then_some(text),
        };
        match file {
            Some("") => Err(UsageError::new(
                "one side is empty",
                "give a path, such as /prd/app, or a file; check that variables are set",
            )),
            Some(file) => Ok(Self::File(file.into())),
            None => Ok(Self::Place(Place::parse(text)?)),
        }
    }

    /// The path that it is, if it also names a file.
    fn file_too(&self) -> Option<&str> {
        match self {
            Self::Place(Place::Path(path)) if is_file(path) => Some(path),
            _ => None,
        }
    }
}

/// Whether this is the name of a file or a pipe. A name that ends with `/` is not.
fn is_file(name: &str) -> bool {
    std::fs::metadata(name).is_ok_and(|it| !it.is_dir())
}

/// The error for a path below which there is nothing, where a file has this name.
fn not_the_file(path: &str, place: &str) -> Failure {
    let what =
        format!("no parameters exist below `{path}` in {place}, but a file of that name exists");
    Failure::new(exit::NOINPUT, what).hint(format!(
        "to compare the file, use `file://{path}`; otherwise check path, account and region for typos"
    ))
}

/// One secret, or one entry of a file.
#[derive(Debug)]
struct One {
    name: String,
    value: Secret,
    /// The value, if it is not text.
    bytes: Option<Content>,
    /// Not in a file.
    version: Option<Version>,
    /// Of parameters and files: what other stores have is of one type.
    kind: Option<ParameterType>,
}

impl One {
    /// Whether the values are the same. One that cannot be read is not.
    fn is_same(&self, other: &Self) -> bool {
        match (self.bytes(), other.bytes()) {
            (Ok(one), Ok(other)) => one == other,
            _ => false,
        }
    }

    fn bytes(&self) -> io::Result<Cow<'_, [u8]>> {
        match &self.bytes {
            Some(bytes) => unnamed::read(bytes),
            None => Ok(self.value.expose().as_bytes().into()),
        }
    }
}

/// Compares, prints, and returns whether there was a difference.
pub fn run(diff: Diff) -> Result<ExitCode, Errors> {
    let (a, b) = (Side::parse(&diff.a)?, Side::parse(&diff.b)?);
    if let (Side::File(_), Side::File(_)) = (&a, &b) {
        return Err(neither(&diff).into());
    }
    let one_file = matches!(a, Side::File(_)) || matches!(b, Side::File(_));
    if one_file && diff.to.is_given() {
        let what = "`--to-region`, `--to-profile` and `--to-role` need a second path";
        return Err(UsageError::new(what, "leave them out: use `--region` and `--profile`").into());
    }
    if !one_file && diff.file_format.is_some() {
        let hint = "a file exists, does not begin with `/`, or begins with `file://`";
        return Err(UsageError::new("`--file-format` needs a file", hint).into());
    }
    for side in [&a, &b] {
        if let Side::Place(place) = side {
            place.set().only_its_own_region("diff")?;
        }
    }
    let caller = diff.connection.start()?;
    let in_file = |file: &PathBuf, found: &Found| {
        let input = Input {
            file,
            verb: "compare",
            flag: "--file-format",
            dialect: diff.dotenv_dialect,
        };
        written(input, diff.file_format, found.root())
    };
    let stored = |caller: &Caller, set: &Set| {
        let [found] = place::read(caller, [set], Reading::Values, |_| false)?;
        Ok::<_, Errors>(found)
    };
    let (left, right, places) = match (&a, &b) {
        (Side::File(_), Side::File(_)) => return Err(neither(&diff).into()),
        (Side::File(file), Side::Place(place)) => {
            let set = place.set();
            let found = stored(&caller, &set)?;
            let (left, right) = (in_file(file, &found)?, ones(&set, &found));
            (left, right, [None, Some((set, found.place))])
        }
        (Side::Place(place), Side::File(file)) => {
            let set = place.set();
            let found = stored(&caller, &set)?;
            let (left, right) = (ones(&set, &found), in_file(file, &found)?);
            (left, right, [Some((set, found.place)), None])
        }
        (Side::Place(one), Side::Place(other)) => {
            let (one, other) = (one.set(), other.set());
            let [first, second] = match diff.to.is_given() {
                false => place::read(&caller, [&one, &other], Reading::Values, |_| false)?,
                true => {
                    let there = diff.to.caller(&diff.connection)?;
                    place::read_both([(&caller, &one), (&there, &other)], Reading::Values)?
                }
            };
            let (left, right) = (ones(&one, &first), ones(&other, &second));
            let places = [Some((one, first.place)), Some((other, second.place))];
            (left, right, places)
        }
    };
    let mut problems = Problems::default();
    for (side, found, place) in [(&a, &left, &places[0]), (&b, &right, &places[1])] {
        if let (Some(path), Some((_, place))) = (side.file_too(), place)
            && found.is_empty()
        {
            problems.add(not_the_file(path, place));
        }
    }
    problems.none()?;
    if left.is_empty()
        && right.is_empty()
        && let Some((set, place)) = places.into_iter().flatten().next()
        && let Some(error) = set.source.empty(place)
    {
        return Err(error.into());
    }
    let differences = differences(left, right, one_file);
    let text = match diff.printing.format {
        Format::Table => shown(&differences),
        Format::Json => report::json(&differences),
    };
    report::print(text.as_bytes())?;
    Ok(match differences.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(exit::DIFFERENT),
    })
}

/// The error for two files.
fn neither(diff: &Diff) -> UsageError {
    let hint = match [&diff.a, &diff.b].iter().find(|it| it.starts_with('/')) {
        Some(file) => format!(
            "`{file}` is a file here: `{file}/` is the path of that name; files are compared by \
             diff(1)"
        ),
        None => {
            "a path begins with `/`, such as /prd/app; files are compared by diff(1)".to_owned()
        }
    };
    UsageError::new("neither side is a path", hint)
}

fn ones(set: &Set, found: &Found) -> Vec<One> {
    let is_parameter = matches!(set.source.thing, Thing::ParameterStore(_));
    // The type of a secret is not that of its keys.
    let has_kinds = is_parameter && set.taken == Taken::Secrets;
    let one = |secret: &Parameter| One {
        name: found.relative(secret),
        value: secret.value.clone(),
        bytes: secret.bytes().cloned(),
        version: Some(Version::of(secret)),
        kind: has_kinds.then(|| secret.kind.clone()),
    };
    found.secrets.iter().map(one).collect()
}

/// The entries of a file. Full names must be below `path`.
fn written(input: Input<'_>, format: Option<Source>, path: &str) -> Result<Vec<One>, Errors> {
    let found = input.read(format)?;
    let mut all = Vec::new();
    for entry in found.entries {
        let name = match found.full_names {
            true => naming::relative(path, &entry.key).to_owned(),
            false => entry.key.clone(),
        };
        if found.full_names && path != "/" && name == entry.key.trim_start_matches('/') {
            return Err(UsageError::new(
                format!("`{}`, in {input}, is not below `{path}`", entry.key),
                "compare it with the path it was read from",
            )
            .into());
        }
        all.push(One {
            name,
            value: entry.value,
            bytes: None,
            version: None,
            kind: entry.kind,
        });
    }
    Ok(all)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Change {
    Added,
    Removed,
    Changed,
}

/// One side of a difference, without its value.
#[derive(Debug, Serialize)]
struct Known {
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<Version>,
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<String>,
}

#[derive(Debug, Serialize)]
struct Difference {
    name: String,
    change: Change,
    /// `value`, `type`, or both.
    differs: Vec<&'static str>,
    a: Option<Known>,
    b: Option<Known>,
}

impl From<One> for Known {
    fn from(one: One) -> Self {
        Self {
            version: one.version,
            r#type: one.kind.map(|kind| kind.to_string()),
        }
    }
}

/// All that differs, sorted by name.
fn differences(left: Vec<One>, right: Vec<One>, loosely: bool) -> Vec<Difference> {
    let mut all = Vec::new();
    for (a, b) in pairs(left, right, loosely) {
        let mut differs = Vec::new();
        let change = match (&a, &b) {
            (Some(a), Some(b)) => {
                if !a.is_same(b) {
                    differs.push("value");
                }
                let kinds = a.kind.as_ref().zip(b.kind.as_ref());
                if kinds.is_some_and(|(a, b)| a != b) {
                    differs.push("type");
                }
                if differs.is_empty() {
                    continue;
                }
                Change::Changed
            }
            (Some(_), None) => Change::Removed,
            (None, _) => Change::Added,
        };
        // Of two spellings, that of the store, which has versions.
        let name = match (&a, &b) {
            (Some(a), Some(b)) if a.version.is_none() => b.name.clone(),
            (Some(one), _) | (None, Some(one)) => one.name.clone(),
            (None, None) => continue,
        };
        all.push(Difference {
            name,
            change,
            differs,
            a: a.map(Known::from),
            b: b.map(Known::from),
        });
    }
    all.sort_by(|one, other| one.name.cmp(&other.name));
    all
}

/// Pairs both sides: by name, or, if `loosely`, by a variable that only one entry of each side has.
fn pairs(left: Vec<One>, right: Vec<One>, loosely: bool) -> Vec<(Option<One>, Option<One>)> {
    let mut pairs = Vec::new();
    let mut rest: BTreeMap<String, One> = BTreeMap::new();
    for one in right {
        rest.insert(one.name.clone(), one);
    }
    let mut alone = Vec::new();
    for one in left {
        match rest.remove(&one.name) {
            Some(other) => pairs.push((Some(one), Some(other))),
            None => alone.push(one),
        }
    }
    let only = |names: &mut dyn Iterator<Item = &str>| {
        let mut count: BTreeMap<String, usize> = BTreeMap::new();
        for name in names {
            *count.entry(naming::usual_variable(name)).or_default() += 1;
        }
        count.retain(|_, count| *count == 1);
        count
    };
    let of_left = only(&mut alone.iter().map(|one| one.name.as_str()));
    let of_right = only(&mut rest.keys().map(String::as_str));
    for one in alone {
        let variable = naming::usual_variable(&one.name);
        let is_one = loosely && of_left.contains_key(&variable) && of_right.contains_key(&variable);
        let same = rest
            .keys()
            .find(|name| naming::usual_variable(name) == variable);
        let other = match same.filter(|_| is_one).cloned() {
            Some(name) => rest.remove(&name),
            None => None,
        };
        pairs.push((Some(one), other));
    }
    pairs.extend(rest.into_values().map(|one| (None, Some(one))));
    pairs
}

/// A table, or nothing if nothing differs.
fn shown(differences: &[Difference]) -> String {
    if differences.is_empty() {
        return String::new();
    }
    let version = |known: &Option<Known>| match known {
        None => "-".to_owned(),
        Some(Known { version, .. }) => match version {
            None => String::new(),
            Some(Version::Number(number)) => format!("v{number}"),
            Some(id) => id.cell(),
        },
    };
    let rows: Vec<[String; 5]> = differences
        .iter()
        .map(|it| {
            let change = match it.change {
                Change::Added => "added",
                Change::Removed => "removed",
                Change::Changed => "changed",
            };
            let types = match (&it.a, &it.b) {
                (Some(a), Some(b)) if it.differs.contains(&"type") => format!(
                    " ({}, {})",
                    a.r#type.as_deref().unwrap_or_default(),
                    b.r#type.as_deref().unwrap_or_default()
                ),
                _ => String::new(),
            };
            let differs = format!("{}{types}", it.differs.join(", "));
            let (a, b) = (version(&it.a), version(&it.b));
            [change.to_owned(), it.name.clone(), a, b, differs]
        })
        .collect();
    table::shown(
        "CHANGE NAME A B DIFFERS",
        &rows,
        &["A", "B"],
        table::ELSEWHERE,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(name: &str, value: &str) -> One {
        One {
            name: name.to_owned(),
            value: Secret::new(value.to_owned()),
            bytes: None,
            version: None,
            kind: None,
        }
    }

    fn changes(left: &[&str], right: &[&str], loosely: bool) -> Vec<String> {
        let side = |names: &[&str]| names.iter().map(|name| one(name, "x")).collect();
        let differences = differences(side(left), side(right), loosely);
        let sign = |it: &Difference| match it.change {
            Change::Added => format!("+{}", it.name),
            Change::Removed => format!("-{}", it.name),
            Change::Changed => format!("~{}", it.name),
        };
        differences.iter().map(sign).collect()
    }

    #[test]
    fn a_key_is_the_parameter_of_its_name_or_else_of_its_variable() {
        for (left, right, differ) in [
            (&["db/host"][..], &["db/host"][..], &[][..]),
            (&["db/host"], &["DB_HOST"], &[]),
            (&["db/host"], &["db.host"], &[]),
            (&["db/host"], &["DB_PORT"], &["+DB_PORT", "-db/host"]),
            // The name itself comes first.
            (&["db/host", "DB_HOST"], &["DB_HOST"], &["-db/host"]),
            // Ambiguous: neither matches.
            (
                &["db/host", "db-host"],
                &["DB_HOST"],
                &["+DB_HOST", "-db-host", "-db/host"],
            ),
            (
                &["db/host"],
                &["DB_HOST", "db_host"],
                &["+DB_HOST", "-db/host", "+db_host"],
            ),
        ] {
            assert_eq!(changes(left, right, true), differ, "{left:?} {right:?}");
        }
        // Between two paths a name is a name.
        assert_eq!(
            changes(&["db/host"], &["DB_HOST"], false),
            ["+DB_HOST", "-db/host"]
        );
    }
}
