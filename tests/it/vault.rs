//! Launches from Vault and OpenBao: layers, single keys, signing in, and everything that goes wrong
//! there. The server is a stand-in; `openbao` has the same with a real one.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use crate::support::stand_in::{Call, Reply, StandIn};
use crate::support::vault::{vault_behind, vault_world};
use crate::support::{Ended, OTHER_SENTINEL, SENTINEL, VaultWorld, leak, world};

/// A service with its secret, and others beside and below it.
fn service() -> VaultWorld {
    let world = vault_world();
    let data = json!({"password": SENTINEL, "api-key": OTHER_SENTINEL});
    world.vault.put("secret/prd/app", &data.to_string());
    world
        .vault
        .put("secret/prd/app/db", r#"{"url":"postgres://db"}"#);
    world
        .vault
        .put("secret/prd/app2", r#"{"x":"of another service"}"#);
    world
}

/// Nothing of the planted values is printed.
#[track_caller]
fn hides(ended: &Ended) {
    assert_eq!(leak(ended.stderr.as_bytes()), None, "{ended:?}");
    assert_eq!(leak(&ended.stdout), None, "{ended:?}");
}

#[test]
fn a_service_starts_from_the_keys_of_a_secret_without_anything_of_aws() {
    let world = service();
    let expected = [
        format!("API_KEY={OTHER_SENTINEL}"),
        format!("PASSWORD={SENTINEL}"),
    ];
    for options in [
        "--from vault://secret/prd/app",
        "--from openbao://secret/prd/app",
        "--from vault://secret/prd/app?kv=2",
        "--from vault://secret/prd/app#api-key --from vault://secret/prd/app#password",
        "--optional-from vault://secret/prd/none --from vault://secret/prd/app",
    ] {
        assert_eq!(world.variables(options), expected, "{options}");
    }
    let calls = world.server.calls();
    assert_eq!(
        world.server.lines()[..2],
        [
            "GET /v1/sys/internal/ui/mounts/secret/prd/app",
            "GET /v1/secret/data/prd/app",
        ]
    );
    for call in calls {
        assert_eq!(call.header("x-vault-request"), Some("true"));
        assert_eq!(call.header("x-vault-token"), Some("root"));
        assert_eq!(call.header("x-vault-namespace"), None);
        assert!(
            call.header("user-agent")
                .unwrap()
                .starts_with("envsecrets/")
        );
    }
}

#[test]
fn one_key_all_of_it_and_a_file_are_taken_of_a_secret() {
    let world = service();
    assert_eq!(
        world.variables("--secret X=vault://secret/prd/app#password"),
        [format!("X={SENTINEL}")]
    );
    assert_eq!(
        world.variables("--secret X=vault://secret/prd/app/db"),
        [r#"X={"url":"postgres://db"}"#]
    );
    let arguments = [
        "--file",
        "KEY=vault://secret/prd/app#password",
        "--",
        "sh",
        "-c",
        "cat $KEY",
    ];
    assert_eq!(world.envsecrets(&arguments).run().ok(), SENTINEL);
    let mut launch = world.launch("--resolve --keep X");
    launch.env("X", "ref+vault://secret/prd/app#password");
    assert_eq!(launch.run().ok(), format!("X={SENTINEL}\n"));
    // What looks like a place is an ordinary value otherwise.
    let mut launch = world.launch("--resolve --keep X --keep Y");
    launch.env(
        "X",
        "vault:v1:8SDd3WHDOjf7mq69CyCqYjBXAiQQAVZRkFM13ok481zoCmHnSeDX9vyf7w==",
    );
    launch.env("Y", "vault://secret/prd/app");
    let text = launch.run().ok();
    assert!(text.contains("X=vault:v1:8SDd"), "{text}");
    assert!(text.contains("Y=vault://secret/prd/app\n"), "{text}");
}

#[test]
fn values_are_as_they_are_written() {
    let world = vault_world();
    let data = r#"{"big":12345678901234567890,"small":1.10,"power":1e3,"on":true,"text":"é\n✓","empty":""}"#;
    for path in ["secret/n", "kv1/n"] {
        world.vault.put(path, data);
        assert_eq!(
            world.variables(&format!("--from vault://{path} --exclude text")),
            [
                "BIG=12345678901234567890",
                "EMPTY=",
                "ON=true",
                "POWER=1e3",
                "SMALL=1.10"
            ]
        );
        let text = world.variables(&format!("--secret X=vault://{path}#text"));
        assert_eq!(text, ["X=é", "✓"]);
    }
}

#[test]
fn objects_lists_and_null_are_refused_unless_the_place_takes_json() {
    let world = vault_world();
    let data = format!(r#"{{"a":"1","l":[1],"n":null,"o":{{"p":"{SENTINEL}","q":1.10}}}}"#);
    world.vault.put("secret/n", &data);
    let ended = world.launch("--from vault://secret/n").run();
    hides(&ended);
    assert_eq!(
        world.refused(&ended, 65),
        "\
envsecrets: error: `vault://secret/n` has keys that cannot become variables
envsecrets:   caused by: the key `l` contains a list
envsecrets:   caused by: the key `n` contains null
envsecrets:   caused by: the key `o` contains an object
envsecrets: hint: a variable contains text, a number, `true` or `false`: `json` in the place takes objects, lists and null as their JSON text; a launch leaves one out with `--exclude KEY`
"
    );
    let expected = [
        "A=1".to_owned(),
        "L=[1]".to_owned(),
        "N=null".to_owned(),
        format!(r#"O={{"p":"{SENTINEL}","q":1.10}}"#),
    ];
    assert_eq!(world.variables("--from vault://secret/n?json"), expected);
    assert_eq!(
        world.variables("--secret L=vault://secret/n?json#l"),
        ["L=[1]"]
    );
    // A key of an object has a name, and what is left out need not fit.
    assert_eq!(
        world.variables("--secret Q=vault://secret/n#o/q"),
        ["Q=1.10"]
    );
    assert_eq!(world.variables("--from vault://secret/n --only a"), ["A=1"]);
}

#[test]
fn all_keys_below_a_folder_are_named_after_their_secrets() {
    let world = service();
    world
        .vault
        .put("secret/prd/app/db/replica", r#"{"url":"r"}"#);
    assert_eq!(
        world.variables("--from vault://secret/prd/app/"),
        ["DB_REPLICA_URL=r", "DB_URL=postgres://db"]
    );
    assert_eq!(
        world.variables("--from vault://secret/ --only prd/app/db/**"),
        ["PRD_APP_DB_REPLICA_URL=r", "PRD_APP_DB_URL=postgres://db"]
    );
    // The same names where only the keys count are a collision, as everywhere.
    assert_eq!(
        world.refusal("--from vault://secret/prd/app/ --name-from leaf", 65),
        "\
envsecrets: error: secrets `vault://secret/prd/app/db#url` and `vault://secret/prd/app/db/replica#url` would both become URL
envsecrets: hint: give one of the keys another name where they are stored
"
    );
    assert_eq!(
        world.refusal("--from vault://secret/none/", 66),
        "\
envsecrets: error: no secrets exist below `vault://secret/none/` in SERVER
envsecrets: hint: check path, mount and namespace for typos; a layer that may be empty is `--optional-from`
"
    );
    assert_eq!(
        world.variables("--optional-from vault://secret/none/"),
        [""; 0]
    );
}

#[test]
fn a_thousand_secrets_are_read_sixteen_at_a_time() {
    let world = vault_world();
    for number in 0..1000 {
        let path = format!("secret/many/x{}/{number:03}", number % 10);
        world.vault.put(&path, &format!("{{\"k\":{number}}}"));
    }
    let variables = world.variables("--from vault://secret/many/");
    assert_eq!(variables.len(), 1000);
    assert_eq!(variables[999], "X9_999_K=999");
}

#[test]
fn names_with_any_character_are_encoded() {
    let world = vault_world();
    world.vault.put("secret/a b/c#d?e%f+ä", r#"{"k":"v"}"#);
    assert_eq!(
        world.variables("--from vault://secret/a%20b/c%23d%3Fe%25f+ä"),
        ["K=v"]
    );
}

#[test]
fn what_is_deleted_destroyed_or_missing_is_distinguished() {
    let world = service();
    world.vault.put("secret/gone", r#"{"a":"1"}"#);
    world
        .vault
        .put("secret/gone", &format!(r#"{{"a":"{SENTINEL}"}}"#));
    world.vault.delete("secret/gone");
    assert_eq!(
        world.refusal("--from vault://secret/gone", 66),
        "\
envsecrets: error: version 2 of secret `vault://secret/gone` in SERVER was deleted
envsecrets:   caused by: at 2026-11-25T09:00:00Z
envsecrets: hint: `vault kv undelete -versions=2 secret/gone` restores it, and `version=N` reads another one
"
    );
    assert_eq!(
        world.variables("--from vault://secret/gone?version=1"),
        ["A=1"]
    );
    assert_eq!(
        world.variables("--optional-from vault://secret/gone --from vault://secret/prd/app/db"),
        ["URL=postgres://db"]
    );
    // A folder lists it all the same.
    assert_eq!(
        world.variables("--optional-from vault://secret/ --only gone"),
        [""; 0]
    );
    world.vault.destroy("secret/gone");
    assert_eq!(
        world.refusal("--secret X=openbao://secret/gone#a", 66),
        "\
envsecrets: error: version 2 of secret `openbao://secret/gone` in SERVER was destroyed
envsecrets: hint: it cannot be restored: read another one with `version=N`, or write a new one
"
    );
    let hint = "envsecrets: hint: check path, mount, version and namespace for typos; the path is that \
                of `vault kv get`, without `data/`\n";
    assert_eq!(
        world.refusal("--secret X=vault://secret/data/prd/app#password", 66),
        format!(
            "envsecrets: error: secret `vault://secret/data/prd/app` does not exist in SERVER\n{hint}"
        )
    );
    assert_eq!(
        world.refusal("--from vault://secret/none", 66),
        format!(
            "envsecrets: error: secret `vault://secret/none` does not exist in SERVER, or has no keys\n\
             {hint}"
        )
    );
    assert_eq!(
        world.refusal("--secret X=vault://secret/gone?version=9#a", 66),
        format!(
            "envsecrets: error: secret `vault://secret/gone?version=9` does not exist in SERVER\n{hint}"
        )
    );
    assert_eq!(
        world.refusal("--secret X=vault://secret/prd/app#none", 66),
        "\
envsecrets: error: `vault://secret/prd/app` cannot become X: the key `none` does not exist
envsecrets: hint: keys are case-sensitive: check the spelling
"
    );
}

#[test]
fn the_mount_of_a_path_is_looked_up() {
    let world = vault_world();
    world.vault.mount("deep/nested/kv", "kv", Some(2));
    world.vault.mount("plain", "kv", None);
    world.vault.put("deep/nested/kv/x/y", r#"{"a":"nested"}"#);
    world.vault.put("plain/x", r#"{"a":"without options"}"#);
    assert_eq!(
        world.variables("--from vault://deep/nested/kv/x/y"),
        ["A=nested"]
    );
    assert_eq!(
        world.variables("--from vault://deep/nested/kv/"),
        ["X_Y_A=nested"]
    );
    assert_eq!(
        world.variables("--from vault://plain/x"),
        ["A=without options"]
    );
    // Once for each mount.
    let before = world.server.calls().len();
    world
        .variables("--secret A=vault://plain/x#a --secret B=vault://plain/x --from vault://plain/");
    let lines = world.server.lines();
    let looked_up = lines[before..]
        .iter()
        .filter(|line| line.contains("ui/mounts"));
    assert_eq!(looked_up.count(), 1, "{lines:?}");
    world.vault.be_old();
    assert_eq!(
        world.variables("--from vault://plain/x"),
        ["A=without options"]
    );
}

#[test]
fn a_mount_that_cannot_be_read_is_explained() {
    let world = service();
    world.vault.token("limited", &["secret/data/prd/app2"]);
    world.vault.mount("database", "database", None);
    let limited = |options: &str| {
        let mut launch = world.launch(options);
        launch.env("VAULT_TOKEN", "limited");
        launch.run()
    };
    assert_eq!(
        world.refused(&limited("--from vault://kv1/x"), 77),
        "\
envsecrets: error: Vault refused to look up the mount of `vault://kv1/x` in SERVER
envsecrets:   caused by: HTTP status 403: preflight capability check returned 403, please ensure client's policies grant access to path \"kv1/x/\"
envsecrets: hint: the token has expired, may read nothing in this mount, or there is no such mount; `kv=1` or `kv=2` in the place leaves the look-up out
"
    );
    let denied = "\
envsecrets: error: Vault refused to read secret `vault://secret/prd/app` in SERVER
envsecrets:   caused by: HTTP status 403: permission denied
envsecrets: hint: the token has expired, or its policy does not allow this: `envsecrets policy` with the same options prints the one that does
";
    for options in [
        "--from vault://secret/prd/app",
        "--from vault://secret/prd/app?kv=2",
        "--from vault://secret/prd/app2 --secret X=vault://secret/prd/app",
    ] {
        assert_eq!(world.refused(&limited(options), 77), denied, "{options}");
    }
    assert_eq!(
        world.refused(&limited("--from vault://secret/prd/"), 77),
        denied.replace(
            "read secret `vault://secret/prd/app`",
            "list secrets below `vault://secret/prd/`"
        )
    );
    assert_eq!(
        world.refusal("--from vault://secret/prd/app?kv=1", 64),
        "\
envsecrets: error: secret `vault://secret/prd/app` cannot be read as version 1 in SERVER
envsecrets:   caused by: its mount keeps versions
envsecrets: hint: leave out `kv=1`: the version of an engine is looked up
"
    );
    assert_eq!(
        world.refusal("--from vault://kv1/x?version=2", 64),
        "\
envsecrets: error: `vault://kv1/x` has no versions
envsecrets:   caused by: `kv1/` is mounted as version 1
envsecrets: hint: leave `version` out
"
    );
    // Nothing is made there that no one would take back.
    let before = world.server.calls().len();
    assert_eq!(
        world.refusal("--from vault://database/creds/app", 64),
        "\
envsecrets: error: `database/` in SERVER is mounted for `database`, and holds no keys and values
envsecrets: hint: what an engine makes for each reader has a lease, which a program that has replaced this one cannot renew: its own agent can
"
    );
    assert_eq!(world.server.calls().len(), before + 1);
    assert_eq!(
        world.refusal("--from vault://database/creds/app?kv=1", 64),
        "\
envsecrets: error: secret `vault://database/creds/app` in SERVER has a lease, and cannot be given to a program
envsecrets:   caused by: it ends after some time, and a program that has replaced this one cannot renew it
envsecrets: hint: secrets that are made for each reader need an agent that stays; keys and values do not
"
    );
}

#[test]
fn an_app_role_signs_in_once_and_its_token_is_revoked() {
    let world = service();
    world.vault.app_role("role-1", SENTINEL, 1, &["secret/"]);
    let mut launch = world.launch(
        "--from vault://secret/prd/app/db?auth=approle --secret X=vault://secret/prd/app2?auth=approle#x",
    );
    launch.without("VAULT_TOKEN");
    launch.env("VAULT_ROLE_ID", "role-1");
    let secret = world
        .directory
        .file("secret-id", format!("{SENTINEL}\n"), 0o600);
    launch.env("VAULT_SECRET_ID_FILE", &secret);
    let expected = "URL=postgres://db\nX=of another service\n";
    assert_eq!(launch.run().ok(), expected);
    assert_eq!(world.vault.revoked(), ["s.made-for-launch-1"]);
    let calls = world.server.calls();
    let logins: Vec<&Call> = calls
        .iter()
        .filter(|it| it.target.ends_with("/login"))
        .collect();
    assert_eq!(logins.len(), 1);
    assert_eq!(logins[0].method, "POST");
    assert_eq!(logins[0].header("x-vault-token"), None);
    assert_eq!(
        serde_json::from_str::<Value>(&logins[0].body).unwrap(),
        json!({"role_id": "role-1", "secret_id": SENTINEL})
    );
    // It can be used once.
    let ended = launch.run();
    hides(&ended);
    assert_eq!(
        world.refused(&ended, 77),
        "\
envsecrets: error: Vault refused to sign in the AppRole of VAULT_ROLE_ID at `approle` in SERVER
envsecrets:   caused by: HTTP status 400: invalid secret id
envsecrets: hint: a secret id can be limited in its uses and its time: make a new one
"
    );
    let mut launch = world.launch("--from vault://secret/prd/app/db?auth=approle&auth-mount=ci");
    launch.env("VAULT_ROLE_ID", "role-1");
    assert_eq!(
        world.refused(&launch.run(), 77),
        "\
envsecrets: error: Vault refused to sign in the AppRole of VAULT_ROLE_ID at `ci` in SERVER
envsecrets:   caused by: HTTP status 403: permission denied
envsecrets: hint: check `auth-mount` and `namespace`: a method that is not mounted is refused as this is
"
    );
    let mut launch = world.launch("--from vault://secret/prd/app/db?auth=approle");
    assert_eq!(
        world.refused(&launch.run(), 78),
        "\
envsecrets: error: `VAULT_ROLE_ID` is not set, which `auth=approle` needs
envsecrets: hint: set it, or `VAULT_ROLE_ID_FILE` to the file that has it
"
    );
}

#[test]
fn a_revocation_that_fails_or_hangs_does_not_matter() {
    for (what, reply) in [
        (
            "refused",
            Reply::Answer(403, r#"{"errors":["permission denied"]}"#.to_owned()),
        ),
        ("of another kind", Reply::Answer(500, String::new())),
        ("silent", Reply::Mute),
        ("gone", Reply::HangUp),
    ] {
        let world = vault_behind(move |call, _| {
            call.target.ends_with("/revoke-self").then(|| reply.clone())
        });
        world.vault.put("secret/a", r#"{"a":"1"}"#);
        world.vault.app_role("role-1", "secret-1", 9, &["secret/"]);
        let mut launch = world.launch("--from vault://secret/a?auth=approle");
        launch
            .env("VAULT_ROLE_ID", "role-1")
            .env("VAULT_SECRET_ID", "secret-1");
        let ended = launch.run();
        assert_eq!(ended.ok(), "A=1\n", "{what}");
        assert!(ended.took.as_secs() < 5, "{what}");
    }
    // A batch token cannot be revoked at all.
    let world = vault_world();
    world.vault.put("secret/a", r#"{"a":"1"}"#);
    world.vault.app_role("role-1", "secret-1", 9, &["secret/"]);
    world.vault.make_batch_tokens();
    let mut launch = world.launch("--from vault://secret/a?auth=approle");
    launch
        .env("VAULT_ROLE_ID", "role-1")
        .env("VAULT_SECRET_ID", "secret-1");
    assert_eq!(launch.run().ok(), "A=1\n");
    assert!(!world.server.lines().iter().any(|it| it.contains("revoke")));
    // A launch that fails takes its token back too.
    let world = vault_world();
    world.vault.app_role("role-1", "secret-1", 9, &["kv1/"]);
    let mut launch = world.launch("--from vault://kv1/none?auth=approle");
    launch
        .env("VAULT_ROLE_ID", "role-1")
        .env("VAULT_SECRET_ID", "secret-1");
    launch.run().failed(66);
    assert_eq!(world.vault.revoked(), ["s.made-for-launch-1"]);
}

#[test]
fn a_wrapping_token_is_used_once() {
    let world = service();
    world.vault.app_role("role-1", SENTINEL, 9, &["secret/"]);
    let data = json!({"secret_id": SENTINEL, "secret_id_ttl": 600});
    world.vault.wrap("s.wrapping", &data.to_string());
    let mut launch = world.launch("--from vault://secret/prd/app/db?auth=approle");
    launch
        .env("VAULT_ROLE_ID", "role-1")
        .env("VAULT_WRAPPING_TOKEN", "s.wrapping");
    assert_eq!(launch.run().ok(), "URL=postgres://db\n");
    let unwrapped = world.server.calls();
    let unwrapped = unwrapped
        .iter()
        .find(|it| it.target.ends_with("/unwrap"))
        .unwrap();
    assert_eq!(unwrapped.header("x-vault-token"), Some("s.wrapping"));
    assert_eq!(
        world.refused(&launch.run(), 77),
        "\
envsecrets: error: Vault refused to unwrap the wrapping token of VAULT_WRAPPING_TOKEN in SERVER
envsecrets:   caused by: HTTP status 400: wrapping token is not valid or does not exist
envsecrets: hint: a wrapping token can be used once and for a short time: if none of yours has used it, another user has, and what it wrapped is no longer a secret
"
    );
    world.vault.wrap("s.of-a-token", r#"{"token":"root"}"#);
    let mut launch = world.launch("--from vault://secret/prd/app/db");
    launch
        .without("VAULT_TOKEN")
        .env("VAULT_WRAPPING_TOKEN", "s.of-a-token");
    assert_eq!(launch.run().ok(), "URL=postgres://db\n");
    world.vault.wrap("s.of-another", r#"{"other":"x"}"#);
    launch.env("VAULT_WRAPPING_TOKEN", "s.of-another");
    assert_eq!(
        world.refused(&launch.run(), 78),
        "\
envsecrets: error: VAULT_WRAPPING_TOKEN wraps no token
envsecrets: hint: it is used up now: wrap what the option `auth` of the place needs
"
    );
}

#[test]
fn the_token_is_that_of_the_environment_or_of_a_sign_in_before() {
    let world = service();
    world.vault.token("from-file", &["secret/"]);
    let mut launch = world.launch("--from vault://secret/prd/app/db");
    launch.without("VAULT_TOKEN");
    assert_eq!(
        world.refused(&launch.run(), 78),
        "\
envsecrets: error: no token for Vault was found
envsecrets:   caused by: VAULT_TOKEN is not set, and ~/.vault-token does not exist
envsecrets: hint: set `VAULT_TOKEN`, sign in with `vault login` or `bao login`, or choose another way with the option `auth` of the place
"
    );
    let file: PathBuf = world.directory.file(".vault-token", "from-file\n", 0o600);
    assert_eq!(launch.run().ok(), "URL=postgres://db\n");
    let calls = world.server.calls();
    assert_eq!(calls[0].header("x-vault-token"), Some("from-file"));
    std::fs::write(&file, "two words").unwrap();
    assert_eq!(
        world.refused(&launch.run(), 78),
        "envsecrets: error: ~/.vault-token contains a space or a character that no token has\n"
    );
    // A program that is started has what it would have had.
    let arguments = [
        "--from",
        "vault://secret/prd/app/db",
        "--",
        "sh",
        "-c",
        "echo $VAULT_TOKEN",
    ];
    assert_eq!(world.envsecrets(&arguments).run().ok(), "root\n");
}

#[test]
fn the_variables_of_openbao_count_for_its_places() {
    let world = service();
    let launch = |options: &str, address: &str, token: &str| {
        let mut launch = world.launch(options);
        launch.without("VAULT_ADDR").without("VAULT_TOKEN");
        launch.env(address, world.server.url()).env(token, "root");
        launch.run()
    };
    for (scheme, address, token) in [
        ("openbao", "BAO_ADDR", "BAO_TOKEN"),
        ("openbao", "BAO_ADDR", "VAULT_TOKEN"),
        ("openbao", "VAULT_ADDR", "VAULT_TOKEN"),
        ("vault", "BAO_ADDR", "BAO_TOKEN"),
    ] {
        let ended = launch(
            &format!("--from {scheme}://secret/prd/app/db"),
            address,
            token,
        );
        assert_eq!(
            ended.ok(),
            "URL=postgres://db\n",
            "{scheme} {address} {token}"
        );
    }
    // A token of OpenBao is not sent to a Vault.
    let ended = launch(
        "--from vault://secret/prd/app/db",
        "VAULT_ADDR",
        "BAO_TOKEN",
    );
    ended.failed_at_once(78);
}

#[test]
fn a_service_account_and_a_jwt_sign_in_with_their_role() {
    let world = service();
    let jwt = world
        .directory
        .file("jwt", "header.claims.signature\n", 0o600);
    for (options, path, body) in [
        (
            "auth=kubernetes&auth-role=app",
            "/v1/auth/kubernetes/login",
            json!({"jwt": "header.claims.signature", "role": "app"}),
        ),
        (
            "auth=jwt",
            "/v1/auth/jwt/login",
            json!({"jwt": "header.claims.signature"}),
        ),
        (
            "auth=jwt&auth-role=ci",
            "/v1/auth/jwt/login",
            json!({"jwt": "header.claims.signature", "role": "ci"}),
        ),
    ] {
        let before = world.server.calls().len();
        let mut launch = world.launch(&format!("--from vault://secret/prd/app/db?{options}"));
        launch.without("VAULT_TOKEN").env("VAULT_JWT_FILE", &jwt);
        assert_eq!(launch.run().ok(), "URL=postgres://db\n", "{options}");
        let call = &world.server.calls()[before];
        assert_eq!(call.target, path);
        assert_eq!(serde_json::from_str::<Value>(&call.body).unwrap(), body);
    }
    let mut launch = world.launch("--from vault://secret/prd/app/db?auth=jwt");
    assert_eq!(
        world.refused(&launch.run(), 78),
        "\
envsecrets: error: `VAULT_JWT_FILE` is not set, which `auth=jwt` needs
envsecrets: hint: it names the file with the token
"
    );
    let mut launch = world.launch("--from vault://secret/prd/app/db?auth=kubernetes&auth-role=x");
    assert_eq!(
        world.refused(&launch.run(), 78),
        "\
envsecrets: error: `/var/run/secrets/kubernetes.io/serviceaccount/token` does not exist
envsecrets: hint: a pod has it unless `automountServiceAccountToken` is off; `VAULT_JWT_FILE` names another file
"
    );
}

#[test]
fn a_principal_of_aws_signs_a_request_that_the_server_sends() {
    let world = service();
    let mut launch = world.launch("--from vault://secret/prd/app/db?auth=aws&auth-role=app");
    launch
        .without("VAULT_TOKEN")
        .env("AWS_ACCESS_KEY_ID", "AKIDENVSECRETSTEST01")
        .env("AWS_SECRET_ACCESS_KEY", SENTINEL)
        .env("AWS_SESSION_TOKEN", OTHER_SENTINEL.replace(' ', "-"))
        .env("VAULT_AWS_IAM_SERVER_ID", "vault.example.com");
    let ended = launch.run();
    assert_eq!(ended.ok(), "URL=postgres://db\n");
    let body: Value = serde_json::from_str(&world.server.calls()[0].body).unwrap();
    let plain = |name: &str| {
        let text = BASE64.decode(body[name].as_str().unwrap()).unwrap();
        String::from_utf8(text).unwrap()
    };
    assert_eq!(body["role"], "app");
    assert_eq!(body["iam_http_request_method"], "POST");
    assert_eq!(plain("iam_request_url"), "https://sts.amazonaws.com/");
    assert_eq!(
        plain("iam_request_body"),
        "Action=GetCallerIdentity&Version=2011-06-15"
    );
    let headers: Value = serde_json::from_str(&plain("iam_request_headers")).unwrap();
    let signed = headers["authorization"][0].as_str().unwrap();
    assert!(
        signed.contains("/us-east-1/sts/aws4_request")
            && signed.contains("host;x-amz-date;x-amz-security-token;x-vault-aws-iam-server-id"),
        "{signed}"
    );
    assert_eq!(headers["x-vault-aws-iam-server-id"][0], "vault.example.com");
    assert!(!plain("iam_request_headers").contains(SENTINEL));
    // In another partition, and where the region's own endpoint is chosen.
    for (region, regional, url) in [
        (
            "eu-west-1",
            "regional",
            "https://sts.eu-west-1.amazonaws.com/",
        ),
        (
            "cn-north-1",
            "legacy",
            "https://sts.cn-north-1.amazonaws.com.cn/",
        ),
    ] {
        let before = world.server.calls().len();
        launch
            .env("AWS_REGION", region)
            .env("AWS_STS_REGIONAL_ENDPOINTS", regional);
        launch.run().ok();
        let body: Value = serde_json::from_str(&world.server.calls()[before].body).unwrap();
        let text = BASE64
            .decode(body["iam_request_url"].as_str().unwrap())
            .unwrap();
        assert_eq!(text, url.as_bytes());
    }
    launch
        .without("AWS_ACCESS_KEY_ID")
        .without("AWS_SECRET_ACCESS_KEY");
    let ended = launch.run();
    hides(&ended);
    assert!(ended.failed_at_once(78).contains("AWS"), "{ended:?}");
}

#[test]
fn what_may_pass_is_retried_and_reported_as_such() {
    for (status, body) in [
        (412, r#"{"errors":["required index state not present"]}"#),
        (
            429,
            r#"{"errors":["request path \"secret/data/a\": rate limit quota exceeded"]}"#,
        ),
        (472, r#"{"errors":[]}"#),
        (500, r#"{"errors":["internal error"]}"#),
        (502, "<html>bad gateway</html>"),
        (
            503,
            r#"{"errors":["error performing token check: Vault is sealed"]}"#,
        ),
    ] {
        let world = vault_world();
        world.vault.put("secret/a", r#"{"a":"1"}"#);
        world.vault.fail("/v1/", 2, status, body);
        assert_eq!(
            world.variables("--from vault://secret/a"),
            ["A=1"],
            "{status}"
        );
    }
    let world = vault_world();
    world.vault.seal();
    let ended = world.launch("--from vault://secret/a --timeout 1s").run();
    assert_eq!(ended.code, Some(75), "{ended:?}");
    let text = ended
        .without_waiting()
        .replace(&world.server.url(), "SERVER");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[..2],
        [
            "envsecrets: error: Vault did not answer within 1s for the mount of `vault://secret/a` in \
             SERVER",
            "envsecrets:   caused by: HTTP status 503: error performing token check: Vault is sealed",
        ]
    );
    assert_eq!(
        lines.last(),
        Some(
            &"envsecrets: hint: the server is sealed, and answers again once its operators have unsealed it"
        )
    );
    let world = vault_behind(|_, _| {
        let header = ("Retry-After", "60".to_owned());
        let body = r#"{"errors":["rate limit quota exceeded"]}"#.to_owned();
        Some(Reply::AnswerWith(429, header, body))
    });
    let ended = world.launch("--from vault://secret/a --timeout 5s").run();
    assert_eq!(ended.code, Some(75), "{ended:?}");
    assert!(ended.took.as_secs() < 5, "{ended:?}");
}

#[test]
fn a_server_that_does_not_answer_is_waited_for_until_the_deadline() {
    for (what, reply) in [("silent", Reply::Mute), ("gone", Reply::HangUp)] {
        let world = vault_behind(move |_, _| Some(reply.clone()));
        let ended = world.launch("--from vault://secret/a --timeout 1s").run();
        assert_eq!(ended.code, Some(75), "{what}: {ended:?}");
        assert!(
            ended.stderr.contains("did not answer within 1s"),
            "{what}: {ended:?}"
        );
    }
}

#[test]
fn a_standby_is_left_for_the_active_server_of_its_cluster() {
    let active = service();
    let to = active.server.url();
    let standby = StandIn::start(move |call, _| {
        let location = ("Location", format!("{to}{}", call.target));
        Reply::AnswerWith(307, location, String::new())
    });
    let mut launch = active.launch("--from vault://secret/prd/app/db?auth=approle");
    active.vault.app_role("role-1", "secret-1", 9, &["secret/"]);
    launch
        .env("VAULT_ADDR", standby.url())
        .env("VAULT_ROLE_ID", "role-1")
        .env("VAULT_SECRET_ID", "secret-1");
    assert_eq!(launch.run().ok(), "URL=postgres://db\n");
    assert_eq!(active.vault.revoked().len(), 1);
}

#[test]
fn no_token_is_sent_to_where_a_redirect_leads_astray() {
    let seen: Arc<Mutex<usize>> = Arc::default();
    let counted = Arc::clone(&seen);
    let stranger = StandIn::start(move |_, _| {
        *counted.lock().unwrap() += 1;
        Reply::Answer(200, "{}".to_owned())
    });
    let port = stranger.port();
    for (location, why) in [
        (
            format!("http://localhost:{port}/v1/secret"),
            format!("HTTP status 307: to http://localhost:{port}"),
        ),
        (
            format!("http://user@127.0.0.1:{port}/"),
            "HTTP status 307: to what is no address".to_owned(),
        ),
        (
            "ftp://127.0.0.1/".to_owned(),
            "HTTP status 307: to ftp://127.0.0.1".to_owned(),
        ),
        (
            String::new(),
            "HTTP status 307: to what is no address".to_owned(),
        ),
    ] {
        let to = location.clone();
        let world = vault_behind(move |_, _| {
            let location = ("Location", to.clone());
            Some(Reply::AnswerWith(307, location, String::new()))
        });
        assert_eq!(
            world.refusal("--from vault://secret/a", 78),
            format!(
                "envsecrets: error: SERVER redirects the request, which is not followed\n\
                 envsecrets:   caused by: {why}\n\
                 envsecrets: hint: a token is only sent to the same host or by TLS: set the address to \
                 that of the active server, or of a load balancer\n"
            ),
            "{location}"
        );
    }
    assert_eq!(*seen.lock().unwrap(), 0);
    // In a circle.
    let world = vault_behind(|call, _| {
        let location = ("Location", call.target.clone());
        Some(Reply::AnswerWith(307, location, String::new()))
    });
    let printed = world.refusal("--from vault://secret/a", 78);
    assert!(
        printed.contains("more than 3 addresses in turn"),
        "{printed}"
    );
    assert_eq!(world.server.calls().len(), 4);
}

#[test]
fn a_namespace_is_that_of_the_place_or_of_the_environment() {
    let world = service();
    for (variable, option, sent) in [
        (None, "", None),
        (Some("team/app/"), "", Some("team/app")),
        (Some("root"), "", None),
        (Some("team"), "?namespace=other/x", Some("other/x")),
        (None, "?namespace=/other/", Some("other")),
    ] {
        let before = world.server.calls().len();
        let mut launch = world.launch(&format!("--from vault://secret/prd/app/db{option}"));
        if let Some(namespace) = variable {
            launch.env("VAULT_NAMESPACE", namespace);
        }
        assert_eq!(launch.run().ok(), "URL=postgres://db\n");
        for call in &world.server.calls()[before..] {
            assert_eq!(
                call.header("x-vault-namespace"),
                sent,
                "{variable:?} {option}"
            );
        }
    }
    let printed = world.refusal("--from vault://secret/none?namespace=team", 66);
    assert!(
        printed.contains("in SERVER in namespace `team`"),
        "{printed}"
    );
}

#[test]
fn a_foreign_answer_starts_no_program() {
    let envelope = |data: &str| format!(r#"{{"lease_id":"","data":{data},"auth":null}}"#);
    let secret = |version: u64, data: &str| {
        envelope(&format!(
            r#"{{"data":{data},"metadata":{{"version":{version},"created_time":""}}}}"#
        ))
    };
    let planted = format!(r#"{{"a":"{SENTINEL}"}}"#);
    for (body, why) in [
        (
            "<html>portal</html>".to_owned(),
            "HTTP status 200 with a body that Vault does not send",
        ),
        (
            secret(3, &planted)[..60].to_owned(),
            "HTTP status 200 with a body that Vault does not send",
        ),
        ("[]".to_owned(), "it contains no version of a secret"),
        (envelope(&planted), "it contains no version of a secret"),
        (envelope("null"), "it contains no version of a secret"),
        (secret(4, &planted), "it contains another version"),
        (secret(3, "[1]"), "it contains no keys and values"),
        (
            secret(3, &format!(r#"{{"a":"{SENTINEL}","a":"2"}}"#)),
            "it contains the same key twice",
        ),
        (
            r#"{"wrap_info":{"token":"x"},"data":null}"#.to_owned(),
            "it is wrapped, which was not requested",
        ),
    ] {
        let sent = body.clone();
        let world = vault_behind(move |call, _| {
            let is_it = call.target.contains("/secret/data/a");
            is_it.then(|| Reply::ok(sent.clone()))
        });
        let ended = world.launch("--from vault://secret/a?version=3").run();
        hides(&ended);
        assert_eq!(
            world.refused(&ended, 70),
            format!(
                "envsecrets: error: the response for secret `vault://secret/a` from SERVER is invalid\n\
                 envsecrets:   caused by: {why}\n\
                 envsecrets: hint: another server may respond in place of it: check the address, \
                 proxies, and captive portals\n"
            ),
            "{body}"
        );
    }
    for (keys, why) in [
        (r#"["a","a"]"#, "it contains the same name twice"),
        (r#"[".."]"#, "it contains a name that no secret has"),
        (r#"["../sys/"]"#, "it contains a name that no secret has"),
        (r#"["a/b"]"#, "it contains a name that no secret has"),
        (r#"[""]"#, "it contains a name that no secret has"),
        (r#"[1]"#, "it contains no list"),
        (r#"["again/"]"#, "its folders have no end"),
    ] {
        let sent = envelope(&format!(r#"{{"keys":{keys}}}"#));
        let world = vault_behind(move |call, _| {
            let is_it = call.target.contains("list=true");
            is_it.then(|| Reply::ok(sent.clone()))
        });
        let printed = world.refusal("--from vault://secret/", 70);
        assert!(
            printed.contains(&format!("caused by: {why}\n")),
            "{keys}: {printed}"
        );
    }
}

#[test]
fn a_damaged_answer_never_starts_a_program_with_a_part_of_it() {
    let whole = format!(
        r#"{{"lease_id":"","data":{{"data":{{"a":"1","b":"{SENTINEL}"}},"metadata":{{"version":3,"created_time":"2026-11-24T02:37:54.6Z","destroyed":false}}}},"auth":null}}"#
    );
    let complete = ["A=1".to_owned(), format!("B={SENTINEL}")];
    for number in 0..60 {
        let mut bytes = whole.clone().into_bytes();
        let at = (number * 31 + 7) % bytes.len();
        match number % 3 {
            0 => bytes.truncate(at),
            1 => bytes[at] ^= 1 << (number % 7),
            _ => {
                let other = (at * 17) % bytes.len();
                bytes.swap(at, other);
            }
        }
        let sent = String::from_utf8_lossy(&bytes).into_owned();
        let answer = sent.clone();
        let world = vault_behind(move |call, _| {
            let is_it = call.target.contains("/data/a");
            is_it.then(|| Reply::ok(answer.clone()))
        });
        let ended = world.launch("--from vault://secret/a?version=3").run();
        assert_eq!(leak(ended.stderr.as_bytes()), None, "{sent}");
        match ended.code {
            // What is valid JSON can have another key or value, and must be complete.
            Some(0) => assert_eq!(ended.text().lines().count(), complete.len(), "{sent}"),
            code => assert!(matches!(code, Some(64 | 65 | 66 | 70)), "{sent}: {ended:?}"),
        }
    }
}

#[test]
fn what_a_server_repeats_is_not_shown() {
    let world = vault_behind(|call, _| {
        let token = call.header("x-vault-token").unwrap_or_default();
        let body = json!({"errors": [format!("no policy for {token} and {}", call.body)]});
        Some(Reply::Answer(403, body.to_string()))
    });
    let mut launch = world.launch("--from vault://secret/a -v");
    launch.env("VAULT_TOKEN", SENTINEL);
    let ended = launch.run();
    hides(&ended);
    let mut launch = world.launch("--from vault://secret/a?auth=approle -v");
    launch
        .env("VAULT_ROLE_ID", SENTINEL)
        .env("VAULT_SECRET_ID", SENTINEL);
    let ended = launch.run();
    hides(&ended);
    assert_eq!(ended.code, Some(77), "{ended:?}");
}

#[test]
fn the_address_is_that_of_a_variable() {
    let world = service();
    for (address, what) in [
        ("", "`VAULT_ADDR` is not set"),
        (
            "127.0.0.1:8200",
            "`VAULT_ADDR` is `127.0.0.1:8200`, which begins with neither `https://` nor `http://`",
        ),
        (
            "https://user:s3ntinel-plaintext-0xdecafbad@host",
            "`VAULT_ADDR` contains a name or a password, which no such server takes",
        ),
    ] {
        let mut launch = world.launch("--from vault://secret/a");
        launch.env("VAULT_ADDR", address);
        let ended = launch.run();
        hides(&ended);
        let printed = ended.failed_at_once(78);
        assert!(printed.contains(&format!("error: {what}\n")), "{printed}");
    }
    let mut launch = world.launch("--from vault://secret/a");
    launch
        .env("VAULT_ADDR", "https://127.0.0.1:1")
        .env("VAULT_SKIP_VERIFY", "true");
    assert_eq!(
        launch.run().failed_at_once(78),
        "\
envsecrets: error: `VAULT_SKIP_VERIFY` is set, and certificates are always verified
envsecrets: hint: remove it, and give the certificate of the authority in `VAULT_CACERT`
"
    );
    let mut launch = world.launch("--from vault://secret/a");
    launch
        .env("VAULT_ADDR", "https://127.0.0.1:1")
        .env("VAULT_CLIENT_CERT", "/nonexistent");
    assert_eq!(
        launch.run().failed_at_once(78),
        "\
envsecrets: error: `VAULT_CLIENT_CERT` is set, and `VAULT_CLIENT_KEY` is not
envsecrets: hint: a client certificate and its key are given together
"
    );
}

#[test]
fn both_stores_are_read_at_once_and_parameters_win() {
    let vault = service();
    let world = world();
    world.store.put("/prd/app/password", "from parameters");
    let options = "--clean-env --from vault://secret/prd/app --path /prd/app";
    let mut launch = world.launch(options, &["env"]);
    vault.settings(&mut launch);
    assert_eq!(
        launch.run().ok(),
        format!("API_KEY={OTHER_SENTINEL}\nPASSWORD=from parameters\n")
    );
    let mut launch = world.envsecrets(&[
        "check",
        "--from",
        "vault://secret/prd/app",
        "--path",
        "/prd/app",
    ]);
    vault.settings(&mut launch);
    let ended = launch.run();
    hides(&ended);
    let text = ended.ok();
    assert!(text.contains("Vault"), "{text}");
    assert!(text.contains("the token of VAULT_TOKEN"), "{text}");
    assert!(text.contains(&vault.server.url()), "{text}");
}

#[test]
fn a_place_is_listed_compared_and_copied() {
    let vault = service();
    let world = world();
    let run = |words: &str| {
        let words: Vec<&str> = words.split_whitespace().collect();
        let mut launch = world.envsecrets(&words);
        vault.settings(&mut launch);
        let ended = launch.run();
        hides(&ended);
        ended
    };
    assert_eq!(
        run("list vault://secret/prd/ --columns name,variable,version").ok(),
        "\
NAME                             VARIABLE      VERSION
vault://secret/prd/app#api-key   APP_API_KEY   1
vault://secret/prd/app#password  APP_PASSWORD  1
vault://secret/prd/app/db#url    APP_DB_URL    1
vault://secret/prd/app2#x        APP2_X        1
"
    );
    let copied = run("copy vault://secret/prd/app /prd/app --write-rate 1000");
    assert_eq!(copied.code, Some(0), "{copied:?}");
    let value = |name: &str| world.envsecrets(&["get", name]).run().ok();
    assert_eq!(value("/prd/app/password"), SENTINEL);
    assert_eq!(value("/prd/app/api-key"), OTHER_SENTINEL);
    assert_eq!(run("diff vault://secret/prd/app /prd/app").ok(), "");
    // Again, there is nothing to write.
    let before = world.bodies("PutParameter").len();
    assert_eq!(
        run("copy vault://secret/prd/app /prd/app --write-rate 1000").code,
        Some(0)
    );
    assert_eq!(world.bodies("PutParameter").len(), before);
    // What changes in the source is written, with its new version.
    let data = json!({"password": SENTINEL, "api-key": "new"});
    vault.vault.put("secret/prd/app", &data.to_string());
    let changed = run("diff vault://secret/prd/app /prd/app");
    assert_eq!(changed.code, Some(1), "{changed:?}");
    assert_eq!(
        run("copy vault://secret/prd/app /prd/app --write-rate 1000").code,
        Some(0)
    );
    assert_eq!(value("/prd/app/api-key"), "new");
    let tags = world.bodies("AddTagsToResource");
    let tags: Vec<String> = tags.iter().map(Value::to_string).collect();
    let tag = "vault://secret/prd/app=23api-key:2:2";
    assert!(tags.iter().any(|it| it.contains(tag)), "{tags:?}");
    // What Parameter Store cannot hold is all named before anything is written.
    let large = "x".repeat(9000);
    let data = json!({"a b": "1", "large": large, "fine": "2"});
    vault.vault.put("secret/odd", &data.to_string());
    let before = world.bodies("PutParameter").len();
    let refused = run("copy vault://secret/odd /odd");
    assert_eq!(refused.code, Some(65), "{refused:?}");
    assert!(refused.stderr.contains("`--rename a b=NEW`"), "{refused:?}");
    assert!(refused.stderr.contains("`--exclude large`"), "{refused:?}");
    assert_eq!(world.bodies("PutParameter").len(), before);
}

#[test]
fn versions_are_what_stale_and_fingerprints_compare() {
    let world = service();
    let arguments = ["--fingerprint", "FP", "--from", "vault://secret/prd/app/db"];
    let print = |arguments: &[&str]| {
        let all: Vec<&str> = arguments
            .iter()
            .copied()
            .chain(["--", "sh", "-c", "echo $FP"])
            .collect();
        world.envsecrets(&all).run().ok().trim().to_owned()
    };
    let first = print(&arguments);
    assert_eq!(print(&arguments), first);
    let stale = || {
        let mut launch = world.envsecrets(&[
            "stale",
            "--is",
            &first,
            "--from",
            "vault://secret/prd/app/db",
        ]);
        let ended = launch.run();
        hides(&ended);
        ended.code
    };
    assert_eq!(stale(), Some(0));
    world
        .vault
        .put("secret/prd/app/db", r#"{"url":"postgres://db"}"#);
    assert_ne!(print(&arguments), first);
    assert_eq!(stale(), Some(1));
}

#[test]
fn the_policy_of_a_token_is_printed() {
    let world = service();
    let policy = |words: &str| {
        let words: Vec<&str> = words.split_whitespace().collect();
        world.envsecrets(&words).run()
    };
    let expected = "\
# The token of a launch is revoked once everything is read; the policy `default` has this too.
path \"auth/token/revoke-self\" {
  capabilities = [\"update\"]
}

path \"kv1/app\" {
  capabilities = [\"read\"]
}

path \"secret/data/prd/*\" {
  capabilities = [\"read\"]
}

path \"secret/metadata/prd/*\" {
  capabilities = [\"list\"]
}
";
    let options = "--from vault://secret/prd/?kv=2&auth=approle --secret X=vault://kv1/app?kv=1#a";
    assert_eq!(policy(&format!("policy {options}")).ok(), expected);
    assert_eq!(
        policy(&format!("policy --format vault {options}")).ok(),
        expected
    );
    assert_eq!(
        policy("policy --from vault://secret/app").ok(),
        "\
# The mount is taken to be the first part of each path. Keep the rules for the version of its
# engine; with `kv=1` or `kv=2` in a place only those are printed.

# Version 1
path \"secret/app\" {
  capabilities = [\"read\"]
}

# Version 2
path \"secret/data/app\" {
  capabilities = [\"read\"]
}
"
    );
    // Beside that of IAM there is a note.
    let both = policy(
        "policy --path /prd/app --from vault://secret/app --region eu-central-1 --account 123456789012",
    );
    assert_eq!(both.code, Some(0), "{both:?}");
    assert!(!both.text().contains("secret/app"), "{both:?}");
    assert!(
        both.stderr.contains(
            "`vault://secret/app` is read from Vault, whose own policy must allow it: `envsecrets \
             policy --format vault` with the same options prints that"
        ),
        "{both:?}"
    );
    let none = policy("policy --format vault --path /prd/app");
    none.failed_at_once(64);
}
