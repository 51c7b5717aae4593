//! Writing a parameter, with every rule that the service enforces.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::parameter::{Kind, Parameter, Tier, Version};
use super::{State, names};
use crate::api::ApiError;

const STANDARD_BYTES: usize = 4096;
const ADVANCED_BYTES: usize = 8192;
const STANDARD_PARAMETERS: usize = 10_000;
const VERSIONS: usize = 100;

/// A `PutParameter` request.
///
/// ```
/// use parameter_store::{Kind, PutParameter, Store};
///
/// let store = Store::new();
/// let version = store.put_parameter(
///     PutParameter::new("/app/host", "db.internal")
///         .kind(Kind::String)
///         .description("where the database is"),
/// )?;
/// assert_eq!(version, 1);
/// # Ok::<(), parameter_store::ApiError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct PutParameter {
    pub name: String,
    pub value: String,
    /// Needed for a new parameter.
    pub kind: Option<Kind>,
    pub description: Option<String>,
    /// For a `SecureString` only; `alias/aws/ssm` by default.
    pub key_id: Option<String>,
    pub overwrite: bool,
    pub allowed_pattern: Option<String>,
    /// Keys and values; not together with `overwrite`.
    pub tags: Vec<(String, String)>,
    pub tier: Option<Tier>,
    /// The service's JSON text.
    pub policies: Option<String>,
    /// `text` by default.
    pub data_type: Option<String>,
}

impl PutParameter {
    /// A new `SecureString`.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
            kind: Some(Kind::SecureString),
            ..Self::default()
        }
    }

    /// Sets the type.
    pub fn kind(mut self, kind: Kind) -> Self {
        self.kind = Some(kind);
        self
    }

    /// Sets the description.
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = Some(text.into());
        self
    }

    /// Sets the KMS key.
    pub fn key_id(mut self, key_id: impl Into<String>) -> Self {
        self.key_id = Some(key_id.into());
        self
    }

    /// Allows a new version of a parameter that is there already.
    pub fn overwrite(mut self) -> Self {
        self.overwrite = true;
        self
    }

    /// Sets the regular expression that the value must match.
    pub fn allowed_pattern(mut self, pattern: impl Into<String>) -> Self {
        self.allowed_pattern = Some(pattern.into());
        self
    }

    /// Adds a tag.
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.push((key.into(), value.into()));
        self
    }

    /// Sets the tier.
    pub fn tier(mut self, tier: Tier) -> Self {
        self.tier = Some(tier);
        self
    }

    /// Sets the policies, as JSON text.
    pub fn policies(mut self, json: impl Into<String>) -> Self {
        self.policies = Some(json.into());
        self
    }

    /// Sets the data type.
    pub fn data_type(mut self, data_type: impl Into<String>) -> Self {
        self.data_type = Some(data_type.into());
        self
    }
}

impl State {
    /// Writes a parameter of this account, and returns its version and its tier.
    pub(crate) fn put(&mut self, put: PutParameter) -> Result<(i64, Tier), ApiError> {
        let key = names::key(&put.name);
        let arn = self.arn(&key);
        names::check_new(&put.name, &arn)?;
        let standard = self
            .parameters
            .values()
            .filter(|parameter| parameter.latest().tier == Tier::Standard)
            .take(STANDARD_PARAMETERS)
            .count();
        let existing = self.parameters.get_mut(&key);
        if existing.is_some() && !put.overwrite {
            return Err(ApiError::new(
                "ParameterAlreadyExists",
                "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
            ));
        }
        let may_add_standard = existing.is_some() || standard < STANDARD_PARAMETERS;
        let version = next_version(existing.as_deref(), &put, may_add_standard)?;
        let written = (version.number, version.tier);
        match existing {
            Some(parameter) => append(parameter, version)?,
            None => {
                let mut parameter = Parameter {
                    name: put.name,
                    arn,
                    versions: vec![version],
                    tags: BTreeMap::new(),
                };
                parameter.add_tags(put.tags)?;
                self.parameters.insert(key, parameter);
            }
        }
        Ok(written)
    }

    /// Writes a parameter that another account shares with this one.
    pub(crate) fn share(&mut self, arn: &str, put: &PutParameter) -> Result<(), ApiError> {
        let reference = names::Reference::parse(arn)?;
        let version = next_version(None, put, true)?;
        let parameter = Parameter {
            name: reference.key,
            arn: arn.to_owned(),
            versions: vec![version],
            tags: BTreeMap::new(),
        };
        self.shared.insert(arn.to_owned(), parameter);
        Ok(())
    }
}

