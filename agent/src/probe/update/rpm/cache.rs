//! Where dnf, dnf 5 and zypper keep what they have fetched: a folder for each repository, in it
//! `repodata/` as the repository has it.

use std::{collections::BTreeMap, fs, os::unix::fs::MetadataExt as _, path::PathBuf};

use shared::wire::Stale;

use crate::host::Host;

/// The folders. Those of dnf have names of the repository, a dash and a hash.
const FOLDERS: [(&str, bool); 3] = [
    ("/var/cache/dnf", true),
    ("/var/cache/libdnf5", true),
    ("/var/cache/zypp/raw", false),
];

/// Length of that hash.
const HASH: usize = 16;

/// What is kept of one repository.
#[derive(Debug)]
pub(super) struct Cache {
    /// Absolute on the host.
    repodata: String,
    /// When it was last held against the server's, seconds since the Unix epoch: dnf and zypper
    /// mark it also when nothing is new.
    pub(super) checked_at: i64,
}

impl Cache {
    /// A file of it, by its name in the repository's index.
    pub(super) fn file(&self, name: &str) -> String {
        let name = name.rsplit('/').next().unwrap_or(name);
        format!("{}/{name}", self.repodata)
    }
}

/// The folders that change when something is fetched, to be watched.
pub(in crate::probe::update) fn folders(host: &Host) -> Vec<PathBuf> {
    let mut folders: Vec<_> = FOLDERS.iter().map(|(folder, _)| folder.into()).collect();
    if let Ok(caches) = find(host) {
        folders.extend(caches.into_values().map(|cache| cache.repodata.into()));
    }
    folders
}

/// What is kept, by repository. Of one that is kept for several releases, what was asked last.
pub(super) fn find(host: &Host) -> Result<BTreeMap<String, Cache>, Stale> {
    let mut caches = BTreeMap::<String, Cache>::new();
    for (folder, hashed) in FOLDERS {
        let names = match host.list(folder) {
            Err(error) if error.is_absent() => continue,
            listed => listed?,
        };
        for name in names.iter().filter_map(|name| name.to_str()) {
            let Some(id) = (if hashed { id(name) } else { Some(name) }) else {
                continue;
            };
            let repodata = format!("{folder}/{name}/repodata");
            let Some(checked_at) = newest(host, &repodata) else {
                continue;
            };
            let known = caches.get(id).map(|known| known.checked_at);
            if known.is_none_or(|known| known < checked_at) {
                let cache = Cache {
                    repodata,
                    checked_at,
                };
                caches.insert(id.to_owned(), cache);
            }
        }
    }
    Ok(caches)
}

/// The repository of a folder of dnf's.
fn id(name: &str) -> Option<&str> {
    let (id, hash) = name.rsplit_once('-')?;
    let hashed = hash.len() == HASH && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    hashed.then_some(id)
}

/// The latest time of its files; `None` where there is no index.
fn newest(host: &Host, repodata: &str) -> Option<i64> {
    let folder = host.resolve(repodata).ok()?;
    host.open(format!("{repodata}/repomd.xml")).ok()?;
    let files = fs::read_dir(folder).ok()?.filter_map(|entry| {
        let entry = entry.ok()?;
        Some(entry.metadata().ok()?.mtime())
    });
    files.max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_dnf_names_its_repository() {
        assert_eq!(
            id("rhel-9-for-x86_64-baseos-rpms-0123456789abcdef"),
            Some("rhel-9-for-x86_64-baseos-rpms")
        );
        assert_eq!(id("baseos-0123456789abcdeg"), None);
        assert_eq!(id("expired_repos.json"), None);
    }
}
