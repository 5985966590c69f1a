use axum::{extract::State, http::StatusCode};
use shared::clock::SharedClock;
use sqlx::PgPool;
use tracing::info;

use crate::{
    api::{
        Keeping,
        error::{ApiError, Problem},
        etag::Precondition,
        identity::Identity,
        retention::{KindPath, Retention, act},
        trail::Trail,
    },
    housekeeper::Housekeeper,
    store::retention as rows,
};

/// Keep a kind of history for as long as the configuration says. Again is no error.
#[utoipa::path(delete, path = "/api/v1/retention/{id}", tag = "retention", params(("id" = String, Path)),
    responses((status = 204, description = "As configured"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`retention_kind_not_found`")))]
pub(crate) async fn unset_retention(
    (identity, trail): (Identity, Trail),
    precondition: Precondition,
    KindPath(kind): KindPath,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(housekeeper): State<Housekeeper>,
) -> Result<StatusCode, ApiError> {
    let (now, keeping) = (clock.now(), Keeping(housekeeper.defaults()));
    let mut tx = db.begin().await?;
    rows::hold(&mut tx).await?;
    let before = Retention::of(&mut tx, kind, keeping, now).await?;
    precondition.admit(&before)?;
    rows::unset(&mut tx, kind).await?;
    let after = Retention::of(&mut tx, kind, keeping, now).await?;
    let act = act("retention.unset", kind)
        .before(&before)?
        .after(&after)?;
    trail.note(&mut tx, act).await?;
    tx.commit().await?;
    info!(%kind, account.name = identity.name, "retention as configured");
    housekeeper.look();
    Ok(StatusCode::NO_CONTENT)
}
