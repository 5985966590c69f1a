//! A bundle as one file, `NAME.owb`: a tar in one frame of zstd, with everything that it takes to trust
//! it and to use it. In this order, and with nothing else:
//!
//! ```text
//! manifest.json   manifest.json.sig
//! roots/N.json    roots/N.json.sig      for every version, from the first that it has to the newest
//! content/PATH                          for every file of the manifest, by path
//! ```
//!
//! It is written in one way, and what was written in another is refused: so the same bundle is the same
//! bytes, and there is nothing for two readers to disagree on.

use std::{
    collections::BTreeMap,
    io::{self, BufRead, BufReader, Read, Write},
};

use super::{Hash, MAX_BYTES, MAX_FILE, MAX_MANIFEST, Manifest, ManifestError};
use crate::trust::{MAX_ROOT, MAX_SIGNATURES_FILE, Root, RootError, Signed, SignedError};

/// The blocks of a tar.
mod block;

/// Largest archive, bytes: more than the largest content that cannot be compressed.
pub const MAX_ARCHIVE: u64 = MAX_BYTES + (16 << 20);
/// Most roots of an archive: a chain of decades.
pub const MAX_ROOTS: usize = 100;
/// As high as it is worth for texts of this size; costs seconds where bundles are built, and nothing
/// where they are read.
const LEVEL: i32 = 19;
/// Of the window of zstd, as a power of two: who reads needs these 2 MiB, and gives no more.
const WINDOW_LOG: u32 = 21;

const MANIFEST: &str = "manifest.json";

/// A bundle with what it takes to trust it. Its content is what its manifest says; whether that may be
/// believed is for [`super::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archive {
    pub manifest: Signed,
    /// By version, none left out between the first and the last.
    pub roots: Vec<Signed>,
    /// Files by their paths below the folder of content.
    pub content: BTreeMap<String, Vec<u8>>,
}

