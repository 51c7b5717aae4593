//! Texts of a server, a file or a user with characters that a terminal does not just show: all
//! commands print them in visible form, in each format.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::stand_in::{Reply, StandIn};
use crate::support::{Directory, Ended, calling, each, pipe_of};

/// Controls, a change of direction, separators, and what shows nothing or a blank.
const HIDDEN: &str = "\u{1b}[2J\u{1b}]0;x\u{7}\u{7f}\u{9b}2J\u{85}\u{ad}\u{34f}\u{61c}\u{115f}\u{1680}\
    \u{180e}\u{200b}\u{200d}\u{200e}\u{2028}\u{2029}\u{202e}\u{2060}\u{2066}\u{2800}\u{3164}\u{fe0f}\
    \u{feff}\u{fff9}\u{e0001}\u{e0041}\u{a0}\u{2003}\r\u{b}";

/// The same as JSON has it.
fn hidden() -> String {
    serde_json::to_string(HIDDEN)
        .unwrap()
        .trim_matches('"')
        .to_owned()
}

/// Puts hidden characters wherever a response has a text that is free.
fn server(status: u16) -> StandIn {
    StandIn::start(move |call, _| {
        let x = hidden();
        if status != 200 {
            let body = format!("{{\"__type\":\"A{x}\",\"message\":\"it{x}\"}}");
            return Reply::AnswerWith(status, ("x-amzn-RequestId", "id\u{9b}".to_owned()), body);
        }
        let description = format!(
            "\"Name\":\"/p/a\",\"ARN\":\"arn{x}\",\"Type\":\"String{x}\",\"KeyId\":\"k{x}\",\"Version\":2,\
             \"LastModifiedDate\":1600000000,\"LastModifiedUser\":\"u{x}\",\"Description\":\"d{x}\",\
             \"AllowedPattern\":\"p{x}\",\"Tier\":\"T{x}\",\"DataType\":\"t{x}\",\"Labels\":[\"l{x}\"],\
             \"Policies\":[{{\"PolicyText\":\"w{x}\",\"PolicyType\":\"y{x}\",\"PolicyStatus\":\"s{x}\"}}]"
        );
        let target = call.header("x-amz-target").unwrap_or_default();
        Reply::ok(match target.rsplit('.').next().unwrap_or_default() {
            "GetParametersByPath" | "DescribeParameters" | "GetParameterHistory" => {
                format!("{{\"Parameters\":[{{{description},\"Value\":\"v\"}}]}}")
            }
            "GetParameters" => {
                format!(
                    "{{\"Parameters\":[{{{description},\"Value\":\"v\"}}],\"InvalidParameters\":[]}}"
                )
            }
            "ListTagsForResource" => {
                format!(
                    "{{\"TagList\":[{{\"Key\":\"key{x}\",\"Value\":\"value{x}\"}},{{\"Key\":\"k\",\"Value\":\"{x}\"}}]}}"
                )
            }
            "PutParameter" => format!("{{\"Version\":3,\"Tier\":\"T{x}\"}}"),
            "DeleteParameters" => "{\"DeletedParameters\":[\"/p/a\"]}".to_owned(),
            "LabelParameterVersion" => {
                format!("{{\"InvalidLabels\":[\"l{x}\"],\"ParameterVersion\":2}}")
            }
            "UnlabelParameterVersion" => {
                format!("{{\"RemovedLabels\":[\"l\"],\"InvalidLabels\":[\"l{x}\"]}}")
            }
            _ => "{}".to_owned(),
        })
    })
}

