//! Pages of parameters, put together and checked: the part of reading that needs no network.
//!
//! The SDK's paginator ends *with success* when a token repeats, which would start a program with
//! half its secrets, and never ends on a cycle of two tokens. So the loop is ours, and every
//! response is checked.
#![forbid(unsafe_code)]

use std::collections::{BTreeMap, HashSet};

use crate::parameter::Parameter;

/// The most empty pages in a row. The service may send some, for a reason of its own; a thousand of
/// them are a loop.
const EMPTY_PAGES: usize = 1000;

/// One page as received: anything can be missing.
#[derive(Debug, Default)]
pub struct Page {
    pub parameters: Vec<Result<Parameter, InvalidResponse>>,
    pub next_token: Option<String>,
}

/// What to do after a page.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    Request { token: String },
    Done,
}

/// What is wrong with an invalid response. No program is started after one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidResponse {
    #[error("a parameter without a name")]
    NoName,
    #[error("parameter `{name}` without a value")]
    NoValue { name: String },
    #[error("parameter `{name}` twice, with different values")]
    Conflict { name: String },
    #[error("parameter `{name}`, which is not below the path")]
    Outside { name: String },
    #[error("the same page token a second time, so that the set would never be complete")]
    RepeatedToken,
    #[error("{EMPTY_PAGES} empty pages in a row")]
    EmptyForEver,
    #[error("parameter `{name}`, which was not requested")]
    Unrequested { name: String },
    #[error("neither a value nor an error for `{name}`")]
    Unanswered { name: String },
    #[error("version {version} in place of `{name}`")]
    OtherVersion { name: String, version: i64 },
    #[error("parameter `{name}` at `{selector}` in place of label `{label}`")]
    OtherLabel {
        name: String,
        selector: String,
        label: String,
    },
    #[error("no list of parameters")]
    NoList,
    #[error("no version of the new value")]
    NoVersion,
}

/// The parameters below one path that were received so far. Kept across retries.
#[derive(Debug)]
pub struct Pages {
    /// The path, without a final `/` unless it is `/` itself.
    path: String,
    parameters: BTreeMap<String, Parameter>,
    tokens: Tokens,
}

/// The page tokens of one list.
#[derive(Debug, Default)]
pub struct Tokens {
    seen: HashSet<String>,
    empty: usize,
}

impl Pages {
    pub fn new(path: &str) -> Self {
        Self {
            path: path.to_owned(),
            parameters: BTreeMap::new(),
            tokens: Tokens::default(),
        }
    }

    /// Adds one page.
    pub fn take(&mut self, page: Page) -> Result<Next, InvalidResponse> {
        let count = page.parameters.len();
        for parameter in page.parameters {
            self.add(parameter?)?;
        }
        self.tokens.follow(page.next_token, count)
    }

    /// All parameters, sorted by name.
    pub fn into_parameters(self) -> Vec<Parameter> {
        self.parameters.into_values().collect()
    }

    fn add(&mut self, parameter: Parameter) -> Result<(), InvalidResponse> {
        let name = parameter.name.clone();
        let below = name
            .strip_prefix(self.path.as_str())
            .is_some_and(|rest| rest.starts_with('/'));
        if !below && self.path != "/" {
            return Err(InvalidResponse::Outside { name });
        }
        // While pages are being read a parameter may move to a later page; that is harmless as
        // long as it is the same.
        match self.parameters.get(&name) {
            Some(known) if known.value != parameter.value => {
                Err(InvalidResponse::Conflict { name })
            }
            Some(_) => Ok(()),
            None => {
                self.parameters.insert(name, parameter);
                Ok(())
            }
        }
    }
}

impl Tokens {
    /// What to do after a page with so many entries and this token.
    pub fn follow(&mut self, token: Option<String>, count: usize) -> Result<Next, InvalidResponse> {
        self.empty = if count == 0 { self.empty + 1 } else { 0 };
        match token.filter(|token| !token.is_empty()) {
            None => Ok(Next::Done),
            Some(_) if self.empty >= EMPTY_PAGES => Err(InvalidResponse::EmptyForEver),
            Some(token) if self.seen.insert(token.clone()) => Ok(Next::Request { token }),
            Some(_) => Err(InvalidResponse::RepeatedToken),
        }
    }
}

#[cfg(test)]
mod tests;
