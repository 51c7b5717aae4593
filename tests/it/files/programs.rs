//! Which programs take a descriptor, and which need a path, as docs/files.md documents it.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sys::signal::Signal;

use crate::support::memory::{Memory, is_root};
use crate::support::{Ended, Launch, Running, World, can, until, which, world};

/// The page, whose table is `program | given with | descriptor | path | why`.
const PAGE: &str = include_str!("../../../docs/files.md");

/// What each story below tries.
const PROGRAMS: [&str; 11] = [
    "openssl",
    "Python",
    "what Python starts",
    "Node.js, and what it starts",
    "Java",
    "what Java starts",
    "java @argfile",
    "nginx",
    "sudo, and what it starts",
    "ssh",
    "psql and all of libpq",
];

/// The rows of the page's table.
fn rows() -> Vec<Vec<&'static str>> {
    let table = PAGE.lines().filter(|line| line.starts_with("| "));
    let rows = table.map(|line| line.trim_matches('|').split('|').map(str::trim).collect());
    rows.skip(2).collect()
}

#[test]
fn every_program_of_the_page_is_tried() {
    let rows = rows();
    let programs: Vec<&str> = rows.iter().map(|row| row[0]).collect();
    assert_eq!(programs, PROGRAMS);
    for row in &rows {
        let why = row[4];
        let plain = row[2..4].iter().all(|it| *it == "yes");
        assert!(plain || !why.is_empty(), "{row:?}");
    }
}

/// Whether a program takes a descriptor, and a path, according to the page.
#[track_caller]
fn printed(program: &str) -> [bool; 2] {
    let rows = rows();
    let row = rows.iter().find(|row| row[0] == program).unwrap();
    [row[2], row[3]].map(|word| match word {
        "yes" => true,
        "no" => false,
        _ => panic!("{row:?}"),
    })
}

/// What real programs are given.
struct Given {
    world: World,
    memory: Memory,
}

/// A key and its certificate, for TLS on loopback.
fn given(story: &str) -> Option<Given> {
    let memory = Memory::new(story)?;
    if !can(story, "openssl", which("openssl").is_some()) {
        return None;
    }
    let world = world();
    let [key, cert] = ["key.pem", "cert.pem"].map(|it| world.directory.path().join(it));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt"])
        .args(["ec_paramgen_curve:P-256", "-nodes", "-days", "30"])
        .args(["-subj", "/CN=localhost", "-keyout"])
        .args([&key, Path::new("-out"), &cert])
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let read = |path: &Path| std::fs::read_to_string(path).unwrap();
    world.store.put("/key", &read(&key));
    world.store.put("/cert", &read(&cert));
    Some(Given { world, memory })
}

impl Given {
    fn path(&self, name: &str) -> PathBuf {
        self.world.directory.path().join(name)
    }

    /// Options that hand these parameters over, as descriptors or as paths.
    fn options(&self, form: Form, files: &[&str]) -> String {
        let files = files.iter().map(|file| {
            let name = file.split('=').next().unwrap();
            match form {
                Form::Descriptor => format!("--file {file} "),
                Form::Path => format!("--file {file}@{} ", self.memory.path(name)),
            }
        });
        files.collect()
    }

    /// How a program ends that gets them.
    fn run(&self, form: Form, files: &[&str], program: &[&str]) -> Ended {
        let options = format!("--expand {}", self.options(form, files));
        self.world.launch(&options, program).run()
    }

    /// Whether it does as documented, by its exit status.
    #[track_caller]
    fn tries(&self, name: &str, files: &[&str], program: &[&str]) {
        let ended = FORMS.map(|form| self.run(form, files, program));
        let works = [0, 1].map(|form| ended[form].code == Some(0));
        assert_eq!(works, printed(name), "{name}: {ended:?}");
    }
}

#[derive(Debug, Clone, Copy)]
enum Form {
    Descriptor,
    Path,
}

