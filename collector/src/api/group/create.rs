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
        trail::{Act, Trail},
    },
    fleet::Fleet,
    registrar::Registrar,
    store,
};

/// Create a group.
#[utoipa::path(post, path = "/api/v1/groups", tag = "groups", request_body = GroupFields,
    responses((status = 201, body = Group),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_parameter`, `bad_setting`, `bad_expression`"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`group_not_found`: one of the groups in it"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`group_exists`")))]
pub(crate) async fn create_group(
    identity: Identity,
    trail: Trail,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(fleet): State<Fleet>,
    State(registrar): State<Registrar>,
    Body(new): Body<GroupFields>,
) -> Result<(StatusCode, Json<Group>), ApiError> {
    let id = Uuid::now_v7();
    // As the database keeps it, so that this answer and the list agree.
    let new = new.check(id, clock.now().trunc_subsecs(6))?;
    let mut tx = db.begin().await?;
    let (number, group) = new.put(&mut tx).await?;
    let hosts = store::group::numbers(&mut tx, number).await?;
    store::settings::changed(&mut tx).await?;
    let group = Group::from(group);
    let act = Act::change("group.create").on("group", id, &group.name);
    trail.note(&mut tx, act.after(&group)?).await?;
    tx.commit().await?;
    info!(
        group.name = group.name,
        account.name = identity.name,
        "group created"
    );
    fleet.ring(&hosts);
    if group.unasked > 0 {
        registrar.ring();
    }
    Ok((StatusCode::CREATED, Json(group)))
}
