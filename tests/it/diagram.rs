//! docs/architecture.md and its picture, which is made from a text.
//!
//! `docs/architecture.txt` is the same picture in characters: boxes, lines and words stand where
//! they are in the SVG. `ENVSECRETS_WRITE=1 cargo test diagram` renders it again.

use std::fmt::Write as _;
use std::path::Path;

use crate::architecture::{FOLDERS, VOCABULARY};
use crate::support::{read, renew};

/// Pixels of a character, and around the picture.
const WIDTH: usize = 8;
const HEIGHT: usize = 18;
const MARGIN: usize = 16;

/// The kinds of boxes, and the characters that they are made of: the corners from the upper left to
/// the lower right, a horizontal side and a vertical one.
const BOXES: [(&str, [char; 6]); 3] = [
    ("box", ['╭', '╮', '╰', '╯', '─', '│']),
    ("strong", ['┏', '┓', '┗', '┛', '━', '┃']),
    ("outside", ['╔', '╗', '╚', '╝', '═', '║']),
];

/// Lines, and the sides of the cell to which each leads: left, right, up, down.
const LINES: [(char, [bool; 4]); 15] = [
    ('─', [true, true, false, false]),
    ('│', [false, false, true, true]),
    ('┌', [false, true, false, true]),
    ('┐', [true, false, false, true]),
    ('└', [false, true, true, false]),
    ('┘', [true, false, true, false]),
    ('├', [false, true, true, true]),
    ('┤', [true, false, true, true]),
    ('┬', [true, true, false, true]),
    ('┴', [true, true, true, false]),
    ('┼', [true, true, true, true]),
    ('►', [true, false, false, false]),
    ('◄', [false, true, false, false]),
    ('▼', [false, false, true, false]),
    ('▲', [false, false, false, true]),
];

/// Numbers of steps, which become badges.
const STEPS: [&str; 9] = ["①", "②", "③", "④", "⑤", "⑥", "⑦", "⑧", "⑨"];

/// A drawing in characters, and what has been made of it.
struct Drawing {
    cells: Vec<Vec<char>>,
    /// The cells that belong to the side of a box.
    sides: Vec<Vec<bool>>,
    /// The title of a box, and its colour.
    colours: Vec<(String, String)>,
    svg: String,
}

impl Drawing {
    /// Reads the drawing and, after a line `---`, lines of `TITLE: COLOUR`.
    fn new(source: &str) -> Self {
        let (drawing, colours) = source.split_once("\n---\n").unwrap();
        let mut cells: Vec<Vec<char>> = drawing.lines().map(|it| it.chars().collect()).collect();
        let columns = cells.iter().map(Vec::len).max().unwrap();
        for row in &mut cells {
            row.resize(columns, ' ');
        }
        let colour = |line: &str| {
            let (title, colour) = line.split_once(": ").unwrap();
            (title.to_owned(), colour.to_owned())
        };
        Self {
            sides: vec![vec![false; columns]; cells.len()],
            cells,
            colours: colours.lines().map(colour).collect(),
            svg: String::new(),
        }
    }