const FORMS: [Form; 2] = [Form::Descriptor, Form::Path];

#[test]
fn openssl() {
    let Some(given) = given("openssl") else {
        return;
    };
    let script = "openssl pkey -in $KEY -noout -check && openssl x509 -in $CERT -noout";
    given.tries(
        "openssl",
        &["KEY=/key", "CERT=/cert"],
        &["sh", "-c", script],
    );
}

#[test]
fn python_and_what_it_starts() {
    let story = "python_and_what_it_starts";
    let Some(given) = given(story) else {
        return;
    };
    if !can(story, "python3", which("python3").is_some()) {
        return;
    }
    let files = ["KEY=/key", "CERT=/cert"];
    let itself = "\
import os, ssl
ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(os.environ['CERT'], os.environ['KEY'])
assert open(os.environ['KEY']).read().startswith('-----BEGIN')";
    given.tries("Python", &files, &["python3", "-c", itself]);
    let starts = "\
import os, subprocess
subprocess.run(['openssl', 'pkey', '-in', os.environ['KEY'], '-noout'], check=True)";
    given.tries("what Python starts", &files, &["python3", "-c", starts]);
    let keeping = starts.replace("check=True", "check=True, close_fds=False");
    let ended = given.run(Form::Descriptor, &files, &["python3", "-c", &keeping]);
    assert_eq!(ended.ok(), "");
}

#[test]
fn node_and_what_it_starts() {
    let story = "node_and_what_it_starts";
    let Some(given) = given(story) else {
        return;
    };
    if !can(story, "node", which("node").is_some()) {
        return;
    }
    let script = "\
const {readFileSync} = require('fs');
const [key, cert] = [process.env.KEY, process.env.CERT];
require('tls').createSecureContext({key: readFileSync(key), cert: readFileSync(cert)});
const child = require('child_process').spawnSync('openssl', ['pkey', '-in', key, '-noout']);
process.exit(child.status);";
    let files = ["KEY=/key", "CERT=/cert"];
    given.tries(
        "Node.js, and what it starts",
        &files,
        &["node", "-e", script],
    );
}

/// Reads a key store and a text, or starts another program that reads it.
const JAVA: &str = r#"
import java.io.*;
import java.nio.file.*;
import java.security.KeyStore;

class Read {
    public static void main(String[] arguments) throws Exception {
        String key = System.getenv("KEY");
        if (arguments.length > 0) {
            System.exit(new ProcessBuilder("cat", key).start().waitFor());
        }
        if (!Files.readString(Path.of(key)).startsWith("-----BEGIN")) throw new Exception();
        try (InputStream store = new FileInputStream(System.getenv("P12"))) {
            KeyStore keys = KeyStore.getInstance("PKCS12");
            keys.load(store, System.getProperty("password").toCharArray());
            if (!keys.containsAlias("1")) throw new Exception();
        }
    }
}
"#;

#[test]
fn java_its_argument_files_and_what_it_starts() {
    let story = "java_its_argument_files_and_what_it_starts";
    let Some(given) = given(story) else {
        return;
    };
    if !can(story, "java and javac", which("javac").is_some()) {
        return;
    }
    let source = given.world.directory.file("Read.java", JAVA, 0o644);
    let directory = given.world.directory.path().to_str().unwrap();
    let compile = ["-d", directory, source.to_str().unwrap()];
    let compiled = Launch::new("javac", &compile).run();
    assert_eq!(compiled.code, Some(0), "{compiled:?}");
    let exported = Command::new("openssl")
        .args(["pkcs12", "-export", "-passout", "pass:changeit", "-inkey"])
        .args([
            &given.path("key.pem"),
            Path::new("-in"),
            &given.path("cert.pem"),
        ])
        .output()
        .unwrap();
    assert!(exported.status.success(), "{exported:?}");
    let store = aws_smithy_types::base64::encode(&exported.stdout);
    given.world.store.put("/p12", &store);
    let arguments = format!("-Dpassword=changeit\n-cp {directory}\n");
    given.world.store.put("/arguments", &arguments);

    let files = ["KEY=/key", "P12=base64:/p12"];
    let java = ["java", "-Dpassword=changeit", "-cp", directory, "Read"];
    given.tries("Java", &files, &java);
    given.tries(
        "what Java starts",
        &files,
        &[&java[..], &["child"]].concat(),
    );
    let files = ["KEY=/key", "P12=base64:/p12", "ARGS=/arguments"];
    given.tries("java @argfile", &files, &["java", "@{{ARGS}}", "Read"]);
}

