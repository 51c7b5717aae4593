//! Secrets as files: in memory, whole, for their owner, and for the program alone.

mod programs;

use std::os::unix::fs::{MetadataExt, PermissionsExt};

use crate::support::memory::{Memory, behind, is_root};
use crate::support::{
    Ended, Launch, SENTINEL, World, can, can_unshare, is_date, which, world, world_with,
};

/// The same behind a script of a shell, in mounts of its own. Its last line is the launch.
fn in_mounts(world: &World, script: &str, options: &str, program: &[&str]) -> Ended {
    let script = format!("set -e\n{script}\nexec \"$@\"");
    let wrapper = ["unshare", "--mount", "--", "sh", "-c", &script, "sh"];
    behind(world, &wrapper, options, program).run()
}

fn can_mount(story: &str) -> bool {
    can(story, "root, for mounts", can_unshare(&["--mount"]))
}

const KEY: &str = "-----BEGIN KEY-----\r\n ä$HOME\\n\n-----END KEY-----\n\n";

#[test]
fn a_program_reads_a_file_that_has_no_name_and_is_the_value_byte_for_byte() {
    let world = world_with(&[("/tls/key", KEY)]);
    let script = r#"cat "$KEY" "$KEY"; stat -L -c ' %a %u %F %s' "$KEY""#;
    let ended = world
        .launch("--file KEY=/tls/key", &["sh", "-c", script])
        .run();
    let uid = nix::unistd::geteuid();
    let size = KEY.len();
    assert_eq!(
        ended.ok(),
        format!("{KEY}{KEY} 400 {uid} regular file {size}\n")
    );
}

#[test]
fn the_variable_names_the_file_and_no_value_is_in_the_environment_or_on_the_command_line() {
    let world = world_with(&[("/tls/key", SENTINEL), ("/tls/arguments", SENTINEL)]);
    let script = r#"echo "$KEY $1"; cat /proc/$$/environ /proc/$$/cmdline | grep -c s3[n]tinel; :"#;
    let ended = world
        .launch(
            "--expand --file KEY=/tls/key --file ARGS=/tls/arguments",
            &["sh", "-c", script, "sh", "@{{ARGS}}"],
        )
        .run();
    assert_eq!(
        ended.ok(),
        "/proc/self/fd/512 @/proc/self/fd/513\n0\n".to_owned()
    );
}

