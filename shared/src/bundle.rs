//! A bundle: the content that hosts are held to, as its publisher signed it.
//!
//! Its manifest names every file with its hash, so that whoever trusts the manifest trusts the files,
//! wherever they come from.

/// What a bundle says of itself.
mod manifest;

pub use self::manifest::{
    File, Hash, MAX_BYTES, MAX_FILE, MAX_FILES, MAX_MANIFEST, Manifest, ManifestError,
};
