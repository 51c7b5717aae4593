//! `Filters` of `ListSecrets` and `BatchGetSecretValue`.
//!
//! What they match is in
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Filter.html>: a name, a key
//! or a value of a tag from its beginning, with case; `all` by words, without. A name that begins
//! with `prd/app` is thus also `prd/app2/x`.

use super::error::invalid_parameter;
use super::secret::Secret;
use crate::api::{ApiError, Input};

const KEYS: [&str; 7] = [
    "description",
    "name",
    "tag-key",
    "tag-value",
    "primary-region",
    "owning-service",
    "all",
];
const MOST: usize = 10;
const LONGEST: usize = 512;

/// One condition; a secret must meet all, each by any of its values.
pub(super) struct Filter {
    key: String,
    values: Vec<Wanted>,
}

/// A value to look for, or, after `!`, one to leave out.
struct Wanted {
    text: String,
    negated: bool,
}

impl Filter {
    pub(super) fn parse(input: &Input<'_>) -> Result<Vec<Self>, ApiError> {
        let list = input.list("Filters")?.unwrap_or_default();
        if list.len() > MOST {
            return Err(too_long("filters"));
        }
        (1..)
            .zip(list)
            .map(|(number, item)| Self::one(&Input::new(item)?, number))
            .collect()
    }

    fn one(item: &Input<'_>, number: usize) -> Result<Self, ApiError> {
        let key = item
            .text("Key")?
            .ok_or_else(|| invalid_parameter("Invalid filter key"))?;
        if !KEYS.contains(&key) {
            return Err(ApiError::constraint(
                &format!("filters.{number}.member.key"),
                &format!("'{key}'"),
                &format!("Member must satisfy enum value set: [{}]", KEYS.join(", ")),
            ));
        }
        if item.list("Values")?.is_none() {
            return Err(invalid_parameter(format!(
                "Invalid filter values for key: {key}"
            )));
        }
        let values = item.texts("Values", MOST)?;
        let values = values.into_iter().map(|text| {
            let rest = text.strip_prefix('!');
            let wanted = rest.unwrap_or(text);
            if wanted.len() > LONGEST || !wanted.chars().all(is_filter_character) {
                return Err(ApiError::constraint(
                    &format!("filters.{number}.member.values"),
                    &format!("'[{text}]'"),
                    r"Member must satisfy constraint: [Member must satisfy regular expression pattern: ^\!?[a-zA-Z0-9 :_@\/\+\=\.\-\!]*$]",
                ));
            }
            Ok(Wanted {
                text: wanted.to_owned(),
                negated: rest.is_some(),
            })
        });
        Ok(Self {
            key: key.to_owned(),
            values: values.collect::<Result<_, _>>()?,
        })
    }

    /// Whether a secret meets all of them.
    pub(super) fn all(filters: &[Self], secret: &Secret) -> bool {
        filters.iter().all(|filter| filter.passes(secret))
    }

    fn passes(&self, secret: &Secret) -> bool {
        let matches = |wanted: &str| match self.key.as_str() {
            "name" => secret.name.starts_with(wanted),
            "tag-key" => secret.tags.keys().any(|key| key.starts_with(wanted)),
            "tag-value" => secret.tags.values().any(|value| value.starts_with(wanted)),
            // Not from its beginning, as documented, but by words: so it was measured at AWS, in
            // <https://github.com/getmoto/moto/pull/8469>.
            "description" => secret.description.iter().any(|text| holds(text, wanted)),
            "all" => {
                let tags = secret.tags.iter().flat_map(|(key, value)| [key, value]);
                tags.chain([&secret.name])
                    .chain(&secret.description)
                    .any(|text| holds(text, wanted))
            }
            // No secret has replicas, or belongs to another service.
            _ => false,
        };
        self.values
            .iter()
            .any(|wanted| matches(&wanted.text) != wanted.negated)
    }
}

/// Whether for each word that is looked for a word of the text begins with it, in any case.
fn holds(text: &str, wanted: &str) -> bool {
    let (text, wanted) = (words(text), words(wanted));
    let found = |word: &String| text.iter().any(|own| own.starts_with(word.as_str()));
    !wanted.is_empty() && wanted.iter().all(found)
}

/// The words of a text in lower case. They end where punctuation or a space begins, a letter follows
/// a digit or a digit a letter, and a capital letter a small one; see
/// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/manage_search-secret.html>.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = ' ';
    for it in text.chars() {
        let begins = !before.is_alphanumeric()
            || before.is_numeric() != it.is_numeric()
            || (before.is_lowercase() && it.is_uppercase());
        if it.is_alphanumeric() {
            let lower = it.to_lowercase();
            match words.last_mut().filter(|_| !begins) {
                Some(word) => word.extend(lower),
                None => words.push(lower.collect()),
            }
        }
        before = it;
    }
    words
}

fn is_filter_character(it: char) -> bool {
    it.is_ascii_alphanumeric() || " :_@/+=.-!".contains(it)
}

fn too_long(field: &str) -> ApiError {
    ApiError::constraint(
        field,
        "'[…]'",
        &format!("Member must have length less than or equal to {MOST}"),
    )
}

#[cfg(test)]
mod tests {
    use super::{holds, words};

    #[test]
    fn words_are_found_by_their_beginning() {
        assert_eq!(words("credsDatabase#892"), ["creds", "database", "892"]);
        for (text, wanted, found) in [
            ("My_Secret", "secret", true),
            ("My_Secret", "SEC my", true),
            ("My_Secret", "ecret", false),
            ("DatabaseSecret", "secret", true),
            ("prd/app2/x", "app", true),
            ("prd/app", "app2", false),
            ("anything", "/", false),
        ] {
            assert_eq!(holds(text, wanted), found, "{text} {wanted}");
        }
    }
}
