use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse as _, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::PgPool;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{
    api::{
        cursor::Pages,
        error::{ApiError, Problem},
        identity::Identity,
        input::{ExportFilePath, Query},
        page::Page,
        time::Time,
        trail::{Act, Trail},
    },
    store::export_schedule::{self as rows, Position},
};

/// A file that waits to be fetched.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExportFile {
    id: Uuid,
    /// What made it; null when that is no more.
    #[schema(required)]
    schedule: Option<Uuid>,
    name: String,
    media_type: String,
    /// How many there are in it.
    items: i64,
    made_at: Time,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExportFileQuery {
    /// `next` of the page before.
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<u16>,
}

/// Whose files: people fetch them, who are signed in. What is in one was theirs to see when it was made, and may be more than
/// a token's.
fn whose(identity: &Identity) -> Result<Uuid, ApiError> {
    identity.settled()?;
    identity.session().map(|(account, _)| account)
}

/// List the files that were made for oneself, the newest first.
#[utoipa::path(get, path = "/api/v1/export-files", tag = "exports", params(ExportFileQuery),
    responses((status = 200, body = Page<ExportFile>),
        (status = 400, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list_export_files(
    (identity, pages): (Identity, Pages),
    State(db): State<PgPool>,
    Query(query): Query<ExportFileQuery>,
) -> Result<Json<Page<ExportFile>>, ApiError> {
    let account = whose(&identity)?;
    let (cut, after) = pages.asked::<Position>(query.limit, query.cursor.as_deref())?;
    let mut conn = db.acquire().await?;
    let mut found = rows::files(&mut conn, account, after, cut.one_more()).await?;
    let next = cut.cut(&mut found, |row| Position {
        made_at: row.made_at,
        id: row.id,
    })?;
    let items = found.into_iter().map(|row| ExportFile {
        id: row.id,
        schedule: row.schedule,
        name: row.name,
        media_type: row.media_type,
        items: row.items,
        made_at: row.made_at.into(),
    });
    let items = items.collect();
    Ok(Json(Page { items, next }))
}

/// Fetch a file that was made for oneself. That it was fetched is a record of the audit log.
#[utoipa::path(get, path = "/api/v1/export-files/{id}", tag = "exports", params(("id" = Uuid, Path)),
    responses((status = 200, content((String = "text/csv"), (String = "application/json"),
            (String = "application/x-ndjson"),
            (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`export_file_not_found`")))]
pub(crate) async fn get_export_file(
    (identity, trail): (Identity, Trail),
    ExportFilePath(id): ExportFilePath,
    State(db): State<PgPool>,
) -> Result<Response, ApiError> {
    let account = whose(&identity)?;
    let mut tx = db.begin().await?;
    let found = rows::file(&mut tx, account, id).await?;
    let (name, media_type, body) =
        found.ok_or_else(|| ApiError::ExportFileNotFound(id.to_string()))?;
    let act = Act::change("export.fetch").on("export_file", id, &name);
    trail
        .note(&mut tx, act.after(&json!({"bytes": body.len()}))?)
        .await?;
    tx.commit().await?;
    let headers = [
        (header::CONTENT_TYPE, media_type),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
    ];
    Ok((headers, body).into_response())
}
