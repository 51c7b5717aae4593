//! Proxies: which requests go through them, how they fail, and what they never see.

use std::path::Path;

use parameter_store::Identity;

use crate::support::aws::READ_X;
use crate::support::network::{alone, closed_address, ip, put_in_place};
use crate::support::stand_in::{Call, Reply, StandIn, proxy};
use crate::support::tls::{read_it, secure, secure_for};
use crate::support::{Directory, Ended, SENTINEL, world_with};

#[test]
fn https_goes_through_a_tunnel_of_the_proxy() {
    let it = secure(Identity::Valid);
    for variable in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        let proxy = proxy();
        let ended = it.trusting().env(variable, proxy.url()).run();
        read_it(&ended, variable);
        let target = format!("CONNECT localhost:{}", it.world.server.port());
        assert_eq!(proxy.lines(), [target], "{variable}");
    }
}

#[test]
fn plain_http_goes_through_the_proxy_too() {
    let world = world_with(&[("/app/x", SENTINEL)]);
    for variable in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        let proxy = proxy();
        let ended = world.envsecrets(&READ_X).env(variable, proxy.url()).run();
        read_it(&ended, variable);
        let target = format!("POST {}/", world.server.url());
        assert_eq!(proxy.lines(), [target], "{variable}");
        assert!(proxy.calls()[0].body.contains(r#""Path":"/app""#));
    }
}

#[test]
fn the_proxy_of_the_other_scheme_is_not_used() {
    let (it, world) = (secure(Identity::Valid), world_with(&[("/app/x", SENTINEL)]));
    let proxy = proxy();
    let ended = it.trusting().env("HTTP_PROXY", proxy.url()).run();
    read_it(&ended, "HTTP_PROXY");
    let ended = world
        .envsecrets(&READ_X)
        .env("HTTPS_PROXY", proxy.url())
        .env("SSL_CERT_FILE", &it.ca)
        .run();
    read_it(&ended, "HTTPS_PROXY");
    assert!(proxy.calls().is_empty());
}

#[test]
fn no_proxy_names_the_hosts_that_are_called_directly() {
    let it = secure(Identity::Valid);
    let by_address = format!("https://127.0.0.1:{}", it.world.server.port());
    let with_port = format!("localhost:{}", it.world.server.port());
    for (no_proxy, url, direct) in [
        ("localhost", it.url(), true),
        ("LOCALHOST", it.url(), true),
        ("*", it.url(), true),
        ("example.com, localhost ,169.254.169.254", it.url(), true),
        ("127.0.0.1", by_address.clone(), true),
        ("127.0.0.0/8", by_address.clone(), true),
        ("127.*", by_address.clone(), true),
        ("local*", it.url(), true),
        (&with_port, it.url(), true),
        ("localhost:1", it.url(), false),
        ("example.com localhost", it.url(), true),
        ("host", it.url(), false),
        ("example.com", it.url(), false),
        ("", it.url(), false),
        ("10.0.0.0/8", by_address, false),
    ] {
        for variable in ["NO_PROXY", "no_proxy"] {
            let proxy = proxy();
            let ended = it
                .trusting()
                .env("AWS_ENDPOINT_URL_SSM", &url)
                .env("HTTPS_PROXY", proxy.url())
                .env(variable, no_proxy)
                .run();
            read_it(&ended, no_proxy);
            assert_eq!(proxy.calls().is_empty(), direct, "{variable}={no_proxy}");
        }
    }
}

#[test]
fn a_proxy_is_sent_the_host_name_of_the_region() {
    let host = "ssm.eu-central-1.amazonaws.com";
    let it = secure_for(Identity::Valid, &[host]);
    let port = it.world.server.port();
    let proxy = StandIn::start(move |_, _| Reply::RelayTo(port));
    let ended = it
        .trusting()
        .without("AWS_ENDPOINT_URL_SSM")
        .env("AWS_REGION", "eu-central-1")
        .env("HTTPS_PROXY", proxy.url())
        .run();
    read_it(&ended, "through the proxy");
    assert_eq!(proxy.lines(), [format!("CONNECT {host}:443")]);
}

#[test]
fn name_and_password_in_the_url_of_a_proxy_are_for_the_proxy_alone() {
    let (it, world) = (secure(Identity::Valid), world_with(&[("/app/x", SENTINEL)]));
    // Percent-encoded, `us/er` and `p@ss:word`.
    let (user, password) = ("us%2Fer", "p%40ss%3Aword");
    for mut launch in [it.trusting(), world.envsecrets(&READ_X)] {
        let proxy = proxy();
        let ended = launch
            .env("ALL_PROXY", proxy.url_with(user, password))
            .run();
        read_it(&ended, "with a password");
        let calls = proxy.calls();
        assert_eq!(calls.len(), 1);
        assert_eq!(
            calls[0].header("proxy-authorization"),
            Some("Basic dXMvZXI6cEBzczp3b3Jk")
        );
    }
    let requests = world.server.requests();
    assert_eq!(requests.len(), 1);
}

/// No form of it may be printed.
const PASSWORD: &str = "hunter2";
const PASSWORD_IN_BASE64: &str = "dXNlcjpodW50ZXIy";

#[track_caller]
fn prints_no_password(ended: &Ended) {
    for secret in [PASSWORD, PASSWORD_IN_BASE64] {
        assert!(!ended.stderr.contains(secret), "{ended:?}");
        assert!(!ended.text().contains(secret), "{ended:?}");
    }
}

#[test]
fn the_password_of_a_proxy_is_never_printed() {
    let it = secure(Identity::Valid);
    let world = world_with(&[("/app/x", SENTINEL)]);
    let stand_ins: Vec<StandIn> = [
        Reply::Answer(407, String::new()),
        Reply::Answer(503, String::new()),
        Reply::HangUp,
        Reply::Answer(200, "hello".to_owned()),
    ]
    .into_iter()
    .map(|reply| StandIn::start(move |_, _| reply.clone()))
    .collect();
    let mut urls: Vec<String> = stand_ins
        .iter()
        .map(|proxy| proxy.url_with("user", PASSWORD))
        .collect();
    let closed = closed_address();
    urls.extend([
        format!("http://user:{PASSWORD}@{closed}"),
        format!("user:{PASSWORD}@{closed}"),
        format!("https://user:{PASSWORD}@{closed}"),
        format!("socks5://user:{PASSWORD}@{closed}"),
        format!("http://user:{PASSWORD}@[::1"),
        format!("http://user:{PASSWORD}@127.0.0.1:99999"),
        format!("ftp://user:{PASSWORD}@{closed}"),
        format!("user:{PASSWORD}"),
    ]);
    for url in urls {
        for mut launch in [it.trusting(), world.envsecrets(&READ_X)] {
            let ended = launch
                .env("ALL_PROXY", &url)
                .env("ENVSECRETS_TIMEOUT", "300ms")
                .env("ENVSECRETS_VERBOSE", "true")
                .run();
            prints_no_password(&ended);
            assert_ne!(ended.code, Some(101), "{ended:?}");
        }
    }
}

const PROXY_HINT: &str = "envsecrets: hint: if it requires a user name and a password, put them in its \
    URL; `NO_PROXY` lists hosts to reach without it\n";

#[test]
fn a_proxy_that_refuses_us_is_certain_to_go_on_refusing() {
    let it = secure(Identity::Valid);
    let world = world_with(&[("/app/x", SENTINEL)]);
    let tunnel = "the proxy responds with HTTP status 407";
    let forbidden = "the proxy responds with HTTP status 403";
    let plain = "it responds with HTTP status 407";
    for (status, body, scheme, variable, why) in [
        (407, "", "https", "HTTPS_PROXY", tunnel),
        (407, "<html>who?</html>", "https", "HTTPS_PROXY", tunnel),
        (
            403,
            "<html>not there</html>",
            "https",
            "HTTPS_PROXY",
            forbidden,
        ),
        (407, "", "http", "HTTP_PROXY", plain),
        (407, "<html>who?</html>", "http", "HTTP_PROXY", plain),
    ] {
        let (mut launch, url) = match scheme {
            "https" => (it.trusting(), it.url()),
            _ => (world.envsecrets(&READ_X), world.server.url()),
        };
        let proxy = StandIn::start(move |_, _| Reply::Answer(status, body.to_owned()));
        let ended = launch.env(variable, proxy.url_with("user", PASSWORD)).run();
        assert_eq!(
            ended.failed_at_once(78),
            format!(
                "envsecrets: error: the proxy of {variable} denies the connection to us-east-1 at {url}\n\
                 envsecrets:   caused by: {why}\n\
                 {PROXY_HINT}"
            )
        );
        prints_no_password(&ended);
        assert_eq!(proxy.calls().len(), 1);
    }
}

#[test]
fn a_proxy_that_is_down_for_a_while_is_waited_for() {
    let it = secure(Identity::Valid);
    let world = world_with(&[("/app/x", SENTINEL)]);
    for trouble in [
        Reply::Answer(503, String::new()),
        Reply::Answer(502, "<html>Bad Gateway</html>".to_owned()),
        Reply::HangUp,
    ] {
        for mut launch in [it.trusting(), world.envsecrets(&READ_X)] {
            let reply = trouble.clone();
            let proxy = StandIn::start(move |_, number| match number {
                1..=3 => reply.clone(),
                _ => Reply::Relay,
            });
            let ended = launch
                .env("ALL_PROXY", proxy.url_with("user", PASSWORD))
                .run();
            read_it(&ended, &format!("{trouble:?}"));
            assert_eq!(proxy.calls().len(), 4);
        }
    }
}

#[test]
fn a_proxy_that_takes_the_connection_and_stays_mute_is_tried_again() {
    let it = secure(Identity::Valid);
    let proxy = StandIn::start(|_, number| match number {
        1 => Reply::Mute,
        _ => Reply::Relay,
    });
    let ended = it.trusting().env("HTTPS_PROXY", proxy.url()).run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.text(), format!("{SENTINEL}\n"));
    assert_eq!(proxy.calls().len(), 2);
    // A user may be waiting.
    let url = it.url();
    let printed = ended.stderr.lines().next().unwrap_or_default();
    let line = format!(
        "envsecrets: waiting for parameters below `/app` in us-east-1 at {url}: no answer yet; giving up in "
    );
    assert!(printed.starts_with(&line), "{ended:?}");
}

