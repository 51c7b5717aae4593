//! What an error response of DynamoDB or KMS means, and which permission the caller lacks.

use std::collections::BTreeMap;

use crate::aws::denial::{named_after, scope_of};
use crate::aws::iam::{KeyUse, Statement};
use crate::aws::refusal::Refusal;
use crate::aws::session::Session;
use crate::net::call::{AttemptError, Effect};
use crate::net::reply::Reply;
use crate::stores::call;
use crate::stores::credstash::source::Table;
use crate::stores::credstash::target::{InvalidResponse, Target};
use crate::stores::error::Error;

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
fn about(target: &Target, reply: Reply, session: &Session) -> Error {
    // AWS does not respond without a code: a portal or a proxy does, or the endpoint is wrong.
    if reply.code.as_deref().unwrap_or_default().is_empty() && reply.status != 403 {
        return Error::InvalidResponse {
            target: target.to_string(),
            place: session.place(),
            what: reply.to_string(),
        };
    }
    match target {
        Target::Table(table) => of_table(target, table, "dynamodb:Scan", reply, session),
        Target::Secret { table, .. } => of_table(target, table, "dynamodb:Query", reply, session),
        Target::Key { place, context } => of_key(target, place, context, reply, session),
    }
}

/// A refusal of DynamoDB.
fn of_table(
    target: &Target,
    table: &Table,
    action: &'static str,
    reply: Reply,
    session: &Session,
) -> Error {
    let place = session.place();
    match reply.code.as_deref().unwrap_or_default() {
        "" => {}
        code if code.starts_with("AccessDenied") => {}
        "ResourceNotFoundException" => {
            return Error::NotFound {
                target: format!("table `{table}`"),
                place,
            };
        }
        code => {
            return Error::Rejected {
                hint: (code == "ValidationException").then_some(
                    "it may not be a table of credstash, whose key is `name` and `version`, both \
                     strings",
                ),
                target: target.to_string(),
                place,
                reply,
            };
        }
    }
    let scope = scope_of(&reply, session);
    let action = named_after(&reply, "not authorized to perform: ").unwrap_or(action);
    let resource = named_after(&reply, "on resource: ").filter(|it| it.starts_with("arn:"));
    let resource = resource.map_or_else(|| scope.table(&table.0), str::to_owned);
    Error::Denied {
        verb: "read",
        target: target.to_string(),
        place,
        missing: Box::new(Statement::allow(&[action], vec![resource])),
        reply,
    }
}

/// A refusal of KMS.
fn of_key(
    target: &Target,
    secret: &str,
    context: &BTreeMap<String, String>,
    reply: Reply,
    session: &Session,
) -> Error {
    let place = session.place();
    let code = reply.code.as_deref().unwrap_or_default();
    if matches!(code, "InvalidCiphertextException" | "IncorrectKeyException") {
        return Error::Undecryptable {
            target: format!("secret `{secret}`"),
            place,
            why: reply.to_string(),
            hint: match context.is_empty() {
                true => {
                    "it may have been written with an encryption context: add \
                     `context=KEY:VALUE` to its place for each; or its key is in another region, which \
                     `kms-region=REGION` names"
                }
                false => {
                    "the encryption context must be the one with which it was written, and all of it: \
                     check each `context=KEY:VALUE`, and `kms-region=REGION` if its key is in another \
                     region"
                }
            },
        };
    }
    let about_the_key = [
        "DisabledException",
        "InvalidGrantTokenException",
        "InvalidKeyUsageException",
        "KMSInvalidStateException",
        "KeyUnavailableException",
        "NotFoundException",
    ];
    if !code.is_empty() && !code.starts_with("AccessDenied") && !about_the_key.contains(&code) {
        return Error::Rejected {
            hint: None,
            target: target.to_string(),
            place,
            reply,
        };
    }
    let key = named_after(&reply, "on resource: ").filter(|arn| arn.contains(":kms:"));
    let scope = scope_of(&reply, session);
    let key = key.map_or_else(|| scope.key("*"), str::to_owned);
    let statement = Statement::allow(&["kms:Decrypt"], vec![key]);
    let missing = statement.only_for(KeyUse::with_context(context));
    Error::KeyDenied {
        verb: "decrypt",
        target: format!("secret `{secret}`"),
        place,
        reply,
        missing: Box::new(missing),
        hint: "allow kms:Decrypt on the key of the secret, in the caller's policy and in the key's own, \
               with this encryption context if they name one; the key must exist, be enabled, and be in \
               this region, or in that of `kms-region=REGION`",
    }
}
