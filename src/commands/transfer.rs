//! Writing many parameters: compares them with the existing ones, then writes in order.
//!
//! Each parameter is written by one call, so that none is ever incomplete. After any interruption,
//! the same command again skips what was written, and writes the rest.

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use clap::Args;
use serde_json::Value;

use super::args::Path;
use super::launchable::{self, Others, Strictness};
use super::origin::{self, Drift, Origin};
use super::report::{self, Changes};
use super::table::{ELSEWHERE, shown};
use super::write;
use crate::launch::error::{Error, Errors, Failure, Problems};
use crate::options::UsageError;
use crate::output::tally::Tally;
use crate::parameter::{Parameter, ParameterType, Tier};
use crate::stores::parameter_store::manage::{Description, Filter, Store, WRITES_A_SECOND};
use crate::stores::parameter_store::names::bare;
use crate::stores::parameter_store::put::{Checked, Known, MOST_VERSIONS, Oldest, Put};
use crate::stores::parameter_store::{self, Reading, Selector};
use crate::system::signals;
use crate::{exit, output};

/// How many names one filter of the catalogue accepts (ParameterStringFilter, `Values`).
const FILTERED_AT_ONCE: usize = 50;

/// Options for writing many parameters.
#[derive(Debug, Clone, Args)]
pub struct Manner {
    /// Write new versions of parameters that exist with another value
    #[arg(long, help_heading = "How to write")]
    pub overwrite: bool,

    /// Print what would be written, and write nothing
    #[arg(long, help_heading = "How to write")]
    pub dry_run: bool,

    /// Refuse to write what a launch of the path could not use, instead of a warning
    ///
    /// A launch fails if two parameters become the same variable, such as `db` and `DB`, if a name is
    /// not that of a variable, such as `2fa`, or is refused, such as `LD_PRELOAD`, or if a value is
    /// refused under its name.
    #[arg(long, help_heading = "How to write")]
    pub strict: bool,

    /// Write at most this many parameters per second [default: 3]
    ///
    /// The default is the limit of an account; higher rates are for accounts with a higher quota.
    #[arg(long, value_name = "NUMBER", help_heading = "How to write")]
    pub write_rate: Option<String>,
}

impl Manner {
    /// The number of writes per second.
    ///
    /// # Errors
    ///
    /// If the given text is not a valid number.
    pub fn rate(&self) -> Result<f64, UsageError> {
        const MOST: f64 = 1000.0;
        let Some(text) = &self.write_rate else {
            return Ok(WRITES_A_SECOND);
        };
        let rate = text.parse().ok();
        rate.filter(|rate| *rate > 0.0 && *rate <= MOST)
            .ok_or_else(|| {
                UsageError::new(
                    format!("`--write-rate {text}` is not a number of writes per second"),
                    "use a number above 0 and up to 1000, such as `10` or `0.5`",
                )
            })
    }
}

/// A parameter to write, and the secret that it is a copy of, if it is to have a tag that says so.
#[derive(Debug)]
pub struct Wanted {
    pub put: Put,
    pub origin: Option<Origin>,
}

impl From<Put> for Wanted {
    fn from(put: Put) -> Self {
        Self { put, origin: None }
    }
}

/// The action for one parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    New,
    /// What differs from the existing parameter.
    Changed(Vec<&'static str>),
    /// A copy that was changed here since it was written, and that stays as it is.
    Kept,
    Unchanged,
}

/// One parameter, with all that would be written.
#[derive(Debug)]
struct Item {
    put: Put,
    step: Step,
    /// The existing version, if any, and its type.
    version: Option<i64>,
    kind: Option<ParameterType>,
    /// Whether requested tags are missing on an existing parameter.
    tags: bool,
    origin: Option<Origin>,
    /// Why a copy differs from its secret.
    drift: Drift,
}

impl Item {
    /// Whether the change needs no `--overwrite`: the copy is as it was written, or only the tag that
    /// says where it comes from is missing, as after a run that was ended before it could write that.
    fn is_expected(&self) -> bool {
        match &self.step {
            Step::Changed(what) => {
                *what == [SOURCE] || self.drift == Drift::InSource && !what.contains(&"type")
            }
            Step::New | Step::Kept | Step::Unchanged => true,
        }
    }

