//! Whatever goes wrong, and whatever is requested, nothing planted in a value is ever printed by
//! us.
//!
//! Every value holds the same sentinel, as do our own AWS credentials. What we print is searched
//! for any part of it, in clear and in the forms that logs and error messages like. The program
//! prints no value, so that all that is found was printed by us.

use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::time::Duration;

use crate::support::faults::{NOISE, every_fault};
use crate::support::rotation::Target;
use crate::support::wire::{Then, Wire};
use crate::support::{
    Directory, Launch, OTHER_SENTINEL, SENTINEL, demo, each, leak, offline, until,
};

#[test]
fn the_sentinel_is_found_in_whatever_form() {
    assert_eq!(
        leak(b"nothing to be seen: s3ntinel, plaintext, 0xdecafbad"),
        None
    );
    for text in [
        format!("value `{SENTINEL}`"),
        format!("value `{OTHER_SENTINEL}`"),
        SENTINEL.to_ascii_uppercase(),
        format!("{}…", &SENTINEL[..12]),
        format!("…{}", &SENTINEL[SENTINEL.len() - 12..]),
        format!("{:?}", SENTINEL.as_bytes()),
        format!("{:x?}", SENTINEL.as_bytes()).replace(',', ""),
        aws_smithy_types::base64::encode(format!("{{\"Value\":\"{SENTINEL}\"}}")),
        aws_smithy_types::base64::encode(format!("{{\"Value\": \"{SENTINEL}\"}}")),
        aws_smithy_types::base64::encode(format!("{{ \"Value\": \"{SENTINEL}\"}}")),
    ] {
        assert!(leak(text.as_bytes()).is_some(), "{text}");
    }
}

/// How the launcher is called.
struct Mode {
    command: &'static [&'static str],
    options: &'static [&'static str],
    /// What its environment sets for libraries.
    variables: &'static [(&'static str, &'static str)],
}

const MODES: [Mode; 4] = [
    Mode {
        command: &[],
        options: &[],
        variables: &[],
    },
    Mode {
        command: &[],
        options: &["--verbose"],
        variables: NOISE,
    },
    Mode {
        command: &["check"],
        options: &["--verbose"],
        variables: NOISE,
    },
    Mode {
        command: &["check"],
        options: &["--format", "json"],
        variables: NOISE,
    },
];

