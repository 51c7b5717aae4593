//! What a panic prints, in a process of its own.

use std::process::Command;

use super::*;

/// Set for the test that is run again, in a process of its own, to panic there.
const WAY: &str = "ENVSECRETS_TEST_PANIC";
const SENTINEL: &str = "s3ntinel-in-a-panic";

fn panic_by(way: &str) {
    match way {
        "message" => panic!("{SENTINEL}"),
        "index" => {
            let texts = vec![SENTINEL; std::env::args_os().len()];
            let _ = texts[texts.len()..][0];
        }
        "unwrap" => drop(str::from_utf8(&[SENTINEL.as_bytes(), b"\xff"].concat()).unwrap()),
        "thread" => drop(std::thread::spawn(|| panic_by("message")).join()),
        "caught" => drop(std::panic::catch_unwind(|| panic_by("message"))),
        "twice" => {
            struct Second;
            impl Drop for Second {
                fn drop(&mut self) {
                    panic_by("message");
                }
            }
            let _second = Second;
            panic_by("message");
        }
        _ => panic!("an unknown way"),
    }
}

#[test]
fn a_panic_is_an_error_of_ours_that_reveals_nothing() {
    if let Ok(way) = std::env::var(WAY) {
        report();
        panic_by(&way);
        std::process::exit(0);
    }
    for way in ["message", "index", "unwrap", "thread", "caught", "twice"] {
        let ended = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture"])
            .arg("system::panics::tests::a_panic_is_an_error_of_ours_that_reveals_nothing")
            .env(WAY, way)
            .env("RUST_BACKTRACE", "full")
            .output()
            .unwrap();
        let arm = match way {
            "index" => "let _ = texts",
            "unwrap" => "\"unwrap\" =>",
            _ => "\"message\" =>",
        };
        let lines = include_str!("tests.rs").lines();
        let line = 1 + lines.take_while(|line| !line.contains(arm)).count();
        assert_eq!(
            String::from_utf8_lossy(&ended.stderr),
            format!(
                "envsecrets: error: internal error at src/system/panics/tests.rs:{line}\n\
                 envsecrets: hint: this is a bug in envsecrets: please report it, with this line, \
                 the version and the options\n"
            ),
            "{way}"
        );
        assert_eq!(ended.status.code(), Some(70), "{way}");
    }
}

#[test]
fn a_place_is_named_without_the_directory_of_its_builder() {
    for (file, expected) in [
        ("src/launch/mod.rs", "src/launch/mod.rs"),
        (
            "/home/someone/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/tokio-1.54.0/src/lib.rs",
            "tokio-1.54.0/src/lib.rs",
        ),
        (
            "/rustc/0123456789abcdef/library/core/src/option.rs",
            "library/core/src/option.rs",
        ),
        ("/registry/src/odd", "odd"),
    ] {
        assert_eq!(shortened(file), expected);
    }
}
