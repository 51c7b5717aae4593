//! Buckets and the versions of their objects.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::server::clock;
use crate::store::State;

/// A bucket, which is in one region.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bucket {
    pub(crate) region: String,
    /// Whether each object keeps its versions.
    pub(crate) is_versioned: bool,
    /// The versions of each object, the oldest first.
    pub(crate) objects: BTreeMap<String, Vec<Object>>,
}

/// A version of an object.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    /// Only where the bucket keeps versions.
    pub(crate) version: Option<String>,
    /// `None` for a marker that the object was deleted.
    pub(crate) content: Option<Vec<u8>>,
    pub(crate) tag: String,
    pub(crate) modified: i64,
}

/// Writes an object, or deletes it, and returns its version, if the bucket has some.
pub(crate) fn put(
    state: &mut State,
    bucket: &str,
    key: &str,
    content: Option<&[u8]>,
) -> Option<String> {
    let region = state.region.clone();
    let bucket = state.buckets.entry(bucket.to_owned()).or_insert(Bucket {
        region,
        ..Bucket::default()
    });
    let versions = bucket.objects.entry(key.to_owned()).or_default();
    let version = bucket
        .is_versioned
        .then(|| format!("v{}.{}", versions.len() + 1, tag(key.as_bytes())));
    if !bucket.is_versioned {
        versions.clear();
    }
    if content.is_some() || bucket.is_versioned {
        versions.push(Object {
            version: version.clone(),
            content: content.map(<[u8]>::to_vec),
            tag: tag(content.unwrap_or_default()),
            modified: clock::whole_seconds(),
        });
    }
    version
}

/// An ETag, which depends on the content. That of S3 does so in a way of its own.
fn tag(content: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    let first = hasher.finish();
    first.hash(&mut hasher);
    format!("{first:016x}{:016x}", hasher.finish())
}
