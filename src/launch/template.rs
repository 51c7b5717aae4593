//! Placeholders for values in the program's arguments: `{{NAME}}`.
#![forbid(unsafe_code)]

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use crate::options::UsageError;

/// An argument with placeholders for values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(Vec<u8>),
    Name(Vec<u8>),
}

/// Why an argument cannot be expanded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error("argument {number} of the program contains `{{{{` without `}}}}`")]
    Unclosed { number: usize },
    #[error(
        "argument {number} of the program contains `{{{{{name}}}}}`, but there is no such variable"
    )]
    Unknown { number: usize, name: String },
    #[error(
        "argument {number} of the program would be too large: {size} bytes, and the limit of the \
         kernel is {limit}"
    )]
    TooLarge {
        number: usize,
        size: usize,
        limit: usize,
    },
}

impl Problem {
    /// What to try.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Unclosed { .. } => {
                "with `--expand`, `{{NAME}}` is the value of NAME; `{{{{` writes `{{`"
            }
            Self::Unknown { .. } => {
                "`envsecrets check` with the same options lists what exists; `{{{{` writes `{{`"
            }
            Self::TooLarge { .. } => {
                "the limit is 32 pages for one argument, and cannot be raised: let the program read \
                 its environment"
            }
        }
    }
}

impl Template {
    /// Parses all arguments of the program after its own name.
    ///
    /// # Errors
    ///
    /// If a placeholder is not closed.
    pub fn parse_all(program: &[OsString]) -> Result<Vec<Self>, UsageError> {
        let arguments = (1..).zip(program.iter().skip(1));
        arguments
            .map(|(number, argument)| Self::parse(argument.as_bytes(), number))
            .collect::<Result<_, Problem>>()
            .map_err(|problem| UsageError::new(problem.to_string(), problem.hint()))
    }

    /// Parses an argument of the program; `number` is for messages.
    ///
    /// Names contain no braces, so that `{{{NAME}}}` is a value in braces.
    pub fn parse(argument: &[u8], number: usize) -> Result<Self, Problem> {
        let mut pieces = Vec::new();
        let mut text = Vec::new();
        let mut rest = argument;
        while let Some((&byte, after)) = rest.split_first() {
            if rest.starts_with(b"{{{{") {
                text.extend_from_slice(b"{{");
                rest = &rest[4..];
            } else if rest.starts_with(b"{{") && !rest.starts_with(b"{{{") {
                let inner = &rest[2..];
                let end = inner.windows(2).position(|pair| pair == b"}}");
                let end = end.ok_or(Problem::Unclosed { number })?;
                pieces.push(Piece::Text(std::mem::take(&mut text)));
                pieces.push(Piece::Name(inner[..end].to_vec()));
                rest = &inner[end + 2..];
            } else {
                text.push(byte);
                rest = after;
            }
        }
        pieces.push(Piece::Text(text));
        Ok(Self(pieces))
    }