/// Prints how long its secrets are, and nothing of them.
const PROGRAM: [&str; 3] = ["/bin/sh", "-c", r#"echo "started ${#A} ${#B}""#];

/// What that prints if it got all that there is.
const WHOLE: &str = "started 29 29\n";

/// The codes that are ours.
const CODES: [i32; 9] = [64, 65, 66, 70, 75, 77, 78, 126, 127];

/// How a launch is to end.
#[derive(Clone, Copy)]
enum Expected {
    /// The program starts, with all that there is.
    Whole,
    /// It does not, and this is our code.
    Code(u8),
    /// Either of them: only nothing may be revealed, and nothing half done.
    Either,
}

/// Runs a launcher in each mode, and checks all that it prints.
fn prints_nothing_of_it(
    situation: &str,
    arguments: &[&str],
    expected: Expected,
    launcher: &dyn Fn(&[&str]) -> Launch,
) {
    for mode in &MODES {
        let ended = {
            let mut launch = launcher(&[mode.command, mode.options, arguments].concat());
            launch
                .env("INHERITED", SENTINEL)
                // Of another length than the secret that takes its place.
                .env("B", format!("{SENTINEL}, inherited"))
                .env("AWS_SECRET_ACCESS_KEY", SENTINEL)
                .env("AWS_SESSION_TOKEN", SENTINEL);
            for (name, value) in mode.variables {
                launch.env(name, value);
            }
            launch.run()
        };
        let (command, options) = (mode.command, mode.options);
        let situation = format!("{situation}: {command:?} {options:?}: {ended:?}");
        assert_eq!(leak(ended.stderr.as_bytes()), None, "{situation}");
        assert_eq!(leak(&ended.stdout), None, "{situation}");
        assert!(ended.took < Duration::from_secs(30), "{situation}");
        if command.is_empty() {
            let started = match expected {
                Expected::Whole => true,
                Expected::Code(_) => false,
                Expected::Either => ended.code == Some(0),
            };
            assert_eq!(
                ended.text(),
                if started { WHOLE } else { "" },
                "{situation}"
            );
        }
        match (expected, ended.code) {
            (Expected::Whole, Some(0)) => {}
            (Expected::Code(expected), Some(code)) if code == i32::from(expected) => {}
            // What only `execve` can find out, a check cannot.
            (Expected::Code(127), Some(0)) if !command.is_empty() => {}
            (Expected::Either, Some(code)) if code == 0 || CODES.contains(&code) => {}
            _ => panic!("{situation}"),
        }
    }
}

#[test]
fn in_no_fault_that_the_store_knows() {
    let commands = [
        ("--path /prd/app", ""),
        ("--secret A=/prd/app/a --secret B=/prd/app/b", ""),
    ];
    every_fault(&commands, |case| {
        let world = demo();
        world.server.set_faults([case.rule()]);
        let arguments = [&case.words()[..], &["--timeout", "500ms", "--"], &PROGRAM].concat();
        let launcher = |arguments: &[&str]| world.envsecrets(arguments);
        prints_nothing_of_it(&case.situation(), &arguments, Expected::Either, &launcher);
    });
}

#[test]
fn in_no_fault_that_comes_with_a_later_page() {
    every_fault(&[("--path /prd/app", "after=1")], |case| {
        let world = demo();
        world.store.generate("/prd/app/more", 15);
        world.server.set_faults([case.rule()]);
        let arguments = [&case.words()[..], &["--timeout", "500ms", "--"], &PROGRAM].concat();
        let launcher = |arguments: &[&str]| world.envsecrets(arguments);
        prints_nothing_of_it(&case.situation(), &arguments, Expected::Either, &launcher);
    });
}

#[test]
fn in_no_fault_that_meets_a_command() {
    // Commands that read values, or could, and print nothing of them.
    let commands = [
        "list /prd/app --all",
        "list /prd/app --all --format json",
        "diff /prd/app /prd/other",
        "copy /prd/app /prd/copy --overwrite --write-rate 1000",
        "copy /prd/app /prd/copy --dry-run",
    ];
    // At once, and when something was read already.
    let commands = commands.map(|command| [(command, ""), (command, "after=2")]);
    every_fault(commands.as_flattened(), |case| {
        let world = demo();
        world.store.put("/prd/other/a", &format!("{SENTINEL}!"));
        world.store.put("/prd/copy/a", &format!("{SENTINEL}!"));
        world.server.set_faults([case.rule()]);
        let arguments = [&case.words()[..], &["--timeout", "300ms", "-v"]].concat();
        let ended = world.envsecrets(&arguments).noisy().run();
        // 1 is a difference, and 73 a parameter that exists.
        case.reveals_nothing(&ended, &[&CODES[..], &[0, 1, 73]].concat());
    });
}

#[test]
fn in_no_rotation() {
    // Each step fails in one of them, and what the programs get is the sentinel, old and new.
    let commands = [
        (
            "rotate /p --new-from ./make --with ./change --probe ./try --undo ./undo --probe-timeout \
             0 --expect-old-refused",
            "after=3",
        ),
        (
            "rotate /p --new-from ./make --with ./fail --undo ./undo --as file",
            "after=5",
        ),
        (
            "rotate /p --new-from ./make --with ./change --probe ./fail --probe-timeout 0",
            "after=1",
        ),
        (
            "rotate /q --resume --with ./change --probe ./try",
            "after=2",
        ),
        ("rotate /q --abandon --undo ./undo --probe ./try", ""),
    ];
    every_fault(&commands, |case| {
        let target = Target::new(SENTINEL);
        let store = &target.world.store;
        store.put("/q", SENTINEL);
        store.put("/q", OTHER_SENTINEL);
        store.label("/q", 1, "live");
        store.label("/q", 2, "pending");
        target.program("make", &format!("echo '{OTHER_SENTINEL}'"));
        target.program("fail", "exit 1");
        target.world.server.set_faults([case.rule()]);
        let arguments = [&case.words()[..], &["--timeout", "300ms", "-v"]].concat();
        let mut launch = target.world.envsecrets(&arguments);
        launch.command.current_dir(target.world.directory.path());
        let ended = launch.noisy().run();
        case.reveals_nothing(&ended, &[&CODES[..], &[0, 73]].concat());
    });
}

/// A situation that is not the network's fault.
struct Situation {
    name: &'static str,
    /// What exists besides `/prd/app/a` and `/prd/app/b`; the value `SENTINEL` is replaced by it.
    parameters: &'static [(&'static str, &'static str)],
    options: &'static [&'static str],
    expected: Expected,
}

