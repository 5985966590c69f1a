//! Reading the forms that are plain files, and noticing when they change meanwhile.
//!
//! rpm's own readers wait for its writers. An observer that took the same locks could hold a
//! transaction up, so this looks whether the file is what it was before, and begins again if not.

use std::{
    fs::File,
    io,
    os::unix::fs::{FileExt as _, MetadataExt as _},
};

use nix::{fcntl, libc};
use shared::wire::Stale;

use super::{
    RpmError, TRIES, bdb, ndb,
    place::{Form, Place},
};
use crate::host::Host;

/// Bytes that are read piece by piece: a file, or in tests a slice.
pub trait Bytes {
    /// How many there are.
    ///
    /// # Errors
    /// When the file cannot be asked.
    fn length(&self) -> io::Result<u64>;

    /// Fills `into` with those from `offset` on.
    ///
    /// # Errors
    /// When there are fewer, or they cannot be read.
    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<()>;
}

impl Bytes for File {
    fn length(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        self.read_exact_at(into, offset)
    }
}

impl Bytes for [u8] {
    fn length(&self) -> io::Result<u64> {
        Ok(self.len() as u64)
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        let from = usize::try_from(offset).ok();
        let piece = from.and_then(|from| self.get(from..)?.get(..into.len()));
        into.copy_from_slice(piece.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}

/// The rows of an undisturbed reading. The outer error is one of opening files.
pub(super) fn collect<T>(
    host: &Host,
    place: &Place,
    add: impl Fn(&mut Vec<T>, i64, &[u8]) -> Result<(), RpmError>,
) -> Result<Result<Vec<T>, RpmError>, Stale> {
    for _ in 0..TRIES {
        let file = host.open(&place.path)?;
        let before = state(&file).map_err(RpmError::Metadata);
        // Berkeley DB writes its pages in any order; only the end of the transaction makes them
        // one whole again. NDB is whole after each package.
        let busy = || place.form == Form::Bdb && is_locked(host, &place.lock);
        if busy() {
            continue;
        }
        let mut rows = Vec::new();
        let read = match place.form {
            Form::Ndb => ndb::each(&file, |number, blob| {
                add(&mut rows, i64::from(number), blob)
            }),
            _ => bdb::each(&file, |number, blob| {
                add(&mut rows, i64::from(number), blob)
            }),
        };
        // Asked of the path, not of the open file: it may have been replaced.
        let after = state(&host.open(&place.path)?).map_err(RpmError::Metadata);
        match (before, after) {
            (Ok(before), Ok(after)) if before == after && !busy() => {
                return Ok(read.map(|()| rows));
            }
            (Err(error), _) | (_, Err(error)) => return Ok(Err(error)),
            _ => {}
        }
    }
    Ok(Err(RpmError::Unsteady))
}

/// What is different after any change. The first bytes hold NDB's count of changes, which tells of
/// those within one tick of the clock of the files' times.
fn state(file: &File) -> io::Result<(u64, i64, i64, u64, [u8; 32])> {
    let metadata = file.metadata()?;
    let mut first = [0; 32];
    let known = metadata.len().min(32) as usize;
    file.read_exact_at(&mut first[..known], 0)?;
    Ok((
        metadata.ino(),
        metadata.mtime(),
        metadata.mtime_nsec(),
        metadata.len(),
        first,
    ))
}

/// Whether a transaction of rpm is under way. A lock that cannot be asked is taken for none: the
/// file's times still tell.
fn is_locked(host: &Host, lock: &str) -> bool {
    let Ok(file) = host.open(lock) else {
        return false;
    };
    let mut question = libc::flock {
        l_type: libc::F_RDLCK as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    };
    fcntl::fcntl(&file, fcntl::FcntlArg::F_GETLK(&mut question)).is_ok()
        && question.l_type != libc::F_UNLCK as libc::c_short
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, fs};

    use shared::clock::SystemClock;

    use super::{super::place, *};
    use crate::probe::live;

    /// Reads a copy of a database that is changed with each of the first so many headers.
    fn read_while_it_changes(changes: usize) -> Result<Vec<i64>, RpmError> {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("var/lib/rpm");
        fs::create_dir_all(&folder).unwrap();
        let recorded = live::recorded("sles-15/usr/lib/sysimage/rpm/Packages.db");
        let file = folder.join("Packages.db");
        fs::copy(recorded, &file).unwrap();
        let host = Host::at(root.path(), SystemClock::shared());
        let place = place::find(&host).unwrap().unwrap();
        let left = Cell::new(changes);
        let add = |rows: &mut Vec<i64>, number, _: &[u8]| {
            if left.get() > 0 {
                left.set(left.get() - 1);
                let mut bytes = fs::read(&file).unwrap();
                // The count of changes, which rpm raises with each.
                bytes[8] = bytes[8].wrapping_add(1);
                fs::write(&file, bytes).unwrap();
            }
            rows.push(number);
            Ok(())
        };
        collect(&host, &place, add).unwrap()
    }

    #[test]
    fn what_changes_meanwhile_is_read_again_and_never_mixed() {
        assert_eq!(read_while_it_changes(0).unwrap(), [1, 2, 3, 4, 5, 6]);
        assert_eq!(read_while_it_changes(7).unwrap(), [1, 2, 3, 4, 5, 6]);
        let restless = read_while_it_changes(usize::MAX);
        assert!(matches!(restless, Err(RpmError::Unsteady)));
    }
}
