//! Signed requests that no client of an SDK makes.
//!
//! Few of its operations are needed of some services, whose clients would cost each launch more than
//! all of this program: their requests are signed here, by the implementation of the SDK, and sent
//! over the transport that all clients share. Errors are those of a client, so that the same code
//! classifies them.

use std::fmt;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::date_time::{DateTime, Format};
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_xml::decode::{Document, ScopedDecoder, try_data};
use http::{HeaderName, HeaderValue, Request, Response, header};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::aws::http_client::connector_error;
use crate::aws::session::Session;
use crate::aws::settings::CONNECT;
use crate::net::call::ATTEMPT;
use crate::net::connection::Body;
use crate::net::transport::{Large, Limits};
use crate::secret::Content;

/// How a service computes the signature of a request (AWS Signature Version 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signing {
    /// As most services: the path is normalised and encoded again. This is the service's name in
    /// signatures, such as `sts`.
    Usual(&'static str),
    /// As S3: the path counts as it is sent, and the digest of the body is a header.
    Objects,
}

impl Signing {
    fn name(self) -> &'static str {
        match self {
            Self::Usual(name) => name,
            Self::Objects => "s3",
        }
    }

    fn settings(self) -> SigningSettings {
        let mut settings = SigningSettings::default();
        if self == Self::Objects {
            settings.percent_encoding_mode = PercentEncodingMode::Single;
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
            settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        }
        settings
    }
}

/// Why a request cannot be signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsigned(String);

impl fmt::Display for Unsigned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the request cannot be signed: {}", self.0)
    }
}

impl std::error::Error for Unsigned {}

/// A signed request's own headers, with those that the signature adds: signed by the
/// principal of a session, for its region, now. Nothing is sent.
///
/// # Errors
///
/// If the request, or the credentials, have a character that no header can have.
pub fn headers(
    session: &Session,
    signing: Signing,
    request: &Request<Vec<u8>>,
) -> Result<Vec<(HeaderName, HeaderValue)>, Unsigned> {
    let (credentials, region) = (session.credentials(), session.region());
    let added = added(&credentials, region, signing, session.clock(), request)?;
    let own = request.headers().iter();
    let own = own.map(|(name, value)| (name.clone(), value.clone()));
    Ok(own.chain(added).collect())
}

/// Signs a request and sends it; the reply, whose body may be large, has been read to its end, and its
/// status is that of success.
///
/// # Errors
///
/// As those of a client of the SDK. The code and the message of an error response are taken from its
/// body, if that is XML.
pub async fn send(
    session: &Session,
    signing: Signing,
    request: Request<Vec<u8>>,
    limits: Limits,
    large: Large,
) -> Result<Response<Content>, SdkError<ErrorMetadata, HttpResponse>> {
    let headers = headers(session, signing, &request).map_err(SdkError::construction_failure)?;
    let (mut head, body) = request.into_parts();
    head.headers = headers.into_iter().collect();
    let request = Request::from_parts(head, Body::from(body));
    let response = session.transport().download(request, limits, large).await;
    let response =
        response.map_err(|failure| SdkError::dispatch_failure(connector_error(failure)))?;
    if response.status().is_success() {
        return Ok(response);
    }
    if let Some(offset) = offset(&response, SystemTime::now()) {
        session.set_clock(offset);
    }
    // That of an error is never in a file.
    let response = response.map(|body| body.into_own().unwrap_or_default());
    let metadata = match metadata_of_json(&response) {
        Some(metadata) => metadata,
        None => metadata(response.body()),
    };
    Err(SdkError::service_error(metadata, raw(response)?))
}

/// An operation of a service that speaks the JSON protocol of AWS (Smithy, "AWS JSON 1.0 protocol" and "AWS
/// JSON 1.1 protocol").
#[derive(Debug, Clone, Copy)]
pub struct Operation {
    /// The name of the service in signatures.
    pub service: &'static str,
    /// The version of the protocol: `1.0`, `1.1`.
    pub protocol: &'static str,
    /// The header `X-Amz-Target`: `TrentService.Decrypt`.
    pub target: &'static str,
}

