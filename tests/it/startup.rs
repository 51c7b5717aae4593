//! What a start does on the network and in the file system, and nothing more.

use std::collections::BTreeMap;
use std::time::Duration;

use parameter_store::{Identity, Latency, Tls};

use crate::support::stand_in::{Reply, StandIn};
use crate::support::{Directory, ENVSECRETS, Launch, Server, Store, can, offline, which};

/// A launch over TLS, with region and credentials in the environment, whose other AWS endpoints
/// lead to `others`.
fn launch(server: &Server, tls: &Tls, others: &StandIn, directory: &Directory) -> Launch {
    let ca = directory.file("ca.pem", tls.ca_pem(), 0o644);
    let mut launch = offline(directory, &["--", "true"]);
    for (name, value) in server.environment() {
        launch.env(name, value);
    }
    launch
        .without("AWS_EC2_METADATA_DISABLED")
        .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", others.url())
        .env("AWS_ENDPOINT_URL_STS", others.url())
        .env("AWS_ENDPOINT_URL_SSO", others.url())
        .env("SSL_CERT_FILE", ca);
    launch
}

/// How many calls came by each connection, the most first.
fn calls_by_connection(server: &Server) -> Vec<usize> {
    let mut calls: BTreeMap<usize, usize> = BTreeMap::new();
    for received in server.requests() {
        *calls.entry(received.connection).or_default() += 1;
    }
    let mut calls: Vec<usize> = calls.into_values().collect();
    calls.sort_unstable_by(|a, b| b.cmp(a));
    calls
}

#[test]
fn a_path_costs_one_connection_and_a_call_a_page_and_nothing_else() {
    let (store, tls, directory) = (Store::new(), Tls::new(Identity::Valid), Directory::new());
    store.generate("/app", 25);
    let server = Server::start_tls(&store, &tls).unwrap();
    let others = StandIn::start(|_, _| Reply::ok("{}"));
    launch(&server, &tls, &others, &directory)
        .env("ENVSECRETS_PATH", "/app")
        .run()
        .ok();
    assert_eq!((server.connections(), server.calls()), (1, 3));
    assert_eq!(others.calls().len(), 0);
}

#[test]
fn several_layers_take_as_long_as_the_longest() {
    let (store, tls, directory) = (Store::new(), Tls::new(Identity::Valid), Directory::new());
    for (path, count) in [("/one", 10), ("/two", 20), ("/three", 30)] {
        store.generate(path, count);
    }
    let server = Server::start_tls(&store, &tls).unwrap();
    server.set_latency(Latency::per_request(Duration::from_millis(50)));
    let others = StandIn::start(|_, _| Reply::ok("{}"));
    launch(&server, &tls, &others, &directory)
        .env("ENVSECRETS_PATH", "/one,/two,/three")
        .run()
        .ok();
    // Each layer has a connection of its own, and no layer waits for another.
    assert_eq!(calls_by_connection(&server), [3, 2, 1]);
}

#[test]
fn a_thousand_exact_names_take_seven_rounds() {
    let (store, tls, directory) = (Store::new(), Tls::new(Identity::Valid), Directory::new());
    store.generate("/app", 1000);
    let server = Server::start_tls(&store, &tls).unwrap();
    server.set_latency(Latency::per_request(Duration::from_millis(100)));
    let others = StandIn::start(|_, _| Reply::ok("{}"));
    let names: Vec<String> = (0..1000)
        .map(|number| format!("N{number}=/app/name-{number:05}"))
        .collect();
    launch(&server, &tls, &others, &directory)
        .env("ENVSECRETS_SECRET", names.join("\n"))
        .run()
        .ok();
    let calls = calls_by_connection(&server);
    assert_eq!(calls.iter().sum::<usize>(), 100);
    // 100 calls by 16 connections. With the three round trips that open a connection over TLS
    // this is ten; the limit is twelve.
    assert!(calls[0] <= 9, "{calls:?}");
}

#[test]
fn what_needs_no_parameter_opens_no_socket_and_reads_no_settings() {
    let story = "what_needs_no_parameter_opens_no_socket_and_reads_no_settings";
    if !can(story, "strace", which("strace").is_some()) {
        return;
    }
    let directory = Directory::new();
    let log = directory.path().join("strace.log");
    for (arguments, code) in [
        (["--help"].as_slice(), 0),
        (&["-h"], 0),
        (&["--version"], 0),
        (&["--path", "/app", "--ony", "x", "--", "true"], 64),
        (&["--path", "/app", "--", "no-such-program"], 127),
    ] {
        let traced = ["-f", "-e", "trace=socket,open,openat", "-o"];
        let mut all = traced.to_vec();
        all.extend([log.to_str().unwrap(), "--", ENVSECRETS]);
        all.extend(arguments);
        let ended = Launch::new("strace", &all)
            .env("HOME", directory.path())
            .env("AWS_REGION", "us-east-1")
            .run();
        assert_eq!(ended.code, Some(code), "{ended:?}");
        let log = std::fs::read_to_string(&log).unwrap();
        assert!(log.contains("open"), "strace saw the process: {log}");
        for forbidden in ["socket(", ".aws", "/etc/ssl", "/etc/pki", "resolv.conf"] {
            assert!(!log.contains(forbidden), "{arguments:?}: {log}");
        }
    }
}
