//! The man pages and the completions for shells. Their prose and their logic are written by hand;
//! the options in them are generated here.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, Command};

use crate::options::variables::name_for;

/// The begin and the end of a generated part, after the comment marker of the file.
const FROM: &str =
    "Made from src/options/flags.rs from here; `ENVSECRETS_WRITE=1 cargo test manual` renews it.";
const TO: &str = "To here.";

/// A documented command.
struct Known {
    /// Empty for a launch.
    name: String,
    about: String,
    command: Command,
    options: Vec<Arg>,
}

impl Known {
    fn new(name: &str, command: &Command) -> Self {
        let options = command.get_arguments();
        let options = options.filter(|it| !it.is_positional() && !it.is_hide_set());
        Self {
            name: name.to_owned(),
            about: command.get_about().unwrap().to_string(),
            options: options.cloned().collect(),
            command: command.clone(),
        }
    }

    /// The arguments after the options, except for a program.
    fn positionals(&self) -> Vec<&Arg> {
        let positionals = self.command.get_positionals();
        positionals
            .filter(|it| !it.is_last_set() && !it.is_hide_set())
            .collect()
    }

    fn becomes_a_program(&self) -> bool {
        self.command.get_positionals().any(Arg::is_last_set)
    }

    /// Whether an argument after the options can be a file.
    fn takes_files(&self) -> bool {
        self.positionals().into_iter().any(is_file)
    }
}

/// A launch, then the commands in the order of the manual.
fn known() -> Vec<Known> {
    let mut command = super::command();
    command.build();
    let launch = Known::new("", &command);
    let others = command.get_subcommands();
    let others = others.map(|it| Known::new(it.get_name(), it));
    std::iter::once(launch).chain(others).collect()
}

fn is_file(argument: &Arg) -> bool {
    argument.get_value_hint() == clap::ValueHint::FilePath
}

fn long(argument: &Arg) -> &str {
    argument.get_long().unwrap()
}

/// The variable of an option; options that only print have none.
fn variable(argument: &Arg) -> Option<String> {
    let prints = matches!(argument.get_action(), ArgAction::Help | ArgAction::Version);
    (!prints).then(|| name_for(long(argument)))
}

/// The placeholder for the value of an option, if it has one.
fn value(argument: &Arg) -> Option<String> {
    let takes = argument.get_num_args().is_some_and(|it| it.takes_values());
    takes.then(|| argument.get_value_names().unwrap()[0].to_string())
}

fn is_optional(argument: &Arg) -> bool {
    argument.get_num_args().unwrap().min_values() == 0
}

fn choices(argument: &Arg) -> Vec<String> {
    let choices = argument.get_possible_values();
    choices.iter().map(|it| it.get_name().to_owned()).collect()
}

fn about(argument: &Arg) -> String {
    argument.get_help().unwrap().to_string()
}

/// Text as mdoc: text in backticks is marked up, and nothing else is taken for a request.
fn mdoc(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for (number, part) in text.split('`').enumerate() {
        if number % 2 == 1 {
            let part = part.replace('\\', "\\e");
            lines.push(match part.strip_prefix("--") {
                Some(flag) if !flag.contains(['=', ' ']) => format!(".Fl -{flag}"),
                // `?` alone would be punctuation.
                _ if part.len() == 1 => format!(".Ql \\&{part}"),
                _ => format!(".Ql {part}"),
            });
            continue;
        }
        let mut rest = part.trim();
        // Punctuation after a macro belongs to its line, or a space would come between.
        while let Some(mark) = rest.chars().next().filter(|it| ",.;:)".contains(*it))
            && let Some(line) = lines.last_mut()
        {
            write!(line, " {mark}").unwrap();
            rest = rest[1..].trim_start();
        }
        for sentence in rest.split_inclusive(". ") {
            let sentence = sentence.trim().replace('\\', "\\e").replace("--", "\\-\\-");
            if !sentence.is_empty() {
                lines.extend(filled(&sentence).iter().map(|line| guarded(line)));
            }
        }
    }
    lines.join("\n") + "\n"
}

/// Lines as long as those written by hand.
fn filled(sentence: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in sentence.split(' ') {
        let line = lines.last_mut().unwrap();
        if !line.is_empty() && line.len() + 1 + word.len() > 79 {
            lines.push(word.to_owned());
        } else {
            line.push_str(if line.is_empty() { "" } else { " " });
            line.push_str(word);
        }
    }
    lines
}

