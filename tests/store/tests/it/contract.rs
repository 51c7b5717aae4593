//! The same requests, to this store and to moto, a Parameter Store that we did not write.
//!
//! (S3, what credstash needs of DynamoDB and KMS, and Vault are held against theirs in files of their
//! own.) What both answer alike is in [`stories`]. Where they do not, the difference has a name in
//! [`differences`], and each side is held to what it does today, so that a change in either is
//! noticed. (IAM and KMS decide who may do what: neither store does, and this one refuses on
//! demand, by its faults.)

mod bao;
mod credstash;
mod differences;
mod moto;
mod objects;
mod secrets_manager;
mod stories;
mod vault;

use std::collections::BTreeSet;

use parameter_store::{Server, Store, Throttle};
use serde_json::{Value, json};

use crate::client::{Client, Reply};
use differences::{Difference, MOTO_LEAVES_OUT, differences};
use moto::Moto;
use stories::stories;

/// moto takes the region of its answers from here.
const AUTHORIZATION: (&str, &str) = (
    "Authorization",
    "AWS4-HMAC-SHA256 Credential=AKIDTEST/20261124/us-east-1/ssm/aws4_request, SignedHeaders=host, Signature=00",
);

/// A request, and what must come of it: `ok`, or the code of a refusal.
#[derive(Clone)]
struct Step {
    operation: &'static str,
    body: Value,
    expected: &'static str,
}

fn ok(operation: &'static str, body: Value) -> Step {
    refused(operation, body, "ok")
}

fn refused(operation: &'static str, body: Value, expected: &'static str) -> Step {
    Step {
        operation,
        body,
        expected,
    }
}

/// What came of a call.
#[derive(Debug, PartialEq)]
enum Outcome {
    Done(Value),
    Refused(String),
    /// The other side broke, with this status.
    Broken(u16),
}

impl Outcome {
    fn word(&self) -> String {
        match self {
            Self::Done(_) => String::from("ok"),
            Self::Refused(code) => code.clone(),
            Self::Broken(status) => status.to_string(),
        }
    }

    /// The same, or what stands at this place of the answer.
    fn at(&self, place: &str) -> String {
        match self {
            Self::Done(reply) if !place.is_empty() => {
                reply.pointer(place).unwrap_or(&Value::Null).to_string()
            }
            other => other.word(),
        }
    }
}

/// A server, and the token of the page that it sent last.
struct Side {
    port: u16,
    token: Value,
}

impl Side {
    fn new(port: u16) -> Self {
        let token = Value::Null;
        Self { port, token }
    }

    /// Makes a call. A `NextToken` of `"…"` is replaced by the last one.
    fn call(&mut self, step: &Step) -> Outcome {
        let mut client = Client::to(self.port);
        client.send(step.operation, &self.body(step), &[AUTHORIZATION]);
        self.outcome(client.receive())
    }

    fn body(&self, step: &Step) -> Value {
        let mut body = step.body.clone();
        if body["NextToken"] == "…" {
            body["NextToken"] = self.token.clone();
        }
        body
    }

    fn outcome(&mut self, reply: Reply) -> Outcome {
        match reply.status {
            200 => {
                let reply = reply.json();
                self.token = reply["NextToken"].clone();
                Outcome::Done(reply)
            }
            400 => Outcome::Refused(reply.json()["__type"].as_str().unwrap().to_owned()),
            status => Outcome::Broken(status),
        }
    }
}

/// Takes out of an answer what differs from one run to the next, and what is not promised: dates,
/// tokens, authors, ciphertext, the order of parameters and tags, and fields that are null.
fn comparable(step: &Step, mut reply: Value) -> Value {
    let decrypted = step.body["WithDecryption"] == true;
    for parameter in parameters_mut(&mut reply) {
        let date = parameter["LastModifiedDate"].as_f64();
        assert!(date.is_some_and(|date| date > 1.7e9), "{parameter}");
        let is_secret = parameter["Type"] == "SecureString" && !decrypted;
        let fields = parameter.as_object_mut().unwrap();
        fields.retain(|_, value| !value.is_null());
        for (field, value) in fields {
            match field.as_str() {
                "LastModifiedDate" => *value = json!("a date"),
                "LastModifiedUser" => *value = json!("a user"),
                "Value" if is_secret => *value = json!("ciphertext"),
                _ => {}
            }
        }
    }
    let fields = reply.as_object_mut().unwrap();
    fields.retain(|_, value| !value.is_null());
    if let Some(token) = fields.get_mut("NextToken") {
        *token = json!("a token");
    }
    if let Some(Value::Array(tags)) = fields.get_mut("TagList") {
        tags.sort_by_key(|tag| tag["Key"].to_string());
    }
    if let Some(Value::Array(list)) = fields.get_mut("Parameters") {
        list.sort_by_key(|parameter| {
            (parameter["Name"].to_string(), parameter["Version"].as_i64())
        });
    }
    reply
}

type Gaps = BTreeSet<(&'static str, &'static str)>;