#[test]
fn a_proxy_that_stays_down_is_named_as_a_suspect_at_the_deadline() {
    let it = secure(Identity::Valid);
    let closed = closed_address();
    let ended = it
        .trusting()
        .env("HTTPS_PROXY", format!("http://user:{PASSWORD}@{closed}"))
        .env("ENVSECRETS_TIMEOUT", "1s")
        .run();
    let url = it.url();
    let printed = ended.failed(75);
    let causes: Vec<&str> = printed.lines().collect();
    assert_eq!(
        causes[..2],
        [
            format!("envsecrets: error: Parameter Store did not answer within 1s for parameters below `/app` in us-east-1 at {url}").as_str(),
            &format!("envsecrets:   caused by: cannot connect to {closed}: tcp connect error: Connection refused (os error 111) (through the proxy of HTTPS_PROXY)"),
        ],
        "{printed}"
    );
    prints_no_password(&ended);
}

#[test]
fn a_proxy_that_is_not_used_is_not_named() {
    let it = secure(Identity::Valid);
    let closed = closed_address();
    for (variable, no_proxy) in [
        ("HTTPS_PROXY", "127.0.0.0/8"),
        ("ALL_PROXY", "127.0.0.0/8"),
        ("HTTP_PROXY", ""),
    ] {
        let ended = it
            .trusting()
            .env("AWS_ENDPOINT_URL_SSM", format!("https://{closed}"))
            .env(variable, "http://127.0.0.1:1")
            .env("NO_PROXY", no_proxy)
            .env("ENVSECRETS_TIMEOUT", "2s")
            .run();
        let why = ended.failed(75).lines().nth(1).unwrap();
        assert_eq!(
            why,
            format!(
                "envsecrets:   caused by: cannot connect to {closed}: tcp connect error: Connection refused (os error 111)"
            )
        );
    }
}

