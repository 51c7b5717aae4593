//! `envsecrets put`: writes one parameter, and keeps of the one that is there what is not named.

mod policies;
mod value;

use std::ops::Range;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Parser, ValueEnum};

use super::Place;
use super::tag;
use crate::launch::error::{Error, Errors, Failure};
use crate::options::UsageError;
use crate::secret::Secret;
use crate::stores::parameter_store::manage::{self, Description, Store, Written};
use crate::stores::parameter_store::{self, Reading, Selector};
use crate::system::{process, signals};
use crate::{exit, output};
use policies::Changes;

/// What a standard parameter holds at most, in bytes.
const STANDARD: usize = 4096;
/// How often we look, and how long we wait at first before we look again: what we saw and what the
/// service says need not fit while somebody else writes, and for a second or two after that.
const LOOKS: u32 = 5;
const PAUSE: Duration = Duration::from_millis(200);

/// Write a parameter, and say which version it is
///
/// The value comes from standard input, from a file, from a terminal that does not show it, or is
/// made here. Never from an argument: every user of a machine can read those. Of standard input a
/// value of one line loses its newline, as `echo` adds one; a text of several lines, such as a key,
/// is kept as it is.
///
/// A parameter that is new is a SecureString unless `--type` says otherwise. One that is there keeps
/// its type, key, description, tags, policies, data type and pattern, unless an option names
/// another. If value and all that is named are what is there, nothing is written.
#[derive(Debug, Parser)]
#[command(
    name = "put",
    bin_name = "envsecrets put",
    after_long_help = EXAMPLES,
    disable_help_flag = true
)]
pub struct Put {
    /// The parameter, such as /prd/app/db-password
    #[arg(value_name = "NAME")]
    name: String,

    /// What people write there who come from other tools.
    #[arg(hide = true, value_parser = unseen())]
    values: Vec<()>,

    /// The same.
    #[arg(long, hide = true, value_parser = unseen(), num_args = 0..=1)]
    value: Option<Vec<()>>,

    #[command(flatten)]
    origin: value::Origin,

    /// What it is [default: SecureString]
    #[arg(
        long = "type",
        value_enum,
        value_name = "TYPE",
        ignore_case = true,
        help_heading = "What goes with it"
    )]
    kind: Option<Kind>,

    /// The KMS key that encrypts it: an id, an alias or an ARN [default: alias/aws/ssm]
    #[arg(long, value_name = "KEY", help_heading = "What goes with it")]
    key_id: Option<String>,

    /// What it may cost [default: intelligent]
    ///
    /// Standard ones hold 4096 bytes. Advanced ones are charged for, and hold 8192 bytes, and policies.
    /// Intelligent ones become advanced when they have to, and then you are told.
    #[arg(
        long,
        value_enum,
        value_name = "TIER",
        ignore_case = true,
        help_heading = "What goes with it"
    )]
    tier: Option<Tier>,

    /// What it is for, for those who come after
    #[arg(long, value_name = "TEXT", help_heading = "What goes with it")]
    description: Option<String>,

    /// Tag it; any number
    #[arg(
        long = "tag",
        value_name = "KEY=VALUE",
        help_heading = "What goes with it"
    )]
    tags: Vec<String>,

    #[command(flatten)]
    policies: policies::Asked,

    /// What Parameter Store takes it for, such as aws:ec2:image [default: text]
    #[arg(long, value_name = "TYPE", help_heading = "What goes with it")]
    data_type: Option<String>,

    /// A regular expression that it must match, now and later
    #[arg(long, value_name = "PATTERN", help_heading = "What goes with it")]
    pattern: Option<String>,

    /// Write only if there is no parameter of this name
    ///
    /// Nothing is read, so that the rights to write, to encrypt and to tag suffice.
    #[arg(long, conflicts_with = "if_version", help_heading = "When to write")]
    create_only: bool,

    /// Write only if this is the newest version
    #[arg(
        long,
        value_name = "VERSION",
        value_parser = super::version_number,
        help_heading = "When to write"
    )]
    if_version: Option<i64>,

    /// Say what would be written, and write nothing
    #[arg(long, help_heading = "When to write")]
    dry_run: bool,

    #[command(flatten)]
    place: Place,
}

