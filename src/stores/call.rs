//! Calls of a store of AWS, with its errors.
//!
//! What is requested, and what a refusal means, only the store knows: its [`Target`].

use std::fmt::Display;
use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::aws::error::Error as AwsError;
use crate::aws::refusal::{self, Failure, Kind, Refusal};
use crate::aws::session::Session;

use crate::net::call::{self, AttemptError, CallError, Effect};
use crate::net::progress::Progress;
use crate::net::reply::Reply;
use crate::redaction::{MESSAGE, quote};
use crate::stores::error::Error;
use crate::stores::kept;

/// What a request is for.
pub trait Target: Display {
    /// What can be wrong with a response.
    type Flaw: Flaw;

    /// What the request changes, and so whether it is sent again when its response is lost.
    fn effect(&self) -> Effect;

    /// Whether its response may be so large that it takes longer than others: it is given up when
    /// nothing more arrives.
    fn is_long(&self) -> bool {
        false
    }

    /// What a refusal means that is about this request. `signer` signed it.
    fn refused(&self, refusal: Refusal, session: &Session, signer: String) -> AttemptError<Error>;
}

/// What a refusal means for the next attempt: `about` says it of one that is about the things, and
/// denials by a clock that is wrong are tried again with the right one.
pub fn refused(
    refusal: Refusal,
    session: &Session,
    signer: String,
    about: impl FnOnce(Reply) -> AttemptError<Error>,
) -> AttemptError<Error> {
    let Refusal {
        kind,
        reply,
        skewed,
    } = match of_the_thing(refusal, session, signer) {
        Ok(refusal) => refusal,
        Err(error) => return error,
    };
    match about(reply) {
        AttemptError::Certain(error) if kind == Kind::Denied && skewed => {
            AttemptError::ClockSkew(error)
        }
        other => other,
    }
}

/// The refusal, unless it is one of the credentials, which mean the same to every store.
///
/// # Errors
///
/// Credentials that were rejected, have expired, or were used by a clock that is wrong.
pub fn of_the_thing(
    refusal: Refusal,
    session: &Session,
    signer: String,
) -> Result<Refusal, AttemptError<Error>> {
    let Some(hint) = refusal.kind.hint() else {
        return Ok(refusal);
    };
    let principal = session.principal();
    let error = Error::Aws(AwsError::BadCredentials {
        principal,
        reply: refusal.reply,
        hint,
    });
    Err(match refusal.kind {
        _ if refusal.skewed => AttemptError::ClockSkew(error),
        Kind::Expired => AttemptError::Expired { error, id: signer },
        _ => AttemptError::Certain(error),
    })
}

/// What is wrong with a response that has arrived whole; no program is started after one.
pub trait Flaw: Display {
    /// Whether another server may have sent it, so that it is worth a second try.
    fn may_pass(&self) -> bool;
}

/// What became of a request that is not sent again by itself.
pub enum Sent<T> {
    Answered(T),
    /// It may have been carried out.
    Lost {
        what: String,
        /// How long to wait before a look at what became of it.
        pause: Duration,
    },
}

/// A sequence of requests for one target.
pub struct Call<'a, T> {
    session: &'a Session,
    progress: &'a Progress,
    target: T,
    call: call::Call<'a>,
}

impl<'a, G: Target> Call<'a, G> {
    pub fn new(session: &'a Session, progress: &'a Progress, target: G) -> Self {
        let mut call = call::Call::new(progress, target.effect());
        if target.is_long() {
            call.attempt = None;
        }
        Self {
            session,
            progress,
            target,
            call,
        }
    }

    /// Whether a response was lost, so that the operation may have been done already.
    pub fn lost(&self) -> bool {
        self.call.lost
    }

    /// Sends a request until a response comes that `read` accepts, or it is certain that none will.
    pub async fn send<O, E, F, T>(
        &mut self,
        request: impl Fn() -> F,
        read: impl Fn(O) -> Result<T, G::Flaw>,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<O, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata,
    {
        let outcome = self.attempts(request, read).await;
        outcome.map_err(|error| self.explained(error))
    }

    /// Does the same, but does not send a request again that may have been carried out, if that would
    /// change something a second time.
    pub async fn send_once<O, E, F, T>(
        &mut self,
        request: impl Fn() -> F,
        read: impl Fn(O) -> Result<T, G::Flaw>,
    ) -> Result<Sent<T>, Error>
    where
        F: Future<Output = Result<O, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata,
    {
        match self.attempts(request, read).await {
            Ok(response) => Ok(Sent::Answered(response)),
            Err(CallError::Lost { what, pause }) => Ok(Sent::Lost { what, pause }),
            Err(error) => Err(self.explained(error)),
        }
    }

    async fn attempts<O, E, F, T>(
        &mut self,
        request: impl Fn() -> F,
        read: impl Fn(O) -> Result<T, G::Flaw>,
    ) -> Result<T, CallError<Error>>
    where
        F: Future<Output = Result<O, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata,
    {
        let (session, progress, target) = (self.session, self.progress, &self.target);
        let waiting = progress.wait_for(
            session.service().name,
            format!("{target} in {}", session.place()),
        );
        let attempt = || {
            let signer = session.signer();
            // On the heap: the futures of the SDK are too large for a small stack.
            let response = Box::pin(request());
            let read = &read;
            async move {
                match response.await {
                    Ok(response) => read(response).map_err(|flaw| match flaw.may_pass() {
                        true => AttemptError::Invalid {
                            what: contains(&flaw),
                        },
                        false => AttemptError::Certain(invalid(target, contains(&flaw), session)),
                    }),
                    Err(error) => {
                        let error = error.map_service_error(|error| error.meta().clone());
                        Err(match refusal::classify(error, &session.endpoint()) {
                            Failure::Attempt(error) => error,
                            Failure::Refused(refusal) => target.refused(refusal, session, signer),
                        })
                    }
                }
            }
        };
        let renew =
            |signer: String| Box::pin(async move { Ok(session.renew(&signer, progress).await?) });
        self.call.retry(waiting, attempt, renew).await
    }

    /// The error for the user.
    fn explained(&self, error: CallError<Error>) -> Error {
        match error {
            CallError::Certain(error) => error,
            CallError::Invalid { what } | CallError::Lost { what, .. } => {
                invalid(&self.target, what, self.session)
            }
            CallError::Postponed {
                requested,
                left,
                summary,
            } => Error::Postponed {
                service: self.session.service().name,
                target: self.target.to_string(),
                requested,
                left,
                summary,
            },
        }
    }

    /// Counts entries that are kept, whose texts have so many bytes together.
    pub fn keep(&self, entries: usize, bytes: usize) -> Result<(), Error> {
        kept::count(self.progress, entries, bytes, || {
            (self.target.to_string(), self.session.place())
        })
    }

    /// The error for a response that is invalid together with those before it.
    pub fn invalid(&self, flaw: &impl Flaw) -> Error {
        invalid(&self.target, contains(flaw), self.session)
    }
}

fn invalid(target: &impl Target, what: String, session: &Session) -> Error {
    Error::InvalidResponse {
        target: target.to_string(),
        place: session.place(),
        what,
    }
}

fn contains(flaw: &impl Flaw) -> String {
    format!("it contains {}", quote(&flaw.to_string(), MESSAGE))
}