/// Carries out an operation; returns what its JSON output is read as.
///
/// # Errors
///
/// As those of a client of the SDK.
pub async fn call<T: DeserializeOwned>(
    session: &Session,
    operation: Operation,
    input: &impl Serialize,
) -> Result<T, SdkError<ErrorMetadata, HttpResponse>> {
    let body = serde_json::to_vec(input).map_err(SdkError::construction_failure)?;
    let Operation {
        service,
        protocol,
        target,
    } = operation;
    let request = Request::post(session.url())
        .header(
            header::CONTENT_TYPE,
            format!("application/x-amz-json-{protocol}"),
        )
        .header("x-amz-target", target)
        .header(header::USER_AGENT, user_agent(session))
        .body(body)
        .map_err(SdkError::construction_failure)?;
    let name = target.split('.').next_back().unwrap_or(target);
    let largest = (session.service().largest)(name);
    let limits = Limits {
        connect: Some(CONNECT),
        read: Some(ATTEMPT),
        response: Some(largest),
    };
    let large = Large {
        stall: ATTEMPT,
        own: largest,
    };
    let response = send(session, Signing::Usual(service), request, limits, large).await?;
    let response = response.map(|body| body.into_own().unwrap_or_default());
    let read = serde_json::from_slice(response.body());
    match read {
        Ok(output) => Ok(output),
        // Where and what it is would repeat what was received.
        Err(_) => Err(SdkError::response_error(
            "the output is not the JSON of this operation",
            raw(response)?,
        )),
    }
}

/// A response as the SDK has it.
fn raw(response: Response<Vec<u8>>) -> Result<HttpResponse, SdkError<ErrorMetadata, HttpResponse>> {
    HttpResponse::try_from(response.map(SdkBody::from))
        .map_err(|error| SdkError::dispatch_failure(ConnectorError::user(error.into())))
}

