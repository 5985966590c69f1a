//! Settings of hosts: what the fleet, a group or a host says itself, and what comes of it.

use chrono::SubsecRound as _;
use serde::Serialize;
use shared::clock::SharedClock;
use sqlx::{PgConnection, PgPool, types::Json as Jsonb};
use utoipa::ToSchema;

use crate::{
    api::{
        error::ApiError,
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

async fn show(db: &PgPool, scope: Scope, within: &Within) -> Result<SettingsLayer, ApiError> {
    let mut db = db.acquire().await?;
    let kept = store::settings::find(&mut db, scope).await?;
    let (settings, updated) = match kept {
        Some(kept) => (kept.value.0, Some((kept.updated_at, kept.updated_by))),
        None => (Layer::default(), None),
    };
    let named: Vec<_> = settings.kinds.keys().cloned().collect();
    let within = within.groups();
    let unknown_kinds = store::settings::strangers(&mut db, &named, within.as_deref()).await?;
    let (updated_at, updated_by) = updated.unzip();
    Ok(SettingsLayer {
        settings,
        updated_at: updated_at.map(Time),
        updated_by,
        unknown_kinds,
    })
}

/// Replaces a layer, and returns the hosts that it may matter to.
async fn set(
    db: &PgPool,
    clock: &SharedClock,
    catalogue: &Catalogue,
    (identity, trail): (&Identity, &Trail),
    scope: Scope,
    layer: Layer,
) -> Result<Vec<i32>, ApiError> {
    layer.check().map_err(ApiError::Setting)?;
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
    let before = store::settings::find(&mut tx, scope).await?;
    store::settings::put(&mut tx, scope, &kept).await?;
    store::settings::changed(&mut tx).await?;
    let hosts = hosts(&mut tx, scope).await?;
    let act = act(&mut tx, "settings.set", scope, before).await?;
    trail.note(&mut tx, act.after(&kept.value.0)?).await?;
    tx.commit().await?;
    tracing::info!(?scope, account.name = identity.name, "settings set");
    Ok(hosts)
}

/// Forgets a layer, and returns the hosts that it may matter to.
async fn clear(
    db: &PgPool,
    (identity, trail): (&Identity, &Trail),
    scope: Scope,
) -> Result<Vec<i32>, ApiError> {
    let mut tx = db.begin().await?;
    let before = store::settings::find(&mut tx, scope).await?;
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
    before: Option<Kept>,
) -> Result<Act, ApiError> {
    let (kind, id, name) = store::settings::whose(db, scope).await?;
    let act = Act::change(action).on(kind, id, &name);
    Ok(act.before(&before.map(|kept| kept.value.0))?)
}

/// None for the fleet: those are all.
async fn hosts(db: &mut PgConnection, scope: Scope) -> sqlx::Result<Vec<i32>> {
    match scope {
        Scope::Fleet => Ok(Vec::new()),
        Scope::Group(number) => store::group::numbers(db, number).await,
        Scope::Host(number) => Ok(vec![number]),
    }
}
