//! Signs what the audit log has come to, outside of the database: within a second after records are written, a
//! checkpoint of their chain is in a file, and on the disk.
//!
//! Before it signs, it walks the new records behind the last checkpoint. When they do not follow, somebody has
//! changed the log: it signs nothing more of that chain, and says so.

/// The file of checkpoints.
mod file;

/// Records and checkpoints for a syslog server.
pub mod syslog;

use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

use ed25519_dalek::{SigningKey, VerifyingKey};
use shared::clock::SharedClock;
use sqlx::{PgConnection, PgPool};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use self::file::File;
pub use self::file::{FileError, Kept};
use crate::{
    audit::{
        Stream,
        checkpoint::Checkpoint,
        verify::{End, Fault, Walk},
    },
    metrics::Metrics,
    store,
};

/// How often it is looked whether there are new records.
const PERIOD: Duration = Duration::from_millis(500);
/// Records that are read at once.
const BATCH: i64 = 1000;

/// What signs checkpoints. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Notary(Arc<Inner>);

struct Inner {
    db: PgPool,
    clock: SharedClock,
    metrics: Arc<Metrics>,
    key: SigningKey,
    file: File,
    /// The last checkpoint of each chain; none before the file was read.
    last: Mutex<Option<Last>>,
}

/// Where each chain stood, and what was found wrong with it, by the chain's name.
#[derive(Debug, Default)]
struct Last {
    heads: BTreeMap<&'static str, (i64, Vec<u8>)>,
    broken: BTreeMap<&'static str, Fault>,
}

/// Why nothing is signed.
#[derive(Debug, thiserror::Error)]
pub enum NotaryError {
    #[error("the file of checkpoints")]
    File(#[from] FileError),
    #[error("reading the audit log")]
    Database(#[from] sqlx::Error),
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner")
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}

impl Notary {
    /// With a key, and the folder for what it signs, which is made.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn open(
        key: SigningKey,
        folder: &Path,
        db: PgPool,
        clock: SharedClock,
        metrics: Arc<Metrics>,
    ) -> Result<Self, FileError> {
        let file = File::open(folder, &key.verifying_key())?;
        Ok(Self(Arc::new(Inner {
            db,
            clock,
            metrics,
            key,
            file,
            last: Mutex::default(),
        })))
    }

    /// What its checkpoints are verified with.
    pub fn key(&self) -> VerifyingKey {
        self.0.key.verifying_key()
    }

    /// The same, PEM.
    pub fn key_pem(&self) -> &str {
        &self.0.file.key
    }

    /// All that it has signed.
    ///
    /// # Errors
    /// [`FileError`].
    pub async fn checkpoints(&self) -> Result<Kept, FileError> {
        self.0.file.read(self.key()).await
    }

    /// Signs new records until the token is cancelled.
    pub async fn run(self, token: CancellationToken) {
        let mut failed = false;
        while token
            .run_until_cancelled(tokio::time::sleep(PERIOD))
            .await
            .is_some()
        {
            let signed = self.sign().await;
            if let Err(error) = &signed
                && !failed
            {
                let error = error as &dyn std::error::Error;
                warn!(error, "the audit log's checkpoints are not written");
            }
            failed = signed.is_err();
        }
    }

    /// Signs what is new, and returns how many checkpoints that took.
    ///
    /// # Errors
    /// [`NotaryError`]; what was not signed is signed by the next that succeeds.
    pub async fn sign(&self) -> Result<usize, NotaryError> {
        let inner = &*self.0;
        let mut kept = inner.last.lock().await;
        // After a failure what is in the file is read again.
        let mut last = match kept.take() {
            Some(last) => last,
            None => Last::of(&inner.file.read(self.key()).await?.checkpoints),
        };
        let mut db = inner.db.acquire().await?;
        let mut signed = Vec::new();
        for stream in Stream::ALL {
            let from = last.heads.get(stream.name()).cloned().unwrap_or_default();
            match follow(&mut db, stream, from.clone()).await? {
                Ok(head) if head == from => last.fits(stream),
                Ok((seq, hash)) => {
                    last.fits(stream);
                    let bytes = hash
                        .as_slice()
                        .try_into()
                        .expect("it was compared with a hash");
                    signed.push(Checkpoint::sign(
                        stream,
                        seq,
                        bytes,
                        inner.clock.now(),
                        &inner.key,
                    ));
                    last.heads.insert(stream.name(), (seq, hash));
                }
                Err(fault) => last.found(stream, fault),
            }
        }
        inner.metrics.audit_broken.set(last.broken.len() as i64);
        if !signed.is_empty() {
            inner.file.append(&signed).await?;
            inner.metrics.audit_checkpoints.inc_by(signed.len() as u64);
        }
        *kept = Some(last);
        Ok(signed.len())
    }
}

impl Last {
    fn of(checkpoints: &[Checkpoint]) -> Self {
        let mut heads: BTreeMap<&'static str, (i64, Vec<u8>)> = BTreeMap::new();
        for checkpoint in checkpoints {
            if let Some(stream) = checkpoint.stream() {
                let head = heads.entry(stream.name()).or_default();
                if head.0 <= checkpoint.seq() {
                    *head = (checkpoint.seq(), checkpoint.hash().to_vec());
                }
            }
        }
        Self {
            heads,
            broken: BTreeMap::new(),
        }
    }

    /// A chain is what it was, again or still.
    fn fits(&mut self, stream: Stream) {
        self.broken.remove(stream.name());
    }

    /// Says, once, that a chain is not what it was.
    fn found(&mut self, stream: Stream, fault: Fault) {
        if self.broken.get(stream.name()) != Some(&fault) {
            error!(
                stream = stream.name(),
                fault = %fault,
                "the audit log was changed: `owadm audit verify` tells what, and nothing more of it is signed"
            );
            self.broken.insert(stream.name(), fault);
        }
    }
}

/// Walks from a record to the end of its chain, which it returns, or what does not fit first.
async fn follow(
    db: &mut PgConnection,
    stream: Stream,
    (seq, hash): (i64, Vec<u8>),
) -> sqlx::Result<Result<(i64, Vec<u8>), Fault>> {
    // Before the records: those that it counts are all there.
    let end = store::audit::head(db, stream).await?;
    let mut walk = Walk::behind(stream, seq, hash);
    let end = match end {
        Some((seq, hash)) => End::At { seq, hash },
        None => End::Lost,
    };
    let newest = match &end {
        End::At { seq, .. } => *seq,
        _ => seq,
    };
    while walk.place().0 < newest {
        let rows = store::audit::behind(db, stream, walk.place().0, BATCH).await?;
        let rows: Vec<_> = rows.into_iter().filter(|row| row.seq <= newest).collect();
        if rows.is_empty() {
            break;
        }
        for row in &rows {
            if let Some(fault) = walk.step(row).into_iter().next() {
                return Ok(Err(fault));
            }
        }
    }
    let (seq, hash) = walk.place();
    let head = (seq, hash.to_vec());
    Ok(walk.end(&end).1.into_iter().next().map_or(Ok(head), Err))
}

#[cfg(test)]
mod tests;
