//! IAM statements for what a launch or the commands need.
#![forbid(unsafe_code)]

use std::collections::{BTreeMap, BTreeSet};

use crate::aws::arn::{Arn, Scope, is_meant, is_public};
use crate::aws::iam::{KeyUse, Statement};
use crate::commands::args::{Key, KeyName};

use super::patterns::{is_covered, widest};

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

/// What an operator does, who writes and lists, and reads no values.
const OPERATE: [&str; 7] = [
    "ssm:GetParameterHistory",
    "ssm:PutParameter",
    "ssm:LabelParameterVersion",
    "ssm:UnlabelParameterVersion",
    "ssm:ListTagsForResource",
    "ssm:AddTagsToResource",
    "ssm:RemoveTagsFromResource",
];

/// What a rotation does.
const ROTATE: [&str; 5] = [
    "ssm:GetParameters",
    "ssm:GetParameterHistory",
    "ssm:PutParameter",
    "ssm:LabelParameterVersion",
    "ssm:UnlabelParameterVersion",
];

/// What an auditor reads beside the catalogue.
const AUDIT: [&str; 2] = ["ssm:GetParameterHistory", "ssm:ListTagsForResource"];

/// The key of AWS, which every principal of its account may use through Parameter Store (AWS KMS
/// Developer Guide, "AWS managed keys").
const AWS_KEY: &str = "alias/aws/ssm";

/// What is done with parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Their names and versions are read.
    Names,
    /// Their values are read.
    Values,
    /// They are read, and managed as the other commands do.
    Manage,
    /// They are written, labelled, tagged and listed, and never decrypted.
    Operate,
    /// Old and new values are read, and new ones written.
    Rotate,
    /// Names and histories are read, and never decrypted.
    Audit,
}

impl Access {
    /// Whether it is that of one task on parameters, and of nothing that other stores have.
    pub fn is_of_task(self) -> bool {
        matches!(self, Self::Operate | Self::Rotate | Self::Audit)
    }
}

/// What to allow.
#[derive(Debug)]
pub struct Needs {
    pub access: Access,
    /// What is read, by region.
    pub parts: Vec<Part>,
    /// The roles that are assumed, by ARN.
    pub roles: Vec<String>,
    /// Keys; if empty, any of the accounts of what is read.
    pub keys: Vec<Key>,
}

/// What is read in one region.
#[derive(Debug, Default)]
pub struct Part {
    /// `None` for the region in which places without one are read.
    pub region: Option<String>,
    /// Paths that are read, none of them below another.
    pub paths: Vec<String>,
    /// Single parameters, by name or ARN.
    pub names: Vec<String>,
    /// Patterns of names that are searched in the catalogue, and read one by one.
    pub patterns: Vec<String>,
    /// Secrets of Secrets Manager that are read through Parameter Store, by name.
    pub references: Vec<String>,
    /// Single secrets of Secrets Manager, by name or ARN.
    pub secrets: Vec<String>,
    /// Patterns of the names of secrets that are listed, and read in batches.
    pub listed: Vec<String>,
    /// Objects of S3.
    pub objects: Vec<Object>,
    /// Rows of tables of credstash.
    pub rows: Vec<Rows>,
    /// Entries of files of Biscuit.
    pub entries: Vec<Entries>,
    /// Tokens for Confidant.
    pub tokens: Vec<Token>,
}

/// Entries of a file of Biscuit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entries {
    /// The ARNs of their keys, if they are known.
    pub keys: Vec<String>,
    /// The secret; all of the file by default.
    pub name: Option<String>,
}

/// A token for Confidant: the key that encrypts it, and as whose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub key: String,
    /// The encryption context.
    pub context: BTreeMap<String, String>,
}

/// An object of S3.
#[derive(Debug, PartialEq, Eq)]
pub struct Object {
    pub bucket: String,
    pub key: String,
    /// Whether it is read at a version, which another action allows.
    pub is_version: bool,
}

/// Rows of a table of credstash, and how they are decrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    pub table: String,
    /// The secret; all rows of the table by default.
    pub name: Option<String>,
    /// The region of the key, if it is not that of the table.
    pub kms_region: Option<String>,
    /// The encryption context.
    pub context: BTreeMap<String, String>,
}

