use axum::{Json, extract::State};
use serde::Deserialize;
use sqlx::PgPool;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::{
    api::{
        cursor::Pages,
        error::{ApiError, Problem},
        input::Query,
        job::{Job, JobState},
        page::Page,
    },
    store,
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct JobQuery {
    /// Only those that stand so: `dead` lists what was given up.
    #[param(inline)]
    state: Option<JobState>,
    /// `next` of the page before.
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<u16>,
}

/// List jobs that are not done, newest first.
#[utoipa::path(get, path = "/api/v1/jobs", tag = "notifications", params(JobQuery),
    responses((status = 200, body = Page<Job>),
        (status = 400, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list_jobs(
    pages: Pages,
    State(db): State<PgPool>,
    Query(query): Query<JobQuery>,
) -> Result<Json<Page<Job>>, ApiError> {
    let (cut, before) = pages.asked::<Uuid>(query.limit, query.cursor.as_deref())?;
    let state = query.state.map(Into::into);
    let mut db = db.acquire().await?;
    let mut rows = store::job::list(&mut db, state, before, cut.one_more()).await?;
    let next = cut.cut(&mut rows, |row| row.id)?;
    let items = rows.into_iter().map(Into::into).collect();
    Ok(Json(Page { items, next }))
}
