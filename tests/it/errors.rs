//! Each exit code, with its message and its hint, in full.
//!
//! Errors in names and sizes are in `names`, in options in `options`, and in credentials, regions
//! and certificates in `credentials` and `proxies`.

use std::process::Command;
use std::time::Duration;

use nix::libc;

use crate::support::{Directory, ENVSECRETS, Ended, Fault, Launch, World, can, demo, world};

/// Where this Parameter Store is, as messages name it.
fn place(world: &World) -> String {
    format!("us-east-1 at {}", world.server.url())
}

/// A launch of `echo` that meets a fault.
fn launch_meeting(fault: Fault, options: &str) -> (World, Ended) {
    let world = demo();
    world.server.set_faults([fault.always()]);
    let ended = world.launch(options, &["echo", "started"]).run();
    (world, ended)
}

/// The lines of a failure, put together.
fn lines(error: &str, causes: &[&str], hint: &str) -> String {
    let mut text = format!("envsecrets: error: {error}\n");
    for cause in causes {
        text.push_str(&format!("envsecrets:   caused by: {cause}\n"));
    }
    if !hint.is_empty() {
        text.push_str(&format!("envsecrets: hint: {hint}\n"));
    }
    text
}

/// How the first request of a server is called.
const REQUEST: &str = "(request id 5e1f7e57-0000-4000-8000-000000000001)";

#[test]
fn every_exit_code_has_its_failure() {
    let world = demo();
    world.store.put("/bad/1st", "x");
    let script = world.directory.file("plain", "no program", 0o644);
    let plain = script.to_str().unwrap();
    for (code, options, program) in [
        (64, "--path prd/app", "echo"),
        (65, "--path /bad", "echo"),
        (66, "--path /none", "echo"),
        (78, "--path /prd/app --region eu_central_1", "echo"),
        (126, "--path /prd/app", plain),
        (127, "--path /prd/app", "envsecrets-no-such-program"),
    ] {
        let ended = world.launch(options, &[program, "started"]).run();
        ended.failed(code);
    }
    for (code, fault) in [
        (64, Fault::Validation),
        (65, Fault::NulInValue),
        (70, Fault::MissingValue),
        (75, Fault::Throttle),
        (77, Fault::AccessDenied),
    ] {
        let (_world, ended) = launch_meeting(fault, "--path /prd/app --timeout 500ms");
        ended.failed(code);
    }
}

#[test]
fn without_a_program_or_anything_to_read_there_is_nothing_to_do() {
    let world = demo();
    let ended = world.envsecrets(&["--path", "/prd/app"]).run();
    assert_eq!(
        ended.failed(64),
        lines(
            "no program given",
            &[],
            "put it after `--`: envsecrets --path /prd/app -- PROGRAM; `envsecrets check` needs none",
        )
    );
    let ended = world.launch("--only db/*", &["echo"]).run();
    assert_eq!(
        ended.failed(64),
        lines(
            "no secrets given",
            &[],
            "use `--path PATH` or `--secret NAME=PARAMETER`, or set ENVSECRETS_PATH",
        )
    );
    assert_eq!(world.server.calls(), 0);
}

#[test]
fn an_access_refusal_names_the_action_and_the_resources_to_grant() {
    let denial = |operation: &str, name: &str| {
        format!(
            "AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/app/i-1 is not \
             authorized to perform: ssm:{operation} on resource: \
             arn:aws:ssm:us-east-1:123456789012:parameter/{name} because no identity-based policy \
             allows the ssm:{operation} action {REQUEST}"
        )
    };
    let arn = "arn:aws:ssm:us-east-1:123456789012:parameter";
    for (options, target, operation, name, resources) in [
        (
            "--path /prd/app",
            "parameters below `/prd/app`",
            "GetParametersByPath",
            "prd/app",
            format!("{arn}/prd/app and {arn}/prd/app/*"),
        ),
        (
            "--path //prd/app/ --label live",
            "parameters below `/prd/app` at label `live`",
            "GetParametersByPath",
            "prd/app",
            format!("{arn}/prd/app and {arn}/prd/app/*"),
        ),
        (
            "--path /",
            "parameters below `/`",
            "GetParametersByPath",
            "",
            format!("{arn}/*"),
        ),
        (
            "--secret A=/prd/app/a",
            "parameter `/prd/app/a`",
            "GetParameters",
            "prd/app/a",
            format!("{arn}/prd/app/a"),
        ),
        // AWS names the first that it refuses.
        (
            "--secret A=prd.a --secret B=/prd/b:live",
            "parameters `prd.a`, `/prd/b:live`",
            "GetParameters",
            "prd.a",
            format!("{arn}/prd.a"),
        ),
    ] {
        let (world, ended) = launch_meeting(Fault::AccessDenied, options);
        assert_eq!(
            ended.failed(77),
            lines(
                &format!(
                    "AWS denied permission to read {target} in {}",
                    place(&world)
                ),
                &[&denial(operation, name)],
                &format!("allow ssm:{operation} on {resources}"),
            )
        );
        assert_eq!(world.server.calls(), 1, "a refusal is certain");
    }
}

