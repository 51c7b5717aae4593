//! The catalogue: everything about parameters but their values.

use std::collections::BTreeMap;
use std::time::SystemTime;

use aws_sdk_ssm::types::{
    ParameterInlinePolicy, ParameterMetadata, ParameterStringFilter, ParameterType as SdkType,
};
use aws_smithy_types::date_time::{DateTime, Format};

use crate::date;
use crate::net::progress::Progress;
use crate::parameter::{ParameterType, Tier};
use crate::stores::call::Call;
use crate::stores::error::Error;
use crate::stores::listing::listed;
use crate::stores::parameter_store::names::bare;
use crate::stores::parameter_store::pages::InvalidResponse;
use crate::stores::parameter_store::session::Session;
use crate::stores::parameter_store::target::Target;

/// The most entries in a DescribeParameters or GetParameterHistory response.
pub const PAGE: i32 = 50;

/// The entry of a parameter in the catalogue: everything but its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Description {
    pub name: String,
    pub arn: Option<String>,
    pub kind: ParameterType,
    /// The key that encrypts it, if it is a SecureString.
    pub key_id: Option<String>,
    pub version: i64,
    pub modified: Option<SystemTime>,
    /// The ARN of the principal that wrote this version.
    pub modified_by: Option<String>,
    pub description: Option<String>,
    /// What a value must match.
    pub pattern: Option<String>,
    pub tier: Option<Tier>,
    pub policies: Vec<Policy>,
    pub data_type: Option<String>,
}

impl Description {
    /// When its expiration policy deletes it; the text of the policy if that is not a date of the
    /// years 1970 to 9999.
    pub fn expires(&self) -> Option<Result<SystemTime, String>> {
        let policy = self.policies.iter().find(|it| it.kind == "Expiration")?;
        let policy: serde_json::Value = serde_json::from_str(&policy.text).ok()?;
        let text = policy["Attributes"]["Timestamp"].as_str()?;
        let date = DateTime::from_str(text, Format::DateTimeWithOffset).ok();
        let date = date.and_then(|date| SystemTime::try_from(date).ok());
        let date = date.filter(|date| date::in_seconds(*date).is_some());
        Some(date.ok_or_else(|| text.to_owned()))
    }
}

/// A parameter policy, such as an expiration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// `Expiration`, `ExpirationNotification` or `NoChangeNotification`.
    pub kind: String,
    /// The policy itself, in JSON.
    pub text: String,
    pub status: String,
}

/// A filter of the catalogue (ParameterStringFilter).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// `Name`, `Path`, `Type`, `KeyId`, `Tier`, `DataType`, or `tag:KEY`.
    pub key: String,
    /// `Equals`, `BeginsWith`, `Contains`; for `Path` `Recursive` or `OneLevel`.
    pub option: &'static str,
    /// Any of these; none for a tag with any value.
    pub values: Vec<String>,
}

impl Filter {
    pub fn new(key: impl Into<String>, option: &'static str, value: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            option,
            values: vec![value.into()],
        }
    }

    /// All parameters below a path, at any depth. `/` is not a path in the catalogue, and
    /// restricts nothing.
    pub fn below(path: &str) -> Option<Self> {
        (path != "/").then(|| Self::new("Path", "Recursive", path))
    }

    /// Whether the name of an entry is one that this was to select, as far as names show it.
    fn admits(&self, name: &str) -> bool {
        let name = bare(name);
        let mut values = self.values.iter().map(|value| bare(value));
        match (self.key.as_str(), self.option) {
            ("Path", _) => values.any(|path| {
                let rest = name.strip_prefix(path.trim_end_matches('/'));
                rest.is_some_and(|rest| path.is_empty() || rest.starts_with('/'))
            }),
            ("Name", "Equals") => values.any(|value| name == value),
            ("Name", "BeginsWith") => values.any(|value| name.starts_with(value)),
            _ => true,
        }
    }

    /// Whether these tags pass a filter of tags.
    pub fn has(&self, tags: &BTreeMap<String, String>) -> bool {
        let key = self.key.strip_prefix("tag:").unwrap_or(&self.key);
        let value = tags.get(key);
        value.is_some_and(|value| self.values.is_empty() || self.values.contains(value))
    }

    fn description(filters: &[Self]) -> String {
        match filters {
            [] => "of the whole account and region".to_owned(),
            filters => {
                let parts = filters.iter().map(|filter| match filter.option {
                    "Recursive" => format!("below `{}`", filter.values.join("`, `")),
                    "BeginsWith" if filter.key == "Name" => {
                        format!("whose names begin with `{}`", filter.values.join("`, `"))
                    }
                    _ if filter.values.is_empty() => format!("of {}", filter.key),
                    _ => format!("of {} `{}`", filter.key, filter.values.join("`, `")),
                });
                parts.collect::<Vec<_>>().join(" ")
            }
        }
    }
}

