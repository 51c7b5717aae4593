//! Prints the tables of `docs/fleets.md` and `benches/fleet/README.md`.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use fleet::report;

fn main() {
    print!("{}\n{}", report::capacity(), report::jitter());
    for (cost, words) in [(0.0, "nothing"), (0.10, "10 %"), (0.25, "25 %")] {
        print!(
            "\nA refused call costs {words}:\n\n{}",
            report::policies(cost)
        );
    }
}
