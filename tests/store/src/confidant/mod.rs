//! A Confidant in memory: services with credentials and blind credentials, and what it answers, word for
//! word as Confidant 6.6.1 does. It has no socket of its own: a test serves it, with the faults that it
//! needs. Its tokens are those of the KMS of this crate.

mod service;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use crate::credstash::opened;
use crate::server::clock::{from_amz_date, http_date, whole_seconds};
pub use service::{Blind, Credential, Service};

/// The role in IAM of the server: for it a token is meant.
pub const TO: &str = "confidant-testing";
/// The key of tokens.
pub const KEY: &str = "alias/authnz-testing";
/// The key of the tokens of the account `other`.
pub const OTHER_KEY: &str = "alias/authnz-other";

/// A request to a Confidant.
#[derive(Clone, Copy, Debug)]
pub struct Request<'r> {
    pub method: &'r str,
    /// The path with its query.
    pub target: &'r str,
    /// The header `X-Auth-From`.
    pub from: Option<&'r str>,
    /// The header `X-Auth-Token`.
    pub token: Option<&'r str>,
}

/// Its answer: a status and a body.
pub type Answer = (u16, String);

/// A Confidant. Clones share what is in it.
#[derive(Clone, Debug, Default)]
pub struct Confidant {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    services: BTreeMap<String, Service>,
    faults: Vec<(usize, Answer)>,
    /// By how many seconds its clock is ahead of ours.
    ahead: i64,
}

impl Confidant {
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates a service, or replaces it.
    pub fn put(&self, id: &str, service: Service) {
        self.state().services.insert(id.to_owned(), service);
    }

    /// Answers the next requests with this status and body.
    pub fn fail(&self, times: usize, status: u16, body: &str) {
        self.state().faults.push((times, (status, body.to_owned())));
    }

    /// Sets its clock, by seconds ahead of ours.
    pub fn set_clock(&self, ahead: i64) {
        self.state().ahead = ahead;
    }

    /// The header `Date` of its answers.
    pub fn date(&self) -> String {
        http_date(whole_seconds() + self.state().ahead)
    }

    /// Answers a request.
    pub fn answer(&self, request: Request<'_>) -> Answer {
        let mut state = self.state();
        if let Some((left, answer)) = state.faults.iter_mut().find(|(left, _)| *left > 0) {
            *left -= 1;
            return answer.clone();
        }
        let (path, query) = request
            .target
            .split_once('?')
            .unwrap_or((request.target, ""));
        let id = path.strip_prefix("/v1/services/");
        let Some(id) =
            id.filter(|id| !id.is_empty() && !id.contains('/') && request.method == "GET")
        else {
            return html(404, "Not Found", NOT_FOUND);
        };
        let (Some(username), Some(token)) = (request.from, request.token) else {
            // A server without sessions fails at whom it does not know.
            return html(500, "Internal Server Error", INTERNAL);
        };
        let Some(user) = User::of(username) else {
            return html(500, "Internal Server Error", INTERNAL);
        };
        let Some(account) = state.accepted(&user, token) else {
            return html(403, "Forbidden", FORBIDDEN);
        };
        if user.kind != "user" && user.from != id {
            let error = format!("{} does not have access to get service {id}", user.from);
            return json(403, &json!({"error": error, "reference": id}));
        }
        let Some(service) = state.services.get(id) else {
            return (404, "{}\n".to_owned());
        };
        if service.account.is_some() && service.account.as_deref() != account {
            return json(
                401,
                &json!({"error": "Authenticated user is not authorized."}),
            );
        }
        let is_metadata = query.contains("metadata_only=true");
        (200, service.answer(id, is_metadata).to_string())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who sends a request, as the header says.
struct User<'u> {
    version: u8,
    kind: &'u str,
    from: &'u str,
}

impl<'u> User<'u> {
    fn of(username: &'u str) -> Option<Self> {
        let parts: Vec<&str> = username.split('/').collect();
        match parts.as_slice() {
            [from] => Some(Self {
                version: 1,
                kind: "service",
                from,
            }),
            [version, kind, from] => Some(Self {
                version: version.parse().ok()?,
                kind,
                from,
            }),
            _ => None,
        }
    }
}

impl State {
    /// The account of a token that is valid now; `None` for one that is not.
    fn accepted(&self, user: &User<'_>, token: &str) -> Option<Option<&'static str>> {
        let blob = opened(token)?;
        let mut context = json!({"to": TO, "from": user.from});
        if user.version == 2 {
            context["user_type"] = json!(user.kind);
        }
        let account = match blob["key-id"].as_str()? {
            KEY => None,
            OTHER_KEY => Some("other"),
            _ => return None,
        };
        if blob["context"] != context || !["service", "user"].contains(&user.kind) {
            return None;
        }
        let payload: Value = serde_json::from_str(blob["plain"].as_str()?).ok()?;
        let time = |name: &str| from_amz_date(payload[name].as_str()?);
        let (begins, ends) = (time("not_before")?, time("not_after")?);
        let now = whole_seconds() + self.ahead;
        let valid = (begins..=ends).contains(&now) && ends - begins <= 60 * 60;
        valid.then_some(account)
    }
}

const NOT_FOUND: &str = "The requested URL was not found on the server. If you entered the URL manually please \
                         check your spelling and try again.";
const INTERNAL: &str = "The server encountered an internal error and was unable to complete your request. Either \
                        the server is overloaded or there is an error in the application.";
const FORBIDDEN: &str = "You don't have the permission to access the requested resource. It is either \
                         read-protected or not readable by the server.";

/// A page of its framework.
pub fn html(status: u16, title: &str, text: &str) -> Answer {
    let page = format!(
        "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 3.2 Final//EN\">\n<title>{status} {title}</title>\n\
         <h1>{title}</h1>\n<p>{text}</p>\n"
    );
    (status, page)
}

fn json(status: u16, body: &Value) -> Answer {
    (status, format!("{body}\n"))
}
