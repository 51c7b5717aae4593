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

/// The variables of which something is said, with those that may be meant.
fn found(names: &[&str]) -> Vec<(String, Option<String>)> {
    let odd = OsString::from_vec(b"ENVSECRETS_\xff".to_vec());
    let names = names.iter().map(OsString::from).chain([odd]);
    let unknown = unknown(names).into_iter();
    unknown.map(|it| (it.name, it.likely)).collect()
}

#[test]
fn variables_with_our_prefix_and_no_option_are_found() {
    for (name, likely) in [
        ("ENVSECRETS_", None),
        ("ENVSECRETS_PAHT", Some("ENVSECRETS_PATH")),
        ("ENVSECRETS_path", Some("ENVSECRETS_PATH")),
        ("ENVSECRETS_REQUIRED", Some("ENVSECRETS_REQUIRE")),
        ("ENVSECRETS_UNSETS", Some("ENVSECRETS_UNSET")),
        ("ENVSECRETS_OPTIONALPATH", Some("ENVSECRETS_OPTIONAL_PATH")),
        ("ENVSECRETS_OPTIONAL-PATH", Some("ENVSECRETS_OPTIONAL_PATH")),
        ("ENVSECRETS_MODE", None),
        ("ENVSECRETS_X", None),
        ("ENVSECRETS_REPORT", None),
        ("ENVSECRETS_SERVICE", None),
        ("ENVSECRETS_PORT_80_TCP_HOST", None),
    ] {
        let likely = likely.map(str::to_owned);
        assert_eq!(found(&[name]), [(name.to_owned(), likely)]);
    }
    for name in [
        "ENVSECRETS_PATH",
        "ENVSECRETS_FORMAT",
        "ENVSECRETS_OPTIONAL_PATH",
        "ENVSECRETS",
        "MY_ENVSECRETS_X",
        "PATH",
    ] {
        assert_eq!(found(&[name]), []);
    }
}

#[test]
fn variables_that_kubernetes_or_our_tests_set_are_none_of_them() {
    for name in [
        "ENVSECRETS_SERVICE_HOST",
        "ENVSECRETS_SERVICE_PORT",
        "ENVSECRETS_SERVICE_PORT_HTTPS",
        "ENVSECRETS_PORT",
        "ENVSECRETS_PORT_80_TCP",
        "ENVSECRETS_PORT_80_TCP_ADDR",
        "ENVSECRETS_PORT_80_TCP_PORT",
        "ENVSECRETS_PORT_53_UDP_PROTO",
        "ENVSECRETS_WEB_SERVICE_HOST",
        "ENVSECRETS_WEB_SERVICE_PORT_HTTP",
        "ENVSECRETS_WEB_PORT_8080_SCTP_ADDR",
        "ENVSECRETS_TEST_HOSTILE",
        "ENVSECRETS_WRITE",
        "ENVSECRETS_CI_CACHE",
    ] {
        assert_eq!(found(&[name]), []);
    }
}

#[test]
fn the_options_are_those_of_a_launch_and_of_check() {
    let commands = [Launch::command(), Check::command()];
    let known: std::collections::BTreeSet<String> = commands
        .iter()
        .flat_map(|command| flags::options(command).map(|(name, _)| name.to_owned()))
        .collect();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    assert_eq!(OPTIONS, known);
}
