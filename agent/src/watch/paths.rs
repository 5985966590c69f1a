//! Files and folders, by inotify(7).
//!
//! Folders are watched, never files: a file is most often replaced by another of its name, and its
//! folder tells both. What is watched is looked up again before each reading ([`Paths::arm`]), so
//! that a link that was turned or a folder that has come is followed from then on.

use std::{
    collections::{BTreeSet, HashMap},
    ffi::OsStr,
    fs, io, mem,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    sync::Arc,
};

use nix::{
    errno::Errno,
    sys::inotify::{AddWatchFlags, InitFlags, Inotify, InotifyEvent, WatchDescriptor},
};
use tokio::io::{Interest, unix::AsyncFd};
use tracing::debug;

use super::{
    ready::ready,
    route::{Spot, spots},
};
use crate::host::Host;

/// Most folders that one kind may have watched. A host with more accounts than this has their
/// `authorized_keys` read on a timer.
const MAX_SPOTS: usize = 4096;

type Kind = &'static str;

/// The watched folders.
#[derive(Debug)]
pub(super) struct Paths {
    /// Where the host's `/` is, without links.
    root: PathBuf,
    inotify: Inotify,
    ready: AsyncFd<OwnedFd>,
    folders: HashMap<WatchDescriptor, Folder>,
    /// What each kind has watched at present, and why not all of what it wants. A kind keeps its place.
    kinds: Vec<(Kind, Armed)>,
}

/// A set of kinds, by their places in [`Paths::kinds`]: names are thousands, and kinds some twenty.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Kinds(u64);

#[derive(Debug, Default)]
struct Folder {
    path: PathBuf,
    /// Kinds that want everything in it.
    all: Kinds,
    /// Kinds that want one name.
    names: HashMap<Arc<OsStr>, Kinds>,
}

#[derive(Debug, Default, PartialEq)]
struct Armed {
    /// Each name is held once, as a key of its folder's.
    spots: BTreeSet<(WatchDescriptor, Option<Arc<OsStr>>)>,
    failure: Option<String>,
}

impl Paths {
    pub(super) fn new(host: &Host) -> Result<Self, String> {
        let flags = InitFlags::IN_NONBLOCK | InitFlags::IN_CLOEXEC;
        let inotify = Inotify::init(flags).map_err(|error| match error {
            Errno::EMFILE => "no inotify instance is left for this user; \
                 raise it: sysctl fs.inotify.max_user_instances=1024"
                .to_owned(),
            _ => format!("inotify: {error}"),
        })?;
        let ready = ready(&inotify, Interest::READABLE).map_err(|e| format!("inotify: {e}"))?;
        Ok(Self {
            root: fs::canonicalize(host.path("/")).unwrap_or_else(|_| host.path("/")),
            inotify,
            ready,
            folders: HashMap::new(),
            kinds: Vec::new(),
        })
    }

