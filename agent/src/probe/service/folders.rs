//! The folders that unit files come from (systemd.unit(5), "Unit File Load Path"), and whether
//! anything in them has changed.
//!
//! To list the states of all unit files systemd looks for links to each of them in a dozen folders:
//! some 200 ms of PID 1's time on a small host. They change seldom, so they are asked for only
//! when a folder or a file in one has.

use std::{
    fs::{self, Metadata},
    hash::{DefaultHasher, Hash as _, Hasher as _},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use crate::{host::Host, probe::unit_path::FOLDERS};

/// Those that administrators write to, whose files are looked at one by one: an editor may write
/// into a file and leave its folder as it is. Packages replace their files.
const EDITED: [&str; 2] = ["/etc/systemd/system", "/run/systemd/system"];

/// More files than this in one folder are not looked at.
const MAX_FILES: usize = 20_000;

/// A number that stays the same as long as nothing in the folders is added, removed, replaced or,
/// in the administrator's, written to.
pub(super) fn stamp(host: &Host) -> u64 {
    let mut hasher = DefaultHasher::new();
    for folder in FOLDERS {
        let path = host.path(folder);
        mark(&path, &mut hasher);
        if EDITED.contains(&folder) {
            for (path, met) in entries(&path) {
                path.hash(&mut hasher);
                mark_as(&met, &mut hasher);
            }
        }
    }
    hasher.finish()
}

/// The folders of links in the administrator's folders, such as `multi-user.target.wants`: a unit
/// is enabled by a link there.
pub(super) fn links(host: &Host) -> Vec<PathBuf> {
    let folders = EDITED.iter().flat_map(|folder| {
        let entries = entries(&host.path(folder)).into_iter();
        let folders = entries.filter(|(_, met)| met.is_dir());
        let name = |(path, _): (PathBuf, Metadata)| Some(path.file_name()?.to_owned());
        folders
            .filter_map(name)
            .map(|name| Path::new(folder).join(name))
            .collect::<Vec<_>>()
    });
    folders.collect()
}

fn entries(folder: &Path) -> Vec<(PathBuf, Metadata)> {
    let Ok(found) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let found = found.take(MAX_FILES).filter_map(|entry| {
        let path = entry.ok()?.path();
        // Not of what a link leads to: units are enabled and masked by links.
        let met = fs::symlink_metadata(&path).ok()?;
        Some((path, met))
    });
    let mut entries: Vec<_> = found.collect();
    entries.sort_by(|(a, _), (b, _)| a.cmp(b));
    entries
}

fn mark(path: &Path, hasher: &mut DefaultHasher) {
    match fs::metadata(path) {
        Ok(met) => mark_as(&met, hasher),
        Err(_) => 0.hash(hasher),
    }
}

fn mark_as(met: &Metadata, hasher: &mut DefaultHasher) {
    (met.ino(), met.mtime(), met.mtime_nsec(), met.ctime_nsec()).hash(hasher);
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use shared::clock::SystemClock;

    use super::*;

    #[test]
    fn a_file_that_comes_goes_or_is_written_to_changes_the_stamp_and_looking_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let host = Host::at(folder.path(), SystemClock::shared());
        let etc = folder.path().join("etc/systemd/system");
        let lib = folder.path().join("usr/lib/systemd/system");
        let mut stamps = vec![stamp(&host)];
        let mut changed = |what: &str| {
            let now = stamp(&host);
            assert_eq!(now, stamp(&host), "looking changes nothing");
            assert!(!stamps.contains(&now), "{what}");
            stamps.push(now);
        };
        fs::create_dir_all(&etc).unwrap();
        changed("a folder");
        fs::create_dir_all(&lib).unwrap();
        changed("another folder");
        fs::write(lib.join("ssh.service"), "[Unit]").unwrap();
        changed("a unit");
        fs::write(etc.join("own.service"), "[Unit]").unwrap();
        changed("an own unit");
        fs::write(etc.join("own.service"), "[Install]").unwrap();
        changed("what it says");
        fs::create_dir(etc.join("multi-user.target.wants")).unwrap();
        changed("a folder of links");
        symlink("x", etc.join("multi-user.target.wants/own.service")).unwrap();
        changed("a link");
        let links = links(&host);
        assert_eq!(
            links,
            [Path::new("/etc/systemd/system/multi-user.target.wants")]
        );
    }
}
