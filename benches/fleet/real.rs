//! A real fleet: that many launcher processes at once, against a Parameter Store on loopback that
//! grants 40 calls a second.
//!
//! ```text
//! cargo bench --bench fleet          fails unless all start in at most 1.2 times the bound
//! cargo run -p fleet                 the same and more, simulated
//! ```
//!
//! It takes about a minute, and no fleet is waited for longer than three times its bound.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints, and a failing one stops"
)]

use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use parameter_store::{Server, Store, Throttle};

/// Launchers, and the pages that each has to read.
const FLEETS: [(usize, usize); 3] = [(100, 3), (300, 3), (100, 10)];
const PAGE: usize = 10;
/// Parameter Store's default quota, and as many calls at once after a rest.
const RATE: f64 = 40.0;
/// How much longer than the bound a fleet may take.
const MOST: f64 = 1.2;

/// Launchers that run. Those that still do at the end are stopped.
struct Fleet(Vec<Child>);

impl Fleet {
    fn start(server: &Server, launchers: usize) -> Self {
        let start = |_| {
            Command::new(env!("CARGO_BIN_EXE_envsecrets"))
                .args(["--path", "/fleet", "--", "/bin/true"])
                .env_clear()
                .envs(server.environment())
                .env("AWS_EC2_METADATA_DISABLED", "true")
                .env("HOME", "/nonexistent")
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                // What they print while they wait is not measured.
                .stderr(Stdio::null())
                .spawn()
                .unwrap()
        };
        Self((0..launchers).map(start).collect())
    }

    /// How many ended well until then.
    fn started(&mut self, deadline: Instant) -> usize {
        let mut started = 0;
        while !self.0.is_empty() && Instant::now() < deadline {
            self.0
                .retain_mut(|launcher| match launcher.try_wait().unwrap() {
                    Some(status) => {
                        started += usize::from(status.success());
                        false
                    }
                    None => true,
                });
            std::thread::sleep(Duration::from_millis(2));
        }
        started
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        for launcher in &mut self.0 {
            let _ = launcher.kill();
            let _ = launcher.wait();
        }
    }
}

fn main() -> ExitCode {
    // `cargo test --all-targets` runs benchmarks too, without this: then there is nothing to do.
    if !std::env::args().any(|argument| argument == "--bench") {
        return ExitCode::SUCCESS;
    }
    println!("| fleet | bound | started | after | times the bound | calls for each needed |");
    println!("| --- | --- | --- | --- | --- | --- |");
    let mut verdict = ExitCode::SUCCESS;
    for (launchers, pages) in FLEETS {
        let store = Store::new();
        store.generate("/fleet", pages * PAGE);
        let server = Server::start(&store).unwrap();
        let needed = launchers * pages;
        let bound = (needed as f64 - RATE) / RATE;
        server.set_throttle(Some(Throttle::per_second(RATE)));
        let begun = Instant::now();
        let mut fleet = Fleet::start(&server, launchers);
        let started = fleet.started(begun + Duration::from_secs_f64(3.0 * bound));
        let took = begun.elapsed().as_secs_f64();
        let times = took / bound;
        let calls = server.calls() as f64 / needed as f64;
        println!(
            "| {launchers} × {pages} | {bound} s | {started} | {took:.1} s | {times:.2} | {calls:.1} |"
        );
        if started < launchers || times > MOST {
            verdict = ExitCode::FAILURE;
        }
    }
    verdict
}
