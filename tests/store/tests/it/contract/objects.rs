//! The same for objects of S3: what a reader looks at, in each answer.

use std::io::Write;

use parameter_store::{Server, Store};

use super::moto::Moto;
use crate::client::{Client, Reply};

/// What credentials of a region send.
fn signed(region: &str) -> String {
    format!(
        "Authorization: AWS4-HMAC-SHA256 Credential=AKIDTEST/20261124/{region}/s3/aws4_request, \
         SignedHeaders=host, Signature=00\r\nx-amz-content-sha256: UNSIGNED-PAYLOAD\r\n"
    )
}

/// A server with the same objects, and the versions that it gave them.
struct Side {
    port: u16,
    /// The first of an object, and the marker that another was deleted.
    versions: [String; 2],
}

impl Side {
    /// Makes a request, in which `FIRST` and `MARKER` are versions.
    fn call(&self, line: &str, region: &str, headers: &str, body: &str) -> Reply {
        let [first, marker] = &self.versions;
        let line = line.replace("FIRST", first).replace("MARKER", marker);
        let mut client = Client::to(self.port);
        let request = format!(
            "{line} HTTP/1.1\r\nHost: 127.0.0.1\r\n{}{headers}Content-Type: binary/octet-stream\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            signed(region),
            body.len()
        );
        client.stream.write_all(request.as_bytes()).unwrap();
        client.receive()
    }
}

/// Each object: bucket, name, and its contents, one after the other.
const OBJECTS: [(&str, &str, &[&str]); 5] = [
    ("secrets", "prd.env", &["A=1\n"]),
    ("secrets", "empty", &[""]),
    ("secrets", "a b+ä/x.json", &["{}"]),
    ("kept", "a", &["one", "two"]),
    ("kept", "gone", &["three"]),
];

fn ours(server: &Server, store: &Store) -> Side {
    store.create_bucket("secrets", "us-east-1", false);
    store.create_bucket("kept", "us-east-1", true);
    store.create_bucket("abroad", "eu-west-1", false);
    store.put_object("abroad", "a", "x");
    let mut first = None;
    for (bucket, name, contents) in OBJECTS {
        for content in contents {
            let version = store.put_object(bucket, name, content);
            first = first.or(version);
        }
    }
    let marker = store.delete_object("kept", "gone");
    Side {
        port: server.port(),
        versions: [first, marker].map(Option::unwrap),
    }
}

fn theirs(moto: &Moto) -> Side {
    moto.reset();
    let mut side = Side {
        port: moto.port,
        versions: Default::default(),
    };
    let version = |reply: &Reply| reply.header("x-amz-version-id").map(str::to_owned);
    let make = |side: &Side, line: &str, body: &str| {
        let reply = side.call(line, "us-east-1", "", body);
        assert!((200..300).contains(&reply.status), "{line}: {reply:?}");
        version(&reply)
    };
    make(&side, "PUT /secrets", "");
    make(&side, "PUT /kept", "");
    let kept = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    make(&side, "PUT /kept?versioning", kept);
    let abroad = "<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint>\
                  </CreateBucketConfiguration>";
    make(&side, "PUT /abroad", abroad);
    make(&side, "PUT /abroad/a", "x");
    let mut first = None;
    for (bucket, name, contents) in OBJECTS {
        let name = name.replace(' ', "%20").replace('ä', "%C3%A4");
        for content in contents {
            let version = make(&side, &format!("PUT /{bucket}/{name}"), content);
            first = first.or(version);
        }
    }
    let marker = make(&side, "DELETE /kept/gone", "");
    side.versions = [first, marker].map(Option::unwrap);
    side
}

/// What a reader looks at, with what differs from one server to the other in words.
fn seen(side: &Side, line: &str, reply: &Reply) -> String {
    let mut seen = format!("{}", reply.status);
    let text = String::from_utf8_lossy(&reply.body);
    let field = |name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        Some(rest.split_once(&format!("</{name}>"))?.0)
    };
    if !(200..300).contains(&reply.status) {
        if let Some(code) = field("Code") {
            assert_eq!(reply.header("content-type"), Some("application/xml"));
            seen.push_str(&format!(" {code}"));
            if field("Message").is_some_and(|it| !it.is_empty()) {
                seen.push_str(", with a message");
            }
        }
        return seen;
    }
    let is_date = |text: &str| text.len() == 29 && text.ends_with(" GMT");
    let is_tag = |text: &str| text.len() > 2 && text.starts_with('"') && text.ends_with('"');
    for (name, value) in [
        ("etag", reply.header("etag").map(is_tag)),
        ("last-modified", reply.header("last-modified").map(is_date)),
    ] {
        seen.push_str(&format!(", {name} {value:?}"));
    }
    let length = reply.header("content-length");
    seen.push_str(&format!(", {length:?} bytes"));
    if let Some(range) = reply.header("content-range") {
        seen.push_str(&format!(" of {range}"));
    }
    if let Some(version) = reply.header("x-amz-version-id") {
        let is_first = version == side.versions[0];
        seen.push_str(&format!(", a version, the first: {is_first}"));
    }
    if line.starts_with("GET") {
        seen.push_str(&format!(", `{text}`"));
    }
    seen
}

