//! Dates, durations and versions that no service gives, and what is printed for them.

use super::{Link, Place, answers, response, services};
use crate::support::wire::{Then, Wire};
use crate::support::{Ended, each};

/// Runs a command whose parameter has this date and version, as JSON numbers.
fn with(command: &str, date: &str, version: &str) -> Ended {
    let (date, version) = (date.to_owned(), version.to_owned());
    let wire = Wire::start(move |request| {
        let right = String::from_utf8(answers::to(request)).unwrap();
        let (_, body) = right.split_once("\r\n\r\n").unwrap();
        let body = body
            .replace("1790000000.5", &date)
            .replace(r#""Version":1,"#, &format!(r#""Version":{version},"#));
        (response(200, "", body.as_bytes()), Then::Stay)
    });
    let place = Place::new();
    let words: Vec<&str> = command.split_whitespace().collect();
    let mut launch = place.run(Link::Keys, &wire.url(), &words);
    launch.env("ENVSECRETS_TIMEOUT", "30s").run()
}

/// A date, and how it is printed; and a version.
const CASES: [(&str, &str, &str); 10] = [
    ("1790000000.5", "2026-09-21T14:13:20Z", "1"),
    ("0", "1970-01-01T00:00:00Z", "9223372036854775807"),
    ("253402300799.9", "9999-12-31T23:59:59Z", "3"),
    ("-1", "", "0"),
    ("-0.25", "", "0"),
    ("1e12", "", "-1"),
    ("253402300800", "", "1"),
    ("9223372036854775807", "", "9223372036854775807"),
    ("-9223372036854775808", "", "-9223372036854775808"),
    ("1e300", "", "0"),
];

#[test]
fn a_date_that_has_no_text_is_left_out() {
    each(&CASES, |&(date, shown, version)| {
        let text = with("check --path /app", date, version).ok();
        let row: Vec<&str> = text.lines().nth(1).unwrap().split_whitespace().collect();
        let mut expected = vec!["A", "/app/a", version, "String", "1"];
        expected.extend(Some(shown).filter(|it| !it.is_empty()));
        expected.push("/app");
        assert_eq!(row, expected, "{date}");

        let text = with("list /app --columns name,version,modified", date, version).ok();
        let row: Vec<&str> = text.lines().nth(1).unwrap().split_whitespace().collect();
        let mut expected = vec!["/app/a", version];
        expected.extend(Some(shown).filter(|it| !it.is_empty()));
        assert_eq!(row, expected, "{date}");

        let text = with("history /app/a", date, version).ok();
        let is_it = |row: &str| row.split(' ').next() == Some(version) && row.contains(shown);
        assert!(text.lines().any(is_it), "{date} {version}: {text}");
    });
}

#[test]
fn a_program_starts_whatever_the_date_of_its_secret_is() {
    each(&CASES, |&(date, _, version)| {
        let command = "--path /app --fingerprint F -- printenv A";
        assert_eq!(with(command, date, version).ok(), "1\n", "{date} {version}");
    });
}

#[test]
fn the_lifetime_of_a_token_of_the_metadata_service_is_at_most_six_hours() {
    for (lifetime, code) in [
        ("21600", 0),
        ("18446744073709551615", 0),
        ("9223372036854775807", 0),
        ("0", 0),
        ("-1", 78),
        ("18446744073709551616", 78),
        ("soon", 78),
        ("", 78),
    ] {
        let wire = Wire::start(move |request| {
            if request.starts_with("PUT ") {
                let header = format!("x-aws-ec2-metadata-token-ttl-seconds: {lifetime}\r\n");
                return (response(200, &header, b"a-token"), Then::Stay);
            }
            (answers::to(request), Then::Stay)
        });
        let place = Place::new();
        let mut launch = place.run(
            Link::Instance,
            &wire.url(),
            &["--path", "/app", "--", "true"],
        );
        let ended = launch.env("ENVSECRETS_TIMEOUT", "30s").run();
        assert_eq!(ended.code, Some(code), "{lifetime}: {ended:?}");
    }
}

#[test]
fn credentials_that_expire_at_no_possible_time_are_an_error_and_no_abort() {
    let places = [
        (Link::Process, "Container"),
        (Link::Role, "AssumeRole"),
        (Link::Option, "AssumeRole"),
        (Link::WebIdentity, "AssumeRoleWithWebIdentity"),
        (Link::SignIn, "GetRoleCredentials"),
        (Link::Container, "Container"),
        (Link::Instance, "Instance"),
    ];
    let mut cases = Vec::new();
    for (link, operation) in places {
        for date in [
            "0000-01-01T00:00:00Z",
            "0001-01-01T00:00:00Z",
            "1969-12-31T23:59:59Z",
            "2020-01-01T00:00:00Z",
            "9999-12-31T23:59:59Z",
            "9999999-01-01T00:00:00Z",
            "-9999-01-01T00:00:00Z",
            "9223372036854775807",
            "-9223372036854775808",
            "",
        ] {
            cases.push((link, operation, date));
        }
    }
    each(&cases, |&(link, operation, date)| {
        let body = answers::right(operation)
            .replace("2090-01-01T00:00:00Z", date)
            .replace(
                "3786912000000",
                if date.parse::<i64>().is_ok() {
                    date
                } else {
                    "0"
                },
            );
        let at_issuer = body.clone();
        let wire = Wire::start(move |request| {
            if answers::operation(request) == operation {
                return (response(200, "", at_issuer.as_bytes()), Then::Stay);
            }
            (answers::to(request), Then::Stay)
        });
        let place = Place::new();
        let mut launch = place.run(link, &wire.url(), &["--path", "/app", "--", "true"]);
        if link == Link::Process {
            place.file(super::PROCESS, &body);
        }
        let ended = launch.run();
        let known = [0, 70, 75, 77, 78].map(Some).contains(&ended.code);
        assert!(known, "{link:?} {date}: {ended:?}");
        assert_eq!(super::fault(&ended), None, "{link:?} {date}: {ended:?}");
    });
}

#[test]
fn an_expiry_that_no_service_can_store_is_refused() {
    let wire = services();
    for (text, expected) in [
        (
            "1000000y",
            "`--expires 1000000y` is not in the years 1970 to 9999",
        ),
        (
            "8000y",
            "`--expires 8000y` is not in the years 1970 to 9999",
        ),
        (
            "99999999999999y",
            "`--expires 99999999999999y` is not a date or duration",
        ),
        (
            "584542046090y",
            "`--expires 584542046090y` is not a date or duration",
        ),
        (
            "10000-01-01",
            "`--expires 10000-01-01` is not a date or duration",
        ),
        (
            "0000-01-01",
            "`--expires 0000-01-01` is not a date or duration",
        ),
        ("1970-01-01", "`--expires 1970-01-01` has passed"),
        (
            "1969-12-31",
            "`--expires 1969-12-31` is not a date or duration",
        ),
    ] {
        let place = Place::new();
        let arguments = ["put", "/app/a", "--generate", "--expires", text];
        let ended = place.run(Link::Keys, &wire.url(), &arguments).run();
        let first = ended.failed(64).lines().next().map(str::to_owned);
        assert_eq!(first, Some(format!("envsecrets: error: {expected}")));
    }
}

#[test]
fn a_duration_beyond_all_times_is_refused_or_means_for_ever() {
    let wire = services();
    let place = Place::new();
    let run = |arguments: &[&str]| {
        let mut launch = place.run(Link::Keys, &wire.url(), arguments);
        launch.without("ENVSECRETS_TIMEOUT").run()
    };
    for timeout in ["584542046y", "999999y", "18446744073709551615s"] {
        let ended = run(&[
            "--timeout",
            timeout,
            "--path",
            "/app",
            "--",
            "printenv",
            "A",
        ]);
        assert_eq!(ended.ok(), "1\n", "{timeout}");
    }
    for (command, flag) in [
        ("--path /app", "--timeout"),
        ("--path /app", "--start-jitter"),
        ("list /app", "--older-than"),
        ("list /app", "--expiring"),
        ("put /app/a --generate", "--notify-before"),
        ("put /app/a --generate", "--notify-unchanged"),
    ] {
        for text in [
            "99999999999999y",
            "18446744073709551616s",
            "-1s",
            "1e3s",
            "NaN",
            "0.1e999y",
        ] {
            let mut words: Vec<&str> = command.split_whitespace().collect();
            let value = format!("{flag}={text}");
            words.push(&value);
            if command.starts_with("--") {
                words.extend(["--", "true"]);
            }
            let ended = run(&words);
            assert_eq!(ended.code, Some(64), "{words:?}: {ended:?}");
        }
    }
    for command in [
        "list /app --older-than 584542046y",
        "list /app --expiring 584542046y",
    ] {
        let words: Vec<&str> = command.split_whitespace().collect();
        assert_eq!(run(&words).code, Some(0), "{command}");
    }
}
