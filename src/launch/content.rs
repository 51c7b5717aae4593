//! What secrets contain: their text, one key of them, or all keys.
//!
//! Of most stores a key is one of a JSON object. An object of S3 is a file, in a format that its place
//! or its name gives; what it contains never decides that.
#![forbid(unsafe_code)]

use crate::launch::documents::{self, Problem};
use crate::launch::dotenv::{self, Assignment};
use crate::launch::formats::{self, properties, yaml};
use crate::options::{DocumentKind, DotenvDialect};
use crate::parameter::Parameter;
use crate::secret::Secret;
use crate::stores::objects::{Format, MOST_OF_A_DOCUMENT};
use crate::stores::{Source, Thing};

/// The text of a secret, or of one key of it.
pub fn text(
    source: &Source,
    read: &Parameter,
    key: Option<&str>,
    dialect: DotenvDialect,
) -> Result<Secret, Problem> {
    let whole = whole(read)?;
    let (Some(key), Thing::Objects(object)) = (key, &source.thing) else {
        return match key {
            None => Ok(whole),
            Some(key) => documents::pick(&whole, key),
        };
    };
    let keys = in_format(object.format(), &whole, dialect);
    let keys = keys.map_err(|mut problems| problems.swap_remove(0))?;
    let mut keys = keys.into_iter();
    let found = keys.find_map(|(known, value)| (known == key).then_some(value));
    found.ok_or_else(|| Problem::NoKey {
        key: key.to_owned(),
    })
}

/// All keys of a secret with their values, or all reasons why they cannot be used. Keys of nested
/// objects are joined with `/`.
pub fn keys(
    source: &Source,
    read: &Parameter,
    dialect: DotenvDialect,
) -> Result<Vec<(String, Secret)>, Vec<Problem>> {
    let whole = whole(read).map_err(|problem| vec![problem])?;
    match &source.thing {
        Thing::Objects(object) => in_format(object.format(), &whole, dialect),
        Thing::ParameterStore(_)
        | Thing::SecretsManager(_)
        | Thing::Credstash(_)
        | Thing::Vault(_)
        | Thing::Confidant(_)
        | Thing::Keywhiz(_)
        | Thing::Biscuit(_) => documents::flatten(&whole, DocumentKind::Json, dialect),
    }
}

fn whole(read: &Parameter) -> Result<Secret, Problem> {
    match read.bytes() {
        None => Ok(read.value.clone()),
        Some(bytes) if bytes.size() > MOST_OF_A_DOCUMENT => Err(Problem::TooLarge),
        Some(_) => Err(Problem::Binary),
    }
}

/// The keys of a file; there is always a problem if there are none.
fn in_format(
    format: Option<Format>,
    whole: &Secret,
    dialect: DotenvDialect,
) -> Result<Vec<(String, Secret)>, Vec<Problem>> {
    let format = format.ok_or_else(|| vec![Problem::NoFormat])?;
    let of_file = |problems: Vec<formats::Problem>| -> Vec<Problem> {
        let problems = problems.into_iter();
        problems
            .map(|formats::Problem { what, hint }| Problem::File { what, hint })
            .collect()
    };
    let text = whole.expose();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    formats::refuse_encrypted(Some(format), text).map_err(of_file)?;
    let pairs = match format {
        Format::Dotenv => dotenv(text, dialect)?,
        Format::Json => {
            documents::flatten(&Secret::new(text.to_owned()), DocumentKind::Json, dialect)?
        }
        Format::Yaml => yaml::read(text).map_err(of_file)?,
        Format::Properties => properties::read(text).map_err(|problem| of_file(vec![problem]))?,
    };
    if pairs.is_empty() {
        return Err(vec![Problem::Nothing]);
    }
    formats::distinct(pairs).map_err(of_file)
}

/// The lines of a .env file, none of which a shell has to evaluate: such files used to be evaluated by
/// one.
fn dotenv(text: &str, dialect: DotenvDialect) -> Result<Vec<(String, Secret)>, Vec<Problem>> {
    let found = dotenv::read(text, dialect);
    let found = found.map_err(|problems| {
        let problems = problems.into_iter();
        problems.map(Problem::Dotenv).collect::<Vec<_>>()
    })?;
    let for_a_shell = |it: &&Assignment| {
        dialect == DotenvDialect::Common && it.disputed && is_expanded(it.value.expose())
    };
    let problems: Vec<Problem> = found
        .iter()
        .filter(for_a_shell)
        .map(|it| Problem::Shell {
            line: it.line,
            key: it.name.clone(),
        })
        .collect();
    match problems.is_empty() {
        true => Ok(found.into_iter().map(|it| (it.name, it.value)).collect()),
        false => Err(problems),
    }
}

