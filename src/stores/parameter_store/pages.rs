//! Pages of parameters, put together and checked: the part of reading that needs no network.
//!
//! The SDK's paginator ends *with success* when a token repeats, which would start a program with
//! half its secrets, and never ends on a cycle of two tokens. So the loop is ours, and what comes
//! back is believed only if it makes sense.
#![forbid(unsafe_code)]

use std::collections::{BTreeMap, HashSet};

use crate::parameter::Parameter;

/// Empty pages in a row that are still believed. The service may send some, for a reason of its
/// own; a thousand of them are a loop.
const EMPTY_PAGES: usize = 1000;

/// One page as it came over the wire: anything can be missing.
#[derive(Debug, Default)]
pub struct Page {
    /// What each entry of the list amounted to.
    pub parameters: Vec<Result<Parameter, Incomplete>>,
    pub next_token: Option<String>,
}

/// A parameter of an answer that lacks what every parameter has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incomplete {
    NoName,
    NoValue { name: String },
}

/// What to do after a page.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    Ask { token: String },
    Done,
}

/// An answer that makes no sense. Nothing is started on the ground of such a thing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Nonsense {
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
    #[error("parameter `{name}`, which was not asked for")]
    Unasked { name: String },
    #[error("neither a value nor a refusal for `{name}`")]
    Unanswered { name: String },
    #[error("no list of parameters")]
    NoList,
    #[error("no version of what was written")]
    NoVersion,
}

/// The parameters below one path, as far as they have arrived. Kept across retries.
#[derive(Debug)]
pub struct Pages {
    /// The path, without a final `/` unless it is `/` itself.
    path: String,
    parameters: BTreeMap<String, Parameter>,
    tokens: Tokens,
}

/// The tokens of the pages of one list, which say whether there are more of them.
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

    /// Takes in one page.
    pub fn take(&mut self, page: Page) -> Result<Next, Nonsense> {
        let held = page.parameters.len();
        for parameter in page.parameters {
            self.add(complete(parameter)?)?;
        }
        self.tokens.follow(page.next_token, held)
    }

    /// All that arrived, sorted by name.
    pub fn into_parameters(self) -> Vec<Parameter> {
        self.parameters.into_values().collect()
    }

    fn add(&mut self, parameter: Parameter) -> Result<(), Nonsense> {
        let name = parameter.name.clone();
        let below = name
            .strip_prefix(self.path.as_str())
            .is_some_and(|rest| rest.starts_with('/'));
        if !below && self.path != "/" {
            return Err(Nonsense::Outside { name });
        }
        // While pages are being read a parameter may move to a later page; that is harmless as
        // long as it is the same.
        match self.parameters.get(&name) {
            Some(known) if known.value != parameter.value => Err(Nonsense::Conflict { name }),
            Some(_) => Ok(()),
            None => {
                self.parameters.insert(name, parameter);
                Ok(())
            }
        }
    }
}

impl Tokens {
    /// What to do after a page that held so many entries and ended with this token.
    pub fn follow(&mut self, token: Option<String>, held: usize) -> Result<Next, Nonsense> {
        self.empty = if held == 0 { self.empty + 1 } else { 0 };
        match token.filter(|token| !token.is_empty()) {
            None => Ok(Next::Done),
            Some(_) if self.empty >= EMPTY_PAGES => Err(Nonsense::EmptyForEver),
            Some(token) if self.seen.insert(token.clone()) => Ok(Next::Ask { token }),
            Some(_) => Err(Nonsense::RepeatedToken),
        }
    }
}

/// Refuses a parameter that lacks its name or its value.
pub fn complete(parameter: Result<Parameter, Incomplete>) -> Result<Parameter, Nonsense> {
    parameter.map_err(|incomplete| match incomplete {
        Incomplete::NoName => Nonsense::NoName,
        Incomplete::NoValue { name } => Nonsense::NoValue { name },
    })
}

#[cfg(test)]
mod tests;
