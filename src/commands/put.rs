//! `envsecrets put`: writes one parameter, and keeps of the one that is there what is not named.

mod policies;
mod value;

use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use clap::Parser;
use clap::builder::{OsStringValueParser, TypedValueParser};

use super::args::{Attributes, Condition, Connection, Key, Name, Tags, no_key};
use super::write;
use crate::launch::error::{Error, Errors, Failure};
use crate::options::UsageError;
use crate::parameter::{ParameterType, Tier};
use crate::secret::Secret;
use crate::stores::parameter_store;
use crate::stores::parameter_store::manage::{self, Description, Store, Written};
use crate::system::{process, signals};
use crate::{exit, output};
use policies::Changes;

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

    #[command(flatten)]
    attributes: Attributes,

    /// What it is for, for those who come after
    #[arg(long, value_name = "TEXT", help_heading = "What goes with it")]
    description: Option<String>,

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

    #[command(flatten)]
    condition: Condition,

    #[command(flatten)]
    connection: Connection,
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

/// Writes, unless there is nothing to write.
pub fn run(put: Put) -> Result<ExitCode, Errors> {
    if !put.values.is_empty() || put.value.is_some() {
        return Err(given_as_argument().into());
    }
    let name = Name::parse(&put.name)?;
    put.connection.caller()?;
    let changes = put.policies.changes(SystemTime::now())?;
    let (tags, key) = (put.attributes.tags()?, put.attributes.key_id()?);
    put.makes_sense(&changes)?;
    // From here on we hold a secret.
    process::guard();
    signals::stand_ready();
    let value = put.origin.value(&name)?;
    put.fits(value.size())?;
    let store = put.connection.open()?;
    let writing = Writing {
        asked: &put,
        store: &store,
        name: &name,
        value: &value,
        changes: &changes,
        tags: &tags,
        key_id: key.map(Key::into_string),
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
        if self.attributes.tier == Some(Tier::Standard) && changes.set_any() {
            return Err(UsageError::new(
                "a standard parameter has no policies",
                "leave out `--tier standard`, or the expiry and who is told",
            ));
        }
        Ok(())
    }

    fn fits(&self, size: usize) -> Result<(), Failure> {
        let most = Tier::Standard.most();
        if self.attributes.tier == Some(Tier::Standard) && size > most {
            let what = format!("the value has {size} bytes, and a standard parameter holds {most}");
            let failure = Failure::new(exit::DATAERR, what);
            return Err(failure.hint("leave out `--tier standard`, or say `--tier advanced`"));
        }
        Ok(())
    }
}

