//! Fingerprints written, read and compared.

use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use super::{Change, Digest, Fingerprint, Incomparable, LONGEST, Present, Unreadable};

const PLACE: &str = "eu-central-1/123456789012";

fn options(text: &str) -> Digest {
    let mut options = Digest::default();
    options.add("path", text);
    options
}

fn versions(of: &[(&str, &str)]) -> BTreeMap<String, String> {
    let of = of.iter();
    of.map(|(name, version)| (String::from(*name), String::from(*version)))
        .collect()
}

fn fingerprint(of: &[(&str, &str)]) -> Fingerprint {
    Fingerprint::new(options("/prd/app"), PLACE.to_owned(), versions(of))
}

#[test]
fn it_reads_as_the_manual_says() {
    let fingerprint = fingerprint(&[
        ("/prd/app/db/password", "3@1527026863123"),
        ("/prd/app/db/user", "1@1527026863000"),
        ("/shared/token:live", "4@1"),
        (
            "/aws/reference/secretsmanager/a=b@c",
            "2018-05-14T21:47:14.743Z",
        ),
    ]);
    let text = fingerprint.text(&["/prd/app", "/prd", "/none"]);
    assert_eq!(
        text,
        "envsecrets-v2:17238ff0a2816397c5fc6e8a7be9122d:2b6e5ea5b1bfe507:eu-central-1/123456789012:\
         /prd/app{db/password=3@1527026863123,db/user=1@1527026863000},\
         /aws/reference/secretsmanager/a=b@c=2018-05-14T21:47:14.743Z,/shared/token:live=4@1"
    );
    assert_eq!(Fingerprint::parse(text.as_bytes()), Ok(fingerprint));
}

#[test]
fn the_form_without_times_is_compared_by_versions_alone() {
    let text = "envsecrets-v1:cdce2c530cdf21556397ab1e22610d9e:2b6e5ea5b1bfe507:\
                eu-central-1/123456789012:/prd/app{db/password=3,db/user=1},\
                /aws/reference/secretsmanager/a=b@c=2018-05-14T21:47:14.743Z,/shared/token:live=4";
    let then = Fingerprint::parse(text.as_bytes()).unwrap();
    assert_eq!(then.text(&["/prd/app"]), text);
    let secret = "/aws/reference/secretsmanager/a=b@c";
    let now = |user: &str, made: &str| {
        fingerprint(&[
            ("/prd/app/db/password", "3@1527026863123"),
            ("/prd/app/db/user", user),
            ("/shared/token:live", "4@1"),
            (secret, made),
        ])
    };
    let made = "2018-05-14T21:47:14.743Z";
    assert_eq!(then.changes(&now("1@5", made)), Ok(Vec::new()));
    let change = |name: &str, then: &str, now: &str| Change::Version {
        name: name.to_owned(),
        then: then.to_owned(),
        now: now.to_owned(),
    };
    assert_eq!(
        then.changes(&now("2@5", "2019-05-14T21:47:14.743Z")),
        Ok(vec![
            change(secret, made, "2019-05-14T21:47:14.743Z"),
            change("/prd/app/db/user", "1", "2"),
        ])
    );
}

#[test]
fn a_parameter_that_was_deleted_and_created_again_is_another_one() {
    let then = fingerprint(&[("/a", "1@1000"), ("/b", "1@1000")]);
    let now = fingerprint(&[("/a", "1@1001"), ("/b", "1@1000")]);
    assert_eq!(
        then.changes(&now),
        Ok(vec![Change::Version {
            name: "/a".to_owned(),
            then: "1".to_owned(),
            now: "1 (created again)".to_owned(),
        }])
    );
}

#[test]
fn it_says_what_changed() {
    let then = fingerprint(&[("/a", "1"), ("/b", "2"), ("/c", "3")]);
    let now = fingerprint(&[("/b", "2"), ("/c", "4"), ("/d", "1")]);
    let text = String::from;
    assert_eq!(then.changes(&then), Ok(Vec::new()));
    assert_eq!(
        then.changes(&now),
        Ok(vec![
            Change::Version {
                name: text("/c"),
                then: text("3"),
                now: text("4")
            },
            Change::Added {
                name: text("/d"),
                now: text("1")
            },
            Change::Removed {
                name: text("/a"),
                then: text("1")
            },
        ])
    );
}

#[test]
fn what_was_asked_otherwise_or_elsewhere_is_not_compared() {
    let versions = versions(&[("/a", "1")]);
    let new =
        |asked, place: &str| Fingerprint::new(options(asked), place.to_owned(), versions.clone());
    let then = new("/prd/app", PLACE);
    assert_eq!(
        then.changes(&new("/prd/other", PLACE)),
        Err(Incomparable::Options)
    );
    assert!(then.is_of(options("/prd/app")) && !then.is_of(options("/prd/other")));
    assert_eq!(
        then.changes(&new("/prd/app", "us-east-1/123456789012")),
        Err(Incomparable::Places {
            then: PLACE.to_owned(),
            now: "us-east-1/123456789012".to_owned()
        })
    );
    // A layer that was empty says nothing of where it is.
    assert_eq!(then.changes(&new("/prd/app", "")), Ok(Vec::new()));
}

#[test]
fn a_list_that_is_too_long_is_left_out_and_a_change_is_noticed_all_the_same() {
    let many = |version: &str| {
        let names = (0..LONGEST / 8).map(|n| (format!("/app/{n:06}"), version.to_owned()));
        Fingerprint::new(options("/app"), PLACE.to_owned(), names.collect())
    };
    let now = many("1");
    let text = now.text(&["/app"]);
    assert_eq!((text.len(), &text[text.len() - 3..]), (91, "2:-"));
    let then = Fingerprint::parse(text.as_bytes()).unwrap();
    assert_eq!(then.changes(&now), Ok(Vec::new()));
    assert_eq!(then.changes(&many("2")), Ok(vec![Change::Unlisted]));
}