/// Our name and version for the logs of AWS, and the name of the application if a setting gives one.
pub fn user_agent(session: &Session) -> String {
    let (name, version) = (env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    match session.config().app_name() {
        None => format!("{name}/{version}"),
        Some(app) => format!("{name}/{version} app/{app}"),
    }
}

/// The headers that sign a request.
fn added(
    credentials: &Credentials,
    region: &str,
    signing: Signing,
    time: SystemTime,
    request: &Request<Vec<u8>>,
) -> Result<Vec<(HeaderName, HeaderValue)>, Unsigned> {
    let identity = credentials.clone().into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(signing.name())
        .time(time)
        .settings(signing.settings())
        .build()
        .map_err(|error| Unsigned(error.to_string()))?;
    let own = request.headers().iter();
    let own = own.map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let own: Option<Vec<_>> = own.collect();
    let own = own.ok_or_else(|| Unsigned("a header is not ASCII".to_owned()))?;
    let url = request.uri().to_string();
    let signable = SignableRequest::new(
        request.method().as_str(),
        &url,
        own.into_iter(),
        SignableBody::Bytes(request.body()),
    );
    let signable = signable.map_err(|error| Unsigned(error.to_string()))?;
    let output = sign(signable, &parameters.into());
    let output = output.map_err(|error| Unsigned(error.to_string()))?;
    let (instructions, _) = output.into_parts();
    let (headers, _) = instructions.into_parts();
    let each = headers.into_iter().map(|header| {
        // The session token is the only one that is not made here.
        let value = HeaderValue::from_str(header.value());
        let mut value = value.map_err(|_| Unsigned(format!("{} is no header", header.name())))?;
        value.set_sensitive(header.sensitive());
        Ok((HeaderName::from_static(header.name()), value))
    });
    each.collect()
}

/// By how much the clock of the service is ahead of ours, in seconds, where the difference may be the
/// reason for an error response: below four minutes, the SDK does not correct it either.
fn offset<B>(response: &Response<B>, now: SystemTime) -> Option<i64> {
    const FAR: i64 = 4 * 60;
    let date = response.headers().get(http::header::DATE)?.to_str().ok()?;
    let theirs = DateTime::from_str(date, Format::HttpDate).ok()?.secs();
    let ours = DateTime::from(now).secs();
    let offset = theirs.saturating_sub(ours);
    (offset.saturating_abs() >= FAR).then_some(offset)
}

/// Code and message of an error response: `<Error><Code/><Message/></Error>`, which some services put
/// into an `<ErrorResponse>` (Amazon S3 API Reference, "Error responses"; AWS STS, "Common errors").
fn metadata(body: &[u8]) -> ErrorMetadata {
    let mut found = ErrorMetadata::builder();
    let (code, message) = fields(body).unwrap_or_default();
    if let Some(code) = code {
        found = found.code(code);
    }
    if let Some(message) = message {
        found = found.message(message);
    }
    found.build()
}

/// Code and message of an error response in JSON: the code is in a header or in `__type` or `code`, after
/// the namespace and before a URI if it has them (Smithy, "AWS JSON 1.1 protocol", "Operation error
/// serialization").
fn metadata_of_json(response: &Response<Vec<u8>>) -> Option<ErrorMetadata> {
    #[derive(Default, Deserialize)]
    struct Body {
        #[serde(rename = "__type")]
        kind: Option<String>,
        code: Option<String>,
        #[serde(alias = "Message", alias = "errorMessage")]
        message: Option<String>,
    }
    let kind = response.headers().get(http::header::CONTENT_TYPE);
    let kind = kind.and_then(|it| it.to_str().ok()).unwrap_or_default();
    let header = response.headers().get("x-amzn-errortype");
    let header = header.and_then(|it| it.to_str().ok());
    if header.is_none() && !kind.contains("json") {
        return None;
    }
    let body: Body = serde_json::from_slice(response.body()).unwrap_or_default();
    let code = header.or(body.kind.as_deref()).or(body.code.as_deref());
    let mut found = ErrorMetadata::builder();
    if let Some(code) = code {
        let code = code.split(':').next().unwrap_or(code);
        found = found.code(code.rsplit('#').next().unwrap_or(code));
    }
    if let Some(message) = body.message {
        found = found.message(message);
    }
    Some(found.build())
}

/// A code and a message.
type Fields = (Option<String>, Option<String>);

fn fields(body: &[u8]) -> Option<Fields> {
    let mut document = Document::try_from(body).ok()?;
    let mut root = document.root_element().ok()?;
    if root.start_el().matches("Error") {
        return of_error(&mut root);
    }
    while let Some(mut tag) = root.next_tag() {
        if tag.start_el().matches("Error") {
            return of_error(&mut tag);
        }
    }
    None
}

fn of_error(error: &mut ScopedDecoder<'_, '_>) -> Option<Fields> {
    let (mut code, mut message) = Fields::default();
    while let Some(mut tag) = error.next_tag() {
        let field = match tag.start_el().local() {
            "Code" => &mut code,
            "Message" => &mut message,
            _ => continue,
        };
        *field = Some(try_data(&mut tag).ok()?.into_owned());
    }
    Some((code, message))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use proptest::prelude::*;

    const KEY: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

    fn signed(
        signing: Signing,
        token: Option<&str>,
        request: &Request<Vec<u8>>,
    ) -> Vec<(String, String)> {
        let token = token.map(str::to_owned);
        let credentials = Credentials::new("AKIAIOSFODNN7EXAMPLE", KEY, token, None, "test");
        // 2013-05-24T00:00:00Z.
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_369_353_600);
        let headers = added(&credentials, "us-east-1", signing, time, request).unwrap();
        let headers = headers.into_iter();
        let text = |value: HeaderValue| value.to_str().unwrap().to_owned();
        headers
            .map(|(name, value)| (name.to_string(), text(value)))
            .collect()
    }

    #[test]
    fn an_object_is_signed_as_in_the_example_of_the_manual() {
        // Amazon S3 API Reference, "Examples: Signature Calculations in AWS Signature Version 4",
        // GET Object.
        let request = Request::get("https://examplebucket.s3.amazonaws.com/test.txt")
            .header("range", "bytes=0-9")
            .body(Vec::new())
            .unwrap();
        let headers = signed(Signing::Objects, None, &request);
        let authorization = headers.iter().find(|(name, _)| name == "authorization");
        assert_eq!(
            authorization.unwrap().1,
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, \
             SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, \
             Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
        );
        let digest = headers
            .iter()
            .find(|(name, _)| name == "x-amz-content-sha256");
        assert_eq!(
            digest.unwrap().1,
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }

    #[test]
    fn other_headers_and_the_session_token_are_signed_too() {
        let request = Request::post("https://sts.us-east-1.amazonaws.com/")
            .header("x-vault-aws-iam-server-id", "vault.example.com")
            .body(b"Action=GetCallerIdentity&Version=2011-06-15".to_vec())
            .unwrap();
        let headers = signed(Signing::Usual("sts"), Some("token"), &request);
        let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            ["x-amz-date", "authorization", "x-amz-security-token"]
        );
        let authorization = &headers[1].1;
        let scope = "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/sts/aws4_request";
        assert!(authorization.contains(scope), "{authorization}");
        let signed = "SignedHeaders=host;x-amz-date;x-amz-security-token;x-vault-aws-iam-server-id";
        assert!(authorization.contains(signed), "{authorization}");
    }

    #[test]
    fn code_and_message_are_read_from_either_form_of_an_error() {
        let some = |text: &str| Some(text.to_owned());
        for (body, expected) in [
            (
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>NoSuchKey</Code>\
                 <Message>The key &quot;a&quot; does not exist.</Message><Key>a</Key></Error>",
                (some("NoSuchKey"), some("The key \"a\" does not exist.")),
            ),
            (
                "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error>\
                 <Type>Sender</Type><Code>AccessDenied</Code></Error></ErrorResponse>",
                (some("AccessDenied"), None),
            ),
            (
                "<Error><Code>A</Code><Message/></Error>",
                (some("A"), some("")),
            ),
            ("<html><body>sign in</body></html>", (None, None)),
            ("<Error><Code>A</Code><Mess", (some("A"), None)),
            ("{\"Code\": \"A\"}", (None, None)),
            ("", (None, None)),
        ] {
            assert_eq!(
                fields(body.as_bytes()).unwrap_or_default(),
                expected,
                "{body}"
            );
        }
    }

    #[test]
    fn a_clock_is_corrected_from_four_minutes_on() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_369_353_600);
        for (date, expected) in [
            ("Fri, 24 May 2013 00:03:59 GMT", None),
            ("Fri, 24 May 2013 00:04:00 GMT", Some(240)),
            ("Thu, 23 May 2013 23:00:00 GMT", Some(-3600)),
            ("yesterday", None),
        ] {
            let response = Response::builder().header("date", date).body(()).unwrap();
            assert_eq!(offset(&response, now), expected, "{date}");
        }
    }

    #[test]
    fn code_and_message_are_read_from_json() {
        for (header, body, expected) in [
            (
                None,
                r#"{"__type":"com.amazonaws.kms#DisabledException","message":"no"}"#,
                (Some("DisabledException"), Some("no")),
            ),
            (
                None,
                r#"{"__type":"AccessDeniedException","Message":"not you"}"#,
                (Some("AccessDeniedException"), Some("not you")),
            ),
            (
                Some("InvalidCiphertextException:http://internal.amazon.com/"),
                r#"{"__type":"Other"}"#,
                (Some("InvalidCiphertextException"), None),
            ),
            (None, r#"{"code":"A"}"#, (Some("A"), None)),
            (None, "", (None, None)),
        ] {
            let mut response =
                Response::builder().header("content-type", "application/x-amz-json-1.1");
            if let Some(header) = header {
                response = response.header("x-amzn-errortype", header);
            }
            let response = response.body(body.as_bytes().to_vec()).unwrap();
            let found = metadata_of_json(&response).unwrap();
            assert_eq!((found.code(), found.message()), expected, "{body}");
        }
    }

    proptest! {
        #[test]
        fn no_body_makes_the_parser_panic(
            body in prop_oneof![
                any::<Vec<u8>>(),
                "(<(/?(Error|Code|Message)/?|!\\[CDATA\\[|\\?xml)>?|&[a-z#0-9]{0,4};?|[ -~]){0,12}"
                    .prop_map(String::into_bytes),
            ],
        ) {
            let _ = metadata(&body);
            let response = Response::builder().header("content-type", "application/json");
            let _ = metadata_of_json(&response.body(body).unwrap());
        }
    }
}
