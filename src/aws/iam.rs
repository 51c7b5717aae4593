//! Statements of IAM policies: for a policy, and for the permission that a denied call lacked.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::fmt;

use serde::{Serialize, Serializer};

use super::arn::Scope;

/// A statement that allows or denies something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    id: Option<String>,
    is_denial: bool,
    actions: Vec<String>,
    resources: Vec<String>,
    only: Option<KeyUse>,
    rows: Vec<String>,
}

/// What a key may be used for: only through one service, and only for these resources.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyUse {
    /// The services, one for each region; none for what is called directly.
    via: Vec<String>,
    /// The condition key for the encryption context, and the ARNs that it may have.
    context: Option<(&'static str, Vec<String>)>,
    /// The condition key for a pair of the encryption context, and the patterns that it may match.
    matches: Option<(&'static str, Vec<String>)>,
    /// The pairs that the encryption context must have.
    pairs: BTreeMap<String, String>,
    /// Aliases of which the key must have one; a resource cannot be a key alias in IAM.
    aliases: Vec<String>,
}

impl KeyUse {
    /// Parameters by their ARNs (Systems Manager User Guide, "AWS KMS encryption for AWS Systems
    /// Manager Parameter Store SecureString parameters").
    pub fn of_parameters(scope: &Scope, arns: Vec<String>) -> Self {
        Self::new(scope, "ssm", "kms:EncryptionContext:PARAMETER_ARN", arns)
    }

    /// Secrets by their ARNs (Secrets Manager User Guide, "Secret encryption and decryption").
    pub fn of_secrets(scope: &Scope, arns: Vec<String>) -> Self {
        Self::new(
            scope,
            "secretsmanager",
            "kms:EncryptionContext:SecretARN",
            arns,
        )
    }

    /// Objects of S3 by their ARNs and those of their buckets, which are the context where a bucket has
    /// a key of its own (Amazon S3 User Guide, "Reducing the cost of SSE-KMS with Amazon S3 Bucket
    /// Keys").
    pub fn of_objects(scope: &Scope, arns: Vec<String>) -> Self {
        Self::new(scope, "s3", "kms:EncryptionContext:aws:s3:arn", arns)
    }

    /// Directly, with this encryption context (AWS KMS Developer Guide,
    /// "kms:EncryptionContext:context-key").
    pub fn with_context(pairs: &BTreeMap<String, String>) -> Self {
        Self {
            pairs: pairs.clone(),
            ..Self::default()
        }
    }

    /// Directly, where the encryption context has a pair whose value matches one of these patterns.
    pub fn matching(key: &'static str, patterns: Vec<String>) -> Self {
        Self {
            matches: Some((key, patterns)),
            ..Self::default()
        }
    }

    /// Whether it restricts anything.
    fn is_any(&self) -> bool {
        *self == Self::default()
    }

    fn new(scope: &Scope, service: &str, key: &'static str, arns: Vec<String>) -> Self {
        let mut via = Vec::new();
        for arn in &arns {
            let service = scope.at(arn).service(service);
            if !via.contains(&service) {
                via.push(service);
            }
        }
        if via.is_empty() {
            via.push(scope.service(service));
        }
        Self {
            via,
            context: Some((key, arns)),
            ..Self::default()
        }
    }

    #[must_use]
    pub fn with_aliases(self, aliases: Vec<String>) -> Self {
        Self { aliases, ..self }
    }

    fn tree(&self) -> Tree {
        let mut conditions = Vec::new();
        let mut add = |operator: &str, keys: Tree| conditions.push((operator.to_owned(), keys));
        if let Some((key, arns)) = &self.context {
            let like = map([
                ("kms:ViaService", self.via.clone().into()),
                (key, arns.clone().into()),
            ]);
            add("StringLike", like);
        }
        if let Some((key, patterns)) = &self.matches {
            add("StringLike", map([(key, patterns.clone().into())]));
        }
        if !self.pairs.is_empty() {
            let pairs = self.pairs.iter();
            let pairs = pairs.map(|(key, value)| {
                let key = format!("kms:EncryptionContext:{key}");
                (key, value.as_str().into())
            });
            add("StringEquals", Tree::Map(pairs.collect()));
        }
        if !self.aliases.is_empty() {
            let aliases = map([("kms:ResourceAliases", self.aliases.clone().into())]);
            add("ForAnyValue:StringLike", aliases);
        }
        Tree::Map(conditions)
    }
}

impl Statement {
    pub fn allow(actions: &[&str], resources: Vec<String>) -> Self {
        Self {
            id: None,
            is_denial: false,
            actions: actions.iter().map(|&action| action.to_owned()).collect(),
            resources,
            only: None,
            rows: Vec::new(),
        }
    }

    /// Gives it a name within its policy.
    #[must_use]
    pub fn named(self, id: impl Into<String>) -> Self {
        Self {
            id: Some(id.into()),
            ..self
        }
    }

    /// The same as a denial, which no other policy can overrule.
    #[must_use]
    pub fn denied(self) -> Self {
        Self {
            is_denial: true,
            ..self
        }
    }

    #[must_use]
    pub fn only_for(self, key_use: KeyUse) -> Self {
        Self {
            only: (!key_use.is_any()).then_some(key_use),
            ..self
        }
    }

    /// Only for rows of DynamoDB with these keys of their partitions (Amazon DynamoDB Developer Guide,
    /// "Using IAM policy conditions for fine-grained access control").
    #[must_use]
    pub fn only_for_rows(self, rows: Vec<String>) -> Self {
        Self { rows, ..self }
    }

    /// Whether it allows actions of this service on everything.
    pub fn is_unrestricted_of(&self, service: &str) -> bool {
        let mut actions = self.actions.iter();
        self.resources == ["*"] && actions.any(|action| action.starts_with(service))
    }

    /// Whether it allows actions of this service, such as `s3:`.
    pub fn is_of(&self, service: &str) -> bool {
        let mut actions = self.actions.iter();
        actions.any(|action| action.starts_with(service))
    }

    /// What it allows, as a sentence.
    pub fn summary(&self) -> String {
        let (actions, resources) = (self.actions.join(" and "), self.resources.join(" and "));
        format!("allow {actions} on {resources}")
    }

    fn tree(&self) -> Tree {
        let id = self.id.as_deref().map(|id| ("Sid", id.into()));
        let rows = (!self.rows.is_empty()).then(|| {
            let keys = map([("dynamodb:LeadingKeys", self.rows.clone().into())]);
            map([("ForAllValues:StringEquals", keys)])
        });
        let only = self.only.as_ref().map(KeyUse::tree).or(rows);
        let only = only.map(|condition| ("Condition", condition));
        let effect = if self.is_denial { "Deny" } else { "Allow" };
        let fields = [
            ("Effect", effect.into()),
            ("Action", self.actions.clone().into()),
            ("Resource", self.resources.clone().into()),
        ];
        let fields = id.into_iter().chain(fields).chain(only);
        Tree::Map(fields.map(|(key, it)| (key.to_owned(), it)).collect())
    }
}

impl Serialize for Statement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.tree().serialize(serializer)
    }
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tree().fmt(f)
    }
}

/// The policy document with these statements.
pub fn document(statements: &[Statement]) -> Tree {
    let statements: Vec<Tree> = statements.iter().map(Statement::tree).collect();
    map([
        ("Version", "2012-10-17".into()),
        ("Statement", statements.into()),
    ])
}

/// A value of JSON, or of a language with the same values. Keys keep their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tree {
    Text(String),
    List(Vec<Tree>),
    Map(Vec<(String, Tree)>),
}

impl From<&str> for Tree {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Tree {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl<T: Into<Tree>> From<Vec<T>> for Tree {
    fn from(items: Vec<T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }
}

/// A map of these entries.
pub fn map<const N: usize>(entries: [(&str, Tree); N]) -> Tree {
    let owned = |(key, value): (&str, Tree)| (key.to_owned(), value);
    Tree::Map(entries.into_iter().map(owned).collect())
}

impl Serialize for Tree {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => serializer.collect_seq(items),
            Self::Map(entries) => serializer.collect_map(entries.iter().map(|(k, v)| (k, v))),
        }
    }
}

/// JSON on one line.
impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

#[cfg(test)]
mod tests;