#[test]
fn what_aws_refuses_without_naming_it_follows_from_the_request() {
    let silent = || Fault::Error {
        status: 400,
        code: "AccessDeniedException".to_owned(),
        message: "no".to_owned(),
    };
    for (region, options, resources) in [
        (
            "us-east-1",
            "--path /prd/app",
            "ssm:GetParametersByPath on arn:aws:ssm:us-east-1:ACCOUNT:parameter/prd/app and \
             arn:aws:ssm:us-east-1:ACCOUNT:parameter/prd/app/*",
        ),
        (
            "cn-north-1",
            "--path /prd/app",
            "ssm:GetParametersByPath on arn:aws-cn:ssm:cn-north-1:ACCOUNT:parameter/prd/app and \
             arn:aws-cn:ssm:cn-north-1:ACCOUNT:parameter/prd/app/*",
        ),
        (
            "us-gov-west-1",
            "--secret A=a:3 --secret B=/b:live --secret C=arn:aws-us-gov:ssm:us-gov-west-1:210987654321:parameter/c:1",
            "ssm:GetParameters on arn:aws-us-gov:ssm:us-gov-west-1:ACCOUNT:parameter/a and \
             arn:aws-us-gov:ssm:us-gov-west-1:ACCOUNT:parameter/b and \
             arn:aws-us-gov:ssm:us-gov-west-1:210987654321:parameter/c",
        ),
    ] {
        let world = demo();
        world.server.set_faults([silent().always()]);
        let ended = world
            .launch(options, &["echo", "started"])
            .env("AWS_REGION", region)
            .run();
        let reported = ended.failed(77);
        let hint = reported.lines().last().unwrap();
        assert_eq!(hint, format!("envsecrets: hint: allow {resources}"));
    }
}

#[test]
fn a_refusal_of_the_key_is_distinguished_from_one_of_the_parameter() {
    let user = "AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/app/i-1 is not \
                authorized to perform: kms:Decrypt on the resource associated with this ciphertext \
                because no identity-based policy allows the kms:Decrypt action (Service: AWSKMS; \
                Status Code: 400; Error Code: AccessDeniedException)";
    let unknown = "AccessDeniedException: The ciphertext refers to a customer master key that does \
                   not exist, does not exist in this region, or you are not allowed to access. \
                   (Service: AWSKMS; Status Code: 400; Error Code: AccessDeniedException)";
    let invalid = "InvalidKeyId: The query key ID isn't valid.";
    for (fault, printed) in [
        (Fault::KmsAccessDenied, user),
        (Fault::KmsUnknownKey, unknown),
        (Fault::InvalidKeyId, invalid),
    ] {
        let (world, ended) = launch_meeting(fault, "--path /prd/app");
        assert_eq!(
            ended.failed(77),
            lines(
                &format!(
                    "AWS refused to decrypt parameters below `/prd/app` in {}",
                    place(&world)
                ),
                &[&format!("{printed} {REQUEST}")],
                "allow kms:Decrypt on the key that encrypts these parameters, in the caller's policy \
                 and in the key's own; the key must exist, be enabled, and be in this region",
            )
        );
    }
}

#[test]
fn a_refusal_of_the_caller_names_the_principal() {
    let keys = "check which access key is used, whether it still exists, and whether secret \
                and session token belong to it; then check this machine's clock";
    for (fault, printed, hint) in [
        (
            Fault::ExpiredToken,
            "ExpiredTokenException: The security token included in the request is expired",
            "temporary credentials have expired: get new ones",
        ),
        (
            Fault::UnrecognizedClient,
            "UnrecognizedClientException: The security token included in the request is invalid.",
            keys,
        ),
        (
            Fault::InvalidSignature,
            "InvalidSignatureException: The request signature we calculated does not match the \
             signature you provided. Check your AWS Secret Access Key and signing method. Consult \
             the service documentation for details.",
            keys,
        ),
    ] {
        let (_world, ended) = launch_meeting(fault, "--path /prd/app");
        assert_eq!(
            ended.failed(77),
            lines(
                "AWS rejected the credentials of the environment (access key …ST01)",
                &[&format!("{printed} {REQUEST}")],
                hint,
            )
        );
    }
}

