use axum::{Json, extract::State};
use serde::Deserialize;
use shared::clock::SharedClock;
use sqlx::PgPool;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::{
    api::{
        cursor::Pages,
        error::{ApiError, Problem},
        identity::Within,
        input::Query,
        page::Page,
        silence::Silence,
    },
    store::{self, silence::Listing},
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SilenceQuery {
    /// Those that have ended, too.
    #[serde(default)]
    ended: bool,
    /// `next` of the page before.
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<u16>,
}

/// List silences in the order in which they were made.
#[utoipa::path(get, path = "/api/v1/silences", tag = "alerts", params(SilenceQuery),
    responses((status = 200, body = Page<Silence>),
        (status = 400, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list_silences(
    (within, pages): (Within, Pages),
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    Query(query): Query<SilenceQuery>,
) -> Result<Json<Page<Silence>>, ApiError> {
    let (page, after) = pages.asked::<Uuid>(query.limit, query.cursor.as_deref())?;
    let within = within.groups();
    let listing = Listing {
        ends_after: (!query.ended).then(|| clock.now()),
        within: within.as_deref(),
        after,
        limit: page.one_more(),
        ..Listing::default()
    };
    let mut rows = store::silence::list(&mut *db.acquire().await?, listing).await?;
    let next = page.cut(&mut rows, |row| row.id)?;
    let items = rows.into_iter().map(Silence::from).collect();
    Ok(Json(Page { items, next }))
}
