//! What commands print with `--format json`, by the schemas that are packaged: `packaging/schemas`.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::{Fault, Launch, SENTINEL, World, can, leak, pipe_of, which, world_with};

/// Runs of each command that prints JSON. What they print together has every field that a schema
/// requires, and no other.
const RUNS: &[&str] = &[
    "check --path /p --path /q --fingerprint PRINT --exclude b -- true",
    "check --path /none --optional-path /p",
    "get /p/a",
    "get /p/a /q/a",
    "list /p",
    "list /p --all",
    "list secretsmanager://p/",
    "find a",
    "find --value",
    "history /p/a",
    "history /p/",
    "diff /p /q",
    "ps",
    "stale --path /p --is FINGERPRINT",
    "put /p/new",
    "put /p/new --dry-run",
    "put /p/new --type String",
    "rollback /p/a",
    "rollback /p/a --dry-run",
    "delete /p/b --dry-run",
    "delete /p/b --yes",
    "label /p/a live",
    "label /p/a live --version 1 --dry-run",
    "label /p/a old --remove",
    "tag /p/a",
    "tag /p/a team=web more=x",
    "tag /p/a --remove team",
    "copy /p /q --no-tags",
    "copy /p /q --no-tags --dry-run",
    "copy --one /p/b /q/a --overwrite",
    "copy secretsmanager://p/ /p",
    "import - --format dotenv --path /p",
    "import - --format dotenv --path /p --tag team=web --overwrite --dry-run",
    "move /p/b /p/c --yes",
    "move /p/b /p/c --dry-run",
    "rotate /p/a --generate --with true --yes",
    "rotate /p/a --generate --with true --dry-run",
    "rotate /p/a --with true --abandon",
];

/// Those that this system can do.
fn runs() -> impl Iterator<Item = &'static str> {
    let without_processes = cfg!(any(target_os = "macos", envsecrets_posix));
    let is_possible = move |run: &&str| !(without_processes && *run == "ps");
    RUNS.iter().copied().filter(is_possible)
}

fn prepared() -> World {
    let world = world_with(&[
        ("/p/a", "one"),
        ("/p/a", SENTINEL),
        ("/p/b", "x"),
        ("/q/a", SENTINEL),
    ]);
    world.store.label("/p/a", 1, "old");
    world.store.put_secret("p/s", SENTINEL);
    let tagged = world.envsecrets(&["tag", "/p/a", "team=data"]).run();
    assert_eq!(tagged.code, Some(0), "{tagged:?}");
    world
}

/// The command of a run, and what it prints.
fn printed(run: &str) -> (String, Value) {
    let world = prepared();
    let fingerprint = || {
        let words = "check --path /p --fingerprint P --format json";
        let ended = world.piped(words, "").run();
        let report: Value = serde_json::from_str(&ended.ok()).unwrap();
        report["fingerprint"]["value"].as_str().unwrap().to_owned()
    };
    let mut words: Vec<String> = run.split(' ').map(str::to_owned).collect();
    let command = words[0].clone();
    // That of `--format` is what `import` reads.
    let (option, input) = match command.as_str() {
        "import" => ("--output-format", format!("new={SENTINEL}\na={SENTINEL}\n")),
        _ => ("--format", SENTINEL.to_owned()),
    };
    words.splice(1..1, [option.to_owned(), "json".to_owned()]);
    if let Some(word) = words.iter_mut().find(|word| *word == "FINGERPRINT") {
        *word = fingerprint();
        world.store.put("/p/b", "y");
    }
    let mut launch = world.envsecrets(&words);
    launch.command.stdin(pipe_of(input.as_bytes()));
    let ended = launch.run();
    let text = ended.text();
    if command != "get" {
        assert_eq!(leak(text.as_bytes()), None, "{run}");
    }
    assert_eq!(leak(ended.stderr.as_bytes()), None, "{run}");
    let value = serde_json::from_str(&text);
    (
        command,
        value.unwrap_or_else(|error| panic!("{run}: {error}: {ended:?}")),
    )
}

