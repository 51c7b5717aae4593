//! Whom a launch trusts with its request: certificates, proxies, and names that do not resolve.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use parameter_store::{Identity, Tls};

use crate::support::network::{Name, Names, alone, hide, ip, nobody, put_in_place};
use crate::support::stand_in::{Call, Reply, StandIn, proxy};
use crate::support::{
    Directory, Ended, Launch, SENTINEL, Server, Store, World, can, which, world_with,
};

/// What is certain is told long before this; the default deadline is two minutes.
const AT_ONCE: Duration = Duration::from_secs(15);

const READ_X: [&str; 5] = ["--path", "/app", "--", "printenv", "X"];

/// A Parameter Store over HTTPS with one parameter, its authority, and that in a file.
struct Secure {
    world: World,
    tls: Tls,
    ca: PathBuf,
}

fn secure(identity: Identity) -> Secure {
    secure_for(identity, &["localhost", "127.0.0.1"])
}

fn secure_for(identity: Identity, names: &[&str]) -> Secure {
    let store = Store::new();
    store.put("/app/x", SENTINEL);
    let tls = Tls::for_names(identity, names);
    let server = Server::start_tls(&store, &tls).expect("a port on loopback");
    let directory = Directory::new();
    let ca = directory.file("ca.pem", tls.ca_pem(), 0o644);
    let world = World {
        store,
        server,
        directory,
    };
    Secure { world, tls, ca }
}

impl Secure {
    /// A launch that prints the parameter if it can be read, and knows no authority yet.
    fn launch(&self) -> Launch {
        self.world.envsecrets(&READ_X)
    }

    /// A launch that trusts the right authority.
    fn trusting(&self) -> Launch {
        let mut launch = self.launch();
        launch.env("SSL_CERT_FILE", &self.ca);
        launch
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        self.world.directory.file(name, content, 0o644)
    }

    fn url(&self) -> String {
        self.world.server.url()
    }
}

/// The parameter was read, and nothing else was said.
#[track_caller]
fn read_it(ended: &Ended, situation: &str) {
    assert_eq!(ended.ok(), format!("{SENTINEL}\n"), "{situation}");
}

/// What was said by a launch that failed like this and did not wait first.
#[track_caller]
fn failed_at_once(ended: &Ended, code: u8) -> &str {
    assert!(ended.took < AT_ONCE, "{ended:?}");
    ended.failed(code)
}

// Certificates.

#[test]
fn the_authority_can_be_named_in_three_ways() {
    let it = secure(Identity::Valid);
    let directory = it.world.directory.path().join("authorities");
    std::fs::create_dir(&directory).unwrap();
    std::fs::copy(&it.ca, directory.join("any-name.pem")).unwrap();
    let empty = it.world.directory.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    let directories = format!("{}:{}", empty.display(), directory.display());
    for (variable, value) in [
        ("AWS_CA_BUNDLE", it.ca.as_os_str()),
        ("SSL_CERT_FILE", it.ca.as_os_str()),
        ("SSL_CERT_DIR", directory.as_os_str()),
        ("SSL_CERT_DIR", directories.as_ref()),
    ] {
        read_it(&it.launch().env(variable, value).run(), variable);
    }
}

#[test]
fn whom_we_trust_and_where_that_stands_is_told_when_asked() {
    let it = secure(Identity::Valid);
    let ended = it.trusting().env("ENVSECRETS_VERBOSE", "true").run();
    let place = it.url();
    let ca = it.ca.display();
    assert_eq!(
        ended.stderr,
        format!(
            "envsecrets: asking us-east-1 at {place} as the environment (access key …ST01)\n\
             envsecrets: 1 parameters below `/app`\n\
             envsecrets: 1 certificates are trusted, from SSL_CERT_FILE `{ca}`\n"
        )
    );
}

