//! What a launcher does after a call was refused.

use std::time::Duration;

use crate::random::Random;
use crate::wait::{Backoff, Next, Reason};

/// A way to behave.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Policy {
    /// The AWS SDK for Rust in its `standard` mode: so many attempts for each call, and waits of a
    /// random part of 1 s, 2 s, 4 s … up to 20 s. A quota of its own, 500 tokens for a process,
    /// ends retries early: each costs 5, of which a call that succeeds gets the last 5 back, and a
    /// call that succeeds at once earns 1.
    Standard { attempts: u32 },
    /// The same in its `adaptive` mode: a limiter measures the rate of calls in half seconds, cuts
    /// it to 0.7 of itself when a call is refused, and lets it grow by a cubic curve. A retry takes
    /// 10 of its tokens, which at its least rate of half a token a second is a wait of up to 20 s,
    /// without anything random in it.
    Adaptive { attempts: u32 },
    /// The launcher's: a random part of a window that grows with each refusal and does not shrink
    /// after a success ([`crate::wait`] is its own code), until the deadline, if there is one.
    Ours { timeout: Option<Duration> },
}

/// What to do now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Step {
    /// Send the call, after so many seconds.
    Send {
        after: f64,
    },
    /// Check again whether it may be sent, after so many seconds.
    Ask {
        after: f64,
    },
    GiveUp,
}

/// One launcher's state. Times are in seconds since the first launcher could arrive.
#[derive(Debug)]
pub struct Client {
    policy: Policy,
    started: f64,
    attempt: u32,
    /// Of `standard` and `adaptive`.
    tokens: u32,
    holds_permit: bool,
    limiter: Limiter,
    backoff: Backoff,
}

const MOST_TOKENS: u32 = 500;
const RETRY_TOKENS: u32 = 5;
const MOST_BACKOFF: f64 = 20.0;

impl Client {
    pub fn new(policy: Policy, now: f64) -> Self {
        Self {
            policy,
            started: now,
            attempt: 1,
            tokens: MOST_TOKENS,
            holds_permit: false,
            limiter: Limiter::new(now),
            backoff: Backoff::default(),
        }
    }

    /// Before the first attempt of a call.
    pub fn begins(&mut self, now: f64) -> Step {
        self.attempt = 1;
        self.holds_permit = false;
        match self.policy {
            Policy::Adaptive { .. } => match self.limiter.acquire(now, 1.0) {
                Ok(()) => Step::Send { after: 0.0 },
                Err(after) => Step::Ask { after },
            },
            Policy::Standard { .. } | Policy::Ours { .. } => Step::Send { after: 0.0 },
        }
    }

    pub fn granted(&mut self, now: f64) {
        self.limiter.learn(now, Learned::Granted);
        let back = if self.holds_permit { RETRY_TOKENS } else { 1 };
        self.tokens = (self.tokens + back).min(MOST_TOKENS);
    }

    pub fn refused(&mut self, now: f64, random: &mut Random) -> Step {
        match self.policy {
            Policy::Ours { timeout } => self.ours(timeout, now, random),
            Policy::Standard { attempts } => {
                let backoff = self.backoff(random);
                self.retry(attempts, backoff)
            }
            Policy::Adaptive { attempts } => {
                self.limiter.learn(now, Learned::Refused);
                if self.attempt >= attempts {
                    return Step::GiveUp;
                }
                let backoff = match self.limiter.acquire(now, 10.0) {
                    Ok(()) => self.backoff(random),
                    Err(delay) => delay.min(MOST_BACKOFF),
                };
                self.retry(attempts, backoff)
            }
        }
    }

