//! `envsecrets import`: files become parameters, whatever comes between.

use std::path::Path;

use nix::sys::signal::Signal;
use parameter_store::PutParameter;

use crate::support::moto::Moto;
use crate::support::{
    Directory, Ended, Fault, Launch, SENTINEL, World, entries, leak, until, world, world_with,
};

/// What the fixtures contain, as a launch gives it.
const AWKWARD: [(&str, &str); 4] = [
    ("DB_PASSWORD", "it's \"$5\" \\ é ${x} `id` !"),
    ("DB_USER", "app"),
    ("NUMBER", "007"),
    ("TLS_KEY", "-----BEGIN KEY-----\nMIIB\n-----END KEY-----\n."),
];

fn fixture(name: &str) -> String {
    format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// An import that does not wait for a quota.
fn import(world: &World, file: impl AsRef<Path>, options: &str) -> Launch {
    let file = file.as_ref().to_str().unwrap();
    let mut words = vec!["import", file, "--write-rate", "1000"];
    words.extend(options.split_whitespace());
    world.envsecrets(&words)
}

/// Writes a file, and imports it.
fn import_text(world: &World, name: &str, text: &str, options: &str) -> Ended {
    let file = world.directory.file(name, text, 0o600);
    import(world, file, options).run()
}

/// The variables of a launch.
fn variables(world: &World, path: &str) -> Vec<(String, String)> {
    let ended = world
        .launch(
            &format!("--path {path} --clean-env"),
            &["/usr/bin/env", "-0"],
        )
        .run();
    ended.ok();
    entries(&ended.stdout)
        .into_iter()
        .map(|entry| {
            let entry = String::from_utf8(entry).unwrap();
            let (name, value) = entry.split_once('=').unwrap();
            (name.to_owned(), value.to_owned())
        })
        .collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let pairs = pairs.iter();
    pairs
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// The names that PutParameter was called for, in order.
fn puts(world: &World) -> Vec<String> {
    let requests = world.server.requests().into_iter();
    requests
        .filter(|it| it.operation == "PutParameter")
        .map(|it| it.body["Name"].as_str().unwrap().to_owned())
        .collect()
}

const FIVE: &str = "A=one\nB=two\nC=three\nD=four\nE=five\n";

fn five() -> Vec<(String, String)> {
    pairs(&[
        ("A", "one"),
        ("B", "two"),
        ("C", "three"),
        ("D", "four"),
        ("E", "five"),
    ])
}

#[test]
fn a_file_becomes_parameters_and_a_launch_gives_its_variables_back() {
    let world = world();
    let text = "# who\nexport DB_USER=app\nDB_PASSWORD='p w$d'\n";
    let ended = import_text(&world, ".env", text, "--path /prd/app");
    assert_eq!(
        ended.text(),
        "\
STEP  PARAMETER             TYPE          SIZE  NOTE
new   /prd/app/DB_USER      SecureString  3
new   /prd/app/DB_PASSWORD  SecureString  5
"
    );
    assert_eq!(
        (ended.code, ended.stderr.as_str()),
        (Some(0), "envsecrets: wrote 2 parameters\n")
    );
    assert_eq!(
        variables(&world, "/prd/app"),
        pairs(&[("DB_PASSWORD", "p w$d"), ("DB_USER", "app")])
    );

    // Once more: nothing to do.
    let ended = import_text(&world, ".env", text, "--path /prd/app");
    assert_eq!(
        ended.text(),
        "\
STEP       PARAMETER             TYPE          SIZE  NOTE
unchanged  /prd/app/DB_USER      SecureString  3
unchanged  /prd/app/DB_PASSWORD  SecureString  5
"
    );
    assert_eq!(
        (ended.code, ended.stderr.as_str()),
        (
            Some(0),
            "envsecrets: nothing to write: 2 parameters are up to date\n"
        )
    );
    assert_eq!(puts(&world).len(), 2);
}

#[test]
fn what_other_tools_export_is_imported() {
    for (file, options) in [
        ("credstash.json", "--separator ."),
        ("chamber.json", ""),
        ("chamber.yaml", ""),
        ("chamber.env", "--dotenv-dialect chamber"),
        (
            "chamber.env",
            "--dotenv-dialect chamber --case lower --separator _",
        ),
    ] {
        let world = world();
        let ended = import(&world, fixture(file), &format!("--path /a {options}")).run();
        assert_eq!(ended.code, Some(0), "{file} {ended:?}");
        assert_eq!(variables(&world, "/a"), pairs(&AWKWARD), "{file} {options}");
    }
}

#[test]
fn what_chamber_writes_otherwise_than_others_read_it_is_mentioned() {
    let world = world();
    let ended = import_text(&world, "x.env", "A=\"p\\$x\"\n", "--path /a --dry-run");
    assert_eq!(ended.code, Some(0));
    let file = world.directory.path().join("x.env").display().to_string();
    assert_eq!(
        ended.stderr,
        format!(
            "envsecrets: bash or Ruby's dotenv may read these lines of `{file}` otherwise: 1\n\
             envsecrets: if `chamber export` wrote `{file}`, use `--dotenv-dialect chamber`: its \
             backslashes mean something else\n"
        )
    );
}

/// A file of which nothing can be imported, for this reason.
#[track_caller]
fn refuses(world: &World, name: &str, text: &str, options: &str, why: &str, hint: &str) {
    let ended = import_text(world, name, text, &format!("--path /a {options}"));
    let file = world.directory.path().join(name).display().to_string();
    assert_eq!(
        ended.failed(65),
        format!(
            "envsecrets: error: cannot import `{file}`\nenvsecrets:   caused by: {why}\n\
             envsecrets: hint: {hint}\n"
        )
    );
}

/// As `kubectl get secret -o yaml` prints it: db.password is `p w$d`, and cert two lines.
const KUBERNETES: &str = "\
apiVersion: v1
data:
  cert: YQpiCg==
  db.password: cCB3JGQ=
  empty: \"\"
kind: Secret
metadata:
  annotations: null
  managedFields:
  - apiVersion: v1
    fieldsType: FieldsV1
  name: app
stringData:
  empty: not any more
type: Opaque
";

#[test]
fn secrets_of_kubernetes_are_decoded_and_never_stored_as_they_are_encoded() {
    let json = r#"{"apiVersion":"v1","kind":"List","items":[
        {"apiVersion":"v1","kind":"Secret","data":{"cert":"YQpiCg==","db.password":"cCB3JGQ="}},
        {"apiVersion":"v1","kind":"Secret","stringData":{"empty":"not any more"}}]}"#;
    let two = "kind: Secret\ndata:\n  cert: |\n    YQpi\n    Cg==\n---\nkind: Secret\n\
               stringData: {db.password: p w$d, empty: not any more}\n";
    for (name, text) in [
        ("x.yaml", KUBERNETES),
        ("x.json", json),
        ("x.yaml", two),
        ("x", KUBERNETES),
    ] {
        let world = world();
        let ended = import_text(&world, name, text, "--path /a --format k8s --separator .");
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert_eq!(
            variables(&world, "/a"),
            pairs(&[
                ("CERT", "a\nb\n"),
                ("DB_PASSWORD", "p w$d"),
                ("EMPTY", "not any more")
            ]),
            "{text}"
        );
    }
    let world = world();
    for (name, text, options, why, hint) in [
        (
            "x.yaml",
            KUBERNETES,
            "",
            "it is a Secret of Kubernetes, whose values are encoded",
            "use the format `k8s`, which decodes them",
        ),
        (
            "x.json",
            json,
            "",
            "it is a Secret of Kubernetes, whose values are encoded",
            "use the format `k8s`, which decodes them",
        ),
        (
            "x.yaml",
            "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nspec: {encryptedData: {a: AgBy}}\n",
            "",
            "it is a SealedSecret, which only the controller in its cluster can decrypt",
            "read the Secret from the cluster, with `kubectl get secret NAME -o yaml`",
        ),
        (
            "x.yaml",
            "apiVersion: v1\nkind: Secret\ndata: {a: s3cret!}\n",
            "--format k8s",
            "the key `a` of `data` is not base64",
            "plain text stands below `stringData`",
        ),
        (
            "x.yaml",
            "apiVersion: v1\nkind: Secret\ndata: {a: /w==}\n",
            "--format k8s",
            "the key `a` has bytes that are not text",
            "parameters are text: store its base64 with `envsecrets put`, and pass it with `--file \
             NAME=base64:PARAMETER`",
        ),
        (
            "x.yaml",
            "apiVersion: v1\nkind: ConfigMap\ndata: {a: b}\n",
            "--format k8s",
            "it is not a Secret of Kubernetes",
            "it must be a Secret, a list of some, or several documents, as `kubectl get secret -o \
             yaml` prints them",
        ),
    ] {
        refuses(&world, name, text, options, why, hint);
    }
}

