//! Programs that run code by the names that are refused: each row shows that it does.
//!
//! A row whose program is missing is skipped by its name. What the program leaves is a file.

use crate::support::{Ended, World, can, which, world};

/// A program, and a variable by which it runs code.
struct Row {
    name: &'static str,
    /// `{}` is the directory of the story, and `{}/ran` the file that shows that code ran.
    value: &'static str,
    program: &'static [&'static str],
    /// Files that are there before, with their content.
    files: &'static [(&'static str, &'static str)],
    /// Other variables, which the operator sets.
    inherited: &'static [(&'static str, &'static str)],
    /// What is printed of the name.
    why: &'static str,
}

const SHELL: &str = "a shell runs commands that it names";
const TOUCH: &str = "#!/bin/sh\ntouch {}/ran\n";

const ROWS: &[Row] = &[
    Row {
        name: "PS1",
        value: "$(touch {}/ran)",
        program: &["bash", "--norc", "-i"],
        files: &[],
        inherited: &[],
        why: SHELL,
    },
    Row {
        name: "PROMPT_COMMAND",
        value: "touch {}/ran",
        program: &["bash", "--norc", "-i"],
        files: &[],
        inherited: &[],
        why: SHELL,
    },
    Row {
        name: "BASH_ENV",
        value: "$(touch {}/ran)",
        program: &["bash", "-c", "echo x"],
        files: &[],
        inherited: &[],
        why: SHELL,
    },
    Row {
        name: "ENV",
        value: "$(touch {}/ran)",
        program: &["sh", "-i"],
        files: &[],
        inherited: &[],
        why: SHELL,
    },
    Row {
        name: "ZDOTDIR",
        value: "{}",
        program: &["zsh", "-c", "echo x"],
        files: &[(".zshenv", "touch {}/ran")],
        inherited: &[],
        why: SHELL,
    },
    Row {
        name: "LESSOPEN",
        value: "||-touch {}/ran; cat %s",
        program: &["less", "text"],
        files: &[("text", "x\n")],
        inherited: &[],
        why: "less takes options from it",
    },
    Row {
        name: "TAR_OPTIONS",
        value: "--checkpoint=1 --checkpoint-action=exec='touch {}/ran'",
        program: &["tar", "-cf", "archive.tar", "text"],
        files: &[("text", "x\n")],
        inherited: &[],
        why: "tar takes options from it",
    },
    Row {
        name: "MAKEFLAGS",
        value: "--eval=$$(shell\\ touch\\ {}/ran)",
        program: &["make", "-f", "empty"],
        files: &[("empty", "all:\n")],
        inherited: &[],
        why: "make takes options from it",
    },
    Row {
        name: "MAKEFILES",
        value: "{}/more",
        program: &["make", "-f", "empty"],
        files: &[("empty", "all:\n"), ("more", "$(shell touch {}/ran)\n")],
        inherited: &[],
        why: "make takes options from it",
    },
    Row {
        name: "CC",
        value: "touch {}/ran;",
        program: &["make", "-B", "-f", "empty", "x.o"],
        files: &[("empty", "all:\n"), ("x.c", "")],
        inherited: &[],
        why: "make runs commands that it names",
    },
    Row {
        name: "TARGET_ARCH",
        value: "; touch {}/ran;",
        program: &["make", "-B", "-f", "empty", "x.o"],
        files: &[("empty", "all:\n"), ("x.c", "")],
        inherited: &[],
        why: "make runs commands that it names",
    },
    Row {
        name: "OUTPUT_OPTION",
        value: "; touch {}/ran;",
        program: &["make", "-B", "-f", "empty", "x.o"],
        files: &[("empty", "all:\n"), ("x.c", "")],
        inherited: &[],
        why: "make runs commands that it names",
    },
    Row {
        name: "GIT_DIFFTOOL_EXTCMD",
        value: "touch {}/ran;",
        program: &[
            "git",
            "-c",
            "diff.tool=none",
            "-c",
            "difftool.none.cmd=true",
            "difftool",
            "--no-prompt",
            "--no-index",
            "text",
            "other",
        ],
        files: &[("text", "x\n"), ("other", "y\n")],
        inherited: &[],
        why: "git runs commands that it names",
    },
    Row {
        name: "VIMINIT",
        value: "silent !touch {}/ran",
        program: &["vi", "-T", "dumb", "-c", "qa!"],
        files: &[],
        inherited: &[],
        why: "vim runs commands that it names",
    },
    Row {
        name: "GIT_SSH_COMMAND",
        value: "touch {}/ran;",
        program: &["git", "ls-remote", "ssh://host.invalid/x"],
        files: &[],
        inherited: &[],
        why: "git runs commands that it names",
    },
    Row {
        name: "EDITOR",
        value: "touch {}/ran;",
        program: &["git", "config", "--file", "text", "--edit"],
        files: &[("text", "")],
        inherited: &[],
        why: "any program runs commands that it names",
    },
    Row {
        name: "PAGER",
        value: "touch {}/ran;",
        program: &["script", "-qec", "git --paginate version", "/dev/null"],
        files: &[],
        inherited: &[("TERM", "xterm")],
        why: "any program runs commands that it names",
    },
    Row {
        name: "XDG_CONFIG_HOME",
        value: "{}",
        program: &["git", "shown"],
        files: &[("git/config", "[alias]\nshown = !touch {}/ran\n")],
        inherited: &[],
        why: "any program reads files that it names",
    },
    Row {
        name: "npm_config_node_options",
        value: "--require={}/required.js",
        program: &["npm", "run", "empty"],
        files: &[
            ("package.json", r#"{"scripts":{"empty":"node empty.js"}}"#),
            ("empty.js", ""),
            ("required.js", "require('fs').writeFileSync('{}/ran', '')"),
        ],
        inherited: &[],
        why: "npm takes options from it",
    },
    Row {
        name: "NPM_CONFIG_SCRIPT_SHELL",
        value: "{}/script",
        program: &["npm", "run", "empty"],
        files: &[
            ("package.json", r#"{"scripts":{"empty":"true"}}"#),
            ("script", TOUCH),
        ],
        inherited: &[],
        why: "npm takes options from it",
    },
    Row {
        name: "SSH_ASKPASS",
        value: "{}/script",
        program: &[
            "sh",
            "-c",
            "rm -f key; ssh-keygen -q -t ed25519 -N long-enough -f key && ssh-keygen -y -f key",
        ],
        files: &[("script", TOUCH)],
        inherited: &[("DISPLAY", ":0"), ("SSH_ASKPASS_REQUIRE", "force")],
        why: "ssh runs commands that it names",
    },
    Row {
        name: "CURL_HOME",
        value: "{}",
        program: &["curl", "file:///etc/passwd"],
        files: &[(".curlrc", "output = {}/ran\n")],
        inherited: &[],
        why: "curl reads files that it names",
    },
    Row {
        name: "COMPILER_PATH",
        value: "{}",
        program: &["gcc", "-c", "x.c"],
        files: &[("x.c", "int x;\n"), ("as", TOUCH)],
        inherited: &[],
        why: "a compiler looks for programs and libraries where it points",
    },
    Row {
        name: "PYTHONPATH",
        value: "{}",
        program: &["python3", "-c", "0"],
        files: &[("sitecustomize.py", "open('{}/ran', 'w')\n")],
        inherited: &[],
        why: "Python loads code that it names",
    },
    Row {
        name: "BROWSER",
        value: "{}/script",
        program: &["python3", "-m", "webbrowser", "http://localhost"],
        files: &[("script", TOUCH)],
        inherited: &[],
        why: "any program runs commands that it names",
    },
    Row {
        name: "RUBYOPT",
        value: "-r{}/required",
        program: &["ruby", "-e", "0"],
        files: &[("required.rb", "File.write('{}/ran', '')\n")],
        inherited: &[],
        why: "Ruby loads code that it names",
    },
    Row {
        name: "JAVA_TOOL_OPTIONS",
        value: "-Xlog:all=info:file={}/ran",
        program: &["java", "-version"],
        files: &[],
        inherited: &[],
        why: "Java takes options from it",
    },
    Row {
        name: "JDK_JAVA_OPTIONS",
        value: "-Xlog:all=info:file={}/ran",
        program: &["java", "-version"],
        files: &[],
        inherited: &[],
        why: "Java takes options from it",
    },
    Row {
        name: "NODE_OPTIONS",
        value: "--require={}/required.js",
        program: &["node", "-e", "0"],
        files: &[("required.js", "require('fs').writeFileSync('{}/ran', '')")],
        inherited: &[],
        why: "Node.js takes options from it",
    },
    Row {
        name: "NODE_REPL_EXTERNAL_MODULE",
        value: "{}/required.js",
        program: &["node", "-i"],
        files: &[("required.js", "require('fs').writeFileSync('{}/ran', '')")],
        inherited: &[],
        why: "Node.js takes options from it",
    },
    Row {
        name: "PERL5OPT",
        value: "-I{} -Mrequired",
        program: &["perl", "-e", "0"],
        files: &[("required.pm", "open(my $file, '>', '{}/ran'); 1;\n")],
        inherited: &[],
        why: "Perl takes options from it",
    },
];

/// A world whose directory has the files of a row.
fn prepared(row: &Row) -> World {
    let world = world();
    let place = world.directory.path().to_str().unwrap().to_owned();
    for (name, content) in row.files {
        let content = content.replace("{}", &place);
        world.directory.file(name, content, 0o755);
    }
    let value = row.value.replace("{}", &place);
    world.store.plant(&format!("/p/{}", row.name), &value);
    world
}

/// Whether code ran, in a launch with these options.
fn runs(world: &World, row: &Row, options: &str) -> (bool, Ended) {
    let ran = world.directory.path().join("ran");
    let _ = std::fs::remove_file(&ran);
    let mut launch = world.launch(&format!("{options} --case keep"), row.program);
    launch.command.current_dir(world.directory.path());
    launch.env("HOME", world.directory.path().join("home"));
    for (name, value) in row.inherited {
        launch.env(name, value);
    }
    let ended = launch.run();
    (ran.exists(), ended)
}

#[test]
fn programs_run_code_by_the_names_that_are_refused() {
    let story = "programs_run_code_by_the_names_that_are_refused";
    let mut harmless = Vec::new();
    for row in ROWS {
        let world = prepared(row);
        let program = row.program[0];
        if !can(story, program, which(program).is_some()) {
            continue;
        }
        let name = row.name;
        world.store.plant("/other/x", "x");
        let (ran, ended) = runs(&world, row, "--path /other");
        assert!(!ran, "{program} without {name}: {ended:?}");
        let (ran, ended) = runs(&world, row, "--path /p");
        let expected = format!(
            "envsecrets: error: parameter `/p/{name}` would become {name}, which can run code: {}\n{}",
            row.why,
            super::ALLOW_CODE
        );
        assert_eq!(ended.failed(65), expected, "{program}");
        assert!(!ran, "{program} with {name}, which was refused");
        let options = format!("--path /p --allow-name {name}");
        let (ran, ended) = runs(&world, row, &options);
        if !ran {
            harmless.push(format!(
                "{program} with {name}: {} {}",
                ended.text(),
                ended.stderr
            ));
        }
    }
    assert_eq!(harmless, Vec::<String>::new());
}
