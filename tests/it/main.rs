//! envsecrets from the outside: the real binary, real sockets, real programs.
//!
//! The modules stand in the order in which a launch meets their subjects.
#![expect(clippy::unwrap_used, reason = "in a test a panic is a failing test")]

mod support;

mod help;
mod options;
mod errors;
mod credentials;
mod proxies;
mod startup;
mod fetching;
mod names;
mod name_patterns;
mod references;
mod contract;
mod files;
mod exec;
mod signals;
mod check;
mod get;
mod stale;
mod put;
mod rollback;
mod label;
mod delete;
mod terminal;
mod import;
mod export;
mod list;
mod diff;
mod copy;
mod policy;
mod fleet;
mod secrecy;
mod fuzz;
mod strace;
mod moto;
mod systemd;
mod container;
mod standalone;
mod manual;
mod readme;
mod tidy;
