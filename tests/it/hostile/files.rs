//! Each file that a run reads, with each hostile content, and each key of it with each hostile text.

use std::sync::Arc;

use parameter_store::Identity;

use super::{
    CONFIG, CREDENTIALS, LINKS, Link, Mixed, PROCESS, Place, RIGHT_CREDENTIALS, RIGHT_SIGN_IN,
    RIGHT_TOKEN, SIGN_IN, TIMEOUT, TOKEN, answers, contents, sample, services, sweep,
};
use crate::support::tls::secure;

/// A contract with every kind of setting.
const CONTRACT: &str = r#"path = ["/app"]
timeout = "400ms"
only = ["**"]
rename = { "a" = "B" }
[secrets.A]
required = true
from = "/app/a"
pattern = "[0-9]+"
description = "x"
[profiles.dev]
path = ["/app"]
"#;

/// Settings of a profile.
const SETTINGS: [&str; 32] = [
    "aws_access_key_id",
    "aws_account_id",
    "aws_secret_access_key",
    "aws_session_token",
    "ca_bundle",
    "credential_process",
    "credential_source",
    "defaults_mode",
    "duration_seconds",
    "ec2_metadata_service_endpoint",
    "ec2_metadata_service_endpoint_mode",
    "endpoint_url",
    "external_id",
    "ignore_configured_endpoint_urls",
    "login_session",
    "max_attempts",
    "mfa_serial",
    "region",
    "retry_mode",
    "role_arn",
    "role_session_name",
    "sdk_ua_app_id",
    "services",
    "source_profile",
    "sso_account_id",
    "sso_region",
    "sso_role_name",
    "sso_session",
    "sso_start_url",
    "use_dualstack_endpoint",
    "use_fips_endpoint",
    "web_identity_token_file",
];

/// The files of a run with this link: the name, and a right content.
fn files(link: Link) -> &'static [(&'static str, &'static str)] {
    match link {
        Link::Keys => &[("envsecrets.toml", CONTRACT)],
        Link::Profile => &[
            (CONFIG, "[default]\nregion = us-east-1\n"),
            (CREDENTIALS, RIGHT_CREDENTIALS),
        ],
        Link::Process => &[(PROCESS, answers::CREDENTIALS)],
        Link::Role => &[(
            CREDENTIALS,
            "[base]\naws_access_key_id = A\naws_secret_access_key = x\n",
        )],
        Link::WebIdentity | Link::Container => &[(TOKEN, "a-token")],
        Link::SignIn => &[(CONFIG, RIGHT_SIGN_IN), (SIGN_IN, RIGHT_TOKEN)],
        Link::Instance | Link::Option => &[],
    }
}

/// A right content with each of its parts replaced: what stands between these characters.
fn replaced(right: &str, text: &Arc<[u8]>) -> Vec<Mixed> {
    let is_edge = |it: char| "=\":,\n[]{}".contains(it);
    let mut results = Vec::new();
    let mut start = 0;
    for (end, edge) in right.char_indices() {
        if !is_edge(edge) {
            continue;
        }
        if !right[start..end].trim().is_empty() {
            let (before, after) = (&right.as_bytes()[..start], &right.as_bytes()[end..]);
            results.push(Mixed::within(before, text, after));
        }
        start = end + 1;
    }
    results
}

#[test]
fn no_file_breaks_a_run() {
    let mut cases = Vec::new();
    for link in LINKS {
        for &(file, right) in files(link) {
            for (what, content) in contents() {
                for (number, part) in replaced(right, &content).into_iter().enumerate() {
                    cases.push((link, file, format!("{what} as part {number}"), part));
                }
                let with_right = Mixed::within(right.as_bytes(), &content, b"");
                cases.push((link, file, format!("{what} after it"), with_right));
                cases.push((link, file, what.to_owned(), Mixed::alone(&content)));
            }
        }
    }
    for (what, content) in contents() {
        for setting in SETTINGS {
            // Each by itself, and beside what is right for a sign-in or an assumed role.
            for (link, right) in [
                (Link::Profile, ""),
                (Link::SignIn, RIGHT_SIGN_IN),
                (
                    Link::Role,
                    "[default]\nrole_arn = arn:aws:iam::1:role/a\nsource_profile = base\n",
                ),
            ] {
                let before = format!("{right}[default]\n{setting} = ");
                let mixed = Mixed::within(before.as_bytes(), &content, b"\n");
                cases.push((link, CONFIG, format!("{setting} is {what}"), mixed));
            }
        }
    }
    let wire = services();
    sweep(&sample(cases, 40), |(link, file, what, content)| {
        let place = Place::new();
        let path = place.directory.path().join("envsecrets.toml");
        let config = ["--config", path.to_str().unwrap()];
        let launch = ["--path", "/app", "--", "/bin/true"];
        let arguments = match link {
            Link::Keys => [&config[..], &launch].concat(),
            _ => launch.to_vec(),
        };
        let mut launch = place.run(*link, &wire.url(), &arguments);
        place.file(file, content.bytes());
        (format!("{file}, {what}, with {link:?}"), launch.run())
    });
}

#[test]
fn no_file_of_certificates_breaks_a_run() {
    let it = secure(Identity::Valid);
    let right = it.tls.ca_pem().as_bytes();
    let (first, second) = right.split_at(right.len() / 2);
    let mut cases = Vec::new();
    for (what, content) in contents() {
        for (how, content) in [
            ("alone", Mixed::alone(&content)),
            ("within", Mixed::within(first, &content, second)),
            ("after", Mixed::within(right, &content, b"")),
        ] {
            for variable in ["AWS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"] {
                cases.push((variable, format!("{what}, {how}"), content.clone()));
            }
        }
    }
    sweep(&sample(cases, 10), |(variable, what, content)| {
        let place = Place::new();
        let file = place.file("certificates/5ed36f99.0", content.bytes());
        let path = match *variable {
            "SSL_CERT_DIR" => file.parent().unwrap(),
            _ => &file,
        };
        let mut launch = it.launch();
        launch
            .env("ENVSECRETS_TIMEOUT", TIMEOUT)
            .env(variable, path);
        (format!("{variable} holds {what}"), launch.run())
    });
}

#[test]
fn no_file_breaks_an_import() {
    let formats = ["dotenv", "json", "yaml", "properties", "aws", "k8s"];
    let rights = [
        ("dotenv", "A=1\nB=\"two\"\n"),
        ("json", r#"{"a":"1","b":{"c":2}}"#),
        ("yaml", "a: 1\nb:\n  c: \"2\"\n"),
        ("properties", "a=1\nb.c=\\u0041\n"),
        (
            "k8s",
            "apiVersion: v1\nkind: Secret\ndata:\n  a: MQ==\nstringData:\n  b: \"2\"\n",
        ),
    ];
    let mut cases = Vec::new();
    for (what, content) in contents() {
        for format in formats {
            cases.push((format, what.to_owned(), Mixed::alone(&content)));
        }
        for (format, right) in rights {
            for (number, part) in replaced(right, &content).into_iter().enumerate() {
                cases.push((format, format!("{what} as part {number}"), part));
            }
        }
    }
    let wire = services();
    sweep(&sample(cases, 13), |(format, what, content)| {
        let place = Place::new();
        let file = place.file("input", content.bytes());
        let file = file.to_str().unwrap();
        let arguments = [
            "import",
            file,
            "--path",
            "/app",
            "--format",
            format,
            "--dry-run",
        ];
        let ended = place.run(Link::Keys, &wire.url(), &arguments).run();
        (format!("{format}: {what}"), ended)
    });
}
