//! Placeholders for values in the program's arguments: `{{NAME}}`.
#![forbid(unsafe_code)]

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use crate::options::UsageError;
use crate::output;

/// An argument with placeholders for values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    pieces: Vec<Piece>,
    place: Place,
}

/// What the arguments before it make of an argument, as far as that can be known of any program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// It is an option if it begins with `-` (POSIX, "Utility Syntax Guidelines").
    Free,
    /// It follows an option, of which it is the value, or `--`, which ends the options.
    Value,
    /// It is the script of an interpreter.
    Script,
}

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
        "argument {number} of the program would be an option: the value of `{{{{{name}}}}}` makes it \
         begin with `-`"
    )]
    Option { number: usize, name: String },
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
    pub fn hint(&self) -> String {
        let hint = match self {
            Self::Option { name, .. } => {
                return format!(
                    "attach it to an option, as in `--x={{{{{name}}}}}`, or put it right after an \
                     option that takes a value or after `--`; otherwise find out who wrote that \
                     value"
                );
            }
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
        };
        hint.to_owned()
    }
}

impl Template {
    /// Parses all arguments of the program after its own name.
    ///
    /// # Errors
    ///
    /// If a placeholder is not closed.
    pub fn parse_all(program: &[OsString]) -> Result<Vec<Self>, UsageError> {
        let words: Vec<&[u8]> = program.iter().map(|it| it.as_bytes()).collect();
        let arguments = (1..).zip(words.iter().skip(1)).zip(places(&words));
        arguments
            .map(|((number, argument), place)| {
                let template = Self::parse(argument, number)?;
                Ok(Self { place, ..template })
            })
            .collect::<Result<_, Problem>>()
            .map_err(|problem| UsageError::new(problem.to_string(), problem.hint()))
    }

    /// Warns, once, if a value becomes a part of a script.
    pub fn warn(templates: &[Self]) {
        let is_code = |it: &Self| it.place == Place::Script && it.first_name().is_some();
        let mut numbered = (1..).zip(templates);
        if let Some((number, _)) = numbered.find(|(_, template)| is_code(template)) {
            output::note(format_args!(
                "argument {number} of the program is a script, and a value that `--expand` puts in \
                 it runs as code: let the script read the variable, as in `sh -c 'echo \"$NAME\"'`"
            ));
        }
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
        Ok(Self {
            pieces,
            place: Place::Free,
        })
    }

    fn first_name(&self) -> Option<&[u8]> {
        self.pieces.iter().find_map(|piece| match piece {
            Piece::Name(name) => Some(name.as_slice()),
            Piece::Text(_) => None,
        })
    }

    /// The name whose value makes it begin as it does; `None` if that is text.
    fn beginning<'v>(&self, value: impl Fn(&[u8]) -> Option<&'v [u8]>) -> Option<&[u8]> {
        let mut first = None;
        for piece in &self.pieces {
            match piece {
                Piece::Name(name) if value(name).is_some_and(|it| !it.is_empty()) => {
                    return Some(name);
                }
                // Its value is empty, so that what follows begins the argument.
                Piece::Name(name) => first = first.or(Some(name.as_slice())),
                Piece::Text(text) if text.is_empty() => {}
                Piece::Text(_) => break,
            }
        }
        first
    }

    /// The argument with the values that `value` gives for its names.
    pub fn expand<'v>(
        &self,
        number: usize,
        value: impl Fn(&[u8]) -> Option<&'v [u8]>,
    ) -> Result<Vec<u8>, Vec<Problem>> {
        let mut expanded = Vec::new();
        let mut problems = Vec::new();
        for piece in &self.pieces {
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
        if problems.is_empty()
            && self.place == Place::Free
            && expanded.starts_with(b"-")
            && let Some(name) = self.beginning(value)
        {
            problems.push(Problem::Option {
                number,
                name: String::from_utf8_lossy(name).into_owned(),
            });
        }
        if problems.is_empty() {
            Ok(expanded)
        } else {
            Err(problems)
        }
    }
}

