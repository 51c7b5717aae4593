//! What the message of a denied call names: the caller, the action, the resource.

use crate::aws::arn::{Arn, Scope};
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
