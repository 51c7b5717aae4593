//! `envsecrets export`: files, read by the programs that they are for.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

#[cfg(target_os = "linux")]
use crate::support::machine::{self, Machine};
use crate::support::network::alone;
use crate::support::{
    ENVSECRETS, Ended, Fault, Launch, SENTINEL, World, can, entries, leak, which, world_with,
};

/// What quoting gets wrong, each a variable of its own.
const AWKWARD: [(&str, &str); 17] = [
    ("APOSTROPHE", "it's"),
    ("BACKQUOTE", "`id`"),
    ("BACKSLASH", r"a\b\n\\c\"),
    ("BLANKS", "  two  "),
    ("BOTH", r#"'a' "b" \'c\' \"d\""#),
    ("COMMENT", "#a #b"),
    ("DOLLAR", "$HOME ${HOME} $(id) $"),
    ("EQUALS", "a=b=="),
    ("JSON", r#"{"a": ["b\n", 1.0]}"#),
    ("NO", "NO"),
    ("NUMBER", "1.10"),
    ("PERCENT", "%{a} %s ${b}"),
    ("SEVERAL", "-----BEGIN\nMIIB\n\n-----END\n"),
    ("SIGNS", "a; rm -rf b & c | d > e < f ! g * ? [h] {i} ~ (j)"),
    ("TAB", "a\tb"),
    ("UNICODE", "naïve ✓ 😀 \u{feff}\u{2028}\u{85}"),
    ("YES", "\"y\""),
];

/// What readers of .env files read differently, whatever the quotes.
const DIFFERENT: [&str; 5] = ["BACKSLASH", "BOTH", "DOLLAR", "PERCENT", "UNICODE"];

/// A Parameter Store with these variables.
fn detailed(variables: &[(&str, &str)]) -> World {
    let world = world_with(&[]);
    for (name, value) in variables {
        world.store.put(&format!("/a/{name}"), value);
    }
    world
}

fn export(world: &World, options: &str) -> Launch {
    let words: Vec<&str> = ["export", "--path", "/a", "--format"]
        .into_iter()
        .chain(options.split_whitespace())
        .collect();
    world.envsecrets(&words)
}

/// Exports into a file.
fn file(world: &World, format: &str, name: &str) -> PathBuf {
    let path = world.directory.path().join(name);
    let ended = export(world, &format!("{format} --output {}", path.display())).run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.text(), "");
    path
}

/// The awkward ones but for those that a reader has no way to read.
fn all_but<'v>(names: &[&str]) -> Vec<(&'v str, &'v str)> {
    let all = AWKWARD.into_iter();
    all.filter(|(name, _)| !names.contains(name)).collect()
}

/// What is among the output of `env -0` or its like.
#[track_caller]
fn holds(ended: &Ended, variables: &[(&str, &str)]) {
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let seen = entries(&ended.stdout);
    for (name, value) in variables {
        let entry = format!("{name}={value}").into_bytes();
        let near: Vec<_> = seen
            .iter()
            .filter(|it| it.starts_with(format!("{name}=").as_bytes()))
            .map(|it| String::from_utf8_lossy(it).into_owned())
            .collect();
        assert!(
            seen.contains(&entry),
            "{name} should be {value:?}: {near:?}"
        );
    }
}

#[test]
fn shells_give_back_every_character() {
    let mut all = AWKWARD.to_vec();
    let controls: String = ('\u{1}'..='\u{9f}').collect();
    all.push(("CONTROLS", &controls));
    let world = detailed(&all);
    let file = file(&world, "shell", "x.sh");
    for shell in ["dash", "bash", "zsh"] {
        let story = format!("shells_give_back_every_character in {shell}");
        if !can(&story, shell, which(shell).is_some()) {
            continue;
        }
        // As a file, and as it is typed.
        let script = format!(". '{}'; exec env -0", file.display());
        holds(&Launch::new(shell, &["-c", &script]).run(), &all);
        let script = "eval \"$(cat \"$0\")\"; exec env -0";
        let file = file.to_str().unwrap();
        holds(&Launch::new(shell, &["-c", script, file]).run(), &all);
    }
}

#[test]
fn python_reads_yaml_json_and_dotenv_as_they_were_meant() {
    let story = "python_reads_yaml_json_and_dotenv_as_they_were_meant";
    let reads = || {
        Launch::new("python3", &["-c", "import yaml, dotenv"])
            .run()
            .code
            == Some(0)
    };
    let there = which("python3").is_some() && reads();
    if !can(story, "python3 with PyYAML and python-dotenv", there) {
        return;
    }
    let world = detailed(&AWKWARD);
    let print = "for k, v in d.items(): sys.stdout.buffer.write(f'{k}={v}\\0'.encode())";
    for (format, name, load) in [
        ("yaml", "x.yaml", "import yaml; d = yaml.safe_load(open(f))"),
        ("json", "x.json", "import json; d = json.load(open(f))"),
    ] {
        let file = file(&world, format, name);
        let script = format!("import sys; f = sys.argv[1]; {load}\n{print}");
        let ended = Launch::new("python3", &["-c", &script, file.to_str().unwrap()]).run();
        holds(&ended, &AWKWARD);
        assert_eq!(entries(&ended.stdout).len(), AWKWARD.len());
    }
    let easy = all_but(&DIFFERENT);
    let world = detailed(&easy);
    let file = file(&world, "dotenv", "x.env");
    let script = format!("import sys, dotenv; d = dotenv.dotenv_values(sys.argv[1])\n{print}");
    holds(
        &Launch::new("python3", &["-c", &script, file.to_str().unwrap()]).run(),
        &easy,
    );
}

#[test]
fn node_reads_dotenv_as_it_was_meant() {
    let story = "node_reads_dotenv_as_it_was_meant";
    if !can(story, "node", which("node").is_some()) {
        return;
    }
    let world = detailed(&all_but(&DIFFERENT));
    let path = world.directory.path().join("x.env");
    let ended = export(&world, &format!("dotenv --output {}", path.display())).run();
    assert_eq!(
        ended.stderr,
        format!(
            "envsecrets: Ruby's dotenv 2.4 does not read values of several lines: SEVERAL\n\
             envsecrets: wrote 12 variables to `{}`\n",
            path.display()
        )
    );
    let script =
        "for (const [k, v] of Object.entries(process.env)) process.stdout.write(`${k}=${v}\\0`)";
    let flag = format!("--env-file={}", path.display());
    let ended = Launch::new("node", &[&flag, "-e", script]).run();
    holds(&ended, &all_but(&DIFFERENT));
}

#[test]
fn what_readers_of_dotenv_read_differently_is_refused_by_name() {
    let world = detailed(&AWKWARD);
    let ended = export(&world, "dotenv").run();
    let what = "contains a character or quotes that readers of .env files read differently";
    let refused = DIFFERENT.map(|name| format!("envsecrets:   caused by: {name} {what}\n"));
    assert_eq!(
        ended.failed(65),
        format!(
            "envsecrets: error: the format cannot represent all of these values\n{}\
             envsecrets: hint: leave it out with `--exclude GLOB`, or let envsecrets start the \
             program: then no file is needed\n",
            refused.concat()
        )
    );
    assert_eq!(ended.text(), "");
}

#[test]
fn no_shell_that_sources_an_exported_file_runs_anything() {
    let values = [
        ("A", "it's `touch ran`"),
        ("B", "$(touch ran)"),
        ("C", "`touch ran`"),
        ("D", "a; touch ran"),
        ("E", "it's & touch ran"),
    ];
    let world = detailed(&values[1..]);
    let path = file(&world, "dotenv", "x.env");
    let script = "set -a; . \"$1\"; exec env -0";
    for shell in ["bash", "sh"] {
        let words = ["-c", script, shell, path.to_str().unwrap()];
        holds(&Launch::new(shell, &words).run(), &values[1..]);
    }
    assert!(!std::path::Path::new("ran").exists());
    let ended = export(&detailed(&values), "dotenv").run();
    assert_eq!(ended.code, Some(65), "{ended:?}");
}

#[test]
fn java_reads_its_properties_as_they_were_meant() {
    let story = "java_reads_its_properties_as_they_were_meant";
    if !can(story, "java", which("javac").is_some()) {
        return;
    }
    let world = detailed(&AWKWARD);
    let file = file(&world, "properties", "x.properties");
    let program = world.directory.file(
        "Show.java",
        r#"public class Show {
    public static void main(String[] arguments) throws Exception {
        var properties = new java.util.Properties();
        try (var in = new java.io.FileInputStream(arguments[0])) { properties.load(in); }
        for (var name : properties.stringPropertyNames())
            System.out.write((name + "=" + properties.getProperty(name) + "\0").getBytes("UTF-8"));
        System.out.flush();
    }
}
"#,
        0o600,
    );
    let words = [program.to_str().unwrap(), file.to_str().unwrap()];
    holds(&Launch::new("java", &words).run(), &AWKWARD);
}

