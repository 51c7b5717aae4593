//! `envsecrets list`: the catalogue, and never a value.

use std::time::Duration;

use parameter_store::{Kind, Latency, PutParameter, Tier};
use serde_json::{Value, json};

use crate::support::moto::Moto;
use crate::support::{Ended, Fault, SENTINEL, World, can, is_date, leak, which, world, world_with};

/// A path whose parameters have every attribute, and one beside it.
fn described() -> World {
    let world = world();
    let put = |put: PutParameter| world.store.put_parameter(put).unwrap();
    put(PutParameter::new("/prd/app/db/password", SENTINEL)
        .description("for the *billing* database, ask @alice")
        .key_id("alias/app")
        .tag("team", "web")
        .tag("rotation", "manual"));
    put(
        PutParameter::new("/prd/app/db/password", format!("{SENTINEL}!"))
            .key_id("alias/app")
            .overwrite(),
    );
    put(PutParameter::new("/prd/app/db/host", SENTINEL)
        .kind(Kind::String)
        .tag("team", "data"));
    put(PutParameter::new("/prd/app/token", SENTINEL)
        .tier(Tier::Advanced)
        .policies(
            r#"[{"Type":"Expiration","Version":"1.0","Attributes":{"Timestamp":"2999-12-02T21:34:33.000Z"}}]"#,
        ));
    put(PutParameter::new("/prd/app/path", SENTINEL));
    put(PutParameter::new("/prd/app/9lives", SENTINEL).kind(Kind::StringList));
    put(PutParameter::new("/prd/other/host", SENTINEL));
    world.store.label("/prd/app/db/password", 1, "previous");
    world.store.label("/prd/app/db/password", 2, "live");
    world
}

fn list(world: &World, options: &str) -> Ended {
    let words = ["list"].into_iter().chain(options.split_whitespace());
    world.envsecrets(&words.collect::<Vec<_>>()).run()
}

/// What it prints, with `DATE` for dates of this run, and nothing of a value.
#[track_caller]
fn listed(world: &World, options: &str) -> String {
    let text = list(world, options).ok();
    assert_eq!(leak(text.as_bytes()), None, "{text}");
    steady(&text)
}

fn steady(text: &str) -> String {
    let word = |word: &str| {
        let bare = word.trim_matches(['"', ',']);
        match is_date(bare) && !bare.starts_with("2999") {
            true => word.replace(bare, "DATE"),
            false => word.to_owned(),
        }
    };
    let line = |line: &str| line.split(' ').map(word).collect::<Vec<_>>().join(" ");
    text.split_inclusive('\n')
        .map(|text| match text.strip_suffix('\n') {
            Some(text) => line(text) + "\n",
            None => line(text),
        })
        .collect()
}

#[test]
fn a_table_shows_what_exists_and_the_names_of_variables() {
    assert_eq!(
        listed(
            &described(),
            "/prd/app/ --columns name,variable,type,version,expires"
        ),
        "\
NAME                  VARIABLE     TYPE          VERSION  EXPIRES
/prd/app/9lives       -            StringList    1
/prd/app/db/host      DB_HOST      String        1
/prd/app/db/password  DB_PASSWORD  SecureString  2
/prd/app/path         -            SecureString  1
/prd/app/token        TOKEN        SecureString  1        2999-12-02T21:34:33Z
"
    );
}

#[test]
fn the_table_has_all_that_one_reading_of_the_catalogue_gives() {
    let world = described();
    assert_eq!(
        listed(&world, "/prd/app/db").replace("DATE                ", "DATE"),
        "\
NAME                  VARIABLE  TYPE          VERSION  TIER      KEY        MODIFIED              BY         DESCRIPTION
/prd/app/db/host      HOST      String        1        Standard             DATE  user/test
/prd/app/db/password  PASSWORD  SecureString  2        Standard  alias/app  DATE  user/test  for the *billing* database, ask @alice
"
    );
    assert_eq!(
        world.server.calls(),
        1,
        "labels and tags were not asked for"
    );
}

