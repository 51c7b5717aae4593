//! The papers that are handed out with the program: its man page and what completes its command
//! line in shells. Their prose and their logic are written by hand; the options in them are made
//! here.

use std::fmt::Write as _;
use std::path::Path;

use clap::{Arg, ArgAction, Command};

/// Where the part of a paper that is made here begins and ends, whatever its comments look like.
const FROM: &str =
    "Made from src/cli.rs from here; `ENVSECRETS_WRITE=1 cargo test papers` renews it.";
const TO: &str = "To here.";

/// The options of the program.
struct Known {
    both: Vec<Arg>,
    launch_only: Vec<Arg>,
    check_only: Vec<Arg>,
}

fn known() -> Known {
    let mut command = super::command();
    command.build();
    let options = |command: &Command| -> Vec<Arg> {
        let arguments = command.get_arguments().filter(|it| !it.is_positional());
        arguments.cloned().collect()
    };
    let launch = options(&command);
    let check = options(command.find_subcommand("check").unwrap());
    let is_in = |list: &[Arg], it: &Arg| list.iter().any(|other| other.get_id() == it.get_id());
    let (both, launch_only) = launch
        .iter()
        .cloned()
        .partition(|argument| is_in(&check, argument));
    let check_only = check.into_iter().filter(|it| !is_in(&launch, it)).collect();
    Known {
        both,
        launch_only,
        check_only,
    }
}

fn long(argument: &Arg) -> &str {
    argument.get_long().unwrap()
}

/// The variable that stands for an option; those that only print have none.
fn variable(argument: &Arg) -> Option<String> {
    let prints = matches!(argument.get_action(), ArgAction::Help | ArgAction::Version);
    (!prints).then(|| {
        let name = long(argument).to_uppercase().replace('-', "_");
        format!("{}{name}", super::PREFIX)
    })
}

/// What the value of an option is called, if it has one.
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

/// Text as mdoc: what is in backticks stands out, and nothing is taken for a request.
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
                lines.extend(filled(&sentence));
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
    text.push_str(&mdoc(&with_stop(&about(argument))));
    let long_help = argument.get_long_help().map(ToString::to_string);
    if let Some((_, more)) = long_help.as_deref().and_then(|it| it.split_once("\n\n")) {
        text.push_str(&mdoc(&with_stop(more)));
    }
    let choices = choices(argument);
    if !choices.is_empty() {
        let all: Vec<String> = choices.iter().map(|it| format!(".Cm {it}")).collect();
        writeln!(text, "One of\n{} .", all.join(" ,\n")).unwrap();
        let default = argument.get_default_values()[0].to_str().unwrap();
        writeln!(text, "The default is\n.Cm {default} .").unwrap();
    }
    if let Some(variable) = variable(argument) {
        writeln!(text, "Variable:\n.Ev {variable} .").unwrap();
    }
    text
}