/// The places of the arguments after the name of the program.
fn places<'w>(words: &'w [&'w [u8]]) -> impl Iterator<Item = Place> + 'w {
    let mut scripts = Scripts::default();
    let mut previous: Option<&[u8]> = None;
    let mut options_ended = false;
    words.iter().enumerate().filter_map(move |(index, &word)| {
        let is_script = scripts.next(word);
        let place = match previous {
            _ if is_script => Place::Script,
            _ if options_ended => Place::Value,
            Some(option) if takes_value(option) => Place::Value,
            _ => Place::Free,
        };
        if index == 0 {
            return None;
        }
        // After another word `--` says nothing: `sudo -- ssh {{HOST}}` ends the options of sudo.
        options_ended = word == b"--" || (options_ended && begins_with_name(word));
        previous = Some(word);
        Some(place)
    })
}

fn begins_with_name(word: &[u8]) -> bool {
    word.starts_with(b"{{") && !word.starts_with(b"{{{")
}

/// Whether a word may be an option whose value is the next word. `--x=y` and `-x{{NAME}}` have theirs.
fn takes_value(word: &[u8]) -> bool {
    let has_value = word.contains(&b'=') || word.windows(2).any(|pair| pair == b"{{");
    word.len() > 1 && word.starts_with(b"-") && word != b"--" && !has_value
}

/// Interpreters, and the letters of those options whose value is a script: sh(1), python(1), perlrun(1),
/// ruby(1), node(1), php(1), lua(1), su(1).
const INTERPRETERS: &[(&str, &[u8])] = &[
    ("ash", b"c"),
    ("bash", b"c"),
    ("csh", b"c"),
    ("dash", b"c"),
    ("fish", b"c"),
    ("ksh", b"c"),
    ("lua", b"e"),
    ("mksh", b"c"),
    ("node", b"ep"),
    ("nodejs", b"ep"),
    ("perl", b"eE"),
    ("php", b"rBRE"),
    ("rbash", b"c"),
    ("ruby", b"e"),
    ("runuser", b"c"),
    ("sh", b"c"),
    ("su", b"c"),
    ("tcsh", b"c"),
    ("yash", b"c"),
    ("zsh", b"c"),
];

/// Such options with long names, of fish(1), su(1) and node(1).
const LONG: &[&str] = &["command", "eval", "print"];

/// Finds scripts among words: `sh -ec SCRIPT`, `env X=1 bash -c SCRIPT`, `busybox sh -c SCRIPT`.
#[derive(Debug, Default)]
struct Scripts {
    /// The options of the interpreter that was named last.
    letters: Option<&'static [u8]>,
    /// Whether one of them was given.
    is_next: bool,
}

impl Scripts {
    /// Whether this word, the next one, is a script.
    fn next(&mut self, word: &[u8]) -> bool {
        let is_option = word.len() > 1 && word.starts_with(b"-");
        if let (true, Some(letters), Some(last)) = (is_option, self.letters, word.last()) {
            self.is_next |= match word.strip_prefix(b"--") {
                Some(long) => LONG.iter().any(|known| known.as_bytes() == long),
                None => letters.contains(last),
            };
            return false;
        }
        if self.is_next {
            *self = Self::default();
            return true;
        }
        let name = word.rsplit(|byte| *byte == b'/').next().unwrap_or(word);
        if name.starts_with(b"python") {
            self.letters = Some(b"c");
        } else if let Some((_, letters)) = INTERPRETERS
            .iter()
            .find(|(known, _)| known.as_bytes() == name)
        {
            self.letters = Some(letters);
        }
        false
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
                Problem::Option {
                    number: 1,
                    name: "A".to_owned(),
                },
                "attach it to an option, as in `--x={{A}}`, or put it right after an option that takes \
                 a value or after `--`; otherwise find out who wrote that value",
            ),
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

    /// Which of the arguments cannot be expanded, where OPTION is `-x` and EMPTY is empty.
    fn options(program: &[&str]) -> Vec<String> {
        let words: Vec<OsString> = program.iter().map(OsString::from).collect();
        let value = |name: &[u8]| match name {
            b"OPTION" => Some(b"-x".as_slice()),
            b"DASH" => Some(b"-".as_slice()),
            b"EMPTY" => Some(b"".as_slice()),
            _ => Some(b"value".as_slice()),
        };
        let templates = Template::parse_all(&words).unwrap();
        let numbered = (1..).zip(&templates);
        let refused = numbered.filter_map(|(number, it)| it.expand(number, value).err());
        refused.flatten().map(|it| it.to_string()).collect()
    }

    #[test]
    fn a_value_does_not_become_an_option() {
        let refused = |number: usize, name: &str| {
            vec![format!(
                "argument {number} of the program would be an option: the value of `{{{{{name}}}}}` \
                 makes it begin with `-`"
            )]
        };
        for (program, number, name) in [
            (["ssh", "{{OPTION}}", "x"].as_slice(), 1, "OPTION"),
            (&["cat", "{{DASH}}"], 1, "DASH"),
            (&["ssh", "{{OPTION}}@host"], 1, "OPTION"),
            (&["ssh", "{{EMPTY}}{{OPTION}}"], 1, "OPTION"),
            (&["ssh", "{{EMPTY}}-oX"], 1, "EMPTY"),
            (&["ssh", "host", "{{OPTION}}"], 2, "OPTION"),
            // These have their values.
            (&["ssh", "-oX=y", "{{OPTION}}"], 2, "OPTION"),
            (&["ssh", "-p{{PORT}}", "{{OPTION}}"], 2, "OPTION"),
            (&["curl", "--x={{URL}}", "{{OPTION}}"], 2, "OPTION"),
            // A single `-` is no option.
            (&["cat", "-", "{{OPTION}}"], 2, "OPTION"),
            // It ended the options of another program.
            (&["sudo", "--", "ssh", "{{OPTION}}"], 3, "OPTION"),
            (&["ssh", "{{X}}", "{{OPTION}}"], 2, "OPTION"),
            // The name of the program is not an option.
            (&["-p", "{{OPTION}}"], 1, "OPTION"),
        ] {
            assert_eq!(options(program), refused(number, name), "{program:?}");
        }
        for program in [
            ["ssh", "--x={{OPTION}}"].as_slice(),
            &["ssh", "-o{{OPTION}}"],
            &["ssh", "-o", "{{OPTION}}"],
            &["psql", "--x", "{{OPTION}}"],
            &["ssh", "--", "{{OPTION}}", "x"],
            &["ssh", "--", "{{X}}", "{{OPTION}}"],
            &["ssh", "./{{OPTION}}"],
            &["ssh", "{{X}}{{OPTION}}"],
            &["ssh", "{{EMPTY}}"],
            &["ssh", "-{{OPTION}}"],
            &["ssh", "{{{OPTION}}}"],
        ] {
            assert_eq!(options(program), [""; 0], "{program:?}");
        }
    }

    #[test]
    fn scripts_are_found_behind_the_options_of_interpreters() {
        let scripts = |program: &[&str]| {
            let words: Vec<&[u8]> = program.iter().map(|it| it.as_bytes()).collect();
            let scripts = (1..).zip(places(&words)).filter(|it| it.1 == Place::Script);
            scripts.map(|it| it.0).collect::<Vec<usize>>()
        };
        for (program, script) in [
            (["sh", "-c", "script", "sh", "value"].as_slice(), 2),
            (&["/bin/bash", "-euc", "script"], 2),
            (&["bash", "-c", "-e", "script"], 3),
            (&["env", "X=1", "dash", "-c", "script"], 4),
            (&["busybox", "sh", "-c", "script"], 3),
            (&["sudo", "-u", "x", "--", "zsh", "-lc", "script"], 6),
            (&["su", "-", "user", "-c", "script"], 4),
            (&["python3.11", "-c", "script", "-c"], 2),
            (&["perl", "-ne", "script"], 2),
            (&["node", "-p", "script"], 2),
            (&["su", "user", "-c", "script"], 3),
        ] {
            assert_eq!(scripts(program), [script], "{program:?}");
        }
        for program in [
            ["sh", "script", "value"].as_slice(),
            &["curl", "-c", "file"],
            &["sh", "-x", "script"],
            &["python", "-m", "module"],
            &["gcc", "-c", "file"],
        ] {
            assert_eq!(scripts(program), [0; 0], "{program:?}");
        }
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
