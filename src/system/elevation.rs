//! What gives this program more privileges than its caller has.

/// What gives us more privileges than our caller has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Elevation {
    SetUserId,
    SetGroupId,
    FileCapabilities,
}

impl Elevation {
    /// What to remove.
    pub fn name(self) -> &'static str {
        match self {
            Self::SetUserId => "the set-user-ID bit",
            Self::SetGroupId => "the set-group-ID bit",
            Self::FileCapabilities => "the file capabilities",
        }
    }
}
