//! Roles that require a code of an MFA device: asked for at a terminal, as the AWS CLI does it.

use nix::sys::signal::Signal;

use super::{BASE, PROFILE_UNUSABLE, ROLE};
use crate::support::aws::{fails, world_with_x};
use crate::support::issuers::{assumed, refused};
use crate::support::moto::Moto;
use crate::support::stand_in::{Reply, StandIn};
use crate::support::terminal::Terminal;
use crate::support::{Launch, SENTINEL, World, pipe_of};

const SERIAL: &str = "arn:aws:iam::123456789012:mfa/me";
const QUESTION: &str = "Enter MFA code for arn:aws:iam::123456789012:mfa/me: ";
const KEY: &str = "ASIAROLE000000000000";

fn world_with_mfa() -> World {
    let world = world_with_x();
    world.aws_config(format!(
        "[default]\n{ROLE}\nmfa_serial = {SERIAL}\nsource_profile = base\n{BASE}"
    ));
    world
}

fn launch(world: &World, sts: &StandIn, options: &[&str]) -> Launch {
    let mut launch = world.without_credentials(options);
    launch.env("AWS_ENDPOINT_URL_STS", sts.url());
    launch
}

#[test]
fn a_code_is_asked_for_at_the_terminal_and_not_shown() {
    let world = world_with_mfa();
    let sts = StandIn::start(|call, _| assumed(call, KEY));
    let terminal = Terminal::new();
    let running = terminal.start(&mut launch(&world, &sts, &[]));
    terminal.asks(QUESTION);
    assert!(!terminal.echoes());
    terminal.types("123456\n");
    assert_eq!(running.end().ok(), format!("{SENTINEL}\n"));
    assert_eq!(terminal.shown(), format!("{QUESTION}\n"));
    assert!(terminal.echoes());
    assert_eq!(world.signer().as_deref(), Some(KEY));
    let calls = sts.calls();
    let [call] = calls.as_slice() else {
        panic!("{calls:?}");
    };
    assert_eq!(call.field("TokenCode"), "123456");
    assert_eq!(
        call.field("SerialNumber"),
        SERIAL.replace(':', "%3A").replace('/', "%2F")
    );
    assert_eq!(call.signer(), Some("AKIDBASE000000000000"));
}

#[test]
fn standard_input_stays_for_the_program() {
    let world = world_with_mfa();
    let sts = StandIn::start(|call, _| assumed(call, KEY));
    let terminal = Terminal::new();
    let mut counting = world.launch("--path /app", &["wc", "-l"]);
    counting
        .without("AWS_ACCESS_KEY_ID")
        .without("AWS_SECRET_ACCESS_KEY")
        .env("AWS_ENDPOINT_URL_STS", sts.url());
    // The terminal becomes that of the session, and then a pipe takes the place of standard input.
    let running = terminal.start_with_input(&mut counting, pipe_of(b"1\n2\n3\n"));
    terminal.asks(QUESTION);
    terminal.types("123456\n");
    assert_eq!(running.end().ok(), "3\n");
}

#[test]
fn without_a_terminal_no_code_can_be_asked_for() {
    let world = world_with_mfa();
    let sts = StandIn::start(|call, _| assumed(call, KEY));
    let mut launch = launch(&world, &sts, &[]);
    launch.before(|| Ok(nix::unistd::setsid().map(drop)?));
    let why = format!(
        "the role `arn:aws:iam::123456789012:role/app` requires a code of the MFA device \
         `{SERIAL}`, and there is no terminal to ask for it"
    );
    fails(
        &mut launch,
        78,
        PROFILE_UNUSABLE,
        &[&why],
        "start it from a terminal, or with credentials that need no code: those of `aws sts assume-role` or `aws sts get-session-token` in the environment, or a role without a person's device",
    );
    assert!(sts.calls().is_empty());
}

const AGAIN: &str = "a code has six digits: try again";
const NEXT: &str = "a code changes every 30 seconds and is accepted once: try the next one, and check `mfa_serial` in the profile";