    /// What became of it, or with `would` what is to become of it, for programs; `version` is the one that
    /// it has then.
    fn object(&self, version: i64, would: bool) -> Value {
        let result = match (&self.step, would) {
            (Step::Unchanged, _) => "unchanged",
            (Step::Kept, _) => "kept",
            (Step::Changed(_), false) if self.put.follows.is_none() => "tagged",
            (Step::Changed(_), true) if self.put.follows.is_none() => "would_be_tagged",
            (_, false) => "written",
            (_, true) => "would_be_written",
        };
        let differs = match &self.step {
            Step::Changed(what) => Value::from(what.clone()),
            Step::New | Step::Kept | Step::Unchanged => Value::Null,
        };
        let fields = report::Object([
            ("parameter", self.put.name.as_str().into()),
            ("version", version.into()),
            ("result", result.into()),
            (
                "type",
                self.put.kind.as_ref().map(ParameterType::as_str).into(),
            ),
            ("bytes", self.put.value.size().into()),
            ("differs", differs),
        ]);
        serde_json::to_value(fields).unwrap_or_default()
    }

    /// The version that it has, or is to have.
    fn next_version(&self) -> i64 {
        let is_written = self.step == Step::New || self.put.follows.is_some();
        self.version.unwrap_or_default() + i64::from(is_written)
    }

    /// The tags of the version that was written.
    fn tags_at(&self, wanted: &Checked, version: i64) -> Vec<(String, String)> {
        let mut tags = wanted.tags.clone();
        if let Some(origin) = &self.origin {
            tags.retain(|(key, _)| key != origin::TAG);
            tags.push((origin::TAG.to_owned(), origin.value(version)));
        }
        tags
    }
}

/// What differs if only the tag of a copy does.
const SOURCE: &str = "tag of the source";

/// The existing parameters.
#[derive(Debug, Default)]
struct Existing {
    parameters: BTreeMap<String, Parameter>,
    descriptions: BTreeMap<String, Description>,
    tags: BTreeMap<String, BTreeMap<String, String>>,
}

/// Prints what would be written, and writes it unless this is a dry run. Programs get what was, or would be,
/// written.
///
/// `path` is where a launch would look for them. `follows` of `wanted` is not used. A missing type is
/// that of the existing parameter, or SecureString.
///
/// # Errors
///
/// If a parameter cannot be stored, or exists with another value and must not be overwritten: then
/// nothing was written. If a write fails, the error lists what was written.
pub fn transfer(
    store: &mut Store,
    path: &Path,
    wanted: Vec<Wanted>,
    manner: &Manner,
    changes: &Changes,
) -> Result<ExitCode, Errors> {
    store.set_writes_a_second(manner.rate()?);
    storable(&wanted, store.region())?;
    let existing = look(store, &wanted)?;
    let items: Vec<Item> = wanted
        .into_iter()
        .map(|wanted| step(wanted, &existing, manner))
        .collect();
    changes.plan(&table(&items))?;
    let (kept, items): (Vec<Item>, Vec<Item>) =
        items.into_iter().partition(|item| item.step == Step::Kept);
    let (rest, unchanged): (Vec<Item>, Vec<Item>) = items
        .into_iter()
        .partition(|item| item.step != Step::Unchanged);
    let full = full(store, &rest)?;
    let mut problems = Problems::default();
    // What has another type cannot be written over either.
    match retyped(&rest) {
        Ok(()) if !manner.overwrite => drop(problems.take(conflicts(&rest))),
        retyped => drop(problems.take(retyped)),
    }
    let puts = rest.iter().map(|item| {
        let known = Known {
            tags: existing.tags.get(&item.put.name).filter(|_| item.tags),
            oldest: full.get(&item.put.name),
        };
        (item.put.clone(), known)
    });
    let checked = problems.take(write::checked(store, puts.collect()));
    problems.none()?;
    launchable(store, path, &rest, &existing, manner)?;
    let as_before = || {
        let items = unchanged.iter().chain(&kept);
        changes.keep(items.map(|item| item.object(item.next_version(), manner.dry_run)));
    };
    if manner.dry_run {
        changes.keep(
            rest.iter()
                .map(|item| item.object(item.next_version(), true)),
        );
        as_before();
    } else {
        let steps: Vec<(Checked, Item)> = checked.into_iter().flatten().zip(rest).collect();
        write(store, &steps, changes)?;
        as_before();
        if kept.is_empty() || steps.len() + unchanged.len() > 0 {
            output::note(summary(steps.len(), unchanged.len()));
        }
    }
    match kept.as_slice() {
        [] => Ok(ExitCode::SUCCESS),
        kept => Err(changed_here(kept).into()),
    }
}

