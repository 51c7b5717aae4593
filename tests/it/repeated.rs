//! Servers that repeat a secret in their errors, in every place and form: nothing of it is printed.

use crate::support::wire::{Then, Wire};
use crate::support::{Directory, Launch, OTHER_SENTINEL, SENTINEL, calling, each, leak, pipe_of};

/// Writes a text in another form.
type Form = fn(&str) -> String;

/// How a server writes what it repeats.
const FORMS: &[(&str, Form)] = &[
    ("as it is", str::to_owned),
    ("in capitals", str::to_ascii_uppercase),
    ("as JSON in JSON", |text| {
        let json = serde_json::to_string(&format!("\u{1b}{text}\"")).unwrap();
        json.trim_matches('"').to_owned()
    }),
    ("in a URL", |text| {
        text.bytes().map(|byte| format!("%{byte:02X}")).collect()
    }),
    ("in base64", |text| aws_smithy_types::base64::encode(text)),
    ("in base64 with something before it", |text| {
        aws_smithy_types::base64::encode(format!("user:{text}"))
    }),
    ("in hexadecimal digits", |text| {
        text.bytes().map(|byte| format!("{byte:02x}")).collect()
    }),
    ("as XML", |text| {
        text.chars()
            .map(|it| format!("&#{};", u32::from(it)))
            .collect()
    }),
    ("quoted for a shell", |text| {
        let (one, two) = text.split_at(9);
        format!("'{one}''{two}'")
    }),
    ("cut", |text| text[..text.len() - 9].to_owned()),
    ("behind a long text", |text| {
        format!("{}{text}{}", "x ".repeat(490), " y".repeat(500))
    }),
];

/// An error response with a text in each of its places.
fn repeats(status: u16, text: &str) -> (Vec<u8>, Then) {
    let escaped = serde_json::to_string(text).unwrap();
    let body = format!(
        "{{\"__type\":{escaped},\"message\":{escaped},\"Message\":{escaped},\"Code\":{escaped}}}"
    );
    let header: String = text.chars().filter(|it| !it.is_control()).collect();
    let head = format!(
        "HTTP/1.1 {status} {header}\r\nContent-Length: {}\r\nx-amzn-RequestId: {header}\r\n\
         Retry-After: {header}\r\nContent-Type: {header}\r\nServer: {header}\r\n\r\n",
        body.len()
    );
    ([head, body].concat().into_bytes(), Then::Stay)
}

fn answers(body: &str) -> (Vec<u8>, Then) {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
    ([&head, body].concat().into_bytes(), Then::Stay)
}

/// A launch or a command that holds both sentinels when a call fails.
const COMMANDS: &[&str] = &[
    "--path /p --path /q -- true",
    "--verbose --path /p --path /q -- true",
    "check --path /p --path /q",
    "check --verbose --format json --path /p --path /q",
    "export --path /p --path /q --format json",
    "diff /p /q",
    "diff /p /q --format json",
    "copy /p /q --overwrite",
    "put /p/new",
    "put /p/new --create-only",
    "put /p/new --tier advanced",
    "import - --path /q",
    "import - --path /q --overwrite",
];

/// Gives the values below `/p`, knows no parameter by name, and repeats them in the errors of all else.
fn server(status: u16, form: Form) -> Wire {
    Wire::start(move |request| {
        let error = || {
            repeats(
                status,
                &format!("{} and {}", form(SENTINEL), form(OTHER_SENTINEL)),
            )
        };
        let target = request
            .lines()
            .find(|line| line.to_lowercase().starts_with("x-amz-target"));
        let operation = target
            .and_then(|line| line.rsplit('.').next())
            .unwrap_or_default()
            .trim();
        match operation {
            "GetParametersByPath" if request.contains("\"/p\"") => answers(&format!(
                "{{\"Parameters\":[\
                 {{\"Name\":\"/p/a\",\"Type\":\"SecureString\",\"Version\":1,\"Value\":\"{SENTINEL}\"}},\
                 {{\"Name\":\"/p/b\",\"Type\":\"SecureString\",\"Version\":1,\"Value\":\"{OTHER_SENTINEL}\"}}\
                 ]}}"
            )),
            "GetParameters" => {
                let body = request.split("\r\n\r\n").nth(1).unwrap();
                let body: serde_json::Value = serde_json::from_str(body).unwrap();
                answers(&format!(
                    "{{\"Parameters\":[],\"InvalidParameters\":{}}}",
                    body["Names"]
                ))
            }
            "GetParameterHistory" | "DescribeParameters" => answers("{\"Parameters\":[]}"),
            _ => error(),
        }
    })
}

