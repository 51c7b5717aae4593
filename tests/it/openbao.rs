//! Launches from a real OpenBao, and leaving it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use parameter_store::{Identity, Tls};
use serde_json::json;

use crate::support::bao::{Bao, free_port, serve};
use crate::support::moto::Moto;
use crate::support::stand_in::{Reply, StandIn};
use crate::support::{Directory, SENTINEL, can, leak, until, which, world};

/// A secret in the mount of the story.
fn service(story: &str) -> Option<Bao> {
    let bao = Bao::start(story)?;
    bao.put("app", &json!({"password": SENTINEL, "n": 7}).to_string());
    bao.put("app/db", r#"{"url":"postgres://db"}"#);
    Some(bao)
}

#[test]
fn a_service_starts_from_both_versions_of_the_engine() {
    let Some(bao) = service("a_service_starts_from_both_versions_of_the_engine") else {
        return;
    };
    let old = format!("{}-old", bao.mount);
    bao.make(
        &format!("sys/mounts/{old}"),
        r#"{"type":"kv","options":{"version":"1"}}"#,
    );
    let data = r#"{"big":12345678901234567890,"small":1.10,"power":1e3,"text":"a\nb"}"#;
    bao.make(&format!("{old}/x/y"), data);
    bao.put("numbers", data);
    let expected = format!("N=7\nPASSWORD={SENTINEL}\n");
    for options in [
        "--from vault://MOUNT/app",
        "--from openbao://MOUNT/app?kv=2",
        "--from vault://MOUNT/app?version=1",
    ] {
        assert_eq!(bao.launch(options).run().ok(), expected, "{options}");
    }
    assert_eq!(
        bao.launch("--from vault://MOUNT/ --exclude numbers")
            .run()
            .ok(),
        format!("APP_DB_URL=postgres://db\nAPP_N=7\nAPP_PASSWORD={SENTINEL}\n")
    );
    let numbers = "BIG=12345678901234567890\nPOWER=1e3\nSMALL=1.10\nTEXT=a\nb\n";
    let launch = |place: &str| bao.launch(&format!("--from {place}")).run().ok();
    assert_eq!(launch("vault://MOUNT-old/x/y"), numbers);
    // This server rounds the numbers of version 2 when they are written.
    let rounded = "BIG=12345678901234567000\nPOWER=1000\nSMALL=1.1\nTEXT=a\nb\n";
    assert_eq!(launch("vault://MOUNT/numbers"), rounded);
    assert_eq!(
        bao.launch("--from vault://MOUNT-old/ --only x/y/small")
            .run()
            .ok(),
        "X_Y_SMALL=1.10\n"
    );
    // What is deleted, destroyed, or of the other version.
    bao.put("gone", r#"{"a":"1"}"#);
    bao.call("DELETE", &format!("{}/data/gone", bao.mount), "", "");
    let deleted = bao.launch("--from openbao://MOUNT/gone").run();
    let printed = deleted.failed_at_once(66);
    assert!(printed.contains("was deleted"), "{printed}");
    assert!(printed.contains("bao kv undelete -versions=1"), "{printed}");
    bao.make(
        &format!("{}/destroy/gone", bao.mount),
        r#"{"versions":[1]}"#,
    );
    let destroyed = bao.launch("--from openbao://MOUNT/gone").run();
    assert!(destroyed.failed_at_once(66).contains("was destroyed"));
    let other = bao.launch("--from vault://MOUNT/app?kv=1").run();
    assert!(
        other
            .failed_at_once(64)
            .contains("its mount keeps versions")
    );
    let none = bao.launch("--from vault://MOUNT/none").run();
    none.failed_at_once(66);
    let nowhere = bao.launch("--from vault://nowhere/none").run();
    nowhere.failed_at_once(77);
}

#[test]
fn a_token_with_exactly_the_printed_policy_starts_a_service() {
    let Some(bao) = service("a_token_with_exactly_the_printed_policy_starts_a_service") else {
        return;
    };
    for options in [
        "--from vault://MOUNT/app",
        "--from vault://MOUNT/app?kv=2",
        "--from vault://MOUNT/app/",
        "--from vault://MOUNT/",
        "--secret X=vault://MOUNT/app/db#url",
    ] {
        let words = format!("policy --format vault {options}").replace("MOUNT", &bao.mount);
        let words: Vec<&str> = words.split_whitespace().collect();
        let policy = bao.envsecrets(&words).run().ok();
        let token = bao.token_with(&policy);
        let mut launch = bao.launch(options);
        launch.env("BAO_TOKEN", &token);
        assert_ne!(launch.run().ok(), "", "{options}");
        // And nothing else can be read with it.
        let mut launch = bao.launch("--from vault://cubbyhole/x");
        launch.env("BAO_TOKEN", &token);
        launch.run().failed_at_once(77);
    }
}

#[test]
fn an_app_role_signs_in_with_a_wrapped_secret_id_and_leaves_no_token() {
    let story = "an_app_role_signs_in_with_a_wrapped_secret_id_and_leaves_no_token";
    let Some(bao) = service(story) else { return };
    let method = format!("{}-role", bao.mount);
    bao.make(&format!("sys/auth/{method}"), r#"{"type":"approle"}"#);
    let policy = format!(
        "path \"{}/*\" {{ capabilities = [\"read\", \"list\"] }}",
        bao.mount
    );
    let body = json!({"policy": policy}).to_string();
    bao.call("PUT", &format!("sys/policies/acl/{method}"), "", &body);
    let role = format!("auth/{method}/role/app");
    let body = json!({"token_policies": [method], "secret_id_num_uses": 1}).to_string();
    bao.make(&role, &body);
    let id = bao.call("GET", &format!("{role}/role-id"), "", "");
    let id = id["role_id"].as_str().unwrap().to_owned();
    let options = format!("--from vault://MOUNT/app?auth=approle&auth-mount={method}");
    let secret = bao.make(&format!("{role}/secret-id"), "{}");
    let mut launch = bao.launch(&options);
    launch
        .without("BAO_TOKEN")
        .env("BAO_ROLE_ID", &id)
        .env("BAO_SECRET_ID", secret["secret_id"].as_str().unwrap());
    let expected = format!("N=7\nPASSWORD={SENTINEL}\n");
    assert_eq!(launch.run().ok(), expected);
    // It was used, and its token is gone.
    let ended = launch.run();
    assert!(ended.failed_at_once(77).contains("invalid"), "{ended:?}");
    let accessors = bao.call("LIST", "auth/token/accessors", "", "");
    for accessor in accessors["keys"].as_array().unwrap() {
        let body = json!({"accessor": accessor}).to_string();
        let found = bao.make("auth/token/lookup-accessor", &body);
        assert_ne!(found["path"], format!("auth/{method}/login"), "{found}");
    }
    // A wrapped secret id is unwrapped once.
    let wrapping = wrapped(&bao, &format!("{role}/secret-id"));
    launch
        .without("BAO_SECRET_ID")
        .env("BAO_WRAPPING_TOKEN", &wrapping);
    assert_eq!(launch.run().ok(), expected);
    let ended = launch.run();
    assert!(
        ended
            .failed_at_once(77)
            .contains("refused to unwrap the wrapping token of BAO_WRAPPING_TOKEN"),
        "{ended:?}"
    );
}

/// A wrapping token for the answer to a request.
fn wrapped(bao: &Bao, path: &str) -> String {
    let mut curl = Command::new("curl");
    curl.args([
        "-s",
        "-X",
        "POST",
        "-H",
        "X-Vault-Token: root",
        "-H",
        "X-Vault-Wrap-TTL: 60s",
    ]);
    let output = curl
        .arg(format!("{}/v1/{path}", bao.url()))
        .output()
        .unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    answer["wrap_info"]["token"].as_str().unwrap().to_owned()
}

#[test]
fn a_service_account_signs_in_with_the_help_of_its_cluster() {
    let Some(bao) = service("a_service_account_signs_in_with_the_help_of_its_cluster") else {
        return;
    };
    // What a cluster answers to a TokenReview.
    let cluster = StandIn::start(|_, _| {
        let review = json!({
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview",
            "status": {"authenticated": true, "user": {
                "username": "system:serviceaccount:web:app", "uid": "1",
                "groups": ["system:serviceaccounts"]}}
        });
        Reply::Answer(201, review.to_string())
    });
    let method = format!("{}-k8s", bao.mount);
    bao.make(&format!("sys/auth/{method}"), r#"{"type":"kubernetes"}"#);
    let body = json!({"kubernetes_host": cluster.url(), "disable_local_ca_jwt": true,
        "kubernetes_ca_cert": Tls::new(Identity::Valid).ca_pem(), "token_reviewer_jwt": "reviewer"});
    bao.make(&format!("auth/{method}/config"), &body.to_string());
    let policy =
        json!({"policy": format!("path \"{}/*\" {{ capabilities = [\"read\"] }}", bao.mount)});
    bao.call(
        "PUT",
        &format!("sys/policies/acl/{method}"),
        "",
        &policy.to_string(),
    );
    let body = json!({"bound_service_account_names": ["app"],
        "bound_service_account_namespaces": ["web"], "token_policies": [method]});
    bao.make(&format!("auth/{method}/role/app"), &body.to_string());
    // The claims of a service account; the cluster checks the signature.
    let part = |value: serde_json::Value| {
        use base64::Engine;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string())
    };
    let claims = json!({"iss": "kubernetes/serviceaccount", "sub": "system:serviceaccount:web:app",
        "kubernetes.io/serviceaccount/namespace": "web",
        "kubernetes.io/serviceaccount/service-account.name": "app",
        "kubernetes.io/serviceaccount/service-account.uid": "1"});
    let jwt = format!(
        "{}.{}.c2ln",
        part(json!({"alg": "RS256", "typ": "JWT"})),
        part(claims)
    );
    let file = bao.directory.file("token", jwt, 0o600);
    let mut launch = bao.launch(&format!(
        "--from vault://MOUNT/app?auth=kubernetes&auth-mount={method}&auth-role=app"
    ));
    launch.without("BAO_TOKEN").env("BAO_JWT_FILE", &file);
    assert_eq!(launch.run().ok(), format!("N=7\nPASSWORD={SENTINEL}\n"));
    let mut launch = bao.launch(&format!(
        "--from vault://MOUNT/app?auth=kubernetes&auth-mount={method}&auth-role=other"
    ));
    launch.without("BAO_TOKEN").env("BAO_JWT_FILE", &file);
    let ended = launch.run();
    assert_eq!(leak(ended.stderr.as_bytes()), None);
    ended.failed_at_once(77);
}

#[test]
fn a_jwt_signs_in_by_the_key_of_its_issuer() {
    let story = "a_jwt_signs_in_by_the_key_of_its_issuer";
    let Some(bao) = service(story) else { return };
    if !can(story, "openssl", which("openssl").is_some()) {
        return;
    }
    let key = bao.directory.path().join("key.pem");
    openssl(&["genrsa", "-out", key.to_str().unwrap(), "2048"], b"");
    let public = openssl(&["rsa", "-in", key.to_str().unwrap(), "-pubout"], b"");
    let part = |bytes: &[u8]| {
        use base64::Engine;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
    };
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let head = part(json!({"alg": "RS256", "typ": "JWT"}).to_string().as_bytes());
    let claims =
        json!({"iss": "https://ci", "sub": "job", "aud": "bao", "iat": now, "exp": now + 600});
    let signed = format!("{head}.{}", part(claims.to_string().as_bytes()));
    let signature = openssl(
        &["dgst", "-sha256", "-sign", key.to_str().unwrap()],
        signed.as_bytes(),
    );
    let file = bao
        .directory
        .file("jwt", format!("{signed}.{}\n", part(&signature)), 0o600);
    let method = format!("{}-jwt", bao.mount);
    bao.make(&format!("sys/auth/{method}"), r#"{"type":"jwt"}"#);
    let body = json!({"jwt_validation_pubkeys": [String::from_utf8(public).unwrap()], "default_role": "ci"});
    bao.make(&format!("auth/{method}/config"), &body.to_string());
    let policy =
        json!({"policy": format!("path \"{}/*\" {{ capabilities = [\"read\"] }}", bao.mount)});
    bao.call(
        "PUT",
        &format!("sys/policies/acl/{method}"),
        "",
        &policy.to_string(),
    );
    let body = json!({"role_type": "jwt", "user_claim": "sub", "bound_audiences": ["bao"],
        "bound_subject": "job", "token_policies": [method], "token_type": "batch"});
    bao.make(&format!("auth/{method}/role/ci"), &body.to_string());
    for role in ["", "&auth-role=ci"] {
        let mut launch = bao.launch(&format!(
            "--from vault://MOUNT/app?auth=jwt&auth-mount={method}{role}"
        ));
        launch.without("BAO_TOKEN").env("BAO_JWT_FILE", &file);
        assert_eq!(launch.run().ok(), format!("N=7\nPASSWORD={SENTINEL}\n"));
    }
}

/// What openssl prints.
fn openssl(arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = Command::new("openssl")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{arguments:?}");
    output.stdout
}

#[test]
fn secrets_of_a_namespace_are_apart() {
    let Some(bao) = service("secrets_of_a_namespace_are_apart") else {
        return;
    };
    let namespace = format!("{}-team", bao.mount);
    bao.make(&format!("sys/namespaces/{namespace}"), "{}");
    let kv = r#"{"type":"kv","options":{"version":"2"}}"#;
    bao.call("POST", "sys/mounts/kv", &namespace, kv);
    bao.call(
        "POST",
        "kv/data/app",
        &namespace,
        r#"{"data":{"a":"of the team"}}"#,
    );
    let options = format!("--from vault://kv/app?namespace={namespace}");
    assert_eq!(bao.launch(&options).run().ok(), "A=of the team\n");
    let mut launch = bao.launch("--from vault://kv/app");
    launch.env("BAO_NAMESPACE", &namespace);
    assert_eq!(launch.run().ok(), "A=of the team\n");
    let ended = bao.launch("--from vault://kv/app").run();
    ended.failed_at_once(77);
}

#[test]
fn a_server_is_known_by_its_certificate_and_knows_its_client() {
    let story = "a_server_is_known_by_its_certificate_and_knows_its_client";
    let Some(_) = Bao::start(story) else { return };
    if !can(
        story,
        "openssl and curl",
        which("openssl").is_some() && which("curl").is_some(),
    ) {
        return;
    }
    let directory = Directory::new();
    let path = |name: &str| -> PathBuf { directory.path().join(name) };
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let make = |arguments: &str| {
        let words: Vec<String> = arguments
            .split_whitespace()
            .map(|word| match word.strip_prefix('@') {
                Some(name) => text(&path(name)),
                None => word.to_owned(),
            })
            .collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        openssl(&words, b"");
    };
    let new = "req -x509 -newkey rsa:2048 -nodes -days 30";
    make(&format!(
        "{new} -subj /CN=authority -keyout @ca.key -out @ca.pem"
    ));
    for (name, extension) in [
        ("server", "subjectAltName=DNS:bao.test"),
        ("client", "extendedKeyUsage=clientAuth"),
    ] {
        make(&format!(
            "{new} -subj /CN={name} -keyout @{name}.key -out @{name}.pem -CA @ca.pem -CAkey @ca.key \
             -addext basicConstraints=critical,CA:FALSE -addext {extension}"
        ));
    }
    let port = free_port();
    let config = format!(
        "listener \"tcp\" {{\n address = \"127.0.0.1:{port}\"\n tls_cert_file = \"{}\"\n tls_key_file = \
         \"{}\"\n tls_client_ca_file = \"{}\"\n tls_require_and_verify_client_cert = true\n}}\n",
        text(&path("server.pem")),
        text(&path("server.key")),
        text(&path("ca.pem"))
    );
    let config = directory.file("bao.hcl", config, 0o600);
    let plain = serve(&[&format!("-config={}", text(&config))]);
    until("the server listens", || {
        std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
    });
    let mut put = Command::new("curl");
    put.args([
        "-sf",
        "-H",
        "X-Vault-Token: root",
        "-d",
        r#"{"data":{"a":"by TLS"}}"#,
    ]);
    let put = put
        .arg(format!("http://127.0.0.1:{plain}/v1/secret/data/x"))
        .output()
        .unwrap();
    assert!(put.status.success());
    let launch = |settings: &[(&str, PathBuf)], name: &str| {
        let arguments = [
            "--clean-env",
            "--from",
            "vault://secret/x",
            "--timeout",
            "20s",
            "--",
            "env",
        ];
        let mut launch = crate::support::offline(&directory, &arguments);
        launch
            .env("VAULT_ADDR", format!("https://127.0.0.1:{port}"))
            .env("VAULT_TOKEN", "root");
        for (variable, path) in settings {
            launch.env(variable, path);
        }
        if !name.is_empty() {
            launch.env("VAULT_TLS_SERVER_NAME", name);
        }
        launch.run()
    };
    let ca = ("VAULT_CACERT", path("ca.pem"));
    let identity = [
        ("VAULT_CLIENT_CERT", path("client.pem")),
        ("VAULT_CLIENT_KEY", path("client.key")),
    ];
    let all = [ca.clone(), identity[0].clone(), identity[1].clone()];
    assert_eq!(launch(&all, "bao.test").ok(), "A=by TLS\n");
    let folder = directory.path().join("authorities");
    std::fs::create_dir(&folder).unwrap();
    std::fs::copy(path("ca.pem"), folder.join("ca.pem")).unwrap();
    let by_folder = [
        ("VAULT_CAPATH", folder),
        identity[0].clone(),
        identity[1].clone(),
    ];
    assert_eq!(launch(&by_folder, "bao.test").ok(), "A=by TLS\n");
    let wrong = launch(&all, "");
    assert!(
        wrong.failed_at_once(78).contains("VAULT_TLS_SERVER_NAME"),
        "{wrong:?}"
    );
    let unknown = launch(&identity, "bao.test");
    assert!(
        unknown.failed_at_once(78).contains("VAULT_CACERT"),
        "{unknown:?}"
    );
    let nameless = launch(std::slice::from_ref(&ca), "bao.test");
    assert!(
        nameless.failed_at_once(78).contains("VAULT_CLIENT_CERT"),
        "{nameless:?}"
    );
    let swapped = [
        ca,
        ("VAULT_CLIENT_CERT", path("client.key")),
        ("VAULT_CLIENT_KEY", path("client.pem")),
    ];
    let swapped = launch(&swapped, "bao.test");
    assert!(
        swapped
            .failed_at_once(78)
            .contains("it has no certificate in PEM"),
        "{swapped:?}"
    );
}

#[test]
fn the_signed_request_for_a_server_says_who_we_are() {
    let Some(moto) = Moto::start("the_signed_request_for_a_server_says_who_we_are") else {
        return;
    };
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD as BASE64;
    // What a server does with the request that it is given, at the STS of moto.
    let server = StandIn::start(|_, _| Reply::Answer(403, r#"{"errors":["no role"]}"#.to_owned()));
    let mut launch = moto.envsecrets(&["--from", "vault://secret/a?auth=aws", "--", "true"]);
    launch.env("VAULT_ADDR", server.url());
    launch.env("VAULT_AWS_IAM_SERVER_ID", "vault.example.com");
    launch.run().failed_at_once(77);
    let body: serde_json::Value = serde_json::from_str(&server.calls()[0].body).unwrap();
    let plain = |name: &str| BASE64.decode(body[name].as_str().unwrap()).unwrap();
    let headers: serde_json::Value = serde_json::from_slice(&plain("iam_request_headers")).unwrap();
    let mut curl = Command::new("curl");
    curl.args(["-s", "-X", "POST", "-H", "Host: sts.amazonaws.com"]);
    for (name, values) in headers.as_object().unwrap() {
        curl.arg("-H")
            .arg(format!("{name}: {}", values[0].as_str().unwrap()));
    }
    curl.arg("-d")
        .arg(String::from_utf8(plain("iam_request_body")).unwrap());
    let answer = curl.arg(&moto.url).output().unwrap();
    let answer = String::from_utf8_lossy(&answer.stdout).into_owned();
    assert!(
        answer.contains("GetCallerIdentityResult") && answer.contains(":user/moto"),
        "{answer}"
    );
}

#[test]
fn the_page_about_leaving_is_true() {
    let Some(bao) = Bao::start("the_page_about_leaving_is_true") else {
        return;
    };
    let page = include_str!("../../docs/leaving/vault.md");
    assert!(page.lines().count() <= 48, "one screen");
    let world = world();
    let mount = &bao.mount;
    bao.put(
        "prd/app",
        &json!({"password": SENTINEL, "port": 5432}).to_string(),
    );
    let blocks = page.split("```").skip(1).step_by(2);
    let lines = blocks.flat_map(|block| block.lines().skip(1));
    let mut shown = Vec::new();
    for line in lines.filter(|line| !line.is_empty()) {
        let line = line.replace("vault://secret/", &format!("vault://{mount}/"));
        let line = line.replace("-- ./serve", "-- printenv PASSWORD PORT");
        let line = line.replacen("envsecrets", crate::support::ENVSECRETS, 1);
        let mut launch = world.with_settings(crate::support::Launch::new("sh", &["-c", &line]));
        if shown.is_empty() {
            // Before there is a copy, its layer is empty.
            world.store.put("/prd/app/other", "x");
        }
        bao.settings(&mut launch);
        let ended = launch.run();
        assert_eq!(leak(ended.stderr.as_bytes()), None, "{ended:?}");
        shown.push((line, ended));
    }
    let [start, copy, diff, policy] = shown.as_slice() else {
        panic!("{}", shown.len());
    };
    assert_eq!(start.1.text(), format!("{SENTINEL}\n5432\n"), "{start:?}");
    assert_eq!(copy.1.code, Some(0), "{copy:?}");
    assert_eq!(
        diff.1.code,
        Some(1),
        "the parameter of its own differs: {diff:?}"
    );
    assert!(
        diff.1.text().contains("other") && !diff.1.text().contains("password"),
        "{diff:?}"
    );
    assert!(
        policy
            .1
            .ok()
            .contains(&format!("path \"{mount}/data/prd/app/*\"")),
        "{policy:?}"
    );
    // A copy that is killed is completed by the next run.
    world.store.delete("/prd/app/other");
    let place = format!("vault://{mount}/prd/app");
    for number in 0..60 {
        bao.put(
            "prd/app",
            &json!(
                (0..40)
                    .map(|key| (format!("key-{key}"), format!("{number}-{key}")))
                    .collect::<std::collections::BTreeMap<_, _>>()
            )
            .to_string(),
        );
        if number > 2 {
            break;
        }
        let mut launch = world.envsecrets(&[
            "copy",
            &place,
            "/prd/app",
            "--overwrite",
            "--write-rate",
            "100",
        ]);
        bao.settings(&mut launch);
        let before = world.bodies("PutParameter").len();
        let mut running = launch.start();
        until("something is written", || {
            world.bodies("PutParameter").len() > before
        });
        running.child.kill().unwrap();
        drop(running.end());
    }
    let mut launch = world.envsecrets(&[
        "copy",
        &place,
        "/prd/app",
        "--overwrite",
        "--write-rate",
        "1000",
    ]);
    bao.settings(&mut launch);
    let ended = launch.run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    for key in 0..40 {
        let mut launch = world.envsecrets(&["get", &format!("/prd/app/key-{key}")]);
        assert_eq!(
            bao.settings(&mut launch).run().text().trim(),
            format!("3-{key}")
        );
    }
}