#[test]
fn a_tree_shows_how_names_hang_together() {
    let world = described();
    world.store.put("/prd/app/db", SENTINEL);
    assert_eq!(
        listed(&world, "/prd --tree --columns version,name,variable"),
        "\
VERSION  NAME                  VARIABLE
         /prd
         ├── app
1        │   ├── 9lives        APP_9LIVES
1        │   ├── db            APP_DB
1        │   │   ├── host      APP_DB_HOST
2        │   │   └── password  APP_DB_PASSWORD
1        │   ├── path          APP_PATH
1        │   └── token         APP_TOKEN
         └── other
1            └── host          OTHER_HOST
"
    );
    // Without names there is nothing to draw.
    assert_eq!(
        listed(&world, "/prd/app/db --tree --columns version"),
        "VERSION\n1\n2\n"
    );
}

#[test]
fn json_has_everything_with_labels_and_tags() {
    let text = listed(&described(), "/prd/app/db --all --format json");
    let reported: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        reported,
        json!([
            {
                "name": "/prd/app/db/host", "variable": "HOST", "type": "String", "version": 1,
                "labels": {}, "tier": "Standard", "key": null, "modified": "DATE",
                "by": "arn:aws:iam::123456789012:user/test", "expires": null,
                "tags": { "team": "data" }, "description": null
            },
            {
                "name": "/prd/app/db/password", "variable": "PASSWORD", "type": "SecureString",
                "version": 2, "labels": { "live": 2, "previous": 1 }, "tier": "Standard",
                "key": "alias/app", "modified": "DATE",
                "by": "arn:aws:iam::123456789012:user/test", "expires": null,
                "tags": { "rotation": "manual", "team": "web" },
                "description": "for the *billing* database, ask @alice"
            }
        ])
    );
    assert!(
        text.starts_with("[\n  {\n    \"name\": "),
        "in our order: {text}"
    );
}

#[test]
fn a_wiki_shows_text_as_it_was_written() {
    assert_eq!(
        listed(
            &described(),
            "/prd/app/db --format markdown --columns name,variable,labels,tags,description"
        ),
        "\
| NAME | VARIABLE | LABELS | TAGS | DESCRIPTION |
| --- | --- | --- | --- | --- |
| `/prd/app/db/host` | `HOST` |  | team=data |  |
| `/prd/app/db/password` | `PASSWORD` | live=2 previous=1 | rotation=manual team=web | for the \\*billing\\* database, ask @alice |
"
    );
}

#[test]
fn a_spreadsheet_reads_everything_and_runs_none_of_it() {
    let world = described();
    world
        .store
        .put_parameter(
            PutParameter::new("/x/a", SENTINEL)
                .description("=HYPERLINK(\"http://evil.example\", \"a,\nb\")"),
        )
        .unwrap();
    world.store.put("/x/9", SENTINEL);
    let text = listed(
        &world,
        "/x --format csv --columns name,variable,description",
    );
    assert_eq!(
        text,
        "name,variable,description\r\n\
         /x/9,,\r\n\
         /x/a,A,\"'=HYPERLINK(\"\"http://evil.example\"\", \"\"a, b\"\")\"\r\n"
    );
    let story = "a_spreadsheet_reads_everything_and_runs_none_of_it";
    if !can(story, "python3", which("python3").is_some()) {
        return;
    }
    let file = world.directory.file("list.csv", &text, 0o600);
    let read = std::process::Command::new("python3")
        .args(["-c", "import csv,json,sys; print(json.dumps(list(csv.reader(open(sys.argv[1], newline='')))))"])
        .arg(file)
        .output()
        .unwrap();
    let read: Value = serde_json::from_slice(&read.stdout).unwrap();
    assert_eq!(
        read,
        json!([
            ["name", "variable", "description"],
            ["/x/9", "", ""],
            [
                "/x/a",
                "A",
                "'=HYPERLINK(\"http://evil.example\", \"a, b\")"
            ]
        ])
    );
}

