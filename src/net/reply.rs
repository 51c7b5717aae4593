//! The error response of a service.

use std::fmt;

use crate::redaction::{MESSAGE, WORD, quote};

/// As it was received: it can repeat a secret, which its `Display` leaves out.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    pub code: Option<String>,
    pub message: Option<String>,
    pub request_id: Option<String>,
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.code {
            Some(code) => f.write_str(&quote(code, WORD))?,
            None => write!(f, "HTTP status {}", self.status)?,
        }
        if let Some(message) = &self.message {
            write!(f, ": {}", quote(message, MESSAGE))?;
        }
        match &self.request_id {
            Some(id) => write!(f, " (request id {})", quote(id, WORD)),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reply({self})")
    }
}