    fn ours(&mut self, timeout: Option<Duration>, now: f64, random: &mut Random) -> Step {
        let elapsed = Duration::from_secs_f64(now - self.started);
        let left = timeout.map(|timeout| timeout.saturating_sub(elapsed));
        if left == Some(Duration::ZERO) {
            return Step::GiveUp;
        }
        let draw = random.draw();
        match self
            .backoff
            .next(Reason::Throttled, None, elapsed, left, draw)
        {
            Next::After(wait) if left.is_none_or(|left| wait < left) => Step::Send {
                after: wait.as_secs_f64(),
            },
            Next::After(_) | Next::Never => Step::GiveUp,
        }
    }

    fn backoff(&self, random: &mut Random) -> f64 {
        let power = self.attempt.saturating_sub(1).min(30);
        f64::from(1u32 << power).min(MOST_BACKOFF) * random.draw()
    }

    fn retry(&mut self, attempts: u32, after: f64) -> Step {
        if self.attempt >= attempts || self.tokens < RETRY_TOKENS {
            return Step::GiveUp;
        }
        self.tokens -= RETRY_TOKENS;
        self.holds_permit = true;
        self.attempt += 1;
        Step::Send { after }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Learned {
    Granted,
    Refused,
}

/// The limiter of `adaptive` mode, which all calls of a process share.
#[derive(Debug)]
struct Limiter {
    /// It does nothing until a call was refused for the first time.
    enabled: bool,
    rate: f64,
    capacity: f64,
    tokens: f64,
    filled: Option<f64>,
    measured: f64,
    half_second: f64,
    calls: u32,
    rate_at_refusal: f64,
    refused: f64,
}

const LEAST_RATE: f64 = 0.5;
const SMOOTHING: f64 = 0.8;
const CUT: f64 = 0.7;
const GROWTH: f64 = 0.4;

impl Limiter {
    fn new(now: f64) -> Self {
        Self {
            enabled: false,
            rate: 0.0,
            capacity: f64::MAX,
            tokens: 0.0,
            filled: None,
            measured: LEAST_RATE,
            half_second: now.floor(),
            calls: 0,
            rate_at_refusal: 0.0,
            refused: now,
        }
    }

    /// Takes tokens, or gives the seconds after which there might be enough.
    fn acquire(&mut self, now: f64, tokens: f64) -> Result<(), f64> {
        if !self.enabled {
            return Ok(());
        }
        self.fill(now);
        let missing = tokens - self.tokens;
        // Less than the clock can measure is nothing.
        if missing / self.rate < 1e-9 {
            self.tokens = (self.tokens - tokens).max(0.0);
            return Ok(());
        }
        Err(missing / self.rate)
    }

    fn learn(&mut self, now: f64, learned: Learned) {
        self.measure(now);
        let wanted = match learned {
            Learned::Refused => {
                let rate = if self.enabled {
                    self.measured.min(self.rate)
                } else {
                    self.measured
                };
                self.rate_at_refusal = rate;
                self.refused = now;
                self.enabled = true;
                rate * CUT
            }
            Learned::Granted => {
                let window = (self.rate_at_refusal * (1.0 - CUT) / GROWTH).cbrt();
                GROWTH * (now - self.refused - window).powi(3) + self.rate_at_refusal
            }
        };
        let rate = wanted.min(2.0 * self.measured);
        self.fill(now);
        self.rate = rate.max(LEAST_RATE);
        self.capacity = rate.max(1.0);
        self.tokens = self.tokens.min(self.capacity);
    }

    fn fill(&mut self, now: f64) {
        if let Some(filled) = self.filled {
            self.tokens = (self.tokens + (now - filled) * self.rate).min(self.capacity);
        }
        self.filled = Some(now);
    }

    fn measure(&mut self, now: f64) {
        self.calls += 1;
        let half_second = (now * 2.0).floor() / 2.0;
        if half_second > self.half_second {
            let rate = f64::from(self.calls) / (half_second - self.half_second);
            self.measured = rate * SMOOTHING + self.measured * (1.0 - SMOOTHING);
            self.calls = 0;
            self.half_second = half_second;
        }
    }
}
