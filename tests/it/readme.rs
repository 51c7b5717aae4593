//! What the README and the help show is what happens.

use serde_json::Value;

use crate::support::{Directory, ENVSECRETS, Launch, is_date, offline};

#[path = "../demo/demo.rs"]
mod demo;

const README: &str = include_str!("../../README.md");
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

/// Runs what a reader would paste, in a checkout, and returns what is printed and the exit code.
fn paste(command: &str) -> (String, Option<i32>) {
    let given = command.trim_end().strip_prefix("cargo demo").unwrap();
    let (mut printed, arguments) = match given.strip_prefix(" -- ") {
        Some(arguments) => (String::new(), arguments.to_owned()),
        None => {
            let line = demo::line();
            let arguments = line.strip_prefix("$ envsecrets ").unwrap().to_owned();
            (format!("{line}\n"), arguments)
        }
    };
    let server = demo::server().unwrap();
    let directory = Directory::new();
    let mut launch = Launch::new("sh", &["-c", &format!("exec {ENVSECRETS} {arguments}")]);
    launch.env("HOME", directory.path());
    demo::lead(&mut launch.command, &server);
    let ended = launch.run();
    printed.push_str(&(ended.text() + &ended.stderr));
    if let Some(code) = ended.code.filter(|code| *code != 0) {
        printed.push_str(&format!("(exit status: {code})\n"));
    }
    (printed, ended.code)
}

/// The same, with what is different each time made equal.
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
fn the_commands_for_a_first_look_do_what_is_shown() {
    let blocks = blocks(README);
    let mut codes = Vec::new();
    for pair in blocks.windows(2) {
        let [command, shown] = pair else {
            unreachable!("windows of two");
        };
        if !command.text.starts_with("cargo demo") {
            continue;
        }
        assert_eq!((command.language, shown.language), ("sh", ""));
        let (printed, code) = paste(command.text);
        assert_eq!(steady(&printed), steady(shown.text), "{}", command.text);
        codes.push(code);
    }
    assert_eq!(codes, [Some(0), Some(0), Some(66)]);
}

#[test]
fn the_first_block_is_the_program_in_one_line() {
    let first = &blocks(README)[0];
    assert_eq!(
        first.text,
        "envsecrets --path /prd/app -- java -jar app.jar\n"
    );
}

/// What a reader would paste: lines that begin with our name, without the remarks behind them.
fn examples(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim);
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
    let in_readme = blocks(README);
    let contract = in_readme.iter().find(|block| block.language == "toml");
    directory.file("envsecrets.toml", contract.unwrap().text, 0o644);
    directory.file(".env", "DB_USER=app\n", 0o600);
    let in_readme = in_readme.iter().filter(|block| block.language == "sh");
    let mut all: Vec<String> = in_readme.flat_map(|block| examples(block.text)).collect();
    for help in HELP {
        let (_, rest) = help.split_once("\nExamples:\n").unwrap();
        all.extend(examples(rest));
    }
    // In the text of a paragraph, folded.
    let folded = README.split_whitespace().collect::<Vec<_>>().join(" ");
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
    let policy = blocks(README)
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
    assert!(
        blocks(README)
            .iter()
            .any(|block| block.text.trim() == command)
    );
    let gate = include_str!("../../.ci/run");
    assert!(gate.lines().any(|line| line.ends_with(command)));
    assert!(include_str!("../../CONTRIBUTING.md").contains(command));
}

#[test]
fn what_is_installed_is_what_this_package_builds() {
    let install = blocks(README)
        .into_iter()
        .find(|it| it.text.starts_with("cargo install"));
    assert_eq!(install.unwrap().text, "cargo install --locked --path .\n");
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
