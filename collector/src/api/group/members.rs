//! Who belongs to a group.

use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use tracing::info;
use utoipa::ToSchema;
use uuid::Uuid;

use super::list::GroupQuery;
use crate::{
    api::{
        cursor::Pages,
        error::{ApiError, Problem},
        holding::Holding,
        identity::{Identity, Within},
        input::{Body, GroupPath, Query},
        page::Page,
        trail::{Act, Trail},
    },
    fleet::Fleet,
    store,
};

/// Most hosts that are named in one request.
const MAX_NAMED: usize = 10_000;

/// A host of a group.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Member {
    id: Uuid,
    hostname: String,
    /// Why it belongs to it.
    why: Vec<Why>,
    /// The names of groups in it, however deep, that it belongs to for a reason of theirs.
    through: Vec<String>,
}

/// Why a host belongs to a group.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Why {
    /// It was named as a member, by hand or by its enrolment token.
    Hand,
    /// It has the labels.
    Label,
    /// The expression is true for it.
    Expression,
    /// It belongs to a group in it.
    Nested,
}

/// Hosts that become members, and that are members no longer.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MemberChange {
    #[serde(default)]
    add: Vec<Uuid>,
    #[serde(default)]
    remove: Vec<Uuid>,
}

/// List the hosts of a group, by identity.
#[utoipa::path(get, path = "/api/v1/groups/{id}/members", tag = "groups",
    params(("id" = Uuid, Path), GroupQuery),
    responses((status = 200, body = Page<Member>),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`group_not_found`")))]
pub(crate) async fn list_group_members(
    within: Within,
    GroupPath(id): GroupPath,
    State(db): State<PgPool>,
    pages: Pages,
    Query(query): Query<GroupQuery>,
) -> Result<Json<Page<Member>>, ApiError> {
    let (page, after) = pages.asked::<Uuid>(query.limit, query.cursor.as_deref())?;
    let mut conn = db.acquire().await?;
    let found = store::group::find(&mut conn, id, within.groups().as_deref()).await?;
    let (number, _) = found.ok_or_else(|| ApiError::GroupNotFound(id.to_string()))?;
    let more = page.one_more();
    let mut rows = store::group::members(&mut conn, number, after, more).await?;
    let next = page.cut(&mut rows, |row| row.id)?;
    let items = rows.into_iter().map(Member::from).collect();
    Ok(Json(Page { items, next }))
}

/// Name hosts as members of a group, and others no longer, all or none. Again is no error. Hosts
/// that belong to it for another reason stay in it.
#[utoipa::path(post, path = "/api/v1/groups/{id}/members", tag = "groups",
    params(("id" = Uuid, Path)), request_body = MemberChange,
    responses((status = 204, description = "Changed"),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_parameter`"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`group_not_found`, `host_not_found`")))]
pub(crate) async fn change_group_members(
    identity: Identity,
    within: Within,
    trail: Trail,
    GroupPath(id): GroupPath,
    State(db): State<PgPool>,
    State(fleet): State<Fleet>,
    Body(change): Body<MemberChange>,
) -> Result<StatusCode, ApiError> {
    if change.add.len() + change.remove.len() > MAX_NAMED {
        let detail = format!("more than {MAX_NAMED} hosts in one request");
        return Err(ApiError::parameter("add", detail));
    }
    let within = within.groups();
    let mut tx = db.begin().await?;
    let before = Holding::of(&mut tx, &identity).await?;
    let found = store::group::find(&mut tx, id, within.as_deref()).await?;
    let (number, group) = found.ok_or_else(|| ApiError::GroupNotFound(id.to_string()))?;
    let mut hosts = store::group::numbers(&mut tx, number).await?;
    let (add, remove) = (&change.add, &change.remove);
    let strangers =
        store::group::change_members(&mut tx, number, add, remove, within.as_deref()).await?;
    if let Some(stranger) = strangers.first() {
        return Err(ApiError::HostNotFound(stranger.to_string()));
    }
    before.no_more(&mut tx).await?;
    hosts.extend(store::group::numbers(&mut tx, number).await?);
    store::settings::changed(&mut tx).await?;
    let act = Act::change("group.members").on("group", id, &group.name);
    trail.note(&mut tx, act.after(&change)?).await?;
    tx.commit().await?;
    info!(
        group.name = group.name,
        account.name = identity.name,
        "members changed"
    );
    fleet.ring(&hosts);
    Ok(StatusCode::NO_CONTENT)
}

impl From<store::group::Member> for Member {
    fn from(row: store::group::Member) -> Self {
        let own = row.why.iter().filter_map(|why| match why.as_str() {
            "hand" => Some(Why::Hand),
            "label" => Some(Why::Label),
            "expression" => Some(Why::Expression),
            _ => None,
        });
        let nested = (!row.through.is_empty()).then_some(Why::Nested);
        Self {
            id: row.id,
            hostname: row.hostname,
            why: own.chain(nested).collect(),
            through: row.through,
        }
    }
}