#[test]
fn aws_ca_bundle_beats_ssl_cert_file_which_beats_ssl_cert_dir() {
    let it = secure(Identity::Valid);
    let stranger = it.file("stranger.pem", Tls::new(Identity::Valid).ca_pem());
    let nowhere = it.world.directory.path().join("nowhere");
    let ended = it
        .launch()
        .env("AWS_CA_BUNDLE", &it.ca)
        .env("SSL_CERT_FILE", &stranger)
        .env("SSL_CERT_DIR", &nowhere)
        .run();
    read_it(&ended, "AWS_CA_BUNDLE");
    let ended = it.trusting().env("SSL_CERT_DIR", &nowhere).run();
    read_it(&ended, "SSL_CERT_FILE");
    let ended = it.trusting().env("AWS_CA_BUNDLE", &stranger).run();
    failed_at_once(&ended, 78);
}

#[test]
fn an_empty_variable_names_no_authority() {
    let it = secure(Identity::Valid);
    let ended = it
        .trusting()
        .env("AWS_CA_BUNDLE", "")
        .env("SSL_CERT_DIR", "")
        .run();
    read_it(&ended, "empty variables");
}

#[test]
fn one_unusable_certificate_in_a_bundle_does_not_spoil_the_others() {
    const UNUSABLE: &str = "-----BEGIN CERTIFICATE-----\nMIIBAAA=\n-----END CERTIFICATE-----\n";
    let it = secure(Identity::Valid);
    let good = it.tls.ca_pem();
    for (situation, bundle) in [
        ("unusable one first", format!("{UNUSABLE}{good}")),
        ("unusable one last", format!("{good}{UNUSABLE}")),
        ("comments", format!("# ours\n{good}\nthe end\n")),
        ("lines as on Windows", good.replace('\n', "\r\n")),
        ("no end of the last line", good.trim_end().to_owned()),
        ("twice", format!("{good}{good}")),
    ] {
        let bundle = it.file("bundle.pem", bundle);
        for variable in ["AWS_CA_BUNDLE", "SSL_CERT_FILE"] {
            let ended = it.launch().env(variable, &bundle).run();
            read_it(&ended, situation);
        }
    }
}

#[test]
fn a_file_without_certificates_is_named_with_the_variable_that_names_it() {
    let it = secure(Identity::Valid);
    let nothing = it.file("empty/file", "");
    let empty = nothing.parent().unwrap();
    for (situation, content) in [
        ("empty", String::new()),
        ("not PEM", "no certificate".to_owned()),
        (
            "cut short",
            it.tls.ca_pem()[..it.tls.ca_pem().len() / 2].to_owned(),
        ),
        (
            "not base64",
            "-----BEGIN CERTIFICATE-----\n&&&&\n-----END CERTIFICATE-----\n".to_owned(),
        ),
        (
            "no certificate inside",
            "-----BEGIN CERTIFICATE-----\nMIIBAAA=\n-----END CERTIFICATE-----\n".to_owned(),
        ),
        (
            "something else inside",
            it.tls
                .ca_pem()
                .replace("CERTIFICATE", "CERTIFICATE REQUEST"),
        ),
    ] {
        let file = it.file("bad.pem", content);
        for variable in ["AWS_CA_BUNDLE", "SSL_CERT_FILE"] {
            let ended = it.launch().env(variable, &file).run();
            let file = file.display();
            assert_eq!(
                failed_at_once(&ended, 78),
                format!(
                    "envsecrets: error: there is no usable certificate in {variable} `{file}`\n\
                     envsecrets: hint: the file must hold certificates in PEM form\n"
                ),
                "{situation}"
            );
        }
    }
    for variable in ["AWS_CA_BUNDLE", "SSL_CERT_FILE"] {
        for (file, why) in [
            ("/nowhere/ca.pem", "No such file or directory (os error 2)"),
            ("/", "Is a directory (os error 21)"),
        ] {
            let ended = it.launch().env(variable, file).run();
            assert_eq!(
                failed_at_once(&ended, 78),
                format!(
                    "envsecrets: error: cannot read the trusted certificates of {variable} `{file}`: {why}\n\
                     envsecrets: hint: the file must hold certificates in PEM form\n"
                )
            );
        }
    }
    for (directory, what) in [
        (
            Path::new("/nowhere"),
            "cannot read the trusted certificates of SSL_CERT_DIR `/nowhere`: No such file or directory (os error 2)".to_owned(),
        ),
        (
            empty,
            format!("there is no usable certificate in SSL_CERT_DIR `{}`", empty.display()),
        ),
        (
            &nothing,
            format!(
                "cannot read the trusted certificates of SSL_CERT_DIR `{}`: Not a directory (os error 20)",
                nothing.display()
            ),
        ),
    ] {
        let ended = it.launch().env("SSL_CERT_DIR", directory).run();
        assert_eq!(
            failed_at_once(&ended, 78),
            format!(
                "envsecrets: error: {what}\n\
                 envsecrets: hint: the file must hold certificates in PEM form\n"
            )
        );
    }
    assert_eq!(it.world.server.calls(), 0);
}