/// A port of loopback that was free a moment ago.
fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}

/// Waits until the port has a listener, or the process that should listen has ended.
fn listens(port: u16, server: &mut Running) {
    until("a server listens", || {
        TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
            || server.child.try_wait().unwrap().is_some()
    });
}

fn stop(server: Running) -> Ended {
    server.signal(Signal::SIGTERM);
    server.end()
}

/// A server of a story, which ends with it.
fn server(program: &[&str]) -> Running {
    let mut launch = Launch::new(program[0], &program[1..]);
    launch.before(|| Ok(nix::sys::prctl::set_pdeathsig(Signal::SIGKILL)?));
    launch.start()
}

#[test]
fn nginx_serves_tls_and_reads_the_key_again_on_reload() {
    let story = "nginx_serves_tls_and_reads_the_key_again_on_reload";
    let Some(given) = given(story) else {
        return;
    };
    let nginx = Path::new("/usr/sbin/nginx");
    if !is_root(story) || !can(story, "nginx", nginx.exists()) {
        return;
    }
    let speaks_tls = |port: u16| {
        let mut launch = Launch::new("openssl", &["s_client", "-brief", "-CAfile"]);
        launch.command.arg(given.path("cert.pem"));
        launch.command.args(["-verify_return_error", "-connect"]);
        launch.command.arg(format!("127.0.0.1:{port}"));
        let ended = launch.run();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(ended.stderr.contains("Verification: OK"), "{ended:?}");
    };
    for form in FORMS {
        let port = free_port();
        let directory = given.world.directory.path().display();
        let configuration = format!(
            "daemon off; pid {directory}/nginx.pid; error_log stderr;
            events {{}}
            http {{
                access_log off;
                server {{
                    listen 127.0.0.1:{port} ssl;
                    ssl_certificate {directory}/cert.pem;
                    ssl_certificate_key KEY;
                    return 200 ok;
                }}
            }}"
        );
        // The configuration is written by hand, and knows a path. Where it is made from the
        // environment at the start, it can know a descriptor too.
        let written = match form {
            Form::Descriptor => configuration,
            Form::Path => configuration.replace("KEY", &given.memory.path("KEY")),
        };
        let written = given.world.directory.file("nginx.conf", written, 0o644);
        let script = format!(
            "sed \"s|KEY|$KEY|\" {} >{directory}/made.conf; exec {} -c {directory}/made.conf",
            written.display(),
            nginx.display()
        );
        let options = given.options(form, &["KEY=/key"]);
        let program = match form {
            Form::Descriptor => vec!["sh", "-c", &script],
            Form::Path => vec![nginx.to_str().unwrap(), "-c", written.to_str().unwrap()],
        };
        let mut launch = given.world.launch(&options, &program);
        let mut running = launch
            .before(|| Ok(nix::sys::prctl::set_pdeathsig(Signal::SIGKILL)?))
            .start();
        listens(port, &mut running);
        speaks_tls(port);
        let workers = |master: u32| {
            std::fs::read_to_string(format!("/proc/{master}/task/{master}/children")).unwrap()
        };
        let before = workers(running.pid());
        running.signal(Signal::SIGHUP);
        until("its workers are others", || {
            let now = workers(running.pid());
            !now.is_empty() && before.split_whitespace().all(|it| !now.contains(it))
        });
        speaks_tls(port);
        let ended = stop(running);
        let errors = ended.stderr.lines().filter(|line| line.contains("[emerg]"));
        assert_eq!((ended.code, errors.count()), (Some(0), 0), "{ended:?}");
    }
    // As it is, a configuration does not know the number of a descriptor.
    assert_eq!(printed("nginx"), [false, true]);
}

