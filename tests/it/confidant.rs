//! Launches from Confidant: services, single keys, blind credentials, the file of its client, and
//! everything that goes wrong there. The server is a stand-in; at the end there is a real one.

use parameter_store::confidant::{Blind, Credential, OTHER_KEY, Service, html};
use serde_json::{Value, json};

use crate::support::confidant::{ConfidantWorld, confidant_behind, confidant_world};
use crate::support::stand_in::Reply;
use crate::support::{Ended, Fault, OTHER_SENTINEL, SENTINEL, leak};

/// A service with two credentials, one of which only it can read.
fn service() -> ConfidantWorld {
    let world = confidant_world();
    plant(&world);
    world
}

fn plant(world: &ConfidantWorld) {
    let database = json!({"db_pass": SENTINEL, "db_user": "app"});
    let service = Service::with(vec![Credential::new("database", database)]);
    let blind = json!({"token": OTHER_SENTINEL});
    let blind = Blind::new("partner", "us-east-1", "app", blind);
    world.confidant.put("app", service.and_blind(blind));
}

/// Nothing of the planted values is printed, nor is a token.
#[track_caller]
fn hides(ended: &Ended) {
    assert_eq!(leak(ended.stderr.as_bytes()), None, "{ended:?}");
    assert_eq!(leak(&ended.stdout), None, "{ended:?}");
    assert!(!ended.stderr.contains("eyJ"), "{ended:?}");
}

#[test]
fn a_service_starts_from_its_credentials_and_blind_credentials() {
    let world = service();
    let expected = [
        format!("DB_PASS={SENTINEL}"),
        "DB_USER=app".to_owned(),
        format!("TOKEN={OTHER_SENTINEL}"),
    ];
    for options in [
        "--from confidant://app",
        "--from confidant://app#db_pass --from confidant://app#token --from confidant://app#db_user",
        "--optional-from confidant://app",
        "--json confidant://app",
    ] {
        assert_eq!(world.variables(options), expected, "{options}");
    }
    assert_eq!(
        world.variables("--secret PW=confidant://app#db_pass"),
        [format!("PW={SENTINEL}")]
    );
    let first = &world.server.calls()[0];
    assert_eq!(first.line(), "GET /v1/services/app");
    assert_eq!(first.header("x-auth-from"), Some("2/service/app"));
    assert!(
        first
            .header("user-agent")
            .unwrap()
            .starts_with("envsecrets/")
    );
}