impl Rows {
    /// The table in the region of its key: data keys are decrypted there.
    fn key_scope(&self, table: &Scope) -> Scope {
        match &self.kms_region {
            Some(region) if *region != table.region => Scope::new(region, &table.account),
            _ => table.clone(),
        }
    }
}

impl Part {
    /// Where it is read.
    fn scope(&self, own: &Scope) -> Scope {
        match &self.region {
            Some(region) if *region != own.region => Scope::new(region, &own.account),
            _ => own.clone(),
        }
    }

    /// Whether an ARN names all of it, so that its region does not count.
    fn is_of_arns(&self) -> bool {
        let sets = [&self.paths, &self.patterns, &self.references, &self.listed];
        let mut single = self.names.iter().chain(&self.secrets);
        let is_empty =
            sets.iter().all(|it| it.is_empty()) && self.rows.is_empty() && self.objects.is_empty();
        let is_empty = is_empty && self.entries.iter().all(|it| !it.keys.is_empty());
        let is_empty = is_empty && self.tokens.iter().all(|it| it.key.starts_with("arn:"));
        is_empty && single.all(|it| is_meant(it))
    }
}

/// The parameters or secrets of one region that are decrypted with keys of that region, since AWS
/// encrypts with no others.
#[derive(Debug)]
struct Region {
    scope: Scope,
    /// Whether it is the region in which names are read.
    is_own: bool,
    arns: Vec<String>,
    /// The accounts that they are in.
    accounts: Vec<String>,
}

/// A use of keys: for parameters, or for secrets.
#[derive(Debug)]
struct Use {
    id: String,
    actions: &'static [&'static str],
    condition: Condition,
    arns: Vec<String>,
    /// Where they are, if their ARNs do not say it and a place does.
    region: Option<String>,
}

/// For what keys are used.
#[derive(Debug, Clone)]
enum Condition {
    Parameters,
    Secrets,
    Objects,
    /// Data keys with this encryption context.
    Context(BTreeMap<String, String>),
    /// Data keys of Biscuit for secrets whose names match these patterns.
    Entries(Vec<String>),
}

impl Condition {
    fn key_use(&self, scope: &Scope, arns: Vec<String>) -> KeyUse {
        match self {
            Self::Parameters => KeyUse::of_parameters(scope, arns),
            Self::Secrets => KeyUse::of_secrets(scope, arns),
            Self::Objects => KeyUse::of_objects(scope, arns),
            Self::Context(context) => KeyUse::with_context(context),
            Self::Entries(names) => {
                KeyUse::matching("kms:EncryptionContext:SecretName", names.clone())
            }
        }
    }
}

/// The id of the statement that denies decryption.
const DENIAL: &str = "DenyDecryptionOfParameters";

/// A statement for actions on resources, if there are any.
fn allow(id: &str, actions: &[&str], resources: Vec<String>) -> Option<Statement> {
    (!resources.is_empty()).then(|| Statement::allow(actions, resources).named(id))
}

impl Needs {
    /// Whether decryption is denied, because the policy of a key may allow it to everyone.
    pub fn denies_decryption(&self) -> bool {
        let of_aws = |key: &Key| key.name() == KeyName::Alias(AWS_KEY);
        let is_of_aws = self.keys.is_empty() || self.keys.iter().any(of_aws);
        matches!(self.access, Access::Operate | Access::Audit) && is_of_aws
    }

    /// The statements for one task on parameters.
    fn of_task(&self, scope: &Scope) -> Vec<Statement> {
        let managed = self.managed(scope);
        let (id, actions): (&str, &[&str]) = match self.access {
            Access::Rotate => ("RotateParameters", &ROTATE),
            Access::Audit => ("AuditParameters", &AUDIT),
            _ => ("OperateParameters", &OPERATE),
        };
        let mut statements = Vec::new();
        if self.access == Access::Operate {
            let paths = self.each(scope, |part, at| {
                let both = part.paths.iter().flat_map(|path| {
                    let itself = (path != "/").then(|| at.parameter(path));
                    itself.into_iter().chain([at.parameters_below(path)])
                });
                both.collect()
            });
            let list = ["ssm:GetParametersByPath"];
            statements.extend(allow("ReadPaths", &list, widest(paths)));
        }
        statements.extend(allow(id, actions, managed));
        if self.lists_parameters(scope) {
            let everything = vec!["*".to_owned()];
            let list = ["ssm:DescribeParameters"];
            statements.extend(allow("ListParameters", &list, everything));
        }
        for one in self.uses(scope) {
            let of_one = self.keys_for(&one, scope).into_iter();
            match one.id == DENIAL {
                false => statements.extend(of_one),
                true => statements.extend(of_one.map(Statement::denied)),
            }
        }
        statements
    }

