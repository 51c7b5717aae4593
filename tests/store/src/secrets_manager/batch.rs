//! `BatchGetSecretValue`.

use serde_json::{Value, json};

use super::error::invalid_parameter;
use super::filters::Filter;
use super::pages::Paging;
use super::read;
use super::secret::Secret;
use super::vault::Region;
use crate::api::{ApiError, Input};

const MOST: usize = 20;

pub(super) fn batch_get_secret_value(
    region: &mut Region<'_>,
    body: &Value,
) -> Result<Value, ApiError> {
    let input = Input::new(body)?;
    let listed = input.list("SecretIdList")?.is_some();
    let filtered = input.list("Filters")?.is_some();
    match (listed, filtered) {
        (true, true) => {
            return Err(invalid_parameter(
                "Either 'SecretIdList' or 'Filters' must be provided, but not both.",
            ));
        }
        (false, false) => {
            return Err(invalid_parameter(
                "Either 'SecretIdList' or 'Filters' must be provided.",
            ));
        }
        (true, false) if input.number("MaxResults")?.is_some() => {
            return Err(invalid_parameter(
                "'Filters' not specified. 'Filters' must also be specified when 'MaxResults' is provided.",
            ));
        }
        _ => {}
    }
    let mut token = None;
    let ids: Vec<String> = if listed {
        let ids = input.texts("SecretIdList", MOST)?;
        ids.into_iter().map(str::to_owned).collect()
    } else {
        let filters = Filter::parse(&input)?;
        let paging = Paging::new("BatchGetSecretValue", body, MOST)?;
        let mut secrets: Vec<&Secret> = region.secrets().collect();
        secrets.sort_by_key(|secret| secret.number);
        let candidates = secrets.into_iter().map(|secret| {
            let passes = secret.deleted.is_none() && Filter::all(&filters, secret);
            let position = format!("{:012}", secret.number);
            (position, passes.then(|| secret.arn.clone()))
        });
        let page = paging.cut(candidates);
        token = page.token;
        page.items
    };
    let (mut values, mut errors) = (Vec::new(), Vec::new());
    for id in ids {
        match read::value(region, &id, None, None) {
            Ok(value) => values.push(value),
            Err(error) => errors.push(entry(&id, &error)),
        }
    }
    // The service promises no order: it is not the order of the request.
    values.sort_by(|one, other| one["Name"].as_str().cmp(&other["Name"].as_str()));
    let mut reply = json!({ "SecretValues": values, "Errors": errors });
    if let Some(token) = token {
        reply["NextToken"] = token.into();
    }
    Ok(reply)
}

/// A secret that could not be read, among others that could.
pub(crate) fn entry(id: &str, error: &ApiError) -> Value {
    json!({
        "SecretId": id,
        "ErrorCode": error.code,
        "Message": error.message.as_deref().unwrap_or_default(),
    })
}
