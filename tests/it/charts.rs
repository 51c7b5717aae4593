//! Charts of the pages, each made from the table below it.
//!
//! `ENVSECRETS_WRITE=1 cargo test charts` renews them after a table has changed. The colours are of
//! Okabe and Ito's palette, which colour-blind readers can tell apart; each value has its label too.

use std::fmt::Write as _;

use crate::support::{read, renew};

const WIDTH: usize = 860;
/// Pixels from one row to the next, and above the first.
const ROW: usize = 24;
const TOP: usize = 58;
/// Where the labels of rows end.
const LABELS: usize = 190;

/// The rows of the table whose first title is this.
fn table(page: &str, first: &str) -> Vec<Vec<String>> {
    let head = format!("| {first} |");
    let cells = |line: &str| {
        let line = line.trim_matches('|').replace("**", "").replace('`', "");
        line.split('|').map(|it| it.trim().to_owned()).collect()
    };
    let rows = page.lines().skip_while(|line| !line.starts_with(&head));
    let rows: Vec<Vec<String>> = rows
        .take_while(|line| line.starts_with('|'))
        .map(cells)
        .collect();
    assert!(rows.len() > 2, "there is no table of `{first}`");
    [&rows[..1], &rows[2..]].concat()
}

/// A finished picture of this height.
fn svg(title: &str, subtitle: &str, height: usize, drawn: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
         viewBox=\"0 0 {WIDTH} {height}\" role=\"img\">\n\
         <!-- Made from the table of the page: ENVSECRETS_WRITE=1 cargo test charts -->\n\
         <title>{title}</title>\n<style>\n{}</style>\n\
         <rect class=\"card\" x=\"0.5\" y=\"0.5\" width=\"{}\" height=\"{}\" rx=\"10\"/>\n\
         <text class=\"title\" x=\"16\" y=\"26\">{title}</text>\n\
         <text class=\"note\" x=\"16\" y=\"44\">{subtitle}</text>\n{drawn}</svg>\n",
        include_str!("charts.css"),
        WIDTH - 1,
        height - 1
    )
}

fn text(drawn: &mut String, class: &str, x: f64, y: usize, text: &str) {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    writeln!(
        drawn,
        "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y}\">{text}</text>"
    )
    .unwrap();
}

/// A start: its name and its wall time in multiples of ours.
type Start = (String, f64);

/// The starts over TLS, by the number of parameters, as `cargo bench --bench start` prints them.
fn starts(page: &str) -> Vec<(String, Vec<Start>)> {
    let mut groups: Vec<(String, Vec<Start>)> = Vec::new();
    let mut is_tls = false;
    for row in table(page, "start").into_iter().skip(1) {
        let ratio = row[1].parse().unwrap();
        if let Some((scheme, size)) = row[0].split_once(", ") {
            is_tls = scheme == "TLS";
            if is_tls {
                groups.push((size.to_owned(), vec![("envsecrets".to_owned(), ratio)]));
            }
        } else if is_tls {
            groups.last_mut().unwrap().1.push((row[0].clone(), ratio));
        }
    }
    groups
}

#[test]
fn the_chart_of_starts_is_made_from_the_table_below_it() {
    let groups = starts(&read("docs/start-up.md"));
    let ratios = || groups.iter().flat_map(|(_, starts)| starts).map(|it| it.1);
    let lowest = ratios().fold(f64::INFINITY, f64::min).log10().floor();
    let highest = ratios().fold(0.0, f64::max).log10().ceil();
    let (left, right) = (LABELS as f64 + 12.0, WIDTH as f64 - 70.0);
    let place = |ratio: f64| left + (ratio.log10() - lowest) / (highest - lowest) * (right - left);
    let rows: usize = groups.iter().map(|(_, starts)| starts.len() + 1).sum();
    let bottom = TOP + rows * ROW + 4;
    let mut drawn = String::new();
    for decade in lowest as i32..=highest as i32 {
        let (ratio, x) = (10f64.powi(decade), place(10f64.powi(decade)));
        let class = if decade == 0 { "one" } else { "grid" };
        writeln!(
            drawn,
            "<path class=\"{class}\" d=\"M{x:.1} {TOP}V{bottom}\"/>"
        )
        .unwrap();
        text(
            &mut drawn,
            "note middle",
            x,
            bottom + 16,
            &format!("{ratio} ×"),
        );
    }
    let mut y = TOP;
    for (size, starts) in &groups {
        y += ROW;
        text(&mut drawn, "group", 16.0, y - 6, size);
        for (name, ratio) in starts {
            y += ROW;
            let class = if name == "envsecrets" {
                "ours"
            } else {
                "theirs"
            };
            let (x, one, middle) = (place(*ratio), place(1.0), y - 10);
            text(&mut drawn, "right", LABELS as f64, y - 6, name);
            writeln!(
                drawn,
                "<path class=\"{class}\" stroke-width=\"3\" d=\"M{one:.1} {middle}H{x:.1}\"/>\
                 <circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{middle}\" r=\"6\"/>"
            )
            .unwrap();
            let decimals = usize::from(*ratio < 10.0) + usize::from(*ratio < 1.0);
            let label = format!("{ratio:.decimals$} ×");
            text(&mut drawn, "", x.max(one) + 12.0, y - 6, &label);
        }
    }
    let made = svg(
        "The wall time of a start",
        "in multiples of that of envsecrets, over TLS, on a logarithmic scale: further left is faster",
        bottom + 28,
        &drawn,
    );
    renew("docs/start-up.svg", &made, "charts");
}

