//! `dotenv` of npm, which reads with one regular expression (dotenv 18.0, `parse`).

use std::sync::LazyLock;

use regex_automata::meta::Regex;

use crate::launch::dotenv::binding::{Binding, Bindings};

/// All assignments that its expression finds.
///
/// The expression is searched as JavaScript does: of several ways to match it takes the first one.
/// Matches may overlap lines, since its blanks include ends of lines.
pub fn read(text: &str) -> Vec<Binding> {
    static EXPRESSION: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(&expression()).ok());
    // It compiles; without it nothing is found, and every line reported.
    let Some(expression) = &*EXPRESSION else {
        return Vec::new();
    };
    let mut found = Bindings::of(text);
    for captures in expression.captures_iter(text) {
        let (Some(name), Some(whole)) = (captures.get_group(1), captures.get_match()) else {
            continue;
        };
        let written = captures.get_group(2).map_or("", |it| &text[it.range()]);
        let written = written.trim_matches(is_space);
        let quote = written.chars().next();
        let mut value = written.to_owned();
        if let Some(quote @ ('\'' | '"' | '`')) = quote
            && written.len() >= 2
            && written.ends_with(quote)
        {
            value = written[1..written.len() - 1].to_owned();
        }
        if quote == Some('"') {
            value = value.replace("\\n", "\n").replace("\\r", "\r");
        }
        let places = name.start..whole.end();
        found.add(places, &text[name.range()], value);
    }
    found.found()
}

/// Name, separator, value and comment.
fn expression() -> String {
    let space =
        r"[\t-\r \u{a0}\u{1680}\u{2000}-\u{200a}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}\u{feff}]";
    let quoted = |quote: char| format!(r"{space}*{quote}(?:\\{quote}|[^{quote}])*{quote}");
    format!(
        r"(?m-u:^){space}*(?:export{space}+)?([0-9A-Za-z_.-]+)(?:{space}*={space}*?|:{space}+?)({}|{}|{}|[^#\r\n]+)?{space}*(?:\#[^\n]*)?(?m-u:$)",
        quoted('\''),
        quoted('"'),
        quoted('`'),
    )
}

/// What `trim` and `\s` of JavaScript take for a blank (ECMA-262, WhiteSpace and LineTerminator).
fn is_space(character: char) -> bool {
    matches!(character, '\t'..='\r' | ' ' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}')
        || matches!(
            character,
            '\u{2028}' | '\u{2029}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
        )
        || character == '\u{feff}'
}
