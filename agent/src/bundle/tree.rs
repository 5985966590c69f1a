//! A bundle as a folder: `manifest.json`, `manifest.json.sig`, and below `files/` exactly the files that
//! the manifest names, as it names them. Anything else is no bundle.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use shared::bundle::{Hash, MAX_FILE, MAX_MANIFEST, Manifest};

use super::disk;

pub(super) const MANIFEST: &str = "manifest.json";
pub(super) const SIGNATURES: &str = "manifest.json.sig";
pub(super) const FILES: &str = "files";

/// Where each of a bundle's files lies.
pub(super) type Files = BTreeMap<Hash, PathBuf>;

/// A bundle that was found whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) serial: u64,
    /// Its manifest.
    pub(super) manifest: Hash,
    pub(super) created: DateTime<Utc>,
    pub(super) expires: DateTime<Utc>,
}

impl Kept {
    /// The bundle of this manifest, whose hash is `hash`.
    pub(super) fn of(manifest: &Manifest, hash: Hash) -> Self {
        Self {
            serial: manifest.serial,
            manifest: hash,
            created: manifest.created,
            expires: manifest.expires,
        }
    }
}

/// Reads a bundle, every file of it.
///
/// # Errors
/// What is not as it should be, in words.
pub(super) fn read(folder: &Path) -> Result<(Kept, Files), String> {
    let document = disk::read(&folder.join(MANIFEST), MAX_MANIFEST as u64);
    let document = document
        .map_err(|error| format!("{MANIFEST}: {error}"))?
        .ok_or_else(|| format!("there is no {MANIFEST}"))?;
    let manifest = Manifest::read(&document).map_err(|error| error.to_string())?;
    let content = folder.join(FILES);
    let mut extra: BTreeSet<_> = found(&content)?;
    let mut files = Files::new();
    for (path, file) in &manifest.files {
        let at = content.join(path);
        let bytes = disk::read(&at, MAX_FILE).map_err(|error| format!("{path}: {error}"))?;
        let bytes = bytes.ok_or_else(|| format!("{path} is missing"))?;
        if bytes.len() as u64 != file.size || Hash::of(&bytes) != file.sha256 {
            return Err(format!("{path} is not what the manifest says"));
        }
        extra.remove(&at);
        files.insert(file.sha256, at);
    }
    match extra.first() {
        None => Ok((Kept::of(&manifest, Hash::of(&document)), files)),
        Some(one) => Err(format!("{} is not in the manifest", one.display())),
    }
}

/// Everything below a folder that is no folder. A link to one is none.
fn found(folder: &Path) -> Result<BTreeSet<PathBuf>, String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let failed = |error| format!("{}: {error}", folder.display());
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if entry.file_type().map_err(failed)?.is_dir() {
                folders.push(entry.path());
            } else {
                found.insert(entry.path());
            }
        }
    }
    Ok(found)
}
