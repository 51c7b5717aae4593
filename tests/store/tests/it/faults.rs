//! Each fault, as a client sees it.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use parameter_store::{Fault, Rule, Server, Store};
use serde_json::{Value, json};

use crate::client::{AUTHORIZATION, Client, Reply, call, names};

fn server(fault: impl Into<Rule>) -> Server {
    let store = Store::new();
    store.put("/app/a", "planted-secret");
    store.put("/app/b", "another");
    let server = Server::start(&store).unwrap();
    server.set_faults([fault.into()]);
    server
}

fn page(token: &Value) -> Value {
    json!({ "Path": "/app", "WithDecryption": true, "NextToken": token })
}

/// Requests the first page.
fn first_page(server: &Server) -> Reply {
    call(server, "GetParametersByPath", page(&json!(null)))
}

/// Follows the tokens for at most `most` pages: the number of parameters of each page, and whether
/// the listing ended.
fn follow(server: &Server, most: usize) -> (Vec<Vec<String>>, Vec<String>, bool) {
    let mut client = Client::connect(server);
    let (mut pages, mut tokens) = (Vec::new(), Vec::new());
    let mut token = json!(null);
    while pages.len() < most {
        let reply = client.call("GetParametersByPath", &page(&token));
        assert_eq!(reply.status, 200, "{}", reply.json());
        let reply = reply.json();
        pages.push(names(&reply).into_iter().map(str::to_owned).collect());
        token = reply["NextToken"].clone();
        match token.as_str() {
            None => return (pages, tokens, true),
            Some(token) => tokens.push(token.to_owned()),
        }
    }
    (pages, tokens, false)
}

#[test]
fn rules_choose_which_calls_fail() {
    let statuses = |rule: Rule| -> Vec<u16> {
        let server = server(rule);
        (0..4).map(|_| first_page(&server).status).collect()
    };
    let fault = || Fault::Status(503);
    assert_eq!(statuses(fault().always()), [503, 503, 503, 503]);
    assert_eq!(statuses(fault().first(2)), [503, 503, 200, 200]);
    assert_eq!(statuses(fault().nth(2)), [200, 503, 200, 200]);
    assert_eq!(statuses(fault().after(3)), [200, 200, 200, 503]);
    let other = fault().first(1).operation("GetParameter");
    assert_eq!(statuses(other), [200, 200, 200, 200]);
    assert_eq!(
        statuses(fault().first(1).path("/app")),
        [503, 200, 200, 200]
    );
    assert_eq!(
        statuses(fault().first(1).path("/other")),
        [200, 200, 200, 200]
    );
    assert_eq!(
        statuses(fault().first(1).naming("/app/b")),
        [503, 200, 200, 200]
    );
    assert_eq!(
        statuses(fault().first(1).naming("/app/z")),
        [200, 200, 200, 200]
    );
}

#[test]
fn a_fault_can_be_tied_to_the_key_that_signed() {
    let server = server(Fault::ExpiredToken.always().signed_by("AKIDTEST"));
    let signed = |key: &str| {
        let authorization = AUTHORIZATION.replace("AKIDTEST", key);
        let mut client = Client::connect(&server);
        let headers = [("Authorization", authorization.as_str())];
        client.send("GetParametersByPath", &page(&json!(null)), &headers);
        client.receive().status
    };
    assert_eq!(signed("AKIDTEST"), 400);
    assert_eq!(signed("AKIDTEST2"), 200);
    assert_eq!(signed("AKIDTEST"), 400);
}

#[test]
fn the_first_rule_that_applies_wins() {
    let server = server(Fault::Hang);
    server.set_faults([Fault::Status(502).first(1), Fault::Status(503).first(2)]);
    let statuses: Vec<u16> = (0..3).map(|_| first_page(&server).status).collect();
    assert_eq!(statuses, [502, 503, 200]);
    server.set_faults([Fault::Status(502)]);
    server.clear_faults();
    assert_eq!(first_page(&server).status, 200);
}

