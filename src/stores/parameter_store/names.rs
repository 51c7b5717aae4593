//! Names of single parameters, as a user writes them and as the service answers them.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::fmt;

use crate::aws::arn::{self, Arn};
use crate::parameter::Parameter;
use crate::stores::parameter_store::pages::{Incomplete, Nonsense, complete};

/// One parameter at one version: `name`, `name:version`, `name:label`, or a full ARN with or
/// without one of those.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Selector {
    base: String,
    suffix: Option<String>,
}

impl Selector {
    /// Splits what the user wrote. A name holds no colon; an ARN holds five before its name.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let name = if arn::is_meant(text) {
            Arn::of("ssm", text)
                .and_then(|arn| arn.resource().strip_prefix("parameter"))
                .filter(|name| name.starts_with('/'))
                .ok_or("is not the ARN of a parameter")?
        } else {
            text
        };
        let (name, suffix) = match name.split_once(':') {
            Some((_, "")) => return Err("ends with a colon, but names no version or label"),
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

    /// Whether this is a secret of Secrets Manager, shown as a parameter. Parameter Store gives those
    /// only with decryption.
    pub fn is_secret(&self) -> bool {
        self.name().starts_with("aws/reference/secretsmanager/")
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

    /// Whether `parameter` is the answer to this.
    fn selects(&self, parameter: &Parameter) -> bool {
        let named = bare(&parameter.name) == bare(&self.base)
            || parameter.arn.as_deref() == Some(self.base.as_str());
        let answered = parameter
            .selector
            .as_deref()
            .and_then(|selector| selector.strip_prefix(':'));
        // Not every Parameter Store repeats the selector; no call asks for two of one name.
        named && (answered.is_none() || answered == self.suffix.as_deref())
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

/// `/X` and `X` are the same parameter, and below the root every name begins with `/`.
fn bare(name: &str) -> &str {
    name.strip_prefix('/').unwrap_or(name)
}

/// Divides names into calls of at most `size`, none of which asks for one parameter twice: AWS
/// refuses duplicates, and does not say whether `x`, `x:3` and the ARN of `x` are some.
pub fn batches(names: &[Selector], size: usize) -> Vec<Vec<Selector>> {
    let mut batches: Vec<Vec<Selector>> = Vec::new();
    let mut asked: BTreeMap<&str, usize> = BTreeMap::new();
    for name in names {
        let first = asked.entry(name.name()).or_default();
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

/// Which characters AWS allows (PutParameter, `Name`), said before a call is made.
pub fn valid_name(name: &str) -> Result<(), &'static str> {
    // Secrets have a larger alphabet (CreateSecret, `Name`).
    let signs = match bare(name).starts_with("aws/reference/secretsmanager/") {
        true => "_.-/+=@",
        false => "_.-/",
    };
    let allowed = |c: char| c.is_ascii_alphanumeric() || signs.contains(c);
    if name.trim_matches('/').is_empty() {
        return Err("names no parameter");
    }
    if !name.chars().all(allowed) {
        return Err(
            "holds a character that no parameter name can: only letters, digits, `_`, `.`, \
                    `-` and `/` are allowed",
        );
    }
    Ok(())
}

/// Sorts the answer to one GetParameters call: the parameters in the order asked for, and those
/// that are missing.
///
/// The service promises no order, and says what it does not have in a list of its own.
pub fn sort_answer(
    asked: &[Selector],
    answered: Vec<Result<Parameter, Incomplete>>,
    invalid: &[String],
) -> Result<Vec<(Selector, Option<Parameter>)>, Nonsense> {
    let mut parameters = Vec::new();
    for parameter in answered {
        parameters.push(complete(parameter)?);
    }
    let mut sorted = Vec::new();
    let mut used = vec![false; parameters.len()];
    for selector in asked {
        let found = parameters
            .iter()
            .position(|parameter| selector.selects(parameter));
        let text = selector.to_string();
        match found {
            Some(index) => {
                used[index] = true;
                sorted.push((selector.clone(), Some(parameters[index].clone())));
            }
            None if invalid.contains(&text) || invalid.contains(&selector.base) => {
                sorted.push((selector.clone(), None));
            }
            None => return Err(Nonsense::Unanswered { name: text }),
        }
    }
    for (parameter, _) in parameters.iter().zip(used).filter(|(_, used)| !used) {
        let name = parameter.name.clone();
        let first = asked
            .iter()
            .position(|selector| selector.selects(parameter))
            .and_then(|index| sorted[index].1.as_ref());
        // As with pages: twice is harmless as long as it is the same.
        match first {
            Some(first) if first.value == parameter.value => {}
            Some(_) => return Err(Nonsense::Conflict { name }),
            None => return Err(Nonsense::Unasked { name }),
        }
    }
    Ok(sorted)
}

#[cfg(test)]
mod tests;
