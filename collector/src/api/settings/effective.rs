use std::collections::BTreeMap;

use axum::{Json, extract::State};
use serde::Serialize;
use shared::wire::SettingsVersion;
use sqlx::PgPool;
use utoipa::ToSchema;

use crate::{
    api::{
        error::{ApiError, Problem},
        identity::Within,
        input::HostPath,
        settings::compliance::EffectiveCompliance,
        time::Time,
    },
    settings::{Chosen, EffectiveKind, Origin},
    store::{
        self, read,
        settings::{OfHost, Standing},
    },
};

/// What is set for a host, from all its layers, and what its agent made of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EffectiveSettings {
    /// Only kinds for which something is set.
    kinds: BTreeMap<String, EffectiveKindSettings>,
    metrics: EffectiveMetrics,
    #[schema(required)]
    reconcile_s: Option<ChosenNumber>,
    labels: BTreeMap<String, String>,
    /// Names what is set by what it says, without compliance: SHA-256, hexadecimal.
    version: String,
    on_host: OnHost,
    compliance: EffectiveCompliance,
}

/// What is set for one kind; null is the agent's choice.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EffectiveKindSettings {
    #[schema(required)]
    enabled: Option<ChosenFlag>,
    #[schema(required)]
    every_s: Option<ChosenNumber>,
}

/// What is set for metrics; null is the agent's choice.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EffectiveMetrics {
    #[schema(required)]
    enabled: Option<ChosenFlag>,
    #[schema(required)]
    send_every_s: Option<ChosenNumber>,
}

/// A value, and the layer that it comes from.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChosenFlag {
    value: bool,
    from: Origin,
}

/// A value, and the layer that it comes from.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChosenNumber {
    value: u32,
    from: Origin,
}

/// How what is set stands on the host.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OnHost {
    state: InForceState,
    /// Since when that is so, by the collector's clock; null when there is no telling.
    #[schema(required)]
    since: Option<Time>,
    /// The version that is in force there; null for the host's own file alone.
    #[schema(required)]
    version: Option<String>,
    /// When its agent last said so.
    #[schema(required)]
    reported_at: Option<Time>,
    /// Why its agent refused what it was sent last.
    #[schema(required)]
    refused: Option<String>,
    /// Kinds that are named and that its agent does not have.
    unknown_kinds: Vec<String>,
    /// Kinds that the host's own file switches off, whatever is set.
    disabled_kinds: Vec<String>,
}

/// Whether what is set is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum InForceState {
    InForce,
    /// The agent has not said so yet: it is away, or was asked a moment ago.
    Pending,
    Refused,
    /// No agent that takes settings has connected yet.
    NeverReported,
    /// The host's agent is too old for this: upgrade it.
    Unsupported,
}

/// Show what is set for a host, where each value comes from, and whether it is in force there.
#[utoipa::path(get, path = "/api/v1/hosts/{id}/settings/effective", tag = "settings",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = EffectiveSettings),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`host_not_found`")))]
pub(crate) async fn get_effective_settings(
    within: Within,
    HostPath(id): HostPath,
    State(db): State<PgPool>,
) -> Result<Json<EffectiveSettings>, ApiError> {
    let mut tx = read::snapshot(&db).await?;
    let host_no = read::host::number(&mut tx, id, within.groups().as_deref())
        .await?
        .ok_or_else(|| ApiError::HostNotFound(id.to_string()))?;
    let of_host = store::settings::of_host(&mut tx, host_no).await?;
    let standing = store::settings::standing(&mut tx, host_no).await?;
    let message = of_host.effective.message(&of_host.labels);
    let version = message.version().map_err(ApiError::Wire)?;
    let on_host = on_host(&of_host, standing, &version);
    let assigned = store::assignment::standing(&mut tx, host_no).await?;
    let compliance = EffectiveCompliance::new(&of_host, assigned)?;
    let OfHost {
        effective, labels, ..
    } = of_host;
    let kinds = effective.kinds.into_iter();
    Ok(Json(EffectiveSettings {
        kinds: kinds.map(|(kind, set)| (kind, set.into())).collect(),
        metrics: EffectiveMetrics {
            enabled: effective.metrics_enabled.map(ChosenFlag::from),
            send_every_s: effective.metrics_send_every_s.map(ChosenNumber::from),
        },
        reconcile_s: effective.reconcile_s.map(ChosenNumber::from),
        labels,
        version: hex(&version),
        on_host,
        compliance,
    }))
}

fn on_host(of_host: &OfHost, standing: Option<Standing>, version: &SettingsVersion) -> OnHost {
    let reported = standing.is_some();
    let standing = standing.unwrap_or_default();
    let is = |kept: &Option<Vec<u8>>| kept.as_deref() == Some(&version[..]);
    let (sent, reported_at) = (is(&standing.sent), standing.reported_at);
    let (state, since) = if !reported {
        (InForceState::NeverReported, None)
    } else if is(&standing.in_force) {
        (InForceState::InForce, reported_at)
    } else if sent && standing.refused.is_some() {
        (InForceState::Refused, reported_at)
    } else if sent {
        (InForceState::Pending, standing.sent_at)
    } else {
        (InForceState::Pending, of_host.changed_at)
    };
    OnHost {
        state,
        since: since.map(Time),
        version: standing.in_force.as_deref().map(hex),
        reported_at: reported_at.map(Time),
        refused: standing.refused,
        unknown_kinds: standing.unknown,
        disabled_kinds: standing.disabled,
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl From<EffectiveKind> for EffectiveKindSettings {
    fn from(kind: EffectiveKind) -> Self {
        Self {
            enabled: kind.enabled.map(ChosenFlag::from),
            every_s: kind.every_s.map(ChosenNumber::from),
        }
    }
}

impl From<Chosen<bool>> for ChosenFlag {
    fn from(chosen: Chosen<bool>) -> Self {
        Self {
            value: chosen.value,
            from: chosen.origin,
        }
    }
}

impl From<Chosen<u32>> for ChosenNumber {
    fn from(chosen: Chosen<u32>) -> Self {
        Self {
            value: chosen.value,
            from: chosen.origin,
        }
    }
}