#[test]
fn any_other_refusal_is_reported_in_the_words_of_aws() {
    let (world, ended) = launch_meeting(Fault::Validation, "--path /prd/app");
    assert_eq!(
        ended.failed(64),
        lines(
            &format!(
                "AWS rejected the request for parameters below `/prd/app` in {}",
                place(&world)
            ),
            &[&format!(
                "ValidationException: The request is not valid. {REQUEST}"
            )],
            "",
        )
    );
}

#[test]
fn foreign_text_stays_on_its_line_and_moves_no_cursor() {
    let fault = Fault::Error {
        status: 400,
        code: "Some\nException".to_owned(),
        message: "one\r\ntwo\u{1b}[2J\u{7f}".to_owned(),
    };
    let (_world, ended) = launch_meeting(fault, "--path /prd/app");
    let reported = ended.failed(64);
    assert_eq!(
        reported.lines().nth(1).unwrap(),
        format!("envsecrets:   caused by: Some Exception: one  two\\u{{1b}}[2J\\u{{7f}} {REQUEST}")
    );
    assert_eq!(reported.lines().count(), 2);
}

#[test]
fn an_invalid_response_starts_nothing() {
    let foreign = "HTTP status 200 with a body that Parameter Store does not send";
    for (fault, what) in [
        (Fault::CaptivePortal, foreign),
        (Fault::TruncatedJson, foreign),
        (Fault::InvalidUtf8, foreign),
        (Fault::LoneSurrogate, foreign),
        (
            Fault::Redirect("http://127.0.0.1:1/".to_owned()),
            "HTTP status 301 with a body that Parameter Store does not send",
        ),
        (
            Fault::Status(404),
            "HTTP status 404 with a body that Parameter Store does not send",
        ),
        (Fault::EmptyBody, "it contains no list of parameters"),
        (Fault::EmptyObject, "it contains no list of parameters"),
        (Fault::NullName, "it contains a parameter without a name"),
        (Fault::MissingName, "it contains a parameter without a name"),
        (
            Fault::NullValue,
            "it contains parameter `/prd/app/a` without a value",
        ),
        (
            Fault::MissingValue,
            "it contains parameter `/prd/app/a` without a value",
        ),
        (
            Fault::ConflictingParameter,
            "it contains parameter `/prd/app/a` twice, with different values",
        ),
        (
            Fault::OutsidePath,
            "it contains parameter `/outside/of/the-request`, which is not below the path",
        ),
        (
            Fault::RepeatedToken,
            "it contains the same page token a second time, so that the set would never be complete",
        ),
        (
            Fault::TokenCycle,
            "it contains the same page token a second time, so that the set would never be complete",
        ),
        (
            Fault::EndlessEmptyPages,
            "it contains 1000 empty pages in a row",
        ),
    ] {
        let (world, ended) = launch_meeting(fault, "--path /prd/app");
        assert_eq!(
            ended.failed(70),
            lines(
                &format!(
                    "the response for parameters below `/prd/app` from {} is invalid",
                    place(&world)
                ),
                &[what],
                "another server may respond in place of AWS: check the \
                 endpoint, proxies, and captive portals",
            )
        );
    }
    for (fault, what) in [
        (
            Fault::OutsidePath,
            "it contains parameter `/outside/of/the-request`, which was not requested",
        ),
        (
            Fault::NullValue,
            "it contains parameter `/prd/app/a` without a value",
        ),
        (Fault::EmptyObject, "it contains no list of parameters"),
    ] {
        let (world, ended) = launch_meeting(fault, "--secret A=/prd/app/a");
        assert_eq!(
            ended.failed(70),
            lines(
                &format!(
                    "the response for parameter `/prd/app/a` from {} is invalid",
                    place(&world)
                ),
                &[what],
                "another server may respond in place of AWS: check the \
                 endpoint, proxies, and captive portals",
            )
        );
    }
}

/// The same text with every number of calls as `N`.
fn any_count(reported: &str) -> String {
    let words: Vec<&str> = reported.split(' ').collect();
    let mut text = Vec::new();
    for (index, word) in words.iter().enumerate() {
        let counts = words
            .get(index + 1)
            .is_some_and(|next| ["calls", "throttled\nenvsecrets:"].contains(next));
        text.push(if counts { "N" } else { word });
    }
    text.join(" ")
}

/// The same text without the request that happened to be the last one.
fn any_request(reported: &str) -> String {
    let marker = "5e1f7e57-0000-4000-8000-";
    let mut text = reported.to_owned();
    while let Some(start) = text.find(marker) {
        text.replace_range(start..start + marker.len() + 12, "ID");
    }
    text
}