/// Why a file is not a bundle. None of it comes from a bundle that was built and carried whole.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    #[error("it is larger than {MAX_ARCHIVE} bytes, and no bundle is")]
    TooLarge,
    #[error("it cannot be unpacked, and is damaged or no bundle")]
    Unpack(#[source] io::Error),
    #[error("it ends in the middle: fetch it again")]
    Truncated,
    #[error("something follows where the bundle ends")]
    Trailing,
    #[error("{name:?} is {what}, and a bundle has files alone")]
    NotAFile { name: String, what: &'static str },
    #[error("{0:?} leads out of the bundle")]
    Escapes(String),
    #[error("{0} is missing, or not in its place")]
    Missing(String),
    #[error("{0} is there twice")]
    Twice(String),
    #[error("{0:?} is not in the manifest")]
    Unlisted(String),
    #[error("{name} has {size} bytes, and {most} are the most")]
    Large { name: String, size: u64, most: u64 },
    #[error("{0} is not packed as `owadm bundle build` packs it: owner, mode or time is told")]
    Header(String),
    #[error("{name} has {size} bytes, and {told} are told by the manifest")]
    Size { name: String, size: u64, told: u64 },
    #[error("{0} is not the file that the manifest tells: its SHA-256 is another")]
    Hash(String),
    #[error("it has more than {MAX_ROOTS} roots: leave out the oldest")]
    Roots,
    #[error("roots/{named}.json is root {version}")]
    Version { named: u32, version: u32 },
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    #[error(transparent)]
    Root(#[from] RootError),
    #[error(transparent)]
    Signed(#[from] SignedError),
}

impl Archive {
    /// Reads an archive from wherever it comes. At most [`MAX_BYTES`] of content are held, and nothing
    /// is allocated for what a header only claims.
    ///
    /// # Errors
    /// [`ArchiveError`].
    pub fn read(reader: impl Read) -> Result<Self, ArchiveError> {
        let input = BufReader::new(reader.take(MAX_ARCHIVE + 1));
        let decoder = zstd::Decoder::with_buffer(input).map_err(ArchiveError::Unpack)?;
        let mut decoder = decoder.single_frame();
        decoder
            .window_log_max(WINDOW_LOG)
            .map_err(ArchiveError::Unpack)?;
        let unpacked = Self::unpack(&mut decoder);
        let mut rest = decoder.finish();
        if rest.get_ref().limit() == 0 {
            return Err(ArchiveError::TooLarge);
        }
        let archive = unpacked?;
        match rest.fill_buf().map_err(ArchiveError::Unpack)? {
            [] => Ok(archive),
            _ => Err(ArchiveError::Trailing),
        }
    }

    /// Writes it: the same archive is the same bytes with the same version of zstd.
    ///
    /// # Errors
    /// When it cannot be written, or a path of its content is none.
    pub fn write(&self, writer: impl Write) -> io::Result<()> {
        let mut encoder = zstd::Encoder::new(writer, LEVEL)?;
        encoder.window_log(WINDOW_LOG)?;
        encoder.include_checksum(true)?;
        block::add(&mut encoder, MANIFEST, &self.manifest.document)?;
        let signatures = self.manifest.signatures_file();
        block::add(&mut encoder, &beside(MANIFEST), &signatures)?;
        for root in &self.roots {
            let version = Root::pinned(&root.document).map_err(io::Error::other)?;
            let name = name_of(version.version);
            block::add(&mut encoder, &name, &root.document)?;
            block::add(&mut encoder, &beside(&name), &root.signatures_file())?;
        }
        for (path, bytes) in &self.content {
            block::add(&mut encoder, &format!("content/{path}"), bytes)?;
        }
        block::end(&mut encoder)?;
        encoder.finish()?.flush()
    }

    fn unpack(decoder: impl Read) -> Result<Self, ArchiveError> {
        let mut tar = block::Reader::new(decoder);
        let manifest = signed(&mut tar, MANIFEST, MAX_MANIFEST)?;
        let listed = Manifest::read(&manifest.document)?.files;
        let roots = roots(&mut tar)?;
        let mut content = BTreeMap::new();
        for (path, file) in &listed {
            let name = format!("content/{path}");
            if let Some(other) = tar.next()?.filter(|next| *next != name) {
                let path = other.strip_prefix("content/");
                let is_listed = path.is_some_and(|path| listed.contains_key(path));
                return Err(match is_listed {
                    true => ArchiveError::Missing(name),
                    false => ArchiveError::Unlisted(other),
                });
            }
            let bytes = tar.file(&name, MAX_FILE)?;
            let size = bytes.len() as u64;
            if size != file.size {
                let told = file.size;
                return Err(ArchiveError::Size { name, size, told });
            }
            if Hash::of(&bytes) != file.sha256 {
                return Err(ArchiveError::Hash(name));
            }
            content.insert(path.clone(), bytes);
        }
        if let Some(other) = tar.next()? {
            return Err(ArchiveError::Unlisted(other));
        }
        tar.end()?;
        Ok(Self {
            manifest,
            roots,
            content,
        })
    }
}

/// The roots that come next, each of the version after the one before.
fn roots<R: Read>(tar: &mut block::Reader<R>) -> Result<Vec<Signed>, ArchiveError> {
    let mut roots = Vec::new();
    let mut due = None;
    while let Some(name) = tar.next()?.filter(|name| name.starts_with("roots/")) {
        if roots.len() == MAX_ROOTS {
            return Err(ArchiveError::Roots);
        }
        let named = name
            .strip_prefix("roots/")
            .and_then(|name| name.strip_suffix(".json"));
        let named = named.and_then(|version| version.parse().ok());
        let named: u32 = due.or(named).ok_or(ArchiveError::Unlisted(name))?;
        let root = signed(tar, &name_of(named), MAX_ROOT)?;
        let version = Root::pinned(&root.document)?.version;
        if version != named {
            return Err(ArchiveError::Version { named, version });
        }
        roots.push(root);
        due = Some(named.saturating_add(1));
    }
    Ok(roots)
}

/// A document and the signatures beside it.
fn signed<R: Read>(
    tar: &mut block::Reader<R>,
    name: &str,
    most: usize,
) -> Result<Signed, ArchiveError> {
    let document = tar.file(name, most as u64)?;
    let signatures = tar.file(&beside(name), MAX_SIGNATURES_FILE as u64)?;
    Ok(Signed::read(document, &signatures)?)
}

/// Where the signatures of a document lie.
fn beside(name: &str) -> String {
    format!("{name}.sig")
}

fn name_of(root: u32) -> String {
    format!("roots/{root}.json")
}

#[cfg(test)]
mod tests;
