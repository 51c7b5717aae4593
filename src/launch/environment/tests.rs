//! The merged environment, story by story.

use super::*;
use proptest::prelude::*;

fn bytes(entries: &[&str]) -> Vec<Vec<u8>> {
    entries
        .iter()
        .map(|entry| entry.as_bytes().to_vec())
        .collect()
}

fn text(entries: &[Vec<u8>]) -> Vec<String> {
    entries
        .iter()
        .map(|entry| String::from_utf8_lossy(entry).into_owned())
        .collect()
}

fn globs(patterns: &[&str]) -> Vec<Glob> {
    patterns
        .iter()
        .map(|pattern| Glob::for_variables(pattern).unwrap())
        .collect()
}

/// Secrets that outlive the borrowed map that `merge` wants.
struct Secrets(BTreeMap<VarName, Secret>);

impl Secrets {
    fn new(secrets: &[(&str, &str)]) -> Self {
        let pair = |(name, value): &(&str, &str)| {
            let name = VarName::parse(name).unwrap();
            (name, Secret::new((*value).to_owned()))
        };
        Self(secrets.iter().map(pair).collect())
    }

    fn borrowed(&self) -> BTreeMap<&VarName, &Secret> {
        self.0.iter().collect()
    }
}

fn merged(inherited: &[&str], secrets: &[(&str, &str)], policy: &Policy) -> Vec<String> {
    let secrets = Secrets::new(secrets);
    text(&merge(bytes(inherited), &secrets.borrowed(), policy).entries)
}

fn preserving(patterns: &[&str]) -> Policy {
    Policy {
        preserve: Preserve::Matching(globs(patterns)),
        ..Policy::default()
    }
}

#[test]
fn what_is_preserved_and_empty_is_listed_by_a_pattern() {
    let secrets = Secrets::new(&[("A_1", "s"), ("A_2", "s"), ("A_3", "s"), ("B_1", "s")]);
    let inherited = bytes(&["A_1=", "A_2=x", "B_1=", "A_4="]);
    let merged = merge(inherited, &secrets.borrowed(), &preserving(&["A_*", "B_1"]));
    let listed = |pattern: &str| -> Vec<String> {
        let glob = Glob::for_variables(pattern).unwrap();
        let names = merged.preserved_empty(&glob);
        names
            .map(|name| String::from_utf8_lossy(name).into_owned())
            .collect()
    };
    assert_eq!(listed("A_[1-3]"), ["A_1"]);
    assert_eq!(listed("B_*"), ["B_1"]);
    assert_eq!(listed("A_2"), [""; 0]);
}

#[test]
fn entries_that_no_secret_concerns_stay_byte_for_byte_and_in_order() {
    let inherited: Vec<Vec<u8>> = [
        b"Z=1".as_slice(),
        b"=weird",
        b"NOEQUALS",
        b"",
        b"=",
        b"A=1",
        b"A=2",
        b"A=1",
        b"\xff\xfe=\x80",
        b"B=\xff",
        b"X",
        b"a=lower",
        b"BASH_FUNC_x%%=() { :\n}",
        b"EMPTY=",
        b"D==",
    ]
    .map(<[u8]>::to_vec)
    .to_vec();
    let secrets = Secrets::new(&[("X", "secret")]);
    let merged = merge(inherited.clone(), &secrets.borrowed(), &Policy::default());
    let (last, rest) = merged.entries.split_last().unwrap();
    assert_eq!(rest, inherited);
    assert_eq!(last, b"X=secret");
    assert!(merged.overrode.is_empty());
    assert!(merged.kept.is_empty());
}

#[test]
fn an_overridden_name_stands_once_where_its_first_stood() {
    assert_eq!(
        merged(
            &["A=1", "B=1", "C=1", "B=2", "B"],
            &[("B", "secret")],
            &Policy::default()
        ),
        ["A=1", "B=secret", "C=1", "B"]
    );
}

#[test]
fn new_names_follow_at_the_end_in_order() {
    assert_eq!(
        merged(
            &["Z=1", "M=1"],
            &[("C", "3"), ("M", "2"), ("A", "1"), ("_B", "4"), ("b", "5")],
            &Policy::default()
        ),
        ["Z=1", "M=2", "A=1", "C=3", "_B=4", "b=5"]
    );
}

