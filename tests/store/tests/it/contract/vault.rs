//! The same for Vault: the requests that a reader of keys and values sends, to this one and to a real
//! OpenBao.

use parameter_store::vault::{Request, Vault};
use serde_json::{Value, json};

use super::bao::Bao;

/// Answers a request: its method, target, token and body.
type Answering<'s> = dyn Fn(&str, &str, Option<&str>, &str) -> (u16, String) + 's;

/// One side, and what it made for the stories.
struct Side<'s> {
    answer: Box<Answering<'s>>,
    role: String,
    secret: String,
    /// What a token stands for that can be unwrapped once.
    wrapping: String,
    /// A token that may read nothing.
    powerless: String,
}

fn ours(vault: &Vault) -> Side<'_> {
    for (path, data) in SECRETS {
        vault.put(path, data);
    }
    vault.delete("secret/deleted");
    vault.destroy("secret/destroyed");
    vault.app_role("role-1", "secret-1", usize::MAX, &[""]);
    vault.wrap("s.wrapping", r#"{"secret_id":"x","secret_id_ttl":60}"#);
    vault.token("powerless", &[]);
    Side {
        answer: Box::new(|method, target, token, body| {
            vault.answer(Request {
                method,
                target,
                token,
                body,
            })
        }),
        role: "role-1".to_owned(),
        secret: "secret-1".to_owned(),
        wrapping: "s.wrapping".to_owned(),
        powerless: "powerless".to_owned(),
    }
}