    /// Watches what `paths` are at this moment, for `kind`, and what it had watched before no more.
    /// Whether anything is watched that was not before.
    pub(super) fn arm<'a>(&mut self, kind: Kind, paths: impl Iterator<Item = &'a Path>) -> bool {
        let number = self.number(kind);
        let wanted: BTreeSet<Spot> = paths.flat_map(|path| spots(&self.root, path)).collect();
        let mut now = Armed::default();
        for (n, spot) in wanted.iter().enumerate() {
            if n == MAX_SPOTS {
                now.failure = Some(format!("more than {MAX_SPOTS} folders to watch"));
                break;
            }
            match self.watch(spot) {
                Ok(watch) => {
                    let name = spot.name.as_deref().map(|name| self.name(watch, name));
                    now.spots.insert((watch, name));
                }
                // Gone, or forbidden, between the look and the watch: the next reading says so.
                Err(Errno::ENOENT | Errno::ENOTDIR | Errno::EACCES | Errno::ELOOP) => {}
                Err(error) => now.failure = Some(failure(error)),
            }
        }
        let before = mem::take(&mut self.kinds[number].1);
        for (watch, name) in before.spots.difference(&now.spots) {
            self.forget(number, *watch, name.as_ref());
        }
        let mut new = false;
        for (watch, name) in now.spots.difference(&before.spots) {
            new = true;
            if let Some(folder) = self.folders.get_mut(watch) {
                match name {
                    Some(name) => folder.names.entry(name.clone()).or_default(),
                    None => &mut folder.all,
                }
                .insert(number);
            }
        }
        self.kinds[number].1 = now;
        self.release();
        new
    }

    /// The place of a kind.
    fn number(&mut self, kind: Kind) -> usize {
        let known = self.kinds.iter().position(|(known, _)| *known == kind);
        known.unwrap_or_else(|| {
            self.kinds.push((kind, Armed::default()));
            self.kinds.len() - 1
        })
    }

    /// A name of a folder, the one that is there already if it is.
    fn name(&self, folder: WatchDescriptor, name: &OsStr) -> Arc<OsStr> {
        let known = self
            .folders
            .get(&folder)
            .and_then(|folder| folder.names.get_key_value(name));
        known.map_or_else(|| name.into(), |(name, _)| name.clone())
    }

    /// Why not all that `kind` wants is watched.
    pub(super) fn failure(&self, kind: &str) -> Option<&str> {
        let (_, armed) = self.kinds.iter().find(|(known, _)| *known == kind)?;
        armed.failure.as_deref()
    }

    /// The kinds of which something was written, made, renamed or removed.
    pub(super) async fn woken(&mut self) -> BTreeSet<Kind> {
        loop {
            let events = {
                let Ok(mut ready) = self.ready.readable().await else {
                    // The runtime shuts down.
                    return std::future::pending().await;
                };
                let read = ready.try_io(|_| self.inotify.read_events().map_err(io::Error::from));
                match read {
                    Ok(Ok(events)) => events,
                    Ok(Err(_)) | Err(_) => continue,
                }
            };
            let woken = events.iter().flat_map(|event| self.kinds_of(event));
            let woken: BTreeSet<Kind> = woken.collect();
            for event in events {
                if event.mask.contains(AddWatchFlags::IN_IGNORED) {
                    self.lost(event.wd);
                }
            }
            if !woken.is_empty() {
                return woken;
            }
        }
    }

    /// Every kind that has anything watched, for when it may be something else by now.
    pub(super) fn look_again(&self) -> BTreeSet<Kind> {
        let watching = |(kind, armed): &(Kind, Armed)| (!armed.spots.is_empty()).then_some(*kind);
        self.kinds.iter().filter_map(watching).collect()
    }

    fn kinds_of(&self, event: &InotifyEvent) -> BTreeSet<Kind> {
        if event.mask.contains(AddWatchFlags::IN_Q_OVERFLOW) {
            debug!("more happened to files than the kernel keeps, all are read again");
            return self.look_again();
        }
        let Some(folder) = self.folders.get(&event.wd) else {
            return BTreeSet::new();
        };
        let mut woken = folder.all;
        match &event.name {
            Some(name) => woken.join(folder.names.get(name.as_os_str()).copied()),
            // The folder itself: moved, removed, unmounted, or its mode changed.
            None => woken.join(folder.names.values().copied()),
        }
        let kinds = self.kinds.iter().enumerate();
        let woken = kinds.filter(|(number, _)| woken.has(*number));
        woken.map(|(_, (kind, _))| *kind).collect()
    }

    fn watch(&mut self, spot: &Spot) -> Result<WatchDescriptor, Errno> {
        let mask = AddWatchFlags::IN_CREATE
            | AddWatchFlags::IN_DELETE
            | AddWatchFlags::IN_MOVE
            | AddWatchFlags::IN_MODIFY
            | AddWatchFlags::IN_CLOSE_WRITE
            | AddWatchFlags::IN_ATTRIB
            | AddWatchFlags::IN_DELETE_SELF
            | AddWatchFlags::IN_MOVE_SELF
            | AddWatchFlags::IN_ONLYDIR
            // The way is known to hold no link; if it does by now, it is looked up again.
            | AddWatchFlags::IN_DONT_FOLLOW;
        // A folder that is watched already gives the same descriptor.
        let watch = self.inotify.add_watch(&spot.folder, mask)?;
        let folder = self.folders.entry(watch).or_default();
        folder.path.clone_from(&spot.folder);
        Ok(watch)
    }

    fn forget(&mut self, number: usize, watch: WatchDescriptor, name: Option<&Arc<OsStr>>) {
        let Some(folder) = self.folders.get_mut(&watch) else {
            return;
        };
        match name {
            None => folder.all.remove(number),
            Some(name) => {
                if let Some(kinds) = folder.names.get_mut(name) {
                    kinds.remove(number);
                    if *kinds == Kinds::default() {
                        folder.names.remove(name);
                    }
                }
            }
        }
    }

    /// Stops watching folders that nobody wants any more.
    fn release(&mut self) {
        let inotify = &self.inotify;
        self.folders.retain(|watch, folder| {
            let wanted = folder.all != Kinds::default() || !folder.names.is_empty();
            if !wanted {
                // It fails for a folder that is gone, which is as good.
                let _ = inotify.rm_watch(*watch);
            }
            wanted
        });
    }

    /// The kernel watches this folder no more. Its number may be given to another.
    fn lost(&mut self, watch: WatchDescriptor) {
        if let Some(folder) = self.folders.remove(&watch) {
            debug!(folder = %folder.path.display(), "watched folder is gone");
        }
        for (_, armed) in &mut self.kinds {
            armed.spots.retain(|(of, _)| *of != watch);
        }
    }
}

impl Kinds {
    fn insert(&mut self, number: usize) {
        self.0 |= Self::bit(number);
    }

    fn remove(&mut self, number: usize) {
        self.0 &= !Self::bit(number);
    }

    fn has(self, number: usize) -> bool {
        self.0 & Self::bit(number) != 0
    }

    fn join(&mut self, others: impl IntoIterator<Item = Self>) {
        others.into_iter().for_each(|other| self.0 |= other.0);
    }

    fn bit(number: usize) -> u64 {
        u32::try_from(number)
            .ok()
            .and_then(|number| 1_u64.checked_shl(number))
            .expect("there are fewer kinds than bits")
    }
}

fn failure(error: Errno) -> String {
    match error {
        Errno::ENOSPC => "no inotify watch is left for this user; \
             raise it: sysctl fs.inotify.max_user_watches=524288"
            .into(),
        _ => format!("inotify: {error}"),
    }
}
