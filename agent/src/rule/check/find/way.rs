//! Where a walk of the whole host goes: local filesystems, each once.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use crate::{
    host::{Host, walk::Way},
    probe::local::LOCAL,
    rule::source::Row,
};

/// Made up by the kernel, on a tree too, where they are what somebody copied.
const KERNEL: [&str; 3] = ["/proc", "/sys", "/dev"];

/// Where container engines keep the filesystems of their containers. What is in them belongs to the
/// containers and is seen by nobody else.
const CONTAINERS: [&str; 7] = [
    "/run/containerd",
    "/var/lib/containerd",
    "/var/lib/containers/storage",
    "/var/lib/docker",
    "/var/lib/kubelet/plugins",
    "/var/lib/kubelet/pods",
    "/var/lib/machines",
];

/// Images that are mounted as they are and can only be replaced as a whole, and layers of
/// containers. As the root of the host they are walked all the same.
const NOT_WALKED: [&str; 6] = ["aufs", "erofs", "iso9660", "overlay", "squashfs", "udf"];

/// Folders of snapshots, on filesystems whose parts have numbers of their own.
const SNAPSHOTS: &str = ".snapshots";

/// The mounts of a host, as far as a walk must know them.
#[derive(Debug, Default)]
pub(super) struct Mounts {
    walked: BTreeSet<PathBuf>,
    /// Names by the folder that they are in: most folders have none, and nothing in them is looked up.
    left_out: BTreeMap<PathBuf, BTreeSet<OsString>>,
    /// Those on which no program is run as somebody else.
    inert: BTreeSet<PathBuf>,
    /// Those whose folders can have numbers of their own without being mounted.
    divided: BTreeSet<PathBuf>,
}

impl Mounts {
    /// By the facts of kind `mount`.
    pub(super) fn of(rows: &[Row]) -> Self {
        let mut mounts = Self::default();
        for path in KERNEL.iter().chain(&CONTAINERS) {
            mounts.leave_out(Path::new(path));
        }
        let text = |row: &Row, name: &str| row.value[name].as_str().unwrap_or_default().to_owned();
        let seen = rows.iter().filter(|row| row.value["hidden"] != true);
        // What shows the whole of a filesystem before what shows a part of it again.
        let mut sorted: Vec<_> = seen.map(|row| (text(row, "root"), row)).collect();
        sorted.sort_by_key(|(root, row)| (root.len(), row.key.len(), row.key.clone()));
        let mut shown = BTreeMap::<String, Vec<String>>::new();
        for (root, row) in sorted {
            let (fstype, source) = (text(row, "fstype"), text(row, "source"));
            let target = PathBuf::from(text(row, "target"));
            let is_local = LOCAL.contains(&fstype.as_str());
            let is_root = target == Path::new("/");
            let again = has_device(&source)
                && shown.get(&source).is_some_and(|roots| {
                    roots
                        .iter()
                        .any(|whole| Path::new(&root).starts_with(whole))
                });
            if !is_root && (!is_local || NOT_WALKED.contains(&fstype.as_str()) || again) {
                mounts.leave_out(&target);
                continue;
            }
            shown.entry(source).or_default().push(root);
            let options = row.value["options"].as_array().into_iter().flatten();
            if options
                .filter_map(|o| o.as_str())
                .any(|o| ["nosuid", "noexec"].contains(&o))
            {
                mounts.inert.insert(target.clone());
            }
            if ["btrfs", "bcachefs"].contains(&fstype.as_str()) {
                mounts.divided.insert(target.clone());
            }
            mounts.walked.insert(target);
        }
        mounts
    }

    /// Whether a program there is run as whoever starts it, whatever its mode says.
    pub(super) fn is_inert(&self, path: &Path) -> bool {
        self.around(path)
            .is_some_and(|mount| self.inert.contains(mount))
    }

