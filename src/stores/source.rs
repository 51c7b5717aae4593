//! What is read, and as which principal.
#![forbid(unsafe_code)]

use std::fmt;
use std::sync::Arc;

use crate::aws::role::Role;
use crate::aws::settings::{Caller, Given};
use crate::glob::Glob;
use crate::parameter::Presence;
use crate::stores::encoding::encode;
use crate::stores::error::Error;
use crate::stores::unneeded::Unneeded;
use crate::stores::{
    biscuit, confidant, credstash, keywhiz, objects, parameter_store, secrets_manager, vault,
};

/// One secret or a set of them, in one store, read as one caller.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    pub thing: Thing,
    /// As which principal and where, if the place says it.
    pub access: Option<Arc<Access>>,
}

/// Something to read, and what its absence means.
#[derive(Debug, Clone)]
pub struct Layer {
    pub source: Source,
    pub presence: Presence,
    /// The variables that need it, a sentence each: the causes of the error if it is missing.
    pub wanted_by: Vec<String>,
    /// What of it is left out anyway.
    pub unneeded: Unneeded,
}

/// One secret or a set of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Thing {
    ParameterStore(parameter_store::Source),
    SecretsManager(secrets_manager::Source),
    Credstash(credstash::Source),
    Vault(vault::Source),
    Confidant(confidant::Source),
    Keywhiz(keywhiz::Source),
    Objects(objects::Source),
    Biscuit(biscuit::Source),
}

/// As which principal and where something is read, where its place says it: these beat the options and the
/// settings of AWS that hold for everything else.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Access {
    pub region: Option<String>,
    pub profile: Option<String>,
    pub role: Option<Role>,
    /// Where it is read if the region cannot be reached.
    pub fallback_region: Option<String>,
}

impl Source {
    /// All parameters below a path.
    pub fn below(path: String, label: Option<String>) -> Self {
        parameter_store::Source::Below { path, label }.into()
    }

    /// All parameters whose names match.
    pub fn matching(glob: Glob, label: Option<String>) -> Self {
        parameter_store::Source::Matching { glob, label }.into()
    }

    /// The glob of a set that has one; other sets are everything below [`Source::root`].
    pub fn glob(&self) -> Option<&Glob> {
        match &self.thing {
            Thing::ParameterStore(source) => source.glob(),
            Thing::SecretsManager(source) => source.glob(),
            Thing::Credstash(_) => None,
            Thing::Vault(_) | Thing::Confidant(_) => None,
            Thing::Keywhiz(_) => None,
            Thing::Objects(_) => None,
            Thing::Biscuit(_) => None,
        }
    }

    /// The beginning that the names of a set share; a single secret has none.
    pub fn root(&self) -> String {
        match &self.thing {
            Thing::ParameterStore(source) => source.root().to_owned(),
            Thing::SecretsManager(source) => source.root(),
            Thing::Credstash(source) => source.root(),
            Thing::Vault(source) => source.root(),
            Thing::Confidant(source) => source.root(),
            Thing::Keywhiz(source) => source.root(),
            Thing::Objects(_) => String::new(),
            Thing::Biscuit(source) => source.root(),
        }
    }

    /// Whether it is one secret rather than a set.
    pub fn is_one(&self) -> bool {
        match &self.thing {
            Thing::ParameterStore(source) => source.is_one(),
            Thing::SecretsManager(source) => source.is_one(),
            Thing::Credstash(source) => source.is_one(),
            Thing::Vault(source) => source.is_one(),
            Thing::Confidant(source) => source.is_one(),
            Thing::Keywhiz(source) => source.is_one(),
            Thing::Objects(_) => true,
            Thing::Biscuit(source) => source.is_one(),
        }
    }

    /// The region of a single secret that is named by its ARN.
    pub fn region(&self) -> Option<&str> {
        match &self.thing {
            Thing::ParameterStore(source) => source.region(),
            Thing::SecretsManager(source) => source.region(),
            Thing::Credstash(_) => None,
            Thing::Vault(_) | Thing::Confidant(_) => None,
            Thing::Keywhiz(_) => None,
            Thing::Objects(_) => None,
            Thing::Biscuit(_) => None,
        }
    }

