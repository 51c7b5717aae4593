//! Reading single objects, whole.
//!
//! S3 is strongly consistent: what is missing is missing. An object is read by one GetObject, which
//! takes the fewest permissions; where only names and versions are wanted, by a HEAD, whose response
//! has no content, and so no key is used.

use std::sync::Arc;

use http::Response;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::net::progress::Progress;
use crate::parameter::{More, Parameter, Presence, Reading};
use crate::secret::{Content, Secret};
use crate::stores::bucket::{
    Asked, InvalidResponse, LARGEST, Session, Target, What, Where, moment, object, tag, whereabouts,
};
use crate::stores::error::Error;
use crate::stores::kept;
use crate::stores::objects::source::Source;

/// The largest object whose content counts as text, in bytes: several values, or one.
pub const MOST_OF_A_DOCUMENT: usize = 1 << 20;
/// The most objects that are read at the same time.
const AT_ONCE: usize = 8;
/// What `check` and others show as the type.
const KIND: &str = "Object";

/// Reads all objects at the same time; returns each, in their order, if it exists.
///
/// # Errors
///
/// The first failure that is certain: everything is read, or nothing is returned.
pub async fn read(
    session: &Session,
    progress: &Progress,
    sources: &[(&Source, Presence)],
    region_is_given: bool,
) -> Result<Vec<Vec<Parameter>>, Error> {
    let permits = Arc::new(Semaphore::new(AT_ONCE));
    let mut tasks: JoinSet<Result<(usize, Option<Parameter>), Error>> = JoinSet::new();
    for (index, (source, _)) in sources.iter().enumerate() {
        let (session, progress, source) = (session.clone(), progress.clone(), (*source).clone());
        let permits = Arc::clone(&permits);
        tasks.spawn(async move {
            let permit = permits.acquire_owned().await;
            let found = Box::pin(one(&session, &progress, &source, region_is_given)).await;
            drop(permit);
            Ok((index, found?))
        });
    }
    let mut all: Vec<Vec<Parameter>> = sources.iter().map(|_| Vec::new()).collect();
    while let Some(joined) = tasks.join_next().await {
        let (index, found) = joined.map_err(Error::internal)??;
        all[index].extend(found);
    }
    Ok(all)
}

