use axum::{extract::State, http::StatusCode};
use sqlx::PgPool;

use crate::{
    api::{
        error::{ApiError, Problem},
        etag::Precondition,
        identity::Identity,
        input::SavedQueryPath,
        saved_query::{SavedQuery, own, whose},
        trail::{Act, Trail},
    },
    store::saved_query as rows,
};

/// Keep a query no more.
#[utoipa::path(delete, path = "/api/v1/saved-queries/{id}", tag = "exports", params(("id" = Uuid, Path)),
    responses((status = 204, description = "It is kept no more"),
        (status = 403, body = Problem, content_type = "application/problem+json",
            description = "`not_owner`"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`saved_query_not_found`")))]
pub(crate) async fn delete_saved_query(
    (identity, trail): (Identity, Trail),
    precondition: Precondition,
    SavedQueryPath(id): SavedQueryPath,
    State(db): State<PgPool>,
) -> Result<StatusCode, ApiError> {
    let account = whose(&identity)?;
    let mut tx = db.begin().await?;
    let before = SavedQuery::new(own(&mut tx, account, id).await?, account)?;
    precondition.admit(&before)?;
    rows::delete(&mut tx, id).await?;
    let act = Act::change("saved_query.delete").on("saved_query", id, &before.name);
    trail.note(&mut tx, act.before(&before)?).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
