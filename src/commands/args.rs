//! The values that several commands take, each parsed in one place, and the arguments that they
//! share. A value that has one of these types is well formed.

use std::fmt;
use std::ops::Deref;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{ArgAction, Args, ValueEnum};

use crate::aws::arn::{self, Arn, Scope};
use crate::launch::error::{self, Errors};
use crate::launch::{self, values};
use crate::options::{UsageError, variables};
use crate::output;
use crate::parameter::{ParameterType, Tier};
use crate::stores::Caller;
use crate::stores::parameter_store::Selector;
use crate::stores::parameter_store::manage::Store;
use crate::system::{process, signals};

/// Who calls AWS, and in which region: the same for all commands.
#[derive(Debug, Clone, Args)]
pub struct Connection {
    /// The region, instead of ENVSECRETS_REGION, AWS_REGION or that of the profile
    #[arg(long, value_name = "REGION", help_heading = "AWS")]
    region: Option<String>,

    /// The profile, instead of ENVSECRETS_PROFILE or AWS_PROFILE
    #[arg(long, value_name = "PROFILE", help_heading = "AWS")]
    profile: Option<String>,

    /// Give up on one thing after this time, such as 30s; 0 for never [default: 2m]
    #[arg(long, value_name = "DURATION", help_heading = "AWS")]
    timeout: Option<String>,

    /// Say on stderr who is asked as whom; never a value
    #[arg(long, short, help_heading = "Other")]
    verbose: bool,

    #[command(flatten)]
    help: Help,
}

/// The help, which is rendered beforehand.
#[derive(Debug, Clone, Args)]
pub struct Help {
    /// Print this: `-h` in short, `--help` with examples
    #[arg(long, short, action = ArgAction::Help, help_heading = "Other")]
    help: Option<bool>,
}

/// Where the second of two paths is, where that is not where the first is.
#[derive(Debug, Clone, Args)]
pub struct Destination {
    /// The region of B, if that is another one
    #[arg(long, value_name = "REGION", help_heading = "AWS")]
    to_region: Option<String>,

    /// The profile for B, if that is another one
    #[arg(long, value_name = "PROFILE", help_heading = "AWS")]
    to_profile: Option<String>,
}

impl Destination {
    /// Whether it is another place at all.
    pub fn is_given(&self) -> bool {
        self.to_region.is_some() || self.to_profile.is_some()
    }

    /// Opens Parameter Store there, if that is another place.
    pub fn open(&self, connection: &Connection) -> Result<Option<Store>, Errors> {
        if !self.is_given() {
            return Ok(None);
        }
        let own = |own: &Option<String>, other: &Option<String>| own.clone().or(other.clone());
        let connection = Connection {
            region: own(&self.to_region, &connection.region),
            profile: own(&self.to_profile, &connection.profile),
            ..connection.clone()
        };
        connection.open().map(Some)
    }
}

impl Connection {
    /// Who makes the requests.
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
        Ok(Caller {
            region,
            profile,
            timeout: values::timeout(or_variable(&self.timeout, "TIMEOUT").as_deref())?,
        })
    }

    /// Opens Parameter Store. From here on we hold secrets.
    pub fn open(&self) -> Result<Store, Errors> {
        let caller = self.caller()?;
        if self.verbose {
            output::be_verbose();
        }
        process::guard();
        signals::stand_ready();
        let store = Store::open(&caller).map_err(error::several)?;
        let (place, principal) = (store.place(), store.principal());
        output::detail(format_args!("asking {place} as {principal}"));
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

/// What a parameter has beside its value, wherever values are written.
#[derive(Debug, Args)]
pub struct Attributes {
    /// The type [default: SecureString]
    ///
    /// Without it a parameter that exists keeps its type, and a file that names a type is followed.
    #[arg(
        long = "type",
        value_name = "TYPE",
        value_parser = parameter_type(),
        ignore_case = true,
        help_heading = "What goes with it"
    )]
    pub kind: Option<ParameterType>,

    /// The KMS key that encrypts it: an id, an alias or an ARN [default: alias/aws/ssm]
    #[arg(long, value_name = "KEY", help_heading = "What goes with it")]
    key_id: Option<String>,

    /// What it may cost [default: intelligent]
    ///
    /// Standard ones hold 4096 bytes. Advanced ones are charged for, and hold 8192 bytes, and policies.
    /// Intelligent ones become advanced when they have to, and then you are told.
    #[arg(
        long,
        value_name = "TIER",
        value_parser = tier(),
        ignore_case = true,
        help_heading = "What goes with it"
    )]
    pub tier: Option<Tier>,

    /// A tag; any number
    #[arg(
        long = "tag",
        value_name = "KEY=VALUE",
        help_heading = "What goes with it"
    )]
    tags: Vec<String>,
}

