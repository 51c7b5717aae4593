//! What IAM must allow, as statements, and in the languages in which such are kept.
//!
//! Texts can hold expressions of the language that they are written in, such as `${AWS::Region}`:
//! nothing else in them has a `$`.
#![forbid(unsafe_code)]

use serde::{Serialize, Serializer};

use crate::stores::parameter_store;

/// A value of any of these languages, with its keys in the order in which they are read.
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

impl Tree {
    /// As JSON on one line.
    pub fn line(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|error| error.to_string())
    }

    /// As JSON for people.
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_else(|error| error.to_string()) + "\n"
    }

    /// As YAML, at this indentation, from the end of a line that ends with a colon.
    ///
    /// Texts are quoted as in JSON, which YAML is a superset of; those with expressions of
    /// CloudFormation are marked for substitution.
    pub fn yaml(&self, indent: usize) -> String {
        let space = " ".repeat(indent);
        match self {
            Self::Text(text) => {
                let mark = if text.contains("${") { "!Sub " } else { "" };
                format!(" {mark}{}\n", quoted(text))
            }
            Self::List(items) => {
                let items = items.iter().map(|item| {
                    let item = item.yaml(indent + 2);
                    // What stands below a dash begins behind it.
                    format!("{space}- {}", item.trim_start())
                });
                format!("\n{}", items.collect::<String>())
            }
            Self::Map(entries) => {
                let entries = entries.iter().map(|(key, value)| {
                    let key = match key.chars().all(|it| it.is_ascii_alphanumeric()) {
                        true => key.clone(),
                        false => quoted(key),
                    };
                    format!("{space}{key}:{}", value.yaml(indent + 2))
                });
                format!("\n{}", entries.collect::<String>())
            }
        }
    }

    /// As an expression of Terraform, at this indentation.
    pub fn hcl(&self, indent: usize) -> String {
        let space = " ".repeat(indent);
        match self {
            Self::Text(text) => quoted(text),
            Self::List(items) => {
                let items = items
                    .iter()
                    .map(|item| format!("{space}  {},\n", item.hcl(indent + 2)));
                format!("[\n{}{space}]", items.collect::<String>())
            }
            Self::Map(entries) => {
                let is_word = |key: &str| key.chars().all(|it| it.is_ascii_alphanumeric());
                let key = |key: &str| match is_word(key) {
                    true => key.to_owned(),
                    false => quoted(key),
                };
                // Assignments on neighbouring lines line up, as `terraform fmt` has them.
                let mut text = String::new();
                let mut rest = entries.as_slice();
                while let Some((_, first)) = rest.first() {
                    let alike = |(_, value): &&(String, Self)| matches!(value, Self::Text(_));
                    let count = match first {
                        Self::Text(_) => rest.iter().take_while(alike).count(),
                        Self::List(_) | Self::Map(_) => 1,
                    };
                    let (together, others) = rest.split_at(count);
                    let width = together.iter().map(|(it, _)| key(it).len()).max();
                    for (name, value) in together {
                        let name = format!("{:width$}", key(name), width = width.unwrap_or(0));
                        text.push_str(&format!("{space}  {name} = {}\n", value.hcl(indent + 2)));
                    }
                    rest = others;
                }
                format!("{{\n{text}{space}}}")
            }
        }
    }
}

fn quoted(text: &str) -> String {
    Tree::from(text).line()
}

/// Where parameters are, as their ARNs have it.
#[derive(Debug, Clone)]
pub struct Whereabouts {
    pub partition: String,
    pub region: String,
    pub account: String,
    /// What the names of services end with.
    pub suffix: String,
}

impl Whereabouts {
    /// The ARN of a parameter, or of all that its name is a pattern for.
    fn parameter(&self, name: &str) -> String {
        let Self {
            partition,
            region,
            account,
            ..
        } = self;
        let name = name.trim_start_matches('/');
        format!("arn:{partition}:ssm:{region}:{account}:parameter/{name}")
    }

    fn below(&self, path: &str) -> String {
        self.parameter(&format!("{}/*", path.trim_end_matches('/')))
    }

    /// The ARNs of all keys of an account.
    fn keys(&self, account: &str) -> String {
        let Self {
            partition, region, ..
        } = self;
        format!("arn:{partition}:kms:{region}:{account}:key/*")
    }

    fn service(&self, name: &str) -> String {
        format!("{name}.{}.{}", self.region, self.suffix)
    }
}

