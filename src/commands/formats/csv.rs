//! Comma-separated values (RFC 4180): a line of titles, and a line for each value.

use super::entry::Entry;
use crate::launch::formats::Problem;
use crate::parameter::ParameterType;
use crate::secret::Secret;

/// The line of titles that is written.
pub const TITLES: &str = "name,value\r\n";

const TITLES_HINT: &str = "the first line must have the titles `name` and `value`, and may have `type`; others are not read";

/// A line with a name and a value, both exactly as they are.
pub fn line(name: &str, value: &str) -> String {
    format!("{},{}\r\n", field(name), field(value))
}

/// A field, in quotes wherever a reader could take it for something else.
fn field(text: &str) -> String {
    let plain = |it: char| !it.is_control() && !it.is_whitespace() && !"\",".contains(it);
    match !text.is_empty() && text.chars().all(plain) {
        true => text.to_owned(),
        false => format!("\"{}\"", text.replace('"', "\"\"")),
    }
}

/// The entries of a text, by the titles in its first line.
///
/// # Errors
///
/// All problems, with the numbers of lines and never what they contain.
pub fn read(text: &str) -> Result<Vec<Entry>, Vec<Problem>> {
    let records = records(text).map_err(|problem| vec![problem])?;
    let mut records = records.into_iter();
    let Some((_, titles)) = records.next() else {
        return Err(vec![Problem::nothing()]);
    };
    let column = |title: &str| {
        let mut titles = titles.iter();
        titles.position(|it| it.trim().eq_ignore_ascii_case(title))
    };
    let (Some(name), Some(value)) = (column("name"), column("value")) else {
        return Err(vec![Problem::new(
            "it has no columns `name` and `value`",
            TITLES_HINT,
        )]);
    };
    let kind = column("type");
    let (mut entries, mut problems) = (Vec::new(), Vec::new());
    for (line, mut record) in records {
        if record.len() != titles.len() {
            let (has, wanted) = (record.len(), titles.len());
            let what = format!("line {line} has {has} fields, and the first has {wanted}");
            problems.push(Problem::new(
                what,
                "put a value with commas or quotes in quotes",
            ));
            continue;
        }
        let kind = kind.map(|kind| record[kind].trim().to_owned());
        let kind = match kind.as_deref() {
            None | Some("") => None,
            Some(text) => match ParameterType::from(text) {
                ParameterType::Other(_) => {
                    let what = format!("line {line} has an unknown type");
                    let hint = "types are SecureString, String and StringList";
                    problems.push(Problem::new(what, hint));
                    continue;
                }
                kind => Some(kind),
            },
        };
        entries.push(Entry {
            key: std::mem::take(&mut record[name]),
            value: Secret::new(std::mem::take(&mut record[value])),
            kind,
        });
    }
    match problems.is_empty() {
        true => Ok(entries),
        false => Err(problems),
    }
}

