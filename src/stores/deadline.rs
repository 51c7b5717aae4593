//! The time that a store is given: the async runtime lives and dies in it.

use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use crate::aws::settings;
use crate::net::progress::Progress;
use crate::stores::error::Error;

/// A runtime of this thread alone.
pub fn runtime() -> Result<Runtime, Error> {
    settings::forget_misleading();
    let mut builder = Builder::new_current_thread();
    builder.enable_all().build().map_err(Error::internal)
}

/// Does something with `service` until the time is up.
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
            // The future still exists, and with it what it was waiting for.
            Err(_) => Err(vec![gave_up(service, timeout, &progress)]),
        },
    };
    reporter.abort();
    result
}

fn gave_up(service: &'static str, timeout: Duration, progress: &Progress) -> Error {
    let summary = progress.summary();
    let target = summary.what.clone();
    Error::Unavailable {
        service,
        target: target.unwrap_or_else(|| "the parameters".to_owned()),
        timeout,
        summary,
    }
}