const SITUATIONS: &[Situation] = &[
    Situation {
        name: "nothing is wrong",
        parameters: &[],
        options: &["--path", "/prd/app"],
        expected: Expected::Whole,
    },
    Situation {
        name: "layers, filters and names of all kinds",
        parameters: &[
            ("/base/a", "SENTINEL"),
            ("/base/b", "overridden"),
            ("/base/db/pass", "SENTINEL"),
            ("/base/inherited", "SENTINEL"),
        ],
        options: &[
            "--path",
            "/base",
            "--path",
            "/prd/app",
            "--exclude",
            "db/**",
            "--secret",
            "ONE=/base/a:1",
            "--rename",
            "/base/a=X",
            "--require",
            "A,B,ONE,INHERITED",
            "--preserve-env=INHERITED,NOT_THERE",
            "--unset",
            "AWS_*",
        ],
        expected: Expected::Whole,
    },
    Situation {
        name: "a fingerprint",
        parameters: &[("/single", "SENTINEL")],
        options: &[
            "--path",
            "/prd/app",
            "--secret",
            "S=/single",
            "--fingerprint",
            "PRINT",
        ],
        expected: Expected::Whole,
    },
    Situation {
        name: "a fingerprint of a name that a secret has",
        parameters: &[],
        options: &["--path", "/prd/app", "--fingerprint", "A"],
        expected: Expected::Code(65),
    },
    Situation {
        name: "a collision",
        parameters: &[("/prd/app/a-b", "SENTINEL"), ("/prd/app/a.b", "SENTINEL")],
        options: &["--path", "/prd/app"],
        expected: Expected::Code(65),
    },
    Situation {
        name: "a name that begins with a digit",
        parameters: &[("/prd/app/1st", "SENTINEL")],
        options: &["--path", "/prd/app"],
        expected: Expected::Code(65),
    },
    Situation {
        name: "a refused name",
        parameters: &[("/prd/app/ld-preload", "SENTINEL")],
        options: &["--path", "/prd/app"],
        expected: Expected::Code(65),
    },
    Situation {
        name: "names that are refused for their values",
        parameters: &[
            ("/prd/app/lang", "/SENTINEL%"),
            ("/prd/app/tz", "/SENTINEL"),
            ("/prd/app/function", "() { SENTINEL; }"),
        ],
        options: &["--path", "/prd/app"],
        expected: Expected::Code(65),
    },
    Situation {
        name: "a NUL",
        parameters: &[("/prd/app/nul", "SENTINEL\0SENTINEL")],
        options: &["--path", "/prd/app"],
        expected: Expected::Code(65),
    },
    Situation {
        name: "a value too large for the kernel",
        parameters: &[("/prd/app/large", "SENTINEL*5000")],
        options: &["--path", "/prd/app"],
        expected: Expected::Code(65),
    },
    Situation {
        name: "patterns and names that match nothing",
        parameters: &[],
        options: &[
            "--path",
            "/prd/app",
            "--only",
            "x/*",
            "--exclude",
            "y",
            "--rename",
            "z=Z",
        ],
        expected: Expected::Code(66),
    },
    Situation {
        name: "two names for one parameter",
        parameters: &[],
        options: &[
            "--path",
            "/prd/app",
            "--rename",
            "a=A",
            "--rename",
            "/prd/app/a=C",
        ],
        expected: Expected::Code(64),
    },
    Situation {
        name: "a file",
        parameters: &[],
        options: &[
            "--path",
            "/prd/app",
            "--file",
            "F=/prd/app/a",
            "--file",
            "G=/prd/app/b",
        ],
        expected: Expected::Whole,
    },
    Situation {
        name: "a file that is not base64",
        parameters: &[],
        options: &["--path", "/prd/app", "--file", "F=base64:/prd/app/a"],
        expected: Expected::Code(65),
    },
    Situation {
        name: "a file that is not base64 at a character",
        parameters: &[("/prd/app/c", "SENTINEL!")],
        options: &["--path", "/prd/app", "--file", "F=base64:/prd/app/c"],
        expected: Expected::Code(65),
    },
    Situation {
        name: "a file of a parameter that is not there",
        parameters: &[],
        options: &["--path", "/prd/app", "--file", "F=/prd/app/c"],
        expected: Expected::Code(66),
    },
    Situation {
        name: "a file where there is no memory",
        parameters: &[],
        options: &["--path", "/prd/app", "--file", "F=/prd/app/a@/proc/f"],
        expected: Expected::Code(78),
    },
    Situation {
        name: "a file where there is no directory",
        parameters: &[],
        options: &[
            "--path",
            "/prd/app",
            "--file",
            "F=/prd/app/a@/nonexistent/f",
        ],
        expected: Expected::Code(78),
    },
    Situation {
        name: "a file where there is a device",
        parameters: &[],
        options: &["--path", "/prd/app", "--file", "F=/prd/app/a@/dev/null"],
        expected: Expected::Code(78),
    },
    Situation {
        name: "a file for an unknown owner",
        parameters: &[],
        options: &[
            "--path",
            "/prd/app",
            "--file",
            "F=/prd/app/a",
            "--file-owner",
            "no-such-user",
        ],
        expected: Expected::Code(78),
    },
    Situation {
        name: "a file under a name that is refused",
        parameters: &[],
        options: &["--path", "/prd/app", "--file", "BASH_ENV=/prd/app/a"],
        expected: Expected::Code(65),
    },
    Situation {
        name: "a file that is no file",
        parameters: &[],
        options: &["--path", "/prd/app", "--file", "/prd/app/a"],
        expected: Expected::Code(64),
    },
    Situation {
        name: "something required is not there",
        parameters: &[],
        options: &["--path", "/prd/app", "--require", "A,C"],
        expected: Expected::Code(66),
    },
    Situation {
        name: "things are missing",
        parameters: &[],
        options: &[
            "--path",
            "/prd/app",
            "--path",
            "/none",
            "--secret",
            "C=/prd/app/c",
            "--secret",
            "D=/prd/app/a:7",
        ],
        expected: Expected::Code(66),
    },
    Situation {
        name: "an interpreter is missing",
        parameters: &[],
        options: &["--path", "/prd/app", "--", "SCRIPT"],
        expected: Expected::Code(127),
    },
    Situation {
        name: "the program is missing",
        parameters: &[],
        options: &["--path", "/prd/app", "--", "/nonexistent"],
        expected: Expected::Code(127),
    },
];