#[test]
fn what_another_tool_has_encrypted_is_refused_with_what_decrypts_it() {
    let dotenvx = format!("A=encrypted:{}=\n", "B".repeat(100));
    let world = world();
    for (name, text, why, hint) in [
        (
            "x.env",
            "A=1\nB=ENC[AES256_GCM,data:x,iv:x,tag:x,type:str]\nsops_version=3.9.0\n",
            "line 2, `B` is encrypted by sops",
            "decrypt the file first, with `sops -d`",
        ),
        (
            "x.yaml",
            "a: ENC[AES256_GCM,data:x,iv:x,tag:x,type:str]\nsops:\n  kms: []\n",
            "line 1 is encrypted by sops",
            "decrypt the file first, with `sops -d`",
        ),
        (
            "x.json",
            "{\n\"a\": \"ENC[AES256_GCM,data:x,iv:x,tag:x,type:str]\",\"sops\":{\"age\":[]}}",
            "line 2 is encrypted by sops",
            "decrypt the file first, with `sops -d`",
        ),
        (
            "x.yaml",
            "a: ENC[PKCS7,MIIBi]\n",
            "line 1 is encrypted by eyaml",
            "decrypt the file first, with `eyaml decrypt`",
        ),
        (
            "x.env",
            &dotenvx,
            "line 1, `A` is encrypted by dotenvx",
            "decrypt the file first, with `dotenvx decrypt`",
        ),
        (
            "x.yaml",
            "$ANSIBLE_VAULT;1.1;AES256\n3361\n",
            "it is encrypted by Ansible Vault",
            "decrypt it first, with `ansible-vault decrypt`",
        ),
        (
            "x.env",
            "-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n",
            "it is encrypted by age",
            "decrypt it first, with `age --decrypt`",
        ),
    ] {
        refuses(&world, name, text, "", why, hint);
    }
}

