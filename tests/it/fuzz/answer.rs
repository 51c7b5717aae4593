//! Answers, right ones and others.

use std::fmt::Write as _;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::Way;
use crate::support::SENTINEL;
use crate::support::wire::Then;

/// One case: a request, and its answer.
#[derive(Debug, Clone)]
pub struct Question {
    pub way: Way,
    pub answer: Answer,
}

/// An answer to a request, as it goes over the wire.
#[derive(Clone)]
pub struct Answer {
    /// What comes before the status line, such as `100 Continue`.
    pub prelude: &'static str,
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub framing: Framing,
    pub body: Vec<u8>,
    /// What was done to status line and headers.
    pub damage: Vec<Change>,
    /// Where it ends before its end.
    pub cut: Option<usize>,
    pub then: Then,
}

/// How the client learns where the body ends.
#[derive(Debug, Clone)]
pub enum Framing {
    /// By a length that is off by this.
    Length(i64),
    /// By the end of the connection.
    End,
    /// By chunks of so many bytes each, and whether their end is there.
    Chunks(usize, bool),
    /// By this text in place of a length.
    Text(&'static str),
    /// By two lengths, the second of which is off by this.
    Twice(i64),
}

/// Something done to bytes.
#[derive(Debug, Clone)]
pub enum Change {
    Put(Index, u8),
    Insert(Index, Vec<u8>),
    Remove(Index, usize),
    Repeat(Index, usize, usize),
    /// Cuts off all that follows.
    End(Index),
    /// Changes the places of two parts of the same length, which do not overlap.
    Swap(Index, Index, usize),
    /// Changes one bit.
    Flip(Index, u8),
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bytes = self.bytes();
        let (framing, then) = (&self.framing, self.then);
        let mut shown = bytes[..bytes.len().min(3000)].escape_ascii().to_string();
        let more = bytes.len().saturating_sub(3000);
        write!(shown, " and {more} bytes more")?;
        write!(f, "Answer({framing:?}, {then:?}, {shown})")
    }
}

impl Answer {
    /// A right answer with this body.
    pub fn right(body: Vec<u8>) -> Self {
        Self {
            prelude: "",
            status: 200,
            headers: vec![("Content-Type", "application/x-amz-json-1.1".to_owned())],
            framing: Framing::Length(0),
            body,
            damage: Vec::new(),
            cut: None,
            then: Then::Stay,
        }
    }

    /// What is sent.
    pub fn bytes(&self) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} Whatever\r\n", self.status);
        for (name, value) in &self.headers {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        let length = i64::try_from(self.body.len()).unwrap();
        match &self.framing {
            Framing::Length(off) => write!(head, "Content-Length: {}\r\n", length + off).unwrap(),
            Framing::End => {}
            Framing::Chunks(..) => head.push_str("Transfer-Encoding: chunked\r\n"),
            Framing::Text(text) => write!(head, "Content-Length: {text}\r\n").unwrap(),
            Framing::Twice(off) => {
                write!(head, "Content-Length: {length}\r\n").unwrap();
                write!(head, "Content-Length: {}\r\n", length + off).unwrap();
            }
        }
        head.push_str("\r\n");
        let mut bytes = self.prelude.as_bytes().to_vec();
        bytes.extend(changed(head.into_bytes(), &self.damage));
        match self.framing {
            Framing::Chunks(size, ends) => {
                for chunk in self.body.chunks(size) {
                    bytes.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
                    bytes.extend(chunk);
                    bytes.extend(b"\r\n");
                }
                if ends {
                    bytes.extend(b"0\r\n\r\n");
                }
            }
            _ => bytes.extend(&self.body),
        }
        if let Some(cut) = self.cut {
            bytes.truncate(cut);
        }
        bytes
    }

    /// The body that a client must see in this, if there is an answer in it at all. Where the head
    /// is damaged cannot be known; but it can only be all of it or less.
    pub fn body_that_arrives(&self) -> Option<Vec<u8>> {
        if !self.damage.is_empty() {
            return Some(self.body.clone());
        }
        if !(200..300).contains(&self.status) {
            return None;
        }
        let whole = Self {
            cut: None,
            ..self.clone()
        };
        let missing = whole.bytes().len() - self.bytes().len();
        let length = i64::try_from(self.body.len()).unwrap();
        match self.framing {
            Framing::Length(off) => {
                let promised = usize::try_from(length + off).ok()?;
                let arrived = self.body.len().checked_sub(missing)?;
                (promised <= arrived).then(|| self.body[..promised].to_vec())
            }
            Framing::End if self.then == Then::Close => {
                let arrived = self.body.len().checked_sub(missing)?;
                Some(self.body[..arrived].to_vec())
            }
            Framing::Chunks(_, true) | Framing::Twice(0) if missing == 0 => Some(self.body.clone()),
            _ => None,
        }
    }
}

