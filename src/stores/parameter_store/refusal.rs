//! What an error response of Parameter Store means, and which permission the caller lacks.

use crate::aws::arn::{Arn, Scope};
use crate::aws::denial::{missing_use, named_after, scope_of};
use crate::aws::iam::{KeyUse, Statement};
use crate::aws::refusal::{Kind, Refusal};
use crate::aws::session::Session;
use crate::net::call::{AttemptError, Effect};
use crate::net::reply::Reply;
use crate::stores::call;
use crate::stores::error::Error;
use crate::stores::parameter_store::pages::InvalidResponse;
use crate::stores::parameter_store::target::Target;

/// Codes for a parameter or a version that does not exist. For tags it is a resource.
const NOT_FOUND: [&str; 3] = [
    "InvalidResourceId",
    "ParameterNotFound",
    "ParameterVersionNotFound",
];

impl call::Target for Target {
    type Flaw = InvalidResponse;

    fn effect(&self) -> Effect {
        match self {
            Self::Path { .. } | Self::Names(_) | Self::Catalogue { .. } => Effect::None,
            Self::Some { operation, .. } => operation.effect(),
        }
    }

    fn refused(&self, refusal: Refusal, session: &Session, signer: String) -> AttemptError<Error> {
        refused(refusal, self, session, signer)
    }
}

/// Classifies an error response, of Parameter Store or of something in its place.
fn refused(
    refusal: Refusal,
    target: &Target,
    session: &Session,
    signer: String,
) -> AttemptError<Error> {
    let place = session.place();
    if is_about_the_key(&refusal.reply) {
        return AttemptError::Certain(key_denied(target, place, refusal.reply, session));
    }
    let Refusal {
        kind,
        reply,
        skewed,
    } = match call::of_the_thing(refusal, session, signer) {
        Ok(refusal) => refusal,
        Err(error) => return error,
    };
    let code = reply.code.as_deref().unwrap_or_default();
    let named = target.to_string();
    AttemptError::Certain(match kind {
        Kind::Denied => {
            let error = denied(target, place, reply, session);
            match skewed {
                true => return AttemptError::ClockSkew(error),
                false => error,
            }
        }
        _ if NOT_FOUND.contains(&code) => Error::NotFound {
            target: named,
            place,
        },
        _ if code == "ParameterAlreadyExists" => Error::Exists {
            target: named,
            place,
            lost: false,
        },
        // AWS does not respond without a code: a portal or a proxy does, or the endpoint is wrong.
        _ if code.is_empty() => Error::InvalidResponse {
            target: named,
            place,
            what: reply.to_string(),
        },
        _ => Error::Rejected {
            hint: hint(code),
            target: named,
            place,
            reply,
        },
    })
}

/// What to try, where the message of the service does not help.
fn hint(code: &str) -> Option<&'static str> {
    Some(match code {
        "ParameterMaxVersionLimitExceeded" => {
            "the oldest of a hundred versions has a label: `envsecrets history` shows it, and \
             `envsecrets label` moves it"
        }
        "ParameterVersionLabelLimitExceeded" => {
            "a version has ten labels at most: `envsecrets label --remove` removes one"
        }
        "ParameterPatternMismatchException" => {
            "the value does not match the parameter's own pattern: `envsecrets history --format \
             json` shows it, and `envsecrets put --pattern` sets another"
        }
        "TooManyTagsError" => {
            "a parameter has fifty tags at most: `envsecrets tag --remove` removes one"
        }
        _ => return None,
    })
}

/// Errors of KMS have the code of an IAM denial, or of an invalid key; only the message differs.
fn is_about_the_key(reply: &Reply) -> bool {
    let message = reply.message.as_deref().unwrap_or_default();
    reply.code.as_deref() == Some("InvalidKeyId")
        || message.contains("kms:")
        || message.contains("ciphertext refers to a customer master key")
}

/// The ARN of a parameter for IAM: without version or label.
fn resource(name: &str, scope: &Scope) -> String {
    let start = Arn::parse(name).map_or(0, |arn| name.len() - arn.resource().len());
    let end = name[start..]
        .find(':')
        .map_or(name.len(), |end| start + end);
    scope.parameter(&name[..end])
}

