//! What a place names in Sneaker.
#![forbid(unsafe_code)]

use super::objects::valid_bucket;
use super::options::Options;
use super::syntax::{Fault, Place};
use crate::stores::sneaker::{Source, What};

/// The form of a place in Sneaker.
const FORM: &str =
    "the form is `sneaker://BUCKET/PREFIX/NAME`, and all below is `sneaker://BUCKET/PREFIX/`";
/// The longest key of an object, in bytes (Amazon S3 User Guide, "Naming Amazon S3 objects").
const LONGEST: usize = 1024;

/// What a location names in a bucket: one secret, or with a `/` at its end all below. `start` is the number
/// of characters before it.
///
/// # Errors
///
/// What no secret of Sneaker can be called.
pub fn parse(
    text: &str,
    start: usize,
    key: Option<String>,
    options: &Options,
) -> Result<Place, Fault> {
    let (bucket, path) = match text.split_once('/') {
        Some((bucket, path)) => (bucket, path),
        None => (text, ""),
    };
    valid_bucket(bucket, FORM)?;
    if !text.contains('/') {
        return Err(Fault::new("names a bucket, and no secret in it").hint(FORM));
    }
    let name = path.strip_suffix('/').unwrap_or(path);
    let mut at = start + bucket.chars().count() + 2;
    for part in name.split('/').filter(|_| !path.is_empty()) {
        // Sneaker joins prefix and name, and what it joins has none of these.
        if matches!(part, "" | "." | "..") {
            return Err(Fault::new(format!(
                "has a part of its path that no secret of Sneaker has, at character {at}"
            )));
        }
        at += part.chars().count() + 1;
    }
    if name.ends_with('*') {
        return Err(Fault::new("has a `*` at its end").hint(
            "all below is read with `/` at the end; `--only` and `--exclude` take patterns",
        ));
    }
    if path.len() > LONGEST {
        return Err(Fault::new(format!(
            "has a key of more than {LONGEST} bytes, the most that an object can have"
        )));
    }
    let (bucket, path) = (bucket.to_owned(), path.to_owned());
    let what = match path.is_empty() || path.ends_with('/') {
        true => What::Below {
            bucket,
            prefix: path,
        },
        false => What::One { bucket, key: path },
    };
    place(what, key, options)
}

/// What a path names: a packed file, and one secret in it or all of them.
///
/// # Errors
///
/// What no file can be.
pub fn packed(
    path: &str,
    name: Option<String>,
    key: Option<String>,
    options: &Options,
) -> Result<Place, Fault> {
    if path.ends_with('/') {
        return Err(Fault::new("names no packed file").hint(FORM));
    }
    let path = path.to_owned();
    place(What::Packed { path, name }, key, options)
}

fn place(what: What, key: Option<String>, options: &Options) -> Result<Place, Fault> {
    let source = Source {
        what,
        keyring: options.keyring.clone(),
    };
    Ok(Place {
        key,
        ..Place::whole(source.into())
    })
}
