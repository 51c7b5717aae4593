//! Our transport as the HTTP client of the SDK.

use aws_smithy_runtime_api::client::dns::{DnsFuture, ResolveDns, ResolveDnsError};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;

use crate::aws::settings::Service;
use crate::net::connection::Body;
use crate::net::failure::Failure;
use crate::net::transport::{Limits, Transport};

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
            let body = body
                .bytes()
                .ok_or_else(|| ConnectorError::user("the request is a stream".into()))?;
            let body = Body::from(body.to_vec());
            let response = transport.exchange(http::Request::from_parts(head, body), limits);
            let response = response.await.map_err(|failure| match failure {
                Failure::Silent { .. } | Failure::Unconnected { .. } => {
                    ConnectorError::timeout(failure.into())
                }
                failure => ConnectorError::io(failure.into()),
            })?;
            let mut response = HttpResponse::try_from(response.map(SdkBody::from))
                .map_err(|error| ConnectorError::user(error.into()))?;
            limit_lifetime(&mut response);
            Ok(response)
        })
    }
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
