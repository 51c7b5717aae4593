//! Names of single parameters, as the user writes them and as the service returns them.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::fmt;

use crate::aws::arn::{self, Arn, Scope};
use crate::parameter::Parameter;
use crate::stores::parameter_store::pages::InvalidResponse;

/// The most characters of a label (LabelParameterVersion, `Labels`).
pub const LONGEST_LABEL: usize = 100;

/// Whether a label can contain it.
pub fn in_label(character: char) -> bool {
    character.is_ascii_alphanumeric() || "_.-".contains(character)
}

/// Where Parameter Store shows the secrets of Secrets Manager (Systems Manager User Guide,
/// "Referencing AWS Secrets Manager secrets from Parameter Store parameters").
pub const SECRETS: &str = "/aws/reference/secretsmanager/";

/// One parameter at one version: `name`, `name:version`, `name:label`, or a full ARN with or
/// without one of those.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Selector {
    base: String,
    suffix: Option<String>,
}

impl Selector {
    /// Parses the user's text. A name contains no colon; an ARN has five before its name.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if Arn::of("secretsmanager", text).is_some() {
            return Err("is the ARN of a secret of Secrets Manager, not of a parameter");
        }
        if text.contains("://") {
            return Err("is a URI, not the name or the ARN of a parameter");
        }
        let name = if arn::is_meant(text) {
            Arn::of("ssm", text)
                .and_then(|arn| arn.resource().strip_prefix("parameter"))
                .filter(|name| name.starts_with('/'))
                .ok_or("is not the ARN of a parameter")?
        } else {
            text
        };
        let (name, suffix) = match name.split_once(':') {
            Some((_, "")) => return Err("ends with a colon, but has no version or label"),
            Some((name, suffix)) => (name, Some(suffix.to_owned())),
            None => (name, None),
        };
        valid_name(name)?;
        let length = text.len() - suffix.as_ref().map_or(0, |suffix| suffix.len() + 1);
        Ok(Self {
            base: text[..length].to_owned(),
            suffix,
        })
    }

    /// A parameter by the name that the service gave, at a version or label.
    pub fn new(name: String, suffix: Option<String>) -> Self {
        Self { base: name, suffix }
    }

    /// The region, if it is named by its ARN.
    pub fn region(&self) -> Option<&str> {
        arn::is_meant(&self.base).then(|| Arn::parse(&self.base).map(|arn| arn.region()))?
    }

    /// Whether this is a secret of Secrets Manager, shown as a parameter. Parameter Store returns
    /// those only with decryption.
    pub fn is_secret(&self) -> bool {
        self.name().starts_with("aws/reference/secretsmanager/")
    }

    /// Whether what selects a version can be a version or a label.
    pub fn has_plain_suffix(&self) -> bool {
        self.suffix.iter().all(|it| it.chars().all(in_label))
    }

    /// The name or ARN without version or label.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The bare name: without selector, account and region.
    pub fn name(&self) -> &str {
        let name = Arn::parse(&self.base).map(|arn| arn.resource());
        let name = name.and_then(|resource| resource.strip_prefix("parameter"));
        bare(name.unwrap_or(&self.base))
    }

    /// Whether `parameter` is the one that this selects.
    fn selects(&self, parameter: &Parameter) -> bool {
        let named = bare(&parameter.name) == bare(&self.base)
            || parameter.arn.as_deref() == Some(self.base.as_str());
        let returned = parameter
            .selector
            .as_deref()
            .and_then(|selector| selector.strip_prefix(':'));
        // Not every Parameter Store repeats the selector; no call requests two of one name.
        named
            && (returned.is_none() || returned == self.suffix.as_deref())
            && !self.is_at_another_version(parameter)
    }

    /// Whether `parameter` has another version than the one that this selects by its number. A
    /// version of 0 was not returned.
    fn is_at_another_version(&self, parameter: &Parameter) -> bool {
        let suffix = self.suffix.as_deref();
        let version = suffix.and_then(|suffix| suffix.parse::<i64>().ok());
        version.is_some_and(|version| parameter.version != 0 && parameter.version != version)
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.base)?;
        match &self.suffix {
            Some(suffix) => write!(f, ":{suffix}"),
            None => Ok(()),
        }
    }
}

/// What to write instead of a text that names a parameter or a secret in the form of a reference.
pub fn instead_of(text: &str) -> Option<String> {
    let secret = ["secretsmanager://", "sm://"].iter();
    let secret = secret.filter_map(|scheme| text.strip_prefix(scheme)).next();
    let secret = match secret {
        Some(secret) if !arn::is_meant(secret) => Some(secret),
        secret => Arn::of("secretsmanager", secret.unwrap_or(text))
            .and_then(|arn| arn.resource().strip_prefix("secret:"))
            .map(|id| arn::secret_name(id.split(':').next().unwrap_or(id))),
    };
    if text.contains(['?', '#']) || text.contains(':') && text.contains('@') {
        return Some(
            "it takes the name of a parameter; a launch takes places, with `--secret NAME=PLACE`"
                .to_owned(),
        );
    }
    if let Some(secret) = secret {
        return Some(format!(
            "Parameter Store reads a secret of the caller's own account and region as \
             `{SECRETS}{secret}`; `--resolve` replaces a variable that holds a reference such as this"
        ));
    }
    let parameter = text.strip_prefix("ssm://")?;
    Some(format!(
        "write it as `{parameter}`; `--resolve` replaces a variable that holds a reference such as \
         this"
    ))
}

/// `/X` and `X` are the same parameter, and below the root every name begins with `/`.
pub fn bare(name: &str) -> &str {
    name.strip_prefix('/').unwrap_or(name)
}