#[test]
fn a_value_may_hold_anything_that_is_not_a_nul() {
    for value in [
        "",
        "a=b=c",
        "=",
        "two\nlines\n",
        " spaces ",
        "naïve ✓",
        "$HOME",
    ] {
        assert_eq!(
            merged(&[], &[("A", value)], &Policy::default()),
            [format!("A={value}")]
        );
    }
}

#[test]
fn what_was_overridden_and_what_was_kept_is_reported() {
    let secrets = Secrets::new(&[("A", "s"), ("B", "s"), ("C", "s")]);
    let merged = merge(
        bytes(&["A=1", "B=1", "B=2", "D=1"]),
        &secrets.borrowed(),
        &preserving(&["B", "C", "D"]),
    );
    assert_eq!(text(&merged.entries), ["A=s", "B=1", "B=2", "D=1", "C=s"]);
    let names = |set: &BTreeSet<VarName>| set.iter().map(VarName::to_string).collect::<Vec<_>>();
    assert_eq!(names(&merged.overrode), ["A"]);
    assert_eq!(names(&merged.kept), ["B"]);
}

#[test]
fn inherited_variables_win_over_secrets_where_that_is_wished() {
    let inherited = ["A=1", "PG_HOST=1", "A=2", "PG_PORT="];
    let secrets = [("A", "s"), ("NEW", "s"), ("PG_HOST", "s"), ("PG_PORT", "s")];
    let all = Policy {
        preserve: Preserve::All,
        ..Policy::default()
    };
    let some = preserving(&["PG_*"]);
    let other = preserving(&["pg_*", "X"]);
    for (case, policy, expected) in [
        (
            "all",
            all,
            ["A=1", "PG_HOST=1", "A=2", "PG_PORT=", "NEW=s"].as_slice(),
        ),
        ("some", some, &["A=s", "PG_HOST=1", "PG_PORT=", "NEW=s"]),
        (
            "none of these",
            other,
            &["A=s", "PG_HOST=s", "PG_PORT=s", "NEW=s"],
        ),
    ] {
        assert_eq!(merged(&inherited, &secrets, &policy), expected, "{case}");
    }
}

#[test]
fn a_clean_environment_has_the_secrets_and_what_is_kept() {
    let inherited = [
        "HOME=/root",
        "PATH=/bin",
        "HOME=/",
        "NOEQUALS",
        "=weird",
        "A=1",
    ];
    for (keep, expected) in [
        ([].as_slice(), ["A=s"].as_slice()),
        (&["HOME"], &["HOME=/root", "HOME=/", "A=s"]),
        (&["P*", "A"], &["PATH=/bin", "A=s"]),
        (&["home"], &["A=s"]),
    ] {
        let policy = Policy {
            inherit: Inherit::Only(globs(keep)),
            ..Policy::default()
        };
        assert_eq!(
            merged(&inherited, &[("A", "s")], &policy),
            expected,
            "{keep:?}"
        );
    }
}

#[test]
fn a_clean_environment_can_keep_what_wins_over_a_secret() {
    let policy = Policy {
        inherit: Inherit::Only(globs(&["A"])),
        preserve: Preserve::All,
        ..Policy::default()
    };
    assert_eq!(
        merged(&["A=1", "B=1"], &[("A", "s"), ("B", "s")], &policy),
        ["A=1", "B=s"]
    );
}

#[test]
fn what_is_unset_is_gone_before_anything_else() {
    let policy = Policy {
        inherit: Inherit::Only(globs(&["*"])),
        unset: globs(&["AWS_*", "A"]),
        preserve: Preserve::All,
    };
    assert_eq!(
        merged(
            &["A=1", "AWS_REGION=x", "AWSOME=1", "A=2", "B=1"],
            &[("A", "s"), ("B", "s")],
            &policy
        ),
        ["AWSOME=1", "B=1", "A=s"]
    );
}

#[test]
fn unset_takes_away_inherited_variables_not_secrets() {
    let policy = Policy {
        unset: globs(&["*"]),
        ..Policy::default()
    };
    assert_eq!(merged(&["A=1", "B=1"], &[("A", "s")], &policy), ["A=s"]);
}

