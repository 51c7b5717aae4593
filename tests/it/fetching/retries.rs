//! Failures on the way: what may pass is waited out, what is certain is reported at once, and an
//! invalid response is not used.

use std::time::{Duration, Instant};

use parameter_store::{Server, Throttle};

use super::{reported, secrets};
use crate::support::{Fault, OTHER_SENTINEL, SENTINEL, World, demo, each, until, world};

const BY_PATH: [&str; 2] = ["--path", "/prd/app"];
const BY_NAME: [&str; 4] = ["--secret", "A=/prd/app/a", "--secret", "B=/prd/app/b"];

/// Each way to request them, and what messages call it.
const WAYS: [(&[&str], &str); 2] = [
    (&BY_PATH, "parameters below `/prd/app`"),
    (&BY_NAME, "parameters `/prd/app/a`, `/prd/app/b`"),
];

fn error(status: u16, code: &str) -> Fault {
    Fault::Error {
        status,
        code: code.to_owned(),
        message: "as the test wants it".to_owned(),
    }
}

#[test]
fn what_may_pass_is_tried_again_without_a_message() {
    let faults = [
        Fault::ResetBeforeReply,
        Fault::ResetMidBody,
        Fault::CloseBeforeReply,
        Fault::CloseMidBody,
        Fault::EndlessBody,
        Fault::TruncatedJson,
        Fault::CaptivePortal,
        Fault::EmptyBody,
        Fault::EmptyObject,
        Fault::InvalidUtf8,
        Fault::Status(408),
        Fault::Status(429),
        Fault::Status(500),
        Fault::Status(502),
        Fault::Status(503),
        Fault::Status(504),
        Fault::InternalServerError,
        Fault::Throttle,
        error(400, "ThrottlingException"),
        error(400, "RequestLimitExceeded"),
        error(503, "ServiceUnavailable"),
        error(400, "RequestTimeout"),
        error(429, "SomethingNew"),
        error(500, "SomethingNew"),
    ];
    each(&faults, |fault| {
        for (options, _) in WAYS {
            let world = demo();
            world.server.set_faults([fault.clone().first(2)]);
            assert_eq!(
                secrets(&world, options),
                [format!("A={SENTINEL}"), format!("B={OTHER_SENTINEL}")],
                "{fault:?}"
            );
            assert_eq!(world.server.calls(), 3, "{fault:?}");
        }
    });
}

#[test]
fn what_does_not_pass_is_reported_when_time_is_up() {
    let network = "check the network between this machine and the endpoint, \
                   and `AWS_REGION`; `--timeout` sets how long to retry";
    let quota = "the quota of Parameter Store is shared by the whole account and region: start \
                 fewer at once, allow more time with `--timeout`, or raise the quota";
    let reset_before = "the connection to HOST failed: connection error: Connection reset by peer (os \
                        error 104)";
    let reset_in_body = "the connection to HOST failed: error reading a body from connection: Connection \
                         reset by peer (os error 104)";
    let closed_before = "the connection to HOST failed: connection closed before message completed";
    let closed_in_body = "the connection to HOST failed: error reading a body from connection: end of \
                          file before message length reached";
    let slow = Duration::from_millis(300);
    let faults = [
        (Fault::ResetBeforeReply, reset_before, network),
        (Fault::ResetMidBody, reset_in_body, network),
        (Fault::CloseBeforeReply, closed_before, network),
        (Fault::CloseMidBody, closed_in_body, network),
        (Fault::Hang, "no answer came", network),
        (Fault::SlowHeaders(slow), "no answer came", network),
        (Fault::StalledBody, "no answer came", network),
        (Fault::DrippedBody(slow), "no answer came", network),
        (Fault::Status(500), "HTTP status 500", network),
        (Fault::Status(502), "HTTP status 502", network),
        (Fault::Status(503), "HTTP status 503", network),
        (Fault::Status(504), "HTTP status 504", network),
        (Fault::Status(429), "HTTP status 429", quota),
        (
            Fault::InternalServerError,
            "InternalServerError: An internal error occurred. (request id ID)",
            network,
        ),
        (
            Fault::Throttle,
            "ThrottlingException: Rate exceeded (request id ID)",
            quota,
        ),
    ];
    each(&faults, |(fault, cause, hint)| {
        for (options, what) in WAYS {
            let world = demo();
            world.server.set_faults([fault.clone()]);
            let ended = world
                .envsecrets(&[options, &["--timeout", "2s", "--", "env"]].concat())
                .run();
            let reported = reported(&world, &ended, 75);
            let calls = match *cause {
                "no answer came" => "1 call was made, 0 throttled",
                _ => "N calls were made, N throttled",
            };
            assert_eq!(
                reported,
                format!(
                    "envsecrets: error: Parameter Store did not answer within 2s for {what} in \
                     us-east-1 at URL\n\
                     envsecrets:   caused by: {cause}\n\
                     envsecrets:   caused by: {calls}\n\
                     envsecrets: hint: {hint}\n"
                ),
                "{fault:?}"
            );
            let second = Duration::from_secs(1);
            assert!(
                ended.took >= 2 * second && ended.took < 15 * second,
                "{ended:?}"
            );
        }
    });
}

