//! What there is, without values: `DescribeSecret`, `ListSecrets` and `ListSecretVersionIds`.

use serde_json::{Value, json};

use super::filters::Filter;
use super::pages::Paging;
use super::secret::Secret;
use super::vault::Region;
use crate::api::{ApiError, Input};

const MOST: usize = 100;

pub(super) fn describe_secret(region: &mut Region<'_>, body: &Value) -> Result<Value, ApiError> {
    let secret = region.find(Input::new(body)?.required_text("SecretId")?)?;
    Ok(secret.described("VersionIdsToStages"))
}

pub(super) fn list_secrets(region: &mut Region<'_>, body: &Value) -> Result<Value, ApiError> {
    let input = Input::new(body)?;
    let deleted_too = input.flag("IncludePlannedDeletion")?;
    let filters = Filter::parse(&input)?;
    let paging = Paging::new("ListSecrets", body, MOST)?;
    let by = one_of(
        &input,
        "SortBy",
        &[
            "created-date",
            "last-accessed-date",
            "last-changed-date",
            "name",
        ],
    )?;
    let descending = one_of(&input, "SortOrder", &["asc", "desc"])? == Some("desc");
    let position = |secret: &Secret| match by {
        Some("name") => secret.name.clone(),
        Some("last-changed-date") => format!("{:018.3}{:012}", secret.changed, secret.number),
        _ => format!("{:012}", secret.number),
    };
    let mut secrets: Vec<(String, &Secret)> = region
        .secrets()
        .map(|secret| (position(secret), secret))
        .collect();
    secrets.sort_by(|(one, _), (other, _)| one.cmp(other));
    if descending {
        secrets.reverse();
    }
    let candidates = secrets.into_iter().map(|(position, secret)| {
        let shown = deleted_too || secret.deleted.is_none();
        let passes = shown && Filter::all(&filters, secret);
        let item = passes.then(|| secret.described("SecretVersionsToStages"));
        (position, item)
    });
    let page = paging.cut(candidates);
    let mut reply = json!({ "SecretList": page.items });
    if let Some(token) = page.token {
        reply["NextToken"] = token.into();
    }
    Ok(reply)
}

pub(super) fn list_secret_version_ids(
    region: &mut Region<'_>,
    body: &Value,
) -> Result<Value, ApiError> {
    let input = Input::new(body)?;
    let id = input.required_text("SecretId")?;
    let deprecated = input.flag("IncludeDeprecated")?;
    let paging = Paging::new("ListSecretVersionIds", body, MOST)?;
    let secret = region.find(id)?;
    let candidates = secret.versions.iter().enumerate().map(|(at, version)| {
        let shown = deprecated || !version.stages.is_empty();
        let item = shown.then(|| {
            let mut item = json!({
                "VersionId": version.id,
                "CreatedDate": version.created,
                "KmsKeyIds": [secret.kms_key_id.as_deref().unwrap_or("DefaultEncryptionKey")],
            });
            if !version.stages.is_empty() {
                item["VersionStages"] = json!(version.stages);
            }
            item
        });
        (format!("{at:06}"), item)
    });
    let page = paging.cut(candidates);
    let mut reply = json!({ "ARN": secret.arn, "Name": secret.name, "Versions": page.items });
    if let Some(token) = page.token {
        reply["NextToken"] = token.into();
    }
    Ok(reply)
}

/// A field that has one of a few values.
fn one_of<'a>(input: &Input<'a>, field: &str, known: &[&str]) -> Result<Option<&'a str>, ApiError> {
    match input.text(field)? {
        Some(text) if !known.contains(&text) => Err(ApiError::constraint(
            &format!("s{}", &field[1..]),
            &format!("'{text}'"),
            &format!("Member must satisfy enum value set: [{}]", known.join(", ")),
        )),
        text => Ok(text),
    }
}
