//! A dry run is the run without its writes: what Parameter Store would refuse is reported by both,
//! all of it at once, before anything is written.

use parameter_store::{Kind, PutParameter};

use crate::support::{Ended, SENTINEL, World, leak, world, world_with};

const WRITES: [&str; 6] = [
    "PutParameter",
    "DeleteParameters",
    "LabelParameterVersion",
    "UnlabelParameterVersion",
    "AddTagsToResource",
    "RemoveTagsFromResource",
];

/// The end of a dry run that fails as the run does. Neither wrote.
#[track_caller]
fn refused(world: &World, command: &str, input: &str) -> Ended {
    world.server.clear_requests();
    let wet = world.piped(command, input).run();
    let dry = world.piped(&format!("{command} --dry-run"), input).run();
    assert_eq!(
        (dry.code, &dry.stderr, dry.text()),
        (wet.code, &wet.stderr, wet.text()),
        "{command}"
    );
    assert_ne!(dry.code, Some(0), "{dry:?}");
    let operations = world.operations();
    assert!(
        !operations.iter().any(|it| WRITES.contains(&it.as_str())),
        "{operations:?}"
    );
    assert_eq!(leak(dry.stderr.as_bytes()), None);
    dry
}

/// What a dry run and the run print on stderr.
#[track_caller]
fn refusal(world: &World, command: &str, input: &str, code: u8) -> String {
    let ended = refused(world, command, input);
    assert_eq!(ended.code, Some(code.into()), "{command}: {ended:?}");
    ended.stderr
}

/// A name of so many levels.
fn levels(count: usize) -> String {
    "/x".repeat(count)
}

/// A name that has this length together with its ARN in us-east-1.
fn long(length: usize) -> String {
    let arn = "arn:aws:ssm:us-east-1:123456789012:parameter/".len();
    format!("/{}", "x".repeat(length - arn))
}

#[test]
fn a_name_that_parameter_store_refuses_is_refused_by_every_command() {
    let world = world();
    let called = "envsecrets: hint: a parameter looks like `/prd/app/db-password`\n";
    for (name, why) in [
        (levels(16), "has 16 levels, of at most 15"),
        (
            "/ssm/db".to_owned(),
            "begins with `aws` or `ssm`, which are reserved for AWS",
        ),
        (
            "/AWS-db".to_owned(),
            "begins with `aws` or `ssm`, which are reserved for AWS",
        ),
        (
            "ssmdb".to_owned(),
            "begins with `aws` or `ssm`, which are reserved for AWS",
        ),
        (
            "/prd//db".to_owned(),
            "has an empty part before, after or between its `/`",
        ),
    ] {
        let printed = format!("envsecrets: error: `{name}` {why}\n{called}");
        for command in [
            format!("put {name}"),
            format!("put {name} --create-only"),
            format!("rollback {name}"),
            format!("label {name} live"),
            format!("rotate {name} --generate --with /bin/true"),
            format!("tag {name} a=b"),
        ] {
            assert_eq!(refusal(&world, &command, "x", 64), printed, "{command}");
        }
        let ended = world.envsecrets(&["delete", &name, "--yes"]).run();
        assert_eq!(ended.failed(64), printed);
    }
    assert_eq!(world.server.calls(), 0);
    // All at once.
    let name = format!("/aws{}", levels(15));
    assert_eq!(
        refusal(
            &world,
            &format!("put {name} --tag team --tag aws:x=1"),
            "x",
            64
        ),
        format!(
            "envsecrets: error: `{name}` has 16 levels, of at most 15\n\
             envsecrets: error: `{name}` begins with `aws` or `ssm`, which are reserved for AWS\n\
             envsecrets: error: the tag `team` names no value\n\
             envsecrets: error: the tag `aws:x` begins with `aws:`, which is reserved for AWS\n\
             {called}envsecrets: hint: a tag looks like `team=web`\n"
        )
    );
    // The longest and the deepest are written.
    for name in [levels(15), long(1011), "/sm/aw".to_owned()] {
        let ended = world.piped(&format!("put {name}"), "x").run();
        assert_eq!(ended.ok(), format!("{name}:1 written, Standard\n"));
    }
    let name = long(1012);
    assert_eq!(
        refusal(&world, &format!("put {name}"), "x", 65),
        format!(
            "envsecrets: error: Parameter Store cannot store this value\n\
             envsecrets:   caused by: `{name}` has 1012 characters with its ARN, of at most 1011\n\
             envsecrets: hint: nothing was written: change it, and try again\n"
        )
    );
}

