//! The variables that name the certificate of the client, its key, and the authority of the server.

use std::path::PathBuf;

use crate::net::environment::Variables;
use crate::net::progress::Progress;
use crate::net::transport::{Presented, Transport};
use crate::net::trust::Sources;
use crate::stores::error::Error;
use crate::stores::keywhiz::source::NAME;
use crate::stores::remote::{Hints, identity, setting};

const CERTIFICATE: &str = "KEYWHIZ_CERT";
const KEY: &str = "KEYWHIZ_KEY";
const CA_FILE: &str = "KEYWHIZ_CACERT";

/// What to try when a server cannot be reached or trusted.
pub const HINTS: Hints = Hints {
    network: "check host and port of the place, and the network between this machine and the server; \
              `--timeout` sets how long to retry",
    address: "check host and port of the place",
    authority: "set `KEYWHIZ_CACERT` to the file with the certificate of its authority",
    name: "name the host in the place as the certificate of the server does",
    identity: "the server knows its clients by certificates: check that the one of `KEYWHIZ_CERT` has not \
               expired, and that the server trusts its authority",
};

/// The way to a server, with the certificate of the client.
///
/// # Errors
///
/// What is missing or wrong.
pub fn transport(progress: &Progress) -> Result<Transport, Error> {
    let path = |name: &'static str| {
        let path = Variables.is_set(name).then(|| Variables.os(name)).flatten();
        path.map(|path| (name, PathBuf::from(path)))
    };
    let required = |name: &'static str, what: &str| {
        path(name).ok_or_else(|| {
            setting(
                format!("`{name}` is not set"),
                Some(format!(
                    "{NAME} knows its clients by certificates: it is the file with {what}, in PEM"
                )),
            )
        })
    };
    let certificate = required(CERTIFICATE, "that of this client")?;
    let key = required(KEY, "the key of this client")?;
    let presented = Presented {
        identity: Some(identity(&certificate, &key, progress)?),
        server_name: None,
    };
    let sources = Sources::named(path(CA_FILE), None, &Variables);
    Transport::to_server(&Variables, sources, presented).map_err(|why| {
        let what = format!("the client certificate of `{CERTIFICATE}` cannot be used: {why}");
        setting(what, None)
    })
}

/// Who reads, for messages.
pub fn principal() -> String {
    format!("the client certificate of {CERTIFICATE}")
}
