//! Single parameters: matching responses with requests.

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
        ..Parameter::default()
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
fn an_impossible_name_is_refused_before_any_call() {
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
fn responses_are_returned_in_the_order_of_the_request() {
    let arn = "arn:aws:ssm:us-east-1:123456789012:parameter/c";
    let requested = selectors(&["/b", "/a:2", "/d:live", arn]);
    let returned = vec![
        Ok(parameter("/a", 2, Some(":2"))),
        Ok(parameter("/b", 1, None)),
        Ok(parameter("/c", 1, None)),
        Ok(parameter("/d", 7, None)),
    ];
    let matched = match_response(&requested, returned, &[]).unwrap();
    let versions: Vec<(String, i64)> = matched
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
    let requested = selectors(&["flat"]);
    let matched = match_response(&requested, vec![Ok(parameter("/flat", 1, None))], &[]).unwrap();
    assert!(matched[0].1.is_some());
}

#[test]
fn no_call_requests_one_parameter_twice() {
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
fn the_length_of_a_name_counts_with_its_arn_in_its_region() {
    for (length, region, longest) in [
        (966, "us-east-1", true),
        (967, "us-east-1", false),
        (966, "us-east-2", true),
        (961, "ap-southeast-2", true),
        (962, "ap-southeast-2", false),
        (960, "cn-northwest-1", false),
        (958, "cn-northwest-1", true),
    ] {
        let name = format!("/{}", "x".repeat(length));
        assert_eq!(
            too_long(&name, region).is_none(),
            longest,
            "{length} {region}"
        );
        assert_eq!(too_long(&name, region), too_long(&name[1..], region));
    }
}

#[test]
fn missing_unanswered_and_unrequested_parameters_are_distinguished() {
    let requested = selectors(&["/a", "/b"]);
    let matched = match_response(
        &requested,
        vec![Ok(parameter("/a", 1, None))],
        &["/b".to_owned()],
    )
    .unwrap();
    assert!(matched[1].1.is_none());

    let unanswered = match_response(&requested, vec![Ok(parameter("/a", 1, None))], &[]);
    assert_eq!(
        unanswered,
        Err(InvalidResponse::Unanswered {
            name: "/b".to_owned()
        })
    );

    let other = match_response(
        &selectors(&["/a:3"]),
        vec![Ok(parameter("/a", 7, None))],
        &[],
    );
    assert_eq!(
        other,
        Err(InvalidResponse::OtherVersion {
            name: "/a:3".to_owned(),
            version: 7
        })
    );
    // Some services return no version.
    let unversioned = vec![Ok(parameter("/a", 0, None))];
    assert!(match_response(&selectors(&["/a:3"]), unversioned, &[]).is_ok());

    let returned = vec![Ok(parameter("/a", 1, None)), Ok(parameter("/c", 1, None))];
    let unrequested = match_response(&selectors(&["/a"]), returned, &[]);
    assert_eq!(
        unrequested,
        Err(InvalidResponse::Unrequested {
            name: "/c".to_owned()
        })
    );
}

#[test]
fn the_same_parameter_twice_is_one_unless_the_values_differ() {
    let requested = selectors(&["/a"]);
    let twice = |version| {
        vec![
            Ok(parameter("/a", 1, None)),
            Ok(parameter("/a", version, None)),
        ]
    };
    let matched = match_response(&requested, twice(1), &[]).unwrap();
    assert_eq!(matched.len(), 1);
    let name = "/a".to_owned();
    assert_eq!(
        match_response(&requested, twice(2), &[]),
        Err(InvalidResponse::Conflict { name })
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
fn some_response() -> impl Strategy<Value = Result<Parameter, InvalidResponse>> {
    let right = ("/?[abc]", 1..3_i64, proptest::option::of(":[12x]"))
        .prop_map(|(name, version, selector)| Ok(parameter(&name, version, selector.as_deref())));
    prop_oneof![
        12 => right,
        1 => Just(Err(InvalidResponse::NoName)),
        1 => Just(Err(InvalidResponse::NoValue { name: "/a".to_owned() })),
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
    fn every_name_is_requested_once_in_calls_that_the_service_accepts(
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
        let mut requested: Vec<Selector> = batches.into_iter().flatten().collect();
        requested.sort();
        prop_assert_eq!(requested, names);
    }

    /// Either each name has what was returned for it, or is missing and was text to be; or the
    /// answer is refused, and then something is wrong with it.
    #[test]
    fn a_response_is_matched_completely_or_not_at_all(
        requested in proptest::collection::btree_set(some_selector(), 1..5),
        returned in proptest::collection::vec(some_response(), 0..5),
        invalid in proptest::collection::vec("/?[abc](:[12x])?", 0..3),
    ) {
        let requested: Vec<Selector> = requested.into_iter().collect();
        let requested = batches(&requested, 10).remove(0);
        let whole: Option<Vec<Parameter>> = returned.iter().cloned().map(Result::ok).collect();
        match (match_response(&requested, returned, &invalid), whole) {
            (Ok(_), None) => prop_assert!(false, "something without a name or a value"),
            (Ok(matched), Some(parameters)) => {
                let names: Vec<&Selector> = matched.iter().map(|(name, _)| name).collect();
                prop_assert_eq!(names, requested.iter().collect::<Vec<_>>());
                for (name, found) in &matched {
                    match found {
                        Some(found) => {
                            prop_assert!(name.selects(found) && parameters.contains(found));
                        }
                        None => {
                            let text = [name.to_string(), name.base.clone()];
                            prop_assert!(text.iter().any(|text| invalid.contains(text)));
                        }
                    }
                }
                let used: Vec<&Parameter> =
                    matched.iter().filter_map(|(_, found)| found.as_ref()).collect();
                for parameter in &parameters {
                    let known = used.iter().any(|used| used.value == parameter.value);
                    prop_assert!(known, "`{}` is lost", parameter.name);
                }
            }
            (Err(InvalidResponse::NoName | InvalidResponse::NoValue { .. }), whole) => {
                prop_assert!(whole.is_none());
            }
            (Err(InvalidResponse::Unanswered { name }), Some(parameters)) => {
                let selector = Selector::parse(&name).unwrap();
                prop_assert!(!invalid.contains(&name));
                prop_assert!(!parameters.iter().any(|it| selector.selects(it)));
            }
            (Err(InvalidResponse::OtherVersion { name, version }), Some(parameters)) => {
                let selector = Selector::parse(&name).unwrap();
                prop_assert!(!invalid.contains(&name));
                prop_assert!(selector.suffix != Some(version.to_string()));
                prop_assert!(parameters.iter().any(|it| it.version == version));
                prop_assert!(!parameters.iter().any(|it| selector.selects(it)));
            }
            (Err(InvalidResponse::Unrequested { name }), Some(parameters)) => {
                let stray = |it: &Parameter| {
                    it.name == name && !requested.iter().any(|selector| selector.selects(it))
                };
                prop_assert!(parameters.iter().any(stray), "{name}");
            }
            (Err(InvalidResponse::Conflict { name }), Some(parameters)) => {
                let namesakes = parameters.iter().filter(|it| bare(&it.name) == bare(&name));
                prop_assert!(namesakes.count() > 1, "{name}");
            }
            (Err(other), _) => prop_assert!(false, "{other}"),
        }
    }
}
