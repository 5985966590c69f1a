//! Which bundles there are on this host, and which of them is in force: whatever happens, one that is
//! whole, or none and what was installed with the agent.
//!
//! ```text
//! bundles/SERIAL/   a bundle each, whole
//! in-force          which of them; without it, none
//! highest.json      the newest that ever was in force, and the latest instant known to have come
//! next/             a bundle that is being put together
//! ```

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::PathBuf,
};

use chrono::{DateTime, Utc};
use shared::bundle::{Hash, Newest};

use super::{
    disk::Disk,
    note::{HIGHEST, Highest, IN_FORCE, InForce, MAX_NOTE, json, note},
    tree::{self, FILES, Files, Kept},
};

/// How many bundles are kept.
const KEPT: usize = 3;
/// How many processes may decide by a bundle before it has shown that it is of use.
const TIMES: u32 = 2;

pub(super) const NEXT: &str = "next";
const BUNDLES: &str = "bundles";

/// The bundles of this host.
#[derive(Debug)]
pub(super) struct Store {
    pub(super) disk: Disk,
    kept: BTreeMap<u64, Kept>,
    in_force: Option<InForce>,
    highest: Highest,
    /// Whether this process has begun to decide by what is in force.
    begun: bool,
}

impl Store {
    /// Opens the store, clears away what a crash has left, and says what is worth saying.
    ///
    /// # Errors
    /// As the system has them: nothing of what is there can be relied on.
    pub(super) fn open(disk: Disk, at: DateTime<Utc>) -> io::Result<(Self, Vec<String>)> {
        disk.make(BUNDLES)?;
        disk.remove(NEXT)?;
        let mut found = Vec::new();
        let in_force: Option<InForce> = note(&disk, IN_FORCE)?;
        // What is in force was the newest once, if the note about it is lost.
        let highest = in_force.as_ref().map(|now| Highest {
            newest: Some(Newest {
                serial: now.serial,
                manifest: now.manifest,
                signers: BTreeSet::new(),
            }),
            latest: None,
        });
        let mut store = Self {
            kept: BTreeMap::new(),
            highest: note(&disk, HIGHEST)?.or(highest).unwrap_or_default(),
            in_force,
            disk,
            begun: false,
        };
        for name in store.disk.list(BUNDLES)? {
            let folder = format!("{BUNDLES}/{name}");
            let why = match tree::read(&store.disk.path(&folder)) {
                Ok((kept, _)) if kept.serial.to_string() == name => {
                    store.kept.insert(kept.serial, kept);
                    continue;
                }
                Ok((kept, _)) => format!("it is bundle {}", kept.serial),
                Err(why) => why,
            };
            found.push(format!("{folder} is damaged and removed: {why}"));
            store.disk.remove(&folder)?;
        }
        let is_whole = store
            .in_force
            .as_ref()
            .is_some_and(|now| store.is_kept(now));
        if !is_whole && store.disk.read(IN_FORCE, MAX_NOTE)?.is_some() {
            let newest = store.kept.keys().next_back().copied();
            found.push(fallen_back(newest));
            store.fall_back(newest, at)?;
        }
        store.prune()?;
        Ok((store, found))
    }

    /// The bundle in force; `None`: what was installed with the agent is.
    pub(super) fn in_force(&self) -> Option<(&InForce, &Kept)> {
        let now = self.in_force.as_ref()?;
        Some((now, self.kept.get(&now.serial)?))
    }

    /// Its rules and whatever belongs to them.
    pub(super) fn content(&self) -> Option<PathBuf> {
        let (now, _) = self.in_force()?;
        Some(self.disk.path(place(now.serial)).join(FILES))
    }

    /// Those that can come in force without the network.
    pub(super) fn kept(&self) -> impl Iterator<Item = &Kept> {
        self.kept.values()
    }

    pub(super) fn highest(&self) -> &Highest {
        &self.highest
    }