/// The options of the man page, under the headings of the help.
fn manual(known: &Known) -> String {
    let mut text = String::new();
    let mut heading = "";
    let of_launch = known.both.iter().chain(&known.launch_only);
    let of_launch = of_launch.map(|it| (it.get_help_heading().unwrap(), it));
    let of_check = known.check_only.iter().map(|it| ("For check alone", it));
    for (own, argument) in of_launch.chain(of_check) {
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

/// What bash needs to know: lists of the options, and what the values of some can be.
fn bash(known: &Known) -> String {
    let list = |arguments: &[&Arg]| -> String {
        let names = arguments.iter().map(|it| format!("--{}", long(it)));
        names.collect::<Vec<_>>().join(" ")
    };
    let refs = |arguments: &[Arg]| -> String { list(&arguments.iter().collect::<Vec<_>>()) };
    let all: Vec<&Arg> = known
        .both
        .iter()
        .chain(&known.launch_only)
        .chain(&known.check_only)
        .collect();
    let mut valued = all.clone();
    valued.retain(|it| value(it).is_some() && !is_optional(it));
    let mut text = String::new();
    for (name, options) in [
        ("both", refs(&known.both)),
        ("launch", refs(&known.launch_only)),
        ("check", refs(&known.check_only)),
        ("valued", list(&valued)),
    ] {
        writeln!(text, "_envsecrets_{name}='{options}'").unwrap();
    }
    text.push_str("_envsecrets_choices() {\n    case $1 in\n");
    for argument in all.iter().filter(|it| !choices(it).is_empty()) {
        let choices = choices(argument).join(" ");
        writeln!(text, "        --{}) echo '{choices}' ;;", long(argument)).unwrap();
    }
    text + "    esac\n}\n"
}

/// The same for zsh, in the words of `_arguments`.
fn zsh(known: &Known) -> String {
    let mut text = String::new();
    for (name, arguments) in [
        ("both", &known.both),
        ("launch", &known.launch_only),
        ("check", &known.check_only),
    ] {
        writeln!(text, "  local -a {name}=(").unwrap();
        for argument in arguments {
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
                writeln!(text, "    '{either}-{short}[{about}]{value}'").unwrap();
            }
            let flag = format!("{either}{mark}--{long}{equals}");
            writeln!(text, "    '{flag}[{about}]{value}'").unwrap();
        }
        text.push_str("  )\n");
    }
    text
}

fn zsh_value(argument: &Arg) -> String {
    let Some(name) = value(argument) else {
        return String::new();
    };
    let choices = choices(argument).join(" ");
    let action = match long(argument) {
        "profile" => "_envsecrets_profiles".to_owned(),
        "keep" | "unset" | "preserve-env" => "_envsecrets_inherited".to_owned(),
        _ if !choices.is_empty() => format!("({choices})"),
        // Nobody knows, and a file it is not.
        _ => " ".to_owned(),
    };
    let colon = if is_optional(argument) { "::" } else { ":" };
    format!("{colon}{name}:{action}")
}

/// The same for fish.
fn fish(known: &Known) -> String {
    let mut text = String::new();
    for (condition, arguments) in [
        ("__envsecrets_is_ours", &known.both),
        ("__envsecrets_is_launch", &known.launch_only),
        ("__envsecrets_is_check", &known.check_only),
    ] {
        for argument in arguments {
            write!(text, "complete -c envsecrets -n {condition}").unwrap();
            if let Some(short) = argument.get_short() {
                write!(text, " -s {short}").unwrap();
            }
            write!(text, " -l {}", long(argument)).unwrap();
            if value(argument).is_some() && !is_optional(argument) {
                text.push_str(" -x");
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
    }
    text
}

#[test]
fn the_options_in_the_papers_are_those_of_the_program() {
    let known = known();
    let mut stale = Vec::new();
    for (file, made) in [
        ("man/envsecrets.1", manual(&known)),
        ("completions/envsecrets.bash", bash(&known)),
        ("completions/_envsecrets", zsh(&known)),
        ("completions/envsecrets.fish", fish(&known)),
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("packaging")
            .join(file);
        let committed = std::fs::read_to_string(&path).unwrap();
        let mut paper = String::new();
        let mut is_made = false;
        for line in committed.lines() {
            is_made &= !line.ends_with(TO);
            if !is_made {
                writeln!(paper, "{line}").unwrap();
            }
            if line.ends_with(FROM) {
                is_made = true;
                paper.push_str(&made);
            }
        }
        assert!(paper.contains(FROM) && !is_made, "{file}");
        if paper != committed {
            if std::env::var_os("ENVSECRETS_WRITE").is_some() {
                std::fs::write(&path, paper).unwrap();
            }
            stale.push(file);
        }
    }
    assert!(
        stale.is_empty(),
        "{stale:?} in packaging are stale: `ENVSECRETS_WRITE=1 cargo test papers` renews them"
    );
}

#[test]
fn the_man_page_has_the_date_of_this_version() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("packaging/man/envsecrets.1")).unwrap();
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
    let day = day.trim_start_matches('0');
    assert!(page.contains(&format!("\n.Dd {month} {day}, {year}\n")));
}
