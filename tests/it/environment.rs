//! What the program inherits beside its secrets, and what a launch does with the variables that it
//! inherits itself.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use crate::support::aws::{fails, world_with_x};
use crate::support::{SENTINEL, offline, world, world_of_names, world_with};

#[test]
fn a_secret_wins_over_an_inherited_variable_unless_that_is_preserved() {
    let world = world_of_names(&["/prd/app/a", "/prd/app/b", "/prd/app/c"]);
    let inherited = [("A", "mine"), ("B", "mine"), ("OTHER", "mine")];
    for (options, lines) in [
        ("", ["A=/prd/app/a", "B=/prd/app/b", "OTHER=mine"]),
        ("--preserve-env", ["A=mine", "B=mine", "OTHER=mine"]),
        ("--preserve-env=A", ["A=mine", "B=/prd/app/b", "OTHER=mine"]),
        (
            "--preserve-env=[B-Z]",
            ["A=/prd/app/a", "B=mine", "OTHER=mine"],
        ),
        ("--preserve-env=A,B", ["A=mine", "B=mine", "OTHER=mine"]),
        (
            "--preserve-env=A --preserve-env=B",
            ["A=mine", "B=mine", "OTHER=mine"],
        ),
        (
            "--preserve-env=C,a",
            ["A=/prd/app/a", "B=/prd/app/b", "OTHER=mine"],
        ),
    ] {
        let options = format!("--path /prd/app {options}");
        assert_eq!(world.inheriting(&options, &inherited), lines, "{options:?}");
        let c = world.launch(&options, &["printenv", "C"]).run().ok();
        assert_eq!(c, "/prd/app/c\n", "{options:?}");
    }
}

#[test]
fn an_overridden_name_occurs_exactly_once() {
    let world = world_of_names(&["/prd/app/a"]);
    for options in ["--path /prd/app", "--path /prd/app --preserve-env"] {
        let lines = world.inheriting(options, &[("A", "mine"), ("AA", "other")]);
        assert_eq!(lines.len(), 2, "{lines:?}");
    }
}

#[test]
fn a_clean_environment_has_what_is_kept_and_the_secrets() {
    let world = world_of_names(&["/prd/app/a", "/prd/app/lang"]);
    let inherited = [
        ("LANG", "C"),
        ("LC_ALL", "C"),
        ("LC_TIME", "C"),
        ("TOKEN", "x"),
    ];
    for (options, lines) in [
        ("--exclude lang --clean-env", [].as_slice()),
        (
            "--exclude lang --clean-env --keep LC_*",
            &["LC_ALL=C", "LC_TIME=C"],
        ),
        (
            "--exclude lang --clean-env --keep LC_ALL --keep L?NG",
            &["LANG=C", "LC_ALL=C"],
        ),
        (
            "--exclude lang --clean-env --keep LC_* --unset LC_ALL",
            &["LC_TIME=C"],
        ),
        // What is kept can be overridden, and preserved.
        (
            "--allow-name LANG --clean-env --keep LANG",
            &["LANG=/prd/app/lang"],
        ),
        (
            "--allow-name LANG --clean-env --keep LANG --preserve-env",
            &["LANG=C"],
        ),
        // What is not kept does not win over anything.
        (
            "--allow-name LANG --clean-env --preserve-env",
            &["LANG=/prd/app/lang"],
        ),
    ] {
        let options = format!("--path /prd/app {options}");
        let got = world.inheriting(&options, &inherited);
        assert_eq!(got, lines, "{options:?}");
    }
}

#[test]
fn the_program_can_be_kept_from_our_own_credentials() {
    let world = world_of_names(&["/prd/app/a"]);
    let aws = |options: &str| -> Vec<String> {
        let text = world.launch(options, &["env"]).run().ok();
        let names = text.lines().filter_map(|line| line.split('=').next());
        names
            .filter(|name| name.starts_with("AWS_"))
            .map(str::to_owned)
            .collect()
    };
    assert_eq!(aws("--path /prd/app").len(), 9);
    assert_eq!(aws("--path /prd/app --unset AWS_*"), [""; 0]);
    assert_eq!(
        aws("--path /prd/app --unset AWS_*KEY* --unset AWS_E*"),
        ["AWS_REGION"]
    );
}

