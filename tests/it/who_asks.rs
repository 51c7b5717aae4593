//! Who asks, and where: regions, profiles and roles of single places, and another region that stands in.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use parameter_store::Fault;

use crate::support::issuers::{assumed, refused};
use crate::support::stand_in::StandIn;
use crate::support::{SENTINEL, World, world};

/// Secrets below prd/app/ in two regions: in eu-west-1 as they are copied from us-east-1.
fn two_regions() -> World {
    let world = world();
    world.store.put_secret("prd/app/key", SENTINEL);
    let copied = serde_json::json!({"Name": "prd/app/key", "SecretString": SENTINEL});
    world
        .store
        .secrets_manager("eu-west-1", "CreateSecret", &copied)
        .unwrap();
    world
}

/// The regions for which calls were signed, each once, in order.
fn regions(world: &World) -> Vec<String> {
    let requests = world.server.requests();
    let mut regions: Vec<String> = requests.into_iter().filter_map(|it| it.region).collect();
    regions.dedup();
    regions
}

#[test]
fn a_place_is_read_in_its_own_region() {
    let world = two_regions();
    world.store.put("/prd/app/db", "x");
    let expected = ["DB=x".to_owned(), format!("KEY={SENTINEL}")];
    let options = "--from sm://prd/app/?region=eu-west-1 --path /prd/app";
    assert_eq!(world.variables(options), expected);
    let mut called = regions(&world);
    called.sort();
    called.dedup();
    assert_eq!(called, ["eu-west-1", "us-east-1"]);
    // No region of the settings is needed where every place has its own.
    let mut launch = world.launch(
        "--clean-env --from sm://prd/app/?region=eu-west-1",
        &["env"],
    );
    assert_eq!(
        launch.without("AWS_REGION").run().ok(),
        format!("KEY={SENTINEL}\n")
    );
}

#[test]
fn a_place_is_read_with_its_own_profile() {
    let world = two_regions();
    world.store.put("/prd/app/db", "x");
    let keys = "aws_access_key_id = AKIDOFTHEOTHERTEST01\naws_secret_access_key = x\n";
    world
        .directory
        .file(".aws/credentials", format!("[other]\n{keys}"), 0o600);
    let options = "--from sm://prd/app/?profile=other --path /prd/app";
    assert_eq!(world.variables(options).len(), 2);
    for request in world.server.requests() {
        let own = match request.operation.as_str() {
            "GetParametersByPath" => "AKIDENVSECRETSTEST01",
            _ => "AKIDOFTHEOTHERTEST01",
        };
        assert_eq!(request.access_key.as_deref(), Some(own), "{request:?}");
    }
    let ended = world
        .launch("--from sm://prd/app/?profile=gone", &["env"])
        .run();
    let text = ended.failed(78);
    assert!(
        text.contains("`gone`") && text.contains("a place"),
        "{text}"
    );
}

#[test]
fn a_check_shows_as_which_principal_each_place_is_read() {
    let world = two_regions();
    world.store.put("/prd/app/db", "x");
    let url = world.server.url();
    let command = "check -v --from sm://prd/app/?region=eu-west-1 --path /prd/app";
    let words: Vec<&str> = command.split(' ').collect();
    let ended = world.envsecrets(&words).run();
    let text = ended.text();
    let read: Vec<Vec<&str>> = text
        .lines()
        .skip_while(|line| !line.starts_with("READ "))
        .map(|line| {
            line.split("  ")
                .map(str::trim)
                .filter(|it| !it.is_empty())
                .collect()
        })
        .collect();
    let who = "the environment (access key …ST01)";
    assert_eq!(
        read,
        [
            vec!["READ", "STORE", "IN", "AS"],
            vec![
                "/prd/app",
                "Parameter Store",
                &format!("us-east-1 at {url}"),
                who
            ],
            vec![
                "secretsmanager://prd/app/?region=eu-west-1",
                "Secrets Manager",
                &format!("eu-west-1 at {url}"),
                who
            ],
        ]
    );
    for place in ["us-east-1", "eu-west-1"] {
        let line = format!("envsecrets: requesting from {place} at {url} as {who}\n");
        assert!(ended.stderr.contains(&line), "{}", ended.stderr);
    }
}