    /// Where a kept bundle lies, by its manifest.
    pub(super) fn folder(&self, manifest: Hash) -> Option<PathBuf> {
        let kept = self.kept().find(|kept| kept.manifest == manifest)?;
        Some(self.disk.path(place(kept.serial)))
    }

    /// The files of all kept bundles, each as its hash says.
    pub(super) fn files(&self) -> Files {
        let folders = self
            .kept
            .keys()
            .map(|serial| self.disk.path(place(*serial)));
        let read = folders.filter_map(|folder| tree::read(&folder).ok());
        read.flat_map(|(_, files)| files).collect()
    }

    /// Notes that this instant has come.
    pub(super) fn has_come(&mut self, at: DateTime<Utc>) -> io::Result<()> {
        if self.highest.latest.is_some_and(|latest| latest >= at) {
            return Ok(());
        }
        self.raise(Highest {
            latest: Some(at),
            newest: self.highest.newest.clone(),
        })
    }

    /// Forgets which bundles there were: who may publish them has been decided anew.
    pub(super) fn forget(&mut self) -> io::Result<()> {
        self.raise(Highest::default())
    }

    /// Puts the bundle in force that lies in [`NEXT`], whole and verified, which is the newest from now
    /// on.
    pub(super) fn activate(
        &mut self,
        next: Kept,
        newest: Newest,
        errors_before: u32,
        now: DateTime<Utc>,
    ) -> io::Result<()> {
        let before = self.in_force().map(|(now, _)| now.serial);
        let before = before.filter(|before| *before != next.serial);
        // First: one that was in force and is forgotten could be told to be new.
        self.raise(Highest {
            newest: Some(newest),
            latest: self.highest.latest.max(Some(next.created)),
        })?;
        self.disk.remove(place(next.serial))?;
        self.disk.settle(NEXT, place(next.serial))?;
        self.kept.insert(next.serial, next);
        self.begun = false;
        self.put(Some(InForce {
            before,
            errors_before: Some(errors_before),
            ..InForce::of(&next, now)
        }))?;
        self.prune()
    }

    /// Puts a bundle in force that is kept, because somebody on this host wants it.
    pub(super) fn choose(&mut self, kept: Kept, now: DateTime<Utc>) -> io::Result<()> {
        let before = self.in_force().map(|(now, _)| now.serial);
        self.put(Some(InForce {
            before,
            chosen: true,
            ..InForce::of(&kept, now)
        }))
    }

    /// Every rule is to be decided by the bundle in force, which may never have done that before. Whether
    /// it may: of processes that ended over it, two are no accident any more.
    pub(super) fn begin(&mut self) -> io::Result<bool> {
        match self.in_force.clone() {
            Some(now) if now.errors_before.is_some() && !self.begun => {
                self.begun = true;
                let begun = now.begun + 1;
                self.put(Some(InForce { begun, ..now }))?;
                Ok(begun <= TIMES)
            }
            _ => Ok(true),
        }
    }

    /// The process is asked to stop: that says nothing against what is in force.
    pub(super) fn leave(&mut self) -> io::Result<()> {
        match self.in_force.clone() {
            Some(now) if now.errors_before.is_some() && self.begun => {
                self.begun = false;
                let begun = now.begun.saturating_sub(1);
                self.put(Some(InForce { begun, ..now }))
            }
            _ => Ok(()),
        }
    }

    /// The bundle in force is of use.
    pub(super) fn prove(&mut self) -> io::Result<()> {
        match self.in_force.clone() {
            Some(now) if now.errors_before.is_some() => self.put(Some(InForce {
                errors_before: None,
                ..now
            })),
            _ => Ok(()),
        }
    }

    /// Puts in force again what was before, and drops what is in force: it was of no use.
    pub(super) fn back(&mut self, at: DateTime<Utc>) -> io::Result<()> {
        let Some(now) = self.in_force.clone() else {
            return Ok(());
        };
        self.fall_back(now.before, at)?;
        self.kept.remove(&now.serial);
        self.disk.remove(place(now.serial))
    }

