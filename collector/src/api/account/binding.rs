//! Which roles an account has.

use axum::{Json, extract::State, http::StatusCode};
use chrono::SubsecRound as _;
use serde::{Deserialize, Serialize};
use shared::clock::SharedClock;
use sqlx::{PgConnection, PgPool};
use tracing::info;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    access::{Grants, Permission, Role, Scope},
    api::{
        account::{not_last_admin, subject},
        error::{ApiError, Problem},
        identity::Identity,
        input::{BindingPath, Body, NamePath},
        page::Page,
        time::Time,
        trail::{Act, Trail},
    },
    store,
};

/// A role of an account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Binding {
    id: Uuid,
    role: String,
    /// For the hosts of this group; null for everything.
    #[schema(required)]
    group: Option<BoundGroup>,
    created_at: Time,
    created_by: String,
}

/// The group for whose hosts something holds.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BoundGroup {
    pub(crate) id: Uuid,
    pub(crate) name: String,
}

impl From<store::binding::Binding> for Binding {
    fn from(row: store::binding::Binding) -> Self {
        let group = row.group_id.zip(row.group_name);
        Self {
            id: row.id,
            role: row.role,
            group: group.map(|(id, name)| BoundGroup { id, name }),
            created_at: row.created_at.into(),
            created_by: row.created_by,
        }
    }
}

/// A role that an account is to have.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewBinding {
    /// The name of the role.
    role: String,
    /// For the hosts of this group; everything when it is left out.
    #[serde(default)]
    group: Option<Uuid>,
}

/// List the roles of an account, the oldest first.
#[utoipa::path(get, path = "/api/v1/accounts/{name}/bindings", tag = "accounts",
    params(("name" = String, Path)),
    responses((status = 200, body = Page<Binding>),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`account_not_found`")))]
pub(crate) async fn list_bindings(
    NamePath(name): NamePath,
    State(db): State<PgPool>,
) -> Result<Json<Page<Binding>>, ApiError> {
    let mut conn = db.acquire().await?;
    let account = store::account::profile(&mut conn, &name).await?;
    let account = account.ok_or(ApiError::AccountNotFound(name))?;
    let rows = store::binding::of(&mut conn, &[account.id]).await?;
    let items = rows.into_iter().map(Binding::from).collect();
    Ok(Json(Page { items, next: None }))
}

/// Give an account a role: none that lets it do more than one may oneself.
#[utoipa::path(post, path = "/api/v1/accounts/{name}/bindings", tag = "accounts",
    params(("name" = String, Path)), request_body = NewBinding,
    responses((status = 201, body = Binding),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_parameter`: there is no such role"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`account_not_found`, `group_not_found`"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`binding_exists`")))]
pub(crate) async fn create_binding(
    identity: Identity,
    trail: Trail,
    NamePath(name): NamePath,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    Body(new): Body<NewBinding>,
) -> Result<(StatusCode, Json<Binding>), ApiError> {
    let mut tx = db.begin().await?;
    let account = subject(&mut tx, &identity, &name).await?;
    let group_no = match new.group {
        Some(id) => Some(group_in_sight(&mut tx, &identity, id).await?),
        None => None,
    };
    check_own(&mut tx, &identity, &new.role, group_no).await?;
    let (by, now) = (&identity.name, clock.now().trunc_subsecs(6));
    let made = store::binding::create(&mut tx, account.id, &new.role, group_no, by, now).await?;
    let id = made.ok_or(ApiError::BindingExists)?;
    let binding = find(&mut tx, account.id, id).await?;
    let act = Act::change("binding.create").on("account", account.id, &name);
    trail.note(&mut tx, act.after(&binding)?).await?;
    tx.commit().await?;
    info!(
        account.name = name,
        by = identity.name,
        role = new.role,
        "role given"
    );
    Ok((StatusCode::CREATED, Json(binding)))
}

/// Take a role away from an account.
#[utoipa::path(delete, path = "/api/v1/accounts/{name}/bindings/{id}", tag = "accounts",
    params(("name" = String, Path), ("id" = Uuid, Path)),
    responses((status = 204, description = "Taken away"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`account_not_found`, `binding_not_found`"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`last_admin`")))]
pub(crate) async fn delete_binding(
    identity: Identity,
    trail: Trail,
    BindingPath(name, id): BindingPath,
    State(db): State<PgPool>,
) -> Result<StatusCode, ApiError> {
    let mut tx = db.begin().await?;
    let account = subject(&mut tx, &identity, &name).await?;
    let binding = find(&mut tx, account.id, id).await?;
    if binding.role == Role::Admin.name() && binding.group.is_none() {
        not_last_admin(&mut tx, &account).await?;
    }
    store::binding::delete(&mut tx, id).await?;
    let act = Act::change("binding.delete").on("account", account.id, &name);
    trail.note(&mut tx, act.before(&binding)?).await?;
    tx.commit().await?;
    info!(
        account.name = name,
        by = identity.name,
        role = binding.role,
        "role taken away"
    );
    Ok(StatusCode::NO_CONTENT)
}

async fn find(db: &mut PgConnection, account: Uuid, id: Uuid) -> Result<Binding, ApiError> {
    let rows = store::binding::of(db, &[account]).await?;
    let row = rows.into_iter().find(|row| row.id == id);
    row.map(Binding::from).ok_or(ApiError::BindingNotFound)
}

/// The short number of a group that somebody sees.
///
/// # Errors
/// [`ApiError::GroupNotFound`] also when they do not see it, and the database's.
pub(crate) async fn group_in_sight(
    tx: &mut PgConnection,
    identity: &Identity,
    id: Uuid,
) -> Result<i32, ApiError> {
    let missing = || ApiError::GroupNotFound(id.to_string());
    let sight = identity.grants.scope(Permission::GroupsRead);
    let sight = sight.ok_or_else(missing)?.groups();
    let found = store::group::find(tx, id, sight.as_deref()).await?;
    found.map(|(number, _)| number).ok_or_else(missing)
}

/// Nobody gives what they have not: whoever could, could give it to themselves.
///
/// # Errors
/// [`ApiError::Parameter`] when there is no such role, [`ApiError::BeyondOwnRights`], and the database's.
pub(crate) async fn check_own(
    tx: &mut PgConnection,
    identity: &Identity,
    role: &str,
    group_no: Option<i32>,
) -> Result<(), ApiError> {
    let permissions = store::role::permissions(tx, role).await?;
    let unknown = || ApiError::parameter("role", format!("there is no role {role:?}"));
    let permissions = permissions.ok_or_else(unknown)?;
    let scope = group_no.map_or(Scope::All, |group| Scope::Groups([group].into()));
    let mut given = Grants::default();
    given.add(&permissions, &scope);
    match identity.grants.lacks(&given) {
        Some(more) => Err(ApiError::BeyondOwnRights(more)),
        None => Ok(()),
    }
}
