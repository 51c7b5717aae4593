//! What an error response of Secrets Manager means, and which permission the caller lacks.

use crate::aws::arn::Scope;
use crate::aws::denial::{missing_use, named_after, scope_of};
use crate::aws::iam::{KeyUse, Statement};
use crate::aws::refusal::Refusal;
use crate::aws::session::Session;
use crate::net::call::{AttemptError, Effect};
use crate::net::reply::Reply;
use crate::stores::call;
use crate::stores::error::Error;
use crate::stores::secrets_manager::target::{InvalidResponse, Target};

/// The code for a secret or a version that does not exist.
pub const NOT_FOUND: &str = "ResourceNotFoundException";

impl call::Target for Target {
    type Flaw = InvalidResponse;

    fn effect(&self) -> Effect {
        Effect::None
    }

    fn refused(&self, refusal: Refusal, session: &Session, signer: String) -> AttemptError<Error> {
        call::refused(refusal, session, signer, |reply| {
            AttemptError::Certain(about(self, reply, session))
        })
    }
}

/// The error for a refusal that is about the secrets.
pub fn about(target: &Target, reply: Reply, session: &Session) -> Error {
    let code = reply.code.as_deref().unwrap_or_default();
    let message = reply.message.as_deref().unwrap_or_default();
    let place = session.place();
    if is_about_the_key(code, message) {
        return key_denied(target, place, reply, session);
    }
    if code.starts_with("AccessDenied") || (code.is_empty() && reply.status == 403) {
        return denied(target, place, reply, session);
    }
    match code {
        NOT_FOUND => Error::NotFound {
            target: target.to_string(),
            place,
        },
        // The same code is used for other states of a secret.
        "InvalidRequestException" if message.contains("delet") => Error::Deleted {
            target: target.to_string(),
            place,
        },
        // AWS does not respond without a code: a portal or a proxy does, or the endpoint is wrong.
        "" => Error::InvalidResponse {
            target: target.to_string(),
            place,
            what: reply.to_string(),
        },
        _ => Error::Rejected {
            hint: hint(code, message),
            target: target.to_string(),
            place,
            reply,
        },
    }
}

/// Whether the key was refused. Most refusals of KMS have the code of an IAM denial; only the
/// message differs, and is `Access to KMS is not allowed` where the caller lacks `kms:Decrypt`.
fn is_about_the_key(code: &str, message: &str) -> bool {
    let words = ["kms:", "Access to KMS", "KMS key"];
    code == "DecryptionFailure" || words.iter().any(|it| message.contains(it))
}

/// What to try, where the message of the service does not help.
fn hint(code: &str, message: &str) -> Option<&'static str> {
    match code {
        "InvalidRequestException" if message.contains("default KMS service key") => Some(
            "the secret of another account must be encrypted with a customer managed key there, \
             whose policy allows kms:Decrypt to this account",
        ),
        _ => None,
    }
}

/// A denied call, with the missing statement. AWS names action and resource in its message; where
/// it does not, they follow from the request.
fn denied(target: &Target, place: String, reply: Reply, session: &Session) -> Error {
    let scope = scope_of(&reply, session);
    let (action, resources) = match target {
        Target::List { .. } => ("secretsmanager:ListSecrets", vec!["*".to_owned()]),
        Target::Batch { ids, .. } => ("secretsmanager:GetSecretValue", secrets(ids, &scope)),
        Target::Value { id } => (
            "secretsmanager:GetSecretValue",
            secrets(std::slice::from_ref(id), &scope),
        ),
        Target::Description { id } => (
            "secretsmanager:DescribeSecret",
            secrets(std::slice::from_ref(id), &scope),
        ),
    };
    let action = named_after(&reply, "not authorized to perform: ").unwrap_or(action);
    let resources = match action {
        // They cannot be restricted to resources.
        "secretsmanager:ListSecrets" | "secretsmanager:BatchGetSecretValue" => {
            vec!["*".to_owned()]
        }
        _ => match named_after(&reply, "on resource: ").filter(|it| it.starts_with("arn:")) {
            Some(resource) => vec![resource.to_owned()],
            None => resources,
        },
    };
    let missing = Box::new(Statement::allow(&[action], resources));
    Error::Denied {
        verb: target.verb(),
        target: target.to_string(),
        place,
        reply,
        missing,
    }
}

fn secrets(ids: &[String], scope: &Scope) -> Vec<String> {
    ids.iter().map(|id| scope.secret(id)).collect()
}

/// A denied use of the key, with the missing statement.
fn key_denied(target: &Target, place: String, reply: Reply, session: &Session) -> Error {
    let scope = scope_of(&reply, session);
    let arns = match target {
        Target::Batch { ids, .. } => secrets(ids, &scope),
        Target::Value { id } | Target::Description { id } => {
            secrets(std::slice::from_ref(id), &scope)
        }
        Target::List { .. } => Vec::new(),
    };
    let missing = missing_use(&reply, "kms:Decrypt", KeyUse::of_secrets(&scope, arns));
    Error::KeyDenied {
        verb: "decrypt",
        target: target.to_string(),
        place,
        reply,
        missing,
        hint: "allow kms:Decrypt on the key that encrypts the secret, in the caller's policy and in \
               the key's own, which those of other accounts need; the key must exist, be enabled, \
               and be in the region of the secret",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_denied_key_is_distinguished_from_a_denied_secret_by_its_message() {
        let user = "User: arn:aws:iam::123456789012:user/x is not authorized to perform:";
        for (code, message, about_the_key) in [
            ("DecryptionFailure", "", true),
            (
                "AccessDeniedException",
                "Access to KMS is not allowed",
                true,
            ),
            (
                "AccessDeniedException",
                &format!("{user} kms:Decrypt"),
                true,
            ),
            (
                "InvalidRequestException",
                "You can't access a secret from a different AWS account if you encrypt the secret \
                 with the default KMS service key.",
                false,
            ),
            (
                "AccessDeniedException",
                &format!("{user} secretsmanager:GetSecretValue on resource: kms/db"),
                false,
            ),
        ] {
            assert_eq!(is_about_the_key(code, message), about_the_key, "{message}");
        }
    }
}
