//! What a start costs: whole processes, from the first instruction to the program's exit.
//!
//! ```text
//! cargo bench --bench start                  times, CPU and memory, side by side
//! cargo bench --bench start -- --instructions   instruction counts, by callgrind
//! cargo bench --bench start -- --check       fails if a count grew by more than 5 %
//! cargo bench --bench start -- --write       writes them to benches/instructions.md
//! ```
//!
//! Times are noisy and are only printed, as ratios within one run. Instruction counts repeat to
//! about one per cent on any machine of one kind, so they are what is kept and compared.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::zombie_processes,
    reason = "a benchmark prints, a failing one stops, and children are waited for by wait4"
)]

use std::fmt::Write as _;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use nix::libc;
use parameter_store::{Identity, Server, Store, Tls};

const ENVSECRETS: &str = env!("CARGO_BIN_EXE_envsecrets");
const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/instructions.md");
/// How much a count may grow before somebody has to say that it may.
const TOLERANCE: f64 = 1.05;
/// A count is the median of this many runs.
const RUNS: usize = 5;
/// Each command is timed this often, in turn with the others.
const ROUNDS: usize = 40;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|it| it != "--bench")
        .collect();
    let bench = Bench::new();
    match arguments.first().map(String::as_str) {
        None => bench.times(),
        Some("--instructions") => print!("{}", table(&bench.counts())),
        Some("--write") => std::fs::write(TABLE, document(&bench.counts())).unwrap(),
        Some("--check") => return check(&bench.counts()),
        // `cargo test --benches` and filters of other harnesses: nothing to run.
        Some(_) => {}
    }
    ExitCode::SUCCESS
}

/// The Parameter Stores, over HTTP and over TLS, and the files of a run.
struct Bench {
    http: Server,
    tls: Server,
    directory: PathBuf,
    bundle: PathBuf,
}

