use axum::{Json, extract::State, http::StatusCode};
use chrono::SubsecRound as _;
use shared::clock::SharedClock;
use sqlx::PgPool;
use tracing::info;
use uuid::Uuid;

use crate::{
    api::{
        error::{ApiError, Problem},
        group::{Group, GroupFields},
        identity::Identity,
        input::Body,
    },
    fleet::Fleet,
    store,
};

/// Create a group.
#[utoipa::path(post, path = "/api/v1/groups", tag = "groups", request_body = GroupFields,
    responses((status = 201, body = Group),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_parameter`, `bad_setting`"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`group_exists`")))]
pub(crate) async fn create_group(
    identity: Identity,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(fleet): State<Fleet>,
    Body(new): Body<GroupFields>,
) -> Result<(StatusCode, Json<Group>), ApiError> {
    let id = Uuid::now_v7();
    // As the database keeps it, so that this answer and the list agree.
    let new = new.check(id, clock.now().trunc_subsecs(6))?;
    let mut tx = db.begin().await?;
    if !store::group::put(&mut tx, &new).await? {
        return Err(ApiError::GroupExists(new.name));
    }
    let found = store::group::find(&mut tx, id, None).await?;
    let (number, group) = found.ok_or_else(|| ApiError::GroupNotFound(id.to_string()))?;
    let hosts = store::group::numbers(&mut tx, number).await?;
    store::settings::changed(&mut tx).await?;
    tx.commit().await?;
    info!(
        group.name = group.name,
        account.name = identity.name,
        "group created"
    );
    fleet.ring(&hosts);
    Ok((StatusCode::CREATED, Json(group.into())))
}