    /// What keys are used for by one task on parameters.
    fn uses_of_task(&self, scope: &Scope) -> Vec<Use> {
        let arns = self.managed(scope);
        let used = |id: &str, actions| Use {
            id: id.to_owned(),
            actions,
            condition: Condition::Parameters,
            arns: arns.clone(),
            region: None,
        };
        let mut uses = Vec::new();
        match self.access {
            Access::Rotate => uses.push(used(
                "EncryptParameters",
                &["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"],
            )),
            Access::Operate => uses.push(used(
                "EncryptParameters",
                &["kms:Encrypt", "kms:GenerateDataKey"],
            )),
            _ => {}
        }
        if self.denies_decryption() {
            uses.push(used(DENIAL, &["kms:Decrypt"]));
        }
        uses.retain(|it| !it.arns.is_empty());
        uses
    }

    /// The least statements that allow it.
    pub fn statements(&self, scope: &Scope) -> Vec<Statement> {
        if self.access.is_of_task() {
            return self.of_task(scope);
        }
        let mut statements = Vec::new();
        // A path is authorised as itself, and what is below it as well.
        let paths = self.each(scope, |part, at| {
            let both = part.paths.iter().flat_map(|path| {
                let itself = (path != "/").then(|| at.parameter(path));
                itself.into_iter().chain([at.parameters_below(path)])
            });
            both.collect()
        });
        statements.extend(allow(
            "ReadPaths",
            &["ssm:GetParametersByPath"],
            widest(paths),
        ));
        let managed = match self.access {
            Access::Manage => self.managed(scope),
            _ => Vec::new(),
        };
        let mut single = self.single(scope);
        single.retain(|arn| !is_covered(arn, &managed));
        single.extend(self.each(scope, |part, at| {
            let names = part.references.iter();
            let names = names.map(|name| format!("aws/reference/secretsmanager/{name}"));
            names.map(|name| at.parameter(&name)).collect()
        }));
        statements.extend(allow(
            "ReadParameters",
            &["ssm:GetParameters"],
            widest(single),
        ));
        statements.extend(allow("ManageParameters", &MANAGE, widest(managed)));
        if self.lists_parameters(scope) {
            // This action cannot be restricted to resources.
            let everything = vec!["*".to_owned()];
            statements.extend(allow(
                "ListParameters",
                &["ssm:DescribeParameters"],
                everything,
            ));
        }
        let uses = self.uses(scope);
        let decrypt = |statements: &mut Vec<Statement>, of: fn(&Condition) -> bool| {
            let uses = uses.iter().filter(|it| of(&it.condition));
            statements.extend(uses.flat_map(|it| self.keys_for(it, scope)));
        };
        decrypt(&mut statements, |it| matches!(it, Condition::Parameters));
        // These actions cannot be restricted to resources either. What a batch contains is
        // authorised as if each secret were read by itself (BatchGetSecretValue).
        if let Some(actions) = self.lists_secrets() {
            statements.extend(allow("ListSecrets", actions, vec!["*".to_owned()]));
        }
        let value = ["secretsmanager:GetSecretValue"];
        statements.extend(allow("ReadSecrets", &value, self.values_of_secrets(scope)));
        let described = match self.access {
            Access::Names => self.single_secrets(scope),
            _ => Vec::new(),
        };
        let describe = ["secretsmanager:DescribeSecret"];
        statements.extend(allow("DescribeSecrets", &describe, described));
        decrypt(&mut statements, |it| matches!(it, Condition::Secrets));
        statements.extend(self.tables(scope));
        decrypt(&mut statements, |it| matches!(it, Condition::Context(_)));
        decrypt(&mut statements, |it| matches!(it, Condition::Entries(_)));
        statements.extend(self.tokens(scope));
        // A HEAD is authorised as the GET that has the content as well.
        for (id, action, is_version) in [
            ("ReadObjects", "s3:GetObject", false),
            ("ReadVersionsOfObjects", "s3:GetObjectVersion", true),
        ] {
            let objects = self.each(scope, |part, at| {
                let objects = part.objects.iter().filter(|it| it.is_version == is_version);
                objects.map(|it| at.object(&it.bucket, &it.key)).collect()
            });
            statements.extend(allow(id, &[action], widest(objects)));
        }
        decrypt(&mut statements, |it| matches!(it, Condition::Objects));
        if !self.roles.is_empty() {
            let assume = Statement::allow(&["sts:AssumeRole"], self.roles.clone());
            statements.push(assume.named(match self.roles.as_slice() {
                [_] => "AssumeRole",
                _ => "AssumeRoles",
            }));
        }
        statements
    }

