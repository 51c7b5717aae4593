//! Throttling and latency.

use std::time::{Duration, Instant};

use parameter_store::{Latency, Server, Store, Throttle};
use serde_json::json;

use crate::client::{Client, call};

#[test]
fn calls_beyond_the_quota_are_throttled() {
    let server = Server::start(&Store::new()).unwrap();
    server.set_throttle(Some(Throttle {
        rate: 0.001,
        burst: 2.0,
        refusal_cost: 0.0,
    }));
    let statuses: Vec<u16> = (0..4)
        .map(|_| call(&server, "DescribeParameters", json!({})).status)
        .collect();
    assert_eq!(statuses, [200, 200, 400, 400]);
    assert_eq!((server.calls(), server.throttled()), (4, 2));
    let reply = call(&server, "DescribeParameters", json!({}));
    assert_eq!(
        reply.json(),
        json!({ "__type": "ThrottlingException", "message": "Rate exceeded" })
    );
    server.set_throttle(None);
    assert_eq!(call(&server, "DescribeParameters", json!({})).status, 200);
}

#[test]
fn replies_and_connections_take_their_time() {
    let server = Server::start(&Store::new()).unwrap();
    server.set_latency(Latency {
        request: Duration::from_millis(20),
        connection: Duration::from_millis(60),
    });
    let start = Instant::now();
    let mut client = Client::connect(&server);
    client.call("DescribeParameters", &json!({}));
    assert!(start.elapsed() >= Duration::from_millis(80));
    let start = Instant::now();
    client.call("DescribeParameters", &json!({}));
    let taken = start.elapsed();
    assert!((20..60).contains(&taken.as_millis()), "{taken:?}");
}
