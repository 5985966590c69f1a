use axum::{extract::State, http::StatusCode};
use sqlx::PgPool;
use tracing::info;

use crate::{
    api::{
        Origin,
        error::{ApiError, Problem},
        etag::Precondition,
        identity::Identity,
        input::ProviderPath,
        provider::{self, Provider, method},
        trail::{Act, Trail},
    },
    store,
};

/// Delete an identity provider. Who signed in with it is signed out and keeps the account, without what
/// followed from groups there.
#[utoipa::path(delete, path = "/api/v1/identity-providers/{name}", tag = "identity providers",
    params(("name" = String, Path)),
    responses((status = 204, description = "Deleted"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`provider_not_found`")))]
pub(crate) async fn delete_identity_provider(
    identity: Identity,
    trail: Trail,
    precondition: Precondition,
    ProviderPath(name): ProviderPath,
    State(db): State<PgPool>,
    State(origin): State<Origin>,
) -> Result<StatusCode, ApiError> {
    let mut tx = db.begin().await?;
    store::provider::hold(&mut tx, &name).await?;
    let (row, mappings) = provider::find(&mut tx, &name).await?;
    let gone = Provider::new(row, mappings, &origin);
    precondition.admit(&gone)?;
    store::provider::sign_out(&mut tx, &method(&name)).await?;
    store::provider::delete(&mut tx, &name).await?;
    let act = Act::change("provider.delete").on("provider", &name, &gone.title);
    trail.note(&mut tx, act.before(&gone)?).await?;
    tx.commit().await?;
    info!(
        provider.name = name,
        account.name = identity.name,
        "identity provider deleted"
    );
    Ok(StatusCode::NO_CONTENT)
}
