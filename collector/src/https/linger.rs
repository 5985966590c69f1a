//! Requests that are answered before all of their body is read: a refusal needs none of it.
//!
//! A connection that is closed, or a stream that is reset, while its client still sends takes the answer with it: the
//! client learns of a broken pipe, and not of what was wrong. So the rest of a body is read and thrown away.

use std::{
    pin::{Pin, pin},
    task::{Context, Poll},
    time::Duration,
};

use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use tokio::time::timeout;

/// How long a client may go on sending after its answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes of a body that are thrown away at most: twice the largest bundle.
const MOST: u64 = 2 * shared::bundle::MAX_ARCHIVE;

/// A body whose rest is thrown away when nobody reads it any more.
pub(super) struct Lingering(Option<Incoming>);

impl Lingering {
    pub(super) fn new(body: Incoming) -> Self {
        Self(Some(body))
    }
}

impl Body for Lingering {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match &mut self.0 {
            Some(body) => pin!(body).poll_frame(context),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.0.as_ref().map(Body::size_hint).unwrap_or_default()
    }
}

impl Drop for Lingering {
    fn drop(&mut self) {
        let rest = self.0.take().filter(|body| !body.is_end_stream());
        if let Some(rest) = rest {
            // Ends with its connection, which is what the body comes from.
            tokio::spawn(timeout(PATIENCE, throw_away(rest)));
        }
    }
}

async fn throw_away(mut body: Incoming) {
    let mut read = 0;
    while read < MOST {
        let frame = std::future::poll_fn(|context| pin!(&mut body).poll_frame(context)).await;
        let Some(Ok(frame)) = frame else { return };
        read += frame.data_ref().map_or(0, |data| data.len() as u64);
    }
}