#[test]
fn what_may_pass_is_tried_until_the_deadline_and_then_explained() {
    let network = "check the network between this machine and the endpoint, \
                   and `AWS_REGION`; `--timeout` sets how long to retry";
    for (fault, cause, hint) in [
        (
            Fault::Throttle,
            "ThrottlingException: Rate exceeded (request id ID)",
            "the quota of Parameter Store is shared by the whole account and region: start fewer at \
             once, allow more time with `--timeout`, or raise the quota",
        ),
        (
            Fault::InternalServerError,
            "InternalServerError: An internal error occurred. (request id ID)",
            network,
        ),
        (Fault::Status(503), "HTTP status 503", network),
        (
            Fault::Error {
                status: 400,
                code: "SlowDown".to_owned(),
                message: "later".to_owned(),
            },
            "SlowDown: later (request id ID)",
            "the quota of Parameter Store is shared by the whole account and region: start fewer at \
             once, allow more time with `--timeout`, or raise the quota",
        ),
    ] {
        let (world, ended) = launch_meeting(fault, "--path /prd/app --timeout 1500ms");
        let reported = any_request(&any_count(ended.failed(75)));
        assert_eq!(
            reported,
            lines(
                &format!(
                    "Parameter Store did not answer within 1s 500ms for parameters below `/prd/app` in {}",
                    place(&world)
                ),
                &[cause, "N calls were made, N throttled"],
                hint,
            )
        );
        assert!(ended.took >= Duration::from_millis(1400), "{ended:?}");
        assert!(ended.took < Duration::from_secs(20), "{ended:?}");
        assert!(world.server.calls() > 1);
    }
    let (world, ended) = launch_meeting(Fault::Hang, "--path /prd/app --timeout 1s");
    assert_eq!(
        ended.failed(75),
        lines(
            &format!(
                "Parameter Store did not answer within 1s for parameters below `/prd/app` in {}",
                place(&world)
            ),
            &["no answer came", "1 call was made, 0 throttled"],
            network,
        )
    );
}

#[test]
fn a_wait_that_would_pass_the_deadline_is_not_begun() {
    let (world, ended) = launch_meeting(
        Fault::ThrottleRetryAfterSeconds(60),
        "--path /prd/app --timeout 30s",
    );
    let left = ended.failed(75).split(" remain for ").next().unwrap();
    let left = left.rsplit(' ').next().unwrap();
    assert_eq!(
        ended.failed(75),
        lines(
            &format!(
                "Parameter Store asks to wait 1m, but only {left} remain for parameters below `/prd/app`"
            ),
            &[
                &format!("ThrottlingException: Rate exceeded {REQUEST}"),
                "1 call was made, 1 throttled",
            ],
            "the quota of Parameter Store is shared by the whole account and region: start fewer at \
             once, allow more time with `--timeout`, or raise the quota",
        )
    );
    assert!(ended.took < Duration::from_secs(20), "{ended:?}");
    assert_eq!(world.server.calls(), 1);
}

#[test]
fn all_that_is_missing_is_reported_at_once() {
    let world = demo();
    let ended = world
        .launch(
            "--path /none --path /prd/app --optional-path /maybe --path /nor/this \
             --secret A=/none/a --secret B=none.b:3 --secret C=/prd/app/a:live",
            &["echo", "started"],
        )
        .run();
    let place = place(&world);
    assert_eq!(
        ended.failed(66),
        format!(
            "envsecrets: error: no parameters exist below `/none` in {place}\n\
             envsecrets: error: no parameters exist below `/nor/this` in {place}\n\
             envsecrets: error: parameters `/none/a`, `/prd/app/a:live`, `none.b:3` do not exist in {place}\n\
             envsecrets: hint: check path, account and region for typos; a layer that may be empty is `--optional-path`\n\
             envsecrets: hint: check names, versions, labels, account and region for typos\n"
        )
    );
}

#[test]
fn a_path_that_is_empty_only_at_a_label_has_its_own_hint() {
    let world = demo();
    let ended = world
        .launch("--path /prd/app --label live", &["echo", "started"])
        .run();
    assert_eq!(
        ended.failed(66),
        lines(
            &format!(
                "no parameters exist below `/prd/app` at label `live` in {}",
                place(&world)
            ),
            &[],
            "check path, label and region for typos; the label must be on a version of \
             each parameter",
        )
    );
}

