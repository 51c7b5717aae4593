//! Why a function of AWS Lambda cannot start, reported to Lambda itself: who invokes it, and the console, then
//! show our message and not only an exit status.
#![forbid(unsafe_code)]

use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

/// Where its runtime API listens, as `HOST:PORT` (AWS Lambda Developer Guide, "Using the Lambda runtime
/// API").
pub const API: &str = "AWS_LAMBDA_RUNTIME_API";

/// How long each step may take: the API is on this machine.
const PATIENCE: Duration = Duration::from_secs(1);
/// As much of the answer as is read.
const ANSWER: usize = 1024;

/// Reports an initialization error. If Lambda cannot be reached, nothing more can be done: standard error has
/// the message too.
pub fn initialization_failed(api: &str, message: &str) {
    let _ = post(api, message);
}

fn post(api: &str, message: &str) -> std::io::Result<()> {
    let body = serde_json::json!({
        "errorMessage": message,
        "errorType": "Envsecrets.CannotStart",
        "stackTrace": [],
    });
    let body = body.to_string();
    let length = body.len();
    let request = format!(
        "POST /2018-06-01/runtime/init/error HTTP/1.1\r\nHost: {api}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nLambda-Runtime-Function-Error-Type: Envsecrets.CannotStart\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    );
    let Some(address) = api.to_socket_addrs()?.next() else {
        return Ok(());
    };
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(request.as_bytes())?;
    // It has arrived once it is answered, whatever the answer is.
    stream.read(&mut [0; ANSWER]).map(drop)
}
