use axum::{Json, extract::State};
use serde::Deserialize;
use sqlx::PgPool;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::{
    api::{
        cursor::Pages,
        error::{ApiError, Problem},
        input::{ProviderPath, Query},
        page::Page,
        provider::{self, link::Link},
    },
    store,
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LinkQuery {
    /// `next` of the page before.
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<u16>,
}

/// List which people of a provider are which accounts, in the order in which that was said.
#[utoipa::path(get, path = "/api/v1/identity-providers/{name}/links", tag = "identity providers",
    params(("name" = String, Path), LinkQuery),
    responses((status = 200, body = Page<Link>),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`provider_not_found`")))]
pub(crate) async fn list_identity_links(
    ProviderPath(name): ProviderPath,
    State(db): State<PgPool>,
    pages: Pages,
    Query(query): Query<LinkQuery>,
) -> Result<Json<Page<Link>>, ApiError> {
    let (page, after) = pages.asked::<Uuid>(query.limit, query.cursor.as_deref())?;
    let mut conn = db.acquire().await?;
    provider::find(&mut conn, &name).await?;
    let more = page.one_more();
    let mut rows = store::provider::link::list(&mut conn, &name, after, more).await?;
    let next = page.cut(&mut rows, |row| row.id)?;
    let items = rows.into_iter().map(Link::from).collect();
    Ok(Json(Page { items, next }))
}
