//! The lines of docs/shell.md, in the shells for which they are.

use std::path::Path;

use crate::support::{ENVSECRETS, Ended, Launch, SENTINEL, World, can, leak, which, world_with};

/// A code block of the page, by its language and its number among those.
fn block(language: &str, number: usize) -> String {
    let page = include_str!("../../docs/shell.md");
    let start = format!("```{language}\n");
    let block = page.split(start.as_str()).nth(number + 1).unwrap();
    block.split("```").next().unwrap().to_owned()
}

/// What a shell could mistake for something else.
const AWKWARD: &str = "it's \\ \\\\ \"q\" $HOME $(id) `id` *\n\n'; false #\\";

/// Secrets, one of which is planted.
fn service() -> World {
    world_with(&[
        ("/dev/app/awkward", AWKWARD),
        ("/dev/app/end", "ends with \\"),
        ("/dev/app/text", "one\ntwo\n"),
        ("/dev/app/password", SENTINEL),
    ])
}

/// Prints the variables as a program gets them.
const SHOW: &str = "/usr/bin/env -0";

/// A shell with a script, which finds envsecrets and direnv in its PATH, and keeps all of its files in the
/// directory of the story.
fn shell(world: &World, shell: &str, script: &str) -> Ended {
    let programs = Path::new(ENVSECRETS).parent().unwrap();
    let path = std::env::var("PATH").unwrap();
    let words = match shell {
        "fish" => vec!["--no-config", "-c", script],
        _ => vec!["-c", script],
    };
    let mut launch = world.with_settings(Launch::new(shell, &words));
    launch.command.current_dir(world.directory.path());
    for variable in [
        "XDG_DATA_HOME",
        "XDG_CONFIG_HOME",
        "XDG_CACHE_HOME",
        "TMPDIR",
    ] {
        launch.env(variable, world.directory.path());
    }
    launch.env("PATH", format!("{}:{path}", programs.display()));
    launch.run()
}

/// The value of a variable in what `env -0` printed.
fn variable(ended: &Ended, name: &str) -> Option<String> {
    let text = ended.text();
    let start = format!("{name}=");
    let mut entries = text.split('\0');
    entries.find_map(|it| it.strip_prefix(&start).map(str::to_owned))
}

#[track_caller]
fn has_all(ended: &Ended, what: &str) {
    assert_eq!(ended.code, Some(0), "{what}: {ended:?}");
    for (name, value) in [
        ("AWKWARD", AWKWARD),
        ("END", "ends with \\"),
        ("TEXT", "one\ntwo\n"),
        ("PASSWORD", SENTINEL),
    ] {
        assert_eq!(variable(ended, name).as_deref(), Some(value), "{what}");
    }
}

/// Whether a shell has been installed.
fn has(story: &str, program: &str) -> bool {
    can(
        &format!("{story} in {program}"),
        program,
        which(program).is_some(),
    )
}

/// No file below this directory has a value in it.
fn no_file_has_a_value(directory: &Path) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            no_file_has_a_value(&path);
        } else if let Ok(content) = std::fs::read(&path) {
            assert_eq!(leak(&content), None, "{}", path.display());
        }
    }
}

#[test]
fn a_script_gets_every_value_as_it_is_or_ends() {
    let story = "a_script_gets_every_value_as_it_is_or_ends";
    for (program, lines) in [
        ("sh", block("sh", 1)),
        ("bash", block("sh", 1)),
        ("zsh", block("sh", 1)),
        ("fish", block("fish", 0)),
    ] {
        if !has(story, program) {
            continue;
        }
        let world = service();
        let ended = shell(&world, program, &format!("{lines}{SHOW}"));
        has_all(&ended, program);
        assert_eq!(ended.stderr, "", "{program}");
        no_file_has_a_value(world.directory.path());
        // Nothing is set, and what follows is not run.
        let fails = lines.replace("/dev/app", "/dev/none");
        assert_ne!(fails, lines);
        let ended = shell(&world, program, &format!("{fails}echo went on"));
        assert_ne!(ended.code, Some(0), "{program}: {ended:?}");
        assert_eq!(ended.text(), "", "{program}");
        assert!(
            ended
                .stderr
                .contains("no parameters exist below `/dev/none`"),
            "{ended:?}"
        );
    }
}

#[test]
fn a_shell_of_its_own_has_the_secrets_until_it_ends() {
    let story = "a_shell_of_its_own_has_the_secrets_until_it_ends";
    for program in ["bash", "zsh", "fish"] {
        if !has(story, program) {
            continue;
        }
        let world = service();
        let line = block("sh", 0);
        let inner = line
            .trim_end()
            .replace("-- bash", &format!("-- {program} -c '{SHOW}'"));
        assert_ne!(inner, line.trim_end());
        has_all(&shell(&world, program, &inner), program);
        let after = format!("{}; {SHOW}", inner.replace(SHOW, "true"));
        let ended = shell(&world, program, &after);
        assert_eq!(variable(&ended, "PASSWORD"), None, "{program}");
        assert_eq!(ended.code, Some(0), "{ended:?}");
    }
}

/// What each shell runs before a prompt, as the hook of direnv has it.
fn prompt(program: &str) -> String {
    match program {
        "fish" => "direnv export fish | source".to_owned(),
        program => format!("eval \"$(direnv export {program})\""),
    }
}

#[test]
fn direnv_loads_secrets_in_a_directory_and_unloads_them_outside() {
    let story = "direnv_loads_secrets_in_a_directory_and_unloads_them_outside";
    if !can(story, "direnv", which("direnv").is_some()) {
        return;
    }
    for program in ["bash", "zsh", "fish"] {
        if !has(story, program) {
            continue;
        }
        let world = service();
        let at = &world.directory;
        at.file("project/.envrc", block("sh", 2), 0o644);
        at.file("project/envsecrets.toml", "path = ['/dev/app']\n", 0o644);
        let prompt = prompt(program);
        let inside = format!("cd project; direnv allow; {prompt}; {SHOW}");
        let ended = shell(&world, program, &inside);
        has_all(&ended, program);
        assert_eq!(leak(ended.stderr.as_bytes()), None, "{ended:?}");
        let outside = format!("cd project; {prompt}; cd ..; {prompt}; {SHOW}");
        let ended = shell(&world, program, &outside);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        for name in ["PASSWORD", "AWKWARD", "DIRENV_DIFF"] {
            assert_eq!(variable(&ended, name), None, "{program} {name}");
        }
        no_file_has_a_value(at.path());
        // What cannot be read is reported, and nothing of it is set.
        at.file("project/envsecrets.toml", "path = ['/dev/none']\n", 0o644);
        let ended = shell(&world, program, &format!("cd project; {prompt}; {SHOW}"));
        assert_eq!(variable(&ended, "PASSWORD"), None, "{program}");
        assert!(
            ended
                .stderr
                .contains("no parameters exist below `/dev/none`"),
            "{ended:?}"
        );
    }
}
