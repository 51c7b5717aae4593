//! What the README, the pages for the first steps and the help show is what happens.

mod picture;

use serde_json::Value;

use crate::support::{Directory, ENVSECRETS, Launch, Server, is_date, offline, read, renew};

#[path = "../demo/demo.rs"]
mod demo;

const README: &str = include_str!("../../README.md");
const REFERENCE: &str = include_str!("../../docs/reference.md");
const TUTORIAL: &str = "docs/tutorial.md";
/// Pages with command lines that stand for themselves, against no store.
const PAGES: [&str; 4] = [
    README,
    REFERENCE,
    include_str!("../../docs/ci.md"),
    include_str!("../../docs/laptop.md"),
];
const HELP: [&str; 2] = [
    include_str!("../../src/options/help/long.txt"),
    include_str!("../../src/options/help/check-long.txt"),
];

/// A block of code, and the language that it is marked with.
struct Block<'a> {
    language: &'a str,
    text: &'a str,
}

fn blocks(markdown: &str) -> Vec<Block<'_>> {
    let fenced = markdown.split("```").skip(1).step_by(2);
    fenced
        .map(|block| {
            let (language, text) = block.split_once('\n').unwrap();
            Block { language, text }
        })
        .collect()
}

/// Runs a script in a shell as the reader would, with envsecrets led to this store, and returns what
/// both outputs show, in order, and the exit code.
fn shell(script: &str, server: &Server, directory: &Directory) -> (String, Option<i32>) {
    let bin = directory.path().join("bin");
    if !bin.exists() {
        std::fs::create_dir(&bin).unwrap();
        std::os::unix::fs::symlink(ENVSECRETS, bin.join("envsecrets")).unwrap();
    }
    let mut launch = Launch::new("sh", &["-c", &format!("exec 2>&1\n{script}")]);
    let search = std::env::var("PATH").unwrap();
    launch
        .env("HOME", directory.path())
        .env("PATH", format!("{}:{search}", bin.display()));
    launch.command.current_dir(directory.path());
    demo::lead(&mut launch.command, server);
    let ended = launch.run();
    (ended.text(), ended.code)
}

/// A text with what is different each time made equal.
fn steady(text: &str) -> String {
    let mut steady = String::new();
    for line in text.lines() {
        let words = line.split(' ').map(|word| {
            let number = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
            match word.rsplit_once(':') {
                Some((pid, "")) if number(pid) => "PID:".to_owned(),
                Some((host, port)) if host == "http://127.0.0.1" && number(port) => {
                    format!("{host}:PORT")
                }
                _ if is_date(word) => "2026-11-24T09:00:00Z".to_owned(),
                _ => word.to_owned(),
            }
        });
        steady.push_str(&words.collect::<Vec<_>>().join(" "));
        steady.push('\n');
    }
    steady
}

#[test]
fn the_commands_for_a_first_look_work() {
    let blocks = blocks(README);
    let quick = blocks
        .iter()
        .find(|block| block.text.starts_with("cargo demo"))
        .unwrap();
    assert_eq!(quick.text.lines().count(), 6);
    for line in quick.text.lines() {
        let (command, remark) = line.split_once("  # ").unwrap();
        assert!(!remark.is_empty());
        let given = command.trim_end().strip_prefix("cargo demo").unwrap();
        let launch = demo::line();
        let script = match given.strip_prefix(" -- ") {
            Some(arguments) => format!("envsecrets {arguments}"),
            None => launch.strip_prefix("$ ").unwrap().to_owned(),
        };
        let (shown, code) = shell(&script, &demo::server().unwrap(), &Directory::new());
        assert_eq!(code, Some(0), "{command}: {shown}");
    }
}

/// The commands of the picture, after the launch of the demonstration: what it would do, and a typo.
const SESSION: [&str; 3] = [
    "envsecrets check --path /demo/app --exclude 'tls/*'",
    "envsecrets --path /demo/ap -- sh -c 'echo started'",
    "echo $?",
];

#[test]
fn the_picture_is_what_a_terminal_shows() {
    let (server, directory) = (demo::server().unwrap(), Directory::new());
    let launch = demo::line();
    let launch = launch.strip_prefix("$ ").unwrap();
    let (mut session, mut last) = (Vec::new(), None);
    for command in [launch].into_iter().chain(SESSION) {
        let script = match last {
            Some(code) => format!("(exit {code})\n{command}"),
            None => command.to_owned(),
        };
        let (shown, code) = shell(&script, &server, &directory);
        session.push((command, presentable(&shown)));
        last = code;
    }
    renew("docs/picture.svg", &picture::render(&session), "readme");
}

