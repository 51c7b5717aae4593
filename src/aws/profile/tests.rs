//! Profiles, and the chain of credentials that each leads to.

use super::*;
use crate::aws::settings::tests::profiles;

const ROLE: &str = "role_arn = arn:aws:iam::123456789012:role/app\n";
const KEYS: &str = "aws_access_key_id = A\naws_secret_access_key = x\n";

/// The chain of the profile `p` in this configuration, in words.
fn chain(config: &str) -> String {
    let profiles = profiles(config);
    match resolve(&profiles) {
        Some(Chain { base, roles }) => {
            let roles: Vec<String> = roles.iter().map(|Role(name)| format!(" {name}")).collect();
            let base = match base {
                Base::Keys(name) => format!("keys {name}"),
                Base::Process(name) => format!("process {name}"),
                Base::WebIdentity(name) => format!("token {name}"),
                Base::Named(source) => source.name().to_owned(),
                Base::SignIn(name) => format!("sign-in {name}"),
            };
            base + &roles.concat()
        }
        None => "left to the SDK".to_owned(),
    }
}

#[test]
fn a_profile_leads_to_credentials_as_in_the_sdk() {
    let sdk = "left to the SDK";
    let process = "credential_process = get\n";
    let sign_in = "sso_session = s\nsso_account_id = 1\nsso_role_name = r\n";
    let token = "web_identity_token_file = /t\n";
    for (config, expected) in [
        (format!("[profile p]\n{KEYS}"), "keys p"),
        (format!("[profile p]\n{process}"), "process p"),
        (format!("[profile p]\n{process}{KEYS}"), "process p"),
        (format!("[profile p]\n{sign_in}{process}"), "sign-in p"),
        (format!("[profile p]\n{ROLE}{token}"), "token p"),
        (
            format!("[profile p]\n{ROLE}source_profile = b\n[profile b]\n{KEYS}"),
            "keys b p",
        ),
        (
            format!("[profile p]\n{ROLE}source_profile = b\n[profile b]\n{process}"),
            "process b p",
        ),
        (
            format!("[profile p]\n{ROLE}source_profile = b\n[profile b]\n{sign_in}"),
            "sign-in b p",
        ),
        (
            format!("[profile p]\n{ROLE}source_profile = b\n[profile b]\n{ROLE}{token}"),
            "token b p",
        ),
        (
            format!(
                "[profile p]\n{ROLE}source_profile = m\n[profile m]\n{ROLE}source_profile = b\n\
                 [profile b]\n{KEYS}"
            ),
            "keys b m p",
        ),
        // Keys beat the role of a profile that another one refers to.
        (
            format!(
                "[profile p]\n{ROLE}source_profile = m\n[profile m]\n{ROLE}source_profile = b\n\
                 {KEYS}[profile b]\n{KEYS}"
            ),
            "keys m p",
        ),
        // A profile can refer to itself.
        (
            format!("[profile p]\n{ROLE}source_profile = p\n{KEYS}"),
            "keys p p",
        ),
        (
            format!("[profile p]\n{ROLE}source_profile = p\n{process}"),
            "process p p",
        ),
        (
            format!("[profile p]\n{ROLE}credential_source = Environment\n"),
            "the environment p",
        ),
        (
            format!("[profile p]\n{ROLE}credential_source = ECSContainer\n"),
            "the container's credential endpoint p",
        ),
        // What is wrong is reported by the SDK.
        (String::new(), sdk),
        ("[profile p]\nregion = us-east-1\n".to_owned(), sdk),
        ("[profile p]\naws_access_key_id = A\n".to_owned(), sdk),
        (format!("[profile p]\n{token}"), sdk),
        (format!("[profile p]\n{ROLE}"), sdk),
        (format!("[profile p]\n{ROLE}source_profile = b\n"), sdk),
        (
            format!("[profile p]\n{ROLE}source_profile = b\n[profile b]\nregion = x\n"),
            sdk,
        ),
        (
            format!("[profile p]\n{ROLE}credential_source = Moon\n"),
            sdk,
        ),
        (
            format!("[profile p]\n{ROLE}source_profile = p\n{sign_in}"),
            sdk,
        ),
        (
            format!(
                "[profile p]\n{ROLE}source_profile = b\n[profile b]\n{ROLE}source_profile = p\n"
            ),
            sdk,
        ),
    ] {
        assert_eq!(chain(&config), expected, "{config}");
    }
}
