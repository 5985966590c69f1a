use axum::{Json, extract::State};
use serde::Deserialize;
use sqlx::PgPool;
use utoipa::IntoParams;

use crate::{
    api::{
        cursor::Pages,
        error::{ApiError, Problem},
        identity::Identity,
        input::Query,
        page::Page,
        saved_query::{SavedQuery, whose},
    },
    store::saved_query::{self as rows, Position},
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SavedQueryQuery {
    /// `next` of the page before.
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<u16>,
}

/// List the queries that one keeps, and those that others share, by name.
#[utoipa::path(get, path = "/api/v1/saved-queries", tag = "exports", params(SavedQueryQuery),
    responses((status = 200, body = Page<SavedQuery>),
        (status = 400, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list_saved_queries(
    (identity, pages): (Identity, Pages),
    State(db): State<PgPool>,
    Query(query): Query<SavedQueryQuery>,
) -> Result<Json<Page<SavedQuery>>, ApiError> {
    let account = whose(&identity)?;
    let (cut, after) = pages.asked::<Position>(query.limit, query.cursor.as_deref())?;
    let mut conn = db.acquire().await?;
    let mut found = rows::list(&mut conn, account, after.as_ref(), cut.one_more()).await?;
    let next = cut.cut(&mut found, |row| Position {
        name: row.name.clone(),
        id: row.id,
    })?;
    // What a newer collector wrote for a list that this one does not have is left out.
    let items = found.into_iter();
    let items = items.filter_map(|row| SavedQuery::new(row, account).ok());
    Ok(Json(Page {
        items: items.collect(),
        next,
    }))
}
