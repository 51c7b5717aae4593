//! Pages put together: whole sets, or none.

use std::collections::HashSet;

use super::*;
use crate::secret::Secret;
use proptest::prelude::*;

fn parameter(name: &str, value: &str) -> Parameter {
    Parameter {
        name: name.to_owned(),
        value: Secret::new(value.to_owned()),
        version: 1,
        kind: "String".into(),
        modified: None,
        arn: None,
        ..Parameter::default()
    }
}

/// A page of parameters, and the token of the next one.
fn page(names: &[&str], next_token: Option<&str>) -> Page {
    Page {
        parameters: names.iter().map(|name| Ok(parameter(name, "v"))).collect(),
        next_token: next_token.map(str::to_owned),
    }
}

fn request(token: &str) -> Result<Next, InvalidResponse> {
    let token = token.to_owned();
    Ok(Next::Request { token })
}

fn names(pages: Pages) -> Vec<String> {
    let parameters = pages.into_parameters().into_iter();
    parameters.map(|parameter| parameter.name).collect()
}

/// What the last page of these gives.
fn outcome(path: &str, all: Vec<Page>) -> Result<Next, InvalidResponse> {
    let mut pages = Pages::new(path);
    let mut last = Ok(Next::Done);
    for page in all {
        assert!(last.is_ok(), "error before the last page: {last:?}");
        last = pages.take(page);
    }
    last
}

#[test]
fn pages_are_requested_until_there_is_no_token_and_sorted_by_name() {
    let mut pages = Pages::new("/app");
    assert_eq!(pages.take(page(&["/app/b"], Some("1"))), request("1"));
    assert_eq!(
        pages.take(page(&["/app/c", "/app/a/x"], Some("2"))),
        request("2")
    );
    assert_eq!(pages.take(page(&["/app/a"], None)), Ok(Next::Done));
    assert_eq!(names(pages), ["/app/a", "/app/a/x", "/app/b", "/app/c"]);
}

#[test]
fn an_empty_token_is_no_token() {
    assert_eq!(
        outcome("/app", vec![page(&["/app/a"], Some(""))]),
        Ok(Next::Done)
    );
}

#[test]
fn nothing_at_all_is_an_empty_set() {
    let mut pages = Pages::new("/app");
    assert_eq!(pages.take(page(&[], None)), Ok(Next::Done));
    assert_eq!(names(pages), [""; 0]);
}

#[test]
fn an_empty_page_with_a_token_is_not_the_end() {
    let mut pages = Pages::new("/app");
    assert_eq!(pages.take(page(&[], Some("1"))), request("1"));
    assert_eq!(pages.take(page(&["/app/a"], None)), Ok(Next::Done));
    assert_eq!(names(pages), ["/app/a"]);
}

#[test]
fn below_the_root_is_everything_with_or_without_a_slash() {
    let mut pages = Pages::new("/");
    let answer = page(&["/app/a", "flat", "/b"], None);
    assert_eq!(pages.take(answer), Ok(Next::Done));
    assert_eq!(names(pages), ["/app/a", "/b", "flat"]);
}

#[test]
fn a_parameter_that_is_not_below_the_path_is_invalid() {
    for name in [
        "/app2/x",
        "/ap/x",
        "/app",
        "app/x",
        "/other/app/x",
        "/APP/x",
    ] {
        let name_of_it = name.to_owned();
        assert_eq!(
            outcome("/app", vec![page(&["/app/a", name], None)]),
            Err(InvalidResponse::Outside { name: name_of_it }),
            "{name}"
        );
    }
}

#[test]
fn a_token_that_comes_again_is_invalid_at_once_or_in_a_circle() {
    for tokens in [["1", "1"].as_slice(), &["1", "2", "1"], &["1", "2", "2"]] {
        let pages = tokens.iter().map(|token| page(&["/app/a"], Some(token)));
        assert_eq!(
            outcome("/app", pages.collect()),
            Err(InvalidResponse::Endless(Endless::RepeatedToken)),
            "{tokens:?}"
        );
    }
}

#[test]
fn a_thousand_empty_pages_in_a_row_are_not_believed() {
    let empty = |count: usize| (0..count).map(|token| page(&[], Some(&token.to_string())));
    assert_eq!(outcome("/app", empty(999).collect()), request("998"));
    assert_eq!(
        outcome("/app", empty(1000).collect()),
        Err(InvalidResponse::Endless(Endless::EmptyPages))
    );
    let end = std::iter::once(page(&[], None));
    assert_eq!(
        outcome("/app", empty(999).chain(end).collect()),
        Ok(Next::Done)
    );
    let full = std::iter::once(page(&["/app/a"], Some("full")));
    let more = (0..999).map(|token| page(&[], Some(&format!("more {token}"))));
    assert_eq!(
        outcome("/app", empty(999).chain(full).chain(more).collect()),
        request("more 998")
    );
}

#[test]
fn the_same_parameter_twice_is_one_unless_the_values_differ() {
    let with = |value: &str, next_token: Option<&str>| Page {
        parameters: vec![Ok(parameter("/app/a", value))],
        next_token: next_token.map(str::to_owned),
    };
    let mut pages = Pages::new("/app");
    assert_eq!(pages.take(with("v", Some("1"))), request("1"));
    assert_eq!(pages.take(with("v", None)), Ok(Next::Done));
    assert_eq!(pages.into_parameters().len(), 1);

    let name = "/app/a".to_owned();
    assert_eq!(
        outcome("/app", vec![with("v", Some("1")), with("w", None)]),
        Err(InvalidResponse::Conflict { name })
    );
}

