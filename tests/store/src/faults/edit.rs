//! Values that are not as they should be.

use serde_json::{Map, Value, json};

use super::{Fault, tokens};
use crate::server::{Received, Service};

/// Stands in the JSON for what no JSON writer would write.
const MARK: &str = "@@spoiled@@";

/// Writes a reply, spoiled in its first parameter or secret if the fault is of that sort.
pub(super) fn spoiled(fault: &Fault, call: &Received, mut reply: Value) -> Vec<u8> {
    let list = tokens::list(call);
    if let Some(list) = reply.get_mut(list).and_then(Value::as_array_mut) {
        match fault {
            Fault::OutsidePath => list.push(stranger(call)),
            Fault::Unlisted(names) if call.body["SecretIdList"].is_null() => {
                let is_listed = |name: &Value| !names.iter().any(|own| name == own.as_str());
                list.retain(|one| is_listed(&one["Name"]));
            }
            _ => {}
        }
    }
    let first = format!("/{list}/0");
    let place = match call.service {
        _ if reply.get(list).is_some() => first.as_str(),
        Service::ParameterStore => "/Parameter",
        Service::SecretsManager | Service::DynamoDb | Service::Kms | Service::Objects => "",
    };
    if let Some(Value::Object(one)) = reply.pointer_mut(place) {
        spoil(fault, call, one);
    }
    let text = reply.to_string().into_bytes();
    match fault {
        Fault::LoneSurrogate => replaced(&text, br"\ud800"),
        Fault::InvalidUtf8 => replaced(&text, b"\xff\xfe"),
        _ => text,
    }
}

/// Spoils one parameter or secret.
fn spoil(fault: &Fault, call: &Received, one: &mut Map<String, Value>) {
    // The catalogue has no values.
    let fields = ["Value", "SecretString", "SecretBinary"];
    let field = fields.into_iter().find(|field| one.contains_key(*field));
    let value = field
        .and_then(|field| one[field].as_str())
        .map(str::to_owned);
    let field_or_default = field.unwrap_or(match call.service {
        Service::ParameterStore => "Value",
        _ => "SecretString",
    });
    match fault {
        Fault::NullName => drop(one.insert("Name".to_owned(), Value::Null)),
        Fault::NullValue => drop(one.insert(field_or_default.to_owned(), Value::Null)),
        Fault::MissingName => drop(one.remove("Name")),
        Fault::MissingValue => drop(one.remove(field_or_default)),
        Fault::OtherSecret if call.service == Service::SecretsManager => {
            if let Value::Object(other) = stranger(call) {
                *one = other;
            }
        }
        Fault::OtherVersion if one.contains_key("VersionId") => {
            let other = match call.body["VersionStage"].as_str() {
                Some("AWSPREVIOUS") => "AWSCURRENT",
                _ => "AWSPREVIOUS",
            };
            let id = "0ddba11e-0000-4000-8000-000000000000";
            one.insert("VersionId".to_owned(), id.into());
            one.insert("VersionStages".to_owned(), json!([other]));
        }
        _ => {}
    }
    let (Some(field), Some(value)) = (field, value) else {
        return;
    };
    match fault {
        Fault::NulInValue => drop(one.insert(field.to_owned(), format!("{value}\0tail").into())),
        Fault::LoneSurrogate | Fault::InvalidUtf8 => {
            one.insert(field.to_owned(), format!("{value}{MARK}").into());
        }
        Fault::TextAndBinary if field != "Value" => {
            let (text, binary) = ("of-the-text", "b2YtdGhlLWJpbmFyeQ==");
            one.entry("SecretString").or_insert_with(|| text.into());
            one.entry("SecretBinary").or_insert_with(|| binary.into());
        }
        _ => {}
    }
}

/// What was not requested.
fn stranger(call: &Received) -> Value {
    if call.service == Service::ParameterStore {
        return json!({
            "Name": "/outside/of/the-request",
            "Type": "String",
            "Value": "not-asked-for",
            "Version": 1,
            "ARN": "arn:aws:ssm:us-east-1:123456789012:parameter/outside/of/the-request",
            "DataType": "text",
        });
    }
    let region = call.region.as_deref().unwrap_or_default();
    let name = "outside/of/the-request";
    let mut secret = json!({
        "Name": name,
        "ARN": format!("arn:aws:secretsmanager:{region}:123456789012:secret:{name}-AbCdEf"),
        "CreatedDate": 1.7e9,
    });
    let id = "5ec2e700-0000-4000-8000-000000000000";
    if call.operation == "ListSecrets" {
        secret["SecretVersionsToStages"] = json!({ id: ["AWSCURRENT"] });
    } else {
        secret["VersionId"] = id.into();
        secret["VersionStages"] = json!(["AWSCURRENT"]);
        secret["SecretString"] = "not-asked-for".into();
    }
    secret
}

fn replaced(text: &[u8], with: &[u8]) -> Vec<u8> {
    let found = text
        .windows(MARK.len())
        .position(|window| window == MARK.as_bytes());
    match found {
        None => text.to_vec(),
        Some(at) => [&text[..at], with, &text[at + MARK.len()..]].concat(),
    }
}
