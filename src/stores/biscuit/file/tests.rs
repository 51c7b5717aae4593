//! Files that Biscuit wrote, and others.

use proptest::prelude::*;

use super::*;

/// As Biscuit 0.1.4 writes it.
const FILE: &str = "\
_keys:
- key_id: arn:aws:kms:us-west-2:123456789012:key/37793df5-ad32-4d06-b19f-bfb95cee4a35
  key_manager: kms
  algorithm: secretbox
launch_codes:
- key_id: arn:aws:kms:us-west-1:123456789012:key/9aa4a8f4
  key_manager: kms
  algorithm: secretbox
  key_ciphertext: AAAA
  ciphertext: BBBB
- key_id: arn:aws:kms:us-west-2:123456789012:key/37793df5
  key_manager: kms
  algorithm: aesgcm256
  key_ciphertext: CCCC
  ciphertext: DDDD
plainv:
- algorithm: none
  ciphertext: aGVsbG8=
";

fn shape(line: usize) -> Malformed {
    Malformed::Shape { line }
}

#[test]
fn names_and_entries_are_read_and_the_template_is_no_secret() {
    let secrets = parse(FILE.as_bytes()).unwrap();
    let names: Vec<&str> = secrets.keys().map(String::as_str).collect();
    assert_eq!(names, ["launch_codes", "plainv"]);
    let [first, second] = &secrets["launch_codes"][..] else {
        panic!("two entries");
    };
    assert_eq!(
        first.key_id,
        "arn:aws:kms:us-west-1:123456789012:key/9aa4a8f4"
    );
    assert_eq!(first.kind(), Ok(Kind::Sealed(Cipher::SecretBox)));
    assert_eq!(second.kind(), Ok(Kind::Sealed(Cipher::AesGcm)));
    assert_eq!(second.ciphertext(), Ok(vec![12, 48, 195]));
    let plain = &secrets["plainv"][0];
    assert_eq!(plain.kind(), Ok(Kind::Plain));
    assert_eq!(plain.ciphertext(), Ok(b"hello".to_vec()));
}

#[test]
fn json_is_read_as_well_and_what_biscuit_does_not_know_is_skipped() {
    let text = r#"{"a": [{"algorithm": "none", "ciphertext": "aGk=", "x": {"y": [1, {"z": null}]}, "w": 1}]}"#;
    let secrets = parse(text.as_bytes()).unwrap();
    assert_eq!(secrets["a"][0].ciphertext(), Ok(b"hi".to_vec()));
    let empty = "e:\n- algorithm: none\n  ciphertext: \"\"\nn:\n- algorithm: none\n";
    let secrets = parse(empty.as_bytes()).unwrap();
    for name in ["e", "n"] {
        assert_eq!(secrets[name][0].ciphertext(), Ok(Vec::new()), "{name}");
    }
    for text in ["", "# nothing\n", "---\n", "{}", "null\n", "_keys: []\n"] {
        assert_eq!(parse(text.as_bytes()), Ok(Secrets::new()), "{text:?}");
    }
    // Names are texts, whatever YAML makes of them.
    let secrets = parse(b"\xef\xbb\xbfyes: []\n1.10: []\n\"a b\": []\n").unwrap();
    let names: Vec<&str> = secrets.keys().map(String::as_str).collect();
    assert_eq!(names, ["1.10", "a b", "yes"]);
}

#[test]
fn what_is_no_file_of_biscuit_is_refused_without_its_text() {
    for (text, expected) in [
        ("hunter2", shape(1)),
        ("- a\n", shape(1)),
        ("a: hunter2\n", shape(1)),
        ("a:\n  b: c\n", shape(2)),
        ("a:\n- hunter2\n", shape(2)),
        ("a:\n- ciphertext: [hunter2]\n", shape(2)),
        ("a:\n- [x]: y\n", shape(2)),
        ("[a]: []\n", shape(1)),
        ("a: []\nb: []\na: []\n", Malformed::Twice { line: 3 }),
        (
            "a:\n- algorithm: none\n  algorithm: none\n",
            Malformed::Twice { line: 3 },
        ),
        ("a: &x []\nb: *x\n", Malformed::Other { line: 2 }),
        ("a: !x []\n", Malformed::Other { line: 1 }),
        ("a: []\n---\nb: []\n", Malformed::Documents),
    ] {
        let flaw = parse(text.as_bytes()).unwrap_err();
        assert_eq!(flaw, expected, "{text:?}");
    }
    assert_eq!(parse(b"\xff\xfe"), Err(Malformed::NotText));
    let flaw = parse(b"a: \"hunter2").unwrap_err();
    assert!(matches!(flaw, Malformed::NotYaml { .. }), "{flaw}");
    assert!(!flaw.to_string().contains("hunter2"), "{flaw}");
}

#[test]
fn entries_that_biscuit_does_not_write_for_use_are_named() {
    for (manager, algorithm, expected) in [
        ("kms", "", "it has no `algorithm`"),
        (
            "kms",
            "rot13",
            "its algorithm is `rot13`, which Biscuit 0.1 has not",
        ),
        (
            "testing",
            "secretbox",
            "its key manager is `testing`, whose key is the same for everyone",
        ),
        (
            "gcp",
            "aesgcm256",
            "its key manager is `gcp`, and not `kms`",
        ),
    ] {
        let entry = Entry {
            key_manager: manager.to_owned(),
            algorithm: algorithm.to_owned(),
            ..Entry::default()
        };
        assert_eq!(entry.kind().unwrap_err().to_string(), expected);
    }
    let entry = Entry {
        ciphertext: "no!".to_owned(),
        ..Entry::default()
    };
    let unfit = entry.ciphertext().unwrap_err();
    assert_eq!(unfit.to_string(), "its `ciphertext` is not Base64");
}

#[test]
fn a_version_changes_with_what_is_sealed_and_is_no_digest_of_what_is_not() {
    let secrets = parse(FILE.as_bytes()).unwrap();
    let sealed = &secrets["launch_codes"];
    assert_eq!(version(sealed, 1), version(sealed, 2));
    let mut other = sealed.clone();
    other[1].ciphertext = "DDDE".to_owned();
    assert_ne!(version(sealed, 1), version(&other, 1));
    let plain = &secrets["plainv"];
    let mut other = plain.clone();
    other[0].ciphertext = "aGVsbG9v".to_owned();
    assert_eq!(version(plain, 1), version(&other, 1));
    assert_ne!(version(plain, 1), version(plain, 2));
    assert_eq!(version(plain, 1).len(), 16);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>, text in "([a-z_]{1,3}|: |- |\n|  |\\[|\\]|\\{|\\}|,|\"|'|[&*!#|>%@]|\\PC){0,40}") {
        let _ = parse(&bytes);
        let _ = parse(text.as_bytes());
    }

    #[test]
    fn no_change_of_a_file_makes_it_panic(at: prop::sample::Index, byte: u8, cut: prop::sample::Index) {
        let mut bytes = FILE.as_bytes().to_vec();
        let length = bytes.len();
        bytes[at.index(length)] = byte;
        let _ = parse(&bytes);
        let secrets = parse(&bytes[..cut.index(length)]);
        for entry in secrets.iter().flat_map(|it| it.values().flatten()) {
            let _ = (entry.kind(), entry.ciphertext(), entry.key_ciphertext());
        }
    }
}