#[test]
fn sudo_closes_descriptors_and_keeps_only_the_variables_that_it_names() {
    let story = "sudo_closes_descriptors_and_keeps_only_the_variables_that_it_names";
    let Some(given) = given(story) else {
        return;
    };
    if !is_root(story) || !can(story, "sudo", which("sudo").is_some()) {
        return;
    }
    let read = |keep: &'static str| ["sudo", "-n", keep, "sh", "-c", "cat \"$KEY\" >/dev/null"];
    given.tries(
        "sudo, and what it starts",
        &["KEY=/key"],
        &read("--preserve-env=KEY"),
    );
    let ended = given.run(Form::Path, &["KEY=/key"], &read("--preserve-env=OTHER"));
    assert_ne!(ended.code, Some(0), "{ended:?}");
}

#[test]
fn ssh_logs_in_with_a_path_and_closes_what_it_inherits() {
    let story = "ssh_logs_in_with_a_path_and_closes_what_it_inherits";
    let Some(given) = given(story) else {
        return;
    };
    let sshd = Path::new("/usr/sbin/sshd");
    let there = sshd.exists() && which("ssh").is_some();
    if !is_root(story) || !can(story, "ssh and sshd", there) {
        return;
    }
    for name in ["id", "host"] {
        let made = Command::new("ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", "", "-f"])
            .arg(given.path(name))
            .status();
        assert!(made.unwrap().success());
    }
    let id = std::fs::read_to_string(given.path("id")).unwrap();
    given.world.store.put("/id", &id);
    std::fs::remove_file(given.path("id")).unwrap();
    std::fs::create_dir_all("/run/sshd").unwrap();
    let (port, directory) = (free_port(), given.world.directory.path().display());
    let configuration = format!(
        "ListenAddress 127.0.0.1:{port}
        HostKey {directory}/host
        AuthorizedKeysFile {directory}/id.pub
        PidFile none
        StrictModes no
        UsePAM no
        PermitRootLogin yes\n"
    );
    let configuration = given
        .world
        .directory
        .file("sshd_config", configuration, 0o600);
    let sshd = sshd.to_str().unwrap();
    let mut running = server(&[sshd, "-D", "-e", "-f", configuration.to_str().unwrap()]);
    listens(port, &mut running);
    let (known, port) = (
        format!("UserKnownHostsFile={directory}/known"),
        port.to_string(),
    );
    let ssh = [
        &[
            "ssh", "-F", "none", "-i", "{{ID}}", "-p", &port, "-o", &known,
        ][..],
        &[
            "-o",
            "StrictHostKeyChecking=accept-new",
            "-o",
            "BatchMode=yes",
        ],
        &["-o", "IdentitiesOnly=yes", "root@127.0.0.1", "exit"],
    ]
    .concat();
    given.tries("ssh", &["ID=/id"], &ssh);
    let ended = given.run(Form::Descriptor, &["ID=/id"], &ssh);
    assert!(
        ended
            .stderr
            .contains("Identity file /proc/self/fd/512 not accessible: No such file"),
        "{ended:?}"
    );
    stop(running);
}

/// The programs of a PostgreSQL server, where it is installed.
fn postgres() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut places = versions.map(|it| it.unwrap().path().join("bin"));
    places.find(|it| it.join("postgres").exists())
}

