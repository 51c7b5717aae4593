//! What IAM is allowed for a glob.

use proptest::prelude::*;

use super::*;
use crate::glob::Glob;

fn patterns(glob: &str) -> Vec<String> {
    Glob::for_parameters(glob).unwrap();
    Patterns::of(glob).patterns
}

#[test]
fn a_glob_becomes_the_narrowest_patterns_that_iam_can_express() {
    for (glob, expected) in [
        ("prd.*", ["prd.*"].as_slice()),
        ("prd.?pp*", &["prd.?pp*"]),
        ("prd.{a,b}", &["prd.a", "prd.b"]),
        (
            "prd.{a,b}.{c,d}*",
            &["prd.a.c*", "prd.a.d*", "prd.b.c*", "prd.b.d*"],
        ),
        ("prd.{a,{b,c}x}", &["prd.a", "prd.bx", "prd.cx"]),
        ("prd.{a*,ab}", &["prd.a*"]),
        ("prd.[ab]*", &["prd.a*", "prd.b*"]),
        (
            "prd.[0-9]",
            &[
                "prd.0", "prd.1", "prd.2", "prd.3", "prd.4", "prd.5", "prd.6", "prd.7", "prd.8",
                "prd.9",
            ],
        ),
        ("prd.[a-z]", &["prd.?"]),
        ("prd.[!a]", &["prd.?"]),
        ("prd.[^a-zA-Z0-9]", &["prd.-", "prd..", "prd./", "prd._"]),
        ("prd.[]-]x", &["prd.-x"]),
        ("prd.[$a]", &["prd.a"]),
        ("/prd/*/db/**", &["/prd/*/db/*"]),
        ("/prd/**/db", &["/prd/db", "/prd/*/db"]),
        ("/prd/**/**/db", &["/prd/db", "/prd/*/db"]),
        ("/prd/{**/a,b}", &["/prd/a", "/prd/*/a", "/prd/b"]),
        ("/prd/a**", &["/prd/a*"]),
        ("/prd/***", &["/prd/*"]),
        // Escapes, and what globset makes of empty branches.
        (r"prd.\a*", &["prd.a*"]),
        ("prd{,.a}", &["prd.a"]),
        ("prd{,{}}.a*", &["prd.a*"]),
        ("prd,a*", &[]),
        // No name contains a star, a bracket or a space.
        (r"prd.\**", &[]),
        (r"prd.{\[a,b}", &["prd.b"]),
        ("prd.[$]", &[]),
    ] {
        assert_eq!(patterns(glob), expected, "{glob}");
    }
}

#[test]
fn more_alternatives_than_fit_become_a_larger_pattern() {
    for (glob, expected, widened) in [
        // First classes give way, and then braces.
        ("p.[0-9][0-9]", "p.??", false),
        ("p.{a,b}[0-9][0-9]", "p.a??", false),
        ("p.{a,b,c,d,e,f,g,h,i}{a,b,c,d,e,f,g,h,i}[xy]", "p.*?", true),
    ] {
        let found = Patterns::of(glob);
        assert_eq!(found.patterns[0], expected, "{glob}");
        assert_eq!(found.widened, widened, "{glob}");
        assert!(found.patterns.len() <= MOST);
    }
}

#[test]
fn a_pattern_covers_another_if_it_matches_all_of_it() {
    for (pattern, other, expected) in [
        ("a*", "ab", true),
        ("a*", "a*", true),
        ("a*", "a?b*", true),
        ("a?", "ab", true),
        ("a?", "a*", false),
        ("a?", "a", false),
        ("ab", "a?", false),
        ("*b", "a*b", true),
        ("*b", "a*", false),
        ("a*c*e", "abcde", true),
        ("", "", true),
        ("*", "", true),
    ] {
        assert_eq!(covers(pattern, other), expected, "{pattern} {other}");
    }
}

/// Whether IAM matches a name with a pattern.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.chars().next() {
        None => name.is_empty(),
        Some('*') => {
            let rest = &pattern[1..];
            (0..=name.len()).any(|end| name.is_char_boundary(end) && matches(rest, &name[end..]))
        }
        Some(one) => {
            let mut characters = name.chars();
            let first = characters.next();
            first.is_some_and(|first| one == '?' || one == first)
                && matches(&pattern[one.len_utf8()..], characters.as_str())
        }
    }
}

proptest! {
    #[test]
    fn every_name_that_a_glob_matches_is_allowed(
        glob in "p[ab./*?{},\\[\\]!^\\\\-]{0,12}",
        name in "p[ab./-]{0,6}",
    ) {
        if let Ok(compiled) = Glob::for_parameters(&glob)
            && compiled.matches(&name)
        {
            let allowed = Patterns::of(&glob).patterns;
            prop_assert!(allowed.iter().any(|it| matches(it, &name)), "{} {:?}", glob, allowed);
        }
    }

    #[test]
    fn what_a_pattern_covers_it_matches(pattern in "[ab*?]{0,6}", name in "[ab]{0,6}") {
        prop_assert_eq!(covers(&pattern, &name), matches(&pattern, &name));
    }
}

#[test]
fn names_of_secrets_have_more_characters_than_those_of_parameters() {
    let of_secrets = |glob: &str| Patterns::of_secrets(glob).patterns;
    assert_eq!(of_secrets("a+b=c@d.*"), ["a+b=c@d.*"]);
    assert_eq!(patterns("a+b*"), [""; 0]);
    assert_eq!(of_secrets("a.[+$]"), ["a.+"]);
}
