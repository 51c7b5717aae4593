//! The variables: ENVSECRETS_*, one for each option.

use std::ffi::OsString;

use clap::ValueEnum;

use super::error::UsageError;

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

/// The variables with our prefix that belong to no option: likely typos, or set by Kubernetes for a
/// service with the name `envsecrets`.
pub fn unknown(names: impl Iterator<Item = OsString>, options: &[String]) -> Vec<String> {
    let known: Vec<String> = options.iter().map(|option| name_for(option)).collect();
    let is_unknown = |name: &String| name.starts_with(PREFIX) && !known.contains(name);
    let names = names.filter_map(|name| name.into_string().ok());
    let mut unknown: Vec<String> = names.filter(is_unknown).collect();
    unknown.sort();
    unknown
}

#[cfg(test)]
mod tests;
