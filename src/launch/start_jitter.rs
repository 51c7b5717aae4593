//! Arriving at a time of our own, where many start at the same one.
#![forbid(unsafe_code)]

use std::time::Duration;

use crate::output;

/// A wait of more than this is explained: whoever watches would think that we hang.
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
