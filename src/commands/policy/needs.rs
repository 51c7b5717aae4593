//! IAM statements for what a launch or the commands need.
#![forbid(unsafe_code)]

use crate::aws::arn::{Arn, Scope, secret_name};
use crate::aws::iam::{KeyUse, Statement};

/// The actions of the commands on parameters.
const MANAGE: [&str; 9] = [
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

/// What to allow.
#[derive(Debug, Default)]
pub struct Needs {
    /// Paths that are read, none of them below another.
    pub paths: Vec<String>,
    /// Single parameters, by name or ARN.
    pub names: Vec<String>,
    /// Beginnings of names that are searched in the catalogue, and read one by one.
    pub beginnings: Vec<String>,
    /// Secrets of Secrets Manager, by name or ARN.
    pub secrets: Vec<String>,
    /// Keys by ARN, or by an alias that begins with `alias/`; if empty, any.
    pub keys: Vec<String>,
    /// Whether parameters are managed, too.
    pub write: bool,
}

impl Needs {
    /// The least statements that allow it.
    pub fn statements(&self, scope: &Scope) -> Vec<Statement> {
        let below = self.paths.iter().map(|path| scope.parameters_below(path));
        let below: Vec<String> = below.collect();
        let begun = self.beginnings.iter().map(|it| format!("{it}*"));
        let named = self.names.iter().cloned().chain(begun);
        let named: Vec<String> = named.map(|name| scope.parameter(&name)).collect();
        let parameters = [below.clone(), named.clone()].concat();
        let mut statements = Vec::new();
        let mut allow = |id: &str, actions: &[&str], resources: Vec<String>| {
            if !resources.is_empty() {
                statements.push(Statement::allow(actions, resources).named(id));
            }
        };
        // A path is authorised as itself, and what is below it as well.
        let paths = self.paths.iter().zip(below).flat_map(|(path, below)| {
            let itself = (path != "/").then(|| scope.parameter(path));
            itself.into_iter().chain([below])
        });
        allow("ReadPaths", &["ssm:GetParametersByPath"], paths.collect());
        let referred = self.secrets.iter().map(|secret| {
            let name = match Arn::parse(secret) {
                Some(arn) => secret_name(arn.resource().trim_start_matches("secret:")),
                None => secret,
            };
            scope.parameter(&format!("aws/reference/secretsmanager/{name}"))
        });
        let single = named.into_iter().chain(referred).collect();
        allow("ReadParameters", &["ssm:GetParameters"], single);
        if self.write {
            allow("ManageParameters", &MANAGE, parameters.clone());
        }
        if self.write || !self.beginnings.is_empty() {
            // This action cannot be restricted to resources.
            let everything = vec!["*".to_owned()];
            allow("ListParameters", &["ssm:DescribeParameters"], everything);
        }
        if !parameters.is_empty() {
            let (id, actions): (_, &[&str]) = match self.write {
                false => ("DecryptParameters", &["kms:Decrypt"]),
                // An advanced parameter is encrypted with a data key.
                true => (
                    "EncryptParameters",
                    &["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"],
                ),
            };
            let read = self.paths.iter().chain(&self.names).chain(&self.beginnings);
            let everywhere = keys(read, scope);
            let key_use = KeyUse::of_parameters(scope, parameters);
            statements.extend(self.use_of_keys(id, actions, everywhere, key_use));
        }
        if !self.secrets.is_empty() {
            let secrets: Vec<String> = self.secrets.iter().map(|it| scope.secret(it)).collect();
            let action = ["secretsmanager:GetSecretValue"];
            statements.push(Statement::allow(&action, secrets.clone()).named("ReadSecrets"));
            let everywhere = keys(self.secrets.iter(), scope);
            let key_use = KeyUse::of_secrets(scope, secrets);
            let (id, actions) = ("DecryptSecrets", ["kms:Decrypt"]);
            statements.extend(self.use_of_keys(id, &actions, everywhere, key_use));
        }
        statements
    }

    /// Statements for keys and only this use: the given keys, or `everywhere`.
    fn use_of_keys(
        &self,
        id: &str,
        actions: &[&str],
        everywhere: Vec<String>,
        key_use: KeyUse,
    ) -> Vec<Statement> {
        let named = self.keys.iter().cloned();
        let (aliases, keys): (Vec<String>, Vec<String>) =
            named.partition(|key| key.starts_with("alias/"));
        let mut statements = Vec::new();
        if !keys.is_empty() || aliases.is_empty() {
            let keys = match keys.is_empty() {
                true => everywhere.clone(),
                false => keys,
            };
            let statement = Statement::allow(actions, keys).named(id);
            statements.push(statement.only_for(key_use.clone()));
        }
        if !aliases.is_empty() {
            let statement = Statement::allow(actions, everywhere).named(format!("{id}ByAlias"));
            statements.push(statement.only_for(key_use.with_aliases(aliases)));
        }
        statements
    }
}

/// All keys of the accounts and regions of these names or ARNs: a parameter that another account
/// shares is encrypted with a key of that account.
fn keys<'a>(read: impl Iterator<Item = &'a String>, scope: &Scope) -> Vec<String> {
    let mut keys = Vec::new();
    for name in read {
        let account = Arn::parse(name).and_then(|arn| arn.account());
        let scope = scope.at(name);
        let all = scope.of_account(account.unwrap_or(&scope.account)).key("*");
        if !keys.contains(&all) {
            keys.push(all);
        }
    }
    keys
}
