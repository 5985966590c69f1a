//! A disk in memory: it counts writes, can be full, and loses at a crash what was not synced.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard},
};

use redb::{Database, DatabaseError, StorageBackend};

use super::super::{Journal, JournalError, store::Place};

#[derive(Debug, Clone, Default)]
pub(super) struct Disk(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    written: Vec<u8>,
    synced: Vec<u8>,
    writes: u64,
    /// Writes until the disk is full.
    room: Option<u64>,
    /// Counts crashes: what an earlier life still writes is lost.
    life: u64,
}

impl Disk {
    pub(super) fn journal(&self, bound: u64) -> Result<Journal, JournalError> {
        Journal::open_at(Box::new(self.clone()), bound)
    }

    pub(super) fn writes(&self) -> u64 {
        self.state().writes
    }

    pub(super) fn fill_after(&self, writes: u64) {
        self.state().room = Some(writes);
    }

    pub(super) fn free(&self) {
        self.state().room = None;
    }

    /// The power goes. What is open writes on into nothing.
    pub(super) fn crash(&self) {
        let mut state = self.state();
        state.life += 1;
        state.written = state.synced.clone();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }
}

impl Place for Disk {
    fn open(&self) -> Result<Database, DatabaseError> {
        let life = self.state().life;
        Database::builder().create_with_backend(Backend {
            disk: self.clone(),
            life,
        })
    }

    fn set_aside(&self) -> Result<(), JournalError> {
        panic!("the journal was damaged");
    }
}

#[derive(Debug)]
struct Backend {
    disk: Disk,
    life: u64,
}

impl Backend {
    fn change(&self, change: impl FnOnce(&mut State)) -> io::Result<()> {
        let mut state = self.disk.state();
        if state.life != self.life {
            return Err(io::Error::other("crashed"));
        }
        match &mut state.room {
            Some(0) => return Err(io::ErrorKind::StorageFull.into()),
            Some(room) => *room -= 1,
            None => {}
        }
        state.writes += 1;
        change(&mut state);
        Ok(())
    }
}

impl StorageBackend for Backend {
    fn len(&self) -> io::Result<u64> {
        Ok(self.disk.state().written.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let at = offset as usize;
        out.copy_from_slice(&self.disk.state().written[at..at + out.len()]);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.change(|state| state.written.resize(len as usize, 0))
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.disk.state();
        if state.life == self.life {
            state.synced = state.written.clone();
        }
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let at = offset as usize;
        self.change(|state| state.written[at..at + data.len()].copy_from_slice(data))
    }
}
