//! What a walk shows: a name in a folder, and what is there.

use std::{
    ffi::OsStr,
    fs::Metadata,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use rustix::fs::FileType;

/// Something below the folder that is walked, or that folder itself.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'w> {
    folder: &'w Path,
    /// In that folder; `None` for the folder that is walked.
    name: Option<&'w OsStr>,
    pub shown: Shown,
}

/// What it is. Of others than files and folders nobody asks more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    Folder(Inode),
    File(Inode),
    Link,
    Other,
}

/// Whose a file or a folder is, and what they let others do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Inode {
    /// With the bits that say whether it is a folder.
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
}

impl<'w> Entry<'w> {
    /// The folder that is walked.
    pub(super) fn first(folder: &'w Path, found: &Metadata) -> Self {
        let shown = Shown::of(Inode {
            mode: found.mode(),
            uid: found.uid(),
            gid: found.gid(),
        });
        Self {
            folder,
            name: None,
            shown,
        }
    }

    pub(super) fn of(folder: &'w Path, name: &'w OsStr, shown: Shown) -> Self {
        Self {
            folder,
            name: Some(name),
            shown,
        }
    }

    /// Its last name; the root has none.
    pub fn name(&self) -> Option<&'w OsStr> {
        self.name.or_else(|| self.folder.file_name())
    }

    /// Its path on the host.
    pub fn path(&self) -> PathBuf {
        self.name
            .map_or_else(|| self.folder.to_owned(), |name| self.folder.join(name))
    }

    /// Owner and mode, of a file or a folder.
    pub fn inode(&self) -> Option<Inode> {
        match self.shown {
            Shown::Folder(inode) | Shown::File(inode) => Some(inode),
            Shown::Link | Shown::Other => None,
        }
    }
}

impl Shown {
    pub(super) fn of(inode: Inode) -> Self {
        match FileType::from_raw_mode(inode.mode) {
            FileType::Directory => Self::Folder(inode),
            FileType::RegularFile => Self::File(inode),
            FileType::Symlink => Self::Link,
            _ => Self::Other,
        }
    }
}

impl Inode {
    /// The bits that chmod(1) sets.
    pub fn permissions(self) -> u32 {
        self.mode & 0o7777
    }

    pub fn is_folder(self) -> bool {
        FileType::from_raw_mode(self.mode) == FileType::Directory
    }
}