    /// Whether a walk of the whole host would come to this folder, as far as that can be told without
    /// walking: it is on the root's own filesystem, and nothing around it is left out.
    pub(super) fn walks(&self, host: &Host, place: &Path) -> bool {
        let device = |path: &Path| host.metadata(path).ok().map(|found| found.dev());
        let is_left_out = |path: &Path| {
            let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
                return false;
            };
            self.left_out(folder)
                .is_some_and(|names| names.contains(name))
        };
        device(place).is_some_and(|there| Some(there) == device(Path::new("/")))
            && !place.ancestors().any(is_left_out)
    }

    pub(super) fn leave_out(&mut self, path: &Path) {
        if let (Some(folder), Some(name)) = (path.parent(), path.file_name()) {
            let names = self.left_out.entry(folder.to_owned()).or_default();
            names.insert(name.to_owned());
        }
    }

    /// The mount that a path lies on.
    fn around<'p>(&self, path: &'p Path) -> Option<&'p Path> {
        path.ancestors().find(|path| self.walked.contains(*path))
    }
}

/// Whether the source says which filesystem it is: `tmpfs` is the name of all of them.
fn has_device(source: &str) -> bool {
    source.starts_with('/')
}

impl Way for Mounts {
    fn left_out(&self, folder: &Path) -> Option<&BTreeSet<OsString>> {
        self.left_out.get(folder)
    }

    fn crosses_into(&self, path: &Path) -> bool {
        let is_part = || {
            self.around(path)
                .is_some_and(|mount| self.divided.contains(mount))
                && path.file_name() != Some(SNAPSHOTS.as_ref())
        };
        self.walked.contains(path) || is_part()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row(target: &str, source: &str, root: &str, fstype: &str, options: &[&str]) -> Row {
        Row {
            key: target.into(),
            value: json!({"target": target, "source": source, "root": root, "fstype": fstype,
                          "options": options, "hidden": false}),
        }
    }

    #[test]
    fn only_local_filesystems_are_walked_and_each_once() {
        let mounts = Mounts::of(&[
            row("/", "overlay", "/", "overlay", &["rw"]),
            row("/home", "server:/home", "/", "nfs4", &["rw"]),
            row("/mnt/s", "//server/s", "/", "cifs", &["rw"]),
            row("/proc", "proc", "/", "proc", &["rw"]),
            row("/tmp", "tmpfs", "/", "tmpfs", &["rw", "nosuid"]),
            row("/run", "tmpfs", "/", "tmpfs", &["rw"]),
            row("/srv/again", "/dev/sda1", "/x", "ext4", &["rw"]),
            row("/srv", "/dev/sda1", "/", "ext4", &["rw"]),
            row("/snap/core/1", "/dev/loop0", "/", "squashfs", &["ro"]),
            row(
                "/var/lib/docker/overlay2/x/merged",
                "overlay",
                "/",
                "overlay",
                &["rw"],
            ),
            row("/auto", "systemd-1", "/", "autofs", &["rw"]),
            row("/data", "/dev/sdb", "/@data", "btrfs", &["rw"]),
        ]);
        let leaves_out = |path: &str| {
            let path = Path::new(path);
            let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
                return false;
            };
            let names = mounts.left_out(folder);
            names.is_some_and(|names| names.contains(name))
        };
        for walked in ["/", "/tmp", "/run", "/srv", "/data"] {
            assert!(!leaves_out(walked), "{walked}");
            assert!(mounts.crosses_into(Path::new(walked)), "{walked}");
        }
        for not in [
            "/home",
            "/mnt/s",
            "/proc",
            "/sys",
            "/dev",
            "/srv/again",
            "/snap/core/1",
            "/var/lib/docker/overlay2/x/merged",
            "/auto",
            "/var/lib/docker",
        ] {
            assert!(leaves_out(not), "{not}");
        }
        assert!(!mounts.crosses_into(Path::new("/srv/unknown")));
        assert!(mounts.crosses_into(Path::new("/data/part")));
        assert!(!mounts.crosses_into(Path::new("/data/.snapshots")));
        assert!(mounts.is_inert(Path::new("/tmp/a/b")) && !mounts.is_inert(Path::new("/srv/b")));
    }
}