#[test]
fn moto_gives_the_same_answers() {
    let Some(moto) = Moto::start("objects::moto_gives_the_same_answers") else {
        return;
    };
    let store = Store::new();
    let server = Server::start(&store).unwrap();
    let (ours, theirs) = (ours(&server, &store), theirs(&moto));
    let mut differences = String::new();
    for (line, headers, expected) in [
        ("GET /secrets/prd.env", "", "200, "),
        ("HEAD /secrets/prd.env", "", "200, "),
        ("GET /secrets/prd.env?versionId=null", "", "200, "),
        ("GET /secrets/empty", "", "200, "),
        ("HEAD /secrets/empty", "", "200, "),
        ("GET /secrets/a%20b+%C3%A4/x.json", "", "200, "),
        ("GET /secrets/none", "", "404 NoSuchKey, "),
        ("GET /secrets/PRD.env", "", "404 NoSuchKey, "),
        ("GET /secrets/prd.env/", "", "404 NoSuchKey, "),
        ("HEAD /secrets/none", "", "404"),
        ("GET /none/x", "", "404 NoSuchBucket, "),
        ("HEAD /none/x", "", "404"),
        ("GET /kept/a", "", "200, "),
        ("HEAD /kept/a", "", "200, "),
        ("GET /kept/a?versionId=FIRST", "", "200, "),
        ("HEAD /kept/a?versionId=FIRST", "", "200, "),
        ("GET /kept/a?versionId=none", "", "404 NoSuchVersion, "),
        ("GET /kept/none?versionId=none", "", "404 NoSuchVersion, "),
        ("HEAD /kept/a?versionId=none", "", "404"),
        ("GET /kept/gone", "", "404 NoSuchKey, "),
        ("HEAD /kept/gone", "", "404"),
        ("HEAD /kept/gone?versionId=MARKER", "", "405"),
        ("GET /secrets/prd.env", "Range: bytes=0-0\r\n", "206, "),
        (
            "GET /secrets/empty",
            "Range: bytes=0-0\r\n",
            "416 InvalidRange, ",
        ),
        (
            "GET /secrets/none",
            "Range: bytes=0-0\r\n",
            "404 NoSuchKey, ",
        ),
        ("GET /kept/gone", "Range: bytes=0-0\r\n", "404 NoSuchKey, "),
    ] {
        let [mine, other] = [&ours, &theirs].map(|side| {
            let reply = side.call(line, "us-east-1", headers, "");
            seen(side, line, &reply)
        });
        if mine != other || !mine.starts_with(expected) {
            differences.push_str(&format!(
                "{line} {headers:?} must be {expected}\n  ours: {mine}\n  moto: {other}\n"
            ));
        }
    }
    assert!(differences.is_empty(), "{differences}");
}

#[test]
fn each_way_in_which_moto_is_laxer_than_aws_is_named() {
    let Some(moto) = Moto::start("objects::each_way_in_which_moto_is_laxer_than_aws_is_named")
    else {
        return;
    };
    let store = Store::new();
    let server = Server::start(&store).unwrap();
    let (ours, theirs) = (ours(&server, &store), theirs(&moto));
    for (name, line, region, expected) in [
        (
            "the version of a marker that an object was deleted",
            "GET /kept/gone?versionId=MARKER",
            "us-east-1",
            ["405 MethodNotAllowed", "404 NoSuchVersion"],
        ),
        (
            "a bucket of another region",
            "GET /abroad/a",
            "us-east-1",
            ["301 PermanentRedirect", "200"],
        ),
        (
            "a bucket of this region, signed for another",
            "GET /secrets/prd.env",
            "eu-west-1",
            ["301 PermanentRedirect", "200"],
        ),
    ] {
        let words = [&ours, &theirs].map(|side| {
            let reply = side.call(line, region, "", "");
            let seen = seen(side, line, &reply);
            seen.split(',').next().unwrap().to_owned()
        });
        assert_eq!(words, expected, "{name}");
    }
    let moved = ours.call("GET /abroad/a", "us-east-1", "", "");
    assert_eq!(moved.header("x-amz-bucket-region"), Some("eu-west-1"));
}
