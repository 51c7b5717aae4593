//! The binary.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::{Command, Output, Stdio};

use crate::client::can;

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_parameter-store"))
        .args(arguments)
        .env("AWS_PROFILE", "someone")
        .env("https_proxy", "http://127.0.0.1:1")
        .env_remove("SSL_CERT_FILE")
        .output()
        .unwrap()
}

#[test]
fn a_command_gets_the_servers_variables_and_no_others() {
    let script = r#"echo "${AWS_ENDPOINT_URL_SSM%:*} $AWS_REGION $AWS_ACCESS_KEY_ID ${AWS_PROFILE-none} ${https_proxy-none} ${SSL_CERT_FILE-none}""#;
    let output = run(&["--", "sh", "-c", script]);
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "http://127.0.0.1 us-east-1 AKIAIOSFODNN7EXAMPLE none none none\n"
    );
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn the_aws_cli_writes_secrets_and_reads_them() {
    let story = "the_aws_cli_writes_secrets_and_reads_them";
    if !can(story, "aws (PyPI `awscli`)", "aws") {
        return;
    }
    let script = r#"
        set -e
        sm() { aws secretsmanager --output text "$@"; }
        sm create-secret --name prd/app/db --secret-string '{"user": "app"}' \
            --tags Key=team,Value=web --query Name
        printf 'a\0b' >"$HOME/bytes"
        sm create-secret --name prd/app/tls --secret-binary "fileb://$HOME/bytes" --query Name
        sm put-secret-value --secret-id prd/app/db --secret-string two --query VersionStages
        sm get-secret-value --query SecretString --version-stage AWSPREVIOUS --secret-id \
            arn:aws:secretsmanager:us-east-1:123456789012:secret:prd/app/db-AbCdEf
        sm batch-get-secret-value --filters Key=name,Values=prd/app/ \
            --query 'SecretValues[].[Name, SecretString, SecretBinary]'
        sm list-secrets --filters Key=tag-value,Values=web --query 'SecretList[].Name'
        sm get-secret-value --secret-id none 2>&1 || true
        aws ssm get-parameter --name /aws/reference/secretsmanager/prd/app/db --with-decryption \
            --output text --query Parameter.Value
    "#;
    let home = std::env::temp_dir().join(format!("parameter-store-cli-{}", std::process::id()));
    std::fs::create_dir_all(&home).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_parameter-store"))
        .args(["--", "sh", "-c", script])
        .env("HOME", &home)
        .output()
        .unwrap();
    std::fs::remove_dir_all(&home).unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    let error = "An error occurred (ResourceNotFoundException) when calling the GetSecretValue operation: Secrets Manager can't find the specified secret.";
    let lines: Vec<&str> = stdout.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(
        lines,
        [
            "prd/app/db",
            "prd/app/tls",
            "AWSCURRENT",
            "{\"user\": \"app\"}",
            "prd/app/db\ttwo\tNone",
            "prd/app/tls\tNone\tYQBi",
            "prd/app/db",
            error,
            "two",
        ],
        "{stderr}"
    );
}

#[test]
fn a_command_that_is_cargo_does_not_get_the_settings_of_another_package() {
    let names = [
        "CARGO",
        "CARGO_MANIFEST_DIR",
        "CARGO_MANIFEST_PATH",
        "CARGO_PKG_NAME",
        "CARGO_PKG_VERSION",
        "OUT_DIR",
        // What the user sets stays.
        "CARGO_HOME",
        "CARGO_NET_OFFLINE",
        "CARGO_TARGET_DIR",
        "CARGO_TERM_COLOR",
        "RUSTUP_TOOLCHAIN",
    ];
    let mut command = Command::new(env!("CARGO_BIN_EXE_parameter-store"));
    command.args(["--", "printenv"]).args(names);
    let output = command.envs(names.map(|name| (name, name))).output();
    assert_eq!(
        String::from_utf8(output.unwrap().stdout).unwrap(),
        "CARGO_HOME\nCARGO_NET_OFFLINE\nCARGO_TARGET_DIR\nCARGO_TERM_COLOR\nRUSTUP_TOOLCHAIN\n"
    );
}

#[test]
fn the_exit_code_is_the_commands() {
    for (script, code) in [("exit 7", 7), ("kill -TERM $$", 143)] {
        assert_eq!(run(&["--", "sh", "-c", script]).status.code(), Some(code));
    }
}

#[test]
fn the_authority_is_a_file_for_as_long_as_the_command_runs() {
    let script = r#"head -n1 "$SSL_CERT_FILE"; echo "$SSL_CERT_FILE""#;
    let output = run(&["--tls", "--", "sh", "-c", script]);
    let output = String::from_utf8(output.stdout).unwrap();
    let (first, path) = output.trim().split_once('\n').unwrap();
    assert_eq!(first, "-----BEGIN CERTIFICATE-----");
    assert!(!std::path::Path::new(path).exists());
}

#[test]
fn mistakes_are_reported() {
    for (arguments, error) in [
        (["--fault", "teapot"], "`teapot` is not a known fault"),
        (["--tls=odd", "--"], "`odd` is not a known identity"),
        (["--frobnicate", "--"], "invalid option '--frobnicate'"),
    ] {
        let output = run(&arguments);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(stderr, format!("parameter-store: error: {error}\n"));
        assert_eq!(output.status.code(), Some(64));
    }
}

#[test]
fn without_a_command_it_serves_until_it_is_stopped() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_parameter-store"))
        .args(["--size", "3"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let url = lines.next().unwrap().unwrap();
    let address = url.trim_start_matches("# serving http://");
    let export = lines.next().unwrap().unwrap();
    assert_eq!(
        export,
        format!("export AWS_ENDPOINT_URL_SSM=http://{address}")
    );
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"PUT / HTTP/1.1\r\n\r\n").unwrap();
    let status = BufReader::new(stream).lines().next().unwrap().unwrap();
    assert_eq!(status, "HTTP/1.1 404 Not Found");
    child.kill().unwrap();
    child.wait().unwrap();
}
