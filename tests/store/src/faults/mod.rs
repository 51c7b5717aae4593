//! What can go wrong, and when.

mod edit;
mod spec;
mod stand_in;
mod tokens;

use std::time::Duration;

use serde_json::Value;

use crate::api;
use crate::server::{Delivery, Received, Response};
use crate::store::Store;

pub(crate) use spec::duration;
pub use spec::{BadSpec, FAULT_SPECS};

/// One way for a call to go wrong.
///
/// What cuts or spoils a reply does so to the true reply: the part that is sent has true
/// values, so that a client that prints it is found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    // The connection.
    /// RST instead of a reply.
    ResetBeforeReply,
    /// RST after a part of the body.
    ResetMidBody,
    /// FIN instead of a reply.
    CloseBeforeReply,
    /// FIN before `Content-Length` bytes were sent.
    CloseMidBody,
    /// The body is cut short and has no length, so that only its JSON shows it.
    TruncatedJson,
    /// The request is read and never answered.
    Hang,
    /// Status line and headers arrive a byte at a time, with this pause before each.
    SlowHeaders(Duration),
    /// A part of the body arrives, then nothing more.
    StalledBody,
    /// The body arrives a byte at a time, with this pause before each.
    DrippedBody(Duration),
    /// A body without end; it stops at 64 MiB after all.
    EndlessBody,
    /// A true reply after this long.
    Delay(Duration),

    // Another server answers.
    /// 200 with a page of HTML.
    CaptivePortal,
    /// 200 with nothing.
    EmptyBody,
    /// 200 with `{}`.
    EmptyObject,
    /// 301 to this address.
    Redirect(String),
    /// This status, without an error code: 429, 500, 502, 503, 504 …
    Status(u16),

    // The service refuses.
    /// 500 `InternalServerError`.
    InternalServerError,
    /// 400 `ThrottlingException`.
    Throttle,
    /// The same, with `x-amz-retry-after` in milliseconds.
    ThrottleRetryAfterMillis(u64),
    /// The same, with `Retry-After` in seconds.
    ThrottleRetryAfterSeconds(u64),
    /// IAM does not allow the action to this principal.
    AccessDenied,
    /// KMS refuses, as a principal without `kms:Decrypt` reads it; not where nothing is decrypted.
    KmsAccessDenied,
    /// KMS refuses, in its older words, as for a key that is not there.
    KmsUnknownKey,
    ExpiredToken,
    UnrecognizedClient,
    InvalidSignature,
    Validation,
    InvalidKeyId,
    /// Any other refusal.
    Error {
        status: u16,
        code: String,
        message: String,
    },
    /// The server's clock is this many minutes ahead (or behind, below 0): its `Date` shows it, and
    /// a request dated more than 5 minutes from it is refused with this code
    /// (`InvalidSignatureException`, `RequestExpired` …).
    ClockSkew {
        minutes: i64,
        code: String,
    },

    // The pages of a listing.
    /// Every page from here on has the same token.
    RepeatedToken,
    /// From here on two tokens take turns forever.
    TokenCycle,
    /// Empty pages with new tokens, forever.
    EndlessEmptyPages,
    /// So many empty pages first, then the true page.
    EmptyPages(usize),
    /// One more page at the end repeats a parameter.
    DuplicateParameter,
    /// One more page at the end repeats a parameter, with another value.
    ConflictingParameter,

    // The first parameter of the reply.
    NullName,
    NullValue,
    MissingName,
    MissingValue,
    /// Its value goes on with a NUL.
    NulInValue,
    /// Its value ends with half a surrogate pair, `\ud800`.
    LoneSurrogate,
    /// Its value ends with bytes that are not UTF-8.
    InvalidUtf8,
    /// A parameter that was not requested comes along.
    OutsidePath,
}

impl Fault {
    /// Goes wrong on every call.
    pub fn always(self) -> Rule {
        self.when(When::Always)
    }

    /// Goes wrong on the first `count` calls.
    pub fn first(self, count: usize) -> Rule {
        self.when(When::First(count))
    }

    /// Goes wrong on one call; the first is 1.
    pub fn nth(self, number: usize) -> Rule {
        self.when(When::Nth(number))
    }

    /// Goes wrong on every call after the first `count`.
    pub fn after(self, count: usize) -> Rule {
        self.when(When::After(count))
    }

    fn when(self, when: When) -> Rule {
        Rule {
            fault: self,
            when,
            operation: None,
            path: None,
            name: None,
            signed_by: None,
        }
    }

    /// Does the harm: what to send, and how.
    pub(crate) fn inflict(&self, store: &Store, call: &Received) -> (Response, Delivery) {
        if let Some(response) = stand_in::response(self, call) {
            return (response, Delivery::Whole);
        }
        if let Self::ClockSkew { minutes, code } = self {
            let refusal = stand_in::skewed(*minutes, code, call);
            let mut response = refusal.unwrap_or_else(|| honest(store, call));
            response.date_offset = minutes * 60;
            return (response, Delivery::Whole);
        }
        let reply = match answer(store, call) {
            Err(error) => Response::error(&error),
            Ok(reply) => {
                let reply = tokens::paged(self, store, call, reply);
                Response::ok(edit::spoiled(self, reply))
            }
        };
        (reply, self.delivery())
    }

