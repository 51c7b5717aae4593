//! What was written a moment ago, and is not found everywhere yet: stores are eventually consistent.

use std::time::{Duration, Instant};

use crate::net::progress::Progress;

/// How long something missing is requested again.
const SETTLING: Duration = Duration::from_secs(2);

/// The pauses before something missing is requested again.
#[derive(Debug)]
pub struct Settling {
    pause: Duration,
    since: Option<Instant>,
}

impl Settling {
    pub fn start() -> Self {
        Self {
            pause: SETTLING / 8,
            since: None,
        }
    }

    /// Whether it is missing for good. What is missing is reported as missing, not as late.
    pub fn is_over(&mut self, progress: &Progress) -> bool {
        let since = *self.since.get_or_insert_with(Instant::now);
        let late = progress.left().is_some_and(|left| left <= 2 * self.pause);
        late || since.elapsed() + self.pause > SETTLING
    }

    /// Waits before the next request.
    pub async fn wait(&mut self) {
        tokio::time::sleep(self.pause).await;
        self.pause *= 2;
    }
}
