//! The program gets what it would have got without us, plus its secrets.
//!
//! The oracle is GNU `env`, another program that does nothing but become a program.

use std::ffi::{CString, OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::libc;
use nix::sys::signal::{SigHandler, SigSet, SigmaskHow, Signal, pthread_sigmask, signal};

use crate::support::{
    Directory, ENVSECRETS, Launch, OTHER_SENTINEL, SENTINEL, demo, entries, strings, which, world,
    world_with,
};

#[test]
fn the_program_gets_its_secrets() {
    let world = demo();
    let ended = world
        .envsecrets(&["--path", "/prd/app", "--", "sh", "-c", r#"echo "$A|$B""#])
        .run();
    assert_eq!(ended.ok(), format!("{SENTINEL}|{OTHER_SENTINEL}\n"));
}

#[test]
fn the_program_keeps_our_pid() {
    let world = demo();
    let running = world
        .envsecrets(&["--path", "/prd/app", "--", "sh", "-c", "echo $$"])
        .start();
    let pid = running.pid();
    assert_eq!(running.end().ok(), format!("{pid}\n"));
}

#[test]
fn the_exit_status_is_the_programs() {
    let world = demo();
    for code in [0, 1, 64, 127, 255] {
        let script = format!("exit {code}");
        let ended = world
            .envsecrets(&["--path", "/prd/app", "--", "sh", "-c", &script])
            .run();
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(code), ""));
    }
    let ended = world
        .envsecrets(&["--path", "/prd/app", "--", "sh", "-c", "kill -KILL $$"])
        .run();
    assert_eq!(ended.signal, Some(libc::SIGKILL));
}

#[cfg(target_os = "linux")]
#[test]
fn arguments_arrive_byte_for_byte() {
    let world = demo();
    let mut arguments = strings(&[
        "--path",
        "/prd/app",
        "--",
        "sh",
        "-c",
        "cat /proc/$$/cmdline; :",
    ]);
    arguments.extend(strings(&[
        "",
        "--path",
        "--",
        "-x",
        "two words",
        "$HOME",
        "*",
        "{a,b}",
    ]));
    arguments.push(OsString::from_vec(b"\xff\xfe caf\xe9\n".to_vec()));
    let ended = world.envsecrets(&arguments).run();
    let mut expected = Vec::new();
    for argument in &arguments[3..] {
        expected.extend_from_slice(argument.as_bytes());
        expected.push(0);
    }
    assert_eq!(ended.stdout, expected);
    assert_eq!(ended.stderr, "");
}

#[cfg(target_os = "linux")]
#[test]
fn the_program_sees_its_own_name_as_it_was_typed() {
    let world = demo();
    let script = world.directory.file(
        "dir/show",
        "#!/bin/sh\ntr '\\0' '|' </proc/$$/cmdline",
        0o755,
    );
    let path = script.parent().unwrap().to_str().unwrap().to_owned();
    for (typed, expected) in [
        ("sh", "sh|-c|cat /proc/$$/cmdline; :|"),
        ("/bin/sh", "/bin/sh|-c|cat /proc/$$/cmdline; :|"),
    ] {
        let ended = world
            .envsecrets(&[
                "--path",
                "/prd/app",
                "--",
                typed,
                "-c",
                "cat /proc/$$/cmdline; :",
            ])
            .run();
        assert_eq!(ended.ok().replace('\0', "|"), expected);
    }
    let ended = world
        .envsecrets(&["--path", "/prd/app", "--", "show"])
        .env("PATH", format!("{path}:/bin:/usr/bin"))
        .run();
    assert_eq!(ended.ok(), format!("/bin/sh|{path}/show|"));
}

/// What a process is, besides its environment: everything that `execve` hands on.
#[cfg(target_os = "linux")]
const PORTRAIT: &str = r#"
    grep -E '^(Sig|Shd|Umask|Cap|NoNewPrivs|Seccomp|Speculation|Cpus_allowed:|Mems_allowed:)' /proc/$$/status | grep -v SigQ
    ls /proc/$$/fd
    tr '\0' '|' < /proc/$$/cmdline; echo
    cat /proc/$$/limits /proc/$$/oom_score_adj /proc/$$/coredump_filter
    pwd; tty
    cut -d' ' -f5-8,19 /proc/$$/stat
"#;

#[cfg(target_os = "linux")]
fn same_as_env(
    situation: &str,
    prepare: impl FnMut() -> std::io::Result<()> + Clone + Send + Sync + 'static,
) {
    let world = demo();
    let program = ["sh", "-c", PORTRAIT];
    let mut with = ["--path", "/prd/app", "--"].to_vec();
    with.extend(program);
    let ours = world.envsecrets(&with).before(prepare.clone()).run();
    let theirs = Launch::new("env", &program).before(prepare).run();
    assert_eq!(ours.text(), theirs.text(), "{situation}");
    assert_eq!(ours.stderr, "", "{situation}");
    assert!(
        ours.text().contains("SigIgn"),
        "the portrait is one: {}",
        ours.text()
    );
}

#[cfg(target_os = "linux")]
#[test]
fn nothing_about_the_process_changes() {
    same_as_env("as it comes", || Ok(()));
}

#[cfg(target_os = "linux")]
#[test]
fn sigpipe_has_its_default_action_if_it_had_it_before() {
    same_as_env("SIGPIPE default", || {
        // SAFETY: this sets a disposition, which is async-signal-safe.
        unsafe { signal(Signal::SIGPIPE, SigHandler::SigDfl) }?;
        Ok(())
    });
}

#[cfg(target_os = "linux")]
#[test]
fn signals_that_our_parent_ignores_stay_ignored() {
    for ignored in [
        Signal::SIGPIPE,
        Signal::SIGTERM,
        Signal::SIGINT,
        Signal::SIGHUP,
        Signal::SIGCHLD,
    ] {
        same_as_env(&format!("{ignored} ignored"), move || {
            // SAFETY: this sets a disposition, which is async-signal-safe.
            unsafe { signal(Signal::SIGPIPE, SigHandler::SigDfl) }?;
            // SAFETY: as above.
            unsafe { signal(ignored, SigHandler::SigIgn) }?;
            Ok(())
        });
    }
}

#[cfg(target_os = "linux")]
#[test]
fn signals_that_are_blocked_stay_blocked() {
    same_as_env("USR1 and TERM blocked", || {
        let mut blocked = SigSet::empty();
        blocked.add(Signal::SIGUSR1);
        blocked.add(Signal::SIGTERM);
        pthread_sigmask(SigmaskHow::SIG_SETMASK, Some(&blocked), None)?;
        Ok(())
    });
}

#[cfg(target_os = "linux")]
#[test]
fn limits_stay_as_they_were_even_the_one_that_we_change() {
    same_as_env("limits", || {
        use nix::sys::resource::{Resource, setrlimit};
        setrlimit(Resource::RLIMIT_CORE, 4096, 8192)?;
        setrlimit(Resource::RLIMIT_NOFILE, 200, 300)?;
        setrlimit(Resource::RLIMIT_STACK, 4 << 20, 6 << 20)?;
        Ok(())
    });
}

#[cfg(target_os = "linux")]
#[test]
fn descriptors_stay_as_they_were_and_none_of_ours_is_left() {
    same_as_env("a descriptor more", || {
        // SAFETY: `dup2` is async-signal-safe.
        if unsafe { libc::dup2(2, 77) } == -1 {
            return Err(std::io::Error::last_os_error());
        }
        Ok(())
    });
}

#[cfg(target_os = "linux")]
#[test]
fn descriptors_that_were_closed_stay_closed() {
    same_as_env("no stdin", || {
        // SAFETY: `close` is async-signal-safe.
        unsafe { libc::close(0) };
        Ok(())
    });
    same_as_env("no stderr", || {
        // SAFETY: `close` is async-signal-safe.
        unsafe { libc::close(2) };
        Ok(())
    });
}

#[cfg(target_os = "linux")]
#[test]
fn the_working_directory_and_the_umask_stay_as_they_were() {
    same_as_env("elsewhere", || {
        nix::unistd::chdir("/proc")?;
        nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(0o027));
        Ok(())
    });
}