#[test]
fn what_aws_prints_keeps_its_types_and_moves_to_another_path() {
    let world = world();
    let file = fixture("aws.json");
    let ended = import(&world, &file, "--path /prd/app").run();
    assert_eq!(
        ended.failed(65),
        format!(
            "envsecrets: error: cannot import `{file}`\n  \
             caused by: `/stg/app/db/password` is not below `/prd/app`\n  \
             caused by: `/stg/app/hosts` is not below `/prd/app`\n  \
             caused by: `/stg/app/log-level` is not below `/prd/app`\n  \
             caused by: `/stg/app/tls/key` is not below `/prd/app`\n\
             envsecrets: hint: use `--strip` to remove the beginning that the names have in the \
             file\n"
        )
        .replace("\n  caused", "\nenvsecrets:   caused")
    );
    let ended = import(&world, &file, "--path /prd/app --strip /stg/app").run();
    assert_eq!(
        ended.text(),
        "\
STEP  PARAMETER             TYPE          SIZE  NOTE
new   /prd/app/db/password  SecureString  26
new   /prd/app/hosts        StringList    5
new   /prd/app/log-level    String        4
new   /prd/app/tls/key      SecureString  44
"
    );
    // Back to where they were.
    let ended = import(&world, &file, "--path /").run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(variables(&world, "/stg/app"), variables(&world, "/prd/app"));
}

#[test]
fn a_rehearsal_prints_and_writes_nothing() {
    let world = world_with(&[("/a/A", "one"), ("/a/B", "other")]);
    let ended = import_text(
        &world,
        "x.env",
        "A=one\nB=two\nC=three\n",
        "--path /a --dry-run --overwrite",
    );
    assert_eq!(
        ended.ok(),
        "\
STEP       PARAMETER  TYPE          SIZE  NOTE
unchanged  /a/A       SecureString  3
changed    /a/B       SecureString  3     value; now at version 1
new        /a/C       SecureString  5
"
    );
    // Without the permission it ends as the real one would.
    let ended = import_text(&world, "x.env", "A=one\nB=two\n", "--path /a --dry-run");
    assert_eq!(ended.code, Some(73), "{ended:?}");
    assert_eq!(puts(&world), [""; 0]);
}

#[test]
fn what_exists_with_another_value_is_written_over_only_with_overwrite() {
    let world = world();
    let put = PutParameter::new("/a/B", "other")
        .key_id("alias/mine")
        .description("who asks")
        .allowed_pattern("[a-z]+");
    world.store.put_parameter(put).unwrap();
    world.store.put("/a/D", "other");
    let ended = import_text(&world, "x.env", FIVE, "--path /a");
    assert_eq!(ended.code, Some(73));
    assert_eq!(
        ended.stderr,
        "\
envsecrets: error: 2 parameters already exist, and differ
envsecrets:   caused by: `/a/B`: value; now at version 1
envsecrets:   caused by: `/a/D`: value; now at version 1
envsecrets: hint: nothing was written: use `--overwrite` to write new versions
"
    );
    assert_eq!(puts(&world), [""; 0]);

    let ended = import_text(&world, "x.env", FIVE, "--path /a --overwrite");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(variables(&world, "/a"), five());
    let requests = world.server.requests();
    let written = requests
        .iter()
        .find(|it| it.operation == "PutParameter" && it.body["Name"] == "/a/B");
    let body = &written.unwrap().body;
    // What the service would not keep by itself.
    assert_eq!(
        (&body["KeyId"], &body["AllowedPattern"], &body["Type"]),
        (
            &"alias/mine".into(),
            &"[a-z]+".into(),
            &"SecureString".into()
        )
    );
}

