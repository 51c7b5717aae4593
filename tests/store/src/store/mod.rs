//! The parameters, kept in memory and shared by every clone of a [`Store`].

pub(crate) mod names;
mod parameter;
mod put;
mod seed;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use crate::api::ApiError;
use crate::credstash::{self, Known, Tables};
use crate::objects::{self, Bucket};
use crate::secrets_manager::{self, Region, Vault};

pub(crate) use names::{Reference, Selector};
pub use parameter::{Kind, Tier};
pub(crate) use parameter::{Parameter, Version};
pub use put::PutParameter;
pub use seed::{Seed, SeedError};

/// A Parameter Store of one account in one region. Clones share their parameters.
#[derive(Clone, Debug, Default)]
pub struct Store(Arc<Mutex<State>>);

impl Store {
    /// An empty store of account 123456789012 in `us-east-1`.
    pub fn new() -> Self {
        Self::default()
    }

    /// A store with the parameters of a [`Seed`]; its faults and limits are left aside.
    pub fn from_json(json: &str) -> Result<Self, SeedError> {
        Seed::from_json(json).map(|seed| seed.store)
    }

    /// Writes a `SecureString`, or a new version of one, and returns the version's number.
    ///
    /// # Panics
    /// If the service would refuse the name or the value: a mistake in the test.
    #[track_caller]
    pub fn put(&self, name: &str, value: &str) -> i64 {
        self.put_kind(name, value, Kind::SecureString)
    }

    /// Writes a `String`, or a new version of one, and returns the version's number.
    ///
    /// # Panics
    /// As [`Store::put`].
    #[track_caller]
    pub fn put_string(&self, name: &str, value: &str) -> i64 {
        self.put_kind(name, value, Kind::String)
    }

    #[track_caller]
    fn put_kind(&self, name: &str, value: &str, kind: Kind) -> i64 {
        let mut put = PutParameter::new(name, value).kind(kind).overwrite();
        if value.len() > 4096 {
            put = put.tier(Tier::Advanced);
        }
        match self.put_parameter(put) {
            Ok(version) => version,
            Err(error) => panic!("cannot put `{name}`: {error}"),
        }
    }

    /// Does what the operation `PutParameter` does, and returns the version's number.
    pub fn put_parameter(&self, put: PutParameter) -> Result<i64, ApiError> {
        self.state().put(put).map(|(version, _)| version)
    }

    /// Writes a value **past every rule of the service**, whatever its size or content: for what
    /// an odd store, or another implementation of it, might return.
    pub fn plant(&self, name: &str, value: &str) {
        let mut state = self.state();
        let key = names::key(name);
        state.parameters.remove(&key);
        let arn = state.arn(&key);
        let parameter = Parameter::planted(name, arn, value);
        state.parameters.insert(key, parameter);
    }

    /// Gives a version a label.
    ///
    /// # Panics
    /// If there is no such parameter or version.
    #[track_caller]
    pub fn label(&self, name: &str, version: i64, label: &str) {
        let body = json!({ "Name": name, "ParameterVersion": version, "Labels": [label] });
        match self.answer("LabelParameterVersion", &body) {
            Ok(reply) if reply["InvalidLabels"] == json!([]) => {}
            Ok(_) => panic!("cannot label `{name}`: `{label}` is not a valid label"),
            Err(error) => panic!("cannot label `{name}`: {error}"),
        }
    }

    /// Deletes a parameter, and returns whether it existed.
    pub fn delete(&self, name: &str) -> bool {
        self.state().parameters.remove(&names::key(name)).is_some()
    }

    /// Adds a parameter of another account that is shared with this one, readable by its full ARN.
    pub fn share(&self, arn: &str, put: &PutParameter) -> Result<(), ApiError> {
        self.state().share(arn, put)
    }

    /// Writes a secret of Secrets Manager, or a new version of one; with `<name>:<stage>` or
    /// `<name>:<version>` for `id`, that version of one. It belongs to the region of the store. Where
    /// `id` is an ARN, it belongs to the region of that, and is shared with this account if it is of
    /// another. Parameter Store shows it as `/aws/reference/secretsmanager/<name>`.
    ///
    /// # Panics
    /// If no secret can have this name: a mistake in the test.
    #[track_caller]
    pub fn put_secret(&self, id: &str, value: &str) {
        self.plant_secret(id, &value.into());
    }

