//! A small HTTP client that shows everything, half replies included.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use parameter_store::{Server, Store};
use serde_json::Value;

pub const AUTHORIZATION: &str = "AWS4-HMAC-SHA256 Credential=AKIDTEST/20261124/eu-west-1/ssm/aws4_request, SignedHeaders=host, Signature=00";

/// As [`AUTHORIZATION`], for Secrets Manager in this region.
pub fn authorization(region: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential=AKIDTEST/20261124/{region}/secretsmanager/aws4_request, SignedHeaders=host, Signature=00"
    )
}

/// A connection that is kept.
pub struct Client<S = TcpStream> {
    pub stream: S,
}

/// A reply, as far as it came.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
    /// How the connection ended, if it ended before the reply did.
    pub end: Option<io::Result<()>>,
}

impl Reply {
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (own, value) = line.split_once(':')?;
            own.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

impl Client {
    pub fn connect(server: &Server) -> Self {
        Self::to(server.port())
    }

    /// To the server on this port.
    pub fn to(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let patience = Some(Duration::from_secs(10));
        stream.set_read_timeout(patience).unwrap();
        Self { stream }
    }
}

impl<S: Read + Write> Client<S> {
    /// Makes a call and reads what comes.
    pub fn call(&mut self, operation: &str, body: &Value) -> Reply {
        self.send(operation, body, &[("Authorization", AUTHORIZATION)]);
        self.receive()
    }

    pub fn send(&mut self, operation: &str, body: &Value, headers: &[(&str, &str)]) {
        self.send_to("AmazonSSM", operation, body, headers);
    }

    /// Sends a call to a service, by the first word of its target.
    pub fn send_to(
        &mut self,
        service: &str,
        operation: &str,
        body: &Value,
        headers: &[(&str, &str)],
    ) {
        let body = body.to_string();
        let mut request = format!(
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-amz-json-1.1\r\nX-Amz-Target: {service}.{operation}\r\nContent-Length: {}\r\n",
            body.len()
        );
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str("\r\n");
        request.push_str(&body);
        self.stream.write_all(request.as_bytes()).unwrap();
        self.stream.flush().unwrap();
    }

    /// Makes a call to Secrets Manager in a region and reads what comes.
    pub fn call_secrets(&mut self, region: &str, operation: &str, body: &Value) -> Reply {
        let authorization = authorization(region);
        let headers = [("Authorization", authorization.as_str())];
        self.send_to("secretsmanager", operation, body, &headers);
        self.receive()
    }

    pub fn receive(&mut self) -> Reply {
        let mut bytes = Vec::new();
        let end = loop {
            if is_whole(&bytes) {
                break None;
            }
            let mut chunk = [0; 4096];
            match self.stream.read(&mut chunk) {
                Ok(0) => break Some(Ok(())),
                Ok(count) => bytes.extend_from_slice(&chunk[..count]),
                Err(error) => break Some(Err(error)),
            }
        };
        let head_end = head_end(&bytes).unwrap_or(bytes.len());
        let head = String::from_utf8(bytes[..head_end].to_vec()).unwrap();
        let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
        Reply {
            status: status.unwrap_or(0),
            head,
            body: bytes[head_end..].to_vec(),
            end,
        }
    }
}

fn head_end(bytes: &[u8]) -> Option<usize> {
    let blank = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    Some(blank + 4)
}

fn is_whole(bytes: &[u8]) -> bool {
    let Some(head_end) = head_end(bytes) else {
        return false;
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).to_ascii_lowercase();
    let length = head.split("content-length: ").nth(1);
    let length = length.and_then(|rest| rest.lines().next()?.parse::<usize>().ok());
    length.is_some_and(|length| bytes.len() >= head_end + length)
}

/// Makes one call by a connection of its own.
pub fn call(server: &Server, operation: &str, body: Value) -> Reply {
    Client::connect(server).call(operation, &body)
}

/// Makes one call that must succeed, to a server of its own.
#[track_caller]
pub fn ok(store: &Store, operation: &str, body: Value) -> Value {
    let server = Server::start(store).unwrap();
    let reply = call(&server, operation, body);
    assert_eq!(reply.status, 200, "{}", reply.json());
    reply.json()
}

/// Makes one call that must be refused, and returns the error's code.
#[track_caller]
pub fn refused(store: &Store, operation: &str, body: Value) -> String {
    let server = Server::start(store).unwrap();
    let reply = call(&server, operation, body);
    assert_eq!(reply.status, 400);
    assert!(reply.header("x-amzn-requestid").is_some());
    reply.json()["__type"].as_str().unwrap().to_owned()
}

/// Reports that a story is skipped for what it needs or, where nothing may be skipped, fails.
#[track_caller]
pub fn skip(story: &str, needs: &str) {
    assert!(
        std::env::var_os("ENVSECRETS_TEST_NOTHING_SKIPPED").is_none(),
        "{story} needs {needs}"
    );
    // Written past the test harness, which hides what passing tests print.
    let line = format!("skipped: {story}: needs {needs}\n");
    let _ = io::stderr().write_all(line.as_bytes());
}

/// Whether a program is on our PATH. If not, the story is skipped.
pub fn can(story: &str, needs: &str, program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).any(|directory| directory.join(program).is_file());
    if !found {
        skip(story, needs);
    }
    found
}

/// The names in a reply, in its order.
pub fn names(reply: &Value) -> Vec<&str> {
    let list = reply["Parameters"].as_array().unwrap();
    list.iter()
        .map(|parameter| parameter["Name"].as_str().unwrap())
        .collect()
}

/// Follows a listing to its end: the names, and how many pages there were.
pub fn list(store: &Store, operation: &str, mut body: Value) -> (Vec<String>, usize) {
    let server = Server::start(store).unwrap();
    let mut client = Client::connect(&server);
    let mut all = Vec::new();
    for pages in 1.. {
        let reply = client.call(operation, &body);
        assert_eq!(reply.status, 200, "{}", reply.json());
        let reply = reply.json();
        all.extend(names(&reply).into_iter().map(str::to_owned));
        match reply.get("NextToken") {
            None => return (all, pages),
            Some(token) => body["NextToken"] = token.clone(),
        }
    }
    unreachable!("the loop ends at the last page")
}
