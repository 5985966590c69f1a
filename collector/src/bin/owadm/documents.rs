//! Documents with their signatures, as files: `NAME.json`, and `NAME.json.sig` once somebody signed.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use shared::{
    bundle::Archive,
    trust::{MAX_ROOT, MAX_SIGNATURES_FILE, Root, Signed},
};

/// A file that ought to be small.
///
/// # Errors
/// When it cannot be read, or has more than `most` bytes.
pub(crate) fn read_file(path: &Path, most: usize) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = File::open(path).with_context(|| format!("reading {}", path.display()))?;
    file.take(most as u64 + 1)
        .read_to_end(&mut bytes)
        .with_context(|| format!("reading {}", path.display()))?;
    if bytes.len() > most {
        bail!("{} has more than {most} bytes", path.display());
    }
    Ok(bytes)
}

/// A document of at most so many bytes, and who signed it.
pub(crate) fn read(path: &Path, most: usize) -> anyhow::Result<Signed> {
    let document = read_file(path, most)?;
    let beside = beside(path, "sig");
    if !beside.exists() {
        let signatures = Vec::new();
        return Ok(Signed {
            document,
            signatures,
        });
    }
    let signatures = read_file(&beside, MAX_SIGNATURES_FILE)?;
    Signed::read(document, &signatures).with_context(|| beside.display().to_string())
}

/// Writes a new document, which nobody signed yet.
pub(crate) fn create(path: &Path, document: &[u8]) -> anyhow::Result<()> {
    let signatures = beside(path, "sig");
    if let Some(there) = [path, &signatures].iter().find(|path| path.exists()) {
        bail!(
            "{} is there already, and is not written over",
            there.display()
        );
    }
    replace(path, document)
}

/// Writes the signatures of a document.
pub(crate) fn write_signatures(path: &Path, signed: &Signed) -> anyhow::Result<()> {
    replace(&beside(path, "sig"), &signed.signatures_file())
}

/// Writes a file whole or not at all.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let new = beside(path, "new");
    fs::write(&new, bytes)
        .and_then(|()| File::open(&new)?.sync_all())
        .and_then(|()| fs::rename(&new, path))
        .with_context(|| format!("writing {}", path.display()))
}

/// The roots of a folder, `N.json` each, none left out between the first and the last.
///
/// # Errors
/// When one is missing, is none, or does not follow the one before.
pub(crate) fn chain(folder: &Path) -> anyhow::Result<(Root, Vec<Signed>)> {
    let versions = versions(folder).with_context(|| format!("reading {}", folder.display()))?;
    let Some(first) = versions.first() else {
        bail!(
            "{} has no root: it would be called 1.json",
            folder.display()
        );
    };
    let mut chain = Vec::new();
    for version in &versions {
        let path = root_file(folder, *version);
        let signed = read(&path, MAX_ROOT)?;
        let root = Root::pinned(&signed.document).with_context(|| path.display().to_string())?;
        if root.version != *version {
            bail!("{} is root {}", path.display(), root.version);
        }
        chain.push(signed);
    }
    let first = Root::pinned(&chain[0].document)
        .with_context(|| root_file(folder, *first).display().to_string())?;
    let newest = first
        .follow(&chain)
        .with_context(|| folder.display().to_string())?;
    Ok((newest, chain))
}

/// Where a root of a folder is.
pub(crate) fn root_file(folder: &Path, version: u32) -> PathBuf {
    folder.join(format!("{version}.json"))
}

/// An archive.
///
/// # Errors
/// When it is none.
pub(crate) fn archive(path: &Path) -> anyhow::Result<Archive> {
    let file = File::open(path).with_context(|| format!("reading {}", path.display()))?;
    Archive::read(file).with_context(|| format!("{} is no bundle", path.display()))
}

/// `PATH.WHAT`.
pub(crate) fn beside(path: &Path, what: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".");
    name.push(what);
    name.into()
}

fn versions(folder: &Path) -> io::Result<Vec<u32>> {
    let mut versions = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let version = name.to_str().and_then(|name| name.strip_suffix(".json"));
        versions.extend(version.and_then(|version| version.parse::<u32>().ok()));
    }
    versions.sort_unstable();
    Ok(versions)
}