#[test]
fn a_call_by_name_meets_the_fault_of_that_name() {
    let server = server(Fault::KmsAccessDenied.always().naming("/app/b"));
    for (names, status) in [(vec!["/app/a"], 200), (vec!["/app/a", "/app/b"], 400)] {
        let body = json!({ "Names": names, "WithDecryption": true });
        let reply = call(&server, "GetParameters", body);
        assert_eq!(reply.status, status);
    }
}

#[test]
fn who_may_not_decrypt_may_still_read_what_is_not_decrypted() {
    let server = server(Fault::KmsAccessDenied.always());
    for (decryption, status) in [(Some(true), 400), (Some(false), 200), (None, 200)] {
        for (operation, mut body) in [
            ("GetParameters", json!({ "Names": ["/app/a"] })),
            ("GetParameter", json!({ "Name": "/app/a" })),
            ("GetParametersByPath", json!({ "Path": "/app" })),
        ] {
            if let Some(decryption) = decryption {
                body["WithDecryption"] = json!(decryption);
            }
            assert_eq!(call(&server, operation, body).status, status, "{operation}");
        }
    }
}

#[test]
fn connections_are_reset() {
    let before = first_page(&server(Fault::ResetBeforeReply));
    assert_eq!(before.head, "");
    let end = before.end.unwrap();
    assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);

    let within = first_page(&server(Fault::ResetMidBody));
    assert!(holds(&within, "planted-secret"));
    let end = within.end.unwrap();
    assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);
}

#[test]
fn connections_are_closed_too_early() {
    let before = first_page(&server(Fault::CloseBeforeReply));
    assert_eq!(before.head, "");
    assert!(before.end.unwrap().is_ok());

    let within = first_page(&server(Fault::CloseMidBody));
    let promised: usize = within.header("content-length").unwrap().parse().unwrap();
    assert!(within.body.len() < promised);
    assert!(holds(&within, "planted-secret"));
    assert!(within.end.unwrap().is_ok());
}

#[test]
fn json_is_truncated_without_a_sign() {
    let reply = first_page(&server(Fault::TruncatedJson));
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-length"), None);
    assert!(holds(&reply, "planted-secret"));
    assert!(serde_json::from_slice::<Value>(&reply.body).is_err());
}

#[test]
fn replies_hang() {
    for (fault, head, body) in [
        (Fault::Hang, false, false),
        (Fault::StalledBody, true, true),
        (Fault::SlowHeaders(Duration::from_secs(9)), false, false),
        (Fault::DrippedBody(Duration::from_secs(9)), true, false),
    ] {
        let server = server(fault.clone());
        let mut client = Client::connect(&server);
        let patience = Some(Duration::from_millis(60));
        client.stream.set_read_timeout(patience).unwrap();
        let reply = client.call("GetParametersByPath", &page(&json!(null)));
        assert_eq!(reply.status == 200, head, "{fault:?}");
        assert_eq!(!reply.body.is_empty(), body, "{fault:?}");
        let end = reply.end.unwrap();
        assert_eq!(end.unwrap_err().kind(), ErrorKind::WouldBlock, "{fault:?}");
        let start = Instant::now();
        drop(server);
        assert!(start.elapsed() < Duration::from_secs(1), "{fault:?}");
    }
}

#[test]
fn slow_replies_arrive_in_the_end() {
    for fault in [
        Fault::SlowHeaders(Duration::from_micros(50)),
        Fault::DrippedBody(Duration::from_micros(50)),
        Fault::Delay(Duration::from_millis(5)),
    ] {
        let reply = first_page(&server(fault.clone()));
        assert_eq!(names(&reply.json()), ["/app/a", "/app/b"], "{fault:?}");
    }
}

