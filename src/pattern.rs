//! Patterns of values: regular expressions that match the whole value.
#![forbid(unsafe_code)]

use std::fmt;

use regex_automata::meta::{Config, Regex};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Hir, Look};

/// A pattern with its text, compiled. Matching takes time linear in the value, whatever the
/// pattern.
#[derive(Clone)]
pub struct Pattern {
    text: String,
    regex: Regex,
}

impl Pattern {
    /// The pattern, or why it is invalid.
    pub fn parse(text: &str) -> Result<Self, String> {
        // Content of a file may be any bytes, which `(?-u)` matches.
        let mut parser = ParserBuilder::new().utf8(false).build();
        let written = parser.parse(text).map_err(|error| match error {
            regex_syntax::Error::Parse(error) => error.kind().to_string(),
            regex_syntax::Error::Translate(error) => error.kind().to_string(),
            _ => "it is not supported".to_owned(),
        })?;
        // Not in its text, where `a|b` and comments would undo it.
        let whole = Hir::concat(vec![Hir::look(Look::Start), written, Hir::look(Look::End)]);
        let regex = Regex::builder()
            .configure(Config::new().utf8_empty(false))
            .build_from_hir(&whole)
            .map_err(|_| "it is too large".to_owned())?;
        let text = text.to_owned();
        Ok(Self { text, regex })
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it matches from the first byte to the last.
    pub fn matches(&self, value: &[u8]) -> bool {
        self.regex.is_match(value)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pattern({})", self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;
    use proptest::prelude::*;

    #[test]
    fn a_pattern_matches_all_of_a_value_or_nothing() {
        for (pattern, value, matches) in [
            ("[a-z]+", "abc", true),
            ("[a-z]+", "abc1", false),
            ("[a-z]+", "abc\n", false),
            ("a|ab", "ab", true),
            ("a|b", "ba", false),
            ("(?x) a b # comment", "ab", true),
            ("(?m)^a$", "a\nb", false),
            (".*", "a\nb", false),
            ("(?s).*", "a\nb", true),
            (r"\d{4}", "5432", true),
            (r"\d{4}", "54321", false),
            ("(?i)true|false", "TRUE", true),
            ("..", "ünï", false),
            ("...", "ünï", true),
            ("[é-ñ]", "ê", true),
            ("^a$", "a", true),
            ("", "", true),
            ("", "a", false),
        ] {
            let parsed = Pattern::parse(pattern).unwrap();
            assert_eq!(
                parsed.matches(value.as_bytes()),
                matches,
                "{pattern} {value}"
            );
        }
        // Inherited values may be any bytes.
        assert!(!Pattern::parse(".").unwrap().matches(b"\xff"));
    }

    #[test]
    fn bytes_that_are_not_text_match_a_pattern_of_bytes() {
        for (pattern, value, matches) in [
            (r"(?s-u:.)", b"\xff".as_slice(), true),
            (r"(?s-u:.)", b"\n", true),
            (r"(?-u:.)", b"\n", false),
            (r"(?-u)\x30\x82(?s:.)+", b"0\x82\x0a\xff\n", true),
            (r"(?-u)\x30\x82(?s:.)+", b"0\x83\x0a\xff\n", false),
            (r"(?s-u:.{32})", &[0xff; 32], true),
            (r"(?s-u:.{32})", &[0xff; 33], false),
            (r"(?-u:[^\x00])*", b"\xc3\xa4", true),
            (r"(?-u:[^\x00])*", b"\xc3\x00", false),
            // A character and a byte.
            (r"\xff", b"\xff", false),
            (r"\xff", "\u{ff}".as_bytes(), true),
            (r"(?-u:\xff)", b"\xff", true),
            ("", b"", true),
            ("", b"\xff", false),
        ] {
            let parsed = Pattern::parse(pattern).unwrap();
            assert_eq!(parsed.matches(value), matches, "{pattern} {value:?}");
        }
    }

    #[test]
    fn an_invalid_pattern_is_explained_briefly() {
        for (text, why) in [
            ("[a", "unclosed character class"),
            ("(a", "unclosed group"),
            ("*", "repetition operator missing expression"),
            (
                r"(?=a)",
                "look-around, including look-ahead and look-behind, is not supported",
            ),
            ("((a{1000}){1000}){1000}", "it is too large"),
        ] {
            assert_eq!(Pattern::parse(text).unwrap_err(), why, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_pattern_or_refused(text in any::<String>(), value in any::<Vec<u8>>()) {
            if let Ok(pattern) = Pattern::parse(&text) {
                pattern.matches(&value);
            }
        }

        #[test]
        fn a_text_matches_itself_alone(text in any::<String>(), other in any::<String>()) {
            let pattern = Pattern::parse(&regex_syntax::escape(&text)).unwrap();
            prop_assert!(pattern.matches(text.as_bytes()));
            prop_assert_eq!(pattern.matches(other.as_bytes()), text == other);
        }
    }
}
