use axum::{extract::State, http::StatusCode};
use serde_json::json;
use sqlx::PgPool;
use tracing::info;

use crate::{
    api::{
        error::{ApiError, Problem},
        input::LinkPath,
        provider,
        trail::{Act, Trail},
    },
    store,
};

/// Say that a person of a provider is an account no more. They are signed out, and what followed from their
/// groups there is taken from the account.
#[utoipa::path(delete, path = "/api/v1/identity-providers/{name}/links/{id}",
    tag = "identity providers", params(("name" = String, Path), ("id" = Uuid, Path)),
    responses((status = 204, description = "Deleted"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`provider_not_found`, `link_not_found`")))]
pub(crate) async fn delete_identity_link(
    trail: Trail,
    LinkPath { name, id }: LinkPath,
    State(db): State<PgPool>,
) -> Result<StatusCode, ApiError> {
    let mut tx = db.begin().await?;
    let (row, _) = provider::find(&mut tx, &name).await?;
    let gone = store::provider::link::delete(&mut tx, &name, id).await?;
    let (subject, account) = gone.ok_or_else(|| ApiError::LinkNotFound(id.to_string()))?;
    let act = Act::change("link.delete").on("account", account, "");
    let before = json!({"provider": name, "issuer": row.issuer, "subject": subject});
    trail.note(&mut tx, act.before(&before)?).await?;
    tx.commit().await?;
    info!(provider.name = name, link.id = %id, "link taken away");
    Ok(StatusCode::NO_CONTENT)
}
