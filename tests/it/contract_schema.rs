//! The schema of a contract and the program: both judge each file alike.
//!
//! The schema cannot know everything: whether a regular expression or a glob is valid, or what one
//! setting means for another. What it can know is in these tables.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::support::{Launch, can, which, world_with};

/// Files that both take.
const TAKEN: &[&str] = &[
    "",
    "path = ['/app']\n",
    "path = []\n",
    "path = ['/']\n",
    "path = ['/prd/app', '/base/']\n",
    "optional-path = ['/a.b-c_d']\n",
    "names = ['prd.app.*']\n",
    "names = ['prd/{a,b}']\n",
    "secret = ['X=/one']\n",
    "secret = ['X=/one:live', 'Y=/one:2']\n",
    "secret = ['X=one']\n",
    "secret = ['X=arn:aws:ssm:us-east-1:123456789012:parameter/one']\n",
    "secret = ['X=/aws/reference/secretsmanager/one']\n",
    "file = ['X=/one']\n",
    "file = ['X=text:/one']\n",
    "file = ['X=base64:/one']\n",
    "file = ['X=/one']\nfile-owner = '0'\n",
    "json = ['/one']\n",
    "json = ['DB_=/one']\n",
    "dotenv = ['/one']\n",
    "dotenv = ['/one']\ndotenv-dialect = 'npm'\n",
    "path = ['/app']\ntimeout = '30s'\n",
    "path = ['/app']\ntimeout = '1m 30s'\n",
    "path = ['/app']\ntimeout = '0'\n",
    "path = ['/app']\ntimeout = '1h30min'\n",
    "path = ['/app']\nstart-jitter = '10ms'\n",
    "path = ['/app']\nstart-jitter = '0'\n",
    "path = ['/app']\nregion = 'eu-west-1'\n",
    "path = ['/app']\nlabel = 'live'\n",
    "path = ['/app']\nonly = ['*']\n",
    "path = ['/app']\nexclude = ['zz', 'db/**']\n",
    "path = ['/app']\nrename = ['a=B']\n",
    "path = ['/app']\nrename = ['/app/a=B']\n",
    "path = ['/app']\nallow-name = ['AWS_*']\n",
    "path = ['/app']\nrequire = ['A']\n",
    "path = ['/app']\nrequire = ['A,B', 'C']\n",
    "path = ['/app']\npreserve-env = true\n",
    "path = ['/app']\npreserve-env = false\n",
    "path = ['/app']\npreserve-env = ['A', 'LOG_*']\n",
    "path = ['/app']\nclean-env = true\nkeep = ['PATH']\n",
    "path = ['/app']\nclean-env = false\n",
    "path = ['/app']\nunset = ['A*']\n",
    "path = ['/app']\nexpand = true\n",
    "path = ['/app']\nresolve = true\n",
    "path = ['/app']\nstrict = true\n",
    "path = ['/app']\nverbose = true\n",
    "path = ['/app']\ncase = 'keep'\n",
    "path = ['/app']\ncase = 'upper'\n",
    "path = ['/app']\nname-from = 'leaf'\n",
    "path = ['/app']\nseparator = '__'\n",
    "path = ['/app']\nseparator = 'x1'\n",
    "path = ['/app']\nprefix = 'TF_VAR_'\n",
    "path = ['/app']\nfingerprint = 'FP'\n",
    "path = ['/app']\n[variables]\n",
    "path = ['/app']\n[variables.A]\n",
    "path = ['/app']\n[variables]\nA = {}\n",
    "path = ['/app']\nvariables.A.required = false\n",
    "path = ['/app']\nvariables = { A = { required = true } }\n",
    "[variables.A]\nfrom = '/one'\n",
    "[variables.A]\nfrom = '/one:live'\nrequired = false\n",
    "[variables.A]\nfrom = '/one'\nfile = true\n",
    "[variables.A]\nfrom = '/one'\nfile = false\n",
    "[variables.A]\nfrom = 'text:/one'\nfile = true\n",
    "[variables.A]\nfrom = 'base64:/one'\nfile = '/dev/shm/x/one'\n",
    "[variables.A]\nfrom = 'base64:/one'\nfile = '/dev/shm/a b'\n",
    "path = ['/app']\n[variables.A]\nfile = false\n",
    "path = ['/app']\n[variables.A]\ndescription = ''\n",
    "path = ['/app']\n[variables.A]\ndescription = \"a \\\" \\\\ \\t \\u00e4\"\n",
    "path = ['/app']\n[variables.A]\ndescription = '''\ntwo\nlines'''\n",
    "path = ['/app']\n[variables.A]\npattern = '.*'\n",
    "path = ['/app']\n[variables.A]\npattern = '\\bfoo\\b|\\p{L}+|.*'\n",
    "path = ['/app']\n[variables.A]\npattern = ''\n",
    "path = ['/app']\n[variables.a_1]\nrequired = false\n",
    "path = ['/app']\n[profiles]\n",
    "path = ['/app']\n[profiles.dev]\n",
    "path = ['/app']\n[profiles.\"a b\"]\npath = ['/dev']\n",
    "path = ['/app']\n[profiles.dev]\npath = []\nregion = false\ntimeout = false\n",
    "path = ['/app']\n[profiles.dev]\ncase = false\nname-from = 'leaf'\nlabel = false\n",
    "path = ['/app']\n[profiles.dev]\nregion = 'eu-west-1'\npreserve-env = true\n",
    "path = ['/app']\n[variables.A]\n[profiles.dev.variables.A]\nrequired = false\n",
    "path = ['/app']\n[variables.A]\n[profiles.dev.variables.A]\npattern = 'x'\n",
    "path = ['/app']\n[variables.A]\n[profiles.dev.variables.A]\npattern = false\nrequired = true\n",
    "path = ['/app']\n[variables.A]\n[profiles.dev.variables]\nA = {}\n",
    "# a comment\r\npath = ['/app']\r\n",
    "path = [\n  '/app', # first\n  '/base',\n]\n",
    "\"path\" = [\"/app\"]\n",
];

