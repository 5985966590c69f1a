//! Which paths can be read without waiting for another machine or for a program of a user.
//!
//! A home, say, can be on a filesystem whose server is gone: whoever opens a file there waits, for ever
//! maybe. One that is mounted when it is first used would be mounted by the agent's look. So
//! nothing is opened on a filesystem that is not known to be local, and links are followed here,
//! step by step, and not by the kernel.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    path::{Component, Path, PathBuf},
};

use shared::wire::Stale;

use crate::{
    host::Host,
    probe::mount::{self, info},
};

/// Filesystems that answer by themselves.
pub(crate) const LOCAL: [&str; 24] = [
    "aufs", "bcachefs", "btrfs", "ecryptfs", "erofs", "exfat", "ext2", "ext3", "ext4", "f2fs",
    "iso9660", "jfs", "nilfs2", "ntfs3", "overlay", "ramfs", "reiserfs", "rootfs", "squashfs",
    "tmpfs", "udf", "vfat", "xfs", "zfs",
];

/// Links on the way of one path: the kernel's own bound.
const MAX_LINKS: usize = 40;

/// What is mounted where.
#[derive(Debug, Default)]
pub(super) struct Mounts(BTreeMap<PathBuf, String>);

/// Why a path is not opened.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unopened {
    /// There is no such thing.
    Absent,
    /// In words for the administrator.
    Why(String),
}

impl Mounts {
    /// Reads the table of mounts. A recorded tree need not have one.
    ///
    /// # Errors
    /// Why the running machine's could not be read.
    pub(super) fn read(host: &Host) -> Result<Self, Stale> {
        let text = match mount::view(host) {
            Err(error) if error.is_absent() && !host.is_live() => String::new(),
            text => text?,
        };
        // Of two on one target the later line is, but for mounts that were moved, the one seen.
        let mounts = text.lines().filter_map(info::line);
        Ok(Self(mounts.map(|m| (m.target.into(), m.fstype)).collect()))
    }

    /// Where the path is once every link on the way is followed.
    pub(super) fn local(&self, host: &Host, path: &Path) -> Result<PathBuf, Unopened> {
        let mut ahead: Vec<OsString> = Vec::new();
        let push = |ahead: &mut Vec<OsString>, path: &Path| {
            let parts = path.components().rev().filter_map(|part| match part {
                Component::Normal(name) => Some(name.to_owned()),
                Component::ParentDir => Some("..".into()),
                _ => None,
            });
            ahead.extend(parts);
        };
        push(&mut ahead, path);
        let mut at = PathBuf::from("/");
        let mut links = 0;
        while let Some(part) = ahead.pop() {
            if part == ".." {
                at.pop();
                continue;
            }
            at.push(part);
            if let Some(fstype) = self.foreign(&at) {
                let why = format!("{} is on {fstype}, which is not read", at.display());
                return Err(Unopened::Why(why));
            }
            match host.read_link(&at) {
                Ok(_) if links == MAX_LINKS => {
                    return Err(Unopened::Why("too many links".into()));
                }
                Ok(target) => {
                    links += 1;
                    at.pop();
                    if target.is_absolute() {
                        at = PathBuf::from("/");
                    }
                    push(&mut ahead, &target);
                }
                Err(error) if error.is_absent() => return Err(Unopened::Absent),
                Err(error) if error.is_denied() => return Err(Unopened::Why(error.to_string())),
                // No link.
                Err(_) => {}
            }
        }
        Ok(at)
    }

    /// The filesystem of a path, when it is not known to be local. The root's own is as local as
    /// the agent itself.
    fn foreign(&self, path: &Path) -> Option<&str> {
        let (target, fstype) = path
            .ancestors()
            .find_map(|path| self.0.get_key_value(path))?;
        let local = target == Path::new("/") || LOCAL.contains(&fstype.as_str());
        (!local).then_some(fstype)
    }
}