#[test]
fn a_certificate_that_is_no_good_is_refused_at_once_and_says_why() {
    for (identity, cause, hint) in [
        (
            Identity::WrongHost,
            "its certificate is not for `localhost`, but for `wrong-host.example`",
            "something else answers at this address: look at the endpoint, at DNS, and at proxies",
        ),
        (
            Identity::Expired,
            "its certificate expired at 2021-01-01T00:00:00Z, and our clock says NOW",
            "look at this machine's clock, then at who runs the endpoint",
        ),
        (
            Identity::NotYetValid,
            "its certificate is valid from 2089-01-01T00:00:00Z on, and our clock says NOW",
            "look at this machine's clock, then at who runs the endpoint",
        ),
        (
            Identity::SelfSigned,
            "its certificate leads to no authority that we trust (UnknownIssuer)",
            "if a proxy inspects TLS here, name its certificate with `AWS_CA_BUNDLE` or `SSL_CERT_FILE`",
        ),
    ] {
        let it = secure(identity);
        let ended = it.trusting().run();
        let (url, ca) = (it.url(), it.ca.display());
        let said = failed_at_once(&ended, 78);
        assert_eq!(
            without_time(said),
            format!(
                "envsecrets: error: us-east-1 at {url} is not trusted\n\
                 envsecrets:   caused by: {cause}; 1 certificates are trusted, from SSL_CERT_FILE `{ca}`\n\
                 envsecrets: hint: {hint}\n"
            ),
            "{identity:?}"
        );
        // It was not asked again, and nothing was sent to it.
        let server = &it.world.server;
        assert_eq!((server.connections(), server.calls()), (1, 0));
    }
}

/// What was said, without the time on our clock.
fn without_time(said: &str) -> String {
    const BEFORE: &str = "our clock says ";
    match said.split_once(BEFORE) {
        Some((before, rest)) => {
            let (_, after) = rest.split_once(';').unwrap();
            format!("{before}{BEFORE}NOW;{after}")
        }
        None => said.to_owned(),
    }
}

#[test]
fn a_certificate_of_a_strange_authority_is_refused_at_once() {
    let it = secure(Identity::Valid);
    let stranger = it.file("stranger.pem", Tls::new(Identity::Valid).ca_pem());
    let ended = it.launch().env("SSL_CERT_FILE", &stranger).run();
    let (url, stranger) = (it.url(), stranger.display());
    assert_eq!(
        failed_at_once(&ended, 78),
        format!(
            "envsecrets: error: us-east-1 at {url} is not trusted\n\
             envsecrets:   caused by: its certificate names an authority that we trust, which did not sign it (BadSignature); 1 certificates are trusted, from SSL_CERT_FILE `{stranger}`\n\
             envsecrets: hint: if a proxy inspects TLS here, name its certificate with `AWS_CA_BUNDLE` or `SSL_CERT_FILE`\n"
        )
    );
    assert_eq!(it.world.server.connections(), 1);
}

#[test]
fn tls_with_a_port_that_does_not_speak_it_fails_at_once() {
    let plain = StandIn::start(|_, _| Reply::Answer(400, "Bad Request".to_owned()));
    let it = secure(Identity::Valid);
    let url = plain.url().replace("http:", "https:");
    let ended = it.trusting().env("AWS_ENDPOINT_URL_SSM", &url).run();
    let plain_port = plain.port();
    let ca = it.ca.display();
    assert_eq!(
        failed_at_once(&ended, 78),
        format!(
            "envsecrets: error: us-east-1 at {url} is not trusted\n\
             envsecrets:   caused by: no TLS with 127.0.0.1:{plain_port}: received corrupt message of type InvalidContentType; 1 certificates are trusted, from SSL_CERT_FILE `{ca}`\n\
             envsecrets: hint: the endpoint does not speak TLS: is it `http://`, or on another port?\n"
        )
    );
    assert_eq!(plain.calls().len(), 1);
}

