//! `envsecrets copy`: copies the secrets of a place to a path, here or in another region or account.

use std::cell::Cell;
use std::process::ExitCode;

use clap::Parser;

use super::args::{Connection, Destination, Key, Name, Path, Printing};
use super::choice::{Choice, Globs};
use super::duplicate::{self, Tags, Terms};
use super::launchable;
use super::origin::Origin;
use super::place::{self, Found, Place};
use super::report::Changes;
use super::transfer::{self, Manner, Wanted};
use crate::exit;
use crate::launch::error::{Errors, Failure, Problems};
use crate::launch::layers::Set;
use crate::launch::naming;
use crate::options::UsageError;
use crate::parameter::{Parameter, Tier};
use crate::stores::Access;
use crate::stores::parameter_store::manage::{Filter, Store};
use crate::stores::parameter_store::put::Put;
use crate::stores::parameter_store::{Error, Reading, Selector, names};

/// Copy the secrets of a place to parameters below a path
///
/// Between paths, regions, profiles and keys, and from AWS Secrets Manager: A is a path or another
/// place, such as secretsmanager://prd/app/. Of parameters value, type, tier, description, tags,
/// pattern, data type and policies are kept; versions and labels are not copied. Of secrets only the
/// value is copied: of a single one each key of its JSON object, as a parameter, and of a prefix with
/// `?json` the keys of each secret too. First prints what would be written, never a value. Parameters
/// that already have the same value are not written, so an interrupted copy can be run again; if a
/// parameter has another value, nothing is written without `--overwrite`. Parameters that exist only
/// below B are kept.
///
/// A copy from a URI has the tag `envsecrets:source`, with place and version of its source and its
/// own version. By it, the next run knows copies that only the source has changed since, and writes
/// them; those that were changed here are kept without `--overwrite`.
#[derive(Debug, Parser)]
#[command(name = "copy", bin_name = "envsecrets copy")]
#[command(after_long_help = EXAMPLES, disable_help_flag = true)]
pub struct Copy {
    /// Copy all secrets of this place, or with `--one` this parameter
    #[arg(value_name = "A")]
    a: String,

    /// Write the copies below this path, or with `--one` as this parameter
    #[arg(value_name = "B")]
    b: String,

    /// Copy one parameter: A is its name, and B that of its copy
    #[arg(long, help_heading = "What to copy", conflicts_with_all = ["only", "exclude", "rename"])]
    one: bool,

    #[command(flatten)]
    globs: Globs,

    /// Give one copy another name below B; both are relative; may be repeated
    ///
    /// The names of secrets may have characters that those of parameters cannot, such as `+`.
    #[arg(long, value_name = "NAME=NEW", help_heading = "What to copy")]
    rename: Vec<String>,

    #[command(flatten)]
    to: Destination,

    /// The KMS key that encrypts the copies: id, ARN or alias
    ///
    /// Without it a copy has the key of its original. In another region or account that is the key
    /// of the same alias; it is required if an original has its key by id or ARN.
    #[arg(long, value_name = "KEY", help_heading = "How to write")]
    key_id: Option<String>,

    /// Leave out the tags of originals, which take a request for each of them
    ///
    /// The tag `envsecrets:source` of copies from a URI is written all the same.
    #[arg(long, help_heading = "How to write")]
    no_tags: bool,

    #[command(flatten)]
    manner: Manner,

    #[command(flatten)]
    printing: Printing,

    #[command(flatten)]
    connection: Connection,
}

const EXAMPLES: &str = "\
Examples:
  What would be written?
      envsecrets copy /stg/app /prd/app --dry-run

  To another region, with the key of that region
      envsecrets copy /prd/app /prd/app --to-region eu-west-1 --key-id alias/app

  To another account
      envsecrets copy /prd/app /prd/app --profile old --to-profile new

  From Secrets Manager, and again after each rotation there
      envsecrets copy secretsmanager://prd/app/ /prd/app

  One parameter, under another name
      envsecrets copy --one /stg/app/token /prd/app/token

  What has flat names, below a path
      envsecrets copy 'prd.app.*' /prd/app

  The same parameters, with another key
      envsecrets copy /prd/app /prd/app --key-id alias/new --overwrite

Exit status:
  0 if all of it exists, 65 if Parameter Store cannot store something under its new name, or a \
launch could not use it (`--strict`), 66 if there is nothing at A, 73 if a parameter \
cannot get a new version, or exists with \
another value, or was changed here, and `--overwrite` was not given, otherwise that of a launch.";

