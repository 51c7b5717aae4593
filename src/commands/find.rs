//! `envsecrets find`: parameters by their names, or by a value that has leaked.

use std::process::ExitCode;

use clap::Parser;
use serde_json::Value;

use super::args::{Connection, Format, Printing};
use super::{new_value, report, table};
use crate::glob::Glob;
use crate::launch::error::{Errors, Failure};
use crate::launch::values;
use crate::options::UsageError;
use crate::parameter::Reading;
use crate::secret::{Secret, is_same};
use crate::stores::parameter_store::Error;
use crate::stores::parameter_store::manage::{Description, Filter, Store, Version};
use crate::system::terminal::Terminal;
use crate::{date, exit, output};

/// So many histories are read before their values are compared and dropped.
const AT_ONCE: usize = 100;
/// The shortest value that is searched for within others, in bytes: a shorter one would be in many by
/// chance.
const SHORTEST_PART: usize = 8;
/// The most values of a filter (ParameterStringFilter, `Values`).
const MOST_OF_FILTER: usize = 50;

/// Find parameters by name, across all paths, or by a value that has leaked
///
/// A pattern without `/`, such as '*password*', is compared with the last part of each name, and one
/// with `/` with the whole name: `*` stops at `/`, `**` does not. Nothing is decrypted.
///
/// With `--value` the value is read from standard input, or from the terminal, which does not show it;
/// never from an argument. It is compared with every version of the parameters that the patterns match,
/// or of all, in memory: as a whole, with each value of a JSON document, and, from 8 bytes on, as a part,
/// such as the password in a URL. A newline at the end makes no difference. Names, versions, labels and dates are
/// printed, and what to do next.
#[derive(Debug, Parser)]
#[command(name = "find", bin_name = "envsecrets find")]
#[command(override_usage = "envsecrets find [OPTIONS] GLOB...\n       \
        envsecrets find [OPTIONS] --value [GLOB]...")]
#[command(after_long_help = EXAMPLES, disable_help_flag = true)]
pub struct Find {
    /// Patterns of names; a parameter that matches one of them is found
    #[arg(value_name = "GLOB")]
    globs: Vec<String>,

    /// Find the parameters and versions that hold a value, which standard input or the terminal gives
    #[arg(long, help_heading = "What to find")]
    value: bool,

    #[command(flatten)]
    printing: Printing,

    #[command(flatten)]
    connection: Connection,
}

const EXAMPLES: &str = "\
Examples:
  Where is a password of the database?
      envsecrets find 'db*password'

  Below several paths
      envsecrets find '/prd/**/token' '/stg/**/token'

  A value was published by mistake: which parameters hold it, now or in an old version?
      envsecrets find --value

  The same in a script, and only below one path
      envsecrets find --value '/prd/**' --format json < leaked.txt

Exit status:
  0 if something was found, 1 if not, 65 if no parameter can have this value, 77 if the histories of \
some parameters may not be read (what was found in the others is printed), otherwise that of a launch.";

/// Finds parameters.
pub fn run(find: Find) -> Result<ExitCode, Errors> {
    let patterns = Patterns::parse(&find)?;
    match find.value {
        true => by_value(&find, &patterns),
        false => by_name(&find, &patterns),
    }
}

/// Patterns of names; without one every name matches.
struct Patterns(Vec<Glob>);

impl Patterns {
    fn parse(find: &Find) -> Result<Self, UsageError> {
        if find.globs.is_empty() && !find.value {
            return Err(UsageError::new(
                "nothing to find",
                "give a pattern of names, such as '*password*', or use `--value`",
            ));
        }
        if find.globs.iter().any(String::is_empty) {
            return Err(UsageError::new(
                "a pattern is empty",
                "give a pattern of names, such as '*password*'; was a variable not set?",
            ));
        }
        values::globs("find", &find.globs, Glob::for_parameters).map(Self)
    }

    /// The filter of the catalogue that selects no less than these, if there is one.
    fn filter(&self) -> Option<Filter> {
        let beginnings = self.0.iter().map(|glob| glob.beginning().to_owned());
        let values: Vec<String> = beginnings.collect();
        let narrow = |text: &String| text.len() > 1 && text.starts_with('/');
        let is_filter = (1..=MOST_OF_FILTER).contains(&values.len());
        (is_filter && values.iter().all(narrow)).then_some(Filter {
            key: "Name".to_owned(),
            option: "BeginsWith",
            values,
        })
    }

    fn match_name(&self, name: &str) -> bool {
        let last = name.rsplit('/').next().unwrap_or(name);
        let matches = |glob: &Glob| match glob.text().contains('/') {
            true => glob.matches(name),
            false => glob.matches(last),
        };
        self.0.is_empty() || self.0.iter().any(matches)
    }