    /// Writes a secret in the form that a [`Seed`] has: a text, or an object that replaces what there
    /// is of the secret.
    ///
    /// # Panics
    /// If it is not in that form: a mistake in the test.
    #[track_caller]
    pub fn plant_secret(&self, id: &str, secret: &Value) {
        if let Err(error) = secrets_manager::plant(&mut self.state(), id, secret) {
            panic!("cannot plant the secret `{id}`: {error}");
        }
    }

    /// Writes a version of a secret of credstash: a text, or an object with its value and how it is stored:
    /// `table`, `region`, `kms-region`, `version`, `context`, `digest`, `comment`, `hmac`, `bytes` and
    /// `row`.
    ///
    /// # Panics
    /// If credstash has no such digest: a mistake in the test.
    pub fn plant_credstash(&self, name: &str, secret: &Value) {
        let secret = match secret {
            Value::String(value) => &json!({ "value": value }),
            secret => secret,
        };
        credstash::plant(&mut self.state().tables, name, secret);
    }

    /// The blob of a data key in Base64, as GenerateDataKey of KMS in a region would return it with this
    /// encryption context. Rules of faults know it by this name.
    pub fn data_key(region: &str, context: &Value, name: &str, key: &[u8]) -> String {
        credstash::blob(region, context, name, key)
    }

    /// The ARN of the key of a region.
    pub fn key(region: &str) -> String {
        credstash::arn(region)
    }

    /// Makes Decrypt return a data key for a blob that another KMS has made, with this encryption context,
    /// in the region of the ARN of its key.
    pub fn plant_data_key(&self, blob: &[u8], key_id: &str, context: &Value, key: &[u8]) {
        self.state().data_keys.push(Known {
            blob: blob.to_vec(),
            key_id: key_id.to_owned(),
            context: context.clone(),
            key: key.to_vec(),
        });
    }

    /// Makes a table of DynamoDB without rows, in a region.
    pub fn create_table(&self, region: &str, name: &str) {
        self.state().tables.create(region, name);
    }

    /// Does what an operation of Secrets Manager does in a region, such as
    /// `UpdateSecretVersionStage`, past all faults.
    pub fn secrets_manager(
        &self,
        region: &str,
        operation: &str,
        body: &Value,
    ) -> Result<Value, ApiError> {
        secrets_manager::answer(self, region, operation, body)
    }

    /// Deletes a secret of the store's region without recovery, and returns whether it existed.
    pub fn delete_secret(&self, name: &str) -> bool {
        let mut state = self.state();
        let home = state.region.clone();
        state.in_region(&home, |region| region.remove(name).is_ok())
    }

    /// Writes an object of S3, in a bucket that is created in the region of the store unless it exists,
    /// and returns its version, if the bucket keeps versions.
    pub fn put_object(&self, bucket: &str, key: &str, content: impl AsRef<[u8]>) -> Option<String> {
        objects::put(&mut self.state(), bucket, key, Some(content.as_ref()))
    }

    /// Deletes an object of S3, and returns the version of the marker that is left, if the bucket keeps
    /// versions.
    pub fn delete_object(&self, bucket: &str, key: &str) -> Option<String> {
        objects::put(&mut self.state(), bucket, key, None)
    }

    /// Creates a bucket of S3 that is empty, in this region.
    pub fn create_bucket(&self, bucket: &str, region: &str, is_versioned: bool) {
        let new = Bucket {
            region: region.to_owned(),
            is_versioned,
            ..Bucket::default()
        };
        self.state().buckets.insert(bucket.to_owned(), new);
    }

    /// Writes `count` parameters `PREFIX/name-00000`, … with values of 32 characters.
    pub fn generate(&self, prefix: &str, count: usize) {
        let mut state = self.state();
        for number in 0..count {
            let name = format!("{prefix}/name-{number:05}");
            let value = format!("value-{number:05}-abcdefghijklmnopqrst");
            let arn = state.arn(&name);
            let parameter = Parameter::planted(&name, arn, &value);
            state.parameters.insert(name, parameter);
        }
    }

    /// How many parameters this account has.
    pub fn len(&self) -> usize {
        self.state().parameters.len()
    }

