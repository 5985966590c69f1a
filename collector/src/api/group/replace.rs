use axum::{Json, extract::State};
use sqlx::PgPool;
use tracing::info;

use crate::{
    api::{
        error::{ApiError, Problem},
        group::{Group, GroupFields},
        holding::Holding,
        identity::Identity,
        input::{Body, GroupPath},
    },
    fleet::Fleet,
    store,
};

/// Replace what is said of a group. Its members by hand and its settings stay.
#[utoipa::path(put, path = "/api/v1/groups/{id}", tag = "groups", params(("id" = Uuid, Path)),
    request_body = GroupFields,
    responses((status = 200, body = Group),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_parameter`, `bad_setting`"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`group_not_found`"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`group_exists`")))]
pub(crate) async fn replace_group(
    identity: Identity,
    GroupPath(id): GroupPath,
    State(db): State<PgPool>,
    State(fleet): State<Fleet>,
    Body(fields): Body<GroupFields>,
) -> Result<Json<Group>, ApiError> {
    let missing = || ApiError::GroupNotFound(id.to_string());
    let mut tx = db.begin().await?;
    let holding = Holding::of(&mut tx, &identity).await?;
    let (number, before) = store::group::find(&mut tx, id, None)
        .await?
        .ok_or_else(missing)?;
    let mut hosts = store::group::numbers(&mut tx, number).await?;
    let group = fields.check(id, before.created_at)?;
    if !store::group::put(&mut tx, &group).await? {
        return Err(ApiError::GroupExists(group.name));
    }
    holding.no_more(&mut tx).await?;
    let (_, after) = store::group::find(&mut tx, id, None)
        .await?
        .ok_or_else(missing)?;
    hosts.extend(store::group::numbers(&mut tx, number).await?);
    store::settings::changed(&mut tx).await?;
    tx.commit().await?;
    info!(
        group.name = after.name,
        account.name = identity.name,
        "group changed"
    );
    fleet.ring(&hosts);
    Ok(Json(after.into()))
}
