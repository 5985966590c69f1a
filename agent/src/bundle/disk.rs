//! The folder of content on disk. Each of these steps has happened or has not, whenever the process or
//! the host dies, and no link is followed: what is written here decides what a host is held to.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read as _, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use nix::libc::O_NOFOLLOW;

/// The folder, for its owner alone. Paths are below it.
#[derive(Debug)]
pub(super) struct Disk {
    folder: PathBuf,
    /// Steps until the process dies; it stays dead.
    #[cfg(test)]
    pub(super) left: std::cell::Cell<Option<u32>>,
}

impl Disk {
    /// The folder need not exist.
    pub(super) fn at(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            #[cfg(test)]
            left: std::cell::Cell::new(None),
        }
    }

    pub(super) fn path(&self, at: impl AsRef<Path>) -> PathBuf {
        self.folder.join(at)
    }

    /// Makes a folder and those above it.
    pub(super) fn make(&self, at: impl AsRef<Path>) -> io::Result<()> {
        let path = self.path(at);
        if is_folder(&path) {
            return Ok(());
        }
        self.step()?;
        DirBuilder::new().recursive(true).mode(0o700).create(path)
    }

    /// Bytes that may still be written.
    pub(super) fn free(&self) -> io::Result<u64> {
        let stat = nix::sys::statvfs::statvfs(&self.folder)?;
        Ok(stat.blocks_available().saturating_mul(stat.fragment_size()))
    }

    /// The bytes of a file, at most `most`; `None` when there is none.
    pub(super) fn read(&self, at: impl AsRef<Path>, most: u64) -> io::Result<Option<Vec<u8>>> {
        read(&self.path(at), most)
    }

    /// The names in a folder, sorted; none where there is no folder.
    pub(super) fn list(&self, at: impl AsRef<Path>) -> io::Result<Vec<String>> {
        let entries = match fs::read_dir(self.path(at)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
        let mut names: Vec<_> = names.collect::<io::Result<_>>()?;
        names.sort();
        Ok(names)
    }

    /// Replaces a file, which has reached the disk, name included, when this returns.
    pub(super) fn replace(&self, at: impl AsRef<Path>, bytes: &[u8]) -> io::Result<()> {
        let (path, draft) = (self.path(&at), self.draft(&at, bytes)?);
        File::open(&draft)?.sync_all()?;
        self.step()?;
        fs::rename(&draft, &path)?;
        sync_above(&path)
    }

    /// Puts a file there that may be lost, or cut short, when the host dies.
    pub(super) fn lay(&self, at: impl AsRef<Path>, bytes: &[u8]) -> io::Result<()> {
        let (path, draft) = (self.path(&at), self.draft(&at, bytes)?);
        self.step()?;
        fs::rename(&draft, &path)
    }

    /// Gives a file a second name: it takes no room, and is whole as soon as it is there.
    pub(super) fn link(&self, from: &Path, to: impl AsRef<Path>) -> io::Result<()> {
        self.step()?;
        fs::hard_link(from, self.path(to))
    }

    /// Gives a folder another name, when all that was written has reached the disk.
    pub(super) fn settle(&self, from: impl AsRef<Path>, to: impl AsRef<Path>) -> io::Result<()> {
        let (from, to) = (self.path(from), self.path(to));
        sync_below(&from)?;
        self.step()?;
        fs::rename(&from, &to)?;
        sync_above(&to)
    }

    /// Removes a file or a folder with all that is in it; none is fine.
    pub(super) fn remove(&self, at: impl AsRef<Path>) -> io::Result<()> {
        let path = self.path(at);
        self.step()?;
        let removed = if is_folder(&path) {
            fs::remove_dir_all(&path)
        } else {
            fs::remove_file(&path)
        };
        match removed {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => sync_above(&path),
        }
    }

    /// The file under another name, written and not yet on the disk.
    fn draft(&self, at: impl AsRef<Path>, bytes: &[u8]) -> io::Result<PathBuf> {
        let mut draft = self.path(at).into_os_string();
        draft.push(".new");
        let draft = PathBuf::from(draft);
        // One that a crash left may be a link to elsewhere, or have another mode.
        match fs::remove_file(&draft) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        self.step()?;
        let mut options = OpenOptions::new();
        let mut file = options
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&draft)?;
        let (first, rest) = bytes.split_at(bytes.len() / 2);
        file.write_all(first)?;
        self.step()?;
        file.write_all(rest)?;
        Ok(draft)
    }

    /// Where a test lets the process die.
    #[cfg(test)]
    fn step(&self) -> io::Result<()> {
        match self.left.get() {
            None => Ok(()),
            Some(0) => Err(io::Error::other("the process died here")),
            Some(left) => {
                self.left.set(Some(left - 1));
                Ok(())
            }
        }
    }

    #[cfg(not(test))]
    #[expect(
        clippy::unused_self,
        clippy::unnecessary_wraps,
        reason = "a test's place to die"
    )]
    fn step(&self) -> io::Result<()> {
        Ok(())
    }
}

/// A folder, and no link to one.
fn is_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_dir())
}

/// The bytes of a file, at most `most`; `None` when there is none. A link or a device is an error.
pub(super) fn read(path: &Path, most: u64) -> io::Result<Option<Vec<u8>>> {
    let opened = OpenOptions::new()
        .read(true)
        .custom_flags(O_NOFOLLOW | nix::libc::O_NONBLOCK)
        .open(path);
    let file = match opened {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    let mut bytes = Vec::new();
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(io::Error::other(format!("it is longer than {most} bytes")));
    }
    Ok(Some(bytes))
}

/// Of what has another name in a bundle that is kept, nothing is left to be written.
fn sync_below(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_below(&entry.path())?;
        } else {
            File::open(entry.path())?.sync_all()?;
        }
    }
    File::open(folder)?.sync_all()
}

fn sync_above(path: &Path) -> io::Result<()> {
    path.parent()
        .map_or(Ok(()), |above| File::open(above)?.sync_all())
}
