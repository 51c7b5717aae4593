//! Credentials that cannot become part of a request: each source is named, and never the value.

use super::{LINKS, PROFILE_UNUSABLE, ROLE, linked};
use crate::support::Launch;
use crate::support::aws::{fails, world_with_x};
use crate::support::issuers::{assumed, credentials, credentials_json, metadata, signed_in};
use crate::support::stand_in::{Reply, StandIn};
use crate::support::wire::{Then, Wire};

const HINT: &str = "credentials are printable ASCII in one line: check how they were written, for example with `printf %s` instead of `echo`";

/// What can be wrong with a text, and how that is reported.
const FLAWS: [(&str, &str); 6] = [
    ("s3ntinel-plaintext\n", "ends in a line end"),
    ("s3ntinel-plaintext\r\n", "ends in a line end"),
    ("s3ntinel\r-plaintext", "contains a line end"),
    ("s3ntinel\x01-plaintext", "contains a control character"),
    ("s3ntinel\x7f-plaintext", "contains a control character"),
    (
        "s3ntinel-plaintéxt",
        "contains a character that is not ASCII",
    ),
];

#[track_caller]
fn unfit(launch: &mut Launch, source: &str, why: &str) {
    let error = format!("the AWS credentials of {source} cannot be used");
    fails(launch, 78, &error, &[why], HINT);
}

#[test]
fn in_the_environment() {
    let world = world_with_x();
    for variable in [
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
    ] {
        for (value, flaw) in FLAWS {
            let mut launch = world.without_credentials(&[]);
            launch.with_key().env(variable, value);
            unfit(
                &mut launch,
                "the environment",
                &format!("{variable} {flaw}"),
            );
        }
    }
    // Also where a profile refers to them.
    world.aws_config(format!(
        "[profile app]\n{ROLE}\ncredential_source = Environment\n"
    ));
    let mut launch = world.without_credentials(&["--profile", "app"]);
    launch.with_key().env("AWS_ACCESS_KEY_ID", "AKID\n");
    unfit(
        &mut launch,
        "the profile",
        "AWS_ACCESS_KEY_ID ends in a line end",
    );
    assert_eq!(world.server.calls(), 0);
}

#[test]
fn in_a_profile() {
    let world = world_with_x();
    for key in [
        "aws_access_key_id",
        "aws_secret_access_key",
        "aws_session_token",
    ] {
        // A line end cannot be within a line.
        for (value, flaw) in [FLAWS[3], FLAWS[4], FLAWS[5]] {
            let keys = ["aws_access_key_id", "aws_secret_access_key"]
                .into_iter()
                .filter(|&other| other != key)
                .map(|other| format!("{other} = x\n"));
            let keys: String = keys.chain([format!("{key} = {value}\n")]).collect();
            let sts = StandIn::start(|call, _| assumed(call, "ASIAROLE000000000000"));
            world.aws_config(format!(
                "[profile base]\n{keys}[profile app]\n{ROLE}\nsource_profile = base\n"
            ));
            for profile in ["base", "app"] {
                let mut launch = world.without_credentials(&["--profile", profile]);
                launch.env("AWS_ENDPOINT_URL_STS", sts.url());
                let why = format!("`{key}` of the profile `base` {flaw}");
                unfit(&mut launch, "the profile", &why);
            }
            assert!(sts.calls().is_empty());
        }
    }
}

#[test]
fn in_the_output_of_a_process() {
    let world = world_with_x();
    let answer = credentials_json(r"AKID\u000a");
    let answer = world.directory.file("answer", answer, 0o600);
    world.aws_config(format!(
        "[default]\ncredential_process = cat '{}'\n",
        answer.display()
    ));
    let why = "the access key id ends in a line end";
    unfit(&mut world.without_credentials(&[]), "the profile", why);
}

#[test]
fn in_the_responses_of_all_services_that_issue_them() {
    for (link, source) in [
        ("role", "the profile"),
        ("web identity", "the web identity token"),
        ("sign-in", "the profile"),
        ("container", "the container's credential endpoint"),
        ("instance", "the instance metadata service"),
    ] {
        let world = world_with_x();
        let issuer = StandIn::start(move |call, _| {
            // In XML as a reference to a character, in JSON as an escape.
            match link {
                "role" | "web identity" => assumed(call, "s3ntinel&#10;plaintext"),
                "sign-in" => signed_in(r"s3ntinel\nplaintext"),
                "container" => credentials(r"s3ntinel\nplaintext"),
                _ => metadata(call, r"s3ntinel\nplaintext"),
            }
        });
        let mut launch = linked(&world, link, &issuer.url());
        unfit(&mut launch, source, "the access key id contains a line end");
        assert_eq!(world.server.calls(), 0);
    }
    assert_eq!(LINKS.len(), 6, "all of them, and `--role`, below");
}