fn with_stop(text: &str) -> String {
    format!("{}.", text.trim_end_matches('.'))
}

/// One option of the man page.
fn item(argument: &Arg) -> String {
    let mut text = String::from(".It ");
    if let Some(short) = argument.get_short() {
        write!(text, "Fl {short} , ").unwrap();
    }
    write!(text, "Fl -{}", long(argument)).unwrap();
    match value(argument) {
        Some(value) if is_optional(argument) => write!(text, " Ns Op = Ns Ar {value}").unwrap(),
        Some(value) => write!(text, " Ar {value}").unwrap(),
        None => {}
    }
    text.push('\n');
    text + &description(argument)
}

/// The description of an argument, and its possible values.
fn description(argument: &Arg) -> String {
    let mut text = mdoc(&with_stop(&about(argument)));
    let long_help = argument.get_long_help().map(ToString::to_string);
    if let Some((_, more)) = long_help.as_deref().and_then(|it| it.split_once("\n\n")) {
        text.push_str(&mdoc(&with_stop(more)));
    }
    let choices = choices(argument);
    if !choices.is_empty() {
        let all: Vec<String> = choices.iter().map(|it| format!(".Cm {it}")).collect();
        writeln!(text, "One of\n{} .", all.join(" ,\n")).unwrap();
        if let [default, ..] = argument.get_default_values() {
            let default = default.to_str().unwrap();
            writeln!(text, "The default is\n.Cm {default} .").unwrap();
        }
    }
    text
}

/// The same, with its variable.
fn item_with_variable(argument: &Arg) -> String {
    let mut text = item(argument);
    if let Some(variable) = variable(argument) {
        writeln!(text, "Variable:\n.Ev {variable} .").unwrap();
    }
    text
}

/// The options of the man page, under the headings of the help.
fn manual(known: &[Known]) -> String {
    let is_of_launch = |it: &&Arg| {
        let mut of_launch = known[0].options.iter();
        of_launch.any(|other| other.get_id() == it.get_id())
    };
    let of_check = known[1].options.iter().filter(|it| !is_of_launch(it));
    let of_check = of_check.map(|it| ("For check alone", it));
    let of_launch = known[0].options.iter();
    let of_launch = of_launch.map(|it| (it.get_help_heading().unwrap(), it));
    under_headings(of_launch.chain(of_check), item_with_variable)
}

fn under_headings<'a>(
    options: impl Iterator<Item = (&'a str, &'a Arg)>,
    item: impl Fn(&Arg) -> String,
) -> String {
    let mut text = String::new();
    let mut heading = "";
    for (own, argument) in options {
        if own != heading {
            if !heading.is_empty() {
                text.push_str(".El\n");
            }
            writeln!(text, ".Ss {own}\n.Bl -tag -width Ds").unwrap();
            heading = own;
        }
        text.push_str(&item(argument));
    }
    text + ".El\n"
}

/// The other commands, for the page of a launch.
fn list_of_commands(known: &[Known]) -> String {
    let mut text = String::from(".Bl -tag -width Ds\n");
    for command in &known[1..] {
        let (name, about) = (&command.name, mdoc(&with_stop(&command.about)));
        writeln!(text, ".It Xr envsecrets-{name} 1\n{}", about.trim_end()).unwrap();
    }
    text + ".El\n"
}