#[test]
fn values_and_attributes_that_parameter_store_refuses_are_refused_by_put() {
    let world = world();
    let refused = |causes: &str| {
        format!(
            "envsecrets: error: Parameter Store cannot store this value\n{causes}\
             envsecrets: hint: nothing was written: change it, and try again\n"
        )
    };
    let text = "x".repeat(1025);
    for (options, value, causes) in [
        (
            String::new(),
            "{{db}}",
            "envsecrets:   caused by: `/p` would contain `{{…}}`, which refers to another parameter\n"
                .to_owned(),
        ),
        (
            format!("--description {text} --pattern [0-9]+"),
            "s3ntinel-plaintext-{{ ssm:/a }}",
            "envsecrets:   caused by: `/p` would contain `{{…}}`, which refers to another parameter\n\
             envsecrets:   caused by: the description of `/p` would have 1025 characters, of at most \
             1024\n"
                .to_owned(),
        ),
        (
            "--pattern [0-9]+".to_owned(),
            "abc",
            "envsecrets:   caused by: the value of `/p` does not match its pattern `[0-9]+`\n".to_owned(),
        ),
        (
            "--pattern [0-9 --data-type json".to_owned(),
            "1",
            "envsecrets:   caused by: the data type of `/p` would be `json`, which is not one: `text`, or one \
             of AWS, such as `aws:ec2:image`\n\
             envsecrets:   caused by: the pattern of `/p` would be `[0-9`, which is invalid: unclosed \
             character class\n"
                .to_owned(),
        ),
        (
            "--data-type aws:ec2:image".to_owned(),
            "ami-1",
            "envsecrets:   caused by: `/p` would be a SecureString, and only a String has the data type \
             `aws:ec2:image`\n"
                .to_owned(),
        ),
    ] {
        let printed = refusal(&world, &format!("put /p {options}"), value, 65);
        assert_eq!(printed, refused(&causes), "{options}");
    }
    // As it was written, or by what is known of it.
    let world = world_with(&[]);
    let digits = PutParameter::new("/p", "1").allowed_pattern("^[0-9]+$");
    world.store.put_parameter(digits).unwrap();
    assert_eq!(
        refusal(&world, "put /p", "12x", 65),
        refused(
            "envsecrets:   caused by: the value of `/p` does not match its pattern `^[0-9]+$`\n"
        )
    );
}