#[test]
fn unset_is_about_what_is_inherited_not_about_secrets() {
    let world = world_of_names(&["/prd/app/a"]);
    let options = "--path /prd/app --unset A* --preserve-env";
    let lines = world.inheriting(options, &[("A", "mine"), ("AB", "mine"), ("B", "mine")]);
    assert_eq!(lines, ["B=mine", "A=/prd/app/a"]);
}

#[test]
fn a_variable_that_is_too_large_is_named_before_the_kernel_refuses() {
    let world = world();
    let limit = 128 * 1024;
    // `BIG=` and the final NUL count as well.
    for (size, fits) in [(limit - 5, true), (limit - 4, false)] {
        world.store.plant("/prd/app/big", &"x".repeat(size));
        let ended = world.launch("--path /prd/app", &["true"]).run();
        if fits {
            ended.ok();
            continue;
        }
        assert_eq!(
            ended.failed(65),
            "envsecrets: error: BIG is too large for an environment variable: 131073 bytes with its name, and the limit of the kernel is 131072\n\
             envsecrets: hint: the limit is 32 pages for one variable, and cannot be raised: pass it as a file with `--file NAME=PARAMETER`, store less in that parameter, or leave it out with `--exclude GLOB`\n"
        );
    }
}

#[test]
fn an_environment_that_is_too_large_is_explained_by_its_largest_names() {
    let world = world();
    for (name, size) in [
        ("a", 8000),
        ("b", 30_000),
        ("c", 100),
        ("d", 40_000),
        ("e", 20_000),
    ] {
        world
            .store
            .plant(&format!("/prd/app/{name}"), &"x".repeat(size));
    }
    let options = "--path /prd/app --clean-env --keep FILLER";
    let ended = world
        .launch(options, &["/bin/true"])
        .env("FILLER", "f".repeat(35_000))
        .before(|| {
            use nix::sys::resource::{Resource, setrlimit};
            setrlimit(Resource::RLIMIT_STACK, 512 << 10, 512 << 10)?;
            Ok(())
        })
        .run();
    // Each string counts with its name, its `=`, its NUL and a pointer.
    let environment = 8000 + 30_000 + 100 + 40_000 + 20_000 + 5 * (2 + 9) + 35_000 + 7 + 9;
    assert_eq!(
        ended.failed(65),
        format!(
            "envsecrets: error: the environment is too large: {environment} bytes of environment and 28 of arguments, and the limit of the kernel is 131072 in total (largest: D 40003, FILLER 35008, B 30003)\n\
             envsecrets: hint: the limit is a quarter of the stack limit (`ulimit -s`), at most 6 MiB: choose fewer parameters with `--only` or `--exclude`, or inherit less with `--clean-env` or `--unset GLOB`\n"
        )
    );
}

/// What a launch does with a variable that it inherits.
enum Does<'s> {
    /// It reads the parameter.
    Reads,
    /// It ends with this code and error.
    Says(u8, &'s str),
}

