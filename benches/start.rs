//! What a start costs: whole processes, from the first instruction to the end of the program that
//! they become.
//!
//! ```text
//! cargo bench --bench start                     times, CPU and memory, in turn, us and our peers
//! cargo bench --bench start -- --instructions   instruction counts, by callgrind
//! cargo bench --bench start -- --check          fails if a count of ours grew by more than 5 %
//! cargo bench --bench start -- --write          writes those to benches/instructions.md
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
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use nix::libc;
use parameter_store::{Identity, Server, Store, Tls};

const ENVSECRETS: &str = env!("CARGO_BIN_EXE_envsecrets");
const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/instructions.md");
/// How much a count may grow before somebody has to say that it may.
const TOLERANCE: f64 = 1.05;
/// A count is the median of this many runs.
const RUNS: usize = 3;
/// Each command is timed this often, in turn with the others.
const ROUNDS: usize = 30;
/// How many parameters there are below the paths that are read.
const SIZES: [usize; 4] = [1, 10, 100, 1000];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|it| it != "--bench")
        .collect();
    match arguments.first().map(String::as_str) {
        None => Bench::new().times(),
        Some("--instructions") => print!("{}", Bench::new().instructions_of_all()),
        Some("--write") => std::fs::write(TABLE, document(&Bench::new().counts())).unwrap(),
        Some("--check") => return check(&Bench::new().counts()),
        Some("--serve") => serve(Path::new(&arguments[1])),
        // `cargo test --benches` and filters of other harnesses: nothing to run.
        Some(_) => {}
    }
    ExitCode::SUCCESS
}

/// Serves a Parameter Store by HTTP and by HTTPS until stdin ends.
///
/// In a process of its own: a child's peak of memory counts what its parent held when it forked, so
/// the process that measures must be small.
fn serve(bundle: &Path) {
    let store = Store::new();
    for count in SIZES {
        store.generate(&format!("/bench/{count}"), count);
    }
    let tls = Tls::new(Identity::Valid);
    // As many certificates as a real system trusts, and the same ones on every machine.
    let mut pem = String::new();
    for root in webpki_root_certs::TLS_SERVER_ROOT_CERTS {
        pem.push_str(&pem::encode(&pem::Pem::new("CERTIFICATE", root.as_ref())));
    }
    pem.push_str(tls.ca_pem());
    std::fs::write(bundle, pem).unwrap();
    let http = Server::start(&store).unwrap();
    let https = Server::start_tls(&store, &tls).unwrap();
    println!("{}\n{}", http.url(), https.url());
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}

/// The Parameter Stores, and the files of a run.
struct Bench {
    server: Child,
    http: String,
    https: String,
    directory: PathBuf,
    bundle: PathBuf,
}

/// A command to measure.
struct Case {
    name: String,
    command: Vec<String>,
    environment: Vec<(String, String)>,
    /// Whether it becomes a program; its count ends there.
    becomes: bool,
}

/// Another program that does our job, or a part of it.
struct Peer {
    name: &'static str,
    /// What it takes to read `/bench/SIZE` and start `/bin/true`.
    command: fn(usize) -> Vec<String>,
    environment: fn(usize, &str) -> Vec<(String, String)>,
}

/// How each peer is told to do it, by its own manual.
const PEERS: [Peer; 6] = [
    Peer {
        name: "chamber",
        command: |size| words(&["chamber", "exec", &format!("bench/{size}"), "--", TARGET]),
        environment: |_, url| pairs(&[("CHAMBER_AWS_SSM_ENDPOINT", url)]),
    },
    Peer {
        name: "pse",
        command: |size| words(&["pse", &format!("/bench/{size}"), "--", TARGET]),
        environment: |_, _| Vec::new(),
    },
    Peer {
        name: "ssmm",
        command: |size| {
            let app = size.to_string();
            let options = ["--prefix", "/bench", "--no-shared", "--app", &app];
            words(&[&["ssmm", "exec"], &options[..], &["--", TARGET]].concat())
        },
        environment: |_, _| Vec::new(),
    },
    Peer {
        name: "ssm-env",
        command: |_| words(&["ssm-env", "-with-decryption", TARGET]),
        environment: |size, _| {
            let reference = |n| format!("ssm:///bench/{size}/name-{n:05}");
            (0..size)
                .map(|n| (format!("NAME_{n:05}"), reference(n)))
                .collect()
        },
    },
    Peer {
        name: "aws-env",
        command: |_| words(&["aws-env"]),
        environment: |size, _| pairs(&[("AWS_ENV_PATH", &format!("/bench/{size}"))]),
    },
    Peer {
        name: "aws",
        command: |size| {
            let script = "values=$(aws ssm get-parameters-by-path --recursive --with-decryption \
                          --output text --path \"$0\") && exec /bin/true";
            words(&["sh", "-c", script, &format!("/bench/{size}")])
        },
        environment: |_, _| Vec::new(),
    },
];