/// A command to measure.
struct Case {
    name: String,
    command: Vec<String>,
    environment: Vec<(&'static str, String)>,
    /// Whether it becomes a program; its count ends there.
    becomes: bool,
}

impl Bench {
    fn new() -> Self {
        let store = Store::new();
        for count in [1, 10, 100, 1000] {
            store.generate(&format!("/bench/{count}"), count);
        }
        let directory =
            std::env::temp_dir().join(format!("envsecrets-bench-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let tls = Tls::new(Identity::Valid);
        // As many certificates as a real system trusts, and the same ones on every machine.
        let bundle = directory.join("bundle.pem");
        let mut pem = String::new();
        for root in webpki_root_certs::TLS_SERVER_ROOT_CERTS {
            pem.push_str(&pem::encode(&pem::Pem::new("CERTIFICATE", root.as_ref())));
        }
        pem.push_str(tls.ca_pem());
        std::fs::write(&bundle, pem).unwrap();
        Self {
            http: Server::start(&store).unwrap(),
            tls: Server::start_tls(&store, &tls).unwrap(),
            directory,
            bundle,
        }
    }

    fn launch(&self, name: &str, server: &Server, options: &[&str], becomes: bool) -> Case {
        let mut command = vec![ENVSECRETS.to_owned()];
        command.extend(options.iter().map(|&option| option.to_owned()));
        let mut environment = server.environment();
        environment.push(("AWS_EC2_METADATA_DISABLED", "true".to_owned()));
        environment.push(("HOME", self.directory.display().to_string()));
        environment.push(("SSL_CERT_FILE", self.bundle.display().to_string()));
        Case {
            name: name.to_owned(),
            command,
            environment,
            becomes,
        }
    }

    fn cases(&self) -> Vec<Case> {
        let mut cases = Vec::new();
        for (scheme, server) in [("HTTP", &self.http), ("TLS", &self.tls)] {
            for count in [1, 10, 100, 1000] {
                let name = format!("{scheme}, {count} parameters");
                let path = format!("/bench/{count}");
                let options = ["--path", &path, "--", "/bin/true"];
                cases.push(self.launch(&name, server, &options, true));
            }
        }
        cases
    }

    /// Cases that never ask anybody.
    fn idle_cases(&self) -> Vec<Case> {
        let path = ["--path", "/bench/10"];
        let with = |rest: &[&'static str]| [&path[..], rest].concat();
        vec![
            self.launch("`--help`", &self.http, &["--help"], false),
            self.launch("a usage error", &self.http, &with(&["--ony", "x"]), false),
            self.launch(
                "a missing program",
                &self.http,
                &with(&["--", "nosuch"]),
                false,
            ),
        ]
    }

    fn counts(&self) -> Vec<(String, u64)> {
        let mut counts = Vec::new();
        for case in self.cases().into_iter().chain(self.idle_cases()) {
            let mut runs: Vec<u64> = (0..RUNS).map(|_| self.instructions(&case)).collect();
            runs.sort_unstable();
            counts.push((case.name, runs[RUNS / 2]));
        }
        counts
    }

    /// Instructions of one process, up to `execve` if it gets there.
    fn instructions(&self, case: &Case) -> u64 {
        let out = self.directory.join("callgrind");
        let status = prepared(case, "valgrind")
            .args(["--tool=callgrind", "--dump-before=execve*"])
            .arg(format!("--callgrind-out-file={}", out.display()))
            .args(&case.command)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .expect("valgrind is installed");
        assert!(!case.becomes || status.success(), "{}: {status}", case.name);
        let file = if case.becomes {
            out.with_extension("1")
        } else {
            out
        };
        let profile = std::fs::read_to_string(&file).unwrap();
        let summary = |line: &str| {
            let count = line
                .strip_prefix("summary: ")
                .or(line.strip_prefix("totals: "))?;
            count.split_whitespace().next()?.parse().ok()
        };
        profile
            .lines()
            .find_map(summary)
            .expect("callgrind sums up")
    }

    fn times(&self) {
        let mut cases = vec![Case {
            name: "`/bin/true` alone".to_owned(),
            command: vec!["/bin/true".to_owned()],
            environment: Vec::new(),
            becomes: true,
        }];
        cases.extend(self.cases());
        let mut samples: Vec<Vec<Sample>> = cases.iter().map(|_| Vec::new()).collect();
        for _ in 0..ROUNDS {
            for (case, samples) in cases.iter().zip(&mut samples) {
                samples.push(sample(case));
            }
        }
        println!("| start | wall ms | CPU ms | peak MiB | wall, of 10 over HTTP |");
        println!("| --- | --- | --- | --- | --- |");
        let unit = median(&samples[2], |it| it.wall.as_secs_f64());
        for (case, samples) in cases.iter().zip(&samples) {
            let wall = median(samples, |it| it.wall.as_secs_f64());
            let cpu = median(samples, |it| it.cpu.as_secs_f64());
            let peak = median(samples, |it| it.peak as f64);
            println!(
                "| {} | {:.2} | {:.2} | {:.1} | {:.2} |",
                case.name,
                wall * 1e3,
                cpu * 1e3,
                peak / 1024.0,
                wall / unit
            );
        }
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// A command in an environment that holds nothing but what the case says.
fn prepared(case: &Case, program: &str) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .envs(case.environment.iter().cloned());
    command
}

/// One run of a command.
struct Sample {
    wall: Duration,
    cpu: Duration,
    /// KiB.
    peak: i64,
}

fn sample(case: &Case) -> Sample {
    let started = Instant::now();
    let mut command = prepared(case, &case.command[0]);
    command
        .args(&case.command[1..])
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    // A process group of its own keeps terminal signals away from a half-measured run.
    command.process_group(0);
    let child = command.spawn().unwrap();
    let pid = i32::try_from(child.id()).unwrap();
    let mut status = 0;
    // SAFETY: all zeroes are a valid `rusage`.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are to variables of ours; the child is ours and not yet waited for.
    let waited = unsafe { libc::wait4(pid, &mut status, 0, &mut usage) };
    let wall = started.elapsed();
    assert_eq!((waited, status), (pid, 0), "{}", case.name);
    let time = |it: libc::timeval| {
        Duration::from_secs(it.tv_sec.unsigned_abs())
            + Duration::from_micros(it.tv_usec.unsigned_abs())
    };
    Sample {
        wall,
        cpu: time(usage.ru_utime) + time(usage.ru_stime),
        peak: usage.ru_maxrss,
    }
}

fn median(samples: &[Sample], value: impl Fn(&Sample) -> f64) -> f64 {
    let mut values: Vec<f64> = samples.iter().map(value).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn table(counts: &[(String, u64)]) -> String {
    let mut text = String::from("| start | instructions, millions |\n| --- | --- |\n");
    for (name, count) in counts {
        writeln!(text, "| {name} | {:.3} |", *count as f64 / 1e6).unwrap();
    }
    text
}

fn document(counts: &[(String, u64)]) -> String {
    format!(
        "# Instructions of a start\n\nWhole processes up to `execve`, counted by callgrind: `cargo \
         bench --bench start -- --write` writes\nthis table, and `.ci/run` fails when a count grows \
         by more than 5 % without it. TLS is version 1.3 with\n{} trusted certificates.\n\n{}",
        webpki_root_certs::TLS_SERVER_ROOT_CERTS.len() + 1,
        table(counts)
    )
}

/// Compares with the committed table.
fn check(counts: &[(String, u64)]) -> ExitCode {
    let committed = std::fs::read_to_string(Path::new(TABLE)).unwrap();
    let mut failed = false;
    for (name, count) in counts {
        let now = *count as f64 / 1e6;
        let row = committed.lines().find_map(|line| {
            let mut cells = line.trim_matches('|').split('|').map(str::trim);
            (cells.next() == Some(name)).then(|| cells.next()?.parse::<f64>().ok())?
        });
        let verdict = match row {
            None => "is not in the table",
            Some(then) if now > then * TOLERANCE => "has grown by more than 5 %",
            Some(then) if now < then / TOLERANCE => "has shrunk by more than 5 %: write the table",
            Some(_) => "as committed",
        };
        failed |= verdict != "as committed" && !verdict.starts_with("has shrunk");
        println!("{name}: {now:.3} M, {verdict}");
    }
    if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}
