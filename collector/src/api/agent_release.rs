//! Releases of the agent: which files are genuine, as those say who build them.

use std::collections::BTreeMap;

use serde::Serialize;
use shared::release::{Release, ReleaseError};
use utoipa::ToSchema;

use crate::{api::time::Time, store};

pub(crate) mod create;
pub(crate) mod list;

/// A release of the agent.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AgentRelease {
    version: String,
    /// SHA-256 of the agent's file, hexadecimal, by platform.
    builds: BTreeMap<String, String>,
    published_at: Time,
    published_by: String,
}

impl AgentRelease {
    fn read(row: store::release::Release) -> Result<Self, ReleaseError> {
        let release = Release::read(&row.document)?;
        let builds = release.builds.into_iter();
        Ok(Self {
            version: row.version,
            builds: builds
                .map(|(platform, build)| (platform, build.to_string()))
                .collect(),
            published_at: row.published_at.into(),
            published_by: row.published_by,
        })
    }
}
