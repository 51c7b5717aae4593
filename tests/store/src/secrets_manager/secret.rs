//! One secret with its versions, and how an answer shows it.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};

use super::error::{invalid_request, no_value};
use crate::api::ApiError;

pub(super) const CURRENT: &str = "AWSCURRENT";
pub(super) const PREVIOUS: &str = "AWSPREVIOUS";

#[derive(Clone, Debug)]
pub(crate) struct Secret {
    pub(crate) name: String,
    pub(crate) arn: String,
    /// The order in which secrets were made.
    pub(super) number: u64,
    pub(super) description: Option<String>,
    pub(super) kms_key_id: Option<String>,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) created: f64,
    pub(super) changed: f64,
    /// When it goes, if it is marked for deletion.
    pub(super) deleted: Option<f64>,
    pub(super) versions: Vec<Version>,
}

#[derive(Clone, Debug)]
pub(crate) struct Version {
    pub(crate) id: String,
    pub(crate) stages: Vec<String>,
    pub(crate) content: Content,
    pub(crate) created: f64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Text(String),
    Binary(Vec<u8>),
}

impl Content {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) => bytes.len(),
        }
    }

    /// The text, or the bytes in base64.
    pub(crate) fn as_text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Binary(bytes) => BASE64_STANDARD.encode(bytes),
        }
    }

    /// Each form in which the value could be found in an output.
    pub(super) fn texts(&self) -> Vec<String> {
        match self {
            Self::Text(text) => vec![text.clone()],
            Self::Binary(bytes) => {
                let raw = String::from_utf8(bytes.clone()).ok();
                raw.into_iter().chain([self.as_text()]).collect()
            }
        }
    }
}

impl Secret {
    /// The version that a request selects; without a selector the current one.
    pub(crate) fn select(
        &self,
        id: Option<&str>,
        stage: Option<&str>,
    ) -> Result<&Version, ApiError> {
        let Some(id) = id else {
            let stage = stage.unwrap_or(CURRENT);
            return self
                .staged(stage)
                .ok_or_else(|| no_value("staging label", stage));
        };
        let version = self.version(id).ok_or_else(|| no_value("VersionId", id))?;
        match stage {
            Some(stage) if !version.has(stage) => Err(invalid_request(
                "You provided a VersionStage that is not associated to the provided VersionId.",
            )),
            _ => Ok(version),
        }
    }

    /// Whether it is not marked for deletion.
    pub(crate) fn is_readable(&self) -> bool {
        self.deleted.is_none()
    }

    pub(crate) fn version(&self, id: &str) -> Option<&Version> {
        self.versions.iter().find(|version| version.id == id)
    }

    pub(crate) fn staged(&self, stage: &str) -> Option<&Version> {
        self.versions.iter().find(|version| version.has(stage))
    }

    /// Adds a version with these stages, as `PutSecretValue` does. The first version of a secret is
    /// the current one in any case.
    pub(super) fn add(&mut self, mut version: Version) {
        let mut stages = std::mem::take(&mut version.stages);
        if self.versions.is_empty() && !stages.iter().any(|stage| stage == CURRENT) {
            stages.push(CURRENT.to_owned());
        }
        self.changed = version.created;
        let id = version.id.clone();
        self.versions.push(version);
        for stage in stages {
            self.move_stage(&stage, Some(&id));
        }
    }

    /// Adds a version, in place of one with its id, with its stages and no more: the versions that
    /// had them lose them.
    pub(super) fn add_exactly(&mut self, version: Version) {
        for stage in &version.stages {
            self.detach(stage);
        }
        self.changed = version.created;
        self.versions.retain(|own| own.id != version.id);
        self.versions.push(version);
    }

    /// Takes a stage from where it is and attaches it to a version, if there is one. The version
    /// that was the current one becomes the previous one.
    pub(super) fn move_stage(&mut self, stage: &str, to: Option<&str>) {
        let from = self.staged(stage).map(|version| version.id.clone());
        if from.as_deref() == to {
            return;
        }
        self.detach(stage);
        if let Some(version) = self
            .versions
            .iter_mut()
            .find(|it| Some(it.id.as_str()) == to)
        {
            version.stages.push(stage.to_owned());
            if stage == CURRENT {
                version.stages.retain(|own| own != PREVIOUS);
            }
        }
        if stage == CURRENT && from.is_some() {
            self.move_stage(PREVIOUS, from.as_deref());
        }
    }

