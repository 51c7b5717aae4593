//! As much of HTTP/1.1 as an AWS client needs.

use std::fmt::{Display, Write as _};
use std::io::{self, Read};

use serde_json::Value;

use super::{Service, clock};
use crate::api::ApiError;

const LONGEST_HEAD: usize = 64 * 1024;
const LONGEST_BODY: usize = 4 * 1024 * 1024;

/// A request, not yet looked into.
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) target: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) keep_alive: bool,
}

impl Request {
    /// Reads the next request. `None`: the client has closed the connection.
    ///
    /// `buffer` keeps what was read too far.
    pub(crate) fn read(stream: &mut impl Read, buffer: &mut Vec<u8>) -> io::Result<Option<Self>> {
        let head_end = loop {
            if let Some(at) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break at;
            }
            if buffer.len() > LONGEST_HEAD {
                return Err(malformed("the head of the request is too long"));
            }
            if fill(stream, buffer)? == 0 {
                return Ok(None);
            }
        };
        let head: Vec<u8> = buffer.drain(..head_end + 4).collect();
        let mut request = Self::parse(&head[..head_end])?;
        let length = match request.header("content-length") {
            None => 0,
            Some(length) => length
                .parse()
                .map_err(|_| malformed("the content length is not a number"))?,
        };
        if length > LONGEST_BODY || request.header("transfer-encoding").is_some() {
            return Err(malformed("the body is too long, or chunked"));
        }
        while buffer.len() < length {
            if fill(stream, buffer)? == 0 {
                return Ok(None);
            }
        }
        request.body = buffer.drain(..length).collect();
        Ok(Some(request))
    }

    fn parse(head: &[u8]) -> io::Result<Self> {
        let head = str::from_utf8(head).map_err(|_| malformed("the head is not UTF-8"))?;
        let mut lines = head.split("\r\n");
        let mut words = lines.next().unwrap_or_default().split(' ');
        let (Some(method), Some(target), Some(version), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(malformed("the request line is not three words"));
        };
        let mut headers = Vec::new();
        for line in lines {
            let (name, value) = line
                .split_once(':')
                .ok_or_else(|| malformed("a header has no colon"))?;
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut request = Self {
            method: method.to_owned(),
            target: target.to_owned(),
            headers,
            body: Vec::new(),
            keep_alive: false,
        };
        let connection = request.header("connection").unwrap_or_default();
        request.keep_alive = match version {
            "HTTP/1.1" => !connection.eq_ignore_ascii_case("close"),
            _ => connection.eq_ignore_ascii_case("keep-alive"),
        };
        Ok(request)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, value)| value.as_str())
    }
}

fn fill(stream: &mut impl Read, buffer: &mut Vec<u8>) -> io::Result<usize> {
    let mut chunk = [0; 8192];
    let count = stream.read(&mut chunk)?;
    buffer.extend_from_slice(&chunk[..count]);
    Ok(count)
}

fn malformed(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// What to reply, without saying how it is sent.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    /// How far the server's clock is ahead, in seconds.
    pub(crate) date_offset: i64,
}

impl Response {
    fn new(status: u16, content_type: &str, body: Vec<u8>) -> Self {
        Self {
            status,
            headers: vec![("Content-Type", content_type.to_owned())],
            body,
            date_offset: 0,
        }
    }

    /// 200 with JSON, or with what passes for it.
    pub(crate) fn ok(json: Vec<u8>) -> Self {
        Self::new(200, "application/x-amz-json-1.1", json)
    }

    /// A refusal of the service.
    pub(crate) fn error(error: &ApiError, service: Service) -> Self {
        if service == Service::Objects {
            let message = error.message.as_deref().unwrap_or_default();
            let body = format!(
                "<Error><Code>{}</Code><Message>{message}</Message></Error>",
                error.code
            );
            return Self::xml(error.status, body);
        }
        Self::json(error.status, &error.body(service))
    }

    fn json(status: u16, body: &Value) -> Self {
        Self::new(
            status,
            "application/x-amz-json-1.1",
            body.to_string().into_bytes(),
        )
    }

    /// An answer that is not the service's.
    pub(crate) fn html(status: u16, body: &str) -> Self {
        Self::new(status, "text/html", body.as_bytes().to_vec())
    }

    /// 200 with these bytes.
    pub(crate) fn binary(body: Vec<u8>) -> Self {
        Self::new(200, "binary/octet-stream", body)
    }

    /// 206 with the first of so many bytes.
    pub(crate) fn part(body: Vec<u8>, of: usize) -> Self {
        let last = body.len().saturating_sub(1);
        let mut part = Self::binary(body);
        part.status = 206;
        part.header("Content-Range", format!("bytes 0-{last}/{of}"))
    }

    /// A refusal of S3.
    pub(crate) fn xml(status: u16, body: String) -> Self {
        Self::new(status, "application/xml", body.into_bytes())
    }

    /// Adds a header.
    pub(crate) fn header(mut self, name: &'static str, value: impl Display) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }

    /// Status line and headers, with the blank line; with a length or, at the end of the
    /// connection, without.
    pub(crate) fn head(&self, length: Option<usize>, keep_alive: bool) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        let date = clock::http_date(clock::whole_seconds() + self.date_offset);
        let mut line = |name: &str, value: &dyn Display| {
            write!(head, "{name}: {value}\r\n").expect("a string takes all that is written to it");
        };
        line("Server", &"Server");
        line("Date", &date);
        for (name, value) in &self.headers {
            line(name, value);
        }
        if let Some(length) = length {
            line("Content-Length", &length);
        }
        line(
            "Connection",
            &if keep_alive { "keep-alive" } else { "close" },
        );
        head.push_str("\r\n");
        head.into_bytes()
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        206 => "Partial Content",
        301 => "Moved Permanently",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Other",
    }
}
