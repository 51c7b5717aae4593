//! Launches from Confidant: services, single keys, blind credentials, the file of its client, and
//! everything that goes wrong there. The server is a stand-in; at the end there is a real one.

use parameter_store::confidant::{
    Blind, Confidant, Credential, KEY, OTHER_KEY, Request, Service, TO, html, token,
};
use serde_json::{Value, json};

use crate::support::confidant::{ConfidantWorld, RealConfidant, confidant_behind, confidant_world};
use crate::support::stand_in::Reply;
use crate::support::tls::secure;
use crate::support::{Ended, Fault, OTHER_SENTINEL, SENTINEL, leak, world};
use parameter_store::Identity;

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

#[test]
fn a_token_is_encrypted_once_for_all_services_and_is_never_shown() {
    let world = service();
    let own = world.confidant.clone();
    own.put(
        "app2",
        Service::with(vec![Credential::new("two", json!({"x": "2"}))]),
    );
    // As a user, who may read more than one service.
    let profile = world.profile().replace("from: app", "from: rob");
    world.configure(&profile.replace("user_type: service", "user_type: user"));
    let ended = world
        .launch("--verbose --from confidant://app2 --from confidant://app")
        .run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let text = ended.stderr.replace(&world.server.url(), "SERVER");
    assert!(
        text.contains(
            "requesting from SERVER as `2/user/rob`, with a token from the environment (access key …ST01)"
        ),
        "{text}"
    );
    assert!(!text.contains("eyJ"), "{text}");
    let calls = world.server.calls();
    let tokens: Vec<_> = calls
        .iter()
        .map(|call| call.header("x-auth-token"))
        .collect();
    assert_eq!(tokens.len(), 2);
    assert_eq!(tokens[0], tokens[1]);
    let encrypted = world.aws.server.requests();
    let encrypted = encrypted.iter().filter(|call| call.operation == "Encrypt");
    let encrypted: Vec<_> = encrypted.collect();
    assert_eq!(encrypted.len(), 1);
    assert_eq!(
        encrypted[0].body["EncryptionContext"],
        json!({"from": "rob", "to": "confidant-testing", "user_type": "user"})
    );
}

#[test]
fn a_token_of_version_1_has_no_kind_of_user() {
    let world = service();
    let profile = world.profile().replace("{url", "{token_version: 1, url");
    world.configure(&profile);
    assert_eq!(world.variables("--from confidant://app").len(), 3);
    assert_eq!(world.server.calls()[0].header("x-auth-from"), Some("app"));
}

#[test]
fn what_is_disabled_is_read_as_by_the_client_of_confidant() {
    let world = confidant_world();
    let mut disabled = Credential::new("old", json!({"a": "1"}));
    disabled.enabled = false;
    let mut service = Service::with(vec![disabled]);
    service.enabled = false;
    world.confidant.put("app", service);
    let ended = world.launch("--verbose --from confidant://app").run();
    assert!(
        ended
            .stderr
            .contains("`confidant://app` is disabled, and is read all the same"),
        "{ended:?}"
    );
    assert_eq!(ended.text(), "A=1\n");
}

#[test]
fn numbers_and_booleans_are_text_and_other_values_are_refused() {
    let world = confidant_world();
    let pairs = json!({"number": 5432, "yes": true, "text": "a\nb"});
    let service = Service::with(vec![Credential::new("one", pairs)]);
    world.confidant.put("app", service);
    assert_eq!(
        world.variables("--from confidant://app"),
        ["NUMBER=5432", "TEXT=a", "b", "YES=true"]
    );
    let pairs = json!({"list": [1], "none": null, "object": {"a": SENTINEL}, "text": "a"});
    let service = Service::with(vec![Credential::new("one", pairs)]);
    world.confidant.put("app", service);
    assert_eq!(
        world.refusal("--from confidant://app", 65),
        "\
envsecrets: error: `confidant://app` has keys that cannot become variables
envsecrets:   caused by: the key `list` contains a list
envsecrets:   caused by: the key `none` contains null
envsecrets:   caused by: the key `object` contains an object
envsecrets: hint: a variable contains text, a number, `true` or `false`; a launch leaves a key out with \
         `--exclude KEY`
"
    );
    let options = "--from confidant://app --exclude list --exclude none --exclude object";
    assert_eq!(world.variables(options), ["TEXT=a"]);
}

