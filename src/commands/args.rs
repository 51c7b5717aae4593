//! The values that several commands take, each parsed in one place, and the arguments that they
//! share. A value that has one of these types is well formed.

use std::fmt;
use std::ops::Deref;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{ArgAction, Args, ValueEnum};

use crate::aws::arn::{self, Arn};
use crate::launch::error::{self, Errors, Problems};
use crate::launch::{self, values};
use crate::options::flags::ColorFlag;
use crate::options::{UsageError, variables};
use crate::output;
use crate::parameter::{ParameterType, Tier};
use crate::stores::parameter_store::Selector;
use crate::stores::parameter_store::manage::Store;
use crate::stores::parameter_store::names;
use crate::stores::parameter_store::put::{MOST_TAGS, TAGS_OF_AWS};
use crate::stores::{Caller, Given, role};
use crate::system::signals;

/// Region, credentials and timeout of the requests to AWS: the same for all commands.
#[derive(Debug, Clone, Args)]
pub struct Connection {
    /// The region, instead of ENVSECRETS_REGION, AWS_REGION or that of the profile
    #[arg(long, value_name = "REGION", help_heading = "AWS")]
    region: Option<String>,

    /// The profile, instead of ENVSECRETS_PROFILE or AWS_PROFILE
    #[arg(long, value_name = "PROFILE", help_heading = "AWS")]
    profile: Option<String>,

    /// The role to assume first, instead of ENVSECRETS_ROLE
    #[arg(long, value_name = "ARN", help_heading = "AWS")]
    role: Option<String>,

    /// The external id that the trust policy requires
    #[arg(long, value_name = "ID", help_heading = "AWS")]
    external_id: Option<String>,

    /// Give up on a request after this time, such as 30s; 0 for never [default: 2m]
    #[arg(long, value_name = "DURATION", help_heading = "AWS")]
    timeout: Option<String>,

    /// Print region, endpoint and principal to stderr; never a value
    #[arg(long, short, help_heading = "Other")]
    verbose: bool,

    #[command(flatten)]
    help: Help,
}

/// The help, which is rendered beforehand, and its colours.
#[derive(Debug, Clone, Args)]
pub struct Help {
    #[command(flatten)]
    color: ColorFlag,
    /// Print help: `-h` in short, `--help` with examples
    #[arg(long, short, action = ArgAction::Help, help_heading = "Other")]
    help: Option<bool>,
}

/// Region, profile and role of the second path, if different from those of the first.
#[derive(Debug, Clone, Args)]
pub struct Destination {
    /// The region of B, if it differs
    #[arg(long, value_name = "REGION", help_heading = "AWS")]
    to_region: Option<String>,

    /// The profile for B, if it differs
    #[arg(long, value_name = "PROFILE", help_heading = "AWS")]
    to_profile: Option<String>,

    /// The role to assume for B
    ///
    /// `--role` is for A, and for B as well unless `--to-profile` or this is given.
    #[arg(long, value_name = "ARN", help_heading = "AWS")]
    to_role: Option<String>,
}

impl Destination {
    /// Whether region, profile or role differ.
    pub fn is_given(&self) -> bool {
        self.to_region.is_some() || self.to_profile.is_some() || self.to_role.is_some()
    }

    /// The settings for requests there.
    pub fn caller(&self, connection: &Connection) -> Result<Caller, UsageError> {
        let given = |flag, text: &Option<String>| -> Result<_, UsageError> {
            not_empty(flag, text.as_deref())?;
            Ok(text.as_ref().map(|text| Given::new(text, flag)))
        };
        let caller = connection.caller()?;
        let (region, profile) = (
            given("--to-region", &self.to_region)?,
            given("--to-profile", &self.to_profile)?,
        );
        let role = match self.to_role.as_deref() {
            Some(arn) => Some(values::wrong_role("--to-role", arn, role::role(arn))?),
            None if profile.is_some() => None,
            None => caller.role,
        };
        Ok(Caller {
            region: region.or(caller.region),
            profile: profile.or(caller.profile),
            role,
            ..caller
        })
    }
}

