//! What a refusal by Parameter Store means, and what the caller lacks.

use aws_sdk_ssm::error::{ErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use crate::aws::arn::{Arn, Scope};
use crate::aws::error::Error as AwsError;
use crate::aws::iam::{KeyUse, Statement};
use crate::aws::refusal::{self, Failure, Kind, Refusal};
use crate::net::call::Trouble;
use crate::net::reply::Reply;
use crate::stores::error::Error;
use crate::stores::parameter_store::session::Session;
use crate::stores::parameter_store::target::Target;

/// Who refuses, and who answers in the end.
pub const AWS: &str = "AWS";

/// Codes by which Parameter Store says that there is no such parameter, or no such version of it. For
/// tags it is a resource.
const NOT_THERE: [&str; 3] = [
    "InvalidResourceId",
    "ParameterNotFound",
    "ParameterVersionNotFound",
];

/// Sorts a failure of a request that `signer` signed.
pub fn sort(
    error: SdkError<ErrorMetadata, HttpResponse>,
    target: &Target,
    session: &Session,
    signer: String,
) -> Trouble<Error> {
    match refusal::sort(error, &session.asked()) {
        Failure::Passing {
            reason,
            retry_after,
            what,
        } => Trouble::Passing {
            reason,
            retry_after,
            what,
        },
        Failure::Garbled { what } => Trouble::Garbled { what },
        Failure::Certain(error) => Trouble::Certain(error.into()),
        Failure::Unsent { why } => Trouble::Certain(Error::Internal { why }),
        Failure::Refused(refusal) => refused(refusal, target, session, signer),
    }
}

/// Sorts what Parameter Store, or something in its place, answered instead of what was wanted.
fn refused(refusal: Refusal, target: &Target, session: &Session, signer: String) -> Trouble<Error> {
    let Refusal {
        kind,
        reply,
        skewed,
    } = refusal;
    let place = session.place();
    if is_about_the_key(&reply) {
        return Trouble::Certain(key_denied(target, place, reply, session));
    }
    if let Some(hint) = kind.hint() {
        let principal = session.principal();
        let error = Error::Aws(AwsError::BadCredentials {
            principal,
            reply,
            hint,
        });
        return match kind {
            _ if skewed => Trouble::Skewed(error),
            Kind::Expired => Trouble::Expired { error, id: signer },
            _ => Trouble::Certain(error),
        };
    }
    let code = reply.code.as_deref().unwrap_or_default();
    let named = target.to_string();
    Trouble::Certain(match kind {
        Kind::Denied => {
            let error = denied(target, place, reply, session);
            match skewed {
                true => return Trouble::Skewed(error),
                false => error,
            }
        }
        _ if NOT_THERE.contains(&code) => Error::NotThere {
            target: named,
            place,
        },
        _ if code == "ParameterAlreadyExists" => Error::Exists {
            target: named,
            place,
            lost: false,
        },
        // Neither Parameter Store nor AWS answers without a code: a portal, a proxy, a typo.
        _ if code.is_empty() => Error::Nonsense {
            by: AWS,
            target: named,
            place,
            what: reply.to_string(),
        },
        _ => Error::Rejected {
            by: AWS,
            hint: hint(code),
            target: named,
            place,
            reply,
        },
    })
}

/// What to try, where the service says only what it does not do.
fn hint(code: &str) -> Option<&'static str> {
    Some(match code {
        "ParameterMaxVersionLimitExceeded" => {
            "the oldest of a hundred versions has a label: `envsecrets history` shows it, and \
                 `envsecrets label` moves it"
        }
        "ParameterVersionLabelLimitExceeded" => {
            "a version has ten labels at most: `envsecrets label --remove` takes one off"
        }
        "ParameterPatternMismatchException" => {
            "the value does not match the parameter's own pattern: `envsecrets history --format \
                 json` shows it, and `envsecrets put --pattern` names another"
        }
        "TooManyTagsError" => {
            "a parameter has fifty tags at most: `envsecrets tag --remove` takes one off"
        }
        _ => return None,
    })
}