fn command(server: &Wire, directory: &Directory, command: &str, timeout: &str) -> Launch {
    let words: Vec<&str> = command.split_whitespace().collect();
    let mut launch = calling(&server.url(), directory, &words);
    let input = match words[0] {
        "import" => format!("{{\"A\":\"{SENTINEL}\",\"B\":\"{OTHER_SENTINEL}\"}}"),
        // The second is among our own credentials.
        _ => SENTINEL.to_owned(),
    };
    launch
        .env("AWS_SECRET_ACCESS_KEY", OTHER_SENTINEL)
        .env("AWS_SESSION_TOKEN", SENTINEL)
        .env("ENVSECRETS_TIMEOUT", timeout);
    launch.command.stdin(pipe_of(input.as_bytes()));
    launch
}

#[test]
fn no_error_that_repeats_a_secret_shows_it() {
    let mut cases = Vec::new();
    for words in COMMANDS {
        for (name, form) in FORMS {
            cases.push((words, name, form));
        }
    }
    each(&cases, |(words, name, form)| {
        let (server, directory) = (server(400, **form), Directory::new());
        let ended = command(&server, &directory, words, "5s").run();
        let situation = format!("{words}, {name}: {ended:?}");
        assert_eq!(leak(ended.stderr.as_bytes()), None, "{situation}");
        assert_eq!(leak(&ended.stdout), None, "{situation}");
        assert!(!matches!(ended.code, Some(0 | 1) | None), "{situation}");
        // It says what failed all the same.
        assert!(
            ended.stderr.contains("…") || ended.text().contains('…'),
            "{situation}"
        );
    });
}

#[test]
fn nor_does_the_line_that_shows_a_wait_or_the_error_when_time_is_up() {
    let mut cases = Vec::new();
    for words in [
        "--path /p --path /q -- true",
        "put /p/new",
        "import - --path /q",
    ] {
        // Every third, as each waits for its time.
        for (name, form) in FORMS.iter().step_by(3) {
            cases.push((words, name, form));
        }
    }
    each(&cases, |(words, name, form)| {
        let (server, directory) = (server(500, **form), Directory::new());
        let ended = command(&server, &directory, words, "2500ms").run();
        let situation = format!("{words}, {name}: {ended:?}");
        assert_eq!(ended.code, Some(75), "{situation}");
        assert_eq!(leak(ended.stderr.as_bytes()), None, "{situation}");
        assert_eq!(leak(&ended.stdout), None, "{situation}");
    });
}

#[test]
fn no_proxy_that_repeats_its_password_shows_it() {
    let mut cases = Vec::new();
    for (number, (name, form)) in FORMS.iter().enumerate() {
        cases.push((name, form, [400, 403, 503][number % 3]));
    }
    each(&cases, |(name, form, status)| {
        let (form, status) = (**form, *status);
        let proxy = Wire::start(move |_| {
            let header = aws_smithy_types::base64::encode(format!("user:{OTHER_SENTINEL}"));
            repeats(
                status,
                &format!("{} and Basic {header}", form(OTHER_SENTINEL)),
            )
        });
        let directory = Directory::new();
        let encoded: String = OTHER_SENTINEL
            .bytes()
            .map(|it| format!("%{it:02x}"))
            .collect();
        let address = proxy.url().replace("://", &format!("://user:{encoded}@"));
        for words in [
            "--path /p -- true",
            "check --verbose --format json --path /p",
            "list /p",
        ] {
            let words: Vec<&str> = words.split(' ').collect();
            let ended = calling("http://parameters.test", &directory, &words)
                .env("HTTP_PROXY", &address)
                .env("http_proxy", &address)
                .env("ENVSECRETS_TIMEOUT", "2500ms")
                .run();
            let situation = format!("{words:?} {name} {status}: {ended:?}");
            assert_eq!(leak(ended.stderr.as_bytes()), None, "{situation}");
            assert_eq!(leak(&ended.stdout), None, "{situation}");
            assert!(!matches!(ended.code, Some(0) | None), "{situation}");
            assert!(
                ended.stderr.contains('…') || ended.text().contains('…'),
                "{situation}"
            );
        }
    });
}
