//! The static program where there is nothing else: no libc, no shell, no /etc, no /proc, no /dev.

use parameter_store::{Identity, Tls};

use crate::support::network::{Name, Names, alone};
use crate::support::{Directory, Launch, SENTINEL, Server, Store, built_for, can, which};

/// A root file system with the program, busybox and a few files, a Parameter Store, and a DNS
/// server that resolves every name to this machine.
struct Room {
    root: Directory,
    server: Server,
    names: Names,
}

fn in_a_room(
    story: &str,
    tls: Option<&Tls>,
    files: &[(&str, &str)],
    body: impl FnOnce(&Room) + Send,
) {
    let target = format!("{}-unknown-linux-musl", std::env::consts::ARCH);
    let program = built_for(&target);
    let needs = format!("`packaging/build {target}` or `cargo build --target {target}` before");
    let busybox = which("busybox");
    if !can(story, &needs, program.is_some()) || !can(story, "busybox", busybox.is_some()) {
        return;
    }
    alone(story, || {
        let store = Store::new();
        store.put("/app/x", SENTINEL);
        let server = match tls {
            None => Server::start(&store),
            Some(tls) => Server::start_tls(&store, tls),
        };
        let root = Directory::new();
        std::fs::copy(program.unwrap(), root.path().join("envsecrets")).unwrap();
        std::fs::copy(busybox.unwrap(), root.path().join("busybox")).unwrap();
        for (name, content) in files {
            root.file(name, content, 0o644);
        }
        body(&Room {
            root,
            server: server.unwrap(),
            names: Names::start(|_| Name::Loopback),
        });
    });
}

impl Room {
    /// A launch in here that reads the parameter from the Parameter Store by this name of its host.
    fn launch(&self, host: &str) -> Launch {
        let arguments = ["--path", "/app", "--", "/busybox", "sh", "-c", "echo $X"];
        let mut launch = Launch::new("/envsecrets", &arguments);
        let root = self.root.path().to_owned();
        let url = self.server.url();
        let (scheme, _) = url.split_once("://").unwrap();
        let (_, port) = url.rsplit_once(':').unwrap();
        launch
            .without("PATH")
            .env("AWS_ENDPOINT_URL_SSM", format!("{scheme}://{host}:{port}"))
            .env("AWS_ACCESS_KEY_ID", "AKIDENVSECRETSTEST01")
            .env("AWS_SECRET_ACCESS_KEY", "not-a-real-secret-key")
            .env("AWS_REGION", "us-east-1")
            .env("ENVSECRETS_TIMEOUT", "20s")
            .before(move || {
                nix::unistd::chroot(&root)?;
                Ok(nix::unistd::chdir("/")?)
            });
        launch
    }
}

fn plain() -> String {
    format!("{SENTINEL}\n")
}

#[test]
fn an_empty_root_is_enough() {
    in_a_room("an_empty_root_is_enough", None, &[], |room| {
        assert_eq!(room.launch("127.0.0.1").run().ok(), plain());
        assert_eq!(room.names.queries(), 0);
    });
}

#[test]
fn names_are_resolved_where_resolv_conf_points_and_on_this_machine_without_it() {
    let story = "names_are_resolved_where_resolv_conf_points_and_on_this_machine_without_it";
    in_a_room(story, None, &[], |room| {
        assert_eq!(room.launch("store.example").run().ok(), plain());
        assert!(room.names.queries() > 0);
        // Two name servers, of which the first does not answer.
        let conf = "nameserver 127.0.0.9\nnameserver 127.0.0.1\noptions timeout:1\n";
        room.root.file("etc/resolv.conf", conf, 0o644);
        let before = room.names.queries();
        assert_eq!(room.launch("store.example").run().ok(), plain());
        assert!(room.names.queries() > before);
        // No name server at all.
        let conf = "nameserver 127.0.0.9\noptions timeout:1 attempts:1\n";
        room.root.file("etc/resolv.conf", conf, 0o644);
        let ended = room
            .launch("store.example")
            .env("ENVSECRETS_TIMEOUT", "4s")
            .run();
        let printed = ended.failed(75);
        assert!(
            printed.contains("cannot connect to store.example:"),
            "{printed}"
        );
        assert!(
            printed.contains("failed to lookup address information"),
            "{printed}"
        );
    });
}

