//! Single requests to S3, and in which region a bucket is.

use std::fmt::Display;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::date_time::{DateTime, Format as DateFormat};
use aws_smithy_types::error::ErrorMetadata;
use http::{HeaderMap, Method, Request, Response, StatusCode, header};

use crate::aws::signed::{self, Signing};
use crate::net::call::ATTEMPT;
use crate::net::failure::is_too_large;
use crate::net::progress::Progress;
use crate::net::transport::{Large, Limits};
use crate::output;
use crate::parameter::Reading;
use crate::secret::Content;
use crate::stores::bucket::refusal;
use crate::stores::bucket::session::Session;
use crate::stores::bucket::target::{InvalidResponse, Target};
use crate::stores::bucket::url::Endpoint;
use crate::stores::call::Call;
use crate::stores::error::Error;

/// The header that names the region of a bucket.
const BUCKET_REGION: &str = "x-amz-bucket-region";

/// What S3 responded in place of what was requested.
pub type Refused = SdkError<ErrorMetadata, HttpResponse>;

/// A request for an object, or with an empty key for a bucket.
#[derive(Debug, Clone)]
pub struct Asked<'a> {
    pub bucket: &'a str,
    pub key: &'a str,
    pub query: &'a [(&'a str, &'a str)],
    /// The largest response, in bytes.
    pub largest: usize,
    /// The largest response that is kept in our own memory, in bytes.
    pub own: usize,
}

/// One object, as `read` makes it of a response, which has the content only if values are read. The second
/// is the region of the bucket, if S3 names another one than that of the session.
pub async fn object<T>(
    session: &Session,
    progress: &Progress,
    target: &Target,
    asked: &Asked<'_>,
    read: impl Fn(Response<Content>) -> Result<T, InvalidResponse>,
) -> (Result<T, Error>, Option<String>) {
    let moved = Moved::default();
    let mut call = Call::new(session, progress, target.clone());
    let request = || async {
        let response = with_content_or_without(session, asked).await;
        if let Err(refused) = &response {
            moved.note(session, refused);
            if std::error::Error::source(refused).is_some_and(is_too_large) {
                return Ok(None);
            }
        }
        response.map(Some)
    };
    let found = call.send(request, |response| match response {
        None => Ok(None),
        Some(response) => {
            whole(session.reading, &response)?;
            read(response).map(Some)
        }
    });
    let found = match found.await {
        Ok(Some(found)) => Ok(found),
        Ok(None) => Err(too_large(target, session, asked.largest)),
        Err(error) => Err(error),
    };
    (found, moved.region())
}

/// The error for an object that is larger than this many bytes.
pub fn too_large(target: &Target, session: &Session, limit: usize) -> Error {
    Error::TooLarge {
        target: target.to_string(),
        place: session.place(),
        limit,
    }
}

/// Checks that a response has all of an object, where its content was requested.
fn whole(reading: Reading, response: &Response<Content>) -> Result<(), InvalidResponse> {
    let has = |name: header::HeaderName| response.headers().contains_key(name);
    if reading == Reading::Values {
        if response.status() != StatusCode::OK {
            return Err(InvalidResponse::Part);
        }
        if !has(header::CONTENT_LENGTH) && !has(header::TRANSFER_ENCODING) {
            return Err(InvalidResponse::NoLength);
        }
    }
    Ok(())
}

/// Requests an object: with its content only if values are read.
async fn with_content_or_without(
    session: &Session,
    asked: &Asked<'_>,
) -> Result<Response<Content>, Refused> {
    if session.reading == Reading::Values {
        return send(session, Method::GET, asked, None).await;
    }
    match send(session, Method::HEAD, asked, None).await {
        // The response to a HEAD cannot say why it is refused, and that to a GET does.
        Err(SdkError::ServiceError(context)) if !context.raw().status().is_server_error() => {
            send(session, Method::GET, asked, Some("bytes=0-0")).await
        }
        response => response,
    }
}

/// Sends a request once.
pub async fn send(
    session: &Session,
    method: Method,
    asked: &Asked<'_>,
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
        .uri(endpoint.url(asked.bucket, asked.key, asked.query))
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
        response: Some(asked.largest),
    };
    let large = Large {
        stall: ATTEMPT,
        own: asked.own,
    };
    signed::send(session, Signing::Objects, request, limits, large).await
}

/// The region of a bucket, if S3 names another one than that of a request.
#[derive(Debug, Default)]
pub struct Moved(Mutex<Option<String>>);

impl Moved {
    /// Remembers it from what S3 responded last.
    pub fn note(&self, session: &Session, refused: &Refused) {
        let named = region_of_bucket(refused).filter(|region| region != session.region());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = named;
    }

    pub fn region(self) -> Option<String> {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What came of something that was requested in the region of a session.
#[derive(Debug)]
pub enum Where<T> {
    Here(T),
    /// The bucket is in another region: a session for that.
    There(Box<Session>),
}

/// Where the bucket is of which something was requested in the region of a session, with the region that S3
/// named if it is another one. A region that the user gave is kept to.
///
/// # Errors
///
/// That of the request.
pub fn whereabouts<T>(
    session: &Session,
    region_is_given: bool,
    shown: &impl Display,
    (found, moved): (Result<T, Error>, Option<String>),
) -> Result<Where<T>, Error> {
    match (found, moved) {
        // A bucket is in one region, and its name is one of all regions.
        (Err(_), Some(region)) if !region_is_given => {
            let there = session.in_region_of(&region, "the bucket")?;
            output::detail(format_args!(
                "`{shown}` is in {region}, and was requested in {}: `?region={region}` saves a request",
                session.region()
            ));
            Ok(Where::There(Box::new(there)))
        }
        (Err(error), Some(region)) => Err(refusal::elsewhere(error, &region)),
        (found, _) => found.map(Where::Here),
    }
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

/// The ETag of a response, as a version.
pub fn tag(headers: &HeaderMap) -> Option<String> {
    tag_of(headers.get(header::ETAG)?.to_str().ok()?)
}

/// An ETag without its quotes. What could end the version in a list is encoded.
pub fn tag_of(text: &str) -> Option<String> {
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

/// The moment that a header names.
pub fn moment(date: &str) -> Option<SystemTime> {
    let date = DateTime::from_str(date, DateFormat::HttpDate).ok()?;
    date.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_an_object_is_not_taken_for_all_of_it() {
        let response = || {
            let response = Response::builder().header("content-length", 1);
            response.body(Content::new(b"x".to_vec())).unwrap()
        };
        assert_eq!(whole(Reading::Values, &response()), Ok(()));
        let mut part = response();
        *part.status_mut() = StatusCode::PARTIAL_CONTENT;
        let found = whole(Reading::Values, &part);
        assert_eq!(found, Err(InvalidResponse::Part));
        let mut endless = response();
        endless.headers_mut().remove("content-length");
        let found = whole(Reading::Values, &endless);
        assert_eq!(found, Err(InvalidResponse::NoLength));
    }
}