#[test]
fn in_no_situation_that_is_of_our_own_making() {
    each(SITUATIONS, |situation| {
        let world = demo();
        for (name, value) in situation.parameters {
            let value = match value.split_once('*') {
                Some((value, times)) => value.repeat(times.parse().unwrap()),
                None => (*value).to_owned(),
            };
            world
                .store
                .plant(name, &value.replace("SENTINEL", SENTINEL));
        }
        let script = world
            .directory
            .file("script", "#!/nonexistent/interpreter\n", 0o755);
        let mut arguments: Vec<&str> = situation.options.to_vec();
        for argument in &mut arguments {
            if *argument == "SCRIPT" {
                *argument = script.to_str().unwrap();
            }
        }
        if !arguments.contains(&"--") {
            arguments.push("--");
            arguments.extend(PROGRAM);
        }
        let launcher = |arguments: &[&str]| world.envsecrets(arguments);
        prints_nothing_of_it(situation.name, &arguments, situation.expected, &launcher);
    });
}

/// A way to come by credentials that goes wrong, with the secret in all that is received.
struct Source {
    name: &'static str,
    /// Files in the home directory, with `SENTINEL`, and `HOME` for that directory.
    files: &'static [(&'static str, &'static str)],
    /// Variables, with `URL` for an endpoint that answers as below, and `HOME` as above.
    variables: &'static [(&'static str, &'static str)],
    /// What the endpoint answers: status and body.
    answers: &'static [(u16, &'static str)],
}

