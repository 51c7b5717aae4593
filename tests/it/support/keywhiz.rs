//! A Keywhiz in memory behind TLS that demands a certificate of the client, and launchers that use it and
//! nothing of AWS.

use std::path::PathBuf;

use parameter_store::keywhiz::Keywhiz;
use parameter_store::{Authority, Front, Identity, Tls};

use super::stand_in::{Call, Reply, StandIn};
use super::{Directory, Ended, Launch, offline, printing};

/// A Keywhiz with one client, whose files are in a directory.
pub struct KeywhizWorld {
    pub keywhiz: Keywhiz,
    pub server: StandIn,
    pub clients: Authority,
    pub directory: Directory,
    front: Front,
}

/// A Keywhiz with nothing in it.
pub fn keywhiz_world() -> KeywhizWorld {
    keywhiz_behind(|_, _| None)
}

/// A Keywhiz whose answers this changes: what it returns is sent in place of them. It gets the number
/// of the call too, from 1.
pub fn keywhiz_behind(
    act: impl Fn(&Call, usize) -> Option<Reply> + Send + Sync + 'static,
) -> KeywhizWorld {
    keywhiz_as(Identity::Valid, act)
}

/// The same, with what the server shows of itself.
pub fn keywhiz_as(
    identity: Identity,
    act: impl Fn(&Call, usize) -> Option<Reply> + Send + Sync + 'static,
) -> KeywhizWorld {
    let keywhiz = Keywhiz::new();
    let own = keywhiz.clone();
    let server = StandIn::start(move |call, number| {
        act(call, number).unwrap_or_else(|| {
            let (status, body) = own.answer(&call.method, &call.target, &call.body);
            Reply::Answer(status, body)
        })
    });
    let clients = Authority::new();
    let tls = Tls::demanding(identity, &clients);
    let front = Front::start(&tls, server.port()).expect("a port on loopback");
    let directory = Directory::new();
    directory.file("ca.pem", tls.ca_pem(), 0o644);
    let world = KeywhizWorld {
        keywhiz,
        server,
        clients,
        directory,
        front,
    };
    world.client(Identity::Valid);
    world
}

impl KeywhizWorld {
    /// Gives the client a new certificate and key.
    pub fn client(&self, identity: Identity) {
        let (certificate, key) = self.clients.client("web", identity);
        self.directory.file("client.pem", certificate, 0o644);
        self.directory.file("client.key", key, 0o600);
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The host and the port of its places.
    pub fn host(&self) -> String {
        format!("localhost:{}", self.front.port())
    }

    /// A launcher with the files of the client, and no settings of AWS. `HOST` is this server.
    pub fn envsecrets(&self, arguments: &[&str]) -> Launch {
        let arguments: Vec<String> = arguments
            .iter()
            .map(|it| it.replace("HOST", &self.host()))
            .collect();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let mut launch = offline(&self.directory, &arguments);
        self.settings(&mut launch);
        launch
    }

    /// Adds the files of the client.
    pub fn settings<'l>(&self, launch: &'l mut Launch) -> &'l mut Launch {
        launch
            .env("KEYWHIZ_CERT", self.path("client.pem"))
            .env("KEYWHIZ_KEY", self.path("client.key"))
            .env("KEYWHIZ_CACERT", self.path("ca.pem"))
    }

    /// A launcher with these options, written as they would be typed, that prints what it gets.
    pub fn launch(&self, options: &str) -> Launch {
        self.envsecrets(&printing(options))
    }

    /// The variables that a program gets.
    #[track_caller]
    pub fn variables(&self, options: &str) -> Vec<String> {
        let text = self.launch(options).run().ok();
        text.lines().map(str::to_owned).collect()
    }

    /// The messages of a launch that fails before the program starts, with the address replaced.
    #[track_caller]
    pub fn refusal(&self, options: &str, code: u8) -> String {
        self.refused(&self.launch(options).run(), code)
    }

    /// The same for a launch that has ended.
    #[track_caller]
    pub fn refused(&self, ended: &Ended, code: u8) -> String {
        ended.failed_at_once(code).replace(&self.host(), "HOST")
    }
}