/// Whether a name that was returned is the one that was requested, as far as that can be compared:
/// an ARN is not.
pub fn is_same(requested: &str, returned: &str) -> bool {
    arn::is_meant(requested) || arn::is_meant(returned) || bare(requested) == bare(returned)
}

/// Divides names into batches of at most `size`, none with one parameter twice: AWS rejects
/// duplicates, and does not document whether `x`, `x:3` and the ARN of `x` are some.
pub fn batches(names: &[Selector], size: usize) -> Vec<Vec<Selector>> {
    let mut batches: Vec<Vec<Selector>> = Vec::new();
    let mut next: BTreeMap<&str, usize> = BTreeMap::new();
    for name in names {
        let first = next.entry(name.name()).or_default();
        while batches.get(*first).is_some_and(|batch| batch.len() >= size) {
            *first += 1;
        }
        if *first == batches.len() {
            batches.push(Vec::new());
        }
        batches[*first].push(name.clone());
        *first += 1;
    }
    batches
}

/// Checks the characters that AWS allows (PutParameter, `Name`), before any call.
pub fn valid_name(name: &str) -> Result<(), &'static str> {
    // Secrets have a larger alphabet (CreateSecret, `Name`).
    let punctuation = match bare(name).starts_with("aws/reference/secretsmanager/") {
        true => "_.-/+=@",
        false => "_.-/",
    };
    let allowed = |c: char| c.is_ascii_alphanumeric() || punctuation.contains(c);
    if name.trim_matches('/').is_empty() {
        return Err("names no parameter");
    }
    if !name.chars().all(allowed) {
        return Err(
            "contains a character that no parameter name can: only letters, digits, `_`, `.`, \
                    `-` and `/` are allowed",
        );
    }
    Ok(())
}

/// The most levels of a name (PutParameter, `HierarchyLevelLimitExceededException`).
const MOST_LEVELS: usize = 15;
/// The most characters of a name, with those of its ARN before it (PutParameter, `Name`).
const LONGEST: usize = 1011;
/// An account in an ARN.
const ACCOUNT: &str = "123456789012";

/// Why the service would refuse to create a parameter of this name, or to change one, each as the end
/// of a sentence that begins with the name (PutParameter, `Name`).
pub fn unwritable(name: &str) -> Vec<String> {
    let mut problems = Vec::new();
    if let Err(why) = valid_name(name) {
        problems.push(why.to_owned());
    } else if bare(name).split('/').any(str::is_empty) {
        problems.push("has an empty part before, after or between its `/`".to_owned());
    }
    let levels = bare(name).split('/').count();
    if levels > MOST_LEVELS {
        problems.push(format!("has {levels} levels, of at most {MOST_LEVELS}"));
    }
    problems.extend(reserved(name).map(str::to_owned));
    problems
}

/// Why a name or path is for AWS alone, if it is, as the end of a sentence that begins with it
/// (PutParameter, `Name`).
pub fn reserved(name: &str) -> Option<&'static str> {
    let start: String = bare(name).chars().take(3).collect();
    ["aws", "ssm"]
        .contains(&start.to_ascii_lowercase().as_str())
        .then_some("begins with `aws` or `ssm`, which are reserved for AWS")
}

/// Why a name is too long for a region, as the end of a sentence that begins with the name.
pub fn too_long(name: &str, region: &str) -> Option<String> {
    let length = Scope::new(region, ACCOUNT).parameter(name).chars().count();
    (length > LONGEST)
        .then(|| format!("has {length} characters with its ARN, of at most {LONGEST}"))
}

/// Matches the response of one GetParameters call with the request: the parameters in the order
/// requested, and `None` for those that do not exist.
///
/// The service guarantees no order, and returns the missing names in a list of their own.
pub fn match_response(
    requested: &[Selector],
    returned: Vec<Result<Parameter, InvalidResponse>>,
    invalid: &[String],
) -> Result<Vec<(Selector, Option<Parameter>)>, InvalidResponse> {
    let parameters = returned.into_iter().collect::<Result<Vec<_>, _>>()?;
    let mut matched = Vec::new();
    let mut used = vec![false; parameters.len()];
    for selector in requested {
        let found = parameters
            .iter()
            .position(|parameter| selector.selects(parameter));
        let text = selector.to_string();
        match found {
            Some(index) => {
                used[index] = true;
                matched.push((selector.clone(), Some(parameters[index].clone())));
            }
            None if invalid.contains(&text) || invalid.contains(&selector.base) => {
                matched.push((selector.clone(), None));
            }
            None => {
                let mut others = parameters.iter().filter(|it| {
                    is_same(selector.name(), &it.name) && selector.is_at_another_version(it)
                });
                return Err(match others.next() {
                    Some(other) => InvalidResponse::OtherVersion {
                        version: other.version,
                        name: text,
                    },
                    None => InvalidResponse::Unanswered { name: text },
                });
            }
        }
    }
    for (parameter, _) in parameters.iter().zip(used).filter(|(_, used)| !used) {
        let name = parameter.name.clone();
        let first = requested
            .iter()
            .position(|selector| selector.selects(parameter))
            .and_then(|index| matched[index].1.as_ref());
        // As with pages: twice is harmless if it is the same.
        match first {
            Some(first) if first.value == parameter.value => {}
            Some(_) => return Err(InvalidResponse::Conflict { name }),
            None => return Err(InvalidResponse::Unrequested { name }),
        }
    }
    Ok(matched)
}

#[cfg(test)]
mod tests;
