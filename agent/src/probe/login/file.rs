//! The files of records: wtmp, btmp, lastlog.

use std::{
    fs::File,
    io::{Read as _, Seek as _, SeekFrom},
    os::unix::fs::FileExt as _,
};

use super::{
    LASTLOG,
    record::{self, NATIVE},
};
use crate::host::{Host, HostError};

/// How much of the end of wtmp and of btmp is read, bytes: forty thousand logins. lastlog and the
/// databases know what is older.
const MAX_TAIL: u64 = 16 << 20;

/// How many records are read at a time.
const BATCH: usize = 170;

pub(super) fn opened(host: &Host, path: &str) -> Result<Option<File>, HostError> {
    match host.open(path) {
        Err(error) if error.is_absent() => Ok(None),
        file => file.map(Some),
    }
}

/// lastlog is an array by user number, most of it a hole: one look for each account.
pub(super) fn lastlog(
    file: &File,
    numbers: &[(&[u8], u32)],
    mut each: impl FnMut(&[u8], record::Record<'_>),
) -> Result<(), HostError> {
    let failed = |source| HostError::Read {
        path: LASTLOG.into(),
        source,
    };
    let length = file.metadata().map_err(failed)?.len();
    let mut bytes = vec![0; NATIVE.lastlog];
    for (name, uid) in numbers {
        let at = u64::from(*uid) * NATIVE.lastlog as u64;
        if at + NATIVE.lastlog as u64 > length {
            continue;
        }
        file.read_exact_at(&mut bytes, at).map_err(failed)?;
        if let Some(last) = record::last(NATIVE, &bytes) {
            each(name, last);
        }
    }
    Ok(())
}

/// Gives each record of the end of a file, the oldest first. `None` where there is no such file;
/// else the time of the first record.
pub(super) fn tail(
    host: &Host,
    path: &str,
    mut each: impl FnMut(record::Record<'_>),
) -> Result<Option<Option<i64>>, HostError> {
    let Some(mut file) = opened(host, path)? else {
        return Ok(None);
    };
    let failed = |source| HostError::Read {
        path: path.into(),
        source,
    };
    let size = NATIVE.size as u64;
    // A record that is being written is left for the next time.
    let records = file.metadata().map_err(failed)?.len() / size;
    let first = records.saturating_sub(MAX_TAIL / size);
    file.seek(SeekFrom::Start(first * size)).map_err(failed)?;
    let mut file = file.take((records - first) * size);
    let mut batch = Vec::with_capacity(BATCH * NATIVE.size);
    let mut since = None;
    loop {
        batch.clear();
        let most = (BATCH * NATIVE.size) as u64;
        file.by_ref()
            .take(most)
            .read_to_end(&mut batch)
            .map_err(failed)?;
        if batch.is_empty() {
            return Ok(Some(since));
        }
        for bytes in batch.chunks(NATIVE.size) {
            if let Some(record) = record::login(NATIVE, bytes) {
                since.get_or_insert(record.at);
                each(record);
            }
        }
    }
}
