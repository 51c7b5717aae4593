//! Files whose writing is interrupted: by a failure or a signal at each system call in turn, by a
//! limit, by a program that cannot be executed, and by SIGKILL.

use std::collections::BTreeMap;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::Signal;

use crate::support::memory::{Memory, behind};
use crate::support::{
    Directory, ENVSECRETS, Ended, Launch, OTHER_SENTINEL, SENTINEL, World, can, can_trace,
    can_unshare, demo,
};

/// A hidden name under which a file was written.
const LEFTOVER: &str = ".envsecrets-00112233445566ff";

/// A directory of one thread.
enum Place {
    Memory(Memory),
    Disk(Directory),
}

impl Place {
    fn path(&self) -> PathBuf {
        match self {
            Self::Memory(memory) => PathBuf::from(memory.path("").trim_end_matches('/')),
            Self::Disk(directory) => directory.path().to_owned(),
        }
    }
}

/// What a command does to a directory.
struct Case {
    /// The arguments, with `{}` for the directory.
    arguments: Vec<String>,
    /// The files before: name, content, mode.
    before: Vec<(&'static str, &'static str, u32)>,
    /// The files afterwards, if it succeeds.
    after: Vec<(&'static str, String, u32)>,
    /// Its status if nothing interrupts it, and what it prints.
    code: i32,
    printed: &'static str,
    /// Whether the same once more completes what SIGKILL has interrupted. What is appended would be
    /// there twice.
    repeated: bool,
}

impl Case {
    fn arguments(&self, directory: &Path) -> Vec<String> {
        let directory = directory.to_str().unwrap();
        let arguments = self.arguments.iter();
        arguments.map(|it| it.replace("{}", directory)).collect()
    }

    fn reset(&self, directory: &Path) {
        for entry in std::fs::read_dir(directory).unwrap() {
            std::fs::remove_file(entry.unwrap().path()).unwrap();
        }
        for (name, content, mode) in &self.before {
            let file = directory.join(name);
            std::fs::write(&file, content).unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(*mode)).unwrap();
        }
    }

    fn all_old(&self) -> Vec<String> {
        let files = self.before.iter();
        files
            .map(|(name, content, mode)| shown(name, content, *mode))
            .collect()
    }

    fn all_new(&self) -> Vec<String> {
        let files = self.after.iter();
        files
            .map(|(name, content, mode)| shown(name, content, *mode))
            .collect()
    }
}

fn shown(name: &str, content: &str, mode: u32) -> String {
    format!("{name} {mode:o} {content:?}")
}

/// The files in a directory, in the order of their names.
fn files_in(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    let files = entries.map(|entry| {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let mode = path.symlink_metadata().unwrap().mode() & 0o7777;
        shown(name, &std::fs::read_to_string(&path).unwrap(), mode)
    });
    let mut files: Vec<String> = files.collect();
    files.sort();
    files
}

/// Runs it under strace with these options, and after `--` perhaps behind a command.
fn traced(world: &World, log: &Path, options: &[&str], arguments: &[String]) -> Ended {
    let strace = ["-f", "-y", "-s", "16", "-o", log.to_str().unwrap()];
    let separator = if options.contains(&"--") {
        None
    } else {
        Some(&"--")
    };
    let words = strace
        .iter()
        .chain(options)
        .chain(separator)
        .chain(&[ENVSECRETS]);
    let words: Vec<&str> = words
        .copied()
        .chain(arguments.iter().map(String::as_str))
        .collect();
    world.with_settings(Launch::new("strace", &words)).run()
}

/// The calls of the first thread from where the last connection is closed, up to the one by which it
/// becomes the program or ends: each with its number among those of its name.
fn calls(log: &str) -> Vec<(String, usize)> {
    let first = log.split(' ').next().unwrap();
    let lines = log.lines().filter_map(|line| {
        let (thread, call) = line.split_once(' ')?;
        let (name, rest) = call.trim_start().split_once('(')?;
        let is_name = name
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || it == b'_');
        (thread == first && is_name).then_some((name, rest))
    });
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut calls = Vec::new();
    // The first one is by strace.
    for (name, rest) in lines.skip(1) {
        if name == "exit_group" {
            break;
        }
        let count = counts.entry(name).or_default();
        *count += 1;
        calls.push((name.to_owned(), *count));
        if rest.contains("<socket:[") || rest.contains("<TCP") {
            calls.clear();
        }
        if name == "execve" && rest.ends_with(" = 0") {
            break;
        }
    }
    calls
}

