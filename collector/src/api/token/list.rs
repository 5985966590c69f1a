use axum::{Json, extract::State};
use serde::Deserialize;
use shared::clock::SharedClock;
use sqlx::PgPool;
use utoipa::IntoParams;

use crate::{
    api::{
        cursor::Pages,
        error::{ApiError, Problem},
        identity::Within,
        input::Query,
        page::Page,
        token::Token,
    },
    store::read::{self, token::Position},
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TokenQuery {
    /// `next` of the page before.
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<u16>,
}

/// List enrolment tokens, newest first.
#[utoipa::path(get, path = "/api/v1/enrollment-tokens", tag = "enrollment", params(TokenQuery),
    responses((status = 200, body = Page<Token>),
        (status = 400, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list_tokens(
    within: Within,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    pages: Pages,
    Query(query): Query<TokenQuery>,
) -> Result<Json<Page<Token>>, ApiError> {
    let (page, after) = pages.asked::<Position>(query.limit, query.cursor.as_deref())?;
    let mut conn = db.acquire().await?;
    let (within, most) = (within.groups(), page.one_more());
    let mut rows = read::token::list(&mut conn, within.as_deref(), after, most).await?;
    let next = page.cut(&mut rows, |row| Position {
        created_at: row.created_at,
        id: row.id,
    })?;
    let now = clock.now();
    let items = rows.into_iter().map(|row| Token::new(row, now)).collect();
    Ok(Json(Page { items, next }))
}
