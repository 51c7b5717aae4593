//! In a container: PID 1 of an image from scratch, in a real runtime. It all happens on a machine
//! of its own, so that no container, mount or cgroup can be left here.

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::machine::{Machine, NEEDS, possible, until};
use crate::support::network::alone;
use crate::support::{Directory, Ended, Fault, SENTINEL, Server, Store, built_for, can, which};

/// An image based on that of envsecrets, with nothing more in it than a program.
const APP_IMAGE: &str = r#"
FROM envsecrets
COPY busybox /busybox
CMD ["/busybox", "echo", "the program of the image"]
"#;

/// Containers share the network, which is that of the story. No limits that need more rights than
/// root has in some containers.
const CONTAINERS: &str = r#"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "none"
init_path = "/usr/bin/catatonit"
[containers]
netns = "host"
cgroups = "no-conmon"
log_driver = "k8s-file"
pids_limit = 0
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
"#;

const STORAGE: &str = r#"
[storage]
driver = "overlay"
graphroot = "/run/images"
runroot = "/run/containers"
"#;

const PODMAN_SERVICE: &str = include_str!("../../packaging/container/podman.service");

const LENGTH: usize = SENTINEL.len();

/// A machine with podman, an image called `app`, and a Parameter Store in reach.
struct Engine {
    machine: Machine,
    server: Server,
}

impl Deref for Engine {
    type Target = Machine;

    fn deref(&self) -> &Machine {
        &self.machine
    }
}

/// Runs a story on a machine with podman and these files.
fn on_an_engine(story: &str, files: &[(&str, &str)], body: impl FnOnce(&Engine) + Send) {
    on_an_engine_with(story, files, &[], body);
}

/// The same, with these files of this machine.
fn on_an_engine_with(
    story: &str,
    files: &[(&str, &str)],
    borrowed: &[(&Path, &str)],
    body: impl FnOnce(&Engine) + Send,
) {
    let wanted = ["podman", "runc", "catatonit", "busybox"];
    let there = possible() && wanted.iter().all(|program| which(program).is_some());
    let needs = format!("{NEEDS}, podman, runc, catatonit and a static busybox");
    let target = "`cargo build --target …-unknown-linux-musl` first";
    if can(story, &needs, there) && can(story, target, static_program().is_some()) {
        // It runs cargo, which may need more than the network of a story has.
        let image = image();
        alone(story, || body(&Engine::new(image, files, borrowed)));
    }
}

fn static_program() -> Option<PathBuf> {
    built_for(&static_target())
}

fn static_target() -> String {
    format!("{}-unknown-linux-musl", std::env::consts::ARCH)
}

/// The image of envsecrets, as it is released.
fn image() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("image");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/image");
        let status = Command::new(script)
            .arg(static_target())
            .arg(&directory)
            .arg(static_program().expect("it is there"))
            .stderr(Stdio::null())
            .status();
        assert!(status.unwrap().success(), "packaging/image");
        let arch = match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            other => other,
        };
        let version = env!("CARGO_PKG_VERSION");
        directory.join(format!("envsecrets-{version}-{arch}.oci.tar"))
    })
}

impl Engine {
    fn new(image: &Path, files: &[(&str, &str)], borrowed: &[(&Path, &str)]) -> Self {
        let store = Store::new();
        store.put("/prd/app/db/password", SENTINEL);
        let server = Server::start(&store).expect("a port on loopback");
        let mut environment = String::from("ENVSECRETS_PATH=/prd/app\n");
        for (name, value) in server.environment() {
            environment.push_str(&format!("{name}={value}\n"));
        }
        let mut all = vec![
            ("/etc/containers/containers.conf", CONTAINERS),
            ("/etc/containers/storage.conf", STORAGE),
            ("/etc/here/environment", &environment),
            ("/srv/app/Dockerfile", APP_IMAGE),
        ];
        all.extend(files);
        let busybox = which("busybox").expect("it is there");
        let mut programs = vec![
            (image, "/srv/envsecrets.oci.tar"),
            (&*busybox, "/srv/app/busybox"),
        ];
        programs.extend(borrowed);
        let machine = Machine::boot(&all, &programs);
        let engine = Self { machine, server };
        engine.shell("podman load --quiet --input /srv/envsecrets.oci.tar");
        let released = concat!("envsecrets:", env!("CARGO_PKG_VERSION"));
        engine.shell(&format!("podman tag {released} envsecrets:latest"));
        engine.shell("podman build --quiet --tag app /srv/app");
        engine
    }

