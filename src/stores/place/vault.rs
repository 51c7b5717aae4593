//! What a place names in Vault or OpenBao.
#![forbid(unsafe_code)]

use super::syntax::{Fault, Place};
use crate::stores::vault::{Engine, Method, Part, Server, SignIn, Source};

/// The options of a place, and where the one is that may not fit.
#[derive(Debug, Default)]
pub struct Options {
    version: Option<u64>,
    engine: Option<Engine>,
    sign_in: SignIn,
    /// Where `version`, `auth-mount` and `auth-role` are.
    at: [usize; 3],
}

impl Options {
    /// Sets one, whose value is at character `at`.
    ///
    /// # Errors
    ///
    /// What is wrong with it. What can be a token is not repeated.
    pub fn set(&mut self, name: &str, value: String, at: usize) -> Result<(), Fault> {
        let not = |what: &str| Fault {
            secret: true,
            ..Fault::new(format!(
                "has a value for the option `{name}`, at character {at}, which {what}"
            ))
        };
        match name {
            "version" => {
                let digits = value.bytes().all(|it| it.is_ascii_digit());
                let number = value.parse().ok().filter(|it| digits && *it > 0);
                let number = number.ok_or_else(|| {
                    not("is no version").hint("versions are numbers from 1; the newest has none")
                })?;
                (self.version, self.at[0]) = (Some(number), at);
            }
            "kv" => {
                let engine = [Engine::V1, Engine::V2].into_iter();
                let engine = engine.into_iter().find(|it| it.number() == value);
                self.engine = Some(engine.ok_or_else(|| {
                    not("is no version of the secrets engine").hint("it is `kv=1` or `kv=2`")
                })?);
            }
            "auth" => {
                let known = Method::ALL.iter().find(|(known, _)| *known == value);
                let (_, method) = known.ok_or_else(|| {
                    let all: Vec<&str> = Method::ALL.iter().map(|(name, _)| *name).collect();
                    not("is no way to sign in that is supported")
                        .hint(format!("it is one of: {}", all.join(", ")))
                })?;
                self.sign_in.method = *method;
            }
            "auth-mount" => {
                let mount = value.trim_matches('/');
                if !is_path(mount) || mount.starts_with("auth/") {
                    return Err(not("is no mount").hint(
                        "it is the path below `auth/`, such as `auth-mount=approle-ci`, as `vault auth \
                         list` shows it",
                    ));
                }
                (self.sign_in.mount, self.at[1]) = (Some(mount.to_owned()), at);
            }
            "auth-role" => {
                let fits = |it: char| it.is_ascii_alphanumeric() || "_-.:/@+".contains(it);
                if !value.chars().all(fits) {
                    return Err(not("is no name of a role"));
                }
                (self.sign_in.role, self.at[2]) = (Some(value), at);
            }
            "namespace" => {
                let namespace = value.trim_matches('/');
                if !is_path(namespace) {
                    return Err(not("is no namespace").hint("such as `namespace=team/app`"));
                }
                self.sign_in.namespace = Some(namespace.to_owned());
            }
            // The table of options has no others.
            _ => {}
        }
        Ok(())
    }
}

/// Whether all parts of a path are names, of characters that a header can have.
fn is_path(text: &str) -> bool {
    let is_name = |part: &str| !part.is_empty() && part != "." && part != "..";
    text.split('/').all(is_name) && text.bytes().all(|it| it.is_ascii_graphic())
}