    /// Whether this account has no parameter.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Every secret text in the store, old versions too: what a test for leaks looks for.
    pub fn values(&self) -> Vec<String> {
        let state = self.state();
        let objects = state.buckets.values().flat_map(|it| it.objects.values());
        let objects = objects.flatten().filter_map(|it| it.content.clone());
        let objects = objects.filter_map(|content| String::from_utf8(content).ok());
        let versions = state
            .parameters
            .values()
            .chain(state.shared.values())
            .flat_map(|parameter| &parameter.versions);
        versions
            .filter(|version| version.kind == Kind::SecureString)
            .map(|version| version.value.clone())
            .chain(state.secrets.values())
            .chain(state.tables.values())
            .chain(objects)
            .collect()
    }

    /// Does what an operation of Parameter Store does.
    fn answer(&self, operation: &str, body: &Value) -> Result<Value, ApiError> {
        let home = self.state().region.clone();
        crate::api::answer(self, &home, operation, body)
    }

    /// A panic while the lock is held is a failed test already: later tests go on.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a store contains.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) region: String,
    account: String,
    /// By key: see [`names::key`].
    pub(crate) parameters: BTreeMap<String, Parameter>,
    /// By ARN.
    pub(crate) shared: BTreeMap<String, Parameter>,
    /// Secrets Manager's.
    secrets: Vault,
    /// credstash's.
    pub(crate) tables: Tables,
    /// Data keys that Decrypt of KMS returns, beside those that it finds in their blobs.
    pub(crate) data_keys: Vec<Known>,
    /// Those of S3, by name.
    pub(crate) buckets: BTreeMap<String, Bucket>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            region: String::from("us-east-1"),
            account: String::from("123456789012"),
            parameters: BTreeMap::new(),
            shared: BTreeMap::new(),
            secrets: Vault::default(),
            tables: Tables::default(),
            data_keys: Vec::new(),
            buckets: BTreeMap::new(),
        }
    }
}

impl State {
    pub(crate) fn arn(&self, key: &str) -> String {
        format!(
            "arn:aws:ssm:{}:{}:parameter{key}",
            self.region, self.account
        )
    }

    pub(crate) fn find(&self, reference: &Reference) -> Option<&Parameter> {
        match &reference.arn {
            Some(arn) if *arn != self.arn(&reference.key) => self.shared.get(arn),
            _ => self.parameters.get(&reference.key),
        }
    }

    pub(crate) fn region(&self) -> &str {
        &self.region
    }

    /// Does something with the secrets of this account in a region.
    pub(crate) fn in_region<T>(
        &mut self,
        region: &str,
        act: impl FnOnce(&mut Region<'_>) -> T,
    ) -> T {
        act(&mut Region::new(&mut self.secrets, region, &self.account))
    }

    /// A secret of Secrets Manager, as `GetParameter` shows it: that of the region of the request or,
    /// since parameters are the same in each region, that of the store's.
    pub(crate) fn secret(
        &self,
        region: &str,
        name: &str,
        id: &str,
        decrypt: bool,
    ) -> Result<Value, ApiError> {
        let (id, selector) = match id.split_once(':') {
            Some((id, selector)) => (id, Some(selector)),
            None => (id, None),
        };
        let secret = [region, &self.region]
            .into_iter()
            .find_map(|region| self.secrets.named(region, id));
        let version = secret.filter(|it| it.is_readable()).and_then(|secret| {
            let selected = match selector {
                None => secret.select(None, None).ok(),
                Some(selector) => secret.version(selector).or_else(|| secret.staged(selector)),
            };
            Some((secret, selected?))
        });
        let (secret, version) = version.ok_or_else(|| {
            ApiError::new(
                "ParameterNotFound",
                format!("An error occurred (ParameterNotFound) when referencing Secrets Manager: Secret {name} not found."),
            )
        })?;
        if !decrypt {
            return Err(ApiError::validation(
                "WithDecryption flag must be True for retrieving a Secret Manager secret.",
            ));
        }
        let source = json!({
            "ARN": secret.arn,
            "name": secret.name,
            "versionId": version.id,
            "versionStages": version.stages,
        });
        let mut shown = json!({
            "Name": format!("{}{id}", names::SECRETS),
            "Type": "SecureString",
            "Value": version.content.as_text(),
            "Version": 0,
            "SourceResult": source.to_string(),
            "LastModifiedDate": version.created,
            "ARN": secret.arn,
            "DataType": "text",
        });
        if let Some(selector) = selector {
            shown["Selector"] = json!(format!(":{selector}"));
        }
        Ok(shown)
    }
}
