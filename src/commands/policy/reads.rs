//! What a launch reads as the principal that gets the policy, and what as others.
#![forbid(unsafe_code)]

use std::sync::Arc;

use super::needs::{Access, Entries, Needs, Object, Part, Rows, Token};
use super::patterns::Patterns;
use crate::launch::error::Errors;
use crate::launch::plan::Plan;
use crate::options::UsageError;
use crate::output;
use crate::stores::{
    self, Source, Thing, arn, biscuit, confidant, credstash, keywhiz, parameter_store,
    secrets_manager, vault,
};

/// All that a launch reads.
pub struct Reads {
    pub needs: Needs,
    /// What other principals read. Their own policies must allow it.
    pub others: Vec<Other>,
    /// What is read from Vault or OpenBao, whose own policy must allow it.
    pub elsewhere: Vec<vault::Source>,
    /// What is read from Keywhiz, whose groups must have it.
    pub of_groups: Vec<keywhiz::Source>,
}

/// A principal that a place names, and what is read as it.
pub struct Other {
    who: Who,
    /// As the places are written.
    places: Vec<String>,
    /// The options that give the same places as this principal reads them.
    options: Vec<String>,
}

#[derive(Debug, PartialEq, Eq)]
enum Who {
    /// The principal of a profile.
    Profile(String),
    /// A role that is assumed, by its ARN.
    Role(String),
}

impl Reads {
    /// What these layers need; `is_own` is whether the policy is that of a role.
    ///
    /// # Errors
    ///
    /// If a glob matches no name, a file with names of keys cannot be read, or the file of Confidant's client
    /// is missing or wrong.
    pub fn of(plan: &Plan, is_own: impl Fn(&str) -> bool) -> Result<Self, Errors> {
        let mut reads = Self {
            needs: Needs {
                access: Access::Values,
                parts: Vec::new(),
                roles: Vec::new(),
                keys: Vec::new(),
            },
            others: Vec::new(),
            elsewhere: Vec::new(),
            of_groups: Vec::new(),
        };
        for layer in &plan.layers {
            let source = &layer.source;
            match &source.thing {
                Thing::Vault(source) => reads.elsewhere.push(source.clone()),
                Thing::Keywhiz(source) => reads.of_groups.push(source.clone()),
                _ => {}
            }
            if matches!(source.thing, Thing::Vault(_) | Thing::Keywhiz(_)) {
                continue;
            }
            if let Some(who) = who(source, plan, &is_own) {
                reads.add_other(who, source);
                continue;
            }
            if let Thing::Biscuit(source) = &source.thing {
                let entries = entries(source, plan)?;
                let access = layer.source.access.as_deref();
                let region = access.and_then(|it| it.region.clone());
                reads.part(region).entries.extend(entries);
                continue;
            }
            let access = source.access.as_deref();
            let region = access.and_then(|it| it.region.clone());
            if let Thing::Confidant(own) = &source.thing {
                let settings = confidant::configured(own.profile.as_deref())?;
                let role = settings.role.map(|role| role.arn);
                let role = role.filter(|_| access.is_none_or(|it| it.role.is_none()));
                match role.filter(|role| !is_own(role)) {
                    Some(role) => reads.add_other(Who::Role(role), source),
                    None => reads.part(region.or(settings.region)).add(Token {
                        context: settings.context.pairs(),
                        key: settings.key,
                    }),
                }
                continue;
            }
            let fallback = access.and_then(|it| it.fallback_region.clone());
            for region in [Some(region), fallback.map(Some)].into_iter().flatten() {
                add(reads.part(region), &source.thing)?;
            }
        }
        for part in &mut reads.needs.parts {
            let paths = std::mem::take(&mut part.paths);
            let is_below = |path: &str, other: &str| {
                let rest = path.strip_prefix(other.trim_end_matches('/'));
                path != other && rest.is_some_and(|rest| rest.starts_with('/'))
            };
            let outermost = |path: &&String| !paths.iter().any(|other| is_below(path, other));
            part.paths = paths.iter().filter(outermost).cloned().collect();
        }
        Ok(reads)
    }

