//! What IAM would decide about the requests that Parameter Store and Secrets Manager recorded.
//!
//! A request of a launch is authorized for more than itself: what is decrypted takes a permission of
//! KMS, each secret of a batch one of its own, and a secret that is read through Parameter Store one
//! of Secrets Manager, which Parameter Store uses in the name of the caller.
//! A policy is evaluated as the IAM User Guide has it ("IAM JSON policy elements"): actions in any
//! case of letters, `*` and `?` within the fields of an ARN, all keys of a condition and any of their
//! values.

use parameter_store::{Received, Server, Service};
use serde_json::Value;

/// The account of all callers.
const ACCOUNT: &str = "123456789012";

/// What a caller is authorized for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub action: String,
    pub resource: String,
    /// Keys of conditions, and their values; those of `kms:ResourceAliases` may be several.
    pub context: Vec<(String, Vec<String>)>,
}

/// How the parameters of a story are encrypted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Encryption<'a> {
    /// The parameters that are no SecureStrings, by name or ARN.
    pub plain: &'a [&'a str],
    /// The parameters below paths that are read.
    pub all: &'a [&'a str],
    /// The account of the keys, if it is not that of the parameters.
    pub account: Option<&'a str>,
    /// The id of the keys.
    pub key: &'a str,
    /// The aliases of the keys.
    pub aliases: &'a [&'a str],
}

impl Request {
    pub fn new(action: impl Into<String>, resource: impl Into<String>) -> Self {
        Self {
            action: action.into(),
            resource: resource.into(),
            context: Vec::new(),
        }
    }

    /// The same, with one value of its context replaced.
    pub fn with(&self, key: &str, value: &str) -> Self {
        let mut other = self.clone();
        for (known, values) in &mut other.context {
            if known == key {
                *values = vec![value.to_owned()];
            }
        }
        other
    }

    /// Whether one of these statements allows it, and none denies it.
    pub fn is_allowed(&self, statements: &[Value]) -> bool {
        let any = |effect: &str| {
            let mut of_effect = statements.iter().filter(|it| it["Effect"] == effect);
            of_effect.any(|statement| self.is_meant_by(statement))
        };
        any("Allow") && !any("Deny")
    }

    fn is_meant_by(&self, statement: &Value) -> bool {
        let action = self.action.to_ascii_lowercase();
        let actions = texts(&statement["Action"]);
        let resources = texts(&statement["Resource"]);
        actions
            .iter()
            .any(|it| like(&it.to_ascii_lowercase(), &action))
            && resources.iter().any(|it| is_arn_like(it, &self.resource))
            && self.meets(&statement["Condition"])
    }

    fn meets(&self, condition: &Value) -> bool {
        let operators = condition.as_object().into_iter().flatten();
        let mut all = operators.flat_map(|(operator, keys)| {
            let keys = keys.as_object().unwrap().iter();
            keys.map(move |(key, wanted)| (operator, key, texts(wanted)))
        });
        all.all(|(operator, key, wanted)| {
            let (set, operator) = match operator.split_once(':') {
                Some((set, operator)) => (Some(set), operator),
                None => (None, operator.as_str()),
            };
            assert!(matches!(set, None | Some("ForAnyValue")), "{operator}");
            let mut found = self
                .context
                .iter()
                .filter(|(known, _)| known.eq_ignore_ascii_case(key));
            let Some((_, values)) = found.next() else {
                return false;
            };
            // Without a set operator a key has one value.
            assert!(set.is_some() || values.len() == 1, "{key}");
            values.iter().any(|value| {
                wanted.iter().any(|wanted| match operator {
                    "StringEquals" => wanted == value,
                    "StringLike" => like(wanted, value),
                    _ => panic!("{operator}"),
                })
            })
        })
    }
}

