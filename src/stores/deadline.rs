//! The async runtime of a store, and the deadline of its work.

use std::time::Duration;

use tokio::runtime::Runtime;

use crate::aws::settings;
use crate::net::progress::Progress;
use crate::net::runtime;
use crate::output::tally;
use crate::stores::error::{AwsError, Error};

/// A runtime on the current thread.
pub fn runtime() -> Result<Runtime, Error> {
    settings::forget_misleading();
    runtime::on_this_thread().map_err(|limit| AwsError::Limited(limit).into())
}

/// Runs `work` until the deadline.
pub async fn until_the_deadline<T>(
    service: &'static str,
    timeout: Option<Duration>,
    work: impl AsyncFnOnce(&Progress) -> Result<T, Vec<Error>>,
) -> Result<T, Vec<Error>> {
    let progress = Progress::start(timeout);
    let reporter = tokio::spawn(progress.clone().report());
    let mut everything = Box::pin(work(&progress));
    let result = match timeout {
        None => everything.as_mut().await,
        Some(timeout) => match tokio::time::timeout(timeout, everything.as_mut()).await {
            Ok(result) => result,
            // The future still exists, and so does the record of what it waits for.
            Err(_) => {
                let summary = progress.summary();
                let target = summary.what.clone();
                Err(vec![Error::Unavailable {
                    service,
                    target: target.unwrap_or_else(|| "the parameters".to_owned()),
                    timeout,
                    summary,
                }])
            }
        },
    };
    reporter.abort();
    tally::end_of_a_call();
    result
}
