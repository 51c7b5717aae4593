//! What a start costs: whole processes, from the first instruction to the end of the program that
//! they become.
//!
//! ```text
//! cargo bench --bench start                     times, CPU and memory, in turn, us and our peers
//! cargo bench --bench start -- --times STATIC   the same, of the released program
//! cargo bench --bench start -- --secrets        the same for a thousand secrets of Secrets Manager
//! cargo bench --bench start -- --instructions   instruction counts of both, by callgrind
//! cargo bench --bench start -- --check [STATIC]  fails if a figure of instructions.md has grown
//! cargo bench --bench start -- --write STATIC    writes those figures to instructions.md
//! cargo bench --bench start -- --spread         how far 20 runs of each figure lie apart
//! cargo bench --bench start -- --order [PROGRAM…]  writes packaging/functions.ld
//! ```
//!
//! STATIC is the released static program, as `packaging/build` makes it.
//!
//! Times are noisy and are only printed, as ratios within one run. Instruction counts, peak memory,
//! page faults and the number of relocations repeat, so they are what is kept and compared.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::zombie_processes,
    reason = "a benchmark prints, a failing one stops, and children are waited for by wait4"
)]

mod memory;
mod order;
mod others;

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use memory::Memory;
use nix::libc;
use parameter_store::{Identity, Server, Store, Tls};