    /// Statements for the tables of credstash. A set is all of its table to DynamoDB.
    fn tables(&self, scope: &Scope) -> Vec<Statement> {
        let mut scanned = BTreeSet::new();
        let mut queried: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (at, rows) in self.rows(scope) {
            let table = at.table(&rows.table);
            match &rows.name {
                None => drop(scanned.insert(table)),
                Some(name) => drop(queried.entry(table).or_default().insert(name.clone())),
            }
        }
        let scanned = scanned.into_iter().collect();
        let mut statements = Vec::from_iter(allow("ReadTables", &["dynamodb:Scan"], scanned));
        for (number, (table, names)) in (1..).zip(queried) {
            let query = Statement::allow(&["dynamodb:Query"], vec![table]);
            let query = query.named(numbered("ReadRows", number));
            statements.push(query.only_for_rows(names.into_iter().collect()));
        }
        statements
    }

    /// Statements for the tokens of Confidant. What is blind there is decrypted with the given keys.
    fn tokens(&self, scope: &Scope) -> Vec<Statement> {
        let tokens = self.each(scope, |part, at| {
            let tokens = part.tokens.iter().map(|it| (at.clone(), it.clone()));
            tokens.collect::<Vec<_>>()
        });
        let mut statements = Vec::new();
        for (number, (at, Token { key, context })) in (1..).zip(&tokens) {
            let used = KeyUse::with_context(context);
            let own = key.rsplit_once(':').map_or(key.as_str(), |(_, own)| own);
            let (resource, used) = match own.starts_with("alias/") {
                true => (at.key("*"), used.with_aliases(vec![own.to_owned()])),
                false if key.starts_with("arn:") => (key.clone(), used),
                false => (at.key(key), used),
            };
            let encrypt = Statement::allow(&["kms:Encrypt"], vec![resource]);
            statements.push(encrypt.named(numbered("MakeTokens", number)).only_for(used));
        }
        if tokens.is_empty() || self.access == Access::Names {
            return statements;
        }
        let mut regions: Vec<&Scope> = Vec::new();
        for (at, _) in &tokens {
            if !regions.iter().any(|known| known.region == at.region) {
                regions.push(at);
            }
        }
        let blind = regions.into_iter().map(|at| Use {
            id: "DecryptBlindCredentials".to_owned(),
            actions: &["kms:Decrypt"],
            condition: Condition::Context(BTreeMap::new()),
            arns: vec![at.key("*")],
            region: None,
        });
        // Without a key it would be any.
        let blind = blind.filter(|_| !self.keys.is_empty());
        statements.extend(blind.flat_map(|one| self.keys_for(&one, scope)));
        statements
    }

    /// Whether tokens for Confidant are made, and no key is given for what is blind there.
    pub fn may_be_blind(&self) -> bool {
        let makes_tokens = self.parts.iter().any(|part| !part.tokens.is_empty());
        makes_tokens && self.keys.is_empty() && self.access != Access::Names
    }

    /// Whether all of a table of credstash is read.
    pub fn reads_tables(&self) -> bool {
        let mut rows = self.parts.iter().flat_map(|part| &part.rows);
        rows.any(|rows| rows.name.is_none())
    }

    /// Whether any key may decrypt, for no encryption context in particular.
    pub fn decrypts_anything(&self) -> bool {
        let mut rows = self.parts.iter().flat_map(|part| &part.rows);
        let decrypts = self.access != Access::Names && self.keys.is_empty();
        decrypts && rows.any(|rows| rows.context.is_empty())
    }

