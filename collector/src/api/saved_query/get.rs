use axum::extract::State;
use sqlx::PgPool;

use crate::{
    api::{
        error::{ApiError, Problem},
        etag::{Precondition, Tagged},
        identity::Identity,
        input::SavedQueryPath,
        saved_query::{SavedQuery, whose},
    },
    store,
};

/// Show a query that one keeps, or that somebody shares.
#[utoipa::path(get, path = "/api/v1/saved-queries/{id}", tag = "exports", params(("id" = Uuid, Path)),
    responses((status = 200, body = SavedQuery),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`saved_query_not_found`")))]
pub(crate) async fn get_saved_query(
    (identity, precondition): (Identity, Precondition),
    SavedQueryPath(id): SavedQueryPath,
    State(db): State<PgPool>,
) -> Result<Tagged<SavedQuery>, ApiError> {
    let account = whose(&identity)?;
    let found = store::saved_query::find(&mut *db.acquire().await?, account, id).await?;
    let found = found.ok_or_else(|| ApiError::SavedQueryNotFound(id.to_string()))?;
    precondition.show(SavedQuery::new(found, account)?)
}