    /// The argument with the values that `value` gives for its names.
    pub fn expand<'v>(
        &self,
        number: usize,
        value: impl Fn(&[u8]) -> Option<&'v [u8]>,
    ) -> Result<Vec<u8>, Vec<Problem>> {
        let mut expanded = Vec::new();
        let mut problems = Vec::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => expanded.extend_from_slice(text),
                Piece::Name(name) => match value(name) {
                    Some(value) => expanded.extend_from_slice(value),
                    None => problems.push(Problem::Unknown {
                        number,
                        name: String::from_utf8_lossy(name).into_owned(),
                    }),
                },
            }
        }
        if problems.is_empty() {
            Ok(expanded)
        } else {
            Err(problems)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn expanded(argument: &str) -> Result<String, Vec<String>> {
        let texts = |problems: Vec<Problem>| -> Vec<String> {
            problems.iter().map(Problem::to_string).collect()
        };
        let template = Template::parse(argument.as_bytes(), 1).map_err(|it| texts(vec![it]))?;
        let value = |name: &[u8]| match name {
            b"A" => Some(b"a".as_slice()),
            b"B" => Some(b"{{A}} }}".as_slice()),
            b"EMPTY" => Some(b"".as_slice()),
            b"a.b" => Some(b"dotted".as_slice()),
            _ => None,
        };
        let bytes = template.expand(1, value).map_err(texts)?;
        Ok(String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn every_problem_says_what_to_try() {
        let unknown = Problem::Unknown {
            number: 1,
            name: String::new(),
        };
        let large = Problem::TooLarge {
            number: 1,
            size: 2,
            limit: 1,
        };
        for (problem, hint) in [
            (
                Problem::Unclosed { number: 1 },
                "with `--expand`, `{{NAME}}` is the value of NAME; `{{{{` writes `{{`",
            ),
            (
                unknown,
                "`envsecrets check` with the same options lists what exists; `{{{{` writes `{{`",
            ),
            (
                large,
                "the limit is 32 pages for one argument, and cannot be raised: let the program read \
                 its environment",
            ),
        ] {
            assert_eq!(problem.hint(), hint);
        }
    }

    #[test]
    fn names_become_values_which_are_not_looked_at_again() {
        for (argument, result) in [
            ("{{A}}", "a"),
            ("-Dsome.property={{A}}", "-Dsome.property=a"),
            ("{{A}}{{A}}:{{EMPTY}}", "aa:"),
            ("{{B}}", "{{A}} }}"),
            ("{{a.b}}", "dotted"),
            ("{{{A}}}", "{a}"),
            ("{\"k\":{{{A}}}", "{\"k\":{a}"),
            ("{{{{", "{{"),
            ("{{{{A}}", "{{A}}"),
            ("{{{{{{A}}", "{{a"),
            ("{{{{A}} {{A}}", "{{A}} a"),
        ] {
            assert_eq!(expanded(argument), Ok(result.to_owned()), "{argument}");
        }
    }

    #[test]
    fn every_argument_but_the_name_of_the_program_is_a_template() {
        let words = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        let templates = Template::parse_all(&words(&["{{A", "-x", "{{A}}"])).unwrap();
        let value = |_: &[u8]| Some(b"a".as_slice());
        let expanded = templates.iter().map(|it| it.expand(1, value).unwrap());
        assert_eq!(
            expanded.collect::<Vec<_>>(),
            [b"-x".to_vec(), b"a".to_vec()]
        );
        let error = Template::parse_all(&words(&["x", "{{A}}", "{{A"])).unwrap_err();
        assert_eq!(
            error.what,
            "argument 2 of the program contains `{{` without `}}`"
        );
    }

    #[test]
    fn single_braces_and_closing_ones_mean_nothing() {
        for argument in [
            "", "{", "}", "}}", "{A}", "${A}", "}}{A}{", "a}}b", "{ {A}}",
        ] {
            assert_eq!(expanded(argument), Ok(argument.to_owned()), "{argument}");
        }
    }

    #[test]
    fn all_unknown_names_are_reported_and_so_is_a_place_without_end() {
        let unknown = |name: &str| {
            format!(
                "argument 1 of the program contains `{{{{{name}}}}}`, but there is no such variable"
            )
        };
        for (argument, problems) in [
            ("{{X}}{{A}}{{Y}}", vec![unknown("X"), unknown("Y")]),
            ("{{}}", vec![unknown("")]),
            ("{{ A }}", vec![unknown(" A ")]),
            ("{{.Names}}", vec![unknown(".Names")]),
            (
                "{{A}} {{A",
                vec!["argument 1 of the program contains `{{` without `}}`".to_owned()],
            ),
            (
                "{{A}",
                vec!["argument 1 of the program contains `{{` without `}}`".to_owned()],
            ),
        ] {
            assert_eq!(expanded(argument), Err(problems), "{argument}");
        }
    }

    proptest! {
        #[test]
        fn no_argument_makes_it_panic(argument in proptest::collection::vec(any::<u8>(), 0..40), braces in "[{}A]{0,20}") {
            for argument in [argument.as_slice(), braces.as_bytes()] {
                if let Ok(template) = Template::parse(argument, 1) {
                    let _ = template.expand(1, |_| None);
                }
            }
        }

        #[test]
        fn text_without_two_opening_braces_stays_as_it_is(argument in "(\\{?[^{]){0,20}") {
            prop_assert_eq!(expanded(&argument), Ok(argument));
        }

        #[test]
        fn doubled_braces_write_any_text(argument in "[{}A]{0,20}") {
            // Each pair of braces, written as four.
            let written = argument.replace("{{", "{{{{");
            // What is left of an odd number of braces stands alone.
            prop_assume!(!argument.contains("{{{"));
            prop_assert_eq!(expanded(&written), Ok(argument));
        }
    }
}
