//! How long to wait before the next attempt.
//!
//! Parameter Store allows 40 calls a second to a whole account and region, and when a fleet
//! starts at once nearly every call is throttled at first. A window grows with each throttled call and does
//! *not* shrink after a success, and the wait is a random part of its upper half: that drains such
//! a fleet in about 1.1 times the least time that the quota allows. The SDK's three attempts let
//! half of a hundred launchers fail. `benches/fleet` shows both, with this very file.
//!
//! Why the upper half: a wait of almost nothing is a call that is nearly certain to be throttled,
//! and for as many calls a second the longest wait, which is the one that the whole fleet ends
//! with, is shorter. Why a part of the time that has passed: a caller that has waited long is one
//! of many, and their number is unknown. Why 20 s: should throttled calls count against the quota,
//! which is not documented, a smaller cap lets a large fleet block its own start for ever.
#![forbid(unsafe_code)]

use std::time::Duration;

/// The first window after a throttled call.
const THROTTLED: Duration = Duration::from_millis(250);
/// The first window after a network or service failure, which a quick retry often cures.
const TRANSIENT: Duration = Duration::from_millis(50);
/// While little time has passed the window stays below this.
const EARLY: Duration = Duration::from_millis(1250);
/// Later it stays below the time that has passed, divided by this.
const SHARE: u32 = 5;
/// The window never grows beyond this.
const CAP: Duration = Duration::from_secs(20);

/// Why we wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    Throttled,
    Transient,
}

/// The level that the window has grown to. It is kept across the calls of one sequence.
#[derive(Debug, Default, Clone, Copy)]
pub struct Backoff {
    throttled: u32,
    transient: u32,
}

/// When to try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// After this long.
    After(Duration),
    /// Not at all: the time left does not suffice for the wait that the service requested.
    Never,
}

impl Backoff {
    /// The window that the next wait is drawn from, and a step towards larger ones.
    fn window(&mut self, reason: Reason, elapsed: Duration) -> Duration {
        let (first, level) = match reason {
            Reason::Throttled => (THROTTLED, &mut self.throttled),
            Reason::Transient => (TRANSIENT, &mut self.transient),
        };
        let grown = first.saturating_mul(1u32.checked_shl(*level).unwrap_or(u32::MAX));
        // Beyond this the window is at its cap whatever the level.
        *level = (*level + 1).min(16);
        grown.min(EARLY.max(elapsed / SHARE)).min(CAP)
    }