    /// Whether any key may decrypt entries of Biscuit, because theirs are not known.
    pub fn decrypts_any_entry(&self) -> bool {
        let mut entries = self.parts.iter().flat_map(|part| &part.entries);
        let decrypts = self.access != Access::Names && self.keys.is_empty();
        decrypts && entries.any(|it| it.keys.is_empty())
    }

    /// What is read of tables of credstash, in the scopes of their regions.
    fn rows(&self, scope: &Scope) -> Vec<(Scope, &Rows)> {
        let parts = self.parts.iter();
        let all = parts.flat_map(|part| {
            let at = part.scope(scope);
            part.rows.iter().map(move |rows| (at.clone(), rows))
        });
        all.collect()
    }

    /// Something of each part, in the scope of its region.
    fn each<T>(&self, scope: &Scope, of: impl Fn(&Part, &Scope) -> Vec<T>) -> Vec<T> {
        let parts = self.parts.iter();
        parts
            .flat_map(|part| of(part, &part.scope(scope)))
            .collect()
    }

    /// All that an ARN may name.
    pub fn arns(&self) -> impl Iterator<Item = &String> {
        let parts = self.parts.iter();
        let single = parts.flat_map(|part| part.names.iter().chain(&part.secrets));
        single.filter(|it| is_meant(it))
    }

    /// Whether anything is read in the region in which places without one are read.
    pub fn is_in_own_region(&self) -> bool {
        let mut own = self.parts.iter().filter(|part| part.region.is_none());
        own.any(|part| !part.is_of_arns())
    }

    /// Whether anything is named without its account.
    pub fn is_in_own_account(&self) -> bool {
        let mut keys = self.keys.iter();
        keys.any(|key| key.arn().is_none()) || !self.parts.iter().all(Part::is_of_arns)
    }

    /// The regions that places name.
    pub fn named_regions(&self) -> impl Iterator<Item = &String> {
        self.parts.iter().filter_map(|part| part.region.as_ref())
    }

    /// Whether the catalogue of parameters is read.
    pub fn lists_parameters(&self, scope: &Scope) -> bool {
        let lists = matches!(
            self.access,
            Access::Manage | Access::Operate | Access::Audit
        );
        if self.access.is_of_task() {
            return lists;
        }
        let managed = lists && !self.managed(scope).is_empty();
        managed || self.parts.iter().any(|part| !part.patterns.is_empty())
    }

