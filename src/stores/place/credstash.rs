//! What a place names in credstash.
#![forbid(unsafe_code)]

use super::options::Options;
use super::syntax::{Fault, Place, decoded, position};
use crate::stores::credstash::{self, DEFAULT_TABLE, Selector, Table, What, is_version};

/// The variable that names the table where a place does not, of credstash itself.
const TABLE: &str = "CREDSTASH_DEFAULT_TABLE";

/// What a location names in credstash: `TABLE/NAME`, or `/NAME` in the default table. It is still encoded:
/// any text can be a name, and `*`, a last `/` and `:` before a number are parts of one if they are. `start` is the number
/// of characters before it.
///
/// # Errors
///
/// What no secret, table or set can be called.
pub fn parse(
    text: &str,
    start: usize,
    key: Option<String>,
    options: &Options,
) -> Result<Place, Fault> {
    let Some((table, name)) = text.split_once('/') else {
        let hint = match text.is_empty() {
            true => "such as `credstash:///prd.db`".to_owned(),
            false => format!(
                "did you mean `credstash:///{text}`? the table stands before the name, as in \
                 `credstash://TABLE/NAME`, and `credstash://TABLE/` is all of it"
            ),
        };
        return Err(Fault::new("names no secret").hint(hint));
    };
    let at = start + position(text, name) - 1;
    let table = table_named(decoded(table, start)?)?;
    let what = match set(name)? {
        Some(beginning) => What::Beginning(decoded(beginning, at)?),
        None => What::One(one(name, at, options)?),
    };
    if let (What::Beginning(_), Some(_)) = (&what, &options.version) {
        return Err(Fault::new("has a `version`, and names a set of secrets")
            .hint("a set is read at the newest versions; a single secret can have one"));
    }
    let source = credstash::Source {
        table,
        what,
        keyring: options.keyring.clone(),
    };
    Ok(Place {
        key,
        ..Place::whole(source.into())
    })
}

/// The beginning of the names of a set, still encoded: before the `*` at its end, or up to its last `/`.
fn set(name: &str) -> Result<Option<&str>, Fault> {
    match name.strip_suffix('*') {
        Some(beginning) if !beginning.contains('*') => Ok(Some(beginning)),
        None if name.is_empty() || name.ends_with('/') => Ok(Some(name)),
        None if !name.contains('*') => Ok(None),
        _ => Err(Fault::new("has a `*` that is not at its end").hint(
            "`*` stands at the end of a name; `--only` and `--exclude` take other patterns; one that is \
             a part of a name is written `%2A`",
        )),
    }
}

/// A secret: `NAME` or `NAME:VERSION`, where the version is a number. Other colons are parts of names.
fn one(text: &str, at: usize, options: &Options) -> Result<Selector, Fault> {
    /// The longest key of a partition, in bytes (DynamoDB, "Quotas").
    const LONGEST: usize = 2048;
    let (name, version) = match text.rsplit_once(':') {
        Some((name, version)) if is_version(version) => (name, Some(version.to_owned())),
        _ => (text, None),
    };
    let version = match (version, &options.version) {
        (Some(one), Some(other)) if one != *other => {
            return Err(Fault::new(format!(
                "names two versions, `{one}` and `{other}`"
            )));
        }
        (one, other) => one.or_else(|| other.clone()),
    };
    let name = decoded(name, at)?;
    match name.len() {
        0 => Err(Fault::new("names no secret").hint("such as `credstash:///prd.db`")),
        size if size > LONGEST => Err(Fault::new(format!(
            "has a name of more than {LONGEST} bytes, the most that a row can have"
        ))),
        _ => Ok(Selector { name, version }),
    }
}

/// The table that a place names, or else the one that credstash uses.
fn table_named(table: String) -> Result<Table, Fault> {
    let fits = |it: char| it.is_ascii_alphanumeric() || "_.-".contains(it);
    let fits = |table: &str| (3..=255).contains(&table.len()) && table.chars().all(fits);
    let rule = "the name of a table has 3 to 255 letters, digits, `_`, `.` and `-`";
    if !table.is_empty() {
        return match fits(&table) {
            true => Ok(Table(table)),
            false => Err(Fault::new("names a table that cannot exist").hint(rule)),
        };
    }
    match std::env::var_os(TABLE).filter(|table| !table.is_empty()) {
        None => Ok(Table(DEFAULT_TABLE.to_owned())),
        Some(table) => match table.into_string() {
            Ok(table) if fits(&table) => Ok(Table(table)),
            _ => Err(Fault::new(format!(
                "names no table, and the one of `{TABLE}` cannot exist"
            ))
            .hint(rule)),
        },
    }
}
