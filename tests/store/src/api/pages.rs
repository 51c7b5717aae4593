//! Pages.

use serde_json::{Value, json};

use super::tokens::{decode, encode, fingerprint};
use super::{ApiError, Input};

/// How many candidates a filtered page examines for each result that it may return. A selective
/// filter over a large store therefore gives short and even empty pages, as the service does.
const LOOK_AT: usize = 5;

/// The fields of a request that select its page.
pub(super) struct Paging {
    fingerprint: u64,
    limit: usize,
    /// Where the page before this one ended.
    pub(super) after: Option<String>,
}

impl Paging {
    pub(super) fn new(
        operation: &'static str,
        body: &Value,
        most: usize,
    ) -> Result<Self, ApiError> {
        let input = Input::new(body)?;
        let fingerprint = fingerprint(operation, body);
        let after = match input.text("NextToken")? {
            None => None,
            Some(token) => Some(decode(fingerprint, token).ok_or_else(|| {
                ApiError::new("InvalidNextToken", "The specified token isn't valid.")
            })?),
        };
        Ok(Self {
            fingerprint,
            limit: input.max_results(most)?,
            after,
        })
    }

    /// Cuts one page out of `candidates`: pairs of a position, and an item if the filters let it
    /// through. They must start after [`Paging::after`].
    pub(super) fn cut<'a>(
        &self,
        candidates: impl Iterator<Item = (&'a str, Option<Value>)>,
    ) -> Value {
        let mut candidates = candidates.peekable();
        let mut items = Vec::new();
        let mut last = None;
        let mut seen = 0;
        while items.len() < self.limit && seen < self.limit * LOOK_AT {
            let Some((position, item)) = candidates.next() else {
                break;
            };
            items.extend(item);
            last = Some(position);
            seen += 1;
        }
        let mut reply = json!({ "Parameters": items });
        if let Some(last) = last.filter(|_| candidates.peek().is_some()) {
            reply["NextToken"] = encode(self.fingerprint, last).into();
        }
        reply
    }
}