#[test]
fn what_is_certain_is_reported_after_one_call() {
    let user = "User: arn:aws:sts::123456789012:assumed-role/app/i-1 is not authorized to perform:";
    let key = "AWS refused to decrypt {what} in us-east-1 at URL";
    let key_hint = "envsecrets: hint: allow kms:Decrypt on the key that encrypts these parameters, \
                    in the caller's policy and in the key's own; the key must exist, be enabled, and \
                    be in this region\n";
    let who = "AWS rejected the credentials of the environment (access key …ST01)";
    let who_hint = "envsecrets: hint: check which access key is used, whether it still exists, \
                    and whether secret and session token belong to it; then check this machine's clock\n";
    let request = "AWS rejected the request for {what} in us-east-1 at URL";
    for (fault, code, error, cause, hint) in [
        (
            Fault::KmsAccessDenied,
            77,
            key,
            &format!(
                "AccessDeniedException: {user} kms:Decrypt on the resource associated with this \
                 ciphertext because no identity-based policy allows the kms:Decrypt action (Service: \
                 AWSKMS; Status Code: 400; Error Code: AccessDeniedException)"
            ),
            key_hint,
        ),
        (
            Fault::KmsUnknownKey,
            77,
            key,
            &"AccessDeniedException: The ciphertext refers to a customer master key that does not \
              exist, does not exist in this region, or you are not allowed to access. (Service: \
              AWSKMS; Status Code: 400; Error Code: AccessDeniedException)"
                .to_owned(),
            key_hint,
        ),
        (
            Fault::InvalidKeyId,
            77,
            key,
            &"InvalidKeyId: The query key ID isn't valid.".to_owned(),
            key_hint,
        ),
        (
            Fault::UnrecognizedClient,
            77,
            who,
            &"UnrecognizedClientException: The security token included in the request is invalid."
                .to_owned(),
            who_hint,
        ),
        (
            Fault::InvalidSignature,
            77,
            who,
            &"InvalidSignatureException: The request signature we calculated does not match the \
              signature you provided. Check your AWS Secret Access Key and signing method. Consult \
              the service documentation for details."
                .to_owned(),
            who_hint,
        ),
        (
            Fault::ExpiredToken,
            77,
            who,
            &"ExpiredTokenException: The security token included in the request is expired"
                .to_owned(),
            "envsecrets: hint: temporary credentials have expired: get new ones\n",
        ),
        (
            Fault::Validation,
            64,
            request,
            &"ValidationException: The request is not valid.".to_owned(),
            "",
        ),
        (
            Fault::Error {
                status: 400,
                code: "SomeException".to_owned(),
                message: "some reason".to_owned(),
            },
            64,
            request,
            &"SomeException: some reason".to_owned(),
            "",
        ),
    ] {
        for (options, what) in WAYS {
            let world = demo();
            world.server.set_faults([fault.clone()]);
            let ended = world.envsecrets(&[options, &["--", "env"]].concat()).run();
            let error = error.replace("{what}", what);
            assert_eq!(
                reported(&world, &ended, code),
                format!(
                    "envsecrets: error: {error}\n\
                     envsecrets:   caused by: {cause} (request id ID)\n\
                     {hint}"
                )
            );
            assert_eq!(world.server.calls(), 1);
        }
    }
}

#[test]
fn an_access_refusal_names_what_to_allow_on_what() {
    let denied = |operation: &str, resource: &str| {
        format!(
            "envsecrets:   caused by: AccessDeniedException: User: \
             arn:aws:sts::123456789012:assumed-role/app/i-1 is not authorized to perform: \
             ssm:{operation} on resource: {resource} because no identity-based policy allows the \
             ssm:{operation} action (request id ID)\n"
        )
    };
    let arn = "arn:aws:ssm:us-east-1:123456789012:parameter/prd/app";
    for ((options, what), cause, hint) in [
        (
            WAYS[0],
            denied("GetParametersByPath", arn),
            format!("allow ssm:GetParametersByPath on {arn} and {arn}/*"),
        ),
        (
            WAYS[1],
            denied("GetParameters", &format!("{arn}/a")),
            format!("allow ssm:GetParameters on {arn}/a"),
        ),
    ] {
        let world = demo();
        world.server.set_faults([Fault::AccessDenied]);
        let ended = world.envsecrets(&[options, &["--", "env"]].concat()).run();
        assert_eq!(
            reported(&world, &ended, 77),
            format!(
                "envsecrets: error: AWS denied permission to read {what} in us-east-1 at URL\n\
                 {cause}\
                 envsecrets: hint: {hint}\n"
            )
        );
        assert_eq!(world.server.calls(), 1);
    }
}

