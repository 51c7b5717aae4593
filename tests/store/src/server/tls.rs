//! Certificates, good and bad.

use std::fmt;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};

/// What the server shows of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// A certificate for this host, signed by the CA of [`Tls::ca_pem`].
    Valid,
    /// A certificate for this host that signs itself, so that the CA does not vouch for it.
    SelfSigned,
    /// Signed by the CA, but for another host.
    WrongHost,
    /// Signed by the CA, but out of date.
    Expired,
    /// Signed by the CA, but for a time to come.
    NotYetValid,
}

impl Identity {
    /// Reads `valid`, `self-signed`, `wrong-host`, `expired` or `not-yet-valid`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "valid" => Some(Self::Valid),
            "self-signed" => Some(Self::SelfSigned),
            "wrong-host" => Some(Self::WrongHost),
            "expired" => Some(Self::Expired),
            "not-yet-valid" => Some(Self::NotYetValid),
            _ => None,
        }
    }
}

/// A certificate authority, and the certificate that the server shows.
#[derive(Clone)]
pub struct Tls {
    ca_pem: String,
    pub(super) config: Arc<ServerConfig>,
}

impl Tls {
    /// For `localhost` and 127.0.0.1.
    pub fn new(identity: Identity) -> Self {
        Self::for_names(identity, &["localhost", "127.0.0.1"])
    }

    /// For these host names and addresses, such as `ssm.us-east-1.amazonaws.com`.
    ///
    /// # Panics
    /// If a name is not a host name.
    pub fn for_names(identity: Identity, names: &[&str]) -> Self {
        Self::make(identity, names).expect("ring makes keys and certificates for host names")
    }

    /// The authority that a client is to trust, as PEM text, for a file.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    fn make(identity: Identity, names: &[&str]) -> Result<Self, Box<dyn std::error::Error>> {
        let mut ca = dated(CertificateParams::default(), 2020, 2090);
        ca.distinguished_name
            .push(DnType::CommonName, "parameter-store test authority");
        ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let ca = CertifiedIssuer::self_signed(ca, KeyPair::generate()?)?;

        let names: Vec<String> = match identity {
            Identity::WrongHost => vec![String::from("wrong-host.example")],
            _ => names.iter().map(|name| (*name).to_owned()).collect(),
        };
        let (from, to) = match identity {
            Identity::Expired => (2020, 2021),
            Identity::NotYetValid => (2089, 2090),
            Identity::Valid | Identity::SelfSigned | Identity::WrongHost => (2020, 2090),
        };
        let mut leaf = dated(CertificateParams::new(names)?, from, to);
        leaf.distinguished_name
            .push(DnType::CommonName, "parameter-store test server");
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate()?;
        let certificate = match identity {
            Identity::SelfSigned => leaf.self_signed(&key)?,
            _ => leaf.signed_by(&key, &ca)?,
        };
        Ok(Self {
            ca_pem: ca.pem(),
            config: Arc::new(configure(certificate.der().clone(), &key)?),
        })
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

fn dated(mut params: CertificateParams, from: i32, to: i32) -> CertificateParams {
    params.not_before = date_time_ymd(from, 1, 1);
    params.not_after = date_time_ymd(to, 1, 1);
    params
}

fn configure(
    certificate: CertificateDer<'static>,
    key: &KeyPair,
) -> Result<ServerConfig, rustls::Error> {
    let key = PrivatePkcs8KeyDer::from(key.serialize_der());
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key.into())?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