const EXAMPLES: &str = "\
Examples:
  A password that nobody has to know
      envsecrets put /prd/app/db-password --generate --description 'role app of db prd'

  One that somebody gave you: it is asked for, twice, and not shown
      envsecrets put /prd/app/api-token

  A key from a file
      envsecrets put /prd/app/tls-key --from-file key.pem

  A rotation that does not undo that of somebody else
      new-password | envsecrets put /prd/app/db-password --if-version 7

Two at the same time:
  Parameter Store cannot be asked to write only if a version is the newest, so that `--if-version` \
looks, writes, and looks again. Of two who write after version 7 one makes version 8 and the other \
version 9; the other one is told so, with exit status 73, and its value is the newest. `--create-only` \
is Parameter Store's own promise: one of two wins.

Exit status:
  0 if it is written, or was the same already, 64 if options make no sense, 65 if the value can be \
none, 73 if it is there already (`--create-only`), is at another version, or somebody else wrote in \
between (`--if-version`), 74 if it is written and that could not be said, otherwise that of a launch.";

/// Takes anything, and keeps nothing of it: it could be a secret.
fn unseen() -> impl TypedValueParser<Value = ()> {
    OsStringValueParser::new().map(drop)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    #[value(name = "SecureString")]
    SecureString,
    #[value(name = "String")]
    String,
    #[value(name = "StringList")]
    StringList,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::SecureString => SECURE,
            Self::String => "String",
            Self::StringList => "StringList",
        }
    }
}

const SECURE: &str = "SecureString";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Tier {
    Standard,
    Advanced,
    #[value(alias = "intelligent-tiering")]
    Intelligent,
}

impl Tier {
    fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "Standard",
            Self::Advanced => ADVANCED,
            Self::Intelligent => INTELLIGENT,
        }
    }
}

const ADVANCED: &str = "Advanced";
const INTELLIGENT: &str = "Intelligent-Tiering";

/// Writes, unless there is nothing to write.
pub fn run(put: Put) -> Result<ExitCode, Errors> {
    if !put.values.is_empty() || put.value.is_some() {
        return Err(given_as_argument().into());
    }
    let name = super::name(&put.name)?;
    put.place.caller()?;
    let changes = put.policies.changes(SystemTime::now())?;
    let tags = tag::pairs(&put.tags)?;
    put.makes_sense(&changes)?;
    // From here on we hold a secret.
    process::guard();
    signals::stand_ready();
    let value = put.origin.value(&name)?;
    put.fits(value.size())?;
    let store = put.place.open()?;
    let writing = Writing {
        asked: &put,
        store: &store,
        name: &name,
        value: &value,
        changes: &changes,
        tags: &tags,
    };
    writing.run()
}

fn given_as_argument() -> UsageError {
    UsageError::new(
        "a value is never given as an argument, which every user of this machine can read, and \
         shells remember",
        "pipe it in, name a file with `--from-file`, type it at a terminal, or let `--generate` \
         make one",
    )
}

impl Put {
    fn makes_sense(&self, changes: &Changes) -> Result<(), UsageError> {
        if let (Some(kind), Some(_)) = (self.kind, &self.key_id)
            && kind != Kind::SecureString
        {
            return Err(no_key(kind.as_str()));
        }
        if self.tier == Some(Tier::Standard) && changes.set_any() {
            return Err(UsageError::new(
                "a standard parameter has no policies",
                "leave out `--tier standard`, or the expiry and who is told",
            ));
        }
        Ok(())
    }

    fn fits(&self, size: usize) -> Result<(), Failure> {
        if self.tier == Some(Tier::Standard) && size > STANDARD {
            let what =
                format!("the value has {size} bytes, and a standard parameter holds {STANDARD}");
            let failure = Failure::new(exit::DATAERR, what);
            return Err(failure.hint("leave out `--tier standard`, or say `--tier advanced`"));
        }
        Ok(())
    }
}

fn no_key(kind: &str) -> UsageError {
    UsageError::new(
        format!("no key encrypts a {kind}"),
        "leave out `--key-id`, or make it a SecureString",
    )
}

/// All that is needed to write.
struct Writing<'a> {
    asked: &'a Put,
    store: &'a Store,
    name: &'a str,
    value: &'a Secret,
    changes: &'a Changes,
    tags: &'a [(String, String)],
}

/// What came of looking and writing once.
enum Outcome {
    Done(ExitCode),
    /// The parameter is not what it was when we looked.
    Again,
}

