//! One request, tried until it is answered, or it is certain that it will not be.
//!
//! The loop is the same for all stores. What an answer or a failure means only a store knows, and
//! tells as a [`Trouble`] that carries an error of its own.

use std::time::Duration;

use crate::net::progress::{Progress, Summary, Wait};
use crate::net::retry::{Backoff, Next, Reason};

/// How long one attempt may take, from the first byte sent to the last one received.
pub const ATTEMPT: Duration = Duration::from_secs(10);
/// How often an answer that makes no sense is asked for again.
const GARBLED: u32 = 2;

/// An attempt that failed.
#[derive(Debug)]
pub enum Trouble<E> {
    /// It may pass: wait for this reason, at least for the time that the service asked for.
    Passing {
        reason: Reason,
        retry_after: Option<Duration>,
        what: String,
    },
    /// A whole answer came, and it was none that the service gives. Worth a second try, not many.
    Garbled {
        what: String,
    },
    /// The credentials of this id have run out: new ones may help, once.
    Expired {
        error: E,
        id: String,
    },
    /// Our clock may be wrong. By how much is known now, and the next request is signed accordingly.
    Skewed(E),
    Certain(E),
}

/// Why no attempt will succeed.
#[derive(Debug)]
pub enum End<E> {
    Certain(E),
    /// The answers still make no sense.
    Garbled {
        what: String,
    },
    /// The service asks to wait for longer than there is time.
    Postponed {
        asked: Duration,
        left: Duration,
        summary: Summary,
    },
}

/// A sequence of calls for one thing, with what is known about how they went.
#[derive(Debug)]
pub struct Call<'p> {
    progress: &'p Progress,
    backoff: Backoff,
    /// Whether an answer was lost, so that what was asked may have been done already.
    pub lost: bool,
}

/// What is still allowed to happen once, or a few times, until there is an answer.
#[derive(Debug, Default)]
struct Spent {
    garbled: u32,
    corrected: bool,
}

/// What to do about an attempt that failed.
enum Step<E> {
    Wait(Duration),
    AtOnce,
    Renew(E, String),
    End(End<E>),
}

impl<'p> Call<'p> {
    pub fn new(progress: &'p Progress) -> Self {
        Self {
            progress,
            backoff: Backoff::default(),
            lost: false,
        }
    }

    /// Makes attempts until one succeeds. `renew` gets other credentials than those of an id, and says
    /// whether there are any.
    pub async fn persist<T, E, A, R>(
        &mut self,
        waiting: Wait<'_>,
        attempt: impl Fn() -> A,
        renew: impl FnOnce(String) -> R,
    ) -> Result<T, End<E>>
    where
        A: Future<Output = Result<T, Trouble<E>>>,
        R: Future<Output = Result<bool, E>>,
    {
        let mut spent = Spent::default();
        let mut renew = Some(renew);
        loop {
            self.progress.count_call();
            let trouble = match tokio::time::timeout(ATTEMPT, attempt()).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(trouble)) => trouble,
                Err(_) => late(),
            };
            match self.after(trouble, &mut spent, &waiting) {
                Step::Wait(pause) => tokio::time::sleep(pause).await,
                Step::AtOnce => {}
                Step::Renew(error, id) => {
                    let renewed = match renew.take() {
                        Some(renew) => renew(id).await.map_err(End::Certain)?,
                        None => false,
                    };
                    if !renewed {
                        return Err(End::Certain(error));
                    }
                }
                Step::End(end) => return Err(end),
            }
        }
    }

    /// Decides what to do, apart from the loop: it is the same code for all kinds of answers.
    fn after<E>(&mut self, trouble: Trouble<E>, spent: &mut Spent, waiting: &Wait<'_>) -> Step<E> {
        let (reason, retry_after, what) = match trouble {
            Trouble::Certain(error) => return Step::End(End::Certain(error)),
            Trouble::Passing {
                reason,
                retry_after,
                what,
            } => (reason, retry_after, what),
            Trouble::Garbled { what } if spent.garbled < GARBLED => {
                spent.garbled += 1;
                (Reason::Transient, None, what)
            }
            Trouble::Garbled { what } => return Step::End(End::Garbled { what }),
            Trouble::Skewed(error) if spent.corrected => return Step::End(End::Certain(error)),
            Trouble::Skewed(_) => {
                spent.corrected = true;
                return Step::AtOnce;
            }
            Trouble::Expired { error, id } => return Step::Renew(error, id),
        };
        match reason {
            Reason::Throttled => self.progress.count_throttled(),
            Reason::Transient => self.lost = true,
        }
        waiting.trouble(&what, None);
        let (elapsed, left) = (self.progress.elapsed(), self.progress.left());
        let draw = fastrand::f64();
        match self.backoff.next(reason, retry_after, elapsed, left, draw) {
            Next::After(pause) => Step::Wait(pause),
            Next::Never => Step::End(End::Postponed {
                asked: retry_after.unwrap_or_default(),
                left: left.unwrap_or_default(),
                summary: Summary {
                    trouble: Some(what),
                    ..self.progress.summary()
                },
            }),
        }
    }
}

fn late<E>() -> Trouble<E> {
    Trouble::Passing {
        reason: Reason::Transient,
        retry_after: None,
        what: format!("no complete answer within {} s", ATTEMPT.as_secs()),
    }
}
