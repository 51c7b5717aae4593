//! Patterns of names: of parameters, and of variables.
#![forbid(unsafe_code)]

use std::cmp::Ordering;

use globset::{GlobBuilder, GlobMatcher};

/// A pattern with its text, compiled.
#[derive(Debug, Clone)]
pub struct Glob {
    text: String,
    matcher: GlobMatcher,
}

impl Glob {
    /// A pattern for names of parameters: `*` and `?` stop at `/`, `**` does not.
    pub fn for_parameters(text: &str) -> Result<Self, globset::Error> {
        Self::new(text, Separator::Slash)
    }

    /// A pattern for names of variables: `*` matches anything.
    pub fn for_variables(text: &str) -> Result<Self, globset::Error> {
        Self::new(text, Separator::None)
    }

    fn new(text: &str, separator: Separator) -> Result<Self, globset::Error> {
        let glob = GlobBuilder::new(text)
            .literal_separator(matches!(separator, Separator::Slash))
            .backslash_escape(true)
            .build()?;
        Ok(Self {
            text: text.to_owned(),
            matcher: glob.compile_matcher(),
        })
    }

    /// The pattern as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The literal text before the first special character.
    pub fn beginning(&self) -> &str {
        let end = self.text.find(['*', '?', '[', '{', '\\']);
        &self.text[..end.unwrap_or(self.text.len())]
    }

    /// Whether `name` matches. Bytes, because names of inherited variables need not be UTF-8.
    pub fn matches(&self, name: impl AsRef<std::ffi::OsStr>) -> bool {
        self.matcher.is_match(std::path::Path::new(name.as_ref()))
    }
}

enum Separator {
    Slash,
    None,
}

/// By its text: two globs for different kinds of names are never compared.
impl PartialEq for Glob {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Glob {}

impl PartialOrd for Glob {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Glob {
    fn cmp(&self, other: &Self) -> Ordering {
        self.text.cmp(&other.text)
    }
}
