//! A stream on which a host asks for content, whatever it asks.

use quinn::{Connection, RecvStream};
use shared::wire::{self, Fetch, Fetched, WireError};

use crate::raw::within;

/// A stream, and what comes on it.
#[derive(Debug)]
pub struct Fetching(RecvStream);

impl Fetching {
    /// Asks on a stream of its own.
    pub async fn ask(connection: &Connection, question: &Fetch) -> Self {
        Self::write(connection, &wire::seal(question).expect("a frame")).await
    }

    /// Writes these bytes on a stream of their own.
    pub async fn write(connection: &Connection, question: &[u8]) -> Self {
        let opened = within("a stream", connection.open_bi()).await;
        let (mut send, receive) = opened.expect("a stream");
        // The collector may have heard enough before its end.
        let _ = within("room to write", send.write_all(question)).await;
        let _ = send.finish();
        Self(receive)
    }

    /// The next answer; `None` when there is none any more.
    ///
    /// # Errors
    /// When the collector ends the stream before its time.
    pub async fn next(&mut self) -> Result<Option<Fetched>, WireError> {
        within("an answer", wire::read(&mut self.0)).await
    }

    /// Everything that comes.
    pub async fn all(mut self) -> Vec<Fetched> {
        let mut all = Vec::new();
        while let Some(answer) = self.next().await.expect("an answer") {
            all.push(answer);
        }
        all
    }
}