const GARBLED: &[(u16, &str)] = &[
    (
        200,
        r#"{"AccessKeyId":"AKID","SecretAccessKey":"SENTINEL","Token":"SENTINEL""#,
    ),
    (
        200,
        r#"{"AccessKeyId":"AKID","SecretAccessKey":"SENTINEL","Token":["SENTINEL"],"Expiration":"SENTINEL"}"#,
    ),
    (
        200,
        r#"{"Code":"Success","AccessKeyId":"AKID","SecretAccessKey":"SENTINEL"}"#,
    ),
    (200, "SENTINEL"),
    (
        400,
        r#"{"AccessKeyId":"AKID","SecretAccessKey":"SENTINEL"}"#,
    ),
    (403, "SENTINEL"),
    (503, "SENTINEL"),
];

const SOURCES: &[Source] = &[
    Source {
        name: "a process that prints half of its credentials",
        files: &[
            (
                ".aws/config",
                "[default]\ncredential_process = HOME/process\n",
            ),
            (
                "process",
                "#!/bin/sh\necho '{\"Version\":1,\"AccessKeyId\":\"AKID\",\"SecretAccessKey\":\"SENTINEL\"'\n",
            ),
        ],
        variables: &[],
        answers: &[],
    },
    Source {
        name: "a process that prints credentials of another form",
        files: &[
            (
                ".aws/config",
                "[default]\ncredential_process = HOME/process\n",
            ),
            (
                "process",
                "#!/bin/sh\necho '{\"Version\":7,\"Keys\":[\"SENTINEL\"],\"SecretAccessKey\":\"SENTINEL\"}'\n",
            ),
        ],
        variables: &[],
        answers: &[],
    },
    Source {
        name: "a process that prints its credentials and fails",
        files: &[
            (
                ".aws/config",
                "[default]\ncredential_process = HOME/process\n",
            ),
            ("process", "#!/bin/sh\necho SENTINEL; exit 3\n"),
        ],
        variables: &[],
        answers: &[],
    },
    Source {
        name: "a process that is given a secret",
        files: &[(
            ".aws/config",
            "[default]\ncredential_process = HOME/nonexistent --password SENTINEL\n",
        )],
        variables: &[],
        answers: &[],
    },
    Source {
        name: "a profile that is not one",
        files: &[(
            ".aws/credentials",
            "[default]\naws_access_key_id = AKID\naws_secret_access_key SENTINEL\n",
        )],
        variables: &[],
        answers: &[],
    },
    Source {
        name: "half of the credentials in a profile",
        files: &[(
            ".aws/credentials",
            "[default]\naws_secret_access_key = SENTINEL\n",
        )],
        variables: &[],
        answers: &[],
    },
    Source {
        name: "the endpoint of a container",
        files: &[],
        variables: &[
            ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "URL/credentials"),
            ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "SENTINEL"),
        ],
        answers: GARBLED,
    },
    Source {
        name: "the metadata service of an instance",
        files: &[],
        variables: &[
            ("AWS_EC2_METADATA_SERVICE_ENDPOINT", "URL"),
            ("AWS_EC2_METADATA_DISABLED", "false"),
        ],
        answers: GARBLED,
    },
    Source {
        name: "a role that is assumed with a token",
        files: &[("token", "SENTINEL")],
        variables: &[
            ("AWS_WEB_IDENTITY_TOKEN_FILE", "HOME/token"),
            ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/app"),
            ("AWS_ENDPOINT_URL_STS", "URL"),
        ],
        answers: &[
            (
                200,
                "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>\
                 <SecretAccessKey>SENTINEL</SecretAccessKey><SessionToken>SENTINEL",
            ),
            (200, "SENTINEL"),
            (500, "SENTINEL"),
            (403, "SENTINEL"),
            (
                403,
                "<ErrorResponse><Error><Code>InvalidIdentityToken</Code><Message>SENTINEL is no \
                 token</Message></Error></ErrorResponse>",
            ),
            (
                400,
                "<ErrorResponse><Error><Code>SENTINEL</Code><Message>it is</Message></Error>\
                 <RequestId>SENTINEL</RequestId></ErrorResponse>",
            ),
        ],
    },
];

