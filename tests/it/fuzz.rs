//! Answers that no story foresaw: made at random, or right ones with something done to them.
//!
//! Whatever comes, the launcher ends by its deadline with a code that is documented, prints nothing
//! of the values, and starts the program only if the answer as a whole was right, with exactly what
//! was in it. What is right is judged here by other means: by how the answer was made, and with a
//! JSON reader of its own.
//!
//! By default a run is short, and the same each time. A longer one begins with a seed of
//! its own, and prints it with each failure, which can thus be seen again:
//!
//! ```sh
//! ENVSECRETS_TEST_FUZZ_CASES=20000 cargo test --test it -- fuzz::
//! ENVSECRETS_TEST_FUZZ_CASES=20000 ENVSECRETS_TEST_FUZZ_SEED=1234 cargo test --test it -- fuzz::
//! ```
//!
//! Twenty thousand cases take about ten minutes, of Parameter Store and of the other stores each.

mod answer;
mod json;
mod stores;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};

use crate::support::wire::{Then, Wire};
use crate::support::{Directory, Ended, each, leak, offline};
use answer::{Answer, Question};
use json::Json;

/// How many answers are tried, unless `ENVSECRETS_TEST_FUZZ_CASES` is set.
const CASES: u64 = 240;
/// More threads than processors: launchers mostly wait.
const THREADS: u64 = 8;
/// Most answers need none of this; those after which the launcher waits for more need all.
const TIMEOUT: Duration = Duration::from_millis(400);
/// Beyond its deadline a launcher may need this, on a machine that has much else to do.
const SLACK: Duration = Duration::from_secs(10);

/// What the launcher is to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// One page below a path.
    Path,
    /// A right page below a path, and this one as the second.
    SecondPage,
    /// Two parameters by name.
    Names,
}

/// A right first page, for [`Way::SecondPage`].
const FIRST_PAGE: &str = r#"{"Parameters":[{"Name":"/prd/app/first","Type":"SecureString","Value":"s3ntinel-plaintext-first","Version":1}],"NextToken":"second"}"#;

impl Way {
    fn options(self) -> &'static [&'static str] {
        match self {
            Self::Path | Self::SecondPage => &["--path", "/prd/app"],
            Self::Names => &["--secret", "A=/prd/app/a", "--secret", "B=/prd/app/b"],
        }
    }
}

/// Runs a launcher that gets this answer to each of its requests.
fn launch(directory: &Directory, way: Way, answer: &Answer, timeout: Duration) -> Ended {
    let bytes = answer.bytes();
    let then = answer.then;
    let first_page = Answer::right(FIRST_PAGE.into()).bytes();
    let wire = Wire::start(move |request| {
        if way == Way::SecondPage && !request.contains("\"NextToken\"") {
            return (first_page.clone(), Then::Stay);
        }
        (bytes.clone(), then)
    });
    let timeout = format!("{}ms", timeout.as_millis());
    let program = ["--timeout", &timeout, "--clean-env", "--", "env", "-0"];
    offline(directory, &[way.options(), &program].concat())
        .env("AWS_ENDPOINT_URL_SSM", wire.url())
        .env("AWS_ACCESS_KEY_ID", "AKIDENVSECRETSTEST01")
        .env("AWS_SECRET_ACCESS_KEY", "x")
        .env("AWS_REGION", "us-east-1")
        .run()
}

/// The variables that a program got, if one was started.
fn started(ended: &Ended) -> Option<BTreeMap<String, String>> {
    if ended.code != Some(0) {
        return None;
    }
    let text = ended.text();
    let entries = text.split_terminator('\0');
    let pairs = entries.map(|entry| entry.split_once('=').expect("env prints NAME=VALUE"));
    Some(
        pairs
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
    )
}

/// What a program may get if it is started at all: `None` if the answer is not right.
fn permitted(way: Way, answer: &Answer) -> Option<BTreeMap<String, String>> {
    let body = answer.body_that_arrives()?;
    let mut parameters = match way {
        Way::SecondPage => page(FIRST_PAGE.as_bytes())?.0,
        Way::Path | Way::Names => BTreeMap::new(),
    };
    let (more, token) = page(&body)?;
    for (name, value) in more {
        // The same parameter twice, with different values, is no answer.
        if parameters
            .insert(name, value.clone())
            .is_some_and(|known| known != value)
        {
            return None;
        }
    }
    match way {
        Way::Path | Way::SecondPage => {
            // A client that follows this token gets this page, and this token, again.
            if token.is_some_and(|token| !token.is_empty()) {
                return None;
            }
            let mut variables = BTreeMap::new();
            for (name, value) in parameters {
                let relative = name.strip_prefix("/prd/app/")?;
                let name = relative.to_ascii_uppercase();
                let name = name.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
                let is_new = variables.insert(name, value).is_none();
                if !is_new {
                    return None;
                }
            }
            Some(variables)
        }
        Way::Names => {
            let mut take = |name: &str| {
                let slashed = parameters.remove(&format!("/{name}"));
                let bare = parameters.remove(name);
                slashed.or(bare)
            };
            let (a, b) = (take("prd/app/a")?, take("prd/app/b")?);
            parameters
                .is_empty()
                .then(|| [("A".to_owned(), a), ("B".to_owned(), b)].into())
        }
    }
}

/// The parameters of a page, and its token.
fn page(body: &[u8]) -> Option<(BTreeMap<String, String>, Option<String>)> {
    let body = Json::read(body)?;
    let mut parameters = BTreeMap::new();
    let Json::List(list) = body.field("Parameters")? else {
        return None;
    };
    for parameter in list {
        let name = parameter.field("Name")?.text()?.to_owned();
        let value = parameter.field("Value")?.text()?.to_owned();
        if value.contains('\0') {
            return None;
        }
        if parameters
            .insert(name, value.clone())
            .is_some_and(|known| known != value)
        {
            return None;
        }
    }
    let token = match body.field("NextToken") {
        None | Some(Json::Null) => None,
        Some(token) => Some(token.text()?.to_owned()),
    };
    Some((parameters, token))
}