#[test]
fn a_secret_of_secrets_manager_is_a_file_like_any_other_and_all_are_requested_together() {
    let world = world_with(&[("/tls/key", "key\n")]);
    world.store.put_secret("me@home", "secret\n");
    let files =
        "--file A=/aws/reference/secretsmanager/me@home --file B=/tls/key --file C=/tls/key";
    let ended = world
        .launch(
            &format!("{files} --secret D=/tls/key"),
            &["sh", "-c", r#"cat "$A" "$B" "$C"; echo "$D""#],
        )
        .run();
    assert_eq!(ended.ok(), "secret\nkey\nkey\nkey\n\n");
    assert_eq!(world.server.requests().len(), 1);
}

#[test]
fn base64_is_decoded_whatever_bytes_it_stands_for() {
    let encoded = "AAEC/v8K\r\nAAA=\n";
    let world = world_with(&[("/tls/store", encoded)]);
    let ended = world
        .launch(
            "--file P12=base64:/tls/store --file TEXT=/tls/store",
            &["sh", "-c", r#"cat "$P12" "$TEXT""#],
        )
        .run();
    let expected = [b"\x00\x01\x02\xfe\xff\n\x00\x00", encoded.as_bytes()].concat();
    assert_eq!((ended.stdout, ended.stderr.as_str()), (expected, ""));
}

#[test]
fn text_ends_in_exactly_one_line_end_however_it_was_stored() {
    const LINES: &str = "-----BEGIN KEY-----\nAAEC\n-----END KEY-----";
    let world = world_with(&[("/lost", LINES), ("/more", &format!("{LINES}\r\n\n"))]);
    let cat = ["sh", "-c", r#"cat "$A" "$B""#];
    let expected = format!("{LINES}\n{LINES}\n");
    let options = "--file A=text:/lost --file B=text:/more";
    assert_eq!(world.launch(options, &cat).run().ok(), expected);
    let mut launch = world.launch("", &cat);
    launch.env("ENVSECRETS_FILE", "A=text:/lost\nB=text:/more");
    assert_eq!(launch.run().ok(), expected);
    let contract = "[variables.A]\nfrom = 'text:/lost'\nfile = true\n\
                    [variables.B]\nfrom = 'text:/more'\nfile = true\npattern = '(?s).*-----\\n'\n";
    let contract = world.directory.file("c.toml", contract, 0o600);
    let options = format!("--config {}", contract.display());
    assert_eq!(world.launch(&options, &cat).run().ok(), expected);
    // What `init` writes, it reads.
    let words = ["init", "--output", "-", "--file", "A=text:/lost"];
    let text = world.envsecrets(&words).run().ok();
    assert!(
        text.contains("from = \"text:/lost\"\nfile = true\n"),
        "{text}"
    );
    // Only a file is text.
    let contract = world
        .directory
        .file("c.toml", "[variables.A]\nfrom = 'text:/lost'\n", 0o600);
    let ended = world.launch(&options, &["true"]).run();
    assert_eq!(
        ended.failed(64),
        format!(
            "envsecrets: error: the `from` of A begins with `text:`, and A has no `file` (from {}, \
             line 1, column 12)\n\
             envsecrets: hint: add file = true, or leave it out: only the content of a file is decoded\n",
            contract.display()
        )
    );
}

#[test]
fn what_is_stored_as_it_is_is_not_decoded() {
    let world = world_with(&[("/pem", KEY), ("/indented", "AAEC\n  AAEC\n")]);
    for (parameter, problem, hint) in [
        (
            "/pem",
            "it is PEM, not base64",
            "leave out `base64:`, and the file contains the PEM as it is; with `text:` it ends in \
             exactly one line end",
        ),
        (
            "/indented",
            "character 6 is not base64",
            "base64 is letters, digits, `+/` or `-_`, and line ends, with `=` at its end or not; without \
             `base64:` a value is passed unchanged",
        ),
    ] {
        let options = format!("--file K=base64:{parameter}");
        let ended = world.launch(&options, &["echo", "started"]).run();
        assert_eq!(
            ended.failed(65),
            format!(
                "envsecrets: error: the value of parameter `{parameter}`, for K, cannot be decoded: \
                 {problem}\nenvsecrets: hint: {hint}\n"
            )
        );
    }
}

#[test]
fn a_pattern_of_a_decoded_file_is_matched_on_its_bytes() {
    let world = world_with(&[("/key", "/////wAA")]);
    let check = |pattern: &str| {
        let contract =
            format!("[variables.K]\nfrom = 'base64:/key'\nfile = true\npattern = '{pattern}'\n");
        let contract = world.directory.file("c.toml", contract, 0o600);
        let options = format!("--config {}", contract.display());
        world.launch(&options, &["echo", "started"]).run()
    };
    for pattern in [r"(?s-u:.{6})", r"(?-u)\xff{4}\x00\x00", r"(?-u:[^\n])+"] {
        assert_eq!(check(pattern).ok(), "started\n", "{pattern}");
    }
    let file = world.directory.path().join("c.toml");
    for pattern in [r"(?s).*", r"(?s-u:.{5})"] {
        assert_eq!(
            check(pattern).failed(65),
            format!(
                "envsecrets: error: the value of `/key`, for K, does not match `{pattern}` (from \
                 {}, line 1, column 12)\n\
                 envsecrets: hint: the value is not text (UTF-8): `(?s-u:.)` matches any byte, `(?-u:\\xff)` \
                 one of them; a `pattern` must match the whole value\n",
                file.display()
            )
        );
    }
}

#[test]
fn the_program_can_read_the_descriptor_itself_and_no_one_can_write_to_it() {
    let world = world_with(&[("/tls/key", "key\n")]);
    let script = r#"
        cat <&"${KEY##*/}"
        for open in '>>' '>' '1<>'; do
            eval "printf more $open \"\$KEY\"" 2>/dev/null || echo "$open fails"
        done
        truncate -s 100 "$KEY" 2>/dev/null || echo grow fails
        cat "$KEY"
    "#;
    // Of dash a number of two or more digits is no descriptor.
    let ended = world
        .launch("--file KEY=/tls/key", &["bash", "-c", script])
        .run();
    assert_eq!(
        ended.ok(),
        "key\n>> fails\n> fails\n1<> fails\ngrow fails\nkey\n"
    );
}

/// The descriptors that a program finds.
#[track_caller]
fn descriptors(mut launch: Launch, inherited: &'static [i32]) -> Vec<i32> {
    launch.before(move || {
        for number in inherited {
            // SAFETY: `dup2` is async-signal-safe.
            if unsafe { nix::libc::dup2(0, *number) } == -1 {
                return Err(std::io::Error::last_os_error());
            }
        }
        Ok(())
    });
    let text = launch.run().ok();
    let mut numbers: Vec<i32> = text.lines().map(|it| it.parse().unwrap()).collect();
    numbers.sort();
    numbers
}

#[test]
fn the_program_has_the_descriptors_that_it_would_have_without_us_and_its_files() {
    let world = world_with(&[("/a", "a"), ("/b", "b")]);
    const PORTRAIT: [&str; 3] = ["sh", "-c", "ls /proc/$$/fd; :"];
    // Sockets of systemd, what a shell redirects, and where ours would be.
    const INHERITED: &[i32] = &[3, 4, 9, 77, 512, 514];
    let without = descriptors(Launch::new("env", &PORTRAIT), INHERITED);
    assert!(INHERITED.iter().all(|it| without.contains(it)));
    let launch = world.launch("--file A=/a --file B=/b", &PORTRAIT);
    let mut expected = [&without[..], &[513, 515]].concat();
    expected.sort();
    assert_eq!(descriptors(launch, INHERITED), expected);
    // What is not handed over is not left behind either.
    let mut launch = world.launch("--file A=/a --file B=/b --preserve-env=A", &PORTRAIT);
    launch.env("A", "mine");
    let expected: Vec<i32> = expected.into_iter().filter(|it| *it != 513).collect();
    assert_eq!(descriptors(launch, INHERITED), expected);
}

#[test]
fn a_path_is_written_whole_and_only_the_program_gets_its_name() {
    let story = "a_path_is_written_whole_and_only_the_program_gets_its_name";
    let Some(memory) = Memory::new(story) else {
        return;
    };
    let world = world_with(&[("/tls/key", KEY)]);
    let path = memory.path("tls.key");
    let options = format!("--file KEY=/tls/key@{path}");
    let mut launch = world.launch(&options, &["sh", "-c", r#"echo "$KEY"; cat "$KEY""#]);
    // No other user may read it, and a mask takes nothing from its owner either.
    launch.before(|| {
        nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(0o777));
        Ok(())
    });
    assert_eq!(launch.run().ok(), format!("{path}\n{KEY}"));
    let first = std::fs::metadata(&path).unwrap();
    assert_eq!(first.mode() & 0o7777, 0o400);
    assert_eq!(first.uid(), nix::unistd::geteuid().as_raw());
    assert_eq!(memory.names(), ["tls.key"]);

    // The next start puts another file there, and a reader of the first one reads it to its end.
    world.store.put("/tls/key", "rotated");
    let reader = std::fs::File::open(&path).unwrap();
    let ended = world.launch(&options, &["true"]).run();
    assert_eq!(ended.ok(), "");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "rotated");
    assert_ne!(std::fs::metadata(&path).unwrap().ino(), first.ino());
    assert_eq!(std::io::read_to_string(reader).unwrap(), KEY);
    assert_eq!(memory.names(), ["tls.key"]);
}

#[test]
fn ramfs_is_memory_too_and_never_swapped() {
    let story = "ramfs_is_memory_too_and_never_swapped";
    if !can_mount(story) {
        return;
    }
    let world = world_with(&[("/tls/key", "key\n")]);
    let swaps = world.directory.file("swaps", SWAPS, 0o644);
    let script = format!(
        "mount -t ramfs none /mnt; mount --bind {} /proc/swaps",
        swaps.display()
    );
    let ended = in_mounts(
        &world,
        &script,
        "--file KEY=/tls/key@/mnt/key",
        &["cat", "/mnt/key"],
    );
    assert_eq!(ended.ok(), "key\n");
}

const SWAPS: &str = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n\
                     /swapfile                               file\t\t1048572\t\t0\t\t-2\n";

#[test]
fn with_swap_on_one_line_warns_that_a_path_can_reach_a_disk() {
    let story = "with_swap_on_one_line_warns_that_a_path_can_reach_a_disk";
    if !can_mount(story) {
        return;
    }
    let world = world_with(&[("/tls/key", "key\n")]);
    let swaps = world.directory.file("swaps", SWAPS, 0o644);
    let swap = format!("mount --bind {} /proc/swaps", swaps.display());
    let both = "--file A=/tls/key@/mnt/a --file B=/tls/key@/mnt/b";
    let printed = "envsecrets: swap is on, so that `/mnt/a` can reach a disk: mount its file system with \
                `noswap` (Linux 6.4), or turn swap off\n";
    for (mount, options, remark) in [
        ("mount -t tmpfs none /mnt", both, printed),
        ("mount -t tmpfs none /mnt", "--file A=/tls/key", ""),
    ] {
        let script = format!("{mount}; {swap}");
        let ended = in_mounts(&world, &script, options, &["echo", "started"]);
        assert_eq!(
            (ended.text().as_str(), ended.stderr.as_str()),
            ("started\n", remark)
        );
    }
    let ended = in_mounts(&world, "mount -t tmpfs none /mnt", both, &["true"]);
    assert_eq!(ended.ok(), "");
    let newer = in_mounts(
        &world,
        "mount -t tmpfs -o noswap none /mnt",
        both,
        &["true"],
    );
    if can(
        story,
        "Linux 6.4, for tmpfs without swap",
        newer.code == Some(0),
    ) {
        let script = format!("mount -t tmpfs -o noswap none /mnt; {swap}");
        assert_eq!(in_mounts(&world, &script, both, &["true"]).ok(), "");
    }
}

#[test]
fn a_program_that_gives_up_root_reads_what_belongs_to_its_user() {
    let story = "a_program_that_gives_up_root_reads_what_belongs_to_its_user";
    let Some(memory) = Memory::new(story) else {
        return;
    };
    if !is_root(story) {
        return;
    }
    let world = world_with(&[("/tls/key", "key\n")]);
    let give_up = r#"exec setpriv --reuid 65534 --regid 65534 --clear-groups cat "$KEY""#;
    for place in [String::new(), format!("@{}", memory.path("key"))] {
        for owner in ["--file-owner nobody", "--file-owner 65534"] {
            let options = format!("--file KEY=/tls/key{place} {owner}");
            let ended = world.launch(&options, &["sh", "-c", give_up]).run();
            assert_eq!(ended.ok(), "key\n", "{options}");
        }
        let options = format!("--file KEY=/tls/key{place}");
        let ended = world.launch(&options, &["sh", "-c", give_up]).run();
        assert!(ended.stderr.ends_with(": Permission denied\n"), "{ended:?}");
    }
    let about = std::fs::metadata(memory.path("key")).unwrap();
    assert_eq!((about.uid(), about.mode() & 0o7777), (0, 0o400));
}

#[test]
fn sudo_passes_on_no_descriptor_and_no_variable_that_is_not_named() {
    let story = "sudo_passes_on_no_descriptor_and_no_variable_that_is_not_named";
    let Some(memory) = Memory::new(story) else {
        return;
    };
    if !is_root(story) || !can(story, "sudo", which("sudo").is_some()) {
        return;
    }
    let world = world_with(&[("/a", "secret"), ("/tls/key", "key")]);
    let show = r#"echo "<$A>"; cat "$KEY" 2>/dev/null || echo nothing"#;
    let path = format!("@{}", memory.path("key"));
    for (place, keep, shown) in [
        ("", None, "<>\nnothing\n"),
        ("", Some("--preserve-env=A,KEY"), "<secret>\nnothing\n"),
        (&path, Some("--preserve-env=A,KEY"), "<secret>\nkey"),
    ] {
        let options = format!("--secret A=/a --file KEY=/tls/key{place}");
        let sudo = ["sudo", "-n"].into_iter().chain(keep);
        let program: Vec<&str> = sudo.chain(["sh", "-c", show]).collect();
        let ended = world.launch(&options, &program).run();
        assert_eq!(
            (ended.code, ended.text().as_str()),
            (Some(0), shown),
            "{ended:?}"
        );
    }
}

/// A directory in memory of the user 65534, where root can give it one.
fn memory_of_another(story: &str) -> Option<Memory> {
    let memory = Memory::new(story).filter(|_| is_root(story))?;
    std::os::unix::fs::chown(memory.path(""), Some(65534), None).unwrap();
    Some(memory)
}

#[test]
fn a_user_without_rights_has_files_of_its_own() {
    let story = "a_user_without_rights_has_files_of_its_own";
    let Some(memory) = memory_of_another(story) else {
        return;
    };
    let world = world_with(&[("/tls/key", "key\n")]);
    let user = [
        "setpriv",
        "--reuid",
        "65534",
        "--regid",
        "65534",
        "--clear-groups",
    ];
    for place in [String::new(), format!("@{}", memory.path("key"))] {
        for owner in ["", "--file-owner nobody"] {
            let options = format!("--file KEY=/tls/key{place} {owner}");
            let program = ["sh", "-c", r#"stat -L -c '%a %u' "$KEY"; cat "$KEY""#];
            let ended = behind(&world, &user, &options, &program).run();
            assert_eq!(ended.ok(), "400 65534\nkey\n", "{options}");
        }
    }
    let options = "--file KEY=/tls/key --file-owner root";
    let calls = world.server.calls();
    assert_eq!(
        behind(&world, &user, options, &["true"]).run().failed(78),
        "envsecrets: error: the user `root` cannot own files: Operation not permitted
envsecrets: hint: this requires root or CAP_CHOWN: omit `--file-owner` if envsecrets runs as the user of the program\n"
    );
    let options = format!("--file KEY=/tls/key@{}", memory.path("none/key"));
    std::fs::create_dir(memory.path("none")).unwrap();
    assert_eq!(
        behind(&world, &user, &options, &["true"]).run().failed(78),
        format!(
            "envsecrets: error: `{}`, the directory for the file of KEY, cannot be used: Permission denied
envsecrets: hint: the user that starts envsecrets must be allowed to write in it\n",
            memory.path("none")
        )
    );
    assert_eq!(
        world.server.calls(),
        calls,
        "it is known before anything is read"
    );
}

#[test]
fn the_capability_to_change_owners_is_enough_to_give_files_away() {
    let story = "the_capability_to_change_owners_is_enough_to_give_files_away";
    let Some(memory) = memory_of_another(story) else {
        return;
    };
    let world = world_with(&[("/tls/key", "key\n")]);
    let script = world.directory.file("script", "#!/nonexistent\n", 0o755);
    let user = [
        "setpriv",
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
        "--inh-caps=+chown",
        "--ambient-caps=+chown",
    ];
    for place in [String::new(), format!("@{}", memory.path("key"))] {
        let options = format!("--file KEY=/tls/key{place} --file-owner 1234");
        // The second time it replaces a file that it may not read.
        for _ in 0..2 {
            let program = ["sh", "-c", r#"stat -L -c '%a %u' "$KEY""#];
            let ended = behind(&world, &user, &options, &program).run();
            assert_eq!(ended.ok(), "400 1234\n", "{options}");
        }
    }
    // And what cannot be put back is removed.
    let options = format!(
        "--file KEY=/tls/key@{} --file-owner 1234",
        memory.path("key")
    );
    let program = [script.to_str().unwrap()];
    behind(&world, &user, &options, &program).run().failed(127);
    assert_eq!(memory.names(), [""; 0]);
}

/// What the program gets under a name: `V=` for a value, `F=` for the content of a file.
#[track_caller]
fn got(world: &World, options: &str, inherited: &[(&str, &str)]) -> String {
    let script = r#"case $X in /proc/*) echo "F=$(cat "$X")" ;; *) echo "V=$X" ;; esac"#;
    let mut launch = world.launch(options, &["sh", "-c", script]);
    for (name, value) in inherited {
        launch.env(name, value);
    }
    launch.run().ok()
}

#[test]
fn a_file_beats_paths_and_references_and_what_is_inherited_unless_that_is_preserved() {
    let world = world_with(&[("/app/x", "path"), ("/file", "file"), ("/ref", "reference")]);
    world.store.put("/json", "{\"x\": \"json\"}");
    let file = "--path /app --json /json --file X=/file";
    for (options, inherited, expected) in [
        (file, [].as_slice(), "F=file\n"),
        (file, &[("X", "mine")], "F=file\n"),
        (
            &format!("{file} --resolve"),
            &[("X", "ssm:///ref")],
            "F=file\n",
        ),
        (
            &format!("{file} --preserve-env"),
            &[("X", "mine")],
            "V=mine\n",
        ),
        (
            &format!("{file} --preserve-env=Y"),
            &[("X", "mine")],
            "F=file\n",
        ),
        (&format!("{file} --preserve-env"), &[], "F=file\n"),
        (
            &format!("{file} --preserve-env --unset X"),
            &[("X", "mine")],
            "F=file\n",
        ),
        (
            &format!("{file} --resolve --preserve-env"),
            &[("X", "ssm:///ref")],
            "V=reference\n",
        ),
        (&format!("{file} --require X"), &[], "F=file\n"),
        (&format!("{file} --clean-env"), &[("X", "mine")], "F=file\n"),
        ("--file X=/file", &[], "F=file\n"),
    ] {
        assert_eq!(got(&world, options, inherited), expected, "{options}");
    }
    // A reference that does not count is not requested.
    let inherited = [("X", "ssm:///not-there")];
    assert_eq!(
        got(&world, &format!("{file} --resolve"), &inherited),
        "F=file\n"
    );
    assert_eq!(
        got(&world, "", &[("ENVSECRETS_FILE", "Y=/ref\nX=/file")]),
        "F=file\n"
    );
}

#[test]
fn what_is_inherited_and_preserved_leaves_no_file() {
    let story = "what_is_inherited_and_preserved_leaves_no_file";
    let Some(memory) = Memory::new(story) else {
        return;
    };
    let world = world_with(&[("/file", "file")]);
    let options = format!("--file X=/file@{} --preserve-env", memory.path("x"));
    assert_eq!(got(&world, &options, &[("X", "mine")]), "V=mine\n");
    assert_eq!(memory.names(), [""; 0]);
}

#[test]
fn a_name_that_runs_code_is_refused_because_a_file_runs_too() {
    let world = world_with(&[("/env", "echo started")]);
    let ended = world
        .launch("--file BASH_ENV=/env", &["bash", "-c", ":"])
        .run();
    let printed = ended.failed(65);
    assert!(
        printed.starts_with("envsecrets: error: parameter `/env` would become BASH_ENV, which "),
        "{printed}"
    );
    let options = "--file BASH_ENV=/env --allow-name BASH_ENV";
    let ended = world.launch(options, &["bash", "-c", ":"]).run();
    assert_eq!(ended.ok(), "started\n");
}

#[test]
fn what_is_too_large_for_a_variable_is_not_for_a_file() {
    let world = world();
    let large = "x".repeat(200_000);
    world.store.plant("/large", &large);
    let ended = world.launch("--secret X=/large", &["true"]).run();
    assert_eq!(
        ended.failed(65),
        "envsecrets: error: X is too large for an environment variable: 200003 bytes with its name, and the limit of the kernel is 131072
envsecrets: hint: the limit is 32 pages for one variable, and cannot be raised: pass it as a file with `--file NAME=PARAMETER`, store less in that parameter, or leave it out with `--exclude GLOB`\n"
    );
    let ended = world
        .launch("--file X=/large", &["sh", "-c", r#"cat "$X""#])
        .run();
    assert_eq!(ended.ok(), large);
}

#[test]
fn a_check_shows_files_looks_at_their_places_and_writes_nothing() {
    let story = "a_check_shows_files_looks_at_their_places_and_writes_nothing";
    let Some(memory) = Memory::new(story) else {
        return;
    };
    let world = world_with(&[("/app/k", "old"), ("/key", SENTINEL), ("/p12", "AAEC")]);
    let path = memory.path("p12");
    let options = format!("--path /app --file K=/key --file P=base64:/p12@{path}");
    let check = |more: &str| {
        let arguments = format!("check {options} {more}");
        let ended = world
            .envsecrets(&arguments.split_whitespace().collect::<Vec<_>>())
            .run();
        assert!(!format!("{ended:?}").contains(SENTINEL));
        assert_eq!(memory.names(), [""; 0]);
        ended
    };
    let table = check("").ok();
    let rows: Vec<Vec<&str>> = table
        .lines()
        .skip(1)
        .map(|line| {
            let cells = line.split("  ").map(str::trim);
            let cells = cells.filter(|cell| !cell.is_empty());
            cells.filter(|cell| !is_date(cell)).collect()
        })
        .collect();
    assert_eq!(
        rows,
        [
            vec![
                "K",
                "/key",
                "1",
                "SecureString",
                "29",
                "--file",
                "a file in memory; overrides /app/k"
            ],
            vec![
                "P",
                "/p12",
                "1",
                "SecureString",
                "3",
                "--file",
                &format!("a file at {path}")
            ],
        ]
    );
    for more in ["--format json", "--format json --names-only"] {
        let report: serde_json::Value = serde_json::from_str(&check(more).ok()).unwrap();
        let [k, p] = [&report["variables"][0], &report["variables"][1]];
        assert_eq!(
            (&k["file"], &k["from"]),
            (&"memory".into(), &"--file".into())
        );
        assert_eq!(
            (&p["file"], &p["from"]),
            (&path.as_str().into(), &"--file".into())
        );
        assert_eq!(
            p["size"].as_u64(),
            if more.ends_with("only") {
                None
            } else {
                Some(3)
            }
        );
    }
    // A file is pinned where it stands.
    assert_eq!(check("--format names").ok(), "");
    let ended = check("--file D=/key@/proc/key --file E=/key@/gone/key --file-owner no-such-user");
    assert_eq!(ended.code, Some(78));
    let errors = ended
        .stderr
        .lines()
        .filter_map(|it| it.strip_prefix("envsecrets: error: "));
    assert_eq!(
        errors.collect::<Vec<_>>(),
        [
            "the user `no-such-user`, to own files, does not exist",
            "`/proc/key`, for D, would not be in memory: `/proc` is proc",
            "`/gone`, the directory for the file of E, does not exist",
        ]
    );
    // All the rest is checked nevertheless.
    assert_eq!(ended.text().lines().count(), 5);
}

/// A launch whose file cannot be handed over: no request is sent, and nothing is left.
#[track_caller]
fn refused(world: &World, options: &str, printed: &str) {
    let ended = world.launch(options, &["echo", "started"]).run();
    assert_eq!(ended.failed(78), printed, "{options}");
    assert_eq!(
        world.server.calls(),
        0,
        "it is known before anything is read"
    );
}

#[test]
fn a_path_that_is_not_in_memory_is_refused_with_its_mount_and_what_to_use() {
    let world = world_with(&[("/key", SENTINEL)]);
    let hint = "envsecrets: hint: a secret is written to tmpfs or ramfs only: `RuntimeDirectory=` of systemd, `--tmpfs /run` of Docker, an `emptyDir` with `medium: Memory` of Kubernetes; or omit `@/PATH`, and the program gets a descriptor\n";
    refused(
        &world,
        "--file KEY=/key@/proc/key",
        &format!(
            "envsecrets: error: `/proc/key`, for KEY, would not be in memory: `/proc` is proc\n{hint}"
        ),
    );
    let story = "a_path_that_is_not_in_memory_is_refused_with_its_mount_and_what_to_use";
    if !can_mount(story) {
        return;
    }
    // Not even where the upper layer is memory: the kernel reports the same of every container.
    let overlay = "
        mount -t tmpfs none /mnt
        mkdir /mnt/lower /mnt/upper /mnt/work '/mnt/a b'
        mount -t overlay overlay -o lowerdir=/mnt/lower,upperdir=/mnt/upper,workdir=/mnt/work '/mnt/a b'
        ln -s 'a b' /mnt/link";
    let ended = in_mounts(&world, overlay, "--file KEY=/key@/mnt/link/key", &["true"]);
    assert_eq!(
        ended.failed(78),
        format!(
            "envsecrets: error: `/mnt/link/key`, for KEY, would not be in memory: `/mnt/a b` is overlay\n{hint}"
        )
    );
    assert_eq!(world.server.calls(), 0);
}

const UNSAFE: &str = "envsecrets: hint: use a directory that belongs to you or to root, as do all those above it, and to which no one else may write (`chmod go-w`), or set its sticky bit (`chmod +t`); or omit `@/PATH`, and the program gets a descriptor\n";

/// Makes a directory of that mode.
fn directory(memory: &Memory, name: &str, mode: u32) {
    let path = memory.path(name);
    std::fs::create_dir(&path).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_directory_in_which_others_can_rename_files_is_refused_wherever_it_is_on_the_way() {
    let story = "a_directory_in_which_others_can_rename_files_is_refused_wherever_it_is_on_the_way";
    let Some(memory) = Memory::new(story) else {
        return;
    };
    let world = world_with(&[("/key", "value")]);
    for (name, mode) in [
        ("open", 0o777),
        ("open/safe", 0o700),
        ("sticky", 0o1777),
        ("sticky/safe", 0o700),
        ("safe", 0o755),
    ] {
        directory(&memory, name, mode);
    }
    for (target, link) in [("open/safe", "link"), ("../safe", "open/link")] {
        std::os::unix::fs::symlink(target, memory.path(link)).unwrap();
    }
    let (user, group) = (nix::unistd::geteuid(), nix::unistd::getegid());
    for way in ["open", "open/safe", "link", "open/link"] {
        let path = memory.path(&format!("{way}/key"));
        refused(
            &world,
            &format!("--file KEY=/key@{path}"),
            &format!(
                "envsecrets: error: `{path}`, for KEY, could be replaced by other users: `{}` is writable by others, and not sticky (user {user}, group {group}, mode 0777)\n{UNSAFE}",
                memory.path("open")
            ),
        );
    }
    let check = [
        "check",
        "--file",
        &format!("KEY=/key@{}", memory.path("open/key")),
    ];
    assert_eq!(world.envsecrets(&check).run().code, Some(78));
    for way in ["sticky", "sticky/safe", "safe"] {
        let path = memory.path(&format!("{way}/key"));
        let options = format!("--file KEY=/key@{path}");
        let ended = world.launch(&options, &["sh", "-c", "cat $KEY"]).run();
        assert_eq!(ended.ok(), "value", "{way}");
    }
}

#[test]
fn a_directory_of_another_user_or_of_another_group_is_refused() {
    let story = "a_directory_of_another_user_or_of_another_group_is_refused";
    let Some(memory) = Memory::new(story) else {
        return;
    };
    if !is_root(story) {
        return;
    }
    let world = world_with(&[("/key", "value")]);
    for (name, mode, user, group) in [
        ("another", 0o700, 65534, 0),
        ("another/ours", 0o700, 0, 0),
        ("group", 0o770, 0, 65534),
        ("sticky", 0o1777, 0, 0),
        ("safe", 0o750, 0, 65534),
    ] {
        directory(&memory, name, mode);
        std::os::unix::fs::chown(memory.path(name), Some(user), Some(group)).unwrap();
    }
    // In a sticky directory the owner of a link can replace it.
    let link = memory.path("sticky/link");
    std::os::unix::fs::symlink(memory.path("safe"), &link).unwrap();
    std::os::unix::fs::lchown(&link, Some(65534), None).unwrap();
    for (way, found, why) in [
        ("another", "another", "belongs to user 65534 (mode 0700)"),
        (
            "another/ours",
            "another",
            "belongs to user 65534 (mode 0700)",
        ),
        (
            "group",
            "group",
            "is writable by others, and not sticky (user 0, group 65534, mode 0770)",
        ),
        (
            "sticky/link",
            "sticky",
            "is writable by others, and the link in it is another user's (user 0, group 0, mode 1777)",
        ),
    ] {
        let path = memory.path(&format!("{way}/key"));
        refused(
            &world,
            &format!("--file KEY=/key@{path}"),
            &format!(
                "envsecrets: error: `{path}`, for KEY, could be replaced by other users: `{}` {why}\n{UNSAFE}",
                memory.path(found)
            ),
        );
    }
    // The user that gets the file may do with it as that user likes.
    for (way, owner) in [("another", "--file-owner 65534"), ("safe", "")] {
        let path = memory.path(&format!("{way}/key"));
        let options = format!("--file KEY=/key@{path} {owner}");
        let ended = world.launch(&options, &["sh", "-c", "cat $KEY"]).run();
        assert_eq!(ended.ok(), "value", "{way}");
    }
}

#[test]
fn what_stands_at_a_path_is_replaced_only_if_it_is_a_file() {
    let story = "what_stands_at_a_path_is_replaced_only_if_it_is_a_file";
    let Some(memory) = Memory::new(story) else {
        return;
    };
    let world = world_with(&[("/key", SENTINEL)]);
    std::fs::create_dir(memory.path("directory")).unwrap();
    std::os::unix::fs::symlink("/elsewhere", memory.path("link")).unwrap();
    nix::unistd::mkfifo(memory.path("pipe").as_str(), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(memory.path("socket")).unwrap();
    std::fs::write(memory.path("file"), "").unwrap();
    for (name, what) in [
        ("directory", "a directory"),
        ("link", "a symbolic link"),
        ("pipe", "a pipe"),
        ("socket", "a socket"),
    ] {
        let path = memory.path(name);
        refused(
            &world,
            &format!("--file KEY=/key@{path}"),
            &format!(
                "envsecrets: error: `{path}`, for KEY, is {what}, not a regular file that can be replaced\n\
                 envsecrets: hint: remove it, or choose another path\n"
            ),
        );
    }
    for (path, error, hint) in [
        (
            "/dev/null",
            "`/dev/null`, for KEY, is a device, not a regular file that can be replaced",
            "envsecrets: hint: remove it, or choose another path\n",
        ),
        (
            &memory.path("none/key"),
            &format!(
                "`{}`, the directory for the file of KEY, does not exist",
                memory.path("none")
            ),
            "envsecrets: hint: envsecrets does not create it: `RuntimeDirectory=` of systemd, `--tmpfs /run/app` of Docker or an `emptyDir` of Kubernetes does\n",
        ),
        (
            &memory.path("file/key"),
            &format!(
                "`{}`, the directory for the file of KEY, is not a directory",
                memory.path("file")
            ),
            "",
        ),
    ] {
        let printed = format!("envsecrets: error: {error}\n{hint}");
        refused(&world, &format!("--file KEY=/key@{path}"), &printed);
    }
    assert_eq!(
        memory.names(),
        ["directory", "file", "link", "pipe", "socket"]
    );
}

#[test]
fn an_unknown_owner_is_reported_before_anything_is_read() {
    let world = world_with(&[("/key", SENTINEL)]);
    refused(
        &world,
        "--file KEY=/key --file-owner no-such-user",
        "envsecrets: error: the user `no-such-user`, to own files, does not exist
envsecrets: hint: a number needs no list of users: `--file-owner 1000`\n",
    );
}

#[test]
fn when_no_descriptor_is_left_that_is_reported_before_anything_is_read() {
    let world = world_with(&[("/key", SENTINEL)]);
    let options: String = (0..12)
        .map(|number| format!("--file K{number}=/key "))
        .collect();
    let limited = |limit: u64, options: &str| {
        let mut launch = world.launch(options, &["sh", "-c", r#"echo "$K0""#]);
        launch.before(move || {
            use nix::sys::resource::{Resource, setrlimit};
            let flag = nix::libc::CLOSE_RANGE_CLOEXEC as i32;
            // Whatever these tests inherited themselves.
            // SAFETY: `close_range` is a system call and nothing else.
            unsafe { nix::libc::close_range(3, u32::MAX, flag) };
            Ok(setrlimit(Resource::RLIMIT_NOFILE, limit, limit)?)
        });
        launch.run()
    };
    assert_eq!(
        limited(20, &options).failed(71),
        "envsecrets: error: no descriptor is left for the file of K10: the limit is 20
envsecrets: error: no descriptor is left for the file of K11: the limit is 20
envsecrets: hint: raise the limit (`ulimit -n`, `LimitNOFILE=` of systemd, `--ulimit nofile=` of Docker), or write to a path with `--file NAME=PARAMETER@/PATH`\n"
    );
    assert_eq!(world.server.calls(), 0);
    assert_eq!(limited(24, &options).ok(), "/proc/self/fd/12\n");
    assert_eq!(limited(600, "--file K0=/key").ok(), "/proc/self/fd/300\n");
}

#[test]
fn a_limit_on_the_size_of_files_is_reported_and_does_not_kill() {
    let world = world_with(&[("/key", SENTINEL)]);
    let mut launch = world.launch("--file KEY=/key", &["echo", "started"]);
    launch.before(|| {
        use nix::sys::resource::{Resource, setrlimit};
        Ok(setrlimit(Resource::RLIMIT_FSIZE, 28, 28)?)
    });
    assert_eq!(
        launch.run().failed(71),
        "envsecrets: error: the file of KEY would have 29 bytes, and the limit for files is 28
envsecrets: hint: raise the limit: `ulimit -f`, `LimitFSIZE=` of systemd, `--ulimit fsize=` of Docker\n"
    );
}

#[test]
fn without_proc_a_program_could_not_find_its_file() {
    let story = "without_proc_a_program_could_not_find_its_file";
    if !can_mount(story) {
        return;
    }
    let world = world_with(&[("/key", SENTINEL)]);
    let without = "mount -t tmpfs none /proc";
    let ended = in_mounts(&world, without, "--file KEY=/key", &["true"]);
    assert_eq!(
        ended.failed(78),
        "envsecrets: error: `/proc`, for the file of KEY, does not exist
envsecrets: hint: mount it, or write to a path in memory with `--file NAME=PARAMETER@/PATH`\n"
    );
    let ended = in_mounts(
        &world,
        without,
        "--file KEY=/key@/proc/key",
        &["cat", "/proc/key"],
    );
    assert_eq!(ended.ok(), SENTINEL);
}

/// Runs a launch in a directory that is mounted like this; gives how it ended, and what is left.
fn left(world: &World, mount: &str, options: &str, program: &[&str]) -> (Ended, String) {
    let script = format!(
        "set -e\nmount -t tmpfs -o {mount} none /mnt\nset +e\n\"$@\"\ncode=$?\nls -A /mnt\nexit $code"
    );
    let wrapper = ["unshare", "--mount", "--", "sh", "-c", &script, "sh"];
    let ended = behind(world, &wrapper, options, program).run();
    let names = ended.text();
    (ended, names)
}

#[test]
fn when_one_file_cannot_be_written_none_is_left() {
    let story = "when_one_file_cannot_be_written_none_is_left";
    if !can_mount(story) {
        return;
    }
    let world = world_with(&[("/small", SENTINEL), ("/large", &SENTINEL.repeat(200))]);
    let options = "--file A=/small@/mnt/a --file B=/large@/mnt/b --file C=/small@/mnt/c";
    let full =
        "envsecrets: error: the file of B cannot be written to `/mnt/b`: No space left on device
envsecrets: hint: the file system is full, or out of inodes: check `df` and its `size=`\n";
    for mount in ["size=8k", "nr_inodes=2"] {
        let (ended, names) = left(&world, mount, options, &["echo", "started"]);
        assert_eq!(
            (ended.code, ended.stderr.as_str()),
            (Some(78), full),
            "{mount}"
        );
        assert_eq!(names, "", "{mount}");
    }
    let (ended, names) = left(&world, "size=64k", options, &["echo", "started"]);
    assert_eq!(
        (ended.code, names.as_str()),
        (Some(0), "started\na\nb\nc\n")
    );
    let read_only = "envsecrets: error: `/mnt`, the directory for the file of A, cannot be used: Read-only file system
envsecrets: hint: the user that starts envsecrets must be allowed to write in it\n";
    let (ended, _) = left(&world, "ro", "--file A=/small@/mnt/a", &["echo", "started"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(78), read_only));
}

#[test]
fn when_anything_else_is_wrong_nothing_is_written() {
    let story = "when_anything_else_is_wrong_nothing_is_written";
    let Some(memory) = Memory::new(story) else {
        return;
    };
    let world = world_with(&[("/key", SENTINEL), ("/app/x", "x")]);
    world.store.plant("/empty", "\n");
    let path = memory.path("key");
    std::fs::write(&path, "from before").unwrap();
    let gone = world
        .directory
        .file("script", "#!/nonexistent/interpreter\n", 0o755);
    let gone = gone.to_str().unwrap();
    let base64 = "envsecrets: hint: base64 is letters, digits, `+/` or `-_`, and line ends, with `=` at its end or not; without `base64:` a value is passed unchanged\n";
    for (options, program, code, printed) in [
        (
            format!("--file K=/key@{path} --file L=/gone"),
            "true",
            66,
            format!(
                "envsecrets: error: parameter `/gone` does not exist in us-east-1 at {}\n\
                 envsecrets: hint: check names, versions, labels, account and region for typos\n",
                world.server.url()
            ),
        ),
        (
            format!("--file K=/key@{path} --file L=base64:/key"),
            "true",
            65,
            format!(
                "envsecrets: error: the value of parameter `/key`, for L, cannot be decoded: it is cut short\n{base64}"
            ),
        ),
        (
            format!("--file K=/key@{path} --file L=base64:/empty"),
            "true",
            66,
            format!(
                "envsecrets: error: the value of parameter `/empty`, for L, cannot be decoded: it is empty\n{base64}"
            ),
        ),
        (
            format!("--path /app --file K=/key@{path} --require Y"),
            "true",
            66,
            "envsecrets: error: Y is required, but missing\n\
             envsecrets: hint: `envsecrets check` with the same options lists what exists; a parameter may have been deleted or have expired\n"
                .to_owned(),
        ),
    ] {
        let ended = world.launch(&options, &[program]).run();
        assert_eq!(ended.failed(code), printed, "{options}");
        assert_eq!(memory.names(), ["key"]);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "from before");
    }
    // Only here it is known last, and the file from before is put back.
    let options = format!("--file K=/key@{path}");
    let ended = world.launch(&options, &[gone]).run();
    ended.failed(127);
    assert_eq!(memory.names(), ["key"]);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "from before");
}