/// All records, each with the number of its first line. Lines may end with LF alone, and empty ones
/// between records are left out.
fn records(text: &str) -> Result<Vec<(usize, Vec<String>)>, Problem> {
    let mut records = Vec::new();
    let (mut record, mut field) = (Vec::new(), String::new());
    let (mut line, mut first) = (1, 1);
    // Whether the field began with a quote, and whether that quote is still open.
    let (mut quoted, mut open) = (false, false);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        line += usize::from(character == '\n');
        match character {
            '"' if open && characters.next_if_eq(&'"').is_some() => field.push('"'),
            '"' if open => open = false,
            other if open => field.push(other),
            '"' if field.is_empty() && !quoted => (quoted, open) = (true, true),
            ',' => {
                record.push(std::mem::take(&mut field));
                quoted = false;
            }
            '\r' if characters.peek() == Some(&'\n') => {}
            '\n' => {
                let is_empty = record.is_empty() && field.is_empty() && !quoted;
                record.push(std::mem::take(&mut field));
                let record = std::mem::take(&mut record);
                if !is_empty {
                    records.push((first, record));
                }
                (quoted, first) = (false, line);
            }
            '"' => {
                let what =
                    format!("line {line} has a quote within a field that begins without one");
                return Err(Problem::new(
                    what,
                    "put the field in quotes, and double those in it",
                ));
            }
            _ if quoted => {
                let what = format!("line {line} has text after a closing quote");
                return Err(Problem::new(what, "double the quotes in a field"));
            }
            other => field.push(other),
        }
    }
    if open {
        let what = format!("the quote in the record of line {first} is not closed");
        return Err(Problem::new(
            what,
            "close it, or double the quotes in a field",
        ));
    }
    if quoted || !field.is_empty() || !record.is_empty() {
        record.push(field);
        records.push((first, record));
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pairs(text: &str) -> Result<Vec<(String, String)>, String> {
        let pair = |it: Entry| (it.key, it.value.expose().to_owned());
        let problems = |them: Vec<Problem>| {
            let texts: Vec<String> = them.into_iter().map(|it| it.what).collect();
            texts.join("; ")
        };
        read(text)
            .map(|it| it.into_iter().map(pair).collect())
            .map_err(problems)
    }

    #[test]
    fn fields_are_read_as_the_rfc_has_them() {
        for (text, key, value) in [
            ("name,value\r\na,b\r\n", "a", "b"),
            ("name,value\na,b", "a", "b"),
            ("Value, NAME\nb,a\n", "a", "b"),
            ("name,note,value\na,\"x,y\",b\n", "a", "b"),
            ("name,value\n\"a\",\"b,\"\"c\"\"\"\n", "a", "b,\"c\""),
            ("name,value\na,\"b\nc\r\nd\"\n", "a", "b\nc\r\nd"),
            ("name,value\na, b \n", "a", " b "),
            ("name,value\n\na,\n\n", "a", ""),
            ("name,value\na,\"\"", "a", ""),
            ("name,value\na,b\rc\n", "a", "b\rc"),
        ] {
            assert_eq!(
                pairs(text),
                Ok(vec![(key.to_owned(), value.to_owned())]),
                "{text:?}"
            );
        }
    }

    #[test]
    fn problems_name_lines_and_no_text() {
        for (text, what) in [
            ("", "nothing"),
            ("a,b\n", "it has no columns `name` and `value`"),
            (
                "name,value\na,b,c\n",
                "line 2 has 3 fields, and the first has 2",
            ),
            (
                "name,value\na\n",
                "line 2 has 1 fields, and the first has 2",
            ),
            (
                "name,value\na,\"x\ny\"\nb,c\"d\n",
                "line 4 has a quote within a field that begins without one",
            ),
            (
                "name,value\na,\"b\"c\n",
                "line 2 has text after a closing quote",
            ),
            (
                "name,value\na,\"b\"\"\n",
                "the quote in the record of line 2 is not closed",
            ),
            ("name,value,type\na,b,Text\n", "line 2 has an unknown type"),
        ] {
            let found = pairs(text).unwrap_err();
            match what {
                "nothing" => assert_eq!(found, Problem::nothing().what),
                what => assert_eq!(found, what, "{text:?}"),
            }
        }
    }

    #[test]
    fn a_type_is_kept() {
        let entries = read("name,value,type\na,b,String\nc,d,\n").unwrap();
        assert_eq!(entries[0].kind, Some(ParameterType::String));
        assert_eq!(entries[1].kind, None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(all in proptest::collection::vec(any::<(String, String)>(), 0..4)) {
            let mut text = TITLES.to_owned();
            for (name, value) in &all {
                text.push_str(&line(name, value));
            }
            prop_assert_eq!(pairs(&text), Ok(all));
        }

        #[test]
        fn any_text_is_read_or_refused(text in any::<String>()) {
            let _ = read(&text);
        }
    }
}