#[test]
fn an_import_that_is_killed_at_any_write_is_finished_by_the_next_one() {
    for write in 1..=5 {
        let world = world();
        let file = world.directory.file("x.env", FIVE, 0o600);
        // It is applied, and the answer does not come.
        world
            .server
            .set_faults([Fault::Hang.nth(write).operation("PutParameter")]);
        let mut running = import(&world, &file, "--path /a").start();
        until("the write is under way", || puts(&world).len() == write);
        running.child.kill().unwrap();
        let ended = running.end();
        assert_eq!(ended.signal, Some(9));
        world.server.clear_faults();
        let ended = import(&world, &file, "--path /a").run();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert_eq!(variables(&world, "/a"), five());
        // Nothing was written over.
        assert!(
            world
                .server
                .requests()
                .iter()
                .all(|it| it.body["Overwrite"] != true)
        );
    }
}

#[test]
fn a_signal_ends_it_with_a_word_on_what_was_written_and_what_was_not() {
    for (signal, number) in [
        (Signal::SIGTERM, 15),
        (Signal::SIGINT, 2),
        (Signal::SIGHUP, 1),
    ] {
        let world = world();
        let file = world.directory.file("x.env", FIVE, 0o600);
        world
            .server
            .set_faults([Fault::Hang.nth(3).operation("PutParameter")]);
        let running = import(&world, &file, "--path /a").start();
        until("the write is under way", || puts(&world).len() == 3);
        running.signal(signal);
        let ended = running.end();
        assert_eq!(ended.signal, Some(number), "{ended:?}");
        assert_eq!(
            ended.stderr,
            "\
envsecrets: stopped: 2 of 5 parameters written
envsecrets: written: /a/A, /a/B
envsecrets: perhaps written: /a/C
envsecrets: not written: /a/D, /a/E
envsecrets: hint: run the same command again to write the rest
"
        );
    }
}

#[test]
fn a_refusal_half_way_reports_what_was_written_and_what_was_not() {
    let world = world();
    let file = world.directory.file("x.env", FIVE, 0o600);
    world
        .server
        .set_faults([Fault::AccessDenied.nth(3).operation("PutParameter")]);
    let ended = import(&world, &file, "--path /a").run();
    assert_eq!(ended.code, Some(77), "{ended:?}");
    let reported: Vec<&str> = ended
        .stderr
        .lines()
        .skip_while(|line| !line.contains("2 of 5"))
        .collect();
    assert_eq!(
        reported[..3],
        [
            "envsecrets: error: 2 of 5 parameters written",
            "envsecrets:   caused by: written: /a/A, /a/B",
            "envsecrets:   caused by: not written: /a/C, /a/D, /a/E",
        ],
        "{ended:?}"
    );
    assert!(
        ended
            .stderr
            .ends_with("envsecrets: hint: run the same command again to write the rest\n")
    );
    let ended = import(&world, &file, "--path /a").run();
    assert_eq!(
        ended.stderr,
        "envsecrets: wrote 3 parameters, and left 2 parameters as before\n"
    );
    assert_eq!(variables(&world, "/a"), five());
}

#[test]
fn throttling_and_lost_answers_are_waited_out_and_nothing_is_written_twice() {
    let world = world();
    let file = world.directory.file("x.env", FIVE, 0o600);
    world.server.set_faults([
        Fault::Throttle.nth(1).operation("PutParameter"),
        // These were applied.
        Fault::CloseBeforeReply.nth(3).operation("PutParameter"),
        Fault::ResetMidBody.nth(6).operation("PutParameter"),
    ]);
    let ended = import(&world, &file, "--path /a").run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.stderr, "envsecrets: wrote 5 parameters\n");
    assert_eq!(variables(&world, "/a"), five());
    assert_eq!(world.store.values().len(), 5, "one version of each");
}

#[test]
fn what_another_user_writes_in_the_meantime_is_not_written_over() {
    let world = world();
    let file = world.directory.file("x.env", FIVE, 0o600);
    world
        .server
        .set_faults([Fault::Hang.nth(1).operation("PutParameter")]);
    let running = import(&world, &file, "--path /a --timeout 20s").start();
    until("the first write is under way", || puts(&world).len() == 1);
    world.store.put("/a/B", "mine");
    running.signal(Signal::SIGKILL);
    running.end();
    world.server.clear_faults();
    let ended = import(&world, &file, "--path /a").run();
    assert_eq!(ended.code, Some(73), "{ended:?}");
    assert_eq!(world.store.values(), ["one", "mine"]);
}