#[cfg(target_os = "linux")]
#[test]
fn systemd_reads_its_environment_file_as_it_was_meant() {
    let story = "systemd_reads_its_environment_file_as_it_was_meant";
    if !can(story, machine::NEEDS, machine::possible()) {
        return;
    }
    alone(story, || {
        let world = detailed(&AWKWARD);
        let text = std::fs::read_to_string(file(&world, "systemd", "x.env")).unwrap();
        let unit = "[Service]\nType=oneshot\nRemainAfterExit=yes\n\
                    EnvironmentFile=/etc/here/x.env\n\
                    ExecStart=/bin/sh -c 'exec env -0 >/run/seen'\n";
        let machine = Machine::boot(
            &[
                ("/etc/here/x.env", &text),
                ("/etc/systemd/system/show.service", unit),
            ],
            &[],
        );
        machine.start("show");
        machine.until_it_is("show", "active");
        holds(&machine.run(&["cat", "/run/seen"]), &AWKWARD);
    });
}

#[test]
fn python_reads_csv_as_it_was_meant() {
    let story = "python_reads_csv_as_it_was_meant";
    if !can(story, "python3", which("python3").is_some()) {
        return;
    }
    let world = detailed(&AWKWARD);
    let path = file(&world, "csv", "x.csv");
    let program = "import csv, sys\n\
                   for row in csv.DictReader(open(sys.argv[1], newline='')):\n    \
                   sys.stdout.buffer.write(f\"{row['name']}={row['value']}\\0\".encode())\n";
    let words = ["-c", program, path.to_str().unwrap()];
    holds(&Launch::new("python3", &words).run(), &AWKWARD);
}