/// A denied call, with the missing statement. AWS names action and resource in its message; where
/// it does not, they follow from the request.
fn denied(target: &Target, place: String, reply: Reply, session: &Session) -> Error {
    let scope = scope_of(&reply, session);
    let all = |names: &[String]| names.iter().map(|name| resource(name, &scope)).collect();
    let (action, resources) = match target {
        // Both the path and the parameters below it are authorised.
        Target::Path { path, .. } => {
            let itself = (path != "/").then(|| scope.parameter(path));
            let below = scope.parameters_below(path);
            let resources = itself.into_iter().chain([below]).collect();
            ("ssm:GetParametersByPath", resources)
        }
        // It cannot be restricted to resources.
        Target::Catalogue { .. } => ("ssm:DescribeParameters", vec!["*".to_owned()]),
        Target::Names(names) => ("ssm:GetParameters", all(names)),
        Target::Some { operation, names } => (operation.action(), all(names)),
    };
    let named = match target {
        Target::Names(_) | Target::Some { .. } => named_after(&reply, "on resource: "),
        Target::Path { .. } | Target::Catalogue { .. } => None,
    };
    let resources = named.map_or(resources, |resource| vec![resource.to_owned()]);
    let action = named_after(&reply, "not authorized to perform: ").unwrap_or(action);
    let missing = Box::new(Statement::allow(&[action], resources));
    Error::Denied {
        verb: target.verb(),
        target: target.to_string(),
        place,
        reply,
        missing,
    }
}

/// A denied use of the key, with the missing statement.
fn key_denied(target: &Target, place: String, reply: Reply, session: &Session) -> Error {
    let scope = scope_of(&reply, session);
    let parameters = match target {
        Target::Path { path, .. } => vec![scope.parameters_below(path)],
        Target::Names(names) | Target::Some { names, .. } => {
            names.iter().map(|name| resource(name, &scope)).collect()
        }
        Target::Catalogue { .. } => Vec::new(),
    };
    let (usual, hint) = match target.cipher() {
        "encrypt" => (
            "kms:Encrypt",
            "allow kms:Encrypt, and kms:GenerateDataKey for an advanced parameter, on the key in \
             the caller's policy and in the key's own; the key must exist, be enabled, and be in \
             this region",
        ),
        _ => (
            "kms:Decrypt",
            "allow kms:Decrypt on the key that encrypts these parameters, in the caller's policy \
             and in the key's own; the key must exist, be enabled, and be in this region",
        ),
    };
    let missing = missing_use(&reply, usual, KeyUse::of_parameters(&scope, parameters));
    Error::KeyDenied {
        verb: target.cipher(),
        target: target.to_string(),
        place,
        reply,
        missing,
        hint,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn reply(code: Option<&str>, message: &str) -> Reply {
        Reply {
            status: 400,
            code: code.map(str::to_owned),
            message: Some(message.to_owned()),
            request_id: None,
        }
    }

    #[test]
    fn a_denied_key_is_distinguished_from_a_denied_parameter_by_its_message() {
        for (code, message, about_the_key) in [
            ("InvalidKeyId", "", true),
            (
                "AccessDeniedException",
                "User: arn:aws:iam::123456789012:user/x is not authorized to perform: kms:Decrypt",
                true,
            ),
            (
                "AccessDeniedException",
                "The ciphertext refers to a customer master key that does not exist, does not \
                 exist in this region, or you are not allowed to access.",
                true,
            ),
            (
                "AccessDeniedException",
                "User: arn:aws:iam::123456789012:user/x is not authorized to perform: \
                 ssm:GetParametersByPath",
                false,
            ),
        ] {
            let reply = reply(Some(code), message);
            assert_eq!(is_about_the_key(&reply), about_the_key, "{code}: {message}");
        }
    }

    proptest! {
        #[test]
        fn no_message_makes_it_panic(text in any::<String>()) {
            let _ = is_about_the_key(&reply(Some(&text), &text));
        }
    }
}