#[test]
fn another_region_stands_in_for_one_that_cannot_be_reached() {
    for fault in [
        Fault::Status(503),
        Fault::Throttle,
        Fault::ResetBeforeReply,
        Fault::InternalServerError,
        Fault::Hang,
    ] {
        let world = two_regions();
        let situation = format!("{fault:?}");
        world
            .server
            .set_faults([fault.always().region("us-east-1")]);
        let options = "--clean-env --timeout 6s --from sm://prd/app/?fallback-region=eu-west-1";
        let ended = world.launch(options, &["env"]).run();
        assert_eq!(ended.text(), format!("KEY={SENTINEL}\n"), "{situation}");
        let said = "envsecrets: `secretsmanager://prd/app/?fallback-region=eu-west-1` is read in eu-west-1, \
                    because it could not be read in us-east-1: ";
        assert!(ended.stderr.contains(said), "{situation}: {}", ended.stderr);
        assert!(!ended.stderr.contains(SENTINEL), "{situation}");
    }
}

#[test]
fn no_region_stands_in_for_itself() {
    let world = two_regions();
    world
        .server
        .set_faults([Fault::Status(503).always().region("us-east-1")]);
    // As a contract has it that is the same in all regions.
    let options = "--clean-env --timeout 2s --from sm://prd/app/?fallback-region=us-east-1";
    let ended = world.launch(options, &["env"]).run();
    assert_eq!(ended.code, Some(75), "{ended:?}");
    assert!(!ended.stderr.contains("is read in"), "{}", ended.stderr);
    world.server.set_faults::<Fault>([]);
    let options = "--clean-env --from sm://prd/app/?fallback-region=us-east-1";
    assert!(world.launch(options, &["env"]).run().ok().contains("KEY="));
}

#[test]
fn another_region_stands_in_for_parameters_too_and_a_check_says_so() {
    let world = two_regions();
    world.store.put("/prd/app/db", "x");
    world
        .server
        .set_faults([Fault::Status(503).always().region("us-east-1")]);
    let command =
        "check --format json --timeout 4s --from ssm:///prd/app/?fallback-region=eu-west-1";
    let words: Vec<&str> = command.split(' ').collect();
    let ended = world.envsecrets(&words).run();
    let report: serde_json::Value = serde_json::from_str(&ended.text()).unwrap();
    let read = &report["read"][0];
    assert_eq!(read["instead_of"], "us-east-1");
    assert_eq!(
        read["place"],
        format!("eu-west-1 at {}", world.server.url())
    );
    assert_eq!(
        read["sources"][0],
        "ssm:///prd/app/?fallback-region=eu-west-1"
    );
    let words: Vec<&str> = words
        .into_iter()
        .filter(|it| *it != "--format" && *it != "json")
        .collect();
    let text = world.envsecrets(&words).run().text();
    assert!(text.contains(", instead of us-east-1"), "{text}");
}

#[test]
fn a_whole_layer_is_read_again_and_pages_of_two_regions_are_never_mixed() {
    let world = two_regions();
    for number in 0..200 {
        let name = format!("prd/app/s{number:03}");
        world.store.put_secret(&name, "of the first region");
        let copied = serde_json::json!({"Name": name, "SecretString": "of the second"});
        world
            .store
            .secrets_manager("eu-west-1", "CreateSecret", &copied)
            .unwrap();
    }
    // The first page comes, and then no more.
    let fault = Fault::Status(503).always().region("us-east-1");
    world
        .server
        .set_faults([fault.operation("BatchGetSecretValue")]);
    let options = "--clean-env --timeout 6s --from sm://prd/app/?fallback-region=eu-west-1";
    let ended = world.launch(options, &["env"]).run();
    let text = ended.text();
    assert_eq!(text.matches("=of the second\n").count(), 200);
    assert!(!text.contains("of the first region"));
}

#[test]
fn a_refusal_or_a_missing_name_is_not_a_reason_to_ask_elsewhere() {
    for (fault, place, code) in [
        (Some(Fault::AccessDenied), "sm://prd/app/", 77),
        (Some(Fault::UnrecognizedClient), "sm://prd/app/", 77),
        (Some(Fault::DecryptionFailure), "sm://prd/app/", 77),
        (Some(Fault::CaptivePortal), "sm://prd/app/", 70),
        (None, "sm://prd/none/", 66),
    ] {
        let world = two_regions();
        let situation = format!("{fault:?}");
        let faults = fault.map(|it| it.always().region("us-east-1"));
        world.server.set_faults(faults);
        let options = format!("--timeout 20s --from {place}?fallback-region=eu-west-1");
        let ended = world.launch(&options, &["env"]).run();
        assert!(!ended.failed(code).contains("is read in"), "{situation}");
        assert_eq!(regions(&world), ["us-east-1"], "{situation}");
    }
}