/// Each secret: its mount and path, and its data; the second time it is a new version.
const SECRETS: [(&str, &str); 8] = [
    ("secret/prd/app", r#"{"password":"old"}"#),
    (
        "secret/prd/app",
        r#"{"password":"x","big":1234567890123456}"#,
    ),
    ("secret/prd/app/db", r#"{"url":"u"}"#),
    ("secret/prd/a b", r#"{"x":"y"}"#),
    ("secret/deleted", r#"{"x":"y"}"#),
    ("secret/destroyed", r#"{"x":"y"}"#),
    ("kv1/app", r#"{"password":"x","on":true,"list":[1]}"#),
    ("kv1/below/b", r#"{"x":"y"}"#),
];

fn theirs(bao: &Bao) -> Side<'_> {
    let make = |method: &str, path: &str, headers: &str, body: &str| -> Value {
        let target = format!("/v1/{path}");
        let answer = bao.request(method, &target, Some("root"), headers, body);
        let (status, text) = answer.unwrap();
        assert!((200..300).contains(&status), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    };
    make(
        "POST",
        "sys/mounts/kv1",
        "",
        r#"{"type":"kv","options":{"version":"1"}}"#,
    );
    for (path, data) in SECRETS {
        let path = path.replace(' ', "%20");
        match path.strip_prefix("secret/") {
            Some(path) => {
                let body = format!("{{\"data\":{data}}}");
                make("POST", &format!("secret/data/{path}"), "", &body)
            }
            None => make("POST", &path, "", data),
        };
    }
    make("DELETE", "secret/data/deleted", "", "");
    make("PUT", "secret/destroy/destroyed", "", r#"{"versions":[1]}"#);
    make("POST", "sys/auth/approle", "", r#"{"type":"approle"}"#);
    make(
        "POST",
        "auth/approle/role/app",
        "",
        r#"{"token_policies":["default"]}"#,
    );
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let role = text(&make("GET", "auth/approle/role/app/role-id", "", "")["data"]["role_id"]);
    let path = "auth/approle/role/app/secret-id";
    let secret = text(&make("POST", path, "", "{}")["data"]["secret_id"]);
    let wrapped = make("POST", path, "X-Vault-Wrap-TTL: 60s\r\n", "{}");
    let wrapping = text(&wrapped["wrap_info"]["token"]);
    let made = make(
        "POST",
        "auth/token/create",
        "",
        r#"{"policies":["default"]}"#,
    );
    Side {
        answer: Box::new(|method, target, token, body| {
            bao.request(method, target, token, "", body).unwrap()
        }),
        role,
        secret,
        wrapping,
        powerless: text(&made["auth"]["client_token"]),
    }
}

/// What a reader looks at in an answer: values where they are the same on both, and otherwise what they
/// are.
fn seen(status: u16, body: &str) -> Value {
    let body: Value = match body {
        "" => Value::Null,
        body => serde_json::from_str(body).unwrap(),
    };
    let kind = |value: &Value| match value {
        Value::Null => "null",
        Value::String(text) if text.is_empty() => "empty",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
        Value::Bool(_) | Value::Number(_) => "plain",
    };
    let mut fields = serde_json::Map::new();
    fields.insert("status".to_owned(), json!(status));
    for pointer in [
        "/errors",
        "/lease_id",
        "/data",
        "/wrap_info",
        "/warnings",
        "/auth",
        "/auth/client_token",
        "/auth/mfa_requirement",
        "/data/metadata/created_time",
        "/data/metadata/deletion_time",
        "/data/secret_id",
    ] {
        if let Some(value) = body.pointer(pointer) {
            fields.insert(pointer.to_owned(), json!(kind(value)));
        }
    }
    for pointer in [
        "/auth/token_type",
        "/data/data",
        "/data/metadata/version",
        "/data/metadata/destroyed",
        "/data/keys",
        "/data/password",
        "/data/on",
        "/data/list",
        "/data/path",
        "/data/type",
        "/data/options/version",
    ] {
        if let Some(value) = body.pointer(pointer) {
            fields.insert(pointer.to_owned(), value.clone());
        }
    }
    fields.into()
}

#[test]
fn openbao_gives_the_same_answers() {
    let Some(bao) = Bao::start("vault::openbao_gives_the_same_answers") else {
        return;
    };
    let vault = Vault::new();
    let sides = [ours(&vault), theirs(&bao)];
    let login = r#"{"role_id":"ROLE","secret_id":"SECRET"}"#;
    let mounts = "/v1/sys/internal/ui/mounts";
    let mut differences = String::new();
    for (method, target, token, body, expected) in [
        ("GET", "/v1/secret/data/prd/app", "root", "", 200),
        ("GET", "/v1/secret/data/prd/app?version=1", "root", "", 200),
        ("GET", "/v1/secret/data/prd/app?version=2", "root", "", 200),
        ("GET", "/v1/secret/data/prd/app?version=9", "root", "", 404),
        ("GET", "/v1/secret/data/prd/a%20b", "root", "", 200),
        ("GET", "/v1/secret/data/none", "root", "", 404),
        ("GET", "/v1/secret/data/deleted", "root", "", 404),
        ("GET", "/v1/secret/data/destroyed", "root", "", 404),
        ("GET", "/v1/secret/prd/app", "root", "", 404),
        ("GET", "/v1/secret/metadata/?list=true", "root", "", 200),
        ("GET", "/v1/secret/metadata/prd/?list=true", "root", "", 200),
        (
            "GET",
            "/v1/secret/metadata/prd/app/?list=true",
            "root",
            "",
            200,
        ),
        (
            "GET",
            "/v1/secret/metadata/none/?list=true",
            "root",
            "",
            404,
        ),
        ("GET", "/v1/kv1/app", "root", "", 200),
        ("GET", "/v1/kv1/none", "root", "", 404),
        ("GET", "/v1/kv1/?list=true", "root", "", 200),
        ("GET", "/v1/kv1/none/?list=true", "root", "", 404),
        ("GET", "/v1/none/x", "root", "", 404),
        ("GET", "/v1/secret/data/prd/app", "powerless", "", 403),
        ("GET", "/v1/secret/data/prd/app", "wrong", "", 403),
        ("GET", "/v1/kv1/?list=true", "powerless", "", 403),
        ("GET", &format!("{mounts}/secret/prd/app"), "root", "", 200),
        ("GET", &format!("{mounts}/kv1/app"), "root", "", 200),
        ("GET", &format!("{mounts}/none/x"), "root", "", 403),
        (
            "GET",
            &format!("{mounts}/secret/prd/app"),
            "powerless",
            "",
            403,
        ),
        ("GET", &format!("{mounts}/secret/prd/app"), "wrong", "", 403),
        ("POST", "/v1/auth/approle/login", "", login, 200),
        (
            "POST",
            "/v1/auth/approle/login",
            "",
            r#"{"role_id":"ROLE","secret_id":"no"}"#,
            400,
        ),
        (
            "POST",
            "/v1/auth/approle/login",
            "",
            r#"{"role_id":"no","secret_id":"no"}"#,
            400,
        ),
        ("POST", "/v1/auth/none/login", "", login, 403),
        ("POST", "/v1/sys/wrapping/unwrap", "WRAPPING", "", 200),
        ("POST", "/v1/sys/wrapping/unwrap", "WRAPPING", "", 400),
        ("POST", "/v1/sys/wrapping/unwrap", "wrong", "", 400),
        ("POST", "/v1/auth/token/revoke-self", "wrong", "", 403),
        ("POST", "/v1/auth/token/revoke-self", "powerless", "", 204),
        ("GET", "/v1/secret/data/prd/app", "powerless", "", 403),
    ] {
        let [ours, theirs] = sides.each_ref().map(|side| {
            let token = match token {
                "" => None,
                "WRAPPING" => Some(side.wrapping.as_str()),
                "powerless" => Some(side.powerless.as_str()),
                token => Some(token),
            };
            let body = body
                .replace("ROLE", &side.role)
                .replace("SECRET", &side.secret);
            let (status, body) = (side.answer)(method, target, token, &body);
            seen(status, &body)
        });
        if ours != theirs || ours["status"] != expected {
            differences.push_str(&format!(
                "{method} {target} as `{token}` must be {expected}\n  ours: {ours}\n  bao:  {theirs}\n"
            ));
        }
    }
    assert!(differences.is_empty(), "{differences}");
}

#[test]
fn openbao_rounds_a_large_number_in_version_2_alone() {
    let Some(bao) = Bao::start("vault::openbao_rounds_a_large_number_in_version_2_alone") else {
        return;
    };
    let vault = Vault::new();
    let sides = [ours(&vault), theirs(&bao)];
    let data = r#"{"n":12345678901234567890}"#;
    for path in ["secret/n", "kv1/n"] {
        vault.put(path, data);
    }
    for (target, body) in [
        ("/v1/secret/data/n", format!("{{\"data\":{data}}}")),
        ("/v1/kv1/n", data.to_owned()),
    ] {
        let made = bao.request("POST", target, Some("root"), "", &body);
        assert!((200..300).contains(&made.unwrap().0), "{target}");
    }
    let number = |side: &Side<'_>, target: &str| {
        let (_, body) = (side.answer)("GET", target, Some("root"), "");
        let (_, rest) = body.split_once("\"n\":").unwrap();
        rest.split('}').next().unwrap().to_owned()
    };
    for (target, rounded) in [
        ("/v1/secret/data/n", "12345678901234567000"),
        ("/v1/kv1/n", "12345678901234567890"),
    ] {
        let [ours, theirs] = sides.each_ref().map(|side| number(side, target));
        assert_eq!(
            [ours.as_str(), &theirs],
            ["12345678901234567890", rounded],
            "{target}"
        );
    }
}
