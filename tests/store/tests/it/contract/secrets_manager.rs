//! The same for Secrets Manager.

mod differences;
mod sdk;
mod stories;

use std::collections::BTreeSet;

use parameter_store::{Server, Store, Throttle};
use serde_json::{Value, json};

use super::moto::Moto;
use super::{Difference, Outcome, Side, Step, ok};
use crate::client::Client;
use differences::{MOTO_ADDS, MOTO_LEAVES_OUT, differences};
use stories::stories;

/// One side, and the ARN that it answered last.
struct Secrets {
    side: Side,
    arn: String,
    /// The status of the last answer.
    status: u16,
}

impl Secrets {
    fn new(port: u16) -> Self {
        Self {
            side: Side::new(port),
            arn: String::new(),
            status: 0,
        }
    }

    /// Makes a call. In its body `"ARN"` is replaced by the last ARN, `"ARN-"` by the same without
    /// its suffix.
    fn call(&mut self, step: &Step) -> Outcome {
        let mut body = self.side.body(step);
        let partial = self.arn.len().saturating_sub("-AbCdEf".len());
        for id in ids_mut(&mut body) {
            match id.as_str() {
                Some("ARN") => *id = json!(self.arn),
                Some("ARN-") => *id = json!(self.arn[..partial]),
                _ => {}
            }
        }
        let mut client = Client::to(self.side.port);
        let mut reply = client.call_secrets("us-east-1", step.operation, &body);
        self.status = reply.status;
        if reply.status == 404 && reply.body.starts_with(b"{") {
            // A difference that has a story of its own.
            reply.status = 400;
        }
        let outcome = self.side.outcome(reply);
        if let Outcome::Done(reply) = &outcome
            && let Some(arn) = reply["ARN"].as_str()
        {
            self.arn = arn.to_owned();
        }
        outcome
    }
}

fn ids_mut(body: &mut Value) -> impl Iterator<Item = &mut Value> {
    let fields = body.as_object_mut().into_iter().flatten();
    fields.flat_map(|(field, value)| match (field.as_str(), value) {
        ("SecretId", one) => vec![one],
        ("SecretIdList", Value::Array(many)) => many.iter_mut().collect(),
        _ => Vec::new(),
    })
}

/// The version ids of stories begin with this: others are made up by the server.
const ID: &str = "11111111-";

/// Takes out of an answer what differs from one run to the next, and what is not promised: dates,
/// tokens, suffixes of ARNs, ids of versions, orders, and fields that are null.
fn comparable(value: Value) -> Value {
    match value {
        Value::Array(mut list) => {
            list = list.into_iter().map(comparable).collect();
            list.sort_by_key(Value::to_string);
            list.into()
        }
        Value::Object(fields) => fields
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(field, value)| {
                let value = comparable_field(&field, value);
                (field, value)
            })
            .collect(),
        other => other,
    }
}

fn comparable_field(field: &str, value: Value) -> Value {
    let text = value.as_str().unwrap_or_default().to_owned();
    match field {
        "CreatedDate" | "LastChangedDate" | "LastAccessedDate" | "DeletedDate" | "DeletionDate" => {
            assert!(
                value.as_f64().is_some_and(|date| date > 1.7e9),
                "{field}: {value}"
            );
            json!("a date")
        }
        "NextToken" => json!("a token"),
        "ARN" => json!(text.rsplit_once('-').map(|(arn, _)| arn)),
        "SecretId" if text.starts_with("arn:") => json!(text.rsplit_once('-').map(|(arn, _)| arn)),
        "VersionId" if !text.starts_with(ID) => json!("an id"),
        _ => comparable(value),
    }
}

type Gaps = BTreeSet<(&'static str, &'static str)>;

