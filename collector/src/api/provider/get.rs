use axum::extract::State;
use sqlx::PgPool;

use crate::api::{
    Origin,
    error::{ApiError, Problem},
    etag::{Precondition, Tagged},
    input::ProviderPath,
    provider::{self, Provider},
};

/// Show an identity provider.
#[utoipa::path(get, path = "/api/v1/identity-providers/{name}", tag = "identity providers",
    params(("name" = String, Path)),
    responses((status = 200, body = Provider),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`provider_not_found`")))]
pub(crate) async fn get_identity_provider(
    precondition: Precondition,
    ProviderPath(name): ProviderPath,
    State(db): State<PgPool>,
    State(origin): State<Origin>,
) -> Result<Tagged<Provider>, ApiError> {
    let (row, mappings) = provider::find(&mut *db.acquire().await?, &name).await?;
    precondition.show(Provider::new(row, mappings, &origin))
}
