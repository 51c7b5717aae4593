//! Which versions of which parameters a launch gives to its program, for its fingerprint.

use std::collections::BTreeMap;
use std::time::UNIX_EPOCH;

use crate::date;
use crate::launch::documents::Document;
use crate::launch::fingerprint::{Digest, Fingerprint};
use crate::launch::naming::{self, Assigned, Assignment, Origin};
use crate::launch::plan::Plan;
use crate::launch::references::Reference;
use crate::options::flags::{LetterCase, NameFrom};
use crate::parameter::Parameter;
use crate::stores::arn::{self, Arn};
use crate::stores::{Answer, Layer};

/// The versions of the parameters that the program gets.
///
/// They are those of parameters that options name, and of parameters below the paths that become
/// variables. Names that are known only from values do not count, so that values need not be read:
/// a parameter counts even if a key of `--json` overrides it.
pub fn fingerprint(plan: &Plan, answer: &Answer, assigned: &Assigned<'_>) -> Fingerprint {
    let mut versions: BTreeMap<String, String> = BTreeMap::new();
    let mut add = |name: &str, parameter: &Parameter| {
        versions.insert(name.to_owned(), version(parameter));
    };
    for Assignment {
        parameter,
        origin,
        overridden,
    } in assigned.variables.values()
    {
        let below_a_path = match origin {
            Origin::Layer(_) => Some(parameter),
            Origin::Keys(_) => overridden.iter().rfind(|it| !naming::is_key(&it.name)),
            Origin::Exact | Origin::File | Origin::Reference => None,
        };
        if let Some(parameter) = below_a_path {
            add(&parameter.name, parameter);
        }
    }
    let sources = || plan.layers.iter().map(|it| &it.source);
    for source in sources().filter(|it| it.is_one()) {
        if let Some(parameter) = answer.one(source) {
            add(&source.to_string(), parameter);
        }
    }
    // What another account shares is read by its ARN, and its place is not ours.
    let ours = sources().filter(|it| !arn::is_meant(&it.to_string()));
    let all = ours.flat_map(|it| answer.all(it));
    let arns = all.filter_map(|it| it.arn.as_deref());
    let place = arns.filter_map(place).next().unwrap_or_default();
    Fingerprint::new(options(plan), place, versions)
}

/// The digest of everything in the options that decides which parameters are read, and which of
/// them count.
pub fn options(plan: &Plan) -> Digest {
    let mut digest = Digest::default();
    for Layer { source, .. } in plan.sets() {
        match source.glob() {
            Some(glob) => digest.add("names", glob.text()),
            None => digest.add("path", source.root()),
        }
    }
    digest.add("label", plan.label.as_deref().unwrap_or_default());
    let mut lines: Vec<(&str, String)> = Vec::new();
    for layer in plan.layers.iter().filter(|it| it.source.is_one()) {
        lines.push(("name", layer.source.to_string()));
    }
    for (name, source) in &plan.exact {
        lines.push(("secret", format!("{name}={source}")));
    }
    for file in &plan.files {
        lines.push(("file", format!("{}={}", file.name, file.source)));
    }
    for Document {
        flag,
        source,
        prefix,
        ..
    } in &plan.documents
    {
        lines.push((flag, format!("{prefix}={source}")));
    }
    for Reference { name, target } in plan.references.iter().flatten() {
        let key = target.key.as_deref().unwrap_or_default();
        lines.push(("reference", format!("{name}={}#{key}", target.source)));
    }
    let rules = &plan.rules;
    for (what, globs) in [("only", &rules.only), ("exclude", &rules.exclude)] {
        lines.extend(globs.iter().map(|glob| (what, glob.text().to_owned())));
    }
    for (parameter, name) in &rules.renames {
        lines.push(("rename", format!("{parameter}={name}")));
    }
    // The order of these does not matter.
    lines.sort();
    for (what, text) in &lines {
        digest.add(what, text);
    }
    digest.add("prefix", &rules.prefix);
    digest.add(
        "name-from",
        match rules.name_from {
            NameFrom::Path => "path",
            NameFrom::Leaf => "leaf",
        },
    );
    digest.add(
        "case",
        match rules.case {
            LetterCase::Upper => "upper",
            LetterCase::Keep => "keep",
        },
    );
    // Left out where it is the usual one, for fingerprints that are older than the option.
    if let Some(separator) = &rules.separator {
        digest.add("separator", separator);
    }
    digest
}

/// The paths that are read.
pub fn paths(plan: &Plan) -> Vec<&str> {
    let paths = plan.sets().filter(|layer| layer.source.glob().is_none());
    paths.map(|layer| layer.source.root()).collect()
}

/// The version of a value, with the time at which it was written: a parameter that is deleted and
/// created again begins at version 1 again. Secrets of Secrets Manager have no number here: for them
/// it is the time alone.
fn version(parameter: &Parameter) -> String {
    match (parameter.version, parameter.modified) {
        (0, Some(moment)) => date::in_milliseconds(moment).unwrap_or_else(|| "0".to_owned()),
        (version, Some(moment)) => match moment.duration_since(UNIX_EPOCH) {
            Ok(since) => format!("{version}@{}", since.as_millis()),
            Err(_) => version.to_string(),
        },
        (version, None) => version.to_string(),
    }
}

/// `REGION/ACCOUNT` of an ARN. Public parameters of AWS have no account.
fn place(arn: &str) -> Option<String> {
    let arn = Arn::parse(arn)?;
    Some(format!("{}/{}", arn.region(), arn.account()?))
}