impl Attributes {
    /// The key that encrypts.
    pub fn key_id(&self) -> Result<Option<Key>, UsageError> {
        let key = self.key_id.as_deref().map(Key::parse).transpose()?;
        match &self.kind {
            Some(kind) if key.is_some() && !kind.is_encrypted() => Err(no_key(kind)),
            _ => Ok(key),
        }
    }

    /// The tags.
    pub fn tags(&self) -> Result<Tags, UsageError> {
        Tags::parse(&self.tags)
    }
}

/// Why there is no key.
pub fn no_key(kind: &ParameterType) -> UsageError {
    UsageError::new(
        format!("no key encrypts a {kind}"),
        "leave out `--key-id`, or make it a SecureString",
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

/// When to write a new version, where that depends on the version that is the newest.
#[derive(Debug, Args)]
pub struct Condition {
    /// Write only if this is the newest version
    #[arg(
        long,
        value_name = "VERSION",
        value_parser = version,
        help_heading = "When to write"
    )]
    pub if_version: Option<i64>,

    /// Say what would be written, and write nothing
    #[arg(long, help_heading = "When to write")]
    pub dry_run: bool,
}

/// The number of a version.
pub fn version(text: &str) -> Result<i64, &'static str> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number.ok_or("a version is a number, from 1 on")
}

/// For whom something is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Table,
    Json,
}

/// How something is printed, where a table and JSON are all that there is.
#[derive(Debug, Args)]
pub struct Printing {
    /// Print a table for people, or JSON for programs
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Table, help_heading = "What to print")]
    pub format: Format,
}

/// The file that a command writes to, or nothing if that is standard output: if no file is named, or
/// `-` is.
pub fn output_file(file: Option<PathBuf>) -> Option<PathBuf> {
    file.filter(|file| file.as_os_str() != "-")
}

/// The name of one parameter, at a version or label if `text` says so.
pub fn selector(text: &str) -> Result<Selector, UsageError> {
    Selector::parse(text).map_err(|why| {
        UsageError::new(
            format!("`{text}` {why}"),
            "a parameter is called like `/prd/app/db-password`, with `:VERSION` or `:LABEL` where \
             those are allowed",
        )
    })
}

/// What a type holds, to be read.
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

/// What a type is in a message.
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

/// The name of a parameter that is changed: whatever its version, and of this account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(String);

impl Name {
    pub fn parse(text: &str) -> Result<Self, UsageError> {
        let why = if arn::is_meant(text) {
            "is an ARN, and a parameter is changed by its name"
        } else if text.contains(':') {
            "names a version or label, and no version is changed"
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
            "a parameter is called like `/prd/app/db-password`",
        ))
    }
}

/// A path, in the one form in which paths are compared and sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path(String);

