//! Parameters by their ARNs, which are read in their own regions; and what is not the ARN of one.

use parameter_store::{Identity, PutParameter, Tls};
use serde_json::{Value, json};

use crate::support::stand_in::{Reply, StandIn};
use crate::support::{Directory, Ended, SENTINEL, Server, Store, World, without_times, world_with};

const OTHER: &str = "arn:aws:ssm:eu-west-1:123456789012:parameter/other/y";

/// A store at one endpoint, with a parameter in us-east-1 and one in eu-west-1.
fn two_regions() -> World {
    let world = world_with(&[("/app/x", "here")]);
    let there = PutParameter::new("/other/y", SENTINEL);
    world.store.share(OTHER, &there).unwrap();
    world
}

/// The regions that the requests were signed for, and what each requested.
fn requested(world: &World) -> Vec<(String, Value)> {
    let requests = world.server.requests().into_iter();
    let mut requests: Vec<(String, Value)> = requests
        .map(|it| (it.region.unwrap(), it.body["Names"].clone()))
        .collect();
    requests.sort_by(|one, other| one.0.cmp(&other.0));
    requests
}

#[test]
fn an_arn_is_read_in_its_own_region() {
    let world = two_regions();
    let ended = world
        .envsecrets(&[
            "--secret",
            &format!("Y={OTHER}"),
            "--secret",
            "X=/app/x",
            "--",
            "printenv",
            "X",
            "Y",
        ])
        .run();
    assert_eq!(ended.ok(), format!("here\n{SENTINEL}\n"));
    assert_eq!(
        requested(&world),
        [
            ("eu-west-1".to_owned(), json!([OTHER])),
            ("us-east-1".to_owned(), json!(["/app/x"])),
        ]
    );
}

#[test]
fn an_arn_of_the_callers_region_shares_its_request() {
    let world = world_with(&[("/app/x", "here"), ("/app/y", "there")]);
    let arn = "arn:aws:ssm:us-east-1:123456789012:parameter/app/y";
    let options = format!("--secret X=/app/x --secret Y={arn}");
    world.launch(&options, &["true"]).run().ok();
    assert_eq!(
        requested(&world),
        [("us-east-1".to_owned(), json!(["/app/x", arn]))]
    );
}

#[test]
fn every_command_and_a_reference_read_an_arn_there() {
    let world = two_regions();
    let value = format!("{SENTINEL}\n");
    assert_eq!(world.envsecrets(&["get", OTHER]).run().ok(), SENTINEL);
    let ended = world
        .envsecrets(&["--resolve", "--", "printenv", "Y"])
        .env("Y", OTHER)
        .run();
    assert_eq!(ended.ok(), value);
    let contract = format!("[variables.Y]\nfrom = \"{OTHER}\"\n");
    let contract = world.directory.file("envsecrets.toml", contract, 0o644);
    let contract = contract.to_str().unwrap();
    let options = ["--config", contract, "--", "printenv", "Y"];
    assert_eq!(world.envsecrets(&options).run().ok(), value);
    let file = format!("Y={OTHER}");
    let options = ["--file", &file, "--", "sh", "-c", "cat \"$Y\""];
    assert_eq!(world.envsecrets(&options).run().ok(), SENTINEL);
    world.envsecrets(&["check", "--secret", &file]).run().ok();
    for (region, names) in requested(&world) {
        assert_eq!((region.as_str(), names), ("eu-west-1", json!([OTHER])));
    }
}

#[test]
fn without_an_endpoint_the_host_of_its_region_is_called() {
    let hosts = ["ssm.us-east-1.amazonaws.com", "ssm.eu-west-1.amazonaws.com"];
    let store = Store::new();
    store.put("/app/x", "here");
    store
        .share(OTHER, &PutParameter::new("/other/y", SENTINEL))
        .unwrap();
    let tls = Tls::for_names(Identity::Valid, &hosts);
    let world = World {
        server: Server::start_tls(&store, &tls).unwrap(),
        store,
        directory: Directory::new(),
    };
    let ca = world.directory.file("ca.pem", tls.ca_pem(), 0o644);
    let port = world.server.port();
    let proxy = StandIn::start(move |_, _| Reply::RelayTo(port));
    let options = format!("--path /app --secret Y={OTHER}");
    let mut launch = world.launch(&options, &["printenv", "X", "Y"]);
    launch
        .without("AWS_ENDPOINT_URL_SSM")
        .env("HTTPS_PROXY", proxy.url())
        .env("AWS_CA_BUNDLE", ca);
    assert_eq!(launch.run().ok(), format!("here\n{SENTINEL}\n"));
    let mut called = proxy.lines();
    called.sort();
    let mut expected = hosts.map(|host| format!("CONNECT {host}:443"));
    expected.sort();
    assert_eq!(called, expected);
}

#[test]
fn where_nothing_but_arns_is_read_no_region_need_be_configured() {
    let world = two_regions();
    let options = format!("--secret Y={OTHER}");
    let mut launch = world.launch(&options, &["printenv", "Y"]);
    let ended = launch.without("AWS_REGION").run();
    assert_eq!(ended.ok(), format!("{SENTINEL}\n"));
    assert_eq!(
        requested(&world),
        [("eu-west-1".to_owned(), json!([OTHER]))]
    );
    let mut launch = world.launch(&format!("{options} --secret X=/app/x"), &["true"]);
    assert_eq!(
        launch.without("AWS_REGION").run().failed_at_once(78),
        "envsecrets: error: no AWS region is configured\n\
         envsecrets: hint: use `--region REGION`, or set `AWS_REGION` or the region of the profile\n"
    );
}

