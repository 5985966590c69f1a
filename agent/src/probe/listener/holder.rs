//! The programs that hold sockets: the descriptors of every process that may be looked at.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use crate::host::Host;

/// `comm` is sixteen bytes; some kernel threads say more.
const MAX_COMM: u64 = 4096;

/// Names of the programs that hold each of these sockets. Processes come and go while they are
/// looked at, and some may not be: whatever cannot be read is left out.
pub(super) fn of(host: &Host, inodes: BTreeSet<u64>) -> BTreeMap<u64, BTreeSet<String>> {
    let mut holders = BTreeMap::<u64, BTreeSet<String>>::new();
    if inodes.is_empty() {
        return holders;
    }
    for process in host.list("/proc").unwrap_or_default() {
        let Some(pid) = process.to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        let held = sockets(&host.path(format!("/proc/{pid}/fd")), &inodes);
        if held.is_empty() {
            continue;
        }
        let Ok(name) = host.read_text(format!("/proc/{pid}/comm"), MAX_COMM) else {
            continue;
        };
        for inode in held {
            holders
                .entry(inode)
                .or_default()
                .insert(name.trim_end().to_owned());
        }
    }
    holders
}

/// Those of the sockets that a process holds.
fn sockets(folder: &Path, wanted: &BTreeSet<u64>) -> BTreeSet<u64> {
    let Ok(entries) = fs::read_dir(folder) else {
        return BTreeSet::new();
    };
    entries
        .filter_map(|entry| fs::read_link(entry.ok()?.path()).ok())
        .filter_map(|target| {
            let inode = target.to_str()?.strip_prefix("socket:[")?;
            inode.strip_suffix(']')?.parse().ok()
        })
        .filter(|inode| wanted.contains(inode))
        .collect()
}