/// Whether a shell replaces a part of a text: of a variable, or by what a command prints.
fn is_expanded(text: &str) -> bool {
    let begins = |next: char| next.is_ascii_alphabetic() || "_({".contains(next);
    let mut pairs = text.chars().zip(text.chars().skip(1));
    text.contains('`') || pairs.any(|(one, next)| one == '$' && begins(next))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stores::place;
    use proptest::prelude::*;

    fn flat(place: &str, text: &str) -> Result<Vec<(String, String)>, Vec<String>> {
        let source = place::parse(place).unwrap().source;
        let read = Parameter {
            value: Secret::new(text.to_owned()),
            ..Parameter::default()
        };
        let found = keys(&source, &read, DotenvDialect::Common);
        let plain = |(key, value): (String, Secret)| (key, value.expose().to_owned());
        match found {
            Ok(found) => Ok(found.into_iter().map(plain).collect()),
            Err(problems) => Err(problems.iter().map(ToString::to_string).collect()),
        }
    }

    fn pairs(pairs: &[(&str, &str)]) -> Result<Vec<(String, String)>, Vec<String>> {
        let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        Ok(pairs.iter().map(owned).collect())
    }

    #[test]
    fn an_object_is_read_in_the_format_of_its_place_or_name() {
        let expected = pairs(&[("DB/USER", "app"), ("PORT", "12345678901234567890")]);
        for (place, text) in [
            (
                "s3://bkt/a.json",
                r#"{"DB": {"USER": "app"}, "PORT": 12345678901234567890}"#,
            ),
            (
                "s3://bkt/a.yaml",
                "DB:\n  USER: app\nPORT: 12345678901234567890\n",
            ),
            (
                "s3://bkt/a.yml",
                "\u{feff}DB: {USER: app}\nPORT: 12345678901234567890\n",
            ),
            (
                "s3://bkt/a.properties",
                "DB/USER=app\nPORT: 12345678901234567890\n",
            ),
            (
                "s3://bkt/a.env?format=properties",
                "DB/USER app\nPORT=12345678901234567890",
            ),
        ] {
            assert_eq!(flat(place, text), expected, "{place}");
        }
        assert_eq!(
            flat(
                "s3://bkt/a.env",
                "# a comment\nexport A=b\nB='$HOME `id`'\n"
            ),
            pairs(&[("A", "b"), ("B", "$HOME `id`")])
        );
    }

    #[test]
    fn what_cannot_be_read_is_refused_without_its_text() {
        for (place, text, expected) in [
            (
                "s3://bkt/a.env",
                "A=$(cat /x)\nB=hunter2",
                &["line 1, `A`, is for a shell to evaluate"][..],
            ),
            (
                "s3://bkt/a.env",
                "A=1\nB=\"hunter2 $HOME\"",
                &["line 2, `B`, is for a shell to evaluate"],
            ),
            (
                "s3://bkt/a.env",
                "A=\"x `id hunter2`\"",
                &["line 1, `A`, is for a shell to evaluate"],
            ),
            ("s3://bkt/a.env", "hunter2", &["line 1 is not NAME=VALUE"]),
            ("s3://bkt/a.env", "", &["it is empty"]),
            (
                "s3://bkt/a.env",
                "A=1\nA=2",
                &["the key `A` exists more than once"],
            ),
            (
                "s3://bkt/a.json",
                "A=hunter2",
                &["it is not valid JSON at line 1, column 1"],
            ),
            (
                "s3://bkt/a.json",
                "[\"hunter2\"]",
                &["it is not a JSON object"],
            ),
            (
                "s3://bkt/a.json",
                "{\"a\": null}",
                &["the key `a` contains null, which a variable cannot contain"],
            ),
            (
                "s3://bkt/a.json",
                "{\"a/b\": \"1\", \"a\": {\"b\": \"hunter2\"}}",
                &["the key `a/b` exists more than once"],
            ),
            (
                "s3://bkt/a.yaml",
                "a: [hunter2]",
                &["the key `a` has a list"],
            ),
            ("s3://bkt/a.yaml", "hunter2", &["it is not a YAML mapping"]),
            (
                "s3://bkt/a.yaml",
                "a: *hunter2",
                &["it is not YAML: cannot be read at line 1, column 4"],
            ),
            ("s3://bkt/a.properties", "hunter2", &["line 1 has no value"]),
            (
                "s3://bkt/a.properties",
                "a=\\uZZZZ",
                &["it is not a properties file: line 1 cannot be read"],
            ),
            (
                "s3://bkt/a.yaml",
                "kind: Secret\napiVersion: v1\ndata: {a: aHVudGVyMg==}",
                &["it is a Secret of Kubernetes, whose values are encoded"],
            ),
            (
                "s3://bkt/app.jks",
                "hunter2",
                &["its name does not end with `.env`, `.json`, `.yaml`, `.yml` or `.properties`"],
            ),
        ] {
            let expected: Vec<String> = expected.iter().map(|it| (*it).to_owned()).collect();
            assert_eq!(flat(place, text), Err(expected), "{place} {text}");
        }
    }

    proptest! {
        #[test]
        fn no_content_makes_it_panic_or_is_repeated(
            format in "(dotenv|json|yaml|properties)",
            before in "[ -~\n\t]{0,30}",
            after in "[ -~\n\t\\PC]{0,30}",
        ) {
            // Nothing that a key could contain.
            let text = format!("{before}hunter2;{after}");
            let place = format!("s3://bkt/a?format={format}");
            match flat(&place, &text) {
                Ok(found) => prop_assert!(!found.is_empty()),
                Err(problems) => {
                    prop_assert!(!problems.is_empty());
                    let is_key = |it: &str| it.contains("the key") || it.contains(", `");
                    prop_assert!(problems.iter().all(|it| is_key(it) || !it.contains("hunter2")));
                }
            }
        }
    }
}
