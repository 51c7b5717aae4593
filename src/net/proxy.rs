//! Proxies, as the environment sets them, and the hosts that are called without one.
//!
//! There is no standard. The names of the variables and their order are those of curl (curl(1),
//! "Environment"); `NO_PROXY` takes what curl, Python, Go and the AWS CLI take together, with the star
//! form of the documentation of many proxies.
#![forbid(unsafe_code)]

use std::net::IpAddr;

use http::Uri;
use http::header::HeaderValue;

use crate::net::authority::Authority;
use crate::net::environment::Variables;
use crate::secret::conceal;

/// A proxy to use for a request.
#[derive(Clone)]
pub struct Intercept {
    uri: Uri,
    authorization: Option<HeaderValue>,
}

impl Intercept {
    /// Its address, without a name and password.
    pub fn uri(&self) -> &Uri {
        &self.uri
    }

    /// The value of `Proxy-Authorization`, if its URL has a name or a password.
    pub fn basic_auth(&self) -> Option<&HeaderValue> {
        self.authorization.as_ref()
    }

    /// Reads the URL of a proxy; `None` if it is not one. Without a scheme it is `http`.
    fn parse(value: &str) -> Option<Self> {
        const SCHEMES: [&str; 6] = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"];
        let (scheme, authority) = Authority::of_url(value);
        // `http//host`, or a password with a character that would have to be encoded.
        let (_, rest) = value.rsplit_once(authority)?;
        if rest.starts_with("//") || rest.contains('@') {
            return None;
        }
        let scheme = scheme.unwrap_or("http").to_ascii_lowercase();
        if !SCHEMES.contains(&scheme.as_str()) {
            return None;
        }
        let Authority {
            userinfo,
            host,
            port,
        } = Authority::parse(authority).ok()?;
        let port = port.map_or(String::new(), |port| format!(":{port}"));
        let uri = format!("{scheme}://{host}{port}/").parse().ok()?;
        let authorization = match userinfo {
            Some(userinfo) => Some(basic(userinfo)?),
            None => None,
        };
        Some(Self { uri, authorization })
    }
}

/// The value of the header for a name and a password, which are encoded in a URL (RFC 7617). They
/// need not be UTF-8.
fn basic(userinfo: &str) -> Option<HeaderValue> {
    // A colon in the name is encoded.
    let (name, password) = userinfo.split_once(':').unwrap_or((userinfo, ""));
    conceal(&String::from_utf8_lossy(&decoded(password)));
    let mut text = decoded(name);
    text.push(b':');
    text.extend(decoded(password));
    let text = base64_simd::STANDARD.encode_to_string(text);
    let mut header = HeaderValue::from_str(&format!("Basic {text}")).ok()?;
    header.set_sensitive(true);
    Some(header)
}

/// Replaces `%XX` by its byte. What is not written like that stays, as with curl.
fn decoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let digit = |at: usize| char::from(*after.get(at)?).to_digit(16);
        let byte = match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => u8::try_from(16 * high + low).ok(),
            _ => None,
        };
        bytes.push(byte.unwrap_or(first));
        rest = match byte {
            Some(_) => &after[2..],
            None => after,
        };
    }
    bytes
}

/// The proxies of the environment.
pub struct Proxies {
    http: Option<Setting>,
    https: Option<Setting>,
    direct: Direct,
}

/// A variable, and the proxy that it sets; `None` if it is not the URL of one.
type Setting = (&'static str, Option<Intercept>);

impl Proxies {
    /// The proxies of these variables; `None` if no variable sets one.
    pub fn new(variables: &Variables) -> Option<Self> {
        let setting = |scheme| {
            let name = variables.proxy_of(scheme)?;
            let value = variables.os(name)?;
            Some((name, value.to_str().and_then(Intercept::parse)))
        };
        let (http, https) = (setting("http:"), setting("https:"));
        if http.is_none() && https.is_none() {
            return None;
        }
        let direct = ["no_proxy", "NO_PROXY"].into_iter();
        let direct = direct.filter_map(|name| variables.get(name)).next();
        Some(Self {
            http,
            https,
            direct: Direct::parse(&direct.unwrap_or_default()),
        })
    }

    /// The proxy for a URL.
    ///
    /// # Errors
    ///
    /// The variable whose value is not the URL of a proxy.
    pub fn of(&self, target: &Uri) -> Result<Option<&Intercept>, &'static str> {
        let setting = match target.scheme_str() {
            Some("http") => &self.http,
            Some("https") => &self.https,
            _ => return Ok(None),
        };
        let Some((name, proxy)) = setting else {
            return Ok(None);
        };
        let usual = if target.scheme_str() == Some("https") {
            443
        } else {
            80
        };
        let port = target.port_u16().unwrap_or(usual);
        if target
            .host()
            .is_some_and(|host| self.direct.contains(host, port))
        {
            return Ok(None);
        }
        proxy.as_ref().map(Some).ok_or(name)
    }
}