#[test]
fn an_endless_body_ends_at_64_mib() {
    let reply = first_page(&server(Fault::EndlessBody));
    assert_eq!(reply.header("content-length"), None);
    assert!(reply.body.starts_with(b"{\"Parameters\":["));
    assert!(reply.body.len() > 64 * 1024 * 1024);
}

#[test]
fn another_service_answers() {
    let portal = first_page(&server(Fault::CaptivePortal));
    assert_eq!(portal.header("content-type"), Some("text/html"));
    assert!(holds(&portal, "sign in"));
    let empty = first_page(&server(Fault::EmptyBody));
    assert_eq!((empty.status, empty.body.len()), (200, 0));
    let object = first_page(&server(Fault::EmptyObject));
    assert_eq!((object.status, object.json()), (200, json!({})));
    let redirect = first_page(&server(Fault::Redirect("http://x/".to_owned())));
    assert_eq!(redirect.status, 301);
    assert_eq!(redirect.header("location"), Some("http://x/"));
    for status in [429, 500, 502, 503, 504] {
        assert_eq!(first_page(&server(Fault::Status(status))).status, status);
    }
}

#[test]
fn the_service_refuses() {
    let own = Fault::Error {
        status: 409,
        code: "Own".to_owned(),
        message: "words".to_owned(),
    };
    for (fault, status, code, message) in [
        (
            Fault::InternalServerError,
            500,
            "InternalServerError",
            "internal",
        ),
        (Fault::Throttle, 400, "ThrottlingException", "Rate exceeded"),
        (
            Fault::AccessDenied,
            400,
            "AccessDeniedException",
            "ssm:GetParametersByPath on resource: arn:aws:ssm:eu-west-1:123456789012:parameter/app because",
        ),
        (
            Fault::KmsAccessDenied,
            400,
            "AccessDeniedException",
            "kms:Decrypt",
        ),
        (
            Fault::KmsUnknownKey,
            400,
            "AccessDeniedException",
            "The ciphertext refers to",
        ),
        (Fault::ExpiredToken, 400, "ExpiredTokenException", "expired"),
        (
            Fault::UnrecognizedClient,
            400,
            "UnrecognizedClientException",
            "invalid",
        ),
        (
            Fault::InvalidSignature,
            400,
            "InvalidSignatureException",
            "signature",
        ),
        (Fault::Validation, 400, "ValidationException", "not valid"),
        (Fault::InvalidKeyId, 400, "InvalidKeyId", "key"),
        (own, 409, "Own", "words"),
    ] {
        let reply = first_page(&server(fault));
        assert_eq!(reply.status, status);
        let body = reply.json();
        assert_eq!(body["__type"], code);
        assert!(
            body["message"].as_str().unwrap().contains(message),
            "{body}"
        );
    }
}

#[test]
fn a_throttle_may_request_a_wait() {
    let millis = first_page(&server(Fault::ThrottleRetryAfterMillis(250)));
    assert_eq!(millis.header("x-amz-retry-after"), Some("250"));
    let seconds = first_page(&server(Fault::ThrottleRetryAfterSeconds(2)));
    assert_eq!(seconds.header("retry-after"), Some("2"));
    assert_eq!(seconds.json()["__type"], "ThrottlingException");
}

#[test]
fn a_skewed_clock_refuses_until_the_client_is_corrected() {
    let server = server(Fault::ClockSkew {
        minutes: 10,
        code: "RequestExpired".to_owned(),
    });
    let mut client = Client::connect(&server);
    let mut call = |date: &str| {
        let headers = [("Authorization", AUTHORIZATION), ("X-Amz-Date", date)];
        client.send("GetParametersByPath", &page(&json!(null)), &headers);
        client.receive()
    };
    let long_ago = call("20200101T000000Z");
    assert_eq!(long_ago.json()["__type"], "RequestExpired");
    // The server's own date is, by its own clock, exactly right.
    let date = long_ago.header("date").unwrap();
    assert_eq!(call(&as_amz_date(date)).status, 200);
}

