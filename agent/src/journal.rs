//! What the agent remembers: the rows last seen, and the records that the collector has yet to
//! commit. Both lie in one database and change in one transaction, so that a crash between them
//! loses nothing and repeats nothing.
//!
//! The outbox is bounded. Above its bound, all that waits is folded into the net change and marked
//! as a gap: history gets coarser, the present stays right. A failed read never erases rows. After
//! an I/O error (a full disk) nothing has changed, and the next call tries again.

/// Where the chain over results stands.
mod chain;

/// One change, and what is sent for it.
mod change;

/// What can go wrong.
mod error;

/// Where the stream stands.
mod head;

/// What is known of one kind.
mod kind;

/// Records that wait.
mod outbox;

/// Rows as last seen.
mod rows;

/// The file.
mod store;

/// What it holds, for the status.
mod summary;

use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, Utc};
use redb::{Database, ReadableDatabase, ReadableTableMetadata, WriteTransaction};
use shared::{
    chain::Stand,
    clock::{SharedClock, to_micros},
    digest::Digest,
    fact::{Fact, RowHash},
    id::Epoch,
    wire::{KindState, Row},
};
use tokio::sync::watch;

pub use self::{
    chain::Chain,
    error::JournalError,
    outbox::Pending,
    summary::{KindSummary, Summary},
};
use self::{
    change::Change,
    head::Head,
    store::{HEAD, KINDS, OUTBOX, Place, ROWS},
};
use crate::probe::Observation;

/// The journal's file in the state folder.
pub const FILE: &str = "journal.redb";

/// How far the stream has come. A change of `epoch` means that a session must begin anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    pub epoch: Epoch,
    pub last_seq: u64,
}

/// The journal.
pub struct Journal {
    place: Box<dyn Place>,
    /// Most bytes of records that wait.
    bound: u64,
    /// `None` after an error that leaves redb unusable; opened again at the next call.
    database: Mutex<Option<Database>>,
    position: watch::Sender<Position>,
    /// Rises with each transaction that was committed.
    commits: watch::Sender<u64>,
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Journal")
            .field("position", &*self.position.borrow())
            .finish_non_exhaustive()
    }
}

impl Journal {
    /// Opens the journal in `folder`, or begins one. A damaged one is moved aside.
    ///
    /// # Errors
    /// When the folder cannot be written, or another agent has the journal open.
    pub fn open(folder: &Path, max_bytes: u64, clock: SharedClock) -> Result<Self, JournalError> {
        let path = folder.join(FILE);
        Self::open_at(Box::new(store::File { path, clock }), max_bytes)
    }

    fn open_at(place: Box<dyn Place>, bound: u64) -> Result<Self, JournalError> {
        let database = store::open(&*place)?;
        let position = position(&load_head(&database)?);
        Ok(Self {
            place,
            bound,
            database: Mutex::new(Some(database)),
            position: watch::Sender::new(position),
            commits: watch::Sender::new(0),
        })
    }

    /// Remembers what was seen, and appends what the collector has to be told of it, if anything.
    /// Returns whether anything was.
    ///
    /// # Errors
    /// [`JournalError`]: nothing was remembered, and the next pass sees the same change again.
    pub fn observe(&self, observation: &Observation) -> Result<bool, JournalError> {
        let name = observation.kind;
        let at = to_micros(observation.at);
        let known = self.read(|database| {
            let reading = database.begin_read().map_err(JournalError::read)?;
            let kinds = reading.open_table(KINDS).map_err(JournalError::read)?;
            kind::find(&kinds, name).map(Option::unwrap_or_default)
        })?;
        let stale = observation.seen.as_ref().err();
        let fresh = known.freshness.as_ref().map(|(_, stale)| stale.as_ref()) == Some(stale);
        let rows: Option<Vec<_>> = observation.seen.as_ref().ok().map(|facts| {
            let texts = facts.iter().map(|f| (f.key.as_str(), f.value.as_str()));
            texts.collect()
        });
        // A quiet pass ends here: the digest says that the rows are the same, and nothing is
        // read from them or written.
        let rows = rows
            .map(|rows| (digest(name, &rows), rows))
            .filter(|(digest, _)| known.snapshot_seq == 0 || *digest != known.digest);
        if rows.is_none() && fresh {
            return Ok(false);
        }
        self.write(|change| {
            if let Some((digest, rows)) = &rows {
                change.rows_seen(name, at, rows, *digest)?;
            }
            if !fresh {
                change.freshness_seen(name, at, stale)?;
            }
            change.fold_above(self.bound)
        })?;
        Ok(true)
    }

    /// Remembers what some rows of a kind have become, and which are gone, while the others are as they
    /// were; and appends what the collector has to be told of it. Nothing happens when all are as
    /// remembered.
    ///
    /// # Errors
    /// [`JournalError`]: nothing was remembered.
    pub fn amend(
        &self,
        kind: &str,
        at: DateTime<Utc>,
        facts: &[Fact],
        gone: &[String],
    ) -> Result<(), JournalError> {
        let texts = facts.iter().map(|f| (f.key.as_str(), f.value.as_str()));
        let (rows, gone): (Vec<_>, Vec<_>) =
            (texts.collect(), gone.iter().map(String::as_str).collect());
        self.write(|change| {
            change.rows_amended(kind, to_micros(at), &rows, &gone)?;
            change.fold_above(self.bound)
        })
    }