/// Ours is started by this name, from the directory of the run: a path of another length would cost
/// another number of instructions, wherever the checkout is.
const ENVSECRETS: &str = "./envsecrets";
/// Our program as cargo builds it.
const OURS: &str = env!("CARGO_BIN_EXE_envsecrets");
/// The usual launch, by the name of its case.
const USUAL: &str = "TLS, 10 parameters";
/// The functions that a launch calls, for the linker.
const LIST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/packaging/functions.ld");
const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/instructions.md");
/// A figure of the table is the median of this many runs.
const RUNS: usize = 3;
/// `--spread` compares this many.
const SPREAD_RUNS: usize = 20;
/// Each command is timed this often, in turn with the others.
const ROUNDS: usize = 30;
/// How many parameters there are below the paths that are read.
const SIZES: [usize; 4] = [1, 10, 100, 1000];
/// How many secrets of Secrets Manager are read.
const SECRETS: usize = 1000;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|it| it != "--bench")
        .collect();
    match arguments.first().map(String::as_str) {
        None => Bench::new(OURS).times(),
        Some("--times") => Bench::new(&arguments[1]).times(),
        Some("--secrets") => Bench::new(OURS).secrets(),
        Some("--instructions") => Bench::new(OURS).instructions_of_all(),
        Some("--write") => std::fs::write(TABLE, document(&figures(&arguments[1..]))).unwrap(),
        Some("--check") => return check(&figures(&arguments[1..])),
        Some("--spread") => Bench::new(OURS).spread(),
        Some("--order") => std::fs::write(LIST, order_of(&arguments[1..])).unwrap(),
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
    for number in 0..SECRETS {
        let name = format!("bench/{SECRETS}/name-{number:05}");
        store.put_secret(&name, &format!("value-{number:05}-abcdefghijklmnopqrst"));
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
    program: memory::Program,
}

/// A command to measure.
struct Case {
    name: String,
    command: Vec<String>,
    environment: Vec<(String, String)>,
    directory: PathBuf,
    /// The file that it sees as `/etc/hosts`, in place of the system's.
    hosts: Option<PathBuf>,
    /// Whether it becomes a program; what is counted ends there.
    becomes: bool,
}

/// What one run of a command took.
struct Cost {
    /// None where the program has no symbols, by which callgrind finds the end of what is counted.
    instructions: Option<u64>,
    memory: Memory,
}

/// A figure of each start, and a column of the table.
struct Figure {
    title: &'static str,
    value: fn(&Cost) -> Option<f64>,
    decimals: usize,
    /// By how much it may grow without a new table, in per cent.
    margin: f64,
}

const FIGURES: [Figure; 4] = [
    Figure {
        title: "instructions, millions",
        value: |cost| Some(cost.instructions? as f64 / 1e6),
        decimals: 3,
        margin: 1.0,
    },
    Figure {
        title: "peak memory, KiB",
        value: |cost| Some(cost.memory.resident as f64),
        decimals: 0,
        margin: 5.0,
    },
    Figure {
        title: "private memory, KiB",
        value: |cost| Some(cost.memory.private as f64),
        decimals: 0,
        margin: 5.0,
    },
    Figure {
        title: "page faults",
        value: |cost| Some(cost.memory.faults as f64),
        decimals: 0,
        margin: 5.0,
    },
];

/// By how much the number of relocations may grow, in per cent.
const RELOCATIONS_MARGIN: f64 = 1.0;

/// The share of the mapped code that a start executes, in per cent, where the list of functions is
/// good. With a new list it is 82, with its patterns alone 62, without one 45.
const FRESH: f64 = 60.0;

/// How many times larger each margin is with another libc or another valgrind than those of the
/// table: their instructions and pages are counted as well.
const ELSEWHERE: f64 = 5.0;

/// What the table contains.
struct Figures {
    /// The name of each start, and a value for each of `FIGURES`.
    starts: Vec<(String, [Option<f64>; FIGURES.len()])>,
    /// The number of relocations of each program.
    relocations: Vec<(&'static str, u64)>,
    /// The share of the mapped code that a start executes, in per cent.
    share: f64,
}

/// Another program that does our job, or a part of it.
struct Peer {
    name: &'static str,
    /// What it takes to read `/bench/SIZE` and start `/bin/true`.
    command: fn(usize) -> Vec<String>,
    environment: fn(usize, &str) -> Vec<(String, String)>,
}

/// How each peer does it, by its own manual.
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
    fn new(program: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let (process, number) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let name = format!("envsecrets-bench-{process}-{number}");
        let directory = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&directory).unwrap();
        let bundle = directory.join("bundle.pem");
        symlink(program, directory.join(ENVSECRETS)).unwrap();
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
            program: memory::Program::new(program),
        }
    }

    fn case(&self, name: &str, url: &str, command: Vec<String>, becomes: bool) -> Case {
        // The same on every machine, to the letter.
        let environment = pairs(&[
            ("PATH", "/usr/local/bin:/usr/bin:/bin"),
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
            ("HOME", "/nonexistent"),
            ("SSL_CERT_FILE", "bundle.pem"),
            ("AWS_CA_BUNDLE", "bundle.pem"),
        ]);
        Case {
            name: name.to_owned(),
            command,
            environment,
            directory: self.directory.clone(),
            hosts: None,
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

    /// A case with a host name that the system resolves, which takes a thread.
    fn named_case(&self) -> Case {
        let name = "HTTP, 10 parameters, by a host name";
        let options = ["--path", "/bench/10", "--", TARGET];
        let mut case = self.launch(name, &self.http, &options, true);
        for (_, value) in &mut case.environment {
            for local in ["//localhost:", "//127.0.0.1:"] {
                *value = value.replace(local, "//parameters.test:");
            }
        }
        let hosts = self.directory.join("hosts");
        std::fs::write(&hosts, "127.0.0.1 parameters.test\n").unwrap();
        case.hosts = Some(hosts);
        case
    }

    /// The cases of the table.
    fn table_cases(&self) -> Vec<Case> {
        let mut cases = self.cases();
        cases.push(self.named_case());
        cases.extend(self.idle_cases());
        cases
    }

    /// Cases that send no request.
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
            if found(peer.name).is_none() {
                continue;
            }
            let mut case = self.case(peer.name, url, (peer.command)(size), true);
            case.environment.extend((peer.environment)(size, url));
            // They are wherever the user has installed them.
            let path = std::env::var("PATH").unwrap_or_default();
            case.environment.push(("PATH".to_owned(), path));
            let status = prepared(&case).status();
            match status {
                Ok(status) if status.success() => cases.push(case),
                _ => println!("({}: not over {scheme} with {size} here)", peer.name),
            }
        }
        cases
    }

    /// Runs a case of ours.
    fn cost(&self, case: &Case) -> Cost {
        let mut in_memory = prepared_by(case, &self.program.path(), &case.command[1..]);
        Cost {
            instructions: instructions(case),
            memory: memory::peak(in_memory.arg0(ENVSECRETS), case.becomes),
        }
    }

    /// The figures of these cases: medians, where runs differ.
    fn starts(&self, cases: Vec<Case>) -> Vec<(String, [Option<f64>; FIGURES.len()])> {
        let mut starts = Vec::new();
        for case in cases {
            let costs: Vec<Cost> = (0..RUNS).map(|_| self.cost(&case)).collect();
            let medians = FIGURES.map(|figure| {
                let values: Option<Vec<f64>> = costs.iter().map(figure.value).collect();
                values.map(|values| median(values.into_iter()))
            });
            starts.push((case.name, medians));
        }
        starts
    }

    /// The share of the mapped code that a launch executes, in per cent.
    fn share(&self) -> f64 {
        let cases = self.cases();
        let case = cases.iter().find(|case| case.name == USUAL);
        let options = ["--dump-instr=yes", "--compress-pos=no"];
        let profile = profile(case.unwrap(), &options).expect("callgrind counts ours");
        order::share(&profile, OURS)
    }

    /// Prints how far the figures of equal runs lie apart.
    fn spread(&self) {
        println!("| start | figure | least | median | most | from least to most |");
        println!("| --- | --- | --- | --- | --- | --- |");
        for case in self.table_cases() {
            let costs: Vec<Cost> = (0..SPREAD_RUNS).map(|_| self.cost(&case)).collect();
            for figure in &FIGURES {
                let values = || costs.iter().filter_map(figure.value);
                let least = values().fold(f64::INFINITY, f64::min);
                let most = values().fold(0.0, f64::max);
                let (middle, decimals) = (median(values()), figure.decimals);
                println!(
                    "| {} | {} | {least:.decimals$} | {middle:.decimals$} | {most:.decimals$} | {:.2} % |",
                    case.name,
                    figure.title,
                    (most / least - 1.0) * 100.0
                );
            }
        }
    }

    /// Prints the instructions of ours and of the peers.
    fn instructions_of_all(&self) {
        println!("| start | instructions, millions |\n| --- | --- |");
        let mut cases = self.table_cases();
        for (scheme, url) in self.schemes() {
            for mut case in self.peers(scheme, url, 10) {
                // Of a shell that starts another program only the shell would be counted.
                if case.command[0] != "sh" {
                    case.name = format!("{scheme}, 10 parameters, {}", case.name);
                    cases.push(case);
                }
            }
        }
        for case in cases {
            let counts: Option<Vec<u64>> = (0..RUNS).map(|_| instructions(&case)).collect();
            if let Some(counts) = counts {
                let millions = median(counts.iter().map(|&count| count as f64)) / 1e6;
                println!("| {} | {millions:.3} |", case.name);
            }
        }
    }

    /// Times a thousand secrets below a prefix against as many parameters, and against the AWS CLI.
    fn secrets(&self) {
        const CLI: &str = "values=$(aws secretsmanager batch-get-secret-value --output text --filters \
                           \"Key=name,Values=$0\") && exec /bin/true";
        println!("| start | wall, of ours | CPU, of ours | wall ms | CPU ms | peak MiB |");
        println!("| --- | --- | --- | --- | --- | --- |");
        for (scheme, url) in self.schemes() {
            let prefix = format!("bench/{SECRETS}/");
            let place = format!("secretsmanager://{prefix}");
            let path = format!("/bench/{SECRETS}");
            let name = format!("{scheme}, {SECRETS} secrets");
            let ours = self.launch(&name, url, &["--from", &place, "--", TARGET], true);
            let name = format!("{scheme}, {SECRETS} parameters");
            let parameters = self.launch(&name, url, &["--path", &path, "--", TARGET], true);
            let mut rows = vec![ours, parameters];
            if found("aws").is_some() {
                let mut cli = self.case("aws", url, words(&["sh", "-c", CLI, &prefix]), true);
                let search = std::env::var("PATH").unwrap_or_default();
                cli.environment.push(("PATH".to_owned(), search));
                rows.push(cli);
            }
            print_rows(&rows);
        }
    }

    /// Times us and the peers in turn, for each size by each scheme.
    fn times(&self) {
        println!("| start | wall, of ours | CPU, of ours | wall ms | CPU ms | peak MiB |");
        println!("| --- | --- | --- | --- | --- | --- |");
        for case in self.cases() {
            let (scheme, size) = case.name.split_once(", ").unwrap();
            let size = size.split(' ').next().unwrap().parse().unwrap();
            let url = if scheme == "TLS" {
                &self.https
            } else {
                &self.http
            };
            let nothing = Case {
                name: "`/bin/true` alone".to_owned(),
                command: words(&[TARGET]),
                environment: Vec::new(),
                directory: self.directory.clone(),
                hosts: None,
                becomes: true,
            };
            let peers = self.peers(scheme, url, size);
            let rows: Vec<Case> = [case, nothing].into_iter().chain(peers).collect();
            print_rows(&rows);
        }
    }
}

