//! A random wait before the first call, for fleets that start at the same time.
#![forbid(unsafe_code)]

use std::time::Duration;

use crate::output;

/// A longer wait is explained: it would look like a hang otherwise.
const PATIENCE: Duration = Duration::from_secs(2);

/// Waits for a random time of up to `jitter`.
///
/// A signal ends this as it ends everything else before the program: by its default action, or by
/// the handler that `signals` gives to PID 1.
pub fn wait(jitter: Duration) {
    let wait = jitter.mul_f64(fastrand::f64());
    if wait > PATIENCE {
        let seconds = wait.as_secs();
        output::note(format_args!(
            "waiting {seconds} s before the first call, as `--start-jitter` asks"
        ));
    }
    std::thread::sleep(wait);
}