#[test]
fn what_is_exported_is_imported_as_it_was() {
    let mut all = AWKWARD.to_vec();
    all.push(("RETURNS", "a\r\nb\r"));
    let easy = all_but(&DIFFERENT);
    for (format, name) in [
        ("dotenv", "x.env"),
        ("json", "x.json"),
        ("yaml", "x.yaml"),
        ("properties", "x.properties"),
        ("csv", "x.csv"),
    ] {
        let all = if format == "dotenv" { &easy } else { &all };
        let world = detailed(all);
        let first = file(&world, format, name);
        let other = detailed(&[]);
        let first_text = std::fs::read(&first).unwrap();
        let words = [
            "import",
            first.to_str().unwrap(),
            "--path",
            "/a",
            "--write-rate",
            "1000",
        ];
        let ended = other.envsecrets(&words).run();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let ended = other.launch("--path /a", &["/usr/bin/env", "-0"]).run();
        holds(&ended, all);
        let again = file(&other, format, name);
        assert_eq!(first_text, std::fs::read(again).unwrap(), "{format}");
    }
}

#[test]
fn it_reads_as_a_launch_does() {
    let world = world_with(&[
        ("/base/log-level", "info"),
        ("/base/db/host", "base"),
        ("/app/db/host", "app"),
        ("/app/db/left-out", "x"),
        ("/one", r#"{"user": "u"}"#),
    ]);
    let words = "export --format shell --path /base --path /app --exclude */left-out --prefix X_ \
                 --secret ONE=/one --json P_=/one";
    let words: Vec<&str> = words.split_whitespace().collect();
    assert_eq!(
        world.envsecrets(&words).run().ok(),
        "export ONE='{\"user\": \"u\"}'\nexport P_USER='u'\nexport X_DB_HOST='app'\n\
         export X_LOG_LEVEL='info'\n"
    );
    // With the variables, too.
    let ended = world
        .envsecrets(&["export", "--format", "shell"])
        .env("ENVSECRETS_PATH", "/base")
        .env("ENVSECRETS_ONLY", "db/*")
        .run();
    assert_eq!(ended.ok(), "export DB_HOST='base'\n");
    let ended = world
        .envsecrets(&["export", "--format", "json", "--resolve"])
        .env("DB", "ssm:///app/db/host")
        .env("OTHER", "x")
        .run();
    assert_eq!(ended.ok(), "{\n  \"DB\": \"app\"\n}\n");
    // What the program would have for its fingerprint, too.
    let ended = world
        .envsecrets(&[
            "export",
            "--format",
            "docker",
            "--path",
            "/base",
            "--fingerprint",
            "F",
        ])
        .run();
    let names: Vec<String> = ended
        .ok()
        .lines()
        .map(|it| it.split('=').next().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["DB_HOST", "F", "LOG_LEVEL"]);
    let ended = world
        .envsecrets(&["export", "--format", "json", "--file", "KEY=/one"])
        .run();
    assert_eq!(
        ended.failed(64),
        "envsecrets: error: `--file` makes a file for KEY, and there is no program to use it\n\
         envsecrets: hint: leave it out, or use `--secret` for a variable\n"
    );
    // And all or nothing.
    let ended = world
        .envsecrets(&[
            "export",
            "--format",
            "json",
            "--path",
            "/app",
            "--require",
            "B",
        ])
        .run();
    assert_eq!(
        ended.failed(66).lines().next(),
        Some("envsecrets: error: B is required, but missing")
    );
    let ended = world
        .envsecrets(&["export", "--format", "json", "--path", "/nothing"])
        .run();
    ended.failed(66);
}

#[test]
fn a_value_that_a_format_cannot_hold_is_refused_by_the_name_of_its_variable() {
    let world = detailed(&[
        ("A", "one"),
        ("B", "two\nlines"),
        ("C", "a\r"),
        ("D", "a\u{7}"),
    ]);
    let path = world.directory.path().join("x.env");
    let ended = export(&world, &format!("docker --output {}", path.display())).run();
    assert_eq!(
        ended.failed(65),
        "\
envsecrets: error: the format cannot represent all of these values
envsecrets:   caused by: B contains an end of line
envsecrets:   caused by: C contains a carriage return
envsecrets: hint: leave it out with `--exclude GLOB`, or let envsecrets start the program in the container: then no file is needed
"
    );
    assert!(!path.exists());
    let ended = export(&world, "systemd").run();
    assert_eq!(
        ended.failed(65),
        "\
envsecrets: error: the format cannot represent all of these values
envsecrets:   caused by: C contains a control character
envsecrets:   caused by: D contains a control character
envsecrets: hint: leave it out with `--exclude GLOB`, or let envsecrets start the program: then no file is needed
"
    );
}

#[test]
fn the_rest_is_written_as_it_is_documented() {
    let world = detailed(&[("A", "it's ${x}"), ("B", "b")]);
    for (format, text) in [
        ("docker", "A=it's ${x}\nB=b\n"),
        ("tfvars", "A = \"it's $${x}\"\nB = \"b\"\n"),
        ("github", "A<<END\nit's ${x}\nEND\nB<<END\nb\nEND\n"),
    ] {
        assert_eq!(export(&world, format).run().ok(), text);
    }
}

fn mode(file: &Path) -> u32 {
    file.metadata().unwrap().permissions().mode() & 0o7777
}

#[test]
fn a_file_is_its_owners_alone_and_replaces_another_only_with_overwrite() {
    let world = detailed(&[("A", "one")]);
    let path = world.directory.path().join("x.env");
    let options = format!("docker --output {}", path.display());
    let open = || {
        nix::sys::stat::umask(nix::sys::stat::Mode::empty());
        Ok(())
    };
    let ended = export(&world, &options).before(open).run();
    assert_eq!(
        (ended.code, ended.stderr),
        (
            Some(0),
            format!("envsecrets: wrote 1 variable to `{}`\n", path.display())
        )
    );
    assert_eq!(mode(&path), 0o600);

    world.server.clear_requests();
    let ended = export(&world, &options).run();
    assert_eq!(
        ended.failed(73),
        format!(
            "envsecrets: error: `{}` already exists\n\
             envsecrets: hint: use `--overwrite` to replace it, or give another file\n",
            path.display()
        )
    );
    assert_eq!(world.server.calls(), 0);

    // No wider than it was, through a link too, and never wider than its owner.
    for (before, after) in [(0o644, 0o600), (0o400, 0o400), (0o600, 0o600)] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(before)).unwrap();
        world.store.put("/a/A", &format!("{before}"));
        let link = world.directory.path().join(format!("link{before}"));
        std::os::unix::fs::symlink("x.env", &link).unwrap();
        let options = format!("docker --overwrite --output {}", link.display());
        let ended = export(&world, &options).before(open).run();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert_eq!(mode(&path), after);
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            format!("A={before}\n")
        );
        assert!(link.is_symlink());
    }
    let left = std::fs::read_dir(world.directory.path()).unwrap();
    let left = left.filter(|it| {
        it.as_ref()
            .unwrap()
            .file_name()
            .to_string_lossy()
            .contains("part")
    });
    assert_eq!(left.count(), 0);
}

