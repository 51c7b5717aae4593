//! Hostile input from every source: variables, files, and each field of each response.
//!
//! Whatever is read, a run ends by its deadline, with a code that is documented, and never by a panic or
//! a signal. What is printed in each case is the matter of other stories.
//!
//! The cases are the product of places and texts, tens of thousands. By default every so many of them
//! are tried, always the same. Ten times as many take two minutes, and all of them an hour:
//!
//! ```sh
//! ENVSECRETS_TEST_HOSTILE=10 cargo test --workspace --test it -- hostile::
//! ENVSECRETS_TEST_HOSTILE=all cargo test --workspace --test it -- hostile::
//! ```

mod answers;
mod dates;
mod files;
mod variables;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::wire::{Then, Wire};
use crate::support::{Directory, Ended, Launch, each, offline};

/// The deadline of each run.
const TIMEOUT: &str = "400ms";
/// Beyond its deadline a run may need this, on a machine that has much else to do.
const SLACK: Duration = Duration::from_secs(30);
/// Every exit code that is documented, with those of the programs that are started.
const CODES: [i32; 13] = [0, 1, 64, 65, 66, 70, 73, 74, 75, 77, 78, 126, 127];

/// Some of the cases, spread over all: `count` of them, as many times as that as is requested, or all.
fn sample<T>(mut cases: Vec<T>, count: usize) -> Vec<T> {
    let times = match std::env::var("ENVSECRETS_TEST_HOSTILE").as_deref() {
        Ok("all") => return cases,
        Ok(times) => times.parse().expect("`all`, or how many times as many"),
        Err(_) => 1,
    };
    // Always the same ones. Every n-th would miss texts whose number shares a divisor with n.
    fastrand::Rng::with_seed(1).shuffle(&mut cases);
    cases.truncate(count * times);
    cases
}

/// Runs each case, and reports all that ended as nothing may.
fn sweep<T: Sync>(cases: &[T], run: impl Fn(&T) -> (String, Ended) + Sync) {
    assert!(!cases.is_empty());
    let faults = Mutex::new(Vec::new());
    each(cases, |case| {
        let (situation, ended) = run(case);
        if let Some(fault) = fault(&ended) {
            let stderr: String = ended.stderr.chars().take(600).collect();
            let line = format!(
                "{situation}: {fault}: code {:?}, signal {:?}, after {:?}: {stderr}",
                ended.code, ended.signal, ended.took
            );
            faults.lock().unwrap().push(line);
        }
    });
    let faults = faults.into_inner().unwrap();
    let (count, all) = (faults.len(), cases.len());
    assert!(count == 0, "{count} of {all}:\n{}", faults.join("\n"));
}

/// What is wrong with the end of a run, if anything is.
fn fault(ended: &Ended) -> Option<&'static str> {
    let printed = |text| ended.stderr.contains(text);
    if ended.signal.is_some() {
        return Some("it died of a signal");
    }
    if printed("please report") || printed("panicked") || printed("overflowed its stack") {
        return Some("it panicked");
    }
    if !ended.code.is_some_and(|code| CODES.contains(&code)) {
        return Some("its exit code is not documented");
    }
    (ended.took > SLACK).then_some("it outlived its deadline")
}

