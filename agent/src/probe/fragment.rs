//! Folders of configuration fragments, in which a file hides those of the same name in the folders
//! after its own: `sysctl.d`, `modprobe.d`, systemd's units.

use std::{collections::BTreeMap, path::Path};

use shared::wire::{Stale, StaleReason};

use crate::host::{Host, HostError};

/// Fragments are a page or two. One of this size is no configuration.
const MAX_FILE: u64 = 1 << 20;

/// Most files of one sort on one host.
const MAX_FILES: usize = 10_000;

/// One file that counts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fragment {
    /// Its name in the folder.
    pub(super) name: String,
    /// Absolute on the host.
    pub(super) path: String,
    /// Empty of one that is a link to `/dev/null`, which is how a name is switched off.
    pub(super) text: String,
    /// Whether it is such a link.
    pub(super) masked: bool,
}

/// The files of these folders whose name ends in `suffix`, by name, each name from the first
/// folder that has it. `None` where there is none of the folders.
pub(super) fn read(
    host: &Host,
    folders: &[&str],
    suffix: &str,
) -> Result<Option<Vec<Fragment>>, Stale> {
    let Some(paths) = paths(host, folders, suffix)? else {
        return Ok(None);
    };
    let mut found = Vec::with_capacity(paths.len());
    for (name, path) in paths {
        found.extend(fragment(host, name, path)?);
    }
    Ok(Some(found))
}

/// As [`read`], without reading the files: the path for each name.
pub(crate) fn paths(
    host: &Host,
    folders: &[&str],
    suffix: &str,
) -> Result<Option<BTreeMap<String, String>>, Stale> {
    let mut paths = BTreeMap::new();
    let mut any = false;
    for folder in folders {
        let names = match host.list(folder) {
            Err(error) if error.is_absent() => continue,
            listed => listed?,
        };
        any = true;
        for name in names.iter().filter_map(|name| name.to_str()) {
            if name.ends_with(suffix) && !name.starts_with('.') {
                let path = || format!("{folder}/{name}");
                paths.entry(name.to_owned()).or_insert_with(path);
            }
        }
        if paths.len() > MAX_FILES {
            return Err(Stale {
                reason: StaleReason::TooLarge,
                detail: format!("more than {MAX_FILES} files *{suffix} up to {folder}"),
            });
        }
    }
    Ok(any.then_some(paths))
}

/// One file; `None` of what is not one: a folder, a link to nothing.
pub(super) fn fragment(
    host: &Host,
    name: String,
    path: String,
) -> Result<Option<Fragment>, HostError> {
    let target = host.read_link(&path);
    let masked = target.is_ok_and(|target| target == Path::new("/dev/null"));
    let text = if masked {
        String::new()
    } else {
        match host.read_text(&path, MAX_FILE) {
            Err(HostError::NotAFile { .. }) => return Ok(None),
            Err(error) if error.is_absent() => return Ok(None),
            read => read?,
        }
    };
    Ok(Some(Fragment {
        name,
        path,
        text,
        masked,
    }))
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use shared::clock::SystemClock;

    use super::*;

    #[test]
    fn a_name_counts_once_from_the_first_folder_and_null_switches_it_off() {
        let root = tempfile::tempdir().unwrap();
        let host = Host::at(root.path(), SystemClock::shared());
        assert_eq!(read(&host, &["/etc/x.d", "/lib/x.d"], ".conf"), Ok(None));
        for folder in ["etc/x.d", "lib/x.d", "lib/x.d/folder.conf"] {
            fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        for (path, text) in [
            ("etc/x.d/b.conf", "own"),
            ("lib/x.d/b.conf", "vendor"),
            ("lib/x.d/a.conf", "a"),
            ("lib/x.d/off.conf", "off"),
            ("lib/x.d/.hidden.conf", "no"),
            ("lib/x.d/README", "no"),
        ] {
            fs::write(root.path().join(path), text).unwrap();
        }
        symlink("/dev/null", root.path().join("etc/x.d/off.conf")).unwrap();
        symlink("/nowhere", root.path().join("etc/x.d/lost.conf")).unwrap();
        let found = read(&host, &["/etc/x.d", "/lib/x.d"], ".conf");
        let found: Vec<_> = found.unwrap().unwrap();
        let found: Vec<_> = found
            .iter()
            .map(|f| (f.path.as_str(), f.text.as_str(), f.masked))
            .collect();
        assert_eq!(
            found,
            [
                ("/lib/x.d/a.conf", "a", false),
                ("/etc/x.d/b.conf", "own", false),
                ("/etc/x.d/off.conf", "", true),
            ]
        );
    }
}
