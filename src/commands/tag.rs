//! `envsecrets tag`: tags of a parameter, which are no part of its versions.

use crate::cli::UsageError;

/// Tags as they are written on a command line, each key once.
///
/// # Errors
///
/// If one of them can be none.
pub(super) fn pairs(texts: &[String]) -> Result<Vec<(String, String)>, UsageError> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for text in texts {
        let Some((key, value)) = text.split_once('=') else {
            return Err(no_tag(text, "names no value"));
        };
        check_key(key)?;
        if value.chars().count() > 256 {
            return Err(no_tag(key, "has a value of more than 256 characters"));
        }
        if pairs.iter().any(|(other, _)| other == key) {
            return Err(no_tag(key, "is given twice"));
        }
        pairs.push((key.to_owned(), value.to_owned()));
    }
    Ok(pairs)
}

fn check_key(key: &str) -> Result<(), UsageError> {
    if key.is_empty() || key.chars().count() > 128 {
        return Err(no_tag(
            key,
            "has a key of less than 1 or more than 128 characters",
        ));
    }
    if key.to_lowercase().starts_with("aws:") {
        return Err(no_tag(key, "begins with `aws:`, which is kept for AWS"));
    }
    Ok(())
}

fn no_tag(text: &str, why: &str) -> UsageError {
    UsageError::new(
        format!("the tag `{text}` {why}"),
        "a tag is written like `team=web`",
    )
}
