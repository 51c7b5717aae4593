//! Names of single parameters, as a user writes them and as the service answers them.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::fmt;

use super::pages::{Incomplete, Nonsense, complete};
use crate::parameter::Parameter;

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
        let name = if text.starts_with("arn:") {
            let fields: Vec<&str> = text.splitn(6, ':').collect();
            let &[_, partition, "ssm", region, account, resource] = fields.as_slice() else {
                return Err("is not the ARN of a parameter");
            };
            if partition.is_empty() || region.is_empty() || account.is_empty() {
                return Err("is not the ARN of a parameter");
            }
            resource
                .strip_prefix("parameter")
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

    /// Whether this is a secret of Secrets Manager, shown as a parameter. Parameter Store gives those
    /// only with decryption.
    pub fn is_secret(&self) -> bool {
        self.name().starts_with("aws/reference/secretsmanager/")
    }

    /// The bare name: without selector, account and region.
    fn name(&self) -> &str {
        match self.base.splitn(6, ':').nth(5) {
            Some(resource) => bare(resource.strip_prefix("parameter").unwrap_or(resource)),
            None => bare(&self.base),
        }
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
    if name.is_empty() || name == "/" {
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
    match used.iter().position(|used| !used) {
        Some(index) => Err(Nonsense::Unasked {
            name: parameters[index].name.clone(),
        }),
        None => Ok(sorted),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parameter::Secret;

    fn parameter(name: &str, version: i64, selector: Option<&str>) -> Parameter {
        Parameter {
            name: name.to_owned(),
            value: Secret::new(format!("value of {name} {version}")),
            version,
            kind: "SecureString".to_owned(),
            modified: None,
            arn: Some(format!(
                "arn:aws:ssm:us-east-1:123456789012:parameter/{}",
                name.trim_start_matches('/')
            )),
            selector: selector.map(str::to_owned),
        }
    }

    fn selectors(texts: &[&str]) -> Vec<Selector> {
        texts
            .iter()
            .map(|text| Selector::parse(text).unwrap())
            .collect()
    }

    #[test]
    fn names_versions_labels_and_arns_are_selectors() {
        for (text, base, suffix) in [
            ("/prd/app/db", "/prd/app/db", None),
            ("prd.some.property", "prd.some.property", None),
            ("/prd/app/db:3", "/prd/app/db", Some("3")),
            ("/prd/app/db:live", "/prd/app/db", Some("live")),
            (
                "arn:aws-cn:ssm:cn-north-1:123456789012:parameter/prd/db",
                "arn:aws-cn:ssm:cn-north-1:123456789012:parameter/prd/db",
                None,
            ),
            (
                "arn:aws:ssm:us-east-1:123456789012:parameter/prd/db:live",
                "arn:aws:ssm:us-east-1:123456789012:parameter/prd/db",
                Some("live"),
            ),
        ] {
            let selector = Selector::parse(text).unwrap();
            assert_eq!(selector.base, base, "{text}");
            assert_eq!(selector.suffix.as_deref(), suffix, "{text}");
            assert_eq!(selector.to_string(), text);
        }
    }

    #[test]
    fn what_no_parameter_can_be_called_is_refused_before_any_call() {
        for text in [
            "",
            "/",
            "/a b",
            "/a:",
            "/a*",
            "arn:aws:ssm:us-east-1:123456789012:document/x",
            "arn:aws:s3:::bucket",
            "arn:aws:ssm:us-east-1",
        ] {
            assert!(Selector::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn answers_are_put_back_into_the_order_of_the_questions() {
        let arn = "arn:aws:ssm:us-east-1:123456789012:parameter/c";
        let asked = selectors(&["/b", "/a:2", "/d:live", arn]);
        let answered = vec![
            Ok(parameter("/a", 2, Some(":2"))),
            Ok(parameter("/b", 1, None)),
            Ok(parameter("/c", 1, None)),
            Ok(parameter("/d", 7, None)),
        ];
        let sorted = sort_answer(&asked, answered, &[]).unwrap();
        let versions: Vec<(String, i64)> = sorted
            .iter()
            .map(|(selector, found)| (selector.to_string(), found.as_ref().unwrap().version))
            .collect();
        let expected = [("/b", 1), ("/a:2", 2), ("/d:live", 7), (arn, 1)];
        assert_eq!(
            versions,
            expected.map(|(name, version)| (name.to_owned(), version))
        );
    }

    #[test]
    fn a_leading_slash_makes_no_other_root_parameter() {
        let asked = selectors(&["flat"]);
        let sorted = sort_answer(&asked, vec![Ok(parameter("/flat", 1, None))], &[]).unwrap();
        assert!(sorted[0].1.is_some());
    }

    #[test]
    fn no_call_asks_for_one_parameter_twice() {
        let names = selectors(&[
            "/a",
            "/a:1",
            "/b",
            "/c",
            "arn:aws:ssm:us-east-1:123456789012:parameter/a:live",
            "/a:live",
            "flat",
            "/flat",
        ]);
        let batches: Vec<Vec<String>> = batches(&names, 3)
            .iter()
            .map(|batch| batch.iter().map(Selector::to_string).collect())
            .collect();
        assert_eq!(
            batches,
            [
                vec!["/a", "/b", "/c"],
                vec!["/a:1", "flat"],
                vec![
                    "arn:aws:ssm:us-east-1:123456789012:parameter/a:live",
                    "/flat"
                ],
                vec!["/a:live"],
            ]
        );
    }

    #[test]
    fn missing_ones_are_told_from_unanswered_and_unasked_ones() {
        let asked = selectors(&["/a", "/b"]);
        let sorted = sort_answer(
            &asked,
            vec![Ok(parameter("/a", 1, None))],
            &["/b".to_owned()],
        )
        .unwrap();
        assert!(sorted[1].1.is_none());

        let unanswered = sort_answer(&asked, vec![Ok(parameter("/a", 1, None))], &[]);
        assert_eq!(
            unanswered,
            Err(Nonsense::Unanswered {
                name: "/b".to_owned()
            })
        );

        let answered = vec![Ok(parameter("/a", 1, None)), Ok(parameter("/c", 1, None))];
        let unasked = sort_answer(&selectors(&["/a"]), answered, &[]);
        assert_eq!(
            unasked,
            Err(Nonsense::Unasked {
                name: "/c".to_owned()
            })
        );
    }
}