#[test]
fn a_file_that_cannot_be_written_stays_as_it_was() {
    let world = detailed(&[("A", "one")]);
    let ended = export(&world, "json --output /nowhere/x.json").run();
    assert_eq!(
        ended.failed(74),
        "envsecrets: error: cannot write `/nowhere/x.json`\n\
         envsecrets:   caused by: No such file or directory (os error 2)\n\
         envsecrets: hint: check its permissions and the free space; the file was not changed\n"
    );
    let ended = export(&world, "json --overwrite --output /dev/null").run();
    assert_eq!(
        ended.failed(73),
        "envsecrets: error: `/dev/null` is not a regular file\n\
         envsecrets: hint: leave out `--output`, and redirect standard output there\n"
    );
    // What may be written is less than what there is to write.
    let path = world.directory.file("x.json", "before", 0o600);
    world.store.put("/a/B", &"x".repeat(4000));
    let options = format!("json --overwrite --output {}", path.display());
    let ended = export(&world, &options)
        .before(|| {
            use nix::sys::resource::{Resource, setrlimit};
            use nix::sys::signal::{SigHandler, Signal, signal};
            // SAFETY: to ignore a signal involves no code of ours.
            unsafe { signal(Signal::SIGXFSZ, SigHandler::SigIgn) }?;
            setrlimit(Resource::RLIMIT_FSIZE, 1000, 1000)?;
            Ok(())
        })
        .run();
    ended.failed(74);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "before");
    let left: Vec<_> = std::fs::read_dir(world.directory.path()).unwrap().collect();
    assert_eq!(left.len(), 1);
}

