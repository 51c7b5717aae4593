//! What a launch waits for, so that a waiting user can see it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::output;
use crate::output::tally;

/// How long a call may take before the first report.
const FIRST_REPORT: Duration = Duration::from_secs(2);
/// The time between two reports.
const REPORT_INTERVAL: Duration = Duration::from_secs(30);
/// How often to check whether a report is due.
const CHECK_INTERVAL: Duration = Duration::from_millis(250);

/// A connection that takes long to open: the reason for a wait that has no other yet. There is one
/// for the whole process, because connections are shared by all that wait.
static CONNECTING: Mutex<Option<String>> = Mutex::new(None);

/// Notes which connection takes long to open, until the result is dropped.
pub fn note_slow_connection(what: String) -> SlowConnection {
    *connecting() = Some(what);
    SlowConnection(())
}

/// A connection that takes long to open.
#[derive(Debug)]
pub struct SlowConnection(());

impl Drop for SlowConnection {
    fn drop(&mut self) {
        *connecting() = None;
    }
}

fn connecting() -> MutexGuard<'static, Option<String>> {
    CONNECTING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Shared by all calls of one launch.
#[derive(Debug, Clone)]
pub struct Progress {
    started: Instant,
    timeout: Option<Duration>,
    /// Which part of the work this is for.
    part: u32,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    waiting: BTreeMap<usize, Waiting>,
    next_id: usize,
    calls: u32,
    throttled: u32,
    /// Whether a change may have been made whose response is not known.
    uncertain: bool,
    /// What was read and is kept, in entries and in bytes.
    read: usize,
    kept: usize,
    reported: Option<Instant>,
    /// The most recent problem, of any call.
    last_problem: Option<String>,
}

#[derive(Debug)]
struct Waiting {
    /// The part of the work that waits.
    part: u32,
    what: String,
    service: &'static str,
    /// Another service that is called for it, such as a credential endpoint.
    via: Option<&'static str>,
    since: Instant,
    problem: Option<String>,
    hint: Option<&'static str>,
}

/// One operation, from its first call to its success.
#[derive(Debug)]
pub struct Wait<'p> {
    progress: &'p Progress,
    id: usize,
}

/// What is known when the time is up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    pub waited: Duration,
    pub calls: u32,
    pub throttled: u32,
    /// The operation that was waited for longest, and the service that was called for it.
    pub what: Option<String>,
    pub service: Option<&'static str>,
    pub problem: Option<String>,
    /// What to try about that problem.
    pub hint: Option<&'static str>,
    /// Whether a change may have been made whose response is not known.
    pub uncertain: bool,
}

impl Progress {
    /// Starts now. `timeout` is `None` for no deadline.
    pub fn start(timeout: Option<Duration>) -> Self {
        Self {
            started: Instant::now(),
            timeout,
            part: 0,
            state: Arc::default(),
        }
    }

    /// The same, for one part of the work, by its number.
    #[must_use]
    pub fn part(&self, part: u32) -> Self {
        Self {
            part,
            ..self.clone()
        }
    }

    /// Why this part gets no further: its last problem, or that it has waited this long for one answer.
    pub fn trouble(&self, long: Duration) -> Option<String> {
        let state = self.state();
        let waiting = state.waiting.values().filter(|it| it.part == self.part);
        let oldest = waiting.min_by_key(|waiting| waiting.since)?;
        let silent = oldest.since.elapsed() >= long;
        let why = oldest.problem.clone();
        why.or_else(|| {
            silent.then(|| {
                connecting()
                    .clone()
                    .unwrap_or_else(|| "no answer".to_owned())
            })
        })
    }

    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// The time left before the deadline, if one is set.
    pub fn left(&self) -> Option<Duration> {
        Some(self.timeout?.saturating_sub(self.elapsed()))
    }

    /// The time for everything, if it is limited.
    pub fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// When the time is up, if it is limited.
    pub fn deadline(&self) -> Option<Instant> {
        self.started.checked_add(self.timeout?)
    }

