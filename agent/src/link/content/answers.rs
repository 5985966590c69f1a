//! One question, and the answers to it.

use std::time::Duration;

use quinn::{Connection, ConnectionError, RecvStream};
use shared::wire::{self, Fetch, Fetched, WireError};
use tokio::time::timeout;

/// How long each answer may take. The collector sends no more than a frame at a time, at its own rate.
const PATIENCE: Duration = Duration::from_secs(60);

/// A stream on which a question was asked. Dropped, it wants no further answer.
#[derive(Debug)]
pub(super) struct Answers(RecvStream);

/// Why a stream was of no use. Another one may be.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    #[error("the collector did not answer within {secs} s", secs = PATIENCE.as_secs())]
    Late,
    #[error("the collector answered half of what was asked")]
    Ended,
    #[error("the connection was lost")]
    Lost(#[source] ConnectionError),
    #[error("talking about content")]
    Talk(#[source] WireError),
}

impl Answers {
    /// Asks.
    pub(super) async fn to(connection: &Connection, question: &Fetch) -> Result<Self, Broken> {
        let asked = async {
            let (mut send, receive) = connection.open_bi().await.map_err(Broken::Lost)?;
            wire::write(&mut send, question)
                .await
                .map_err(Broken::Talk)?;
            // An error means that the collector has closed it: then it answers nothing either.
            let _ = send.finish();
            Ok(Self(receive))
        };
        timeout(PATIENCE, asked).await.map_err(|_| Broken::Late)?
    }

    /// The next answer; `None` when there is none any more.
    pub(super) async fn next(&mut self) -> Result<Option<Fetched>, Broken> {
        let answer = timeout(PATIENCE, wire::read(&mut self.0)).await;
        answer.map_err(|_| Broken::Late)?.map_err(Broken::Talk)
    }
}
