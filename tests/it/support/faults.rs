//! Every fault that the store knows, tried on a command. Whatever happens, no secret is printed.

use parameter_store::{FAULT_SPECS, Rule};

use super::{Ended, Launch, SENTINEL, each, leak};

/// The exit codes of commands.
pub const CODES: [i32; 10] = [0, 1, 64, 65, 66, 70, 73, 75, 77, 78];

/// All that makes Rust programs and the SDK print more.
pub const NOISE: &[(&str, &str)] = &[
    ("RUST_LOG", "trace"),
    ("LOG_SENSITIVE_BODIES", "true"),
    ("RUST_BACKTRACE", "full"),
    ("RUST_LIB_BACKTRACE", "1"),
    ("AWS_SDK_LOG", "trace"),
    ("SMITHY_LOG", "trace"),
];

/// A command, and a fault that some of its calls meet.
pub struct Case {
    /// As it would be typed, without the program's name.
    pub command: &'static str,
    fault: String,
}

impl Case {
    pub fn rule(&self) -> Rule {
        self.fault.parse().expect("a fault that the store knows")
    }

    pub fn words(&self) -> Vec<&'static str> {
        self.command.split_whitespace().collect()
    }

    /// What was tried, for the message of a failed assertion.
    pub fn situation(&self) -> String {
        format!("{} with {}", self.command, self.fault)
    }

    /// The command printed nothing of a secret, and ended with one of these codes.
    #[track_caller]
    pub fn reveals_nothing(&self, ended: &Ended, codes: &[i32]) {
        let situation = format!("{}: {ended:?}", self.situation());
        assert_eq!(leak(ended.stderr.as_bytes()), None, "{situation}");
        assert_eq!(leak(&ended.stdout), None, "{situation}");
        let is_known = ended.code.is_some_and(|code| codes.contains(&code));
        assert!(is_known, "{situation}");
    }
}

/// Tries each command with every fault. The second of each pair selects the calls that go wrong, as
/// in `operation=PutParameter`; with nothing there, all of them do.
pub fn every_fault(commands: &[(&'static str, &'static str)], attempt: impl Fn(&Case) + Sync) {
    let mut cases = Vec::new();
    for spec in FAULT_SPECS {
        for (command, condition) in commands {
            let fault = match *condition {
                "" => (*spec).to_owned(),
                condition => format!("{spec},{condition}"),
            };
            cases.push(Case { command, fault });
        }
    }
    each(&cases, attempt);
}

impl Launch {
    /// Lets libraries print all that they can, and plants the sentinel in the environment.
    pub fn noisy(&mut self) -> &mut Self {
        for name in ["INHERITED", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
            self.env(name, SENTINEL);
        }
        for (name, value) in NOISE {
            self.env(name, value);
        }
        self
    }
}