#[test]
fn in_no_way_to_come_by_credentials_that_goes_wrong() {
    let mut cases = Vec::new();
    for source in SOURCES {
        match source.answers {
            [] => cases.push((source, None)),
            answers => cases.extend(answers.iter().map(|answer| (source, Some(answer)))),
        }
    }
    each(&cases, |(source, answer)| {
        let (status, body) = answer.copied().unwrap_or((404, ""));
        let body = body.replace("SENTINEL", SENTINEL);
        let length = body.len();
        let answer = format!("HTTP/1.1 {status} OK\r\nContent-Length: {length}\r\n\r\n{body}");
        let wire = Wire::start(move |_| (answer.clone().into_bytes(), Then::Stay));
        let directory = Directory::new();
        let home = directory.path().to_str().unwrap();
        for (name, content) in source.files {
            let content = content.replace("SENTINEL", SENTINEL).replace("HOME", home);
            directory.file(name, content, 0o700);
        }
        let arguments = [
            &["--path", "/prd/app"][..],
            &["--timeout", "500ms", "--"],
            &PROGRAM,
        ]
        .concat();
        let launcher = |arguments: &[&str]| {
            let mut launch = offline(&directory, arguments);
            launch
                .env("AWS_REGION", "us-east-1")
                .env("AWS_ENDPOINT_URL_SSM", wire.url());
            for (name, value) in source.variables {
                let value = value.replace("SENTINEL", SENTINEL).replace("HOME", home);
                launch.env(name, value.replace("URL", &wire.url()));
            }
            launch
        };
        prints_nothing_of_it(source.name, &arguments, Expected::Either, &launcher);
    });
}

#[test]
fn in_no_address_that_holds_a_password() {
    let world = demo();
    let address = world.server.url();
    let with_password = address.replace("://", &format!("://user:{SENTINEL}@"));
    for (name, value) in [
        ("AWS_ENDPOINT_URL_SSM", with_password.clone()),
        (
            "AWS_ENDPOINT_URL_SSM",
            with_password.replace("127.0.0.1", "127.0.0.1:1"),
        ),
        (
            "AWS_ENDPOINT_URL_SSM",
            format!("http://user:{SENTINEL}@127.0.0.1:1"),
        ),
        ("AWS_ENDPOINT_URL_SSM", format!("user:{SENTINEL}@host")),
        (
            "AWS_ENDPOINT_URL_SSM",
            format!("http:/user:{SENTINEL}@host"),
        ),
        (
            "AWS_ENDPOINT_URL_SSM",
            format!("http://127.0.0.1:1/x?token={SENTINEL}"),
        ),
        (
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            format!("http://user:{SENTINEL}@127.0.0.1:1/x?token={SENTINEL}"),
        ),
        (
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            format!("http://user:{SENTINEL}@192.0.2.1/x?token={SENTINEL}"),
        ),
        (
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            format!("http://user:{SENTINEL}@host.invalid/x?token={SENTINEL}"),
        ),
        (
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            format!("htp:/user:{SENTINEL}@host.invalid/x?token={SENTINEL}"),
        ),
        (
            "AWS_EC2_METADATA_SERVICE_ENDPOINT",
            format!("http://user:{SENTINEL}@127.0.0.1:1/x?token={SENTINEL}"),
        ),
        ("HTTP_PROXY", with_password.clone()),
        ("HTTP_PROXY", format!("http://user:{SENTINEL}@127.0.0.1:1")),
        ("HTTP_PROXY", format!("user:{SENTINEL}@host with blanks")),
        ("ALL_PROXY", format!("http://user:{SENTINEL}@127.0.0.1:1")),
    ] {
        let arguments = [
            &["--path", "/prd/app"][..],
            &["--timeout", "500ms", "--"],
            &PROGRAM,
        ]
        .concat();
        let launcher = |arguments: &[&str]| {
            let mut launch = world.envsecrets(arguments);
            if !name.contains("PROXY") && !name.contains("SSM") {
                launch
                    .without("AWS_ACCESS_KEY_ID")
                    .env("AWS_EC2_METADATA_DISABLED", "false");
            }
            launch.env(name, &value);
            launch
        };
        let situation = format!("{name}={value}");
        prints_nothing_of_it(&situation, &arguments, Expected::Either, &launcher);
    }
}