#[test]
fn what_is_missing_there_is_reported_for_that_region() {
    let world = two_regions();
    let url = world.server.url();
    let nowhere = "arn:aws:ssm:eu-west-1:123456789012:parameter/nope";
    for (options, what) in [
        (
            format!("--path /app --secret N={nowhere}"),
            format!("parameter `{nowhere}` does not exist in eu-west-1 at {url}"),
        ),
        (
            format!("--secret M=/nope --secret N={nowhere}"),
            format!(
                "parameters `/nope`, `{nowhere}` do not exist in us-east-1 at {url} and eu-west-1 at {url}"
            ),
        ),
    ] {
        assert_eq!(
            world.refusal(&options, 66),
            format!(
                "envsecrets: error: {what}\n\
                 envsecrets: hint: check names, versions, labels, account and region for typos\n"
            )
        );
    }
}

#[test]
fn the_region_of_an_arn_is_checked_like_any_other() {
    let world = two_regions();
    let zone = "arn:aws:ssm:eu-west-1a:123456789012:parameter/other/y";
    let mut launch = world.launch(&format!("--secret Y={zone}"), &["true"]);
    assert_eq!(
        launch.without("AWS_ENDPOINT_URL_SSM").run().failed(78),
        "envsecrets: error: `eu-west-1a`, from an ARN, is a zone, not an AWS region\n\
         envsecrets: hint: did you mean `eu-west-1`?\n"
    );
}

#[test]
fn a_fingerprint_follows_a_parameter_in_another_region() {
    let world = two_regions();
    let options = format!("--path /app --secret Y={OTHER} --fingerprint F");
    let text = world.launch(&options, &["printenv", "F"]).run().ok();
    let text = text.trim_end();
    // The place is that of the path; the ARN has its own.
    let (list, _) = without_times(text);
    assert!(
        list.ends_with(&format!(":us-east-1/123456789012:/app{{x=1}},{OTHER}=1")),
        "{text}"
    );
    let stale = |text: &str| -> Ended {
        let options = format!("stale --is {text} {options}");
        let words: Vec<&str> = options.split(' ').collect();
        world.envsecrets(&words).run()
    };
    assert_eq!(stale(text).ok(), "");
    world.store.put("/app/x", "newer");
    let ended = stale(text);
    assert_eq!(ended.code, Some(1));
    assert_eq!(ended.text(), "changed  /app/x  1 -> 2\n");
}

#[test]
fn a_policy_allows_what_another_region_needs() {
    let world = two_regions();
    let options =
        format!("policy --account 123456789012 --region us-east-1 --path /app --secret Y={OTHER}");
    let words: Vec<&str> = options.split(' ').collect();
    let policy: Value = serde_json::from_str(&world.envsecrets(&words).run().ok()).unwrap();
    let statements = policy["Statement"].as_array().unwrap();
    assert_eq!(statements[1]["Resource"], json!([OTHER]));
    // Keys are those of the region, and are used by Parameter Store there.
    for (statement, region, parameter) in [
        (
            &statements[2],
            "us-east-1",
            "arn:aws:ssm:us-east-1:123456789012:parameter/app/*",
        ),
        (&statements[3], "eu-west-1", OTHER),
    ] {
        assert_eq!(
            statement["Resource"],
            json!([format!("arn:aws:kms:{region}:123456789012:key/*")])
        );
        assert_eq!(
            statement["Condition"]["StringLike"],
            json!({
                "kms:ViaService": [format!("ssm.{region}.amazonaws.com")],
                "kms:EncryptionContext:PARAMETER_ARN": [parameter],
            })
        );
    }
    assert_eq!(world.server.calls(), 0);
}

#[test]
fn a_reference_where_a_parameter_belongs_is_refused_with_what_works() {
    let world = two_regions();
    let arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:prd/db-AbCdEf";
    let secret = "Parameter Store reads a secret of the caller's own account and region as \
                  `/aws/reference/secretsmanager/prd/db`; `--resolve` replaces a variable that holds a \
                  reference such as this";
    let parameter = "write it as `/prd/db`; `--resolve` replaces a variable that holds a reference such as this";
    let of_a_secret = "is the ARN of a secret of Secrets Manager, not of a parameter";
    let uri = "is a URI, not the name or the ARN of a parameter";
    // A command on parameters takes none; a launch takes all of them.
    for (text, why, hint) in [
        (arn, of_a_secret, secret),
        ("secretsmanager://prd/db", uri, secret),
        ("sm://prd/db", uri, secret),
        ("ssm:///prd/db", uri, parameter),
    ] {
        let ended = world.envsecrets(&["get", text]).run();
        assert_eq!(
            ended.failed(64),
            format!("envsecrets: error: `{text}` {why}\nenvsecrets: hint: {hint}\n")
        );
    }
    // What the hint says works.
    world.store.put_secret("prd/db", SENTINEL);
    let options = "--secret A=/aws/reference/secretsmanager/prd/db";
    let ended = world.launch(options, &["printenv", "A"]).run();
    assert_eq!(ended.ok(), format!("{SENTINEL}\n"));
    assert_eq!(world.server.calls(), 1);
}
