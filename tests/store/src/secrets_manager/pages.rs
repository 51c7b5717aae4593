//! Pages and their tokens, as those of Parameter Store: opaque, and of one listing.

use serde_json::Value;

use crate::api::{ApiError, Input, tokens};

/// How many secrets a filtered page examines for each that it may show: a page may be short, and
/// even empty, and yet not be the last.
const LOOK_AT: usize = 5;

pub(super) struct Paging {
    fingerprint: u64,
    limit: usize,
    after: Option<String>,
}

pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    pub(super) token: Option<String>,
}

impl Paging {
    pub(super) fn new(
        operation: &'static str,
        body: &Value,
        most: usize,
    ) -> Result<Self, ApiError> {
        let input = Input::new(body)?;
        let fingerprint = tokens::fingerprint(operation, body);
        let after =
            match input.text("NextToken")? {
                None => None,
                Some(token) => Some(tokens::decode(fingerprint, token).ok_or_else(|| {
                    ApiError::new("InvalidNextTokenException", "Invalid NextToken.")
                })?),
            };
        Ok(Self {
            fingerprint,
            limit: input.max_results(most)?,
            after,
        })
    }

    /// Cuts one page out of all candidates: pairs of a position, and an item if the filters let it
    /// through.
    pub(super) fn cut<T>(&self, candidates: impl Iterator<Item = (String, Option<T>)>) -> Page<T> {
        let mut candidates = candidates.peekable();
        if let Some(after) = &self.after {
            while candidates.next().is_some_and(|(it, _)| it != *after) {}
        }
        let mut items = Vec::new();
        let mut last = None;
        for _ in 0..self.limit * LOOK_AT {
            if items.len() == self.limit {
                break;
            }
            let Some((position, item)) = candidates.next() else {
                break;
            };
            items.extend(item);
            last = Some(position);
        }
        let last = last.filter(|_| candidates.peek().is_some());
        Page {
            items,
            token: last.map(|last| tokens::encode(self.fingerprint, &last)),
        }
    }
}