    /// The parameters that match, sorted by name.
    fn found(&self, store: &Store) -> Result<Vec<Description>, Error> {
        let filters: Vec<Filter> = self.filter().into_iter().collect();
        let mut found = store.describe(&filters)?;
        found.retain(|it| self.match_name(&it.name));
        Ok(found)
    }
}

fn by_name(find: &Find, patterns: &Patterns) -> Result<ExitCode, Errors> {
    let found = patterns.found(&find.connection.open()?)?;
    let modified = |it: &Description| it.modified.and_then(date::in_seconds);
    let text = match find.printing.format {
        Format::Table if found.is_empty() => String::new(),
        Format::Table => {
            let row = |it: &Description| {
                let (version, kind) = (it.version.to_string(), it.kind.to_string());
                [
                    it.name.clone(),
                    version,
                    kind,
                    modified(it).unwrap_or_default(),
                ]
            };
            let rows: Vec<[String; 4]> = found.iter().map(row).collect();
            table::shown(
                "PARAMETER VERSION TYPE MODIFIED",
                &rows,
                &["TYPE", "MODIFIED", "VERSION"],
                table::ELSEWHERE,
            )
        }
        Format::Json => {
            let object = |it: &Description| {
                report::Object([
                    ("name", it.name.clone().into()),
                    ("version", it.version.into()),
                    ("type", it.kind.as_str().into()),
                    ("modified", modified(it).into()),
                ])
            };
            report::json(&found.iter().map(object).collect::<Vec<_>>())
        }
    };
    report::print(text.as_bytes())?;
    if found.is_empty() {
        output::note("no parameter has such a name");
    }
    Ok(answer(found.is_empty()))
}

/// How a version holds a value.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Match {
    Whole,
    /// As the values of these keys of a JSON document.
    Keys(Vec<String>),
    Part,
}

impl Match {
    /// How `stored` holds `wanted`, if it does.
    fn of(stored: &str, wanted: &str) -> Option<Self> {
        if is_same(bare(stored).as_bytes(), bare(wanted).as_bytes()) {
            return Some(Self::Whole);
        }
        let mut keys = Vec::new();
        if let Ok(document @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(stored) {
            search(&document, wanted, "", &mut keys);
        }
        if !keys.is_empty() {
            return Some(Self::Keys(keys));
        }
        let wanted = bare(wanted).as_bytes();
        let mut parts = stored.as_bytes().windows(wanted.len().max(1));
        let is_part = wanted.len() >= SHORTEST_PART && parts.any(|part| is_same(part, wanted));
        is_part.then_some(Self::Part)
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Keys(_) => "key",
            Self::Part => "part",
        }
    }

    fn keys(&self) -> Option<&[String]> {
        match self {
            Self::Keys(keys) => Some(keys),
            Self::Whole | Self::Part => None,
        }
    }
}

/// A text without newlines at its end, which editors, shells and terminals add.
fn bare(text: &str) -> &str {
    text.trim_end_matches(['\n', '\r'])
}

/// The keys of a document whose values are the one that is wanted; those of objects in it with dots
/// between them.
fn search(document: &Value, wanted: &str, at: &str, keys: &mut Vec<String>) {
    let below = |key: &str| match at {
        "" => key.to_owned(),
        at => format!("{at}.{key}"),
    };
    match document {
        Value::Object(object) => {
            for (key, value) in object {
                search(value, wanted, &below(key), keys);
            }
        }
        Value::Array(array) => {
            for (index, value) in array.iter().enumerate() {
                search(value, wanted, &below(&index.to_string()), keys);
            }
        }
        Value::String(text) if is_same(bare(text).as_bytes(), bare(wanted).as_bytes()) => {
            keys.push(at.to_owned());
        }
        Value::Number(number)
            if is_same(number.to_string().as_bytes(), bare(wanted).as_bytes()) =>
        {
            keys.push(at.to_owned());
        }
        Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => {}
    }
}

/// A version that holds the value, without it.
#[derive(Debug)]
struct Holder {
    name: String,
    version: i64,
    is_newest: bool,
    labels: Vec<String>,
    how: Match,
    modified: Option<String>,
}