/// All that is needed to write.
struct Writing<'a> {
    asked: &'a Put,
    store: &'a Store,
    name: &'a str,
    value: &'a Secret,
    changes: &'a Changes,
    tags: &'a Tags,
    key_id: Option<String>,
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
                true if !self.asked.condition.dry_run => self.create()?,
                _ => match write::newest(self.store, self.name)? {
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
        if let Some(version) = self.asked.condition.if_version {
            let what = format!(
                "`{}` is not at version {version}: it is not there",
                self.name
            );
            return Err(Failure::new(exit::CANTCREAT, what)
                .hint("nothing was written; look at name, account and region")
                .into());
        }
        let kind = self.asked.attributes.kind.clone();
        let put = manage::Put {
            name: self.name.to_owned(),
            value: self.value.clone(),
            kind: Some(kind.unwrap_or(ParameterType::SecureString)),
            overwrite: false,
            description: self.asked.description.clone(),
            key_id: self.key_id.clone(),
            tier: Some(self.tier()),
            tags: self.tags.to_vec(),
            policies: self.changes.policies(&[])?,
            data_type: self.asked.data_type.clone(),
            pattern: self.asked.pattern.clone(),
        };
        self.tell_of_tier(None, put.policies.is_some());
        if self.asked.condition.dry_run {
            let code = write::would_be(self.name, 1, "", self.changes.expiry)?;
            return Ok(Outcome::Done(code));
        }
        let (lost, place) = match self.store.put(&put) {
            Ok(written) => return Ok(Outcome::Done(self.done(&written)?)),
            Err(parameter_store::Error::Exists { lost, place, .. }) => (lost, place),
            Err(error) => return Err(error.into()),
        };
        if !self.asked.create_only {
            return Ok(Outcome::Again);
        }
        // After a lost answer it may be there because of us.
        if lost && write::are_ours(self.store, self.name, 1..2, self.value) {
            let newest = write::newest(self.store, self.name)?;
            let newest = newest.filter(|newest| newest.version == 1);
            if let Some(newest) = newest {
                let written = Written {
                    version: 1,
                    tier: newest.tier,
                    lost,
                };
                return Ok(Outcome::Done(self.done(&written)?));
            }
        }
        Err(there_already(self.name, &place).into())
    }

    fn replace(&self, there: &Description) -> Result<Outcome, Errors> {
        let asked = self.asked;
        if asked.create_only {
            return Err(there_already(self.name, &self.store.place()).into());
        }
        write::expect_version(self.name, asked.condition.if_version, there.version)?;
        let put = self.successor(there)?;
        if self.is_the_same(&put, there)? {
            let code = write::unchanged(self.name, there.version)?;
            self.add_tags()?;
            return Ok(Outcome::Done(code));
        }
        self.tell_of_tier(there.tier.as_ref(), self.changes.set_any());
        if !there.kind.is_encrypted() && asked.attributes.kind.is_none() {
            output::note(format_args!(
                "`{}` is a {}, which is not encrypted, and stays one",
                self.name, there.kind
            ));
        }
        if asked.condition.dry_run {
            let expiry = self.changes.expiry;
            let code = write::would_be(self.name, there.version + 1, "", expiry)?;
            return Ok(Outcome::Done(code));
        }
        let written = self.store.put(&put)?;
        let code = self.done(&written)?;
        self.add_tags()?;
        let if_version = asked.condition.if_version;
        write::undisturbed(self.store, &put, there.version, &written, if_version)?;
        Ok(Outcome::Done(code))
    }

    /// The next version: what is there, with what is named in its place.
    fn successor(&self, there: &Description) -> Result<manage::Put, Error> {
        let asked = self.asked;
        if let Some(kind) = &asked.attributes.kind
            && *kind != there.kind
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
        if !there.kind.is_encrypted() && self.key_id.is_some() {
            return Err(Error::Usage(no_key(&there.kind)));
        }
        let wanted = asked.attributes.tier.as_ref();
        if there.tier == Some(Tier::Advanced) && wanted == Some(&Tier::Standard) {
            return Err(Error::Usage(UsageError::new(
                format!(
                    "`{}` is an advanced parameter, and those never become standard ones",
                    self.name
                ),
                "leave out `--tier standard`, or delete it first with `envsecrets delete`",
            )));
        }
        let mut put = write::successor(self.name, there, self.value.clone());
        let named = |named: &Option<String>, there| named.clone().or(there);
        put.description = named(&asked.description, put.description);
        put.key_id = named(&self.key_id, put.key_id);
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
            put.tier == Some(Tier::Advanced) && there.tier != Some(Tier::Advanced);
        if self.asked.origin.is_random()
            || becomes_advanced
            || put.policies.is_some()
            || told(&put.description) != told(&there.description)
            || told(&put.pattern) != told(&there.pattern)
            || (there.kind.is_encrypted() && put.key_id != there.key_id)
            || put.data_type != there.data_type
        {
            return Ok(false);
        }
        Ok(write::holds(
            self.store,
            self.name,
            there.version,
            self.value,
        )?)
    }

    fn tier(&self) -> Tier {
        let tier = self.asked.attributes.tier.clone();
        tier.unwrap_or(Tier::Intelligent)
    }

    /// Says why a parameter becomes an advanced one where nobody asked for that.
    fn tell_of_tier(&self, there: Option<&Tier>, policies: bool) {
        if self.tier() == Tier::Advanced || there == Some(&Tier::Advanced) {
            return;
        }
        write::warn_of_size(self.name, self.value, there);
        if policies && self.value.size() <= Tier::Standard.most() {
            output::note(format_args!(
                "`{}` needs the advanced tier, which is charged for: a standard one has no policies",
                self.name
            ));
        }
    }

    fn done(&self, written: &Written) -> Result<ExitCode, Errors> {
        write::done(self.name, written, "", self.changes.expiry)
    }

    /// Tags are no part of a version, and not sent with one.
    fn add_tags(&self) -> Result<(), Error> {
        if self.tags.is_empty() || self.asked.condition.dry_run {
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