#[test]
fn no_inherited_variable_makes_us_panic() {
    use Does::{Reads, Says};
    let world = world_with_x();
    let garbage = world.aws_config("]]]\n");
    let garbage = garbage.to_str().unwrap();
    let nowhere = world.directory.path().join("nowhere");
    let home = world.directory.file("home/.aws/none", "", 0o600);
    let home = home.parent().unwrap().parent().unwrap();
    let unparsed = "the AWS profile `default` cannot be read";
    let rows: Vec<(&str, &str, Does<'_>)> = vec![
        ("AWS_RETRY_MODE", "legacy", Reads),
        ("AWS_RETRY_MODE", "invalid", Reads),
        ("AWS_RETRY_MODE", "", Reads),
        ("AWS_MAX_ATTEMPTS", "abc", Reads),
        ("AWS_MAX_ATTEMPTS", "0", Reads),
        ("AWS_MAX_ATTEMPTS", "-1", Reads),
        ("AWS_MAX_ATTEMPTS", "", Reads),
        ("AWS_NEW_RETRIES_2026", "maybe", Reads),
        ("AWS_DEFAULTS_MODE", "invalid", Reads),
        ("AWS_REGION", "", Says(78, "no AWS region is configured")),
        (
            "AWS_REGION",
            " ",
            Says(78, "` `, from AWS_REGION, cannot be an AWS region"),
        ),
        ("AWS_DEFAULT_REGION", "", Reads),
        ("AWS_PROFILE", "", Reads),
        ("AWS_PROFILE", "missing", Reads),
        ("AWS_DEFAULT_PROFILE", "missing", Reads),
        ("AWS_CONFIG_FILE", "", Reads),
        ("AWS_CONFIG_FILE", "/nowhere/config", Reads),
        ("AWS_CONFIG_FILE", "/", Reads),
        ("AWS_CONFIG_FILE", "/proc/self/mem", Reads),
        (
            "AWS_CONFIG_FILE",
            "/proc/self/exe",
            Says(78, "`/proc/self/exe`, from AWS_CONFIG_FILE, cannot be read"),
        ),
        ("AWS_CONFIG_FILE", "~/config", Reads),
        ("AWS_CONFIG_FILE", garbage, Says(78, unparsed)),
        ("AWS_SHARED_CREDENTIALS_FILE", "", Reads),
        ("AWS_SHARED_CREDENTIALS_FILE", "/nowhere/credentials", Reads),
        ("AWS_SHARED_CREDENTIALS_FILE", "/", Reads),
        ("AWS_SHARED_CREDENTIALS_FILE", garbage, Says(78, unparsed)),
        ("AWS_SESSION_TOKEN", "", Reads),
        (
            "AWS_SESSION_TOKEN",
            "\n",
            Says(78, "the AWS credentials of the environment cannot be used"),
        ),
        ("AWS_ACCOUNT_ID", "", Reads),
        ("AWS_ACCOUNT_ID", "not a number", Reads),
        ("AWS_ACCOUNT_ID_ENDPOINT_MODE", "invalid", Reads),
        ("AWS_CREDENTIAL_EXPIRATION", "yesterday", Reads),
        ("AWS_CREDENTIAL_EXPIRATION", "2001-01-01T00:00:00Z", Reads),
        (
            "AWS_USE_FIPS_ENDPOINT",
            "maybe",
            Says(
                78,
                "`AWS_USE_FIPS_ENDPOINT` is `maybe`, and must be `true` or `false`",
            ),
        ),
        ("AWS_USE_FIPS_ENDPOINT", "", Reads),
        (
            "AWS_USE_DUALSTACK_ENDPOINT",
            "1",
            Says(
                78,
                "`AWS_USE_DUALSTACK_ENDPOINT` is `1`, and must be `true` or `false`",
            ),
        ),
        (
            "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
            "yes",
            Says(
                78,
                "`AWS_IGNORE_CONFIGURED_ENDPOINT_URLS` is `yes`, and must be `true` or `false`",
            ),
        ),
        ("AWS_REQUEST_CHECKSUM_CALCULATION", "odd", Reads),
        ("AWS_RESPONSE_CHECKSUM_VALIDATION", "odd", Reads),
        ("AWS_DISABLE_REQUEST_COMPRESSION", "maybe", Reads),
        ("AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES", "-7", Reads),
        ("AWS_DISABLE_CLOCK_SKEW_CORRECTION", "maybe", Reads),
        ("AWS_AUTH_SCHEME_PREFERENCE", ",,invalid", Reads),
        ("AWS_SIGV4A_SIGNING_REGION_SET", ",", Reads),
        ("AWS_SDK_UA_APP_ID", "what/is (this)\u{7}?", Reads),
        ("AWS_SDK_UA_APP_ID", "ünïcödé", Reads),
        (
            "AWS_SDK_UA_APP_ID",
            "a-name-of-more-than-fifty-characters-which-is-too-long",
            Reads,
        ),
        ("AWS_EXECUTION_ENV", "a\nb", Reads),
        ("AWS_LAMBDA_FUNCTION_NAME", "f", Reads),
        ("_X_AMZN_TRACE_ID", "a\nb", Reads),
        ("AWS_STS_REGIONAL_ENDPOINTS", "invalid", Reads),
        ("AWS_EC2_METADATA_DISABLED", "maybe", Reads),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", "no URI", Reads),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv9", Reads),
        ("AWS_METADATA_SERVICE_TIMEOUT", "abc", Reads),
        ("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "abc", Reads),
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "no URI", Reads),
        ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "no URI", Reads),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "/nowhere/token", Reads),
        ("AWS_ROLE_ARN", "no ARN", Reads),
        ("AWS_ENDPOINT_URL", "no URL", Reads),
        ("AWS_ENDPOINT_URL_STS", "no URL", Reads),
        ("AWS_CA_BUNDLE", "/nowhere/ca.pem", Reads),
        ("SSL_CERT_FILE", "/nowhere/ca.pem", Reads),
        ("HTTPS_PROXY", "invalid://", Reads),
        ("HTTP_PROXY", "", Reads),
        ("NO_PROXY", ",,*,,", Reads),
        ("HOME", "", Reads),
        ("HOME", nowhere.to_str().unwrap(), Reads),
        ("RUST_LOG", "trace", Reads),
        ("LOG_SENSITIVE_BODIES", "true", Reads),
        ("RUST_BACKTRACE", "full", Reads),
        ("SSLKEYLOGFILE", "/nowhere/keys", Reads),
        ("TZ", ":invalid", Reads),
        ("LC_ALL", "invalid", Reads),
    ];
    for (variable, value, does) in rows {
        let mut launch = world.without_credentials(&[]);
        launch.with_key().env("HOME", home).env(variable, value);
        let ended = launch.run();
        let situation = format!("{variable}={value}");
        match does {
            Reads => assert_eq!(ended.ok(), format!("{SENTINEL}\n"), "{situation}"),
            Says(code, error) => {
                let printed = ended.failed_at_once(code).lines().next();
                assert_eq!(
                    printed,
                    Some(format!("envsecrets: error: {error}").as_str()),
                    "{situation}"
                );
            }
        }
    }
}

