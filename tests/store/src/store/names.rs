//! What a parameter may be called, and what a client may call it.

use crate::api::ApiError;

/// Where Parameter Store shows the secrets of Secrets Manager.
pub(crate) const SECRETS: &str = "/aws/reference/secretsmanager/";

const MOST_LEVELS: usize = 15;
const LONGEST: usize = 1011;

/// The form under which a parameter is filed: `X` and `/X` are the same parameter.
pub(crate) fn key(name: &str) -> String {
    if name.starts_with('/') {
        name.to_owned()
    } else {
        format!("/{name}")
    }
}

pub(crate) fn is_name_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '.' | '-')
}

/// Checks the name of a parameter that is to be written.
pub(crate) fn check_new(name: &str, arn: &str) -> Result<(), ApiError> {
    if name.is_empty() {
        return Err(ApiError::constraint(
            "name",
            "''",
            "Member must have length greater than or equal to 1",
        ));
    }
    if arn.len() > LONGEST {
        return Err(ApiError::validation(format!(
            "Parameter name is too long: with its ARN it can have at most {LONGEST} characters."
        )));
    }
    let inner = name.strip_prefix('/').unwrap_or(name);
    if inner.contains('/') && !name.starts_with('/') {
        return Err(ApiError::validation(
            "Parameter name must be a fully qualified name.",
        ));
    }
    let lower = inner.to_ascii_lowercase();
    if lower.starts_with("aws") || lower.starts_with("ssm") {
        if lower.starts_with("aws/") {
            return Err(ApiError::new(
                "AccessDeniedException",
                format!("No access to reserved parameter name: {name}."),
            ));
        }
        return Err(ApiError::validation(
            "Parameter name can't be prefixed with \"aws\" or \"ssm\" (case-insensitive).",
        ));
    }
    let levels = inner.split('/').count();
    if levels > MOST_LEVELS {
        return Err(ApiError::new(
            "HierarchyLevelLimitExceededException",
            format!(
                "A parameter name can have at most {MOST_LEVELS} levels; this one has {levels}."
            ),
        ));
    }
    let good = |level: &str| !level.is_empty() && level.chars().all(is_name_character);
    if !inner.split('/').all(good) {
        return Err(ApiError::validation(
            "Parameter name: only letters, numbers and the symbols . - _ are allowed in each sub-path, and sub-paths are divided by a slash.",
        ));
    }
    Ok(())
}

/// Checks the path of a `GetParametersByPath`.
pub(crate) fn check_path(path: &str) -> Result<(), ApiError> {
    let good = |level: &str| level.chars().all(is_name_character);
    if !path.starts_with('/') || path.contains("//") || !path.split('/').all(good) {
        return Err(ApiError::validation(
            "The path doesn't meet the parameter name requirements. It must begin with a forward slash \"/\" and use only letters, numbers and the symbols . - _ in each sub-path.",
        ));
    }
    Ok(())
}

/// A version by its number or by its label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Selector {
    Version(i64),
    Label(String),
}

/// What a client requests: a name or an ARN, and perhaps a version of it.
#[derive(Debug)]
pub(crate) struct Reference {
    pub(crate) key: String,
    /// The whole ARN, when the client gave one.
    pub(crate) arn: Option<String>,
    pub(crate) selector: Option<Selector>,
}

impl Reference {
    pub(crate) fn parse(text: &str) -> Result<Self, ApiError> {
        let malformed = || {
            ApiError::validation(
                "Invalid parameter name. Please use correct syntax for referencing a version/label  <name>:<version/label>",
            )
        };
        let (prefix, rest) = match text.find(":parameter/") {
            Some(at) if text.starts_with("arn:") => text.split_at(at + ":parameter".len()),
            _ if text.starts_with("arn:") => return Err(malformed()),
            _ => ("", text),
        };
        let (name, selector) = match rest.split_once(':') {
            None => (rest, None),
            Some((_, "")) => return Err(malformed()),
            Some((_, selector)) if selector.contains(':') => return Err(malformed()),
            Some((name, selector)) => (name, Some(Selector::parse(selector))),
        };
        let good = |level: &str| level.chars().all(is_name_character);
        if name.is_empty() || !name.split('/').all(good) {
            return Err(malformed());
        }
        if name.contains('/') && !name.starts_with('/') {
            return Err(ApiError::validation(
                "Parameter name must be a fully qualified name.",
            ));
        }
        Ok(Self {
            key: key(name),
            arn: (!prefix.is_empty()).then(|| format!("{prefix}{name}")),
            selector,
        })
    }
}

impl Selector {
    fn parse(text: &str) -> Self {
        match text.parse() {
            Ok(number) => Self::Version(number),
            Err(_) => Self::Label(text.to_owned()),
        }
    }

    /// The form in which a reply repeats it.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Version(number) => format!(":{number}"),
            Self::Label(label) => format!(":{label}"),
        }
    }
}
