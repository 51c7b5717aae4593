//! A Confidant in memory on a socket, and launchers that use it with the KMS of a Parameter Store.

use parameter_store::confidant::{Confidant, KEY, Request, TO};

use super::stand_in::{Call, Reply, StandIn};
use super::{Ended, Launch, World, world};

/// A Confidant, and all that is of AWS.
pub struct ConfidantWorld {
    pub confidant: Confidant,
    pub server: StandIn,
    pub aws: World,
}

/// A Confidant without services.
pub fn confidant_world() -> ConfidantWorld {
    confidant_behind(|_, _| None)
}

/// A Confidant whose answers this changes: what it returns is sent in place of them. It gets the
/// number of the call too, from 1.
pub fn confidant_behind(
    act: impl Fn(&Call, usize) -> Option<Reply> + Send + Sync + 'static,
) -> ConfidantWorld {
    let confidant = Confidant::new();
    let own = confidant.clone();
    let server = StandIn::start(move |call, number| {
        act(call, number).unwrap_or_else(|| answered(&own, call))
    });
    let world = ConfidantWorld {
        confidant,
        server,
        aws: world(),
    };
    world.configure(&world.profile());
    world
}

/// What a Confidant answers to a call.
fn answered(confidant: &Confidant, call: &Call) -> Reply {
    let (status, body) = confidant.answer(Request {
        method: &call.method,
        target: &call.target,
        from: call.header("x-auth-from"),
        token: call.header("x-auth-token"),
    });
    Reply::AnswerWith(status, ("Date", confidant.date()), body)
}

impl ConfidantWorld {
    /// The settings of the service `app`, as a line of YAML.
    pub fn profile(&self) -> String {
        let url = self.server.url();
        format!(
            "{{url: {url}, auth_key: {KEY}, auth_context: {{from: app, to: {TO}, user_type: service}}}}"
        )
    }

    /// Writes the file of Confidant's client, with this profile.
    pub fn configure(&self, profile: &str) {
        self.write(&format!("default: {profile}\n"));
    }

    /// Writes the file of Confidant's client.
    pub fn write(&self, text: &str) {
        let file = self.aws.directory.path().join(".confidant");
        std::fs::write(file, text).unwrap();
    }

    /// A launcher with everything that it needs.
    pub fn envsecrets(&self, arguments: &[&str]) -> Launch {
        self.aws.envsecrets(arguments)
    }

    /// A launcher with these options, written as they would be typed, that prints what it gets.
    pub fn launch(&self, options: &str) -> Launch {
        self.aws.launch(&format!("--clean-env {options}"), &["env"])
    }

    /// The variables that a program gets.
    #[track_caller]
    pub fn variables(&self, options: &str) -> Vec<String> {
        self.aws.variables(options)
    }

    /// The messages of a launch that fails before the program starts, with the addresses replaced.
    #[track_caller]
    pub fn refusal(&self, options: &str, code: u8) -> String {
        self.refused(&self.launch(options).run(), code)
    }

    /// The same for a command that has ended.
    #[track_caller]
    pub fn refused(&self, ended: &Ended, code: u8) -> String {
        ended
            .failed_at_once(code)
            .replace(&self.server.url(), "SERVER")
            .replace(&self.aws.server.url(), "AWS")
    }
}
