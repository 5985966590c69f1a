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

/// The walks of one evaluation, by folder.
#[derive(Default)]
struct Walks(RefCell<BTreeMap<PathBuf, Walk>>);

impl Below {
    /// What is below `folder`, with the path of each whose owner and mode are `asked` for.
    pub(super) fn of(
        folder: &Path,
        mounts: &Mounts,
        sources: &Sources<'_>,
        asked: &dyn Fn(&Inode) -> bool,
    ) -> Walk {
        let walks = sources.once(Walks::default);
        let known = walks.0.borrow().get(folder).cloned();
        let shared = known.unwrap_or_else(|| {
            let mut kept = 0;
            let walk = Self::walk(folder, mounts, sources, &mut |_, alike| {
                let keep = alike < MAX_ALIKE && kept < MAX_KEPT;
                kept += usize::from(keep);
                keep
            });
            let walk = Rc::new(walk);
            walks.0.borrow_mut().insert(folder.to_owned(), walk.clone());
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
