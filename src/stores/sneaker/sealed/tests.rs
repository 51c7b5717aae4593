//! What Sneaker sealed, from its own output, and what is no longer that.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

use super::*;

/// An object that Sneaker wrote, at its last commit.
const OBJECT: &str = "AAAAYGIyMzQyZGZiLTJhMTUtNDMwMS05YzE4LTY0YjkxYjg2ZTg3ZeonDHOwCIF6kAr9lkar6/PjzivuIdf6LOgYyFw05SLHLeXWrpDpD7xPArmPL900UkpmMBKTrHs8n0bo16hmLecP2j6Hiu/RgrWHeNTazWI0YUL74dKKAuj8Il/A";
const KEY: &str = "mEWY8G5W7OxUKdCUorW4G5ZLbXrs8yt7wCHrwRolnb8=";
const KEY_ID: &str = "arn:aws:kms:us-east-1:123456789012:key/b2342dfb-2a15-4301-9c18-64b91b86e87e";

fn bytes(text: &str) -> Vec<u8> {
    STANDARD.decode(text).unwrap()
}

#[test]
fn what_sneaker_wrote_is_opened() {
    let sealed = Sealed::parse(bytes(OBJECT)).unwrap();
    assert_eq!(sealed.blob.len(), 0x60);
    assert_eq!(sealed.open(&bytes(KEY), KEY_ID), Ok(b"DB=1".to_vec()));
}

#[test]
fn nothing_is_opened_of_which_anything_is_another() {
    let (object, key) = (bytes(OBJECT), bytes(KEY));
    let sealed = || Sealed::parse(object.clone()).unwrap();
    for key_id in ["", "arn:aws:kms:us-east-1:123456789012:key/x", &KEY_ID[..9]] {
        assert_eq!(sealed().open(&key, key_id), Err(Broken::Tag));
    }
    for at in LENGTH + 0x60..object.len() {
        let mut changed = object.clone();
        changed[at] ^= 1;
        let opened = Sealed::parse(changed).unwrap().open(&key, KEY_ID);
        assert_eq!(opened, Err(Broken::Tag), "{at}");
    }
    for key in [&key[..31], &[&key[..], b"x"].concat(), b""] {
        assert_eq!(sealed().open(key, KEY_ID), Err(Broken::Key));
    }
    for length in 0..object.len() {
        let opened = Sealed::parse(object[..length].to_vec());
        let opened = opened.and_then(|it| it.open(&key, KEY_ID));
        assert!(opened.is_err(), "{length}");
    }
    for first in [[0, 0, 0, 0], [0, 0, 0x18, 1], [0xff; 4], [0, 0, 0, 0xff]] {
        let mut changed = object.clone();
        changed[..4].copy_from_slice(&first);
        assert_eq!(Sealed::parse(changed), Err(Broken::Envelope), "{first:?}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(mut bytes: Vec<u8>, length: u8, key: [u8; 32]) {
        let opened = |bytes| Sealed::parse(bytes).and_then(|it| it.open(&key, "arn"));
        prop_assert!(opened(bytes.clone()).is_err());
        bytes.splice(0..0, [0, 0, 0, length]);
        prop_assert!(opened(bytes).is_err());
    }
}