    /// Runs a container to its end, with these options and `sh -c SCRIPT` for a program.
    fn sh(&self, options: &str, script: &str) -> Ended {
        let mut command = vec!["podman", "run", "--env-file", "/etc/here/environment"];
        command.extend(options.split(' ').filter(|word| !word.is_empty()));
        command.extend(["app", "/busybox", "sh", "-c", script]);
        self.run(&command)
    }

    /// Starts a container called `c`, and does not wait for it.
    fn detach(&self, options: &str, script: &str) {
        let options = format!("--detach --replace --name c {options}");
        let ended = self.sh(&options, script);
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    }

    /// What the container called `c` has printed.
    fn logs(&self) -> String {
        let ended = self.run(&["podman", "logs", "c"]);
        format!("{}{}", ended.text(), ended.stderr)
    }

    /// Waits for a text from the container called `c`.
    #[track_caller]
    fn wait_for_text(&self, what: &str) {
        until(&format!("the container says {what}"), || {
            self.logs().contains(what).then_some(())
        });
    }

    /// What podman knows of the container called `c`.
    #[track_caller]
    fn inspect(&self, format: &str) -> String {
        self.shell(&format!("podman inspect --format {format} c"))
    }

    /// Stops the container called `c`, which has half a minute to end by itself.
    fn stop(&self) -> Duration {
        let stopped = Instant::now();
        self.run(&["podman", "stop", "--time", "30", "c"]);
        stopped.elapsed()
    }
}

/// A busy machine may take its time once. One that waits for a grace to pass takes it always.
#[track_caller]
fn in_under_a_second(mut attempt: impl FnMut() -> Duration) {
    let took = [(); 3].map(|()| attempt());
    assert!(
        took.iter().min() < Some(&Duration::from_secs(1)),
        "{took:?}"
    );
}

/// A program that prints a line when it has started, and that ends with 3 on SIGTERM.
const PATIENT: &str = "trap 'exit 3' TERM; echo ready; while :; do /busybox sleep 0.05; done";

/// A program that ignores what it does not handle.
const STUBBORN: &str = "echo ready; exec /busybox sleep 1000";

/// The strictest that a container can be.
const STRICT: &str = "--rm --read-only --read-only-tmpfs=false --cap-drop all \
    --security-opt no-new-privileges";

#[test]
fn the_program_of_an_image_from_scratch_is_pid_1() {
    let story = "the_program_of_an_image_from_scratch_is_pid_1";
    on_an_engine(story, &[], |engine| {
        let run = "podman run --env-file /etc/here/environment";
        let printed = engine.shell(&format!("{run} {STRICT} app"));
        assert_eq!(printed, "the program of the image");
        let script = "echo pid $$; /busybox id -u; /busybox tr '\\0' ' ' </proc/1/cmdline; \
            echo; echo a password of ${#DB_PASSWORD} characters";
        let printed = engine.sh(STRICT, script).ok();
        let expected =
            format!("pid 1\n65532\n/busybox sh -c {script} \na password of {LENGTH} characters\n");
        assert_eq!(printed, expected);
    });
}

