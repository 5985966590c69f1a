use axum::{extract::State, response::Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgPool;
use utoipa::{IntoParams, ToSchema};

use crate::{
    api::{
        error::{ApiError, Problem},
        identity::Identity,
        input::{Query, SavedQueryPath},
        lister::Lister,
        page,
        saved_query::{list, whose},
    },
    store,
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SavedResultQuery {
    /// `next` of the page before.
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<u16>,
}

/// A page of what a kept query finds: what its list answers, with all that stands there besides.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SavedResults {
    #[schema(value_type = Vec<Object>)]
    items: Vec<Value>,
    /// Pass it as `cursor` for the next page; null on the last one.
    #[schema(required)]
    next: Option<String>,
}

/// Ask a kept query: what its list answers who asks, with their own rights.
#[utoipa::path(get, path = "/api/v1/saved-queries/{id}/results", tag = "exports",
    params(("id" = Uuid, Path), SavedResultQuery),
    responses((status = 200, body = SavedResults),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_cursor`, and what the list says"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`saved_query_not_found`, and what the list says"),
        (status = 503, body = Problem, content_type = "application/problem+json",
            description = "`too_slow`")))]
pub(crate) async fn ask_saved_query(
    (identity, lister): (Identity, Lister),
    SavedQueryPath(id): SavedQueryPath,
    State(db): State<PgPool>,
    Query(query): Query<SavedResultQuery>,
) -> Result<Response, ApiError> {
    let account = whose(&identity)?;
    let limit = page::limit(query.limit)?;
    let found = store::saved_query::find(&mut *db.acquire().await?, account, id).await?;
    let found = found.ok_or_else(|| ApiError::SavedQueryNotFound(id.to_string()))?;
    let cursor = query.cursor.as_deref();
    lister
        .ask(list(&found)?, &found.filters, (cursor, limit))
        .await
}
