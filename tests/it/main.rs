//! envsecrets from the outside: the real binary, real sockets, real programs.
//!
//! The modules stand in the order in which a launch meets their subjects. Those of one system are about
//! what it alone has: namespaces, `/proc`, filters of system calls.
#![expect(clippy::unwrap_used, reason = "in a test a panic is a failing test")]

mod support;

// Before a launch: what is configured, and how mistakes are reported.
mod help;
mod color;
mod tables;
mod json_output;
mod objects;
mod options;
mod contract;
mod contract_schema;
mod errors;
// The way to AWS.
mod credentials;
mod roles;
mod pipes;
mod regions;
mod arns;
mod endpoints;
mod certificates;
mod proxies;
mod name_resolution;
mod addresses;
#[cfg(target_os = "linux")]
mod limits;
// What is read, and what becomes of it.
mod fetching;
mod filters;
mod names;
mod name_patterns;
mod references;
mod secrets_manager;
mod vault;
mod keywhiz;
mod credstash;
mod biscuit;
mod confidant;
mod sneaker;
mod who_asks;
mod wrapper;
mod documents;
mod dotenv;
mod expand;
mod environment;
#[cfg(target_os = "linux")]
mod files;
// Starting the program.
mod startup;
mod exec;
mod signals;
#[cfg(any(target_os = "macos", envsecrets_posix))]
mod without_linux;
// The other commands.
mod check;
mod get;
mod stale;
#[cfg(target_os = "linux")]
mod ps;
mod put;
mod rollback;
mod rotate;
mod label;
mod delete;
mod terminal;
mod import;
mod export;
mod shells;
mod list;
mod find;
mod diff;
mod copy;
mod relocate;
mod between_stores;
mod leaving_credstash;
mod round_trips;
mod dry_runs;
mod lost_answers;
mod lambda;
#[cfg(target_os = "linux")]
mod large_files;
mod launchable;
mod output;
mod policy;
// Properties of all of it.
#[cfg(target_os = "linux")]
mod fleet;
mod secrecy;
mod repeated;
mod hidden_characters;
mod fuzz;
mod hostile;
mod wrong_answers;
#[cfg(target_os = "linux")]
mod strace;
mod interrupted;
// With other software.
mod moto;
mod openbao;
#[cfg(target_os = "linux")]
mod rotate_postgres;
#[cfg(target_os = "linux")]
mod systemd;
#[cfg(target_os = "linux")]
mod container;
#[cfg(target_os = "linux")]
mod standalone;
// What is written down.
mod manual;
mod readme;
mod tidy;
mod architecture;
mod diagram;
mod charts;
