//! Amazon Resource Names: parsed and built.
#![forbid(unsafe_code)]

use crate::aws::region;

/// An ARN, `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE` (IAM User Guide, "Identify AWS resources
/// with Amazon Resource Names"). Some resources have no region, and some no account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arn<'a> {
    partition: &'a str,
    service: &'a str,
    region: &'a str,
    account: &'a str,
    resource: &'a str,
}

impl<'a> Arn<'a> {
    /// An ARN of any service.
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut fields = text.splitn(6, ':');
        let arn = fields.next()?;
        let parsed = Self::of_fields(fields)?;
        (arn == "arn").then_some(parsed)
    }

    /// The fields after the first.
    fn of_fields(mut fields: impl Iterator<Item = &'a str>) -> Option<Self> {
        Some(Self {
            partition: fields.next()?,
            service: fields.next()?,
            region: fields.next()?,
            account: fields.next()?,
            resource: fields.next()?,
        })
    }

    /// An ARN that was built here, whose fields may be expressions of a template language, such as
    /// `${AWS::Region}`. Those contain colons.
    pub fn of_template(text: &'a str) -> Option<Self> {
        let mut depth = 0_usize;
        let mut fields = text.splitn(6, |it| {
            match it {
                '{' => depth += 1,
                '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            it == ':' && depth == 0
        });
        let arn = fields.next()?;
        let parsed = Self::of_fields(fields)?;
        (arn == "arn").then_some(parsed)
    }

    /// An ARN of this service, whose resources have a region and an account.
    pub fn of(service: &str, text: &'a str) -> Option<Self> {
        let parsed = Self::parse(text).filter(|it| it.service == service)?;
        let fields = [parsed.partition, parsed.region, parsed.account];
        (!fields.contains(&"")).then_some(parsed)
    }

    /// An ARN of this service, whose resources have an account and no region.
    pub fn global(service: &str, text: &'a str) -> Option<Self> {
        Self::parse(text).filter(|it| it.service == service && it.region.is_empty())
    }

    pub fn partition(&self) -> &'a str {
        self.partition
    }

    pub fn service(&self) -> &'a str {
        self.service
    }

    pub fn region(&self) -> &'a str {
        self.region
    }

    /// The account, if the resource has one.
    pub fn account(&self) -> Option<&'a str> {
        Some(self.account).filter(|account| !account.is_empty())
    }

    pub fn resource(&self) -> &'a str {
        self.resource
    }

    /// Why its region, account and partition cannot be those of one resource, as the rest of a
    /// sentence that begins with the ARN, and what to try. The resource must have a region and an
    /// account.
    pub fn flaw(&self) -> Option<(String, String)> {
        let Self {
            partition: given,
            region,
            account,
            ..
        } = *self;
        let own = partition(region);
        if let Err(flaw) = region::check(region) {
            let what = format!("is of the region `{region}`, which {flaw}");
            Some((what, region::hint(region)))
        } else if given != own {
            Some((
                format!("is of the partition `{given}`, and `{region}` is in `{own}`"),
                format!("an ARN of that region begins with `arn:{own}:`"),
            ))
        } else if !is_account(account) {
            Some((
                format!("is of `{account}`, which is not an account"),
                "an account has twelve digits".to_owned(),
            ))
        } else {
            None
        }
    }
}