/// The man page of a command: its help, in the order of a manual.
fn page(known: &Known, date: &str) -> String {
    let name = &known.name;
    let mut about = known.about.clone();
    about[..1].make_ascii_lowercase();
    let mut text = format!(
        ".\\\" Made from src/commands/{name}.rs; `ENVSECRETS_WRITE=1 cargo test manual` renews it.\n\
         .Dd {date}\n.Dt ENVSECRETS-{} 1\n.Os\n.Sh NAME\n.Nm envsecrets-{name}\n.Nd {about}\n\
         .Sh SYNOPSIS\n.Nm envsecrets\n.Cm {name}\n.Op Ar OPTIONS\n",
        name.to_uppercase()
    );
    for argument in known.positionals() {
        let value = value_or_id(argument);
        let many = match argument
            .get_num_args()
            .is_some_and(|it| it.max_values() > 1)
        {
            true => " ...",
            false => "",
        };
        match argument.is_required_set() {
            true => writeln!(text, ".Ar {value}{many}").unwrap(),
            false => writeln!(text, ".Op Ar {value}{many}").unwrap(),
        }
    }
    if known.becomes_a_program() {
        text.push_str(".Op Fl - Ar PROGRAM Op Ar ARGUMENTS ...\n");
    }
    text.push_str(".Sh DESCRIPTION\n");
    let long = known.command.get_long_about().map(ToString::to_string);
    let long = long.unwrap_or_else(|| known.about.clone());
    let (_, body) = long.split_once("\n\n").unwrap_or(("", &long));
    text.push_str(&paragraphs(body));
    text.push_str(".Sh OPTIONS\n");
    let positionals = known.positionals();
    if !positionals.is_empty() {
        text.push_str(".Bl -tag -width Ds\n");
        for argument in positionals {
            writeln!(text, ".It Ar {}", value_or_id(argument)).unwrap();
            text.push_str(&description(argument));
        }
        text.push_str(".El\n");
    }
    let options = known.options.iter();
    let options = options.map(|it| (it.get_help_heading().unwrap_or("Other"), it));
    text.push_str(&under_headings(options, item));
    let after = known.command.get_after_long_help();
    let after = after.map(ToString::to_string).unwrap_or_default();
    text.push_str(&sections(&after));
    text + ".Sh SEE ALSO\n.Xr envsecrets 1\n"
}

fn value_or_id(argument: &Arg) -> String {
    let names = argument.get_value_names();
    names.map_or_else(|| argument.get_id().to_string(), |it| it[0].to_string())
}

fn paragraphs(text: &str) -> String {
    let paragraphs: Vec<String> = text.split("\n\n").map(|it| mdoc(&with_stop(it))).collect();
    paragraphs.join(".Pp\n")
}

/// The text after the options in a help: parts with a title, in which prose is indented by two
/// spaces, and what can be typed by six.
fn sections(help: &str) -> String {
    let mut parts: Vec<(String, String)> = Vec::new();
    for line in help.lines() {
        if let Some(title) = line.strip_suffix(':').filter(|it| !it.starts_with(' ')) {
            parts.push((title.to_owned(), String::new()));
        } else if let Some((_, part)) = parts.last_mut() {
            part.push_str(line);
            part.push('\n');
        }
    }
    // In a manual examples come last.
    parts.sort_by_key(|(title, _)| title == "Examples");
    let mut text = String::new();
    for (title, part) in parts {
        writeln!(text, ".Sh {}", title.to_uppercase()).unwrap();
        for (number, block) in part.trim_end().split("\n\n").enumerate() {
            let lines: Vec<&str> = block.lines().filter(|it| !it.is_empty()).collect();
            let is_typed = |it: &&&str| it.starts_with("      ");
            let prose: Vec<&str> = lines
                .iter()
                .filter(|it| !is_typed(it))
                .map(|it| it.trim())
                .collect();
            let typed: Vec<&str> = lines.iter().filter(is_typed).map(|it| it.trim()).collect();
            if number > 0 {
                text.push_str(".Pp\n");
            }
            let prose = prose.join(" ");
            match typed.is_empty() {
                true => text.push_str(&mdoc(&with_stop(&prose))),
                false => {
                    text.push_str(&mdoc(&format!("{}:", prose.trim_end_matches([':', '.']))));
                    text.push_str(".Bd -literal -offset indent\n");
                    for line in typed {
                        let line = line.replace('\\', "\\e").replace("--", "\\-\\-");
                        writeln!(text, "{}", guarded(&line)).unwrap();
                    }
                    text.push_str(".Ed\n");
                }
            }
        }
    }
    text
}

/// A line that is not taken for a request.
fn guarded(line: &str) -> String {
    match line.starts_with(['.', '\'']) {
        true => format!("\\&{line}"),
        false => line.to_owned(),
    }
}