/// The hosts that are called without a proxy.
#[derive(Debug, Default)]
struct Direct(Vec<Entry>);

/// An entry of `NO_PROXY`, and the only port that it is for, if it has one.
type Entry = (Hosts, Option<u16>);

#[derive(Debug, PartialEq, Eq)]
enum Hosts {
    Address(IpAddr),
    /// All addresses that begin with so many bits of this one.
    Network(IpAddr, u8),
    /// This name, and all that end with a dot and it.
    Name(String),
    /// All names and addresses that match, with `*` for any characters.
    Pattern(String),
}

impl Direct {
    fn parse(list: &str) -> Self {
        let entries = list.split([',', ' ', '\t', '\n']);
        let entries = entries.map(str::trim).filter(|entry| !entry.is_empty());
        Self(entries.map(Self::entry).collect())
    }

    fn entry(text: &str) -> Entry {
        let address = |text: &str| {
            let text = text
                .strip_prefix('[')
                .and_then(|it| it.strip_suffix(']'))
                .unwrap_or(text);
            text.parse::<IpAddr>().ok()
        };
        if let Some(address) = address(text) {
            return (Hosts::Address(address), None);
        }
        if let Some((network, bits)) = text.split_once('/')
            && let (Some(network), Ok(bits)) = (address(network), bits.parse::<u8>())
            && bits <= if network.is_ipv4() { 32 } else { 128 }
        {
            return (Hosts::Network(network, bits), None);
        }
        let (host, port) = match Authority::parse(text) {
            Ok(Authority { host, port, .. }) => (host, port),
            Err(_) => (text, None),
        };
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let hosts = match address(&host) {
            Some(address) => Hosts::Address(address),
            None if host.contains('*') => Hosts::Pattern(host),
            None => Hosts::Name(host.trim_start_matches('.').to_owned()),
        };
        (hosts, port)
    }

    fn contains(&self, host: &str, port: u16) -> bool {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let address = host.parse::<IpAddr>().ok();
        self.0.iter().any(|(hosts, only)| {
            only.is_none_or(|only| only == port)
                && match hosts {
                    Hosts::Address(one) => address == Some(*one),
                    Hosts::Network(network, bits) => {
                        address.is_some_and(|it| begin_alike(it, *network, *bits))
                    }
                    Hosts::Pattern(pattern) => matches(pattern.as_bytes(), host.as_bytes()),
                    Hosts::Name(name) => {
                        let before = host.strip_suffix(name.as_str());
                        address.is_none()
                            && !name.is_empty()
                            && before.is_some_and(|it| it.is_empty() || it.ends_with('.'))
                    }
                }
        })
    }
}

/// Whether two addresses of one family begin with the same bits.
fn begin_alike(one: IpAddr, other: IpAddr, bits: u8) -> bool {
    let (one, other, width) = match (one, other) {
        (IpAddr::V4(one), IpAddr::V4(other)) => {
            (u128::from(one.to_bits()), u128::from(other.to_bits()), 32)
        }
        (IpAddr::V6(one), IpAddr::V6(other)) => (one.to_bits(), other.to_bits(), 128),
        _ => return false,
    };
    (one ^ other)
        .checked_shr(width - u32::from(bits))
        .unwrap_or(0)
        == 0
}

/// Whether a text matches a pattern in which `*` stands for any characters.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'*', rest)) => (0..=text.len()).any(|at| matches(rest, &text[at..])),
        Some((first, rest)) => text
            .split_first()
            .is_some_and(|(it, after)| it == first && matches(rest, after)),
    }
}

#[cfg(test)]
mod tests;