/// KMS refusals arrive with the code of an IAM refusal, or as an invalid key; only the message
/// tells.
fn is_about_the_key(reply: &Reply) -> bool {
    let message = reply.message.as_deref().unwrap_or_default();
    reply.code.as_deref() == Some("InvalidKeyId")
        || message.contains("kms:")
        || message.contains("ciphertext refers to a customer master key")
}

/// What follows a marker in the message of a refusal.
fn after<'m>(reply: &'m Reply, marker: &str) -> Option<&'m str> {
    let message = reply.message.as_deref()?;
    let rest = &message[message.find(marker)? + marker.len()..];
    let word = rest.split([' ', '"', '\'']).next()?;
    Some(word).filter(|word| !word.is_empty())
}

/// Where parameters are: in our region, and in the account of the caller, whom AWS names.
fn scope(reply: &Reply, session: &Session) -> Scope {
    let caller = after(reply, "User: ").and_then(Arn::parse);
    let account = caller.and_then(|caller| caller.account());
    Scope::new(session.region(), account.unwrap_or("ACCOUNT"))
}

/// A parameter as IAM knows it: without version or label.
fn resource(name: &str, scope: &Scope) -> String {
    let start = Arn::parse(name).map_or(0, |arn| name.len() - arn.resource().len());
    let end = name[start..]
        .find(':')
        .map_or(name.len(), |end| start + end);
    scope.parameter(&name[..end])
}

/// An access refusal, with the statement that is missing. AWS names action and resource in its
/// message; where it does not, they follow from what we asked.
fn denied(target: &Target, place: String, reply: Reply, session: &Session) -> Error {
    let scope = scope(&reply, session);
    let all = |names: &[String]| names.iter().map(|name| resource(name, &scope)).collect();
    let (action, resources) = match target {
        // A path is authorised as itself, and what is below it as well.
        Target::Path { path, .. } => {
            let itself = (path != "/").then(|| scope.parameter(path));
            let below = scope.parameters_below(path);
            let resources = itself.into_iter().chain([below]).collect();
            ("ssm:GetParametersByPath", resources)
        }
        // It is for everything or for nothing.
        Target::Catalogue { .. } => ("ssm:DescribeParameters", vec!["*".to_owned()]),
        Target::Names(names) => ("ssm:GetParameters", all(names)),
        Target::Some { doing, names } => (doing.action(), all(names)),
    };
    let named = match target {
        Target::Names(_) | Target::Some { .. } => after(&reply, "on resource: "),
        Target::Path { .. } | Target::Catalogue { .. } => None,
    };
    let resources = named.map_or(resources, |resource| vec![resource.to_owned()]);
    let action = after(&reply, "not authorized to perform: ").unwrap_or(action);
    let missing = Box::new(Statement::allow(&[action], resources));
    Error::Denied {
        by: AWS,
        verb: target.verb(),
        target: target.to_string(),
        place,
        reply,
        missing,
    }
}

/// A refusal of the key, with the statement that is missing.
fn key_denied(target: &Target, place: String, reply: Reply, session: &Session) -> Error {
    let scope = scope(&reply, session);
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
    let action = after(&reply, "not authorized to perform: ").filter(|it| it.starts_with("kms:"));
    let key = after(&reply, "on resource: ").filter(|arn| arn.contains(":kms:"));
    let statement = Statement::allow(
        &[action.unwrap_or(usual)],
        vec![key.unwrap_or("*").to_owned()],
    );
    let missing = Box::new(statement.only_for(KeyUse::of_parameters(&scope, parameters)));
    Error::KeyDenied {
        by: AWS,
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
    fn a_refusal_of_the_key_is_told_by_its_message_from_one_of_the_parameter() {
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