/// Each variant of these statements from which one action, resource or value of a condition is taken
/// away, with the name of what is missing.
pub fn smaller(statements: &[Value]) -> Vec<(String, Vec<Value>)> {
    let mut variants = Vec::new();
    for (index, statement) in statements.iter().enumerate() {
        for place in places(statement, "") {
            let count = statement.pointer(&place).unwrap().as_array().unwrap().len();
            for item in 0..count {
                let mut fewer = statements.to_vec();
                let list = fewer[index].pointer_mut(&place).unwrap();
                let removed = list.as_array_mut().unwrap().remove(item);
                variants.push((format!("{removed} of {}{place}", statement["Sid"]), fewer));
            }
        }
    }
    variants
}

/// The JSON pointers of all lists in a value.
fn places(value: &Value, start: &str) -> Vec<String> {
    match value {
        Value::Array(_) => vec![start.to_owned()],
        Value::Object(entries) => {
            let places = entries.iter().flat_map(|(key, value)| {
                places(
                    value,
                    &format!("{start}/{}", key.replace('~', "~0").replace('/', "~1")),
                )
            });
            places.collect()
        }
        _ => Vec::new(),
    }
}

/// All that the recorded requests are authorized for.
pub fn authorized(server: &Server, encryption: Encryption<'_>) -> Vec<Request> {
    authorized_for(&server.requests(), encryption)
}

/// All that some of the recorded requests are authorized for.
pub fn authorized_for(calls: &[Received], encryption: Encryption<'_>) -> Vec<Request> {
    let mut all = Vec::new();
    for call in calls {
        let region = call.region.clone().unwrap();
        let at = Place { region, encryption };
        if call.service == Service::SecretsManager {
            all.extend(at.of_secrets(call));
            continue;
        }
        let action = format!("ssm:{}", call.operation);
        let text = |key: &str| call.body[key].as_str().map(str::to_owned);
        let decrypted = call.body["WithDecryption"] == true;
        match call.operation.as_str() {
            "GetParametersByPath" => {
                let path = text("Path").unwrap();
                let below = format!("{}/", path.trim_end_matches('/'));
                // The path itself, and what is below it (Systems Manager User Guide, "Restricting
                // access to Parameter Store parameters using IAM policies").
                if path != "/" {
                    all.push(Request::new(&action, at.parameter(&path)));
                }
                let found = encryption
                    .all
                    .iter()
                    .filter(|name| name.starts_with(&below));
                for name in found {
                    all.push(Request::new(&action, at.parameter(name)));
                    all.extend(decrypted.then(|| at.key("kms:Decrypt", name)).flatten());
                }
            }
            "GetParameters" => {
                for name in texts(&call.body["Names"]) {
                    all.extend(at.reading(&action, &name, decrypted));
                }
            }
            "DescribeParameters" => all.push(Request::new(action, "*")),
            "GetParameterHistory" => {
                all.extend(at.reading(&action, &text("Name").unwrap(), decrypted));
            }
            "DeleteParameters" => {
                let names = texts(&call.body["Names"]);
                all.extend(
                    names
                        .iter()
                        .map(|it| Request::new(&action, at.parameter(it))),
                );
            }
            "PutParameter" => {
                let name = text("Name").unwrap();
                all.push(Request::new(action, at.parameter(&name)));
                if call.body["Tags"].is_array() {
                    all.push(Request::new("ssm:AddTagsToResource", at.parameter(&name)));
                }
                if call.body["Type"] == "SecureString" {
                    // AWS KMS Developer Guide, "How Parameter Store uses AWS KMS".
                    let action = match call.body["Tier"] == "Advanced" {
                        true => "kms:GenerateDataKey",
                        false => "kms:Encrypt",
                    };
                    all.extend(at.key(action, &name));
                }
            }
            "LabelParameterVersion" | "UnlabelParameterVersion" => {
                all.push(Request::new(action, at.parameter(&text("Name").unwrap())));
            }
            "ListTagsForResource" | "AddTagsToResource" | "RemoveTagsFromResource" => {
                all.push(Request::new(
                    action,
                    at.parameter(&text("ResourceId").unwrap()),
                ));
            }
            other => panic!("{other} has no rule"),
        }
    }
    let mut once: Vec<Request> = Vec::new();
    for request in all {
        if !once.contains(&request) {
            once.push(request);
        }
    }
    assert!(!once.is_empty());
    once
}