/// Files that both refuse.
const REFUSED: &[&str] = &[
    "pth = ['/app']\n",
    "Path = ['/app']\n",
    "optional_path = ['/app']\n",
    "path = '/app'\n",
    "path = ['prd/app']\n",
    "path = ['']\n",
    "path = ['/a b']\n",
    "path = ['/app', 1]\n",
    "path = [['/app']]\n",
    "path = { a = 1 }\n",
    "path = [\"/a\\u0000\"]\n",
    "optional-path = ['app']\n",
    "names = ['*']\n",
    "names = ['prd.app']\n",
    "names = ['']\n",
    "secret = ['X']\n",
    "secret = ['=/one']\n",
    "secret = ['X=']\n",
    "secret = ['X=/one:']\n",
    "secret = ['1X=/one']\n",
    "secret = ['X Y=/one']\n",
    "secret = ['X=/a b']\n",
    "secret = 'X=/one'\n",
    "secret = ['X=/']\n",
    "file = ['X']\n",
    "file = ['X=']\n",
    "file = ['X=/one@/dev/shm/']\n",
    "file = true\n",
    "file-owner = 1000\n",
    "path = ['/app']\nfile-owner = ''\n",
    "json = ['']\n",
    "json = ['D-B=/one']\n",
    "dotenv = ['']\n",
    "path = ['/app']\ndotenv-dialect = 'ruby'\n",
    "path = ['/app']\ntimeout = 'soon'\n",
    "path = ['/app']\ntimeout = '30'\n",
    "path = ['/app']\ntimeout = 30\n",
    "path = ['/app']\ntimeout = ''\n",
    "path = ['/app']\ntimeout = '-1s'\n",
    "path = ['/app']\ntimeout = '1 fortnight'\n",
    "path = ['/app']\nstart-jitter = '10'\n",
    "path = ['/app']\nstart-jitter = true\n",
    "path = ['/app']\nregion = ''\n",
    "path = ['/app']\nregion = 1\n",
    "path = ['/app']\nregion = ['x']\n",
    "path = ['/app']\nregion = false\n",
    "path = ['/app']\nregion = \"a\\u0000\"\n",
    "path = ['/app']\nlabel = ''\n",
    "path = ['/app']\nprofile = ''\n",
    "path = ['/app']\nonly = '*'\n",
    "path = ['/app']\nrename = ['x']\n",
    "path = ['/app']\nrename = ['a=']\n",
    "path = ['/app']\nrename = ['=B']\n",
    "path = ['/app']\nrename = ['a=1B']\n",
    "path = ['/app']\nrequire = ['']\n",
    "path = ['/app']\nrequire = [',']\n",
    "path = ['/app']\nrequire = true\n",
    "path = ['/app']\npreserve-env = 'A'\n",
    "path = ['/app']\npreserve-env = ['']\n",
    "path = ['/app']\npreserve-env = 1\n",
    "path = ['/app']\nclean-env = 'true'\n",
    "path = ['/app']\nclean-env = 1\n",
    "path = ['/app']\nexpand = []\n",
    "path = ['/app']\ncase = 'lower'\n",
    "path = ['/app']\ncase = 'UPPER'\n",
    "path = ['/app']\ncase = true\n",
    "path = ['/app']\ncase = false\n",
    "path = ['/app']\nname-from = ''\n",
    "path = ['/app']\nseparator = ''\n",
    "path = ['/app']\nseparator = '-'\n",
    "path = ['/app']\nprefix = ''\n",
    "path = ['/app']\nprefix = '1'\n",
    "path = ['/app']\nfingerprint = ''\n",
    "path = ['/app']\nfingerprint = 'F-P'\n",
    "config = 'x'\n",
    "config-profile = 'x'\n",
    "format = 'json'\n",
    "variables = 3\n",
    "[[variables]]\n",
    "variables = []\n",
    "path = ['/app']\n[variables.a-b]\n",
    "path = ['/app']\n[variables.1A]\n",
    "path = ['/app']\n[variables.\"\"]\n",
    "path = ['/app']\n[variables]\nA = '/one'\n",
    "path = ['/app']\n[variables]\nA = true\n",
    "path = ['/app']\n[variables.A]\nrequried = true\n",
    "path = ['/app']\n[variables.A]\nrequired = 'false'\n",
    "path = ['/app']\n[variables.A]\nrequired = 0\n",
    "path = ['/app']\n[variables.A]\nfrom = ''\n",
    "path = ['/app']\n[variables.A]\nfrom = 1\n",
    "path = ['/app']\n[variables.A]\nfrom = '/one:'\n",
    "path = ['/app']\n[variables.A]\nfrom = 'a b'\n",
    "path = ['/app']\n[variables.A]\nfrom = 'base64:/one'\n",
    "path = ['/app']\n[variables.A]\nfrom = 'text:/one'\nfile = false\n",
    "path = ['/app']\n[variables.A]\nfile = true\n",
    "path = ['/app']\n[variables.A]\nfile = '/run/x'\n",
    "path = ['/app']\n[variables.A]\nfrom = '/one'\nfile = ''\n",
    "path = ['/app']\n[variables.A]\nfrom = '/one'\nfile = 'run/x'\n",
    "path = ['/app']\n[variables.A]\nfrom = '/one'\nfile = '/run/'\n",
    "path = ['/app']\n[variables.A]\nfrom = '/one'\nfile = 1\n",
    "path = ['/app']\n[variables.A]\npattern = 1\n",
    "path = ['/app']\n[variables.A]\npattern = false\n",
    "path = ['/app']\n[variables.A]\npattern = \"\\bx\\b\"\n",
    "path = ['/app']\n[variables.A]\npattern = \"a\\u0000\"\n",
    "path = ['/app']\n[variables.A]\ndescription = \"a\\u0000\"\n",
    "path = ['/app']\n[variables.A]\ndescription = true\n",
    "[profile.dev]\npath = ['/app']\n",
    "profiles = 'dev'\n",
    "[profiles]\nregion = 'x'\n",
    "[[profiles]]\n",
    "[profiles.dev]\nregoin = 'x'\n",
    "[profiles.dev]\nregion = true\n",
    "[profiles.dev]\nregion = ''\n",
    "[profiles.dev]\ncase = true\n",
    "[profiles.dev]\npath = ['dev']\n",
    "[profiles.dev]\npath = false\n",
    "[profiles.dev]\ntimeout = 'soon'\n",
    "[profiles.dev.profiles.x]\n",
    "[variables.A]\n[profiles.dev.variables.A]\nfrom = '/one'\n",
    "[variables.A]\n[profiles.dev.variables.A]\nfile = true\n",
    "[variables.A]\n[profiles.dev.variables.A]\ndescription = ''\n",
    "[variables.A]\n[profiles.dev.variables.A]\npattern = true\n",
    "[variables.A]\n[profiles.dev.variables.A]\nrequired = 'no'\n",
    "[variables.A]\n[profiles.dev.variables]\nA = false\n",
    "[profiles.dev.variables.a-b]\n",
    "path = ['/app'\n",
    "path = /app\n",
    "path: ['/app']\n",
    "path = ['/app']\npath = ['/app']\n",
    "[variables.A]\n[variables.A]\n",
    "path = [\"\\d\"]\n",
    "\u{feff}path = ['/app']\n",
    "variables = { A = {}, }\n",
    "variables = {\nA = {} }\n",
    "path = [\"/\\x41\"]\n",
    "region = \"\\e\"\n",
    "path = ['/a',,]\n",
    "= 1\n",
    "region = 'a\n'\n",
];