#[test]
fn etc_hosts_is_read_and_dns_is_not_queried() {
    let files = [("etc/hosts", "127.0.0.1 store.example\n")];
    in_a_room(
        "etc_hosts_is_read_and_dns_is_not_queried",
        None,
        &files,
        |room| {
            assert_eq!(room.launch("store.example").run().ok(), plain());
            assert_eq!(room.names.queries(), 0);
        },
    );
}

#[test]
fn localhost_is_here_without_a_file_that_has_it() {
    let story = "localhost_is_here_without_a_file_that_has_it";
    in_a_room(story, None, &[], |room| {
        assert_eq!(room.launch("localhost").run().ok(), plain());
        assert_eq!(room.names.queries(), 0);
    });
}

/// Where glibc, linked statically, would load modules of another glibc, and crash.
#[test]
fn the_name_service_of_a_foreign_libc_is_left_alone() {
    let conf = "hosts: files mymachines myhostname resolve [!UNAVAIL=return] dns\n";
    let module = "not a shared object";
    let files = [
        ("etc/nsswitch.conf", conf),
        ("etc/resolv.conf", "nameserver 127.0.0.1\n"),
        ("lib/x86_64-linux-gnu/libnss_myhostname.so.2", module),
        ("lib64/libnss_mymachines.so.2", module),
        ("usr/lib/libnss_resolve.so.2", module),
    ];
    let story = "the_name_service_of_a_foreign_libc_is_left_alone";
    in_a_room(story, None, &files, |room| {
        assert_eq!(room.launch("store.example").run().ok(), plain());
    });
}

#[test]
fn a_root_without_certificates_trusts_those_that_are_built_in() {
    let tls = Tls::for_names(Identity::Valid, &["127.0.0.1"]);
    let story = "a_root_without_certificates_trusts_those_that_are_built_in";
    in_a_room(story, Some(&tls), &[], |room| {
        let url = room.server.url();
        let mut launch = room.launch("127.0.0.1");
        let ended = launch.env("ENVSECRETS_VERBOSE", "true").run();
        // They do not vouch for this Parameter Store.
        let place = url.replace("localhost", "127.0.0.1");
        let count = webpki_roots::TLS_SERVER_ROOTS.len();
        let expected = format!(
            "envsecrets: requesting from us-east-1 at {place} as the environment (access key …ST01)\n\
             envsecrets: error: us-east-1 at {place} is not trusted\n\
             envsecrets:   caused by: no trusted authority issued its certificate \
             (UnknownIssuer); {count} certificates are trusted, from this program, because the \
             system has none\n\
             envsecrets: hint: if a proxy inspects TLS here, set `AWS_CA_BUNDLE` \
             or `SSL_CERT_FILE` to its certificate\n"
        );
        assert_eq!(ended.failed(78), expected);
        // What the system or the user trusts counts instead.
        let ca = room.root.file("ca.pem", tls.ca_pem(), 0o644);
        let ended = room
            .launch("127.0.0.1")
            .env("SSL_CERT_FILE", "/ca.pem")
            .run();
        assert_eq!(ended.ok(), plain());
        let bundle = room.root.path().join("etc/ssl/certs/ca-certificates.crt");
        std::fs::create_dir_all(bundle.parent().unwrap()).unwrap();
        std::fs::rename(ca, bundle).unwrap();
        assert_eq!(room.launch("127.0.0.1").run().ok(), plain());
    });
}

#[test]
fn the_program_for_another_architecture_does_the_same() {
    let story = "the_program_for_another_architecture_does_the_same";
    let program = built_for("aarch64-unknown-linux-musl");
    let needs = "`packaging/build aarch64-unknown-linux-musl` before";
    let there = which("qemu-aarch64").is_some();
    if !can(story, needs, program.is_some()) || !can(story, "qemu-aarch64", there) {
        return;
    }
    let tls = Tls::new(Identity::Valid);
    let store = Store::new();
    store.put("/app/x", SENTINEL);
    let directory = Directory::new();
    let ca = directory.file("ca.pem", tls.ca_pem(), 0o644);
    let server = Server::start_tls(&store, &tls).unwrap();
    let program = program.unwrap();
    let arguments = [
        program.to_str().unwrap(),
        "--path",
        "/app",
        "--",
        "printenv",
        "X",
    ];
    let mut launch = Launch::new("qemu-aarch64", &arguments);
    for (name, value) in server.environment() {
        launch.env(name, value);
    }
    launch.env("SSL_CERT_FILE", ca);
    assert_eq!(launch.run().ok(), plain());
}