/// What a location names on a server. `start` is the number of characters before it.
///
/// # Errors
///
/// What no secret or folder of them can be called.
pub fn parse(
    server: Server,
    text: &str,
    start: usize,
    key: Option<String>,
    options: Options,
    json: bool,
) -> Result<Place, Fault> {
    let scheme = server.scheme();
    let example = format!("such as `{scheme}secret/prd/app`: the mount, and the path below it");
    if text.trim_matches('/').is_empty() {
        return Err(Fault::new("names no secret").hint(example));
    }
    let host = text.split('/').next().unwrap_or_default();
    if host.contains(['@', ':']) {
        let at = start + 1;
        return Err(Fault {
            // It may be a name and a password.
            secret: host.contains('@'),
            ..Fault::new(format!(
                "begins with a host at character {at}, and not with a mount"
            ))
            .hint(format!(
                "the address of the server is in VAULT_ADDR or BAO_ADDR alone; a place is {}",
                example.trim_start_matches("such as ")
            ))
        });
    }
    if let Some(rest) = text.strip_prefix('/') {
        let rest = rest.trim_start_matches('/');
        return Err(Fault::new(format!(
            "has a `/` before its mount, at character {}",
            start + 1
        ))
        .hint(format!("did you mean `{scheme}{rest}`?")));
    }
    let (path, part) = match text.strip_suffix('/') {
        Some(path) => (path, Part::Below),
        None => (text, Part::Whole),
    };
    let mut at = start + 1;
    for part in path.split('/') {
        let why = match part {
            "" => "has an empty part of its path",
            "." | ".." => "has a part of its path that a server would resolve",
            part if part.contains('*') => "has a `*`",
            part => {
                at += part.chars().count() + 1;
                continue;
            }
        };
        let fault = Fault::new(format!("{why}, at character {at}"));
        return Err(match part.contains('*') {
            true => fault.hint(
                "a folder is read with `/` at its end; `--only` and `--exclude` take patterns",
            ),
            false => fault,
        });
    }
    let (first, rest) = path.split_once('/').unwrap_or((path, ""));
    if first == "v1" {
        return Err(
            Fault::new(format!("begins with `v1/` at character {}", start + 1)).hint(format!(
                "did you mean `{scheme}{rest}`? a place has no part of the API"
            )),
        );
    }
    // What the server itself offers, and no secret.
    if ["sys", "auth", "identity"].contains(&first) {
        return Err(Fault::new(format!(
            "names `{first}/`, at character {}, which has no secrets",
            start + 1
        ))
        .hint(example));
    }
    if part == Part::Whole && rest.is_empty() {
        return Err(Fault::new("names a mount, and no secret").hint(format!(
            "all secrets of it are `{scheme}{first}/`; one is {}",
            example.trim_start_matches("such as ")
        )));
    }
    if options.version.is_some() && part == Part::Below {
        return Err(Fault::new(format!(
            "has a `version` at character {}, and names a set of secrets",
            options.at[0]
        ))
        .hint("a set is read at the newest version of each; a single secret can have one"));
    }
    if options.version.is_some() && options.engine == Some(Engine::V1) {
        return Err(Fault::new(format!(
            "has a `version` at character {}, and `kv=1` keeps none",
            options.at[0]
        ))
        .hint("leave one of them out"));
    }
    let sign_in = &options.sign_in;
    if sign_in.role.is_some() && !sign_in.method.takes_role() {
        return Err(Fault::new(format!(
            "has an `auth-role` at character {}, which `auth={}` does not use",
            options.at[2],
            sign_in.method.name()
        ))
        .hint(match sign_in.method {
            Method::AppRole => "the role of an AppRole is the role id, in VAULT_ROLE_ID",
            _ => "add `auth=aws`, `auth=kubernetes` or `auth=jwt`, or leave it out",
        }));
    }
    if sign_in.mount.is_some() && sign_in.method == Method::Token {
        return Err(Fault::new(format!(
            "has an `auth-mount` at character {}, and no `auth` that uses one",
            options.at[1]
        ))
        .hint("add `auth=approle`, `auth=aws`, `auth=kubernetes` or `auth=jwt`, or leave it out"));
    }
    if sign_in.role.is_none() && sign_in.method == Method::Kubernetes {
        return Err(
            Fault::new("has no `auth-role`, which `auth=kubernetes` needs")
                .hint("add `auth-role=ROLE`: the role of the server that the service account has"),
        );
    }
    let source = Source {
        server,
        part,
        path: path.to_owned(),
        version: options.version,
        engine: options.engine,
        json,
        sign_in: options.sign_in,
    };
    Ok(Place {
        key,
        ..Place::whole(source.into())
    })
}