    fn render(mut self) -> String {
        let columns = self.cells[0].len();
        let width = columns * WIDTH + 2 * MARGIN;
        let height = self.cells.len() * HEIGHT + 2 * MARGIN;
        for y in 0..self.cells.len() {
            for x in 0..columns {
                self.draw_box(x, y);
            }
        }
        for y in 0..self.cells.len() {
            for x in 0..columns {
                self.draw_line(x, y);
            }
        }
        for y in 0..self.cells.len() {
            self.draw_words(y);
        }
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" role=\"img\">\n\
             <!-- Made from architecture.txt: \
             ENVSECRETS_WRITE=1 cargo test diagram -->\n\
             <title>The modules of envsecrets, and the way of a launch through them</title>\n\
             <style>\n{}</style>\n\
             <rect class=\"card\" x=\"0.5\" y=\"0.5\" width=\"{}\" height=\"{}\" rx=\"12\"/>\n\
             {}</svg>\n",
            include_str!("diagram.css"),
            width - 1,
            height - 1,
            self.svg
        )
    }

    /// Draws the box whose upper left corner is here.
    fn draw_box(&mut self, left: usize, top: usize) {
        let corner = self.cells[top][left];
        let Some((kind, signs)) = BOXES.iter().find(|(_, signs)| signs[0] == corner) else {
            return;
        };
        let [
            _,
            top_right,
            bottom_left,
            bottom_right,
            horizontal,
            vertical,
        ] = *signs;
        let right = (left..self.cells[top].len()).find(|&x| self.cells[top][x] == top_right);
        let bottom = (top..self.cells.len()).find(|&y| self.cells[y][left] == bottom_left);
        let (Some(right), Some(bottom)) = (right, bottom) else {
            panic!(
                "the box at line {}, column {} has no end",
                top + 1,
                left + 1
            );
        };
        let mut side = |x: usize, y: usize, sign: char| {
            assert_eq!(self.cells[y][x], sign, "line {}, column {}", y + 1, x + 1);
            self.sides[y][x] = true;
        };
        for x in left + 1..right {
            side(x, top, horizontal);
            side(x, bottom, horizontal);
        }
        for y in top + 1..bottom {
            side(left, y, vertical);
            side(right, y, vertical);
        }
        side(left, top, corner);
        side(right, top, top_right);
        side(left, bottom, bottom_left);
        side(right, bottom, bottom_right);

        let first: String = self.cells[top + 1][left + 1..right].iter().collect();
        let titled = |(title, _): &&(String, String)| first.contains(&format!("*{title}*"));
        let colour = self.colours.iter().find(titled);
        let colour = colour.map_or("plain", |(_, colour)| colour);
        writeln!(
            self.svg,
            "<rect class=\"{kind} {colour}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"8\"/>",
            centre_x(left),
            centre_y(top),
            (right - left) * WIDTH,
            (bottom - top) * HEIGHT
        )
        .unwrap();
    }

    /// Whether this cell is a piece of a line, and where it leads.
    fn line(&self, x: usize, y: usize) -> Option<[bool; 4]> {
        let sign = self.cells[y][x];
        let line = LINES.iter().find(|(line, _)| *line == sign);
        line.filter(|_| !self.sides[y][x]).map(|(_, leads)| *leads)
    }

    /// Draws a piece of a line from the centre of its cell to the sides to which it leads, or to
    /// the side of a box beyond it.
    fn draw_line(&mut self, x: usize, y: usize) {
        let Some(leads) = self.line(x, y) else {
            return;
        };
        let sign = self.cells[y][x];
        let (centre_x, centre_y) = (centre_x(x), centre_y(y));
        let is_side = |dx: isize, dy: isize| {
            let (x, y) = (x.checked_add_signed(dx), y.checked_add_signed(dy));
            let row = y.and_then(|y| self.sides.get(y));
            row.zip(x)
                .and_then(|(row, x)| row.get(x))
                .is_some_and(|it| *it)
        };
        let directions = [(-1, 0), (1, 0), (0, -1), (0, 1)];
        let mut path = String::new();
        for ((dx, dy), _) in directions
            .into_iter()
            .zip(leads)
            .filter(|(_, leads)| *leads)
        {
            let halves = if is_side(dx, dy) { 2 } else { 1 };
            let (across, down) = (WIDTH as isize / 2 * halves, HEIGHT as isize / 2 * halves);
            write!(path, "M{centre_x} {centre_y}l{} {}", dx * across, dy * down).unwrap();
        }
        writeln!(self.svg, "<path class=\"line\" d=\"{path}\"/>").unwrap();
        // The tip touches the box to which the arrow points.
        let (dx, dy) = match sign {
            '►' => (1, 0),
            '◄' => (-1, 0),
            '▼' => (0, 1),
            '▲' => (0, -1),
            _ => return,
        };
        let reach = if dx == 0 { HEIGHT } else { WIDTH } as isize;
        let reach = if is_side(dx, dy) { reach } else { reach / 2 };
        let tip_x = centre_x as isize + dx * reach;
        let tip_y = centre_y as isize + dy * reach;
        // Ten pixels long and ten wide.
        writeln!(
            self.svg,
            "<path class=\"line\" d=\"M{centre_x} {centre_y}L{tip_x} {tip_y}\"/>\n\
             <path class=\"tip\" d=\"M{tip_x} {tip_y}l{} {}l{} {}z\"/>",
            -10 * dx - 5 * dy,
            -10 * dy - 5 * dx,
            10 * dy,
            10 * dx
        )
        .unwrap();
    }

    /// Draws the words of a row, which end at two spaces: a step, a `*title*`, or plain words with
    /// `` `code` `` between.
    fn draw_words(&mut self, y: usize) {
        let is_word = |x: usize| !self.sides[y][x] && self.line(x, y).is_none();
        let row: Vec<char> = (0..self.cells[y].len())
            .map(|x| if is_word(x) { self.cells[y][x] } else { ' ' })
            .collect();
        let (middle, baseline) = (centre_y(y), centre_y(y) + 5);
        let mut rest = 0;
        while let Some(blanks) = row[rest..].iter().position(|it| *it != ' ') {
            let start = rest + blanks;
            let length = row[start..].windows(2).position(|it| it == [' ', ' ']);
            rest = length.map_or(row.len(), |length| start + length);
            let words: String = row[start..rest].iter().collect();
            let words = words.trim_end().replace('&', "&amp;").replace('<', "&lt;");
            let left = MARGIN + start * WIDTH;
            if let Some(number) = STEPS.iter().position(|it| *it == words) {
                let (left, number) = (left + WIDTH, number + 1);
                writeln!(
                    self.svg,
                    "<circle class=\"badge\" cx=\"{left}\" cy=\"{middle}\" r=\"9\"/>\
                     <text class=\"step\" x=\"{left}\" y=\"{baseline}\">{number}</text>"
                )
            } else if let Some(title) = words.strip_prefix('*') {
                let title = title.strip_suffix('*').unwrap();
                writeln!(
                    self.svg,
                    "<text class=\"title\" x=\"{left}\" y=\"{baseline}\">{title}</text>"
                )
            } else {
                let mut text = String::new();
                for (index, part) in words.split('`').enumerate() {
                    match index % 2 {
                        0 => text.push_str(part),
                        _ => write!(text, "<tspan class=\"code\">{part}</tspan>").unwrap(),
                    }
                }
                writeln!(
                    self.svg,
                    "<text class=\"words\" x=\"{left}\" y=\"{baseline}\">{text}</text>"
                )
            }
            .unwrap();
        }
    }
}