/// Runs `wrapper` with exactly this environment, which `Command` could not express.
fn environ_through(wrapper: &[&OsStr], environment: &[&[u8]]) -> Vec<u8> {
    let c_strings = |strings: Vec<&[u8]>| -> Vec<CString> {
        strings
            .into_iter()
            .map(|string| CString::new(string).unwrap())
            .collect()
    };
    let program = CString::new(wrapper[0].as_bytes()).unwrap();
    let arguments = c_strings(wrapper.iter().map(|argument| argument.as_bytes()).collect());
    let environment = c_strings(environment.to_vec());
    let mut command = Command::new("true");
    // SAFETY: `execve` is async-signal-safe, and all it needs was allocated before.
    unsafe {
        command.pre_exec(move || {
            let Err(error) = nix::unistd::execve(&program, &arguments, &environment);
            Err(error.into())
        });
    }
    let output = command.output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    output.stdout
}

#[cfg(target_os = "linux")]
#[test]
fn the_inherited_environment_arrives_byte_for_byte_and_in_order() {
    let world = demo();
    let endpoint = format!("AWS_ENDPOINT_URL_SSM={}", world.server.url());
    let odd: Vec<&[u8]> = vec![
        b"ZLAST=1",
        b"PATH=/usr/bin:/bin",
        b"NOEQUALS",
        b"=weird=x",
        b"EMPTY=",
        b"DUPLICATE=first",
        b"LATIN=caf\xe9",
        b"\xff\xfe=bytes",
        b"DUPLICATE=second",
        b"A=changeme",
        b"two words=1",
        b"A=changeme too",
        b"MULTI=line\nline",
        b"AFIRST=1",
        b"AWS_REGION=us-east-1",
        b"AWS_ACCESS_KEY_ID=AKIDENVSECRETSTEST01",
        b"AWS_SECRET_ACCESS_KEY=x",
        b"AWS_EC2_METADATA_DISABLED=true",
        b"HOME=/nonexistent",
        endpoint.as_bytes(),
    ];
    let program = ["cat", "/proc/self/environ"].map(OsStr::new);
    let mut ours: Vec<&OsStr> = [ENVSECRETS, "--path", "/prd/app", "--"]
        .map(OsStr::new)
        .to_vec();
    ours.extend(program);
    let ours = environ_through(&ours, &odd);
    let mut theirs: Vec<&OsStr> = [OsStr::new("/usr/bin/env")].to_vec();
    theirs.extend(program);
    let theirs = environ_through(&theirs, &odd);

    // What `env` hands on, with the overridden name once, where it first stood, and the new one at
    // the end.
    let mut expected = Vec::new();
    let mut overridden = false;
    for entry in entries(&theirs) {
        if !entry.starts_with(b"A=") {
            expected.push(entry);
        } else if !overridden {
            overridden = true;
            expected.push(format!("A={SENTINEL}").into_bytes());
        }
    }
    expected.push(format!("B={OTHER_SENTINEL}").into_bytes());
    let lossy = |entries: Vec<Vec<u8>>| -> Vec<String> {
        entries
            .iter()
            .map(|entry| entry.escape_ascii().to_string())
            .collect()
    };
    assert_eq!(lossy(entries(&ours)), lossy(expected));
}

