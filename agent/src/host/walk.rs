//! A walk of everything below a folder, within bounds, that follows no link and leaves no root.
//!
//! A host has some hundred thousand entries, and the walk should cost little more than the kernel does to
//! tell of them. So each folder is opened from the open one around it, only files and folders are asked
//! for owner and mode, and a path is made where somebody wants it.

/// What is shown.
mod entry;

use std::{
    collections::BTreeSet,
    ffi::{CStr, CString, OsStr, OsString},
    io,
    mem::MaybeUninit,
    os::{
        fd::{AsFd as _, BorrowedFd, OwnedFd},
        unix::{ffi::OsStrExt as _, fs::MetadataExt as _},
    },
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use nix::fcntl::OFlag;
use rustix::{
    fs::{AtFlags, FileType, Mode, OFlags, RawDir, openat, statat},
    io::Errno,
};

pub use self::entry::{Entry, Inode, Shown};
use super::{Host, HostError};

/// How often the clock is looked at, entries.
const STEP: u64 = 1024;

/// Folders in folders that are walked. Each is held open, and a process may have 1024 open files where
/// nobody has said otherwise; what people and programs make is seldom twenty deep.
const MAX_DEPTH: usize = 256;

/// What the kernel tells of a folder at a time, bytes, as the C library has it.
const BUFFER: usize = 32 << 10;

/// What a walk may take.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    pub entries: u64,
    pub time: Duration,
}

/// Where a walk may go.
pub trait Way {
    /// The names in a folder that are left out before anything is asked about them: asking a server
    /// that is away waits for it.
    fn left_out(&self, folder: &Path) -> Option<&BTreeSet<OsString>>;

    /// Whether a folder that is another filesystem than the folder around it is walked too.
    fn crosses_into(&self, path: &Path) -> bool;
}

/// How far a walk came.
#[derive(Debug, Default)]
pub struct Walked {
    pub entries: u64,
    /// Why not everything was walked, if it was not.
    pub ended: Option<String>,
    /// The first folder that it was not let into, and how many there are.
    pub denied: Option<PathBuf>,
    pub denied_total: u64,
}

impl Host {
    /// Shows `folder` and everything below it to `visit`. What goes away meanwhile is not shown.
    ///
    /// # Errors
    /// [`HostError::Open`] where there is no such folder.
    pub fn walk(
        &self,
        folder: &Path,
        bounds: Bounds,
        way: &dyn Way,
        visit: &mut dyn FnMut(&Entry<'_>),
    ) -> Result<Walked, HostError> {
        let end = Instant::now() + bounds.time;
        let first = self.metadata(folder)?;
        visit(&Entry::first(folder, &first));
        let mut walk = Walk {
            way,
            visit,
            bounds,
            end,
            path: folder.to_owned(),
            buffer: vec![MaybeUninit::uninit(); BUFFER],
            walked: Walked::default(),
        };
        if first.is_dir() {
            let opened = self.open_within(folder, OFlag::O_DIRECTORY | OFlag::O_CLOEXEC);
            if let Err(why) = walk.run(opened.map(OwnedFd::from), first.dev()) {
                walk.walked.ended = Some(why);
            }
        }
        Ok(walk.walked)
    }
}

/// A walk under way. Its functions fail with why it ends.
struct Walk<'w> {
    way: &'w dyn Way,
    visit: &'w mut dyn FnMut(&Entry<'_>),
    bounds: Bounds,
    end: Instant,
    /// Of the folder that is looked at, on the host.
    path: PathBuf,
    buffer: Vec<MaybeUninit<u8>>,
    walked: Walked,
}

/// A folder that was looked at, with the folders in it that are still to be walked.
struct Folder {
    opened: OwnedFd,
    /// Each with the filesystem that it is on.
    todo: Vec<(CString, u64)>,
}

