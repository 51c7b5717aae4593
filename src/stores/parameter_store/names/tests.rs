//! Single parameters: what is asked, and what that was an answer to.

use super::*;
use crate::secret::Secret;
use proptest::prelude::*;

fn parameter(name: &str, version: i64, selector: Option<&str>) -> Parameter {
    Parameter {
        name: name.to_owned(),
        value: Secret::new(format!("value of {name} {version}")),
        version,
        kind: "SecureString".into(),
        modified: None,
        arn: Some(format!(
            "arn:aws:ssm:us-east-1:123456789012:parameter/{}",
            name.trim_start_matches('/')
        )),
        selector: selector.map(str::to_owned),
    }
}

fn selectors(texts: &[&str]) -> Vec<Selector> {
    texts
        .iter()
        .map(|text| Selector::parse(text).unwrap())
        .collect()
}

#[test]
fn names_versions_labels_and_arns_are_selectors() {
    for (text, base, suffix) in [
        ("/prd/app/db", "/prd/app/db", None),
        ("prd.some.property", "prd.some.property", None),
        ("/prd/app/db:3", "/prd/app/db", Some("3")),
        ("/prd/app/db:live", "/prd/app/db", Some("live")),
        (
            "arn:aws-cn:ssm:cn-north-1:123456789012:parameter/prd/db",
            "arn:aws-cn:ssm:cn-north-1:123456789012:parameter/prd/db",
            None,
        ),
        (
            "arn:aws:ssm:us-east-1:123456789012:parameter/prd/db:live",
            "arn:aws:ssm:us-east-1:123456789012:parameter/prd/db",
            Some("live"),
        ),
    ] {
        let selector = Selector::parse(text).unwrap();
        assert_eq!(selector.base, base, "{text}");
        assert_eq!(selector.suffix.as_deref(), suffix, "{text}");
        assert_eq!(selector.to_string(), text);
    }
}

#[test]
fn what_no_parameter_can_be_called_is_refused_before_any_call() {
    for text in [
        "",
        "/",
        "//",
        "//:1",
        "/a b",
        "/a:",
        "/a*",
        "arn:aws:ssm:us-east-1:123456789012:document/x",
        "arn:aws:s3:::bucket",
        "arn:aws:ssm:us-east-1",
    ] {
        assert!(Selector::parse(text).is_err(), "{text}");
    }
}

#[test]
fn answers_are_put_back_into_the_order_of_the_questions() {
    let arn = "arn:aws:ssm:us-east-1:123456789012:parameter/c";
    let asked = selectors(&["/b", "/a:2", "/d:live", arn]);
    let answered = vec![
        Ok(parameter("/a", 2, Some(":2"))),
        Ok(parameter("/b", 1, None)),
        Ok(parameter("/c", 1, None)),
        Ok(parameter("/d", 7, None)),
    ];
    let sorted = sort_answer(&asked, answered, &[]).unwrap();
    let versions: Vec<(String, i64)> = sorted
        .iter()
        .map(|(selector, found)| (selector.to_string(), found.as_ref().unwrap().version))
        .collect();
    let expected = [("/b", 1), ("/a:2", 2), ("/d:live", 7), (arn, 1)];
    assert_eq!(
        versions,
        expected.map(|(name, version)| (name.to_owned(), version))
    );
}

#[test]
fn a_leading_slash_makes_no_other_root_parameter() {
    let asked = selectors(&["flat"]);
    let sorted = sort_answer(&asked, vec![Ok(parameter("/flat", 1, None))], &[]).unwrap();
    assert!(sorted[0].1.is_some());
}

#[test]
fn no_call_asks_for_one_parameter_twice() {
    let names = selectors(&[
        "/a",
        "/a:1",
        "/b",
        "/c",
        "arn:aws:ssm:us-east-1:123456789012:parameter/a:live",
        "/a:live",
        "flat",
        "/flat",
    ]);
    let batches: Vec<Vec<String>> = batches(&names, 3)
        .iter()
        .map(|batch| batch.iter().map(Selector::to_string).collect())
        .collect();
    assert_eq!(
        batches,
        [
            vec!["/a", "/b", "/c"],
            vec!["/a:1", "flat"],
            vec![
                "arn:aws:ssm:us-east-1:123456789012:parameter/a:live",
                "/flat"
            ],
            vec!["/a:live"],
        ]
    );
}

#[test]
fn missing_ones_are_told_from_unanswered_and_unasked_ones() {
    let asked = selectors(&["/a", "/b"]);
    let sorted = sort_answer(
        &asked,
        vec![Ok(parameter("/a", 1, None))],
        &["/b".to_owned()],
    )
    .unwrap();
    assert!(sorted[1].1.is_none());

    let unanswered = sort_answer(&asked, vec![Ok(parameter("/a", 1, None))], &[]);
    assert_eq!(
        unanswered,
        Err(Nonsense::Unanswered {
            name: "/b".to_owned()
        })
    );

    let answered = vec![Ok(parameter("/a", 1, None)), Ok(parameter("/c", 1, None))];
    let unasked = sort_answer(&selectors(&["/a"]), answered, &[]);
    assert_eq!(
        unasked,
        Err(Nonsense::Unasked {
            name: "/c".to_owned()
        })
    );
}

