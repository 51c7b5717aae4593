//! What this machine must have for a story, and what is skipped without it.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::ENVSECRETS;

/// Whether a story can run here. If not, prints its name; where nothing may be skipped, fails.
pub fn can(story: &str, needs: &str, there: bool) -> bool {
    if !there {
        assert!(
            std::env::var_os("ENVSECRETS_TEST_NOTHING_SKIPPED").is_none(),
            "{story} needs {needs}"
        );
        named_as_skipped(story, needs);
    }
    there
}

/// Prints the name of a story that is skipped, past the test harness, which hides what passing tests print.
pub fn named_as_skipped(story: &str, needs: &str) {
    let line = format!("skipped: {story}: needs {needs}\n");
    let _ = std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes());
}

/// The path of a program on our PATH.
pub fn which(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|directory| directory.join(program))
        .find(|file| file.is_file())
}

/// Whether strace(1) shows what we pass to the kernel. We are not dumpable, so our memory is for
/// root alone (ptrace(2)).
pub fn can_trace(story: &str) -> bool {
    let there = which("strace").is_some() && nix::unistd::geteuid().is_root();
    can(story, "strace, and root to see memory", there)
}

/// Whether namespaces of our own can be made, with these options of unshare(1).
pub fn can_unshare(options: &[&str]) -> bool {
    let made = Command::new("unshare")
        .args(options)
        .args(["--", "true"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    made.is_ok_and(|status| status.success())
}

/// The newest build of the program for a target, if there is one.
pub fn built_for(target: &str) -> Option<PathBuf> {
    let directory = PathBuf::from(ENVSECRETS);
    let directory = directory.ancestors().nth(2)?.join(target);
    let builds = ["release", "debug"].map(|profile| directory.join(profile).join("envsecrets"));
    builds
        .into_iter()
        .filter_map(|file| Some((file.metadata().ok()?.modified().ok()?, file)))
        .max()
        .map(|(_, file)| file)
}
