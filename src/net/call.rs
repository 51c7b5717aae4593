//! One request, retried until a response arrives or until it is certain that none will.
//!
//! The loop is the same for all stores. What a response or a failure means only a store knows; it
//! reports an [`AttemptError`] that carries an error of its own.

use std::time::Duration;

use crate::net::progress::{Progress, Summary, Wait};
use crate::net::retry::{Backoff, Next, Reason};

/// How long one attempt may take, from the first byte sent to the last one received.
pub const ATTEMPT: Duration = Duration::from_secs(10);
/// How often a request is repeated after an invalid response.
const INVALID_RETRIES: u32 = 2;

/// An attempt that failed.
#[derive(Debug)]
pub enum AttemptError<E> {
    /// It may pass: wait for this reason, at least for the time that the service requested.
    Passing {
        reason: Reason,
        retry_after: Option<Duration>,
        what: String,
        /// What to try.
        hint: Option<&'static str>,
        /// Whether the request may have been carried out all the same.
        sent: bool,
    },
    /// A complete response that the service does not send. Worth a second try, not many.
    Invalid {
        what: String,
    },
    /// The credentials with this access key id have expired: new ones may help, once.
    Expired {
        error: E,
        id: String,
    },
    /// Our clock may be wrong. The offset is known now, and the next request is signed accordingly.
    ClockSkew(E),
    Certain(E),
}

/// Why no attempt will succeed.
#[derive(Debug)]
pub enum CallError<E> {
    Certain(E),
    /// The responses are still invalid.
    Invalid {
        what: String,
    },
    /// It is not known whether a request of [`Effect::Additive`] was carried out.
    Lost {
        what: String,
        /// How long to wait before a look at what became of it.
        pause: Duration,
    },
    /// The service requests a longer wait than the deadline allows.
    Postponed {
        requested: Duration,
        left: Duration,
        summary: Summary,
    },
}

/// What a request changes, and so what is done when its response is lost.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing: it is sent again.
    #[default]
    None,
    /// The same, however often it is sent: it is sent again.
    Idempotent,
    /// Something more each time, such as a new version: it ends with [`CallError::Lost`].
    Additive,
}

/// A change is not tried again so shortly before the deadline: it could be made, and its response would
/// come too late.
const ANSWER: Duration = Duration::from_millis(100);

/// A sequence of requests for one target, and what is known about how they went.
#[derive(Debug)]
pub struct Call<'p> {
    progress: &'p Progress,
    backoff: Backoff,
    effect: Effect,
    /// Whether a request was sent.
    tried: bool,
    /// How many responses were invalid.
    invalid: u32,
    /// Whether a response was lost, so that the operation may have been done already.
    pub lost: bool,
    /// How long one attempt may take; `None` if its transport gives up by itself.
    pub attempt: Option<Duration>,
}

/// What to do after an attempt that failed.
enum Step<E> {
    Wait(Duration),
    Correct(E),
    Renew(E, String),
    End(CallError<E>),
}

impl<'p> Call<'p> {
    pub fn new(progress: &'p Progress, effect: Effect) -> Self {
        Self {
            progress,
            backoff: Backoff::default(),
            effect,
            tried: false,
            invalid: 0,
            lost: false,
            attempt: Some(ATTEMPT),
        }
    }

    /// Makes attempts until one succeeds. `renew` replaces the credentials with an access key id,
    /// and returns whether there are others now.
    pub async fn retry<T, E, A, R>(
        &mut self,
        waiting: Wait<'_>,
        attempt: impl Fn() -> A,
        renew: impl FnOnce(String) -> R,
    ) -> Result<T, CallError<E>>
    where
        A: Future<Output = Result<T, AttemptError<E>>>,
        R: Future<Output = Result<bool, E>>,
    {
        let (mut corrected, mut renew) = (false, Some(renew));
        loop {
            if self.is_too_late() {
                // Until the deadline.
                std::future::pending::<()>().await;
            }
            self.tried = true;
            self.progress.count_call();
            // Should the deadline end it now, it may have been carried out.
            self.note_uncertain(true);
            let limit = self.attempt.unwrap_or(Duration::MAX);
            let error = match tokio::time::timeout(limit, attempt()).await {
                Ok(Ok(response)) => return Ok(response),
                Ok(Err(error)) => error,
                Err(_) => AttemptError::Passing {
                    reason: Reason::Transient,
                    retry_after: None,
                    what: format!("no complete answer within {} s", ATTEMPT.as_secs()),
                    hint: None,
                    sent: true,
                },
            };
            let step = self.next(error, &waiting);
            self.note_uncertain(self.lost);
            match step {
                Step::Wait(pause) => tokio::time::sleep(pause).await,
                Step::Correct(error) if corrected => return Err(CallError::Certain(error)),
                Step::Correct(_) => corrected = true,
                Step::Renew(error, id) => {
                    let renewed = match renew.take() {
                        Some(renew) => renew(id).await.map_err(CallError::Certain)?,
                        None => false,
                    };
                    if !renewed {
                        return Err(CallError::Certain(error));
                    }
                }
                Step::End(error) => return Err(error),
            }
        }
    }

    /// Whether a change that was tried is not tried again.
    fn is_too_late(&self) -> bool {
        let left = || self.progress.left();
        self.effect != Effect::None && self.tried && left().is_some_and(|left| left < ANSWER)
    }

    /// Notes whether a change may have been made whose response is not known.
    fn note_uncertain(&self, uncertain: bool) {
        if self.effect != Effect::None {
            self.progress.note_uncertain(uncertain);
        }
    }

    /// Decides what to do, apart from the loop: it is the same code for all kinds of responses.
    fn next<E>(&mut self, error: AttemptError<E>, waiting: &Wait<'_>) -> Step<E> {
        let (reason, retry_after, what, hint, sent) = match error {
            AttemptError::Certain(error) => return Step::End(CallError::Certain(error)),
            AttemptError::ClockSkew(error) => return Step::Correct(error),
            AttemptError::Expired { error, id } => return Step::Renew(error, id),
            AttemptError::Invalid { what } if self.invalid == INVALID_RETRIES => {
                return Step::End(CallError::Invalid { what });
            }
            AttemptError::Invalid { what } => {
                self.invalid += 1;
                (Reason::Transient, None, what, None, true)
            }
            AttemptError::Passing {
                reason,
                retry_after,
                what,
                hint,
                sent,
            } => (reason, retry_after, what, hint, sent),
        };
        self.lost |= sent;
        if reason == Reason::Throttled {
            self.progress.count_throttled();
        }
        waiting.problem(&what, hint);
        let (elapsed, left) = (self.progress.elapsed(), self.progress.left());
        let draw = fastrand::f64();
        match self.backoff.next(reason, retry_after, elapsed, left, draw) {
            Next::After(pause) if sent && self.effect == Effect::Additive => {
                Step::End(CallError::Lost { what, pause })
            }
            Next::After(pause) => Step::Wait(pause),
            Next::Never => Step::End(CallError::Postponed {
                requested: retry_after.unwrap_or_default(),
                left: left.unwrap_or_default(),
                summary: Summary {
                    problem: Some(what),
                    ..self.progress.summary()
                },
            }),
        }
    }
}
