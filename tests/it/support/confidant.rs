//! A Confidant in memory on a socket, and launchers that use it with the KMS of a Parameter Store; and a
//! real one.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use parameter_store::confidant::{Confidant, KEY, Request, TO};
use serde_json::Value;

use super::bao::free_port;
use super::needs::named_as_skipped;
use super::stand_in::{Call, Reply, StandIn};
use super::{Directory, Ended, Launch, World, can, moto, offline, until, which, world};

/// A Confidant, and all that is of AWS.
pub struct ConfidantWorld {
    pub confidant: Confidant,
    pub server: StandIn,
    pub aws: World,
}

/// A Confidant without services.
pub fn confidant_world() -> ConfidantWorld {
    confidant_behind(|_, _| None)
}

/// A Confidant whose answers this changes: what it returns is sent in place of them. It gets the
/// number of the call too, from 1.
pub fn confidant_behind(
    act: impl Fn(&Call, usize) -> Option<Reply> + Send + Sync + 'static,
) -> ConfidantWorld {
    let confidant = Confidant::new();
    let own = confidant.clone();
    let server = StandIn::start(move |call, number| {
        act(call, number).unwrap_or_else(|| answered(&own, call))
    });
    let world = ConfidantWorld {
        confidant,
        server,
        aws: world(),
    };
    world.configure(&world.profile());
    world
}

/// What a Confidant answers to a call.
fn answered(confidant: &Confidant, call: &Call) -> Reply {
    let (status, body) = confidant.answer(Request {
        method: &call.method,
        target: &call.target,
        from: call.header("x-auth-from"),
        token: call.header("x-auth-token"),
    });
    Reply::AnswerWith(status, ("Date", confidant.date()), body)
}

impl ConfidantWorld {
    /// The settings of the service `app`, as a line of YAML.
    pub fn profile(&self) -> String {
        let url = self.server.url();
        format!(
            "{{url: {url}, auth_key: {KEY}, auth_context: {{from: app, to: {TO}, user_type: service}}}}"
        )
    }

    /// Writes the file of Confidant's client, with this profile.
    pub fn configure(&self, profile: &str) {
        self.write(&format!("default: {profile}\n"));
    }

    /// Writes the file of Confidant's client.
    pub fn write(&self, text: &str) {
        let file = self.aws.directory.path().join(".confidant");
        std::fs::write(file, text).unwrap();
    }

    /// A launcher with everything that it needs.
    pub fn envsecrets(&self, arguments: &[&str]) -> Launch {
        self.aws.envsecrets(arguments)
    }

    /// A launcher with these options, written as they would be typed, that prints what it gets.
    pub fn launch(&self, options: &str) -> Launch {
        self.aws.launch(&format!("--clean-env {options}"), &["env"])
    }

    /// The variables that a program gets.
    #[track_caller]
    pub fn variables(&self, options: &str) -> Vec<String> {
        self.aws.variables(options)
    }

    /// The messages of a launch that fails before the program starts, with the addresses replaced.
    #[track_caller]
    pub fn refusal(&self, options: &str, code: u8) -> String {
        self.refused(&self.launch(options).run(), code)
    }

    /// The same for a command that has ended.
    #[track_caller]
    pub fn refused(&self, ended: &Ended, code: u8) -> String {
        ended
            .failed_at_once(code)
            .replace(&self.server.url(), "SERVER")
            .replace(&self.aws.server.url(), "AWS")
    }
}

/// Names the environment of Python in which the real server is installed (tests/confidant). It is empty
/// where this machine has no Python that runs it.
const INSTALLED: &str = "ENVSECRETS_TEST_CONFIDANT";

/// A real server, with keys and a table in a moto of its own.
pub struct RealConfidant {
    pub port: u16,
    moto: u16,
    python: PathBuf,
    pub directory: Directory,
}

impl RealConfidant {
    /// The server of all stories, or `None` if this machine has none.
    pub fn start(story: &str) -> Option<Self> {
        static PORTS: OnceLock<(u16, u16)> = OnceLock::new();
        let needs =
            "a real Confidant (ENVSECRETS_TEST_CONFIDANT) and moto_server (PyPI `moto[server]`)";
        let installed = std::env::var_os(INSTALLED);
        if installed.as_ref().is_some_and(|it| it.is_empty()) {
            named_as_skipped(story, "Python 3.10 or 3.11, which this machine has not");
            return None;
        }
        let python = PathBuf::from(installed.unwrap_or_default()).join("bin/python");
        let there = python.is_file() && which("moto_server").is_some();
        if !can(story, needs, there) {
            return None;
        }
        let (moto, port) = *PORTS.get_or_init(|| {
            let moto = moto::serve();
            (moto, serve(&python, moto))
        });
        Some(Self {
            port,
            moto,
            python,
            directory: Directory::new(),
        })
    }

    /// Creates what is given there, sends the requests in it, and returns the answers.
    #[track_caller]
    pub fn person(&self, wanted: &Value) -> Vec<(u16, String)> {
        let mut person = Command::new(&self.python)
            .arg(script("person.py"))
            .args([self.aws(), self.url()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = person.stdin.take().unwrap();
        input.write_all(wanted.to_string().as_bytes()).unwrap();
        drop(input);
        let ended = person.wait_with_output().unwrap();
        assert!(ended.status.success());
        serde_json::from_slice(&ended.stdout).unwrap()
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn aws(&self) -> String {
        format!("http://127.0.0.1:{}", self.moto)
    }

    /// A launcher that reads as a service.
    pub fn envsecrets(&self, service: &str, arguments: &[&str]) -> Launch {
        let url = self.url();
        let profile = format!(
            "default: {{url: {url}, auth_key: {KEY}, auth_context: {{from: {service}, to: {TO}, \
             user_type: service}}}}\n"
        );
        self.directory.file(".confidant", profile, 0o600);
        let mut launch = offline(&self.directory, arguments);
        launch
            .env("AWS_ENDPOINT_URL", self.aws())
            .env("AWS_ACCESS_KEY_ID", "AKIDENVSECRETSTEST01")
            .env("AWS_SECRET_ACCESS_KEY", "x")
            .env("AWS_REGION", "us-east-1");
        launch
    }
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/confidant")
        .join(name)
}

/// Starts a server, until this process ends.
fn serve(python: &Path, moto: u16) -> u16 {
    let port = free_port();
    let home = Directory::new();
    // The pipe of its standard input closes with this process, however that ends.
    let mut server = Command::new("sh")
        .args([
            "-c",
            "\"$@\" </dev/null >/dev/null 2>&1 & read -r _; kill $!",
            "sh",
        ])
        .arg(python)
        .arg(script("server.py"))
        .args([format!("http://127.0.0.1:{moto}"), port.to_string()])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home.path())
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    std::mem::forget(server.stdin.take());
    std::mem::forget(home);
    std::thread::spawn(move || server.wait());
    until("Confidant answers", || {
        std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
    });
    port
}