#[test]
fn tags_go_with_what_is_new_and_follow_what_is_there() {
    let world = world_with(&[("/a/A", "one"), ("/a/B", "other")]);
    let options = "--path /a --tag team=x --tag stage=y";
    let ended = import_text(
        &world,
        "x.env",
        "A=one\nB=two\nC=three\n",
        &format!("{options} --overwrite"),
    );
    assert_eq!(
        ended.text(),
        "\
STEP     PARAMETER  TYPE          SIZE  NOTE
changed  /a/A       SecureString  3     tags
changed  /a/B       SecureString  3     value, tags; now at version 1
new      /a/C       SecureString  5
"
    );
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(puts(&world), ["/a/B", "/a/C"]);
    let ended = import_text(&world, "x.env", "A=one\nB=two\nC=three\n", options);
    assert_eq!(
        ended.stderr,
        "envsecrets: nothing to write: 3 parameters are up to date\n"
    );
}

#[test]
fn a_format_that_cannot_be_recognized_is_required() {
    let world = world();
    let file = world.directory.file("secrets.txt", FIVE, 0o600);
    let ended = import(&world, &file, "--path /a").run();
    assert_eq!(
        ended.failed(64),
        format!(
            "envsecrets: error: the format of `{}` is not known\n\
             envsecrets: hint: use `--format dotenv`, `json`, `yaml`, `properties`, `csv`, `aws` or `k8s`\n",
            file.display()
        )
    );
    assert_eq!(world.server.calls(), 0);
}

#[test]
fn standard_input_is_read_whole() {
    use std::io::Write;
    let world = world();
    let mut launch = import(&world, "-", "--path /a");
    launch.command.stdin(std::process::Stdio::piped());
    let mut running = launch.start();
    let mut pipe = running.child.stdin.take().unwrap();
    pipe.write_all(b"{\"db\": {\"user\": \"app\"},").unwrap();
    pipe.write_all(b" \"port\": 5432.10}").unwrap();
    drop(pipe);
    assert_eq!(running.end().code, Some(0));
    assert_eq!(
        variables(&world, "/a"),
        pairs(&[("DB_USER", "app"), ("PORT", "5432.10")])
    );
}

#[test]
fn what_parameter_store_cannot_store_is_reported_at_once_before_anything_is_written() {
    let world = world();
    let long = "x".repeat(8193);
    let text = format!("A=\nB='{long}'\nC='{{{{ssm:x}}}}'\nD=fine\n");
    let ended = import_text(&world, "x.env", &text, "--path /a");
    assert_eq!(
        ended.failed(65),
        "\
envsecrets: error: Parameter Store cannot store all of these values
envsecrets:   caused by: `/a/A` would be empty
envsecrets:   caused by: `/a/B` would have 8193 bytes, of at most 8192
envsecrets:   caused by: `/a/C` would contain `{{…}}`, which refers to another parameter
envsecrets: hint: nothing was written: leave them out or change them, and try again
"
    );
    let ended = import_text(
        &world,
        "x.env",
        "A=\nD=fine\nE=\"\"\n",
        "--path /a --skip-empty",
    );
    assert_eq!(ended.code, Some(0));
    assert_eq!(
        ended.stderr,
        "envsecrets: left out because empty: `A`, `E`\nenvsecrets: wrote 1 parameter\n"
    );
    let ended = import_text(
        &world,
        "x.json",
        r#"{"a b": "x", "c:2": "x", "d/": "x"}"#,
        "--path /a",
    );
    let file = world.directory.path().join("x.json");
    assert_eq!(
        ended.failed(65),
        format!(
            "\
envsecrets: error: cannot import `{}`
envsecrets:   caused by: the key `a b` would name `a b`, which contains a character that no parameter name can: only letters, digits, `_`, `.`, `-` and `/` are allowed
envsecrets:   caused by: the key `c:2` would name `c:2`, which contains a character that no parameter name can: only letters, digits, `_`, `.`, `-` and `/` are allowed
envsecrets:   caused by: the key `d/` would name `d/`, which has an empty part before, after or between its `/`
envsecrets: hint: rename the key in the file, or remove it
",
            file.display()
        )
    );
}

#[test]
fn a_variable_that_a_launch_would_call_otherwise_is_mentioned() {
    let world = world();
    let ended = import_text(&world, "x.env", "dbUser=app\nA=b\n", "--path /a");
    assert_eq!(
        ended.stderr,
        "envsecrets: to a launch without `--case keep` `dbUser` is DBUSER\n\
         envsecrets: wrote 2 parameters\n"
    );
}

