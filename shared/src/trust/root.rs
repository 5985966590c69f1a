//! The root document: which keys there are, and how many of them it takes for what. A root is followed
//! by the next version only when enough of its own keys and enough of the next one's signed that.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{KeyId, PublicKey, Sort};

/// Who signed, and whether that is enough.
mod quorum;

/// The format that this build reads.
const FORMAT: u32 = 1;
/// Largest root document, bytes.
pub const MAX_ROOT: usize = 64 << 10;

/// The keys of a fleet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Root {
    pub format: u32,
    /// Rises by one with each root.
    pub version: u32,
    pub created: DateTime<Utc>,
    /// From this instant on nothing is taken in its name; the next root still may follow.
    pub expires: DateTime<Utc>,
    /// Every key that has a part.
    pub keys: BTreeMap<KeyId, Key>,
    /// Who may follow this root with another.
    pub root: Part,
    /// Who may say what hosts are held to.
    pub publisher: Part,
    /// Who may say which builds of the agent are genuine. Without it, nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<Part>,
    /// Keys that had a part once and are not to be trusted any more. No later root leaves one out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub revoked: Vec<Revoked>,
}

/// A key, and whose it is, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    pub name: String,
    pub public: PublicKey,
}

/// Who takes part in something, and how many of them it takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    pub threshold: u32,
    pub keys: BTreeSet<KeyId>,
}

/// A key that is not to be trusted any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revoked {
    pub key: KeyId,
    pub at: DateTime<Utc>,
    /// For people.
    pub reason: String,
}

/// What keys are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Root,
    Publisher,
    Release,
}

/// Why a root, or what is signed in its name, is not trusted.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum RootError {
    #[error("the root is {0} bytes, and {MAX_ROOT} are the most")]
    TooLarge(usize),
    #[error("the root is not one: {0}")]
    Malformed(String),
    #[error("the root has format {0}, and this build reads {FORMAT}: install a newer version")]
    Format(u32),
    #[error("root {version} expired at {at}: publish the next root")]
    Expired { version: u32, at: DateTime<Utc> },
    #[error("root {found} does not follow root {known}: the next is {}", known + 1)]
    OutOfOrder { known: u32, found: u32 },
    #[error("root {version} no longer says that key {key} is revoked: that stays in every root")]
    Unrevoked { version: u32, key: KeyId },
    #[error("{signed} of {needed} signatures that it takes for {what}: {}", why.join("; "))]
    TooFew {
        what: &'static str,
        needed: u32,
        signed: u32,
        /// What is wrong with each signature that does not count.
        why: Vec<String>,
    },
    #[error("root {0} names nobody who may sign agent builds")]
    NoRelease(u32),
}

impl Role {
    pub const ALL: [Self; 3] = [Self::Root, Self::Publisher, Self::Release];

    fn what(self) -> &'static str {
        match self {
            Self::Root => "a root",
            Self::Publisher => "a bundle",
            Self::Release => "an agent build",
        }
    }

    fn sort(self) -> Sort {
        match self {
            Self::Root => Sort::Root,
            Self::Publisher => Sort::Bundle,
            Self::Release => Sort::Release,
        }
    }
}

impl Root {
    /// Reads a root that is trusted for where it comes from; who signed it is not asked.
    ///
    /// # Errors
    /// [`RootError`], when it makes no sense.
    pub fn pinned(document: &[u8]) -> Result<Self, RootError> {
        if document.len() > MAX_ROOT {
            return Err(RootError::TooLarge(document.len()));
        }
        let root: Self = serde_json::from_slice(document)
            .map_err(|error| RootError::Malformed(error.to_string()))?;
        root.check()?;
        Ok(root)
    }

    /// Who takes part in what.
    pub fn part(&self, role: Role) -> Option<&Part> {
        match role {
            Role::Root => Some(&self.root),
            Role::Publisher => Some(&self.publisher),
            Role::Release => self.release.as_ref(),
        }
    }

    /// What people call a key.
    pub fn name(&self, id: KeyId) -> String {
        let short = &id.to_string()[..12];
        match self.keys.get(&id) {
            Some(key) => format!("{:?} ({short})", key.name),
            None => format!("key {short}"),
        }
    }

    fn check(&self) -> Result<(), RootError> {
        let wrong = |what: String| Err(RootError::Malformed(what));
        if self.format != FORMAT {
            return Err(RootError::Format(self.format));
        }
        if self.version == 0 {
            return wrong("versions begin with 1".into());
        }
        if self.expires <= self.created {
            return wrong("it expires before it was made".into());
        }
        for (id, key) in &self.keys {
            if key.public.id() != *id {
                return wrong(format!("{id} is not what this key is called"));
            }
            if self.revoked.iter().any(|revoked| revoked.key == *id) {
                return wrong(format!("{} is among its keys and revoked", self.name(*id)));
            }
        }
        for role in Role::ALL {
            let Some(part) = self.part(role) else {
                continue;
            };
            let what = role.what();
            if part.threshold == 0 || part.threshold as usize > part.keys.len() {
                let (needed, keys) = (part.threshold, part.keys.len());
                return wrong(format!("it takes {needed} of {keys} keys for {what}"));
            }
            if let Some(id) = part.keys.iter().find(|id| !self.keys.contains_key(*id)) {
                return wrong(format!("{id} may sign {what} and is not among its keys"));
            }
        }
        Ok(())
    }
}