/// Checks the request and makes the version that it describes.
fn next_version(
    existing: Option<&Parameter>,
    put: &PutParameter,
    may_add_standard: bool,
) -> Result<Version, ApiError> {
    let latest = existing.map(Parameter::latest);
    if existing.is_some() && !put.tags.is_empty() {
        return Err(ApiError::validation(
            "Invalid request: tags and overwrite can't be used together. To update the tags of an existing parameter, use AddTagsToResource or RemoveTagsFromResource.",
        ));
    }
    let kind = match (put.kind, latest) {
        (None, None) => {
            return Err(ApiError::validation(
                "A parameter type is required when you create a parameter.",
            ));
        }
        (Some(kind), Some(latest)) if kind != latest.kind => {
            return Err(ApiError::new(
                "HierarchyTypeMismatchException",
                format!(
                    "The parameter type can't be changed from {} to {}. Create a new parameter.",
                    latest.kind.as_str(),
                    kind.as_str()
                ),
            ));
        }
        (Some(kind), _) => kind,
        (None, Some(latest)) => latest.kind,
    };
    check_length("description", put.description.as_deref(), 1024)?;
    check_length("allowedPattern", put.allowed_pattern.as_deref(), 1024)?;
    check_length("dataType", put.data_type.as_deref(), 128)?;
    let policies = match (&put.policies, latest) {
        // What is there stays until other policies come, or an empty one.
        (None, Some(latest)) => latest.policies.clone(),
        (text, _) => parse_policies(text.as_deref())?,
    };
    let tier = choose_tier(put, latest, !policies.is_empty(), may_add_standard)?;
    check_value(put)?;
    let data_type = put.data_type.as_deref().unwrap_or("text");
    check_data_type(data_type, kind)?;

    let kept = |new: &Option<String>, old: fn(&Version) -> &Option<String>| {
        new.clone()
            .or_else(|| latest.and_then(|version| old(version).clone()))
    };
    Ok(Version {
        number: latest.map_or(1, |version| version.number + 1),
        kind,
        value: put.value.clone(),
        key_id: key_id(put, kind)?,
        tier,
        description: kept(&put.description, |version| &version.description),
        allowed_pattern: put.allowed_pattern.clone(),
        policies,
        data_type: data_type.to_owned(),
        modified: crate::server::clock::seconds(),
        labels: Vec::new(),
    })
}

/// Adds a version, and forgets the oldest when there are too many.
fn append(parameter: &mut Parameter, version: Version) -> Result<(), ApiError> {
    if parameter.versions.len() == VERSIONS {
        let oldest = &parameter.versions[0];
        if !oldest.labels.is_empty() {
            return Err(ApiError::new(
                "ParameterMaxVersionLimitExceeded",
                format!(
                    "You attempted to create a new version of {} by calling the PutParameter API with the overwrite flag. Version {}, the oldest version, can't be deleted because it has a label associated with it. Move the label to another version of the parameter, and try again.",
                    parameter.name, oldest.number
                ),
            ));
        }
        parameter.versions.remove(0);
    }
    parameter.versions.push(version);
    Ok(())
}

fn choose_tier(
    put: &PutParameter,
    latest: Option<&Version>,
    has_policies: bool,
    may_add_standard: bool,
) -> Result<Tier, ApiError> {
    let is_advanced = latest.is_some_and(|version| version.tier == Tier::Advanced);
    let size = put.value.len();
    let tier = match put.tier {
        Some(Tier::Standard) if is_advanced => {
            return Err(ApiError::validation(
                "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the advanced-parameter tier to the standard-parameter tier. If necessary, you can delete the advanced parameter and recreate it as a standard parameter.",
            ));
        }
        _ if is_advanced => Tier::Advanced,
        Some(Tier::IntelligentTiering) => {
            if size > STANDARD_BYTES || has_policies || !may_add_standard {
                Tier::Advanced
            } else {
                Tier::Standard
            }
        }
        Some(tier) => tier,
        None => Tier::Standard,
    };
    let (most, word) = match tier {
        Tier::Standard => (STANDARD_BYTES, "Standard"),
        Tier::Advanced | Tier::IntelligentTiering => (ADVANCED_BYTES, "Advanced"),
    };
    if size > most {
        return Err(ApiError::validation(format!(
            "{word} tier parameters support a maximum parameter value of {most} characters."
        )));
    }
    if tier == Tier::Standard && has_policies {
        return Err(ApiError::validation(
            "Standard tier parameters can't have policies. Use the advanced-parameter tier.",
        ));
    }
    if tier == Tier::Standard && !may_add_standard {
        return Err(ApiError::new(
            "ParameterLimitExceeded",
            "You have exceeded the number of standard parameters for this account and region.",
        ));
    }
    Ok(tier)
}

