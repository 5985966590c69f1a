use axum::{Json, extract::State, http::StatusCode};
use chrono::SubsecRound as _;
use serde::Deserialize;
use shared::{clock::SharedClock, trust::Signed};
use sqlx::PgPool;
use tracing::{info, warn};
use utoipa::ToSchema;

use super::Root;
use crate::{
    api::{
        error::{ApiError, Problem},
        identity::Identity,
        input::Body,
        trail::{Act, Trail},
    },
    publication::{self, Bringer, PublishError},
    store,
};

/// A root with its signatures, both as the texts of their files.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRoot {
    /// `root.json`.
    document: String,
    /// `root.json.sig`.
    signatures: String,
}

/// Add a root.
///
/// The first is trusted because an administrator brings it; each later one must follow the one before. The
/// same again is fine.
#[utoipa::path(post, path = "/api/v1/roots", tag = "content", request_body = NewRoot,
    responses((status = 201, body = Root),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`not_published`: why it is not trusted")))]
pub(crate) async fn add_root(
    identity: Identity,
    trail: Trail,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    Body(new): Body<NewRoot>,
) -> Result<(StatusCode, Json<Root>), ApiError> {
    let by = Bringer {
        name: &identity.name,
        // As the database keeps it.
        at: clock.now().trunc_subsecs(6),
    };
    let mut tx = db.begin().await?;
    let added = async {
        let root = Signed::read(new.document.into_bytes(), new.signatures.as_bytes())?;
        publication::add_root(&mut tx, &root, by).await
    };
    let version = added.await.inspect_err(|error| {
        let error = error as &dyn std::error::Error;
        warn!(error, account.name = identity.name, "root not added");
    })?;
    let before = i32::try_from(version).unwrap_or(i32::MAX) - 1;
    let rows = store::bundle::root::after(&mut tx, before).await?;
    let row = rows.into_iter().next().ok_or(PublishError::NoRoot)?;
    let root = Root::try_from(row)?;
    let act = Act::change("root.add").on("root", version, &format!("root {version}"));
    trail.note(&mut tx, act.after(&root)?).await?;
    tx.commit().await?;
    info!(
        root.version = version,
        account.name = identity.name,
        "root added"
    );
    Ok((StatusCode::CREATED, Json(root)))
}
