//! Mounted filesystems, as `findmnt` lists them.
//!
//! On the running machine PID 1's view is read, because the agent's own is a sandbox in which
//! parts are read-only or hidden; only where PID 1's may not be read is it the agent's own.

use std::collections::BTreeMap;

use serde::Serialize;
use shared::{
    fact::Fact,
    wire::{Stale, StaleReason},
};

use crate::{
    host::{Host, HostError},
    probe::{Probe, Wake, facts::Facts},
};

/// The parser of mountinfo.
pub mod info;

use info::Mount;

/// Reads kind `mount`.
#[derive(Debug, Clone, Copy)]
pub struct Mounts;

/// A host with ten thousand containers has some megabytes.
const MAX_FILE: u64 = 16 << 20;

/// The views that are tried, in this order.
const VIEWS: [&str; 2] = ["/proc/1/mountinfo", "/proc/self/mountinfo"];

/// The value of one fact. The key is the target of the mount that is seen there; one that another
/// is mounted over has the key `hidden 1 /target`, the lowest first, which no target can be.
#[derive(Debug, Serialize)]
struct Value<'a> {
    /// Where it is mounted.
    target: &'a str,
    /// What is mounted: a device, `tmpfs`, `server:/export`.
    source: &'a str,
    /// What of the source: `/`, or the folder or subvolume that a bind mount shows.
    root: &'a str,
    fstype: &'a str,
    /// Options of the mount and of the filesystem, sorted, each once; `ro` when either is. The
    /// values of options that hold secrets are `***`.
    options: Vec<String>,
    /// Whether another filesystem is mounted over it.
    hidden: bool,
}

impl Probe for Mounts {
    fn kind(&self) -> &'static str {
        "mount"
    }

    fn sources(&self) -> &'static [&'static str] {
        &VIEWS
    }

    fn wakes(&self, _: &Host) -> Vec<Wake> {
        vec![Wake::Mounts]
    }

    fn read(&self, host: &Host) -> Result<Vec<Fact>, Stale> {
        let text = view(host)?;
        let mounts: Vec<_> = text.lines().filter_map(info::line).collect();
        if mounts.is_empty() && !text.trim().is_empty() {
            return Err(Stale {
                reason: StaleReason::Malformed,
                detail: "mountinfo has no line that is a mount".into(),
            });
        }
        let mut at = BTreeMap::<&str, Vec<&Mount>>::new();
        for mount in &mounts {
            at.entry(&mount.target).or_default().push(mount);
        }
        let mut facts = Facts::of(self.kind());
        for (target, mut stack) in at {
            pile(&mut stack);
            let top = stack.len() - 1;
            for (level, mount) in stack.into_iter().enumerate() {
                let key = if level == top {
                    target.to_owned()
                } else {
                    format!("hidden {} {target}", level + 1)
                };
                let value = Value {
                    target,
                    source: &mount.source,
                    root: &mount.root,
                    fstype: &mount.fstype,
                    options: mount.options(),
                    hidden: level != top,
                };
                facts.push(&key, &value)?;
            }
        }
        Ok(facts.into_vec())
    }
}

/// The text of the table of mounts.
pub(in crate::probe) fn view(host: &Host) -> Result<String, HostError> {
    let [first, own] = VIEWS;
    match host.read_text(first, MAX_FILE) {
        Err(error) if error.is_absent() || error.is_denied() => host.read_text(own, MAX_FILE),
        read => read,
    }
}

/// Sorts the mounts of one target from the lowest to the one that is seen: each is the parent of
/// the one upon it. The order of the file does not say it, since mounts can be moved.
fn pile(stack: &mut [&Mount]) {
    let parents: BTreeMap<u64, u64> = stack.iter().map(|m| (m.id, m.parent)).collect();
    let mut depths = BTreeMap::new();
    for mount in &*stack {
        // Down to one whose depth is known, to the lowest, or around in a circle, which only a
        // file that no kernel wrote makes; then up again.
        let mut way = Vec::new();
        let mut id = mount.id;
        while let Some(parent) = parents.get(&id)
            && !depths.contains_key(&id)
        {
            depths.insert(id, 0);
            way.push(id);
            id = *parent;
        }
        let lowest = depths.get(&id).map_or(0, |depth| depth + 1);
        depths.extend(way.into_iter().rev().zip(lowest..));
    }
    stack.sort_by_key(|mount| depths.get(&mount.id).copied());
}

#[cfg(test)]
mod tests;