#[test]
fn plain_http_with_a_port_that_speaks_tls_fails_at_once() {
    let it = secure(Identity::Valid);
    let url = it.url().replace("https:", "http:");
    let ended = it.launch().env("AWS_ENDPOINT_URL_SSM", &url).run();
    assert_eq!(
        failed_at_once(&ended, 70),
        format!(
            "envsecrets: error: the answer for parameters below `/app` from us-east-1 at {url} makes no sense\n\
             envsecrets:   caused by: it is not HTTP; is the endpoint `https://`?\n\
             envsecrets: hint: something between us and AWS may be answering in its place: look at the endpoint, at proxies, and at captive portals\n"
        )
    );
}

#[test]
fn a_system_without_certificates_trusts_those_that_are_built_in() {
    let story = "a_system_without_certificates_trusts_those_that_are_built_in";
    alone(story, || {
        let it = secure(Identity::Valid);
        hide(Path::new("/etc"));
        std::fs::write("/etc/hosts", "127.0.0.1 localhost\n").unwrap();
        let ended = it.launch().run();
        let url = it.url();
        let said = failed_at_once(&ended, 78);
        let start = format!(
            "envsecrets: error: us-east-1 at {url} is not trusted\n\
             envsecrets:   caused by: its certificate leads to no authority that we trust (UnknownIssuer); "
        );
        let count = said
            .strip_prefix(&start)
            .unwrap_or_else(|| panic!("{said}"));
        let (count, end) = count.split_once(' ').unwrap();
        assert!(count.parse::<usize>().unwrap() > 100, "{said}");
        assert_eq!(
            end,
            "certificates are trusted, from this program, because the system has none\n\
             envsecrets: hint: if a proxy inspects TLS here, name its certificate with `AWS_CA_BUNDLE` or `SSL_CERT_FILE`\n"
        );
    });
}

#[test]
fn the_certificates_of_the_system_are_trusted_wherever_it_keeps_them() {
    alone(
        "the_certificates_of_the_system_are_trusted_wherever_it_keeps_them",
        || {
            let it = secure(Identity::Valid);
            hide(Path::new("/etc"));
            std::fs::write("/etc/hosts", "127.0.0.1 localhost\n").unwrap();
            for place in [
                "/etc/ssl/certs/ca-certificates.crt",
                "/etc/pki/tls/certs/ca-bundle.crt",
                "/etc/ssl/ca-bundle.pem",
                "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
                "/etc/ssl/cert.pem",
                "/etc/ssl/certs/5ed36f99.0",
            ] {
                std::fs::create_dir_all(Path::new(place).parent().unwrap()).unwrap();
                std::fs::copy(&it.ca, place).unwrap();
                read_it(&it.launch().run(), place);
                std::fs::remove_file(place).unwrap();
            }
        },
    );
}

#[test]
fn no_certificate_is_read_for_plain_http() {
    let story = "no_certificate_is_read_for_plain_http";
    if !can(story, "strace", which("strace").is_some()) {
        return;
    }
    let world = world_with(&[("/app/x", SENTINEL)]);
    let it = secure(Identity::Valid);
    for (launch, expected) in [(world.envsecrets(&READ_X), false), (it.launch(), true)] {
        let ended = traced(launch, &world.directory);
        let log = std::fs::read_to_string(world.directory.path().join("trace")).unwrap();
        let certificates = log.lines().any(|line| {
            ["/etc/ssl", "/etc/pki"]
                .iter()
                .any(|place| line.contains(place))
        });
        assert_eq!(certificates, expected, "{log}");
        assert_eq!(ended.code, Some(if expected { 78 } else { 0 }));
    }
}