/// `Tue, 24 Nov 2026 04:20:03 GMT` as `20261124T042003Z`.
fn as_amz_date(date: &str) -> String {
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let words: Vec<&str> = date.split(' ').collect();
    let month = MONTHS.find(words[2]).unwrap() / 3 + 1;
    let time = words[4].replace(':', "");
    format!("{}{month:02}{}T{time}Z", words[3], words[1])
}

#[test]
fn tokens_repeat_and_turn_in_circles() {
    let (pages, tokens, ended) = follow(&server(Fault::RepeatedToken.first(1)), 3);
    assert_eq!((pages.len(), ended), (3, false));
    assert_eq!(tokens[0], tokens[1]);

    let (_, tokens, ended) = follow(&server(Fault::TokenCycle), 5);
    assert!(!ended);
    assert_ne!(tokens[0], tokens[1]);
    assert_eq!(tokens[..2], tokens[2..4]);

    let (pages, mut tokens, ended) = follow(&server(Fault::EndlessEmptyPages), 20);
    assert!(!ended && pages.concat().is_empty());
    tokens.dedup();
    assert_eq!(tokens.len(), 20);
}

#[test]
fn empty_pages_come_before_the_true_ones() {
    for rule in [Fault::EmptyPages(3).first(1), Fault::EmptyPages(3).always()] {
        let (pages, _, ended) = follow(&server(rule), 9);
        assert!(ended);
        assert_eq!(pages.len(), 4);
        assert_eq!(pages[3], ["/app/a", "/app/b"]);
    }
    // Also before later pages.
    let store = Store::new();
    store.generate("/app", 15);
    let server = Server::start(&store).unwrap();
    server.set_faults([Fault::EmptyPages(1)]);
    let (pages, _, ended) = follow(&server, 9);
    let sizes: Vec<usize> = pages.iter().map(Vec::len).collect();
    assert_eq!((sizes, ended), (vec![0, 10, 0, 5], true));
}

#[test]
fn a_parameter_comes_twice() {
    for (fault, value) in [
        (Fault::DuplicateParameter, "planted-secret"),
        (Fault::ConflictingParameter, "planted-secret-but-another"),
    ] {
        let server = server(fault);
        let token = first_page(&server).json()["NextToken"].clone();
        let second = call(&server, "GetParametersByPath", page(&token)).json();
        assert_eq!(names(&second), ["/app/a"]);
        assert_eq!(second["Parameters"][0]["Value"], value);
        assert_eq!(second.get("NextToken"), None);

        let body = json!({ "Names": ["/app/a"], "WithDecryption": true });
        let reply = call(&server, "GetParameters", body).json();
        assert_eq!(names(&reply), ["/app/a", "/app/a"]);
        assert_eq!(reply["Parameters"][1]["Value"], value);
    }
}

#[test]
fn the_first_parameter_is_spoiled() {
    let first = |fault| first_page(&server(fault)).json()["Parameters"][0].clone();
    assert_eq!(first(Fault::NullName)["Name"], Value::Null);
    assert_eq!(first(Fault::NullValue)["Value"], Value::Null);
    assert_eq!(first(Fault::MissingName).get("Name"), None);
    assert_eq!(first(Fault::MissingValue).get("Value"), None);
    assert_eq!(first(Fault::NulInValue)["Value"], "planted-secret\0tail");

    let lone = first_page(&server(Fault::LoneSurrogate));
    assert!(holds(&lone, r#""planted-secret\ud800""#));
    let invalid = first_page(&server(Fault::InvalidUtf8));
    assert!(str::from_utf8(&invalid.body).is_err());

    let outside = first_page(&server(Fault::OutsidePath)).json();
    assert_eq!(
        names(&outside),
        ["/app/a", "/app/b", "/outside/of/the-request"]
    );
}

fn holds(reply: &Reply, text: &str) -> bool {
    String::from_utf8_lossy(&reply.body).contains(text)
}
