//! What a secret may be named, and by what a request may mean one.

use super::error::invalid_name;
use crate::api::ApiError;

const LONGEST: usize = 512;
/// What the service adds to the name in an ARN: a hyphen and this many characters.
const SUFFIX: usize = 6;

/// Checks the name of a secret that is to be made.
pub(super) fn check_new(name: &str) -> Result<(), ApiError> {
    let bound = match name.chars().count() {
        0 => "greater than or equal to 1",
        length if length > LONGEST => "less than or equal to 512",
        _ if !is_name(name) => return Err(invalid_name()),
        _ => return Ok(()),
    };
    Err(ApiError::constraint(
        "name",
        &format!("'{name}'"),
        &format!("Member must have length {bound}"),
    ))
}

/// Letters, digits and `/_+=.@-!`; the last of these only in the service's own message.
pub(super) fn is_name(text: &str) -> bool {
    let good = |it: char| it.is_ascii_alphanumeric() || "/_+=.@-!".contains(it);
    !text.is_empty() && text.chars().all(good)
}

/// By what a request means a secret.
pub(super) enum Id<'a> {
    Name(&'a str),
    Arn(Arn<'a>),
}

/// `arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-SUFFIX`, or the same without the suffix.
pub(super) struct Arn<'a> {
    pub(super) text: &'a str,
    pub(super) region: &'a str,
    pub(super) account: &'a str,
    resource: &'a str,
}

impl<'a> Id<'a> {
    pub(super) fn parse(text: &'a str) -> Result<Self, ApiError> {
        if text.starts_with("arn:") {
            return Arn::parse(text).map(Self::Arn).ok_or_else(invalid_name);
        }
        if text.is_empty() {
            return Err(ApiError::constraint(
                "secretId",
                "''",
                "Member must have length greater than or equal to 1",
            ));
        }
        if is_name(text) {
            Ok(Self::Name(text))
        } else {
            Err(invalid_name())
        }
    }
}

impl<'a> Arn<'a> {
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let parts: Vec<&str> = text.splitn(7, ':').collect();
        match parts[..] {
            [
                "arn",
                _,
                "secretsmanager",
                region,
                account,
                "secret",
                resource,
            ] if is_name(resource) => Some(Self {
                text,
                region,
                account,
                resource,
            }),
            _ => None,
        }
    }

    /// The name of the secret, and whether the ARN is complete. The service takes each resource
    /// that ends in a hyphen and six characters for a complete one: the name `app-secret` can not
    /// be found by its incomplete ARN.
    pub(super) fn name(&self) -> (&'a str, bool) {
        let cut = self.resource.len().checked_sub(SUFFIX + 1);
        let suffix = cut.and_then(|cut| self.resource.get(cut..));
        let complete = suffix
            .and_then(|suffix| suffix.strip_prefix('-'))
            .is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        match cut {
            Some(cut) if complete && cut > 0 => (&self.resource[..cut], true),
            _ => (self.resource, false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Arn;

    #[test]
    fn an_arn_is_complete_if_it_ends_like_one() {
        for (resource, expected) in [
            ("prd/db-AbCdEf", ("prd/db", true)),
            ("prd/db", ("prd/db", false)),
            ("app-secret", ("app", true)),
            ("app-secret-AbCdEf", ("app-secret", true)),
            ("-AbCdEf", ("-AbCdEf", false)),
            ("a-b=c+d.e", ("a-b=c+d.e", false)),
            ("x", ("x", false)),
        ] {
            let text = format!("arn:aws:secretsmanager:us-east-1:123456789012:secret:{resource}");
            assert_eq!(Arn::parse(&text).unwrap().name(), expected, "{resource}");
        }
        assert!(Arn::parse("arn:aws:ssm:us-east-1:123456789012:parameter/a").is_none());
    }
}