#[test]
fn a_program_that_cannot_start_is_reported_before_anything_is_fetched() {
    let world = demo();
    let at = |name: &str| world.directory.path().join(name).display().to_string();
    world.directory.file("plain", "#!/bin/sh\n", 0o644);
    std::os::unix::fs::symlink("loop", at("loop")).unwrap();
    let permissions = "check its permissions (`chmod +x`), those of its directories, and \
                       `noexec` mounts";
    let long = "x".repeat(300);
    for (code, program, error, hint) in [
        (
            127,
            "jaav".to_owned(),
            "`jaav`: command not found".to_owned(),
            "envsecrets searches its own PATH, before it fetches anything",
        ),
        (
            127,
            String::new(),
            "``: command not found".to_owned(),
            "envsecrets searches its own PATH, before it fetches anything",
        ),
        (
            127,
            at("gone"),
            format!("`{}`: no such file", at("gone")),
            "",
        ),
        (
            126,
            at(""),
            format!("`{}` is a directory, not a program", at("")),
            "",
        ),
        (
            126,
            at("plain"),
            format!("`{}` cannot be executed: Permission denied", at("plain")),
            permissions,
        ),
        (
            126,
            at("plain/x"),
            format!("`{}` cannot be executed: Not a directory", at("plain/x")),
            "",
        ),
        (
            126,
            at("loop"),
            format!(
                "`{}` cannot be executed: Too many symbolic links encountered",
                at("loop")
            ),
            "",
        ),
        (
            126,
            at(&long),
            format!("`{}` cannot be executed: File name too long", at(&long)),
            "",
        ),
    ] {
        let ended = world.launch("--path /prd/app", &[&program]).run();
        assert_eq!(ended.failed(code), lines(&error, &[], hint));
    }
    assert_eq!(world.server.calls(), 0);
}

#[test]
fn a_program_that_exists_but_lacks_its_interpreter_is_reported_as_that() {
    let world = demo();
    let script = "check the first line of the script; a carriage return at its end counts too";
    let elf = std::fs::read("/bin/true").unwrap();
    let loader = b"/lib64/ld-linux-x86-64.so.2\0".as_slice();
    let mut cases = vec![
        (
            "gone",
            b"#!/no/such/shell -e\n".to_vec(),
            "its interpreter `/no/such/shell` does not",
            script,
        ),
        (
            "crlf",
            b"#!/bin/sh\r\necho hi\r\n".to_vec(),
            "its interpreter `/bin/sh\\r` does not",
            script,
        ),
    ];
    if let Some(start) = elf.windows(loader.len()).position(|bytes| bytes == loader) {
        let mut foreign = elf.clone();
        foreign[start + 1..start + 4].copy_from_slice(b"gon");
        cases.push((
            "foreign",
            foreign,
            "the dynamic loader that it needs does not",
            "it was built for another C library or architecture",
        ));
    }
    for (name, content, what, hint) in cases {
        let path = world.directory.file(name, content, 0o755);
        let path = path.to_str().unwrap();
        let ended = world.launch("--path /prd/app", &[path]).run();
        assert_eq!(
            ended.failed(127),
            lines(&format!("`{path}` exists, but {what}"), &[], hint)
        );
    }
}

#[test]
fn a_program_that_is_being_written_cannot_be_executed_yet() {
    let world = demo();
    let path = world
        .directory
        .file("busy", std::fs::read("/bin/true").unwrap(), 0o755);
    let _writer = std::fs::OpenOptions::new()
        .append(true)
        .open(&path)
        .unwrap();
    let path = path.to_str().unwrap();
    let ended = world.launch("--path /prd/app", &[path]).run();
    assert_eq!(
        ended.failed(126),
        lines(
            &format!("`{path}` cannot be executed: Text file busy"),
            &[],
            ""
        )
    );
}

#[test]
fn what_only_the_kernel_finds_too_large_is_reported_as_that() {
    // The name of the shell that runs a script comes on top of what could be counted before.
    let world = world();
    world.directory.file("script", "echo started", 0o755);
    let script = "./script";
    let limit = 128 * 1024;
    let pointer = size_of::<usize>();
    let arguments = 2 * (script.len() + 1) + pointer;
    let value = limit - arguments - ("X=".len() + 1 + pointer);
    for (spare, code) in [(100, 0), (0, 65)] {
        world.store.plant("/prd/app/x", &"x".repeat(value - spare));
        let mut launch = world.launch("--path /prd/app --clean-env", &[script]);
        launch.command.current_dir(world.directory.path());
        let ended = launch
            .before(|| {
                use nix::sys::resource::{Resource, setrlimit};
                setrlimit(Resource::RLIMIT_STACK, 512 << 10, 512 << 10)?;
                Ok(())
            })
            .run();
        if code == 0 {
            assert_eq!(ended.ok(), "started\n");
            continue;
        }
        assert_eq!(
            ended.failed(code),
            lines(
                "arguments and environment are too large for the kernel",
                &[],
                "choose fewer parameters with `--only` or `--exclude`",
            )
        );
    }
}