#[test]
fn what_cannot_be_a_code_is_not_sent_and_a_wrong_code_is_reported_as_that() {
    let world = world_with_mfa();
    let message = "MultiFactorAuthentication failed with invalid MFA one time pass code.";
    let sts = StandIn::start(move |_, _| refused(403, "AccessDenied", message));
    for (typed, code, why, hint) in [
        ("12345\n", 78, "what was typed is not an MFA code", AGAIN),
        ("\n", 78, "what was typed is not an MFA code", AGAIN),
        ("\u{4}", 78, "what was typed is not an MFA code", AGAIN),
        (
            "s3ntinel-plaintext\n",
            78,
            "what was typed is not an MFA code",
            AGAIN,
        ),
        (
            "123456\n",
            77,
            "AccessDenied: MultiFactorAuthentication failed with invalid MFA one time pass code.",
            NEXT,
        ),
    ] {
        let terminal = Terminal::new();
        let running = terminal.start(&mut launch(&world, &sts, &[]));
        terminal.asks(QUESTION);
        terminal.types(typed);
        let ended = running.end();
        assert_eq!(
            ended.failed(code),
            format!(
                "envsecrets: error: {PROFILE_UNUSABLE}\n\
                 envsecrets:   caused by: {why}\n\
                 envsecrets: hint: {hint}\n"
            ),
            "{typed:?}"
        );
        assert!(terminal.echoes());
    }
    assert_eq!(sts.calls().len(), 1);
}

#[test]
fn the_question_ends_with_the_deadline_or_a_signal() {
    let world = world_with_mfa();
    let sts = StandIn::start(|call, _| assumed(call, KEY));
    let terminal = Terminal::new();
    let running = terminal.start(&mut launch(&world, &sts, &["--timeout", "1s"]));
    terminal.asks(QUESTION);
    assert_eq!(
        running.end().failed(75),
        "envsecrets: error: the profile did not answer within 1s for AWS credentials\n\
         envsecrets:   caused by: no MFA code was typed\n\
         envsecrets: hint: `--timeout` includes the time to type the code\n"
    );
    terminal.asks(&format!("{QUESTION}\n"));
    assert_eq!(terminal.shown(), format!("{QUESTION}\n"));
    assert!(terminal.echoes());

    let terminal = Terminal::new();
    let running = terminal.start(&mut launch(&world, &sts, &[]));
    terminal.asks(QUESTION);
    terminal.types("123\u{3}");
    let ended = running.end();
    assert_eq!(
        (ended.signal, ended.stderr.as_str()),
        (Some(Signal::SIGINT as i32), "")
    );
    assert!(terminal.echoes());
}

#[test]
fn after_a_request_without_an_answer_the_code_is_not_asked_for_again() {
    let world = world_with_mfa();
    let sts = StandIn::start(|call, number| match number {
        1 => Reply::HangUp,
        _ => assumed(call, KEY),
    });
    let terminal = Terminal::new();
    let running = terminal.start(&mut launch(&world, &sts, &[]));
    terminal.asks(QUESTION);
    terminal.types("123456\n");
    assert_eq!(running.end().ok(), format!("{SENTINEL}\n"));
    assert_eq!(terminal.shown(), format!("{QUESTION}\n"));
    let calls = sts.calls();
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[1].field("TokenCode"), "123456");
}

#[test]
fn a_role_with_a_code_and_a_duration_is_assumed_in_moto() {
    let Some(moto) = Moto::start("a_role_with_a_code_and_a_duration_is_assumed_in_moto") else {
        return;
    };
    moto.put("/app/x", "a value", "SecureString");
    let config = format!(
        "[profile app]\n{ROLE}\nmfa_serial = {SERIAL}\nduration_seconds = 900\nsource_profile = \
         base\n{BASE}"
    );
    moto.directory.file(".aws/config", config, 0o600);
    let read = ["--profile", "app", "--path", "/app", "--", "printenv", "X"];
    let terminal = Terminal::new();
    let running = terminal.start(&mut moto.envsecrets(&read));
    terminal.asks(QUESTION);
    terminal.types("123456\n");
    assert_eq!(running.end().ok(), "a value\n");
}
