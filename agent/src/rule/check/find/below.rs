//! What is below folders that rules name. Many rules name the same ones: each is walked once, and what is
//! there is kept by owner and mode, since of most there are thousands and no rule minds them.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    rc::Rc,
};

use super::{super::Sources, way::Mounts, whole::BOUNDS};
use crate::host::{
    HostError,
    walk::{Inode, Walked},
};

/// Most paths of one owner and mode that are kept.
const MAX_ALIKE: usize = 500;

/// Most paths of a folder that are kept.
const MAX_KEPT: usize = 10_000;

/// Files and folders below a folder, and it itself.
#[derive(Debug, Default)]
pub(super) struct Below {
    /// Their paths, by owner and mode.
    pub(super) kept: BTreeMap<Inode, Vec<PathBuf>>,
    /// Owners and modes of which there are more than are kept.
    more: BTreeSet<Inode>,
    pub(super) walked: Walked,
}

type Walk = Rc<Result<Below, HostError>>;

/// The walks of one evaluation, by folder, each with where that is.
#[derive(Default)]
struct Walks(RefCell<BTreeMap<PathBuf, (PathBuf, Walk)>>);

/// A walk that is done, and which the walk of the whole host need not do again.
pub(super) struct Done {
    /// As the rules name it.
    folder: PathBuf,
    /// Where that is on the host, without links.
    pub(super) place: PathBuf,
    walk: Walk,
}

impl Below {
    /// What is below `folder`, with the path of each whose owner and mode are `asked` for. `place`: where
    /// that is.
    pub(super) fn of(
        folder: &Path,
        place: &Path,
        mounts: &Mounts,
        sources: &Sources<'_>,
        asked: &dyn Fn(&Inode) -> bool,
    ) -> Walk {
        let walks = sources.once(Walks::default);
        let known = walks.0.borrow().get(folder).cloned();
        let shared = known.map(|(_, walk)| walk).unwrap_or_else(|| {
            let mut kept = 0;
            let walk = Self::walk(folder, mounts, sources, &mut |_, alike| {
                let keep = alike < MAX_ALIKE && kept < MAX_KEPT;
                kept += usize::from(keep);
                keep
            });
            let walk = Rc::new(walk);
            let done = (place.to_owned(), walk.clone());
            walks.0.borrow_mut().insert(folder.to_owned(), done);
            walk
        });
        match shared.as_ref() {
            Ok(below) if below.more.iter().any(asked) => {
                Rc::new(Self::walk(folder, mounts, sources, &mut |inode, _| {
                    asked(inode)
                }))
            }
            _ => shared,
        }
    }

    /// Keeps what `keeps` says, by what it is and how many of it are kept.
    fn walk(
        folder: &Path,
        mounts: &Mounts,
        sources: &Sources<'_>,
        keeps: &mut dyn FnMut(&Inode, usize) -> bool,
    ) -> Result<Self, HostError> {
        let mut below = Self::default();
        let walked = sources.host().walk(folder, BOUNDS, mounts, &mut |entry| {
            let Some(inode) = entry.inode() else {
                return;
            };
            let alike = below.kept.entry(inode).or_default();
            if keeps(&inode, alike.len()) {
                alike.push(entry.path());
            } else {
                below.more.insert(inode);
            }
        });
        below.walked = walked?;
        Ok(below)
    }
}

impl Done {
    /// The walks that are done and saw everything, but for those of the root and those within others.
    pub(super) fn all(sources: &Sources<'_>) -> Vec<Self> {
        let root = sources.host().path("/");
        let walks = sources.once(Walks::default);
        let mut done: Vec<Self> = Vec::new();
        for (folder, (place, walk)) in walks.0.borrow().iter() {
            let Ok(place) = place.strip_prefix(&root) else {
                continue;
            };
            let place = Path::new("/").join(place);
            let is_whole = |below: &Below| {
                let Walked { ended, denied, .. } = &below.walked;
                ended.is_none() && denied.is_none()
            };
            if place.parent().is_some() && walk.as_ref().as_ref().is_ok_and(is_whole) {
                let (folder, walk) = (folder.clone(), walk.clone());
                done.push(Self {
                    folder,
                    place,
                    walk,
                });
            }
        }
        done.sort_by(|one, other| one.place.cmp(&other.place));
        // What is within another comes right behind it, or behind what is within it too.
        done.dedup_by(|next, first| next.place.starts_with(&first.place));
        done
    }

    /// How many entries are there, without the folder itself.
    pub(super) fn entries(&self) -> u64 {
        let below = self.walk.as_ref().as_ref();
        below.map_or(0, |below| below.walked.entries)
    }

    /// Shows each owner and mode that is `asked` for, with the paths. `false`: not every path was kept.
    pub(super) fn show(
        &self,
        asked: &dyn Fn(&Inode) -> bool,
        visit: &mut dyn FnMut(&Inode, PathBuf),
    ) -> bool {
        let Ok(below) = self.walk.as_ref() else {
            return false;
        };
        if below.more.iter().any(asked) {
            return false;
        }
        for (inode, paths) in below.kept.iter().filter(|(inode, _)| asked(inode)) {
            for path in paths {
                let within = path.strip_prefix(&self.folder).unwrap_or(path);
                visit(inode, self.place.join(within));
            }
        }
        true
    }
}
