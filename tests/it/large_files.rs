//! Objects that are larger than our own memory should be: they go into the memory of the kernel
//! that the program gets, as they arrive.

use std::path::PathBuf;

use nix::libc;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::Signal;
use parameter_store::{Fault, Identity};

use crate::support::memory::{Memory, behind};
use crate::support::refusing::Refused;
use crate::support::tls::{Secure, secure};
use crate::support::wire::{Then, Wire};
use crate::support::{
    Directory, Ended, Launch, SENTINEL, World, calling, can, can_unshare, until, world,
};

const MEBIBYTE: usize = 1 << 20;

/// Bytes of which no two parts are the same, and that are no text.
fn bytes(size: usize) -> Vec<u8> {
    let numbers = (0_u32..).flat_map(|number| (number | 0x8000_0000).to_le_bytes());
    numbers.take(size).collect()
}

/// A bucket with an object, and the same content in a file to compare with.
struct Bucket {
    world: World,
    expected: PathBuf,
}

fn bucket(size: usize) -> Bucket {
    bucket_in(world(), size)
}

fn bucket_in(world: World, size: usize) -> Bucket {
    let content = bytes(size);
    world.store.put_object("secrets", "large", &content);
    let expected = world.directory.file("expected", &content, 0o600);
    Bucket { world, expected }
}

impl Bucket {
    /// A launch whose program compares these files with the object.
    fn compares(&self, options: &str, names: &[&str]) -> Launch {
        let expected = self.expected.display();
        let each = names.iter();
        let each = each.map(|name| format!("cmp \"${name}\" '{expected}' && echo {name}; "));
        self.world
            .launch(options, &["sh", "-c", &each.collect::<String>()])
    }
}

#[test]
fn a_large_object_needs_little_memory_of_our_own() {
    let story = "a_large_object_needs_little_memory_of_our_own";
    let Some(memory) = Memory::new(story) else {
        return;
    };
    let options = format!(
        "--file A=s3://secrets/large --file B=s3://secrets/large@{}",
        memory.path("large")
    );
    // What the kernel lets this process have for itself (setrlimit(2)).
    let most = 24 * MEBIBYTE as u64;
    let Secure {
        world: https, ca, ..
    } = secure(Identity::Valid);
    for bucket in [bucket(48 * MEBIBYTE), bucket_in(https, 32 * MEBIBYTE)] {
        let mut launch = bucket.compares(&options, &["A", "B"]);
        launch
            .env("SSL_CERT_FILE", &ca)
            .before(move || Ok(setrlimit(Resource::RLIMIT_DATA, most, most)?));
        let ended = launch.run();
        let printed = ended.without_waiting();
        assert_eq!((ended.text().as_str(), printed.as_str()), ("A\nB\n", ""));
        assert_eq!(memory.names(), ["large"]);
    }
}

/// The peak of the memory of a launcher that has read an object, in KiB (proc_pid_status(5)): its
/// own, and that of its program file. It waits for another object then, and is ended.
fn peak(size: usize) -> u64 {
    let bucket = bucket(size);
    let world = &bucket.world;
    world.store.put_object("secrets", "late", SENTINEL);
    world
        .server
        .set_faults([Fault::StalledBody.always().naming("secrets/late")]);
    let options = "--file A=s3://secrets/large --file B=s3://secrets/late";
    let running = world.launch(options, &["true"]).start();
    let process = format!("/proc/{}", running.pid());
    until("it has arrived", || {
        let descriptors = std::fs::read_dir(format!("{process}/fd"));
        let is_it = |path: PathBuf| path.metadata().is_ok_and(|it| it.len() == size as u64);
        descriptors.is_ok_and(|mut all| all.any(|it| it.is_ok_and(|it| is_it(it.path()))))
    });
    let status = std::fs::read_to_string(format!("{process}/status")).unwrap();
    let line = status.lines().find_map(|it| it.strip_prefix("VmHWM:"));
    let peak = line.unwrap().trim().trim_end_matches(" kB");
    running.signal(Signal::SIGTERM);
    assert_eq!(running.end().signal, Some(libc::SIGTERM));
    peak.parse().unwrap()
}

#[test]
fn the_peak_of_memory_does_not_grow_with_an_object() {
    let (small, large) = (peak(2 * MEBIBYTE), peak(48 * MEBIBYTE));
    assert!(large < small + 4096, "{small} KiB, and {large} KiB");
}