/// `X` stands for hidden characters that the user wrote.
const COMMANDS: &[&str] = &[
    "--verbose --path /p -- true",
    "--path /p --secret A=/p/X -- true",
    "--path /pX -- true",
    "--path /p --only X -- true",
    "--path /p --rename a=X -- true",
    "--path /p --require X -- true",
    "--path /p -- /nonexistentX",
    "--X",
    "--region X --path /p -- true",
    "--profile X --path /p -- true",
    "--config X -- true",
    "--timeout X --path /p -- true",
    "check --path /p",
    "check --verbose --path /p --format json",
    "check --path /p --format names",
    "check --path /p --only X --format json",
    "init --path /p --output -",
    "list /p",
    "list /p --format json",
    "list /p --format csv --columns name,description,key,modified-by,tier,type,policies",
    "list /p --format markdown --columns name,description,key,modified-by,tier,type,policies",
    "list /p --columns tags",
    "history /p/a",
    "history /p/a --format json",
    "diff /p /q",
    "diff /p /q --format json",
    "put /p/a",
    "put /p/a --dry-run",
    "put /p/X",
    "put /p/a --description X --dry-run",
    "put /p/a --tag X=X --dry-run",
    "rollback /p/a --dry-run",
    "rollback /p/a",
    "rotate /p/a --generate --with /bin/true --yes --dry-run",
    "rotate /p/a --generate --with /bin/true --probe /bin/false --probe-timeout 0 --yes",
    "rotate /p/X --generate --with /bin/X",
    "label /p/a live",
    "label /p/a X",
    "label /p/a --remove lX",
    "tag /p/a",
    "tag /p/a key=X --dry-run",
    "tag /p/a k=other --dry-run",
    "tag /p/a --remove X --dry-run",
    "delete /p/a --dry-run",
    "delete /p/a --yes",
    "delete /p/X --yes",
    "import - --path /q --dry-run",
    "import - --path /qX --dry-run",
    "import X --path /q",
    "export --path /p --format X",
    "copy /p /q --dry-run",
    "copy /p /q",
    "policy --path /p --account 123456789012 --key-id X",
    "policy --path /p --account 123456789012 --name X",
    "stale --path /p --is X",
    "stale --path /p --pid X",
    "X",
    "check X",
];

#[test]
fn no_command_prints_one_in_any_format() {
    let mut cases = Vec::new();
    for command in COMMANDS {
        cases.extend([(command, 200), (command, 400), (command, 403)]);
    }
    let visible = AtomicUsize::new(0);
    each(&cases, |(command, status)| {
        let (server, directory) = (server(*status), Directory::new());
        let words: Vec<String> = command
            .split(' ')
            .map(|word| word.replace('X', HIDDEN))
            .collect();
        let mut launch = calling(&server.url(), &directory, &words);
        launch.env("ENVSECRETS_TIMEOUT", "2s");
        let input = match words[0].as_str() {
            "import" => format!("{{\"A\":\"v\",\"B{}\":\"v\"}}", hidden()),
            _ => "value".to_owned(),
        };
        launch.command.stdin(pipe_of(input.as_bytes()));
        let ended = launch.run();
        shows_none(&ended, &format!("{command} {status}"));
        if (ended.text() + &ended.stderr)
            .replace('{', "")
            .contains("u200b")
        {
            visible.fetch_add(1, Ordering::Relaxed);
        }
    });
    // Of those that print a text from outside at all.
    let visible = visible.into_inner();
    assert!(visible > 100, "{visible} of {} show one", cases.len());
}

/// Nothing that was printed has a character that a terminal does not just show.
#[track_caller]
fn shows_none(ended: &Ended, situation: &str) {
    for printed in [ended.text(), ended.stderr.clone()] {
        // RFC 4180 has CRLF.
        let text = printed.replace("\r\n", "\n");
        let is_hidden = |it: char| {
            let listed = HIDDEN.contains(it) && !"[]0;xJ2".contains(it);
            it != '\n' && (listed || it.is_control())
        };
        assert_eq!(
            text.chars().find(|it| is_hidden(*it)),
            None,
            "{situation}: {ended:?}"
        );
    }
    let own = |line: &str| line.starts_with("envsecrets: ");
    assert!(ended.stderr.lines().all(own), "{situation}: {ended:?}");
}

