//! Environment variables for the network: proxies and trusted certificates.

use std::ffi::{OsStr, OsString};

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

    /// Whether any variable sets a proxy.
    pub fn name_a_proxy(&self) -> bool {
        self.proxy_of("http:").or(self.proxy_of("https:")).is_some()
    }

    /// The name of the variable that sets a proxy for the scheme of `target`, if any.
    pub fn proxy_of(&self, target: &str) -> Option<&'static str> {
        let own = if target.starts_with("https:") {
            ["HTTPS_PROXY", "https_proxy"]
        } else {
            ["HTTP_PROXY", "http_proxy"]
        };
        own.into_iter()
            .chain(["ALL_PROXY", "all_proxy"])
            .find(|name| self.is_set(name))
    }

    /// The variable that sets the proxy for `target` to something that is not an address.
    pub fn unusable_proxy_of(&self, target: &str) -> Option<&'static str> {
        self.proxy_of(target)
            .filter(|name| !self.os(name).is_some_and(|value| is_proxy(&value)))
    }
}

/// Whether this can be the address of a proxy: if not, the matcher would connect without one.
fn is_proxy(value: &OsStr) -> bool {
    const SCHEMES: [&str; 6] = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"];
    let uri = value.to_str().and_then(|it| it.parse::<http::Uri>().ok());
    uri.is_some_and(|uri| {
        let known = uri.scheme_str().is_none_or(|it| SCHEMES.contains(&it));
        known && uri.authority().is_some()
    })
}