/// Where a request was sent.
struct Place<'a> {
    region: String,
    encryption: Encryption<'a>,
}

impl Place<'_> {
    /// The ARN of a parameter by its name, without version or label.
    fn parameter(&self, name: &str) -> String {
        if name.starts_with("arn:") {
            let fields: Vec<&str> = name.split(':').take(6).collect();
            return fields.join(":");
        }
        let name = name.split(':').next().unwrap().trim_start_matches('/');
        let account = match name.starts_with("aws/service/") {
            true => "",
            false => ACCOUNT,
        };
        format!("arn:aws:ssm:{}:{account}:parameter/{name}", self.region)
    }

    /// What reading one parameter takes.
    fn reading(&self, action: &str, name: &str, decrypted: bool) -> Vec<Request> {
        let arn = self.parameter(name);
        let mut all = vec![Request::new(action, &arn)];
        match arn.split_once(":parameter/aws/reference/secretsmanager/") {
            Some((_, secret)) => {
                assert!(decrypted, "Parameter Store refuses {name}");
                all.extend(self.value(secret));
            }
            None if decrypted => all.extend(self.key("kms:Decrypt", name)),
            None => {}
        }
        all
    }

    /// What a request to Secrets Manager is authorized for (Secrets Manager API Reference, "Required
    /// permissions" of each action).
    fn of_secrets(&self, call: &Received) -> Vec<Request> {
        let action = format!("secretsmanager:{}", call.operation);
        let id = || call.body["SecretId"].as_str().unwrap();
        match call.operation.as_str() {
            "ListSecrets" => vec![Request::new(action, "*")],
            "BatchGetSecretValue" => {
                assert!(call.body["Filters"].is_null(), "a filter takes ListSecrets");
                let ids = texts(&call.body["SecretIdList"]);
                let values = ids.iter().flat_map(|id| self.value(id));
                [Request::new(action, "*")]
                    .into_iter()
                    .chain(values)
                    .collect()
            }
            "GetSecretValue" => self.value(id()),
            "DescribeSecret" => vec![Request::new(action, self.secret(id()))],
            other => panic!("{other} has no rule"),
        }
    }

    /// The ARN of a secret by its name, or by its ARN with or without the six characters.
    fn secret(&self, id: &str) -> String {
        let is_complete = id.rsplit_once('-').is_some_and(|(_, end)| end.len() == 6);
        match id.starts_with("arn:") {
            true if is_complete => id.to_owned(),
            true => format!("{id}-AbCdEf"),
            false => {
                let region = &self.region;
                format!("arn:aws:secretsmanager:{region}:{ACCOUNT}:secret:{id}-AbCdEf")
            }
        }
    }

    /// What the value of a secret takes, if its key is not that of AWS.
    fn value(&self, id: &str) -> Vec<Request> {
        let secret = self.secret(id);
        let account = secret.split(':').nth(4).unwrap();
        let (service, key) = ("secretsmanager", "kms:EncryptionContext:SecretARN");
        let decrypted = self.key_use("kms:Decrypt", account, service, (key, &secret));
        vec![
            Request::new("secretsmanager:GetSecretValue", &secret),
            decrypted,
        ]
    }

    /// The use of the key of a parameter, if it has one.
    fn key(&self, action: &str, name: &str) -> Option<Request> {
        let arn = self.parameter(name);
        let bare = name.split(':').next().unwrap();
        let account = arn.split(':').nth(4).unwrap();
        let plain = self.encryption.plain;
        if plain.contains(&bare) || plain.contains(&arn.as_str()) || account.is_empty() {
            return None;
        }
        let context = ("kms:EncryptionContext:PARAMETER_ARN", arn.as_str());
        Some(self.key_use(action, account, "ssm", context))
    }

    fn key_use(&self, action: &str, account: &str, service: &str, of: (&str, &str)) -> Request {
        let Self { region, encryption } = self;
        let account = encryption.account.unwrap_or(account);
        let key = format!("arn:aws:kms:{region}:{account}:key/{}", encryption.key);
        let aliases = encryption.aliases.iter().map(|it| (*it).to_owned());
        let mut context = vec![
            (
                "kms:ViaService".to_owned(),
                vec![format!("{service}.{region}.amazonaws.com")],
            ),
            (of.0.to_owned(), vec![of.1.to_owned()]),
        ];
        if !encryption.aliases.is_empty() {
            context.push(("kms:ResourceAliases".to_owned(), aliases.collect()));
        }
        Request {
            context,
            ..Request::new(action, key)
        }
    }
}

