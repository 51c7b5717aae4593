//! Our transport as the HTTP client of the SDK.

use aws_smithy_runtime_api::client::dns::{DnsFuture, ResolveDns, ResolveDnsError};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use serde_json::Value;

use crate::aws::settings::Service;
use crate::aws::unfit::flaw;
use crate::net::connection::Body;
use crate::net::failure::Failure;
use crate::net::transport::{Limits, Transport};
use crate::secret::conceal;

/// The transport of a service's client, which knows how large its responses can be.
#[derive(Debug, Clone)]
pub struct ServiceTransport {
    pub transport: Transport,
    pub service: &'static Service,
}

impl HttpClient for ServiceTransport {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector::new(
            &self.transport,
            Some(self.service),
            settings,
        ))
    }
}

/// For the providers that look at an address before they call it.
impl ResolveDns for Transport {
    fn resolve_dns<'a>(&'a self, name: &'a str) -> DnsFuture<'a> {
        DnsFuture::new(async move {
            let addresses = self.addresses(name).await;
            addresses.map_err(ResolveDnsError::new)
        })
    }
}

/// Where the metadata service of an instance names its role, which becomes part of the next request.
const ROLE: &str = "/latest/meta-data/iam/security-credentials/";

/// Where the metadata service of an instance issues a session token, which becomes a header of the next
/// request.
const TOKEN: &str = "/latest/api/token";
/// Why such a token cannot be used. The provider reports it as if there were no metadata service.
pub const TOKEN_IS_NOT_TEXT: &str = "the session token of the metadata service is not UTF-8";

/// What is wrong with the name of a role: the SDK panics on one that cannot be in a URL (RFC 3986).
fn flaw_in_role(name: &[u8]) -> Option<&'static str> {
    let is_fit = |byte: &u8| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(byte);
    match std::str::from_utf8(name) {
        Ok(text) if !name.iter().all(is_fit) => {
            Some(flaw(text).unwrap_or("contains a character that no URL contains"))
        }
        // The SDK reports what is not UTF-8.
        Ok(_) | Err(_) => None,
    }
}

impl HttpClient for Transport {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector::new(self, None, settings))
    }
}

impl Connector {
    fn new(
        transport: &Transport,
        service: Option<&'static Service>,
        settings: &HttpConnectorSettings,
    ) -> Self {
        Self {
            transport: transport.clone(),
            service,
            limits: Limits {
                connect: settings.connect_timeout(),
                read: settings.read_timeout(),
                response: None,
            },
        }
    }
}

/// A transport with the time limits of one client.
#[derive(Debug, Clone)]
struct Connector {
    transport: Transport,
    service: Option<&'static Service>,
    limits: Limits,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Self {
            transport,
            service,
            mut limits,
        } = self.clone();
        // `AmazonSSM.GetParameters`, in the JSON protocols of AWS.
        let operation = request.headers().get("x-amz-target");
        let operation = operation.and_then(|it| it.split('.').next_back());
        if let (Some(service), Some(operation)) = (service, operation) {
            limits.response = Some((service.largest)(operation));
        }
        HttpConnectorFuture::new(async move {
            let request = request
                .try_into_http1x()
                .map_err(|error| ConnectorError::user(error.into()))?;
            let (head, body) = request.into_parts();
            let (is_role, is_token) = (head.uri.path() == ROLE, head.uri.path() == TOKEN);
            let body = body
                .bytes()
                .ok_or_else(|| ConnectorError::user("the request is a stream".into()))?;
            // Errors of the services that issue credentials can repeat them; ours are noted already.
            let sent = match service {
                None => secrets_of(&head, body),
                Some(_) => Vec::new(),
            };
            let body = Body::from(body.to_vec());
            let response = transport.exchange(http::Request::from_parts(head, body), limits);
            let response = response.await.map_err(connector_error)?;
            if !response.status().is_success() {
                sent.iter().for_each(|secret| conceal(secret));
            }
            if is_role
                && response.status().is_success()
                && let Some(flaw) = flaw_in_role(response.body())
            {
                let why = format!("the name of the role {flaw}");
                return Err(ConnectorError::user(why.into()));
            }
            // The SDK panics on one that is not UTF-8, and reports what is no header otherwise.
            if is_token && std::str::from_utf8(response.body()).is_err() {
                return Err(ConnectorError::user(TOKEN_IS_NOT_TEXT.into()));
            }
            let mut response = HttpResponse::try_from(response.map(SdkBody::from))
                .map_err(|error| ConnectorError::user(error.into()))?;
            limit_lifetime(&mut response);
            Ok(response)
        })
    }
}

/// A failure of the network as the clients of the SDK report it.
pub fn connector_error(failure: Failure) -> ConnectorError {
    match failure {
        Failure::Silent { .. } | Failure::Unconnected { .. } => {
            ConnectorError::timeout(failure.into())
        }
        failure => ConnectorError::io(failure.into()),
    }
}

/// The tokens in a request for credentials: in its head, and in the form or the JSON of its body.
fn secrets_of(head: &http::request::Parts, body: &[u8]) -> Vec<String> {
    const HEADERS: [&str; 4] = [
        "authorization",
        "x-amz-security-token",
        "x-amz-sso_bearer_token",
        "x-aws-ec2-metadata-token",
    ];
    const FIELDS: [&str; 4] = [
        "WebIdentityToken",
        "clientSecret",
        "refreshToken",
        "TokenCode",
    ];
    let of_head = HEADERS
        .iter()
        .filter_map(|name| head.headers.get(*name)?.to_str().ok());
    // A signature holds no token, and names region and service.
    let of_head = of_head.filter(|value| !value.starts_with("AWS4-"));
    let mut secrets: Vec<String> = of_head.map(str::to_owned).collect();
    let text = std::str::from_utf8(body).unwrap_or_default();
    let form = text.split('&').filter_map(|field| field.split_once('='));
    let form = form.filter(|(name, _)| FIELDS.contains(name));
    secrets.extend(form.map(|(_, value)| value.to_owned()));
    if let Ok(Value::Object(fields)) = serde_json::from_str(text) {
        let known = fields
            .into_iter()
            .filter(|(name, _)| FIELDS.contains(&name.as_str()));
        secrets.extend(known.filter_map(|(_, value)| value.as_str().map(str::to_owned)));
    }
    secrets
}

/// Limits the lifetime of a session token of the metadata service to the longest that the service
/// grants (`X-aws-ec2-metadata-token-ttl-seconds`, Amazon EC2 User Guide). The SDK adds it to the
/// time, and panics where that is beyond all times.
fn limit_lifetime(response: &mut HttpResponse) {
    const LIFETIME: &str = "x-aws-ec2-metadata-token-ttl-seconds";
    const LONGEST: u64 = 6 * 60 * 60;
    let seconds = response.headers().get(LIFETIME);
    let seconds = seconds.and_then(|seconds| seconds.parse::<u64>().ok());
    if seconds.is_some_and(|seconds| seconds > LONGEST) {
        response.headers_mut().insert(LIFETIME, LONGEST.to_string());
    }
}