#[test]
fn invalid_options_are_refused_before_anything_is_read() {
    let world = world();
    let tag = "a tag looks like `team=web`";
    for (options, what, hint) in [
        (
            "--path a",
            "`a` is not a path: it does not begin with `/`",
            "did you mean `/a`?",
        ),
        (
            "--path /a*",
            "`/a*` is not a path: it contains a character that no parameter name can: only letters, \
             digits, `_`, `.`, `-` and `/` are allowed",
            "check for characters that the shell should have removed",
        ),
        (
            "--path /a --type Secret",
            "invalid value `Secret` for `--type <TYPE>`: possible values are SecureString, String, StringList",
            "a similar value exists: `SecureString`",
        ),
        (
            "--path /a --tier cheap",
            "invalid value `cheap` for `--tier <TIER>`: possible values are standard, advanced, intelligent",
            "see `envsecrets import --help`",
        ),
        (
            "--path /a --type String --key-id alias/k",
            "a String is not encrypted with a key",
            "leave out `--key-id`, or use `--type SecureString`",
        ),
        (
            "--path /a --key-id alias:k",
            "`--key-id alias:k` names no key",
            "use the ARN, the id or the alias of a key, such as alias/app",
        ),
        ("--path /a --tag x", "the tag `x` names no value", tag),
        (
            "--path /a --tag AWS:x=y",
            "the tag `AWS:x` begins with `aws:`, which is reserved for AWS",
            tag,
        ),
        (
            "--path /a --tag x=1 --tag x=2",
            "the tag `x` is given twice",
            tag,
        ),
        (
            "--path /a --strip=",
            "`--strip` is empty",
            "give it a value, or leave it out",
        ),
    ] {
        let ended = import(&world, "/nowhere/x.env", options).run();
        let said = format!("envsecrets: error: {what}\nenvsecrets: hint: {hint}\n");
        assert_eq!(ended.failed(64), said, "{options}");
    }
    for rate in ["0", "-1", "nan", "inf", "fast", "1001"] {
        let rate = format!("--write-rate={rate}");
        let ended = world
            .envsecrets(&["import", "x.env", "--path", "/a", &rate])
            .run();
        ended.failed(64);
    }
    let ended = import(&world, "/nowhere/x.env", "--path /a").run();
    assert_eq!(
        ended.failed(66),
        "envsecrets: error: cannot read `/nowhere/x.env`\n\
         envsecrets:   caused by: No such file or directory (os error 2)\n\
         envsecrets: hint: check its name for typos, and its permissions\n"
    );
}

#[test]
fn the_quota_is_kept_and_progress_is_shown_to_a_person_who_waits() {
    let world = world();
    let file = world.directory.file("x.env", FIVE, 0o600);
    let command = format!(
        "{} import {} --path /a --write-rate 2",
        crate::support::ENVSECRETS,
        file.display()
    );
    let mut launch = Launch::new("script", &["-qec", &command, "/dev/null"]);
    for (name, value) in world.server.environment() {
        launch.env(name, value);
    }
    let ended = launch
        .env("HOME", world.directory.path())
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .run();
    let seen = ended.text();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(
        seen.contains("\r\x1b[Kenvsecrets: 4 of 5 parameters written, "),
        "{seen:?}"
    );
    assert!(
        seen.ends_with("\r\x1b[Kenvsecrets: wrote 5 parameters\r\n"),
        "{seen:?}"
    );
    let requests = world.server.requests();
    let times: Vec<_> = requests
        .iter()
        .filter(|it| it.operation == "PutParameter")
        .map(|it| it.at)
        .collect();
    assert!(times[4] - times[0] >= std::time::Duration::from_millis(1000));
}