/// Removes from an answer the fields that only one side is known to have, and notes which ones
/// those were.
fn without(step: &Step, one: &mut Value, other: &Value, known: Known, gaps: &mut Gaps) {
    let lists = ["SecretList", "SecretValues", "Versions"];
    for &(operation, field) in known {
        if operation != step.operation {
            continue;
        }
        let mut remove = |one: &mut Value, other: &Value| {
            if other.get(field).is_none() {
                let removed = one.as_object_mut().and_then(|fields| fields.remove(field));
                gaps.extend(removed.map(|_| (operation, field)));
            }
        };
        remove(one, other);
        for list in lists {
            if let (Some(Value::Array(one)), Some(Value::Array(other))) =
                (one.get_mut(list), other.get(list))
            {
                for (one, other) in one.iter_mut().zip(other) {
                    remove(one, other);
                }
            }
        }
    }
}

type Known = &'static [(&'static str, &'static str)];

#[test]
fn moto_gives_the_same_answers() {
    let Some(moto) = Moto::start("secrets_manager::moto_gives_the_same_answers") else {
        return;
    };
    let (mut lacks, mut adds) = (Gaps::new(), Gaps::new());
    let mut differences = String::new();
    for (story, steps) in stories() {
        moto.reset();
        let server = Server::start(&Store::new()).unwrap();
        let (mut ours, mut theirs) = (Secrets::new(server.port()), Secrets::new(moto.port));
        for step in steps {
            let (mut ours, mut theirs) = (ours.call(&step), theirs.call(&step));
            if let (Outcome::Done(ours), Outcome::Done(theirs)) = (&mut ours, &mut theirs) {
                *ours = comparable(ours.take());
                *theirs = comparable(theirs.take());
                without(&step, ours, theirs, MOTO_LEAVES_OUT, &mut lacks);
                without(&step, theirs, ours, MOTO_ADDS, &mut adds);
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
    // One that moto has put right need not be left out any longer.
    assert_eq!(lacks.into_iter().collect::<Vec<_>>(), MOTO_LEAVES_OUT);
    assert_eq!(adds.into_iter().collect::<Vec<_>>(), MOTO_ADDS);
}

#[test]
fn each_way_in_which_moto_is_laxer_than_aws_is_named() {
    let story = "secrets_manager::each_way_in_which_moto_is_laxer_than_aws_is_named";
    let Some(moto) = Moto::start(story) else {
        return;
    };
    let mut surprises = String::new();
    for Difference {
        name,
        before,
        request,
        place,
        moto: expected,
    } in differences()
    {
        moto.reset();
        let server = Server::start(&Store::new()).unwrap();
        let (mut ours, mut theirs) = (Secrets::new(server.port()), Secrets::new(moto.port));
        for step in &before {
            for side in [&mut ours, &mut theirs] {
                assert_eq!(side.call(step).word(), "ok", "{name}");
            }
        }
        let seen = [&mut ours, &mut theirs].map(|side| side.call(&request).at(place));
        if seen != [request.expected, expected] {
            surprises.push_str(&format!("{name}: ours and moto's are {seen:?}\n"));
        }
    }
    assert!(surprises.is_empty(), "{surprises}");
}

#[test]
fn moto_has_another_status_for_what_does_not_exist() {
    let story = "secrets_manager::moto_has_another_status_for_what_does_not_exist";
    let Some(moto) = Moto::start(story) else {
        return;
    };
    let server = Server::start(&Store::new()).unwrap();
    let status = |port: u16| {
        let mut side = Secrets::new(port);
        side.call(&ok("GetSecretValue", json!({ "SecretId": "none" })));
        side.status
    };
    assert_eq!((status(server.port()), status(moto.port)), (400, 404));
}

#[test]
fn moto_has_no_quota() {
    let Some(moto) = Moto::start("secrets_manager::moto_has_no_quota") else {
        return;
    };
    let server = Server::start(&Store::new()).unwrap();
    let slow = Throttle {
        rate: 0.001,
        burst: 100.0,
        refusal_cost: 0.0,
    };
    server.set_quotas(&[(&["ListSecrets"], slow)]);
    let refused = |port| {
        let step = ok("ListSecrets", json!({}));
        let outcomes = (0..120).map(|_| Secrets::new(port).call(&step).word());
        outcomes
            .filter(|word| word == "ThrottlingException")
            .count()
    };
    assert_eq!(refused(server.port()), 20);
    assert_eq!(refused(moto.port), 0);
}
