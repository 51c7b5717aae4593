//! A Vault in memory on a socket, and launchers that use it and nothing of AWS.

use parameter_store::vault::{Request, Vault};

use super::stand_in::{Call, Reply, StandIn};
use super::{Directory, Ended, Launch, offline, printing};

/// A Vault, and a directory for the files of one story.
pub struct VaultWorld {
    pub vault: Vault,
    pub server: StandIn,
    pub directory: Directory,
}

/// A Vault with nothing in it.
pub fn vault_world() -> VaultWorld {
    vault_behind(|_, _| None)
}

/// A Vault whose answers this changes: what it returns is sent in place of them. It gets the number
/// of the call too, from 1.
pub fn vault_behind(
    act: impl Fn(&Call, usize) -> Option<Reply> + Send + Sync + 'static,
) -> VaultWorld {
    let vault = Vault::new();
    let own = vault.clone();
    let server = StandIn::start(move |call, number| {
        act(call, number).unwrap_or_else(|| answered(&own, call))
    });
    VaultWorld {
        vault,
        server,
        directory: Directory::new(),
    }
}

/// What a Vault answers to a call.
pub fn answered(vault: &Vault, call: &Call) -> Reply {
    let (status, body) = vault.answer(Request {
        method: &call.method,
        target: &call.target,
        token: call.header("x-vault-token"),
        body: &call.body,
    });
    Reply::Answer(status, body)
}

impl VaultWorld {
    /// A launcher with the address of this Vault and a token, and no settings of AWS.
    pub fn envsecrets(&self, arguments: &[&str]) -> Launch {
        let mut launch = offline(&self.directory, arguments);
        self.settings(&mut launch);
        launch
    }

    /// Adds the address of this Vault and a token.
    pub fn settings<'l>(&self, launch: &'l mut Launch) -> &'l mut Launch {
        launch
            .env("VAULT_ADDR", self.server.url())
            .env("VAULT_TOKEN", "root")
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
        ended
            .failed_at_once(code)
            .replace(&self.server.url(), "SERVER")
    }
}