    /// Whether anything is remembered of `kind`.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn has_rows(&self, kind: &str) -> Result<bool, JournalError> {
        self.read(|database| {
            let reading = database.begin_read().map_err(JournalError::read)?;
            let kinds = reading.open_table(KINDS).map_err(JournalError::read)?;
            Ok(kind::find(&kinds, kind)?.is_some_and(|kind| kind.rows > 0))
        })
    }

    /// Those of `keys` that are remembered of `kind`.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn known(&self, kind: &'static str, keys: &[String]) -> Result<Vec<Fact>, JournalError> {
        self.read(|database| {
            let reading = database.begin_read().map_err(JournalError::read)?;
            let table = reading.open_table(ROWS).map_err(JournalError::read)?;
            let mut found = Vec::new();
            for key in keys {
                if let Some(value) = rows::value(&table, kind, key)? {
                    let key = key.clone();
                    found.push(Fact { kind, key, value });
                }
            }
            Ok(found)
        })
    }

    /// Everything that is remembered of `kind`.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn rows(&self, kind: &'static str) -> Result<Vec<Fact>, JournalError> {
        self.read(|database| {
            let reading = database.begin_read().map_err(JournalError::read)?;
            let table = reading.open_table(ROWS).map_err(JournalError::read)?;
            let rows = rows::of(&table, kind)?;
            let fact = |Row { key, value }| Fact { kind, key, value };
            rows.map(|row| row.map(fact)).collect()
        })
    }

    /// Sends the rows of `kind` afresh, as of `at`. Nothing happens when a snapshot of it already
    /// waits, or it was never read.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn refresh(&self, kind: &str, at: DateTime<Utc>) -> Result<(), JournalError> {
        self.write(|change| {
            change.refresh(kind, to_micros(at))?;
            change.fold_above(self.bound)
        })
    }

    /// Begins a new epoch: what waits is dropped, and every kind is sent whole as of `at`.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn new_epoch(&self, at: DateTime<Utc>) -> Result<(), JournalError> {
        self.write(|change| change.new_epoch(to_micros(at)))
    }

    /// The highest sequence number that is known to be committed.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn acked_seq(&self) -> Result<u64, JournalError> {
        Ok(self.read(load_head)?.acked_seq)
    }

    /// Where the chain over results stands at the collector, as far as is known here.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn chain(&self) -> Result<Chain, JournalError> {
        self.read(|database| {
            let reading = database.begin_read().map_err(JournalError::read)?;
            Chain::load(&reading.open_table(HEAD).map_err(JournalError::read)?)
        })
    }

    /// Everything of `epoch` up to and including `seq` is committed and need not be kept; `stand`
    /// is where the chain over results stands with it, `None` when it had no link. Nothing happens
    /// when the journal has begun another epoch since.
    ///
    /// # Errors
    /// [`JournalError`]: the records stay, and are dropped with a later acknowledgement.
    pub fn acknowledge(
        &self,
        epoch: Epoch,
        seq: u64,
        stand: Option<Stand>,
    ) -> Result<(), JournalError> {
        if self.acked_seq()? >= seq {
            return Ok(());
        }
        self.write(|change| {
            if change.outbox.head.epoch != epoch {
                return Ok(());
            }
            let seq = seq.min(change.outbox.head.last_seq);
            change.outbox.head.acked_seq = seq.max(change.outbox.head.acked_seq);
            change.committed(seq, stand)
        })
    }

    /// The collector has committed everything up to and including `seq`, and no more. A collector
    /// that was restored from a backup has less than it once acknowledged: every kind is sent
    /// whole. One that claims more than was ever sent belongs to another life of this journal,
    /// and a new epoch begins. Nothing happens when the journal has begun another epoch since.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn resume_after(
        &self,
        epoch: Epoch,
        seq: u64,
        at: DateTime<Utc>,
    ) -> Result<(), JournalError> {
        let (head, chain) = (self.read(load_head)?, self.chain()?);
        if head.epoch != epoch || head.acked_seq == seq && chain.lost.is_none() {
            return Ok(());
        }
        self.write(|change| {
            if change.outbox.head.epoch != epoch {
                return Ok(());
            }
            if seq > head.last_seq {
                return change.new_epoch(to_micros(at));
            }
            if seq < head.acked_seq {
                change.send_all(to_micros(at))?;
            }
            change.outbox.head.acked_seq = seq;
            change.caught_up(seq)
        })
    }

    /// Records that follow `after`, as many as fit in `max_bytes`, and at least one if there is
    /// one.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn pending(&self, after: u64, max_bytes: usize) -> Result<Vec<Pending>, JournalError> {
        self.read(|database| {
            let reading = database.begin_read().map_err(JournalError::read)?;
            let table = reading.open_table(OUTBOX).map_err(JournalError::read)?;
            outbox::pending(&table, after, max_bytes)
        })
    }

    /// Where each kind stands, for the greeting.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn kinds(&self) -> Result<Vec<KindState>, JournalError> {
        self.read(|database| {
            let reading = database.begin_read().map_err(JournalError::read)?;
            let table = reading.open_table(KINDS).map_err(JournalError::read)?;
            let state = |(name, kind): (String, kind::Kind)| KindState {
                kind: name,
                seq: kind.seq,
                digest: kind.digest,
            };
            Ok(kind::all(&table)?.into_iter().map(state).collect())
        })
    }

    /// What the journal holds.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn summary(&self) -> Result<Summary, JournalError> {
        self.read(|database| {
            let reading = database.begin_read().map_err(JournalError::read)?;
            let head = Head::load(&reading.open_table(HEAD).map_err(JournalError::read)?)?;
            let kinds = reading.open_table(KINDS).map_err(JournalError::read)?;
            let outbox = reading.open_table(OUTBOX).map_err(JournalError::read)?;
            Ok(Summary {
                epoch: head.epoch,
                last_seq: head.last_seq,
                acked_seq: head.acked_seq,
                pending_records: outbox.len().map_err(JournalError::read)?,
                pending_bytes: head.pending_bytes,
                kinds: kind::all(&kinds)?.into_iter().map(summary::of).collect(),
            })
        })
    }

    /// How far the stream has come, now and whenever it changes.
    pub fn position(&self) -> watch::Receiver<Position> {
        self.position.subscribe()
    }

    /// Changes whenever what the journal holds may have changed.
    pub fn commits(&self) -> watch::Receiver<u64> {
        self.commits.subscribe()
    }

    /// Uses the journal from a task: it reads and writes files, and must not hold up the others.
    ///
    /// # Errors
    /// What `job` returns, or [`JournalError::Thread`].
    pub async fn off_thread<T: Send + 'static>(
        self: &Arc<Self>,
        job: impl FnOnce(&Self) -> Result<T, JournalError> + Send + 'static,
    ) -> Result<T, JournalError> {
        let journal = Arc::clone(self);
        tokio::task::spawn_blocking(move || job(&journal))
            .await
            .map_err(JournalError::Thread)?
    }

    fn write(
        &self,
        job: impl FnOnce(&mut Change<'_>) -> Result<(), JournalError>,
    ) -> Result<(), JournalError> {
        let head = self.with(|database| commit(store::begin(database)?, job))?;
        self.publish(&head);
        self.commits.send_modify(|commits| *commits += 1);
        Ok(())
    }

    fn read<T>(
        &self,
        job: impl FnOnce(&Database) -> Result<T, JournalError>,
    ) -> Result<T, JournalError> {
        self.with(job)
    }

    /// Runs `job` on the database. redb does not work on after an I/O error, so it is closed then
    /// and opened by the next call; a damaged one is moved aside at once.
    fn with<T>(
        &self,
        job: impl FnOnce(&Database) -> Result<T, JournalError>,
    ) -> Result<T, JournalError> {
        let mut slot = self.lock();
        let database = match slot.take() {
            Some(database) => database,
            None => {
                let database = store::open(&*self.place)?;
                self.publish(&load_head(&database)?);
                database
            }
        };
        let result = job(&database);
        match &result {
            Ok(_) => *slot = Some(database),
            Err(error) => {
                drop(database);
                if error.is_damage() {
                    self.place.set_aside()?;
                }
            }
        }
        result
    }

    fn publish(&self, head: &Head) {
        let position = position(head);
        self.position
            .send_if_modified(|old| std::mem::replace(old, position) != position);
    }

    fn lock(&self) -> MutexGuard<'_, Option<Database>> {
        // The database is consistent whatever a panicking thread left: a transaction that was not
        // committed is gone.
        self.database.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn commit(
    writing: WriteTransaction,
    job: impl FnOnce(&mut Change<'_>) -> Result<(), JournalError>,
) -> Result<Head, JournalError> {
    let mut change = Change::begin(&writing)?;
    job(&mut change)?;
    let head = change.end()?;
    writing.commit().map_err(JournalError::write)?;
    Ok(head)
}

fn load_head(database: &Database) -> Result<Head, JournalError> {
    let reading = database.begin_read().map_err(JournalError::read)?;
    Head::load(&reading.open_table(HEAD).map_err(JournalError::read)?)
}

fn position(head: &Head) -> Position {
    Position {
        epoch: head.epoch,
        last_seq: head.last_seq,
    }
}

fn digest(kind: &str, rows: &[(&str, &str)]) -> Digest {
    let hashes = rows
        .iter()
        .map(|(key, value)| RowHash::of(kind, key, value));
    hashes.fold(Digest::default(), |digest, hash| digest.with(&hash))
}

#[cfg(test)]
mod tests;
