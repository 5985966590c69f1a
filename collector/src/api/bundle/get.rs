use axum::{Json, extract::State};
use serde::Serialize;
use shared::{
    bundle::{Manifest, Refused},
    trust::{Role, Root, Signed},
};
use sqlx::PgPool;
use utoipa::ToSchema;

use super::Bundle;
use crate::{
    api::{
        error::{ApiError, Problem},
        identity::Identity,
        input::SerialPath,
    },
    publication::PublishError,
    store::{self, read},
};

/// A bundle, with what its manifest says of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BundleDetail {
    #[serde(flatten)]
    bundle: Bundle,
    /// The lowest version of the agent that can use it.
    minimum_agent: String,
    /// What the engine must be able to do.
    features: Vec<String>,
    /// The publishers who signed it, as the root names them.
    signers: Vec<Signer>,
}

/// Who signed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Signer {
    /// SHA-256 of the key, hexadecimal.
    key: String,
    name: String,
}

/// Show one bundle.
#[utoipa::path(get, path = "/api/v1/bundles/{serial}", tag = "content",
    params(("serial" = i64, Path)),
    responses((status = 200, body = BundleDetail),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`bundle_not_found`")))]
pub(crate) async fn get_bundle(
    _: Identity,
    SerialPath(serial): SerialPath,
    State(db): State<PgPool>,
) -> Result<Json<BundleDetail>, ApiError> {
    let missing = || ApiError::BundleNotFound(serial.to_string());
    let mut tx = read::snapshot(&db).await?;
    let bundle = store::bundle::find(&mut tx, serial).await?;
    let bundle = bundle.ok_or_else(missing)?;
    let signed = store::bundle::document(&mut tx, &bundle.manifest).await?;
    let roots = store::bundle::root::after(&mut tx, bundle.root_version - 1).await?;
    let (signed, root) = signed.zip(roots.into_iter().next()).ok_or_else(missing)?;
    let manifest = Manifest::read(&signed.document);
    let manifest = manifest.map_err(|error| damaged(Refused::from(error)))?;
    let signed = Signed::read(signed.document, &signed.signatures).map_err(damaged)?;
    let root = Root::pinned(&root.document).map_err(damaged)?;
    let signers = root.count(Role::Publisher, &signed).map_err(damaged)?;
    let signers = signers.into_iter().map(|key| Signer {
        key: key.to_string(),
        name: root
            .keys
            .get(&key)
            .map_or(String::new(), |key| key.name.clone()),
    });
    Ok(Json(BundleDetail {
        minimum_agent: manifest.minimum_agent.to_string(),
        features: manifest.features,
        signers: signers.collect(),
        bundle: bundle.into(),
    }))
}

/// What was verified when it was published does not hold any more: somebody changed the tables.
fn damaged(error: impl Into<PublishError>) -> ApiError {
    ApiError::Kept(error.into())
}
