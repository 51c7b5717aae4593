//! One rotation: the steps, and what becomes of it when one of them fails.

use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use super::labels::{Labelled, Unlabelled};
use super::programs::{Fault, Patience, Programs, Valued, Values, Wanted};
use super::report::Report;
use super::state::{Change, LIVE, Labels, PENDING, PREVIOUS, Place, Standing};
use crate::exit;
use crate::launch::error::{Error, Errors, Failure};
use crate::output;
use crate::parameter::Reading;
use crate::secret::Secret;
use crate::stores::parameter_store::put::Checked;
use crate::stores::{self, parameter_store::Selector};
use crate::system::signals::{self, Caught, Stop};

/// Whether the old value has to be refused after the change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OldValue {
    Ignored,
    MustBeRefused,
}

/// Whether the change may be made already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before {
    NotMade,
    PerhapsMade,
}

/// A rotation of one parameter.
#[derive(Debug)]
pub struct Rotation<'r> {
    pub labels: Labelled<'r>,
    pub programs: &'r Programs,
    pub report: Report<'r>,
    pub old_value: OldValue,
    /// What is so now, for the report of a signal too.
    pub standing: Arc<Mutex<Standing>>,
}

/// A rotation that did not reach its end.
#[derive(Debug)]
pub struct Stopped {
    pub errors: Errors,
    /// The signal that is to end us after the report.
    pub stop: Option<Stop>,
}

impl<E: Into<Errors>> From<E> for Stopped {
    fn from(errors: E) -> Self {
        let errors = errors.into();
        Self { errors, stop: None }
    }
}

/// Why a step failed.
#[derive(Debug)]
struct Cause {
    whys: Vec<String>,
    hint: Option<String>,
    code: u8,
    stop: Option<Stop>,
}

impl From<Fault> for Cause {
    fn from(fault: Fault) -> Self {
        Self {
            whys: vec![fault.why],
            hint: None,
            code: exit::TEMPFAIL,
            stop: fault.stop,
        }
    }
}

impl From<stores::Error> for Cause {
    fn from(error: stores::Error) -> Self {
        let error = Error::from(error);
        let mut whys = vec![error.to_string()];
        whys.extend(error.causes());
        Self {
            whys,
            hint: error.hint(),
            code: error.code(),
            stop: None,
        }
    }
}

impl From<String> for Cause {
    fn from(why: String) -> Self {
        Self {
            whys: vec![why],
            hint: None,
            code: exit::TEMPFAIL,
            stop: None,
        }
    }
}

/// Whether `--undo` may run after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Undoing {
    Allowed,
    /// Programs may read the new value, or another run is at work.
    Forbidden,
}

