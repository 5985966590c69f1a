//! Settings of hosts: what the fleet, a group or a host says itself, and what comes of it.

use axum::extract::FromRequestParts;
use chrono::SubsecRound as _;
use serde::Serialize;
use shared::clock::SharedClock;
use sqlx::{PgConnection, PgPool, types::Json as Jsonb};
use utoipa::ToSchema;

use crate::{
    api::{
        error::ApiError,
        etag::{Editable, Precondition, Tagged},
        identity::{Identity, Within},
        time::Time,
        trail::{Act, Trail},
    },
    catalogue::Catalogue,
    settings::Layer,
    store::{
        self,
        settings::{Kept, Scope},
    },
};

pub(crate) mod compliance;
pub(crate) mod effective;
pub(crate) mod fleet;
pub(crate) mod group;
pub(crate) mod host;

/// What one layer says itself.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SettingsLayer {
    settings: Layer,
    /// Null when nothing was ever set.
    #[schema(required)]
    updated_at: Option<Time>,
    #[schema(required)]
    updated_by: Option<String>,
    /// Kinds that are named and that no host of one's scope has ever reported: misspelt, or of an agent
    /// that is yet to come.
    unknown_kinds: Vec<String>,
}

impl Editable for SettingsLayer {
    const SEEN: &'static [&'static str] = &["unknown_kinds"];
}

/// Who changes a layer, and on which condition.
#[derive(Debug, FromRequestParts)]
#[from_request(rejection(ApiError))]
pub(crate) struct Editor {
    identity: Identity,
    within: Within,
    trail: Trail,
    precondition: Precondition,
}

async fn show(
    db: &mut PgConnection,
    scope: Scope,
    within: &Within,
) -> Result<SettingsLayer, ApiError> {
    let kept = store::settings::find(db, scope).await?;
    let (settings, updated) = match kept {
        Some(kept) => (kept.value.0, Some((kept.updated_at, kept.updated_by))),
        None => (Layer::default(), None),
    };
    let named: Vec<_> = settings.kinds.keys().cloned().collect();
    let within = within.groups();
    let unknown_kinds = store::settings::strangers(db, &named, within.as_deref()).await?;
    let (updated_at, updated_by) = updated.unzip();
    Ok(SettingsLayer {
        settings,
        updated_at: updated_at.map(Time),
        updated_by,
        unknown_kinds,
    })
}

/// Replaces a layer. Returns what it has become, and the hosts that it may matter to.
async fn set(
    db: &PgPool,
    clock: &SharedClock,
    catalogue: &Catalogue,
    editor: &Editor,
    scope: Scope,
    layer: Layer,
) -> Result<(Tagged<SettingsLayer>, Vec<i32>), ApiError> {
    let Editor {
        identity,
        within,
        trail,
        precondition,
    } = editor;
    layer.check().map_err(ApiError::Setting)?;
    layer.drift.check().map_err(ApiError::DriftSetting)?;
    if scope != Scope::Fleet && !layer.drift.is_silent() {
        let detail = "drift: it is set for the whole fleet alone (PUT /api/v1/settings)";
        return Err(ApiError::DriftSetting(detail.into()));
    }
    let said = &layer.compliance;
    said.check()
        .map_err(|error| ApiError::Compliance(error.to_string()))?;
    catalogue
        .admit(&said.profiles, &said.variables)
        .map_err(ApiError::Compliance)?;
    let kept = Kept {
        value: Jsonb(layer),
        updated_at: clock.now().trunc_subsecs(6),
        updated_by: identity.name.clone(),
    };
    let mut tx = db.begin().await?;
    store::settings::hold(&mut tx).await?;
    let before = show(&mut tx, scope, within).await?;
    precondition.admit(&before)?;
    store::settings::put(&mut tx, scope, &kept).await?;
    store::settings::changed(&mut tx).await?;
    let hosts = hosts(&mut tx, scope).await?;
    let after = show(&mut tx, scope, within).await?;
    let act = act(&mut tx, "settings.set", scope, before).await?;
    trail.note(&mut tx, act.after(&kept.value.0)?).await?;
    tx.commit().await?;
    tracing::info!(?scope, account.name = identity.name, "settings set");
    Ok((Tagged::new(after)?, hosts))
}

/// Forgets a layer, and returns the hosts that it may matter to.
async fn clear(db: &PgPool, editor: &Editor, scope: Scope) -> Result<Vec<i32>, ApiError> {
    let Editor {
        identity,
        within,
        trail,
        precondition,
    } = editor;
    let mut tx = db.begin().await?;
    store::settings::hold(&mut tx).await?;
    let before = show(&mut tx, scope, within).await?;
    precondition.admit(&before)?;
    store::settings::delete(&mut tx, scope).await?;
    store::settings::changed(&mut tx).await?;
    let hosts = hosts(&mut tx, scope).await?;
    let act = act(&mut tx, "settings.clear", scope, before).await?;
    trail.note(&mut tx, act).await?;
    tx.commit().await?;
    tracing::info!(?scope, account.name = identity.name, "settings cleared");
    Ok(hosts)
}

/// What is done to a layer, which was this.
async fn act(
    db: &mut PgConnection,
    action: &'static str,
    scope: Scope,
    before: SettingsLayer,
) -> Result<Act, ApiError> {
    let (kind, id, name) = store::settings::whose(db, scope).await?;
    let act = Act::change(action).on(kind, id, &name);
    let was_set = before.updated_at.is_some();
    Ok(act.before(&was_set.then_some(before.settings))?)
}

/// None for the fleet: those are all.
async fn hosts(db: &mut PgConnection, scope: Scope) -> sqlx::Result<Vec<i32>> {
    match scope {
        Scope::Fleet => Ok(Vec::new()),
        Scope::Group(number) => store::group::numbers(db, number).await,
        Scope::Host(number) => Ok(vec![number]),
    }
}