pub fn changed(mut bytes: Vec<u8>, changes: &[Change]) -> Vec<u8> {
    for change in changes {
        if bytes.is_empty() {
            break;
        }
        let length = bytes.len();
        match change {
            Change::Put(at, byte) => bytes[at.index(length)] = *byte,
            Change::Insert(at, more) => {
                let at = at.index(length);
                bytes.splice(at..at, more.iter().copied());
            }
            Change::Remove(at, count) => {
                let at = at.index(length);
                bytes.drain(at..(at + count).min(length));
            }
            Change::Repeat(at, count, times) => {
                let at = at.index(length);
                let part = bytes[at..(at + count).min(length)].repeat(*times);
                bytes.splice(at..at, part);
            }
            Change::End(at) => bytes.truncate(at.index(length)),
            Change::Swap(one, other, count) => {
                let (one, other) = (one.index(length), other.index(length));
                let (first, second) = (one.min(other), one.max(other));
                let count = (*count).min(second - first).min(length - second);
                for at in 0..count {
                    bytes.swap(first + at, second + at);
                }
            }
            Change::Flip(at, bit) => bytes[at.index(length)] ^= 1 << (bit % 8),
        }
    }
    bytes
}

/// Answers to which nothing was done, framed in every way that is right.
pub fn right_ones() -> Vec<Answer> {
    let one = Answer::right(document(&["a".to_owned(), "b".to_owned()], &[]));
    vec![
        one.clone(),
        Answer {
            then: Then::Close,
            ..one.clone()
        },
        Answer {
            framing: Framing::End,
            then: Then::Close,
            ..one.clone()
        },
        Answer {
            framing: Framing::Chunks(7, true),
            ..one.clone()
        },
        Answer {
            framing: Framing::Twice(0),
            ..one.clone()
        },
        Answer {
            prelude: "HTTP/1.1 100 Continue\r\n\r\n",
            ..one
        },
    ]
}

/// A page of parameters below `/prd/app`, each value with the sentinel, with changes to its fields.
fn document(names: &[String], fields: &[(Index, &str, &str)]) -> Vec<u8> {
    let mut parameters = Vec::new();
    for (number, name) in names.iter().enumerate() {
        let mut parameter = vec![
            ("Name", format!("\"/prd/app/{name}\"")),
            ("Type", "\"SecureString\"".to_owned()),
            ("Value", format!("\"{SENTINEL}-{number}\"")),
            ("Version", "1".to_owned()),
            ("LastModifiedDate", "1795494003.123".to_owned()),
            (
                "ARN",
                format!("\"arn:aws:ssm:us-east-1:123456789012:parameter/prd/app/{name}\""),
            ),
            ("DataType", "\"text\"".to_owned()),
        ];
        for (which, field, value) in fields {
            if which.index(names.len()) == number {
                match parameter.iter_mut().find(|(name, _)| name == field) {
                    Some((_, old)) => *old = (*value).to_owned(),
                    None => parameter.push((field, (*value).to_owned())),
                }
            }
        }
        let fields: Vec<String> = parameter
            .iter()
            .map(|(name, value)| format!("\"{name}\":{value}"))
            .collect();
        parameters.push(format!("{{{}}}", fields.join(",")));
    }
    format!("{{\"Parameters\":[{}]}}", parameters.join(",")).into_bytes()
}

/// Values that a field should not have, or only just may.
const ODD_VALUES: &[&str] = &[
    "null",
    "true",
    "[]",
    "{}",
    "\"\"",
    "0",
    "-1",
    "1e999",
    "-1e999",
    "1E+400",
    "1.7976931348623157e308",
    "99999999999999999999",
    "-99999999999999999999",
    "9223372036854775807",
    "9223372036854775808",
    "253402300800",
    "1e17",
    "-62135596801",
    "0.1",
    "00",
    "NaN",
    "Infinity",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "\"\\udc00\\ud800\"",
    "\"\\ud83d\\ude00\"",
    "\"\\x\"",
    "\"/prd/app\"",
    "\"/prd/app/\"",
    "\"/prd/app2/x\"",
    "\"/prd/app/a\"",
    "\"prd/app/a\"",
    "\"/prd/app//\"",
    "\"/prd/app/LD_PRELOAD\"",
    "\"/prd/app/1\"",
    "[[[[[[]]]]]]",
    "{\"Name\":\"/prd/app/a\"}",
    "\"\u{202e}\u{1b}[31m\"",
    "\"\n\"",
];