/// What a wrapper makes of a program: exit status, and output of the program.
fn outcome(mut launch: Launch, directory: &Directory, path: &str) -> (Option<i32>, String) {
    launch.command.current_dir(directory.path());
    let ended = launch.env("PATH", path).run();
    (ended.code, ended.text())
}

#[test]
fn programs_that_cannot_start_fail_as_they_do_under_env() {
    let world = demo();
    let directory = &world.directory;
    directory.file("plain", "not a program", 0o644);
    directory.file("noshebang", "echo ran by sh with $1", 0o755);
    directory.file("badinterpreter", "#!/nonexistent/interpreter\n", 0o755);
    directory.file("crlf", "#!/bin/sh\r\necho hi\n", 0o755);
    directory.file("good", "#!/bin/sh\necho good $1\n", 0o755);
    directory.file("empty", "", 0o755);
    directory.file("one/tool", "#!/bin/sh\necho one\n", 0o644);
    directory.file("two/tool", "#!/bin/sh\necho two\n", 0o755);
    directory.file("three/dirtool/x", "", 0o644);
    directory.file("four/broken", "#!/nonexistent/interpreter\n", 0o755);
    directory.file("five/broken", "#!/bin/sh\necho five\n", 0o755);
    directory.file("six/self", "#!/bin/sh\necho self\n", 0o755);
    let at = |part: &str| directory.path().join(part).display().to_string();
    let usual = "/usr/bin:/bin".to_owned();
    let cases: Vec<(&str, String)> = vec![
        ("nosuch", usual.clone()),
        ("./nosuch", usual.clone()),
        ("", usual.clone()),
        ("./plain", usual.clone()),
        ("./plain/x", usual.clone()),
        ("./", usual.clone()),
        (".", usual.clone()),
        ("/", usual.clone()),
        ("./noshebang", usual.clone()),
        ("./badinterpreter", usual.clone()),
        ("./crlf", usual.clone()),
        ("./good", usual.clone()),
        ("./empty", usual.clone()),
        ("/dev/null", usual.clone()),
        ("tool", format!("{}:{}", at("one"), at("two"))),
        ("tool", at("one")),
        ("tool", format!("{}:{}", at("plain"), at("two"))),
        ("dirtool", at("three")),
        ("dirtool", format!("{}:{usual}", at("three"))),
        ("broken", format!("{}:{}:{usual}", at("four"), at("five"))),
        ("broken", at("four")),
        ("self", format!("{}:{usual}", at("six"))),
        ("good", format!(":{usual}")),
        ("good", format!("{usual}:")),
        ("noshebang", format!("{}:{usual}", at(""))),
        ("nosuch", String::new()),
        ("good", String::new()),
    ];
    for (program, path) in cases {
        let ours = outcome(
            world.envsecrets(&["--path", "/prd/app", "--", program, "argument"]),
            directory,
            &path,
        );
        let mut env = Launch::new("/usr/bin/env", &["--", program, "argument"]);
        env.env("HOME", "/");
        let theirs = outcome(env, directory, &path);
        assert_eq!(ours, theirs, "`{program}` along `{path}`");
    }
}