#[test]
fn the_same_parameter_twice_is_one_unless_the_values_differ() {
    let asked = selectors(&["/a"]);
    let twice = |version| {
        vec![
            Ok(parameter("/a", 1, None)),
            Ok(parameter("/a", version, None)),
        ]
    };
    let sorted = sort_answer(&asked, twice(1), &[]).unwrap();
    assert_eq!(sorted.len(), 1);
    let name = "/a".to_owned();
    assert_eq!(
        sort_answer(&asked, twice(2), &[]),
        Err(Nonsense::Conflict { name })
    );
}

/// Few names in all their forms, so that many of them mean the same parameter.
fn some_selector() -> impl Strategy<Value = Selector> {
    let name = "(/|arn:aws:ssm:us-east-1:123456789012:parameter/)?[ab]";
    (name, proptest::option::of("[12x]")).prop_map(|(name, suffix)| {
        let text = suffix.map_or(name.clone(), |suffix| format!("{name}:{suffix}"));
        Selector::parse(&text).unwrap()
    })
}

/// An answer from a service that may be confused.
fn some_answer() -> impl Strategy<Value = Result<Parameter, Incomplete>> {
    let right = ("/?[abc]", 1..3_i64, proptest::option::of(":[12x]"))
        .prop_map(|(name, version, selector)| Ok(parameter(&name, version, selector.as_deref())));
    prop_oneof![
        12 => right,
        1 => Just(Err(Incomplete::NoName)),
        1 => Just(Err(Incomplete::NoValue { name: "/a".to_owned() })),
    ]
}

proptest! {
    #[test]
    fn a_selector_reads_back_as_it_was_written_or_is_refused(
        text in prop_oneof![
            any::<String>(),
            "(arn:(aws|):(ssm|s3):[a-z]{0,2}:[0-9]{0,2}:(parameter|document)?)?[a-b/:.*]{0,6}",
        ],
    ) {
        if let Ok(selector) = Selector::parse(&text) {
            prop_assert_eq!(selector.to_string(), text.clone());
            prop_assert!(valid_name(selector.name()).is_ok(), "{text}");
        }
    }

    #[test]
    fn every_name_is_asked_for_once_in_calls_that_the_service_takes(
        names in proptest::collection::btree_set(some_selector(), 0..20),
        size in 1..5_usize,
    ) {
        let names: Vec<Selector> = names.into_iter().collect();
        let batches = batches(&names, size);
        for batch in &batches {
            prop_assert!((1..=size).contains(&batch.len()));
            let distinct: std::collections::BTreeSet<&str> =
                batch.iter().map(Selector::name).collect();
            prop_assert_eq!(distinct.len(), batch.len());
        }
        let mut asked: Vec<Selector> = batches.into_iter().flatten().collect();
        asked.sort();
        prop_assert_eq!(asked, names);
    }

    /// Either each name has what was answered for it, or is missing and was said to be; or the
    /// answer is refused, and then something is wrong with it.
    #[test]
    fn an_answer_is_put_to_its_questions_whole_or_not_at_all(
        asked in proptest::collection::btree_set(some_selector(), 1..5),
        answered in proptest::collection::vec(some_answer(), 0..5),
        invalid in proptest::collection::vec("/?[abc](:[12x])?", 0..3),
    ) {
        let asked: Vec<Selector> = asked.into_iter().collect();
        let asked = batches(&asked, 10).remove(0);
        let whole: Option<Vec<Parameter>> = answered.iter().cloned().map(Result::ok).collect();
        match (sort_answer(&asked, answered, &invalid), whole) {
            (Ok(_), None) => prop_assert!(false, "something without a name or a value"),
            (Ok(sorted), Some(parameters)) => {
                let names: Vec<&Selector> = sorted.iter().map(|(name, _)| name).collect();
                prop_assert_eq!(names, asked.iter().collect::<Vec<_>>());
                for (name, found) in &sorted {
                    match found {
                        Some(found) => {
                            prop_assert!(name.selects(found) && parameters.contains(found));
                        }
                        None => {
                            let said = [name.to_string(), name.base.clone()];
                            prop_assert!(said.iter().any(|said| invalid.contains(said)));
                        }
                    }
                }
                let used: Vec<&Parameter> =
                    sorted.iter().filter_map(|(_, found)| found.as_ref()).collect();
                for parameter in &parameters {
                    let known = used.iter().any(|used| used.value == parameter.value);
                    prop_assert!(known, "`{}` is lost", parameter.name);
                }
            }
            (Err(Nonsense::NoName | Nonsense::NoValue { .. }), whole) => {
                prop_assert!(whole.is_none());
            }
            (Err(Nonsense::Unanswered { name }), Some(parameters)) => {
                let selector = Selector::parse(&name).unwrap();
                prop_assert!(!invalid.contains(&name));
                prop_assert!(!parameters.iter().any(|it| selector.selects(it)));
            }
            (Err(Nonsense::Unasked { name }), Some(parameters)) => {
                let stray = |it: &Parameter| {
                    it.name == name && !asked.iter().any(|selector| selector.selects(it))
                };
                prop_assert!(parameters.iter().any(stray), "{name}");
            }
            (Err(Nonsense::Conflict { name }), Some(parameters)) => {
                let namesakes = parameters.iter().filter(|it| bare(&it.name) == bare(&name));
                prop_assert!(namesakes.count() > 1, "{name}");
            }
            (Err(other), _) => prop_assert!(false, "{other}"),
        }
    }
}
