//! moto, a Parameter Store that we did not write, and the real AWS CLI.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Directory, Launch, can, offline, which};

/// Regions for stories: moto keeps the parameters of each apart. Those that stories name themselves
/// are not among them.
const REGIONS: [&str; 22] = [
    "af-south-1",
    "ap-east-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ca-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-2",
    "eu-west-3",
    "me-central-1",
    "me-south-1",
    "sa-east-1",
    "us-east-2",
    "us-west-2",
];

pub struct Moto {
    pub url: String,
    pub region: &'static str,
    pub directory: Directory,
}

impl Moto {
    /// A region of its own in the moto of all stories, or `None` if this machine has none.
    pub fn start(story: &str) -> Option<Self> {
        static PORT: OnceLock<u16> = OnceLock::new();
        static STORIES: AtomicUsize = AtomicUsize::new(0);
        let there = which("moto_server").is_some() && which("aws").is_some();
        if !can(
            story,
            "moto_server (PyPI `moto[server]`) and the AWS CLI (PyPI `awscli`)",
            there,
        ) {
            return None;
        }
        let port = PORT.get_or_init(serve);
        Some(Self {
            url: format!("http://127.0.0.1:{port}"),
            region: REGIONS[STORIES.fetch_add(1, Ordering::Relaxed)],
            directory: Directory::new(),
        })
    }

    pub fn settings<'l>(&self, launch: &'l mut Launch) -> &'l mut Launch {
        launch
            .env("HOME", self.directory.path())
            .env("AWS_ENDPOINT_URL_SSM", &self.url)
            .env("AWS_ENDPOINT_URL", &self.url)
            .env("AWS_ACCESS_KEY_ID", "AKIDENVSECRETSTEST01")
            .env("AWS_SECRET_ACCESS_KEY", "x")
            .env("AWS_REGION", self.region)
            .env("AWS_DEFAULT_REGION", self.region)
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

/// Starts moto on a port that the kernel chooses, until this process ends.
pub fn serve() -> u16 {
    // The pipe of its standard input closes with this process, however that ends.
    let script = "moto_server -H 127.0.0.1 -p 0 </dev/null & read -r _; kill $!";
    let mut server = Command::new("sh")
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::mem::forget(server.stdin.take());
    let mut lines = BufReader::new(server.stderr.take().unwrap()).lines();
    let port = lines
        .by_ref()
        .map_while(Result::ok)
        .find_map(|line| line.rsplit_once("http://127.0.0.1:")?.1.trim().parse().ok());
    // It logs every call; a full pipe would stop it.
    std::thread::spawn(move || {
        lines.for_each(drop);
        server.wait()
    });
    port.expect("moto_server listens")
}