/// The error for copies that were changed since, and stay as they are.
fn changed_here(kept: &[Item]) -> Failure {
    let verb = match kept.len() {
        1 => "was changed here since it was copied, and is kept",
        _ => "were changed here since they were copied, and are kept",
    };
    let what = format!("{} {verb}", counted(kept.len()));
    let mut failure = Failure::new(exit::CANTCREAT, what);
    failure.causes = kept
        .iter()
        .map(|item| {
            let version = item.version.unwrap_or_default();
            format!("`{}`: now at version {version}", item.put.name)
        })
        .collect();
    failure.hint("`--overwrite` replaces them with what the source has")
}

/// The parameters that have no room for a new version, each with its oldest version.
fn full(store: &Store, items: &[Item]) -> Result<BTreeMap<String, Oldest>, Error> {
    // Versions are numbered from 1.
    let is_old = |item: &&Item| {
        item.put
            .follows
            .is_some_and(|it| it >= MOST_VERSIONS as i64)
    };
    let names: Vec<String> = items
        .iter()
        .filter(is_old)
        .map(|item| item.put.name.clone())
        .collect();
    let histories = match store.histories(&names, Reading::Names) {
        Ok(histories) => histories,
        Err(error @ parameter_store::Error::Denied { .. }) => {
            output::detail(format_args!(
                "it is not checked whether there is room for new versions: {error}"
            ));
            return Ok(BTreeMap::new());
        }
        Err(error) => return Err(error.into()),
    };
    let all = names.into_iter().zip(histories);
    Ok(all
        .filter_map(|(name, versions)| Some((name, write::oldest(&versions?)?)))
        .collect())
}

/// Warns of what would make a launch of the path fail, or refuses it.
fn launchable(
    store: &Store,
    path: &Path,
    items: &[Item],
    existing: &Existing,
    manner: &Manner,
) -> Result<(), Errors> {
    let others = match items.iter().any(|item| item.step == Step::New) {
        true => Others::Read,
        // Nothing gets a new name.
        false => Others::Known(
            existing
                .parameters
                .iter()
                .map(|(name, it)| launchable::without_value(name, Some(&it.kind)))
                .collect(),
        ),
    };
    let strictness = Strictness::of(manner.strict);
    let puts = items.iter().map(|item| &item.put);
    launchable::check(store, path, puts, others, strictness)
}

fn summary(written: usize, unchanged: usize) -> String {
    match (written, unchanged) {
        (0, 1) => "nothing to write: 1 parameter is up to date".to_owned(),
        (0, 2..) => format!("nothing to write: {unchanged} parameters are up to date"),
        (_, 0) => format!("wrote {}", counted(written)),
        _ => format!(
            "wrote {}, and left {} as before",
            counted(written),
            counted(unchanged)
        ),
    }
}

fn counted(count: usize) -> String {
    match count {
        1 => "1 parameter".to_owned(),
        _ => format!("{count} parameters"),
    }
}

/// Finds what Parameter Store would reject whatever exists, before any request.
fn storable(wanted: &[Wanted], region: &str) -> Result<(), Failure> {
    let mut problems = Vec::new();
    let mut seen = BTreeSet::new();
    for Wanted { put, .. } in wanted {
        problems.extend(put.problems(Some(region)));
        if !seen.insert(bare(&put.name)) {
            problems.push(format!("`{}` is given twice", put.name));
        }
    }
    write::storable(problems, wanted.len())
}