#[test]
fn a_file_of_which_parameter_store_refuses_something_is_refused_whole() {
    let world = world_with(&[("/p/a", "x")]);
    let path = format!("/p{}", levels(13));
    let json = format!(
        r#"{{"a/b": "x", "c": "{{{{d}}}}", "e": "", "f": "{SENTINEL}", "{}": "x"}}"#,
        "g".repeat(970)
    );
    let file = world.directory.file("x.json", &json, 0o600);
    let file = file.to_str().unwrap();
    assert_eq!(
        refusal(&world, &format!("import {file} --path {path}"), "", 65),
        format!(
            "envsecrets: error: Parameter Store cannot store all of these values\n\
             envsecrets:   caused by: `{path}/a/b` has 16 levels, of at most 15\n\
             envsecrets:   caused by: `{path}/c` would contain `{{{{…}}}}`, which refers to another \
             parameter\n\
             envsecrets:   caused by: `{path}/e` would be empty\n\
             envsecrets:   caused by: `{path}/{}` has 1043 characters with its ARN, of at most 1011\n\
             envsecrets: hint: nothing was written: leave them out or change them, and try again\n",
            "g".repeat(970)
        )
    );
    assert_eq!(world.server.calls(), 0);
    let one = world.directory.file("y.json", r#"{"b": "x"}"#, 0o600);
    let one = one.to_str().unwrap();
    for command in [
        format!("import {one} --path /ssm"),
        "copy /p /ssm".to_owned(),
    ] {
        let name = if command.starts_with("copy") {
            "a"
        } else {
            "b"
        };
        assert_eq!(
            refusal(&world, &command, "", 65),
            format!(
                "envsecrets: error: Parameter Store cannot store this value\n\
                 envsecrets:   caused by: `/ssm/{name}` begins with `aws` or `ssm`, which are reserved \
                 for AWS\n\
                 envsecrets: hint: nothing was written: change it, and try again\n"
            )
        );
    }
    let ended = world
        .piped(
            &format!("import {one} --path /p --tier intelligent --dry-run"),
            "",
        )
        .run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    // What is wrong with the options is all reported too.
    let key = "k".repeat(129);
    let value = "v".repeat(257);
    assert_eq!(
        refusal(
            &world,
            &format!(
                "import {one} --path p --tag aws:x=y --tag {key}=a --tag b={value} --tag c=% \
                 --write-rate 0"
            ),
            "",
            64
        ),
        format!(
            "envsecrets: error: `p` is not a path: it does not begin with `/`\n\
             envsecrets: error: the tag `aws:x` begins with `aws:`, which is reserved for AWS\n\
             envsecrets: error: the tag `{key}` has a key of less than 1 or more than 128 characters\n\
             envsecrets: error: the tag `b` has a value of more than 256 characters\n\
             envsecrets: error: the tag `c` has a value with a character other than letters, digits, \
             spaces and `_`, `.`, `:`, `/`, `=`, `+`, `-`, `@`\n\
             envsecrets: error: `--write-rate 0` is not a number of writes per second\n\
             envsecrets: hint: did you mean `/p`?\n\
             envsecrets: hint: a tag looks like `team=web`\n\
             envsecrets: hint: use a number above 0 and up to 1000, such as `10` or `0.5`\n"
        )
    );
}

/// A parameter of a hundred versions, of which the oldest has a label, and a hundred and one were
/// written.
fn full() -> World {
    let world = world_with(&[("/p/full", "0")]);
    for number in 1..=100 {
        world.store.put("/p/full", &number.to_string());
    }
    world.store.label("/p/full", 2, "first");
    world
}

const FULL: &str = "envsecrets: error: Parameter Store would refuse to change what exists\n\
    envsecrets:   caused by: the oldest of 100 versions of `/p/full`, 2, has the label `first`, and so \
    cannot make room for a new version\n\
    envsecrets: hint: nothing was written: `envsecrets label` moves a label to another version or \
    removes it, and `envsecrets tag --remove` removes a tag\n";

#[test]
fn a_label_on_the_oldest_of_a_hundred_versions_is_noticed_before_a_write() {
    let world = full();
    world.store.put("/q/full", "x");
    let file = world.directory.file("x.json", r#"{"full": "x"}"#, 0o600);
    for (command, input) in [
        ("put /p/full".to_owned(), "x"),
        ("rollback /p/full 7".to_owned(), ""),
        (
            format!("import {} --path /p --overwrite", file.display()),
            "",
        ),
        ("copy /q /p --overwrite".to_owned(), ""),
    ] {
        assert_eq!(refusal(&world, &command, input, 73), FULL, "{command}");
    }
    // The same value needs no room.
    assert_eq!(
        world.piped("put /p/full", "100").run().ok(),
        "/p/full:101 unchanged\n"
    );
    let ended = world
        .piped("label /p/full next --version 2 --dry-run", "")
        .run();
    assert_eq!(
        (ended.text().as_str(), ended.stderr.as_str()),
        (
            "/p/full:2 label next would be added\n",
            "envsecrets: version 2 is the oldest of 100: while it has a label, Parameter Store refuses \
             new versions of `/p/full`\n"
        )
    );
    world
        .envsecrets(&["label", "/p/full", "first", "--remove"])
        .run()
        .ok();
    assert_eq!(
        world.piped("put /p/full", "x").run().ok(),
        "/p/full:102 written, Standard\n"
    );
}

#[test]
fn a_name_that_is_too_long_for_the_other_region_is_refused() {
    let world = world();
    let name = long(1011);
    let ended = world.piped(&format!("put /p{name}"), "x").run();
    // Two characters more than the longest.
    assert_eq!(ended.code, Some(65), "{ended:?}");
    let name = format!("/p/{}", &name[3..]);
    let ended = world.piped(&format!("put {name}"), "x").run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let copied = name.replacen("/p/", "/q/", 1);
    assert_eq!(
        refusal(&world, "copy /p /q --to-region ap-southeast-2", "", 65),
        format!(
            "envsecrets: error: Parameter Store cannot store this value\n\
             envsecrets:   caused by: `{copied}` has 1016 characters with its ARN, of at most 1011\n\
             envsecrets: hint: nothing was written: change it, and try again\n"
        )
    );
}

#[test]
fn a_fifty_first_tag_is_noticed_before_a_write() {
    let world = world();
    let numbered = |range: std::ops::Range<usize>| -> String {
        range.map(|number| format!(" --tag k{number}=v")).collect()
    };
    assert_eq!(
        refusal(&world, &format!("put /p/a{}", numbered(0..51)), "x", 64),
        "envsecrets: error: 51 tags are given\n\
         envsecrets: hint: a parameter has at most 50 tags\n"
    );
    let ended = world
        .piped(&format!("put /p/a{}", numbered(0..50)), "x")
        .run();
    assert_eq!(ended.ok(), "/p/a:1 written, Standard\n");
    let printed = "envsecrets: error: Parameter Store would refuse to change what exists\n\
        envsecrets:   caused by: `/p/a` would have 51 tags, of at most 50\n\
        envsecrets: hint: nothing was written: `envsecrets label` moves a label to another version or \
        removes it, and `envsecrets tag --remove` removes a tag\n";
    let file = world.directory.file("x.json", r#"{"a": "y"}"#, 0o600);
    let import = format!("import {} --path /p --overwrite", file.display());
    for (command, input) in [
        ("put /p/a --tag new=v", "x"),
        ("put /p/a --tag new=v", "y"),
        (&format!("{import} --tag new=v"), ""),
    ] {
        assert_eq!(refusal(&world, command, input, 73), printed, "{command}");
    }
    assert_eq!(
        refusal(&world, "tag /p/a new=v", "", 73),
        "envsecrets: error: `/p/a` would have 51 tags, of at most 50\n\
         envsecrets: hint: nothing was changed: use `--remove` for tags that are no longer needed\n"
    );
    // In place of another.
    assert_eq!(
        world.piped("tag /p/a new=v --remove k0", "").run().ok(),
        "/p/a tag k0 removed\n/p/a tag new=v added\n"
    );
    assert_eq!(
        refusal(
            &world,
            "tag /p/a --remove aws:x --remove aws:x --remove =%",
            "",
            64
        ),
        "envsecrets: error: the tag `aws:x` begins with `aws:`, which is reserved for AWS\n\
         envsecrets: error: the tag `aws:x` begins with `aws:`, which is reserved for AWS\n\
         envsecrets: error: the tag `aws:x` is given twice\n\
         envsecrets: error: the tag `=%` has a key with a character other than letters, digits, spaces \
         and `_`, `.`, `:`, `/`, `=`, `+`, `-`, `@`\n\
         envsecrets: hint: a tag looks like `team=web`\n"
    );
}

#[test]
fn an_eleventh_label_is_noticed_before_a_write() {
    let world = world_with(&[("/p", "x")]);
    let labels: Vec<String> = (0..10).map(|number| format!("l{number}")).collect();
    let labels = labels.join(" ");
    let ended = world.piped(&format!("label /p {labels}"), "").run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let printed = |count: usize| {
        format!(
            "envsecrets: error: `/p:1` would have {count} labels, of at most 10\n\
             envsecrets: hint: nothing was changed: `envsecrets label --remove` removes labels\n"
        )
    };
    assert_eq!(refusal(&world, "label /p l0 new", "", 73), printed(11));
    assert_eq!(refusal(&world, "label /p new newer", "", 73), printed(12));
    assert_eq!(
        refusal(&world, "label /p 1st aws-x a/b", "", 64),
        "envsecrets: error: the label `1st` begins with a digit, as versions do\n\
         envsecrets: error: the label `aws-x` begins with `aws` or `ssm`, which are reserved for AWS\n\
         envsecrets: error: the label `a/b` contains a character other than letters, digits, `_`, `.` \
         and `-`\n\
         envsecrets: hint: a label looks like `live` or `v2026-11`\n"
    );
    // Of several versions more than ten are removed at once.
    world.store.put("/p", "y");
    world.store.label("/p", 2, "live");
    let ended = world
        .piped(&format!("label /p {labels} live --remove"), "")
        .run();
    assert_eq!(ended.ok().lines().count(), 11);
}

#[test]
fn several_reasons_why_what_exists_cannot_be_changed_are_reported_together() {
    let world = full();
    let plain = PutParameter::new("/p/plain", "x").kind(Kind::String);
    world.store.put_parameter(plain).unwrap();
    let json = r#"{"full": "x", "plain": "y"}"#;
    let file = world.directory.file("x.json", json, 0o600);
    let command = format!("import {} --path /p --type SecureString", file.display());
    let printed = refusal(&world, &command, "", 73);
    assert_eq!(
        printed,
        "envsecrets: error: the type of a parameter cannot be changed\n\
         envsecrets: error: Parameter Store would refuse to change what exists\n"
            .replacen(
                "changed\n",
                "changed\nenvsecrets:   caused by: `/p/plain` is a String, not a SecureString\n",
                1
            )
            + "envsecrets:   caused by: the oldest of 100 versions of `/p/full`, 2, has the label \
               `first`, and so cannot make room for a new version\n\
               envsecrets: hint: nothing was written: delete the parameters of another type, and try \
               again\n\
               envsecrets: hint: nothing was written: `envsecrets label` moves a label to another \
               version or removes it, and `envsecrets tag --remove` removes a tag\n"
    );
    assert_eq!(
        refusal(
            &world,
            "put /p/plain --type SecureString --key-id alias/app",
            "x",
            64
        ),
        "envsecrets: error: `/p/plain` is a String, and the type of a parameter cannot be changed\n\
         envsecrets: error: a String is not encrypted with a key\n\
         envsecrets: hint: leave out `--type`, use another name, or delete it first with `envsecrets \
         delete`\n\
         envsecrets: hint: leave out `--key-id`, or use `--type SecureString`\n"
    );
}

#[test]
fn what_a_dry_run_accepts_is_written() {
    let world = world_with(&[("/p/a", "one"), ("/p/a", "two"), ("/q/b", "x")]);
    world.store.label("/p/a", 1, "old");
    let file = world.directory.file("x.env", "a=three\n", 0o600);
    for (command, input) in [
        ("put /p/new --tag a=b --strict", "x"),
        ("put /p/a --tag a=b", "x"),
        ("rollback /p/a 1", ""),
        ("rotate /p/a --generate --with /bin/true --yes", ""),
        ("label /p/a live", ""),
        ("label /p/a old --remove", ""),
        ("tag /p/a c=d", ""),
        ("copy /q /p", ""),
        (
            &format!(
                "import {} --path /p --overwrite --tier intelligent",
                file.display()
            ),
            "",
        ),
    ] {
        world.server.clear_requests();
        let dry = world.piped(&format!("{command} --dry-run"), input).run();
        let operations = world.operations();
        assert!(
            !operations.iter().any(|it| WRITES.contains(&it.as_str())),
            "{command}: {operations:?}"
        );
        let wet = world.piped(command, input).run();
        assert_eq!((dry.code, wet.code), (Some(0), Some(0)), "{dry:?} {wet:?}");
    }
}
