use axum::extract::State;
use shared::clock::SharedClock;
use sqlx::PgPool;

use crate::{
    api::{
        Keeping,
        error::{ApiError, Problem},
        etag::{Precondition, Tagged},
        retention::{KindPath, Retention},
    },
    store::read,
};

/// Show how long one kind of history is kept.
#[utoipa::path(get, path = "/api/v1/retention/{id}", tag = "retention", params(("id" = String, Path)),
    responses((status = 200, body = Retention),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`retention_kind_not_found`")))]
pub(crate) async fn get_retention(
    precondition: Precondition,
    KindPath(kind): KindPath,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(keeping): State<Keeping>,
) -> Result<Tagged<Retention>, ApiError> {
    let mut tx = read::snapshot(&db).await?;
    let shown = Retention::of(&mut tx, kind, keeping, clock.now()).await?;
    precondition.show(shown)
}
