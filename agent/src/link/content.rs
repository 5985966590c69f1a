//! Fetching what the collector offers, on streams of its own beside the session. What comes is bounded
//! here, and believed by [`Bundles`] or by nobody.
//!
//! What was fetched is kept by its hash, so that whatever ends a fetch, the next asks only for the rest.

/// One question, and the answers to it.
mod answers;

use std::{convert::Infallible, time::Duration};

use quinn::Connection;
use shared::{
    backoff::Backoff,
    bundle::{MAX_MANIFEST, MAX_ROOTS},
    wire::{ContentHash, ContentRefusal, Fetch, Fetched, MAX_FETCHED, Offer, Packed},
};
use tokio::{
    sync::watch,
    task::{JoinError, spawn_blocking},
    time::sleep,
};
use tracing::{info, warn};

use self::answers::{Answers, Broken};
use super::draw;
use crate::{
    bundle::{Bundles, Consider, Refused},
    fault::words,
};

/// The first wait after a stream broke is at most this long, and no later one longer than that.
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(300);

/// Fetches over one connection.
#[derive(Debug)]
pub(super) struct Fetcher {
    pub(super) connection: Connection,
    pub(super) bundles: Bundles,
}

/// Why an offer was not fetched.
#[derive(Debug, thiserror::Error)]
enum Unfetched {
    /// The bundle is not taken.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The collector asks to come again.
    #[error("too many fetch at present")]
    Busy(Duration),
    #[error("a stream of content broke")]
    Broken(#[from] Broken),
    #[error("keeping content in a thread of its own")]
    Thread(#[from] JoinError),
}

impl Fetcher {
    /// Fetches what is offered, the newest offer in place of those before, as long as it is polled.
    pub(super) async fn run(&self, mut offers: watch::Receiver<Option<Offer>>) -> Infallible {
        loop {
            let offer = offers.borrow_and_update().clone();
            let taken = async {
                if let Some(offer) = offer {
                    self.take(&offer).await;
                }
                std::future::pending::<Infallible>().await
            };
            tokio::select! {
                never = taken => match never {},
                Ok(()) = offers.changed() => {}
            }
        }
    }

    /// Fetches an offer, however often that takes, until it is complete or refused.
    async fn take(&self, offer: &Offer) {
        let mut backoff = Backoff::new(FIRST, LONGEST);
        loop {
            let wait = match self.fetch(offer).await {
                Ok(()) => return,
                Err(Unfetched::Refused(refused)) => {
                    let offer = offer.clone();
                    let _ = self
                        .with(move |bundles| bundles.refused(&offer, &refused))
                        .await;
                    return;
                }
                // Those who were sent away together do not come back together.
                Err(Unfetched::Busy(wait)) => wait + wait.mul_f64(draw() as f64 / u64::MAX as f64),
                Err(error) => {
                    let why = words(&error);
                    warn!(bundle.serial = offer.serial, why, "content not fetched");
                    backoff.next(draw())
                }
            };
            sleep(wait).await;
        }
    }

    async fn fetch(&self, offer: &Offer) -> Result<(), Unfetched> {
        let considered = offer.clone();
        let considered = self
            .with(move |bundles| bundles.consider(&considered))
            .await?;
        let Consider::Need { basis } = considered else {
            return Ok(());
        };
        self.roots(offer).await?;
        let missing = self.manifest(offer, basis).await?;
        info!(
            bundle.serial = offer.serial,
            files = missing.len(),
            "fetching content"
        );
        for batch in missing.chunks(MAX_FETCHED) {
            self.files(offer, batch).await?;
        }
        let complete = offer.clone();
        Ok(self
            .with(move |bundles| bundles.complete(&complete))
            .await?)
    }

    /// Fetches the roots that follow the one that is trusted, up to the offer's.
    async fn roots(&self, offer: &Offer) -> Result<(), Unfetched> {
        let after = self.with(|bundles| bundles.newest_root()).await?;
        let most = offer.root.saturating_sub(after).min(MAX_ROOTS as u32);
        if most == 0 {
            return Ok(());
        }
        let mut answers = Answers::to(&self.connection, &Fetch::Roots { after }).await?;
        for _ in 0..most {
            match answers.next().await? {
                Some(Fetched::Root {
                    document,
                    signatures,
                }) => {
                    let added = move |bundles: &Bundles| bundles.add_root(&document, &signatures);
                    self.with(added).await??;
                }
                // Whether what there is will do is seen with the manifest.
                None => break,
                Some(other) => return Err(unasked(other)),
            }
        }
        Ok(())
    }

    /// Fetches the manifest, as what differs from `basis`. Returns the files that are missing.
    async fn manifest(
        &self,
        offer: &Offer,
        basis: Option<ContentHash>,
    ) -> Result<Vec<(ContentHash, u64)>, Unfetched> {
        let manifest = offer.manifest;
        let question = Fetch::Manifest { manifest, basis };
        let mut answers = Answers::to(&self.connection, &question).await?;
        let (document, signatures) = match answers.next().await? {
            Some(Fetched::Manifest {
                document,
                signatures,
            }) => (document, signatures),
            Some(Fetched::Missing(_)) => return Err(incomplete(offer, "its manifest").into()),
            Some(other) => return Err(unasked(other)),
            None => return Err(Broken::Ended.into()),
        };
        let offer = offer.clone();
        let missing = self.with(move |bundles| {
            let document = unpack(bundles, basis, document)?;
            bundles.manifest(&offer, &document, &signatures)
        });
        Ok(missing.await??)
    }

    /// Fetches files, of which each is kept as soon as it is here.
    async fn files(&self, offer: &Offer, files: &[(ContentHash, u64)]) -> Result<(), Unfetched> {
        let hashes = files.iter().map(|(hash, _)| *hash);
        let question = Fetch::Files(hashes.collect());
        let mut answers = Answers::to(&self.connection, &question).await?;
        let mut due = files;
        while !due.is_empty() {
            let come = match answers.next().await? {
                Some(Fetched::Files(come)) if (1..=due.len()).contains(&come.len()) => come,
                Some(Fetched::Missing(_)) => {
                    return Err(incomplete(offer, "one of its files").into());
                }
                Some(other) => return Err(unasked(other)),
                None => return Err(Broken::Ended.into()),
            };
            let (now, later) = due.split_at(come.len());
            let now = now.to_vec();
            self.with(move |bundles| {
                let mut files = now.iter().zip(&come);
                files.try_for_each(|((hash, size), bytes)| keep(bundles, *hash, *size, bytes))
            })
            .await??;
            due = later;
        }
        Ok(())
    }

    /// Asks those who keep content, which blocks.
    async fn with<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Bundles) -> T + Send + 'static,
    ) -> Result<T, JoinError> {
        let bundles = self.bundles.clone();
        spawn_blocking(move || job(&bundles)).await
    }
}