/// Removes from our answer the fields that moto is known to leave out and did leave out, and notes
/// which ones those were.
fn without_known_gaps(step: &Step, mut ours: Value, moto: &Value, gaps: &mut Gaps) -> Value {
    for (ours, moto) in parameters_mut(&mut ours).zip(parameters(moto)) {
        for &(operation, field) in MOTO_LEAVES_OUT {
            if operation == step.operation && moto.get(field).is_none() {
                let removed = ours.as_object_mut().and_then(|fields| fields.remove(field));
                gaps.extend(removed.map(|_| (operation, field)));
            }
        }
    }
    ours
}

/// The parameters of an answer, whatever it answers.
fn parameters(reply: &Value) -> impl Iterator<Item = &Value> {
    let many = reply.get("Parameters").and_then(Value::as_array);
    let one = reply.get("Parameter").into_iter();
    one.chain(many.into_iter().flatten())
}

fn parameters_mut(reply: &mut Value) -> impl Iterator<Item = &mut Value> {
    let fields = reply.as_object_mut().into_iter().flatten();
    fields.flat_map(|(field, value)| match (field.as_str(), value) {
        ("Parameter", one) => vec![one],
        ("Parameters", Value::Array(many)) => many.iter_mut().collect(),
        _ => Vec::new(),
    })
}

#[test]
fn moto_gives_the_same_answers() {
    let Some(moto) = Moto::start("moto_gives_the_same_answers") else {
        return;
    };
    let mut gaps = Gaps::new();
    let mut differences = String::new();
    for (story, steps) in stories() {
        moto.reset();
        let server = Server::start(&Store::new()).unwrap();
        let (mut ours, mut theirs) = (Side::new(server.port()), Side::new(moto.port));
        for step in steps {
            let (mut ours, mut theirs) = (ours.call(&step), theirs.call(&step));
            if let (Outcome::Done(ours), Outcome::Done(theirs)) = (&mut ours, &mut theirs) {
                *theirs = comparable(&step, theirs.take());
                let comparable = comparable(&step, ours.take());
                *ours = without_known_gaps(&step, comparable, theirs, &mut gaps);
            }
            if ours != theirs || ours.word() != step.expected {
                let Step {
                    operation,
                    body,
                    expected,
                } = &step;
                differences.push_str(&format!(
                    "{story}: {operation} {body:.200} must be {expected}\n  ours: {ours:?}\n  moto: {theirs:?}\n"
                ));
            }
        }
    }
    assert!(differences.is_empty(), "{differences}");
    // One that moto has filled in need not be left out any longer.
    assert_eq!(gaps.into_iter().collect::<Vec<_>>(), MOTO_LEAVES_OUT);
}

#[test]
fn each_way_in_which_moto_is_laxer_than_aws_is_named() {
    let Some(moto) = Moto::start("each_way_in_which_moto_is_laxer_than_aws_is_named") else {
        return;
    };
    let mut surprises = String::new();
    for difference in differences() {
        moto.reset();
        let server = Server::start(&Store::new()).unwrap();
        let (mut ours, mut theirs) = (Side::new(server.port()), Side::new(moto.port));
        for step in &difference.before {
            for side in [&mut ours, &mut theirs] {
                assert_eq!(side.call(step).word(), "ok", "{}", difference.name);
            }
        }
        let place = difference.place;
        let seen = [&mut ours, &mut theirs].map(|side| side.call(&difference.request).at(place));
        if seen != [difference.request.expected, difference.moto] {
            let name = difference.name;
            surprises.push_str(&format!("{name}: ours and moto's are {seen:?}\n"));
        }
    }
    assert!(surprises.is_empty(), "{surprises}");
}

#[test]
fn moto_shows_a_secret_that_it_was_not_asked_to_decrypt() {
    let Some(moto) = Moto::start("moto_shows_a_secret_that_it_was_not_asked_to_decrypt") else {
        return;
    };
    let server = Server::start(&Store::new()).unwrap();
    let put = json!({ "Name": "/a", "Value": "plain text", "Type": "SecureString" });
    let get = ok("GetParameter", json!({ "Name": "/a" }));
    let undecrypted = |port| {
        let mut side = Side::new(port);
        side.call(&ok("PutParameter", put.clone()));
        side.call(&get).at("/Parameter/Value")
    };
    let ours = undecrypted(server.port());
    assert!(!ours.contains("plain text"), "{ours}");
    assert_eq!(undecrypted(moto.port), r#""kms:alias/aws/ssm:plain text""#);
}

#[test]
fn moto_has_no_quota() {
    let Some(moto) = Moto::start("moto_has_no_quota") else {
        return;
    };
    let server = Server::start(&Store::new()).unwrap();
    // The bucket of AWS's default quota, which does not fill up again while we look.
    server.set_throttle(Some(Throttle {
        rate: 0.001,
        burst: 40.0,
        refusal_cost: 0.0,
    }));
    let refused = |port| {
        let step = ok("GetParametersByPath", json!({ "Path": "/" }));
        let outcomes = (0..60).map(|_| Side::new(port).call(&step).word());
        outcomes
            .filter(|word| word == "ThrottlingException")
            .count()
    };
    assert_eq!(refused(server.port()), 20);
    assert_eq!(refused(moto.port), 0);
}
