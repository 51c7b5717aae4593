//! Where the value of a parameter comes from. Never an argument: every user of a machine can read
//! those, and shells remember them.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::exit;
use crate::launch::error::{Error, Failure};
use crate::options::UsageError;
use crate::output;
use crate::parameter::Tier;
use crate::secret::Secret;
use crate::system::terminal::Terminal;

/// How many characters are made unless told otherwise: 190 bits of the usual alphabet.
const LENGTH: &str = "32";

#[derive(Debug, Args)]
pub struct Origin {
    /// Read this file, every byte of it; `-` is standard input, every byte of it
    #[arg(
        long,
        value_name = "FILE",
        value_hint = clap::ValueHint::FilePath,
        help_heading = "The value"
    )]
    from_file: Option<PathBuf>,

    /// Make one of this many random characters [default: 32]
    ///
    /// Of the operating system's randomness, each character as likely as any other. 32 alphanumeric
    /// ones are 190 bits.
    #[arg(
        long,
        value_name = "LENGTH",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = LENGTH,
        conflicts_with = "from_file",
        help_heading = "The value"
    )]
    generate: Option<usize>,

    /// Which characters `--generate` draws from [default: alphanumeric]
    ///
    /// Alphanumeric ones are A-Z, a-z and 0-9, readable ones the same without 0, O, 1, l and I, and
    /// printable ones all of ASCII that is seen, quotes and backslashes too.
    #[arg(
        long,
        value_enum,
        value_name = "ALPHABET",
        requires = "generate",
        help_heading = "The value"
    )]
    alphabet: Option<Alphabet>,

    /// The characters themselves, for a rule that no alphabet fits
    #[arg(
        long,
        value_name = "CHARACTERS",
        requires = "generate",
        conflicts_with = "alphabet",
        help_heading = "The value"
    )]
    characters: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Alphabet {
    Alphanumeric,
    Readable,
    Hex,
    Digits,
    Printable,
}

impl Alphabet {
    fn characters(self) -> Vec<char> {
        let of = |is: fn(&char) -> bool| ('!'..='~').filter(is).collect();
        match self {
            Self::Alphanumeric => of(char::is_ascii_alphanumeric),
            Self::Readable => of(|it| it.is_ascii_alphanumeric() && !"0O1lI".contains(*it)),
            Self::Hex => of(|it| it.is_ascii_digit() || ('a'..='f').contains(it)),
            Self::Digits => of(char::is_ascii_digit),
            Self::Printable => of(|_| true),
        }
    }
}

impl Origin {
    /// Whether each call gives another value.
    pub fn is_random(&self) -> bool {
        self.generate.is_some()
    }

    /// The value, checked for all that can be known before Parameter Store is asked.
    ///
    /// # Errors
    ///
    /// If options make no sense, nothing can be read, or what was read can be no value. None of them
    /// shows any of it.
    pub fn value(&self, name: &str) -> Result<Secret, Error> {
        let bytes = match (&self.from_file, self.generate) {
            (_, Some(length)) => self.generated(length)?.into_bytes(),
            (Some(path), _) if path == Path::new("-") => all(io::stdin(), "standard input")?,
            (Some(path), _) => from_file(path)?,
            (None, None) if Terminal::is_interactive() => typed(name)?,
            (None, None) => without_newline(all(io::stdin(), "standard input")?),
        };
        Ok(checked(bytes)?)
    }

    fn generated(&self, length: usize) -> Result<String, Error> {
        let alphabet = match (&self.characters, self.alphabet) {
            (Some(characters), _) => characters.chars().collect(),
            (None, alphabet) => alphabet.unwrap_or(Alphabet::Alphanumeric).characters(),
        };
        let mut distinct = alphabet.clone();
        distinct.sort_unstable();
        distinct.dedup();
        if distinct.len() != alphabet.len() || alphabet.len() < 2 {
            return Err(Error::Usage(UsageError::new(
                "`--characters` must name at least two characters, each of them once",
                "what stands there twice would be drawn twice as often",
            )));
        }
        let most = Tier::Advanced.most();
        if !(1..=most).contains(&length) {
            return Err(Error::Usage(UsageError::new(
                format!("`--generate={length}` is no length of a value"),
                format!("Parameter Store keeps 1 to {most} bytes"),
            )));
        }
        random(&alphabet, length).map_err(|error| {
            let failure = Failure::new(exit::SOFTWARE, "the system gives no random numbers");
            failure.because(error).into()
        })
    }
}

/// A word of random characters, each as likely as any other.
fn random(alphabet: &[char], length: usize) -> Result<String, getrandom::Error> {
    let mut word = String::new();
    let mut drawn = 0;
    while drawn < length {
        let mut bytes = [0; 4];
        getrandom::getrandom(&mut bytes)?;
        if let Some(index) = pick(u32::from_ne_bytes(bytes), alphabet.len()) {
            word.push(alphabet[index]);
            drawn += 1;
        }
    }
    Ok(word)
}

/// One of `count`, each as likely as any other if the number is: the last numbers, which do not
/// make a whole round, are thrown away.
fn pick(number: u32, count: usize) -> Option<usize> {
    let count = u32::try_from(count).ok()?;
    let rounds = u32::MAX / count * count;
    (number < rounds).then_some((number % count) as usize)
}

