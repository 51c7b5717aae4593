//! Certificates.

use std::net::TcpStream;
use std::sync::Arc;

use parameter_store::{Fault, Identity, Server, Store, Tls};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::json;

use crate::client::{Client, Reply};

/// Makes a call as a client that trusts the test authority.
fn call(identity: Identity, host: &'static str, faults: Option<Fault>) -> Result<Reply, String> {
    let store = Store::new();
    store.put_string("/a", "x");
    let tls = Tls::for_names(identity, &["localhost", "127.0.0.1", "*.amazonaws.com"]);
    let server = Server::start_tls(&store, &tls).unwrap();
    server.set_faults(faults);
    assert_eq!(server.url(), format!("https://localhost:{}", server.port()));

    let mut roots = RootCertStore::empty();
    let ca = CertificateDer::from_pem_slice(tls.ca_pem().as_bytes()).unwrap();
    roots.add(ca).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(host).unwrap();
    let mut connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut socket = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
    while connection.is_handshaking() {
        connection
            .complete_io(&mut socket)
            .map_err(|error| error.to_string())?;
    }
    let mut client = Client {
        stream: StreamOwned::new(connection, socket),
    };
    Ok(client.call("GetParameter", &json!({ "Name": "/a" })))
}

#[test]
fn a_valid_identity_is_trusted_under_each_of_its_names() {
    for host in ["localhost", "127.0.0.1", "ssm.amazonaws.com"] {
        let reply = call(Identity::Valid, host, None).unwrap();
        assert_eq!(reply.json()["Parameter"]["Value"], "x", "{host}");
    }
}

#[test]
fn each_bad_identity_is_refused_for_its_own_reason() {
    for (identity, reason) in [
        (Identity::SelfSigned, "UnknownIssuer"),
        (Identity::WrongHost, "not valid for name"),
        (Identity::Expired, "expired"),
        (Identity::NotYetValid, "not valid yet"),
    ] {
        let error = call(identity, "localhost", None).unwrap_err();
        assert!(error.contains(reason), "{identity:?}: {error}");
    }
}

#[test]
fn faults_reach_through_tls() {
    let cut = call(Identity::Valid, "localhost", Some(Fault::CloseMidBody)).unwrap();
    assert!(
        String::from_utf8(cut.body)
            .unwrap()
            .contains("\"Value\":\"x\"")
    );
    let end = cut.end.unwrap();
    assert_eq!(end.unwrap_err().kind(), std::io::ErrorKind::UnexpectedEof);

    let reset = call(Identity::Valid, "localhost", Some(Fault::ResetBeforeReply)).unwrap();
    assert!(reset.end.unwrap().is_err());
}
