//! Tests of the URLs of proxies, and of the hosts that are called without one.

use super::*;

/// The address of a proxy, and what is sent to it as name and password.
fn proxy(value: &str) -> Option<(String, Option<Vec<u8>>)> {
    let proxy = Intercept::parse(value)?;
    let sent = proxy.basic_auth().map(|header| {
        let text = header.to_str().unwrap().strip_prefix("Basic ").unwrap();
        base64_simd::STANDARD.decode_to_vec(text).unwrap()
    });
    Some((proxy.uri().to_string(), sent))
}

#[test]
fn a_proxy_is_a_url_or_a_host_with_a_port() {
    for (value, uri, sent) in [
        ("http://host:3128", "http://host:3128/", None),
        ("HTTP://host:3128", "http://host:3128/", None),
        ("https://host", "https://host/", None),
        ("host:3128", "http://host:3128/", None),
        ("host", "http://host/", None),
        ("socks5h://host:1080", "socks5h://host:1080/", None),
        ("http://[::1]:3128/", "http://[::1]:3128/", None),
        (
            "http://host:3128/path?query#part",
            "http://host:3128/",
            None,
        ),
        (
            "http://u:p@host:1",
            "http://host:1/",
            Some(b"u:p".as_slice()),
        ),
        ("u:p@host:1", "http://host:1/", Some(b"u:p")),
        ("http://u@host:1", "http://host:1/", Some(b"u:")),
        ("http://u:p@ss@host:1", "http://host:1/", Some(b"u:p@ss")),
        ("http://u:p:q@host:1", "http://host:1/", Some(b"u:p:q")),
        (
            "http://us%2Fer:p%40s%3as@host:1",
            "http://host:1/",
            Some(b"us/er:p@s:s"),
        ),
        ("http://u:p%e4@host:1", "http://host:1/", Some(b"u:p\xe4")),
        (
            "http://u:p%zz%4@host:1",
            "http://host:1/",
            Some(b"u:p%zz%4"),
        ),
        (
            "http://u:päss@host:1",
            "http://host:1/",
            Some("u:päss".as_bytes()),
        ),
    ] {
        let expected = Some((uri.to_owned(), sent.map(<[u8]>::to_vec)));
        assert_eq!(proxy(value), expected, "{value}");
    }
}

#[test]
fn what_is_not_the_url_of_a_proxy_is_refused() {
    for value in [
        "",
        " ",
        " http://host:1",
        "http://host:1 ",
        "http://host:1\r",
        "http://",
        "http://:3128",
        "http://host:",
        "http://host:0",
        "http://host:99999",
        "http://host:8o80",
        "http://[::1",
        "http://::1:3128",
        "http://u:p#ss@host:1",
        "http://u:p/ss@host:1",
        "ftp://host:1",
        "htp://host:1",
        "http:/host:1",
        "http:host:1",
        "http//host:1",
        "http//u:p@host:1",
        "http://u:1/ss@host:1",
        "http://u:1#ss@host:1",
        "user:password",
    ] {
        assert_eq!(proxy(value), None, "{value:?}");
    }
}

#[test]
fn hosts_are_named_in_many_ways() {
    let amazon = "ssm.us-east-1.amazonaws.com";
    for (list, host, direct) in [
        ("amazonaws.com", amazon, true),
        (".amazonaws.com", amazon, true),
        ("*.amazonaws.com", amazon, true),
        ("*amazonaws.com", amazon, true),
        ("*.AmazonAWS.com", amazon, true),
        ("ssm.*.amazonaws.com", amazon, true),
        ("*", amazon, true),
        ("localhost,*", amazon, true),
        (amazon, amazon, true),
        ("SSM.us-east-1.amazonaws.com.", amazon, true),
        ("localhost, .amazonaws.com", amazon, true),
        ("localhost .amazonaws.com", amazon, true),
        ("localhost,,.amazonaws.com,", amazon, true),
        ("amazonaws.com:443", amazon, true),
        ("*.amazonaws.com:443", amazon, true),
        ("amazonaws.com:80", amazon, false),
        ("mazonaws.com", amazon, false),
        ("*.eu-west-1.amazonaws.com", amazon, false),
        ("sts.us-east-1.amazonaws.com", amazon, false),
        ("*.amazonaws.com", "amazonaws.com", false),
        (".amazonaws.com", "amazonaws.com", true),
        ("", amazon, false),
        (".", amazon, false),
        ("10.0.0.0/8", amazon, false),
        ("127.0.0.1", "127.0.0.1", true),
        ("127.0.0.1:443", "127.0.0.1", true),
        ("127.0.0.1:80", "127.0.0.1", false),
        ("127.0.0.0/8", "127.1.2.3", true),
        ("127.9.9.9/8", "127.1.2.3", true),
        ("127.0.0.0/16", "127.1.2.3", false),
        ("0.0.0.0/0", "127.1.2.3", true),
        ("127.0.0.1/32", "127.0.0.1", true),
        ("127.0.0.1/33", "127.0.0.1", false),
        ("10.*", "10.1.2.3", true),
        ("0.1", "127.0.0.1", false),
        ("localhost", "127.0.0.1", false),
        ("::1", "[::1]", true),
        ("[::1]", "[::1]", true),
        ("[::1]:443", "[::1]", true),
        ("[::1]:80", "[::1]", false),
        ("0:0:0:0:0:0:0:1", "[::1]", true),
        ("fd00::/8", "[fd00:ec2::254]", true),
        ("fd00::/8", "[fe00::1]", false),
        ("::/0", "[fe00::1]", true),
        ("::/0", "127.0.0.1", false),
    ] {
        let found = Direct::parse(list).contains(host, 443);
        assert_eq!(found, direct, "{list} {host}");
    }
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(value in "\\PC{0,40}", list in "[a-z0-9.*:/\\[\\], ]{0,30}", host in "[a-z0-9.:\\[\\]]{0,20}") {
        let _ = proxy(&value);
        let _ = proxy(&format!("http://{value}"));
        let _ = Direct::parse(&list).contains(&host, 80);
    }
}
