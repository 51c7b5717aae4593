//! Links what a launch calls side by side, as `packaging/functions.ld` lists it.
//!
//! The kernel maps the pages of a program by sixteen: where the functions of a launch lie
//! scattered, it maps six megabytes for one that is used. Only for optimized programs, and only
//! where rustc links with a linker of its own, which is known to take the list: others link as they
//! always did, and `packaging/build` passes the list itself.
//!
//! And builds what macOS does by POSIX on Linux, for its tests, where a developer requests it: a flag of the
//! compiler would build all dependencies again.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

const LIST: &str = "packaging/functions.ld";
/// Requests what macOS does by POSIX: CONTRIBUTING.md.
const POSIX: &str = "BUILD_ENVSECRETS_POSIX";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={LIST}");
    println!("cargo::rerun-if-env-changed={POSIX}");
    if variable(POSIX) == "1" {
        println!("cargo::rustc-cfg=envsecrets_posix");
    }
    let list = Path::new(&variable("CARGO_MANIFEST_DIR")).join(LIST);
    // The compiler driver separates arguments by commas.
    let passable = list.exists() && !list.to_string_lossy().contains(',');
    if passable && optimized() && links_with_lld() {
        println!("cargo::rustc-link-arg-bins=-Wl,-T,{}", list.display());
    }
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_default()
}

fn optimized() -> bool {
    variable("PROFILE") == "release"
}

/// Whether rustc links with the LLD that it comes with: on this target it does since 1.90, if it
/// was built with one, unless the user says otherwise.
fn links_with_lld() -> bool {
    let chosen = !variable("RUSTC_LINKER").is_empty()
        || variable("CARGO_ENCODED_RUSTFLAGS").contains("link");
    variable("TARGET") == "x86_64-unknown-linux-gnu" && !chosen && comes_with_lld()
}

fn comes_with_lld() -> bool {
    let mut rustc = Command::new(variable("RUSTC"));
    let Ok(output) = rustc.args(["--print", "sysroot"]).output() else {
        return false;
    };
    let Ok(sysroot) = String::from_utf8(output.stdout) else {
        return false;
    };
    let tools = "lib/rustlib/x86_64-unknown-linux-gnu/bin/gcc-ld/ld.lld";
    PathBuf::from(sysroot.trim_end()).join(tools).exists()
}
