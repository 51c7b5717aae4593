//! `ParameterFilters`, and the older `Filters` of `DescribeParameters`.

use super::{ApiError, Input};
use crate::store::{Parameter, Version};

/// Which operation filters: they do not allow the same keys.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    ByPath,
    Describe,
}

/// One condition; a parameter must meet all, each by any of its values.
pub(super) struct Filter {
    key: String,
    option: Match,
    values: Vec<String>,
}

#[derive(Clone, Copy)]
enum Match {
    Equals,
    BeginsWith,
    Contains,
    OneLevel,
    Recursive,
}

impl Filter {
    pub(super) fn parse(input: &Input<'_>, scope: Scope) -> Result<Vec<Self>, ApiError> {
        let old = input.list("Filters")?.unwrap_or_default();
        let new = input.list("ParameterFilters")?.unwrap_or_default();
        if !old.is_empty() && !new.is_empty() {
            return Err(ApiError::validation(
                "Filters and ParameterFilters cannot be used in the same request.",
            ));
        }
        let mut filters: Vec<Self> = Vec::new();
        for item in old.iter().chain(new) {
            let filter = Self::one(&Input::new(item)?, scope, !old.is_empty())?;
            if filters.iter().any(|other| other.key == filter.key) {
                return Err(ApiError::new(
                    "InvalidFilterKey",
                    format!("The filter key {} is used more than once.", filter.key),
                ));
            }
            filters.push(filter);
        }
        Ok(filters)
    }

    fn one(item: &Input<'_>, scope: Scope, old: bool) -> Result<Self, ApiError> {
        let key = item.required_text("Key")?;
        let known = matches!(
            key,
            "Name" | "Type" | "KeyId" | "Path" | "Label" | "Tier" | "DataType"
        );
        if !known && key.strip_prefix("tag:").is_none_or(str::is_empty) {
            return Err(ApiError::constraint(
                "parameterFilters.1.member.key",
                &format!("'{key}'"),
                "Member must satisfy regular expression pattern: tag:.+|Name|Type|KeyId|Path|Label|Tier|DataType",
            ));
        }
        let (allowed, keys) = match scope {
            Scope::ByPath => (
                matches!(key, "Type" | "KeyId" | "Label"),
                "[Type, KeyId, Label]",
            ),
            Scope::Describe => (
                key != "Label",
                "[Path, Name, Type, KeyId, Tier, DataType, tag:*]",
            ),
        };
        if !allowed {
            return Err(ApiError::new(
                "InvalidFilterKey",
                format!(
                    "The following filter key is not valid: {key}. Valid filter keys include: {keys}."
                ),
            ));
        }

        let mut values = Vec::new();
        if item.list("Values")?.is_some() {
            values.extend(item.texts("Values", 50)?.into_iter().map(str::to_owned));
        } else if !key.starts_with("tag:") {
            return Err(invalid_value(key));
        }
        if key == "Type"
            && values
                .iter()
                .any(|value| !matches!(value.as_str(), "String" | "StringList" | "SecureString"))
        {
            return Err(invalid_value(key));
        }
        Ok(Self {
            option: Self::option(key, item.text("Option")?, scope, old)?,
            key: key.to_owned(),
            values,
        })
    }

    fn option(key: &str, given: Option<&str>, scope: Scope, old: bool) -> Result<Match, ApiError> {
        let option = match (key, given) {
            ("Path", None | Some("OneLevel")) => Match::OneLevel,
            ("Path", Some("Recursive")) => Match::Recursive,
            ("Name", None) if old => Match::BeginsWith,
            ("Name", Some("Contains")) if scope == Scope::Describe => Match::Contains,
            ("Path", Some(other)) => return Err(invalid_option(other, "[OneLevel, Recursive]")),
            (_, None | Some("Equals")) => Match::Equals,
            ("Name" | "Type", Some("BeginsWith")) => Match::BeginsWith,
            (_, Some(other)) => return Err(invalid_option(other, "[Equals, BeginsWith]")),
        };
        Ok(option)
    }

    /// The version to show, if the parameter passes: the latest, or the one that a `Label` filter
    /// asks for.
    pub(super) fn select<'a>(filters: &[Self], parameter: &'a Parameter) -> Option<&'a Version> {
        let version = match filters.iter().find(|filter| filter.key == "Label") {
            None => parameter.latest(),
            Some(label) => label
                .values
                .iter()
                .find_map(|value| parameter.labelled(value))?,
        };
        filters
            .iter()
            .all(|filter| filter.passes(parameter, version))
            .then_some(version)
    }

    fn passes(&self, parameter: &Parameter, version: &Version) -> bool {
        let actual = match self.key.as_str() {
            "Label" => return true,
            "Path" | "Name" => parameter.name.as_str(),
            "Type" => version.kind.as_str(),
            "Tier" => version.tier.as_str(),
            "DataType" => version.data_type.as_str(),
            "KeyId" => match &version.key_id {
                Some(key_id) => key_id.as_str(),
                None => return false,
            },
            tag => match parameter.tags.get(tag.trim_start_matches("tag:")) {
                Some(_) if self.values.is_empty() => return true,
                Some(value) => value.as_str(),
                None => return false,
            },
        };
        self.values.iter().any(|wanted| match self.option {
            Match::Equals if self.key == "Name" => {
                actual.trim_start_matches('/') == wanted.trim_start_matches('/')
            }
            Match::Equals => actual == wanted,
            Match::BeginsWith => actual.starts_with(wanted.as_str()),
            Match::Contains => actual.contains(wanted.as_str()),
            Match::Recursive => below(actual, wanted).is_some(),
            Match::OneLevel => below(actual, wanted).is_some_and(|rest| !rest.contains('/')),
        })
    }
}

/// What remains of `name` below `path`.
fn below<'a>(name: &'a str, path: &str) -> Option<&'a str> {
    match path.trim_end_matches('/') {
        "" => Some(name.trim_start_matches('/')),
        path => name.strip_prefix(path)?.strip_prefix('/'),
    }
}

fn invalid_value(key: &str) -> ApiError {
    ApiError::new(
        "InvalidFilterValue",
        format!("The values of the filter key {key} are missing or not valid."),
    )
}

fn invalid_option(option: &str, options: &str) -> ApiError {
    ApiError::new(
        "InvalidFilterOption",
        format!(
            "The following filter option is not valid: {option}. Valid options include: {options}."
        ),
    )
}