impl Rotation<'_> {
    fn name(&self) -> &str {
        self.labels.name
    }

    /// What is so now.
    pub fn standing(&self) -> Standing {
        *self.lock()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a signal that ends us between two programs report what is so.
    pub fn report_before_dying(&self) {
        let (standing, name) = (Arc::clone(&self.standing), self.name().to_owned());
        signals::report_before_dying(move || {
            let standing = *standing.lock().unwrap_or_else(PoisonError::into_inner);
            output::note(format_args!("stopped; state of `{name}`: {standing}"));
            output::hint(standing.next(&name));
        });
    }

    /// The values of these versions.
    pub fn values<const N: usize>(&self, versions: [i64; N]) -> Result<[Secret; N], Errors> {
        let name = self.name();
        let selector = |version: i64| Selector::new(name.to_owned(), Some(version.to_string()));
        let selectors = versions.map(selector);
        let found = self.labels.store.all_named(&selectors, Reading::Values)?;
        let found: Vec<Secret> = found.into_iter().map(|it| it.value).collect();
        let all = <[Secret; N]>::try_from(found);
        all.map_err(|_| stores::Error::internal("a version has no value").into())
    }

    /// Puts `live` on a version, the first time.
    pub fn make_live(&self, version: i64) -> Result<(), Stopped> {
        match self.labels.put(LIVE, version) {
            Ok(()) => {
                self.lock().live = Place::On(version);
                Ok(self.report.added(LIVE, version).map(drop)?)
            }
            Err(Unlabelled::NotMade(error) | Unlabelled::Unknown(error)) => Err(error.into()),
        }
    }

    /// Writes the new version, and labels it `pending`, unless another run is at work. Returns its
    /// version.
    ///
    /// Two runs exclude each other because versions are numbered by Parameter Store, one by one: each
    /// writes a version, looks, labels it, and looks again. The first look of the later version follows
    /// the label of the earlier one, or the second look of the earlier version follows the later one.
    pub fn write(&self, put: &Checked, live: i64, seen: i64) -> Result<i64, Stopped> {
        let version = self.labels.store.put(put)?.version;
        let is_written = |labels: &Labels| labels.newest >= version;
        let is_alone = |labels: &Labels| labels.newest == version && labels.live == Some(live);
        let found = match self.labels.read_until(is_written) {
            Ok(found) => found,
            Err(error) => return Err(self.stopped("look for other runs", error.into())),
        };
        if version != seen + 1 || !is_alone(&found) || found.pending.is_some() {
            return Err(self.overtaken(version, &found).into());
        }
        let is_labelled = |labels: &Labels| labels.pending == Some(version);
        match self.labels.put(PENDING, version) {
            Ok(()) => {}
            Err(Unlabelled::NotMade(error)) => {
                return Err(self.stopped("label `pending`", error.into()));
            }
            Err(Unlabelled::Unknown(error)) => {
                self.lock().pending = Place::Perhaps(version);
                return Err(self.stopped("label `pending`", error.into()));
            }
        }
        self.lock().pending = Place::On(version);
        let found = match self.labels.read_until(is_labelled) {
            Ok(found) => found,
            Err(error) => {
                self.clean(live, version, None);
                return Err(self.stopped("look for other runs", error.into()));
            }
        };
        if !is_labelled(&found) || !is_alone(&found) {
            let failure = self.overtaken(version, &found);
            if let Some(error) = self.clean(live, version, None) {
                let mut cause = Cause::from(error);
                cause.whys.splice(0..0, failure.causes);
                return Err(self.stopped("look for other runs", cause));
            }
            return Err(failure.into());
        }
        Ok(version)
    }

    /// The error for a run that gives way to another one.
    fn overtaken(&self, version: i64, found: &Labels) -> Failure {
        let name = self.name();
        let why = match found.pending.filter(|pending| *pending != version) {
            Some(pending) => format!("another run made version {pending} `{PENDING}`"),
            None if found.newest > version => {
                format!("version {} was written in between", found.newest)
            }
            None if found.newest < version => {
                format!("Parameter Store does not show version {version} yet")
            }
            None => "another user wrote a version, or moved a label, in between".to_owned(),
        };
        let what = format!("the rotation of `{name}` gives way to another user");
        Failure::new(exit::TEMPFAIL, what).because(why).hint(format!(
            "version {version} is not used, and the change is not made; `envsecrets history {name}` \
             shows who wrote what"
        ))
    }

    /// Makes the change, tries the values, and moves the labels.
    pub fn complete(&self, values: &Values<'_>, before: Before) -> Result<ExitCode, Stopped> {
        let labels = self.change(values, before)?;
        let (name, new) = (self.name(), values.new.version);
        if labels.live == Some(new) {
            // Of two runs that resume, both make the same change.
            self.lock().live = Place::On(new);
            self.finish(new)?;
            let line = format!("{name}:{new} is {LIVE}: another run has moved the label\n");
            return Ok(self.report.stays(LIVE, new, &line)?);
        }
        self.move_labels(values, labels.previous)
    }

    /// Makes the change, and tries the values. Returns the labels, of which `live` is on the old version,
    /// or by another run on the new one.
    fn change(&self, values: &Values<'_>, before: Before) -> Result<Labels, Stopped> {
        let caught = Caught::catch().map_err(no_signals)?;
        let (programs, name) = (self.programs, self.name());
        let tried = |tried: &Valued, wanted, patience| {
            programs.probe(&caught, name, tried, wanted, patience)
        };
        let fail =
            |step, fault: Fault| Err(self.fail(values, None, step, fault.into(), Undoing::Allowed));
        self.lock().change = Change::Unknown;
        let is_made = before == Before::PerhapsMade
            && programs.probe.is_some()
            && match tried(&values.new, Wanted::Accepted, Patience::Once) {
                Ok(()) => true,
                Err(Fault { stop: None, .. }) => false,
                Err(fault) => return fail("probe", fault),
            };
        if is_made {
            output::note(format_args!(
                "version {} of `{name}` is accepted already: the change is not made again",
                values.new.version
            ));
        } else {
            output::detail(format_args!("running the change of `{name}`"));
            if let Err(fault) = programs.change(&caught, values) {
                return fail("change", fault);
            }
        }
        self.lock().change = Change::Made;
        if let Err(fault) = tried(&values.new, Wanted::Accepted, Patience::UntilTheEnd) {
            return fail("probe", fault);
        }
        if self.old_value == OldValue::MustBeRefused
            && let Err(fault) = tried(&values.old, Wanted::Refused, Patience::UntilTheEnd)
        {
            return fail("probe of the old value", fault);
        }
        if let Some(stop) = caught.next() {
            let fault = Fault {
                why: format!("{} arrived", stop.signal()),
                stop: Some(stop),
            };
            return fail("probe", fault);
        }
        drop(caught);
        let found = match self.labels.read() {
            Ok(found) => found,
            Err(error) => {
                return Err(self.fail(
                    values,
                    None,
                    "look for other runs",
                    error.into(),
                    Undoing::Allowed,
                ));
            }
        };
        let (live, pending) = (values.old.version, values.new.version);
        let is_complete = found.live == Some(pending);
        if !is_complete && (found.live, found.pending) != (Some(live), Some(pending)) {
            *self.lock() = Standing {
                live: Place::of(found.live),
                pending: Place::of(found.pending),
                change: Change::Unknown,
            };
            let why = "another run, or another user, moved the labels in between".to_owned();
            return Err(self.fail(
                values,
                None,
                "look for other runs",
                why.into(),
                Undoing::Forbidden,
            ));
        }
        Ok(found)
    }

    /// Moves `previous`, then `live`, and removes `pending`.
    fn move_labels(&self, values: &Values<'_>, previous: Option<i64>) -> Result<ExitCode, Stopped> {
        let (old, new) = (values.old.version, values.new.version);
        let fail = |step, error: stores::Error, undoing| {
            Err(self.fail(values, Some(previous), step, error.into(), undoing))
        };
        if previous != Some(old) {
            match self.labels.put(PREVIOUS, old) {
                Ok(()) => {}
                Err(Unlabelled::NotMade(error) | Unlabelled::Unknown(error)) => {
                    return fail("label `previous`", error, Undoing::Allowed);
                }
            }
        }
        match self.labels.put(LIVE, new) {
            Ok(()) => self.lock().live = Place::On(new),
            Err(Unlabelled::NotMade(error)) => {
                return fail("label `live`", error, Undoing::Allowed);
            }
            Err(Unlabelled::Unknown(error)) => {
                self.lock().live = Place::Either(old, new);
                return fail("label `live`", error, Undoing::Forbidden);
            }
        }
        let removed = self.labels.remove(PENDING, new);
        if removed.is_ok() {
            self.lock().pending = Place::Nowhere;
        }
        self.report.put(LIVE, new, Some(old))?;
        let code = self.report.put(PREVIOUS, old, previous)?;
        match removed {
            Ok(()) => Ok(code),
            Err(error) => Err(self.unfinished(new, error.into())),
        }
    }

    /// The error for a rotation that is complete, but for `pending`.
    fn unfinished(&self, version: i64, error: Error) -> Stopped {
        let name = self.name();
        let what = format!(
            "version {version} of `{name}` is `{LIVE}`, and its label `{PENDING}` cannot be removed"
        );
        let mut failure = Failure::new(error.code(), what).because(&error);
        failure.causes.extend(error.causes());
        let hint = format!("the next run removes it, or `envsecrets rotate {name} --resume`");
        let hint = error
            .hint()
            .map_or(hint.clone(), |more| format!("{hint}; {more}"));
        failure.hint(hint).into()
    }

    /// Removes `pending` from the version that is `live`, the last step.
    pub fn finish(&self, live: i64) -> Result<(), Stopped> {
        match self.labels.remove(PENDING, live) {
            Ok(()) => {
                self.lock().pending = Place::Nowhere;
                Ok(())
            }
            Err(error) => Err(self.unfinished(live, error.into())),
        }
    }

    /// Undoes the change, and removes the labels of the rotation.
    pub fn give_up(
        &self,
        values: Option<&Values<'_>>,
        labels: Labels,
        (live, pending): (i64, i64),
    ) -> Result<ExitCode, Stopped> {
        self.lock().change = Change::Unknown;
        if let Some(values) = values {
            if let Err(fault) = self.undo(values) {
                return Err(self.stopped("undo", fault.into()));
            }
            self.lock().change = match self.programs.undo.is_some() {
                true => Change::Undone,
                // Only the old value was tried.
                false => Change::NotMade,
            };
        }
        let restored = labels.previous.filter(|it| *it == live).map(|_| None);
        if let Some(error) = self.clean(live, pending, restored) {
            return Err(self.stopped("label `pending`", error.into()));
        }
        if values.is_none() {
            output::note(format_args!(
                "nothing was undone or tried: check that the value of version {live} is accepted"
            ));
        }
        Ok(self.report.removed(PENDING, pending)?)
    }

    /// Runs `--undo`, and tries the old value.
    fn undo(&self, values: &Values<'_>) -> Result<(), Fault> {
        let caught = Caught::catch().map_err(|error| Fault {
            why: error.to_string(),
            stop: None,
        })?;
        self.programs.undo(&caught, values)?;
        let (wanted, patience) = (Wanted::Accepted, Patience::UntilTheEnd);
        self.programs
            .probe(&caught, self.name(), &values.old, wanted, patience)
    }

    /// Puts `previous` back to where it was, if it was moved, and removes `pending`. The error for
    /// `pending`, if that stays.
    fn clean(
        &self,
        live: i64,
        pending: i64,
        restored: Option<Option<i64>>,
    ) -> Option<stores::Error> {
        let error = match restored {
            Some(Some(previous)) if previous == live => None,
            Some(Some(previous)) => match self.labels.put(PREVIOUS, previous) {
                Ok(()) => None,
                Err(Unlabelled::NotMade(error) | Unlabelled::Unknown(error)) => Some(error),
            },
            Some(None) => self.labels.remove(PREVIOUS, live).err(),
            None => None,
        };
        if let Some(error) = error {
            output::detail(format_args!(
                "`{PREVIOUS}` stays on version {live}: {error}"
            ));
        }
        match self.labels.remove(PENDING, pending) {
            Ok(()) => {
                self.lock().pending = Place::Nowhere;
                None
            }
            Err(error) => Some(error),
        }
    }

    /// What becomes of a rotation of which a step failed after the change was begun. `previous` is
    /// where that label was, if it may have moved.
    fn fail(
        &self,
        values: &Values<'_>,
        previous: Option<Option<i64>>,
        step: &str,
        mut cause: Cause,
        undoing: Undoing,
    ) -> Stopped {
        if undoing == Undoing::Allowed && self.programs.undo.is_some() {
            match self.undo(values) {
                Ok(()) => {
                    self.lock().change = Change::Undone;
                    let (live, pending) = (values.old.version, values.new.version);
                    if let Some(error) = self.clean(live, pending, previous) {
                        cause.whys.push(format!("then: {error}"));
                    }
                }
                Err(fault) => {
                    self.lock().change = Change::Unknown;
                    cause.whys.push(format!("then, to undo it: {}", fault.why));
                    cause.stop = cause.stop.or(fault.stop);
                }
            }
        }
        self.stopped(step, cause)
    }

    /// The error for a step that failed, with what is so now and what to run next.
    fn stopped(&self, step: &str, cause: Cause) -> Stopped {
        let (standing, name) = (self.standing(), self.name());
        let code = match standing.is_open() {
            true => exit::CANTCREAT,
            false => cause.code,
        };
        output::note(format_args!("state of `{name}`: {standing}"));
        let what = format!("the rotation of `{name}` failed at this step: {step}");
        let next = standing.next(name);
        let hint = match cause.hint {
            Some(hint) => format!("{next}; {hint}"),
            None => next,
        };
        let failure = Failure {
            causes: cause.whys,
            ..Failure::new(code, what).hint(hint)
        };
        Stopped {
            stop: cause.stop,
            ..failure.into()
        }
    }

    /// A value from a program, before anything is written.
    pub fn made_by_program(&self, old: &Valued) -> Result<Vec<u8>, Stopped> {
        let caught = Caught::catch().map_err(no_signals)?;
        let made = self.programs.new_value(&caught, self.name(), old);
        made.map_err(|fault| self.stopped("new value", fault.into()))
    }
}

fn no_signals(error: std::io::Error) -> Failure {
    Failure::new(exit::OSERR, "cannot hold back signals").because(error)
}