#[test]
fn names_are_compared_as_bytes() {
    assert_eq!(
        merged(
            &["a=1", "A =1", " A=1", "AB=1", "A"],
            &[("A", "s")],
            &Policy::default()
        ),
        ["a=1", "A =1", " A=1", "AB=1", "A", "A=s"]
    );
    let policy = Policy {
        unset: globs(&["X_?"]),
        ..Policy::default()
    };
    let merged = merge(
        vec![b"X_\xff=1".to_vec(), b"Y_\xff=1".to_vec()],
        &BTreeMap::new(),
        &policy,
    );
    assert_eq!(merged.entries, [b"Y_\xff=1".to_vec()]);
}

#[test]
fn what_is_required_must_be_a_secret_or_an_inherited_variable_that_would_win() {
    let secrets = Secrets::new(&[("DB_HOST", "s"), ("DB_PORT", "s")]);
    let inherited = bytes(&["TOKEN=1", "OTHER=1", "AWS_X=1"]);
    let nothing = Policy::default();
    let preserve = preserving(&["TOK*", "DB_USER"]);
    let unset = Policy {
        unset: globs(&["TOKEN"]),
        ..preserving(&["TOKEN"])
    };
    let required = ["DB_*", "DB_HOST", "DB_PASS", "TOKEN", "T*", "OTHER", "db_*"];
    for (case, policy, expected) in [
        (
            "nothing preserved",
            nothing,
            ["DB_PASS", "TOKEN", "T*", "OTHER", "db_*"].as_slice(),
        ),
        ("preserved", preserve, &["DB_PASS", "OTHER", "db_*"]),
        ("unset", unset, &["DB_PASS", "TOKEN", "T*", "OTHER", "db_*"]),
    ] {
        let merged = merge(inherited.clone(), &secrets.borrowed(), &policy);
        let required = globs(&required);
        let missing = missing(&required, &secrets.borrowed(), &merged);
        let missing: Vec<&str> = missing.iter().map(|glob| glob.text()).collect();
        assert_eq!(missing, expected, "{case}");
    }
}

#[test]
fn an_empty_inherited_variable_satisfies_nothing_even_if_it_wins_over_a_secret() {
    let secrets = Secrets::new(&[("DB", "s"), ("KEY", "s"), ("TWICE", "s")]);
    let inherited = bytes(&["DB=", "KEY=k", "ALONE=", "TWICE=t", "TWICE=", "OTHER="]);
    let required = globs(&["DB", "D*", "KEY", "ALONE", "TWICE", "{DB,KEY}", "OTHER"]);
    for (case, policy, expected) in [
        (
            "nothing preserved",
            Policy::default(),
            &["ALONE", "OTHER"][..],
        ),
        (
            "preserved",
            preserving(&["*"]),
            &["DB", "D*", "ALONE", "TWICE", "OTHER"],
        ),
        ("one", preserving(&["DB"]), &["DB", "D*", "ALONE", "OTHER"]),
    ] {
        let merged = merge(inherited.clone(), &secrets.borrowed(), &policy);
        let missing = missing(&required, &secrets.borrowed(), &merged);
        let missing: Vec<&str> = missing.iter().map(|glob| glob.text()).collect();
        assert_eq!(missing, expected, "{case}");
    }
}

#[test]
fn the_values_of_what_wins_over_a_secret_are_known_whether_or_not_one_exists() {
    let policy = Policy {
        unset: globs(&["GONE"]),
        ..preserving(&["A", "B*", "GONE"])
    };
    let secrets = Secrets::new(&[("A", "s"), ("C", "s")]);
    let inherited = ["A=1", "AB=2", "A=3=4", "BC=", "B", "C=5", "GONE=6"];
    let merged = merge(bytes(&inherited), &secrets.borrowed(), &policy);
    for (name, values) in [
        ("A", ["1", "3=4"].as_slice()),
        ("BC", &[""]),
        // Not a variable, not preserved, not inherited, and removed.
        ("B", &[]),
        ("AB", &[]),
        ("C", &[]),
        ("BD", &[]),
        ("GONE", &[]),
    ] {
        let found = merged.preserved(&VarName::parse(name).unwrap());
        let values: Vec<&[u8]> = values.iter().map(|value| value.as_bytes()).collect();
        assert_eq!(found, values, "{name}");
    }
}

