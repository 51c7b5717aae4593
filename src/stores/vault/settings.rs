//! The variables that the clients of Vault and OpenBao read, and a few of our own for what their
//! users type.

use std::ffi::OsStr;
use std::path::PathBuf;

use crate::aws::files;
use crate::net::environment::Variables;
use crate::net::progress::Progress;
use crate::net::transport::{Presented, Transport};
use crate::net::trust::Sources;
use crate::secret::conceal;
use crate::stores::error::Error;
pub use crate::stores::remote::setting;
use crate::stores::remote::{self, identity};
use crate::stores::vault::source::{Server, SignIn};

/// A variable: its name with Vault, and with OpenBao.
pub type Name = (&'static str, &'static str);

pub const ADDRESS: Name = ("VAULT_ADDR", "BAO_ADDR");
pub const NAMESPACE: Name = ("VAULT_NAMESPACE", "BAO_NAMESPACE");
pub const TOKEN: Name = ("VAULT_TOKEN", "BAO_TOKEN");
const CA_FILE: Name = ("VAULT_CACERT", "BAO_CACERT");
const CA_DIRECTORY: Name = ("VAULT_CAPATH", "BAO_CAPATH");
const CERTIFICATE: Name = ("VAULT_CLIENT_CERT", "BAO_CLIENT_CERT");
const KEY: Name = ("VAULT_CLIENT_KEY", "BAO_CLIENT_KEY");
const SERVER_NAME: Name = ("VAULT_TLS_SERVER_NAME", "BAO_TLS_SERVER_NAME");
const SKIP_VERIFY: Name = ("VAULT_SKIP_VERIFY", "BAO_SKIP_VERIFY");
// The rest are ours: the clients take these as arguments.
pub const ROLE_ID: Name = ("VAULT_ROLE_ID", "BAO_ROLE_ID");
pub const ROLE_ID_FILE: Name = ("VAULT_ROLE_ID_FILE", "BAO_ROLE_ID_FILE");
pub const SECRET_ID: Name = ("VAULT_SECRET_ID", "BAO_SECRET_ID");
pub const SECRET_ID_FILE: Name = ("VAULT_SECRET_ID_FILE", "BAO_SECRET_ID_FILE");
pub const WRAPPED: Name = ("VAULT_WRAPPING_TOKEN", "BAO_WRAPPING_TOKEN");
pub const WRAPPED_FILE: Name = ("VAULT_WRAPPING_TOKEN_FILE", "BAO_WRAPPING_TOKEN_FILE");
pub const JWT_FILE: Name = ("VAULT_JWT_FILE", "BAO_JWT_FILE");
pub const SERVER_ID: Name = ("VAULT_AWS_IAM_SERVER_ID", "BAO_AWS_IAM_SERVER_ID");

/// An address, for hints.
const EXAMPLE: &str = "https://vault.example.com:8200";
/// The file in which `vault login` keeps its token.
const TOKEN_FILE: &str = "~/.vault-token";

/// The settings of one server.
#[derive(Debug)]
pub struct Settings<'p> {
    server: Server,
    /// Whether the variables of Vault, and those of OpenBao, count.
    vault: bool,
    openbao: bool,
    progress: &'p Progress,
}

/// A secret, and where it is from, for messages.
pub struct Found {
    pub text: String,
    pub from: String,
}

impl<'p> Settings<'p> {
    /// OpenBao's client reads its own variables, and where one is not set that of Vault; Vault's
    /// client reads only those of Vault. If only OpenBao's address is given, a place of either is
    /// read there.
    pub fn new(server: Server, progress: &'p Progress) -> Self {
        let own = Variables.is_set(ADDRESS.0);
        let other = Variables.is_set(ADDRESS.1);
        Self {
            server,
            vault: true,
            openbao: server == Server::OpenBao || (!own && other),
            progress,
        }
    }

