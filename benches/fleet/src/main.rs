//! Prints the tables of `docs/fleets.md`.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use fleet::report;

fn main() {
    let tables = [report::capacity(), report::jitter(), report::policies()];
    print!("{}", tables.join("\n"));
}