    /// The path of Parameter Store below which everything is read, with the caller's own settings.
    pub fn path(&self) -> Option<&str> {
        match (&self.thing, &self.access) {
            (Thing::ParameterStore(parameter_store::Source::Below { path, .. }), None) => {
                Some(path)
            }
            _ => None,
        }
    }

    /// Whether a label chooses the versions of what is read: of sets of parameters.
    pub fn has_label(&self) -> bool {
        matches!(&self.thing, Thing::ParameterStore(source) if !source.is_one())
    }

    /// The same set of parameters, at a label.
    #[must_use]
    pub fn at_label(mut self, wanted: Option<String>) -> Self {
        if let Thing::ParameterStore(
            parameter_store::Source::Below { label, .. }
            | parameter_store::Source::Matching { label, .. },
        ) = &mut self.thing
        {
            *label = wanted;
        }
        self
    }

    /// The same as a layer, of which each key becomes a variable where a store reads it so.
    #[must_use]
    pub fn into_layer(self) -> Self {
        let thing = match self.thing {
            Thing::Vault(source) => Thing::Vault(source.into_layer()),
            Thing::Confidant(source) => Thing::Confidant(source.into_layer()),
            other => other,
        };
        Self { thing, ..self }
    }

    /// Whether what is read of a set are the keys of its secrets.
    pub fn is_of_keys(&self) -> bool {
        let is_of_keys = matches!(self.thing, Thing::Vault(_) | Thing::Confidant(_));
        is_of_keys && !self.is_one()
    }

    /// The namespace that a place of Vault names.
    pub fn namespace(&self) -> Option<&str> {
        match &self.thing {
            Thing::Vault(source) => source.sign_in.namespace.as_deref(),
            Thing::ParameterStore(_)
            | Thing::SecretsManager(_)
            | Thing::Credstash(_)
            | Thing::Confidant(_)
            | Thing::Keywhiz(_)
            | Thing::Objects(_)
            | Thing::Biscuit(_) => None,
        }
    }

    /// What one of them is called.
    pub fn things(&self) -> &'static str {
        match &self.thing {
            Thing::ParameterStore(_) => "parameter",
            Thing::SecretsManager(_)
            | Thing::Credstash(_)
            | Thing::Vault(_)
            | Thing::Confidant(_)
            | Thing::Keywhiz(_)
            | Thing::Biscuit(_) => "secret",
            Thing::Objects(_) => "object",
        }
    }

    /// The error for a set without a secret, where one is required. Single ones are reported
    /// together.
    pub fn empty(&self, place: String) -> Option<Error> {
        match &self.thing {
            Thing::ParameterStore(source) => source.empty(self.to_string(), place),
            Thing::SecretsManager(source) => source.empty(self.to_string(), place),
            Thing::Credstash(source) => source.empty(self.to_string(), place),
            Thing::Vault(source) => source.empty(&self.to_string(), &place),
            Thing::Confidant(source) => source.empty(&place),
            Thing::Keywhiz(source) => source.empty(&place),
            Thing::Objects(_) => None,
            Thing::Biscuit(source) => source.empty(&self.to_string()),
        }
    }

    /// The options that its place has, as they are written: `?region=eu-west-1`.
    pub fn options(&self) -> Option<Arc<str>> {
        let mut text = String::new();
        match &self.thing {
            Thing::ParameterStore(_) | Thing::Biscuit(_) => {}
            Thing::SecretsManager(source) => {
                for (name, value) in source.options() {
                    add(&mut text, name, Some(value));
                }
            }
            Thing::Credstash(source) => {
                for (name, value) in source.options() {
                    add_encoded(&mut text, name, &value);
                }
            }
            Thing::Vault(source) => {
                for (name, value) in source.options() {
                    add(&mut text, name, value.as_deref());
                }
            }
            Thing::Confidant(source) => {
                let profile = source.profile.as_deref();
                if profile.is_some() {
                    add(&mut text, "confidant-profile", profile);
                }
            }
            Thing::Keywhiz(source) => {
                for name in source.options() {
                    add(&mut text, name, None);
                }
            }
            Thing::Objects(source) => {
                for (name, value) in source.options() {
                    add(&mut text, name, Some(value));
                }
            }
        }
        if let Some(access) = &self.access {
            access.write(&mut text);
        }
        (!text.is_empty()).then(|| text.into())
    }
}

