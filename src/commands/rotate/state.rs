//! What the labels of a parameter say about a rotation, and what to do about it.
//!
//! The labels are the only state: a run that is killed leaves nothing else behind. They change in this
//! order, each by one request, so that the next run can tell what may have happened:
//!
//! | `live` | `pending` | `previous` | what is known |
//! | --- | --- | --- | --- |
//! | 7 | | 5 | no rotation: version 8 may be written already |
//! | 7 | 8 | 5 | the change may be made, or not |
//! | 7 | 8 | 7 | the same, and it was made and probed once |
//! | 8 | 8 | 7 | the rotation is complete, but for `pending` |
//! | 8 | | 7 | the rotation is complete |
#![forbid(unsafe_code)]

use std::fmt;

/// The version that programs read.
pub const LIVE: &str = "live";
/// The version that is to become `live`.
pub const PENDING: &str = "pending";
/// The version that was `live` before.
pub const PREVIOUS: &str = "previous";

/// The versions that have the labels of a rotation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Labels {
    pub live: Option<i64>,
    pub pending: Option<i64>,
    pub previous: Option<i64>,
    /// The newest version, with or without a label.
    pub newest: i64,
}

impl Labels {
    /// Where one of them is.
    pub fn of(&self, label: &str) -> Option<i64> {
        match label {
            LIVE => self.live,
            PENDING => self.pending,
            PREVIOUS => self.previous,
            _ => None,
        }
    }
}

/// What the user wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Rotate,
    Resume,
    Abandon,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Put `live` on this version, after a question, and begin.
    First {
        newest: i64,
    },
    /// Begin a rotation. `pending` is on `live` if only its removal was missing before.
    Begin {
        live: i64,
        tidy: bool,
    },
    /// Go on with the change.
    Continue {
        live: i64,
        pending: i64,
    },
    /// Undo the change, and remove `pending`.
    GiveUp {
        live: i64,
        pending: i64,
    },
    /// Remove `pending`, the last step.
    Finish {
        live: i64,
    },
    /// No rotation has begun, or it is complete.
    Nothing {
        live: Option<i64>,
    },
    Refuse(Refusal),
}

/// Why nothing is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Another run has begun, and may still run.
    Begun { live: i64, pending: i64 },
    /// The rotation cannot be given up: programs read the new value already.
    Complete { live: i64 },
    /// The old value is not known.
    NoLive { pending: i64 },
    /// `pending` is older than `live`, which no rotation does.
    Older { live: i64, pending: i64 },
}

/// Decides for each combination of labels. Where `previous` is decides nothing: it is only moved.
pub fn decide(labels: Labels, action: Action) -> Decision {
    let Labels {
        live,
        pending,
        newest,
        ..
    } = labels;
    match (live, pending, action) {
        (None, None, Action::Rotate) => Decision::First { newest },
        (live, None, Action::Resume | Action::Abandon) => Decision::Nothing { live },
        (Some(live), None, Action::Rotate) => Decision::Begin { live, tidy: false },
        (None, Some(pending), _) => Decision::Refuse(Refusal::NoLive { pending }),
        (Some(live), Some(pending), action) if pending == live => match action {
            Action::Rotate => Decision::Begin { live, tidy: true },
            Action::Resume => Decision::Finish { live },
            Action::Abandon => Decision::Refuse(Refusal::Complete { live }),
        },
        (Some(live), Some(pending), _) if pending < live => {
            Decision::Refuse(Refusal::Older { live, pending })
        }
        (Some(live), Some(pending), action) => match action {
            Action::Rotate => Decision::Refuse(Refusal::Begun { live, pending }),
            Action::Resume => Decision::Continue { live, pending },
            Action::Abandon => Decision::GiveUp { live, pending },
        },
    }
}

/// What is known of the change that PROGRAM makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    NotMade,
    Made,
    Undone,
    Unknown,
}

/// Where a label is, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    On(i64),
    Nowhere,
    /// On one of these: the response to the request that moves it was lost.
    Either(i64, i64),
    /// On this version or nowhere, for the same reason.
    Perhaps(i64),
}

impl Place {
    /// Where a label is that was found.
    pub fn of(version: Option<i64>) -> Self {
        version.map_or(Self::Nowhere, Self::On)
    }
}

/// The state of the world, for messages and for what to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    pub live: Place,
    pub pending: Place,
    pub change: Change,
}

impl Standing {
    /// Whether the next run has to resume or abandon.
    pub fn is_open(&self) -> bool {
        match (self.live, self.pending) {
            (_, Place::Nowhere) => false,
            (Place::On(live), Place::On(pending)) => live != pending,
            _ => true,
        }
    }

    /// What to run next, on this parameter.
    pub fn next(&self, name: &str) -> String {
        match (self.is_open(), self.pending) {
            (false, Place::Nowhere) if self.change == Change::Unknown => format!(
                "check which value is accepted; `envsecrets history {name}` shows the versions"
            ),
            (false, _) => "no rotation is left begun: run the same command again".to_owned(),
            (true, Place::On(_)) => format!(
                "`envsecrets rotate {name} --resume` goes on, and `envsecrets rotate {name} \
                 --abandon` gives up, each with the same options"
            ),
            (true, _) => format!(
                "`envsecrets history {name}` shows where the labels are; `envsecrets rotate {name} \
                 --resume` goes on, and `--abandon` gives up, each with the same options"
            ),
        }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.live {
            Place::On(version) => write!(f, "`{LIVE}` is version {version}")?,
            Place::Nowhere => write!(f, "no version is `{LIVE}`")?,
            Place::Either(one, other) => {
                write!(f, "`{LIVE}` is version {one} or {other}, which is unknown")?;
            }
            Place::Perhaps(version) => write!(f, "`{LIVE}` may be version {version}")?,
        }
        match self.pending {
            Place::On(version) => write!(f, ", `{PENDING}` is version {version}")?,
            Place::Nowhere => write!(f, ", no version is `{PENDING}`")?,
            Place::Either(one, other) => {
                write!(f, ", `{PENDING}` is version {one} or {other}")?;
            }
            Place::Perhaps(version) => write!(f, ", `{PENDING}` may be version {version}")?,
        }
        f.write_str(match self.change {
            Change::NotMade => "; the change is not made",
            Change::Made => "; the change is made",
            Change::Undone => "; the change is undone",
            Change::Unknown => "; whether the change is made is unknown",
        })
    }
}

#[cfg(test)]
mod tests;
