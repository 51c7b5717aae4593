//! How slow, and how busy, the service is.

use std::collections::HashMap;
use std::str::FromStr;
use std::time::{Duration, Instant};

use crate::faults::{BadSpec, duration};

/// A quota: calls a second, over all connections. A call beyond it is refused with
/// `ThrottlingException`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Throttle {
    /// Calls a second.
    pub rate: f64,
    /// Calls at once, after a rest.
    pub burst: f64,
    /// What a refused call costs, as a part of an accepted one. 0 is the usual assumption.
    pub refusal_cost: f64,
}

impl Throttle {
    /// So many calls a second, as many at once, and refusals free.
    pub const fn per_second(rate: f64) -> Self {
        Self {
            rate,
            burst: rate,
            refusal_cost: 0.0,
        }
    }
}

/// Reads `RATE[:BURST[:REFUSAL_COST]]`.
impl FromStr for Throttle {
    type Err = BadSpec;

    fn from_str(text: &str) -> Result<Self, BadSpec> {
        let bad = || {
            BadSpec::new(format!(
                "`{text}` is not a throttle such as 40, 40:80 or 40:40:0.5"
            ))
        };
        let parts: Result<Vec<f64>, _> = text.split(':').map(str::parse).collect();
        let parts = parts.map_err(|_| bad())?;
        if parts.iter().any(|part| !part.is_finite() || *part < 0.0) {
            return Err(bad());
        }
        let throttle = Self::per_second(parts[0]);
        match parts[1..] {
            [] => Ok(throttle),
            [burst] => Ok(Self { burst, ..throttle }),
            [burst, refusal_cost] => Ok(Self {
                burst,
                refusal_cost,
                ..throttle
            }),
            _ => Err(bad()),
        }
    }
}

/// A token bucket.
#[derive(Debug)]
pub(crate) struct Bucket {
    throttle: Throttle,
    tokens: f64,
    filled: Instant,
}

impl Bucket {
    pub(crate) fn new(throttle: Throttle) -> Self {
        Self::at(throttle, Instant::now())
    }

    fn at(throttle: Throttle, now: Instant) -> Self {
        Self {
            throttle,
            tokens: throttle.burst,
            filled: now,
        }
    }

    /// Whether a call at this moment is accepted.
    pub(crate) fn admits(&mut self, now: Instant) -> bool {
        let gained = now.duration_since(self.filled).as_secs_f64() * self.throttle.rate;
        self.tokens = (self.tokens + gained).min(self.throttle.burst);
        self.filled = now;
        let admitted = self.tokens >= 1.0;
        self.tokens -= if admitted {
            1.0
        } else {
            self.throttle.refusal_cost.min(self.tokens)
        };
        admitted
    }
}

/// The quotas of Secrets Manager in a region: calls a second of the operations that share each
/// (<https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html>).
pub const SECRETS_MANAGER_QUOTAS: &[(&[&str], Throttle)] = &[
    (
        &["DescribeSecret", "GetSecretValue"],
        Throttle::per_second(10_000.0),
    ),
    (&["BatchGetSecretValue"], Throttle::per_second(100.0)),
    (&["ListSecrets"], Throttle::per_second(100.0)),
    (
        &[
            "CreateSecret",
            "DeleteSecret",
            "PutSecretValue",
            "RestoreSecret",
            "TagResource",
            "UntagResource",
            "UpdateSecret",
            "UpdateSecretVersionStage",
        ],
        Throttle::per_second(50.0),
    ),
];

/// The quotas of groups of operations, with a bucket for each region that was called.
#[derive(Debug, Default)]
pub(crate) struct Quotas(Vec<Quota>);

#[derive(Debug)]
struct Quota {
    operations: Vec<String>,
    throttle: Throttle,
    buckets: HashMap<String, Bucket>,
}

impl Quotas {
    pub(crate) fn new(quotas: &[(&[&str], Throttle)]) -> Self {
        let quota = |(operations, throttle): &(&[&str], Throttle)| Quota {
            operations: operations.iter().copied().map(str::to_owned).collect(),
            throttle: *throttle,
            buckets: HashMap::new(),
        };
        Self(quotas.iter().map(quota).collect())
    }

    /// Whether a call at this moment is accepted.
    pub(crate) fn admit(&mut self, operation: &str, region: &str, now: Instant) -> bool {
        self.0
            .iter_mut()
            .filter(|quota| quota.operations.iter().any(|own| own == operation))
            .all(|quota| {
                let throttle = quota.throttle;
                let bucket = quota.buckets.entry(region.to_owned());
                let bucket = bucket.or_insert_with(|| Bucket::at(throttle, now));
                bucket.admits(now)
            })
    }
}

/// How long the service takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Latency {
    /// Before each reply.
    pub request: Duration,
    /// Once for each new connection, before anything else.
    pub connection: Duration,
}

impl Latency {
    /// So long before each reply, and nothing for a connection.
    pub fn per_request(request: Duration) -> Self {
        Self {
            request,
            connection: Duration::ZERO,
        }
    }
}

/// Reads `REQUEST[:CONNECTION]`, such as `20ms` or `20ms:50ms`.
impl FromStr for Latency {
    type Err = BadSpec;

    fn from_str(text: &str) -> Result<Self, BadSpec> {
        let (request, connection) = text.split_once(':').unwrap_or((text, "0s"));
        Ok(Self {
            request: duration(request)?,
            connection: duration(connection)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_admits_its_burst_and_then_its_rate() {
        let start = Instant::now();
        let mut bucket = Bucket::new("10:2".parse().unwrap());
        let at = |millis| start + Duration::from_millis(millis);
        let admitted: Vec<bool> = [0, 0, 0, 50, 101, 102, 203]
            .into_iter()
            .map(|millis| bucket.admits(at(millis).max(bucket.filled)))
            .collect();
        assert_eq!(admitted, [true, true, false, false, true, false, true]);
    }

    #[test]
    fn refused_calls_may_cost_too() {
        let mut bucket = Bucket::new("10:1:1".parse().unwrap());
        let start = bucket.filled;
        let at = |millis| start + Duration::from_millis(millis);
        assert!(bucket.admits(at(0)));
        assert!(!bucket.admits(at(90)));
        assert!(!bucket.admits(at(180)));
        assert!(bucket.admits(at(281)));
    }

    #[test]
    fn limits_are_read_from_text() {
        for (text, rate, burst, refusal_cost) in [
            ("40", 40.0, 40.0, 0.0),
            ("40:80", 40.0, 80.0, 0.0),
            ("40:80:0.5", 40.0, 80.0, 0.5),
        ] {
            let expected = Throttle {
                rate,
                burst,
                refusal_cost,
            };
            assert_eq!(text.parse(), Ok(expected));
        }
        assert!("fast".parse::<Throttle>().is_err());
        assert_eq!(
            "20ms".parse(),
            Ok(Latency::per_request(Duration::from_millis(20)))
        );
    }
}
