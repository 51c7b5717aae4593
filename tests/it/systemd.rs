//! As a service: the example units in a real systemd, booted as PID 1 of a machine of its own.

use std::ops::Deref;
use std::path::Path;
use std::time::{Duration, Instant};

use parameter_store::{Identity, Tls};

use crate::support::machine::{Machine, NEEDS, possible, until};
use crate::support::network::alone;
use crate::support::{ENVSECRETS, Fault, SENTINEL, Server, Store, can, which};

/// The program of the example units: prints what it sees, and waits.
const SERVE: &str = "#!/bin/bash
echo \"a password of ${#DB_PASSWORD} characters\"
exec sleep infinity
";

/// The same, for a unit that waits for readiness.
const SERVE_AND_NOTIFY: &str = "#!/usr/bin/python3
import os, signal, socket
status = f'a password of {len(os.environ.get(\"DB_PASSWORD\", \"\"))} characters'
print(status, flush=True)
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
    systemd.connect(os.environ['NOTIFY_SOCKET'].replace('@', '\\0', 1))
    systemd.send(f'READY=1\\nSTATUS={status}'.encode())
signal.pause()
";

/// What the tests add to a unit: the endpoint of Parameter Store, and credentials. The rest of it
/// stays as it is in `packaging`.
const HERE: &str = "[Service]
Environment=AWS_CA_BUNDLE=/etc/here/ca.pem AWS_SHARED_CREDENTIALS_FILE=%d/aws
LoadCredential=aws:/etc/here/credentials
RestartSec=100ms
";

const CREDENTIALS: &str = "[default]
aws_access_key_id = AKIDENVSECRETSTEST01
aws_secret_access_key = not-a-real-secret-key
";

const EXAMPLE: &str = include_str!("../../packaging/systemd/example.service");
const EXAMPLE_NOTIFY: &str = include_str!("../../packaging/systemd/example-notify.service");
const DROP_IN: &str = include_str!("../../packaging/systemd/envsecrets.conf");

const STALE: &str = include_str!("../../packaging/systemd/envsecrets-stale@.service");
const STALE_TIMER: &str = include_str!("../../packaging/systemd/envsecrets-stale@.timer");

const LENGTH: usize = SENTINEL.len();

/// A machine with envsecrets installed, and a Parameter Store in reach.
struct Host {
    machine: Machine,
    store: Store,
    server: Server,
}

/// Runs a story on a machine with these files.
fn on_a_host(story: &str, files: &[(&str, &str)], body: impl FnOnce(&Host) + Send) {
    let needs = format!("{NEEDS}, and /usr/bin/python3");
    let there = possible() && Path::new("/usr/bin/python3").exists();
    if can(story, &needs, there) {
        alone(story, || body(&Host::new(files)));
    }
}

impl Deref for Host {
    type Target = Machine;

    fn deref(&self) -> &Machine {
        &self.machine
    }
}

impl Host {
    fn new(files: &[(&str, &str)]) -> Self {
        let store = Store::new();
        store.put("/prd/app/db/password", SENTINEL);
        let tls = Tls::new(Identity::Valid);
        let server = Server::start_tls(&store, &tls).expect("a port on loopback");
        let here = format!("{HERE}Environment=AWS_ENDPOINT_URL_SSM={}\n", server.url());
        let mut all = vec![
            ("/etc/here/ca.pem", tls.ca_pem()),
            ("/etc/here/credentials", CREDENTIALS),
            ("/etc/systemd/system/example.service.d/here.conf", &here),
            (
                "/etc/systemd/system/example-notify.service.d/here.conf",
                &here,
            ),
            ("/etc/systemd/system/existing-.service.d/here.conf", &here),
            (
                "/etc/systemd/system/envsecrets-stale@.service.d/here.conf",
                &here,
            ),
        ];
        all.extend(files);
        let machine = Machine::boot(&all, &[(Path::new(ENVSECRETS), "/usr/bin/envsecrets")]);
        Self {
            machine,
            store,
            server,
        }
    }

