//! How a reply travels: whole, or as a fault alters it.

use std::io::{self, Write};
use std::time::Duration;

use super::http::Response;
use super::stream::Stream;

/// An endless body ends here.
const ENDLESS: usize = 64 * 1024 * 1024;
/// How long a client has to read what came before a reset, which throws away the rest.
const BEFORE_RESET: Duration = Duration::from_millis(30);

/// What stands before a value.
const VALUES: [&[u8]; 3] = [
    b"\"Value\":\"",
    b"\"SecretString\":\"",
    b"\"SecretBinary\":\"",
];

#[derive(Clone, Copy, Debug)]
pub(crate) enum Delivery {
    Whole,
    /// The head of the reply, as to a HEAD.
    HeadOnly,
    Delayed(Duration),
    ResetBeforeReply,
    ResetMidBody,
    CloseBeforeReply,
    CloseMidBody,
    TruncatedWithoutLength,
    Never,
    SlowHeaders(Duration),
    StalledBody,
    DrippedBody(Duration),
    EndlessBody,
}

/// What becomes of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Afterwards {
    KeepAlive,
    Close,
    /// Close, but leave out TLS's good-bye.
    Abandon,
    Reset,
}

/// The world around a delivery: `pause` returns false when the server stops.
pub(crate) trait World {
    fn pause(&self, duration: Duration) -> bool;
    fn is_stopped(&self) -> bool;
}

impl Delivery {
    /// Sends the reply.
    pub(crate) fn send(
        self,
        response: &Response,
        stream: &mut Stream,
        keep_alive: bool,
        world: &impl World,
    ) -> io::Result<Afterwards> {
        let body = response.body.as_slice();
        let head = || response.head(Some(body.len()), keep_alive);
        let kept = if keep_alive {
            Afterwards::KeepAlive
        } else {
            Afterwards::Close
        };
        match self {
            Self::Whole => {
                send(stream, &[&head(), body])?;
                Ok(kept)
            }
            Self::HeadOnly => {
                send(stream, &[&head()])?;
                Ok(kept)
            }
            Self::Delayed(pause) => {
                world.pause(pause);
                send(stream, &[&head(), body])?;
                Ok(kept)
            }
            Self::ResetBeforeReply => Ok(Afterwards::Reset),
            Self::ResetMidBody => {
                send(stream, &[&head(), part(body)])?;
                world.pause(BEFORE_RESET);
                Ok(Afterwards::Reset)
            }
            Self::CloseBeforeReply => Ok(Afterwards::Abandon),
            Self::CloseMidBody => {
                send(stream, &[&head(), part(body)])?;
                Ok(Afterwards::Abandon)
            }
            Self::TruncatedWithoutLength => {
                send(stream, &[&response.head(None, false), part(body)])?;
                Ok(Afterwards::Close)
            }
            Self::Never => {
                stream.wait_for_end(|| world.is_stopped());
                Ok(Afterwards::Abandon)
            }
            Self::SlowHeaders(pause) => {
                drip(stream, &head(), pause, world)?;
                send(stream, &[body])?;
                Ok(kept)
            }
            Self::StalledBody => {
                send(stream, &[&head(), part(body)])?;
                stream.wait_for_end(|| world.is_stopped());
                Ok(Afterwards::Abandon)
            }
            Self::DrippedBody(pause) => {
                send(stream, &[&head()])?;
                drip(stream, body, pause, world)?;
                Ok(kept)
            }
            Self::EndlessBody => {
                send(stream, &[&response.head(None, false), part(body)])?;
                let filler = [b'x'; 64 * 1024];
                for _ in 0..ENDLESS / filler.len() {
                    send(stream, &[&filler])?;
                }
                Ok(Afterwards::Close)
            }
        }
    }
}

/// Three quarters of a body, but in any case the first value, and never all.
fn part(body: &[u8]) -> &[u8] {
    let value_end = VALUES
        .iter()
        .filter_map(|value| {
            let at = body.windows(value.len()).position(|it| it == *value)?;
            Some(at + value.len())
        })
        .min()
        .and_then(|start| end_of_text(&body[start..]).map(|length| start + length + 1));
    let most = body.len().saturating_sub(1);
    let length = (body.len() * 3 / 4).max(value_end.unwrap_or(0)).min(most);
    &body[..length]
}

/// Where the quote stands that ends a JSON text.
fn end_of_text(text: &[u8]) -> Option<usize> {
    let mut escaped = false;
    text.iter().position(|byte| {
        let ends = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        ends
    })
}

/// Sends the parts as one write, so that they travel together.
fn send(stream: &mut Stream, parts: &[&[u8]]) -> io::Result<()> {
    stream.write_all(&parts.concat())?;
    stream.flush()
}

fn drip(stream: &mut Stream, bytes: &[u8], pause: Duration, world: &impl World) -> io::Result<()> {
    for byte in bytes {
        if !world.pause(pause) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        send(stream, &[&[*byte]])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::part;

    #[test]
    fn a_part_holds_the_first_value_and_lacks_the_end() {
        for (body, expected) in [
            (r#"{"Value":"abc"}"#, r#"{"Value":"abc""#),
            (r#"{"Value":"a\"b\\"}"#, r#"{"Value":"a\"b\\""#),
            (r#"{"SecretString":"abc"}"#, r#"{"SecretString":"abc""#),
            ("{}", "{"),
            ("", ""),
            ("12345678", "123456"),
        ] {
            assert_eq!(part(body.as_bytes()), expected.as_bytes(), "{body}");
        }
    }
}