/// Reads the secrets, and writes the copies.
pub fn run(copy: Copy) -> Result<ExitCode, Errors> {
    if copy.one {
        return one(&copy);
    }
    let (from, to) = (Place::parse(&copy.a)?, Path::parse(&copy.b)?);
    let chosen = Chosen::new(&copy)?;
    let named = copy.key_id.as_deref().map(Key::parse).transpose()?;
    let named = named.map(Key::into_string);
    copy.manner.rate()?;
    let set = match from {
        Place::Path(from) => {
            let same = from == to && !copy.to.is_given() && named.is_none();
            if same && copy.rename.is_empty() {
                return Err(onto_itself(&from.to_string()).into());
            }
            let source = copy.connection.open()?;
            return chosen.copy(&copy, &to, named, source, &Place::Path(from).set(), None);
        }
        Place::Set(set) => set,
    };
    set.only_its_own_region("copy")?;
    let access = set.source.access.as_deref();
    if place::is_catalogued(&set) {
        let caller = copy.connection.caller()?;
        let caller = access.map_or_else(|| caller.clone(), |access| access.apply(&caller));
        let source = copy.connection.open_as(&caller)?;
        let same_principal =
            access.is_none_or(|access| access.profile.is_none() && access.role.is_none());
        let plain = !copy.to.is_given() && named.is_none() && copy.rename.is_empty();
        if set.root == to.to_string()
            && plain
            && same_principal
            && copy.destination()?.region() == source.region()
        {
            return Err(onto_itself(&copy.a).into());
        }
        return chosen.copy(&copy, &to, named, source, &set, access);
    }
    let left_out = |relative: &str| chosen.excludes(relative);
    let caller = copy.connection.start()?;
    let [found] = place::read(&caller, [&set], Reading::Values, left_out)?;
    if found.secrets.is_empty()
        && let Some(error) = set.source.empty(found.place.clone())
    {
        return Err(error.into());
    }
    let mut wanted = Vec::new();
    for secret in &found.secrets {
        let of_key = naming::is_key(&secret.name);
        let Some(relative) = chosen.name(&found.relative(secret), of_key) else {
            continue;
        };
        let put = Put {
            name: to.join(&relative),
            value: secret.value.clone(),
            key_id: named.clone(),
            tier: Some(Tier::Intelligent),
            ..Put::default()
        };
        wanted.push((secret, put));
    }
    chosen.all_used()?;
    storable(&wanted, &to, &found)?;
    let mut store = copy.destination()?;
    let wanted = wanted.into_iter().map(|(secret, put)| Wanted {
        put,
        origin: Some(Origin::of(&set, secret)),
    });
    copy.transfer(&mut store, &to, wanted.collect())
}

/// Copies one parameter.
fn one(copy: &Copy) -> Result<ExitCode, Errors> {
    let mut problems = Problems::default();
    let from = problems.take(Name::parse(&copy.a));
    let to = problems.take(Name::writable(&copy.b));
    let key_id = problems.take(copy.key_id.as_deref().map(Key::parse).transpose());
    let (Some(from), Some(to), Some(key_id)) = (from, to, key_id) else {
        return Err(problems.into_errors());
    };
    if names::bare(&from) == names::bare(&to) && !copy.to.is_given() && key_id.is_none() {
        return Err(onto_itself(&copy.a).into());
    }
    copy.manner.rate()?;
    let mut store = copy.connection.open()?;
    let terms = Terms {
        key_id: key_id.map(Key::into_string),
        elsewhere: copy.to.is_given(),
        tags: copy.tags(),
    };
    let (_, wanted) = duplicate::one(&store, &from, &to, &terms)?;
    if terms.elsewhere {
        store = copy.destination()?;
    }
    copy.transfer(&mut store, &launchable::path_of(&to), wanted)
}

fn onto_itself(place: &str) -> UsageError {
    UsageError::new(
        format!("`{place}` would be copied onto itself"),
        "use another path, `--to-region`, `--to-profile`, `--to-role` or `--key-id`",
    )
}

impl Copy {
    fn tags(&self) -> Tags {
        match self.no_tags {
            true => Tags::LeftOut,
            false => Tags::Copied,
        }
    }

    /// Writes the copies, and reports them.
    fn transfer(
        &self,
        store: &mut Store,
        to: &Path,
        wanted: Vec<Wanted>,
    ) -> Result<ExitCode, Errors> {
        Changes::reported(self.printing.format, |changes| {
            transfer::transfer(store, to, wanted, &self.manner, changes)
        })
    }

    /// Opens Parameter Store where the copies are written.
    fn destination(&self) -> Result<Store, Errors> {
        let caller = self.to.caller(&self.connection)?;
        self.connection.open_as(&caller)
    }
}

/// What is copied, and under which names.
#[derive(Debug)]
struct Chosen {
    choice: Choice,
    /// Old and new name.
    rename: Vec<(String, String, Cell<bool>)>,
}

impl Chosen {
    fn new(copy: &Copy) -> Result<Self, UsageError> {
        let choice = copy.globs.choice()?;
        let mut rename: Vec<(String, String, Cell<bool>)> = Vec::new();
        for text in &copy.rename {
            // The name of a secret may contain `=`, and that of a parameter cannot.
            let (old, new) = text
                .rsplit_once('=')
                .filter(|(old, new)| !old.is_empty() && !new.is_empty())
                .ok_or_else(|| {
                    UsageError::new(
                        format!("`--rename {text}` is not NAME=NEW"),
                        "the form is `--rename NAME=NEW`, such as `--rename db+main=db/main`; both are \
                         relative",
                    )
                })?;
            if rename.iter().any(|(known, ..)| known == old) {
                let what = format!("`--rename` gives `{old}` two names");
                return Err(UsageError::new(what, "leave one of them out"));
            }
            rename.push((old.to_owned(), new.to_owned(), Cell::new(false)));
        }
        Ok(Self { choice, rename })
    }