#[test]
fn a_large_file_is_as_any_other_for_the_program() {
    let story = "a_large_file_is_as_any_other_for_the_program";
    let Some(memory) = Memory::new(story) else {
        return;
    };
    let bucket = bucket(3 * MEBIBYTE + 7);
    let path = memory.path("large");
    let options = format!(
        "--file A=s3://secrets/large --file B=s3://secrets/large --file C=s3://secrets/large@{path}"
    );
    // Each descriptor begins at the beginning, and no one can write.
    let script = format!(
        r#"
        for file in "$A" "$B"; do
            cmp "/dev/fd/${{file##*/}}" '{expected}' && eval "cat <&${{file##*/}}" | cmp - '{expected}'
            eval "printf more >> \"\$file\"" 2>/dev/null || echo fails
            truncate -s 1 "$file" 2>/dev/null || echo fails
        done
        cmp "$C" '{expected}'
        stat -L -c '%a %u %F' "$A" "$B" "$C"
        ls /proc/$$/fd | grep -c '^5'
    "#,
        expected = bucket.expected.display()
    );
    let ended = bucket
        .world
        .launch(&options, &["bash", "-c", &script])
        .run();
    let user = nix::unistd::geteuid();
    let about = format!("400 {user} regular file\n").repeat(3);
    assert_eq!(
        ended.ok(),
        format!("fails\nfails\nfails\nfails\n{about}2\n")
    );
    assert_eq!(bucket.world.operations(), ["GetObject"]);
}

#[test]
fn a_large_object_that_no_program_gets_leaves_nothing() {
    let bucket = bucket(2 * MEBIBYTE);
    let mut launch = bucket.world.launch(
        "--file A=s3://secrets/large --preserve-env=A",
        &[
            "sh",
            "-c",
            "echo \"$A\"; ls -l /proc/$$/fd | grep -c memfd; :",
        ],
    );
    assert_eq!(launch.env("A", "mine").run().ok(), "mine\n0\n");
    // It is no variable, no text, and no document.
    for (options, code, what) in [
        (
            "--secret A=s3://secrets/large",
            65,
            "the value of `s3://secrets/large` is not text, which a variable must be",
        ),
        (
            "--file A=base64:s3://secrets/large",
            65,
            "the value of secret `s3://secrets/large`, for A, cannot be decoded: it is bytes already, not text",
        ),
        (
            "--json s3://secrets/large",
            65,
            "`--json s3://secrets/large` gives no variables: it is larger than 1 MiB",
        ),
    ] {
        let text = bucket.world.refusal(options, code);
        assert!(text.contains(what), "{options}: {text}");
    }
}

#[test]
fn a_pattern_is_matched_on_a_large_file() {
    let world = world();
    let text = format!("begin{}end", "x".repeat(2 * MEBIBYTE));
    world.store.put_object("secrets", "large", text);
    let contract = |pattern: &str| {
        let text = format!(
            "[variables.A]\nfrom = 's3://secrets/large'\nfile = true\npattern = '{pattern}'\n"
        );
        world.directory.file("c.toml", text, 0o600)
    };
    let options = |path: PathBuf| format!("--config {}", path.display());
    let right = options(contract("begin[x]+end"));
    let ended = world
        .launch(&right, &["sh", "-c", "tail -c 3 \"$A\""])
        .run();
    assert_eq!(ended.ok(), "end");
    let text = world.refusal(&options(contract("begin[y]+end")), 65);
    assert!(text.contains("does not match"), "{text}");
    let report = world
        .envsecrets(&["check", "--file", "A=s3://secrets/large"])
        .run()
        .ok();
    assert!(report.contains("2097160"), "{report}");
}

#[test]
fn a_transfer_that_is_cut_begins_again_with_nothing() {
    let story = "a_transfer_that_is_cut_begins_again_with_nothing";
    let Some(memory) = Memory::new(story) else {
        return;
    };
    let bucket = bucket(20 * MEBIBYTE);
    let options = format!(
        "--file A=s3://secrets/large --file B=s3://secrets/large@{}",
        memory.path("large")
    );
    for fault in [
        Fault::CloseMidBody,
        Fault::ResetMidBody,
        Fault::InternalServerError,
    ] {
        let situation = format!("{fault:?}");
        bucket.world.server.clear_requests();
        bucket.world.server.set_faults([fault.first(2)]);
        let ended = bucket.compares(&options, &["A", "B"]).run();
        // It may take long enough to be reported.
        let printed = ended.without_waiting();
        assert_eq!(
            (ended.text(), printed),
            ("A\nB\n".to_owned(), String::new()),
            "{situation}"
        );
        assert_eq!(bucket.world.server.calls(), 3, "{situation}");
    }
}

