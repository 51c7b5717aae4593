//! What several files of a contract mean together.

use super::super::contract::{AsFile, Shape};
use super::super::contract_file::parse;
use super::*;

fn keys() -> Vec<Key> {
    [
        ("path", Shape::List),
        ("secret", Shape::List),
        ("file", Shape::List),
        ("region", Shape::Text),
    ]
    .map(|(name, shape)| Key {
        name: name.to_owned(),
        shape,
    })
    .to_vec()
}

/// The files `0`, `1` and so on.
fn together(texts: &[&str], profile: Option<&str>) -> Understood {
    let files: Vec<String> = (0..texts.len()).map(|it| it.to_string()).collect();
    let parts = files.iter().zip(texts);
    let parts = parts.map(|(file, text)| parse(file, text, &keys()));
    merge(&files, profile, parts.collect(), Vec::new())
}

fn printed(understood: &Understood) -> Vec<String> {
    understood.problems.iter().map(Error::to_string).collect()
}

#[test]
fn each_file_counts_with_its_profile_before_the_next_one_does() {
    let (one, two) = (
        "region = 'top 0'\n[profiles.p]\nregion = 'profile 0'",
        "region = 'top 1'",
    );
    let (three, four) = (
        "[profiles.p]\nregion = 'profile 2'",
        "[profiles.p]\nregion = false",
    );
    for (texts, profile, region) in [
        ([one, two].as_slice(), None, Some("top 1")),
        (&[one, two], Some("p"), Some("top 1")),
        (&[two, one], Some("p"), Some("profile 0")),
        (&[one, two, three], Some("p"), Some("profile 2")),
        (&[one, three, two], Some("p"), Some("top 1")),
        (&[one, two, three], None, Some("top 1")),
        (&[one, four], Some("p"), None),
        (&[four, one], Some("p"), Some("profile 0")),
    ] {
        let understood = together(texts, profile);
        assert_eq!(understood.problems, []);
        let region = region.map(|it| Value::Text(it.to_owned()));
        let setting = understood.contract.setting("region");
        assert_eq!(setting.map(|it| it.value.clone()), region, "{texts:?}");
    }
}

#[test]
fn a_variable_is_put_together_and_each_key_knows_its_file() {
    let one = "[variables.X]\ndescription = 'd'\nfrom = 'base64:/a'\npattern = 'a'";
    let two = "\n[variables.X]\nfile = true\nrequired = false";
    let three = "[profiles.p.variables.X]\nrequired = true\npattern = 'b'";
    let Contract { variables, .. } = together(&[one, two, three], Some("p")).contract;
    let [it] = variables.as_slice() else {
        panic!("{variables:?}");
    };
    assert_eq!(it.description.as_deref(), Some("d"));
    assert_eq!(it.from.as_deref(), Some("base64:/a"));
    assert_eq!(it.file, Some(AsFile::Descriptor));
    assert_eq!(it.presence, Presence::Required);
    assert_eq!(it.pattern.as_ref().unwrap().text(), "b");
    let places = [&it.from_place, &it.file_place, &it.pattern_place, &it.place];
    let places = places.map(|place| (place.file.as_str(), place.line));
    assert_eq!(places, [("0", 1), ("1", 2), ("2", 1), ("2", 1)]);

    // The order of a profile and of what it changes does not count.
    let understood = together(&[three, one, two], Some("p"));
    assert_eq!(understood.problems, []);
    let [it] = understood.contract.variables.as_slice() else {
        panic!("one variable");
    };
    assert_eq!(it.presence, Presence::Optional);
    assert_eq!(it.pattern.as_ref().unwrap().text(), "a");
}

#[test]
fn what_is_wrong_in_view_of_all_files_is_reported_with_its_file() {
    let file = "[variables.X]\nfile = true";
    let from = "[variables.X]\nfrom = 'text:/a'";
    let changed = "[profiles.p.variables.X]\nrequired = false";
    for (texts, expected) in [
        ([file, from], [].as_slice()),
        ([from, file], &[]),
        (
            [changed, file],
            &["X has `file` and no `from` (from 1, line 1, column 12)"],
        ),
        (
            [from, changed],
            &[
                "the `from` of X begins with `text:`, and X has no `file` (from 0, line 1, column 12)",
            ],
        ),
        (
            ["", changed],
            &[
                "X, in `[profiles.p.variables]`, is not in `[variables]` (from 1, line 1, column 23)",
            ],
        ),
    ] {
        assert_eq!(printed(&together(&texts, None)), expected, "{texts:?}");
    }
    // It may be in what cannot be read.
    let understood = together(&["[variables.X", changed], None);
    let syntax = |it: &Error| it.is_syntax() && it.place().unwrap().file == "0";
    assert!(understood.problems.iter().all(syntax), "{understood:?}");
    assert!(!understood.problems.is_empty());
}

#[test]
fn a_later_parameter_of_a_variable_beats_the_item_of_an_earlier_list() {
    let one = "secret = ['X=/a', 'Y=/b']\nfile = ['X=/c']";
    let two = "[variables.X]\nfrom = '/d'";
    let contract = together(&[one, two], None).contract;
    let items = |key: &str| match &contract.setting(key).unwrap().value {
        Value::List(items) => items.join(" "),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        (items("secret"), items("file")),
        ("Y=/b".to_owned(), String::new())
    );
    // An item of a later file beats `from`, as one of a profile does.
    let contract = together(&[two, one], None).contract;
    let Some(Setting { value, .. }) = contract.setting("secret") else {
        panic!("no list");
    };
    assert_eq!(
        *value,
        Value::List(vec!["X=/a".to_owned(), "Y=/b".to_owned()])
    );
    assert_eq!(contract.replaced, []);
}
