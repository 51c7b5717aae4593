//! Tables as text, CSV and Markdown.
#![forbid(unsafe_code)]

use crate::output;
use crate::redaction::cut;

/// A cell as it is shown: on one line, and no longer than any that Parameter Store gives. One that is
/// longer would widen every line of a table.
fn clean(cell: &str) -> String {
    /// More than the policies of a parameter, ten of which can have 4 KB together (PutParameter).
    const LONGEST: usize = 5000;
    cut(&output::clean(cell), LONGEST)
}

/// Aligns columns, two spaces apart. `head` is the titles, with spaces between them.
pub fn columns<R: AsRef<[String]>>(head: &str, rows: &[R]) -> String {
    let head: Vec<String> = head.split(' ').map(str::to_owned).collect();
    let rows = [head.as_slice()]
        .into_iter()
        .chain(rows.iter().map(AsRef::as_ref));
    let cells = |row: &[String]| row.iter().map(|cell| clean(cell)).collect();
    let rows: Vec<Vec<String>> = rows.map(cells).collect();
    let mut widths = vec![0; head.len()];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(cell);
            line.push_str(&" ".repeat(width.saturating_sub(cell.chars().count()) + 2));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Shortens the cells of the last column to fit lines into `width`, but not below a useful length,
/// and returns whether they fit.
pub fn fit(head: &[String], rows: &mut [Vec<String>], width: usize) -> bool {
    const OF_USE: usize = 16;
    let Some(last) = head.len().checked_sub(1) else {
        return true;
    };
    let widest = |column: usize| {
        let cells = rows.iter().map(|row| clean(&row[column]));
        let widest = cells.map(|cell| cell.chars().count()).max();
        widest.unwrap_or_default().max(head[column].len())
    };
    let before: usize = (0..last).map(|column| widest(column) + 2).sum();
    let available = width.saturating_sub(before);
    let room = available.max(OF_USE);
    let fits = widest(last).min(room) <= available;
    for row in rows {
        let cell = clean(&row[last]);
        if cell.chars().count() > room {
            let kept: String = cell.chars().take(room - 1).collect();
            row[last] = format!("{}…", kept.trim_end());
        }
    }
    fits
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

    #[test]
    fn only_the_last_column_is_cut_and_not_to_nothing() {
        let text = "a text that is longer than there is room for";
        for (width, fits, expected) in [
            (80, true, text),
            (40, true, "a text that is longer than there is…"),
            (30, true, "a text that is longer than…"),
            (19, true, "a text that is…"),
            (18, false, "a text that is…"),
        ] {
            let mut rows = rows(&["b", text]);
            assert_eq!(
                fit(&["A", "B"].map(str::to_owned), &mut rows, width),
                fits,
                "{width}"
            );
            assert_eq!(rows[0], ["b", expected], "{width}");
        }
        assert!(fit(&[], &mut [], 80));
        assert!(fit(
            &["A", "B"].map(str::to_owned),
            &mut rows(&["b", "x"]),
            4
        ));
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