/// Runs a launch, and writes which files it looks at to `trace`.
fn traced(launch: Launch, directory: &Directory) -> Ended {
    let trace = directory.path().join("trace");
    let mut arguments: Vec<OsString> = ["-f", "-e", "trace=%file", "-o"].map(Into::into).into();
    arguments.extend([
        trace.into(),
        "--".into(),
        launch.command.get_program().into(),
    ]);
    arguments.extend(launch.command.get_args().map(Into::into));
    let mut traced = Launch::new("strace", &arguments);
    for (name, value) in launch.command.get_envs() {
        traced.env(name, value.unwrap_or_default());
    }
    traced.run()
}

// Proxies.

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
fn no_proxy_says_who_is_asked_directly() {
    let it = secure(Identity::Valid);
    let by_address = format!("https://127.0.0.1:{}", it.world.server.port());
    for (no_proxy, url, direct) in [
        ("localhost", it.url(), true),
        ("LOCALHOST", it.url(), true),
        ("*", it.url(), true),
        ("example.com, localhost ,169.254.169.254", it.url(), true),
        ("127.0.0.1", by_address.clone(), true),
        ("127.0.0.0/8", by_address.clone(), true),
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
fn a_proxy_is_asked_for_the_host_name_of_the_region() {
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
fn says_no_password(ended: &Ended) {
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
    let closed = nobody();
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
            says_no_password(&ended);
            assert_ne!(ended.code, Some(101), "{ended:?}");
        }
    }
}

const PROXY_HINT: &str = "envsecrets: hint: if it wants a user name and a password, they stand in its URL; \
    `NO_PROXY` names hosts to go to without it\n";

#[test]
fn a_proxy_that_refuses_us_is_certain_to_go_on_refusing() {
    let it = secure(Identity::Valid);
    let world = world_with(&[("/app/x", SENTINEL)]);
    let tunnel = "the proxy answers HTTP status 407";
    let forbidden = "the proxy answers HTTP status 403";
    let plain = "it answers HTTP status 407";
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
            failed_at_once(&ended, 78),
            format!(
                "envsecrets: error: the proxy of {variable} does not let us through to us-east-1 at {url}\n\
                 envsecrets:   caused by: {why}\n\
                 {PROXY_HINT}"
            )
        );
        says_no_password(&ended);
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
fn a_proxy_that_takes_the_connection_and_stays_mute_is_asked_again() {
    let it = secure(Identity::Valid);
    let proxy = StandIn::start(|_, number| match number {
        1 => Reply::Mute,
        _ => Reply::Relay,
    });
    let ended = it.trusting().env("HTTPS_PROXY", proxy.url()).run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.text(), format!("{SENTINEL}\n"));
    assert_eq!(proxy.calls().len(), 2);
    // Somebody may be waiting.
    let url = it.url();
    let said = ended.stderr.lines().next().unwrap_or_default();
    let line = format!(
        "envsecrets: waiting for parameters below `/app` in us-east-1 at {url}: no answer yet; giving up in "
    );
    assert!(said.starts_with(&line), "{ended:?}");
}

#[test]
fn a_proxy_that_stays_down_is_named_as_a_suspect_at_the_deadline() {
    let it = secure(Identity::Valid);
    let closed = nobody();
    let ended = it
        .trusting()
        .env("HTTPS_PROXY", format!("http://user:{PASSWORD}@{closed}"))
        .env("ENVSECRETS_TIMEOUT", "1s")
        .run();
    let url = it.url();
    let said = ended.failed(75);
    let causes: Vec<&str> = said.lines().collect();
    assert_eq!(
        causes[..2],
        [
            format!("envsecrets: error: Parameter Store did not answer within 1s for parameters below `/app` in us-east-1 at {url}").as_str(),
            &format!("envsecrets:   caused by: cannot connect to {closed}: tcp connect error: Connection refused (os error 111) (through the proxy of HTTPS_PROXY)"),
        ],
        "{said}"
    );
    says_no_password(&ended);
}

#[test]
fn a_proxy_that_is_not_asked_is_no_suspect() {
    let it = secure(Identity::Valid);
    let closed = nobody();
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
fn a_kind_of_proxy_that_cannot_be_used_is_told_at_once() {
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
        failed_at_once(&ended, 78),
        format!(
            "envsecrets: error: the proxy of HTTPS_PROXY does not let us through to us-east-1 at {url}\n\
             envsecrets:   caused by: proxies of the kind `socks5` are not supported, only `http` and `https`\n\
             {PROXY_HINT}"
        )
    );
}

