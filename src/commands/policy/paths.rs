//! The policy of Vault or OpenBao for what is read there, as its clients take it.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;

use crate::stores::vault::{Engine, Method, Part, Source};

/// The rules for a token that reads these sources. No server is called, so that the version of an engine
/// is known only from places; otherwise there is a rule for each version.
pub fn policy(sources: &[Source]) -> String {
    let mut text = String::new();
    let mut rules: BTreeMap<String, (&str, &str)> = BTreeMap::new();
    let mut add = |path: String, capability, about| {
        rules.entry(path).or_insert((capability, about));
    };
    let mut is_unknown = false;
    for source in sources {
        let (mount, below) = source
            .path
            .split_once('/')
            .unwrap_or((source.path.as_str(), ""));
        is_unknown |= source.engine.is_none();
        if source.engine != Some(Engine::V1) {
            match source.part {
                Part::Whole | Part::Keys => add(format!("{mount}/data/{below}"), "read", V2),
                Part::Below => {
                    let below = folder(below);
                    add(format!("{mount}/metadata/{below}*"), "list", V2);
                    add(format!("{mount}/data/{below}*"), "read", V2);
                }
            }
        }
        if source.engine != Some(Engine::V2) {
            match source.part {
                Part::Whole | Part::Keys => add(format!("{mount}/{below}"), "read", V1),
                Part::Below => add(format!("{mount}/{}*", folder(below)), "read\", \"list", V1),
            }
        }
    }
    if sources.iter().any(|it| it.sign_in.method != Method::Token) {
        add(
            "auth/token/revoke-self".to_owned(),
            "update",
            "# The token of a launch is revoked once everything is read; the policy `default` has this too.",
        );
    }
    if is_unknown {
        text.push_str(
            "# The mount is taken to be the first part of each path. Keep the rules for the version of its\n\
             # engine; with `kv=1` or `kv=2` in a place only those are printed.\n",
        );
    }
    for (path, (capability, about)) in rules {
        if !text.is_empty() {
            text.push('\n');
        }
        // What `"` and `\` mean in a string of HCL.
        let path = path.replace('\\', "\\\\").replace('"', "\\\"");
        if !about.is_empty() && (is_unknown || about.len() > V2.len()) {
            text.push_str(about);
            text.push('\n');
        }
        text.push_str(&format!(
            "path \"{path}\" {{\n  capabilities = [\"{capability}\"]\n}}\n"
        ));
    }
    text
}

const V1: &str = "# Version 1";
const V2: &str = "# Version 2";

/// A folder with a `/` at its end, unless it is the mount itself.
fn folder(below: &str) -> String {
    match below {
        "" => String::new(),
        below => format!("{below}/"),
    }
}
