//! Whether a bundle may be taken: the same for a collector that keeps it and for a host that is held to
//! it. Pure: what is known, what is offered and the time come in, and what is to be remembered comes
//! out.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{FEATURES, Hash, Manifest, ManifestError, Version};
use crate::{
    trust::{KeyId, Role, Root, RootError, Signed},
    wire::ContentRefusal,
};

/// How far ahead of the clock a bundle may have been made. One that is newer tells that the clock is
/// behind, and then nothing can be said of expiry either.
const AHEAD: TimeDelta = TimeDelta::days(1);

/// What is known before a bundle comes.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The root that is trusted.
    pub root: &'a Root,
    /// The newest bundle that was ever taken; `None`: none yet.
    pub newest: Option<&'a Newest>,
    pub engine: Engine,
}

/// What decides the rules.
#[derive(Debug, Clone, Copy)]
pub struct Engine {
    pub version: Version,
    /// Names, as [`Manifest::features`] has them.
    pub features: &'static [&'static str],
}

/// What must be remembered of the newest bundle that was taken, whatever became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Newest {
    pub serial: u64,
    pub manifest: Hash,
    /// Who signed it. A serial is as good as these: when one of them was revoked since, it is held
    /// against no other bundle, or else a thief could use up all serials for ever.
    pub signers: BTreeSet<KeyId>,
}

/// A bundle that may be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    pub manifest: Manifest,
    /// The root to trust from now on.
    pub root: Root,
    /// What to remember from now on.
    pub newest: Newest,
}

/// Why a bundle may not be taken.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Refused {
    #[error(transparent)]
    Root(RootError),
    #[error(transparent)]
    Signatures(RootError),
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    #[error("the bundle was made at {created}, and here it is {now}: set the clock")]
    Clock {
        created: DateTime<Utc>,
        now: DateTime<Utc>,
    },
    #[error("bundle {serial} expired at {at}: publish a newer one")]
    Expired { serial: u64, at: DateTime<Utc> },
    #[error("bundle {offered} is older than {newest}, which was taken before")]
    Older { offered: u64, newest: u64 },
    #[error(
        "two bundles have the serial {serial}: {offered}, and {known}, which was taken before. Ask \
         the publisher which is his, and have it published with a new serial"
    )]
    Equivocation {
        serial: u64,
        offered: Hash,
        known: Hash,
    },
    #[error(
        "the bundle needs version {needed} of the agent, and this is {version}: install it first"
    )]
    Version { needed: Version, version: Version },
    #[error(
        "the bundle needs what version {version} cannot do ({}): install a newer one first",
        lacking.join(", ")
    )]
    Features {
        lacking: Vec<String>,
        version: Version,
    },
}

impl Engine {
    /// The one of this build.
    ///
    /// # Errors
    /// In words, when the build has no version.
    pub fn here() -> Result<Self, String> {
        Ok(Self {
            version: env!("CARGO_PKG_VERSION").parse()?,
            features: FEATURES,
        })
    }
}

impl Refused {
    /// As it is told to a collector.
    pub fn why(&self) -> ContentRefusal {
        match self {
            Self::Root(_) => ContentRefusal::Root,
            Self::Signatures(_) => ContentRefusal::Signatures,
            Self::Manifest(error) => match error {
                ManifestError::Format(_) => ContentRefusal::Agent,
                ManifestError::TooLarge(_)
                | ManifestError::Files(_)
                | ManifestError::File { .. }
                | ManifestError::Together(_) => ContentRefusal::TooLarge,
                ManifestError::Malformed(_) | ManifestError::Path { .. } => {
                    ContentRefusal::Malformed
                }
            },
            Self::Clock { .. } => ContentRefusal::Clock,
            Self::Expired { .. } => ContentRefusal::Expired,
            Self::Older { .. } => ContentRefusal::Older,
            Self::Equivocation { .. } => ContentRefusal::Equivocation,
            Self::Version { .. } | Self::Features { .. } => ContentRefusal::Agent,
        }
    }
}

/// Whether the bundle of this manifest may be taken, with the roots that came with it. The same bundle
/// may be taken again.
///
/// # Errors
/// [`Refused`]; nothing that is known changes then.
pub fn verify(
    known: Known<'_>,
    roots: &[Signed],
    signed: &Signed,
    now: DateTime<Utc>,
) -> Result<Verified, Refused> {
    let root = known.root.follow(roots).map_err(Refused::Root)?;
    let signers = root
        .verify(Role::Publisher, signed, now)
        .map_err(|error| match error {
            RootError::Expired { .. } => Refused::Root(error),
            _ => Refused::Signatures(error),
        })?;
    let manifest = Manifest::read(&signed.document)?;
    check_time(&manifest, now)?;
    let newest = Newest {
        serial: manifest.serial,
        manifest: Hash::of(&signed.document),
        signers,
    };
    if let Some(before) = known.newest {
        check_serial(before, &newest, &root)?;
    }
    check_engine(known.engine, &manifest)?;
    Ok(Verified {
        manifest,
        root,
        newest,
    })
}

fn check_time(manifest: &Manifest, now: DateTime<Utc>) -> Result<(), Refused> {
    let created = manifest.created;
    if created.signed_duration_since(now) > AHEAD {
        return Err(Refused::Clock { created, now });
    }
    if now >= manifest.expires {
        let (serial, at) = (manifest.serial, manifest.expires);
        return Err(Refused::Expired { serial, at });
    }
    Ok(())
}

fn check_serial(before: &Newest, offered: &Newest, root: &Root) -> Result<(), Refused> {
    if before.signers.iter().any(|key| root.has_revoked(*key)) {
        return Ok(());
    }
    if offered.serial < before.serial {
        let (offered, newest) = (offered.serial, before.serial);
        return Err(Refused::Older { offered, newest });
    }
    if offered.serial == before.serial && offered.manifest != before.manifest {
        return Err(Refused::Equivocation {
            serial: offered.serial,
            offered: offered.manifest,
            known: before.manifest,
        });
    }
    Ok(())
}

fn check_engine(engine: Engine, manifest: &Manifest) -> Result<(), Refused> {
    let (needed, version) = (manifest.minimum_agent, engine.version);
    if version < needed {
        return Err(Refused::Version { needed, version });
    }
    let is_lacking = |name: &&String| !engine.features.contains(&name.as_str());
    let lacking: Vec<_> = manifest
        .features
        .iter()
        .filter(is_lacking)
        .cloned()
        .collect();
    if lacking.is_empty() {
        Ok(())
    } else {
        Err(Refused::Features { lacking, version })
    }
}
