//! The decisions, and the sentences about what is so.

use super::*;

/// All positions of the three labels among three versions.
fn all() -> impl Iterator<Item = Labels> {
    let places = [None, Some(1), Some(2), Some(3)];
    places.into_iter().flat_map(move |live| {
        places.into_iter().flat_map(move |pending| {
            places.into_iter().map(move |previous| Labels {
                live,
                pending,
                previous,
                newest: 3,
            })
        })
    })
}

#[test]
fn each_combination_of_labels_has_a_decision_for_each_action() {
    use Decision::{Begin, Continue, Finish, First, GiveUp, Nothing, Refuse};
    use Refusal::{Begun, Complete, NoLive, Older};
    let labels = |live, pending| Labels {
        live,
        pending,
        previous: None,
        newest: 3,
    };
    for (live, pending, rotate, resume, abandon) in [
        (
            None,
            None,
            First { newest: 3 },
            Nothing { live: None },
            Nothing { live: None },
        ),
        (
            Some(2),
            None,
            Begin {
                live: 2,
                tidy: false,
            },
            Nothing { live: Some(2) },
            Nothing { live: Some(2) },
        ),
        (
            None,
            Some(3),
            Refuse(NoLive { pending: 3 }),
            Refuse(NoLive { pending: 3 }),
            Refuse(NoLive { pending: 3 }),
        ),
        (
            Some(2),
            Some(3),
            Refuse(Begun {
                live: 2,
                pending: 3,
            }),
            Continue {
                live: 2,
                pending: 3,
            },
            GiveUp {
                live: 2,
                pending: 3,
            },
        ),
        (
            Some(3),
            Some(3),
            Begin {
                live: 3,
                tidy: true,
            },
            Finish { live: 3 },
            Refuse(Complete { live: 3 }),
        ),
        (
            Some(3),
            Some(2),
            Refuse(Older {
                live: 3,
                pending: 2,
            }),
            Refuse(Older {
                live: 3,
                pending: 2,
            }),
            Refuse(Older {
                live: 3,
                pending: 2,
            }),
        ),
    ] {
        let labels = labels(live, pending);
        assert_eq!(decide(labels, Action::Rotate), rotate, "{labels:?}");
        assert_eq!(decide(labels, Action::Resume), resume, "{labels:?}");
        assert_eq!(decide(labels, Action::Abandon), abandon, "{labels:?}");
    }
}

#[test]
fn previous_decides_nothing() {
    for labels in all() {
        for action in [Action::Rotate, Action::Resume, Action::Abandon] {
            let without = Labels {
                previous: None,
                ..labels
            };
            assert_eq!(
                decide(labels, action),
                decide(without, action),
                "{labels:?}"
            );
        }
    }
}

#[test]
fn no_decision_moves_live_backwards_or_begins_while_another_is_open() {
    for labels in all() {
        let standing = Standing {
            live: Place::of(labels.live),
            pending: Place::of(labels.pending),
            change: Change::Unknown,
        };
        match decide(labels, Action::Rotate) {
            Decision::Begin { .. } | Decision::First { .. } => {
                assert!(!standing.is_open(), "{labels:?}");
            }
            Decision::Refuse(_) => assert!(standing.is_open(), "{labels:?}"),
            other => panic!("{labels:?}: {other:?}"),
        }
        if let Decision::Continue { live, pending } = decide(labels, Action::Resume) {
            assert!(pending > live, "{labels:?}");
        }
    }
}

#[test]
fn the_state_of_the_world_is_a_sentence_and_says_what_to_run_next() {
    let resume = "`envsecrets rotate /p --resume` goes on, and `envsecrets rotate /p --abandon` \
                  gives up, each with the same options";
    let look = "`envsecrets history /p` shows where the labels are; `envsecrets rotate /p --resume` \
                goes on, and `--abandon` gives up, each with the same options";
    let anew = "no rotation is left begun: run the same command again";
    let check = "check which value is accepted; `envsecrets history /p` shows the versions";
    for (live, pending, change, text, next) in [
        (
            Place::On(7),
            Place::On(8),
            Change::Unknown,
            "`live` is version 7, `pending` is version 8; whether the change is made is unknown",
            resume,
        ),
        (
            Place::On(7),
            Place::On(8),
            Change::Made,
            "`live` is version 7, `pending` is version 8; the change is made",
            resume,
        ),
        (
            Place::On(7),
            Place::Nowhere,
            Change::Undone,
            "`live` is version 7, no version is `pending`; the change is undone",
            anew,
        ),
        (
            Place::On(7),
            Place::Nowhere,
            Change::NotMade,
            "`live` is version 7, no version is `pending`; the change is not made",
            anew,
        ),
        (
            Place::On(7),
            Place::Nowhere,
            Change::Unknown,
            "`live` is version 7, no version is `pending`; whether the change is made is unknown",
            check,
        ),
        (
            Place::On(8),
            Place::On(8),
            Change::Made,
            "`live` is version 8, `pending` is version 8; the change is made",
            anew,
        ),
        (
            Place::Either(7, 8),
            Place::On(8),
            Change::Made,
            "`live` is version 7 or 8, which is unknown, `pending` is version 8; the change is made",
            resume,
        ),
        (
            Place::On(7),
            Place::Perhaps(8),
            Change::NotMade,
            "`live` is version 7, `pending` may be version 8; the change is not made",
            look,
        ),
        (
            Place::Nowhere,
            Place::Nowhere,
            Change::NotMade,
            "no version is `live`, no version is `pending`; the change is not made",
            anew,
        ),
    ] {
        let standing = Standing {
            live,
            pending,
            change,
        };
        assert_eq!(standing.to_string(), text);
        assert_eq!(standing.next("/p"), next, "{text}");
    }
}