/// Whether a text has the form of an account.
pub fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a name is that of a public parameter. Those belong to AWS: their ARNs have no account, and
/// they are not encrypted (Systems Manager User Guide, "Working with public parameters").
pub fn is_public(name: &str) -> bool {
    let name = name.trim_start_matches('/');
    let rest = name.strip_prefix("aws/service");
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether a text is meant as an ARN, well formed or not.
pub fn is_meant(text: &str) -> bool {
    text.starts_with("arn:")
}

/// A principal without the part that is the same for the whole account: `user/alice` of
/// `arn:aws:iam::123456789012:user/alice`.
pub fn short(principal: &str) -> &str {
    Arn::parse(principal).map_or(principal, |arn| arn.resource)
}

/// The name of a secret from the identifier in its ARN, where Secrets Manager adds a dash and six
/// random characters.
pub fn secret_name(identifier: &str) -> &str {
    match identifier.rsplit_once('-') {
        Some((name, suffix)) if is_random(suffix) => name,
        _ => identifier,
    }
}

/// Whether `found` is the ARN of the secret that `requested` names: by its full ARN, or without the
/// dash and the six characters.
pub fn is_same_secret(requested: &str, found: &str) -> bool {
    let rest = found.strip_prefix(requested);
    rest.is_some_and(|rest| rest.is_empty() || rest.strip_prefix('-').is_some_and(is_random))
}

fn is_random(suffix: &str) -> bool {
    suffix.len() == 6 && suffix.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Where resources are, in the terms of their ARNs. Each field can be a pattern, or an expression
/// of a template language.
#[derive(Debug, Clone)]
pub struct Scope {
    pub partition: String,
    pub region: String,
    pub account: String,
    /// The domain of the partition's services.
    pub domain: String,
}

impl Scope {
    /// A region, in its partition.
    pub fn new(region: &str, account: &str) -> Self {
        let partition = partition(region);
        Self {
            partition: partition.to_owned(),
            region: region.to_owned(),
            account: account.to_owned(),
            domain: domain(partition).to_owned(),
        }
    }

    /// The same scope, in another account.
    #[must_use]
    pub fn of_account(&self, account: &str) -> Self {
        Self {
            account: account.to_owned(),
            ..self.clone()
        }
    }

    /// The scope of an ARN, if that is of another region, or this one.
    #[must_use]
    pub fn at(&self, arn: &str) -> Self {
        match Arn::of_template(arn).map(|arn| arn.region()) {
            Some(region) if !region.is_empty() && region != self.region => {
                Self::new(region, &self.account)
            }
            _ => self.clone(),
        }
    }

    fn arn(&self, service: &str, resource: &str) -> String {
        let Self {
            partition,
            region,
            account,
            ..
        } = self;
        format!("arn:{partition}:{service}:{region}:{account}:{resource}")
    }

    /// The ARN of a parameter by its name, or of all that a name with `*` matches. An ARN is kept.
    pub fn parameter(&self, name: &str) -> String {
        if is_meant(name) {
            return name.to_owned();
        }
        let resource = format!("parameter/{}", name.trim_start_matches('/'));
        match is_public(name) {
            true => self.of_account("").arn("ssm", &resource),
            false => self.arn("ssm", &resource),
        }
    }

    /// The ARNs of all parameters below a path.
    pub fn parameters_below(&self, path: &str) -> String {
        self.parameter(&format!("{}/*", path.trim_end_matches('/')))
    }

    /// The ARN of a secret by its name or its ARN, with a pattern for the characters that are added
    /// to the name, unless the ARN has them.
    pub fn secret(&self, name: &str) -> String {
        let arn = match is_meant(name) {
            true if secret_name(name) != name => return name.to_owned(),
            true => name.to_owned(),
            false => self.arn("secretsmanager", &format!("secret:{name}")),
        };
        format!("{arn}-??????")
    }

    /// The ARNs of all secrets whose names match a pattern. One that ends with `*` matches the
    /// characters that are added to the names too.
    pub fn secrets(&self, pattern: &str) -> String {
        match pattern.ends_with('*') {
            true => self.arn("secretsmanager", &format!("secret:{pattern}")),
            false => self.secret(pattern),
        }
    }

    /// The ARN of an object by its bucket and key. What would be a pattern or a variable in a policy is
    /// replaced by the pattern of one character.
    pub fn object(&self, bucket: &str, key: &str) -> String {
        let key = key.replace(['*', '?', '$'], "?");
        format!("{}/{key}", self.bucket(bucket))
    }

    /// The ARN of a bucket, which has no region and no account.
    pub fn bucket(&self, bucket: &str) -> String {
        format!("arn:{}:s3:::{bucket}", self.partition)
    }

    /// The ARN of a key by its id; `*` for all keys of the account.
    pub fn key(&self, id: &str) -> String {
        self.arn("kms", &format!("key/{id}"))
    }

    /// The ARN of a table of DynamoDB.
    pub fn table(&self, name: &str) -> String {
        self.arn("dynamodb", &format!("table/{name}"))
    }

    /// A service by its name in the condition `kms:ViaService`.
    pub fn service(&self, name: &str) -> String {
        format!("{name}.{}.{}", self.region, self.domain)
    }
}

/// The partition of a region.
pub fn partition(region: &str) -> &'static str {
    for (prefix, partition) in [
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("us-iso-", "aws-iso"),
        ("us-isob-", "aws-iso-b"),
        ("eu-isoe-", "aws-iso-e"),
        ("us-isof-", "aws-iso-f"),
        ("eusc-", "aws-eusc"),
    ] {
        if region.starts_with(prefix) {
            return partition;
        }
    }
    "aws"
}

/// The end of the names of hosts in a partition.
pub fn suffix(partition: &str) -> &'static str {
    match partition {
        "aws-cn" => "amazonaws.com.cn",
        "aws-iso" => "c2s.ic.gov",
        "aws-iso-b" => "sc2s.sgov.gov",
        "aws-iso-e" => "cloud.adc-e.uk",
        "aws-iso-f" => "csp.hci.ic.gov",
        "aws-eusc" => "amazonaws.eu",
        _ => "amazonaws.com",
    }
}

/// The domain of a partition in `kms:ViaService`: a pattern unless it is the usual one.
pub fn domain(partition: &str) -> &'static str {
    match partition {
        "aws" | "aws-us-gov" => "amazonaws.com",
        _ => "*",
    }
}

#[cfg(test)]
mod tests;