    /// The secret is in the environment of the program, and nowhere else where root can look.
    #[track_caller]
    fn keeps_the_secret(&self, unit: &str) {
        let pid = self.show(unit, "MainPID");
        let environment = self.shell(&format!("cat /proc/{pid}/environ"));
        assert!(environment.contains(SENTINEL), "the program has no secret");
        for command in [
            format!("systemctl show --all {unit}"),
            format!("systemctl status --full --lines 1000 {unit}"),
            String::from("systemctl show-environment"),
            String::from("systemd-cgls --full"),
            String::from("journalctl --all --output export --no-pager"),
        ] {
            let seen = self.shell(&command);
            assert!(!seen.is_empty() && !seen.contains(SENTINEL), "{command}");
        }
        let places = ["/run", "/etc", "/tmp", "/var/log", "/var/tmp"];
        let found = self.run(&[&["grep", "-rla", SENTINEL], &places[..]].concat());
        assert_eq!((found.code, found.text()), (Some(1), String::new()));
    }
}

type File = (&'static str, &'static str);

fn example() -> [File; 2] {
    [
        ("/etc/systemd/system/example.service", EXAMPLE),
        ("/opt/app/serve", SERVE),
    ]
}

/// The same, with attempts and pauses that are shorter than a test should take.
fn impatient() -> [File; 3] {
    let [unit, program] = example();
    let hurry = "[Service]\nEnvironment=ENVSECRETS_TIMEOUT=200ms\nRestartSec=50ms\n";
    let drop_in = "/etc/systemd/system/example.service.d/hurry.conf";
    [unit, program, (drop_in, hurry)]
}

fn example_notify() -> [File; 2] {
    [
        ("/etc/systemd/system/example-notify.service", EXAMPLE_NOTIFY),
        ("/opt/app/serve", SERVE_AND_NOTIFY),
    ]
}

/// Lines of the journal without the PIDs in them.
fn unnumbered(journal: &str) -> String {
    journal
        .lines()
        .filter_map(|line| line.split_once(']'))
        .filter_map(|(who, what)| Some(format!("{}{what}\n", who.split_once('[')?.0)))
        .collect()
}

#[test]
fn the_example_units_are_sound_and_hardened() {
    let story = "the_example_units_are_sound_and_hardened";
    let files = [&example()[..], &example_notify()[..]].concat();
    on_a_host(story, &files, |host| {
        for unit in ["example", "example-notify"] {
            let verify = host.run(&[
                "systemd-analyze",
                "verify",
                "--man=no",
                &format!("/etc/systemd/system/{unit}.service"),
            ]);
            assert_eq!(verify.ok(), "", "{unit}");
            // In tenths: 1.5, of 10. Some tenths are left for what later versions check too.
            let command = "systemd-analyze security --offline=true --threshold=15 --no-pager";
            host.shell(&format!("{command} /etc/systemd/system/{unit}.service"));
        }
    });
}

#[test]
fn a_hardened_service_gets_its_secrets_and_is_the_program() {
    let story = "a_hardened_service_gets_its_secrets_and_is_the_program";
    on_a_host(story, &example(), |host| {
        host.start("example");
        let printed = host.wait_for_message("example");
        let pid = host.show("example", "MainPID");
        assert_eq!(
            printed,
            format!("example[{pid}]: a password of {LENGTH} characters\n")
        );
        assert_eq!(
            host.status("example"),
            "ActiveState=active ExecMainStatus=0 NRestarts=0 Result=success"
        );
        until("bash has become sleep", || {
            let program = host.shell(&format!("readlink /proc/{pid}/exe"));
            (program == "/usr/bin/sleep").then_some(())
        });
        let processes = "/sys/fs/cgroup/system.slice/example.service/cgroup.procs";
        assert_eq!(host.shell(&format!("cat {processes}")), pid);
        let limit = host.shell(&format!("grep core /proc/{pid}/limits"));
        let limit: Vec<&str> = limit.split_whitespace().skip(4).collect();
        assert_eq!(limit, ["1", "1", "bytes"]);
        host.keeps_the_secret("example");
    });
}

