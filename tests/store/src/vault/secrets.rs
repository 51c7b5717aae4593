//! Keys and values, of both versions of the engine.

use super::{Answer, Mount, State, Vault, envelope, errors, success};

/// A secret with all its versions; of version 1 it has one.
#[derive(Debug, Default)]
pub(super) struct Secret {
    versions: Vec<Version>,
}

#[derive(Debug)]
struct Version {
    /// The JSON of its keys, as it was written.
    data: String,
    state: Kept,
}

#[derive(Debug, PartialEq, Eq)]
enum Kept {
    Yes,
    Deleted,
    Destroyed,
}

/// When everything was written.
const CREATED: &str = "2026-11-24T02:37:54.616829211Z";
const DELETED: &str = "2026-11-25T09:00:00.633314965Z";

impl Vault {
    /// Writes a secret: the mount and the path below it, and the JSON of its keys. Of version 2 it is
    /// a new version.
    ///
    /// # Panics
    /// If nothing is mounted there.
    pub fn put(&self, path: &str, data: &str) {
        self.change(path, |mount, secret| {
            if mount != Some(2) {
                secret.versions.clear();
            }
            secret.versions.push(Version {
                data: data.to_owned(),
                state: Kept::Yes,
            });
        });
    }

    /// Deletes the newest version, so that it can be restored.
    pub fn delete(&self, path: &str) {
        self.change(path, |_, secret| {
            if let Some(version) = secret.versions.last_mut() {
                version.state = Kept::Deleted;
            }
        });
    }

    /// Destroys the newest version.
    pub fn destroy(&self, path: &str) {
        self.change(path, |_, secret| {
            if let Some(version) = secret.versions.last_mut() {
                version.state = Kept::Destroyed;
            }
        });
    }

    fn change(&self, path: &str, what: impl FnOnce(Option<u8>, &mut Secret)) {
        let mut state = self.state();
        let (name, _, below) = state.mount_of(path).expect("something is mounted there");
        let (name, below) = (name.to_owned(), below.to_owned());
        let mount = state.mounts.get_mut(&name).expect("it was found");
        let version = mount.version;
        what(version, mount.secrets.entry(below).or_default());
    }
}

impl State {
    pub(super) fn read(&self, path: &str, query: &str) -> Answer {
        let Some((_, mount, below)) = self.mount_of(path) else {
            return errors(404, &[&format!("no handler for route '{path}'")]);
        };
        if mount.kind == "database" {
            let data = r#"{"username":"v-root-1","password":"made-for-this-reader"}"#;
            let body = envelope(data, "null").replace(
                "\"lease_id\":\"\"",
                "\"lease_id\":\"database/creds/app/5s0\"",
            );
            return (200, body);
        }
        if mount.version != Some(2) {
            let secret = mount.secrets.get(below);
            let version = secret.and_then(|secret| secret.versions.last());
            return match version {
                Some(version) => success(&version.data),
                None => errors(404, &[]),
            };
        }
        let Some(below) = below.strip_prefix("data/") else {
            let warning = "Invalid path for a versioned K/V secrets engine. See the API docs for the \
                           appropriate API endpoints to use. If using the Vault CLI, use 'vault kv get' \
                           for this operation.";
            let body = envelope("null", "null").replace(
                "\"warnings\":null",
                &format!("\"warnings\":[\"{warning}\"]"),
            );
            return (404, body);
        };
        let Some(secret) = mount.secrets.get(below) else {
            return errors(404, &[]);
        };
        let wanted = query
            .strip_prefix("version=")
            .and_then(|it| it.parse().ok());
        let number = wanted.unwrap_or(secret.versions.len());
        let version = number.checked_sub(1).and_then(|at| secret.versions.get(at));
        let Some(version) = version else {
            return errors(404, &[]);
        };
        let (deletion, destroyed) = match version.state {
            Kept::Yes => ("", false),
            Kept::Deleted => (DELETED, false),
            Kept::Destroyed => ("", true),
        };
        let is_kept = version.state == Kept::Yes;
        let data = if is_kept {
            version.data.as_str()
        } else {
            "null"
        };
        let data = format!(
            "{{\"data\":{data},\"metadata\":{{\"created_time\":\"{CREATED}\",\"custom_metadata\":null,\
             \"deletion_time\":\"{deletion}\",\"destroyed\":{destroyed},\"version\":{number}}}}}"
        );
        match is_kept {
            true => success(&data),
            false => (404, envelope(&data, "null")),
        }
    }

    pub(super) fn list(&self, path: &str) -> Answer {
        let Some((_, mount, below)) = self.mount_of(path) else {
            return errors(404, &[]);
        };
        let Mount {
            version, secrets, ..
        } = mount;
        let below = match (version, below) {
            (Some(2), "metadata") => "",
            (Some(2), below) => match below.strip_prefix("metadata/") {
                Some(below) => below,
                None => return errors(404, &[]),
            },
            (_, below) => below,
        };
        let folder = match below.trim_end_matches('/') {
            "" => String::new(),
            below => format!("{below}/"),
        };
        let mut names: Vec<String> = secrets
            .keys()
            .filter_map(|name| name.strip_prefix(&folder))
            .map(|rest| match rest.split_once('/') {
                Some((first, _)) => format!("{first}/"),
                None => rest.to_owned(),
            })
            .collect();
        names.sort();
        names.dedup();
        match names.is_empty() {
            true => errors(404, &[]),
            false => success(&serde_json::json!({"keys": names}).to_string()),
        }
    }
}
