//! What a server answers.
#![forbid(unsafe_code)]

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;

/// Servers in Java pad, and others of the same interface need not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A secret. What its writer noted of it, such as `filename`, stands beside these fields.
#[derive(Deserialize)]
pub struct Secret {
    pub name: String,
    /// The content in base64; empty in a list.
    #[serde(default)]
    pub secret: String,
    /// The size of the content, in bytes; 0 in a list.
    #[serde(default, rename = "secretLength")]
    length: Option<u64>,
    /// A keyed digest of the content, which only the server can compute.
    #[serde(default)]
    checksum: Option<String>,
    #[serde(default, rename = "updateDate")]
    pub updated: Option<String>,
    #[serde(default, rename = "creationDate")]
    pub created: Option<String>,
}

/// An error, as the server's framework writes it.
#[derive(Deserialize)]
pub struct Refusal {
    pub code: u16,
    #[serde(default)]
    pub message: Option<String>,
}

impl Secret {
    /// The content.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn content(&self) -> Result<Vec<u8>, &'static str> {
        let content = BASE64.decode(&self.secret);
        let content = content.map_err(|_| "it contains a secret that is no base64")?;
        match self.length {
            Some(length) if u64::try_from(content.len()) != Ok(length) => {
                Err("it contains a secret that has not the length that it names")
            }
            _ => Ok(content),
        }
    }

    /// What changes when the secret does. Old servers have only the date of the version.
    pub fn version(&self) -> Option<&str> {
        let all = [&self.checksum, &self.updated, &self.created].into_iter();
        let mut all = all.filter_map(|it| it.as_deref());
        all.find(|it| !it.is_empty())
    }
}

/// A part of an answer, or `None` if it is another one. The error of the parser can repeat a value.
pub fn parse<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Option<T> {
    serde_json::from_slice(text).ok()
}

#[cfg(test)]
mod tests {
    use super::{Secret, parse};

    fn secret(text: &str, length: &str) -> Result<Vec<u8>, &'static str> {
        let json = format!(r#"{{"name":"n","secret":"{text}"{length},"mode":"0440"}}"#);
        parse::<Secret>(json.as_bytes()).unwrap().content()
    }

    #[test]
    fn base64_may_be_padded_or_not() {
        for (text, content) in [
            ("aHVudGVyMg==", "hunter2"),
            ("aHVudGVyMg", "hunter2"),
            ("aHVudGVyMjM=", "hunter23"),
            ("aHVudGVyMjM", "hunter23"),
            ("", ""),
        ] {
            assert_eq!(secret(text, "").unwrap(), content.as_bytes(), "{text}");
        }
        for text in ["aHVudGVyMg===", "a", "aHVu*", "aHVu\\nZGVy", "aHVudGVyMh=="] {
            assert!(secret(text, "").is_err(), "{text}");
        }
    }

    #[test]
    fn the_length_is_that_of_the_content() {
        assert!(secret("aHVudGVyMg", r#","secretLength":7"#).is_ok());
        for length in ["6", "0", "10"] {
            let length = format!(r#","secretLength":{length}"#);
            assert!(secret("aHVudGVyMg", &length).is_err(), "{length}");
        }
    }

    #[test]
    fn a_version_is_what_the_server_has_of_one() {
        for (fields, version) in [
            (
                r#","checksum":"ab12","updateDate":"u","creationDate":"c""#,
                Some("ab12"),
            ),
            (
                r#","checksum":"","updateDate":"u","creationDate":"c""#,
                Some("u"),
            ),
            (r#","checksum":null,"creationDate":"c""#, Some("c")),
            ("", None),
        ] {
            let json = format!(r#"{{"name":"n"{fields}}}"#);
            let secret: Secret = parse(json.as_bytes()).unwrap();
            assert_eq!(secret.version(), version, "{fields}");
        }
    }
}
