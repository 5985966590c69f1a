use axum::extract::State;
use serde::Deserialize;
use shared::clock::SharedClock;
use sqlx::PgPool;
use tracing::info;
use utoipa::ToSchema;

use crate::{
    api::{
        Keeping,
        error::{ApiError, Problem},
        etag::{Precondition, Tagged},
        identity::Identity,
        input::Body,
        retention::{KindPath, Retention, act},
        trail::Trail,
    },
    housekeeper::Housekeeper,
    retention::check,
    store::retention as rows,
};

/// How long a kind of history is to be kept.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RetentionFields {
    /// In the kind's unit; null: for ever.
    #[schema(required, minimum = 1, maximum = 3650)]
    #[serde(deserialize_with = "Option::deserialize")]
    keep: Option<u32>,
}

/// Set how long a kind of history is kept. What is too old then is let go within moments; ask for a preview first.
#[utoipa::path(put, path = "/api/v1/retention/{id}", tag = "retention",
    params(("id" = String, Path)), request_body = RetentionFields,
    responses((status = 200, body = Retention),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_parameter`"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`retention_kind_not_found`")))]
pub(crate) async fn replace_retention(
    (identity, trail): (Identity, Trail),
    precondition: Precondition,
    KindPath(kind): KindPath,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(housekeeper): State<Housekeeper>,
    Body(fields): Body<RetentionFields>,
) -> Result<Tagged<Retention>, ApiError> {
    let keep = check(kind, fields.keep)
        .map_err(|refused| ApiError::parameter("keep", refused.to_string()))?;
    let (now, keeping) = (clock.now(), Keeping(housekeeper.defaults()));
    let mut tx = db.begin().await?;
    rows::hold(&mut tx).await?;
    let before = Retention::of(&mut tx, kind, keeping, now).await?;
    precondition.admit(&before)?;
    rows::set(&mut tx, kind, keep, (&identity.name, now)).await?;
    let after = Retention::of(&mut tx, kind, keeping, now).await?;
    let act = act("retention.set", kind).before(&before)?.after(&after)?;
    trail.note(&mut tx, act).await?;
    tx.commit().await?;
    info!(%kind, keep, account.name = identity.name, "retention set");
    housekeeper.look();
    Tagged::new(after)
}