fn centre_x(x: usize) -> usize {
    MARGIN + x * WIDTH + WIDTH / 2
}

fn centre_y(y: usize) -> usize {
    MARGIN + y * HEIGHT + HEIGHT / 2
}

#[test]
fn the_picture_of_the_architecture_is_made_from_its_text() {
    let made = Drawing::new(&read("docs/architecture.txt")).render();
    renew("docs/architecture.svg", &made, "diagram");
}

#[test]
fn the_picture_has_the_folders_that_exist() {
    let (folders, vocabulary) = folders();
    let text = read("docs/architecture.txt");
    let mut titles: Vec<&str> = text
        .split('*')
        .filter_map(|it| it.strip_suffix('/'))
        .collect();
    titles.sort_unstable();
    let mut names: Vec<&str> = folders.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    assert_eq!(titles, names);

    let (_, rest) = text.split_once("*vocabulary*").unwrap();
    let mut words: Vec<&str> = rest.split('`').nth(1).unwrap().split(' ').collect();
    words.sort_unstable();
    assert_eq!(words, vocabulary);
}

#[test]
fn the_page_has_the_rules_that_are_checked() {
    let (folders, vocabulary) = folders();
    let page = read("docs/architecture.md");
    let code = |cell: &str| -> Vec<String> {
        cell.split('`')
            .skip(1)
            .step_by(2)
            .map(str::to_owned)
            .collect()
    };
    let cells = |line: &str| line.split('|').map(code).collect::<Vec<_>>();
    let row = |start: &str| cells(page.lines().find(|line| line.starts_with(start)).unwrap());
    for (name, imports) in folders {
        assert_eq!(row(&format!("| `src/{name}` |"))[3], *imports, "{name}");
    }
    let mut words = row("| vocabulary |").remove(2);
    words.sort();
    assert_eq!(words, vocabulary);
}

/// The folders below `src` and what they may import, and the names of the vocabulary.
fn folders() -> (
    &'static [(&'static str, &'static [&'static str])],
    Vec<&'static str>,
) {
    let (main_and_folders, vocabulary) = FOLDERS.split_at(FOLDERS.len() - VOCABULARY);
    let mut vocabulary: Vec<&str> = vocabulary.iter().map(|(name, _)| *name).collect();
    vocabulary.sort_unstable();
    (&main_and_folders[1..], vocabulary)
}

#[test]
fn every_path_on_the_page_exists() {
    let page = read("docs/architecture.md");
    let code = page.split('`').skip(1).step_by(2);
    let is_path = |it: &&str| {
        ["src/", "tests/", "docs/"]
            .iter()
            .any(|root| it.starts_with(root))
    };
    let paths: Vec<&str> = code.filter(is_path).collect();
    assert!(paths.len() > 20, "{paths:?}");
    for path in paths {
        let exists = Path::new(env!("CARGO_MANIFEST_DIR")).join(path).exists();
        assert!(exists, "{path}");
    }
}