    /// The variable that counts, if one is set.
    fn variable(&self, (vault, openbao): Name) -> Option<&'static str> {
        let names = [(openbao, self.openbao), (vault, self.vault)];
        let mut counting = names.into_iter().filter(|(_, counts)| *counts);
        counting.find_map(|(name, _)| Variables.is_set(name).then_some(name))
    }

    /// The name of a variable for hints.
    pub fn shown(&self, (vault, openbao): Name) -> &'static str {
        match self.server {
            Server::Vault => vault,
            Server::OpenBao => openbao,
        }
    }

    /// The text of a variable, and its name.
    ///
    /// # Errors
    ///
    /// If it is not UTF-8.
    pub fn get(&self, name: Name) -> Result<Option<(&'static str, String)>, Error> {
        let Some(name) = self.variable(name) else {
            return Ok(None);
        };
        match Variables.get(name) {
            Some(text) => Ok(Some((name, text))),
            None => Err(setting(format!("`{name}` is not UTF-8"), None)),
        }
    }

    /// A secret in a variable, or in the file that another variable names.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or is empty.
    pub fn secret(&self, text: Option<Name>, file: Name) -> Result<Option<Found>, Error> {
        if let Some(text) = text
            && let Some((name, text)) = self.get(text)?
        {
            return Ok(Some(found(&text, name.to_owned())?));
        }
        let Some(name) = self.variable(file) else {
            return Ok(None);
        };
        let path = Variables.os(name).unwrap_or_default();
        self.file(&path, Some(name))
    }

    /// A secret in a file, without white space around it.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or is empty.
    pub fn file(&self, path: &OsStr, from: Option<&'static str>) -> Result<Option<Found>, Error> {
        let text = files::text(path, from, self.progress)?;
        let shown = match from {
            Some(name) => format!("the file of {name}"),
            None => path.display().to_string(),
        };
        text.map(|text: String| found(&text, shown)).transpose()
    }

    /// The token of the environment or of `vault login`.
    ///
    /// # Errors
    ///
    /// If there is one and it cannot be read.
    pub fn token(&self) -> Result<Option<Found>, Error> {
        match self.get(TOKEN)? {
            Some((name, text)) => Ok(Some(found(&text, name.to_owned())?)),
            None => self.file(OsStr::new(TOKEN_FILE), None),
        }
    }

    /// Address and namespace of the server, and the way there.
    ///
    /// # Errors
    ///
    /// What is missing or wrong.
    pub fn endpoint(&self, sign_in: &SignIn) -> Result<Endpoint, Error> {
        let shown = self.shown(ADDRESS);
        let Some((name, address)) = self.get(ADDRESS)? else {
            return Err(setting(
                format!("`{shown}` is not set"),
                Some(format!(
                    "it is the address of {}, such as `{EXAMPLE}`",
                    self.server.name()
                )),
            ));
        };
        let address = remote::address(name, &address, EXAMPLE)?;
        let namespace = match &sign_in.namespace {
            Some(namespace) => Some(namespace.clone()),
            None => match self.get(NAMESPACE)? {
                None => None,
                Some((name, namespace)) => {
                    let namespace = namespace.trim_matches('/').to_owned();
                    if !namespace.bytes().all(|it| it.is_ascii_graphic()) {
                        let what = format!("`{name}` is `{namespace}`, which is no namespace");
                        return Err(setting(what, Some("such as `team/app`".to_owned())));
                    }
                    Some(namespace).filter(|it| !it.is_empty() && it != "root")
                }
            },
        };
        let transport = self.transport(&address)?;
        Ok(Endpoint {
            address,
            namespace,
            transport,
        })
    }

    fn transport(&self, address: &str) -> Result<Transport, Error> {
        let is_tls = address.starts_with("https://");
        if is_tls && let Some((name, text)) = self.get(SKIP_VERIFY)? {
            // As Go's `strconv.ParseBool` reads it.
            let is_off = ["0", "f", "F", "false", "FALSE", "False"].contains(&text.as_str());
            if !is_off {
                return Err(setting(
                    format!("`{name}` is set, and certificates are always verified"),
                    Some(format!(
                        "remove it, and give the certificate of the authority in `{}`",
                        self.shown(CA_FILE)
                    )),
                ));
            }
        }
        let path = |name: Name| {
            let name = self.variable(name)?;
            Some((name, PathBuf::from(Variables.os(name)?)))
        };
        let sources = Sources::named(path(CA_FILE), path(CA_DIRECTORY), &Variables);
        let named = (path(CERTIFICATE), path(KEY));
        let certificate = named.0.as_ref().map(|(name, _)| *name);
        let identity = match &named {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some(identity(certificate, key, self.progress)?),
            (Some((set, _)), None) | (None, Some((set, _))) => {
                let other = match set.ends_with("KEY") {
                    true => self.shown(CERTIFICATE),
                    false => self.shown(KEY),
                };
                return Err(setting(
                    format!("`{set}` is set, and `{other}` is not"),
                    Some("a client certificate and its key are given together".to_owned()),
                ));
            }
        };
        let presented = Presented {
            identity,
            server_name: self.get(SERVER_NAME)?.map(|(_, name)| name),
        };
        Transport::to_server(&Variables, sources, presented).map_err(|why| {
            let name = certificate.unwrap_or_default();
            let what = format!("the client certificate of `{name}` cannot be used: {why}");
            setting(what, None)
        })
    }
}

/// Where a server is.
#[derive(Debug)]
pub struct Endpoint {
    /// Without a `/` at its end.
    pub address: String,
    pub namespace: Option<String>,
    pub transport: Transport,
}

/// A secret without white space around it, which is concealed from here on.
fn found(text: &str, from: String) -> Result<Found, Error> {
    let text = text.trim().to_owned();
    conceal(&text);
    if text.is_empty() {
        return Err(setting(format!("{from} is empty"), None));
    }
    if !text.bytes().all(|it| it.is_ascii_graphic()) {
        let what = format!("{from} contains a space or a character that no token has");
        return Err(setting(what, None));
    }
    Ok(Found { text, from })
}
