//! A bundle: the content that hosts are held to, as its publisher signed it.
//!
//! Its manifest names every file with its hash, so that whoever trusts the manifest trusts the files,
//! wherever they come from.

/// What a file is, in 32 bytes.
mod hash;

/// Versions of the agent.
mod version;

/// What a bundle says of itself.
mod manifest;

/// What content asks of the engine.
mod feature;

/// Whether a bundle may be taken.
mod verify;

/// A bundle as one file.
mod archive;

/// From a folder to its files.
mod folder;

pub use self::{
    archive::{Archive, ArchiveError, MAX_ARCHIVE, MAX_ROOTS},
    feature::{FEATURES, features_of},
    folder::files_of,
    hash::Hash,
    manifest::{File, MAX_BYTES, MAX_FILE, MAX_FILES, MAX_MANIFEST, Manifest, ManifestError},
    verify::{Engine, Known, Newest, Refused, Verified, verify},
    version::Version,
};

#[cfg(test)]
mod tests;