#[test]
fn in_no_url_that_stands_where_something_else_belongs() {
    let url = format!("postgres://user:{SENTINEL}@host/db");
    for options in [
        "--path URL -- true",
        "--secret A=URL -- true",
        "--file A=URL -- true",
        "--json URL -- true",
        "--names URL -- true",
        "--region URL --path /p -- true",
        "--config URL -- true",
        "--path /p -- URL",
        "check --path URL --format json",
        "check --secret A=URL",
        "get URL",
        "put URL",
        "list URL",
        "diff URL /p",
        "import URL --path /p",
        "copy /p URL",
        "URL",
    ] {
        let words: Vec<String> = options
            .split(' ')
            .map(|word| word.replace("URL", &url))
            .collect();
        let ended = demo().envsecrets(&words).run();
        assert_ne!(ended.code, Some(0), "{options}: {ended:?}");
        assert_eq!(leak(ended.stderr.as_bytes()), None, "{options}: {ended:?}");
        assert_eq!(leak(&ended.stdout), None, "{options}: {ended:?}");
    }
}

/// Commands that read values from standard input, or from a file whose path follows.
const READERS: &[&str] = &[
    "import - --path /q",
    "import FIFO --path /q",
    "put /q/a",
    "put /q/a --from-file FIFO",
    "diff /p FIFO",
];

#[cfg(target_os = "linux")]
#[test]
fn no_command_reads_a_value_while_other_processes_can_read_its_memory() {
    const OTHER: u32 = 65534;
    let is_root = nix::unistd::geteuid().is_root();
    each(READERS, |command| {
        let world = demo();
        let fifo = world.directory.path().join("fifo");
        nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::from_bits_truncate(0o666)).unwrap();
        let path = fifo.to_str().unwrap();
        let words = command.split(' ');
        let words: Vec<&str> = words
            .map(|word| if word == "FIFO" { path } else { word })
            .collect();
        let mut launch = world.public(&words);
        if is_root {
            launch.command.uid(OTHER).gid(OTHER);
        }
        let (reader, writer) = std::io::pipe().unwrap();
        launch.command.stdin(reader);
        let running = launch.start();
        let mut writer = match words.contains(&path) {
            // Until it opens it, too.
            true => std::fs::OpenOptions::new().write(true).open(&fifo).unwrap(),
            false => std::os::fd::OwnedFd::from(writer).into(),
        };
        std::io::Write::write_all(&mut writer, b"s").unwrap();
        until("it has read a byte", || unread(&writer) == 0);
        // The files of a process that is not dumpable belong to root (proc(5)).
        let pid = running.pid();
        let owner = std::fs::metadata(format!("/proc/{pid}/environ"))
            .unwrap()
            .uid();
        assert_eq!(owner, 0, "{command}");
        let limits = std::fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
        let core = limits
            .lines()
            .find(|line| line.starts_with("Max core file size"));
        let core: Vec<&str> = core.unwrap().split_whitespace().skip(4).collect();
        assert_eq!(core[0], "0", "{command}: {core:?}");
        running.signal(nix::sys::signal::Signal::SIGKILL);
        running.end();
    });
}

/// How many bytes in a pipe were not read yet.
fn unread(pipe: &std::fs::File) -> i32 {
    let mut count = 0;
    // SAFETY: FIONREAD writes an int (ioctl_fionread(2)), and that is what it gets.
    let done = unsafe { nix::libc::ioctl(pipe.as_raw_fd(), nix::libc::FIONREAD, &mut count) };
    assert_eq!(done, 0);
    count
}