/// A launch from a server that sends these bytes as its first answers, and then the last of them
/// for ever. Its program prints how long the file is, and how many of its bytes are no `x`.
fn sent(timeout: &str, answers: Vec<Vec<u8>>, then: Then) -> Ended {
    let number = std::sync::atomic::AtomicUsize::new(0);
    let s3 = Wire::start(move |_| {
        let number = number.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        (answers[number.min(answers.len() - 1)].clone(), then)
    });
    let directory = Directory::new();
    let script = "wc -c < \"$A\"; tr -d x < \"$A\" | wc -c";
    let words = "--file A=s3://secrets/large -- sh -c";
    let words: Vec<&str> = words.split(' ').chain([script]).collect();
    let words = [&["--timeout", timeout], &words[..]].concat();
    calling(&s3.url(), &directory, &words).run()
}

/// An answer with this framing, and so many bytes of this kind.
fn answer(framing: &str, byte: u8, size: usize) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\nETag: \"e\"\r\n{framing}\r\n\r\n");
    [head.into_bytes(), vec![byte; size]].concat()
}

/// The same in chunks of a MiB, and whether their end is sent.
fn chunked(size: usize, ends: bool) -> Vec<u8> {
    let mut bytes = answer("Transfer-Encoding: chunked", 0, 0);
    for _ in 0..size / MEBIBYTE {
        bytes.extend(format!("{MEBIBYTE:x}\r\n").into_bytes());
        bytes.extend(vec![b'x'; MEBIBYTE]);
        bytes.extend(b"\r\n");
    }
    if ends {
        bytes.extend(b"0\r\n\r\n");
    }
    bytes
}

#[test]
fn what_arrives_is_what_was_announced_or_nothing_starts() {
    let size = 2 * MEBIBYTE;
    let exact = format!("Content-Length: {size}");
    // Nothing of the first, which is longer and of other bytes, is left in the second.
    let longer = answer(&format!("Content-Length: {}", 3 * size), b'y', 2 * size);
    let right = answer(&exact, b'x', size);
    assert_eq!(
        sent("30s", vec![longer, right], Then::Close).ok(),
        "2097152\n0\n"
    );
    // Chunks have no length before their end.
    let ended = sent(
        "30s",
        vec![chunked(size, false), chunked(size, true)],
        Then::Close,
    );
    assert_eq!(ended.ok(), "2097152\n0\n");
    for (what, answer, code) in [
        ("one byte is missing", answer(&exact, b'x', size - 1), 75),
        ("the last chunk is missing", chunked(size, false), 75),
        ("no length", answer("Connection: close", b'x', size), 70),
        (
            "two lengths",
            answer(&format!("{exact}\r\nContent-Length: 5"), b'x', size),
            70,
        ),
    ] {
        // What is certain needs time on a machine that has much else to do; what may pass takes all.
        let timeout = if code == 75 { "1s" } else { "30s" };
        let ended = sent(timeout, vec![answer], Then::Close);
        let end = (ended.code, ended.text());
        assert_eq!(end, (Some(code), String::new()), "{what}: {ended:?}");
    }
    let large = "is larger than 64 MiB, the most that is read";
    for answer in [
        answer("Content-Length: 67108865", b'x', 1),
        answer("Content-Length: 99999999999999", b'x', 1),
        chunked(65 * MEBIBYTE, true),
    ] {
        let ended = sent("30s", vec![answer], Then::Close);
        assert!(ended.failed(65).contains(large), "{ended:?}");
    }
}

#[test]
fn limits_of_files_are_reported_as_for_small_ones_and_kill_nothing() {
    let bucket = bucket(3 * MEBIBYTE);
    for limit in [MEBIBYTE, 3 * MEBIBYTE - 1] {
        let mut launch = bucket.compares("--file A=s3://secrets/large", &["A"]);
        let limit = limit as u64;
        launch.before(move || Ok(setrlimit(Resource::RLIMIT_FSIZE, limit, limit)?));
        assert_eq!(
            launch.run().failed(71),
            format!(
                "envsecrets: error: the file of A would have 3145728 bytes, and the limit for files is {limit}
envsecrets: hint: raise the limit: `ulimit -f`, `LimitFSIZE=` of systemd, `--ulimit fsize=` of Docker\n"
            )
        );
    }
    let mut launch = bucket.compares("--file A=s3://secrets/large", &["A"]);
    let limit = 3 * MEBIBYTE as u64;
    launch.before(move || Ok(setrlimit(Resource::RLIMIT_FSIZE, limit, limit)?));
    assert_eq!(launch.run().ok(), "A\n");
}