impl From<parameter_store::Source> for Source {
    fn from(source: parameter_store::Source) -> Self {
        Self {
            thing: Thing::ParameterStore(source),
            access: None,
        }
    }
}

impl From<secrets_manager::Source> for Source {
    fn from(source: secrets_manager::Source) -> Self {
        Self {
            thing: Thing::SecretsManager(source),
            access: None,
        }
    }
}

impl From<objects::Source> for Source {
    fn from(source: objects::Source) -> Self {
        Self {
            thing: Thing::Objects(source),
            access: None,
        }
    }
}

impl From<credstash::Source> for Source {
    fn from(source: credstash::Source) -> Self {
        Self {
            thing: Thing::Credstash(source),
            access: None,
        }
    }
}

impl From<biscuit::Source> for Source {
    fn from(source: biscuit::Source) -> Self {
        Self {
            thing: Thing::Biscuit(source),
            access: None,
        }
    }
}

impl From<confidant::Source> for Source {
    fn from(source: confidant::Source) -> Self {
        Self {
            thing: Thing::Confidant(source),
            access: None,
        }
    }
}

impl From<vault::Source> for Source {
    fn from(source: vault::Source) -> Self {
        Self {
            thing: Thing::Vault(source),
            access: None,
        }
    }
}

impl From<keywhiz::Source> for Source {
    fn from(source: keywhiz::Source) -> Self {
        Self {
            thing: Thing::Keywhiz(source),
            access: None,
        }
    }
}

/// As a place is written.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let options = self.options();
        match &self.thing {
            Thing::ParameterStore(source) if options.is_none() => source.fmt(f)?,
            Thing::ParameterStore(source) => source.write_uri(f)?,
            Thing::SecretsManager(source) => source.fmt(f)?,
            Thing::Credstash(source) => source.fmt(f)?,
            Thing::Vault(source) => source.fmt(f)?,
            Thing::Confidant(source) => source.fmt(f)?,
            Thing::Keywhiz(source) => source.fmt(f)?,
            Thing::Objects(source) => source.fmt(f)?,
            Thing::Biscuit(source) => f.write_str(&source.file())?,
        }
        f.write_str(options.as_deref().unwrap_or_default())?;
        match &self.thing {
            // Options stand before what follows a `#`.
            Thing::Biscuit(source) => f.write_str(&source.fragment()),
            _ => Ok(()),
        }
    }
}

impl Access {
    /// The caller that these make of the one that everything else is read as.
    pub fn apply(&self, caller: &Caller) -> Caller {
        let mut caller = caller.clone();
        if let Some(region) = &self.region {
            caller.region = Some(Given::new(region, "a place"));
        }
        // A role that was given for everything is not one of another profile.
        if let Some(profile) = &self.profile {
            caller.profile = Some(Given::new(profile, "a place"));
            caller.role = None;
        }
        if let Some(role) = &self.role {
            caller.role = Some(role.clone());
        }
        caller
    }

    fn write(&self, text: &mut String) {
        let role = self.role.as_ref();
        let fields = [
            ("region", self.region.as_deref()),
            ("profile", self.profile.as_deref()),
            ("role", role.map(|role| role.arn.as_str())),
            ("external-id", role.and_then(|it| it.external_id.as_deref())),
            ("fallback-region", self.fallback_region.as_deref()),
        ];
        for (name, value) in fields {
            if value.is_some() {
                add(text, name, value);
            }
        }
    }
}

/// Adds an option to those of a place, with its value if it has one.
fn add(text: &mut String, name: &str, value: Option<&str>) {
    text.push(if text.is_empty() { '?' } else { '&' });
    text.push_str(name);
    if let Some(value) = value {
        text.push('=');
        encode(text, value);
    }
}

/// The same of a value that is encoded already.
fn add_encoded(text: &mut String, name: &str, value: &str) {
    text.push(if text.is_empty() { '?' } else { '&' });
    text.push_str(name);
    text.push('=');
    text.push_str(value);
}
