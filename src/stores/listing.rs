//! Lists that come in pages.
//!
//! The SDK's paginator ends *with success* when a token repeats, which would start a program with
//! half its secrets, and never ends on a cycle of two tokens. So the loop is ours.
#![forbid(unsafe_code)]

use std::collections::{BTreeMap, HashSet};

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::stores::call::{Call, Flaw, Target};
use crate::stores::error::Error;

/// The most empty pages in a row. The service may send some, for a reason of its own; a thousand of
/// them are a loop.
const EMPTY_PAGES: usize = 1000;

/// What to do after a page.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    Request { token: String },
    Done,
}

/// Why the pages of a list would never end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Endless {
    #[error("the same page token a second time, so that the set would never be complete")]
    RepeatedToken,
    #[error("{EMPTY_PAGES} empty pages in a row")]
    EmptyPages,
}

impl Flaw for Endless {
    fn may_pass(&self) -> bool {
        false
    }
}

/// The page tokens of one list.
#[derive(Debug, Default)]
pub struct Tokens {
    seen: HashSet<String>,
    empty: usize,
}

impl Tokens {
    /// What to do after a page with so many entries and this token.
    pub fn follow(&mut self, token: Option<String>, count: usize) -> Result<Next, Endless> {
        self.empty = if count == 0 { self.empty + 1 } else { 0 };
        match token.filter(|token| !token.is_empty()) {
            None => Ok(Next::Done),
            Some(_) if self.empty >= EMPTY_PAGES => Err(Endless::EmptyPages),
            Some(token) if self.seen.insert(token.clone()) => Ok(Next::Request { token }),
            Some(_) => Err(Endless::RepeatedToken),
        }
    }
}

/// All entries of a paginated list, sorted by the key that `read` returns for each. `size` is that of
/// an entry's texts, in bytes.
pub async fn listed<G: Target, O, E, F, P, K: Ord, V>(
    mut call: Call<'_, G>,
    request: impl Fn(Option<String>) -> F,
    page: impl Fn(O) -> Result<(Vec<P>, Option<String>), G::Flaw>,
    read: impl Fn(P) -> Result<(K, V), G::Flaw>,
    size: impl Fn(&V) -> usize,
) -> Result<Vec<V>, Error>
where
    F: Future<Output = Result<O, SdkError<E, HttpResponse>>>,
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let mut tokens = Tokens::default();
    let mut token: Option<String> = None;
    let mut all = BTreeMap::new();
    loop {
        let (entries, next) = call.send(|| request(token.clone()), &page).await?;
        call.keep(entries.len(), next.as_ref().map_or(0, String::len))?;
        let next = tokens.follow(next, entries.len());
        for entry in entries {
            let (key, entry) = read(entry).map_err(|flaw| call.invalid(&flaw))?;
            call.keep(0, size(&entry))?;
            all.insert(key, entry);
        }
        match next.map_err(|endless| call.invalid(&endless))? {
            Next::Request { token: next } => token = Some(next),
            Next::Done => return Ok(all.into_values().collect()),
        }
    }
}
