//! The state folder: what the agent keeps on disk, written so that a crash leaves either the old
//! file or the new one.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

/// Why the state folder could not be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    #[error("making the state folder {path}")]
    Make {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("reading {path}")]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("writing {path}")]
    Write {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("another openwatch-agent uses {path}")]
    InUse { path: PathBuf },
}

/// The folder that holds identity, journal and status.
#[derive(Debug, Clone)]
pub struct StateDir {
    path: PathBuf,
}

/// Held by the daemon as long as it runs.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

const LOCK: &str = "agent.lock";
/// [`StateDir::is_locked`] holds the lock for an instant, which must not keep a daemon from
/// starting.
const GLANCES: u32 = 5;
const GLANCE: Duration = Duration::from_millis(20);

impl StateDir {
    /// The folder at `path`, which need not exist.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Makes the folder, for its owner alone, when it does not exist.
    ///
    /// # Errors
    /// [`StateError::Make`].
    pub fn make(&self) -> Result<(), StateError> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.path)
            .map_err(|source| StateError::Make {
                path: self.path.clone(),
                source,
            })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The content of a file; `None` when there is none.
    ///
    /// # Errors
    /// [`StateError::Read`].
    pub fn read(&self, name: &str) -> Result<Option<String>, StateError> {
        let path = self.path.join(name);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(StateError::Read { path, source }),
        }
    }

    /// Replaces a file in one step. It is created with `mode`, so that nobody else can read a
    /// secret even for a moment, and has reached the disk, name included, when this returns.
    ///
    /// # Errors
    /// [`StateError::Write`]; the old file is still there.
    pub fn write(&self, name: &str, content: &str, mode: u32) -> Result<(), StateError> {
        let path = self.path.join(name);
        let draft = self.path.join(format!("{name}.new"));
        let written = write_draft(&draft, content, mode)
            .and_then(|()| fs::rename(&draft, &path))
            .and_then(|()| File::open(&self.path)?.sync_all());
        written.map_err(|source| {
            // A draft that stays takes room on a disk that may be full.
            let _ = fs::remove_file(&draft);
            StateError::Write { path, source }
        })
    }

    /// Permission bits of a file; `None` when there is none or it cannot be asked.
    pub fn mode(&self, name: &str) -> Option<u32> {
        let metadata = fs::metadata(self.path.join(name)).ok()?;
        Some(metadata.permissions().mode() & 0o7777)
    }

    /// Claims the folder for one daemon.
    ///
    /// # Errors
    /// [`StateError::InUse`] when another one runs.
    pub fn lock(&self) -> Result<Lock, StateError> {
        let path = self.path.join(LOCK);
        let open = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path);
        let file = open.map_err(|source| StateError::Write {
            path: path.clone(),
            source,
        })?;
        for _ in 0..GLANCES {
            match file.try_lock() {
                Ok(()) => return Ok(Lock { _file: file }),
                Err(TryLockError::WouldBlock) => thread::sleep(GLANCE),
                Err(TryLockError::Error(source)) => {
                    return Err(StateError::Write { path, source });
                }
            }
        }
        Err(StateError::InUse {
            path: self.path.clone(),
        })
    }

    /// Whether a daemon runs on this folder; `None` when that cannot be asked.
    pub fn is_locked(&self) -> Option<bool> {
        match File::open(self.path.join(LOCK)) {
            Ok(file) => match file.try_lock_shared() {
                Ok(()) => Some(false),
                Err(TryLockError::WouldBlock) => Some(true),
                Err(TryLockError::Error(_)) => None,
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => Some(false),
            Err(_) => None,
        }
    }

    /// Bytes that the agent may still write.
    ///
    /// # Errors
    /// [`StateError::Read`].
    pub fn free_bytes(&self) -> Result<u64, StateError> {
        let stat = nix::sys::statvfs::statvfs(&self.path).map_err(|errno| StateError::Read {
            path: self.path.clone(),
            source: errno.into(),
        })?;
        Ok(stat.blocks_available().saturating_mul(stat.fragment_size()))
    }
}

fn write_draft(path: &Path, content: &str, mode: u32) -> io::Result<()> {
    // One that a crash left may have another mode.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)?;
    file.write_all(content.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_has_its_mode_from_the_start() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::at(folder.path().join("deep/er"));
        state.make().unwrap();
        assert_eq!(state.read("a").unwrap(), None);
        state.write("a", "old", 0o644).unwrap();
        fs::write(state.path().join("a.new"), "left by a crash").unwrap();
        state.write("a", "new", 0o600).unwrap();
        assert_eq!(state.read("a").unwrap().as_deref(), Some("new"));
        assert_eq!(state.mode("a"), Some(0o600));
        assert!(!state.path().join("a.new").exists());
    }

    #[test]
    fn a_failed_write_leaves_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::at(folder.path());
        state.write("a", "old", 0o600).unwrap();
        fs::create_dir(folder.path().join("a.new")).unwrap();
        assert!(state.write("a", "new", 0o600).is_err());
        assert_eq!(state.read("a").unwrap().as_deref(), Some("old"));
    }

    #[test]
    fn one_daemon_at_a_time_and_everybody_can_see_it() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::at(folder.path());
        assert_eq!(state.is_locked(), Some(false));
        let lock = state.lock().unwrap();
        assert_eq!(state.is_locked(), Some(true));
        assert!(matches!(state.lock(), Err(StateError::InUse { .. })));
        drop(lock);
        assert_eq!(state.is_locked(), Some(false));
    }
}