/// A text with its description. The larger ones are shared: a process that holds many copies takes long
/// to fork.
type Text = (&'static str, Arc<[u8]>);

/// Texts that nothing which can be set in the environment may break us with.
fn texts() -> Vec<Text> {
    let short: [(&str, &[u8]); 26] = [
        ("empty", b""),
        ("blank", b" "),
        ("a line end", b"a\nb"),
        ("a line end at the end", b"AKIA\n"),
        ("a carriage return", b"a\r"),
        ("CR and LF and a header", b"a\r\nX-Header: b"),
        ("control characters", b"\x01\x07\x1b[2J\x7f"),
        ("a tab", b"\t"),
        ("not UTF-8", b"\xff\xfe"),
        ("a surrogate alone", b"\xed\xa0\x80"),
        ("reversed text", "\u{202e}a\u{2066}".as_bytes()),
        ("letters beyond ASCII", "na\u{ef}ve \u{1f600}".as_bytes()),
        ("minus one", b"-1"),
        ("a huge number", b"99999999999999999999999"),
        ("the largest number", b"18446744073709551615"),
        ("a number without end", b"1e999"),
        ("a huge duration", b"99999999999999y"),
        ("the year zero", b"0000-00-00T00:00:00Z"),
        ("the year 9999999", b"9999999-12-31T23:59:59Z"),
        ("no host", b"http://"),
        ("half an address", b"http://[::1"),
        ("a port too large", b"http://127.0.0.1:99999/"),
        ("an address without a service", b"http://127.0.0.1:1/%zz?#"),
        ("JSON", br#"{"a":[null,true,1]}"#),
        ("quotes", b"\"'`\\"),
        ("globs", b"[a-,{b,**}**]"),
    ];
    let mut texts: Vec<Text> = short.map(|(name, text)| (name, text.into())).into();
    texts.push(("many brackets", b"[".repeat(10_000).into()));
    texts.push(("many braces", b"{\"a\":".repeat(10_000).into()));
    texts.push(("100 KiB", b"x".repeat(100 * 1024).into()));
    texts
}

/// The same, and what no variable can hold: a NUL, and 1 MiB.
fn contents() -> Vec<Text> {
    let mut contents = texts();
    contents.push(("a NUL", b"a\0b".as_slice().into()));
    contents.push(("1 MiB", b"x".repeat(1024 * 1024).into()));
    let lines = b"[a]\nb = c\n".repeat(100 * 1024);
    contents.push(("1 MiB of lines", lines.into()));
    contents
}

/// A hostile text within a right one.
#[derive(Clone)]
struct Mixed {
    before: Vec<u8>,
    text: Arc<[u8]>,
    after: Vec<u8>,
}

impl Mixed {
    fn alone(text: &Arc<[u8]>) -> Self {
        Self::within(b"", text, b"")
    }

    fn within(before: &[u8], text: &Arc<[u8]>, after: &[u8]) -> Self {
        Self {
            before: before.to_vec(),
            text: Arc::clone(text),
            after: after.to_vec(),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        [&self.before, &*self.text, &self.after].concat()
    }
}

/// Everything that a run reads from, each with a right answer to start from.
struct Place {
    directory: Directory,
}

/// How a run gets its credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Link {
    Keys,
    Profile,
    Process,
    Role,
    WebIdentity,
    SignIn,
    Container,
    Instance,
    /// Keys, and a role that is an option.
    Option,
}

const LINKS: [Link; 9] = [
    Link::Keys,
    Link::Profile,
    Link::Process,
    Link::Role,
    Link::WebIdentity,
    Link::SignIn,
    Link::Container,
    Link::Instance,
    Link::Option,
];

const CONFIG: &str = ".aws/config";
const CREDENTIALS: &str = ".aws/credentials";
/// Named by the SHA-1 of the session's name, `dev`.
const SIGN_IN: &str = ".aws/sso/cache/34c6fceca75e456f25e7e99531e2425c6c1de443.json";
const TOKEN: &str = "token";
const PROCESS: &str = "process.json";

impl Place {
    fn new() -> Self {
        Self {
            directory: Directory::new(),
        }
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> std::path::PathBuf {
        self.directory.file(name, content, 0o600)
    }

    /// A run with its credentials by this link. All services are at `url`.
    fn run(&self, link: Link, url: &str, arguments: &[&str]) -> Launch {
        let mut launch = offline(&self.directory, arguments);
        launch
            .env("ENVSECRETS_TIMEOUT", TIMEOUT)
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ENDPOINT_URL", url);
        let role = "role_arn = arn:aws:iam::123456789012:role/app";
        match link {
            Link::Keys => {
                launch
                    .env("AWS_ACCESS_KEY_ID", "AKIDENVSECRETSTEST01")
                    .env("AWS_SECRET_ACCESS_KEY", "x");
            }
            Link::Profile => {
                self.file(CONFIG, "[default]\nregion = us-east-1\n");
                self.file(CREDENTIALS, RIGHT_CREDENTIALS);
            }
            Link::Process => {
                let answer = self.file(PROCESS, answers::right("Container"));
                let line = format!("credential_process = cat '{}'", answer.display());
                self.file(CONFIG, format!("[default]\n{line}\n"));
            }
            Link::Role => {
                let line = format!("[default]\n{role}\nsource_profile = base\n");
                self.file(CONFIG, line);
                self.file(CREDENTIALS, RIGHT_CREDENTIALS.replace("default", "base"));
            }
            Link::WebIdentity => {
                launch
                    .env(
                        "AWS_WEB_IDENTITY_TOKEN_FILE",
                        self.file(TOKEN, "a.web.token"),
                    )
                    .env("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/app");
            }
            Link::SignIn => {
                self.file(CONFIG, RIGHT_SIGN_IN);
                self.file(SIGN_IN, RIGHT_TOKEN);
            }
            Link::Container => {
                let token = self.file(TOKEN, "a-token");
                launch
                    .env("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("{url}/ecs"))
                    .env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", token);
            }
            Link::Instance => {
                launch
                    .without("AWS_EC2_METADATA_DISABLED")
                    .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", url);
            }
            Link::Option => {
                launch
                    .env("ENVSECRETS_ROLE", "arn:aws:iam::123456789012:role/app")
                    .env("AWS_ACCESS_KEY_ID", "AKIDENVSECRETSTEST01")
                    .env("AWS_SECRET_ACCESS_KEY", "x");
            }
        }
        launch
    }
}

const RIGHT_CREDENTIALS: &str = "\
[default]
aws_access_key_id = AKIDBASE000000000000
aws_secret_access_key = x
aws_session_token = token
";

const RIGHT_SIGN_IN: &str = "\
[default]
sso_session = dev
sso_account_id = 123456789012
sso_role_name = app
[sso-session dev]
sso_region = us-east-1
sso_start_url = https://example.awsapps.com/start
";

const RIGHT_TOKEN: &str = r#"{"accessToken":"a-token","expiresAt":"2090-01-01T00:00:00Z","refreshToken":"r","clientId":"c","clientSecret":"s","registrationExpiresAt":"2090-01-01T00:00:00Z","region":"us-east-1","startUrl":"https://example.awsapps.com/start"}"#;

/// A response with a body of JSON.
fn response(status: u16, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status} Status\r\n{headers}Content-Length: {length}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

/// All services, with right answers.
fn services() -> Wire {
    Wire::start(|request| (answers::to(request), Then::Stay))
}

#[test]
fn every_run_that_is_tried_here_is_one_that_succeeds() {
    let wire = services();
    each(&LINKS, |&link| {
        let place = Place::new();
        let ended = place
            .run(
                link,
                &wire.url(),
                &["--path", "/app", "--", "printenv", "A"],
            )
            .env("ENVSECRETS_TIMEOUT", "30s")
            .run();
        assert_eq!(ended.ok(), "1\n", "{link:?}");
    });
}

#[test]
fn main_begins_with_what_reports_a_panic() {
    // How that reports one, in any thread, is in its unit tests.
    let main = include_str!("../../src/main.rs");
    assert!(main.contains("fn main() -> ExitCode {\n    panics::report();\n"));
}
