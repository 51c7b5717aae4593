//! Patterns of values: regular expressions that match the whole value.
#![forbid(unsafe_code)]

use std::fmt;

use regex_automata::meta::{Config, Regex};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Hir, Look};

/// The most memory that a compiled pattern takes, in MiB: that of the crate `regex`
/// (`RegexBuilder::size_limit`).
const LARGEST: usize = 10;

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
        let limit = LARGEST.to_string() + " MiB";
        let regex = Regex::builder()
            .configure(
                Config::new()
                    .utf8_empty(false)
                    .nfa_size_limit(Some(LARGEST << 20)),
            )
            .build_from_hir(&whole)
            .map_err(|error| match error.size_limit() {
                Some(_) => format!("it is too large: it would take more than {limit} of memory"),
                None => "it cannot be compiled".to_owned(),
            })?;
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

    /// Every construct of the page, in its order:
    /// <https://docs.rs/regex/1/regex/#syntax>. Octal codes need an option that is off by default.
    #[test]
    fn all_of_the_documented_syntax_is_there() {
        for (pattern, yes, no) in [
            // Matching one character.
            (".", "ä", "\n"),
            ("(?s).", "\n", ""),
            ("[0-9]", "7", "a"),
            (r"\d", "٣", "a"),
            (r"\D", "a", "٣"),
            (r"\pN", "Ⅷ", "a"),
            (r"\p{Greek}", "λ", "l"),
            (r"\PN", "a", "Ⅷ"),
            (r"\P{Greek}", "l", "λ"),
            // Character classes.
            ("[xyz]", "y", "a"),
            ("[^xyz]", "a", "y"),
            ("[a-z]", "q", "Q"),
            ("[[:alpha:]]", "Q", "1"),
            ("[[:^alpha:]]", "1", "Q"),
            ("[x[^xyz]]", "x", "y"),
            ("[a-y&&xyz]", "y", "z"),
            ("[0-9&&[^4]]", "5", "4"),
            ("[0-9--4]", "5", "4"),
            ("[a-g~~b-h]", "h", "b"),
            (r"[\[\]]", "]", "a"),
            ("[a&&b]|", "", "a"),
            (r"[\p{Greek}[:digit:]]", "7", "a"),
            (r"[\p{Greek}&&\pL]", "λ", "l"),
            (r"[\pL--\p{Greek}&&\p{Uppercase}]", "L", "Λ"),
            ("[^a-z&&b]", "a", "b"),
            // Composites.
            ("xy", "xy", "x"),
            ("sam|samwise", "samwise", "samw"),
            // Repetitions.
            ("x*", "", "y"),
            ("x+", "xx", ""),
            ("x?", "", "xx"),
            ("x*?", "xx", "y"),
            ("x+?", "xx", ""),
            ("x??", "x", "xx"),
            ("x{1,2}", "xx", "xxx"),
            ("x{2,}", "xxx", "x"),
            ("x{2}", "xx", "x"),
            ("x{1,2}?", "xx", "xxx"),
            ("x{2,}?", "xxx", "x"),
            ("x{2}?", "xx", "x"),
            // Empty matches.
            ("^a$", "a", "aa"),
            (r"\Aa\z", "a", "aa"),
            (r"\bfoo\b", "foo", "foobar"),
            (r".*\bföö\b.*", "ein föö!", "ein föön"),
            (r"o\Bo", "oo", "o"),
            (r"\b{start}a .*\b{start}b", "a b", "a  "),
            (r"\<a\>", "a", "-"),
            (r".+\b{end}-", "ä-", "--"),
            (r"-\b{start-half}a", "-a", "a-"),
            (r"a\b{end-half}-", "a-", "-a"),
            // Grouping and flags.
            ("(a)(b)", "ab", "a"),
            ("(?P<n>a)(?<ä.1>b)", "ab", "a"),
            ("(?:a)b", "ab", "a"),
            ("(?i)a+(?-i)b+", "AaAbb", "aB"),
            ("(?i:straße)", "STRAẞE", "STRASSE"),
            ("(?i)k", "\u{212a}", "c"),
            ("(?m)a$\n^b", "a\nb", "ab"),
            ("(?s:.)a", "\na", "a"),
            ("(?mR)a$\r\n^b", "a\r\nb", "a\n\rb"),
            ("(?U)x*", "xx", "y"),
            (r"(?-u:\w)", "a", "ä"),
            (r"(?u)\w", "ä", "-"),
            ("(?x) a  b # c", "ab", "a b"),
            (r"(?x) a\ \x20 [ b ]", "a  b", "ab"),
            (r"(?i-s)A.", "ab", "a\n"),
            (r"(?-u:\b).+(?-u:\b)", "abc", "$$"),
            // Escape sequences.
            (r"\*\.\+\?\(\)\|\[\]\{\}\^\$\\", "*.+?()|[]{}^$\\", "*"),
            (
                r#"\#\&\-\~\/\!\"\%\,\:\;\=\@\_\`\'"#,
                "#&-~/!\"%,:;=@_`'",
                "#",
            ),
            (r"\a\f\t\n\r\v", "\x07\x0c\t\n\r\x0b", "afnrtv"),
            (r"\x7F\x{10FFFF}", "\x7f\u{10ffff}", "\x7f"),
            (r"\u007F\u{7F}", "\x7f\x7f", "\x7f"),
            (r"\U0000007F\U{7F}", "\x7f\x7f", "\x7f"),
            (r"\p{Letter}", "ß", "1"),
            (r"\P{Letter}", "1", "ß"),
            (r"\d\s\w", "1\u{2003}ä", "111"),
            (r"\D\S\W", "aa-", "1a-"),
            // ASCII character classes.
            ("[[:alnum:]]", "a", "-"),
            ("[[:ascii:]]", "a", "ä"),
            ("[[:blank:]]", "\t", "\n"),
            ("[[:cntrl:]]", "\x7f", "a"),
            ("[[:digit:]]", "1", "٣"),
            ("[[:graph:]]", "!", " "),
            ("[[:lower:]]", "a", "A"),
            ("[[:print:]]", " ", "\t"),
            ("[[:punct:]]", "~", "a"),
            ("[[:space:]]", "\x0b", "a"),
            ("[[:upper:]]", "A", "a"),
            ("[[:word:]]", "_", "-"),
            ("[[:xdigit:]]", "F", "G"),
            // Each table of Unicode (the crate's features `unicode-*`).
            (r"\p{Age=6.0}", "a", "\u{20ba}"),
            (r"\p{Emoji}", "🦀", "a"),
            (r"\p{Alphabetic}\p{XID_Continue}", "ä1", "1ä"),
            (r"\p{gc=Lu}\p{General_Category=Ll}", "Ää", "ää"),
            (r"\p{sc=Greek}\p{scx:Cyrillic}", "λж", "lж"),
            (r"\p{Script!=Greek}", "l", "λ"),
            (r"\p{GCB=Extend}", "\u{301}", "a"),
            (r"\p{WB=Numeric}", "1", "a"),
            (r"\p{SB=Lower}", "a", "A"),
            (r"\p{Any}\p{Assigned}\p{ASCII}", "äßa", "äßß"),
        ] {
            let parsed = Pattern::parse(pattern).unwrap();
            assert!(parsed.matches(yes.as_bytes()), "{pattern} {yes:?}");
            assert!(!parsed.matches(no.as_bytes()), "{pattern} {no:?}");
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
            (
                "((a{1000}){1000}){1000}",
                "it is too large: it would take more than 10 MiB of memory",
            ),
            (
                r"(\pL{100}){100}",
                "it is too large: it would take more than 10 MiB of memory",
            ),
            (r"\p{Nope}", "Unicode property not found"),
            (r"\8", "backreferences are not supported"),
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
