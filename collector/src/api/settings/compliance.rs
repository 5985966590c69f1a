//! What a host is held to, and how that stands on the host.

use std::collections::BTreeMap;

use serde::Serialize;
use shared::{rule::variable::Value, wire::AssignmentVersion};
use utoipa::ToSchema;

use super::effective::{InForceState, hex};
use crate::{
    api::{error::ApiError, time::Time},
    settings::Origin,
    store::{assignment::Standing, settings::OfHost},
};

/// Profiles and variables of a host, from all its layers, and what its agent made of them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EffectiveCompliance {
    /// In order of assignment: those of the strongest layer first.
    profiles: Vec<ChosenProfile>,
    /// By name, or `rule.name` for one rule alone.
    variables: BTreeMap<String, ChosenVariable>,
    /// Names what is set by what it says: SHA-256, hexadecimal.
    version: String,
    on_host: ComplianceOnHost,
}

/// A profile, and the strongest layer that names it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChosenProfile {
    key: String,
    from: Origin,
}

/// A value, and the layer that it comes from.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChosenVariable {
    /// A text, a whole number, or a list of them.
    #[schema(value_type = serde_json::Value)]
    value: Value,
    from: Origin,
}

/// How what a host is held to stands there.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ComplianceOnHost {
    state: InForceState,
    /// Since when that is so, by the collector's clock; null when there is no telling.
    #[schema(required)]
    since: Option<Time>,
    /// The version that is in force there; null for none.
    #[schema(required)]
    version: Option<String>,
    /// When its agent last said so.
    #[schema(required)]
    reported_at: Option<Time>,
    /// Why what was set last is not in force: its agent refused it, or it is too much to be sent.
    #[schema(required)]
    refused: Option<String>,
    /// Profiles of the version in force that its agent's content does not have.
    unknown_profiles: Vec<String>,
    /// Variables of the version in force that no rule of its agent's content has.
    unknown_variables: Vec<String>,
}

impl EffectiveCompliance {
    pub(super) fn new(of_host: &OfHost, standing: Option<Standing>) -> Result<Self, ApiError> {
        let said = &of_host.effective.compliance;
        let version = said.message().version().map_err(ApiError::Wire)?;
        let profiles = said.profiles.iter().map(|chosen| ChosenProfile {
            key: chosen.value.clone(),
            from: chosen.origin.clone(),
        });
        let variables = said.variables.iter().map(|(name, chosen)| {
            let variable = ChosenVariable {
                value: chosen.value.clone(),
                from: chosen.origin.clone(),
            };
            (name.clone(), variable)
        });
        Ok(Self {
            profiles: profiles.collect(),
            variables: variables.collect(),
            version: hex(&version),
            on_host: on_host(of_host, standing, &version),
        })
    }
}

fn on_host(
    of_host: &OfHost,
    standing: Option<Standing>,
    version: &AssignmentVersion,
) -> ComplianceOnHost {
    let reported = standing.is_some();
    let standing = standing.unwrap_or_default();
    let is = |kept: &Option<Vec<u8>>| kept.as_deref() == Some(&version[..]);
    let (sent, reported_at) = (is(&standing.sent), standing.reported_at);
    let (state, since) = if !reported {
        (InForceState::NeverReported, None)
    } else if !standing.takes {
        (InForceState::Unsupported, None)
    } else if sent && standing.refused.is_some() {
        (InForceState::Refused, reported_at.or(standing.sent_at))
    } else if is(&standing.in_force) {
        (InForceState::InForce, reported_at)
    } else if sent {
        (InForceState::Pending, standing.sent_at)
    } else {
        (InForceState::Pending, of_host.changed_at)
    };
    ComplianceOnHost {
        state,
        since: since.map(Time),
        version: standing.in_force.as_deref().map(hex),
        reported_at: reported_at.map(Time),
        refused: standing.refused,
        unknown_profiles: standing.unknown_profiles,
        unknown_variables: standing.unknown_variables,
    }
}
