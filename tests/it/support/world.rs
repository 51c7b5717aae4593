//! A Parameter Store, and launchers that use it and nothing else.

use std::ffi::OsStr;

use parameter_store::{Fault, Server, Store};
use serde_json::Value;

use super::{Directory, ENVSECRETS, Ended, Launch, until};

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

impl World {
    /// A launcher that is told where this Parameter Store is, and nothing else.
    pub fn envsecrets<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Launch {
        let mut launch = offline(&self.directory, arguments);
        launch
            .env("AWS_ENDPOINT_URL_SSM", self.server.url())
            .env("AWS_ACCESS_KEY_ID", "AKIDENVSECRETSTEST01")
            .env("AWS_SECRET_ACCESS_KEY", "not-a-real-secret-key")
            .env("AWS_REGION", "us-east-1");
        launch
    }

    /// A launcher with these options, written as they would be typed, and this program.
    pub fn launch(&self, options: &str, program: &[&str]) -> Launch {
        let options = options.split_whitespace().chain(["--"]);
        let arguments: Vec<&str> = options.chain(program.iter().copied()).collect();
        self.envsecrets(&arguments)
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

/// A launcher in an environment that configures nothing and never asks the network of this machine.
pub fn offline<S: AsRef<OsStr>>(directory: &Directory, arguments: &[S]) -> Launch {
    let mut launch = Launch::new(ENVSECRETS, arguments);
    launch
        .env("HOME", directory.path())
        .env("AWS_EC2_METADATA_DISABLED", "true");
    launch
}