/// A steady text, with one of the values that it could have had.
fn presentable(text: &str) -> String {
    steady(text)
        .replace("PID:", "4711:")
        .replace("127.0.0.1:PORT", "127.0.0.1:40321")
}

#[test]
fn the_tutorial_shows_what_happens() {
    let page = read(TUTORIAL);
    let (server, directory) = (demo::server().unwrap(), Directory::new());
    // Text, and what is between the fences, in turn.
    let parts: Vec<&str> = page.split("```").collect();
    let mut made = parts[..3].join("```");
    let start = "parameter-store --seed tests/store/demo.json -- sh\n";
    assert!(parts[1].ends_with(start), "{}", parts[1]);
    let (mut shown, mut shows) = (None, 0);
    for (index, part) in parts.iter().enumerate().skip(3) {
        made.push_str("```");
        match (index % 2, part.strip_prefix("sh\n"), shown.take()) {
            (0, _, waiting) => {
                shown = waiting;
                made.push_str(part);
            }
            (_, Some(script), None) => {
                // The directory that the page makes is ours.
                let script = script.replace("cd \"$(mktemp -d)\"\n", "");
                shown = Some(presentable(&shell(&script, &server, &directory).0));
                made.push_str(part);
            }
            (_, None, Some(text)) => {
                made.push_str(&format!("\n{text}"));
                shows += 1;
            }
            (_, _, _) => panic!("a command without what it shows, or the reverse: {part}"),
        }
    }
    assert!(shows > 7, "{shows}");
    renew(TUTORIAL, &made, "readme");
}

#[test]
fn the_first_block_is_the_program_in_one_line() {
    let first = &blocks(README)[0];
    assert_eq!(
        first.text,
        "envsecrets --path /prd/app -- java -jar app.jar\n"
    );
}

/// What a reader would paste: lines that begin with our name, without the remarks behind them. Those of
/// YAML are steps of a pipeline.
fn examples(text: &str) -> Vec<String> {
    let lines = text.lines().map(|line| {
        line.trim()
            .trim_start_matches("- ")
            .trim_start_matches("run: ")
    });
    let ours = lines.filter(|line| line.starts_with("envsecrets "));
    ours.map(|line| line.split("  #").next().unwrap().trim_end().to_owned())
        .collect()
}

#[test]
fn every_example_makes_sense() {
    let directory = Directory::new();
    let bin = directory.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    std::os::unix::fs::symlink(ENVSECRETS, bin.join("envsecrets")).unwrap();
    let shown: Vec<Block> = PAGES.into_iter().flat_map(blocks).collect();
    let contract = shown.iter().find(|block| block.language == "toml");
    directory.file("envsecrets.toml", contract.unwrap().text, 0o644);
    directory.file(".env", "DB_USER=app\n", 0o600);
    let shown = shown
        .iter()
        .filter(|block| ["sh", "yaml"].contains(&block.language));
    let mut all: Vec<String> = shown.flat_map(|block| examples(block.text)).collect();
    for help in HELP {
        let (_, rest) = help.split_once("\nExamples:\n").unwrap();
        all.extend(examples(rest));
    }
    // In the text of a paragraph, folded.
    let folded = PAGES.concat();
    let folded = folded.split_whitespace().collect::<Vec<_>>().join(" ");
    let quoted = folded.split('`').skip(1).step_by(2);
    all.extend(
        quoted
            .filter(|code| code.starts_with("envsecrets check --"))
            .map(str::to_owned),
    );
    assert!(all.len() > 15, "{all:?}");
    for example in &all {
        let mut launch = Launch::new("/bin/sh", &["-c", example]);
        launch
            .env("PATH", &bin)
            .env("HOME", directory.path())
            .env("AWS_EC2_METADATA_DISABLED", "true");
        launch.command.current_dir(directory.path());
        let ended = launch.run();
        // The program does not exist, or no service answers; but the command line makes sense.
        let expected = if example.contains(" -- ") { 127 } else { 78 };
        assert_eq!(ended.code, Some(expected), "{example}: {}", ended.stderr);
    }
}

