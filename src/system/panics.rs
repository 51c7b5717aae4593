//! How a panic ends us, should there be one: as an error of ours, which reveals nothing.

use std::panic::{Location, PanicHookInfo};

use nix::libc;

use crate::{exit, output};

/// From now on a panic of any thread ends the process with 70, and with the place in the source.
///
/// Its message is not printed: it can contain a value, and so can what a backtrace shows. We end
/// here and do not unwind, in every build, so that no one can catch a panic and continue.
pub fn report() {
    std::panic::set_hook(Box::new(end));
}

fn end(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(place);
    let place = place.unwrap_or_else(|| "an unknown place".to_owned());
    output::error(format_args!("internal error at {place}"));
    output::hint(
        "this is a bug in envsecrets: please report it, with this line, the version and the options",
    );
    // SAFETY: `_exit` does not return. Unlike `exit` it runs no code of ours, which may be what
    // panicked.
    unsafe { libc::_exit(exit::SOFTWARE.into()) }
}

fn place(location: &Location<'_>) -> String {
    format!("{}:{}", shortened(location.file()), location.line())
}

/// The path of a source file from the name of its crate on, or from `library` on in Rust's own:
/// what precedes that is the directory of the person who built it.
fn shortened(file: &str) -> &str {
    if let Some((_, rest)) = file.split_once("/registry/src/") {
        return rest.split_once('/').map_or(rest, |(_, rest)| rest);
    }
    match file.split_once("/library/") {
        Some((before, _)) => &file[before.len() + 1..],
        None => file,
    }
}

#[cfg(test)]
mod tests;