/// What is to be allowed.
#[derive(Debug, Default)]
pub struct Needs {
    /// Paths that are read, none of them below another.
    pub paths: Vec<String>,
    /// Single parameters, by name or ARN.
    pub names: Vec<String>,
    /// What names begin with that are looked for in the catalogue, and read one by one.
    pub beginnings: Vec<String>,
    /// Secrets of Secrets Manager, by name or ARN.
    pub secrets: Vec<String>,
    /// Keys by ARN, or by an alias that begins with `alias/`; if there are none, any.
    pub keys: Vec<String>,
    /// Whether parameters are managed, too.
    pub write: bool,
}

impl Needs {
    /// The least that allows it.
    pub fn statements(&self, place: &Whereabouts) -> Vec<Tree> {
        let arn = |name: &String| match name.starts_with("arn:") {
            true => name.clone(),
            false => place.parameter(name),
        };
        let below: Vec<String> = self.paths.iter().map(|path| place.below(path)).collect();
        let begun = self.beginnings.iter();
        let begun = begun.map(|beginning| place.parameter(&format!("{beginning}*")));
        let named: Vec<String> = self.names.iter().map(arn).chain(begun).collect();
        let parameters = [below.clone(), named.clone()].concat();
        let mut statements = Vec::new();
        if !self.paths.is_empty() {
            // A path is authorised as itself, and what is below it as well.
            let paths = self.paths.iter().zip(below).flat_map(|(path, below)| {
                let itself = (path != "/").then(|| place.parameter(path));
                itself.into_iter().chain([below])
            });
            let paths: Vec<String> = paths.collect();
            statements.push(allow("ReadPaths", &["ssm:GetParametersByPath"], paths));
        }
        let secrets: Vec<String> = self.secrets.iter().map(|it| secret(it, place)).collect();
        let referred = self.secrets.iter().map(|secret| {
            let name = secret_name(secret);
            place.parameter(&format!("aws/reference/secretsmanager/{name}"))
        });
        let asked: Vec<String> = named.into_iter().chain(referred).collect();
        if !asked.is_empty() {
            statements.push(allow("ReadParameters", &["ssm:GetParameters"], asked));
        }
        if self.write {
            let actions = [
                "ssm:GetParameters",
                "ssm:GetParameterHistory",
                "ssm:PutParameter",
                "ssm:DeleteParameters",
                "ssm:LabelParameterVersion",
                "ssm:UnlabelParameterVersion",
                "ssm:ListTagsForResource",
                "ssm:AddTagsToResource",
                "ssm:RemoveTagsFromResource",
            ];
            if !parameters.is_empty() {
                statements.push(allow("ManageParameters", &actions, parameters.clone()));
            }
        }
        if self.write || !self.beginnings.is_empty() {
            // It is for everything or for nothing.
            let everything = vec!["*".to_owned()];
            statements.push(allow(
                "ListParameters",
                &["ssm:DescribeParameters"],
                everything,
            ));
        }
        if !parameters.is_empty() {
            let context = ("kms:EncryptionContext:PARAMETER_ARN", parameters.clone());
            let via = place.service("ssm");
            let (sid, actions): (_, &[&str]) = match self.write {
                false => ("DecryptParameters", &["kms:Decrypt"]),
                // An advanced parameter is encrypted with a data key.
                true => (
                    "EncryptParameters",
                    &["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"],
                ),
            };
            statements.extend(self.cipher(place, sid, actions, &parameters, context, via));
        }
        if !secrets.is_empty() {
            statements.push(allow(
                "ReadSecrets",
                &["secretsmanager:GetSecretValue"],
                secrets.clone(),
            ));
            let context = ("kms:EncryptionContext:SecretARN", secrets.clone());
            let via = place.service("secretsmanager");
            let (sid, actions) = ("DecryptSecrets", ["kms:Decrypt"]);
            statements.extend(self.cipher(place, sid, &actions, &secrets, context, via));
        }
        statements
    }

    /// Statements about the keys of `arns`: for nothing but these, and through their service alone.
    fn cipher(
        &self,
        place: &Whereabouts,
        sid: &str,
        actions: &[&str],
        arns: &[String],
        context: (&str, Vec<String>),
        via: String,
    ) -> Vec<Tree> {
        // Parameters that other accounts share are encrypted with keys of those.
        let mut everywhere: Vec<String> = Vec::new();
        for arn in arns {
            let account = arn_field(arn, 4).unwrap_or(&place.account);
            let keys = place.keys(account);
            if !everywhere.contains(&keys) {
                everywhere.push(keys);
            }
        }
        let is_alias = |key: &&String| key.starts_with("alias/");
        let aliases: Vec<String> = self.keys.iter().filter(is_alias).cloned().collect();
        let keys = self.keys.iter().filter(|key| !is_alias(key));
        let keys: Vec<String> = keys.cloned().collect();
        let like = |context: (&str, Vec<String>)| {
            let via = ("kms:ViaService", Tree::from(vec![via.clone()]));
            ("StringLike", map([via, (context.0, context.1.into())]))
        };
        let mut statements = Vec::new();
        if !keys.is_empty() || aliases.is_empty() {
            let keys = if keys.is_empty() {
                everywhere.clone()
            } else {
                keys
            };
            let statement = allow(sid, actions, keys);
            statements.push(only_if(statement, map([like(context.clone())])));
        }
        if !aliases.is_empty() {
            // IAM does not know a key by its alias.
            let aliased = map([("kms:ResourceAliases", aliases.into())]);
            let condition = map([like(context), ("ForAnyValue:StringLike", aliased)]);
            let statement = allow(&format!("{sid}ByAlias"), actions, everywhere);
            statements.push(only_if(statement, condition));
        }
        statements
    }
}