#[test]
fn a_kind_of_proxy_that_cannot_be_used_is_reported_at_once() {
    let it = secure(Identity::Valid);
    let ended = it
        .trusting()
        .env(
            "HTTPS_PROXY",
            format!("socks5://user:{PASSWORD}@127.0.0.1:1080"),
        )
        .run();
    let url = it.url();
    assert_eq!(
        ended.failed_at_once(78),
        format!(
            "envsecrets: error: the proxy of HTTPS_PROXY denies the connection to us-east-1 at {url}\n\
             envsecrets:   caused by: proxies of the kind `socks5` are not supported, only `http` and `https`\n\
             {PROXY_HINT}"
        )
    );
}

#[test]
fn an_invalid_address_of_a_proxy_is_reported_and_not_ignored() {
    let world = world_with(&[("/app/x", "1")]);
    for url in [
        format!("http://user:{PASSWORD}@[::1"),
        format!("http//user:{PASSWORD}@127.0.0.1:3128"),
        format!("ftp://user:{PASSWORD}@127.0.0.1"),
        format!("http://user:{PASSWORD}#@127.0.0.1:3128"),
        format!("http://user:{PASSWORD}/@127.0.0.1:3128"),
        "http://127.0.0.1:31z8".to_owned(),
        "http://127.0.0.1:0".to_owned(),
        "http://127.0.0.1:99999".to_owned(),
        "http://127.0.0.1:".to_owned(),
        "http://::1:3128".to_owned(),
        "http://proxy:3128\r".to_owned(),
        " http://proxy:3128".to_owned(),
        "http://".to_owned(),
        "/proxy".to_owned(),
    ] {
        for variable in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
            let ended = world.envsecrets(&READ_X).env(variable, &url).run();
            assert_eq!(
                ended.failed_at_once(78),
                format!(
                    "envsecrets: error: `{variable}` is not the address of a proxy\nenvsecrets: hint: write \
                     it like `http://proxy.example:3128`, or unset it; `NO_PROXY` lists hosts \
                     to reach without it\n"
                ),
                "{url}"
            );
        }
    }
    assert_eq!(world.server.calls(), 0);
    // What is not needed is not read.
    let mut launch = world.envsecrets(&READ_X);
    launch.env("HTTPS_PROXY", "/proxy").run().ok();
}