const TARGET: &str = "/bin/true";

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|&(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

impl Bench {
    fn new() -> Self {
        let directory =
            std::env::temp_dir().join(format!("envsecrets-bench-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let bundle = directory.join("bundle.pem");
        let mut server = Command::new(std::env::current_exe().unwrap())
            .arg("--serve")
            .arg(&bundle)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
        let mut url = || lines.next().unwrap().unwrap();
        let (http, https) = (url(), url());
        Self {
            server,
            http,
            https,
            directory,
            bundle,
        }
    }

    fn case(&self, name: &str, url: &str, command: Vec<String>, becomes: bool) -> Case {
        let directory = self.directory.display().to_string();
        let bundle = self.bundle.display().to_string();
        let environment = pairs(&[
            ("AWS_ENDPOINT_URL", url),
            ("AWS_ENDPOINT_URL_SSM", url),
            ("AWS_REGION", "us-east-1"),
            ("AWS_DEFAULT_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
            (
                "AWS_SECRET_ACCESS_KEY",
                "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            ),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("HOME", &directory),
            ("SSL_CERT_FILE", &bundle),
            ("AWS_CA_BUNDLE", &bundle),
        ]);
        Case {
            name: name.to_owned(),
            command,
            environment,
            becomes,
        }
    }

    fn launch(&self, name: &str, url: &str, options: &[&str], becomes: bool) -> Case {
        let command = words(&[&[ENVSECRETS], options].concat());
        self.case(name, url, command, becomes)
    }

    fn schemes(&self) -> [(&'static str, &str); 2] {
        [("HTTP", &self.http), ("TLS", &self.https)]
    }

    fn cases(&self) -> Vec<Case> {
        let mut cases = Vec::new();
        for (scheme, url) in self.schemes() {
            for size in SIZES {
                let plural = if size == 1 { "" } else { "s" };
                let name = format!("{scheme}, {size} parameter{plural}");
                let path = format!("/bench/{size}");
                cases.push(self.launch(&name, url, &["--path", &path, "--", TARGET], true));
            }
        }
        cases
    }

    /// Cases that never ask anybody.
    fn idle_cases(&self) -> Vec<Case> {
        let url = &self.http;
        let path = ["--path", "/bench/10"];
        let with = |rest: &[&'static str]| [&path[..], rest].concat();
        vec![
            self.launch("`--help`", url, &["--help"], false),
            self.launch("a usage error", url, &with(&["--ony", "x"]), false),
            self.launch("a missing program", url, &with(&["--", "nosuch"]), false),
        ]
    }

    /// The peers that are installed here and can do it against this Parameter Store, reading this
    /// many parameters.
    fn peers(&self, scheme: &str, url: &str, size: usize) -> Vec<Case> {
        let mut cases = Vec::new();
        for peer in &PEERS {
            if !is_on_path(peer.name) {
                continue;
            }
            let mut case = self.case(peer.name, url, (peer.command)(size), true);
            case.environment.extend((peer.environment)(size, url));
            let status = prepared(&case, &case.command[0])
                .args(&case.command[1..])
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
            match status {
                Ok(status) if status.success() => cases.push(case),
                _ => println!("({}: not over {scheme} with {size} here)", peer.name),
            }
        }
        cases
    }

    fn counts(&self) -> Vec<(String, u64)> {
        let mut counts = Vec::new();
        for case in self.cases().into_iter().chain(self.idle_cases()) {
            let count = self.instructions(&case).expect("callgrind counts us");
            counts.push((case.name, count));
        }
        counts
    }

    fn instructions_of_all(&self) -> String {
        let mut counts = self.counts();
        for (scheme, url) in self.schemes() {
            for case in self.peers(scheme, url, 10) {
                // Of a shell that starts somebody else only the shell would be counted.
                if case.command[0] == "sh" {
                    continue;
                }
                if let Some(count) = self.instructions(&case) {
                    let name = format!("{scheme}, 10 parameters, {}", case.name);
                    counts.push((name, count));
                }
            }
        }
        table(&counts)
    }

    /// Instructions of one process, up to `execve` if it gets there: the median of some runs.
    fn instructions(&self, case: &Case) -> Option<u64> {
        let mut runs = Vec::new();
        for _ in 0..RUNS {
            runs.push(self.instructions_once(case)?);
        }
        runs.sort_unstable();
        Some(runs[RUNS / 2])
    }

    fn instructions_once(&self, case: &Case) -> Option<u64> {
        let out = self.directory.join("callgrind");
        for old in [out.clone(), out.with_extension("1")] {
            let _ = std::fs::remove_file(old);
        }
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
        // A program without the symbol `execve`, such as one in Go, leaves nothing behind.
        let profile = std::fs::read_to_string(&file).ok()?;
        let summary = |line: &str| {
            let count = line
                .strip_prefix("summary: ")
                .or(line.strip_prefix("totals: "))?;
            count.split_whitespace().next()?.parse().ok()
        };
        profile.lines().find_map(summary)
    }

    /// Times us and the peers in turn, for each size by each scheme.
    fn times(&self) {
        println!("| start | wall, of ours | CPU, of ours | wall ms | CPU ms | peak MiB |");
        println!("| --- | --- | --- | --- | --- | --- |");
        for case in self.cases() {
            let (scheme, size) = case.name.split_once(", ").unwrap();
            let size = size.split(' ').next().unwrap().parse().unwrap();
            let url = case.environment[0].1.clone();
            let nothing = Case {
                name: "`/bin/true` alone".to_owned(),
                command: words(&[TARGET]),
                environment: Vec::new(),
                becomes: true,
            };
            let peers = self.peers(scheme, &url, size);
            let rows: Vec<Case> = [case, nothing].into_iter().chain(peers).collect();
            for (case, ratios, [wall, cpu, peak]) in side_by_side(&rows) {
                let [wall_ratio, cpu_ratio] = ratios;
                println!(
                    "| {case} | {wall_ratio:.2} | {cpu_ratio:.2} | {:.2} | {:.2} | {:.1} |",
                    wall * 1e3,
                    cpu * 1e3,
                    peak / 1024.0
                );
            }
        }
    }
}

/// Runs commands in turn, A B C A B C …, and gives for each the median of its ratios to the first,
/// round by round, and the medians of wall time, CPU time and peak memory.
fn side_by_side(cases: &[Case]) -> Vec<(&str, [f64; 2], [f64; 3])> {
    let mut samples: Vec<Vec<Sample>> = cases.iter().map(|_| Vec::new()).collect();
    for _ in 0..ROUNDS {
        for (case, samples) in cases.iter().zip(&mut samples) {
            samples.push(sample(case));
        }
    }
    let mut rows = Vec::new();
    for (case, theirs) in cases.iter().zip(&samples) {
        let ratio = |value: fn(&Sample) -> f64| {
            let rounds = theirs.iter().zip(&samples[0]);
            median(rounds.map(|(theirs, ours)| value(theirs) / value(ours)))
        };
        let middle = |value: fn(&Sample) -> f64| median(theirs.iter().map(value));
        let wall: fn(&Sample) -> f64 = |it| it.wall.as_secs_f64();
        let cpu: fn(&Sample) -> f64 = |it| it.cpu.as_secs_f64();
        let peak: fn(&Sample) -> f64 = |it| it.peak as f64;
        rows.push((
            case.name.as_str(),
            [ratio(wall), ratio(cpu)],
            [middle(wall), middle(cpu), middle(peak)],
        ));
    }
    rows
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// A command in an environment that holds nothing but what the case says.
fn prepared(case: &Case, program: &str) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .envs(case.environment.iter().cloned());
    command
}

fn is_on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| directory.join(program).is_file())
}

/// One run of a command.
struct Sample {
    wall: Duration,
    /// Its own and its children's.
    cpu: Duration,
    /// KiB.
    peak: i64,
}

fn sample(case: &Case) -> Sample {
    let mut command = prepared(case, &case.command[0]);
    command
        .args(&case.command[1..])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    // A process group of its own keeps terminal signals away from a half-measured run.
    command.process_group(0);
    let started = Instant::now();
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

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
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
