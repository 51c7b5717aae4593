//! Settings, tokens and certificates in something other than a plain file: a pipe of a shell, a pipe
//! that no one writes to, a device without an end.

use std::io::Write;
use std::path::{Path, PathBuf};

use nix::sys::signal::Signal;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use crate::support::aws::{fails, world_with_x};
use crate::support::issuers::{assumed, credentials};
use crate::support::stand_in::StandIn;
use crate::support::{Directory, Launch, SENTINEL, World, offline, pipe_of, until, world};

const HINT: &str =
    "start what writes to it, or give a plain file; `--timeout` sets how long to wait";
const KEYS: &str =
    "[default]\naws_access_key_id = AKIDPIPE000000000000\naws_secret_access_key = x\n";
const ROLE: &str = "arn:aws:iam::123456789012:role/app";

fn fifo(directory: &Directory, name: &str) -> PathBuf {
    let path = directory.path().join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    mkfifo(&path, Mode::S_IRWXU).unwrap();
    path
}

/// Writes to a named pipe, as soon as someone reads it.
fn write_to(path: &Path, text: &str) -> std::thread::JoinHandle<()> {
    let (path, text) = (path.to_owned(), text.to_owned());
    std::thread::spawn(move || {
        let mut pipe = std::fs::File::options().write(true).open(path).unwrap();
        pipe.write_all(text.as_bytes()).unwrap();
    })
}

/// A launch that reads this file in one of the ways in which one can be named, and how messages name
/// that.
fn naming(world: &World, place: &str, file: &Path) -> (Launch, String) {
    let from = |launch: Launch| (launch, format!("`{}`, from {place},", file.display()));
    let mut launch = world.without_credentials(&["--timeout", "1s"]);
    let container = "http://127.0.0.1:9/credentials";
    match place {
        "AWS_WEB_IDENTITY_TOKEN_FILE" => {
            launch.env(place, file).env("AWS_ROLE_ARN", ROLE);
            from(launch)
        }
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE" => {
            launch
                .env(place, file)
                .env("AWS_CONTAINER_CREDENTIALS_FULL_URI", container);
            from(launch)
        }
        "the profile" => {
            let file = file.display();
            world.aws_config(format!(
                "[default]\nrole_arn = {ROLE}\nweb_identity_token_file = {file}\n"
            ));
            from(launch)
        }
        "AWS_CA_BUNDLE" | "SSL_CERT_FILE" => {
            launch.env(place, file).with_key();
            from(launch)
        }
        _ => {
            launch.env(place, file);
            from(launch)
        }
    }
}

const PLACES: [&str; 7] = [
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "the profile",
    "AWS_CA_BUNDLE",
    "SSL_CERT_FILE",
];

#[test]
fn a_pipe_that_no_one_writes_to_ends_with_the_deadline() {
    for place in PLACES {
        let world = world_with_x();
        let (mut launch, named) = naming(&world, place, &fifo(&world.directory, "pipe"));
        fails(
            &mut launch,
            75,
            &format!("{named} was not read within 1s"),
            &["it is a named pipe that no one writes to"],
            HINT,
        );
        assert_eq!(world.server.calls(), 0);
    }
}

#[test]
fn the_usual_files_can_be_such_a_pipe_too() {
    for name in [".aws/config", ".aws/credentials"] {
        let world = world_with_x();
        let file = fifo(&world.directory, name);
        // Also where credentials are in the environment: the region could be in it.
        let mut launch = world.without_credentials(&["--timeout", "1s"]);
        fails(
            launch.with_key(),
            75,
            &format!("`{}` was not read within 1s", file.display()),
            &["it is a named pipe that no one writes to"],
            HINT,
        );
    }
}

#[test]
fn a_pipe_whose_writer_does_not_end_is_reported_as_that() {
    let world = world_with_x();
    let file = fifo(&world.directory, "pipe");
    let mut open = std::fs::File::options();
    let mut open = open.read(true).write(true).open(&file).unwrap();
    open.write_all(b"[default]\n").unwrap();
    let (mut launch, named) = naming(&world, "AWS_CONFIG_FILE", &file);
    fails(
        &mut launch,
        75,
        &format!("{named} was not read within 1s"),
        &["it is a named pipe, and its writer has not closed it"],
        HINT,
    );
}

#[test]
fn a_device_without_an_end_is_refused_at_its_bound() {
    for place in PLACES {
        let world = world_with_x();
        let bound = match place {
            "AWS_CA_BUNDLE" | "SSL_CERT_FILE" => "16 MiB",
            _ => "1 MiB",
        };
        let (mut launch, named) = naming(&world, place, Path::new("/dev/zero"));
        fails(
            &mut launch,
            78,
            &format!("{named} cannot be read"),
            &[&format!("it is longer than {bound}")],
            "give a plain file of the usual size",
        );
    }
}

