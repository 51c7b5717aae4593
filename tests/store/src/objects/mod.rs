//! Amazon S3: single objects by bucket and key, at the path-style address of an endpoint.
//!
//! Wording and codes are those of
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>. What is written is
//! written by a test.

mod bucket;
mod list;
mod reply;

pub(crate) use bucket::{Bucket, put};
pub(crate) use reply::reply;

use serde_json::{Value, json};

/// What a request for an object is for, in the form that the rules of faults compare: the name is
/// `BUCKET/KEY`.
pub(crate) fn request(target: &str) -> Value {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let parameter = |wanted: &str| {
        let mut all = query.split('&').filter_map(|it| it.split_once('='));
        all.find_map(|(name, value)| (name == wanted).then(|| decoded(value)))
    };
    let name = decoded(path.strip_prefix('/').unwrap_or(path));
    match parameter("list-type") {
        None => json!({ "Name": name, "VersionId": parameter("versionId") }),
        Some(_) => json!({
            "Name": name,
            "Prefix": parameter("prefix"),
            "ContinuationToken": parameter("continuation-token"),
        }),
    }
}

/// A text without percent-encoding.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&first, others)) = rest.split_first() {
        let digits = others.get(..2).and_then(|it| str::from_utf8(it).ok());
        match digits.and_then(|it| u8::from_str_radix(it, 16).ok()) {
            Some(byte) if first == b'%' => {
                bytes.push(byte);
                rest = &others[2..];
            }
            _ => {
                bytes.push(first);
                rest = others;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
