//! Serves a Parameter Store on this machine: for a command, or until it is stopped.
#![forbid(unsafe_code)]

mod cli;

use std::error::Error;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode, ExitStatus};

use cli::Options;
use parameter_store::{INTERFERING_VARIABLES, Latency, Seed, Server, Store, Tls};

fn main() -> ExitCode {
    let options = match cli::parse(lexopt::Parser::from_env()) {
        Ok(Some(options)) => options,
        Ok(None) => return print(&cli::help()),
        Err(error) => return fail(&error, 64),
    };
    match run(options) {
        Ok(code) => code,
        Err(error) => fail(error.as_ref(), 1),
    }
}

fn run(options: Options) -> Result<ExitCode, Box<dyn Error>> {
    let tls = options.tls.map(Tls::new);
    let server = start(&options, tls.as_ref())?;
    let mut environment = server.environment();
    // Older tools, such as the `aws` command, know the region only by this name.
    environment.push(("AWS_DEFAULT_REGION", String::from("us-east-1")));
    let authority = Authority::write(tls.as_ref(), &options)?;
    if let Some(authority) = &authority {
        environment.push(("SSL_CERT_FILE", authority.path.display().to_string()));
    }
    if options.command.is_empty() {
        let mut text = format!("# serving {}\n", server.url());
        for (name, value) in environment {
            text.push_str(&format!("export {name}={value}\n"));
        }
        print(&text);
        server.wait();
        return Ok(ExitCode::SUCCESS);
    }
    let status = spawn(&options.command, environment)?;
    Ok(code(status))
}

fn start(options: &Options, tls: Option<&Tls>) -> Result<Server, Box<dyn Error>> {
    let seed = match &options.seed {
        None => Seed {
            store: Store::new(),
            faults: Vec::new(),
            throttle: None,
            latency: Latency::default(),
        },
        Some(path) => {
            let text = fs::read_to_string(path)
                .map_err(|error| format!("cannot read `{}`: {error}", path.display()))?;
            Seed::from_json(&text).map_err(|error| format!("`{}`: {error}", path.display()))?
        }
    };
    if let Some(size) = options.size {
        seed.store.generate("/bench/app", size);
    }
    let server = Server::start_at(options.port, &seed.store, tls)
        .map_err(|error| format!("cannot listen on port {}: {error}", options.port))?;
    server.set_faults(seed.faults.into_iter().chain(options.faults.clone()));
    server.set_latency(options.latency.unwrap_or(seed.latency));
    server.set_throttle(options.throttle.or(seed.throttle));
    Ok(server)
}

/// The file with the test authority's certificate.
struct Authority {
    path: PathBuf,
    is_temporary: bool,
}

impl Authority {
    fn write(tls: Option<&Tls>, options: &Options) -> io::Result<Option<Self>> {
        let Some(tls) = tls else {
            return Ok(None);
        };
        let temporary = format!("parameter-store-{}.pem", std::process::id());
        let authority = Self {
            is_temporary: options.ca_out.is_none() && !options.command.is_empty(),
            path: match &options.ca_out {
                Some(path) => path.clone(),
                None => std::env::temp_dir().join(temporary),
            },
        };
        fs::write(&authority.path, tls.ca_pem())?;
        Ok(Some(authority))
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        if self.is_temporary {
            // It may have been removed already.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Runs the command to its end, with `environment` and without what would lead it elsewhere.
fn spawn(
    command: &[OsString],
    environment: Vec<(&'static str, String)>,
) -> Result<ExitStatus, Box<dyn Error>> {
    let mut child = Command::new(&command[0]);
    child.args(&command[1..]);
    let inherited = std::env::vars_os().map(|(name, _)| name);
    let of_cargo = inherited.filter(|name| name.to_str().is_some_and(is_of_cargo));
    for name in of_cargo.chain(INTERFERING_VARIABLES.iter().map(OsString::from)) {
        child.env_remove(name);
    }
    child.envs(environment);
    let status = child.status();
    status.map_err(|error| format!("cannot run `{}`: {error}", command[0].display()).into())
}

/// Whether `cargo run` sets this variable for what it runs, to describe the package of that
/// (<https://doc.rust-lang.org/cargo/reference/environment-variables.html>). In a command that runs
/// cargo again they would be the settings of another package, for which it builds much anew. What a
/// user sets, such as `CARGO_HOME` or `CARGO_TARGET_DIR`, is not among them.
fn is_of_cargo(name: &str) -> bool {
    const NAMES: [&str; 7] = [
        "CARGO",
        "CARGO_BIN_NAME",
        "CARGO_CRATE_NAME",
        "CARGO_MANIFEST_DIR",
        "CARGO_MANIFEST_LINKS",
        "CARGO_MANIFEST_PATH",
        "OUT_DIR",
    ];
    NAMES.contains(&name) || name.starts_with("CARGO_PKG_")
}

/// The child's own exit code, or 128+n for a signal, as in a shell.
fn code(status: ExitStatus) -> ExitCode {
    let code = status.code().or_else(|| status.signal().map(|n| 128 + n));
    ExitCode::from(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

fn print(text: &str) -> ExitCode {
    let mut stdout = io::stdout().lock();
    match stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
    {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn fail(error: &dyn Error, code: u8) -> ExitCode {
    // Without a standard error there is nowhere to report it.
    let _ = writeln!(io::stderr(), "parameter-store: error: {error}");
    ExitCode::from(code)
}