#[test]
fn in_a_directory_of_certificates_only_plain_files_count() {
    let world = world_with_x();
    let tls = parameter_store::Tls::new(parameter_store::Identity::Valid);
    world
        .directory
        .file("certificates/ca.pem", tls.ca_pem(), 0o600);
    fifo(&world.directory, "certificates/pipe");
    let server = parameter_store::Server::start_tls(&world.store, &tls).unwrap();
    let mut launch = world.without_credentials(&[]);
    launch
        .with_key()
        .env("AWS_ENDPOINT_URL_SSM", server.url())
        .env("SSL_CERT_DIR", world.directory.path().join("certificates"));
    assert_eq!(launch.run().ok(), format!("{SENTINEL}\n"));
}

#[test]
fn a_plain_file_that_is_too_long_is_refused() {
    let world = world_with_x();
    let file = world
        .directory
        .file("log", "#".repeat(1024 * 1024 + 1), 0o600);
    let (mut launch, named) = naming(&world, "AWS_CONFIG_FILE", &file);
    fails(
        &mut launch,
        78,
        &format!("{named} cannot be read"),
        &["it is longer than 1 MiB"],
        "give a plain file of the usual size",
    );
}

#[test]
fn the_token_of_a_sign_in_must_be_a_plain_file() {
    // The SDK rewrites it when it renews the token, so that no copy can take its place.
    let world = world_with_x();
    world.aws_config(
        "[default]\nsso_session = dev\nsso_account_id = 123456789012\nsso_role_name = app\n\
         [sso-session dev]\nsso_region = us-east-1\n\
         sso_start_url = https://example.awsapps.com/start\n",
    );
    let name = ".aws/sso/cache/34c6fceca75e456f25e7e99531e2425c6c1de443.json";
    let file = fifo(&world.directory, name);
    fails(
        &mut world.without_credentials(&[]),
        78,
        &format!("`{}` cannot be read", file.display()),
        &["it is not a plain file"],
        "give a plain file of the usual size",
    );
}

#[test]
fn settings_and_tokens_come_through_pipes() {
    let world = world_with_x();
    for variable in ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"] {
        let file = fifo(&world.directory, variable);
        let writer = write_to(&file, KEYS);
        let mut launch = world.without_credentials(&[]);
        world.read_as(
            launch.env(variable, &file),
            "AKIDPIPE000000000000",
            variable,
        );
        writer.join().unwrap();
    }
    // As `<(…)` of a shell is: a pipe without a name, whose writer may have gone.
    let mut launch = world.without_credentials(&[]);
    launch.env("AWS_CONFIG_FILE", "/dev/stdin");
    launch.command.stdin(pipe_of(KEYS.as_bytes()));
    world.read_as(&mut launch, "AKIDPIPE000000000000", "/dev/stdin");
    let mut launch = world.without_credentials(&[]);
    launch.with_key().env("AWS_CONFIG_FILE", "/dev/stdin");
    launch.command.stdin(pipe_of(b""));
    world.read_as(&mut launch, "AKIDENVIRONMENT00000", "an empty pipe");

    let sts = StandIn::start(|call, _| assumed(call, "ASIAPOD0000000000000"));
    let token = fifo(&world.directory, "token");
    let mut launch = world.without_credentials(&[]);
    launch
        .env("AWS_ENDPOINT_URL_STS", sts.url())
        .env("AWS_WEB_IDENTITY_TOKEN_FILE", &token)
        .env("AWS_ROLE_ARN", ROLE);
    let writer = write_to(&token, "a.web.token");
    world.read_as(&mut launch, "ASIAPOD0000000000000", "web identity");
    writer.join().unwrap();
    assert_eq!(sts.calls()[0].field("WebIdentityToken"), "a.web.token");

    world.aws_config(format!(
        "[profile app]\nrole_arn = {ROLE}\nweb_identity_token_file = {}\n",
        token.display()
    ));
    let mut launch = world.without_credentials(&["--profile", "app"]);
    launch.env("AWS_ENDPOINT_URL_STS", sts.url());
    let writer = write_to(&token, "another.web.token");
    world.read_as(&mut launch, "ASIAPOD0000000000000", "the profile");
    writer.join().unwrap();
    assert_eq!(
        sts.calls()[1].field("WebIdentityToken"),
        "another.web.token"
    );

    let agent = StandIn::start(|_, _| credentials("ASIATASK000000000000"));
    let mut launch = world.without_credentials(&[]);
    launch
        .env("AWS_CONTAINER_CREDENTIALS_FULL_URI", agent.url())
        .env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", &token);
    let writer = write_to(&token, "a-token");
    world.read_as(&mut launch, "ASIATASK000000000000", "container");
    writer.join().unwrap();
    assert_eq!(agent.calls()[0].header("authorization"), Some("a-token"));
}

