//! `envsecrets put`: writes one parameter, and keeps the attributes that are not given.

mod policies;
mod value;

use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use clap::Parser;
use clap::builder::{OsStringValueParser, TypedValueParser};

use super::args::{Attributes, Condition, Connection, Key, Name, Printing, Tags, no_key};
use super::launchable::{self, Others, Strictness};
use super::write::{self, Existing};
use crate::launch::error::{Error, Errors, Failure, Problems};
use crate::options::UsageError;
use crate::parameter::{ParameterType, Tier};
use crate::secret::Secret;
use crate::stores::parameter_store;
use crate::stores::parameter_store::manage::{Description, Store, Written};
use crate::stores::parameter_store::put::{self, Checked, Known, too_many_tags};
use crate::system::signals;
use crate::{exit, output};
use policies::Changes;

/// How often to retry, and the first pause: while another user writes, and for a second or two
/// after that, reads and writes of the service can disagree.
const LOOKS: u32 = 5;
const PAUSE: Duration = Duration::from_millis(200);

/// Write a parameter, and print its new version
///
/// The value is read from standard input, a file, or a terminal without echo, or is generated. It
/// is never an argument: every user of a machine can read arguments. From standard input, a value
/// of one line loses its newline, since `echo` adds one; a text of several lines, such as a key, is
/// kept unchanged.
///
/// A new parameter is a SecureString unless `--type` is given. An existing one keeps its type, key,
/// description, tags, policies, data type and pattern, unless an option changes them. If the value
/// and all given attributes are the same, nothing is written.
#[derive(Debug, Parser)]
#[command(name = "put", bin_name = "envsecrets put", after_long_help = EXAMPLES)]
#[command(disable_help_flag = true)]
pub struct Put {
    /// The parameter, such as /prd/app/db-password
    #[arg(value_name = "NAME")]
    name: String,

    /// Where other tools take the value.
    #[arg(hide = true, value_parser = unseen())]
    values: Vec<()>,

    /// The same.
    #[arg(long, hide = true, value_parser = unseen(), num_args = 0..=1)]
    value: Option<Vec<()>>,

    #[command(flatten)]
    origin: value::Origin,

    #[command(flatten)]
    attributes: Attributes,

    /// What the parameter is for
    #[arg(long, value_name = "TEXT", help_heading = "Attributes")]
    description: Option<String>,

    #[command(flatten)]
    policies: policies::Options,

    /// The data type, such as aws:ec2:image [default: text]
    #[arg(long, value_name = "TYPE", help_heading = "Attributes")]
    data_type: Option<String>,

    /// A regular expression that this and later values must match
    #[arg(long, value_name = "PATTERN", help_heading = "Attributes")]
    pattern: Option<String>,

    /// Write only if the parameter does not exist
    ///
    /// Nothing is read, so permission to write, to encrypt and to tag is enough. With `--dry-run` and
    /// `--strict` what exists is read all the same.
    #[arg(long, conflicts_with = "if_version", help_heading = "When to write")]
    create_only: bool,

    #[command(flatten)]
    condition: Condition,

    #[command(flatten)]
    printing: Printing,

    #[command(flatten)]
    connection: Connection,
}

const EXAMPLES: &str = "\
Examples:
  A generated password
      envsecrets put /prd/app/db-password --generate \\
          --description 'role app of db prd'

  A value to type: you are prompted for it twice, and it is not shown
      envsecrets put /prd/app/api-token

  A key from a file
      envsecrets put /prd/app/tls-key --from-file key.pem

  A rotation that does not undo another one
      new-password | envsecrets put /prd/app/db-password --if-version 7

Two at the same time:
  Parameter Store has no write on condition of a version, so `--if-version` checks, writes, and \
checks again. Of two writers after version 7, one writes version 8 and the other version 9; the \
second one gets exit status 73, and its value is the newest. `--create-only` is enforced by \
Parameter Store: one of two succeeds.

Exit status:
  0 if it is written, or was the same already, 64 if options are invalid, 65 if the value is \
invalid, or a launch could not use it (`--strict`), 73 if the parameter cannot get a new version, \
already exists (`--create-only`), is at another version, or was \
written by another user in between (`--if-version`), 74 if it is written and standard output \
failed, otherwise that of a launch.";