#[test]
fn files_are_in_memory_that_the_engine_gives_and_nowhere_else() {
    let story = "files_are_in_memory_that_the_engine_gives_and_nowhere_else";
    on_an_engine(story, &[], |engine| {
        let file = "-e ENVSECRETS_FILE=KEY=/prd/app/db/password";
        let script = "for f in $KEY $TLS; do echo $f $(/busybox stat -L -c '%a %u' $f) \
            $(/busybox wc -c <$f); done";
        let both = format!("{file},TLS=/prd/app/db/password@/run/app/key");
        let printed = engine.sh(&format!("{STRICT} --tmpfs /run/app {both}"), script);
        assert_eq!(
            printed.ok(),
            format!("/proc/self/fd/512 400 65532 {LENGTH}\n/run/app/key 400 65532 {LENGTH}\n")
        );
        let refused = |options: String, what: &str| {
            let ended = engine.sh(&format!("{STRICT} {options}"), script);
            let first = ended.failed(78).lines().next().unwrap().to_owned();
            assert_eq!(first, format!("envsecrets: error: {what}"));
        };
        refused(
            both,
            "`/run/app`, the directory for the file of TLS, does not exist",
        );
        refused(
            format!("{file}@/key"),
            "`/key`, for KEY, would not be in memory: `/` is overlay",
        );
        // There is no list of users either.
        refused(
            format!("{file} -e ENVSECRETS_FILE_OWNER=app"),
            "the user `app`, to own files, does not exist",
        );
        refused(
            format!("{file} -e ENVSECRETS_FILE_OWNER=0"),
            "the user `0` cannot own files: Operation not permitted",
        );
    });
}

/// As docs/other-images.md does it: the image is mounted, and the other one stays as it is.
#[test]
fn an_image_that_does_not_know_us_starts_with_secrets_when_ours_is_mounted() {
    let story = "an_image_that_does_not_know_us_starts_with_secrets_when_ours_is_mounted";
    let files = [(
        "/srv/app/Other",
        "FROM scratch\nCOPY busybox /busybox\nUSER 1234\nENTRYPOINT [\"/busybox\"]\n",
    )];
    on_an_engine(story, &files, |engine| {
        engine.shell("podman build --quiet --tag vendor --file /srv/app/Other /srv/app");
        let released = concat!("envsecrets:", env!("CARGO_PKG_VERSION"));
        let mount = format!("type=image,source={released},destination=/envsecrets");
        let script = "echo pid $$ user $(/busybox id -u) ${#DB_PASSWORD}; echo /envsecrets/*";
        let ended = engine.run(&[
            "podman",
            "run",
            "--rm",
            "--read-only",
            "--cap-drop",
            "all",
            "--env-file",
            "/etc/here/environment",
            "--mount",
            &mount,
            "--entrypoint",
            "/envsecrets/envsecrets",
            "vendor",
            "--",
            "/busybox",
            "sh",
            "-c",
            script,
        ]);
        let expected = format!("pid 1 user 1234 {LENGTH}\n/envsecrets/envsecrets\n");
        assert_eq!(ended.ok(), expected);
    });
}

#[test]
fn nothing_is_needed_but_the_file_itself() {
    let story = "nothing_is_needed_but_the_file_itself";
    on_an_engine(story, &[], |engine| {
        let root = "/srv/bundle/rootfs";
        engine.shell(&format!("mkdir -p {root}"));
        engine.shell("podman create --name c app");
        engine.shell("podman export --output /srv/rootfs.tar c");
        engine.shell(&format!(
            "tar -xf /srv/rootfs.tar -C {root} envsecrets busybox"
        ));
        engine.shell("runc spec --bundle /srv/bundle");
        let spec = engine.shell("cat /srv/bundle/config.json");
        let mut spec: serde_json::Value = serde_json::from_str(&spec).unwrap();
        let environment = engine.shell("cat /etc/here/environment");
        let script = "echo pid $$; echo /*; echo a password of ${#DB_PASSWORD} characters";
        let process = &mut spec["process"];
        process["args"] = json!(["/envsecrets", "--", "/busybox", "sh", "-c", script]);
        process["env"] = json!(environment.lines().collect::<Vec<_>>());
        process["user"] = json!({"uid": 65532, "gid": 65532});
        process["terminal"] = json!(false);
        process["rlimits"] = json!([]);
        process["capabilities"] = json!({});
        spec["root"]["readonly"] = json!(true);
        let mounts = spec["mounts"].as_array_mut().unwrap();
        mounts.retain(|mount| mount["destination"] == "/proc");
        let linux = &mut spec["linux"];
        linux["resources"] = json!({});
        let namespaces = linux["namespaces"].as_array_mut().unwrap();
        namespaces.retain(|namespace| namespace["type"] != "network");
        engine.write("/srv/bundle/config.json", &spec.to_string());
        assert_eq!(
            engine.shell("runc run --bundle /srv/bundle c"),
            format!("pid 1\n/busybox /dev /envsecrets /proc\na password of {LENGTH} characters")
        );
    });
}