fn schema_file(command: &str) -> String {
    let root = env!("CARGO_MANIFEST_DIR");
    format!("{root}/packaging/schemas/{command}.schema.json")
}

fn schema(command: &str) -> Value {
    let text = std::fs::read_to_string(schema_file(command));
    serde_json::from_str(&text.unwrap_or_else(|_| panic!("no schema of {command}"))).unwrap()
}

/// What is wrong with a value, by the words of JSON Schema that our schemas use.
fn faults(schema: &Value, value: &Value, place: &str) -> Vec<String> {
    if let Some(any) = schema["oneOf"].as_array() {
        let all: Vec<_> = any.iter().map(|it| faults(it, value, place)).collect();
        return match all.iter().filter(|it| it.is_empty()).count() {
            1 => Vec::new(),
            _ => all.concat(),
        };
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let types = &schema["type"];
    let fits = |it: &Value| it == kind;
    if !types.is_null() && !fits(types) && !types.as_array().is_some_and(|it| it.iter().any(fits)) {
        return vec![format!("{place} is of type {kind}, and not {types}")];
    }
    if schema["enum"]
        .as_array()
        .is_some_and(|words| !words.contains(value))
    {
        return vec![format!("{place} is {value}")];
    }
    let mut all = Vec::new();
    for item in value.as_array().into_iter().flatten() {
        all.extend(faults(&schema["items"], item, &format!("{place}[]")));
    }
    if let Some(fields) = value.as_object() {
        for (name, field) in fields {
            let place = format!("{place}.{name}");
            match (&schema["properties"][name], &schema["additionalProperties"]) {
                (Value::Null, Value::Bool(false)) => all.push(format!("{place} is unknown")),
                (Value::Null, Value::Null) => {}
                (Value::Null, more) => all.extend(faults(more, field, &place)),
                (known, _) => all.extend(faults(known, field, &place)),
            }
        }
        let required = schema["required"].as_array().into_iter().flatten();
        let missing = required.filter(|it| !fields.contains_key(it.as_str().unwrap()));
        all.extend(missing.map(|it| format!("{place} has no {it}")));
    }
    all
}

#[test]
fn what_each_command_prints_is_what_its_schema_says_and_has_no_value() {
    for run in runs() {
        let (command, value) = printed(run);
        assert_eq!(
            faults(&schema(&command), &value, "it"),
            [""; 0],
            "{run}: {value:#}"
        );
    }
}

#[test]
fn every_schema_is_of_a_command_that_is_run_here() {
    let ran: BTreeSet<&str> = RUNS
        .iter()
        .filter_map(|run| run.split(' ').next())
        .collect();
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/packaging/schemas");
    let files = std::fs::read_dir(directory).unwrap();
    let files = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let commands: Vec<String> = files
        .map(|file| file.strip_suffix(".schema.json").unwrap().to_owned())
        .collect();
    let commands: BTreeSet<&str> = commands.iter().map(String::as_str).collect();
    assert_eq!(commands, ran);
    for command in commands {
        let id = format!("urn:envsecrets:schema:{command}");
        assert_eq!(schema(command)["$id"], id.as_str());
    }
}

#[test]
fn check_jsonschema_takes_what_is_printed() {
    let story = "check_jsonschema_takes_what_is_printed";
    if !can(
        story,
        "check-jsonschema (PyPI)",
        which("check-jsonschema").is_some(),
    ) {
        return;
    }
    let world = prepared();
    let mut files: Vec<(String, String)> = Vec::new();
    for (number, run) in runs().enumerate() {
        let (command, value) = printed(run);
        let file = world
            .directory
            .file(&format!("{number}.json"), value.to_string(), 0o644);
        files.push((command, file.display().to_string()));
    }
    let commands: BTreeSet<String> = files.iter().map(|(command, _)| command.clone()).collect();
    for command in commands {
        let of_it = files.iter().filter(|(other, _)| *other == command);
        let of_it: Vec<&str> = of_it.map(|(_, file)| file.as_str()).collect();
        let schema = schema_file(&command);
        let arguments = [&["--schemafile", &schema], of_it.as_slice()].concat();
        let ended = Launch::new("check-jsonschema", &arguments).run();
        assert_eq!(ended.code, Some(0), "{command}: {}", ended.text());
    }
}

#[test]
fn a_change_that_fails_prints_no_list_and_one_that_ends_in_part_prints_what_was_done() {
    let world = prepared();
    for (words, code) in [
        ("delete /p/none --yes --format json", 66),
        ("label /p/none live --format json", 66),
        ("tag /p/a --remove none --format json", 66),
        ("put /p/a --if-version 9 --format json", 73),
        ("copy --one /p/b /q/a --format json", 73),
        ("move /p/b /q/a --yes --format json", 73),
        ("rotate /p/none --generate --with true --format json", 66),
    ] {
        let ended = world.piped(words, "x").run();
        assert_eq!(
            (ended.code, ended.text().as_str()),
            (Some(code), ""),
            "{words}"
        );
    }
}

/// Each object as the values of these fields.
fn brief(list: &Value, fields: &[&str]) -> Vec<String> {
    let list = list.as_array().unwrap().iter();
    list.map(|it| {
        let fields = fields.iter().map(|field| match &it[field] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        fields.collect::<Vec<_>>().join(" ")
    })
    .collect()
}

#[test]
fn programs_read_what_became_of_each_parameter() {
    let fields = ["parameter", "version", "result"];
    for (run, expected) in [
        (
            "copy /p /q --no-tags",
            &["/q/b 1 written", "/q/a 1 unchanged"][..],
        ),
        (
            "copy /p /q --no-tags --dry-run",
            &["/q/b 1 would_be_written", "/q/a 1 unchanged"],
        ),
        ("copy --one /p/b /q/a --overwrite", &["/q/a 2 written"]),
        (
            "import - --format dotenv --path /p --tag team=web --overwrite --dry-run",
            &["/p/a 2 would_be_tagged", "/p/new 1 would_be_written"],
        ),
        (
            "move /p/b /p/c --yes",
            &["/p/c 1 written", "/p/b 1 deleted"],
        ),
        (
            "move /p/b /p/c --dry-run",
            &["/p/c 1 would_be_written", "/p/b 1 would_be_deleted"],
        ),
    ] {
        let mut found = brief(&printed(run).1, &fields);
        if run.starts_with("import") {
            found.sort();
        }
        assert_eq!(found, expected, "{run}");
    }
    let fields = ["program", "version", "label", "result", "moved_from"];
    for (run, expected) in [
        (
            "rotate /p/a --generate --with true --yes",
            &[
                "null 2 live added null",
                "null 3 live moved 2",
                "null 2 previous added null",
            ][..],
        ),
        (
            "rotate /p/a --generate --with true --dry-run",
            &[
                "null 2 live added null",
                "null 3 null written null",
                "null 3 pending added null",
                "true null null run null",
                "null 2 previous added null",
                "null 3 live moved 2",
                "null 3 pending removed null",
            ],
        ),
        ("rotate /p/a --with true --abandon", &[]),
    ] {
        assert_eq!(brief(&printed(run).1, &fields), expected, "{run}");
    }
}

#[test]
fn what_is_written_before_a_failure_is_printed() {
    let world = prepared();
    world.store.put("/p/c", "z");
    // Two are written, and the third is refused.
    let refusal = Fault::AccessDenied.after(2).operation("PutParameter");
    world.server.set_faults([refusal]);
    let ended = world.piped("copy /p /r --format json", "").run();
    let list: Value = serde_json::from_str(&ended.text()).unwrap();
    assert_eq!(
        brief(&list, &["parameter", "result"]),
        ["/r/a written", "/r/b written"]
    );
    assert_ne!(ended.code, Some(0));
}
