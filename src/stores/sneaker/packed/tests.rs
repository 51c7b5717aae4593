//! Archives as Sneaker packs them, and others.

use proptest::prelude::*;
use tar::{Builder, Header};

use super::*;

/// An archive with these entries of these kinds.
fn archive(entries: &[(&str, &[u8], EntryType)]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for (name, content, kind) in entries {
        let mut header = Header::new_ustar();
        header.set_entry_type(*kind);
        header.set_size(content.len() as u64);
        header.set_mode(0o400);
        // `set_path` would refuse what other writers of the format do not.
        header.as_ustar_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        builder.append(&header, *content).unwrap();
    }
    builder.into_inner().unwrap()
}

#[test]
fn each_file_is_a_secret_and_a_name_is_only_a_name() {
    let file = EntryType::Regular;
    let packed = archive(&[
        ("prd/", b"", EntryType::Directory),
        ("prd/db", b"hunter2", file),
        ("../../etc/passwd", b"\xff\x00", file),
        ("/root/x", b"", file),
    ]);
    let found = entries(&packed).unwrap();
    let found: Vec<(&str, &[u8])> = found.iter().map(|(k, v)| (k.as_str(), &v[..])).collect();
    assert_eq!(
        found,
        [
            ("../../etc/passwd", &b"\xff\x00"[..]),
            ("/root/x", b""),
            ("prd/db", b"hunter2"),
        ]
    );
    let long = "n/".repeat(200) + "x";
    let mut builder = Builder::new(Vec::new());
    let mut header = Header::new_gnu();
    header.set_size(1);
    builder.append_data(&mut header, &long, &b"v"[..]).unwrap();
    let found = entries(&builder.into_inner().unwrap()).unwrap();
    assert_eq!(found[&long], b"v");
    assert_eq!(entries(&[0; 1024]), Ok(BTreeMap::new()));
}

#[test]
fn what_is_not_the_text_of_one_name_is_refused() {
    let file = EntryType::Regular;
    for (made, expected) in [
        (
            archive(&[("a", b"", EntryType::Symlink)]),
            Malformed::OtherKind,
        ),
        (
            archive(&[("a", b"", EntryType::Link)]),
            Malformed::OtherKind,
        ),
        (
            archive(&[("a", b"", EntryType::Char)]),
            Malformed::OtherKind,
        ),
        (
            archive(&[("a", b"1", file), ("a", b"2", file)]),
            Malformed::Twice,
        ),
        (b"hunter2".to_vec(), Malformed::Archive),
        (Vec::new(), Malformed::Archive),
    ] {
        assert_eq!(entries(&made), Err(expected));
    }
    let whole = archive(&[("a", b"1", file), ("b", &[7; 2000], file)]);
    for length in 0..whole.len() {
        // The last kibibyte is only empty.
        assert_eq!(
            entries(&whole[..length]),
            Err(Malformed::Archive),
            "{length}"
        );
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic_or_take_much_memory(
        bytes: Vec<u8>,
        at: prop::sample::Index,
        byte: u8,
    ) {
        let _ = entries(&bytes);
        let _ = entries(&[&bytes[..], &[0; 1024]].concat());
        let mut changed = archive(&[("a", b"1", EntryType::Regular), ("b", b"2", EntryType::Regular)]);
        let length = changed.len();
        changed[at.index(length)] = byte;
        let found = entries(&changed).unwrap_or_default();
        prop_assert!(found.values().map(Vec::len).sum::<usize>() <= length);
    }
}