/// Files with hidden characters in all that is free in them, and the commands that read them; `FILE`
/// is the file, `X` what is hidden, `J` the same as JSON and TOML have it.
const FILES: &[(&str, &[&str])] = &[
    (
        "path = [\"/p\"]\n[variables.A]\ndescription = \"J\"\n",
        CONTRACT,
    ),
    (
        "path = [\"/p\"]\n[variables.MISSING]\ndescription = \"J\"\npattern = \"J\"\n",
        CONTRACT,
    ),
    (
        "path = [\"/pJ\"]\nregion = \"J\"\nonly = [\"J\"]\n",
        CONTRACT,
    ),
    ("\"J\" = \"J\"\n[\"J\"]\nJ = 1\n", CONTRACT),
    (
        "[profiles.\"J\"]\nregion = \"J\"\n[variables.\"J\"]\n",
        CONTRACT,
    ),
    ("path = X\n", CONTRACT),
    ("X\n", CONTRACT),
    ("{\"AJ\": \"J\", \"B\": {\"J\": [\"J\"]}}", FORMATS),
    ("{\"AJ\": \"J\"", FORMATS),
    ("AJ: \"J\"\n", FORMATS),
    ("A\u{202e}B=1\nX=X\n", FORMATS),
    ("[default]\nregion = X\noutput = X\n", SETTINGS),
    (
        "[default]\nregion = us-east-1\nendpoint_url = http://X\n",
        SETTINGS,
    ),
    (
        "[default]\nregion = us-east-1\nca_bundle = /nonexistent/\u{200b}\u{202e}\n",
        SETTINGS,
    ),
    (
        "[profile a\u{200b}\u{202e}]\nregion = us-east-1\n",
        &["--profile b --path /p -- true"],
    ),
    (
        "[default]\nrole_arn = X\nsource_profile = a\u{200b}\n",
        SETTINGS,
    ),
    (
        "[default]\nregion = us-east-1\ncredential_process = sh -c 'printf \"\\033[2J\\302\\233\\342\\200\\256\" >&2; exit 3'\n",
        SETTINGS,
    ),
];

const CONTRACT: &[&str] = &[
    "--config FILE -- true",
    "check --config FILE",
    "check --config FILE --format json",
    "check --config FILE --config-profile X",
];
const FORMATS: &[&str] = &[
    "import FILE --path /q --dry-run",
    "import FILE --path /q --format json --dry-run",
    "import FILE --path /q --format yaml --dry-run",
    "import FILE --path /q --format properties --dry-run",
    "import FILE --path /q --format dotenv",
    "diff /p FILE",
    "diff /p FILE --format json",
];
const SETTINGS: &[&str] = &[
    "--path /p -- true",
    "check --verbose --path /p --format json",
];

#[test]
fn no_file_brings_one_to_the_terminal() {
    let mut cases = Vec::new();
    for (content, commands) in FILES {
        cases.extend(commands.iter().map(|command| (content, command)));
    }
    each(&cases, |(content, command)| {
        let (server, directory) = (server(200), Directory::new());
        let content = content.replace('X', HIDDEN).replace('J', &hidden());
        let file = directory.file("file", content.as_bytes(), 0o600);
        let fill = |word: &str| match word {
            "FILE" => file.to_str().unwrap().to_owned(),
            "X" => HIDDEN.to_owned(),
            word => word.to_owned(),
        };
        let words: Vec<String> = command.split(' ').map(fill).collect();
        let mut launch = calling(&server.url(), &directory, &words);
        launch.env("ENVSECRETS_TIMEOUT", "2s");
        if content.contains("[default]") || content.contains("[profile ") {
            for name in ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
                launch.without(name);
            }
            launch.env("AWS_CONFIG_FILE", &file);
        }
        shows_none(&launch.run(), &format!("{content:?} {command}"));
    });
}