#[test]
fn stopping_the_program_is_at_once_and_its_own_matter() {
    let story = "stopping_the_program_is_at_once_and_its_own_matter";
    on_an_engine(story, &[], |engine| {
        in_under_a_second(|| {
            engine.detach("", PATIENT);
            engine.wait_for_text("ready");
            let took = engine.stop();
            assert_eq!(engine.inspect("{{.State.ExitCode}}"), "3");
            took
        });
    });
}

#[test]
fn stopping_the_fetch_is_at_once() {
    on_an_engine("stopping_the_fetch_is_at_once", &[], |engine| {
        engine.server.set_faults([Fault::Hang.always()]);
        for options in ["", "--init"] {
            in_under_a_second(|| {
                engine.server.clear_requests();
                engine.detach(options, PATIENT);
                until("envsecrets asks", || {
                    (engine.server.calls() > 0).then_some(())
                });
                let took = engine.stop();
                assert_eq!(engine.inspect("{{.State.ExitCode}}"), "143", "{options}");
                assert_eq!(engine.logs(), "", "{options}");
                took
            });
        }
    });
}

#[test]
fn a_program_that_handles_no_signal_needs_an_init_before_us() {
    let story = "a_program_that_handles_no_signal_needs_an_init_before_us";
    on_an_engine(story, &[], |engine| {
        engine.detach("", STUBBORN);
        engine.wait_for_text("ready");
        engine.run(&["podman", "stop", "--time", "1", "c"]);
        assert_eq!(engine.inspect("{{.State.ExitCode}}"), "137");
        let init = "--volume /usr/bin/catatonit:/init:ro --entrypoint \
            [\"/init\",\"--\",\"/envsecrets\",\"--\"]";
        for options in ["--init", init] {
            in_under_a_second(|| {
                engine.detach(options, STUBBORN);
                engine.wait_for_text("ready");
                let took = engine.stop();
                assert_eq!(engine.inspect("{{.State.ExitCode}}"), "143", "{options}");
                took
            });
        }
    });
}

#[test]
fn the_exit_code_of_the_container_is_the_programs_or_ours() {
    let story = "the_exit_code_of_the_container_is_the_programs_or_ours";
    on_an_engine(story, &[], |engine| {
        for code in [0, 1, 42, 75, 255] {
            let ended = engine.sh("--rm", &format!("exit {code}"));
            assert_eq!((ended.code, ended.stderr.as_str()), (Some(code), ""));
        }
        let denied = Fault::AccessDenied.always();
        let throttled = Fault::Throttle.always();
        for (code, options, fault) in [
            (64, "--env ENVSECRETS_CASE=lower", None),
            (65, "--env ENVSECRETS_PREFIX=BASH_FUNC_", None),
            (66, "--env ENVSECRETS_PATH=/prd/ap", None),
            (75, "--env ENVSECRETS_TIMEOUT=300ms", Some(throttled)),
            (77, "", Some(denied)),
            (78, "--env AWS_REGION=", None),
        ] {
            engine.server.set_faults(fault);
            let ended = engine.sh(&format!("--rm {options}"), "exit 0");
            assert_eq!(ended.code, Some(code), "{ended:?}");
            assert!(ended.stderr.starts_with("envsecrets: error: "), "{ended:?}");
        }
        engine.server.clear_faults();
        for (code, program) in [(126, "/proc/version"), (127, "/serve")] {
            let run = "podman run --rm --env-file /etc/here/environment app";
            let ended = engine.run(&format!("{run} {program}").split(' ').collect::<Vec<_>>());
            assert_eq!(ended.code, Some(code), "{ended:?}");
            assert!(ended.stderr.starts_with("envsecrets: error: "), "{ended:?}");
        }
    });
}

