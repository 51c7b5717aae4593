//! Reading single objects, whole.
//!
//! S3 is strongly consistent: what is missing is missing. An object is read by one GetObject, which
//! takes the fewest permissions; where only names and versions are wanted, by a HEAD, whose response
//! has no content, and so no key is used.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::date_time::{DateTime, Format as DateFormat};
use aws_smithy_types::error::ErrorMetadata;
use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::aws::signed::{self, Signing};
use crate::net::call::ATTEMPT;
use crate::net::failure::is_too_large;
use crate::net::progress::Progress;
use crate::net::transport::{Large, Limits};
use crate::output;
use crate::parameter::{More, Parameter, Presence, Reading};
use crate::secret::{Content, Secret};
use crate::stores::call::Call;
use crate::stores::error::Error;
use crate::stores::objects::refusal;
use crate::stores::objects::session::{LARGEST, Session};
use crate::stores::objects::source::Source;
use crate::stores::objects::target::{InvalidResponse, Target};
use crate::stores::objects::url::Endpoint;

/// The largest object whose content counts as text, in bytes: several values, or one.
pub const MOST_OF_A_DOCUMENT: usize = 1 << 20;
/// The most objects that are read at the same time.
const AT_ONCE: usize = 8;
/// What `check` and others show as the type.
const KIND: &str = "Object";
/// The header that names the region of a bucket.
const BUCKET_REGION: &str = "x-amz-bucket-region";

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
            let found = one(&session, &progress, &source, region_is_given).await;
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
    let (found, moved) = attempt(session, progress, source).await;
    let found = match (found, moved) {
        // A bucket is in one region, and its name is one of all regions.
        (Err(_), Some(region)) if !region_is_given => {
            let aws = session.in_region_of(&region, "the bucket")?;
            output::detail(format_args!(
                "`{source}` is in {region}, and was requested in {}: `?region={region}` saves a request",
                session.region()
            ));
            attempt(&aws, progress, source).await.0
        }
        (Err(error), Some(region)) => Err(refusal::elsewhere(error, &region)),
        (found, _) => found,
    };
    match found {
        Ok(found) => Ok(Some(found)),
        Err(Error::NotFound { target, .. }) if target == Target(source.clone()).to_string() => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// What came back: an object, or only that it is too large.
enum Got {
    Object(Response<Content>),
    TooLarge,
}

/// Reads an object in the region of the session. The second is the region of the bucket, if S3 names
/// another one.
async fn attempt(
    session: &Session,
    progress: &Progress,
    source: &Source,
) -> (Result<Parameter, Error>, Option<String>) {
    let moved = Mutex::new(None);
    let target = Target(source.clone());
    let mut call = Call::new(session, progress, target.clone());
    let request = || async {
        let response = request(session, source).await;
        if let Err(error) = &response {
            let named = region_of_bucket(error).filter(|region| region != session.region());
            *moved.lock().unwrap_or_else(PoisonError::into_inner) = named;
            if std::error::Error::source(error).is_some_and(is_too_large) {
                return Ok(Got::TooLarge);
            }
        }
        response.map(Got::Object)
    };
    let found = call
        .send(request, |got| match got {
            Got::Object(response) => parameter(source, session.reading, response).map(Some),
            Got::TooLarge => Ok(None),
        })
        .await;
    let found = match found {
        Ok(Some(found)) => call
            .keep(1, found.name.len() + found.size())
            .map(|()| found),
        Ok(None) => Err(Error::TooLarge {
            target: target.to_string(),
            place: session.place(),
            limit: LARGEST,
        }),
        Err(error) => Err(error),
    };
    let moved = moved.into_inner().unwrap_or_else(PoisonError::into_inner);
    (found, moved)
}

type Refused = SdkError<ErrorMetadata, HttpResponse>;

/// Sends one request for an object.
async fn request(session: &Session, source: &Source) -> Result<Response<Content>, Refused> {
    if session.reading == Reading::Values {
        return send(session, source, Method::GET, None).await;
    }
    match send(session, source, Method::HEAD, None).await {
        // The response to a HEAD cannot say why it is refused, and that to a GET does.
        Err(SdkError::ServiceError(context)) if !context.raw().status().is_server_error() => {
            send(session, source, Method::GET, Some("bytes=0-0")).await
        }
        response => response,
    }
}

async fn send(
    session: &Session,
    source: &Source,
    method: Method,
    range: Option<&'static str>,
) -> Result<Response<Content>, Refused> {
    let config = session.config();
    let endpoint = Endpoint {
        own: config.endpoint_url(),
        region: session.region(),
        fips: config.use_fips() == Some(true),
        dual_stack: config.use_dual_stack() == Some(true),
    };
    let mut request = Request::builder()
        .method(method)
        .uri(endpoint.url(source))
        .header(header::USER_AGENT, signed::user_agent(session))
        // What a server compresses on the way has another length.
        .header(header::ACCEPT_ENCODING, "identity");
    if let Some(range) = range {
        request = request.header(header::RANGE, range);
    }
    let request = request.body(Vec::new());
    let request = request.map_err(SdkError::construction_failure)?;
    let limits = Limits {
        connect: Some(crate::aws::settings::CONNECT),
        read: Some(ATTEMPT),
        response: Some(LARGEST),
    };
    let large = Large {
        stall: ATTEMPT,
        own: MOST_OF_A_DOCUMENT,
    };
    signed::send(session, Signing::Objects, request, limits, large).await
}

/// The region that an error response names: in a header, or in the text about a signature for another
/// one.
fn region_of_bucket(error: &Refused) -> Option<String> {
    let SdkError::ServiceError(context) = error else {
        return None;
    };
    let moved = [301, 307, 400].contains(&context.raw().status().as_u16());
    let region = context.raw().headers().get(BUCKET_REGION);
    let region = region.map(str::to_owned).or_else(|| {
        let message = context.err().message()?;
        let (_, rest) = message.split_once("expecting '")?;
        Some(rest.split('\'').next()?.to_owned())
    });
    region.filter(|it| moved && crate::aws::region::is_label(it))
}

/// The object of a response.
fn parameter(
    source: &Source,
    reading: Reading,
    response: Response<Content>,
) -> Result<Parameter, InvalidResponse> {
    let (head, body) = response.into_parts();
    let text = |name: &str| head.headers.get(name).and_then(|it| it.to_str().ok());
    let has = |name: header::HeaderName| head.headers.contains_key(name);
    if reading == Reading::Values {
        if head.status != StatusCode::OK {
            return Err(InvalidResponse::Part);
        }
        if !has(header::CONTENT_LENGTH) && !has(header::TRANSFER_ENCODING) {
            return Err(InvalidResponse::NoLength);
        }
    }
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

/// The ETag of an object without its quotes. What could end the version in a list is encoded.
fn tag(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(header::ETAG)?.to_str().ok()?;
    let text = text.strip_prefix("W/").unwrap_or(text).trim_matches('"');
    let mut tag = String::new();
    for byte in text.bytes() {
        match byte.is_ascii_alphanumeric() || b"-._".contains(&byte) {
            true => tag.push(char::from(byte)),
            false => tag.push_str(&format!("%{byte:02X}")),
        }
    }
    (!tag.is_empty()).then_some(tag)
}

fn moment(date: &str) -> Option<SystemTime> {
    let date = DateTime::from_str(date, DateFormat::HttpDate).ok()?;
    date.try_into().ok()
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
    fn a_part_of_an_object_is_not_taken_for_all_of_it() {
        let mut part = response(&[("etag", "\"a\"")], b"x");
        *part.status_mut() = StatusCode::PARTIAL_CONTENT;
        let found = parameter(&source(None), Reading::Values, part);
        assert_eq!(found, Err(InvalidResponse::Part));
        let mut endless = response(&[("etag", "\"a\"")], b"x");
        endless.headers_mut().remove("content-length");
        let found = parameter(&source(None), Reading::Values, endless);
        assert_eq!(found, Err(InvalidResponse::NoLength));
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