#[test]
fn one_parameter_whose_key_we_may_not_use_keeps_all_from_the_program() {
    for (options, what) in WAYS {
        let world = demo();
        world
            .server
            .set_faults([Fault::KmsAccessDenied.always().naming("/prd/app/b")]);
        let ended = world.envsecrets(&[options, &["--", "env"]].concat()).run();
        let reported = reported(&world, &ended, 77);
        let first = format!("envsecrets: error: AWS refused to decrypt {what} in us-east-1 at URL");
        assert_eq!(reported.lines().next(), Some(first.as_str()));
    }
}

#[test]
fn an_invalid_response_is_requested_twice_more() {
    let body = |status: u16| {
        format!("HTTP status {status} with a body that Parameter Store does not send")
    };
    let nothing = || "it contains no list of parameters".to_owned();
    for (fault, cause) in [
        (Fault::TruncatedJson, body(200)),
        (Fault::CaptivePortal, body(200)),
        (
            Fault::EndlessBody,
            "it is larger than any that Parameter Store sends".to_owned(),
        ),
        (Fault::EmptyBody, nothing()),
        (Fault::EmptyObject, nothing()),
        (Fault::LoneSurrogate, body(200)),
        (Fault::InvalidUtf8, body(200)),
        (Fault::Redirect("http://127.0.0.1:1/".to_owned()), body(301)),
        (Fault::Status(404), body(404)),
    ] {
        for (options, what) in WAYS {
            let world = demo();
            world.server.set_faults([fault.clone()]);
            let ended = world.envsecrets(&[options, &["--", "env"]].concat()).run();
            // On a busy machine the largest response takes long enough for a word on it.
            let reported = reported(&world, &ended, 70);
            let is_waiting = |line: &&str| line.starts_with("envsecrets: waiting for ");
            let lines = reported.split_inclusive('\n');
            let without_waiting: String = lines.filter(|line| !is_waiting(line)).collect();
            assert_eq!(
                without_waiting,
                format!(
                    "envsecrets: error: the response for {what} from us-east-1 at URL is invalid\n\
                     envsecrets:   caused by: {cause}\n\
                     envsecrets: hint: another server may respond in place of \
                     AWS: check the endpoint, proxies, and captive portals\n"
                ),
                "{fault:?}"
            );
            assert_eq!(world.server.calls(), 3, "{fault:?}");
        }
    }
}

#[test]
fn a_value_with_a_nul_starts_nothing() {
    for (options, _) in WAYS {
        let world = demo();
        world.server.set_faults([Fault::NulInValue]);
        let ended = world.envsecrets(&[options, &["--", "env"]].concat()).run();
        assert_eq!(
            reported(&world, &ended, 65),
            "envsecrets: error: the value of parameter `/prd/app/a` contains a NUL, which a variable cannot contain\n\
             envsecrets: hint: store it encoded, such as in base64, or leave it out with `--exclude \
             GLOB`\n"
        );
    }
}

#[test]
fn a_clock_that_is_ten_minutes_off_is_made_up_for() {
    for minutes in [10, -10] {
        for code in [
            "InvalidSignatureException",
            "RequestExpired",
            "RequestTimeTooSkewed",
        ] {
            for (options, _) in WAYS {
                let world = demo();
                world.server.set_faults([Fault::ClockSkew {
                    minutes,
                    code: code.to_owned(),
                }]);
                assert_eq!(
                    secrets(&world, options),
                    [format!("A={SENTINEL}"), format!("B={OTHER_SENTINEL}")]
                );
                assert_eq!(world.server.calls(), 2, "{minutes} {code}");
            }
        }
    }
}

/// Lets the credentials come from a process that gives out other ones each time, or always the
/// same ones.
fn credentials_from_a_process(world: &World, same: bool) {
    let count = world.directory.path().join("count");
    let number = if same { "1" } else { "$(wc -c <COUNT)" };
    let script = format!(
        "#!/bin/sh\n\
         printf x >>COUNT\n\
         printf '{{\"Version\":1,\"AccessKeyId\":\"AKIDPROCESS%s\",\"SecretAccessKey\":\"x\",\
         \"SessionToken\":\"t\"}}' {number}\n"
    );
    let script = script.replace("COUNT", count.to_str().unwrap());
    let script = world.directory.file("credentials.sh", script, 0o755);
    let config = format!("[default]\ncredential_process = {}\n", script.display());
    world.directory.file(".aws/config", config, 0o600);
}