/// The name of a secret, which its ARN has six random characters after.
fn secret_name(secret: &str) -> &str {
    match secret.splitn(7, ':').nth(6) {
        Some(id) => id.rsplit_once('-').map_or(id, |(name, _)| name),
        None => secret,
    }
}

fn secret(secret: &str, place: &Whereabouts) -> String {
    if secret.starts_with("arn:") {
        return secret.to_owned();
    }
    let Whereabouts {
        partition,
        region,
        account,
        ..
    } = place;
    format!("arn:{partition}:secretsmanager:{region}:{account}:secret:{secret}-??????")
}

/// A field of an ARN, unless it is an expression or was left open.
fn arn_field(arn: &str, number: usize) -> Option<&str> {
    if arn.contains("${") {
        return None;
    }
    arn.split(':').nth(number)
}

fn allow(sid: &str, actions: &[&str], resources: Vec<String>) -> Tree {
    map([
        ("Sid", sid.into()),
        ("Effect", "Allow".into()),
        ("Action", actions.to_vec().into()),
        ("Resource", resources.into()),
    ])
}

fn only_if(statement: Tree, condition: Tree) -> Tree {
    match statement {
        Tree::Map(mut entries) => {
            entries.push(("Condition".to_owned(), condition));
            Tree::Map(entries)
        }
        other => other,
    }
}

/// The document that holds them.
pub fn document(statements: Vec<Tree>) -> Tree {
    map([
        ("Version", "2012-10-17".into()),
        ("Statement", statements.into()),
    ])
}

/// The statement without which AWS refused, as far as it said what is missing.
pub fn missing(error: &parameter_store::Error) -> Option<Tree> {
    let without_sid = |tree: Tree| match tree {
        Tree::Map(entries) => Tree::Map(entries.into_iter().skip(1).collect()),
        other => other,
    };
    match error {
        parameter_store::Error::Denied {
            action, resources, ..
        } => Some(without_sid(allow("", &[action], resources.clone()))),
        parameter_store::Error::KeyDenied { wanted, .. } => {
            let statement = without_sid(allow("", &[&wanted.action], vec![wanted.key.clone()]));
            let parameters = Tree::from(wanted.parameters.clone());
            let conditions = map([
                ("kms:ViaService", wanted.via.as_str().into()),
                ("kms:EncryptionContext:PARAMETER_ARN", parameters),
            ]);
            Some(only_if(statement, map([("StringLike", conditions)])))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_named_by_its_arn_without_what_was_drawn_for_it() {
        for (secret, name) in [
            ("prd/db", "prd/db"),
            ("prd-db", "prd-db"),
            (
                "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prd-db-AbCdEf",
                "prd-db",
            ),
        ] {
            assert_eq!(secret_name(secret), name);
        }
    }

    #[test]
    fn the_same_tree_in_every_language() {
        let tree = map([
            ("Sid", "x".into()),
            ("kms:Key", "${AWS::Region}".into()),
            ("List", vec!["a \"b\"", "c"].into()),
            (
                "Maps",
                vec![map([("A", "1".into()), ("B", "2".into())])].into(),
            ),
        ]);
        assert_eq!(
            tree.line(),
            r#"{"Sid":"x","kms:Key":"${AWS::Region}","List":["a \"b\"","c"],"Maps":[{"A":"1","B":"2"}]}"#
        );
        assert_eq!(
            tree.yaml(2),
            r#"
  Sid: "x"
  "kms:Key": !Sub "${AWS::Region}"
  List:
    - "a \"b\""
    - "c"
  Maps:
    - A: "1"
      B: "2"
"#
        );
        assert_eq!(
            tree.hcl(0),
            r#"{
  Sid       = "x"
  "kms:Key" = "${AWS::Region}"
  List = [
    "a \"b\"",
    "c",
  ]
  Maps = [
    {
      A = "1"
      B = "2"
    },
  ]
}"#
        );
    }
}
