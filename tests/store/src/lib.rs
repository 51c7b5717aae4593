//! An AWS Parameter Store, an AWS Secrets Manager and objects of Amazon S3 in memory, and what credstash
//! needs of DynamoDB and KMS, with faults, latency and throttling on demand. And servers that a test serves
//! itself: a Vault, and a Confidant.
//!
//! It is a development tool: it serves tests, benchmarks and first steps without an AWS account.
//! It speaks the service's own protocol (AWS JSON 1.1) over real sockets, so that the client under
//! test is the real SDK and nothing needs to be mocked.
//!
//! ```
//! use parameter_store::{Fault, Server, Store};
//!
//! let store = Store::new();
//! store.put("/app/db/password", "hunter2");
//! let server = Server::start(&store)?;
//! server.set_faults([Fault::Throttle.first(2)]);
//! // point a client at `server.url()` …
//! assert_eq!(server.calls(), 0);
//! # Ok::<(), std::io::Error>(())
//! ```
#![forbid(unsafe_code)]

mod api;
pub mod confidant;
mod credstash;
mod faults;
pub mod keywhiz;
mod objects;
mod secrets_manager;
mod server;
mod store;
pub mod vault;

pub use api::ApiError;
pub use faults::{BadSpec, FAULT_SPECS, Fault, Rule};
pub use server::{
    Authority, Front, INTERFERING_VARIABLES, Identity, Latency, Received, SECRETS_MANAGER_QUOTAS,
    Server, Service, Throttle, Tls,
};
pub use store::{Kind, PutParameter, Seed, SeedError, Store, Tier};
