//! The variables: ENVSECRETS_*, one for each option.

use std::ffi::OsString;

use clap::ValueEnum;

use super::error::UsageError;
use crate::output;

/// The beginning of the names of our variables.
pub const PREFIX: &str = "ENVSECRETS_";

/// A variable of this process.
pub fn inherited(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// The name of the variable for an option: that of `optional-path` is ENVSECRETS_OPTIONAL_PATH.
pub fn name_for(option: &str) -> String {
    format!("{PREFIX}{}", option.replace('-', "_").to_ascii_uppercase())
}

/// The text of a variable.
pub fn text(name: &str, value: OsString) -> Result<String, UsageError> {
    value
        .into_string()
        .map_err(|_| UsageError::new(format!("the value of {name} is not UTF-8"), "unset it"))
}

/// A variable that is on or off.
pub fn switch(name: &str, value: &str) -> Result<bool, UsageError> {
    on_or_off(value).ok_or_else(|| {
        let what = format!("{name} is `{value}`, which is neither `true` nor `false`");
        UsageError::new(what, "set it to one of them, or unset it")
    })
}

/// A variable that is one of a few words.
pub fn choice<T: ValueEnum>(name: &str, value: &str) -> Result<T, UsageError> {
    T::from_str(value, true).map_err(|_| {
        let known = T::value_variants().iter();
        let known = known.filter_map(ValueEnum::to_possible_value);
        let known: Vec<String> = known.map(|it| format!("`{}`", it.get_name())).collect();
        let known = known.join(", ");
        let what = format!("{name} is `{value}`, and must be one of {known}");
        UsageError::new(what, "set it to one of them, or unset it")
    })
}

/// A variable that is a list, of which `true` is all and `false` none.
pub fn switch_or_list(value: &str) -> Vec<String> {
    match on_or_off(value) {
        Some(true) => vec!["*".to_owned()],
        Some(false) => Vec::new(),
        None => list(value),
    }
}

/// Splits a list at newlines, and at commas outside braces, where globs have their alternatives.
pub fn list(value: &str) -> Vec<String> {
    let mut items = vec![String::new()];
    let mut depth = 0_usize;
    for character in value.chars() {
        match character {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if character == '\n' {
            depth = 0;
        }
        if character == '\n' || (character == ',' && depth == 0) {
            items.push(String::new());
        } else if let Some(item) = items.last_mut() {
            item.push(character);
        }
    }
    items
        .iter()
        .map(|item| item.trim().to_owned())
        .filter(|item| !item.is_empty())
        .collect()
}

/// The usual words for on and off.
fn on_or_off(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Some(true),
        "0" | "false" | "no" | "off" => Some(false),
        _ => None,
    }
}

/// A variable with our prefix that belongs to no option.
#[derive(Debug, PartialEq, Eq)]
pub struct Unknown {
    pub name: String,
    /// The variable that is likely meant.
    pub likely: Option<String>,
}

/// The options of a launch and of `check`: those with a variable. A unit test compares them with what
/// the parser has, which takes longer to ask than a launch should.
const OPTIONS: &[&str] = &[
    "allow-name",
    "case",
    "clean-env",
    "color",
    "config",
    "config-profile",
    "dotenv",
    "dotenv-dialect",
    "exclude",
    "expand",
    "external-id",
    "file",
    "file-owner",
    "fingerprint",
    "format",
    "from",
    "json",
    "keep",
    "label",
    "name-from",
    "names",
    "names-only",
    "only",
    "optional-from",
    "optional-path",
    "path",
    "prefix",
    "preserve-env",
    "profile",
    "region",
    "rename",
    "require",
    "resolve",
    "role",
    "secret",
    "separator",
    "start-jitter",
    "strict",
    "timeout",
    "unset",
    "verbose",
];

/// The variables with our prefix that belong to no option: likely typos. Those that others set are left
/// out: Kubernetes, for a service whose name begins with `envsecrets` (Kubernetes, "Service", "Environment
/// variables"), and our own tests.
pub fn unknown(names: impl Iterator<Item = OsString>) -> Vec<Unknown> {
    let names = names.filter_map(|name| name.into_string().ok());
    let unknown = names.filter(|name| {
        let rest = name.strip_prefix(PREFIX);
        rest.is_some_and(|rest| !is_known(rest) && !is_of_a_service(rest) && !is_of_tests(rest))
    });
    let mut unknown: Vec<String> = unknown.collect();
    unknown.sort();
    let unknown = unknown.into_iter();
    unknown
        .map(|name| Unknown {
            likely: likely(&name),
            name,
        })
        .collect()
}

/// Reports each of them in a line, without its value.
pub fn report_unknown() {
    for Unknown { name, likely } in unknown(std::env::vars_os().map(|(name, _)| name)) {
        match likely {
            Some(likely) => output::note(format_args!(
                "{name} is set, but is not an envsecrets setting: did you mean {likely}?"
            )),
            None => output::note(format_args!(
                "{name} is set, but is not an envsecrets setting"
            )),
        }
    }
}

/// Whether what follows the prefix is that of an option.
fn is_known(rest: &str) -> bool {
    let is_same = |option: &&str| {
        let mut letters = option.bytes().zip(rest.bytes());
        option.len() == rest.len()
            && letters.all(|(option, it)| match option {
                b'-' => it == b'_',
                option => option.to_ascii_uppercase() == it,
            })
    };
    OPTIONS.iter().any(|option| is_same(option))
}

/// The variable of the option whose name is most similar.
fn likely(name: &str) -> Option<String> {
    /// Longer than any option with two slips, and computed at once.
    const LONGEST: usize = 32;
    let rest = name.strip_prefix(PREFIX).unwrap_or(name);
    if rest.len() > LONGEST {
        return None;
    }
    let word = rest.to_ascii_lowercase().replace('_', "-");
    let distance = |option: &str| strsim::damerau_levenshtein(&word, option);
    let closest = *OPTIONS.iter().min_by_key(|option| distance(option))?;
    let most = if closest.len() < 6 { 1 } else { 2 };
    (distance(closest) <= most).then(|| name_for(closest))
}

/// Whether Kubernetes sets it: `SERVICE_HOST`, `SERVICE_PORT`, `SERVICE_PORT_HTTP`, `PORT`,
/// `PORT_80_TCP` and `PORT_80_TCP_ADDR` and their like, after the rest of the name of the service.
fn is_of_a_service(rest: &str) -> bool {
    let is_at_end = |end: &str| {
        let before = rest.strip_suffix(end);
        before.is_some_and(|before| before.is_empty() || before.ends_with('_'))
    };
    if is_at_end("SERVICE_HOST") || is_at_end("PORT") {
        return true;
    }
    let words: Vec<&str> = rest.split('_').collect();
    let is_number = |word: &str| !word.is_empty() && word.bytes().all(|it| it.is_ascii_digit());
    words.windows(3).enumerate().any(|(at, three)| match three {
        ["SERVICE", "PORT", _] => true,
        ["PORT", number, "TCP" | "UDP" | "SCTP"] => {
            is_number(number) && matches!(words[at + 3..], [] | ["ADDR" | "PORT" | "PROTO"])
        }
        _ => false,
    })
}

/// Whether it is of the tests of envsecrets.
fn is_of_tests(rest: &str) -> bool {
    rest.starts_with("TEST_") || matches!(rest, "WRITE" | "CI_CACHE")
}

#[cfg(test)]
mod tests;