impl Connection {
    /// The settings for the requests.
    pub fn caller(&self) -> Result<Caller, UsageError> {
        let or_variable = |given: &Option<String>, name: &str| {
            let variable = || std::env::var(format!("{}{name}", variables::PREFIX)).ok();
            let given = given.clone();
            given.or_else(|| variable().filter(|value| !value.is_empty()))
        };
        let region = or_variable(&self.region, "REGION");
        let profile = or_variable(&self.profile, "PROFILE");
        not_empty("--region", region.as_deref())?;
        not_empty("--profile", profile.as_deref())?;
        let role = or_variable(&self.role, "ROLE");
        let external_id = or_variable(&self.external_id, "EXTERNAL_ID");
        Ok(Caller {
            region: region.map(|text| Given::new(text, "--region")),
            profile: profile.map(|text| Given::new(text, "--profile")),
            role: values::role(role.as_deref(), external_id.as_deref())?,
            region_of_arns: None,
            timeout: values::timeout(or_variable(&self.timeout, "TIMEOUT").as_deref())?,
        })
    }

    fn prepare(&self) {
        if self.verbose {
            output::be_verbose();
        }
        signals::stand_ready();
    }

    /// The settings for requests that follow. From here on the process holds secrets.
    pub fn start(&self) -> Result<Caller, UsageError> {
        let caller = self.caller()?;
        self.prepare();
        Ok(caller)
    }

    /// Opens Parameter Store. From here on the process holds secrets.
    pub fn open(&self) -> Result<Store, Errors> {
        self.open_as(&self.caller()?)
    }

    /// The same, as another caller.
    pub fn open_as(&self, caller: &Caller) -> Result<Store, Errors> {
        self.prepare();
        let store = Store::open(caller).map_err(error::several)?;
        let (place, principal) = (store.place(), store.principal());
        output::detail(format_args!("requesting from {place} as {principal}"));
        Ok(store)
    }
}

/// Refuses an option that was given an empty text, most often because a variable was not set.
pub fn not_empty(flag: &str, text: Option<&str>) -> Result<(), UsageError> {
    match text {
        Some("") => Err(UsageError::new(
            format!("`{flag}` is empty"),
            "give it a value, or leave it out",
        )),
        _ => Ok(()),
    }
}

/// The attributes of a parameter that is written.
#[derive(Debug, Args)]
pub struct Attributes {
    /// The type [default: SecureString]
    ///
    /// Without it an existing parameter keeps its type, and a type in a file is used.
    #[arg(long = "type", value_name = "TYPE", value_parser = parameter_type())]
    #[arg(ignore_case = true, help_heading = "Attributes")]
    pub kind: Option<ParameterType>,

    /// The KMS key that encrypts the parameter: id, alias or ARN [default: alias/aws/ssm]
    #[arg(long, value_name = "KEY", help_heading = "Attributes")]
    key_id: Option<String>,

    /// The tier [default: intelligent]
    ///
    /// A standard parameter has up to 4096 bytes. An advanced one is charged for, has up to 8192
    /// bytes, and can have policies. `intelligent` uses the advanced tier only where it is needed,
    /// and reports it.
    #[arg(long, value_name = "TIER", value_parser = tier(), ignore_case = true)]
    #[arg(help_heading = "Attributes")]
    pub tier: Option<Tier>,

    /// A tag; may be repeated
    #[arg(long = "tag", value_name = "KEY=VALUE")]
    #[arg(help_heading = "Attributes")]
    tags: Vec<String>,
}

impl Attributes {
    /// The KMS key.
    pub fn key_id(&self) -> Result<Option<Key>, UsageError> {
        let key = self.key_id.as_deref().map(Key::parse).transpose()?;
        match &self.kind {
            Some(kind) if key.is_some() && !kind.is_encrypted() => Err(no_key(kind)),
            _ => Ok(key),
        }
    }

    /// The tags.
    pub fn tags(&self) -> Result<Tags, Errors> {
        Tags::parse(&self.tags)
    }
}

/// The error for a key with a type that is not encrypted.
pub fn no_key(kind: &ParameterType) -> UsageError {
    UsageError::new(
        format!("a {kind} is not encrypted with a key"),
        "leave out `--key-id`, or use `--type SecureString`",
    )
}

