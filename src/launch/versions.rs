//! Which versions of which parameters a launch gives to its program, for its fingerprint.

use std::collections::{BTreeMap, BTreeSet};
use std::time::UNIX_EPOCH;

use crate::date;
use crate::launch::environment;
use crate::launch::fingerprint::{Digest, Fingerprint};
use crate::launch::layers::{Set, Taken};
use crate::launch::naming::{self, Assigned, Assignment, Origin};
use crate::launch::plan::Plan;
use crate::launch::references::Reference;
use crate::launch::values;
use crate::options::flags::{LetterCase, NameFrom};
use crate::parameter::{self, Parameter};
use crate::stores::Answer;
use crate::stores::arn::Arn;

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
    let listed = |parameter: &Parameter| match &plan.label {
        Some(label) if parameter::noun(&parameter.name) == "parameter" => {
            let name = format!("{}:{label}", parameter.name);
            let parameter = Parameter {
                name,
                ..parameter.clone()
            };
            parameter.place().into_owned()
        }
        _ => parameter.place().into_owned(),
    };
    for Assignment {
        parameter,
        origin,
        overridden,
    } in assigned.variables.values()
    {
        let below_a_path = match origin {
            // The keys of a secret have its version, which counts below.
            Origin::Layer(_) => Some(parameter).filter(|it| !naming::is_key(&it.name)),
            Origin::Keys(_) => overridden.iter().rfind(|it| !naming::is_key(&it.name)),
            Origin::Exact | Origin::File | Origin::Reference => None,
        };
        if let Some(parameter) = below_a_path {
            add(&listed(parameter), parameter);
        }
    }
    let with_keys = plan
        .sets
        .iter()
        .filter(|set| set.taken == Taken::SecretsAndKeys);
    for parameter in with_keys.flat_map(|set| answer.all(&set.source)) {
        add(&listed(parameter), parameter);
    }
    // Where a store reads keys, each has the version of its secret.
    let of_keys = plan.sets.iter().filter(|set| set.source.is_of_keys());
    let mut together: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for parameter in of_keys.flat_map(|set| answer.all(&set.source)) {
        let place = parameter.place();
        let place = place.split('#').next().unwrap_or_default().to_owned();
        together
            .entry(place)
            .or_default()
            .insert(version(parameter));
    }
    let sources = || plan.layers.iter().map(|it| &it.source);
    for source in sources().filter(|it| it.is_one()) {
        if let Some(parameter) = answer.one(source) {
            add(&source.to_string(), parameter);
        }
    }
    // Those of one service of Confidant are of several credentials.
    for (place, own) in together {
        let own: Vec<String> = own.into_iter().collect();
        versions.insert(place, own.join("+"));
    }
    // What another account shares is read by its ARN, and its place is not ours.
    let ours = sources().filter(|it| it.region().is_none() && it.access.is_none());
    let all = ours.flat_map(|it| answer.all(it));
    let arns = all.filter_map(|it| it.arn.as_deref());
    let place = arns.filter_map(place).next().unwrap_or_default();
    Fingerprint::new(options(plan), place, versions)
}

/// The digest of everything in the options that decides which parameters are read, and which of
/// them count.
pub fn options(plan: &Plan) -> Digest {
    let mut digest = Digest::default();
    for set in &plan.sets {
        match (set.source.path(), set.source.glob()) {
            (Some(path), _) => digest.add("path", path),
            (None, Some(glob)) if set.shown == glob.text() => digest.add("names", glob.text()),
            (None, _) => match &set.taken {
                Taken::Secrets => digest.add("from", &set.shown),
                Taken::SecretsAndKeys => digest.add("from with keys", &set.shown),
                Taken::Keys(key) => {
                    let text = values::written(&set.source, key.as_deref());
                    digest.add("from one", &text);
                }
            },
        }
    }
    digest.add("label", plan.label.as_deref().unwrap_or_default());
    let mut lines: Vec<(&str, String)> = Vec::new();
    for layer in plan.layers.iter().filter(|it| it.source.is_one()) {
        lines.push(("name", layer.source.to_string()));
    }
    for exact in &plan.exact {
        lines.push(("secret", format!("{}={exact}", exact.name)));
    }
    for file in &plan.files {
        lines.push(("file", format!("{}={}", file.name, file.place())));
    }
    for document in &plan.documents {
        let (prefix, place) = (&document.prefix, document.place());
        lines.push((document.flag, format!("{prefix}={place}")));
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

/// The paths and prefixes that are read, with which the names of many begin.
pub fn paths(plan: &Plan) -> Vec<&str> {
    let root = |set: &'_ Set| set.root.contains("://") && set.root.ends_with('/');
    let sets = plan.sets.iter();
    sets.filter_map(|set| {
        let prefix = root(set).then_some(set.root.as_str());
        set.source.path().or(prefix)
    })
    .collect()
}

/// The version of a value, with the time at which it was written: a parameter that is deleted and
/// created again begins at version 1 again. Secrets of Secrets Manager have no number here: for them
/// it is the time alone.
pub fn version(parameter: &Parameter) -> String {
    if let Some(id) = parameter.version_id() {
        return id.to_owned();
    }
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
pub fn place(arn: &str) -> Option<String> {
    let arn = Arn::parse(arn)?;
    Some(format!("{}/{}", arn.region(), arn.account()?))
}

/// The variables of an environment that hold a fingerprint; `None` for one that cannot be read.
pub fn carried(environment: &[Vec<u8>]) -> Vec<(String, Option<Fingerprint>)> {
    let carried = environment.iter().filter_map(|entry| {
        let name = environment::name_of(entry)?;
        let value = &entry[name.len() + 1..];
        let name = std::str::from_utf8(name).ok()?;
        Fingerprint::is_meant(value).then(|| (name.to_owned(), Fingerprint::parse(value).ok()))
    });
    carried.collect()
}
