//! Host and port, as they are written in a URL.
//!
//! The type of the crate `http` accepts ports that are none, such as `8o80`, and has the usual port
//! instead: the request would go to another server.
#![forbid(unsafe_code)]

/// The part of a URL between the scheme and the path (RFC 3986, section 3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Authority<'a> {
    /// Name and password, still encoded.
    pub userinfo: Option<&'a str>,
    /// With brackets, if it is an IPv6 address.
    pub host: &'a str,
    pub port: Option<u16>,
}

impl<'a> Authority<'a> {
    /// Parses it. A name and a password end at the last `@`, as browsers and Python have it: a
    /// password can contain one.
    ///
    /// # Errors
    ///
    /// What is wrong, as the rest of a sentence that begins with the URL.
    pub fn parse(text: &'a str) -> Result<Self, &'static str> {
        let (userinfo, rest) = match text.rsplit_once('@') {
            Some((userinfo, rest)) => (Some(userinfo), rest),
            None => (None, text),
        };
        let (host, port) = match rest.strip_prefix('[') {
            Some(inner) => {
                let (address, after) = inner
                    .split_once(']')
                    .ok_or("has a bracket that is not closed")?;
                if address.parse::<std::net::Ipv6Addr>().is_err() {
                    return Err("has no IPv6 address in its brackets");
                }
                let host = &rest[..address.len() + 2];
                match after.strip_prefix(':') {
                    Some(port) => (host, Some(port)),
                    None if after.is_empty() => (host, None),
                    None => return Err("has something between its address and its port"),
                }
            }
            None => match rest.split_once(':') {
                Some((_, port)) if port.contains(':') => {
                    return Err("has more than one colon: put an IPv6 address in brackets");
                }
                Some((host, port)) => (host, Some(port)),
                None => (rest, None),
            },
        };
        if host.is_empty() {
            return Err("has no host");
        }
        let strange =
            |it: char| it.is_whitespace() || it.is_control() || "\"<>\\^`{|}%".contains(it);
        if host.contains(strange) {
            return Err("has a host with a character that no host has");
        }
        let port = match port {
            None => None,
            Some(port) => {
                let digits = port.bytes().all(|it| it.is_ascii_digit());
                let number = port.parse().ok().filter(|number| digits && *number != 0);
                Some(number.ok_or("has a port that is not a number from 1 to 65535")?)
            }
        };
        Ok(Self {
            userinfo,
            host,
            port,
        })
    }

    /// The authority of a URL, which ends at the path, the query or the fragment; and the scheme.
    pub fn of_url(url: &'a str) -> (Option<&'a str>, &'a str) {
        let (scheme, rest) = match url.split_once("://") {
            Some((scheme, rest)) => (Some(scheme), rest),
            None => (None, url),
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        (scheme, &rest[..end])
    }
}

#[cfg(test)]
mod tests {
    use super::Authority;

    #[test]
    fn host_and_port_are_separated() {
        for (text, userinfo, host, port) in [
            ("host", None, "host", None),
            ("host:80", None, "host", Some(80)),
            ("host:65535", None, "host", Some(65535)),
            ("127.0.0.1:4566", None, "127.0.0.1", Some(4566)),
            ("[::1]", None, "[::1]", None),
            ("[::1]:80", None, "[::1]", Some(80)),
            ("u:p@host:1", Some("u:p"), "host", Some(1)),
            ("u:p@ss@host:1", Some("u:p@ss"), "host", Some(1)),
            ("u:p@[::1]:1", Some("u:p"), "[::1]", Some(1)),
            ("a_b.c", None, "a_b.c", None),
        ] {
            let authority = Authority {
                userinfo,
                host,
                port,
            };
            assert_eq!(Authority::parse(text), Ok(authority), "{text}");
        }
    }

    #[test]
    fn what_is_no_host_or_port_is_refused() {
        let port = "has a port that is not a number from 1 to 65535";
        for (text, why) in [
            ("", "has no host"),
            (":80", "has no host"),
            ("u@", "has no host"),
            ("host:", port),
            ("host:0", port),
            ("host:8o80", port),
            ("host:99999", port),
            ("host:+80", port),
            ("host:-1", port),
            ("host:80 ", port),
            ("host:80\r", port),
            (
                "::1:80",
                "has more than one colon: put an IPv6 address in brackets",
            ),
            (
                "host:80:80",
                "has more than one colon: put an IPv6 address in brackets",
            ),
            ("[::1", "has a bracket that is not closed"),
            ("[::1]80", "has something between its address and its port"),
            ("[host]", "has no IPv6 address in its brackets"),
            ("[]", "has no IPv6 address in its brackets"),
            ("ho st", "has a host with a character that no host has"),
            ("ho%20st", "has a host with a character that no host has"),
            (" host", "has a host with a character that no host has"),
        ] {
            assert_eq!(Authority::parse(text), Err(why), "{text:?}");
        }
    }

    #[test]
    fn an_authority_ends_where_the_rest_of_a_url_begins() {
        for (url, scheme, authority) in [
            ("http://host:80/a@b:c", Some("http"), "host:80"),
            ("https://u:p@host?a@b", Some("https"), "u:p@host"),
            ("http://host#a", Some("http"), "host"),
            ("host:80/", None, "host:80"),
            ("", None, ""),
        ] {
            assert_eq!(Authority::of_url(url), (scheme, authority), "{url}");
        }
    }
}
