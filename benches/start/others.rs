//! Launches besides those that are measured, which have functions of their own: the usual sources
//! of credentials, files, contracts, secrets.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;

use crate::{Bench, Case, TARGET, pairs};

/// A key that every service of ours hands out.
const KEYS: &str = r#"{"Code":"Success","Type":"AWS-HMAC","LastUpdated":"2026-01-01T00:00:00Z",
    "AccessKeyId":"ASIAIOSFODNN7EXAMPLE","SecretAccessKey":"wJalrXUtnFEMI","Token":"token",
    "Expiration":"2099-01-01T00:00:00Z"}"#;

const ROLE: &str = "<AssumeRoleWithWebIdentityResponse \
    xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
    <AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ASIAIOSFODNN7EXAMPLE</AccessKeyId>\
    <SecretAccessKey>wJalrXUtnFEMI</SecretAccessKey><SessionToken>token</SessionToken>\
    <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult>\
    </AssumeRoleWithWebIdentityResponse>";

/// The metadata of an instance, the agent of a container and STS, at one address; and the files
/// that lead to them.
pub struct Services {
    url: String,
}

impl Services {
    /// Starts the services, on a thread that ends with this process, and writes the files.
    pub fn start(directory: &Path) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                // Each connection has a thread: a client may keep one open and use another.
                std::thread::spawn(move || answer(stream));
            }
        });
        let file = |name: &str, text: &str| {
            std::fs::write(directory.join(name), text).unwrap();
        };
        file("token", "a-token");
        file(
            "credentials",
            "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalr\n",
        );
        file("config", "[default]\nregion = us-east-1\n");
        file(
            "contract.toml",
            "path = [\"/bench/10\"]\n\n[variables.NAME_00000]\npattern = \"^.*$\"\n",
        );
        Self { url }
    }
}

/// Answers the requests of one connection until the client closes it.
fn answer(stream: TcpStream) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut writer = stream;
    loop {
        let (mut length, mut first, mut line) = (0, String::new(), String::new());
        reader.read_line(&mut first).ok().filter(|&read| read > 0)?;
        while reader.read_line(&mut line).ok()? > 2 {
            let header = line.to_ascii_lowercase();
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            }
            line.clear();
        }
        reader
            .by_ref()
            .take(length)
            .read_to_end(&mut Vec::new())
            .ok()?;
        const ROLES: &str = "/latest/meta-data/iam/security-credentials/";
        let target = first.split(' ').nth(1)?;
        let (status, body) = match target {
            "/" => ("200 OK", ROLE),
            "/latest/api/token" => ("200 OK", "a-token"),
            ROLES => ("200 OK", "app"),
            "/keys" => ("200 OK", KEYS),
            role if role.strip_prefix(ROLES) == Some("app") => ("200 OK", KEYS),
            _ => ("404 Not Found", ""),
        };
        let header = "x-aws-ec2-metadata-token-ttl-seconds: 21600";
        let length = body.len();
        write!(
            writer,
            "HTTP/1.1 {status}\r\n{header}\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .ok()?;
    }
}

impl Bench {
    /// A case for each of them.
    pub fn other_cases(&self, services: &Services) -> Vec<Case> {
        let path = ["--path", "/bench/10"];
        let url = |name: &str| format!("{}{name}", services.url);
        let launch = |name: &str, url: &str, options: &[&str], more: &[(&str, &str)]| {
            let mut case = self.launch(name, url, &[options, &["--", TARGET]].concat(), true);
            case.environment.extend(pairs(more));
            case
        };
        // An empty variable counts as none.
        let without_keys = |name: &str, more: &[(&str, &str)]| {
            let mut case = launch(name, &self.https, &path, more);
            let keys = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
            case.environment
                .retain(|(name, _)| !keys.contains(&name.as_str()));
            case
        };
        let role = "arn:aws:iam::123456789012:role/app";
        let shared = [
            ("AWS_SHARED_CREDENTIALS_FILE", "credentials"),
            ("AWS_CONFIG_FILE", "config"),
        ];
        let (keys, sts, metadata) = (url("/keys"), url(""), url(""));
        let container = [("AWS_CONTAINER_CREDENTIALS_FULL_URI", keys.as_str())];
        let web_identity = [
            ("AWS_WEB_IDENTITY_TOKEN_FILE", "token"),
            ("AWS_ROLE_ARN", role),
            ("AWS_ENDPOINT_URL_STS", &sts),
        ];
        let instance = [
            ("AWS_EC2_METADATA_DISABLED", "false"),
            ("AWS_EC2_METADATA_SERVICE_ENDPOINT", &metadata),
        ];
        let contract = ["--config", "contract.toml"];
        let secret = ["--secret", "A=secretsmanager://bench/1000/name-00001"];
        vec![
            without_keys("a profile", &shared),
            without_keys("a container", &container),
            without_keys("web identity", &web_identity),
            without_keys("an instance", &instance),
            launch(
                "files",
                &self.https,
                &["--file", "A=/bench/10/name-00001"],
                &[],
            ),
            launch(
                "names",
                &self.https,
                &["--secret", "A=/bench/10/name-00001"],
                &[],
            ),
            launch("a contract", &self.https, &contract, &[]),
            launch("a secret", &self.https, &secret, &[]),
        ]
    }
}
