//! What of a set is left out anyway, so that it need not be read.
#![forbid(unsafe_code)]

use std::fmt;
use std::sync::Arc;

/// Secrets of a set whose values nothing needs, by their names. A store may leave them unread.
#[derive(Clone, Default)]
pub struct Unneeded(Option<Arc<Has>>);

/// Whether a set has the secret of a name.
type Has = dyn Fn(&str) -> bool + Send + Sync;

impl Unneeded {
    pub fn new(has: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(has)))
    }

    /// Whether it has the secret of this name.
    pub fn has(&self, name: &str) -> bool {
        self.0.as_ref().is_some_and(|has| has(name))
    }
}

impl fmt::Debug for Unneeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "some" } else { "none" })
    }
}
