//! A session at a terminal as an SVG, readable in light and dark.

use std::fmt::Write as _;

/// Pixels of a character, and around the text.
const WIDTH: f64 = 7.8;
const HEIGHT: usize = 20;
const MARGIN: usize = 20;
/// The bar at the top of the window.
const BAR: usize = 28;
/// Where the terminal folds a line.
const COLUMNS: usize = 110;

/// A part of a line that is drawn in one style.
type Span<'a> = (&'static str, &'a str);

/// Draws commands and what each of them has shown.
pub fn render(session: &[(&str, String)]) -> String {
    let mut drawing = Drawing::default();
    for (index, (command, shown)) in session.iter().enumerate() {
        drawing.row += usize::from(index > 0);
        for (number, piece) in folded(&format!("$ {command}")).iter().enumerate() {
            match piece.strip_prefix("$ ").filter(|_| number == 0) {
                Some(rest) => drawing.line(&[("prompt", "$ "), ("command", rest)]),
                None => drawing.line(&[("command", piece)]),
            }
        }
        for line in shown.lines().flat_map(folded) {
            drawing.line(&styled(&line));
        }
    }
    let width = COLUMNS as f64 * WIDTH + 2.0 * MARGIN as f64;
    let height = BAR + 2 * MARGIN + drawing.row * HEIGHT - 8;
    let text = drawing.text;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height}\" \
         viewBox=\"0 0 {width:.0} {height}\" role=\"img\">\n\
         <!-- Made from what the program shows: ENVSECRETS_WRITE=1 cargo test readme -->\n\
         <title>A launch, what it would do, and a typo, at a terminal</title>\n\
         <style>\n{}</style>\n\
         <rect class=\"card\" x=\"0.5\" y=\"0.5\" width=\"{:.0}\" height=\"{}\" rx=\"10\"/>\n\
         <path class=\"bar\" d=\"M1 {BAR}H{:.0}\"/>\n\
         <circle class=\"button\" cx=\"20\" cy=\"14\" r=\"5\"/>\
         <circle class=\"button\" cx=\"38\" cy=\"14\" r=\"5\"/>\
         <circle class=\"button\" cx=\"56\" cy=\"14\" r=\"5\"/>\n\
         {text}</svg>\n",
        include_str!("picture.css"),
        width - 1.0,
        height - 1,
        width - 1.0,
    )
}

#[derive(Default)]
struct Drawing {
    row: usize,
    text: String,
}

impl Drawing {
    /// Draws a line below the others. What stands between two blanks and more has a place of its own, so
    /// that columns stay columns with any font.
    fn line(&mut self, spans: &[Span]) {
        let y = BAR + MARGIN + self.row * HEIGHT + 8;
        let mut column = 0;
        for (class, span) in spans {
            let mut rest = *span;
            while !rest.is_empty() {
                let blanks = rest.len() - rest.trim_start_matches(' ').len();
                let piece = &rest[blanks..];
                let piece = &piece[..piece.find("  ").unwrap_or(piece.len())];
                let shown = piece.trim_end_matches(' ');
                let length = shown.chars().count();
                if length > 0 {
                    writeln!(
                        self.text,
                        "<text class=\"{class}\" x=\"{:.1}\" y=\"{y}\" textLength=\"{:.1}\">{}</text>",
                        MARGIN as f64 + (column + blanks) as f64 * WIDTH,
                        length as f64 * WIDTH,
                        shown.replace('&', "&amp;").replace('<', "&lt;")
                    )
                    .unwrap();
                }
                column += blanks + piece.chars().count();
                rest = &rest[blanks + piece.len()..];
            }
        }
        self.row += 1;
    }
}

/// The pieces of a line that a terminal shows below each other.
fn folded(line: &str) -> Vec<String> {
    let characters: Vec<char> = line.chars().collect();
    let pieces = characters.chunks(COLUMNS);
    match line.is_empty() {
        true => vec![String::new()],
        false => pieces.map(|piece| piece.iter().collect()).collect(),
    }
}

/// A line of output: our own messages begin with what they are, a table with its titles.
fn styled(line: &str) -> Vec<Span<'_>> {
    const NAME: &str = "envsecrets: ";
    for (word, class) in [("error:", "error"), ("hint:", "hint")] {
        let message = line.strip_prefix(NAME);
        if let Some(rest) = message.and_then(|message| message.strip_prefix(word)) {
            return vec![("plain", NAME), (class, word), ("plain", rest)];
        }
    }
    let is_title = |it: char| it.is_ascii_uppercase() || it == ' ';
    match line.chars().all(is_title) {
        true => vec![("head", line)],
        false => vec![("plain", line)],
    }
}
