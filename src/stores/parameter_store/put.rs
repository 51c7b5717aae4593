//! A value to write, and everything for which the service would refuse it, as far as that is known
//! beforehand.
//!
//! Only a [`Checked`] value can be written. A dry run makes the same ones and does not write them, so
//! that it refuses what the run would refuse.
#![forbid(unsafe_code)]

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;

use crate::output::quoted;
use crate::parameter::{ParameterType, Tier};
use crate::pattern::Pattern;
use crate::secret::Secret;
use crate::stores::parameter_store::names;

/// The most characters of a description, and of a pattern (PutParameter, `Description`,
/// `AllowedPattern`).
const LONGEST_TEXT: usize = 1024;
/// The most characters of a data type (PutParameter, `DataType`).
const LONGEST_DATA_TYPE: usize = 128;
/// The data type of other values.
const TEXT: &str = "text";
/// The data type of machine images, which only a String can have (Systems Manager User Guide, "Native
/// parameter support for Amazon Machine Image IDs").
const IMAGE: &str = "aws:ec2:image";
/// The most tags of a parameter; those of AWS do not count (AddTagsToResource,
/// `TooManyTagsError`; AWS General Reference, "Tagging AWS resources").
pub const MOST_TAGS: usize = 50;
/// The versions that the service keeps of a parameter (Systems Manager User Guide, "Working with
/// parameter versions").
pub const MOST_VERSIONS: usize = 100;
/// The most labels of one version, and in one request (LabelParameterVersion, `Labels`).
pub const MOST_LABELS: usize = 10;
/// The prefix of the tags that AWS sets.
pub const TAGS_OF_AWS: &str = "aws:";

/// A value to write, with its settings. The service decides what is `None`.
#[derive(Debug, Clone, Default)]
pub struct Put {
    pub name: String,
    pub value: Secret,
    /// Required for a new parameter.
    pub kind: Option<ParameterType>,
    /// The version that this one follows; `None` for a parameter that must not exist yet.
    pub follows: Option<i64>,
    pub description: Option<String>,
    pub key_id: Option<String>,
    pub tier: Option<Tier>,
    /// For an existing parameter they are sent apart: the service rejects them together with a new
    /// version.
    pub tags: Vec<(String, String)>,
    /// A JSON list of policies.
    pub policies: Option<String>,
    pub data_type: Option<String>,
    pub pattern: Option<String>,
}

/// What is known of an existing parameter that would be changed.
#[derive(Debug, Default, Clone, Copy)]
pub struct Known<'k> {
    /// Its tags, if any are to be added.
    pub tags: Option<&'k BTreeMap<String, String>>,
    /// Its oldest version, if it has as many versions as the service keeps.
    pub oldest: Option<&'k Oldest>,
}

/// The version that would have to make room for a new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Oldest {
    pub version: i64,
    pub labels: Vec<String>,
}

/// A value that the service has no known reason to refuse.
#[derive(Debug, Clone)]
pub struct Checked(Put);

impl Deref for Checked {
    type Target = Put;

    fn deref(&self) -> &Put {
        &self.0
    }
}

/// Why the service would refuse a value, a sentence each. None shows any part of the value.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Whatever exists.
    pub values: Vec<String>,
    /// Because of what exists.
    pub existing: Vec<String>,
}

impl Checked {
    /// Checks a value for a region, with what is known of the existing parameter.
    ///
    /// # Errors
    ///
    /// All reasons to refuse it.
    pub fn new(put: Put, region: &str, known: Known<'_>) -> Result<Self, Refused> {
        let refused = Refused {
            values: put.problems(Some(region)),
            existing: put.conflicts(known),
        };
        match refused == Refused::default() {
            true => Ok(Self(put)),
            false => Err(refused),
        }
    }
}

impl Put {
    /// Why the service would refuse this, whatever exists: a sentence each. Without a region the
    /// length of the name is not checked, since that of its ARN counts.
    pub fn problems(&self, region: Option<&str>) -> Vec<String> {
        let name = &self.name;
        let mut problems: Vec<String> = names::unwritable(name)
            .into_iter()
            .chain(region.and_then(|region| names::too_long(name, region)))
            .map(|why| format!("`{name}` {why}"))
            .collect();
        problems.extend(self.value_problems());
        problems.extend(self.attribute_problems());
        problems
    }