/// Reads the type of a parameter, whatever the case of its letters.
pub fn parameter_type() -> impl TypedValueParser<Value = ParameterType> {
    const TYPES: [&str; 3] = ["SecureString", "String", "StringList"];
    PossibleValuesParser::new(TYPES).map(|text| {
        let mut known = TYPES.into_iter();
        let known = known.find(|known| known.eq_ignore_ascii_case(&text));
        known.unwrap_or(&text).into()
    })
}

fn tier() -> impl TypedValueParser<Value = Tier> {
    let intelligent = PossibleValue::new("intelligent").alias("intelligent-tiering");
    let values = [
        PossibleValue::new("standard"),
        PossibleValue::new("advanced"),
        intelligent,
    ];
    PossibleValuesParser::new(values).map(|text| match text.to_ascii_lowercase().as_str() {
        "standard" => Tier::Standard,
        "advanced" => Tier::Advanced,
        _ => Tier::Intelligent,
    })
}

/// Conditions for writing a new version.
#[derive(Debug, Args)]
pub struct Condition {
    /// Write only if this is the newest version
    #[arg(long, value_name = "VERSION", value_parser = version)]
    #[arg(help_heading = "When to write")]
    pub if_version: Option<i64>,

    /// Print what would be written, and write nothing
    #[arg(long, help_heading = "When to write")]
    pub dry_run: bool,

    /// Refuse to write what a launch of the path could not use, instead of a warning
    ///
    /// The path is the part of the name before the last `/`. A launch of it fails if two parameters
    /// become the same variable, such as `db` and `DB`, if a name is not that of a variable, such as
    /// `2fa`, or is refused, such as `LD_PRELOAD`, or if a value is refused under its name.
    #[arg(long, help_heading = "When to write")]
    pub strict: bool,
}

/// The number of a version.
pub fn version(text: &str) -> Result<i64, &'static str> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number.ok_or("a version is a number, from 1 on")
}

/// An output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Table,
    Json,
}

/// The output format of commands that print a table or JSON.
#[derive(Debug, Args)]
pub struct Printing {
    /// Print a table for people, or JSON for programs
    ///
    /// schemas/COMMAND.schema.json among the documentation files describes it.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Table, help_heading = "What to print")]
    pub format: Format,
}

/// The file to write, or `None` for standard output: if no file is given, or `-`.
pub fn output_file(file: Option<PathBuf>) -> Option<PathBuf> {
    file.filter(|file| file.as_os_str() != "-")
}

/// The name of one parameter, with a version or label if `text` has one.
pub fn selector(text: &str) -> Result<Selector, UsageError> {
    Selector::parse(text).map_err(|why| {
        let hint = names::instead_of(text).unwrap_or_else(|| {
            "a parameter looks like `/prd/app/db-password`, with `:VERSION` or `:LABEL` where \
             those are allowed"
                .to_owned()
        });
        UsageError::new(format!("`{text}` {why}"), hint)
    })
}

/// Lets a type be read as its contents.
macro_rules! read_as {
    ($($name:ident: $target:ty),+) => {$(
        impl Deref for $name {
            type Target = $target;

            fn deref(&self) -> &$target {
                &self.0
            }
        }
    )+};
}

