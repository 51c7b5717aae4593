//! A stream of bytes that remembers what is asked of it later.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream that remembers the first byte that came in, and keeps something for as long as it
/// exists.
#[derive(Debug)]
pub struct Observed<S, K> {
    stream: S,
    first: Option<u8>,
    _kept: K,
}

impl<S, K> Observed<S, K> {
    pub fn new(stream: S, kept: K) -> Self {
        Self {
            stream,
            first: None,
            _kept: kept,
        }
    }

    /// The first byte that came in, if one did.
    pub fn first(&self) -> Option<u8> {
        self.first
    }
}

impl<S: AsyncRead + Unpin, K: Unpin> AsyncRead for Observed<S, K> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        if self.first.is_none() {
            self.first = buffer.filled().first().copied();
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin, K: Unpin> AsyncWrite for Observed<S, K> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