fn by_value(find: &Find, patterns: &Patterns) -> Result<ExitCode, Errors> {
    let store = find.connection.open()?;
    let wanted = wanted()?;
    let all: Vec<String> = patterns
        .found(&store)?
        .into_iter()
        .map(|it| it.name)
        .collect();
    let (mut holders, mut unread) = (Vec::new(), Vec::new());
    for some in all.chunks(AT_ONCE) {
        let histories = store.histories_or_errors(some, Reading::Values)?;
        for (name, history) in some.iter().zip(histories) {
            match history {
                Ok(versions) => holders.extend(held(versions, &wanted)),
                // Deleted since it was listed.
                Err(Error::NotFound { .. }) => {}
                Err(error) => unread.push((name.clone(), error)),
            }
        }
    }
    let text = match find.printing.format {
        Format::Table if holders.is_empty() => String::new(),
        Format::Table => shown(&holders),
        Format::Json => report::json(&holders.iter().map(object).collect::<Vec<_>>()),
    };
    report::print(text.as_bytes())?;
    advise(&holders);
    if let Some(errors) = incomplete(&unread) {
        return Err(errors);
    }
    if holders.is_empty() {
        let searched = match all.as_slice() {
            [one] => format!("no version of `{one}` holds this value"),
            all => format!("no version of {} parameters holds this value", all.len()),
        };
        output::note(searched);
    }
    Ok(answer(holders.is_empty()))
}

fn answer(nothing: bool) -> ExitCode {
    match nothing {
        false => ExitCode::SUCCESS,
        true => ExitCode::from(exit::DIFFERENT),
    }
}

/// The value to find.
fn wanted() -> Result<Secret, Failure> {
    let bytes = match Terminal::is_interactive() {
        true => {
            let [typed] = new_value::typed(["value to find (it is not shown): "], "pipe it in")?;
            typed
        }
        false => new_value::without_newline(new_value::from_stdin()?),
    };
    new_value::checked(bytes, "pipe it in, or type it at a terminal")
}

/// The versions of a parameter that hold the value, newest first.
fn held(versions: Vec<Version>, wanted: &Secret) -> Vec<Holder> {
    let newest = versions.last().map(|it| it.description.version);
    let holder = |version: Version| {
        let how = Match::of(version.value.expose(), wanted.expose())?;
        let it = version.description;
        Some(Holder {
            is_newest: newest == Some(it.version),
            version: it.version,
            labels: version.labels,
            how,
            modified: it.modified.and_then(date::in_seconds),
            name: it.name,
        })
    };
    versions.into_iter().rev().filter_map(holder).collect()
}

fn shown(holders: &[Holder]) -> String {
    let row = |it: &Holder| {
        let how = match &it.how {
            Match::Keys(keys) => format!("key {}", keys.join(", ")),
            Match::Whole | Match::Part => it.how.name().to_owned(),
        };
        [
            it.name.clone(),
            it.version.to_string(),
            if it.is_newest { "newest" } else { "old" }.to_owned(),
            it.labels.join(","),
            how,
            it.modified.clone().unwrap_or_default(),
        ]
    };
    let rows: Vec<[String; 6]> = holders.iter().map(row).collect();
    table::shown(
        "PARAMETER VERSION STATE LABELS MATCH MODIFIED",
        &rows,
        &["MODIFIED", "LABELS", "MATCH"],
        table::ELSEWHERE,
    )
}

fn object(it: &Holder) -> report::Object<7> {
    report::Object([
        ("name", it.name.clone().into()),
        ("version", it.version.into()),
        ("newest", it.is_newest.into()),
        ("labels", it.labels.clone().into()),
        ("match", it.how.name().into()),
        ("keys", it.how.keys().map(<[String]>::to_vec).into()),
        ("modified", it.modified.clone().into()),
    ])
}

/// Prints what to do about a value that has leaked.
fn advise(holders: &[Holder]) {
    let names_of = |is: &dyn Fn(&Holder) -> bool| {
        let mut names: Vec<String> = Vec::new();
        for holder in holders.iter().filter(|it| is(it)) {
            if !names.contains(&holder.name) {
                names.push(holder.name.clone());
            }
        }
        names
    };
    let newest = names_of(&|it| it.is_newest);
    if !newest.is_empty() {
        output::hint(format_args!(
            "if it has leaked, replace it where it is accepted, and give a new value to {}: \
             `envsecrets rotate` does both, `envsecrets put` the second; then restart the programs that \
             have it: `envsecrets ps --stale`",
            some(&newest)
        ));
    }
    let labelled = names_of(&|it| !it.is_newest && !it.labels.is_empty());
    if !labelled.is_empty() {
        output::hint(format_args!(
            "programs that read these labels still get it: move them to a new version of {} with \
             `envsecrets label`",
            some(&labelled)
        ));
    }
    let old = names_of(&|it| !it.is_newest);
    if !old.is_empty() {
        output::hint(format_args!(
            "old versions can be read by anyone who may read the parameter, until it is deleted or has a \
             hundred newer ones: check that nothing accepts the value any more; in the history of {}",
            some(&old)
        ));
    }
}

