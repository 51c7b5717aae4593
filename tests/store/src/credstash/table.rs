//! `Query` and `Scan`.

use serde_json::{Map, Value, json};

use super::rows::{Rows, Tables};
use crate::api::ApiError;

/// The most rows of a page, so that a story has pages without many rows.
const PAGE: usize = 400;
/// The most bytes of a page, before it is filtered.
const BYTES: usize = 1 << 20;

/// A row with its name and version.
type Row<'r> = (&'r (String, String), &'r Map<String, Value>);

/// The rows of one name, in the order of their versions or in the reverse one.
pub(super) fn query(tables: &Tables, region: &str, body: &Value) -> Result<Value, ApiError> {
    let rows = table(tables, region, body)?;
    let condition = body["KeyConditionExpression"].as_str().unwrap_or_default();
    let name = value(body, ":n")?;
    let version = match condition {
        "#n = :n" => None,
        "#n = :n AND #v = :v" => Some(value(body, ":v")?),
        _ => {
            return Err(ApiError::validation(
                "Query condition missed key schema element",
            ));
        }
    };
    let is_meant =
        |(of, at): &(String, String)| of == name && version.is_none_or(|version| at == version);
    let mut found: Vec<_> = rows.iter().filter(|(key, _)| is_meant(key)).collect();
    if body["ScanIndexForward"] == false {
        found.reverse();
    }
    page(body, found, |_| true)
}

/// All rows whose names begin with one of some texts.
pub(super) fn scan(tables: &Tables, region: &str, body: &Value) -> Result<Value, ApiError> {
    let rows = table(tables, region, body)?;
    let filter = body["FilterExpression"].as_str();
    let beginnings = filter.map(|filter| {
        let each = filter.split(" OR ").map(|one| {
            let placeholder = one.strip_prefix("begins_with(#n, ")?.strip_suffix(')')?;
            value(body, placeholder).ok()
        });
        let each: Option<Vec<&str>> = each.collect();
        each.ok_or_else(|| ApiError::validation("Invalid FilterExpression: Syntax error"))
    });
    let beginnings = beginnings.transpose()?;
    let passes = |name: &str| {
        let beginnings = beginnings.as_ref();
        beginnings.is_none_or(|all| all.iter().any(|it| name.starts_with(it)))
    };
    page(body, rows.iter().collect(), passes)
}

fn table<'t>(tables: &'t Tables, region: &str, body: &Value) -> Result<&'t Rows, ApiError> {
    let name = body["TableName"].as_str().unwrap_or_default();
    tables
        .table(region, name)
        .ok_or_else(|| ApiError::new("ResourceNotFoundException", "Requested resource not found"))
}

fn value<'b>(body: &'b Value, placeholder: &str) -> Result<&'b str, ApiError> {
    let text = body["ExpressionAttributeValues"][placeholder]["S"].as_str();
    text.ok_or_else(|| ApiError::validation("An expression attribute value is not defined"))
}

/// One page of these rows.
fn page(
    body: &Value,
    rows: Vec<Row<'_>>,
    passes: impl Fn(&str) -> bool,
) -> Result<Value, ApiError> {
    let start = &body["ExclusiveStartKey"];
    let from = match start {
        Value::Null => 0,
        start => {
            let key = ["name", "version"].map(|it| start[it]["S"].as_str().unwrap_or_default());
            let at = rows
                .iter()
                .position(|((name, version), _)| [name, version] == key);
            at.map_or(0, |at| at + 1)
        }
    };
    let most = body["Limit"].as_u64().map_or(PAGE, |limit| limit as usize);
    let rest = &rows[from..];
    let mut bytes = 0;
    let fitting = rest.iter().take_while(|(_, row)| {
        let before = bytes;
        let texts = row
            .values()
            .flat_map(|it| it.as_object().into_iter().flatten());
        bytes += texts
            .map(|(_, it)| it.as_str().map_or(0, str::len))
            .sum::<usize>();
        before < BYTES
    });
    let most = fitting.count().min(most);
    let examined = &rest[..most];
    let items = examined.iter().filter(|((name, _), _)| passes(name));
    let items: Result<Vec<Value>, ApiError> = items.map(|(_, row)| projected(body, row)).collect();
    let items = items?;
    let mut reply = json!({
        "Count": items.len(),
        "ScannedCount": examined.len(),
        "Items": items,
    });
    if let (Some(((name, version), _)), true) = (
        examined.last(),
        examined.len() < rest.len() || body["Limit"].is_u64(),
    ) {
        reply["LastEvaluatedKey"] = json!({ "name": { "S": name }, "version": { "S": version } });
    }
    Ok(reply)
}

/// The attributes of a row that are requested.
fn projected(body: &Value, row: &Map<String, Value>) -> Result<Value, ApiError> {
    let Some(expression) = body["ProjectionExpression"].as_str() else {
        return Ok(row.clone().into());
    };
    let mut projected = Map::new();
    for short in expression.split(", ") {
        let name = body["ExpressionAttributeNames"][short].as_str();
        let name = name.ok_or_else(|| {
            ApiError::validation(
                "Invalid ProjectionExpression: Attribute name is a reserved keyword",
            )
        })?;
        if let Some(value) = row.get(name) {
            projected.insert(name.to_owned(), value.clone());
        }
    }
    Ok(projected.into())
}
