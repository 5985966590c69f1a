use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use utoipa::{IntoParams, ToSchema};

use crate::{
    api::{
        cursor::Pages,
        error::{ApiError, Problem},
        input::Query,
        page::Page,
        time::Time,
    },
    retention::Kind,
    store::retention as rows,
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RunQuery {
    /// Only of this kind of history.
    kind: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<u16>,
}

/// Something that was let go.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RetentionRun {
    kind: String,
    /// What ended before this is gone.
    before: Time,
    rows: i64,
    bytes: i64,
    at: Time,
}

impl From<rows::Run> for RetentionRun {
    fn from(run: rows::Run) -> Self {
        Self {
            kind: run.kind,
            before: run.before_at.into(),
            rows: run.rows,
            bytes: run.bytes,
            at: run.ran_at.into(),
        }
    }
}

/// List what was let go, the newest first.
#[utoipa::path(get, path = "/api/v1/retention-runs", tag = "retention", params(RunQuery),
    responses((status = 200, body = Page<RetentionRun>),
        (status = 400, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list_retention_runs(
    pages: Pages,
    State(db): State<PgPool>,
    Query(query): Query<RunQuery>,
) -> Result<Json<Page<RetentionRun>>, ApiError> {
    let (page, after) = pages.asked::<i64>(query.limit, query.cursor.as_deref())?;
    let kind = query.kind.as_deref().map(str::parse::<Kind>).transpose();
    let kind = kind.map_err(|unknown| ApiError::parameter("kind", unknown.to_string()))?;
    let mut conn = db.acquire().await?;
    let mut runs = rows::runs(&mut conn, kind, after, page.one_more()).await?;
    let next = page.cut(&mut runs, |run| run.no)?;
    let items = runs.into_iter().map(RetentionRun::from).collect();
    Ok(Json(Page { items, next }))
}
