//! Rows that credstash wrote, and what was done to them since.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

use super::*;

/// What credstash 1.17.1 wrote, with data keys that were made for this: digest, key, contents, MAC, value.
const WRITTEN: [(&str, &str, &str, &str, &str); 3] = [
    (
        "SHA256",
        "e/QGYAUJEZxGA3UtDuZGRZlZOY2yL2tlqd9qy6X/3q2C6sCz+NwlbrV98HJAYpGrAwIYbIy8SHd/+DXFkLvs4g==",
        "0J+ePF79bQxWTkd9",
        "30ba1b540a5632e57419051f1d45b328384859e9be2d2da5890e52eaa1f0afc2",
        "s3kr3t-é✓",
    ),
    (
        "SHA",
        "+SKWnzD/9NTC7/aUp55E1PMHuX6+VX3yT9pwRsKp+KmcaEtPYWgyMevivti5GpkHSM6dr22TUdkIjNg78rBELA==",
        "HPYue5PEYQ==",
        "4ed1c7b857f682657cafd92ef249fab92ec30cd4",
        "val-SHA",
    ),
    (
        "SHA512",
        "lCjdm+DW5+P8p8DaDpKXuz9dfdfBMPpACCCzpY3pvjZQTyjYLa6yVhgwMSJczCl36RR1VpLCooINPzNVGn4/tg==",
        "fKavSibefNQqhQ==",
        "09d25e34277454234f8c00396de5ac4837396a8c2bf03c156b11dfd677b5b922382822fcbcf9f79445e3520f6e0f1d74e2ba489db8dd045d6e933ef47aec54c5",
        "val-SHA512",
    ),
];

fn written(index: usize) -> (Sealed, Vec<u8>) {
    let (digest, key, contents, mac, _) = WRITTEN[index];
    let sealed = Sealed {
        ciphertext: STANDARD.decode(contents).unwrap(),
        mac: from_hex(mac.as_bytes()).unwrap(),
        digest: Digest::named(digest).unwrap(),
    };
    (sealed, STANDARD.decode(key).unwrap())
}

#[test]
fn what_credstash_wrote_is_opened() {
    for (index, (digest, .., value)) in WRITTEN.iter().enumerate() {
        let (sealed, key) = written(index);
        assert_eq!(Digest::of_size(sealed.mac.len()), Digest::named(digest));
        assert_eq!(
            sealed.open(&key).as_deref(),
            Ok(value.as_bytes()),
            "{digest}"
        );
    }
}

#[test]
fn each_digest_authenticates_an_empty_value_too() {
    // HMAC of nothing, with 32 zeros as the key.
    for (digest, mac) in [
        ("MD5", "74e6f7298a9c2d168935f58c001bad88"),
        ("SHA", "fbdb1d1b18aa6c08324b7d64b71fb76370690e1d"),
        (
            "SHA224",
            "5ce14f72894662213e2748d2a6ba234b74263910cedde2f5a9271524",
        ),
        (
            "SHA256",
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad",
        ),
        (
            "SHA384",
            "6c1f2ee938fad2e24bd91298474382ca218c75db3d83e114b3d4367776d14d3551289e75e8209cd4b792302840234adc",
        ),
        (
            "SHA512",
            "b936cee86c9f87aa5d3c6f2e84cb5a4239a5fe50480a6ec66b70ab5b1f4ac6730c6c515421b327ec1d69402e53dfb49ad7381eb067b338fd7b0cb22247225d47",
        ),
    ] {
        let sealed = Sealed {
            ciphertext: Vec::new(),
            mac: from_hex(mac.as_bytes()).unwrap(),
            digest: Digest::named(digest).unwrap(),
        };
        assert_eq!(sealed.open(&[0; KEY]), Ok(Vec::new()), "{digest}");
    }
}

#[test]
fn a_key_of_another_size_opens_nothing() {
    let (sealed, key) = written(0);
    for size in [0, 16, 32, 63, 65] {
        let mut other = key.clone();
        other.resize(size, 0);
        assert_eq!(sealed.clone().open(&other), Err(Broken::Key), "{size}");
    }
}

#[test]
fn hexadecimal_text_is_whole_or_refused() {
    assert_eq!(from_hex(b"00fFa1"), Some(vec![0, 255, 161]));
    for text in ["0", "0g", " 0", "+1", "é", "0x"] {
        assert_eq!(from_hex(text.as_bytes()), None, "{text}");
    }
}

proptest! {
    #[test]
    fn nothing_is_opened_that_differs_in_a_bit(
        index in 0..WRITTEN.len(),
        part in 0..3_usize,
        at in any::<prop::sample::Index>(),
        bit in 0..8_u32,
    ) {
        let (mut sealed, mut key) = written(index);
        let bytes = match part {
            0 => &mut sealed.ciphertext[..],
            1 => &mut sealed.mac[..],
            // The half that authenticates. A change in the other half goes unnoticed: the MAC does not
            // cover it, and KMS vouches for the whole key.
            _ => &mut key[KEY / 2..],
        };
        bytes[at.index(bytes.len())] ^= 1 << bit;
        prop_assert_eq!(sealed.open(&key), Err(Broken::Mac));
    }

    #[test]
    fn nothing_is_opened_that_was_cut_or_extended(
        index in 0..WRITTEN.len(),
        of_mac in any::<bool>(),
        size in 0..80_usize,
    ) {
        let (mut sealed, key) = written(index);
        let bytes = if of_mac { &mut sealed.mac } else { &mut sealed.ciphertext };
        prop_assume!(size != bytes.len());
        bytes.resize(size, 0);
        prop_assert_eq!(sealed.open(&key), Err(Broken::Mac));
    }

    #[test]
    fn nothing_is_opened_with_parts_of_another(one in 0..3_usize, other in 0..3_usize, part in 0..4) {
        prop_assume!(one != other);
        let (mut sealed, mut key) = written(one);
        let (theirs, their_key) = written(other);
        match part {
            0 => sealed.ciphertext = theirs.ciphertext,
            1 => sealed.mac = theirs.mac,
            2 => sealed.digest = theirs.digest,
            _ => key = their_key,
        }
        prop_assert_eq!(sealed.open(&key), Err(Broken::Mac));
    }
}