#[test]
fn without_a_path_the_usual_places_are_searched() {
    let world = demo();
    let ended = world
        .envsecrets(&["--path", "/prd/app", "--", "sh", "-c", "echo $A"])
        .without("PATH")
        .run();
    assert_eq!(ended.ok(), format!("{SENTINEL}\n"));
}

#[test]
fn a_typo_in_the_command_costs_no_api_call() {
    let world = demo();
    let ended = world
        .envsecrets(&["--path", "/prd/app", "--", "jaav", "-jar", "app.jar"])
        .run();
    assert_eq!(
        ended.failed(127),
        "envsecrets: error: `jaav`: command not found\n\
         envsecrets: hint: envsecrets searches its own PATH, before it fetches anything\n"
    );
    assert_eq!(world.server.calls(), 0);
}

#[test]
fn no_parameter_can_choose_what_runs() {
    let world = world_with(&[("/prd/app/path", "/nonexistent")]);
    let ended = world
        .envsecrets(&[
            "--path",
            "/prd/app",
            "--allow-name",
            "PATH",
            "--",
            "/bin/sh",
            "-c",
            "echo $PATH",
        ])
        .run();
    assert_eq!(ended.ok(), "/nonexistent\n");
    let ended = world
        .envsecrets(&[
            "--path",
            "/prd/app",
            "--allow-name",
            "PATH",
            "--",
            "sh",
            "-c",
            "echo $PATH",
        ])
        .run();
    assert_eq!(ended.ok(), "/nonexistent\n");
}

