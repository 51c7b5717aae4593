//! Our transport as the HTTP client of the SDK.

use aws_smithy_runtime_api::client::dns::{DnsFuture, ResolveDns, ResolveDnsError};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;

use crate::net::connection::Body;
use crate::net::failure::Failure;
use crate::net::transport::{Limits, Transport};

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
        SharedHttpConnector::new(Connector {
            transport: self.clone(),
            limits: Limits {
                connect: settings.connect_timeout(),
                read: settings.read_timeout(),
            },
        })
    }
}

/// A transport with the time limits of one client.
#[derive(Debug, Clone)]
struct Connector {
    transport: Transport,
    limits: Limits,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Self { transport, limits } = self.clone();
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
            HttpResponse::try_from(response.map(SdkBody::from))
                .map_err(|error| ConnectorError::user(error.into()))
        })
    }
}
