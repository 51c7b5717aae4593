//! What can go wrong, and when.

mod batch;
mod edit;
mod spec;
mod stand_in;
mod tokens;

use std::time::Duration;

use serde_json::Value;

use crate::api::{self, ApiError};
use crate::credstash;
use crate::objects;
use crate::secrets_manager;
use crate::server::{Delivery, Received, Response, Service};
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
    /// KMS cannot decrypt the value; of Secrets Manager alone.
    DecryptionFailure,
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
    /// A parameter or secret that was not requested comes along.
    OutsidePath,

    // Secrets Manager alone.
    /// Another secret in place of the first of the reply.
    OtherSecret,
    /// The first secret of the reply has the id and the stages of another version.
    OtherVersion,
    /// The first secret of the reply has both a text and a binary value.
    TextAndBinary,
    /// Listings, and pages of values, lack the secrets with these names, as they do for a while after
    /// a change.
    Unlisted(Vec<String>),
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
            region: None,
            signed_by: None,
        }
    }

    /// Does the harm: what to send, and how.
    fn inflict(&self, store: &Store, call: &Received) -> (Response, Delivery) {
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
            Err(error) => Response::error(&error, call.service),
            Ok(reply) => {
                let reply = tokens::paged(self, store, call, reply);
                Response::ok(edit::spoiled(self, call, reply))
            }
        };
        (reply, self.delivery())
    }

    /// Whether a secret that is refused like this is no reason to refuse others with it.
    fn is_of_one_secret(&self) -> bool {
        matches!(
            self,
            Self::AccessDenied
                | Self::KmsAccessDenied
                | Self::KmsUnknownKey
                | Self::DecryptionFailure
                | Self::Error { .. }
        )
    }

    /// Whether a call that decrypts nothing is spared.
    fn is_of_kms(&self) -> bool {
        matches!(
            self,
            Self::KmsAccessDenied | Self::KmsUnknownKey | Self::DecryptionFailure
        )
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

/// A fault that a call meets, and the name that its rule has.
#[derive(Clone, Debug)]
pub(crate) struct Met {
    fault: Fault,
    name: Option<String>,
}

impl Met {
    /// Whether single secrets of a batch are refused, and not the batch: those of this name or, if
    /// KMS refuses and there is no name, all.
    fn is_within(&self, call: &Received) -> bool {
        call.operation == "BatchGetSecretValue"
            && self.fault.is_of_one_secret()
            && (self.name.is_some() || self.fault.is_of_kms())
    }
}

/// What to reply to a call that meets these faults, and how.
pub(crate) fn reply(store: &Store, call: &Received, met: &[Met]) -> (Response, Delivery) {
    if call.service == Service::Objects {
        let fault = met.first().map(|met| &met.fault);
        return of_object(store, call, fault);
    }
    match met {
        [] => (honest(store, call), Delivery::Whole),
        [first, ..] if !first.is_within(call) => first.fault.inflict(store, call),
        all => {
            let reply = answer(store, call).map(|reply| batch::without(store, call, reply, all));
            (whole(call, reply), Delivery::Whole)
        }
    }
}

/// The same for an object of S3.
fn of_object(store: &Store, call: &Received, fault: Option<&Fault>) -> (Response, Delivery) {
    if let Some(Fault::ClockSkew { minutes, code }) = fault {
        let refusal = stand_in::skewed(*minutes, code, call);
        let mut response = match refusal {
            Some(_) => {
                let error = Fault::Error {
                    status: 403,
                    code: code.clone(),
                    message: "The difference between the request time and the current time is too \
                              large."
                        .to_owned(),
                };
                objects::reply(store, call, Some(&error))
            }
            None => objects::reply(store, call, None),
        };
        response.date_offset = minutes * 60;
        return (response, Delivery::Whole);
    }
    let delivery = fault.map_or(Delivery::Whole, Fault::delivery);
    (objects::reply(store, call, fault), delivery)
}

/// The true reply.
fn honest(store: &Store, call: &Received) -> Response {
    whole(call, answer(store, call))
}

fn whole(call: &Received, answer: Result<Value, ApiError>) -> Response {
    match answer {
        Ok(reply) => Response::ok(reply.to_string().into_bytes()),
        Err(error) => Response::error(&error, call.service),
    }
}

/// The true answer, unless the request follows a token that a fault gave out.
fn answer(store: &Store, call: &Received) -> Result<Value, ApiError> {
    match tokens::resumed(store, call) {
        Some(answer) => answer,
        None => served(store, call, &call.body),
    }
}

/// The answer of the service to such a call with this body.
fn served(store: &Store, call: &Received, body: &Value) -> Result<Value, ApiError> {
    let region = call.region.as_deref().unwrap_or_default();
    let answer = match call.service {
        Service::ParameterStore => api::answer,
        Service::SecretsManager => secrets_manager::answer,
        Service::DynamoDb => credstash::dynamodb,
        Service::Kms => credstash::kms,
        // Its replies are no JSON.
        Service::Objects => return Err(ApiError::bare("UnknownOperationException")),
    };
    answer(store, region, &call.operation, body)
}

/// A fault, and the calls that meet it. Of several rules that apply to a call the first wins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    fault: Fault,
    when: When,
    operation: Option<String>,
    path: Option<String>,
    name: Option<String>,
    region: Option<String>,
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

    /// Only pages of this path, or of secrets whose names begin like this.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// Only calls that request this parameter or secret by name, and pages that would contain it. A
    /// refusal of a secret that `BatchGetSecretValue` would return is then an entry of its `Errors`,
    /// for each rule that applies, and `ListSecrets` shows it all the same.
    pub fn naming(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Only calls that were signed for this region.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// Only calls that were signed with the key of this access key id. Other than a number of
    /// calls, it does not depend on the order in which concurrent calls arrive.
    pub fn signed_by(mut self, access_key: impl Into<String>) -> Self {
        self.signed_by = Some(access_key.into());
        self
    }

    fn fits(&self, store: &Store, call: &Received) -> bool {
        // Who may not read one secret may list it all the same.
        let listed = call.operation == "ListSecrets" && self.operation.is_none();
        if listed && self.name.is_some() && self.fault.is_of_one_secret() {
            return false;
        }
        let fits = |wanted: &Option<String>, actual: Option<&String>| {
            wanted.is_none() || wanted.as_ref() == actual
        };
        (!self.fault.is_of_kms() || decrypts(call))
            && fits(&self.operation, Some(&call.operation))
            && fits(&self.region, call.region.as_ref())
            && fits(&self.signed_by, call.access_key.as_ref())
            && self.path.as_ref().is_none_or(|path| is_below(call, path))
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

/// Whether a call needs a key; what is not decrypted needs none.
fn decrypts(call: &Received) -> bool {
    match call.service {
        Service::ParameterStore => {
            !call.operation.starts_with("Get") || call.body["WithDecryption"] == true
        }
        Service::DynamoDb => false,
        Service::Kms => true,
        Service::SecretsManager => matches!(
            call.operation.as_str(),
            "GetSecretValue" | "BatchGetSecretValue"
        ),
        Service::Objects => call.operation == "GetObject",
    }
}

/// Whether a call is for a page of this path, or of secrets whose names begin like this.
fn is_below(call: &Received, path: &str) -> bool {
    let filters = call.body["Filters"].as_array();
    let mut values = filters
        .into_iter()
        .flatten()
        .filter(|filter| filter["Key"] == "name")
        .filter_map(|filter| filter["Values"].as_array())
        .flatten();
    call.body["Path"] == path || values.any(|value| value == path)
}

fn concerns(store: &Store, call: &Received, name: &str) -> bool {
    let region = call.region.as_deref().unwrap_or_default();
    let is_name = |value: &Value| value.as_str() == Some(name);
    let holds = |list: &Value| list.as_array().is_some_and(|list| list.iter().any(is_name));
    let body = &call.body;
    if matches!(call.service, Service::DynamoDb | Service::Kms) {
        return credstash::secret_of(call).as_deref() == Some(name);
    }
    if is_name(&body["Name"]) || holds(&body["Names"]) {
        return true;
    }
    let ids = body["SecretIdList"].as_array().into_iter().flatten();
    for id in ids.chain([&body["SecretId"]]).filter_map(Value::as_str) {
        let found = secrets_manager::name_of(store, region, id);
        if id == name || found.as_deref() == Some(name) {
            return true;
        }
    }
    let lists = matches!(
        call.operation.as_str(),
        "GetParametersByPath" | "ListSecrets" | "BatchGetSecretValue"
    );
    lists
        && answer(store, call).is_ok_and(|page| {
            let items = page[tokens::list(call)].as_array();
            items.is_some_and(|list| list.iter().any(|one| is_name(&one["Name"])))
        })
}

/// The rules that are in force, with the number of calls that each has seen.
#[derive(Debug, Default)]
pub(crate) struct Script(Vec<(Rule, usize)>);

impl Script {
    pub(crate) fn new(rules: impl IntoIterator<Item = Rule>) -> Self {
        Self(rules.into_iter().map(|rule| (rule, 0)).collect())
    }

    /// The faults that this call meets: the first that applies or, if that is of one secret of
    /// several, all that are.
    pub(crate) fn next(&mut self, store: &Store, call: &Received) -> Vec<Met> {
        let mut chosen: Vec<Met> = Vec::new();
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
            let met = Met {
                fault: rule.fault.clone(),
                name: rule.name.clone(),
            };
            let joins = |first: &Met| first.is_within(call) && met.is_within(call);
            if applies && chosen.first().is_none_or(joins) {
                chosen.push(met);
            }
        }
        chosen
    }
}
