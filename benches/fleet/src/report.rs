//! The tables of `docs/fleets.md` and `benches/fleet/README.md`.

use std::fmt::Write as _;
use std::time::Duration;

use crate::{Account, Fleet, Outcome, Policy, simulate};

/// Fleets are described by how many launchers there are, and how many calls each makes.
pub const FLEETS: [(usize, usize); 4] = [(100, 3), (300, 3), (100, 10), (1000, 3)];

/// The launcher's own deadline, unless another is given.
pub const TIMEOUT: Duration = Duration::from_secs(120);

/// How many runs stand behind each figure; their seeds are 0, 1, 2 …
const RUNS: u64 = 20;

/// Many runs of one fleet.
#[derive(Debug, Clone)]
pub struct Runs {
    fleet: Fleet,
    bound: f64,
    outcomes: Vec<Outcome>,
}

impl Runs {
    pub fn of(fleet: Fleet, account: Account) -> Self {
        let outcomes = (0..RUNS).map(|seed| simulate(&fleet, &account, seed));
        Self {
            fleet,
            bound: fleet.bound(&account),
            outcomes: outcomes.collect(),
        }
    }

    /// The share of launchers that start.
    pub fn share(&self) -> f64 {
        self.mean(|outcome| outcome.started as f64 / self.fleet.launchers as f64)
    }

    /// When the last one has started, as a multiple of the bound.
    pub fn times_the_bound(&self) -> f64 {
        self.last() / self.bound
    }

    /// The same in the run in which it took longest.
    pub fn at_worst(&self) -> f64 {
        let last = self.outcomes.iter().map(|outcome| outcome.last);
        last.fold(0.0, f64::max) / self.bound
    }

    /// When the last one has started, in seconds.
    pub fn last(&self) -> f64 {
        self.mean(|outcome| outcome.last)
    }

    /// How many calls are made for each one that is needed.
    pub fn calls(&self) -> f64 {
        let needed = (self.fleet.launchers * self.fleet.calls) as f64;
        self.mean(|outcome| outcome.calls as f64 / needed)
    }

    fn mean(&self, value: impl Fn(&Outcome) -> f64) -> f64 {
        self.outcomes.iter().map(value).sum::<f64>() / self.outcomes.len() as f64
    }

    fn cell(&self) -> String {
        let share = self.share();
        if share < 1.0 {
            // Nothing that is not everything is rounded up to it.
            return format!("{:.0} %", (share * 100.0).min(99.0));
        }
        format!("**all, {:.2}**", self.times_the_bound())
    }
}

/// A fleet that arrives within a second.
pub fn fleet((launchers, calls): (usize, usize), policy: Policy) -> Fleet {
    Fleet {
        launchers,
        calls,
        arrivals: 1.0,
        policy,
    }
}

/// An account with the default quota, in which a refused call costs this part of a granted one.
pub fn account(refusal_cost: f64) -> Account {
    Account {
        refusal_cost,
        ..Account::default()
    }
}

/// The policies that are compared.
const POLICIES: [(&str, Policy); 6] = [
    ("SDK, 3 attempts", Policy::Standard { attempts: 3 }),
    ("SDK, 10 attempts", Policy::Standard { attempts: 10 }),
    (
        "SDK, adaptive, 3 attempts",
        Policy::Adaptive { attempts: 3 },
    ),
    (
        "SDK, adaptive, 10 attempts",
        Policy::Adaptive { attempts: 10 },
    ),
    (
        "envsecrets",
        Policy::Ours {
            timeout: Some(TIMEOUT),
        },
    ),
    ("envsecrets `--timeout 0`", Policy::Ours { timeout: None }),
];

/// Each policy, in each fleet, if a refused call costs this part of a granted one.
pub fn policies(refusal_cost: f64) -> String {
    let mut text = String::from("| policy |");
    for (launchers, calls) in FLEETS {
        let _ = write!(text, " {launchers} × {calls} |");
    }
    text.push_str("\n| --- | --- | --- | --- | --- |\n| the bound |");
    for size in FLEETS {
        let bound = fleet(size, POLICIES[0].1).bound(&account(0.0));
        let _ = write!(text, " {bound} s |");
    }
    text.push('\n');
    for (name, policy) in POLICIES {
        let _ = write!(text, "| {name} |");
        for size in FLEETS {
            let runs = Runs::of(fleet(size, policy), account(refusal_cost));
            let _ = write!(text, " {} |", runs.cell());
        }
        text.push('\n');
    }
    text
}

/// What spreading the arrivals buys 300 launchers of 3 calls.
pub fn jitter() -> String {
    let mut text = String::from(
        "| `--start-jitter` | all have started after | calls for each needed | if a refused call costs \
         25 % |\n| --- | --- | --- | --- |\n",
    );
    let policy = Policy::Ours {
        timeout: Some(TIMEOUT),
    };
    for jitter in [0.0, 10.0, 20.0, 30.0, 60.0] {
        let fleet = Fleet {
            arrivals: 1.0 + jitter,
            ..fleet((300, 3), policy)
        };
        let name = if jitter == 0.0 {
            String::from("none")
        } else {
            format!("{jitter}s")
        };
        let [free, costly] = [0.0, 0.25].map(|cost| Runs::of(fleet, account(cost)));
        let (last, calls) = (free.last(), free.calls());
        let costly = format!("{:.0} s, {:.1} calls", costly.last(), costly.calls());
        let _ = writeln!(text, "| {name} | {last:.0} s | {calls:.1} | {costly} |");
    }
    text
}

/// How many launchers a quota carries within this time: as many as the bound allows if they take
/// 1.2 times that, rounded down to two digits.
pub fn carried(rate: f64, calls: f64, seconds: f64) -> u64 {
    let launchers = (rate + rate * seconds / 1.2) / calls;
    let digits = 10f64.powf(launchers.log10().floor() - 1.0);
    ((launchers / digits).floor() * digits).round() as u64
}

/// The same as a table.
pub fn capacity() -> String {
    let mut text = String::from(
        "| a launcher reads | in calls | 40/s, in 30 s | in 2 min | 100/s, in 30 s | in 2 min | \
         1,000/s, in 30 s | in 2 min |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for parameters in [10, 30, 100, 300] {
        let calls = f64::from(parameters) / 10.0;
        let _ = write!(text, "| {parameters} parameters | {calls} |");
        for rate in [40.0, 100.0, 1000.0] {
            for seconds in [30.0, 120.0] {
                let _ = write!(text, " {} |", carried(rate, calls, seconds));
            }
        }
        text.push('\n');
    }
    text
}
