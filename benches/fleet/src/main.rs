//! Prints the tables of `docs/fleets.md`.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use fleet::report;

fn main() {
    print!("{}\n{}", report::policies(), report::jitter());
}
