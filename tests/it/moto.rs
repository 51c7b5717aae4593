//! The same main jobs against moto, a Parameter Store that we did not write, with parameters
//! written by the real AWS CLI.

use crate::support::moto::Moto;

#[test]
fn main_jobs_against_moto_with_parameters_written_by_the_aws_cli() {
    let story = "main_jobs_against_moto_with_parameters_written_by_the_aws_cli";
    let Some(moto) = Moto::start(story) else {
        return;
    };
    let awkward = "a=b \"quoted\" 'single' $HOME `id` \\ end,ünï";
    moto.put("/prd/app/db/pass-word", awkward, "SecureString");
    moto.put("/prd/app/hosts", "a,b,c", "StringList");
    moto.put(
        "/prd/app2/db/pass-word",
        "of another service",
        "SecureString",
    );
    moto.put("/prd/common/log.level", "info", "String");
    moto.put("/prd/common/db/pass-word", "overridden", "String");
    moto.put("prd.some.property", "flat", "SecureString");
    let many: String = (0..23).map(|it| format!("P{it}='value {it}'\n")).collect();
    let many = moto.directory.file("many.env", &many, 0o600);
    let many = many.to_str().unwrap();
    let ended = moto
        .envsecrets(&["import", many, "--path", "/prd/many"])
        .run();
    assert_eq!(ended.code, Some(0), "{ended:?}");

    // One path, and a value that every shell would mangle.
    let show = ["sh", "-c", r#"printf '%s|%s' "$DB_PASS_WORD" "$HOSTS""#];
    let mut arguments = vec!["--path", "/prd/app/", "--"];
    arguments.extend(show);
    assert_eq!(
        moto.envsecrets(&arguments).run().ok(),
        format!("{awkward}|a,b,c")
    );

    // Layers, single parameters, versions and labels.
    moto.put("/prd/app/hosts", "d", "StringList");
    moto.aws(&[
        "label-parameter-version",
        "--name",
        "/prd/app/hosts",
        "--parameter-version",
        "1",
        "--labels",
        "stable",
    ]);
    // (moto finds no ARN with GetParameters, so those are left to our own Parameter Store.)
    let ended = moto
        .envsecrets(&[
            "--path",
            "/prd/common",
            "--optional-path",
            "/prd/none",
            "--path",
            "/prd/app",
            "--secret",
            "OLD=/prd/app/hosts:1",
            "--secret",
            "STABLE=/prd/app/hosts:stable",
            "--secret",
            "FLAT=prd.some.property",
            "--",
            "sh",
            "-c",
            r#"echo "$LOG_LEVEL $DB_PASS_WORD|$HOSTS $OLD $STABLE $FLAT""#,
        ])
        .run();
    assert_eq!(ended.ok(), format!("info {awkward}|d a,b,c a,b,c flat\n"));

    // Flat names, found in the catalogue, and single values as they are.
    let echo = ["sh", "-c", r#"printf '%s' "$PROPERTY""#];
    let mut arguments = vec!["--names", "prd.some.*", "--"];
    arguments.extend(echo);
    assert_eq!(moto.envsecrets(&arguments).run().ok(), "flat");
    let get = |name: &str| moto.envsecrets(&["get", name]).run().ok();
    assert_eq!(get("/prd/app/db/pass-word"), awkward);
    assert_eq!(get("/prd/app/hosts:stable"), "a,b,c");

    // Three pages.
    let ended = moto
        .envsecrets(&["--path", "/prd/many", "--clean-env", "--", "/usr/bin/env"])
        .run();
    assert_eq!(ended.ok().lines().count(), 23);

    // What is missing is reported, all of it at once.
    let ended = moto
        .envsecrets(&[
            "--path",
            "/prd/nothing",
            "--secret",
            "A=/x/a",
            "--secret",
            "B=/x/b:7",
            "--",
            "true",
        ])
        .run();
    assert_eq!(
        ended.failed(66),
        format!(
            "envsecrets: error: no parameters exist below `/prd/nothing` in {1} at {0}\n\
             envsecrets: error: parameters `/x/a`, `/x/b:7` do not exist in {1} at {0}\n\
             envsecrets: hint: check path, account and region for typos; a layer that may \
             be empty is `--optional-path`\n\
             envsecrets: hint: check names, versions, labels, account and region for typos\n",
            moto.url, moto.region
        )
    );

    // A contract is written from what there is, and what is there is held against it.
    let file = moto.directory.path().join("envsecrets.toml");
    let file = file.to_str().unwrap();
    let init = [
        "init",
        "--path",
        "/prd/app",
        "--secret",
        "OLD=/prd/app/hosts:1",
        "--output",
        file,
    ];
    assert_eq!(moto.envsecrets(&init).run().code, Some(0));
    let text = std::fs::read_to_string(file).unwrap();
    let (_, text) = text.split_once("\n\n").unwrap();
    assert_eq!(
        text,
        "path = [\"/prd/app\"]\n\n\
         [variables.DB_PASS_WORD] # /prd/app/db/pass-word\n\n\
         [variables.HOSTS] # /prd/app/hosts\n\n\
         [variables.OLD]\nfrom = \"/prd/app/hosts:1\"\n"
    );
    let check = [
        "check",
        "--config",
        file,
        "--strict",
        "--names-only",
        "--format",
        "names",
    ];
    assert_eq!(
        moto.envsecrets(&check).run().ok(),
        "DB_PASS_WORD=/prd/app/db/pass-word\nHOSTS=/prd/app/hosts\nOLD=/prd/app/hosts:1\n"
    );
    moto.put("/prd/app/new", "x", "String");
    let ended = moto.envsecrets(&check).run();
    let printed = "envsecrets: error: NEW (`/prd/app/new`) is not declared in ";
    assert!(ended.stderr.starts_with(printed), "{ended:?}");
    assert_eq!(ended.code, Some(65));
    moto.aws(&["delete-parameter", "--name", "/prd/app/new"]);

    // A check shows it all, and no value.
    let ended = moto
        .envsecrets(&["check", "--path", "/prd/app", "--", "sh"])
        .run();
    let table = ended.ok();
    assert!(
        table.contains("DB_PASS_WORD  /prd/app/db/pass-word  1        SecureString"),
        "{table}"
    );
    assert!(!table.contains("quoted"), "{table}");
}
