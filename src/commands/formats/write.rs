//! Writing variables for other programs: quoted without loss, or refused by name.

use super::csv;
use super::entry::{Target, Written};
use crate::launch::dotenv;
use crate::launch::formats::{Problem, properties, yaml};
use crate::secret::Secret;

/// All variables, in their order, or all problems.
pub fn write(format: Target, variables: &[(&str, &Secret)]) -> Result<Written, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut disputed = Vec::new();
    let mut lines = String::new();
    for &(name, value) in variables {
        let value = value.expose();
        if let Some(what) = unfit(format, value) {
            let what = format!("{name} contains {what}");
            problems.push(Problem::new(what, hint(format)));
            continue;
        }
        lines.push_str(&match format {
            Target::Dotenv => match dotenv::line(name, value) {
                Some(line) => {
                    if value.contains('\n') {
                        disputed.push(name.to_owned());
                    }
                    line
                }
                None => {
                    let what = format!(
                        "{name} contains a character or quotes that readers of .env files read \
                         differently"
                    );
                    problems.push(Problem::new(what, hint(format)));
                    continue;
                }
            },
            Target::Json => {
                let comma = if lines.is_empty() { "" } else { "," };
                format!("{comma}\n  {}: {}", json(name), json(value))
            }
            Target::Yaml => yaml::line(name, value),
            Target::Shell => format!("export {name}={}\n", shell(value)),
            Target::Systemd => format!("{name}={}\n", systemd(value)),
            Target::Docker => format!("{name}={value}\n"),
            Target::Csv => csv::line(name, value),
            Target::Properties => properties::line(name, value),
            Target::Tfvars => format!("{name} = {}\n", hcl(value)),
            Target::Github => github(name, value),
        });
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let text = match format {
        Target::Json if lines.is_empty() => "{}\n".to_owned(),
        Target::Json => format!("{{{lines}\n}}\n"),
        Target::Csv => format!("{}{lines}", csv::TITLES),
        _ => lines,
    };
    Ok(Written { text, disputed })
}

/// The part of a value that the format cannot represent.
fn unfit(format: Target, value: &str) -> Option<&'static str> {
    match format {
        // The format has only lines (docker run, `--env-file`).
        Target::Docker if value.contains('\n') => Some("an end of line"),
        Target::Docker if value.contains('\r') => Some("a carriage return"),
        // Variables with other control characters are left out without an error (systemd,
        // `env_value_is_valid`).
        Target::Systemd if value.contains(|it: char| is_control(it)) => Some("a control character"),
        _ => None,
    }
}

fn is_control(character: char) -> bool {
    (character < ' ' && !"\t\n".contains(character)) || character == '\u{7f}'
}

fn hint(format: Target) -> &'static str {
    match format {
        Target::Docker => {
            "leave it out with `--exclude GLOB`, or let envsecrets start the program in the \
             container: then no file is needed"
        }
        _ => {
            "leave it out with `--exclude GLOB`, or let envsecrets start the program: then no \
             file is needed"
        }
    }
}

/// In single quotes POSIX shells interpret only the next quote (POSIX, Shell Command Language,
/// 2.2.2).
fn shell(value: &str) -> String {
    format!("'{}'", value.replace('\'', "'\\''"))
}

/// systemd reads double quotes as a shell does, but expands nothing (systemd.exec(5),
/// `EnvironmentFile=`).
fn systemd(value: &str) -> String {
    quoted(value, "\"\\`$")
}

/// In double quotes, with a backslash before each of these characters.
fn quoted(value: &str, special: &str) -> String {
    let mut text = String::from("\"");
    for character in value.chars() {
        if special.contains(character) {
            text.push('\\');
        }
        text.push(character);
    }
    text + "\""
}

fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A quoted template without interpolation (HCL native syntax, Template Expressions).
fn hcl(value: &str) -> String {
    let mut text = String::from("\"");
    let mut characters = value.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' | '\\' => text.extend(['\\', character]),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '$' | '%' if characters.peek() == Some(&'{') => text.extend([character, character]),
            other if other.is_control() => {
                text.push_str(&format!("\\u{:04x}", u32::from(other)));
            }
            other => text.push(other),
        }
    }
    text.push('"');
    text
}

/// A value between two lines that do not occur in it (GitHub Actions, Workflow commands, Multiline
/// strings).
fn github(name: &str, value: &str) -> String {
    let mut end = "END".to_owned();
    let mut number = 0_u32;
    while value.contains(&end) {
        number += 1;
        end = format!("END_{number}");
    }
    format!("{name}<<{end}\n{value}\n{end}\n")
}

/// Makes GitHub Actions hide a value and each of its lines in logs (GitHub Actions, Workflow
/// commands, `add-mask`).
pub fn masks(value: &str) -> String {
    let mut wanted = vec![value];
    wanted.extend(
        value
            .lines()
            .filter(|line| line.trim().len() > 3 && *line != value),
    );
    let escaped = |text: &str| {
        let text = text.replace('%', "%25");
        text.replace('\r', "%0D").replace('\n', "%0A")
    };
    let lines = wanted.into_iter().filter(|text| !text.trim().is_empty());
    lines
        .map(|text| format!("::add-mask::{}\n", escaped(text)))
        .collect()
}
