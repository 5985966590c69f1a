//! A release: which programs are the agent of a version, as those say who build it. It is a document as
//! a root is, `release.json` with its signatures beside it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    bundle::{Hash, Version},
    trust::{Role, Root, RootError, Signed},
};

/// The format that this build reads.
const FORMAT: u32 = 1;
/// Largest release, bytes.
pub const MAX_RELEASE: usize = 64 << 10;

/// The programs of a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    pub format: u32,
    pub version: Version,
    pub created: DateTime<Utc>,
    /// SHA-256 of each program by its platform, such as `x86_64-linux-gnu`.
    pub builds: BTreeMap<String, Hash>,
}

/// Why a release is not believed.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ReleaseError {
    #[error("the release is {0} bytes, and {MAX_RELEASE} are the most")]
    TooLarge(usize),
    #[error("the release is not one: {0}")]
    Malformed(String),
    #[error("the release has format {0}, and this build reads {FORMAT}: install a newer version")]
    Format(u32),
    #[error(transparent)]
    Root(#[from] RootError),
}

impl Release {
    /// One without programs.
    pub fn new(version: Version, created: DateTime<Utc>) -> Self {
        Self {
            format: FORMAT,
            version,
            created,
            builds: BTreeMap::new(),
        }
    }

    /// Adds the program of a platform.
    pub fn add(&mut self, platform: String, program: &[u8]) {
        self.builds.insert(platform, Hash::of(program));
    }

    /// Reads what may have been signed.
    ///
    /// # Errors
    /// [`ReleaseError`].
    pub fn read(document: &[u8]) -> Result<Self, ReleaseError> {
        if document.len() > MAX_RELEASE {
            return Err(ReleaseError::TooLarge(document.len()));
        }
        let release: Self = serde_json::from_slice(document)
            .map_err(|error| ReleaseError::Malformed(error.to_string()))?;
        match release.format {
            FORMAT => Ok(release),
            other => Err(ReleaseError::Format(other)),
        }
    }

    /// Reads what enough of those signed who may, in the name of this root.
    ///
    /// # Errors
    /// [`ReleaseError`].
    pub fn verify(signed: &Signed, root: &Root, now: DateTime<Utc>) -> Result<Self, ReleaseError> {
        root.verify(Role::Release, signed, now)?;
        Self::read(&signed.document)
    }

    /// The one way in which it is written.
    ///
    /// # Errors
    /// [`ReleaseError::TooLarge`].
    pub fn write(&self) -> Result<Vec<u8>, ReleaseError> {
        let mut text = serde_json::to_vec_pretty(self)
            .map_err(|error| ReleaseError::Malformed(error.to_string()))?;
        text.push(b'\n');
        match text.len() {
            length if length > MAX_RELEASE => Err(ReleaseError::TooLarge(length)),
            _ => Ok(text),
        }
    }

    /// The platform that this program is the agent of; `None`: it is not of this release.
    pub fn platform_of(&self, program: &[u8]) -> Option<&str> {
        let hash = Hash::of(program);
        let mut builds = self.builds.iter();
        builds.find_map(|(platform, build)| (*build == hash).then_some(platform.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trust::{
        Sort,
        test_keys::{part, root, signed, today},
    };

    #[test]
    fn a_release_is_believed_of_those_who_may_build_and_of_nobody_else() {
        let mut release = Release::new(Version([0, 2, 0]), today());
        release.add("x86_64-linux-gnu".into(), b"a program");
        let document = release.write().unwrap();
        let mut root = root(1, part(1, &[1]), part(1, &[4, 5]));
        root.release = Some(part(1, &[5]));
        let by = |sort, key| {
            let signed = signed(document.clone(), sort, &[key]);
            Release::verify(&signed, &root, today())
        };
        assert_eq!(by(Sort::Release, 5), Ok(release.clone()));
        for (sort, key) in [(Sort::Release, 4), (Sort::Release, 1), (Sort::Bundle, 5)] {
            assert!(
                matches!(by(sort, key), Err(ReleaseError::Root(_))),
                "{sort:?} {key}"
            );
        }
        assert_eq!(release.platform_of(b"a program"), Some("x86_64-linux-gnu"));
        assert_eq!(release.platform_of(b"another"), None);
    }

    #[test]
    fn a_release_that_is_none_is_refused() {
        let good = Release::new(Version([0, 2, 0]), today()).write().unwrap();
        assert!(Release::read(&good).is_ok());
        let later = String::from_utf8(good)
            .unwrap()
            .replace("\"format\": 1", "\"format\": 2");
        assert_eq!(
            Release::read(later.as_bytes()),
            Err(ReleaseError::Format(2))
        );
        assert!(matches!(
            Release::read(b"{}"),
            Err(ReleaseError::Malformed(_))
        ));
        let large = vec![b' '; MAX_RELEASE + 1];
        assert_eq!(
            Release::read(&large),
            Err(ReleaseError::TooLarge(MAX_RELEASE + 1))
        );
    }
}
