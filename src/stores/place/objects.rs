//! What a place names in S3.
#![forbid(unsafe_code)]

use super::options::Options;
use super::syntax::{Fault, Place};
use crate::aws::arn;
use crate::stores::objects::Source;

/// The form of a place in S3.
const FORM: &str = "the form is `s3://BUCKET/KEY`, such as `s3://secrets/prd.env`";

/// What a location names in S3.
///
/// # Errors
///
/// What no object can be called, and sets of objects.
pub fn parse(text: &str, key: Option<String>, options: &Options) -> Result<Place, Fault> {
    let (bucket, object) = match text.split_once('/') {
        Some((bucket, object)) => (bucket, object),
        None => (text, ""),
    };
    if arn::is_meant(text) {
        return Err(Fault::new("names an access point by its ARN")
            .hint("an access point has an alias, which stands where a bucket does"));
    }
    valid_bucket(bucket, FORM)?;
    // S3 takes keys of 1,024 bytes (Amazon S3 User Guide, "Naming Amazon S3 objects").
    const LONGEST: usize = 1024;
    if object.is_empty() {
        return Err(Fault::new("names a bucket, and no object in it").hint(FORM));
    }
    if object.ends_with(['/', '*']) {
        return Err(Fault::new("names a set of objects, and one is needed")
            .hint("objects are read one by one: repeat `--from` for each"));
    }
    if object.len() > LONGEST {
        return Err(Fault::new(format!(
            "has a key of more than {LONGEST} bytes, the most that an object can have"
        )));
    }
    let source = Source {
        bucket: bucket.to_owned(),
        key: object.to_owned(),
        version: options.version.clone(),
        format: options.format,
    };
    if key.is_some() && source.format().is_none() {
        return Err(without_format("has a key"));
    }
    Ok(Place {
        key,
        ..Place::whole(source.into())
    })
}

/// The fault of a place that needs a format, and has none.
pub fn without_format(what: &str) -> Fault {
    Fault::new(format!(
        "{what}, and its name does not end with `.env`, `.json`, `.yaml`, `.yml` or `.properties`"
    ))
    .hint(
        "`?format=dotenv`, `json`, `yaml` or `properties` gives the format; a whole object is \
         `--file NAME=PLACE`",
    )
}

/// Checks the name of a bucket (Amazon S3 User Guide, "General purpose bucket naming rules"). Old ones
/// in us-east-1 have up to 255 characters, upper case and `_`.
pub fn valid_bucket(bucket: &str, form: &str) -> Result<(), Fault> {
    if bucket.is_empty() {
        return Err(Fault::new("names no bucket").hint(form));
    }
    let allowed = |it: char| it.is_ascii_alphanumeric() || ".-_".contains(it);
    if let Some(it) = bucket.chars().find(|it| !allowed(*it)) {
        return Err(Fault::new(format!(
            "contains `{it}`, which the name of a bucket cannot: only letters, digits, `.`, `-` and \
             `_` are allowed"
        )));
    }
    match (3..=255).contains(&bucket.len()) && bucket.chars().any(char::is_alphanumeric) {
        true => Ok(()),
        false => Err(Fault::new(
            "has a bucket whose name has not from 3 to 255 characters",
        )),
    }
}
