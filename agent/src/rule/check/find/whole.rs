//! The one walk of the whole host that all rules share: what it kept, and how far it came.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use shared::rule::result::Verdict;

use super::{super::Sources, below::Done, numbers::Numbers, way::Mounts};
use crate::{
    host::walk::{Bounds, Entry, Inode, Walked},
    rule::seen::Seen,
};

/// A server has some hundred thousand entries, one with mails some millions.
pub(super) const BOUNDS: Bounds = Bounds {
    entries: 4_000_000,
    time: Duration::from_secs(120),
};

/// Entries of a sort that are kept; a host that has more of them has them everywhere.
const MAX_KEPT: usize = 5_000;

const EVERYBODY_WRITES: u32 = 0o002;
const SET_UID: u32 = 0o4000;
pub(super) const SET_GID: u32 = 0o2000;
pub(super) const STICKY: u32 = 0o1000;

/// Why an entry is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::rule) enum Sort {
    WorldWritable,
    NoOwner,
    NoGroup,
    SetUid,
    SetGid,
}

const SORTS: usize = Sort::SetGid as usize + 1;

/// A file or a folder.
#[derive(Debug, Clone)]
pub(in crate::rule) struct Found {
    pub(in crate::rule) path: String,
    pub(super) inode: Inode,
    /// On a filesystem where no program is run as somebody else.
    pub(in crate::rule) inert: bool,
}

/// What the walk kept.
#[derive(Debug, Default)]
pub(in crate::rule) struct Whole {
    /// Of each sort, by its number.
    kept: [Vec<Found>; SORTS],
    /// Whether there are more of it than are kept.
    more: [bool; SORTS],
    walked: Walked,
    /// Why there was no walk.
    failed: Option<(Verdict, String)>,
}

impl Whole {
    pub(super) fn walk(sources: &Sources<'_>) -> Self {
        let mut whole = Self::default();
        let mut mounts = match mounts(sources) {
            Ok(mounts) => mounts,
            Err(seen) => {
                whole.failed = Some((seen.verdict, seen.actual));
                return whole;
            }
        };
        let numbers = Numbers::read(sources);
        let mut entries = 0;
        // What rules that name folders have had walked is not walked again.
        for done in Done::all(sources) {
            let is_asked = |inode: &Inode| !sorts(inode, &numbers).is_empty();
            let mut keep =
                |inode: &Inode, path: PathBuf| whole.keep(*inode, &path, &numbers, &mounts);
            if mounts.walks(sources.host(), &done.place) && done.show(&is_asked, &mut keep) {
                entries += done.entries();
                mounts.leave_out(&done.place);
            }
        }
        let mut visit = |entry: &Entry<'_>| {
            let asked = |inode: &Inode| !sorts(inode, &numbers).is_empty();
            if let Some(inode) = entry.inode().filter(asked) {
                whole.keep(inode, &entry.path(), &numbers, &mounts);
            }
        };
        match sources
            .host()
            .walk(Path::new("/"), BOUNDS, &mounts, &mut visit)
        {
            Ok(walked) => {
                whole.walked = walked;
                whole.walked.entries += entries;
            }
            Err(error) => {
                let seen = Seen::unreadable(&error, "");
                whole.failed = Some((seen.verdict, seen.actual));
            }
        }
        whole
    }

    fn keep(&mut self, inode: Inode, path: &Path, numbers: &Numbers, mounts: &Mounts) {
        for sort in sorts(&inode, numbers) {
            let kept = &mut self.kept[sort as usize];
            if kept.len() < MAX_KEPT {
                kept.push(Found {
                    path: path.display().to_string(),
                    inode,
                    inert: mounts.is_inert(path),
                });
            } else {
                self.more[sort as usize] = true;
            }
        }
    }

    /// What of a sort there is.
    pub(in crate::rule) fn of(&self, sort: Sort) -> &[Found] {
        &self.kept[sort as usize]
    }

    /// Why not all of a sort was seen, and what that makes of a check that found nothing wrong.
    pub(in crate::rule) fn unseen(&self, sort: Sort) -> Option<(Verdict, String)> {
        if self.failed.is_some() {
            return self.failed.clone();
        }
        if self.more[sort as usize] {
            let why = format!("there are more than {MAX_KEPT}, and not all were looked at");
            return Some((Verdict::Error, why));
        }
        unseen(&self.walked)
    }

    pub(super) fn entries(&self) -> u64 {
        self.walked.entries
    }
}

/// Why a walk did not see everything.
pub(super) fn unseen(walked: &Walked) -> Option<(Verdict, String)> {
    if let Some(why) = &walked.ended {
        let why = format!("the walk ended early: {why}");
        return Some((Verdict::Error, why));
    }
    let first = walked.denied.as_ref()?;
    let why = format!(
        "the agent may not look into {} of the folders: {}",
        walked.denied_total,
        first.display()
    );
    Some((Verdict::NotAssessable, why))
}

/// Where a walk may go on this host.
pub(super) fn mounts(sources: &Sources<'_>) -> Result<Mounts, Seen> {
    if !sources.host().is_live() {
        return Ok(Mounts::of(&[]));
    }
    match sources.rows("mount").as_ref() {
        Ok(rows) => Ok(Mounts::of(rows)),
        Err(stale) => Err(Seen::stale(stale, "the table of mounts")),
    }
}

/// Why a file or a folder is one to keep.
pub(super) fn sorts(inode: &Inode, numbers: &Numbers) -> Vec<Sort> {
    let (mode, is_folder) = (inode.permissions(), inode.is_folder());
    let mut sorts = Vec::new();
    let guarded = is_folder && mode & STICKY != 0;
    let mut push = |is: bool, sort: Sort| {
        if is {
            sorts.push(sort);
        }
    };
    push(
        mode & EVERYBODY_WRITES != 0 && !guarded,
        Sort::WorldWritable,
    );
    push(!is_folder && mode & SET_UID != 0, Sort::SetUid);
    push(!is_folder && mode & SET_GID != 0, Sort::SetGid);
    push(!numbers.has_user(inode.uid), Sort::NoOwner);
    push(!numbers.has_group(inode.gid), Sort::NoGroup);
    sorts
}

impl Sort {
    /// What is told of something that is kept for this.
    pub(super) fn told(self, inode: &Inode, path: &str) -> String {
        match self {
            Self::NoOwner => format!("{path} of user {}", inode.uid),
            Self::NoGroup => format!("{path} of group {}", inode.gid),
            _ => format!("{path} {:04o}", inode.permissions()),
        }
    }
}
