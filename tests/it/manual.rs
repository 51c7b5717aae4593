//! What is packaged with the program, read by its readers: the man
//! page by man(1), completions by the shells.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::support::{Directory, ENVSECRETS, Launch, can, which};

fn packaged(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("packaging")
        .join(name)
}

/// What is typed after `envsecrets`, with tabs, and what stands there in the end. `demo-program` is
/// a program that has options of its own, and the shell knows them.
const TYPED: [(&str, &str); 10] = [
    ("--name-f\tpath", "--name-from path"),
    ("--name-from l\t", "--name-from leaf"),
    ("--name-from=l\t", "--name-from=leaf"),
    ("--profile prod\t", "--profile production"),
    ("--unset ONLY_H\t", "--unset ONLY_HERE"),
    ("che\t --form\t js\t", "check --format json"),
    (
        "--path /x -- demo-pro\t --alp\t",
        "--path /x -- demo-program --alpha",
    ),
    ("ge\t --nul\t", "get --null"),
    ("get --profile prod\t", "get --profile production"),
    (
        "check -- demo-program only-t\t",
        "check -- demo-program only-this-file",
    ),
];

/// A home directory with an AWS profile, a program, and these files for a shell.
fn home(files: &[(&str, &str)]) -> Directory {
    let home = Directory::new();
    let config = "[default]\nregion = eu-central-1\n[profile production]\n";
    home.file(".aws/config", config, 0o644);
    home.file("only-this-file", "", 0o644);
    home.file("bin/demo-program", "#!/bin/sh\n", 0o755);
    for (name, content) in files {
        home.file(name, content, 0o644);
    }
    home
}

fn at_home(home: &Directory, program: &str, arguments: &[&str]) -> Launch {
    let mut launch = Launch::new(program, arguments);
    let path = std::env::var("PATH").unwrap();
    launch.command.current_dir(home.path());
    launch
        .env(
            "PATH",
            format!("{}:{path}", home.path().join("bin").display()),
        )
        .env("HOME", home.path())
        .env("ZDOTDIR", home.path())
        .env("TERM", "vt100")
        .env("ONLY_HERE", "1")
        .env("COMPLETIONS", packaged("completions"));
    launch
}

/// Types into a shell at a terminal, and gives the arguments that each `envsecrets` got.
fn typed(home: &Directory, shell: &str) -> Vec<String> {
    let command = ["--quiet", "--return", "--command", shell, "/dev/null"];
    let mut launch = at_home(home, "script", &command);
    launch.command.stdin(Stdio::piped());
    let mut running = launch.start();
    let mut keys = running.child.stdin.take().unwrap();
    for (line, _) in TYPED {
        writeln!(keys, "envsecrets {line}").unwrap();
    }
    writeln!(keys, "exit").unwrap();
    let ended = running.end();
    drop(keys);
    let got = std::fs::read_to_string(home.path().join("got"));
    let got = got.unwrap_or_else(|error| panic!("{error}: {}", ended.text()));
    got.lines().map(str::to_owned).collect()
}

fn expected() -> Vec<&'static str> {
    TYPED.map(|(_, line)| line).to_vec()
}

