use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use shared::{
    bundle::Hash,
    clock::SharedClock,
    release::Release,
    trust::{Root, Signed},
};
use sqlx::PgPool;
use tracing::info;
use utoipa::ToSchema;

use crate::{
    api::{
        agent_release::AgentRelease,
        error::{ApiError, Problem},
        identity::Identity,
        input::Body,
        trail::{Act, Trail},
    },
    store::{self, bundle::root},
};

/// A release, as it was signed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAgentRelease {
    /// `release.json`, exactly as it was signed.
    document: String,
    /// `release.json.sig`.
    signatures: String,
}

/// Publish a release of the agent. Hosts that say that they are of its version, and whose agent is
/// another file, are flagged from then on.
#[utoipa::path(post, path = "/api/v1/agent-releases", tag = "content",
    request_body = NewAgentRelease,
    responses((status = 201, body = AgentRelease),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`release_refused`: there is no root, not enough signed it who may, or there \
                           is another of this version")))]
pub(crate) async fn create_agent_release(
    identity: Identity,
    trail: Trail,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    Body(new): Body<NewAgentRelease>,
) -> Result<(StatusCode, Json<AgentRelease>), ApiError> {
    let signed = Signed::read(new.document.into_bytes(), new.signatures.as_bytes());
    let signed = signed.map_err(refused)?;
    let mut tx = db.begin().await?;
    let root = root::newest(&mut tx).await?;
    let root = root.ok_or_else(|| refused("there is no root here: add the first one"))?;
    let root = Root::pinned(&root.document).map_err(refused)?;
    let now = clock.now();
    let release = Release::verify(&signed, &root, now).map_err(refused)?;
    let version = release.version.to_string();
    let row = store::release::Release {
        hash: Hash::of(&signed.document).0.to_vec(),
        version: version.clone(),
        signatures: signed.signatures_file(),
        document: signed.document,
        published_at: now,
        published_by: identity.name.clone(),
    };
    let builds = release.builds.into_iter();
    let builds: Vec<_> = builds
        .map(|(platform, build)| (platform, build.0.to_vec()))
        .collect();
    if !store::release::insert(&mut tx, &row, &builds).await? {
        let why = format!("another release of version {version} is published: give this its own");
        return Err(refused(why));
    }
    let release = AgentRelease::read(row).map_err(refused)?;
    let name = format!("agent {version}");
    let act = Act::change("release.publish").on("release", &version, &name);
    trail.note(&mut tx, act.after(&release)?).await?;
    tx.commit().await?;
    info!(
        agent.version = version,
        account.name = identity.name,
        "agent release published"
    );
    Ok((StatusCode::CREATED, Json(release)))
}

fn refused(why: impl ToString) -> ApiError {
    ApiError::Release(why.to_string())
}
