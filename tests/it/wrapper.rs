//! Standing before a program that someone else calls: as an exec wrapper, and in the first line of a
//! script.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::support::{ENVSECRETS, Launch, OTHER_SENTINEL, SENTINEL, World, demo, which};

/// Runs what a wrapper runs, with the settings in variables.
fn wrapped(world: &World, words: &[&str]) -> Launch {
    let mut launch = world.envsecrets(words);
    launch.env("ENVSECRETS_PATH", "/prd/app");
    launch
}

/// Writes an executable script.
fn script(world: &World, name: &str, text: &str) -> PathBuf {
    let path = world.directory.path().join(name);
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_first_word_with_a_slash_is_the_program() {
    let world = demo();
    let sh = which("sh").unwrap();
    let show = r#"echo "$A|$B|$*""#;
    for words in [
        [text(&sh), "-c", show, "--", "--path"],
        [text(&sh), "-c", show, "-", "--path"],
    ] {
        let ended = wrapped(&world, &words).run();
        assert_eq!(ended.ok(), format!("{SENTINEL}|{OTHER_SENTINEL}|--path\n"));
    }
    // Relative to the working directory, as a shell has it.
    script(&world, "serve", "#!/bin/sh\necho \"$A\"\n");
    let mut launch = wrapped(&world, &["./serve"]);
    launch.command.current_dir(world.directory.path());
    assert_eq!(launch.run().ok(), format!("{SENTINEL}\n"));
}

#[test]
fn an_entrypoint_takes_options_commands_and_programs() {
    let world = demo();
    let run = |words: &[&str]| {
        let words: Vec<&str> = ["--entrypoint"].iter().chain(words).copied().collect();
        wrapped(&world, &words).run()
    };
    // What CMD has, or what a user gives instead.
    let show = ["sh", "-c", r#"echo "$A $*""#, "-", "--version"];
    assert_eq!(run(&show).ok(), format!("{SENTINEL} --version\n"));
    assert!(run(&["--version"]).ok().starts_with("envsecrets "));
    assert!(run(&["--help"]).ok().contains("--path"));
    assert!(run(&["check"]).ok().contains("/prd/app/a"));
    assert!(run(&["check", "--help"]).ok().contains("check"));
    assert_eq!(run(&["help"]).ok(), run(&["--help"]).ok());
    assert_eq!(run(&["version"]).ok(), run(&["--version"]).ok());
    assert_eq!(run(&["--require", "A", "--", "echo", "x"]).ok(), "x\n");
    // A program with the name of a command.
    let check = script(&world, "check", "#!/bin/sh\necho program\n");
    assert_eq!(run(&[text(&check)]).ok(), "program\n");
    assert_eq!(run(&["--", text(&check)]).ok(), "program\n");
    assert!(run(&[]).failed_at_once(64).contains("no program given"));
    // Anywhere else it is no option.
    let ended = world
        .envsecrets(&["--path", "/prd/app", "--entrypoint", "--", "true"])
        .run();
    assert_eq!(ended.code, Some(64), "{ended:?}");
}

#[test]
fn a_first_word_that_is_no_file_is_explained() {
    let world = demo();
    let ended = wrapped(&world, &["/nowhere/python3", "-u"]).run();
    assert_eq!(
        ended.failed_at_once(127),
        "envsecrets: error: `/nowhere/python3`: no such file\n"
    );
    // A path of parameters is no program, and neither is a place.
    for word in ["/prd/app", "ssm:///prd/app/"] {
        let ended = world.envsecrets(&[word, "--", "true"]).run();
        assert_eq!(
            ended.failed_at_once(64),
            format!(
                "envsecrets: error: unexpected argument `{word}` found\n\
                 envsecrets: hint: put the program after `--`: envsecrets --path /prd/app -- PROGRAM\n"
            )
        );
    }
    // Only the very first word is a program.
    let ended = wrapped(&world, &["--verbose", "/bin/true"]).run();
    assert!(
        ended
            .failed_at_once(64)
            .contains("unexpected argument `/bin/true` found")
    );
}

#[test]
fn a_script_names_who_interprets_it() {
    let world = demo();
    let line = format!("#!/usr/bin/env -S {ENVSECRETS} --path=/prd/app -- sh");
    let script = script(&world, "run", &format!("{line}\necho \"$A $1\"\n"));
    let mut launch = world.with_settings(Launch::new(&script, &["one"]));
    assert_eq!(launch.run().ok(), format!("{SENTINEL} one\n"));
    // It may be started by us too, which asks twice and does not end in a circle.
    let ended = wrapped(&world, &["--", text(&script), "two"]).run();
    assert_eq!(ended.ok(), format!("{SENTINEL} two\n"));
}

#[test]
fn a_script_that_would_start_us_for_ever_is_refused() {
    let world = demo();
    let link = world.directory.path().join("link");
    std::os::unix::fs::symlink(ENVSECRETS, &link).unwrap();
    let directory = Path::new(ENVSECRETS).parent().unwrap();
    let by_path = format!("PATH={}:/usr/bin:/bin", text(directory));
    for (number, line) in [
        ENVSECRETS.to_owned(),
        format!("{ENVSECRETS} --"),
        text(&link).to_owned(),
        format!("/usr/bin/env {ENVSECRETS}"),
        format!("/usr/bin/env -S {ENVSECRETS} --path=/prd/app --"),
        format!("/usr/bin/env -S A=1 {ENVSECRETS} --"),
        "/usr/bin/env envsecrets".to_owned(),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("run{number}");
        let script = script(&world, &name, &format!("#!{line}\necho\n"));
        let path = by_path.trim_start_matches("PATH=");
        for words in [&["--", text(&script)][..], &[text(&script)]] {
            let mut launch = wrapped(&world, words);
            launch.env("PATH", path);
            assert_eq!(
                launch.run().failed_at_once(126),
                format!(
                    "envsecrets: error: `{}` would start envsecrets for ever: its first line is `#!{line}`\n\
                     envsecrets: hint: write which program interprets it: `#!/usr/bin/env -S envsecrets \
                     --path=/prd/app -- python3`\n",
                    text(&script)
                )
            );
        }
        let mut check = world.envsecrets(&["check", "--path", "/prd/app", "--", text(&script)]);
        check.env("PATH", path);
        assert_eq!(check.run().code, Some(126), "{line}");
        // As the kernel starts it.
        let mut launch = world.with_settings(Launch::new(&script, &[] as &[&str]));
        launch.env("ENVSECRETS_PATH", "/prd/app").env("PATH", path);
        let ended = launch.run();
        assert!(matches!(ended.code, Some(64 | 126)), "{line}: {ended:?}");
    }
    // An interpreter that is a script itself leads there too.
    let inner = script(&world, "inner", &format!("#!{ENVSECRETS} --\n"));
    let outer = script(&world, "outer", &format!("#!{}\n", text(&inner)));
    let ended = wrapped(&world, &[text(&outer)]).run();
    assert_eq!(ended.code, Some(126), "{ended:?}");
}
