//! The SDK for Rust reads what both answer.

use std::fmt::Debug;
use std::io::Write;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::retry::RetryConfig;
use aws_sdk_secretsmanager::config::timeout::TimeoutConfig;
use aws_sdk_secretsmanager::config::{
    BehaviorVersion, Config, Credentials, Region, StalledStreamProtectionConfig,
};
use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_secretsmanager::primitives::Blob;
use aws_sdk_secretsmanager::types::{Filter, FilterNameStringType, SecretValueEntry};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use parameter_store::{Fault, Server, Store};

use super::super::moto::Moto;
use super::stories::id;
use crate::client;

/// A transport of one connection a request.
#[derive(Clone, Debug)]
struct Socket(u16);

impl HttpClient for Socket {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Socket {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = request.body().bytes().unwrap_or_default();
        let mut bytes = Vec::from("POST / HTTP/1.1\r\nHost: x\r\n");
        for (name, value) in request.headers().iter() {
            if name != "host" {
                write!(bytes, "{name}: {value}\r\n").unwrap();
            }
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(body);
        let mut client = client::Client::to(self.0);
        client.stream.write_all(&bytes).unwrap();
        let reply = client.receive();
        let status = reply.status.try_into().unwrap();
        let mut response = HttpResponse::new(status, SdkBody::from(reply.body.clone()));
        for name in ["content-type", "x-amzn-requestid"] {
            if let Some(value) = reply.header(name) {
                let value = value.to_owned();
                response.headers_mut().insert(name, value);
            }
        }
        HttpConnectorFuture::ready(Ok(response))
    }
}

fn sdk(port: u16) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("AKIDTEST", "secret", None, None, "test"))
        .endpoint_url(format!("http://127.0.0.1:{port}"))
        .http_client(Socket(port))
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .build();
    Client::from_conf(config)
}

fn run<T>(story: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(story)
}

/// The code of a refusal.
#[track_caller]
fn code<T: Debug, E: ProvideErrorMetadata + Debug>(outcome: Result<T, SdkError<E>>) -> String {
    let error = outcome.unwrap_err();
    let service = error.as_service_error().unwrap();
    service.code().unwrap().to_owned()
}

fn shown(values: &[SecretValueEntry]) -> String {
    let mut shown: Vec<String> = values
        .iter()
        .map(|value| {
            let bytes = value.secret_binary().map(Blob::as_ref);
            let text = value.secret_string();
            let text = text.map_or_else(|| format!("{bytes:?}"), str::to_owned);
            format!("{} {text}", value.name().unwrap())
        })
        .collect();
    shown.sort();
    shown.join(", ")
}