#[test]
fn the_program_gets_the_variables_as_they_were() {
    let world = world_with_x();
    let file = fifo(&world.directory, "pipe");
    let writer = write_to(&file, KEYS);
    let mut launch = world.launch("--path /app", &["printenv", "AWS_CONFIG_FILE"]);
    launch
        .without("AWS_ACCESS_KEY_ID")
        .without("AWS_SECRET_ACCESS_KEY")
        .env("AWS_CONFIG_FILE", &file);
    assert_eq!(launch.run().ok(), format!("{}\n", file.display()));
    writer.join().unwrap();
}

#[test]
fn what_is_wrong_with_a_pipe_is_reported_under_its_own_name() {
    let world = world_with_x();
    let file = fifo(&world.directory, "pipe");
    let writer = write_to(&file, "[default\n");
    let mut launch = world.without_credentials(&[]);
    let why = format!(
        "could not parse profile file: error parsing {} on line 1:   Profile definition must end \
         with ']'",
        file.display()
    );
    fails(
        launch.env("AWS_CONFIG_FILE", &file),
        78,
        "the AWS profile `default` cannot be read",
        &[&why],
        "check `~/.aws/config` and `~/.aws/credentials`",
    );
    writer.join().unwrap();
}

#[test]
fn a_contract_is_read_from_a_pipe_or_until_the_deadline() {
    let world = world_with_x();
    let file = fifo(&world.directory, "contract");
    let named = file.to_str().unwrap();
    let read = |options: &str| {
        let mut launch = world.launch(options, &["printenv", "X"]);
        launch.run()
    };
    let writer = write_to(&file, "path = [\"/app\"]\n");
    assert_eq!(
        read(&format!("--config {named}")).ok(),
        format!("{SENTINEL}\n")
    );
    writer.join().unwrap();

    let late = format!(
        "envsecrets: error: `{named}` was not read before the deadline: it is a named pipe that no \
         one writes to\n\
         envsecrets: hint: start what writes to it, or give a plain file; `--timeout` or \
         ENVSECRETS_TIMEOUT sets how long to wait\n"
    );
    assert_eq!(
        read(&format!("--config {named} --timeout 300ms")).failed(75),
        late
    );
    let mut launch = world.launch(&format!("--config {named}"), &["true"]);
    assert_eq!(
        launch.env("ENVSECRETS_TIMEOUT", "300ms").run().failed(75),
        late
    );
    assert_eq!(
        read("--config /dev/zero").failed(78),
        "envsecrets: error: `/dev/zero` cannot be read: it is larger than 1 MiB\n\
         envsecrets: hint: it is the file of `--config` or ENVSECRETS_CONFIG, relative to the \
         working directory\n"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_signal_ends_the_wait_for_a_pipe() {
    let world = world();
    let file = fifo(&world.directory, "pipe");
    let config = ["--config", file.to_str().unwrap()];
    for (variable, options) in [(None, &config[..]), (Some("AWS_CONFIG_FILE"), &[])] {
        let mut arguments = options.to_vec();
        arguments.extend(["--path", "/app", "--", "true"]);
        let mut launch = offline(&world.directory, &arguments);
        if let Some(variable) = variable {
            launch.env(variable, &file);
        }
        let running = launch.start();
        let opened = format!("/proc/{}/fd", running.pid());
        until("it reads the pipe", || {
            let files = std::fs::read_dir(&opened).into_iter().flatten().flatten();
            let mut targets = files.filter_map(|it| std::fs::read_link(it.path()).ok());
            targets.any(|target| target == file)
        });
        running.signal(Signal::SIGTERM);
        let ended = running.end();
        assert_eq!(ended.signal, Some(Signal::SIGTERM as i32), "{ended:?}");
    }
}

#[test]
fn a_long_wait_for_a_pipe_is_reported() {
    let world = world();
    let file = fifo(&world.directory, "pipe");
    let arguments = ["--timeout", "8s", "--path", "/app", "--", "true"];
    let mut launch = offline(&world.directory, &arguments);
    let ended = launch.env("AWS_CONFIG_FILE", &file).run();
    let file = file.display();
    let line = format!("envsecrets: waiting for `{file}`: it is a named pipe; giving up in ");
    let printed = ended.failed(75);
    assert!(printed.starts_with(&line), "{printed}");
}
