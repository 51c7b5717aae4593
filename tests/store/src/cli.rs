//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;
use std::str::FromStr;

use lexopt::prelude::*;
use parameter_store::{FAULT_SPECS, Identity, Latency, Rule, Throttle};

const HELP: &str = "\
Serve an AWS Parameter Store and Secrets Manager from memory, for tests, benchmarks and first steps

Usage: parameter-store [OPTIONS] [-- COMMAND [ARGS]…]

With COMMAND: run it with the AWS_… variables that lead it to the server, and exit with its code.
Without: print those variables and serve until stopped.

Options:
  --seed FILE          Take parameters, secrets, faults and limits from a JSON file
  --size N             Add N parameters below /bench/app
  --port N             Listen on this port instead of any free one
  --tls[=IDENTITY]     Serve HTTPS; IDENTITY is valid (default), self-signed, wrong-host, expired
                       or not-yet-valid
  --ca-out FILE        Write the test authority's certificate here instead of a temporary file
  --latency TIME       Take this long for each reply: 20ms, or 20ms:50ms with a time to connect
  --throttle RATE[:BURST[:REFUSAL_COST]]
                       Refuse more than RATE calls a second of Parameter Store
  --fault SPEC         Go wrong; may be given several times, the first that applies wins
  --help               Print this help

A SPEC is KIND[=VALUE] with conditions, such as throttle,first=2 or
status=502,nth=3,operation=GetParametersByPath,path=/demo/app
Conditions: first=N nth=N after=N operation=NAME path=PATH name=NAME region=REGION
            signed-by=ACCESS_KEY_ID
";

#[derive(Debug, Default)]
pub struct Options {
    pub seed: Option<PathBuf>,
    pub size: Option<usize>,
    pub port: u16,
    pub tls: Option<Identity>,
    pub ca_out: Option<PathBuf>,
    pub latency: Option<Latency>,
    pub throttle: Option<Throttle>,
    pub faults: Vec<Rule>,
    pub command: Vec<OsString>,
}

/// Reads the command line. `None`: help is requested.
pub fn parse(mut parser: lexopt::Parser) -> Result<Option<Options>, lexopt::Error> {
    let mut options = Options::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("seed") => options.seed = Some(parser.value()?.into()),
            Long("size") => options.size = Some(parser.value()?.parse()?),
            Long("port") => options.port = parser.value()?.parse()?,
            Long("tls") => {
                let identity = parser.optional_value();
                options.tls = Some(match identity {
                    None => Identity::Valid,
                    Some(text) => identity_from(&text.string()?)?,
                });
            }
            Long("ca-out") => options.ca_out = Some(parser.value()?.into()),
            Long("latency") => options.latency = Some(read(&mut parser)?),
            Long("throttle") => options.throttle = Some(read(&mut parser)?),
            Long("fault") => options.faults.push(read(&mut parser)?),
            Long("help") | Short('h') => return Ok(None),
            Value(program) => {
                options.command.push(program);
                options.command.extend(parser.raw_args()?);
            }
            other => return Err(other.unexpected()),
        }
    }
    Ok(Some(options))
}

/// The help text, with every kind of fault.
pub fn help() -> String {
    let mut help = format!("{HELP}Kinds, with the default of their value:\n");
    for kinds in FAULT_SPECS.chunks(3) {
        help.push_str("  ");
        help.push_str(&kinds.join("  "));
        help.push('\n');
    }
    help
}

fn identity_from(text: &str) -> Result<Identity, lexopt::Error> {
    Identity::parse(text)
        .ok_or_else(|| lexopt::Error::from(format!("`{text}` is not a known identity")))
}

fn read<T>(parser: &mut lexopt::Parser) -> Result<T, lexopt::Error>
where
    T: FromStr<Err: std::error::Error>,
{
    let text = parser.value()?.string()?;
    text.parse()
        .map_err(|error: T::Err| lexopt::Error::from(error.to_string()))
}