impl Walk<'_> {
    fn run(&mut self, first: io::Result<OwnedFd>, device: u64) -> Result<(), String> {
        let mut open = Vec::new();
        open.extend(self.enter(first, device)?);
        while let Some(around) = open.last_mut() {
            let Folder { opened, todo } = around;
            let Some((name, device)) = todo.pop() else {
                open.pop();
                self.path.pop();
                continue;
            };
            self.path.push(OsStr::from_bytes(name.to_bytes()));
            let inner = open_in(opened.as_fd(), &name);
            match self.enter(inner, device)? {
                Some(_) if open.len() == MAX_DEPTH => {
                    let why = format!("{} is {MAX_DEPTH} folders deep", self.path.display());
                    self.walked.ended.get_or_insert(why);
                    self.path.pop();
                }
                Some(inner) => open.push(inner),
                None => drop(self.path.pop()),
            }
        }
        Ok(())
    }

    /// Looks at the folder that was opened, and returns it where there are folders in it to walk.
    fn enter(
        &mut self,
        opened: io::Result<OwnedFd>,
        device: u64,
    ) -> Result<Option<Folder>, String> {
        match opened {
            Ok(opened) => {
                let todo = self.look(opened.as_fd(), device)?;
                Ok((!todo.is_empty()).then_some(Folder { opened, todo }))
            }
            Err(error) if is_gone(&error) => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                self.walked.denied_total += 1;
                self.walked.denied.get_or_insert_with(|| self.path.clone());
                Ok(None)
            }
            Err(error) => Err(self.unread(&error)),
        }
    }

    /// Shows what is in a folder, and returns the folders in it to walk.
    fn look(&mut self, opened: BorrowedFd<'_>, device: u64) -> Result<Vec<(CString, u64)>, String> {
        let way = self.way;
        let left_out = way.left_out(&self.path);
        let mut todo = Vec::new();
        let mut buffer = std::mem::take(&mut self.buffer);
        let mut entries = RawDir::new(opened, &mut buffer);
        while let Some(entry) = entries.next() {
            let entry = entry.map_err(|errno| self.unread(&errno.into()))?;
            let bytes = entry.file_name();
            let name = OsStr::from_bytes(bytes.to_bytes());
            if name == "." || name == ".." {
                continue;
            }
            self.count()?;
            if left_out.is_some_and(|names| names.contains(name)) {
                continue;
            }
            let (shown, on) = match seen(opened, bytes, entry.file_type()) {
                Ok(seen) => seen,
                Err(error) if is_gone(&error) => continue,
                Err(error) => {
                    let path = self.path.join(name);
                    return Err(format!("{} cannot be seen: {error}", path.display()));
                }
            };
            if let Shown::Folder(_) = shown {
                if on != device && !way.crosses_into(&self.path.join(name)) {
                    continue;
                }
                todo.push((bytes.to_owned(), on));
            }
            (self.visit)(&Entry::of(&self.path, name, shown));
        }
        self.buffer = buffer;
        Ok(todo)
    }

    fn count(&mut self) -> Result<(), String> {
        self.walked.entries += 1;
        if self.walked.entries > self.bounds.entries {
            return Err(format!("more than {} entries", self.bounds.entries));
        }
        if self.walked.entries.is_multiple_of(STEP) && Instant::now() > self.end {
            return Err(format!("more than {} s", self.bounds.time.as_secs()));
        }
        Ok(())
    }

    fn unread(&self, error: &io::Error) -> String {
        format!("{} cannot be read: {error}", self.path.display())
    }
}

/// Opened as what it is: a folder that has become a link meanwhile is not followed.
fn open_in(folder: BorrowedFd<'_>, name: &CStr) -> io::Result<OwnedFd> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NOCTTY;
    Ok(openat(folder, name, flags, Mode::empty())?)
}

/// What is there by this name, and on which filesystem; `told` is what the folder says that it is, which
/// not every filesystem does.
fn seen(folder: BorrowedFd<'_>, name: &CStr, told: FileType) -> io::Result<(Shown, u64)> {
    let sort = match told {
        FileType::RegularFile | FileType::Directory | FileType::Unknown => {
            let flags = AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT;
            let stat = statat(folder, name, flags)?;
            let inode = Inode {
                mode: stat.st_mode,
                uid: stat.st_uid,
                gid: stat.st_gid,
            };
            return Ok((Shown::of(inode), stat.st_dev));
        }
        FileType::Symlink => Shown::Link,
        _ => Shown::Other,
    };
    Ok((sort, 0))
}

fn is_gone(error: &io::Error) -> bool {
    let gone = [Errno::NOENT, Errno::NOTDIR, Errno::LOOP];
    Errno::from_io_error(error).is_some_and(|errno| gone.contains(&errno))
}

#[cfg(test)]
mod tests;