#[test]
fn inspecting_a_container_shows_no_secret() {
    let story = "inspecting_a_container_shows_no_secret";
    on_an_engine(story, &[], |engine| {
        engine.detach("", PATIENT);
        engine.wait_for_text("ready");
        let environ = "podman exec c /busybox cat /proc/1/environ";
        assert!(
            engine.shell(environ).contains(SENTINEL),
            "the program has no secret"
        );
        for (command, there) in [
            ("podman inspect c", "ENVSECRETS_PATH=/prd/app"),
            ("podman inspect app", "/envsecrets"),
            ("podman history --no-trunc app", "COPY"),
            ("podman exec c /busybox env", "ENVSECRETS_PATH=/prd/app"),
            ("podman top c pid args", "/busybox"),
            ("podman ps --all --no-trunc", "/busybox"),
            ("podman logs c", "ready"),
            ("podman commit --quiet c copy", ""),
            ("podman inspect copy", "ENVSECRETS_PATH=/prd/app"),
        ] {
            let seen = engine.shell(command);
            assert!(seen.contains(there), "{command}: {seen}");
            assert!(!seen.contains(SENTINEL), "{command}");
        }
        let anew = engine.shell("podman exec c /envsecrets -- /busybox env");
        assert!(anew.contains(&format!("DB_PASSWORD={SENTINEL}")), "{anew}");
        let places = ["/run", "/var", "/tmp", "/etc", "/srv"];
        let found = engine.run(&[&["grep", "-rla", SENTINEL], &places[..]].concat());
        assert_eq!((found.code, found.text()), (Some(1), String::new()));
    });
}

#[test]
fn a_restart_policy_waits_out_what_may_pass() {
    let story = "a_restart_policy_waits_out_what_may_pass";
    on_an_engine(story, &[], |engine| {
        engine.server.set_faults([Fault::Throttle.always()]);
        let options = "--restart on-failure --env ENVSECRETS_TIMEOUT=200ms";
        engine.detach(options, PATIENT);
        until("it was started again", || {
            (engine.inspect("{{.RestartCount}}") != "0").then_some(())
        });
        engine.server.clear_faults();
        engine.wait_for_text("ready");
        assert_eq!(engine.inspect("{{.State.Status}}"), "running");
    });
}

#[test]
fn a_restart_policy_alone_repeats_what_is_certain_as_often_as_it_may() {
    let story = "a_restart_policy_alone_repeats_what_is_certain_as_often_as_it_may";
    on_an_engine(story, &[], |engine| {
        engine.server.set_faults([Fault::AccessDenied.always()]);
        engine.detach("--restart on-failure:2", PATIENT);
        until("it is given up", || {
            let state = engine.inspect("{{.State.Status}},{{.State.ExitCode}},{{.RestartCount}}");
            (state == "exited,77,2").then_some(())
        });
        assert_eq!(engine.server.calls(), 3);
    });
}

