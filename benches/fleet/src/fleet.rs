//! The run itself: launchers, an account, and the events between them in the order of time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::policy::{Client, Policy, Step};
use crate::random::Random;

/// Who starts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fleet {
    pub launchers: usize,
    /// How many calls each one makes.
    pub calls: usize,
    /// Over how many seconds they arrive.
    pub arrivals: f64,
    pub policy: Policy,
}

/// Who grants calls.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Account {
    /// Calls a second.
    pub rate: f64,
    /// Calls at once, after a rest.
    pub burst: f64,
    /// What a refused call costs, as a part of a granted one.
    pub refusal_cost: f64,
}

impl Default for Account {
    /// Parameter Store's default quota.
    fn default() -> Self {
        Self {
            rate: 40.0,
            burst: 40.0,
            refusal_cost: 0.0,
        }
    }
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome {
    /// How many launchers got all their calls.
    pub started: usize,
    /// When the last of them did, in seconds.
    pub last: f64,
    /// All calls that were made, refused ones too.
    pub calls: usize,
}

impl Fleet {
    /// Before this many seconds not all of them can have started, whatever they do.
    pub fn bound(&self, account: &Account) -> f64 {
        ((self.launchers * self.calls) as f64 - account.burst) / account.rate
    }
}

const FIRST_ROUND_TRIP: f64 = 0.030;
const ROUND_TRIP: f64 = 0.010;
/// More is a fleet that never ends, which is a mistake of its policy.
const MOST_EVENTS: usize = 50_000_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A launcher may begin with its next call.
    Begin,
    /// A call leaves for the account.
    Send,
    /// It gets there.
    Arrive,
    /// Its answer is back.
    Granted,
    Refused,
}

/// Events by time; those of one time in the order in which they were planned.
#[derive(Debug, Default)]
struct Agenda {
    events: BinaryHeap<Reverse<(Time, usize, usize, Event)>>,
    planned: usize,
}

/// Seconds that can be sorted: none is NaN.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Time(f64);

impl Eq for Time {}

impl PartialOrd for Time {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Time {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl Agenda {
    fn plan(&mut self, at: f64, launcher: usize, event: Event) {
        self.planned += 1;
        assert!(self.planned < MOST_EVENTS, "this fleet never ends");
        let entry = (Time(at), self.planned, launcher, event);
        self.events.push(Reverse(entry));
    }

    fn next(&mut self) -> Option<(f64, usize, Event)> {
        let Reverse((Time(at), _, launcher, event)) = self.events.pop()?;
        Some((at, launcher, event))
    }

    fn obey(&mut self, step: Step, now: f64, launcher: usize) {
        match step {
            Step::Send { after } => self.plan(now + after, launcher, Event::Send),
            Step::Ask { after } => self.plan(now + after, launcher, Event::Begin),
            Step::GiveUp => {}
        }
    }
}

/// One launcher on its way.
#[derive(Debug)]
struct Launcher {
    client: Client,
    left: usize,
    round_trip: f64,
}

/// Lets a fleet start, and gives its outcome.
pub fn simulate(fleet: &Fleet, account: &Account, seed: u64) -> Outcome {
    let mut random = Random::new(seed);
    let mut agenda = Agenda::default();
    let mut launchers = Vec::new();
    for number in 0..fleet.launchers {
        let at = fleet.arrivals * random.draw();
        launchers.push(Launcher {
            client: Client::new(fleet.policy, at),
            left: fleet.calls,
            round_trip: FIRST_ROUND_TRIP,
        });
        agenda.plan(at, number, Event::Begin);
    }
    let (mut tokens, mut filled) = (account.burst, 0.0);
    let mut outcome = Outcome {
        started: 0,
        last: 0.0,
        calls: 0,
    };
    while let Some((now, number, event)) = agenda.next() {
        let launcher = &mut launchers[number];
        match event {
            Event::Begin => {
                let step = launcher.client.begins(now);
                agenda.obey(step, now, number);
            }
            Event::Send => agenda.plan(now + launcher.round_trip / 2.0, number, Event::Arrive),
            Event::Arrive => {
                outcome.calls += 1;
                tokens = f64::min(tokens + (now - filled) * account.rate, account.burst);
                filled = now;
                let (cost, answer) = if tokens >= 1.0 {
                    (1.0, Event::Granted)
                } else {
                    (account.refusal_cost.min(tokens), Event::Refused)
                };
                tokens -= cost;
                agenda.plan(now + launcher.round_trip / 2.0, number, answer);
                launcher.round_trip = ROUND_TRIP;
            }
            Event::Granted => {
                launcher.client.granted(now);
                launcher.left -= 1;
                if launcher.left > 0 {
                    agenda.plan(now, number, Event::Begin);
                } else {
                    outcome.started += 1;
                    outcome.last = now;
                }
            }
            Event::Refused => {
                let step = launcher.client.refused(now, &mut random);
                agenda.obey(step, now, number);
            }
        }
    }
    outcome
}
