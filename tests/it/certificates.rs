//! TLS: which certificates a launch trusts, and how it fails without them.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use parameter_store::{Identity, Tls};

use crate::support::aws::READ_X;
use crate::support::network::{alone, hide};
use crate::support::stand_in::{Reply, StandIn};
use crate::support::tls::{read_it, secure};
use crate::support::{Directory, Ended, Launch, SENTINEL, can, can_trace, world_with};

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
fn verbose_reports_which_certificates_are_trusted_and_where_they_are_set() {
    let it = secure(Identity::Valid);
    let ended = it.trusting().env("ENVSECRETS_VERBOSE", "true").run();
    let place = it.url();
    let ca = it.ca.display();
    assert_eq!(
        ended.stderr,
        format!(
            "envsecrets: requesting from us-east-1 at {place} as the environment (access key …ST01)\n\
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
    ended.failed_at_once(78);
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
                ended.failed_at_once(78),
                format!(
                    "envsecrets: error: no usable certificate in {variable} `{file}`\n\
                     envsecrets: hint: the file must contain certificates in PEM format\n"
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
                ended.failed_at_once(78),
                format!(
                    "envsecrets: error: cannot read the trusted certificates of {variable} `{file}`: {why}\n\
                     envsecrets: hint: the file must contain certificates in PEM format\n"
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
            format!("no usable certificate in SSL_CERT_DIR `{}`", empty.display()),
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
            ended.failed_at_once(78),
            format!(
                "envsecrets: error: {what}\n\
                 envsecrets: hint: the file must contain certificates in PEM format\n"
            )
        );
    }
    assert_eq!(it.world.server.calls(), 0);
}

#[test]
fn an_invalid_certificate_is_refused_at_once_with_the_reason() {
    for (identity, cause, hint) in [
        (
            Identity::WrongHost,
            "its certificate is not for `localhost`, but for `wrong-host.example`",
            "another server responds at this address: check the endpoint, DNS and proxies",
        ),
        (
            Identity::Expired,
            "its certificate expired at 2021-01-01T00:00:00Z, and the local time is NOW",
            "check this machine's clock, then the certificate of the endpoint",
        ),
        (
            Identity::NotYetValid,
            "its certificate is valid from 2089-01-01T00:00:00Z on, and the local time is NOW",
            "check this machine's clock, then the certificate of the endpoint",
        ),
        (
            Identity::SelfSigned,
            "no trusted authority issued its certificate (UnknownIssuer)",
            "if a proxy inspects TLS here, set `AWS_CA_BUNDLE` or `SSL_CERT_FILE` to its certificate",
        ),
    ] {
        let it = secure(identity);
        let ended = it.trusting().run();
        let (url, ca) = (it.url(), it.ca.display());
        let printed = ended.failed_at_once(78);
        assert_eq!(
            without_time(printed),
            format!(
                "envsecrets: error: us-east-1 at {url} is not trusted\n\
                 envsecrets:   caused by: {cause}; 1 certificates are trusted, from SSL_CERT_FILE `{ca}`\n\
                 envsecrets: hint: {hint}\n"
            ),
            "{identity:?}"
        );
        // It was not called again, and nothing was sent to it.
        let server = &it.world.server;
        assert_eq!((server.connections(), server.calls()), (1, 0));
    }
}

/// The message without the time on our clock.
fn without_time(printed: &str) -> String {
    const BEFORE: &str = "the local time is ";
    match printed.split_once(BEFORE) {
        Some((before, rest)) => {
            let (_, after) = rest.split_once(';').unwrap();
            format!("{before}{BEFORE}NOW;{after}")
        }
        None => printed.to_owned(),
    }
}

#[test]
fn a_certificate_of_a_strange_authority_is_refused_at_once() {
    let it = secure(Identity::Valid);
    let stranger = it.file("stranger.pem", Tls::new(Identity::Valid).ca_pem());
    let ended = it.launch().env("SSL_CERT_FILE", &stranger).run();
    let (url, stranger) = (it.url(), stranger.display());
    assert_eq!(
        ended.failed_at_once(78),
        format!(
            "envsecrets: error: us-east-1 at {url} is not trusted\n\
             envsecrets:   caused by: its certificate names a trusted authority that did not sign it (BadSignature); 1 certificates are trusted, from SSL_CERT_FILE `{stranger}`\n\
             envsecrets: hint: if a proxy inspects TLS here, set `AWS_CA_BUNDLE` or `SSL_CERT_FILE` to its certificate\n"
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
        ended.failed_at_once(78),
        format!(
            "envsecrets: error: us-east-1 at {url} is not trusted\n\
             envsecrets:   caused by: no TLS with 127.0.0.1:{plain_port}: received corrupt message of type InvalidContentType; 1 certificates are trusted, from SSL_CERT_FILE `{ca}`\n\
             envsecrets: hint: the endpoint does not use TLS: check for `http://` and for another port\n"
        )
    );
    assert_eq!(plain.calls().len(), 1);
}

/// A server on loopback that answers each connection with these bytes.
fn answering(bytes: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let Ok(mut client) = client else { continue };
            // A client that goes away is its own business.
            let _ = client.read(&mut [0; 4096]);
            let _ = client.write_all(bytes);
            let _ = client.shutdown(Shutdown::Write);
            let _ = client.read_to_end(&mut Vec::new());
        }
    });
    address
}

