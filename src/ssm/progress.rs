//! What a launch is waiting for, so that a person who waits can be told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::error::Advice;
use crate::output;

/// How long a call may be under way before a person is told why nothing happens.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often they are told again.
const REPEAT: Duration = Duration::from_secs(30);
/// How often we look whether there is something to tell.
const LOOK: Duration = Duration::from_millis(250);

/// Who is asked unless somebody else is.
const PARAMETER_STORE: &str = "Parameter Store";

/// Shared by all that is under way in one launch.
#[derive(Debug, Clone)]
pub struct Progress {
    started: Instant,
    timeout: Option<Duration>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    waiting: BTreeMap<usize, Waiting>,
    next_id: usize,
    calls: u32,
    throttled: u32,
    spoken: Option<Instant>,
    /// The trouble that came last, wherever it came.
    last: Option<String>,
}

#[derive(Debug)]
struct Waiting {
    what: String,
    /// Who is asked for it.
    who: &'static str,
    since: Instant,
    trouble: Option<String>,
    advice: Advice,
}

/// One thing that is being waited for, from its first call to its success.
#[derive(Debug)]
pub struct Wait<'p> {
    progress: &'p Progress,
    id: usize,
}

/// What is known when time is up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    pub waited: Duration,
    pub calls: u32,
    pub throttled: u32,
    /// What was being waited for the longest, and who was asked for it.
    pub what: Option<String>,
    pub who: &'static str,
    pub trouble: Option<String>,
    /// What to try about that trouble.
    pub advice: Advice,
}

impl Progress {
    /// A launch that starts now. `timeout` is `None` for no deadline.
    pub fn start(timeout: Option<Duration>) -> Self {
        Self {
            started: Instant::now(),
            timeout,
            state: Arc::default(),
        }
    }

    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// What is left before the deadline, if there is one.
    pub fn left(&self) -> Option<Duration> {
        Some(self.timeout?.saturating_sub(self.elapsed()))
    }

    /// Begins to wait for `what`, until the result is dropped.
    pub fn wait_for(&self, what: String) -> Wait<'_> {
        let mut state = self.state();
        let id = state.next_id;
        state.next_id += 1;
        state.waiting.insert(
            id,
            Waiting {
                what,
                who: PARAMETER_STORE,
                since: Instant::now(),
                trouble: None,
                advice: Advice::Nothing,
            },
        );
        drop(state);
        Wait { progress: self, id }
    }

    pub fn count_call(&self) {
        self.state().calls += 1;
    }

    pub fn count_throttled(&self) {
        self.state().throttled += 1;
    }

    pub fn summary(&self) -> Summary {
        let state = self.state();
        let oldest = state.waiting.values().min_by_key(|waiting| waiting.since);
        Summary {
            waited: self.elapsed(),
            calls: state.calls,
            throttled: state.throttled,
            what: oldest.map(|waiting| waiting.what.clone()),
            who: oldest.map_or(PARAMETER_STORE, |waiting| waiting.who),
            advice: oldest.map_or(Advice::Nothing, |waiting| waiting.advice),
            trouble: oldest
                .and_then(|waiting| waiting.trouble.clone())
                .or_else(|| state.last.clone()),
        }
    }

    /// Tells a person why nothing happens, for as long as nothing happens. Never returns.
    pub async fn report(self) {
        loop {
            tokio::time::sleep(LOOK).await;
            if let Some(line) = self.due() {
                output::note(line);
            }
        }
    }

    fn due(&self) -> Option<String> {
        let mut state = self.state();
        let now = Instant::now();
        if state
            .spoken
            .is_some_and(|spoken| now.duration_since(spoken) < REPEAT)
        {
            return None;
        }
        let oldest = state.waiting.values().min_by_key(|waiting| waiting.since)?;
        if now.duration_since(oldest.since) < PATIENCE {
            return None;
        }
        let why = oldest.trouble.as_deref().unwrap_or("no answer yet");
        let left = match self.left() {
            Some(left) => format!("; giving up in {} s", left.as_secs()),
            None => String::new(),
        };
        let from = match oldest.who {
            PARAMETER_STORE => String::new(),
            who => format!(" from {who}"),
        };
        let line = format!("waiting for {}{from}: {why}{left}", oldest.what);
        state.spoken = Some(now);
        Some(line)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic aborts the process, so that nobody can meet a poisoned lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wait<'_> {
    /// Notes that it is somebody else than Parameter Store who is asked.
    pub fn ask(&self, who: &'static str) {
        if let Some(waiting) = self.progress.state().waiting.get_mut(&self.id) {
            waiting.who = who;
        }
    }

    /// Notes why it takes longer.
    pub fn trouble(&self, why: &str, advice: Advice) {
        let mut state = self.progress.state();
        state.last = Some(why.to_owned());
        if let Some(waiting) = state.waiting.get_mut(&self.id) {
            waiting.trouble = Some(why.to_owned());
            waiting.advice = advice;
        }
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        self.progress.state().waiting.remove(&self.id);
    }
}