    /// The actions that sets of secrets are read with, apart from that on the secrets themselves.
    pub fn lists_secrets(&self) -> Option<&'static [&'static str]> {
        const ACTIONS: [&str; 2] = [
            "secretsmanager:ListSecrets",
            "secretsmanager:BatchGetSecretValue",
        ];
        let mut parts = self.parts.iter();
        parts
            .any(|part| !part.listed.is_empty())
            .then_some(match self.access {
                Access::Names => &ACTIONS[..1],
                _ => &ACTIONS,
            })
    }

    /// Whether something of each store is read.
    pub fn stores(&self) -> (bool, bool) {
        let (parameters, secrets) = (
            |part: &Part| [&part.paths, &part.names, &part.patterns].map(Vec::is_empty),
            |part: &Part| {
                let secrets = [&part.references, &part.secrets, &part.listed].map(Vec::is_empty);
                [secrets[0] && part.rows.is_empty(), secrets[1], secrets[2]]
            },
        );
        let any = |are_empty: &dyn Fn(&Part) -> [bool; 3]| {
            self.parts
                .iter()
                .any(|part| are_empty(part).contains(&false))
        };
        (any(&parameters), any(&secrets))
    }

    /// The ARNs of single parameters, and patterns of them.
    fn single(&self, scope: &Scope) -> Vec<String> {
        self.each(scope, |part, at| {
            let names = part.names.iter().chain(&part.patterns);
            names.map(|name| at.parameter(name)).collect()
        })
    }

    /// The ARNs of all that is read of parameters, and patterns of them.
    fn parameters(&self, scope: &Scope) -> Vec<String> {
        let mut all = self.each(scope, |part, at| {
            let paths = part.paths.iter();
            paths.map(|path| at.parameters_below(path)).collect()
        });
        all.extend(self.single(scope));
        all
    }

    /// The ARNs of single secrets.
    fn single_secrets(&self, scope: &Scope) -> Vec<String> {
        let secrets = self.each(scope, |part, at| {
            part.secrets.iter().map(|it| at.secret(it)).collect()
        });
        widest(secrets)
    }

    /// The ARNs of the secrets whose values are read. Parameter Store returns secrets only with
    /// values.
    fn values_of_secrets(&self, scope: &Scope) -> Vec<String> {
        let secrets = self.each(scope, |part, at| {
            let referred = part.references.iter().map(|it| at.secret(it));
            let direct = part.secrets.iter().map(|it| at.secret(it));
            let listed = part.listed.iter().map(|it| at.secrets(it));
            match self.access {
                Access::Names => referred.collect(),
                _ => referred.chain(direct).chain(listed).collect(),
            }
        });
        widest(secrets)
    }

    /// The ARNs of parameters that can be changed: those of AWS and of other accounts cannot.
    pub fn managed(&self, scope: &Scope) -> Vec<String> {
        let mut managed = self.parameters(scope);
        managed.retain(|arn| {
            let account = Arn::of_template(arn).and_then(|arn| arn.account());
            account.is_some_and(|it| it == scope.account || !is_known(&scope.account))
        });
        widest(managed)
    }

    /// What keys are used for.
    fn uses(&self, scope: &Scope) -> Vec<Use> {
        if self.access.is_of_task() {
            return self.uses_of_task(scope);
        }
        let mut parameters = self.parameters(scope);
        parameters.retain(|arn| !is_public_arn(arn));
        let parameters = widest(parameters);
        let (decrypted, encrypted): (Vec<_>, Vec<_>) = match self.access {
            Access::Values => (parameters, Vec::new()),
            Access::Manage => {
                let managed = self.managed(scope);
                parameters
                    .into_iter()
                    .partition(|arn| !managed.contains(arn))
            }
            _ => (Vec::new(), Vec::new()),
        };
        let uses = [
            Use {
                id: "EncryptParameters".to_owned(),
                // An advanced parameter is encrypted with a data key.
                actions: &["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"],
                condition: Condition::Parameters,
                arns: encrypted,
                region: None,
            },
            Use {
                id: "DecryptParameters".to_owned(),
                actions: &["kms:Decrypt"],
                condition: Condition::Parameters,
                arns: decrypted,
                region: None,
            },
            Use {
                id: "DecryptSecrets".to_owned(),
                actions: &["kms:Decrypt"],
                condition: Condition::Secrets,
                arns: self.values_of_secrets(scope),
                region: None,
            },
        ];
        let mut of_objects: Vec<Use> = Vec::new();
        for part in &self.parts {
            let at = part.scope(scope);
            let arns = part.objects.iter().flat_map(|it| {
                // The context is the bucket where that has a key of its own.
                [at.object(&it.bucket, &it.key), at.bucket(&it.bucket)]
            });
            let arns = match self.access {
                Access::Names => Vec::new(),
                _ => arns.collect(),
            };
            // A place may name the region that others have without it.
            let region = part.region.clone().filter(|it| *it != scope.region);
            match of_objects.iter_mut().find(|it| it.region == region) {
                Some(known) => known.arns.extend(arns),
                None => of_objects.push(Use {
                    id: "DecryptObjects".to_owned(),
                    actions: &["kms:Decrypt"],
                    condition: Condition::Objects,
                    arns,
                    region,
                }),
            }
        }
        for one in &mut of_objects {
            one.arns = widest(std::mem::take(&mut one.arns));
        }
        let uses = uses.into_iter().chain(of_objects);
        let mut uses: Vec<Use> = uses.filter(|it| !it.arns.is_empty()).collect();
        let mut contexts: BTreeMap<&BTreeMap<String, String>, Vec<String>> = BTreeMap::new();
        for (at, rows) in self.rows(scope) {
            if self.access == Access::Names {
                continue;
            }
            let arn = rows.key_scope(&at).table(&rows.table);
            let arns = contexts.entry(&rows.context).or_default();
            if !arns.contains(&arn) {
                arns.push(arn);
            }
        }
        for (number, (context, arns)) in (1..).zip(contexts) {
            uses.push(Use {
                id: numbered("DecryptRows", number),
                actions: &["kms:Decrypt"],
                condition: Condition::Context(context.clone()),
                arns,
                region: None,
            });
        }
        if self.access != Access::Names {
            uses.extend(self.uses_of_entries(scope));
        }
        uses
    }

    /// What keys are used for by the secrets of Biscuit: one use for each set of keys.
    fn uses_of_entries(&self, scope: &Scope) -> Vec<Use> {
        let mut names: BTreeMap<Vec<String>, BTreeSet<Option<&String>>> = BTreeMap::new();
        for part in &self.parts {
            let at = part.scope(scope);
            for entries in &part.entries {
                let keys = match entries.keys.is_empty() {
                    true => vec![at.key("*")],
                    false => entries.keys.clone(),
                };
                names.entry(keys).or_default().insert(entries.name.as_ref());
            }
        }
        let uses = (1..).zip(names).map(|(number, (arns, names))| Use {
            id: numbered("DecryptEntries", number),
            actions: &["kms:Decrypt"],
            condition: Condition::Entries(match names.contains(&None) {
                true => vec!["*".to_owned()],
                false => names.into_iter().flatten().map(literal).collect(),
            }),
            arns,
            region: None,
        });
        uses.collect()
    }

    /// The regions in which keys are used; `None` for the one in which names are read, if it is not
    /// known.
    pub fn regions(&self, scope: &Scope) -> Vec<Option<String>> {
        let mut regions = Vec::new();
        for one in self.uses(scope) {
            for region in one.regions(scope) {
                let name = region.scope.region;
                let name = is_known(&name).then_some(name);
                if !regions.contains(&name) {
                    regions.push(name);
                }
            }
        }
        regions
    }

    /// The regions and the other accounts of what is decrypted that have none of the given keys.
    pub fn without_key(&self, scope: &Scope) -> Vec<String> {
        let mut places: Vec<String> = Vec::new();
        if self.keys.is_empty() {
            return places;
        }
        let regions = self.uses(scope);
        let regions = regions.iter().flat_map(|one| one.regions(scope));
        for Region {
            scope: at,
            accounts,
            ..
        } in regions.filter(|it| is_known(&it.scope.region))
        {
            let mut keys = self.keys.iter();
            let has_key = keys.any(|key| match key.arn() {
                Some(arn) => arn.region() == at.region,
                None => self.is_in(key, &at.region, scope),
            });
            if !has_key {
                places.push(at.region);
                continue;
            }
            // What another account shares is usually encrypted with a key of that account.
            let others = accounts.into_iter().filter(|it| *it != scope.account);
            let mut keys = self.keys.iter().filter_map(Key::arn);
            let others = others.filter(|it| !keys.any(|key| key.account() == Some(it)));
            places.extend(others.map(|account| format!("account {account}")));
        }
        places.sort();
        places.dedup();
        places
    }

    /// Whether a key without an ARN is one of this region. Aliases and multi-Region keys have the
    /// same name in all regions; another one is in the region in which names are read.
    fn is_in(&self, key: &Key, region: &str, scope: &Scope) -> bool {
        let everywhere = key.name().is_multi_region() || matches!(key.name(), KeyName::Alias(_));
        let own = Some(scope.region.clone()).filter(|it| is_known(it));
        everywhere || region == scope.region || !self.regions(scope).contains(&own)
    }

    /// Statements for keys and only this use: of the given keys, or of any.
    fn keys_for(&self, one: &Use, scope: &Scope) -> Vec<Statement> {
        let mut statements = Vec::new();
        for region in one.regions(scope) {
            let at = &region.scope;
            let place = match region.is_own {
                true => String::new(),
                false => in_words(&at.region),
            };
            let id = format!("{}{place}", one.id);
            let used = one.condition.key_use(at, region.arns.clone());
            let mut add = |id: String, keys: Vec<String>, used: KeyUse| {
                let statement = Statement::allow(one.actions, keys).named(id);
                statements.push(statement.only_for(used));
            };
            if self.keys.is_empty() && matches!(one.condition, Condition::Entries(_)) {
                add(id, region.arns.clone(), used);
                continue;
            }
            if self.keys.is_empty() {
                let accounts = region.accounts.iter();
                let keys = accounts.map(|account| at.of_account(account).key("*"));
                add(id, keys.collect(), used);
                continue;
            }
            let (mut keys, mut aliases) = (Vec::new(), Vec::new());
            for key in &self.keys {
                let (account, is_here) = match key.arn() {
                    Some(arn) => {
                        let own = arn.region() == at.region;
                        // Where the region is not known, it may be that of the key.
                        let may_be = !is_known(&at.region)
                            && !self.regions(scope).contains(&Some(arn.region().to_owned()));
                        (arn.account().unwrap_or(&scope.account), own || may_be)
                    }
                    None => (scope.account.as_str(), self.is_in(key, &at.region, scope)),
                };
                if !is_here {
                    continue;
                }
                match (key.name(), key.arn()) {
                    (KeyName::Id(_), Some(_)) => keys.push(key.as_str().to_owned()),
                    (KeyName::Id(id), None) => keys.push(at.of_account(account).key(id)),
                    (KeyName::Alias(alias), arn) => {
                        let region = arn.map_or(at.region.as_str(), |arn| arn.region());
                        let place = Scope {
                            region: region.to_owned(),
                            ..at.of_account(account)
                        };
                        aliases.push((place, alias.to_owned()));
                    }
                }
            }
            let keys = widest(keys);
            if !keys.is_empty() {
                add(id.clone(), keys, used.clone());
            }
            // An alias is a name of its own account: another account's key may have the same one.
            let mut places: Vec<(Scope, Vec<String>)> = Vec::new();
            for (place, alias) in aliases {
                let is_same = |known: &Scope| {
                    (&known.region, &known.account) == (&place.region, &place.account)
                };
                match places.iter_mut().find(|(known, _)| is_same(known)) {
                    Some((_, aliases)) if aliases.contains(&alias) => {}
                    Some((_, aliases)) => aliases.push(alias),
                    None => places.push((place, vec![alias])),
                }
            }
            for (place, aliases) in places {
                let mut id = format!("{id}ByAlias");
                if place.account != scope.account {
                    id.push_str(&format!("Of{}", place.account));
                }
                if place.region != at.region {
                    id.push_str(&in_words(&place.region));
                }
                let used = used.clone().with_aliases(aliases);
                add(id, vec![place.key("*")], used);
            }
        }
        statements
    }
}