    pub(super) fn detach(&mut self, stage: &str) {
        for version in &mut self.versions {
            version.stages.retain(|own| own != stage);
        }
    }

    /// As `GetSecretValue` and `BatchGetSecretValue` show a version.
    pub(super) fn shown(&self, version: &Version) -> Value {
        let mut shown = json!({
            "ARN": self.arn,
            "Name": self.name,
            "VersionId": version.id,
            "VersionStages": version.stages,
            "CreatedDate": version.created,
        });
        match &version.content {
            Content::Text(text) => shown["SecretString"] = text.as_str().into(),
            Content::Binary(_) => shown["SecretBinary"] = version.content.as_text().into(),
        }
        shown
    }

    /// As `DescribeSecret` and `ListSecrets` show it: no value, and of the versions only those that
    /// have a stage, below this field.
    pub(super) fn described(&self, versions: &str) -> Value {
        let mut shown = json!({
            "ARN": self.arn,
            "Name": self.name,
            "CreatedDate": self.created,
            "LastChangedDate": self.changed,
        });
        let mut optional = |field: &str, value: Option<Value>| {
            if let Some(value) = value {
                shown[field] = value;
            }
        };
        optional("Description", self.description.as_deref().map(Value::from));
        optional("KmsKeyId", self.kms_key_id.as_deref().map(Value::from));
        optional("DeletedDate", self.deleted.map(Value::from));
        optional("Tags", (!self.tags.is_empty()).then(|| self.tag_list()));
        let staged: Map<String, Value> = self
            .versions
            .iter()
            .filter(|version| !version.stages.is_empty())
            .map(|version| (version.id.clone(), json!(version.stages)))
            .collect();
        optional(
            versions,
            (!staged.is_empty()).then_some(Value::Object(staged)),
        );
        shown
    }

    fn tag_list(&self) -> Value {
        let tag = |(key, value)| json!({ "Key": key, "Value": value });
        self.tags.iter().map(tag).collect()
    }
}

impl Version {
    pub(super) fn has(&self, stage: &str) -> bool {
        self.stages.iter().any(|own| own == stage)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_move_from_version_to_version() {
        let mut secret = Secret {
            name: "a".to_owned(),
            arn: String::new(),
            number: 1,
            description: None,
            kms_key_id: None,
            tags: BTreeMap::new(),
            created: 0.0,
            changed: 0.0,
            deleted: None,
            versions: Vec::new(),
        };
        for (id, stages, expected) in [
            ("1", vec!["own"], "1: own AWSCURRENT"),
            ("2", vec![CURRENT], "1: own AWSPREVIOUS, 2: AWSCURRENT"),
            (
                "3",
                vec!["AWSPENDING", "own"],
                "1: AWSPREVIOUS, 2: AWSCURRENT, 3: AWSPENDING own",
            ),
            (
                "4",
                vec![CURRENT],
                "1:, 2: AWSPREVIOUS, 3: AWSPENDING own, 4: AWSCURRENT",
            ),
        ] {
            secret.add(Version {
                id: id.to_owned(),
                stages: stages.into_iter().map(str::to_owned).collect(),
                content: Content::Text(String::new()),
                created: 0.0,
            });
            assert_eq!(layout(&secret), expected);
        }
        secret.move_stage(CURRENT, Some("2"));
        assert_eq!(
            layout(&secret),
            "1:, 2: AWSCURRENT, 3: AWSPENDING own, 4: AWSPREVIOUS"
        );
    }

    fn layout(secret: &Secret) -> String {
        let version = |it: &Version| format!("{}: {}", it.id, it.stages.join(" "));
        let versions: Vec<String> = secret.versions.iter().map(version).collect();
        versions.join(", ").replace(": ,", ":,")
    }
}
