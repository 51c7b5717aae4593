//! Values that are not as they should be.

use serde_json::{Value, json};

use super::Fault;

/// Stands in the JSON for what no JSON writer would write.
const MARK: &str = "@@spoiled@@";

/// Writes a reply, spoiled in its first parameter if the fault is of that sort.
pub(super) fn spoiled(fault: &Fault, mut reply: Value) -> Vec<u8> {
    if fault == &Fault::OutsidePath
        && let Some(list) = reply["Parameters"].as_array_mut()
    {
        list.push(json!({
            "Name": "/outside/of/the-request",
            "Type": "String",
            "Value": "not-asked-for",
            "Version": 1,
            "ARN": "arn:aws:ssm:us-east-1:123456789012:parameter/outside/of/the-request",
            "DataType": "text",
        }));
    }
    let parameter = match reply.get("Parameter") {
        Some(_) => reply.pointer_mut("/Parameter"),
        None => reply.pointer_mut("/Parameters/0"),
    };
    if let Some(Value::Object(parameter)) = parameter {
        // The catalogue has no values.
        let value = parameter.get("Value").and_then(Value::as_str);
        let value = value.unwrap_or_default().to_owned();
        match fault {
            Fault::NullName => parameter["Name"] = Value::Null,
            Fault::NullValue => drop(parameter.insert("Value".to_owned(), Value::Null)),
            Fault::MissingName => drop(parameter.remove("Name")),
            Fault::MissingValue => drop(parameter.remove("Value")),
            _ if !parameter.contains_key("Value") => {}
            Fault::NulInValue => parameter["Value"] = format!("{value}\0tail").into(),
            Fault::LoneSurrogate | Fault::InvalidUtf8 => {
                parameter["Value"] = format!("{value}{MARK}").into();
            }
            _ => {}
        }
    }
    let text = reply.to_string().into_bytes();
    match fault {
        Fault::LoneSurrogate => replaced(&text, br"\ud800"),
        Fault::InvalidUtf8 => replaced(&text, b"\xff\xfe"),
        _ => text,
    }
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
