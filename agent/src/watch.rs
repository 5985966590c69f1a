//! Listens for what wakes kinds: the kernel's events on files, network and mounts, systemd's
//! signals. It tells which kinds something happened to, and nothing more: what is there is for the
//! probes to read.
//!
//! What cannot be listened to is said ([`Watch::blind`]), so that its kinds are read on a timer.

/// Files and folders, by inotify.
mod paths;

/// Where a path leads, and what to watch on the way.
mod route;

/// When a descriptor is ready.
mod ready;

/// The kernel's netlink groups.
mod multicast;

/// The table of mounts.
mod mounts;

/// systemd's signals.
mod units;

use std::{
    collections::{BTreeMap, BTreeSet},
    future::pending,
};

use tracing::debug;

pub use self::units::{Units, UnitsHeard};
use self::{mounts::Mounts, multicast::Multicast, paths::Paths};
use crate::{host::Host, probe::Wake};

/// What listens.
#[derive(Debug)]
pub struct Watch {
    /// Of paths the first alone, which says that there are some: the results of rules have thousands, and
    /// what is watched of them is in `paths`.
    wanted: BTreeMap<&'static str, Vec<Wake>>,
    paths: Result<Paths, String>,
    network: Source<Multicast>,
    firewall: Source<Multicast>,
    mounts: Source<Mounts>,
    units: UnitsHeard,
}

/// A source that is opened when the first kind wants it.
#[derive(Debug)]
enum Source<T> {
    /// Nobody has wanted it.
    Closed,
    Open(T),
    /// Why it cannot be listened to, for people.
    Failed(String),
}

impl<T> Source<T> {
    fn want(&mut self, open: impl FnOnce() -> Result<T, String>) {
        if matches!(self, Self::Closed) {
            *self = match open() {
                Ok(source) => Self::Open(source),
                Err(why) => Self::Failed(why),
            };
        }
    }

    fn failure(&self) -> Option<&str> {
        match self {
            Self::Failed(why) => Some(why),
            Self::Closed | Self::Open(_) => None,
        }
    }
}

impl Watch {
    /// Listens to nothing yet. `units`: where systemd's signals are heard.
    pub fn new(host: &Host, units: UnitsHeard) -> Self {
        Self {
            wanted: BTreeMap::new(),
            paths: Paths::new(host),
            network: Source::Closed,
            firewall: Source::Closed,
            mounts: Source::Closed,
            units,
        }
    }

    /// Listens to nothing yet, and to systemd never: for who asks about files alone.
    pub fn of_paths(host: &Host) -> Self {
        Self::new(host, Units::unheard())
    }

    /// From now on `kind` is woken by `wakes` and by nothing else. Every path is looked up afresh:
    /// what was a file may have become a link. Whether anything is listened to that was not before.
    pub fn arm(&mut self, kind: &'static str, wakes: &[Wake]) -> bool {
        let mut has_path = false;
        let kept = wakes.iter().filter(|wake| {
            let is_path = matches!(wake, Wake::Path(_));
            let kept = !is_path || !has_path;
            has_path |= is_path;
            kept
        });
        let kept: Vec<Wake> = kept.cloned().collect();
        let mut new = self.wanted.get(kind) != Some(&kept);
        self.wanted.insert(kind, kept);
        for wake in wakes {
            match wake {
                Wake::Links | Wake::Addresses | Wake::Routes => {
                    self.network.want(Multicast::network);
                }
                Wake::Firewall => self.firewall.want(Multicast::firewall),
                Wake::Mounts => self.mounts.want(Mounts::open),
                Wake::Path(_) | Wake::Units | Wake::Peek(_) | Wake::Every(_) => {}
            }
        }
        if let Ok(paths) = &mut self.paths {
            let named = wakes.iter().filter_map(|wake| match wake {
                Wake::Path(path) => Some(path.as_path()),
                _ => None,
            });
            new |= paths.arm(kind, named);
        }
        new
    }

    /// Why `kind` may miss events, for people; `None` when everything that it wants is heard.
    pub fn blind(&self, kind: &str) -> Option<String> {
        let wakes = self.wanted.get(kind)?;
        wakes.iter().find_map(|wake| match wake {
            Wake::Path(_) => match &self.paths {
                Ok(paths) => paths.failure(kind).map(str::to_owned),
                Err(why) => Some(why.clone()),
            },
            Wake::Links | Wake::Addresses | Wake::Routes => {
                self.network.failure().map(str::to_owned)
            }
            Wake::Firewall => self.firewall.failure().map(str::to_owned),
            Wake::Mounts => self.mounts.failure().map(str::to_owned),
            Wake::Units => self.units.failure(),
            Wake::Peek(_) | Wake::Every(_) => None,
        })
    }

    /// The kinds that something happened to, when something has. Nothing is lost when this is
    /// given up and called again.
    pub async fn woken(&mut self) -> BTreeSet<&'static str> {
        let wanted = &self.wanted;
        let kinds = |wakes: &[Wake]| -> BTreeSet<&'static str> {
            let wants = |(kind, of): (&&'static str, &Vec<Wake>)| {
                of.iter().any(|wake| wakes.contains(wake)).then_some(*kind)
            };
            wanted.iter().filter_map(wants).collect()
        };
        tokio::select! {
            woken = of_paths(&mut self.paths) => woken,
            heard = of_network(&mut self.network) => kinds(&heard),
            heard = of_network(&mut self.firewall) => kinds(&heard),
            () = of_mounts(&mut self.mounts) => {
                debug!("mounts changed");
                // What lies under a path may be another filesystem now.
                let mut woken = kinds(&[Wake::Mounts]);
                if let Ok(paths) = &mut self.paths {
                    woken.append(&mut paths.look_again());
                }
                woken
            }
            () = self.units.heard() => kinds(&[Wake::Units]),
        }
    }
}

async fn of_paths(paths: &mut Result<Paths, String>) -> BTreeSet<&'static str> {
    match paths {
        Ok(paths) => paths.woken().await,
        Err(_) => pending().await,
    }
}

async fn of_network(source: &mut Source<Multicast>) -> Vec<Wake> {
    match source {
        Source::Open(multicast) => multicast.heard().await,
        Source::Closed | Source::Failed(_) => pending().await,
    }
}

async fn of_mounts(source: &mut Source<Mounts>) {
    match source {
        Source::Open(mounts) => mounts.changed().await,
        Source::Closed | Source::Failed(_) => pending().await,
    }
}

#[cfg(test)]
mod tests;
