//! Tables as text, CSV and Markdown.
#![forbid(unsafe_code)]

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::output;
use crate::redaction::cut;
use crate::system::process;

/// A cell as it is shown: on one line, and no longer than any that Parameter Store gives. One that is
/// longer would widen every line of a table.
fn clean(cell: &str) -> String {
    /// More than the policies of a parameter, ten of which can have 4 KB together (PutParameter).
    const LONGEST: usize = 5000;
    cut(&output::clean(cell), LONGEST)
}

/// The table for people: as wide as the terminal, if standard output is one, and complete elsewhere.
///
/// What does not fit a terminal is left out or shortened, the least important first: columns without a
/// cell, the end of the last column, the columns `spare` in their order, and then the widest. `head` is
/// the titles, with spaces between them. `elsewhere` states how to see what is left out.
pub fn shown<R: AsRef<[String]>>(
    head: &str,
    rows: &[R],
    spare: &[&str],
    elsewhere: &str,
) -> String {
    let Some(width) = process::terminal_width() else {
        return columns(head, rows);
    };
    let mut table = Table::new(head, rows);
    let left_out = table.fit(width, spare);
    if !left_out.is_empty() {
        output::note(format_args!(
            "the terminal is too narrow for {}; {elsewhere}",
            left_out.join(", ")
        ));
    }
    table.text()
}

/// Where programs get all columns.
pub const ELSEWHERE: &str = "piped output and `--format json` have them";

/// Aligns columns, two spaces apart. `head` is the titles, with spaces between them.
pub fn columns<R: AsRef<[String]>>(head: &str, rows: &[R]) -> String {
    Table::new(head, rows).text()
}

/// Cells as they are shown. The first row is the titles.
struct Table {
    rows: Vec<Vec<String>>,
}

/// What separates two columns.
const GAP: usize = 2;

impl Table {
    fn new<R: AsRef<[String]>>(head: &str, rows: &[R]) -> Self {
        let head: Vec<String> = head.split(' ').map(str::to_owned).collect();
        let rows = [head.as_slice()]
            .into_iter()
            .chain(rows.iter().map(AsRef::as_ref));
        let cells = |row: &[String]| row.iter().map(|cell| clean(cell)).collect();
        Self {
            rows: rows.map(cells).collect(),
        }
    }