fn keep(bundles: &Bundles, hash: ContentHash, size: u64, bytes: &[u8]) -> Result<(), Refused> {
    if bytes.len() as u64 != size {
        let come = bytes.len();
        let words = format!("{come} bytes came for a file that has {size}");
        return Err(Refused::new(ContentRefusal::Malformed, words));
    }
    bundles.file(hash, bytes)
}

/// The manifest as it was signed. Nothing is unpacked beyond what a manifest may have.
fn unpack(
    bundles: &Bundles,
    basis: Option<ContentHash>,
    document: Packed,
) -> Result<Vec<u8>, Refused> {
    let malformed = |words: String| Refused::new(ContentRefusal::Malformed, words);
    let packed = match document {
        Packed::Whole(document) => return Ok(document),
        Packed::Against(packed) => packed,
    };
    let basis = basis.and_then(|basis| bundles.basis(basis));
    let basis =
        basis.ok_or_else(|| malformed("a manifest came as what differs from none".into()))?;
    let unpacked = zstd::bulk::Decompressor::with_dictionary(&basis)
        .and_then(|mut unpack| unpack.decompress(&packed, MAX_MANIFEST));
    unpacked.map_err(|error| malformed(format!("the manifest cannot be unpacked: {error}")))
}

/// The collector offers what it has not.
fn incomplete(offer: &Offer, what: &str) -> Refused {
    let serial = offer.serial;
    let words = format!("the collector offers bundle {serial} and does not have {what}");
    Refused::new(ContentRefusal::Incomplete, words)
}

/// The collector does not answer the question.
fn unasked(message: Fetched) -> Unfetched {
    let what = match message {
        Fetched::Busy(ms) => {
            return Unfetched::Busy(Duration::from_millis(ms.into()).min(LONGEST));
        }
        Fetched::Root { .. } => "a root",
        Fetched::Manifest { .. } => "a manifest",
        Fetched::Files(_) => "no file, or more than were asked for",
        Fetched::Missing(_) => "word of something missing",
    };
    let words = format!("the collector answers what it was not asked: {what}");
    Refused::new(ContentRefusal::Malformed, words).into()
}