#[test]
fn two_regions_share_one_deadline() {
    let world = two_regions();
    world.server.set_faults([Fault::Status(503).always()]);
    let options = "--timeout 3s --from sm://prd/app/?fallback-region=eu-west-1";
    let ended = world.launch(options, &["env"]).run();
    let text = ended.failed(75);
    assert!(
        text.contains("Secrets Manager did not answer within 3s for secrets whose names begin with `prd/app/` in eu-west-1"),
        "{text}"
    );
    assert!(ended.took.as_secs() < 6, "{:?}", ended.took);
}

#[test]
fn what_only_takes_long_is_not_read_twice() {
    let world = two_regions();
    world
        .server
        .set_faults([Fault::Delay(Duration::from_millis(400)).always()]);
    let options = "--clean-env --timeout 4s --from sm://prd/app/?fallback-region=eu-west-1";
    let ended = world.launch(options, &["env"]).run();
    assert_eq!(ended.ok(), format!("KEY={SENTINEL}\n"));
    assert_eq!(regions(&world), ["us-east-1"]);
}

#[test]
fn credentials_of_two_principals_are_fetched_at_the_same_time() {
    let world = world();
    world.store.put_secret("prd/a/x", "1");
    world.store.put_secret("prd/b/y", "2");
    // Neither is answered before both have asked.
    let both = Arc::new((Mutex::new(0), Condvar::new()));
    let sts = StandIn::start(move |call, _| {
        let (asked, changed) = &*both;
        let mut count = asked.lock().unwrap();
        *count += 1;
        changed.notify_all();
        let is_alone = |count: &mut u32| *count < 2;
        let limit = Duration::from_secs(10);
        let (_count, waited) = changed.wait_timeout_while(count, limit, is_alone).unwrap();
        match waited.timed_out() {
            true => refused(400, "ValidationError", "no other has asked"),
            false => assumed(call, "ASIAROLE000000000000"),
        }
    });
    let role = |name: &str| format!("role=arn:aws:iam::123456789012:role/{name}");
    let options = format!(
        "--clean-env --from sm://prd/a/?{} --from sm://prd/b/?{}",
        role("one"),
        role("other")
    );
    let mut launch = world.launch(&options, &["env"]);
    let ended = launch.env("AWS_ENDPOINT_URL_STS", sts.url()).run();
    assert_eq!(ended.ok(), "X=1\nY=2\n");
    // And one principal is asked for once, however many places are read as it.
    let sts = StandIn::start(|call, _| assumed(call, "ASIAROLE000000000000"));
    let options = format!(
        "--clean-env --from sm://prd/a/?{one} --from sm://prd/b/?region=us-east-1&{one}",
        one = role("one")
    );
    let mut launch = world.launch(&options, &["env"]);
    let ended = launch.env("AWS_ENDPOINT_URL_STS", sts.url()).run();
    assert_eq!(ended.ok(), "X=1\nY=2\n");
    assert_eq!(sts.calls().len(), 1);
}

#[test]
fn versions_of_two_regions_are_not_compared() {
    let world = two_regions();
    let place = "sm://prd/app/?fallback-region=eu-west-1";
    let options = format!("--fingerprint PRINT --from {place}");
    let print = world.launch(&options, &["sh", "-c", "echo $PRINT"]).run();
    let print = print.ok();
    let print = print.trim();
    let stale = |more: &[&str]| {
        let words = ["stale", "--timeout", "3s", "--from", place];
        let words = [&words[..], &["--fingerprint", "PRINT", "--is", print], more].concat();
        world.envsecrets(&words).run()
    };
    assert_eq!(stale(&[]).code, Some(0));
    world
        .server
        .set_faults([Fault::Status(503).always().region("us-east-1")]);
    let ended = stale(&[]);
    assert_eq!(ended.code, Some(75), "{ended:?}");
    let said = "say nothing about those in us-east-1, which could not be reached";
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
    assert_eq!(stale(&["--probe"]).code, Some(0));
    for command in ["diff", "copy"] {
        let ended = world.envsecrets(&[command, place, "/prd/app"]).run();
        let text = ended.failed(64);
        assert!(text.contains("has a `fallback-region`"), "{text}");
    }
}

#[test]
fn nothing_is_copied_onto_itself_however_it_is_written() {
    let world = world();
    world.store.put("/svc/a", "x");
    for from in ["/svc", "ssm:///svc/", "ssm:///svc/?region=us-east-1"] {
        let ended = world.envsecrets(&["copy", from, "/svc"]).run();
        let text = ended.failed(64);
        assert!(
            text.contains("would be copied onto itself"),
            "{from}: {text}"
        );
    }
}
