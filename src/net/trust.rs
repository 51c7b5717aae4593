//! Trusted certificates: where they come from, and how they are read.
//!
//! A system trusts about 140 authorities. The usual decoders take 8 million instructions for
//! them, more than all the rest of a start, because they guard *private* keys against timing
//! attacks; certificates are public. Every certificate is still checked by rustls' own
//! verifier, against the whole of what the user or the system trusts; docs/start-up.md has the
//! figures, and why nothing is left out or cached.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64_simd::{Out, STANDARD as BASE64};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;

use crate::net::environment::Variables;
use crate::net::failure::TrustError;
use crate::system::limits::of_file;

/// Where distributions keep their bundle of trusted certificates: Debian and Alpine, Fedora and
/// RHEL, openSUSE, older RHEL, RHEL's extracted form, and the BSDs.
const BUNDLES: [&str; 6] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// The directory with single certificates, if no bundle exists.
const DIRECTORY: &str = "/etc/ssl/certs";

/// The variables that set trusted certificates.
#[derive(Debug)]
pub struct Sources {
    /// Those of one server: a file and a directory, with the variables that name them.
    file: Option<(&'static str, PathBuf)>,
    directory: Option<(&'static str, PathBuf)>,
    ca_bundle: Option<PathBuf>,
    ssl_cert_file: Option<PathBuf>,
    ssl_cert_dir: Option<PathBuf>,
}

impl Sources {
    pub fn new(variables: &Variables) -> Self {
        let path = |name: &str| variables.os(name).map(PathBuf::from);
        Self {
            file: None,
            directory: None,
            ca_bundle: path("AWS_CA_BUNDLE"),
            ssl_cert_file: path("SSL_CERT_FILE"),
            ssl_cert_dir: path("SSL_CERT_DIR"),
        }
    }
}

impl Sources {
    /// A file, or else a directory, with the variable that names each; where neither is given, what
    /// everything but AWS trusts.
    pub fn named(
        file: Option<(&'static str, PathBuf)>,
        directory: Option<(&'static str, PathBuf)>,
        variables: &Variables,
    ) -> Self {
        let usual = Self::new(variables);
        let none = file.is_none() && directory.is_none();
        Self {
            file,
            directory,
            ca_bundle: None,
            ssl_cert_file: usual.ssl_cert_file.filter(|_| none),
            ssl_cert_dir: usual.ssl_cert_dir.filter(|_| none),
        }
    }
}

/// The certificates to trust.
#[derive(Debug)]
pub struct Anchors {
    pub store: Arc<RootCertStore>,
    /// Their source, for messages.
    pub origin: String,
}

impl Anchors {
    /// Finds the certificates to trust. Those that the user names are used alone, as by every AWS
    /// tool and OpenSSL: `AWS_CA_BUNDLE` first, because it is meant for us, then `SSL_CERT_FILE`,
    /// then the directories of `SSL_CERT_DIR`; otherwise those of the system. Only a system without
    /// any, such as an empty image, gets the built-in ones: an administrator who distrusts an
    /// authority must not be overruled by us.
    ///
    /// # Errors
    ///
    /// If a named file or directory cannot be read or contains no usable certificate.
    pub fn load(sources: &Sources) -> Result<Self, TrustError> {
        if let Some((variable, file)) = &sources.file {
            return Self::from_named(variable, file);
        }
        if let Some((variable, directory)) = &sources.directory {
            return Self::from_directories(variable, directory);
        }
        if let Some(file) = &sources.ca_bundle {
            return Self::from_named("AWS_CA_BUNDLE", file);
        }
        match (&sources.ssl_cert_file, &sources.ssl_cert_dir) {
            (Some(file), _) => return Self::from_named("SSL_CERT_FILE", file),
            (None, Some(directories)) => {
                return Self::from_directories("SSL_CERT_DIR", directories);
            }
            (None, None) => {}
        }
        for bundle in BUNDLES {
            match std::fs::read(bundle) {
                Ok(pem) => {
                    if let Some(anchors) = Self::from_pem(&pem, bundle.to_owned()) {
                        return Ok(anchors);
                    }
                }
                Err(error) => unless_limited(&error)?,
            }
        }
        let mut store = RootCertStore::empty();
        // A directory that does not exist has no certificates.
        if let Err(error) = add_directory(&mut store, Path::new(DIRECTORY)) {
            unless_limited(&error)?;
        }
        let origin = format!("`{DIRECTORY}`");
        Ok(Self::from_store(store, origin).unwrap_or_else(Self::built_in))
    }

    /// Mozilla's certificates, as of the build of this program.
    fn built_in() -> Self {
        let mut store = RootCertStore::empty();
        store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        Self {
            store: Arc::new(store),
            origin: "this program, because the system has none".to_owned(),
        }
    }

    fn from_named(variable: &'static str, file: &Path) -> Result<Self, TrustError> {
        let origin = format!("{variable} `{}`", file.display());
        let pem = std::fs::read(file).map_err(|error| unreadable(&origin, &error))?;
        Self::from_pem(&pem, origin.clone()).ok_or(TrustError::Empty { origin })
    }

    /// The certificates in a list of directories like `PATH`, as OpenSSL reads it.
    fn from_directories(variable: &str, directories: &Path) -> Result<Self, TrustError> {
        let origin = format!("{variable} `{}`", directories.display());
        let mut store = RootCertStore::empty();
        for directory in std::env::split_paths(directories) {
            add_directory(&mut store, &directory).map_err(|error| unreadable(&origin, &error))?;
        }
        Self::from_store(store, origin.clone()).ok_or(TrustError::Empty { origin })
    }

    /// The usable certificates of a PEM file, or `None`.
    fn from_pem(pem: &[u8], origin: String) -> Option<Self> {
        let mut store = RootCertStore::empty();
        add(&mut store, pem);
        Self::from_store(store, origin)
    }

    fn from_store(store: RootCertStore, origin: String) -> Option<Self> {
        (!store.is_empty()).then(|| Self {
            store: Arc::new(store),
            origin,
        })
    }
}

/// Goes on without a file that cannot be read, unless that is for a limit of this machine: then other
/// certificates would be trusted than those that exist.
fn unless_limited(error: &std::io::Error) -> Result<(), TrustError> {
    match of_file(error) {
        Some(limit) => Err(TrustError::Limited(limit)),
        None => Ok(()),
    }
}

fn unreadable(origin: &str, error: &std::io::Error) -> TrustError {
    match of_file(error) {
        Some(limit) => TrustError::Limited(limit),
        None => TrustError::Unreadable {
            origin: origin.to_owned(),
            why: error.to_string(),
        },
    }
}

/// Adds the certificates of all the files in a directory.
fn add_directory(store: &mut RootCertStore, directory: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        // A pipe could block for ever, and a device need not end.
        if !path.is_file() {
            continue;
        }
        match std::fs::read(path) {
            Ok(pem) => add(store, &pem),
            Err(error) if of_file(&error).is_some() => return Err(error),
            Err(_) => {}
        }
    }
    Ok(())
}

/// Adds the certificates of a PEM text. Old bundles contain unusable ones, which
/// every TLS client skips.
fn add(store: &mut RootCertStore, pem: &[u8]) {
    for_each_certificate(pem, |der| {
        let _ = store.add(CertificateDer::from(der));
    });
}

/// Where a certificate begins (RFC 7468).
const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// How many characters RFC 7468 has encoders put into each line but the last.
const LINE: usize = 64;

/// Calls `take` with each certificate of a PEM text (RFC 7468), as far as they can be decoded. Text
/// between them is ignored, in whatever encoding it is.
fn for_each_certificate(pem: &[u8], mut take: impl FnMut(&[u8])) {
    let mut encoded = Vec::with_capacity(4096);
    let mut decoded = vec![0; 4096];
    let mut decode = |encoded: &[u8]| {
        if decoded.len() < encoded.len() {
            decoded.resize(encoded.len(), 0);
        }
        let der = BASE64.decode(encoded, Out::from_slice(&mut decoded));
        der.map(|der| take(der)).is_ok()
    };
    let mut text = pem;
    while let Some(begin) = find_begin(text) {
        let body = &text[begin + BEGIN.len()..];
        text = read_lines(body, &mut encoded);
        // What can be decoded has no hyphen, and so it does not contain where the next one begins.
        if !decode(&encoded) {
            let end = find_begin(body).unwrap_or(body.len());
            text = &body[end..];
            encoded.clear();
            let lines = body[..end]
                .split(|&byte| byte == b'\n')
                .map(<[u8]>::trim_ascii);
            encoded.extend(lines.take_while(|line| !line.starts_with(b"-")).flatten());
            decode(&encoded);
        }
    }
}

/// The first position of `BEGIN`.
fn find_begin(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += text[at..].iter().position(|&byte| byte == BEGIN[0])?;
        if text[at..].starts_with(BEGIN) {
            return Some(at);
        }
        at += 1;
    }
}

/// Replaces `encoded` by the lines up to one that begins with a hyphen, without the white space
/// around each, and returns the text from that line on.
///
/// A line of the usual length is taken as it is, whatever it contains: where that is white space or
/// the end of a line the result cannot be decoded. A last line of eight characters, the end of its
/// certificate and the beginning of the next one are as long, with CR and LF, but end in a hyphen.
fn read_lines<'a>(body: &'a [u8], encoded: &mut Vec<u8>) -> &'a [u8] {
    encoded.clear();
    let mut rest = body;
    loop {
        while let Some((line, after)) = rest.split_first_chunk::<LINE>()
            && line[LINE - 1] != b'-'
            && let [b'\n', next @ ..] | [b'\r', b'\n', next @ ..] = after
        {
            encoded.extend_from_slice(line);
            rest = next;
        }
        let end = rest.iter().position(|&byte| byte == b'\n');
        let line = rest[..end.unwrap_or(rest.len())].trim_ascii();
        if line.starts_with(b"-") {
            return rest;
        }
        encoded.extend_from_slice(line);
        match end {
            Some(end) => rest = &rest[end + 1..],
            None => return &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rustls::pki_types::pem::PemObject;

    fn armour(der: &[u8], ending: &str) -> String {
        let mut pem = format!("-----BEGIN CERTIFICATE-----{ending}");
        for line in BASE64.encode_to_string(der).as_bytes().chunks(64) {
            pem.push_str(std::str::from_utf8(line).unwrap());
            pem.push_str(ending);
        }
        pem + "-----END CERTIFICATE-----" + ending
    }

    fn certificates(pem: &[u8]) -> Vec<CertificateDer<'static>> {
        let mut certificates = Vec::new();
        for_each_certificate(pem, |der| certificates.push(der.to_vec().into()));
        certificates
    }

    /// The same without any haste: line by line.
    fn certificates_line_by_line(pem: &str) -> Vec<CertificateDer<'static>> {
        let begin = std::str::from_utf8(BEGIN).unwrap();
        let mut certificates = Vec::new();
        for part in pem.split(begin).skip(1) {
            let lines = part.lines().map(str::trim_ascii);
            let encoded: String = lines.take_while(|line| !line.starts_with('-')).collect();
            if let Ok(der) = BASE64.decode_to_vec(encoded) {
                certificates.push(der.into());
            }
        }
        certificates
    }