    /// When to try again.
    ///
    /// `elapsed` counts from the start of the launch. `left` is what remains before the deadline,
    /// if there is one; the wait never passes it. `hint` is the wait that the service requested,
    /// which is honoured if the time suffices. `draw` is a random number in `[0, 1)`.
    pub fn next(
        &mut self,
        reason: Reason,
        hint: Option<Duration>,
        elapsed: Duration,
        left: Option<Duration>,
        draw: f64,
    ) -> Next {
        let window = self.window(reason, elapsed);
        let most = match left {
            // The last attempt is worth making, if it need not come sooner than others would.
            Some(left) if hint.is_none() => window.min(left.max(window / 2)),
            _ => window,
        };
        let jitter = window / 2 + (most - window / 2).mul_f64(draw);
        match (hint, left) {
            (Some(hint), Some(left)) if hint >= left => Next::Never,
            // Callers that were all given one time would return all at once: hence the jitter.
            (Some(hint), Some(left)) => Next::After((hint + jitter).min(left)),
            (Some(hint), None) => Next::After(hint + jitter),
            (None, Some(left)) => Next::After(jitter.min(left)),
            (None, None) => Next::After(jitter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_window_doubles_up_to_a_second_or_so_while_it_is_early() {
        let mut backoff = Backoff::default();
        let windows: Vec<u128> = (0..6)
            .map(|_| {
                backoff
                    .window(Reason::Throttled, Duration::ZERO)
                    .as_millis()
            })
            .collect();
        assert_eq!(windows, [250, 500, 1000, 1250, 1250, 1250]);
    }

    #[test]
    fn the_window_grows_with_a_fifth_of_the_time_that_has_passed_up_to_twenty_seconds() {
        let mut backoff = Backoff {
            throttled: 16,
            transient: 16,
        };
        for (elapsed, window) in [
            (1, 1250),
            (6, 1250),
            (10, 2000),
            (60, 12_000),
            (100, 20_000),
            (8000, 20_000),
        ] {
            let elapsed = Duration::from_secs(elapsed);
            let window = Duration::from_millis(window);
            assert_eq!(backoff.window(Reason::Throttled, elapsed), window);
            assert_eq!(backoff.window(Reason::Transient, elapsed), window);
        }
    }

    #[test]
    fn a_network_failure_is_retried_sooner_than_a_throttled_call() {
        let mut backoff = Backoff::default();
        assert_eq!(
            backoff
                .window(Reason::Transient, Duration::ZERO)
                .as_millis(),
            50
        );
        assert_eq!(
            backoff
                .window(Reason::Throttled, Duration::ZERO)
                .as_millis(),
            250
        );
    }

    #[test]
    fn a_hint_is_honoured_or_if_the_time_does_not_suffice_the_call_ends_at_once() {
        let second = Duration::from_secs(1);
        let mut backoff = Backoff::default();
        let mut next = |left| backoff.next(Reason::Throttled, Some(second), second, left, 0.0);
        assert_eq!(next(None), Next::After(Duration::from_millis(1125)));
        assert_eq!(
            next(Some(2 * second)),
            Next::After(Duration::from_millis(1250))
        );
        assert_eq!(next(Some(second)), Next::Never);
    }

    #[test]
    fn a_near_deadline_does_not_narrow_the_window_after_a_hint() {
        let mut backoff = Backoff {
            throttled: 16,
            transient: 0,
        };
        let milliseconds = Duration::from_millis;
        let (hint, left) = (Some(milliseconds(10)), Some(milliseconds(1200)));
        let next = backoff.next(Reason::Throttled, hint, Duration::ZERO, left, 0.5);
        assert_eq!(next, Next::After(Duration::from_micros(947_500)));
    }

    #[test]
    fn a_wait_is_a_random_part_of_the_upper_half_of_the_window() {
        for (draw, wait) in [(0.0, 625), (0.5, 937), (0.999, 1249)] {
            let mut backoff = Backoff {
                throttled: 16,
                transient: 0,
            };
            let next = backoff.next(Reason::Throttled, None, Duration::ZERO, None, draw);
            let Next::After(after) = next else {
                panic!("{next:?}");
            };
            assert_eq!(after.as_millis(), wait);
        }
    }

    #[test]
    fn there_is_a_last_try_before_the_deadline_unless_it_would_come_too_soon_after_the_one_before()
    {
        for (left, draw, wait) in [
            (800, 0.0, 625),
            (800, 0.999, 799),
            // No more tries: the launch waits for its deadline.
            (600, 0.0, 600),
            (600, 0.999, 600),
        ] {
            let mut backoff = Backoff {
                throttled: 16,
                transient: 0,
            };
            let left = Some(Duration::from_millis(left));
            let next = backoff.next(Reason::Throttled, None, Duration::ZERO, left, draw);
            let Next::After(after) = next else {
                panic!("{next:?}");
            };
            assert_eq!(after.as_millis(), wait);
        }
    }

    proptest! {
        #[test]
        fn the_wait_never_passes_the_deadline_nor_undercuts_a_hint(
            steps in proptest::collection::vec(
                (any::<bool>(), proptest::option::of(0u64..100_000), 0u64..600_000, 0.0..1.0f64),
                1..60,
            ),
            left in 0u64..300_000,
        ) {
            let mut backoff = Backoff::default();
            let left = Duration::from_millis(left);
            for (throttled, hint, elapsed, draw) in steps {
                let reason = if throttled { Reason::Throttled } else { Reason::Transient };
                let hint = hint.map(Duration::from_millis);
                let elapsed = Duration::from_millis(elapsed);
                match backoff.next(reason, hint, elapsed, Some(left), draw) {
                    Next::After(wait) => {
                        prop_assert!(wait <= left);
                        prop_assert!(wait >= hint.unwrap_or_default());
                        prop_assert!(wait <= hint.unwrap_or_default() + CAP);
                    }
                    Next::Never => prop_assert!(hint.is_some_and(|hint| hint >= left)),
                }
            }
        }

        #[test]
        fn the_wait_stays_within_the_upper_half_of_its_window(
            steps in proptest::collection::vec(
                (any::<bool>(), 0u64..600_000, 0.0..1.0f64),
                1..60,
            ),
        ) {
            let mut backoff = Backoff::default();
            let mut levels = [0_i32; 2];
            for (throttled, elapsed, draw) in steps {
                let (reason, first) = match throttled {
                    true => (Reason::Throttled, 0.25),
                    false => (Reason::Transient, 0.05),
                };
                let level = &mut levels[usize::from(throttled)];
                let grown = first * 2.0_f64.powi(*level);
                *level += 1;
                let elapsed = Duration::from_millis(elapsed);
                let window = grown.min((elapsed.as_secs_f64() / 5.0).max(1.25)).min(20.0);
                let Next::After(wait) = backoff.next(reason, None, elapsed, None, draw) else {
                    panic!("nothing speaks against waiting");
                };
                let expected = window * (1.0 + draw) / 2.0;
                prop_assert!((wait.as_secs_f64() - expected).abs() < 1e-6, "{wait:?} {window}");
            }
        }
    }
}
