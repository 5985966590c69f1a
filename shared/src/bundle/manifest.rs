//! What a bundle says of itself. A manifest is JSON, written in one way: the same content makes the same
//! bytes.

use std::{collections::BTreeMap, path::Path};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Hash, Version};

/// The format that this build reads.
const FORMAT: u32 = 1;
/// Largest manifest, bytes: it fits in a frame.
pub const MAX_MANIFEST: usize = 768 << 10;
/// Most files of a bundle.
pub const MAX_FILES: usize = 5000;
/// Largest file of a bundle, bytes: as content is loaded.
pub const MAX_FILE: u64 = 256 << 10;
/// Most bytes of all files together.
pub const MAX_BYTES: u64 = 64 << 20;
/// Longest path of a file, bytes: with a folder above it, it fits into a header of tar.
const MAX_PATH: usize = 140;
/// Longest name in a path, bytes: as much as a header of tar takes unparted.
const MAX_NAME: usize = 100;

/// What a bundle says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub format: u32,
    /// Rises with each bundle. No two are of one serial.
    pub serial: u64,
    pub created: DateTime<Utc>,
    /// From this instant on no host takes it; one that has it keeps it, and says that it is stale.
    pub expires: DateTime<Utc>,
    /// The lowest version of the agent that can use it.
    pub minimum_agent: Version,
    /// What the engine must be able to do: names of checks and of other features.
    pub features: Vec<String>,
    /// What people are told about it; may be empty.
    pub note: String,
    /// Each file by its path below the folder of content.
    pub files: BTreeMap<String, File>,
}

/// A file of a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    pub sha256: Hash,
    /// Bytes.
    pub size: u64,
}

/// Why a manifest cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ManifestError {
    #[error("the manifest is {0} bytes, and {MAX_MANIFEST} are the most")]
    TooLarge(usize),
    #[error("the manifest is not one: {0}")]
    Malformed(String),
    #[error("the bundle has format {0}, and this build reads {FORMAT}: install a newer version")]
    Format(u32),
    #[error("{0} files, and {MAX_FILES} are the most")]
    Files(usize),
    #[error("{path:?} is not the path of a file of content: {why}")]
    Path { path: String, why: &'static str },
    #[error("{path} has {size} bytes, and {MAX_FILE} are the most")]
    File { path: String, size: u64 },
    #[error("the files have {0} bytes together, and {MAX_BYTES} are the most")]
    Together(u64),
}

impl File {
    /// As a manifest names these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self {
            sha256: Hash::of(bytes),
            size: bytes.len() as u64,
        }
    }
}

impl Manifest {
    /// Reads what was signed. Whether its time has passed is for who knows the time.
    ///
    /// # Errors
    /// [`ManifestError`].
    pub fn read(document: &[u8]) -> Result<Self, ManifestError> {
        if document.len() > MAX_MANIFEST {
            return Err(ManifestError::TooLarge(document.len()));
        }
        let manifest: Self = serde_json::from_slice(document)
            .map_err(|error| ManifestError::Malformed(error.to_string()))?;
        manifest.check()?;
        Ok(manifest)
    }

    /// The one way in which it is written: a line for each file, so that people can compare two.
    ///
    /// # Errors
    /// [`ManifestError`], for what could not be read again.
    pub fn write(&self) -> Result<Vec<u8>, ManifestError> {
        self.check()?;
        let mut text = serde_json::to_vec_pretty(self)
            .map_err(|error| ManifestError::Malformed(error.to_string()))?;
        text.push(b'\n');
        if text.len() > MAX_MANIFEST {
            return Err(ManifestError::TooLarge(text.len()));
        }
        Ok(text)
    }

    fn check(&self) -> Result<(), ManifestError> {
        if self.format != FORMAT {
            return Err(ManifestError::Format(self.format));
        }
        let wrong = |what: &str| Err(ManifestError::Malformed(what.to_owned()));
        if self.serial == 0 || self.serial > i64::MAX as u64 {
            return wrong("serials are 1 to 2^63 - 1");
        }
        if self.expires <= self.created {
            return wrong("it expires before it was made");
        }
        if self.files.len() > MAX_FILES {
            return Err(ManifestError::Files(self.files.len()));
        }
        for (path, file) in &self.files {
            if let Some(why) = unfit(path) {
                let path = path.chars().take(MAX_PATH).collect();
                return Err(ManifestError::Path { path, why });
            }
            if file.size > MAX_FILE {
                let (path, size) = (path.clone(), file.size);
                return Err(ManifestError::File { path, size });
            }
        }
        // A name that is a file's and a folder's at once would fit on no disk.
        for path in self.files.keys() {
            let mut above = Path::new(path).ancestors().skip(1);
            if above.any(|above| above.to_str().is_some_and(|a| self.files.contains_key(a))) {
                let (path, why) = (path.clone(), "a file is above it");
                return Err(ManifestError::Path { path, why });
            }
        }
        let together = self.files.values().map(|file| file.size).sum();
        if together > MAX_BYTES {
            return Err(ManifestError::Together(together));
        }
        Ok(())
    }
}

/// Why no file of a bundle may lie at this path.
fn unfit(path: &str) -> Option<&'static str> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte);
    if path.is_empty() || path.len() > MAX_PATH {
        return Some("it has 1 to 140 bytes");
    }
    if !path.bytes().all(fits) {
        return Some("it is of letters of ASCII, digits, . _ - and /");
    }
    let bad = |name: &str| name.is_empty() || name.starts_with('.') || name.len() > MAX_NAME;
    if path.split('/').any(bad) {
        return Some("no name in it is empty, begins with a dot or has more than 100 bytes");
    }
    None
}