#[test]
fn a_variable_that_is_no_text_is_named_where_it_would_lead_us_elsewhere() {
    let world = world_with_x();
    let bytes = OsString::from_vec(b"caf\xe9".to_vec());
    for variable in [
        "AWS_ACCESS_KEY_ID",
        "AWS_CONFIG_FILE",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_DEFAULT_REGION",
        "AWS_EC2_METADATA_DISABLED",
        "AWS_EC2_METADATA_SERVICE_ENDPOINT",
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_SSM",
        "AWS_ENDPOINT_URL_STS",
        "AWS_PROFILE",
        "AWS_REGION",
        "AWS_ROLE_ARN",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_USE_FIPS_ENDPOINT",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
    ] {
        let mut launch = world.without_credentials(&[]);
        launch.with_key().env(variable, &bytes);
        fails(
            &mut launch,
            78,
            &format!("`{variable}` is not UTF-8"),
            &[],
            "",
        );
    }
    assert_eq!(world.server.calls(), 0);
    for variable in [
        "AWS_MAX_ATTEMPTS",
        "AWS_RETRY_MODE",
        "AWS_SDK_UA_APP_ID",
        "AWS_CA_BUNDLE",
        "SSL_CERT_FILE",
        "HOME",
        "HTTPS_PROXY",
        "NO_PROXY",
        "PATHEXT",
    ] {
        let mut launch = world.without_credentials(&[]);
        launch.with_key().env(variable, &bytes);
        world.read_as(&mut launch, "AKIDENVIRONMENT00000", variable);
    }
}

#[test]
fn the_program_inherits_empty_variables_too() {
    let world = world_with_x();
    let mut launch = offline(&world.directory, &["--path", "/app", "--", "env"]);
    launch
        .env("AWS_ENDPOINT_URL_SSM", world.server.url())
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .with_key();
    for variable in [
        "AWS_REGION",
        "AWS_PROFILE",
        "AWS_SESSION_TOKEN",
        "AWS_CONFIG_FILE",
    ] {
        launch.env(variable, "");
    }
    let environment = launch.run().ok();
    for variable in [
        "AWS_REGION=",
        "AWS_PROFILE=",
        "AWS_SESSION_TOKEN=",
        "AWS_CONFIG_FILE=",
    ] {
        assert!(
            environment.lines().any(|line| line == variable),
            "{environment}"
        );
    }
}

#[test]
fn requests_name_envsecrets_its_version_and_the_application() {
    let world = world_with(&[("/p/x", "1")]);
    for (application, expected) in [(None, None), (Some("billing"), Some("app/billing"))] {
        world.server.clear_requests();
        let mut launch = world.launch("--path /p", &["true"]);
        if let Some(application) = application {
            launch.env("AWS_SDK_UA_APP_ID", application);
        }
        launch.run().ok();
        let requests = world.server.requests();
        let mut headers = requests[0].headers.iter();
        // CloudTrail has this header in `userAgent`.
        let (_, agent) = headers.find(|(name, _)| name == "user-agent").unwrap();
        let words: Vec<&str> = agent.split(' ').collect();
        let own = concat!("lib/envsecrets/", env!("CARGO_PKG_VERSION"));
        assert!(words.contains(&own), "{agent}");
        let app = words.iter().find(|word| word.starts_with("app/"));
        assert_eq!(app.copied(), expected, "{agent}");
    }
}
