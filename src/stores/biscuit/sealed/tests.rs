//! What Biscuit sealed, from its own output, and what is no longer that.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

use super::*;

/// Written by Biscuit 0.1.4: cipher, data key, `ciphertext` and the value.
const VECTORS: [(Cipher, &str, &str, &str); 4] = [
    (
        Cipher::SecretBox,
        "Vs/W4eP63FXWNA/sJsyUjz0rWG38hp4RpNnGoRL0SpM=",
        "Z0sOhZECz0168TXzdI+/59bcNiiNHPRrjmlXJ6mYdMw2Hokvyf7Op7yY2zE=",
        "0000",
    ),
    (
        Cipher::AesGcm,
        "zjOs7M/O89TOSpgv18vdeQ+/bolrLH8iK9jQON8reRo=",
        "6sIjhqEkd3xO6HK260LzfVzIgDDc5ZROODwa+a38bHdE9w==",
        "aes✓",
    ),
    (
        Cipher::SecretBox,
        "pFRtVRJiD6nO3IuHiu0XwHfD+6/vMopqNY6KcjlsNx4=",
        "gurqb2H62DTaSMCfQ4UzQzB8/zzcoCRvWteYxh+0AsdrFONzsqofeA==",
        "",
    ),
    (
        Cipher::SecretBox,
        "eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHg=",
        "C/qoLo23pQVJOHPzw88lh5Q/nk/Dt7x74EmykYhl2rVxv+JIQXC8rPs=",
        "T",
    ),
];

fn bytes(text: &str) -> Vec<u8> {
    STANDARD.decode(text).unwrap()
}

#[test]
fn what_biscuit_wrote_is_opened() {
    for (cipher, key, sealed, value) in VECTORS {
        let opened = cipher.open(&bytes(key), bytes(sealed)).unwrap();
        assert_eq!(str::from_utf8(&opened), Ok(value));
    }
}

#[test]
fn nothing_is_opened_of_which_a_bit_was_changed() {
    for (cipher, key, sealed, _) in VECTORS {
        let (key, sealed) = (bytes(key), bytes(sealed));
        for bit in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(cipher.open(&key, changed), Err(Broken::Tag), "{bit}");
        }
        for bit in 0..key.len() * 8 {
            let mut changed = key.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(cipher.open(&changed, sealed.clone()), Err(Broken::Tag));
        }
        let longer = [&sealed[..], b"x"].concat();
        assert_eq!(cipher.open(&key, longer), Err(Broken::Tag));
        for length in 0..sealed.len() {
            let opened = cipher.open(&key, sealed[..length].to_vec());
            assert!(opened.is_err(), "{length}");
        }
    }
}

#[test]
fn a_key_of_another_size_opens_nothing() {
    for (cipher, key, sealed, _) in VECTORS {
        let key = bytes(key);
        for key in [&key[..31], &[&key[..], b"x"].concat(), b""] {
            assert_eq!(cipher.open(key, bytes(sealed)), Err(Broken::Key));
        }
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(
        key in prop_oneof![any::<[u8; 32]>().prop_map(|it| it.to_vec()), any::<Vec<u8>>()],
        sealed: Vec<u8>,
    ) {
        for cipher in [Cipher::SecretBox, Cipher::AesGcm] {
            prop_assert!(cipher.open(&key, sealed.clone()).is_err());
        }
    }
}
