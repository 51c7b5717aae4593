//! A Parameter Store over HTTPS.

use std::path::PathBuf;

use parameter_store::{Identity, Tls};

use super::aws::READ_X;
use super::{Directory, Ended, Launch, SENTINEL, Server, Store, World};

/// A Parameter Store over HTTPS with one parameter, its authority, and that in a file.
pub struct Secure {
    pub world: World,
    pub tls: Tls,
    pub ca: PathBuf,
}

pub fn secure(identity: Identity) -> Secure {
    secure_for(identity, &["localhost", "127.0.0.1"])
}

pub fn secure_for(identity: Identity, names: &[&str]) -> Secure {
    let store = Store::new();
    store.put("/app/x", SENTINEL);
    let tls = Tls::for_names(identity, names);
    let server = Server::start_tls(&store, &tls).expect("a port on loopback");
    let directory = Directory::new();
    let ca = directory.file("ca.pem", tls.ca_pem(), 0o644);
    let world = World {
        store,
        server,
        directory,
    };
    Secure { world, tls, ca }
}

impl Secure {
    /// A launch that prints the parameter if it can be read, and knows no authority yet.
    pub fn launch(&self) -> Launch {
        self.world.envsecrets(&READ_X)
    }

    /// A launch that trusts the right authority.
    pub fn trusting(&self) -> Launch {
        let mut launch = self.launch();
        launch.env("SSL_CERT_FILE", &self.ca);
        launch
    }

    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        self.world.directory.file(name, content, 0o644)
    }

    pub fn url(&self) -> String {
        self.world.server.url()
    }
}

/// The parameter was read, and nothing else was printed.
#[track_caller]
pub fn read_it(ended: &Ended, situation: &str) {
    assert_eq!(ended.ok(), format!("{SENTINEL}\n"), "{situation}");
}