#[test]
fn the_file_of_a_workflow_is_appended_to_and_its_log_masks_values() {
    let world = detailed(&[("A", "one"), ("B", "two 2%\nlines\n")]);
    let path = world.directory.file("env", "X=before\n", 0o644);
    let options = format!("github --mask --output {}", path.display());
    let ended = export(&world, &options).run();
    assert_eq!(
        ended.text(),
        "::add-mask::one\n::add-mask::two 2%25%0Alines%0A\n::add-mask::two 2%25\n::add-mask::lines\n"
    );
    assert_eq!(
        std::fs::read_to_string(&path).unwrap(),
        "X=before\nA<<END\none\nEND\nB<<END\ntwo 2%\nlines\n\nEND\n"
    );
    for options in [
        "github --mask",
        "json --mask --output x",
        "json --overwrite",
        "json --output=",
    ] {
        export(&world, options).run().failed(64);
    }
}

#[test]
fn a_terminal_shows_a_value_only_with_show() {
    let world = detailed(&[("A", SENTINEL)]);
    let shown = |options: &str| {
        let command = format!("{ENVSECRETS} export --path /a --format shell {options}");
        let mut launch = Launch::new("script", &["-qec", &command, "/dev/null"]);
        for (name, value) in world.server.environment() {
            launch.env(name, value);
        }
        launch.env("HOME", world.directory.path());
        launch.env("AWS_EC2_METADATA_DISABLED", "true");
        launch.run()
    };
    let ended = shown("");
    assert_eq!(
        (ended.code, ended.text()),
        (
            Some(64),
            "envsecrets: error: a value would be shown on the terminal\r\n\
             envsecrets: hint: use `--show` to print it anyway, or send it to a pipe or a file\r\n"
                .to_owned()
        )
    );
    assert_eq!(world.server.calls(), 0);
    assert_eq!(shown("--show").text(), format!("export A='{SENTINEL}'\r\n"));
}

