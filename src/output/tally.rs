//! How far a command is that does the same for many, on a terminal only.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

/// What the last line of the terminal is, if it is a progress line, which the next line replaces.
static PROGRESS: AtomicU8 = AtomicU8::new(NO_PROGRESS);
const NO_PROGRESS: u8 = 0;
/// How far one call of a service is.
const OF_A_CALL: u8 = 1;
/// How far all of a command is.
const OF_A_COMMAND: u8 = 2;
/// Moves the cursor to the beginning of the line, and erases the line (ECMA-48, EL).
const ERASE_LINE: &str = "\r\x1b[K";

/// How long something may take before it is shown.
pub const PATIENCE: Duration = Duration::from_secs(1);

/// How many of all are done.
#[derive(Debug)]
pub struct Tally {
    /// What becomes of each, such as "parameters written".
    what: &'static str,
    of: usize,
    started: Instant,
}

impl Tally {
    /// Starts now, with none of so many done.
    pub fn start(what: &'static str, of: usize) -> Self {
        Self {
            what,
            of,
            started: Instant::now(),
        }
    }

    /// Shows on a terminal that so many are done, if it takes longer than a moment and others are left.
    pub fn done(&self, done: usize) {
        let elapsed = self.started.elapsed();
        if elapsed >= PATIENCE && (1..self.of).contains(&done) {
            show(OF_A_COMMAND, &self.line(done, elapsed));
        }
    }

    fn line(&self, done: usize, elapsed: Duration) -> String {
        let Self { what, of, .. } = self;
        let each = elapsed.div_f64(done as f64);
        let remaining = Duration::from_secs(each.mul_f64((of - done) as f64).as_secs() + 1);
        format!(
            "{done} of {of} {what}, {}, about {} left",
            rate(done, elapsed),
            humantime::format_duration(remaining)
        )
    }
}

/// How many that is in a second, such as "12 a second"; slow ones with one decimal.
pub fn rate(done: usize, elapsed: Duration) -> String {
    let rate = done as f64 / elapsed.as_secs_f64();
    match rate < 9.95 {
        true => format!("{rate:.1} a second"),
        false => format!("{rate:.0} a second"),
    }
}

/// How far a read is, on a terminal: the next line replaces it. It does not replace the progress of all of
/// a command.
pub fn of_a_call(line: &str) {
    if PROGRESS.load(Ordering::Relaxed) != OF_A_COMMAND {
        show(OF_A_CALL, line);
    }
}

/// Removes what [`of_a_call`] shows.
pub fn end_of_a_call() {
    if PROGRESS.load(Ordering::Relaxed) == OF_A_CALL {
        erase();
    }
}

/// Shows a line of our own words.
fn show(of: u8, line: &str) {
    let mut stderr = io::stderr().lock();
    if stderr.is_terminal() {
        PROGRESS.store(of, Ordering::Relaxed);
        let line = format!("{ERASE_LINE}envsecrets: {line}");
        let _ = stderr.write_all(line.as_bytes());
    }
}

/// Removes a line of progress from the terminal.
pub fn erase() {
    let _ = io::stderr().write_all(erasure().as_bytes());
}

/// What the next line has to begin with.
pub fn erasure() -> &'static str {
    match PROGRESS.swap(NO_PROGRESS, Ordering::Relaxed) {
        NO_PROGRESS => "",
        _ => ERASE_LINE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_many_how_fast_and_how_long() {
        let tally = Tally::start("parameters written", 600);
        let after = |done, seconds| tally.line(done, Duration::from_secs(seconds));
        assert_eq!(
            after(9, 3),
            "9 of 600 parameters written, 3.0 a second, about 3m 17s left"
        );
        assert_eq!(
            after(599, 3),
            "599 of 600 parameters written, 200 a second, about 1s left"
        );
    }

    #[test]
    fn rates_are_short() {
        for (done, expected) in [(1, "0.5"), (19, "9.5"), (20, "10"), (2001, "1000")] {
            let expected = format!("{expected} a second");
            assert_eq!(rate(done, Duration::from_secs(2)), expected);
        }
    }
}
