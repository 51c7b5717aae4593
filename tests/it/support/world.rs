//! A Parameter Store, and launchers that use it and nothing else.

use std::ffi::OsStr;
use std::path::Path;

use parameter_store::{Fault, Server, Store};
use serde_json::Value;

use super::{Directory, ENVSECRETS, Ended, Launch, OTHER_SENTINEL, SENTINEL, pipe_of, until};

/// A Parameter Store, and a directory for the files of one story.
pub struct World {
    pub store: Store,
    pub server: Server,
    pub directory: Directory,
}

/// A Parameter Store with nothing in it.
pub fn world() -> World {
    let store = Store::new();
    let server = Server::start(&store).expect("a port on loopback");
    World {
        store,
        server,
        directory: Directory::new(),
    }
}

/// A Parameter Store with these parameters.
pub fn world_with(parameters: &[(&str, &str)]) -> World {
    let world = world();
    for (name, value) in parameters {
        world.store.put(name, value);
    }
    world
}

/// A Parameter Store in which the value of each parameter is its name.
pub fn world_of_names(names: &[&str]) -> World {
    let world = world();
    for name in names {
        world.store.plant(name, name);
    }
    world
}

/// A Parameter Store with two secrets, which become A and B.
pub fn demo() -> World {
    world_with(&[("/prd/app/a", SENTINEL), ("/prd/app/b", OTHER_SENTINEL)])
}

impl World {
    /// A launcher with the endpoint of this Parameter Store and credentials, and nothing else.
    pub fn envsecrets<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Launch {
        self.envsecrets_at(Path::new(ENVSECRETS), arguments)
    }

    /// The same launcher, where every user can start it.
    pub fn public<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Launch {
        self.envsecrets_at(&self.directory.public(ENVSECRETS), arguments)
    }

    fn envsecrets_at<S: AsRef<OsStr>>(&self, program: &Path, arguments: &[S]) -> Launch {
        self.with_settings(Launch::new(program, arguments))
    }

    /// Any command, with the settings by which a launcher that it starts finds this Parameter Store.
    pub fn with_settings(&self, launch: Launch) -> Launch {
        let mut launch = without_network(launch, &self.directory);
        launch
            .env("AWS_ENDPOINT_URL_SSM", self.server.url())
            .env("AWS_ENDPOINT_URL_SECRETS_MANAGER", self.server.url())
            .env("AWS_ENDPOINT_URL_DYNAMODB", self.server.url())
            .env("AWS_ENDPOINT_URL_KMS", self.server.url())
            .env("AWS_ENDPOINT_URL_S3", self.server.url())
            .env("AWS_ACCESS_KEY_ID", "AKIDENVSECRETSTEST01")
            .env("AWS_SECRET_ACCESS_KEY", "not-a-real-secret-key")
            .env("AWS_REGION", "us-east-1");
        launch
    }

    /// A command of the launcher, as it would be typed, about to read this from a pipe.
    pub fn piped(&self, command: &str, input: impl AsRef<[u8]>) -> Launch {
        let words: Vec<&str> = command.split_whitespace().collect();
        let mut launch = self.envsecrets(&words);
        launch.command.stdin(pipe_of(input.as_ref()));
        launch
    }

    /// A launcher with these options, written as they would be typed, and this program.
    pub fn launch(&self, options: &str, program: &[&str]) -> Launch {
        let options = options.split_whitespace().chain(["--"]);
        let arguments: Vec<&str> = options.chain(program.iter().copied()).collect();
        self.envsecrets(&arguments)
    }

    /// The variables that a program gets which inherits none.
    #[track_caller]
    pub fn variables(&self, options: &str) -> Vec<String> {
        let options = format!("--clean-env {options}");
        let text = self.launch(&options, &["env"]).run().ok();
        text.lines().map(str::to_owned).collect()
    }

    /// Runs `env` with these variables inherited.
    pub fn run_inheriting(&self, options: &str, inherited: &[(&str, &str)]) -> Ended {
        let mut launch = self.launch(options, &["env"]);
        for (name, value) in inherited {
            launch.env(name, value);
        }
        launch.run()
    }

    /// What a program gets of these inherited variables, in the order of its environment.
    #[track_caller]
    pub fn inheriting(&self, options: &str, inherited: &[(&str, &str)]) -> Vec<String> {
        let text = self.run_inheriting(options, inherited).ok();
        let is_inherited = |line: &&str| {
            let name = line.split('=').next().unwrap_or_default();
            inherited.iter().any(|(inherited, _)| *inherited == name)
        };
        text.lines()
            .filter(is_inherited)
            .map(str::to_owned)
            .collect()
    }

    /// The messages of a launch that fails before the program starts.
    #[track_caller]
    pub fn refusal(&self, options: &str, code: u8) -> String {
        let ended = self.launch(options, &["echo", "started"]).run();
        ended.failed(code).to_owned()
    }

    /// The bodies of all requests for one operation.
    pub fn bodies(&self, operation: &str) -> Vec<Value> {
        let requests = self.server.requests().into_iter();
        requests
            .filter(|request| request.operation == operation)
            .map(|request| request.body)
            .collect()
    }

    /// The operations of all requests, in their order.
    pub fn operations(&self) -> Vec<String> {
        let requests = self.server.requests().into_iter();
        requests.map(|request| request.operation).collect()
    }

    /// Delays a command until it has read what exists and tried to write, runs `meanwhile`, and
    /// then lets it write.
    pub fn overtake(&self, launch: &mut Launch, meanwhile: impl Fn()) -> Ended {
        self.server
            .set_faults([Fault::Throttle.always().operation("PutParameter")]);
        let running = launch.start();
        until("it tries to write", || {
            !self.bodies("PutParameter").is_empty()
        });
        meanwhile();
        self.server.clear_faults();
        running.end()
    }
}

/// A launcher in an environment that configures nothing and does not use the network of this
/// machine.
pub fn offline<S: AsRef<OsStr>>(directory: &Directory, arguments: &[S]) -> Launch {
    without_network(Launch::new(ENVSECRETS, arguments), directory)
}

/// The same with a region and credentials of its own, which calls this address.
pub fn calling<S: AsRef<OsStr>>(url: &str, directory: &Directory, arguments: &[S]) -> Launch {
    let mut launch = offline(directory, arguments);
    launch
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("AWS_ENDPOINT_URL_SSM", url)
        .env("AWS_ENDPOINT_URL_SECRETS_MANAGER", url)
        .env("AWS_ENDPOINT_URL_S3", url);
    launch
}

fn without_network(mut launch: Launch, directory: &Directory) -> Launch {
    launch
        .env("HOME", directory.path())
        .env("AWS_EC2_METADATA_DISABLED", "true");
    launch
}