/// The names that a filter leaves.
#[track_caller]
fn names(world: &World, options: &str) -> Vec<String> {
    let text = listed(world, &format!("{options} --format json"));
    let reported: Value = serde_json::from_str(&text).unwrap();
    let names = reported.as_array().unwrap().iter();
    names
        .map(|one| one["name"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn filters_leave_what_meets_them_all() {
    let world = described();
    for (options, left) in [
        ("/prd --type String", ["/prd/app/db/host"].as_slice()),
        (
            "/prd --type string --type STRINGLIST",
            &["/prd/app/9lives", "/prd/app/db/host"],
        ),
        (
            "/prd --tag team",
            &["/prd/app/db/host", "/prd/app/db/password"],
        ),
        ("/prd --tag team=web", &["/prd/app/db/password"]),
        (
            "/prd --tag team=web --tag team=data",
            &["/prd/app/db/host", "/prd/app/db/password"],
        ),
        (
            "/prd --tag team --tag team=data",
            &["/prd/app/db/host", "/prd/app/db/password"],
        ),
        ("/prd --tag team=data --tag rotation", &[]),
        ("/prd --tag team=web --type String", &[]),
        ("--expiring 1000y", &["/prd/app/token"]),
        ("--expiring 14d", &[]),
        ("--older-than 1d", &[]),
        (
            "--older-than 0",
            &[
                "/prd/app/9lives",
                "/prd/app/db/host",
                "/prd/app/db/password",
                "/prd/app/path",
                "/prd/app/token",
                "/prd/other/host",
            ],
        ),
    ] {
        assert_eq!(names(&world, options), left, "{options}");
    }
    assert_eq!(listed(&world, "/prd --expiring 14d"), "no parameters\n");
}

#[test]
fn names_are_those_of_the_whole_path_whatever_is_filtered() {
    let world = world_with(&[("/app/db-host", SENTINEL), ("/app/other", SENTINEL)]);
    world.store.put_string("/app/db.host", SENTINEL);
    assert_eq!(
        listed(&world, "/app --type SecureString --columns name,variable"),
        "NAME          VARIABLE\n/app/db-host  -\n/app/other    OTHER\n"
    );
}

#[test]
fn without_a_path_all_of_the_account_is_listed() {
    let world = world_with(&[("/prd/app/a", SENTINEL), ("flat.name", SENTINEL)]);
    assert_eq!(
        listed(&world, "--tree --columns name,variable"),
        "\
NAME           VARIABLE
/
├── flat.name  FLAT_NAME
└── prd
    └── app
        └── a  PRD_APP_A
"
    );
}

#[test]
fn a_thousand_parameters_are_read_fifty_at_a_time() {
    let world = world();
    world.store.generate("/big", 1000);
    assert_eq!(listed(&world, "/big --columns name").lines().count(), 1001);
    assert_eq!(world.server.calls(), 20);
}

#[test]
fn labels_and_tags_survive_throttling() {
    let world = described();
    world.server.set_faults([
        Fault::Throttle.first(2).operation("GetParameterHistory"),
        Fault::Throttle.first(2).operation("ListTagsForResource"),
    ]);
    let ended = list(&world, "/prd/app --columns name,labels,tags");
    assert_eq!(
        (ended.code, ended.text().as_str()),
        (
            Some(0),
            "\
NAME                  LABELS             TAGS
/prd/app/9lives
/prd/app/db/host                         team=data
/prd/app/db/password  live=2 previous=1  rotation=manual team=web
/prd/app/path
/prd/app/token
"
        ),
        "{ended:?}"
    );
    assert_eq!(world.server.calls(), 1 + 2 * (5 + 2));
}

#[test]
fn a_refusal_names_what_to_allow() {
    let world = described();
    world.server.set_faults([Fault::AccessDenied.always()]);
    let ended = list(&world, "/prd/app");
    let printed = ended.failed(77);
    let last = printed.lines().last().unwrap();
    assert_eq!(last, "envsecrets: hint: allow ssm:DescribeParameters on *");
}

#[test]
fn mistakes_are_reported_before_any_request() {
    let world = world();
    for (options, printed) in [
        (
            "prd/app",
            "error: `prd/app` is not a path: it does not begin with `/`\n\
             envsecrets: hint: did you mean `/prd/app`?\n",
        ),
        (
            "--tree --format csv",
            "error: `--tree` is only for the format `table`\n\
             envsecrets: hint: leave `--format` out\n",
        ),
        (
            "--tag =web",
            "error: `--tag =web` has no key\n\
             envsecrets: hint: the form is `--tag KEY` or `--tag KEY=VALUE`\n",
        ),
        (
            "--older-than soon",
            "error: `--older-than soon` is not a duration: expected number at 0\n\
             envsecrets: hint: write it like `30s`, `500ms` or `2m`; `90d` is 90 days\n",
        ),
        (
            "--all --columns name",
            "error: the argument `--all` cannot be used with `--columns <COLUMN,...>`\n\
             envsecrets: hint: see `envsecrets list --help`\n",
        ),
    ] {
        assert_eq!(
            list(&world, options).failed(64),
            format!("envsecrets: {printed}")
        );
    }
    assert_eq!(world.server.calls(), 0);
}

#[test]
fn nothing_below_a_path_is_an_error_as_it_is_for_a_launch() {
    let world = world_with(&[("/prd/app", SENTINEL)]);
    assert_eq!(
        list(&world, "/prd/app").failed(66),
        format!(
            "envsecrets: error: no parameters exist below `/prd/app` in us-east-1 at {}\n\
             envsecrets: hint: check path, account and region for typos; a layer that may \
             be empty is `--optional-path`\n",
            world.server.url()
        )
    );
}

#[test]
fn a_description_cannot_move_the_cursor_of_who_reads_it() {
    let world = world();
    let put = PutParameter::new("/x/a", SENTINEL);
    let put = put.description("a\u{1b}[2J\u{9b}2J\u{202e}b\nc");
    world.store.put_parameter(put).unwrap();
    for (format, shown) in [
        ("table", "a\\u{1b}[2J\\u{9b}2J\\u{202e}b c"),
        ("csv", "a\\u{1b}[2J\\u{9b}2J\\u{202e}b c"),
        ("markdown", "a\\\\u{1b}\\[2J\\\\u{9b}2J\\\\u{202e}b c"),
        ("json", "a\\u001b[2J\\u009b2J\\u202eb\\nc"),
    ] {
        let text = listed(
            &world,
            &format!("/x --columns description --format {format}"),
        );
        assert!(text.contains(shown), "{format}: {text}");
    }
}

/// What a terminal of this width shows of the list.
fn on_terminal(world: &World, width: u32, options: &str) -> String {
    shown(world, width, &format!("list {options}"))
}

/// What a terminal of this width shows.
fn shown(world: &World, width: u32, arguments: &str) -> String {
    let envsecrets = crate::support::ENVSECRETS;
    let line = format!("stty cols {width}; exec {envsecrets} {arguments}");
    let configured = world.envsecrets::<&str>(&[]);
    let mut launch = crate::support::Launch::new("script", &["-qec", &line, "/dev/null"]);
    for (name, value) in configured.command.get_envs() {
        if let Some(value) = value {
            launch.env(name, value);
        }
    }
    let ended = launch.run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    ended.text().replace("\r\n", "\n")
}

#[test]
fn who_waits_at_a_terminal_sees_how_far_it_is() {
    let story = "who_waits_at_a_terminal_sees_how_far_it_is";
    if !can(story, "script (util-linux)", which("script").is_some()) {
        return;
    }
    let world = world();
    world.store.generate("/big", 40);
    let latency = Latency::per_request(Duration::from_millis(550));
    world.server.set_latency(latency);
    let shown = on_terminal(&world, 80, "/big --columns name,labels");
    // The line is gone before the table begins.
    let (_, line) = shown
        .split_once("\r\u{1b}[Kenvsecrets: 32 of 40 parameters read, ")
        .unwrap_or_else(|| panic!("{shown:?}"));
    let (line, table) = line.split_once("\r\u{1b}[K").unwrap();
    assert!(
        line.contains(" a second, about ") && line.ends_with("s left"),
        "{line:?}"
    );
    assert!(table.starts_with("NAME"), "{table:?}");
    assert_eq!(leak(shown.as_bytes()), None);
    // Without a terminal nothing is printed.
    let listed = list(&world, "/big --columns name,labels");
    assert_eq!(listed.ok().lines().count(), 41);
}

#[test]
fn who_waits_for_a_launch_or_a_change_sees_how_far_it_is_and_then_only_the_result() {
    let story = "who_waits_for_a_launch_or_a_change_sees_how_far_it_is_and_then_only_the_result";
    if !can(story, "script (util-linux)", which("script").is_some()) {
        return;
    }
    let world = world();
    world.store.generate("/big", 60);
    let latency = Latency::per_request(Duration::from_millis(550));
    world.server.set_latency(latency);
    for (arguments, counted, end) in [
        (
            "--path /big -- echo launched",
            " entries read, ",
            "launched\n",
        ),
        ("check --path /big --format names", " entries read, ", "\n"),
        (
            "delete --recursive /big --yes",
            " of 60 parameters deleted, ",
            " deleted\n",
        ),
    ] {
        let seen = shown(&world, 80, arguments);
        let (before, rest) = seen
            .split_once(counted)
            .unwrap_or_else(|| panic!("{arguments}: {seen:?}"));
        assert!(before.contains("\r\u{1b}[Kenvsecrets: "), "{before:?}");
        let (line, result) = rest.split_once("\r\u{1b}[K").unwrap();
        assert!(line.contains(" a second"), "{line:?}");
        assert!(result.ends_with(end), "{arguments}: {result:?}");
        assert_eq!(leak(seen.as_bytes()), None);
    }
    // Without a terminal nothing is printed.
    world.store.generate("/big", 60);
    assert_eq!(world.variables("--path /big").len(), 60);
}

#[test]
fn a_table_on_a_terminal_is_as_wide_as_that() {
    let story = "a_table_on_a_terminal_is_as_wide_as_that";
    if !can(story, "script (util-linux)", which("script").is_some()) {
        return;
    }
    let world = described();
    let on_terminal =
        |width, options: &str| on_terminal(&world, width, &format!("/prd/app/db {options}"));
    let text = on_terminal(100, "");
    assert_eq!(
        steady(&text).replace("DATE                ", "DATE"),
        "\
envsecrets: the terminal is too narrow for TIER, KEY, BY; `--columns` and other formats show them
NAME                  VARIABLE  TYPE          VERSION  MODIFIED              DESCRIPTION
/prd/app/db/host      HOST      String        1        DATE
/prd/app/db/password  PASSWORD  SecureString  2        DATE  for the *billing* data…
"
    );
    assert!(
        text.lines().skip(1).all(|line| line.chars().count() <= 100),
        "{text}"
    );
    // What was requested is shown.
    assert_eq!(
        on_terminal(40, "--columns name,tier,description"),
        "\
NAME            TIER      DESCRIPTION
…d/app/db/host  Standard
…p/db/password  Standard  for the *bill…
"
    );
}

#[test]
fn what_the_aws_cli_wrote_is_listed() {
    let Some(moto) = Moto::start("what_the_aws_cli_wrote_is_listed") else {
        return;
    };
    moto.aws(&[
        "put-parameter",
        "--name",
        "/prd/app/db/password",
        "--type",
        "SecureString",
        "--value",
        SENTINEL,
        "--description",
        "the database",
        "--tags",
        "Key=team,Value=web",
    ]);
    moto.put("/prd/app/host", SENTINEL, "String");
    moto.aws(&[
        "label-parameter-version",
        "--name",
        "/prd/app/host",
        "--labels",
        "live",
    ]);
    let listed = |options: &str| {
        let words = ["list"].into_iter().chain(options.split_whitespace());
        let text = moto.envsecrets(&words.collect::<Vec<_>>()).run().ok();
        assert_eq!(leak(text.as_bytes()), None, "{text}");
        text
    };
    assert_eq!(
        listed("/prd/app --columns name,variable,type,version,labels,key,tags,description"),
        "\
NAME                  VARIABLE     TYPE          VERSION  LABELS  KEY            TAGS      DESCRIPTION
/prd/app/db/password  DB_PASSWORD  SecureString  1                alias/aws/ssm  team=web  the database
/prd/app/host         HOST         String        1        live=1
"
    );
    assert_eq!(
        listed("/prd --tag team=web --columns name"),
        "NAME\n/prd/app/db/password\n"
    );
    // What both report of the same.
    let theirs = moto.aws(&["describe-parameters", "--query", "Parameters[].Name"]);
    let theirs: Value = serde_json::from_str(&theirs).unwrap();
    let ours: Value = serde_json::from_str(&listed("--format json")).unwrap();
    let ours = ours
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].clone());
    assert_eq!(Value::from_iter(ours), theirs);
}

#[test]
fn a_list_is_as_deep_as_requested() {
    let world = described();
    let listed = list(&world, "/prd/app --depth 1 --columns name");
    assert_eq!(
        (listed.code, listed.text()),
        (
            Some(0),
            "NAME\n/prd/app/9lives\n/prd/app/path\n/prd/app/token\n".to_owned()
        )
    );
    assert_eq!(listed.stderr, "envsecrets: 2 more are deeper than 1\n");
    let listed = list(&world, "/prd/app --depth 2 --columns name");
    assert_eq!(
        (listed.ok().lines().count(), listed.stderr.as_str()),
        (6, "")
    );
    for depth in ["0", "x"] {
        assert_eq!(
            list(&world, &format!("/prd/app --depth {depth}")).code,
            Some(64)
        );
    }
}

#[test]
fn a_list_is_sorted_by_any_column_and_what_has_none_comes_last() {
    let world = described();
    for (options, names) in [
        (
            "--sort version --reverse",
            [
                "/prd/app/db/password",
                "/prd/app/token",
                "/prd/app/path",
                "/prd/app/db/host",
                "/prd/app/9lives",
            ],
        ),
        (
            "--sort expires",
            [
                "/prd/app/token",
                "/prd/app/9lives",
                "/prd/app/db/host",
                "/prd/app/db/password",
                "/prd/app/path",
            ],
        ),
        (
            "--sort type",
            [
                "/prd/app/db/password",
                "/prd/app/path",
                "/prd/app/token",
                "/prd/app/db/host",
                "/prd/app/9lives",
            ],
        ),
        (
            "--sort tags --reverse",
            [
                "/prd/app/db/host",
                "/prd/app/db/password",
                "/prd/app/9lives",
                "/prd/app/path",
                "/prd/app/token",
            ],
        ),
    ] {
        let text = list(
            &world,
            &format!("/prd/app --columns name --format json {options}"),
        )
        .ok();
        let found: Value = serde_json::from_str(&text).unwrap();
        let found: Vec<&str> = found
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["name"].as_str().unwrap())
            .collect();
        let mut sorted = found.clone();
        sorted.sort_unstable();
        let mut expected = names.to_vec();
        expected.sort_unstable();
        assert_eq!(sorted, expected);
        if options != "--sort version --reverse" && options != "--sort tags --reverse" {
            assert_eq!(found, names, "{options}");
        } else {
            assert_eq!(found[0], names[0], "{options}");
        }
    }
    assert_eq!(list(&world, "/prd/app --reverse").code, Some(64));
    assert_eq!(list(&world, "/prd/app --tree --sort name").code, Some(64));
}