/// One text, or a list of them.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        _ => panic!("{value} is no text"),
    }
}

/// Whether an ARN matches: field by field, unless the pattern is `*` alone.
fn is_arn_like(pattern: &str, arn: &str) -> bool {
    let fields = |text: &str| -> Vec<String> { text.splitn(6, ':').map(str::to_owned).collect() };
    let (patterns, found) = (fields(pattern), fields(arn));
    pattern == "*"
        || (patterns.len() == found.len()
            && patterns
                .iter()
                .zip(&found)
                .all(|(pattern, field)| like(pattern, field)))
}

/// Whether a text matches a pattern with `*` and `?`.
fn like(pattern: &str, text: &str) -> bool {
    let Some(one) = pattern.chars().next() else {
        return text.is_empty();
    };
    let rest = &pattern[one.len_utf8()..];
    match one {
        '*' => (0..=text.len()).any(|end| text.is_char_boundary(end) && like(rest, &text[end..])),
        one => {
            let mut characters = text.chars();
            let first = characters.next();
            first.is_some_and(|first| one == '?' || one == first) && like(rest, characters.as_str())
        }
    }
}

#[test]
fn a_policy_is_evaluated_as_iam_does() {
    let parameter = "arn:aws:ssm:us-east-1:123456789012:parameter/a/b";
    let request = Request {
        context: vec![
            (
                "kms:ViaService".to_owned(),
                vec!["ssm.us-east-1.amazonaws.com".to_owned()],
            ),
            (
                "kms:ResourceAliases".to_owned(),
                vec!["alias/x".to_owned(), "alias/y".to_owned()],
            ),
        ],
        ..Request::new("ssm:GetParameters", parameter)
    };
    let statement = |action: &str, resource: &str, condition: Value| {
        serde_json::json!({
            "Effect": "Allow", "Action": action, "Resource": resource, "Condition": condition
        })
    };
    let via =
        |operator: &str, value: &str| serde_json::json!({ operator: { "kms:ViaService": value } });
    let alias = |value: &str| serde_json::json!({ "ForAnyValue:StringLike": { "kms:ResourceAliases": ["z", value] } });
    for (statement, allowed) in [
        (statement("SSM:getparam*", "*", Value::Null), true),
        (statement("ssm:GetParameter", "*", Value::Null), false),
        (
            statement("*", &parameter.replace("/b", "/*"), Value::Null),
            true,
        ),
        (
            statement("*", &parameter.replace("/a", "/A"), Value::Null),
            false,
        ),
        // A star does not pass a colon of an ARN.
        (
            statement("*", "arn:aws:ssm:*:parameter/a/b", Value::Null),
            false,
        ),
        (
            statement("*", "arn:*:ssm:*:*:parameter/?/b", Value::Null),
            true,
        ),
        (
            statement("*", "*", via("StringEquals", "ssm.us-east-1.amazonaws.com")),
            true,
        ),
        (statement("*", "*", via("StringEquals", "ssm.*")), false),
        (statement("*", "*", via("StringLike", "ssm.*")), true),
        (statement("*", "*", alias("alias/y")), true),
        (statement("*", "*", alias("alias/z")), false),
        (
            statement(
                "*",
                "*",
                serde_json::json!({ "StringLike": { "kms:Other": "*" } }),
            ),
            false,
        ),
    ] {
        assert_eq!(
            request.is_allowed(std::slice::from_ref(&statement)),
            allowed,
            "{statement}"
        );
    }
}