/// Whether what was done to an answer has put a value where a name, a token or a message stands.
/// Those are printed.
fn values_are_elsewhere(answer: &Answer) -> bool {
    fn elsewhere(value: &Json) -> bool {
        let leaks = |text: &Option<String>| {
            let text = text.as_deref().unwrap_or_default();
            leak(text.as_bytes()).is_some()
        };
        match value {
            Json::Object(fields) => fields.iter().any(|(name, value)| {
                leaks(name) || (name.as_deref() != Some("Value") && elsewhere(value))
            }),
            Json::List(list) => list.iter().any(elsewhere),
            Json::Text(text) => leaks(text),
            Json::Null | Json::Plain => false,
        }
    }
    Json::read(&answer.body).is_some_and(|body| elsewhere(&body))
}

/// How a launch may end that starts no program: as the manual lists.
const CODES: [i32; 6] = [64, 65, 66, 70, 75, 77];

fn judge(way: Way, answer: &Answer, ended: &Ended) -> Result<(), String> {
    if leak(ended.stderr.as_bytes()).is_some() && !values_are_elsewhere(answer) {
        return Err("a value was printed".to_owned());
    }
    if ended.took > TIMEOUT + SLACK {
        return Err("it did not end in time".to_owned());
    }
    match started(ended) {
        Some(got) => match permitted(way, answer) {
            Some(permitted) if permitted == got => Ok(()),
            permitted => Err(format!("the program got {got:?}, and not {permitted:?}")),
        },
        None if !ended.stdout.is_empty() => Err("something was printed on stdout".to_owned()),
        None => match ended.code {
            Some(code) if CODES.contains(&code) => Ok(()),
            _ => Err("it ended in a way that is not documented".to_owned()),
        },
    }
}

fn number_from(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{variable} is no number")),
    )
}

/// Tries cases; `attempt` runs one, and returns whether a program was started. One of so many must be.
fn try_all<S: Strategy>(
    strategy: impl Fn() -> S + Sync,
    at_least_one_of: u64,
    attempt: impl Fn(&Directory, S::Value) -> Result<bool, String> + Sync,
) {
    let requested = number_from("ENVSECRETS_TEST_FUZZ_CASES");
    let cases = requested.unwrap_or(CASES);
    let seed = number_from("ENVSECRETS_TEST_FUZZ_SEED")
        .or_else(|| requested.map(|_| any_seed()))
        .unwrap_or_default();
    let whole = AtomicU64::new(0);
    let threads: Vec<u64> = (0..THREADS).collect();
    each(&threads, |thread| {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        bytes[8..16].copy_from_slice(&thread.to_le_bytes());
        let config = Config {
            cases: u32::try_from(cases.div_ceil(THREADS)).unwrap(),
            max_shrink_iters: 300,
            failure_persistence: None,
            ..Config::default()
        };
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let mut runner = TestRunner::new_with_rng(config, rng);
        let directory = Directory::new();
        let outcome = runner.run(&strategy(), |case| {
            let is_started = attempt(&directory, case).map_err(TestCaseError::fail)?;
            whole.fetch_add(is_started.into(), Ordering::Relaxed);
            Ok(())
        });
        if let Err(error) = outcome {
            panic!("ENVSECRETS_TEST_FUZZ_SEED={seed} ENVSECRETS_TEST_FUZZ_CASES={cases}: {error}");
        }
    });
    // If hardly any answer were right, nothing would be known about those that nearly are.
    let whole = whole.into_inner();
    let enough = whole >= cases / at_least_one_of;
    assert!(enough, "{whole} of {cases} launches started");
}

#[test]
fn no_answer_makes_it_hang_or_talk_or_start_with_half() {
    try_all(
        answer::questions,
        40,
        |directory, Question { way, answer }| {
            let ended = launch(directory, way, &answer, TIMEOUT);
            judge(way, &answer, &ended).map_err(|why| format!("{why}: {ended:?}"))?;
            Ok(started(&ended).is_some())
        },
    );
}

fn any_seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(0) % 1_000_000_000
}

#[test]
fn an_answer_to_which_nothing_was_done_starts_the_program() {
    let directory = Directory::new();
    for answer in answer::right_ones() {
        for way in [Way::Path, Way::SecondPage, Way::Names] {
            let ended = launch(&directory, way, &answer, Duration::from_secs(20));
            let got = started(&ended);
            assert!(got.is_some(), "{way:?} {answer:?}: {ended:?}");
            assert_eq!(got, permitted(way, &answer), "{way:?} {answer:?}");
        }
    }
}

#[test]
fn an_answer_of_which_any_one_byte_is_missing_starts_nothing() {
    // Every place where a connection can end. As many as this are no work for random choice.
    let right = answer::right_ones().remove(0);
    let length = right.bytes().len();
    let cuts: Vec<usize> = (0..length)
        .step_by(length.div_ceil(120))
        .chain([length - 1])
        .collect();
    each(&cuts, |&cut| {
        let answer = Answer {
            cut: Some(cut),
            ..right.clone()
        };
        let directory = Directory::new();
        let ended = launch(&directory, Way::Path, &answer, TIMEOUT);
        assert_eq!(started(&ended), None, "{cut} of {length}: {ended:?}");
        judge(Way::Path, &answer, &ended).unwrap();
    });
}