/// Reads the existing parameters.
fn look(store: &Store, wanted: &[Wanted]) -> Result<Existing, Error> {
    let mut names = Vec::new();
    for Wanted { put, .. } in wanted {
        let name = Selector::parse(&put.name).map_err(|why| {
            UsageError::new(format!("`{}` {why}", put.name), "choose another name")
        })?;
        names.push(name);
    }
    let found = store.named(&names, Reading::Values)?;
    let mut existing = Existing::default();
    for (Wanted { put, .. }, (_, parameter)) in wanted.iter().zip(found) {
        if let Some(parameter) = parameter {
            existing.parameters.insert(put.name.clone(), parameter);
        }
    }
    // A new version must repeat what the service does not keep: the key and the pattern.
    let described: Vec<&Put> = wanted
        .iter()
        .map(|wanted| &wanted.put)
        .filter(|put| {
            let given = put.key_id.is_some() || put.description.is_some();
            let found = existing.parameters.get(&put.name);
            found.is_some_and(|found| given || found.value != put.value)
        })
        .collect();
    for some in described.chunks(FILTERED_AT_ONCE) {
        let filter = Filter {
            key: "Name".to_owned(),
            option: "Equals",
            values: some.iter().map(|put| put.name.clone()).collect(),
        };
        let mut descriptions: BTreeMap<String, Description> = store
            .describe(&[filter])?
            .into_iter()
            .map(|one| (bare(&one.name).to_owned(), one))
            .collect();
        for put in some {
            if let Some(one) = descriptions.remove(bare(&put.name)) {
                existing.descriptions.insert(put.name.clone(), one);
            }
        }
    }
    let is_tagged = |it: &&Wanted| !it.put.tags.is_empty() || it.origin.is_some();
    let tagged: Vec<String> = wanted
        .iter()
        .filter(is_tagged)
        .map(|wanted| wanted.put.name.clone())
        .filter(|name| existing.parameters.contains_key(name))
        .collect();
    for (name, tags) in tagged.iter().zip(store.tags_of(&tagged)?) {
        existing.tags.insert(name.clone(), tags.unwrap_or_default());
    }
    Ok(existing)
}

/// The action for one parameter.
fn step(wanted: Wanted, existing: &Existing, manner: &Manner) -> Item {
    let Wanted { mut put, origin } = wanted;
    let tag = |version: i64| {
        let origin = origin.as_ref()?;
        Some((origin::TAG.to_owned(), origin.value(version)))
    };
    let Some(parameter) = existing.parameters.get(&put.name) else {
        put.follows = None;
        put.kind.get_or_insert(ParameterType::SecureString);
        put.tags.extend(tag(1));
        return Item {
            put,
            step: Step::New,
            version: None,
            kind: None,
            tags: false,
            origin,
            drift: Drift::Unknown,
        };
    };
    let before = existing.descriptions.get(&put.name);
    let mut differs = Vec::new();
    if put.value != parameter.value {
        differs.push("value");
    }
    let kind = put.kind.get_or_insert_with(|| parameter.kind.clone());
    if *kind != parameter.kind {
        differs.push("type");
    }
    let encrypted = kind.is_encrypted();
    // The service accepts a key for this type alone.
    put.key_id = put.key_id.filter(|_| encrypted);
    let key = before.and_then(|it| it.key_id.as_deref());
    if encrypted && put.key_id.is_some() && !same_key(put.key_id.as_deref(), key) {
        differs.push("key");
    }
    let description = before.and_then(|it| it.description.as_ref());
    if put.description.is_some() && put.description.as_ref() != description {
        differs.push("description");
    }
    let written = !differs.is_empty();
    let known = existing.tags.get(&put.name);
    let has = |(key, value): &(String, String)| known.and_then(|it| it.get(key)) == Some(value);
    let mut tags = !put.tags.iter().all(has);
    if tags {
        differs.push("tags");
    }
    let drift = match &origin {
        Some(origin) if written => {
            let known = known.and_then(|tags| tags.get(origin::TAG));
            origin.drift(known.map(String::as_str), parameter.version)
        }
        _ => Drift::Unknown,
    };
    let next = tag(parameter.version + i64::from(written));
    if !written && next.as_ref().is_some_and(|tag| !has(tag)) {
        differs.push(SOURCE);
    }
    tags |= !differs.is_empty() && next.is_some();
    put.tags.extend(next);
    put.follows = written.then_some(parameter.version);
    if let (true, Some(before)) = (written, before) {
        if encrypted && put.key_id.is_none() {
            put.key_id.clone_from(&before.key_id);
        }
        // It cannot be changed back (PutParameter, `Tier`).
        if before.tier == Some(Tier::Advanced) && put.tier == Some(Tier::Standard) {
            put.tier.clone_from(&before.tier);
        }
        if put.pattern.is_none() {
            put.pattern.clone_from(&before.pattern);
        }
        if put.data_type.is_none() {
            put.data_type.clone_from(&before.data_type);
        }
    }
    Item {
        put,
        step: match differs.is_empty() {
            true => Step::Unchanged,
            false if drift == Drift::Here && !manner.overwrite => Step::Kept,
            false => Step::Changed(differs),
        },
        version: Some(parameter.version),
        kind: Some(parameter.kind.clone()),
        tags,
        origin,
        drift,
    }
}