/// The error that a call is made to fail with, if a failure of it means anything: what cannot fail,
/// or fails for want of memory only, is left out.
fn error_of(call: &str) -> Option<&'static str> {
    match call {
        "openat" | "fstat" | "newfstatat" | "statx" | "flock" | "fcntl" | "getdents64"
        | "close" | "fchown" | "fchmod" | "unlinkat" | "read" | "pread64" | "lseek" | "rename"
        | "renameat" | "renameat2" | "fsync" => Some("EIO"),
        "write" | "pwrite64" | "linkat" => Some("ENOSPC"),
        "execve" => Some("EACCES"),
        _ => None,
    }
}

/// Does this to each call of the case in turn, and looks at what is left.
fn each_call_in_turn(story: &str, case: &Case, place: impl Fn() -> Option<Place> + Sync) {
    let world = demo();
    let Some(first) = place() else {
        return;
    };
    let directory = first.path();
    let log = world.directory.path().join("all.log");
    case.reset(&directory);
    let arguments = case.arguments(&directory);
    let ended = traced(&world, &log, &[], &arguments);
    assert_eq!(
        (ended.code, ended.text().as_str()),
        (Some(case.code), case.printed),
        "{ended:?}"
    );
    let expected = if case.code == 0 {
        case.all_new()
    } else {
        case.all_old()
    };
    assert_eq!(files_in(&directory), expected);
    let calls = calls(&std::fs::read_to_string(&log).unwrap());
    let names: Vec<&str> = calls.iter().map(|(name, _)| name.as_str()).collect();
    assert!(
        names.contains(&"write") && names.len() > 8,
        "{story}: {names:?}"
    );

    let mut injections = Vec::new();
    for (name, number) in &calls {
        let term = "signal=TERM".to_owned();
        if case.code != 0 {
            // It puts back what was there, and that can fail only once.
            injections.push((name.clone(), term, *number));
            continue;
        }
        let error = error_of(name).map(|error| format!("error={error}"));
        let signals = [term, "signal=KILL".to_owned()];
        for what in error.into_iter().chain(signals) {
            injections.push((name.clone(), what, *number));
        }
    }
    let (all, reached) = (injections.len(), AtomicUsize::new(0));
    let injections = Mutex::new(injections.into_iter());
    std::thread::scope(|scope| {
        for worker in 0..4 {
            let (world, injections, place) = (&world, &injections, &place);
            let reached = &reached;
            scope.spawn(move || {
                let Some(own) = place() else {
                    return;
                };
                let directory = own.path();
                let log = world.directory.path().join(format!("{worker}.log"));
                let next = || injections.lock().unwrap().next();
                while let Some((name, what, number)) = next() {
                    if interrupted(world, case, &directory, &log, &name, &what, number) {
                        reached.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    // The calls before these may differ between two runs, but hardly do.
    let reached = reached.into_inner();
    assert!(reached > all * 9 / 10, "{story}: {reached} of {all}");
}

/// Whether it was interrupted.
fn interrupted(
    world: &World,
    case: &Case,
    directory: &Path,
    log: &Path,
    name: &str,
    what: &str,
    number: usize,
) -> bool {
    case.reset(directory);
    let arguments = case.arguments(directory);
    let (trace, inject) = (
        format!("--trace={name}"),
        format!("--inject={name}:{what}:when={number}"),
    );
    let ended = traced(world, log, &[&trace, &inject], &arguments);
    let context = format!("{what} at {name} {number}: {ended:?}");
    for text in [ended.stderr.as_str(), &ended.text()] {
        assert!(
            !text.contains(SENTINEL) && !text.contains(OTHER_SENTINEL),
            "{context}"
        );
    }
    let found = files_in(directory);
    if what == "signal=KILL" {
        assert_eq!(ended.text(), "", "{context}");
        if case.repeated {
            // The next start puts everything right.
            let again = world.envsecrets(&arguments).run();
            assert_eq!(files_in(directory), case.all_new(), "{context} {again:?}");
            return ended.signal == Some(Signal::SIGKILL as i32);
        }
    }
    assert!(
        found == case.all_old() || found == case.all_new(),
        "{context}: {found:#?}"
    );
    if ended.code == Some(0) {
        assert_eq!(
            (ended.text().as_str(), &found),
            (case.printed, &case.all_new()),
            "{context}"
        );
    } else {
        assert_eq!(ended.text(), "", "{context}");
    }
    match what.starts_with("error=") {
        true => std::fs::read_to_string(log).unwrap().contains("(INJECTED)"),
        false => ended.signal.is_some(),
    }
}

/// Three files, of which two exist, and a program that ends with this code.
fn case_of_a_launch(code: i32, program: &[&str]) -> Case {
    const OPTIONS: &str =
        "--file A=/prd/app/a@{}/a --file B=/prd/app/b@{}/b --file C=/prd/app/a@{}/c --";
    let words = OPTIONS.split(' ').chain(program.iter().copied());
    Case {
        arguments: words.map(str::to_owned).collect(),
        before: vec![("a", "old a", 0o440), ("b", "old b", 0o400)],
        after: vec![
            ("a", SENTINEL.to_owned(), 0o400),
            ("b", OTHER_SENTINEL.to_owned(), 0o400),
            ("c", SENTINEL.to_owned(), 0o400),
        ],
        code,
        printed: if code == 0 { "started\n" } else { "" },
        repeated: true,
    }
}

#[test]
fn files_of_a_launch_are_all_new_or_all_old_wherever_it_is_interrupted() {
    let story = "files_of_a_launch_are_all_new_or_all_old_wherever_it_is_interrupted";
    if !can_trace(story) {
        return;
    }
    let case = case_of_a_launch(0, &["/bin/echo", "started"]);
    each_call_in_turn(story, &case, || Memory::new(story).map(Place::Memory));
}

#[test]
fn files_are_put_back_whole_wherever_a_failing_launch_is_interrupted() {
    let story = "files_are_put_back_whole_wherever_a_failing_launch_is_interrupted";
    if !can_trace(story) {
        return;
    }
    let directory = Directory::new();
    let script = directory.file("script", "#!/nonexistent/interpreter\n", 0o755);
    let case = case_of_a_launch(127, &[script.to_str().unwrap()]);
    each_call_in_turn(story, &case, || Memory::new(story).map(Place::Memory));
}

#[test]
fn a_signal_counts_where_it_would_have_ended_the_launch() {
    let story = "a_signal_counts_where_it_would_have_ended_the_launch";
    if !can_trace(story) {
        return;
    }
    let Some(memory) = Memory::new(story) else {
        return;
    };
    let directory = PathBuf::from(memory.path("").trim_end_matches('/'));
    let world = demo();
    let case = case_of_a_launch(0, &["/bin/echo", "started"]);
    let log = world.directory.path().join("log");
    let pid_1 = ["--", "unshare", "--pid", "--fork", "--kill-child"];
    let nohup = ["--", "sh", "-c", "trap '' TERM; exec \"$@\"", "sh"];
    let blocked = ["--", "env", "--block-signal=TERM"];
    let (ends, exits, starts) = (
        |signal| (None, Some(signal)),
        |code| (Some(code), None),
        (Some(0), None),
    );
    for (wrapper, signal, (code, by)) in [
        (&[] as &[&str], "TERM", ends(15)),
        (&[], "INT", ends(2)),
        (&[], "HUP", ends(1)),
        (&[], "USR1", ends(10)),
        (&[], "ALRM", ends(14)),
        (&[], "XCPU", ends(24)),
        (&[], "40", ends(40)),
        (&[], "CHLD", starts),
        (&[], "WINCH", starts),
        (&[], "XFSZ", starts),
        (&nohup, "TERM", starts),
        (&blocked, "TERM", starts),
        // PID 1 has no default actions.
        (&pid_1, "TERM", exits(143)),
        (&pid_1, "INT", exits(130)),
        (&pid_1, "USR1", starts),
    ] {
        if wrapper == pid_1 && !can(story, "PID namespaces", can_unshare(&pid_1[2..])) {
            continue;
        }
        case.reset(&directory);
        let inject = format!("--inject=renameat:signal={signal}:when=2");
        let options = [&["--trace=renameat", &inject], wrapper].concat();
        let ended = traced(&world, &log, &options, &case.arguments(&directory));
        let context = format!("{wrapper:?} {signal}: {ended:?}");
        assert_eq!((ended.code, ended.signal), (code, by), "{context}");
        let (printed, files) = match code {
            Some(0) => ("started\n", case.all_new()),
            _ => ("", case.all_old()),
        };
        assert_eq!(
            (ended.text().as_str(), files_in(&directory)),
            (printed, files),
            "{context}"
        );
    }
}

#[test]
fn an_exported_file_is_new_or_old_wherever_it_is_interrupted() {
    let story = "an_exported_file_is_new_or_old_wherever_it_is_interrupted";
    if !can_trace(story) {
        return;
    }
    let export = "export --path /prd/app --output {}/x --format";
    let both = format!("A={SENTINEL}\nB={OTHER_SENTINEL}\n");
    let appended = format!("X=1\nA<<END\n{SENTINEL}\nEND\nB<<END\n{OTHER_SENTINEL}\nEND\n");
    for (options, before, after, repeated) in [
        (["docker"].as_slice(), None, &both, true),
        (&["docker", "--overwrite"], Some("old"), &both, true),
        (&["github"], Some("X=1"), &appended, false),
    ] {
        let case = Case {
            arguments: export
                .split(' ')
                .chain(options.iter().copied())
                .map(str::to_owned)
                .collect(),
            before: before.map(|text| ("x", text, 0o600)).into_iter().collect(),
            after: vec![("x", after.clone(), 0o600)],
            code: 0,
            printed: "",
            repeated,
        };
        each_call_in_turn(story, &case, || Some(Place::Disk(Directory::new())));
    }
    // A kernel without the call that renames only to a free name.
    let (world, directory) = (demo(), Directory::new());
    let words = export.replace("{}", directory.path().to_str().unwrap()) + " docker";
    let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
    let inject = ["--trace=renameat2", "--inject=renameat2:error=ENOSYS"];
    for code in [0, 73] {
        let log = world.directory.path().join("log");
        let ended = traced(&world, &log, &inject, &words);
        assert_eq!(ended.code, Some(code), "{ended:?}");
        assert_eq!(files_in(directory.path()), [shown("x", &both, 0o600)]);
    }
}

#[test]
fn what_a_killed_start_left_is_removed_and_what_a_running_one_holds_is_not() {
    let story = "what_a_killed_start_left_is_removed_and_what_a_running_one_holds_is_not";
    let Some(memory) = Memory::new(story) else {
        return;
    };
    let world = demo();
    let held = ".envsecrets-ffffffffffffffff";
    let others = [
        ".envsecrets-1",
        ".envsecrets-00112233445566FF",
        "envsecrets-0011223344556677",
    ];
    for name in [LEFTOVER, held].iter().chain(&others) {
        std::fs::write(memory.path(name), SENTINEL).unwrap();
    }
    let link = ".envsecrets-0000000000000000";
    symlink(memory.path(others[0]), memory.path(link)).unwrap();
    std::fs::create_dir(memory.path(".envsecrets-1111111111111111")).unwrap();
    let running = std::fs::File::open(memory.path(held)).unwrap();
    running.try_lock().unwrap();
    let mut kept = vec![link, ".envsecrets-1111111111111111"];
    kept.extend(others);

    let options = format!("--file A=/prd/app/a@{}", memory.path("a"));
    // A check writes nothing, and removes nothing.
    let check = format!("check {options}");
    let check: Vec<&str> = check.split(' ').collect();
    assert_eq!(world.envsecrets(&check).run().code, Some(0));
    assert!(memory.names().iter().any(|name| name == LEFTOVER));

    assert_eq!(world.launch(&options, &["true"]).run().ok(), "");
    let mut expected = [&kept[..], &[held, "a"]].concat();
    expected.sort();
    assert_eq!(memory.names(), expected);
    // Not by closing it: a child that another story forks meanwhile holds the same lock.
    running.unlock().unwrap();
    assert_eq!(world.launch(&options, &["true"]).run().ok(), "");
    expected.retain(|name| *name != held);
    assert_eq!(memory.names(), expected);

    // A start that fails later has removed it, too.
    std::fs::write(memory.path(LEFTOVER), SENTINEL).unwrap();
    let missing = format!("{options} --require MISSING");
    world.launch(&missing, &["true"]).run().failed(66);
    assert_eq!(memory.names(), expected);

    // An export does the same.
    let directory = world.directory.path();
    std::fs::write(directory.join(LEFTOVER), SENTINEL).unwrap();
    let output = directory.join("x.env");
    let output = output.to_str().unwrap();
    let words = [
        "export", "--path", "/prd/app", "--format", "docker", "--output", output,
    ];
    assert_eq!(world.envsecrets(&words).run().code, Some(0));
    assert!(!directory.join(LEFTOVER).exists());
}

#[test]
fn starts_at_the_same_time_leave_each_others_files_alone() {
    let story = "starts_at_the_same_time_leave_each_others_files_alone";
    let Some(memory) = Memory::new(story) else {
        return;
    };
    let world = demo();
    let (a, b) = (memory.path("a"), memory.path("b"));
    std::thread::scope(|scope| {
        for value in ["/prd/app/a", "/prd/app/b", "/prd/app/a", "/prd/app/b"] {
            let options = format!("--file A={value}@{a} --file B={value}@{b}");
            let world = &world;
            scope.spawn(move || {
                for _ in 0..4 {
                    assert_eq!(world.launch(&options, &["true"]).run().ok(), "");
                }
            });
        }
    });
    assert_eq!(memory.names(), ["a", "b"]);
    let read = |path: &str| std::fs::read_to_string(path).unwrap();
    assert_eq!(read(&a), read(&b), "both are of one start");

    // One that is in the middle of it is waited for, but not for ever.
    let directory = std::fs::File::open(memory.path("")).unwrap();
    directory.try_lock().unwrap();
    let options = format!("--file A=/prd/app/a@{a} --file B=/prd/app/a@{b}");
    let running = world.launch(&options, &["true"]).start();
    let ended = running.end();
    assert!(ended.took >= Duration::from_secs(1), "{ended:?}");
    assert_eq!(ended.ok(), "");
    assert_eq!(read(&a), SENTINEL);
}

#[test]
fn a_program_that_cannot_be_executed_leaves_the_files_of_the_last_start() {
    let story = "a_program_that_cannot_be_executed_leaves_the_files_of_the_last_start";
    let Some(memory) = Memory::new(story) else {
        return;
    };
    let world = demo();
    let gone = world
        .directory
        .file("script", "#!/nonexistent/interpreter\n", 0o755);
    let (a, b) = (memory.path("a"), memory.path("b"));
    let before = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    std::fs::write(&a, "old").unwrap();
    std::fs::set_permissions(&a, std::fs::Permissions::from_mode(0o640)).unwrap();
    let file = std::fs::File::open(&a).unwrap();
    file.set_modified(before).unwrap();
    let old = std::fs::metadata(&a).unwrap();
    let options = format!("--file A=/prd/app/a@{a} --file B=/prd/app/b@{b}");
    let ended = world.launch(&options, &[gone.to_str().unwrap()]).run();
    assert_eq!(
        ended.failed(127),
        format!(
            "envsecrets: error: `{0}` exists, but its interpreter `/nonexistent/interpreter` does not\n\
             envsecrets: hint: check the first line of the script; a carriage return at its end counts too\n",
            gone.display()
        )
    );
    assert_eq!(memory.names(), ["a"]);
    assert_eq!(std::fs::read_to_string(&a).unwrap(), "old");
    let found = std::fs::metadata(&a).unwrap();
    assert_eq!((found.mode(), found.uid()), (old.mode(), old.uid()));
    assert_eq!(found.modified().unwrap(), before);
}

#[test]
fn a_limit_of_the_size_of_files_is_reported_and_leaves_nothing() {
    let world = demo();
    let path = world.directory.path().join("x.env");
    let limited = |words: &str, limit: u64| {
        let words = words.replace("{}", path.to_str().unwrap());
        let mut launch = world.envsecrets(&words.split(' ').collect::<Vec<_>>());
        launch.before(move || Ok(setrlimit(Resource::RLIMIT_FSIZE, limit, limit)?));
        launch
    };
    let printed = format!(
        "envsecrets: error: cannot write `{}`\n\
         envsecrets:   caused by: File too large (os error 27)\n\
         envsecrets: hint: raise the limit of the size of files: `ulimit -f`, `LimitFSIZE=` of systemd, \
         `--ulimit fsize=` of Docker; the file was not changed\n",
        path.display()
    );
    for options in ["docker", "docker --overwrite", "github"] {
        let words = format!("export --path /prd/app --output {{}} --format {options}");
        for before in [None, Some("X=1")] {
            if before.is_some() && options == "docker" {
                continue;
            }
            if let Some(text) = before {
                std::fs::write(&path, text).unwrap();
            }
            let names = std::fs::read_dir(world.directory.path()).unwrap().count();
            for limit in [0, 10] {
                assert_eq!(limited(&words, limit).run().failed(74), printed, "{words}");
                let found = std::fs::read_to_string(&path).ok();
                assert_eq!(found.as_deref(), before, "{words}");
                let left = std::fs::read_dir(world.directory.path()).unwrap().count();
                assert_eq!(left, names);
            }
            let _ = std::fs::remove_file(&path);
        }
    }
    // A contract, too.
    let ended = limited("init --path /prd/app --output {}", 10).run();
    assert_eq!(
        ended.failed(74),
        format!(
            "envsecrets: error: cannot write `{}`\n\
             envsecrets:   caused by: File too large (os error 27)\n",
            path.display()
        )
    );
    assert!(!path.exists());
    // And standard output.
    for words in ["get /prd/app/a", "export --path /prd/app --format json"] {
        let mut launch = limited(words, 10);
        let output = std::fs::File::create(&path).unwrap();
        launch.command.stdout(output);
        let ended = launch.run();
        assert_eq!(
            ended.failed(74),
            "envsecrets: error: cannot write to standard output\n\
             envsecrets:   caused by: File too large (os error 27)\n\
             envsecrets: hint: the output may be incomplete: do not use it\n"
        );
    }
    // A launch whose messages go to a full log says the same by its status.
    let mut launch = world.launch("--path /prd/app --require MISSING", &["true"]);
    let log = std::fs::File::create(&path).unwrap();
    launch.command.stderr(log);
    launch.before(|| Ok(setrlimit(Resource::RLIMIT_FSIZE, 10, 10)?));
    let ended = launch.run();
    assert_eq!((ended.code, ended.signal), (Some(66), None));
}

#[cfg(target_os = "linux")]
#[test]
fn a_program_has_its_own_way_with_the_limit_of_the_size_of_files() {
    fn dispositions(mut launch: Launch, ignored: bool) -> String {
        launch.before(move || {
            use nix::sys::signal::{SigHandler, signal};
            let action = match ignored {
                true => SigHandler::SigIgn,
                false => SigHandler::SigDfl,
            };
            // SAFETY: this sets a disposition, which is async-signal-safe.
            unsafe { signal(Signal::SIGXFSZ, action) }?;
            Ok(())
        });
        launch.run().ok()
    }

    let world = demo();
    let status = ["grep", "-E", "^Sig(Blk|Ign|Cgt):", "/proc/self/status"];
    let memory = Memory::new("a_program_has_its_own_way_with_the_limit_of_the_size_of_files");
    let file = memory.map(|memory| (format!("--file A=/prd/app/a@{}", memory.path("a")), memory));
    let mut all = vec!["--path /prd/app"];
    all.extend(file.as_ref().map(|(options, _)| options.as_str()));
    for ignored in [true, false] {
        let without = dispositions(Launch::new("env", &status), ignored);
        for options in &all {
            let with = dispositions(world.launch(options, &status), ignored);
            assert_eq!(with, without, "{options}");
        }
    }
    // So it dies of the signal where it would have.
    let mut launch = world.launch(
        "--path /prd/app",
        &["sh", "-c", "printf 12345678901 >\"$0\""],
    );
    launch.command.arg(world.directory.path().join("x"));
    launch.before(|| Ok(setrlimit(Resource::RLIMIT_FSIZE, 10, 10)?));
    let ended = launch.run();
    assert_eq!(ended.signal, Some(Signal::SIGXFSZ as i32), "{ended:?}");
}

#[test]
fn two_paths_to_one_file_are_an_error() {
    let story = "two_paths_to_one_file_are_an_error";
    let Some(memory) = Memory::new(story) else {
        return;
    };
    let world = demo();
    let directory = memory.path("d");
    std::fs::create_dir(&directory).unwrap();
    symlink("d", memory.path("l")).unwrap();
    let k = memory.path("d/k");
    for other in ["l/k", "d/./k", "d//k", "d/../d/k", "l/../l/k"] {
        let other = memory.path(other);
        // Some of these are equal as paths already.
        let what = match Path::new(&other) == Path::new(&k) {
            true => format!("`--file` writes both A and B to `{other}`"),
            false => format!("`{other}`, for B, is the same file as `{k}`, for A"),
        };
        let printed =
            format!("envsecrets: error: {what}\nenvsecrets: hint: give each a path of its own\n");
        let options = format!("--file A=/prd/app/a@{k} --file B=/prd/app/b@{other}");
        let calls = world.server.calls();
        let ended = world.launch(&options, &["echo", "started"]).run();
        assert_eq!(ended.failed(64), printed);
        assert_eq!(
            world.server.calls(),
            calls,
            "it is known before anything is read"
        );
        // Of a contract, too, and a check finds it.
        let contract = format!(
            "[variables.A]\nfrom = '/prd/app/a'\nfile = '{k}'\n\
             [variables.B]\nfrom = '/prd/app/b'\nfile = '{other}'\n"
        );
        let contract = world.directory.file("envsecrets.toml", contract, 0o600);
        let check = ["check", "--config", contract.to_str().unwrap()];
        let ended = world.envsecrets(&check).run();
        assert_eq!(
            (ended.code, ended.stderr.as_str()),
            (Some(64), printed.as_str())
        );
    }
    // The same name in two directories is two files, and so are two names of one file.
    std::fs::create_dir(memory.path("e")).unwrap();
    std::fs::write(&k, "old").unwrap();
    std::fs::hard_link(&k, memory.path("d/h")).unwrap();
    for other in ["e/k", "d/h"] {
        let other = memory.path(other);
        let options = format!("--file A=/prd/app/a@{k} --file B=/prd/app/b@{other}");
        let cat = ["cat", k.as_str(), other.as_str()];
        let ended = world.launch(&options, &cat).run();
        assert_eq!(ended.ok(), format!("{SENTINEL}{OTHER_SENTINEL}"));
    }
}

#[test]
fn lines_are_appended_to_whole_lines() {
    let world = demo();
    let path = world.directory.path().join("env");
    let lines = format!("A<<END\n{SENTINEL}\nEND\nB<<END\n{OTHER_SENTINEL}\nEND\n");
    let words = [
        "export", "--path", "/prd/app", "--format", "github", "--output",
    ];
    let words = [&words[..], &[path.to_str().unwrap()]].concat();
    for (before, between) in [
        (Some("FOO=bar"), "\n"),
        (Some("FOO=bar\n"), ""),
        (Some("FOO=bar\r\n"), ""),
        (Some("FOO=bar\r"), "\n"),
        (Some("\n"), ""),
        (Some(""), ""),
        (None, ""),
    ] {
        let _ = std::fs::remove_file(&path);
        if let Some(before) = before {
            world.directory.file("env", before, 0o644);
        }
        let ended = world.envsecrets(&words).run();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let expected = format!("{}{between}{lines}", before.unwrap_or_default());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), expected);
        let mode = path.metadata().unwrap().mode() & 0o7777;
        assert_eq!(mode, if before.is_some() { 0o644 } else { 0o600 });
    }
    // What the user may not read gets an empty line, which GitHub's runner skips.
    let story = "lines_are_appended_to_whole_lines of a file that cannot be read";
    if can(story, "root", nix::unistd::geteuid().is_root()) {
        let directory = world.directory.path();
        std::os::unix::fs::chown(directory, Some(65534), None).unwrap();
        let file = world.directory.file("env", "FOO=bar\n", 0o200);
        std::os::unix::fs::chown(&file, Some(65534), None).unwrap();
        let user = [
            "setpriv",
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
        ];
        let options = words.join(" ");
        let ended = behind(&world, &user, &options, &[]).run();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let found = std::fs::read_to_string(&file).unwrap();
        assert_eq!(found, format!("FOO=bar\n\n{lines}"));
    }
}
