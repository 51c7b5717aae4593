//! envsecrets from the outside: the real binary, real sockets, real programs.
//!
//! The modules stand in the order in which a launch meets their subjects.
#![expect(clippy::unwrap_used, reason = "in a test a panic is a failing test")]

mod support;

mod becoming;
mod stopping;
mod strace;
mod moto;
