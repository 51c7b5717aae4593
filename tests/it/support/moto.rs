//! moto, a Parameter Store that we did not write, and the real AWS CLI.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
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
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let child = Command::new("moto_server")
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let moto = Self {
            child,
            url: format!("http://127.0.0.1:{port}"),
            directory: Directory::new(),
        };
        let started = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(
                started.elapsed() < Duration::from_secs(60),
                "moto does not start"
            );
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
