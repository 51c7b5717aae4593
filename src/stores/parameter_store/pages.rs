//! Pages of parameters, put together and checked: the part of reading that needs no network.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;

use crate::parameter::Parameter;
use crate::stores::call::Flaw;
use crate::stores::listing::{Endless, Next, Tokens};

/// One page as received: anything can be missing.
#[derive(Debug, Default)]
pub struct Page {
    pub parameters: Vec<Result<Parameter, InvalidResponse>>,
    pub next_token: Option<String>,
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
    #[error(transparent)]
    Endless(#[from] Endless),
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

impl Flaw for InvalidResponse {
    fn may_pass(&self) -> bool {
        *self == Self::NoList
    }
}

/// The parameters below one path that were received so far. Kept across retries.
#[derive(Debug)]
pub struct Pages {
    /// The path, without a final `/` unless it is `/` itself.
    path: String,
    parameters: BTreeMap<String, Parameter>,
    tokens: Tokens,
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
        Ok(self.tokens.follow(page.next_token, count)?)
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

#[cfg(test)]
mod tests;