#[test]
fn a_key_of_two_credentials_is_refused_unless_its_values_are_equal() {
    let world = confidant_world();
    let one = Credential::new("one", json!({"a": SENTINEL, "b": "same"}));
    let two = Credential::new("two", json!({"a": OTHER_SENTINEL, "b": "same"}));
    world.confidant.put("app", Service::with(vec![one, two]));
    let ended = world.launch("--from confidant://app").run();
    hides(&ended);
    assert_eq!(
        world.refused(&ended, 65),
        "\
envsecrets: error: `confidant://app` has several values of one key
envsecrets:   caused by: the key `a` has different values in `one` (one00000000000000000000000000000), `two` \
         (two00000000000000000000000000000)
envsecrets: hint: credentials have no order: keep the key in one of them; a launch leaves it out with \
         `--exclude KEY`
"
    );
    assert_eq!(
        world.variables("--from confidant://app --exclude a"),
        ["B=same"]
    );
}

#[test]
fn blind_credentials_are_decrypted_in_the_region_of_the_session() {
    let world = confidant_world();
    let blind = |region: &str| Blind::new("partner", region, "app", json!({"token": SENTINEL}));
    let empty = Service::with(Vec::new());
    world
        .confidant
        .put("app", empty.clone().and_blind(blind("eu-west-1")));
    let ended = world.launch("--from confidant://app").run();
    hides(&ended);
    assert_eq!(
        world.refused(&ended, 65),
        "\
envsecrets: error: the blind credential `partner` (partner0000000000000000000000000) of \
         `confidant://app` is not encrypted in us-east-1
envsecrets:   caused by: it is encrypted in eu-west-1
envsecrets: hint: set `region` in the file of Confidant, or `?region=` in the place, to one of those in which \
         it is encrypted
"
    );
    let expected = [format!("TOKEN={SENTINEL}")];
    assert_eq!(
        world.variables("--from confidant://app?region=eu-west-1"),
        expected
    );
    let profile = world.profile().replace("{url", "{region: eu-west-1, url");
    world.configure(&profile);
    assert_eq!(world.variables("--from confidant://app"), expected);
    // A key that nothing needs is not decrypted.
    world.aws.server.clear_requests();
    assert_eq!(
        world.variables("--optional-from confidant://app --exclude token"),
        [""; 0]
    );
    let calls = world.aws.server.requests();
    assert!(
        calls.iter().all(|call| call.operation == "Encrypt"),
        "{calls:?}"
    );
}

#[test]
fn a_blind_credential_that_is_not_decrypted_is_named() {
    let world = confidant_world();
    let mut blind = Blind::new("partner", "us-east-1", "app", json!({"token": SENTINEL}));
    blind.context = json!({"service": "app"});
    world
        .confidant
        .put("app", Service::with(Vec::new()).and_blind(blind));
    world
        .aws
        .server
        .set_faults([Fault::AccessDenied.always().operation("Decrypt")]);
    let ended = world.launch("--from confidant://app").run();
    hides(&ended);
    let text = world.refused(&ended, 77);
    assert!(
        text.starts_with(
            "envsecrets: error: AWS refused to decrypt blind credential `partner` \
             (partner0000000000000000000000000) of `confidant://app` in us-east-1 at AWS\n"
        ),
        "{text}"
    );
}

#[test]
fn a_service_or_a_key_that_does_not_exist_is_missing() {
    let world = service();
    let profile = world.profile().replace("from: app", "from: rob");
    world.configure(&profile.replace("user_type: service", "user_type: user"));
    let hint = "envsecrets: hint: check the service for typos, and the `url` in the file of Confidant's \
                client; a layer that may be empty is `--optional-from`\n";
    assert_eq!(
        world.refusal("--from confidant://none", 66),
        format!(
            "envsecrets: error: service `confidant://none` does not exist in SERVER, or has no \
             credentials\n{hint}"
        )
    );
    assert_eq!(
        world.refusal("--secret X=confidant://none#a", 66),
        format!("envsecrets: error: service `confidant://none` does not exist in SERVER\n{hint}")
    );
    assert_eq!(
        world.refusal("--secret X=confidant://app#none", 66),
        "\
envsecrets: error: `confidant://app` cannot become X: the key `none` does not exist
envsecrets: hint: keys are case-sensitive: check the spelling
"
    );
    assert_eq!(world.variables("--optional-from confidant://none"), [""; 0]);
}