/// Runs commands in turn, and prints a row for each.
fn print_rows(cases: &[Case]) {
    for (case, ratios, [wall, cpu, peak]) in side_by_side(cases) {
        let [wall_ratio, cpu_ratio] = ratios;
        println!(
            "| {case} | {wall_ratio:.2} | {cpu_ratio:.2} | {:.2} | {:.2} | {:.1} |",
            wall * 1e3,
            cpu * 1e3,
            peak / 1024.0
        );
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

/// A command without a terminal, in an environment with nothing but what the case gives.
fn prepared(case: &Case) -> Command {
    let program = &case.command[0];
    prepared_by(case, program, &case.command[1..])
}

/// The same under a program that watches it.
fn prepared_by(case: &Case, program: &str, arguments: &[String]) -> Command {
    let program = match program.contains('/') {
        true => PathBuf::from(program),
        false => found(program).unwrap_or_else(|| panic!("{program} is not installed")),
    };
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(&case.directory)
        .env_clear()
        .envs(case.environment.iter().cloned())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if let Some(hosts) = case.hosts.clone() {
        let see = move || Ok(memory::mount_for_itself(&hosts, "/etc/hosts")?);
        // SAFETY: `see` makes system calls and nothing else.
        unsafe { command.pre_exec(see) };
    }
    command
}

/// Where a program is on our own `PATH`.
fn found(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|directory| directory.join(program))
        .find(|file| file.is_file())
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
    let mut command = prepared(case);
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

/// Instructions of one process, up to `execve` if it gets there.
fn instructions(case: &Case) -> Option<u64> {
    let profile = profile(case, &[])?;
    let summary = |line: &str| {
        let count = line
            .strip_prefix("summary: ")
            .or(line.strip_prefix("totals: "))?;
        count.split_whitespace().next()?.parse().ok()
    };
    profile.lines().find_map(summary)
}

/// What callgrind writes about one process, up to `execve` if it gets there.
fn profile(case: &Case, more: &[&str]) -> Option<String> {
    let out = case.directory.join("callgrind");
    for old in [out.clone(), out.with_extension("1")] {
        let _ = std::fs::remove_file(old);
    }
    let options = [
        "--tool=callgrind",
        "--dump-before=execve*",
        "--callgrind-out-file=callgrind",
    ];
    let arguments = [&words(&options)[..], &words(more), &case.command].concat();
    let status = prepared_by(case, "valgrind", &arguments).status().unwrap();
    assert!(!case.becomes || status.success(), "{}: {status}", case.name);
    let file = if case.becomes {
        out.with_extension("1")
    } else {
        out
    };
    // A program without the symbol `execve`, such as one in Go, leaves nothing behind.
    std::fs::read_to_string(&file).ok()
}

/// What a command prints.
fn printed(command: &[&str]) -> String {
    let mut process = Command::new(command[0]);
    let output = process.args(&command[1..]).env("LC_ALL", "C").output();
    let output = output.unwrap_or_else(|error| panic!("{}: {error}", command[0]));
    assert!(output.status.success(), "{command:?}");
    String::from_utf8(output.stdout)
        .unwrap()
        .trim_end()
        .to_owned()
}

/// How many addresses have to be filled in before anything runs: by the dynamic linker, or by a
/// static program itself.
fn relocations(program: &str) -> u64 {
    let sections = printed(&["readelf", "--relocs", "--wide", program]);
    // Relocation section '.rela.dyn' at offset 0x3f88 contains 25384 entries:
    let count = |line: &str| -> Option<u64> {
        let (_, rest) = line.split_once(" contains ")?;
        rest.split_once(" entr")?.0.parse().ok()
    };
    sections.lines().filter_map(count).sum()
}

/// The figures of our program, and of the static one if there is one.
fn figures(programs: &[String]) -> Figures {
    let bench = Bench::new(OURS);
    let mut starts = bench.starts(bench.table_cases());
    let mut all = vec![("relocations", relocations(OURS))];
    if let Some(program) = programs.first() {
        let bench = Bench::new(program);
        let mut cases = bench.cases();
        cases.retain(|case| case.name.contains(" 10 ") || case.name.contains(" 1000 "));
        for case in &mut cases {
            case.name = format!("static: {}", case.name);
        }
        starts.extend(bench.starts(cases));
        all.push(("static: relocations", relocations(program)));
    }
    Figures {
        starts,
        relocations: all,
        share: bench.share(),
    }
}

/// The list of the functions that launches call, for the linker. Our program and the others must
/// have their symbols.
fn order_of(others: &[String]) -> String {
    let programs = [&[OURS.to_owned()], others].concat();
    let mut usual = None;
    let mut recorded = Vec::new();
    for program in &programs {
        let bench = Bench::new(program);
        let services = others::Services::start(&bench.directory);
        let mut cases = bench.table_cases();
        cases.extend(bench.other_cases(&services));
        usual = cases.iter().position(|case| case.name == USUAL);
        let runs = cases.iter().map(|case| {
            let profile = profile(case, &["--demangle=no"]);
            let profile = profile.unwrap_or_else(|| panic!("{program} has no symbols"));
            order::called(&profile, program)
        });
        recorded.push((order::Functions::of(program), runs.collect()));
    }
    order::document(&recorded, usual.expect("a usual launch"))
}

/// What the figures depend on, besides us.
fn machine() -> String {
    let glibc = printed(&["getconf", "GNU_LIBC_VERSION"]);
    format!("{glibc} and {}", printed(&["valgrind", "--version"]))
}

fn document(figures: &Figures) -> String {
    let mut text = format!(
        "# Figures of a start

Whole processes up to `execve`: instructions as callgrind counts them, and their peak memory,
with and without the pages of files that all processes of a program share, and how often the kernel has to
map some. `cargo bench --bench start -- --write` writes this file, and `.ci/run` fails when a figure has grown
without it; [README.md](README.md) has the margins. TLS is version 1.3 with {} trusted certificates.
Instructions are counted with symbols, which the static program has none of.

Measured with {}.

| start |",
        webpki_root_certs::TLS_SERVER_ROOT_CERTS.len() + 1,
        machine()
    );
    for figure in &FIGURES {
        write!(text, " {} |", figure.title).unwrap();
    }
    text.push_str("\n| --- |");
    text.push_str(&" --- |".repeat(FIGURES.len()));
    text.push('\n');
    for (name, values) in &figures.starts {
        write!(text, "| {name} |").unwrap();
        for (figure, value) in FIGURES.iter().zip(values) {
            match value {
                Some(value) => write!(text, " {value:.*} |", figure.decimals).unwrap(),
                None => text.push_str(" |"),
            }
        }
        text.push('\n');
    }
    text.push_str("\n| the program | |\n| --- | --- |\n");
    for (name, count) in &figures.relocations {
        writeln!(text, "| {name} | {count} |").unwrap();
    }
    text
}

/// Compares with the committed table.
fn check(figures: &Figures) -> ExitCode {
    let committed = std::fs::read_to_string(TABLE).unwrap();
    let then = |row: &str, column: usize| -> Option<f64> {
        let cells = |line: &str| Some(line.strip_prefix(&format!("| {row} |"))?.to_owned());
        let cells = committed.lines().find_map(cells)?;
        cells.split('|').nth(column)?.trim().parse().ok()
    };
    let here = machine();
    let factor = if committed.contains(&format!("Measured with {here}.")) {
        1.0
    } else {
        println!("The table is not of {here}: the margins are {ELSEWHERE} times as large.");
        ELSEWHERE
    };
    let mut failed = false;
    let mut compare = |row: &str, title: &str, now: f64, then: Option<f64>, margin: f64| {
        let margin = margin * factor;
        let Some(then) = then else {
            println!("{row}: {title} is not in the table: write it");
            failed = true;
            return;
        };
        let change = (now / then - 1.0) * 100.0;
        let verdict = if change > margin {
            failed = true;
            format!("has grown by more than {margin} %")
        } else if change < -margin {
            format!("has shrunk by more than {margin} %: write the table")
        } else {
            "as committed".to_owned()
        };
        println!("{row}: {title}: {then} before, {now} now ({change:+.2} %), {verdict}");
    };
    for (name, values) in &figures.starts {
        for (column, (figure, &now)) in FIGURES.iter().zip(values).enumerate() {
            if let Some(now) = now {
                let then = then(name, column);
                compare(name, figure.title, now, then, figure.margin);
            }
        }
    }
    for &(name, now) in &figures.relocations {
        let then = then(name, 0);
        compare("the program", name, now as f64, then, RELOCATIONS_MARGIN);
    }
    let share = figures.share;
    let verdict = if share < FRESH {
        failed = true;
        "packaging/functions.ld is stale: run packaging/order"
    } else {
        "packaging/functions.ld is good"
    };
    println!("a start executes {share:.0} % of the code that is mapped for it: {verdict}");
    if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}
