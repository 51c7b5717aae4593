//! What the message of a denied call names: the caller, the action, the resource.

use crate::aws::arn::{Arn, Scope};
use crate::aws::iam::{KeyUse, Statement};
use crate::aws::session::Session;
use crate::net::reply::Reply;
use crate::redaction::{MESSAGE, quote};

/// The word after a marker in the message of an error response, unless it may not be shown.
pub fn named_after<'m>(reply: &'m Reply, marker: &str) -> Option<&'m str> {
    let message = reply.message.as_deref()?;
    let rest = &message[message.find(marker)? + marker.len()..];
    let word = rest.split([' ', '"', '\'']).next()?;
    let is_plain = |it: char| it.is_ascii_alphanumeric() || ":/_.*-+=,@".contains(it);
    let is_whole = !word.is_empty() && word.chars().all(is_plain) && quote(word, MESSAGE) == word;
    is_whole.then_some(word)
}

/// The scope of what was called: the region of the session, and the account of the caller, which AWS
/// names.
pub fn scope_of(reply: &Reply, session: &Session) -> Scope {
    let caller = named_after(reply, "User: ").and_then(Arn::parse);
    let account = caller.and_then(|caller| caller.account());
    Scope::new(session.region(), account.unwrap_or("ACCOUNT"))
}

/// What the caller must be allowed to do with a key: the action and the key that the message names, or
/// the usual action on any key.
pub fn missing_use(reply: &Reply, usual: &str, of: KeyUse) -> Box<Statement> {
    let action = named_after(reply, "not authorized to perform: ");
    let action = action.filter(|it| it.starts_with("kms:"));
    let key = named_after(reply, "on resource: ").filter(|arn| arn.contains(":kms:"));
    let key = key.unwrap_or("*").to_owned();
    Box::new(Statement::allow(&[action.unwrap_or(usual)], vec![key]).only_for(of))
}