#[test]
fn refusals_tell_what_the_server_decides_by() {
    let world = service();
    assert_eq!(
        world.refusal("--from confidant://app2", 77),
        "\
envsecrets: error: Confidant refused to read service `confidant://app2` in SERVER
envsecrets:   caused by: HTTP status 403: app does not have access to get service app2
envsecrets:   caused by: as `2/service/app`, by `~/.confidant`
envsecrets: hint: by its own rules a service reads only itself: the service of the place must be that of \
         `auth_context.from` in the file of Confidant, unless the server has an `ACL_MODULE` of its own
"
    );
    let mut other = Service::with(vec![Credential::new("one", json!({"a": "1"}))]);
    other.account = Some("other".to_owned());
    world.confidant.put("app", other);
    assert_eq!(
        world.refusal("--from confidant://app", 77),
        "\
envsecrets: error: Confidant refused to read service `confidant://app` in SERVER
envsecrets:   caused by: HTTP status 401: Authenticated user is not authorized.
envsecrets:   caused by: as `2/service/app`, by `~/.confidant`
envsecrets: hint: the service belongs to another account, whose `auth_key` proves it
"
    );
    let usual = world.profile();
    world.configure(&usual.replace("alias/authnz-testing", OTHER_KEY));
    assert_eq!(world.variables("--from confidant://app"), ["A=1"]);
    world.configure(&usual.replace("confidant-testing", "confidant-production"));
    assert_eq!(
        world.refusal("--from confidant://app", 77),
        "\
envsecrets: error: Confidant refused to read service `confidant://app` in SERVER
envsecrets:   caused by: HTTP status 403
envsecrets:   caused by: as `2/service/app`, by `~/.confidant`
envsecrets: hint: the server accepts no token that it cannot decrypt or that is not valid now: check \
         `auth_key`, `auth_context` and `token_lifetime` in the file of Confidant (`to` is the role of the \
         server, and its `KMS_AUTH_USER_TYPES` has `user_type`), and the clock of this machine
"
    );
}

#[test]
fn a_clock_that_is_wrong_is_corrected_by_that_of_the_server() {
    let world = service();
    for ahead in [1800, -1800] {
        world.confidant.set_clock(ahead);
        let before = world.server.calls().len();
        assert_eq!(
            world.variables("--from confidant://app").len(),
            3,
            "{ahead}"
        );
        assert_eq!(world.server.calls().len(), before + 2, "{ahead}");
    }
    // Another token is made once only.
    let forbidden = html(403, "Forbidden", "no").1;
    world.confidant.fail(2, 403, &forbidden);
    world.refusal("--from confidant://app", 77);
}

