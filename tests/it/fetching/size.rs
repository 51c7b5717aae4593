//! As much as there can be.

use std::time::Duration;

use nix::sys::resource::{Resource, setrlimit};
use parameter_store::{PutParameter, Tier};
use serde_json::{Value, json};

use super::{reported, secrets};
use crate::support::stand_in::{Reply, StandIn};
use crate::support::{Launch, SENTINEL, World, world};

/// The stack limit that most systems have, from which the kernel takes how large an environment may
/// be, whatever this one has.
fn with_the_usual_stack(launch: &mut Launch) -> &mut Launch {
    launch.before(|| {
        const USUAL: u64 = 8 << 20;
        setrlimit(Resource::RLIMIT_STACK, USUAL, USUAL)?;
        Ok(())
    })
}

/// As many as an account can have: a thousand pages, one after the other.
fn full() -> World {
    let world = world();
    world.store.generate("/prd/app", 10_000);
    world
}

#[test]
fn ten_thousand_parameters_are_read_and_start() {
    let world = full();
    let arguments = ["--path", "/prd/app", "--clean-env", "--", "env"];
    let ended = with_the_usual_stack(&mut world.envsecrets(&arguments)).run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let text = ended.text();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 10_000);
    for (number, line) in lines.iter().enumerate() {
        let expected = format!("NAME_{number:05}=value-{number:05}-abcdefghijklmnopqrst");
        assert_eq!(*line, expected);
    }
    assert_eq!(world.server.calls(), 1000);
    assert!(ended.took < Duration::from_secs(40), "{:?}", ended.took);
}

#[test]
fn ten_thousand_parameters_need_little_memory() {
    let world = full();
    let ended = world
        .envsecrets(&["check", "--path", "/prd/app", "--format", "json"])
        .before(|| {
            // All that a process can write to, but its first stack. The parameters are 2 MB.
            use nix::sys::resource::{Resource, setrlimit};
            setrlimit(Resource::RLIMIT_DATA, 64 << 20, 64 << 20)?;
            Ok(())
        })
        .run();
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
}

#[test]
fn more_than_the_kernel_takes_is_explained_and_starts_nothing() {
    let world = world();
    for number in 0..600 {
        world
            .store
            .plant(&format!("/prd/app/p{number:03}"), &SENTINEL.repeat(120));
    }
    world.store.plant("/prd/app/largest", &"x".repeat(8192));
    let arguments = ["--path", "/prd/app", "--clean-env", "--", "/bin/true"];
    let ended = with_the_usual_stack(&mut world.envsecrets(&arguments)).run();
    // Each entry takes its name, `=`, its value, a NUL, and a pointer.
    let entry = |name: &str, value: usize| name.len() + 1 + value + 1;
    let (one, largest) = (entry("P000", SENTINEL.len() * 120), entry("LARGEST", 8192));
    let environment = 600 * (one + 8) + largest + 8;
    let arguments = "/bin/true".len() + 1 + 8 + "/bin/true".len() + 1;
    assert_eq!(
        reported(&world, &ended, 65),
        format!(
            "envsecrets: error: the environment is too large: {environment} bytes of environment \
             and {arguments} of arguments, and the limit of the kernel is 2097152 in total (largest: LARGEST \
             {largest}, P000 {one}, P001 {one})\n\
             envsecrets: hint: the limit is a quarter of the stack limit (`ulimit -s`), at most 6 \
             MiB: choose fewer parameters with `--only` or `--exclude`, or inherit less with \
             `--clean-env` or `--unset GLOB`\n"
        )
    );
}

#[test]
fn a_single_value_may_be_as_large_as_the_kernel_takes_and_not_one_byte_larger() {
    let page = nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE);
    let limit = 32 * usize::try_from(page.unwrap().unwrap()).unwrap();
    let world = world();
    let largest = "x".repeat(limit - "BIG=".len() - 1);
    world.store.plant("/big", &largest);
    for options in [["--path", "/"], ["--secret", "BIG=/big"]] {
        assert_eq!(secrets(&world, &options), [format!("BIG={largest}")]);
    }
    world.store.plant("/big", &format!("{largest}x"));
    for options in [["--path", "/"], ["--secret", "BIG=/big"]] {
        let arguments = [&options[..], &["--", "/bin/true"]].concat();
        let ended = world.envsecrets(&arguments).run();
        assert_eq!(
            reported(&world, &ended, 65),
            format!(
                "envsecrets: error: BIG is too large for an environment variable: {} bytes with its \
                 name, and the limit of the kernel is {limit}\n\
                 envsecrets: hint: the limit is 32 pages for one variable, and cannot be raised: pass it as a file with `--file NAME=PARAMETER`, store less in that parameter, or leave it out with `--exclude GLOB`\n",
                limit + 1
            )
        );
    }
}