#[test]
fn the_readme_and_the_comparison_have_the_ratio_of_the_table() {
    let page = read("docs/start-up.md");
    let groups = starts(&page);
    let (_, ten) = groups
        .iter()
        .find(|(size, _)| size == "10 parameters")
        .unwrap();
    let (_, ratio) = ten.iter().find(|(name, _)| name == "aws").unwrap();
    let rows = table(&page, "start");
    let ours = rows
        .iter()
        .find(|row| row[0] == "TLS, 10 parameters")
        .unwrap();
    let milliseconds: f64 = ours[3].parse().unwrap();
    let readme = read("README.md")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let sentence = format!(
        "takes {ratio:.0} times as long as a launch with ten parameters, which needs {milliseconds:.0} ms"
    );
    assert!(readme.contains(&sentence), "README.md: {sentence}");
    let sentence = format!("[{ratio:.0} times as long](start-up.md");
    assert!(read("docs/comparison.md").contains(&sentence), "{sentence}");
}

/// The share that starts, and what to write beside it.
fn share(cell: &str) -> (f64, String) {
    match cell.strip_prefix("all, ") {
        Some(multiple) => (1.0, format!("all, {multiple} ×")),
        None => {
            let per_cent = cell.strip_suffix(" %").unwrap();
            (per_cent.parse::<f64>().unwrap() / 100.0, cell.to_owned())
        }
    }
}

#[test]
fn the_chart_of_fleets_is_made_from_the_table_below_it() {
    const BAR: f64 = 72.0;
    let rows = table(&read("docs/fleets.md"), "policy");
    let [head, bound, policies @ ..] = &rows[..] else {
        panic!("a head, the bound, and policies");
    };
    assert_eq!(bound[0], "the bound");
    let fleets = head.len() - 1;
    let step = (WIDTH - LABELS - 20) as f64 / fleets as f64;
    let left = |fleet: usize| LABELS as f64 + 14.0 + fleet as f64 * step;
    let mut drawn = String::new();
    for fleet in 0..fleets {
        let (launchers, calls) = head[fleet + 1].split_once(" × ").unwrap();
        let title = format!("{launchers} launchers");
        text(&mut drawn, "group", left(fleet), TOP + 16, &title);
        let note = format!("{calls} calls each, bound {}", bound[fleet + 1]);
        text(&mut drawn, "note", left(fleet), TOP + 32, &note);
    }
    let top = TOP + 40;
    for (row, policy) in policies.iter().enumerate() {
        let y = top + (row + 1) * ROW;
        text(&mut drawn, "right", LABELS as f64, y - 6, &policy[0]);
        let is_ours = policy[0].starts_with("envsecrets");
        let class = if is_ours { "ours" } else { "theirs" };
        for fleet in 0..fleets {
            let (share, label) = share(&policy[fleet + 1]);
            let x = left(fleet);
            writeln!(
                drawn,
                "<rect class=\"rest\" x=\"{x:.1}\" y=\"{}\" width=\"{BAR}\" height=\"14\"/>\
                 <rect class=\"{class}\" stroke=\"none\" x=\"{x:.1}\" y=\"{}\" width=\"{:.1}\" height=\"14\"/>",
                y - 17,
                y - 17,
                share * BAR
            )
            .unwrap();
            text(&mut drawn, "", x + BAR + 6.0, y - 6, &label);
        }
    }
    let made = svg(
        "The share of a fleet that starts",
        "and, where all do, after how long in multiples of the bound that the quota sets",
        top + policies.len() * ROW + 16,
        &drawn,
    );
    renew("docs/fleets.svg", &made, "charts");
}
