//! Attributes and versions, as credstash has written them over the years.

use proptest::prelude::*;

use super::*;

fn newest(versions: &[&'static str]) -> Option<&'static str> {
    let mut newest = Newest::default();
    for version in versions {
        newest.add(*version);
    }
    newest.take()
}

#[test]
fn the_newest_version_is_the_last_one_or_the_largest_number() {
    for (versions, expected) in [
        (&["9", "10"][..], "10"),
        (&["1", "2", "3"], "3"),
        (
            &["0000000000000000009", "0000000000000000010"],
            "0000000000000000010",
        ),
        // After the migration of credstash, or half of it.
        (&["9", "0000000000000000010"], "0000000000000000010"),
        (&["10", "0000000000000000009"], "10"),
        (&["10", "0000000000000000010"], "0000000000000000010"),
        // What credstash itself returns, as letters come after digits.
        (
            &["0000000000000000007", "0000000000000000abc"],
            "0000000000000000abc",
        ),
        (
            &["0000000000000000abc", "0000000000000000abd"],
            "0000000000000000abd",
        ),
        (&["9", "10", "v1"], "v1"),
        (
            &["99999999999999999999998", "99999999999999999999999"],
            "99999999999999999999999",
        ),
    ] {
        assert_eq!(newest(versions), Some(expected), "{versions:?}");
        let reversed: Vec<&str> = versions.iter().rev().copied().collect();
        assert_eq!(newest(&reversed), Some(expected), "{reversed:?}");
    }
    assert_eq!(newest(&[]), None);
}

#[test]
fn a_version_is_its_number_or_its_text() {
    for (version, expected) in [
        ("0000000000000000009", Ok(9)),
        ("9", Ok(9)),
        ("9223372036854775807", Ok(i64::MAX)),
        ("9223372036854775808", Err("9223372036854775808")),
        ("0000000000000000000", Err("0000000000000000000")),
        ("0000000000000000abc", Err("abc")),
        ("00abc", Err("00abc")),
        ("+1", Err("+1")),
        ("", Err("")),
    ] {
        assert_eq!(number(version), expected, "{version}");
    }
}

fn row() -> Row {
    Row {
        name: "prd.db".to_owned(),
        version: padded("1"),
        key: Some("AAAA".to_owned()),
        contents: Some("0J+ePF79bQxWTkd9".to_owned()),
        mac: Some(Attribute::Bytes(
            b"30ba1b540a5632e57419051f1d45b328384859e9be2d2da5890e52eaa1f0afc2".into(),
        )),
        digest: Some("SHA256".to_owned()),
        comment: None,
    }
}

#[test]
fn a_mac_is_bytes_or_text_and_a_missing_digest_follows_from_its_size() {
    let (_, expected) = row().sealed().unwrap();
    let Some(Attribute::Bytes(mac)) = row().mac else {
        unreachable!()
    };
    let text = String::from_utf8(mac).unwrap();
    for (mac, digest) in [
        (text.clone(), Some("SHA256")),
        (text.to_ascii_uppercase(), Some("SHA256")),
        (text, None),
    ] {
        let row = Row {
            mac: Some(Attribute::Text(mac)),
            digest: digest.map(str::to_owned),
            ..row()
        };
        assert!(row.sealed().unwrap() == (vec![0; 3], expected.clone()));
    }
}

#[test]
fn what_no_row_has_is_named() {
    let without = |change: fn(&mut Row)| {
        let mut row = row();
        change(&mut row);
        row.sealed().map(drop).unwrap_err().to_string()
    };
    type Change = (fn(&mut Row), &'static str);
    let changes: [Change; 8] = [
        (|row| row.key = None, "it has no attribute `key`"),
        (|row| row.contents = None, "it has no attribute `contents`"),
        (|row| row.mac = None, "it has no attribute `hmac`"),
        (
            |row| row.contents = Some("0J+ePF79bQxWTkd".to_owned()),
            "its attribute `contents` is not Base64",
        ),
        (
            |row| row.key = Some("-".to_owned()),
            "its attribute `key` is not Base64",
        ),
        (
            |row| row.mac = Some(Attribute::Text("30b".to_owned())),
            "its attribute `hmac` is not hexadecimal",
        ),
        (
            |row| row.digest = Some("WHIRLPOOL".to_owned()),
            "its digest is `WHIRLPOOL`, which credstash 1.17 cannot read either",
        ),
        (
            |row| (row.mac, row.digest) = (Some(Attribute::Bytes(b"00ff".into())), None),
            "it names no digest, and its MAC has the size of none",
        ),
    ];
    for (change, expected) in changes {
        assert_eq!(without(change), expected);
    }
}

proptest! {
    #[test]
    fn no_row_makes_it_panic(
        key in proptest::option::of("\\PC{0,20}"),
        contents in proptest::option::of("[A-Za-z0-9+/=]{0,20}"),
        mac in prop::collection::vec(any::<u8>(), 0..80),
        digest in proptest::option::of("SHA|SHA256|MD5|\\PC{0,8}"),
    ) {
        let row = Row { key, contents, mac: Some(Attribute::Bytes(mac)), digest, ..row() };
        if let Ok((_, sealed)) = row.sealed() {
            prop_assert!(sealed.open(&[0; 64]).is_err());
        }
    }

    #[test]
    fn the_order_of_arrival_makes_no_difference(
        versions in prop::collection::vec("[0-9]{1,3}|0000000000000000[0-9a-c]{3}|[a-z]{1,2}", 1..8),
        seed in any::<prop::sample::Index>(),
    ) {
        let newest = |versions: &[String]| {
            let mut newest = Newest::default();
            for version in versions {
                newest.add(version.clone());
            }
            newest.take()
        };
        let mut other = versions.clone();
        other.rotate_left(seed.index(versions.len()));
        other.reverse();
        prop_assert_eq!(newest(&versions), newest(&other));
    }

    #[test]
    fn a_version_that_is_surely_the_newest_is_it(
        versions in prop::collection::vec("[1-9][0-9]{0,2}|0000000000000000[0-9a-c]{3}|[a-z]{1,2}", 1..8),
    ) {
        let last = versions.iter().max().unwrap();
        let mut newest = Newest::default();
        for version in &versions {
            newest.add(version.clone());
        }
        if is_surely_newest(last) {
            prop_assert_eq!(newest.take(), Some(last.clone()));
        }
    }
}