fn check_value(put: &PutParameter) -> Result<(), ApiError> {
    if put.value.is_empty() {
        return Err(ApiError::constraint(
            "value",
            "''",
            "Member must have length greater than or equal to 1",
        ));
    }
    if is_nested(&put.value) {
        return Err(ApiError::validation(
            "Parameter value can't nest another parameter. Do not use \"{{}}\" in the value.",
        ));
    }
    // An empty pattern allows everything.
    let Some(pattern) = put.allowed_pattern.as_deref().filter(|it| !it.is_empty()) else {
        return Ok(());
    };
    let expression = regex_lite::Regex::new(&format!("^(?:{pattern})$")).map_err(|_| {
        ApiError::new(
            "InvalidAllowedPatternException",
            format!("The allowed pattern isn't a valid regular expression: {pattern}"),
        )
    })?;
    if expression.is_match(&put.value) {
        return Ok(());
    }
    Err(ApiError::new(
        "ParameterPatternMismatchException",
        format!("Parameter value, cannot be validated against allowedPattern: {pattern}"),
    ))
}

/// `{{name}}` or `{{ssm:name}}` anywhere. Braces in ordinary text, such as JSON, are allowed.
fn is_nested(value: &str) -> bool {
    value.split("{{").skip(1).any(|rest| {
        let inside = rest.split_once("}}").map(|(inside, _)| inside.trim());
        inside.is_some_and(|inside| {
            inside
                .chars()
                .all(|character| names::is_name_character(character) || ":/".contains(character))
        })
    })
}

fn check_data_type(data_type: &str, kind: Kind) -> Result<(), ApiError> {
    match data_type {
        "text" | "aws:ssm:integration" => Ok(()),
        "aws:ec2:image" if kind == Kind::String => Ok(()),
        "aws:ec2:image" => Err(ApiError::new(
            "UnsupportedParameterType",
            "The parameter type isn't supported for the data type aws:ec2:image.",
        )),
        _ => Err(ApiError::validation(format!(
            "The following data type is not supported: {data_type} (Data type names are all lowercase.)"
        ))),
    }
}

fn key_id(put: &PutParameter, kind: Kind) -> Result<Option<String>, ApiError> {
    match (&put.key_id, kind) {
        (None, Kind::SecureString) => Ok(Some(String::from("alias/aws/ssm"))),
        (None, _) => Ok(None),
        (Some(_), Kind::String | Kind::StringList) => Err(ApiError::validation(
            "KeyId can be used only for the parameter type SecureString.",
        )),
        (Some(key_id), Kind::SecureString) if is_key_id(key_id) => Ok(Some(key_id.clone())),
        (Some(key_id), Kind::SecureString) => Err(ApiError::new(
            "InvalidKeyId",
            format!("Invalid keyId '{key_id}'"),
        )),
    }
}

/// An alias, an ARN, or a key's id: 36 characters in five groups, or `mrk-` and 32 digits.
fn is_key_id(key_id: &str) -> bool {
    let named = |prefix: &str| {
        key_id
            .strip_prefix(prefix)
            .is_some_and(|rest| !rest.is_empty())
    };
    let hex = |text: &str| {
        text.chars()
            .all(|digit| digit.is_ascii_hexdigit() || digit == '-')
    };
    named("alias/")
        || named("arn:aws:kms:")
        || (key_id.len() == 36 && hex(key_id.trim_start_matches("mrk-")))
}

fn parse_policies(text: Option<&str>) -> Result<Vec<Value>, ApiError> {
    let Some(text) = text else {
        return Ok(Vec::new());
    };
    check_length("policies", Some(text), 4096)?;
    let invalid = |message: &str| ApiError::new("InvalidPolicyAttributeException", message);
    let policies: Vec<Value> = serde_json::from_str(text)
        .map_err(|_| invalid("The policies must be a JSON list of objects."))?;
    if policies == [json!({})] {
        return Ok(Vec::new());
    }
    if policies.len() > 10 {
        return Err(ApiError::new(
            "PoliciesLimitExceededException",
            "A parameter can have at most 10 policies.",
        ));
    }
    let shown = |policy: &Value| match policy["Type"].as_str() {
        Some(kind @ ("Expiration" | "ExpirationNotification" | "NoChangeNotification")) => {
            Ok(json!({
                "PolicyText": policy.to_string(),
                "PolicyType": kind,
                "PolicyStatus": "Pending",
            }))
        }
        Some(_) => Err(ApiError::new(
            "InvalidPolicyTypeException",
            "The policy type is not supported. Parameter Store supports the following policy types: Expiration, ExpirationNotification, and NoChangeNotification.",
        )),
        None => Err(invalid("A policy has no type.")),
    };
    policies.iter().map(shown).collect()
}

fn check_length(field: &str, text: Option<&str>, most: usize) -> Result<(), ApiError> {
    match text {
        Some(text) if text.chars().count() > most => Err(ApiError::constraint(
            field,
            &format!("'{text}'"),
            &format!("Member must have length less than or equal to {most}"),
        )),
        _ => Ok(()),
    }
}