/// The first of many names.
fn some(names: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown = output::quoted(&names[..names.len().min(SHOWN)]);
    match names.len().checked_sub(SHOWN) {
        None | Some(0) => shown,
        Some(more) => format!("{shown} and {more} more"),
    }
}

/// The error for parameters that could not be searched.
fn incomplete(unread: &[(String, Error)]) -> Option<Errors> {
    let (_, first) = unread.first()?;
    let names: Vec<String> = unread.iter().map(|(name, _)| name.clone()).collect();
    let code = Errors::from(first.clone()).code();
    let what = match names.len() {
        1 => format!(
            "one parameter could not be searched, and may hold it: {}",
            some(&names)
        ),
        count => format!(
            "{count} parameters could not be searched, and may hold it: {}",
            some(&names)
        ),
    };
    let mut failure = Failure::new(code, what).because(first);
    failure.causes.extend(first.causes());
    failure.hint = first.hint();
    Some(failure.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(keys: &[&str]) -> Option<Match> {
        Some(Match::Keys(
            keys.iter().map(|&key| key.to_owned()).collect(),
        ))
    }

    #[test]
    fn a_value_is_held_as_a_whole_as_a_key_or_as_a_part() {
        for (stored, wanted, how) in [
            ("hunter2", "hunter2", Some(Match::Whole)),
            ("hunter2\n", "hunter2", Some(Match::Whole)),
            ("hunter2", "hunter2\r\n", Some(Match::Whole)),
            ("a\nb\n", "a\nb", Some(Match::Whole)),
            ("hunter2", "Hunter2", None),
            ("hunter2", "hunter", None),
            (" hunter2", "hunter2", None),
            (
                r#"{"user":"app","password":"hunter2"}"#,
                "hunter2",
                keys(&["password"]),
            ),
            (
                r#"{"a":{"b":["x","hunter2"]},"c":"hunter2"}"#,
                "hunter2",
                keys(&["a.b.1", "c"]),
            ),
            (r#"{"pin":4711}"#, "4711", keys(&["pin"])),
            (r#"{"hunter2":"x"}"#, "hunter2", None),
            (r#""hunter2""#, "hunter2", None),
            ("postgres://app:hunter22@db", "hunter22", Some(Match::Part)),
            ("postgres://app:hunter2@db", "hunter2", None),
            (
                r#"{"url":"postgres://app:hunter22@db"}"#,
                "hunter22",
                Some(Match::Part),
            ),
            ("", "hunter22", None),
        ] {
            assert_eq!(Match::of(stored, wanted), how, "{stored:?} {wanted:?}");
        }
    }

    fn patterns(texts: &[&str]) -> Patterns {
        Patterns(
            texts
                .iter()
                .map(|it| Glob::for_parameters(it).unwrap())
                .collect(),
        )
    }

    #[test]
    fn a_pattern_without_a_slash_is_one_of_the_last_part() {
        for (globs, name, matches) in [
            (&[][..], "/prd/app/db", true),
            (&["db"], "/prd/app/db", true),
            (&["db"], "db", true),
            (&["d*"], "/prd/app/db", true),
            (&["app"], "/prd/app/db", false),
            (&["prd.*"], "prd.app", true),
            (&["/prd/*/db"], "/prd/app/db", true),
            (&["/prd/*"], "/prd/app/db", false),
            (&["**/db"], "/prd/app/db", true),
            (&["x", "db"], "/prd/app/db", true),
            (&["DB"], "/prd/app/db", false),
        ] {
            assert_eq!(
                patterns(globs).match_name(name),
                matches,
                "{globs:?} {name}"
            );
        }
    }

    #[test]
    fn the_catalogue_is_narrowed_only_by_what_no_match_can_lack() {
        for (globs, values) in [
            (&["/prd/**"][..], Some(&["/prd/"][..])),
            (&["/prd/**", "/stg/a*"], Some(&["/prd/", "/stg/a"])),
            (&["/prd/**", "db"], None),
            (&["/**"], None),
            (&["**/db"], None),
            (&[], None),
        ] {
            let filter = patterns(globs).filter();
            let found = filter
                .as_ref()
                .map(|it| it.values.iter().map(String::as_str).collect());
            assert_eq!(found, values.map(<[&str]>::to_vec), "{globs:?}");
        }
        assert!(patterns(&["/a/*"; 51]).filter().is_none());
    }
}