/// Bits of JSON and HTTP, to be put where they do not belong.
const BITS: &[&[u8]] = &[
    b"null",
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b"\\",
    b",",
    b":",
    b"\\u0000",
    b"\\ud800",
    b"\0",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xc3",
    b"1e999",
    b"-",
    b"\"NextToken\":\"x\",",
    b"\"NextToken\":\"\",",
    b"\"NextToken\":null,",
    b"\"Value\":null,",
    b"\"Name\":null,",
    b"\"Parameters\":[],",
    b"\"Parameters\":null,",
    b"\"InvalidParameters\":[\"/prd/app/a\"],",
    b"\"__type\":\"ThrottlingException\",",
    b"/**/",
    b"\r\n",
    b"\r\n\r\n",
    b"HTTP/1.1 200 OK\r\n\r\n",
    b"Content-Length: 3\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b" ",
    b"\t",
    b";",
];

const ODD_HEADERS: &[(&str, &str)] = &[
    ("x-amzn-RequestId", "5e1f7e57-0000-4000-8000-000000000001"),
    ("x-amzn-RequestId", "\u{1b}[31m"),
    ("x-amzn-ErrorType", "ThrottlingException"),
    (
        "x-amzn-ErrorType",
        "AccessDeniedException:http://internal.amazon.com/",
    ),
    ("x-amzn-ErrorType", ""),
    ("x-amz-retry-after", "100"),
    ("x-amz-retry-after", "99999999999999999999"),
    ("Retry-After", "1"),
    ("Retry-After", "-1"),
    ("Retry-After", "4294967295"),
    ("Date", "Thu, 01 Jan 1970 00:00:00 GMT"),
    ("Date", "Fri, 31 Dec 9999 23:59:59 GMT"),
    ("Date", "Fri, 99 Dec 99999 99:99:99 GMT"),
    ("Content-Type", "text/html"),
    ("Content-Encoding", "gzip"),
    ("Location", "http://127.0.0.1:1/"),
    ("Connection", "close"),
    ("Connection", "upgrade"),
    ("Upgrade", "h2c"),
    ("Trailer", "x"),
    ("X-Long", "LONG"),
    ("", "x"),
];

pub const STATUSES: &[u16] = &[
    200, 200, 200, 200, 200, 201, 204, 206, 299, 101, 103, 300, 301, 304, 400, 400, 400, 401, 403,
    404, 407, 408, 413, 429, 500, 502, 503, 504, 599, 999,
];

const REFUSALS: &[&str] = &[
    "AccessDeniedException",
    "ThrottlingException",
    "ExpiredTokenException",
    "InvalidSignatureException",
    "ValidationException",
    "InternalServerError",
    "InvalidKeyId",
    "InvalidNextToken",
    "ParameterNotFound",
    "com.amazon.coral.service#ThrottlingException",
    "",
    "#",
    "ns#",
    ":",
];

const MESSAGES: &[&str] = &[
    "",
    "User: is not authorized to perform: on resource: ",
    "not authorized to perform: kms:Decrypt",
    "is not authorized to perform:",
    "on resource:",
    "User: a:b:c:d:",
    "\\u0000\\u001b[2J\\n\\r\\t",
    "\\ud83d\\ude00",
    "The ciphertext refers to a customer master key",
    "é",
];

pub fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        3 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Change::Put(at, byte)),
        4 => (any::<Index>(), select(BITS)).prop_map(|(at, bit)| Change::Insert(at, bit.to_vec())),
        1 => (any::<Index>(), vec(any::<u8>(), 1..6)).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        2 => (any::<Index>(), 1..40_usize).prop_map(|(at, count)| Change::Remove(at, count)),
        1 => (any::<Index>(), 1..200_usize, 1..4_usize)
            .prop_map(|(at, count, times)| Change::Repeat(at, count, times)),
        1 => any::<Index>().prop_map(Change::End),
        2 => (any::<Index>(), any::<Index>(), 1..40_usize)
            .prop_map(|(one, other, count)| Change::Swap(one, other, count)),
        2 => (any::<Index>(), any::<u8>()).prop_map(|(at, bit)| Change::Flip(at, bit)),
    ]
}

