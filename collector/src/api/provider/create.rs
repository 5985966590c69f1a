use axum::{Json, extract::State, http::StatusCode};
use chrono::SubsecRound as _;
use shared::clock::SharedClock;
use sqlx::PgPool;
use tracing::info;

use crate::{
    api::{
        Origin,
        error::{ApiError, Problem},
        identity::Identity,
        input::Body,
        provider::{self, Provider, ProviderFields, check_mappings, taken},
        trail::{Act, Trail},
    },
    authority::Authority,
    outbound::Outbound,
    store,
};

/// Add an identity provider.
#[utoipa::path(post, path = "/api/v1/identity-providers", tag = "identity providers",
    request_body = ProviderFields,
    responses((status = 201, body = Provider),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_parameter`"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`group_not_found`"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`provider_exists`, of that name or that issuer")))]
pub(crate) async fn create_identity_provider(
    (identity, trail): (Identity, Trail),
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(origin): State<Origin>,
    State(outbound): State<Outbound>,
    State(authority): State<Authority>,
    Body(new): Body<ProviderFields>,
) -> Result<(StatusCode, Json<Provider>), ApiError> {
    let at = clock.now().trunc_subsecs(6);
    let made = (at, identity.name.as_str());
    let (row, said) = new.check(None, made, &outbound, authority.vault())?;
    let mut tx = db.begin().await?;
    let mappings = check_mappings(&mut tx, &identity, said).await?;
    store::provider::put(&mut tx, &row, true)
        .await?
        .map_err(|of| taken(of, &row))?;
    store::provider::map(&mut tx, &row.name, &mappings).await?;
    let (row, mappings) = provider::find(&mut tx, &row.name).await?;
    let made = Provider::new(row, mappings, &origin);
    let act = Act::change("provider.create").on("provider", &made.name, &made.title);
    trail.note(&mut tx, act.after(&made)?).await?;
    tx.commit().await?;
    info!(
        provider.name = made.name,
        account.name = identity.name,
        "identity provider added"
    );
    Ok((StatusCode::CREATED, Json(made)))
}