#[test]
fn an_environment_that_fits_exactly_starts_and_one_byte_more_does_not() {
    // With a stack limit of 512 KiB the kernel takes 128 KiB of arguments and environment in all.
    // What we inherit takes most of that, and the secret the rest.
    let world = world();
    let launch = |size: usize| {
        world.store.plant("/prd/app/secret", &"s".repeat(size));
        world
            .envsecrets(&["--path", "/prd/app", "--", "/bin/true"])
            .env("FILLER", "f".repeat(120_000))
            .before(|| {
                use nix::sys::resource::{Resource, setrlimit};
                setrlimit(Resource::RLIMIT_STACK, 512 << 10, 512 << 10)?;
                Ok(())
            })
            .run()
    };
    // Find the largest that starts; whatever is larger must be explained by us, not the kernel.
    let (mut fits, mut too_large) = (1, 131_072);
    while too_large - fits > 1 {
        let middle = (fits + too_large) / 2;
        let ended = launch(middle);
        match ended.code {
            Some(0) => fits = middle,
            Some(65) => {
                let reported = ended.failed(65);
                assert!(reported.contains("FILLER 120008"), "{reported}");
                assert!(!reported.contains("sss"), "{reported}");
                too_large = middle;
            }
            _ => panic!("{ended:?}"),
        }
    }
    assert!((8_000..11_000).contains(&fits), "{fits}");
}

/// The header of an ELF file, for 64 bits and little-endian, of another machine than any that runs
/// these stories.
fn foreign_elf() -> Vec<u8> {
    let mut elf = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    // An executable for HP PA-RISC, which no emulator is registered for.
    elf.extend([2, 0, 15, 0]);
    elf.extend([0; 44]);
    elf
}

const FORMAT_HINT: &str = "envsecrets: hint: only programs of this machine's architecture and scripts can be \
    executed: check which image or package it is from; what needs an interpreter is given to that\n";

#[test]
fn a_binary_that_the_kernel_does_not_execute_is_no_script() {
    let world = demo();
    let ours = std::fs::read("/bin/sh").unwrap();
    let class = b"\xca\xfe\xba\xbe\0\0\0\x41\0\x10".to_vec();
    let mut pe = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0".to_vec();
    pe.extend([0; 64]);
    let mach = b"\xcf\xfa\xed\xfe\x07\0\0\x01\x03\0\0\0".to_vec();
    for (name, content, kind) in [
        (
            "foreign",
            foreign_elf(),
            "built for a machine with the ELF number 15",
        ),
        (
            "short",
            ours[..40].to_vec(),
            "an incomplete or damaged ELF file",
        ),
        (
            "four",
            ours[..4].to_vec(),
            "an incomplete or damaged ELF file",
        ),
        ("class", class, "a Java class"),
        ("pe", pe, "a Windows program"),
        ("mach", mach, "a macOS program"),
        ("wasm", b"\0asm\x01\0\0\0".to_vec(), "a WebAssembly module"),
        ("data", b"ab\0cd\n".to_vec(), "binary, of an unknown kind"),
    ] {
        let file = world.directory.file(&format!("bin/{name}"), content, 0o755);
        let bin = file.parent().unwrap();
        // By its path, and found along PATH.
        for program in [file.to_str().unwrap(), name] {
            let ended = world
                .launch("--path /prd/app", &[program])
                .env("PATH", bin)
                .run();
            assert_eq!(
                ended.failed(126),
                format!(
                    "envsecrets: error: `{}` cannot be executed: exec format error, {kind}\n{FORMAT_HINT}",
                    file.display()
                )
            );
        }
        // As bash has it.
        if let Some(bash) = which("bash") {
            let ended = Launch::new(bash, &["-c".as_ref(), file.as_os_str()]).run();
            assert_eq!(
                (ended.code, ended.text().as_str()),
                (Some(126), ""),
                "{name}"
            );
        }
    }
}

#[test]
fn text_without_a_first_line_for_the_kernel_is_a_script_whatever_follows_it() {
    let world = demo();
    for (name, content, printed) in [
        (
            "plain",
            b"echo \"$A\"\n".as_slice(),
            format!("{SENTINEL}\n"),
        ),
        ("empty", b"", String::new()),
        (
            "archive",
            b"echo \"$A\"; exit 0\n\0\x01PK",
            format!("{SENTINEL}\n"),
        ),
        ("latin", b"# \xe4\necho 1\n", "1\n".to_owned()),
        ("letters", b"MZ=1\necho $MZ\n", "1\n".to_owned()),
    ] {
        let file = world.directory.file(name, content, 0o755);
        let ended = world
            .launch("--path /prd/app", &[file.to_str().unwrap()])
            .run();
        assert_eq!(ended.ok(), printed, "{name}");
    }
}
