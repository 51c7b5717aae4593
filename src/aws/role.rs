//! Roles of IAM: which texts name one.
#![forbid(unsafe_code)]

use crate::aws::arn::{Arn, is_account};

/// A role to assume.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Role {
    pub arn: String,
    /// What the trust policy of a role in another's account may require. It is not a secret (IAM User
    /// Guide, "Access to AWS accounts owned by third parties").
    pub external_id: Option<String>,
}

/// Why a text is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// The rest of a sentence that begins with the text.
    pub what: &'static str,
    /// What to try.
    pub hint: &'static str,
}

/// Checks the ARN of a role: `arn:PARTITION:iam::ACCOUNT:role/PATH/NAME` (IAM User Guide, "IAM
/// identifiers").
///
/// # Errors
///
/// What is wrong with it.
pub fn role(text: &str) -> Result<Role, Flaw> {
    let flaw = |what| {
        let hint = "the form is `arn:aws:iam::123456789012:role/NAME`";
        Err(Flaw { what, hint })
    };
    /// AssumeRole, `RoleArn`.
    const LONGEST: usize = 2048;
    let Some(arn) = Arn::parse(text) else {
        return flaw("is not the ARN of a role");
    };
    let resource = arn.resource();
    if arn.service() == "sts" && resource.starts_with("assumed-role/") {
        return flaw("is a session of a role, and not the role");
    }
    if arn.service() != "iam" {
        return flaw("is not the ARN of a role of IAM");
    }
    if !is_partition(arn.partition()) {
        return flaw("names no partition of AWS");
    }
    if !arn.region().is_empty() {
        return flaw("names a region, and roles have none");
    }
    if !arn.account().is_some_and(is_account) {
        return flaw("names no account of twelve digits");
    }
    let Some(role) = resource.strip_prefix("role/") else {
        return flaw(match resource.split('/').next() {
            Some("user") => "is a user, and only a role can be assumed",
            Some("group") => "is a group, and only a role can be assumed",
            _ => "is not the ARN of a role",
        });
    };
    let mut path = role.split('/');
    let is_name = path.next_back().is_some_and(|it| is_name(it, 1, 64));
    let is_part = |it: &str| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_name || !path.all(is_part) || text.len() > LONGEST {
        return flaw("has no name that a role can have");
    }
    Ok(Role {
        arn: text.to_owned(),
        external_id: None,
    })
}

/// Checks an external id (AssumeRole, `ExternalId`).
///
/// # Errors
///
/// What is wrong with it.
pub fn external_id(text: &str) -> Result<&str, Flaw> {
    let allowed = |byte: u8| is_in_name(byte) || b":/".contains(&byte);
    match (2..=1224).contains(&text.len()) && text.bytes().all(allowed) {
        true => Ok(text),
        false => Err(Flaw {
            what: "cannot be an external id",
            hint: "it has 2 to 1224 characters: letters, digits, and any of `_+=,.@:/-`",
        }),
    }
}

/// The partitions so far are `aws` and `aws-…`.
fn is_partition(text: &str) -> bool {
    let rest = text.strip_prefix("aws");
    rest.is_some_and(|rest| {
        let is_word = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_lowercase());
        rest.is_empty()
            || rest
                .strip_prefix('-')
                .is_some_and(|it| it.split('-').all(is_word))
    })
}

/// Whether a text has the characters of names in IAM (`[\w+=,.@-]*`), and a length within these.
pub fn is_name(text: &str, shortest: usize, longest: usize) -> bool {
    (shortest..=longest).contains(&text.len()) && text.bytes().all(is_in_name)
}

pub fn is_in_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte)
}

#[cfg(test)]
mod tests;
