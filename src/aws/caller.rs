//! Who asks.

use std::time::Duration;

/// Who asks AWS for something, where, and for how long. What is `None` is left to the variables and
/// profiles that all AWS tools read.
#[derive(Debug, Default, Clone)]
pub struct Caller {
    pub region: Option<String>,
    pub profile: Option<String>,
    /// The time for everything that is asked together; `None` for no deadline.
    pub timeout: Option<Duration>,
}