#[test]
fn systemd_repeats_for_a_container_what_may_pass_and_nothing_else() {
    let story = "systemd_repeats_for_a_container_what_may_pass_and_nothing_else";
    let files = [
        ("/etc/systemd/system/app.service", PODMAN_SERVICE),
        (
            "/srv/app/Dockerfile",
            "FROM envsecrets\nCOPY busybox /busybox\nCMD [\"/busybox\", \"sleep\", \"1000\"]\n",
        ),
    ];
    on_an_engine(story, &files, |engine| {
        let verify = "systemd-analyze verify --man=no /etc/systemd/system/app.service";
        assert_eq!(engine.shell(verify), "");
        let mut here =
            String::from("[Service]\nEnvironment=ENVSECRETS_TIMEOUT=200ms\nRestartSec=100ms\n");
        for (name, value) in engine.server.environment() {
            here.push_str(&format!("Environment={name}={value}\n"));
        }
        engine.write("/etc/systemd/system/app.service.d/here.conf", &here);
        engine.shell("systemctl daemon-reload");

        engine.server.set_faults([Fault::AccessDenied.always()]);
        engine.start("app");
        engine.until_it_is("app", "failed");
        assert_eq!(
            engine.status("app"),
            "ActiveState=failed ExecMainStatus=77 NRestarts=0 Result=exit-code"
        );
        assert_eq!(engine.server.calls(), 1);

        engine.server.set_faults([Fault::Throttle.always()]);
        engine.start("app");
        until("it was started again", || {
            (engine.show("app", "NRestarts") != "0").then_some(())
        });
        engine.server.clear_faults();
        until("the program runs", || {
            let top = engine.run(&["podman", "top", "app", "pid", "args"]).text();
            let words: Vec<&str> = top.split_whitespace().collect();
            words
                .ends_with(&["1", "/busybox", "sleep", "1000"])
                .then_some(())
        });
        engine.shell("systemctl stop app");
        assert_eq!(engine.shell("podman ps --all --quiet"), "");
    });
}

/// Stands in for an image with a language in it: it is empty, and gets the programs of this machine
/// when it is run.
const BASE_IMAGE: &str = "FROM scratch\nENV PATH=/usr/local/bin:/usr/bin\n";

