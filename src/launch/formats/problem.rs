//! Problems with files.

/// Why something cannot be read or written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub what: String,
    /// What to try.
    pub hint: &'static str,
}

impl Problem {
    pub fn new(what: impl Into<String>, hint: &'static str) -> Self {
        let what = what.into();
        Self { what, hint }
    }

    /// The problem with what has no content.
    pub fn nothing() -> Self {
        Self::new("it is empty", "check how it was written")
    }
}