#[test]
fn nothing_but_the_export_itself_holds_a_value() {
    const FORMATS: [&str; 10] = [
        "dotenv",
        "json",
        "yaml",
        "shell",
        "systemd",
        "docker",
        "properties",
        "csv",
        "tfvars",
        "github",
    ];
    let awkward = format!("{SENTINEL}'\\\" ${{x}}\r\n\u{7} {SENTINEL}");
    let world = detailed(&[("A", SENTINEL), ("B", &awkward)]);
    for format in FORMATS {
        let path = world.directory.path().join(format);
        let options = format!("{format} --verbose --output {}", path.display());
        let ended = export(&world, &options).env("RUST_LOG", "trace").run();
        assert_eq!(leak(ended.stderr.as_bytes()), None, "{ended:?}");
        assert_eq!(leak(&ended.stdout), None, "{ended:?}");
        assert_eq!(path.exists(), ended.code == Some(0), "{ended:?}");
    }
    let faults = [
        Fault::AccessDenied,
        Fault::KmsAccessDenied,
        Fault::TruncatedJson,
        Fault::LoneSurrogate,
        Fault::InvalidUtf8,
        Fault::NulInValue,
        Fault::NullName,
        Fault::StalledBody,
        Fault::ResetMidBody,
        Fault::ConflictingParameter,
        Fault::OutsidePath,
    ];
    for fault in faults {
        world.server.set_faults([fault.clone().always()]);
        let ended = export(&world, "shell --verbose --timeout 400ms").run();
        assert!(
            ended.code.is_some_and(|code| code > 0),
            "{fault:?} {ended:?}"
        );
        assert_eq!(leak(ended.stderr.as_bytes()), None, "{ended:?}");
        assert_eq!(ended.text(), "false\n");
    }
}

