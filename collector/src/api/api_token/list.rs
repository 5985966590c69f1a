use axum::{Json, extract::State};
use serde::Deserialize;
use shared::clock::SharedClock;
use sqlx::PgPool;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::{
    api::{
        api_token::{ApiToken, own_account},
        cursor::Pages,
        error::{ApiError, Problem},
        identity::Identity,
        input::Query,
        page::Page,
    },
    store::{self, api_token::Position},
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ApiTokenQuery {
    /// `next` of the page before.
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<u16>,
}

/// List one's own API tokens, newest first.
#[utoipa::path(get, path = "/api/v1/account/tokens", tag = "account", params(ApiTokenQuery),
    responses((status = 200, body = Page<ApiToken>),
        (status = 400, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list_own_api_tokens(
    identity: Identity,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    pages: Pages,
    Query(query): Query<ApiTokenQuery>,
) -> Result<Json<Page<ApiToken>>, ApiError> {
    let account = own_account(&identity)?;
    list(&db, &clock, Some(account), (pages, query))
        .await
        .map(Json)
}

/// List everybody's API tokens, newest first.
#[utoipa::path(get, path = "/api/v1/tokens", tag = "accounts", params(ApiTokenQuery),
    responses((status = 200, body = Page<ApiToken>),
        (status = 400, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list_api_tokens(
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    pages: Pages,
    Query(query): Query<ApiTokenQuery>,
) -> Result<Json<Page<ApiToken>>, ApiError> {
    list(&db, &clock, None, (pages, query)).await.map(Json)
}

async fn list(
    db: &PgPool,
    clock: &SharedClock,
    account: Option<Uuid>,
    (pages, query): (Pages, ApiTokenQuery),
) -> Result<Page<ApiToken>, ApiError> {
    let (page, after) = pages.asked::<Position>(query.limit, query.cursor.as_deref())?;
    let mut conn = db.acquire().await?;
    let more = page.one_more();
    let mut rows = store::api_token::list(&mut conn, account, None, after, more).await?;
    let next = page.cut(&mut rows, |row| Position {
        created_at: row.created_at,
        id: row.id,
    })?;
    let now = clock.now();
    let items = rows
        .into_iter()
        .map(|row| ApiToken::new(row, now))
        .collect();
    Ok(Page { items, next })
}
