//! What the documents promise about fleets, checked.

use fleet::report::{FLEETS, Runs, TIMEOUT, account, capacity, carried, fleet, jitter, policies};
use fleet::{Account, Fleet, Policy, simulate};

const OURS: Policy = Policy::Ours {
    timeout: Some(TIMEOUT),
};
const OURS_WITHOUT_DEADLINE: Policy = Policy::Ours { timeout: None };

#[test]
fn a_run_can_be_had_again() {
    let fleet = fleet((300, 3), OURS);
    let run = |seed| simulate(&fleet, &Account::default(), seed);
    assert_eq!(run(7), run(7));
    assert_ne!(run(7), run(8));
}

#[test]
fn one_launcher_alone_does_not_wait() {
    let alone = Fleet {
        arrivals: 0.0,
        ..fleet((1, 3), OURS)
    };
    let outcome = simulate(&alone, &Account::default(), 0);
    assert_eq!((outcome.started, outcome.calls), (1, 3));
    assert!((outcome.last - 0.050).abs() < 1e-9, "{outcome:?}");
}

#[test]
fn no_policy_beats_the_bound() {
    for policy in [OURS, Policy::Standard { attempts: 20 }] {
        for size in FLEETS {
            let fleet = fleet(size, policy);
            let outcome = simulate(&fleet, &account(0.0), 1);
            let needed = outcome.started * fleet.calls;
            let granted = 40.0 + 40.0 * outcome.last;
            assert!(needed as f64 <= granted, "{policy:?} {size:?} {outcome:?}");
        }
    }
}

#[test]
fn the_whole_fleet_starts_within_one_and_a_fifth_of_the_bound() {
    for size in FLEETS {
        let runs = Runs::of(fleet(size, OURS), account(0.0));
        assert_eq!(runs.share(), 1.0, "{size:?}");
        assert!(runs.times_the_bound() <= 1.15, "{size:?}: {runs:?}");
        assert!(runs.at_worst() <= 1.2, "{size:?}: {runs:?}");
    }
}

#[test]
fn a_fleet_that_arrives_in_one_instant_or_shares_its_quota_does_as_well() {
    for (name, arrivals, rate, size) in [
        ("in one instant", 0.0, 40.0, (300, 3)),
        ("over ten seconds", 10.0, 40.0, (300, 3)),
        (
            "three quarters of the quota go elsewhere",
            1.0,
            10.0,
            (100, 3),
        ),
        ("higher throughput", 1.0, 100.0, (1000, 3)),
        ("many launchers of one call", 1.0, 40.0, (3000, 1)),
    ] {
        let fleet = Fleet {
            arrivals,
            ..fleet(size, OURS_WITHOUT_DEADLINE)
        };
        let account = Account {
            rate,
            burst: rate,
            ..Account::default()
        };
        let runs = Runs::of(fleet, account);
        assert_eq!(runs.share(), 1.0, "{name}");
        assert!(runs.at_worst() <= 1.2, "{name}: {runs:?}");
    }
}

#[test]
fn all_start_even_if_refused_calls_cost_quota() {
    for cost in [0.10, 0.25] {
        for size in FLEETS {
            let runs = Runs::of(fleet(size, OURS_WITHOUT_DEADLINE), account(cost));
            assert_eq!(runs.share(), 1.0, "{cost} {size:?}");
            assert!(runs.at_worst() <= 2.5, "{cost} {size:?}: {runs:?}");
        }
        // Those of a few hundred need no longer deadline than they have.
        for size in [(100, 3), (300, 3), (100, 10)] {
            let runs = Runs::of(fleet(size, OURS), account(cost));
            assert_eq!(runs.share(), 1.0, "{cost} {size:?}");
        }
    }
}

#[test]
fn the_model_of_the_sdk_agrees_with_real_processes_of_it() {
    // Shares of processes with the AWS SDK for Rust (aws-sdk-ssm 1.133) that started, against a
    // real bucket of 40 calls a second.
    let three = Policy::Standard { attempts: 3 };
    for (size, measured) in [((100, 3), 0.580), ((300, 3), 0.217), ((100, 10), 0.260)] {
        let share = Runs::of(fleet(size, three), account(0.0)).share();
        assert!((share - measured).abs() < 0.06, "{size:?}: {share}");
    }
    let ten = Policy::Standard { attempts: 10 };
    for (size, measured) in [((100, 3), 12.6), ((300, 3), 30.2)] {
        let runs = Runs::of(fleet(size, ten), account(0.0));
        assert_eq!(runs.share(), 1.0);
        assert!(
            (runs.last() / measured - 1.0).abs() < 0.15,
            "{size:?}: {}",
            runs.last()
        );
    }
}

#[test]
fn a_quota_carries_as_many_launchers_as_documented() {
    for (rate, calls, seconds) in [
        (40.0, 1, 30.0),
        (40.0, 3, 30.0),
        (40.0, 3, 120.0),
        (40.0, 10, 120.0),
        (100.0, 3, 30.0),
        (1000.0, 10, 30.0),
    ] {
        let launchers = carried(rate, f64::from(calls), seconds);
        let size = (launchers as usize, calls as usize);
        let account = Account {
            rate,
            burst: rate,
            ..Account::default()
        };
        let outcome = simulate(&fleet(size, OURS), &account, 0);
        assert_eq!(outcome.started, size.0, "{rate} {size:?}");
        assert!(outcome.last <= seconds, "{rate} {size:?}: {outcome:?}");
    }
}

#[test]
fn the_documents_show_what_the_simulator_finds() {
    let manual = include_str!("../../../docs/fleets.md");
    let readme = include_str!("../README.md");
    for (document, text, table) in [
        ("docs/fleets.md", manual, capacity()),
        ("docs/fleets.md", manual, jitter()),
        ("docs/fleets.md", manual, policies(0.0)),
        ("benches/fleet/README.md", readme, policies(0.10)),
        ("benches/fleet/README.md", readme, policies(0.25)),
    ] {
        assert!(
            text.contains(&table),
            "{document} lacks this table (`cargo run -p fleet` prints it):\n{table}"
        );
    }
}
