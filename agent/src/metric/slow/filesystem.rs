//! Space and inodes of the filesystems that lie on disks of this host.
//!
//! Only such: statvfs(2) of a network filesystem whose server is gone does not come back.

use std::collections::BTreeMap;

use nix::sys::statvfs::statvfs;

use super::Gauge;
use crate::{
    host::Host,
    probe::mount::info::{self, Mount},
};

/// Most filesystems of a host that are measured: the first ones by where they are mounted.
const MAX: usize = 32;
/// Most bytes of mountinfo: that of ten thousand mounts.
const MAX_FILE: u64 = 4 << 20;
/// Filesystems on local disks.
const LOCAL: [&str; 15] = [
    "bcachefs", "btrfs", "exfat", "ext2", "ext3", "ext4", "f2fs", "jfs", "msdos", "nilfs2",
    "ntfs3", "reiserfs", "vfat", "xfs", "zfs",
];
/// As the host's first process sees them; the agent's own view is a sandbox with more mounts.
const VIEWS: [&str; 2] = ["/proc/1/mountinfo", "/proc/self/mountinfo"];

pub(super) fn gauges(host: &Host) -> Vec<Gauge> {
    let text = VIEWS
        .iter()
        .find_map(|view| host.read_text(view, MAX_FILE).ok());
    let mounts = local(text.as_deref().unwrap_or_default());
    mounts
        .iter()
        .take(MAX)
        .flat_map(|at| space(host, at))
        .collect()
}

/// Where each local filesystem is mounted: once, however often it is mounted elsewhere, at its
/// shortest path.
fn local(mountinfo: &str) -> Vec<String> {
    let mounts = mountinfo.lines().filter_map(info::line);
    let mut places = BTreeMap::<String, String>::new();
    for Mount {
        source,
        target,
        fstype,
        ..
    } in mounts
    {
        if !LOCAL.contains(&fstype.as_str()) {
            continue;
        }
        let place = places.entry(source).or_insert_with(|| target.clone());
        if (target.len(), &target) < (place.len(), place) {
            *place = target;
        }
    }
    let mut places: Vec<_> = places.into_values().collect();
    places.sort();
    places.dedup();
    places
}

fn space(host: &Host, mount: &str) -> Vec<Gauge> {
    let Ok(found) = host.resolve(mount) else {
        return Vec::new();
    };
    let Ok(told) = statvfs(&found) else {
        return Vec::new();
    };
    let unit = told.fragment_size() as f64;
    let mut values = vec![
        ("filesystem.size_bytes", told.blocks() as f64 * unit),
        // To those who are not root.
        (
            "filesystem.available_bytes",
            told.blocks_available() as f64 * unit,
        ),
    ];
    // btrfs and vfat have no inodes to run out of.
    if told.files() > 0 {
        values.push(("filesystem.inodes", told.files() as f64));
        values.push(("filesystem.free_inodes", told.files_free() as f64));
    }
    let gauge = |(family, value)| Gauge {
        family,
        label: Some(("mount", mount.to_owned())),
        value,
    };
    values.into_iter().map(gauge).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_local_filesystem_is_taken_once_and_no_other() {
        let text = "\
25 1 8:1 / / rw - ext4 /dev/sda1 rw
26 25 8:2 / /var rw - xfs /dev/sda2 rw
27 25 8:1 /srv /srv rw - ext4 /dev/sda1 rw
28 25 0:40 / /home rw - nfs4 files:/home rw
29 25 0:41 / /run rw - tmpfs tmpfs rw
30 25 0:42 / /mnt/s3 rw - fuse.s3fs s3fs rw
31 25 0:43 / /var/lib/docker/overlay2/x/merged rw - overlay overlay rw
32 25 7:0 / /snap/core/1 ro - squashfs /dev/loop0 ro
33 25 0:44 / /auto rw - autofs /etc/auto.master rw
34 25 0:45 / /mnt/win rw - cifs //win/c rw
35 25 8:3 / /boot/efi rw - vfat /dev/sda3 rw
";
        assert_eq!(local(text), ["/", "/boot/efi", "/var"]);
    }
}
