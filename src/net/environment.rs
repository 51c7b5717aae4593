//! Environment variables for the network: proxies and trusted certificates.

use std::ffi::OsString;

/// The environment variables. An empty one counts as not set.
#[derive(Debug, Default, Clone, Copy)]
pub struct Variables;

impl Variables {
    pub fn get(&self, name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|value| !value.is_empty())
    }

    /// The raw value, for file names.
    pub fn os(&self, name: &str) -> Option<OsString> {
        std::env::var_os(name).filter(|value| !value.is_empty())
    }

    pub fn is_set(&self, name: &str) -> bool {
        self.os(name).is_some()
    }

    /// The name of the variable that sets a proxy for the scheme of `target`, if any: as with curl, one
    /// in small letters beats the same in capitals.
    pub fn proxy_of(&self, target: &str) -> Option<&'static str> {
        let own = match target.starts_with("https:") {
            true => ["https_proxy", "HTTPS_PROXY"],
            // In a CGI script this is the header `Proxy` of a request (CVE-2016-5385).
            false if self.is_set("REQUEST_METHOD") => ["http_proxy", "http_proxy"],
            false => ["http_proxy", "HTTP_PROXY"],
        };
        own.into_iter()
            .chain(["all_proxy", "ALL_PROXY"])
            .find(|name| self.is_set(name))
    }
}
