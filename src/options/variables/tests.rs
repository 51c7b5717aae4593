//! The meaning of the values of variables.

use super::*;
use crate::commands::check::Check;
use crate::options::flags::{self, Launch};
use crate::options::tests::{options_with, refused};
use clap::CommandFactory;
use proptest::prelude::*;
use std::os::unix::ffi::OsStringExt;

#[test]
fn lists_are_split_at_newlines_and_at_commas_outside_braces() {
    for (list, items) in [
        ("a", ["a"].as_slice()),
        ("a,b", &["a", "b"]),
        ("a\nb", &["a", "b"]),
        ("a\r\nb\r\n", &["a", "b"]),
        (" a , b ", &["a", "b"]),
        ("a b", &["a b"]),
        (",a,,b,", &["a", "b"]),
        ("\n\n a\n\n", &["a"]),
        ("{a,b}/c,d", &["{a,b}/c", "d"]),
        ("{a,{b,c}},d", &["{a,{b,c}}", "d"]),
        ("a},b", &["a}", "b"]),
        ("db/{host,port}\nweb", &["db/{host,port}", "web"]),
        ("", &[]),
        (" , \n ", &[]),
    ] {
        assert_eq!(super::list(list), items, "{list:?}");
        let options = options_with(&[], &[("ONLY", list)]);
        assert_eq!(options.only, items, "{list:?}");
    }
}

#[test]
fn an_unbalanced_brace_ends_with_its_line() {
    assert_eq!(super::list("a{\nb,c"), ["a{", "b", "c"]);
}

proptest! {
    #[test]
    fn a_list_loses_nothing_but_its_separators(list in "[a,{} \n*]{0,20}") {
        let items = super::list(&list);
        for item in &items {
            prop_assert!(!item.is_empty() && item.trim() == item && !item.contains('\n'), "{item}");
        }
        // Commas in braces are kept.
        let kept = |text: &str| text.replace([',', ' ', '\n'], "");
        prop_assert_eq!(kept(&items.concat()), kept(&list));
        prop_assert_eq!(super::list(&items.join("\n")), items);
    }
}

#[test]
fn a_switch_is_on_or_off_in_the_usual_words() {
    for (word, on) in [
        ("true", true),
        ("TRUE", true),
        ("1", true),
        ("yes", true),
        ("On", true),
        ("false", false),
        ("0", false),
        ("No", false),
        ("off", false),
    ] {
        let options = options_with(&[], &[("CLEAN_ENV", word), ("VERBOSE", word)]);
        assert_eq!((options.clean_env, options.verbose), (on, on), "{word}");
    }
    for word in ["2", "y", "truE ", "enabled", "-"] {
        assert_eq!(
            refused(&[], &[("CLEAN_ENV", word)]),
            (
                format!("ENVSECRETS_CLEAN_ENV is `{word}`, which is neither `true` nor `false`"),
                "set it to one of them, or unset it".to_owned()
            )
        );
    }
}

#[test]
fn a_variable_that_must_be_one_of_a_few_words_names_them() {
    for (name, words) in [
        ("NAME_FROM", "`path`, `leaf`"),
        ("CASE", "`upper`, `keep`"),
        ("FORMAT", "`table`, `json`, `names`"),
    ] {
        assert_eq!(
            refused(&["check"], &[(name, "tabel")]),
            (
                format!("ENVSECRETS_{name} is `tabel`, and must be one of {words}"),
                "set it to one of them, or unset it".to_owned()
            )
        );
    }
}

#[test]
fn variables_with_our_prefix_and_no_option_are_found() {
    let names = [
        "ENVSECRETS_PAHT",
        "ENVSECRETS_PATH",
        "ENVSECRETS_FORMAT",
        "ENVSECRETS_OPTIONAL_PATH",
        "ENVSECRETS_SERVICE_HOST",
        "ENVSECRETS_",
        "ENVSECRETS_path",
        "ENVSECRETS",
        "MY_ENVSECRETS_X",
        "PATH",
    ];
    let odd = OsString::from_vec(b"ENVSECRETS_\xff".to_vec());
    let names = names.map(OsString::from).into_iter().chain([odd]);
    let options = flags::names(&Check::command());
    assert_eq!(
        unknown(names, &options),
        [
            "ENVSECRETS_",
            "ENVSECRETS_PAHT",
            "ENVSECRETS_SERVICE_HOST",
            "ENVSECRETS_path"
        ]
    );
    let launch = flags::names(&Launch::command());
    let known = options.iter().chain(&launch);
    let known = known.map(|option| OsString::from(name_for(option)));
    assert_eq!(unknown(known, &options), [""; 0]);
}
