//! The labels of a rotation in Parameter Store: reading, putting and removing them.

use std::time::Duration;

use super::state::{LIVE, Labels, PENDING, PREVIOUS};
use crate::commands::write::bearer;
use crate::stores::parameter_store::manage::{Store, Version};
use crate::stores::parameter_store::{Error, Reading};

/// How often to look, and the first pause: reads can be older than writes for a second or two.
const LOOKS: u32 = 6;
const PAUSE: Duration = Duration::from_millis(100);

/// The labels of one parameter.
#[derive(Debug, Clone, Copy)]
pub struct Labelled<'s> {
    pub store: &'s Store,
    pub name: &'s str,
}

/// A label that was not put on a version.
#[derive(Debug)]
pub enum Unlabelled {
    NotMade(Error),
    /// It may be on the version all the same.
    Unknown(Error),
}

/// Where the labels are among these versions, oldest first.
pub fn among(versions: &[Version]) -> Labels {
    Labels {
        live: bearer(versions, LIVE),
        pending: bearer(versions, PENDING),
        previous: bearer(versions, PREVIOUS),
        newest: versions.last().map_or(0, |it| it.description.version),
    }
}

impl Labelled<'_> {
    /// Where they are.
    pub fn read(&self) -> Result<Labels, Error> {
        let versions = self.store.history(self.name, Reading::Names)?;
        Ok(among(&versions))
    }

    /// The same, once this is so, or after some looks whatever is so.
    pub fn read_until(&self, is_so: impl Fn(&Labels) -> bool) -> Result<Labels, Error> {
        let mut found = self.read()?;
        for look in 1..LOOKS {
            if is_so(&found) {
                break;
            }
            std::thread::sleep(PAUSE * 2_u32.pow(look - 1));
            found = self.read()?;
        }
        Ok(found)
    }

    /// Puts a label on a version. If the response is lost, it is looked for.
    pub fn put(&self, label: &str, version: i64) -> Result<(), Unlabelled> {
        let error = match self
            .store
            .label(self.name, Some(version), &[label.to_owned()])
        {
            Ok(rejected) if rejected.is_empty() => return Ok(()),
            Ok(_) => {
                let error = Error::internal(format!("label `{label}` is rejected"));
                return Err(Unlabelled::NotMade(error));
            }
            Err(error @ Error::Lost { .. }) => error,
            Err(error) => return Err(Unlabelled::NotMade(error)),
        };
        let is_there = |labels: &Labels| labels.of(label) == Some(version);
        match self.read_until(is_there) {
            Ok(labels) if is_there(&labels) => Ok(()),
            Ok(_) => Err(Unlabelled::NotMade(error)),
            Err(_) => Err(Unlabelled::Unknown(error)),
        }
    }

    /// Removes a label from a version, or finds that it is not there.
    pub fn remove(&self, label: &str, version: i64) -> Result<(), Error> {
        let removed = self.store.unlabel(self.name, version, &[label.to_owned()]);
        match removed {
            Err(error @ Error::Lost { .. }) => {
                let is_gone = |labels: &Labels| labels.of(label) != Some(version);
                match self.read_until(is_gone) {
                    Ok(labels) if is_gone(&labels) => Ok(()),
                    _ => Err(error),
                }
            }
            removed => removed.map(drop),
        }
    }
}
