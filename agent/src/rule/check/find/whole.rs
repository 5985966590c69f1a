//! The one walk of the whole host that all rules share: what it kept, and how far it came.

use std::{fs::Metadata, os::unix::fs::MetadataExt as _, path::Path, time::Duration};

use shared::rule::result::Verdict;

use super::{super::Sources, numbers::Numbers, way::Mounts};
use crate::{
    host::walk::{Bounds, Walked},
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
    pub(super) is_folder: bool,
    pub(super) mode: u32,
    pub(super) uid: u32,
    pub(super) gid: u32,
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
        let mounts = match mounts(sources) {
            Ok(mounts) => mounts,
            Err(seen) => {
                whole.failed = Some((seen.verdict, seen.actual));
                return whole;
            }
        };
        let numbers = Numbers::read(sources);
        let mut visit = |path: &Path, metadata: &Metadata| {
            for sort in sorts(metadata, &numbers) {
                let kept = &mut whole.kept[sort as usize];
                if kept.len() < MAX_KEPT {
                    kept.push(Found::of(path, metadata, mounts.is_inert(path)));
                } else {
                    whole.more[sort as usize] = true;
                }
            }
        };
        match sources
            .host()
            .walk(Path::new("/"), BOUNDS, &mounts, &mut visit)
        {
            Ok(walked) => whole.walked = walked,
            Err(error) => {
                let seen = Seen::unreadable(&error, "");
                whole.failed = Some((seen.verdict, seen.actual));
            }
        }
        whole
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
        return Ok(Mounts::default());
    }
    match sources.rows("mount").as_ref() {
        Ok(rows) => Ok(Mounts::of(rows)),
        Err(stale) => Err(Seen::stale(stale, "the table of mounts")),
    }
}

pub(super) fn sorts(metadata: &Metadata, numbers: &Numbers) -> Vec<Sort> {
    let (is_file, is_folder) = (metadata.is_file(), metadata.is_dir());
    let mut sorts = Vec::new();
    if !is_file && !is_folder {
        return sorts;
    }
    let mode = metadata.mode();
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
    push(is_file && mode & SET_UID != 0, Sort::SetUid);
    push(is_file && mode & SET_GID != 0, Sort::SetGid);
    push(!numbers.has_user(metadata.uid()), Sort::NoOwner);
    push(!numbers.has_group(metadata.gid()), Sort::NoGroup);
    sorts
}

impl Found {
    pub(super) fn of(path: &Path, metadata: &Metadata, inert: bool) -> Self {
        Self {
            path: path.display().to_string(),
            is_folder: metadata.is_dir(),
            mode: metadata.mode() & 0o7777,
            uid: metadata.uid(),
            gid: metadata.gid(),
            inert,
        }
    }

    /// What of it is told, by what is wrong with it.
    pub(super) fn told(&self, sort: Sort) -> String {
        match sort {
            Sort::NoOwner => format!("{} of user {}", self.path, self.uid),
            Sort::NoGroup => format!("{} of group {}", self.path, self.gid),
            _ => format!("{} {:04o}", self.path, self.mode),
        }
    }
}