/// Shows a type in a message as its contents.
macro_rules! shown {
    ($($name:ident),+) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

shown!(Name, Path);
read_as!(Name: str, Path: str, Labels: [String], Tags: [(String, String)]);

/// The name of a parameter to change: without a version, and in this account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(String);

impl Name {
    pub fn parse(text: &str) -> Result<Self, UsageError> {
        if text.contains("://") {
            return Err(UsageError::new(
                "a URI is given, and only the name of a parameter can be changed",
                "a parameter looks like `/prd/app/db-password`; other stores are only read",
            ));
        }
        let why = if arn::is_meant(text) {
            "is an ARN, and only a name can be changed"
        } else if text.contains(':') {
            "has a version or label, and versions cannot be changed"
        } else {
            selector(text)?;
            if text.ends_with('/') {
                "ends with `/`, as a path does"
            } else if text.contains('/') && !text.starts_with('/') {
                "has levels, and does not begin with `/`"
            } else {
                return Ok(Self(text.to_owned()));
            }
        };
        Err(UsageError::new(
            format!("`{text}` {why}"),
            "a parameter looks like `/prd/app/db-password`",
        ))
    }

    /// A name that the service lets its caller create or change, except for its length, which depends
    /// on the region.
    ///
    /// # Errors
    ///
    /// All that is wrong with it.
    pub fn writable(text: &str) -> Result<Self, Errors> {
        let name = Self::parse(text)?;
        let mut problems = Problems::default();
        for why in names::unwritable(text) {
            problems.add(UsageError::new(
                format!("`{text}` {why}"),
                "a parameter looks like `/prd/app/db-password`",
            ));
        }
        problems.none().map(|()| name)
    }
}

/// A path, in the one form in which paths are compared and sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path(String);

impl Path {
    /// All parameters of the account and region.
    pub fn root() -> Self {
        Self("/".to_owned())
    }

    pub fn parse(text: &str) -> Result<Self, UsageError> {
        launch::path("", text).map(Self)
    }

    /// The parameter of a relative name below it.
    pub fn join(&self, relative: &str) -> String {
        format!("{}/{relative}", self.0.trim_end_matches('/'))
    }

    pub fn into_string(self) -> String {
        self.0
    }
}

/// A duration before or after now; `flag` has no default.
pub fn age(flag: &'static str, text: Option<&str>) -> Result<Option<Duration>, UsageError> {
    text.map(|text| values::duration(flag, text, "`90d` is 90 days"))
        .transpose()
}

/// Labels of a version, each once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels(Vec<String>);

impl Labels {
    /// # Errors
    ///
    /// All that is wrong with them.
    pub fn parse(texts: &[String]) -> Result<Self, Errors> {
        let mut problems = Problems::default();
        for (index, text) in texts.iter().enumerate() {
            let lower = text.to_ascii_lowercase();
            let why = if text.is_empty() || text.len() > names::LONGEST_LABEL {
                "has less than 1 or more than 100 characters"
            } else if text.starts_with(|it: char| it.is_ascii_digit()) {
                "begins with a digit, as versions do"
            } else if lower.starts_with("aws") || lower.starts_with("ssm") {
                "begins with `aws` or `ssm`, which are reserved for AWS"
            } else if !text.chars().all(names::in_label) {
                "contains a character other than letters, digits, `_`, `.` and `-`"
            } else if texts[..index].contains(text) {
                let what = format!("the label `{text}` is given twice");
                problems.add(UsageError::new(what, "give each label once"));
                continue;
            } else {
                continue;
            };
            problems.add(UsageError::new(
                format!("the label `{text}` {why}"),
                "a label looks like `live` or `v2026-11`",
            ));
        }
        problems.none().map(|()| Self(texts.to_vec()))
    }
}

/// Tags, each key once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tags(Vec<(String, String)>);

impl Tags {
    /// Parses tags from the command line (AddTagsToResource, `Tag`).
    ///
    /// # Errors
    ///
    /// All that is wrong with them.
    pub fn parse(texts: &[String]) -> Result<Self, Errors> {
        let mut problems = Problems::default();
        let mut tags: Vec<(String, String)> = Vec::new();
        for text in texts {
            let Some((key, value)) = text.split_once('=') else {
                problems.add(no_tag(text, "names no value"));
                continue;
            };
            problems.take(tag_key(key));
            if value.chars().count() > 256 {
                let why = "has a value of more than 256 characters";
                problems.add(no_tag(key, why));
            }
            if !value.chars().all(is_of_tags) {
                let why = format!("has a value with {FOREIGN_TO_TAGS}");
                problems.add(no_tag(key, &why));
            }
            if tags.iter().any(|(other, _)| other == key) {
                problems.add(no_tag(key, "is given twice"));
            }
            tags.push((key.to_owned(), value.to_owned()));
        }
        if tags.len() > MOST_TAGS {
            problems.add(UsageError::new(
                format!("{} tags are given", tags.len()),
                format!("a parameter has at most {MOST_TAGS} tags"),
            ));
        }
        problems.none().map(|()| Self(tags))
    }
}

const FOREIGN_TO_TAGS: &str =
    "a character other than letters, digits, spaces and `_`, `.`, `:`, `/`, `=`, `+`, `-`, `@`";

/// Whether keys and values of tags can contain it (AddTagsToResource, `Tag`).
fn is_of_tags(character: char) -> bool {
    character.is_alphanumeric()
        || (character.is_whitespace() && !character.is_control())
        || "_.:/=+-@".contains(character)
}

/// Checks the key of a tag that is to be set or removed.
///
/// # Errors
///
/// All that is wrong with it.
pub fn tag_key(key: &str) -> Result<(), Errors> {
    let mut problems = Problems::default();
    let mut refuse = |why: &str| problems.add(no_tag(key, why));
    if key.is_empty() || key.chars().count() > 128 {
        refuse("has a key of less than 1 or more than 128 characters");
    }
    if key.to_lowercase().starts_with(TAGS_OF_AWS) {
        refuse("begins with `aws:`, which is reserved for AWS");
    }
    if !key.chars().all(is_of_tags) {
        refuse(&format!("has a key with {FOREIGN_TO_TAGS}"));
    }
    problems.none()
}

/// The error for an invalid tag.
pub fn no_tag(text: &str, why: &str) -> UsageError {
    UsageError::new(
        format!("the tag `{text}` {why}"),
        "a tag looks like `team=web`",
    )
}

/// A KMS key, by id, alias or ARN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key(String);

/// How a key is named, apart from its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyName<'k> {
    Id(&'k str),
    /// With `alias/` before it.
    Alias(&'k str),
}

impl<'k> KeyName<'k> {
    /// The forms of AWS KMS (Developer Guide, "Key identifiers"; CreateAlias, `AliasName`).
    fn parse(text: &'k str) -> Option<Self> {
        /// With `alias/`.
        const LONGEST_ALIAS: usize = 256;
        if let Some(alias) = text.strip_prefix("alias/") {
            let known = |it: char| it.is_ascii_alphanumeric() || "/_-".contains(it);
            let is_alias = !alias.is_empty() && alias.chars().all(known);
            return (is_alias && text.len() <= LONGEST_ALIAS).then_some(Self::Alias(text));
        }
        // IAM compares them letter by letter, and those of KMS are small.
        let digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let is_hexadecimal = |text: &str| text.bytes().all(digit);
        let is_id = match text.strip_prefix("mrk-") {
            Some(rest) => rest.len() == 32 && is_hexadecimal(rest),
            None => {
                let parts = text.split('-');
                let lengths = parts.clone().map(str::len).eq([8, 4, 4, 4, 12]);
                lengths && parts.clone().all(is_hexadecimal)
            }
        };
        is_id.then_some(Self::Id(text))
    }

    /// Whether it is a multi-Region key, which has one id in all its regions.
    pub fn is_multi_region(self) -> bool {
        matches!(self, Self::Id(id) if id.starts_with("mrk-"))
    }
}

impl Key {
    pub fn parse(text: &str) -> Result<Self, UsageError> {
        let name = match arn::is_meant(text) {
            true => Arn::of("kms", text).and_then(|arn| {
                let resource = arn.resource();
                let name = KeyName::parse(resource.strip_prefix("key/").unwrap_or(resource))?;
                // An id follows `key/`, and an alias does not.
                let is_id = matches!(name, KeyName::Id(_));
                (is_id == resource.starts_with("key/")).then_some(name)
            }),
            false => KeyName::parse(text),
        };
        if name.is_some() {
            return Ok(Self(text.to_owned()));
        }
        let mut hint = "use the ARN, the id or the alias of a key, such as alias/app".to_owned();
        let alias = format!("alias/{text}");
        if !text.contains('/') && KeyName::parse(&alias).is_some() {
            hint.push_str(&format!("; did you mean `{alias}`?"));
        }
        let small = text.to_ascii_lowercase();
        if small != text && KeyName::parse(&small).is_some() {
            hint = format!("did you mean `{small}`? the ids of keys have small letters");
        }
        let what = format!("`--key-id {text}` names no key");
        Err(UsageError::new(what, hint))
    }

    /// Its ARN, if it is given by that.
    pub fn arn(&self) -> Option<Arn<'_>> {
        Arn::parse(&self.0)
    }

    /// Its id or alias.
    pub fn name(&self) -> KeyName<'_> {
        let name = self.arn().map_or(self.0.as_str(), |arn| arn.resource());
        match name.starts_with("alias/") {
            true => KeyName::Alias(name),
            false => KeyName::Id(name.strip_prefix("key/").unwrap_or(name)),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn into_string(self) -> String {
        self.0
    }
}
