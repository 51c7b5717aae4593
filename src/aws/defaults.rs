//! What all clients of the SDK are set up with.

use std::time::Duration;

use aws_config::BehaviorVersion;

/// How long DNS, TCP and TLS together may take (the SDK's own default).
pub const CONNECT: Duration = Duration::from_millis(3100);

/// The defaults of the SDK that we build on, pinned: newer ones change retries and timeouts.
pub fn behavior() -> BehaviorVersion {
    BehaviorVersion::v2026_01_12()
}