#[test]
fn what_is_no_address_of_a_proxy_is_told_and_not_ignored() {
    let world = world_with(&[("/app/x", "1")]);
    for url in [
        format!("http://user:{PASSWORD}@[::1"),
        format!("http//user:{PASSWORD}@127.0.0.1:3128"),
        format!("ftp://user:{PASSWORD}@127.0.0.1"),
        "http://".to_owned(),
        "/proxy".to_owned(),
    ] {
        for variable in ["HTTP_PROXY", "http_proxy", "ALL_PROXY"] {
            let ended = world.envsecrets(&READ_X).env(variable, &url).run();
            assert_eq!(
                failed_at_once(&ended, 78),
                format!(
                    "envsecrets: error: `{variable}` is not the address of a proxy\nenvsecrets: hint: write \
                     it like `http://proxy.example:3128`, or unset it; `NO_PROXY` names hosts to go to \
                     without it\n"
                ),
                "{url}"
            );
        }
    }
    assert_eq!(world.server.calls(), 0);
    // What is not needed is not looked at.
    let mut launch = world.envsecrets(&READ_X);
    launch.env("HTTPS_PROXY", "/proxy").run().ok();
}

// Endpoints that hand out credentials.

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

// Names that do not resolve.

/// Tells a story whose names are looked up where it says.
fn with_names(
    story: &str,
    say: impl Fn(usize) -> Name + Send + 'static,
    tell: impl FnOnce(&Names) + Send,
) {
    let directory = Directory::new();
    alone(story, move || {
        for (file, content) in [
            ("/etc/hosts", ""),
            (
                "/etc/resolv.conf",
                "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n",
            ),
            ("/etc/nsswitch.conf", "hosts: files dns\n"),
        ] {
            let file = Path::new(file);
            if file.exists() {
                let ours =
                    directory.file(&file.file_name().unwrap().to_string_lossy(), content, 0o644);
                put_in_place(&ours, file);
            }
        }
        tell(&Names::start(say));
    });
}

#[test]
fn a_name_that_does_not_resolve_yet_is_waited_for() {
    for trouble in [Name::Unknown, Name::Trouble, Name::Mute] {
        // Each look-up asks for an IPv4 and an IPv6 address.
        let say = move |query| if query <= 6 { trouble } else { Name::Loopback };
        with_names(
            "a_name_that_does_not_resolve_yet_is_waited_for",
            say,
            |names| {
                let it = secure_for(Identity::Valid, &["parameters.test"]);
                let url = format!("https://parameters.test:{}", it.world.server.port());
                let ended = it.trusting().env("AWS_ENDPOINT_URL_SSM", url).run();
                assert_eq!(ended.code, Some(0), "{trouble:?}: {ended:?}");
                assert_eq!(ended.text(), format!("{SENTINEL}\n"));
                assert!(names.queries() > 6);
            },
        );
    }
}

#[test]
fn a_name_that_never_resolves_is_told_at_the_deadline() {
    for (trouble, why) in [
        (Name::Unknown, "Name or service not known"),
        (Name::Trouble, "Temporary failure in name resolution"),
    ] {
        with_names(
            "a_name_that_never_resolves_is_told_at_the_deadline",
            move |_| trouble,
            |_| {
                let world = world_with(&[("/app/x", SENTINEL)]);
                let ended = world
                    .envsecrets(&READ_X)
                    .env("AWS_ENDPOINT_URL_SSM", "http://parameters.test")
                    .env("ENVSECRETS_TIMEOUT", "1s")
                    .run();
                let said: Vec<&str> = ended.failed(75).lines().collect();
                assert_eq!(
                    said[..2],
                    [
                        "envsecrets: error: Parameter Store did not answer within 1s for parameters below `/app` in us-east-1 at http://parameters.test",
                        &format!(
                            "envsecrets:   caused by: cannot connect to parameters.test: dns error: failed to lookup address information: {why}"
                        ),
                    ]
                );
            },
        );
    }
}