#[test]
fn in_the_response_for_the_role_of_the_option() {
    let world = world_with_x();
    let sts = StandIn::start(|call, _| assumed(call, "s3ntinel&#10;plaintext"));
    fails(
        &mut linked(&world, "--role", &sts.url()),
        78,
        "the environment (access key …0000) cannot assume the role `arn:aws:iam::123456789012:role/app`",
        &["the access key id contains a line end"],
        HINT,
    );
    assert_eq!(world.server.calls(), 0);
}

#[test]
fn in_the_response_for_a_role_from_which_another_is_assumed() {
    let world = world_with_x();
    let sts = StandIn::start(|call, _| assumed(call, "ASIA&#10;X"));
    world.aws_config(format!(
        "[default]\n{ROLE}\nsource_profile = middle\n[profile middle]\n{ROLE}-middle\n\
         source_profile = base\n{}",
        super::BASE
    ));
    let mut launch = world.without_credentials(&[]);
    launch.env("AWS_ENDPOINT_URL_STS", sts.url());
    let why = "the access key id contains a line end, for the role of `default`";
    unfit(&mut launch, "the profile", why);
    assert_eq!(sts.calls().len(), 1);
}

#[test]
fn in_the_token_of_a_container() {
    let source = "the container's credential endpoint";
    let world = world_with_x();
    let agent = StandIn::start(|_, _| credentials("ASIATASK000000000000"));
    for (value, flaw) in FLAWS {
        let mut launch = world.without_credentials(&[]);
        launch
            .env("AWS_CONTAINER_CREDENTIALS_FULL_URI", agent.url())
            .env("AWS_CONTAINER_AUTHORIZATION_TOKEN", value);
        let why = format!("AWS_CONTAINER_AUTHORIZATION_TOKEN {flaw}");
        unfit(&mut launch, source, &why);

        let file = world.directory.file("token", value, 0o600);
        launch.env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", &file);
        let file = file.display();
        let why =
            format!("the token in `{file}`, from AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE, {flaw}");
        unfit(&mut launch, source, &why);
    }
    assert!(agent.calls().is_empty());
}

#[test]
fn in_the_name_of_the_role_of_an_instance() {
    let world = world_with_x();
    for (name, flaw) in [
        ("ro\nle", "contains a line end"),
        ("role\n", "ends in a line end"),
        ("ro\x01le", "contains a control character"),
        ("röle", "contains a character that is not ASCII"),
        ("ro le", "contains a character that no URL contains"),
        (r"ro\le", "contains a character that no URL contains"),
    ] {
        let imds = StandIn::start(move |call, _| match call.target.as_str() {
            "/latest/meta-data/iam/security-credentials/" => Reply::ok(name),
            _ => metadata(call, "ASIAINSTANCE00000000"),
        });
        let mut launch = linked(&world, "instance", &imds.url());
        let ended = launch.run();
        let host = imds.url().replace("http://", "");
        let printed = ended.failed_at_once(78);
        let expected = format!(
            "envsecrets: error: the AWS credentials of the instance metadata service cannot be used\n\
             envsecrets:   caused by: the response of {host}: an unexpected error \
             occurred communicating with IMDS: the name of the role {flaw}\n"
        );
        assert_eq!(printed, expected, "{name:?}");
    }
}

#[test]
fn in_the_session_token_of_the_metadata_service() {
    let world = world_with_x();
    for token in [&b"\xff\xfe"[..], b"a\xed\xa0\x80"] {
        let head = format!(
            "HTTP/1.1 200 OK\r\nx-aws-ec2-metadata-token-ttl-seconds: 21600\r\nContent-Length: {}\r\n\r\n",
            token.len()
        );
        let imds = Wire::start(move |_| ([head.as_bytes(), token].concat(), Then::Stay));
        let ended = linked(&world, "instance", &imds.url()).run();
        assert_eq!(
            ended.failed_at_once(78),
            "envsecrets: error: the AWS credentials of the instance metadata service cannot be used\n\
             envsecrets:   caused by: the session token of the metadata service is not UTF-8\n\
             envsecrets: hint: check `AWS_EC2_METADATA_SERVICE_ENDPOINT` and \
             `AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE`, or the same settings in the profile\n"
        );
    }
}

#[test]
fn in_the_token_of_a_sign_in() {
    let world = world_with_x();
    world.aws_config(super::session_profile());
    let token = r#"{"accessToken":"s3ntinel\nplaintext","expiresAt":"2090-01-01T00:00:00Z"}"#;
    world.directory.file(super::TOKEN_OF_SESSION, token, 0o600);
    let ended = world.without_credentials(&[]).run();
    let printed = ended.failed_at_once(78);
    let start = format!("envsecrets: error: {PROFILE_UNUSABLE}\nenvsecrets:   caused by: ");
    assert!(printed.starts_with(&start), "{printed}");
    assert!(!printed.contains("s3ntinel"), "{printed}");
}