fn names() -> impl Strategy<Value = Vec<String>> {
    let name = prop_oneof![
        8 => "[a-z]{1,3}(/[a-z0-9_.-]{1,3})?",
        1 => Just("a".to_owned()),
    ];
    prop_oneof![
        3 => Just(vec!["a".to_owned(), "b".to_owned()]),
        2 => vec(name, 0..12),
    ]
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    let fields = select(
        &[
            "Name",
            "Value",
            "Type",
            "Version",
            "LastModifiedDate",
            "ARN",
            "DataType",
            "Selector",
            "Unknown",
        ][..],
    );
    let odd = (any::<Index>(), fields, select(ODD_VALUES));
    let right = names().prop_map(|names| document(&names, &[]));
    let with_odd_values =
        (names(), vec(odd, 1..4)).prop_map(|(names, fields)| document(&names, &fields));
    let damaged = (names(), vec(change(), 1..4))
        .prop_map(|(names, changes)| changed(document(&names, &[]), &changes));
    let refusal = (
        select(REFUSALS),
        select(MESSAGES),
        select(&["message", "Message", "msg"][..]),
    )
        .prop_map(|(code, message, field)| {
            format!("{{\"__type\":\"{code}\",\"{field}\":\"{message}\"}}").into_bytes()
        });
    let deep = (
        select(&["[", "{\"a\":", "{\"Parameters\":[", "[{\"Value\":"][..]),
        1..20_000_usize,
    )
        .prop_map(|(opening, depth)| opening.repeat(depth).into_bytes());
    let deep_within =
        (select(&["[", "{\"a\":"][..]), 1..20_000_usize).prop_map(|(opening, depth)| {
            let closing = if opening == "[" { "]" } else { "}" };
            let inner = if opening == "[" { "" } else { "1" };
            let deep = format!("{}{inner}{}", opening.repeat(depth), closing.repeat(depth));
            let document = document(&["a".to_owned()], &[]);
            let head = format!("{{\"Unknown\":{deep},").into_bytes();
            [head, document[1..].to_vec()].concat()
        });
    prop_oneof![
        4 => right,
        4 => with_odd_values,
        8 => damaged,
        2 => refusal,
        1 => deep,
        1 => deep_within,
        1 => vec(any::<u8>(), 0..200),
        1 => select(BITS).prop_map(<[u8]>::to_vec),
        1 => Just(b"<html>Please sign in</html>".to_vec()),
    ]
}

pub fn framing() -> impl Strategy<Value = Framing> {
    prop_oneof![
        12 => Just(Framing::Length(0)),
        2 => (-20..20_i64).prop_map(Framing::Length),
        2 => Just(Framing::End),
        2 => (1..300_usize, any::<bool>()).prop_map(|(size, ends)| Framing::Chunks(size, ends)),
        1 => select(&["", "-1", "x", "1e3", "99999999999999999999", "0x10", "+5", "5, 5", "0"][..])
            .prop_map(Framing::Text),
        1 => (-2..2_i64).prop_map(Framing::Twice),
    ]
}

/// Any question and answer, many of them nearly right.
pub fn questions() -> impl Strategy<Value = Question> {
    let way = select(&[Way::Path, Way::Path, Way::SecondPage, Way::Names][..]);
    let prelude = prop_oneof![
        12 => Just(""),
        1 => Just("HTTP/1.1 100 Continue\r\n\r\n"),
        1 => Just("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"),
        1 => Just("\r\n"),
    ];
    let status = prop_oneof![3 => Just(200), 1 => select(STATUSES)];
    let headers = prop_oneof![3 => Just(Vec::new()), 1 => vec(select(ODD_HEADERS), 1..4)];
    let damage = prop_oneof![6 => Just(Vec::new()), 1 => vec(change(), 1..3)];
    let cut = prop_oneof![8 => Just(None), 1 => any::<Index>().prop_map(Some)];
    let then = select(&[Then::Stay, Then::Close, Then::Close, Then::Reset][..]);
    let parts = (
        way,
        prelude,
        status,
        headers,
        framing(),
        body(),
        damage,
        (cut, then),
    );
    parts.prop_map(
        |(way, prelude, status, headers, framing, body, damage, (cut, then))| {
            let mut answer = Answer::right(body);
            let odd = headers.into_iter().map(|(name, value)| {
                let value = if value == "LONG" {
                    "x".repeat(70_000)
                } else {
                    value.to_owned()
                };
                (name, value)
            });
            answer.headers.extend(odd);
            answer = Answer {
                prelude,
                status,
                framing,
                damage,
                then,
                ..answer
            };
            answer.cut = cut.map(|cut| cut.index(answer.bytes().len().max(1)));
            Question { way, answer }
        },
    )
}