/// A line such as `CMD ["java"]` of a Dockerfile.
fn instruction(dockerfile: &str, name: &str) -> Vec<String> {
    let line = dockerfile
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .unwrap();
    serde_json::from_str(line).unwrap()
}

#[test]
fn the_container_starts_its_program() {
    let dockerfile = blocks(README)
        .into_iter()
        .find(|it| it.language == "dockerfile")
        .unwrap();
    let mut arguments = instruction(dockerfile.text, "ENTRYPOINT ");
    assert_eq!(arguments.remove(0), "envsecrets");
    arguments.extend(instruction(dockerfile.text, "CMD "));
    let directory = Directory::new();
    let mut launch = offline(&directory, &arguments);
    let run = README
        .split("`docker run ")
        .nth(1)
        .unwrap()
        .split('`')
        .next()
        .unwrap();
    for (name, value) in run.split(' ').filter_map(|word| word.split_once('=')) {
        launch.env(name, value);
    }
    launch.env("PATH", "");
    let ended = launch.run();
    assert_eq!(
        ended.failed(127).lines().next(),
        Some("envsecrets: error: `java`: command not found")
    );
}

#[test]
fn the_service_starts_its_program() {
    let unit = blocks(README)
        .into_iter()
        .find(|it| it.language == "ini")
        .unwrap();
    let value = |key: &str| {
        unit.text
            .lines()
            .find_map(|line| line.strip_prefix(key))
            .unwrap()
    };
    let mut words = value("ExecStart=").split(' ');
    assert_eq!(words.next(), Some("/usr/bin/envsecrets"));
    let directory = Directory::new();
    let mut launch = offline(&directory, &words.collect::<Vec<_>>());
    for setting in value("Environment=").split(' ') {
        let (name, value) = setting.split_once('=').unwrap();
        launch.env(name, value);
    }
    let ended = launch.run();
    assert_eq!(
        ended.failed(127).lines().next(),
        Some("envsecrets: error: `/opt/app/serve`: no such file")
    );
}

#[test]
fn the_policy_grants_what_a_launch_needs() {
    let policy = blocks(REFERENCE)
        .into_iter()
        .find(|it| it.language == "json")
        .unwrap();
    let policy: Value = serde_json::from_str(policy.text).unwrap();
    let statements = policy["Statement"].as_array().unwrap();
    let of = |action: &str| {
        let mut found = statements.iter().filter(|it| it["Action"] == action);
        found.next().unwrap()
    };
    // A refusal would advise exactly these.
    let arn = "arn:aws:ssm:eu-central-1:123456789012:parameter/prd/app";
    let read = of("ssm:GetParametersByPath");
    assert_eq!(
        read["Resource"],
        serde_json::json!([arn, format!("{arn}/*")])
    );
    let decrypt = of("kms:Decrypt");
    let conditions = &decrypt["Condition"];
    assert_eq!(
        conditions["StringEquals"]["kms:ViaService"],
        "ssm.eu-central-1.amazonaws.com"
    );
    assert_eq!(
        conditions["StringLike"]["kms:EncryptionContext:PARAMETER_ARN"],
        format!("{arn}/*")
    );
    assert!(statements.iter().all(|it| it["Effect"] == "Allow"));
    assert_eq!(policy["Version"], "2012-10-17");
}

#[test]
fn the_tests_are_run_as_the_gate_runs_them() {
    let command = "cargo test --workspace";
    let gate = include_str!("../../.ci/run");
    assert!(gate.lines().any(|line| line.ends_with(command)));
    assert!(include_str!("../../CONTRIBUTING.md").contains(command));
}

#[test]
fn what_is_installed_is_what_this_package_builds() {
    let install = blocks(README)
        .into_iter()
        .find(|it| it.text.starts_with("cargo install --locked --path . "));
    let lines = install.unwrap().text.lines();
    assert!(lines.clone().all(|line| line.contains("  # ")));
    assert_eq!(env!("CARGO_PKG_NAME"), "envsecrets");
    let version = env!("CARGO_PKG_VERSION");
    for file in [
        format!("envsecrets_{version}-1_amd64.deb"),
        format!("envsecrets-{version}-1.x86_64.rpm"),
        format!("envsecrets-{version}-amd64.oci.tar"),
        format!("envsecrets-{version}-x86_64-unknown-linux-musl.tar.gz"),
    ] {
        assert!(README.contains(&file), "{file}");
    }
}
