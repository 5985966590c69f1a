use axum::{
    Json,
    extract::{Path, State},
};
use serde::Deserialize;
use serde_json::Value;
use sqlx::PgPool;

use super::{AuditEntry, AuditRecord};
use crate::{
    api::{
        bundle::hex,
        error::{ApiError, Problem},
        identity::Identity,
    },
    store,
};

#[derive(Deserialize)]
struct Change {
    before: Value,
    after: Value,
}

/// Show one record.
#[utoipa::path(get, path = "/api/v1/audit/{stream}/{seq}", tag = "audit",
    params(("stream" = String, Path, description = "`access` or `change`"), ("seq" = i64, Path)),
    responses((status = 200, body = AuditRecord),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`record_not_found`")))]
pub(crate) async fn get_audit_record(
    _: Identity,
    Path((stream, seq)): Path<(String, String)>,
    State(db): State<PgPool>,
) -> Result<Json<AuditRecord>, ApiError> {
    let none = || ApiError::RecordNotFound(format!("{stream} {seq}"));
    let number = seq.parse().map_err(|_| none())?;
    let mut conn = db.acquire().await?;
    let found = store::audit::find(&mut conn, &stream, number).await?;
    let found = found.ok_or_else(none)?;
    let Change { before, after } = serde_json::from_str(&found.body)?;
    Ok(Json(AuditRecord {
        entry: AuditEntry::try_from(&found)?,
        before,
        after,
        hash: hex(&found.hash),
    }))
}