fn from_file(path: &Path) -> Result<Vec<u8>, Failure> {
    let shown = format!("`{}`", path.display());
    let file = File::open(path).map_err(|error| unreadable(&shown, error))?;
    let bytes = all(file, &shown)?;
    let lines = bytes.split(|&byte| byte == b'\n');
    if bytes.ends_with(b"\n") && lines.count() == 2 {
        output::note(format_args!(
            "{shown} ends with a newline, which becomes part of the value"
        ));
    }
    Ok(bytes)
}

/// As much as can be a value, and a little more, so that what is too large is known as that.
fn all(source: impl Read, what: &str) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let most = Tier::Advanced.most() as u64 + "\r\n".len() as u64 + 1;
    match source.take(most).read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        Err(error) => Err(unreadable(what, error)),
    }
}

fn unreadable(what: &str, error: io::Error) -> Failure {
    Failure::new(exit::NOINPUT, format!("cannot read {what}")).because(error)
}

/// A value of one line without its newline, which `echo` and editors add; a text of several lines as
/// it is, for a key or a certificate without its last newline is one that some programs refuse.
fn without_newline(bytes: Vec<u8>) -> Vec<u8> {
    let Some(line) = bytes.strip_suffix(b"\n") else {
        return bytes;
    };
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    match line.contains(&b'\n') {
        true => bytes,
        false => line.to_vec(),
    }
}

fn typed(name: &str) -> Result<Vec<u8>, Failure> {
    let cannot = |error: io::Error| {
        let failure = match error.kind() {
            io::ErrorKind::UnexpectedEof => Failure::new(exit::DATAERR, "no value was typed"),
            io::ErrorKind::FileTooLarge => Failure::new(
                exit::DATAERR,
                "a terminal takes no line of more than 4095 bytes",
            ),
            _ => Failure::new(exit::NOINPUT, "cannot ask at the terminal").because(error),
        };
        failure.hint("pipe it in, or name a file with `--from-file`")
    };
    let mut terminal = Terminal::open().map_err(cannot)?;
    let value = terminal.ask_hidden(&format!("value of {name} (it is not shown): "));
    let value = value.map_err(cannot)?;
    let again = terminal.ask_hidden("the same again: ").map_err(cannot)?;
    match value == again {
        true => Ok(value),
        false => Err(
            Failure::new(exit::DATAERR, "the two values that were typed differ")
                .hint("nothing was written: try again"),
        ),
    }
}

fn checked(bytes: Vec<u8>) -> Result<Secret, Failure> {
    let unfit = |what: String, hint: &str| Err(Failure::new(exit::DATAERR, what).hint(hint));
    if bytes.is_empty() {
        return unfit(
            "the value is empty, and Parameter Store keeps no empty values".to_owned(),
            "pipe it in, name a file with `--from-file`, type it at a terminal, or let \
             `--generate` make one",
        );
    }
    let most = Tier::Advanced.most();
    if bytes.len() > most {
        return unfit(
            format!(
                "the value has more than {most} bytes, which is all that Parameter Store keeps"
            ),
            "keep it in several parameters, or elsewhere",
        );
    }
    if bytes.contains(&0) {
        return unfit(
            "the value holds a NUL byte, which no environment variable can".to_owned(),
            "if it is text in UTF-16, as Windows writes it, make it UTF-8; if it is no text, encode \
             it with `base64`",
        );
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Secret::new(text)),
        Err(_) => unfit(
            "the value is not UTF-8, and Parameter Store keeps only text".to_owned(),
            "encode it, for example with `base64`",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_loses_its_newline_and_several_lines_keep_it() {
        for (given, value) in [
            ("hunter2\n", "hunter2"),
            ("hunter2\r\n", "hunter2"),
            ("hunter2", "hunter2"),
            ("\n", ""),
            ("hunter2\n\n", "hunter2\n\n"),
            ("a\nb\n", "a\nb\n"),
            ("a\nb", "a\nb"),
            (" a ", " a "),
        ] {
            assert_eq!(without_newline(given.into()), value.as_bytes(), "{given:?}");
        }
    }

    #[test]
    fn each_character_is_drawn_from_as_many_numbers_as_any_other() {
        for count in [2, 3, 10, 16, 62, 94, 1000] {
            let rounds = (u32::MAX as usize / count * count) as u32;
            assert_eq!(pick(0, count), Some(0));
            assert_eq!(pick(count as u32, count), Some(0));
            assert_eq!(pick(rounds - 1, count), Some(count - 1));
            assert_eq!(pick(rounds, count), None);
            assert_eq!(pick(u32::MAX, count), None);
        }
    }

    #[test]
    fn what_is_made_has_its_length_and_all_of_its_alphabet_and_nothing_else() {
        for (alphabet, size) in [
            (Alphabet::Alphanumeric, 62),
            (Alphabet::Readable, 57),
            (Alphabet::Hex, 16),
            (Alphabet::Digits, 10),
            (Alphabet::Printable, 94),
        ] {
            let alphabet = alphabet.characters();
            assert_eq!(alphabet.len(), size);
            // That one of 94 does not occur among 8192 happens once in 10^36 times.
            let word = random(&alphabet, 8192).unwrap();
            assert_eq!(word.chars().count(), 8192);
            assert!(word.chars().all(|it| alphabet.contains(&it)));
            assert!(alphabet.iter().all(|it| word.contains(*it)));
        }
    }
}
