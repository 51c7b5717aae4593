//! Launches without credentials of their own, and which request reached the store.

use std::path::PathBuf;

use super::{Launch, SENTINEL, World, offline, world_with};

/// Prints the parameter of [`world_with_x`].
pub const READ_X: [&str; 5] = ["--path", "/app", "--", "printenv", "X"];

/// A Parameter Store with one parameter.
pub fn world_with_x() -> World {
    world_with(&[("/app/x", SENTINEL)])
}

impl World {
    /// A launch in the region us-east-1 that knows this store's endpoint, and nothing else.
    pub fn without_credentials(&self, options: &[&str]) -> Launch {
        let mut arguments = options.to_vec();
        arguments.extend(READ_X);
        let mut launch = offline(&self.directory, &arguments);
        launch
            .env("AWS_ENDPOINT_URL_SSM", self.server.url())
            .env("AWS_ENDPOINT_URL_SECRETS_MANAGER", self.server.url())
            .env("AWS_ENDPOINT_URL_S3", self.server.url())
            .env("AWS_REGION", "us-east-1");
        launch
    }

    /// Writes `~/.aws/config`.
    pub fn aws_config(&self, text: impl AsRef<[u8]>) -> PathBuf {
        self.directory.file(".aws/config", text, 0o600)
    }

    /// The access key id that signed the last request to the store.
    pub fn signer(&self) -> Option<String> {
        self.server.requests().last()?.access_key.clone()
    }

    /// The region that the last request was signed for.
    pub fn region(&self) -> Option<String> {
        self.server.requests().last()?.region.clone()
    }

    /// The session token of the last request.
    pub fn session_token(&self) -> Option<String> {
        self.server.requests().last()?.session_token.clone()
    }

    /// The launch reads the parameter with a request that `key` signed, with its session token.
    #[track_caller]
    pub fn read_as(&self, launch: &mut Launch, key: &str, situation: &str) {
        self.server.clear_requests();
        let ended = launch.run();
        assert_eq!(ended.ok(), format!("{SENTINEL}\n"), "{situation}");
        assert_eq!(self.signer().as_deref(), Some(key), "{situation}");
        let token = key.starts_with("ASIA").then(|| format!("token of {key}"));
        assert_eq!(self.session_token(), token, "{situation}");
    }
}

impl Launch {
    /// Gives it a key pair in the environment.
    pub fn with_key(&mut self) -> &mut Self {
        self.env("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT00000")
            .env("AWS_SECRET_ACCESS_KEY", "x")
    }
}

/// A launch that fails without waiting first, with exactly these messages.
#[track_caller]
pub fn fails(launch: &mut Launch, code: u8, error: &str, causes: &[&str], hint: &str) {
    let ended = launch.run();
    let causes: String = causes
        .iter()
        .map(|cause| format!("envsecrets:   caused by: {cause}\n"))
        .collect();
    let hint = match hint {
        "" => String::new(),
        hint => format!("envsecrets: hint: {hint}\n"),
    };
    assert_eq!(
        ended.failed_at_once(code),
        format!("envsecrets: error: {error}\n{causes}{hint}")
    );
}
