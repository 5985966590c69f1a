//! The one door to the machine: a root folder and a clock. Probes read through it and through
//! nothing else, so that each can be tested on a recorded tree, and so that what the agent reads
//! can be listed.
//!
//! Reading is bounded and never writes, waits for a writer or leaves the root: in a tree that is
//! not `/`, a symlink to `/etc/shadow` means the tree's own.

use std::{
    ffi::OsString,
    fs::{self, File, Metadata},
    io::{self, Read as _},
    os::{fd::AsRawFd as _, unix::fs::OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use nix::fcntl::{OFlag, OpenHow, ResolveFlag, openat2};
use shared::clock::SharedClock;

use crate::defect::{Defects, Work};

/// Commands that somebody wrote.
pub mod command;

/// Programs of the host that are run because nothing else tells what they do.
pub mod program;

/// Everything below a folder.
pub mod walk;

/// What was asked.
pub mod trace;

/// Most entries of a folder that are listed. `/proc` of a machine with four million processes is
/// beyond it; nothing else is near.
const MAX_ENTRIES: usize = 1 << 20;

/// A machine, or a recorded tree that stands for one.
#[derive(Debug, Clone)]
pub struct Host {
    root: PathBuf,
    clock: SharedClock,
    /// Who takes down what is asked, if anybody.
    trace: Option<trace::Trace>,
    /// What is not asked, because the agent has a defect there.
    defects: Arc<Defects>,
}

/// Why something of the host could not be read. The path is the one on the host.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    #[error("{path} cannot be opened: {source}")]
    Open { path: PathBuf, source: io::Error },
    #[error("{path} cannot be read: {source}")]
    Read { path: PathBuf, source: io::Error },
    #[error("{path} is not a regular file")]
    NotAFile { path: PathBuf },
    #[error("{path} is larger than {max} bytes")]
    TooLarge { path: PathBuf, max: u64 },
}

impl HostError {
    /// Whether there is no such thing, as opposed to one that could not be read.
    pub fn is_absent(&self) -> bool {
        let Self::Open { source, .. } = self else {
            return false;
        };
        matches!(
            source.kind(),
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
        )
    }

    /// Whether the agent may not read it.
    pub fn is_denied(&self) -> bool {
        matches!(self, Self::Open { source, .. } | Self::Read { source, .. }
            if source.kind() == io::ErrorKind::PermissionDenied)
    }
}

impl Host {
    /// The machine that this program runs on.
    pub fn live(clock: SharedClock) -> Self {
        Self::at("/", clock)
    }

    /// The tree under `root`: a container image, a mounted disk, a test's fixture.
    pub fn at(root: impl Into<PathBuf>, clock: SharedClock) -> Self {
        Self {
            root: root.into(),
            clock,
            trace: None,
            defects: Arc::default(),
        }
    }

    /// The same host, of which the work is left alone in which the agent has these defects.
    #[must_use]
    pub fn without(self, defects: Defects) -> Self {
        let defects = Arc::new(defects);
        Self { defects, ..self }
    }

    /// Why `work` is left alone, for people.
    pub fn left_alone(&self, work: &Work) -> Option<String> {
        self.defects.of(work, self.clock.now())
    }

    /// Whether this is the running machine, so that its kernel and its services can be asked.
    pub fn is_live(&self) -> bool {
        self.root == Path::new("/")
    }

    /// Where `path`, absolute on the host, is found. Symlinks are not looked at: what is opened
    /// by this path can lie outside the root. [`Host::resolve`] gives one that does not.
    pub fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        let path = path.as_ref();
        self.root.join(path.strip_prefix("/").unwrap_or(path))
    }

    /// The host's clock.
    pub fn clock(&self) -> &SharedClock {
        &self.clock
    }

    /// Opens the regular file `path` for reading.
    ///
    /// # Errors
    /// [`HostError::Open`]; [`HostError::NotAFile`] for a pipe, a device, a folder: reading those
    /// can wait for ever.
    pub fn open(&self, path: impl AsRef<Path>) -> Result<File, HostError> {
        let path = path.as_ref();
        self.note(path);
        let failed = |source| HostError::Open {
            path: path.into(),
            source,
        };
        // Without O_NONBLOCK the opening itself waits on a pipe that nobody writes to.
        let flags = OFlag::O_NONBLOCK | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
        let file = self.open_within(path, flags).map_err(failed)?;
        if file.metadata().map_err(failed)?.is_file() {
            Ok(file)
        } else {
            Err(HostError::NotAFile { path: path.into() })
        }
    }

    /// The whole of the regular file `path`, at most `max` bytes.
    ///
    /// The bytes of a file that tells its length are in one allocation that was never moved, so
    /// that a caller who must can wipe them.
    ///
    /// # Errors
    /// [`HostError`]; a file longer than `max` is [`HostError::TooLarge`], not cut.
    pub fn read(&self, path: impl AsRef<Path>, max: u64) -> Result<Vec<u8>, HostError> {
        let path = path.as_ref();
        let file = self.open(path)?;
        let failed = |source| HostError::Read {
            path: path.into(),
            source,
        };
        let too_large = || HostError::TooLarge {
            path: path.into(),
            max,
        };
        let length = file.metadata().map_err(failed)?.len();
        if length > max {
            return Err(too_large());
        }
        // Files of /proc say that they are empty; the largest that is read whole is a few pages.
        let room = length.max(4096).saturating_add(1);
        let mut bytes = Vec::with_capacity(usize::try_from(room).unwrap_or(0));
        file.take(max.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(failed)?;
        if bytes.len() as u64 > max {
            return Err(too_large());
        }
        Ok(bytes)
    }

    /// As [`Host::read`], as text; what is not UTF-8 becomes U+FFFD.
    ///
    /// # Errors
    /// As [`Host::read`].
    pub fn read_text(&self, path: impl AsRef<Path>, max: u64) -> Result<String, HostError> {
        let bytes = self.read(path, max)?;
        Ok(String::from_utf8(bytes)
            .unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned()))
    }

    /// The names in the folder `path`, sorted.
    ///
    /// # Errors
    /// [`HostError`], also when there are more than a million.
    pub fn list(&self, path: impl AsRef<Path>) -> Result<Vec<OsString>, HostError> {
        let path = path.as_ref();
        self.note(path);
        let failed = |source| HostError::Open {
            path: path.into(),
            source,
        };
        let found = self.resolve(path)?;
        let mut names = Vec::new();
        for entry in fs::read_dir(found).map_err(failed)? {
            let entry = entry.map_err(|source| HostError::Read {
                path: path.into(),
                source,
            })?;
            if names.len() == MAX_ENTRIES {
                return Err(HostError::TooLarge {
                    path: path.into(),
                    max: MAX_ENTRIES as u64,
                });
            }
            names.push(entry.file_name());
        }
        names.sort();
        Ok(names)
    }

    /// What the symlink `path` says, as it says it.
    ///
    /// # Errors
    /// [`HostError::Open`] when there is none.
    pub fn read_link(&self, path: impl AsRef<Path>) -> Result<PathBuf, HostError> {
        let path = path.as_ref();
        self.note(path);
        let within = match path.parent() {
            Some(folder) if !self.is_live() => self.resolve(folder)?,
            folder => folder.unwrap_or(Path::new("/")).into(),
        };
        fs::read_link(within.join(path.file_name().unwrap_or_default())).map_err(|source| {
            HostError::Open {
                path: path.into(),
                source,
            }
        })
    }

    /// What `path` leads to, whatever it is: owner, mode, type.
    ///
    /// # Errors
    /// [`HostError::Open`].
    pub fn metadata(&self, path: impl AsRef<Path>) -> Result<Metadata, HostError> {
        let path = path.as_ref();
        self.note(path);
        let failed = |source| HostError::Open {
            path: path.into(),
            source,
        };
        if self.is_live() {
            return fs::metadata(path).map_err(failed);
        }
        let flags = OFlag::O_PATH | OFlag::O_CLOEXEC;
        let file = self.open_within(path, flags).map_err(failed)?;
        file.metadata().map_err(failed)
    }

    /// Where `path` is once every symlink on the way is followed, inside the root: for libraries
    /// that want a path and not an open file.
    ///
    /// # Errors
    /// [`HostError::Open`] when it does not exist.
    pub fn resolve(&self, path: impl AsRef<Path>) -> Result<PathBuf, HostError> {
        let path = path.as_ref();
        self.note(path);
        let failed = |source| HostError::Open {
            path: path.into(),
            source,
        };
        if self.is_live() {
            return fs::canonicalize(self.path(path)).map_err(failed);
        }
        let flags = OFlag::O_PATH | OFlag::O_CLOEXEC;
        let file = self.open_within(path, flags).map_err(failed)?;
        fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd())).map_err(failed)
    }

    /// Tells whoever follows it that `path` is asked about.
    pub(crate) fn note(&self, path: &Path) {
        if let Some(trace) = &self.trace {
            trace.note(self, path);
        }
    }

    /// The running machine's kernel follows its own links; of a tree, the kernel is told to take
    /// the root for `/` (`openat2`, Linux 5.6; older kernels refuse, and so does this).
    fn open_within(&self, path: &Path, flags: OFlag) -> io::Result<File> {
        if self.is_live() {
            return File::options()
                .read(true)
                .custom_flags(flags.bits())
                .open(self.path(path));
        }
        let root = File::open(&self.root)?;
        let how = OpenHow::new()
            .flags(flags)
            .resolve(ResolveFlag::RESOLVE_IN_ROOT | ResolveFlag::RESOLVE_NO_MAGICLINKS);
        let relative = path.strip_prefix("/").unwrap_or(path);
        let relative = if relative.as_os_str().is_empty() {
            Path::new(".")
        } else {
            relative
        };
        Ok(openat2(&root, relative, how)?.into())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use nix::sys::stat::Mode;
    use shared::clock::SystemClock;

    use super::*;

    fn tree() -> (tempfile::TempDir, Host) {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("etc")).unwrap();
        fs::write(folder.path().join("etc/name"), "inside").unwrap();
        let host = Host::at(folder.path(), SystemClock::shared());
        (folder, host)
    }

    #[test]
    fn a_link_in_a_tree_never_leads_out_of_it() {
        let (folder, host) = tree();
        for (link, target) in [
            ("absolute", "/etc/name"),
            ("climbing", "../../../../../../etc/name"),
            ("etc/relative", "name"),
        ] {
            symlink(target, folder.path().join(link)).unwrap();
            assert_eq!(host.read(format!("/{link}"), 64).unwrap(), b"inside");
            let found = host.resolve(format!("/{link}")).unwrap();
            assert!(found.starts_with(folder.path()), "{}", found.display());
            assert_eq!(
                host.read_link(format!("/{link}")).unwrap(),
                Path::new(target)
            );
        }
        symlink("/etc/passwd", folder.path().join("outside")).unwrap();
        assert!(host.read("/outside", 1 << 20).unwrap_err().is_absent());
    }

    #[test]
    fn a_linked_folder_is_listed_inside_the_tree() {
        let (folder, host) = tree();
        symlink("/etc", folder.path().join("linked")).unwrap();
        assert_eq!(host.list("/linked").unwrap(), ["name"]);
        assert_eq!(host.list("/").unwrap(), ["etc", "linked"]);
    }

    #[test]
    fn a_file_longer_than_the_bound_is_refused_not_cut() {
        let (_folder, host) = tree();
        assert_eq!(host.read("/etc/name", 6).unwrap(), b"inside");
        assert!(matches!(
            host.read("/etc/name", 5),
            Err(HostError::TooLarge { .. })
        ));
    }

    #[test]
    fn a_file_of_proc_that_says_it_is_empty_is_bounded_too() {
        let host = Host::live(SystemClock::shared());
        assert!(host.read("/proc/self/status", 1 << 20).unwrap().len() > 100);
        assert!(matches!(
            host.read("/proc/self/status", 10),
            Err(HostError::TooLarge { .. })
        ));
    }

    #[test]
    fn a_pipe_or_a_folder_is_refused_without_waiting() {
        let (folder, host) = tree();
        nix::unistd::mkfifo(&folder.path().join("pipe"), Mode::S_IRWXU).unwrap();
        for path in ["/pipe", "/etc"] {
            assert!(matches!(
                host.read(path, 64),
                Err(HostError::NotAFile { .. })
            ));
        }
    }

    #[test]
    fn text_that_is_not_utf8_is_kept_as_far_as_it_is() {
        let (folder, host) = tree();
        fs::write(folder.path().join("latin"), b"caf\xe9").unwrap();
        assert_eq!(host.read_text("/latin", 64).unwrap(), "caf\u{fffd}");
    }
}