/// The options of each command for bash, which of them have a value, and the possible values.
fn bash(known: &[Known]) -> String {
    let list = |options: &[&Arg]| -> String {
        let names = options.iter().map(|it| format!("--{}", long(it)));
        names.collect::<Vec<_>>().join(" ")
    };
    let cases = |what: &dyn Fn(&Known) -> Option<String>| -> String {
        let mut text = String::from("    case $1 in\n");
        for it in known {
            if let Some(line) = what(it) {
                let name = if it.name.is_empty() { "''" } else { &it.name };
                writeln!(text, "        {name}) echo '{line}' ;;").unwrap();
            }
        }
        text + "    esac\n}\n"
    };
    let mut text = format!("_envsecrets_commands='{}'\n", names(known).join(" "));
    text.push_str("_envsecrets_options() {\n");
    text.push_str(&cases(&|it| {
        Some(list(&it.options.iter().collect::<Vec<_>>()))
    }));
    text.push_str("_envsecrets_valued() {\n");
    text.push_str(&cases(&|it| {
        let valued = it.options.iter();
        let valued: Vec<&Arg> = valued
            .filter(|it| value(it).is_some() && !is_optional(it))
            .collect();
        Some(list(&valued))
    }));
    text.push_str("_envsecrets_choices() {\n    case $1$2 in\n");
    for it in known {
        for argument in it.options.iter().filter(|it| !choices(it).is_empty()) {
            let (name, choices) = (&it.name, choices(argument).join(" "));
            writeln!(
                text,
                "        {name}--{}) echo '{choices}' ;;",
                long(argument)
            )
            .unwrap();
        }
    }
    text.push_str("    esac\n}\n");
    let files = known
        .iter()
        .filter(|it| it.takes_files())
        .map(|it| it.name.as_str());
    let mut files: Vec<String> = files.map(str::to_owned).collect();
    for it in known {
        let options = it.options.iter().filter(|it| is_file(it));
        files.extend(options.map(|option| format!("{}--{}", it.name, long(option))));
    }
    writeln!(text, "_envsecrets_files=' {} '", files.join(" ")).unwrap();
    text
}

fn names(known: &[Known]) -> Vec<&str> {
    known[1..].iter().map(|it| it.name.as_str()).collect()
}

/// The same for zsh, in the words of `_arguments`.
fn zsh(known: &[Known]) -> String {
    let mut text = format!(
        "  local -a ours=({})\n  local -a flags\n",
        names(known).join(" ")
    );
    text.push_str("  case $first in\n");
    for it in known {
        let name = if it.name.is_empty() { "''" } else { &it.name };
        writeln!(text, "    {name}) flags=(").unwrap();
        for argument in &it.options {
            let mut about = about(argument).replace('\'', "'\\''");
            for special in ['[', ']', ':'] {
                about = about.replace(special, &format!("\\{special}"));
            }
            let is_list = matches!(argument.get_action(), ArgAction::Append);
            let (mark, value) = (if is_list { "*" } else { "" }, zsh_value(argument));
            let equals = match value.is_empty() {
                true => "",
                false if is_optional(argument) => "=-",
                false => "=",
            };
            let (mut either, long) = (String::new(), long(argument));
            if let Some(short) = argument.get_short() {
                either = format!("(-{short} --{long})");
                writeln!(text, "      '{either}-{short}[{about}]{value}'").unwrap();
            }
            let flag = format!("{either}{mark}--{long}{equals}");
            writeln!(text, "      '{flag}[{about}]{value}'").unwrap();
        }
        // One pattern stands for all that follows. A blank would keep options from being offered.
        if let Some(argument) = it.positionals().last() {
            let value = value_or_id(argument);
            let message = format!("_message {value}");
            let action = if it.takes_files() { "_files" } else { &message };
            writeln!(text, "      '*:{value}:{action}'").unwrap();
        }
        text.push_str("    ) ;;\n");
    }
    text + "  esac\n"
}

fn zsh_value(argument: &Arg) -> String {
    let Some(name) = value(argument) else {
        return String::new();
    };
    let choices = choices(argument).join(" ");
    let action = match long(argument) {
        "profile" => "_envsecrets_profiles".to_owned(),
        "keep" | "unset" | "preserve-env" => "_envsecrets_inherited".to_owned(),
        _ if is_file(argument) => "_files".to_owned(),
        _ if !choices.is_empty() => format!("({choices})"),
        // Unknown, but not a file.
        _ => " ".to_owned(),
    };
    let colon = if is_optional(argument) { "::" } else { ":" };
    format!("{colon}{}:{action}", name.replace(':', "\\:"))
}