#[test]
fn a_dash_is_standard_output_and_an_empty_name_is_no_file() {
    let world = detailed(&[("A", "x")]);
    let ended = export(&world, "json --output -").run();
    assert_eq!(ended.ok().trim_end(), "{\n  \"A\": \"x\"\n}");
    let words = ["export", "--path", "/a", "--format", "json", "--output", ""];
    assert_eq!(
        world.envsecrets(&words).run().failed(64),
        "envsecrets: error: a value is required for `--output <FILE>` but none was supplied\n\
         envsecrets: hint: see `envsecrets export --help`\n"
    );
}

#[test]
fn a_shell_that_evaluates_the_output_does_not_go_on_after_a_failure() {
    let world = world_with(&[("/a/x", "1"), ("/a/bad-name/0", "1"), ("/b/x", "it's 1")]);
    let evaluated = |options: &str| {
        let script = format!("eval \"$({ENVSECRETS} export {options})\" && echo \"started $X\"");
        let ended = world
            .with_settings(Launch::new("sh", &["-c", &script]))
            .run();
        (ended.code, ended.text())
    };
    let goes_on = (Some(0), "started it's 1\n".to_owned());
    assert_eq!(evaluated("--format shell --path /b"), goes_on);
    for options in [
        // Nothing is there, what is there has no name, nothing was understood, nothing is allowed.
        "--format shell --path /none",
        "--format=shell --path /a --name-from leaf",
        "--format shell --no-such-option",
        "--forma shell --path /b",
        "--format shell --path /b --require NONE --output -",
        "--path /b --region x/y --format shell",
    ] {
        assert_eq!(evaluated(options), (Some(1), String::new()), "{options}");
    }
    // Only a shell gets it.
    for options in [
        "--format json --path /none",
        "--format shell --path /none --output x",
    ] {
        let words: Vec<&str> = ["export"].into_iter().chain(options.split(' ')).collect();
        assert_eq!(world.envsecrets(&words).run().text(), "", "{options}");
    }
}

#[test]
fn a_shell_that_sources_a_file_runs_nothing_of_a_value() {
    let mut written = 0;
    for value in [
        "it's `touch MARK`",
        "it's $(touch MARK)",
        "it's \\$(touch MARK)",
        "it's \"$(touch MARK)\"",
        "$(touch MARK)",
        "`touch MARK`",
        "a; touch MARK",
        "a\ntouch MARK",
        "it's\ntouch MARK",
        "a' ; touch MARK; '",
        "a\" ; touch MARK; \"",
        "${X:=$(touch MARK)}",
        "<(touch MARK)",
        "!touch",
        "~",
        "a\\",
        "it's a\\",
        "#a",
        " a ",
    ] {
        let world = world_with(&[("/a/x", value)]);
        for format in ["dotenv", "shell", "systemd"] {
            let file = world.directory.path().join(format);
            let path = file.to_str().unwrap();
            let words = [
                "export", "--path", "/a", "--format", format, "--output", path,
            ];
            if world.envsecrets(&words).run().code != Some(0) {
                // Refused, which is as good; but a shell can be given anything.
                assert_ne!(format, "shell", "{value}");
                continue;
            }
            written += 1;
            for shell in ["sh", "bash"].into_iter().filter(|it| which(it).is_some()) {
                let script = ". \"$1\"; printf '[%s]' \"$X\"";
                let mut sources = Launch::new(shell, &["-c", script, shell, path]);
                sources.command.current_dir(world.directory.path());
                let ended = sources.run();
                let entries = std::fs::read_dir(world.directory.path()).unwrap();
                let mut names = entries.map(|entry| entry.unwrap().file_name());
                assert!(
                    !names.any(|name| name == "MARK"),
                    "{shell} {format} {value}: {ended:?}"
                );
                assert_eq!(ended.text(), format!("[{value}]"), "{shell} {format}");
            }
        }
    }
    assert!(written > 35, "{written}");
}