    /// Whether the bundle in force is still what it was. If not, the newest one that is whole comes in
    /// force, and what happened is returned in words.
    pub(super) fn check(&mut self, at: DateTime<Utc>) -> io::Result<Option<String>> {
        let Some((now, kept)) = self.in_force() else {
            return Ok(None);
        };
        let (serial, folder) = (now.serial, self.disk.path(place(now.serial)));
        let why = match tree::read(&folder) {
            Ok((found, _)) if found == *kept => return Ok(None),
            Ok(_) => "it is another bundle".into(),
            Err(why) => why,
        };
        self.kept.remove(&serial);
        let others: Vec<u64> = self.kept.keys().rev().copied().collect();
        let is_whole = |serial: &u64| tree::read(&self.disk.path(place(*serial))).is_ok();
        let newest = others.into_iter().find(is_whole);
        self.fall_back(newest, at)?;
        let instead = fallen_back(newest);
        Ok(Some(format!(
            "bundle {serial} is damaged: {why}; {instead}"
        )))
    }

    fn fall_back(&mut self, to: Option<u64>, at: DateTime<Utc>) -> io::Result<()> {
        let kept = to.and_then(|serial| self.kept.get(&serial)).copied();
        self.put(kept.map(|kept| InForce::of(&kept, at)))
    }

    fn put(&mut self, now: Option<InForce>) -> io::Result<()> {
        match &now {
            Some(now) => self.disk.replace(IN_FORCE, &json(now))?,
            None => self.disk.remove(IN_FORCE)?,
        }
        self.in_force = now;
        Ok(())
    }

    fn raise(&mut self, highest: Highest) -> io::Result<()> {
        self.disk.replace(HIGHEST, &json(&highest))?;
        self.highest = highest;
        Ok(())
    }

    fn is_kept(&self, now: &InForce) -> bool {
        let kept = self.kept.get(&now.serial);
        kept.is_some_and(|kept| kept.manifest == now.manifest)
    }

    /// Removes what is one too many: the oldest, but for what is in force and what was before.
    fn prune(&mut self) -> io::Result<()> {
        let (now, before) = match &self.in_force {
            Some(now) => (Some(now.serial), now.before),
            None => (None, None),
        };
        while self.kept.len() > KEPT {
            let mut serials = self.kept.keys();
            let oldest = serials.find(|serial| Some(**serial) != now && Some(**serial) != before);
            let Some(oldest) = oldest.copied() else { break };
            self.kept.remove(&oldest);
            self.disk.remove(place(oldest))?;
        }
        Ok(())
    }
}

/// The folder of the content in force, for who changes nothing.
///
/// # Errors
/// Why that cannot be known, or that it is damaged, in words.
pub(super) fn look(disk: &Disk) -> Result<Option<PathBuf>, String> {
    let now: Option<InForce> = note(disk, IN_FORCE).map_err(|error| {
        let path = disk.path(IN_FORCE);
        format!("{}: {error}", path.display())
    })?;
    let Some(now) = now else { return Ok(None) };
    let folder = disk.path(place(now.serial));
    match tree::read(&folder) {
        Ok((kept, _)) if kept.manifest == now.manifest => Ok(Some(folder.join(FILES))),
        Ok(_) => Err(format!(
            "bundle {} is another than was in force",
            now.serial
        )),
        Err(why) => Err(format!("bundle {} is damaged: {why}", now.serial)),
    }
}

fn place(serial: u64) -> String {
    format!("{BUNDLES}/{serial}")
}

fn fallen_back(to: Option<u64>) -> String {
    match to {
        Some(serial) => format!("bundle {serial} is in force in its place"),
        None => "what was installed with the agent is in force in its place".into(),
    }
}
