//! What can become part of a signed request, and what cannot.
//!
//! Access key and session token become headers. The SDK does not expect there what HTTP does not
//! allow, and panics. A secret key becomes none, but one with such a character is not a key either.

use aws_credential_types::Credentials;
use aws_types::os_shim_internal::Env;

use crate::aws::copies::with_originals;
use crate::aws::hint::Hint;
use crate::aws::settings::check_container_endpoint;
use crate::net::environment::Variables;

/// The variables of the environment that hold credentials.
const VARIABLES: [&str; 3] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
];

/// What is wrong with a text that is to become a header, if anything is: never the text.
pub fn flaw(text: &str) -> Option<&'static str> {
    let mut bytes = text.bytes();
    let is_end = |byte| matches!(byte, b'\r' | b'\n');
    if text.bytes().any(is_end) {
        return Some(
            match text.trim_end_matches(['\r', '\n']).bytes().any(is_end) {
                true => "contains a line end",
                false => "ends in a line end",
            },
        );
    }
    if !text.is_ascii() {
        return Some("contains a character that is not ASCII");
    }
    if bytes.any(|byte| byte.is_ascii_control()) {
        return Some("contains a control character");
    }
    None
}

/// What is wrong with a text of that name.
pub fn flaw_of(name: &str, text: &str) -> Option<String> {
    Some(format!("{name} {}", flaw(text)?))
}

/// What is wrong with credentials, by what they consist of.
pub fn flaw_in(credentials: &Credentials) -> Option<String> {
    flaw_of("the access key id", credentials.access_key_id())
        .or_else(|| flaw_of("the secret access key", credentials.secret_access_key()))
        .or_else(|| flaw_of("the session token", credentials.session_token()?))
}

/// What is wrong with the credentials of the environment, by variable. The SDK removes blanks from
/// the ends of one of them, which no other tool of AWS does.
pub fn flaw_in_environment() -> Option<String> {
    let env = Env::real();
    let flaw = |name: &str| flaw_of(name, &env.get(name).ok()?);
    VARIABLES.into_iter().find_map(flaw)
}

/// What is wrong with the settings of a container's credential endpoint, and what to try.
pub fn flaw_in_container() -> Option<(String, Hint)> {
    const TOKEN: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
    const TOKEN_FILE: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
    // The SDK panics on a host without a scheme.
    if let Err(error) = check_container_endpoint(Variables) {
        return Some((error.to_string(), Hint::Container));
    }
    let flaw = match Variables.get(TOKEN_FILE) {
        None => flaw_of(TOKEN, &Variables.get(TOKEN)?),
        Some(file) => {
            let token = std::fs::read(&file).ok()?;
            let file = with_originals(file);
            let name = format!("the token in `{file}`, from {TOKEN_FILE},");
            flaw_of(&name, &String::from_utf8_lossy(&token))
        }
    };
    flaw.map(|flaw| (flaw, Hint::Unfit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_printable_ascii_becomes_a_header() {
        let end = "ends in a line end";
        let line = "contains a line end";
        let control = "contains a control character";
        let other = "contains a character that is not ASCII";
        for (text, expected) in [
            ("AKIDEXAMPLE", None),
            ("", None),
            ("a/b+c=", None),
            ("token of AKID", None),
            ("AKID\n", Some(end)),
            ("AKID\r\n", Some(end)),
            ("AKID\r", Some(end)),
            ("AK\nID", Some(line)),
            ("AK\nID\n", Some(line)),
            ("\nAKID", Some(line)),
            ("AK\tID", Some(control)),
            ("AK\0ID", Some(control)),
            ("AK\x7fID", Some(control)),
            ("AK\x1bID", Some(control)),
            ("AKÄID", Some(other)),
            ("AK\u{85}ID", Some(other)),
            ("\u{feff}AKID", Some(other)),
        ] {
            assert_eq!(flaw(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_flaw_names_the_part_and_not_its_value() {
        let credentials = |key: &str, secret: &str, token: &str| {
            Credentials::new(key, secret, Some(token.to_owned()), None, "test")
        };
        for (credentials, expected) in [
            (credentials("A", "S", "T"), None),
            (
                credentials("A\n", "S", "T"),
                Some("the access key id ends in a line end"),
            ),
            (
                credentials("A", "S\u{1}", "T"),
                Some("the secret access key contains a control character"),
            ),
            (
                credentials("A", "S", "T\nU"),
                Some("the session token contains a line end"),
            ),
        ] {
            assert_eq!(flaw_in(&credentials).as_deref(), expected);
        }
    }
}
