//! What is generated from the options and committed: help, man pages, completions and the schema.
//!
//! Only tests contain this: they fail when something is stale, and renew it with
//! `ENVSECRETS_WRITE=1`.

mod manual;
mod schema;

use clap::CommandFactory;

use crate::commands::{ALL, Entry, NAMES};
use crate::options::flags::Launch;
use crate::options::help::LAUNCH;

/// A launch and all commands, as clap knows them.
fn command() -> clap::Command {
    Launch::command()
        .args_conflicts_with_subcommands(true)
        .disable_help_subcommand(true)
        .subcommands(ALL.iter().map(|entry| (entry.command)()))
}

/// What clap renders, in lines for every terminal. Clap's own folding would cost the shipped
/// program a feature that it does not use.
fn rendered(help: &str) -> String {
    const WIDTH: usize = 80;
    let mut text = String::new();
    let mut are_examples = false;
    for line in help.lines() {
        if !line.is_empty() && !line.starts_with(' ') {
            are_examples = line == "Examples:";
        }
        // A command that is folded is not a command any more.
        if are_examples && line.starts_with("      ") {
            assert!(
                line.chars().count() <= WIDTH,
                "break with a backslash: {line}"
            );
            text.push_str(line.trim_end());
            text.push('\n');
            continue;
        }
        let line = line.trim_end();
        let indent = line.len() - line.trim_start().len();
        // Continuation lines begin below the second column.
        let column = line[indent..]
            .rfind("  ")
            .map_or(indent, |gap| indent + gap + 2);
        let mut width = indent;
        text.push_str(&line[..indent]);
        for (number, word) in line[indent..].split(' ').enumerate() {
            let length = word.chars().count();
            if number > 0 && !word.is_empty() && width + 1 + length > WIDTH {
                let end = text.trim_end().len();
                text.truncate(end);
                text.push('\n');
                text.push_str(&" ".repeat(column));
                width = column;
            } else if number > 0 {
                text.push(' ');
                width += 1;
            }
            text.push_str(word);
            width += length;
        }
        text.push('\n');
    }
    text
}

/// The commands of the short help: their names only; `--help` has the rest.
fn with_short_list_of_commands(help: &str) -> String {
    let (before, rest) = help.split_once("Commands:\n").unwrap();
    let (_, after) = rest.split_once("\n\n").unwrap();
    let list = NAMES.join(", ");
    let more = "see `envsecrets COMMAND --help`";
    format!("{before}Commands:\n  {list}\n  {more}\n\n{after}")
}

#[test]
fn the_rendered_help_is_what_clap_makes_of_the_command() {
    let mut launch = command();
    launch.build();
    let mut stale = Vec::new();
    let mut texts = vec![
        (
            "short.txt".to_owned(),
            with_short_list_of_commands(&launch.render_help().to_string()),
            LAUNCH.short,
        ),
        (
            "long.txt".to_owned(),
            launch.render_long_help().to_string(),
            LAUNCH.long,
        ),
    ];
    for Entry { name, help, .. } in ALL {
        let mut command = launch.find_subcommand(name).unwrap().clone();
        let texts_of_it = [
            ("short", command.render_help(), help.short),
            ("long", command.render_long_help(), help.long),
        ];
        texts.extend(texts_of_it.map(|(length, text, committed)| {
            (format!("{name}-{length}.txt"), text.to_string(), committed)
        }));
    }
    for (file, text, committed) in texts {
        let text = rendered(&text);
        if text == committed {
            continue;
        }
        if std::env::var_os("ENVSECRETS_WRITE").is_some() {
            let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
            std::fs::write(directory.join("src/options/help").join(&file), text).unwrap();
        }
        stale.push(file);
    }
    assert!(
        stale.is_empty(),
        "{stale:?} in src/options/help are stale: `ENVSECRETS_WRITE=1 cargo test rendered_help` renews them"
    );
}

/// Completions, man pages in short and the schema show the first sentence of an option alone.
#[test]
fn the_first_sentence_of_each_option_stands_alone() {
    const OPENINGS: [&str; 13] = [
        "The same",
        "The other",
        "It ",
        "Its ",
        "They ",
        "Them ",
        "This ",
        "These ",
        "Those ",
        "That ",
        "As for",
        "Also",
        "See ",
    ];
    // Pronouns for what another option or a heading names.
    const WITHIN: [&str; 10] = [
        "Give those",
        "Write them",
        " this: ",
        " this one ",
        "before that ",
        " these options ",
        "its settings ",
        "delete it ",
        "encrypts it",
        "inherit these ",
    ];
    let launch = command();
    let mut lean = Vec::new();
    for command in std::iter::once(&launch).chain(launch.get_subcommands()) {
        for argument in command.get_arguments().filter(|it| !it.is_hide_set()) {
            let about = argument.get_help().map(ToString::to_string);
            let about = about.unwrap_or_default();
            let opens = OPENINGS.iter().any(|it| about.starts_with(it));
            let within = WITHIN.iter().any(|it| format!("{about} ").contains(it));
            let is_sentence = about.starts_with(char::is_uppercase) && !about.ends_with('.');
            if opens || within || !is_sentence {
                lean.push((command.get_name(), argument.get_id().as_str(), about));
            }
        }
    }
    assert!(lean.is_empty(), "{lean:#?}");
}

#[test]
fn clap_finds_no_mistake_in_the_command() {
    command().debug_assert();
}
