//! Calls of Parameter Store, in the words of its errors.

use aws_sdk_ssm::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use crate::net::call::{self, End, Trouble};
use crate::net::progress::Progress;
use crate::stores::error::Error;
use crate::stores::parameter_store::pages::Nonsense;
use crate::stores::parameter_store::refusal::{self, AWS};
use crate::stores::parameter_store::session::{SERVICE, Session};
use crate::stores::parameter_store::target::Target;

/// A sequence of calls for one thing.
pub struct Call<'a> {
    session: &'a Session,
    progress: &'a Progress,
    target: Target,
    call: call::Call<'a>,
}

impl<'a> Call<'a> {
    pub fn new(session: &'a Session, progress: &'a Progress, target: Target) -> Self {
        Self {
            session,
            progress,
            target,
            call: call::Call::new(progress),
        }
    }

    /// Whether an answer was lost, so that what was asked may have been done already.
    pub fn lost(&self) -> bool {
        self.call.lost
    }

    /// Asks until there is an answer that `read` makes sense of, or it is certain that there will
    /// be none.
    pub async fn persist<O, E, F, T>(
        &mut self,
        ask: impl Fn() -> F,
        read: impl Fn(O) -> Result<T, Nonsense>,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<O, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata,
    {
        let (session, progress, target) = (self.session, self.progress, &self.target);
        let waiting = progress.wait_for(SERVICE.name, format!("{target} in {}", session.place()));
        let attempt = || {
            let signer = session.signer();
            // On the heap: the futures of the SDK are larger than a small stack bears.
            let asked = Box::pin(ask());
            let read = &read;
            async move {
                match asked.await {
                    Ok(answer) => {
                        read(answer).map_err(|nonsense| misread(&nonsense, target, session))
                    }
                    Err(error) => {
                        let error = error.map_service_error(|error| error.meta().clone());
                        Err(refusal::sort(error, target, session, signer))
                    }
                }
            }
        };
        let renew = |signer| Box::pin(session.renew(signer, progress));
        let outcome = self.call.persist(waiting, attempt, renew).await;
        outcome.map_err(|end| self.ended(end))
    }

    fn ended(&self, end: End<Error>) -> Error {
        match end {
            End::Certain(error) => error,
            End::Garbled { what } => nonsense(what, &self.target, self.session),
            End::Postponed {
                asked,
                left,
                summary,
            } => Error::Postponed {
                service: SERVICE.name,
                target: self.target.to_string(),
                asked,
                left,
                summary,
            },
        }
    }

    /// An answer that makes no sense together with those before it.
    pub fn nonsense(&self, found: &Nonsense) -> Error {
        nonsense(holds(found), &self.target, self.session)
    }
}

/// An answer without what each answer has may be one of somebody else, and is worth a second try.
fn misread(found: &Nonsense, target: &Target, session: &Session) -> Trouble<Error> {
    match found {
        Nonsense::NoList => Trouble::Garbled { what: holds(found) },
        _ => Trouble::Certain(nonsense(holds(found), target, session)),
    }
}

fn holds(nonsense: &Nonsense) -> String {
    format!("it holds {nonsense}")
}

fn nonsense(what: String, target: &Target, session: &Session) -> Error {
    Error::Nonsense {
        by: AWS,
        target: target.to_string(),
        place: session.place(),
        what,
    }
}