#[test]
fn the_largest_parameters_that_aws_keeps_fit_into_one_answer() {
    // Ten of 8 KB to a page, each character of which takes six in JSON.
    let world = world();
    let value = "\u{1}".repeat(8192);
    for number in 0..10 {
        world.store.put(&format!("/prd/app/p{number}"), &value);
    }
    let seen = secrets(&world, &["--path", "/prd/app"]);
    let expected: Vec<String> = (0..10).map(|number| format!("P{number}={value}")).collect();
    assert_eq!(seen, expected);
    assert_eq!(world.server.calls(), 1);
}

/// A text of so many bytes each of which JSON writes as six.
fn escaped(size: usize) -> String {
    "\u{1}".repeat(size)
}

#[test]
fn a_history_of_large_values_is_read_whatever_json_makes_of_them() {
    let world = world();
    for _ in 0..60 {
        let put = PutParameter {
            overwrite: true,
            tier: Some(Tier::Advanced),
            ..PutParameter::new("/app/x", escaped(8 * 1024))
        };
        world.store.put_parameter(put).unwrap();
    }
    let ended = world.envsecrets(&["history", "/app/x"]).run();
    // A line for each version, and one above them.
    assert_eq!(ended.ok().lines().count(), 61);
    let responses = world.operations();
    assert_eq!(responses, ["GetParameterHistory"; 2]);
}

#[test]
fn ten_of_the_largest_secrets_are_read_in_one_request() {
    let world = world();
    let mut options = String::new();
    for number in 0..10 {
        world
            .store
            .put_secret(&format!("s{number}"), &escaped(65_536));
        options += &format!("--secret S{number}=/aws/reference/secretsmanager/s{number} ");
    }
    let count = "printenv S0 | wc -c; printenv S9 | wc -c";
    let ended = world.launch(&options, &["sh", "-c", count]).run();
    assert_eq!(ended.ok(), "65537\n65537\n");
    assert_eq!(world.operations(), ["GetParameters"]);
}

#[test]
fn ten_of_the_largest_parameters_of_a_path_are_read_in_one_request() {
    let world = world();
    for number in 0..10 {
        let name = format!("/app/x{number}");
        let put = PutParameter {
            tier: Some(Tier::Advanced),
            ..PutParameter::new(name, escaped(8 * 1024))
        };
        world.store.put_parameter(put).unwrap();
    }
    let ended = world
        .launch("--path /app", &["sh", "-c", "printenv X9 | wc -c"])
        .run();
    assert_eq!(ended.ok(), "8193\n");
    assert_eq!(world.operations(), ["GetParametersByPath"]);
}

/// A server of pages of ten parameters that never end, each with a token of its own.
fn endless() -> StandIn {
    let value = "x".repeat(90_000);
    StandIn::start(move |_, page| {
        let parameters: Vec<Value> = (0..10)
            .map(|number| {
                let name = format!("/app/p{page}-{number}");
                json!({ "Name": name, "Type": "String", "Value": value, "Version": 1 })
            })
            .collect();
        let body = json!({ "Parameters": parameters, "NextToken": format!("t{page}") });
        Reply::ok(body.to_string())
    })
}

#[test]
fn pages_that_never_end_do_not_take_all_memory() {
    let world = world();
    let server = endless();
    let mut launch = world.launch("--path /app", &["echo", "started"]);
    let ended = launch.env("AWS_ENDPOINT_URL_SSM", server.url()).run();
    assert_eq!(
        ended.failed(65),
        format!(
            "envsecrets: error: parameters below `/app` in us-east-1 at {} are too many: more than 128 MiB, \
             with those read before\n\
             envsecrets: hint: use a longer path, or several runs; `--only` and other filters choose among \
             what was read, and do not lessen it\n",
            server.url()
        )
    );
}

#[test]
fn a_head_without_end_is_too_large_as_well() {
    let world = world();
    let server = StandIn::start(|_, _| {
        let long = ("X-Long", "x".repeat(600_000));
        Reply::AnswerWith(200, long, "{}".to_owned())
    });
    let mut launch = world.launch("--path /app", &["echo", "started"]);
    let ended = launch.env("AWS_ENDPOINT_URL_SSM", server.url()).run();
    assert_eq!(
        ended.failed(70),
        format!(
            "envsecrets: error: the response for parameters below `/app` from us-east-1 at {} is invalid\n\
             envsecrets:   caused by: it is larger than any that Parameter Store sends\n\
             envsecrets: hint: another server may respond in place of AWS: check the endpoint, proxies, and \
             captive portals\n",
            server.url()
        )
    );
}