#[test]
fn schema_and_program_judge_alike() {
    let story = "schema_and_program_judge_alike";
    let there = which("check-jsonschema").is_some();
    let world = world_with(&[("/app/a", "1"), ("/one", "1")]);
    let files: Vec<(&str, bool, PathBuf)> = TAKEN
        .iter()
        .map(|text| (*text, true))
        .chain(REFUSED.iter().map(|text| (*text, false)))
        .enumerate()
        .map(|(number, (text, taken))| {
            let name = format!("{number}.toml");
            (text, taken, world.directory.file(&name, text, 0o644))
        })
        .collect();
    for (text, taken, file) in &files {
        let file = file.display().to_string();
        // It reads the options of a launch, and sends no request.
        let mut launch = world.envsecrets(&["policy", "--config", &file]);
        let ended = launch.env("ENVSECRETS_OPTIONAL_PATH", "/extra").run();
        let refused = matches!(ended.code, Some(64 | 78));
        assert_eq!(refused, !taken, "{text}: {ended:?}");
    }
    if !can(story, "check-jsonschema (PyPI)", there) {
        return;
    }
    let schema = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/packaging/envsecrets.schema.json"
    );
    let mut launch = Launch::new(
        "check-jsonschema",
        &["--schemafile", schema, "--output-format", "json"],
    );
    launch.command.args(files.iter().map(|(_, _, file)| file));
    let ended = launch.env("HOME", "/nonexistent").run();
    let report: serde_json::Value = serde_json::from_slice(&ended.stdout).unwrap();
    // What is no TOML has a list of its own.
    let refused: BTreeSet<&str> = ["errors", "parse_errors"]
        .iter()
        .filter_map(|list| report[list].as_array())
        .flatten()
        .filter_map(|error| error["filename"].as_str())
        .collect();
    for (text, taken, file) in &files {
        let name = file.display().to_string();
        assert_eq!(refused.contains(name.as_str()), !taken, "{text}");
    }
}
