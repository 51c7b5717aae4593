//! Tokens, and how they are obtained.

use serde_json::Value;

use super::{Answer, State, Vault, envelope, errors};

/// What a token may read: everything below these paths of the API.
#[derive(Clone, Debug)]
pub(super) struct Token {
    paths: Vec<String>,
}

/// An AppRole.
#[derive(Debug)]
pub(super) struct AppRole {
    secret_id: String,
    /// How often that can be used.
    uses: usize,
    paths: Vec<String>,
    is_batch: bool,
}

impl Vault {
    /// Makes a token that may read what begins with one of these paths.
    pub fn token(&self, token: &str, paths: &[&str]) {
        let paths = paths.iter().map(|it| (*it).to_owned()).collect();
        self.state()
            .tokens
            .insert(token.to_owned(), Token { paths });
    }

    /// Takes a token away.
    pub fn forget(&self, token: &str) {
        self.state().tokens.remove(token);
    }

    /// Makes an AppRole whose secret id can be used so often.
    pub fn app_role(&self, role_id: &str, secret_id: &str, uses: usize, paths: &[&str]) {
        let role = AppRole {
            secret_id: secret_id.to_owned(),
            uses,
            paths: paths.iter().map(|it| (*it).to_owned()).collect(),
            is_batch: false,
        };
        self.state().roles.insert(role_id.to_owned(), role);
    }

    /// Makes the tokens of all AppRoles batch tokens, which cannot be revoked.
    pub fn make_batch_tokens(&self) {
        for role in self.state().roles.values_mut() {
            role.is_batch = true;
        }
    }

    /// Wraps the data of an answer, such as that with a secret id.
    pub fn wrap(&self, token: &str, data: &str) {
        let body = envelope(data, "null");
        self.state().wrapped.insert(token.to_owned(), body);
    }
}

impl State {
    pub(super) fn allows(&self, token: &str, path: &str) -> bool {
        let paths = self.tokens.get(token).map(|token| token.paths.as_slice());
        let mut paths = paths.unwrap_or_default().iter();
        paths.any(|it| path.starts_with(it.as_str()))
    }

    /// Whether a token may read anything in a mount.
    pub(super) fn allows_below(&self, token: &str, mount: &str) -> bool {
        let paths = self.tokens.get(token).map(|token| token.paths.as_slice());
        let mut paths = paths.unwrap_or_default().iter();
        paths.any(|it| it.is_empty() || it.starts_with(mount))
    }

    pub(super) fn login(&mut self, path: &str, body: &str) -> Answer {
        let body: Value = serde_json::from_str(body).unwrap_or_default();
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        let (paths, is_batch) = match path {
            "auth/approle/login" => {
                let Some(role) = self.roles.get_mut(&text("role_id")) else {
                    return errors(400, &["invalid role ID"]);
                };
                if role.secret_id != text("secret_id") || role.uses == 0 {
                    return errors(400, &["invalid secret id"]);
                }
                role.uses -= 1;
                (role.paths.clone(), role.is_batch)
            }
            "auth/kubernetes/login" | "auth/jwt/login" | "auth/aws/login" => {
                // All who have a proof may read everything; the real servers check it.
                let proof = text("jwt") + &text("iam_request_headers");
                if proof.is_empty() {
                    return errors(400, &["missing jwt"]);
                }
                (vec![String::new()], false)
            }
            _ => return errors(403, &["permission denied"]),
        };
        self.made += 1;
        let token = format!("s.made-for-launch-{}", self.made);
        let kind = if is_batch { "batch" } else { "service" };
        self.tokens.insert(token.clone(), Token { paths });
        let auth = format!(
            "{{\"client_token\":\"{token}\",\"accessor\":\"rMMAhjlLorRL7NIB3NpUUtxw\",\"policies\":\
             [\"app\",\"default\"],\"lease_duration\":60,\"renewable\":true,\"token_type\":\"{kind}\",\
             \"mfa_requirement\":null}}"
        );
        (200, envelope("null", &auth))
    }

    pub(super) fn unwrap(&mut self, token: &str) -> Answer {
        match self.wrapped.remove(token) {
            Some(body) => (200, body),
            None => errors(400, &["wrapping token is not valid or does not exist"]),
        }
    }

    pub(super) fn revoke(&mut self, token: &str) -> Answer {
        match self.tokens.remove(token) {
            Some(_) => {
                self.revoked.push(token.to_owned());
                (204, String::new())
            }
            None => errors(403, &["permission denied"]),
        }
    }
}
