use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use utoipa::{IntoParams, ToSchema};

use crate::{
    api::{
        error::{ApiError, Problem},
        identity::Within,
        input::{HostPath, Query},
        page::Page,
        time::Time,
    },
    store::read,
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct KindQuery {
    /// The instant; the present when it is left out.
    #[param(value_type = Option<Time>, inline)]
    at: Option<Time>,
}

/// How many facts of a kind there are.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KindCount {
    kind: String,
    rows: i64,
}

/// List the kinds of which a host has facts, or had at an instant. They are few: one page, always.
#[utoipa::path(get, path = "/api/v1/hosts/{id}/kinds", tag = "hosts",
    params(("id" = Uuid, Path), KindQuery),
    responses((status = 200, body = Page<KindCount>),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`host_not_found`")))]
pub(crate) async fn list_host_kinds(
    within: Within,
    HostPath(id): HostPath,
    State(db): State<PgPool>,
    Query(query): Query<KindQuery>,
) -> Result<Json<Page<KindCount>>, ApiError> {
    let mut tx = read::snapshot(&db).await?;
    let host_no = read::host::number(&mut tx, id, within.groups().as_deref())
        .await?
        .ok_or_else(|| ApiError::HostNotFound(id.to_string()))?;
    let rows = read::fact::kinds(&mut tx, host_no, query.at.map(|at| at.0)).await?;
    let items = rows
        .into_iter()
        .map(|row| KindCount {
            kind: row.kind,
            rows: row.rows,
        })
        .collect();
    Ok(Json(Page { items, next: None }))
}