/// Whether both are the same key, as far as known: an alias and the id of its key cannot be
/// compared.
fn same_key(wanted: Option<&str>, existing: Option<&str>) -> bool {
    let bare = |key: &str| {
        let tail = key.rsplit(':').next().unwrap_or(key);
        tail.strip_prefix("key/").unwrap_or(tail).to_owned()
    };
    wanted.map(bare) == existing.map(bare)
}

/// The plan, without a value.
fn table(items: &[Item]) -> String {
    let rows: Vec<[String; 5]> = items
        .iter()
        .map(|item| {
            let (step, mut note) = match &item.step {
                Step::New => ("new", String::new()),
                Step::Changed(what) => ("changed", changed(item, what)),
                Step::Kept => ("kept", kept(item)),
                Step::Unchanged if item.origin.is_some() => ("unchanged", "copied".to_owned()),
                Step::Unchanged => ("unchanged", String::new()),
            };
            if becomes_advanced(item) {
                let separator = if note.is_empty() { "" } else { "; " };
                note.push_str(separator);
                note.push_str("needs the advanced tier, which is charged for");
            }
            let (name, size) = (item.put.name.clone(), item.put.value.size().to_string());
            let kind = item.put.kind.as_ref().map(ToString::to_string);
            [step.to_owned(), name, kind.unwrap_or_default(), size, note]
        })
        .collect();
    shown(
        "STEP PARAMETER TYPE SIZE NOTE",
        &rows,
        &["SIZE", "TYPE"],
        ELSEWHERE,
    )
}

/// Whether a value is written that no standard parameter can have, where nothing asked for its tier.
fn becomes_advanced(item: &Item) -> bool {
    let is_written = match &item.step {
        Step::New => true,
        Step::Changed(what) => what.contains(&"value"),
        Step::Kept | Step::Unchanged => false,
    };
    let is_given = item.put.tier == Some(Tier::Advanced);
    is_written && !is_given && item.put.value.size() > Tier::Standard.most()
}

fn changed(item: &Item, what: &[&str]) -> String {
    let version = item.version.unwrap_or_default();
    let since = match item.drift {
        Drift::InSource => "; changed in the source",
        Drift::Here => "; changed here",
        Drift::Unknown => "",
    };
    match what {
        [only @ ("tags" | SOURCE)] => (*only).to_owned(),
        _ => format!("{}; now at version {version}{since}", what.join(", ")),
    }
}

fn kept(item: &Item) -> String {
    let version = item.version.unwrap_or_default();
    format!("now at version {version}; changed here")
}

/// Refuses what the service would reject (PutParameter, HierarchyTypeMismatchException).
fn retyped(items: &[Item]) -> Result<(), Failure> {
    let mut failure = Failure::new(exit::CANTCREAT, "the type of a parameter cannot be changed");
    for item in items {
        if let (Some(wanted), Some(existing)) = (&item.put.kind, &item.kind)
            && wanted != existing
        {
            let name = &item.put.name;
            failure = failure.because(format!("`{name}` is a {existing}, not a {wanted}"));
        }
    }
    if failure.causes.is_empty() {
        return Ok(());
    }
    Err(failure.hint("nothing was written: delete the parameters of another type, and try again"))
}

/// Refuses to overwrite, and lists all conflicts.
fn conflicts(items: &[Item]) -> Result<(), Failure> {
    let differing: Vec<String> = items
        .iter()
        .filter_map(|item| match &item.step {
            Step::Changed(what) if !item.is_expected() => {
                Some(format!("`{}`: {}", item.put.name, changed(item, what)))
            }
            Step::New | Step::Changed(_) | Step::Kept | Step::Unchanged => None,
        })
        .collect();
    if differing.is_empty() {
        return Ok(());
    }
    let verb = match differing.len() {
        1 => "already exists, and differs",
        _ => "already exist, and differ",
    };
    let what = format!("{} {verb}", counted(differing.len()));
    let mut failure = Failure::new(exit::CANTCREAT, what);
    failure.causes = differing;
    Err(failure.hint("nothing was written: use `--overwrite` to write new versions"))
}