/// The id of a statement of which there may be several.
fn numbered(id: &str, number: usize) -> String {
    match number {
        1 => id.to_owned(),
        number => format!("{id}{number}"),
    }
}

impl Use {
    /// What is used in each region; first that of the scope.
    fn regions(&self, scope: &Scope) -> Vec<Region> {
        let mut regions: Vec<Region> = Vec::new();
        for arn in &self.arns {
            let parsed = Arn::of_template(arn);
            let account = parsed.and_then(|it| it.account()).unwrap_or(&scope.account);
            let at = match &self.region {
                Some(region) => Scope::new(region, &scope.account),
                None => scope.at(arn),
            };
            let known = regions.iter_mut().find(|it| it.scope.region == at.region);
            match known {
                Some(region) => {
                    region.arns.push(arn.clone());
                    if !region.accounts.iter().any(|it| it == account) {
                        region.accounts.push(account.to_owned());
                    }
                }
                None => regions.push(Region {
                    is_own: at.region == scope.region,
                    arns: vec![arn.clone()],
                    accounts: vec![account.to_owned()],
                    scope: at,
                }),
            }
        }
        regions.sort_by_key(|it| !it.is_own);
        regions
    }
}

/// A pattern that matches this text alone (IAM User Guide, "IAM policy elements: Variables and tags").
fn literal(text: &String) -> String {
    let mut pattern = String::new();
    for character in text.chars() {
        match character {
            '*' | '?' | '$' => pattern.push_str(&format!("${{{character}}}")),
            it => pattern.push(it),
        }
    }
    pattern
}

fn is_public_arn(arn: &str) -> bool {
    // An expression has no `:parameter/`.
    arn.split_once(":parameter/")
        .is_some_and(|(_, name)| is_public(name))
}

/// Whether a region or account is known, rather than a pattern or an expression.
pub fn is_known(part: &str) -> bool {
    !part.contains(['*', '$'])
}

/// A region as a part of a statement's id, which has letters and digits only: `EuWest1`.
fn in_words(region: &str) -> String {
    let parts = region.split('-').map(|part| {
        let (first, rest) = part.split_at(part.len().min(1));
        format!("{}{rest}", first.to_ascii_uppercase())
    });
    parts.collect()
}
