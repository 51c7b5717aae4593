//! Checking the values in a contract: all of them, in whichever profile they are.
//!
//! A launch decides only about the options that count for it. A contract is checked as a whole, so
//! that a mistake in a profile is found before that profile is deployed.
#![forbid(unsafe_code)]

use std::collections::BTreeSet;

use crate::glob::Glob;
use crate::launch::documents::Document;
use crate::launch::files::{Encoding, FileSpec};
use crate::launch::values::{self, globs};
use crate::launch::{layers, naming};
use crate::options::contract::{AsFile, Contract, Declared, Place, Setting, Value};
use crate::options::{DocumentKind, Fault, LayerKind, Origin, UsageError, variables};
use crate::stores::can_be_region;

/// Everything wrong with the values of a contract.
pub fn faults(contract: &Contract) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (key, Setting { value, place }) in &contract.all {
        let origin = Origin {
            flag: format!("--{key}"),
            origin: place.to_string(),
        };
        for error in wrong(key, value) {
            faults.push(Fault {
                place: Some(place.clone()),
                error: error.with_origins(std::slice::from_ref(&origin)),
            });
        }
    }
    let mut known = BTreeSet::new();
    for variable in &contract.sources {
        // A later file may take over what is wrong.
        if let Some((error, place)) = undeclarable(variable)
            && known.insert((place, error.what.clone()))
        {
            faults.push(Fault {
                place: Some(place.clone()),
                error: error.declared_at(place),
            });
        }
    }
    faults
}

/// What is wrong with the value of an option.
fn wrong(key: &str, value: &Value) -> Vec<UsageError> {
    match value {
        Value::Switch(_) => Vec::new(),
        Value::Text(text) => wrong_text(key, text).err().into_iter().collect(),
        Value::List(items) => {
            let wrong = items.iter().filter_map(|item| wrong_item(key, item).err());
            let mut wrong: Vec<UsageError> = wrong.collect();
            if wrong.is_empty() {
                wrong.extend(twice(key, items));
            }
            wrong
        }
    }
}

fn wrong_text(key: &str, text: &str) -> Result<(), UsageError> {
    match key {
        "label" => values::label(text),
        "file-owner" if text.is_empty() => Err(values::empty("--file-owner")),
        "region" if text.is_empty() => Err(values::empty("--region")),
        "region" if !can_be_region(text) => Err(UsageError::new(
            format!("`{text}`, in `--region`, cannot be an AWS region"),
            "a region looks like `eu-central-1`",
        )
        .about("--region")),
        "profile" if text.is_empty() => Err(values::empty("--profile")),
        "role" => values::role_arn(text).map(drop),
        "external-id" => values::external_id(text).map(drop),
        "timeout" => values::timeout(Some(text)).map(drop),
        "start-jitter" => values::start_jitter(text).map(drop),
        "separator" => naming::separator(text).map(drop),
        "prefix" => values::variable("--prefix", text).map(drop),
        "fingerprint" => values::variable("--fingerprint", text).map(drop),
        _ => Ok(()),
    }
}

fn wrong_item(key: &str, item: &str) -> Result<(), UsageError> {
    let layer = |kind| layers::parse(&[(item.to_owned(), kind)], None).map(drop);
    let variables_in = |flag: &'static str| match variables::list(item).as_slice() {
        [] => Err(values::empty(flag)),
        names => globs(flag, names, Glob::for_variables).map(drop),
    };
    let one = &[item.to_owned()];
    match key {
        "path" => layer(LayerKind::Required),
        "optional-path" => layer(LayerKind::Optional),
        "names" => layer(LayerKind::Names),
        "secret" => values::secret(item).map(drop),
        "file" => FileSpec::parse(item).map(drop),
        "json" => Document::parse(item, DocumentKind::Json).map(drop),
        "dotenv" => Document::parse(item, DocumentKind::Dotenv).map(drop),
        "only" => globs("--only", one, Glob::for_parameters).map(drop),
        "exclude" => globs("--exclude", one, Glob::for_parameters).map(drop),
        "rename" => naming::rename(item).map(drop),
        "allow-name" => globs("--allow-name", one, Glob::for_variables).map(drop),
        "require" => variables_in("--require"),
        "preserve-env" => variables_in("--preserve-env"),
        "keep" => globs("--keep", one, Glob::for_variables).map(drop),
        "unset" => globs("--unset", one, Glob::for_variables).map(drop),
        _ => Ok(()),
    }
}

/// A variable to which a list gives two parameters.
fn twice(key: &str, items: &[String]) -> Option<UsageError> {
    let flag = match key {
        "secret" => "--secret",
        "file" => "--file",
        _ => return None,
    };
    let mut known = BTreeSet::new();
    let names = items
        .iter()
        .filter_map(|item| Some(item.split_once('=')?.0));
    let mut names = names.filter(|name| !known.insert(*name));
    names.next().map(|name| values::two_parameters(flag, name))
}

/// Why a declared variable cannot be read as it says, and the entry that is wrong.
fn undeclarable(variable: &Declared) -> Option<(UsageError, &Place)> {
    let parameter = variable.from.as_ref()?;
    let name = &variable.name;
    let text = format!("{name}={parameter}");
    let from = match &variable.file {
        // That only a file can be decoded is reported already.
        None if Encoding::split(parameter).0 != Encoding::Plain => None,
        None => values::secret(&text).err(),
        Some(_) => FileSpec::parse(&text).err(),
    };
    if let Some(error) = from {
        return Some((error, &variable.from_place));
    }
    let Some(AsFile::Path(path)) = &variable.file else {
        return None;
    };
    let error = FileSpec::parse(&format!("{text}@{path}")).err()?;
    Some((error, &variable.file_place))
}