    #[test]
    fn certificates_are_read_as_the_usual_decoder_reads_them() {
        let mut bundle = String::from("# Explanation: ünï\n");
        for size in [1, 2, 3, 47, 48, 49, 500] {
            let ending = if size % 2 == 0 { "\n" } else { "\r\n" };
            bundle.push_str(&armour(&vec![7; size], ending));
            bundle.push_str("\nanother explanation\n");
        }
        let usual: Vec<CertificateDer<'_>> = CertificateDer::pem_slice_iter(bundle.as_bytes())
            .collect::<Result<_, _>>()
            .unwrap();
        assert_eq!(usual.len(), 7);
        assert_eq!(certificates(bundle.as_bytes()), usual);
        // Text between them may be in any encoding.
        let latin_1 = [&b"# \xfc\n"[..], bundle.as_bytes()].concat();
        assert_eq!(certificates(&latin_1), usual);
    }

    proptest! {
        #[test]
        fn lines_of_any_length_are_joined(
            parts in proptest::collection::vec(
                prop_oneof![
                    Just("-----BEGIN CERTIFICATE-----".to_owned()),
                    Just("-----END CERTIFICATE-----".to_owned()),
                    Just("-".to_owned()),
                    Just("\n".to_owned()),
                    Just("\r\n".to_owned()),
                    Just(" ".to_owned()),
                    Just("é".to_owned()),
                    Just("AAAA".to_owned()),
                    Just("AA==".to_owned()),
                    Just(format!("{}\n", "MIIB".repeat(16))),
                    Just(format!("{}\r\n", "MIIB".repeat(16))),
                    Just(format!(" {}\t\n", "MIIB".repeat(16))),
                    Just("MIIB".repeat(19)),
                    Just(armour(&[7; 100], "\n")),
                    Just(armour(&[8; 48], "\r\n")),
                ],
                0..24,
            ),
        ) {
            let pem = parts.concat();
            prop_assert_eq!(certificates(pem.as_bytes()), certificates_line_by_line(&pem));
        }
    }

    #[test]
    fn a_certificate_that_is_cut_off_does_not_hide_the_next_one() {
        let good = armour(&[7; 100], "\n");
        let cut = &good[..60];
        let bundle = format!("{cut}\n{good}");
        let expected = CertificateDer::from(vec![7; 100]);
        assert_eq!(certificates(bundle.as_bytes()).last(), Some(&expected));
    }

    #[test]
    fn keys_and_arbitrary_text_are_not_certificates() {
        let key = armour(&[7; 100], "\n").replace("CERTIFICATE", "PRIVATE KEY");
        let bad = armour(&[0x30, 0x03, 1, 2, 3], "\n");
        for pem in [
            "",
            "no certificate",
            &key,
            &bad,
            "-----BEGIN CERTIFICATE-----",
        ] {
            assert!(
                Anchors::from_pem(pem.as_bytes(), String::new()).is_none(),
                "{pem}"
            );
        }
        assert!(Anchors::from_pem(b"\xff\xfe", String::new()).is_none());
    }

    #[test]
    fn a_system_without_certificates_gets_the_built_in_ones() {
        let built_in = Anchors::built_in();
        assert!(built_in.store.len() > 100, "{}", built_in.store.len());
    }
}
