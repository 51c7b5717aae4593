//! The async runtime.

use std::pin::Pin;
use std::task::Poll;

use tokio::runtime::{Builder, Runtime};

use crate::system::limits::{Limit, of_call, room_for_a_runtime};

/// A runtime on the current thread, which starts no other.
///
/// # Errors
///
/// If this machine does not allow the descriptors or the system calls that it takes.
pub fn on_this_thread() -> Result<Runtime, Limit> {
    room_for_a_runtime()?;
    let mut builder = Builder::new_current_thread();
    builder
        .enable_all()
        .build()
        .map_err(|error| of_call(&error))
}

/// Waits for two futures at the same time, or until one of them fails.
pub async fn either_fails<A, B, E>(
    first: impl Future<Output = Result<A, E>>,
    second: impl Future<Output = Result<B, E>>,
) -> Result<(A, B), E> {
    let (mut first, mut second) = (std::pin::pin!(first), std::pin::pin!(second));
    let (mut one, mut two) = (None, None);
    std::future::poll_fn(|context| {
        if one.is_none()
            && let Poll::Ready(output) = first.as_mut().poll(context)?
        {
            one = Some(output);
        }
        if two.is_none()
            && let Poll::Ready(output) = second.as_mut().poll(context)?
        {
            two = Some(output);
        }
        match (one.take(), two.take()) {
            (Some(one), Some(two)) => Poll::Ready(Ok((one, two))),
            (unfinished_one, unfinished_two) => {
                (one, two) = (unfinished_one, unfinished_two);
                Poll::Pending
            }
        }
    })
    .await
}

/// One of several futures that are waited for at the same time.
pub type Part<'p, T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'p>>;

/// Waits for all of them at the same time, or until one of them fails.
pub async fn any_fails<T, E>(mut parts: Vec<Part<'_, T, E>>) -> Result<Vec<T>, E> {
    let mut outputs: Vec<Option<T>> = parts.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (part, output) in parts.iter_mut().zip(&mut outputs) {
            if output.is_none()
                && let Poll::Ready(ended) = part.as_mut().poll(context)?
            {
                *output = Some(ended);
            }
        }
        match outputs.iter().all(Option::is_some) {
            true => Poll::Ready(Ok(outputs.drain(..).flatten().collect())),
            false => Poll::Pending,
        }
    })
    .await
}