    /// The part of a region.
    fn part(&mut self, region: Option<String>) -> &mut Part {
        let parts = &mut self.needs.parts;
        let known = parts.iter().position(|part| part.region == region);
        let index = known.unwrap_or_else(|| {
            let part = Part {
                region,
                ..Part::default()
            };
            parts.push(part);
            parts.len() - 1
        });
        &mut parts[index]
    }

    fn add_other(&mut self, who: Who, source: &Source) {
        if let Who::Role(arn) = &who
            && !self.needs.roles.contains(arn)
        {
            self.needs.roles.push(arn.clone());
        }
        let known = self.others.iter().position(|other| other.who == who);
        let index = known.unwrap_or_else(|| {
            self.others.push(Other {
                who,
                places: Vec::new(),
                options: Vec::new(),
            });
            self.others.len() - 1
        });
        let other = &mut self.others[index];
        other.places.push(format!("`{source}`"));
        let option = option(&without(source, &other.who), other.options.len() + 1);
        other.options.push(option);
    }
}

impl Other {
    /// A note: who reads what, and the command that prints the policy for it. `common` are the
    /// options that both commands have.
    pub fn note(&self, common: &[String]) -> String {
        let (who, option) = match &self.who {
            Who::Profile(name) => (
                "the principal of that profile".to_owned(),
                format!("--profile {}", shell(name)),
            ),
            Who::Role(arn) => ("that role".to_owned(), format!("--role {}", shell(arn))),
        };
        let mut words = vec!["envsecrets policy".to_owned()];
        words.push(option);
        words.extend_from_slice(common);
        words.extend_from_slice(&self.options);
        let are = match self.places.len() {
            1 => "is",
            _ => "are",
        };
        format!(
            "{} {are} read as {who}, whose own policy must allow it: `{}` prints that",
            self.places.join(", "),
            words.join(" ")
        )
    }
}

/// The other principal as which a source is read, if it is one: first that of its profile, with
/// whose credentials a role is assumed.
fn who(source: &Source, plan: &Plan, is_own: &impl Fn(&str) -> bool) -> Option<Who> {
    let access = source.access.as_deref()?;
    if let Some(profile) = &access.profile
        && plan.caller.profile.as_ref().map(|it| &it.text) != Some(profile)
    {
        return Some(Who::Profile(profile.clone()));
    }
    let role = access.role.as_ref()?;
    (!is_own(&role.arn)).then(|| Who::Role(role.arn.clone()))
}

/// The same source, as that principal reads it.
fn without(source: &Source, who: &Who) -> Source {
    let mut source = source.clone();
    if let Some(access) = source.access.take() {
        let mut access = (*access).clone();
        match who {
            Who::Profile(_) => access.profile = None,
            Who::Role(_) => (access.profile, access.role) = (None, None),
        }
        source.access = (access != Default::default()).then(|| Arc::new(access));
    }
    source
}

/// The option of a launch that reads a source.
fn option(source: &Source, number: usize) -> String {
    let text = shell(&source.to_string());
    match (&source.thing, &source.access) {
        (Thing::ParameterStore(parameter_store::Source::Matching { .. }), None) => {
            format!("--names {text}")
        }
        _ if source.is_one() => format!("--secret S{number}={text}"),
        _ => format!("--from {text}"),
    }
}