#[test]
fn what_is_no_fingerprint_is_reported_apart() {
    let good = fingerprint(&[("/a", "1"), ("/b", "2")]).text(&[]);
    for (text, why) in [
        ("", Unreadable::Foreign),
        ("hunter2", Unreadable::Foreign),
        ("envsecrets-v", Unreadable::Foreign),
        ("envsecrets-vault:x", Unreadable::Foreign),
        ("envsecrets-v3:anything", Unreadable::OtherForm),
        ("envsecrets-v10", Unreadable::OtherForm),
        ("envsecrets-v1", Unreadable::Damaged),
        ("envsecrets-v2", Unreadable::Damaged),
        ("envsecrets-v1:::::", Unreadable::Damaged),
        (&good[..good.len() - 1], Unreadable::Damaged),
        (&good[..good.len() - 5], Unreadable::Damaged),
        (&format!("{good},"), Unreadable::Damaged),
        (&good.replace("/a=1", "/a=2"), Unreadable::Damaged),
        (&good.replace("/a=1", "/a{"), Unreadable::Damaged),
        (&good.replace("eu-", "us-"), Unreadable::Damaged),
    ] {
        assert_eq!(Fingerprint::parse(text.as_bytes()), Err(why), "{text}");
        assert!(!Fingerprint::is_meant(text.as_bytes()) || text.starts_with("envsecrets-v"));
    }
    assert_eq!(
        Fingerprint::parse(b"envsecrets-v1:\xff"),
        Err(Unreadable::Damaged)
    );
}

#[test]
fn nothing_read_is_a_fingerprint_too() {
    let none = Fingerprint::new(options(""), String::new(), BTreeMap::new());
    let text = none.text(&["/app"]);
    assert!(text.ends_with("::"), "{text}");
    assert_eq!(Fingerprint::parse(text.as_bytes()), Ok(none));
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        names in btree_map("/?[a-zA-Z0-9_.-]{1,3}(/[a-z+=@]{1,3}){0,3}(:[a-z0-9]{1,3})?", "[0-9TZ:.@-]{1,5}", 0..8),
        paths in vec("/|(/[a-z]{1,2}){1,2}", 0..3),
    ) {
        let fingerprint = Fingerprint::new(options("x"), PLACE.to_owned(), names);
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        let text = fingerprint.text(&paths);
        prop_assert_eq!(Fingerprint::parse(text.as_bytes()), Ok(fingerprint));
    }

    #[test]
    fn any_change_is_noticed(
        then in btree_map("[a-c]", "[12]", 0..4),
        now in btree_map("[a-c]", "[12]", 0..4),
    ) {
        let same = then == now;
        let new = |versions| Fingerprint::new(options("x"), PLACE.to_owned(), versions);
        let changes = new(then).changes(&new(now)).unwrap();
        prop_assert_eq!(changes.is_empty(), same);
    }

    #[test]
    fn whatever_a_program_puts_there_is_survived(bytes in vec(any::<u8>(), 0..64), list in "[/a={},:1]{0,24}") {
        let _ = Fingerprint::parse(&bytes);
        let text = format!("envsecrets-v1:{:032}:{:016}:x:{list}", 0, 0);
        prop_assert!(Fingerprint::parse(text.as_bytes()).is_err() || list == "-");
    }
}

#[test]
fn what_it_lists_is_compared_without_the_options() {
    let then = fingerprint(&[("/a", "1@5"), ("/b:live", "2@6"), ("/c", "3@7")]);
    let names: Vec<&str> = then.names().unwrap().collect();
    assert_eq!(names, ["/a", "/b:live", "/c"]);
    let version = |version: &str| Some(Present::Version(version.to_owned()));
    let same = |name: &str| match name {
        "/a" => version("1@5"),
        "/b:live" => version("2@6"),
        _ => version("3@7"),
    };
    assert_eq!(then.changes_of(same), Some(vec![]));
    let other = |name: &str| match name {
        "/a" => version("1@9"),
        "/b:live" => version("3@8"),
        _ => Some(Present::Missing),
    };
    let change = |name: &str, then: &str, now: &str| Change::Version {
        name: name.to_owned(),
        then: then.to_owned(),
        now: now.to_owned(),
    };
    assert_eq!(
        then.changes_of(other),
        Some(vec![
            change("/a", "1", "1 (created again)"),
            change("/b:live", "2", "3"),
            Change::Removed {
                name: "/c".to_owned(),
                then: "3".to_owned(),
            },
        ])
    );
    assert_eq!(then.changes_of(|_| None), None);
    let old = then.without_times();
    assert_eq!(old.changes_of(same), Some(vec![]));
}

#[test]
fn a_fingerprint_from_before_names_had_their_label_is_still_compared() {
    let then = fingerprint(&[("/a", "1@5"), ("/b", "2@6")]);
    let now = fingerprint(&[("/a:live", "1@5"), ("/b:live", "2@6")]);
    assert_eq!(then.changes(&now), Ok(vec![]));
    let now = fingerprint(&[("/a:live", "2@7"), ("/b:live", "2@6")]);
    assert_eq!(
        then.changes(&now),
        Ok(vec![Change::Version {
            name: "/a:live".to_owned(),
            then: "1".to_owned(),
            now: "2".to_owned(),
        }])
    );
}