    fn delivery(&self) -> Delivery {
        match self {
            Self::ResetBeforeReply => Delivery::ResetBeforeReply,
            Self::ResetMidBody => Delivery::ResetMidBody,
            Self::CloseBeforeReply => Delivery::CloseBeforeReply,
            Self::CloseMidBody => Delivery::CloseMidBody,
            Self::TruncatedJson => Delivery::TruncatedWithoutLength,
            Self::Hang => Delivery::Never,
            Self::SlowHeaders(pause) => Delivery::SlowHeaders(*pause),
            Self::StalledBody => Delivery::StalledBody,
            Self::DrippedBody(pause) => Delivery::DrippedBody(*pause),
            Self::EndlessBody => Delivery::EndlessBody,
            Self::Delay(pause) => Delivery::Delayed(*pause),
            _ => Delivery::Whole,
        }
    }
}

/// The true reply.
pub(crate) fn honest(store: &Store, call: &Received) -> Response {
    match answer(store, call) {
        Ok(reply) => Response::ok(reply.to_string().into_bytes()),
        Err(error) => Response::error(&error),
    }
}

/// The true answer, unless the request follows a token that a fault gave out.
fn answer(store: &Store, call: &Received) -> Result<Value, api::ApiError> {
    match tokens::resumed(store, call) {
        Some(answer) => answer,
        None => api::answer(store, &call.operation, &call.body),
    }
}

/// A fault, and the calls that meet it. Of several rules that apply to a call the first wins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    fault: Fault,
    when: When,
    operation: Option<String>,
    path: Option<String>,
    name: Option<String>,
    signed_by: Option<String>,
}

/// Which of the calls that fit a rule's other conditions. Each rule counts its own, also those that
/// another rule takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    Always,
    First(usize),
    Nth(usize),
    After(usize),
}

impl Rule {
    /// Only calls of this operation, such as `GetParameters`.
    pub fn operation(mut self, operation: impl Into<String>) -> Self {
        self.operation = Some(operation.into());
        self
    }

    /// Only pages of this path.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// Only calls that request this parameter by name, and pages that would contain it.
    pub fn naming(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Only calls that were signed with the key of this access key id. Other than a number of
    /// calls, it does not depend on the order in which concurrent calls arrive.
    pub fn signed_by(mut self, access_key: impl Into<String>) -> Self {
        self.signed_by = Some(access_key.into());
        self
    }

    fn fits(&self, store: &Store, call: &Received) -> bool {
        let operation = self.operation.as_ref();
        let path = self.path.as_ref();
        let signed_by = self.signed_by.as_ref();
        let needs_no_key = call.operation.starts_with("Get") && call.body["WithDecryption"] != true;
        if needs_no_key && matches!(self.fault, Fault::KmsAccessDenied | Fault::KmsUnknownKey) {
            return false;
        }
        operation.is_none_or(|operation| *operation == call.operation)
            && signed_by.is_none_or(|key| call.access_key.as_ref() == Some(key))
            && path.is_none_or(|path| call.body["Path"].as_str() == Some(path))
            && self
                .name
                .as_ref()
                .is_none_or(|name| concerns(store, call, name))
    }
}

impl From<Fault> for Rule {
    fn from(fault: Fault) -> Self {
        fault.always()
    }
}

fn concerns(store: &Store, call: &Received, name: &str) -> bool {
    let is_name = |value: &Value| value.as_str() == Some(name);
    let holds = |list: &Value| list.as_array().is_some_and(|list| list.iter().any(is_name));
    if is_name(&call.body["Name"]) || holds(&call.body["Names"]) {
        return true;
    }
    call.operation == "GetParametersByPath"
        && answer(store, call).is_ok_and(|page| {
            let parameters = page["Parameters"].as_array();
            parameters.is_some_and(|list| list.iter().any(|one| is_name(&one["Name"])))
        })
}

/// The rules that are in force, with the number of calls that each has seen.
#[derive(Debug, Default)]
pub(crate) struct Script(Vec<(Rule, usize)>);

impl Script {
    pub(crate) fn new(rules: impl IntoIterator<Item = Rule>) -> Self {
        Self(rules.into_iter().map(|rule| (rule, 0)).collect())
    }

    /// The fault that this call meets.
    pub(crate) fn next(&mut self, store: &Store, call: &Received) -> Option<Fault> {
        let mut chosen = None;
        for (rule, count) in &mut self.0 {
            if !rule.fits(store, call) {
                continue;
            }
            *count += 1;
            let applies = match rule.when {
                When::Always => true,
                When::First(most) => *count <= most,
                When::Nth(number) => *count == number,
                When::After(most) => *count > most,
            };
            if applies && chosen.is_none() {
                chosen = Some(rule.fault.clone());
            }
        }
        chosen
    }
}