/// Accepts anything, and drops it: it could be a secret.
fn unseen() -> impl TypedValueParser<Value = ()> {
    OsStringValueParser::new().map(drop)
}

/// Writes, unless the value is the same already.
pub fn run(put: Put) -> Result<ExitCode, Errors> {
    if !put.values.is_empty() || put.value.is_some() {
        return Err(given_as_argument().into());
    }
    let mut problems = Problems::default();
    let name = problems.take(Name::writable(&put.name));
    problems.take(put.connection.caller());
    let changes = problems.take(put.policies.changes(SystemTime::now()));
    let (tags, key) = (
        problems.take(put.attributes.tags()),
        problems.take(put.attributes.key_id()),
    );
    if let Some(changes) = &changes {
        problems.take(put.check_tier(changes));
    }
    let (Some(name), Some(changes), Some(tags), Some(key)) = (name, changes, tags, key) else {
        return Err(problems.into_errors());
    };
    problems.none()?;
    signals::stand_ready();
    let value = put.origin.value(&name)?;
    put.fits(value.size())?;
    let attributes = put::Put {
        kind: put.attributes.kind.clone(),
        ..put.given(&name, value.clone())
    };
    write::storable(attributes.problems(None), 1)?;
    let store = put.connection.open()?;
    let writing = Writing {
        options: &put,
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
        "a value cannot be given as an argument: every user of this machine can read arguments, \
         and shells store them",
        "pipe it in, type it at a terminal, or use `--from-file FILE` or `--generate`",
    )
}

impl Put {
    fn check_tier(&self, changes: &Changes) -> Result<(), UsageError> {
        if self.attributes.tier == Some(Tier::Standard) && changes.set_any() {
            return Err(UsageError::new(
                "a standard parameter has no policies",
                "leave out `--tier standard`, or the expiry and the notifications",
            ));
        }
        Ok(())
    }

    /// What the options say, without what depends on the existing parameter.
    fn given(&self, name: &str, value: Secret) -> put::Put {
        put::Put {
            name: name.to_owned(),
            value,
            description: self.description.clone(),
            data_type: self.data_type.clone(),
            pattern: self.pattern.clone(),
            ..put::Put::default()
        }
    }

    fn fits(&self, size: usize) -> Result<(), Failure> {
        let most = Tier::Standard.most();
        if self.attributes.tier == Some(Tier::Standard) && size > most {
            let what =
                format!("the value has {size} bytes, and a standard parameter has at most {most}");
            let failure = Failure::new(exit::DATAERR, what);
            return Err(failure.hint("leave out `--tier standard`, or use `--tier advanced`"));
        }
        Ok(())
    }
}

/// All that is needed to write.
struct Writing<'a> {
    options: &'a Put,
    store: &'a Store,
    name: &'a str,
    value: &'a Secret,
    changes: &'a Changes,
    tags: &'a Tags,
    key_id: Option<String>,
}

/// The result of one attempt.
enum Outcome {
    Done(ExitCode),
    /// The parameter was changed since it was read.
    Again,
}

