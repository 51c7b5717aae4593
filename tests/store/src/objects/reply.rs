//! What S3 replies to a request for an object.

use serde_json::Value;

use super::bucket::Object;
use crate::faults::Fault;
use crate::server::{Received, Response};
use crate::store::Store;

/// The only range that is requested.
const FIRST_BYTE: &str = "bytes=0-0";

const PRINCIPAL: &str = "arn:aws:sts::123456789012:assumed-role/app/i-1";

/// The reply to a request that meets this fault, if it meets one.
pub(crate) fn reply(store: &Store, call: &Received, fault: Option<&Fault>) -> Response {
    let refused = fault.and_then(|fault| refusal(fault, call));
    match refused {
        Some(refused) => refused,
        None => honest(store, call),
    }
}

/// The true reply.
fn honest(store: &Store, call: &Received) -> Response {
    if call.operation == "ListObjectsV2" {
        return super::list::reply(store, call);
    }
    let name = call.body["Name"].as_str().unwrap_or_default();
    let wanted = call.body["VersionId"].as_str();
    let (bucket, key) = name.split_once('/').unwrap_or((name, ""));
    let state = store.state();
    let Some(bucket) = state.buckets.get(bucket) else {
        let message = "The specified bucket does not exist";
        return error(call, 404, "NoSuchBucket", message);
    };
    if let Some(moved) = moved(call, &bucket.region) {
        return moved;
    }
    let versions = bucket.objects.get(key).map_or(&[][..], Vec::as_slice);
    let found = match wanted {
        None => versions.last(),
        Some(wanted) => versions
            .iter()
            .find(|it| it.version.as_deref().unwrap_or("null") == wanted),
    };
    match (found, wanted) {
        (None, Some(_)) => error(
            call,
            404,
            "NoSuchVersion",
            "The specified version does not exist.",
        ),
        (Some(Object { content: None, .. }), Some(_)) => error(
            call,
            405,
            "MethodNotAllowed",
            "The specified method is not allowed against this resource.",
        ),
        (None | Some(Object { content: None, .. }), None) => {
            error(call, 404, "NoSuchKey", "The specified key does not exist.")
        }
        (
            Some(Object {
                version,
                content: Some(content),
                tag,
                modified,
            }),
            _,
        ) => {
            let first = call.header("range") == Some(FIRST_BYTE);
            if first && content.is_empty() {
                let message = "The requested range is not satisfiable";
                return error(call, 416, "InvalidRange", message);
            }
            let mut response = match first {
                false => Response::binary(content.clone()),
                true => Response::part(content[..1].to_vec(), content.len()),
            };
            response = response
                .header("ETag", format!("\"{tag}\""))
                .header("Last-Modified", crate::server::clock::http_date(*modified));
            if let Some(version) = version {
                response = response.header("x-amz-version-id", version);
            }
            response
        }
    }
}

/// The refusal that a fault is, if it is one.
fn refusal(fault: &Fault, call: &Received) -> Option<Response> {
    let name = call.body["Name"].as_str().unwrap_or_default();
    let denied = |what: &str| {
        let message = format!("User: {PRINCIPAL} is not authorized to perform: {what}");
        error(call, 403, "AccessDenied", &message)
    };
    Some(match fault {
        Fault::InternalServerError => error(
            call,
            500,
            "InternalError",
            "We encountered an internal error. Please try again.",
        ),
        Fault::Throttle => error(call, 503, "SlowDown", "Please reduce your request rate."),
        Fault::ThrottleRetryAfterSeconds(seconds) => {
            let slow = error(call, 503, "SlowDown", "Please reduce your request rate.");
            slow.header("Retry-After", seconds)
        }
        Fault::AccessDenied if call.operation == "ListObjectsV2" => denied(&format!(
            "s3:ListBucket on resource: \"arn:aws:s3:::{}\" because no identity-based policy allows the \
             s3:ListBucket action",
            name.trim_end_matches('/')
        )),
        Fault::RepeatedToken if call.operation == "ListObjectsV2" => super::list::endless(call),
        Fault::AccessDenied => denied(&format!(
            "s3:GetObject on resource: \"arn:aws:s3:::{name}\" because no identity-based policy allows \
             the s3:GetObject action"
        )),
        Fault::KmsAccessDenied => denied(
            "kms:Decrypt on resource: arn:aws:kms:us-east-1:123456789012:key/1 because no \
             identity-based policy allows the kms:Decrypt action",
        ),
        Fault::KmsUnknownKey => error(call, 400, "KMS.NotFoundException", "Invalid keyId '1'"),
        Fault::ExpiredToken => error(call, 400, "ExpiredToken", "The provided token has expired."),
        Fault::UnrecognizedClient => error(
            call,
            403,
            "InvalidAccessKeyId",
            "The AWS Access Key Id you provided does not exist in our records.",
        ),
        Fault::InvalidSignature => error(
            call,
            403,
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. Check \
             your key and signing method.",
        ),
        Fault::Error {
            status,
            code,
            message,
        } => error(call, *status, code, message),
        Fault::CaptivePortal => Response::html(
            200,
            "<!DOCTYPE html><html><body>Please sign in to use this network.</body></html>",
        ),
        Fault::EmptyBody => Response::html(200, ""),
        Fault::Redirect(address) => Response::html(301, "").header("Location", address),
        Fault::Status(status) => Response::html(*status, &format!("<html>{status}</html>")),
        _ => return None,
    })
}

/// A bucket that is in another region, where a request was not signed for that.
pub(super) fn moved(call: &Received, region: &str) -> Option<Response> {
    if call.region.as_deref() == Some(region) {
        return None;
    }
    let message = "The bucket you are attempting to access must be addressed using the specified endpoint. \
                   Please send all future requests to this endpoint.";
    let moved = error(call, 301, "PermanentRedirect", message);
    Some(moved.header("x-amz-bucket-region", region))
}

/// An error as S3 words it.
pub(super) fn error(call: &Received, status: u16, code: &str, message: &str) -> Response {
    let escaped = |text: &str| {
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        text.replace('"', "&quot;")
    };
    let Value::String(resource) = &call.body["Name"] else {
        return Response::html(500, "no name");
    };
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{}</Code><Message>{}</Message>\
         <Resource>/{}</Resource><RequestId>{}</RequestId></Error>",
        escaped(code),
        escaped(message),
        escaped(resource),
        call.request_id
    );
    Response::xml(status, body)
}
