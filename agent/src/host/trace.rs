//! What was asked of a host by whoever wants to know when to ask again.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    hash::{DefaultHasher, Hash as _, Hasher as _},
    os::unix::fs::MetadataExt as _,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::Host;

/// What differs after any change to what a path leads to: a hash of device, inode, times of its content
/// and of its owner and mode, length. `None`: nothing is there, or it cannot be asked.
///
/// A hash, because thousands are held: of 2^64 changes one is not seen.
pub type Stamp = Option<u64>;

/// Paths, each held once however many rules ask about it.
pub type Paths = BTreeSet<Arc<Path>>;

/// Takes down each path that is asked of the hosts that share it, until it is paused.
#[derive(Debug, Clone, Default)]
pub struct Trace(Arc<Mutex<Notes>>);

#[derive(Debug, Default)]
struct Notes {
    known: HashSet<Arc<Path>>,
    /// Since they were last taken.
    asked: Paths,
    /// As each path was just before it was first asked about.
    stamps: BTreeMap<Arc<Path>, Stamp>,
    pauses: u32,
}

impl Trace {
    /// The paths that were asked about since this was last called.
    pub fn take(&self) -> Paths {
        std::mem::take(&mut self.notes().asked)
    }

    /// Adds paths, as if they had just been asked about.
    pub fn add(&self, paths: &Paths) {
        self.notes().asked.extend(paths.iter().cloned());
    }

    /// How each path was just before it was first asked about, since this was last called.
    pub fn take_stamps(&self) -> BTreeMap<Arc<Path>, Stamp> {
        let mut notes = self.notes();
        notes.known.clear();
        std::mem::take(&mut notes.stamps)
    }

    /// What `job` asks is not taken down.
    pub fn paused<T>(&self, job: impl FnOnce() -> T) -> T {
        self.notes().pauses += 1;
        let done = job();
        self.notes().pauses -= 1;
        done
    }

    pub(super) fn note(&self, host: &Host, path: &Path) {
        let mut notes = self.notes();
        if notes.pauses > 0 {
            return;
        }
        let path = match notes.known.get(path) {
            Some(path) => path.clone(),
            None => {
                let path: Arc<Path> = path.into();
                // Before it is read: a change that comes in between differs from this.
                notes.stamps.insert(path.clone(), host.stamp(&path));
                notes.known.insert(path.clone());
                path
            }
        };
        notes.asked.insert(path);
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Host {
    /// The same host, with a trace of what is asked of it.
    pub fn traced(&self) -> (Self, Trace) {
        let trace = Trace::default();
        let host = Self {
            trace: Some(trace.clone()),
            ..self.clone()
        };
        (host, trace)
    }

    /// How `path` is at present.
    pub fn stamp(&self, path: &Path) -> Stamp {
        let untraced = Self {
            trace: None,
            ..self.clone()
        };
        let found = untraced.metadata(path).ok()?;
        let mut hasher = DefaultHasher::new();
        let place = (found.dev(), found.ino(), found.len());
        let content = (found.mtime(), found.mtime_nsec());
        let change = (found.ctime(), found.ctime_nsec());
        (place, content, change).hash(&mut hasher);
        Some(hasher.finish())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use shared::clock::SystemClock;

    use super::*;

    fn names(paths: &Paths) -> Vec<String> {
        paths
            .iter()
            .map(|path| path.display().to_string())
            .collect()
    }

    #[test]
    fn whatever_is_asked_is_taken_down_also_what_is_not_there() {
        let tree = tempfile::tempdir().unwrap();
        fs::write(tree.path().join("here"), "1").unwrap();
        let (host, trace) = Host::at(tree.path(), SystemClock::shared()).traced();
        let _ = host.read_text("/here", 9);
        let _ = host.metadata("/gone");
        let _ = host.list("/");
        trace.paused(|| host.read_text("/quiet", 9).unwrap_err());
        assert_eq!(names(&trace.take()), ["/", "/gone", "/here"]);
        assert_eq!(trace.take(), Paths::new());
        let stamps = trace.take_stamps();
        assert_eq!(stamps[Path::new("/gone")], None);
        assert_eq!(stamps[Path::new("/here")], host.stamp(Path::new("/here")));
    }

    #[test]
    fn a_stamp_tells_of_content_mode_and_replacement() {
        use std::os::unix::fs::PermissionsExt as _;
        let tree = tempfile::tempdir().unwrap();
        let host = Host::at(tree.path(), SystemClock::shared());
        let path = tree.path().join("f");
        let stamp = || host.stamp(Path::new("/f"));
        fs::write(&path, "1").unwrap();
        let first = stamp();
        fs::write(&path, "22").unwrap();
        let longer = stamp();
        assert_ne!(first, longer);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let closed = stamp();
        assert_ne!(longer, closed);
        fs::write(tree.path().join("g"), "22").unwrap();
        fs::rename(tree.path().join("g"), &path).unwrap();
        assert_ne!(closed, stamp());
    }
}
