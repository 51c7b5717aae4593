//! envsecrets from the outside: the real binary, real sockets, real programs.
//!
//! The modules stand in the order in which a launch meets their subjects.
#![expect(clippy::unwrap_used, reason = "in a test a panic is a failing test")]

mod support;
mod stand_ins;
mod machine;

mod help;
mod saying;
mod failing;
mod aws;
mod trust;
mod starting;
mod fetching;
mod choosing;
mod flat;
mod shapes;
mod contract;
mod files;
mod becoming;
mod stopping;
mod checking;
mod getting;
mod stale;
mod put;
mod rollback;
mod label;
mod delete;
mod terminal;
mod importing;
mod exporting;
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
mod papers;
mod diagram;
mod readme;
mod tidy;
mod architecture;