#[test]
fn a_server_without_a_version_or_a_cipher_in_common_is_refused_at_once() {
    // Alerts (RFC 8446, section 6), as servers of OpenSSL, Java and Windows send them.
    for (alert, why) in [
        (
            &[21, 3, 1, 0, 2, 2, 70],
            "it supports neither TLS 1.2 nor TLS 1.3 (alert ProtocolVersion)",
        ),
        (
            &[21, 3, 3, 0, 2, 2, 40],
            "it refuses the handshake: it supports no cipher that this program does, or requires a certificate of the client (alert HandshakeFailure)",
        ),
        (
            &[21, 3, 3, 0, 2, 2, 71],
            "it supports no cipher that this program does (alert InsufficientSecurity)",
        ),
        (
            &[21, 3, 3, 0, 2, 2, 112],
            "it does not know the name of the endpoint (alert UnrecognisedName)",
        ),
        (
            &[21, 3, 3, 0, 2, 2, 116],
            "it requires a certificate of the client (alert CertificateRequired)",
        ),
    ] {
        let it = secure(Identity::Valid);
        let url = format!("https://{}", answering(alert));
        let ended = it.trusting().env("AWS_ENDPOINT_URL_SSM", &url).run();
        assert_eq!(
            ended.failed_at_once(78),
            format!(
                "envsecrets: error: us-east-1 at {url} and this program have no TLS in common\n\
                 envsecrets:   caused by: {why}\n\
                 envsecrets: hint: the endpoint must support TLS 1.3, or TLS 1.2 with ECDHE and AES-GCM or ChaCha20; certificates of clients are not supported\n"
            )
        );
    }
    // An internal error may pass, and so does what begins well and is garbled then.
    for bytes in [
        [21, 3, 3, 0, 2, 2, 80].as_slice(),
        &[22, 3, 3, 0, 4, 2, 0, 0, 0, 72, 84, 84, 80, 47, 49, 46, 49],
    ] {
        let it = secure(Identity::Valid);
        let url = format!("https://{}", answering(bytes));
        let mut launch = it.trusting();
        launch
            .env("AWS_ENDPOINT_URL_SSM", &url)
            .env("ENVSECRETS_TIMEOUT", "1s");
        let ended = launch.run();
        assert_eq!(ended.code, Some(75), "{ended:?}");
    }
}

#[test]
fn a_service_that_issues_credentials_and_has_no_tls_in_common_is_refused_at_once() {
    let it = secure(Identity::Valid);
    let token = it.file("token", "a.web.token");
    let address = answering(&[21, 3, 1, 0, 2, 2, 70]);
    let ended = it
        .trusting()
        .without("AWS_ACCESS_KEY_ID")
        .without("AWS_SECRET_ACCESS_KEY")
        .env("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/app")
        .env("AWS_WEB_IDENTITY_TOKEN_FILE", token)
        .env("AWS_ENDPOINT_URL_STS", format!("https://{address}"))
        .run();
    assert_eq!(
        ended.failed_at_once(78),
        format!(
            "envsecrets: error: the AWS credentials of the web identity token cannot be used\n\
             envsecrets:   caused by: no TLS with {address}: received fatal alert: ProtocolVersion: it supports neither TLS 1.2 nor TLS 1.3 (alert ProtocolVersion)\n\
             envsecrets: hint: the endpoint must support TLS 1.3, or TLS 1.2 with ECDHE and AES-GCM or ChaCha20; certificates of clients are not supported\n"
        )
    );
}

/// A relay to this port. After the handshake of the first connection it replaces what the server
/// sends.
fn garbling(port: u16, garbage: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for (number, client) in listener.incoming().enumerate() {
            let Ok(client) = client else { continue };
            std::thread::spawn(move || relay(client, port, (number == 0).then_some(garbage)));
        }
    });
    address
}

fn relay(mut client: TcpStream, port: u16, garbage: Option<&[u8]>) -> std::io::Result<()> {
    let mut server = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    let (mut from_server, mut to_client) = (server.try_clone()?, client.try_clone()?);
    if let Some(garbage) = garbage {
        let mut bytes = [0; 65536];
        // ClientHello, the flight of the server, Finished with the request.
        let length = client.read(&mut bytes)?;
        server.write_all(&bytes[..length])?;
        let length = from_server.read(&mut bytes)?;
        to_client.write_all(&bytes[..length])?;
        // The flight may come in parts.
        from_server.set_read_timeout(Some(Duration::from_millis(50)))?;
        while let Ok(length @ 1..) = from_server.read(&mut bytes) {
            to_client.write_all(&bytes[..length])?;
        }
        let _finished = client.read(&mut bytes)?;
        to_client.write_all(garbage)?;
        return to_client.shutdown(Shutdown::Write);
    }
    let upwards = std::thread::spawn(move || {
        let _ = std::io::copy(&mut client, &mut server);
        server.shutdown(Shutdown::Write)
    });
    std::io::copy(&mut from_server, &mut to_client)?;
    to_client.shutdown(Shutdown::Write)?;
    upwards.join().expect("a relay")
}