#[test]
fn the_aws_cli_reads_what_was_imported_and_what_it_prints_is_imported() {
    let story = "the_aws_cli_reads_what_was_imported_and_what_it_prints_is_imported";
    let Some(moto) = Moto::start(story) else {
        return;
    };
    let directory = Directory::new();
    let fast = "--write-rate=1000";
    let from = fixture("credstash.json");
    let words = [
        "import",
        &from,
        "--path",
        "/stg/app",
        "--separator",
        ".",
        "--tag",
        "team=x",
        fast,
    ];
    let ended = moto.envsecrets(&words).run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let printed = moto.aws(&[
        "get-parameters-by-path",
        "--path",
        "/stg/app",
        "--recursive",
        "--with-decryption",
        "--output",
        "json",
    ]);
    let reported: serde_json::Value = serde_json::from_str(&printed).unwrap();
    let reported: Vec<_> = reported["Parameters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["Name"].as_str().unwrap(), it["Value"].as_str().unwrap()))
        .collect();
    let [password, user, number, key] = AWKWARD.map(|(_, value)| value);
    assert_eq!(
        reported,
        [
            ("/stg/app/db/password", password),
            ("/stg/app/db/user", user),
            ("/stg/app/number", number),
            ("/stg/app/tls-key", key),
        ]
    );
    let tags = ["list-tags-for-resource", "--resource-type", "Parameter"];
    let tags = [&tags[..], &["--resource-id", "/stg/app/number"]].concat();
    assert!(moto.aws(&tags).contains("\"team\""));

    let file = directory.file("x.json", printed, 0o600);
    let file = file.to_str().unwrap();
    let words = [
        "import", file, "--strip", "/stg/app", "--path", "/prd/app", fast,
    ];
    let ended = moto.envsecrets(&words).run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let words = [
        "--path",
        "/prd/app",
        "--clean-env",
        "--",
        "/usr/bin/env",
        "-0",
    ];
    let ended = moto.envsecrets(&words).run();
    assert_eq!(entries(&ended.stdout).len(), AWKWARD.len());
    for (name, value) in AWKWARD {
        assert!(entries(&ended.stdout).contains(&format!("{name}={value}").into_bytes()));
    }
}

/// Files that cannot be read, each with the sentinel where the mistake is.
fn broken() -> Vec<(&'static str, String)> {
    let s = SENTINEL;
    vec![
        ("x.env", format!("A={s} {s}#{s}\n")),
        ("x.env", format!("A=\"{s}\n")),
        ("x.env", format!("A=1\n{s}\n")),
        ("x.env", format!("A=\"\\t{s}\"\n")),
        ("x.env", format!("A='{s}'\nA='{s}'\n")),
        ("x.env", format!("A='{s}{{{{x}}}}'\n")),
        ("x.json", format!("{{\"a\": \"{s}\",}}")),
        ("x.json", format!("{{\"a\": {s}}}")),
        ("x.json", format!("{{\"a\": [\"{s}\"]}}")),
        ("x.json", format!("\"{s}\"")),
        ("x.json", format!("{{\"a\": \"{s}\\ud800\"}}")),
        (
            "x.json",
            format!("[{{\"Name\": {{\"{s}\": 1}}, \"Value\": \"{s}\"}}]"),
        ),
        ("x.json", format!("[\"{s}\"]")),
        (
            "x.json",
            format!("{{\"Parameters\": [{{\"Name\": 1, \"Value\": \"{s}\"}}]}}"),
        ),
        (
            "x.json",
            format!(
                "{{\"Parameters\": [{{\"Name\": \"/a\", \"Type\": \"{s}\", \"Value\": \"{s}\"}}]}}"
            ),
        ),
        ("x.yaml", format!("a: \"{s}")),
        ("x.yaml", format!("a: b: {s}")),
        ("x.yaml", format!("a: *{s}")),
        ("x.yaml", format!("a: &{s} !{s} {s}")),
        ("x.yaml", format!("a: !<{s}> {s}")),
        ("x.yaml", format!("a: !{s}!{s} {s}")),
        ("x.yaml", format!("- {s}")),
        ("x.yaml", format!("a: [{s}")),
        ("x.yaml", format!("a: |{s}\n b")),
        ("x.yaml", format!("a: {s}\n\t{s}")),
        ("x.properties", format!("a={s}\\u12")),
        ("x.properties", format!("a={s}\na={s}")),
        // Ends of lines that should have been escaped.
        ("x.properties", format!("a=-----BEGIN\n{s}\n{s}\n")),
        ("x.env", format!("A=-----BEGIN\n{s}\n{s}=\n")),
        ("x.csv", format!("name,value\na,\"{s}\"{s}\n")),
        ("x.csv", format!("{s},{s}\n{s},{s}\n")),
        ("x.csv", format!("name,value,type\na,{s},{s}\n")),
        ("x.csv", format!("name,value\na,\"{s}\n")),
    ]
}

#[test]
fn no_file_and_no_fault_makes_it_tell_a_value() {
    for (name, text) in broken() {
        let world = world();
        let ended = import_text(&world, name, &text, "--path /a --verbose");
        assert!(ended.code.is_some_and(|code| code > 0), "{text} {ended:?}");
        assert_eq!(
            leak(ended.stderr.as_bytes()),
            None,
            "{text} {}",
            ended.stderr
        );
        assert_eq!(leak(&ended.stdout), None, "{text} {}", ended.text());
        assert_eq!(puts(&world), [""; 0]);
    }
    let faults: [fn() -> Fault; 9] = [
        || Fault::AccessDenied,
        || Fault::KmsAccessDenied,
        || Fault::Validation,
        || Fault::InternalServerError,
        || Fault::TruncatedJson,
        || Fault::CaptivePortal,
        || Fault::Throttle,
        || Fault::ExpiredToken,
        || Fault::Error {
            status: 400,
            code: "ValidationException".to_owned(),
            message: format!("Value '{SENTINEL}' at 'value' failed to satisfy constraint"),
        },
    ];
    for fault in faults {
        for operation in ["GetParameters", "DescribeParameters", "PutParameter"] {
            // A service cannot repeat a value that was not sent.
            if matches!(fault(), Fault::Error { .. }) && operation != "PutParameter" {
                continue;
            }
            let world = world_with(&[("/a/A", &format!("{SENTINEL} old"))]);
            let file =
                world
                    .directory
                    .file("x.env", format!("A='{SENTINEL}'\nB='{SENTINEL}'\n"), 0o600);
            world
                .server
                .set_faults([fault().always().operation(operation)]);
            let ended = import(
                &world,
                &file,
                "--path /a --overwrite --verbose --timeout 400ms",
            )
            .env("AWS_SECRET_ACCESS_KEY", SENTINEL)
            .run();
            assert!(
                ended.code.is_some_and(|code| code > 0),
                "{:?} {ended:?}",
                fault()
            );
            assert_eq!(leak(ended.stderr.as_bytes()), None, "{}", ended.stderr);
            assert_eq!(leak(&ended.stdout), None, "{}", ended.text());
        }
    }
}

#[test]
fn tiers_and_types_are_spelled_as_for_put() {
    for (spelling, tier) in [
        ("standard", "Standard"),
        ("Advanced", "Advanced"),
        ("intelligent", "Intelligent-Tiering"),
        ("Intelligent-Tiering", "Intelligent-Tiering"),
    ] {
        let world = world();
        let options = format!("--path /a --type stringlist --tier {spelling}");
        let ended = import_text(&world, "x.env", "HOSTS=a,b\n", &options);
        assert_eq!(
            ended.stderr, "envsecrets: wrote 1 parameter\n",
            "{spelling}"
        );
        let requests = world.server.requests().into_iter();
        let mut puts = requests.filter(|it| it.operation == "PutParameter");
        let put = puts.next().unwrap();
        assert_eq!(put.body["Tier"], tier, "{spelling}");
        assert_eq!(put.body["Type"], "StringList", "{spelling}");
    }
}

#[test]
fn csv_is_read_by_its_titles() {
    let world = world();
    let text = "Name,Owner,Value,Type\r\ndb/password,web,\"a,\"\"b\"\"\nc\",\r\ndb/host,web,localhost,String\r\n";
    let ended = import_text(&world, "x.csv", text, "--path /prd/app");
    assert_eq!(
        (ended.code, ended.text()),
        (
            Some(0),
            "STEP  PARAMETER             TYPE          SIZE  NOTE\n\
             new   /prd/app/db/password  SecureString  7\n\
             new   /prd/app/db/host      String        9\n"
                .to_owned()
        )
    );
    assert_eq!(
        variables(&world, "/prd/app"),
        pairs(&[("DB_HOST", "localhost"), ("DB_PASSWORD", "a,\"b\"\nc")])
    );
    let ended = import_text(&world, "x.csv", "name,value\na,b\na,c\n", "--path /p");
    let why = "caused by: the key `a` exists more than once";
    assert!(ended.failed(65).contains(why), "{}", ended.stderr);
}

#[test]
fn patterns_choose_what_is_imported_and_all_of_it_gets_a_description() {
    let world = world();
    let text = "db/host=a\ndb/password=b\ntoken=c\n";
    let options =
        "--path /p --format properties --only db/* --exclude */host --description From-the-vault";
    let ended = import_text(&world, "x", text, options);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let writes = world.bodies("PutParameter");
    assert_eq!(writes.len(), 1);
    assert_eq!(writes[0]["Name"], "/p/db/password");
    assert_eq!(writes[0]["Description"], "From-the-vault");

    let ended = import_text(
        &world,
        "x",
        text,
        "--path /p --format properties --only nothing",
    );
    assert_eq!(
        ended.failed(64),
        "envsecrets: error: `--only nothing` matches nothing\n\
         envsecrets: hint: give names relative to the path: `envsecrets list` shows what exists\n"
    );
    let ended = import_text(
        &world,
        "x",
        text,
        "--path /p --format properties --description=",
    );
    let error = "envsecrets: error: `--description` is empty\n";
    assert!(ended.failed(64).starts_with(error), "{}", ended.stderr);
}
