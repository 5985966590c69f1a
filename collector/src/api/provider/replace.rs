use axum::extract::State;
use tracing::info;

use crate::{
    api::{
        self,
        error::{ApiError, Problem},
        etag::{Precondition, Tagged},
        identity::Identity,
        input::{Body, ProviderPath},
        provider::{self, Provider, ProviderFields, check_mappings, method, taken},
        trail::{Act, Trail},
    },
    store,
};

/// Replace what is said of an identity provider. With another issuer its people are forgotten.
#[utoipa::path(put, path = "/api/v1/identity-providers/{name}", tag = "identity providers",
    params(("name" = String, Path)), request_body = ProviderFields,
    responses((status = 200, body = Provider),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_parameter`"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`provider_not_found`, `group_not_found`"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`provider_exists`, of that issuer")))]
pub(crate) async fn replace_identity_provider(
    (identity, trail, precondition): (Identity, Trail, Precondition),
    ProviderPath(name): ProviderPath,
    State(api): State<api::State>,
    Body(fields): Body<ProviderFields>,
) -> Result<Tagged<Provider>, ApiError> {
    let api::State {
        db,
        clock,
        origin,
        outbound,
        authority,
        ..
    } = api;
    let mut tx = db.begin().await?;
    store::provider::hold(&mut tx, &name).await?;
    let (before, held) = provider::find(&mut tx, &name).await?;
    let shown = Provider::new(before.clone(), held, &origin);
    precondition.admit(&shown)?;
    let made = (clock.now(), "");
    let checked = fields.check(Some(&before), made, &outbound, authority.vault());
    let (row, said) = checked?;
    let mappings = check_mappings(&mut tx, &identity, said).await?;
    store::provider::put(&mut tx, &row, false)
        .await?
        .map_err(|of| taken(of, &row))?;
    store::provider::map(&mut tx, &name, &mappings).await?;
    if row.issuer != before.issuer {
        store::provider::link::forget(&mut tx, &name).await?;
    }
    if !row.enabled || row.issuer != before.issuer {
        store::provider::sign_out(&mut tx, &method(&name)).await?;
    }
    let (row, mappings) = provider::find(&mut tx, &name).await?;
    let after = Provider::new(row, mappings, &origin);
    let act = Act::change("provider.replace").on("provider", &name, &after.title);
    trail
        .note(&mut tx, act.before(&shown)?.after(&after)?)
        .await?;
    tx.commit().await?;
    info!(
        provider.name = name,
        account.name = identity.name,
        "identity provider changed"
    );
    Tagged::new(after)
}
