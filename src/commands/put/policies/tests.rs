//! What the options make of the policies of a parameter.

use super::*;

fn parsed(
    expires: Option<&str>,
    before: Option<&str>,
    unchanged: Option<&str>,
) -> Result<Changes, UsageError> {
    let now = humantime::parse_rfc3339("2027-01-01T00:00:00Z").unwrap();
    let own = |text: Option<&str>| text.map(str::to_owned);
    let options = Options {
        expires: own(expires),
        notify_before: own(before),
        notify_unchanged: own(unchanged),
    };
    options.changes(now)
}

fn existing(texts: &[&str]) -> Vec<Policy> {
    let policies = texts.iter().map(|text| Policy {
        kind: "Expiration".to_owned(),
        text: (*text).to_owned(),
        status: "Pending".to_owned(),
    });
    policies.collect()
}

const EXPIRATION: &str = r#"{"Attributes":{"Timestamp":"2027-01-31T00:00:00.000Z"},"Type":"Expiration","Version":"1.0"}"#;
const BEFORE: &str = r#"{"Attributes":{"Before":"14","Unit":"Days"},"Type":"ExpirationNotification","Version":"1.0"}"#;
const UNCHANGED: &str =
    r#"{"Attributes":{"After":"12","Unit":"Hours"},"Type":"NoChangeNotification","Version":"1.0"}"#;

#[test]
fn an_expiry_is_a_date_or_a_time_from_now() {
    for (text, timestamp) in [
        ("2027-01-31", "2027-01-31T00:00:00Z"),
        ("2027-01-31T12:30:00Z", "2027-01-31T12:30:00Z"),
        ("2027-01-31 12:30:00", "2027-01-31T12:30:00Z"),
        ("30d", "2027-01-31T00:00:00Z"),
        ("1h", "2027-01-01T01:00:00Z"),
    ] {
        let expiry = parsed(Some(text), None, None).unwrap().expiry.unwrap();
        assert_eq!(humantime::format_rfc3339(expiry).to_string(), timestamp);
    }
    for (text, error) in [
        ("2026-12-31", "`--expires 2026-12-31` has passed"),
        ("soon", "`--expires soon` is not a date or duration"),
        (
            "2027-02-30",
            "`--expires 2027-02-30` is not a date or duration",
        ),
        (
            "2027-01-31T12:30:00+02:00",
            "`--expires 2027-01-31T12:30:00+02:00` is not a date or duration",
        ),
        ("0s", "`--expires 0s` has passed"),
    ] {
        assert_eq!(parsed(Some(text), None, None).unwrap_err().what, error);
    }
}

#[test]
fn existing_policies_are_kept_unless_replaced_or_removed() {
    let date = Some("2027-01-31");
    for (expires, before, unchanged, there_before, sent) in [
        (None, None, None, vec![EXPIRATION], None),
        (date, None, None, vec![], Some(format!("[{EXPIRATION}]"))),
        (date, None, None, vec![EXPIRATION], None),
        (
            date,
            Some("14d"),
            Some("12h"),
            vec![],
            Some(format!("[{EXPIRATION},{BEFORE},{UNCHANGED}]")),
        ),
        (
            None,
            Some("14d"),
            None,
            vec![EXPIRATION, UNCHANGED],
            Some(format!("[{EXPIRATION},{UNCHANGED},{BEFORE}]")),
        ),
        (
            Some("never"),
            None,
            None,
            vec![EXPIRATION, BEFORE, UNCHANGED],
            Some(format!("[{UNCHANGED}]")),
        ),
        (
            Some("never"),
            None,
            None,
            vec![EXPIRATION, BEFORE],
            Some("[{}]".to_owned()),
        ),
        (Some("never"), None, None, vec![], None),
    ] {
        let changes = parsed(expires, before, unchanged).unwrap();
        assert_eq!(changes.policies(&existing(&there_before)), Ok(sent));
    }
}

#[test]
fn a_notification_needs_an_expiry() {
    let changes = parsed(None, Some("14d"), None).unwrap();
    assert_eq!(
        changes.policies(&[]).unwrap_err().to_string(),
        "`--notify-before` needs an expiry, and the parameter has none"
    );
    assert_eq!(
        parsed(None, Some("90m"), None).unwrap_err().what,
        "`--notify-before 90m` is not a number of hours or days"
    );
}