/// What the SDK makes of a server's answers, from writing to deletion.
async fn transcript(port: u16) -> Vec<String> {
    let sdk = sdk(port);
    let mut lines = Vec::new();
    let create = |name: &str| sdk.create_secret().name(name).client_request_token(id(1));
    create("a/1").secret_string("one").send().await.unwrap();
    let bytes = Blob::new([0, 1, 255]);
    create("a/2").secret_binary(bytes).send().await.unwrap();
    create("b").secret_string("other").send().await.unwrap();
    lines.push(code(create("b").secret_string("new").send().await));
    let put = sdk.put_secret_value().secret_id("a/1").secret_string("two");
    put.client_request_token(id(2)).send().await.unwrap();

    let get = |id: &str| sdk.get_secret_value().secret_id(id);
    let current = get("a/1").send().await.unwrap();
    lines.push(current.secret_string().unwrap().to_owned());
    lines.push(current.version_id().unwrap().to_owned());
    lines.push(current.version_stages().join(" "));
    let by_arn = get(current.arn().unwrap()).version_stage("AWSPREVIOUS");
    let previous = by_arn.send().await.unwrap();
    lines.push(previous.secret_string().unwrap().to_owned());
    assert!(previous.created_date().unwrap().secs() > 1_700_000_000);
    lines.push(code(get("none").send().await));

    let batch = sdk.batch_get_secret_value();
    let batch = batch.secret_id_list("a/1").secret_id_list("none");
    let batch = batch.secret_id_list("a/2").send().await.unwrap();
    lines.push(shown(batch.secret_values()));
    let error = &batch.errors()[0];
    let words = [error.secret_id(), error.error_code(), error.message()];
    lines.push(words.map(Option::unwrap).join(": "));

    let below = Filter::builder()
        .key(FilterNameStringType::Name)
        .values("a/")
        .build();
    let batch = sdk.batch_get_secret_value().filters(below.clone());
    let mut pages = batch.max_results(1).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.unwrap();
        // A filtered page may be empty.
        if !page.secret_values().is_empty() {
            lines.push(format!("page: {}", shown(page.secret_values())));
        }
    }
    let mut pages = sdk.list_secrets().filters(below).into_paginator().send();
    while let Some(page) = pages.next().await {
        for secret in page.unwrap().secret_list() {
            lines.push(format!("listed: {}", secret.name().unwrap()));
        }
    }
    let described = sdk.describe_secret().secret_id("a/1").send().await.unwrap();
    let stages = described.version_ids_to_stages().unwrap();
    lines.push(stages[&id(1)].join(" "));

    let delete = sdk.delete_secret().secret_id("b");
    delete.recovery_window_in_days(7).send().await.unwrap();
    lines.push(code(get("b").send().await));
    sdk.restore_secret().secret_id("b").send().await.unwrap();
    let restored = get("b").send().await.unwrap();
    lines.push(restored.secret_string().unwrap().to_owned());
    lines
}

const TRANSCRIPT: [&str; 15] = [
    "ResourceExistsException",
    "two",
    "11111111-0000-4000-8000-000000000002",
    "AWSCURRENT",
    "one",
    "ResourceNotFoundException",
    "a/1 two, a/2 Some([0, 1, 255])",
    "none: ResourceNotFoundException: Secrets Manager can't find the specified secret.",
    "page: a/1 two",
    "page: a/2 Some([0, 1, 255])",
    "listed: a/1",
    "listed: a/2",
    "AWSPREVIOUS",
    "InvalidRequestException",
    "other",
];

#[test]
fn the_sdk_reads_the_answers_of_this_store() {
    let server = Server::start(&Store::new()).unwrap();
    assert_eq!(run(transcript(server.port())), TRANSCRIPT);
}

#[test]
fn the_sdk_reads_the_same_answers_of_moto() {
    let story = "secrets_manager::the_sdk_reads_the_same_answers_of_moto";
    let Some(moto) = Moto::start(story) else {
        return;
    };
    assert_eq!(run(transcript(moto.port)), TRANSCRIPT);
}

#[test]
fn the_sdk_knows_each_refusal_by_its_code() {
    let store = Store::new();
    store.put_secret("a", "x");
    let server = Server::start(&store).unwrap();
    let sdk = sdk(server.port());
    for (fault, expected) in [
        (Fault::DecryptionFailure, "DecryptionFailure"),
        (Fault::AccessDenied, "AccessDeniedException"),
        (Fault::KmsAccessDenied, "AccessDeniedException"),
        (Fault::Throttle, "ThrottlingException"),
        (Fault::InternalServerError, "InternalServiceError"),
        (Fault::ExpiredToken, "ExpiredTokenException"),
    ] {
        server.set_faults([fault]);
        let outcome = run(sdk.get_secret_value().secret_id("a").send());
        let message = outcome
            .as_ref()
            .unwrap_err()
            .as_service_error()
            .unwrap()
            .message();
        assert!(
            message.is_some_and(|message| !message.is_empty()),
            "{expected}"
        );
        assert_eq!(code(outcome), expected);
    }
    server.clear_faults();
    let token = run(sdk.list_secrets().next_token("x").send());
    assert!(
        token
            .unwrap_err()
            .into_service_error()
            .is_invalid_next_token_exception()
    );
}