impl Description {
    /// The size of its texts, in bytes.
    pub fn size(&self) -> usize {
        let texts = [
            &self.arn,
            &self.key_id,
            &self.modified_by,
            &self.description,
            &self.pattern,
            &self.data_type,
        ];
        let texts = texts.into_iter().flatten().map(String::len).sum::<usize>();
        let policies = self.policies.iter();
        self.name.len() + texts + policies.map(|it| it.text.len()).sum::<usize>()
    }
}

/// Whose parameters a catalogue has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    Own,
    /// Those that other accounts share with this one (DescribeParameters, `Shared`).
    Shared,
}

/// The entries of all parameters that match all filters, sorted by name.
pub async fn described(
    session: &Session,
    progress: &Progress,
    filters: &[Filter],
    scope: Scope,
) -> Result<Vec<Description>, Error> {
    let mut built = Vec::new();
    for filter in filters {
        let filter = ParameterStringFilter::builder()
            .key(&filter.key)
            .option(filter.option)
            .set_values((!filter.values.is_empty()).then(|| filter.values.clone()))
            .build()
            .map_err(Error::internal)?;
        built.push(filter);
    }
    let part = Filter::description(filters);
    let call = Call::new(session, progress, Target::Catalogue { part });
    let request = |token| {
        let request = session.client.describe_parameters();
        let request = request.set_parameter_filters((!built.is_empty()).then(|| built.clone()));
        // Left out where it is the default: the request is then as it was.
        let request = request.set_shared((scope == Scope::Shared).then_some(true));
        request.max_results(PAGE).set_next_token(token).send()
    };
    listed(
        call,
        request,
        |response| {
            let entries = response.parameters.ok_or(InvalidResponse::NoList)?;
            Ok((entries, response.next_token))
        },
        |one| {
            let one = catalogued(one)?;
            // The same name may be shared by several accounts.
            let key = match (scope, &one.arn) {
                (Scope::Shared, Some(arn)) => arn.clone(),
                _ => one.name.clone(),
            };
            match filters.iter().all(|filter| filter.admits(&one.name)) {
                true => Ok((key, one)),
                false => Err(InvalidResponse::Unrequested { name: one.name }),
            }
        },
        Description::size,
    )
    .await
}

/// The type of a parameter.
pub fn kind(kind: Option<&SdkType>) -> ParameterType {
    kind.map_or("unknown", SdkType::as_str).into()
}

fn catalogued(metadata: ParameterMetadata) -> Result<Description, InvalidResponse> {
    Ok(Description {
        name: metadata.name.ok_or(InvalidResponse::NoName)?,
        arn: metadata.arn,
        kind: kind(metadata.r#type.as_ref()),
        key_id: metadata.key_id,
        version: metadata.version,
        modified: metadata
            .last_modified_date
            .and_then(|date| date.try_into().ok()),
        modified_by: metadata.last_modified_user,
        description: metadata.description,
        pattern: metadata.allowed_pattern,
        tier: metadata.tier.map(|tier| tier.as_str().into()),
        policies: policies(metadata.policies),
        data_type: metadata.data_type,
    })
}

pub fn policies(policies: Option<Vec<ParameterInlinePolicy>>) -> Vec<Policy> {
    let policies = policies.unwrap_or_default().into_iter();
    policies
        .map(|policy| Policy {
            kind: policy.policy_type.unwrap_or_default(),
            text: policy.policy_text.unwrap_or_default(),
            status: policy.policy_status.unwrap_or_default(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_one_that_its_filter_selects() {
        let equals = Filter::new("Name", "Equals", "/a/b");
        let begins = Filter::new("Name", "BeginsWith", "prd.");
        let tagged = Filter::new("tag:team", "Equals", "web");
        let below = Filter::new("Path", "Recursive", "/a");
        for (filter, name, admits) in [
            (&equals, "/a/b", true),
            (&equals, "/a/c", false),
            (&begins, "prd.x", true),
            (&begins, "/prd.x", true),
            (&begins, "stg.x", false),
            (&tagged, "/any", true),
            (&below, "/a/b/c", true),
            (&below, "/ab", false),
            (&below, "/a", false),
        ] {
            assert_eq!(filter.admits(name), admits, "{filter:?} {name}");
        }
    }

    #[test]
    fn filters_are_described_for_messages() {
        let below = Filter::below("/prd/app").unwrap();
        assert_eq!(Filter::description(&[]), "of the whole account and region");
        assert_eq!(
            Filter::description(std::slice::from_ref(&below)),
            "below `/prd/app`"
        );
        assert_eq!(
            Filter::description(&[below, Filter::new("Type", "Equals", "String")]),
            "below `/prd/app` of Type `String`"
        );
        assert_eq!(Filter::below("/"), None);
    }
}