#[test]
fn bash_completes_options_and_then_the_program() {
    const LIBRARY: &str = "/usr/share/bash-completion/bash_completion";
    let story = "bash_completes_options_and_then_the_program";
    let there = which("script").is_some() && which("bash").is_some();
    let there = there && Path::new(LIBRARY).exists();
    if !can(story, "bash, bash-completion and script(1)", there) {
        return;
    }
    const RC: &str = "PS1='$ '
        complete -W '--alpha --beta' -o default demo-program
        envsecrets() { echo \"$*\" >>~/got; }
        . \"$COMPLETIONS/envsecrets.bash\"\n";
    let rc = format!(". {LIBRARY}\n{RC}");
    let bash = "bash --noprofile --rcfile ~/bashrc -i";
    assert_eq!(typed(&home(&[("bashrc", &rc)]), bash), expected());
    // Without the library bash completes the program's name, and files.
    let without: Vec<String> = typed(&home(&[("bashrc", RC)]), bash);
    let mut files = expected();
    files[6] = "--path /x -- demo-program --alp";
    assert_eq!(without, files);
}

#[test]
fn zsh_completes_options_and_then_the_program() {
    let story = "zsh_completes_options_and_then_the_program";
    let there = which("script").is_some() && which("zsh").is_some();
    if !can(story, "zsh and script(1)", there) {
        return;
    }
    const RC: &str = "PS1='$ '
        fpath=($COMPLETIONS $fpath)
        autoload -Uz compinit && compinit -u -d ~/dump
        _demo() { _arguments '--alpha[first]' '--beta[second]' '*:file:_files' }
        compdef _demo demo-program
        envsecrets() { print -r -- \"$*\" >>~/got }\n";
    let mut with_equals = expected();
    with_equals[0] = "--name-from=path";
    assert_eq!(typed(&home(&[(".zshrc", RC)]), "zsh -i"), with_equals);
}

#[test]
fn fish_completes_options_and_then_the_program() {
    let story = "fish_completes_options_and_then_the_program";
    if !can(story, "fish", which("fish").is_some()) {
        return;
    }
    let home = home(&[]);
    let mut requested = String::from(
        "source $COMPLETIONS/envsecrets.fish
        complete -c demo-program -l alpha
        complete -c demo-program -l beta\n",
    );
    for (line, _) in TYPED {
        // Only the last tab: what fish offers there.
        if let Some((before, "")) = line.rsplit_once('\t') {
            let before = before.replace("\t", "");
            let before = before.replace("che --form ", "check --format ");
            let before = before.replace("ge --nul", "get --nul");
            let before = before.replace("demo-pro ", "demo-program ");
            requested.push_str(&format!("complete -C 'envsecrets {before}' | cut -f 1\n"));
        }
    }
    requested.push_str("complete -C 'envsecrets --path /x -- demo-pro' | cut -f 1\n");
    requested.push_str("complete -C 'envsecrets ch' | cut -f 1\n");
    let mut launch = at_home(&home, "fish", &["--no-config", "--command", &requested]);
    launch.env("XDG_CONFIG_HOME", home.path());
    let offered = launch.run();
    let offered: Vec<String> = offered.ok().lines().map(str::to_owned).collect();
    let expected = [
        "leaf",
        "--name-from=leaf",
        "production",
        "ONLY_HERE",
        "json",
        "--alpha",
        "--null",
        "production",
        "only-this-file",
        "demo-program",
        "check",
    ];
    assert_eq!(offered, expected);
}

/// All man pages: that of a launch, and one for each command.
fn pages() -> Vec<PathBuf> {
    let mut pages: Vec<PathBuf> = std::fs::read_dir(packaged("man"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    pages.sort();
    assert!(pages.len() > 1);
    pages
}

#[test]
fn the_man_pages_are_good_mdoc() {
    let story = "the_man_pages_are_good_mdoc";
    if !can(story, "mandoc", which("mandoc").is_some()) {
        return;
    }
    for page in pages() {
        let arguments = ["-T", "lint", "-W", "style", page.to_str().unwrap()];
        let ended = Launch::new("mandoc", &arguments).run();
        let printed = ended.text() + &ended.stderr;
        // Which other pages are installed here does not concern this one.
        let complaints = printed.lines().filter(|line| {
            !line.contains("referenced manual not found") && !line.contains("mandoc.db")
        });
        assert_eq!(complaints.collect::<Vec<_>>(), Vec::<&str>::new());
    }
}

#[test]
fn the_man_page_of_a_command_has_what_its_help_has() {
    let story = "the_man_page_of_a_command_has_what_its_help_has";
    if !can(story, "man", which("man").is_some()) {
        return;
    }
    for page in pages() {
        let name = page.file_name().unwrap().to_str().unwrap();
        let command = name.strip_prefix("envsecrets-");
        let Some(command) = command.and_then(|it| it.strip_suffix(".1")) else {
            continue;
        };
        let mut launch = Launch::new("man", &["--warnings", "-l", page.to_str().unwrap()]);
        let ended = launch.env("MANWIDTH", "80").env("LC_ALL", "C").run();
        assert_eq!(ended.stderr, "");
        let text = ended.text();
        for heading in [
            "NAME",
            "SYNOPSIS",
            "DESCRIPTION",
            "OPTIONS",
            "EXIT STATUS",
            "EXAMPLES",
        ] {
            assert!(
                text.contains(&format!("\n{heading}\n")),
                "{name}: {heading}"
            );
        }
        let help = Launch::new(ENVSECRETS, &[command, "--help"]).run().ok();
        let flags = help.lines().map(str::trim_start);
        // What an option may be is a list of its own.
        let flags = flags.filter(|line| line.starts_with('-') && !line.starts_with("- "));
        for flag in flags {
            let long = flag.split("--").nth(1).unwrap();
            let long = long.split([' ', '[', '=']).next().unwrap();
            assert!(text.contains(&format!("--{long}")), "{name}: --{long}");
        }
    }
}

#[test]
fn the_man_page_is_read_with_man() {
    let story = "the_man_page_is_read_with_man";
    if !can(story, "man", which("man").is_some()) {
        return;
    }
    let page = packaged("man/envsecrets.1");
    let mut launch = Launch::new("man", &["--warnings", "-l", page.to_str().unwrap()]);
    let text = launch.env("MANWIDTH", "80").env("LC_ALL", "C").run().ok();
    // The head and the foot of the page have columns, and text stands further in.
    let is_heading = |line: &&str| line.starts_with(char::is_uppercase) && !line.contains("  ");
    let headings: Vec<&str> = text.lines().filter(is_heading).collect();
    let expected = [
        "NAME",
        "SYNOPSIS",
        "DESCRIPTION",
        "OPTIONS",
        "ENVIRONMENT",
        "FILES",
        "EXIT STATUS",
        "EXAMPLES",
        "SECURITY",
        "SEE ALSO",
    ];
    assert_eq!(headings, expected);
    // An option can be copied from it and typed.
    assert!(text.contains("\n     --optional-path PATH\n"), "{text}");
    assert!(text.contains("\n     -v, --verbose\n"), "{text}");
    assert!(text.contains("--preserve-env[=GLOB,...]"), "{text}");
}