#[test]
fn psql_takes_its_password_and_its_key_from_files() {
    let story = "psql_takes_its_password_and_its_key_from_files";
    let Some(given) = given(story) else {
        return;
    };
    let server_there = postgres().is_some() && which("psql").is_some();
    if !is_root(story) || !can(story, "psql and a PostgreSQL server", server_there) {
        return;
    }
    let programs = postgres().unwrap();
    let home = given.path("postgres");
    std::fs::create_dir(&home).unwrap();
    for name in ["cert.pem", "key.pem"] {
        std::fs::copy(given.path(name), home.join(name)).unwrap();
    }
    let give = ["chown", "-R", "postgres", home.to_str().unwrap()];
    assert!(Launch::new(give[0], &give[1..]).run().code == Some(0));
    let (port, data) = (free_port(), home.join("data"));
    let as_postgres = |program: &str, arguments: &[&str]| {
        let program = programs.join(program);
        let user = ["setpriv", "--reuid=postgres", "--clear-groups", "--"];
        let program = [
            &user[..],
            &[program.to_str().unwrap(), "-D", data.to_str().unwrap()],
        ];
        [&program.concat()[..], arguments]
            .concat()
            .iter()
            .map(|it| (*it).to_owned())
            .collect::<Vec<_>>()
    };
    let made = as_postgres("initdb", &["-U", "postgres", "-A", "trust", "--no-sync"]);
    let made = Launch::new(&made[0], &made[1..]).run();
    assert_eq!(made.code, Some(0), "{made:?}");
    let place = home.display();
    given.world.directory.file(
        "postgres/data/postgresql.conf",
        format!(
            "listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = '{place}'\n\
             fsync = off\nssl = on\nssl_cert_file = '{place}/cert.pem'\n\
             ssl_key_file = '{place}/key.pem'\nssl_ca_file = '{place}/cert.pem'\n"
        ),
        0o644,
    );
    given.world.directory.file(
        "postgres/data/pg_hba.conf",
        "local all postgres trust\nhost all app 127.0.0.1/32 scram-sha-256\n\
         hostssl all localhost 127.0.0.1/32 cert\n",
        0o644,
    );
    let started = as_postgres("postgres", &[]);
    let started: Vec<&str> = started.iter().map(String::as_str).collect();
    let mut running = server(&started);
    listens(port, &mut running);
    let port = port.to_string();
    let psql = |user: &'static str, host: &str, more: &[&str]| {
        let options = [
            "psql", "-X", "-w", "-h", host, "-p", &port, "-U", user, "-d", "postgres",
        ];
        let all = [&options[..], more].concat();
        all.iter()
            .map(|it| (*it).to_owned())
            .collect::<Vec<String>>()
    };
    let roles = "create role app login password 'hunter2'; create role localhost login";
    let roles = psql("postgres", home.to_str().unwrap(), &["-c", roles]);
    until("it answers", || {
        Launch::new(&roles[0], &roles[1..]).run().code == Some(0)
    });

    given
        .world
        .store
        .put("/pgpass", &format!("127.0.0.1:{port}:*:app:hunter2\n"));
    let name = "psql and all of libpq";
    let files = ["PGPASSFILE=/pgpass"];
    let app = psql("app", "127.0.0.1", &["-c", "select 1"]);
    let app: Vec<&str> = app.iter().map(String::as_str).collect();
    let without = given.run(Form::Descriptor, &["OTHER=/pgpass"], &app);
    assert_eq!(without.code, Some(2), "{without:?}");
    given.tries(name, &files, &app);
    let files = ["PGSSLKEY=/key", "PGSSLCERT=/cert"];
    let localhost = psql("localhost", "127.0.0.1", &["-c", "select 1"]);
    let localhost: Vec<&str> = localhost.iter().map(String::as_str).collect();
    let without = given.run(Form::Descriptor, &["OTHER=/key"], &localhost);
    assert_eq!(without.code, Some(2), "{without:?}");
    given.tries(name, &files, &localhost);
    stop(running);
}
