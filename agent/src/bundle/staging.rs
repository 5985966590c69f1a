//! Files on their way: each lies in `staging/` under its hash until the bundle that it is for is in
//! force. What was fetched before the agent ended need not be fetched again.

use std::{collections::BTreeSet, io, path::Path};

use shared::{
    bundle::{Hash, MAX_FILE, MAX_MANIFEST, Manifest},
    trust::MAX_SIGNATURES_FILE,
};

use super::{
    disk::{self, Disk},
    store::NEXT,
    tree::{FILES, Files, MANIFEST, SIGNATURES},
};

const STAGING: &str = "staging";

/// A manifest that was believed, and its signatures.
pub(super) struct Announced {
    pub(super) hash: Hash,
    pub(super) document: Vec<u8>,
    pub(super) signatures: Vec<u8>,
}

/// Keeps a manifest, and lets go of the files that it does not name.
pub(super) fn announce(disk: &Disk, new: &Announced, manifest: &Manifest) -> io::Result<()> {
    disk.make(STAGING)?;
    let named: BTreeSet<String> = manifest
        .files
        .values()
        .map(|file| file.sha256.to_string())
        .collect();
    for name in disk.list(STAGING)? {
        if !named.contains(&name) {
            disk.remove(at(&name))?;
        }
    }
    disk.lay(at(&signatures(new.hash)), &new.signatures)?;
    disk.lay(at(&new.hash.to_string()), &new.document)
}

/// A manifest that was kept.
pub(super) fn announced(disk: &Disk, hash: Hash) -> io::Result<Option<Announced>> {
    let document = disk.read(at(&hash.to_string()), MAX_MANIFEST as u64)?;
    let signatures = disk.read(at(&signatures(hash)), MAX_SIGNATURES_FILE as u64)?;
    let found = document.zip(signatures);
    let found = found.filter(|(document, _)| Hash::of(document) == hash);
    Ok(found.map(|(document, signatures)| Announced {
        hash,
        document,
        signatures,
    }))
}

/// Keeps a file that is what its hash says.
pub(super) fn keep(disk: &Disk, hash: Hash, bytes: &[u8]) -> io::Result<()> {
    disk.make(STAGING)?;
    disk.lay(at(&hash.to_string()), bytes)
}

/// Files of a manifest that are neither here nor among `others`, each once, with their sizes.
pub(super) fn missing(disk: &Disk, manifest: &Manifest, others: &Files) -> Vec<(Hash, u64)> {
    let mut seen = BTreeSet::new();
    let files = manifest.files.values();
    let wanted = files.filter(|file| seen.insert(file.sha256));
    let wanted = wanted.filter(|file| !others.contains_key(&file.sha256));
    let missing = wanted.filter(|file| !is_here(disk, file.sha256));
    missing.map(|file| (file.sha256, file.size)).collect()
}

/// Puts a bundle together in [`NEXT`], of files that are here and of `others`. One that is missing or
/// damaged is left out: whoever reads the bundle afterwards finds that.
pub(super) fn assemble(
    disk: &Disk,
    new: &Announced,
    manifest: &Manifest,
    others: &Files,
) -> io::Result<()> {
    disk.remove(NEXT)?;
    let files = Path::new(NEXT).join(FILES);
    disk.make(&files)?;
    for (path, file) in &manifest.files {
        let to = files.join(path);
        if let Some(above) = to.parent() {
            disk.make(above)?;
        }
        match others.get(&file.sha256) {
            Some(other) => disk.link(other, &to)?,
            None => {
                let here = disk.path(at(&file.sha256.to_string()));
                if here.exists() {
                    disk.link(&here, &to)?;
                }
            }
        }
    }
    disk.lay(Path::new(NEXT).join(SIGNATURES), &new.signatures)?;
    disk.lay(Path::new(NEXT).join(MANIFEST), &new.document)
}

/// Lets go of everything: it is in force, or of no use.
pub(super) fn clear(disk: &Disk) -> io::Result<()> {
    disk.remove(STAGING)
}

fn is_here(disk: &Disk, hash: Hash) -> bool {
    let found = disk::read(&disk.path(at(&hash.to_string())), MAX_FILE);
    found.is_ok_and(|bytes| bytes.is_some_and(|bytes| Hash::of(&bytes) == hash))
}

fn at(name: &str) -> String {
    format!("{STAGING}/{name}")
}

fn signatures(manifest: Hash) -> String {
    format!("{manifest}.sig")
}
