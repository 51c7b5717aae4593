//! Secrets in texts from outside.

use super::*;
use proptest::prelude::*;

const PASSWORD: &str = "pa$$ \"w0rd\" it's <b>&\\n/ü+=";

fn redacted(text: &str, secrets: &[&str]) -> String {
    without_secrets(text, secrets)
}

#[test]
fn a_secret_is_found_whatever_its_escapes() {
    let json = serde_json::to_string(PASSWORD).unwrap();
    let json = json.trim_matches('"');
    let again = serde_json::to_string(json).unwrap();
    let base64 = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
    let every_byte =
        |escape: fn(u8) -> String| -> String { PASSWORD.bytes().map(escape).collect() };
    for written in [
        PASSWORD.to_owned(),
        json.to_owned(),
        json.replace('/', "\\/").replace('ü', "\\u00FC"),
        again.trim_matches('"').to_owned(),
        PASSWORD.escape_debug().to_string(),
        PASSWORD.escape_default().to_string(),
        PASSWORD.escape_unicode().to_string(),
        every_byte(|byte| format!("%{byte:02x}")),
        every_byte(|byte| format!("%25{byte:02X}")),
        PASSWORD.replace('%', "%25").replace(' ', "+"),
        PASSWORD
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('"', "&quot;"),
        PASSWORD.replace('\'', "&#39;").replace('"', "&#x22;"),
        PASSWORD.replace('\'', "'\\''"),
        PASSWORD.replace('\'', "'\"'\"'"),
        PASSWORD
            .to_uppercase()
            .replace('Ü', "ü")
            .replace("\\N", "\\n"),
        base64(PASSWORD),
        base64(PASSWORD)
            .trim_end_matches('=')
            .replace('+', "-")
            .replace('/', "_"),
        base64(&format!("{{\"a\":\"{json}\"}}")),
        base64(&format!("user:{PASSWORD}")),
        base64(&format!("x{PASSWORD}")),
        every_byte(|byte| format!("{byte:02x}")),
    ] {
        let text = format!("it is [{written}], which is weak");
        let shown = redacted(&text, &[PASSWORD]);
        assert!(
            shown.starts_with("it is [") && shown.ends_with("], which is weak"),
            "{text}: {shown}"
        );
        assert!(
            shown.contains('…') && shown.chars().count() < 50,
            "{text}: {shown}"
        );
    }
}

#[test]
fn a_part_of_a_secret_is_found_and_the_rest_stays() {
    let secret = "correct-horse-battery-staple";
    for (text, shown) in [
        ("cut: correct-horse-batt", "cut: …"),
        ("cut: correct-horse-ba...", "cut: ……"),
        ("rse-battery-staple: weak", "…: weak"),
        ("short: correct-ho", "short: correct-ho"),
        ("a horse and a battery", "a horse and a battery"),
    ] {
        assert_eq!(
            redacted(text, &[secret]).replace("...", "…"),
            shown,
            "{text}"
        );
    }
}

#[test]
fn a_short_secret_is_found_where_it_stands_by_itself() {
    for (secret, text, shown) in [
        (
            "hunter2",
            "a value of hunter2 is weak",
            "a value of … is weak",
        ),
        ("hunter2", "'hunter2', \"hunter2\".", "'…', \"…\"."),
        ("hunter2", "Value 'hunt", "Value …"),
        ("prod", "role/prod-app in prod", "role/prod-app in …"),
        ("prod", "production", "production"),
        ("a", "a pattern", "a pattern"),
        (
            "a",
            "Value 'a' at 'value' is short",
            "Value … at 'value' is short",
        ),
        (
            "y",
            "Value 'x' at 'name' is short",
            "Value 'x' at 'name' is short",
        ),
        ("hunter22", "xhunter22x", "x…x"),
    ] {
        assert_eq!(redacted(text, &[secret]), shown);
    }
}

#[test]
fn names_of_aws_stay_although_a_secret_contains_a_part_of_them() {
    let secret =
        "postgres://app:pw@db.eu-central-1.rds.amazonaws.com/arn:aws:iam::123456789012:role/x";
    for text in [
        "cannot connect to ssm.eu-central-1.amazonaws.com:443",
        "User: arn:aws:iam::123456789012:role/app is not authorized",
    ] {
        assert_eq!(redacted(text, &[secret]), text);
    }
    assert_eq!(redacted(&format!("at {secret} now"), &[secret]), "at … now");
}

#[test]
fn names_passwords_and_queries_of_urls_are_never_shown() {
    for (text, shown) in [
        ("at http://u:pw@host/x?tok=1: no", "at http://…@host/x?… no"),
        (
            "at `https://token@host:1/x`, no",
            "at `https://…@host:1/x`, no",
        ),
        ("at http://u:p/w?@host/x?", "at http://…@host/x?"),
        ("at http://host/x#y", "at http://host/x#y"),
    ] {
        assert_eq!(redacted(text, &[""; 0]), shown);
    }
}

#[test]
fn a_line_of_our_own_keeps_its_places_and_loses_passwords() {
    for (line, shown) in [
        (
            "`--path postgres://u:pw@h/db?x=1` is",
            "`--path postgres://…@h/db?…` is",
        ),
        (
            "ssm:///prd/app?region=eu-central-1",
            "ssm:///prd/app?region=eu-central-1",
        ),
        ("a@b", "a@b"),
    ] {
        assert_eq!(without_passwords(line), shown);
    }
}

#[test]
fn what_is_long_is_cut_after_secrets_are_removed() {
    let secret = "s".repeat(50);
    let text = format!("{}{secret}{}", "a".repeat(95), "b".repeat(95));
    crate::secret::conceal(&secret);
    assert_eq!(quote(&text, 100), format!("{}…bbbb…", "a".repeat(95)));
    assert_eq!(quote_end(&text, 100), format!("…aaaa…{}", "b".repeat(95)));
    assert_eq!(quote("ä", 1), "ä");
    assert_eq!(quote("ää", 1), "ä…");
    assert!(quote(&"x ".repeat(1 << 20), 1000).len() < 1010);
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(
        text in "[a-z%&\\\\+'\"u0-9;#xü{}=]{0,80}",
        secret in "[a-z%&\\\\+'\"u0-9;#xü]{0,20}",
    ) {
        let _ = redacted(&text, &[&secret]);
        if secret.len() >= SHORT && plain(&secret).len() >= SHORT {
            let shown = redacted(&format!("{text} [{secret}] {text}"), &[&secret]);
            prop_assert!(!shown.contains(&secret), "{shown}");
        }
    }

    #[test]
    fn a_quoted_text_is_short(text in any::<String>(), most in 1_usize..50) {
        prop_assert!(quote(&text, most).chars().count() <= most + 1);
        prop_assert!(quote_end(&text, most).chars().count() <= most + 1);
    }
}
