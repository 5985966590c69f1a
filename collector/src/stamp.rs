//! What tells one state of a file from another, for files that others write and need not tell us of.

use std::{fs, os::unix::fs::MetadataExt as _, path::Path};

/// When a file was changed, its place on the disk and its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    changed: (i64, i64),
    inode: u64,
    size: u64,
}

impl Stamp {
    /// That of a file as it is now; `None` while it cannot be looked at.
    pub fn of(file: &Path) -> Option<Self> {
        let of = fs::metadata(file).ok()?;
        Some(Self {
            changed: (of.mtime(), of.mtime_nsec()),
            inode: of.ino(),
            size: of.size(),
        })
    }
}
