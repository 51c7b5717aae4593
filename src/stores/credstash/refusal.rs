//! What an error response of DynamoDB means, and which permission the caller lacks.

use crate::aws::denial::{named_after, scope_of};
use crate::aws::iam::Statement;
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
