//! The secrets of every region, and how a request finds one.

use std::collections::BTreeMap;

use super::error::{not_found, not_shared};
use super::id::Id;
use super::secret::{Content, Secret, Version};
use crate::api::ApiError;
use crate::server::clock;

/// All secrets.
#[derive(Debug, Default)]
pub(crate) struct Vault {
    /// By region and name.
    regions: BTreeMap<String, BTreeMap<String, Secret>>,
    /// Those of other accounts, by ARN.
    shared: BTreeMap<String, Secret>,
    /// How many secrets and versions were made so far.
    made: u64,
    /// How many secrets have had a name, by region and name.
    namesakes: BTreeMap<(String, String), usize>,
}

impl Vault {
    /// Each form in which each value could be found in an output; old versions too.
    pub(crate) fn values(&self) -> impl Iterator<Item = String> {
        let own = self.regions.values().flat_map(BTreeMap::values);
        own.chain(self.shared.values())
            .flat_map(|secret| &secret.versions)
            .flat_map(|version| version.content.texts())
    }

    /// A secret of this account, by its name.
    pub(crate) fn named(&self, region: &str, name: &str) -> Option<&Secret> {
        self.regions.get(region)?.get(name)
    }

    /// A number that no secret and no version has.
    fn number(&mut self) -> u64 {
        self.made += 1;
        self.made
    }
}

/// The vault as a request in one region sees it.
pub(crate) struct Region<'a> {
    pub(super) vault: &'a mut Vault,
    pub(super) name: &'a str,
    pub(super) account: &'a str,
}

impl<'a> Region<'a> {
    pub(crate) fn new(vault: &'a mut Vault, name: &'a str, account: &'a str) -> Self {
        Self {
            vault,
            name,
            account,
        }
    }

    /// The secrets of this account in this region, by name.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &Secret> {
        let region = self.vault.regions.get(self.name);
        region.into_iter().flat_map(BTreeMap::values)
    }

    pub(super) fn named(&self, name: &str) -> Option<&Secret> {
        self.vault.named(self.name, name)
    }

    /// The secret that a request means, of this account or of another.
    pub(super) fn find(&self, id: &str) -> Result<&Secret, ApiError> {
        if let Id::Arn(arn) = Id::parse(id)?
            && arn.account != self.account
        {
            let complete = arn.name().1 && arn.region == self.name;
            let secret = self.vault.shared.get(id).filter(|_| complete);
            let missing = || {
                if complete {
                    not_shared(id)
                } else {
                    not_found()
                }
            };
            return secret.ok_or_else(missing);
        }
        let name = self.own_name(id)?;
        self.named(&name).ok_or_else(not_found)
    }

    /// The secret of this account that a request means, to change it.
    pub(super) fn find_mut(&mut self, id: &str) -> Result<&mut Secret, ApiError> {
        let name = self.own_name(id)?;
        let region = self.vault.regions.get_mut(self.name);
        region
            .and_then(|region| region.get_mut(&name))
            .ok_or_else(not_found)
    }

    /// Makes a secret without a value.
    pub(super) fn create(&mut self, name: &str) -> &mut Secret {
        let number = self.vault.number();
        let key = (self.name.to_owned(), name.to_owned());
        let namesakes = self.vault.namesakes.entry(key).or_default();
        *namesakes += 1;
        let arn = format!(
            "arn:aws:secretsmanager:{}:{}:secret:{name}-{}",
            self.name,
            self.account,
            suffix(*namesakes)
        );
        let secret = blank(name, arn, number);
        let region = self.vault.regions.entry(self.name.to_owned()).or_default();
        region.insert(name.to_owned(), secret);
        region
            .get_mut(name)
            .expect("the secret has been put there just now")
    }

    /// A secret of this account, made without a value if there is no such secret.
    pub(super) fn named_or_new(&mut self, name: &str) -> &mut Secret {
        if self.named(name).is_none() {
            return self.create(name);
        }
        let region = self.vault.regions.get_mut(self.name);
        region
            .and_then(|region| region.get_mut(name))
            .expect("the secret has been found just now")
    }

    /// A secret of another account that is shared with this one, made if there is no such secret.
    pub(super) fn shared(&mut self, name: &str, arn: &str) -> &mut Secret {
        let number = self.vault.number();
        self.vault
            .shared
            .entry(arn.to_owned())
            .or_insert_with(|| blank(name, arn.to_owned(), number))
    }

    pub(crate) fn remove(&mut self, id: &str) -> Result<Secret, ApiError> {
        let name = self.own_name(id)?;
        let region = self.vault.regions.get_mut(self.name);
        region
            .and_then(|region| region.remove(&name))
            .ok_or_else(not_found)
    }

    /// A version with an id of its own, or with this one.
    pub(super) fn version(
        &mut self,
        id: Option<&str>,
        content: Content,
        stages: Vec<String>,
    ) -> Version {
        let number = self.vault.number();
        Version {
            id: match id {
                Some(id) => id.to_owned(),
                None => made_up(number),
            },
            stages,
            content,
            created: clock::seconds(),
        }
    }

    /// The name of an own secret by what a request has for it; an ARN must be of this region and,
    /// if it is complete, of this very secret and not of one that had its name before.
    fn own_name(&self, id: &str) -> Result<String, ApiError> {
        let arn = match Id::parse(id)? {
            Id::Name(name) => return Ok(name.to_owned()),
            Id::Arn(arn) => arn,
        };
        let (name, complete) = arn.name();
        let is_here = arn.region == self.name && arn.account == self.account;
        let is_it = |secret: &&Secret| !complete || secret.arn == arn.text;
        let secret = self.named(name).filter(|_| is_here).filter(is_it);
        secret
            .map(|secret| secret.name.clone())
            .ok_or_else(not_found)
    }
}

fn blank(name: &str, arn: String, number: u64) -> Secret {
    let now = clock::seconds();
    Secret {
        name: name.to_owned(),
        arn,
        number,
        description: None,
        kms_key_id: None,
        tags: BTreeMap::new(),
        created: now,
        changed: now,
        deleted: None,
        versions: Vec::new(),
    }
}

/// The id of a version: already its first eight digits are its own, as of a random one.
fn made_up(number: u64) -> String {
    // Of Knuth's multiplicative hash: odd, so that no two numbers have the same product.
    let digits = (number as u32).wrapping_mul(0x9e37_79b1);
    format!("{digits:08x}-5ec2-4000-8000-{number:012x}")
}

/// The six characters of an ARN: `AbCdEf` for the first secret of a name, others for those that are
/// made after it.
fn suffix(number: usize) -> String {
    let letter = |at: usize| {
        let letter = char::from(b'A' + ((at + number - 1) % 26) as u8);
        if at % 2 == 1 {
            letter.to_ascii_lowercase()
        } else {
            letter
        }
    };
    (0..6).map(letter).collect()
}