impl Writing<'_> {
    fn run(&self) -> Result<ExitCode, Errors> {
        for look in 0..LOOKS {
            if look > 0 {
                std::thread::sleep(PAUSE * 2_u32.pow(look - 1));
            }
            let outcome = match self.options.create_only {
                // Nothing is read: permission to write is enough.
                true if !self.options.condition.dry_run => self.create()?,
                _ => match write::existing(self.store, self.name)? {
                    Some(current) => self.replace(&current)?,
                    None => self.create()?,
                },
            };
            if let Outcome::Done(code) = outcome {
                return Ok(code);
            }
        }
        let what = format!(
            "`{}` does not exist, but cannot be created because it exists",
            self.name
        );
        Err(Failure::new(exit::CANTCREAT, what)
            .hint("nothing was written; another user may be creating and deleting it: try again")
            .into())
    }

    fn create(&self) -> Result<Outcome, Errors> {
        if let Some(version) = self.options.condition.if_version {
            let what = format!(
                "`{}` is not at version {version}: it does not exist",
                self.name
            );
            return Err(Failure::new(exit::CANTCREAT, what)
                .hint("nothing was written; look at name, account and region")
                .into());
        }
        let kind = self.options.attributes.kind.clone();
        let put = put::Put {
            kind: Some(kind.unwrap_or(ParameterType::SecureString)),
            key_id: self.key_id.clone(),
            tier: Some(self.tier()),
            tags: self.tags.to_vec(),
            policies: self.changes.policies(&[])?,
            ..self.options.given(self.name, self.value.clone())
        };
        let put = self.checked(put, Known::default())?;
        self.note_tier(None, put.policies.is_some());
        let others = match self.options.create_only && !self.reads() {
            true => Others::Known(Vec::new()),
            false => Others::Read,
        };
        self.check_launchable(&put, others)?;
        if self.options.condition.dry_run {
            let code = write::would_be(
                self.name,
                1,
                "",
                self.changes.expiry,
                self.options.printing.format,
            )?;
            return Ok(Outcome::Done(code));
        }
        let (lost, place) = match write::put(self.store, &put) {
            Ok(written) => return Ok(Outcome::Done(self.done(&written)?)),
            Err(parameter_store::Error::Exists { lost, place, .. }) => (lost, place),
            Err(error) => return Err(error.into()),
        };
        // After a lost response it may exist because of us.
        if lost && write::are_ours(self.store, self.name, 1..2, self.value) {
            let existing = write::existing(self.store, self.name)?;
            let newest = existing.map(|existing| existing.newest);
            if let Some(newest) = newest.filter(|newest| newest.version == 1) {
                let written = Written {
                    version: 1,
                    tier: newest.tier,
                    lost,
                };
                return Ok(Outcome::Done(self.done(&written)?));
            }
        }
        match self.options.create_only {
            true => Err(already_exists(self.name, &place).into()),
            false => Ok(Outcome::Again),
        }
    }

    /// Whether what exists may be read.
    fn reads(&self) -> bool {
        let condition = &self.options.condition;
        !self.options.create_only || condition.dry_run || condition.strict
    }

    /// The value, if Parameter Store has no known reason to refuse it.
    fn checked(&self, put: put::Put, known: Known<'_>) -> Result<Checked, Errors> {
        let mut checked = write::checked(self.store, vec![(put, known)])?;
        let checked = checked.pop();
        checked.ok_or_else(|| parameter_store::Error::internal("nothing to write").into())
    }

    fn check_launchable(&self, put: &put::Put, others: Others) -> Result<(), Errors> {
        let path = launchable::path_of(self.name);
        let strictness = Strictness::of(self.options.condition.strict);
        launchable::check(self.store, &path, [put].into_iter(), others, strictness)
    }

    fn replace(&self, existing: &Existing) -> Result<Outcome, Errors> {
        let current = &existing.newest;
        let options = self.options;
        if options.create_only {
            return Err(already_exists(self.name, &self.store.place()).into());
        }
        write::expect_version(self.name, options.condition.if_version, current.version)?;
        let tags = match self.tags.is_empty() {
            true => None,
            false => write::tags(self.store, self.name)?,
        };
        let put = self.successor(current)?;
        if self.is_the_same(&put, current)? {
            // Only tags may be written.
            let too_many = tags.as_ref().and_then(|tags| {
                let tags = Some(tags);
                too_many_tags(self.name, tags, self.tags)
            });
            write::changeable(Vec::from_iter(too_many))?;
            let code = write::unchanged(self.name, current.version, options.printing.format)?;
            self.add_tags()?;
            return Ok(Outcome::Done(code));
        }
        let put = self.checked(put, existing.known(tags.as_ref()))?;
        let known = launchable::without_value(self.name, Some(&current.kind));
        self.check_launchable(&put, Others::Known(vec![known]))?;
        self.note_tier(current.tier.as_ref(), self.changes.set_any());
        if !current.kind.is_encrypted() && options.attributes.kind.is_none() {
            output::note(format_args!(
                "`{}` is a {}, which is not encrypted, and keeps this type",
                self.name, current.kind
            ));
        }
        if options.condition.dry_run {
            let expiry = self.changes.expiry;
            let code = write::would_be(
                self.name,
                current.version.saturating_add(1),
                "",
                expiry,
                options.printing.format,
            )?;
            return Ok(Outcome::Done(code));
        }
        let written = write::put(self.store, &put)?;
        let code = self.done(&written)?;
        self.add_tags()?;
        let if_version = options.condition.if_version;
        write::undisturbed(self.store, &put, current.version, &written, if_version)?;
        Ok(Outcome::Done(code))
    }

    /// The next version: the current one, with the given attributes.
    fn successor(&self, current: &Description) -> Result<put::Put, Errors> {
        let mut problems = Problems::default();
        let (options, name) = (self.options, self.name);
        let (kind, tier) = (&current.kind, current.tier.as_ref());
        let wanted = &options.attributes;
        if wanted.kind.as_ref().is_some_and(|wanted| wanted != kind) {
            problems.add(UsageError::new(
                format!("`{name}` is a {kind}, and the type of a parameter cannot be changed"),
                "leave out `--type`, use another name, or delete it first with `envsecrets delete`",
            ));
        }
        if !kind.is_encrypted() && self.key_id.is_some() {
            problems.add(no_key(kind));
        }
        if tier == Some(&Tier::Advanced) && wanted.tier == Some(Tier::Standard) {
            problems.add(UsageError::new(
                format!("`{name}` is an advanced parameter, which cannot become a standard one"),
                "leave out `--tier standard`, or delete it first with `envsecrets delete`",
            ));
        }
        let policies = problems.take(self.changes.policies(&current.policies));
        problems.none()?;
        let mut put = write::successor(self.name, current, self.value.clone());
        let named = |named: &Option<String>, current| named.clone().or(current);
        put.description = named(&options.description, put.description);
        put.key_id = named(&self.key_id, put.key_id);
        put.data_type = named(&options.data_type, put.data_type);
        put.pattern = named(&options.pattern, put.pattern);
        put.tier = Some(self.tier());
        // For an existing parameter they are sent apart.
        put.tags = self.tags.to_vec();
        put.policies = policies.flatten();
        Ok(put)
    }

    /// Whether the current version is the same.
    fn is_the_same(&self, put: &put::Put, current: &Description) -> Result<bool, Error> {
        let non_empty = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let becomes_advanced =
            put.tier == Some(Tier::Advanced) && current.tier != Some(Tier::Advanced);
        if self.options.origin.is_random()
            || becomes_advanced
            || put.policies.is_some()
            || non_empty(&put.description) != non_empty(&current.description)
            || non_empty(&put.pattern) != non_empty(&current.pattern)
            || (current.kind.is_encrypted() && put.key_id != current.key_id)
            || put.data_type != current.data_type
        {
            return Ok(false);
        }
        Ok(write::has_value(
            self.store,
            self.name,
            current.version,
            self.value,
        )?)
    }

    fn tier(&self) -> Tier {
        let tier = self.options.attributes.tier.clone();
        tier.unwrap_or(Tier::Intelligent)
    }

    /// Reports why a parameter becomes an advanced one without `--tier advanced`.
    fn note_tier(&self, current: Option<&Tier>, policies: bool) {
        if self.tier() == Tier::Advanced || current == Some(&Tier::Advanced) {
            return;
        }
        write::warn_of_size(self.name, self.value, current);
        if policies && self.value.size() <= Tier::Standard.most() {
            output::note(format_args!(
                "`{}` needs the advanced tier, which is charged for: a standard parameter has no \
                 policies",
                self.name
            ));
        }
    }

    fn done(&self, written: &Written) -> Result<ExitCode, Errors> {
        write::done(
            self.name,
            written,
            "",
            self.changes.expiry,
            self.options.printing.format,
        )
    }

    /// Tags are not part of a version, and not sent with one.
    fn add_tags(&self) -> Result<(), Error> {
        if self.tags.is_empty() || self.options.condition.dry_run {
            return Ok(());
        }
        Ok(self.store.add_tags(self.name, self.tags)?)
    }
}

fn already_exists(name: &str, place: &str) -> Failure {
    let what = format!("parameter `{name}` already exists in {place}");
    let failure = Failure::new(exit::CANTCREAT, what);
    failure.hint("nothing was written; without `--create-only` a new version is written")
}
