//! Node's `--env-file` (Node 26, `node_dotenv.cc`).

use crate::launch::dotenv::binding::{Binding, Bindings};

const BLANK: [char; 3] = [' ', '\t', '\n'];

/// All assignments that it finds.
pub fn read(text: &str) -> Vec<Binding> {
    let mut found = Bindings::of(text);
    let mut rest = text.trim_matches(BLANK);
    let end = text.trim_end_matches(BLANK).len();
    while !rest.is_empty() {
        if rest.starts_with(['\n', '#']) {
            rest = after_line(rest);
            continue;
        }
        let Some(separator) = rest.find(['=', '\n']) else {
            break;
        };
        if rest[separator..].starts_with('\n') {
            rest = rest[separator + 1..].trim_start_matches(BLANK);
            continue;
        }
        let start = end - rest.len();
        let mut name = rest[..separator].trim_matches(BLANK);
        rest = &rest[separator + 1..];
        let value = if rest.is_empty() || rest.starts_with('\n') {
            // Here `export` stays a part of the name.
            String::new()
        } else {
            rest = rest.trim_start_matches(BLANK);
            if name.is_empty() {
                continue;
            }
            if let Some(exported) = name.strip_prefix("export ") {
                name = exported.trim_matches(BLANK);
            }
            let (value, after) = value(rest);
            rest = after;
            value
        };
        found.add(start..end - rest.len(), name, value);
    }
    found.found()
}

/// The value at the beginning of a text, and what follows it.
fn value(text: &str) -> (String, &str) {
    let quote = text.chars().next().filter(|it| "\"'`".contains(*it));
    if let Some(quote) = quote
        && let Some((inside, after)) = text[1..].split_once(quote)
    {
        let value = match quote {
            '"' => inside.replace("\\n", "\n"),
            _ => inside.to_owned(),
        };
        // Whatever else is in the line is dropped.
        return (value, after_line(after));
    }
    let line = text.split('\n').next().unwrap_or_default();
    let value = match quote {
        Some(_) => line,
        None => line
            .split('#')
            .next()
            .unwrap_or_default()
            .trim_matches(BLANK),
    };
    (value.to_owned(), after_line(text).trim_start_matches(BLANK))
}

fn after_line(text: &str) -> &str {
    text.split_once('\n').map_or("", |(_, rest)| rest)
}