#[test]
fn a_variable_that_is_set_stands_once_and_at_the_end() {
    let mut entries = bytes(&["A=1", "B=1", "A=2", "AB=1", "A", "a=1"]);
    set(&mut entries, &VarName::parse("A").unwrap(), "x=y");
    assert_eq!(text(&entries), ["B=1", "AB=1", "A", "a=1", "A=x=y"]);
    set(&mut entries, &VarName::parse("C").unwrap(), "");
    assert_eq!(text(&entries), ["B=1", "AB=1", "A", "a=1", "A=x=y", "C="]);
}

/// A limit for one string, and one in total.
fn limits(string: usize, total: usize) -> ArgumentLimits {
    ArgumentLimits {
        string,
        total,
        origin: "set by this test",
    }
}

/// `NAME=vvv…`, of `size` bytes with its NUL, as the kernel counts it.
fn sized(name: &str, size: usize) -> Vec<u8> {
    let mut entry = format!("{name}=").into_bytes();
    entry.resize(size - 1, b'v');
    entry
}

#[test]
fn a_variable_may_be_as_large_as_the_limit_and_not_one_byte_larger() {
    let limits = limits(100, 1000);
    assert_eq!(fits(&[sized("A", 100)], b"", &[], limits), Ok(()));
    let problems = fits(&[sized("A", 101)], b"", &[], limits).unwrap_err();
    assert_eq!(
        problems,
        [TooLarge::Entry {
            name: "A".to_owned(),
            size: 101,
            limit: 100
        }]
    );
    assert_eq!(
        problems[0].to_string(),
        "A is too large for an environment variable: 101 bytes with its name, and the limit of the kernel is 100"
    );
}

#[test]
fn all_variables_that_are_too_large_are_named() {
    let limits = limits(10, 15);
    let entries = [sized("A", 11), sized("B", 10), vec![b'x'; 10]];
    let problems = fits(&entries, b"", &[], limits).unwrap_err();
    let problems: Vec<String> = problems.iter().map(TooLarge::to_string).collect();
    assert_eq!(
        problems,
        [
            "A is too large for an environment variable: 11 bytes with its name, and the limit of the kernel is 10",
            "an entry without `=` is too large for an environment variable: 11 bytes with its \
             name, and the limit of the kernel is 10",
        ]
    );
}

#[test]
fn all_together_may_be_as_large_as_the_limit_and_not_one_byte_larger() {
    // Each string with its NUL and a pointer of 8 bytes; the program's path with its NUL.
    let entries = [
        sized("A", 10),
        sized("B", 40),
        sized("C", 30),
        sized("D", 20),
    ];
    let arguments = bytes(&["serve", "-v"]);
    let environment = 10 + 40 + 30 + 20 + 4 * 8;
    let rest = 6 + 3 + 2 * 8 + "/bin/serve".len() + 1;
    let fits = |total| fits(&entries, b"/bin/serve", &arguments, limits(100, total));
    assert_eq!(fits(environment + rest), Ok(()));
    let problems = fits(environment + rest - 1).unwrap_err();
    let [problem] = problems.as_slice() else {
        panic!("{problems:?}");
    };
    assert_eq!(
        problem.to_string(),
        "the environment is too large: 132 bytes of environment and 36 of arguments, and the limit of the kernel is 167 in total (largest: B 40, C 30, D 20)"
    );
}

#[test]
fn names_of_the_same_size_are_reported_in_order() {
    let entries = [sized("C", 9), sized("B", 9), sized("D", 9), sized("A", 9)];
    let limits = limits(100, 0);
    let problems = fits(&entries, b"", &[], limits).unwrap_err();
    let TooLarge::Total { largest, .. } = &problems[0] else {
        panic!("{problems:?}");
    };
    let largest: Vec<&str> = largest.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(largest, ["A", "B", "C"]);
}

#[test]
fn no_message_about_size_holds_a_value() {
    let entries = bytes(&["A=HUNTER2", "HUNTER2 without a name"]);
    for limits in [limits(1, 1), limits(100, 1)] {
        for problem in fits(&entries, b"", &[], limits).unwrap_err() {
            assert!(!format!("{problem} {problem:?}").contains("HUNTER2"));
        }
    }
}

#[test]
fn every_size_problem_has_its_hint() {
    let entry = TooLarge::Entry {
        name: String::new(),
        size: 0,
        limit: 0,
    };
    let total = TooLarge::Total {
        environment: 0,
        arguments: 0,
        limit: 0,
        origin: "set by this test",
        largest: Vec::new(),
    };
    assert!(entry.hint().contains("32 pages"));
    let start = "the limit is set by this test: choose fewer parameters";
    assert!(total.hint().starts_with(start), "{}", total.hint());
}