#[test]
fn without_descriptors_there_is_no_reading() {
    let world = demo();
    let ended = world
        .launch("--path /prd/app", &["echo", "started"])
        .before(|| {
            use nix::sys::resource::{Resource, setrlimit};
            setrlimit(Resource::RLIMIT_NOFILE, 4, 4)?;
            Ok(())
        })
        .run();
    assert_eq!(
        ended.failed(71),
        lines(
            "this machine does not allow another open file",
            &["RLIMIT_NOFILE is 4: Too many open files (os error 24)"],
            "raise it: `LimitNOFILE=` in a systemd unit, `ulimit -n` in a shell, `--ulimit nofile=` of `docker run`",
        )
    );
}

/// What a copy of the launcher prints that has more privileges than its caller, and ends with.
#[cfg(target_os = "linux")]
#[track_caller]
fn refuses_elevation(copy: &std::path::Path, user: u32, what: &str) {
    let error =
        format!("envsecrets runs with more privileges than its caller, from {what} of its file");
    let hint = format!(
        "it reads endpoints and certificates from the environment, which its caller controls: remove \
         {what}"
    );
    for arguments in [
        ["--path", "/prd/app", "--", "echo", "started"].as_slice(),
        &["check", "--path", "/prd/app"],
        // A file is not read first, and not even looked for.
        &["--config", "/none/envsecrets.toml", "--", "true"],
        &["check", "--config", "/none/envsecrets.toml"],
        &["import", "/none/x.env", "--path", "/prd/app"],
        &["put", "/prd/app/x", "--from-file", "/none/x"],
        &["--help"],
    ] {
        let mut launch = Launch::new(copy, arguments);
        launch.before(move || {
            nix::unistd::setgroups(&[])?;
            nix::unistd::setgid(user.into())?;
            Ok(nix::unistd::setuid(user.into())?)
        });
        assert_eq!(launch.run().failed(77), lines(&error, &[], &hint));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn with_more_privileges_than_its_caller_it_does_nothing() {
    use std::os::unix::fs::{PermissionsExt, chown};
    const OTHER: u32 = 65534;
    let story = "with_more_privileges_than_its_caller_it_does_nothing";
    let directory = Directory::new();
    std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let copy = directory.path().join("envsecrets");
    // By another process: what we hold open for writing, a child forked meanwhile holds too, and
    // then it cannot be executed.
    let copied = Command::new("cp").arg(ENVSECRETS).arg(&copy).status();
    assert!(copied.unwrap().success());
    let owned = chown(&copy, Some(OTHER), Some(OTHER)).is_ok();
    let owned = owned && nix::unistd::geteuid().is_root();
    if !can(story, "root, to give a program privileges", owned) {
        return;
    }
    // Where the file system is mounted `nosuid` the bits do nothing.
    let flags = nix::sys::statvfs::statvfs(&copy).unwrap().flags();
    let counts = !flags.contains(nix::sys::statvfs::FsFlags::ST_NOSUID);
    if !can(story, "a file system without `nosuid`", counts) {
        return;
    }
    let mode =
        |mode| std::fs::set_permissions(&copy, std::fs::Permissions::from_mode(mode)).unwrap();
    mode(0o4755);
    refuses_elevation(&copy, 0, "the set-user-ID bit");
    refuses_elevation(&copy, 1000, "the set-user-ID bit");
    mode(0o2755);
    refuses_elevation(&copy, 0, "the set-group-ID bit");
    refuses_elevation(&copy, 1000, "the set-group-ID bit");
    mode(0o755);
    if can(
        story,
        "a file system with capabilities",
        give_capability(&copy),
    ) {
        refuses_elevation(&copy, 1000, "the file capabilities");
    }
    // The same copy, for a user whose privileges it does not change, gets as far as looking for
    // credentials. The superuser has the capability anyway.
    let mut launch = Launch::new(&copy, &["--path", "/prd/app", "--", "echo", "started"]);
    launch
        .env("HOME", directory.path())
        .env("AWS_EC2_METADATA_DISABLED", "true");
    assert_eq!(launch.run().code, Some(78));
}

#[cfg(target_os = "linux")]
/// Lets a program bind to low ports, as setcap(8) does. Returns whether that is possible here.
fn give_capability(program: &std::path::Path) -> bool {
    use std::os::unix::ffi::OsStrExt;
    // `struct vfs_cap_data` of linux/capability.h: revision 2 with the effective bit, and the
    // permitted set with CAP_NET_BIND_SERVICE.
    let data = [0x0200_0001_u32, 1 << 10, 0, 0, 0]
        .map(u32::to_le_bytes)
        .concat();
    let path = std::ffi::CString::new(program.as_os_str().as_bytes()).unwrap();
    let name = c"security.capability".as_ptr();
    // SAFETY: both are C strings, and the data is as long as it says.
    let set =
        unsafe { nix::libc::setxattr(path.as_ptr(), name, data.as_ptr().cast(), data.len(), 0) };
    set == 0
}

#[test]
fn a_closed_or_full_stderr_changes_no_exit_code() {
    let world = world();
    let ended = world
        .launch("--path /none", &["echo", "started"])
        .before(|| {
            // SAFETY: `close` is async-signal-safe.
            unsafe { libc::close(2) };
            Ok(())
        })
        .run();
    assert_eq!(ended.failed(66), "");
    let ended = world
        .launch("--path /none", &["echo", "started"])
        .before(|| {
            // SAFETY: `open` and `dup2` are async-signal-safe, and the path ends with a NUL.
            unsafe {
                let full = libc::open(c"/dev/full".as_ptr(), libc::O_WRONLY);
                libc::dup2(full, 2);
            }
            Ok(())
        })
        .run();
    assert_eq!(ended.failed(66), "");
}

/// What AWS says of a principal that lacks an action on a secret, or on all of them.
fn lacks(action: &str, on: &str) -> String {
    format!(
        "AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/app/i-1 is not \
         authorized to perform: secretsmanager:{action}{on} because no identity-based policy \
         allows the secretsmanager:{action} action"
    )
}

/// A store with a set of two secrets and a single one.
fn with_secrets() -> World {
    let world = demo();
    for name in ["prd/app/db", "prd/app/token", "prd/db"] {
        world.store.put_secret(name, "{\"password\":\"x\"}");
    }
    world
}

fn arn_of_secret(name: &str) -> String {
    format!("arn:aws:secretsmanager:us-east-1:123456789012:secret:{name}-AbCdEf")
}

#[test]
fn a_denied_call_for_secrets_names_the_statement_that_is_missing() {
    const SET: &str = "--from secretsmanager://prd/app/";
    const ONE: &str = "--secret DB=secretsmanager://prd/db";
    let db = arn_of_secret("prd/app/db");
    let second = REQUEST.replace("01)", "02)");
    let names = format!("check --names-only {ONE}");
    for (command, operation, naming, what, cause, hint) in [
        (
            SET,
            "ListSecrets",
            None,
            "list secrets whose names begin with `prd/app/`".to_owned(),
            format!("{} {REQUEST}", lacks("ListSecrets", "")),
            "allow secretsmanager:ListSecrets on *: AWS cannot restrict it to secrets".to_owned(),
        ),
        (
            SET,
            "BatchGetSecretValue",
            None,
            "read secrets `prd/app/db`, `prd/app/token`".to_owned(),
            format!("{} {second}", lacks("BatchGetSecretValue", "")),
            "allow secretsmanager:BatchGetSecretValue on *: AWS cannot restrict it to secrets"
                .to_owned(),
        ),
        // One secret of a batch alone: its error has no request id.
        (
            SET,
            "BatchGetSecretValue",
            Some("prd/app/db"),
            "read secret `prd/app/db`".to_owned(),
            lacks("GetSecretValue", &format!(" on resource: {db}")),
            format!("allow secretsmanager:GetSecretValue on {db}"),
        ),
        // A secret that does not exist is denied by its name.
        (
            ONE,
            "GetSecretValue",
            None,
            "read secret `prd/db`".to_owned(),
            format!(
                "{} {REQUEST}",
                lacks("GetSecretValue", " on resource: prd/db")
            ),
            "allow secretsmanager:GetSecretValue on \
             arn:aws:secretsmanager:us-east-1:123456789012:secret:prd/db-??????"
                .to_owned(),
        ),
        (
            names.as_str(),
            "DescribeSecret",
            None,
            "describe secret `prd/db`".to_owned(),
            format!(
                "{} {REQUEST}",
                lacks("DescribeSecret", " on resource: prd/db")
            ),
            "allow secretsmanager:DescribeSecret on \
             arn:aws:secretsmanager:us-east-1:123456789012:secret:prd/db-??????"
                .to_owned(),
        ),
    ] {
        let world = with_secrets();
        let rule = Fault::AccessDenied.always().operation(operation);
        world.server.set_faults([match naming {
            Some(name) => rule.naming(name),
            None => rule,
        }]);
        let error = format!("AWS denied permission to {what} in {}", place(&world));
        let expected = lines(&error, &[&cause], &hint);
        if command.starts_with("check") {
            let words: Vec<&str> = command.split_whitespace().collect();
            let ended = world.envsecrets(&words).run();
            assert_eq!(ended.code, Some(77), "{ended:?}");
            assert!(ended.stderr.starts_with(&expected), "{ended:?}");
            continue;
        }
        let ended = world.launch(command, &["true"]).run();
        assert_eq!(ended.failed(77), expected, "{operation}");
    }
}

#[test]
fn a_denied_key_of_a_secret_is_not_taken_for_a_denied_secret() {
    const HINT: &str = "allow kms:Decrypt on the key that encrypts the secret, in the caller's policy \
                        and in the key's own, which those of other accounts need; the key must \
                        exist, be enabled, and be in the region of the secret";
    let denied = "AccessDeniedException: Access to KMS is not allowed";
    let unknown = "DecryptionFailure: Secrets Manager can't decrypt the protected secret text using \
                   the provided KMS key.";
    for (options, fault, naming, secret, cause) in [
        (
            "--secret DB=secretsmanager://prd/db",
            Fault::KmsAccessDenied,
            None,
            "prd/db",
            format!("{denied} {REQUEST}"),
        ),
        (
            "--secret DB=secretsmanager://prd/db",
            Fault::DecryptionFailure,
            None,
            "prd/db",
            format!("{unknown} {REQUEST}"),
        ),
        (
            "--from secretsmanager://prd/app/",
            Fault::KmsAccessDenied,
            Some("prd/app/db"),
            "prd/app/db",
            denied.to_owned(),
        ),
    ] {
        let world = with_secrets();
        let rule = fault.always();
        world.server.set_faults([match naming {
            Some(name) => rule.operation("BatchGetSecretValue").naming(name),
            None => rule,
        }]);
        let error = format!(
            "AWS refused to decrypt secret `{secret}` in {}",
            place(&world)
        );
        let ended = world.launch(options, &["true"]).run();
        assert_eq!(
            ended.failed(77),
            lines(&error, &[&cause], HINT),
            "{options}"
        );
    }
    // `check` prints the statement, which is for this secret alone.
    let world = with_secrets();
    world.server.set_faults([Fault::KmsAccessDenied.always()]);
    let ended = world
        .envsecrets(&["check", "--secret", "DB=secretsmanager://prd/db"])
        .run();
    let line = ended
        .stderr
        .lines()
        .find(|it| it.contains("the missing statement"));
    assert_eq!(
        line,
        Some(
            "envsecrets: hint: the missing statement: {\"Effect\":\"Allow\",\"Action\":\
             [\"kms:Decrypt\"],\"Resource\":[\"*\"],\"Condition\":{\"StringLike\":\
             {\"kms:ViaService\":[\"secretsmanager.us-east-1.amazonaws.com\"],\
             \"kms:EncryptionContext:SecretARN\":\
             [\"arn:aws:secretsmanager:us-east-1:ACCOUNT:secret:prd/db-??????\"]}}}"
        ),
        "{ended:?}"
    );
}

#[test]
fn who_must_allow_what_was_denied_follows_from_the_reason_that_aws_gives() {
    let world = with_secrets();
    let theirs = "arn:aws:secretsmanager:us-east-1:999999999999:secret:theirs-AbCdEf";
    let ended = world
        .launch(&format!("--secret DB={theirs}"), &["true"])
        .run();
    let cause = format!(
        "AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/app/i-1 is not \
         authorized to perform: secretsmanager:GetSecretValue on resource: {theirs} because no \
         resource-based policy allows the secretsmanager:GetSecretValue action {REQUEST}"
    );
    let error = format!(
        "AWS denied permission to read secret `{theirs}` in {}",
        place(&world)
    );
    let hint = format!(
        "allow secretsmanager:GetSecretValue on {theirs} in the resource policy of the secret, and in \
         the caller's own"
    );
    assert_eq!(ended.failed(77), lines(&error, &[&cause], &hint));

    let refusal = Fault::Error {
        status: 400,
        code: "InvalidRequestException".to_owned(),
        message:
            "You can't access a secret from a different AWS account if you encrypt the secret \
                  with the default KMS service key."
                .to_owned(),
    };
    world.server.set_faults([refusal.always()]);
    let ended = world
        .launch(&format!("--secret DB={theirs}"), &["true"])
        .run();
    assert!(
        ended.failed(64).ends_with(
            "envsecrets: hint: the secret of another account must be encrypted with a customer managed \
             key there, whose policy allows kms:Decrypt to this account\n"
        ),
        "{ended:?}"
    );

    let message = "User: arn:aws:sts::123456789012:assumed-role/app/i-1 is not authorized to \
                   perform: secretsmanager:ListSecrets with an explicit deny in a service control \
                   policy";
    let refusal = Fault::Error {
        status: 400,
        code: "AccessDeniedException".to_owned(),
        message: message.to_owned(),
    };
    world.server.set_faults([refusal.always()]);
    world.server.clear_requests();
    let ended = world
        .launch("--from secretsmanager://prd/app/", &["true"])
        .run();
    assert!(
        ended.failed(77).ends_with(
            "envsecrets: hint: a policy denies it explicitly, whatever others allow: change that one\n"
        ),
        "{ended:?}"
    );
}
