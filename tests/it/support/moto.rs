//! moto, a Parameter Store that we did not write, and the real AWS CLI.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use super::{Directory, Launch, can, offline, which};

pub struct Moto {
    child: Child,
    pub url: String,
    pub directory: Directory,
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Moto {
    /// A moto of its own, or `None` if this machine has none.
    pub fn start(story: &str) -> Option<Self> {
        let there = which("moto_server").is_some() && which("aws").is_some();
        if !can(
            story,
            "moto_server (PyPI `moto[server]`) and the AWS CLI (PyPI `awscli`)",
            there,
        ) {
            return None;
        }
        // Between the choice of a port and moto's own bind another process may take the port: moto
        // then ends.
        (0..5).find_map(|_| Self::on_a_free_port()).or_else(|| {
            panic!("moto does not start");
        })
    }

    fn on_a_free_port() -> Option<Self> {
        let port = free_port();
        let child = Command::new("moto_server")
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut moto = Self {
            child,
            url: format!("http://127.0.0.1:{port}"),
            directory: Directory::new(),
        };
        let started = Instant::now();
        while !is_moto(port) {
            let ended = moto.child.try_wait().unwrap().is_some();
            if ended || started.elapsed() > Duration::from_secs(60) {
                return None;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(moto)
    }

    pub fn settings<'l>(&self, launch: &'l mut Launch) -> &'l mut Launch {
        launch
            .env("HOME", self.directory.path())
            .env("AWS_ENDPOINT_URL_SSM", &self.url)
            .env("AWS_ENDPOINT_URL", &self.url)
            .env("AWS_ACCESS_KEY_ID", "AKIDENVSECRETSTEST01")
            .env("AWS_SECRET_ACCESS_KEY", "x")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .env("AWS_EC2_METADATA_DISABLED", "true")
    }

    /// The real AWS CLI.
    pub fn aws(&self, arguments: &[&str]) -> String {
        let mut all = vec!["ssm"];
        all.extend(arguments);
        let mut launch = Launch::new("aws", &all);
        let ended = self.settings(&mut launch).run();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        ended.text()
    }

    pub fn put(&self, name: &str, value: &str, kind: &str) {
        // An argument that begins with `-` or names a URL would mean something to the CLI.
        let value = format!("--value={value}");
        self.aws(&[
            "put-parameter",
            "--overwrite",
            "--name",
            name,
            &value,
            "--type",
            kind,
        ]);
    }

    pub fn envsecrets(&self, arguments: &[&str]) -> Launch {
        let mut launch = offline(&self.directory, arguments);
        self.settings(&mut launch);
        launch
    }
}

/// A free port below those that the kernel gives to clients: a client that tries one of those before
/// a server listens there can be connected to itself (tcp(7), simultaneous open).
fn free_port() -> u16 {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let candidates = (0..1000).map(|_| {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let number = std::process::id().wrapping_mul(31).wrapping_add(number);
        u16::try_from(20_000 + number % 12_000).unwrap()
    });
    let mut free = candidates.filter(|&port| TcpListener::bind(("127.0.0.1", port)).is_ok());
    free.next().expect("a free port")
}

/// Whether the server at a port of this machine is moto.
fn is_moto(port: u16) -> bool {
    let answer = || {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        stream.write_all(b"GET /moto-api/data.json HTTP/1.0\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        std::io::Result::Ok(answer)
    };
    answer().is_ok_and(|it| it.contains(" 200 ") && it.contains("Werkzeug"))
}