    /// Whether a secret is left out, with its keys.
    fn excludes(&self, relative: &str) -> bool {
        self.choice.excludes(relative)
    }

    /// The name of a copy, relative to its path, or `None` if it is left out.
    fn name(&self, relative: &str, of_key: bool) -> Option<String> {
        let mut names = vec![relative];
        if of_key {
            // A key is left out with its secret, too.
            names.extend(relative.match_indices('/').map(|(at, _)| &relative[..at]));
        }
        let is_taken = self.choice.takes_any(&names);
        let mut name = relative;
        for (old, new, is_used) in &self.rename {
            if old == relative {
                is_used.set(true);
                name = new;
            }
        }
        is_taken.then(|| name.to_owned())
    }

    /// Refuses what has no effect, such as a misspelled name.
    fn all_used(&self) -> Result<(), UsageError> {
        self.choice.all_used()?;
        let mut renamed = self.rename.iter().map(|(old, new, is_used)| {
            let text = format!("--rename {old}={new}");
            (text, is_used.get())
        });
        match renamed.find(|(_, is_used)| !is_used) {
            None => Ok(()),
            Some((text, _)) => Err(UsageError::new(
                format!("`{text}` matches nothing that would be copied"),
                "give names relative to A: `envsecrets list` shows what exists",
            )),
        }
    }

    /// Copies parameters, with all that belongs to each.
    fn copy(
        &self,
        copy: &Copy,
        to: &Path,
        named: Option<String>,
        mut source: Store,
        set: &Set,
        access: Option<&Access>,
    ) -> Result<ExitCode, Errors> {
        let (parameters, filters) = parameters(&source, set)?;
        if parameters.is_empty()
            && let Some(error) = set.source.empty(source.place())
        {
            return Err(error.into());
        }
        let descriptions = source.describe(&filters)?;
        let mut chosen = Vec::new();
        for parameter in parameters {
            let relative = naming::relative(&set.root, &parameter.name);
            if let Some(name) = self.name(relative, false) {
                chosen.push((to.join(&name), parameter));
            }
        }
        self.all_used()?;
        let terms = Terms {
            key_id: named,
            elsewhere: copy.to.is_given() || access.is_some(),
            tags: copy.tags(),
        };
        let of_uri = place::is_meant(&copy.a);
        let origin = |parameter: &Parameter| of_uri.then(|| Origin::of(set, parameter));
        let wanted = duplicate::copies(&source, chosen, descriptions, &terms, origin)?;
        if terms.elsewhere {
            source = copy.destination()?;
        }
        copy.transfer(&mut source, to, wanted)
    }
}

/// The parameters of a set, and the filters that select them in the catalogue.
fn parameters(store: &Store, set: &Set) -> Result<(Vec<Parameter>, Vec<Filter>), Error> {
    let Some(glob) = set.source.glob() else {
        let filters = Filter::below(&set.root).into_iter().collect();
        return Ok((store.below(&set.root, Reading::Values)?, filters));
    };
    let filters = vec![Filter::new("Name", "BeginsWith", glob.beginning())];
    let found = store.describe(&filters)?.into_iter();
    let names = found.map(|it| it.name).filter(|name| glob.matches(name));
    let names: Vec<Selector> = names.map(|name| Selector::new(name, None)).collect();
    let found = store.named(&names, Reading::Values)?;
    Ok((
        found.into_iter().filter_map(|(_, it)| it).collect(),
        filters,
    ))
}

/// Refuses, before anything is written, what Parameter Store cannot hold.
fn storable(wanted: &[(&Parameter, Put)], to: &Path, found: &Found) -> Result<(), Failure> {
    let mut problems = Vec::new();
    for (secret, put) in wanted {
        let (place, relative) = (secret.place(), found.relative(secret));
        let out = format!("`--exclude {relative}` leaves it out");
        let name = &put.name;
        for why in names::unwritable(name) {
            problems.push(format!(
                "`{place}` would be `{name}`, which {why}: `--rename {relative}=NEW` gives it another \
                 name"
            ));
        }
        if secret.bytes().is_some() {
            problems.push(format!(
                "`{place}` is not text: {out}, and a launch passes it with `--file NAME={place}`"
            ));
            continue;
        }
        // A way out that others of these problems do not have.
        let elsewhere = match put.value.size() > Tier::Advanced.most() {
            true => {
                ", and as an object of S3 a launch passes it with `--file NAME=s3://BUCKET/KEY`"
            }
            false => "",
        };
        let rest = put.value_problems().into_iter();
        problems.extend(rest.map(|what| format!("{what}: {out}{elsewhere}")));
    }
    if problems.is_empty() {
        return Ok(());
    }
    let what = format!("Parameter Store cannot hold all of this below `{to}`");
    let mut failure = Failure::new(exit::DATAERR, what);
    failure.causes = problems;
    Err(failure.hint("nothing was written: name others, or leave them out, and try again"))
}