impl Writing<'_> {
    fn run(&self) -> Result<ExitCode, Errors> {
        for look in 0..LOOKS {
            if look > 0 {
                std::thread::sleep(PAUSE * 2_u32.pow(look - 1));
            }
            let outcome = match self.asked.create_only {
                // Nothing is read, so that the right to write is enough.
                true if !self.asked.dry_run => self.create()?,
                _ => match newest(self.store, self.name)? {
                    Some(there) => self.replace(&there)?,
                    None => self.create()?,
                },
            };
            if let Outcome::Done(code) = outcome {
                return Ok(code);
            }
        }
        let what = format!(
            "`{}` is not there, and cannot be made, because it is",
            self.name
        );
        Err(Failure::new(exit::CANTCREAT, what)
            .hint("nothing was written; somebody else may be making and deleting it: try again")
            .into())
    }

    fn create(&self) -> Result<Outcome, Errors> {
        if let Some(version) = self.asked.if_version {
            let what = format!(
                "`{}` is not at version {version}: it is not there",
                self.name
            );
            return Err(Failure::new(exit::CANTCREAT, what)
                .hint("nothing was written; look at name, account and region")
                .into());
        }
        let kind = self.asked.kind.unwrap_or(Kind::SecureString).as_str();
        let put = manage::Put {
            name: self.name.to_owned(),
            value: self.value.clone(),
            kind: Some(kind.to_owned()),
            overwrite: false,
            description: self.asked.description.clone(),
            key_id: self.asked.key_id.clone(),
            tier: Some(self.tier()),
            tags: self.tags.to_vec(),
            policies: self.changes.policies(&[])?,
            data_type: self.asked.data_type.clone(),
            pattern: self.asked.pattern.clone(),
        };
        self.tell_of_tier(None, put.policies.is_some());
        if self.asked.dry_run {
            let line = line(self.name, 1, "would be written", None, self.changes.expiry);
            return Ok(Outcome::Done(super::print(line.as_bytes())?));
        }
        let (lost, place) = match self.store.put(&put) {
            Ok(written) => {
                return Ok(Outcome::Done(self.say_written(&written)?));
            }
            Err(parameter_store::Error::Exists { lost, place, .. }) => (lost, place),
            Err(error) => return Err(error.into()),
        };
        if !self.asked.create_only {
            return Ok(Outcome::Again);
        }
        // After a lost answer it may be there because of us.
        if lost && are_ours(self.store, self.name, 1..2, self.value) {
            let newest = newest(self.store, self.name)?.filter(|newest| newest.version == 1);
            if let Some(newest) = newest {
                let written = Written {
                    version: 1,
                    tier: newest.tier,
                    lost,
                };
                return Ok(Outcome::Done(self.say_written(&written)?));
            }
        }
        Err(there_already(self.name, &place).into())
    }

    fn replace(&self, there: &Description) -> Result<Outcome, Errors> {
        let asked = self.asked;
        if asked.create_only {
            return Err(there_already(self.name, &self.store.place()).into());
        }
        if let Some(version) = asked.if_version
            && version != there.version
        {
            return Err(at_another_version(self.name, version, there.version).into());
        }
        let put = self.successor(there)?;
        if self.is_the_same(&put, there)? {
            let line = line(self.name, there.version, "unchanged", None, None);
            let code = super::print(line.as_bytes())?;
            self.add_tags()?;
            return Ok(Outcome::Done(code));
        }
        self.tell_of_tier(there.tier.as_deref(), self.changes.set_any());
        if there.kind != SECURE && asked.kind.is_none() {
            output::note(format_args!(
                "`{}` is a {}, which is not encrypted, and stays one",
                self.name, there.kind
            ));
        }
        if asked.dry_run {
            let version = there.version + 1;
            let line = line(
                self.name,
                version,
                "would be written",
                None,
                self.changes.expiry,
            );
            return Ok(Outcome::Done(super::print(line.as_bytes())?));
        }
        let written = self.store.put(&put)?;
        let code = self.say_written(&written)?;
        self.add_tags()?;
        if let Some(failure) = overtaken(self.store, self.name, there.version, &written, self.value)
        {
            if asked.if_version.is_some() {
                return Err(failure.into());
            }
            output::note(failure.what);
        }
        Ok(Outcome::Done(code))
    }

    /// The next version: what is there, with what is named in its place.
    fn successor(&self, there: &Description) -> Result<manage::Put, Error> {
        let asked = self.asked;
        if let Some(kind) = asked.kind
            && kind.as_str() != there.kind
        {
            return Err(Error::Usage(UsageError::new(
                format!(
                    "`{}` is a {}, and no parameter changes its type",
                    self.name, there.kind
                ),
                "leave out `--type`, write to another name, or delete it first with \
                 `envsecrets delete`",
            )));
        }
        if there.kind != SECURE && asked.key_id.is_some() {
            return Err(Error::Usage(no_key(&there.kind)));
        }
        if there.tier.as_deref() == Some(ADVANCED) && asked.tier == Some(Tier::Standard) {
            return Err(Error::Usage(UsageError::new(
                format!(
                    "`{}` is an advanced parameter, and those never become standard ones",
                    self.name
                ),
                "leave out `--tier standard`, or delete it first with `envsecrets delete`",
            )));
        }
        let mut put = successor(self.name, there, self.value.clone());
        let named = |named: &Option<String>, there| named.clone().or(there);
        put.description = named(&asked.description, put.description);
        put.key_id = named(&asked.key_id, put.key_id);
        put.data_type = named(&asked.data_type, put.data_type);
        put.pattern = named(&asked.pattern, put.pattern);
        put.tier = Some(self.tier());
        put.policies = self.changes.policies(&there.policies)?;
        Ok(put)
    }

    /// Whether all that would be written is there already.
    fn is_the_same(&self, put: &manage::Put, there: &Description) -> Result<bool, Error> {
        let told = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let becomes_advanced =
            self.asked.tier == Some(Tier::Advanced) && there.tier.as_deref() != Some(ADVANCED);
        if self.asked.origin.is_random()
            || becomes_advanced
            || put.policies.is_some()
            || told(&put.description) != told(&there.description)
            || told(&put.pattern) != told(&there.pattern)
            || (there.kind == SECURE && put.key_id != there.key_id)
            || put.data_type != there.data_type
        {
            return Ok(false);
        }
        match value_at(self.store, self.name, there.version) {
            Ok(value) => Ok(value.as_ref() == Some(self.value)),
            // A value that cannot be read any more, because its key is gone, must be replaceable;
            // and who may only write must be able to.
            Err(
                error @ (parameter_store::Error::KeyDenied { .. }
                | parameter_store::Error::Denied { .. }),
            ) => {
                say_not_compared(&error);
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn tier(&self) -> String {
        let tier = self.asked.tier.unwrap_or(Tier::Intelligent);
        tier.as_str().to_owned()
    }

    /// Says why a parameter becomes an advanced one where nobody asked for that.
    fn tell_of_tier(&self, there: Option<&str>, policies: bool) {
        if self.asked.tier == Some(Tier::Advanced) {
            return;
        }
        tell_of_size(self.name, self.value, there);
        if policies && self.value.size() <= STANDARD && there != Some(ADVANCED) {
            output::note(format_args!(
                "`{}` needs the advanced tier, which is charged for: a standard one has no policies",
                self.name
            ));
        }
    }

    fn say_written(&self, written: &Written) -> Result<ExitCode, Errors> {
        let tier = written.tier.as_deref();
        let expiry = self.changes.expiry;
        let line = line(self.name, written.version, "written", tier, expiry);
        super::say(line.as_bytes())
    }

    /// Tags are no part of a version, and not sent with one.
    fn add_tags(&self) -> Result<(), Error> {
        if self.tags.is_empty() || self.asked.dry_run {
            return Ok(());
        }
        Ok(self.store.add_tags(self.name, self.tags)?)
    }
}

fn there_already(name: &str, place: &str) -> Failure {
    let what = format!("there is a parameter `{name}` in {place} already");
    let failure = Failure::new(exit::CANTCREAT, what);
    failure.hint("nothing was written; without `--create-only` it gets a new version")
}

pub(super) fn at_another_version(name: &str, wanted: i64, there: i64) -> Failure {
    let what = format!("`{name}` is not at version {wanted}, but at version {there}");
    Failure::new(exit::CANTCREAT, what).hint(format!(
        "nothing was written; `envsecrets history {name}` shows who wrote what"
    ))
}

pub(super) fn say_not_compared(error: &parameter_store::Error) {
    output::note(format_args!(
        "the value that is there is not compared with the new one: {error}"
    ));
}

/// Says that a parameter becomes an advanced one because of its size.
pub(super) fn tell_of_size(name: &str, value: &Secret, there: Option<&str>) {
    let size = value.size();
    if size > STANDARD && there != Some(ADVANCED) {
        output::note(format_args!(
            "`{name}` needs the advanced tier, which is charged for: the value has {size} bytes, \
             and a standard one holds {STANDARD}"
        ));
    }
}

/// The newest version of a parameter, or nothing if it is not there.
pub(super) fn newest(
    store: &Store,
    name: &str,
) -> Result<Option<Description>, parameter_store::Error> {
    match store.history(name, Reading::Names) {
        Ok(versions) => Ok(versions.into_iter().next_back().map(|it| it.description)),
        Err(parameter_store::Error::NotThere { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What follows a version if only its value changes. All is said again, for of what is left out the
/// service promises to keep the policies, and nothing else (PutParameter, `Policies`).
pub(super) fn successor(name: &str, there: &Description, value: Secret) -> manage::Put {
    manage::Put {
        name: name.to_owned(),
        value,
        kind: Some(there.kind.clone()),
        overwrite: true,
        description: there.description.clone(),
        key_id: there.key_id.clone().filter(|_| there.kind == SECURE),
        tier: Some(INTELLIGENT.to_owned()),
        tags: Vec::new(),
        policies: None,
        data_type: there.data_type.clone(),
        pattern: there.pattern.clone(),
    }
}

/// The value of one version, or nothing if it is not there.
pub(super) fn value_at(
    store: &Store,
    name: &str,
    version: i64,
) -> Result<Option<Secret>, parameter_store::Error> {
    let selector = Selector::new(name.to_owned(), Some(version.to_string()));
    let mut found = store.named(&[selector], Reading::Values)?;
    Ok(found
        .pop()
        .and_then(|(_, parameter)| Some(parameter?.value)))
}

/// Whether all these versions hold our value. What cannot be read is not.
fn are_ours(store: &Store, name: &str, versions: Range<i64>, value: &Secret) -> bool {
    versions.into_iter().all(|version| {
        value_at(store, name, version).is_ok_and(|there| there.as_ref() == Some(value))
    })
}

/// Whether somebody else wrote between our look at version `seen` and what we wrote: then the
/// version that we made is not the next one. The service has no other way to know.
pub(super) fn overtaken(
    store: &Store,
    name: &str,
    seen: i64,
    written: &Written,
    value: &Secret,
) -> Option<Failure> {
    let ours = written.version;
    let others = seen + 1..ours;
    if ours == seen + 1 {
        return None;
    }
    if written.lost && ours > seen && are_ours(store, name, others.clone(), value) {
        output::note(format_args!(
            "`{name}` was written more than once, because an answer was lost"
        ));
        return None;
    }
    if ours <= seen {
        let what = format!(
            "`{name}` was deleted by somebody else after version {seen}, and is now at version \
             {ours}, which is ours"
        );
        return Some(Failure::new(exit::CANTCREAT, what));
    }
    let versions = match others.end - others.start {
        1 => format!("version {}", others.start),
        _ => format!("versions {} to {}", others.start, others.end - 1),
    };
    let what = format!(
        "{versions} of `{name}` was written by somebody else in between, and version {ours}, which \
         is ours, is the newest"
    );
    let what = match others.end - others.start {
        1 => what,
        _ => what.replacen(" was written ", " were written ", 1),
    };
    let hint = format!(
        "find out whose value is right: `envsecrets history {name}` shows who wrote what, and \
         `envsecrets rollback {name} {}` makes the other one the newest",
        others.end - 1
    );
    Some(Failure::new(exit::CANTCREAT, what).hint(hint))
}

/// What is said of a version: its name as other commands take it, and what became of it.
pub(super) fn line(
    name: &str,
    version: i64,
    what: &str,
    tier: Option<&str>,
    expiry: Option<SystemTime>,
) -> String {
    let mut line = format!("{name}:{version} {what}");
    if let Some(tier) = tier {
        line.push_str(", ");
        line.push_str(tier);
    }
    if let Some(expiry) = expiry.and_then(super::table::written) {
        line.push_str(", expires ");
        line.push_str(&expiry);
    }
    line.push('\n');
    line
}
