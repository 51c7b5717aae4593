//! One client's connection, from its first request to its last.

use std::io;
use std::net::TcpStream;
use std::sync::Arc;

use super::delivery::{Afterwards, Delivery, World};
use super::http::{Request, Response};
use super::stream::{Socket, Stream};
use super::{Service, Shared};
use crate::api::ApiError;
use crate::faults;

/// Serves a connection until it ends.
pub(super) fn serve(shared: &Shared, socket: Arc<TcpStream>, number: usize) {
    shared.pause(shared.latency().connection);
    let Ok(mut stream) = Stream::new(Socket(socket), shared.tls.as_ref()) else {
        return;
    };
    // A connection that breaks is the client's business: it ends all the same.
    let afterwards = converse(shared, &mut stream, number).unwrap_or(Afterwards::Abandon);
    match afterwards {
        Afterwards::Reset => stream.end_with_reset(),
        Afterwards::Close | Afterwards::KeepAlive => stream.close(),
        Afterwards::Abandon => {}
    }
    // The last to let go of the socket closes it: that must be this thread, and now.
    shared.forget(number);
}

fn converse(shared: &Shared, stream: &mut Stream, number: usize) -> io::Result<Afterwards> {
    let mut buffer = Vec::new();
    loop {
        let request = match Request::read(stream, &mut buffer) {
            Ok(Some(request)) => request,
            Ok(None) => return Ok(Afterwards::Close),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                let response = Response::html(400, &error.to_string());
                return Delivery::Whole.send(&response, stream, false, shared);
            }
            Err(error) => return Err(error),
        };
        let (response, delivery) = reply(shared, &request, number);
        let afterwards = delivery.send(&response, stream, request.keep_alive, shared)?;
        if afterwards != Afterwards::KeepAlive {
            return Ok(afterwards);
        }
    }
}

/// Decides what to reply, and how.
fn reply(shared: &Shared, request: &Request, connection: usize) -> (Response, Delivery) {
    let is_object = ["GET", "HEAD"].contains(&request.method.as_str());
    if !is_object && (request.method != "POST" || !request.target.ends_with('/')) {
        return (Response::html(404, "not found"), Delivery::Whole);
    }
    let call = shared.record(request, connection);
    shared.pause(shared.latency().request);
    let refused = |error: &ApiError| (Response::error(error, call.service), Delivery::Whole);
    let (response, delivery) = match call.check() {
        Err(error) => refused(&error),
        Ok(()) if !shared.admits(&call) => refused(&ApiError::throttled_by(call.service)),
        Ok(()) => faults::reply(&shared.store, &call, &shared.next_faults(&call)),
    };
    (
        match call.service {
            Service::Objects => response.header("x-amz-request-id", &call.request_id),
            _ => response.header("x-amzn-RequestId", &call.request_id),
        },
        match request.method.as_str() {
            "HEAD" => Delivery::HeadOnly,
            _ => delivery,
        },
    )
}