    /// Why the service would refuse the value, whatever exists: a sentence each.
    pub fn value_problems(&self) -> Vec<String> {
        let name = &self.name;
        let mut problems = Vec::new();
        let most = self.tier.as_ref().unwrap_or(&Tier::Intelligent).most();
        match self.value.size() {
            0 => problems.push(format!("`{name}` would be empty")),
            size if size > most => {
                problems.push(format!(
                    "`{name}` would have {size} bytes, of at most {most}"
                ));
            }
            _ => {}
        }
        if nests(self.value.expose()) {
            problems.push(format!(
                "`{name}` would contain `{{{{…}}}}`, which refers to another parameter"
            ));
        }
        problems
    }

    fn attribute_problems(&self) -> Vec<String> {
        let name = &self.name;
        let mut problems = Vec::new();
        for (what, text, longest) in [
            ("description", &self.description, LONGEST_TEXT),
            ("pattern", &self.pattern, LONGEST_TEXT),
            ("data type", &self.data_type, LONGEST_DATA_TYPE),
        ] {
            let count = text.as_ref().map_or(0, |text| text.chars().count());
            if count > longest {
                problems.push(format!(
                    "the {what} of `{name}` would have {count} characters, of at most {longest}"
                ));
            }
        }
        // Those of AWS may become more.
        if let Some(data_type) = &self.data_type
            && data_type != TEXT
            && !data_type.starts_with("aws:")
        {
            problems.push(format!(
                "the data type of `{name}` would be `{data_type}`, which is not one: `{TEXT}`, or one \
                 of AWS, such as `{IMAGE}`"
            ));
        }
        if let Some(kind) = &self.kind
            && *kind != ParameterType::String
            && self.data_type.as_deref() == Some(IMAGE)
        {
            problems.push(format!(
                "`{name}` would be a {kind}, and only a String has the data type `{IMAGE}`"
            ));
        }
        if let Some(pattern) = self.pattern.as_deref()
            && let Some(why) = invalid(pattern)
        {
            problems.push(format!(
                "the pattern of `{name}` would be `{pattern}`, which is invalid: {why}"
            ));
        }
        if let Some(pattern) = self.pattern.as_deref()
            && mismatches(pattern, self.value.expose())
        {
            problems.push(format!(
                "the value of `{name}` does not match its pattern `{pattern}`"
            ));
        }
        if self.follows.is_none() {
            problems.extend(too_many_tags(name, None, &self.tags));
        }
        problems
    }

    /// Why the service would refuse to change the existing parameter: a sentence each.
    fn conflicts(&self, known: Known<'_>) -> Vec<String> {
        let name = &self.name;
        let mut problems = Vec::new();
        if known.tags.is_some() {
            problems.extend(too_many_tags(name, known.tags, &self.tags));
        }
        if let Some(Oldest { version, labels }) = known.oldest
            && self.follows.is_some()
            && !labels.is_empty()
        {
            problems.push(format!(
                "the oldest of {MOST_VERSIONS} versions of `{name}`, {version}, has the label {}, \
                 and so cannot make room for a new version",
                quoted(labels)
            ));
        }
        problems
    }
}

/// Whether a parameter with these tags would have too many with those, as a sentence.
pub fn too_many_tags(
    name: &str,
    existing: Option<&BTreeMap<String, String>>,
    added: &[(String, String)],
) -> Option<String> {
    let existing = existing.into_iter().flat_map(BTreeMap::keys);
    let keys = existing.chain(added.iter().map(|(key, _)| key));
    let keys: BTreeSet<&String> = keys.filter(|key| !key.starts_with(TAGS_OF_AWS)).collect();
    let count = keys.len();
    (count > MOST_TAGS).then(|| format!("`{name}` would have {count} tags, of at most {MOST_TAGS}"))
}