    /// The width of each column, in columns of a terminal.
    fn widths(&self) -> Vec<usize> {
        let mut widths = vec![0; self.rows.first().map_or(0, Vec::len)];
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.width());
            }
        }
        widths
    }

    fn text(&self) -> String {
        let widths = self.widths();
        let mut text = String::new();
        for row in &self.rows {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                line.push_str(cell);
                line.push_str(&" ".repeat(width.saturating_sub(cell.width()) + GAP));
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    /// Makes it at most this wide, and returns the titles of the columns that were left out. It stays
    /// wider than a terminal of a few columns.
    fn fit(&mut self, width: usize, spare: &[&str]) -> Vec<String> {
        /// The least that the end of a text is worth showing.
        const OF_USE: usize = 16;
        /// The least of any other column.
        const LEAST: usize = 8;
        let mut widths = self.widths();
        let total = |widths: &[usize]| (widths.iter().sum::<usize>() + GAP * widths.len()) - GAP;
        if widths.is_empty() || total(&widths) <= width {
            return Vec::new();
        }
        for place in (0..widths.len()).rev() {
            let is_empty = |row: &Vec<String>| row.get(place).is_none_or(String::is_empty);
            if self.rows.len() > 1 && self.rows[1..].iter().all(is_empty) {
                self.remove(place, &mut widths);
            }
        }
        let mut left_out = Vec::new();
        let mut spare = spare.iter();
        while let Some(last) = widths.last().copied() {
            let excess = total(&widths).saturating_sub(width);
            if last.saturating_sub(excess) >= OF_USE.min(last) {
                break;
            }
            let Some(title) = spare.next() else { break };
            if let Some(place) = self.rows[0].iter().position(|it| it == title) {
                self.remove(place, &mut widths);
                left_out.push((*title).to_owned());
            }
        }
        if let Some(last) = widths.last().copied() {
            let excess = total(&widths).saturating_sub(width);
            let last_place = widths.len() - 1;
            widths[last_place] = last.saturating_sub(excess).max(OF_USE).min(last);
        }
        while total(&widths) > width
            && let Some(widest) = widths.iter_mut().max().filter(|widest| **widest > LEAST)
        {
            *widest -= 1;
        }
        for row in &mut self.rows {
            for (cell, &width) in row.iter_mut().zip(&widths) {
                *cell = shortened(cell, width);
            }
        }
        left_out
    }

    fn remove(&mut self, place: usize, widths: &mut Vec<usize>) {
        widths.remove(place);
        for row in &mut self.rows {
            if place < row.len() {
                row.remove(place);
            }
        }
    }
}

/// A cell that fits into this width. Of a name below a path its end says more.
fn shortened(cell: &str, width: usize) -> String {
    if cell.width() <= width {
        return cell.to_owned();
    }
    let room = width.saturating_sub(1);
    let mut used = 0;
    let mut fits = |character: &char| {
        used += character.width().unwrap_or_default();
        used <= room
    };
    if cell.starts_with('/') {
        let kept: Vec<char> = cell.chars().rev().take_while(&mut fits).collect();
        return format!("…{}", kept.into_iter().rev().collect::<String>());
    }
    let kept: String = cell.chars().take_while(&mut fits).collect();
    format!("{}…", kept.trim_end())
}

/// Comma-separated values (RFC 4180).
///
/// Spreadsheets read a cell that begins with one of `=+-@` as a formula, and a formula can send
/// data elsewhere: a description of a parameter must not become one. An apostrophe makes it text.
pub fn csv(head: &[String], rows: &[Vec<String>]) -> String {
    let mut text = String::new();
    for row in [head].into_iter().chain(rows.iter().map(Vec::as_slice)) {
        let cells: Vec<String> = row.iter().map(|cell| csv_cell(cell)).collect();
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    text
}

fn csv_cell(cell: &str) -> String {
    let mut cell = clean(cell);
    // Some spreadsheets ignore leading spaces.
    if cell.trim_start().starts_with(['=', '+', '-', '@']) {
        cell.insert(0, '\'');
    }
    match cell.contains(['"', ',', '\'']) || cell.trim() != cell {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell,
    }
}

/// A table of GitHub Flavored Markdown. Columns of `verbatim` contain only names, and are shown as
/// code.
pub fn markdown(head: &[String], verbatim: &[bool], rows: &[Vec<String>]) -> String {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut text = line(head.to_vec());
    text.push_str(&line(head.iter().map(|_| "---".to_owned()).collect()));
    for row in rows {
        let cells = row.iter().zip(verbatim);
        let cells = cells.map(|(cell, &verbatim)| {
            let cell = clean(cell);
            match verbatim && is_name(&cell) {
                true => format!("`{cell}`"),
                false => escaped(&cell),
            }
        });
        text.push_str(&line(cells.collect()));
    }
    text
}

/// Whether it has only characters of names of parameters and variables.
fn is_name(cell: &str) -> bool {
    let known = |it: char| it.is_ascii_alphanumeric() || "_.-/".contains(it);
    !cell.is_empty() && cell != "-" && cell.chars().all(known)
}

/// Escapes text for Markdown.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        if "\\`*_[]<>&|~$#!".contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rows(cells: &[&str]) -> Vec<Vec<String>> {
        vec![cells.iter().map(|&cell| cell.to_owned()).collect()]
    }

    #[test]
    fn columns_line_up_whatever_is_in_them() {
        let rows = [rows(&["a\u{1b}", "x", ""]), rows(&["naïve", "", "y"])].concat();
        assert_eq!(
            columns("A B C", &rows),
            "A        B  C\na\\u{1b}  x\nnaïve       y\n"
        );
    }

    /// A table that is fitted, and what was left out.
    fn fitted(head: &str, cells: &[&str], width: usize, spare: &[&str]) -> (String, Vec<String>) {
        let mut table = Table::new(head, &rows(cells));
        let left_out = table.fit(width, spare);
        (table.text(), left_out)
    }

    #[test]
    fn the_end_of_the_last_column_is_cut_first_and_not_to_nothing() {
        let text = "a text that is longer than there is room for";
        for (width, expected) in [
            (80, text),
            (40, "a text that is longer than there is…"),
            (30, "a text that is longer than…"),
            (19, "a text that is…"),
            (18, "a text that is…"),
            (8, "a text…"),
        ] {
            let (fitted, _) = fitted("A B", &["b", text], width, &[]);
            assert_eq!(fitted, format!("A  B\nb  {expected}\n"), "{width}");
        }
        assert_eq!(fitted("A B", &["b", "x"], 4, &[]).0, "A  B\nb  x\n");
    }

    #[test]
    fn columns_are_left_out_in_order_and_names_lose_their_beginning() {
        let cells = [
            "/prd/app/db/password",
            "SecureString",
            "2",
            "",
            "overrides one",
        ];
        let head = "PARAMETER TYPE SIZE NONE NOTE";
        let spare = ["SIZE", "TYPE"];
        for (width, expected, missing) in [
            (
                63,
                "PARAMETER             TYPE          SIZE  NONE  NOTE\n\
                 /prd/app/db/password  SecureString  2           overrides one\n",
                "",
            ),
            (
                55,
                "PARAMETER             TYPE          SIZE  NOTE\n\
                 /prd/app/db/password  SecureString  2     overrides one\n",
                "",
            ),
            (
                54,
                "PARAMETER             TYPE          NOTE\n\
                 /prd/app/db/password  SecureString  overrides one\n",
                "SIZE",
            ),
            (
                30,
                "PARAMETER        NOTE\n…pp/db/password  overrides one\n",
                "SIZE TYPE",
            ),
            (18, "PARAMET…  NOTE\n…assword  overrid…\n", "SIZE TYPE"),
        ] {
            let (text, left_out) = fitted(head, &cells, width, &spare);
            assert_eq!(
                (text.as_str(), left_out.join(" ").as_str()),
                (expected, missing)
            );
        }
    }

    #[test]
    fn wide_characters_take_two_columns_and_combining_ones_none() {
        let rows = rows(&["日本", "x"]);
        let more = vec!["e\u{301}".to_owned(), "y".to_owned()];
        let rows = [rows, vec![more], super::tests::rows(&["🔑", "z"])].concat();
        let text = columns("A B", &rows);
        assert_eq!(text, "A     B\n日本  x\ne\u{301}     y\n🔑    z\n");
        assert_eq!(shortened("日本語", 4), "日…");
        assert_eq!(shortened("/日本語", 4), "…語");
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_the_terminal(
            cells in proptest::collection::vec(any::<String>(), 4),
            width in 38_usize..120,
        ) {
            let mut table = Table::new("A B C D", &[cells]);
            table.fit(width, &["C", "A"]);
            for line in table.text().lines() {
                prop_assert!(line.width() <= width, "{line:?} in {width}");
            }
        }
    }

    #[test]
    fn a_cell_of_a_spreadsheet_is_no_formula() {
        for (cell, written) in [
            ("/prd/app/db", "/prd/app/db"),
            ("a, b", "\"a, b\""),
            ("the \"real\" one", "\"the \"\"real\"\" one\""),
            ("two\nlines", "two lines"),
            ("=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\""),
            ("+1", "\"'+1\""),
            (" @SUM(A1)", "\"' @SUM(A1)\""),
            ("-", "\"'-\""),
            ("a=b", "a=b"),
            ("", ""),
        ] {
            assert_eq!(csv_cell(cell), written);
        }
    }

    #[test]
    fn markdown_shows_text_as_it_is() {
        let head = ["NAME", "DESCRIPTION"].map(str::to_owned);
        let text = "*not* <b>bold</b> | `x` a_b [l](u) \\ ~~no~~ &amp; $x$";
        assert_eq!(
            markdown(&head, &[true, false], &rows(&["/prd/a_b", text])),
            "| NAME | DESCRIPTION |\n\
             | --- | --- |\n\
             | `/prd/a_b` | \\*not\\* \\<b\\>bold\\</b\\> \\| \\`x\\` a\\_b \\[l\\](u) \\\\ \\~\\~no\\~\\~ \
             \\&amp; \\$x\\$ |\n"
        );
    }

    proptest! {
        #[test]
        fn a_row_is_one_line_in_every_form(cells in proptest::collection::vec(any::<String>(), 1..4)) {
            let head: Vec<String> = cells.iter().map(|_| "X".to_owned()).collect();
            let verbatim = vec![true; head.len()];
            let rows = [cells];
            prop_assert_eq!(columns(&head.join(" "), &rows).lines().count(), 2);
            prop_assert_eq!(csv(&head, &rows).lines().count(), 2);
            prop_assert_eq!(markdown(&head, &verbatim, &rows).lines().count(), 3);
        }
    }
}