#[test]
fn without_files_in_memory_a_path_is_written_all_the_same() {
    let story = "without_files_in_memory_a_path_is_written_all_the_same";
    let Some(memory) = Memory::new(story) else {
        return;
    };
    let bucket = bucket(3 * MEBIBYTE);
    let options = format!("--file A=s3://secrets/large@{}", memory.path("large"));
    let refused = Refused {
        call: libc::SYS_memfd_create,
        first: Vec::new(),
    };
    for error in [libc::EPERM, libc::ENOSYS] {
        let mut launch = bucket.compares(&options, &["A"]);
        assert_eq!(launch.refusing(&refused, error).run().ok(), "A\n");
    }
}

#[test]
fn without_the_call_that_moves_a_descriptor_the_content_is_copied() {
    let bucket = bucket(3 * MEBIBYTE);
    let refused = Refused {
        call: libc::SYS_dup3,
        first: Vec::new(),
    };
    let mut launch = bucket.compares("--file A=s3://secrets/large", &["A"]);
    assert_eq!(launch.refusing(&refused, libc::EPERM).run().ok(), "A\n");
}

#[test]
fn when_memory_runs_out_that_is_waited_for_and_reported() {
    let bucket = bucket(3 * MEBIBYTE);
    let refused = Refused {
        call: libc::SYS_pwrite64,
        first: Vec::new(),
    };
    for (error, why) in [
        (libc::ENOMEM, "Cannot allocate memory (os error 12)"),
        (libc::ENOSPC, "No space left on device (os error 28)"),
    ] {
        let options = "--timeout 500ms --file A=s3://secrets/large";
        let mut launch = bucket.world.launch(options, &["true"]);
        let ended = launch.refusing(&refused, error).run();
        let printed = ended.failed(75).split_inclusive('\n');
        // The number of attempts depends on the machine.
        let printed = printed.filter(|line| !line.contains(" calls were made, "));
        assert_eq!(
            printed.collect::<String>(),
            format!(
                "envsecrets: error: S3 did not answer within 500ms for object `s3://secrets/large` in us-east-1 at {}
envsecrets:   caused by: this machine does not allow more memory: {why}
envsecrets: hint: free memory, or raise the limit of memory: `MemoryMax=` in a systemd unit, the memory limit of a container\n",
                bucket.world.server.url()
            )
        );
    }
}

#[test]
fn a_file_system_that_is_full_is_reported_and_nothing_is_left() {
    let story = "a_file_system_that_is_full_is_reported_and_nothing_is_left";
    if !can(story, "root, for mounts", can_unshare(&["--mount"])) {
        return;
    }
    let bucket = bucket(3 * MEBIBYTE);
    let script = "set -e\nmount -t tmpfs -o size=2m none /mnt\nset +e\n\"$@\"\ncode=$?\nls -A /mnt\nexit $code";
    let wrapper = ["unshare", "--mount", "--", "sh", "-c", script, "sh"];
    let options = "--file A=s3://secrets/large@/mnt/large --file B=s3://secrets/large";
    let ended = behind(&bucket.world, &wrapper, options, &["echo", "started"]).run();
    assert_eq!(
        (ended.code, ended.stderr.as_str(), ended.text().as_str()),
        (
            Some(78),
            "envsecrets: error: the file of A cannot be written to `/mnt/large`: No space left on device
envsecrets: hint: the file system is full, or out of inodes: check `df` and its `size=`\n",
            ""
        )
    );
}

#[test]
fn a_signal_ends_a_transfer_and_leaves_nothing() {
    let story = "a_signal_ends_a_transfer_and_leaves_nothing";
    let Some(memory) = Memory::new(story) else {
        return;
    };
    let bucket = bucket(8 * MEBIBYTE);
    bucket.world.server.set_faults([Fault::StalledBody]);
    let options = format!("--file A=s3://secrets/large@{}", memory.path("large"));
    let running = bucket.world.launch(&options, &["true"]).start();
    until("it is requested", || bucket.world.server.calls() > 0);
    running.signal(Signal::SIGTERM);
    assert_eq!(running.end().signal, Some(libc::SIGTERM));
    assert!(memory.names().is_empty(), "{:?}", memory.names());
}