/// The same for fish.
fn fish(known: &[Known]) -> String {
    let mut text = String::new();
    for it in known {
        let condition = match it.name.as_str() {
            "" => "__envsecrets_is_launch".to_owned(),
            name => format!("'__envsecrets_is {name}'"),
        };
        for argument in &it.options {
            write!(text, "complete -c envsecrets -n {condition}").unwrap();
            if let Some(short) = argument.get_short() {
                write!(text, " -s {short}").unwrap();
            }
            write!(text, " -l {}", long(argument)).unwrap();
            if value(argument).is_some() && !is_optional(argument) {
                text.push_str(if is_file(argument) { " -rF" } else { " -x" });
            }
            let choices = choices(argument).join(" ");
            match long(argument) {
                "profile" => text.push_str(" -a '(__envsecrets_profiles)'"),
                "keep" | "unset" => text.push_str(" -a '(set -nx)'"),
                _ if !choices.is_empty() => write!(text, " -a '{choices}'").unwrap(),
                _ => {}
            }
            let about = about(argument).replace('\'', "\\'");
            writeln!(text, " -d '{about}'").unwrap();
        }
        if it.takes_files() {
            writeln!(text, "complete -c envsecrets -n {condition} -F").unwrap();
        }
        if !it.name.is_empty() {
            let about = it.about.replace('\'', "\\'");
            let name = &it.name;
            writeln!(
                text,
                "complete -c envsecrets -n __envsecrets_is_first -a {name} -d '{about}'"
            )
            .unwrap();
        }
    }
    text
}

/// Replaces the generated parts of a file, and keeps what is written by hand.
fn renewed(committed: &str, mut made: &[String]) -> String {
    let mut text = String::new();
    let mut is_made = false;
    for line in committed.lines() {
        is_made &= !line.ends_with(TO);
        if !is_made {
            writeln!(text, "{line}").unwrap();
        }
        if line.ends_with(FROM) {
            is_made = true;
            let (part, rest) = made.split_first().unwrap();
            text.push_str(part);
            made = rest;
        }
    }
    assert!(made.is_empty() && !is_made, "{FROM}");
    text
}

#[test]
fn the_options_in_manual_and_completions_are_those_of_the_program() {
    let known = known();
    let packaging = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging");
    let mut files = Vec::new();
    for (file, made) in [
        (
            "man/envsecrets.1",
            vec![list_of_commands(&known), manual(&known)],
        ),
        ("completions/envsecrets.bash", vec![bash(&known)]),
        ("completions/_envsecrets", vec![zsh(&known)]),
        ("completions/envsecrets.fish", vec![fish(&known)]),
    ] {
        let committed = std::fs::read_to_string(packaging.join(file)).unwrap();
        files.push((file.to_owned(), renewed(&committed, &made)));
    }
    for command in &known[1..] {
        let file = format!("man/envsecrets-{}.1", command.name);
        files.push((file, page(command, &date())));
    }
    let mut stale = Vec::new();
    for (file, text) in files {
        let path = packaging.join(&file);
        if std::fs::read_to_string(&path).unwrap_or_default() != text {
            if std::env::var_os("ENVSECRETS_WRITE").is_some() {
                std::fs::write(&path, text).unwrap();
            }
            stale.push(file);
        }
    }
    assert!(
        stale.is_empty(),
        "{stale:?} in packaging are stale: `ENVSECRETS_WRITE=1 cargo test manual` renews them"
    );
    let pages = std::fs::read_dir(packaging.join("man")).unwrap();
    let of_commands = |page: &PathBuf| page.extension().is_some_and(|it| it == "1");
    let pages = pages
        .map(|page| page.unwrap().path())
        .filter(of_commands)
        .count();
    assert_eq!(pages, known.len(), "no page of a command that is gone");
}

#[test]
fn the_man_page_has_the_date_of_this_version() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("packaging/man/envsecrets.1")).unwrap();
    assert!(page.contains(&format!("\n.Dd {}\n", date())));
}

/// When this version was released, as a man page writes it.
fn date() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let changelog = std::fs::read_to_string(root.join("CHANGELOG.md")).unwrap();
    let heading = concat!("\n## [", env!("CARGO_PKG_VERSION"), "] - ");
    let (_, date) = changelog.split_once(heading).unwrap();
    let [year, month, day] = [&date[..4], &date[5..7], &date[8..10]];
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let month = MONTHS[month.parse::<usize>().unwrap() - 1];
    format!("{month} {}, {year}", day.trim_start_matches('0'))
}
