//! What a client requested, kept for tests to check.

use std::time::Instant;

use serde_json::Value;

use super::http::Request;
use crate::api::ApiError;
use crate::objects;

/// The service that a call is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    ParameterStore,
    SecretsManager,
    DynamoDb,
    Kms,
    Objects,
}

/// One call, as it arrived.
#[derive(Clone, Debug)]
pub struct Received {
    pub service: Service,
    /// The operation without its prefix: `GetParametersByPath`.
    pub operation: String,
    /// The body, or null if it is not JSON; of an object its name and version.
    pub body: Value,
    /// Names in lower case, in the order of arrival.
    pub headers: Vec<(String, String)>,
    /// Who signed: the access key's id.
    pub access_key: Option<String>,
    /// The region that the signature is for.
    pub region: Option<String>,
    /// The service that the signature is for: `ssm`, `secretsmanager`, `dynamodb` or `kms`.
    pub signed_for: Option<String>,
    /// `x-amz-security-token`.
    pub session_token: Option<String>,
    /// Which connection it came by; the first is 1.
    pub connection: usize,
    /// When it was read.
    pub at: Instant,
    /// The `x-amzn-requestid` of the reply.
    pub request_id: String,
}

impl Received {
    pub(crate) fn new(request: &Request, connection: usize, number: usize) -> Self {
        let credential = request
            .header("authorization")
            .and_then(|value| value.split_once("Credential="))
            .map(|(_, rest)| rest.split([',', ' ']).next().unwrap_or_default());
        let mut scope = credential.unwrap_or_default().split('/');
        let access_key = scope.next().filter(|key| !key.is_empty());
        let region = scope.nth(1);
        let signed_for = scope.next();
        let target = request.header("x-amz-target").unwrap_or_default();
        let (prefix, operation) = target.split_once('.').unwrap_or(("", target));
        let service = match prefix {
            "secretsmanager" => Service::SecretsManager,
            "DynamoDB_20120810" => Service::DynamoDb,
            "TrentService" => Service::Kms,
            _ => Service::ParameterStore,
        };
        let (service, operation) = match request.method.as_str() {
            "GET" if request.target.contains("list-type=2") => (Service::Objects, "ListObjectsV2"),
            "GET" => (Service::Objects, "GetObject"),
            "HEAD" => (Service::Objects, "HeadObject"),
            _ => (service, operation),
        };
        let body = match service {
            Service::Objects => objects::request(&request.target),
            _ => serde_json::from_slice(&request.body).unwrap_or_default(),
        };
        Self {
            service,
            operation: operation.to_owned(),
            signed_for: signed_for.map(str::to_owned),
            body,
            access_key: access_key.map(str::to_owned),
            region: region.map(str::to_owned),
            session_token: request.header("x-amz-security-token").map(str::to_owned),
            headers: request.headers.clone(),
            connection,
            at: Instant::now(),
            request_id: format!("5e1f7e57-0000-4000-8000-{number:012x}"),
        }
    }

    /// The first header of this name, in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, value)| value.as_str())
    }

    /// Refuses what the service's front door refuses.
    pub(crate) fn check(&self) -> Result<(), ApiError> {
        if self.header("authorization").is_none() {
            return Err(ApiError::new(
                "MissingAuthenticationTokenException",
                "Missing Authentication Token",
            ));
        }
        if self.access_key.is_none() || self.region.is_none() {
            return Err(ApiError::new(
                "IncompleteSignatureException",
                "The authorization header has no credential scope.",
            ));
        }
        let scope = match self.service {
            Service::ParameterStore => None,
            Service::SecretsManager => Some("secretsmanager"),
            Service::DynamoDb => Some("dynamodb"),
            Service::Kms => Some("kms"),
            Service::Objects => Some("s3"),
        };
        if let Some(scope) = scope
            && self.signed_for.as_deref() != Some(scope)
        {
            return Err(ApiError::new(
                "InvalidSignatureException",
                format!("Credential should be scoped to correct service: '{scope}'."),
            ));
        }
        let digest = self.header("x-amz-content-sha256");
        if self.service == Service::Objects && digest.is_none() {
            return Err(ApiError::new(
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided.",
            ));
        }
        if !self.body.is_object() {
            return Err(ApiError::bare("SerializationException"));
        }
        Ok(())
    }
}