#[test]
fn credentials_that_run_out_are_replaced_once() {
    for (options, _) in WAYS {
        let world = demo();
        credentials_from_a_process(&world, false);
        world.server.set_faults([Fault::ExpiredToken.first(1)]);
        let ended = world
            .envsecrets(&[options, &["--", "sh", "-c", "echo $A"]].concat())
            .without("AWS_ACCESS_KEY_ID")
            .without("AWS_SECRET_ACCESS_KEY")
            .run();
        assert_eq!(ended.ok(), format!("{SENTINEL}\n"));
        let requests = world.server.requests();
        let keys: Vec<Option<&str>> = requests
            .iter()
            .map(|request| request.access_key.as_deref())
            .collect();
        assert_eq!(keys, [Some("AKIDPROCESS1"), Some("AKIDPROCESS2")]);
    }
}

#[test]
fn credentials_that_expire_and_cannot_be_replaced_are_reported() {
    // The process gives out the same ones again; or others, which have run out as well.
    for (same, calls) in [(true, 1), (false, 2)] {
        let world = demo();
        credentials_from_a_process(&world, same);
        world.server.set_faults([Fault::ExpiredToken.always()]);
        let ended = world
            .envsecrets(&["--path", "/prd/app", "--", "env"])
            .without("AWS_ACCESS_KEY_ID")
            .without("AWS_SECRET_ACCESS_KEY")
            .run();
        assert_eq!(
            reported(&world, &ended, 77),
            format!(
                "envsecrets: error: AWS rejected the credentials of the profile (access key \
                 …ESS{calls})\n\
                 envsecrets:   caused by: ExpiredTokenException: The security token included in the \
                 request is expired (request id ID)\n\
                 envsecrets: hint: temporary credentials have expired: get new ones\n"
            )
        );
        assert_eq!(world.server.calls(), calls);
    }
}

#[test]
fn a_service_that_is_down_is_waited_for() {
    let world = demo();
    // A port without a listener, until there is one.
    let port = world.server.port();
    let World {
        store,
        server,
        directory,
    } = world;
    drop(server);
    let printed = directory.path().join("stderr");
    let mut launch = crate::support::offline(
        &directory,
        &["--path", "/prd/app", "--", "sh", "-c", "echo $A"],
    );
    launch
        .env("AWS_ENDPOINT_URL_SSM", format!("http://127.0.0.1:{port}"))
        .env("AWS_ACCESS_KEY_ID", "AKIDENVSECRETSTEST01")
        .env("AWS_SECRET_ACCESS_KEY", "x")
        .env("AWS_REGION", "us-east-1");
    launch
        .command
        .stderr(std::fs::File::create(&printed).unwrap());
    let running = launch.start();
    let reported = || std::fs::read_to_string(&printed).unwrap();
    until("a line on stderr", || reported().ends_with('\n'));
    let _server = Server::start_at(port, &store, None).unwrap();
    let ended = running.end();
    assert_eq!(
        (ended.code, ended.text()),
        (Some(0), format!("{SENTINEL}\n"))
    );
    assert_eq!(
        super::masked(&reported()),
        format!(
            "envsecrets: waiting for parameters below `/prd/app` in us-east-1 at \
             http://127.0.0.1:{port}: cannot connect to 127.0.0.1:{port}: tcp \
             connect error: Connection refused (os error 111); giving up in N s\n"
        )
    );
}

#[test]
fn a_crowd_that_meets_the_quota_starts_all_the_same() {
    const LAUNCHERS: usize = 15;
    const PAGES: usize = 3;
    const RATE: usize = 20;
    const BURST: usize = 5;
    let world = world();
    world.store.generate("/prd/app", 10 * PAGES);
    world.server.set_throttle(Some(Throttle {
        burst: BURST as f64,
        ..Throttle::per_second(RATE as f64)
    }));
    let started = Instant::now();
    let crowd: Vec<_> = (0..LAUNCHERS)
        .map(|_| {
            world
                .envsecrets(&["--path", "/prd/app", "--clean-env", "--", "env"])
                .start()
        })
        .collect();
    for launcher in crowd {
        let ended = launcher.end();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert_eq!(ended.text().lines().count(), 10 * PAGES);
    }
    let took = started.elapsed().as_secs_f64();
    // No launcher can be done sooner than the quota allows; a crowd that disturbs itself takes much
    // longer, and sends many more requests.
    let bound = (LAUNCHERS * PAGES - BURST) as f64 / RATE as f64;
    assert!(
        took >= bound * 0.9 && took < 4.0 * bound + 5.0,
        "{took} s, the bound is {bound} s"
    );
    let (calls, throttled) = (world.server.calls(), world.server.throttled());
    assert_eq!(calls - throttled, LAUNCHERS * PAGES);
    assert!(
        (1..=4 * LAUNCHERS * PAGES).contains(&throttled),
        "{throttled}"
    );
}