#[test]
fn what_is_garbled_after_a_good_handshake_is_tried_again() {
    for (situation, garbage) in [
        (
            "no TLS",
            b"HTTP/1.1 500 Internal Server Error\r\n\r\n".as_slice(),
        ),
        ("a record of a wrong kind", &[99, 3, 3, 0, 1, 0]),
        ("a record that is too long", &[23, 3, 3, 255, 255]),
        (
            "a record that cannot be decrypted",
            &[
                23, 3, 3, 0, 20, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
                20,
            ],
        ),
        (
            "an alert that cannot be decrypted",
            &[21, 3, 3, 0, 2, 2, 40],
        ),
        ("the end", b""),
    ] {
        let it = secure(Identity::Valid);
        let url = format!("https://{}", garbling(it.world.server.port(), garbage));
        let ended = it.trusting().env("AWS_ENDPOINT_URL_SSM", url).run();
        read_it(&ended, situation);
    }
}

/// A library that takes the place of the clock: from 1970 on, and right after a second if it is
/// `set`.
const CLOCK: &str = "
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *time) {
    static time_t started;
    struct timespec up;
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &up);
    if (!started) started = up.tv_sec;
    int result = syscall(SYS_clock_gettime, clock, time);
    if (clock == CLOCK_REALTIME && !(getenv(\"TEST_SET\") && up.tv_sec > started + 1)) {
        time->tv_sec = up.tv_sec - started + 5;
    }
    return result;
}
";

#[test]
fn a_clock_that_is_not_set_yet_is_waited_for() {
    let story = "a_clock_that_is_not_set_yet_is_waited_for";
    let it = secure(Identity::Valid);
    let (source, library) = (
        it.file("clock.c", CLOCK),
        it.world.directory.path().join("clock.so"),
    );
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .arg(&library)
        .arg(source)
        .status();
    if !can(story, "a C compiler", built.is_ok_and(|it| it.success())) {
        return;
    }
    let launch = || {
        let mut launch = it.trusting();
        launch.env("LD_PRELOAD", &library);
        launch
    };
    let ended = launch().env("ENVSECRETS_TIMEOUT", "1s").run();
    let url = it.url();
    let lines: Vec<&str> = ended.failed(75).lines().collect();
    assert_eq!(
        [lines[0], lines[3]],
        [
            &format!(
                "envsecrets: error: Parameter Store did not answer within 1s for parameters below `/app` in us-east-1 at {url}"
            ),
            "envsecrets: hint: set this machine's clock, or start after the time is synchronised (in a systemd unit `After=time-sync.target`)",
        ]
    );
    let (why, start) = lines[1].rsplit_once(" from ").unwrap();
    assert!(start.ends_with("Z on"), "{ended:?}");
    let (why, time) = why.split_once("1970-01-01T00:00:").unwrap();
    assert_eq!(
        why,
        "envsecrets:   caused by: the clock of this machine is wrong: it is "
    );
    assert!(
        time.ends_with("Z, and its certificate is valid"),
        "{ended:?}"
    );

    let ended = launch().env("TEST_SET", "1").run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.text(), format!("{SENTINEL}\n"));
}

#[test]
fn plain_http_with_a_port_that_speaks_tls_fails_at_once() {
    let it = secure(Identity::Valid);
    let url = it.url().replace("https:", "http:");
    let ended = it.launch().env("AWS_ENDPOINT_URL_SSM", &url).run();
    assert_eq!(
        ended.failed_at_once(70),
        format!(
            "envsecrets: error: the response for parameters below `/app` from us-east-1 at {url} is invalid\n\
             envsecrets:   caused by: it is not HTTP; is the endpoint `https://`?\n\
             envsecrets: hint: another server may respond in place of AWS: check the endpoint, proxies, and captive portals\n"
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
        let printed = ended.failed_at_once(78);
        let start = format!(
            "envsecrets: error: us-east-1 at {url} is not trusted\n\
             envsecrets:   caused by: no trusted authority issued its certificate (UnknownIssuer); "
        );
        let count = printed
            .strip_prefix(&start)
            .unwrap_or_else(|| panic!("{printed}"));
        let (count, end) = count.split_once(' ').unwrap();
        assert!(count.parse::<usize>().unwrap() > 100, "{printed}");
        assert_eq!(
            end,
            "certificates are trusted, from this program, because the system has none\n\
             envsecrets: hint: if a proxy inspects TLS here, set `AWS_CA_BUNDLE` or `SSL_CERT_FILE` to its certificate\n"
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
    if !can_trace(story) {
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

/// Runs a launch, and writes which files it opens to `trace`.
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