#[test]
fn a_parameter_without_a_name_or_a_value_is_invalid() {
    let name = "/app/a".to_owned();
    for (incomplete, invalid) in [
        (InvalidResponse::NoName, InvalidResponse::NoName),
        (
            InvalidResponse::NoValue { name: name.clone() },
            InvalidResponse::NoValue { name },
        ),
    ] {
        let broken = Page {
            parameters: vec![Ok(parameter("/app/b", "v")), Err(incomplete)],
            next_token: None,
        };
        assert_eq!(outcome("/app", vec![broken]), Err(invalid));
    }
}

#[test]
fn an_invalid_response_is_described_without_values() {
    let name = || "/app/a".to_owned();
    for (invalid, text) in [
        (InvalidResponse::NoName, "a parameter without a name"),
        (
            InvalidResponse::NoValue { name: name() },
            "parameter `/app/a` without a value",
        ),
        (
            InvalidResponse::Conflict { name: name() },
            "parameter `/app/a` twice, with different values",
        ),
        (
            InvalidResponse::Outside { name: name() },
            "parameter `/app/a`, which is not below the path",
        ),
        (
            InvalidResponse::Endless(Endless::RepeatedToken),
            "the same page token a second time, so that the set would never be complete",
        ),
        (
            InvalidResponse::Endless(Endless::EmptyPages),
            "1000 empty pages in a row",
        ),
        (
            InvalidResponse::Unrequested { name: name() },
            "parameter `/app/a`, which was not requested",
        ),
        (
            InvalidResponse::Unanswered { name: name() },
            "neither a value nor an error for `/app/a`",
        ),
        (InvalidResponse::NoList, "no list of parameters"),
    ] {
        assert_eq!(invalid.to_string(), text);
    }
}

proptest! {
    /// However a set is cut into pages, with empty pages between them and parameters that come
    /// twice because they moved, it is the same set.
    #[test]
    fn any_split_into_pages_gives_the_same_set(
        set in proptest::collection::btree_map("/app/[a-c/]{1,3}", "[a-z]{0,3}", 0..20),
        places in proptest::collection::vec(
            proptest::collection::vec(any::<proptest::sample::Index>(), 1..4),
            20,
        ),
        page_count in 1..12_usize,
    ) {
        let mut contents: Vec<Vec<Parameter>> = vec![Vec::new(); page_count];
        for ((name, value), places) in set.iter().zip(&places) {
            for place in places {
                contents[place.index(page_count)].push(parameter(name, value));
            }
        }
        let mut pages = Pages::new("/app");
        for (index, parameters) in contents.into_iter().enumerate() {
            let last = index + 1 == page_count;
            let token = format!("token {index}");
            let next = pages.take(Page {
                parameters: parameters.into_iter().map(Ok).collect(),
                next_token: (!last).then(|| token.clone()),
            });
            prop_assert_eq!(next, if last { Ok(Next::Done) } else { request(&token) });
        }

        let whole: Vec<Parameter> = set.iter().map(|(name, value)| parameter(name, value)).collect();
        prop_assert_eq!(pages.into_parameters(), whole);
    }

    /// Whatever a confused service sends: in the end there is the whole set, or a reason why not.
    #[test]
    fn pages_of_any_kind_give_all_that_was_in_them_or_a_reason(
        all in proptest::collection::vec(
            (
                proptest::collection::vec(
                    prop_oneof![
                        10 => ("/app/[a-d]", "[xy]").prop_map(|(name, value)| Ok((name, value))),
                        1 => ("(/app|/app2/a|/|app/a|)", "x").prop_map(|(name, value)| Ok((name, value))),
                        1 => Just(Err(InvalidResponse::NoName)),
                        1 => "/app/[a-d]".prop_map(|name| Err(InvalidResponse::NoValue { name })),
                    ],
                    0..4,
                ),
                proptest::option::weighted(0.8, "[a-f]?"),
            ),
            1..6,
        ),
    ) {
        let mut pages = Pages::new("/app");
        let mut whole: BTreeMap<String, String> = BTreeMap::new();
        let mut tokens = HashSet::new();
        for (entries, next_token) in all {
            let mut reasons = Vec::new();
            for entry in &entries {
                match entry.clone() {
                    Err(reason) => reasons.push(reason),
                    Ok((name, _)) if !name.starts_with("/app/") => {
                        reasons.push(InvalidResponse::Outside { name });
                    }
                    Ok((name, value)) => {
                        let known = whole.entry(name.clone()).or_insert_with(|| value.clone());
                        if *known != value {
                            reasons.push(InvalidResponse::Conflict { name });
                        }
                    }
                }
            }
            let token = next_token.clone().filter(|token| !token.is_empty());
            if token.clone().is_some_and(|token| !tokens.insert(token)) {
                reasons.push(InvalidResponse::Endless(Endless::RepeatedToken));
            }
            let parameters = entries
                .into_iter()
                .map(|entry| entry.map(|(name, value)| parameter(&name, &value)))
                .collect();
            match (pages.take(Page { parameters, next_token }), reasons.into_iter().next()) {
                (Err(invalid), reason) => {
                    prop_assert_eq!(Some(invalid), reason);
                    return Ok(());
                }
                (Ok(_), Some(reason)) => prop_assert!(false, "overlooked: {reason}"),
                (Ok(Next::Request { token: next }), None) => prop_assert_eq!(Some(next), token),
                (Ok(Next::Done), None) => {
                    prop_assert_eq!(token, None);
                    let set: BTreeMap<String, String> = pages
                        .into_parameters()
                        .into_iter()
                        .map(|it| (it.name, it.value.expose().to_owned()))
                        .collect();
                    prop_assert_eq!(set, whole);
                    return Ok(());
                }
            }
        }
    }
}