impl Path {
    /// All that the account and region has.
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

/// How long ago, or from now: `flag` has no default.
pub fn age(flag: &'static str, text: Option<&str>) -> Result<Option<Duration>, UsageError> {
    text.map(|text| values::duration(flag, text, "`90d` is 90 days"))
        .transpose()
}

/// Labels of a version, each once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels(Vec<String>);

impl Labels {
    pub fn parse(texts: &[String]) -> Result<Self, UsageError> {
        const LONGEST: usize = 100;
        let allowed = |it: char| it.is_ascii_alphanumeric() || "_.-".contains(it);
        for (index, text) in texts.iter().enumerate() {
            let lower = text.to_ascii_lowercase();
            let why = if text.is_empty() || text.len() > LONGEST {
                "has less than 1 or more than 100 characters"
            } else if text.starts_with(|it: char| it.is_ascii_digit()) {
                "begins with a digit, as versions do"
            } else if lower.starts_with("aws") || lower.starts_with("ssm") {
                "begins with `aws` or `ssm`, which are kept for AWS"
            } else if !text.chars().all(allowed) {
                "holds a character that no label can: only letters, digits, `_`, `.` and `-` are allowed"
            } else if texts[..index].contains(text) {
                let what = format!("the label `{text}` is given twice");
                return Err(UsageError::new(what, "give each label once"));
            } else {
                continue;
            };
            return Err(UsageError::new(
                format!("the label `{text}` {why}"),
                "a label is called like `live` or `v2026-11`",
            ));
        }
        Ok(Self(texts.to_vec()))
    }
}

/// Tags, each key once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tags(Vec<(String, String)>);

impl Tags {
    /// Tags as they are written on a command line.
    pub fn parse(texts: &[String]) -> Result<Self, UsageError> {
        let mut tags: Vec<(String, String)> = Vec::new();
        for text in texts {
            let Some((key, value)) = text.split_once('=') else {
                return Err(no_tag(text, "names no value"));
            };
            if key.is_empty() || key.chars().count() > 128 {
                let why = "has a key of less than 1 or more than 128 characters";
                return Err(no_tag(key, why));
            }
            if key.to_lowercase().starts_with("aws:") {
                return Err(no_tag(key, "begins with `aws:`, which is kept for AWS"));
            }
            if value.chars().count() > 256 {
                return Err(no_tag(key, "has a value of more than 256 characters"));
            }
            if tags.iter().any(|(other, _)| other == key) {
                return Err(no_tag(key, "is given twice"));
            }
            tags.push((key.to_owned(), value.to_owned()));
        }
        Ok(Self(tags))
    }
}

/// Why a text is no tag.
pub fn no_tag(text: &str, why: &str) -> UsageError {
    UsageError::new(
        format!("the tag `{text}` {why}"),
        "a tag is written like `team=web`",
    )
}

/// A key of KMS, by its id, its alias or its ARN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key(String);

impl Key {
    pub fn parse(text: &str) -> Result<Self, UsageError> {
        let is_id = |text: &str| {
            let known = |it: char| it.is_ascii_alphanumeric() || it == '-';
            !text.is_empty() && text.chars().all(known)
        };
        let is_alias = |text: &str| {
            let known = |it: char| it.is_ascii_alphanumeric() || "/_-".contains(it);
            text.starts_with("alias/") && text.chars().all(known)
        };
        let is_key = match Arn::parse(text) {
            Some(arn) => {
                let resource = arn.resource();
                let is_key = resource.strip_prefix("key/").is_some_and(is_id);
                arn.service() == "kms" && (is_key || is_alias(resource))
            }
            None => is_id(text) || is_alias(text),
        };
        match is_key {
            true => Ok(Self(text.to_owned())),
            false => Err(UsageError::new(
                format!("`--key-id {text}` names no key"),
                "a key is named by its ARN, its id, or its alias, such as alias/app",
            )),
        }
    }

    /// As policies name it: by its ARN, or by an alias.
    pub fn resource(&self, scope: &Scope) -> String {
        match Arn::parse(&self.0).map(|arn| arn.resource()) {
            Some(alias) if alias.starts_with("alias/") => alias.to_owned(),
            None if !self.0.starts_with("alias/") => scope.key(&self.0),
            _ => self.0.clone(),
        }
    }

    pub fn into_string(self) -> String {
        self.0
    }
}