const CREDENTIALS: &str = r#"{"AccessKeyId":"AKIDENVSECRETSTEST02","SecretAccessKey":"x","Token":"t","Expiration":"2090-01-01T00:00:00Z"}"#;

/// An IMDS, ECS agent and Pod Identity agent in one.
fn hands_out_credentials(call: &Call, _: usize) -> Reply {
    match call.line().as_str() {
        "PUT /latest/api/token" => Reply::AnswerWith(
            200,
            ("x-aws-ec2-metadata-token-ttl-seconds", "21600".to_owned()),
            "token".to_owned(),
        ),
        "GET /latest/meta-data/iam/security-credentials/" => Reply::ok("role"),
        "GET /latest/meta-data/iam/security-credentials/role" | "GET /credentials" => {
            Reply::ok(CREDENTIALS)
        }
        _ => Reply::Answer(404, String::new()),
    }
}

#[test]
fn a_proxy_never_sees_who_hands_out_credentials() {
    let story = "a_proxy_never_sees_who_hands_out_credentials";
    alone(story, || {
        let ours = [
            ("169.254.169.254", "32"),
            ("169.254.170.2", "32"),
            ("169.254.170.23", "32"),
            ("fd00:ec2::254", "128 nodad"),
            ("fd00:ec2::23", "128 nodad"),
        ];
        let servers: Vec<StandIn> = ours
            .iter()
            .map(|(address, length)| {
                ip(&format!("address add dev lo {address}/{length}"));
                let address: std::net::IpAddr = address.parse().unwrap();
                StandIn::at((address, 80).into(), hands_out_credentials)
            })
            .collect();
        let elsewhere = StandIn::start(hands_out_credentials);
        let world = world_with(&[("/app/x", SENTINEL)]);
        let uri = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
        let local = format!("{}/credentials", elsewhere.url());
        let named = format!("http://localhost:{}/credentials", elsewhere.port());
        for (variable, value, server) in [
            (
                "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
                "IPv4",
                &servers[0],
            ),
            (
                "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
                "IPv6",
                &servers[3],
            ),
            (
                "AWS_EC2_METADATA_SERVICE_ENDPOINT",
                &elsewhere.url(),
                &elsewhere,
            ),
            (
                "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                "/credentials",
                &servers[1],
            ),
            (uri, "http://169.254.170.2/credentials", &servers[1]),
            (uri, "http://169.254.170.23/credentials", &servers[2]),
            (uri, "http://[fd00:ec2::23]/credentials", &servers[4]),
            (uri, &local, &elsewhere),
            (uri, &named, &elsewhere),
        ] {
            let proxy = proxy();
            let before = server.calls().len();
            let mut launch = world.envsecrets(&READ_X);
            for name in [
                "AWS_ACCESS_KEY_ID",
                "AWS_SECRET_ACCESS_KEY",
                "AWS_EC2_METADATA_DISABLED",
            ] {
                launch.without(name);
            }
            for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"] {
                launch.env(name, proxy.url());
            }
            let ended = launch.env(variable, value).run();
            read_it(&ended, &format!("{variable}={value}"));
            assert_eq!(
                proxy.lines(),
                [format!("POST {}/", world.server.url())],
                "{variable}={value}"
            );
            assert!(server.calls().len() > before, "{variable}={value}");
            let requests = world.server.requests();
            let key = requests.last().unwrap().access_key.as_deref();
            assert_eq!(key, Some("AKIDENVSECRETSTEST02"), "{variable}={value}");
        }
    });
}

