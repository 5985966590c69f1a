use axum::{Json, extract::State};
use sqlx::PgPool;

use super::{AuditEntry, AuditQuery};
use crate::{
    api::{
        cursor::Pages,
        error::{ApiError, Problem},
        identity::Identity,
        input::Query,
        page::Page,
    },
    store::{
        self,
        audit::{Found, Position},
        read,
    },
};

/// List what was done and refused, newest first.
#[utoipa::path(get, path = "/api/v1/audit", tag = "audit", params(AuditQuery),
    responses((status = 200, body = Page<AuditEntry>),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json",
            description = "`too_slow`: name a time or an actor")))]
pub(crate) async fn list_audit(
    _: Identity,
    State(db): State<PgPool>,
    pages: Pages,
    Query(query): Query<AuditQuery>,
) -> Result<Json<Page<AuditEntry>>, ApiError> {
    let (page, after) = pages.asked::<Position>(query.limit, query.cursor.as_deref())?;
    let filter = query.filter()?;
    let mut tx = read::snapshot(&db).await?;
    let most = page.one_more();
    let mut rows = store::audit::list(&mut tx, &filter, after.as_ref(), most).await?;
    let next = page.cut(&mut rows, |row: &Found| Position {
        at: row.at,
        stream: row.stream.clone(),
        seq: row.seq,
    })?;
    let items = rows
        .iter()
        .map(AuditEntry::try_from)
        .collect::<Result<_, _>>()?;
    Ok(Json(Page { items, next }))
}
