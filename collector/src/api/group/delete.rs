use axum::{extract::State, http::StatusCode};
use sqlx::PgPool;
use tracing::info;

use crate::{
    api::{
        error::{ApiError, Problem},
        etag::Precondition,
        group::Group,
        identity::Identity,
        input::GroupPath,
        trail::{Act, Trail},
    },
    fleet::Fleet,
    store,
};

/// Delete a group, with its settings, its maintenance windows and what is bound to it. Its hosts stay, but in no
/// group that this one is in.
#[utoipa::path(delete, path = "/api/v1/groups/{id}", tag = "groups",
    params(("id" = Uuid, Path)),
    responses((status = 204, description = "Deleted"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`group_not_found`")))]
pub(crate) async fn delete_group(
    identity: Identity,
    trail: Trail,
    precondition: Precondition,
    GroupPath(id): GroupPath,
    State(db): State<PgPool>,
    State(fleet): State<Fleet>,
) -> Result<StatusCode, ApiError> {
    let mut tx = db.begin().await?;
    store::group::register::hold(&mut tx).await?;
    let found = store::group::find(&mut tx, id, None).await?;
    let (number, group) = found.ok_or_else(|| ApiError::GroupNotFound(id.to_string()))?;
    let group = Group::from(group);
    precondition.admit(&group)?;
    let hosts = store::group::numbers(&mut tx, number).await?;
    store::group::delete(&mut tx, id).await?;
    store::settings::changed(&mut tx).await?;
    let act = Act::change("group.delete").on("group", id, &group.name);
    trail.note(&mut tx, act.before(&group)?).await?;
    tx.commit().await?;
    info!(
        group.name = group.name,
        account.name = identity.name,
        "group deleted"
    );
    fleet.ring(&hosts);
    Ok(StatusCode::NO_CONTENT)
}
