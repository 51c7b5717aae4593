//! A new value: generated, or as bytes that someone else wrote.

use clap::{Args, ValueEnum};

use crate::exit;
use crate::launch::error::{Error, Failure};
use crate::options::UsageError;
use crate::parameter::Tier;
use crate::secret::Secret;

/// The default number of characters: 190 bits of the default alphabet.
const LENGTH: &str = "32";

/// Options for a random value.
#[derive(Debug, Args)]
pub struct Generation {
    /// Generate a value of this many random characters [default: 32]
    ///
    /// Uses the random numbers of the operating system; every character is equally likely. 32
    /// alphanumeric characters are 190 bits.
    #[arg(long, value_name = "LENGTH", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = LENGTH)]
    #[arg(help_heading = "The value")]
    generate: Option<usize>,

    /// The characters for `--generate` [default: alphanumeric]
    ///
    /// `alphanumeric` is A-Z, a-z and 0-9, `readable` the same without 0, O, 1, l and I, and
    /// `printable` all visible ASCII, with quotes and backslashes.
    #[arg(long, value_enum, value_name = "ALPHABET", requires = "generate")]
    #[arg(help_heading = "The value")]
    alphabet: Option<Alphabet>,

    /// A list of characters, instead of an alphabet
    #[arg(long, value_name = "CHARACTERS", requires = "generate")]
    #[arg(conflicts_with = "alphabet", help_heading = "The value")]
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

impl Generation {
    /// Whether a value is to be generated.
    pub fn is_wanted(&self) -> bool {
        self.generate.is_some()
    }

    /// A random value, if one is wanted.
    ///
    /// # Errors
    ///
    /// If options are invalid, or the system has no random numbers.
    pub fn generated(&self) -> Result<Option<String>, Error> {
        self.generate.map(|length| self.random(length)).transpose()
    }

    fn random(&self, length: usize) -> Result<String, Error> {
        let alphabet = match (&self.characters, self.alphabet) {
            (Some(characters), _) => characters.chars().collect(),
            (None, alphabet) => alphabet.unwrap_or(Alphabet::Alphanumeric).characters(),
        };
        let mut distinct = alphabet.clone();
        distinct.sort_unstable();
        distinct.dedup();
        if distinct.len() != alphabet.len() || alphabet.len() < 2 {
            return Err(Error::Usage(UsageError::new(
                "`--characters` must have at least two characters, each of them once",
                "a character given twice would be drawn twice as often",
            )));
        }
        let most = Tier::Advanced.most();
        if !(1..=most).contains(&length) {
            return Err(Error::Usage(UsageError::new(
                format!("`--generate={length}` is not a valid length of a value"),
                format!("Parameter Store stores 1 to {most} bytes"),
            )));
        }
        random(&alphabet, length).map_err(|error| {
            let failure = Failure::new(exit::SOFTWARE, "cannot get random numbers from the system");
            failure.because(error).into()
        })
    }
}

/// A word of random characters, all equally likely.
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

/// One of `count`, all equally likely if all numbers are: the last numbers, which are not a whole
/// round, are dropped.
fn pick(number: u32, count: usize) -> Option<usize> {
    let count = u32::try_from(count).ok()?;
    let rounds = u32::MAX / count * count;
    (number < rounds).then_some((number % count) as usize)
}

/// A value of one line without its newline, which `echo` and editors add; a text of several lines
/// unchanged, since some programs refuse a key or certificate without its last newline.
pub fn without_newline(bytes: Vec<u8>) -> Vec<u8> {
    let Some(line) = bytes.strip_suffix(b"\n") else {
        return bytes;
    };
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    match line.contains(&b'\n') {
        true => bytes,
        false => line.to_vec(),
    }
}

/// The value that these bytes are. `instead` is what to try if there are none.
///
/// # Errors
///
/// If Parameter Store could not store them. No error shows any part of them.
pub fn checked(bytes: Vec<u8>, instead: &str) -> Result<Secret, Failure> {
    let unfit = |what: String, hint: &str| Err(Failure::new(exit::DATAERR, what).hint(hint));
    if bytes.is_empty() {
        return unfit(
            "the value is empty, and Parameter Store does not store empty values".to_owned(),
            instead,
        );
    }
    let most = Tier::Advanced.most();
    if bytes.len() > most {
        return unfit(
            format!("the value has more than {most} bytes, the most that Parameter Store stores"),
            "split it into several parameters, or store it elsewhere",
        );
    }
    if bytes.contains(&0) {
        return unfit(
            "the value contains a NUL byte, which an environment variable cannot".to_owned(),
            "convert UTF-16 text, as Windows writes it, to UTF-8; encode binary data with `base64`",
        );
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Secret::new(text)),
        Err(_) => unfit(
            "the value is not UTF-8, and Parameter Store stores only text".to_owned(),
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
