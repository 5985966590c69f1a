//! What a host fetches, on streams of its own beside its session: one at a time, each a question and the
//! answers to it. Everything comes from the tables, so that any collector on them serves the same; what
//! is remembered here is only work that need not be done again for the next host.
//!
//! Nothing that is served is a secret among hosts, and nothing is trusted for coming from here.

/// Roots, manifests and files, as answers.
mod answer;

/// How much is sent.
mod rate;

use std::{convert::Infallible, sync::Arc, time::Duration};

use moka::sync::Cache;
use quinn::{Connection, RecvStream, SendStream};
use shared::wire::{self, ContentHash, Fetch, Fetched, MAX_FETCHED, WireError};
use tokio::{io::AsyncReadExt as _, sync::Semaphore, time::timeout};
use tracing::{debug, warn};

use self::rate::Rate;
use super::Context;

/// Streams of a host at once: its session, and one on which it fetches.
const STREAMS: u8 = 2;
/// How long a question may take to arrive.
const QUESTION: Duration = Duration::from_secs(10);
/// Most bytes of a question: the hashes of [`MAX_FETCHED`] files, and some room.
const MAX_QUESTION: u64 = 40 << 10;
/// How long a host may take to take one message.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a host is asked to wait that finds all places taken, milliseconds.
const BUSY_MS: u32 = 5000;
/// Packed manifests that are remembered, bytes: some hundred pairs of bundles.
const REMEMBERED: u64 = 8 << 20;

/// The codes with which a stream is ended before its time, as the agent's QUIC stack sees them.
#[derive(Debug, Clone, Copy)]
#[repr(u32)]
enum Reset {
    /// It was no question, or not in time.
    Question = 1,
    /// The collector's database did not answer: ask again later.
    Failed = 2,
}

/// What all fetching shares. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Downloads(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    places: Semaphore,
    rate: Rate,
    /// Manifests as what differs from another, by both names.
    packed: Cache<(ContentHash, ContentHash), Arc<[u8]>>,
}

impl Downloads {
    /// For so many hosts at once, which together get at most so many bytes a second.
    pub fn new(at_once: usize, bytes_per_s: u64) -> Self {
        let weigh = |_: &_, packed: &Arc<[u8]>| u32::try_from(packed.len()).unwrap_or(u32::MAX);
        let packed = Cache::builder().weigher(weigh).max_capacity(REMEMBERED);
        Self(Arc::new(Shared {
            places: Semaphore::new(at_once),
            rate: Rate::new(bytes_per_s),
            packed: packed.build(),
        }))
    }
}

/// Why a stream was not answered to its end.
#[derive(Debug, thiserror::Error)]
enum Unserved {
    #[error("the question did not come in time")]
    Late,
    #[error("the question is none")]
    Question(#[source] WireError),
    #[error("{0} files are asked for, and {MAX_FETCHED} are the most")]
    TooMany(usize),
    #[error("the host did not take what it asked for")]
    Stuck,
    #[error("the host has left the stream")]
    Left(#[source] WireError),
    #[error("reading content")]
    Database(#[source] sqlx::Error),
    #[error("packing a manifest")]
    Pack(#[source] std::io::Error),
    #[error("writing an answer")]
    Frame(#[source] WireError),
}

/// Answers what the host asks on further streams, until the connection ends; the session then does too.
/// Only now it may open any.
pub(super) async fn serve(context: &Context, connection: &Connection) -> Infallible {
    connection.set_max_concurrent_bi_streams(STREAMS.into());
    while let Ok((mut send, mut recv)) = connection.accept_bi().await {
        match answer(context, &mut send, &mut recv).await {
            Ok(()) => {
                // An error means that the host has left the stream, and needs no end of it.
                let _ = send.finish();
            }
            Err(unserved) => give_up(context, &unserved, &mut send, &mut recv),
        }
    }
    std::future::pending().await
}

async fn answer(
    context: &Context,
    send: &mut SendStream,
    recv: &mut RecvStream,
) -> Result<(), Unserved> {
    let mut bounded = recv.take(MAX_QUESTION);
    let question = timeout(QUESTION, wire::read::<Fetch>(&mut bounded)).await;
    let question = question
        .map_err(|_| Unserved::Late)?
        .map_err(Unserved::Question)?
        .ok_or(Unserved::Question(WireError::Truncated))?;
    if let Fetch::Files(hashes) = &question
        && hashes.len() > MAX_FETCHED
    {
        return Err(Unserved::TooMany(hashes.len()));
    }
    let downloads = &context.downloads.0;
    let Ok(_place) = downloads.places.try_acquire() else {
        context.metrics.fetched("busy");
        return say(context, send, &Fetched::Busy(BUSY_MS)).await;
    };
    match question {
        Fetch::Roots { after } => answer::roots(context, send, after).await?,
        Fetch::Manifest { manifest, basis } => {
            answer::manifest(context, send, manifest, basis).await?;
        }
        Fetch::Files(hashes) => answer::files(context, send, &hashes).await?,
    }
    context.metrics.fetched("answered");
    Ok(())
}

/// Sends one message, at its turn.
async fn say(context: &Context, send: &mut SendStream, message: &Fetched) -> Result<(), Unserved> {
    let frame = wire::seal(message).map_err(Unserved::Frame)?;
    let bytes = frame.len() as u64;
    tokio::time::sleep(context.downloads.0.rate.take(bytes)).await;
    let written = timeout(PATIENCE, send.write_all(&frame)).await;
    let written = written.map_err(|_| Unserved::Stuck)?;
    written.map_err(|error| Unserved::Left(WireError::Io(error.into())))?;
    context.metrics.content_bytes_sent.inc_by(bytes);
    Ok(())
}

fn give_up(context: &Context, why: &Unserved, send: &mut SendStream, recv: &mut RecvStream) {
    let error = why as &dyn std::error::Error;
    let reset = match why {
        Unserved::Late | Unserved::Question(_) | Unserved::TooMany(_) => {
            context.metrics.frames_refused.inc();
            context.metrics.fetched("refused");
            warn!(error, "a host asks for content as no agent does");
            Reset::Question
        }
        Unserved::Database(_) | Unserved::Pack(_) | Unserved::Frame(_) => {
            context.metrics.fetched("failed");
            tracing::error!(error, "content could not be served");
            Reset::Failed
        }
        Unserved::Stuck | Unserved::Left(_) => {
            context.metrics.fetched("left");
            debug!(error, "content was not taken");
            Reset::Failed
        }
    };
    // Errors mean that the stream has ended already.
    let _ = send.reset((reset as u32).into());
    let _ = recv.stop((reset as u32).into());
}