/// Entries of few names, well-formed or not, with a number that tells them apart.
fn inherited() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let entry = prop_oneof![
        4 => ("[ABC]", 0..3).prop_map(|(name, n)| format!("{name}={n}").into_bytes()),
        1 => "[ABCa]{0,2}".prop_map(String::into_bytes),
        1 => "=?[ABC]{0,2}=[0-9=]{0,2}".prop_map(String::into_bytes),
        1 => proptest::collection::vec(1..=255_u8, 0..4),
    ];
    proptest::collection::vec(entry, 0..12)
}

proptest! {
    #[test]
    fn the_merged_environment_is_what_a_naive_model_says(
        inherited in inherited(),
        secrets in proptest::collection::btree_set("[ABD]", 0..4),
        unset in proptest::sample::subsequence(vec!["A", "B"], 0..=2),
        keep in proptest::option::of(proptest::sample::subsequence(vec!["A", "C"], 0..=2)),
        preserve in prop_oneof![
            Just(None),
            proptest::sample::subsequence(vec!["A", "B", "C", "D"], 0..=4).prop_map(Some),
        ],
        preserve_all: bool,
    ) {
        let policy = Policy {
            inherit: keep.as_ref().map_or(Inherit::All, |keep| Inherit::Only(globs(keep))),
            unset: globs(&unset),
            preserve: match &preserve {
                _ if preserve_all => Preserve::All,
                None => Preserve::Nothing,
                Some(names) => Preserve::Matching(globs(names)),
            },
        };
        let secret = Secret::new("secret".to_owned());
        let names: Vec<VarName> = secrets.iter().map(|n| VarName::parse(n).unwrap()).collect();
        let given = names.iter().map(|name| (name, &secret)).collect();
        let result = merge(inherited.clone(), &given, &policy);

        // The model: first who is inherited, then who wins, then one entry for each secret that
        // does.
        let name = |entry: &Vec<u8>| {
            let text = String::from_utf8_lossy(entry).into_owned();
            text.split_once('=').map(|(name, _)| name.to_owned())
        };
        let is_among = |name: &Option<String>, names: &[&str]| {
            name.as_deref().is_some_and(|name| names.contains(&name))
        };
        let survivors: Vec<&Vec<u8>> = inherited
            .iter()
            .filter(|entry| !is_among(&name(entry), &unset))
            .filter(|entry| keep.as_ref().is_none_or(|keep| is_among(&name(entry), keep)))
            .collect();
        let preserved = |name: &str| {
            preserve_all || preserve.as_ref().is_some_and(|names| names.contains(&name))
        };
        let winners: Vec<&String> = secrets
            .iter()
            .filter(|secret| {
                let inherited = survivors.iter().any(|entry| name(entry).as_ref() == Some(secret));
                !(inherited && preserved(secret))
            })
            .collect();
        let loses = |entry: &Vec<u8>| name(entry).is_some_and(|name| winners.contains(&&name));
        let untouched: Vec<Vec<u8>> =
            survivors.iter().filter(|entry| !loses(entry)).map(|&entry| entry.clone()).collect();

        let (ours, theirs): (Vec<Vec<u8>>, Vec<Vec<u8>>) =
            result.entries.iter().cloned().partition(|entry| entry.ends_with(b"=secret"));
        prop_assert_eq!(&theirs, &untouched, "untouched entries, in order");
        let mut ours = text(&ours);
        ours.sort();
        let expected: Vec<String> = winners.iter().map(|name| format!("{name}=secret")).collect();
        prop_assert_eq!(ours, expected, "each secret that wins, once");

        // Where each stands: at the place of its first, or sorted at the end.
        let mut expected: Vec<Vec<u8>> = Vec::new();
        for entry in survivors {
            let name = name(entry).filter(|_| loses(entry));
            let entry = name.map_or(entry.clone(), |name| format!("{name}=secret").into_bytes());
            let again = entry.ends_with(b"=secret") && expected.contains(&entry);
            if !again {
                expected.push(entry);
            }
        }
        for name in &winners {
            let entry = format!("{name}=secret").into_bytes();
            if !expected.contains(&entry) {
                expected.push(entry);
            }
        }
        prop_assert_eq!(result.entries, expected);
    }
}