#[test]
fn what_may_pass_is_tried_again_and_what_is_certain_is_not() {
    let world = service();
    world.confidant.fail(1, 429, "");
    world.confidant.fail(1, 503, "<html>");
    world
        .confidant
        .fail(1, 500, &html(500, "Internal Server Error", "x").1);
    assert_eq!(world.variables("--from confidant://app").len(), 3);
    world
        .confidant
        .fail(1, 500, r#"{"error":"Decryption error."}"#);
    assert_eq!(
        world.refusal("--from confidant://app", 65),
        "\
envsecrets: error: Confidant did not read service `confidant://app` in SERVER
envsecrets:   caused by: HTTP status 500: Decryption error.
envsecrets: hint: the server cannot decrypt it: its own key in AWS KMS, or its permission to use that, has \
         changed
"
    );
    world.confidant.fail(100, 503, "");
    let ended = world.launch("--timeout 1s --from confidant://app").run();
    let text = ended.failed(75).replace(&world.server.url(), "SERVER");
    assert!(
        text.starts_with(
            "envsecrets: error: Confidant did not answer within 1s for service `confidant://app` in SERVER\n\
             envsecrets:   caused by: HTTP status 503\n"
        ),
        "{text}"
    );
}

#[test]
fn an_answer_of_another_server_starts_no_program() {
    for (status, body) in [
        (200, "<html>"),
        (200, "{}"),
        (200, r#"{"id":"other","revision":1,"credentials":[]}"#),
        (
            200,
            r#"{"id":"app","revision":1,"credentials":[{"id":"1","revision":1}]}"#,
        ),
        (
            200,
            r#"{"id":"app","revision":1,"credentials":[{"id":"1","revision":1,"credential_pairs":{"a":"1","a":"2"}}]}"#,
        ),
        (404, "<html>"),
        (418, "<html>"),
    ] {
        let world = confidant_behind(move |_, _| Some(Reply::Answer(status, body.to_owned())));
        let text = world.refusal("--from confidant://app", 70);
        assert!(
            text.starts_with(
                "envsecrets: error: the response for service `confidant://app` from SERVER is invalid\n"
            ),
            "{status} {body} {text}"
        );
    }
    let moved = ("Location", "https://elsewhere.example.com/".to_owned());
    let world =
        confidant_behind(move |_, _| Some(Reply::AnswerWith(302, moved.clone(), String::new())));
    assert_eq!(
        world.refusal("--from confidant://app", 78),
        "\
envsecrets: error: Confidant did not read service `confidant://app` in SERVER
envsecrets:   caused by: HTTP status 302
envsecrets: hint: no redirect is followed, as by the client of Confidant: write the address that it leads to \
         into `url`
"
    );
}

#[test]
fn the_key_of_tokens_may_be_denied_or_missing() {
    let world = service();
    world.aws.server.set_faults([Fault::AccessDenied]);
    let ended = world.launch("--from confidant://app").run();
    hides(&ended);
    let text = world.refused(&ended, 77);
    assert!(
        text.starts_with(
            "envsecrets: error: AWS refused to encrypt the token of `app` for Confidant in us-east-1 at AWS\n"
        ),
        "{text}"
    );
    assert!(
        text.contains(
            "envsecrets: hint: check `auth_key` and `auth_context` in the file of Confidant"
        ),
        "{text}"
    );
    world.aws.server.clear_faults();
    let profile = world.profile().replace("authnz-testing", "missing");
    world.configure(&profile);
    let text = world.refusal("--from confidant://app", 77);
    assert!(
        text.contains("envsecrets:   caused by: NotFoundException"),
        "{text}"
    );
    assert!(world.server.calls().is_empty());
}

#[test]
fn the_file_of_the_client_is_read_and_what_is_wrong_with_it_is_reported() {
    let world = service();
    let usual = world.profile();
    for (text, reported) in [
        (
            "default: {",
            "`~/.confidant` cannot be read: it is not YAML: cannot be read at line 2, column 1",
        ),
        ("[a]", "`~/.confidant` contains no profiles"),
        ("other: {}", "`~/.confidant` has no profile `default`"),
        (
            "default: {region: eu-west-1}",
            "`url` is missing in `default` of `~/.confidant`",
        ),
        (
            "default: {url: 'https://c'}",
            "`auth_key` is missing in `default` of `~/.confidant`",
        ),
        (
            "default: {url: 'https://c', auth_key: alias/a}",
            "`auth_context.from` is missing in `default` of `~/.confidant`",
        ),
        (
            "default: {url: 'https://c', auth_key: alias/a, auth_context: {from: a, to: b}}",
            "`auth_context.user_type` is missing in `default` of `~/.confidant`",
        ),
        (
            "default: {url: 'c.example.com', auth_key: alias/a}",
            "`url` in `~/.confidant` is `c.example.com`, which begins with neither `https://` nor `http://`",
        ),
    ] {
        world.write(text);
        let refusal = world.refusal("--from confidant://app", 78);
        let first = refusal.lines().next().unwrap();
        assert_eq!(first, format!("envsecrets: error: {reported}"), "{text}");
    }
    for (setting, reported) in [
        (
            "verify: false",
            "`verify` of `default` in `~/.confidant` is false, and certificates are always verified",
        ),
        (
            "verify: No",
            "`verify` of `default` in `~/.confidant` is false, and certificates are always verified",
        ),
        (
            "verify: 0",
            "`verify` of `default` in `~/.confidant` is false, and certificates are always verified",
        ),
        (
            "token_lifetime: 3",
            "`token_lifetime` of `default` in `~/.confidant` is 3 minutes",
        ),
        (
            "token_lifetime: long",
            "`token_lifetime` of `default` in `~/.confidant` is no number",
        ),
        (
            "token_version: 3",
            "`token_version` of `default` in `~/.confidant` is 3",
        ),
        (
            "region: eu_west",
            "`region` of `default` in `~/.confidant` is `eu_west`, which cannot be an AWS region",
        ),
        (
            "assume_role: deployer",
            "`assume_role` of `default` in `~/.confidant` is `deployer`, which is not the ARN of a role",
        ),
    ] {
        world.configure(&usual.replace("{url", &format!("{{{setting}, url")));
        let refusal = world.refusal("--from confidant://app", 78);
        let first = refusal.lines().next().unwrap();
        assert_eq!(first, format!("envsecrets: error: {reported}"), "{setting}");
    }
    // What only the client needs is left alone; a life that no server accepts is cut.
    world.configure(&usual.replace(
        "{url",
        "{token_lifetime: 600, token_cache_file: /x, retries: 9, backoff: 2, timeout: 1, verify: true, url",
    ));
    assert_eq!(world.variables("--from confidant://app").len(), 3);
    std::fs::remove_file(world.aws.directory.path().join(".confidant")).unwrap();
    let refusal = world.refusal("--from confidant://app", 78);
    assert!(
        refusal.starts_with(
            "envsecrets: error: neither `~/.confidant` nor `/etc/confidant/config` exists\n"
        ),
        "{refusal}"
    );
}

#[test]
fn a_place_names_another_profile() {
    let world = service();
    let usual = world.profile();
    world.write(&format!(
        "default: {{url: 'https://127.0.0.1:9'}}\nprd: {usual}\n"
    ));
    let place = "confidant://app?confidant-profile=prd";
    assert_eq!(world.variables(&format!("--from {place}")).len(), 3);
    assert_eq!(
        world.variables(&format!("--secret X={place}#db_user")),
        ["X=app"]
    );
    let refusal = world.refusal("--from confidant://app?confidant-profile=dev", 78);
    assert_eq!(
        refusal,
        "\
envsecrets: error: `~/.confidant` has no profile `dev`
envsecrets: hint: a place names another with `?confidant-profile=NAME`
"
    );
}

#[test]
fn places_of_confidant_have_one_form() {
    let world = service();
    for (place, reported) in [
        (
            "confidant://",
            "`confidant://`, in `--from`, names no service",
        ),
        (
            "confidant://app/",
            "`confidant://app/`, in `--from`, has a `/` at character 16, and a service has none in its name",
        ),
        (
            "confidant://app*",
            "`confidant://app*`, in `--from`, has a `*`, and services are read one by one",
        ),
        (
            "confidant://app?version=1",
            "in `--from`, has an unknown option, `version`, at character 17",
        ),
        (
            "confidant://app?token=x",
            "in `--from`, has an option for a secret, `token`, at character 17",
        ),
    ] {
        let refusal = world.refusal(&format!("--from {place}"), 64);
        assert!(refusal.contains(reported), "{place} {refusal}");
    }
}

#[test]
fn names_and_versions_are_listed_without_values() {
    let world = service();
    let ended = world.envsecrets(&["list", "confidant://app"]).run();
    assert_eq!(
        ended.ok(),
        "\
NAME                     VARIABLE  TYPE        VERSION   MODIFIED
confidant://app#db_pass  DB_PASS   Credential  1/1-data  2026-11-28T03:31:07Z
confidant://app#db_user  DB_USER   Credential  1/1-data  2026-11-28T03:31:07Z
confidant://app#token    TOKEN     Credential  1/1-part  2026-11-28T03:31:07Z
"
    );
    assert_eq!(
        world.server.lines(),
        ["GET /v1/services/app?metadata_only=true"]
    );
}

#[test]
fn a_change_of_any_credential_makes_a_program_stale() {
    let world = service();
    let text = world
        .launch("--fingerprint SEEN --from confidant://app")
        .run()
        .ok();
    let seen = text.lines().find(|line| line.starts_with("SEEN=")).unwrap();
    let seen = seen.strip_prefix("SEEN=").unwrap().to_owned();
    assert!(
        seen.contains(
            "confidant://app=1/1-database000000000000000000000000+1/1-partner0000000000000000000000000"
        ),
        "{seen}"
    );
    let stale = |code: i32| {
        let mut launch = world.envsecrets(&["stale", "--is", &seen, "--from", "confidant://app"]);
        let ended = launch.run();
        assert_eq!(ended.code, Some(code), "{ended:?}");
        hides(&ended);
    };
    stale(0);
    let mut changed = Credential::new("database", json!({"db_pass": SENTINEL, "db_user": "app"}));
    changed.revision = 2;
    let blind = Blind::new(
        "partner",
        "us-east-1",
        "app",
        json!({"token": OTHER_SENTINEL}),
    );
    world
        .confidant
        .put("app", Service::with(vec![changed]).and_blind(blind));
    stale(1);
}

#[test]
fn a_service_is_compared_and_copied_to_parameter_store() {
    let world = service();
    let run = |words: &str| {
        let words: Vec<&str> = words.split_whitespace().collect();
        let ended = world.envsecrets(&words).run();
        hides(&ended);
        ended
    };
    assert_eq!(run("diff confidant://app /prd/app").code, Some(1));
    let copied = run("copy confidant://app /prd/app --write-rate 1000");
    assert_eq!(copied.code, Some(0), "{copied:?}");
    assert_eq!(
        copied.text(),
        "\
STEP  PARAMETER         TYPE          SIZE  NOTE
new   /prd/app/db_pass  SecureString  29
new   /prd/app/db_user  SecureString  3
new   /prd/app/token    SecureString  29
"
    );
    assert_eq!(run("diff confidant://app /prd/app").ok(), "");
    let again = run("copy confidant://app /prd/app --write-rate 1000");
    assert_eq!(again.code, Some(0), "{again:?}");
    assert!(!again.text().contains("new "), "{again:?}");
    let check = run("check --from confidant://app --path /prd/app");
    assert_eq!(check.code, Some(0), "{check:?}");
    let init = run("init --output - --from confidant://app");
    assert_eq!(init.code, Some(0), "{init:?}");
}

#[test]
fn the_policy_allows_a_token_for_this_caller_alone() {
    let world = service();
    let policy = |more: &[&str]| -> (Value, String) {
        let mut words = vec![
            "policy",
            "--from",
            "confidant://app",
            "--account",
            "123456789012",
        ];
        words.extend(more);
        let ended = world.envsecrets(&words).run();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let policy = serde_json::from_str(&ended.text()).unwrap();
        (policy, ended.stderr)
    };
    let token = json!({
        "Sid": "MakeTokens",
        "Effect": "Allow",
        "Action": ["kms:Encrypt"],
        "Resource": ["arn:aws:kms:us-east-1:123456789012:key/*"],
        "Condition": {
            "StringEquals": {
                "kms:EncryptionContext:from": "app",
                "kms:EncryptionContext:to": "confidant-testing",
                "kms:EncryptionContext:user_type": "service",
            },
            "ForAnyValue:StringLike": {"kms:ResourceAliases": ["alias/authnz-testing"]},
        },
    });
    let (allowed, notes) = policy(&[]);
    assert_eq!(allowed["Statement"], json!([token]), "{allowed}");
    assert_eq!(
        notes,
        "envsecrets: blind credentials of Confidant are decrypted by who reads them: `--key-id` of their key \
         adds `kms:Decrypt`\n"
    );
    let (allowed, notes) = policy(&["--key-id", "0a1b2c3d-0000-4000-8000-000000000000"]);
    let decrypt = json!({
        "Sid": "DecryptBlindCredentials",
        "Effect": "Allow",
        "Action": ["kms:Decrypt"],
        "Resource": ["arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000000"],
    });
    assert_eq!(allowed["Statement"], json!([token, decrypt]), "{allowed}");
    assert_eq!(notes, "");
    assert!(world.server.calls().is_empty());
}

#[test]
fn a_service_starts_from_a_real_confidant() {
    let Some(real) = RealConfidant::start("a_service_starts_from_a_real_confidant") else {
        return;
    };
    real.person(&json!({
        "credentials": [
            {"name": "started", "pairs": {"DB_PASS": SENTINEL, "port": 5432}},
            {"name": "disabled", "pairs": {"old": "a\nb"}, "enabled": false},
        ],
        "blind": [
            {"name": "blind", "pairs": {"Token": OTHER_SENTINEL}, "context": {"service": "started"}},
            {"name": "unlisted", "pairs": {"hidden": "h"}, "context": {"x": "y"}, "listed": false},
        ],
        "services": [{"id": "started"}],
    }));
    let run = |words: &str| {
        let words: Vec<&str> = words.split_whitespace().collect();
        let ended = real.envsecrets("started", &words).run();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert_eq!(leak(ended.stderr.as_bytes()), None, "{ended:?}");
        ended.text()
    };
    assert_eq!(
        run("--clean-env --from confidant://started -- env"),
        format!("DB_PASS={SENTINEL}\nHIDDEN=h\nOLD=a\nb\nPORT=5432\nTOKEN={OTHER_SENTINEL}\n")
    );
    assert_eq!(
        run("--clean-env --secret X=confidant://started#db_pass -- env"),
        format!("X={SENTINEL}\n")
    );
    let listed = run("list confidant://started --columns name");
    assert_eq!(
        listed,
        "\
NAME
confidant://started#Token
confidant://started#db_pass
confidant://started#old
confidant://started#port
"
    );
    let denied = real
        .envsecrets("started", &["list", "confidant://other"])
        .run();
    let text = denied.failed(77);
    assert!(
        text.contains(
            "caused by: HTTP status 403: started does not have access to get service other"
        ),
        "{text}"
    );
}

/// An answer in which nothing differs from one server to the next: no ids, dates, keys and order.
fn comparable(body: &str) -> Value {
    fn plain(value: &mut Value, key: &str) {
        match value {
            Value::Object(members) => {
                for (own, value) in members.iter_mut() {
                    match own.as_str() {
                        "data_key" | "modified_date" | "last_rotation_date" => *value = json!("…"),
                        "next_rotation_date" | "id" if value.as_str() != Some("compared") => {
                            *value = json!("…");
                        }
                        own => plain(value, own),
                    }
                }
            }
            Value::Array(values) => {
                values.iter_mut().for_each(|value| plain(value, ""));
                values.sort_by_key(|it| match it.get("name") {
                    Some(name) => name.to_string(),
                    None => it.to_string(),
                });
            }
            Value::String(text) if text.starts_with("gAAAAA") || key == "us-east-1" => {
                *text = "…".to_owned();
            }
            _ => {}
        }
    }
    match serde_json::from_str(body) {
        Ok(mut value) => {
            plain(&mut value, "");
            value
        }
        Err(_) => json!(body),
    }
}

#[test]
fn the_stand_in_answers_as_a_real_confidant_does() {
    let story = "the_stand_in_answers_as_a_real_confidant_does";
    let Some(real) = RealConfidant::start(story) else {
        return;
    };
    let as_service = |from: &str| json!({"to": TO, "from": from, "user_type": "service"});
    let own = as_service("compared");
    let one = "/v1/services/compared";
    let requests: [(&str, &str, &str, Value, i64); 10] = [
        (one, "2/service/compared", KEY, own.clone(), 10),
        (
            "/v1/services/compared?metadata_only=true",
            "compared",
            KEY,
            json!({"to": TO, "from": "compared"}),
            60,
        ),
        (one, "2/service/compared", KEY, own.clone(), 90),
        (one, "2/service/compared", KEY, own.clone(), 2),
        (one, "2/service/compared", KEY, as_service("other"), 10),
        (one, "2/service/compared", "alias/blind", own.clone(), 10),
        (
            "/v1/services/other",
            "2/service/compared",
            KEY,
            own.clone(),
            10,
        ),
        (
            "/v1/services/none",
            "2/service/none",
            KEY,
            as_service("none"),
            10,
        ),
        ("/v1/none", "2/service/compared", KEY, own.clone(), 10),
        (
            "/v1/services/of-account",
            "2/service/of-account",
            KEY,
            as_service("of-account"),
            10,
        ),
    ];
    let answers = real.person(&json!({
        "credentials": [{"name": "compared", "pairs": {"a": "1", "b": "2"}}],
        "blind": [{"name": "compared", "pairs": {"c": "3"}, "context": {"service": "compared"}}],
        "services": [{"id": "compared"}, {"id": "of-account", "account": "other"}],
        "requests": requests,
    }));
    let confidant = Confidant::new();
    let pairs = json!({"a": "1", "b": "2"});
    let mut service = Service::with(vec![Credential::new("compared", pairs)]);
    let blind = Blind::new("compared", "us-east-1", "compared", json!({"c": "3"}));
    service = service.and_blind(blind);
    confidant.put("compared", service.clone());
    service.account = Some("other".to_owned());
    confidant.put("of-account", service);
    for ((target, from, key, context, lifetime), (status, body)) in requests.iter().zip(answers) {
        let token = token(key, context, -180, -180 + 60 * lifetime);
        let (own_status, own) = confidant.answer(Request {
            method: "GET",
            target,
            from: Some(from),
            token: Some(&token),
        });
        assert_eq!(
            (own_status, comparable(&own)),
            (status, comparable(&body)),
            "{target} {from} {context} {lifetime}"
        );
    }
}

#[test]
fn the_page_on_leaving_confidant_is_followed() {
    let world = service();
    let page = include_str!("../../docs/leaving/confidant.md");
    let mut inside = false;
    let mut printed = Vec::new();
    let program = "#!/bin/sh\necho \"$DB_USER\"\n";
    world.aws.directory.file("serve", program, 0o755);
    // Parameter Store has something already, which the first command takes too.
    world.aws.store.put("/prd/app/added", "1");
    for line in page.lines() {
        if line.starts_with("```") {
            inside = !inside;
        } else if inside {
            let words: Vec<&str> = line.split(' ').collect();
            let mut launch = world.envsecrets(&words[1..]);
            launch.command.current_dir(world.aws.directory.path());
            let ended = launch.run();
            hides(&ended);
            printed.push((ended.code, ended.text()));
        }
    }
    let codes: Vec<Option<i32>> = printed.iter().map(|(code, _)| *code).collect();
    // What is in Parameter Store alone differs.
    assert_eq!(
        codes,
        [Some(0), Some(0), Some(1), Some(0), Some(0)],
        "{printed:?}"
    );
    assert_eq!(printed[0].1, "app\n");
    assert!(
        printed[2].1.contains("/prd/app/added") || printed[2].1.contains("added"),
        "{printed:?}"
    );
    // Nothing comes from Confidant any more.
    assert!(
        printed[3]
            .1
            .contains("/prd/app  overrides confidant://app#db_user"),
        "{printed:?}"
    );
}

#[test]
fn a_server_is_trusted_by_the_system_or_by_the_authority_in_the_file() {
    let secure = secure(Identity::Valid);
    let url = secure.world.server.url();
    let rest =
        format!("auth_key: {KEY}, auth_context: {{from: app, to: {TO}, user_type: service}}");
    let refusal = |more: &str, code: u8| {
        let profile = format!("default: {{url: '{url}', {more}{rest}}}\n");
        let world = world();
        world.directory.file(".confidant", profile, 0o600);
        let ended = world.launch("--from confidant://app", &["env"]).run();
        ended.failed_at_once(code).replace(&url, "SERVER")
    };
    let text = refusal("", 78);
    assert!(
        text.starts_with("envsecrets: error: SERVER is not trusted\n"),
        "{text}"
    );
    assert!(
        text.ends_with(
            "envsecrets: hint: write the path of the certificate of its authority into the file of Confidant, \
             as `verify: /…/ca.pem`, or into `REQUESTS_CA_BUNDLE`\n"
        ),
        "{text}"
    );
    // What answers then is no Confidant.
    let text = refusal(&format!("verify: {}, ", secure.ca.display()), 70);
    assert!(
        text.contains("the response for service `confidant://app` from SERVER is invalid"),
        "{text}"
    );
}