/// The progress, kept for a report even if a signal ends the process.
#[derive(Debug)]
struct Ledger {
    names: Vec<String>,
    done: usize,
    /// Whether the next one is being written.
    under_way: bool,
}

/// Writes them in their order, and stops at the first error.
fn write(store: &Store, items: &[(Checked, Item)], changes: &Changes) -> Result<(), Errors> {
    if items.is_empty() {
        return Ok(());
    }
    let ledger = Arc::new(Mutex::new(Ledger {
        names: items.iter().map(|(put, _)| put.name.clone()).collect(),
        done: 0,
        under_way: false,
    }));
    let of_signal = Arc::clone(&ledger);
    signals::report_before_dying(move || {
        // Never unlocked: nothing more is written from here on.
        let ledger = std::mem::ManuallyDrop::new(lock(&of_signal));
        ledger.report();
    });
    let tally = Tally::start("parameters written", items.len());
    for (checked, item) in items {
        lock(&ledger).under_way = true;
        let outcome = put(store, checked, item);
        let mut ledger = lock(&ledger);
        // A new value whose tags were rejected may be written.
        let in_part = item.tags && checked.follows.is_some();
        let unknown = |error: &Error| error.is_uncertain() || in_part;
        ledger.under_way = outcome.as_ref().is_err_and(unknown);
        match outcome {
            Ok(version) => {
                changes.keep([item.object(version, false)]);
                ledger.done += 1;
                tally.done(ledger.done);
            }
            Err(error) => {
                let failure = ledger.failure(error.code());
                return Err(Errors::of([error, Error::Command(failure)]));
            }
        }
    }
    Ok(())
}

fn lock(ledger: &Mutex<Ledger>) -> MutexGuard<'_, Ledger> {
    ledger.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes one, and returns its version. A new one is created with its tags; otherwise they follow, and the next
/// run checks them again.
fn put(store: &Store, wanted: &Checked, item: &Item) -> Result<i64, Error> {
    let mut tags = item.tags;
    let mut version = item.version.unwrap_or_default();
    if item.step == Step::New {
        match store.put(wanted) {
            // It may be our own, from a call whose response was lost, or of an earlier run, not yet
            // visible then.
            Err(error @ parameter_store::Error::Exists { .. }) => {
                version = match found_as_wanted(store, wanted)? {
                    Some(version) => version,
                    None => return Err(error.into()),
                };
                tags = !wanted.tags.is_empty();
            }
            outcome => version = outcome?.version,
        }
    } else if wanted.follows.is_some() {
        version = store.put(wanted)?.version;
    }
    if tags {
        store.add_tags(&wanted.name, &item.tags_at(wanted, version))?;
    }
    Ok(version)
}

/// The version of a parameter that exists as it was to be written.
fn found_as_wanted(store: &Store, wanted: &Put) -> Result<Option<i64>, Error> {
    let Ok(name) = Selector::parse(&wanted.name) else {
        return Ok(None);
    };
    let found = store.named_patiently(&[name], Reading::Values)?;
    let found = found.into_iter().find_map(|(_, parameter)| parameter);
    let found = found
        .filter(|found| found.value == wanted.value && Some(&found.kind) == wanted.kind.as_ref());
    Ok(found.map(|found| found.version))
}

impl Ledger {
    fn summary(&self) -> String {
        format!("{} of {} written", self.done, counted(self.names.len()))
    }

    /// What was written, what was not, and what is not known.
    fn lists(&self) -> Vec<String> {
        let (done, rest) = self.names.split_at(self.done);
        let (unknown, not) = rest.split_at(usize::from(self.under_way));
        let lists = [
            ("written", done),
            ("perhaps written", unknown),
            ("not written", not),
        ];
        lists
            .into_iter()
            .filter(|(_, names)| !names.is_empty())
            .map(|(what, names)| format!("{what}: {}", names.join(", ")))
            .collect()
    }

    fn report(&self) {
        output::note(format_args!("stopped: {}", self.summary()));
        for list in self.lists() {
            output::note(list);
        }
        output::hint(AGAIN);
    }

    fn failure(&self, code: u8) -> Failure {
        let mut failure = Failure::new(code, self.summary()).hint(AGAIN);
        failure.causes = self.lists();
        failure
    }
}

const AGAIN: &str = "run the same command again to write the rest";
