//! What a place names in Secrets Manager.
#![forbid(unsafe_code)]

use super::options::{Options, SHORTEST_ID};
use super::syntax::{Fault, Place, flat};
use crate::aws::arn::{self, Arn};
use crate::stores::secrets_manager;

/// What a location names in Secrets Manager.
///
/// # Errors
///
/// What no secret or set of them can be called.
pub fn parse(text: &str, key: Option<String>, options: &Options) -> Result<Place, Fault> {
    let Options { stage, version, .. } = options;
    let set = if arn::is_meant(text) {
        None
    } else if text.ends_with('/') {
        Some(secrets_manager::Source::Below {
            prefix: text.to_owned(),
        })
    } else if text.contains('*') {
        let glob = flat(text)?;
        Some(secrets_manager::Source::Matching { glob })
    } else {
        None
    };
    if let Some(set) = set {
        if set.prefix() == "/" {
            return Err(Fault::new("names no secret")
                .hint("begin with literal text, such as `secretsmanager://prd/app/`"));
        }
        valid_secret(set.prefix())?;
        if stage.is_some() || version.is_some() {
            return Err(
                Fault::new("has a `stage` or a `version`, and names a set of secrets")
                    .hint("a set is read at AWSCURRENT; a single secret can have one"),
            );
        }
        return Ok(Place {
            key,
            ..Place::whole(set.into())
        });
    }
    let (selector, key) = one_secret(text, key)?;
    let both = |of_text: Option<String>, of_options: &Option<String>, name: &str| match (
        of_text, of_options,
    ) {
        (Some(one), Some(other)) if one != *other => Err(Fault::new(format!(
            "names two {name}, `{one}` and `{other}`"
        ))),
        (one, other) => Ok(one.or_else(|| other.clone())),
    };
    let selector = secrets_manager::Selector {
        stage: both(selector.stage, stage, "stages")?,
        version: both(selector.version, version, "versions")?,
        ..selector
    };
    Ok(Place {
        key,
        ..Place::whole(secrets_manager::Source::One(selector).into())
    })
}

/// A secret: `NAME`, `NAME:STAGE`, `NAME:VERSION`, or an ARN that ends like that or, as in ECS task
/// definitions, with `:KEY:STAGE:VERSION`.
fn one_secret(
    text: &str,
    mut key: Option<String>,
) -> Result<(secrets_manager::Selector, Option<String>), Fault> {
    let mut selector = secrets_manager::Selector {
        id: text.to_owned(),
        stage: None,
        version: None,
    };
    let name;
    if arn::is_meant(text) {
        const NO_SECRET: &str = "is not the ARN of a secret";
        let parsed = Arn::of("secretsmanager", text).ok_or(NO_SECRET)?;
        let fields: Vec<&str> = parsed.resource().split(':').collect();
        let ["secret", id, rest @ ..] = fields.as_slice() else {
            return Err(NO_SECRET.into());
        };
        name = *id;
        match rest {
            [] => {}
            [one] => selector.at(one)?,
            &[member, stage, version] => {
                if !member.is_empty() && key.replace(member.to_owned()).is_some() {
                    return Err("names two keys".into());
                }
                let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
                (selector.stage, selector.version) = (given(stage), given(version));
            }
            _ => {
                return Err(Fault::new(NO_SECRET)
                    .hint("after it stands `:STAGE`, or `:KEY:STAGE:VERSION` as ECS writes it"));
            }
        }
        let suffix: usize = rest.iter().map(|it| it.len() + 1).sum();
        selector.id.truncate(text.len() - suffix);
    } else {
        name = match text.split_once(':') {
            Some((name, version)) => {
                selector.at(version)?;
                selector.id.truncate(name.len());
                name
            }
            None => text,
        };
    }
    valid_secret(name)?;
    if name.ends_with('/') {
        return Err(Fault::new("has a stage or a version after its `/`")
            .hint("a set is read at AWSCURRENT; a single secret can have one"));
    }
    let fits = |it: char| it.is_ascii_alphanumeric() || "_.-/+=@".contains(it);
    let versions = [&selector.stage, &selector.version];
    if !versions
        .iter()
        .all(|it| it.iter().all(|it| it.chars().all(fits)))
    {
        return Err(
            "names an invalid stage or version: only letters, digits, `_`, `.` and `-` are allowed"
                .into(),
        );
    }
    Ok((selector, key))
}

impl secrets_manager::Selector {
    /// Sets the version from what follows a name: an identifier of a version has 32 characters at
    /// least (PutSecretValue, `ClientRequestToken`), and the stages of AWS are shorter.
    fn at(&mut self, text: &str) -> Result<(), Fault> {
        if text.is_empty() {
            return Err("ends with a colon, but has no stage or version".into());
        }
        match text.len() >= SHORTEST_ID {
            true => self.version = Some(text.to_owned()),
            false => self.stage = Some(text.to_owned()),
        }
        Ok(())
    }
}

/// Checks the characters and the length of a secret's name (CreateSecret, `Name`).
fn valid_secret(name: &str) -> Result<(), Fault> {
    const LONGEST: usize = 512;
    let allowed = |it: char| it.is_ascii_alphanumeric() || "/_+=.@-".contains(it);
    if name.trim_matches('/').is_empty() {
        return Err(Fault::new("names no secret").hint("such as `secretsmanager://prd/app/db`"));
    }
    if let Some(it) = name.chars().find(|it| !allowed(*it)) {
        return Err(Fault::new(format!(
            "contains `{it}`, which the name of a secret cannot: only letters, digits and \
             `/_+=.@-` are allowed"
        )));
    }
    match name.len() > LONGEST {
        true => Err(Fault::new(format!(
            "has a name of more than {LONGEST} characters, the most that a secret can have"
        ))),
        false => Ok(()),
    }
}