#[test]
fn the_address_of_a_proxy_counts_only_for_what_goes_through_it() {
    let world = world_with(&[("/app/x", SENTINEL)]);
    for (variable, no_proxy) in [("HTTPS_PROXY", ""), ("HTTP_PROXY", "127.0.0.1")] {
        let ended = world
            .envsecrets(&READ_X)
            .env(variable, "http://proxy:31z8")
            .env("NO_PROXY", no_proxy)
            .run();
        read_it(&ended, variable);
    }
}

#[test]
fn a_password_of_a_proxy_ends_at_the_last_at_sign() {
    let it = secure(Identity::Valid);
    for (user, password, sent) in [
        // user:p@ss, user:p@s@s, user:p:ss, user: and a byte that is not UTF-8.
        ("user", "p@ss", "dXNlcjpwQHNz"),
        ("user", "p@s@s", "dXNlcjpwQHNAcw=="),
        ("user", "p:ss", "dXNlcjpwOnNz"),
        ("user", "%e4", "dXNlcjrk"),
    ] {
        let proxy = proxy();
        let url = proxy.url_with(user, password);
        let ended = it.trusting().env("HTTPS_PROXY", &url).run();
        read_it(&ended, &url);
        let header = format!("Basic {sent}");
        assert_eq!(
            proxy.calls()[0].header("proxy-authorization"),
            Some(header.as_str()),
            "{url}"
        );
    }
}

#[test]
fn a_variable_in_small_letters_beats_the_same_in_capitals() {
    let it = secure(Identity::Valid);
    let (first, second) = (proxy(), proxy());
    for (small, capital) in [("https_proxy", "HTTPS_PROXY"), ("all_proxy", "ALL_PROXY")] {
        let ended = it
            .trusting()
            .env(small, first.url())
            .env(capital, second.url())
            .run();
        read_it(&ended, small);
    }
    assert_eq!((first.calls().len(), second.calls().len()), (2, 0));
    // One that is empty is not set, and that of the scheme beats that for all.
    let ended = it
        .trusting()
        .env("https_proxy", "")
        .env("HTTPS_PROXY", second.url())
        .env("all_proxy", first.url())
        .run();
    read_it(&ended, "an empty one");
    assert_eq!((first.calls().len(), second.calls().len()), (2, 1));
    let ended = it
        .trusting()
        .env("HTTPS_PROXY", first.url())
        .env("no_proxy", "localhost")
        .env("NO_PROXY", "example.com")
        .run();
    read_it(&ended, "no_proxy");
    assert_eq!(first.calls().len(), 2);
}

#[test]
fn the_header_of_a_request_to_a_cgi_script_sets_no_proxy() {
    let world = world_with(&[("/app/x", SENTINEL)]);
    let (header, own) = (proxy(), proxy());
    for set in [false, true] {
        let mut launch = world.envsecrets(&READ_X);
        launch
            .env("REQUEST_METHOD", "GET")
            .env("HTTP_PROXY", header.url());
        if set {
            launch.env("http_proxy", own.url());
        }
        read_it(&launch.run(), "CGI");
    }
    assert_eq!((header.calls().len(), own.calls().len()), (0, 1));
}

#[test]
fn hosts_of_aws_are_called_directly_in_every_spelling_of_no_proxy() {
    let story = "hosts_of_aws_are_called_directly_in_every_spelling_of_no_proxy";
    let directory = Directory::new();
    alone(story, move || {
        let host = "ssm.us-east-1.amazonaws.com";
        let hosts = directory.file("hosts", format!("127.0.0.1 {host}\n"), 0o644);
        put_in_place(&hosts, Path::new("/etc/hosts"));
        let it = secure_for(Identity::Valid, &[host]);
        let port = it.world.server.port();
        let with_port = format!("*.amazonaws.com:{port}");
        for (no_proxy, direct) in [
            ("*.amazonaws.com", true),
            (".amazonaws.com", true),
            ("amazonaws.com", true),
            ("*", true),
            ("localhost, *.amazonaws.com", true),
            ("localhost *.amazonaws.com", true),
            ("ssm.*.amazonaws.com", true),
            (with_port.as_str(), true),
            ("*.amazonaws.com:1", false),
            ("*.example.com", false),
            ("mazonaws.com", false),
        ] {
            let proxy = StandIn::start(move |_, _| Reply::RelayTo(port));
            let ended = it
                .trusting()
                .env("AWS_ENDPOINT_URL_SSM", format!("https://{host}:{port}"))
                .env("HTTPS_PROXY", proxy.url())
                .env("NO_PROXY", no_proxy)
                .run();
            read_it(&ended, no_proxy);
            assert_eq!(proxy.calls().is_empty(), direct, "{no_proxy}");
        }
    });
}
