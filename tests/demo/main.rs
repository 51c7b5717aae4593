//! `cargo demo`: a launch without an AWS account. `cargo demo -- …` takes any arguments of envsecrets.
#![forbid(unsafe_code)]

mod demo;

use std::error::Error;
use std::ffi::OsString;
use std::process::{Command, ExitCode};

const ENVSECRETS: &str = env!("CARGO_BIN_EXE_envsecrets");

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("demo: error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let mut arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    // The first is for cargo, which has one in the alias already.
    if arguments.first().is_some_and(|it| it == "--") {
        arguments.remove(0);
    }
    if arguments.is_empty() {
        arguments = demo::LAUNCH.map(OsString::from).into();
        println!("{}", demo::line());
    }
    let server = demo::server()?;
    let mut command = Command::new(ENVSECRETS);
    command.args(arguments);
    demo::lead(&mut command, &server);
    let status = command.status()?;
    if !status.success() {
        // cargo would report a failed test for any other exit status than 0.
        println!("({status})");
    }
    Ok(())
}