const JAVA_APP: &str = "
public class App {
    public static void main(String[] arguments) throws Exception {
        long pid = ProcessHandle.current().pid();
        int length = System.getenv(\"DB_PASSWORD\").length();
        System.out.println(\"pid \" + pid + \", a password of \" + length + \" characters\");
        Thread.sleep(Long.MAX_VALUE);
    }
}
";

const NODE_APP: &str = "
process.on('SIGTERM', () => process.exit(0));
const { length } = process.env.DB_PASSWORD;
console.log(`pid ${process.pid}, a password of ${length} characters`);
setInterval(() => {}, 1000);
";

const STATIC_APP: &str = r#"
unsafe extern "C" {
    fn signal(number: i32, action: usize) -> usize;
    fn _exit(code: i32) -> !;
}
extern "C" fn end(_: i32) {
    unsafe { _exit(0) }
}
fn main() {
    unsafe { signal(15, end as usize) };
    let length = std::env::var("DB_PASSWORD").unwrap().len();
    println!("pid {}, a password of {length} characters", std::process::id());
    loop {
        std::thread::park();
    }
}
"#;

/// Runs a command of this machine that has to succeed.
#[track_caller]
fn make(command: &str) {
    let words: Vec<&str> = command.split(' ').collect();
    let made = Command::new(words[0]).args(&words[1..]).output().unwrap();
    assert!(made.status.success(), "{command}: {made:?}");
}

impl Engine {
    /// Builds one of our examples, runs it as in its comment, and stops it.
    #[track_caller]
    fn example_works(&self, language: &str, options: &str, code: &str) {
        self.shell("podman build --quiet --tag base /srv/base");
        self.shell(&format!(
            "podman build --quiet --tag example --build-arg LAUNCHER=envsecrets \
             --build-arg JAVA=base --build-arg NODE=base --build-arg BASE=base /srv/{language}"
        ));
        self.shell(&format!(
            "podman run --detach --name c --read-only --cap-drop all \
             --env-file /etc/here/environment {options} example"
        ));
        let printed = format!("pid 1, a password of {LENGTH} characters\n");
        self.wait_for_text(&printed);
        assert_eq!(self.logs(), printed);
        assert_eq!(self.inspect("{{.Config.User}}"), "65532:65532");
        self.stop();
        assert_eq!(self.inspect("{{.State.ExitCode}}"), code);
    }
}

/// What the programs of this machine consist of, for a container to borrow.
fn borrowed() -> String {
    let places = [
        "/usr/bin",
        "/usr/lib",
        "/lib",
        "/lib64",
        "/etc/alternatives",
    ];
    let java = std::fs::read_dir("/etc").unwrap().flatten();
    let java = java.filter(|entry| entry.file_name().as_encoded_bytes().starts_with(b"java-"));
    java.map(|entry| entry.path())
        .chain(places.map(PathBuf::from))
        .filter(|place| place.exists())
        .map(|place| format!("--volume {0}:{0}:ro", place.display()))
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn the_java_example_works() {
    let story = "the_java_example_works";
    let there = ["java", "javac", "jar"]
        .iter()
        .all(|program| which(program).is_some());
    if !can(story, "a JDK", there) {
        return;
    }
    let directory = Directory::new();
    directory.file("App.java", JAVA_APP, 0o644);
    let place = directory.path().display();
    make(&format!("javac -d {place} {place}/App.java"));
    make(&format!(
        "jar --create --file {place}/app.jar --main-class App -C {place} App.class"
    ));
    let files = [
        ("/srv/base/Dockerfile", BASE_IMAGE),
        (
            "/srv/java/Dockerfile",
            include_str!("../../packaging/container/java/Dockerfile"),
        ),
    ];
    let jar = directory.path().join("app.jar");
    on_an_engine_with(story, &files, &[(&jar, "/srv/java/app.jar")], |engine| {
        engine.example_works("java", &format!("--tmpfs /tmp {}", borrowed()), "143");
    });
}

#[test]
fn the_node_example_works() {
    let story = "the_node_example_works";
    if !can(story, "node", which("node").is_some()) {
        return;
    }
    let files = [
        ("/srv/base/Dockerfile", BASE_IMAGE),
        (
            "/srv/node/Dockerfile",
            include_str!("../../packaging/container/node/Dockerfile"),
        ),
        ("/srv/node/server.js", NODE_APP),
        ("/srv/node/package.json", "{}"),
        ("/srv/node/node_modules/.package-lock.json", "{}"),
    ];
    on_an_engine(story, &files, |engine| {
        engine.example_works("node", &borrowed(), "0");
    });
}

#[test]
fn the_examples_without_a_shell_work() {
    let story = "the_examples_without_a_shell_work";
    let target = static_target();
    if !can(story, "rustc", which("rustc").is_some()) {
        return;
    }
    let directory = Directory::new();
    let source = directory.file("serve.rs", STATIC_APP, 0o644);
    let serve = directory.path().join("serve");
    // Where that exists the target is installed too; elsewhere the story skips below.
    if static_program().is_some() {
        make(&format!(
            "rustc --edition 2024 --target {target} -o {} {}",
            serve.display(),
            source.display()
        ));
    }
    let files = [
        ("/srv/base/Dockerfile", BASE_IMAGE),
        (
            "/srv/distroless/Dockerfile",
            include_str!("../../packaging/container/distroless/Dockerfile"),
        ),
        (
            "/srv/static/Dockerfile",
            include_str!("../../packaging/container/static/Dockerfile"),
        ),
    ];
    let binaries = [
        (&*serve, "/srv/distroless/serve"),
        (&*serve, "/srv/static/serve"),
    ];
    on_an_engine_with(story, &files, &binaries, |engine| {
        for example in ["distroless", "static"] {
            engine.example_works(example, "--replace", "0");
        }
    });
}
