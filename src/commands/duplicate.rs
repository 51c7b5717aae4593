//! Copies of parameters, with all that belongs to each but its versions and labels.

use std::collections::BTreeMap;

use super::args;
use super::origin::{self, Origin};
use super::transfer::Wanted;
use crate::exit;
use crate::launch::error::{Errors, Failure};
use crate::parameter::{Parameter, Reading};
use crate::stores::parameter_store::manage::{Description, Filter, Store};
use crate::stores::parameter_store::names::bare;
use crate::stores::parameter_store::put::{Put, TAGS_OF_AWS};

/// The key that exists in every account and region.
const DEFAULT_KEY: &str = "alias/aws/ssm";

/// How copies are made.
#[derive(Debug)]
pub struct Terms {
    /// The key of all copies, instead of those of their originals.
    pub key_id: Option<String>,
    /// Whether they are written in another region or account.
    pub elsewhere: bool,
    pub tags: Tags,
}

/// What becomes of the tags of originals. Parameter Store returns those of one parameter with each request
/// (ListTagsForResource), and nothing that is read anyway tells which have any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tags {
    Copied,
    LeftOut,
}

/// What is to be written for a copy of one parameter, and the version that it is a copy of.
///
/// # Errors
///
/// As [`copies`], or that it does not exist.
pub fn one(
    source: &Store,
    name: &str,
    copy: &str,
    terms: &Terms,
) -> Result<(i64, Vec<Wanted>), Errors> {
    let selector = args::selector(name)?;
    let mut found = source.all_named(&[selector], Reading::Values)?;
    let descriptions = source.describe(&[Filter::new("Name", "Equals", name)])?;
    let Some(original) = found.pop() else {
        return Err(Failure::new(exit::SOFTWARE, format!("`{name}` was not returned")).into());
    };
    let version = original.version;
    let chosen = vec![(copy.to_owned(), original)];
    Ok((
        version,
        copies(source, chosen, descriptions, terms, |_| None)?,
    ))
}

/// What is to be written: for each of these parameters a copy of the name that is given with it.
///
/// # Errors
///
/// If the key of one does not exist where its copy is written, or its tags cannot be read.
pub fn copies(
    source: &Store,
    chosen: Vec<(String, Parameter)>,
    descriptions: Vec<Description>,
    terms: &Terms,
    origin: impl Fn(&Parameter) -> Option<Origin>,
) -> Result<Vec<Wanted>, Errors> {
    let descriptions = descriptions.into_iter();
    let descriptions = descriptions.map(|one| (bare(&one.name).to_owned(), one));
    let mut descriptions: BTreeMap<String, Description> = descriptions.collect();
    let names: Vec<String> = chosen.iter().map(|(_, it)| it.name.clone()).collect();
    let tags = match terms.tags {
        Tags::Copied => source.tags_of(&names)?,
        Tags::LeftOut => vec![None; names.len()],
    };
    let mut wanted = Vec::new();
    let mut keyless = Vec::new();
    for ((name, parameter), tags) in chosen.into_iter().zip(tags) {
        let about = descriptions.remove(bare(&parameter.name));
        let key_id = match about.as_ref().and_then(|about| about.key_id.clone()) {
            _ if !parameter.kind.is_encrypted() => None,
            _ if terms.key_id.is_some() => terms.key_id.clone(),
            Some(key) if key == DEFAULT_KEY => None,
            Some(key) if terms.elsewhere && !key.starts_with("alias/") => {
                keyless.push(format!("`{}` is encrypted with `{key}`", parameter.name));
                continue;
            }
            key => key,
        };
        let policies: Vec<String> = about
            .iter()
            .flat_map(|about| about.policies.iter().map(|policy| policy.text.clone()))
            .collect();
        let origin = origin(&parameter);
        let put = Put {
            name,
            value: parameter.value,
            kind: Some(parameter.kind),
            follows: None,
            description: about.as_ref().and_then(|about| about.description.clone()),
            key_id,
            tier: about.as_ref().and_then(|about| about.tier.clone()),
            tags: own(tags.unwrap_or_default()),
            policies: (!policies.is_empty()).then(|| format!("[{}]", policies.join(","))),
            data_type: about.as_ref().and_then(|about| about.data_type.clone()),
            pattern: about.and_then(|about| about.pattern),
        };
        wanted.push(Wanted { put, origin });
    }
    if keyless.is_empty() {
        return Ok(wanted);
    }
    let what = "keys given by id or ARN do not exist in another region or account";
    let mut failure = Failure::new(exit::USAGE, what);
    failure.causes = keyless;
    let hint = "nothing was written: use `--key-id` to give the key for the copies";
    Err(failure.hint(hint).into())
}

/// The tags of users: only AWS can set its own, and that of a copy is about the copy alone.
fn own(tags: BTreeMap<String, String>) -> Vec<(String, String)> {
    let tags = tags.into_iter();
    tags.filter(|(key, _)| !key.starts_with(TAGS_OF_AWS) && key != origin::TAG)
        .collect()
}
