use axum::extract::State;
use sqlx::PgPool;
use tracing::info;

use crate::{
    api::{
        error::{ApiError, Problem},
        etag::{Precondition, Tagged},
        group::{Group, GroupFields},
        holding::Holding,
        identity::Identity,
        input::{Body, GroupPath},
        trail::{Act, Trail},
    },
    fleet::Fleet,
    registrar::Registrar,
    store,
};

/// Replace what is said of a group. Its members by hand and its settings stay.
#[utoipa::path(put, path = "/api/v1/groups/{id}", tag = "groups", params(("id" = Uuid, Path)),
    request_body = GroupFields,
    responses((status = 200, body = Group),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_parameter`, `bad_setting`, `bad_expression`"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`group_not_found`: this one, or one of those in it"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`group_exists`; `group_cycle`: it would be in itself")))]
pub(crate) async fn replace_group(
    (identity, trail, precondition): (Identity, Trail, Precondition),
    GroupPath(id): GroupPath,
    State(db): State<PgPool>,
    State(fleet): State<Fleet>,
    State(registrar): State<Registrar>,
    Body(fields): Body<GroupFields>,
) -> Result<Tagged<Group>, ApiError> {
    let mut tx = db.begin().await?;
    let holding = Holding::of(&mut tx, &identity).await?;
    let found = store::group::find(&mut tx, id, None).await?;
    let (number, before) = found.ok_or_else(|| ApiError::GroupNotFound(id.to_string()))?;
    let (made_at, before) = (before.created_at, Group::from(before));
    precondition.admit(&before)?;
    let mut hosts = store::group::numbers(&mut tx, number).await?;
    let (_, after) = fields.check(id, made_at)?.put(&mut tx).await?;
    holding.no_more(&mut tx).await?;
    hosts.extend(store::group::numbers(&mut tx, number).await?);
    store::settings::changed(&mut tx).await?;
    let after = Group::from(after);
    let act = Act::change("group.replace").on("group", id, &after.name);
    trail
        .note(&mut tx, act.before(&before)?.after(&after)?)
        .await?;
    tx.commit().await?;
    info!(
        group.name = after.name,
        account.name = identity.name,
        "group changed"
    );
    fleet.ring(&hosts);
    if after.unasked > 0 {
        registrar.ring();
    }
    Tagged::new(after)
}