    /// Begins to wait for `what` from `service`, until the result is dropped.
    pub fn wait_for(&self, service: &'static str, what: String) -> Wait<'_> {
        let mut state = self.state();
        let id = state.next_id;
        state.next_id += 1;
        state.waiting.insert(
            id,
            Waiting {
                part: self.part,
                what,
                service,
                via: None,
                since: Instant::now(),
                problem: None,
                hint: None,
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

    /// Notes whether a change may have been made whose response is not known.
    pub fn note_uncertain(&self, uncertain: bool) {
        self.state().uncertain = uncertain;
    }

    /// Counts what was read and is kept until the end, and returns how much that is now, in bytes.
    pub fn keep(&self, entries: usize, bytes: usize) -> usize {
        let mut state = self.state();
        state.read = state.read.saturating_add(entries);
        state.kept = state.kept.saturating_add(bytes);
        state.kept
    }

    pub fn summary(&self) -> Summary {
        let state = self.state();
        let oldest = state.waiting.values().min_by_key(|waiting| waiting.since);
        Summary {
            waited: self.elapsed(),
            calls: state.calls,
            throttled: state.throttled,
            what: oldest.map(|waiting| waiting.what.clone()),
            service: oldest.map(|waiting| waiting.via.unwrap_or(waiting.service)),
            hint: oldest.and_then(|waiting| waiting.hint),
            problem: oldest
                .and_then(|waiting| waiting.problem.clone())
                .or_else(|| state.last_problem.clone())
                .or_else(|| connecting().clone()),
            uncertain: state.uncertain,
        }
    }

    /// Reports from time to time what the launch waits for, and why, and shows on a terminal how far it
    /// is. Never returns.
    pub async fn report(self) {
        loop {
            tokio::time::sleep(CHECK_INTERVAL).await;
            let now = Instant::now();
            if let Some(line) = self.due(now) {
                output::note(line);
            }
            if let Some(line) = self.count(now) {
                tally::of_a_call(&line);
            }
        }
    }

    /// How far reading is, if it takes longer than a moment.
    fn count(&self, now: Instant) -> Option<String> {
        let (read, elapsed) = (self.state().read, now.duration_since(self.started));
        let is_shown = elapsed >= tally::PATIENCE && read > 0;
        is_shown.then(|| format!("{read} entries read, {}", tally::rate(read, elapsed)))
    }

    /// The line to print now, if any.
    fn due(&self, now: Instant) -> Option<String> {
        let mut state = self.state();
        if state
            .reported
            .is_some_and(|reported| now.duration_since(reported) < REPORT_INTERVAL)
        {
            return None;
        }
        let oldest = state.waiting.values().min_by_key(|waiting| waiting.since)?;
        if now.duration_since(oldest.since) < FIRST_REPORT {
            return None;
        }
        let why = oldest.problem.clone().or_else(|| connecting().clone());
        let why = why.as_deref().unwrap_or("no answer yet");
        let left = match self.timeout {
            Some(timeout) => {
                let left = timeout.saturating_sub(now.duration_since(self.started));
                format!("; giving up in {} s", left.as_secs())
            }
            None => String::new(),
        };
        let from = oldest.via.map_or(String::new(), |it| format!(" from {it}"));
        let line = format!("waiting for {}{from}: {why}{left}", oldest.what);
        state.reported = Some(now);
        Some(line)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic aborts the process, so no one sees a poisoned lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wait<'_> {
    pub fn progress(&self) -> &Progress {
        self.progress
    }

    /// Notes that another service is called.
    pub fn call(&self, via: &'static str) {
        if let Some(waiting) = self.progress.state().waiting.get_mut(&self.id) {
            waiting.via = Some(via);
        }
    }

    /// Notes why it takes longer, and what to try.
    pub fn problem(&self, why: &str, hint: Option<&'static str>) {
        let mut state = self.progress.state();
        state.last_problem = Some(why.to_owned());
        if let Some(waiting) = state.waiting.get_mut(&self.id) {
            waiting.problem = Some(why.to_owned());
            waiting.hint = hint;
        }
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        self.progress.state().waiting.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The moments at which a line is due, of all half seconds of a minute and a half, and the
    /// line.
    fn lines(progress: &Progress) -> Vec<(f64, String)> {
        let mut lines = Vec::new();
        for half_seconds in 0..180 {
            let now = progress.started + Duration::from_millis(500) * half_seconds;
            if let Some(line) = progress.due(now + Duration::from_millis(1)) {
                lines.push((f64::from(half_seconds) / 2.0, line));
            }
        }
        lines
    }

    #[test]
    fn a_wait_is_reported_after_two_seconds_and_then_every_thirty() {
        let progress = Progress::start(Some(Duration::from_secs(120)));
        let _waiting = progress.wait_for("S", "X".to_owned());
        let line = |left: u32| format!("waiting for X: no answer yet; giving up in {left} s");
        let times = [(2.0, 117), (32.0, 87), (62.0, 57)];
        assert_eq!(lines(&progress), times.map(|(at, left)| (at, line(left))));
    }

    #[test]
    fn the_report_is_about_the_oldest_wait_and_its_last_problem() {
        let progress = Progress::start(None);
        let first = progress.wait_for("S", "X".to_owned());
        let second = progress.wait_for("S", "Y".to_owned());
        first.problem("one", None);
        first.problem("another", None);
        second.problem("a third", None);
        let reported: Vec<String> = lines(&progress).into_iter().map(|(_, line)| line).collect();
        assert_eq!(reported, ["waiting for X: another"; 3]);
    }

    #[test]
    fn a_wait_that_is_over_is_not_reported() {
        let progress = Progress::start(None);
        let waiting = progress.wait_for("S", "X".to_owned());
        waiting.problem("one", None);
        drop(waiting);
        assert_eq!(lines(&progress), []);
        // But when time is up the last problem may be all that is known.
        assert_eq!(progress.summary().problem.as_deref(), Some("one"));
    }
}