/// A service of a user that exists only while it runs, with a directory of its own in memory.
const WITH_FILES: &str = "[Service]
DynamicUser=yes
RuntimeDirectory=files
Environment=AWS_REGION=eu-central-1
Environment=ENVSECRETS_FILE=KEY=/prd/app/db/password,TLS=/prd/app/db/password@/run/files/tls.key
ExecStart=/usr/bin/envsecrets -- /opt/app/read
";

const READ: &str = "#!/bin/bash
for file in \"$KEY\" \"$TLS\"; do
    echo \"$file: $(stat -L -c '%a %U %s' \"$file\")\"
    [[ $(wc -c <\"$file\") == $(stat -L -c %s \"$file\") ]] || echo cannot be read
done
exec sleep infinity
";

#[test]
fn a_service_reads_files_in_its_runtime_directory_which_goes_with_it() {
    let story = "a_service_reads_files_in_its_runtime_directory_which_goes_with_it";
    let files = [
        ("/etc/systemd/system/existing-files.service", WITH_FILES),
        ("/opt/app/read", READ),
    ];
    on_a_host(story, &files, |host| {
        host.start("existing-files");
        let printed = || unnumbered(&host.journal("existing-files"));
        until("it has read both", || {
            printed().contains("tls.key:").then_some(())
        });
        assert_eq!(
            printed(),
            format!(
                "envsecrets: /proc/self/fd/512: 400 existing-files {LENGTH}\n\
                 envsecrets: /run/files/tls.key: 400 existing-files {LENGTH}\n"
            )
        );
        assert_eq!(host.shell("cat /run/files/tls.key"), SENTINEL);
        host.shell("systemctl stop existing-files");
        assert_eq!(host.run(&["test", "-e", "/run/files"]).code, Some(1));
    });
}

#[test]
fn ready_is_when_the_program_reports_it() {
    on_a_host(
        "ready_is_when_the_program_reports_it",
        &example_notify(),
        |host| {
            host.server.set_faults([Fault::Throttle.always()]);
            host.start("example-notify");
            until("envsecrets asks", || {
                (host.server.calls() > 1).then_some(())
            });
            let pid = host.show("example-notify", "MainPID");
            assert_eq!(host.show("example-notify", "ActiveState"), "activating");
            host.server.clear_faults();
            host.until_it_is("example-notify", "active");
            assert_eq!(
                host.show("example-notify", "StatusText"),
                format!("a password of {LENGTH} characters")
            );
            assert_eq!(host.show("example-notify", "MainPID"), pid);
            host.keeps_the_secret("example-notify");
        },
    );
}

#[test]
fn a_program_that_does_not_become_ready_in_time_is_stopped_while_we_fetch() {
    let story = "a_program_that_does_not_become_ready_in_time_is_stopped_while_we_fetch";
    let hurry = "[Service]\nTimeoutStartSec=2s\nRestart=no\n";
    let mut files = example_notify().to_vec();
    files.push((
        "/etc/systemd/system/example-notify.service.d/hurry.conf",
        hurry,
    ));
    on_a_host(story, &files, |host| {
        host.server.set_faults([Fault::Hang.always()]);
        host.start("example-notify");
        host.until_it_is("example-notify", "failed");
        assert_eq!(host.show("example-notify", "Result"), "timeout");
        // Killed by TERM, not by the KILL that follows if TERM has no effect.
        assert_eq!(host.show("example-notify", "ExecMainStatus"), "15");
    });
}

#[test]
fn stopping_during_the_fetch_is_at_once_and_no_failure() {
    let story = "stopping_during_the_fetch_is_at_once_and_no_failure";
    on_a_host(story, &example(), |host| {
        host.server.set_faults([Fault::Hang.always()]);
        host.start("example");
        until("envsecrets asks", || {
            (host.server.calls() > 0).then_some(())
        });
        let stopped = Instant::now();
        host.shell("systemctl stop example");
        // The grace is 90 seconds.
        assert!(
            stopped.elapsed() < Duration::from_secs(20),
            "{:?}",
            stopped.elapsed()
        );
        let remarks = host.remarks("example");
        assert!(
            remarks.contains("example.service: Deactivated successfully."),
            "{remarks}"
        );
        assert_eq!(host.journal("example"), "");
    });
}

#[test]
fn a_denied_read_is_not_tried_again() {
    on_a_host("a_denied_read_is_not_tried_again", &example(), |host| {
        host.server.set_faults([Fault::AccessDenied.always()]);
        host.start("example");
        host.until_it_is("example", "failed");
        assert_eq!(
            host.status("example"),
            "ActiveState=failed ExecMainStatus=77 NRestarts=0 Result=exit-code"
        );
        assert_eq!(host.server.calls(), 1);
        let remarks = host.remarks("example");
        let named = "example.service: Main process exited, code=exited, status=77/NOPERM";
        assert!(remarks.contains(named), "{remarks}");
        let journal = unnumbered(&host.journal("example"));
        let place = host.server.url();
        assert_eq!(
            journal.lines().next(),
            Some(&*format!(
                "example: envsecrets: error: AWS denied permission to read parameters below `/prd/app` in \
                 eu-central-1 at {place}"
            ))
        );
    });
}

#[test]
fn what_a_unit_does_not_allow_is_named_and_not_tried_again() {
    let story = "what_a_unit_does_not_allow_is_named_and_not_tried_again";
    let drop_in = "/etc/systemd/system/example.service.d/strict.conf";
    for (strict, what) in [
        (
            "[Service]\nRestrictAddressFamilies=\nRestrictAddressFamilies=AF_UNIX\n",
            "sockets of AF_INET",
        ),
        ("[Service]\nLimitNOFILE=8\n", "another open file"),
    ] {
        let [unit, program] = example();
        on_a_host(story, &[unit, program, (drop_in, strict)], |host| {
            host.start("example");
            host.until_it_is("example", "failed");
            assert_eq!(
                host.status("example"),
                "ActiveState=failed ExecMainStatus=71 NRestarts=0 Result=exit-code"
            );
            assert_eq!(host.server.calls(), 0);
            let remarks = host.remarks("example");
            let named = "example.service: Main process exited, code=exited, status=71/OSERR";
            assert!(remarks.contains(named), "{remarks}");
            let journal = unnumbered(&host.journal("example"));
            let error = format!("example: envsecrets: error: this machine does not allow {what}");
            assert_eq!(journal.lines().next(), Some(&*error), "{journal}");
        });
    }
}

#[test]
fn a_throttled_read_is_tried_again_until_it_succeeds() {
    let story = "a_throttled_read_is_tried_again_until_it_succeeds";
    on_a_host(story, &impatient(), |host| {
        host.server.set_faults([Fault::Throttle.always()]);
        host.start("example");
        until("it was started again", || {
            (host.show("example", "NRestarts") != "0").then_some(())
        });
        let journal = unnumbered(&host.journal("example"));
        assert!(
            journal.starts_with("example: envsecrets: error: "),
            "{journal}"
        );
        host.server.clear_faults();
        until("the program says something", || {
            host.journal("example")
                .contains("a password of")
                .then_some(())
        });
        assert_eq!(host.show("example", "ActiveState"), "active");
        host.keeps_the_secret("example");
    });
}

#[test]
fn a_loop_of_failures_ends() {
    on_a_host("a_loop_of_failures_ends", &impatient(), |host| {
        host.server.set_faults([Fault::Throttle.always()]);
        host.start("example");
        host.until_it_is("example", "failed");
        assert_eq!(host.show("example", "ExecMainStatus"), "75");
        let remarks = host.remarks("example");
        let end = "example.service: Start request repeated too quickly.";
        assert!(remarks.contains(end), "{remarks}");
    });
}

#[test]
fn the_drop_in_gives_secrets_to_a_unit_of_any_type() {
    let story = "the_drop_in_gives_secrets_to_a_unit_of_any_type";
    let once = SERVE.replace("exec sleep infinity\n", "");
    let daemon = SERVE.replace("exec sleep infinity", "setsid sleep infinity & exit");
    let programs = [
        ("simple", SERVE),
        ("exec", SERVE),
        ("notify", SERVE_AND_NOTIFY),
        ("forking", &daemon),
        ("oneshot", &once),
    ];
    on_a_host(story, &[], |host| {
        let printed = |kind: &str, lengths: &[usize]| {
            let expected: String = lengths
                .iter()
                .map(|length| format!("serve: a password of {length} characters\n"))
                .collect();
            until(&format!("the {kind} service says {expected}"), || {
                let journal = host.journal(&format!("existing-{kind}"));
                (unnumbered(&journal) == expected).then_some(())
            });
            let state = host.show(&format!("existing-{kind}"), "ActiveState");
            assert_eq!(state, "active", "{kind}");
        };
        // A place for each program to appear at.
        host.write("/opt/app/serve", "");
        for (kind, program) in programs {
            let unit = format!(
                "[Service]\nType={kind}\nExecStart=/opt/app/serve\nRemainAfterExit=yes\n\
                 BindReadOnlyPaths=/opt/app/{kind}:/opt/app/serve\n"
            );
            host.write(&format!("/opt/app/{kind}"), program);
            host.write(
                &format!("/etc/systemd/system/existing-{kind}.service"),
                &unit,
            );
        }
        host.shell("systemctl daemon-reload");
        for (kind, _) in programs {
            host.shell(&format!("systemctl start existing-{kind}"));
            printed(kind, &[0]);
        }
        for (kind, _) in programs {
            let drop_in = format!("/etc/systemd/system/existing-{kind}.service.d/envsecrets.conf");
            host.write(&drop_in, DROP_IN);
        }
        host.shell("systemctl daemon-reload");
        for (kind, _) in programs {
            host.shell(&format!("systemctl restart existing-{kind}"));
            printed(kind, &[0, LENGTH]);
        }
    });
}

#[test]
fn a_socket_that_systemd_opened_reaches_the_program() {
    let story = "a_socket_that_systemd_opened_reaches_the_program";
    let answer = "#!/usr/bin/python3
import os, socket
assert os.environ['LISTEN_PID'] == str(os.getpid()) and os.environ['LISTEN_FDS'] == '1'
client, _ = socket.socket(fileno=3).accept()
client.send(f\"a password of {len(os.environ['DB_PASSWORD'])} characters\".encode())
";
    let mut files = vec![example()[0], ("/opt/app/serve", answer)];
    files.push((
        "/etc/systemd/system/example.socket",
        "[Socket]\nListenStream=/run/example\n",
    ));
    on_a_host(story, &files, |host| {
        host.shell("systemctl start example.socket");
        let client = "import socket; s = socket.socket(socket.AF_UNIX); s.connect('/run/example'); \
            print(s.recv(100).decode())";
        let answer = host.run(&["python3", "-c", client]).ok();
        assert_eq!(answer, format!("a password of {LENGTH} characters\n"));
    });
}

#[test]
fn every_user_can_read_environment_lines_and_none_our_secrets() {
    let story = "every_user_can_read_environment_lines_and_none_our_secrets";
    let careless =
        "[Service]\nEnvironment=DB_PASSWORD=in-plain-sight\nExecStart=/usr/bin/sleep infinity\n";
    let mut files = example().to_vec();
    files.push(("/etc/systemd/system/careless.service", careless));
    on_a_host(story, &files, |host| {
        host.start("careless");
        host.start("example");
        host.wait_for_message("example");
        let as_nobody = "setpriv --reuid 65534 --regid 65534 --clear-groups";
        let show = "systemctl show --all";
        let seen = host.shell(&format!("{as_nobody} {show} careless"));
        assert!(
            seen.contains("Environment=DB_PASSWORD=in-plain-sight"),
            "{seen}"
        );
        let seen = host.shell(&format!("{as_nobody} {show} example"));
        assert!(seen.contains("ENVSECRETS_PATH=/prd/app"), "{seen}");
        assert!(!seen.contains(SENTINEL), "{seen}");
        let pid = host.show("example", "MainPID");
        let environ = format!("{as_nobody} cat /proc/{pid}/environ");
        let denied = host.run(&environ.split(' ').collect::<Vec<_>>());
        assert_eq!(denied.text(), "");
        assert_eq!(
            denied.stderr,
            format!("cat: /proc/{pid}/environ: Permission denied\n")
        );
    });
}

#[test]
fn java_and_node_run_under_all_protections_but_one() {
    let story = "java_and_node_run_under_all_protections_but_one";
    let there = which("java").is_some() && which("node").is_some();
    if !can(story, "java and node", there) {
        return;
    }
    let serve = "#!/bin/bash
set -e
node --print '`node sees ${process.env.DB_PASSWORD.length} characters`'
java -version 2>/dev/null && echo 'java runs'
exec sleep infinity
";
    let less = "[Service]\nMemoryDenyWriteExecute=no\n";
    let files = [
        example()[0],
        ("/opt/app/serve", serve),
        ("/etc/systemd/system/example.service.d/less.conf", less),
    ];
    on_a_host(story, &files, |host| {
        host.start("example");
        let expected = format!("example: node sees {LENGTH} characters\nexample: java runs\n");
        until("both have run", || {
            (unnumbered(&host.journal("example")) == expected).then_some(())
        });
        host.keeps_the_secret("example");
    });
}

/// The example, configured by a file, and the check whether it is stale.
fn rotating() -> [File; 6] {
    let [unit, program] = example();
    [
        unit,
        program,
        (
            "/etc/systemd/system/example.service.d/settings.conf",
            "[Service]\nEnvironmentFile=/etc/envsecrets/example.env\n",
        ),
        (
            "/etc/envsecrets/example.env",
            "AWS_REGION=eu-central-1\nENVSECRETS_PATH=/prd/app\n\
             ENVSECRETS_FINGERPRINT=SECRETS_FINGERPRINT\nENVSECRETS_TIMEOUT=10s\n",
        ),
        ("/etc/systemd/system/envsecrets-stale@.service", STALE),
        ("/etc/systemd/system/envsecrets-stale@.timer", STALE_TIMER),
    ]
}

const LOOK: &str = "envsecrets-stale@example.service";

impl Host {
    /// Starts the example, and gives the PID of its program, once that runs.
    #[track_caller]
    fn runs_example(&self) -> String {
        self.start("example");
        self.wait_for_message("example");
        self.until_it_is("example", "active");
        self.show("example", "MainPID")
    }

    /// Looks whether the example is stale, and gives how that ended.
    #[track_caller]
    fn look(&self) -> String {
        let ended = self.run(&["systemctl", "start", LOOK]);
        let status = self.show(LOOK, "ExecMainStatus");
        assert_eq!(ended.code == Some(0), status == "0", "{ended:?}");
        status
    }
}

#[test]
fn what_looks_for_old_secrets_is_sound_and_hardened() {
    let story = "what_looks_for_old_secrets_is_sound_and_hardened";
    on_a_host(story, &rotating(), |host| {
        for kind in ["service", "timer"] {
            let unit = format!("envsecrets-stale@example.{kind}");
            let verify = host.run(&["systemd-analyze", "verify", "--man=no", &unit]);
            assert_eq!(verify.ok(), "", "{unit}");
        }
        // It is root, and reads other processes.
        let command = "systemd-analyze security --threshold=35 --no-pager";
        host.shell(&format!("{command} {LOOK}"));
        let timer = "envsecrets-stale@example.timer";
        host.shell(&format!("systemctl enable --now --quiet {timer}"));
        assert_eq!(host.show(timer, "ActiveState"), "active");
        assert_eq!(host.show(timer, "RandomizedDelayUSec"), "1h");
        assert_eq!(host.show(timer, "Persistent"), "yes");
    });
}

#[test]
fn a_rotation_restarts_the_unit_and_a_look_alone_does_not() {
    let story = "a_rotation_restarts_the_unit_and_a_look_alone_does_not";
    on_a_host(story, &rotating(), |host| {
        let pid = host.runs_example();
        assert_eq!(host.look(), "0");
        assert_eq!(host.show("example", "MainPID"), pid);
        assert_eq!(host.journal(LOOK), "");

        host.store.put("/prd/app/db/password", &SENTINEL.repeat(2));
        assert_eq!(host.look(), "0");
        let printed = unnumbered(&host.journal(LOOK));
        let expected = "envsecrets-stale@example: changed  /prd/app/db/password  1 -> 2\n";
        assert_eq!(printed, expected);
        let lengths = [LENGTH, 2 * LENGTH];
        let expected = lengths.map(|it| format!("example: a password of {it} characters\n"));
        until("the program says that it has the new one", || {
            (unnumbered(&host.journal("example")) == expected.concat()).then_some(())
        });
        let anew = host.show("example", "MainPID");
        assert_ne!(anew, pid);
        host.keeps_the_secret("example");

        assert_eq!(host.look(), "0");
        assert_eq!(host.show("example", "MainPID"), anew);
    });
}

#[test]
fn a_restart_that_fails_is_seen_where_it_was_requested() {
    let story = "a_restart_that_fails_is_seen_where_it_was_requested";
    on_a_host(story, &rotating(), |host| {
        host.runs_example();
        let broken = "[Service]\nExecStartPre=/bin/false\nRestart=no\n";
        host.write("/etc/systemd/system/example.service.d/broken.conf", broken);
        host.shell("systemctl daemon-reload");
        host.store.put("/prd/app/db/password", "newer");
        assert_eq!(host.look(), "1");
        assert_eq!(host.show("example", "ActiveState"), "failed");
    });
}

#[test]
fn a_look_that_fails_leaves_the_unit_alone_and_is_seen() {
    let story = "a_look_that_fails_leaves_the_unit_alone_and_is_seen";
    let mut files = rotating().to_vec();
    let hurry = "[Service]\nEnvironment=ENVSECRETS_TIMEOUT=2s\nEnvironmentFile=\n\
                 Environment=AWS_REGION=us-east-1 ENVSECRETS_PATH=/prd/app\n";
    files.push((
        "/etc/systemd/system/envsecrets-stale@example.service.d/hurry.conf",
        hurry,
    ));
    on_a_host(story, &files, |host| {
        let pid = host.runs_example();
        host.store.put("/prd/app/db/password", "newer");
        for (fault, code, name) in [
            (Fault::AccessDenied, "77", "NOPERM"),
            (Fault::Throttle, "75", "TEMPFAIL"),
        ] {
            host.server.set_faults([fault.always()]);
            assert_eq!(host.look(), code);
            assert_eq!(host.show(LOOK, "ActiveState"), "failed");
            let seen = format!("Main process exited, code=exited, status={code}/{name}");
            let remarks = host.remarks(LOOK);
            assert!(remarks.contains(&seen), "{remarks}");
        }
        host.server.clear_faults();
        host.store.delete("/prd/app/db/password");
        // Started anew it would not come up again.
        assert_eq!(host.look(), "66");
        assert_eq!(host.show("example", "MainPID"), pid);
        assert_eq!(host.show("example", "ActiveState"), "active");
    });
}

#[test]
fn what_does_not_run_or_not_yet_is_left_alone() {
    let story = "what_does_not_run_or_not_yet_is_left_alone";
    let mut files = rotating().to_vec();
    files.push(("/etc/envsecrets/mistyped.env", "ENVSECRETS_PATH=/prd/app\n"));
    on_a_host(story, &files, |host| {
        assert_eq!(host.look(), "0");
        assert_eq!(host.show("example", "ActiveState"), "inactive");
        assert_eq!(host.server.calls(), 0);

        let mistyped = "envsecrets-stale@mistyped.service";
        let ended = host.run(&["systemctl", "start", mistyped]);
        assert_eq!(ended.code, Some(1));
        assert_eq!(host.show(mistyped, "ExecMainStatus"), "66");
        assert_eq!(
            unnumbered(&host.journal(mistyped)),
            "envsecrets-stale@mistyped: mistyped.service is not-found\n"
        );

        host.server.set_faults([Fault::Hang.always()]);
        host.start("example");
        until("envsecrets asks", || {
            (host.server.calls() > 0).then_some(())
        });
        let pid = host.show("example", "MainPID");
        assert_eq!(host.look(), "0");
        assert_eq!(host.show("example", "MainPID"), pid);
        let printed = unnumbered(&host.journal(LOOK));
        let expected = format!(
            "envsecrets-stale@example: envsecrets: process {pid} is still being launched, with \
             the newest secrets\n"
        );
        assert_eq!(printed, expected);
    });
}

#[test]
fn the_timer_looks_by_itself() {
    let story = "the_timer_looks_by_itself";
    let mut files = rotating().to_vec();
    let often = "[Timer]\nOnCalendar=\nOnCalendar=*:*:*\nRandomizedDelaySec=0\nAccuracySec=1ms\n";
    files.push((
        "/etc/systemd/system/envsecrets-stale@.timer.d/often.conf",
        often,
    ));
    on_a_host(story, &files, |host| {
        let pid = host.runs_example();
        host.shell("systemctl enable --now --quiet envsecrets-stale@example.timer");
        until("it was looked at twice", || {
            let looked = host.remarks(LOOK);
            (looked.matches("Deactivated successfully.").count() > 1).then_some(())
        });
        assert_eq!(host.show("example", "MainPID"), pid);
        host.store.put("/prd/app/db/password", "newer");
        until("it was restarted", || {
            let anew = host.show("example", "MainPID");
            (anew != pid && anew != "0").then_some(())
        });
        host.until_it_is("example", "active");
    });
}

/// The numbers in a line.
fn numbers(line: &str) -> Vec<u8> {
    line.split(|c: char| !c.is_ascii_digit())
        .filter_map(|digits| digits.parse().ok())
        .collect()
}

#[test]
fn units_and_docs_agree_on_what_not_to_repeat() {
    let readme = include_str!("../../README.md");
    let mut permanent: Vec<u8> = readme
        .lines()
        .filter(|line| line.starts_with("| ") && line.ends_with("| no |"))
        .flat_map(|line| numbers(line.split('|').nth(1).unwrap()))
        .collect();
    permanent.sort_unstable();
    assert_eq!(permanent, [64, 65, 66, 70, 71, 77, 78, 126, 127]);
    let kubernetes = include_str!("../../docs/kubernetes.md");
    let ecs = include_str!("../../docs/ecs.md");
    let podman = include_str!("../../packaging/container/podman.service");
    for (file, text, before) in [
        ("README.md", readme, "RestartPreventExitStatus="),
        ("example.service", EXAMPLE, "RestartPreventExitStatus="),
        (
            "example-notify.service",
            EXAMPLE_NOTIFY,
            "RestartPreventExitStatus=",
        ),
        ("envsecrets.conf", DROP_IN, "RestartPreventExitStatus="),
        ("podman.service", podman, "RestartPreventExitStatus="),
        ("kubernetes.md", kubernetes, "values: "),
        ("ecs.md", ecs, "\"ignoredExitCodes\": "),
    ] {
        let list = text
            .lines()
            .find_map(|line| line.trim().strip_prefix(before));
        assert_eq!(list.map(numbers), Some(permanent.clone()), "{file}");
    }
}