#[test]
fn what_other_accounts_share_is_listed_by_its_arn() {
    let world = described();
    let arn = "arn:aws:ssm:us-east-1:210987654321:parameter/common/ca";
    world
        .store
        .share(arn, &PutParameter::new("/common/ca", SENTINEL))
        .unwrap();
    let text = listed(&world, "--shared --columns name,type,version");
    assert_eq!(
        text,
        format!(
            "{:54}  TYPE          VERSION\n{arn}  SecureString  1\n",
            "NAME"
        )
    );
    assert_eq!(world.bodies("DescribeParameters")[0]["Shared"], true);
    let objects: Value =
        serde_json::from_str(&list(&world, "--shared --format json").ok()).unwrap();
    assert_eq!(objects[0]["name"], arn);
    assert!(objects[0].get("variable").is_none());
    for options in [
        "--shared /prd",
        "--shared --all --columns tags",
        "--shared --columns labels",
        "--shared --depth 1",
    ] {
        assert_eq!(list(&world, options).code, Some(64), "{options}");
    }
    // Nothing shared is no error.
    assert_eq!(
        list(&crate::support::world(), "--shared").ok(),
        "no parameters\n"
    );
    assert!(
        world
            .bodies("DescribeParameters")
            .iter()
            .all(|it| it.get("Shared").is_some())
    );
}
