//! AWS Systems Manager Parameter Store: reading it, and managing what is in it.

pub mod manage;
pub mod names;
pub mod pages;
mod read;
mod source;

use std::time::Duration;

use crate::aws::caller::Caller;
use crate::aws::refusal::{self, Trouble};
use crate::aws::session::{self, Session};
use crate::aws::settings;
use crate::net::progress::Progress;
use crate::net::retry::{Backoff, Next, Reason};
pub use crate::parameter::Reading;
use crate::stores::error::Advice;
pub use crate::stores::error::{Error, Target};
pub use names::Selector;
use pages::Nonsense;
pub use read::read;
pub use source::Source;

/// How long one attempt may take, from the first byte sent to the last one received.
pub const ATTEMPT: Duration = Duration::from_secs(10);
/// How often an answer that makes no sense is asked for again.
const GARBLED: u32 = 2;

/// The region and the account that flags, variables or the profile name. Nobody is asked.
///
/// # Errors
///
/// If settings cannot be read, or name no region where they should.
pub fn configured(caller: &Caller) -> Result<(Option<String>, Option<String>), Error> {
    runtime()?.block_on(session::configured(caller))
}

pub fn runtime() -> Result<tokio::runtime::Runtime, Error> {
    crate::system::process::forget(settings::misleading());
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().map_err(internal)
}

fn internal(error: impl ToString) -> Error {
    Error::Internal {
        why: error.to_string(),
    }
}

pub async fn until_the_deadline<T>(
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
            // The future is still there, and with it what it was waiting for.
            Err(_) => Err(vec![gave_up(timeout, &progress)]),
        },
    };
    reporter.abort();
    result
}

fn gave_up(timeout: Duration, progress: &Progress) -> Error {
    let summary = progress.summary();
    let target = summary
        .what
        .clone()
        .unwrap_or_else(|| "the parameters".to_owned());
    Error::Unavailable {
        who: summary.who,
        target,
        timeout,
        summary,
    }
}

/// A sequence of calls for one thing, with all that is known about how they went.
struct Call<'a> {
    session: &'a Session,
    progress: &'a Progress,
    target: Target,
    backoff: Backoff,
    /// Whether an answer was lost, so that what was asked may have been done already.
    lost: bool,
}

impl<'a> Call<'a> {
    fn new(session: &'a Session, progress: &'a Progress, target: Target) -> Self {
        Self {
            session,
            progress,
            target,
            backoff: Backoff::default(),
            lost: false,
        }
    }

    /// Asks until there is an answer that `read` makes sense of, or it is certain that there will
    /// be none.
    async fn persist<O, E, F, T>(
        &mut self,
        ask: impl Fn() -> F,
        read: impl Fn(O) -> Result<T, Nonsense>,
    ) -> Result<T, Error>
    where
        F: Future<
            Output = Result<
                O,
                aws_sdk_ssm::error::SdkError<
                    E,
                    aws_smithy_runtime_api::client::orchestrator::HttpResponse,
                >,
            >,
        >,
        E: aws_sdk_ssm::error::ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let waiting =
            self.progress
                .wait_for(format!("{} in {}", self.target, self.session.place()));
        let mut garbled = 0;
        let mut renewed = false;
        let mut corrected = false;
        loop {
            self.progress.count_call();
            let signer = self.session.signer();
            let trouble = match tokio::time::timeout(ATTEMPT, ask()).await {
                Ok(Ok(answer)) => match read(answer) {
                    Ok(page) => return Ok(page),
                    Err(Nonsense::NoList) => Trouble::Garbled {
                        what: (&Nonsense::NoList).into(),
                    },
                    Err(nonsense) => return Err(self.nonsense(&nonsense)),
                },
                Ok(Err(error)) => refusal::sort(error, &self.target, self.session),
                Err(_) => Trouble::Passing {
                    reason: Reason::Transient,
                    hint: None,
                    what: format!("no complete answer within {} s", ATTEMPT.as_secs()),
                },
            };
            let (reason, hint, what) = match trouble {
                Trouble::Certain(error) => return Err(error),
                Trouble::Passing { reason, hint, what } => (reason, hint, what),
                Trouble::Garbled { what } if garbled < GARBLED => {
                    garbled += 1;
                    self.lost = true;
                    (Reason::Transient, None, what)
                }
                Trouble::Garbled { what } => {
                    let (target, place) = (self.target.clone(), self.session.place());
                    return Err(Error::Nonsense {
                        target,
                        place,
                        what,
                    });
                }
                Trouble::Skewed(error) if corrected => return Err(error),
                Trouble::Skewed(_) => {
                    corrected = true;
                    continue;
                }
                Trouble::Expired(error) => {
                    if renewed || !self.session.renew(&signer, self.progress).await? {
                        return Err(error);
                    }
                    renewed = true;
                    continue;
                }
            };
            match reason {
                Reason::Throttled => self.progress.count_throttled(),
                Reason::Transient => self.lost = true,
            }
            waiting.trouble(&what, Advice::Nothing);
            let (elapsed, left) = (self.progress.elapsed(), self.progress.left());
            match self
                .backoff
                .next(reason, hint, elapsed, left, fastrand::f64())
            {
                Next::After(wait) => tokio::time::sleep(wait).await,
                Next::Never => {
                    let mut summary = self.progress.summary();
                    summary.trouble = Some(what);
                    return Err(Error::Postponed {
                        target: self.target.clone(),
                        asked: hint.unwrap_or_default(),
                        left: left.unwrap_or_default(),
                        summary,
                    });
                }
            }
        }
    }

    fn nonsense(&self, nonsense: &Nonsense) -> Error {
        Error::Nonsense {
            target: self.target.clone(),
            place: self.session.place(),
            what: nonsense.into(),
        }
    }
}
