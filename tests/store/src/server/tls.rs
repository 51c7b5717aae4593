//! Certificates, good and bad.

use std::fmt;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, date_time_ymd,
};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

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

    /// From which year on it is valid, and until which.
    fn years(self) -> (i32, i32) {
        match self {
            Self::Expired => (2020, 2021),
            Self::NotYetValid => (2089, 2090),
            Self::Valid | Self::SelfSigned | Self::WrongHost => (2020, 2090),
        }
    }
}

/// Who issues the certificates of clients.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    pub fn new() -> Self {
        let issuer = authority().expect("ring makes keys and certificates");
        Self { issuer }
    }

    /// A certificate of a client with this name and its key, as PEM text for files.
    pub fn client(&self, name: &str, identity: Identity) -> (String, String) {
        self.issue(name, identity)
            .expect("ring makes keys and certificates")
    }

    fn issue(&self, name: &str, identity: Identity) -> Result<(String, String), rcgen::Error> {
        let (from, to) = identity.years();
        let mut leaf = dated(CertificateParams::default(), from, to);
        leaf.distinguished_name.push(DnType::CommonName, name);
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate()?;
        let certificate = match identity {
            Identity::SelfSigned => leaf.self_signed(&key)?,
            _ => leaf.signed_by(&key, &self.issuer)?,
        };
        Ok((certificate.pem(), key.serialize_pem()))
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}

fn authority() -> Result<CertifiedIssuer<'static, KeyPair>, rcgen::Error> {
    let mut ca = dated(CertificateParams::default(), 2020, 2090);
    ca.distinguished_name
        .push(DnType::CommonName, "parameter-store test authority");
    ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    CertifiedIssuer::self_signed(ca, KeyPair::generate()?)
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
        Self::make(identity, names, None).expect("ring makes keys and certificates for host names")
    }

    /// The authority that a client is to trust, as PEM text, for a file.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// For `localhost` and 127.0.0.1, to clients that show a certificate of this authority.
    pub fn demanding(identity: Identity, clients: &Authority) -> Self {
        let names = ["localhost", "127.0.0.1"];
        Self::make(identity, &names, Some(clients)).expect("ring makes keys and certificates")
    }

    fn make(
        identity: Identity,
        names: &[&str],
        clients: Option<&Authority>,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        let ca = authority()?;
        let names: Vec<String> = match identity {
            Identity::WrongHost => vec![String::from("wrong-host.example")],
            _ => names.iter().map(|name| (*name).to_owned()).collect(),
        };
        let (from, to) = identity.years();
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
            config: Arc::new(configure(certificate.der().clone(), &key, clients)?),
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
    clients: Option<&Authority>,
) -> Result<ServerConfig, Box<dyn std::error::Error>> {
    let key = PrivatePkcs8KeyDer::from(key.serialize_der());
    let provider = Arc::new(ring::default_provider());
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()?;
    let config = match clients {
        None => config.with_no_client_auth(),
        Some(clients) => {
            let mut roots = RootCertStore::empty();
            roots.add(clients.issuer.der().clone())?;
            let verifier =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build()?;
            config.with_client_cert_verifier(verifier)
        }
    };
    let mut config = config.with_single_cert(vec![certificate], key.into())?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
