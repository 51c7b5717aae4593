//! What the demonstration shows, and the Parameter Store that it needs.

use std::io;
use std::process::Command;

use parameter_store::{INTERFERING_VARIABLES, Seed, Server};

const SEED: &str = include_str!("../store/demo.json");

/// The script of the program that is started. It shows a process ID and that secrets have arrived.
const SCRIPT: &str = r#"echo "pid $$: user $DB_USER, password of ${#DB_PASSWORD} characters""#;

/// The arguments of a launch.
pub const LAUNCH: [&str; 6] = ["--path", "/demo/app", "--", "sh", "-c", SCRIPT];

/// The launch as a line in a shell.
pub fn line() -> String {
    let (script, rest) = LAUNCH.split_last().unwrap_or((&"", &[]));
    format!("$ envsecrets {} '{script}'", rest.join(" "))
}

/// A Parameter Store in memory, on a free port of loopback.
///
/// # Errors
///
/// No port is free.
pub fn server() -> io::Result<Server> {
    let seed = Seed::from_json(SEED).map_err(io::Error::other)?;
    Server::start(&seed.store)
}

/// Leads a command to that store, whatever the settings of the user are.
pub fn lead(command: &mut Command, server: &Server) {
    for name in INTERFERING_VARIABLES {
        command.env_remove(name);
    }
    command.envs(server.environment());
}