/// A word for a shell.
fn shell(text: &str) -> String {
    let plain = |it: char| it.is_ascii_alphanumeric() || "-_./:=@,+%".contains(it);
    match text.chars().all(plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

impl Part {
    fn add(&mut self, token: Token) {
        if !self.tokens.contains(&token) {
            self.tokens.push(token);
        }
    }
}

/// Adds what a source needs.
fn add(part: &mut Part, thing: &Thing) -> Result<(), UsageError> {
    let (list, name) = match thing {
        Thing::ParameterStore(source) => match source {
            parameter_store::Source::Below { path, .. } => (&mut part.paths, path.clone()),
            parameter_store::Source::Matching { glob, .. } => {
                let found = Patterns::of(glob.text());
                let hint = "names contain only letters, digits, `_`, `.`, `-` and `/`";
                let what = format!("--names {}", glob.text());
                part.patterns
                    .extend(fitting(found, &what, "parameter", hint)?);
                return Ok(());
            }
            parameter_store::Source::One(selector) => {
                let secret = selector
                    .name()
                    .strip_prefix("aws/reference/secretsmanager/");
                match secret {
                    Some(secret) => (&mut part.references, secret.to_owned()),
                    None => (&mut part.names, selector.base().to_owned()),
                }
            }
        },
        Thing::SecretsManager(source) => match source {
            secrets_manager::Source::Below { prefix } => (&mut part.listed, format!("{prefix}*")),
            secrets_manager::Source::Matching { glob } => {
                let found = Patterns::of_secrets(glob.text());
                let hint = "names contain only letters, digits and `/_+=.@-`";
                part.listed
                    .extend(fitting(found, &source.to_string(), "secret", hint)?);
                return Ok(());
            }
            secrets_manager::Source::One(selector) => (&mut part.secrets, selector.id.clone()),
        },
        Thing::Objects(source) => {
            let object = Object {
                bucket: source.bucket.clone(),
                key: source.key.clone(),
                is_version: source.version.is_some(),
            };
            if !part.objects.contains(&object) {
                part.objects.push(object);
            }
            return Ok(());
        }
        Thing::Credstash(source) => {
            let credstash::Source {
                table,
                what,
                keyring,
            } = source;
            let rows = Rows {
                table: table.to_string(),
                name: match what {
                    credstash::What::Beginning(_) => None,
                    credstash::What::One(selector) => Some(selector.name.clone()),
                },
                kms_region: keyring.region.clone(),
                context: keyring.context.clone(),
            };
            if !part.rows.contains(&rows) {
                part.rows.push(rows);
            }
            return Ok(());
        }
        // IAM has no part in some, and the files that others name decide, which were looked at before.
        Thing::Vault(_) | Thing::Confidant(_) | Thing::Keywhiz(_) | Thing::Biscuit(_) => {
            return Ok(());
        }
    };
    if !list.contains(&name) {
        list.push(name);
    }
    Ok(())
}

/// What of a file of Biscuit is decrypted, if anything is.
fn entries(source: &biscuit::Source, plan: &Plan) -> Result<Option<Entries>, stores::Error> {
    let found = biscuit::keys(source, plan.caller.timeout)?;
    if found.is_none() {
        output::note(format_args!(
            "`{}` does not exist here, so that its keys are not known: use `--key-id`",
            source.path
        ));
    }
    let found = found.unwrap_or(biscuit::Keys {
        ids: Vec::new(),
        is_sealed: true,
    });
    let are_arns = found.ids.iter().all(|id| arn::Arn::of("kms", id).is_some());
    Ok(found.is_sealed.then(|| Entries {
        keys: match are_arns {
            true => found.ids,
            false => Vec::new(),
        },
        name: source.name.clone(),
    }))
}

/// The patterns of a glob, of which there must be one.
fn fitting(
    found: Patterns,
    glob: &str,
    thing: &str,
    hint: &'static str,
) -> Result<Vec<String>, UsageError> {
    if found.patterns.is_empty() {
        return Err(UsageError::new(
            format!("`{glob}` matches no name that a {thing} can have"),
            hint,
        ));
    }
    if found.widened {
        output::note(format_args!(
            "`{glob}` has too many alternatives for a policy: `*` replaces them"
        ));
    }
    Ok(found.patterns)
}