/// Whether the service would reject the value for a reference to a parameter: a name in double
/// braces.
fn nests(value: &str) -> bool {
    let mut rests = value.split("{{").skip(1);
    rests.any(|rest| {
        let name = rest.split_once("}}").map(|(inside, _)| inside.trim());
        name.is_some_and(|name| {
            name.chars()
                .all(|it| it.is_ascii_alphanumeric() || "_.-:/".contains(it))
        })
    })
}

/// Why a pattern is invalid in any dialect of regular expressions.
fn invalid(pattern: &str) -> Option<String> {
    let everywhere = [
        "unclosed character class",
        "unclosed group",
        "unopened group",
        "repetition operator missing expression",
    ];
    let why = Pattern::parse(pattern).err()?;
    everywhere.contains(&why.as_str()).then_some(why)
}

/// Whether it is certain that a value does not match the pattern of its parameter.
///
/// The service has another dialect of regular expressions than we, and does not document whether a
/// part of the value is enough. So a value is refused only if no part of it matches, and a pattern
/// that the two could read differently is left to the service.
fn mismatches(pattern: &str, value: &str) -> bool {
    let ambiguous = ["[:", "--", "~~"];
    if pattern.is_empty() || ambiguous.iter().any(|it| pattern.contains(it)) {
        return false;
    }
    let Ok(anywhere) = Pattern::parse(&format!("(?s:.*)(?:{pattern})(?s:.*)")) else {
        return false;
    };
    // Elsewhere `$` matches before a final newline too.
    let shorter = value.strip_suffix('\n').unwrap_or(value);
    ![value, shorter]
        .iter()
        .any(|it| anywhere.matches(it.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(value: &str) -> Put {
        Put {
            name: "/p".to_owned(),
            value: Secret::new(value.to_owned()),
            ..Put::default()
        }
    }

    #[test]
    fn a_name_in_double_braces_is_a_reference_and_other_braces_are_not() {
        for (value, refused) in [
            ("{{db}}", true),
            ("a {{ ssm:/prd/db:3 }} b", true),
            ("{{}}", true),
            ("{{{db}}}", false),
            ("{{a b}}", false),
            ("{\"a\":{\"b\":{}}}", false),
            ("{{", false),
            ("{{a b}} {{c}}", true),
        ] {
            assert_eq!(!put(value).problems(None).is_empty(), refused, "{value}");
        }
    }

    #[test]
    fn a_value_is_refused_only_if_no_part_of_it_can_match() {
        for (pattern, value, refused) in [
            ("[0-9]+", "abc", true),
            ("[0-9]+", "a1", false),
            ("^\\d+$", "12x", true),
            ("^\\d+$", "12\n", false),
            ("a|b", "c", true),
            ("", "x", false),
            // The dialects differ, or we do not know this one.
            ("[[:alpha:]]", ":", false),
            ("(?<=a)b", "x", false),
            ("(?x) a # comment", "x", false),
        ] {
            assert_eq!(mismatches(pattern, value), refused, "{pattern} {value}");
        }
    }

    #[test]
    fn a_pattern_is_invalid_only_if_it_is_in_every_dialect() {
        for (pattern, is_invalid) in [
            ("[a", true),
            ("(a", true),
            ("a)", true),
            ("*a", true),
            ("[a-z]+", false),
            ("(?<=a)(", false),
            ("\\Q(\\E", false),
            ("\\p{Alpha}", false),
        ] {
            assert_eq!(invalid(pattern).is_some(), is_invalid, "{pattern}");
        }
    }

    #[test]
    fn tags_of_aws_do_not_count() {
        let key = |number: usize| format!("k{number}");
        let mut tags: BTreeMap<String, String> =
            (0..50).map(|it| (key(it), String::new())).collect();
        tags.insert("aws:x".to_owned(), String::new());
        assert_eq!(
            too_many_tags("/p", Some(&tags), &[(key(3), String::new())]),
            None
        );
        assert_eq!(
            too_many_tags("/p", Some(&tags), &[(key(50), String::new())]).as_deref(),
            Some("`/p` would have 51 tags, of at most 50")
        );
    }
}