/// One object, in the region of its bucket; `None` if it does not exist.
async fn one(
    session: &Session,
    progress: &Progress,
    source: &Source,
    region_is_given: bool,
) -> Result<Option<Parameter>, Error> {
    let found = attempt(session, progress, source).await;
    let found = match whereabouts(session, region_is_given, source, found) {
        Ok(Where::Here(found)) => Ok(found),
        Ok(Where::There(session)) => attempt(&session, progress, source).await.0,
        Err(error) => Err(error),
    };
    match found {
        Ok(found) => Ok(Some(found)),
        Err(Error::NotFound { target, .. }) if target == self::target(source).to_string() => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Reads an object in the region of the session. The second is the region of the bucket, if S3 names
/// another one.
async fn attempt(
    session: &Session,
    progress: &Progress,
    source: &Source,
) -> (Result<Parameter, Error>, Option<String>) {
    let target = self::target(source);
    let version = source.version.as_deref().map(|it| ("versionId", it));
    let asked = Asked {
        bucket: &source.bucket,
        key: &source.key,
        query: &Vec::from_iter(version),
        largest: LARGEST,
        own: MOST_OF_A_DOCUMENT,
    };
    let read = |response| parameter(source, session.reading, response);
    let (found, moved) = object(session, progress, &target, &asked, read).await;
    let found = found.and_then(|found| {
        let size = found.name.len() + found.size();
        kept::count(progress, 1, size, || (target.to_string(), session.place()))?;
        Ok(found)
    });
    (found, moved)
}

/// What a request for an object is for.
fn target(source: &Source) -> Target {
    let version = source.version.clone();
    Target {
        shown: match &version {
            None => format!("object `{source}`"),
            Some(version) => format!("version `{version}` of object `{source}`"),
        },
        bucket: source.bucket.clone(),
        what: What::Object {
            key: source.key.clone(),
            version,
        },
    }
}

/// The object of a response.
fn parameter(
    source: &Source,
    reading: Reading,
    response: Response<Content>,
) -> Result<Parameter, InvalidResponse> {
    let (head, body) = response.into_parts();
    let text = |name: &str| head.headers.get(name).and_then(|it| it.to_str().ok());
    // A bucket that has, or had, no versions gives `null`.
    let id = text("x-amz-version-id").filter(|it| *it != "null" && !it.is_empty());
    if let Some(wanted) = source.version.as_deref().filter(|it| *it != "null")
        && id.is_some_and(|id| id != wanted)
    {
        return Err(InvalidResponse::OtherVersion);
    }
    let version = match id {
        Some(id) => id.to_owned(),
        None => tag(&head.headers).ok_or(InvalidResponse::NoTag)?,
    };
    let (value, bytes) = match reading {
        Reading::Names => (Secret::default(), None),
        Reading::Values => content(body),
    };
    Ok(Parameter {
        name: source.name(),
        value,
        kind: KIND.into(),
        modified: text("last-modified").and_then(moment),
        more: Some(Box::new(More {
            bytes,
            version_id: Some(version),
            ..More::default()
        })),
        ..Parameter::default()
    })
}

/// The content as text, if it is text of a size that variables can have, and otherwise as bytes.
fn content(body: Content) -> (Secret, Option<Content>) {
    if body.size() > MOST_OF_A_DOCUMENT {
        return (Secret::default(), Some(body));
    }
    // The memory is that of the response: nothing is copied.
    let bytes = match body.into_own() {
        Ok(bytes) => bytes,
        Err(body) => return (Secret::default(), Some(body)),
    };
    match String::from_utf8(bytes) {
        Ok(text) => (Secret::new(text), None),
        Err(error) => (Secret::default(), Some(Content::new(error.into_bytes()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn source(version: Option<&str>) -> Source {
        Source {
            bucket: "b".to_owned(),
            key: "k".to_owned(),
            version: version.map(str::to_owned),
            format: None,
        }
    }

    fn response(headers: &[(&str, &str)], body: &[u8]) -> Response<Content> {
        let mut response = Response::builder().header("content-length", body.len());
        for (name, value) in headers {
            response = response.header(*name, *value);
        }
        response.body(Content::new(body.to_vec())).unwrap()
    }

    #[test]
    fn the_version_is_that_of_the_bucket_or_else_the_etag_without_its_quotes() {
        for (headers, wanted, expected) in [
            (&[("etag", "\"abc-2\"")][..], None, Ok("abc-2")),
            (&[("etag", "abc")], None, Ok("abc")),
            (&[("etag", "W/\"abc\"")], None, Ok("abc")),
            (&[("etag", "\"a,b}\"")], None, Ok("a%2Cb%7D")),
            (
                &[("etag", "\"abc\""), ("x-amz-version-id", "v1")],
                None,
                Ok("v1"),
            ),
            (
                &[("etag", "\"abc\""), ("x-amz-version-id", "null")],
                None,
                Ok("abc"),
            ),
            (
                &[("etag", "\"abc\""), ("x-amz-version-id", "null")],
                Some("null"),
                Ok("abc"),
            ),
            (
                &[("etag", "\"abc\""), ("x-amz-version-id", "v1")],
                Some("v1"),
                Ok("v1"),
            ),
            (
                &[("etag", "\"abc\""), ("x-amz-version-id", "v2")],
                Some("v1"),
                Err(InvalidResponse::OtherVersion),
            ),
            (&[], None, Err(InvalidResponse::NoTag)),
            (&[("etag", "\"\"")], None, Err(InvalidResponse::NoTag)),
        ] {
            let found = parameter(&source(wanted), Reading::Values, response(headers, b"x"));
            let found = found.map(|it| it.version_id().unwrap().to_owned());
            assert_eq!(found, expected.map(str::to_owned), "{headers:?}");
        }
    }

    #[test]
    fn content_is_text_where_it_can_be_one() {
        for (bytes, is_text) in [
            (&b"A=b\n"[..], true),
            (b"", true),
            (b"\xff\xfe", false),
            (&vec![b'x'; MOST_OF_A_DOCUMENT], true),
            (&vec![b'x'; MOST_OF_A_DOCUMENT + 1], false),
        ] {
            let (text, content) = super::content(Content::new(bytes.to_vec()));
            assert_eq!(content.is_none(), is_text);
            let found = match content {
                Some(content) => content.into_own().unwrap(),
                None => text.expose().as_bytes().to_vec(),
            };
            assert_eq!(found.len(), bytes.len());
            assert!(found == bytes, "the content is the same");
        }
    }

    proptest! {
        #[test]
        fn no_header_makes_it_panic(
            etag in "[ -~]{0,20}",
            id in "[ -~]{0,20}",
            date in "[ -~]{0,40}",
            body in any::<Vec<u8>>(),
        ) {
            let headers = [
                ("etag", etag.as_str()),
                ("x-amz-version-id", &id),
                ("last-modified", &date),
            ];
            if let Ok(found) = parameter(&source(None), Reading::Values, response(&headers, &body)) {
                prop_assert_eq!(found.size(), body.len());
            }
        }
    }
}
